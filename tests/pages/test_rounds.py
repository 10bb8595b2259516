"""A round without a script: judges, a plan, calibration, a band, who goes on, awards by two people."""

import pytest
from fastapi import FastAPI
from tests.doors.people import Asker, identify_by_name
from tests.doors.rounds import HERE, JUDGES, PANEL, PEOPLE, World, mark_all, open_round, seat
from tests.doors.test_awards import APPEAL
from tests.pages.visiting import Visitor, read

from almoner.api import create_app
from almoner.api.door import Door
from almoner.api.pages import Look
from almoner.finance.storage import Engine

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = "/books/main/desk/challenges/wells"
ROUND = f"{DESK}/rounds/panel"
AWARDS = f"{DESK}/awards"
APPEALS = f"{DESK}/appeals"
TIED = {"a-1": "4.0", "a-2": "3.1", "a-3": "3.1", "a-4": "1.5"}


class Season(World):
    """A published challenge with four entries, whose pages are looked at on a day that the test chooses."""

    app: FastAPI

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        identify = identify_by_name(self.clock, PEOPLE)
        door = Door(engine=engine, identify=identify, clock=self.clock, secret=bytes(32))
        look = Look(hosted=True, secure=False)
        self.app = create_app(engine=engine, identify=identify, clock=self.clock, door=door, pages=look)
        self.visitors: dict[str, Visitor] = {}

    def visit(self, name: str) -> Visitor:
        """Return somebody with a browser."""
        return self.visitors.setdefault(name, Visitor(self.app, name))

    def ask(self, name: str) -> Asker:
        """Return somebody who asks the operations."""
        return self(name)


@pytest.fixture
def season(engine: Engine, book: str) -> Season:
    """The challenge on the 5th of March, before its panel opens."""
    assert book
    open_round(engine)
    return Season(engine)


@pytest.fixture
def closed(season: Season) -> Season:
    """Everything is read, and the panel has closed."""
    seat(season.engine)
    mark_all(season.engine)
    season.at("2027-04-13")
    return season


def test_judges_are_registered_and_a_plan_counts_once_somebody_lets_it(season: Season) -> None:
    fiona = season.visit("fiona")
    assert "No judge is registered" in fiona.text(ROUND)
    for name in JUDGES:
        said = fiona.do(
            f"{ROUND}?do=register", "register", {"code": name, "most": "10", "languages": "en, sw"}
        )
    assert "The judge is registered" in said
    wrong = fiona.send(f"{ROUND}?do=register", "register", {"code": "Not A Name", "most": "many"}, status=422)
    assert 'value="Not A Name"' in wrong.text
    assert 'id="most-error"' in wrong.text
    assert "A plan is drafted" in fiona.do(ROUND, "plan", {"seed": "7"})
    assert season.ask("fiona").seen(f"{PANEL}/assignments")["items"][0]["published"] is False
    assert "The plan counts" in fiona.do(ROUND, "count", {"reason": "Small."})
    assert "jana" in fiona.text(ROUND)
    season.at("2027-03-20")
    assert "0 / 8" in fiona.text(ROUND)
    assert "on record as reminded" in fiona.do(ROUND, "remind")
    assert "nobody left to remind" in fiona.do(ROUND, "remind")


def test_a_declared_conflict_is_shown_and_only_the_chair_reads_of_whom(season: Season) -> None:
    mira = season.visit("mira")
    mira.send(f"{ROUND}?do=register", "register", {"code": "jana"})
    jana = season.ask("jana")
    left = jana.seen(f"{HERE}/judges/jana/declarations")["undeclared"]
    said = [{"actor": one, "kind": "none"} for one in left]
    said[0]["kind"] = "family"
    jana.made(f"{HERE}/judges/jana/declarations", {"declarations": said})
    assert "must not read it" in mira.text(ROUND)
    assert left[0] in mira.text(ROUND)
    fiona = season.visit("fiona").text(ROUND).partition("Conflicts of interest")[2].partition("This table")[0]
    assert "family" in fiona
    assert left[0] not in fiona


