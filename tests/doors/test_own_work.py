"""A party's own work over HTTP: what it writes, has handed in, has to sign, and is owed; nobody else's."""

from typing import Any

import pytest
from fastapi import FastAPI
from tests.doors.pacts import CLAIMS, PACT, PEOPLE_KEY, open_deal
from tests.doors.pacts import PEOPLE as PARTNERS
from tests.doors.people import Asker, identify_by_name, small_app
from tests.doors.test_challenges import ONE, World, published, world

from almoner.api.door import Door
from almoner.api.routes import claims, datasets, own, payouts
from almoner.api.routes.brief_examples import APPLICATION
from almoner.api.routing import routes_of
from almoner.finance.storage import Engine

__all__ = ["published", "world"]
OWN = "/books/main/own-applications"


def lines(asker: Asker) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asker.seen(OWN)["items"]
    return found


def test_a_hub_sees_what_it_writes_and_has_handed_in_and_nobody_else_does(
    published: World, engine: Engine
) -> None:
    app = small_app(engine, identify_by_name(published.clock), published.clock, own)
    hana, hugo = Asker(app, "hana"), Asker(app, "hugo")
    drafts = f"{ONE}/drafts"
    published("hana").made(drafts, {"code": "a-1", "content": {"title": "Wells", "unit": "USD"}})
    (line,) = lines(hana)
    assert (line["title"], line["revision"], line["number"], line["closes_at"]) == (
        *("Wells", 1, 0),
        "2027-03-01T14:00:00.000000Z",
    )
    assert lines(hugo) == []
    content = {**APPLICATION, "title": "Wells that last"}
    published("hana").made(f"{drafts}/a-1/revisions", {"content": content, "based_on": 1})
    assert [one["code"] for one in lines(hugo)] == ["a-1"]
    published("hana").made(f"{ONE}/applications", {"application": content})
    (line,) = lines(hana)
    assert (line["number"], line["changed"], line["status"]) == (1, False, "pass")
    published("hana").made(
        f"{drafts}/a-1/revisions", {"content": {**content, "title": "Wells"}, "based_on": 2}
    )
    assert lines(hana)[0]["changed"] is True
    assert Asker(app, "fiona").get(OWN).status_code == 403
    assert Asker(app).get(OWN).status_code == 401
    earlier = published("hana").seen(f"{drafts}/a-1?revision=1")
    assert (earlier["revision"], earlier["content"]["title"]) == (1, "Wells")
    assert published("hana").get(f"{drafts}/a-1?revision=9").status_code == 404


def test_a_hub_sees_its_agreements_and_what_it_is_owed(engine: Engine) -> None:
    deal = open_deal(engine)
    identify = identify_by_name(deal.watch, PARTNERS)
    door = Door(engine=engine, identify=identify, clock=deal.watch, secret=bytes(32), people_key=PEOPLE_KEY)
    app = FastAPI()
    app.include_router(
        routes_of(door, [one for noun in (own, claims, datasets, payouts) for one in noun.OPERATIONS])
    )
    hana, hugo = Asker(app, "hana"), Asker(app, "hugo")
    (agreement,) = hana.seen("/books/main/own-agreements")["items"]
    assert agreement == {
        "code": "pact",
        "title": "Nights in a safe place",
        "state": "active",
        "names": ["home"],
        "to_sign": False,
    }
    assert hugo.seen("/books/main/own-agreements")["items"] == []
    deal.find("march", "100")
    deal.settle("march")
    told = hana.seen("/books/main/own-payouts")
    (payout,) = told["items"]
    assert told["sums"] == [
        {
            "agreement": "pact",
            "unit": "USD",
            "paid": "1512.00",
            "waiting": "0.00",
            "to_return": "0.00",
            "returned": "0.00",
        }
    ]
    assert (payout["amount"], payout["agreement"], payout["claim"]) == ("1512.00", "pact", "march")
    assert hugo.seen("/books/main/own-payouts")["items"] == []
    assert hana.seen(CLAIMS)["items"][0]["code"] == "march"


@pytest.mark.parametrize("days", ["achieved_on", "Date"])
def test_a_file_is_looked_over_before_it_is_read(engine: Engine, days: str) -> None:
    deal = open_deal(engine)
    rows = f"Client ID,metric,{days},quantity\nAnna-1,nights,2026-01-03,3\nBen-2,nights,2026-01-04,4\n"
    asker = deal.of("hana")
    headers = {"Authorization": "Bearer hana", "Content-Type": "text/csv"}
    told = asker.client.post(f"/v1{PACT}/dataset-columns", content=rows.encode(), headers=headers).json()
    assert told["guessed"] == {
        "person": "Client ID",
        "metric": "metric",
        "achieved_on": days,
        "quantity": "quantity",
    }
    assert told["metrics"] == [{"code": "nights", "title": "Nights spent indoors", "sets": []}]
    named = ";".join(f"{field}={column}" for field, column in told["guessed"].items())
    path = f"/v1{PACT}/dataset-previews?columns={named}"
    seen = asker.client.post(path, content=rows.encode(), headers=headers).json()
    assert [(one["clause"], one["amount"], one["unit"]) for one in seen["effects"]] == [
        ("beds", "7.00", "USD"),
        ("nights", "105.84", "USD"),
    ]
