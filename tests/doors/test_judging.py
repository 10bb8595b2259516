"""Judges, assignments, scores, calibrations and rankings through the doors, on both databases."""

import pytest
from tests.doors.people import Json
from tests.doors.rounds import HERE, PANEL, World, mark_all, open_round, refused, seat

from almoner.finance.storage import Engine

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(engine: Engine, book: str) -> World:
    """A published challenge with four entries, on the 5th of March."""
    assert book
    open_round(engine)
    return World(engine)


@pytest.fixture
def seated(world: World) -> World:
    """Three judges, who read by a published plan."""
    seat(world.engine)
    return world


@pytest.fixture
def closed(seated: World) -> World:
    """Every entry is marked, and the panel has closed."""
    mark_all(seated.engine)
    seated.at("2027-04-13")
    return seated


def own_entry(world: World, judge: str) -> str:
    pile = world(judge).seen(f"{HERE}/judges/{judge}/entries?phase=panel")["items"]
    return str(pile[0]["application"])


@ONE_DATABASE
def test_judges_are_registered_and_declare_against_every_actor_for_themselves(world: World) -> None:
    mira, jana = world("mira"), world("jana")
    body = {"code": "jana", "organisation": "school", "most": 10, "languages": ["sw"]}
    refused(world("hana").post(f"{HERE}/judges", body), 403, "auth.forbidden")
    refused(mira.post(f"{HERE}/judges", body | {"least": 11}), 422, "request.invalid")
    for judge in ("jana", "jonas"):
        mira.made(f"{HERE}/judges", body | {"code": judge})
    one = f"{HERE}/judges/jana"
    assert jana.seen(one)["to_declare"] == 8
    foreign, missing = (world("jonas").get(f"{HERE}/judges/{name}") for name in ("jana", "nobody"))
    assert refused(foreign, 404, "storage.missing")["detail"] == missing.json()["detail"]
    left = jana.seen(f"{one}/declarations")["undeclared"]
    said = [{"actor": actor, "kind": "none"} for actor in left]
    fault = refused(jana.post(f"{one}/declarations", {"declarations": said[1:]}), 409, "challenge.state")
    assert fault["figures"]["left_out"] == left[:1]
    refused(world("mira").post(f"{one}/declarations", {"declarations": said}), 404, "storage.missing")
    said[0]["kind"] = "family"
    assert jana.made(f"{one}/declarations", {"declarations": said})["undeclared"] == []
    assert [row["to_declare"] for row in mira.seen(f"{HERE}/judges")["items"]] == [0, 8]
    found = mira.seen(f"{HERE}/conflicts")["items"]
    assert {(row["judge"], row["actor"], row["kind"], row["level"]) for row in found} == {
        ("jana", left[0], "family", "hard")
    }
    assert [row["kind"] for row in world("ada").seen(f"{one}/declarations")["declarations"]].count(
        "none"
    ) == 7


@ONE_DATABASE
def test_marks_interests_and_overrides_come_from_those_who_may_say_so(world: World) -> None:
    mira, jana = world("mira"), world("jana")
    mira.made(f"{HERE}/judges", {"code": "jana"})
    mark = {"kind": "email", "value": "reader@school.example", "verified": True}
    refused(jana.post(f"{HERE}/judges/jana/marks", mark), 403, "auth.forbidden")
    assert "reader" not in mira.post(f"{HERE}/judges/jana/marks", mark).text
    tie = {"party": "jana", "other": "hub-a", "kind": "employee"}
    refused(world("jonas").post(f"{HERE}/interests", tie), 404, "storage.missing")
    refused(jana.post(f"{HERE}/interests", tie | {"other": "jana"}), 422, "request.invalid")
    assert "is employed by hub-a" in jana.made(f"{HERE}/interests", tie)["said"]
    body = {"application": "a-1", "reason": "It is long ago."}
    hard = refused(mira.post(f"{HERE}/judges/jana/overrides", body), 409, "challenge.state")
    assert "a hard conflict bars" in hard["detail"]


