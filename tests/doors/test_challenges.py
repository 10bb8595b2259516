from copy import deepcopy
from datetime import datetime

import pytest
from tests.doors.people import PEOPLE as EVERYBODY
from tests.doors.people import Asker, Json, grants_of, identify_by_name, small_app

from almoner import currency, money
from almoner.api.routes import applications, briefs, challenges, drafts, eligibility, funds
from almoner.api.routes.brief_examples import APPLICATION, BRIEF
from almoner.challenges.files import attached_file
from almoner.finance import acts
from almoner.finance.dates import as_utc
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Engine, UnitOfWork

HERE = "/books/main/challenges"
ONE = f"{HERE}/clean-water"
ENTRY = f"{ONE}/applications/a-1"
PEOPLE = {
    **EVERYBODY,
    "olga": grants_of(("hub", "lab", "")),
    "june": grants_of(("judge", "jana", "challenge/other")),
}


class World:
    """The application at an instant that the test moves, and its people."""

    def __init__(self, engine: Engine) -> None:
        self.now = as_utc(datetime.fromisoformat("2027-01-05T12:00Z"))
        identify = identify_by_name(self.clock, PEOPLE)
        nouns = (applications, briefs, challenges, drafts, eligibility, funds)
        self.app = small_app(engine, identify, self.clock, *nouns)
        self.people: dict[str, Asker] = {}

    def clock(self) -> datetime:
        return self.now

    def at(self, instant: str) -> None:
        self.now = as_utc(datetime.fromisoformat(f"{instant}:00Z"))

    def __call__(self, name: str = "", way: str = "Bearer") -> Asker:
        return self.people.setdefault(f"{way} {name}", Asker(self.app, name, way))


@pytest.fixture
def world(engine: Engine, book: str) -> World:
    """The doors, and 1,000,000.00 USD in the fund ``water``."""
    made = World(engine)
    with UnitOfWork(engine) as session:
        fund = find_fund(session, book, "water")
        amount = money("1000000.00", currency("USD"))
        acts.contribute(session, fund, "foundation", amount, key="gift", clock=made.clock)
    return made


@pytest.fixture
def published(world: World) -> World:
    """The challenge published, at a time when it takes applications."""
    world("mira").made(HERE, {"brief": BRIEF})
    world.at("2027-01-20T12:00")
    return world


def changed(document: Json, **fields: object) -> Json:
    return {**deepcopy(document), **fields}


def refused(reply: Json, status: int, code: str) -> Json:
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    return reply.json()


def test_a_brief_is_looked_over_published_and_read_by_everybody(world: World) -> None:
    looked = world().client.post("/v1/briefs/readings/lint", json={"brief": BRIEF}).json()
    assert looked["publishable"] is True
    early = changed(BRIEF, time_zone="Nowhere/Land")
    refused(
        world("mira").client.post("/v1/briefs/readings/lint", json={"brief": early}), 422, "request.invalid"
    )
    refused(world("hana").post(HERE, {"brief": BRIEF}), 403, "auth.forbidden")
    tried = world("mira").post(f"{HERE}?dry_run=true", {"brief": BRIEF}, {"Idempotency-Key": "p"})
    assert "challenge.published" in tried.json()["effects"]["events"]
    refused(world().get(ONE), 401, "auth.required")
    first, again = (world("mira").post(HERE, {"brief": BRIEF}, {"Idempotency-Key": "p"}) for _ in range(2))
    assert first.content == again.content
    assert first.headers["Location"].endswith(ONE)
    assert world().seen(ONE)["state"] == "published"
    assert world("nora").seen(HERE)["items"][0]["prizes"] == {"amount": "900000.00", "unit": "USD"}
    read = world().seen(f"{ONE}/brief")
    assert read["brief"]["schema"] == "almoner.brief/1"
    assert read["sha256"] == first.json()["brief_sha256"]
    assert world("fiona").seen("/books/main/funds/water")["committed"] == "900000.00"


