"""Rows of an allocation problem: funds, interventions, synergies, limits, as they are written.

The problem: the checker of a problem names its rows, and the problem runs the checker; both stand on this
module. ``AllocationRows`` holds the fields of the document; ``problem.py`` gives it its doors.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints

from ..documents import DecimalText, Document, FrozenMap, Text, UnitCode
from ..units import MAX_SCALE

GAIN_DIGITS = 6  # gains are whole millionths of value
BLOCK = 1000  # ... per 1,000 major units of money
FULL_BP = 10_000
DEFAULT_GAP = "1/10000"

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}$")]
GapText = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,8}$")]


Values = Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
Groups = Annotated[Mapping[Id, Id], AfterValidator(FrozenMap), PlainSerializer(dict)]
Predicate = Annotated[Mapping[Id, Values], AfterValidator(FrozenMap), PlainSerializer(dict)]


def rule_id(kind: str, *parts: str) -> str:
    """Name a rule; a slash or tilde inside a part is escaped as in JSON pointers.

    Examples
    --------
    >>> rule_id("cap", "region", "north"), rule_id("budget", "pool/2026")
    ('cap/region/north', 'budget/pool~12026')
    """
    return "/".join([kind, *(part.replace("~", "~0").replace("/", "~1") for part in parts)])


class AllocationFund(Document):
    """Money that can be given, and the uses its givers admit.

    ``earmark`` names grouping columns and, for each, the admitted values; an intervention is admitted when
    it carries an admitted value in every named column. ``null`` admits every intervention.

    Examples
    --------
    >>> fund = AllocationFund.read(b'{"fund_id":"f","budget":"10.00","earmark":{"region":["north"]}}')
    >>> fund.earmark["region"]
    ('north',)
    """

    fund_id: Id
    budget: DecimalText
    earmark: Predicate | None = None


class ActorShare(Document):
    """The part of an award that one actor of an intervention is to receive.

    Examples
    --------
    >>> ActorShare.read(b'{"actor_id": "clinic-7", "share_bp": 10000}').share_bp
    10000
    """

    actor_id: Id
    share_bp: Annotated[int, Field(ge=1, le=FULL_BP)]


class Segment(Document):
    """One straight piece of a response: what 1,000 major units of working money bring, up to a point.

    ``up_to`` is counted from the first unit of working money, so it rises from segment to segment, while
    ``gain_per_k`` (value per 1,000 major units) never rises.

    Examples
    --------
    >>> Segment.read(b'{"up_to": "60000.00", "gain_per_k": "3.25"}').gain_per_k
    '3.25'
    """

    up_to: DecimalText
    gain_per_k: DecimalText


class Intervention(Document):
    """Something that can be funded: its actors, the money it can use and what that brings.

    A funded intervention is awarded ``fixed`` plus working money between ``minimum`` and ``maximum``; an
    intervention that is not funded gets nothing. ``groups`` gives the values that earmarks and limits name;
    values are codes, the words for people stand in ``title``.

    Examples
    --------
    >>> raw = '''{"intervention_id": "w7", "title": "Wells", "groups": {"region": "north"},
    ...   "actors": [{"actor_id": "hub", "share_bp": 10000}], "fixed": "0", "minimum": "10", "maximum": "90",
    ...   "response": [{"up_to": "90", "gain_per_k": "2"}]}'''
    >>> Intervention.read(raw).groups["region"]
    'north'
    """

    intervention_id: Id
    title: Text
    groups: Annotated[Groups, Field(default_factory=lambda: FrozenMap[str]({}))]
    actors: Annotated[tuple[ActorShare, ...], Field(min_length=1, max_length=100)]
    fixed: DecimalText = "0"
    minimum: DecimalText = "0"
    maximum: DecimalText
    response: Annotated[tuple[Segment, ...], Field(max_length=50)]


class Synergy(Document):
    """What interventions mean for each other.

    ``needs``: the first member is funded only if the second is. ``bundle``: all members are funded or none.
    ``bonus``: ``value`` is gained when all members are funded (one member gives a value to being funded).

    Examples
    --------
    >>> Synergy.read(b'{"kind": "bonus", "members": ["seed", "advice"], "value": "12.5"}').kind
    'bonus'
    """

    kind: Literal["needs", "bonus", "bundle"]
    members: Annotated[tuple[Id, ...], Field(min_length=1, max_length=50)]
    value: DecimalText | None = None


class GroupLimit(Document):
    """Least and most money for all interventions with one value in one grouping column.

    Examples
    --------
    >>> GroupLimit.read(b'{"group_kind": "region", "group": "north", "cap": "5000.00"}').floor is None
    True
    """

    limit_id: Id | None = None
    group_kind: Id
    group: Id
    floor: DecimalText | None = None
    cap: DecimalText | None = None


class AllocationRows(Document):
    """The fields of an allocation problem."""

    schema_: Annotated[Literal["almoner.allocation/1"], Field(alias="schema")]
    unit: UnitCode
    scale: Annotated[int, Field(ge=0, le=MAX_SCALE)]
    gap: GapText = DEFAULT_GAP
    funds: Annotated[tuple[AllocationFund, ...], Field(min_length=1, max_length=64)]
    interventions: Annotated[tuple[Intervention, ...], Field(min_length=1, max_length=10_000)]
    synergies: Annotated[tuple[Synergy, ...], Field(max_length=20_000)] = ()
    limits: Annotated[tuple[GroupLimit, ...], Field(max_length=2_000)] = ()

    @property
    def asked_gap(self) -> Fraction:
        """The relative distance to the bound that is asked for [1]."""
        return Fraction(self.gap)
