"""Amounts and days from a request into the words of the floors: nothing is computed here."""

from ..finance.errors import UnknownUnit
from ..finance.ledger import Details, Source
from ..finance.money import Money, money
from ..finance.records import registry
from ..finance.storage import Session
from ..finance.units import Unit, currency
from .wire.base import Amount
from .wire.noted import Noted


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


def money_of(session: Session, asked: Amount) -> Money:
    """Return an amount of a request.

    Raises
    ------
    UnknownUnit, TooPrecise
        When there is no such unit, or it has fewer digits.
    """
    return money(asked.amount, unit_of(session, asked.unit))


def details_of(asked: Noted) -> Details:
    """Return what a request says beside its figures.

    Examples
    --------
    >>> details_of(Noted(note="by bank transfer")).note
    'by bank transfer'
    """
    return Details(on=asked.on, note=asked.note, source=Source(reference=asked.reference))
