"""Agreements are drafted, proposed and signed; the last signature sets aside what they may cost at most.

The problem: parties sign a text whose cost nobody has proven, or whose money is promised elsewhere. A draft
is checked and bounded before anybody sees it; a proposal fixes every byte; signing covers the proven most of
every payer in its fund, or does not happen.
"""

from collections.abc import Mapping

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock, as_utc
from ...finance.errors import FundError, Missing, NotSigned, TermError, Underfunded
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.posting import record_event
from ...finance.records import registry
from ...finance.signatures import require_signature
from ...finance.storage import Session
from ..agreement import Agreement, AgreementDocument, Source
from ..funding import funding_faults, sources_of
from ..independence import require_duties
from ..measurement.definitions import require_fit
from ..records import agreements
from ..records.agreements import StoredAgreement
from ..records.definitions import definitions_of
from ..terms import lint
from ..terms.bounds import prove
from ..terms.compiled import compile_terms
from .vetting import require_untied


def draft(session: Session, book: str, code: str, document: AgreementDocument, *, clock: Clock) -> Agreement:
    """Draft an agreement: check its terms, prove its bound, find its parties and funds. It binds nobody.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    code : str
        Unique in the book; drafting the same again changes nothing, other content is the next version.
    document : AgreementDocument
        What parties are to sign.
    clock : Clock
        When it is recorded.

    Raises
    ------
    TermError
        When the terms are ill-typed, unbounded, can never pay, or have faults that lint calls errors; when a
        funded payer never pays, or in another unit than its fund.
    NotIndependent
        When somebody has two duties, or verifies and is paid by what is found.
    TermError
        When the code is empty, or has ``:`` or ``#`` in it.
    AlreadyExists, Missing
        When the code is proposed with other content; when a party or fund is not there. Nothing is written
        then.
    """
    _require_plain(code)
    book_id = registry.find_book_id(session, book)
    agreements.lock_code(session, book_id, code, (row.fund for row in document.funding))
    known = _known(session, book, code)
    if known is not None and (
        known.agreement.state != "draft" or known.agreement.document.digest() == document.digest()
    ):
        agreements.require_same(known, document)
        return known.agreement
    _sources(session, book, code, document)
    version = known.version + 1 if known else 1
    body = {
        "agreement": code,
        "document": document.canonical_bytes().decode(),
        "sha256": document.digest(),
        "version": version,
    }
    with session.begin_nested():
        key = f"{code}#{version}"
        event_id, new = record_event(session, book, "agreement.drafted", body, key=key, clock=clock)
        if new:
            agreements.keep_draft(session, book, code, document, version, event_id)
    return agreements.find_agreement(session, book, code).agreement


def _require_plain(code: str) -> None:
    """Refuse a code that could make the name of one agreement's money the name of another's."""
    if not code.strip() or set(code) & set(":#"):
        raise TermError(
            f"{code!r} cannot be the code of an agreement: ':' and '#' join names. Choose another.", code=code
        )


def _known(session: Session, book: str, code: str) -> StoredAgreement | None:
    try:
        return agreements.find_agreement(session, book, code)
    except Missing:
        return None


def _sources(session: Session, book: str, code: str, document: AgreementDocument) -> tuple[Source, ...]:
    """Check a document whole, and say what each payer may have to pay at most."""
    program = compile_terms(document.terms)
    proof = prove(program)
    if not any(proof.maxima.values()):
        raise TermError("The terms can never pay anything: no result makes a payment due.", maximum="0")
    faults = [row for row in lint.check(document.terms) if row.severity == "error"]
    if faults:
        shown = "; ".join(row.message for row in faults).rstrip(".")
        raise TermError(
            f"The terms have faults that nobody should sign: {shown}.",
            findings=[{"path": row.path, "message": f"{row.message} {row.fix}"} for row in faults],
        )
    book_id = registry.find_book_id(session, book)
    for party in document.signatories.values():
        registry.find_party_id(session, book_id, party)
    require_fit(document, definitions_of(session, book, document))
    require_duties(document)
    funds = {row.fund: registry.find_fund(session, book, row.fund) for row in document.funding}
    found = funding_faults(document, program, proof.payers, funds)
    if found:
        shown = "; ".join(row["message"] for row in found)
        raise TermError(f"The money does not fit the terms: {shown}.", findings=found)
    return sources_of(code, document, program, proof.payers, funds)