def test_a_brief_that_the_fund_does_not_cover_is_not_published(world: World) -> None:
    dear = changed(BRIEF, prizes=[{**BRIEF["prizes"][0], "amount": "1000000.01"}])
    told = refused(world("mira").post(HERE, {"brief": dear}), 409, "fund.insufficient")
    assert "1000000.01" in told["detail"]
    half = changed(BRIEF, prizes=[{**BRIEF["prizes"][0], "amount": 900000}])
    refused(world("mira").post(HERE, {"brief": half}), 422, "request.invalid")
    forms = [{"id": "application/1", "schema": {"type": "object", "properties": {}, "minimum": 1.5}}]
    refused(world("mira").post(HERE, {"brief": changed(BRIEF, forms=forms)}), 422, "request.invalid")
    goal = {**BRIEF["goal"], "target": BRIEF["goal"]["baseline"]}
    refused(world("mira").post(HERE, {"brief": changed(BRIEF, goal=goal)}), 422, "brief.invalid")


def test_a_change_of_the_rules_takes_two_people_and_everybody_is_told(published: World) -> None:
    world = published
    world("hana").made(f"{ONE}/applications", {"application": APPLICATION})
    patch = [{"op": "replace", "path": "/phases/0/closes_at", "value": "2027-03-05T17:00+03:00"}]
    asked = {"of": 1, "patch": patch, "reason": "Floods.", "kind": "material"}
    proposal = world("fiona").made(f"{ONE}/amendment-proposals", asked)
    assert proposal["places"] == ["/phases/0/closes_at"]
    assert proposal["notify"][-1] == "hub-a"
    approvals = f"{ONE}/amendment-proposals/{proposal['id']}/approvals"
    refused(world("fiona").post(approvals), 403, "duty.same_person")
    refused(world("mira").post(approvals), 403, "auth.forbidden")
    refused(world("frank", "Stale").post(approvals), 403, "auth.step_up")
    made = world("frank").made(approvals)
    assert (made["version"], made["maker"], made["checker"]) == (2, "fiona", "frank")
    assert world().seen(ONE)["version"] == 1
    assert [one["in_force"] for one in world().seen(f"{ONE}/brief/versions")["items"]] == [True, False]
    told = f"{ONE}/brief/versions/2/notices"
    assert "hub-a" in world("mira").seen(told)["items"]
    world("mira").made(told, {"recipient": "hub-a"})
    assert "hub-a" not in world("mira").seen(told)["items"]
    world.at("2027-02-01T12:00")
    assert world().seen(ONE)["version"] == 2


def test_lower_prizes_take_the_consent_of_who_has_applied(published: World) -> None:
    world = published
    world("hana").made(f"{ONE}/applications", {"application": APPLICATION})
    patch = [{"op": "replace", "path": "/prizes/0/amount", "value": "100.00"}]
    asked = {"of": 1, "patch": patch, "reason": "Less money.", "kind": "material"}
    proposal = world("fiona").made(f"{ONE}/amendment-proposals", asked)
    assert proposal["needs_consent"] == ["a-1"]
    here = f"{ONE}/amendment-proposals/{proposal['id']}"
    told = refused(world("frank").post(f"{here}/approvals"), 409, "amendment.refused")
    assert "/prizes" in told["detail"]
    refused(world("hugo").post(f"{here}/consents", {"application": "a-1"}), 404, "storage.missing")
    assert world("hana").made(f"{here}/consents", {"application": "a-1"})["signer"] == "hana"
    assert world("frank").made(f"{here}/approvals")["version"] == 2


