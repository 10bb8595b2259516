from collections.abc import Callable

import pytest
from tests.doors.people import Asker

from almoner import money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.records import registry
from almoner.finance.storage import Engine, UnitOfWork

FUND = "/books/main/funds/water"
GIFTS, PLEDGES = f"{FUND}/contributions", f"{FUND}/pledges"
Ask = Callable[..., Asker]


def gift(giver: str, amount: str, **more: object) -> dict[str, object]:
    """Return a deposit to book."""
    return {"giver": giver, "amount": amount, "unit": "USD", **more}


def test_a_deposit_is_followed_to_what_it_paid_for(engine: Engine, clock: Clock, ask: Ask) -> None:
    mira = ask("mira")
    number = mira.made(
        GIFTS, gift("foundation", "100.00", on="2026-01-10", source={"reference": "statement 3"})
    )["number"]
    mira.made(GIFTS, gift("investor", "300.00"))
    with UnitOfWork(engine) as session:
        fund = registry.find_fund(session, "main", "water")
        acts.spend(session, fund, "hub-a", money("40.00", "USD"), line="transfer", key="paid", clock=clock)
    fiona = ask("fiona")
    seen = fiona.seen(f"{GIFTS}/{number}")
    assert (seen["amount"], seen["on"]) == ("100.00", "2026-01-10")
    assert seen["left"] == [{"amount": "90.00", "unit": "USD"}]
    (use,) = fiona.seen(f"{GIFTS}/{number}/uses")["items"]
    assert (use["payee"], use["amount"], use["line"]) == ("hub-a", "10.00", "transfer")


def test_givers_see_their_own_contributions_and_no_other(ask: Ask) -> None:
    mira, fiona, ivo = ask("mira"), ask("fiona"), ask("ivo")
    mine, other = (mira.post(GIFTS, gift(one, "10.00")) for one in ("foundation", "investor"))
    assert fiona.get(mine.headers["Location"].removeprefix("/v1")).status_code == 200
    for path in (
        f"{GIFTS}/{other.json()['number']}",
        f"{GIFTS}/{other.json()['number']}/uses",
        f"{GIFTS}/999",
    ):
        assert fiona.get(path).status_code == 404
    assert [one["giver"] for one in fiona.seen(GIFTS)["items"]] == ["foundation"]
    assert fiona.seen(f"{GIFTS}?giver=investor")["items"] == []
    assert [one["giver"] for one in ivo.seen(f"{GIFTS}?giver=investor")["items"]] == ["investor"]
    assert ask("hana").seen(GIFTS)["items"] == []


def test_contributions_come_in_pages_that_neither_lose_nor_repeat(ask: Ask) -> None:
    mira = ask("mira")
    for amount in ("1.00", "2.00", "3.00"):
        mira.made(GIFTS, gift("foundation", amount))
    first = mira.seen(f"{GIFTS}?limit=2")
    mira.made(GIFTS, gift("foundation", "4.00"))
    rest = mira.seen(f"{GIFTS}?limit=2&cursor={first['next']}")
    assert [one["amount"] for one in (*first["items"], *rest["items"])] == ["1.00", "2.00", "3.00", "4.00"]
    assert rest["next"] is None
    assert mira.get(f"{GIFTS}?giver=foundation&cursor={first['next']}").json()["code"] == "cursor.invalid"


def test_income_is_booked_on_its_line_and_is_no_gift(ask: Ask) -> None:
    mira = ask("mira")
    made = mira.made(f"{FUND}/income", {"payer": "lab", "amount": "12.40", "unit": "USD"})
    assert (made["kind"], mira.seen(FUND)["income"], mira.seen(FUND)["contributions"]) == (
        "income",
        "12.40",
        "0.00",
    )
    wrong = {"payer": "lab", "amount": "1.00", "unit": "USD", "line": "payout"}
    assert mira.post(f"{FUND}/income", wrong).status_code == 422


def test_a_promise_is_signed_paid_in_and_the_rest_lapses(ask: Ask) -> None:
    mira, fiona = ask("mira"), ask("fiona")
    fiona.made(PLEDGES, gift("foundation", "1000.00"))
    signed = fiona.made(f"{PLEDGES}/signatures", gift("foundation", "600.00", agreement_sha256="ab" * 32))
    assert (signed["outstanding"], signed["receivable"]) == ("400.00", "600.00")
    assert mira.seen(FUND)["free"] == "0.00"
    mira.made(GIFTS, gift("foundation", "700.00", from_pledge=True))
    (owed,) = fiona.seen(PLEDGES)["items"]
    assert owed == {"giver": "foundation", "unit": "USD", "outstanding": "300.00", "receivable": "0.00"}
    much = mira.post(f"{PLEDGES}/lapses", gift("foundation", "300.01"))
    assert (much.status_code, much.json()["figures"]["left"]) == (409, "300.00")
    mira.made(f"{PLEDGES}/lapses", gift("foundation", "300.00"))
    assert fiona.seen(PLEDGES)["items"] == []
    assert fiona.post(f"{PLEDGES}/lapses", gift("foundation", "1.00")).status_code == 403


def test_nobody_promises_in_the_name_of_another(ask: Ask) -> None:
    ask("mira").made(PLEDGES, gift("investor", "50.00"))
    assert ask("fiona").post(PLEDGES, gift("investor", "50.00")).status_code == 404
    assert ask("fiona").seen(PLEDGES)["items"] == []
    assert [one["giver"] for one in ask("ivo").seen(PLEDGES)["items"]] == ["investor"]
    assert ask("hana").get(PLEDGES).status_code == 403


@pytest.mark.parametrize(
    ("amount", "unit", "code"),
    [
        ("0.00", "USD", "money.out_of_range"),
        ("-5.00", "USD", "money.out_of_range"),
        ("1.001", "USD", "money.too_precise"),
        ("5.00", "EUR", "money.unit_mismatch"),
        ("5.00", "XXQ", "money.unknown_unit"),
    ],
)
def test_an_amount_that_is_none_is_refused(ask: Ask, amount: str, unit: str, code: str) -> None:
    refused = ask("mira").post(GIFTS, {"giver": "foundation", "amount": amount, "unit": unit})
    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text


def test_a_fund_takes_another_currency_once_it_accepts_it(ask: Ask) -> None:
    mira, fiona = ask("mira"), ask("fiona")
    fiona.made(f"{FUND}/currencies", {"unit": "EUR"})
    mira.made(GIFTS, {"giver": "foundation", "amount": "80.00", "unit": "EUR"})
    held = {one["unit"]: one["balance"] for one in mira.seen(f"{FUND}/currencies")["items"]}
    assert held == {"USD": "0.00", "EUR": "80.00"}
    mira.made(PLEDGES, gift("investor", "50.00"))
    assert (mira.seen(FUND)["pledged"], ask("hana").seen(FUND)["pledged"]) == ("50.00", None)


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "x", "1.5"])
def test_a_number_that_no_row_has_is_refused(ask: Ask, number: str) -> None:
    assert ask("mira").get(f"{GIFTS}/{number}").status_code == 422
