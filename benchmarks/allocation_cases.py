"""Small random allocation problems that use every feature, for tests that compare with full enumeration.

The problem: faults hide where rules meet. Each seed gives one problem of a few interventions and periods, in
which every section of a document appears with some chance; about two in three have an answer.
"""

from typing import Any

import numpy as np

from almoner.finance.allocation.sections import Objective

Rows = list[dict[str, Any]]
REGIONS = ("n", "s")
COARSE = 100  # minor units


class _Maker:
    """One problem under construction."""

    def __init__(self, seed: int, most_cells: int) -> None:
        self.random = np.random.default_rng([seed, 5])
        self.periods = int(self.random.integers(1, 3))
        self.count = int(self.random.integers(2, max(3, most_cells // self.periods + 1)))
        self.names = [f"i{at}" for at in range(self.count)]
        self.funds = [f"f{at}" for at in range(int(self.random.integers(1, 4)))]
        self.has_metrics = self.chance(0.25)
        self.is_coarse = self.chance(0.4)  # round amounts: many answers are equally good
        self.tables: dict[str, Rows] = {}

    def chance(self, part: float) -> bool:
        return bool(self.random.random() < part)

    def amount(self, least: int, most: int) -> int:
        drawn = int(self.random.integers(least, most + 1))
        return max(least, drawn - drawn % COARSE) if self.is_coarse and most > COARSE else drawn

    def pick(self, names: list[str], count: int) -> list[str]:
        return [names[at] for at in self.random.permutation(len(names))[:count].tolist()]

    def cells(self) -> list[tuple[str, int]]:
        return [(name, period) for name in self.names for period in range(self.periods)]

    def made(self) -> tuple[dict[str, Any], dict[str, Rows]]:
        """Return the head and the sections of the document."""
        head: dict[str, Any] = {
            "unit": "USD",
            "scale": 2,
            "periods": tuple(f"p{at}" for at in range(self.periods)),
        }
        self.interventions()
        self.responses()
        self.money()
        self.synergies()
        self.limits()
        self.people()
        self.in_kind()
        if self.chance(0.2):
            self.earlier()
            head["objective"] = Objective(churn_bp=self.amount(2000, 10_000))
        return head, {name: rows for name, rows in self.tables.items() if rows}

    def interventions(self) -> None:
        self.tables["interventions"] = [
            {
                "intervention_id": name,
                "fixed_minor": self.amount(0, 300) if self.chance(0.6) else 0,
                "start_minor": self.amount(50, 300) if self.chance(0.3) else 0,
                "lock": int(self.random.choice([0] * 14 + [1, -1])),
                "shape": "free" if self.chance(0.3) else "concave",
                "region": REGIONS[self.amount(0, 1)],
            }
            for name in self.names
        ]
        self.tables["overrides"] = [
            {"override_id": f"o-{name}-{kind}", "kind": kind, "intervention_id": name,
             "amount_minor": self.amount(1, 900), "decided_by": "board", "reason": "agreed"}
            for name in self.names
            for kind in ("at_least", "at_most")
            if self.chance(0.04)
        ]  # fmt: skip

    def responses(self) -> None:
        metrics = ["m0", "m1"] if self.has_metrics else [None]
        self.tables["metrics"] = [
            {
                "metric_id": name,
                "weight": self.amount(0, 3),
                **({"floor_micro": self.amount(0, 6_000)} if self.chance(0.4) else {}),
            }
            for name in metrics
            if name
        ]
        self.tables["response"], self.tables["tickets"], self.tables["tranches"] = [], [], []
        shape = {row["intervention_id"]: row["shape"] for row in self.tables["interventions"]}
        for name, period in self.cells():
            kind = self.random.random()
            if kind < 0.08:  # noqa: PLR2004 - in kind only
                continue
            self.response(name, period, metrics, shape[name])

    def response(self, name: str, period: int, metrics: list[Any], shape: str) -> None:
        caps = [self.amount(0, 500) for _ in range(self.amount(1, 3))]
        for metric in metrics:
            gains = [self.amount(0, 3_000_000) for _ in caps]
            gains = gains if shape == "free" else sorted(gains, reverse=True)
            self.tables["response"] += [
                {"intervention_id": name, "period": period, "segment": at, "cap_minor": cap,
                 "gain_micro_per_k": gain, **({"metric_id": metric} if metric else {})}
                for at, (cap, gain) in enumerate(zip(caps, gains, strict=True))
            ]  # fmt: skip
        most = self.amount(sum(caps) // 2, sum(caps))
        if self.chance(0.7):
            self.tables["tickets"].append(
                {
                    "intervention_id": name,
                    "period": period,
                    "min_minor": self.amount(0, most),
                    "max_minor": most,
                }
            )
        if self.chance(0.15):
            states = ["open", "waiting"] if self.chance(0.3) else ["committed", "open", "open"]
            states = [state for state in states if state != "committed" or name not in self.shut()]
            self.tables["tranches"] += [
                {"intervention_id": name, "period": period, "ordinal": at, "state": state,
                 "amount_minor": self.amount(0, 1 + sum(caps) // 2)}
                for at, state in enumerate(states)
            ]  # fmt: skip

    def shut(self) -> set[str]:
        return {row["intervention_id"] for row in self.tables["interventions"] if row["lock"] < 0}

    def money(self) -> None:
        self.tables["funds"] = [
            {"fund_id": fund, "period": period, "budget_minor": self.amount(100, 1200),
             **({"carry_limit_minor": self.amount(1, 500), "carry_fee_bp": 700 * at}
                if at % 2 == 0 and period < self.periods - 1 else {"carry_fee_bp": 700 * at})}
            for at, fund in enumerate(self.funds)
            for period in range(self.periods)
        ]  # fmt: skip
        rows: Rows = []
        for fund in self.funds[1:]:
            if self.chance(0.7):
                bounds = [
                    {},
                    {"max_share_bp": self.amount(2000, 9000)},
                    {"match_bp": self.amount(1000, 20_000)},
                ]
                bound: dict[str, Any] = bounds[self.amount(0, 2)]
                present = sorted({row["region"] for row in self.tables["interventions"]})
                rows.append({"fund_id": fund, "column": "region", "value": present[0], **bound})
        self.tables["earmarks"] = rows

    def synergies(self) -> None:
        rows: Rows = []
        for kind, least, most in (
            ("bonus", 1, 3), ("bonus", 2, 2), ("intensity", 1, 2), ("needs", 2, 2), ("any_of", 2, 3),
            ("bundle", 2, 2), ("overlap", 2, 2), ("alternatives", 2, 3),
        ):  # fmt: skip
            size = min(self.amount(least, most), self.count)
            if size >= least and self.chance(0.3):
                value = (
                    {"value_micro": self.amount(0, 8000)} if kind in {"bonus", "intensity", "overlap"} else {}
                )
                rows.append({"kind": kind, "members": self.pick(self.names, size), **value})
        self.tables["synergies"] = rows

    def limits(self) -> None:
        rows: Rows = []
        present = sorted({row["region"] for row in self.tables["interventions"]})
        for region in present:
            for period in (-1, self.amount(0, self.periods - 1)):
                if self.chance(0.25):
                    row = {"group_kind": "region", "group_id": region, "period": period}
                    rows.append(row | self.bounds(period))
        self.tables["limits"] = rows
        self.tables["concentration"] = [
            {"count": self.amount(1, 2), "period": period, "share_bp": self.amount(4000, 9500)}
            for period in range(-1, self.periods)
            if self.chance(0.1)
        ]

    def bounds(self, period: int) -> dict[str, int]:
        scale = self.periods if period < 0 else 1
        choices = (
            {"floor_minor": self.amount(1, 300) * scale},
            {"cap_minor": self.amount(300, 1500) * scale},
            {"floor_share_bp": self.amount(500, 4000)},
            {"cap_share_bp": self.amount(4000, 9500)},
            {"floor_count": self.amount(0, 1)},
            {"cap_count": self.amount(1, 2)},
        )
        return choices[self.amount(0, 5)] | choices[self.amount(0, 5)]

    def people(self) -> None:
        rows: Rows = []
        for name in self.names:
            if self.chance(0.3):
                part = self.amount(0, 10_000)
                rows += [
                    {"intervention_id": name, "actor_id": "a", "share_bp": part},
                    {"intervention_id": name, "actor_id": "b", "share_bp": 10_000 - part}
                    | (
                        {"low_minor": self.amount(1, 60), "high_minor": self.amount(60, 600)}
                        if self.chance(0.3)
                        else {}
                    ),
                ]
            elif self.chance(0.2):
                rows += [
                    {"intervention_id": name, "actor_id": "a", "low_minor": self.amount(0, 150)},
                    {"intervention_id": name, "actor_id": "b", "high_minor": self.amount(50, 600)},
                ]
        self.tables["actors"] = rows
        named = sorted({row["actor_id"] for row in rows})
        self.tables["actor_caps"] = [
            {"actor_id": actor, "period": period, "cap_minor": self.amount(100, 900)}
            for actor in named
            for period in range(self.periods)
            if self.chance(0.4)
        ]

    def part_bounds(self) -> dict[str, int]:
        if not self.chance(0.3):
            return {}
        return {"low_minor": self.amount(1, 60), "high_minor": self.amount(60, 600)}

    def in_kind(self) -> None:
        if not self.chance(0.35):
            return
        self.tables["resources"] = [
            {"resource_id": "beds", "period": period, "stock": self.amount(0, 12),
             **({"price_minor": self.amount(5, 60)} if self.chance(0.6) else {})}
            for period in range(self.periods)
        ]  # fmt: skip
        self.tables["needs"] = [
            {"intervention_id": name, "resource_id": "beds", "quantity": self.amount(1, 8)}
            for name in self.names
            if self.chance(0.7)
        ]

    def earlier(self) -> None:
        self.tables["previous"] = [
            {"intervention_id": name, "period": period, "amount_minor": self.amount(0, 600)}
            for name, period in self.cells()
            if self.chance(0.5)
        ]


def random_case(seed: int, most_cells: int = 6) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Return one problem: the head of the document and its sections as rows.

    Parameters
    ----------
    seed : int
        Which one.
    most_cells : int [cells]
        Most interventions times periods.

    Examples
    --------
    >>> head, tables = random_case(1)
    >>> head["unit"], sorted(tables)[0] <= "interventions"
    ('USD', True)
    """
    return _Maker(seed, most_cells).made()
