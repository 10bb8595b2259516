"""The document and the allocation as the exact re-check reads them.

The problem: a check that uses the numbers which the search has made repeats its mistakes. Here every row of
the document is read again, in Python integers, and only for what the allocation funds. A **cell** is one
intervention in one period, ``j = i * T + t``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..answer import Allocation
from ..columns import FULL_BP, HORIZON
from ..faults import grouping, period_count
from ..problem import AllocationDocument
from ..tables import NONE, Table

EVERY = "*"
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One rule that an allocation breaks.

    Attributes
    ----------
    rule : str
        Rule id.
    by_minor : int [minor units]
        By how much money; 0 where the rule is not about an amount.
    message : str
        What is broken, with the figures.

    Examples
    --------
    >>> Breach(rule="budget/pool/0", by_minor=1, message="pays 10.01 USD of 10.00 USD").rule
    'budget/pool/0'
    """

    rule: str
    by_minor: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a funded cell may get as working money.

    Attributes
    ----------
    low, high : int [minor units]
        Least and most.
    steps : tuple of int [minor units]
        The only amounts that tranches allow; ``None`` when any is allowed.

    Examples
    --------
    >>> Bounds(low=0, high=9000).steps is None
    True
    """

    low: int
    high: int
    steps: tuple[int, ...] | None = None


@dataclass(slots=True)
class Totals:
    """Sums over what is given.

    Attributes
    ----------
    award : Counter of int [minor units]
        By cell.
    paid : Counter of int [minor units]
        By fund and period, purchases included.
    starts : set of int
        Funded cells in which a run begins.
    """

    award: Counter[int] = field(default_factory=Counter)
    paid: Counter[tuple[str, int]] = field(default_factory=Counter)
    starts: set[int] = field(default_factory=set)


class Reading:
    """One document, read for one allocation whose names are all known.

    Parameters
    ----------
    document : AllocationDocument
        The rules.
    allocation : Allocation
        What is given [minor units].
    """

    def __init__(self, document: AllocationDocument, allocation: Allocation) -> None:
        self.document = document
        self.allocation = allocation
        self.periods = period_count(document)
        self.groups = grouping(document)
        table = document.interventions
        self.who = table.texts("intervention_id")
        self.at = {who: at for at, who in enumerate(self.who)}
        self.fixed = table.ints("fixed_minor").tolist()
        self.start = table.ints("start_minor").tolist()
        self.funded = {self.at[who] * self.periods + period for who, period in allocation.chosen}
        self.totals = self._totals()

    def shown(self, minor: int) -> str:
        """Write an amount with its unit."""
        return f"{self.document.amount(minor)} {self.document.unit}"

    def name(self, cell: int) -> str:
        """Say which intervention a cell is, and in which period when there are several."""
        at, period = divmod(cell, self.periods)
        return self.who[at] + (f" in period {period}" if self.periods > 1 else "")

    def cells(self, table: Table) -> Iterable[int]:
        """Return the cell of every row."""
        count, at = self.periods, self.at
        rows = zip(table.texts("intervention_id"), table.ints("period").tolist(), strict=True)
        return [at[who] * count + period for who, period in rows]

    def working(self, cell: int) -> int:
        """Return the award of a funded cell less fixed and start cost [minor units]."""
        at = cell // self.periods
        due: int = self.start[at] if cell in self.totals.starts else 0
        return self.totals.award[cell] - int(self.fixed[at]) - due

    def _totals(self) -> Totals:
        totals, count, at = Totals(), self.periods, self.at
        award, paid = defaultdict[int, int](int), defaultdict[tuple[str, int], int](int)
        for line in self.allocation.lines:
            award[at[line.intervention_id] * count + line.period] += line.amount_minor
            paid[line.fund_id, line.period] += line.amount_minor
        for bought in self.allocation.bought:
            paid[bought.fund_id, bought.period] += bought.amount_minor
        totals.award, totals.paid = Counter(award), Counter(paid)
        totals.starts = {cell for cell in self.funded if cell % count == 0 or cell - 1 not in self.funded}
        return totals

    @cached_property
    def rates(self) -> Mapping[str, tuple[int, int]]:
        """What one minor unit of each unit is worth in the base unit."""
        table = self.document.rates
        pairs = zip(table.ints("numerator").tolist(), table.ints("denominator").tolist(), strict=True)
        return dict(zip(table.texts("unit"), pairs, strict=True))

    def in_base(self, column: str) -> dict[tuple[str, int], int]:
        """Return a money column of the funds in the base unit, rounded down, by fund and period."""
        table = self.document.funds
        rows = zip(
            table.texts("fund_id"),
            table.ints("period").tolist(),
            table.texts("unit"),
            table.ints(column).tolist(),
            strict=True,
        )
        found = {}
        for fund, period, unit, amount in rows:
            above, below = self.rates.get(unit, (1, 1))
            found[fund, period] = amount * above // below
        return found

    @cached_property
    def locks(self) -> Mapping[str, tuple[int, str]]:
        """Who must or must not be funded, 1 or -1, and which override says so; the last override counts."""
        table, overrides = self.document.interventions, self.document.overrides
        found = {
            who: (lock, "") for who, lock in zip(self.who, table.ints("lock").tolist(), strict=True) if lock
        }
        rows = zip(
            overrides.texts("intervention_id"),
            overrides.texts("kind"),
            overrides.texts("override_id"),
            strict=True,
        )
        for who, kind, name in rows:
            if kind in {"fund", "exclude"}:
                found[who] = (1 if kind == "fund" else -1, name)
        return found

    @cached_property
    def named(self) -> tuple[set[int], set[int]]:
        """Cells with a ticket or a response, and interventions that have any; the others are always open."""
        cells = set(self.cells(self.document.tickets)) | set(self.cells(self.document.response))
        return cells, {cell // self.periods for cell in cells}

    def is_open(self, cell: int) -> bool:
        """Say whether an intervention may be funded in a period at all."""
        cells, speaking = self.named
        return cell in cells or cell // self.periods not in speaking

    @cached_property
    def bounds(self) -> Mapping[int, Bounds]:
        """What every funded cell may get, by tickets, response and tranches."""
        table = self.document.tickets
        tickets = {
            cell: pair
            for cell, *pair in zip(
                self.cells(table),
                table.ints("min_minor").tolist(),
                table.ints("max_minor").tolist(),
                strict=True,
            )
            if cell in self.funded
        }
        ends = self._ends({cell for cell in self.funded if cell not in tickets})
        found = {}
        for cell in self.funded:
            low, high = tickets.get(cell, (0, ends.get(cell, 0)))
            if high > 0 and not self.fixed[cell // self.periods]:
                low = max(low, 1)  # who is funded gets something, unless it takes no money at all
            found[cell] = Bounds(low=low, high=high)
        return found | self._stepped(found)

    def _ends(self, wanted: set[int]) -> dict[int, int]:
        """Return where the response of cells without a ticket ends."""
        if not wanted:
            return {}
        table = self.document.response
        ends: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        rows = zip(self.cells(table), table.texts("metric_id"), table.ints("cap_minor").tolist(), strict=True)
        for cell, metric, cap in rows:
            if cell in wanted:
                ends[cell][metric] += cap
        return {cell: max(widths.values()) for cell, widths in ends.items()}

    def _stepped(self, found: Mapping[int, Bounds]) -> dict[int, Bounds]:
        """Return the bounds of funded cells that are paid in tranches."""
        table = self.document.tranches
        reached, allowed = Counter[int](), defaultdict[int, list[int]](list)
        rows = zip(self.cells(table), table.ints("amount_minor").tolist(), table.texts("state"), strict=True)
        for cell, amount, state in rows:
            reached[cell] += amount
            if cell not in found:
                continue
            if state in {"paid", "committed"}:
                allowed[cell] = [reached[cell]]
            elif state == "open":
                allowed[cell].append(reached[cell])
            else:
                allowed[cell] += []  # it waits: not yet an amount that may be given
        made = {}
        for cell, amounts in allowed.items():
            low, high = found[cell].low, found[cell].high
            steps = tuple(amount for amount in amounts if low <= amount <= high)
            made[cell] = Bounds(low=low, high=max(steps, default=high), steps=steps)
        return made

    @cached_property
    def limits(self) -> Mapping[Key, Mapping[str, int]]:
        """Bounds by grouping column, group and period; a named group overrides every group."""
        table = self.document.limits
        heads = list(
            zip(
                table.texts("group_kind"),
                table.texts("group_id"),
                table.ints("period").tolist(),
                strict=True,
            )
        )
        made = defaultdict[Key, dict[str, int]](dict)
        for is_named in (False, True):
            for at, (kind, group, period) in enumerate(heads):
                if (group != EVERY) == is_named:
                    groups = sorted(set(self.groups[kind]) - {""})
                    for each in [group] if is_named else groups:
                        made[kind, each, period].update(_given(table, at, len(groups)))
        return made

    def members(self, kind: str) -> Sequence[str]:
        """Return the group of every intervention in a grouping column."""
        return self.groups[kind]


def _given(table: Table, at: int, groups: int) -> dict[str, int]:
    """Return the bounds of one row; an equal share is a least part of all that is spent."""
    values = {column.name: int(table.ints(column.name)[at]) for column in table.section.columns[3:]}
    given = {name: value for name, value in values.items() if value != NONE}
    if "equal_share_bp" in given:
        part = given.pop("equal_share_bp") // groups
        given["floor_share_bp"] = max(part, given.get("floor_share_bp", 0))
    return given


def is_whole(period: int) -> bool:
    """Say whether a period stands for all of them.

    Parameters
    ----------
    period : int [index]

    Examples
    --------
    >>> is_whole(-1), is_whole(0)
    (True, False)
    """
    return period == HORIZON


def at_most_part(amount: int, bp: int, whole: int) -> bool:
    """Say whether an amount is at most a part of a whole.

    Parameters
    ----------
    amount, whole : int [minor units]
    bp : int [basis points]

    Examples
    --------
    >>> at_most_part(25, 2500, 100), at_most_part(26, 2500, 100)
    (True, False)
    """
    return amount * FULL_BP <= bp * whole
