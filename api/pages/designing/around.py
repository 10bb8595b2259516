"""What the pages of challenges read besides: funds, metrics, and the way back."""

from ...wire.briefs import BriefReply, BriefVersionLine, BriefVersionList
from ...wire.definitions import MetricList
from ...wire.funds import FundList
from ..places import Content, parsed
from ..visit import Visit
from .sections import Surroundings

MOST_NAMED = 12
PAGE = 200


def surroundings(visit: Visit) -> Surroundings:
    """Return the funds that may pay, and the metrics that are defined."""
    funds = visit.read(FundList, "fund.list", limit=PAGE).items
    metrics = visit.find(MetricList, "metric.list", limit=MOST_NAMED)
    return Surroundings(
        funds={one.code: one.title for one in funds},
        units={one.code: one.unit for one in funds},
        metrics=", ".join(one.name for one in metrics.items) if metrics else "",
    )


def crumbs(visit: Visit, *more: tuple[str, str]) -> list[tuple[str, ...]]:
    """Return the way back to the challenges, and what lies between: those have names of their own."""
    found: list[tuple[str, ...]] = []
    if "desk" in visit.site.addresses:
        found.append((visit.words._("Desk"), visit.address("desk")))
    found.append((visit.words._("Challenges"), visit.address("desk_challenges")))
    return [*found, *((title, address, "name") for title, address in more)]


def versions_of(visit: Visit, challenge: str) -> list[BriefVersionLine]:
    """Return the versions of a published brief, oldest first; none where there is no such challenge."""
    found = visit.find(BriefVersionList, "brief.versions", challenge=challenge, limit=PAGE)
    return found.items if found else []


def content_of(visit: Visit, challenge: str, version: int) -> Content:
    """Return a version of a published brief with every default written out.

    Parameters
    ----------
    version : int [version]
        Which.
    """
    reply = visit.read(BriefReply, "brief.read", challenge=challenge, version=version)
    return parsed(reply.brief.canonical_bytes().decode())


def may_design(visit: Visit) -> bool:
    """Tell whether the visitor designs challenges in this book."""
    return bool({"funder", "intermediary"} & visit.roles())
