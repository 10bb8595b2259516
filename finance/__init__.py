"""Ground floor: parties, money, ledger, funds and allocation mathematics; it loses no unit of money."""

from typing import TYPE_CHECKING

from .shelf import shelve

if TYPE_CHECKING:
    from .errors import AlmonerError
    from .money import Money
    from .units import Unit, currency
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".errors": ("AlmonerError",),
            ".money": ("Money",),
            ".units": ("Unit", "currency"),
        },
    )

__all__ = ["AlmonerError", "Money", "Unit", "currency"]
