"""The decision: from reads, findings, ballots and results to the awards of every prize, as one function.

The problem: an award that was found step by step cannot be found again. Here everything that decides stands
in one value, and the same value gives the same awards; with one read taken out or one finding turned, it
gives the awards that there would have been. Appeals, lapses and replays all ask this function.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from ..finance.dates import as_utc
from ..finance.money import Money, zero
from ..finance.units import Unit
from .applications import Application
from .awarding import (
    Award,
    Finish,
    Order,
    TieBreak,
    award_by_ask,
    award_by_ballot,
    award_by_score,
    award_final,
    award_finalists,
    award_first,
    award_in_kind,
    award_places,
    award_progress,
    award_staged,
    raw_order,
    redistribute,
    total_of,
)
from .ballots import Ballot, MeasuredProject, count_ballots
from .brief import Brief
from .damping import ProgressContender
from .eligibility import Status
from .errors import BallotInvalid
from .figures import is_plain_decimal
from .phases import ENTERED, SCORED, Phase
from .prizes import (
    AnyPrize,
    FinalistsThenGrand,
    FirstToFinish,
    Grand,
    InKindPrize,
    MeasuredProgress,
    Places,
    Pool,
    Staged,
    prize_maximum,
)
from .ranking import rank_by_mean
from .scores import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRead:
    """One judge's complete read of one application in a phase.

    Attributes
    ----------
    phase : str
        In which.
    application_id, judge_id : str
        Whose work, by whom.
    read_at : datetime
        When it was received; aware.
    scores : tuple[Score, ...]
        One per trait.

    Examples
    --------
    >>> from datetime import UTC
    >>> TimedRead(phase="panel", application_id="a", judge_id="j", read_at=datetime(2027, 3, 9, tzinfo=UTC),
    ...     scores=()).judge_id
    'j'
    """

    phase: str
    application_id: str
    judge_id: str
    read_at: datetime
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFacts:
    """Everything that decides who wins what.

    Attributes
    ----------
    brief : Brief
        The rules.
    unit : Unit
        The brief's unit.
    as_of : datetime
        A prize is decided when its phase has closed by then; aware.
    applications : tuple[Application, ...]
        As submitted last.
    earlier : mapping of str to tuple[Application, ...]
        Phase -> applications as they stood when it closed, where some were handed in again since.
    received : mapping of str to datetime
        When each was received last, development phases apart.
    statuses : mapping of str to str
        What was found of its eligibility; whoever is not listed passes.
    reads : tuple[TimedRead, ...]
        That stand; void ones are not among them.
    ballots : tuple[Ballot, ...]
        As cast.
    progress : mapping of str to tuple[ProgressContender, ...]
        Phase -> hubs by the code of their application.
    finishes : mapping of str to tuple[Finish, ...]
        Phase -> determinations of the target of a first-to-finish prize.
    gone : frozenset[str]
        Withdrawn: in no award.
    declined : frozenset[tuple[int, str]]
        Number of a prize and application that declined it, or of which it lapsed.
    clocks : mapping of str to (datetime, datetime)
        Phases whose opening and closing were corrected.
    tie : TieBreak
        Seed, decisions of the panel, free money.
    """

    brief: Brief
    unit: Unit
    as_of: datetime
    applications: tuple[Application, ...] = ()
    earlier: Mapping[str, tuple[Application, ...]] = field(default_factory=dict)
    received: Mapping[str, datetime] = field(default_factory=dict)
    statuses: Mapping[str, Status] = field(default_factory=dict)
    reads: tuple[TimedRead, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    progress: Mapping[str, tuple[ProgressContender, ...]] = field(default_factory=dict)
    finishes: Mapping[str, tuple[Finish, ...]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    declined: frozenset[tuple[int, str]] = frozenset()
    clocks: Mapping[str, tuple[datetime, datetime]] = field(default_factory=dict)
    tie: TieBreak = field(default_factory=TieBreak)

    def clock(self, phase: str) -> tuple[datetime, datetime]:
        """Return the first instant of a phase and the first after it, in UTC."""
        opens, closes = self.clocks.get(phase) or (self.brief.opens(phase), self.brief.closes(phase))
        return as_utc(opens), as_utc(closes)

    @property
    def competing(self) -> frozenset[str]:
        """Applications that were received in time, seconds of grace included, and may compete."""
        entry = [phase for phase in self.brief.phases if phase.kind in ENTERED]
        spans = [
            (opens, closes + timedelta(seconds=phase.grace_seconds))
            for phase in entry
            for opens, closes in [self.clock(phase.id)]
        ]
        return frozenset(
            one.application_id
            for one in self.applications
            if self.statuses.get(one.application_id, "pass") == "pass"
            and any(opens <= as_utc(self.received[one.application_id]) < closes for opens, closes in spans)
        )

    def applications_of(self, phase: str) -> tuple[Application, ...]:
        """Return the applications as they stood when a phase closed."""
        return self.earlier.get(phase, self.applications)

    def scores_of(self, phase: str) -> tuple[Score, ...]:
        """Return the scores of a phase that count: read in time, of those who compete."""
        opens, closes = self.clock(phase)
        competing = self.competing
        return tuple(
            score
            for read in self.reads
            if read.phase == phase
            and read.application_id in competing
            and opens <= as_utc(read.read_at) < closes
            for score in read.scores
        )


Ranker = Callable[[DecisionFacts, Phase], Order]
Decision = Mapping[int, tuple[Award, ...]]


def rank_raw(facts: DecisionFacts, phase: Phase) -> Order:
    """Rank a phase that judges scored by plain means."""
    rubric = facts.brief.rubric_of(phase.id)
    return raw_order(rank_by_mean(facts.scores_of(phase.id), rubric), rubric.scale)


def decide(facts: DecisionFacts, *, rank: Ranker = rank_raw) -> Decision:
    """Decide every prize that a rule decides and whose phase has closed.

    Discretionary prizes, pools of the optimiser and prizes per unit are decided elsewhere and not listed.

    Parameters
    ----------
    facts : DecisionFacts
        All that decides.
    rank : callable
        From the facts and a phase to an order; by plain means unless said otherwise.

    Returns
    -------
    mapping of int to tuple[Award, ...]
        Number of the prize in the brief, counted from 0 -> its awards.

    Raises
    ------
    TieUnresolved, BallotInvalid, ScoreInvalid
        When a tie, a ballot or a read cannot be decided.
    """
    closes = {phase.id: facts.clock(phase.id)[1] for phase in facts.brief.phases}
    numbered = sorted(enumerate(facts.brief.prizes), key=lambda row: (closes[row[1].phase], row[0]))
    decided: dict[int, tuple[Award, ...]] = {}
    added: dict[str, Money] = {}
    free = facts.tie.free
    for number, prize in numbered:
        if closes[prize.phase] > as_utc(facts.as_of):
            continue
        more = added.get(prize.phase)
        out = facts.gone | {name for at, name in facts.declined if at == number}
        here = replace(facts, gone=out, tie=replace(facts.tie, free=free))
        awards = _decide_one(here, prize, rank, more)
        if awards is None:
            continue
        most = prize_maximum(prize, facts.unit) + (more or zero(facts.unit))
        rest = most - total_of(awards, facts.unit)
        if rest.minor < 0 and free is not None:
            free += rest
        if rest.minor > 0 and prize.unawarded == "redistribute" and not _is_capped(prize):
            awards = redistribute(awards, rest)
        elif rest.minor > 0 and prize.rolls_to:
            added[prize.rolls_to] = added.get(prize.rolls_to, zero(facts.unit)) + rest
        decided[number] = awards
    return decided


def _is_capped(prize: AnyPrize) -> bool:
    """Tell whether what is left over was left by a cap or by money that waits for a later phase."""
    return isinstance(prize, MeasuredProgress | FinalistsThenGrand)


def _decide_one(
    facts: DecisionFacts, prize: AnyPrize, rank: Ranker, added: Money | None
) -> tuple[Award, ...] | None:
    """Decide one prize; ``None`` when no rule of this module decides it."""
    unit, tie = facts.unit, facts.tie
    match prize:
        case FirstToFinish():
            rows = [one for one in facts.finishes.get(prize.phase, ()) if one.application_id in _in(facts)]
            race = award_first(
                prize,
                rows,
                as_of=facts.as_of,
                unit=unit,
                time_zone=facts.brief.time_zone,
                tie=tie,
                added=added,
            )
            return race.awards if race.is_settled else None
        case MeasuredProgress() if prize.split != "per_unit":
            hubs = [one for one in facts.progress.get(prize.phase, ()) if one.hub in _in(facts)]
            return award_progress(prize, hubs, unit=unit, tie=tie, added=added)
        case Pool(split="ballot"):
            return _by_ballot(facts, prize, added)
        case Pool(split="ask" | "score"):
            return _of_pool(facts, prize, rank, added)
        case Grand() | Places() | FinalistsThenGrand() | Staged() | InKindPrize():
            return _by_place(facts, prize, rank, added)
        case _:
            return None


def _in(facts: DecisionFacts) -> frozenset[str]:
    return facts.competing - facts.gone


def _by_place(
    facts: DecisionFacts,
    prize: Grand | Places | FinalistsThenGrand | Staged | InKindPrize,
    rank: Ranker,
    added: Money | None,
) -> tuple[Award, ...]:
    order = _order_of(facts, prize.phase, rank)
    unit, tie = facts.unit, facts.tie
    match prize:
        case Grand() | Places():
            return award_places(prize, order, unit=unit, tie=tie, added=added)
        case Staged():
            return award_staged(prize, order, unit=unit, tie=tie)
        case InKindPrize():
            return award_in_kind(prize, order, unit=unit, tie=tie)
        case _:
            finalists = award_finalists(prize, order, unit=unit, tie=tie)
            if facts.clock(prize.final_phase)[1] > as_utc(facts.as_of):
                return finalists
            final = _order_of(facts, prize.final_phase, rank)
            names = [one.application_id for one in finalists]
            return finalists + award_final(prize, final, names, unit=unit, tie=tie, added=added)


def _of_pool(facts: DecisionFacts, prize: Pool, rank: Ranker, added: Money | None) -> tuple[Award, ...]:
    order = _order_of(facts, prize.phase, rank)
    if prize.split == "ask":
        asks = [one for one in facts.applications_of(prize.phase) if one.application_id in order.names]
        return award_by_ask(prize, order, asks, unit=facts.unit, tie=facts.tie, added=added)
    scale = facts.brief.rubric_of(prize.phase).scale
    return award_by_score(prize, order, scale, unit=facts.unit, tie=facts.tie, added=added)


def _order_of(facts: DecisionFacts, phase_id: str, rank: Ranker) -> Order:
    """Return who is before whom in a phase, among those still in."""
    phase = facts.brief.phase(phase_id)
    if phase.judging in SCORED:
        return rank(facts, phase).without(facts.gone)
    going = sorted(
        ((one.progress, one.hub) for one in facts.progress.get(phase_id, ()) if one.progress),
        key=lambda row: (-row[0], row[1]),
    )
    groups: dict[Fraction, tuple[str, ...]] = {}
    for progress, hub in going:
        groups[progress] = (*groups.get(progress, ()), hub)
    return Order(groups=tuple(groups.values()), said={}).only(_in(facts))


def _by_ballot(facts: DecisionFacts, prize: Pool, added: Money | None) -> tuple[Award, ...]:
    policy = facts.brief.phase(prize.phase).ballot
    if policy is None or not facts.ballots:
        return ()
    rows = [one for one in facts.applications_of(prize.phase) if one.application_id in _in(facts)]
    projects = [measured_project(one, policy.metrics, boosted=policy.boosts(one.facts)) for one in rows]
    pool = prize_maximum(prize, facts.unit) + (added or zero(facts.unit))
    result = count_ballots(policy, projects, facts.ballots, pool=pool)
    return award_by_ballot(prize, result, unit=facts.unit, added=added)


def measured_project(
    application: Application, metrics: Sequence[str], *, boosted: bool = False
) -> MeasuredProject:
    """Read the measurements that ballots weigh out of the facts of an application.

    Parameters
    ----------
    application : Application
        With a plain number for every metric among its facts.
    metrics : sequence of str
        Of the phase's ballot policy.
    boosted : bool
        Whether the ballots' multipliers apply.

    Raises
    ------
    BallotInvalid
        When a metric has no plain number.
    """
    facts, name = application.facts, application.application_id
    missing = [metric for metric in metrics if metric not in facts]
    if missing:
        raise BallotInvalid(
            f"{name} has no measurement of {', '.join(missing)}: hand it in again with it among its facts.",
            application=name,
            missing=missing,
        )
    unread = [metric for metric in metrics if not is_plain_decimal(str(facts[metric]))]
    if unread:
        raise BallotInvalid(
            f"{name} states no plain number for {', '.join(unread)}.", application=name, unread=unread
        )
    return MeasuredProject(
        project_id=name,
        measures=tuple((metric, Fraction(str(facts[metric]))) for metric in metrics),
        boosted=boosted,
    )


def all_awards(decision: Decision) -> Iterable[tuple[int, Award]]:
    """Yield every award of a decision with the number of its prize, in order.

    Examples
    --------
    >>> list(all_awards({}))
    []
    """
    for number in sorted(decision):
        for award in decision[number]:
            yield number, award
