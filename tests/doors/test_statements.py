from collections.abc import Callable

import pytest
from tests.doors.people import Asker

from almoner import money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.records import registry
from almoner.finance.storage import Engine, UnitOfWork

FUND = "/books/main/funds/water"
DONOR = f"{FUND}/donor-statements/foundation"
Ask = Callable[..., Asker]


@pytest.fixture
def spent(engine: Engine, book: str, clock: Clock) -> None:
    """A fund that two givers filled and that paid twice."""
    with UnitOfWork(engine) as session:
        fund = registry.find_fund(session, book, "water")
        for giver, amount in (("foundation", "100.00"), ("investor", "300.00")):
            acts.contribute(session, fund, giver, money(amount, "USD"), key=giver, clock=clock)
        for payee, amount in (("hub-a", "40.00"), ("hub-b", "20.00")):
            acts.spend(session, fund, payee, money(amount, "USD"), line="transfer", key=payee, clock=clock)


@pytest.mark.usefixtures("spent")
def test_a_statement_closes_on_the_ledger(ask: Ask) -> None:
    seen = ask("fiona").seen(f"{FUND}/statement")
    assert [seen[name] for name in ("opening", "sources", "uses", "closing", "difference")] == [
        "0.00",
        "400.00",
        "60.00",
        "340.00",
        "0.00",
    ]
    assert {row["line"]: (row["kind"], row["amount"]) for row in seen["lines"]} == {
        "contribution": ("source", "400.00"),
        "transfer": ("use", "60.00"),
    }
    later = ask("fiona").seen(f"{FUND}/statement?after=2026-01-31")
    assert (later["opening"], later["closing"], later["lines"]) == ("340.00", "340.00", [])
    turned = ask("fiona").get(f"{FUND}/statement?after=2026-02-01&through=2026-01-01")
    assert (turned.status_code, turned.json()["figures"]["through"]) == (422, "2026-01-01")
    assert ask("fiona").seen(f"{FUND}/statement?unit=EUR")["closing"] == "0.00"


@pytest.mark.usefixtures("spent")
def test_a_donor_sees_what_became_of_the_own_money_and_of_no_other(ask: Ask) -> None:
    fiona = ask("fiona")
    seen = fiona.seen(DONOR)
    assert [seen[name] for name in ("deposited", "used", "remaining", "difference")] == [
        "100.00",
        "15.00",
        "85.00",
        "0.00",
    ]
    assert {row["payee"]: row["amount"] for row in seen["by_payee"]} == {"hub-a": "10.00", "hub-b": "5.00"}
    first = fiona.seen(f"{DONOR}/uses?limit=1")
    rest = fiona.seen(f"{DONOR}/uses?limit=1&cursor={first['next']}")
    assert {one["payee"] for one in (*first["items"], *rest["items"])} == {"hub-a", "hub-b"}
    assert rest["next"] is None
    for path in (f"{FUND}/donor-statements/investor", f"{FUND}/donor-statements/investor/uses"):
        assert fiona.get(path).json()["detail"] == ask("nora").get(path).json()["detail"]
    assert ask("mira").seen(f"{FUND}/donor-statements/investor")["deposited"] == "300.00"


@pytest.mark.usefixtures("spent")
def test_the_public_reads_a_fund_once_it_is_published_and_not_its_givers(ask: Ask) -> None:
    public, frank = ask(), ask("frank")
    assert public.get(f"{FUND}/statement").status_code == 401
    assert ask("frank", "Stale").post(f"{FUND}/publications").json()["code"] == "auth.step_up"
    assert ask("frank", "Key").post(f"{FUND}/publications").status_code == 403
    assert ask("mira").post(f"{FUND}/publications").status_code == 403
    made = frank.made(f"{FUND}/publications")
    assert made["engagement"] == "fund/water"
    assert ask("fiona").made(f"{FUND}/publications")["since"] == made["since"]
    assert public.seen("/books/main/publications")["items"] == [made]
    assert [one["code"] for one in public.seen("/books/main/funds")["items"]] == ["water"]
    assert public.seen(f"{FUND}/statement")["closing"] == "340.00"
    assert public.seen(FUND)["pledged"] is None
    for path in (DONOR, f"{FUND}/contributions", f"{FUND}/pledges"):
        assert public.get(path).status_code == 401


def test_only_what_is_there_is_published(ask: Ask) -> None:
    frank = ask("frank")
    for path in ("funds/none", "agreements/none", "challenges/none"):
        assert frank.post(f"/books/main/{path}/publications").status_code == 404
    assert ask("mira").seen("/books/main/publications")["items"] == []
