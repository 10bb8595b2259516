"""The allocation problem as one document: funds, interventions, synergies, limits.

The problem: an allocation is argued about for months, so what was asked must be as exact as what was
answered. Money is counted in minor units, gains are whole millionths of value per 1,000 major units, and so
every allocation in whole minor units has one exact rational value. A document is refused with all its faults
at once, each with its place. Every section is a table, written as rows or as columns; both give the same
bytes, in whatever order the rows stand.

Every rule of the problem has a stable id, made by ``rule_id``: ``budget/<fund>/<period>``,
``floor/<kind>/<group>/<period>``, ``needs/<first>/<second>`` and so on (docs/allocation.md lists them).
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import core_schema

from ..documents import Document, UnitCode, canonical_bytes
from ..findings import Findings, finding
from ..units import MAX_SCALE
from .columns import BLOCK, FULL_BP, HORIZON, MICRO, REQUIRED, SECTIONS, Column, Section
from .faults import faults
from .tables import Table

if TYPE_CHECKING:
    from .arrays import ProblemArrays

DEFAULT_GAP = "1/10000"
GapText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}/[1-9][0-9]{0,9}$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}$")]
MAX_BYTES = 256 * 2**20


class _Rows:
    """The pydantic type of one section."""

    def __init__(self, name: str) -> None:
        self.section = SECTIONS[name]

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda given: given if isinstance(given, Table) else Table.read(self.section, given),
            serialization=core_schema.plain_serializer_function_ser_schema(Table.plain),
        )

    def __get_pydantic_json_schema__(
        self, _: core_schema.CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return section_schema(self.section)


def _empty(name: str) -> Any:  # noqa: ANN401 - a field with a default
    return Field(default_factory=partial(Table.read, SECTIONS[name], ()))


class Objective(Document):
    """What is maximised: expected value, a cautious value, or metrics in order.

    Examples
    --------
    >>> Objective.read(b'{"mode": "cvar", "alpha_bp": 1000}').mode
    'cvar'
    """

    mode: Literal["mean", "lcb", "cvar", "chance"] = "mean"
    z_milli: Annotated[
        int, Field(ge=0, le=10_000, description="lcb: standard deviations below [thousandths]")
    ] = 1000
    alpha_bp: Annotated[int, Field(ge=1, le=FULL_BP, description="cvar, chance: worst part of the cases")] = (
        1000
    )
    weight_bp: Annotated[int, Field(ge=0, le=FULL_BP, description="cvar: its weight beside the mean")] = (
        FULL_BP
    )
    draws: Annotated[int, Field(ge=2, le=5000, description="cvar, chance: scenarios drawn")] = 200
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="of the draws")] = 1
    order: Annotated[tuple[str, ...], Field(max_length=20, description="metrics, the first one first")] = ()
    churn_bp: Annotated[
        int | None, Field(ge=0, le=FULL_BP, description="most of earlier money that moves")
    ] = None
    max_min: Annotated[
        str | None, Field(description="grouping column whose least served group counts most")
    ] = None


class AllocationDocument(Document):
    """A whole allocation problem: who can be funded, from what, under which rules.

    ``read`` refuses a document with every fault of its tables, or else every fault between them.

    Examples
    --------
    >>> raw = '''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 10000}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": {"intervention_id": ["w7"], "cap_minor": [9000], "gain_micro_per_k": [2000000]}}'''
    >>> problem = AllocationDocument.read(raw)
    >>> problem.interventions.count, problem.amount(9000)
    (1, '90.00')
    >>> AllocationDocument.read(raw.replace('"max_minor": 9000', '"max_minor": 9500'))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: AllocationDocument has 1 fault: \
