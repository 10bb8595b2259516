"""The term document: payment terms as typed JSON.

The problem: terms live in prose, are paid from a spreadsheet and bounded by nobody. Here they are one
document that is read five ways. ``metrics`` say what is observed, by whom, within which domain; ``params``
and ``figures`` name numbers; ``clauses`` are payments, carried out in the listed order, period by period;
``limits`` cap them, ``splits`` spread them over several payers or payees, ``accounts`` remember.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

from ...finance.documents import Code, DecimalText, Document, Text
from ...finance.errors import AlmonerError, TermError
from ...finance.money import Rounding
from .expressions import MAX_PARTS, DayText, Expression, TypeText
from .faults import plainly

V = TypeVar("V")


def _by_name(named: dict[str, V]) -> dict[str, V]:
    return dict(sorted(named.items()))


BY_NAME = AfterValidator(_by_name)  # one identity, one order: what has names stands in their order
WHOLE_TERM = "term"
PERIOD = "period"
DurationText = Annotated[str, StringConstraints(pattern=r"^P[1-9][0-9]{0,2}[YMD]$")]
Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SourceAnchor(Document):
    """Where in the legal or published text a node stands.

    Attributes
    ----------
    document : str
        Citation or SHA-256 of the text.
    clause : str
        The place in it.
    quote : str
        SHA-256 of the words, where they may not be repeated.
    """

    document: Text
    clause: str = ""
    quote: str = ""


class TermParty(Document):
    """A party by its role; the name is what the term sheet prints."""

    role: Code
    name: str = ""


class Period(Document):
    """One span of the calendar."""

    id: Code
    ends_on: DayText


class Every(Document):
    """Periods of equal length from the start: ``p1``, ``p2``, … to the end of the term."""

    every: DurationText


class Calendar(Document):
    """When the agreement runs, and its periods; without any the whole term is one, called ``term``."""

    starts_on: DayText
    ends_on: DayText
    periods: Annotated[tuple[Period, ...], Field(max_length=MAX_PARTS)] | Every = ()


class IndexSet(Document):
    """Members that terms range over: cohorts, people, sites, teams, lines of a rate card.

    Attributes
    ----------
    members : tuple of str
        All of them, in order; or
    most : int [members]
        how many there can be, when results name them.
    """

    title: Text
    members: Annotated[tuple[Code, ...], Field(max_length=MAX_PARTS)] = ()
    most: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class StandIn(Document):
    """What stands in for a value that was not observed in time.

    Attributes
    ----------
    use : str
        A value (number, ``true``, ``false`` or label), or ``last``: that of the period before.
    after_days : int [days]
        After the end of the period; until then the value is pending.
    """

    use: Text
    after_days: Annotated[int, Field(ge=0, le=20_000)] = 0


class OtherAgreement(Document):
    """An outcome of another agreement, named by the digest of its terms.

    Attributes
    ----------
    terms : str
        SHA-256 of the other term document; it must exist first, so no circle can be written.
    output : str
        A metric, figure, clause or account of it, or ``earned``, ``paid``, ``lost_to_cap``.
    """

    terms: Hex64
    output: Code


class Metric(Document):
    """What is observed.

    Attributes
    ----------
    type : str
        Unit and digits in which it is stated, ``truth``, or ``label``.
    domain : tuple of str
        Smallest and largest possible number, also of what is pooled; an observation outside is refused.
    values : tuple of str
        The possible labels.
    per : tuple of str
        Sets, or ``period``, for each of which it is observed.
    pool : str
        How several observations become one: ``sum``, or ``last``: that of the latest period.
    by : str
        The party that states it; empty: an evaluator.
    on_missing : StandIn
        What stands in when nothing comes; without it nothing is paid on it.
    min_gap_days : int [days]
        Least distance between dated observations of one member.
    ref : OtherAgreement
        It is an outcome of another agreement.
    """

    title: Text
    type: TypeText | Literal["truth", "label"]
    domain: tuple[DecimalText, DecimalText] | None = None
    values: Annotated[tuple[Code, ...], Field(max_length=MAX_PARTS)] = ()
    per: tuple[Code, ...] = ()
    pool: Literal["sum", "last"] = "last"
    method: Text
    by: str = ""
    on_missing: StandIn | None = None
    min_gap_days: Annotated[int, Field(ge=0, le=20_000)] = 0
    ref: OtherAgreement | None = None
    source: SourceAnchor | None = None


class Dated(Document):
    """One value of a parameter, from a day on."""

    from_: DayText = Field(alias="from")
    value: DecimalText


class ParamTable(Document):
    """A number that terms name: one ``value``; ``dated`` ones; or one for each member of ``per``."""

    title: str = ""
    type: TypeText
    value: DecimalText | None = None
    dated: Annotated[tuple[Dated, ...], Field(max_length=MAX_PARTS)] = ()
    per: str = ""
    values: Annotated[dict[Code, DecimalText], Field(max_length=MAX_PARTS), BY_NAME] = Field(
        default_factory=dict
    )
    source: SourceAnchor | None = None


class Figure(Document):
    """A named number or condition: reported, and used by other expressions."""

    title: str = ""
    value: Expression
    source: SourceAnchor | None = None


class Growth(Document):
    """How an account grows at each period's end.

    Attributes
    ----------
    rate : decimal
        A year, as a fraction: ``0.05``.
    compounding : str
        ``period``: 1 + rate x year fraction; ``annual``: (1 + rate) ^ (days / 365).
    """

    rate: DecimalText
    compounding: Literal["period", "annual"]
    day_count: Literal["30/360", "act/360", "act/365"] = "act/365"


class RunningAccount(Document):
    """A running number: money held (``pot``) or a count kept (``memo``).

    Attributes
    ----------
    opens : expression
        At the start of the term.
    grows : Growth
        At each period's end, on the balance before.
    adds : expression
        At each period's end, after growth and before the clauses.
    holder, residual_to : str
        Of a pot: who holds it, and who gets what remains at the end of the term.
    """

    title: Text
    type: TypeText
    kind: Literal["pot", "memo"]
    each: tuple[Code, ...] = ()
    opens: Expression | None = None
    grows: Growth | None = None
    adds: Expression | None = None
    holder: str = ""
    residual_to: str = ""
    round: Rounding | None = None
    source: SourceAnchor | None = None


class SplitLeg(Document):
    """One of several payers or payees.

    Attributes
    ----------
    rank : int [place]
        Lower ranks first; equal ranks share by weight.
    weight : decimal or expression
        Of its share within the rank.
    max : decimal or expression
        The most it gives or gets over the term.
    """

    party: Code
    rank: Annotated[int, Field(ge=1, le=99)] = 1
    weight: DecimalText | Expression = "1"
    max: DecimalText | Expression | None = None


class Split(Document):
    """Several payers or payees in place of one."""

    title: str = ""
    legs: Annotated[tuple[SplitLeg, ...], Field(min_length=1, max_length=64)]
    ties: Literal["largest", "declared"] = "largest"
    source: SourceAnchor | None = None


class Pay(Document):
    """Who pays whom how much.

    Attributes
    ----------
    from_, to : str
        A party, a split, a pot, or a set of ``each`` whose members are parties.
    basis : str
        ``period``: each period has an amount of its own. ``cumulative``: the amount is what is owed to date,
        and what was paid before is taken off. ``once``: a single amount, due in period ``at``.
    when : expression
        Without it the amount is due; where it does not hold, the amount is zero.
    on_decrease : str
        When what is owed falls below what was paid: ``offset`` against later payments between the two,
        ``recover`` it now, or let the payee ``keep`` it.
    raises, lowers : tuple of str
        Accounts that change by what is paid.
    """

    op: Literal["pay"]
    id: Code
    title: str = ""
    from_: Code = Field(alias="from")
    to: Code
    each: tuple[Code, ...] = ()
    basis: Literal["period", "cumulative", "once"]
    at: str = ""
    when: Expression | None = None
    amount: Expression
    two_way: bool = False
    on_decrease: Literal["offset", "recover", "keep"] = "offset"
    raises: tuple[Code, ...] = ()
    lowers: tuple[Code, ...] = ()
    tags: tuple[Code, ...] = ()
    source: SourceAnchor | None = None


class Note(Document):
    """A clause that pays nobody: it changes accounts by an amount, in every period."""

    op: Literal["note"]
    id: Code
    title: str = ""
    each: tuple[Code, ...] = ()
    amount: Expression
    raises: tuple[Code, ...] = ()
    lowers: tuple[Code, ...] = ()
    source: SourceAnchor | None = None


Clause = Annotated[Pay | Note, Field(discriminator="op")]


class PaymentLimit(Document):
    """At most so much over the named clauses; first in the order of clauses and periods, first paid.

    Attributes
    ----------
    of : tuple of str
        Clauses, or ``*`` for all in the unit of the maximum.
    each : tuple of str
        A limit of its own for each member, or each ``period``.
    max : decimal or expression
        The most.
    unit : str
        Type of a plain ``max``; needed only where ``*`` meets several units.
    cut : str
        ``in_order``; or ``pro_rata``: members of one clause in one period share the room by what they earned.
    """

    id: Code
    title: str = ""
    of: Annotated[tuple[Code | Literal["*"], ...], Field(min_length=1, max_length=MAX_PARTS)]
    each: tuple[Code, ...] = ()
    max: DecimalText | Expression
    unit: str = ""
    cut: Literal["in_order", "pro_rata"] = "in_order"
    source: SourceAnchor | None = None


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
    summary: str = ""
    rounding: Rounding
    parties: Annotated[dict[Code, TermParty], Field(min_length=1, max_length=MAX_PARTS), BY_NAME]
    calendar: Calendar
    sets: Annotated[dict[Code, IndexSet], Field(max_length=64), BY_NAME] = Field(default_factory=dict)
    metrics: Annotated[dict[Code, Metric], Field(max_length=MAX_PARTS), BY_NAME] = Field(default_factory=dict)
    params: Annotated[dict[Code, ParamTable], Field(max_length=MAX_PARTS), BY_NAME] = Field(
        default_factory=dict
    )
    figures: Annotated[dict[Code, Figure], Field(max_length=MAX_PARTS), BY_NAME] = Field(default_factory=dict)
    accounts: Annotated[dict[Code, RunningAccount], Field(max_length=64), BY_NAME] = Field(
        default_factory=dict
    )
    splits: Annotated[dict[Code, Split], Field(max_length=64), BY_NAME] = Field(default_factory=dict)
    clauses: Annotated[tuple[Clause, ...], Field(max_length=MAX_PARTS)]
    limits: Annotated[tuple[PaymentLimit, ...], Field(max_length=MAX_PARTS)] = ()

    @classmethod
    def refusal(cls, findings: Sequence[Mapping[str, str]]) -> AlmonerError:
        """Make the error that lists every finding, faults of form in plain words."""
        return super().refusal(plainly(findings))

    def roles(self, role: str) -> tuple[str, ...]:
        """Return the parties in a role.

        Examples
        --------
        >>> TermDocument.read(EXAMPLE).roles("evaluator")
        ('lab',)
        """
        return tuple(name for name, party in self.parties.items() if party.role == role)


EXAMPLE = """
{"schema": "almoner.term/1", "title": "Nights in a safe place", "rounding": "half_even",
 "parties": {"city": {"role": "outcome_payer"}, "home": {"role": "service_provider"},
             "lab": {"role": "evaluator"}},
 "calendar": {"starts_on": "2027-01-01", "ends_on": "2027-12-31"},
 "metrics": {"nights": {"title": "Nights spent indoors", "type": "night/0", "domain": ["0", "40000"],
                        "pool": "sum", "method": "shelter register, audited"}},
 "clauses": [{"op": "pay", "id": "nights", "from": "city", "to": "home", "basis": "cumulative",
   "amount": {"op": "scale", "of": {"op": "obs", "metric": "nights"},
              "by": [{"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}], "as": "USD/2"}}],
 "limits": [{"id": "most", "of": ["*"], "max": "500000.00"}]}
"""
