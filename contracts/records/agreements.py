"""Rows of agreements: drafts, moves, duties, parties, sources, signatures, and amendments in force."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, bindparam, func, insert, literal, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...finance.errors import AlreadyExists, Busy, Missing, NotSigned, UnlawfulTransition
from ...finance.funds import PooledFund
from ...finance.money import Money
from ...finance.records.registry import (
    find_book_id,
    find_fund,
    find_fund_id,
    find_party,
    find_party_id,
    find_unit,
    insert_once,
    lock_funds,
)
from ...finance.records.tables import EVENT, FUND
from ..agreement import RESOLVER, Agreement, AgreementDocument, AgreementState, Source
from ..terms.amendment import Amendment, Lineage
from .tables import (
    AGREEMENT,
    AGREEMENT_DRAFT,
    AGREEMENT_DUTY,
    AGREEMENT_MOVE,
    AGREEMENT_PARTY,
    AGREEMENT_SIGNATURE,
    AGREEMENT_SOURCE,
    AMENDMENT,
    AMENDMENT_START,
)

KNOWN_TERMS = 64
NEXT_STEP = {
    "draft": "Propose it, and let every party sign.",
    "withdrawn": "Draw up another.",
    "active": "It can be suspended, measured or terminated.",
    "suspended": "Resume it first, or terminate it.",
    "measured": "Settle what is open, and close it.",
    "terminated": "Settle what is open, and close it.",
    "closed": "Draw up another.",
}
# Built once: every act asks them.
_DRAFT = (
    select(AGREEMENT.c.id, AGREEMENT_DRAFT.c.version, AGREEMENT_DRAFT.c.body)
    .join(AGREEMENT_DRAFT, AGREEMENT_DRAFT.c.agreement_id == AGREEMENT.c.id)
    .where(AGREEMENT.c.book_id == bindparam("book"), AGREEMENT.c.code == bindparam("code"))
    .order_by(AGREEMENT_DRAFT.c.version.desc())
    .limit(1)
)
_MOVES = (
    select(AGREEMENT_MOVE.c.no, AGREEMENT_MOVE.c.state)
    .where(AGREEMENT_MOVE.c.agreement_id == bindparam("agreement"))
    .order_by(AGREEMENT_MOVE.c.no.desc())
    .limit(1)
)
_AMENDMENTS = (
    select(AMENDMENT.c.code, AMENDMENT.c.body, EVENT.c.body.label("told"))
    .join(AMENDMENT_START, AMENDMENT_START.c.amendment_id == AMENDMENT.c.id)
    .join(EVENT, EVENT.c.id == AMENDMENT_START.c.event_id)
    .where(AMENDMENT_START.c.agreement_id == bindparam("agreement"))
    .order_by(AMENDMENT_START.c.ordinal)
)
_SIGNED = (
    select(AGREEMENT_SIGNATURE.c.term_party)
    .where(AGREEMENT_SIGNATURE.c.agreement_id == bindparam("agreement"))
    .order_by(AGREEMENT_SIGNATURE.c.term_party)
)
_SOURCES = (
    select(AGREEMENT_SOURCE, FUND.c.code)
    .join(FUND, FUND.c.id == AGREEMENT_SOURCE.c.fund_id)
    .where(AGREEMENT_SOURCE.c.agreement_id == bindparam("agreement"))
    .order_by(AGREEMENT_SOURCE.c.payer)
)

_FUNDS = (
    select(FUND.c.code)
    .join(AGREEMENT_SOURCE, AGREEMENT_SOURCE.c.fund_id == FUND.c.id)
    .join(AGREEMENT, AGREEMENT.c.id == AGREEMENT_SOURCE.c.agreement_id)
    .where(AGREEMENT.c.book_id == bindparam("book"), AGREEMENT.c.code == bindparam("code"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAgreement:
    """An agreement with its row numbers, its terms with all amendments in force, and its funds.

    Attributes
    ----------
    id, book_id : int [row number]
        Rows.
    agreement : Agreement
        As it stands.
    lineage : Lineage
        Terms as first signed, and the amendments in force.
    funds : dict of str to PooledFund
        By payer; pots among them.
    move : int [place]
        Of its last move; 1 is the draft.
    version : int [drafts]
        Of the document; 1 is the first draft.
    """

    id: int
    book_id: int
    agreement: Agreement
    lineage: Lineage
    funds: Mapping[str, PooledFund] = field(default_factory=dict)
    move: int
    version: int

    @property
    def kept(self) -> dict[str, str]:
        """Payers and pots whose money a fund of the book keeps -> code of its unit."""
        return {payer: fund.unit.code for payer, fund in self.funds.items()}


def find_agreement(session: Session, book: str, code: str) -> StoredAgreement:
    """Return an agreement as it stands.

    Raises
    ------
    Missing
        When there is none of this code.
    """
    book_id = find_book_id(session, book)
    found = session.execute(_DRAFT, {"book": book_id, "code": code}).first()
    if found is None:
        raise Missing(f"There is no agreement {code!r} in this book.", what="agreement", code=code)
    of_it = {"agreement": found.id}
    last = session.execute(_MOVES, of_it).first()
    if last is None:
        raise Missing(f"The agreement {code!r} has no state.", what="agreement_move", code=code)
    amendments = session.execute(_AMENDMENTS, of_it).all()
    document, lineage = _read_terms(found.body, tuple(row.body for row in amendments))
    sources = _sources(session, found.id, json.loads(amendments[-1].told)["most"] if amendments else {})
    agreement = Agreement(
        book=book,
        code=code,
        document=document,
        state=last.state,
        sources=sources,
        signed=tuple(session.scalars(_SIGNED, of_it)),
        amended=tuple(row.code for row in amendments),
    )
    return StoredAgreement(
        id=found.id,
        book_id=book_id,
        agreement=agreement,
        lineage=lineage,
        funds={one.payer: find_fund(session, book, one.fund) for one in sources},
        move=last.no,
        version=found.version,
    )


@lru_cache(maxsize=KNOWN_TERMS)
def _read_terms(body: bytes, amendments: tuple[bytes, ...]) -> tuple[AgreementDocument, Lineage]:
    """Read terms and the amendments in force, oldest first; the same bytes are read and compiled once."""
    document = AgreementDocument.read(body)
    return document, Lineage(document.terms, tuple(map(Amendment.read, amendments)))


def _sources(session: Session, agreement_id: int, raised: Mapping[str, str]) -> tuple[Source, ...]:
    """Return what each payer may have to pay at most, as signed or as the newest amendment says."""
    return tuple(
        Source(
            payer=row.payer,
            fund=row.code,
            promise=row.promise,
            maximum=Money(
                minor=int(raised.get(row.payer, row.maximum)),
                unit=find_unit(session, row.unit),
            ),
        )
        for row in session.execute(_SOURCES, {"agreement": agreement_id})
    )


def list_agreements(session: Session, book: str) -> tuple[str, ...]:
    """Return the codes of all agreements of a book, in the order they were drafted."""
    book_id = find_book_id(session, book)
    query = select(AGREEMENT.c.code).where(AGREEMENT.c.book_id == book_id)
    return tuple(session.scalars(query.order_by(AGREEMENT.c.id)))


def list_naming(session: Session, book: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of agreements whose drafts or amendments have a name that begins so, in any place.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    names : iterable of str
        Beginnings of codes; an agreement without them says nothing about them, one with them may.
    """
    sought = [literal(json.dumps(name)[:-1].encode(), LargeBinary) for name in names]

    def has(body: ColumnElement[bytes]) -> ColumnElement[bool]:
        if session.get_bind().dialect.name == "postgresql":
            return or_(*(func.position(one.op("IN")(body)) > 0 for one in sought))
        return or_(*(func.instr(body, one) > 0 for one in sought))

    if not sought:
        return ()
    drafted, amended = (
        select(rows.c.agreement_id).where(has(rows.c.body)) for rows in (AGREEMENT_DRAFT, AMENDMENT)
    )
    query = select(AGREEMENT.c.code).where(
        AGREEMENT.c.book_id == find_book_id(session, book),
        or_(AGREEMENT.c.id.in_(drafted), AGREEMENT.c.id.in_(amended)),
    )
    return tuple(session.scalars(query.order_by(AGREEMENT.c.id)))


