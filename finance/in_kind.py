"""Gifts in kind: counted in their own unit, valued by somebody else, never spendable as cash.

The problem: an hour of volunteering is worth something, but not to the payroll. A gift keeps its own unit
(hours, doses, square metres); its value is a separate memo in a unit of kind ``valued`` that no rate
converts into money, set by a stated method, by a party other than the giver, less a haircut. On any day::

    given = used + expired + left
    value = floor((given - expired) x price x (10,000 - haircut) / 10,000), by the valuation in force
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from .errors import AmountOutOfRange, DayOutOfRange
from .money import Money, zero
from .units import Unit, valued

FULL_BP = 10_000
ValuationMethod = Literal["market", "replacement", "cost", "agreed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """What one unit of a gift is worth, on whose word.

    Attributes
    ----------
    price : Money
        Per whole unit of the gift.
    method : str
        ``market``, ``replacement``, ``cost`` or ``agreed``.
    haircut_bp : int [basis points]
        Taken off the value, 0 to 10,000.
    valued_by : str
        Code of the party who valued it; never the giver.
    valued_on : date
        The day of the valuation; it is in force from then on.
    evidence_sha256 : bytes
        Digest of the paper it rests on.
    expires_on : date or None
        The first day on which it is no longer in force; None for no end.
    """

    price: Money
    method: ValuationMethod
    haircut_bp: int
    valued_by: str
    valued_on: date
    evidence_sha256: bytes
    expires_on: date | None = None

    def __post_init__(self) -> None:
        if type(self.haircut_bp) is not int:
            raise TypeError(f"a haircut is a whole number of basis points, not {self.haircut_bp!r}")
        if not 0 <= self.haircut_bp <= FULL_BP or self.price.minor <= 0:
            raise AmountOutOfRange(
                f"a price of {self.price} with a haircut of {self.haircut_bp} bp is no valuation: "
                "the price must be positive and the haircut lie from 0 to 10000.",
                price=str(self.price),
                haircut_bp=self.haircut_bp,
            )
        if self.expires_on is not None and self.expires_on <= self.valued_on:
            raise DayOutOfRange(
                f"A valuation of {self.valued_on} cannot run out on {self.expires_on}: give a later day.",
                valued_on=self.valued_on.isoformat(),
                expires_on=self.expires_on.isoformat(),
            )


def value_of(quantity: Money, valuation: Valuation) -> Money:
    """Value a quantity: floor(quantity x price x (10,000 - haircut) / 10,000), in a valued unit.

    Parameters
    ----------
    quantity : Money
        In the gift's own unit.
    valuation : Valuation
        Price per whole unit.

    Examples
    --------
    >>> from datetime import date
    >>> from almoner import money
    >>> hour = Unit(code="hour", kind="in_kind", scale=2)
    >>> by_lab = Valuation(price=money("25.00", "USD"), method="market", haircut_bp=2000, valued_by="lab",
    ...                    valued_on=date(2026, 1, 1), evidence_sha256=bytes(32))
    >>> value_of(money("40.00", hour), by_lab)
    Money('800.00 USD.v')
    """
    whole: int = 10**quantity.unit.scale
    numerator = quantity.minor * valuation.price.minor * (FULL_BP - valuation.haircut_bp)
    return Money(minor=numerator // (whole * FULL_BP), unit=valued(valuation.price.unit))


def valuation_on(chain: Sequence[Valuation], day: date) -> Valuation | None:
    """Return the valuation of a gift that is in force on a day: the last one begun, unless it has run out.

    Parameters
    ----------
    chain : sequence of Valuation
        Of one gift, each superseding the one before it.
    day : date
        A superseded valuation is in force until the day of the next.

    Examples
    --------
    >>> from almoner import money
    >>> first = Valuation(price=money("25.00", "USD"), method="market", haircut_bp=0, valued_by="lab",
    ...                   valued_on=date(2026, 1, 1), evidence_sha256=bytes(32), expires_on=date(2027, 1, 1))
    >>> [valuation_on([first], date(year, 1, 1)) is first for year in (2025, 2026, 2027)]
    [False, True, False]
    """
    begun = [one for one in chain if one.valued_on <= day]
    if not begun or (begun[-1].expires_on is not None and begun[-1].expires_on <= day):
        return None
    return begun[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftPosition:
    """What became of one gift in kind by the end of a day.

    Attributes
    ----------
    gift, giver, earmark : str
        Codes of the contribution, its giver and its restriction.
    available_until : date or None
        Last day on which it may be used.
    given, used, expired : Money
        In the gift's own unit: what came, less what went back to the giver; what was used; what was not
        used by its last day, written off or not.
    valuation : Valuation or None
        The one in force on the day.
    last_valuation : UUID or None
        Identity of the newest one, in force or not; a revaluation supersedes it.

    Examples
    --------
    >>> from almoner import money
    >>> hour = Unit(code="hour", kind="in_kind", scale=2)
    >>> gift = GiftPosition(gift="help", giver="guild", earmark="unrestricted", given=money("40.00", hour),
    ...                     used=money("25.00", hour), expired=money("5.00", hour))
    >>> gift.left, gift.counted, gift.value
    (Money('10.00 hour'), Money('35.00 hour'), None)
    """

    gift: str
    giver: str
    earmark: str
    given: Money
    used: Money
    expired: Money
    available_until: date | None = None
    valuation: Valuation | None = None
    last_valuation: UUID | None = None

    @property
    def left(self) -> Money:
        """What can still be used."""
        return self.given - self.used - self.expired

    @property
    def counted(self) -> Money:
        """What is valued: all of it but what expired unused."""
        return self.given - self.expired

    @property
    def value(self) -> Money | None:
        """What is counted is worth, in a valued unit; None while no valuation is in force."""
        return None if self.valuation is None else value_of(self.counted, self.valuation)


@dataclass(frozen=True, slots=True, kw_only=True)
class InKindPosition:
    """A fund's gifts in kind of one unit under one earmark, by the end of a day.

    Attributes
    ----------
    unit : Unit
        What is counted.
    earmark : str
        Code of the restriction.
    given, used, expired, left : Money
        given = used + expired + left.
    value : Money
        Of what is counted, in the fund's valued unit; gifts without a valuation in force add nothing.
    gifts : tuple of GiftPosition
        The gifts themselves, oldest first.
    """

    unit: Unit
    earmark: str
    given: Money
    used: Money
    expired: Money
    left: Money
    value: Money
    gifts: tuple[GiftPosition, ...]


def sum_gifts(gifts: Iterable[GiftPosition], base: Unit) -> tuple[InKindPosition, ...]:
    """Sum gifts by unit and earmark.

    Parameters
    ----------
    gifts : iterable of GiftPosition
        Of one fund and one day.
    base : Unit
        The fund's currency, in which the gifts are valued.

    Examples
    --------
    >>> from almoner import currency, money
    >>> dose = in_kind_unit("dose", 0)
    >>> one = GiftPosition(gift="a", giver="guild", earmark="north", given=money("7", dose),
    ...                    used=money("2", dose), expired=money("0", dose))
    >>> [(row.earmark, row.left, row.value) for row in sum_gifts([one, one], currency("USD"))]
    [('north', Money('10 dose'), Money('0.00 USD.v'))]
    """
    groups: dict[tuple[str, str], list[GiftPosition]] = {}
    for gift in gifts:
        groups.setdefault((gift.given.unit.code, gift.earmark), []).append(gift)
    rows = []
    for (_, earmark), group in sorted(groups.items(), key=lambda item: item[0]):
        unit = group[0].given.unit
        rows.append(
            InKindPosition(
                unit=unit,
                earmark=earmark,
                given=sum((gift.given for gift in group), start=zero(unit)),
                used=sum((gift.used for gift in group), start=zero(unit)),
                expired=sum((gift.expired for gift in group), start=zero(unit)),
                left=sum((gift.left for gift in group), start=zero(unit)),
                value=value_of_gifts(group, base),
                gifts=tuple(group),
            )
        )
    return tuple(rows)


def value_of_gifts(gifts: Iterable[GiftPosition], base: Unit) -> Money:
    """Return what gifts are worth together, each floored by itself.

    Parameters
    ----------
    gifts : iterable of GiftPosition
        Valued in ``base``, or not at all.
    base : Unit
        The fund's currency.

    Examples
    --------
    >>> from almoner import currency
    >>> value_of_gifts([], currency("USD"))
    Money('0.00 USD.v')
    """
    return sum((gift.value for gift in gifts if gift.value is not None), start=zero(valued(base)))


def in_kind_unit(code: str, scale: int) -> Unit:
    """Return a unit for gifts in kind.

    Parameters
    ----------
    code : str
        For example ``hour``.
    scale : int [digits]
        Decimal digits, 0 to 9.

    Examples
    --------
    >>> in_kind_unit("dose", 0).kind
    'in_kind'
    """
    return Unit(code=code, kind="in_kind", scale=scale)
