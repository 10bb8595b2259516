from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import text

from almoner import money
from almoner.contracts import acts
from almoner.contracts.acts.recovering import carry_out
from almoner.contracts.acts.settling import settle
from almoner.contracts.agreement import frozen_promise, promise_of
from almoner.contracts.claims import Claim
from almoner.contracts.determinations import Determination
from almoner.contracts.disputes import Dispute, Resolution
from almoner.contracts.records import agreements, claims, disputes
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import (
    AlmonerError,
    DeterminationReplayed,
    DisputeRefused,
    EvidenceMissing,
    FundError,
    KeyReused,
    MoneyFrozen,
    NotIndependent,
    OverdrawnCommitment,
    SamePerson,
    SignatureInvalid,
    UnlawfulTransition,
)
from almoner.finance.ties import Tie

if TYPE_CHECKING:
    from .conftest import Desk

TIMED = {"days": 30, "late_days": 90}


@pytest.fixture
def timed(desk: "Desk") -> "Desk":
    """An active agreement whose findings can be disputed for 30 days, for fraud for 90."""
    opened = desk.given(disputes=TIMED)
    opened.start()
    return opened


def at(desk: "Desk", day: str) -> "Desk":
    return desk.at(fixed_clock(datetime.fromisoformat(day).replace(tzinfo=UTC)))


def dispute(desk: "Desk", key: str = "d1", **said: str) -> Dispute:
    asked: dict[str, Any] = {
        "by": "city",
        "grounds": "data_error",
        "statement": "Nights in March are counted twice.",
        **said,
    }
    return acts.dispute(desk.session, "main", "pact", "c1", key=key, clock=desk.clock, **asked)


def resolution(
    desk: "Desk", outcome: str, determination: Determination | None = None, **said: str
) -> Resolution:
    asked: dict[str, Any] = {
        "agreement": "pact",
        "dispute": "d1",
        "outcome": outcome,
        "resolver": desk.document.resolver,
        "reason": "The register was read again.",
        "determination_sha256": determination.digest() if determination else "",
        **said,
    }
    ended = Resolution(**asked)
    return desk.resolved(ended)


def resolve(
    desk: "Desk", outcome: str, determination: Determination | None = None, *, given: bool = True
) -> Dispute:
    ended = resolution(desk, outcome, determination)
    instead = determination if given else None
    return acts.resolve(desk.session, "main", "pact", ended, instead, clock=desk.clock)


def second(desk: "Desk", made: Claim, value: str | None, verifier: str = "second") -> Determination:
    return desk.finding(made, value, verifier, round=2)


def kept(desk: "Desk", dispute_code: str = "") -> str:
    """Tell what the fund keeps for the city: for the agreement, or for a dispute."""
    promise = promise_of("pact", "city")
    named = frozen_promise(promise, dispute_code) if dispute_code else promise
    return finance.promised(desk.session, desk.fund, Promise("agreement", named)).text


def paid(desk: "Desk") -> str:
    return desk.money()[1]


def refused(desk: "Desk", told: str, **said: str) -> AlmonerError:
    stored = agreements.find_agreement(desk.session, "main", "pact")
    before = (disputes.list_stored(desk.session, stored), desk.money())
    with pytest.raises(DisputeRefused, match=told) as caught:
        dispute(desk, **said)
    assert (disputes.list_stored(desk.session, stored), desk.money()) == before
    return caught.value


def test_a_dispute_keeps_back_exactly_what_the_finding_is_worth(timed: "Desk") -> None:
    timed.find("c1", "100")
    raised = dispute(timed)
    assert {payer: str(amount) for payer, amount in raised.frozen.items()} == {"city": "1512.00 USD"}
    assert (kept(timed), kept(timed, "d1")) == ("498488.00", "1512.00")
    assert dispute(timed) == raised
    assert timed.status("c1") == "disputed"


