"""Findings of lint, and what each check looks at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ....finance.money import decimal_text
from ..document import TermDocument
from ..observing import Observation
from ..program import ClausePlan, Node, Program
from ..running.engine import Outturn
from ..running.ranges import Interval
from ..types import Quantity
from .probes import Probes

Severity = Literal["error", "warning"]
FINDERS = ("evaluator", "verifier", "auditor", "judge", "assessor", "calculation-agent", "calculation_agent")


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One fault or oddity of sound terms.

    Attributes
    ----------
    code : str
        As listed in the documentation.
    severity : str
        ``error``: do not sign; ``warning``: each party should know.
    path : str
        JSON pointer into the document.
    message, fix : str
        What it is with its figures, and what to do.
    size : str or None
        How much money is at stake.
    witness : tuple of Observation or None
        Observations under which it shows, when paid.
    """

    code: str
    severity: Severity
    path: str
    message: str
    fix: str
    size: str | None = None
    witness: tuple[Observation, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is looked at: terms, what they can come to, and what came of made-up results.

    Attributes
    ----------
    document : TermDocument or None
        Without it, what stands only there is not looked at.
    outturn, spans : Outturn, dict
        On whole domains: of keys, and of nodes.
    needs : dict of str to frozenset of int
        Nodes that a clause's amount needs.
    one_way : frozenset of str
        Clauses that only pay.
    standard_errors : dict of str to int [counts of the metric's type]
        Of estimates, as far as they are stated.
    """

    program: Program
    document: TermDocument | None
    outturn: Outturn
    spans: Mapping[int, Interval]
    probes: Probes
    needs: Mapping[str, frozenset[int]]
    one_way: frozenset[str]
    standard_errors: Mapping[str, int] = field(default_factory=dict)

    def metrics_of(self, nodes: Iterable[int]) -> set[str]:
        """Return the metrics that nodes observe."""
        return {self.node(at).name for at in nodes if self.node(at).op == "obs"}

    def node(self, at: int) -> Node:
        """Return a node.

        Parameters
        ----------
        at : int [node number]
            Which.
        """
        return self.program.nodes[at]

    def clause(self, name: str) -> ClausePlan:
        """Return a clause by its id."""
        return next(one for one in self.program.clauses if one.id == name)


def money(unit: Quantity, count: int) -> str:
    """Write an amount with its unit and thousands set apart.

    Parameters
    ----------
    unit : Quantity
        In which it is counted.
    count : int [minor units]
        How much.

    Examples
    --------
    >>> money(Quantity("USD", 2), 123450099)
    '1,234,500.99 USD'
    """
    whole, dot, rest = decimal_text(count, unit.digits).partition(".")
    return f"{int(whole):,}".replace("-0", "0") + f"{dot}{rest} {unit.unit}"


def listed(names: Iterable[str], most: int = 6) -> str:
    """Join names, the first few of many.

    Parameters
    ----------
    names : iterable of str
        Which.
    most : int [names]
        How many are named.
    """
    known = list(names)
    return ", ".join(known[:most]) + (f" and {len(known) - most} more" if len(known) > most else "")
