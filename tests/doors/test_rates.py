from collections.abc import Callable

import pytest
from tests.doors.people import Asker

FUND = "/books/main/funds/water"
RATES = "/books/main/rates"
RATE = {"base": "EUR", "quote": "USD", "rate": "1.0850", "as_of": "2026-01-12", "source": "central bank"}
PAIR = "base_unit=EUR&quote_unit=USD"
Ask = Callable[..., Asker]


def test_money_is_exchanged_at_a_recorded_rate_and_stays_whose_it_was(ask: Ask) -> None:
    mira, fiona = ask("mira"), ask("fiona")
    made = mira.made(RATES, RATE)
    assert (made["num"], made["den"], made["rate"]) == ("217", "200", "1.085")
    mira.made(f"{FUND}/currencies", {"unit": "EUR"})
    gift = {"giver": "foundation", "amount": "100.00", "unit": "EUR"}
    number = mira.made(f"{FUND}/contributions", gift)["number"]
    asked = {
        "sold": "60.01",
        "unit": "EUR",
        "into": "USD",
        "rate_as_of": "2026-01-12",
        "rate_source": "central bank",
    }
    done = mira.made(f"{FUND}/exchanges", asked | {"rounding": "down"})
    assert done["bought"] == {"amount": "65.11", "unit": "USD"}
    left = {one["unit"]: one["amount"] for one in fiona.seen(f"{FUND}/contributions/{number}")["left"]}
    assert left == {"EUR": "39.99", "USD": "65.11"}
    lost = mira.post(f"{FUND}/exchanges", asked | {"rate_as_of": "2026-01-13"})
    assert (lost.status_code, lost.json()["figures"]["code"]) == (404, "EUR/USD")
    much = mira.post(f"{FUND}/exchanges", asked)
    assert (much.status_code, much.json()["code"]) == (409, "fund.insufficient"), much.text


def test_a_rate_upside_down_needs_a_second_look_and_none_is_changed(ask: Ask) -> None:
    mira = ask("mira")
    mira.made(RATES, RATE)
    upside = {**RATE, "rate": "0.9217", "as_of": "2026-01-13"}
    assert mira.post(RATES, upside).json()["figures"]["last"] == "1.085"
    mira.made(RATES, {**upside, "confirm": True})
    assert mira.post(RATES, {**RATE, "rate": "1.0851"}).status_code == 409
    first = mira.seen(f"{RATES}?{PAIR}&limit=1")
    rest = mira.seen(f"{RATES}?{PAIR}&limit=1&cursor={first['next']}")
    assert [one["rate"] for one in (*first["items"], *rest["items"])] == ["1.085", "0.9217"]
    assert rest["next"] is None
    assert mira.seen(f"{RATES}?{PAIR}&since=2026-01-13&source=central+bank")["items"][0]["rate"] == "0.9217"


def test_a_rate_is_found_for_its_day_or_a_few_days_later(ask: Ask) -> None:
    ask("mira").made(RATES, RATE)
    found = f"{RATES}/standing?{PAIR}&source=central+bank"
    assert ask("hana").seen(f"{found}&on=2026-01-14")["as_of"] == "2026-01-12"
    assert ask("hana").get(f"{found}&on=2026-01-14&max_age=1").status_code == 404
    other = ask("hana").get(
        f"{RATES}/standing?base_unit=USD&quote_unit=EUR&source=central+bank&on=2026-01-14"
    )
    assert "not turned round" in other.json()["detail"]


@pytest.mark.parametrize(
    "wrong", [{"rate": "0.00"}, {"rate": "-1"}, {"rate": "1e3"}, {"source": " "}, {"quote": "EUR"}]
)
def test_what_is_no_rate_is_refused(ask: Ask, wrong: dict[str, str]) -> None:
    assert ask("mira").post(RATES, RATE | wrong).status_code == 422
