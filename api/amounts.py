"""Amounts of a request into those of the floors: nothing is computed here."""

from ..finance.errors import UnknownUnit
from ..finance.money import Money, money
from ..finance.records import registry
from ..finance.storage import Session
from ..finance.units import Unit, currency


def unit_of(session: Session, code: str) -> Unit:
    """Return a registered unit, else the currency of that code.

    Raises
    ------
    UnknownUnit
        When it is neither.
    """
    try:
        return registry.find_unit(session, code)
    except UnknownUnit:
        return currency(code)


def money_of(session: Session, amount: str, unit: str) -> Money:
    """Return an amount of a request.

    Raises
    ------
    UnknownUnit, TooPrecise
        When there is no such unit, or it has fewer digits.
    """
    return money(amount, unit_of(session, unit))
