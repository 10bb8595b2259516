"""Agreements at the funder's desk: drafted, read five ways, signed, settled, disputed."""

from ..page import Page
from . import agreement, amendment, claim, life, listing

PAGES: tuple[Page, ...] = (
    *agreement.PAGES,
    *amendment.PAGES,
    *claim.PAGES,
    *life.PAGES,
    *listing.PAGES,
)

__all__ = ["PAGES"]
