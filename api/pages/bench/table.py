"""The pages of the bench."""

from ..page import Page
from . import claim, conflicts, dispute, entry, front

PAGES: tuple[Page, ...] = (
    *claim.PAGES,
    *conflicts.PAGES,
    *dispute.PAGES,
    *entry.PAGES,
    *front.PAGES,
)
