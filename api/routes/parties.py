"""Parties over HTTP: registered, listed, read, and their ties declared and ended."""

from ...finance import acts
from ...finance.documents import Code
from ...finance.parties import Party
from ...finance.records import registry
from ...finance.ties import Tie
from ..door import Call
from ..operation import Operation
from ..paging import cut
from ..wire.parties import (
    PartyList,
    PartyMade,
    PartyQuery,
    PartyReply,
    PartyRequest,
    TieEndRequest,
    TieList,
    TieMade,
    TieQuery,
    TieReply,
    TieRequest,
)


def list_parties(call: Call, query: PartyQuery) -> PartyList:
    """List the parties of the book."""
    every = registry.list_parties(call.session, call.book_id)
    found = (one for one in every if query.kind in {None, one.kind})
    rows, after = cut(call, query, found, lambda one: (one.code,), name="party.list")
    return PartyList(items=[PartyReply.of(one) for one in rows], next=after)


def register_party(call: Call, body: PartyRequest) -> PartyMade:
    """Register a party; registered again with the same content, it stays as it is."""
    key = bytes.fromhex(body.public_key) or None
    party = Party(code=body.code, name=body.name, kind=body.kind, public_key=key)
    made = PartyReply.of(acts.register_party(call.session, call.book, party))
    call.location = f"/books/{call.book}/parties/{body.code}"
    return PartyMade(code=made.code, name=made.name, kind=made.kind, public_key=made.public_key)


def read_party(call: Call, party: Code) -> PartyReply:
    """Return a party: its name, its kind, and the key with which it signs."""
    return PartyReply.of(registry.find_party(call.session, call.book_id, party))


def list_ties(call: Call, query: TieQuery) -> TieList:
    """List who owns, runs, pays or is related to whom, as declared; some roles see only their own party's."""
    found = [
        one
        for one in acts.find_ties(call.session, call.book, query.on)
        if all(wanted in {None, one.from_party, one.to_party} for wanted in (query.party, call.own))
    ]
    rows, after = cut(call, query, found, _order, name="tie.list")
    return TieList(items=[TieReply.of(one) for one in rows], next=after)


def declare_tie(call: Call, body: TieRequest) -> TieMade:
    """Declare a tie between two parties, with its source; the same again changes nothing."""
    declared = Tie(
        kind=body.kind,
        from_party=body.from_party,
        to_party=body.to_party,
        since=body.since,
        source=body.source,
    )
    call.location = f"/books/{call.book}/ties"
    return TieMade.of(acts.tie(call.session, call.book, declared, clock=call.clock))


def end_tie(call: Call, body: TieEndRequest) -> TieMade:
    """Give a tie its last day; it stays on record."""
    held = Tie(
        kind=body.kind, from_party=body.from_party, to_party=body.to_party, since=body.since, source=""
    )
    call.location = f"/books/{call.book}/ties"
    return TieMade.of(acts.end_tie(call.session, call.book, held, body.until, clock=call.clock))


def _order(one: Tie) -> tuple[str, str, str, str]:
    return one.from_party, one.kind, one.to_party, one.since.isoformat()


def _tied(_call: Call, *, body: TieRequest) -> tuple[str, str]:
    return body.from_party, body.to_party


OPERATIONS = (
    Operation(
        name="party.list", method="GET", path="/books/{book}/parties", handler=list_parties, tag="parties"
    ),
    Operation(
        name="party.register",
        method="POST",
        path="/books/{book}/parties",
        handler=register_party,
        tag="parties",
        status=201,
        examples={"city": {"code": "harbour-city", "name": "Harbour City", "kind": "public_body"}},
    ),
    Operation(
        name="party.read",
        method="GET",
        path="/books/{book}/parties/{party}",
        handler=read_party,
        tag="parties",
    ),
    Operation(
        name="tie.list",
        method="GET",
        path="/books/{book}/ties",
        handler=list_ties,
        tag="ties",
        narrows=True,
    ),
    Operation(
        name="tie.declare",
        method="POST",
        path="/books/{book}/ties",
        handler=declare_tie,
        tag="ties",
        status=201,
        owner=_tied,
        examples={
            "ownership": {
                "kind": "owns",
                "from_party": "foundation",
                "to_party": "lab",
                "since": "2026-01-01",
                "source": "company register",
            }
        },
    ),
    Operation(
        name="tie.end",
        method="POST",
        path="/books/{book}/ties/ends",
        handler=end_tie,
        tag="ties",
        status=201,
        examples={
            "sold": {
                "kind": "owns",
                "from_party": "foundation",
                "to_party": "lab",
                "since": "2026-01-01",
                "until": "2026-06-30",
            }
        },
    ),
)
