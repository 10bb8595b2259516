"""The portfolio: every amount once, under the key that is known of it; sums that meet the ledger."""

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from almoner import Money, currency, money
from almoner.contracts import acts
from almoner.contracts.agreement import consent_bytes
from almoner.contracts.disputes import Resolution
from almoner.contracts.frames import portfolio_frame
from almoner.contracts.outcomes.document import EXAMPLE as OUTCOMES
from almoner.contracts.outcomes.document import OutcomesDocument
from almoner.contracts.portfolio_rows import MEASURES, PortfolioRow, portfolio_sheet, portfolio_total
from almoner.contracts.records import agreements, totals
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import Missing
from almoner.finance.money import zero
from almoner.finance.sheets import sheet_csv, sheet_document
from almoner.finance.signatures import sign_bytes

from .conftest import RESOLVER, Content, secret_of

if TYPE_CHECKING:
    from .conftest import Desk

USD = currency("USD")
NAMES = {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab"}
YEARS = {"starts_on": "2025-01-01", "ends_on": "2027-12-31", "periods": {"every": "P1Y"}}


def view(desk: "Desk", **given: Any) -> tuple[PortfolioRow, ...]:  # noqa: ANN401  # options of the act
    return acts.portfolio(desk.session, "main", **given)


def total(rows: tuple[PortfolioRow, ...], measure: str) -> str:
    return portfolio_total(rows, measure, USD).text


def by_year(desk: "Desk", content: Content, **changes: object) -> "Desk":
    """Terms that pay for each year apart."""
    made = deepcopy(content)
    made["calendar"] = YEARS
    made["metrics"]["nights"]["per"] = ["period"]
    made["clauses"][0] |= {"basis": "period", "on_decrease": "recover"}
    return desk.given(terms=made, **changes)


def settle(desk: "Desk", maker: str = "") -> None:
    acts.settle(desk.session, "main", "pact", clock=desk.clock, maker=maker)


def meets_the_ledger(desk: "Desk", rows: tuple[PortfolioRow, ...]) -> None:
    """Every sum that the ledger also has is the ledger's; no key and no amount stands twice."""
    at = finance.position(desk.session, desk.fund)
    assert (total(rows, "paid"), total(rows, "returned")) == (at.disbursed.text, at.refunds.text)
    assert total(rows, "remaining") == at.encumbered.text
    kept = [
        finance.promised(desk.session, stored.funds[one.payer], Promise("agreement", one.promise))
        for stored in (
            agreements.find_agreement(desk.session, "main", code)
            for code in agreements.list_agreements(desk.session, "main")
        )
        for one in stored.agreement.sources
    ]
    assert total(rows, "encumbered") == sum(kept, start=Money(minor=0, unit=USD)).text
    sums = totals.sum_agreements(desk.session, "main", totals.list_most(desk.session, "main"))
    paid = portfolio_total(rows, "paid", USD) - portfolio_total(rows, "returned", USD)
    assert sum((one.paid for one in sums), start=zero(USD)) == paid
    assert sum((one.aside for one in sums), start=zero(USD)).text == total(rows, "remaining")
    inside = tuple(row for row in rows if row.fund)
    assert sum((one.most for one in sums), start=zero(USD)).text == total(inside, "liability")
    keys = [(row.agreement, row.payer, row.fund, row.window, row.period, row.unit) for row in rows]
    assert len(keys) == len(set(keys))
    for row in rows:
        assert not row.liability or (row.window, row.period) == ("", "")
        assert not (row.earned or row.entitled) or (row.window == "" and row.period != "")
        assert not (row.paid or row.returned or row.waiting) or (row.window != "" and row.period != "")
        assert not row.encumbered or (row.window != "" and row.period == "")
        assert row.remaining == row.encumbered + row.waiting + row.frozen


def dispute(desk: "Desk", claim: str, code: str) -> None:
    acts.dispute(
        desk.session, "main", "pact", claim, by="city", grounds="data_error", statement="counted twice",
        key=code, clock=desk.clock,
    )  # fmt: skip


def replace_finding(desk: "Desk", claim: str, code: str, value: str) -> None:
    """Let the resolver put another verifier's finding in place of the first."""
    stored = agreements.find_agreement(desk.session, "main", "pact")
    made = next(
        one.claim
        for one in acts.list_claims(desk.session, "main", "pact", clock=desk.clock)
        if one.claim.code == claim
    )
    found = desk.finding(made, value, "second", round=2)
    ended = Resolution(
        agreement="pact",
        dispute=code,
        outcome="partly",
        resolver=stored.agreement.party_of("resolver"),
        reason="recounted",
        determination_sha256=found.digest(),
    )
    signature = sign_bytes(secret_of(RESOLVER), ended.signing_bytes())
    signed = replace(ended, signature=signature)
    acts.resolve(desk.session, "main", "pact", signed, found, clock=desk.clock)


def test_a_signed_agreement_shows_its_most_and_what_is_set_aside(desk: "Desk") -> None:
    desk.draft("other")
    assert view(desk) == ()
    desk.start()
    rows = view(desk)
    assert (total(rows, "liability"), total(rows, "remaining")) == ("500000.00", "500000.00")
    assert {(row.agreement, row.state, row.payer, row.fund) for row in rows} == {
        ("pact", "active", "city", "shelter")
    }
    meets_the_ledger(desk, rows)


def test_each_year_has_what_it_earned_and_each_window_what_it_bore(desk: "Desk", content: Content) -> None:
    north = Earmark(code="north", title="Northern districts", admits={"place": ("north",)})
    finance.open_earmark(desk.session, "main", north)
    amount = money("10000.00", "USD")
    finance.contribute(
        desk.session, desk.fund, "north-giver", amount, key="tied", clock=desk.clock, earmark="north"
    )
    funding = [{"payer": "city", "fund": "shelter", "use": {"place": "north"}}]
    desk = by_year(desk, content, funding=funding)
    desk.start()
    desk.find("c1", "1000", period="p1")
    desk.find("c2", "500", period="p2")
    settle(desk)
    rows = view(desk)
    earned = {row.period: row.earned.text for row in rows if row.earned}
    assert earned == {"p1": "15120.00", "p2": "7560.00"}
    paid = {(row.window, row.period): row.paid.text for row in rows if row.paid}
    assert paid == {
        ("north", "p1"): "10000.00",
        ("unrestricted", "p1"): "5120.00",
        ("unrestricted", "p2"): "7560.00",
    }
    meets_the_ledger(desk, rows)


def test_what_is_disputed_returned_and_owed_back_stands_apart(desk: "Desk", content: Content) -> None:
    rule = {"disputes": {"days": 30}, "verification": {"pays": "provisional"}}
    desk = by_year(desk, content, **rule)
    desk.start()
    desk.find("c1", "1000", period="p1")
    settle(desk)
    dispute(desk, "c1", "d1")
    replace_finding(desk, "c1", "d1", "600")
    rows = view(desk)
    assert (total(rows, "paid"), total(rows, "owed_back")) == ("15120.00", "6048.00")
    back = next(one for one in acts.list_payouts(desk.session, "main", "pact") if one.direction == "back")
    acts.take_back(desk.session, "main", "pact", back.id, money("2000.00", "USD"), key="r1", clock=desk.clock)
    desk.find("c2", "100", period="p2")
    dispute(desk, "c2", "d2")
    rows = view(desk)
    frozen = [(row.window, row.period, row.frozen.text) for row in rows if row.frozen]
    assert frozen == [("unrestricted", "p2", "1512.00")]
    assert (total(rows, "returned"), total(rows, "owed_back")) == ("2000.00", "4048.00")
    assert (total(rows, "entitled"), total(rows, "earned")) == ("9072.00", "9072.00")
    meets_the_ledger(desk, rows)


def test_what_waits_for_approval_is_neither_paid_nor_free(desk: "Desk", content: Content) -> None:
    desk = by_year(desk, content)
    desk.start()
    since = desk.clock()
    band = ApprovalPolicy(kind="payout", least=money("10000.00", "USD"), quorum=1, since=since)
    finance.set_policy(desk.session, "main", band, key="band", clock=desk.clock)
    desk.find("c1", "1000", period="p1")
    desk.find("c2", "100", period="p2")
    settle(desk, maker="south-giver")
    rows = view(desk)
    waiting = [(row.window, row.period, row.waiting.text) for row in rows if row.waiting]
    assert waiting == [("unrestricted", "p1", "15120.00")]
    assert (total(rows, "paid"), total(rows, "entitled")) == ("1512.00", "16632.00")
    meets_the_ledger(desk, rows)


def test_several_agreements_add_up(desk: "Desk", content: Content) -> None:
    small = deepcopy(content)
    small["limits"][0]["max"] = "50000.00"
    first = desk.given(terms=small)
    first.start("pact")
    second = desk.given(terms=small | {"title": "Other nights"})
    second.start("second")
    first.find("c1", "1000")
    settle(first)
    before = view(desk)
    assert (total(before, "liability"), total(before, "paid")) == ("100000.00", "15120.00")
    meets_the_ledger(desk, before)


def test_a_split_earns_together_and_a_pot_pays_once(desk: "Desk", content: Content) -> None:
    made = deepcopy(content)
    made["parties"]["state"] = {"role": "outcome_payer"}
    made["splits"] = {
        "payers": {"legs": [{"party": "city", "weight": "2"}, {"party": "state", "weight": "1"}]}
    }
    made["clauses"][0]["from"] = "payers"
    names = NAMES | {"state": "north-giver"}
    funding = [{"payer": name, "fund": "shelter"} for name in ("city", "state")]
    desk = desk.given(terms=made, parties=names, funding=funding)
    desk.start()
    desk.find("c1", "100")
    settle(desk)
    rows = view(desk)
    assert [(row.payer, row.earned.text) for row in rows if row.earned] == [("payers", "1512.00")]
    assert sorted((row.payer, row.entitled.text) for row in rows if row.entitled) == [
        ("city", "1008.00"),
        ("state", "504.00"),
    ]
    assert sorted((row.payer, row.paid.text) for row in rows if row.paid) == [
        ("city", "1008.00"),
        ("state", "504.00"),
    ]
    meets_the_ledger(desk, rows)


def test_money_in_a_pot_counts_when_the_pot_pays(desk: "Desk", content: Content) -> None:
    made = deepcopy(content)
    pot = {"title": "Till", "type": "USD/2", "kind": "pot", "holder": "home", "residual_to": "home"}
    made["accounts"] = {"till": pot}
    made["parties"]["lender"] = {"role": "investor"}
    made["clauses"][0]["to"] = "till"
    made["clauses"].append(
        {
            "op": "pay",
            "id": "lender",
            "from": "till",
            "to": "lender",
            "basis": "cumulative",
            "amount": {
                "op": "min",
                "of": [
                    {"op": "lit", "value": "1000.00", "type": "USD/2"},
                    made["clauses"][0]["amount"],
                ],
            },
        }
    )
    made["limits"] = [{"id": "most", "of": ["nights"], "max": "500000.00"}]
    desk = desk.given(terms=made, parties=NAMES | {"lender": "north-giver"})
    desk.start()
    desk.find("c1", "100")
    settle(desk)
    rows = view(desk)
    assert (total(rows, "earned"), total(rows, "entitled"), total(rows, "paid")) == (
        "1000.00",
        "1000.00",
        "1000.00",
    )
    assert {row.payer for row in rows if row.paid} == {"till"}
    assert [(row.payer, row.liability.text) for row in rows if row.liability] == [("city", "500000.00")]
    meets_the_ledger(desk, rows)
    names = ("city", "home", "lender")
    content_signed = consent_bytes("pact", "measure")
    signatures = {name: sign_bytes(secret_of(desk.stands().party_of(name)), content_signed) for name in names}
    acts.measure(desk.session, "main", "pact", by="city", clock=desk.clock, signatures=signatures)
    settle(desk)
    handed_over = view(desk)
    assert (total(handed_over, "earned"), total(handed_over, "paid")) == ("1000.00", "1512.00")
    acts.close(desk.session, "main", "pact", clock=desk.clock)
    assert total(view(desk), "remaining") == "0.00"
    meets_the_ledger(desk, view(desk))


def test_who_pays_outside_the_book_has_no_fund_and_moves_nothing(desk: "Desk") -> None:
    desk = desk.given(funding=[])
    desk.start()
    desk.find("c1", "100")
    settle(desk)
    rows = view(desk)
    assert {row.fund for row in rows} == {""}
    assert (total(rows, "liability"), total(rows, "entitled"), total(rows, "paid")) == (
        "500000.00",
        "1512.00",
        "0.00",
    )
    meets_the_ledger(desk, rows)


def test_models_put_a_forecast_beside_the_liability(desk: "Desk") -> None:
    desk.start()
    model = OutcomesDocument.read(OUTCOMES)
    rows = view(desk, outcomes={"pact": model}, paths=500, seed=3)
    (told,) = [row for row in rows if row.forecast_mean]
    assert (told.window, told.period, told.liability.text) == ("", "", "500000.00")
    assert Decimal(0) < Decimal(told.forecast_mean) < Decimal(told.forecast_p95) <= Decimal("500000.00")
    assert rows == view(desk, outcomes={"pact": model}, paths=500, seed=3)
    with pytest.raises(Missing, match="There are outcome models for nope"):
        view(desk, outcomes={"nope": model})


def test_as_a_table_it_is_exact_with_one_row_per_key(desk: "Desk", content: Content) -> None:
    desk = by_year(desk, content)
    desk.start()
    desk.find("c1", "1001", period="p1")
    settle(desk)
    rows = view(desk)
    frame = portfolio_frame(rows)
    assert len(frame) == len(rows)
    assert set(frame["forecast_mean"]) == {None}
    for measure in MEASURES:
        assert all(isinstance(cell, Decimal) for cell in frame[measure])
        assert str(sum(frame[measure])) == total(rows, measure)
    sheet = portfolio_sheet("main", rows)
    document: Any = sheet_document(sheet)
    assert [one["paid"] for one in document["by_unit"]] == ["15135.12"]
    assert len(document["rows"]) == len(rows)
    assert "15135.12" in sheet_csv(sheet)
    with pytest.raises(KeyError):
        rows[0].measure("agreement")
