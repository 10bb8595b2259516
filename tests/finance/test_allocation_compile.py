"""The compiled model against a second reading of the document that knows neither arrays nor blocks."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from benchmarks.allocation_cases import Rows, random_case
from scipy.optimize import Bounds, LinearConstraint, milp

from almoner.finance.allocation.model.compile import compile_model
from almoner.finance.allocation.model.pulp_bridge import solve_model
from almoner.finance.allocation.problem import AllocationDocument

Cell = tuple[str, int]
Terms = dict[str, float]


class Reading:
    """A problem read row by row, solved by trying every choice."""

    def __init__(self, head: dict[str, Any], tables: dict[str, Rows]) -> None:
        self.tables = defaultdict(list, tables)
        self.periods = range(len(head["periods"]))
        self.churn = getattr(head.get("objective"), "churn_bp", None)
        self.who = {row["intervention_id"]: row for row in tables["interventions"]}
        self.funds = sorted({row["fund_id"] for row in tables["funds"]})
        self.weight = {row["metric_id"]: row["weight"] for row in self.tables["metrics"]} or {None: 1}
        self.cells = [(name, period) for name in sorted(self.who) for period in self.periods]
        self.ticket = {self.at(row): row for row in self.tables["tickets"]}
        self.pieces: dict[Cell, dict[Any, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
        for row in self.tables["response"]:
            self.pieces[self.at(row)][row.get("metric_id")].append(
                (row["cap_minor"], row["gain_micro_per_k"])
            )
        self.metrics = sorted(self.weight, key=str)
        self.steps = {cell: list(self.allowed(cell)) for cell in self.cells if self.tranches(cell)}

    def at(self, row: dict[str, Any]) -> Cell:
        return row["intervention_id"], row["period"]

    def tranches(self, cell: Cell) -> Rows:
        return [row for row in self.tables["tranches"] if self.at(row) == cell]

    def allowed(self, cell: Cell) -> Iterator[int]:
        total, least = 0, 0
        sums = []
        for row in self.tranches(cell):
            total += row["amount_minor"]
            if row["state"] == "committed":
                least = total
            if row["state"] != "waiting":
                sums.append(total)
        low, high = self.range(cell)
        return (each for each in sorted(set(sums)) if each >= least and low <= each <= high)

    def caps(self, cell: Cell) -> list[int]:
        return [cap for cap, _ in next(iter(self.pieces[cell].values()), [])]

    def range(self, cell: Cell) -> tuple[int, int]:
        row = self.ticket.get(cell)
        low, high = (row["min_minor"], row["max_minor"]) if row else (0, sum(self.caps(cell)))
        needs_money = high > 0 and self.who[cell[0]].get("fixed_minor", 0) == 0
        return (max(low, 1), high) if needs_money else (low, high)

    def is_open(self, cell: Cell) -> bool:
        named = {each for each in self.cells if each in self.ticket or self.pieces.get(each)}
        return cell in named or not any(each[0] == cell[0] for each in named)

    def choices(self) -> Iterator[dict[Cell, int]]:
        options = []
        for cell in self.cells:
            lock = self.who[cell[0]]["lock"]
            promised = any(row["state"] == "committed" for row in self.tranches(cell))
            must = lock == 1 or promised
            options.append([0] if lock == -1 or not self.is_open(cell) else [1] if must else [0, 1])
        for funded in itertools.product(*options):
            choice = dict(zip(self.cells, funded, strict=True))
            if self.agrees(choice):
                yield choice

    def agrees(self, choice: dict[Cell, int]) -> bool:
        for row, period in itertools.product(self.tables["synergies"], self.periods):
            funded = [choice[name, period] for name in row["members"]]
            broken = {
                "needs": funded[0] > funded[-1],
                "any_of": funded[0] > max(funded[1:], default=1),
                "bundle": len(set(funded)) > 1,
                "alternatives": sum(funded) > 1,
            }
            if broken.get(row["kind"], False):
                return False
        for row in self.tables["limits"]:
            count = sum(choice[cell] for cell in self.members(row))
            if not row.get("floor_count", 0) <= count <= row.get("cap_count", len(self.cells)):
                return False
        return True

    def members(self, row: dict[str, Any]) -> list[Cell]:
        return [
            cell
            for cell in self.cells
            if self.who[cell[0]]["region"] == row["group_id"] and row["period"] in {-1, cell[1]}
        ]

    def best(self) -> float | None:
        """The highest value [micro value] over every choice, shape and level."""
        found = [
            value
            for choice in self.choices()
            for fill in self.fills(choice)
            if (value := Program(self, choice, fill).value()) is not None
        ]
        return max(found, default=None)

    def fills(self, choice: dict[Cell, int]) -> Iterator[dict[Cell, tuple[str, int]]]:
        options: dict[Cell, list[tuple[str, int]]] = {}
        for cell, funded in choice.items():
            if funded and cell in self.steps:
                options[cell] = [("step", step) for step in self.steps[cell]]
            elif funded and self.who[cell[0]]["shape"] == "free":
                options[cell] = [("piece", at) for at in range(len(self.caps(cell)))] or [("piece", 0)]
        for chosen in itertools.product(*options.values()):
            yield dict(zip(options, chosen, strict=True))

    def fund_admits(self, fund: str, name: str) -> bool:
        rows = [row for row in self.tables["earmarks"] if row["fund_id"] == fund]
        return not rows or any(row["value"] == self.who[name]["region"] for row in rows)

    def part(self, fund: str, name: str) -> float:
        parts = [1.0]
        for row in self.tables["earmarks"]:
            if row["fund_id"] == fund and row["value"] == self.who[name]["region"]:
                match = row.get("match_bp")
                parts += [row.get("max_share_bp", 10_000) / 10_000]
                parts += [match / (10_000 + match)] if match is not None else []
        return min(parts)


class Program:
    """The money that is left to divide when the choice is made, written rule by rule."""

    def __init__(self, case: Reading, choice: dict[Cell, int], fill: dict[Cell, tuple[str, int]]) -> None:
        self.case, self.choice, self.fill = case, choice, fill
        self.bounds: dict[str, tuple[float, float]] = {}
        self.whole: set[str] = set()
        self.gain: Terms = defaultdict(float)
        self.rows: list[tuple[Terms, float, float]] = []
        self.constant = 0.0
        self.funded = [cell for cell in case.cells if choice[cell]]

    def value(self) -> float | None:
        self.working()
        self.flows()
        self.budgets()
        self.in_kind()
        self.limits()
        self.together()
        self.actors()
        self.others()
        return self.solved()

    def variable(self, name: str, low: float = 0.0, high: float = np.inf) -> Terms:
        self.bounds[name] = (low, high)
        return {name: 1.0}

    def row(self, terms: Terms, low: float = -np.inf, high: float = np.inf) -> None:
        self.rows.append((terms, low, high))

    def cost(self, cell: Cell) -> float:
        row = self.case.who[cell[0]]
        starts = not self.choice.get((cell[0], cell[1] - 1), 0)
        return float(row["fixed_minor"] + (row["start_minor"] if starts else 0))

    def award(self, cells: list[Cell], factor: float = 1.0) -> Terms:
        total: Terms = defaultdict(float)
        for cell in cells:
            if self.choice[cell]:
                total["one"] += factor * self.cost(cell)
                for at in range(len(self.case.caps(cell)) + 1):
                    total[f"s/{cell}/{at}"] += factor
        return total

    def working(self) -> None:
        case = self.case
        self.variable("one", 1.0, 1.0)
        for cell in self.funded:
            caps = case.caps(cell)
            kind, at = self.fill.get(cell, ("any", 0))
            low, high = case.range(cell)
            caps = [*caps, 0 if caps else high]  # money without a response
            names = [f"s/{cell}/{number}" for number in range(len(caps))]
            for number, cap in enumerate(caps):
                least = cap if kind == "piece" and number < at else 0
                most = 0 if kind == "piece" and number > at and case.caps(cell) else cap
                self.variable(names[number], least, most)
                for metric, pieces in case.pieces.get(cell, {}).items():
                    if number < len(pieces):
                        self.gain[names[number]] += case.weight[metric] * pieces[number][1] / 100_000
            self.row(dict.fromkeys(names, 1.0), *((at, at) if kind == "step" else (low, high)))
            if kind == "step" and case.who[cell[0]]["shape"] == "free":
                rest = at
                for number, cap in enumerate(caps):
                    self.variable(names[number], min(cap, rest), min(cap, rest))
                    rest -= min(cap, rest)

    def prices(self) -> dict[int, int | None]:
        return {row["period"]: row.get("price_minor") for row in self.case.tables["resources"]}

    def flows(self) -> None:
        case = self.case
        for fund in case.funds:
            for name, period in self.funded:
                if case.fund_admits(fund, name):
                    self.variable(f"x/{fund}/{name}/{period}")
        for cell in self.funded:
            paid = {
                f"x/{fund}/{cell[0]}/{cell[1]}": 1.0 for fund in case.funds if case.fund_admits(fund, cell[0])
            }
            self.row(plus(paid, self.award([cell], -1.0)), 0, 0)
            for fund in case.funds:
                if case.fund_admits(fund, cell[0]):
                    own = {f"x/{fund}/{cell[0]}/{cell[1]}": 1.0}
                    self.row(plus(own, self.award([cell], -case.part(fund, cell[0]))), high=0)

    def free(self) -> list[str]:
        """Funds without any earmark."""
        bound = {row["fund_id"] for row in self.case.tables["earmarks"]}
        return [fund for fund in self.case.funds if fund not in bound]

    def budgets(self) -> None:
        case, free = self.case, self.free()
        price = self.prices()
        for period in case.periods:
            if price.get(period) is not None:
                for fund in free:
                    self.variable(f"p/{fund}/{period}")
                    self.whole.add(f"p/{fund}/{period}")
        for row in case.tables["funds"]:
            fund, period = row["fund_id"], row["period"]
            self.variable(f"c/{fund}/{period}", 0, row.get("carry_limit_minor", 0))
            paid = {
                f"x/{fund}/{name}/{when}": 1.0
                for name, when in self.funded
                if when == period and case.fund_admits(fund, name)
            }
            if fund in free and price.get(period) is not None:
                paid[f"p/{fund}/{period}"] = float(price[period] or 0)
            paid[f"c/{fund}/{period}"] = 1.0
            if period:
                paid[f"c/{fund}/{period - 1}"] = -(1 - row["carry_fee_bp"] / 10_000)
            self.row(paid, high=row["budget_minor"])

    def in_kind(self) -> None:
        case, free, price = self.case, self.free(), self.prices()
        for row in case.tables["resources"]:
            period = row["period"]
            used = sum(
                need["quantity"]
                for need in case.tables["needs"]
                if self.choice[need["intervention_id"], period]
            )
            bought = {f"p/{fund}/{period}": 1.0 for fund in free} if price[period] is not None else {}
            self.row({**bought, "one": 0.0}, low=used - row["stock"])

    def limits(self) -> None:
        case = self.case
        for row in case.tables["limits"]:
            money = self.award(case.members(row))
            everyone = [cell for cell in case.cells if row["period"] in {-1, cell[1]}]
            self.row(money, row.get("floor_minor", -np.inf), row.get("cap_minor", np.inf))
            for key, sign in (("floor_share_bp", 1), ("cap_share_bp", -1)):
                if key in row:
                    total = self.award(everyone, -row[key] / 10_000)
                    both = plus(self.award(case.members(row)), total)
                    self.row({name: sign * value for name, value in both.items()}, low=0)
        for row in case.tables["concentration"]:
            everyone = [cell for cell in case.cells if row["period"] in {-1, cell[1]}]
            names = sorted(case.who)
            for some in itertools.combinations(names, min(row["count"], len(names))):
                few = [cell for cell in everyone if cell[0] in some]
                self.row(plus(self.award(few), self.award(everyone, -row["share_bp"] / 10_000)), high=0)

    def together(self) -> None:
        for number, (row, period) in enumerate(
            itertools.product(self.case.tables["synergies"], self.case.periods)
        ):
            cells = [(name, period) for name in row["members"]]
            if not all(self.choice[cell] for cell in cells):
                continue
            value = row.get("value_micro", 0)
            if row["kind"] in {"bonus", "overlap"}:
                self.constant += value if row["kind"] == "bonus" else -value
            elif row["kind"] == "intensity":
                self.gain[f"u/{number}"] += value
                self.variable(f"u/{number}", 0, 1)
                for cell in cells:
                    high = self.high(cell)
                    if high:
                        pieces = {f"s/{cell}/{at}": -1 / high for at in range(len(self.case.caps(cell)) + 1)}
                        self.row({f"u/{number}": 1.0, **pieces}, high=0)

    def high(self, cell: Cell) -> int:
        steps = self.case.steps.get(cell)
        return min(max(steps), self.case.range(cell)[1]) if steps else self.case.range(cell)[1]

    def actors(self) -> None:
        case = self.case
        for cell in self.funded:
            rows = [row for row in case.tables["actors"] if row["intervention_id"] == cell[0]]
            parts: Terms = {}
            for row in rows:
                name = f"v/{row['actor_id']}/{cell}"
                parts |= self.variable(name, row.get("low_minor", 0), row.get("high_minor", np.inf))
                if "share_bp" in row:
                    self.row(plus({name: 1.0}, self.award([cell], -row["share_bp"] / 10_000)), 0, 0)
            if rows:
                self.row(plus(parts, self.award([cell], -1.0)), 0, 0)
        for row in case.tables["actor_caps"]:
            found = [f"v/{row['actor_id']}/{cell}" for cell in self.funded if cell[1] == row["period"]]
            self.row(
                {name: 1.0 for name in found if name in self.bounds} | {"one": 0.0}, high=row["cap_minor"]
            )

    def others(self) -> None:
        case = self.case
        for row in case.tables["metrics"]:
            outcome: Terms = {"one": 0.0}
            for cell in self.funded:
                for at, (_, gain) in enumerate(case.pieces[cell].get(row["metric_id"], [])):
                    outcome[f"s/{cell}/{at}"] = gain / 100_000
            self.row(outcome, low=row.get("floor_micro", -np.inf))
        for row in case.tables["overrides"]:
            cells = [cell for cell in case.cells if cell[0] == row["intervention_id"]]
            bound = {"low" if row["kind"] == "at_least" else "high": row["amount_minor"]}
            self.row({"one": 0.0, **self.award(cells)}, **bound)
        if case.churn is not None:
            lost: Terms = {"one": 0.0}
            for row in case.tables["previous"]:
                cell = case.at(row)
                lost |= self.variable(f"d/{cell}")
                self.row(plus({f"d/{cell}": 1.0}, self.award([cell])), low=row["amount_minor"])
            total = sum(row["amount_minor"] for row in case.tables["previous"])
            self.row(lost, high=total * case.churn // 10_000)  # amounts are whole

    def solved(self) -> float | None:
        names = list(self.bounds)
        place = {name: at for at, name in enumerate(names)}
        matrix = np.zeros((len(self.rows), len(names)))
        for at, (terms, _, _) in enumerate(self.rows):
            for name, factor in terms.items():
                matrix[at, place[name]] += factor
        low, high = (np.array([row[side] for row in self.rows], float) for side in (1, 2))
        cost = np.array([-self.gain.get(name, 0.0) for name in names])
        lower, upper = (np.array([self.bounds[name][side] for name in names], float) for side in (0, 1))
        if (lower > upper).any():
            return None
        answer = milp(
            cost,
            constraints=LinearConstraint(matrix, low - 1e-7, high + 1e-7),
            bounds=Bounds(lower, upper),
            integrality=np.array([int(name in self.whole) for name in names]),
        )
        return None if answer.x is None else self.constant - float(answer.fun)


def plus(first: Terms, second: Terms) -> Terms:
    total: Terms = defaultdict(float, first)
    for name, value in second.items():
        total[name] += value
    return total


@pytest.mark.parametrize("seed", range(20))
def test_the_model_finds_what_trying_everything_finds(seed: int) -> None:
    head, tables = random_case(seed, most_cells=5)
    document = AllocationDocument.from_tables(head, tables)
    best = Reading(head, tables).best()
    for form in ("aggregated", "base"):
        model = compile_model(document.arrays, form=form)
        outcome = solve_model(model, gap=1e-9)
        if best is None:
            assert outcome.status == "infeasible"
        else:
            assert outcome.status == "solved"
            assert model.micro(outcome.objective) == pytest.approx(best, rel=1e-5, abs=0.05)
