"""The rules about who is funded: locks, synergies, limits on groups, parts of actors, overrides.

The problem: what people agreed on besides money. Each rule is read from its own table, word by word.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..columns import FULL_BP
from ..problem import rule_id
from ..tables import NONE
from .check_reading import Breach, Reading, at_most_part, is_whole
from .worth import outcomes

Spent = Mapping[int, int]


def choice_breaches(reading: Reading) -> Iterator[Breach]:
    """List the broken rules about who is funded and how much a group gets.

    Parameters
    ----------
    reading : Reading
        The document and what is given.
    """
    yield from _locks(reading)
    yield from dict.fromkeys(_promises(reading))
    yield from _synergies(reading)
    spent = _spent(reading)
    yield from _limits(reading, spent)
    yield from _concentration(reading, spent)
    yield from _parts(reading)
    yield from _actors(reading)
    yield from _metrics(reading)
    yield from _overrides(reading)
    yield from _churn(reading)


def _spent(reading: Reading) -> Spent:
    """Return all that is awarded, by period and over all periods."""
    found = Counter[int]()
    for cell, award in reading.totals.award.items():
        found[cell % reading.periods] += award
    found[-1] = sum(found.values())
    return found


def _locks(reading: Reading) -> Iterator[Breach]:
    for who, (lock, override) in sorted(reading.locks.items()):
        first = reading.at[who] * reading.periods
        rule = rule_id("override", override) if override else rule_id("lock", who)
        for cell in range(first, first + reading.periods):
            is_funded = cell in reading.funded
            if lock == 1 and not is_funded and reading.is_open(cell):
                yield Breach(rule=rule, by_minor=0, message=f"{reading.name(cell)} must be funded and is not")
            elif lock == -1 and is_funded:
                award = reading.totals.award[cell]
                message = f"{reading.name(cell)} must not be funded and gets {reading.shown(award)}"
                yield Breach(rule=rule, by_minor=award, message=message)


def _promises(reading: Reading) -> Iterator[Breach]:
    table = reading.document.tranches
    for cell, state in zip(reading.cells(table), table.texts("state"), strict=True):
        if state in {"paid", "committed"} and cell not in reading.funded:
            yield Breach(
                rule=rule_id("tranche", reading.who[cell // reading.periods], cell % reading.periods),
                by_minor=0,
                message=f"{reading.name(cell)} has a tranche that is {state} and is not funded",
            )


def _synergies(reading: Reading) -> Iterator[Breach]:
    table = reading.document.synergies
    rules = {"needs": _needs, "bundle": _bundle, "any_of": _any_of, "alternatives": _alternatives}
    for kind, members in zip(table.texts("kind"), table.members(), strict=True):
        if kind not in rules:
            continue
        for period in range(reading.periods):
            cells = [reading.at[member] * reading.periods + period for member in members]
            message = rules[kind](members, [cell in reading.funded for cell in cells])
            if message:
                when = f" in period {period}" if reading.periods > 1 else ""
                yield Breach(
                    rule=rule_id(kind.replace("_", "-"), *members), by_minor=0, message=message + when
                )


def _needs(members: Sequence[str], funded: Sequence[bool]) -> str:
    first, second = members
    return f"{first} is funded and {second}, which it needs, is not" if funded[0] > funded[1] else ""


def _bundle(members: Sequence[str], funded: Sequence[bool]) -> str:
    missing = ", ".join(member for member, is_in in zip(members, funded, strict=True) if not is_in)
    return f"only a part is funded, without {missing}" if any(funded) and missing else ""


def _any_of(members: Sequence[str], funded: Sequence[bool]) -> str:
    rest = ", ".join(members[1:])
    return f"{members[0]} is funded and none of {rest}" if funded[0] and not any(funded[1:]) else ""


def _alternatives(members: Sequence[str], funded: Sequence[bool]) -> str:
    both = ", ".join(member for member, is_in in zip(members, funded, strict=True) if is_in)
    return f"{both} are funded; at most one may be" if sum(funded) > 1 else ""


def _limits(reading: Reading, spent: Spent) -> Iterator[Breach]:
    money, count = Counter[tuple[str, str, int]](), Counter[tuple[str, str, int]]()
    for kind in sorted({kind for kind, _, _ in reading.limits}):
        groups = reading.members(kind)
        sums, funded = defaultdict[tuple[str, int], int](int), Counter[tuple[str, int]]()
        for cell, award in reading.totals.award.items():
            sums[groups[cell // reading.periods], cell % reading.periods] += award
        for cell in reading.funded:
            funded[groups[cell // reading.periods], cell % reading.periods] += 1
        for totals, found in ((money, sums), (count, funded)):
            for (group, period), amount in found.items():
                totals[kind, group, period] += amount
                totals[kind, group, -1] += amount
    for (kind, group, period), bounds in sorted(reading.limits.items()):
        at, label = (kind, group, period), "all" if is_whole(period) else period
        for bound, message, by in (
            *_of_money(reading, bounds, money[at]),
            *_of_shares(reading, bounds, money[at], spent.get(period, 0)),
            *_of_counts(bounds, count[at]),
        ):
            yield Breach(rule=rule_id(bound, kind, group, label), by_minor=by, message=message)


def _of_money(reading: Reading, bounds: Mapping[str, int], money: int) -> Iterator[tuple[str, str, int]]:
    floor, cap = bounds.get("floor_minor", 0), bounds.get("cap_minor", money)
    if money < floor:
        yield (
            "floor",
            f"{reading.shown(money)} is awarded, the floor is {reading.shown(floor)}",
            floor - money,
        )
    if money > cap:
        yield "cap", f"{reading.shown(money)} is awarded, the cap is {reading.shown(cap)}", money - cap


def _of_shares(
    reading: Reading, bounds: Mapping[str, int], money: int, spent: int
) -> Iterator[tuple[str, str, int]]:
    least, most = bounds.get("floor_share_bp", 0), bounds.get("cap_share_bp", FULL_BP)
    said = f"{reading.shown(money)} of {reading.shown(spent)} is awarded"
    if money * FULL_BP < least * spent:
        short = -((money * FULL_BP - least * spent) // FULL_BP)
        yield "floor-share", f"{said}; the least part is {percent(least)}", short
    if not at_most_part(money, most, spent):
        yield (
            "cap-share",
            f"{said}; the most is {percent(most)}",
            -((most * spent - money * FULL_BP) // FULL_BP),
        )


def _of_counts(bounds: Mapping[str, int], count: int) -> Iterator[tuple[str, str, int]]:
    least, most = bounds.get("floor_count", 0), bounds.get("cap_count", count)
    if count < least:
        yield "floor-count", f"{count} are funded, the least number is {least}", 0
    if count > most:
        yield "cap-count", f"{count} are funded, the most is {most}", 0


def percent(bp: int) -> str:
    """Write basis points as percent.

    Parameters
    ----------
    bp : int [basis points]

    Examples
    --------
    >>> percent(3333), percent(50)
    ('33.33 %', '0.50 %')
    """
    return f"{bp // 100}.{bp % 100:02d} %"


def _concentration(reading: Reading, spent: Spent) -> Iterator[Breach]:
    table = reading.document.concentration
    rows = zip(
        table.ints("count").tolist(),
        table.ints("period").tolist(),
        table.ints("share_bp").tolist(),
        strict=True,
    )
    for count, period, share in rows:
        awards = Counter[int]()
        for cell, award in reading.totals.award.items():
            if is_whole(period) or cell % reading.periods == period:
                awards[cell // reading.periods] += award
        largest, total = sum(heapq.nlargest(count, awards.values())), spent.get(period, 0)
        if not at_most_part(largest, share, total):
            yield Breach(
                rule=rule_id("concentration", count, "all" if is_whole(period) else period),
                by_minor=-((share * total - largest * FULL_BP) // FULL_BP),
                message=f"the {count} largest awards are {reading.shown(largest)} of {reading.shown(total)}; "
                f"the most is {percent(share)}",
            )


def _parts(reading: Reading) -> Iterator[Breach]:
    """Check what each actor of a funded intervention receives."""
    table = reading.document.actors
    rows = zip(
        table.texts("intervention_id"),
        table.texts("actor_id"),
        table.ints("share_bp").tolist(),
        table.ints("low_minor").tolist(),
        table.ints("high_minor").tolist(),
        strict=True,
    )
    given = {
        (reading.at[row.intervention_id] * reading.periods + row.period, row.actor_id): row.amount_minor
        for row in reading.allocation.parts
    }
    sums, asked = defaultdict[int, int](int), set[int]()
    for who, actor, share, low, high in rows:
        first = reading.at[who] * reading.periods
        for cell in range(first, first + reading.periods):
            if cell not in reading.funded:
                continue
            amount, award = given.pop((cell, actor), 0), reading.totals.award[cell]
            sums[cell] += amount
            asked.add(cell)
            said = f"{actor} gets {reading.shown(amount)} of the award of {reading.name(cell)}, "
            if share != NONE and abs(amount * FULL_BP - share * award) >= FULL_BP:
                yield Breach(
                    rule=rule_id("part", who, actor),
                    by_minor=abs(amount - share * award // FULL_BP),
                    message=f"{said}{reading.shown(award)}; its part is {percent(share)}",
                )
            if amount < low or (NONE != high < amount):
                most = "" if high == NONE else f" to {reading.shown(high)}"
                yield Breach(
                    rule=rule_id("part", who, actor),
                    by_minor=low - amount if amount < low else amount - high,
                    message=f"{said}{reading.shown(award)}; it takes from {reading.shown(low)}{most}",
                )
    for cell in sorted(asked):
        if sums[cell] != reading.totals.award[cell]:
            yield Breach(
                rule=rule_id("part", reading.who[cell // reading.periods]),
                by_minor=abs(sums[cell] - reading.totals.award[cell]),
                message=f"the parts of {reading.name(cell)} are {reading.shown(sums[cell])}, "
                f"its award is {reading.shown(reading.totals.award[cell])}",
            )
    for cell, actor in sorted(given):
        yield Breach(
            rule=rule_id("part", reading.who[cell // reading.periods], actor),
            by_minor=given[cell, actor],
            message=f"{actor} takes no part in {reading.name(cell)}",
        )


def _actors(reading: Reading) -> Iterator[Breach]:
    table = reading.document.actor_caps
    got = defaultdict[tuple[str, int], int](int)
    for row in reading.allocation.parts:
        got[row.actor_id, row.period] += row.amount_minor
    rows = zip(
        table.texts("actor_id"), table.ints("period").tolist(), table.ints("cap_minor").tolist(), strict=True
    )
    for actor, period, cap in rows:
        if got[actor, period] > cap:
            yield Breach(
                rule=rule_id("actor", actor, period),
                by_minor=got[actor, period] - cap,
                message=f"gets {reading.shown(got[actor, period])} and can take on {reading.shown(cap)}",
            )


def _metrics(reading: Reading) -> Iterator[Breach]:
    table = reading.document.metrics
    floors = {
        metric: floor
        for metric, floor in zip(table.texts("metric_id"), table.ints("floor_micro").tolist(), strict=True)
        if floor != NONE
    }
    if not floors:
        return
    reached, block = outcomes(reading), reading.document.minor_per_block
    for metric, floor in floors.items():
        if reached.get(metric, 0) < floor * block:
            yield Breach(
                rule=rule_id("metric", metric),
                by_minor=0,
                message=f"the outcome is {reached.get(metric, 0) // block} millionths, the least is {floor}",
            )


def _overrides(reading: Reading) -> Iterator[Breach]:
    table = reading.document.overrides
    rows = zip(
        table.texts("override_id"),
        table.texts("kind"),
        table.texts("intervention_id"),
        table.ints("amount_minor").tolist(),
        strict=True,
    )
    for name, kind, who, amount in rows:
        first = reading.at[who] * reading.periods
        award = sum(reading.totals.award[cell] for cell in range(first, first + reading.periods))
        short = {"at_least": amount - award, "at_most": award - amount}.get(kind, 0)
        if short > 0:
            yield Breach(
                rule=rule_id("override", name),
                by_minor=short,
                message=f"{who} gets {reading.shown(award)}; decided was {kind.replace('_', ' ')} "
                f"{reading.shown(amount)}",
            )


def _churn(reading: Reading) -> Iterator[Breach]:
    share, table = reading.document.objective.churn_bp, reading.document.previous
    if share is None:
        return
    earlier = dict(zip(reading.cells(table), table.ints("amount_minor").tolist(), strict=True))
    moved = sum(max(0, amount - reading.totals.award[cell]) for cell, amount in earlier.items())
    total = sum(earlier.values())
    if not at_most_part(moved, share, total):
        yield Breach(
            rule=rule_id("churn"),
            by_minor=-((share * total - moved * FULL_BP) // FULL_BP),
            message=f"{reading.shown(moved)} of earlier awards of {reading.shown(total)} moves; "
            f"the most is {percent(share)}",
        )
