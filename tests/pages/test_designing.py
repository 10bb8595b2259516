"""A challenge designed without a script: begun, filled in, looked over, previewed, published, amended."""

import json
from collections.abc import Callable

import pytest
from tests.doors.people import Asker
from tests.doors.rounds import BRIEF
from tests.pages.visiting import Visitor, read

from almoner import currency, money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Engine, UnitOfWork

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = "/books/main/desk/challenges"
DRAFT = "/books/main/desk/challenge-drafts/clean-water"
Visit = Callable[..., Visitor]
Ask = Callable[..., Asker]
GOAL = {
    "goal-metric": "safe_water_days@2",
    "goal-unit": "day",
    "goal-baseline": "212",
    "goal-target": "320",
    "goal-by": "2029-12-31",
}
DATES = {
    "phases-0-opens_at": "2027-01-11T09:00",
    "phases-0-closes_at": "2027-03-01T17:00",
    "phases-1-opens_at": "2027-03-08T09:00",
    "phases-1-closes_at": "2027-04-12T17:00",
}
BANDS = {
    f"rubric-traits-{n}-anchors-{band}-{name}": said
    for n in range(2)
    for band, named in enumerate((("1", "2", "weak"), ("3", "4", "fair"), ("5", "5", "strong")))
    for name, said in zip(("lo", "hi", "text"), named, strict=True)
}
RUBRIC = {"rubric-traits-0-title": "Reach", "rubric-traits-1-title": "Evidence", **BANDS}


@pytest.fixture
def funded(engine: Engine, book: str, clock: Clock) -> Engine:
    """The fund ``water`` with 1,000.00 USD."""
    with UnitOfWork(engine) as session:
        fund = find_fund(session, book, "water")
        amount = money("1000.00", currency("USD"))
        acts.contribute(session, fund, "foundation", amount, key="gift", clock=clock)
    return engine


def begin(visitor: Visitor, title: str = "Clean water") -> None:
    visitor.send(DESK, "begin", {"title": title, "fund": "water"})


def fill(visitor: Visitor) -> None:
    """Fill in every section, with dates that leave no time for appeals to go wrong."""
    for section, fields in (
        ("goal", GOAL),
        ("dates", DATES),
        ("prizes", {"prizes-0-amounts": "100.00, 50.00"}),
        ("rubric", RUBRIC),
    ):
        visitor.send(f"{DRAFT}?section={section}", "save", fields)


def test_a_brief_is_designed_mended_previewed_and_published(funded: Engine, visit: Visit, ask: Ask) -> None:
    assert funded
    fiona = visit("fiona")
    assert "No brief is being written" in fiona.text(DESK)
    begin(fiona)
    first = fiona.text(f"{DRAFT}?section=goal")
    assert "What is measured (What is to be reached)" in first
    assert "It cannot be published yet" in fiona.text(f"{DRAFT}?section=publish")
    assert "takes a whole brief" in fiona.text(f"{DRAFT}/preview")
    fill(fiona)
    fiona.send(f"{DRAFT}?section=dates", "save", {"phases-1-closes_at": "2027-03-01T09:00"})
    wrong = fiona.see(f"{DRAFT}?section=dates")
    assert f"{DRAFT}?section=dates#phases-1-closes_at" in wrong
    fiona.send(f"{DRAFT}?section=dates", "save", DATES)
    said = fiona.text(f"{DRAFT}?section=publish")
    assert "sets 150.00\u00a0USD of the fund Water aside" in said
    assert "Free in it now: 1,000.00\u00a0USD" in said
    applicant = fiona.text(f"{DRAFT}/preview")
    assert "From 212 to 320 day by December 31, 2029" in applicant
    judge = fiona.text(f"{DRAFT}/preview?side=judge")
    assert judge.index("You see:") < judge.index("You do not see:") < judge.index("Who applies")
    assert "strong" in judge
    done = fiona.do(f"{DRAFT}?section=publish", "publish")
    assert "is published, and its prizes are set aside" in done
    brief = ask("fiona").seen("/books/main/challenges/clean-water/brief")["brief"]
    assert [one["amounts"] for one in brief["prizes"]] == [["100.00", "50.00"]]
    assert brief["rubric"]["traits"][1]["title"] == "Evidence"
    fiona.see(DRAFT, 404)


def test_what_is_typed_is_looked_over_at_once_and_not_saved(funded: Engine, visit: Visit, ask: Ask) -> None:
    assert funded
    fiona = visit("fiona")
    begin(fiona)
    fill(fiona)
    address = f"{DRAFT}?section=dates"
    form = fiona.form(address, "save")
    typed = {**form.fields, "phases-0-closes_at": "2027-01-01T09:00"}
    live = fiona.client.post(f"{address}&part=live_lint", data=typed).text
    assert live.strip().startswith('<div id="lint"')
    assert "phases-0-closes_at" in live
    kept = ask("fiona").seen("/books/main/brief-drafts/clean-water")["content"]["phases"]
    assert kept[0]["closes_at"] == "2027-03-01T17:00"


