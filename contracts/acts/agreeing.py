"""Agreements are drawn up, signed by every party, and closed; signing encumbers the proven maximum."""

from collections.abc import Mapping

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock
from ...finance.errors import FundError, Missing, NotSigned, TermError, Underfunded, UnlawfulTransition
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.money import Money
from ...finance.posting import record_event
from ...finance.records.registry import lock_fund
from ...finance.signatures import require_signature
from ...finance.storage import Session
from ..agreement import Agreement, require_parties
from ..records import agreements
from ..settlement import require_settleable
from ..terms.bounds import prove
from ..terms.compiled import compile_terms
from ..terms.document import TermDocument
from ..verification import require_independent

NO_USE: Mapping[str, str] = {}


def draw_up(
    session: Session,
    fund: PooledFund,
    code: str,
    terms: TermDocument,
    parties: Mapping[str, str],
    *,
    clock: Clock,
) -> Agreement:
    """Propose an agreement: check its terms, prove its maximum, bind its parties. Nothing is promised yet.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Pays on behalf of the payer.
    code : str
        Unique in the book; proposing the same again changes nothing.
    terms : TermDocument
        Payment terms, in the fund's unit.
    parties : Mapping of str to str
        Party of the terms -> code of a registered party.
    clock : Clock
        When it is recorded.

    Raises
    ------
    TermError
        When the terms are ill-typed, unbounded or leave a party unbound; when they pay in another unit than
        the fund's, or in a way that is not settled yet.
    NotIndependent
        When the evaluator has another part in it.
    AlreadyExists, Missing
        When the code is taken by other terms; when a party is not registered. Nothing is written then.
    """
    program = compile_terms(terms)
    require_settleable(program, fund.unit)
    most = prove(program).maximum
    if not most:
        raise TermError("The terms can never pay anything: no result makes a payment due.", maximum="0")
    require_parties(terms, parties)
    require_independent(terms, parties)
    asked = Agreement(
        book=fund.book,
        fund=fund.code,
        code=code,
        terms=terms,
        parties=dict(parties),
        maximum=Money(minor=most, unit=fund.unit),
        state="proposed",
        signed=(),
    )
    return _propose(session, asked, clock)


def _propose(session: Session, asked: Agreement, clock: Clock) -> Agreement:
    """Write a proposal once, with its parties: all of it, or nothing."""
    lock_fund(session, asked.book, asked.fund)
    try:
        known = agreements.find_agreement(session, asked.book, asked.code).agreement
    except Missing:
        known = None
    if known is not None:
        agreements.require_same(known, asked)
        return known
    body = {
        "agreement": asked.code,
        "fund": asked.fund,
        "maximum": asked.maximum.text,
        "parties": dict(asked.parties),
        "terms_sha256": asked.terms.digest(),
    }
    with session.begin_nested():
        event_id, _ = record_event(
            session, asked.book, "agreement.proposed", body, key=asked.code, clock=clock
        )
        agreements.keep_agreement(session, asked, event_id)
    return agreements.find_agreement(session, asked.book, asked.code).agreement


def sign(
    session: Session,
    fund: PooledFund,
    code: str,
    signatures: Mapping[str, bytes],
    *,
    clock: Clock,
    use: Mapping[str, str] = NO_USE,
    out_of: Promise | None = None,
) -> Agreement:
    """Add signatures; with the last one, encumber the maximum liability and make the agreement active.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        As given to ``draw_up``.
    code : str
        The agreement.
    signatures : Mapping of str to bytes
        Party of the terms -> Ed25519 signature over ``Agreement.signing_bytes()``.
    clock : Clock
        When it is recorded.
    use : Mapping of str to str
        What it is for; decides which earmarks the fund may draw on.
    out_of : Promise or None
        A commitment that becomes this agreement's encumbrance, as when an award gets its terms.

    Raises
    ------
    SignatureInvalid
        When a signature does not fit the bytes and the party's registered key.
    NotSigned
        When a party is not in the terms or has no registered key.
    Underfunded
        When the fund cannot cover the maximum; no signature of this call is kept then.
    UnlawfulTransition, Missing
        When the agreement is closed; when this fund has no such agreement.
    """
    stored = agreements.find_in_fund(session, fund, code, locked=True)
    agreement = stored.agreement
    if agreement.state == "closed":
        raise UnlawfulTransition(f"The agreement {code!r} is closed and cannot be signed.", state="closed")
    keys = agreements.public_keys(session, agreement)
    content = agreement.signing_bytes()
    with session.begin_nested():
        for name, signature in signatures.items():
            key = keys.get(name)
            if key is None:
                raise NotSigned(
                    f"{name!r} cannot sign {code!r}: it is no party of the terms, or has no registered key.",
                    party=name,
                )
            require_signature(key, content, signature, agreement.parties[name])
            if name in agreement.signed:
                continue
            body = {"agreement": code, "party": name, "signature": signature.hex()}
            event_key = f"{code}#{name}"
            event_id, _ = record_event(
                session, fund.book, "agreement.signed", body, key=event_key, clock=clock
            )
            agreements.keep_signature(session, stored.id, name, signature, event_id)
        signed = set(agreement.signed) | set(signatures)
        if agreement.state == "proposed" and signed == set(agreement.terms.parties):
            _start(session, fund, stored.id, agreement, use, out_of, clock)
    return agreements.find_agreement(session, fund.book, code).agreement


def _start(
    session: Session,
    fund: PooledFund,
    agreement_id: int,
    agreement: Agreement,
    use: Mapping[str, str],
    out_of: Promise | None,
    clock: Clock,
) -> None:
    promise = Promise("agreement", agreement.code)
    key = f"encumber#{agreement.code}"
    details = Details(note=f"maximum liability of agreement {agreement.code}")
    most = agreement.maximum
    try:
        if out_of is None:
            posted = money.reserve(
                session, fund, promise, most, key=key, clock=clock, use=use, details=details
            )
        else:
            posted = money.reassign(
                session, fund, out_of, promise, most, key=key, clock=clock, use=use, details=details
            )
    except FundError as error:
        raise Underfunded(
            f"The agreement {agreement.code!r} may cost {agreement.maximum}: not signed. {error.message}",
            agreement=agreement.code,
            maximum=agreement.maximum.text,
            **{name: figure for name, figure in error.figures.items() if name != "agreement"},
        ) from error
    agreements.keep_start(session, agreement_id, posted.id)


def close(session: Session, fund: PooledFund, code: str, *, clock: Clock) -> Money:
    """End an active agreement and free what it no longer can cost.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        As given to ``draw_up``.
    code : str
        The agreement; closing it again changes nothing.
    clock : Clock
        When it is recorded.

    Returns
    -------
    Money
        What was released.

    Raises
    ------
    UnlawfulTransition, Missing
        When the agreement was never active; when this fund has no such agreement.
    """
    stored = agreements.find_in_fund(session, fund, code, locked=True)
    if stored.agreement.state == "proposed":
        raise UnlawfulTransition(
            f"The agreement {code!r} is not active: it lacks signatures. Sign it, or leave it.",
            state="proposed",
        )
    released = money.release(session, fund, Promise("agreement", code), key=f"release#{code}", clock=clock)
    if stored.agreement.state == "active":
        body = {"agreement": code, "released": released.text}
        event_id, _ = record_event(session, fund.book, "agreement.closed", body, key=code, clock=clock)
        agreements.keep_close(session, stored.id, event_id)
    return released
