"""Administration: seen by administrators alone; roles on money count once a funder confirms them."""

from collections.abc import Callable

import pytest
from tests.doors.people import Asker
from tests.pages.visiting import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADMIN = "/books/main/admin"
HOSTILE = '<script>alert(1)</script>"><img src=x>'


def test_only_an_administrator_sees_how_the_installation_fares(visit: Callable[..., Visitor]) -> None:
    assert "no checkpoint was made yet" in visit("ada").text(ADMIN)
    visit("fiona").see(ADMIN, 404)
    visit("").see(ADMIN, 401)
    visit("hana").see(f"{ADMIN}/people", 404)


def test_a_role_on_money_waits_for_the_funder(visit: Callable[..., Visitor]) -> None:
    ada, people = visit("ada"), f"{ADMIN}/people"
    assert "is registered" in ada.do(people, "register", {"code": "paul", "name": HOSTILE})
    assert "<script>alert" not in ada.see(people)
    role = {"person": "paul", "role": "intermediary", "party": "almoner"}
    assert "is granted" in ada.do(people, "grant", role)
    assert "paul is to act as Intermediary for almoner" in visit("fiona").text(people)
    assert "is confirmed" in visit("fiona").do(people, "confirm")
    assert "is to act as" not in visit("fiona").text(people)


def test_the_trail_tells_who_did_what_and_how_it_ended(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    ask("mira").made(
        "/books/main/funds/water/pledges", {"giver": "foundation", "amount": "5.00", "unit": "USD"}
    )
    found = visit("ada").text(f"{ADMIN}/trail?person=mira")
    assert "pledge.make" in found
    assert "Nothing was found" in visit("ada").text(f"{ADMIN}/trail?person=nobody")
    assert "Nothing was found" in visit("ada").text(f"{ADMIN}/trail?since=2030-01-01")
