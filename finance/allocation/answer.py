"""An allocation: who is funded, and every amount from every fund, in whole minor units.

The problem: an answer that is only a list of awards cannot be checked; which fund pays, what is kept for the
next period and what is bought in kind must stand in it. ``Allocation`` holds exactly what is needed to check
every rule, in one fixed order, and its digest is what a certificate names.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any, Self

from ..documents import plain_bytes
from ..errors import DocumentInvalid

SCHEMA = "almoner.allocation-answer/1"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AllocationLine:
    """One amount from one fund to one intervention in one period.

    Attributes
    ----------
    intervention_id : str
        Who receives.
    period : int
        Index of the period.
    fund_id : str
        Which fund pays.
    amount_minor : int [minor units]
        How much; positive.

    Examples
    --------
    >>> AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=9000).amount_minor
    9000
    """

    intervention_id: str
    period: int = 0
    fund_id: str
    amount_minor: int

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            kind = type(self.amount_minor).__name__
            raise TypeError(f"minor units are an int, not {kind}: {self.amount_minor!r}")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Carried:
    """Money that a fund keeps for the next period.

    Attributes
    ----------
    fund_id : str
        The fund.
    period : int
        Index of the period from which it is kept.
    amount_minor : int [minor units]
        How much; positive.

    Examples
    --------
    >>> Carried(fund_id="pool", period=0, amount_minor=5).period
    0
    """

    fund_id: str
    period: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Bought:
    """Units of a resource that a fund buys because the stock is too small.

    Attributes
    ----------
    resource_id : str
        The resource.
    period : int
        Index of the period.
    fund_id : str
        Which fund pays.
    quantity : int [units]
        How many; positive.
    amount_minor : int [minor units]
        What they cost.

    Examples
    --------
    >>> Bought(resource_id="beds", period=0, fund_id="pool", quantity=2, amount_minor=90).quantity
    2
    """

    resource_id: str
    period: int
    fund_id: str
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Part:
    """What an actor receives of an award.

    Attributes
    ----------
    intervention_id : str
        The intervention.
    period : int
        Index of the period.
    actor_id : str
        The actor.
    amount_minor : int [minor units]
        How much; positive.

    Examples
    --------
    >>> Part(intervention_id="w7", period=0, actor_id="hub", amount_minor=5).actor_id
    'hub'
    """

    intervention_id: str
    period: int
    actor_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Everything that is given.

    Attributes
    ----------
    chosen : tuple of (str, int)
        Intervention and period of everything that is funded, with or without money; sorted.
    lines, carried, bought, parts : tuple
        Amounts [minor units], sorted.

    Examples
    --------
    >>> line = AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=9000)
    >>> allocation = Allocation.of([line])
    >>> allocation.chosen, allocation.award_minor("w7")
    ((('w7', 0),), 9000)
    >>> Allocation.read(allocation.canonical_bytes()) == allocation
    True
    """

    chosen: tuple[tuple[str, int], ...]
    lines: tuple[AllocationLine, ...] = ()
    carried: tuple[Carried, ...] = ()
    bought: tuple[Bought, ...] = ()
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, lines: "list[AllocationLine] | tuple[AllocationLine, ...]") -> Self:
        """Make an allocation of lines alone: whoever has a line is funded."""
        chosen = sorted({(line.intervention_id, line.period) for line in lines})
        return cls(chosen=tuple(chosen), lines=tuple(sorted(lines)))

    def award_minor(self, intervention_id: str, period: int | None = None) -> int:
        """Return what an intervention gets from all funds, in one period or in all [minor units]."""
        return sum(
            line.amount_minor
            for line in self.lines
            if line.intervention_id == intervention_id and period in {None, line.period}
        )

    def awards(self) -> Counter[tuple[str, int]]:
        """Return the award of every intervention and period that gets money [minor units]."""
        found = Counter[tuple[str, int]]()
        for line in self.lines:
            found[line.intervention_id, line.period] += line.amount_minor
        return found

    def canonical_bytes(self) -> bytes:
        """Write the exact bytes: columns in the fixed order."""
        tables = {
            name: {
                field.name: [getattr(row, field.name) for row in getattr(self, name)]
                for field in fields(kind)
            }
            for name, kind in ROWS.items()
            if getattr(self, name)
        }
        chosen = {"intervention_id": [who for who, _ in self.chosen], "period": [at for _, at in self.chosen]}
        return plain_bytes({"schema": SCHEMA, "chosen": chosen, **tables})

    def digest(self) -> str:
        """Return the SHA-256 of the exact bytes, as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_bytes()).hexdigest()

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """Read an allocation from JSON text.

        Raises
        ------
        DocumentInvalid
            When it is not one; amounts are checked by ``check.py``, not here.
        """
        try:
            return cls._read(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise DocumentInvalid(
                f"This is no allocation: {fault}. Write the document that `almoner allocate` writes.",
                findings=[{"path": "/", "message": str(fault)}],
            ) from None

    @classmethod
    def _read(cls, content: dict[str, Any]) -> Self:
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema is {content['schema']!r}, not {SCHEMA!r}")
        unknown = sorted(set(content) - {"schema", "chosen", *ROWS})
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is unknown in it")
        chosen = content["chosen"]
        tables: dict[str, Any] = {}
        for name, kind in ROWS.items():
            columns = content.get(name, {})
            names = [field.name for field in fields(kind)]
            if columns and set(columns) != set(names):
                raise ValueError(f"{name} has columns {', '.join(sorted(columns))}, not {', '.join(names)}")
            rows = zip(*(columns[column] for column in names), strict=True) if columns else ()
            made = [kind(**dict(zip(names, row, strict=True))) for row in rows]
            for row in made:
                _require_types(row)
            tables[name] = tuple(sorted(made))
        pairs = sorted(zip(chosen["intervention_id"], chosen["period"], strict=True))
        if any(type(who) is not str or type(at) is not int for who, at in pairs):
            raise ValueError("chosen names an intervention by a text and a period by a number")
        return cls(chosen=tuple(pairs), **tables)


ROWS: dict[str, type[AllocationLine] | type[Carried] | type[Bought] | type[Part]] = {
    "lines": AllocationLine,
    "carried": Carried,
    "bought": Bought,
    "parts": Part,
}


def _require_types(row: AllocationLine | Carried | Bought | Part) -> None:
    for field in fields(row):
        value, wanted = getattr(row, field.name), str if field.name.endswith("_id") else int
        if type(value) is not wanted:
            raise ValueError(f"{field.name} is {value!r}, which is no {wanted.__name__}")
