"""Expressions of the term language: typed JSON from which an amount or a condition is computed.

The problem: "95 percent of savings until principal is repaid" is prose to a lawyer, a cell to an analyst
and a bug to a programmer. Here it is a small tree, the same for all three, in which nonsense is refused.

| expression | value |
|---|---|
| ``lit`` | a number with its type |
| ``param`` | a fixed, dated or tabulated number of the document |
| ``obs`` | what was observed of a metric: in this period, or pooled to date |
| ``is`` | whether a label metric has a value |
| ``known`` | whether a metric was observed |
| ``figure`` | a named figure of the document |
| ``balance`` | an account now |
| ``paid`` | what clauses earned or paid |
| ``add``, ``sub``, ``min``, ``max`` | of numbers of one type |
| ``scale`` | round(of x by / over): the only product, quotient, price, share and exchange there is |
| ``bands`` | by which band a number falls in: round(base + slope x (number - origin)) |
| ``cmp``, ``all``, ``any``, ``not`` | conditions |
| ``if`` | one of two values, by a condition |
| ``fold`` | one value over all members of a set, or over all periods so far |
| ``share`` | the part of a total that falls to one member; the parts make the total |
| ``rank`` | the place of a member among all, equal values sharing a place |
| ``position`` | the number of a member or period in its order, from 1 |
| ``days`` | days between two dates |
| ``previous`` | a value in the period before |
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ...finance.documents import Code, DecimalText, Document
from ...finance.money import Rounding

TypeText = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,23}/[0-9]( per [A-Za-z][A-Za-z0-9._-]{0,23}/[0-9])?$"
    ),
]
DayText = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Boundary = Literal["term_start", "term_end", "period_start", "period_end"]
MAX_PARTS = 400


class Lit(Document):
    """A number with its type; ``true`` or ``false`` with type ``truth``."""

    op: Literal["lit"]
    value: DecimalText | Literal["true", "false"]
    type: TypeText | Literal["truth"]


class ParamRef(Document):
    """A number of the document's ``params``: dated ones are read at the end of the period.

    Attributes
    ----------
    at : dict
        Members to read it for, by set; unnamed sets are those of the clause.
    """

    op: Literal["param"]
    name: Code
    at: dict[Code, Code] = Field(default_factory=dict)


class Obs(Document):
    """What was observed of a metric.

    Attributes
    ----------
    window : str
        For a metric by period: ``period`` (this one), or ``to_date`` (all so far, pooled as the metric says).
    at : dict
        Members or period to read it for, by set; unnamed sets are those of the clause.
    """

    op: Literal["obs"]
    metric: Code
    window: Literal["period", "to_date"] = "period"
    at: dict[Code, Code] = Field(default_factory=dict)


class Is(Document):
    """Whether a label metric has a value."""

    op: Literal["is"]
    metric: Code
    value: Code
    window: Literal["period", "to_date"] = "period"
    at: dict[Code, Code] = Field(default_factory=dict)


class Known(Document):
    """Whether a metric was observed, or a stand-in took its place: for terms that have a rule for both."""

    op: Literal["known"]
    metric: Code
    window: Literal["period", "to_date"] = "period"
    at: dict[Code, Code] = Field(default_factory=dict)


class FigureRef(Document):
    """A named figure of the document."""

    op: Literal["figure"]
    name: Code
    at: dict[Code, Code] = Field(default_factory=dict)


class Balance(Document):
    """An account now: after growth and additions of this period, and the clauses before this one."""

    op: Literal["balance"]
    account: Code


class Paid(Document):
    """What clauses paid or earned, summed over the members that ``each`` does not keep apart.

    Attributes
    ----------
    clauses : tuple of str
        Which; with ``before``, any; else those that stand before the reader.
    window : str
        ``period``: in this period; ``to_date``: in this and all before; ``before``: in all before.
    what : str
        ``paid`` (after limits) or ``earned`` (before).
    each : tuple of str
        Sets whose current member alone counts.
    """

    op: Literal["paid"]
    clauses: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MAX_PARTS)]
    window: Literal["period", "to_date", "before"] = "to_date"
    what: Literal["paid", "earned"] = "paid"
    each: tuple[Code, ...] = ()


class Several(Document):
    """The sum, the smallest or the largest of numbers of one type."""

    op: Literal["add", "min", "max"]
    of: Annotated[tuple["Expression", ...], Field(min_length=1, max_length=MAX_PARTS)]


class Less(Document):
    """One number less another of the same type."""

    op: Literal["sub"]
    of: "Expression"
    less: "Expression"


class Scaling(Document):
    """round(of x by / over), exact until the one rounding, in a stated type.

    Attributes
    ----------
    by, over : tuple of expressions
        Factors and divisors.
    if_zero : expression
        The value where a divisor is zero; required where one can be.
    """

    op: Literal["scale"]
    of: "Expression"
    by: Annotated[tuple["Expression", ...], Field(max_length=8)] = ()
    over: Annotated[tuple["Expression", ...], Field(max_length=8)] = ()
    as_: TypeText = Field(alias="as")
    round: Rounding | None = None
    if_zero: "Expression | None" = None


class Edge(Document):
    """A border between two bands, and to which of them it belongs."""

    at: DecimalText
    owner: Literal["below", "above"]


class Band(Document):
    """What one band pays: base + slope x (number - origin), exact until the one rounding."""

    base: DecimalText
    slope: DecimalText = "0"
    origin: DecimalText = "0"


class Bands(Document):
    """A value by bands; the first and the last run to infinity, so no hole can be written."""

    op: Literal["bands"]
    of: "Expression"
    as_: TypeText = Field(alias="as")
    edges: Annotated[tuple[Edge, ...], Field(max_length=MAX_PARTS)]
    rows: Annotated[tuple[Band, ...], Field(min_length=1, max_length=MAX_PARTS + 1)]
    round: Rounding | None = None


class Compare(Document):
    """Whether two numbers of one type stand in a relation."""

    op: Literal["cmp"]
    left: "Expression"
    relation: Literal["lt", "le", "eq", "ne", "ge", "gt"]
    right: "Expression"


class Jointly(Document):
    """Whether every condition holds, or at least one."""

    op: Literal["all", "any"]
    of: Annotated[tuple["Expression", ...], Field(min_length=1, max_length=MAX_PARTS)]


class Negation(Document):
    """Whether a condition does not hold."""

    op: Literal["not"]
    of: "Expression"


class If(Document):
    """One of two values of one type, by a condition."""

    op: Literal["if"]
    test: "Expression"
    then: "Expression"
    else_: "Expression" = Field(alias="else")


class Fold(Document):
    """One value over all members of a set, or over ``period``: all periods so far.

    Attributes
    ----------
    empty : expression
        The value of a ``min`` or ``max`` over a set without members; required where a set can be empty.
    """

    op: Literal["fold"]
    over: Code
    with_: Literal["add", "min", "max", "all", "any"] = Field(alias="with")
    of: "Expression"
    empty: "Expression | None" = None


class Share(Document):
    """The part of a total that falls to this member, by weight; the parts make the total to the last unit.

    Attributes
    ----------
    total : expression
        What is shared out; the same for all members, never negative.
    over : str
        The set that shares.
    weight : expression
        Of each member, never negative; where all weights are zero nothing is given.
    ties : str
        Units left over go one each by ``largest`` remainder (equals in order), or by ``declared`` order.
    """

    op: Literal["share"]
    total: "Expression"
    over: Code
    weight: "Expression"
    ties: Literal["largest", "declared"] = "largest"


class Rank(Document):
    """The place of this member among all of its set: 1 is best, equal values share a place."""

    op: Literal["rank"]
    of: "Expression"
    over: Code
    best: Literal["highest", "lowest"]


class Position(Document):
    """The number of this member in its declared order, or of this period, from 1."""

    op: Literal["position"]
    of: Code


class Days(Document):
    """Days between two dates.

    Attributes
    ----------
    from_, to : str
        A date, or a boundary; ``period_start`` is the end of the period before, or the start of the term.
    count : str
        ``actual``, or ``30/360`` (US bond basis: every month has 30 days).
    """

    op: Literal["days"]
    from_: DayText | Boundary = Field(alias="from")
    to: DayText | Boundary
    count: Literal["actual", "30/360"] = "actual"


class Previous(Document):
    """A value in the period before; ``first`` is its value in the first period."""

    op: Literal["previous"]
    of: "Expression"
    first: "Expression"


Expression = Annotated[
    Lit
    | ParamRef
    | Obs
    | Is
    | Known
    | FigureRef
    | Balance
    | Paid
    | Several
    | Less
    | Scaling
    | Bands
    | Compare
    | Jointly
    | Negation
    | If
    | Fold
    | Share
    | Rank
    | Position
    | Days
    | Previous,
    Field(discriminator="op"),
]

for _model in (Several, Less, Scaling, Bands, Compare, Jointly, Negation, If, Fold, Share, Rank, Previous):
    _model.model_rebuild()
