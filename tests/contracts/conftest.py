"""Builders of terms, and a book with parties that sign; every name in them is invented."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from almoner import Money, currency, money
from almoner.contracts import acts
from almoner.contracts.agreement import Agreement
from almoner.contracts.records import agreements
from almoner.contracts.settlement import Settlement
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.program import Program
from almoner.contracts.verification import Claim, Determination, determination_bytes, digest_of
from almoner.finance import acts as finance
from almoner.finance.dates import Clock
from almoner.finance.errors import TermError
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine, Session, open_engine

Content = dict[str, Any]
PARTIES = {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab"}


@pytest.fixture
def content() -> Content:
    """Terms of one clause: 15.12 USD per night, at most 500,000.00 USD."""
    return {
        "schema": "almoner.term/1",
        "title": "Nights in a safe place",
        "rounding": "half_even",
        "parties": {
            "city": {"role": "outcome_payer"},
            "home": {"role": "service_provider"},
            "lab": {"role": "evaluator"},
        },
        "calendar": {"starts_on": "2026-01-01", "ends_on": "2027-12-31"},
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
        "limits": [{"id": "most", "of": ["*"], "max": "500000.00"}],
    }


@pytest.fixture
def program_of() -> Callable[[Content], Program]:
    """Read and compile terms."""

    def compiled(content: Content) -> Program:
        return compile_terms(TermDocument.read(json.dumps(content)))

    return compiled


@pytest.fixture
def faults_of() -> Callable[[Content | str], dict[str, str]]:
    """Read and compile terms that must be refused; give every fault by its place."""

    def faults(content: Content | str) -> dict[str, str]:
        text = content if isinstance(content, str) else json.dumps(content)
        with pytest.raises(TermError) as caught:
            compile_terms(TermDocument.read(text))
        assert caught.value.code == "terms.invalid"
        found = caught.value.figures["findings"]
        assert isinstance(found, list)
        rows = [row for row in found if isinstance(row, dict)]
        assert all(row["path"] in str(caught.value) for row in rows[:20])
        return {row["path"]: row["message"] for row in rows}

    return faults


def secret_of(code: str) -> bytes:
    """Make the secret key of a party; what a party would keep to itself."""
    return hashlib.sha256(code.encode()).digest()


@dataclass
class Desk:
    """A fund, terms and parties that can sign, with the steps of an agreement as one call each."""

    session: Session
    fund: PooledFund
    clock: Clock
    terms: TermDocument
    parties: Mapping[str, str] = field(default_factory=lambda: dict(PARTIES))

    def draw_up(self, code: str = "pact", terms: TermDocument | None = None) -> Agreement:
        return acts.draw_up(
            self.session, self.fund, code, terms or self.terms, self.parties, clock=self.clock
        )

    def stands(self, code: str = "pact") -> Agreement:
        return agreements.find_agreement(self.session, self.fund.book, code).agreement

    def signatures(self, *names: str, code: str = "pact") -> dict[str, bytes]:
        content = self.stands(code).signing_bytes()
        return {name: sign_bytes(secret_of(self.parties[name]), content) for name in names or self.parties}

    def sign(self, *names: str, code: str = "pact") -> Agreement:
        signatures = self.signatures(*names, code=code)
        return acts.sign(self.session, self.fund, code, signatures, clock=self.clock)

    def start(self, code: str = "pact", terms: TermDocument | None = None) -> Agreement:
        self.draw_up(code, terms)
        return self.sign(code=code)

    def claim(
        self, key: str, value: str, *, metric: str = "nights", period: str = "term", code: str = "pact"
    ) -> Claim:
        by = self.parties["home"]
        return acts.claim(
            self.session, self.fund, code, metric, value, by, key=key, clock=self.clock, period=period
        )

    def attach(self, made: Claim, content: bytes = b"register") -> str:
        evidence = acts.attach(
            self.session,
            self.fund,
            made,
            content,
            method="count of the register",
            description="scanned pages",
            clock=self.clock,
        )
        return evidence.sha256

    def finding(
        self, made: Claim, value: str, *, verifier: str = "count-lab", content: bytes = b"register"
    ) -> Determination:
        said = {
            "value": value,
            "method": "recount",
            "evidence_sha256": digest_of(content),
            "verifier": verifier,
        }
        signature = sign_bytes(secret_of(verifier), determination_bytes(made, **said))
        return Determination(claim=made.code, signature=signature, **said)

    def determine(self, found: Determination, code: str = "pact") -> Determination:
        return acts.determine(self.session, self.fund, code, found, clock=self.clock)

    def find(
        self, key: str, value: str, *, metric: str = "nights", period: str = "term", code: str = "pact"
    ) -> None:
        """Claim, evidence and determine a value."""
        made = self.claim(key, value, metric=metric, period=period, code=code)
        self.attach(made)
        self.determine(self.finding(made, value), code)

    def settle(self, key: str, code: str = "pact") -> tuple[Settlement, ...]:
        return acts.settle(self.session, self.fund, code, key, clock=self.clock)

    def close(self, code: str = "pact") -> Money:
        return acts.close(self.session, self.fund, code, clock=self.clock)

    def money(self) -> tuple[str, str, str]:
        """Tell what the fund has encumbered, paid and free."""
        at = finance.position(self.session, self.fund)
        return at.encumbered.text, at.disbursed.text, at.free.text


def open_desk(session: Session, clock: Clock, content: Content) -> Desk:
    finance.open_book(session, "main", currency("USD"))
    for code in (*PARTIES.values(), "quiet-owl", "north-giver", "south-giver"):
        key = None if code == "quiet-owl" else public_key(secret_of(code))
        finance.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
    fund = finance.open_fund(session, "main", "shelter", currency("USD"), title="Shelter fund")
    for giver in ("north-giver", "south-giver"):
        amount = money("300000.00", "USD")
        finance.contribute(session, fund, giver, amount, key=giver, clock=clock)
    return Desk(session, fund, clock, TermDocument.read(json.dumps(content)))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_engine(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> Iterator[Engine]:
    """Engine on a database that stays empty: whoever uses it rolls back."""
    opened = open_engine(make_database(request.param))
    yield opened
    opened.dispose()


@pytest.fixture
def desk(shared_engine: Engine, clock: Clock, content: Content) -> Iterator[Desk]:
    """Fund of 600,000.00 USD from two givers, and the terms of ``content``; all is rolled back."""
    with Session(shared_engine) as session:
        yield open_desk(session, clock, content)


@pytest.fixture
def kept_desk(session: Session, clock: Clock, content: Content) -> Desk:
    """The same in a database of its own, committed, for tests with several sessions."""
    opened = open_desk(session, clock, content)
    session.commit()
    return opened
