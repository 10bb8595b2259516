"""Check that an allocation keeps every rule and is near the best possible, without the software that made it.

The problem: a proof that only its author's program can check is a promise. This one file, copied anywhere, needs
Python alone::

    python verifier.py PROBLEM ALLOCATION CERTIFICATE

It reads the three files, checks every amount under every rule of the problem, recomputes what the allocation is
worth, and recomputes from the prices in the certificate what no allocation can exceed (weak duality: any prices
from 0 up prove a bound). It prints one line and exits 0 when all of it holds, and 1 when any of it does not.
"""

import hashlib
import heapq
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

FULL, NANO, MICRO = 10_000, 10**9, 10**6
DEFAULTS = {"period": 0, "limits.period": -1, "concentration.period": -1, "min_minor": 0, "fixed_minor": 0,
            "start_minor": 0, "lock": 0, "segment": 0, "carry_limit_minor": 0, "carry_fee_bp": 0,
            "max_share_bp": FULL, "value_micro": 0, "low_minor": 0, "ordinal": 0, "state": "open", "weight": 1}  # fmt: skip
KNOWN = {"intervention_id", "title", "fixed_minor", "start_minor", "lock", "shape"}
BOUNDS = ("floor_minor", "cap_minor", "floor_share_bp", "cap_share_bp", "floor_count", "cap_count", "equal_share_bp")
Rows = list[tuple[Any, ...]]


class Refusal(Exception):
    """What does not hold."""