def test_a_plan_is_drafted_published_and_shown_to_each_as_far_as_it_is_theirs(world: World) -> None:
    fiona, jana = world("fiona"), world("jana")
    for judge in ("jana", "jonas", "jim"):
        world("mira").made(f"{HERE}/judges", {"code": judge})
    draft = fiona.made(f"{PANEL}/assignments", {"seed": 7})["plan"]
    assert (draft["published"], draft["reads"], draft["lacking"]) == (False, 8, 0)
    one = f"{PANEL}/assignments/1"
    refused(jana.get(one), 404, "storage.missing")
    assert jana.seen(f"{PANEL}/assignments")["items"] == []
    accept = {"reason": "Small."}
    refused(fiona.post(f"{one}/approvals", accept), 409, "assignment.invalid")
    refused(world("frank", "Key").post(f"{one}/approvals", accept), 403, "auth.forbidden")
    assert world("frank").made(f"{one}/approvals", accept)["plan"]["published"]
    assert {row["judge"] for row in fiona.seen(one)["pairs"]} == {"jana", "jonas", "jim"}
    assert {row["judge"] for row in jana.seen(one)["pairs"]} == {"jana"}
    public = world().seen(one)
    assert (public["pairs"], public["short"], public["lacks"], public["reads"]) == ([], [], [], 8)
    world.at("2027-03-20")
    assert fiona.made(f"{PANEL}/reminders")["readers"] == ["jana", "jim", "jonas"]
    assert fiona.made(f"{PANEL}/reminders")["readers"] == []


def test_a_judge_opens_and_scores_his_own_list_and_nothing_else(seated: World) -> None:
    seated.at("2027-03-10")
    jana, pile = seated("jana"), f"{HERE}/judges/jana"
    name = own_entry(seated, "jana")
    seen = jana.made(f"{pile}/openings", {"phase": "panel", "application": name})["entry"]
    assert seen["title"] == f"Wells {name}"
    assert not {"lead", "bundle", "budget"} & seen.keys()
    reach = {"trait": "reach", "mark": "3.7", "comment": "Far."}
    body: Json = {"application": name, "marks": [reach, {"trait": "proof", "mark": "4.2"}]}
    refused(seated("jonas").post(f"{pile}/scores", body), 404, "storage.missing")
    refused(seated("mira").post(f"{pile}/scores", body), 403, "auth.forbidden")
    off = body | {"marks": [{"trait": "reach", "mark": "3.75"}, {"trait": "proof", "mark": "4.2"}]}
    refused(jana.post(f"{pile}/scores", off), 422, "score.invalid")
    refused(jana.post(f"{pile}/scores", body | {"marks": [reach, reach]}), 422, "request.invalid")
    said = []
    mine = {row["application"] for row in jana.seen(f"{pile}/entries?phase=panel")["items"]}
    for other in ({"a-1", "a-2", "a-3", "a-4"} - mine) | {"a-99"}:
        for way, content in (
            ("scores", body | {"application": other}),
            ("recusals", {"application": other, "reason": "x"}),
        ):
            problem = refused(jana.post(f"{pile}/{way}", content), 403, "score.unassigned")
            assert other not in problem["detail"]
            said.append(problem["detail"])
    assert len(set(said)) == 1
    first, again = (jana.post(f"{pile}/scores", body, {"Idempotency-Key": "read-1"}) for _ in range(2))
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json()["marks"][0]["mark"] in {"3.7", "3.7000"}
    assert len(jana.seen(f"{PANEL}/scores")["items"]) == 1
    assert seated("jonas").seen(f"{PANEL}/scores")["items"] == []
    early = refused(seated("fiona").get(f"{PANEL}/scores"), 409, "challenge.state")
    assert early["figures"]["closes_at"].startswith("2027-04-12T17:00")
    jana.made(f"{pile}/recusals", {"application": name, "reason": "A friend leads it."})
    refused(jana.post(f"{pile}/scores", body), 403, "conflict.recused")
    assert name not in {row["application"] for row in jana.seen(f"{pile}/entries?phase=panel")["items"]}


