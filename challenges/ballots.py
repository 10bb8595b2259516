"""Ballots: many voters, measured results, one pool of money.

The problem: when voters write amounts next to projects, campaigning decides. Under **metric ballots** each
voter says instead how much each measured quantity should count; the pool follows the measurements and the
median voter, no project gets more than a cap, and crumbs below a floor are not paid. Every step is exact in
whole numbers, so that anybody can recompute every award to the last minor unit.

The rule of ``metric_shares`` is that of Optimism's Retro Funding 4:

1. on each ballot a boosted project's measures are multiplied, then each metric is turned into shares that sum
   to one; a metric that is 0 everywhere adds nothing;
2. a project's score is the weighted sum of its shares;
3. ``fill_to_cap``;
4. per project the median over the ballots, for an even count the mean of the middle two;
5. ``fill_to_cap``, times the pool;
6. amounts below the floor become 0;
7. ``fill_to_cap`` on the rest, times the pool; then minor units by largest remainder, ties by project id.

A ballot that gives every project nothing is dropped and counted. All of it is exact, except that a ballot's
capped shares are cut to 50 decimal digits before the medians.

A second rule, ``median_quorum``, pays projects in proportion to the median of the amounts voted for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, prod
from typing import Annotated, Final, NamedTuple, TypeVar

from pydantic import Field

from ..finance.documents import Code, DecimalText, Document
from ..finance.findings import Findings, finding, repeated
from ..finance.money import Money, money, split, zero
from .caps import fill_to_cap
from .errors import BallotInvalid
from .figures import WHOLE_BP

GRAIN: Final = 10**50  # a ballot's share of a project is a whole number of this part of one
MAX_FINDINGS_SHOWN: Final = 20

Measure = int | Fraction
M = TypeVar("M", int, Measure)


class BallotPolicy(Document):
    """How the ballots of a phase become money.

    Attributes
    ----------
    metrics : tuple[str, ...]
        What every project is measured on and a ballot may weigh.
    cap_bp : int [basis points]
        Most that one project can get of the pool, and of one ballot.
    floor : str [unit of the brief]
        Amounts below it are not paid.
    multiplier_fact : str or None
        A fact of the application; where it is true, each ballot's multiplier applies.

    Examples
    --------
    >>> policy = BallotPolicy.read('{"metrics": ["users"], "cap_bp": 500, "multiplier_fact": "open_source"}')
    >>> policy.boosts({"open_source": True}), policy.boosts({})
    (True, False)
    """

    metrics: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    cap_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)] = WHOLE_BP
    floor: DecimalText = "0"
    multiplier_fact: Code | None = None

    def boosts(self, facts: Mapping[str, object]) -> bool:
        """Tell whether a project with these facts gets the ballots' multipliers."""
        return self.multiplier_fact is not None and facts.get(self.multiplier_fact) is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One voter's weights for the metrics.

    Attributes
    ----------
    ballot_id : str
        Unique.
    weights : tuple[tuple[str, int or Fraction], ...] [dimensionless]
        Metric -> weight, not negative; a metric not named has weight 0. Only proportions count.
    multiplier : int or Fraction [dimensionless]
        At least 1; how much a measurement of a boosted project counts.

    Examples
    --------
    >>> Ballot(ballot_id="v1", weights=(("users", 3), ("fees", Fraction(1, 2)))).multiplier
    1
    """

    ballot_id: str
    weights: tuple[tuple[str, Measure], ...]
    multiplier: Measure = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredProject:
    """What was measured of one project.

    Attributes
    ----------
    project_id : str
        Unique; ties and odd minor units go by it.
    measures : tuple[tuple[str, int or Fraction], ...] [each metric's unit]
        Metric -> measured value, not negative; every project names the same metrics.
    boosted : bool
        Whether the ballots' multipliers apply.

    Examples
    --------
    >>> MeasuredProject(project_id="p1", measures=(("users", 12),)).boosted
    False
    """

    project_id: str
    measures: tuple[tuple[str, Measure], ...]
    boosted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotShare:
    """What one project gets, and the figures behind it.

    Attributes
    ----------
    project_id : str
        Whose.
    median : Fraction [dimensionless]
        Median over the ballots of the project's capped share.
    before_floor : Fraction [unit of the pool]
        Amount after the cap, before amounts below the floor were dropped.
    exact : Fraction [unit of the pool]
        Amount after the floor and the second cap, before rounding to minor units.
    amount : Money
        What is paid.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> one = MeasuredProject(project_id="p1", measures=(("users", 12),))
    >>> vote = Ballot(ballot_id="v1", weights=(("users", 1),))
    >>> metric_shares([one], [vote], pool=money("10.00", "USD"), cap_bp=10000).shares[0].exact
    Fraction(10, 1)
    """

    project_id: str
    median: Fraction
    before_floor: Fraction
    exact: Fraction
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotResult:
    """A pool divided by ballots.

    Attributes
    ----------
    shares : tuple[BallotShare, ...]
        Every project, by id; also those that get nothing.
    unallocated : Money
        What the cap or the floor left over; the shares and this sum to the pool exactly.
    counted : int [ballots]
        How many ballots the medians are taken over.
    dropped : tuple[str, ...]
        Ids of ballots that give every project nothing, sorted.
    cap_bp : int [basis points]
        As applied.
    floor : Money
        As applied.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> two = [MeasuredProject(project_id=name, measures=(("users", 1),)) for name in ("p1", "p2")]
    >>> blank = Ballot(ballot_id="v1", weights=(("users", 0),))
    >>> result = metric_shares(two, [blank], pool=money("10.00", "USD"), cap_bp=10000)
    >>> result.dropped, result.unallocated
    (('v1',), Money('10.00 USD'))
    """

    shares: tuple[BallotShare, ...]
    unallocated: Money
    counted: int
    dropped: tuple[str, ...]
    cap_bp: int
    floor: Money


def metric_shares(
    projects: Iterable[MeasuredProject],
    ballots: Iterable[Ballot],
    *,
    pool: Money,
    cap_bp: int,
    floor: Money | None = None,
) -> BallotResult:
    """Divide a pool by measured metrics that voters have weighed.

    Parameters
    ----------
    projects : Iterable[MeasuredProject]
        In any order; the result does not depend on it.
    ballots : Iterable[Ballot]
        In any order.
    pool : Money
        Not negative.
    cap_bp : int [basis points]
        Most of the pool for one project, 1 to 10,000.
    floor : Money or None
        Amounts below it are not paid; ``None`` for no floor.

    Returns
    -------
    BallotResult
        Amounts that sum, with ``unallocated``, to the pool exactly.

    Raises
    ------
    BallotInvalid
        Negative or missing measure, empty ballot, negative weight, unknown metric, multiplier below 1, or an
        id twice; ``figures['findings']`` lists every fault.

    Notes
    -----
    The rule of Optimism's Retro Funding 4, step by step in the docstring of this module.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> projects = [
    ...     MeasuredProject(project_id="p1", measures=(("users", 10), ("fees", 1)), boosted=True),
    ...     MeasuredProject(project_id="p2", measures=(("users", 30), ("fees", 3)))]
    >>> vote = Ballot(ballot_id="v1", weights=(("users", 1),), multiplier=3)
    >>> result = metric_shares(projects, [vote], pool=money("100.00", "USD"), cap_bp=10000)
    >>> [str(row.amount) for row in result.shares]
    ['50.00 USD', '50.00 USD']
    """
    rows = sorted(projects, key=lambda row: row.project_id)
    votes = sorted(ballots, key=lambda row: row.ballot_id)
    least = zero(pool.unit) if floor is None else floor
    _require_valid(rows, votes)
    if min(pool, least) < zero(pool.unit):
        raise BallotInvalid(f"Pool {pool} and floor {least} must not be negative.", pool=str(pool))
    if type(cap_bp) is not int or not 1 <= cap_bp <= WHOLE_BP:
        raise BallotInvalid(f"The cap is {cap_bp!r} basis points: give a whole number from 1 to {WHOLE_BP}.")
    cut, dropped = _cut_shares(rows, votes, cap_bp)
    medians = [_twice_median(column) for column in zip(*cut, strict=True)] if cut else [0] * len(rows)
    shares, unallocated = _divide(rows, medians, pool, cap_bp, least)
    return BallotResult(
        shares=shares,
        unallocated=unallocated,
        counted=len(cut),
        dropped=dropped,
        cap_bp=cap_bp,
        floor=least,
    )


def _cut_shares(
    rows: Sequence[MeasuredProject], votes: Sequence[Ballot], cap_bp: int
) -> tuple[list[list[int]], tuple[str, ...]]:
    """Return each ballot's capped shares of all projects, in grains, and the ballots that give nothing."""
    table = _table(rows)
    cut, dropped = [], []
    for vote in votes:
        scores = _scores(vote, rows, table)
        if any(scores):
            parts, whole = fill_to_cap(scores, cap_bp)
            cut.append([GRAIN * part // whole for part in parts])
        else:
            dropped.append(vote.ballot_id)
    return cut, tuple(dropped)


def _divide(
    rows: Sequence[MeasuredProject], medians: Sequence[int], pool: Money, cap_bp: int, least: Money
) -> tuple[tuple[BallotShare, ...], Money]:
    """Divide the pool by twice the medians, drop what is below the floor, and divide again."""
    first = fill_to_cap(medians, cap_bp)
    kept = [part if pool.minor * part >= least.minor * first.whole else 0 for part in first.parts]
    last = fill_to_cap(kept, cap_bp)
    *amounts, unallocated = split(pool, [*last.parts, last.whole - sum(last.parts)])
    pool_units = Fraction(pool.minor, 10**pool.unit.scale)
    shares = tuple(
        BallotShare(
            project_id=row.project_id,
            median=Fraction(medians[at], 2 * GRAIN),
            before_floor=pool_units * Fraction(first.parts[at], first.whole),
            exact=pool_units * Fraction(last.parts[at], last.whole),
            amount=amounts[at],
        )
        for at, row in enumerate(rows)
    )
    return shares, unallocated


def count_ballots(
    policy: BallotPolicy, projects: Iterable[MeasuredProject], ballots: Iterable[Ballot], *, pool: Money
) -> BallotResult:
    """Divide a pool by the ballots of a phase, under the brief's policy.

    Parameters
    ----------
    policy : BallotPolicy
        Of the phase.
    projects : Iterable[MeasuredProject]
        The eligible applications, measured on the policy's metrics and on no other.
    ballots : Iterable[Ballot]
        As cast.
    pool : Money
        Amount of the prize.

    Raises
    ------
    BallotInvalid
        When a project is measured on other metrics than the policy's, or for any cause that
        ``metric_shares`` names.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> policy = BallotPolicy.read('{"metrics": ["users"]}')
    >>> projects = [MeasuredProject(project_id=name, measures=(("users", count),))
    ...     for name, count in (("a", 20), ("b", 10))]
    >>> vote = Ballot(ballot_id="v", weights=(("users", 1),))
    >>> [row.amount for row in count_ballots(policy, projects, [vote], pool=money("90.00", "USD")).shares]
    [Money('60.00 USD'), Money('30.00 USD')]
    """
    rows = tuple(projects)
    _refuse_any(
        [
            finding(f"/projects/{row.project_id}/{name}", "measured and weighed metrics differ here")
            for row in rows
            for name in sorted({name for name, _ in row.measures} ^ set(policy.metrics))
        ]
    )
    floor = money(policy.floor, pool.unit)
    return metric_shares(rows, ballots, pool=pool, cap_bp=policy.cap_bp, floor=floor)


class _Column(NamedTuple):
    """One metric over all projects as whole numbers, and their sums apart by boost."""

    counts: tuple[int, ...]
    plain: int
    boosted: int


def _table(rows: Sequence[MeasuredProject]) -> dict[str, _Column]:
    """Bring each metric to whole numbers; only proportions within a metric count."""
    by_metric: dict[str, list[Fraction]] = {}
    for row in rows:
        for name, value in row.measures:
            by_metric.setdefault(name, []).append(Fraction(value))
    table = {}
    for name, values in by_metric.items():
        common = lcm(*(value.denominator for value in values))
        counts = tuple(value.numerator * (common // value.denominator) for value in values)
        boosted = sum(count for count, row in zip(counts, rows, strict=True) if row.boosted)
        table[name] = _Column(counts, sum(counts) - boosted, boosted)
    return table


def _scores(vote: Ballot, rows: Sequence[MeasuredProject], table: Mapping[str, _Column]) -> list[int]:
    """Return one ballot's scores of all projects, times a number common to them."""
    boost = Fraction(vote.multiplier)
    columns = []
    for name, weight in vote.weights:
        column = table[name]
        total = column.plain * boost.denominator + column.boosted * boost.numerator
        if weight and total:
            columns.append((Fraction(weight), total, column.counts))
    whole = prod(total for _, total, _ in columns) * lcm(*(weight.denominator for weight, _, _ in columns))
    factors = [(int(weight * (whole // total)), counts) for weight, total, counts in columns]
    plain = [sum(factor * counts[at] for factor, counts in factors) for at in range(len(rows))]
    return [
        score * (boost.numerator if row.boosted else boost.denominator)
        for score, row in zip(plain, rows, strict=True)
    ]


def _twice_median(values: Sequence[M]) -> M:
    """Return twice the median, so that the mean of the middle two stays whole."""
    order = sorted(values)
    return order[(len(order) - 1) // 2] + order[len(order) // 2]


def _require_valid(rows: Sequence[MeasuredProject], votes: Sequence[Ballot]) -> None:
    if not rows:
        raise BallotInvalid("There is no project to fund: a ballot needs at least one.")
    metrics = sorted({name for row in rows for name, _ in row.measures})
    found = _twice("projects", [row.project_id for row in rows]) + _twice(
        "ballots", [row.ballot_id for row in votes]
    )
    for row in rows:
        at = f"/projects/{row.project_id}"
        names = [name for name, _ in row.measures]
        found += [finding(f"{at}/{names[n]}", "measured twice") for n in repeated(names)]
        found += [finding(f"{at}/{name}", "no measure") for name in metrics if name not in names]
        found += [
            finding(f"{at}/{name}", f"measure {value} is not a number from 0")
            for name, value in row.measures
            if not _not_negative(value)
        ]
    for vote in votes:
        found += _vote_findings(vote, metrics)
    _refuse_any(found)


def _vote_findings(vote: Ballot, metrics: Sequence[str]) -> Findings:
    at = f"/ballots/{vote.ballot_id}"
    names = [name for name, _ in vote.weights]
    found = [finding(at, "empty: a ballot weighs at least one metric")] if not names else []
    found += [finding(f"{at}/{names[n]}", "weighed twice") for n in repeated(names)]
    for name, weight in vote.weights:
        if name not in metrics:
            found.append(finding(f"{at}/{name}", "no such metric"))
        if not _not_negative(weight):
            found.append(finding(f"{at}/{name}", f"weight {weight} is not a number from 0"))
    if not _not_negative(vote.multiplier) or vote.multiplier < 1:
        found.append(finding(f"{at}/multiplier", f"multiplier {vote.multiplier} is not a number from 1"))
    return found


def _not_negative(value: object) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool) and value >= 0


def _twice(what: str, ids: Sequence[str]) -> Findings:
    return [finding(f"/{what}/{ids[n]}", "this id stands twice") for n in repeated(ids)]


def _refuse_any(found: Findings) -> None:
    if found:
        shown = "; ".join(f"{row['path']}: {row['message']}" for row in found[:MAX_FINDINGS_SHOWN])
        count = f"{len(found)} fault{'s' if len(found) != 1 else ''}"
        raise BallotInvalid(f"Ballots and measures have {count}: {shown}.", findings=found)


def median_quorum(
    votes: Mapping[str, Sequence[Measure]], *, quorum: int, minimum: Measure, pool: Money
) -> tuple[tuple[str, Money], ...]:
    """Divide a pool in proportion to the median of the votes each project got.

    Parameters
    ----------
    votes : Mapping[str, Sequence[int or Fraction]] [any common unit]
        Project -> the votes cast for it; an explicit 0 is a vote, silence is not in the list.
    quorum : int [votes]
        A project qualifies with at least this many votes, 1 or more.
    minimum : int or Fraction [unit of the votes]
        A project qualifies with at least this median.
    pool : Money
        Not negative.

    Returns
    -------
    tuple[tuple[str, Money], ...]
        Qualifying projects by id, amounts above zero; they sum to the pool exactly, or nobody qualifies.

    Raises
    ------
    BallotInvalid
        When a vote is negative or no number, or the quorum or the pool is too small to mean anything.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> votes = {"p1": [10, 20, 90], "p2": [40, 60, 60], "p3": [500]}
    >>> median_quorum(votes, quorum=3, minimum=5, pool=money("80.00", "USD"))
    (('p1', Money('20.00 USD')), ('p2', Money('60.00 USD')))
    """
    if quorum < 1 or pool.minor < 0:
        raise BallotInvalid(f"A quorum of {quorum} votes or a pool of {pool} is too small.", quorum=quorum)
    _refuse_any(
        [
            finding(f"/votes/{name}/{n}", f"vote {vote} is not a number from 0")
            for name, cast in sorted(votes.items())
            for n, vote in enumerate(cast)
            if not _not_negative(vote)
        ]
    )
    medians = {}
    for name, cast in sorted(votes.items()):
        if len(cast) >= quorum:
            medians[name] = Fraction(_twice_median(cast)) / 2
    kept = {name: median for name, median in medians.items() if median and median >= minimum}
    if not kept:
        return ()
    common = lcm(*(median.denominator for median in kept.values()))
    parts = split(pool, [int(median * common) for median in kept.values()])
    return tuple((name, part) for name, part in zip(kept, parts, strict=True) if part)
