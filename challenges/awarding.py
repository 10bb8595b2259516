"""Awards: from a result to money, each with a reason that can be recomputed.

The problem: "the panel decided" is no reason. Every award here follows from a ranking, a count of ballots or
an allocation by one named rule; its reason is a sentence made of the figures that decided, and what nobody
wins is a figure of its own: awards and the rest always sum to the prize, to the minor unit.

In an allocation problem a fully funded application is worth its merit, the distance of its mean score from
the worst end of the scale, and part of the ask brings that part of the merit. Values are written in points
times a thousandth of the largest ask, so that the gain per 1,000 of an application with the largest ask is
its merit; six decimal digits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Literal

from ..finance.allocation import AllocationDocument, AllocationLine
from ..finance.allocation.columns import MICRO, SECTIONS
from ..finance.money import Money, money, round_quotient, split, zero
from ..finance.units import Unit
from .applications import Application
from .ballots import BallotResult
from .errors import ApplicationInconsistent, ScoreInvalid
from .prizes import Places, Pool, prize_maximum, split_places
from .ranking import Ranking, Standing
from .rubric import Scale, figure

Rows = Sequence[Mapping[str, object]]  # of one section of an allocation problem
TAKEN = {column.name for column in SECTIONS["interventions"].columns}
AwardRule = Literal["places", "pool.score", "pool.ballot", "pool.optimiser"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """What one application is awarded, by which rule, and why.

    Attributes
    ----------
    application_id : str
        Who.
    amount : Money
        How much; positive.
    rule : str
        ``places``, ``pool.score``, ``pool.ballot`` or ``pool.optimiser``.
    rank : int or None [place]
        Where the rule goes by ranks.
    reason : str
        One sentence with the figures.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> Award(application_id="a", amount=money("9.00", "USD"), rule="places", rank=1, reason="Rank 1.").amount
    Money('9.00 USD')
    """

    application_id: str
    amount: Money
    rule: AwardRule
    rank: int | None
    reason: str

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise ValueError(f"an award is positive, not {self.amount} for {self.application_id}")


def award_places(prize: Places, ranking: Ranking, *, unit: Unit) -> tuple[Award, ...]:
    """Award fixed amounts to the first places; tied entries share the places they occupy.

    Parameters
    ----------
    prize : Places
        From the brief.
    ranking : Ranking
        Of the prize's phase.
    unit : Unit
        The brief's unit.

    Returns
    -------
    tuple[Award, ...]
        By rank, then id; nobody beyond the paid places.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> standing = Standing(application_id="a", rank=1, mean=Fraction(9, 2), reads=5, variance_of_mean=None)
    >>> ranking = Ranking(rubric_id="merit/1", direction="higher", standings=(standing,), set_aside=(),
    ...     unranked=())
    >>> prize = Places.read('{"kind": "places", "phase": "panel", "amounts": ["60.00", "40.00"]}')
    >>> print(award_places(prize, ranking, unit=currency("USD"))[0].reason)
    Rank 1 of 1 with a mean of 4.5000 points over 5 reads; place 1 pays 60.00 USD.
    """
    amounts = [money(text, unit) for text in prize.by_place]
    rows = {row.application_id: row for row in ranking.standings}
    sizes = Counter(row.rank for row in ranking.standings)
    awards = []
    for name, place, amount in split_places(amounts, ranking.groups):
        tied = sizes[place]
        if tied == 1:
            pays = f"place {place} pays {amount}"
        else:
            together = sum(amounts[place - 1 : place - 1 + tied], start=zero(unit))
            pays = f"{tied} tied at place {place} share {together} equally: {amount}"
        reason = f"{_standing_text(rows[name], ranking)}; {pays}."
        awards.append(Award(application_id=name, amount=amount, rule="places", rank=place, reason=reason))
    return tuple(awards)


def award_by_score(prize: Pool, ranking: Ranking, scale: Scale, *, unit: Unit) -> tuple[Award, ...]:
    """Divide a pool in proportion to merit, the distance of a mean score from the worst end of the scale.

    Parameters
    ----------
    prize : Pool
        From the brief, ``split`` is ``score``.
    ranking : Ranking
        Of the prize's phase.
    scale : Scale
        Of the phase's rubric.
    unit : Unit
        The brief's unit.

    Returns
    -------
    tuple[Award, ...]
        By id. Largest remainder, ties by id; nothing for a mean at the worst end.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> scale = Scale.read('{"lo": "1", "hi": "3", "step": "1", "direction": "lower"}')
    >>> standings = tuple(
    ...     Standing(application_id=name, rank=rank, mean=Fraction(mean), reads=1, variance_of_mean=None)
    ...     for name, rank, mean in (("a", 1, 1), ("b", 2, 2)))
    >>> ranking = Ranking(rubric_id="risk/1", direction="lower", standings=standings, set_aside=(),
    ...     unranked=())
    >>> pool = Pool.read('{"kind": "pool", "phase": "panel", "amount": "90.00", "split": "score"}')
    >>> [str(award.amount) for award in award_by_score(pool, ranking, scale, unit=currency("USD"))]
    ['60.00 USD', '30.00 USD']
    """
    amount = _pool_amount(prize, "score", unit)
    rows = {row.application_id: row for row in ranking.standings}
    merits = _merits(ranking, scale)
    total = sum(merits.values(), start=Fraction(0))
    if not total:
        return ()
    common = lcm(*(value.denominator for value in merits.values()))
    parts = split(amount, [int(value * common) for value in merits.values()])
    return tuple(
        Award(
            application_id=name,
            amount=part,
            rule="pool.score",
            rank=rows[name].rank,
            reason=(
                f"{_standing_text(rows[name], ranking)}; {figure(merits[name])} of {figure(total)} "
                f"points of merit in all take {part} of {amount}."
            ),
        )
        for name, part in zip(merits, parts, strict=True)
        if part
    )


def award_by_ballot(prize: Pool, result: BallotResult, *, unit: Unit) -> tuple[Award, ...]:
    """Turn a count of ballots into awards.

    Parameters
    ----------
    prize : Pool
        From the brief, ``split`` is ``ballot``.
    result : BallotResult
        From ``count_ballots`` for the same prize.
    unit : Unit
        The brief's unit.

    Returns
    -------
    tuple[Award, ...]
        By id; nothing for projects below the floor.

    Raises
    ------
    ValueError
        When the result divides another amount than the prize.

    Examples
    --------
    >>> from almoner.challenges import Ballot, MeasuredProject, metric_shares
    >>> from almoner.finance.money import money
    >>> from almoner.finance.units import currency
    >>> pool = Pool.read('{"kind": "pool", "phase": "vote", "amount": "90.00", "split": "ballot"}')
    >>> result = metric_shares([MeasuredProject(project_id="a", measures=(("users", 1),))],
    ...     [Ballot(ballot_id="v", weights=(("users", 1),))], pool=money("90.00", "USD"), cap_bp=5000)
    >>> print(award_by_ballot(pool, result, unit=currency("USD"))[0].reason)
    Median share of 50.0000 % over 1 ballot; 45.00 USD of 90.00 USD \