def list_states(session: Session, book: str) -> dict[str, AgreementState]:
    """Return the state of every agreement of a book, by code."""
    moves = AGREEMENT_MOVE.alias()
    last_move = select(func.max(moves.c.no)).where(moves.c.agreement_id == AGREEMENT.c.id).scalar_subquery()
    query = (
        select(AGREEMENT.c.code, AGREEMENT_MOVE.c.state)
        .join(AGREEMENT_MOVE, AGREEMENT_MOVE.c.agreement_id == AGREEMENT.c.id)
        .where(AGREEMENT.c.book_id == find_book_id(session, book), AGREEMENT_MOVE.c.no == last_move)
        .order_by(AGREEMENT.c.code)
    )
    return {row.code: row.state for row in session.execute(query)}


def list_titles(session: Session, book: str, codes: Collection[str]) -> dict[str, str]:
    """Return the titles of some agreements of a book as last drafted, by code."""
    drafts = AGREEMENT_DRAFT.alias()
    last_draft = (
        select(func.max(drafts.c.version)).where(drafts.c.agreement_id == AGREEMENT.c.id).scalar_subquery()
    )
    query = (
        select(AGREEMENT.c.code, AGREEMENT_DRAFT.c.body)
        .join(AGREEMENT_DRAFT, AGREEMENT_DRAFT.c.agreement_id == AGREEMENT.c.id)
        .where(AGREEMENT.c.book_id == find_book_id(session, book), AGREEMENT.c.code.in_(sorted(codes)))
        .where(AGREEMENT_DRAFT.c.version == last_draft)
    )
    return {row.code: json.loads(row.body)["terms"]["title"] for row in session.execute(query)}


