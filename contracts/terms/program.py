"""The program: terms, checked and lowered to flat records that every reading folds.

The problem: if payment, bound and print-out each walk the document in their own way, they differ one day.
A ``Program`` lists nodes in an order in which each stands after what it needs; equal expressions share one.
A node has one value for each combination of members of its ``dims``, and in each period where it ``varies``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from ...finance.money import Rounding
from .types import Quantity, Type

Pool = Literal["sum", "last"]


@dataclass(frozen=True, slots=True)
class Row:
    """One band, exact: base + slope x (number - origin), numbers in whole units."""

    base: Fraction
    slope: Fraction
    origin: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation of a program.

    Attributes
    ----------
    path : str
        JSON pointer of the expression it stands for.
    op : str
        As in the document; ``factor`` for the fixed numbers of a growth.
    type : Type
        Of its value.
    dims : tuple of str
        Sets it has one value per member of, in the order of the document.
    varies : bool
        Whether its value depends on the period.
    live : bool
        Whether it depends on what was paid, and so on when it is read.
    args : tuple of int [node number]
        Earlier nodes: for ``scale`` the number, the factors, the divisors, the value if zero.
    const : int
        The count of a ``lit``; how many factors a ``scale`` has.
    name : str
        Metric, parameter, account, set, relation, label, kind of fold.
    names : tuple of str
        Clauses of ``paid``; both ends of ``days``.
    mode : str
        Window, ties, what of ``paid``, count of ``days``, ``if_zero`` where a ``scale`` has one.
    at : tuple of (str, str)
        Members it is read for, by set.
    keep : tuple of str
        Sets that ``paid`` keeps apart.
    edges : tuple of (int, bool)
        Counts of the edges, and whether each belongs to the band above.
    rows : tuple of Row
        Bands.
    rounding : str
        Named rounding of ``scale`` and ``bands``.
    """

    path: str
    op: str
    type: Type
    dims: tuple[str, ...] = ()
    varies: bool = False
    live: bool = False
    args: tuple[int, ...] = ()
    const: int = 0
    name: str = ""
    names: tuple[str, ...] = ()
    mode: str = ""
    at: tuple[tuple[str, str], ...] = ()
    keep: tuple[str, ...] = ()
    edges: tuple[tuple[int, bool], ...] = ()
    rows: tuple[Row, ...] = ()
    rounding: Rounding = "half_even"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClausePlan:
    """A clause ready to be carried out.

    Attributes
    ----------
    id, basis, payer, payee, each, two_way, on_decrease, raises, lowers, title
        As in the document; a note has neither payer nor payee.
    at : int [period number]
        Of a ``once`` clause; -1 otherwise.
    amount : int [node number]
        Zero where ``when`` does not hold: both are lowered into one node.
    unit : Quantity
        What it pays in.
    path, source : str
        JSON pointer, and the place in the published text.
    """

    id: str
    path: str
    basis: Literal["period", "cumulative", "once", "note"]
    payer: str
    payee: str
    each: tuple[str, ...]
    at: int
    amount: int
    unit: Quantity
    two_way: bool
    on_decrease: Literal["offset", "recover", "keep"]
    raises: tuple[str, ...]
    lowers: tuple[str, ...]
    title: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPlan:
    """A limit ready to be applied.

    Attributes
    ----------
    clauses : tuple of str
        It caps.
    each : tuple of str
        Sets with a limit of their own per member.
    by_period : bool
        Whether every period has a limit of its own.
    maximum : int [node number]
        The most.
    pro_rata : bool
        Whether members of its one clause share the room.
    """

    id: str
    path: str
    clauses: tuple[str, ...]
    each: tuple[str, ...]
    by_period: bool
    maximum: int
    pro_rata: bool
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPlan:
    """A leg of a split: party, rank, weight and most (node numbers; -1 without a most)."""

    party: str
    rank: int
    weight: int
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    """A split ready to be applied."""

    id: str
    legs: tuple[LegPlan, ...]
    ties: Literal["largest", "declared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """An account ready to be kept.

    Attributes
    ----------
    opens, adds : int [node number]
        -1 without.
    growth : tuple of Fraction
        Factor of each period; empty without.
    """

    id: str
    path: str
    unit: Quantity
    pot: bool
    each: tuple[str, ...]
    opens: int
    adds: int
    growth: tuple[Fraction, ...]
    rounding: Rounding
    holder: str
    residual_to: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric ready to be observed.

    Attributes
    ----------
    type : Type
        A quantity or a truth; labels are counts 0, 1, 2 … of ``labels``.
    low, high : int [counts]
        Its domain.
    dims : tuple of str
        Sets.
    by_period : bool
        Whether each period has a value.
    stand_in : int or None [counts]
        Value when nothing comes in time; None without one.
    last : bool
        Whether the value of the period before stands in.
    after_days : int [days]
        How long is waited.
    """

    type: Type
    low: int
    high: int
    pool: Pool
    dims: tuple[str, ...] = ()
    by_period: bool = False
    labels: tuple[str, ...] = ()
    by: str = ""
    stand_in: int | None = None
    last: bool = False
    after_days: int = 0
    min_gap_days: int = 0
    ref: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePlan:
    """A named figure: its node, and its place in the document."""

    id: str
    node: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Terms, checked and lowered.

    Attributes
    ----------
    digest : str
        Of the document.
    starts_on, ends_on : date
        First and last day; the last period may end before it.
    counts_from : date
        Where the days of the first period are counted from.
    periods : tuple of (str, date)
        Periods with their last days; the whole term when none are declared.
    sets : dict of str to tuple of str
        Members of closed sets; open sets have none here.
    most : dict of str to int [members]
        How many members each set can have.
    params : dict of str to dict
        Member (empty for a single value) -> dated counts, oldest first.
    """

    digest: str
    starts_on: date
    counts_from: date
    ends_on: date
    periods: tuple[tuple[str, date], ...]
    sets: Mapping[str, tuple[str, ...]]
    most: Mapping[str, int]
    metrics: Mapping[str, Measure]
    params: Mapping[str, Mapping[str, tuple[tuple[date, int], ...]]]
    nodes: tuple[Node, ...]
    figures: tuple[FigurePlan, ...]
    accounts: tuple[AccountPlan, ...]
    splits: Mapping[str, SplitPlan]
    clauses: tuple[ClausePlan, ...]
    limits: tuple[LimitPlan, ...]
    parties: Mapping[str, str] = field(default_factory=dict)
