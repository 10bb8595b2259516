import json
import pickle
from typing import Any

import pytest

from almoner.finance.allocation import AllocationDocument, AllocationLine, allocate
from almoner.finance.allocation.rows import rule_id
from almoner.finance.errors import DocumentInvalid

Plain = dict[str, Any]


def whole() -> Plain:
    return {
        "schema": "almoner.allocation/1",
        "unit": "USD",
        "scale": 2,
        "gap": "1/1000",
        "funds": [
            {"fund_id": "free", "budget": "100.00"},
            {"fund_id": "north", "budget": "50.00", "earmark": {"region": ["n", "ne"]}},
        ],
        "interventions": [
            {
                "intervention_id": name,
                "title": name.title(),
                "groups": {"region": region},
                "actors": [{"actor_id": "x", "share_bp": 2500}, {"actor_id": "y", "share_bp": 7500}],
                "fixed": "5.00",
                "minimum": "10.00",
                "maximum": "60.00",
                "response": [{"up_to": "20", "gain_per_k": "3"}, {"up_to": "60.00", "gain_per_k": "1.5"}],
            }
            for name, region in (("wells", "n"), ("seeds", "s"), ("clinic", "s"))
        ],
        "synergies": [
            {"kind": "needs", "members": ["seeds", "wells"]},
            {"kind": "bonus", "members": ["wells", "clinic"], "value": "0.25"},
            {"kind": "bundle", "members": ["seeds", "clinic"]},
        ],
        "limits": [{"limit_id": "l1", "group_kind": "region", "group": "s", "floor": "0", "cap": "90.00"}],
    }


def set_at(plain: Plain, path: str, value: object) -> None:
    *way, last = path.strip("/").split("/")
    at: Any = plain
    for part in way:
        at = at[int(part)] if isinstance(at, list) else at[part]
    at[int(last) if isinstance(at, list) else last] = value


def paths(plain: Plain) -> list[str]:
    with pytest.raises(DocumentInvalid) as caught:
        AllocationDocument.read(json.dumps(plain))
    findings = caught.value.figures["findings"]
    assert isinstance(findings, list)
    return [row["path"] for row in findings if isinstance(row, dict)]


def test_a_sound_document_is_read_hashed_and_carried_to_another_process() -> None:
    problem = AllocationDocument.read(json.dumps(whole()))
    assert pickle.loads(pickle.dumps(problem)) == problem  # noqa: S301 - our own bytes
    assert hash(problem) == hash(AllocationDocument.read(problem.canonical_bytes()))
    assert problem.interventions[0].groups == {"region": "n"}
    with pytest.raises(TypeError):
        problem.interventions[0].groups["region"] = "s"  # type: ignore[index]  # that it cannot is the point


def test_the_schema_is_published() -> None:
    schema = AllocationDocument.model_json_schema()
    assert schema["properties"]["schema"]["const"] == "almoner.allocation/1"
    assert not schema["additionalProperties"]


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("/scale", 3, "/scale"),
        ("/gap", "1/1000000", "/gap"),
        ("/gap", "2/1", "/gap"),
        ("/gap", "0.001", "/gap"),
        ("/unit", "", "/unit"),
        ("/funds/1/fund_id", "free", "/funds"),
        ("/funds/0/budget", "-1", "/funds/0/budget"),
        ("/funds/0/budget", "1.001", "/funds/0/budget"),
        ("/funds/0/budget", "NaN", "/funds/0/budget"),
        ("/funds/0/budget", "1e9", "/funds/0/budget"),
        ("/funds/0/budget", 5, "/funds/0/budget"),
        ("/funds/0/budget", "9999999999999999999", "/funds/0/budget"),
        ("/funds/1/earmark", {}, "/funds/1/earmark"),
        ("/funds/1/earmark/region", ["nowhere"], "/funds/1/earmark"),
        ("/funds/1/earmark", {"continent": ["n"]}, "/funds/1/earmark"),
        ("/interventions/1/intervention_id", "wells", "/interventions"),
        ("/interventions/0/actors", [], "/interventions/0/actors"),
        ("/interventions/0/actors/0/share_bp", 2499, "/interventions/0/actors"),
        ("/interventions/0/actors/0/actor_id", "y", "/interventions/0/actors"),
        ("/interventions/0/actors/0/share_bp", True, "/interventions/0/actors/0/share_bp"),
        ("/interventions/0/minimum", "60.01", "/interventions/0/minimum"),
        ("/interventions/0/fixed", "-0.01", "/interventions/0/fixed"),
        ("/interventions/0/maximum", "60.01", "/interventions/0/response"),
        ("/interventions/0/response/1/up_to", "20", "/interventions/0/response/1/up_to"),
        ("/interventions/0/response/1/gain_per_k", "3.000001", "/interventions/0/response/1/gain_per_k"),
        ("/interventions/0/response/1/gain_per_k", "0.0000001", "/interventions/0/response/1/gain_per_k"),
        ("/interventions/0/response/1/gain_per_k", "-1", "/interventions/0/response/1/gain_per_k"),
        ("/interventions/0/response/0/gain_per_k", "1000000001", "/interventions/0/response/0/gain_per_k"),
        ("/interventions/0/groups", {"region": "no such value!"}, "/interventions/0/groups/region"),
        ("/synergies/0/members/1", "nobody", "/synergies/0/members/1"),
        ("/synergies/0/members", ["seeds"], "/synergies/0/members"),
        ("/synergies/0/members/1", "seeds", "/synergies/0/members"),
        ("/synergies/0/value", "1", "/synergies/0/value"),
        ("/synergies/1/value", "-1", "/synergies/1/value"),
        ("/synergies/1/value", None, "/synergies/1/value"),
        ("/synergies/2/members", ["seeds"], "/synergies/2/members"),
        ("/limits/0/group", "west", "/limits/0/group"),
        ("/limits/0/floor", "90.01", "/limits/0/floor"),
        ("/limits/0/cap", "-1", "/limits/0/cap"),
        ("/comment", "hello", "/comment"),
    ],
)
def test_each_fault_is_found_at_its_place(path: str, value: object, found: str) -> None:
    plain = whole()
    set_at(plain, path, value)
    assert found in paths(plain)


