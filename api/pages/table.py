"""All pages."""

from . import designing, fund, judging, sign_in
from .page import Page

PAGES: tuple[Page, ...] = (
    *designing.PAGES,
    *fund.PAGES,
    *judging.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