def rule(*parts: object) -> str:
    """Name a rule as the problem's format does."""
    return "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class Problem:
    """The problem as its file states it. A cell is one intervention in one period: (intervention, period)."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.block: int = 1000 * 10 ** content["scale"]
        named = [table.get("period", ()) for table in content.values() if isinstance(table, dict)]
        self.periods: int = len(content["periods"]) or 1 + max((t for column in named for t in column), default=0)
        self.who = [who for (who,) in self.rows("interventions", "intervention_id")]
        count = len(self.who)
        table = content["interventions"]
        self.groups = {name: column for name, column in table.items() if name not in KNOWN} | {"all": ["all"] * count}
        self.at = {who: at for at, who in enumerate(self.who)}
        if self.who != sorted(self.at):
            raise Refusal("the problem is not in its exact form: interventions are not sorted")
        money = self.rows("interventions", "intervention_id", "fixed_minor", "start_minor", "lock")
        self.fixed, self.start = ({who: row[k] for who, *row in money} for k in (0, 1))
        self.lock = {who: lock for who, *_, lock in money}
        self.locked_by: dict[str, str] = {}
        self.bounds_of: dict[str, tuple[str, str, int]] = {}
        for name, kind, who, amount in sorted(self.rows("overrides", "override_id", "kind", "intervention_id", "amount_minor")):  # fmt: skip
            if amount is None:
                self.lock[who], self.locked_by[who] = (1 if kind == "fund" else -1), name
            else:
                self.bounds_of[rule("override", name)] = (who, kind, amount)
        self._money()
        self._cells()
        self._ties()
        self.limits = self._limits()

    def rows(self, table: str, *columns: str) -> Rows:
        """Return columns of a table, with what stands where the file says nothing."""
        held = self.content.get(table, {})
        count = max(map(len, held.values()), default=0)
        filled = (held.get(name) or [DEFAULTS.get(f"{table}.{name}", DEFAULTS.get(name))] * count for name in columns)
        return list(zip(*filled, strict=True))

    def _money(self) -> None:
        rates = {unit: (above, below) for unit, above, below in self.rows("rates", "unit", "numerator", "denominator")}
        self.budget, self.keeps = defaultdict[Any, int](int), defaultdict[Any, int](int)
        self.fee: dict[str, int] = {}
        for fund, t, amount, limit, fee, unit in self.rows("funds", "fund_id", "period", "budget_minor", "carry_limit_minor", "carry_fee_bp", "unit"):  # fmt: skip
            above, below = rates.get(unit, (1, 1))
            self.budget[fund, t], self.fee[fund] = amount * above // below, fee
            self.keeps[fund, t] = limit * above // below if t < self.periods - 1 else 0
        named, values = defaultdict[str, set[str]](set), defaultdict[str, dict[str, set[str]]](lambda: defaultdict(set))
        self.parts = defaultdict[Any, list[Fraction]](list)
        for fund, who, column, value, share, match in self.rows("earmarks", "fund_id", "intervention_id", "column", "value", "max_share_bp", "match_bp"):  # fmt: skip
            (named[fund] if who else values[fund][column]).add(who or value)
            self.parts[fund, column, who or value] += [Fraction(share, FULL)] if share < FULL else []
            self.parts[fund, column, who or value] += [Fraction(match, FULL + match)] if match is not None else []
        self.named, self.values = named, values
        self.open_funds = [fund for fund in sorted(self.fee) if fund not in named and fund not in values]
        self.payers = {who: self._payers(who) for who in self.who}

    def _payers(self, who: str) -> dict[str, Fraction | int]:
        """Return the funds that admit an intervention, each with the most of an award that it may pay."""
        found: dict[str, Fraction | int] = {}
        for fund in sorted(self.fee):
            group = {column: self.groups[column][self.at[who]] for column in self.values.get(fund, ())}
            if who in self.named.get(fund, {who}) and all(group[name] in self.values[fund][name] for name in group):
                keys = [("", who), (None, who), *group.items()]
                parts = [part for name, value in keys for part in self.parts.get((fund, name, value), ())]
                found[fund] = min(parts, default=1)
        return found

    def _cells(self) -> None:
        """Read what each cell may get and what that brings."""
        tickets = {(who, t): (low, high) for who, t, low, high in self.rows("tickets", "intervention_id", "period", "min_minor", "max_minor")}  # fmt: skip
        first = (self.rows("metrics", "metric_id") or [("value",)])[0][0]
        self.metrics = {name: (weight, floor) for name, weight, floor in self.rows("metrics", "metric_id", "weight", "floor_micro")} or {"value": (1, None)}  # fmt: skip
        self.pieces = defaultdict[Any, dict[str, list[tuple[int, int]]]](lambda: defaultdict(list))
        response = self.rows("response", "intervention_id", "period", "segment", "metric_id", "cap_minor", "gain_micro_per_k")  # fmt: skip
        for who, t, _, metric, cap, gain in sorted(response, key=lambda row: row[:3]):
            self.pieces[who, t][metric or first].append((cap, gain))
        speaking = {who for who, _ in (*tickets, *self.pieces)}
        reached, allowed = Counter[Any](), defaultdict[Any, list[int]](list)
        for who, t, _, amount, state in sorted(self.rows("tranches", "intervention_id", "period", "ordinal", "amount_minor", "state")):  # fmt: skip
            reached[who, t] += amount
            kept = [] if state in {"paid", "committed"} else allowed[who, t]
            allowed[who, t] = kept + ([] if state == "waiting" else [reached[who, t]])
        self.range: dict[Any, tuple[int, int, list[int] | None]] = {}  # least, most, and the only amounts if there are
        for cell in ((who, t) for who in self.who for t in range(self.periods)):
            if cell[0] not in speaking or cell in tickets or cell in self.pieces:
                ends = sum(cap for cap, _ in next(iter(self.pieces.get(cell, {"": []}).values())))
                low, high = tickets.get(cell, (0, ends))
                low = max(low, 1) if high > 0 and not self.fixed[cell[0]] else low
                only = [one for one in allowed[cell] if low <= one <= high] if cell in allowed else None
                self.range[cell] = (low, max(only, default=high) if only is not None else high, only)

    def _ties(self) -> None:
        self.ties: dict[str, list[tuple[list[str], int]]] = defaultdict(list)
        for kind, members, value in sorted(self.rows("synergies", "kind", "members", "value_micro")):
            self.ties[kind].append((members, value))
        rings = [(list(pair), 0) for members, _ in self.ties["bundle"] for pair in pairwise([*members, members[0]])]
        self.ties["needs"] = rings + self.ties["needs"]

    def _limits(self) -> dict[tuple[str, str, int], dict[str, int]]:
        made = defaultdict[Any, dict[str, int]](dict)
        listed = self.rows("limits", "group_kind", "group_id", "period", *BOUNDS)
        for kind, group, t, *bounds in sorted(listed, key=lambda row: row[1] != "*"):
            given = {name: bound for name, bound in zip(BOUNDS, bounds, strict=True) if bound is not None}
            groups = sorted({one for one in self.groups[kind] if one})
            if "equal_share_bp" in given:
                part = given.pop("equal_share_bp") // len(groups)
                given["floor_share_bp"] = max(part, given.get("floor_share_bp", 0))
            for one in groups if group == "*" else [group]:
                made[kind, one, t].update(given)
        return made


class Given:
    """What the allocation gives, summed up."""

    def __init__(self, problem: Problem, content: dict[str, Any]) -> None:
        def rows(table: str, *columns: str) -> Rows:
            return list(zip(*(content.get(table, {}).get(name, ()) for name in columns), strict=True))

        self.chosen = rows("chosen", "intervention_id", "period")
        self.lines = rows("lines", "intervention_id", "period", "fund_id", "amount_minor")
        self.kept = rows("carried", "fund_id", "period", "amount_minor")
        self.bought = rows("bought", "resource_id", "period", "fund_id", "quantity", "amount_minor")
        self.parts = rows("parts", "intervention_id", "period", "actor_id", "amount_minor")
        self.funded = set(self.chosen)
        award, paid = defaultdict[Any, int](int), defaultdict[Any, int](int)
        for who, t, fund, amount in self.lines:
            award[who, t] += amount
            paid[fund, t] += amount
        for _, t, fund, _, amount in self.bought:
            paid[fund, t] += amount
        self.award, self.paid = award, paid
        begins = {(who, t) for who, t in self.funded if (who, t - 1) not in self.funded}
        self.working = {
            (who, t): award[who, t] - problem.fixed[who] - (problem.start[who] if (who, t) in begins else 0)
            for who, t in self.funded if who in problem.at
        }  # fmt: skip


def broken(p: Problem, g: Given) -> Iterator[str]:
    """List every rule that the allocation breaks."""
    yield from _rows_broken(p, g)
    for check in (_money_broken, _cells_broken, _ties_broken, _limits_broken, _stocks_broken, _parts_broken, _sums_broken):
        yield from check(p, g)


def _rows_broken(p: Problem, g: Given) -> Iterator[str]:
    tables = (g.lines, g.kept, g.bought, g.parts)
    keys = [row[:3] if table is not g.kept else row[:2] for table in tables for row in table]
    if len(set(g.chosen)) < len(g.chosen) or len(set(keys)) < len(keys):
        yield "a row stands twice"
    if any(type(row[-1]) is not int or row[-1] <= 0 for table in tables for row in table):
        yield "an amount is no positive whole number"
    if any(who not in p.at or type(t) is not int or not 0 <= t < p.periods for who, t in g.chosen):
        yield "chosen names what is not in the problem"
    if any(row[:2] not in g.funded for row in (*g.lines, *g.parts)):
        yield "money for who is not funded"


def _money_broken(p: Problem, g: Given) -> Iterator[str]:
    kept = {(fund, t): amount for fund, t, amount in g.kept}
    for fund, t in g.paid.keys() | kept.keys():
        money = p.budget[fund, t] + kept.get((fund, t - 1), 0) * (FULL - p.fee.get(fund, 0)) // FULL
        if g.paid[fund, t] + kept.get((fund, t), 0) > money:
            yield rule("budget", fund, t)
    for fund, t in kept:
        if kept[fund, t] > p.keeps[fund, t]:
            yield rule("carry", fund, t)
    for who, t, fund, amount in g.lines:
        if fund not in p.payers[who]:
            yield rule("earmark", fund)
        elif amount > p.payers[who][fund] * g.award[who, t]:
            yield rule("share", fund, who)


def _cells_broken(p: Problem, g: Given) -> Iterator[str]:
    for cell in g.funded:
        low, high, only = p.range.get(cell, (1, 0, None))
        if not low <= g.working[cell] <= high:
            yield rule("ticket", *cell)
        if only is not None and g.working[cell] not in only:
            yield rule("tranche", *cell)
    for who, lock in p.lock.items():
        cells = [(who, t) for t in range(p.periods)] if lock else []
        if any((cell in p.range and cell not in g.funded) if lock == 1 else cell in g.funded for cell in cells):
            yield rule("override", p.locked_by[who]) if who in p.locked_by else rule("lock", who)


def _ties_broken(p: Problem, g: Given) -> Iterator[str]:
    for kind in ("needs", "any_of", "alternatives"):
        for members, _ in p.ties[kind]:
            for t in range(p.periods):
                first, *rest = ((who, t) in g.funded for who in members)
                if (first + sum(rest) > 1) if kind == "alternatives" else (first and not any(rest)):
                    yield rule(kind.replace("_", "-"), *members)


def _limits_broken(p: Problem, g: Given) -> Iterator[str]:
    spent, money, count = Counter[int](), Counter[Any](), Counter[Any]()
    for who, t in g.funded:
        for period in (t, -1):
            spent[period] += g.award[who, t]
            for kind in {kind for kind, _, _ in p.limits}:
                money[kind, p.groups[kind][p.at[who]], period] += g.award[who, t]
                count[kind, p.groups[kind][p.at[who]], period] += 1
    for at, bound in p.limits.items():
        tail = (*at[:2], "all" if at[2] < 0 else at[2])
        totals = (("minor", "", money[at], 1), ("share_bp", "-share", FULL * money[at], spent[at[2]]))
        for name, word, amount, scale in (*totals, ("count", "-count", count[at], 1)):
            if amount < bound.get(f"floor_{name}", 0) * scale:
                yield rule(f"floor{word}", *tail)
            if f"cap_{name}" in bound and amount > bound[f"cap_{name}"] * scale:
                yield rule(f"cap{word}", *tail)


def _stocks_broken(p: Problem, g: Given) -> Iterator[str]:
    held, price = Counter[Any](), dict[Any, int | None]()
    for thing, t, stock, cost in p.rows("resources", "resource_id", "period", "stock", "price_minor"):
        held[thing, t], price[thing, t] = stock, cost
    for thing, t, fund, quantity, amount in g.bought:
        cost = price.get((thing, t))
        if cost is None or quantity <= 0 or amount != quantity * cost or fund not in p.open_funds:
            yield rule("bought", thing, t, fund)
        held[thing, t] += quantity
    for who, thing, quantity in p.rows("needs", "intervention_id", "resource_id", "quantity"):
        for t in range(p.periods):
            held[thing, t] -= quantity * ((who, t) in g.funded)
    yield from (rule("stock", *at) for at, left in held.items() if left < 0)


def _parts_broken(p: Problem, g: Given) -> Iterator[str]:
    given, got, sums = {row[:3]: row[3] for row in g.parts}, Counter[Any](), Counter[Any]()
    for who, t, actor, amount in g.parts:
        got[actor, t] += amount
    asked = set()
    for who, actor, share, low, high in p.rows("actors", "intervention_id", "actor_id", "share_bp", "low_minor", "high_minor"):  # fmt: skip
        for t in (t for t in range(p.periods) if (who, t) in g.funded):
            part, award = given.pop((who, t, actor), 0), g.award[who, t]
            sums[who, t] += part
            asked.add((who, t))
            off = share is not None and abs(FULL * part - share * award) >= FULL
            if off or part < low or (high is not None and part > high):
                yield rule("part", who, actor)
    if given or any(sums[cell] != g.award[cell] for cell in asked):
        yield "parts do not make the awards"
    for actor, t, cap in p.rows("actor_caps", "actor_id", "period", "cap_minor"):
        if got[actor, t] > cap:
            yield rule("actor", actor, t)


def _sums_broken(p: Problem, g: Given) -> Iterator[str]:
    for name, (_, floor) in p.metrics.items():
        if floor is not None and sum(brings(p, cell, money, {name: 1}) for cell, money in g.working.items()) < floor * p.block:  # fmt: skip
            yield rule("metric", name)
    for name, (who, kind, amount) in p.bounds_of.items():
        award = sum(g.award[who, t] for t in range(p.periods))
        if award < amount if kind == "at_least" else award > amount:
            yield name
    for count, t, share in p.rows("concentration", "count", "period", "share_bp"):
        awards = Counter[str]()
        for (who, period), award in g.award.items():
            awards[who] += award if t in {-1, period} else 0
        if FULL * sum(heapq.nlargest(count, awards.values())) > share * sum(awards.values()):
            yield rule("concentration", count, "all" if t < 0 else t)
    churn = p.content["objective"]["churn_bp"]
    before = {(who, t): amount for who, t, amount in p.rows("previous", "intervention_id", "period", "amount_minor")}
    moved = sum(max(0, amount - g.award[cell]) for cell, amount in before.items())
    if churn is not None and FULL * moved > churn * sum(before.values()):
        yield rule("churn")


def brings(p: Problem, cell: tuple[str, int], money: int, weights: dict[str, int]) -> int:
    """Return what working money brings in a cell, weighted over the metrics [gain times minor units]."""
    total = 0
    for name, weight in weights.items():
        left = money
        for cap, gain in p.pieces[cell].get(name, ()) if cell in p.pieces else ():
            total += weight * gain * min(cap, left)
            left -= min(cap, left)
    return total


def worth(p: Problem, g: Given) -> Fraction:
    """Return the exact value of a lawful allocation."""
    weights = {name: weight for name, (weight, _) in p.metrics.items()}
    total = Fraction(sum(brings(p, cell, money, weights) for cell, money in g.working.items()), MICRO * p.block)
    for kind in ("bonus", "intensity", "overlap"):
        for members, value in p.ties[kind]:
            for cells in ([(who, t) for who in members] for t in range(p.periods)):
                if all(cell in g.funded for cell in cells):
                    tops = [(g.working[cell], p.range[cell][1]) for cell in cells]
                    part = min(Fraction(*top) if top[1] else 1 for top in tops) if kind == "intensity" else 1
                    total += Fraction(-value if kind == "overlap" else value, MICRO) * part
    return total


class Bound:
    """What no allocation can exceed at the prices of a certificate, in grains of 1 / (10**9 * block) of value."""

    def __init__(self, p: Problem, prices: dict[str, int], transfers: dict[str, list[int]]) -> None:
        self.p, self.prices, self.constant = p, dict(prices), 0
        self.money, self.parts, self.worth = Counter[Any](), Counter[Any](), Counter[Any]()
        listed = [*prices.values(), *(one for flat in transfers.values() for one in flat[1::2])]
        if any(type(one) is not int or one <= 0 for one in listed):
            raise Refusal("a price is no positive whole number")
        self.given = {name: dict(zip(flat[::2], flat[1::2], strict=True)) for name, flat in transfers.items()}
        self.lam = {(fund, t): self.take("budget", fund, t) for fund in p.fee for t in range(p.periods)}
        self._rules()
        self._stocks()
        self._members()
        self._choices()
        self.passed = {divmod(at, p.periods): nano for at, nano in self.given.pop("start", {}).items()}
        if self.prices or any(self.given.values()):
            raise Refusal("a price stands for what is not in the problem")

    def take(self, *parts: object) -> int:
        """Return the price of a rule, once."""
        return self.prices.pop(rule(*parts), 0)

    def _rules(self) -> None:
        p, everyone = self.p, [(who, t) for who in self.p.who for t in range(self.p.periods)]
        for (fund, t), price in self.lam.items():
            later, part = self.lam.get((fund, t + 1), 0), FULL - p.fee[fund]
            self.constant += price * p.budget[fund, t]
            self.constant -= -p.keeps[fund, t] * max(0, part * later - FULL * price) // FULL
        for (kind, group, t), bound in p.limits.items():
            scope = [cell for cell in everyone if t in {-1, cell[1]}]
            cells, tail = [cell for cell in scope if p.groups[kind][p.at[cell[0]]] == group], ("all" if t < 0 else t)
            for side, sign in (("floor", -1), ("cap", 1)):
                least = 1 if side == "floor" else 0
                if bound.get(f"{side}_minor", -1) >= least and (price := self.take(side, kind, group, tail)):
                    self.add(self.money, cells, sign * price, sign * price * bound[f"{side}_minor"])
                if bound.get(f"{side}_share_bp", -1) >= least and (price := self.take(f"{side}-share", kind, group, tail)):  # fmt: skip
                    self.add(self.parts, cells, sign * price * FULL, 0)
                    self.add(self.parts, scope, -sign * price * bound[f"{side}_share_bp"], 0)
                if bound.get(f"{side}_count", -1) >= least and (price := self.take(f"{side}-count", kind, group, tail)):
                    self.add(self.worth, cells, -sign * price, sign * price * bound[f"{side}_count"] * p.block)
        for name, (who, kind, amount) in p.bounds_of.items():
            sign, price = (-1 if kind == "at_least" else 1), self.prices.pop(name, 0)
            self.add(self.money, [(who, t) for t in range(p.periods)], sign * price, sign * price * amount)

    def add(self, to: Counter[Any], cells: Sequence[Any], each: int, constant: int) -> None:
        """Let a rule weigh in cells and in the constant."""
        for cell in cells:
            to[cell] += each
        self.constant += constant

    def _stocks(self) -> None:
        p, rho = self.p, dict[Any, int]()
        for thing, t, stock, cost in p.rows("resources", "resource_id", "period", "stock", "price_minor"):
            rho[thing, t] = self.take("stock", thing, t) * p.block
            if cost is not None and p.open_funds:
                rho[thing, t] = min(rho[thing, t], cost * min(self.lam[fund, t] for fund in p.open_funds))
            self.constant += rho[thing, t] * stock
        for thing, t in {(row[0], t) for row in p.rows("resources", "resource_id") for t in range(p.periods)}:
            rho.setdefault((thing, t), self.take("stock", thing, t) * p.block)  # nothing at hand, nothing to buy
        self.in_kind = Counter[Any]()
        for who, thing, quantity in p.rows("needs", "intervention_id", "resource_id", "quantity"):
            for t in range(p.periods):
                self.in_kind[who, t] += quantity * rho[thing, t]

    def _members(self) -> None:
        """Add caps of actors, least outcomes and the limit on what may move."""
        p = self.p
        shares = defaultdict[str, list[tuple[str, int]]](list)
        for who, actor, share in p.rows("actors", "intervention_id", "actor_id", "share_bp"):
            shares[actor] += [(who, share)] if share is not None else []
        for actor, t, cap in p.rows("actor_caps", "actor_id", "period", "cap_minor"):
            price = self.take("actor", actor, t)
            self.constant += price * (cap + len(shares[actor]))
            for who, share in shares[actor]:
                self.parts[who, t] += price * share
        self.metric = {name: self.take("metric", name) for name in p.metrics if p.metrics[name][1] is not None}
        self.constant -= sum(price * p.metrics[name][1] * p.block // MICRO for name, price in self.metric.items())
        self.before = {(who, t): amount for who, t, amount in p.rows("previous", "intervention_id", "period", "amount_minor")}  # fmt: skip
        share, total = p.content["objective"]["churn_bp"], sum(self.before.values())
        self.churn = self.take("churn") if share is not None else 0
        self.constant -= -self.churn * (share or 0) * total // FULL + self.churn * total

    def _choices(self) -> None:
        """Add what cells give to each other and pay for ties between choices, in whole nano values."""
        p, paid = self.p, 0
        for kind in ("needs", "any_of", "alternatives", "overlap"):
            given = self.given.pop(kind, {})
            for at, (members, value) in enumerate(p.ties[kind]):
                for t in range(p.periods):
                    nano = given.pop(at * p.periods + t, 0)
                    nano = min(nano, value * (NANO // MICRO)) if kind == "overlap" else nano
                    paid += nano if kind in {"alternatives", "overlap"} else 0
                    for place, who in enumerate(members):
                        gets = kind in {"needs", "any_of"} and place > 0
                        self.worth[who, t] += nano if gets else -nano
            self.given[kind] = given
        for kind in ("bonus", "intensity"):
            given = self.given.pop(kind, {})
            ends = accumulate((len(members) for members, _ in p.ties[kind]), initial=0)
            for first, (members, value) in zip(ends, p.ties[kind], strict=False):
                for t in range(p.periods):
                    shares = [given.pop((first + at) * p.periods + t, 0) for at in range(len(members))]
                    shares[-1] += max(0, value * (NANO // MICRO) - sum(shares))
                    for who, share in zip(members, shares, strict=True):
                        self.worth[who, t] += share
            self.given[kind] = given
        self.constant += paid * p.block

    def _price(self, cell: tuple[str, int]) -> tuple[int, bool]:
        """Return the price of money of the cheapest admitted mix of funds, and whether it can pay an award."""
        left, total = Fraction(1), Fraction(0)
        for lam, most in sorted((self.lam[fund, cell[1]], most) for fund, most in self.p.payers[cell[0]].items()):
            part = min(left, most)
            total, left = total + part * lam, left - part
            if not left:
                return total.numerator // total.denominator, True
        return 0, False

    def _is_shut(self, cell: tuple[str, int]) -> bool:
        low, high, only = self.p.range.get(cell, (1, 0, None))
        unpaid = sum(self.p.payers[cell[0]].values()) < 1 and self.p.fixed[cell[0]] + low > 0
        return self.p.lock[cell[0]] == -1 or low > high or only == [] or unpaid

    def _best(self, cell: tuple[str, int], cost: int, payable: bool) -> int:  # noqa: FBT001  # reads as a sentence
        """Return the most that working money brings, net of its price."""
        p, (low, high, only) = self.p, self.p.range[cell]
        low, high = (low, high) if payable else (0, 0)
        held = p.pieces.get(cell, {})
        gains = [0] * max(map(len, held.values()), default=0)
        extra = list(gains)
        for name, pieces in held.items():
            for at, (_, gain) in enumerate(pieces):
                gains[at] += NANO // MICRO * p.metrics[name][0] * gain
                extra[at] += self.metric.get(name, 0) * gain
        caps = [cap for cap, _ in next(iter(held.values()), ())]
        before, base = self.before.get(cell, 0), p.fixed[cell[0]] + p.start[cell[0]]
        only = only if payable else only and [0]
        points = only or [low, high, *accumulate(caps), before - base]
        best = None
        for x in (x for x in points if only or low <= x <= high):
            net, left = -cost * x + self.churn * min(base + x, before), x
            for cap, gain, more in zip(caps, gains, extra, strict=True):
                net, left = net + (gain - -more // MICRO) * min(cap, left), left - min(cap, left)
            best = net if best is None else max(best, net)
        return best or 0

    def total(self) -> Fraction:
        """Return the bound."""
        p, total = self.p, self.constant
        shut = {(who, t): self._is_shut((who, t)) for who in p.who for t in range(p.periods)}
        for who in p.who:
            back = 0  # what the next period passes back for its start
            for t in reversed(range(p.periods)):
                if shut[who, t]:
                    back = 0
                    continue
                mix, payable = self._price((who, t))
                cost = mix + self.money[who, t] + self.parts[who, t] // FULL
                own = self._best((who, t), cost, payable) - cost * p.fixed[who] - self.in_kind[who, t]
                due = cost * p.start[who]
                if t and due > 0 and not shut[who, t - 1]:
                    due = min(self.passed.get((p.at[who], t), 0) * p.block, due)
                own += self.worth[who, t] * p.block + back - due
                back = due if t and due > 0 and not shut[who, t - 1] else 0
                total += own if p.lock[who] == 1 else max(0, own)
        return Fraction(total, NANO * p.block)


def check(problem: bytes, allocation: bytes, certificate: bytes) -> str:
    """Check the three files and say what they show; raise with every reason when anything does not hold."""
    said = json.loads(certificate)
    rest = {name: value for name, value in said.items() if name != "sha256"}
    own = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    digests = {"problem_sha256": problem, "allocation_sha256": allocation, "sha256": own}
    wrong = [name for name, raw in digests.items() if said[name] != hashlib.sha256(raw).hexdigest()]
    reasons = [f"{name} is of another file" for name in wrong]
    p = Problem(json.loads(problem))
    g = Given(p, json.loads(allocation))
    rows = sorted(set(_rows_broken(p, g))) or sorted(set(broken(p, g)))
    reasons += [f"breaks {row}" for row in rows]
    value = Fraction(0) if rows else worth(p, g)
    if not rows and value != Fraction(said["value"]):
        reasons.append(f"the value is {value}, not {said['value']}")
    proven = Bound(p, said["prices"], said["transfers"]).total()
    stated, by_prices = Fraction(said["bound"]), Fraction(said["price_bound"])
    if proven != by_prices:
        reasons.append(f"the prices prove {proven}, not {by_prices}")
    if said["kind"] not in {"prices", "solver"} or (said["kind"] == "prices" and stated != by_prices):
        reasons.append(f"the bound {stated} rests on {said['kind']}")
    if not value <= stated <= by_prices:
        reasons.append(f"the bound {stated} is not from the value up to what the prices prove")
    gap = (stated - value) / abs(value) if value else None if stated else Fraction(0)
    if (None if said["gap"] is None else Fraction(said["gap"])) != gap:
        reasons.append(f"the gap is {gap}, not {said['gap']}")
    if reasons:
        raise Refusal("; ".join(reasons))
    trust = "by the prices" if said["kind"] == "prices" else f"on a solver's word; by the prices {float(by_prices):.9g}"
    share = "" if gap is None else f" (gap {float(gap):.3g})"
    return f"VALID: worth {float(value):.9g}; none can exceed {float(stated):.9g}{share}, {trust}."


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files named on the command line; return 0 or 1."""
    names = list(sys.argv[1:] if arguments is None else arguments)
    try:
        problem, allocation, certificate = (Path(name).read_bytes() for name in names)
        verdict, code = check(problem, allocation, certificate), 0
    except Refusal as fault:
        verdict, code = f"INVALID: {fault}.", 1
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, ArithmeticError) as fault:
        verdict, code = f"INVALID: not readable ({type(fault).__name__}: {fault}).", 1
    sys.stdout.write(verdict.encode("unicode_escape").decode() + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
