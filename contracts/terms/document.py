"""The term document: payment terms as typed JSON.

The problem: terms live in prose, are paid from a spreadsheet and bounded by nobody. Here they are one
document with few words. Expressions compute an amount from observations; ``pay`` clauses say from whom to
whom; ``limits`` cap what is paid. Everything a reader needs to check it is declared: the domain of every
metric, the rounding, the owner of every band edge, the clause of the legal text it stands for.

| expression | value |
|---|---|
| ``lit`` | a number with its type |
| ``param`` | a dated number, read at the end of the period |
| ``obs`` | what was determined of a metric: in this period, or pooled to date |
| ``add``, ``min``, ``max`` | of numbers of one type |
| ``scale`` | round(of x by), or round(of x num / den): the only product there is |
| ``bands`` | by which band the number falls in: round(base + slope x (number - origin)) |
| ``cmp``, ``all``, ``any``, ``not`` | conditions |
| ``if`` | one of two values, by a condition |
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from ...finance.documents import Code, DecimalText, Document, Text
from ...finance.errors import AlmonerError, TermError
from ...finance.money import Rounding

TypeText = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z][A-Za-z0-9._]{0,15}/[0-9]( per [A-Za-z][A-Za-z0-9._]{0,15}/[0-9])?$"
    ),
]
DayText = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
WHOLE_TERM = "term"
MAX_PARTS = 400


class SourceAnchor(Document):
    """Where in the legal or published text a node stands.

    Attributes
    ----------
    document : str
        Citation of the text.
    clause : str
        The place in it.
    """

    document: Text
    clause: str = ""


class Lit(Document):
    """A number with its type."""

    op: Literal["lit"]
    value: DecimalText
    type: TypeText


class Param(Document):
    """A dated number, read at the end of the period."""

    op: Literal["param"]
    name: Code


class Obs(Document):
    """What was determined of a metric."""

    op: Literal["obs"]
    metric: Code
    window: Literal["period", "to_date"]


class Sum(Document):
    """The sum of numbers of one type."""

    op: Literal["add"]
    of: Annotated[tuple["Expression", ...], Field(min_length=1, max_length=MAX_PARTS)]


class Least(Document):
    """The smallest of numbers of one type."""

    op: Literal["min"]
    of: Annotated[tuple["Expression", ...], Field(min_length=1, max_length=MAX_PARTS)]


class Greatest(Document):
    """The largest of numbers of one type."""

    op: Literal["max"]
    of: Annotated[tuple["Expression", ...], Field(min_length=1, max_length=MAX_PARTS)]


class Scaling(Document):
    """round(of x by), or round(of x num / den), in a stated type."""

    op: Literal["scale"]
    of: "Expression"
    by: "Expression | None" = None
    num: "Expression | None" = None
    den: "Expression | None" = None
    as_: TypeText = Field(alias="as")
    round: Rounding | None = None


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


class Both(Document):
    """Whether every condition holds."""

    op: Literal["all"]
    of: Annotated[tuple["Expression", ...], Field(min_length=1, max_length=MAX_PARTS)]


class Either(Document):
    """Whether at least one condition holds."""

    op: Literal["any"]
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


Expression = Annotated[
    Lit | Param | Obs | Sum | Least | Greatest | Scaling | Bands | Compare | Both | Either | Negation | If,
    Field(discriminator="op"),
]


class Pay(Document):
    """Who pays whom how much.

    Attributes
    ----------
    basis : str
        ``cumulative``: the amount is what is owed to date, and what was paid before is taken off.
        ``period``: each period has an amount of its own.
    """

    op: Literal["pay"]
    id: Code
    from_: Code = Field(alias="from")
    to: Code
    basis: Literal["cumulative", "period"]
    amount: Expression
    source: SourceAnchor | None = None


class PaymentLimit(Document):
    """At most so much over the named clauses, over the whole term; first entitled, first paid."""

    id: Code
    of: Annotated[tuple[Code | Literal["*"], ...], Field(min_length=1, max_length=MAX_PARTS)]
    max: DecimalText
    cut: Literal["in_order"] = "in_order"
    source: SourceAnchor | None = None


class Metric(Document):
    """What is measured.

    Attributes
    ----------
    type : str
        Unit and digits in which it is determined.
    domain : tuple of str
        Smallest and largest possible value; a determination outside is refused.
    pool : str
        How determinations become one value to date: ``sum``, or ``last``: that of the latest period.
    """

    title: Text
    type: TypeText
    domain: Annotated[tuple[DecimalText, DecimalText], Field()]
    pool: Literal["sum", "last"]
    method: Text
    source: SourceAnchor | None = None


class Dated(Document):
    """One value of a parameter, from a day on."""

    from_: DayText = Field(alias="from")
    value: DecimalText
    type: TypeText


class Period(Document):
    """One span of the calendar."""

    id: Code
    ends_on: DayText


class Calendar(Document):
    """When the agreement runs, and its periods where a clause is paid by period."""

    starts_on: DayText
    ends_on: DayText
    periods: Annotated[tuple[Period, ...], Field(max_length=MAX_PARTS)] = ()


class TermDocument(Document):
    """Payment terms.

    Examples
    --------
    >>> terms = TermDocument.read(EXAMPLE)
    >>> terms.title, [clause.id for clause in terms.clauses]
    ('Nights in a safe place', ['nights'])
    """

    invalid: ClassVar[type[AlmonerError]] = TermError

    schema_: Literal["almoner.term/1"] = Field(alias="schema")
    title: Text
    rounding: Rounding
    parties: Annotated[dict[Code, Text], Field(min_length=2, max_length=64)]
    calendar: Calendar
    metrics: Annotated[dict[Code, Metric], Field(min_length=1, max_length=MAX_PARTS)]
    params: Annotated[dict[Code, tuple[Dated, ...]], Field(max_length=MAX_PARTS)] = Field(
        default_factory=dict
    )
    clauses: Annotated[tuple[Pay, ...], Field(min_length=1, max_length=MAX_PARTS)]
    limits: Annotated[tuple[PaymentLimit, ...], Field(max_length=MAX_PARTS)] = ()


for _model in (Sum, Least, Greatest, Scaling, Bands, Compare, Both, Either, Negation, If, Pay, TermDocument):
    _model.model_rebuild()

EXAMPLE = """
{"schema": "almoner.term/1", "title": "Nights in a safe place", "rounding": "half_even",
 "parties": {"city": "outcome_payer", "home": "service_provider", "lab": "evaluator"},
 "calendar": {"starts_on": "2027-01-01", "ends_on": "2027-12-31"},
 "metrics": {"nights": {"title": "Nights spent indoors", "type": "night/0", "domain": ["0", "40000"],
                        "pool": "sum", "method": "shelter register, audited"}},
 "clauses": [{"op": "pay", "id": "nights", "from": "city", "to": "home", "basis": "cumulative",
   "amount": {"op": "scale", "of": {"op": "obs", "metric": "nights", "window": "to_date"},
              "by": {"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}, "as": "USD/2"}}],
 "limits": [{"id": "most", "of": ["*"], "max": "500000.00"}]}
"""
