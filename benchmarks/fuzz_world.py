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

from fastapi import FastAPI
from tests.doors.deals import document_of, drawn_up, sign_all
from tests.doors.people import Asker, secret_of, signed
from tests.doors.rounds import mark_all, open_round, seat

from almoner import currency
from almoner.api.migrations import upgrade
from almoner.api.routes import OPERATIONS
from almoner.api.routes.brief_examples import APPLICATION, BRIEF
from almoner.contracts.determinations import DETERMINATION_TYPE
from almoner.finance import acts
from almoner.finance.dates import system_clock
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine, UnitOfWork

BOOK, FUND = "/books/main", "/books/main/funds/water"
NIGHTS = f"{BOOK}/agreements/nights"
PARTIES = ("foundation", "almoner", "investor", "hub-a", "hub-b", "hub-c", "lab", "second-lab")
SHOWN = ("meridian", "bank", "guild", "river-trust")
"""Parties in the examples of the reference."""
OPENED = datetime(2027, 3, 20, 12, tzinfo=UTC)
END = datetime(2027, 4, 13, 12, tzinfo=UTC)
DATES = {
    "apply": {"opens_at": "2027-03-01T09:00+03:00", "closes_at": "2028-03-01T17:00+03:00"},
    "vote": {"opens_at": "2028-03-08T09:00+03:00", "closes_at": "2028-04-12T17:00+03:00"},
}
RATE = {"base": "EUR", "quote": "USD", "rate": "1.0850", "as_of": "2026-01-15", "source": "central bank"}
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


def fill(engine: Engine, calendar: Calendar, app_of: Callable[[], FastAPI]) -> Parts:
    """Fill an empty database through the doors, and return the path parts that find something, by name."""
    upgrade(engine)
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        for code in (*PARTIES, *SHOWN):
            key = public_key(secret_of(code))
            acts.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
        acts.open_fund(session, "main", "water", currency("USD"), title="Water")
    app = app_of()
    ask = cache(lambda name: Asker(app, name))
    found: dict[str, list[str | int]] = _money(ask) | _people(ask)
    found |= _agreement(ask, calendar)
    calendar.now = OPENED
    open_round(engine)
    seat(engine)
    mark_all(engine)
    found |= _drafts(ask)
    calendar.now = END
    found |= _round(ask)
    with UnitOfWork(engine) as session:
        acts.seal_due(session, "main", clock=calendar, name="fuzz/log", secret=bytes(32))
    calendar.go()
    return found | _work(ask) | _log(ask)


def _money(ask: Callable[[str], Asker]) -> Parts:
    """Give, promise, commit and pay; offer an hour of work."""
    mira = ask("mira")
    gift = {"giver": "foundation", "amount": "500000.00", "unit": "USD"}
    mira.made(f"{FUND}/contributions", gift)
    mira.made(f"{FUND}/contributions", gift | {"giver": "meridian", "amount": "1000000.00"})
    mira.made(f"{FUND}/pledges", gift | {"giver": "meridian", "amount": "9000.00"})
    mira.made(f"{BOOK}/earmarks", {"code": "north", "title": "North", "admits": {"region": ["north"]}})
    mira.made(f"{BOOK}/units", {"code": "EUR", "kind": "currency"})
    mira.made(f"{BOOK}/rates", RATE)
    mira.made(f"{FUND}/currencies", {"unit": "EUR"})
    given = mira.made(f"{FUND}/contributions", gift | {"amount": "10000.00", "unit": "EUR"})
    for code in ("well-7", "well-8"):
        mira.made(f"{FUND}/commitments", {"code": code, "amount": "9000.00", "unit": "USD"})
    proposed = {"act": "disbursement", "payee": "hub-a", "amount": "250.00", "unit": "USD"}
    proposals = [mira.made(f"{FUND}/proposals", proposed)["id"] for _ in range(3)]
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
        "contribution": [given["number"]],
        "proposal": proposals,
        "gift": [hours["number"]],
        "giver": ["foundation", "hub-a"],
        "party": list(PARTIES),
        "transaction": [row["id"] for row in rows],
    }


def _agreement(ask: Callable[[str], Asker], calendar: Calendar) -> Parts:
    """Sign, claim three times, find twice, dispute once, pay once."""
    drawn_up(ask, document_of(resolver="second-lab"))
    sign_all(ask)
    content = ask("emil").seen(f"{NIGHTS}/signing-bytes")["content"]
    theirs = {"name": "resolver", "signature": signed("second-lab", content)}
    ask("emil").made(f"{NIGHTS}/signatures", theirs)
    drawn_up(ask, document_of(), "shelter")
    for day, code in enumerate(("c-1", "c-2", "c-3")):
        calendar.now += timedelta(days=day)
        claim = {"code": code, "results": [{"metric": "nights", "value": str(10 + day)}]}
        ask("hana").made(f"{NIGHTS}/claims", claim)
        told = {"sha256": hashlib.sha256(b"register").hexdigest(), "method": "count", "description": "pages"}
        ask("hana").made(f"{NIGHTS}/claims/{code}/evidence", told)
    digests = [_find(ask("eva"), "c-1"), _find(ask("eva"), "c-2")]
    disputed = {"code": "d-1", "grounds": "data_error", "statement": "March was counted twice."}
    ask("fiona").made(f"{NIGHTS}/claims/c-2/disputes", disputed)
    calendar.now += timedelta(days=60)
    settled = ask("mira").made(f"{NIGHTS}/settlements", {"claim": "c-1"})["settlements"]
    payouts = [row["id"] for one in settled for row in one["payouts"]]
    return {
        "agreement": ["nights", "shelter"],
        "dispute": ["d-1"],
        "dataset": [_rows(ask("hana"))],
        "claim": ["c-1", "c-2", "c-3"],
        "determination": digests,
        "payout": payouts,
        "position": [0, 1],
        "amendment": [1],
    }


