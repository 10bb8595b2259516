"""A filled world for the fuzzer: money, an agreement with claims, a challenge with its panel, told by name.

The problem: a fuzzer that guesses codes and numbers finds nothing at any address, and tests refusals only.
Here a book is filled through the doors themselves, and what was made is told by the names of the path parts.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.doors.deals import agreed
from tests.doors.people import PEOPLE, Asker, identify_by_name, secret_of
from tests.doors.rounds import mark_all, open_round, seat

from almoner import currency
from almoner.api import create_app
from almoner.api.door import Door
from almoner.api.migrations import upgrade
from almoner.contracts.determinations import DETERMINATION_TYPE
from almoner.finance import acts
from almoner.finance.dates import system_clock
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine, UnitOfWork

BOOK, FUND = "/books/main", "/books/main/funds/water"
NIGHTS = f"{BOOK}/agreements/nights"
PARTIES = ("foundation", "almoner", "investor", "hub-a", "hub-b", "lab", "second-lab")
END = datetime(2027, 4, 13, 12, tzinfo=UTC)
Json = dict[str, Any]
Parts = dict[str, list[str | int]]


class Calendar:
    """A clock that stands where it is put, and goes on once it is let go."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 20, 12, tzinfo=UTC)
        self.started: datetime | None = None

    def __call__(self) -> datetime:
        """Return the instant it shows."""
        return self.now if self.started is None else self.now + (system_clock() - self.started)

    def go(self) -> None:
        """Go on from where it stands."""
        self.started = system_clock()


def fill(engine: Engine, calendar: Calendar) -> Parts:
    """Fill an empty database, and return the path parts that find something, by name."""
    upgrade(engine)
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        for code in PARTIES:
            key = public_key(secret_of(code))
            acts.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
        acts.open_fund(session, "main", "water", currency("USD"), title="Water")
    identify = identify_by_name(calendar, PEOPLE)
    door = Door(engine=engine, identify=identify, clock=calendar, secret=bytes(32), people_key=bytes(32))
    app = create_app(engine=engine, identify=identify, clock=calendar, door=door)
    ask = cache(lambda name: Asker(app, name))
    found = _money(ask)
    found |= _agreement(ask, calendar)
    open_round(engine)
    seat(engine)
    mark_all(engine)
    calendar.now = END
    with UnitOfWork(engine) as session:
        acts.seal_due(session, "main", clock=calendar, name="fuzz/log", secret=bytes(32))
    calendar.go()
    return found | _round(ask) | _log(ask)


def _money(ask: Callable[[str], Asker]) -> Parts:
    """Give, promise, commit and pay; offer an hour of work."""
    mira = ask("mira")
    gift = {"giver": "foundation", "amount": "500000.00", "unit": "USD"}
    made = mira.made(f"{FUND}/contributions", gift)
    mira.made(f"{FUND}/commitments", {"code": "well/7", "amount": "60.00", "unit": "USD"})
    mira.made(f"{FUND}/disbursements", {"payee": "hub-a", "amount": "30.00", "unit": "USD"})
    mira.made(f"{FUND}/advances", {"implementer": "hub-a", "amount": "10.00", "unit": "USD"})
    mira.made(f"{BOOK}/units", {"code": "hour", "kind": "in_kind", "scale": 2})
    offered = {"giver": "hub-a", "amount": "40.00", "unit": "hour"}
    hours = ask("hana").made(f"{FUND}/in-kind-contributions", offered)
    rows = mira.seen(f"{BOOK}/transactions")["items"]
    return {
        "book": ["main"],
        "fund": ["water"],
        "contribution": [made["code"]],
        "gift": [hours["number"]],
        "giver": ["foundation", "hub-a"],
        "party": list(PARTIES),
        "transaction": [row["id"] for row in rows],
    }


def _agreement(ask: Callable[[str], Asker], calendar: Calendar) -> Parts:
    """Sign, claim three times, find twice, dispute once, pay once."""
    agreed(ask)
    for day, code in enumerate(("c-1", "c-2", "c-3")):
        calendar.now += timedelta(days=day)
        claim = {"code": code, "results": [{"metric": "nights", "value": str(10 + day)}]}
        ask("hana").made(f"{NIGHTS}/claims", claim)
        told = {"sha256": hashlib.sha256(b"register").hexdigest(), "method": "count", "description": "pages"}
        ask("hana").made(f"{NIGHTS}/claims/{code}/evidence", told)
    digests = [_find(ask("eva"), "c-1"), _find(ask("eva"), "c-2")]
    calendar.now += timedelta(days=60)
    settled = ask("mira").made(f"{NIGHTS}/settlements", {"claim": "c-1"})["settlements"]
    payouts = [row["id"] for one in settled for row in one["payouts"]]
    return {
        "agreement": ["nights"],
        "claim": ["c-1", "c-2", "c-3"],
        "determination": digests,
        "payout": payouts,
        "position": [0, 1],
        "metric": ["nights"],
        "amendment": [1],
    }


def _find(evaluator: Asker, claim: str) -> str:
    rows = [{"metric": "nights", "value": "9", "method": "recount/1"}]
    draft = evaluator.made(f"{NIGHTS}/claims/{claim}/determination-drafts", {"findings": rows})
    verifier = json.loads(draft["payload"])["verifier"]
    signature = sign_bytes(secret_of(verifier), base64.b64decode(draft["signing_base64"]))
    signed: Json = {
        "payload": base64.b64encode(draft["payload"].encode()).decode(),
        "payloadType": DETERMINATION_TYPE,
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }
    return str(evaluator.made(f"{NIGHTS}/claims/{claim}/determinations", signed)["sha256"])


def _round(ask: Callable[[str], Asker]) -> Parts:
    """Freeze what the judges said."""
    ask("mira").made(f"{BOOK}/challenges/wells/phases/panel/calibrations", {})
    return {
        "challenge": ["wells"],
        "phase": ["panel", "apply"],
        "application": ["a-1", "a-2", "a-3", "a-4"],
        "judge": ["jana", "jonas", "jim"],
        "version": [1],
        "number": [1],
        "prize": [1],
        "part": [1],
        "kind": ["simulation"],
    }


def _log(ask: Callable[[str], Asker]) -> Parts:
    events = ask("mira").seen(f"{BOOK}/events")["items"]
    return {"event": [row["id"] for row in events[:5]], "size": [1], "person": ["mira"]}
