"""All pages."""

from . import citizen, fund, sign_in
from .bench import table as bench
from .contracting import table as contracting
from .page import Page

PAGES: tuple[Page, ...] = (
    *bench.PAGES,
    *citizen.PAGES,
    *contracting.PAGES,
    *fund.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
