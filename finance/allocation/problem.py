"""The allocation problem as one document: funds, interventions, synergies, limits.

The problem: an allocation is argued about for months, so what was asked must be as exact as what was
answered. Money is written as decimal strings and counted in minor units, gains are whole millionths of value
per 1,000 major units, and so every allocation in whole minor units has one exact rational value. A document
is refused with all its faults at once, each with its place.

Every rule of the problem has a stable id, made by ``rule_id``: ``budget/<fund>``, ``earmark/<fund>``,
``floor/<kind>/<group>``, ``cap/<kind>/<group>``, ``ticket/<intervention>``, ``needs/<first>/<second>`` and
``bundle/<member>/...``.
"""

from dataclasses import dataclass
from typing import Self

from ..documents import canonical_bytes
from ..findings import Findings, finding
from ..money import decimal_count, decimal_text
from .faults import faults
from .rows import AllocationRows


class AllocationDocument(AllocationRows):
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

    def findings(self, at: str = "") -> Findings:
        """List every fault between the fields."""
        return [finding(f"{at}{row['path']}", row["message"]) for row in faults(self)]

    def verify(self) -> None:
        """Refuse fields that contradict each other; a document made by ``read`` has passed already.

        Raises
        ------
        DocumentInvalid
            With every finding and its JSON pointer.
        """
        if broken := self.findings():
            raise self.refusal(broken)

    def minor(self, text: str) -> int:
        """Count an amount of this document in minor units [minor units]."""
        return decimal_count(text, self.scale)

    def amount(self, minor: int) -> str:
        """Write minor units as an amount of this document, without the unit."""
        return decimal_text(minor, self.scale)

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
