"""From tree to nodes: type check of expressions, and one flat list in which equal expressions share a node.

How each kind of expression is lowered stands in ``numbers`` and ``sets``. All faults are
gathered; none stops the rest from being read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches

from ....finance.documents import Document
from ....finance.errors import AlmonerError, TooPrecise
from ....finance.money import decimal_count
from .. import expressions as ex
from ..document import TermDocument
from ..program import Measure, Node
from ..types import BARE, Quantity, Truth, Type, parse_type

MAX_DEPTH = 60
MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Lowered:
    """A node by its number, with what its parent has to know of it."""

    at: int
    node: Node

    @property
    def type(self) -> Type:
        """The type of its value."""
        return self.node.type


@dataclass(slots=True)
class Lowering:
    """What lowering knows and gathers.

    Attributes
    ----------
    document : TermDocument
        As read.
    table : Mapping of type to callable
        How each kind of expression is lowered.
    nodes, known : list, dict
        Nodes so far, and their numbers.
    findings : list of dict
        Faults: path and message.
    measures, params : dict
        Metrics and parameter types, as far as they are sound.
    clause_units : dict
        What clauses pay in, as far as they are lowered.
    """

    document: TermDocument
    table: Mapping[type[Document], Callable[..., "Lowered"]]
    nodes: list[Node] = field(default_factory=list)
    known: dict[Node, int] = field(default_factory=dict)
    findings: list[dict[str, str]] = field(default_factory=list)
    measures: dict[str, Measure] = field(default_factory=dict)
    params: dict[str, Quantity] = field(default_factory=dict)
    figures: dict[str, Lowered] = field(default_factory=dict)
    open_figures: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    clause_units: dict[str, Quantity] = field(default_factory=dict)
    periods: tuple[str, ...] = ()
    counts_from: date = date.min

    def fault(self, path: str, message: str) -> None:
        """Note a fault."""
        self.findings.append({"path": path, "message": message})

    def mismatch(self, path: str, message: str) -> None:
        """Note that types do not fit, unless a part below is at fault itself: then that is why."""
        if not any(row["path"].startswith(f"{path}/") for row in self.findings):
            self.fault(path, message)

    def unknown(self, path: str, name: str, kind: str, known: Iterable[str]) -> None:
        """Note a name that nothing has, with the name that may be meant, or those there are."""
        listed = list(known)
        near = get_close_matches(name, listed, 1)
        hint = (
            f"perhaps {near[0]!r} is meant" if near else ", ".join(listed[:MOST_NAMES]) or "none are declared"
        )
        self.fault(path, f"{name!r} is not among the {kind}: {hint}")

    def count(self, path: str, text: str, kind: Type) -> int:
        """Read a decimal in a type's digits; a fault counts as zero."""
        if not isinstance(kind, Quantity):
            return 0
        try:
            return decimal_count(text, kind.digits, str(kind))
        except TooPrecise:
            digits = len(text.partition(".")[2])
            told = f"{text} has {digits} decimal digits, {kind} has {kind.digits}"
            self.fault(path, f"{told}: write fewer, or use a type with {digits}")
            return 0
        except AlmonerError as error:
            self.fault(path, error.message)
            return 0

    def order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Put sets into the order of the document."""
        wanted = set(names)
        return tuple(name for name in self.document.sets if name in wanted)

    def keep(self, node: Node) -> Lowered:
        """Add a node, or find its equal."""
        key = replace(node, path="")
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(node)
        return Lowered(self.known[key], self.nodes[self.known[key]])

    def make(self, op: str, path: str, kind: Type, args: tuple[Lowered, ...] = (), **more: object) -> Lowered:
        """Add a node whose sets and dependence on time come from its arguments."""
        dims = self.order(name for arg in args for name in arg.node.dims)
        fields: dict[str, object] = {
            "dims": dims,
            "varies": any(arg.node.varies for arg in args),
            "live": any(arg.node.live for arg in args),
            "args": tuple(arg.at for arg in args),
        }
        fields |= more
        return self.keep(Node(path=path, op=op, type=kind, **fields))  # type: ignore[arg-type]  # fields of Node

    def lower(self, tree: ex.Expression, path: str, depth: int = 0) -> Lowered:
        """Lower an expression and all below it."""
        if depth > MAX_DEPTH:
            self.fault(path, f"nested deeper than {MAX_DEPTH}: name parts as figures")
            return self.literal(path, 0, BARE)
        return self.table[type(tree)](self, tree, path, depth + 1)

    def literal(self, path: str, count: int, kind: Type) -> Lowered:
        """Add a fixed number."""
        return self.keep(Node(path=path, op="lit", type=kind, const=count))

    def set_known(self, path: str, name: str) -> bool:
        """Check that a set is declared."""
        if name in self.document.sets:
            return True
        self.unknown(path, name, "sets", self.document.sets)
        return False


def kind_of(low: Lowering, path: str, text: str) -> Quantity:
    """Read a type, or note that it is none."""
    kind = parse_type(text)
    if kind is None:
        low.fault(path, f"{text!r} is no type of a number: write for example USD/2 or day/0")
    return kind or BARE


def lower_figure(low: Lowering, name: str, path: str) -> Lowered:
    """Lower a figure once, and refuse one that is computed from itself."""
    if name in low.open_figures:
        ring = " -> ".join((*low.open_figures[low.open_figures.index(name) :], name))
        low.fault(
            path, f"figures go in a circle: {ring}. Keep a running value in an account, or take one out"
        )
        return low.literal(path, 0, BARE)
    if name not in low.figures:
        low.open_figures.append(name)
        low.figures[name] = low.lower(low.document.figures[name].value, f"/figures/{name}/value")
        low.open_figures.pop()
    return low.figures[name]


def choose(
    low: Lowering, path: str, test: Lowered, then: Lowered, other: Lowered, test_path: str = ""
) -> Lowered:
    """Add a choice between two values."""
    if not isinstance(test.type, Truth):
        low.mismatch(
            test_path or f"{path}/test", f"needs a condition, this is a {test.type}: compare it with cmp"
        )
    if then.type != other.type:
        low.mismatch(path, f"then is a {then.type}, else is a {other.type}: both must be of one type")
    return low.make("if", path, then.type, (test, then, other))
