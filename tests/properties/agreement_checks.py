"""What must hold of an agreement at any time, and what the slow checks add: replay, ledger, trails."""

from typing import TYPE_CHECKING

from almoner.contracts.acts.replaying import replay
from almoner.contracts.acts.showing import list_payouts
from almoner.contracts.acts.tracing import trace_payout
from almoner.contracts.claims import digest_of
from almoner.contracts.records import agreements
from almoner.contracts.settlement import Payout
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise

from .agreement_book import (
    FUNDS,
    GIVERS,
    diff,
    evidence_of,
)

if TYPE_CHECKING:
    from .agreement_world import World


def compare(world: "World") -> None:
    """Hold the whole agreement against the model."""
    model = world.model
    stored = agreements.find_agreement(world.session, "main", world.code)
    assert stored.agreement.state == model.state
    if not stored.agreement.sources:
        return
    shown = {
        (row.position, row.clause, row.period, row.payer, row.payee): (
            row.amount.minor,
            row.direction == "back",
            row.route,
            row.status,
            row.done.minor,
            row.claim,
        )
        for row in list_payouts(world.session, "main", world.code)
    }
    expected = {
        row.name: (row.amount, row.back, row.route, row.status, row.done, row.claim) for row in model.payouts
    }
    assert shown == expected, diff(shown, expected)
    compare_money(world)


def compare_money(world: "World") -> None:
    """Nothing is set aside or paid beyond the proven bound, nor beyond the fund; what can come is covered."""
    model = world.model
    stored = agreements.find_agreement(world.session, "main", world.code)
    held: dict[str, int] = {}
    kept: dict[str, int] = {}
    free: dict[str, int] = {}
    for source in stored.agreement.sources:
        fund = world.funds[source.fund]
        promised = finance.promised(world.session, fund, Promise("agreement", source.promise)).minor
        payer = source.payer
        frozen, waiting, paid = model.kept_back(payer), model.waiting(payer), model.paid(payer)
        kept[payer] = promised
        held[source.fund] = held.get(source.fund, 0) + promised + frozen + waiting
        if payer in model.shape.pots:
            continue
        whole = promised + frozen + waiting + paid
        assert source.maximum.minor == model.maxima[payer]
        assert whole <= source.maximum.minor or not promised, (payer, promised, frozen, waiting, paid)
        world.highest[payer] = max(world.highest.get(payer, 0), source.maximum.minor)
        assert whole <= world.highest[payer]
    for code, fund in world.funds.items():
        position = finance.position(world.session, fund)
        assert position.encumbered.minor == held.get(code, 0), (code, position, held)
        balance = FUNDS[code] + model.other.get(code, 0) - model.spent(code)
        assert position.balance.minor == balance, (code, position, balance)
        assert position.free.minor == balance - held.get(code, 0) >= 0
        free[code] = position.free.minor
    require_covered(world, kept, free)


def require_covered(world: "World", kept: dict[str, int], free: dict[str, int]) -> None:
    """What any future could make due is set aside, unless it is still owed back.

    What was free again and is reopened by a late dispute is covered as far as its fund goes: then nothing is
    left free there.
    """
    model = world.model
    if model.state not in {"active", "suspended", "measured", "terminated"}:
        return
    for payer, due in model.most_due().items():
        if payer not in kept or payer in model.shape.pots:
            continue
        there = kept[payer] + model.kept_back(payer) + model.owed_back(payer)
        told = f"{payer} could owe {due} more, and {there} is kept for it"
        emptied = model.is_reopened() and not free[model.fund_of(payer)]
        assert due <= there or emptied, told


def prove_books(world: "World") -> None:
    """The slow checks: replay, ledger, trails."""
    first, second = (replay(world.session, "main", world.code) for _ in range(2))
    assert first.differences == ()
    assert first.content == second.content
    assert first.steps == world.model.position
    assert finance.verify(world.session, "main").findings == ()
    for row in list_payouts(world.session, "main", world.code):
        require_trail(world, row)


def require_trail(world: "World", row: Payout) -> None:
    """A payout leads to one decision in force, its evidence, its clause and its contributions."""
    trail = trace_payout(world.session, "main", row.id)
    assert trail.payout == row
    if row.transactions and row.route == "fund":
        given = sum(use.amount.minor for use in trail.contributions)
        assert given == (-row.done.minor if row.direction == "back" else row.done.minor), trail.contributions
        assert {use.giver for use in trail.contributions} <= set(GIVERS)
    assert trail.clause.words
    if not row.claim:
        return
    claim = world.model.claims[row.claim]
    assert trail.claim is not None
    assert trail.claim.code == claim.code
    found = [one for one in trail.determinations if one.round == trail.round]
    assert found
    digests = {one.sha256 for one in trail.evidence}
    assert {one.evidence_sha256 for one in found} <= digests
    assert digest_of(evidence_of(claim.code)) in digests
