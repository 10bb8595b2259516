import json
from datetime import date
from typing import Any

import pytest

from almoner.contracts.agreement import EXAMPLE, AgreementDocument
from almoner.contracts.independence import conflicts, interested, refusal, require_duties
from almoner.finance.errors import NotIndependent
from almoner.finance.ties import Tie

DAY = date(2026, 5, 1)


def fee(amount: dict[str, str], at: str) -> dict[str, Any]:
    return {
        "op": "pay",
        "id": "fee",
        "from": "city",
        "to": "lab",
        "basis": "once",
        "at": at,
        "amount": amount,
    }


@pytest.fixture
def document() -> dict[str, Any]:
    """Agreement on nights, with a laboratory that counts them for a fixed fee."""
    made: dict[str, Any] = json.loads(EXAMPLE)
    made["terms"]["calendar"]["periods"] = [{"id": "all", "ends_on": "2027-12-31"}]
    made["terms"]["clauses"].append(fee({"op": "lit", "value": "900.00", "type": "USD/2"}, "all"))
    made["terms"]["limits"][0]["of"] = ["nights"]
    made["terms"]["parties"]["lab"]["role"] = "validator"
    return made


def read(document: dict[str, Any]) -> AgreementDocument:
    return AgreementDocument.read(json.dumps(document))


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(NotIndependent) as caught:
        require_duties(read(document))
    listed = caught.value.figures["conflicts"]
    assert isinstance(listed, list)
    assert all(str(one) in caught.value.message for one in listed)
    return caught.value.message


def test_a_verifier_with_a_fixed_fee_is_independent(document: dict[str, Any]) -> None:
    require_duties(read(document))


@pytest.mark.parametrize(
    ("field", "told"),
    [("resolver", "resolver and outcome_payer"), ("verifiers", "verifier (other) and outcome_payer")],
)
def test_nobody_has_two_duties(document: dict[str, Any], field: str, told: str) -> None:
    document[field] = "harbour-city" if field == "resolver" else {"other": "harbour-city"}
    assert told in refused(document)


def test_one_party_under_two_names_of_which_one_verifies_is_found(document: dict[str, Any]) -> None:
    document["parties"]["home"] = "count-lab"
    assert "verifier (lab) and service_provider" in refused(document)


def test_a_fee_may_not_depend_on_a_result(document: dict[str, Any]) -> None:
    seen = document["terms"]["clauses"][0]["amount"]
    document["terms"]["clauses"][1]["amount"] = seen
    assert "its amount depends on results" in refused(document)


def test_a_fee_under_one_limit_with_what_depends_on_results_depends_on_them(document: dict[str, Any]) -> None:
    document["terms"]["limits"][0]["of"] = ["*"]
    assert "the limit 'most' also holds for nights" in refused(document)


def test_a_fee_out_of_a_pot_that_results_fill_depends_on_them(document: dict[str, Any]) -> None:
    terms = document["terms"]
    terms["accounts"] = {
        "pot": {"title": "Pot", "type": "USD/2", "kind": "pot", "holder": "city", "residual_to": "city"}
    }
    terms["clauses"][0]["to"] = "pot"
    terms["clauses"][1]["from"] = "pot"
    assert "the pot 'pot' depends on results" in refused(document)


def test_a_leg_whose_weight_depends_on_results_is_no_fixed_fee(document: dict[str, Any]) -> None:
    terms = document["terms"]
    weight = {"op": "obs", "metric": "nights"}
    flat = {"op": "lit", "value": "1", "type": "night/0"}
    terms["splits"] = {
        "both": {"legs": [{"party": "lab", "weight": flat}, {"party": "home", "weight": weight}]}
    }
    terms["clauses"][1]["to"] = "both"
    assert "the split 'both' depends on results" in refused(document)


def test_a_member_that_is_paid_may_not_verify(document: dict[str, Any]) -> None:
    terms = document["terms"]
    terms["sets"] = {"homes": {"title": "Homes", "members": ["east-home", "count-lab"]}}
    terms["metrics"]["nights"]["per"] = ["homes"]
    terms["clauses"][0] |= {"to": "homes", "each": ["homes"]}
    document["terms"]["clauses"].pop()
    assert "verifier (lab) and member of homes" in refused(document)
    assert interested(read(document)) == {
        "east-home": "member of homes",
        "count-lab": "member of homes",
        "harbour-city": "outcome_payer",
        "night-shelter": "service_provider",
    }


def tie(giver: str, taker: str) -> Tie:
    return Tie(kind="owns", from_party=giver, to_party=taker, since=DAY, source="register")


def test_every_tied_party_is_told_once_with_its_path_and_day() -> None:
    ties = [tie("group", "lab"), tie("group", "home"), tie("home", "annex")]
    found = conflicts("lab", ["home", "annex", "city"], ties=ties, on=DAY)
    assert [(one.other, len(one.path), one.inferred) for one in found] == [
        ("home", 2, False),
        ("annex", 3, False),
    ]
    error = refusal(found)
    assert error.figures["party"] == "lab"
    assert "2026-05-01" in error.message
    assert "group owns home since 2026-05-01 (register)" in error.message
    assert conflicts("lab", ["home"], ties=ties, on=date(2026, 4, 30)) == ()


def test_who_signs_with_the_same_key_is_the_same() -> None:
    found = conflicts(
        "lab", ["home", "city"], ties=[tie("other", "city")], on=DAY, sharing_key=["home", "other"]
    )
    assert [(one.other, one.path[0], one.inferred) for one in found] == [
        ("home", "lab and home have one key", True),
        ("city", "lab and other have one key", True),
    ]


def test_what_the_ledger_tells_is_inferred() -> None:
    (found,) = conflicts("lab", ["home"], ties=[], on=DAY, seen={"shelter": "it has contributed to the fund"})
    assert (found.other, found.inferred, str(found)) == (
        "shelter",
        True,
        "lab is tied to shelter: it has contributed to the fund",
    )