after a cap of 50.00 % and a floor of 0.00 USD.
    """
    pool = _pool_amount(prize, "ballot", unit)
    divided = sum((row.amount for row in result.shares), start=result.unallocated)
    if divided != pool:
        raise ValueError(f"the ballots divided {divided}, the prize is {pool}")
    votes = f"{result.counted} ballot{'s' if result.counted != 1 else ''}"
    cap = f"{figure(Fraction(result.cap_bp, 100), 2)} %"
    return tuple(
        Award(
            application_id=row.project_id,
            amount=row.amount,
            rule="pool.ballot",
            rank=None,
            reason=(
                f"Median share of {figure(100 * row.median)} % over {votes}; "
                f"{row.amount} of {pool} after a cap of {cap} and a floor of {result.floor}."
            ),
        )
        for row in result.shares
        if row.amount
    )


def pose(
    applications: Iterable[Application],
    ranking: Ranking,
    scale: Scale,
    *,
    unit: Unit,
    funds: Rows,
    earmarks: Rows = (),
    limits: Rows = (),
    synergies: Rows = (),
) -> AllocationDocument:
    """Pose the allocation problem of a pool: which applications to fund, and with how much.

    Parameters
    ----------
    applications : Iterable[Application]
        The eligible ones; each may get nothing, or from its minimum to its ask.
    ranking : Ranking
        Of the prize's phase; it gives each application its value (see the docstring of this module).
    scale : Scale
        Of the phase's rubric.
    unit : Unit
        Of every amount.
    funds, earmarks : sequence of rows
        What can be given, and to whom: rows of those sections of an allocation problem [minor units].
    limits, synergies : sequence of rows
        Floors and caps over the applications' groups; what applications mean for each other.

    Raises
    ------
    ScoreInvalid
        When an application has no mean score, so no value.
    DocumentInvalid
        When the problem contradicts itself; every fault is listed.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> scale = Scale.read('{"lo": "1", "hi": "3", "step": "1", "direction": "higher"}')
    >>> ranking = Ranking(rubric_id="merit/1", direction="higher", standings=(), set_aside=(), unranked=())
    >>> pose([], ranking, scale, unit=currency("USD"), funds=[{"fund_id": "pool", "budget_minor": 80000}])
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: AllocationDocument has 1 fault: \
/interventions: a problem needs interventions.
    """
    rows = sorted(applications, key=lambda row: row.application_id)
    merits = _merits(ranking, scale)
    _require_scored(rows, merits)
    _require_ask(rows)
    largest = max((row.ask_in(unit).minor for row in rows), default=0)
    tables = {
        "funds": funds,
        "earmarks": earmarks,
        "limits": limits,
        "synergies": synergies,
        "interventions": [_candidate(row) for row in rows],
        "tickets": [_ticket(row, unit) for row in rows],
        "response": [_response(row, merits[row.application_id], largest, unit) for row in rows],
        "actors": [part for row in rows for part in _parts(row)],
    }
    return AllocationDocument.from_tables({"unit": unit.code, "scale": unit.scale}, tables)


def _merits(ranking: Ranking, scale: Scale) -> dict[str, Fraction]:
    """Return the merit of every ranked application [points], by id."""
    if ranking.direction != scale.direction:
        raise ValueError(f"{ranking.direction} ranks better, but {scale.direction} is better on this scale")
    return {row.application_id: scale.merit(row.mean) for row in sorted(ranking.standings, key=_by_id)}


def _by_id(row: Standing) -> str:
    return row.application_id


def _require_scored(rows: Iterable[Application], merits: Mapping[str, Fraction]) -> None:
    unscored = [row.application_id for row in rows if row.application_id not in merits]
    if unscored:
        raise ScoreInvalid(
            f"No mean score, so no value, for {', '.join(unscored)}: leave them out or have them read.",
            applications=unscored,
        )


def _require_ask(rows: Iterable[Application]) -> None:
    silent = [row.application_id for row in rows if not row.budget]
    if silent:
        raise ApplicationInconsistent(
            f"Nothing is asked for by {', '.join(silent)}: an allocation needs an ask.", applications=silent
        )


def _candidate(application: Application) -> dict[str, object]:
    taken = sorted(TAKEN & set(application.groups))
    if taken:
        raise ApplicationInconsistent(
            f"{application.application_id} has groups called {', '.join(taken)}, which mean something else "
            "in an allocation: call them differently.",
            applications=[application.application_id],
        )
    return {
        "intervention_id": application.application_id,
        "title": application.title,
        **application.groups,
    }


def _ticket(application: Application, unit: Unit) -> dict[str, object]:
    return {
        "intervention_id": application.application_id,
        "min_minor": application.minimum_in(unit).minor,
        "max_minor": application.ask_in(unit).minor,
    }


def _response(application: Application, value: Fraction, largest: int, unit: Unit) -> dict[str, object]:
    ask = application.ask_in(unit)
    gain = value * Fraction(largest, ask.minor) * MICRO
    return {
        "intervention_id": application.application_id,
        "cap_minor": ask.minor,
        "gain_micro_per_k": round_quotient(gain.numerator, gain.denominator, "half_even"),
    }


def _parts(application: Application) -> list[dict[str, object]]:
    return [
        {"intervention_id": application.application_id, "actor_id": row.party, "share_bp": row.share_bp}
        for row in application.bundle
        if row.share_bp
    ]


def award_by_allocation(
    prize: Pool,
    lines: Iterable[AllocationLine],
    applications: Iterable[Application],
    ranking: Ranking,
    *,
    unit: Unit,
) -> tuple[Award, ...]:
    """Turn an allocation into awards.

    Parameters
    ----------
    prize : Pool
        From the brief, ``split`` is ``optimiser``.
    lines : Iterable[AllocationLine]
        The checked answer to the problem that ``pose`` made.
    applications : Iterable[Application]
        The same as were posed.
    ranking : Ranking
        The same as was posed.
    unit : Unit
        The brief's unit.

    Returns
    -------
    tuple[Award, ...]
        By id; the lines of several funds for one application are one award.

    Raises
    ------
    ValueError
        When the lines exceed the prize or name an application that was not posed.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> pool = Pool.read('{"kind": "pool", "phase": "panel", "amount": "900.00", "split": "optimiser"}')
    >>> ranking = Ranking(rubric_id="merit/1", direction="higher", standings=(), set_aside=(), unranked=())
    >>> award_by_allocation(pool, [], [], ranking, unit=currency("USD"))
    ()
    """
    pool = _pool_amount(prize, "optimiser", unit)
    asks = {row.application_id: row.ask_in(unit) for row in applications}
    standings = {row.application_id: row for row in ranking.standings}
    given: Counter[str] = Counter()
    for line in lines:
        given[line.intervention_id] += line.amount_minor
    unknown = sorted(set(given) - (asks.keys() & standings.keys()))
    if unknown or given.total() > pool.minor:
        total = Money(minor=given.total(), unit=unit)
        raise ValueError(f"an allocation of {total} to {sorted(given)} is no answer for a prize of {pool}")
    awards = []
    for name in sorted(given):
        amount = Money(minor=given[name], unit=unit)
        part = figure(Fraction(100 * amount.minor, asks[name].minor), 2)
        reason = (
            f"{_standing_text(standings[name], ranking)}; the allocation of {pool} gives {amount}, "
            f"{part} % of the {asks[name]} asked for."
        )
        rank = standings[name].rank
        awards.append(
            Award(application_id=name, amount=amount, rule="pool.optimiser", rank=rank, reason=reason)
        )
    return tuple(awards)


def unawarded(prize: Places | Pool, awards: Iterable[Award], *, unit: Unit) -> Money:
    """Return what nobody won of a prize; it goes back to the fund.

    Parameters
    ----------
    prize : Places or Pool
        From the brief.
    awards : Iterable[Award]
        Of this prize.
    unit : Unit
        The brief's unit.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> prize = Places.read('{"kind": "places", "phase": "panel", "amounts": ["60.00", "40.00"]}')
    >>> unawarded(prize, [], unit=currency("USD"))
    Money('100.00 USD')
    """
    rest = prize_maximum(prize, unit) - sum((award.amount for award in awards), start=zero(unit))
    if rest.minor < 0:
        raise ValueError(f"the awards exceed the prize by {-rest}")
    return rest


def _pool_amount(prize: Pool, needed: str, unit: Unit) -> Money:
    if prize.split != needed:
        raise ValueError(f"this pool is split by {prize.split}, not by {needed}")
    return money(prize.amount, unit)


def _standing_text(row: Standing, ranking: Ranking) -> str:
    error = row.standard_error
    spread = "" if error is None else f" (standard error {error:.4f})"
    reads = f"{row.reads} read{'s' if row.reads != 1 else ''}"
    return (
        f"Rank {row.rank} of {len(ranking.standings)} with a mean of {figure(row.mean)} points"
        f"{spread} over {reads}"
    )
