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
from functools import cached_property
from typing import Any, Self

from pydantic import ValidationError

from ..documents import canonical_bytes
from ..findings import Findings, finding
from .arrays import ProblemArrays
from .columns import HORIZON, SECTIONS
from .faults import faults
from .lowering import arrays_of
from .sections import AllocationTables
from .tables import Table


class AllocationDocument(AllocationTables):
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
        document = cls._of_head({"schema": "almoner.allocation/2", **_tupled(head)}, made)
        document.verify()
        return document

    @classmethod
    def _of_head(cls, head: Mapping[str, Any], made: Mapping[str, Table]) -> Self:
        try:
            return cls.model_validate({**head, **made})
        except ValidationError as fault:
            rows = fault.errors(include_url=False, include_context=False, include_input=False)
            pointed = [("/" + "/".join(str(part) for part in row["loc"]), row["msg"]) for row in rows]
            raise cls.refusal([finding(path, message) for path, message in pointed]) from None

    @cached_property
    def arrays(self) -> ProblemArrays:
        """The problem in numbers, made once.

        Raises
        ------
        DocumentInvalid
            When tables contradict each other.
        """
        self.verify()
        return arrays_of(self)

    def plain(self) -> dict[str, Any]:
        """Return the document as JSON values: columns, without what is only default."""
        head = self.model_dump(mode="json", by_alias=True, exclude=set(SECTIONS))
        tables = {name: self.table(name).plain() for name in SECTIONS if self.table(name).count}
        return {**head, **tables}

    def canonical_bytes(self) -> bytes:
        """Write the document's exact bytes: the same for rows and columns in any order."""
        return canonical_bytes(self.plain())


def _tupled(head: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the lists of a head, such as ``periods``, into tuples: people write either."""
    return {
        name: tuple(value)
        if isinstance(value, list)
        else _tupled(value)
        if isinstance(value, dict)
        else value
        for name, value in head.items()
    }


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