def test_frozen_scores_are_ranked_and_their_names_stay_inside_until_announced(closed: World) -> None:
    mira, jana = closed("mira"), closed("jana")
    refused(jana.post(f"{PANEL}/calibrations", {}), 403, "auth.forbidden")
    frozen = mira.made(f"{PANEL}/calibrations", {})["calibration"]
    assert (frozen["number"], frozen["kind"], frozen["parts"][0]["reads"]) == (1, "closed", 8)
    assert mira.made(f"{PANEL}/calibrations", {})["calibration"] == frozen
    assert len(closed("fiona").seen(f"{PANEL}/scores?limit=3")["items"]) == 3
    ranking = mira.seen(f"{PANEL}/ranking")
    assert [row["application"] for row in ranking["items"]] == ["a-1", "a-2", "a-3", "a-4"]
    assert (ranking["items"][0]["raw_mean"], ranking["reads"]) == ("4.0000", 8)
    assert mira.seen(f"{PANEL}/placements")["parts"][0]["places"] >= 0
    few = refused(jana.get(f"{HERE}/judges/jana/effect?phase=panel"), 409, "calibration.invalid")
    assert "8 reads" in few["detail"]
    refused(closed("jonas").get(f"{HERE}/judges/jana/effect?phase=panel"), 404, "storage.missing")
    band = mira.made(f"{PANEL}/bands", {})
    gone = mira.made(f"{PANEL}/advancements", {})
    assert gone["inside"][:2] == ["a-1", "a-2"]
    public = closed()
    assert public.seen(f"{PANEL}/calibrations")["items"] == []
    assert public.seen(f"{PANEL}/bands")["items"][0]["bands"][0] == band["bands"][0] | {
        "members": [],
        "sure": [],
    }
    (hidden,) = public.seen(f"{PANEL}/advancements")["items"]
    assert (hidden["inside"], hidden["going_on"]) == ([], len(gone["inside"]))
    void = {"application": "a-1", "judge": "jana", "reason": "The wrong file was shown."}
    reader = next(
        one["judge"] for one in mira.seen(f"{PANEL}/scores")["items"] if one["application"] == "a-1"
    )
    again = mira.made(f"{PANEL}/void-reads", void | {"judge": reader})["recomputed"]
    assert (again["number"], again["kind"]) == (2, "voided")
    assert mira.seen(f"{PANEL}/shortages")["items"] == [{"application": "a-1", "missing": 1}]
    mira.made(f"{HERE}/announcements", {"reason": "The panel has read."})
    assert public.seen(f"{PANEL}/advancements")["items"][0]["inside"] == gone["inside"]
    assert [row["number"] for row in public.seen(f"{PANEL}/calibrations")["items"]] == [1, 2]


@ONE_DATABASE
def test_a_lot_is_committed_to_before_the_first_score_and_anybody_draws_it_again(seated: World) -> None:
    mira = seated("mira")
    secret = {"commitment": "5f" * 32}
    mira.made(f"{PANEL}/lottery-commitments", secret)
    assert seated("june").seen(f"{PANEL}/lottery-commitments")["items"] == [secret | {"phase": "panel"}]
    refused(mira.post(f"{PANEL}/lottery-commitments", {"commitment": "ab" * 32}), 409, "challenge.state")
    refused(mira.post(f"{PANEL}/lottery-commitments", {"commitment": "short"}), 422, "request.invalid")
    body = {"members": ["a-2", "a-1"], "places": 1, "seed": "5f1c"}
    drawn = [seated(name).post("/draws", body).json() for name in ("", "nora")]
    assert sorted(drawn[0]["order"]) == ["a-1", "a-2"]
    assert drawn[0] == drawn[1]
