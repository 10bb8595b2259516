"""Awards, their money, announcements and appeals through the doors, on both databases."""

import pytest
from tests.doors.rounds import HERE, World, mark_all, open_round, refused, seat

from almoner.finance.storage import Engine

AWARDS = f"{HERE}/awards"
FIRST = f"{AWARDS}/0/a-1/whole"
PROPOSED = {"prize": 0, "application": "a-1", "amount": "100.00", "rule": "places", "reason": "Rank 1."}
APPEAL = {
    "application": "a-2",
    "ground": "procedure",
    "statement": "One read of the first entry was of the wrong file.",
    "remedies": [{"kind": "correct_finding", "application": "a-1", "status": "fail"}],
}

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(engine: Engine, book: str) -> World:
    """A challenge whose panel has read and closed, in the middle of April."""
    assert book
    open_round(engine)
    seat(engine)
    mark_all(engine)
    made = World(engine)
    made.at("2027-04-13")
    return made


@pytest.fixture
def announced(world: World) -> World:
    """The scores frozen, the awards made by the rule of the brief, and announced."""
    world("mira").made(f"{HERE}/phases/panel/calibrations", {})
    world("fiona").made(f"{HERE}/decisions", {})
    world("mira").made(f"{HERE}/announcements", {"reason": "The panel has read."})
    return world


def test_an_award_takes_two_people_and_its_winner_and_is_paid_once(world: World) -> None:
    mira, fiona, hana = world("mira"), world("fiona"), world("hana")
    refused(hana.post(AWARDS, PROPOSED), 403, "auth.forbidden")
    refused(mira.post(AWARDS, PROPOSED | {"amount": "100.001"}), 422, "money.too_precise")
    over = refused(mira.post(AWARDS, PROPOSED | {"amount": "150.01"}), 409, "fund.overdrawn")
    assert "150.0" in over["detail"]
    assert mira.made(AWARDS, PROPOSED)["award"]["state"] == "proposed"
    refused(mira.post(f"{FIRST}/approvals"), 403, "auth.forbidden")
    refused(world("fiona", "Stale").post(f"{FIRST}/approvals"), 403, "auth.step_up")
    assert hana.seen(AWARDS)["items"] == []
    tried = fiona.post(f"{FIRST}/approvals?dry_run=true", None, {"Idempotency-Key": "approve"})
    assert "award.approved" in tried.json()["effects"]["events"]
    assert fiona.seen(FIRST)["state"] == "proposed"
    first, again = (fiona.post(f"{FIRST}/approvals", None, {"Idempotency-Key": "approve"}) for _ in range(2))
    assert first.json()["award"]["state"] == "approved"
    assert (first.content, again.headers["Idempotent-Replayed"]) == (again.content, "true")
    refused(world("hugo").post(f"{FIRST}/acceptances"), 404, "storage.missing")
    refused(mira.post(f"{FIRST}/payments", {}), 409, "award.state")
    assert world("hugo").seen(AWARDS)["items"] == world().seen(AWARDS)["items"] == []
    (own,) = hana.seen(AWARDS)["items"]
    assert (own["state"], own["maker"]) == ("approved", "")
    assert hana.made(f"{FIRST}/acceptances")["award"]["state"] == "accepted"
    assert mira.made(f"{FIRST}/commitments")["award"]["state"] == "committed"
    refused(fiona.post(f"{FIRST}/payments", {}), 403, "auth.forbidden")
    refused(mira.post(f"{FIRST}/payments", {"amount": "100.01"}), 409, "fund.overdrawn")
    paid = [mira.made(f"{FIRST}/payments", {"amount": "40.00"}, {"Idempotency-Key": "pay"}) for _ in range(2)]
    assert paid[0] == paid[1]
    assert paid[0]["award"]["paid"] == "40.00"
    late = {"reason": "Wrong amount."}
    assert "40.00" in refused(fiona.post(f"{FIRST}/reversals", late), 409, "award.state")["detail"]
    assert mira.made(f"{FIRST}/payments", {"amount": "60.00"})["award"]["paid"] == "100.00"


@ONE_DATABASE
def test_what_is_not_wanted_or_late_goes_back_to_the_prizes(world: World) -> None:
    mira, fiona = world("mira"), world("fiona")
    ways = (
        ("declines", "declined", "hana"),
        ("lapses", "lapsed", "mira"),
        ("reversals", "reversed", "fiona"),
    )
    for way, state, name in ways:
        mira.made(AWARDS, PROPOSED)
        fiona.made(f"{FIRST}/approvals")
        ended = world(name).made(f"{FIRST}/{way}", {"reason": "Not now."})["award"]
        assert (ended["state"], ended["paid"]) == (state, "0.00")
    assert [row["number"] for row in mira.seen(AWARDS)["items"]] == [1, 2, 3]
    refused(mira.post(f"{FIRST}/lapses", {"reason": "  "}), 422, "request.invalid")