def test_frozen_money_is_not_paid_and_all_other_money_is(timed: "Desk") -> None:
    timed.find("c1", "100")
    timed.find("c2", "10")
    dispute(timed)
    later = at(timed, "2026-02-20")
    with pytest.raises(MoneyFrozen, match="kept back"):
        settle(timed.session, "main", "pact", "c1", clock=later.clock)
    settle(timed.session, "main", "pact", clock=later.clock)
    assert paid(timed) == "151.20"
    with pytest.raises(FundError):
        finance.pay_reserved(
            timed.session, timed.fund, Promise("agreement", promise_of("pact", "city")),
            money("498500.00", "USD"), "night-shelter", key="around", clock=later.clock,
        )  # fmt: skip


def test_a_finding_that_is_upheld_is_paid_at_once(timed: "Desk") -> None:
    timed.find("c1", "100")
    dispute(timed)
    ended = resolve(timed, "upheld")
    assert (ended.outcome, kept(timed, "d1"), paid(timed)) == ("upheld", "0.00", "1512.00")
    assert resolve(timed, "upheld") == ended
    assert (paid(timed), timed.status("c1")) == ("1512.00", "settled")


def test_a_finding_that_is_overturned_is_never_paid(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    dispute(timed)
    resolve(timed, "overturned", second(timed, made, None))
    settle(timed.session, "main", "pact", clock=at(timed, "2026-06-01").clock)
    assert (paid(timed), kept(timed, "d1"), kept(timed)) == ("0.00", "0.00", "500000.00")


def test_what_holds_in_part_is_paid_in_part_and_once(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    dispute(timed)
    found = second(timed, made, "60")
    resolve(timed, "partly", found)
    resolve(timed, "partly", found)
    settle(timed.session, "main", "pact", clock=at(timed, "2026-06-01").clock)
    assert paid(timed) == "907.20"
    stored = agreements.find_agreement(timed.session, "main", "pact")
    (decision,) = claims.decisions_in_force(timed.session, stored)
    assert (decision.round, decision.results[0].value, decision.final_on) == (2, "60", date(2026, 1, 15))


def test_a_second_evaluator_can_sign_before_the_resolver_decides(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    dispute(timed)
    found = second(timed, made, "60")
    timed.determine(found)
    assert (timed.status("c1"), paid(timed)) == ("disputed", "0.00")
    resolve(timed, "partly", found, given=False)
    assert paid(timed) == "907.20"


def test_the_resolver_can_determine_itself(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    dispute(timed)
    resolve(timed, "partly", second(timed, made, "50", "resolver"))
    assert paid(timed) == "756.00"


def test_who_determined_first_does_not_look_again(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    dispute(timed)
    with pytest.raises(SamePerson, match="count-lab has determined"):
        resolve(timed, "partly", second(timed, made, "60", "lab"))
    assert (timed.status("c1"), kept(timed, "d1")) == ("disputed", "1512.00")


def test_a_finding_that_a_dispute_has_ended_is_not_presented_again(timed: "Desk") -> None:
    made = timed.claim("c1", "100")
    timed.attach(made)
    first, third = timed.finding(made, "100"), timed.finding(made, "100", "second")
    timed.determine(first)
    dispute(timed)
    for again in (first, third):
        with pytest.raises(DeterminationReplayed, match="round 1"):
            timed.determine(again)
    resolve(timed, "overturned", second(timed, made, None))
    for again in (first, third):
        with pytest.raises(DeterminationReplayed, match="round 1"):
            timed.determine(again)


def test_a_finding_is_disputed_in_its_days_and_for_fraud_later(timed: "Desk") -> None:
    timed.find("c1", "100")
    error = refused(
        at(timed, "2026-02-14"), "until 2026-02-14, on fraud, conflict_of_interest until 2026-04-15"
    )
    assert error.figures["until"] == "2026-02-14"
    refused(at(timed, "2026-04-15"), "it is 2026-04-15", grounds="fraud")
    assert dispute(at(timed, "2026-04-14"), grounds="fraud").round == 1


def test_overturned_after_payment_the_money_is_owed_back(desk: "Desk", content: dict[str, Any]) -> None:
    content["clauses"][0]["on_decrease"] = "recover"
    timed = desk.given(terms=content, disputes=TIMED)
    timed.start()
    made = timed.find("c1", "100")
    later = at(timed, "2026-03-01")
    settle(timed.session, "main", "pact", clock=later.clock)
    assert paid(timed) == "1512.00"
    raised = dispute(later, grounds="fraud")
    assert raised.frozen == {}
    resolve(later, "overturned", second(later, made, None))
    rows = later.session.execute(text("SELECT direction, amount FROM payout ORDER BY direction")).all()
    assert [tuple(row) for row in rows] == [("back", 151200), ("out", 151200)]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"by": "quiet-owl"}, "not concerned"),
        ({"by": "resolver"}, "not concerned"),
        ({"grounds": "fraud"}, "does not admit the ground 'fraud'; it admits data_error"),
    ],
)
def test_only_those_concerned_dispute_on_admitted_grounds(
    desk: "Desk", said: dict[str, str], told: str
) -> None:
    strict = desk.given(disputes={"days": 30, "grounds": ["data_error"], "late_grounds": []})
    strict.start()
    strict.find("c1", "100")
    refused(strict, told, **said)
    assert dispute(strict, by="second").raised_by == "second"


def test_where_nobody_decides_nothing_is_disputed(desk: "Desk") -> None:
    alone = desk.given(disputes=TIMED, resolver="")
    alone.start()
    alone.find("c1", "100")
    refused(alone, "names nobody who decides")


def test_each_round_is_disputed_once(timed: "Desk") -> None:
    timed.find("c1", "100")
    dispute(timed)
    refused(timed, "'d1' is open", key="d2")
    resolve(timed, "upheld")
    refused(timed, "'d1' was upheld", key="d2", grounds="fraud")
    with pytest.raises(KeyReused, match="d1"):
        dispute(timed, statement="Something else.")


def test_what_is_undecided_is_not_disputed(timed: "Desk") -> None:
    timed.claim("c1", "100")
    refused(timed, "it is not decided; 0 of 1 verifiers")


def test_verifiers_that_disagree_are_brought_before_the_resolver(desk: "Desk") -> None:
    split = desk.given(disputes=TIMED, verification={"quorum": 2})
    split.start()
    made = split.claim("c1", "100")
    split.attach(made)
    split.determine(split.finding(made, "100"))
    split.determine(split.finding(made, "90", "second"))
    refused(split, "on the ground 'disagreement'", grounds="fraud")
    assert dispute(split, grounds="disagreement").frozen == {}
    with pytest.raises(DisputeRefused, match="no finding to uphold"):
        resolve(split, "upheld")
    resolve(split, "partly", second(split, made, "95", "resolver"))
    assert (paid(split), split.status("c1")) == ("1436.40", "settled")


def test_only_the_resolver_resolves_and_signs_what_it_says(timed: "Desk") -> None:
    timed.find("c1", "100")
    dispute(timed)
    other = resolution(timed, "upheld", resolver="second-lab")
    unsigned = replace(resolution(timed, "upheld"), signature=b"")
    turned = replace(resolution(timed, "upheld"), outcome="partly")
    for wrong, error in ((other, NotIndependent), (unsigned, SignatureInvalid), (turned, SignatureInvalid)):
        with pytest.raises(error):
            acts.resolve(timed.session, "main", "pact", wrong, clock=timed.clock)
    assert timed.status("c1") == "disputed"


def test_a_resolver_that_is_tied_to_the_money_does_not_decide(timed: "Desk") -> None:
    timed.find("c1", "100")
    dispute(timed)
    gift = money("1.00", "USD")
    finance.contribute(timed.session, timed.fund, "arbiter", gift, key="gift", clock=timed.clock)
    with pytest.raises(NotIndependent, match="arbiter is tied to shelter"):
        resolve(timed, "upheld")


@pytest.mark.parametrize(
    ("outcome", "value", "told"),
    [
        ("overturned", "60", "has findings"),
        ("partly", None, "has no findings"),
        ("upheld", "60", "upheld and names"),
    ],
)
def test_an_outcome_fits_the_determination_that_it_names(
    timed: "Desk", outcome: str, value: str | None, told: str
) -> None:
    made = timed.find("c1", "100")
    dispute(timed)
    with pytest.raises(DisputeRefused, match=told):
        resolve(timed, outcome, second(timed, made, value))
    assert (timed.status("c1"), kept(timed, "d1")) == ("disputed", "1512.00")


def test_a_determination_that_is_not_there_takes_nobodys_place(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    dispute(timed)
    with pytest.raises(DisputeRefused, match="no determination of round 2"):
        resolve(timed, "partly", second(timed, made, "60"), given=False)


def test_another_end_of_an_ended_dispute_is_refused(timed: "Desk") -> None:
    timed.find("c1", "100")
    dispute(timed)
    resolve(timed, "upheld")
    wrong = resolution(timed, "upheld", reason="Thought again.")
    with pytest.raises(DisputeRefused, match="resolved before: upheld"):
        acts.resolve(timed.session, "main", "pact", wrong, clock=timed.clock)


def test_when_all_who_have_money_in_it_waive_the_finding_is_final(timed: "Desk") -> None:
    timed.find("c1", "100")
    with pytest.raises(EvidenceMissing, match="can be disputed"):
        settle(timed.session, "main", "pact", "c1", clock=timed.clock)
    waived = [
        acts.waive(timed.session, "main", "pact", "c1", name, key=f"w-{name}", clock=timed.clock).state
        for name in ("city", "city", "home")
    ]
    assert waived == ["provisional", "provisional", "final"]
    settle(timed.session, "main", "pact", "c1", clock=timed.clock)
    assert paid(timed) == "1512.00"
    refused(timed, "could be disputed until 2026-01-15")


def test_who_waived_does_not_dispute_and_others_may(timed: "Desk") -> None:
    timed.find("c1", "100")
    acts.waive(timed.session, "main", "pact", "c1", "city", key="w", clock=timed.clock)
    refused(timed, "waived its right")
    dispute(timed, by="home")
    with pytest.raises(DisputeRefused, match="it is in dispute"):
        acts.waive(timed.session, "main", "pact", "c1", "home", key="w2", clock=timed.clock)


def test_a_verifier_has_no_right_to_waive(timed: "Desk") -> None:
    timed.find("c1", "100")
    with pytest.raises(DisputeRefused, match="lab has no money in it"):
        acts.waive(timed.session, "main", "pact", "c1", "lab", key="w", clock=timed.clock)


def test_a_suspended_agreement_resolves_nothing(timed: "Desk") -> None:
    timed.find("c1", "100")
    dispute(timed)
    stored = agreements.find_agreement(timed.session, "main", "pact")
    event = timed.session.execute(text("SELECT event_id FROM evidence")).scalar_one()
    timed.session.execute(
        text(
            "INSERT INTO agreement_move (agreement_id, no, state, from_no, from_state, event_id) "
            "VALUES (:id, :no, 'suspended', :before, 'active', :event)"
        ),
        {"id": stored.id, "no": stored.move + 1, "before": stored.move, "event": event},
    )
    with pytest.raises(UnlawfulTransition, match="suspended"):
        resolve(timed, "upheld")


def approved(desk: "Desk") -> None:
    """Let every payout of the fund wait for one approval."""
    policy = ApprovalPolicy(kind="payout", least=money("1.00", "USD"), quorum=1, since=desk.clock())
    finance.set_policy(desk.session, "main", policy, key="policy", clock=desk.clock)


def test_what_waits_for_approval_is_kept_back_and_waits_again_when_the_finding_stands(timed: "Desk") -> None:
    timed.find("c1", "100")
    approved(timed)
    later = at(timed, "2026-02-20")
    settle(timed.session, "main", "pact", clock=later.clock, maker="harbour-city")
    (proposal,) = later.session.scalars(text("SELECT proposal_id FROM payout_wait")).all()
    identity = UUID(bytes=proposal) if isinstance(proposal, bytes) else UUID(str(proposal))
    finance.approve(later.session, "main", identity, approver="quiet-owl", key="yes", clock=later.clock)
    dispute(later, grounds="fraud")
    with pytest.raises(OverdrawnCommitment), later.session.begin_nested():
        finance.execute(later.session, "main", identity, key="go", clock=later.clock)
    assert (paid(later), kept(later, "d1")) == ("0.00", "1512.00")
    resolve(later, "upheld")
    finance.execute(later.session, "main", identity, key="go", clock=later.clock)
    assert (paid(later), kept(later, "d1")) == ("1512.00", "0.00")


def test_what_waited_for_approval_on_a_finding_that_fell_is_never_paid(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    approved(timed)
    later = at(timed, "2026-02-20")
    settle(timed.session, "main", "pact", clock=later.clock, maker="harbour-city")
    dispute(later, grounds="fraud")
    resolve(later, "overturned", second(later, made, None))
    assert later.session.scalar(text("SELECT count(*) FROM payout_void")) == 1
    assert (paid(later), kept(later, "d1"), kept(later)) == ("0.00", "0.00", "500000.00")


def test_a_tie_that_comes_to_light_stops_the_payout_until_another_has_looked(timed: "Desk") -> None:
    made = timed.find("c1", "100")
    timed.find("c2", "10", verifier="second")
    later = at(timed, "2026-02-20")
    owned = Tie(
        kind="owns",
        from_party="night-shelter",
        to_party="count-lab",
        since=date(2026, 2, 1),
        source="trade register",
    )
    finance.tie(later.session, "main", owned, clock=later.clock)
    with pytest.raises(NotIndependent, match="night-shelter owns count-lab since 2026-02-01"):
        settle(later.session, "main", "pact", "c1", clock=later.clock)
    settle(later.session, "main", "pact", clock=later.clock)
    assert (paid(later), later.status("c1"), later.status("c2")) == ("151.20", "final", "settled")
    dispute(later, grounds="conflict_of_interest")
    with pytest.raises(NotIndependent, match="night-shelter owns count-lab"):
        resolve(later, "upheld")
    resolve(later, "partly", second(later, made, "100"))
    assert (paid(later), later.status("c1")) == ("1663.20", "settled")


def test_a_tie_that_comes_to_light_stops_what_waits_for_approval(timed: "Desk") -> None:
    timed.find("c1", "100")
    approved(timed)
    later = at(timed, "2026-02-20")
    (done,) = settle(timed.session, "main", "pact", "c1", clock=later.clock, maker="harbour-city")
    (payout,) = done.payouts
    assert payout.proposal is not None
    finance.approve(
        later.session, "main", payout.proposal, approver="quiet-owl", key="yes", clock=later.clock
    )
    held = Tie(
        kind="family",
        from_party="night-shelter",
        to_party="count-lab",
        since=date(2026, 2, 1),
        source="letter",
    )
    finance.tie(later.session, "main", held, clock=later.clock)
    with pytest.raises(NotIndependent, match="is family of"):
        carry_out(later.session, "main", "pact", payout.id, clock=later.clock)
    finance.end_tie(later.session, "main", held, date(2026, 2, 10), clock=later.clock)
    carry_out(later.session, "main", "pact", payout.id, clock=later.clock)
    assert paid(later) == "1512.00"