def test_marks_are_frozen_and_the_places_are_drawn_with_their_doubt(closed: Season) -> None:
    fiona = closed.visit("fiona")
    before = fiona.text(ROUND)
    assert "8" in before
    assert "Calibrate and freeze the marks" in before
    assert "frozen" in fiona.do(ROUND, "freeze")
    html = fiona.see(ROUND)
    assert 'role="img"' in html
    parts = closed.ask("fiona").seen(f"{PANEL}/placements")["parts"]
    for line in parts[0]["entries"]:
        assert f"{line['low']}\u2013{line['high']}" in html
    csv = fiona.client.get(f"{ROUND}?as=csv&sheet=reading").text
    ranking = closed.ask("fiona").seen(f"{PANEL}/ranking")["items"]
    assert [row.split(",")[0] for row in csv.splitlines()[1:]] == [row["application"] for row in ranking]
    fiona.send(ROUND, "band")
    assert "It is decided who goes on" in fiona.do(ROUND, "advance")
    assert "a-1, a-2" in fiona.text(ROUND)


def test_a_tie_at_the_line_is_named(season: Season) -> None:
    seat(season.engine)
    mark_all(season.engine, TIED)
    season.at("2027-04-13")
    fiona = season.visit("fiona")
    fiona.send(ROUND, "freeze")
    assert "1 place is left for those who are tied at the line: a-2, a-3" in fiona.text(ROUND)


def test_a_read_is_voided_for_a_reason_and_what_is_frozen_is_calculated_without_it(closed: Season) -> None:
    fiona = closed.visit("fiona")
    fiona.send(ROUND, "freeze")
    read = closed.ask("fiona").seen(f"{PANEL}/scores")["items"][0]
    which = {"application": read["application"], "judge": read["judge"]}
    form = f"{ROUND}?do=void"
    assert "reason" in fiona.send(form, "void", which, status=422).text
    assert "calibrated again without it" in fiona.do(form, "void", which | {"reason": "The wrong file."})
    assert "The wrong file." in fiona.text(form)
    kinds = [one["kind"] for one in closed.ask("fiona").seen(f"{PANEL}/calibrations")["items"]]
    assert kinds == ["closed", "voided"]


def test_a_tie_is_drawn_by_lot_and_anybody_draws_it_again(engine: Engine, book: str) -> None:
    assert book
    open_round(engine, "lottery")
    season = Season(engine)
    fiona = season.visit("fiona")
    seat(engine)
    assert "The digest is published" in fiona.do(ROUND, "commit", {"commitment": "5F" * 32})
    assert "5f" * 32 in fiona.text(ROUND)
    assert "commit to a secret" not in fiona.text(ROUND)
    mark_all(engine, TIED)
    season.at("2027-04-13")
    fiona.send(ROUND, "freeze")
    fiona.send(ROUND, "band", {"beacon_source": "city beacon, pulse 7", "beacon_at": "2027-04-14T12:00"})
    season.at("2027-04-15")
    named = season.ask("fiona").seen(f"{PANEL}/bands")["items"][0]["published_at"]
    told = {"named_at": named, "at": "2027-04-14T12:00", "value": "5f" * 16, "proof": "signed"}
    fiona.send(ROUND, "advance", {f"beacon-{name}": text for name, text in told.items()})
    said = fiona.text(ROUND)
    assert "Anybody can draw this lot again" in said
    assert f"--member a-2 --member a-3 --places 1 --seed {'5f' * 16}" in said
    again = fiona.send(ROUND, "redraw", status=200)
    assert "Drawn again just now, the same order comes out" in again.text
    shown = fiona.text("/books/main/challenges/wells")
    assert "The lot of panel" in shown
    assert "5f" * 32 in shown


