"""What was done: who asked what, in whose name, when, and how it ended."""

from ....finance.dates import instant_text
from ...wire.log import CommandList
from ..page import Page
from ..view import Column, Sheet, View
from ..visit import Visit

MOST = 50


def show_trail(visit: Visit) -> View:
    """Search the audit trail by person, by what was done, and by day."""
    words = visit.words
    visit.require("admin")
    asked = {name: visit.query[name] for name in ("person", "operation", "cursor") if visit.query.get(name)}
    if visit.query.get("since"):
        asked["since"] = f"{visit.query['since'][:10]}T00:00:00Z"
    found = visit.read(CommandList, "command.list", limit=MOST, **asked)
    sheet = Sheet(
        title=words._("What was done, oldest first"),
        columns=[
            Column(name=words._("When"), kind="instant"),
            Column(name=words._("Who")),
            Column(name=words._("For")),
            Column(name=words._("What")),
            Column(name=words._("On what")),
            Column(name=words._("How it ended")),
        ],
        rows=[
            (
                instant_text(one.recorded_at),
                one.person,
                one.party,
                one.operation,
                one.object,
                words._("Done") if one.status < 400 else words._("Refused (%(status)s)", status=one.status),  # noqa: PLR2004  # HTTP
            )
            for one in found.items
        ],
        empty=words._("Nothing was found. Search by another person or day."),
    )
    keep = "&".join(f"{name}={value}" for name, value in asked.items() if name != "cursor")
    more = {"next": found.next, "keep": keep, "asked": {**visit.query}}
    return View(title=words._("What was done"), sheets={"trail": sheet}, more=more)


PAGES = (Page(name="admin_trail", path="/books/{book}/admin/trail", show=show_trail),)
