"""All pages."""

from . import citizen, designing, fund, judging, sign_in
from .bench import claim, conflicts, dispute, entry, front
from .bench import table as bench
from .contracting import table as contracting
from .page import Page

PAGES: tuple[Page, ...] = (
    *bench.PAGES,
    *citizen.PAGES,
    *claim.PAGES,
    *conflicts.PAGES,
    *contracting.PAGES,
    *designing.PAGES,
    *dispute.PAGES,
    *entry.PAGES,
    *front.PAGES,
    *fund.PAGES,
    *judging.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
