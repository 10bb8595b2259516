"""Judges register, say who they are and what ties them to whom; they step back, or somebody answers for them.

Judges declare against the names of actors, before any entry is assigned: nobody learns from it who applied
together, for what, or for how much.
"""

from collections.abc import Mapping, Sequence

from ...finance.dates import Clock, as_utc
from ...finance.posting import record_event
from ...finance.storage import Session
from ..conflicts.identity import Mark
from ..conflicts.interests import INTEREST_KINDS, Interest
from ..errors import ChallengeRefused
from ..judges import Judge
from ..records import interests as rows
from ..records.briefs import StoredChallenge, find_challenge
from ..records.submissions import find_admission
from .checking import check_conflicts


def register_judge(
    session: Session,
    book: str,
    challenge: str,
    judge: Judge,
    *,
    clock: Clock,
    marks: Sequence[Mark] = (),
) -> Judge:
    """Register a judge of a challenge, with the marks by which the person can be recognised.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, challenge : str
        Codes.
    judge : Judge
        Registering the same again changes nothing.
    clock : Clock
        When it is recorded.
    marks : sequence of Mark
        Of this judge, confirmed or not.

    Raises
    ------
    ChallengeRefused
        When a mark is somebody else's.
    KeyReused
        When the code is registered with other particulars.
    Missing
        When there is no such challenge.
    """
    stored = find_challenge(session, book, challenge, clock())
    strange = sorted({mark.holder for mark in marks} - {judge.code})
    if strange:
        raise ChallengeRefused(
            f"Some marks belong to {', '.join(strange)}, not to {judge.code}. Declare them for their holder.",
            judge=judge.code,
            holders=strange,
        )
    body = {
        "challenge": challenge,
        "judge": judge.code,
        "load": [str(bound) for bound in judge.load],
        "organisation": judge.organisation,
        "profile": judge.profile_bytes().decode(),
    }
    key = f"{challenge}#{judge.code}"
    event_id, new = record_event(session, book, "judge.registered", body, key=key, clock=clock)
    if new:
        rows.keep_judge(session, stored, judge, event_id)
    for mark in marks:
        declare_mark(session, book, mark, clock=clock)
    return judge


def declare_mark(session: Session, book: str, mark: Mark, *, clock: Clock) -> Mark:
    """Put on record by what a person or an organisation can be recognised.

    A mark that was not confirmed and is now is declared again as confirmed; both stay on record.

    Parameters
    ----------
    session, book, clock
        As for ``register_judge``.
    mark : Mark
        Declaring the same again changes nothing.

    Raises
    ------
    KeyReused
        When the same mark is on record with another year of birth or source.
    """
    body = {
        "birth_year": "" if mark.birth_year is None else str(mark.birth_year),
        "holder": mark.holder,
        "kind_of_mark": mark.kind,
        "organisation": mark.organisation,
        "source": mark.source,
        "value": mark.value,
        "verified": mark.verified,
    }
    key = f"{mark.holder}#{mark.kind}#{mark.value}#{mark.organisation}#{int(mark.verified)}"
    event_id, new = record_event(session, book, "identity.marked", body, key=key, clock=clock)
    if new:
        rows.keep_mark(session, book, mark, event_id)
    return mark


def declare_interest(session: Session, book: str, interest: Interest, *, by: str, clock: Clock) -> Interest:
    """Put on record what ties two parties.

    The same relation declared again by the same person with a last day has ended then.

    Parameters
    ----------
    session, book, clock
        As for ``register_judge``.
    interest : Interest
        Declared; what is recorded or inferred is read from where it stands.
    by : str
        Who declares it.

    Raises
    ------
    ChallengeRefused
        When it is not a declaration, or goes through somebody, or nobody declares it.
    KeyReused
        When the same was declared with another amount or source.
    """
    if interest.provenance != "declared" or interest.via or not by:
        raise ChallengeRefused(
            f"Only a declaration between two parties can be put on record, with who declares it: {interest}.",
            provenance=interest.provenance,
            by=by,
        )
    since, until = (day.isoformat() if day else "" for day in (interest.since, interest.until))
    body = {
        "amount": interest.amount or "",
        "by": by,
        "confidence_bp": str(interest.confidence_bp),
        "from": interest.a,
        "interest": interest.kind,
        "since": since,
        "source": interest.source,
        "to": interest.b,
        "until": until,
    }
    key = f"{interest.a}#{interest.b}#{interest.kind}#{since}#{until}#{by}"
    event_id, new = record_event(session, book, "interest.declared", body, key=key, clock=clock)
    if new:
        rows.keep_interest(session, book, interest, by, event_id)
    return interest


def actors_of(session: Session, book: str, challenge: str) -> tuple[str, ...]:
    """Return the codes of all actors of a challenge, in order: what a judge is shown to declare against.

    Parameters
    ----------
    session, book, challenge
        As for ``register_judge``.
    """
    stored = find_challenge(session, book, challenge)
    return tuple(sorted(_actors(session, stored)))


def _actors(session: Session, stored: StoredChallenge) -> set[str]:
    return set(rows.list_applicants(session, stored))


