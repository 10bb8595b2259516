"""All pages."""

from . import (
    account,
    admin,
    allocating,
    bench,
    citizen,
    contracting,
    designing,
    funders,
    hub,
    judging,
    sign_in,
)
from .page import Page

PAGES: tuple[Page, ...] = (
    *account.PAGES,
    *admin.PAGES,
    *allocating.PAGES,
    *bench.PAGES,
    *citizen.PAGES,
    *contracting.PAGES,
    *designing.PAGES,
    *funders.PAGES,
    *hub.PAGES,
    *judging.PAGES,
    *sign_in.PAGES,
)

__all__ = ["PAGES"]
