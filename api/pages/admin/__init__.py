"""Administration: is the installation healthy, who may do what, what was done."""

from ..page import Page
from . import people, trail, upkeep

PAGES: tuple[Page, ...] = (
    *people.PAGES,
    *trail.PAGES,
    *upkeep.PAGES,
)

__all__ = ["PAGES"]
