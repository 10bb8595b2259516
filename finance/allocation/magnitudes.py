"""Numbers of an allocation problem that are too large to be counted exactly, together or multiplied.

The problem: each number fits by itself, and then a sum of them, an amount at a rate, or a weighted gain does
not, and whole numbers that overflow turn into other whole numbers without a word. Every sum and product that
is made later is made here first, without limits, and what does not fit is refused with its figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from ..findings import finding
from ..money import MAX_MINOR
from .columns import MAX_VALUE
from .sections import AllocationTables
from .tables import NONE, Int

SUMS: Sequence[tuple[str, str]] = (
    ("funds", "budget_minor"),
    ("tickets", "max_minor"),
    ("response", "cap_minor"),
    ("interventions", "fixed_minor"),
    ("interventions", "start_minor"),
    ("previous", "amount_minor"),
    ("tranches", "amount_minor"),
)


def too_large(document: AllocationTables, periods: int) -> Iterator[dict[str, str]]:
    """List what does not fit.

    Parameters
    ----------
    document : AllocationTables
        Whose tables are right by themselves and name what is there.
    periods : int [periods]
        How many there are.

    Yields
    ------
    dict
        With ``path`` (JSON pointer) and ``message``.
    """
    for name, column in SUMS:
        amount = _sum(_ints(document, name, column))
        if amount > MAX_MINOR:
            yield finding(f"/{name}", _beyond(f"{column} sums to {amount}"))
    yield from _awards(document, periods)
    yield from _rates(document)
    yield from _values(document, periods)
    yield from _purchases(document, periods)


def _ints(document: AllocationTables, name: str, column: str) -> list[int]:
    listed: list[int] = cast("Int", document.table(name).columns[column]).tolist()
    return listed


def _sum(values: Iterable[int]) -> int:
    return sum(value for value in values if value != NONE)


def _beyond(what: str) -> str:
    return f"{what}, more than is counted exactly ({MAX_MINOR})"


def _awards(document: AllocationTables, periods: int) -> Iterator[dict[str, str]]:
    costs = periods * (
        _sum(_ints(document, "interventions", "fixed_minor"))
        + _sum(_ints(document, "interventions", "start_minor"))
    )
    most = costs + max(
        _sum(_ints(document, "tickets", "max_minor")), _sum(_ints(document, "response", "cap_minor"))
    )
    if most > MAX_MINOR:
        yield finding(
            "/interventions", _beyond(f"all awards of all {periods} periods together can be {most}")
        )


def _rates(document: AllocationTables) -> Iterator[dict[str, str]]:
    rates = document.rates
    pairs = zip(_ints(document, "rates", "numerator"), _ints(document, "rates", "denominator"), strict=True)
    rate = dict(zip(rates.texts("unit"), pairs, strict=True))
    if rate.get(document.unit, (1, 1)) != (1, 1):
        above, below = rate[document.unit]
        yield finding("/rates", f"{document.unit} is the base unit: its rate is 1, not {above}/{below}")
    for column in ("budget_minor", "carry_limit_minor"):
        total = 0
        for unit, amount in zip(document.funds.texts("unit"), _ints(document, "funds", column), strict=True):
            above, below = rate.get(unit, (1, 1))
            total += amount * above // below
        if total > MAX_MINOR:
            yield finding("/funds", _beyond(f"{column} sums to {total} in {document.unit}"))


def _values(document: AllocationTables, periods: int) -> Iterator[dict[str, str]]:
    values = periods * _sum(_ints(document, "synergies", "value_micro"))
    if values > MAX_MINOR:
        yield finding("/synergies", _beyond(f"value_micro sums to {values} over {periods} periods"))
    metrics = document.metrics
    weights = dict(zip(metrics.texts("metric_id"), _ints(document, "metrics", "weight"), strict=True))
    lone = next(iter(weights.values()), 1)
    if max(weights.values(), default=1) == 1 and len(weights) <= 1:
        return
    table = document.response
    rows = zip(
        table.texts("intervention_id"),
        _ints(document, "response", "period"),
        _ints(document, "response", "segment"),
        table.texts("metric_id"),
        _ints(document, "response", "gain_micro_per_k"),
        strict=True,
    )
    gains = defaultdict[tuple[str, int, int], int](int)
    for who, period, segment, metric, gain in rows:
        gains[who, period, segment] += gain * weights.get(metric, lone)
    for (who, period, segment), gain in gains.items():
        if gain > MAX_VALUE:
            yield finding(
                "/response",
                f"weighted gains of {who} in period {period}, segment {segment} sum to {gain}, "
                f"above {MAX_VALUE}: give the metrics smaller weights",
            )
            return


def _purchases(document: AllocationTables, periods: int) -> Iterator[dict[str, str]]:
    wanted = defaultdict[str, int](int)
    needs, resources = document.needs, document.resources
    for name, quantity in zip(needs.texts("resource_id"), _ints(document, "needs", "quantity"), strict=True):
        wanted[name] += quantity
    for name, quantity in wanted.items():
        if quantity * periods > MAX_MINOR:
            yield finding("/needs", _beyond(f"quantity of {name} sums to {quantity} in each period"))
    prices = zip(resources.texts("resource_id"), _ints(document, "resources", "price_minor"), strict=True)
    for name, price in prices:
        cost = 0 if price == NONE else price * wanted[name]
        if cost > MAX_MINOR:
            yield finding(
                "/resources",
                _beyond(f"{wanted[name]} units of {name} at {price} cost {cost}")
                + "; leave the price out when none can be bought",
            )
