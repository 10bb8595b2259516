"""Every operation x every caller x own, other and foreign: the reviewed tables, the rules and the answers."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from tests.doors.people import Asker, grants_of, identify_by_name

from almoner.api import create_app
from almoner.api.door import NOT_HERE
from almoner.api.identity import Caller
from almoner.api.matrix import NAMES, SITUATIONS, cell, rows
from almoner.api.operation import Operation
from almoner.api.policy import RULES
from almoner.api.records.tables import COMMAND
from almoner.api.routes import OPERATIONS
from almoner.finance.dates import Clock
from almoner.finance.records.tables import EVENT
from almoner.finance.storage import Engine, Session

TABLES = Path(__file__).parent / "access"
CALLERS = {
    "funder": "fiona",
    "investor": "ivo",
    "intermediary": "mira",
    "hub": "hana",
    "evaluator": "eva",
    "judge": "jana",
    "admin": "ada",
    "roleless": "nora",
}
BY_NAME = {one.name: one for one in OPERATIONS}


def reviewed() -> Iterator[dict[str, str]]:
    """Yield every row of the reviewed tables."""
    for path in sorted(TABLES.glob("*.csv")):
        yield from csv.DictReader(path.read_text(encoding="utf-8").splitlines())


REVIEWED = {row["operation"]: row for row in reviewed()}


def test_every_operation_has_one_reviewed_row_and_one_rule() -> None:
    assert len(list(reviewed())) == len(REVIEWED)
    assert set(REVIEWED) >= set(BY_NAME)
    assert set(REVIEWED) == set(RULES)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_rules_say_what_was_reviewed(name: str) -> None:
    method = "POST" if BY_NAME[name].writes else "GET"
    booked = "{book}" in BY_NAME[name].path
    found = {caller: cell(name, caller, method=method, booked=booked) for caller in NAMES}
    wanted = {caller: REVIEWED[name][caller] for caller in NAMES}
    said = {caller: ("no" if answer == "hidden" else answer) for caller, answer in found.items()}
    assert said == wanted


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_role_elsewhere_or_ended_lets_nobody_in(name: str) -> None:
    method = "POST" if BY_NAME[name].writes else "GET"
    for caller in NAMES:
        if caller in {"public", "admin", "roleless"}:
            continue
        for situation in SITUATIONS:
            answer = cell(name, caller, situation, method=method)
            if situation in {"other engagement", "foreign book", "expired"}:
                assert answer in {"hidden", "any"}, (caller, situation)
            if situation == "reader" and method == "POST" and REVIEWED[name][caller] != "any":
                assert answer in {"no", "hidden", "any"}, caller


@pytest.mark.parametrize(
    "name", sorted(name for name, rule in RULES.items() if any(c.check for c in rule.cells.values()))
)
def test_a_check_takes_a_person_just_signed_in(name: str) -> None:
    for letter, role in (("F", "funder"), ("M", "intermediary"), ("E", "evaluator"), ("H", "hub")):
        if letter in RULES[name].cells and RULES[name].cells[letter].check:
            assert cell(name, role, "key", method="POST") == "no"
            assert cell(name, role, "stale", method="POST") == "no"


def address(operation: Operation) -> str:
    """Return an address of an operation in book main, of things that need not be there."""
    named = {"book": "main", "agreement": "nights", "challenge": "hpv"}
    if not operation.writes:
        named["fund"] = "water"
    parts = {
        part[1:-1]: named.get(part[1:-1])
        or str(UUID(int=1) if operation.shape.parts.get(part[1:-1]) is UUID else "none")
        for part in operation.path.split("/")
        if part.startswith("{")
    }
    return operation.path.format(**parts)


def count(engine: Engine) -> tuple[int, int]:
    """Return how many commands and events there are."""
    with Session(engine) as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0 for table in (COMMAND, EVENT)
        )  # type: ignore[return-value]  # two


def is_let_in(reply: object) -> bool:
    """Tell whether an answer came from behind the policy."""
    status, body = reply.status_code, reply.json() if reply.content else {}  # type: ignore[attr-defined]  # of a response
    code = body.get("code", "") if isinstance(body, dict) else ""
    refused = status in {401, 403} and code.startswith("auth.")
    return not refused and not (status == 404 and body.get("detail") == NOT_HERE)


def test_the_doors_answer_as_the_tables_say(engine: Engine, ask: Callable[..., Asker]) -> None:
    clients = {"public": ask(), **{role: ask(name) for role, name in CALLERS.items()}}
    wrong = []
    for operation in OPERATIONS:
        row = REVIEWED[operation.name]
        for caller, client in clients.items():
            wanted = row[caller]
            if wanted in {"own", "published"}:
                continue  # asked by the tests of the noun, with objects of both kinds
            before = count(engine)
            reply = client.client.request(
                operation.method,
                f"/v1{address(operation)}{'?dry_run=true' * operation.writes}",
                headers=client._headers(None, key=operation.writes),  # noqa: SLF001  # the same headers as its own calls
            )
            assert reply.status_code < 500, (operation.name, caller, reply.text)
            let_in = is_let_in(reply)
            if let_in != (wanted in {"yes", "any"}):
                wrong.append((operation.name, caller, wanted, reply.status_code, reply.text[:160]))
            if not let_in:
                assert count(engine) == before, operation.name
    assert not wrong


def test_a_foreign_book_answers_as_one_that_is_not_there(engine: Engine, book: str, clock: Clock) -> None:
    people = {
        "felix": tuple(
            one
            for role in CALLERS
            if role not in {"admin", "roleless"}
            for one in grants_of((role, "x", ""), book="other")
        )
    }
    app = create_app(engine=engine, identify=identify_by_name(clock, people), clock=clock)
    felix = Asker(app, "felix")
    for operation in OPERATIONS:
        if "{book}" not in operation.path or REVIEWED[operation.name]["public"] != "no":
            continue
        if "any" in REVIEWED[operation.name].values():
            continue
        replies = [
            felix.client.request(
                operation.method,
                f"/v1{address(operation)}".replace("/main", f"/{name}", 1),
                headers=felix._headers(None, key=operation.writes),  # noqa: SLF001  # the same headers as its own calls
            )
            for name in (book, "nowhere")
        ]
        said = [{**reply.json(), "request_id": ""} for reply in replies]
        assert said[0] == said[1], operation.name
        assert {reply.status_code for reply in replies} == {404}, operation.name


def test_a_key_of_limited_scope_does_no_more(engine: Engine, clock: Clock, app: FastAPI) -> None:
    assert app
    people = grants_of(("intermediary", "almoner", ""), ("funder", "foundation", ""))

    def identify(_request: object) -> Caller:
        return Caller(person="mira", grants=people, scopes=frozenset({"funds:read"}), api_key="k")

    limited = Asker(create_app(engine=engine, identify=identify, clock=clock), "mira")
    assert limited.get("/books/main/funds/water").status_code == 200
    for operation in OPERATIONS:
        if operation.scope == "funds:read" or REVIEWED[operation.name]["public"] != "no":
            continue
        reply = limited.client.request(
            operation.method,
            f"/v1{address(operation)}",
            headers=limited._headers(None, key=operation.writes),  # noqa: SLF001  # the same headers as its own calls
        )
        assert reply.status_code in {403, 404}, operation.name


def test_the_printed_matrix_has_every_operation() -> None:
    printed = list(rows(OPERATIONS))
    assert [row[0] for row in printed[1:]] == sorted(BY_NAME)
