"""A book behind the doors in which a whole life is led over HTTP: everybody's moves, and what was sent."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from tests.doors.deals import document_of, terms_of
from tests.doors.pacts import Watch
from tests.doors.people import Asker, identify_by_name, secret_of, signed

from almoner.api.door import Door
from almoner.api.identity import Grant
from almoner.api.routes import (
    agreements,
    books,
    claims,
    commands,
    contributions,
    datasets,
    determinations,
    disputes,
    funds,
    ledger,
    log,
    parties,
    payouts,
    proposals,
    settlements,
    spending,
)
from almoner.api.routing import routes_of
from almoner.contracts.determinations import DETERMINATION_TYPE
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine

Json = Any
MODULES = (
    agreements, books, claims, commands, contributions, datasets, determinations, disputes, funds, ledger,
    log, parties, payouts, proposals, settlements, spending,
)  # fmt: skip
PARTIES = ("foundation", "almoner", "hub-a", "hub-b", "lab", "second-lab", "arbiter")
SIGNERS = {
    "city": ("fiona", "foundation"),
    "home": ("hana", "hub-a"),
    "lab": ("eva", "lab"),
    "second": ("emil", "second-lab"),
    "resolver": ("rita", "arbiter"),
}
MOST = 10_000_000
DOCUMENT = document_of(
    terms=terms_of(
        calendar={"starts_on": "2026-01-01", "ends_on": "2060-12-31"},
        limits=[{"id": "most", "of": ["*"], "max": "100000.00"}],
    ),
    verifiers={"second": "second-lab"},
    resolver="arbiter",
)


def _everywhere(*roles: tuple[str, str]) -> tuple[Grant, ...]:
    return tuple(Grant(book="*", role=role, party=party) for role, party in roles)  # type: ignore[arg-type]  # written out below


PEOPLE: Mapping[str, tuple[Grant, ...]] = {
    "ada": _everywhere(("admin", "")),
    "fiona": _everywhere(("funder", "foundation")),
    "frank": _everywhere(("funder", "foundation")),
    "mira": _everywhere(("intermediary", "almoner")),
    "dora": _everywhere(("intermediary", "almoner"), ("funder", "foundation")),
    "hana": _everywhere(("hub", "hub-a")),
    "hugo": _everywhere(("hub", "hub-b")),
    "eva": _everywhere(("evaluator", "lab")),
    "emil": _everywhere(("evaluator", "second-lab")),
    "rita": _everywhere(("evaluator", "arbiter")),
    "nora": (),
}


def text_of(minor: int) -> str:
    """Write minor units as the wire does."""
    sign, rest = "-" if minor < 0 else "", abs(minor)
    return f"{sign}{rest // 100}.{rest % 100:02}"


def envelope_of(draft: Json) -> Json:
    """Sign a drafted determination with its verifier's own key."""
    secret = secret_of(json.loads(draft["payload"])["verifier"])
    signature = sign_bytes(secret, base64.b64decode(draft["signing_base64"]))
    return {
        "payload": base64.b64encode(draft["payload"].encode()).decode(),
        "payloadType": DETERMINATION_TYPE,
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A write, and what was answered."""

    person: str
    way: str
    path: str
    body: Json
    headers: Mapping[str, str]
    status: int
    content: bytes


@dataclass
class Server:
    """The doors on one database, opened once for many books."""

    app: FastAPI
    watch: Watch
    count: int = 0
    askers: dict[tuple[str, str], Asker] = field(default_factory=dict)

    def of(self, name: str = "", way: str = "Bearer") -> Asker:
        """Return somebody's client."""
        known = self.askers.get((name, way))
        if known is None:
            known = self.askers[name, way] = Asker(self.app, name, way)
        return known


def open_server(engine: Engine, *, row_security: bool) -> Server:
    """Open the doors on a database."""
    watch = Watch()
    door = Door(
        engine=engine,
        identify=identify_by_name(watch, PEOPLE),
        clock=watch,
        secret=bytes(32),
        people_key=b"a key of thirty-two random bytes",
        row_security=row_security,
    )
    app = FastAPI()
    app.include_router(routes_of(door, [one for module in MODULES for one in module.OPERATIONS]))
    return Server(app, watch)


class World:
    """One book, and what everybody does in it; answers are returned as they came."""

    def __init__(self, server: Server, code: str = "") -> None:
        server.count += 1
        self.server, self.watch = server, server.watch
        self.book, self.code = f"/books/life-{server.count}", code or f"nights-{server.count}"
        self.fund, self.pact = f"{self.book}/funds/water", f"{self.book}/agreements/{self.code}"
        self.sketch = f"{self.book}/agreements/sketch"
        self.sent: list[Sent] = []
        self.posts = 0

    # ---- asking

    def send(
        self,
        person: str,
        path: str,
        body: Json = None,
        *,
        way: str = "Bearer",
        put: bool = False,
        tag: str = "",
    ) -> Any:  # noqa: ANN401  # a response
        """Write in somebody's name, under a key of its own."""
        self.posts += 1
        headers = {"Idempotency-Key": f"{self.book}-{self.posts}"} | ({"If-Match": tag} if tag else {})
        client = self.server.of(person, way)
        reply = client.put(path, body, headers) if put else client.post(path, body, headers)
        if not put:
            self.sent.append(
                Sent(
                    person=person,
                    way=way,
                    path=path,
                    body=body,
                    headers=headers,
                    status=reply.status_code,
                    content=reply.content,
                )
            )
        return reply

    def made(self, person: str, path: str, body: Json = None, *, tag: str = "") -> Json:
        """Write, and return the body of a success."""
        reply = self.send(person, path, body, tag=tag)
        assert reply.status_code in {200, 201}, reply.text
        return reply.json()

    def seen(self, person: str, path: str) -> Json:
        """Read."""
        return self.server.of(person).seen(path)

    def tag(self, path: str) -> str:
        """Return the tag of a document as the intermediary reads it."""
        return str(self.server.of("mira").get(path).headers["ETag"])

    def every(self, person: str, path: str) -> list[Json]:
        """Read all pages of a list."""
        sign = "&" if "?" in path else "?"
        page = self.seen(person, f"{path}{sign}limit=100")
        rows = list(page["items"])
        while page["next"]:
            page = self.seen(person, f"{path}{sign}limit=100&cursor={page['next']}")
            rows += page["items"]
        return rows

    # ---- beginning

    def begin(self, policy_from: int | None, waiting_from: int | None) -> None:
        """Open everything; propose the agreement, and draft a sketch beside it."""
        self.open_book(policy_from, waiting_from)
        self.draft(self.code)
        self.draft("sketch", proposed=False)

    def open_book(self, policy_from: int | None = None, waiting_from: int | None = None) -> None:
        """Open book, parties, fund and policies.

        Parameters
        ----------
        policy_from, waiting_from : int or None [minor units]
            From which transfers and payouts need an approval; None for never.
        """
        self.made("ada", "/books", {"code": self.book.removeprefix("/books/"), "unit": "USD"})
        for code in PARTIES:
            key = public_key(secret_of(code)).hex()
            asked = {"code": code, "name": code.title(), "kind": "organisation", "public_key": key}
            self.made("mira", f"{self.book}/parties", asked)
        self.made("mira", f"{self.book}/funds", {"code": "water", "title": "Water", "unit": "USD"})
        for kind, least in (("transfer", policy_from), ("payout", waiting_from)):
            if least is not None:
                amount = {"amount": text_of(least), "unit": "USD"}
                since = self.watch.now.isoformat().replace("+00:00", "Z")
                policy = {"kind": kind, "least": amount, "quorum": 1, "since": since}
                self.made("fiona", f"{self.book}/approval-policies", policy)

    def draft(self, code: str, *, proposed: bool = True) -> None:
        """Draft an agreement that the fund pays, and propose it."""
        self.made("mira", f"{self.book}/agreements", {"code": code, "document": DOCUMENT})
        if proposed:
            here = f"{self.book}/agreements/{code}"
            self.made("mira", f"{here}/proposal", tag=self.tag(f"{here}/document"))

    def give(self, minor: int) -> Any:  # noqa: ANN401  # a response
        """Book a gift.

        Parameters
        ----------
        minor : int [minor units]
            How much.
        """
        gift = {"giver": "foundation", "amount": text_of(minor), "unit": "USD"}
        return self.send("mira", f"{self.fund}/contributions", gift)

    def start(self, minor: int) -> None:
        """Open everything with a gift, and let everybody sign.

        Parameters
        ----------
        minor : int [minor units]
            How much is given.
        """
        self.begin(None, None)
        self.give(minor)
        for name in SIGNERS:
            assert self.sign(name).status_code == 201

    # ---- moves

    def sign(self, name: str) -> Any:  # noqa: ANN401  # a response
        """Sign the agreement in one name."""
        return self.send(SIGNERS[name][0], f"{self.pact}/signatures", self.signature(name, self.pact))

    def signature(self, name: str, pact: str) -> dict[str, str]:
        """Return what somebody sends to sign an agreement."""
        person, party = SIGNERS[name]
        content = self.seen(person, f"{pact}/signing-bytes")["content"]
        return {"name": name, "signature": signed(party, content)}

    def claim(self, code: str, value: int) -> Any:  # noqa: ANN401  # a response
        """Claim nights.

        Parameters
        ----------
        code : str
            Of the claim.
        value : int [nights]
            How many.
        """
        results = [{"metric": "nights", "value": str(value)}]
        return self.send("hana", f"{self.pact}/claims", {"code": code, "results": results})

    def evidence(self, code: str) -> Any:  # noqa: ANN401  # a response
        """Put the register on record."""
        told = {
            "sha256": hashlib.sha256(code.encode()).hexdigest(),
            "method": "count",
            "description": "pages",
        }
        return self.send("hana", f"{self.pact}/claims/{code}/evidence", told)

    def determine(self, code: str, value: int | None, by: str = "eva") -> Any:  # noqa: ANN401  # a response
        """Find nights, signed by the laboratory's key.

        Parameters
        ----------
        code : str
            Of the claim.
        value : int or None [nights]
            How many; None finds nothing at all.
        by : str
            Who found them.
        """
        rows = [{"metric": "nights", "value": str(value), "method": "recount/1"}] if value is not None else []
        here = f"{self.pact}/claims/{code}"
        drafted = self.server.of(by).post(f"{here}/determination-drafts", {"findings": rows})
        if drafted.status_code != 200:
            return drafted
        return self.send(by, f"{here}/determinations", envelope_of(drafted.json()))

    def finding(self, code: str, value: int) -> Json:
        """Return a signed finding of the first laboratory that is not handed in.

        Parameters
        ----------
        code : str
            Of the claim.
        value : int [nights]
            How many.
        """
        rows = [{"metric": "nights", "value": str(value), "method": "recount/1"}]
        path = f"{self.pact}/claims/{code}/determination-drafts"
        return envelope_of(self.server.of("eva").made(path, {"findings": rows}))

    def resolve(self, dispute: str, outcome: str, digest: str) -> Any:  # noqa: ANN401  # a response
        """Rule on a dispute with the resolver's signature."""
        how = {"outcome": outcome, "reason": "Counted again."}
        how |= {"determination_sha256": digest} if digest else {}
        here = f"{self.pact}/disputes/{dispute}"
        draft = self.server.of("rita").made(f"{here}/resolution-drafts", how)
        signature = sign_bytes(secret_of("arbiter"), base64.b64decode(draft["signing_base64"])).hex()
        return self.send("rita", f"{here}/resolutions", how | {"signature": signature})

    def approve(self, proposal: str, by: str, way: str = "Bearer") -> Any:  # noqa: ANN401  # a response
        """Approve in the foundation's name."""
        here = f"{self.fund}/proposals/{proposal}"
        content = self.seen("mira", here)["signing_bytes"]
        return self.send(by, f"{here}/approvals", {"signature": signed("foundation", content)}, way=way)
