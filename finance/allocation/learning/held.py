"""Held money: what is paid or encumbered stays where it is, to the unit and in its fund.

The problem: a solver that may re-route every flow will gladly let another fund pay what one fund has
already promised. Held amounts therefore leave their fund for one of their own, which admits only those to
whom they are promised and whom the same funds admit. Whoever holds a promise keeps at least that much
money, so in any answer the promised fund can take its place again by exchanging payments inside such a
group, and ``merged`` does it: the exchange changes no award, and no fund pays more than it has. Where a
fund may pay only a part of an award, what it holds is taken off that part in proportion, which is a little
stricter than the rule.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np

from ...errors import AllocationRejected
from ..answer import Allocation, AllocationLine, Carried
from ..arrays import ProblemArrays
from ..columns import FULL_BP, MAX_COUNT
from ..faults import grouping
from ..problem import AllocationDocument, rule_id
from ..variants import variant

Cell = tuple[str, int]
Group = tuple[object, ...]
OWN_GROUP = "held_alone"
NEVER = MAX_COUNT**2  # more money than any fund keeps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """What may not be touched.

    Attributes
    ----------
    lines : tuple of AllocationLine
        Held amounts, fund by fund.
    money : Mapping [minor units]
        Intervention and period -> held money.
    working : Mapping [minor units]
        The same without fixed and start cost.
    now : int [periods]
        Index of the first period that is still open.
    closed : tuple of (str, int)
        Cells of earlier periods in which nothing was awarded.
    funds : Mapping
        Fund of held money -> the fund it comes from.
    names : Mapping
        A fund and those whom the same funds admit -> the fund of its held money.
    group_of : Mapping
        Intervention -> which funds admit it.
    """

    lines: tuple[AllocationLine, ...]
    money: Mapping[Cell, int]
    working: Mapping[Cell, int]
    now: int
    closed: tuple[Cell, ...]
    funds: Mapping[str, str]
    names: Mapping[tuple[str, Group], str]
    group_of: Mapping[str, Group]

    @classmethod
    def of(
        cls, document: AllocationDocument, before: Allocation, lines: Sequence[AllocationLine], now: int
    ) -> Self:
        """Collect what is held.

        Parameters
        ----------
        document : AllocationDocument
            The problem.
        before : Allocation
            What is in force.
        lines : sequence of AllocationLine
            Held amounts, parts of its lines.
        now : int [periods]
            Index of the first period that is still open.

        Raises
        ------
        AllocationRejected
            When more is held than was awarded.
        """
        _require_awarded(document, before, lines)
        arrays = document.arrays
        at = {who: place for place, who in enumerate(arrays.intervention_ids)}
        money: dict[Cell, int] = defaultdict(int)
        for line in lines:
            money[line.intervention_id, line.period] += line.amount_minor
        chosen = set(before.chosen)
        least = _least_awards(arrays, lines, money)
        working = {
            (who, period): max(
                0,
                minor
                - int(arrays.fixed[at[who]])
                - (0 if (who, period - 1) in chosen else int(arrays.start[at[who]])),
            )
            for (who, period), minor in least.items()
        }
        groups = _groups(arrays)
        pairs = sorted({(line.fund_id, groups[line.intervention_id]) for line in lines}, key=repr)
        prefix = "held:"
        while any(fund.startswith(prefix) for fund in arrays.fund_ids):
            prefix += ":"
        names = {pair: f"{prefix}{number}" for number, pair in enumerate(pairs)}
        return cls(
            lines=tuple(sorted(lines)),
            money=dict(money),
            working=working,
            now=now,
            closed=tuple(
                (who, period)
                for who in arrays.intervention_ids
                for period in range(now)
                if (who, period) not in chosen
            ),
            funds={name: fund for (fund, _), name in names.items()},
            names=names,
            group_of=groups,
        )

    def fund_of(self, line: AllocationLine) -> str:
        """Return the fund that holds an amount."""
        return self.names[line.fund_id, self.group_of[line.intervention_id]]

    def posed(self, rules: AllocationDocument) -> AllocationDocument:
        """Return the problem with held money in funds of its own, all money in the base unit.

        Parameters
        ----------
        rules : AllocationDocument
            Of ``with_held``.
        """
        if not self.lines:
            return rules
        own: dict[tuple[str, int], int] = defaultdict(int)
        admits: set[tuple[str, str]] = set()
        for line in self.lines:
            name = self.fund_of(line)
            own[name, line.period] += line.amount_minor
            admits.add((name, line.intervention_id))
        rows = self.open_funds(rules)[0]
        rows += [
            {"fund_id": fund, "period": period, "budget_minor": minor}
            for (fund, period), minor in sorted(own.items())
        ]
        earmarks = self._earmarks(rules)
        earmarks += [{"fund_id": fund, "intervention_id": who} for fund, who in sorted(admits)]
        return variant(rules, {"funds": rows, "earmarks": earmarks, "rates": []})

    def _earmarks(self, rules: AllocationDocument) -> list[dict[str, Any]]:
        """Return whom funds admit; where a fund may pay a part only, held money is taken off that part."""
        arrays = rules.arrays
        if not arrays.has_shares:
            return rules.earmarks.rows()
        lines = [line for line in self.lines if line.period >= self.now]
        money: dict[Cell, int] = defaultdict(int)
        for line in lines:
            money[line.intervention_id, line.period] += line.amount_minor
        least = _least_awards(arrays, lines, money)
        taken: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for line in lines:
            who = line.intervention_id
            part = Fraction(line.amount_minor, least[who, line.period])
            taken[line.fund_id, who] = max(taken[line.fund_id, who], part)
        rows: list[dict[str, Any]] = []
        for fund, name in enumerate(arrays.fund_ids):
            for at in np.flatnonzero(arrays.eligible[:, fund] & ~arrays.unrestricted[fund]).tolist():
                who = arrays.intervention_ids[at]
                num, den = int(arrays.share_num[at, fund]), int(arrays.share_den[at, fund])
                row: dict[str, Any] = {"fund_id": name, "intervention_id": who}
                if num < den and taken[name, who]:
                    row["max_share_bp"] = max(0, int((Fraction(num, den) - taken[name, who]) * FULL_BP))
                elif num < den:
                    row |= {"max_share_bp": num} if den == FULL_BP else {"match_bp": num}
                rows.append(row)
        return rows

    def open_funds(self, rules: AllocationDocument) -> tuple[list[dict[str, Any]], tuple[Carried, ...]]:
        """Return the funds without held money, in the base unit, and what they kept to pay it.

        Held money that is more than a period's budget was kept from the period before; it is taken off there.

        Parameters
        ----------
        rules : AllocationDocument
            Of ``with_held``.

        Raises
        ------
        AllocationRejected
            When a fund holds more than it has.
        """
        rows: list[dict[str, Any]] = []
        kept: list[Carried] = []
        for at, fund in enumerate(rules.arrays.fund_ids):
            paid = [0] * rules.arrays.period_count
            for line in self.lines:
                if line.fund_id == fund:
                    paid[line.period] += line.amount_minor
            for period in reversed(range(len(paid))):
                row, before = _open_period(rules, at, period, paid[period])
                rows.append(row)
                if before:
                    paid[period - 1] += before
                    kept.append(Carried(fund_id=fund, period=period - 1, amount_minor=before))
        for row in rows:
            for one in kept:
                if (one.fund_id, one.period) == (row["fund_id"], row["period"]):
                    row["carry_limit_minor"] -= one.amount_minor
        return rows, tuple(kept)


def _open_period(rules: AllocationDocument, at: int, period: int, paid: int) -> tuple[dict[str, Any], int]:
    """Return what a fund has left in a period, and what it must have kept from the one before."""
    arrays = rules.arrays
    fund, fee = arrays.fund_ids[at], int(arrays.carry_fee_bp[at])
    left = int(arrays.budget[at, period]) - paid
    row = {
        "fund_id": fund,
        "period": period,
        "budget_minor": max(0, left),
        "carry_limit_minor": int(arrays.carry_limit[at, period]),
        "carry_fee_bp": fee,
        "unrestricted": int(arrays.unrestricted[at]),
    }
    if left >= 0:
        return row, 0
    before = -(left * FULL_BP // (FULL_BP - fee)) if fee < FULL_BP else NEVER
    if not period or before > int(arrays.carry_limit[at, period - 1]):
        raise AllocationRejected(
            f"Fund {fund} holds {rules.amount(-left)} more in period {period} than it has. "
            "Held money needs the budget from which it was awarded.",
            rules=[rule_id("budget", fund, period)],
            findings=[],
        )
    return row, before


def with_held(document: AllocationDocument, held: Held) -> AllocationDocument:
    """Return the problem in which held cells stay funded with what they hold, and closed ones stay closed.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    held : Held
        What may not be touched.
    """
    if not held.money and not held.closed:
        return document
    column = OWN_GROUP
    while column in grouping(document):
        column += "_"
    cells = {who for who, _ in [*held.money, *held.closed]}
    interventions = [
        {**row, column: row["intervention_id"]} if row["intervention_id"] in cells else row
        for row in document.interventions.rows()
    ]
    limits = [*document.limits.rows()]
    limits += [
        {"group_kind": column, "group_id": who, "period": period, "floor_count": 1}
        for who, period in sorted(held.money)
    ]
    limits += [
        {"group_kind": column, "group_id": who, "period": period, "cap_count": 0}
        for who, period in held.closed
    ]
    return variant(
        document, {"interventions": interventions, "limits": limits, "tickets": _tickets(document, held)}
    )


def _tickets(document: AllocationDocument, held: Held) -> list[dict[str, Any]]:
    """Raise the least amount of every held cell to what it holds; in earlier periods also lower the most."""
    arrays = document.arrays
    at = {who: place for place, who in enumerate(arrays.intervention_ids)}
    rows = {(row["intervention_id"], row.get("period", 0)): row for row in document.tickets.rows()}
    for (who, period), working in held.working.items():
        row = rows.get((who, period), {"intervention_id": who, "period": period})
        high = int(arrays.high[at[who] * arrays.period_count + period])
        most = working if period < held.now else row.get("max_minor", high)
        rows[who, period] = {**row, "min_minor": max(working, row.get("min_minor", 0)), "max_minor": most}
        if period < held.now:
            rows[who, period]["min_minor"] = working
    return [rows[cell] for cell in sorted(rows)]


def merged(rules: AllocationDocument, held: Held, answer: Allocation) -> Allocation:
    """Return an answer to ``posed`` in the real funds, every held amount in the fund that holds it.

    Parameters
    ----------
    rules : AllocationDocument
        Of ``with_held``.
    held : Held
        What may not be touched.
    answer : Allocation
        To ``held.posed(rules)``.
    """
    if not held.lines:
        return answer
    groups = _groups(rules.arrays)
    paid: dict[tuple[Group, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    award: dict[tuple[Group, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in answer.lines:
        place = (groups[line.intervention_id], line.period)
        paid[place][held.funds.get(line.fund_id, line.fund_id)] += line.amount_minor
        award[place][line.intervention_id] += line.amount_minor
    own: dict[tuple[Group, int], list[AllocationLine]] = defaultdict(list)
    for line in held.lines:
        own[groups[line.intervention_id], line.period].append(line)
    lines: list[AllocationLine] = []
    for place, by_fund in paid.items():
        lines += _exchanged(place[1], by_fund, award[place], own[place])
    carried: dict[tuple[str, int], int] = defaultdict(int)
    for one in [*answer.carried, *held.open_funds(rules)[1]]:
        carried[one.fund_id, one.period] += one.amount_minor
    return Allocation(
        chosen=answer.chosen,
        lines=tuple(sorted(lines)),
        carried=tuple(
            Carried(fund_id=fund, period=period, amount_minor=minor)
            for (fund, period), minor in sorted(carried.items())
        ),
        bought=answer.bought,
        parts=answer.parts,
    )


def _exchanged(
    period: int, paid: dict[str, int], award: dict[str, int], own: Sequence[AllocationLine]
) -> list[AllocationLine]:
    """Put held amounts first, then what each fund still pays, in the order of ids."""
    made: dict[tuple[str, str], int] = defaultdict(int)
    for line in own:
        made[line.intervention_id, line.fund_id] += line.amount_minor
        paid[line.fund_id] -= line.amount_minor
        award[line.intervention_id] -= line.amount_minor
    short = -sum(minor for minor in paid.values() if minor < 0)
    for fund in sorted(paid, reverse=True):  # a fund that must take its promise back frees another
        given = min(short, max(0, paid[fund]))
        paid[fund] = max(0, paid[fund]) - given
        short -= given
    for who in sorted(award):
        for fund in sorted(paid):
            minor = min(award[who], paid[fund])
            award[who] -= minor
            paid[fund] -= minor
            made[who, fund] += minor
    return [
        AllocationLine(intervention_id=who, period=period, fund_id=fund, amount_minor=minor)
        for (who, fund), minor in made.items()
        if minor
    ]


def _least_awards(
    arrays: ProblemArrays, lines: Sequence[AllocationLine], money: Mapping[Cell, int]
) -> dict[Cell, int]:
    """Return the least award of every held cell of which what each fund holds is no more than its part."""
    who = {name: at for at, name in enumerate(arrays.intervention_ids)}
    fund = {name: at for at, name in enumerate(arrays.fund_ids)}
    paid: dict[tuple[str, int, str], int] = defaultdict(int)
    for line in lines:
        paid[line.intervention_id, line.period, line.fund_id] += line.amount_minor
    least = dict(money)
    for (name, period, payer), minor in paid.items():
        num = int(arrays.share_num[who[name], fund[payer]])
        den = int(arrays.share_den[who[name], fund[payer]])
        if 0 < num < den:
            least[name, period] = max(least[name, period], -(-minor * den // num))
    return least


def _groups(arrays: ProblemArrays) -> dict[str, Group]:
    """Return for every intervention which funds admit it; alone where a fund may pay a part only."""
    bounded = np.any(arrays.eligible & (arrays.share_num < arrays.share_den), axis=1).tolist()
    return {
        who: (who,) if is_bounded else tuple(admitted)
        for who, is_bounded, admitted in zip(
            arrays.intervention_ids, bounded, arrays.eligible.tolist(), strict=True
        )
    }


def _require_awarded(
    document: AllocationDocument, before: Allocation, lines: Sequence[AllocationLine]
) -> None:
    known = {(line.intervention_id, line.period, line.fund_id): line.amount_minor for line in before.lines}
    asked: dict[tuple[str, int, str], int] = defaultdict(int)
    for line in lines:
        asked[line.intervention_id, line.period, line.fund_id] += line.amount_minor
    for (who, period, fund), minor in sorted(asked.items()):
        had = known.get((who, period, fund), 0)
        if minor > had:
            raise AllocationRejected(
                f"{document.amount(minor)} of {fund} is said to be held by {who} in period {period}, which "
                f"was awarded {document.amount(had)} of it. Give the allocation in force and what it holds.",
                rules=[],
                findings=[],
            )
