"""Speed of outcome rows: from a file to a payment, against plain pandas and a bulk insert, in one run.

``python -m benchmarks.settlement --json`` takes 100,000 rows of people in CSV through the library: read,
checked, pseudonymised, compared with the record and stored; then counted by an evaluation method, claimed,
determined, signed and settled. The baseline reads the same bytes with pandas, groups and sums them, and
inserts the same rows, with nothing checked: ``ratio`` and ``import_ratio`` into the same table with its keys
and triggers, ``..._bare`` into a table without any. Ratios are of medians; the contenders take turns, each in
a fresh copy of one database. ``--quick`` takes fewer repetitions.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql

from almoner import currency, money
from almoner.api.migrations import upgrade
from almoner.contracts import acts as contract
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.determinations import Determination
from almoner.contracts.evaluation import evaluate, finding_of
from almoner.contracts.measurement.frames import read_rows
from almoner.finance import acts
from almoner.finance.dates import fixed_clock
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Session, open_engine

from . import conditions, databases

ROWS, SITES = 100_000, 8
STARTED = fixed_clock(datetime(2026, 1, 1, tzinfo=UTC))
COUNTED = fixed_clock(datetime(2028, 1, 31, tzinfo=UTC))
SECRET = hashlib.sha256(b"benchmark").digest()
BOUND = {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab"}
COLUMNS = "dataset_id, agreement_id, no, person, metric, period, members, achieved_on, quantity, nth, life"
PERIOD_STARTS = ("2026-01-01", "2026-07-01", "2027-01-01", "2027-07-01")
TERMS: dict[str, object] = {
    "schema": "almoner.term/1",
    "title": "Nights in a safe place",
    "rounding": "half_even",
    "parties": {
        "city": {"role": "outcome_payer"},
        "home": {"role": "service_provider"},
        "lab": {"role": "evaluator"},
    },
    "calendar": {"starts_on": "2026-01-01", "ends_on": "2027-12-31", "periods": {"every": "P6M"}},
    "sets": {"site": {"title": "Sites", "members": [f"s{at}" for at in range(SITES)]}},
    "metrics": {
        "nights": {
            "title": "Nights",
            "type": "night/0",
            "domain": ["0", "10000000"],
            "pool": "sum",
            "per": ["site", "period"],
            "method": "register",
        }
    },
    "clauses": [
        {
            "op": "pay",
            "id": "nights",
            "from": "city",
            "to": "home",
            "each": ["site"],
            "basis": "period",
            "amount": {
                "op": "scale",
                "of": {"op": "obs", "metric": "nights"},
                "by": [{"op": "lit", "value": "0.12", "type": "USD/2 per night/0"}],
                "as": "USD/2",
            },
        }
    ],
    "limits": [{"id": "most", "of": ["*"], "max": "500000.00"}],
}
Times = dict[str, float]


def register(rows: int) -> bytes:
    """Write the register: people in random order, at several sites, over two years.

    Parameters
    ----------
    rows : int [rows]
        How many.
    """
    chance = np.random.Generator(np.random.Philox(2026))
    days = np.datetime64("2026-01-01") + chance.integers(0, 730, rows)
    cells = zip(
        chance.permutation(rows),
        days.astype(str),
        chance.integers(1, 30, rows),
        chance.integers(0, SITES, rows),
        strict=True,
    )
    lines = [f"C{person:07d},nights,{day},{count},s{site}\n" for person, day, count, site in cells]
    return ("person,metric,achieved_on,quantity,of:site\n" + "".join(lines)).encode()


def secret_of(code: str) -> bytes:
    """Make the signing key of a party."""
    return hashlib.sha256(code.encode()).digest()


def prepare(url: str) -> None:
    """Migrate a database, and let an agreement be signed and a first row be imported."""
    engine = open_engine(url)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        acts.open_book(session, "main", currency("USD"))
        for code in (*BOUND.values(), "giver"):
            party = Party(code=code, name=code.title(), public_key=public_key(secret_of(code)))
            acts.register_party(session, "main", party)
        fund = acts.open_fund(session, "main", "shelter", currency("USD"), title="Shelter fund")
        acts.contribute(session, fund, "giver", money("600000.00", "USD"), key="gift", clock=STARTED)
        content = {
            "schema": "almoner.agreement/1",
            "terms": TERMS,
            "parties": BOUND,
            "funding": [{"payer": "city", "fund": "shelter"}],
        }
        document = AgreementDocument.read(json.dumps(content))
        drawn = contract.draw_up(session, "main", "pact", document, clock=STARTED)
        signatures = {
            name: sign_bytes(secret_of(code), drawn.signing_bytes()) for name, code in BOUND.items()
        }
        contract.sign(session, "main", "pact", signatures, clock=STARTED)
        first = read_rows(b"person,metric,achieved_on,quantity,of:site\nfirst,nights,2026-01-01,1,s0\n")
        contract.import_rows(session, "main", "pact", first, key="first", secret=SECRET, clock=COUNTED)
    engine.dispose()


def settle_rows(url: str, raw: bytes) -> Times:
    """Take rows from the file to the payment, and say how long each step took."""
    engine = open_engine(url)
    with Session(engine) as session:
        began = time.perf_counter()
        rows = read_rows(raw)
        contract.import_rows(session, "main", "pact", rows, key="all", secret=SECRET, clock=COUNTED)
        session.commit()
        imported = time.perf_counter()
        tables = contract.evaluation_tables(session, "main", "pact", "all")
        findings = tuple(
            finding_of(evaluate("count", table), metric, "night/0", period=period, of=of)
            for (metric, period, of), table in tables.items()
        )
        evaluated = time.perf_counter()
        results = contract.claimed_results(session, "main", "pact", "all")
        made = contract.claim(
            session, "main", "pact", results, BOUND["home"], key="c1", clock=COUNTED, dataset="all"
        )
        evidence = contract.attach(
            session, "main", "pact", "c1", raw, method="register", description="rows", clock=COUNTED
        )
        found = Determination(
            agreement="pact",
            claim="c1",
            claim_sha256=made.digest(),
            verifier=BOUND["lab"],
            findings=findings,
            evidence_sha256=evidence.sha256,
            made_on="2028-01-31",
        )
        signed = sign_bytes(secret_of(BOUND["lab"]), found.signing_bytes())
        contract.determine(session, "main", _signed(found, signed), clock=COUNTED)
        paid = contract.settle(session, "main", "pact", clock=COUNTED)
        session.commit()
        ended = time.perf_counter()
    engine.dispose()
    if not any(payout.amount.minor for one in paid for payout in one.payouts):
        raise AssertionError("nothing was paid: the figures are worth nothing")
    return {"import": imported - began, "evaluate": evaluated - imported, "settle": ended - evaluated}


def _signed(found: Determination, signature: bytes) -> Determination:
    return Determination(
        **{name: getattr(found, name) for name in found.__slots__ if name != "signature"}, signature=signature
    )


def plain_rows(raw: bytes) -> tuple[pd.DataFrame, int]:
    """Read, group and sum with pandas; give the rows to insert and the sum of all groups."""
    table = pd.read_csv(BytesIO(raw))
    places = np.searchsorted(np.array(PERIOD_STARTS), table["achieved_on"].to_numpy(dtype=str), side="right")
    table["period"] = np.array(["p1", "p2", "p3", "p4"])[places - 1]
    table["members"] = '{"site":"' + table["of:site"] + '"}'
    sums = table.groupby(["metric", "period", "members"])["quantity"].sum()
    return table, int(sums.sum())


def insert_plain(url: str, raw: bytes, table: str) -> Times:
    """Do the same by hand, with nothing checked: pandas, and one bulk insert."""
    engine = open_engine(url)
    with engine.connect() as connection:
        began = time.perf_counter()
        read, total = plain_rows(raw)
        size = len(read)
        persons = [person.encode().ljust(16) for person in read["person"]]
        names = ("metric", "period", "members", "achieved_on", "quantity")
        columns = [range(2, size + 2), persons, *(read[name].tolist() for name in names)]
        if connection.dialect.name == "sqlite":
            statement = f"INSERT INTO {table} ({COLUMNS}) VALUES (1, 1, ?, ?, ?, ?, ?, ?, ?, 1, 0)"  # noqa: S608  # ours
            connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
        else:
            lines = [
                f"1\t1\t{no}\t\\\\x{person.hex()}\t{metric}\t{period}\t{members}\t{day}\t{count}\t1\t0\n"
                for no, person, metric, period, members, day, count in zip(*columns, strict=True)
            ]
            driver = connection.connection.driver_connection
            if not isinstance(driver, psycopg.Connection):
                raise TypeError(f"{type(driver)} is no connection of psycopg")
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN") as copy:
                copy.write("".join(lines))
        connection.commit()
        ended = time.perf_counter()
        query = f"SELECT sum(quantity), count(*) FROM {table} WHERE dataset_id = 1"  # noqa: S608  # ours
        stored = connection.exec_driver_sql(query).one()
    engine.dispose()
    extra = 0 if table == "plain_row" else 1  # the row of the first import
    if tuple(map(int, stored)) != (total + extra, size + extra):
        raise AssertionError(f"{stored} was stored, not {(total, size)}")
    return {"import": ended - began}


Copies = Callable[[str], str]


@contextmanager
def sqlite_copies(home: Path) -> Iterator[Copies]:
    """Give copies of a prepared file."""
    template = home / "template.db"
    prepare(f"sqlite:///{template}")
    _plain_table(f"sqlite:///{template}")

    def copied(name: str) -> str:
        shutil.copy(template, home / f"{name}.db")
        return f"sqlite:///{home / f'{name}.db'}"

    yield copied


@contextmanager
def postgres_copies(home: Path) -> Iterator[Copies]:
    """Give copies of a prepared database on a durable server."""
    with databases.durable_server(home) as server:
        uri = str(server.get_uri())
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template_rows")
            prepare(databases.named(uri, "template_rows"))
            _plain_table(databases.named(uri, "template_rows"))

            def copied(name: str) -> str:
                made = sql.SQL("CREATE DATABASE {} TEMPLATE template_rows").format(sql.Identifier(name))
                connection.execute(made)
                return databases.named(uri, name)

            yield copied


def _plain_table(url: str) -> None:
    """Add a table without keys and triggers."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE plain_row AS SELECT * FROM outcome_row WHERE no < 0")
    engine.dispose()


