"""The scenes of the journey, each over HTTP alone, by whoever has the right to it."""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

from journey.documents import BRIEF, HUBS, agreement, application
from journey.installation import Installation
from journey.people import Person, public_of, require, sign
from journey.wire import Send
from standardwebhooks import Webhook

from almoner.contracts.determinations import DETERMINATION_TYPE

Json = Any
BOOK = {"book": "main"}
FUND = BOOK | {"fund": "water"}
ROUND = BOOK | {"challenge": "wells"}
PANEL = ROUND | {"phase": "panel"}
PACT = BOOK | {"agreement": "safe-water"}
CLAIM = PACT | {"claim": "first-half"}
MARKS = {"wells-north": ("4.4", "4.1"), "wells-south": ("3.2", "3.6"), "wells-east": ("2.1", "1.9")}
JUDGES = ("jana", "jonas", "judith")
ROLES = (
    ("frank", "funder", "foundation"),
    ("mira", "intermediary", "desk"),
    ("hana", "hub", "hub-north"),
    ("hugo", "hub", "hub-south"),
    ("helga", "hub", "hub-east"),
    ("eva", "evaluator", "lab"),
    *((judge, "judge", judge) for judge in JUDGES),
)
PARTIES = ("foundation", "desk", *HUBS.values(), "lab")
SIGNERS = {"foundation": ("fiona", "foundation"), "hub": ("hana", "hub-north"), "lab": ("eva", "lab")}


