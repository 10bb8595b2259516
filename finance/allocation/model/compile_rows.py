"""Rows about money: who pays what is spent, what a funded cell may receive, and what the groups get.

The problem: the rules of a problem bound awards, and an award is working money, a fixed cost and the cost of
a start. Each function adds one family of rows to the sheet, for all cells at once.
"""

import numpy as np

from ..arrays import Bool, Ragged
from ..tables import Int
from .layout import FULL, Layout
from .sheet import NOWHERE, ModelSheet

MOST_SETS = 64  # sets of funds that get a row of their own


def put_flows(sheet: ModelSheet, lay: Layout) -> None:
    """Add that the funds pay exactly what is spent, and no more of one award than their share."""
    periods = lay.arrays.period_count
    key = lay.unit[lay.who[lay.shares]] * periods + lay.when[lay.shares]
    held, row = np.unique(key, return_inverse=True)
    place = np.full((len(lay.unit_eligible), 1, periods), NOWHERE, np.int64)
    place[held // periods, 0, held % periods] = np.arange(len(held))
    sheet.put(np.broadcast_to(place, lay.flow.shape), lay.flow, 1.0)
    lay.spend(sheet, row, lay.shares, -1.0)
    sheet.close("unit", len(held), low=0.0, high=0.0)
    bounded = lay.bounded[lay.who]
    cells, funds = np.nonzero(bounded)
    if not len(cells):
        return
    who = lay.who[cells]
    ratio = lay.arrays.share_num[who, funds] / lay.arrays.share_den[who, funds]
    rows = np.arange(len(cells))
    sheet.put(rows, lay.flow[lay.unit[who], funds, lay.when[cells]], 1.0)
    lay.spend(sheet, rows, cells, -ratio)
    sheet.close("share", len(cells), high=0.0)
    lay.keys["share"] = np.stack([funds, who], axis=1)


def put_responses(sheet: ModelSheet, lay: Layout) -> None:
    """Add that working money needs a funded cell, fills its segments and keeps its ticket."""
    wide = lay.cap > 0
    cell, _ = np.nonzero(wide)
    rows = np.arange(len(cell))
    sheet.put(rows, lay.money[wide], 1.0)
    sheet.put(rows, lay.y[cell], -lay.units.amounts(lay.cap[wide]))
    sheet.close("segment", len(cell), high=0.0)
    levels = np.diff(lay.arrays.levels.ptr)[lay.cells] > 0
    bound = np.flatnonzero((lay.arrays.low[lay.cells] > 0) & ~levels)
    rows = np.arange(len(bound))
    sheet.put(rows[:, None], lay.money[bound], 1.0)
    sheet.put(rows, lay.y[bound], -lay.units.amounts(lay.arrays.low[lay.cells[bound]]))
    sheet.close("ticket", len(bound), low=0.0)
    lay.keys["ticket"] = lay.cells[bound][:, None]


def put_starts(sheet: ModelSheet, lay: Layout) -> None:
    """Add when a start is paid: exactly where a cell is funded and the one before is not."""
    new = np.flatnonzero(lay.restarts)
    if not len(new):
        return
    rows, start, now, earlier = np.arange(len(new)), lay.start[new], lay.y[new], lay.y[lay.before[new]]
    sheet.put(rows, start, 1.0)
    sheet.put(rows, now, -1.0)
    sheet.put(rows, earlier, 1.0)
    sheet.close("start_due", len(new), low=0.0)
    sheet.put(rows, start, 1.0)
    sheet.put(rows, now, -1.0)
    sheet.close("start_funded", len(new), high=0.0)
    sheet.put(rows, start, 1.0)
    sheet.put(rows, earlier, 1.0)
    sheet.close("start_new", len(new), high=1.0)


def put_shapes(sheet: ModelSheet, lay: Layout, *, relax: bool) -> None:
    """Add that a response of free shape fills in order, by one choice for each break where a gain rises."""
    if lay.arrays.concave.all():
        return
    following = lay.cap[:, 1:] > 0
    rises = (lay.gain[:, 1:] > lay.gain[:, :-1]) | (
        lay.metric_gain[:, :, 1:] > lay.metric_gain[:, :, :-1]
    ).any(0)
    breaks = following & rises & ~lay.arrays.concave[lay.who][:, None]
    cell = np.nonzero(breaks)[0]
    if not len(cell):
        return
    opened = sheet.add("break", len(cell), upper=1.0, integer=not relax)
    number = np.full(breaks.shape, NOWHERE, np.int64)
    number[breaks] = opened
    count = lay.cap.shape[1]
    last = np.full(len(lay.cells), NOWHERE, np.int64)  # last break before each segment
    place = np.full(lay.cap.shape, NOWHERE, np.int64)
    for piece in range(1, count):
        last = np.where(breaks[:, piece - 1], number[:, piece - 1], last)
        place[:, piece] = last
    upcoming = np.full(len(lay.cells), NOWHERE, np.int64)
    full = np.full(lay.cap.shape, NOWHERE, np.int64)  # the first break after each segment
    for piece in range(count - 2, -1, -1):
        upcoming = np.where(breaks[:, piece], number[:, piece], upcoming)
        full[:, piece] = upcoming
    for name, choice, sign in (("break_after", place, -1.0), ("break_before", full, 1.0)):
        bound = (choice >= 0) & (lay.cap > 0)
        rows = np.arange(int(bound.sum()))
        sheet.put(rows, lay.money[bound], -sign)
        sheet.put(rows, choice[bound], sign * lay.units.amounts(lay.cap[bound]))
        sheet.close(name, len(rows), high=0.0)
    later = np.flatnonzero(np.diff(cell) == 0)
    rows = np.arange(len(later))
    sheet.put(rows, opened[later + 1], 1.0)
    sheet.put(rows, opened[later], -1.0)
    sheet.close("break_order", len(later), high=0.0)


def put_levels(sheet: ModelSheet, lay: Layout, *, relax: bool) -> None:
    """Add that working money is one of the levels that tranches allow."""
    levels = lay.arrays.levels
    if not len(levels.items):
        return
    owner = lay.at[levels.owner()]
    items = levels.items[owner >= 0]
    owner = owner[owner >= 0]
    if not len(owner):
        return
    held, row = np.unique(owner, return_inverse=True)
    chosen = sheet.add("level", len(owner), upper=1.0, integer=not relax)
    rows = np.arange(len(held))
    sheet.put(row, chosen, 1.0)
    sheet.put(rows, lay.y[held], -1.0)
    sheet.close("level_one", len(held), low=0.0, high=0.0)
    sheet.put(row, chosen, -lay.units.amounts(items))
    sheet.put(rows[:, None], lay.money[held], 1.0)
    sheet.close("tranche", len(held), low=0.0, high=0.0)
    lay.keys["tranche"] = lay.cells[held][:, None]


def put_budgets(sheet: ModelSheet, lay: Layout) -> None:
    """Add what every fund can pay in every period: new money, and what it kept less its fee."""
    arrays = lay.arrays
    shape = arrays.budget.shape
    place = np.arange(arrays.budget.size).reshape(shape)
    sheet.put(np.broadcast_to(place[None], lay.flow.shape), lay.flow, 1.0)
    lay.spend_alone(sheet, place, 1.0)
    sheet.put(place, lay.carry, 1.0)
    kept = (FULL - arrays.carry_fee_bp) / FULL
    sheet.put(place[:, 1:], lay.carry[:, :-1], -kept[:, None])
    if lay.bought.size:
        price = lay.units.amounts(arrays.price * lay.lot[:, None])
        sheet.put(np.broadcast_to(place[:, None], lay.bought.shape), lay.bought, price[None])
    sheet.close("budget", arrays.budget.size, high=lay.units.amounts(arrays.budget.ravel()))


def put_totals(sheet: ModelSheet, lay: Layout) -> None:
    """Add what all awards of a period cost, where some rule speaks of a part of it."""
    limits, periods = lay.arrays.limits, lay.arrays.period_count
    speaks = (limits.floor_bp >= 0) | (limits.cap_bp >= 0)
    if not speaks.any() and not len(lay.arrays.concentration):
        return
    lay.total = sheet.add("total", periods)
    rows = np.arange(periods)
    sheet.put(rows, lay.total, 1.0)
    sheet.put(np.broadcast_to(rows, lay.flow.shape), lay.flow, -1.0)
    lay.spend_alone(sheet, np.broadcast_to(rows, lay.arrays.budget.shape), -1.0)
    sheet.close("total", periods, low=0.0, high=0.0)


def put_limits(sheet: ModelSheet, lay: Layout) -> None:
    """Add bounds of groups on money, on parts of all money, and on numbers."""
    limits = lay.arrays.limits
    for name, low, high in (
        ("limit", limits.floor, limits.cap),
        ("limit_count", limits.floor_count, limits.cap_count),
        ("limit_least", limits.floor_bp, limits.floor_bp),
        ("limit_most", limits.cap_bp, limits.cap_bp),
    ):
        held = np.flatnonzero((low >= 0) | (high >= 0))
        if not len(held):
            continue
        row, cell = lay.pairs(_chosen(limits.members, held), limits.period[held])
        if name == "limit_count":
            sheet.put(row, lay.y[cell], 1.0)
        else:
            lay.spend(sheet, row, cell)
        if name in {"limit", "limit_count"}:
            scale = float(lay.units.money) if name == "limit" else 1.0
            below = np.where(low[held] >= 0, low[held] / scale, -np.inf)
            above = np.where(high[held] >= 0, high[held] / scale, np.inf)
        else:
            _put_part(sheet, lay, limits.period[held], low[held] / FULL)
            below = np.full(len(held), 0.0 if name == "limit_least" else -np.inf)
            above = np.full(len(held), np.inf if name == "limit_least" else 0.0)
        sheet.close(name, len(held), low=below, high=above)
        lay.keys[name] = held[:, None]


def _put_part(sheet: ModelSheet, lay: Layout, period: Int, part: np.ndarray) -> None:
    rows, periods = np.arange(len(period)), np.arange(lay.arrays.period_count)
    counts = (period[:, None] < 0) | (period[:, None] == periods)
    sheet.put(np.where(counts, rows[:, None], NOWHERE), lay.total[None, :], -part[:, None])


def _chosen(lists: Ragged, held: Int) -> Ragged:
    lengths = np.diff(lists.ptr)[held]
    keep = np.zeros(len(lists), bool)
    keep[held] = True
    return Ragged(
        ptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), items=lists.items[keep[lists.owner()]]
    )


