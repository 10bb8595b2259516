"""What waits for somebody to act, over HTTP: proposals, signatures, claims, settlements, promises due.

The problem: each fund and each agreement has its own lists, and who is asked to approve has to look through
all of them. Here the whole book is one list by deadline, with its sums.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from ...contracts.records import waiting
from ...contracts.records.agreements import find_agreement
from ...contracts.records.waits import is_followed
from ...finance import acts
from ...finance.approvals import size
from ...finance.ledger import Draft
from ...finance.money import Money, zero
from ...finance.records import promises
from ..door import Call
from ..operation import Operation
from ..paging import cut
from ..wire.waiting import WaitingKind, WaitingLine, WaitingList, WaitingQuery, WaitingSum

MOST_UNSIGNED = 50
REMEMBERED = timedelta(days=90)
NEVER = "9999-12-31"


def list_waiting(call: Call, query: WaitingQuery) -> WaitingList:
    """List what waits in the book for somebody to act, the nearest deadline first.

    Promises due are those of your own party, and all of them for who keeps the books.
    """
    found = [
        *_proposals(call),
        *_unsigned(call),
        *_claims(call),
        *_owed_back(call),
        *_pledges(call),
    ]
    wanted = [line for line, _ in found if query.kind in {"", line.kind}]
    rows, after = cut(call, query, wanted, _key, name="waiting.list")
    return WaitingList(items=rows, sums=_sums(found), next=after)


Found = tuple[WaitingLine, Money | None]


def _key(one: WaitingLine) -> tuple[str, ...]:
    until = one.until.isoformat() if one.until else NEVER
    return until, one.kind, one.agreement, one.fund, one.code, one.unit


def _line(
    kind: WaitingKind,
    code: str,
    amount: Money | None = None,
    *,
    fund: str = "",
    agreement: str = "",
    what: str = "",
    parties: Iterable[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> Found:
    line = WaitingLine(
        kind=kind,
        code=code,
        fund=fund,
        agreement=agreement,
        what=what,
        parties=[one for one in parties if one],
        amount=amount.text if amount else "",
        unit=amount.unit.code if amount else "",
        reason="",
        since=since,
        until=until,
    )
    return line, amount


def _proposals(call: Call) -> Iterator[Found]:
    since = call.now - REMEMBERED
    for one in (
        *acts.list_proposals(call.session, call.book, clock=call.clock),
        *acts.list_proposals(call.session, call.book, clock=call.clock, rejected_since=since),
    ):
        no = one.rejection
        if no and is_followed(call.session, one.id):
            continue
        asked = acts.draft_proposed(call.session, call.book, one)
        funds = {leg.account.fund for leg in asked.legs}
        if len(funds) == 1 and call.may_list(f"fund/{(fund := next(iter(funds)))}"):
            line, amount = _line(
                "rejection" if no else "execution" if one.approved else "approval",
                str(one.id),
                _moved(asked),
                fund=fund,
                what=one.kind,
                parties=[asked.payee],
                since=(no.rejected_at if no else one.proposed_at).date(),
            )
            yield line.model_copy(update={"reason": no.reason if no else ""}), amount


def _moved(asked: Draft) -> Money | None:
    units = dict.fromkeys(leg.amount.unit for leg in asked.legs if leg.account.role in {"pool", "obligation"})
    unit = next(iter(units), asked.legs[0].amount.unit)
    return size(asked.legs, unit)


def _unsigned(call: Call) -> Iterator[Found]:
    listed = [one for one in waiting.list_proposed(call.session, call.book_id) if _seen(call, one[0])]
    for code, since in listed[:MOST_UNSIGNED]:
        stored = find_agreement(call.session, call.book, code)
        found, names = stored.agreement, stored.agreement.document.signatories
        most = [one.maximum for one in found.sources]
        yield _line(
            "signature",
            code,
            most[0] if len(most) == 1 else None,
            agreement=code,
            what=stored.lineage.newest.title,
            parties=dict.fromkeys(names[name] for name in found.missing),
            since=since,
        )


def _claims(call: Call) -> Iterator[Found]:
    for one in waiting.list_waiting_claims(call.session, call.book_id):
        if _seen(call, one.agreement):
            kind: WaitingKind = (
                "dispute" if one.disputed else "claim" if one.open_until is None else "settlement"
            )
            yield _line(
                kind, one.claim, agreement=one.agreement, what=", ".join(one.metrics), until=one.open_until
            )


def _owed_back(call: Call) -> Iterator[Found]:
    for one in waiting.list_owed_back(call.session, call.book_id):
        if _seen(call, one.agreement):
            yield _line("return", one.payout, one.amount, agreement=one.agreement, parties=[one.payee])


def _pledges(call: Call) -> Iterator[Found]:
    for one in promises.list_receivables(call.session, call.book_id):
        mine = call.access.role == "intermediary" or one.giver == call.party
        if mine and call.may_list(f"fund/{one.fund}"):
            yield _line("pledge", one.giver, one.amount, fund=one.fund, parties=[one.giver])


def _seen(call: Call, agreement: str) -> bool:
    return call.may_list(f"agreement/{agreement}")


def _sums(found: Iterable[Found]) -> list[WaitingSum]:
    """Sum by kind and unit; what has no amount is counted under no unit."""
    counts: dict[tuple[WaitingKind, str], int] = {}
    totals: dict[tuple[WaitingKind, str], Money] = {}
    for line, amount in found:
        place = (line.kind, line.unit)
        counts[place] = counts.get(place, 0) + 1
        if amount is not None:
            totals[place] = totals.get(place, zero(amount.unit)) + amount
    return [
        WaitingSum(
            kind=kind,
            unit=unit,
            count=count,
            amount=totals[kind, unit].text if (kind, unit) in totals else "",
        )
        for (kind, unit), count in sorted(counts.items())
    ]


OPERATIONS = (
    Operation(
        name="waiting.list",
        method="GET",
        path="/books/{book}/waiting",
        handler=list_waiting,
        tag="books",
        lists=True,
    ),
)
