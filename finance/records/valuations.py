"""Rows of valuations of gifts in kind, each superseding the one before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ..errors import AlreadyExists, DayOutOfRange, Missing
from ..in_kind import GiftPosition, Valuation
from ..money import Money
from ..units import valued
from .registry import find_party_id, find_unit, keep_unit
from .tables import CONTRIBUTION, PARTY, UNIT, VALUATION


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValuation:
    """A valuation with its identity.

    Attributes
    ----------
    id : UUID
        The event that recorded it.
    valuation : Valuation
        What it says.
    """

    id: UUID
    valuation: Valuation


def find_valuations(
    session: Session, book_id: int, gifts: Iterable[str]
) -> dict[str, tuple[StoredValuation, ...]]:
    """Return the valuations of gifts by the gift's code, each gift's in the order of their chain."""
    rows = session.execute(
        select(
            VALUATION,
            CONTRIBUTION.c.code.label("gift"),
            PARTY.c.code.label("valuer"),
            UNIT.c.base_code,
        )
        .join(CONTRIBUTION, CONTRIBUTION.c.id == VALUATION.c.contribution_id)
        .join(PARTY, PARTY.c.id == VALUATION.c.valued_by)
        .join(UNIT, UNIT.c.code == VALUATION.c.value_unit)
        .where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code.in_(sorted(set(gifts))))
    ).all()
    after = {(row.gift, row.supersedes_id): row for row in rows}
    chains: dict[str, tuple[StoredValuation, ...]] = {}
    for gift in sorted({row.gift for row in rows}):
        chain: list[StoredValuation] = []
        row = after.get((gift, None))
        while row is not None:
            valuation = Valuation(
                price=Money(minor=row.price_num, unit=find_unit(session, row.base_code)),
                method=row.method,
                haircut_bp=row.haircut_bp,
                valued_by=row.valuer,
                valued_on=row.valued_on,
                evidence_sha256=bytes(row.evidence_sha256),
                expires_on=row.expires_on,
            )
            chain.append(StoredValuation(id=row.id, valuation=valuation))
            row = after.get((gift, row.id))
        chains[gift] = tuple(chain)
    return chains


def find_last(session: Session, book_id: int, gift: str) -> UUID:
    """Return the newest valuation of a gift, in force or not.

    Raises
    ------
    Missing
        When nobody has valued it.
    """
    for chain in find_valuations(session, book_id, [gift]).values():
        return chain[-1].id
    raise Missing(f"Nobody has valued the gift {gift!r}.", what="valuation", code=gift)


def keep_valuation(
    session: Session,
    book_id: int,
    event_id: UUID,
    gift: GiftPosition,
    valuation: Valuation,
    supersedes: UUID | None = None,
) -> None:
    """Write a valuation; the database, too, refuses the giver's own, a second first one, a second successor.

    Raises
    ------
    AlreadyExists
        When the gift is valued already, or what is to be superseded has been.
    Missing
        When what is to be superseded is no valuation of this gift.
    DayOutOfRange
        When it is dated before the valuation it supersedes.
    """
    chain = find_valuations(session, book_id, [gift.gift]).get(gift.gift, ())
    _require_successor(gift.gift, chain, valuation, supersedes)
    worth = valued(valuation.price.unit)
    keep_unit(session, valuation.price.unit)
    keep_unit(session, worth)
    contribution_id = session.scalar(
        select(CONTRIBUTION.c.id).where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code == gift.gift)
    )
    session.execute(
        insert(VALUATION).values(
            id=event_id,
            contribution_id=contribution_id,
            contributor_id=find_party_id(session, book_id, gift.giver),
            unit=gift.given.unit.code,
            unit_kind=gift.given.unit.kind,
            value_unit=worth.code,
            value_kind=worth.kind,
            price_num=valuation.price.minor,
            price_den=10**valuation.price.unit.scale,
            method=valuation.method,
            haircut_bp=valuation.haircut_bp,
            valued_by=find_party_id(session, book_id, valuation.valued_by),
            valued_on=valuation.valued_on,
            expires_on=valuation.expires_on,
            evidence_sha256=valuation.evidence_sha256,
            supersedes_id=supersedes,
        )
    )


def _require_successor(
    gift: str, chain: tuple[StoredValuation, ...], valuation: Valuation, supersedes: UUID | None
) -> None:
    if supersedes is None:
        if chain:
            raise AlreadyExists(
                f"The gift {gift!r} is valued already; supersede its valuation {chain[-1].id}.",
                what="valuation",
                code=gift,
            )
        return
    if supersedes not in {one.id for one in chain}:
        raise Missing(
            f"The gift {gift!r} has no valuation {supersedes}.", what="valuation", code=str(supersedes)
        )
    if supersedes != chain[-1].id:
        raise AlreadyExists(
            f"The valuation {supersedes} of {gift!r} was superseded already; supersede {chain[-1].id}.",
            what="valuation",
            code=gift,
        )
    before = chain[-1].valuation.valued_on
    if valuation.valued_on < before:
        raise DayOutOfRange(
            f"A valuation of {valuation.valued_on} cannot supersede one of {before}: give a later day.",
            valued_on=valuation.valued_on.isoformat(),
            superseded=before.isoformat(),
        )
