"""What random lives of agreements brought to light, each as its smallest example."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from almoner import money
from almoner.contracts import acts
from almoner.contracts.records.agreements import find_agreement
from almoner.contracts.records.claims import find_claim
from almoner.contracts.settlement import Payout
from almoner.finance import acts as finance
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import (
    InsufficientFunds,
    MoneyFrozen,
    NotApproved,
    OverdrawnCommitment,
    UnlawfulTransition,
)

from .conftest import document_of
from .test_acts_disputing import dispute, kept, resolution, resolve, second
from .test_acts_ending import consent, end, stop

if TYPE_CHECKING:
    from .conftest import Desk


@pytest.fixture
def running(desk: "Desk", content: dict[str, Any]) -> "Desk":
    """It pays at once and recovers what is too much; the latest finding counts, for 30 days disputable."""
    content["clauses"][0]["on_decrease"] = "recover"
    content["metrics"]["nights"]["pool"] = "last"
    document = document_of(content, disputes={"days": 30}, verification={"pays": "provisional"})
    opened = replace(desk, document=document)
    opened.start()
    return opened


def ask_for_approval(desk: "Desk", least: str = "0.01") -> None:
    policy = ApprovalPolicy(kind="payout", least=money(least, "USD"), quorum=1, since=desk.clock())
    finance.set_policy(desk.session, "main", policy, key="policy", clock=desk.clock)


def settle(desk: "Desk", claim: str = "") -> None:
    acts.settle(desk.session, "main", "pact", claim, clock=desk.clock, maker="north-giver")


def payouts(desk: "Desk") -> list[tuple[str, str, str]]:
    rows = acts.list_payouts(desk.session, "main", "pact")
    return [(row.direction, row.amount.text, row.status) for row in rows]


def last(desk: "Desk") -> Payout:
    return acts.list_payouts(desk.session, "main", "pact")[-1]


def test_a_claim_that_was_undecided_at_the_end_is_decided_no_more(running: "Desk") -> None:
    made = running.claim("c1", "100")
    running.attach(made)
    end(running)
    with pytest.raises(UnlawfulTransition, match="terminated"):
        running.determine(running.finding(made, "100"))


def test_what_waits_and_is_less_by_another_finding_waits_for_less(running: "Desk") -> None:
    ask_for_approval(running)
    running.find("c1", "100")
    settle(running)
    assert payouts(running) == [("out", "1512.00", "waiting")]
    running.find("c2", "40")
    settle(running)
    assert payouts(running) == [("out", "1512.00", "void"), ("out", "604.80", "waiting")]
    assert acts.replay(running.session, "main", "pact").differences == ()


def test_what_is_owed_back_is_set_off_against_what_is_due_again(running: "Desk") -> None:
    for claim, value in (("c1", "100"), ("c2", "40"), ("c3", "90")):
        running.find(claim, value)
        settle(running, claim)
    assert payouts(running) == [
        ("out", "1512.00", "paid"),
        ("back", "907.20", "void"),
        ("back", "151.20", "owed"),
    ]
    assert acts.replay(running.session, "main", "pact").differences == ()


def test_what_waits_is_not_carried_out_in_dispute_or_while_suspended(running: "Desk") -> None:
    ask_for_approval(running)
    running.find("c1", "100")
    settle(running)
    stop(running)
    with pytest.raises(UnlawfulTransition, match="suspended"):
        acts.carry_out(running.session, "main", "pact", last(running).id, clock=running.clock)
    dispute(running)
    signed = consent(running, "resume", key="r1", reason="over")
    acts.resume(running.session, "main", "pact", signed, reason="over", key="r1", clock=running.clock)
    with pytest.raises(MoneyFrozen, match=r"1512\.00 USD rests on the claim 'c1'"):
        acts.carry_out(running.session, "main", "pact", last(running).id, clock=running.clock)


def test_settling_all_writes_nothing_when_one_step_is_refused(running: "Desk") -> None:
    ask_for_approval(running, "1000.00")
    running.find("c1", "10")
    running.find("c2", "100")
    before = acts.list_settlements(running.session, "main", "pact"), running.money()
    with pytest.raises(NotApproved):
        acts.settle(running.session, "main", "pact", clock=running.clock)
    assert (acts.list_settlements(running.session, "main", "pact"), running.money()) == before


def test_money_that_comes_back_to_a_pot_goes_back_to_who_paid_too_much_in(
    desk: "Desk", content: dict[str, Any]
) -> None:
    nothing = {"use": "0", "after_days": 30}
    content["metrics"]["nights"]["on_missing"] = nothing
    content["metrics"]["beds"] = {**content["metrics"]["nights"], "title": "Beds", "type": "bed/0"}
    content["accounts"] = {
        "kitty": {"title": "Kitty", "type": "USD/2", "kind": "pot", "holder": "city", "residual_to": "home"}
    }
    beds = {
        "op": "scale",
        "of": {"op": "obs", "metric": "beds"},
        "by": [{"op": "lit", "value": "15.12", "type": "USD/2 per bed/0"}],
        "as": "USD/2",
    }
    first = {**content["clauses"][0], "to": "kitty", "on_decrease": "recover"}
    content["clauses"] = [first, {**first, "id": "beds", "from": "kitty", "to": "home", "amount": beds}]
    content["limits"][0]["of"] = ["nights"]
    document = document_of(content, disputes={"days": 30}, verification={"pays": "provisional"})
    opened = replace(desk, document=document)
    opened.start()
    opened.find("beds", "100", metric="beds")
    made = opened.find("c1", "100")
    settle(opened)
    dispute(opened)
    none = second(opened, made, None)
    later = opened.at(fixed_clock(datetime(2028, 3, 1, tzinfo=UTC)))
    acts.resolve(
        opened.session, "main", "pact", resolution(opened, "overturned", none), none, clock=opened.clock
    )
    settle(later)
    owed = {
        row.payer: row for row in acts.list_payouts(opened.session, "main", "pact") if row.status == "owed"
    }
    assert set(owed) == {"city", "kitty"}
    back = owed["kitty"]
    acts.take_back(opened.session, "main", "pact", back.id, back.amount, key="b1", clock=later.clock)
    assert {row.status for row in acts.list_payouts(opened.session, "main", "pact")} == {"paid", "returned"}
    assert opened.money()[0] == "500000.00"


@pytest.fixture
def over(desk: "Desk") -> "Desk":
    """100 nights were found, paid and final, the agreement is measured; fraud can still be said."""
    late = desk.given(disputes={"days": 0, "late_days": 900})
    late.start()
    late.find("c1", "100")
    settle(late)
    ended = late.at(fixed_clock(datetime(2028, 2, 1, tzinfo=UTC)))
    acts.measure(ended.session, "main", "pact", by="city", clock=ended.clock)
    assert ended.money() == ("0.00", "1512.00", "598488.00")
    return ended


def spend_elsewhere(desk: "Desk", amount: str) -> None:
    given: dict[str, Any] = {"line": "transfer", "key": amount, "clock": desk.clock}
    finance.spend(desk.session, desk.fund, "quiet-owl", money(amount, "USD"), **given)


def test_a_late_dispute_sets_aside_again_what_another_finding_can_cost(over: "Desk") -> None:
    made = find_claim(over.session, find_agreement(over.session, "main", "pact"), "c1").claim
    raised = dispute(over, grounds="fraud")
    assert (raised.frozen, over.money()) == ({}, ("498488.00", "1512.00", "100000.00"))
    assert dispute(over, grounds="fraud") == raised
    with pytest.raises(InsufficientFunds):
        spend_elsewhere(over, "100000.01")
    spend_elsewhere(over, "100000.00")
    resolve(over, "partly", second(over, made, "40000"))
    assert over.money() == ("0.00", "600000.00", "0.00")


def test_a_late_dispute_sets_aside_what_the_fund_still_has(over: "Desk") -> None:
    made = find_claim(over.session, find_agreement(over.session, "main", "pact"), "c1").claim
    spend_elsewhere(over, "597000.00")
    dispute(over, grounds="fraud")
    assert over.money() == ("1488.00", "598512.00", "0.00")
    with pytest.raises(OverdrawnCommitment):
        resolve(over, "partly", second(over, made, "199"))
    assert over.money() == ("1488.00", "598512.00", "0.00")
    resolve(over, "partly", second(over, made, "150"))
    assert over.money() == ("0.00", "599268.00", "732.00")


@pytest.mark.parametrize("outcome", ["upheld", "overturned"])
def test_what_a_late_dispute_set_aside_is_free_when_nothing_more_is_found(over: "Desk", outcome: str) -> None:
    made = find_claim(over.session, find_agreement(over.session, "main", "pact"), "c1").claim
    dispute(over, grounds="fraud")
    resolve(over, outcome, None if outcome == "upheld" else second(over, made, None))
    assert over.money() == ("0.00", "1512.00", "598488.00")


def test_what_one_payer_frees_is_there_for_another_at_the_same_moment(
    desk: "Desk", content: dict[str, Any]
) -> None:
    priced = json.loads(json.dumps(content["clauses"][0]).replace("night", "bed"))
    content["parties"]["land"] = {"role": "outcome_payer"}
    content["metrics"]["beds"] = {**content["metrics"]["nights"], "title": "Beds", "type": "bed/0"}
    content["clauses"].append({**priced, "from": "land"})
    content["limits"] = [
        {"id": "city", "of": ["nights"], "max": "300000.00"},
        {"id": "land", "of": ["beds"], "max": "200000.00"},
    ]
    document = document_of(
        content,
        parties={**desk.document.parties, "land": "south-giver"},
        funding=[{"payer": payer, "fund": "shelter"} for payer in ("city", "land")],
        disputes={"days": 30, "late_days": 900},
        verification={"claim_days": 30, "pays": "provisional"},
    )
    both = replace(desk, document=document)
    both.start()
    for claim, metric, day in (("c1", "nights", 20), ("c2", "beds", 29)):
        then = both.at(fixed_clock(datetime(2028, 1, day, tzinfo=UTC)))
        then.find(claim, "100", metric=metric)
        settle(then)
    assert both.money() == ("496976.00", "3024.00", "100000.00")
    nights_closed, all_closed = (both.at(fixed_clock(datetime(2028, 2, day, tzinfo=UTC))) for day in (20, 29))
    given: dict[str, Any] = {"clock": nights_closed.clock, "key": "closed"}
    acts.follow_liability(both.session, "main", "pact", **given)
    assert both.money() == ("198488.00", "3024.00", "398488.00")
    spend_elsewhere(nights_closed, "398488.00")
    dispute(all_closed, grounds="fraud")
    assert (kept(all_closed), all_closed.money()[2]) == ("198488.00", "0.00")


def carry_out(desk: "Desk", one: Payout) -> str:
    """Approve a payout that waits and carry it out; gives what it is then."""
    assert one.proposal is not None
    given: dict[str, Any] = {"approver": "quiet-owl", "key": f"ok#{one.id}", "clock": desk.clock}
    finance.approve(desk.session, "main", one.proposal, **given)
    return acts.carry_out(desk.session, "main", "pact", one.id, clock=desk.clock).status


@pytest.fixture
def people(desk: "Desk", content: dict[str, Any]) -> "Desk":
    """Nights of each person, paid at once where somebody approves; the latest finding counts."""
    content["sets"] = {"people": {"title": "People", "most": 4}}
    content["metrics"]["nights"] |= {"per": ["people"], "domain": ["0", "400"], "pool": "last"}
    content["clauses"][0] |= {"each": ["people"], "on_decrease": "recover"}
    document = document_of(content, disputes={"days": 30}, verification={"pays": "provisional"})
    opened = replace(desk, document=document)
    opened.start()
    ask_for_approval(opened)
    for claim, name, value in (("c1", "ada", "100"), ("c2", "ben", "100")):
        opened.find(claim, value, of=(("people", name),))
        settle(opened, claim)
    return opened


def test_what_waits_for_another_claim_goes_on_in_a_dispute(people: "Desk") -> None:
    dispute(people)
    first, second_one = acts.list_payouts(people.session, "main", "pact")
    with pytest.raises(MoneyFrozen, match="rests on the claim 'c1'"):
        carry_out(people, first)
    assert carry_out(people, second_one) == "paid"


def test_what_waits_anew_for_several_claims_is_kept_back_for_each(people: "Desk") -> None:
    people.find("c3", "40", of=(("people", "ben"),))
    settle(people)
    waiting = ("out", "2116.80", "waiting")
    assert payouts(people) == [("out", "1512.00", "void"), ("out", "1512.00", "void"), waiting]
    dispute(people)
    with pytest.raises(MoneyFrozen, match="rests on a claim, which is in dispute"):
        carry_out(people, last(people))
    resolve(people, "upheld")
    assert (
        acts.carry_out(people.session, "main", "pact", last(people).id, clock=people.clock).status == "paid"
    )
