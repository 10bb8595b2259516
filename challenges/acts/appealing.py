"""Appeals are filed, hold what they would change, and are ruled on by somebody from outside."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

from ...finance.dates import Clock
from ...finance.errors import Missing
from ...finance.funds import PooledFund
from ...finance.posting import record_event
from ...finance.records.registry import lock_fund
from ...finance.storage import Session
from ..advancing import Advancement, read_advancement
from ..appeals import (
    Appeal,
    CorrectFinding,
    Frozen,
    VoidRead,
    find_frozen,
    remedied_where_possible,
    require_appeal,
    require_outsider,
)
from ..awarding import Award, AwardMove, Finish, TieBreak, award_moves
from ..calibrated_orders import rank_frozen
from ..damping import ProgressContender
from ..decision import Decision, DecisionFacts, Ranker, decide
from ..errors import AppealRefused
from ..phase_results import VOIDED, PhaseCalibration
from ..phases import SCORED
from ..records.appeals import (
    CLAIMED,
    announced_at,
    claim_key,
    find_appeal,
    find_facts,
    is_claimed_back,
    keep_appeal,
    keep_holds,
    keep_ruling,
    list_appeals,
    list_competitors,
    list_panel,
)
from ..records.awards import StoredAward, list_stored_awards
from ..records.briefs import StoredChallenge, find_challenge
from ..records.calibrations import list_advancements, list_calibrations
from ..records.findings import keep_finding
from ..records.submissions import find_admission
from .granting import approve_award, propose_award, reverse_award
from .judging import void_read
from .making import Which
from .vetting import require_unbiased


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInputs:
    """What decides besides what the challenge's own tables hold.

    Attributes
    ----------
    tie : TieBreak
        Seed, decisions of the panel, free money.
    progress : mapping of str to tuple[ProgressContender, ...]
        Phase -> hubs by the code of their application, as of ``progress_contenders``.
    finishes : mapping of str to tuple[Finish, ...]
        Phase -> determinations of a target, by the code of the application.
    rank : callable or None
        How a phase that judges scored is ranked; ``None``: by its frozen calibration where the brief asks for
        one, else by plain means.

    Examples
    --------
    >>> DecisionInputs().tie.seed
    ''
    """

    tie: TieBreak = field(default_factory=TieBreak)
    progress: Mapping[str, tuple[ProgressContender, ...]] = field(default_factory=dict)
    finishes: Mapping[str, tuple[Finish, ...]] = field(default_factory=dict)
    rank: Ranker | None = None


PLAIN_INPUTS = DecisionInputs()


def decision_of(
    session: Session,
    fund: PooledFund,
    challenge: str,
    *,
    clock: Clock,
    inputs: DecisionInputs = PLAIN_INPUTS,
) -> Decision:
    """Decide every prize whose phase has closed, from what the database holds. Nothing is written.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Of the challenge.
    challenge : str
        Its code.
    clock : Clock
        Says which phases have closed.
    inputs : DecisionInputs
        Seeds, decisions, measured results, and how to rank.

    Raises
    ------
    TieUnresolved, BallotInvalid, ScoreInvalid
        As for ``decide``.
    """
    stored = find_challenge(session, fund.book, challenge, clock())
    return decide(_facts(session, fund, stored, clock, inputs), rank=_ranker(session, stored, inputs))


def _ranker(session: Session, stored: StoredChallenge, inputs: DecisionInputs) -> Ranker:
    """Return how scored phases are ranked: by the newest calibration that took no void reads out."""
    if inputs.rank is not None:
        return inputs.rank
    frozen: dict[str, PhaseCalibration] = {}
    advanced: dict[str, Advancement] = {}
    for phase in stored.challenge.brief.phases:
        kept = list_calibrations(session, stored, phase.id) if phase.judging in SCORED else ()
        for one in kept:
            result = PhaseCalibration.read(one.body)
            if result.kind != VOIDED:
                frozen[phase.id] = result
        for decided in list_advancements(session, stored, phase.id, "decided"):
            advanced[phase.id] = read_advancement(decided.body)
    return rank_frozen(frozen, advanced)


def _facts(
    session: Session, fund: PooledFund, stored: StoredChallenge, clock: Clock, inputs: DecisionInputs
) -> DecisionFacts:
    facts = find_facts(session, stored, fund.unit, as_of=clock())
    named = {one.hub for rows in inputs.progress.values() for one in rows}
    named |= {one.application_id for rows in inputs.finishes.values() for one in rows}
    unknown = sorted(named - {one.application_id for one in facts.applications})
    if unknown:
        raise Missing(
            f"{stored.challenge.code} has no application {', '.join(unknown)}: a result is named by the code "
            "of its application, not by its hub.",
            what="application",
            code=unknown[0],
        )
    return replace(facts, tie=inputs.tie, progress=inputs.progress, finishes=inputs.finishes)


def appeal(
    session: Session,
    fund: PooledFund,
    challenge: str,
    filed: Appeal,
    *,
    clock: Clock,
    inputs: DecisionInputs = PLAIN_INPUTS,
) -> Frozen:
    """File an appeal: the awards that its remedy would change are held, all others proceed.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Of the challenge.
    challenge : str
        Its code.
    filed : Appeal
        Filing the same again changes nothing.
    clock : Clock
        Decides whether it is in time.
    inputs : DecisionInputs
        The same as for the decision.

    Returns
    -------
    Frozen
        What is held, and what the appellant would get.

    Raises
    ------
    AppealRefused
        Without a ground that counts, out of time, before the decision is announced, or against an award
        that is paid in full and differs.
    Missing
        When there is no such challenge or application.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    announced = announced_at(session, stored)
    if announced is None:
        raise AppealRefused(f"The decision of {challenge} is not announced: there is nothing to appeal yet.")
    policy = stored.challenge.brief.appeal_policy
    require_appeal(policy, filed.ground, announced_at=announced, now=clock())
    rows = [row for row in list_stored_awards(session, stored.id) if not row.end]
    facts = _facts(session, fund, stored, clock, inputs)
    if filed.application in facts.gone:
        raise AppealRefused(
            f"{filed.application} was withdrawn: it takes no part any more, and holds nobody's award.",
            application=filed.application,
        )
    frozen = find_frozen(facts, filed, _announced(rows), rank=_ranker(session, stored, inputs))
    own = [one for one in list_appeals(session, stored.id) if one.appeal.application == filed.application]
    if filed in [one.appeal for one in own]:
        return frozen
    body = {"appeal_sha256": filed.digest(), "application": filed.application, "challenge": challenge}
    key = f"{challenge}#{filed.application}#{len(own) + 1}"
    event_id, _ = record_event(session, fund.book, "appeal.filed", body, key=key, clock=clock)
    with session.begin_nested():
        appeal_id = keep_appeal(
            session, stored.id, filed, number=len(own) + 1, filed_at=clock(), event_id=event_id
        )
        concerned = [row.id for row in rows if _key(row) in set(frozen.held)]
        keep_holds(session, concerned, appeal_id, event_id)
    return frozen


