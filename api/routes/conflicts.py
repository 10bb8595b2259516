"""Conflicts over HTTP: every reason why a judge must not read an entry, or should rather not."""

from ...challenges import acts
from ...challenges.acts.recusing import find_conflicted
from ...challenges.phases import SCORED
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import cut
from ..wire.judges import ConflictLine, ConflictList, ConflictQuery
from .rounds import ROUND, is_announced, round_of


def list_conflicts(call: Call, challenge: Code, query: ConflictQuery) -> ConflictList:
    """List the conflicts between judges and entries on a day, without entries in conflict with the caller.

    Until it is announced, only the chair reads which actor of an entry it is, and what it rests on.
    """
    day = query.on or call.now.date()
    hidden = _hidden(call, challenge)
    judges = (query.judge,) if query.judge else ()
    found = acts.conflicts_of(call.session, call.book, challenge, as_of=day, judges=judges)
    named = call.access.role == "intermediary" or is_announced(call, challenge)
    seen = [one for one in found if one.application not in hidden]
    lines = {_key(one): one for one in (ConflictLine.of(one, named=named) for one in seen)}
    rows, after = cut(call, query, lines.values(), _key, name="conflict.list")
    return ConflictList(items=rows, next=after)


def _hidden(call: Call, challenge: str) -> frozenset[str]:
    stored = round_of(call, challenge)
    found: set[str] = set()
    for phase in stored.challenge.brief.phases:
        if phase.judging in SCORED:
            found |= find_conflicted(call.session, stored, phase, call.person, clock=call.clock)
    return frozenset(found)


def _key(one: ConflictLine) -> tuple[str, ...]:
    return (one.judge, one.application, one.actor or "", one.kind, "; ".join(one.rests_on))


OPERATIONS = (
    Operation(
        name="conflict.list",
        method="GET",
        path=ROUND + "/conflicts",
        handler=list_conflicts,
        tag="judges",
    ),
)
