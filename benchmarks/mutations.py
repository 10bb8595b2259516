"""What can be taken out of the schema: constraints, branches of views, triggers and their conditions.

A mutant is the schema without one rule. SQLite's is written anew from its own text; PostgreSQL's is one
statement inside a transaction that is rolled back. A condition ``a OR b`` loses one side at a time; what
``AND`` adds is not taken out, since that would refuse more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise

from sqlalchemy import Connection, text

WIDTH = 110
NOTHING = "(1 = 0)"
ALWAYS = "CHECK (1 = 1)"
BOUNDARY = re.compile(
    r"\b(?:WHERE|HAVING|WHEN|THEN|ELSE|GROUP|ORDER|SELECT|UNION|BEGIN|END|IF|ELSIF|FROM|ON|JOIN|LEFT)\b|[;,]"
)
WORD = re.compile(r"\bOR\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """The schema without one rule.

    Attributes
    ----------
    name : str
        Object and rule, for example ``fault_child: OR q.book_id <> t.book_id``.
    kind : str
        ``check``, ``unique``, ``foreign key``, ``trigger``, ``branch`` or ``condition``.
    target : str
        The object of the schema that changes.
    text : str
        Its new text; empty when it goes away.
    """

    name: str
    kind: str
    target: str
    text: str


def one_line(said: str) -> str:
    """Return a text on one line, shortened."""
    flat = " ".join(said.split())
    return flat if len(flat) <= WIDTH else f"{flat[: WIDTH - 3]}..."


def _closing(said: str, opening: int) -> int:
    """Return the place of the bracket that closes the one at a place; text in quotes is passed over."""
    depth, quoted = 0, False
    for place in range(opening, len(said)):
        if said[place] == "'":
            quoted = not quoted
        elif not quoted and said[place] in "()":
            depth += 1 if said[place] == "(" else -1
            if not depth:
                return place
    raise ValueError(f"no bracket closes: {said[opening : opening + 60]}")


def _shield(said: str) -> str:
    """Return a text of the same length in which nothing in quotes or brackets can be mistaken for a word."""
    depth, quoted, out = 0, False, []
    for letter in said:
        if letter == "'":
            quoted = not quoted
        depth -= letter == ")" and not quoted
        out.append(letter if not quoted and not depth else "_")
        depth += letter == "(" and not quoted
    return "".join(out)


def conditions(said: str) -> Iterator[tuple[int, int]]:
    """Yield where each side of each OR stands, at every depth of brackets."""
    yield from _sides(said, 0)
    for opening in (place for place, letter in enumerate(said) if letter == "("):
        if said.count("'", 0, opening) % 2 == 0:
            inner = said[opening + 1 : _closing(said, opening)]
            yield from _sides(inner, opening + 1)


def _sides(said: str, offset: int) -> Iterator[tuple[int, int]]:
    shielded = _shield(said)
    for found in WORD.finditer(shielded):
        stops = [0, *(m.end() for m in BOUNDARY.finditer(shielded, 0, found.start()))]
        before = max([*stops, *(m.end() for m in WORD.finditer(shielded, 0, found.start()))])
        after = [
            m.start()
            for m in (BOUNDARY.search(shielded, found.end()), WORD.search(shielded, found.end()))
            if m
        ]
        if before == max(stops):  # the first side
            yield offset + before, offset + found.start()
        yield offset + found.end(), offset + min([len(said), *after])


def without(said: str, span: tuple[int, int], by: str = NOTHING) -> str:
    """Return a text in which a span is replaced."""
    return f"{said[: span[0]]} {by} {said[span[1] :]}"


def condition_mutants(target: str, said: str, start: int = 0) -> Iterator[Mutant]:
    """Yield an object without one side of one OR."""
    body = said[start:]
    for span in dict.fromkeys(conditions(body)):
        cut = body[span[0] : span[1]]
        if not cut.strip():
            continue
        yield Mutant(
            name=f"{target}: OR {one_line(cut)}",
            kind="condition",
            target=target,
            text=said[:start] + without(body, span),
        )


def view_mutants(name: str, said: str) -> Iterator[Mutant]:
    """Yield a view without one branch, or one side of one OR; ``said`` is its whole CREATE VIEW."""
    start = re.search(r"\bAS\b\s", said)
    if start is None:
        return
    shielded = _shield(said)
    edges = [start.end(), *(m.start() for m in re.finditer(r"UNION ALL", shielded)), len(said)]
    for position, (begin, stop) in enumerate(pairwise(edges)):
        branch = said[begin:stop]
        empty = "SELECT id AS txn_id, CAST('' AS TEXT) AS why FROM txn WHERE 1 = 0\n" if not position else ""
        label = re.search(r"'([\w ,-]+)'(?: AS why)?[ \n]", branch)
        yield Mutant(
            name=f"{name}: branch {position + 1} {label.group(1) if label else one_line(branch)}",
            kind="branch",
            target=name,
            text=said[:begin] + empty + said[stop:],
        )
    yield from condition_mutants(name, said, start.end())


def view_texts() -> dict[str, str]:
    """Return the fault views of the migrations, the same text on both databases."""
    found = {}
    folder = files("almoner.api.migrations").joinpath("sql")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith("faults.sql"):
            for statement in file.read_text(encoding="utf-8").split("\n;;"):
                bare = "\n".join(row for row in statement.splitlines() if not row.startswith("--")).strip()
                if bare.startswith("CREATE VIEW"):
                    found[bare.split()[2]] = bare
    return found


def core_tables() -> set[str]:
    """Return the tables of the money core and of its log."""
    folder = files("almoner.api.migrations").joinpath("sql")
    texts = (
        folder.joinpath(name).read_text(encoding="utf-8") for name in ("v0001_tables.sql", "v0004_tables.sql")
    )
    return {found for said in texts for found in re.findall(r"^CREATE TABLE (\w+)", said, re.MULTILINE)}


def fault_views() -> dict[str, str]:
    """Return the views whose branches are rules: not the sums, not the list of all."""
    return {name: said for name, said in view_texts().items() if "delta" not in name and name != "fault"}


def sqlite_mutants(connection: Connection) -> Iterator[Mutant]:
    """Yield the mutants of an SQLite schema."""
    rows = connection.execute(
        text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    )
    for kind, name, said in rows.all():
        if kind == "table" and name not in core_tables():
            continue  # agreements and challenges have tests of their own
        if kind == "table":
            yield from _table_mutants(name, said)
        elif kind == "index" and said.startswith("CREATE UNIQUE"):
            yield Mutant(name=f"index {name}", kind="unique", target=name, text="")
        elif kind == "trigger":
            yield Mutant(name=f"trigger {name}", kind="trigger", target=name, text="")
            yield from condition_mutants(
                name, said, said.index("BEFORE") if "BEFORE" in said else said.index("AFTER")
            )
        elif kind == "view" and name in fault_views():
            yield from view_mutants(name, said)


def _table_mutants(table: str, said: str) -> Iterator[Mutant]:
    quiet = _quiet(said)
    for found in re.finditer(r"CHECK (?=\()", quiet):
        stop = _closing(said, found.end()) + 1
        cut = said[found.end() : stop]
        yield Mutant(
            name=f"{table}: CHECK {one_line(cut)}",
            kind="check",
            target=table,
            text=without(said, (found.start(), stop), ALWAYS),
        )
    patterns = (
        (
            r"FOREIGN KEY \([\w, ]+\) REFERENCES \w+(?: \([\w, ]+\))?(?: DEFERRABLE INITIALLY DEFERRED)?",
            "foreign key",
            ALWAYS,
        ),
        (r"(?<!\) )REFERENCES \w+(?: \([\w, ]+\))?", "foreign key", ""),
        (r"UNIQUE \([\w, ]+\)", "unique", ALWAYS),
        (r"UNIQUE(?! \()", "unique", ""),
    )
    for pattern, kind, by in patterns:
        for found in re.finditer(pattern, quiet):
            column = said[: found.start()].rstrip().rsplit(",", 1)[-1].rsplit("(", 1)[-1].split()[:1]
            what = found.group() if by else f"{column[0] if column else ''} {found.group()}"
            yield Mutant(
                name=f"{table}: {one_line(what)}",
                kind=kind,
                target=table,
                text=without(said, found.span(), by),
            )


def _quiet(said: str) -> str:
    """Return a text of the same length without what stands in quotes."""
    return re.sub(r"'[^']*'", lambda found: "_" * len(found.group()), said)


CONSTRAINTS = """SELECT c.conrelid::regclass::text, c.conname, c.contype FROM pg_constraint c
  WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('c','u','f') AND c.conrelid <> 0 ORDER BY 1, 2"""  # noqa: E501  # one pattern
INDEXES = """SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
  WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p','u'))
  ORDER BY 1"""
TRIGGERS = """SELECT t.tgrelid::regclass::text, t.tgname FROM pg_trigger t JOIN pg_class c
  ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2"""
FUNCTIONS = """SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'almoner%' ORDER BY 1"""
KINDS = {"c": "check", "u": "unique", "f": "foreign key"}


def postgres_mutants(connection: Connection) -> Iterator[Mutant]:
    """Yield the mutants of a PostgreSQL schema; the text of each is the statement that makes it."""
    for table, name, kind in connection.execute(text(CONSTRAINTS)).all():
        if table not in core_tables():
            continue
        yield Mutant(
            name=f"{table}: {name}",
            kind=KINDS[str(kind)],
            target=name,
            text=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
    for (name,) in connection.execute(text(INDEXES)).all():
        yield Mutant(name=f"index {name}", kind="unique", target=name, text=f"DROP INDEX {name}")
    for table, name in connection.execute(text(TRIGGERS)).all():
        yield Mutant(
            name=f"trigger {name} on {table}",
            kind="trigger",
            target=table,
            text=f"DROP TRIGGER {name} ON {table}",
        )
    for name, said in fault_views().items():
        for mutant in view_mutants(name, said):
            yield _replacing(mutant)
    for name, said in connection.execute(text(FUNCTIONS)).all():
        start = said.index("BEGIN")
        yield from condition_mutants(name, said, start)
        for found in re.finditer(
            r"(?:ELS)?IF (?:(?!\bIF\b).)*?(?:RAISE|bad :=|RETURN OLD|RETURN NEW)(?:(?!\bIF\b).)*?END IF;",
            said[start:],
            re.DOTALL,
        ):
            yield Mutant(
                name=f"{name}: {one_line(found.group())}",
                kind="condition",
                target=name,
                text=without(said, (start + found.start(), start + found.end()), ""),
            )
        for found in re.finditer(r"bad := \(SELECT why FROM fault_leg[^;]*;", said):
            yield Mutant(
                name=f"{name}: {one_line(found.group())}",
                kind="condition",
                target=name,
                text=without(said, found.span(), ""),
            )


def _replacing(mutant: Mutant) -> Mutant:
    said = mutant.text.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
    return Mutant(name=mutant.name, kind=mutant.kind, target=mutant.target, text=said)