def put_covers(sheet: ModelSheet, lay: Layout) -> None:
    """Add what follows from the rules already: least awards fit into budgets and caps, without the flows.

    A solver finds knapsack covers in such rows, which the flows of the aggregated form hide.
    """
    arrays, periods = lay.arrays, lay.arrays.period_count
    least = lay.units.amounts(lay.fixed + arrays.low[lay.cells])
    arrived = np.zeros(arrays.budget.shape)
    kept = (FULL - arrays.carry_fee_bp) / FULL
    arrived[:, 1:] = arrays.carry_limit[:, :-1] * kept[:, None]
    money = (arrays.budget + arrived) / lay.units.money
    sets = _fund_sets(np.unique(arrays.eligible[lay.who], axis=0))
    inside = ~(arrays.eligible[lay.who][:, None, :] & ~sets[None]).any(axis=2)
    cell, which = np.nonzero(inside)
    sheet.put(which * periods + lay.when[cell], lay.y[cell], least[cell])
    sheet.close("cover_fund", len(sets) * periods, high=(sets @ money).ravel())
    held = np.flatnonzero(arrays.limits.cap >= 0)
    row, cell = lay.pairs(_chosen(arrays.limits.members, held), arrays.limits.period[held])
    sheet.put(row, lay.y[cell], least[cell])
    sheet.close("cover_limit", len(held), high=lay.units.amounts(arrays.limits.cap[held]))


def _fund_sets(patterns: Bool) -> Bool:
    """Return the sets of funds that some interventions depend on: patterns and their unions."""
    found = {tuple(row) for row in patterns.tolist() if any(row)}
    for row in patterns.tolist():
        if len(found) > MOST_SETS:
            break
        found |= {tuple(np.logical_or(row, each).tolist()) for each in found if any(row)}
    return np.array(sorted(found), np.bool_).reshape(-1, patterns.shape[1])
