"""Pages for everybody: where the money is, what it bought, and proof of it."""

from ..page import Page
from . import agreement, book, challenge, eligibility, fund, payout, statement, term_sheet

PAGES: tuple[Page, ...] = (
    *agreement.PAGES,
    *book.PAGES,
    *challenge.PAGES,
    *eligibility.PAGES,
    *fund.PAGES,
    *payout.PAGES,
    *statement.PAGES,
    *term_sheet.PAGES,
)

__all__ = ["PAGES"]
