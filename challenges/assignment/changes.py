"""Single changes that bring reads back, cheapest first, each tried before it is proposed.

The problem: advice that was not tried sends the chair from one shortage to the next. Every change here is
made to the problem as it was asked, the most reads are found again, and only what gains is proposed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .flows import ReadFlow
from .grid import AssignmentGrid
from .problem import AssignmentProblem, spread
from .shortage import HallCertificate, ShortApplication, plural

ChangeKind = Literal["load", "override", "recruit", "organisation", "separation", "demand"]
PROPOSED = 3
TRIED = 6  # of each kind
SHOWN = 5  # names in a sentence
PRICE_OF_OVERRIDE, PRICE_OF_LIMIT, PRICE_OF_DEMAND, PRICE_OF_RECRUIT = 2, 2, 3, 6
NEW_JUDGE = "new_judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedChange:
    """One change, with what it gains.

    Attributes
    ----------
    kind : str
        ``load``: a judge takes more; ``override``: the chair lifts a bar that may be lifted; ``recruit``: a
        new judge for these applications; ``organisation``: one application admits one more judge of an
        organisation; ``separation``: two judges may read the same; ``demand``: an application does with less.
    applications, judges : tuple of str
        Whom it is about.
    organisation : str
        Of the limit; else empty.
    amount : int [reads]
        By how much.
    price : int [1]
        Uneven load counts as its square, a lifted bar or limit 2, a read less 3, a new judge 6.
    missing_after : int [reads]
        Missing reads when the problem is solved again with this change.
    gained : int [reads]
        Fewer than before.

    Examples
    --------
    >>> change = ProposedChange(kind="load", applications=(), judges=("j1",), organisation="", amount=2,
    ...   price=4, missing_after=0, gained=2)
    >>> change.text
    'Raise the load of j1 by 2 (0 reads missing then).'
    """

    kind: ChangeKind
    applications: tuple[str, ...]
    judges: tuple[str, ...]
    organisation: str
    amount: int
    price: int
    missing_after: int = 0
    gained: int = 0

    @property
    def text(self) -> str:
        """The change as a sentence."""
        first = self.applications[0] if self.applications else ""
        said = {
            "load": f"Raise the load of {' and '.join(self.judges)} by {self.amount}",
            "override": f"Lift the bar of {' and '.join(self.judges)} on {first}",
            "recruit": f"Recruit one judge with {plural(self.amount, 'read')} for {_few(self.applications)}",
            "organisation": f"Admit {self.amount} more of {self.organisation} to {first}",
            "separation": f"Let {' and '.join(self.judges)} read the same",
            "demand": f"Ask {plural(self.amount, 'read')} less for {first}",
        }
        return f"{said[self.kind]} ({plural(self.missing_after, 'read')} missing then)."

    def applied(self, problem: AssignmentProblem) -> AssignmentProblem:
        """Return the problem with this change.

        Parameters
        ----------
        problem : AssignmentProblem
            As it was asked.
        """
        return _APPLY[self.kind](self, problem)


def propose_changes(
    problem: AssignmentProblem,
    grid: AssignmentGrid,
    short: tuple[ShortApplication, ...],
    found: tuple[ReadFlow, tuple[HallCertificate, ...]],
    missing_with: Callable[[AssignmentProblem], int | None],
) -> tuple[ProposedChange, ...]:
    """Return the three cheapest changes that gain reads, each tried.

    Parameters
    ----------
    problem : AssignmentProblem
        As it was asked.
    grid : AssignmentGrid
        Its tables.
    short : tuple of ShortApplication
        Who lacks reads.
    found : tuple of ReadFlow and certificates
        Where it is tight.
    missing_with : Callable
        Missing reads of a problem [reads]; None where time is over.
    """
    missing = sum(one.missing for one in short)
    candidates = [*_of_certificates(grid, *found, problem), *_of_short(problem, short)]
    by_kind: dict[str, list[ProposedChange]] = {}
    for change in sorted(set(candidates), key=_order):
        by_kind.setdefault(change.kind, []).append(change)
    tried = []
    for change in sorted((one for kind in by_kind.values() for one in kind[:TRIED]), key=_order):
        after = missing_with(change.applied(problem))
        if after is None:
            break
        if after < missing:
            tried.append(replace(change, missing_after=after, gained=missing - after))
    tried.sort(key=lambda one: (one.missing_after > 0, one.price / one.gained, *_order(one)))
    return tuple(tried[:PROPOSED])


def _few(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + f" and {more} more" * (more > 0)


def _order(change: ProposedChange) -> tuple[object, ...]:
    return change.price, change.kind, change.applications, change.judges, change.organisation, change.amount


def _of_certificates(
    grid: AssignmentGrid,
    flow: ReadFlow,
    certificates: tuple[HallCertificate, ...],
    problem: AssignmentProblem,
) -> Iterator[ProposedChange]:
    free = grid.most - grid.pinned.sum(axis=0)
    usual = int(np.median(grid.high)) if len(grid.high) else 1
    everybody = sorted({name for one in certificates for name in one.applications})
    if len(certificates) > 1:
        in_all = sum(one.need - one.can for one in certificates)
        yield _change("recruit", tuple(everybody), amount=max(1, min(in_all, usual)), price=PRICE_OF_RECRUIT)
    for one in certificates:
        lack = one.need - one.can
        rows = np.flatnonzero(np.isin(np.array(grid.applications), np.array(one.applications)))
        reach = grid.allowed[rows].sum(axis=0)
        for judge in np.flatnonzero(flow.tight_judges & (reach > 0)).tolist():
            more = min(lack, max(1, int(reach[judge] - free[judge])))
            yield _change("load", judges=(grid.judges[judge],), amount=more, price=more**2)
        for application, organisation in one.organisations:
            yield _change("organisation", (application,), organisation=organisation, price=PRICE_OF_LIMIT)
        yield _change("recruit", one.applications, amount=max(1, min(lack, usual)), price=PRICE_OF_RECRUIT)
        yield from _overrides(grid, flow, rows.tolist(), problem.liftable)


def _overrides(
    grid: AssignmentGrid, flow: ReadFlow, rows: list[int], liftable: tuple[str, ...]
) -> Iterator[ProposedChange]:
    codes = [at + 1 for at, reason in enumerate(grid.reasons) if reason.partition(":")[0] in liftable]
    open_pairs = np.isin(grid.why, codes) & ~flow.tight_judges[None, :]
    best = [
        (-int(grid.affinity[row, judge]), row, judge)
        for row in rows
        for judge in np.flatnonzero(open_pairs[row])
    ]
    for _, row, judge in sorted(best)[:TRIED]:
        pair = (grid.applications[row],), (grid.judges[judge],)
        yield _change("override", pair[0], judges=pair[1], price=PRICE_OF_OVERRIDE)


def _of_short(problem: AssignmentProblem, short: tuple[ShortApplication, ...]) -> Iterator[ProposedChange]:
    for one in short:
        yield _change("demand", (one.application,), amount=one.missing, price=PRICE_OF_DEMAND * one.missing)
        apart = {judge for judge, reason in one.reasons if reason == "separation"}
        for pair in problem.separated:
            if apart & set(pair):
                yield _change("separation", judges=pair, price=PRICE_OF_LIMIT)


def _change(
    kind: ChangeKind,
    applications: tuple[str, ...] = (),
    *,
    judges: tuple[str, ...] = (),
    organisation: str = "",
    amount: int = 1,
    price: int,
) -> ProposedChange:
    return ProposedChange(
        kind=kind,
        applications=applications,
        judges=judges,
        organisation=organisation,
        amount=amount,
        price=price,
    )


def _with_load(change: ProposedChange, problem: AssignmentProblem) -> AssignmentProblem:
    high = spread(problem.load_hi, len(problem.judges))
    high[[problem.judges.index(judge) for judge in change.judges]] += change.amount
    return replace(problem, load_hi=tuple(high.tolist()))


def _with_override(change: ProposedChange, problem: AssignmentProblem) -> AssignmentProblem:
    lifted = [(application, judge) for application in change.applications for judge in change.judges]
    return replace(problem, lifted=(*problem.lifted, *lifted))


def _with_recruit(change: ProposedChange, problem: AssignmentProblem) -> AssignmentProblem:
    """Add a judge without organisation who may read these applications, and no others."""
    m = len(problem.judges)
    name = next(f"{NEW_JUDGE}_{at}" for at in range(m + 1) if f"{NEW_JUDGE}_{at}" not in problem.judges)
    others = [one for one in problem.applications if one not in set(change.applications)]
    median = np.median(problem.affinity) if problem.affinity.size else 0.0
    column = np.full((len(problem.applications), 1), median)
    extra = {(application, name): "not_recruited_for" for application in others}
    home = problem.panels[problem.applications.index(change.applications[0])] if problem.panels else ""
    panels = [*problem.judge_panels, home] if problem.judge_panels else ()
    return replace(
        problem,
        judges=(*problem.judges, name),
        affinity=np.hstack([problem.affinity, column]),
        load_lo=(*spread(problem.load_lo, m).tolist(), 0),
        load_hi=(*spread(problem.load_hi, m).tolist(), change.amount),
        overload=(*spread(problem.overload, m).tolist(), 0),
        organisations=[*problem.organisations, ""] if problem.organisations else (),
        judge_panels=panels,
        barred={**problem.barred, **extra},
    )


def _with_limit(change: ProposedChange, problem: AssignmentProblem) -> AssignmentProblem:
    key = (change.applications[0], change.organisation)
    extra = {**problem.organisation_extra, key: problem.organisation_extra.get(key, 0) + change.amount}
    return replace(problem, organisation_extra=extra)


def _with_separation(change: ProposedChange, problem: AssignmentProblem) -> AssignmentProblem:
    pair = set(change.judges)
    return replace(problem, separated=tuple(one for one in problem.separated if set(one) != pair))


def _with_demand(change: ProposedChange, problem: AssignmentProblem) -> AssignmentProblem:
    demand = spread(problem.demand, len(problem.applications))
    demand[problem.applications.index(change.applications[0])] -= change.amount
    return replace(problem, demand=tuple(demand.tolist()))


_APPLY: dict[ChangeKind, Callable[[ProposedChange, AssignmentProblem], AssignmentProblem]] = {
    "load": _with_load,
    "override": _with_override,
    "recruit": _with_recruit,
    "organisation": _with_limit,
    "separation": _with_separation,
    "demand": _with_demand,
}
