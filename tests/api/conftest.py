"""A book with a fund and parties that sign, ready for the command line; every name in it is invented."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from almoner import currency, money
from almoner.api.cli import main
from almoner.api.cli.show import DEFAULT_BOOK
from almoner.finance import acts
from almoner.finance.dates import fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key
from almoner.finance.storage import UnitOfWork, open_engine

Content = dict[str, Any]
PARTIES = {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab"}
NAMES = {**PARTIES, "second": "second-lab", "resolver": "arbiter"}
OTHERS = ("north-giver", "south-giver", "holding", "treasurer")
OPENED = fixed_clock(datetime(2024, 1, 15, 9, tzinfo=UTC))
TERMS: Content = {
    "schema": "almoner.term/1",
    "title": "Nights in a safe place",
    "rounding": "half_even",
    "parties": {
        "city": {"role": "outcome_payer"},
        "home": {"role": "service_provider"},
        "lab": {"role": "evaluator"},
    },
    "calendar": {"starts_on": "2024-01-01", "ends_on": "2025-12-31", "periods": {"every": "P1Y"}},
    "metrics": {
        "nights": {
            "title": "Nights spent indoors",
            "type": "night/0",
            "domain": ["0", "20000"],
            "per": ["period"],
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
            "basis": "period",
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


def secret_of(code: str) -> bytes:
    """Make the secret key of a party; what a party would keep to itself."""
    return hashlib.sha256(code.encode()).digest()


@dataclass
class Office:
    """A database, a folder with key files and documents, and the command line in between."""

    url: str
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401  # any document
        """Run a command with ``--json`` and return what it printed."""
        self.capsys.readouterr()
        assert main([*words, "--db", self.url, "--json"]) == code
        return json.loads(self.capsys.readouterr().out)

    def say(self, *words: str, code: int = 0) -> str:
        """Run a command and return what people read."""
        self.capsys.readouterr()
        assert main([*words, "--db", self.url]) == code
        said = self.capsys.readouterr()
        return said.err if code > 1 else said.out

    def key(self, party: str) -> str:
        """Return the file with a party's secret key."""
        path = self.folder / f"{party}.key"
        path.write_text(secret_of(party).hex())
        path.chmod(0o600)
        return str(path)

    def keys(self, *names: str) -> list[str]:
        """Return the options with which some names sign; all without any."""
        return [word for name in names or NAMES for word in ("--key", f"{name}={self.key(NAMES[name])}")]

    def write(self, name: str, content: object) -> str:
        """Write a file, JSON unless it is text or bytes."""
        path = self.folder / name
        raw = content if isinstance(content, bytes) else None
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_bytes(raw if raw is not None else text.encode())
        return str(path)

    def document(self, **changes: object) -> str:
        """Write an agreement, with parts of it replaced."""
        content = {
            "schema": "almoner.agreement/1",
            "terms": TERMS,
            "parties": PARTIES,
            "verifiers": {"second": "second-lab"},
            "resolver": "arbiter",
            "funding": [{"payer": "city", "fund": "shelter", "use": {"place": "north"}}],
        }
        return self.write("agreement.json", content | changes)

    def start(self, code: str = "pact", **changes: object) -> None:
        """Draft, propose, and let everybody sign."""
        self.run("agreement", "draft", self.document(**changes), "--code", code)
        self.run("agreement", "propose", code)
        self.run("agreement", "sign", code, *self.keys())

    def find(
        self, claim: str, value: str, period: str = "p1", code: str = "pact", verifier: str = "count-lab"
    ) -> Content:
        """Claim a value, attach its evidence, and let a verifier find it."""
        made = f"nights={value},period={period}"
        self.run("claim", "make", code, claim, "--by", "night-shelter", "--result", made)
        register = self.write("register.txt", f"{claim}: {value}")
        self.run(
            "claim", "attach", code, claim, register, "--method", "register", "--held-by", "night-shelter"
        )
        return self.determine(claim, code, verifier)

    def determine(self, claim: str, code: str = "pact", verifier: str = "count-lab", *more: str) -> Content:
        """Draft, sign and submit a determination."""
        signed = self.signed(claim, code, verifier, *more)
        found: Content = self.run("determination", "submit", signed)
        return found

    def signed(self, claim: str, code: str = "pact", verifier: str = "count-lab", *more: str) -> str:
        """Draft and sign a determination; returns the file of its envelope."""
        draft, out = str(self.folder / "draft.json"), str(self.folder / f"{claim}.dsse.json")
        self.run(
            "determination",
            "draft",
            code,
            claim,
            "--as",
            verifier,
            "--method",
            "recount",
            "--out",
            draft,
            *more,
        )
        assert main(["determination", "sign", draft, "--key", self.key(verifier), "--out", out]) == 0
        return out


def open_office(url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    engine = open_engine(url)
    with UnitOfWork(engine) as session:
        acts.open_book(session, DEFAULT_BOOK, currency("USD"))
        for code in (*NAMES.values(), *OTHERS):
            key = public_key(secret_of(code)) if code in NAMES.values() else None
            acts.register_party(session, DEFAULT_BOOK, Party(code=code, name=code.title(), public_key=key))
        earmark = Earmark(code="north", title="Northern districts", admits={"place": ("north",)})
        acts.open_earmark(session, DEFAULT_BOOK, earmark)
        fund = acts.open_fund(session, DEFAULT_BOOK, "shelter", currency("USD"), title="Shelter fund")
        for giver, kept in (("north-giver", "north"), ("south-giver", "unrestricted")):
            amount = money("300000.00", "USD")
            acts.contribute(session, fund, giver, amount, key=giver, clock=OPENED, earmark=kept)
    engine.dispose()
    return Office(url, folder, capsys)


@pytest.fixture
def office(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """A fund of 600,000.00 USD from two givers, half of it for the north, in a book of its own."""
    return open_office(sqlite_url, tmp_path, capsys)


@pytest.fixture
def either_office(database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """The same on SQLite and on PostgreSQL."""
    return open_office(database_url, tmp_path, capsys)