def test_all_faults_are_listed_at_once() -> None:
    plain = whole()
    for path, value in (
        ("/funds/0/budget", "-1"),
        ("/interventions/2/minimum", "99"),
        ("/synergies/0/members/0", "nobody"),
        ("/limits/0/floor", None),
        ("/limits/0/cap", None),
    ):
        set_at(plain, path, value)
    assert paths(plain) == [
        "/funds/0/budget",
        "/interventions/2/minimum",
        "/synergies/0/members/0",
        "/limits/0",
    ]


def test_an_award_that_can_only_be_zero_and_sums_that_overflow_are_refused() -> None:
    plain = whole()
    plain["interventions"][0] |= {"fixed": "0", "minimum": "0", "maximum": "0"}
    assert paths(plain) == ["/interventions/0/maximum"]
    plain = whole()
    for fund in plain["funds"]:
        fund["budget"] = "40000000000000000.00"
    assert paths(plain) == ["/funds"]


def test_two_limits_on_one_group_are_refused() -> None:
    plain = whole()
    plain["limits"].append({"group_kind": "region", "group": "s", "cap": "1"})
    assert paths(plain) == ["/limits"]


def test_a_document_made_past_its_check_is_checked_before_it_is_solved() -> None:
    plain = whole()
    plain["synergies"][0]["members"] = ["seeds", "nobody"]
    problem = AllocationDocument.model_validate_json(json.dumps(plain))
    with pytest.raises(DocumentInvalid):
        allocate(problem)


def test_a_unit_that_is_no_currency_has_its_own_scale() -> None:
    plain = whole() | {"unit": "hour", "scale": 3}
    assert AllocationDocument.read(json.dumps(plain)).minor("1.005") == 1005


def test_arranged_problems_have_the_same_bytes() -> None:
    plain = whole()
    turned = json.loads(json.dumps(plain))
    for section in ("funds", "interventions", "synergies", "limits"):
        turned[section].reverse()
    turned["funds"][0]["earmark"]["region"].reverse()
    turned["synergies"][0]["members"].reverse()
    first, second = (AllocationDocument.read(json.dumps(row)) for row in (plain, turned))
    assert first.digest() != second.digest()
    assert first.arranged().digest() == second.arranged().digest()
    assert first.arranged().interventions[0].response == first.interventions[2].response


def test_ids_with_a_slash_cannot_forge_another_rule() -> None:
    assert rule_id("needs", "a/b", "c") != rule_id("needs", "a", "b/c")


def test_a_line_counts_whole_minor_units_only() -> None:
    for wrong in (True, 1.0, "1"):
        with pytest.raises(TypeError):
            AllocationLine(intervention_id="a", fund_id="f", amount_minor=wrong)  # type: ignore[arg-type]  # the point
