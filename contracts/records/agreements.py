"""Rows of agreements: terms, parties, signatures, start and close."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ...finance.errors import AlreadyExists, Missing
from ...finance.funds import PooledFund
from ...finance.money import Money
from ...finance.records.registry import (
    find_book_id,
    find_fund_id,
    find_party,
    find_party_id,
    find_unit,
    lock_fund,
)
from ...finance.records.tables import FUND, PARTY
from ..agreement import EVALUATOR, Agreement, AgreementState
from ..terms.document import TermDocument
from .tables import (
    AGREEMENT,
    AGREEMENT_CLOSE,
    AGREEMENT_DUTY,
    AGREEMENT_PARTY,
    AGREEMENT_SIGNATURE,
    AGREEMENT_START,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAgreement:
    """An agreement with its row number."""

    id: int
    agreement: Agreement


def keep_agreement(session: Session, agreement: Agreement, event_id: UUID) -> None:
    """Write a proposed agreement with its parties; each party gets exactly one duty in it."""
    book_id = find_book_id(session, agreement.book)
    body = agreement.terms.canonical_bytes()
    session.execute(
        insert(AGREEMENT).values(
            book_id=book_id,
            fund_id=find_fund_id(session, book_id, agreement.fund),
            code=agreement.code,
            terms=body,
            terms_sha256=hashlib.sha256(body).digest(),
            unit=agreement.maximum.unit.code,
            maximum=agreement.maximum.minor,
            event_id=event_id,
        )
    )
    agreement_id = session.scalar(
        select(AGREEMENT.c.id).where(AGREEMENT.c.book_id == book_id, AGREEMENT.c.code == agreement.code)
    )
    roles = {name: party.role for name, party in agreement.terms.parties.items()}
    duties = {
        agreement.parties[name]: "verifier" if role == EVALUATOR else "interested"
        for name, role in roles.items()
    }
    ids = {code: find_party_id(session, book_id, code) for code in duties}
    session.execute(
        insert(AGREEMENT_DUTY),
        [
            {"agreement_id": agreement_id, "party_id": ids[code], "duty": duty}
            for code, duty in duties.items()
        ],
    )
    session.execute(
        insert(AGREEMENT_PARTY),
        [
            {
                "agreement_id": agreement_id,
                "term_party": name,
                "role": role,
                "party_id": ids[agreement.parties[name]],
                "duty": duties[agreement.parties[name]],
            }
            for name, role in roles.items()
        ],
    )


def find_agreement(session: Session, book: str, code: str) -> StoredAgreement:
    """Return an agreement as it stands."""
    book_id = find_book_id(session, book)
    row = session.execute(
        select(AGREEMENT, FUND.c.code.label("fund"))
        .join(FUND, FUND.c.id == AGREEMENT.c.fund_id)
        .where(AGREEMENT.c.book_id == book_id, AGREEMENT.c.code == code)
    ).one_or_none()
    if row is None:
        raise Missing(f"There is no agreement {code!r} in this book.", what="agreement", code=code)
    bindings = session.execute(
        select(AGREEMENT_PARTY.c.term_party, PARTY.c.code)
        .join(PARTY, PARTY.c.id == AGREEMENT_PARTY.c.party_id)
        .where(AGREEMENT_PARTY.c.agreement_id == row.id)
    )
    signed = session.scalars(
        select(AGREEMENT_SIGNATURE.c.term_party)
        .where(AGREEMENT_SIGNATURE.c.agreement_id == row.id)
        .order_by(AGREEMENT_SIGNATURE.c.term_party)
    )
    agreement = Agreement(
        book=book,
        fund=row.fund,
        code=code,
        terms=TermDocument.read(row.terms),
        parties={one.term_party: one.code for one in bindings},
        maximum=Money(minor=row.maximum, unit=find_unit(session, row.unit)),
        state=_state(session, row.id),
        signed=tuple(signed),
    )
    return StoredAgreement(id=row.id, agreement=agreement)


def find_in_fund(session: Session, fund: PooledFund, code: str, *, locked: bool) -> StoredAgreement:
    """Return an agreement of this fund; locked, nobody else decides on it until this session ends.

    Raises
    ------
    Missing
        When there is none of this code, or when it belongs to another fund.
    """
    if locked:
        lock_fund(session, fund.book, fund.code)
    stored = find_agreement(session, fund.book, code)
    if stored.agreement.fund != fund.code:
        raise Missing(
            f"The agreement {code!r} belongs to the fund {stored.agreement.fund}, not to {fund.code}.",
            what="agreement",
            code=code,
            fund=stored.agreement.fund,
        )
    return stored


def _state(session: Session, agreement_id: int) -> AgreementState:
    for table, state in ((AGREEMENT_CLOSE, "closed"), (AGREEMENT_START, "active")):
        if (
            session.scalar(select(table.c.agreement_id).where(table.c.agreement_id == agreement_id))
            is not None
        ):
            return "closed" if state == "closed" else "active"
    return "proposed"


def list_agreements(session: Session, book: str) -> tuple[str, ...]:
    """Return the codes of all agreements of a book, in the order they were drawn up."""
    book_id = find_book_id(session, book)
    return tuple(
        session.scalars(
            select(AGREEMENT.c.code).where(AGREEMENT.c.book_id == book_id).order_by(AGREEMENT.c.id)
        )
    )


def require_same(stored: Agreement, asked: Agreement) -> None:
    """Refuse a second agreement under a code that belongs to other terms, parties or fund."""
    if stored.signing_bytes() != asked.signing_bytes() or stored.fund != asked.fund:
        raise AlreadyExists(
            f"The agreement {asked.code!r} exists with other terms, parties or fund. Choose another code.",
            what="agreement",
            code=asked.code,
        )


def public_keys(session: Session, agreement: Agreement) -> Mapping[str, bytes | None]:
    """Return the registered public key of each party of the terms."""
    book_id = find_book_id(session, agreement.book)
    return {name: find_party(session, book_id, code).public_key for name, code in agreement.parties.items()}


def keep_signature(session: Session, agreement_id: int, name: str, signature: bytes, event_id: UUID) -> None:
    """Write one party's signature."""
    session.execute(
        insert(AGREEMENT_SIGNATURE).values(
            agreement_id=agreement_id, term_party=name, signature=signature, event_id=event_id
        )
    )


def keep_start(session: Session, agreement_id: int, txn_id: UUID) -> None:
    """Write that an agreement is active, with the transaction that encumbered its maximum."""
    session.execute(insert(AGREEMENT_START).values(agreement_id=agreement_id, txn_id=txn_id))


def keep_close(session: Session, agreement_id: int, event_id: UUID) -> None:
    """Write that an agreement is closed."""
    session.execute(insert(AGREEMENT_CLOSE).values(agreement_id=agreement_id, event_id=event_id))
