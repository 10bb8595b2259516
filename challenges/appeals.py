"""Appeals: on which grounds, until when, what is frozen meanwhile, and who may rule.

The problem: an appeal either stops everything, which hurts those whom it does not concern, or nothing, and
then the money is gone when it is upheld. Here the remedy that is asked for is applied to the facts, the
decision is computed again, and only the awards that come out differently are held.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from ..finance.dates import as_utc, instant_text
from ..finance.documents import Code, Document, Text
from .awarding import Award, AwardMove, award_moves
from .decision import Decision, DecisionFacts, Ranker, decide, rank_raw
from .errors import AppealRefused
from .phases import InstantText, resolve
from .policies import AppealPolicy
from .prizes import Pool


class VoidRead(Document):
    """A judge's read is taken out.

    Attributes
    ----------
    kind : str
        ``void_read``.
    phase, application, judge : str
        Which read.

    Examples
    --------
    >>> VoidRead.read('{"kind": "void_read", "phase": "panel", "application": "a", "judge": "j"}').judge
    'j'
    """

    kind: Literal["void_read"]
    phase: Code
    application: Code
    judge: Code


class CorrectFinding(Document):
    """What was found of an application's eligibility is corrected.

    Attributes
    ----------
    kind : str
        ``correct_finding``.
    application : str
        Whose.
    status : str
        ``pass`` or ``fail``.

    Examples
    --------
    >>> CorrectFinding.read('{"kind": "correct_finding", "application": "a", "status": "pass"}').status
    'pass'
    """

    kind: Literal["correct_finding"]
    application: Code
    status: Literal["pass", "fail"]


class CorrectClock(Document):
    """A phase was open at other instants than announced.

    Attributes
    ----------
    kind : str
        ``correct_clock``.
    phase : str
        Which.
    opens_at, closes_at : str
        ISO instants; without an offset they are local to the brief's time zone.

    Examples
    --------
    >>> CorrectClock.read('''{"kind": "correct_clock", "phase": "apply", "opens_at": "2027-01-11T09:00Z",
    ...     "closes_at": "2027-03-02T09:00Z"}''').phase
    'apply'
    """

    kind: Literal["correct_clock"]
    phase: Code
    opens_at: InstantText
    closes_at: InstantText


class Recompute(Document):
    """The decision is computed again from the same facts: the arithmetic was wrong.

    Attributes
    ----------
    kind : str
        ``recompute``.

    Examples
    --------
    >>> Recompute.read('{"kind": "recompute"}').kind
    'recompute'
    """

    kind: Literal["recompute"]


Remedy = Annotated[VoidRead | CorrectFinding | CorrectClock | Recompute, Field(discriminator="kind")]


class Appeal(Document):
    """What an applicant appeals against, on which ground, and what it asks for.

    Attributes
    ----------
    application : str
        Of the appellant.
    ground : str
        ``procedure``, ``undeclared_conflict``, ``eligibility_fact``, ``arithmetic`` or
        ``unnotified_amendment``; merit is none.
    statement : str
        What happened.
    remedies : tuple[Remedy, ...]
        What is to be put right.

    Examples
    --------
    >>> appeal = Appeal.read('''{"application": "a", "ground": "arithmetic", "statement": "Wrong sum.",
    ...     "remedies": [{"kind": "recompute"}]}''')
    >>> appeal.ground
    'arithmetic'
    """

    application: Code
    ground: Code
    statement: Text
    remedies: Annotated[tuple[Remedy, ...], Field(min_length=1, max_length=50)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What an appeal holds.

    Attributes
    ----------
    moves : mapping of int to tuple[AwardMove, ...]
        Number of the prize -> awards whose amount differs under the remedy.
    counterfactual : tuple[tuple[int, Award], ...]
        What the appellant would get, with the number of the prize, where that differs.

    Examples
    --------
    >>> Frozen(moves={}, counterfactual=()).held
    ()
    """

    moves: Mapping[int, tuple[AwardMove, ...]]
    counterfactual: tuple[tuple[int, Award], ...]

    @property
    def held(self) -> tuple[tuple[int, str, str], ...]:
        """Announced awards that are held: number of the prize, application, part."""
        return tuple(
            (number, move.application_id, move.part)
            for number in sorted(self.moves)
            for move in self.moves[number]
            if move.before is not None
        )


def require_appeal(policy: AppealPolicy, ground: str, *, announced_at: datetime, now: datetime) -> None:
    """Refuse an appeal without a ground that counts, or outside its window.

    Parameters
    ----------
    policy : AppealPolicy
        Of the brief.
    ground : str
        As stated.
    announced_at : datetime
        When the decision was announced; aware.
    now : datetime
        When the appeal came; aware.

    Raises
    ------
    AppealRefused
        With the grounds that count, or the end of the window.

    Examples
    --------
    >>> from datetime import UTC
    >>> day = datetime(2027, 5, 1, tzinfo=UTC)
    >>> require_appeal(AppealPolicy(), "merit", announced_at=day, now=day)
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.AppealRefused: 'merit' is no ground of appeal. The grounds are: procedure, \
undeclared_conflict, eligibility_fact, arithmetic, unnotified_amendment.
    """
    if ground not in policy.grounds:
        raise AppealRefused(
            f"{ground!r} is no ground of appeal. The grounds are: {', '.join(policy.grounds)}.",
            ground=ground,
            grounds=[str(one) for one in policy.grounds],
        )
    ends = as_utc(announced_at) + timedelta(days=policy.window_days)
    if not as_utc(announced_at) <= as_utc(now) < ends:
        raise AppealRefused(
            f"An appeal can be filed from {instant_text(announced_at)} until {instant_text(ends)}; "
            f"this came at {instant_text(now)}.",
            ends_at=instant_text(ends),
            received_at=instant_text(now),
        )