def test_an_award_is_approved_by_another_person_and_never_by_its_maker(closed: Season) -> None:
    fiona, frank, mira = (closed.visit(name) for name in ("fiona", "frank", "mira"))
    fiona.send(ROUND, "freeze")
    first = {"prize": "0", "application": "a-1", "amount": "100.00", "rank": "1", "reason": "First place."}
    over = fiona.send(f"{AWARDS}?do=propose", "propose", first | {"amount": "150.01"}, status=409)
    assert 'value="150.01"' in over.text
    fiona.send(f"{AWARDS}?do=propose", "propose", first)
    own = fiona.text(AWARDS)
    assert "You proposed this award, so you do not approve it. Ask another funder." in own
    refused = fiona.send(AWARDS, "approve", status=409)
    assert "fiona proposed this award of 100.00 USD: somebody else approves it" in read(refused.text)
    assert closed.ask("fiona").seen(f"{HERE}/awards")["items"][0]["state"] == "proposed"
    assert "This takes 100.00\u00a0USD out of the prizes for a-1" in frank.text(AWARDS)
    assert "A funder approves it" in mira.text(AWARDS)
    assert "The award is approved" in frank.do(AWARDS, "approve")
    closed.ask("hana").made(f"{HERE}/awards/0/a-1/whole/acceptances")
    mira.send(f"{AWARDS}?do=promise", "promise")
    assert "It is paid" in mira.do(f"{AWARDS}?do=pay", "pay", {"amount": "40.00"})
    assert closed.ask("mira").seen(f"{HERE}/awards")["items"][0]["paid"] == "40.00"


def test_the_rules_decide_and_the_decision_is_announced(closed: Season) -> None:
    fiona, mira = closed.visit("fiona"), closed.visit("mira")
    mira.send(ROUND, "freeze")
    given = closed.ask("fiona").made(f"{HERE}/decisions/trials", {})["awards"]
    shown = fiona.text(AWARDS).partition("What the rules give today")[2]
    for one in given:
        assert one["reason"] in shown
    assert "as the rules give them" in fiona.do(AWARDS, "decide")
    assert "Appeals can be filed" in mira.do(
        f"{AWARDS}?do=announce", "announce", {"reason": "The panel has read."}
    )
    early = mira.send(f"{AWARDS}?do=settle", "settle", status=409)
    assert "appeal" in read(early.text)
    closed.at("2027-08-01")
    assert "The prize is settled" in mira.do(f"{AWARDS}?do=settle", "settle")
    assert "has ended" in mira.do(f"{AWARDS}?do=conclude", "conclude")
    assert closed.ask("mira").seen(HERE)["state"] == "settled"


def test_an_appeal_is_ruled_from_outside_and_upheld_by_a_second_person(closed: Season) -> None:
    fiona, frank, june = (closed.visit(name) for name in ("fiona", "frank", "june"))
    fiona.send(ROUND, "freeze")
    fiona.send(AWARDS, "decide")
    fiona.send(f"{AWARDS}?do=announce", "announce", {"reason": "The panel has read."})
    assert "No appeal was filed" in frank.text(APPEALS)
    closed.at("2027-04-15")
    closed.ask("hugo").made(f"{HERE}/appeals", {"appeal": APPEAL})
    asked = june.text(APPEALS)
    assert "The procedure was not kept" in asked
    assert "of the wrong file" in asked
    ruling = {"upheld": "yes", "reason": "It was the wrong file."}
    one = f"{APPEALS}?do=a-2/1"
    assert 'id="reason-error"' in june.send(one, "rule", {"reason": ""}, status=422).text
    assert "waits for a second person" in june.do(one, "rule", ruling)
    assert "june would uphold it" in frank.text(APPEALS)
    assert "The appeal is upheld" in frank.do(APPEALS, "approve")
    shown = {
        (row["application"], row["state"]) for row in closed.ask("fiona").seen(f"{HERE}/awards")["items"]
    }
    assert ("a-1", "reversed") in shown
    closed.visit("nora").see(APPEALS, 404)


def test_a_challenge_called_off_gives_its_money_back_and_others_see_no_forms(closed: Season) -> None:
    assert "Propose an award" not in closed.visit("hana").text(AWARDS)
    fiona = closed.visit("fiona")
    fiona.send(f"{AWARDS}?do=conclude", "conclude", {"how": "cancel", "reason": "Others built them."})
    assert "cancelled" in fiona.text(AWARDS)
    assert closed.ask("mira").seen("/books/main/funds/water")["free"] == "1000.00"