def test_the_rules_decide_and_everybody_reads_it_once_it_is_announced(announced: World) -> None:
    mira = announced("mira")
    tried = announced("fiona").made(f"{HERE}/decisions/trials", {})["awards"]
    shown = [(row["application"], row["amount"]) for row in announced().seen(AWARDS)["items"]]
    assert shown == [(row["application"], row["amount"]) for row in tried]
    assert shown == [("a-1", "100.00"), ("a-2", "50.00")]
    assert announced().seen(FIRST)["reason"]
    early = refused(mira.post(f"{HERE}/prizes/0/settlements"), 409, "award.state")
    assert early["figures"]["ends_at"]
    refused(mira.post(f"{HERE}/cancellations", {"reason": "x"}), 403, "auth.forbidden")
    announced.at("2027-08-01")
    assert mira.made(f"{HERE}/prizes/0/settlements")["rest"] == "0.00"
    assert mira.made(f"{HERE}/conclusions") == {"challenge": "wells", "released": "0.00", "unit": "USD"}
    refused(announced("fiona").post(f"{HERE}/cancellations", {"reason": "x"}), 409, "award.state")


@ONE_DATABASE
def test_a_challenge_called_off_gives_its_money_back(world: World) -> None:
    freed = world("fiona").made(f"{HERE}/cancellations", {"reason": "The wells were built by others."})
    assert (freed["released"], freed["unit"]) == ("150.00", "USD")
    assert world("mira").seen("/books/main/funds/water")["free"] == "1000.00"


def test_an_appeal_is_its_own_hubs_and_an_upheld_ruling_takes_two_from_outside(announced: World) -> None:
    announced.at("2027-04-15")
    hugo, june, appeals = announced("hugo"), announced("june"), f"{HERE}/appeals"
    refused(announced("hana").post(appeals, {"appeal": APPEAL}), 404, "storage.missing")
    refused(hugo.post(appeals, {"appeal": APPEAL | {"ground": "merit"}}), 409, "appeal.ground")
    filed = hugo.made(appeals, {"appeal": APPEAL})
    assert (filed["number"], filed["would_get"][0]["amount"]) == (1, "100.00")
    assert {row["application"] for row in filed["held"]} == {"a-1", "a-2"}
    assert announced().seen(FIRST)["state"] == "held"
    one = f"{appeals}/a-2/1"
    assert announced("hana").seen(appeals)["items"] == []
    refused(announced("hana").get(one), 404, "storage.missing")
    refused(announced("jana").get(one), 404, "storage.missing")
    ruling = {"upheld": True, "reason": "It was the wrong file."}
    refused(announced("jana").post(f"{one}/rulings", ruling), 409, "appeal.ground")
    refused(announced("fiona").post(f"{one}/rulings", ruling), 403, "auth.forbidden")
    waiting = june.made(f"{one}/rulings", ruling)
    assert (waiting["state"], waiting["proposal"], waiting["made"]) == ("proposed", 1, [])
    assert june.made(f"{one}/rulings", ruling)["proposal"] == 1
    assert june.seen(one)["proposed"][0]["ruled_by"] == "june"
    assert hugo.seen(one)["proposed"] == []
    assert announced().seen(FIRST)["state"] == "held"
    refused(june.post(f"{one}/rulings/1/approvals"), 403, "auth.forbidden")
    refused(announced("frank").post(f"{one}/rulings/2/approvals"), 404, "storage.missing")
    ruled = announced("frank").made(f"{one}/rulings/1/approvals")
    assert {row["application"] for row in ruled["reversed"]} >= {"a-1"}
    assert ("a-2", "100.00") in {(row["application"], row["amount"]) for row in ruled["made"]}
    assert hugo.seen(one)["state"] == "upheld"
    refused(announced("frank").post(f"{one}/rulings/1/approvals"), 409, "appeal.ground")


@ONE_DATABASE
def test_an_appeal_that_is_dismissed_stands_at_once(announced: World) -> None:
    announced.at("2027-04-15")
    announced("hugo").made(f"{HERE}/appeals", {"appeal": APPEAL})
    body = {"upheld": False, "reason": "The file was the right one."}
    assert announced("june").made(f"{HERE}/appeals/a-2/1/rulings", body)["state"] == "dismissed"
    assert announced("hugo").seen(f"{HERE}/appeals")["items"][0]["state"] == "dismissed"
    assert announced().seen(FIRST)["state"] == "approved"