def _key(row: StoredAward) -> tuple[int, str, str]:
    return row.prize, row.award.application_id, row.award.part


def _announced(rows: Iterable[StoredAward]) -> Decision:
    found: dict[int, tuple[Award, ...]] = {}
    for row in rows:
        found[row.prize] = (*found.get(row.prize, ()), row.award)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What a ruling did.

    Attributes
    ----------
    reversed_awards, made : tuple[StoredAward, ...]
        Awards that ended and awards that stand in their place.
    to_recover : tuple[StoredAward, ...]
        Awards that should not have been and are paid already: a claim for recovery is recorded.
    waiting : tuple[AwardMove, ...]
        Awards that wait for what is recovered.

    Examples
    --------
    >>> Ruled(reversed_awards=(), made=(), to_recover=(), waiting=()).waiting
    ()
    """

    reversed_awards: tuple[StoredAward, ...]
    made: tuple[StoredAward, ...]
    to_recover: tuple[StoredAward, ...]
    waiting: tuple[AwardMove, ...]


NOTHING_MOVED = Ruled(reversed_awards=(), made=(), to_recover=(), waiting=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What somebody from outside decides about an appeal.

    Attributes
    ----------
    application : str
        Of the appellant.
    number : int [appeals]
        Which of its appeals, from 1.
    upheld : bool
        Whether the remedy is granted.
    ruled_by : str
        Outside the panel and the parties.
    checker : str
        Who approves the new awards of an upheld appeal; somebody else.
    reason : str
        Published.

    Examples
    --------
    >>> Ruling(application="a", number=1, upheld=False, ruled_by="ombud", checker="", reason="No.").upheld
    False
    """

    application: str
    number: int
    upheld: bool
    ruled_by: str
    checker: str
    reason: str


