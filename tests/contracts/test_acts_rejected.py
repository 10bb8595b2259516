"""A payout whose proposal was rejected: it stays due, its money stays aside, and it is proposed again."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DatabaseError
from tests.contracts.test_acts_settling import approve, consent, consistent, payouts, policy, settle

from almoner.contracts import acts
from almoner.contracts.records import waits
from almoner.contracts.settlement import Payout
from almoner.finance import acts as finance
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import AlreadyExists, ProposalRejected, UnlawfulTransition

if TYPE_CHECKING:
    from uuid import UUID

    from .conftest import Desk

MAKER = "harbour-city"


def waiting_in(desk: "Desk") -> tuple[Payout, "UUID"]:
    """Settle what waits for approval, and return it with its proposal."""
    desk.start()
    policy(desk)
    desk.find("c1", "1000")
    settle(desk, maker=MAKER)
    waiting = acts.list_payouts(desk.session, "main", "pact")[0]
    assert waiting.proposal is not None
    return waiting, waiting.proposal


def reject(desk: "Desk", proposal: "UUID") -> None:
    said = {"party": "arbiter", "reason": "Counted twice.", "key": f"no/{proposal}"}
    finance.reject(desk.session, "main", proposal, clock=desk.clock, **said)


def test_a_rejected_payout_stays_due_with_its_money_aside_and_is_proposed_again(desk: "Desk") -> None:
    waiting, proposal = waiting_in(desk)
    before, place = desk.money(), ("main", "pact", waiting.id)
    reject(desk, proposal)
    assert (payouts(desk)[0][3], desk.money()) == ("rejected", before)
    with pytest.raises(ProposalRejected, match="Counted twice"):
        acts.carry_out(desk.session, *place, clock=desk.clock)
    assert settle(desk, maker=MAKER) == []
    again = acts.propose_again(desk.session, *place, maker=MAKER, clock=desk.clock)
    assert (again.status, again.proposal == proposal) == ("waiting", False)
    assert acts.propose_again(desk.session, *place, maker=MAKER, clock=desk.clock) == again
    assert (again.claim, again.position) == (waiting.claim, waiting.position)
    approve(desk, "arbiter")
    assert acts.carry_out(desk.session, *place, clock=desk.clock).status == "paid"
    with pytest.raises(AlreadyExists, match="nothing is proposed"):
        acts.propose_again(desk.session, *place, maker=MAKER, clock=desk.clock)
    consistent(desk)


def test_the_database_lets_a_payout_wait_for_one_proposal_at_a_time(desk: "Desk") -> None:
    waiting, proposal = waiting_in(desk)
    draft = finance.draft_proposed(
        desk.session, "main", finance.find_proposal(desk.session, "main", proposal, clock=desk.clock)
    )
    other = finance.propose(desk.session, "main", draft, maker=MAKER, key="other", clock=desk.clock)
    with pytest.raises(DatabaseError, match="waits for one proposal"):
        waits.keep_wait(desk.session, waiting.id, other.id)


def test_an_agreement_with_a_rejected_payout_is_not_closed(desk: "Desk") -> None:
    _, proposal = waiting_in(desk)
    reject(desk, proposal)
    later = desk.at(fixed_clock(datetime(2028, 6, 1, tzinfo=UTC)))
    acts.measure(later.session, "main", "pact", by="city", clock=later.clock)
    with pytest.raises(UnlawfulTransition, match="was rejected, and is proposed again"):
        acts.close(later.session, "main", "pact", clock=later.clock, signatures=consent("close"))
