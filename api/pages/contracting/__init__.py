"""Agreements at the funder's desk: drafted, read five ways, signed, settled, disputed."""

from ..page import Page
from . import agreement, claim, listing

PAGES: tuple[Page, ...] = (
    *agreement.PAGES,
    *claim.PAGES,
    *listing.PAGES,
)

__all__ = ["PAGES"]
