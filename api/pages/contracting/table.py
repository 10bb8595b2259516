"""The pages of agreements at the desk."""

from ..page import Page
from . import agreement, claim, listing

PAGES: tuple[Page, ...] = (
    *agreement.PAGES,
    *claim.PAGES,
    *listing.PAGES,
)