def require_state(stored: StoredAgreement, *states: str) -> None:
    """Refuse what an agreement's state does not allow.

    Raises
    ------
    NotSigned
        When signatures are missing.
    UnlawfulTransition
        When it stands anywhere else.
    """
    agreement = stored.agreement
    if agreement.state in states:
        return
    if agreement.state == "proposed":
        missing = list(agreement.missing)
        raise NotSigned(
            f"The agreement {agreement.code!r} is not active: {', '.join(missing)} did not sign. "
            "Let them sign.",
            agreement=agreement.code,
            missing=missing,
        )
    raise UnlawfulTransition(
        f"The agreement {agreement.code!r} is {agreement.state}; this needs it to be {' or '.join(states)}. "
        f"{NEXT_STEP[agreement.state]}",
        agreement=agreement.code,
        state=agreement.state,
        needed=list(states),
    )


def was(session: Session, stored: StoredAgreement, state: AgreementState) -> bool:
    """Tell whether an agreement is, or once was, in a state."""
    moves = select(AGREEMENT_MOVE.c.no).where(
        AGREEMENT_MOVE.c.agreement_id == stored.id, AGREEMENT_MOVE.c.state == state
    )
    return session.execute(moves).first() is not None


def lock_code(session: Session, book_id: int, code: str, funds: Iterable[str]) -> None:
    """Lock funds, in their order, and then the agreement of a code, if there is one."""
    lock_funds(session, book_id, funds)
    query = select(AGREEMENT.c.id).where(AGREEMENT.c.book_id == book_id, AGREEMENT.c.code == code)
    session.execute(query.with_for_update(key_share=True))


def find_locked(session: Session, book: str, code: str) -> StoredAgreement:
    """Return an agreement; nobody else decides on it and its funds until this session ends."""
    book_id = find_book_id(session, book)
    lock_code(session, book_id, code, session.scalars(_FUNDS, {"book": book_id, "code": code}))
    return find_agreement(session, book, code)


def public_keys(session: Session, agreement: Agreement) -> Mapping[str, bytes | None]:
    """Return the registered public key of everybody who signs, by name."""
    book_id = find_book_id(session, agreement.book)
    signatories = agreement.document.signatories
    return {name: find_party(session, book_id, code).public_key for name, code in signatories.items()}


