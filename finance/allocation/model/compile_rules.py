"""Rows about choices: what interventions mean for each other, what is given in kind, and who receives.

The problem: bonuses, conditions, resources and parts of actors tie choices together. Each function adds one
family of rows to the sheet, with the columns that it needs, for all interventions at once.
"""

import numpy as np

from ..arrays import Ragged
from ..tables import Int
from .layout import FULL, Layout
from .sheet import NOWHERE, ModelSheet

MANY_UNITS = 10_000  # units of a resource from which they are counted in lots


def put_bonuses(sheet: ModelSheet, lay: Layout) -> None:
    """Add what is gained when all members are funded, by one row for each; alone it is worth of its own."""
    lists, micro = lay.arrays.bonus, lay.arrays.bonus_micro
    if not len(lists):
        return
    alone = np.diff(lists.ptr) == 1
    event, _, cell, _ = _events(lay, lists, (micro > 0) & alone)
    sheet.charge(lay.y[cell], np.broadcast_to(_worth(lay, -micro[event]), cell.shape))
    event, row, cell, number = _events(lay, lists, (micro > 0) & ~alone)
    if not len(event):
        return
    won = sheet.add("bonus", len(event), cost=_worth(lay, -micro[event]), upper=1.0)
    rows = np.arange(len(row))
    sheet.put(rows, won[row], 1.0)
    sheet.put(rows, lay.y[cell], -1.0)
    sheet.close("bonus", len(rows), high=0.0)
    lay.keys["bonus"] = np.stack([event[row], number], axis=1)


def put_intensities(sheet: ModelSheet, lay: Layout) -> None:
    """Add what is gained in proportion to the least funded member."""
    lists, micro = lay.arrays.intensity, lay.arrays.intensity_micro
    if not len(lists):
        return
    event, row, cell, number = _events(lay, lists, micro > 0)
    high = lay.arrays.high[lay.cells]
    if not len(event):
        return
    won = sheet.add("intensity", len(event), cost=_worth(lay, -micro[event]), upper=1.0)
    sized = high[cell] > 0
    rows = np.arange(len(row))
    size = np.where(sized, lay.units.amounts(high[cell]), 1.0)
    sheet.put(rows, won[row], size)
    sheet.put(np.where(sized, rows, NOWHERE)[:, None], lay.money[cell], -1.0)
    sheet.put(np.where(sized, NOWHERE, rows), lay.y[cell], -1.0)
    sheet.close("intensity", len(rows), high=0.0)
    lay.keys["intensity"] = np.stack([event[row], number], axis=1)


def _events(lay: Layout, lists: Ragged, counts: np.ndarray) -> tuple[Int, Int, Int, Int]:
    """Return lists that are fully active in a period: list; then per member its event, cell and place."""
    periods = lay.arrays.period_count
    cells = lay.at[lists.items[:, None] * periods + np.arange(periods)]
    sizes = np.diff(lists.ptr)
    alive = np.zeros((len(lists), periods), np.int64)
    np.add.at(alive, lists.owner(), (cells >= 0).astype(np.int64))
    whole = (alive == sizes[:, None]) & counts[:, None]
    number = np.full(whole.shape, NOWHERE, np.int64)
    number[whole] = np.arange(int(whole.sum()))
    rows = number[lists.owner()]
    held = rows >= 0
    places = np.broadcast_to(np.arange(len(lists.items))[:, None], rows.shape)
    event = np.broadcast_to(np.arange(len(lists))[:, None], whole.shape)[whole]
    return event, rows[held], cells[held], places[held]


def _worth(lay: Layout, micro: Int) -> np.ndarray | float:
    return lay.units.values(micro) if lay.aim.has_synergies and not lay.aim.is_fair else 0.0


def put_overlaps(sheet: ModelSheet, lay: Layout) -> None:
    """Add what is lost when both of a pair are funded."""
    pairs, micro, periods = lay.arrays.overlap, lay.arrays.overlap_micro, lay.arrays.period_count
    if not len(pairs):
        return
    cells = lay.at[pairs[:, None, :] * periods + np.arange(periods)[:, None]].reshape(-1, 2)
    pair = np.repeat(np.arange(len(pairs)), periods)
    held = (cells >= 0).all(axis=1) & (micro[pair] > 0)
    cells, pair = cells[held], pair[held]
    lost = sheet.add("overlap", len(pair), cost=_worth(lay, micro[pair]))
    rows = np.arange(len(pair))
    sheet.put(rows, lost, 1.0)
    sheet.put(rows[:, None], lay.y[cells], -1.0)
    sheet.close("overlap", len(pair), low=-1.0)
    lay.keys["overlap"] = pair[:, None]


