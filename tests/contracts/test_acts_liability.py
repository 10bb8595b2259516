"""What stays set aside follows what can still be owed, step by step, on both databases."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from almoner import money
from almoner.contracts import acts
from almoner.contracts.agreement import consent_bytes
from almoner.contracts.liability import PayerSums, closed_places, to_keep
from almoner.contracts.settlement import Settlement
from almoner.contracts.terms.compiled import compile_terms
from almoner.finance import acts as finance
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.errors import NotApproved, UnlawfulTransition
from almoner.finance.signatures import sign_bytes

from .conftest import document_of, secret_of
from .test_acts import written
from .test_acts_amending import amending, approve, make, most
from .test_acts_ending import close, consent, end, measure, on

if TYPE_CHECKING:
    from .conftest import Desk

Content = dict[str, Any]


def settle(desk: "Desk", claim: str = "") -> tuple[Settlement, ...]:
    return acts.settle(desk.session, "main", "pact", claim, clock=desk.clock)


def yearly(desk: "Desk", content: Content, **changes: object) -> "Desk":
    """Nights are counted and paid year by year; claims come within 90 days."""
    years = [{"id": f"y{at}", "ends_on": f"{2025 + at}-12-31"} for at in (1, 2)]
    content["calendar"]["periods"] = years
    content["metrics"]["nights"] |= {"per": ["period"], "domain": ["0", "10000"]}
    content["clauses"][0]["basis"] = "period"
    rules = {"verification": {"claim_days": 90}, **changes}
    return replace(desk, document=document_of(content, **rules))


def test_what_was_paid_and_can_come_again_stays_set_aside(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "10000")
    settle(desk, "c1")
    assert desk.money() == ("348800.00", "151200.00", "100000.00")
    before = written(desk)
    settle(desk, "c1")
    released = acts.follow_liability(desk.session, "main", "pact", clock=desk.clock, key="again")
    assert released == {"city": money("0.00", "USD")}
    assert written(desk) == before


def test_a_closed_year_frees_what_it_no_longer_can_cost(desk: "Desk", content: Content) -> None:
    at = yearly(desk, content)
    at.start()
    assert at.money()[0] == "302400.00"
    then = at.at(on("2027-01-10"))
    then.find("c1", "6000", period="y1")
    settle(then, "c1")
    assert then.money() == ("211680.00", "90720.00", "297600.00")
    late = at.at(on("2027-04-01"))
    released = acts.follow_liability(late.session, "main", "pact", clock=late.clock, key="spring")
    assert released == {"city": money("60480.00", "USD")}
    assert late.money() == ("151200.00", "90720.00", "358080.00")
    before = written(late)
    again = acts.follow_liability(late.session, "main", "pact", clock=late.clock, key="spring")
    assert again == {"city": money("0.00", "USD")}
    assert written(late) == before
    assert finance.verify(late.session, "main").findings == ()


def test_a_year_with_an_undecided_claim_stays_covered(desk: "Desk", content: Content) -> None:
    at = yearly(desk, content)
    at.start()
    made = at.at(on("2027-01-10")).claim("c1", "6000", period="y1")
    late = at.at(on("2027-04-01"))
    acts.follow_liability(late.session, "main", "pact", clock=late.clock, key="spring")
    assert late.money()[0] == "302400.00"
    late.attach(made)
    late.determine(late.finding(made, "5000"))
    acts.follow_liability(late.session, "main", "pact", clock=late.clock, key="unsettled")
    assert late.money()[0] == "302400.00"
    settle(late)
    assert late.money() == ("151200.00", "75600.00", "373200.00")


def test_a_finding_that_can_be_disputed_closes_nothing(desk: "Desk", content: Content) -> None:
    rules = {"claim_days": 90, "pays": "provisional"}
    at = yearly(desk, content, disputes={"days": 30}, verification=rules)
    at.start()
    early = at.at(on("2027-03-20"))
    early.find("c1", "6000", period="y1")
    settle(early, "c1")
    for day, held in (("2027-04-01", "211680.00"), ("2027-04-18", "211680.00"), ("2027-04-19", "151200.00")):
        late = at.at(on(day))
        acts.follow_liability(late.session, "main", "pact", clock=late.clock, key=day)
        assert late.money()[0] == held


def test_measured_and_closed_all_is_free_that_was_not_paid(desk: "Desk", content: Content) -> None:
    at = yearly(desk, content)
    at.start()
    then = at.at(on("2028-01-10"))
    then.find("c1", "6000", period="y2")
    over = at.at(on("2028-03-31"))
    assert measure(over) == "measured"
    with pytest.raises(UnlawfulTransition) as caught:
        close(over)
    assert caught.value.figures["open"] == ["claim c1 is not settled"]
    settle(over)
    assert over.money() == ("0.00", "90720.00", "509280.00")
    assert close(over) == {"city": "0.00"}
    before = written(over)
    assert close(over) == {"city": "0.00"}
    assert written(over) == before
    assert over.stands().state == "closed"


def test_an_undecided_claim_stops_measuring_and_lapses_when_all_terminate(
    desk: "Desk", content: Content
) -> None:
    at = yearly(desk, content)
    at.start()
    then = at.at(on("2027-01-10"))
    made = then.claim("c1", "6000", period="y1")
    over = at.at(on("2028-03-31"))
    with pytest.raises(UnlawfulTransition) as caught:
        measure(over)
    assert caught.value.figures["open"] == ["claim c1 is undecided"]
    assert end(over, "2028-03-31") == "terminated"
    assert over.money() == ("0.00", "0.00", "600000.00")
    over.attach(made)
    with pytest.raises(UnlawfulTransition, match="is terminated"):
        over.determine(over.finding(made, "6000"))
    assert close(over) == {"city": "0.00"}


def test_closing_waits_for_the_time_for_disputes_unless_all_give_it_up(
    desk: "Desk", content: Content
) -> None:
    rules = {"claim_days": 90, "pays": "provisional"}
    at = yearly(desk, content, disputes={"days": 30}, verification=rules)
    at.start()
    over = at.at(on("2028-03-30"))
    over.find("c1", "6000", period="y2")
    settle(over)
    over = at.at(on("2028-03-31"))
    assert measure(over) == "measured"
    with pytest.raises(UnlawfulTransition, match="claim c1 can be disputed before 2028-04-29"):
        close(over)
    with over.session.begin_nested() as point:
        given_up = consent(over, "close")
        released = acts.close(over.session, "main", "pact", clock=over.clock, signatures=given_up)
        assert released == {"city": money("60480.00", "USD")}
        assert over.stands().state == "closed"
        point.rollback()
    assert close(at.at(on("2028-04-29"))) == {"city": "60480.00"}


def test_what_is_owed_back_stops_closing_and_is_set_aside_again_when_it_came(
    desk: "Desk", content: Content
) -> None:
    content["clauses"][0]["on_decrease"] = "recover"
    content["metrics"]["nights"] |= {"pool": "last", "domain": ["0", "20000"]}
    back = replace(desk, document=document_of(content))
    back.start()
    assert back.money() == ("302400.00", "0.00", "297600.00")
    back.find("c1", "20000", on="2026-01-10")
    settle(back)
    assert back.money() == ("0.00", "302400.00", "297600.00")
    back.find("c2", "15000", on="2026-01-12")
    settle(back)
    assert back.money() == ("0.00", "302400.00", "297600.00")
    [owed] = [one for one in acts.list_payouts(back.session, "main", "pact") if one.status == "owed"]
    assert owed.amount == money("75600.00", "USD")
    acts.take_back(
        back.session, "main", "pact", owed.id, money("25600.00", "USD"), key="b1", clock=back.clock
    )
    assert back.money()[0] == "25600.00"
    assert measure(back, signatures=consent(back, "measure")) == "measured"
    assert back.money()[0] == "0.00"
    with pytest.raises(UnlawfulTransition) as caught:
        close(back)
    assert caught.value.figures["open"] == ["clause nights: home owes city 50000.00 USD"]
    acts.take_back(
        back.session, "main", "pact", owed.id, money("50000.00", "USD"), key="b2", clock=back.clock
    )
    assert close(back) == {"city": "0.00"}
    assert finance.verify(back.session, "main").findings == ()


def test_an_amendment_is_settled_on_what_was_found_and_covers_the_rest(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "40000")
    settle(desk)
    assert desk.money() == ("0.00", "500000.00", "100000.00")
    amendment = amending(desk, most("560000.00"))
    make(desk, amendment)
    assert approve(desk, amendment, "home").in_force
    assert desk.money() == ("0.00", "560000.00", "40000.00")
    steps = acts.list_settlements(desk.session, "main", "pact")
    assert [one.cause for one in steps] == ["determination", "amendment"]


def test_what_the_payee_keeps_after_an_amendment_takes_nothing_from_what_can_still_come(
    desk: "Desk", content: Content
) -> None:
    content["metrics"]["beds"] = {**content["metrics"]["nights"], "type": "bed/0", "domain": ["0", "1000"]}
    by = [{"op": "lit", "value": "10.00", "type": "USD/2 per bed/0"}]
    amount = {"op": "scale", "of": {"op": "obs", "metric": "beds"}, "by": by, "as": "USD/2"}
    content["clauses"].append({**content["clauses"][0], "id": "beds", "amount": amount})
    content["limits"] = [{"id": "most", "of": ["nights"], "max": "500000.00"}]
    both = replace(desk, document=document_of(content))
    both.start()
    both.find("c1", "40000")
    settle(both)
    assert both.money() == ("10000.00", "500000.00", "90000.00")
    amendment = amending(both, most("100000.00"), effective_on="2026-01-01", retroactive=True)
    make(both, amendment)
    approve(both, amendment, "home")
    assert both.money() == ("10000.00", "500000.00", "90000.00")
    both.find("c2", "1000", metric="beds")
    settle(both)
    assert both.money() == ("0.00", "510000.00", "90000.00")


def test_no_consent_to_close_is_one_for_another_agreement(desk: "Desk") -> None:
    desk.start()
    content = consent_bytes("other", "measure")
    wrong = {name: sign_bytes(secret_of(desk.stands().party_of(name)), content) for name in ("city", "home")}
    with pytest.raises(Exception, match="does not fit the bytes"):
        measure(desk, signatures=wrong)


def ask_for(desk: "Desk", kind: str) -> None:
    """Let everything of a kind need the approval of one party."""
    least = money("0.01", "USD")
    policy = ApprovalPolicy(kind=kind, least=least, quorum=1, since=desk.clock())
    finance.set_policy(desk.session, "main", policy, key=kind, clock=desk.clock)


def agree_to(desk: "Desk", refusal: NotApproved) -> None:
    """Propose what was refused, approve it and carry it out under the key that was refused."""
    made = finance.propose_refused(
        desk.session, "main", refusal, maker="north-giver", key="ask", clock=desk.clock
    )
    finance.approve(desk.session, "main", made.id, approver="quiet-owl", key="yes", clock=desk.clock)
    key = str(refusal.figures["key"])
    finance.execute(desk.session, "main", made.id, key=key, clock=desk.clock)


def test_what_is_set_aside_at_signing_is_approved_where_a_policy_asks(desk: "Desk") -> None:
    desk.draw_up()
    ask_for(desk, "encumbrance")
    with pytest.raises(NotApproved) as caught:
        desk.sign()
    assert (desk.stands().signed, desk.money()[0]) == ((), "0.00")
    agree_to(desk, caught.value)
    assert desk.sign().state == "active"
    assert desk.money() == ("500000.00", "0.00", "100000.00")


def test_a_release_that_needs_approval_waits_and_closing_says_so(desk: "Desk") -> None:
    desk.start()
    ask_for(desk, "release")
    assert measure(desk, signatures=consent(desk, "measure")) == "measured"
    assert desk.money()[0] == "500000.00"
    with pytest.raises(NotApproved):
        acts.follow_liability(desk.session, "main", "pact", clock=desk.clock, key="now", asking=True)
    with pytest.raises(NotApproved) as caught:
        close(desk)
    assert desk.stands().state == "measured"
    agree_to(desk, caught.value)
    assert close(desk) == {"city": "500000.00"}
    assert desk.money() == ("0.00", "0.00", "600000.00")


@pytest.mark.parametrize(
    ("maximum", "bound", "sums", "kept"),
    [
        (500, 500, PayerSums(), 500),
        (500, 300, PayerSums(owed=120, paid=120), 180),
        (500, 300, PayerSums(owed=120, paid=100, waiting=20), 180),
        (500, 300, PayerSums(owed=100, paid=100, frozen=50), 150),
        (150, 50, PayerSums(owed=0, paid=100), 50),  # 100 fell and is owed back, 50 can still be due
        (150, 150, PayerSums(owed=100, paid=100), 50),  # 100 fell and is kept
        (100, 100, PayerSums(owed=60, paid=100), 0),
        (100, 100, PayerSums(owed=60, paid=60), 40),
        (100, 0, PayerSums(owed=100, paid=100), 0),
        (100, 40, PayerSums(frozen=70), 0),
    ],
)
def test_what_is_kept_covers_what_can_come_and_never_more_than_was_proven(
    maximum: int, bound: int, sums: PayerSums, kept: int
) -> None:
    assert to_keep(maximum, bound, sums) == kept
    assert kept + sums.paid + sums.waiting + sums.frozen <= max(
        maximum, sums.paid + sums.waiting + sums.frozen
    )


def test_places_close_by_deadline_or_when_the_agreement_has_ended(desk: "Desk", content: Content) -> None:
    document = yearly(desk, content).document
    use = compile_terms(document.terms), document.verification
    y1, y2 = ("nights", "y1"), ("nights", "y2")
    assert closed_places(*use, "active", [], date(2027, 3, 31)) == ()
    assert closed_places(*use, "active", [], date(2027, 4, 1)) == (y1,)
    assert closed_places(*use, "active", [y1], date(2028, 4, 1)) == (y2,)
    assert closed_places(*use, "measured", [y2], date(2026, 1, 1)) == (y1,)
    never = document.verification.model_copy(update={"claim_days": None})
    assert closed_places(use[0], never, "active", [], date(2040, 1, 1)) == ()
