"""The parties of a book, for pages that name them or offer them to choose from."""

from ..wire.parties import PartyList, PartyReply
from .visit import Visit

AT_ONCE, MOST_READS = 200, 5


def every_party(visit: Visit) -> tuple[PartyReply, ...]:
    """Return the parties of the book, at most a thousand; none for who may not list them."""
    found: list[PartyReply] = []
    cursor = ""
    for _ in range(MOST_READS):
        page = visit.find(PartyList, "party.list", limit=AT_ONCE, cursor=cursor)
        found += page.items if page else []
        cursor = (page.next or "") if page else ""
        if not cursor:
            break
    return tuple(found)
