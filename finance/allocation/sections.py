"""The sections of an allocation problem as fields of one document.

The problem: what looks for contradictions and what turns tables into numbers both read the document that
runs them; all three stand on this module. ``AllocationTables`` holds the fields; ``problem.py`` gives it its
doors.
"""

from fractions import Fraction
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import core_schema

from ..documents import Document, UnitCode
from ..units import MAX_SCALE
from .columns import BLOCK, FULL_BP, MICRO, REQUIRED, SECTIONS, Column, Section
from .tables import Table

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


class AllocationTables(Document):
    """The fields of an allocation problem, each section a table."""

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

    def amount(self, minor: int) -> str:
        """Write minor units as an amount of this document, without the unit."""
        sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(self.scale + 1, "0")
        return sign + (f"{digits[: -self.scale]}.{digits[-self.scale :]}" if self.scale else digits)


def section_schema(section: Section) -> dict[str, Any]:
    """Return the JSON Schema of a section: rows, or columns of the same content; ``{}`` has no rows.

    Examples
    --------
    >>> from .columns import SECTIONS
    >>> [form["type"] for form in section_schema(SECTIONS["rates"])["anyOf"]]
    ['array', 'object', 'object']
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
            {"type": "object", "maxProperties": 0, "additionalProperties": False},
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
