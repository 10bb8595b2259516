"""The engine's outturn and the reference's outcome, in the same words, and where they differ."""

import random as randomness
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from almoner.contracts.terms.document import PERIOD, TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.running.cells import Cell
from almoner.contracts.terms.running.engine import Outturn
from almoner.contracts.terms.running.rooms import WHOLE
from almoner.contracts.terms.types import Quantity, Type

from .generator import draw_members, draw_observations
from .reference import Members, Outcome
from .reference_expressions import Key
from .reference_values import Value, digits_of

Table = dict[Any, Any]
Read = Callable[[Cell], Cell]


def counted(value: Value, document: TermDocument, metric: str) -> int:
    """A value as the count that the engine is given."""
    one = document.metrics[metric]
    if isinstance(value, Fraction):
        return int(value * 10 ** digits_of(one.type))
    return one.values.index(value) if isinstance(value, str) else int(value or False)


def observed(document: TermDocument, observations: Mapping[Key, Value]) -> list[Observation]:
    """Rows for the engine."""
    return [
        Observation(
            metric=metric,
            value=counted(value, document, metric),
            period=period,
            of=tuple(sorted(zip(sets_of(document, metric), members, strict=True))),
        )
        for (metric, period, members), value in observations.items()
    ]


def sets_of(document: TermDocument, metric: str) -> tuple[str, ...]:
    return tuple(name for name in document.metrics[metric].per if name != PERIOD)


def whole(cell: Cell, kind: Type) -> Value:
    """A count of the engine in whole units."""
    if cell is None:
        return None
    return Fraction(int(cell), 10**kind.digits) if isinstance(kind, Quantity) else bool(cell)


def spelled(program: Program, outturn: Outturn, read: Read = lambda cell: cell) -> Outcome:
    """The engine's outturn as the reference would say it; ``read`` takes one path out of a column."""
    periods = [name for name, _ in program.periods]
    clauses = {clause.id: clause for clause in program.clauses}
    accounts = {account.id: account for account in program.accounts}
    units = {name: clause.unit for name, clause in clauses.items()}
    units |= {f"residual:{name}": account.unit for name, account in accounts.items()}
    found = Outcome()
    for (name, span, place), kept in outturn.keys.items():
        members = by_set(clauses[name].each, outturn.table.combinations(clauses[name].each)[place])
        key = (name, "" if span == WHOLE else periods[span], members)
        found.earned[key] = whole(read(kept.earned), units[name])
        for limit, cut in kept.cuts.items():
            found.cuts[(limit, *key)] = whole(read(cut), units[name])  # type: ignore[assignment]  # never pending
    for (name, payer, payee, period), amount in outturn.flows.items():
        found.flows[name, payer, payee, periods[period]] = whole(read(amount), units[name])  # type: ignore[assignment]  # never pending
    for name, rows in outturn.paid.items():
        for key, cell in placed(outturn, name, clauses[name].each, rows):
            found.paid[key] = whole(read(cell), units[name])  # type: ignore[assignment]  # never pending
    for figure in program.figures:
        node = program.nodes[figure.node]
        for key, cell in placed(outturn, figure.id, node.dims, outturn.figures[figure.id]):
            found.figures[key] = whole(read(cell), node.type)
    for name, rows in outturn.balances.items():
        for key, cell in placed(outturn, name, accounts[name].each, rows):
            found.balances[key] = whole(read(cell), accounts[name].unit)
    return found


def by_set(dims: tuple[str, ...], members: Members) -> Members:
    """Members in the order of the names of their sets."""
    return tuple(member for _, member in sorted(zip(dims, members, strict=True)))


def placed(
    outturn: Outturn, name: str, dims: tuple[str, ...], rows: list[list[Cell]]
) -> Iterator[tuple[tuple[str, str, Members], Cell]]:
    for (period, _), cells in zip(outturn.program.periods, rows, strict=True):
        for members, cell in zip(outturn.table.combinations(dims), cells, strict=True):
            yield (name, period, by_set(dims, members)), cell


def differences(left: Outcome, right: Outcome) -> list[str]:
    """Every place where two outcomes differ; what is not mentioned of cuts, payments and flows is zero."""
    rows = []
    for part in ("earned", "cuts", "paid", "flows", "figures", "balances"):
        first, second = getattr(left, part), getattr(right, part)
        spare = Fraction(0) if part in {"cuts", "paid", "flows"} else "nothing said"
        for key in {**first, **second}:
            one, other = first.get(key, spare), second.get(key, spare)
            if one != other or isinstance(one, bool) != isinstance(other, bool):
                rows.append(f"{part} {key}: {one} and {other}")
    return rows


def size(outcome: Outcome) -> int:
    """How many figures an outcome has."""
    parts = ("earned", "cuts", "paid", "flows", "figures", "balances")
    return sum(len(getattr(outcome, part)) for part in parts)


def drawn(
    seed: int, document: TermDocument, pending: float = 0.0
) -> tuple[dict[str, Members], dict[Key, Value]]:
    """Members and observations of a seed."""
    random = randomness.Random(seed)  # noqa: S311  # no secret
    members = draw_members(random, document)
    return members, draw_observations(random, document, members, pending)
