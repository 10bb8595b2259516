"""Check that an allocation keeps every rule and is near the best possible, without the software that made it.

The problem: a proof that only its author's program can check is a promise. This one file, copied anywhere,
needs Python alone::

    python verifier.py PROBLEM ALLOCATION CERTIFICATE

It reads the three files, checks every amount under every rule of the problem, recomputes what the
allocation is worth, and recomputes from the prices in the certificate what no allocation can exceed (weak
duality: any prices from 0 up prove a bound). It prints one line, and exits 0 when all of it holds, else 1.
"""

import hashlib
import heapq
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, chain, pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

FULL, NANO, MICRO, PER_MICRO = 10_000, 10**9, 10**6, 1000
PROMISED = {"paid", "committed"}  # tranches that stand
ZERO = "period min_minor fixed_minor start_minor lock segment carry_limit_minor carry_fee_bp value_micro"
DEFAULTS: dict[str, object] = {
    **dict.fromkeys(ZERO.split(), 0),
    "low_minor": 0,
    "ordinal": 0,
    "max_share_bp": FULL,
}
DEFAULTS |= {"limits.period": -1, "concentration.period": -1, "state": "open", "weight": 1}
NOT_GROUPS = {"intervention_id", "title", "fixed_minor", "start_minor", "lock", "shape"}
BOUNDS = "floor_minor cap_minor floor_share_bp cap_share_bp floor_count cap_count equal_share_bp"
Rows = list[tuple[Any, ...]]
Cell = tuple[str, int]  # one intervention in one period


class Refusal(Exception):
    """What does not hold."""


def rule(*parts: object) -> str:
    """Name a rule as the problem's format does."""
    return "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class LinearRule(NamedTuple):
    """A rule: sum of weights over cells + spread / 10,000 * sum over all cells of the periods <= bound."""

    name: str
    bound: int
    weights: dict[Cell, int]
    periods: Sequence[int] = ()
    spread: int = 0
    counts: bool = False
    key: tuple[str, int] | None = None  # where its price stands among the transfers


