"""Builders of terms, and a book with parties that sign; every name in them is invented."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from almoner import currency, money
from almoner.contracts import acts
from almoner.contracts.agreement import Agreement, AgreementDocument
from almoner.contracts.claims import Claim, ClaimedResult, digest_of
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.disputes import Resolution
from almoner.contracts.records import agreements
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.program import Program
from almoner.finance import acts as finance
from almoner.finance.dates import Clock
from almoner.finance.errors import TermError
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine, Session, open_engine

Content = dict[str, Any]
PARTIES = {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab"}
SECOND = "second-lab"
RESOLVER = "arbiter"


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


def document_of(terms: Content, **changes: object) -> AgreementDocument:
    """Make an agreement of terms: the shelter fund pays for the city; two verifiers and a resolver sign."""
    content: Content = {
        "schema": "almoner.agreement/1",
        "terms": terms,
        "parties": PARTIES,
        "verifiers": {"second": SECOND},
        "resolver": RESOLVER,
        "funding": [{"payer": "city", "fund": "shelter"}],
    }
    return AgreementDocument.read(json.dumps({**content, **changes}))


@dataclass
class Desk:
    """A fund, an agreement to be and parties that can sign, with the steps of its life as one call each."""

    session: Session
    fund: PooledFund
    clock: Clock
    document: AgreementDocument

    def given(self, **changes: object) -> "Desk":
        """The same desk with parts of the agreement replaced, for example ``disputes={"days": 30}``."""
        content = json.loads(self.document.canonical_bytes())
        return replace(self, document=AgreementDocument.read(json.dumps({**content, **changes})))

    def at(self, clock: Clock) -> "Desk":
        """The same desk at another time."""
        return replace(self, clock=clock)

    def draft(self, code: str = "pact") -> Agreement:
        return acts.draft(self.session, "main", code, self.document, clock=self.clock)

    def draw_up(self, code: str = "pact") -> Agreement:
        return acts.draw_up(self.session, "main", code, self.document, clock=self.clock)

    def stands(self, code: str = "pact") -> Agreement:
        return agreements.find_agreement(self.session, "main", code).agreement

    def signatures(self, *names: str, code: str = "pact") -> dict[str, bytes]:
        agreement = self.stands(code)
        content = agreement.signing_bytes()
        signing = names or tuple(agreement.document.signatories)
        return {name: sign_bytes(secret_of(agreement.party_of(name)), content) for name in signing}

    def sign(self, *names: str, code: str = "pact") -> Agreement:
        signatures = self.signatures(*names, code=code)
        return acts.sign(self.session, "main", code, signatures, clock=self.clock)

    def start(self, code: str = "pact") -> Agreement:
        """Draw up, and let everybody sign."""
        self.draw_up(code)
        return self.sign(code=code)

    def claim(
        self,
        key: str,
        value: str,
        *,
        metric: str = "nights",
        code: str = "pact",
        by: str = "home",
        **row: object,
    ) -> Claim:
        """Claim one value; ``row`` gives its period, members and day."""
        asked: dict[str, Any] = {"metric": metric, "value": value, **row}
        result = ClaimedResult(**asked)
        party = self.stands(code).party_of(by)
        return acts.claim(self.session, "main", code, [result], party, key=key, clock=self.clock)

    def attach(self, made: Claim, content: bytes = b"register") -> str:
        """Put evidence of a claim on record; gives its digest."""
        told = {"method": "count of the register", "description": "scanned pages"}
        evidence = acts.attach(
            self.session, "main", made.agreement, made.code, content, clock=self.clock, **told
        )
        return evidence.sha256

    def finding(self, made: Claim, value: str | None, verifier: str = "lab", **said: object) -> Determination:
        """Sign what a verifier found: the claim's results with another value, or none of them."""
        found = tuple(
            Finding(result=replace(one, value=value), method="recount")
            for one in made.results
            if value is not None
        )
        asked: dict[str, Any] = {
            "agreement": made.agreement,
            "claim": made.code,
            "claim_sha256": made.digest(),
            "verifier": self.stands(made.agreement).party_of(verifier),
            "findings": found,
            "evidence_sha256": digest_of(b"register"),
            "made_on": self.clock().date().isoformat(),
        }
        return self.signed(Determination(**{**asked, **said}))

    def signed(self, found: Determination) -> Determination:
        """The same, signed by the verifier that it names."""
        signature = sign_bytes(secret_of(found.verifier), found.signing_bytes())
        return replace(found, signature=signature)

    def resolved(self, ended: Resolution) -> Resolution:
        """The same, signed by the resolver that it names."""
        return replace(ended, signature=sign_bytes(secret_of(ended.resolver), ended.signing_bytes()))

    def determine(self, found: Determination) -> Determination:
        return acts.determine(self.session, "main", found, clock=self.clock)

    def find(self, key: str, value: str, *, verifier: str = "lab", **row: object) -> Claim:
        """Claim, evidence and determine a value."""
        asked: dict[str, Any] = dict(row)
        made = self.claim(key, value, **asked)
        self.attach(made)
        self.determine(self.finding(made, value, verifier))
        return made

    def status(self, claim: str, code: str = "pact") -> str:
        return acts.claim_status(self.session, "main", code, claim, clock=self.clock).state

    def money(self) -> tuple[str, str, str]:
        """Tell what the fund has encumbered, paid and free."""
        at = finance.position(self.session, self.fund)
        return at.encumbered.text, at.disbursed.text, at.free.text


def open_desk(session: Session, clock: Clock, content: Content) -> Desk:
    finance.open_book(session, "main", currency("USD"))
    for code in (*PARTIES.values(), SECOND, RESOLVER, "quiet-owl", "north-giver", "south-giver"):
        key = None if code == "quiet-owl" else public_key(secret_of(code))
        finance.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
    fund = finance.open_fund(session, "main", "shelter", currency("USD"), title="Shelter fund")
    for giver in ("north-giver", "south-giver"):
        amount = money("300000.00", "USD")
        finance.contribute(session, fund, giver, amount, key=giver, clock=clock)
    return Desk(session, fund, clock, document_of(content))


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
