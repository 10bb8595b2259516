"""The instances themselves: family, size and seed give the same bytes on every machine.

``easy``: concave response, minimum tickets, loose floors; the relaxation is nearly integral.
``hard``: all-or-nothing asks, high fixed costs, scarce earmarks, a tight two-sided band per region.
``overlap``: ``hard`` and pairs that reach the same people.
``periods``: three periods, start costs, money kept for the next period, caps per hub and period.

Every instance is feasible by construction: ``Instance.witness`` is an answer that ``violations`` accepts.
"""

from dataclasses import replace

import numpy as np

from benchmarks.instances.model import FAMILIES, FUNDS, MICRO, Allocation, Family, Float, Instance, Int

SMALLEST, LARGE = 20, 1000  # interventions: the least, and from where there are more groups
NEEDS_SHARE = 0.2


def _minor(x: Float) -> Int:
    """Thousands of major units to whole major units, in minor units."""
    units: Int = np.round(np.asarray(x, float) * 1000).astype(np.int64)
    return units * 100


def _pairs(r: np.random.Generator, n: int, count: int) -> Int:
    """About ``count`` distinct unordered pairs (a < b) in draw order."""
    p: Int = np.sort(r.integers(0, n, (count, 2)), axis=1)
    p = p[p[:, 0] != p[:, 1]]
    first = np.unique(p[:, 0] * np.int64(n) + p[:, 1], return_index=True)[1]
    kept: Int = p[np.sort(first)].astype(np.int64)
    return kept