def put_conditions(sheet: ModelSheet, lay: Layout) -> None:
    """Add needs, any-of conditions and alternatives."""
    arrays, periods = lay.arrays, lay.arrays.period_count
    cells = lay.at[arrays.needs[:, None, :] * periods + np.arange(periods)[:, None]].reshape(-1, 2)
    rule = np.repeat(np.arange(len(arrays.needs)), periods)
    held = cells[:, 0] >= 0
    cells, rule = cells[held], rule[held]
    rows = np.arange(len(rule))
    sheet.put(rows, lay.y[cells[:, 0]], 1.0)
    sheet.put(np.where(cells[:, 1] >= 0, rows, NOWHERE), lay.y[cells[:, 1]], -1.0)
    sheet.close("needs", len(rule), high=0.0)
    lay.keys["needs"] = rule[:, None]
    for name, lists in (("any_of", arrays.any_of), ("alternatives", arrays.alternatives)):
        if not len(lists):
            continue
        owner = lists.owner()
        is_first = np.concatenate([[True], np.diff(owner) > 0])[: len(owner)] & (name == "any_of")
        placed = lay.at[lists.items[:, None] * periods + np.arange(periods)]
        rows = owner[:, None] * periods + np.arange(periods)
        sign = np.where(is_first, 1.0, -1.0 if name == "any_of" else 1.0)[:, None]
        sheet.put(np.where(placed >= 0, rows, NOWHERE), lay.y[placed], sign) if len(lay.y) else None
        count = len(lists) * periods
        sheet.close(name, count, high=0.0 if name == "any_of" else 1.0)
        lay.keys[name] = np.repeat(np.arange(len(lists)), periods)[:, None]


def put_purchases(sheet: ModelSheet, lay: Layout, *, relax: bool) -> None:
    """Add the columns of what is bought in kind, paid by funds that admit everyone."""
    arrays = lay.arrays
    if not len(arrays.resource_ids):
        return
    resource, quantity = arrays.need[:, 1], arrays.need_quantity
    wanted = np.zeros(len(arrays.resource_ids), np.int64)
    np.maximum.at(wanted, resource, quantity)
    lay.lot = np.where(wanted > MANY_UNITS, 10 ** np.floor(np.log10(np.maximum(wanted, 1))), 1).astype(
        np.int64
    )
    total = np.zeros(arrays.stock.shape)
    where = lay.at.reshape(-1, arrays.period_count)[arrays.need[:, 0]] >= 0
    np.add.at(total, resource, quantity[:, None] * where)
    most = np.maximum(total - arrays.stock, 0.0) / lay.lot[:, None]
    can = (arrays.price >= 0) & (most > 0)
    lay.bought = np.full((len(arrays.fund_ids), *can.shape), NOWHERE, np.int64)
    held = arrays.unrestricted[:, None, None] & can[None]
    is_split = int(arrays.unrestricted.sum()) > 1 and not relax
    whole = np.broadcast_to((lay.lot == 1)[None, :, None], held.shape)[held] & is_split
    upper = np.broadcast_to(most[None], held.shape)[held]
    lay.bought[held] = sheet.add("bought", int(held.sum()), upper=upper, integer=whole)


def put_stocks(sheet: ModelSheet, lay: Layout) -> None:
    """Add that what is used is at hand or bought."""
    arrays, periods = lay.arrays, lay.arrays.period_count
    if not len(arrays.need):
        return
    who, resource = arrays.need[:, 0], arrays.need[:, 1]
    cells = lay.at.reshape(-1, periods)[who]
    rows = resource[:, None] * periods + np.arange(periods)
    if len(lay.y):
        used = arrays.need_quantity / lay.lot[resource]
        sheet.put(np.where(cells >= 0, rows, NOWHERE), lay.y[cells], used[:, None])
    if lay.bought.size:
        place = np.arange(arrays.stock.size).reshape(1, *arrays.stock.shape)
        sheet.put(np.broadcast_to(place, lay.bought.shape), lay.bought, -1.0)
    sheet.close("stock", arrays.stock.size, high=(arrays.stock / lay.lot[:, None]).ravel())


def put_parts(sheet: ModelSheet, lay: Layout) -> None:
    """Add what each actor receives and can take on."""
    actors, periods = lay.arrays.actors, lay.arrays.period_count
    if not len(actors.intervention):
        return
    cells = lay.at.reshape(-1, periods)[actors.intervention]
    entry, when = np.nonzero(cells >= 0)
    cell = cells[entry, when]
    free = actors.share_bp[entry] < 0
    part = np.full(len(entry), NOWHERE, np.int64)
    part[free] = sheet.add("part", int(free.sum()))
    owner, row = np.unique(cell[free], return_inverse=True)
    sheet.put(row, part[free], 1.0)
    lay.spend(sheet, np.arange(len(owner)), owner, -1.0)
    sheet.close("part_sum", len(owner), low=0.0, high=0.0)
    low, high = actors.low[entry], actors.high[entry]
    share = np.where(free, 0, actors.share_bp[entry]) / FULL
    for name, bound, held, sign in (
        ("part_low", low, low > 0, -1.0),
        ("part_high", high, high >= 0, 1.0),
    ):
        rows = np.arange(int(held.sum()))
        sheet.put(rows, part[held], sign)
        lay.spend(sheet, rows, cell[held], sign * share[held])
        sheet.put(rows, lay.y[cell[held]], -sign * lay.units.amounts(bound[held]))
        sheet.close(name, len(rows), high=0.0)
        lay.keys[name] = np.stack([actors.intervention[entry[held]], actors.actor[entry[held]]], axis=1)
    capped = np.flatnonzero((actors.cap >= 0).ravel())
    number = np.full(actors.cap.size, NOWHERE, np.int64)
    number[capped] = np.arange(len(capped))
    rows = number[actors.actor[entry] * periods + when]
    sheet.put(rows, part, 1.0)
    lay.spend(sheet, np.where(free, NOWHERE, rows), cell, share)
    sheet.close("actor", len(capped), high=lay.units.amounts(actors.cap.ravel()[capped]))
    lay.keys["actor"] = capped[:, None]


