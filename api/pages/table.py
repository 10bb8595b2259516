"""All pages."""

from . import citizen, sign_in
from .page import Page

PAGES: tuple[Page, ...] = (
    *citizen.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
