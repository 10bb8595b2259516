"""Pages of a hub: what is due and what comes in, applications, results, gifts in kind, feedback."""

from ..page import Page
from . import application, claims, entry, feedback, gifts, overview, results, section

PAGES: tuple[Page, ...] = (
    *overview.PAGES,
    *gifts.PAGES,
    *entry.PAGES,
    *application.PAGES,
    *section.PAGES,
    *feedback.PAGES,
    *claims.PAGES,
    *results.PAGES,
)

__all__ = ["PAGES"]
