"""An agreement in force behind the doors: a city pays two shelters per night that a laboratory counts."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from fastapi import FastAPI
from tests.doors.people import Asker, grants_of, identify_by_name

from almoner import currency, money
from almoner.api.door import Door
from almoner.api.identity import Grant
from almoner.api.routes import claims, datasets, determinations, disputes, payouts, questions, settlements
from almoner.api.routing import routes_of
from almoner.contracts import acts as contracts
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.determinations import DETERMINATION_TYPE
from almoner.finance import acts
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine, UnitOfWork

Json = dict[str, Any]
MODULES = (claims, datasets, determinations, disputes, payouts, questions, settlements)
PACT = "/books/main/agreements/pact"
CLAIMS = f"{PACT}/claims"
PARTIES = {"city": "harbour-city", "home": "night-shelter", "annex": "annex-shelter", "lab": "count-lab"}
SIGNERS = (*PARTIES.values(), "second-lab", "arbiter")
PEOPLE_KEY = b"a key of thirty-two random bytes"
PEOPLE: Mapping[str, tuple[Grant, ...]] = {
    "fiona": grants_of(("funder", "harbour-city", "")),
    "mira": grants_of(("intermediary", "almoner", "")),
    "ivo": grants_of(("investor", "investor", "")),
    "hana": grants_of(("hub", "night-shelter", "agreement/pact")),
    "anna": grants_of(("hub", "annex-shelter", "agreement/pact")),
    "hugo": grants_of(("hub", "stranger", "agreement/pact")),
    "eva": grants_of(("evaluator", "count-lab", "")),
    "emil": grants_of(("evaluator", "second-lab", "")),
    "rita": grants_of(("evaluator", "arbiter", "")),
    "ada": (Grant(book="*", role="admin", party=""),),
    "nora": (),
}


def _clause(name: str, payee: str, rate: str) -> Json:
    literal = {"op": "lit", "value": rate, "type": "USD/2 per night/0"}
    amount = {"op": "scale", "of": {"op": "obs", "metric": "nights"}, "by": [literal], "as": "USD/2"}
    return {
        "op": "pay", "id": name, "from": "city", "to": payee, "basis": "cumulative", "amount": amount
    }  # fmt: skip


TERMS: Json = {
    "schema": "almoner.term/1",
    "title": "Nights in a safe place",
    "rounding": "half_even",
    "parties": {
        "city": {"role": "outcome_payer"},
        "home": {"role": "service_provider"},
        "annex": {"role": "service_provider"},
        "lab": {"role": "evaluator"},
    },
    "calendar": {"starts_on": "2026-01-01", "ends_on": "2027-12-31"},
    "metrics": {
        "nights": {
            "title": "Nights spent indoors",
            "type": "night/0",
            "domain": ["0", "20000"],
            "pool": "sum",
            "method": "shelter register, audited",
        }
    },
    "clauses": [_clause("nights", "home", "15.12"), _clause("beds", "annex", "1.00")],
    "limits": [{"id": "most", "of": ["*"], "max": "400000.00"}],
}
DOCUMENT: Json = {
    "schema": "almoner.agreement/1",
    "terms": TERMS,
    "parties": PARTIES,
    "verifiers": {"second": "second-lab"},
    "resolver": "arbiter",
    "funding": [{"payer": "city", "fund": "shelter"}],
}


@dataclass
class Watch:
    """A clock that a test sets."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 15, 9, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        """Let days pass."""
        self.now += timedelta(days=days)


def secret_of(code: str) -> bytes:
    """Make the secret key of a party; what a party would keep to itself."""
    return hashlib.sha256(code.encode()).digest()


def start_pact(engine: Engine, watch: Watch, **changes: object) -> None:
    """Open book and fund, and let everybody sign the agreement ``pact``."""
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        for code in (*SIGNERS, "almoner", "investor", "stranger", "north-giver"):
            key = public_key(secret_of(code)) if code in SIGNERS else None
            acts.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
        fund = acts.open_fund(session, "main", "shelter", currency("USD"), title="Shelter fund")
        acts.contribute(session, fund, "north-giver", money("600000.00", "USD"), key="gift", clock=watch)
        document = AgreementDocument.read(json.dumps(DOCUMENT | changes))
        contracts.draw_up(session, "main", "pact", document, clock=watch)
        content = contracts.draft(session, "main", "pact", document, clock=watch).signing_bytes()
        signed = {name: sign_bytes(secret_of(code), content) for name, code in document.signatories.items()}
        contracts.sign(session, "main", "pact", signed, clock=watch)


@dataclass
class Deal:
    """The agreement, and a client for everybody."""

    engine: Engine
    watch: Watch
    of: Callable[..., Asker]

    def evidence(self, claim: str) -> None:
        """Put the register on record as evidence of a claim."""
        told = {"sha256": hashlib.sha256(b"register").hexdigest(), "method": "count", "description": "pages"}
        self.of("hana").made(f"{CLAIMS}/{claim}/evidence", told)

    def claim(self, code: str, value: str) -> Json:
        """Claim a value of nights with its evidence."""
        made: Json = self.of("hana").made(
            CLAIMS, {"code": code, "results": [{"metric": "nights", "value": value}]}
        )
        self.evidence(code)
        return made

    def signed(self, claim: str, *values: str, by: str = "eva") -> Json:
        """Draft over HTTP what somebody found, and sign it with their own key."""
        rows = [{"metric": "nights", "value": value, "method": "recount/1"} for value in values]
        draft = self.of(by).made(f"{CLAIMS}/{claim}/determination-drafts", {"findings": rows})
        secret = secret_of(json.loads(draft["payload"])["verifier"])
        signature = sign_bytes(secret, base64.b64decode(draft["signing_base64"]))
        return {
            "payload": base64.b64encode(draft["payload"].encode()).decode(),
            "payloadType": DETERMINATION_TYPE,
            "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
        }

    def find(self, claim: str, value: str) -> Json:
        """Claim, evidence, determination."""
        self.claim(claim, value)
        found: Json = self.of("eva").made(f"{CLAIMS}/{claim}/determinations", self.signed(claim, value))
        return found

    def settle(self, claim: str) -> list[Json]:
        """Wait until nobody can dispute it, and settle."""
        self.watch.pass_days(60)
        made: list[Json] = self.of("mira").made(f"{PACT}/settlements", {"claim": claim})["settlements"]
        return made


def open_deal(engine: Engine, **changes: object) -> Deal:
    """Start the agreement, and open the doors on it."""
    watch = Watch()
    start_pact(engine, watch, **changes)
    identify = identify_by_name(watch, PEOPLE)
    door = Door(engine=engine, identify=identify, clock=watch, secret=bytes(32), people_key=PEOPLE_KEY)
    return Deal(engine, watch, clients(door))


def clients(door: Door) -> Callable[..., Asker]:
    """Return a maker of clients of these operations alone: a whole application takes a second."""
    app = FastAPI()
    app.include_router(routes_of(door, [one for module in MODULES for one in module.OPERATIONS]))
    return cache(lambda name="", way="Bearer": Asker(app, name, way))