def keep_draft(
    session: Session, book: str, code: str, document: AgreementDocument, version: int, event_id: UUID
) -> None:
    """Write a version of a draft; with the first, the agreement itself."""
    book_id = find_book_id(session, book)
    if version == 1:
        insert_once(session, AGREEMENT, book_id=book_id, code=code, event_id=event_id)
    query = select(AGREEMENT.c.id).where(AGREEMENT.c.book_id == book_id, AGREEMENT.c.code == code)
    agreement_id = session.scalars(query).one()
    body = document.canonical_bytes()
    session.execute(
        insert(AGREEMENT_DRAFT).values(
            agreement_id=agreement_id,
            version=version,
            body=body,
            sha256=hashlib.sha256(body).digest(),
            terms_sha256=bytes.fromhex(document.terms.digest()),
            event_id=event_id,
        )
    )
    if version == 1:
        session.execute(
            insert(AGREEMENT_MOVE).values(agreement_id=agreement_id, no=1, state="draft", event_id=event_id)
        )


def move(session: Session, stored: StoredAgreement, state: AgreementState, event_id: UUID) -> None:
    """Move an agreement on; the database refuses a move that its state does not allow, and a second one.

    Raises
    ------
    Busy
        When another session moved it at the same moment.
    """
    try:
        session.execute(
            insert(AGREEMENT_MOVE).values(
                agreement_id=stored.id,
                no=stored.move + 1,
                state=state,
                from_no=stored.move,
                from_state=stored.agreement.state,
                event_id=event_id,
            )
        )
    except IntegrityError as fault:
        code = stored.agreement.code
        raise Busy(f"The agreement {code!r} was moved at the same moment. Look, and try again.") from fault


def keep_parties(session: Session, stored: StoredAgreement) -> None:
    """Write who has which duty: verifier, resolver, or interested."""
    document = stored.agreement.document
    roles = {name: party.role for name, party in document.terms.parties.items()}
    roles |= dict.fromkeys(document.verifiers, "evaluator")
    roles |= {RESOLVER: RESOLVER} if document.resolver else {}
    verifying = document.verifying
    rows = []
    for name, code in document.signatories.items():
        duty = RESOLVER if name == RESOLVER else "verifier" if name in verifying else "interested"
        rows.append((name, roles[name], find_party_id(session, stored.book_id, code), duty))
    duties = {(party, duty) for _, _, party, duty in rows}
    session.execute(
        insert(AGREEMENT_DUTY),
        [{"agreement_id": stored.id, "party_id": party, "duty": duty} for party, duty in sorted(duties)],
    )
    session.execute(
        insert(AGREEMENT_PARTY),
        [
            {"agreement_id": stored.id, "term_party": name, "role": role, "party_id": party, "duty": duty}
            for name, role, party, duty in rows
        ],
    )


def keep_sources(session: Session, stored: StoredAgreement, sources: Iterable[Source]) -> None:
    """Write out of which fund each payer pays, and what it may have to pay at most."""
    for one in sources:
        session.execute(
            insert(AGREEMENT_SOURCE).values(
                agreement_id=stored.id,
                book_id=stored.book_id,
                payer=one.payer,
                unit=one.maximum.unit.code,
                fund_id=find_fund_id(session, stored.book_id, one.fund),
                promise=one.promise,
                maximum=one.maximum.minor,
            )
        )


def keep_signature(session: Session, agreement_id: int, name: str, signature: bytes, event_id: UUID) -> None:
    """Write one party's signature."""
    session.execute(
        insert(AGREEMENT_SIGNATURE).values(
            agreement_id=agreement_id, term_party=name, signature=signature, event_id=event_id
        )
    )


def require_same(stored: StoredAgreement, document: AgreementDocument) -> None:
    """Refuse other content under a code that is proposed, signed or withdrawn already."""
    agreement = stored.agreement
    if agreement.document.canonical_bytes() != document.canonical_bytes():
        raise AlreadyExists(
            f"The agreement {agreement.code!r} is {agreement.state} with other content. Choose another code.",
            what="agreement",
            code=agreement.code,
            state=agreement.state,
        )