def test_partners_write_one_draft_and_hand_it_in(published: World) -> None:
    world, hana, hugo = published, published("hana"), published("hugo")
    begun = hana.made(
        f"{ONE}/drafts", {"code": "a-1", "content": {"title": "Wells", "bundle": APPLICATION["bundle"]}}
    )
    assert begun["content"]["lead"] == "hub-a"
    draft = f"{ONE}/drafts/a-1"
    refused(world("olga").get(draft), 404, "storage.missing")
    refused(
        world("olga").post(f"{ONE}/drafts", {"code": "a-1", "content": {}}), 409, "storage.already_exists"
    )
    refused(
        world("hana").post(f"{ONE}/drafts", {"code": "a-2", "content": {"lead": "hub-b"}}),
        404,
        "storage.missing",
    )
    tag = hugo.get(draft).headers["ETag"]
    whole = {"content": APPLICATION}
    refused(hugo.put(draft, whole), 428, "precondition.missing")
    assert hugo.put(draft, whole, {"If-Match": tag}).status_code == 200
    refused(hana.put(draft, whole, {"If-Match": tag}), 412, "precondition.stale")
    mine = {"content": {**APPLICATION, "title": "Deep wells"}, "based_on": 2}
    assert hana.made(f"{draft}/revisions", mine)["revision"] == 3
    other = {"content": {**APPLICATION, "title": "Shallow wells"}, "based_on": 2}
    refused(hugo.post(f"{draft}/revisions", other), 409, "application.stale")
    merged = hugo.made(
        f"{draft}/revisions",
        {"content": {**APPLICATION, "ask": "900.30", "minimum": "500.00"}, "based_on": 2},
    )
    assert (merged["content"]["title"], merged["content"]["minimum"]) == ("Deep wells", "500.00")
    checked = hana.seen(f"{draft}/findings")
    assert (checked["complete"], checked["findings"], len(checked["sha256"])) == (True, [], 64)
    accords = {one["party"]: one for one in hugo.seen(f"{draft}/accords")["items"]}
    assert [one["accepted"] for one in accords.values()] == [False, False]
    refused(hugo.post(f"{draft}/accords", {"sha256": "0" * 64}), 409, "application.stale")
    hugo.made(f"{draft}/accords", {"sha256": accords["hub-b"]["sha256"]})
    assert {one["party"]: one["accepted"] for one in hugo.seen(f"{draft}/accords")["items"]} == {
        "hub-a": False,
        "hub-b": True,
    }
    assert [one["code"] for one in hugo.seen(f"{ONE}/drafts")["items"]] == ["a-1"]
    assert world("olga").seen(f"{ONE}/drafts")["items"] == []
    receipt = hana.made(f"{ONE}/applications", {"application": merged["content"]})
    assert (receipt["number"], receipt["status"]) == (1, "pass")


def test_an_application_is_shown_to_each_as_the_brief_says(published: World) -> None:
    world, hana = published, published("hana")
    receipt = hana.made(f"{ONE}/applications", {"application": APPLICATION})
    assert receipt["phase"] == "apply"
    assert hana.seen(ENTRY)["application"]["answers"] == APPLICATION["answers"]
    assert world("hugo").seen(ENTRY)["seen_as"] == "own_applicant"
    refused(world("olga").get(ENTRY), 404, "storage.missing")
    assert world("mira").seen(ENTRY)["application"]["ask"] == "900.30"
    assert world("fiona").seen(ENTRY)["application"] == {}
    assert world("fiona").seen(f"{ONE}/applications")["items"] == [
        {"code": "a-1", "withdrawn": False, "status": "pass"}
    ]
    refused(world("jana").get(ENTRY), 404, "storage.missing")
    assert world("jana").seen(f"{ONE}/applications")["items"] == []
    refused(world("june").get(ENTRY), 404, "storage.missing")
    refused(world("eva").get(ENTRY), 403, "auth.forbidden")
    refused(world("mira").get(f"{ENTRY}?phase=vote"), 404, "storage.missing")
    world.at("2027-03-02T12:00")
    assert world("fiona").seen(ENTRY)["application"]["lead"] == "hub-a"


def test_a_file_is_compared_with_those_that_one_may_see_and_is_not_kept(published: World) -> None:
    world, plan = published, b"%PDF-1.7 how the wells are dug"
    row = attached_file(plan, name="plan.pdf").model_dump(mode="json")
    made = {**APPLICATION, "files": [row]}
    world("hana").made(f"{ONE}/applications", {"application": made})

    def compared(name: str, content: bytes) -> Json:
        headers = {"Authorization": f"Bearer {name}", "content-type": "application/octet-stream"}
        return world(name).client.post(f"/v1{ENTRY}/file-checks", content=content, headers=headers)

    for name in ("hana", "hugo", "mira"):
        assert compared(name, plan).json() == {"application": "a-1", "file": row}
    refused(compared("hana", plan + b"."), 409, "claim.evidence_tampered")
    refused(compared("fiona", plan), 409, "claim.evidence_tampered")
    refused(compared("olga", plan), 404, "storage.missing")
    refused(compared("eva", plan), 403, "auth.forbidden")
    world.at("2027-03-02T12:00")
    assert compared("fiona", plan).status_code == 200


