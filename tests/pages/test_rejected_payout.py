"""A payout of an agreement whose proposal was rejected: said everywhere, and proposed again by a click."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.doors.people import Asker
from tests.journeys.serving import Hand
from tests.pages.paid import paid
from tests.pages.visiting import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = "/books/main/desk"


@pytest.fixture
def clock() -> Hand:
    """A clock that a test moves; it stands in for that of all tests."""
    return Hand(datetime(2026, 1, 15, 9, 30, tzinfo=UTC))


def test_a_rejected_payout_is_still_due_and_is_proposed_again(
    ask: Callable[..., Asker], visit: Callable[..., Visitor], clock: Hand
) -> None:
    policy = {"kind": "payout", "least": {"amount": "100.00", "unit": "USD"}, "quorum": 1}
    ask("fiona").made("/books/main/approval-policies", policy | {"since": "2026-01-15T09:30:00Z"})
    payout = paid(ask, clock)
    first = f"{DESK}/funds/water/proposals/{payout['proposal']}"
    fiona, mira = visit("fiona"), visit("mira")
    assert "still due under the agreement" in fiona.do(first, "reject", {"reason": "The count is doubted."})
    assert "not approved; to be proposed again" in visit("hana").text("/books/main/hub").lower()
    assert "not approved; to be proposed again" in fiona.text(f"{DESK}/agreements/nights")
    assert "The count is doubted." in mira.text(DESK)
    form = mira.form(first, "repeat")
    replies = [mira.client.post(first, data=form.fields) for _ in range(2)]
    assert [one.status_code for one in replies] == [303, 303]
    second = replies[0].headers["location"].split("?")[0]
    assert replies[1].headers["location"].split("?")[0] == second != first
    assert "It waits: 0 of 1 approvals are given." in fiona.text(second)
    assert "It was proposed again" in fiona.text(first)
    assert "Rejected, and not proposed again" not in mira.text(DESK)
    again = ask("mira").seen(f"/books/main/agreements/nights/payouts/{payout['id']}")
    assert (again["status"], again["claim"]) == ("waiting", "march")