def _rows(hub: Asker) -> str:
    """Import two rows of people."""
    rows = b"person,metric,achieved_on,quantity\nAnna-1,nights,2026-01-03,3\nBen-2,nights,2026-01-04,4\n"
    heads = {"Authorization": "Bearer hana", "Content-Type": "text/csv", "Idempotency-Key": "rows"}
    seen = hub.client.post(f"/v1{NIGHTS}/dataset-previews", content=rows, headers=heads).json()
    path = f"/v1{NIGHTS}/datasets?code=march&rows=2&preview={seen['digest']}"
    made = hub.client.post(path, content=rows, headers=heads)
    made.raise_for_status()
    return "march"


def _find(evaluator: Asker, claim: str) -> str:
    rows = [{"metric": "nights", "value": "9", "method": "recount/1"}]
    draft = evaluator.made(f"{NIGHTS}/claims/{claim}/determination-drafts", {"findings": rows})
    verifier = json.loads(draft["payload"])["verifier"]
    signature = sign_bytes(secret_of(verifier), base64.b64decode(draft["signing_base64"]))
    envelope: Json = {
        "payload": base64.b64encode(draft["payload"].encode()).decode(),
        "payloadType": DETERMINATION_TYPE,
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }
    return str(evaluator.made(f"{NIGHTS}/claims/{claim}/determinations", envelope)["sha256"])


def _drafts(ask: Callable[[str], Asker]) -> Parts:
    """Publish a second challenge, and hand in one application of two; propose another end."""
    brief = BRIEF | {"phases": [phase | DATES[phase["id"]] for phase in BRIEF["phases"]]}
    ask("mira").made(f"{BOOK}/challenges", {"brief": brief})
    here = f"{BOOK}/challenges/clean-water"
    ask("hana").made(
        f"{here}/drafts", {"code": "a-2", "content": {"title": "Wells", "bundle": APPLICATION["bundle"]}}
    )
    ask("hana").made(f"{here}/applications", {"application": APPLICATION})
    patch = [{"op": "replace", "path": "/phases/0/closes_at", "value": "2028-03-05T17:00+03:00"}]
    asked = {"of": 1, "patch": patch, "reason": "Floods.", "kind": "material"}
    ask("fiona").made(f"{here}/amendment-proposals", asked)
    return {"challenge": ["wells", "clean-water"]}


def _round(ask: Callable[[str], Asker]) -> Parts:
    """Freeze what the judges said, award, announce and appeal."""
    here = f"{BOOK}/challenges/wells"
    mira, fiona = ask("mira"), ask("fiona")
    mira.made(f"{here}/phases/panel/calibrations", {})
    fiona.made(f"{here}/decisions", {})
    mira.made(f"{here}/announcements", {"reason": "The panel has read."})
    appeal = {
        "application": "a-2",
        "ground": "arithmetic",
        "statement": "Wrong.",
        "remedies": [{"kind": "recompute"}],
    }
    ask("hugo").made(f"{here}/appeals", {"appeal": appeal})
    return {
        "phase": ["panel", "apply", "vote"],
        "application": ["a-1", "a-2", "a-3", "a-4"],
        "judge": ["jana", "jonas", "jim"],
        "version": [1],
        "number": [1],
        "prize": [0, 1],
        "part": ["whole"],
        "kind": ["simulation", "brief"],
    }


def _people(ask: Callable[[str], Asker]) -> Parts:
    """Enter people, one with a password and a role; define a metric and a cohort; promise; make a key."""
    ada, fiona, mira = ask("ada"), ask("fiona"), ask("mira")
    for code in ("mira", "treasurer", "everybody", "funder", "hub", "fiona"):
        ada.made("/persons", {"code": code, "name": code.title()})
    secret = {"login": "treasurer", "password": "a long sentence"}
    ada.put("/persons/treasurer/password", secret).raise_for_status()
    grant = {"party": "foundation", "role": "funder"}
    grants = [
        ada.made(f"{BOOK}/role-grants", grant | {"person": who})["id"] for who in ("treasurer", "everybody")
    ]
    key = ask("everybody").made("/api-keys", {"name": "nightly", "scopes": ["funds:read"], "days": 30})
    for name, path in (("metric.define", "metrics"), ("cohort.define", "cohorts")):
        mira.made(f"{BOOK}/{path}", shown(name))
    fiona.made(f"{BOOK}/public-commitments", shown("public-commitment.make"))
    return {
        "person": ["mira", "treasurer", "everybody"],
        "grant": grants,
        "key": [key["id"]],
        "metric": ["nights"],
        "cohort": ["winter-2027"],
        "commitment": ["c-1"],
    }


def _work(ask: Callable[[str], Asker]) -> Parts:
    """Ask for long work, and to be told of what happens."""
    mira = ask("mira")
    jobs = [mira.made(f"{BOOK}/jobs/verifications", {})["id"]]
    hooks = [mira.made(f"{BOOK}/webhook-endpoints", shown("webhook.create"))["id"] for _ in range(2)]
    return {"job": jobs, "endpoint": hooks}


def shown(name: str) -> Json:
    """Return the first example of an operation."""
    return next(dict(next(iter(one.examples.values()))) for one in OPERATIONS if one.name == name)


def _log(ask: Callable[[str], Asker]) -> Parts:
    events = ask("mira").seen(f"{BOOK}/events")["items"]
    return {"event": [row["id"] for row in events[:5]], "size": [1]}
