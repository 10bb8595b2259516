from collections.abc import Callable

import pytest
from tests.doors.people import Asker, Json

FUND = "/books/main/funds/water"
GIFTS = f"{FUND}/in-kind-contributions"
Ask = Callable[..., Asker]
PRICE = {
    "price": "25.00",
    "unit": "USD",
    "method": "market",
    "haircut_bp": 2000,
    "valued_on": "2026-01-10",
    "evidence_sha256": "ab" * 32,
}


@pytest.fixture
def hours(ask: Ask) -> Json:
    """Forty hours that hub-a gives, usable until the end of the month."""
    ask("mira").made("/books/main/units", {"code": "hour", "kind": "in_kind", "scale": 2})
    gift = {"giver": "hub-a", "amount": "40.00", "unit": "hour", "available_until": "2026-01-31"}
    return ask("hana").made(GIFTS, gift)


def test_a_gift_is_valued_used_and_counted_and_is_never_cash(ask: Ask, hours: Json) -> None:
    worth = ask("eva").made(f"{GIFTS}/{hours['number']}/valuations", PRICE)
    assert (worth["value"], worth["unit"], worth["valued_by"]) == ("800.00", "USD.v", "lab")
    used = ask("mira").made(f"{FUND}/in-kind-uses", {"payee": "hub-b", "amount": "10.00", "unit": "hour"})
    assert used["taken"] == [{"contribution": hours["code"], "amount": "10.00", "unit": "hour"}]
    (row,) = ask("hana").seen(f"{FUND}/in-kind-position")["items"]
    assert (row["given"], row["used"], row["left"], row["value"]["amount"]) == (
        "40.00",
        "10.00",
        "30.00",
        "800.00",
    )
    (after,) = ask("mira").seen(f"{FUND}/in-kind-position?on=2026-02-01")["items"]
    assert (after["expired"], after["left"], after["value"]["amount"]) == ("30.00", "0.00", "200.00")
    position = ask("mira").seen(FUND)
    assert (position["in_kind"], position["balance"], position["free"]) == ("800.00", "0.00", "0.00")
    much = ask("mira").post(f"{FUND}/in-kind-uses", {"payee": "hub-b", "amount": "31.00", "unit": "hour"})
    assert (much.status_code, much.json()["figures"]["free"]) == (409, "30.00")


def test_no_giver_values_the_own_gift_whatever_the_role(ask: Ask, hours: Json) -> None:
    ask("mira").made(GIFTS, {"giver": "lab", "amount": "5.00", "unit": "hour"})
    (own,) = (one for one in ask("mira").seen(f"{FUND}/contributions")["items"] if one["giver"] == "lab")
    refused = ask("eva").post(f"{GIFTS}/{own['number']}/valuations", PRICE)
    assert (refused.status_code, refused.json()["figures"]) == (403, {"party": "lab"})
    assert ask("hana").post(f"{GIFTS}/{hours['number']}/valuations", PRICE).status_code == 403
    named = ask("eva").post(f"{GIFTS}/{hours['number']}/valuations", {**PRICE, "valued_by": "second-lab"})
    assert named.status_code == 422


def test_a_valuation_is_superseded_by_name_and_never_unseen(ask: Ask, hours: Json) -> None:
    path = f"{GIFTS}/{hours['number']}/valuations"
    first = ask("eva").made(path, PRICE)["valuation"]
    assert ask("emil").post(path, PRICE).status_code == 409
    lower = {**PRICE, "price": "20.00", "supersedes": first}
    assert ask("emil").made(path, lower)["value"] == "640.00"
    assert ask("eva").post(path, {**lower, "price": "30.00"}).status_code == 409
    (gift,) = ask("hana").seen(GIFTS)["items"]
    assert (gift["valuation"]["valued_by"], gift["value"]["amount"]) == ("second-lab", "640.00")


def test_gifts_of_others_stay_hidden_from_givers(ask: Ask, hours: Json) -> None:
    assert hours["kind"] == "in_kind"
    assert ask("hugo").seen(GIFTS)["items"] == []
    assert ask("hugo").post(GIFTS, {"giver": "hub-a", "amount": "1.00", "unit": "hour"}).status_code == 404
    assert len(ask("eva").seen(GIFTS)["items"]) == 1
    assert ask("mira").seen(f"{GIFTS}?giver=hub-b")["items"] == []


def test_nothing_is_written_off_before_its_day_or_where_nothing_is_left(ask: Ask, hours: Json) -> None:
    path = f"{FUND}/in-kind-expiries"
    assert ask("mira").made(path, {})["transaction"] is None
    early = ask("mira").post(path, {"on": "2026-02-01"})
    assert (early.status_code, early.json()["figures"]["on"]) == (409, "2026-02-01")
    (gift,) = ask("hana").seen(GIFTS)["items"]
    assert (gift["gift"], gift["left"]) == (hours["code"], "40.00")


def test_gifts_count_toward_a_match_up_to_their_share(ask: Ask, hours: Json) -> None:
    mira = ask("mira")
    mira.made(f"{FUND}/contributions", {"giver": "foundation", "amount": "800.00", "unit": "USD"})
    mira.made(f"{GIFTS}/{hours['number']}/valuations", PRICE)
    match = mira.seen(f"{FUND}/counted-match?most_bp=2000")
    assert (match["in_kind"], match["counted_in_kind"], match["total"]) == ("800.00", "200.00", "1000.00")
    assert mira.get(f"{FUND}/counted-match?most_bp=10000").status_code == 422


def test_everybody_sees_gifts_of_a_published_fund_and_not_whose_they_are(ask: Ask, hours: Json) -> None:
    assert ask().get(GIFTS).status_code == 401
    ask("fiona").made(f"{FUND}/publications")
    (seen,) = ask().seen(GIFTS)["items"]
    assert (seen["gift"], seen["giver"], seen["given"]) == (hours["code"], None, "40.00")
    assert ask().seen(f"{GIFTS}?giver=hub-a")["items"] == []
    assert [one["giver"] for one in ask("hana").seen(GIFTS)["items"]] == ["hub-a"]
