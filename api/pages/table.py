"""All pages."""

from . import bench, citizen, contracting, designing, funders, judging, sign_in
from .page import Page

PAGES: tuple[Page, ...] = (
    *bench.PAGES,
    *citizen.PAGES,
    *contracting.PAGES,
    *designing.PAGES,
    *funders.PAGES,
    *judging.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
