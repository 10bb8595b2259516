"""Challenges at the desk: designed, looked over, previewed, published, amended."""

from ..page import Page
from . import challenge
from .challenges import CHALLENGES
from .designer import DESIGNER, DOCUMENT
from .preview import PREVIEWS

PAGES: tuple[Page, ...] = (CHALLENGES, DESIGNER, DOCUMENT, *PREVIEWS, *challenge.PAGES)

__all__ = ["PAGES"]
