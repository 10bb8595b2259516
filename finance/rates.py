"""Rates between currencies: dated, sourced, directed; and conversions that round where it is said.

The problem: a rate stored upside down, or applied to history, changes what everybody is owed. A ``Rate`` goes
from minor units of one currency to minor units of another, as a fraction, on a day, from a named source; a
``Conversion`` records what was sold and bought at it, and the database computes the rounding again.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from .money import Money
from .units import Unit

FxRounding = Literal["down", "up", "half_even"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many minor units of one currency one minor unit of another buys, on a day, says a source.

    Attributes
    ----------
    base, quote : Unit
        Sold and bought.
    num, den : int
        Minor units of ``quote`` per minor unit of ``base``, as a fraction; both below 2^31.
    as_of : date
        The day of the rate.
    source : str
        Who published it.
    """

    base: Unit
    quote: Unit
    num: int
    den: int
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a transaction sold and bought at a rate.

    Attributes
    ----------
    rate : Rate
        At which.
    sold, bought : Money
        In the rate's base and quote.
    rounding : str
        ``down`` benefits the counterparty, ``up`` the book; ``half_even`` neither on average.
    """

    rate: Rate
    sold: Money
    bought: Money
    rounding: FxRounding
