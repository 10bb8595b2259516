"""All pages."""

from . import fund, sign_in
from .page import Page

PAGES: tuple[Page, ...] = (
    *fund.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