def require_outsider(ruler: str, *, panel: Collection[str], parties: Collection[str]) -> None:
    """Refuse a ruling by somebody of the panel, of the bundles, or of those who decided.

    Parameters
    ----------
    ruler : str
        Who rules.
    panel : collection of str
        Everybody who scored, proposed or approved.
    parties : collection of str
        Everybody in a bundle that competes.

    Raises
    ------
    AppealRefused
        When the ruler is one of them.

    Examples
    --------
    >>> require_outsider("ombud", panel=["j-1"], parties=["river-trust"])
    """
    side = "scored or decided" if ruler in panel else "is a party" if ruler in parties else ""
    if side:
        raise AppealRefused(
            f"{ruler} {side} in this challenge and cannot rule on the appeal: somebody from outside rules.",
            ruler=ruler,
        )


def remedied(
    facts: DecisionFacts, remedies: Iterable[VoidRead | CorrectFinding | CorrectClock | Recompute]
) -> DecisionFacts:
    """Return the facts as they would be under the remedies.

    Parameters
    ----------
    facts : DecisionFacts
        As they are.
    remedies : iterable of Remedy
        Applied in order.

    Raises
    ------
    AppealRefused
        When a remedy names a read, an application or a phase that is not there.
    """
    for remedy in remedies:
        facts = _remedied(facts, remedy)
    return facts


def remedied_where_possible(
    facts: DecisionFacts, remedies: Iterable[VoidRead | CorrectFinding | CorrectClock | Recompute]
) -> DecisionFacts:
    """Return the facts under remedies that may have been put right by other means since.

    Parameters
    ----------
    facts : DecisionFacts
        As they are; a read that is void already stays void.
    remedies : iterable of Remedy
        Of appeals that were upheld.
    """
    for remedy in remedies:
        with suppress(AppealRefused):
            facts = _remedied(facts, remedy)
    return facts


def _remedied(
    facts: DecisionFacts, remedy: VoidRead | CorrectFinding | CorrectClock | Recompute
) -> DecisionFacts:
    match remedy:
        case VoidRead():
            wanted = (remedy.phase, remedy.application, remedy.judge)
            kept = tuple(
                read for read in facts.reads if (read.phase, read.application_id, read.judge_id) != wanted
            )
            if len(kept) == len(facts.reads):
                raise AppealRefused(
                    f"{remedy.judge} has no read of {remedy.application} in {remedy.phase} that stands.",
                    judge=remedy.judge,
                )
            return replace(facts, reads=kept)
        case CorrectFinding():
            if remedy.application not in {one.application_id for one in facts.applications}:
                raise AppealRefused(
                    f"There is no application {remedy.application}.", application=remedy.application
                )
            return replace(facts, statuses={**facts.statuses, remedy.application: remedy.status})
        case CorrectClock():
            zone = facts.brief.time_zone
            facts.brief.phase(remedy.phase)
            span = (resolve(remedy.opens_at, zone), resolve(remedy.closes_at, zone))
            return replace(facts, clocks={**facts.clocks, remedy.phase: span})
        case _:
            return facts


def find_frozen(
    facts: DecisionFacts,
    appeal: Appeal,
    announced: Decision | None = None,
    *,
    rank: Ranker = rank_raw,
) -> Frozen:
    """Find what an appeal holds: the awards that its remedy would change.

    Parameters
    ----------
    facts : DecisionFacts
        On which the decision was taken.
    appeal : Appeal
        With the remedies asked for.
    announced : mapping of int to tuple[Award, ...] or None
        The awards as announced; ``None`` takes what the facts decide.
    rank : callable
        As for ``decide``.

    Returns
    -------
    Frozen
        Everything else proceeds.

    Raises
    ------
    AppealRefused
        When a remedy names what is not there.
    """
    before = decide(facts, rank=rank) if announced is None else announced
    put_right = remedied(facts, appeal.remedies)
    after = {**_left(put_right, before), **decide(put_right, rank=rank)}
    moves = {
        number: award_moves(before.get(number, ()), after.get(number, ()))
        for number in sorted(before.keys() | after.keys())
    }
    found = {number: rows for number, rows in moves.items() if rows}
    return Frozen(
        moves=found,
        counterfactual=tuple(
            (number, move.after)
            for number, rows in found.items()
            for move in rows
            if move.application_id == appeal.application and move.after is not None
        ),
    )


def _left(facts: DecisionFacts, before: Decision) -> dict[int, tuple[Award, ...]]:
    """Return what is left of announced awards that no rule here decides.

    Of a pool of the optimiser nothing is certain before it is solved again; other awards stay with all who
    still compete.
    """
    competing = facts.competing
    left: dict[int, tuple[Award, ...]] = {}
    for number, awards in before.items():
        prize = facts.brief.prizes[number]
        solved = isinstance(prize, Pool) and prize.split == "optimiser"
        left[number] = () if solved else tuple(one for one in awards if one.application_id in competing)
    return left
