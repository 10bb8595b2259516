"""Applications are written, accepted by those named in them, handed in, replaced and taken back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ...finance.dates import Clock, as_utc, instant_text
from ...finance.errors import KeyReused, SamePerson
from ...finance.posting import named_id, record_event
from ...finance.records.registry import find_unit
from ...finance.storage import Session
from ..applications import Application
from ..brief import Brief
from ..drafts import Draft, merge_drafts, superseded
from ..errors import ApplicationIncomplete, ApplicationStale, ChallengeClosed, ChallengeRefused
from ..forms import check_answers
from ..lifecycle import Receipt, Submission
from ..phases import ENTERED, Phase
from ..records.briefs import StoredChallenge, find_challenge
from ..records.drafts import (
    drop_revisions,
    find_draft,
    keep_accord,
    keep_draft,
    list_accords,
    list_revisions,
)
from ..records.findings import keep_finding
from ..records.submissions import (
    find_admission,
    find_application_id,
    find_received,
    find_submission,
    grace_end,
    has_award,
    is_cancelled,
    keep_application,
    keep_submission,
    keep_withdrawal,
    lock_entries,
    make_receipt,
    require_submission,
)
from .entering import let_on
from .finding import find_in_force, find_now


def save_draft(
    session: Session,
    book: str,
    challenge: str,
    code: str,
    content: Mapping[str, object],
    *,
    editor: str,
    based_on: int | None,
    clock: Clock,
) -> Draft:
    """Save what somebody has written so far; what others changed elsewhere in the meantime is kept.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, challenge, code : str
        Of the book, the challenge and the application.
    content : Mapping
        Fields of an application, some still missing.
    editor : str
        Who saves it.
    based_on : int or None [revision]
        The revision it was written from; ``None``: there was none.
    clock : Clock
        When.

    Returns
    -------
    Draft
        The newest revision; its ``revision`` is what the next save is based on. Saving what is there
        already changes nothing.

    Raises
    ------
    ApplicationStale
        When somebody else changed the same field; ``figures['conflicts']`` has both values. Also when the
        revision it was written from is no longer kept.
    """
    stored = find_challenge(session, book, challenge, clock())
    lock_entries(session, stored)
    last = find_draft(session, stored, code)
    merged = dict(content) if last is None else _merged(session, stored, last, content, based_on)
    if last is not None and merged == last.content:
        return last
    now = as_utc(clock())
    revision = 1 if last is None else last.revision + 1
    draft = Draft(code=code, revision=revision, editor=editor, content=merged, saved_at=now)
    keep_draft(session, stored, draft)
    drop_revisions(session, stored, code, superseded(list_revisions(session, stored, code), now))
    return draft


def _merged(
    session: Session,
    stored: StoredChallenge,
    last: Draft,
    content: Mapping[str, object],
    based_on: int | None,
) -> dict[str, object]:
    if based_on == last.revision:
        return dict(content)
    base = None if based_on is None else find_draft(session, stored, last.code, based_on)
    if based_on is not None and base is None:
        raise ApplicationStale(
            f"Revision {based_on} of {last.code} is no longer kept; the newest is {last.revision}. Read it "
            "and put your changes into it.",
            application=last.code,
            revision=last.revision,
            conflicts=[],
        )
    return merge_drafts({} if base is None else base.content, last.content, content)


def accept(
    session: Session, book: str, application: Application, party: str, *, signer: str, clock: Clock
) -> str:
    """Record that an actor accepts in person what an application says about shares, costs and itself.

    Parameters
    ----------
    session, book, clock
        As for ``submit``.
    application : Application
        As the actor has read it; a later change of what it covers voids the accord.
    party : str
        Whom it binds: an actor of the bundle.
    signer : str
        The person; one person accepts for one actor of an application.

    Returns
    -------
    str
        The digest accepted. Accepting the same again changes nothing.

    Raises
    ------
    ApplicationIncomplete
        When the party is not in the bundle, or has not disclosed.
    SamePerson
        When this person has accepted for another actor.
    """
    stored = find_challenge(session, book, application.challenge_id, clock())
    lock_entries(session, stored)
    lacking = [row for row in application.missing_statements(stored.challenge.brief) if row["party"] == party]
    if party not in {member.party for member in application.bundle} or lacking:
        field = lacking[0]["field"] if lacking else "place in the bundle"
        raise ApplicationIncomplete(
            f"{party} cannot accept {application.application_id} yet: its {field} is missing.",
            application=application.application_id,
            missing=lacking or [{"party": party, "field": "bundle", "path": "/bundle"}],
        )
    digest = application.accord_digest(party)
    accords = list_accords(session, stored, application.application_id)
    if (party, digest) in {(who, what) for who, what, _ in accords}:
        return digest
    others = sorted({who for who, _, person in accords if person == signer and who != party})
    if others:
        raise SamePerson(
            f"{signer} has accepted {application.application_id} for {others[0]}; somebody else accepts for "
            f"{party}.",
            maker=signer,
            checker=signer,
        )
    body = {
        "application": application.application_id,
        "accepted_sha256": digest,
        "challenge": application.challenge_id,
        "party": party,
        "signer": signer,
    }
    key = f"{application.challenge_id}#{application.application_id}#{party}#{digest}"
    event_id, _ = record_event(session, book, "accord.given", body, key=key, clock=clock)
    keep_accord(
        session,
        stored,
        application.application_id,
        party=party,
        sha256=digest,
        signer=signer,
        event_id=event_id,
    )
    return digest


def missing_accords(session: Session, stored: StoredChallenge, application: Application) -> tuple[str, ...]:
    """Return the actors who have not accepted the application as it stands.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredChallenge
        Which challenge.
    application : Application
        As it stands.
    """
    accords = list_accords(session, stored, application.application_id)
    given = {(party, digest) for party, digest, _ in accords}
    parties = dict.fromkeys(member.party for member in application.bundle)
    return tuple(one for one in parties if (one, application.accord_digest(one)) not in given)


def submit(
    session: Session,
    book: str,
    application: Application,
    *,
    clock: Clock,
    phase: str | None = None,
    key: str | None = None,
) -> Submission:
    """Receive an application; until its phase closes it may be replaced, and the last one counts.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    application : Application
        Complete; sending what counts already changes nothing.
    clock : Clock
        Decides whether it is in time: the instant the request was first received.
    phase : str or None
        For which phase; ``None``: the one that is open.
    key : str or None
        Names the request: the same again returns what the first one did, also after the close.

    Returns
    -------
    Submission
        With its receipt and what was found of its eligibility.

    Raises
    ------
    ChallengeClosed
        At the closing instant and after, unless within the phase's seconds of grace; before it opens.
    ApplicationInconsistent, ApplicationIncomplete, AnswersInvalid
        When figures do not add up; when an accord or a statement is missing; when the form is not met.
    ChallengeRefused
        When the application was withdrawn, or did not go on to this phase, or the challenge is called off.
    KeyReused, Missing
        Nothing is written then either.
    """
    now = as_utc(clock())
    stored = find_in_force(session, book, application.challenge_id, now)
    lock_entries(session, stored)
    known = _known(session, stored, application, key, _taking(stored.challenge.brief, phase, now))
    if known is not None:
        return known
    entered = _place(session, stored, phase, now)
    application.check(stored.challenge.brief)
    _require_complete(session, stored, application, entered)
    last = find_submission(session, stored, application.application_id)
    _require_lawful(application, last, entered)
    _require_let_on(session, stored, application, entered)
    number = 1 if last is None or last.receipt is None else last.receipt.number + 1
    receipt = make_receipt(
        stored.challenge.brief, application, number=number, phase=entered.id, received_at=now
    )
    return _received(session, stored, application, receipt, key, clock)


def _event_key(application: Application, key: str | None, number: int) -> str:
    name = f"{application.challenge_id}#{application.application_id}"
    return f"{name}#{number}" if key is None else f"{name}#key#{key}"


def _known(
    session: Session,
    stored: StoredChallenge,
    application: Application,
    key: str | None,
    taking: Phase | None,
) -> Submission | None:
    """Return what this request brought in before, if it is a retry.

    Without a key the text that counts already is a retry, unless it is now sent to a later phase.
    """
    if key is None:
        last = find_submission(session, stored, application.application_id)
        if last is None or last.receipt is None or last.withdrawn:
            return None
        same = last.receipt.sha256 == application.digest()
        return last if same and (taking is None or taking.id == last.receipt.phase) else None
    name = _event_key(application, key, 0)
    received = find_received(session, stored, named_id(stored.challenge.book, "application.received", name))
    if received is not None and received.application.digest() != application.digest():
        raise KeyReused(
            f"The key {key!r} was used for another text of {application.application_id}: send this one "
            "under a new key.",
            key=key,
        )
    return received


def _entered(brief: Brief, phase: str | None) -> list[Phase]:
    return [one for one in brief.phases if one.kind in ENTERED and phase in (None, one.id)]


def _taking(brief: Brief, phase: str | None, now: datetime) -> Phase | None:
    """Return the phase that takes applications at an instant, its seconds of grace included."""
    open_now = (one for one in _entered(brief, phase) if brief.opens(one) <= now < grace_end(brief, one.id))
    return next(open_now, None)


def _place(session: Session, stored: StoredChallenge, phase: str | None, now: datetime) -> Phase:
    """Return the phase that takes the application."""
    brief = stored.challenge.brief
    if is_cancelled(session, stored):
        raise ChallengeRefused(
            f"{brief.challenge_id} was called off; it takes no applications.",
            challenge=brief.challenge_id,
            state="cancelled",
        )
    entered = _entered(brief, phase)
    if not entered:
        listed = ", ".join(f"{one.id} ({one.kind})" for one in brief.phases)
        raise ChallengeClosed(
            f"{brief.challenge_id} has no phase {phase or ''} that takes applications. Its phases: {listed}.",
            challenge=brief.challenge_id,
        )
    taking = _taking(brief, phase, now)
    if taking is not None:
        return taking
    passed = [one for one in entered if brief.closes(one) <= now]
    return brief.require_open((passed[-1:] or entered)[0].id, now)


def _require_complete(
    session: Session, stored: StoredChallenge, application: Application, phase: Phase
) -> None:
    brief = stored.challenge.brief
    form = brief.form_of(phase.id)
    if form is not None:
        files = {row.sha256: (row.media_type, row.size_bytes) for row in application.files}
        check_answers(form, application.answers, find_unit(session, brief.unit), files=files)
    if brief.disclosure_policy.accords == "required":
        missing = missing_accords(session, stored, application)
        if missing:
            raise ApplicationIncomplete(
                f"Not accepted yet by {', '.join(missing)}: every actor of {application.application_id} "
                "accepts in person, and again after a change of shares, costs, gifts or its own disclosure.",
                application=application.application_id,
                missing=[{"party": one, "field": "accord", "path": "/bundle"} for one in missing],
            )


def _require_lawful(application: Application, last: Submission | None, phase: Phase) -> None:
    name = application.application_id
    if last is None:
        if phase.kind == "development":
            raise ChallengeRefused(
                f"{phase.id} is open to those who came in before; {name} did not.",
                challenge=application.challenge_id,
                application=name,
            )
        return
    if last.withdrawn:
        raise ChallengeRefused(
            f"{name} was withdrawn; apply again under another name.",
            challenge=application.challenge_id,
            application=name,
        )
    if last.application.lead != application.lead:
        raise ChallengeRefused(
            f"{name} was handed in by {last.application.lead}, not {application.lead}: the lead stays. "
            "Withdraw it and apply under another name.",
            challenge=application.challenge_id,
            application=name,
        )


def _require_let_on(
    session: Session, stored: StoredChallenge, application: Application, phase: Phase
) -> None:
    going = let_on(session, stored, phase)
    if going is not None and application.application_id not in going:
        raise ChallengeRefused(
            f"{phase.id} is open to those who went on to it; {application.application_id} did not.",
            challenge=application.challenge_id,
            application=application.application_id,
            phase=phase.id,
        )


def _received(
    session: Session,
    stored: StoredChallenge,
    application: Application,
    receipt: Receipt,
    key: str | None,
    clock: Clock,
) -> Submission:
    known_id = find_application_id(session, stored, application.application_id)
    finding = find_now(
        session,
        stored,
        application,
        known_id,
        received_at=receipt.received_at,
        now=receipt.received_at,
    )
    made = Submission(application=application, finding=finding, receipt=receipt)
    body = {
        "application": application.application_id,
        "application_sha256": receipt.sha256,
        "challenge": application.challenge_id,
        "finding": made.status,
        "number": receipt.number,
        "phase": receipt.phase,
        "receipt": receipt.code,
        "received_at": instant_text(receipt.received_at),
    }
    name = _event_key(application, key, receipt.number)
    event_id, _ = record_event(
        session, stored.challenge.book, "application.received", body, key=name, clock=clock
    )
    if known_id is None:
        known_id = keep_application(session, stored, application, event_id)
        number = 1
    else:
        number = find_admission(session, stored.id, application.application_id).number + 1
    keep_submission(session, stored, known_id, application, receipt, event_id)
    keep_finding(session, known_id, number, finding, event_id)
    return made


def withdraw(
    session: Session, book: str, challenge: str, application: str, *, reason: str, clock: Clock
) -> Submission:
    """Take an application back: it stays on record, its judges are free, and announced scores stay.

    Parameters
    ----------
    session, book, clock
        As for ``submit``.
    challenge, application : str
        Codes.
    reason : str
        As the applicant gives it; may be empty. Withdrawing again changes nothing.

    Raises
    ------
    ChallengeRefused
        When an award to it stands: that is declined, not withdrawn.
    Missing
        When there is no such application.
    """
    stored = find_challenge(session, book, challenge, clock())
    lock_entries(session, stored)
    admission = find_admission(session, stored.id, application)
    last = require_submission(session, stored, application)
    if last.withdrawn:
        return last
    if has_award(session, admission.id):
        raise ChallengeRefused(
            f"{application} has an award; it can be declined, and no longer withdrawn.",
            challenge=challenge,
            application=application,
        )
    body = {"application": application, "challenge": challenge, "reason": reason}
    event_id, _ = record_event(
        session, book, "application.withdrawn", body, key=f"{challenge}#{application}", clock=clock
    )
    keep_withdrawal(session, admission.id, reason, event_id)
    return replace(last, withdrawn=True)
