"""All pages."""

from . import fund, funders, sign_in
from .page import Page

PAGES: tuple[Page, ...] = (
    *fund.PAGES,
    *funders.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