def compare(copies: Copies, raw: bytes, repeats: int) -> dict[str, object]:
    """Let the three take turns, each in a fresh database.

    Parameters
    ----------
    copies : callable
        Gives the address of a fresh database.
    raw : bytes
        The register.
    repeats : int [rounds]
        After one that warms up.
    """
    contenders: dict[str, Callable[[str], Times]] = {
        "library": lambda url: settle_rows(url, raw),
        "equal": lambda url: insert_plain(url, raw, "outcome_row"),
        "bare": lambda url: insert_plain(url, raw, "plain_row"),
    }
    times: dict[str, list[Times]] = {name: [] for name in contenders}
    before = _peak_mib()
    grown = 0
    for turn in range(repeats + 1):
        for name in contenders if turn % 2 == 0 else reversed(contenders):
            took = contenders[name](copies(f"rows_{name}_{turn}"))
            grown = grown or _peak_mib() - before  # the library is the first
            if turn:
                times[name].append(took)
    steps = {
        name: {step: median(row[step] for row in rows) for step in rows[0]} for name, rows in times.items()
    }
    whole = {name: median(sum(row.values()) for row in rows) for name, rows in times.items()}
    imported = steps["library"]["import"]
    return {
        "ratio": round(whole["library"] / whole["equal"], 2),
        "ratio_bare": round(whole["library"] / whole["bare"], 2),
        "import_ratio": round(imported / whole["equal"], 2),
        "import_ratio_bare": round(imported / whole["bare"], 2),
        "seconds": {
            name: {step: round(took, 3) for step, took in row.items()} for name, row in steps.items()
        },
        "rounds": repeats,
        "memory_for_rows_mib": grown,
    }


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.settlement", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--quick", action="store_true", help="3 rounds, at most 90 seconds")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    asked = parser.parse_args(given)
    raw = register(asked.rows)
    found: dict[str, dict[str, object]] = {}
    memory: list[object] = []  # the first counts: a process's peak never falls
    for dialect in asked.databases:
        with databases.folder(None) as home:
            made = sqlite_copies if dialect == "sqlite" else postgres_copies
            with made(home) as copies:
                found[dialect] = compare(copies, raw, 3 if asked.quick else 7)
        memory.append(found[dialect].pop("memory_for_rows_mib"))
    figures = {
        "ratio": max(float(str(row["ratio"])) for row in found.values()),
        "rows": asked.rows,
        **found,
        "memory_for_rows_mib": memory[0],
        "peak_memory_mib": _peak_mib(),
        "processors": os.cpu_count(),
        "conditions": {**conditions.versions(), **conditions.foreign_load(0.5)},
    }
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
