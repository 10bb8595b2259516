"""What waits, the effects of a proposal, ages of promises, and what all agreements together will pay."""

from collections.abc import Callable
from functools import cache

import pytest
from tests.doors.people import Asker, signed
from tests.pages.conftest import app_on, open_world
from tests.pages.desk_world import FUND, MODEL, PROPOSALS, ask_approval, lay_out, propose, unsigned, usd

from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

WAITING = "/books/main/waiting"


@pytest.fixture
def ask(engine: Engine, clock: Clock) -> Callable[..., Asker]:
    """Clients of a book with money, promises and an agreement, by name."""
    open_world(engine)
    app = app_on(engine, clock)

    @cache
    def of(name: str = "") -> Asker:
        return Asker(app, name)

    lay_out(of)
    return of


def test_what_waits_is_one_list_with_its_sums_and_effects_foretell_the_balances(
    ask: Callable[..., Asker],
) -> None:
    ask_approval(ask)
    first = propose(ask, "3000.00", use={"region": "north"})
    unsigned(ask)
    ask("hana").made(
        "/books/main/agreements/nights/claims",
        {"code": "march", "results": [{"metric": "nights", "value": "100"}]},
    )
    seen = ask("mira").seen(WAITING)
    assert [(one["kind"], one["code"], one["amount"]) for one in seen["items"]] == [
        ("approval", first, "3000.00"),
        ("claim", "march", ""),
        ("pledge", "foundation", "12000.00"),
        ("signature", "beds", "30000.00"),
    ]
    sums = {(one["kind"], one["unit"]): (one["count"], one["amount"]) for one in seen["sums"]}
    assert sums["approval", "USD"] == (1, "3000.00")
    assert [one["kind"] for one in ask("ivo").seen(WAITING)["items"]] == ["approval", "claim", "signature"]
    assert [one["code"] for one in ask("fiona").seen(f"{WAITING}?kind=pledge")["items"]] == ["foundation"]
    half = ask("mira").seen(f"{WAITING}?limit=2")
    rest = ask("mira").seen(f"{WAITING}?limit=2&cursor={half['next']}")
    assert half["items"] + rest["items"] == seen["items"]
    _carry_out(ask, first)
    assert "execution" not in {one["kind"] for one in ask("mira").seen(WAITING)["items"]}


def _carry_out(ask: Callable[..., Asker], proposal: str) -> None:
    """Approve and carry out a proposal, and compare every balance with what its effects foretold."""
    here = f"{PROPOSALS}/{proposal}"
    foretold = ask("fiona").seen(f"{here}/effects")
    assert not any(one["short"] for one in foretold["items"])
    read = ask("fiona").seen(here)
    other = ask("fiona").post(f"{here}/approvals", {"payload_sha256": "0" * 64})
    assert (other.status_code, other.json()["code"]) == (412, "precondition.stale")
    given = {
        "payload_sha256": read["payload_sha256"],
        "signature": signed("foundation", read["signing_bytes"]),
    }
    ask("fiona").made(f"{here}/approvals", given)
    assert [one["kind"] for one in ask("mira").seen(f"{WAITING}?kind=execution")["items"]] == ["execution"]
    ask("mira").made(f"{here}/executions")
    accounts = ask("mira").seen("/books/main/accounts?fund=water&limit=200")["items"]
    held = {(one["account"], one["earmark"], one["unit"]): one for one in accounts}
    for one in foretold["items"]:
        found = held[one["account"], one["earmark"], one["unit"]]
        assert found["free" if one["figure"] == "free" else "balance"] == one["after"], one
    assert ask("fiona").seen(f"{here}/effects")["items"] == []


def test_promises_age_from_the_oldest_and_a_payment_that_cannot_be_borne_says_so_beforehand(
    ask: Callable[..., Asker],
) -> None:
    ages = f"{FUND}/pledges/ages"
    ask("mira").made(f"{FUND}/contributions", usd("14000.00", giver="foundation", from_pledge=True))
    left = ask("mira").seen(ages)["items"]
    assert [(one["giver"], one["amount"], one["signed"]) for one in left] == [
        ("foundation", "11000.00", False),
        ("investor", "8000.00", False),
    ]
    assert [one["giver"] for one in ask("ivo").seen(ages)["items"]] == ["investor"]
    ask_approval(ask)
    first, second = (propose(ask, "20000.00") for _ in range(2))
    free = {"figure": "free", "before": "24000.00", "after": "4000.00", "short": False}
    assert any(free.items() <= one.items() for one in _effects(ask, second))
    _carry_out(ask, first)
    late = {"figure": "free", "before": "4000.00", "after": "-16000.00", "short": True}
    assert any(late.items() <= one.items() for one in _effects(ask, second))


def _effects(ask: Callable[..., Asker], proposal: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = ask("ivo").seen(f"{PROPOSALS}/{proposal}/effects")["items"]
    return found


def test_all_agreements_together_are_forecast_by_year_and_the_portfolio_is_read_in_pages(
    ask: Callable[..., Asker],
) -> None:
    body = {"outcomes": {"nights": MODEL}, "paths": 200, "seed": 1}
    made = ask("fiona").post("/books/main/portfolio/forecasts", body).json()
    whole, year = made["flows"]
    assert (whole["when"], year["when"], whole["unit"]) == ("", "2026", "USD")
    assert whole["figures"] == year["figures"]
    marks = [float(year["figures"][name]) for name in ("p5", "p25", "p50", "p75", "p95")]
    assert marks == sorted(marks)
    assert marks[0] < marks[-1] <= 30000
    every = ask("fiona").seen("/books/main/portfolio")["items"]
    first = ask("fiona").seen("/books/main/portfolio?limit=1")
    assert first["items"] == every[:1]
    (stands,) = ask("fiona").seen("/books/main/portfolio/totals")["items"]
    assert {
        "agreement": "nights",
        "most": "30000.00",
        "paid": "0.00",
        "aside": "30000.00",
    }.items() <= stands.items()
