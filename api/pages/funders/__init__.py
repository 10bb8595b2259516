"""The funder's desk: what needs somebody, what is to be approved, and each fund with what is done to it."""

from . import desk, desk_fund, moving, proposal, tasks

PAGES = (*desk.PAGES, *desk_fund.PAGES, *moving.PAGES, *proposal.PAGES, *tasks.PAGES)

__all__ = ["PAGES"]
