"""The table of rules as a matrix: what every operation answers to every kind of caller.

``python -m almoner.api.matrix`` prints it. The cells are asked of ``allowed``, the same function that
every request passes, and not read off the rules.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from ..finance.errors import Missing
from .errors import AuthError
from .identity import Caller, Grant, Role
from .operation import Operation
from .policy.decision import FRESH, Question, allowed
from .policy.rules import ROLES
from .policy.table import RULES

Situation = Literal["own", "other engagement", "foreign book", "expired", "key", "stale", "reader"]
SITUATIONS: tuple[Situation, ...] = (
    *("own", "other engagement", "foreign book", "expired", "key", "stale", "reader"),
)
NAMES = ("public", *(role for role in ROLES.values() if role), "roleless")
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
MINE, OTHER = "fund/mine", "fund/other"


def cell(
    operation: str, caller: str, situation: Situation = "own", *, method: str = "GET", booked: bool = True
) -> str:
    """Return what an operation answers: ``yes``, ``own``, ``published``, ``any``, ``no`` or ``hidden``.

    Parameters
    ----------
    operation : str
        Its name in the table.
    caller : str
        A role, ``public`` or ``roleless``.
    situation : str
        ``own``: a role on the engagement asked for; ``other engagement``, ``foreign book``: on another;
        ``expired``: a role that ended; ``key``: by an API key; ``stale``: signed in too long ago; ``reader``:
        without the duties to make and to check.
    method : str
        Whether it writes.
    booked : bool
        Its address names a book; what names none is open to all that the rule lets in.

    Examples
    --------
    >>> cell("fund.read", "funder"), cell("fund.open", "hub", method="POST"), cell("fund.read", "public")
    ('yes', 'no', 'published')
    """
    rule = RULES[operation]
    question = Question(
        rule=rule, scope="x", making=method != "GET", engagement=MINE, published=not booked, now=NOW
    )
    if caller == "public":
        return _public(question)
    asker = Caller(
        person="somebody",
        authenticated_at=NOW - (2 * FRESH if situation == "stale" else timedelta()),
        api_key="k" if situation == "key" else None,
    )
    grants = () if caller == "roleless" else tuple(_grants(ROLES_BY_NAME[caller], situation))
    try:
        access = allowed(asker, grants, question)
    except Missing:
        return "hidden"
    except AuthError:
        return "no"
    if access.role == "signed in":
        return "any"
    return "own" if access.own else "yes"


ROLES_BY_NAME: dict[str, Role] = {role: role for role in ROLES.values() if role}


def _public(question: Question) -> str:
    try:
        allowed(None, (), Question(**{**_fields(question), "published": True}))
    except AuthError:
        return "no"
    try:
        allowed(None, (), question)
    except AuthError:
        return "published"
    return "yes"


def _fields(question: Question) -> dict[str, Any]:
    return {name: getattr(question, name) for name in Question.__dataclass_fields__}


def _grants(role: Role, situation: Situation) -> Iterator[Grant]:
    if situation == "foreign book":
        return  # roles of another book never reach the question
    if role == "admin":
        yield Grant(book="*", role=role, party="")
        return
    yield Grant(
        book="main",
        role=role,
        party="party",
        engagement=OTHER if situation == "other engagement" else MINE,
        may_make=situation != "reader",
        may_check=situation != "reader",
        valid_until=NOW if situation == "expired" else None,
    )


def rows(operations: Iterable[Operation]) -> Iterator[list[str]]:
    """Yield the matrix: operation, method, address, then one cell per kind of caller."""
    yield ["operation", "method", "address", *NAMES]
    for one in sorted(operations, key=lambda each: each.name):
        method = "POST" if one.writes else "GET"
        cells = (cell(one.name, name, method=method, booked="{book}" in one.path) for name in NAMES)
        yield [one.name, one.method, f"/v1{one.path}", *cells]


def main() -> None:
    """Print the matrix as comma-separated text."""
    from .routes import OPERATIONS  # noqa: PLC0415  # routes know policy, policy must not know routes

    csv.writer(sys.stdout, lineterminator="\n").writerows(rows(OPERATIONS))


if __name__ == "__main__":
    main()
