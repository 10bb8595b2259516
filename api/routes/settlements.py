"""Settlements over HTTP: final findings paid once, each step with its reasons, statements, replay."""

from typing import Annotated

from pydantic import Field

from ...contracts.acts import replaying, settling, showing, stating
from ...contracts.records import settlements
from ...contracts.records.agreements import StoredAgreement
from ...contracts.settlement import Payout, Settlement
from ...finance.documents import Code
from ...finance.errors import Missing
from ...finance.ledger import Details
from ...finance.sheets import sheet_document
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..parts import find_stored, own_ends, own_name, require_part
from ..wire.base import Wire
from ..wire.payouts import (
    AgreementStatement,
    ReplayReply,
    SettlementList,
    SettlementMade,
    SettlementReply,
    SettlementRequest,
)

AGREEMENT = "/books/{book}/agreements/{agreement}"
SETTLEMENTS = f"{AGREEMENT}/settlements"


class StatementQuery(Wire):
    """For whom a statement is drawn up."""

    party: Annotated[Code | None, Field(description="Name in the terms; all of them without one.")] = None


def list_settlements(call: Call, agreement: Code, query: PageQuery) -> SettlementList:
    """List the steps of an agreement: why, what changed under each clause, what is paid."""
    stored = find_stored(call, agreement)
    require_part(call, stored)
    places = (one.position for one in settlements.list_settlements(call.session, stored.id))
    chosen, after = cut(call, query, places, lambda place: (place,), name=f"settlement.list/{agreement}")
    found = showing.show_settlements(call.session, stored, chosen)
    return SettlementList(items=[_shown(call, stored, one) for one in found], next=after)


def read_settlement(call: Call, agreement: Code, position: int) -> SettlementReply:
    """Return one step of an agreement by its place.

    Parameters
    ----------
    call : Call
        Who asks.
    agreement : str
        Its code.
    position : int [place]
        In the agreement's order of settlements.
    """
    stored = find_stored(call, agreement)
    require_part(call, stored)
    found = showing.show_settlements(call.session, stored, [position])
    if not found:
        raise Missing(f"{agreement} has no settlement {position}.", what="settlement", code=str(position))
    return _shown(call, stored, found[0])


def _shown(call: Call, stored: StoredAgreement, one: Settlement) -> SettlementReply:
    """Keep to what the caller's party pays or gets, where it is limited to its own."""
    if call.own is None:
        return SettlementReply.of(one)
    mine = [row for row in one.payouts if _is_mine(call, stored, row)]
    clauses = {(row.clause, row.period) for row in mine}
    kept = (row for row in one.clauses if (row.clause, row.period) in clauses)
    return SettlementReply.narrowed(one, kept, mine)


def _is_mine(call: Call, stored: StoredAgreement, row: Payout) -> bool:
    return row.party == call.own or own_ends(call, stored, (row.payer, row.payee))


def make_settlement(call: Call, agreement: Code, body: SettlementRequest) -> SettlementMade:
    """Pay what final findings make due, once, out of what was encumbered.

    Where a policy asks for approval, payouts are proposed in your party's name and wait.
    """
    made = settling.settle(
        call.session,
        call.book,
        agreement,
        body.claim or "",
        clock=call.clock,
        maker=call.party,
        details=Details(note=body.note),
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/settlements"
    return SettlementMade(agreement=agreement, settlements=[SettlementReply.of(one) for one in made])


def read_statement(call: Call, agreement: Code, query: StatementQuery) -> AgreementStatement:
    """Draw up what an agreement has brought about, for one of its parties or for all."""
    party = query.party or ""
    if call.own is not None:
        stored = find_stored(call, agreement)
        require_part(call, stored)
        party = own_name(call, stored, party)
    sheet = stating.party_statement(call.session, call.book, agreement, party)
    said = {name: value for name, value in sheet_document(sheet).items() if name != "kind"}
    return AgreementStatement.model_validate(said)


def replay_agreement(call: Call, agreement: Code) -> ReplayReply:
    """Take an agreement again from its events alone, and compare with what the tables hold."""
    found = replaying.replay(call.session, call.book, agreement)
    return ReplayReply(
        agreement=agreement, steps=found.steps, sha256=found.sha256, differences=list(found.differences)
    )


OPERATIONS = (
    Operation(
        name="agreement.replay",
        method="GET",
        path=f"{AGREEMENT}/replay",
        handler=replay_agreement,
        tag="settlements",
    ),
    Operation(
        name="agreement.statement",
        method="GET",
        path=f"{AGREEMENT}/statement",
        handler=read_statement,
        tag="settlements",
        narrows=True,
    ),
    Operation(
        name="settlement.list",
        method="GET",
        path=SETTLEMENTS,
        handler=list_settlements,
        tag="settlements",
        narrows=True,
    ),
    Operation(
        name="settlement.make",
        method="POST",
        path=SETTLEMENTS,
        handler=make_settlement,
        tag="settlements",
        status=201,
        examples={"one claim": {"claim": "march"}, "all that is due": {}},
    ),
    Operation(
        name="settlement.read",
        method="GET",
        path=f"{SETTLEMENTS}/{{position}}",
        handler=read_settlement,
        tag="settlements",
        narrows=True,
    ),
)
