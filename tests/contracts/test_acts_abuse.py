"""What somebody tries who wants to be paid twice, to confirm himself, or to leave money stuck."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from almoner import money
from almoner.contracts import acts
from almoner.contracts.agreement import Grounds, consent_bytes
from almoner.contracts.amendments import ProposedAmendment, amendment_bytes
from almoner.contracts.claims import Claim
from almoner.contracts.determinations import Determination
from almoner.contracts.disputes import Dispute, Resolution
from almoner.contracts.measurement.frames import read_rows
from almoner.contracts.settlement import Settlement
from almoner.contracts.terms.amendment import Amendment
from almoner.finance import acts as finance
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.dates import fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import (
    AlreadyClaimed,
    AlreadyExists,
    DisputeRefused,
    EarmarkExpired,
    EvidenceMissing,
    MoneyFrozen,
    NotAllowed,
    NotIndependent,
    OutsideDomain,
    SamePerson,
    TermError,
    UnlawfulTransition,
)
from almoner.finance.ledger import Details
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.ties import Tie

from .conftest import document_of, secret_of

if TYPE_CHECKING:
    from .conftest import Content, Desk

TIMED = {"days": 30, "late_days": 90}


def at(desk: "Desk", day: str) -> "Desk":
    return desk.at(fixed_clock(datetime.fromisoformat(day).replace(tzinfo=UTC)))


def settle(desk: "Desk", code: str = "pact", *, maker: str = "") -> tuple[Settlement, ...]:
    return acts.settle(desk.session, "main", code, clock=desk.clock, maker=maker)


def amounts(settled: tuple[Settlement, ...]) -> list[str]:
    return [payout.amount.text for one in settled for payout in one.payouts]


def paid(desk: "Desk") -> str:
    return desk.money()[1]


def written_on(desk: "Desk", content: "Content", pool: str) -> None:
    """Let an agreement ``bonus`` pay a tenth of what ``pact`` has paid."""
    terms = deepcopy(content)
    terms["metrics"] = {
        "paid_there": {
            "title": "What the first agreement paid",
            "type": "USD/2",
            "domain": ["0", "500000.00"],
            "method": "agreement",
            "pool": pool,
            "ref": {"terms": desk.document.terms.digest(), "output": "paid"},
        }
    }
    rate = {"op": "lit", "value": "0.10", "type": "USD/2 per USD/2"}
    seen = {"op": "obs", "metric": "paid_there"}
    terms["clauses"][0]["amount"] = {"op": "scale", "of": seen, "by": [rate], "as": "USD/2"}
    terms["limits"] = [{"id": "most", "of": ["*"], "max": "20000.00"}]
    replace(desk, document=document_of(terms)).start("bonus")


def refer(desk: "Desk", key: str) -> Claim:
    return acts.refer(desk.session, "main", "bonus", "night-shelter", key=key, clock=desk.clock)


@pytest.mark.parametrize("pool", ["sum", "last"])
def test_what_another_agreement_came_to_is_taken_over_once(
    desk: "Desk", content: "Content", pool: str
) -> None:
    desk.start()
    desk.find("c1", "1000")
    settle(desk)
    written_on(desk, content, pool)
    end = at(desk, "2028-03-01")
    acts.measure(end.session, "main", "pact", by="city", clock=end.clock)
    refer(end, "r1")
    with pytest.raises(AlreadyClaimed, match="claimed already, by r1"):
        refer(end, "r2")
    assert amounts(settle(end, "bonus")) == ["1512.00"]


def test_what_is_decided_and_not_settled_can_still_change_what_an_agreement_comes_to(
    desk: "Desk", content: "Content"
) -> None:
    desk.start()
    desk.find("c1", "1000")
    settle(desk)
    desk.find("c2", "500")
    written_on(desk, content, "last")
    end = at(desk, "2028-03-01")
    acts.measure(end.session, "main", "pact", by="city", clock=end.clock)
    with pytest.raises(EvidenceMissing, match="every finding is settled"):
        refer(end, "r1")
    settle(end)
    assert refer(end, "r1").results[0].value == "22680.00"


def dispute(desk: "Desk", grounds: Grounds = "data_error") -> Dispute:
    asked: dict[str, Any] = {"by": "city", "grounds": grounds, "statement": "March is counted twice."}
    return acts.dispute(desk.session, "main", "pact", "c1", key="d1", clock=desk.clock, **asked)


def second(desk: "Desk", made: Claim, value: str | None) -> Determination:
    return desk.finding(made, value, "second", round=2)


def resolve(
    desk: "Desk", outcome: str, instead: Determination | None = None, *, on: date | None = None
) -> Dispute:
    asked: dict[str, Any] = {"outcome": outcome, "determination_sha256": instead.digest() if instead else ""}
    ended = Resolution(
        agreement="pact", dispute="d1", resolver=desk.document.resolver, reason="Read again.", **asked
    )
    given: Mapping[str, Any] = {"clock": desk.clock, "details": Details(on=on)}
    return acts.resolve(desk.session, "main", "pact", desk.resolved(ended), instead, **given)


def consent(desk: "Desk", act: str, **said: str) -> dict[str, bytes]:
    content = consent_bytes("pact", act, **said)
    parties = desk.stands().document.interested
    return {name: sign_bytes(secret_of(code), content) for name, code in parties.items()}


def test_a_finding_that_was_upheld_keeps_nothing_open(desk: "Desk") -> None:
    timed = desk.given(disputes=TIMED)
    timed.start()
    timed.find("c1", "100")
    dispute(timed)
    resolve(timed, "upheld")
    signed = consent(timed, "measure")
    acts.measure(timed.session, "main", "pact", by="city", clock=timed.clock, signatures=signed)
    assert timed.money() == ("0.00", "1512.00", "598488.00")
    acts.close(timed.session, "main", "pact", clock=timed.clock)
    assert timed.stands().state == "closed"


def test_nobody_confirms_what_he_claimed(desk: "Desk", content: "Content") -> None:
    desk.start()
    for judge in ("lab", "second", "resolver"):
        with pytest.raises(NotAllowed, match="verifies or decides"):
            desk.claim(f"by-{judge}", "100", by=judge)
    stated = deepcopy(content)
    stated["metrics"]["nights"]["by"] = "lab"
    stated["limits"][0]["max"] = "5000.00"
    told = replace(desk, document=document_of(stated))
    told.start("told")
    made = told.claim("c1", "100", by="lab", code="told")
    told.attach(made)
    with pytest.raises(SamePerson, match="made the claim"):
        told.determine(told.finding(made, "100", "lab"))
    told.determine(told.finding(made, "100", "second"))
    assert amounts(settle(told, "told")) == ["1512.00"]


def test_who_states_a_metric_is_not_needed_to_confirm_it(desk: "Desk", content: "Content") -> None:
    stated = deepcopy(content)
    stated["metrics"]["nights"]["by"] = "lab"
    alone = replace(desk, document=document_of(stated, verifiers={}))
    with pytest.raises(NotIndependent, match="count-lab states nights and cannot confirm it"):
        alone.draft()


def test_one_key_does_not_make_a_quorum_of_two(desk: "Desk") -> None:
    twin = Party(code="twin-lab", name="Twin", public_key=public_key(secret_of("count-lab")))
    finance.register_party(desk.session, "main", twin)
    two = desk.given(verifiers={"second": "twin-lab"}, verification={"quorum": 2})
    with pytest.raises(NotIndependent, match="count-lab and twin-lab have one key"):
        two.draw_up()
    deciding = desk.given(resolver="twin-lab")
    with pytest.raises(NotIndependent, match="count-lab and twin-lab have one key"):
        deciding.draw_up()


def amend(desk: "Desk", path: str, value: object, *, maker: str = "") -> ProposedAmendment:
    """Let the city make an amendment, and the home approve it."""
    content = {
        "schema": "almoner.amendment/1",
        "of": desk.document.terms.digest(),
        "effective_on": "2026-01-01",
        "reason": "as agreed",
        "changes": [{"op": "replace", "path": path, "value": value}],
    }
    made = Amendment.read(json.dumps(content))
    told = amendment_bytes("pact", "a1", made)
    by_city, by_home = (
        sign_bytes(secret_of(desk.stands().party_of(name)), told) for name in ("city", "home")
    )
    given: Mapping[str, Any] = {"key": "a1", "clock": desk.clock}
    acts.propose_amendment(desk.session, "main", "pact", made, by="city", signature=by_city, **given)
    asked: Mapping[str, Any] = {"clock": desk.clock, "maker": maker}
    return acts.approve_amendment(desk.session, "main", "pact", "a1", {"home": by_home}, **asked)


def test_an_amendment_of_a_suspended_agreement_pays_once_it_is_resumed(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "100")
    settle(desk)
    said = {"key": "s1", "reason": "audit"}
    signed = consent(desk, "suspend", **said)
    acts.suspend(desk.session, "main", "pact", signed, clock=desk.clock, **said)
    assert amend(desk, "/clauses/0/amount/by/0/value", "20.00").in_force
    assert paid(desk) == "1512.00"
    signed = consent(desk, "resume", **said)
    acts.resume(desk.session, "main", "pact", signed, clock=desk.clock, **said)
    assert (amounts(settle(desk)), paid(desk)) == (["488.00"], "2000.00")
    assert acts.replay(desk.session, "main", "pact").differences == ()


def test_a_claim_that_lapsed_keeps_nobody_from_what_stands_in(desk: "Desk", content: "Content") -> None:
    terms = deepcopy(content)
    terms["metrics"]["nights"] |= {"pool": "last", "on_missing": {"use": "10", "after_days": 30}}
    made = replace(desk, document=document_of(terms))
    made.start()
    made.claim("c1", "100")
    end = at(made, "2028-03-20")
    signed = consent(made, "terminate", reason="over", on="2028-03-01")
    acts.terminate(end.session, "main", "pact", signed, on=date(2028, 3, 1), reason="over", clock=end.clock)
    assert amounts(settle(end)) == ["151.20"]


def test_who_carries_a_proposal_out_himself_does_not_escape_a_dispute(desk: "Desk") -> None:
    timed = desk.given(disputes=TIMED)
    timed.start()
    made = timed.find("c1", "100")
    rule = ApprovalPolicy(kind="payout", least=money("1.00", "USD"), quorum=1, since=timed.clock())
    finance.set_policy(timed.session, "main", rule, key="policy", clock=timed.clock)
    later = at(timed, "2026-02-20")
    (settled,) = settle(later, maker="harbour-city")
    proposal = settled.payouts[0].proposal
    assert proposal is not None
    finance.approve(later.session, "main", proposal, approver="quiet-owl", key="yes", clock=later.clock)
    finance.execute(later.session, "main", proposal, key="own", clock=later.clock)
    assert dispute(later, grounds="fraud").frozen == {}
    resolve(later, "overturned", second(later, made, None))
    told = [(one.direction, one.status) for one in acts.list_payouts(later.session, "main", "pact")]
    assert (told[0], paid(later)) == (("out", "paid"), "1512.00")


@pytest.mark.parametrize("days", [0, 30])
def test_an_amendment_leaves_room_for_what_was_decided(desk: "Desk", days: int) -> None:
    timed = desk.given(disputes={"days": days})
    timed.start()
    timed.find("c1", "100")
    with pytest.raises(OutsideDomain, match="with what was decided: nights would be 100"):
        amend(timed, "/metrics/nights/domain", ["0", "50"])
    assert amounts(settle(at(timed, "2026-06-01"))) == ["1512.00"]


def tied(desk: "Desk") -> None:
    """Let it come to light that the home owns who verified."""
    since = date(2026, 2, 1)
    owned = Tie(kind="owns", from_party="night-shelter", to_party="count-lab", since=since, source="register")
    finance.tie(desk.session, "main", owned, clock=desk.clock)


def test_a_finding_that_a_tie_keeps_from_being_paid_is_disputed_however_late(desk: "Desk") -> None:
    timed = desk.given(disputes={"days": 5, "late_days": 5})
    timed.start()
    made = timed.find("c1", "100")
    later = at(timed, "2026-03-20")
    with pytest.raises(DisputeRefused, match="could be disputed until 2026-01-20"):
        dispute(later, grounds="conflict_of_interest")
    tied(later)
    assert settle(later) == ()
    dispute(later, grounds="conflict_of_interest")
    resolve(later, "partly", second(later, made, "90"))
    assert paid(later) == "1360.80"


def test_everybody_together_gives_up_a_finding_that_a_tie_keeps_from_being_paid(desk: "Desk") -> None:
    alone = desk.given(resolver="")
    alone.start()
    alone.find("c1", "100")
    later = at(alone, "2028-03-20")
    tied(later)
    acts.measure(later.session, "main", "pact", by="city", clock=later.clock)
    with pytest.raises(UnlawfulTransition, match="c1 is not paid: who determined it is tied"):
        acts.close(later.session, "main", "pact", clock=later.clock)
    signed = consent(later, "close")
    released = acts.close(later.session, "main", "pact", clock=later.clock, signatures=signed)
    assert (later.money(), str(released["city"])) == (("0.00", "0.00", "600000.00"), "500000.00 USD")


def test_a_late_dispute_can_find_more_than_is_still_set_aside(desk: "Desk") -> None:
    timed = desk.given(disputes={"days": 0, "late_days": 900})
    timed.start()
    made = timed.find("c1", "100")
    settle(timed)
    end = at(timed, "2028-02-01")
    acts.measure(end.session, "main", "pact", by="city", clock=end.clock)
    assert end.money() == ("0.00", "1512.00", "598488.00")
    dispute(end, grounds="fraud")
    resolve(end, "partly", second(end, made, "200"))
    assert end.money() == ("0.00", "3024.00", "596976.00")


@pytest.mark.parametrize("code", ["pact:city:frozen", "pact#c1", " "])
def test_no_code_makes_one_agreements_money_anothers(desk: "Desk", code: str) -> None:
    with pytest.raises(TermError, match="cannot be the code of an agreement"):
        desk.draft(code)


def test_no_payer_is_named_like_what_a_dispute_keeps_back(desk: "Desk", content: "Content") -> None:
    terms = json.loads(json.dumps(content).replace('"city"', '"city:frozen:d1"'))
    parties = {"city:frozen:d1": "harbour-city", "home": "night-shelter", "lab": "count-lab"}
    funding = [{"payer": "city:frozen:d1", "fund": "shelter"}]
    named = replace(desk, document=document_of(terms, parties=parties, funding=funding))
    with pytest.raises(TermError, match="which names what is kept"):
        named.draft()


def test_what_was_computed_anew_is_kept_back_for_the_claim_it_rests_on(
    desk: "Desk", content: "Content"
) -> None:
    terms = deepcopy(content)
    terms["clauses"][0]["on_decrease"] = "recover"
    made = replace(desk, document=document_of(terms, disputes=TIMED, verification={"pays": "provisional"}))
    made.start()
    claim = made.find("c1", "100")
    rule = ApprovalPolicy(kind="payout", least=money("1.00", "USD"), quorum=1, since=made.clock())
    finance.set_policy(made.session, "main", rule, key="policy", clock=made.clock)
    settle(made, maker="harbour-city")
    amend(made, "/clauses/0/amount/by/0/value", "10.00", maker="harbour-city")
    first, anew = acts.list_payouts(made.session, "main", "pact")
    assert (first.status, anew.status, anew.claim, anew.amount.text) == ("void", "waiting", "", "1000.00")
    dispute(made)
    assert anew.proposal is not None
    finance.approve(made.session, "main", anew.proposal, approver="quiet-owl", key="yes", clock=made.clock)
    given: Mapping[str, Any] = {"payout": anew.id, "clock": made.clock}
    with pytest.raises(MoneyFrozen, match="rests on a claim, which is in dispute"):
        acts.carry_out(made.session, "main", "pact", **given)
    resolve(made, "overturned", second(made, claim, None))
    with pytest.raises(AlreadyExists, match="was given up"):
        acts.carry_out(made.session, "main", "pact", **given)
    assert made.money() == ("400000.00", "0.00", "200000.00")


def test_what_was_computed_anew_is_paid_when_the_finding_stands(desk: "Desk", content: "Content") -> None:
    terms = deepcopy(content)
    terms["clauses"][0]["on_decrease"] = "recover"
    made = replace(desk, document=document_of(terms, disputes=TIMED, verification={"pays": "provisional"}))
    made.start()
    made.find("c1", "100")
    rule = ApprovalPolicy(kind="payout", least=money("1.00", "USD"), quorum=1, since=made.clock())
    finance.set_policy(made.session, "main", rule, key="policy", clock=made.clock)
    settle(made, maker="harbour-city")
    amend(made, "/clauses/0/amount/by/0/value", "10.00", maker="harbour-city")
    dispute(made)
    resolve(made, "upheld")
    anew = acts.list_payouts(made.session, "main", "pact")[-1]
    assert anew.proposal is not None
    finance.approve(made.session, "main", anew.proposal, approver="quiet-owl", key="yes", clock=made.clock)
    acts.carry_out(made.session, "main", "pact", anew.id, clock=made.clock)
    assert paid(made) == "1000.00"


def brought(desk: "Desk", key: str) -> Claim:
    """Import two milestones, claim, evidence and determine them."""
    rows = read_rows(b"person,metric,achieved_on\nA,nights,2026-02-01\nB,nights,2026-02-01\n")
    given: Mapping[str, Any] = {"key": f"rows-{key}", "secret": b"kept by the home", "clock": desk.clock}
    acts.import_rows(desk.session, "main", "pact", rows, **given)
    results = acts.claimed_results(desk.session, "main", "pact", f"rows-{key}")
    home = "night-shelter"
    told: Mapping[str, Any] = {"key": key, "dataset": f"rows-{key}", "clock": desk.clock}
    made = acts.claim(desk.session, "main", "pact", results, home, **told)
    desk.attach(made)
    desk.determine(desk.finding(made, "2"))
    return made


def test_rows_that_did_not_hold_and_were_brought_again_are_paid_once(desk: "Desk") -> None:
    timed = at(desk.given(disputes={"days": 30, "late_days": 900}), "2026-06-01")
    timed.start()
    made = brought(timed, "c1")
    dispute(timed)
    resolve(timed, "overturned", second(timed, made, None))
    brought(at(timed, "2026-07-05"), "c2")
    late = at(timed, "2026-09-05")
    settle(late)
    again: Mapping[str, Any] = {"by": "home", "grounds": "fraud", "statement": "It held.", "key": "d2"}
    acts.dispute(late.session, "main", "pact", "c1", clock=late.clock, **again)
    with pytest.raises(AlreadyClaimed, match="brought again, by rows-c2"):
        late.determine(late.finding(made, "2", "resolver", round=3))
    assert paid(late) == "30.24"


def test_a_finding_is_upheld_after_the_earmark_that_bears_it_has_expired(
    desk: "Desk", content: "Content"
) -> None:
    ends = {"admits": {"region": ("harbour",)}, "valid_until": date(2026, 3, 1)}
    earmark: Mapping[str, Any] = {"code": "harbour", "title": "Harbour", **ends}
    finance.open_earmark(desk.session, "main", Earmark(**earmark))
    given: Mapping[str, Any] = {"key": "more", "clock": desk.clock, "earmark": "harbour"}
    finance.contribute(desk.session, desk.fund, "north-giver", money("500000.00", "USD"), **given)
    funding = [{"payer": "city", "fund": "shelter", "use": {"region": "harbour"}}]
    made = replace(desk, document=document_of(content, funding=funding, disputes=TIMED))
    made.start()
    made.find("c1", "100")
    dispute(made)
    later = at(made, "2026-04-01")
    with pytest.raises(EarmarkExpired):
        resolve(later, "upheld")
    resolve(later, "upheld", on=date(2026, 2, 20))
    assert paid(later) == "1512.00"
