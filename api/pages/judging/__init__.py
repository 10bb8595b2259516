"""Rounds at the desk: judges, reading, calibration, places, and the awards that follow."""

from ..page import Page
from .appeals import APPEALS
from .awards import AWARDS
from .round import ROUND

PAGES: tuple[Page, ...] = (ROUND, AWARDS, APPEALS)

__all__ = ["PAGES"]