def undeclared(session: Session, book: str, challenge: str) -> dict[str, tuple[str, ...]]:
    """Return the actors against whom each judge has not declared yet; judges who have are left out.

    Parameters
    ----------
    session, book, challenge
        As for ``register_judge``.
    """
    stored = find_challenge(session, book, challenge)
    actors = _actors(session, stored)
    said = rows.list_declarations(session, stored)
    open_ = {
        judge.code: tuple(sorted(actors - said.get(judge.code, {}).keys()))
        for judge in rows.list_judges(session, stored)
    }
    return {judge: left for judge, left in open_.items() if left}


def declare(
    session: Session, book: str, challenge: str, judge: str, kinds: Mapping[str, str], *, clock: Clock
) -> None:
    """Record what ties a judge to each actor; "none" has to be said of each.

    Who came later is declared against later. Something said after "none" counts from then on.

    Parameters
    ----------
    session, book, challenge, clock
        As for ``register_judge``.
    judge : str
        A registered one.
    kinds : Mapping of str to str
        Actor -> kind of interest, or ``none``; every actor against whom nothing was declared yet, at least.

    Raises
    ------
    ChallengeRefused
        When an actor is left out or unknown, or a kind is none of the sixteen; every fault at once.
    Missing
        When the judge is not registered.
    """
    stored = find_challenge(session, book, challenge, clock())
    judge_id = rows.find_judge_id(session, stored, judge)
    actors = _actors(session, stored)
    said = rows.list_declarations(session, stored).get(judge, {})
    faults = {
        "not said": sorted(actors - said.keys() - kinds.keys()),
        "no actor here": sorted(kinds.keys() - actors),
        "no kind": sorted(set(kinds.values()) - {rows.NONE, *INTEREST_KINDS}),
    }
    told = "; ".join(f"{name}: {', '.join(codes[:10])}" for name, codes in faults.items() if codes)
    if told:
        raise ChallengeRefused(
            f"The declaration of {judge} is refused ({told}). Say for every actor one of the sixteen kinds, "
            "or none.",
            judge=judge,
            left_out=faults["not said"],
        )
    new_kinds = {actor: kind for actor, kind in kinds.items() if kind not in said.get(actor, set())}
    if not new_kinds:
        return
    body = {"challenge": challenge, "judge": judge, "kinds": dict(new_kinds)}
    key = f"{challenge}#{judge}#{as_utc(clock()).isoformat()}"
    event_id, new = record_event(session, book, "judge.declared", body, key=key, clock=clock)
    if new:
        rows.keep_declaration(session, judge_id, new_kinds, event_id)


def recuse(
    session: Session, book: str, challenge: str, judge: str, application: str, *, reason: str, clock: Clock
) -> None:
    """Record that a judge steps back from an entry; it cannot be taken back.

    Parameters
    ----------
    session, book, challenge, clock
        As for ``register_judge``.
    judge, application : str
        Codes.
    reason : str
        Why; the chair reads it.

    Raises
    ------
    ChallengeRefused
        Without a reason.
    KeyReused
        When it was done before for another reason.
    Missing
        When there is no such judge or application.
    """
    if not reason.strip():
        raise ChallengeRefused("A judge steps back for a reason; give one.", judge=judge)
    stored = find_challenge(session, book, challenge, clock())
    judge_id = rows.find_judge_id(session, stored, judge)
    admission = find_admission(session, stored.id, application)
    body = {"application": application, "challenge": challenge, "judge": judge, "reason": reason}
    key = f"{challenge}#{application}#{judge}"
    event_id, new = record_event(session, book, "judge.recused", body, key=key, clock=clock)
    if new:
        rows.keep_recusal(session, judge_id, admission.id, reason, event_id)


def override_conflict(
    session: Session,
    book: str,
    challenge: str,
    judge: str,
    application: str,
    *,
    reason: str,
    signer: str,
    clock: Clock,
) -> None:
    """Record that somebody answers for a pair in spite of a soft conflict.

    Parameters
    ----------
    session, book, challenge, clock
        As for ``register_judge``.
    judge, application : str
        Codes.
    reason : str
        Why; published with the result.
    signer : str
        Who answers for it; never the judge, nor anybody who may be the judge.

    Raises
    ------
    ChallengeRefused
        Without a reason or a signer of his own; when there is no soft conflict; when a hard one bars.
    KeyReused
        When it was done before with another reason or signer.
    Missing
        When there is no such judge or application.
    """
    stored = find_challenge(session, book, challenge, clock())
    judge_id = rows.find_judge_id(session, stored, judge)
    admission = find_admission(session, stored.id, application)
    body = {"application": application, "challenge": challenge, "judge": judge}
    body |= {"reason": reason, "signer": signer}
    check = check_conflicts(session, book, challenge, as_of=as_utc(clock()).date(), judges=[judge])
    pair = (application, judge)
    faults = {
        "a reason is missing": not reason.strip(),
        "somebody other than the judge answers for it": not signer or signer in check.aliases.of(judge),
        "a hard conflict bars, whoever answers for it": pair in check.hard,
        "there is no soft conflict": pair not in check.soft,
    }
    told = "; ".join(text for text, broken in faults.items() if broken)
    if told:
        raise ChallengeRefused(f"The conflict of {judge} is not overridden: {told}.", judge=judge)
    key = f"{challenge}#{application}#{judge}"
    event_id, new = record_event(session, book, "conflict.overridden", body, key=key, clock=clock)
    if new:
        rows.keep_override(session, judge_id, admission.id, reason, signer, event_id)