@dataclass
class Story:
    """An installation, how its people send their requests, and what they came to know."""

    here: Installation
    send: Send
    people: dict[str, Person] = field(default_factory=dict)
    hook: Json = None

    def __call__(self, code: str) -> Person:
        """Return somebody by name."""
        return self.people.setdefault(code, Person(code, self.send, self.here.clock))

    def open_house(self) -> None:
        """Open the book and let everybody in; a role on money holds once a funder has confirmed it."""
        self.here.clock.go_to("2025-01-06")
        ada, fiona = self("ada"), self("fiona")
        self.here.keep_first_admin("ada", ada.password)
        ada("book_open", {"code": "main", "unit": "USD"})
        self._register("fiona")
        self.here.grant_first_funder("main", "fiona", "foundation")
        for party in PARTIES:
            known = {"code": party, "name": party.replace("-", " ").title(), "public_key": public_of(party)}
            fiona("party_register", known, **BOOK)
        for code, role, party in ROLES:
            self._register(code)
            given = ada("role_grant_make", {"person": code, "role": role, "party": party}, **BOOK)
            if role in {"funder", "intermediary"}:
                fiona("role_grant_confirm", grant=given["id"], **BOOK)

    def _register(self, code: str) -> None:
        ada = self("ada")
        ada("person_register", {"code": code, "name": code.title()})
        ada("person_set_password", {"login": code, "password": self(code).password}, person=code)

    def give_money(self) -> Json:
        """Open the fund, book what the foundation gave, and let everybody read it."""
        self("fiona")("fund_open", {"code": "water", "title": "Water", "unit": "USD"}, **BOOK)
        gift = {"giver": "foundation", "amount": "100000.00", "unit": "USD"}
        self("mira")("contribution_book", gift, **FUND)
        self("fiona")("publication_fund", **FUND)
        return self("fiona")("fund_read", **FUND)

    def publish(self) -> Json:
        """Look the brief over, and publish it with its prizes covered."""
        looked = self("mira")("brief_lint", {"brief": BRIEF})
        if not looked["publishable"]:
            raise RuntimeError(f"the brief has faults: {looked}")
        return self("mira")("challenge_publish", {"brief": BRIEF}, **BOOK)

    def apply(self) -> Json:
        """Have every hub hand in its own application."""
        self.here.clock.go_to("2025-02-03")
        for person, code in zip(("hana", "hugo", "helga"), HUBS, strict=True):
            self(person)("application_submit", {"application": application(code)}, **ROUND)
        return self("mira")("application_list", **ROUND)["items"]

    def seat(self) -> Json:
        """Register the judges, have each declare what ties them to whom, and assign what they read."""
        self.here.clock.go_to("2025-03-04")
        for judge in JUDGES:
            self("mira")("judge_register", {"code": judge}, **ROUND)
            own = ROUND | {"judge": judge}
            actors = self(judge)("judge_declaration_read", **own)["undeclared"]
            said = [{"actor": actor, "kind": "none"} for actor in actors]
            self(judge)("judge_declaration_make", {"declarations": said}, **own)
        drawn = self("fiona")("assignment_plan", {"seed": 7}, **PANEL)["plan"]
        approved = {"reason": "Three judges suffice for three entries."}
        made = self("frank")("assignment_approve", approved, number=str(drawn["number"]), **PANEL)
        return made["plan"]

    def score(self) -> int:
        """Have each judge open and mark the entries of their own list; return how many reads that makes."""
        self.here.clock.go_to("2025-03-10")
        reads = 0
        for judge in JUDGES:
            own = ROUND | {"judge": judge}
            for one in self(judge)("entry_to_read_list", phase="panel", **own)["items"]:
                code = one["application"]
                self(judge)("entry_open", {"phase": "panel", "application": code}, **own)
                marks = zip(("reach", "proof"), MARKS[code], strict=True)
                body = {"application": code, "marks": [{"trait": name, "mark": mark} for name, mark in marks]}
                self(judge)("score_give", body, **own)
                reads += 1
        return reads

    def award(self) -> Json:
        """Freeze the scores, and propose, approve, accept, commit and pay the prize: four people."""
        self.here.clock.go_to("2025-04-14")
        self("mira")("calibration_freeze", {}, **PANEL)
        best = self("mira")("ranking_read", **PANEL)["items"][0]["application"]
        asked = {
            "prize": 0,
            "application": best,
            "amount": "50000.00",
            "rule": "places",
            "reason": "First of three.",
        }
        self("mira")("award_propose", asked, **ROUND)
        one = ROUND | {"prize": "0", "application": best, "part": "whole"}
        self("fiona")("award_approve", **one)
        self("hana")("award_accept", **one)
        self("mira")("award_commit", **one)
        paid = self("mira")("award_pay", {}, **one)["award"]
        self("mira")("announcement_make", {"reason": "The panel has read."}, **ROUND)
        return paid

    def agree(self) -> Json:
        """Draft an agreement on results with the winner, and have each party sign for itself."""
        self.here.clock.go_to("2025-05-05")
        mira = self("mira")
        mira("agreement_draft", {"code": "safe-water", "document": agreement("hub-north")}, **BOOK)
        mira("agreement_propose", tag=mira.ask("agreement_document", **PACT).etag, **PACT)
        stands: Json = None
        for name, (person, party) in SIGNERS.items():
            content = bytes.fromhex(self(person)("agreement_bytes", **PACT)["content"])
            body = {"name": name, "signature": sign(party, content).hex()}
            stands = self(person)("agreement_sign", body, **PACT)
        return stands

    def claim(self) -> Json:
        """Claim what the hub did, and show its meter readings by their digest."""
        self.here.clock.go_to("2025-07-07")
        rows = [{"metric": "days", "value": "2160"}]
        made = self("hana")("claim_make", {"code": "first-half", "results": rows}, **PACT)
        readings = hashlib.sha256(b"meter readings, January to June").hexdigest()
        told = {"sha256": readings, "method": "metering", "description": "Readings of twelve meters"}
        self("hana")("evidence_attach", told, **CLAIM)
        return made

    def determine(self) -> Json:
        """Say what the laboratory counted, in bytes that it alone signs."""
        self.here.clock.go_to("2025-07-21")
        found = {"findings": [{"metric": "days", "value": "2104", "method": "recount/1"}]}
        draft = self("eva")("determination_draft", found, **CLAIM)
        signature = sign("lab", base64.b64decode(draft["signing_base64"]))
        envelope = {
            "payload": base64.b64encode(draft["payload"].encode()).decode(),
            "payloadType": DETERMINATION_TYPE,
            "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
        }
        return self("eva")("determination_submit", envelope, **CLAIM)

    def settle(self) -> Json:
        """Have the hub ask to be told, and settle today."""
        self.here.clock.come_to_today()
        asked = {"url": self.here.receiver.url, "types": ["payout.settled"]}
        self.hook = self("hana")("webhook_create", asked, **BOOK)
        return self("mira")("settlement_make", {"claim": "first-half"}, **PACT)["settlements"][0]

    def hear(self) -> Json:
        """Wait until the message is there, and return what its verified bytes say."""
        own = BOOK | {"endpoint": self.hook["id"]}
        secret = self("hana")("webhook_secret_read", **own)["secret"]
        until = time.monotonic() + 30
        while not self.here.receiver.got and time.monotonic() < until:
            time.sleep(0.05)
        if not self.here.receiver.got:
            raise RuntimeError("no message came within 30 seconds")
        headers, content = self.here.receiver.got[0]
        return Webhook(secret).verify(content, headers)

    def follow(self, payout: str) -> Json:
        """Read, with a key made for reading, whose money a payout was."""
        asked = {"name": "reports", "scopes": ["payouts:read"], "days": 30}
        key = self("fiona")("api_key_make", asked)["key"]
        answer = self.send("payout_trail", PACT | {"payout": payout}, None, token=key, headers={})
        return require(answer, "payout_trail")

    def statement(self) -> Json:
        """Return the agreement as the hub sees it: its own lines."""
        return self("hana")("agreement_statement", **PACT)

    def verify(self) -> Json:
        """Have the whole book checked, and return what was found."""
        return self("mira")("verification_run", **BOOK)