def rule(
    session: Session,
    fund: PooledFund,
    challenge: str,
    ruling: Ruling,
    *,
    clock: Clock,
    inputs: DecisionInputs = PLAIN_INPUTS,
) -> Ruled:
    """Rule on an appeal: upheld, wrong awards are reversed and the right ones made; either way holds end.

    Parameters
    ----------
    session, fund, challenge, clock
        As for ``appeal``.
    ruling : Ruling
        Ruling the same again changes nothing.
    inputs : DecisionInputs
        The same as for the decision.

    Raises
    ------
    AppealRefused
        When the ruler or the checker judged, decided or takes part, or the ruler checks the own ruling.
    OverdrawnCommitment
        When the prizes do not hold what the remedy needs.
    KeyReused, Missing
        When it was ruled otherwise before; when there is no such appeal.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    found = find_appeal(session, stored.id, ruling.application, ruling.number)
    if found.upheld is None:
        _require_two(session, stored, ruling, clock)
    body = {
        "application": ruling.application,
        "challenge": challenge,
        "checker": ruling.checker,
        "reason": ruling.reason,
        "ruled_by": ruling.ruled_by,
        "upheld": ruling.upheld,
    }
    key = f"{challenge}#{ruling.application}#{ruling.number}"
    event_id, new = record_event(session, fund.book, "appeal.ruled", body, key=key, clock=clock)
    if not new:
        return NOTHING_MOVED
    ruled = NOTHING_MOVED
    with session.begin_nested():
        if ruling.upheld:
            facts = _facts(session, fund, stored, clock, inputs)
            rows = [row for row in list_stored_awards(session, stored.id) if not row.end]
            put_right = remedied_where_possible(facts, found.appeal.remedies)
            right = decide(put_right, rank=_ranker(session, stored, inputs))
            _put_on_record(session, stored, found.appeal, ruling, clock)
            ruled = _carry_out(session, fund, stored, rows, right, ruling, clock)
        keep_ruling(
            session,
            found.id,
            upheld=ruling.upheld,
            ruled_by=ruling.ruled_by,
            reason=ruling.reason,
            event_id=event_id,
        )
        _hold_new(session, fund, stored, ruled, event_id, clock, inputs)
    return ruled


def _hold_new(  # what was made, and on which facts other appeals would change it
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    ruled: Ruled,
    event_id: UUID,
    clock: Clock,
    inputs: DecisionInputs,
) -> None:
    """Hold those of the new awards that an appeal which is still open would change."""
    waiting = [one for one in list_appeals(session, stored.id) if one.upheld is None]
    if not ruled.made or not waiting:
        return
    new = {row.id for row in ruled.made}
    rows = [row for row in list_stored_awards(session, stored.id) if not row.end]
    facts = _facts(session, fund, stored, clock, inputs)
    for one in waiting:
        with suppress(AppealRefused):
            found = find_frozen(facts, one.appeal, _announced(rows), rank=_ranker(session, stored, inputs))
            kept = [row.id for row in rows if row.id in new and _key(row) in set(found.held)]
            keep_holds(session, kept, one.id, event_id)


def require_independent(
    session: Session, stored: StoredChallenge, people: Iterable[str], application: str, *, clock: Clock
) -> None:
    """Refuse whoever judged, decided, takes part or is in conflict with the appellant.

    Raises
    ------
    AppealRefused, ConflictRecused
        When one of the people is not from outside.
    """
    parties = {member.party for one in list_competitors(session, stored.id) for member in one.bundle}
    panel = list_panel(session, stored.id)
    for person in people:
        require_outsider(person, panel=panel, parties=parties)
        require_unbiased(session, stored, person, application, clock=clock)


def _require_two(session: Session, stored: StoredChallenge, ruling: Ruling, clock: Clock) -> None:
    require_independent(session, stored, (ruling.ruled_by,), ruling.application, clock=clock)
    if not ruling.upheld:
        return
    if ruling.checker in ("", ruling.ruled_by):
        raise AppealRefused(
            f"An upheld appeal needs a second person to check it besides {ruling.ruled_by}.",
            ruled_by=ruling.ruled_by,
        )
    require_independent(session, stored, (ruling.checker,), ruling.application, clock=clock)


def _put_on_record(
    session: Session, stored: StoredChallenge, appeal: Appeal, ruling: Ruling, clock: Clock
) -> None:
    """Void the reads of the remedy, and admit whom it admits, where that is not so already."""
    book, challenge = stored.challenge.book, stored.challenge.code
    why = f"appeal {ruling.number} of {ruling.application} upheld: {ruling.reason}"
    for remedy in appeal.remedies:
        if isinstance(remedy, VoidRead):
            with suppress(Missing):
                name, judge = remedy.application, remedy.judge
                void_read(session, book, challenge, remedy.phase, name, judge, reason=why, clock=clock)
        admission = (
            find_admission(session, stored.id, remedy.application)
            if isinstance(remedy, CorrectFinding) and remedy.status == "pass"
            else None
        )
        if admission is not None and admission.status != "pass":
            body = {"challenge": challenge, "finding": "pass", "reason": why}
            key = f"{challenge}#{ruling.application}#{ruling.number}#{admission.id}"
            event_id, _ = record_event(session, book, "finding.corrected", body, key=key, clock=clock)
            keep_finding(session, admission.id, admission.number + 1, None, event_id)


def _carry_out(
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    rows: Iterable[StoredAward],
    right: Decision,
    ruling: Ruling,
    clock: Clock,
) -> Ruled:
    """Reverse every award that differs and is not paid, then make those that there should be."""
    challenge = stored.challenge.code
    standing = {_key(row): row for row in rows}
    moves = {
        number: award_moves([row.award for row in standing.values() if row.prize == number], right[number])
        for number in right
    }
    to_recover, ended, made, waiting = [], [], [], []
    why = f"appeal {ruling.number} of {ruling.application} upheld: {ruling.reason}"
    for number, rows_of in moves.items():
        wrong = [
            standing[number, move.application_id, move.part] for move in rows_of if move.before is not None
        ]
        for row in wrong:
            which = Which(prize=number, application=row.award.application_id, part=row.award.part)
            if row.paid:
                to_recover.append(row)
                _claim_back(session, stored, row, why, clock)
            else:
                ended.append(reverse_award(session, fund, challenge, which, reason=why, clock=clock))
        blocked = any(row.paid for row in wrong)
        for move in rows_of:
            if move.after is None:
                continue
            if blocked:
                waiting.append(move)
                continue
            made.append(_make(session, fund, challenge, number, move.after, ruling, clock))
    return Ruled(
        reversed_awards=tuple(ended), made=tuple(made), to_recover=tuple(to_recover), waiting=tuple(waiting)
    )


def _claim_back(session: Session, stored: StoredChallenge, row: StoredAward, why: str, clock: Clock) -> None:
    """Record once that what was paid is to come back; until then nothing more is paid of it."""
    if is_claimed_back(session, stored, row):
        return
    challenge = stored.challenge
    body = {"award": row.key, "challenge": challenge.code, "paid": row.paid.text, "reason": why}
    record_event(session, challenge.book, CLAIMED, body, key=claim_key(stored, row), clock=clock)


def _make(
    session: Session,
    fund: PooledFund,
    challenge: str,
    prize: int,
    award: Award,
    ruling: Ruling,
    clock: Clock,
) -> StoredAward:
    propose_award(session, fund, challenge, prize, award, maker=ruling.ruled_by, clock=clock)
    which = Which(prize=prize, application=award.application_id, part=award.part)
    return approve_award(session, fund, challenge, which, actor=ruling.checker, clock=clock)
