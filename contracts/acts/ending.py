"""Agreements are suspended and resumed, measured, terminated and closed; closing returns what is left.

The problem: a contract that nobody ends keeps money locked, and one that one side can end alone is none. What
stops claims or payments needs everybody with money in it; the end of the term needs nobody; and nothing is
closed while anything is undecided, disputed, unpaid or owed back.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock, as_utc
from ...finance.errors import NotAllowed, NotApproved, UnlawfulTransition
from ...finance.money import Money, decimal_text
from ...finance.posting import record_event
from ...finance.storage import Session
from ..agreement import Agreement, AgreementState, consent_bytes
from ..liability import last_day
from ..records import agreements, claims, openings, settlements
from ..records.agreements import StoredAgreement
from .consenting import require_consent
from .liability import follow_liability
from .paying import take_executed
from .settling import settle
from .vetting import find_tied

NOBODY: Mapping[str, bytes] = {}


def suspend(
    session: Session,
    book: str,
    code: str,
    signatures: Mapping[str, bytes],
    *,
    reason: str,
    key: str,
    clock: Clock,
) -> Agreement:
    """Stop claims and payments until the agreement is resumed or terminated; the money stays set aside.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, code : str
        The book, and the agreement.
    signatures : Mapping of str to bytes
        Of everybody with money in it, over ``consent_bytes(code, "suspend", key=key, reason=reason)``.
    reason : str
        Why.
    key : str
        Unique among the agreement's suspensions; the same again changes nothing.
    clock : Clock
        When it is recorded.

    Raises
    ------
    NotSigned, SignatureInvalid
        When somebody did not consent.
    UnlawfulTransition, KeyReused, Missing
        When it is not active. Nothing is written then.
    """
    return _agreed(session, book, code, signatures, "suspend", reason=reason, key=key, clock=clock)


def resume(
    session: Session,
    book: str,
    code: str,
    signatures: Mapping[str, bytes],
    *,
    reason: str,
    key: str,
    clock: Clock,
) -> Agreement:
    """Let a suspended agreement go on.

    Parameters
    ----------
    session, book, code, reason, key, clock
        As for ``suspend``.
    signatures : Mapping of str to bytes
        Of everybody with money in it, over ``consent_bytes(code, "resume", key=key, reason=reason)``.

    Raises
    ------
    NotSigned, SignatureInvalid, UnlawfulTransition, KeyReused, Missing
        As for ``suspend``.
    """
    return _agreed(session, book, code, signatures, "resume", reason=reason, key=key, clock=clock)


STEPS: dict[str, tuple[str, AgreementState, AgreementState]] = {
    "suspend": ("agreement.suspended", "active", "suspended"),
    "resume": ("agreement.resumed", "suspended", "active"),
}


def _agreed(
    session: Session,
    book: str,
    code: str,
    signatures: Mapping[str, bytes],
    act: str,
    *,
    reason: str,
    key: str,
    clock: Clock,
) -> Agreement:
    """Suspend or resume by consent, once per key."""
    kind, before, after = STEPS[act]
    stored = agreements.find_locked(session, book, code)
    content = consent_bytes(code, act, key=key, reason=reason)
    require_consent(session, stored, stored.agreement.document.interested, content, signatures)
    body = {"agreement": code, "reason": reason, "signatures": _shown(signatures)}
    with session.begin_nested():
        event_id, new = record_event(session, book, kind, body, key=f"{code}#{key}", clock=clock)
        if not new:
            return stored.agreement
        agreements.require_state(stored, before)
        agreements.move(session, stored, after, event_id)
    return agreements.find_agreement(session, book, code).agreement


def _shown(signatures: Mapping[str, bytes]) -> dict[str, str]:
    return {name: signature.hex() for name, signature in sorted(signatures.items())}


def measure(
    session: Session,
    book: str,
    code: str,
    *,
    by: str,
    clock: Clock,
    signatures: Mapping[str, bytes] = NOBODY,
) -> Agreement:
    """Say that no more results come: from now on only what is decided counts.

    Parameters
    ----------
    session, book, code, clock
        As for ``suspend``; measuring it again changes nothing.
    by : str
        Name of somebody with money in it.
    signatures : Mapping of str to bytes
        Until the last day for claims, of everybody with money in it: ``consent_bytes(code, "measure")``.

    Raises
    ------
    NotAllowed
        When ``by`` has no money in it.
    NotSigned, SignatureInvalid
        Before the last day for claims, when somebody did not consent; the figures say the day.
    UnlawfulTransition, Missing
        While claims are undecided or disputes open; when it is not active.
    """
    stored = agreements.find_locked(session, book, code)
    if agreements.was(session, stored, "measured"):
        return stored.agreement
    agreements.require_state(stored, "active")
    agreement, today = stored.agreement, as_utc(clock()).date()
    _require_interested(agreement, by)
    _require_no_more_claims(session, stored, today, signatures)
    _require_decided(session, stored)
    body = {"agreement": code, "by": by, "on": today.isoformat(), "signatures": _shown(signatures)}
    with session.begin_nested():
        event_id, _ = record_event(session, book, "agreement.measured", body, key=code, clock=clock)
        agreements.move(session, stored, "measured", event_id)
        follow_liability(session, book, code, clock=clock, key="measured")
    return agreements.find_agreement(session, book, code).agreement


def _require_interested(agreement: Agreement, by: str) -> None:
    names = agreement.document.interested
    if by not in names:
        raise NotAllowed(
            f"{by!r} has no money in {agreement.code!r} and cannot say that it is measured. "
            f"Let one of {', '.join(sorted(names))} say it.",
            agreement=agreement.code,
            party=by,
        )


def _require_no_more_claims(
    session: Session, stored: StoredAgreement, today: date, signatures: Mapping[str, bytes]
) -> None:
    """Refuse to cut off claims that the agreement still lets come, unless everybody consents."""
    document = stored.agreement.document
    until = last_day(document.verification, stored.lineage.overlaid.program.ends_on)
    if today > until:
        return
    if not signatures:
        raise UnlawfulTransition(
            f"Results of {stored.agreement.code!r} can be claimed until {until}; it is {today}. Wait, or let "
            "everybody with money in it sign that it is measured.",
            agreement=stored.agreement.code,
            state=stored.agreement.state,
            until=until.isoformat(),
        )
    content = consent_bytes(stored.agreement.code, "measure")
    require_consent(session, stored, document.interested, content, signatures)


def _require_decided(session: Session, stored: StoredAgreement) -> None:
    """Refuse to go on while claims are undecided or disputes open."""
    standing = openings.list_claims_standing(session, stored.id)
    undecided = [f"claim {one.claim} is undecided" for one in standing if not one.decided]
    disputes = openings.list_open_disputes(session, stored.id)
    _require_none(stored, [*undecided, *(f"dispute {one} is open" for one in disputes)], "measured")


def _require_none(stored: StoredAgreement, rows: Sequence[str], what: str) -> None:
    if rows:
        raise UnlawfulTransition(
            f"The agreement {stored.agreement.code!r} cannot be {what}: {'; '.join(rows)}.",
            agreement=stored.agreement.code,
            state=stored.agreement.state,
            open=list(rows),
        )


def terminate(
    session: Session,
    book: str,
    code: str,
    signatures: Mapping[str, bytes],
    *,
    on: date,
    reason: str,
    clock: Clock,
) -> Agreement:
    """End an agreement early: claims that are not decided lapse, and what is decided is settled.

    Parameters
    ----------
    session, book, code, reason, clock
        As for ``suspend``; terminating it again changes nothing.
    signatures : Mapping of str to bytes
        Of everybody with money in it, over
        ``consent_bytes(code, "terminate", reason=reason, on=on.isoformat())``.
    on : date
        The day on which it ends; not in the future.

    Raises
    ------
    NotSigned, SignatureInvalid
        When somebody did not consent.
    UnlawfulTransition, Missing
        While disputes are open; when the day is in the future; when it is neither active nor suspended.
    """
    stored = agreements.find_locked(session, book, code)
    if agreements.was(session, stored, "terminated"):
        return stored.agreement
    agreements.require_state(stored, "active", "suspended")
    content = consent_bytes(code, "terminate", reason=reason, on=on.isoformat())
    require_consent(session, stored, stored.agreement.document.interested, content, signatures)
    today = as_utc(clock()).date()
    late = [f"{on} is in the future, it is {today}"] if on > today else []
    disputes = openings.list_open_disputes(session, stored.id)
    _require_none(stored, [*late, *(f"dispute {one} is open" for one in disputes)], "terminated")
    body = {
        "agreement": code,
        "on": on.isoformat(),
        "reason": reason,
        "signatures": _shown(signatures),
    }
    with session.begin_nested():
        event_id, _ = record_event(session, book, "agreement.terminated", body, key=code, clock=clock)
        agreements.move(session, stored, "terminated", event_id)
        follow_liability(session, book, code, clock=clock, key="terminated")
    return agreements.find_agreement(session, book, code).agreement


def close(
    session: Session,
    book: str,
    code: str,
    *,
    clock: Clock,
    signatures: Mapping[str, bytes] = NOBODY,
) -> dict[str, Money]:
    """Close a measured or terminated agreement, and free what is still set aside for it.

    Parameters
    ----------
    session, book, code, clock
        As for ``suspend``; closing it again changes nothing.
    signatures : Mapping of str to bytes
        Of everybody with money in it, over ``consent_bytes(code, "close")``, where they give up what stays
        open: the right to dispute, what is owed back, and findings that a tie keeps from being paid.

    Returns
    -------
    dict of str to Money
        What was released, by payer; the same for every retry.

    Raises
    ------
    UnlawfulTransition, Missing
        While anything is unsettled, in dispute, can be disputed, waits or is owed back: the figures list it;
        when it is neither measured nor terminated.
    NotSigned, SignatureInvalid
        When signatures are given and are not those of all.
    """
    stored = agreements.find_locked(session, book, code)
    if stored.agreement.state == "closed":
        return _release(session, stored, clock)
    agreements.require_state(stored, "measured", "terminated")
    if signatures:
        names = stored.agreement.document.interested
        require_consent(session, stored, names, consent_bytes(code, "close"), signatures)
    stays, goes = _open_rows(session, stored, as_utc(clock()).date())
    if not stays and _is_due(session, stored, clock):
        stays = ["something is due by the calendar: settle it"]
    _require_none(stored, stays if signatures else [*stays, *goes], "closed")
    with session.begin_nested():
        released = _release(session, stored, clock)
        body = {
            "agreement": code,
            "given_up": goes,
            "released": {payer: amount.text for payer, amount in released.items()},
            "signatures": _shown(signatures),
        }
        event_id, _ = record_event(session, book, "agreement.closed", body, key=code, clock=clock)
        agreements.move(session, stored, "closed", event_id)
    return released


def _release(session: Session, stored: StoredAgreement, clock: Clock) -> dict[str, Money]:
    return {
        one.payer: money.release(
            session,
            stored.funds[one.payer],
            Promise("agreement", one.promise),
            key=f"close#{one.promise}",
            clock=clock,
        )
        for one in stored.agreement.sources
    }


def _open_rows(session: Session, stored: StoredAgreement, today: date) -> tuple[list[str], list[str]]:
    """Say what has to be done before closing, and what parties can give up together."""
    stays, goes = [], []
    lapsed = stored.agreement.state == "terminated"
    tied = _tied_claims(session, stored, today)
    for one in openings.list_claims_standing(session, stored.id):
        if lapsed and not one.decided:
            continue
        if one.disputed:
            stays.append(f"claim {one.claim} is in dispute")
        elif one.is_open(today):
            if one.claim in tied:
                goes.append(f"claim {one.claim} is not paid: who determined it is tied to the money")
            elif not one.settled:
                stays.append(f"claim {one.claim} is not settled")
            else:
                goes.append(f"claim {one.claim} can be disputed before {one.open_until}")
    take_executed(session, stored)
    scales = {fund.unit.code: fund.unit.scale for fund in stored.funds.values()}
    for payout in openings.list_open_payouts(session, stored.id):
        amount = f"{decimal_text(payout.left, scales[payout.unit])} {payout.unit}"
        told = f"clause {payout.clause}: "
        if payout.direction == "back":
            goes.append(f"{told}{payout.payee} owes {payout.payer} {amount}")
        else:
            rests = "was rejected, and is proposed again" if payout.rejected else "waits for approval"
            stays.append(f"{told}{amount} to {payout.payee} {rests}")
    return stays, goes


def _tied_claims(session: Session, stored: StoredAgreement, today: date) -> frozenset[str]:
    """Name the claims that cannot be paid because who determined them is tied to the money today."""
    book = stored.agreement.book
    settled = {one.claim: one.round for one in settlements.read_books(session, stored.id).decided}
    return frozenset(
        one.claim
        for one in claims.decisions_in_force(session, stored)
        if settled.get(one.claim, 0) < one.round
        and find_tied(session, book, stored, one.claim, one.round, today)
    )


def _is_due(session: Session, stored: StoredAgreement, clock: Clock) -> bool:
    """Tell whether a settlement now would change anything; nothing of it stays."""
    agreement = stored.agreement
    with session.begin_nested() as point:
        try:
            return bool(settle(session, agreement.book, agreement.code, clock=clock))
        except NotApproved:
            return True
        finally:
            point.rollback()
