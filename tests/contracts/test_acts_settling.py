import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from almoner import Money, currency, money
from almoner.contracts import acts
from almoner.contracts.agreement import AgreementDocument, consent_bytes
from almoner.contracts.records import agreements, settlements
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import (
    AmountOutOfRange,
    EvidenceMissing,
    KeyReused,
    Missing,
    NotApproved,
    UnlawfulTransition,
)
from almoner.finance.signatures import sign_bytes

from .conftest import PARTIES, Content, document_of, secret_of

if TYPE_CHECKING:
    from .conftest import Desk

USD = currency("USD")
RATE = {"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}


def settle(desk: "Desk", claim: str = "", *, maker: str = "") -> list[tuple[str, str]]:
    """Settle, and tell what each step was for and what it made due."""
    made = acts.settle(desk.session, "main", "pact", claim, clock=desk.clock, maker=maker)
    return [
        (
            one.claim or one.cause,
            payout.amount.text if payout.direction == "out" else f"-{payout.amount.text}",
        )
        for one in made
        for payout in one.payouts
    ]


def payouts(desk: "Desk") -> list[tuple[str, str, str, str]]:
    listed = acts.list_payouts(desk.session, "main", "pact")
    return [(one.payer, one.payee, one.amount.text, one.status) for one in listed]


def consent(act: str, **said: str) -> dict[str, bytes]:
    """Everybody with money in the agreement signs an act."""
    content = consent_bytes("pact", act, **said)
    return {name: sign_bytes(secret_of(PARTIES[name]), content) for name in ("city", "home")}


def at(desk: "Desk", day: str) -> "Desk":
    return desk.at(fixed_clock(datetime.fromisoformat(day).replace(tzinfo=UTC)))


def rows_in(desk: "Desk") -> int:
    tables = ("event", "txn", "settlement", "entitlement", "obligation", "payout", "payout_paid")
    return sum(desk.session.scalar(text(f"SELECT count(*) FROM {one}")) or 0 for one in tables)  # noqa: S608  # names above


def consistent(desk: "Desk", code: str = "pact") -> None:
    again = acts.replay(desk.session, "main", code)
    assert again.differences == ()
    assert acts.replay(desk.session, "main", code).content == again.content
    assert finance.verify(desk.session, "main").findings == ()


def test_a_final_finding_is_paid_once_whatever_is_retried(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "1000")
    assert settle(desk, "c1") == [("c1", "15120.00")]
    before = rows_in(desk)
    assert settle(desk, "c1") == [("c1", "15120.00")]
    assert settle(desk) == []
    assert rows_in(desk) == before
    assert desk.money() == ("484880.00", "15120.00", "100000.00")
    assert payouts(desk) == [("city", "home", "15120.00", "paid")]
    consistent(desk)


def test_later_findings_pay_the_difference_and_what_limits_leave(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "30000")
    desk.find("c2", "5000")
    assert settle(desk) == [("c1", "453600.00"), ("c2", "46400.00")]
    last = acts.list_settlements(desk.session, "main", "pact")[-1].clauses[0]
    assert (last.earned.text, last.entitled.text) == ("529200.00", "500000.00")
    assert {name: cut.text for name, cut in last.cuts.items()} == {"most": "29200.00"}
    assert desk.money() == ("0.00", "500000.00", "100000.00")
    consistent(desk)


def test_nothing_is_due_before_a_finding_is_final(desk: "Desk") -> None:
    desk = desk.given(disputes={"days": 30})
    desk.start()
    made = desk.claim("c1", "100")
    with pytest.raises(EvidenceMissing, match="has no finding yet"):
        settle(desk, "c1")
    desk.attach(made)
    desk.determine(desk.finding(made, "100"))
    with pytest.raises(EvidenceMissing, match="can be disputed until 2026-02-14; it is 2026-01-15") as caught:
        settle(desk, "c1")
    assert caught.value.figures["claim"] == "c1"
    assert settle(desk) == []
    assert settle(at(desk, "2026-02-15T09:00")) == [("c1", "1512.00")]
    with pytest.raises(Missing):
        settle(desk, "c9")


def test_provisional_payment_does_not_wait(desk: "Desk") -> None:
    desk = desk.given(disputes={"days": 30}, verification={"pays": "provisional"})
    desk.start()
    desk.find("c1", "100")
    assert settle(desk) == [("c1", "1512.00")]


def test_a_suspended_agreement_pays_nothing(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "100")
    said = {"reason": "audit", "key": "s1"}
    signed = consent("suspend", **said)
    acts.suspend(desk.session, "main", "pact", signed, clock=desk.clock, **said)
    with pytest.raises(UnlawfulTransition):
        settle(desk)
    signed = consent("resume", **said)
    acts.resume(desk.session, "main", "pact", signed, clock=desk.clock, **said)
    assert settle(desk) == [("c1", "1512.00")]


def policy(desk: "Desk", quorum: int = 1) -> None:
    rule = ApprovalPolicy(kind="payout", least=money("1000.00", "USD"), quorum=quorum, since=desk.clock())
    finance.set_policy(desk.session, "main", rule, key="policy", clock=desk.clock)


def approve(desk: "Desk", party: str) -> None:
    (waiting,) = [one for one in acts.list_payouts(desk.session, "main", "pact") if one.status == "waiting"]
    assert waiting.proposal is not None
    proposal = finance.find_proposal(desk.session, "main", waiting.proposal, clock=desk.clock)
    signature = sign_bytes(secret_of(party), proposal.signing_bytes())
    finance.approve(
        desk.session, "main", proposal.id, approver=party, key=party, clock=desk.clock, signature=signature
    )


def test_a_payout_over_a_band_waits_until_others_than_its_maker_approve(desk: "Desk") -> None:
    desk.start()
    policy(desk)
    desk.find("c1", "50")
    desk.find("c2", "1000")
    before = rows_in(desk)
    assert settle(desk, "c1") == [("c1", "756.00")]
    with pytest.raises(NotApproved, match="needs 1 approvals"):
        settle(desk)
    assert rows_in(desk) > before
    assert settle(desk, maker="harbour-city") == [("c2", "15120.00")]
    assert payouts(desk)[1][3] == "waiting"
    assert desk.money() == ("499244.00", "756.00", "100000.00")
    waiting = acts.list_payouts(desk.session, "main", "pact")[1]
    with pytest.raises(NotApproved):
        acts.carry_out(desk.session, "main", "pact", waiting.id, clock=desk.clock)
    approve(desk, "arbiter")
    done = acts.carry_out(desk.session, "main", "pact", waiting.id, clock=desk.clock)
    assert (done.status, done.done.text) == ("paid", "15120.00")
    after = rows_in(desk)
    assert acts.carry_out(desk.session, "main", "pact", waiting.id, clock=desk.clock) == done
    assert rows_in(desk) == after
    assert desk.money() == ("484124.00", "15876.00", "100000.00")
    consistent(desk)


def latest(content: Content, on_decrease: str) -> Content:
    """The same terms, but the latest figure counts, and a decrease does what is said."""
    made = deepcopy(content)
    made["metrics"]["nights"]["pool"] = "last"
    made["clauses"][0]["on_decrease"] = on_decrease
    return made


@pytest.fixture
def of_terms(desk: "Desk") -> Callable[[Content], "Desk"]:
    """The desk with other terms."""

    def made(terms: Content) -> "Desk":
        return desk.given(terms=terms)

    return made


def test_what_proves_too_much_is_owed_back_and_comes_back_to_its_givers(
    content: Content, of_terms: Callable[[Content], "Desk"]
) -> None:
    desk = of_terms(latest(content, "recover"))
    desk.start()
    desk.find("c1", "1000")
    desk.find("c2", "400")
    assert settle(desk) == [("c1", "15120.00"), ("c2", "-9072.00")]
    owed = acts.list_payouts(desk.session, "main", "pact")[1]
    assert (owed.status, owed.party, owed.done.text) == ("owed", "night-shelter", "0.00")
    with pytest.raises(AmountOutOfRange, match=r"9072\.00 USD is owed back"):
        acts.take_back(
            desk.session, "main", "pact", owed.id, money("9072.01", "USD"), key="r0", clock=desk.clock
        )
    for key, amount, status in (("r1", "72.00", "part_returned"), ("r2", "9000.00", "returned")):
        for _ in range(2):
            back = acts.take_back(
                desk.session, "main", "pact", owed.id, money(amount, "USD"), key=key, clock=desk.clock
            )
            assert back.status == status
    with pytest.raises(KeyReused):
        acts.take_back(
            desk.session, "main", "pact", owed.id, money("1.00", "USD"), key="r1", clock=desk.clock
        )
    encumbered, _, _ = desk.money()
    assert encumbered == "493952.00"
    position = finance.position(desk.session, desk.fund)
    assert (position.disbursed - position.refunds).text == "6048.00"
    consistent(desk)


def test_what_is_set_off_or_kept_moves_no_money(
    content: Content, of_terms: Callable[[Content], "Desk"]
) -> None:
    for rule, third in (("offset", [("c3", "1512.00")]), ("keep", [("c3", "1512.00")])):
        desk = of_terms(latest(content, rule))
        with desk.session.begin_nested() as nested:
            desk.start()
            desk.find("c1", "1000")
            desk.find("c2", "400")
            assert settle(desk) == [("c1", "15120.00")]
            desk.find("c3", "1100")
            assert settle(desk) == third
            consistent(desk)
            nested.rollback()


def test_a_bundle_shares_what_it_earned_as_the_split_says(content: Content, desk: "Desk") -> None:
    made = deepcopy(content)
    made["parties"]["barge"] = {"role": "service_provider"}
    made["splits"] = {
        "actors": {
            "legs": [
                {"party": "home", "rank": 1, "max": "1000.00"},
                {"party": "barge", "rank": 2},
            ]
        }
    }
    made["clauses"][0]["to"] = "actors"
    names = {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab", "barge": "north-giver"}
    desk = desk.given(terms=made, parties=names)
    desk.start()
    desk.find("c1", "50")
    desk.find("c2", "50")
    assert settle(desk) == [("c1", "756.00"), ("c2", "512.00"), ("c2", "244.00")] or settle(desk) == []
    assert sorted(payouts(desk)) == [
        ("city", "barge", "512.00", "paid"),
        ("city", "home", "244.00", "paid"),
        ("city", "home", "756.00", "paid"),
    ]
    consistent(desk)


def waterfall(content: Content) -> Content:
    """Terms in which the city pays into a pot, out of which lenders are served before the provider."""
    made = deepcopy(content)
    made["parties"]["lender"] = {"role": "investor"}
    made["accounts"] = {
        "till": {
            "title": "What the city paid in",
            "type": "USD/2",
            "kind": "pot",
            "holder": "home",
            "residual_to": "home",
        }
    }
    made["clauses"][0]["to"] = "till"
    made["clauses"] += [
        {
            "op": "pay",
            "id": "lender_first",
            "from": "till",
            "to": "lender",
            "basis": "cumulative",
            "amount": {
                "op": "min",
                "of": [
                    {"op": "lit", "value": "1000.00", "type": "USD/2"},
                    {
                        "op": "scale",
                        "of": {"op": "obs", "metric": "nights"},
                        "by": [RATE],
                        "as": "USD/2",
                    },
                ],
            },
        }
    ]
    made["limits"] = [{"id": "most", "of": ["nights"], "max": "500000.00"}]
    return made


def test_a_pot_is_kept_in_the_fund_until_it_is_paid_out(content: Content, desk: "Desk") -> None:
    names = {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab", "lender": "north-giver"}
    desk = desk.given(terms=waterfall(content), parties=names)
    desk.start()
    desk.find("c1", "50")
    assert settle(desk) == [("c1", "756.00"), ("c1", "756.00")]
    desk.find("c2", "50")
    assert sorted(settle(desk)) == [("c2", "244.00"), ("c2", "756.00")]
    kept = finance.promised(desk.session, desk.fund, Promise("agreement", "pact:till"))
    assert kept.text == "512.00"
    assert finance.position(desk.session, desk.fund).disbursed.text == "1000.00"
    consistent(desk)


def test_who_pays_outside_the_book_owes_and_no_money_moves(desk: "Desk") -> None:
    desk = desk.given(funding=[])
    desk.start()
    desk.find("c1", "100")
    assert settle(desk) == [("c1", "1512.00")]
    assert payouts(desk) == [("city", "home", "1512.00", "outside")]
    assert desk.money() == ("0.00", "0.00", "600000.00")
    consistent(desk)


def test_a_payout_is_followed_from_its_givers_to_the_log(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "1000")
    settle(desk)
    finance.seal(desk.session, "main", secret=bytes(32), name="almoner.example/main", clock=desk.clock)
    (paid,) = acts.list_payouts(desk.session, "main", "pact")
    trail = acts.trace_payout(desk.session, "main", paid.id)
    assert acts.trace_payout(desk.session, "main", paid.transactions[0]) == trail
    assert sum(one.amount.minor for one in trail.contributions) == paid.amount.minor
    assert {one.giver for one in trail.contributions} == {"north-giver", "south-giver"}
    assert trail.claim is not None
    assert [one.sha256 for one in trail.evidence] == [one.evidence_sha256 for one in trail.determinations]
    assert "15.12 USD for each night" in " ".join(trail.clause.words)
    assert trail.proofs[paid.transactions[0]] is not None
    with pytest.raises(Missing):
        acts.trace_payout(desk.session, "main", trail.contributions[0].transaction.__class__(int=7))


def test_a_statement_says_what_each_party_paid_got_and_may_still_owe(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "1000")
    settle(desk)
    sheet = acts.party_statement(desk.session, "main", "pact", "city")
    clauses, paid, sources = sheet.sections
    assert [cell.text for cell in clauses.rows[0] if isinstance(cell, Money)] == ["15120.00", "15120.00"]
    assert len(paid.rows) == 1
    shown = [cell.text for cell in sources.rows[0] if isinstance(cell, Money)]
    assert shown == ["500000.00", "15120.00", "0.00", "0.00", "484880.00"]
    assert acts.party_statement(desk.session, "main", "pact", "lab").sections[1].rows == ()
    with pytest.raises(Missing):
        acts.party_statement(desk.session, "main", "pact", "nobody")


def test_a_replay_finds_rows_that_somebody_changed(kept_desk: "Desk") -> None:
    kept_desk.start()
    kept_desk.find("c1", "1000")
    settle(kept_desk)
    session = kept_desk.session
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER obligation_unchanged"))
    else:
        session.execute(text("ALTER TABLE obligation DISABLE TRIGGER append_only"))
    session.execute(text("UPDATE obligation SET due = due - 1"))
    assert acts.replay(session, "main", "pact").differences == (
        "2 obligations differ between the events and the tables",
    )


def test_stand_ins_wait_for_claims_that_are_not_decided(
    content: Content, of_terms: Callable[[Content], "Desk"]
) -> None:
    made = latest(content, "offset")
    made["metrics"]["nights"]["on_missing"] = {"use": "10"}
    desk = of_terms(made)
    desk.start()
    desk.claim("c1", "100")
    late = at(desk, "2028-02-01T09:00")
    assert settle(late) == []
    stored = agreements.find_agreement(desk.session, "main", "pact")
    assert settlements.read_books(desk.session, stored.id).standing == {}


def test_a_stand_in_is_paid_by_the_calendar_once_its_day_has_passed(
    content: Content, of_terms: Callable[[Content], "Desk"]
) -> None:
    made = latest(content, "offset")
    made["metrics"]["nights"]["on_missing"] = {"use": "10", "after_days": 30}
    desk = of_terms(made)
    desk.start()
    assert settle(at(desk, "2028-01-30T09:00")) == []
    assert settle(at(desk, "2028-02-01T09:00")) == [("calendar", "151.20")]
    assert settle(at(desk, "2028-02-02T09:00")) == []
    consistent(desk)


def test_an_agreement_on_another_takes_its_outcome_over_once_that_is_measured(
    desk: "Desk", content: Content
) -> None:
    desk.start()
    desk.find("c1", "1000")
    settle(desk)
    bonus = deepcopy(content)
    bonus["metrics"] = {
        "paid_there": {
            "title": "What the first agreement paid",
            "type": "USD/2",
            "domain": ["0", "500000.00"],
            "method": "agreement",
            "ref": {"terms": desk.document.terms.digest(), "output": "paid"},
        }
    }
    bonus["clauses"][0]["amount"] = {
        "op": "scale",
        "of": {"op": "obs", "metric": "paid_there"},
        "by": [{"op": "lit", "value": "0.10", "type": "USD/2 per USD/2"}],
        "as": "USD/2",
    }
    bonus["limits"] = [{"id": "most", "of": ["*"], "max": "20000.00"}]
    document: AgreementDocument = document_of(bonus)
    acts.draw_up(desk.session, "main", "bonus", document, clock=desk.clock)
    content_bytes = desk.stands("bonus").signing_bytes()
    signatures = {
        name: sign_bytes(secret_of(code), content_bytes) for name, code in document.signatories.items()
    }
    acts.sign(desk.session, "main", "bonus", signatures, clock=desk.clock)
    with pytest.raises(EvidenceMissing, match="pact can still change"):
        acts.refer(desk.session, "main", "bonus", "night-shelter", key="r1", clock=desk.clock)
    end = at(desk, "2028-03-01T09:00")
    acts.measure(desk.session, "main", "pact", by="city", clock=end.clock)
    made = acts.refer(end.session, "main", "bonus", "night-shelter", key="r1", clock=end.clock)
    assert made == acts.refer(end.session, "main", "bonus", "night-shelter", key="r1", clock=end.clock)
    assert json.loads(made.claim_bytes())["results"][0]["value"] == "15120.00"
    settled = acts.settle(end.session, "main", "bonus", clock=end.clock)
    assert [payout.amount.text for one in settled for payout in one.payouts] == ["1512.00"]
    consistent(desk, "bonus")
    with pytest.raises(Missing, match="observes no other"):
        acts.refer(end.session, "main", "pact", "night-shelter", key="r1", clock=end.clock)
