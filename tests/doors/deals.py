"""An agreement behind the doors: 15.12 USD for each night, paid by the fund ``water``, signed by all."""

import base64
from collections.abc import Callable
from typing import Any

from tests.doors.people import Asker, signed

from almoner.contracts.determinations import DETERMINATION_TYPE

Ask = Callable[..., Asker]
Json = Any
NIGHTS = "/books/main/agreements/nights"
SIGNERS = {"city": ("fiona", "foundation"), "home": ("hana", "hub-a"), "lab": ("eva", "lab")}


def terms_of(**changes: Json) -> Json:
    """Return terms: at most 30,000.00 USD in all."""
    return {
        "schema": "almoner.term/1",
        "title": "Nights in a safe place",
        "rounding": "half_even",
        "parties": {
            "city": {"role": "outcome_payer"},
            "home": {"role": "service_provider"},
            "lab": {"role": "evaluator"},
        },
        "calendar": {"starts_on": "2026-01-01", "ends_on": "2026-12-31"},
        "metrics": {
            "nights": {
                "title": "Nights spent indoors",
                "type": "night/0",
                "domain": ["0", "40000"],
                "pool": "sum",
                "method": "shelter register, audited",
            }
        },
        "clauses": [
            {
                "op": "pay",
                "id": "nights",
                "from": "city",
                "to": "home",
                "basis": "cumulative",
                "amount": {
                    "op": "scale",
                    "of": {"op": "obs", "metric": "nights"},
                    "by": [{"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}],
                    "as": "USD/2",
                },
            }
        ],
        "limits": [{"id": "most", "of": ["*"], "max": "30000.00"}],
        **changes,
    }


def document_of(**changes: Json) -> Json:
    """Return an agreement about the terms, between parties of the book."""
    return {
        "schema": "almoner.agreement/1",
        "terms": terms_of(),
        "parties": {"city": "foundation", "home": "hub-a", "lab": "lab"},
        "funding": [{"payer": "city", "fund": "water"}],
        "verification": {"quorum": 1, "claim_days": 90},
        "disputes": {"days": 30},
        **changes,
    }


def tag_of(client: Asker, path: str) -> dict[str, str]:
    """Return the header that names what was read."""
    return {"If-Match": client.get(path).headers["ETag"]}


def drawn_up(ask: Ask, document: Json | None = None, code: str = "nights") -> Json:
    """Draft and propose an agreement as the intermediary."""
    mira = ask("mira")
    mira.made("/books/main/agreements", {"code": code, "document": document or document_of()})
    here = f"/books/main/agreements/{code}"
    return mira.made(f"{here}/proposal", None, tag_of(mira, f"{here}/document"))


def sign_all(ask: Ask, code: str = "nights") -> Json:
    """Let every party sign, each in its own name; return the agreement after the last signature."""
    here = f"/books/main/agreements/{code}"
    stands: Json = None
    for name, (person, party) in SIGNERS.items():
        client = ask(person)
        content = client.seen(f"{here}/signing-bytes")["content"]
        stands = client.made(f"{here}/signatures", {"name": name, "signature": signed(party, content)})
    return stands


def agreed(ask: Ask, amount: str = "40000.00") -> Json:
    """Give the fund money, and draft, propose and sign the agreement ``nights``."""
    gift = {"giver": "foundation", "amount": amount, "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    drawn_up(ask)
    return sign_all(ask)


def consents(content: str) -> dict[str, str]:
    """Return the signatures of everybody with money in the agreement."""
    return {name: signed(party, content) for name, (_, party) in SIGNERS.items() if name != "lab"}


def found(ask: Ask, claim: str, value: str) -> None:
    """Let the evaluator find a value of a claim, and sign it."""
    here = f"{NIGHTS}/claims/{claim}"
    rows = [{"metric": "nights", "value": value, "method": "recount/1"}]
    draft = ask("eva").made(f"{here}/determination-drafts", {"findings": rows})
    signature = bytes.fromhex(signed("lab", base64.b64decode(draft["signing_base64"]).hex()))
    envelope = {
        "payload": base64.b64encode(draft["payload"].encode()).decode(),
        "payloadType": DETERMINATION_TYPE,
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }
    ask("eva").made(f"{here}/determinations", envelope)