def propose(session: Session, book: str, code: str, *, clock: Clock) -> Agreement:
    """Fix a draft: from now on it is signed as it is, or withdrawn. Nothing is promised yet.

    Parameters
    ----------
    session, book, clock
        As for ``draft``.
    code : str
        The agreement; proposing it again changes nothing.

    Raises
    ------
    NotIndependent
        When a verifier or the resolver is tied to the money in it; the message says by what.
    UnlawfulTransition
        When it was withdrawn.
    TermError, Missing
        As for ``draft``. Nothing is written then.
    """
    stored = _find_locked(session, book, code)
    agreement = stored.agreement
    if agreement.state not in {"draft", "withdrawn"}:
        return agreement
    agreements.require_state(stored, "draft")
    document = agreement.document
    sources = _sources(session, book, code, document)
    body = {
        "agreement": code,
        "most": {one.payer: str(one.maximum.minor) for one in sources},
        "sha256": document.digest(),
        "version": stored.version,
    }
    judging = dict.fromkeys([*document.verifying.values(), *filter(None, [document.resolver])])
    for party in judging:
        require_untied(session, book, stored, party, as_utc(clock()).date())
    with session.begin_nested():
        event_id, _ = record_event(session, book, "agreement.proposed", body, key=code, clock=clock)
        agreements.keep_parties(session, stored)
        agreements.keep_sources(session, stored, sources)
        agreements.move(session, stored, "proposed", event_id)
    return agreements.find_agreement(session, book, code).agreement


def _find_locked(session: Session, book: str, code: str) -> StoredAgreement:
    """Return an agreement, with the funds that its document names locked; a draft has no sources yet."""
    stored = agreements.find_agreement(session, book, code)
    funds = (row.fund for row in stored.agreement.document.funding)
    agreements.lock_code(session, stored.book_id, code, funds)
    return agreements.find_agreement(session, book, code)


def draw_up(
    session: Session, book: str, code: str, document: AgreementDocument, *, clock: Clock
) -> Agreement:
    """Draft and propose in one.

    Parameters
    ----------
    session, book, code, document, clock
        As for ``draft``; drawing up the same again changes nothing.

    Raises
    ------
    TermError, AlreadyExists, Missing, UnlawfulTransition
        As for ``draft`` and ``propose``. Nothing is written then.
    """
    with session.begin_nested():
        draft(session, book, code, document, clock=clock)
        return propose(session, book, code, clock=clock)


def withdraw(session: Session, book: str, code: str, *, clock: Clock) -> Agreement:
    """Take back an agreement that not everybody has signed. Its code stays taken.

    Parameters
    ----------
    session, book, clock
        As for ``draft``.
    code : str
        The agreement; withdrawing it again changes nothing.

    Raises
    ------
    UnlawfulTransition, Missing
        When it is signed by all; when there is none.
    """
    stored = _find_locked(session, book, code)
    if stored.agreement.state == "withdrawn":
        return stored.agreement
    agreements.require_state(stored, "draft", "proposed")
    with session.begin_nested():
        body = {"agreement": code, "from": stored.agreement.state}
        event_id, _ = record_event(session, book, "agreement.withdrawn", body, key=code, clock=clock)
        agreements.move(session, stored, "withdrawn", event_id)
    return agreements.find_agreement(session, book, code).agreement