def test_the_last_application_before_the_close_counts(published: World) -> None:
    world, hana = published, published("hana")
    sent = {"application": APPLICATION}
    first = hana.made(f"{ONE}/applications", sent, {"Idempotency-Key": "one"})
    better = {"application": changed(APPLICATION, title="Better wells")}
    assert hana.made(f"{ONE}/applications", better)["number"] == 2
    foreign = changed(APPLICATION, lead="hub-b")
    told = refused(
        world("hugo").post(f"{ONE}/applications", {"application": foreign}), 409, "storage.already_exists"
    )
    assert "hub-a" not in told["detail"]
    refused(world("hugo").post(f"{ONE}/applications", sent), 404, "storage.missing")
    wrong = changed(APPLICATION, ask="901.00")
    told = refused(hana.post(f"{ONE}/applications", {"application": wrong}), 409, "application.inconsistent")
    assert "901.00" in told["detail"]
    world.at("2027-03-01T14:00")
    assert hana.made(f"{ONE}/applications", sent, {"Idempotency-Key": "one"}) == first
    refused(hana.post(f"{ONE}/applications", sent), 409, "challenge.closed")
    taken = hana.made(f"{ENTRY}/withdrawals", {"reason": "A partner has left."})
    assert taken["withdrawn"] is True
    refused(world("hugo").post(f"{ENTRY}/withdrawals", {}), 404, "storage.missing")


def test_lists_of_applications_come_in_pages(published: World) -> None:
    hana, mira = published("hana"), published("mira")
    for code in ("a-3", "a-1", "a-2"):
        hana.made(f"{ONE}/applications", {"application": changed(APPLICATION, application_id=code)})
    first = mira.seen(f"{ONE}/applications?limit=2")
    assert [one["code"] for one in first["items"]] == ["a-1", "a-2"]
    rest = mira.seen(f"{ONE}/applications?limit=2&cursor={first['next']}")
    assert ([one["code"] for one in rest["items"]], rest["next"]) == (["a-3"], None)
    assert published("hugo").seen(f"{ONE}/applications")["items"] == []


def test_anybody_may_ask_whether_to_apply_and_nothing_is_kept(published: World) -> None:
    asked = published().seen(f"{ONE}/eligibility")
    assert [one["fact"] for one in asked["questions"]] == ["lead.registered_since_days", "lead.kind"]
    assert "730" in asked["checklist"][1]["words"]
    reply = published().client.post(
        f"/v1{ONE}/eligibility-checks", json={"answers": {"lead.kind": "government"}}
    )
    assert (reply.json()["status"], reply.json()["provisional"]) == ("fail", True)


def test_a_late_paper_counts_when_two_people_waive_its_lateness(published: World) -> None:
    world, hana, mira = published, published("hana"), published("mira")
    young = changed(APPLICATION, facts={"lead.kind": "ngo"})
    receipt = hana.made(f"{ONE}/applications", {"application": young})
    assert receipt["status"] == "needs_document"
    refused(
        mira.post(f"{ENTRY}/findings/notices", {"delivered_at": "2027-01-20T12:00"}), 422, "request.invalid"
    )
    told = mira.made(f"{ENTRY}/findings/notices", {})
    assert told["leaves"][0]["cure_by"] is not None
    fact = {"fact": "lead.registered_since_days", "value": 900}
    confirmed = {**fact, "source": "confirmed", "evidence": "registration"}
    refused(hana.post(f"{ENTRY}/facts", confirmed), 403, "auth.forbidden")
    refused(world("olga").post(f"{ENTRY}/facts", fact), 404, "storage.missing")
    world.at("2027-02-15T12:00")
    assert mira.made(f"{ONE}/findings", None)["changed"] == [{"application": "a-1", "status": "fail"}]
    late = hana.made(f"{ENTRY}/facts", fact)
    assert "was to be shown by" in late["late"]
    assert late["finding"]["status"] == "fail"
    asked = {"clause": "2.1", "effect": "lateness", "reason": "The registry was closed."}
    proposal = mira.made(f"{ENTRY}/waiver-proposals", asked)
    approvals = f"{ENTRY}/waiver-proposals/{proposal['id']}/approvals"
    refused(mira.post(approvals), 403, "duty.same_person")
    assert world("fiona").made(approvals)["status"] == "pass"
    assert [one["status"] for one in hana.seen(f"{ENTRY}/findings")["items"]][-1] == "pass"
    assert hana.seen(f"{ENTRY}/facts")["items"][0]["state"] == "late"
