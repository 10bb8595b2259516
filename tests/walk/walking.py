"""A book, its people and the command line on any day, for walks through whole agreements."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from almoner import currency, money
from almoner.api.cli import main
from almoner.api.cli.show import DEFAULT_BOOK
from almoner.finance import acts, dates
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key
from almoner.finance.storage import UnitOfWork, open_engine

Content = dict[str, Any]
OFFLINE = {("determination", "sign")}
TABLES = (
    "event",
    "txn",
    "posting",
    "claim",
    "determination",
    "decision",
    "settlement",
    "payout",
    "outcome_row",
)


class Calendar(datetime):
    """The machine's time, set by hand; each look at it is a millisecond later."""

    shown = date(2013, 1, 1)
    looks = 0

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # always in UTC
        assert tz is UTC
        Calendar.looks += 1
        start = datetime(Calendar.shown.year, Calendar.shown.month, Calendar.shown.day, 9, tzinfo=UTC)
        return start + timedelta(milliseconds=Calendar.looks)


def secret_of(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def lit(value: str, kind: str) -> Content:
    return {"op": "lit", "value": value, "type": kind}


def times(what: Content, price: str, kind: str, unit: str) -> Content:
    """A quantity times a price."""
    return {"op": "scale", "of": what, "by": [lit(price, kind)], "as": unit}


@dataclass
class Walk:
    """One database, one agreement, and the command line in between."""

    url: str
    folder: Path
    capsys: pytest.CaptureFixture[str]
    unit: str
    names: dict[str, str] = field(default_factory=dict)

    def open(self, funds: Mapping[str, tuple[str, str]], parties: Iterable[str]) -> None:
        """Open the book with parties and funds: code to giver and amount."""
        engine = open_engine(self.url)
        with UnitOfWork(engine) as session:
            acts.open_book(session, DEFAULT_BOOK, currency(self.unit))
            for code in dict.fromkeys([*parties, *(giver for giver, _ in funds.values())]):
                party = Party(code=code, name=code, public_key=public_key(secret_of(code)))
                acts.register_party(session, DEFAULT_BOOK, party)
            for code, (giver, amount) in funds.items():
                fund = acts.open_fund(session, DEFAULT_BOOK, code, currency(self.unit), title=code)
                clock = dates.system_clock
                acts.contribute(session, fund, giver, money(amount, self.unit), key=code, clock=clock)
        engine.dispose()

    def on(self, day: str) -> "Walk":
        Calendar.shown = date.fromisoformat(day)
        return self

    def run(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401  # any document
        self.capsys.readouterr()
        offline = words[:2] in OFFLINE or words[0] == "evaluate"
        found = main([*words, *([] if offline else ["--db", self.url]), "--json"])
        said = self.capsys.readouterr()
        assert found == code, said.out + said.err
        return json.loads(said.out)

    def refused(self, *words: str) -> Content:
        """Run what must be refused; returns the problem, and checks that nothing was written."""
        before = self.written()
        self.capsys.readouterr()
        assert main([*words, "--db", self.url, "--json"]) > 1
        problem: Content = json.loads(self.capsys.readouterr().out)
        assert self.written() == before
        return problem

    def written(self) -> list[int]:
        """How many rows stand in the tables that acts write to."""
        engine = open_engine(self.url)
        with engine.connect() as connection:
            counts = [connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in TABLES]  # noqa: S608  # our tables
        engine.dispose()
        return counts

    def key(self, code: str) -> str:
        path = self.folder / f"{code}.key"
        path.write_text(secret_of(code).hex())
        path.chmod(0o600)
        return str(path)

    def write(self, name: str, content: object) -> str:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def keys(self, *names: str) -> list[str]:
        """Options with which some names sign; all without any."""
        return [
            word for name in names or self.names for word in ("--key", f"{name}={self.key(self.names[name])}")
        ]

    def start(self, code: str, document: Content) -> Content:
        """Draft, propose, and let everybody sign; returns what is set aside."""
        self.names = {**document["parties"], **document.get("verifiers", {})}
        if "resolver" in document:
            self.names["resolver"] = document["resolver"]
        self.run("agreement", "draft", self.write(f"{code}.json", document), "--code", code)
        self.run("agreement", "propose", code)
        signed: Content = self.run("agreement", "sign", code, *self.keys())
        return {row["payer"]: row["encumbered"] for row in signed["sources"]}

    def claim(self, agreement: str, claim: str, by: str, *results: str, evidence: str = "") -> None:
        given = [word for one in results for word in ("--result", one)]
        self.run("claim", "make", agreement, claim, "--by", by, *given)
        path = evidence or self.write(f"{claim}.txt", claim)
        self.run("claim", "attach", agreement, claim, path, "--held-by", by)

    def signed(self, agreement: str, claim: str, by: str, *more: str) -> str:
        """Draw up and sign a determination; returns the file of its envelope."""
        bare = str(self.folder / f"{agreement}-{claim}-{by}.json")
        method = () if "--estimate" in more or "--method" in more else ("--method", "recount")
        self.run("determination", "draft", agreement, claim, "--as", by, *method, "--out", bare, *more)
        out = bare.replace(".json", ".dsse.json")
        self.run("determination", "sign", bare, "--key", self.key(by), "--out", out)
        return out

    def find(self, agreement: str, claim: str, by: str, *more: str) -> Content:
        found: Content = self.run("determination", "submit", self.signed(agreement, claim, by, *more))
        return found

    def resolve(self, agreement: str, dispute: str, outcome: str, found: str) -> Content:
        words = ("--outcome", outcome, "--reason", "looked at again", "--determination", found)
        judge = self.key(self.names["resolver"])
        ended: Content = self.run("dispute", "resolve", agreement, dispute, *words, "--key", judge)
        return ended

    def settle(self, agreement: str, *more: str) -> list[tuple[str, str, str, str]]:
        """Settle; returns what it paid: clause, payer, payee, amount."""
        made = self.run("settle", agreement, *more)["settlements"]
        return sorted(
            (row["clause"], row["payer"], row["payee"], row["amount"])
            for one in made
            for row in one["payouts"]
        )

    def sources(self, agreement: str) -> Content:
        return {
            row["payer"]: row["encumbered"] for row in self.run("agreement", "show", agreement)["sources"]
        }

    def payouts(self, agreement: str) -> list[Content]:
        rows: list[Content] = self.run("payout", "list", agreement)
        return rows

    def finish(self, agreement: str) -> None:
        """Close, and take all again: events, ledger, and the same close once more."""
        closed = self.run("agreement", "close", agreement)
        assert self.run("agreement", "close", agreement) == closed
        assert set(self.sources(agreement).values()) == {"0.00"}
        assert self.run("agreement", "replay", agreement)["differences"] == []
        assert self.run("ledger", "verify")["findings"] == []