class PosedProblem:
    """The problem as its file states it."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        if any(
            isinstance(content.get(name), list) for name in ("funds", "interventions", "tickets", "response")
        ):
            raise Refusal(
                "the problem is not in its exact form: `almoner allocate PROBLEM --save FOLDER` writes it"
            )
        self.block: int = 1000 * 10 ** content["scale"]
        tables = [table for table in content.values() if isinstance(table, dict)]
        last = max((t for table in tables for t in table.get("period", ())), default=0)
        self.periods: int = len(content["periods"]) or 1 + last
        money = self.rows("interventions", "intervention_id fixed_minor start_minor lock")
        self.who = [row[0] for row in money]
        self.at = {who: at for at, who in enumerate(self.who)}
        if self.who != sorted(self.at):
            raise Refusal("the problem is not in its exact form: interventions are not sorted")
        table = content["interventions"]
        self.groups = {name: column for name, column in table.items() if name not in NOT_GROUPS}
        self.groups["all"] = ["all"] * len(self.who)
        self.fixed, self.start, self.lock = ({row[0]: row[k] for row in money} for k in (1, 2, 3))
        self.cells = [(who, t) for who in self.who for t in range(self.periods)]
        self.linear: list[LinearRule] = []
        self.locked_by: dict[str, str] = {}
        self._overrides()
        self._limits()
        self._money()
        self._tickets()
        self.ties: dict[str, list[tuple[list[str], int]]] = defaultdict(list)
        for kind, members, value in sorted(self.rows("synergies", "kind members value_micro")):
            self.ties[kind].append((members, value))
        listed = self.rows("previous", "intervention_id period amount_minor")
        self.before = {(who, t): amount for who, t, amount in listed}
        listed = self.rows("resources", "resource_id period stock price_minor")
        self.stocks: dict[Any, Any] = {(row[0], t): (0, None) for row in listed for t in range(self.periods)}
        self.stocks |= {(thing, t): rest for thing, t, *rest in listed}
        self.churn = content["objective"]["churn_bp"]
        rings = [(rule("bundle", *one), pairwise([*one, one[0]])) for one, _ in self.ties["bundle"]]
        listed = [("needs", name, pair) for name, ring in rings for pair in ring]
        for kind in ("needs", "any_of", "alternatives"):
            listed += [(kind, rule(kind.replace("_", "-"), *one), one) for one, _ in self.ties[kind]]
        ranks = Counter[str]()
        for (kind, name, (first, *rest)), t in product(listed, range(self.periods)):
            sign = 1 if kind == "alternatives" else -1
            weights = {(first, t): 1, **{(who, t): sign for who in rest}}
            self.linear.append(LinearRule(name, max(0, sign), weights, counts=True, key=(kind, ranks[kind])))
            ranks[kind] += 1

    def rows(self, table: str, columns: str) -> Rows:
        """Return columns of a table, with what stands where the file says nothing."""
        held, names = self.content.get(table, {}), columns.split()
        count = max(map(len, held.values()), default=0)
        fill = [DEFAULTS.get(f"{table}.{name}", DEFAULTS.get(name)) for name in names]
        filled = (held.get(name) or [empty] * count for name, empty in zip(names, fill, strict=True))
        return list(zip(*filled, strict=True))

    def _overrides(self) -> None:
        listed = self.rows("overrides", "override_id kind intervention_id amount_minor")
        for name, kind, who, amount in sorted(listed):
            sign = -1 if kind == "at_least" else 1
            if amount is None:
                self.lock[who], self.locked_by[who] = (1 if kind == "fund" else -1), name
            else:
                weights = {(who, t): sign for t in range(self.periods)}
                self.linear.append(LinearRule(rule("override", name), sign * amount, weights))

    def _limits(self) -> None:
        made = defaultdict[Any, dict[str, int]](dict)
        listed = self.rows("limits", f"group_kind group_id period {BOUNDS}")
        for kind, group, t, *bounds in sorted(listed, key=lambda row: row[1] != "*"):
            pairs = zip(BOUNDS.split(), bounds, strict=True)
            given = {name: bound for name, bound in pairs if bound is not None}
            groups = {one for one in self.groups[kind] if one}
            if "equal_share_bp" in given:
                part = given.pop("equal_share_bp") // len(groups)
                given["floor_share_bp"] = max(part, given.get("floor_share_bp", 0))
            for one in groups if group == "*" else [group]:
                made[kind, one, t].update(given)
        for at, given in made.items():
            self.linear += self._rows_of(at, given)

    def _rows_of(self, at: tuple[str, str, int], given: dict[str, int]) -> Iterator[LinearRule]:
        kind, group, t = at
        periods = range(self.periods) if t < 0 else [t]
        named = [who for who, one in zip(self.who, self.groups[kind], strict=True) if one == group]
        for name, bound in given.items():
            side, what = name.split("_")[:2]
            sign = -1 if side == "floor" else 1
            weights = {(who, period): sign for who in named for period in periods}
            word = rule(side if what == "minor" else f"{side}-{what}", kind, group, "all" if t < 0 else t)
            most, spread = (0, -sign * bound) if what == "share" else (sign * bound, 0)
            if bound or side == "cap":
                yield LinearRule(word, most, weights, periods, spread, what == "count")

    def _money(self) -> None:
        rates = {unit: pair for unit, *pair in self.rows("rates", "unit numerator denominator")}
        self.budget, self.keeps, self.fee = Counter[Any](), Counter[Any](), dict[str, int]()
        funds = self.rows("funds", "fund_id period budget_minor carry_limit_minor carry_fee_bp unit")
        for fund, t, amount, limit, fee, unit in funds:
            above, below = rates.get(unit, (1, 1))
            self.budget[fund, t], self.fee[fund] = amount * above // below, fee
            self.keeps[fund, t] = limit * above // below if t < self.periods - 1 else 0
        self.admits = defaultdict[str, dict[str, set[str]]](lambda: defaultdict(set))
        self.parts = defaultdict[Any, list[Fraction]](list)
        listed = self.rows("earmarks", "fund_id intervention_id column value max_share_bp match_bp")
        for fund, who, column, value, share, match in listed:
            self.admits[fund][column or ""].add(who or value)
            parts = [Fraction(share, FULL), *([] if match is None else [Fraction(match, FULL + match)])]
            self.parts[fund, column or "", who or value] += [part for part in parts if part < 1]
        self.open_funds = sorted(self.fee.keys() - self.admits.keys())
        self.payers = {who: self._payers(who) for who in self.who}

    def _payers(self, who: str) -> dict[str, Fraction | int]:
        """Return the funds that admit an intervention, each with the most of an award that it may pay."""
        found: dict[str, Fraction | int] = {}
        for fund in sorted(self.fee):
            admitted = self.admits.get(fund, {})
            own = {name: self.groups[name][self.at[who]] if name else who for name in admitted}
            if all(own[name] in admitted[name] for name in admitted):
                parts = (part for key in own.items() for part in self.parts.get((fund, *key), ()))
                found[fund] = min(parts, default=1)
        return found

    def _tickets(self) -> None:
        """Read what each cell may get and what that brings."""
        listed = self.rows("tickets", "intervention_id period min_minor max_minor")
        tickets = {(who, t): bounds for who, t, *bounds in listed}
        metrics = self.rows("metrics", "metric_id weight floor_micro") or [("value", 1, None)]
        self.metrics = {name: (weight, floor) for name, weight, floor in metrics}
        self.pieces = defaultdict[Cell, dict[int, tuple[int, dict[str, int]]]](dict)
        ranks = Counter[Any]()
        listed = self.rows("response", "intervention_id period segment metric_id cap_minor gain_micro_per_k")
        for who, t, _, metric, cap, gain in sorted(listed, key=lambda row: row[:3]):
            name = metric or metrics[0][0]
            self.pieces[who, t].setdefault(ranks[who, t, name], (cap, {}))[1][name] = gain
            ranks[who, t, name] += 1
        speaking = {who for who, _ in (*tickets, *self.pieces)}
        reached, allowed = Counter[Cell](), defaultdict[Cell, list[int]](list)
        listed = self.rows("tranches", "intervention_id period ordinal amount_minor state")
        self.promised = {(who, t) for who, t, _, _, state in listed if state in PROMISED}
        for who, t, _, amount, state in sorted(listed):
            reached[who, t] += amount
            kept = [] if state in PROMISED else allowed[who, t]
            allowed[who, t] = kept + ([] if state == "waiting" else [reached[who, t]])
        self.range: dict[Cell, tuple[int, int, list[int] | None]] = {}  # least, most, the only amounts
        for cell in self.cells:
            if cell[0] not in speaking or cell in tickets or cell in self.pieces:
                ends = sum(cap for cap, _ in self.pieces.get(cell, {}).values())
                low, high = tickets.get(cell, (0, ends))
                low = max(low, 1) if high > 0 and not self.fixed[cell[0]] else low
                only = [one for one in allowed[cell] if low <= one <= high] if cell in allowed else None
                self.range[cell] = (low, high if only is None else max(only, default=high), only)


class GivenAmounts:
    """What the allocation gives, summed up."""

    def __init__(self, problem: PosedProblem, content: dict[str, Any]) -> None:
        def rows(table: str, columns: str) -> Rows:
            return list(zip(*(content.get(table, {}).get(name, ()) for name in columns.split()), strict=True))

        self.chosen = rows("chosen", "intervention_id period")
        self.lines = rows("lines", "intervention_id period fund_id amount_minor")
        self.kept = rows("carried", "fund_id period amount_minor")
        self.bought = rows("bought", "resource_id period fund_id quantity amount_minor")
        self.parts = rows("parts", "intervention_id period actor_id amount_minor")
        self.funded = set(self.chosen)
        award, paid = defaultdict[Any, int](int), defaultdict[Any, int](int)
        for who, t, fund, amount in self.lines:
            award[who, t] += amount
            paid[fund, t] += amount
        for _, t, fund, _, amount in self.bought:
            paid[fund, t] += amount
        self.award, self.paid = award, paid
        self.working = {(who, t): award[who, t] - problem.fixed.get(who, 0) for who, t in self.funded}
        for who, t in self.funded:
            self.working[who, t] -= problem.start.get(who, 0) * ((who, t - 1) not in self.funded)


def broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    """List every rule that the allocation breaks."""
    yield from _rows_broken(p, g)
    yield from chain(_money_broken(p, g), _cells_broken(p, g), _linear_broken(p, g))
    yield from chain(_stocks_broken(p, g), _parts_broken(p, g), _sums_broken(p, g))


def _rows_broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    tables = (g.lines, g.kept, g.bought, g.parts)
    keys = [row[:3] if table is not g.kept else row[:2] for table in tables for row in table]
    if len(set(g.chosen)) < len(g.chosen) or len(set(keys)) < len(keys):
        yield "a row stands twice"
    amounts = [row[-1] for table in tables for row in table] + [row[3] for row in g.bought]
    if any(type(amount) is not int or amount <= 0 for amount in amounts):
        yield "an amount is no positive whole number"
    if any(who not in p.at or type(t) is not int or not 0 <= t < p.periods for who, t in g.chosen):
        yield "chosen names what is not in the problem"
    if any(row[:2] not in g.funded for row in (*g.lines, *g.parts)):
        yield "money for who is not funded"


def _money_broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    kept = {(fund, t): amount for fund, t, amount in g.kept}
    for fund, t in g.paid.keys() | kept.keys():
        money = p.budget[fund, t] + kept.get((fund, t - 1), 0) * (FULL - p.fee.get(fund, 0)) // FULL
        if g.paid[fund, t] + kept.get((fund, t), 0) > money:
            yield rule("budget", fund, t)
    yield from (rule("carry", *at) for at, amount in kept.items() if amount > p.keeps[at])
    for who, t, fund, amount in g.lines:
        if fund not in p.payers[who]:
            yield rule("earmark", fund)
        elif amount > p.payers[who][fund] * g.award[who, t]:
            yield rule("share", fund, who)


def _cells_broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    for cell in g.funded:
        low, high, only = p.range.get(cell, (1, 0, None))
        if g.working[cell] not in (range(low, high + 1) if only is None else only):
            yield rule("ticket" if only is None else "tranche", *cell)
    yield from (rule("tranche", *cell) for cell in p.promised - set(g.funded))
    for who, lock in p.lock.items():
        cells = [(who, t) for t in range(p.periods) if lock]
        idle = [cell for cell in cells if cell in p.range and cell not in g.funded]
        if idle if lock == 1 else any(cell in g.funded for cell in cells):
            yield rule("override", p.locked_by[who]) if who in p.locked_by else rule("lock", who)


def _linear_broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    spent = Counter[int]()
    for cell in g.funded:
        spent[cell[1]] += g.award[cell]
    for row in p.linear:
        amounts = g.working if row.counts else g.award
        own = sum(
            weight * (row.counts or amounts[cell]) for cell, weight in row.weights.items() if cell in amounts
        )
        if FULL * own + row.spread * sum(spent[t] for t in row.periods) > FULL * row.bound:
            yield row.name


def _stocks_broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    held = Counter({at: stock for at, (stock, _) in p.stocks.items()})
    for thing, t, fund, quantity, amount in g.bought:
        cost = p.stocks.get((thing, t), (0, None))[1]
        if cost is None or quantity <= 0 or amount != quantity * cost or fund not in p.open_funds:
            yield rule("bought", thing, t, fund)
        held[thing, t] += quantity
    for who, thing, quantity in p.rows("needs", "intervention_id resource_id quantity"):
        for t in range(p.periods):
            held[thing, t] -= quantity * ((who, t) in g.funded)
    yield from (rule("stock", *at) for at, left in held.items() if left < 0)


def _parts_broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    given, got, sums = {row[:3]: row[3] for row in g.parts}, Counter[Any](), Counter[Any]()
    for _, t, actor, amount in g.parts:
        got[actor, t] += amount
    asked = set()
    listed = p.rows("actors", "intervention_id actor_id share_bp low_minor high_minor")
    for who, actor, share, low, high in listed:
        for t in (t for t in range(p.periods) if (who, t) in g.funded):
            part, award = given.pop((who, t, actor), 0), g.award[who, t]
            sums[who, t] += part
            asked.add((who, t))
            off = share is not None and abs(FULL * part - share * award) >= FULL
            if off or part < low or (high is not None and part > high):
                yield rule("part", who, actor)
    if given or any(sums[cell] != g.award[cell] for cell in asked):
        yield "parts do not make the awards"
    for actor, t, cap in p.rows("actor_caps", "actor_id period cap_minor"):
        if got[actor, t] > cap:
            yield rule("actor", actor, t)


def _sums_broken(p: PosedProblem, g: GivenAmounts) -> Iterator[str]:
    for name, (_, floor) in p.metrics.items():
        reached = 0 if floor is None else sum(_brings(p, *pair, {name: 1}) for pair in g.working.items())
        if reached < (floor or 0) * p.block:
            yield rule("metric", name)
    for count, t, share in p.rows("concentration", "count period share_bp"):
        awards = Counter[str]()
        for (who, period), award in g.award.items():
            awards[who] += award if t in {-1, period} else 0
        if FULL * sum(heapq.nlargest(count, awards.values())) > share * sum(awards.values()):
            yield rule("concentration", count, "all" if t < 0 else t)
    moved = sum(max(0, amount - g.award[cell]) for cell, amount in p.before.items())
    if p.churn is not None and FULL * moved > p.churn * sum(p.before.values()):
        yield rule("churn")


def _brings(p: PosedProblem, cell: Cell, money: int, weights: dict[str, int]) -> int:
    """Return what working money brings in a cell, weighted over the metrics [gain times minor units]."""
    total = 0
    for cap, gains in p.pieces[cell].values() if cell in p.pieces else ():
        total += min(cap, money) * sum(weight * gains.get(name, 0) for name, weight in weights.items())
        money -= min(cap, money)
    return total


def worth(p: PosedProblem, g: GivenAmounts) -> Fraction:
    """Return the exact value of a lawful allocation."""
    weights = {name: weight for name, (weight, _) in p.metrics.items()}
    own = sum(_brings(p, cell, money, weights) for cell, money in g.working.items())
    total = Fraction(own, MICRO * p.block)
    for kind in ("bonus", "intensity", "overlap"):
        for members, value in p.ties[kind]:
            for cells in ([(who, t) for who in members] for t in range(p.periods)):
                if all(cell in g.funded for cell in cells):
                    tops = [(g.working[cell], p.range[cell][1]) for cell in cells]
                    part = min(Fraction(*top) if top[1] else 1 for top in tops) if kind == "intensity" else 1
                    total += Fraction(-value if kind == "overlap" else value, MICRO) * part
    return total


class PriceBound:
    """What no allocation can exceed at the prices of a certificate, in 1 / (10**9 * block) of value."""

    def __init__(self, p: PosedProblem, prices: dict[str, int], transfers: dict[str, list[int]]) -> None:
        self.p, self.prices, self.constant = p, dict[Any, int](prices), 0
        self.parts, self.worth, self.in_kind = Counter[Cell](), Counter[Cell](), Counter[Cell]()
        listed = [*prices.values(), *(one for flat in transfers.values() for one in flat[1::2])]
        if any(type(one) is not int or one <= 0 for one in listed):
            raise Refusal("a price is no positive whole number")
        for name, flat in transfers.items():
            self.prices |= {(name, at): nano for at, nano in zip(flat[::2], flat[1::2], strict=True)}
        self.lam = {(fund, t): self.take("budget", fund, t) for fund in p.fee for t in range(p.periods)}
        self._rules()
        self._stocks()
        self._members()
        self._choices()
        self.passed = {cell: self.prices.pop(("start", at), 0) for at, cell in enumerate(p.cells)}
        if self.prices:
            raise Refusal("a price stands for what is not in the problem")

    def take(self, *parts: object) -> int:
        """Return the price of a rule, once."""
        return self.prices.pop(rule(*parts), 0)

    def _rules(self) -> None:
        p = self.p
        for (fund, t), price in self.lam.items():
            later, part = self.lam.get((fund, t + 1), 0), FULL - p.fee[fund]
            self.constant += price * p.budget[fund, t]
            self.constant -= -p.keeps[fund, t] * max(0, part * later - FULL * price) // FULL
        for row in p.linear:
            price = self.prices.pop(row.key or row.name, 0)
            self.constant += price * row.bound * (p.block if row.counts else 1)
            for cell, weight in row.weights.items() if price else ():
                self.worth[cell] -= price * weight if row.counts else 0
                self.parts[cell] += 0 if row.counts else price * weight * FULL
            for cell in p.cells if row.spread and price else ():
                self.parts[cell] += price * row.spread * (cell[1] in row.periods)

    def _stocks(self) -> None:
        p, rho = self.p, dict[Any, int]()
        for (thing, t), (stock, cost) in p.stocks.items():
            rho[thing, t] = self.take("stock", thing, t) * p.block
            if cost is not None and p.open_funds:
                rho[thing, t] = min(rho[thing, t], cost * min(self.lam[fund, t] for fund in p.open_funds))
            self.constant += rho[thing, t] * stock
        for who, thing, quantity in p.rows("needs", "intervention_id resource_id quantity"):
            for t in range(p.periods):
                self.in_kind[who, t] += quantity * rho[thing, t]

    def _members(self) -> None:
        """Add caps of actors, least outcomes and the limit on what may move."""
        p = self.p
        shares = defaultdict[str, list[tuple[str, int]]](list)
        for who, actor, share in p.rows("actors", "intervention_id actor_id share_bp"):
            shares[actor] += [(who, share)] if share is not None else []
        for actor, t, cap in p.rows("actor_caps", "actor_id period cap_minor"):
            price = self.take("actor", actor, t)
            self.constant += price * (cap + len(shares[actor]))
            for who, share in shares[actor]:
                self.parts[who, t] += price * share
        floors = {name: floor for name, (_, floor) in p.metrics.items() if floor is not None}
        self.metric = {name: self.take("metric", name) for name in floors}
        self.constant -= sum(price * floors[name] * p.block // MICRO for name, price in self.metric.items())
        total = sum(p.before.values())
        self.churn = 0 if p.churn is None else self.take("churn")
        self.constant -= -self.churn * (p.churn or 0) * total // FULL + self.churn * total

    def _choices(self) -> None:
        """Add what cells give to each other and pay for ties between choices, in whole nano values."""
        p = self.p
        for at, ((members, value), t) in enumerate(product(p.ties["overlap"], range(p.periods))):
            paid = min(self.prices.pop(("overlap", at), 0), value * PER_MICRO)
            self.constant += paid * p.block
            self.worth.subtract(dict.fromkeys(((who, t) for who in members), paid))
        for kind in ("bonus", "intensity"):
            slots = iter(range(sum(len(members) for members, _ in p.ties[kind])))
            for members, value in p.ties[kind]:
                own = [(who, next(slots) * p.periods) for who in members]
                for t in range(p.periods):
                    shares = {(who, t): self.prices.pop((kind, slot + t), 0) for who, slot in own}
                    shares[members[-1], t] += max(0, value * PER_MICRO - sum(shares.values()))
                    self.worth.update(shares)

    def _price(self, cell: Cell) -> tuple[int, bool]:
        """Return the price of money of the cheapest mix of funds, and whether it can pay an award."""
        left, total = Fraction(1), Fraction(0)
        mixed = ((self.lam[fund, cell[1]], most) for fund, most in self.p.payers[cell[0]].items())
        for lam, most in sorted(mixed):
            part = min(left, most)
            total, left = total + part * lam, left - part
            if not left:
                return total.numerator // total.denominator, True
        return 0, False

    def _is_shut(self, cell: Cell) -> bool:
        low, high, only = self.p.range.get(cell, (1, 0, None))
        unpaid = sum(self.p.payers[cell[0]].values()) < 1 and self.p.fixed[cell[0]] + low > 0
        return self.p.lock[cell[0]] == -1 or low > high or only == [] or unpaid

    def _best(self, cell: Cell, cost: int, payable: bool) -> int:  # noqa: FBT001 - a fact
        """Return the most that working money brings, net of its price."""
        p, (low, high, only) = self.p, self.p.range[cell]
        low, high = (low, high) if payable else (0, 0)
        pieces = []
        for cap, gains in p.pieces.get(cell, {}).values():
            own = sum(p.metrics[name][0] * gain for name, gain in gains.items())
            more = sum(self.metric.get(name, 0) * gain for name, gain in gains.items())
            pieces.append((cap, PER_MICRO * own - -more // MICRO))
        before, base = p.before.get(cell, 0), p.fixed[cell[0]] + p.start[cell[0]]
        only = only if payable else only and [0]
        points = only or [low, high, *accumulate(cap for cap, _ in pieces), before - base]
        best = None
        for x in (x for x in points if only or low <= x <= high):
            net, left = -cost * x + self.churn * min(base + x, before), x
            for cap, gain in pieces:
                net, left = net + gain * min(cap, left), left - min(cap, left)
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
                cost = mix + self.parts[who, t] // FULL
                own = self._best((who, t), cost, payable) - cost * p.fixed[who] - self.in_kind[who, t]
                due, may_go_on = cost * p.start[who], t > 0 and not shut[who, t - 1]
                passed = min(self.passed[who, t] * p.block, due) if due > 0 and may_go_on else 0
                own += self.worth[who, t] * p.block + back - (passed if due > 0 and may_go_on else due)
                back = passed
                total += own if p.lock[who] == 1 or (who, t) in p.promised else max(0, own)
        return Fraction(total, NANO * p.block)


def check(problem: bytes, allocation: bytes, certificate: bytes) -> str:
    """Check the three files and say what they show; raise with every reason when anything does not hold."""
    said = json.loads(certificate)
    rest = {name: value for name, value in said.items() if name != "sha256"}
    own = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    digests = {"problem_sha256": problem, "allocation_sha256": allocation, "sha256": own}
    wrong = [name for name, raw in digests.items() if said[name] != hashlib.sha256(raw).hexdigest()]
    reasons = [f"{name} is of another file" for name in wrong]
    p = PosedProblem(json.loads(problem))
    g = GivenAmounts(p, json.loads(allocation))
    rows = sorted(set(_rows_broken(p, g))) or sorted(set(broken(p, g)))
    value = Fraction(said["value"]) if rows else worth(p, g)
    proven = PriceBound(p, said["prices"], said["transfers"]).total()
    stated, by_prices, kind = Fraction(said["bound"]), Fraction(said["price_bound"]), said["kind"]
    gap = (stated - value) / abs(value) if value else None if stated else Fraction(0)
    claims = (
        (value == Fraction(said["value"]), f"the value is {value}, not {said['value']}"),
        (proven == by_prices, f"the prices prove {proven}, not {by_prices}"),
        (kind == "solver" or (kind == "prices" and stated == by_prices), f"the bound rests on {kind}"),
        (value <= stated <= by_prices, f"the bound {stated} is not between the value and what is proven"),
        (gap == (said["gap"] and Fraction(said["gap"])), f"the gap is {gap}, not {said['gap']}"),
    )
    reasons += [f"breaks {row}" for row in rows] + [text for holds, text in claims if not holds]
    if reasons:
        raise Refusal("; ".join(reasons))
    word = f"on a solver's word; by the prices {float(by_prices):.9g}"
    trust = "by the prices" if kind == "prices" else word
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
