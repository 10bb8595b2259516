"""Planted conflicts, and instances as the DataFrames that the library reads."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.instances.model import CONFLICTS, FUNDS, ConflictKind, Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What was planted: the rule ids that clash and the same instance with one of them relaxed (feasible)."""

    kind: ConflictKind
    rules: tuple[str, ...]
    repaired: Instance


def plant_conflict(p: Instance, kind: ConflictKind, seed: int) -> tuple[Instance, Conflict]:
    """Make a single-period instance infeasible in one provable way. Use on family ``easy``."""
    if p.periods != 1 or p.family != "easy":
        raise ValueError("conflicts are planted in the easy family")
    r = np.random.default_rng([seed, CONFLICTS.index(kind)])
    if kind == "prerequisite":
        a, b = p.prerequisite[r.integers(len(p.prerequisite))].tolist()
        lock = p.lock.copy()
        lock[a], lock[b] = 1, -1
        free = lock.copy()
        free[a] = 0
        bad = replace(p, lock=lock)
        return bad, Conflict(
            kind=kind,
            rules=(f"lock/i{a:06d}", f"needs/i{a:06d}/i{b:06d}", f"lock/i{b:06d}"),
            repaired=replace(p, lock=free),
        )
    g, f, h = (
        int(r.integers(len(p.region_cap_minor))),
        int(r.integers(FUNDS)),
        int(r.integers(len(p.hub_cap_minor))),
    )
    members = p.region == g
    asks = int((p.cap_minor.sum((1, 2)) + p.fixed_minor)[members].sum())
    floor, cap = p.region_floor_minor.copy(), p.region_cap_minor.copy()
    floor[g], cap[g] = asks * (12 if kind == "supply" else 6) // 10, max(int(cap[g]), 2 * asks)
    bad = replace(p, region_floor_minor=floor, region_cap_minor=cap)
    rules: tuple[str, ...] = (f"floor/region/{g}/all",)
    if kind == "earmark":  # only one fund may pay this region, and it is too small
        eligible, budget = p.eligible.copy(), p.budget_minor.copy()
        eligible[members] = np.arange(FUNDS) == f
        budget[f, 0] = asks // 2
        bad, rules = (
            replace(bad, eligible=eligible, budget_minor=budget),
            (*rules, f"budget/f{f}/0", f"earmark/f{f}/region/{g}"),
        )
    elif kind == "hub":  # the whole region hangs on one capped hub
        hub, hub_cap = p.hub.copy(), p.hub_cap_minor.copy()
        hub[members], hub_cap[h, 0] = h, asks // 2
        bad, rules = replace(bad, hub=hub, hub_cap_minor=hub_cap), (*rules, f"cap/hub/{h}/0")
    low = floor.copy()
    low[g] = 0
    return bad, Conflict(kind=kind, rules=rules, repaired=replace(bad, region_floor_minor=low))


def frames(p: Instance) -> dict[str, pd.DataFrame]:
    """Return the DataFrames that the library reads (money in minor units, periods from 0)."""
    ident = np.char.add("i", np.char.zfill(np.arange(p.n).astype(str), 6))
    fund = np.array([f"f{f}" for f in range(p.budget_minor.shape[0])])
    return {**_asks(p, ident), **_money(p, ident, fund), **_rules(p, ident)}


def _asks(p: Instance, ident: NDArray[np.str_]) -> dict[str, pd.DataFrame]:
    n, periods, segments = p.cap_minor.shape
    period = np.tile(np.arange(periods), n)
    return {
        "interventions": pd.DataFrame(
            {
                "intervention_id": ident,
                "region": p.region,
                "hub": p.hub,
                "fixed_minor": p.fixed_minor,
                "start_minor": p.start_minor,
                "lock": p.lock,
            }
        ),
        "tickets": pd.DataFrame(
            {
                "intervention_id": np.repeat(ident, periods),
                "period": period,
                "min_minor": p.min_minor.ravel(),
                "max_minor": p.cap_minor.sum(2).ravel(),
            }
        ),
        "response": pd.DataFrame(
            {
                "intervention_id": np.repeat(ident, periods * segments),
                "period": np.repeat(period, segments),
                "segment": np.tile(np.arange(segments), n * periods),
                "cap_minor": p.cap_minor.ravel(),
                "gain_micro_per_k": p.gain_micro_per_k.ravel(),
            }
        ),
    }


def _money(p: Instance, ident: NDArray[np.str_], fund: NDArray[np.str_]) -> dict[str, pd.DataFrame]:
    count, periods = p.budget_minor.shape
    who, payer = np.nonzero(p.eligible)
    return {
        "funds": pd.DataFrame(
            {
                "fund_id": np.repeat(fund, periods),
                "period": np.tile(np.arange(periods), count),
                "budget_minor": p.budget_minor.ravel(),
                "carry_limit_minor": p.carry_limit_minor.ravel(),
            }
        ),
        "earmarks": pd.DataFrame({"fund_id": fund[payer], "intervention_id": ident[who]}),
    }


def _rules(p: Instance, ident: NDArray[np.str_]) -> dict[str, pd.DataFrame]:
    joint = [
        ("bonus", p.bonus_pair, p.bonus_micro),
        ("needs", p.prerequisite, np.zeros(len(p.prerequisite), np.int64)),
        ("overlap", p.overlap_pair, p.overlap_micro),
    ]
    pairs = [
        pd.DataFrame(
            {"kind": kind, "first_id": ident[ab[:, 0]], "second_id": ident[ab[:, 1]], "value_micro": v}
        )
        for kind, ab, v in joint
    ]
    hubs = np.indices(p.hub_cap_minor.shape).reshape(2, -1)
    regions = pd.DataFrame(
        {
            "group_kind": "region",
            "group_id": np.arange(len(p.region_cap_minor)),
            "period": -1,
            "floor_minor": p.region_floor_minor,
            "cap_minor": p.region_cap_minor,
        }
    )
    caps = pd.DataFrame(
        {
            "group_kind": "hub",
            "group_id": hubs[0],
            "period": hubs[1],
            "floor_minor": 0,
            "cap_minor": p.hub_cap_minor.ravel(),
        }
    )
    return {
        "synergies": pd.concat([frame for frame in pairs if len(frame)], ignore_index=True),
        "limits": pd.concat([regions, caps], ignore_index=True),
    }