def sign(
    session: Session,
    book: str,
    code: str,
    signatures: Mapping[str, bytes],
    *,
    clock: Clock,
    out_of: Promise | None = None,
) -> Agreement:
    """Add signatures; with the last one, set aside the most of every payer and make the agreement active.

    Parameters
    ----------
    session, book, clock
        As for ``draft``.
    code : str
        The agreement.
    signatures : Mapping of str to bytes
        Name in the agreement -> Ed25519 signature over ``Agreement.signing_bytes()``.
    out_of : Promise or None
        A commitment of the same fund that becomes this agreement's money, as when an award gets its terms.

    Raises
    ------
    SignatureInvalid
        When a signature does not fit the bytes and the party's registered key.
    NotSigned
        When a name does not sign here, or has no registered key.
    Underfunded
        When a fund cannot cover a payer's most; no signature of this call is kept then.
    UnlawfulTransition, NotApproved, Missing
        When it is no longer, or not yet, to be signed; when a policy asks for approvals; when there is none.
    """
    stored = agreements.find_locked(session, book, code)
    over = stored.agreement.state in {"draft", "withdrawn", "terminated", "closed"}
    if over and not set(signatures) <= set(stored.agreement.signed):
        agreements.require_state(stored, "proposed")
    keys = agreements.public_keys(session, stored.agreement)
    with session.begin_nested():
        for name, signature in signatures.items():
            _add_signature(session, stored, name, signature, keys.get(name), clock)
        signed = agreements.find_agreement(session, book, code)
        if signed.agreement.state == "proposed" and not signed.agreement.missing:
            _start(session, signed, out_of, clock)
    return agreements.find_agreement(session, book, code).agreement


def _add_signature(
    session: Session, stored: StoredAgreement, name: str, signature: bytes, key: bytes | None, clock: Clock
) -> None:
    """Check one signature and keep it, once."""
    agreement = stored.agreement
    if key is None:
        raise NotSigned(
            f"{name!r} cannot sign {agreement.code!r}: it is no party of the agreement, or has no registered "
            "key.",
            agreement=agreement.code,
            party=name,
        )
    require_signature(key, agreement.signing_bytes(), signature, agreement.party_of(name))
    if name in agreement.signed:
        return
    body = {"agreement": agreement.code, "party": name, "signature": signature.hex()}
    event_key = f"{agreement.code}#{name}"
    event_id, _ = record_event(session, agreement.book, "agreement.signed", body, key=event_key, clock=clock)
    agreements.keep_signature(session, stored.id, name, signature, event_id)


def _start(session: Session, stored: StoredAgreement, out_of: Promise | None, clock: Clock) -> None:
    """Set aside what each payer may have to pay, and make the agreement active."""
    agreement = stored.agreement
    for source in agreement.sources:
        if source.maximum:
            _encumber(session, agreement, source, stored.funds[source.payer], out_of, clock)
    body: dict[str, object] = {
        "agreement": agreement.code,
        "most": {one.payer: str(one.maximum.minor) for one in agreement.sources},
    }
    if out_of is not None:
        body["out_of"] = str(out_of)
    event_id, _ = record_event(
        session, agreement.book, "agreement.activated", body, key=agreement.code, clock=clock
    )
    agreements.move(session, stored, "active", event_id)


def _encumber(
    session: Session,
    agreement: Agreement,
    source: Source,
    fund: PooledFund,
    out_of: Promise | None,
    clock: Clock,
) -> None:
    promise = Promise("agreement", source.promise)
    key = f"encumber#{source.promise}"
    details = Details(note=f"maximum liability of {source.payer} under agreement {agreement.code}")
    use = next((row.use for row in agreement.document.funding if row.payer == source.payer), {})
    try:
        if out_of is None:
            money.reserve(
                session, fund, promise, source.maximum, key=key, clock=clock, use=use, details=details
            )
        else:
            money.reassign(
                session, fund, out_of, promise, source.maximum, key=key, clock=clock, use=use, details=details
            )
    except FundError as error:
        raise Underfunded(
            f"The agreement {agreement.code!r} may cost {source.payer} {source.maximum}: not signed. "
            f"{error.message}",
            agreement=agreement.code,
            payer=source.payer,
            maximum=source.maximum.text,
            **{name: figure for name, figure in error.figures.items() if name != "agreement"},
        ) from error
