"""Claims, evidence, determinations and settlements on both databases: who may say what, and paid once."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from almoner import Money, money
from almoner.contracts import acts
from almoner.contracts.records.tables import CLAIM, DETERMINATION, EVIDENCE, SETTLEMENT
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.verification import Determination
from almoner.finance import acts as finance
from almoner.finance.errors import (
    AlmonerError,
    AlreadyDetermined,
    EvidenceMissing,
    KeyReused,
    Missing,
    NotIndependent,
    NotSigned,
    OutsideDomain,
    SignatureInvalid,
    TooPrecise,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Desk

Content = dict[str, Any]


def count(desk: "Desk", table: Any) -> int:  # noqa: ANN401  # a table
    return desk.session.scalar(select(func.count()).select_from(table)) or 0


def usd(amount: str) -> Money:
    return money(amount, "USD")


def test_nothing_is_claimed_before_everybody_signed(desk: "Desk") -> None:
    desk.draw_up()
    desk.sign("city")
    acted: list[Callable[[], object]] = [lambda: desk.claim("c1", "100"), lambda: desk.settle("c1")]
    for act in acted:
        with pytest.raises(NotSigned) as caught:
            act()
        assert caught.value.figures["missing"] == ["home", "lab"]
    assert count(desk, CLAIM) == 0


def test_a_claim_moves_nothing_and_is_kept_once(desk: "Desk") -> None:
    desk.start()
    before = desk.money()
    first = desk.claim("c1", "100")
    assert desk.claim("c1", "100") == first
    assert (first.value, first.claimed_by, count(desk, CLAIM)) == ("100", "night-shelter", 1)
    with pytest.raises(KeyReused):
        desk.claim("c1", "101")
    assert desk.money() == before


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"value": "40001"}, OutsideDomain),
        ({"value": "-1"}, OutsideDomain),
        ({"metric": "days"}, OutsideDomain),
        ({"period": "y1"}, OutsideDomain),
        ({"value": "1.5"}, TooPrecise),
        ({"value": "1e2"}, TooPrecise),
        ({"value": ""}, TooPrecise),
    ],
)
def test_a_claim_that_the_terms_do_not_know_is_refused(
    desk: "Desk", change: dict[str, str], refusal: type[AlmonerError]
) -> None:
    desk.start()
    with pytest.raises(refusal):
        desk.claim(**{"key": "c1", "value": "100", **change})
    assert count(desk, CLAIM) == 0


def test_only_a_registered_party_claims(desk: "Desk") -> None:
    desk.start()
    with pytest.raises(Missing, match="nobody"):
        acts.claim(desk.session, desk.fund, "pact", "nights", "5", "nobody", key="c1", clock=desk.clock)


def test_evidence_is_on_record_by_its_digest_and_never_empty(desk: "Desk") -> None:
    desk.start()
    made = desk.claim("c1", "100")
    with pytest.raises(EvidenceMissing):
        desk.attach(made, b"")
    digests = [desk.attach(made, content) for content in (b"page 1", b"page 2", b"page 1")]
    assert len(set(digests)) == 2
    assert count(desk, EVIDENCE) == 2
    with pytest.raises(Missing, match="no claim 'c9'"):
        desk.attach(replace(made, code="c9"))


@pytest.mark.parametrize("verifier", ["harbour-city", "night-shelter", "south-giver", "nobody"])
def test_only_the_evaluator_of_the_agreement_determines(desk: "Desk", verifier: str) -> None:
    desk.start()
    made = desk.claim("c1", "100")
    desk.attach(made)
    with pytest.raises(NotIndependent) as caught:
        desk.determine(desk.finding(made, "100", verifier=verifier))
    assert caught.value.figures["party"] == verifier
    assert "count-lab" in str(caught.value)
    assert count(desk, DETERMINATION) == 0


def test_a_determination_rests_on_evidence_of_its_own_claim(desk: "Desk") -> None:
    desk.start()
    made, other = desk.claim("c1", "100"), desk.claim("c2", "50")
    with pytest.raises(EvidenceMissing) as caught:
        desk.determine(desk.finding(made, "100"))
    assert caught.value.figures["on_record"] == []
    digest = desk.attach(other)
    desk.attach(made, b"another page")
    for sha256 in (digest, digest.upper(), "", "not a digest", "0" * 64):
        with pytest.raises(EvidenceMissing):
            desk.determine(replace(desk.finding(made, "100"), evidence_sha256=sha256))


def test_a_determination_whose_signature_covers_anything_else_is_refused(desk: "Desk") -> None:
    desk.start()
    made, other = desk.claim("c1", "100"), desk.claim("c2", "100")
    for one in (made, other):
        desk.attach(one)
        desk.attach(one, b"second page")
    good = desk.finding(made, "100")
    second = desk.finding(made, "100", content=b"second page")
    for found in (
        replace(good, value="101"),
        replace(good, value="100.0"),
        replace(good, method="guess"),
        replace(good, evidence_sha256=second.evidence_sha256),
        replace(good, claim="c2"),
        replace(good, signature=good.signature[:-1] + bytes([good.signature[-1] ^ 1])),
        replace(good, signature=b""),
        replace(good, signature=desk.finding(made, "100", verifier="night-shelter").signature),
    ):
        with pytest.raises(SignatureInvalid):
            desk.determine(found)
    assert count(desk, DETERMINATION) == 0
    assert desk.determine(good) == good


def test_a_determination_outside_the_domain_is_refused_though_it_is_signed(desk: "Desk") -> None:
    desk.start()
    made = desk.claim("c1", "40000")
    desk.attach(made)
    for value in ("40001", "-1"):
        with pytest.raises(OutsideDomain):
            desk.determine(desk.finding(made, value))


def test_a_claim_is_determined_once(desk: "Desk") -> None:
    desk.start()
    made = desk.claim("c1", "100")
    desk.attach(made)
    desk.attach(made, b"second page")
    first = desk.finding(made, "90")
    assert desk.determine(first) == desk.determine(first) == first
    for again in (desk.finding(made, "100"), desk.finding(made, "90", content=b"second page")):
        with pytest.raises(AlreadyDetermined):
            desk.determine(again)
    assert count(desk, DETERMINATION) == 1


def test_a_claim_that_is_not_there_is_neither_determined_nor_settled(desk: "Desk") -> None:
    desk.start()
    found = Determination(
        claim="c9", verifier="count-lab", value="1", method="m", evidence_sha256="0" * 64, signature=b""
    )
    acted: list[Callable[[], object]] = [lambda: desk.determine(found), lambda: desk.settle("c9")]
    for act in acted:
        with pytest.raises(Missing, match="no claim 'c9'"):
            act()


def test_what_was_found_is_paid_and_not_what_was_claimed(desk: "Desk") -> None:
    desk.start()
    made = desk.claim("c1", "100")
    with pytest.raises(EvidenceMissing, match="not determined yet"):
        desk.settle("c1")
    desk.attach(made)
    desk.determine(desk.finding(made, "90"))
    (row,) = desk.settle("c1")
    assert (row.earned, row.entitled, row.due) == (usd("1360.80"), usd("1360.80"), usd("1360.80"))
    assert desk.money() == ("498639.20", "1360.80", "100000.00")
    assert [one.op for one in row.trace] == ["obs", "lit", "scale"]
    assert row.trace[-1].value == "1360.80 USD"


def test_settling_again_gives_the_same_answer_and_pays_nothing(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "90")
    first = desk.settle("c1")
    desk.find("c2", "10")
    desk.settle("c2")
    before = desk.money()
    assert desk.settle("c1") == first
    assert desk.money() == before
    assert count(desk, SETTLEMENT) == 2


def test_a_settlement_that_was_rolled_back_is_paid_once_afterwards(kept_desk: "Desk") -> None:
    desk = kept_desk
    desk.start()
    desk.find("c1", "90")
    desk.session.commit()
    desk.settle("c1")
    desk.session.rollback()
    assert desk.money() == ("500000.00", "0.00", "100000.00")
    (row,) = desk.settle("c1")
    desk.session.commit()
    assert desk.settle("c1") == (row,)
    assert desk.money() == ("498639.20", "1360.80", "100000.00")


def test_results_in_parts_pay_the_difference_until_the_maximum_binds(desk: "Desk") -> None:
    desk.start()
    dues = []
    for key, value in (("c1", "30000"), ("c2", "3000"), ("c3", "3000"), ("c4", "0")):
        desk.find(key, value)
        dues.append([(row.earned.text, row.entitled.text, row.due.text) for row in desk.settle(key)])
    assert dues == [
        [("453600.00", "453600.00", "453600.00")],
        [("498960.00", "498960.00", "45360.00")],
        [("544320.00", "500000.00", "1040.00")],
        [("544320.00", "500000.00", "0.00")],
    ]
    assert desk.money() == ("0.00", "500000.00", "100000.00")
    assert finance.verify(desk.session, "main").findings == ()


def test_claims_settle_in_any_order_to_the_same_total(desk: "Desk") -> None:
    for code, order in (("pact", ["c1", "c2"]), ("mirror", ["c2", "c1"])):
        replaced = desk.terms.model_dump(mode="json", by_alias=True)
        replaced["limits"] = [{"id": "most", "of": ["*"], "max": "5000.00"}]
        desk.start(code, TermDocument.read(json.dumps(replaced)))
        desk.find("c1", "100", code=code)
        desk.find("c2", "200", code=code)
        paid = [sum(row.due.minor for row in desk.settle(key, code)) for key in order]
        assert sum(paid) == 453_600


def test_findings_that_leave_the_domain_together_are_refused_and_pay_nothing(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "30000")
    desk.find("c2", "20000")
    desk.settle("c1")
    before = desk.money()
    for _ in range(2):
        with pytest.raises(OutsideDomain, match="50000"):
            desk.settle("c2")
    assert desk.money() == before
    desk.find("c3", "10000")
    assert desk.settle("c3")[0].due == usd("46400.00")


def test_a_payment_is_traced_to_the_givers_and_sums_to_its_parts(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "10001")
    (row,) = desk.settle("c1")
    assert row.transaction is not None
    uses = finance.trace(desk.session, "main", row.transaction)
    assert sum((use.amount for use in uses), start=usd("0")) == row.due == usd("151215.12")
    assert {use.contribution: use.amount.text for use in uses} == {
        "north-giver": "75607.56",
        "south-giver": "75607.56",
    }


@pytest.fixture
def two_years(content: Content) -> TermDocument:
    """Terms of two years with a bonus to date above 100 nights, each clause with its own limit."""
    content["calendar"]["periods"] = [
        {"id": "y1", "ends_on": "2026-12-31"},
        {"id": "y2", "ends_on": "2027-12-31"},
    ]
    nights = content["clauses"][0]
    content["metrics"]["nights"]["per"] = ["period"]
    seen = {"op": "obs", "metric": "nights", "window": "to_date"}
    edges = [{"at": "100", "owner": "above"}]
    rows = [{"base": "0"}, {"base": "1000"}]
    bonus = {"op": "bands", "of": seen, "as": "USD/2", "edges": edges, "rows": rows}
    yearly = {**nights["amount"], "of": {**seen, "window": "period"}}
    content["clauses"] = [
        {**nights, "basis": "period", "amount": yearly},
        {**nights, "id": "bonus", "amount": bonus},
    ]
    content["limits"] = [{"id": "most", "of": ["*"], "max": "3000.00"}]
    return TermDocument.read(json.dumps(content))


def test_a_settlement_shows_the_clauses_and_periods_that_its_finding_bears_on(
    desk: "Desk", two_years: TermDocument
) -> None:
    desk.start(terms=two_years)
    shown = {}
    for key, value, period in (("c1", "60", "y1"), ("c2", "40", "y2"), ("c3", "200", "y1")):
        desk.find(key, value, period=period)
        rows = desk.settle(key)
        shown[key] = {(row.clause, row.period): (row.earned.text, row.due.text) for row in rows}
    assert shown == {
        "c1": {("nights", "y1"): ("907.20", "907.20"), ("bonus", "term"): ("0.00", "0.00")},
        "c2": {("nights", "y2"): ("604.80", "604.80"), ("bonus", "term"): ("1000.00", "1000.00")},
        "c3": {("nights", "y1"): ("3931.20", "488.00"), ("bonus", "term"): ("1000.00", "0.00")},
    }
    assert desk.money() == ("0.00", "3000.00", "597000.00")
