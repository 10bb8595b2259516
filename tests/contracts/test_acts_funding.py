"""Whose money covers an agreement, on both databases: by payer, fund, unit and earmark, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from almoner import currency, money
from almoner.contracts.agreement import Source
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import TermError, Underfunded
from almoner.finance.funds import PooledFund

from .conftest import document_of
from .test_acts import written

if TYPE_CHECKING:
    from .conftest import Desk

Content = dict[str, Any]
Opener = Callable[..., PooledFund]


@pytest.fixture
def open_with(desk: "Desk") -> Opener:
    """Open a fund with one gift in it, in any currency."""

    def opened(code: str, amount: str, unit: str = "USD") -> PooledFund:
        fund = finance.open_fund(desk.session, "main", code, currency(unit), title=code.title())
        given = money(amount, unit)
        finance.contribute(desk.session, fund, "south-giver", given, key=code, clock=desk.clock)
        return fund

    return opened


def pay(name: str, payer: str, payee: str, price: str, unit: str = "USD/2") -> Content:
    """Pay a price for each of the 40,000 nights."""
    by = [{"op": "lit", "value": price, "type": f"{unit} per night/0"}]
    amount = {"op": "scale", "of": {"op": "obs", "metric": "nights"}, "by": by, "as": unit}
    return {"op": "pay", "id": name, "from": payer, "to": payee, "basis": "cumulative", "amount": amount}


def terms_of(content: Content, *clauses: Content, **parts: Content) -> Content:
    parties = {**content["parties"], "state": {"role": "outcome_payer"}}
    return {**content, "parties": parties, "clauses": list(clauses), "limits": [], **parts}


def given(desk: "Desk", terms: Content, *funding: Content, **changes: Content) -> "Desk":
    parties = {**desk.document.parties, "state": "north-giver"}
    return replace(desk, document=document_of(terms, parties=parties, funding=funding, **changes))


def shown(sources: tuple[Source, ...]) -> list[tuple[str, str, str]]:
    return [(one.payer, one.fund, str(one.maximum)) for one in sources]


def promised(desk: "Desk", fund: PooledFund, payer: str) -> str:
    return finance.promised(desk.session, fund, Promise("agreement", f"pact:{payer}")).text


def test_each_payer_is_covered_by_its_own_fund_in_its_own_unit(
    desk: "Desk", content: Content, open_with: Opener
) -> None:
    euros = open_with("euros", "90000.00", "EUR")
    terms = terms_of(content, pay("a", "city", "home", "3.00"), pay("b", "state", "home", "2.00", "EUR/2"))
    two = given(desk, terms, {"payer": "city", "fund": "shelter"}, {"payer": "state", "fund": "euros"})
    two.draw_up()
    assert shown(two.stands().sources) == [
        ("city", "shelter", "120000.00 USD"),
        ("state", "euros", "80000.00 EUR"),
    ]
    two.sign()
    assert (two.money(), replace(two, fund=euros).money()) == (
        ("120000.00", "0.00", "480000.00"),
        ("80000.00", "0.00", "10000.00"),
    )


def test_when_one_fund_is_short_no_fund_keeps_anything(
    desk: "Desk", content: Content, open_with: Opener
) -> None:
    euros = open_with("euros", "79999.99", "EUR")
    terms = terms_of(content, pay("a", "city", "home", "3.00"), pay("b", "state", "home", "2.00", "EUR/2"))
    two = given(desk, terms, {"payer": "city", "fund": "shelter"}, {"payer": "state", "fund": "euros"})
    two.draw_up()
    before = written(two)
    with pytest.raises(Underfunded) as caught:
        two.sign()
    figures = caught.value.figures
    assert (figures["payer"], figures["fund"], figures["maximum"]) == ("state", "euros", "80000.00")
    assert (figures["free"], figures["short"]) == ("79999.99", "0.01")
    assert written(two) == before
    assert [promised(two, two.fund, "city"), promised(two, euros, "state")] == ["0.00", "0.00"]


def test_a_payer_without_a_fund_pays_outside(desk: "Desk", content: Content) -> None:
    terms = terms_of(content, pay("a", "city", "home", "3.00"), pay("b", "state", "home", "99.00"))
    one = given(desk, terms, {"payer": "city", "fund": "shelter"})
    assert shown(one.start().sources) == [("city", "shelter", "120000.00 USD")]
    assert one.money()[0] == "120000.00"


def test_two_payers_of_one_fund_are_covered_side_by_side(desk: "Desk", content: Content) -> None:
    terms = terms_of(content, pay("a", "city", "home", "10.00"), pay("b", "state", "home", "5.00"))
    funding = [{"payer": name, "fund": "shelter"} for name in ("city", "state")]
    both = given(desk, terms, *funding)
    both.start()
    assert (promised(both, both.fund, "city"), promised(both, both.fund, "state")) == (
        "400000.00",
        "200000.00",
    )
    assert both.money()[2] == "0.00"


def test_earmarks_cover_what_each_payer_pays_for(desk: "Desk", content: Content, open_with: Opener) -> None:
    fund = open_with("quarters", "1.00")
    for region, amount in (("north", "120000.00"), ("east", "80000.00")):
        earmark = Earmark(code=region, title=region.title(), admits={"region": (region,)})
        finance.open_earmark(desk.session, "main", earmark)
        given_now = money(amount, "USD")
        finance.contribute(
            desk.session, fund, "north-giver", given_now, key=region, clock=desk.clock, earmark=region
        )
    terms = terms_of(content, pay("a", "city", "home", "3.00"), pay("b", "state", "home", "2.00"))
    uses = {"city": "north", "state": "east"}
    for code, swapped in (("swapped", True), ("pact", False)):
        funding = [
            {"payer": payer, "fund": "quarters", "use": {"region": uses["state" if swapped else payer]}}
            for payer in uses
        ]
        given(desk, terms, *funding).draw_up(code)
    with pytest.raises(Underfunded) as caught:
        desk.sign(code="swapped")
    assert caught.value.figures["excluded"] == "120000.00"
    desk.sign()
    earmarks = finance.position(desk.session, fund).earmarks
    assert [(row.earmark, row.reserved.text) for row in earmarks] == [
        ("east", "80000.00"),
        ("north", "120000.00"),
        ("unrestricted", "0.00"),
    ]


def test_legs_of_a_split_are_payers_of_their_own(desk: "Desk", content: Content, open_with: Opener) -> None:
    other = open_with("other", "300000.00")
    legs = [{"party": "city", "weight": "3"}, {"party": "state", "weight": "1"}]
    terms = terms_of(content, pay("a", "both", "home", "1.00"), splits={"both": {"legs": legs}})
    split = given(desk, terms, {"payer": "city", "fund": "shelter"}, {"payer": "state", "fund": "other"})
    sources = {one.payer: one.maximum.minor for one in split.start().sources}
    assert 3_000_000 <= sources["city"] <= 3_000_002
    assert 1_000_000 <= sources["state"] <= 1_000_002
    assert promised(split, other, "state") == replace(split, fund=other).money()[0]


def pot_of(**parts: object) -> Content:
    pot = {"title": "Purse", "type": "USD/2", "kind": "pot", "holder": "city", "residual_to": "city"}
    return {"purse": {**pot, **parts}}


def test_a_pot_keeps_what_its_fund_pays_into_it_and_nothing_beforehand(
    desk: "Desk", content: Content
) -> None:
    clauses = [pay("in", "city", "purse", "3.00"), pay("out", "purse", "home", "2.00")]
    one = given(desk, terms_of(content, *clauses, accounts=pot_of()), {"payer": "city", "fund": "shelter"})
    assert shown(one.start().sources) == [
        ("city", "shelter", "120000.00 USD"),
        ("purse", "shelter", "0.00 USD"),
    ]
    assert one.money()[0] == "120000.00"


def test_a_pot_is_fed_by_one_fund_or_by_none(desk: "Desk", content: Content, open_with: Opener) -> None:
    open_with("other", "300000.00")
    clauses = [
        pay("in", "city", "purse", "3.00"),
        pay("more", "state", "purse", "3.00"),
        pay("out", "purse", "home", "2.00"),
    ]
    terms = terms_of(content, *clauses, accounts=pot_of())
    city, state = {"payer": "city", "fund": "shelter"}, {"payer": "state", "fund": "other"}
    for funding, told in (([city], "outside, shelter"), ([city, state], "other, shelter")):
        with pytest.raises(TermError, match=rf"the pot purse is fed from several sides \({told}\)"):
            given(desk, terms, *funding).draft()
    assert given(desk, terms, city, {**state, "fund": "shelter"}).draft("one").state == "draft"
    paid = [pay("b", "city", "home", "1.00"), pay("more", "state", "purse", "3.00"), clauses[2]]
    outside = terms_of(content, *paid, accounts=pot_of())
    assert shown(given(desk, outside, city).draw_up("two").sources) == [("city", "shelter", "40000.00 USD")]


def test_a_pot_that_grows_is_kept_by_no_fund(desk: "Desk", content: Content) -> None:
    clauses = [pay("in", "city", "purse", "3.00"), pay("out", "purse", "home", "2.00")]
    grows = {"grows": {"rate": "0.36", "compounding": "period", "day_count": "act/360"}}
    terms = terms_of(content, *clauses, accounts=pot_of(**grows))
    with pytest.raises(TermError, match="the pot purse grows, and no fund pays for that"):
        given(desk, terms, {"payer": "city", "fund": "shelter"}).draft()


def test_members_of_a_set_that_pay_are_covered_each_by_its_own_fund(
    desk: "Desk", content: Content, open_with: Opener
) -> None:
    open_with("other", "300000.00")
    sets = {"payers": {"title": "Payers", "members": ["city", "state"]}}
    nights = {**content["metrics"]["nights"], "per": ["payers"]}
    clause = {**pay("a", "payers", "home", "1.00"), "each": ["payers"]}
    terms = terms_of(content, clause, sets=sets, metrics={"nights": nights})
    two = given(desk, terms, {"payer": "city", "fund": "shelter"}, {"payer": "state", "fund": "other"})
    assert shown(two.start().sources) == [
        ("city", "shelter", "40000.00 USD"),
        ("state", "other", "40000.00 USD"),
    ]
