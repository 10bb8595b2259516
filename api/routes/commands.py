"""The audit trail over HTTP: who did what, in whose name, when, through which key."""

from datetime import datetime
from uuid import UUID

from ...finance.dates import instant_text
from ..door import Call
from ..operation import Operation
from ..paging import page_of, read_cursor
from ..records.commands import TrailFilter
from ..records.commands import list_commands as rows_of
from ..wire.log import CommandLine, CommandList, CommandQuery


def list_commands(call: Call, query: CommandQuery) -> CommandList:
    """List what was asked through the doors and how it ended, oldest first."""
    wanted = TrailFilter(operation=query.operation, person=query.person, party=call.own, since=query.since)
    seen = read_cursor(call, query, "command.list")
    start = None if seen is None else (datetime.fromisoformat(str(seen[0])), UUID(str(seen[1])))
    found = rows_of(call.session, call.book_id, wanted, start=start, limit=query.limit + 1)
    page, after = page_of(
        call, query, found, lambda row: (instant_text(row.recorded_at), str(row.id)), name="command.list"
    )
    lines = [
        CommandLine(
            id=row.id,
            operation=row.operation,
            object=row.object,
            person=row.person,
            party=row.party,
            api_key=row.api_key or "",
            status=row.status,
            location=row.location or "",
            recorded_at=row.recorded_at,
        )
        for row in page
    ]
    return CommandList(items=lines, next=after)


OPERATIONS = (
    Operation(
        name="command.list",
        method="GET",
        path="/books/{book}/commands",
        handler=list_commands,
        tag="commands",
        narrows=True,
    ),
)
