"""From tables to numbers: how a document becomes ``ProblemArrays``.

The problem: earmarks are said in words about groups, responses metric by metric, bundles by their members,
budgets in several currencies. Each is resolved here once, by whole columns.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .arrays import UNSET, Actors, Bool, Limits, ProblemArrays, Ragged
from .columns import FULL_BP
from .faults import grouping, period_count
from .sections import AllocationTables
from .tables import NONE, Int, Table

ALL = "*"


def arrays_of(document: AllocationTables) -> ProblemArrays:
    """Turn a verified document into numbers; ``AllocationDocument.arrays`` calls it once.

    Examples
    --------
    >>> from .problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7", "fixed_minor": 500}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> arrays = arrays_of(problem)
    >>> arrays.budget.tolist(), arrays.low.tolist(), arrays.high.tolist(), arrays.eligible.tolist()
    ([[8000]], [0], [9000], [[True]])
    """
    return Lowering(document, period_count(document), grouping(document)).made()


class Lowering:
    """One document on its way to numbers."""

    def __init__(self, document: AllocationTables, periods: int, groups: Mapping[str, Sequence[str]]) -> None:
        self.document = document
        self.periods = periods
        self.groups = groups
        self.who = document.interventions.texts("intervention_id")
        self.funds = sorted(set(document.funds.texts("fund_id")))
        self.metrics = document.metrics.texts("metric_id") or ["value"]
        self.at = {who: at for at, who in enumerate(self.who)}

    def made(self) -> ProblemArrays:
        """Return the numbers, read-only."""
        parts: dict[str, Any] = {
            **self._money(),
            **self._earmarks(),
            **self._interventions(),
            **self._response(),
            **self._synergies(),
            **self._in_kind(),
            **self._people(),
        }
        parts |= self._bounds(parts)
        for value in parts.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        return ProblemArrays(
            unit=self.document.unit,
            scale=self.document.scale,
            gap=self.document.asked_gap,
            intervention_ids=tuple(self.who),
            fund_ids=tuple(self.funds),
            periods=self.document.periods or tuple(str(at) for at in range(self.periods)),
            metric_ids=tuple(self.metrics),
            limits=self._limits(),
            **parts,
        )

    def _positions(self, table: Table, column: str) -> Int:
        return _indices(table.texts(column), self.at)

    def _cells(self, table: Table) -> Int:
        return self._positions(table, "intervention_id") * self.periods + table.ints("period")

    def _money(self) -> dict[str, Any]:
        table = self.document.funds
        rates = self.document.rates
        ratio = dict(
            zip(
                rates.texts("unit"),
                zip(rates.ints("numerator").tolist(), rates.ints("denominator").tolist(), strict=True),
                strict=True,
            )
        )
        fund = _indices(table.texts("fund_id"), {name: at for at, name in enumerate(self.funds)})
        period = table.ints("period")
        pairs = [ratio.get(unit, (1, 1)) for unit in table.texts("unit")]
        made: dict[str, Any] = {"carry_fee_bp": np.zeros(len(self.funds), np.int64)}
        for name, column in (("budget", "budget_minor"), ("carry_limit", "carry_limit_minor")):
            amounts = [
                amount * above // below  # rounded down: a fund never promises money that it has not
                for amount, (above, below) in zip(table.ints(column).tolist(), pairs, strict=True)
            ]
            made[name] = np.zeros((len(self.funds), self.periods), np.int64)
            made[name][fund, period] = amounts
        made["carry_fee_bp"][fund] = table.ints("carry_fee_bp")
        made["carry_limit"][:, -1] = 0  # nothing comes after the last period: what is left stays in the fund
        return made

    def _earmarks(self) -> dict[str, Any]:
        table = self.document.earmarks
        count, funds = len(self.who), len(self.funds)
        position = {name: at for at, name in enumerate(self.funds)}
        eligible = np.ones((count, funds), bool)
        num, den = np.ones((count, funds), np.int64), np.ones((count, funds), np.int64)
        fund = _indices(table.texts("fund_id"), position)
        share, match = table.ints("max_share_bp"), table.ints("match_bp")
        who = table.texts("intervention_id")
        listed = np.flatnonzero(np.array([bool(name) for name in who], bool))
        named = np.zeros((count, funds), bool)
        named[[self.at[who[row]] for row in listed.tolist()], fund[listed]] = True
        is_listed = named.any(axis=0)
        predicates = defaultdict[tuple[int, str], list[Bool]](list)
        for row in np.flatnonzero(
            (share < FULL_BP) | (match != NONE) | ~np.isin(np.arange(len(fund)), listed)
        ):
            mask = np.zeros(count, bool)
            if who[row]:
                mask[self.at[who[row]]] = True
            else:
                column, value = table.texts("column")[row], table.texts("value")[row]
                mask = np.array([group == value for group in self.groups[column]], bool)
                predicates[int(fund[row]), column].append(mask)
            _tighten(num, den, mask, int(fund[row]), int(share[row]), FULL_BP)
            if match[row] != NONE:
                _tighten(num, den, mask, int(fund[row]), int(match[row]), FULL_BP + int(match[row]))
        eligible[:, is_listed] = named[:, is_listed]
        for (payer, _), masks in predicates.items():
            eligible[:, payer] &= np.any(masks, axis=0)
        earmarked = set(table.texts("fund_id"))
        return {
            "eligible": eligible,
            "share_num": num,
            "share_den": den,
            "unrestricted": np.array([name not in earmarked for name in self.funds], bool),
        }

    def _interventions(self) -> dict[str, Any]:
        table = self.document.interventions
        overrides = self.document.overrides
        made: dict[str, Any] = {
            "fixed": table.ints("fixed_minor").copy(),
            "start": table.ints("start_minor").copy(),
            "lock": table.ints("lock").copy(),
            "concave": np.array([shape == "concave" for shape in table.texts("shape")], bool),
            "at_least": np.full(len(self.who), UNSET, np.int64),
            "at_most": np.full(len(self.who), UNSET, np.int64),
            "churn_bp": UNSET
            if self.document.objective.churn_bp is None
            else self.document.objective.churn_bp,
        }
        rows = zip(
            self._positions(overrides, "intervention_id").tolist(),
            overrides.texts("kind"),
            overrides.ints("amount_minor").tolist(),
            strict=True,
        )
        for at, kind, amount in rows:
            if kind in {"fund", "exclude"}:
                made["lock"][at] = 1 if kind == "fund" else -1
            elif kind == "at_least":
                made["at_least"][at] = max(made["at_least"][at], amount)
            else:
                most = made["at_most"][at]
                made["at_most"][at] = amount if most == UNSET else min(most, amount)
        return made

    def _response(self) -> dict[str, Any]:
        table = self.document.response
        metrics = self.document.metrics
        cells = len(self.who) * self.periods
        cell = self._cells(table)
        metric = _indices(
            [name or self.metrics[0] for name in table.texts("metric_id")],
            {name: at for at, name in enumerate(self.metrics)},
        )
        rank = _ranks(cell * len(self.metrics) + metric, table.ints("segment"))
        pieces = int(rank.max()) + 1 if len(rank) else 1
        cap = np.zeros((cells, pieces), np.int64)
        cap[cell, rank] = table.ints("cap_minor")
        gains = np.zeros((len(self.metrics), cells, pieces), np.int64)
        gains[metric, cell, rank] = table.ints("gain_micro_per_k")
        weight = metrics.ints("weight").copy() if metrics.count else np.ones(1, np.int64)
        floor = metrics.ints("floor_micro").copy() if metrics.count else np.full(1, NONE, np.int64)
        floor[floor == NONE] = UNSET
        return {
            "cap": cap,
            "metric_gain": gains,
            "gain": np.tensordot(weight, gains, axes=1).astype(np.int64),
            "metric_weight": weight,
            "metric_floor": floor,
        }

    def _bounds(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """Say which cells are open, and between which amounts; cut the response there."""
        tickets = self.document.tickets
        cells = len(self.who) * self.periods
        cap = parts["cap"].copy()
        ticketed, responding = self._cells(tickets), np.unique(self._cells(self.document.response))
        high = cap.sum(axis=1)
        low = np.zeros(cells, np.int64)
        high[ticketed] = tickets.ints("max_minor")
        low[ticketed] = tickets.ints("min_minor")
        named = np.zeros(cells, bool)
        named[ticketed] = named[responding] = True
        is_silent = ~named.reshape(-1, self.periods).any(axis=1)
        is_open = named | np.repeat(is_silent, self.periods)
        before = np.cumsum(cap, axis=1) - cap
        cap = np.clip(high[:, None] - before, 0, cap)
        cap[:, 0] += np.where(cap.sum(axis=1) < high, high - cap.sum(axis=1), 0)  # money without a response
        fixed = np.repeat(parts["fixed"], self.periods)
        low = np.maximum(low, np.where((fixed == 0) & (high > 0), 1, 0))
        levels = self._levels(cells, low, high)
        low, high = _within_levels(levels, low, high)
        tranches = self.document.tranches
        fixed_states = np.array([state in {"paid", "committed"} for state in tranches.texts("state")], bool)
        must = np.repeat(parts["lock"] == 1, self.periods) & is_open
        must[self._cells(tranches)[fixed_states]] = True
        return {"cap": cap, "open": is_open, "must": must, "low": low, "high": high, "levels": levels}

    def _levels(self, cells: int, low: Int, high: Int) -> Ragged:
        """List the working amounts that tranches allow, the least of them what is committed."""
        table = self.document.tranches
        reached = defaultdict[int, list[int]](list)
        total = dict[int, int]()
        rows = zip(
            self._cells(table).tolist(),
            table.ints("amount_minor").tolist(),
            table.texts("state"),
            strict=True,
        )
        for cell, amount, state in rows:
            total[cell] = total.get(cell, 0) + amount
            if state in {"paid", "committed"}:
                reached[cell] = [total[cell]]
            elif state == "open":
                reached[cell].append(total[cell])
            elif cell not in reached:
                reached[cell] = [int(high[cell]) + 1]  # nothing may be given yet
        lists: list[list[int]] = [[] for _ in range(cells)] if reached else []
        for cell, amounts in reached.items():
            kept = [amount for amount in amounts if low[cell] <= amount <= high[cell]]
            lists[cell] = kept or [int(high[cell]) + 1]
        return (
            Ragged.of(lists)
            if lists
            else Ragged(ptr=np.zeros(cells + 1, np.int64), items=np.zeros(0, np.int64))
        )

    def _synergies(self) -> dict[str, Any]:
        table = self.document.synergies
        lists = defaultdict[str, list[list[int]]](list)
        values = defaultdict[str, list[int]](list)
        needs: list[tuple[int, int]] = []
        rules: list[str] = []
        rows = zip(table.texts("kind"), table.members(), table.ints("value_micro").tolist(), strict=True)
        for kind, members, value in rows:
            positions = [self.at[member] for member in members]
            if kind in {"needs", "bundle"}:
                ring = zip(positions, [*positions[1:], positions[0]], strict=True)
                pairs = [(positions[0], positions[1])] if kind == "needs" else list(ring)
                needs += pairs
                rules += ["/".join([kind, *(_escaped(member) for member in members)])] * len(pairs)
            else:
                lists[kind].append(positions)
                values[kind].append(value)
        return {
            "bonus": Ragged.of(lists["bonus"]),
            "bonus_micro": np.array(values["bonus"], np.int64),
            "intensity": Ragged.of(lists["intensity"]),
            "intensity_micro": np.array(values["intensity"], np.int64),
            "overlap": np.array(lists["overlap"], np.int64).reshape(-1, 2),
            "overlap_micro": np.array(values["overlap"], np.int64),
            "needs": np.array(needs, np.int64).reshape(-1, 2),
            "needs_rule": tuple(rules),
            "any_of": Ragged.of(lists["any_of"]),
            "alternatives": Ragged.of(lists["alternatives"]),
        }

    def _limits(self) -> Limits:
        table = self.document.limits
        members = defaultdict[tuple[str, str], list[int]](list)
        for kind in sorted(set(table.texts("group_kind"))):
            for at, group in enumerate(self.groups[kind]):
                if group:
                    members[kind, group].append(at)
        rows = dict[tuple[str, str, int], dict[str, int]]()
        names = [column.name for column in table.section.columns[3:]]
        listed = [table.ints(name).tolist() for name in names]
        head = zip(
            table.texts("group_kind"), table.texts("group_id"), table.ints("period").tolist(), strict=True
        )
        order = sorted(enumerate(head), key=lambda row: row[1][1] != ALL)  # a named group overrides the star
        for at, (kind, group, period) in order:
            given = {
                name: column[at] for name, column in zip(names, listed, strict=True) if column[at] != NONE
            }
            groups = sorted(name for each, name in members if each == kind)
            if "equal_share_bp" in given:
                part = given.pop("equal_share_bp") // len(groups)  # rounded down
                given["floor_share_bp"] = max(part, given.get("floor_share_bp", 0))
            for name in groups if group == ALL else [group]:
                rows.setdefault((kind, name, period), {}).update(given)
        keys = sorted(rows)
        bounds = {
            name: np.array([rows[key].get(name, UNSET) for key in keys], np.int64)
            for name in (
                "floor_minor",
                "cap_minor",
                "floor_share_bp",
                "cap_share_bp",
                "floor_count",
                "cap_count",
            )
        }
        return Limits(
            kind=tuple(kind for kind, _, _ in keys),
            group=tuple(group for _, group, _ in keys),
            period=np.array([period for _, _, period in keys], np.int64),
            members=Ragged.of([members[kind, group] for kind, group, _ in keys]),
            floor=_positive(bounds["floor_minor"]),
            cap=bounds["cap_minor"],
            floor_bp=_positive(bounds["floor_share_bp"]),
            cap_bp=bounds["cap_share_bp"],
            floor_count=_positive(bounds["floor_count"]),
            cap_count=bounds["cap_count"],
        )

    def _in_kind(self) -> dict[str, Any]:
        table, needs = self.document.resources, self.document.needs
        names = sorted(set(table.texts("resource_id")))
        position = {name: at for at, name in enumerate(names)}
        stock = np.zeros((len(names), self.periods), np.int64)
        price = np.full((len(names), self.periods), UNSET, np.int64)
        row, period = _indices(table.texts("resource_id"), position), table.ints("period")
        stock[row, period] = table.ints("stock")
        prices = table.ints("price_minor")
        price[row, period] = np.where(prices == NONE, UNSET, prices)
        who, what = self._positions(needs, "intervention_id"), _indices(needs.texts("resource_id"), position)
        return {
            "resource_ids": tuple(names),
            "stock": stock,
            "price": price,
            "need": np.stack([who, what], axis=1),
            "need_quantity": needs.ints("quantity").copy(),
        }

    def _people(self) -> dict[str, Any]:
        table, caps = self.document.actors, self.document.actor_caps
        names = sorted(set(table.texts("actor_id")))
        position = {name: at for at, name in enumerate(names)}
        cap = np.full((len(names), self.periods), UNSET, np.int64)
        cap[_indices(caps.texts("actor_id"), position), caps.ints("period")] = caps.ints("cap_minor")
        share, high = table.ints("share_bp"), table.ints("high_minor")
        largest = self.document.concentration
        rows = [largest.ints(name) for name in ("count", "share_bp", "period")]
        previous = np.full(len(self.who) * self.periods, UNSET, np.int64)
        earlier = self.document.previous
        if earlier.count:
            previous[:] = 0
        previous[self._cells(earlier)] = earlier.ints("amount_minor")
        return {
            "actors": Actors(
                ids=tuple(names),
                intervention=self._positions(table, "intervention_id"),
                actor=_indices(table.texts("actor_id"), position),
                share_bp=np.where(share == NONE, UNSET, share),
                low=table.ints("low_minor").copy(),
                high=np.where(high == NONE, UNSET, high),
                cap=cap,
            ),
            "concentration": np.stack(rows, axis=1),
            "previous": previous,
        }


def _indices(names: Sequence[str], position: Mapping[str, int]) -> Int:
    return np.fromiter((position[name] for name in names), np.int64, len(names))


def _tighten(num: Int, den: Int, mask: Bool, fund: int, above: int, below: int) -> None:
    """Lower the most of an award that a fund pays, where a fraction is smaller than the one that stands."""
    held = np.flatnonzero(mask)
    smaller = held[above * den[held, fund] < below * num[held, fund]]
    num[smaller, fund], den[smaller, fund] = above, below


def _ranks(owner: Int, order: Int) -> Int:
    """Return the number of each row among those of its owner, from 0, by their order."""
    if not len(owner):
        return owner
    place = np.lexsort((order, owner))
    first = np.concatenate([[True], np.diff(owner[place]) != 0])
    starts = np.maximum.accumulate(np.where(first, np.arange(len(owner)), 0))
    ranks = np.empty(len(owner), np.int64)
    ranks[place] = np.arange(len(owner)) - starts
    return ranks


def _within_levels(levels: Ragged, low: Int, high: Int) -> tuple[Int, Int]:
    held = np.flatnonzero(np.diff(levels.ptr))
    for cell in held.tolist():
        amounts = levels.at(cell)
        low[cell], high[cell] = max(low[cell], int(amounts.min())), min(high[cell], int(amounts.max()))
    return low, high


def _positive(bounds: Int) -> Int:
    return np.where(bounds > 0, bounds, UNSET)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
