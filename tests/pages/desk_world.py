"""A book as a funder meets it: an agreement, earmarks, promises of all ages, and what waits for somebody."""

from collections.abc import Callable
from typing import Any

from tests.doors.deals import agreed, document_of, drawn_up
from tests.doors.people import Asker

Ask = Callable[..., Asker]
Json = Any
FUND = "/books/main/funds/water"
PROPOSALS = f"{FUND}/proposals"
MODEL = {
    "schema": "almoner.outcomes/1",
    "title": "Nights, as the shelter expects them",
    "models": {"nights": {"law": {"kind": "normal", "mean": "1200", "sd": "300"}, "noise": "20"}},
}


def usd(amount: str, **rest: object) -> Json:
    """Return a body with an amount."""
    return {"amount": amount, "unit": "USD", **rest}


def lay_out(ask: Ask) -> None:
    """Open earmarks and a unit of hours, record promises, take money in, and sign an agreement."""
    mira, fiona, ivo = ask("mira"), ask("fiona"), ask("ivo")
    north = {"code": "north", "title": "Northern districts", "admits": {"region": ["north"]}}
    wells = {"code": "wells", "title": "Wells", "admits": {"theme": ["wells", "pumps"]}}
    mira.made("/books/main/earmarks", north | {"valid_until": "2026-06-30"})
    mira.made("/books/main/earmarks", wells)
    mira.made("/books/main/units", {"code": "hour", "kind": "in_kind", "scale": 2})
    fiona.made(f"{FUND}/pledges", usd("25000.00", giver="foundation", on="2025-03-01"))
    ivo.made(f"{FUND}/pledges", usd("8000.00", giver="investor", on="2025-12-20"))
    signed = usd("12000.00", giver="foundation", on="2025-11-15", agreement_sha256="1" * 64)
    fiona.made(f"{FUND}/pledges/signatures", signed)
    agreed(ask)
    mira.made(f"{FUND}/contributions", usd("15000.00", giver="investor", earmark="north"))
    mira.made(f"{FUND}/contributions", usd("6000.00", giver="foundation", earmark="wells"))
    fiona.made(
        f"{FUND}/in-kind-contributions",
        {"giver": "foundation", "amount": "40.00", "unit": "hour", "available_until": "2026-04-15"},
    )


def ask_approval(ask: Ask, least: str = "1000.00") -> None:
    """Let payments from an amount on take one approval."""
    policy = {"least": usd(least), "quorum": 1, "since": "2026-01-15T09:30:00Z"}
    for kind in ("transfer", "reversal"):
        ask("fiona").made("/books/main/approval-policies", policy | {"kind": kind})


def propose(ask: Ask, amount: str = "3000.00", **changes: object) -> str:
    """Propose a payment to a hub and return its number."""
    body = usd(amount, act="disbursement", payee="hub-a", note="Second instalment") | changes
    made: str = ask("mira").made(PROPOSALS, body)["id"]
    return made


def unsigned(ask: Ask) -> None:
    """Draw up an agreement that nobody has signed."""
    drawn_up(ask, document_of(), "beds")