def generate(family: Family, n: int, seed: int) -> Instance:
    """Make the instance of this family, size and seed: the same bytes everywhere."""
    if family not in FAMILIES or n < SMALLEST:
        raise ValueError(f"family in {FAMILIES} and n >= 20 expected, got {family!r}, {n}")
    r = np.random.default_rng([seed, n, FAMILIES.index(family)])
    hard = family in ("hard", "overlap")
    funds, periods = FUNDS, 3 if family == "periods" else 1
    regions, hubs = (20, 10) if n >= LARGE else (5, 4)

    size = r.lognormal(3.0, 0.8, n)  # full ask, thousands
    efficiency = r.lognormal(0.0, 0.5, n)  # value per thousand
    yearly = r.uniform(0.25, 0.45, (n, periods)) if periods > 1 else np.ones((n, 1))
    ask = size[:, None] * yearly  # [n, T]
    cap = _minor(ask[:, :, None] * np.array([0.5, 0.3, 0.2]))
    gain = efficiency[:, None, None] * 0.97 ** np.arange(periods)[:, None] * np.array([1.0, 0.65, 0.35])
    lo, hi = (0.6, 1.0) if hard else (0.2, 0.45)
    min_minor = np.minimum(_minor(ask * r.uniform(lo, hi, (n, 1))), cap.sum(2))
    lo, hi = (0.10, 0.30) if hard else (0.03, 0.12)
    fixed = _minor(ask.mean(1) * r.uniform(lo, hi, n))
    start = _minor(size * r.uniform(0.05, 0.15, n)) if periods > 1 else np.zeros(n, np.int64)
    eligible = r.random((n, funds)) < (0.3 if hard else 0.6)
    orphan = ~eligible.any(1)
    eligible[orphan, r.integers(0, funds, int(orphan.sum()))] = True
    share = r.dirichlet(np.full(funds, 4.0))
    budget = _minor(0.30 * ask.sum(0)[None, :] * share[:, None])  # [F, T]
    carry = budget // 5 * (periods > 1)
    carry[:, -1] = 0
    region, hub = r.integers(0, regions, n), r.integers(0, hubs, n)
    money = float(budget.sum())
    band = r.uniform(0.85, 1.25, regions) if hard else np.full(regions, 1.6)
    region_cap = (money / regions * band).astype(np.int64)
    want = (region_cap * 0.8 if hard else np.full(regions, 0.25 * money / regions)).astype(np.int64)
    spread = r.uniform(0.9, 1.2, (hubs, 1)) if hard else np.full((hubs, 1), 2.0)
    hub_cap = (budget.sum(0) / hubs * spread).astype(np.int64)

    pair = _pairs(r, n, n)
    needs = r.random(len(pair)) < NEEDS_SHARE
    bonus_pair, prerequisite = pair[~needs], pair[needs]
    worth = efficiency * size * (yearly.mean(1) if periods > 1 else 1.0)
    bonus = 0.075 * worth[bonus_pair].sum(1) * r.uniform(0.3, 1.0, len(bonus_pair))
    none = (np.zeros((0, 2), np.int64), np.zeros(0))
    overlap_pair, penalty = _overlaps(r, region, pair, worth) if family == "overlap" else none
    made = Instance(
        family=family,
        seed=seed,
        cap_minor=cap,
        gain_micro_per_k=np.round(gain * MICRO).astype(np.int64),
        fixed_minor=fixed,
        start_minor=start,
        min_minor=min_minor,
        eligible=eligible,
        budget_minor=budget,
        carry_limit_minor=carry,
        region=region,
        hub=hub,
        region_floor_minor=np.zeros(regions, np.int64),
        region_cap_minor=region_cap,
        hub_cap_minor=hub_cap,
        bonus_pair=bonus_pair,
        bonus_micro=np.round(bonus * MICRO).astype(np.int64),
        prerequisite=prerequisite,
        overlap_pair=overlap_pair,
        overlap_micro=np.round(penalty * MICRO).astype(np.int64),
        lock=np.zeros(n, np.int8),
        witness=_blank(n, funds, periods),
    )
    witness = _witness(made, r.permutation(n))
    reached = np.bincount(region, witness.flow_minor.sum((1, 2)), regions).astype(np.int64)
    floor = np.minimum(want, (reached * 95) // 100)  # never above what the witness proves reachable
    return replace(made, region_floor_minor=floor, witness=witness)


def _overlaps(r: np.random.Generator, region: Int, pair: Int, worth: Float) -> tuple[Int, Float]:
    """Pair interventions of the same region that are not already synergic."""
    order = np.lexsort((r.random(len(region)), region))
    same = np.sort(np.stack([order[:-1], order[1:]], 1), axis=1)[::2]
    taken = set(map(tuple, pair.tolist()))
    keep = [a for a in same.tolist() if region[a[0]] == region[a[1]] and tuple(a) not in taken]
    overlap_pair = np.array(keep, np.int64).reshape(-1, 2)
    return overlap_pair, worth[overlap_pair].min(1) * r.uniform(0.1, 0.4, len(overlap_pair))


def _blank(n: int, funds: int, periods: int) -> Allocation:
    return Allocation(
        work_minor=np.zeros((n, periods), np.int64),
        flow_minor=np.zeros((n, funds, periods), np.int64),
        carry_minor=np.zeros((funds, periods), np.int64),
    )


def _witness(p: Instance, shuffle: Int) -> Allocation:
    """Fund greedily: best value per unit of money first, prerequisites before dependants."""
    n, periods, count = p.n, p.periods, p.budget_minor.shape[0]
    full = p.cap_minor.sum(2)
    rate = (p.gain_micro_per_k * p.cap_minor).sum((1, 2)) / (
        full.sum(1) + periods * p.fixed_minor + p.start_minor
    )
    order = shuffle[np.argsort(-rate[shuffle], kind="stable")].tolist()
    needs: list[list[int]] = [[] for _ in range(n)]
    for a, b in p.prerequisite.tolist():
        needs[a].append(b)
    left, room_r, room_h = p.budget_minor.tolist(), p.region_cap_minor.tolist(), p.hub_cap_minor.tolist()
    funds = [np.flatnonzero(row).tolist() for row in p.eligible]
    work, flow = np.zeros((n, periods), np.int64), np.zeros((n, count, periods), np.int64)
    done = np.zeros(n, bool)
    for _ in range(3):
        for i in order:
            if done[i] or not all(done[b] for b in needs[i]):
                continue
            g, h = int(p.region[i]), int(p.hub[i])
            for amount in (full[i], p.min_minor[i]):
                due = [
                    int(amount[t] + p.fixed_minor[i] + (p.start_minor[i] if t == 0 else 0))
                    for t in range(periods)
                ]
                fits = sum(due) <= room_r[g] and all(
                    due[t] <= room_h[h][t] and due[t] <= sum(left[f][t] for f in funds[i])
                    for t in range(periods)
                )
                if not fits:
                    continue
                for t in range(periods):
                    rest = due[t]
                    for f in sorted(funds[i], key=lambda f: -left[f][t]):
                        x = min(rest, left[f][t])
                        flow[i, f, t] += x
                        left[f][t] -= x
                        rest -= x
                    room_h[h][t] -= due[t]
                room_r[g] -= sum(due)
                work[i], done[i] = amount, True
                break
    return Allocation(work_minor=work, flow_minor=flow, carry_minor=np.zeros((count, periods), np.int64))
