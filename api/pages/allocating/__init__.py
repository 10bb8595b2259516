"""Allocations: problems that are solved in the background, their answers, and what is decided for."""

from ..page import Page
from . import landscape, listing, one

PAGES: tuple[Page, ...] = (*landscape.PAGES, *listing.PAGES, *one.PAGES)

__all__ = ["PAGES"]
