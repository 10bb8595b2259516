"""What a proposal would do, over HTTP: each balance it touches, before and after.

The problem: who approves bytes approves a figure; whether the fund can bear it stands elsewhere. Here every
balance that would change is shown as it stands now and as it would stand, and where it would fall short.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from ...contracts.records.waiting import find_payout_of_proposal
from ...finance.documents import Code
from ...finance.ledger import Leg
from ...finance.money import Money, zero
from ...finance.records import entries
from ...finance.records.entries import AccountBalance
from ..door import Call
from ..operation import Operation
from ..wire.proposals import EffectLine, ProposalEffects
from .proposals import ONE, find_proposed

Place = tuple[str, str, str]


def read_effects(call: Call, fund: Code, proposal: UUID) -> ProposalEffects:
    """Return which balances a proposal would change, from what to what; nothing is written."""
    one, asked = find_proposed(call, fund, proposal)
    legs = asked.legs if one.open else ()
    known = {_place(row): row for row in entries.list_balances(call.session, call.book_id, fund)}
    lines = [
        line
        for place, of_place in _by_place(legs).items()
        for line in _lines(known.get(place), of_place[0], _changes(of_place))
    ]
    agreement, payout = find_payout_of_proposal(call.session, call.book_id, proposal) or (None, None)
    return ProposalEffects(
        proposal=proposal,
        payload_sha256=one.digest().hex(),
        agreement=agreement,
        payout=payout,
        items=lines,
    )


def _place(row: AccountBalance) -> Place:
    return row.account.path, row.account.unit.code, row.account.earmark


def _by_place(legs: Iterable[Leg]) -> dict[Place, list[Leg]]:
    found: dict[Place, list[Leg]] = {}
    for leg in legs:
        found.setdefault((leg.account.path, leg.amount.unit.code, leg.account.earmark), []).append(leg)
    return found


def _changes(legs: Iterable[Leg]) -> dict[str, int]:
    """Sum what legs on one account change: what it has, what is promised away or held, what it promises."""
    sums = {"settled": 0, "spoken": 0, "outstanding": 0}
    for leg in legs:
        grows = leg.side == leg.account.normal
        if leg.layer == "S":
            sums["settled"] += leg.amount.minor if grows else -leg.amount.minor
        elif not grows:
            sums["spoken"] += leg.amount.minor
        elif leg.layer == "E":
            sums["outstanding"] += leg.amount.minor
    return sums


def _lines(row: AccountBalance | None, leg: Leg, changes: dict[str, int]) -> Iterator[EffectLine]:
    account, unit = leg.account, leg.amount.unit
    none = zero(unit)
    settled, free, owed = (row.settled, row.free, row.outstanding) if row else (none, none, none)
    figures = (
        ("balance", settled, changes["settled"]),
        ("free", free, changes["settled"] - changes["spoken"]),
        ("promised", owed, changes["outstanding"]),
    )
    for figure, before, change in figures:
        if change and not (figure == "free" and account.role != "pool"):
            after = before + Money(minor=change, unit=unit)
            bottom = 0 if figure == "promised" else account.floor
            yield EffectLine(
                account=account.path,
                role=account.role,
                earmark=account.earmark,
                figure=figure,  # type: ignore[arg-type]  # one of the three above
                before=before.text,
                after=after.text,
                unit=unit.code,
                short=bottom is not None and after.minor < bottom,
            )


OPERATIONS = (
    Operation(
        name="proposal.effects",
        method="GET",
        path=f"{ONE}/effects",
        handler=read_effects,
        tag="proposals",
    ),
)
