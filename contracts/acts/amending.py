"""Amendments are made by one party, approved by all others, and covered before they take effect."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...finance.dates import Clock
from ...finance.errors import NotAllowed, OutsideDomain, SamePerson, TermError
from ...finance.posting import record_event
from ...finance.storage import Session
from ..agreement import Source
from ..amendments import (
    ProposedAmendment,
    amended_document,
    amendment_bytes,
    amendment_faults,
    approvers,
)
from ..funding import funding_faults, most_by_payer, sources_of
from ..independence import require_duties
from ..liability import NOTHING
from ..records import agreements, amendments, claims, openings
from ..records.agreements import StoredAgreement
from ..records.amendments import StoredAmendment
from ..settling import Decided, observed
from ..terms import lint
from ..terms.amendment import Amendment, Overlaid, changes_in_words
from ..terms.observing import lay_out
from .consenting import require_signatures
from .liability import cover, follow_liability
from .settling import settle_amendment

AMENDED = ("active", "suspended")


def propose_amendment(
    session: Session,
    book: str,
    code: str,
    amendment: Amendment,
    *,
    by: str,
    signature: bytes,
    key: str,
    clock: Clock,
) -> ProposedAmendment:
    """Make an amendment: check that it fits, and sign it. It changes nothing yet.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, code : str
        The book, and the agreement.
    amendment : Amendment
        Written against the terms as they stand now.
    by : str
        Name of who makes it; somebody with money in the agreement.
    signature : bytes
        Over ``amendment_bytes(code, key, amendment)``.
    key : str
        The amendment's code in the agreement; the same again changes nothing.
    clock : Clock
        When it is recorded.

    Raises
    ------
    NotAllowed, SamePerson
        When ``by`` has no money in it; when nobody else could approve it.
    SignatureInvalid, NotSigned
        When the signature does not fit.
    TermError
        When it is of other terms, changes who the parties are, or leaves terms that are ill-typed, unbounded
        or have faults that lint calls errors.
    NotIndependent
        When who verifies would be paid by what is found.
    UnlawfulTransition, KeyReused, Missing
        When the agreement is neither active nor suspended. Nothing is written then.
    """
    stored = agreements.find_locked(session, book, code)
    content = amendment_bytes(code, key, amendment)
    if by not in stored.agreement.document.interested:
        raise NotAllowed(f"{by!r} has no money in {code!r} and cannot amend it.", agreement=code, party=by)
    require_signatures(session, stored, [by], content, {by: signature})
    body = {
        "agreement": code,
        "amendment": key,
        "by": by,
        "document": amendment.canonical_bytes().decode(),
        "signature": signature.hex(),
    }
    with session.begin_nested():
        event_id, new = record_event(
            session, book, "amendment.proposed", body, key=f"{code}#{key}", clock=clock
        )
        if new:
            _require_amendable(session, stored, amendment, by)
            amendments.keep_amendment(
                session, stored, key, amendment, maker=by, signature=signature, event_id=event_id
            )
    return show_amendment(stored, amendments.find_amendment(session, stored, key))


def _require_amendable(session: Session, stored: StoredAgreement, amendment: Amendment, by: str) -> None:
    """Refuse an amendment of what does not run, that nobody could approve, or that does not fit."""
    agreements.require_state(stored, *AMENDED)
    code = stored.agreement.code
    if not approvers(stored.agreement.document, by):
        raise SamePerson(
            f"Everybody with money in {code!r} is one party: nobody could approve the amendment.",
            agreement=code,
            party=by,
        )
    _require_decided_fit(session, _amended(session, stored, amendment))


def _require_decided_fit(session: Session, amended: StoredAgreement) -> None:
    """Refuse terms under which what was decided has no place: it could never be settled."""
    use = amended.lineage.overlaid
    decided = [
        Decided(claim=one.claim, round=one.round, results=one.results, nothing=one.nothing)
        for one in claims.decisions_in_force(session, amended)
    ]
    gone = sorted(
        {row.metric for one in decided for row in (*one.results, *one.nothing)} - {*use.program.metrics}
    )
    if gone:
        told = f"results of {', '.join(gone)} were decided, and the terms would not know it any more"
        path = f"/metrics/{gone[0]}"
        raise TermError(f"The amendment cannot be made: {told}.", findings=[{"path": path, "message": told}])
    try:
        lay_out(use.program, observed(use.program, decided), in_order=True, overlays=use.overlays)
    except OutsideDomain as error:
        raise OutsideDomain(
            f"The amendment cannot be made with what was decided: {error.message}", **error.figures
        ) from None


def _amended(session: Session, stored: StoredAgreement, amendment: Amendment) -> StoredAgreement:
    """Return the agreement as it would stand with one more amendment, checked whole.

    What was paid and is kept by the payee counts for the new most, up to the old one.
    """
    agreement = stored.agreement
    lineage = stored.lineage.amended(amendment)
    use, document = lineage.overlaid, amended_document(agreement.document, lineage)
    most = _most(session, stored, use)
    funds = {fund.code: fund for fund in stored.funds.values()}
    faults = [
        *amendment_faults(agreement.document, lineage.newest),
        *funding_faults(document, use.program, most, funds, was=stored.funds),
    ]
    faults += [
        {"path": row.path, "message": f"{row.message} {row.fix}"}
        for row in lint.check(lineage.newest)
        if row.severity == "error"
    ]
    if faults:
        shown = "; ".join(row["message"] for row in faults).rstrip(".")
        raise TermError(f"The amendment cannot be made: {shown}.", findings=faults)
    require_duties(document)
    sources = sources_of(agreement.code, document, use.program, most, funds)
    by_payer = {one.payer: funds[one.fund] for one in sources}
    return replace(stored, lineage=lineage, agreement=replace(agreement, sources=sources), funds=by_payer)


def _most(session: Session, stored: StoredAgreement, use: Overlaid) -> dict[tuple[str, str], int]:
    """Bound what each payer can have to pay under old and new terms, and with what was paid before."""
    proven = most_by_payer(use)
    sums = openings.sum_payouts(session, stored.id)
    before = {(one.payer, one.maximum.unit.code): one.maximum.minor for one in stored.agreement.sources}
    return {
        who: max(most, min(most + sums.get(who[0], NOTHING).owed, before.get(who, 0)))
        for who, most in proven.items()
    }


def show_amendment(stored: StoredAgreement, one: StoredAmendment) -> ProposedAmendment:
    """Say how far an amendment has come.

    Parameters
    ----------
    stored : StoredAgreement
        The agreement.
    one : StoredAmendment
        The amendment.
    """
    document = next((terms for terms in stored.lineage.documents if terms.digest() == one.amendment.of), None)
    return ProposedAmendment(
        agreement=stored.agreement.code,
        code=one.code,
        amendment=one.amendment,
        maker=one.maker,
        approved=one.approved,
        missing=tuple(
            name for name in approvers(stored.agreement.document, one.maker) if name not in one.approved
        ),
        ordinal=one.ordinal,
        changes=changes_in_words(document, one.amendment) if document else (),
    )


def approve_amendment(
    session: Session,
    book: str,
    code: str,
    key: str,
    signatures: Mapping[str, bytes],
    *,
    clock: Clock,
    maker: str = "",
) -> ProposedAmendment:
    """Approve an amendment; with the last approval it is covered, takes effect, and is settled.

    Of a suspended agreement it takes effect too; what it changes is settled once the agreement is resumed.

    Parameters
    ----------
    session, book, code, clock
        As for ``propose_amendment``.
    key : str
        Of the amendment; approving it again changes nothing.
    signatures : Mapping of str to bytes
        By name, over ``amendment_bytes(code, key, amendment)``.
    maker : str
        Code of the party in whose name payouts are proposed, where a policy asks for approval.

    Raises
    ------
    SamePerson
        When the party that made it approves it.
    NotSigned, SignatureInvalid
        When a name has no say, or a signature does not fit.
    Underfunded
        When a fund cannot cover what the amendment can cost more; the figures say old and new most, what more
        is needed, and what is free. No approval of this call is kept then.
    TermError
        When another amendment took effect since it was made.
    OutsideDomain
        When what was decided since would be outside its domain.
    UnlawfulTransition, NotApproved, Missing
        When the agreement is neither active nor suspended; when a policy asks for approvals.
    """
    stored = agreements.find_locked(session, book, code)
    one = amendments.find_amendment(session, stored, key)
    names = approvers(stored.agreement.document, one.maker)
    _require_others(stored, one, signatures)
    content = amendment_bytes(code, key, one.amendment)
    require_signatures(session, stored, names, content, signatures)
    fresh = [name for name in sorted(signatures) if name not in one.approved]
    if not fresh:
        return show_amendment(stored, one)
    agreements.require_state(stored, *AMENDED)
    with session.begin_nested():
        _keep_approvals(session, stored, one, {name: signatures[name] for name in fresh}, clock)
        if {*one.approved, *fresh} == set(names):
            _start(session, stored, one, clock, maker)
    stored = agreements.find_agreement(session, book, code)
    return show_amendment(stored, amendments.find_amendment(session, stored, key))


def _require_others(stored: StoredAgreement, one: StoredAmendment, names: Mapping[str, bytes]) -> None:
    document = stored.agreement.document
    made = document.interested.get(one.maker)
    own = [name for name in names if document.signatories.get(name) == made]
    if own:
        raise SamePerson(
            f"{made} made the amendment {one.code!r} and cannot approve it as {', '.join(own)}.",
            agreement=stored.agreement.code,
            party=made or one.maker,
        )


def _keep_approvals(
    session: Session,
    stored: StoredAgreement,
    one: StoredAmendment,
    signatures: Mapping[str, bytes],
    clock: Clock,
) -> None:
    code = stored.agreement.code
    rows = {}
    for name, signature in signatures.items():
        body = {"agreement": code, "amendment": one.code, "party": name, "signature": signature.hex()}
        event_id, _ = record_event(
            session,
            stored.agreement.book,
            "amendment.approved",
            body,
            key=f"{code}#{one.code}#{name}",
            clock=clock,
        )
        rows[name] = (signature, event_id)
    amendments.keep_approvals(session, stored, one, rows)


def _start(session: Session, stored: StoredAgreement, one: StoredAmendment, clock: Clock, maker: str) -> None:
    """Cover what an amendment can cost more, put it in force, and settle what it changes."""
    agreement = stored.agreement
    new = _amended(session, stored, one.amendment)
    _require_decided_fit(session, new)
    step = f"amended#{one.code}"
    agreements.keep_sources(session, stored, _added(stored.agreement.sources, new.agreement.sources))
    cover(session, stored, new, clock=clock, key=step)
    ordinal = len(agreement.amended) + 1
    body = {
        "agreement": agreement.code,
        "amendment": one.code,
        "most": {row.payer: str(row.maximum.minor) for row in new.agreement.sources},
        "ordinal": ordinal,
        "sha256": new.lineage.newest.digest(),
    }
    event_id, _ = record_event(
        session,
        agreement.book,
        "amendment.started",
        body,
        key=f"{agreement.code}#{one.code}",
        clock=clock,
    )
    amendments.keep_start(session, stored, one, ordinal, event_id)
    amended = agreements.find_agreement(session, agreement.book, agreement.code)
    if agreement.state == "active":
        settle_amendment(session, amended, one.id, clock=clock, maker=maker)
    follow_liability(session, agreement.book, agreement.code, clock=clock, key=step)


def _added(old: Sequence[Source], new: Sequence[Source]) -> tuple[Source, ...]:
    """Return sources that only the new terms have: pots that their own fund feeds."""
    known = {one.payer for one in old}
    return tuple(one for one in new if one.payer not in known)


def list_amendments(session: Session, book: str, code: str) -> tuple[ProposedAmendment, ...]:
    """Return all amendments of an agreement, in the order in which they were made.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    book, code : str
        The book, and the agreement.
    """
    stored = agreements.find_agreement(session, book, code)
    return tuple(show_amendment(stored, one) for one in amendments.list_amendments(session, stored))
