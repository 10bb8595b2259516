"""The step of a settlement, worked out before anything is written: what changed, who owes whom, by which way.

The problem: what is paid must follow from the signed terms and the findings in force alone, whoever asks and
however often. These functions take facts and return facts; the acts read and write them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from ..finance.dates import parse_day
from .claims import ClaimedResult
from .settlement import Route
from .terms.amendment import Overlaid
from .terms.document import WHOLE_TERM
from .terms.observing import Observation, read_value, write_value
from .terms.pay import Entitlement, KeyName, LegName, State, Step, step
from .terms.program import Program
from .terms.types import Quantity, Truth

TRACED_AT_MOST = 500
OPENING = "opens:"
RESIDUAL = "residual:"
Standing = tuple[int, int]  # earned, entitled [minor units]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Results of a claim as they were decided.

    Attributes
    ----------
    claim : str
        Its code.
    round : int [place]
        1, or more after a dispute.
    results : tuple of ClaimedResult
        What counts; none where nothing of the claim holds.
    nothing : tuple of ClaimedResult
        What an earlier round had said and this one does not, at zero or false: it counts where nothing else
        is known, so that what was paid on it is not owed any more.
    """

    claim: str
    round: int
    results: tuple[ClaimedResult, ...]
    nothing: tuple[ClaimedResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What an agreement has settled so far.

    Attributes
    ----------
    decided : tuple of Decided
        In force, in the order in which they were first settled.
    legs : Mapping of LegName to int [minor units]
        Obligated, by clause, period, members, payer and payee.
    frozen : Mapping of LegName to int [minor units]
        Kept back for findings in dispute.
    standing : Mapping of KeyName to (int, int) [minor units]
        Earned and entitled as last recorded.
    """

    decided: tuple[Decided, ...] = ()
    legs: Mapping[LegName, int] = field(default_factory=dict)
    frozen: Mapping[LegName, int] = field(default_factory=dict)
    standing: Mapping[KeyName, Standing] = field(default_factory=dict)

    def deciding(self, one: Decided) -> tuple[Decided, ...]:
        """Return what is in force with one more decision: a later round takes the place of an earlier one."""
        if any(known.claim == one.claim for known in self.decided):
            return tuple(one if known.claim == one.claim else known for known in self.decided)
        return (*self.decided, one)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPayout:
    """What one party owes another by a settlement.

    Attributes
    ----------
    clause, period, payer, payee : str
        By their names in the terms.
    amount : int [minor units]
        Below zero where it comes back.
    unit : str
        Code.
    route : str
        As in ``Payout``.
    """

    clause: str
    period: str
    payer: str
    payee: str
    amount: int
    unit: str
    route: Route


def observed(program: Program, decided: Iterable[Decided]) -> tuple[Observation, ...]:
    """Turn decided results into observations of a program.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE, AgreementDocument
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> program = compile_terms(AgreementDocument.read(EXAMPLE).terms)
    >>> result = ClaimedResult(metric="nights", value="412")
    >>> observed(program, [Decided(claim="c1", round=1, results=(result,))])[0].value
    412
    """
    listed = tuple(decided)
    known = {result.place for one in listed for result in one.results}
    return tuple(
        _observation(program, f"{one.claim}#{n}", result)
        for one in listed
        for n, result in enumerate((*one.results, *(row for row in one.nothing if row.place not in known)))
    )


def withdrawn(
    program: Program, before: Iterable[ClaimedResult], results: Iterable[ClaimedResult]
) -> tuple[ClaimedResult, ...]:
    """Say at zero or false what an earlier round had found and a later one does not.

    Metrics without a zero in their domain have no such value, and those with one that stands in need none.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE, AgreementDocument
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> program = compile_terms(AgreementDocument.read(EXAMPLE).terms)
    >>> [row.value for row in withdrawn(program, [ClaimedResult(metric="nights", value="412")], [])]
    ['0']
    """
    kept = {row.place for row in results}
    rows = []
    for row in before:
        measure = program.metrics[row.metric]
        counts = isinstance(measure.type, Quantity) and measure.low <= 0 <= measure.high
        if row.place in kept or measure.stand_in is not None or measure.last:
            continue
        if counts or isinstance(measure.type, Truth):
            rows.append(replace(row, value=write_value(measure, 0)))
    return tuple(rows)


def _observation(program: Program, identity: str, result: ClaimedResult) -> Observation:
    measure = program.metrics[result.metric]
    return Observation(
        metric=result.metric,
        value=read_value(result.metric, measure, result.value),
        period=result.period if measure.by_period else "",
        of=result.of,
        id=identity,
        on=parse_day(result.on) if result.on else None,
    )


def judged_on(program: Program, as_of: date, undecided: Iterable[tuple[str, str]]) -> date:
    """Return the day on which waiting times are judged.

    Where a claim waits for its decision, nothing stands in for it: the day is then no later than the last one
    on which the value could still come.

    Parameters
    ----------
    program : Program
        Compiled terms.
    as_of : date
        Today.
    undecided : Iterable of (str, str)
        Metric and period of claims that are not decided for good.
    """
    ends = dict(program.periods)
    days = [as_of]
    for metric, period in undecided:
        measure = program.metrics.get(metric)
        if measure is not None and (measure.stand_in is not None or measure.last):
            end = ends.get(period, program.ends_on) if measure.by_period else program.ends_on
            days.append(end + timedelta(days=measure.after_days))
    return min(days)


def take_step(use: Overlaid, books: Books, decided: Sequence[Decided], *, as_of: date) -> Step:
    """Carry out the terms in force on the decisions in force.

    Parameters
    ----------
    use : Overlaid
        The program, and the terms of each period.
    books : Books
        What was settled before.
    decided : Sequence of Decided
        In force now.
    as_of : date
        The day on which waiting times are judged.
    """
    rows = observed(use.program, decided)
    totals: dict[KeyName, int] = {}
    for name, amount in books.legs.items():
        totals[name[:3]] = totals.get(name[:3], 0) + amount
    traced = len({row.of for row in rows}) <= TRACED_AT_MOST
    overlays = use.overlays if any(one is not use.program for one in use.overlays) else ()
    return step(
        use.program,
        State(observed=rows, obligated=totals, legs=books.legs),
        as_of=as_of,
        trace=traced,
        overlays=overlays,
        frozen=books.frozen,
    )


def changed(books: Books, entitlements: Iterable[Entitlement]) -> tuple[Entitlement, ...]:
    """Return the entitlements that differ from what was recorded last, or make something due."""
    return tuple(
        row
        for row in entitlements
        if row.due
        or any(due for _, _, due in row.legs)
        or books.standing.get((row.clause, row.period, row.members)) != (row.earned, row.entitled)
    )


def moving(entitlements: Iterable[Entitlement]) -> dict[tuple[str, str, str, str], int]:
    """Sum what is due now by clause, period, payer and payee [minor units]; below zero where it falls."""
    sums: dict[tuple[str, str, str, str], int] = {}
    for row in entitlements:
        for payer, payee, due in row.legs:
            ends = (row.clause, row.period, payer, payee)
            sums[ends] = sums.get(ends, 0) + due
    return {ends: due for ends, due in sums.items() if due}


def plan_payouts(
    program: Program, entitlements: Iterable[Entitlement], kept: Mapping[str, str]
) -> tuple[PlannedPayout, ...]:
    """Sum dues by clause, period, payer and payee, and say which way each goes.

    Parameters
    ----------
    program : Program
        Compiled terms.
    entitlements : Iterable of Entitlement
        With their legs.
    kept : Mapping of str to str
        Payers and pots whose money a fund of the book keeps -> code of its unit; in any other unit they pay
        outside the book.
    """
    pots = {account.id for account in program.accounts if account.pot}
    units = {clause.id: clause.unit.unit for clause in program.clauses}

    def route(clause: str, payer: str, payee: str) -> Route:
        if kept.get(payer) != units[clause]:
            return "outside"
        return "pot" if payee in pots and payee in kept else "fund"

    return tuple(
        PlannedPayout(
            clause=clause,
            period=period,
            payer=payer,
            payee=payee,
            amount=amount,
            unit=units[clause],
            route=route(clause, payer, payee),
        )
        for (clause, period, payer, payee), amount in moving(entitlements).items()
    )


def plan_residuals(
    program: Program,
    flows: Mapping[tuple[str, str, str, int], object],
    kept: Iterable[str],
    paid: Mapping[str, int],
) -> tuple[PlannedPayout, ...]:
    """Say what pots hand over at the end of the term to somebody whose money the book does not keep.

    Parameters
    ----------
    program : Program
        Compiled terms.
    flows : Mapping of (clause, payer, payee, period) to int [minor units]
        Of the outturn.
    kept : Iterable of str
        Payers and pots whose money a fund of the book keeps.
    paid : Mapping of str to int [minor units]
        Handed over before, by clause.
    """
    own = set(kept)
    rows = []
    for account in program.accounts:
        name = f"{RESIDUAL}{account.id}"
        if not account.pot or account.id not in own or account.residual_to in {"", *own}:
            continue
        rest = sum(int(str(cell)) for (clause, *_), cell in flows.items() if clause == name)
        if rest != paid.get(name, 0):
            rows.append(
                PlannedPayout(
                    clause=name,
                    period=WHOLE_TERM,
                    payer=account.id,
                    payee=account.residual_to,
                    amount=rest - paid.get(name, 0),
                    unit=account.unit.unit,
                    route="fund",
                )
            )
    return tuple(rows)


def places_known(
    program: Program, decided: Iterable[Decided], closed: Iterable[tuple[str, str]]
) -> dict[tuple[str, int, tuple[str, ...]], int | None]:
    """Return the cells that no result can change any more, with their values as pooled; None where none came.

    Parameters
    ----------
    program : Program
        Compiled terms.
    decided : Iterable of Decided
        In force.
    closed : Iterable of (str, str)
        Metric and period (``term`` for a metric of the whole term) that are closed.
    """
    periods = [name for name, _ in program.periods]
    wanted = set(closed)
    cells: dict[tuple[str, int, tuple[str, ...]], int | None] = {}
    for metric, period in wanted:
        measure = program.metrics[metric]
        span = periods.index(period) if measure.by_period and period in periods else 0
        if not measure.dims:
            cells[metric, span, ()] = None
    for row in observed(program, decided):
        measure = program.metrics[row.metric]
        if (row.metric, row.period or WHOLE_TERM) not in wanted:
            continue
        span = periods.index(row.period) if measure.by_period else 0
        place = (row.metric, span, tuple(dict(row.of)[dim] for dim in measure.dims))
        before = cells.get(place)
        pooled = measure.pool == "sum" and isinstance(measure.type, Quantity) and before is not None
        cells[place] = row.value + (before or 0) if pooled else row.value
    return cells
