"""Amendments on both databases: made by one, approved by the others, covered before they take effect."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from almoner import money
from almoner.contracts import acts
from almoner.contracts.amendments import ProposedAmendment, amendment_bytes
from almoner.contracts.records import agreements
from almoner.contracts.terms.amendment import Amendment
from almoner.finance import acts as finance
from almoner.finance.errors import (
    KeyReused,
    Missing,
    NotAllowed,
    NotSigned,
    SamePerson,
    SignatureInvalid,
    TermError,
    Underfunded,
    UnlawfulTransition,
)
from almoner.finance.signatures import sign_bytes

from .conftest import document_of, secret_of
from .test_acts import written
from .test_acts_ending import end

if TYPE_CHECKING:
    from .conftest import Desk

Content = dict[str, Any]
MOST = "/limits/0/max"


def amending(desk: "Desk", *changes: Content, **said: object) -> Amendment:
    """Write an amendment of the terms as they stand."""
    newest = agreements.find_agreement(desk.session, "main", "pact").lineage.newest
    content = {
        "schema": "almoner.amendment/1",
        "of": newest.digest(),
        "effective_on": "2026-07-01",
        "reason": "More places",
        "changes": changes,
    }
    return Amendment.read(json.dumps({**content, **said}))


def most(amount: str) -> Content:
    return {"op": "replace", "path": MOST, "value": amount}


def make(desk: "Desk", amendment: Amendment, key: str = "a1", by: str = "city") -> ProposedAmendment:
    content = amendment_bytes("pact", key, amendment)
    signature = sign_bytes(secret_of(desk.stands().party_of(by)), content)
    return acts.propose_amendment(
        desk.session, "main", "pact", amendment, by=by, signature=signature, key=key, clock=desk.clock
    )


def approve(desk: "Desk", amendment: Amendment, *names: str, key: str = "a1") -> ProposedAmendment:
    content = amendment_bytes("pact", key, amendment)
    agreement = desk.stands()
    signatures = {name: sign_bytes(secret_of(agreement.party_of(name)), content) for name in names}
    return acts.approve_amendment(desk.session, "main", "pact", key, signatures, clock=desk.clock)


def held(desk: "Desk") -> str:
    return desk.money()[0]


def test_an_amendment_changes_nothing_until_the_others_have_approved_it(desk: "Desk") -> None:
    desk.start()
    amendment = amending(desk, most("550000.00"))
    made = make(desk, amendment)
    assert (made.maker, made.approved, made.missing, made.in_force) == ("city", (), ("home",), False)
    assert made.changes == ("limit most, max: 500000.00 becomes 550000.00",)
    assert (held(desk), desk.stands().amended) == ("500000.00", ())
    before = written(desk)
    assert make(desk, amendment) == made
    assert written(desk) == before
    done = approve(desk, amendment, "home")
    assert (done.approved, done.missing, done.ordinal) == (("home",), (), 1)
    stands = desk.stands()
    assert (stands.amended, stands.sources[0].maximum) == (("a1",), money("550000.00", "USD"))
    assert held(desk) == "550000.00"
    before = written(desk)
    assert approve(desk, amendment, "home") == done
    assert make(desk, amendment) == done
    assert acts.list_amendments(desk.session, "main", "pact") == (done,)
    assert written(desk) == before
    assert finance.verify(desk.session, "main").findings == ()


def test_an_amendment_that_lowers_the_most_frees_money(desk: "Desk") -> None:
    desk.start()
    amendment = amending(desk, most("300000.00"))
    make(desk, amendment, by="home")
    approve(desk, amendment, "city")
    assert desk.money() == ("300000.00", "0.00", "300000.00")


def test_what_the_fund_cannot_cover_does_not_take_effect(desk: "Desk") -> None:
    desk.start()
    amendment = amending(desk, most("600000.01"))
    make(desk, amendment)
    before = written(desk)
    with pytest.raises(Underfunded) as caught:
        approve(desk, amendment, "home")
    figures = caught.value.figures
    assert (figures["payer"], figures["before"], figures["maximum"]) == ("city", "500000.00", "600000.01")
    assert (figures["extra"], figures["free"], figures["short"]) == ("100000.01", "100000.00", "0.01")
    assert written(desk) == before
    assert acts.list_amendments(desk.session, "main", "pact")[0].missing == ("home",)
    assert desk.money() == ("500000.00", "0.00", "100000.00")
    finance.contribute(
        desk.session, desk.fund, "south-giver", money("0.01", "USD"), key="more", clock=desk.clock
    )
    assert approve(desk, amendment, "home").in_force
    assert desk.money() == ("600000.01", "0.00", "0.00")


def test_whoever_made_an_amendment_never_approves_it(desk: "Desk") -> None:
    desk.start()
    amendment = amending(desk, most("550000.00"))
    make(desk, amendment)
    with pytest.raises(SamePerson, match="harbour-city made the amendment 'a1'"):
        approve(desk, amendment, "city")
    with pytest.raises(SamePerson):
        approve(desk, amendment, "city", "home")
    assert desk.stands().amended == ()


def test_one_party_under_two_names_does_not_approve_what_it_made(desk: "Desk", content: Content) -> None:
    content["parties"]["bank"] = {"role": "guarantor"}
    parties = {**desk.document.parties, "bank": "harbour-city"}
    two = replace(desk, document=document_of(content, parties=parties))
    two.start()
    amendment = amending(two, most("550000.00"))
    assert make(two, amendment).missing == ("home",)
    with pytest.raises(SamePerson, match="as bank"):
        approve(two, amendment, "bank")
    alone = two.given(parties={**parties, "home": "harbour-city"})
    finance.contribute(
        desk.session, desk.fund, "south-giver", money("400000.00", "USD"), key="more", clock=desk.clock
    )
    alone.start("solo")
    with pytest.raises(SamePerson, match="nobody could approve"):
        acts.propose_amendment(
            alone.session,
            "main",
            "solo",
            amendment,
            by="city",
            signature=sign_bytes(secret_of("harbour-city"), amendment_bytes("solo", "a1", amendment)),
            key="a1",
            clock=alone.clock,
        )


def test_only_who_has_money_in_it_amends_and_approves(desk: "Desk") -> None:
    desk.start()
    amendment = amending(desk, most("550000.00"))
    for by in ("lab", "resolver", "nobody"):
        with pytest.raises(NotAllowed, match="has no money"):
            make(desk, amendment, by=by)
    make(desk, amendment)
    with pytest.raises(NotSigned, match="'lab' has no say"):
        approve(desk, amendment, "home", "lab")
    with pytest.raises(Missing, match="no amendment 'a2'"):
        approve(desk, amendment, "home", key="a2")
    other = amending(desk, most("540000.00"))
    with pytest.raises(SignatureInvalid):
        approve(desk, other, "home")
    with pytest.raises(KeyReused):
        make(desk, other)
    with pytest.raises(SignatureInvalid):
        acts.propose_amendment(
            desk.session, "main", "pact", other, by="city", signature=bytes(64), key="a3", clock=desk.clock
        )
    assert desk.stands().amended == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"op": "replace", "path": "/parties/lab/role", "value": "investor"}, "lab was evaluator"),
        ({"op": "add", "path": "/parties/bank", "value": {"role": "guarantor"}}, "bank was None"),
        ({"op": "replace", "path": "/metrics/nights/domain/0", "value": "-5"}, "could be as low as"),
        ({"op": "replace", "path": "/clauses/0/amount/as", "value": "EUR/2"}, "EUR"),
        ({"op": "remove", "path": "/limits/9"}, "no /limits/9"),
    ],
)
def test_an_amendment_that_does_not_fit_is_not_made(desk: "Desk", change: Content, told: str) -> None:
    desk.start()
    before = written(desk)
    with pytest.raises(TermError, match=told):
        make(desk, amending(desk, change))
    assert written(desk) == before


def test_an_amendment_of_other_terms_is_refused_when_made_and_when_overtaken(desk: "Desk") -> None:
    desk.start()
    with pytest.raises(TermError, match="Write it against the document as it stands now"):
        make(desk, amending(desk, most("550000.00"), of="0" * 64))
    first, second = amending(desk, most("550000.00")), amending(desk, most("540000.00"))
    make(desk, first, "a1")
    make(desk, second, "a2", by="home")
    approve(desk, first, "home", key="a1")
    with pytest.raises(TermError, match="Write it against the document as it stands now"):
        approve(desk, second, "city", key="a2")
    again = amending(desk, most("560000.00"))
    make(desk, again, "a3", by="home")
    assert approve(desk, again, "city", key="a3").ordinal == 2
    assert desk.stands().amended == ("a1", "a3")
    assert held(desk) == "560000.00"


def test_only_a_running_agreement_is_amended(desk: "Desk") -> None:
    desk.draw_up()
    amendment = amending(desk, most("550000.00"))
    with pytest.raises(NotSigned):
        make(desk, amendment)
    desk.sign()
    make(desk, amendment)
    with desk.session.begin_nested() as point:
        end(desk)
        with pytest.raises(UnlawfulTransition, match="is terminated"):
            approve(desk, amendment, "home")
        point.rollback()
    assert approve(desk, amendment, "home").in_force


def test_what_a_payer_begins_to_pay_in_another_unit_is_paid_outside_its_fund(desk: "Desk") -> None:
    desk.start()
    by = [{"op": "lit", "value": "1.00", "type": "EUR/2 per night/0"}]
    amount = {"op": "scale", "of": {"op": "obs", "metric": "nights"}, "by": by, "as": "EUR/2"}
    clause = {"op": "pay", "id": "more", "from": "city", "to": "home", "basis": "cumulative"}
    euros = {"op": "add", "path": "/clauses/-", "value": {**clause, "amount": amount}}
    capped = {"op": "replace", "path": "/limits/0/of", "value": ["nights"]}
    amendment = amending(desk, capped, euros)
    make(desk, amendment)
    assert approve(desk, amendment, "home").in_force
    assert [str(one.maximum) for one in desk.stands().sources] == ["500000.00 USD"]
    assert held(desk) == "500000.00"


def test_years_that_are_over_keep_their_price_and_both_count_for_the_most(
    desk: "Desk", content: Content
) -> None:
    content["calendar"]["periods"] = [{"id": f"y{at}", "ends_on": f"{2025 + at}-12-31"} for at in (1, 2)]
    content["metrics"]["nights"] |= {"per": ["period"], "domain": ["0", "10000"]}
    content["clauses"][0]["basis"] = "period"
    yearly = replace(desk, document=document_of(content))
    assert yearly.start().sources[0].maximum == money("302400.00", "USD")
    price = {"op": "replace", "path": "/clauses/0/amount/by/0/value", "value": "20.12"}
    amendment = amending(yearly, price, effective_on="2027-01-01")
    make(yearly, amendment)
    approve(yearly, amendment, "home")
    assert yearly.stands().sources[0].maximum == money("352400.00", "USD")
    assert held(yearly) == "352400.00"
