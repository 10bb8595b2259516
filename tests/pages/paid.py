"""A payout from gift to sealed log: what pages for everybody are about."""

import base64
import json
from collections.abc import Callable
from typing import Protocol

from tests.doors.deals import NIGHTS, agreed
from tests.doors.people import Asker, Json, secret_of

from almoner.contracts.determinations import DETERMINATION_TYPE
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Engine, UnitOfWork

BOOK, FUND = "/books/main", "/books/main/funds/water"
LOG_KEY = bytes(range(32))
Ask = Callable[..., Asker]


class Moved(Protocol):
    """A clock whose hand a test moves."""

    def __call__(self) -> object: ...

    def wait(self, **by: float) -> None:
        """Let time pass."""


def signed_finding(ask: Ask, claim: str, value: str) -> Json:
    """Draft what the laboratory found, and sign it with its own key."""
    row = {"metric": "nights", "value": value, "method": "recount/1"}
    draft = ask("eva").made(f"{NIGHTS}/claims/{claim}/determination-drafts", {"findings": [row]})
    signature = sign_bytes(secret_of("lab"), base64.b64decode(draft["signing_base64"]))
    return {
        "payload": base64.b64encode(draft["payload"].encode()).decode(),
        "payloadType": DETERMINATION_TYPE,
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }


def paid(ask: Ask, hand: Moved, *, value: str = "412", told: str = "Register, pages 1 to 40") -> Json:
    """Agree, claim, find and settle; return the payout."""
    agreed(ask)
    result = {"metric": "nights", "value": value}
    ask("hana").made(f"{NIGHTS}/claims", {"code": "march", "results": [result]})
    evidence = {"sha256": "b7" * 32, "method": "count", "description": told}
    ask("hana").made(f"{NIGHTS}/claims/march/evidence", evidence)
    ask("eva").made(f"{NIGHTS}/claims/march/determinations", signed_finding(ask, "march", value))
    hand.wait(days=60)
    made = ask("mira").made(f"{NIGHTS}/settlements", {"claim": "march"})
    return made["settlements"][0]["payouts"][0]


def sealed(engine: Engine, clock: Clock) -> None:
    """Seal the log of the book."""
    with UnitOfWork(engine) as session:
        acts.seal(session, "main", clock=clock, name="log.example", secret=LOG_KEY)


def published(ask: Ask) -> None:
    """Let everybody read the fund and the agreement."""
    for here in (FUND, NIGHTS):
        ask("fiona").made(f"{here}/publications")


def page_of(payout: Json) -> str:
    """Return the address of a payout's page."""
    return f"{NIGHTS}/payouts/{payout['id']}"


def document(text: str) -> Json:
    """Read JSON."""
    return json.loads(text)