def test_parts_are_added_and_taken_out_and_weights_are_summed(funded: Engine, visit: Visit) -> None:
    assert funded
    fiona = visit("fiona")
    begin(fiona)
    fiona.send(f"{DRAFT}?section=dates", "save", {"add-phases": "delivery"})
    assert "Stage 3: Delivery" in fiona.text(f"{DRAFT}?section=dates")
    fiona.send(f"{DRAFT}?section=dates", "save", {"remove-phases-2": "yes"})
    assert "Stage 3" not in fiona.text(f"{DRAFT}?section=dates")
    fiona.send(f"{DRAFT}?section=prizes", "save", {"add-prizes": "pool"})
    assert "Prize 2: A pool that is divided" in fiona.text(f"{DRAFT}?section=prizes")
    for kind in ("rule", "not"):
        fiona.send(f"{DRAFT}?section=entry", "save", {"add-eligibility": kind})
    assert "Rule 2: this must not be so" in fiona.text(f"{DRAFT}?section=entry")
    for kind in ("text", "file"):
        fiona.send(f"{DRAFT}?section=questions", "save", {"add-forms": kind})
    asked = fiona.form(f"{DRAFT}?section=questions", "save").fields
    assert "forms-0-schema-properties-01-text-title" in asked
    fiona.send(f"{DRAFT}?section=rubric", "save", {"add-rubric-traits": "trait"})
    assert "The criteria weigh 100% together" in fiona.text(f"{DRAFT}?section=rubric")
    fiona.send(f"{DRAFT}?section=rubric", "save", {"rubric-traits-2-weight_bp": "12.5"})
    assert "The criteria weigh 112.5% together" in fiona.text(f"{DRAFT}?section=rubric")


def test_two_who_write_at_once_are_told_and_nothing_typed_is_lost(funded: Engine, visit: Visit) -> None:
    assert funded
    fiona, mira = visit("fiona"), visit("mira")
    begin(fiona)
    address = f"{DRAFT}?section=goal"
    old = mira.form(address, "save")
    fiona.send(address, "save", {"title": "Clean water for all"})
    late = mira.client.post(address, data={**old.fields, "title": "Water by Mira"})
    assert late.status_code == 412
    assert 'value="Water by Mira"' in late.text
    assert "As it stands now: Clean water for all" in read(late.text)


def test_a_change_of_the_rules_shows_what_differs_and_takes_another_person(
    funded: Engine, visit: Visit, ask: Ask
) -> None:
    assert funded
    ask("mira").made("/books/main/challenges", {"brief": BRIEF})
    fiona, frank = visit("fiona"), visit("frank")
    here = f"{DESK}/wells"
    fiona.send(here, "amend")
    draft = "/books/main/desk/challenge-drafts/wells"
    assert "Nothing is different" in fiona.text(f"{draft}?section=publish")
    fiona.send(f"{draft}?section=dates", "save", {"phases-1-closes_at": "2027-04-20T17:00Z"})
    changed = fiona.text(f"{draft}?section=publish")
    assert "2027-04-12T17:00Z" in changed
    assert "2027-04-20T17:00Z" in changed
    assert "Prizes" not in changed.partition("What changes")[2].partition("Why")[0]
    reply = fiona.send(f"{draft}?section=publish", "propose", {"reason": "Floods closed the roads."})
    proposal = reply.headers["location"].partition("?")[0]
    assert "You proposed this change. Somebody else approves it." in fiona.text(proposal)
    refused = fiona.send(proposal, "approve", status=403)
    assert "somebody else approves it" in read(refused.text)
    assert "Floods closed the roads." in frank.text(here)
    assert "The change is approved" in frank.do(proposal, "approve")
    assert ask("frank").seen("/books/main/challenges/wells/brief/versions")["items"][-1]["version"] == 2


def test_hostile_text_stays_text_and_others_find_nothing(funded: Engine, visit: Visit) -> None:
    assert funded
    fiona = visit("fiona")
    hostile = '<script>alert(1)</script>"><img src=x>\u202e' + "w" * 10_000
    begin(fiona)
    fiona.send(f"{DRAFT}?section=goal", "save", {"title": hostile})
    for address in (f"{DRAFT}?section=goal", DESK, f"{DRAFT}?section=publish"):
        html = fiona.see(address)
        assert "<script>alert" not in html
        assert "<img src=x" not in html
    for name in ("hana", "jana", "eva"):
        visit(name).see(DRAFT, 404)
        assert "Design a challenge" not in visit(name).text(DESK)
    visit("").see(DESK, 401)


def test_a_brief_comes_from_a_file_and_goes_into_one(funded: Engine, visit: Visit) -> None:
    assert funded
    fiona = visit("fiona")
    whole = {"file": ("wells.json", json.dumps(BRIEF).encode())}
    fiona.send(DESK, "begin", {"code": "clean-water", "title": "Taken", "fund": "water"}, files=whole)
    assert "sets 150.00\u00a0USD" in fiona.text(f"{DRAFT}?section=publish")
    given = fiona.client.get(f"{DRAFT}/document").json()
    assert given["phases"] == BRIEF["phases"]
    none = fiona.send(DRAFT, "file", files={"file": ("x.json", b"[1]")}, status=422)
    assert "holds no brief" in read(none.text)
    fiona.send(DRAFT, "drop")
    fiona.see(DRAFT, 404)
