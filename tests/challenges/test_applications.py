"""Sums, shares and disclosures of an application, exact and all at once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import Application, Brief, check_eligibility
from almoner.challenges.errors import ApplicationIncomplete, ApplicationInconsistent
from almoner.finance.errors import DocumentInvalid
from almoner.finance.money import money
from almoner.finance.units import currency

Content = dict[str, Any]


def faults_of(content: Content, brief: Brief | None = None) -> dict[str, str]:
    with pytest.raises(ApplicationInconsistent) as refused:
        Application.read(json.dumps(content)).check(brief)
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    found: dict[str, str] = {}
    for row in rows:
        assert isinstance(row, dict)
        found[row["path"]] = "; ".join(filter(None, (found.get(row["path"]), row["message"])))
    return found


def test_an_application_that_adds_up_passes(application: Application, brief: Brief) -> None:
    application.check(brief)
    assert application.ask_in(currency("USD")) == money("900.30", "USD")
    assert application.minimum_in(currency("USD")) == money("600.00", "USD")
    with pytest.raises(ValueError, match="counts in USD"):
        application.ask_in(currency("EUR"))


def test_an_application_survives_its_canonical_bytes_and_cannot_change(application: Application) -> None:
    again = Application.read(application.canonical_bytes())
    assert (again, hash(again), again.digest()) == (application, hash(application), application.digest())
    assert application.model_copy(deep=True) == application
    with pytest.raises(TypeError):
        application.facts["lead.kind"] = "firm"  # type: ignore[index]  # the refusal is what is tested


def test_the_facts_feed_the_rule_of_the_brief(application: Application, brief: Brief) -> None:
    assert brief.eligibility is not None
    assert check_eligibility(brief.eligibility, application.facts).status == "pass"
    assert application.facts["open_source"] is True


@pytest.mark.parametrize(
    ("path", "value", "place", "said"),
    [
        ("ask", "900.31", "/ask", "sum to 900.30"),
        ("ask", "0", "/ask", "not positive"),
        ("minimum", "900.31", "/minimum", "more than the ask"),
        ("minimum", "-1", "/minimum", "negative"),
        ("lead", "somebody", "/lead", "not in the bundle"),
        ("budget/0/amount", "-5.00", "/budget/0/amount", "not positive"),
        ("budget/0/amount", "900.105", "/budget/0/amount", "decimal digits"),
        ("budget/1/actor", "somebody", "/budget/1/actor", "not in the bundle"),
        ("budget/1/intervention", "roads", "/budget/1/intervention", "no intervention roads"),
        ("budget/2/covered_by", "ask", "/ask", "sum to 1200.30"),
        ("bundle/0/share_bp", 6001, "/bundle", "10001"),
        ("bundle/1/party", "river-trust", "/bundle/1/party", "second time"),
        ("interventions/1/id", "wells", "/interventions/1/id", "second time"),
        ("in_kind_offers/0/quantity", "0", "/in_kind_offers/0/quantity", "not positive"),
        ("disclosures/1/party", "river-trust", "/disclosures/1/party", "second time"),
        ("disclosures/1/party", "somebody", "/disclosures/1/party", "not in the bundle"),
        ("unit", "EUR", "/unit", "challenge in USD"),
        ("challenge_id", "clean-air", "/challenge_id", "not clean-water"),
    ],
)
def test_what_does_not_add_up_is_found(
    application_content: Content, brief: Brief, path: str, value: object, place: str, said: str
) -> None:
    *parents, last = path.split("/")
    target: Any = application_content
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    target[last] = value
    found = faults_of(application_content, brief)
    assert place in found
    assert said in found[place]


def test_all_faults_come_at_once_with_ask_and_sum(application_content: Content) -> None:
    application_content |= {"ask": "1.00", "lead": "somebody", "disclosures": []}
    application_content["bundle"][0]["share_bp"] = 1
    with pytest.raises(ApplicationInconsistent, match="has 4 faults") as refused:
        Application.read(json.dumps(application_content)).check()
    assert refused.value.figures["ask"] == "1.00"
    assert refused.value.figures["sum"] == "900.30"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"disclosures": [{"party": "river-trust", "incentives": "none"}]}, "/disclosures/0/restrictions"),
        (
            {"disclosures": [{"party": "river-trust", "incentives": [], "restrictions": "none"}]},
            "/disclosures/0/incentives",
        ),
        (
            {"disclosures": [{"party": "river-trust", "incentives": "", "restrictions": "none"}]},
            "/disclosures/0/incentives",
        ),
        ({"facts": {"ratio": None}}, "/facts/ratio"),
        ({"facts": {"Ratio": 1}}, "/facts/Ratio"),
        ({"ask": 900}, "/ask"),
        ({"bundle": []}, "/bundle"),
        ({"grand_total": "1"}, "/grand_total"),
    ],
)
def test_what_the_schema_does_not_know_is_refused_on_reading(
    application_content: Content, change: Content, place: str
) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        Application.read(json.dumps(application_content | change))
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    assert {row["path"] for row in rows if isinstance(row, dict)} == {place}


@given(st.lists(st.integers(min_value=1, max_value=10**15), min_size=1, max_size=20))
def test_the_ask_is_exactly_the_sum_of_its_lines(minors: list[int]) -> None:
    content = {
        "schema": "almoner.application/1",
        "application_id": "a-1",
        "challenge_id": "clean-water",
        "title": "Wells",
        "unit": "USD",
        "lead": "river-trust",
        "bundle": [{"party": "river-trust", "role": "lead", "share_bp": 10000}],
        "interventions": [{"id": "wells", "title": "Wells"}],
        "budget": [
            {
                "actor": "river-trust",
                "intervention": "wells",
                "category": "drilling",
                "amount": f"{minor // 100}.{minor % 100:02}",
                "covered_by": "ask",
            }
            for minor in minors
        ],
        "minimum": "0",
        "disclosures": [{"party": "river-trust", "incentives": "none", "restrictions": "none"}],
    }
    total = sum(minors)
    Application.read(json.dumps(content | {"ask": f"{total // 100}.{total % 100:02}"})).check()
    total += 1
    assert set(faults_of(content | {"ask": f"{total // 100}.{total % 100:02}"})) == {"/ask"}


GIFT = {"kind": "drilling rig", "quantity": "20", "unit": "day"}
DEED = {"id": "deed", "name": "a", "media_type": "text/plain", "size_bytes": 1, "sha256": "a" * 64}
LINE = {"actor": "river-trust", "intervention": "wells", "category": "staff", "covered_by": "own"}


@pytest.mark.parametrize(
    ("rows", "place", "said"),
    [
        ({"in_kind_offers": [GIFT | {"party": "somebody"}]}, "/in_kind_offers/0/party", "not in the bundle"),
        ({"in_kind_offers": [GIFT | {"unit": "USD"}]}, "/in_kind_offers/0/unit", "no gift"),
        ({"in_kind_offers": [GIFT | {"basis": "cost"}]}, "/in_kind_offers/0/unit_value", "missing"),
        ({"in_kind_needs": [GIFT | {"unit_value": "5.00"}]}, "/in_kind_needs/0/basis", "missing"),
        (
            {"in_kind_needs": [GIFT | {"unit_value": "5.005", "basis": "cost"}]},
            "/in_kind_needs/0/unit_value",
            "decimal",
        ),
        ({"in_kind_needs": [GIFT | {"quantity": "0"}]}, "/in_kind_needs/0/quantity", "not positive"),
        (
            {"in_kind_needs": [GIFT | {"intervention": "roads"}]},
            "/in_kind_needs/0/intervention",
            "no intervention roads",
        ),
        ({"needs": [{"intervention": "care", "needs": "roads"}]}, "/needs/0/needs", "no intervention"),
        ({"needs": [{"intervention": "care", "needs": "care"}]}, "/needs/0/needs", "needs itself"),
        (
            {"synergies": [{"kind": "bundle", "members": ["wells", "wells"], "why": "x"}]},
            "/synergies/0/members/1",
            "second time",
        ),
        (
            {"synergies": [{"kind": "bonus", "members": ["wells", "care"], "why": "x"}]},
            "/synergies/0/value",
            "positive value",
        ),
        (
            {"synergies": [{"kind": "bundle", "members": ["wells", "care"], "value": "1", "why": "x"}]},
            "/synergies/0/value",
            "no use",
        ),
        ({"all_or_nothing": True}, "/minimum", "all or nothing"),
        (
            {"budget": [LINE | {"amount": "1.00", "period": "2027-05-01/2027-04-30"}]},
            "/budget/0/period",
            "before",
        ),
        ({"language": "sw"}, "/language", "not a language of the call: en"),
        (
            {"files": [DEED, DEED]},
            "/files/1/id",
            "second time",
        ),
    ],
)
def test_gifts_needs_periods_and_files_are_checked_too(
    application_content: Content, brief: Brief, rows: Content, place: str, said: str
) -> None:
    found = faults_of(application_content | rows, brief)
    assert said in found[place]


def test_the_cap_of_the_brief_holds(application_content: Content, brief_content: Content) -> None:
    capped = Brief.read(json.dumps(brief_content | {"ask_cap": "900.29"}))
    assert "cap is 900.29" in faults_of(application_content, capped)["/ask"]
    Application.read(json.dumps(application_content)).check(
        Brief.read(json.dumps(brief_content | {"ask_cap": "900.30"}))
    )


def test_all_or_nothing_makes_the_ask_the_least(application_content: Content) -> None:
    whole = Application.read(json.dumps(application_content | {"all_or_nothing": True, "minimum": "0"}))
    whole.check()
    assert whole.minimum_in(currency("USD")) == whole.ask_in(currency("USD"))


def test_silence_is_not_none(application_content: Content, brief_content: Content) -> None:
    silent = Application.read(json.dumps(application_content | {"disclosures": []}))
    with pytest.raises(ApplicationIncomplete, match="'none' has to be said") as refused:
        silent.check()
    assert refused.value.figures["missing"] == [
        {"party": party, "field": "disclosure", "path": "/disclosures"}
        for party in ("river-trust", "pump-makers")
    ]
    policy = {"disclosure_policy": {"funders": "required", "disputes": "required"}}
    asking = Brief.read(json.dumps(brief_content | policy))
    application_content["disclosures"][0] |= {"funders": "none", "disputes": "none"}
    application_content["disclosures"][1] |= {"funders": [{"name": "Hill", "amount": "9.00"}]}
    with pytest.raises(ApplicationIncomplete) as asked:
        Application.read(json.dumps(application_content)).check(asking)
    assert asked.value.figures["missing"] == [
        {"party": "pump-makers", "field": "disputes", "path": "/disclosures/1/disputes"}
    ]
    application_content["disclosures"][1]["disputes"] = ["Claim of a supplier."]
    Application.read(json.dumps(application_content)).check(asking)


@pytest.mark.parametrize(
    ("change", "voided"),
    [
        ({"title": "Another title", "answers": {"why": "Other."}}, set()),
        ({"minimum": "1.00"}, {"river-trust", "pump-makers"}),
        ({"all_or_nothing": True}, {"river-trust", "pump-makers"}),
    ],
)
def test_a_change_of_what_binds_voids_every_accord(
    application_content: Content, change: Content, voided: set[str]
) -> None:
    before = Application.read(json.dumps(application_content))
    after = Application.read(json.dumps(application_content | change))
    parties = {member.party for member in before.bundle}
    assert {one for one in parties if before.accord_digest(one) != after.accord_digest(one)} == voided


def test_a_change_of_one_disclosure_voids_its_own_accord_only(application_content: Content) -> None:
    before = Application.read(json.dumps(application_content))
    application_content["disclosures"][1]["incentives"] = ["sells pumps and spare parts"]
    after = Application.read(json.dumps(application_content))
    assert before.accord_digest("river-trust") == after.accord_digest("river-trust")
    assert before.accord_digest("pump-makers") != after.accord_digest("pump-makers")
    assert before.accord_digest("river-trust") != before.accord_digest("pump-makers")


def test_answers_keep_their_structure_and_their_bytes(application_content: Content) -> None:
    answers = {"team": [{"name": "lead", "days": 12}], "why": "Pumps.", "ready": True, "note": None}
    kept = Application.read(json.dumps(application_content | {"answers": answers}))
    assert Application.read(kept.canonical_bytes()) == kept
    assert json.loads(kept.canonical_bytes())["answers"] == answers
    assert hash(kept) == hash(Application.read(kept.canonical_bytes()))