def put_concentration(sheet: ModelSheet, lay: Layout) -> None:
    """Add that the largest awards together get at most a part of all."""
    periods, everyone = lay.arrays.period_count, np.arange(lay.arrays.n)
    for at, (count, share_bp, period) in enumerate(lay.arrays.concentration.tolist()):
        cells = lay.at.reshape(-1, periods)[:, slice(None) if period < 0 else slice(period, period + 1)]
        who, when = np.nonzero(cells >= 0)
        named = np.unique(who)
        row = np.full(len(everyone), NOWHERE, np.int64)
        row[named] = np.arange(len(named))
        above = sheet.add(f"above_{at}", len(named))
        level = sheet.add(f"eta_{at}", 1)
        sheet.put(np.arange(len(named)), above, 1.0)
        sheet.put(np.arange(len(named)), level, 1.0)
        lay.spend(sheet, row[who], cells[who, when], -1.0)
        sheet.close(f"above_{at}", len(named), low=0.0)
        sheet.put(0, level, float(count))
        sheet.put(0, above, 1.0)
        sheet.put(0, lay.total if period < 0 else lay.total[[period]], -share_bp / FULL)
        sheet.close(f"concentration_{at}", 1, high=0.0)


def put_outcomes(sheet: ModelSheet, lay: Layout) -> None:
    """Add least outcomes of metrics and of groups, and the least group when that is all that counts."""
    arrays, aim = lay.arrays, lay.aim
    floor = arrays.metric_floor
    if aim.metric_floor is not None:
        floor = np.maximum(floor, aim.metric_floor)
    wide = lay.cap > 0
    held = np.flatnonzero(floor > 0)
    for at, metric in enumerate(held.tolist()):
        sheet.put(at, lay.money[wide], lay.units.gains(lay.metric_gain[metric][wide]))
    sheet.close("metric", len(held), low=lay.units.values(floor[held]))
    lay.keys["metric"] = held[:, None]
    if aim.groups is None:
        return
    row, cell = lay.pairs(aim.groups, np.full(len(aim.groups), -1, np.int64))
    sheet.put(row[:, None], lay.money[cell], lay.units.gains(lay.gain[cell]))
    if aim.group_floor is None:
        least = sheet.add("least", 1, cost=-1.0)
        sheet.put(np.arange(len(aim.groups)), least, -1.0)
        sheet.close("group", len(aim.groups), low=0.0)
    else:
        sheet.close("group", len(aim.groups), low=lay.units.values(aim.group_floor))


def put_changes(sheet: ModelSheet, lay: Layout) -> None:
    """Add how much earlier money may move, and what a person asked for one intervention."""
    arrays, periods = lay.arrays, lay.arrays.period_count
    for name, bound in (("at_least", arrays.at_least), ("at_most", arrays.at_most)):
        held = np.flatnonzero(bound >= 0)
        if not len(held):
            continue
        number = np.full(arrays.n, NOWHERE, np.int64)
        number[held] = np.arange(len(held))
        lay.spend(sheet, number[lay.who])
        amount = lay.units.amounts(bound[held])
        low, high = (amount, np.inf) if name == "at_least" else (-np.inf, amount)
        sheet.close(name, len(held), low=low, high=high)
        lay.keys[name] = held[:, None]
    earlier = np.flatnonzero(arrays.previous > 0)
    if arrays.churn_bp < 0 or not len(earlier):
        return
    before = lay.units.amounts(arrays.previous[earlier])
    moved = sheet.add("moved", len(earlier))
    number = np.full(arrays.n * periods, NOWHERE, np.int64)
    number[earlier] = np.arange(len(earlier))
    sheet.put(np.arange(len(earlier)), moved, 1.0)
    lay.spend(sheet, number[lay.cells])
    sheet.close("moved", len(earlier), low=before)
    sheet.put(0, moved, 1.0)
    most = int(arrays.previous[earlier].sum()) * arrays.churn_bp // FULL
    sheet.close("churn", 1, high=most / lay.units.money)
