"""Seeded allocation instances: what one holds, and an exact judge of any answer.

Money is int64 minor units (two decimals), gains are millionths of value per 1,000 major units, so that the
value of an integer allocation is an exact rational. ``violations`` is the referee for every solver: it shares
no code with the library.
"""

import hashlib
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Family = Literal["easy", "hard", "overlap", "periods"]
FAMILIES: tuple[Family, ...] = get_args(Family)
ConflictKind = Literal["earmark", "supply", "hub", "prerequisite"]
CONFLICTS: tuple[ConflictKind, ...] = get_args(ConflictKind)

Int = NDArray[np.int64]
Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

MINOR_PER_K = 100_000  # 1,000 major units in minor units: the money scale of the solver matrices
MICRO = 1_000_000  # values are stored in millionths
FUNDS, SEGMENTS = 5, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Who gets what, in minor units: ``work`` buys outcomes, ``flow`` is what each fund pays."""

    work_minor: Int  # [n, T] money inside the response segments
    flow_minor: Int  # [n, F, T] work + fixed + start, by fund
    carry_minor: Int  # [F, T] fund money carried from period t to t+1


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One allocation problem. n interventions, F funds, K segments, T periods, R regions, H hubs."""

    family: Family
    seed: int
    cap_minor: Int  # [n, T, K] width of each response segment
    gain_micro_per_k: Int  # [n, T, K] falls with k: concave response
    fixed_minor: Int  # [n] paid in every funded period
    start_minor: Int  # [n] paid in the first period of every funded run
    min_minor: Int  # [n, T] least work money when funded
    eligible: Bool  # [n, F] earmark rules, resolved
    budget_minor: Int  # [F, T]
    carry_limit_minor: Int  # [F, T]
    region: Int  # [n]
    hub: Int  # [n]
    region_floor_minor: Int  # [R] over the horizon
    region_cap_minor: Int  # [R] over the horizon
    hub_cap_minor: Int  # [H, T]
    bonus_pair: Int  # [P, 2] both funded in t: bonus_micro
    bonus_micro: Int  # [P]
    prerequisite: Int  # [Q, 2] the first needs the second in the same period
    overlap_pair: Int  # [W, 2] both funded in t: lose overlap_micro
    overlap_micro: Int  # [W]
    lock: NDArray[np.int8]  # [n] 1 must be funded in every period, -1 never, 0 free
    witness: Allocation

    @property
    def n(self) -> int:
        """Number of interventions."""
        return int(self.cap_minor.shape[0])

    @property
    def periods(self) -> int:
        """Number of periods."""
        return int(self.cap_minor.shape[1])

    def digest(self) -> str:
        """SHA-256 over every array; equal digests mean equal instances."""
        h = hashlib.sha256(f"{self.family}/{self.seed}".encode())
        for f in fields(self):
            v = getattr(self, f.name)
            if isinstance(v, np.ndarray):
                h.update(
                    f.name.encode() + str((v.shape, v.dtype.str)).encode() + np.ascontiguousarray(v).tobytes()
                )
        return h.hexdigest()


def _funded(a: Allocation) -> tuple[Bool, Bool]:
    y = a.flow_minor.sum(1) > 0
    starts = y & ~np.concatenate([np.zeros((len(y), 1), bool), y[:, :-1]], axis=1)
    return y, starts


def violations(p: Instance, a: Allocation) -> list[str]:
    """Every broken rule as kind/array position, in integer arithmetic; an empty list means feasible."""
    y, starts = _funded(a)
    paid = a.flow_minor.sum(1)
    bad: list[str] = []

    def want(ok: Bool | np.bool_, rule: str) -> None:
        bad.extend(rule + "/" + "/".join(map(str, at)) for at in np.argwhere(~np.atleast_1d(ok)))

    want((a.flow_minor >= 0).all((1, 2)) & (a.work_minor >= 0).all(1), "sign")
    want(paid == a.work_minor + p.fixed_minor[:, None] * y + p.start_minor[:, None] * starts, "balance")
    want(~y | (a.work_minor >= p.min_minor), "ticket")
    want(a.work_minor <= p.cap_minor.sum(2) * y, "ask")
    want((a.flow_minor.sum(2) == 0) | p.eligible, "earmark")
    prior = np.concatenate([np.zeros((len(p.budget_minor), 1), np.int64), a.carry_minor[:, :-1]], axis=1)
    want(a.flow_minor.sum(0) + a.carry_minor <= p.budget_minor + prior, "budget")
    want((a.carry_minor >= 0) & (a.carry_minor <= p.carry_limit_minor), "carry")
    by_region = np.zeros(len(p.region_cap_minor), np.int64)
    np.add.at(by_region, p.region, paid.sum(1))
    want(by_region >= p.region_floor_minor, "floor/region")
    want(by_region <= p.region_cap_minor, "cap/region")
    by_hub = np.zeros_like(p.hub_cap_minor)
    np.add.at(by_hub, p.hub, paid)
    want(by_hub <= p.hub_cap_minor, "cap/hub")
    want((y[p.prerequisite[:, 0]] <= y[p.prerequisite[:, 1]]).all(1), "needs")
    want(((p.lock != 1) | y.all(1)) & ((p.lock != -1) | ~y.any(1)), "lock")
    return bad


def value(p: Instance, a: Allocation) -> Fraction:
    """Exact value of the allocation (segments fill in order of gain)."""
    y, _ = _funded(a)
    total, rest = 0, a.work_minor.copy()
    for k in range(p.cap_minor.shape[2]):
        s = np.minimum(rest, p.cap_minor[:, :, k])
        rest -= s
        total += sum((s * p.gain_micro_per_k[:, :, k]).ravel().tolist())
    both = (y[p.bonus_pair[:, 0]] & y[p.bonus_pair[:, 1]]).sum(1)
    clash = (y[p.overlap_pair[:, 0]] & y[p.overlap_pair[:, 1]]).sum(1)
    micro = int((both * p.bonus_micro).sum()) - int((clash * p.overlap_micro).sum())
    return Fraction(total, MICRO * MINOR_PER_K) + Fraction(micro, MICRO)
