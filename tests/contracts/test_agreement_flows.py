"""An agreement ties who pays to who is paid: while it promises, and after it has paid."""

from datetime import date
from typing import TYPE_CHECKING

from almoner.challenges.records.flows import list_flows
from almoner.contracts import acts

if TYPE_CHECKING:
    from tests.contracts.conftest import Desk

CITY = ("harbour-city", "night-shelter")


def told(desk: "Desk", apart: str = "") -> set[tuple[str, str, str, str, str]]:
    today = desk.clock().date()
    flows = list_flows(desk.session, "main", since=date(2020, 1, 1), as_of=today, apart=apart)
    return {
        (one.payer, one.payee, one.through, one.state, one.amount.text)
        for one in flows
        if one.payee != "fund:shelter"
    }


def test_an_agreement_promises_from_its_payer_its_fund_and_the_givers_of_the_fund(desk: "Desk") -> None:
    desk.start()
    most = ("encumbered", "500000.00")
    assert told(desk) == {
        (*CITY, "shelter", *most),
        ("fund:shelter", CITY[1], "", *most),
        ("north-giver", CITY[1], "shelter", *most),
        ("south-giver", CITY[1], "shelter", *most),
    }
    assert told(desk, "shelter") == set()


def test_what_an_agreement_has_paid_flowed_from_its_payer(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "1000")
    acts.settle(desk.session, "main", "pact", clock=desk.clock)
    paid = {row for row in told(desk) if row[3] == "settled"}
    assert paid == {
        (*CITY, "", "settled", "15120.00"),
        ("fund:shelter", CITY[1], "", "settled", "15120.00"),
        ("north-giver", CITY[1], "shelter", "settled", "7560.00"),
        ("south-giver", CITY[1], "shelter", "settled", "7560.00"),
    }
    assert told(desk, "shelter") == set()
