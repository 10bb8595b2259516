"""The bench: what an evaluator, a resolver or a judge has to look at, and where they say what they found."""

from ..page import Page
from . import claim, conflicts, dispute, entry, front

PAGES: tuple[Page, ...] = (
    *claim.PAGES,
    *conflicts.PAGES,
    *dispute.PAGES,
    *entry.PAGES,
    *front.PAGES,
)

__all__ = ["PAGES"]