/tickets: max_minor of w7 in period 0 is 9500; its segments end at 9000.
    """

    max_bytes: ClassVar[int] = MAX_BYTES

    schema_: Annotated[Literal["almoner.allocation/2"], Field(alias="schema")] = "almoner.allocation/2"
    unit: UnitCode
    scale: Annotated[int, Field(ge=0, le=MAX_SCALE)]
    gap: GapText = DEFAULT_GAP
    periods: Annotated[tuple[Label, ...], Field(max_length=240)] = ()
    objective: Objective = Objective()
    rates: Annotated[Table, _Rows("rates")] = _empty("rates")
    metrics: Annotated[Table, _Rows("metrics")] = _empty("metrics")
    funds: Annotated[Table, _Rows("funds")]
    earmarks: Annotated[Table, _Rows("earmarks")] = _empty("earmarks")
    interventions: Annotated[Table, _Rows("interventions")]
    tickets: Annotated[Table, _Rows("tickets")] = _empty("tickets")
    response: Annotated[Table, _Rows("response")] = _empty("response")
    synergies: Annotated[Table, _Rows("synergies")] = _empty("synergies")
    limits: Annotated[Table, _Rows("limits")] = _empty("limits")
    concentration: Annotated[Table, _Rows("concentration")] = _empty("concentration")
    actors: Annotated[Table, _Rows("actors")] = _empty("actors")
    actor_caps: Annotated[Table, _Rows("actor_caps")] = _empty("actor_caps")
    resources: Annotated[Table, _Rows("resources")] = _empty("resources")
    needs: Annotated[Table, _Rows("needs")] = _empty("needs")
    tranches: Annotated[Table, _Rows("tranches")] = _empty("tranches")
    evidence: Annotated[Table, _Rows("evidence")] = _empty("evidence")
    previous: Annotated[Table, _Rows("previous")] = _empty("previous")
    overrides: Annotated[Table, _Rows("overrides")] = _empty("overrides")

    @cached_property
    def _faults(self) -> Findings:
        return faults(self)

    def findings(self, at: str = "") -> Findings:
        """List every fault of the tables, or else every fault between them."""
        own = [
            finding(f"{at}/{name}{row['path'].rstrip('/')}", row["message"])
            for name in SECTIONS
            for row in self.table(name).faults
        ]
        return own or [finding(f"{at}{row['path']}", row["message"]) for row in self._faults]

    def verify(self) -> None:
        """Refuse tables that are wrong or contradict each other; a document made by ``read`` has passed.

        Raises
        ------
        DocumentInvalid
            With every finding and its JSON pointer.
        """
        if broken := self.findings():
            raise self.refusal(broken)

    @classmethod
    def from_tables(cls, head: Mapping[str, Any], tables: Mapping[str, object]) -> Self:
        """Make a document of columns or rows that are in memory already.

        Parameters
        ----------
        head : Mapping
            Fields that are no sections: ``unit``, ``scale`` and, when not the defaults, the others.
        tables : Mapping
            Section name -> rows, or columns as lists or arrays; an absent section is empty.

        Raises
        ------
        DocumentInvalid
            With every fault.
        """
        unknown = sorted(set(tables) - set(SECTIONS))
        if unknown:
            known = ", ".join(SECTIONS)
            raise cls.refusal([finding("", f"no section {', '.join(unknown)}; known: {known}")])
        made = {name: Table.read(SECTIONS[name], given) for name, given in tables.items()}
        document = cls.model_validate({"schema": "almoner.allocation/2", **head, **made})
        document.verify()
        return document

    def table(self, name: str) -> Table:
        """Return one section."""
        held: Table = getattr(self, name)
        return held

    @property
    def asked_gap(self) -> Fraction:
        """The relative distance to the bound that is asked for [1]."""
        return Fraction(self.gap)

    @property
    def minor_per_block(self) -> int:
        """Minor units in the 1,000 major units that gains are given for [minor units]."""
        return BLOCK * int(10**self.scale)

    @property
    def grains_per_value(self) -> int:
        """Parts of a unit of value in which every value is a whole number: gain times money [grains]."""
        return MICRO * self.minor_per_block

    @cached_property
    def arrays(self) -> "ProblemArrays":
        """The problem in numbers, made once.

        Raises
        ------
        DocumentInvalid
            When tables contradict each other.
        """
        from .arrays import arrays_of  # noqa: PLC0415 - numbers are made from documents, not the reverse

        self.verify()
        return arrays_of(self)

    def amount(self, minor: int) -> str:
        """Write minor units as an amount of this document, without the unit."""
        sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(self.scale + 1, "0")
        return sign + (f"{digits[: -self.scale]}.{digits[-self.scale :]}" if self.scale else digits)

    def plain(self) -> dict[str, Any]:
        """Return the document as JSON values: columns, without what is only default."""
        head = self.model_dump(mode="json", by_alias=True, exclude=set(SECTIONS))
        tables = {name: self.table(name).plain() for name in SECTIONS if self.table(name).count}
        return {**head, **tables}

    def canonical_bytes(self) -> bytes:
        """Write the document's exact bytes: the same for rows and columns in any order."""
        return canonical_bytes(self.plain())


def rule_id(kind: str, *parts: object) -> str:
    """Name a rule; a slash or tilde inside a part is escaped as in JSON pointers.

    Examples
    --------
    >>> rule_id("cap", "region", "north", "all"), rule_id("budget", "pool/2026", 0)
    ('cap/region/north/all', 'budget/pool~12026/0')
    """
    return "/".join([kind, *(str(part).replace("~", "~0").replace("/", "~1") for part in parts)])


def period_label(period: int) -> str:
    """Return how a rule id names a period.

    Parameters
    ----------
    period : int [position]
        Index of the period, -1 for all periods together.

    Examples
    --------
    >>> period_label(2), period_label(-1)
    ('2', 'all')
    """
    return "all" if period == HORIZON else str(period)


def section_schema(section: Section) -> dict[str, Any]:
    """Return the JSON Schema of a section: rows, or columns of the same content.

    Examples
    --------
    >>> from .columns import SECTIONS
    >>> [form["type"] for form in section_schema(SECTIONS["rates"])["anyOf"]]
    ['array', 'object']
    """
    cells = {column.name: _cell(column) for column in section.columns}
    required = [column.name for column in section.columns if column.default is REQUIRED]
    extra: dict[str, Any] | bool = (
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]} if section.is_open else False
    )
    columns = {name: {"type": "array", "items": cell} for name, cell in cells.items()}
    more = {"type": "array", "items": extra} if section.is_open else False
    row = {"type": "object", "properties": cells, "required": required, "additionalProperties": extra}
    return {
        "description": section.note,
        "anyOf": [
            {"type": "array", "items": row},
            {"type": "object", "properties": columns, "required": required, "additionalProperties": more},
        ],
    }


def _cell(column: Column) -> dict[str, Any]:
    cell: dict[str, Any] = {"description": column.note}
    if column.kind == "int":
        cell |= {"type": "integer", "minimum": column.least, "maximum": column.most}
    elif column.kind == "ids":
        cell |= {"type": "array", "items": {"type": "string"}}
    else:
        cell |= {"type": "string"}
    if column.words:
        cell["enum"] = list(column.words)
    if column.default is None:
        cell["type"] = [cell["type"], "null"]
    elif column.default is not REQUIRED:
        cell["default"] = column.default
    return cell
