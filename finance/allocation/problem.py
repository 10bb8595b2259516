"""The allocation problem as one document: funds, interventions, synergies, limits.

The problem: an allocation is argued about for months, so what was asked must be as exact as what was
answered. Money is written as decimal strings and counted in minor units, gains are whole millionths of value
per 1,000 major units, and so every allocation in whole minor units has one exact rational value. A document
is refused with all its faults at once, each with its place.

Every rule of the problem has a stable id, made by ``rule_id``: ``budget/<fund>``, ``earmark/<fund>``,
``floor/<kind>/<group>``, ``cap/<kind>/<group>``, ``ticket/<intervention>``, ``needs/<first>/<second>`` and
``bundle/<member>/...``.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints

from ..documents import DecimalText, Document, Text, UnitCode, canonical_bytes
from ..money import decimal_count, decimal_text
from ..units import MAX_SCALE

GAIN_DIGITS = 6  # gains are whole millionths of value
BLOCK = 1000  # ... per 1,000 major units of money
FULL_BP = 10_000
DEFAULT_GAP = "1/10000"

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}$")]
GapText = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,8}$")]
V = TypeVar("V", bound=Hashable)


class _Columns(Mapping[str, V]):
    """A mapping that cannot change, so that a document keeps its hash and crosses processes."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Mapping[str, V]) -> None:
        self._pairs = tuple(sorted(pairs.items()))

    def __getitem__(self, column: str) -> V:
        return dict(self._pairs)[column]

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._pairs))

    def __len__(self) -> int:
        return len(self._pairs)

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return repr(dict(self._pairs))


Values = Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
Groups = Annotated[Mapping[Id, Id], AfterValidator(_Columns), PlainSerializer(dict)]
Predicate = Annotated[Mapping[Id, Values], AfterValidator(_Columns), PlainSerializer(dict)]


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
    groups: Annotated[Groups, Field(default_factory=lambda: _Columns[str]({}))]
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


class AllocationDocument(Document):
    """A whole allocation problem: who can be funded, from what, under which rules.

    ``read`` refuses a document with every fault of its schema, or else every fault between its fields.

    Examples
    --------
    >>> raw = '''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "100.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 9000}], "maximum": "90.00",
    ...     "response": [{"up_to": "60.00", "gain_per_k": "2"}]}]}'''
    >>> AllocationDocument.read(raw)
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: AllocationDocument has 2 faults: \
/interventions/0/actors: shares sum to 9000 basis points, not 10000; \
/interventions/0/response: the last segment ends at 60.00, below the maximum of 90.00.
    """

    schema_: Annotated[Literal["almoner.allocation/1"], Field(alias="schema")]
    unit: UnitCode
    scale: Annotated[int, Field(ge=0, le=MAX_SCALE)]
    gap: GapText = DEFAULT_GAP
    funds: Annotated[tuple[AllocationFund, ...], Field(min_length=1, max_length=64)]
    interventions: Annotated[tuple[Intervention, ...], Field(min_length=1, max_length=10_000)]
    synergies: Annotated[tuple[Synergy, ...], Field(max_length=20_000)] = ()
    limits: Annotated[tuple[GroupLimit, ...], Field(max_length=2_000)] = ()

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """Read a problem from JSON text and check it across fields.

        Parameters
        ----------
        raw : bytes or str
            JSON, at most 8 MiB, UTF-8.

        Raises
        ------
        DocumentInvalid
            Not JSON, a breach of the schema, or fields that contradict each other: all are listed.
        """
        document = super().read(raw)
        document.verify()
        return document

    def verify(self) -> None:
        """Refuse fields that contradict each other; a document made by ``read`` has passed already.

        Raises
        ------
        DocumentInvalid
            With every finding and its JSON pointer.
        """
        from .faults import faults  # noqa: PLC0415 - faults.py names the classes of this module

        if findings := faults(self):
            raise self.refusal(findings)

    def minor(self, text: str) -> int:
        """Count an amount of this document in minor units [minor units]."""
        return decimal_count(text, self.scale)

    def amount(self, minor: int) -> str:
        """Write minor units as an amount of this document, without the unit."""
        return decimal_text(minor, self.scale)

    @property
    def asked_gap(self) -> Fraction:
        """The relative distance to the bound that is asked for [1]."""
        return Fraction(self.gap)

    def arranged(self) -> Self:
        """Return the same problem with its rows in one fixed order: equal problems have equal bytes."""
        plain = self.model_dump(mode="json", by_alias=True)
        for fund in plain["funds"]:
            for values in (fund["earmark"] or {}).values():
                values.sort()
        plain["funds"].sort(key=lambda row: row["fund_id"])
        plain["interventions"].sort(key=lambda row: row["intervention_id"])
        for row in plain["interventions"]:
            row["actors"].sort(key=lambda share: share["actor_id"])
        for row in plain["synergies"]:
            if row["kind"] != "needs":
                row["members"].sort()
        plain["synergies"].sort(key=lambda row: (row["kind"], row["members"], row["value"] or ""))
        plain["limits"].sort(key=lambda row: (row["group_kind"], row["group"]))
        return type(self).model_validate_json(canonical_bytes(plain))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AllocationLine:
    """One amount from one fund to one intervention.

    Attributes
    ----------
    intervention_id : str
        Who receives.
    fund_id : str
        Which fund pays.
    amount_minor : int [minor units]
        How much, in minor units of the problem's unit; positive.

    Examples
    --------
    >>> AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=9000).amount_minor
    9000
    """

    intervention_id: str
    fund_id: str
    amount_minor: int

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(
                f"minor units are an int, not {type(self.amount_minor).__name__}: {self.amount_minor!r}"
            )
