"""Published instances of knapsack and assignment, as textbooks write them and as allocation problems.

Sources: OR-Library (J. E. Beasley, people.brunel.ac.uk/~mastjjb/jeb/info.html), files mknap1, mknap2, gap1:
C. C. Petersen, Computational experience with variants of the Balas algorithm, Management Science 13 (1967);
H. M. Weingartner and D. N. Ness, Methods for the solution of the multidimensional 0/1 knapsack problem,
Operations Research 15 (1967); S. Martello and P. Toth, Knapsack Problems, Wiley (1990). One constraint:
J. Burkardt, KNAPSACK_01 (people.sc.fsu.edu/~jburkardt/datasets/knapsack_01), p01 to p08. Drawn ones follow
P. C. Chu and J. E. Beasley, A genetic algorithm for the multidimensional knapsack problem, Journal of
Heuristics 4 (1998).
"""

import random
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from almoner.finance.allocation.model.highs import Matrix
from almoner.finance.allocation.problem import AllocationDocument

Rows = list[dict[str, object]]
MICRO = 10**6
HEAD = {"unit": "points", "scale": 0, "gap": "1/1000000000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knapsack:
    """Most worth within every capacity; worths in tenths."""

    worth: list[int]
    weights: list[list[int]]
    capacity: list[int]
    optimum: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Every task to one agent, for most worth within every capacity."""

    worth: list[list[int]]
    loads: list[list[int]]
    capacity: list[int]
    optimum: int


def _row(text: str) -> list[int]:
    return [round(10 * float(word)) if "." in word else int(word) for word in text.split()]


def _rows(text: str) -> list[list[int]]:
    return [_row(line) for line in text.strip().splitlines()]


def _whole(worth: str, weights: str, capacity: str, optimum: int) -> Knapsack:
    return Knapsack(
        worth=[10 * each for each in _row(worth)],
        weights=_rows(weights),
        capacity=_row(capacity),
        optimum=Fraction(optimum),
    )


PETERSEN = {
    "petersen1": _whole(
        "100 600 1200 2400 500 2000",
        """8 12 13 64 22 41
        8 12 13 75 22 41
        3 6 4 18 6 4
        5 10 8 32 6 12
        5 13 8 42 6 20
        5 13 8 48 6 20
        0 0 0 0 8 0
        3 0 4 0 8 0
        3 2 4 0 8 4
        3 2 4 8 8 4""",
        "80 96 20 36 44 48 10 18 22 24",
        3800,
    ),
    "petersen2": Knapsack(
        worth=_row("600.1 310.5 1800.0 3850.0 18.6 198.7 882.0 4200.0 402.5 327.0"),
        weights=_rows("""20 5 100 200 2 4 60 150 80 40
        20 7 130 280 2 8 110 210 100 40
        60 3 50 100 4 2 20 40 6 12
        60 8 70 200 4 6 40 70 16 20
        60 13 70 250 4 10 60 90 20 24
        60 13 70 280 4 10 70 105 22 28
        5 2 20 100 2 5 10 60 0 0
        45 14 80 180 6 10 40 100 20 0
        55 14 80 200 6 10 50 140 30 40
        65 14 80 220 6 10 50 180 30 50"""),
        capacity=_row("450 540 200 360 440 480 200 360 440 480"),
        optimum=Fraction(87061, 10),
    ),
    "petersen3": _whole(
        "100 220 90 400 300 400 205 120 160 580 400 140 100 1300 650",
        """8 24 13 80 70 80 45 15 28 90 130 32 20 120 40
        8 44 13 100 100 90 75 25 28 120 130 32 40 160 40
        3 6 4 20 20 30 8 3 12 14 40 6 3 20 5
        5 9 6 40 30 40 16 5 18 24 60 16 11 30 25
        5 11 7 50 40 40 19 7 18 29 70 21 17 30 25
        5 11 7 55 40 40 21 9 18 29 70 21 17 35 25
        0 0 1 10 4 10 0 6 0 6 32 3 0 70 10
        3 4 5 20 14 20 6 12 10 18 42 9 12 100 20
        3 6 9 30 29 20 12 12 10 30 42 18 18 110 20
        3 8 9 35 29 20 16 15 10 30 42 20 18 120 20""",
        "550 700 130 240 280 310 110 205 260 275",
        4015,
    ),
}
WEINGARTNER = {
    name: _whole(
        "1898 440 22507 270 14148 3100 4650 30800 615 4975 1160 4225 510 11880 479 440 490 330 110 560 24355 "
        "2885 11748 4550 750 3720 1950 10500",
        """45 0 85 150 65 95 30 0 170 0 40 25 20 0 0 25 0 0 25 0 165 0 85 0 0 0 0 100
        30 20 125 5 80 25 35 73 12 15 15 40 5 10 10 12 10 9 0 20 60 40 50 36 49 40 19 150""",
        capacity,
        optimum,
    )
    for name, capacity, optimum in (
        ("weing1", "600 600", 141278),
        ("weing2", "500 500", 130883),
        ("weing3", "300 300", 95677),
        ("weing4", "300 600", 119337),
        ("weing5", "600 300", 98796),
    )
}
SINGLE = {
    name: _whole(worth, " ".join(weights.split()), str(capacity), optimum)
    for name, capacity, weights, worth, optimum in (
        ("p01", 165, "23 31 29 44 53 38 63 85 89 82", "92 57 49 68 60 43 67 84 87 72", 309),
        ("p02", 26, "12 7 11 8 9", "24 13 23 15 16", 51),
        ("p03", 190, "56 59 80 64 75 17", "50 50 64 46 50 5", 150),
        ("p04", 50, "31 10 20 19 4 3 6", "70 20 39 37 7 5 10", 107),
        ("p05", 104, "25 35 45 5 25 3 2 2", "350 400 450 20 70 8 5 5", 900),
        ("p06", 170, "41 50 49 59 55 57 60", "442 525 511 593 546 564 617", 1735),
        (
            "p07",
            750,
            "70 73 77 80 82 87 90 94 98 106 110 113 115 118 120",
            "135 139 149 150 156 163 173 184 192 201 210 214 221 229 240",
            1458,
        ),
        (
            "p08",
            6404180,
            """382745 799601 909247 729069 467902 44328 34610 698150 823460 903959 853665 551830 610856 670702
            488960 951111 323046 446298 931161 31385 496951 264724 224916 169684""",
            """825594 1677009 1676628 1523970 943972 97426 69666 1296457 1679693 1902996 1844992 1049289
            1252836 1319836 953277 2067538 675367 853655 1826027 65731 901489 577243 466257 369261""",
            13549094,
        ),
    )
}
C515_1 = Assignment(
    worth=_rows("""17 21 22 18 24 15 20 18 19 18 16 22 24 24 16
        23 16 21 16 17 16 19 25 18 21 17 15 25 17 24
        16 20 16 25 24 16 17 19 19 18 20 16 17 21 24
        19 19 22 22 20 16 19 17 21 19 25 23 25 25 25
        18 19 15 15 21 25 16 16 23 15 22 17 19 22 24"""),
    loads=_rows("""8 15 14 23 8 16 8 25 9 17 25 15 10 8 24
        15 7 23 22 11 11 12 10 17 16 7 16 10 18 22
        21 20 6 22 24 10 24 9 21 14 11 14 11 19 16
        20 11 8 14 9 5 6 19 19 7 6 6 13 9 18
        8 13 13 13 10 20 25 16 16 17 10 10 5 12 23"""),
    capacity=_row("36 34 38 27 33"),
    optimum=336,
)


def drawn(count: int, rows: int, tightness: float, seed: int) -> Knapsack:
    """Draw a problem as Chu and Beasley do: worth goes with weight, capacities are a part of all weights."""
    draw = random.Random(seed)  # noqa: S311 - an instance, no secret
    weights = [[draw.randint(0, 1000) for _ in range(count)] for _ in range(rows)]
    return Knapsack(
        worth=[10 * int(sum(column) / rows + 500 * draw.random()) for column in zip(*weights, strict=True)],
        weights=weights,
        capacity=[int(tightness * sum(row)) for row in weights],
        optimum=Fraction(-1),
    )


def textbook(problem: Knapsack) -> Matrix:
    """One column for each item, one row for each capacity."""
    count, rows = len(problem.worth), len(problem.capacity)
    return Matrix(
        matrix=sp.csc_matrix(np.array(problem.weights, float)),
        cost=-np.array(problem.worth, float) / 10,
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, bool),
        row_lower=np.full(rows, -np.inf),
        row_upper=np.array(problem.capacity, float),
    )


def textbook_assignment(problem: Assignment) -> Matrix:
    """One column for each pair, one row for each agent and each task."""
    agents, tasks = len(problem.capacity), len(problem.worth[0])
    load = sp.csr_matrix(sp.block_diag([np.array([row], float) for row in problem.loads]))
    once = sp.hstack([sp.identity(tasks)] * agents)
    return Matrix(
        matrix=sp.csc_matrix(sp.vstack([load, once])),
        cost=-np.array(problem.worth, float).ravel(),
        lower=np.zeros(agents * tasks),
        upper=np.ones(agents * tasks),
        integer=np.ones(agents * tasks, bool),
        row_lower=np.concatenate([np.full(agents, -np.inf), np.ones(tasks)]),
        row_upper=np.concatenate([np.array(problem.capacity, float), np.ones(tasks)]),
    )


def _items(problem: Knapsack) -> tuple[list[str], list[dict[str, object]]]:
    names = [f"x{at:04d}" for at in range(len(problem.worth))]
    worths = [
        {"kind": "bonus", "members": [name], "value_micro": each * MICRO // 10}
        for name, each in zip(names, problem.worth, strict=True)
    ]
    return names, worths


def _needs(names: list[str], weights: list[list[int]]) -> list[dict[str, object]]:
    return [
        {"intervention_id": name, "resource_id": f"r{at}", "quantity": weight}
        for at, row in enumerate(weights)
        for name, weight in zip(names, row, strict=True)
        if weight
    ]


def of_stocks(problem: Knapsack) -> AllocationDocument:
    """Every capacity is a stock in kind."""
    names, worths = _items(problem)
    stocks = [{"resource_id": f"r{at}", "stock": each} for at, each in enumerate(problem.capacity)]
    return AllocationDocument.from_tables(
        HEAD,
        {
            "funds": [{"fund_id": "pool", "budget_minor": 0}],
            "interventions": {"intervention_id": names},
            "synergies": worths,
            "resources": stocks,
            "needs": _needs(names, problem.weights),
        },
    )


def of_money_first(problem: Knapsack) -> AllocationDocument:
    """The first capacity is a fund and its weights are costs; the others are stocks."""
    names, worths = _items(problem)
    stocks = [{"resource_id": f"r{at}", "stock": each} for at, each in enumerate(problem.capacity[1:])]
    return AllocationDocument.from_tables(
        HEAD,
        {
            "funds": [{"fund_id": "pool", "budget_minor": problem.capacity[0]}],
            "interventions": {"intervention_id": names, "fixed_minor": problem.weights[0]},
            "synergies": worths,
            "resources": stocks,
            "needs": _needs(names, problem.weights[1:]),
        },
    )


def of_tickets(problem: Knapsack) -> AllocationDocument:
    """One capacity is a fund; an item takes its weight as working money, whose last unit brings it all."""
    names, _ = _items(problem)
    weights = problem.weights[0]
    return AllocationDocument.from_tables(
        HEAD,
        {
            "funds": [{"fund_id": "pool", "budget_minor": problem.capacity[0]}],
            "interventions": {"intervention_id": names, "shape": ["free"] * len(names)},
            "tickets": {"intervention_id": names, "min_minor": weights, "max_minor": weights},
            "response": [
                row
                for name, weight, worth in zip(names, weights, problem.worth, strict=True)
                for row in (
                    {"intervention_id": name, "segment": 0, "cap_minor": weight - 1, "gain_micro_per_k": 0},
                    {
                        "intervention_id": name,
                        "segment": 1,
                        "cap_minor": 1,
                        "gain_micro_per_k": worth * MICRO * 100,
                    },
                )
            ],
        },
    )


def _pairs(problem: Assignment) -> tuple[Rows, dict[str, Rows]]:
    pairs = [
        (f"t{task:03d}-a{agent:02d}", agent, task)
        for agent in range(len(problem.capacity))
        for task in range(len(problem.worth[0]))
    ]
    rows: Rows = [
        {"intervention_id": name, "agent": f"a{agent}", "task": f"t{task:03d}"} for name, agent, task in pairs
    ]
    return rows, {
        "synergies": [
            {"kind": "bonus", "members": [name], "value_micro": problem.worth[agent][task] * MICRO}
            for name, agent, task in pairs
        ],
        "resources": [
            {"resource_id": f"a{agent}", "stock": each} for agent, each in enumerate(problem.capacity)
        ],
        "needs": [
            {"intervention_id": name, "resource_id": f"a{agent}", "quantity": problem.loads[agent][task]}
            for name, agent, task in pairs
        ],
    }


def of_counts(problem: Assignment) -> AllocationDocument:
    """Exactly one pair of every task, by a limit on its number."""
    pairs, tables = _pairs(problem)
    once = {"group_kind": "task", "group_id": "*", "floor_count": 1, "cap_count": 1}
    funds = [{"fund_id": "pool", "budget_minor": 0}]
    return AllocationDocument.from_tables(
        HEAD, {"funds": funds, "interventions": pairs, "limits": [once], **tables}
    )


def of_alternatives(problem: Assignment) -> AllocationDocument:
    """At most one pair of every task, by alternatives; as many pairs as tasks."""
    pairs, tables = _pairs(problem)
    tasks = sorted({str(row["task"]) for row in pairs})
    either = [
        {"kind": "alternatives", "members": [row["intervention_id"] for row in pairs if row["task"] == task]}
        for task in tasks
    ]
    every = {"group_kind": "all", "group_id": "all", "floor_count": len(tasks)}
    synergies = [*tables.pop("synergies"), *either]
    funds = [{"fund_id": "pool", "budget_minor": 0}]
    return AllocationDocument.from_tables(
        HEAD, {"funds": funds, "interventions": pairs, "limits": [every], "synergies": synergies, **tables}
    )


def of_earmarks(problem: Assignment) -> AllocationDocument:
    """Every agent is a fund that admits only its own pairs, which cost their load."""
    pairs, tables = _pairs(problem)
    agents = range(len(problem.capacity))
    loads = [load for row in problem.loads for load in row]
    once = {"group_kind": "task", "group_id": "*", "floor_count": 1, "cap_count": 1}
    return AllocationDocument.from_tables(
        HEAD,
        {
            "funds": [{"fund_id": f"f{at}", "budget_minor": problem.capacity[at]} for at in agents],
            "earmarks": [{"fund_id": f"f{at}", "column": "agent", "value": f"a{at}"} for at in agents],
            "interventions": [{**row, "fixed_minor": load} for row, load in zip(pairs, loads, strict=True)],
            "limits": [once],
            "synergies": tables["synergies"],
        },
    )
