"""All pages."""

from . import fund, hub, sign_in
from .bench import claim, conflicts, dispute, entry, front
from .page import Page

PAGES: tuple[Page, ...] = (
    *claim.PAGES,
    *conflicts.PAGES,
    *dispute.PAGES,
    *entry.PAGES,
    *front.PAGES,
    *fund.PAGES,
    *hub.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
