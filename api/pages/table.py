"""All pages."""

from . import designing, fund, judging, sign_in
from .bench import claim, conflicts, dispute, entry, front
from .page import Page

PAGES: tuple[Page, ...] = (
    *claim.PAGES,
    *conflicts.PAGES,
    *designing.PAGES,
    *dispute.PAGES,
    *entry.PAGES,
    *front.PAGES,
    *fund.PAGES,
    *judging.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
