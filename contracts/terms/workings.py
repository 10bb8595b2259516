"""Which operations an amount rests on: those of its own members, and of others only where it needs them.

The problem: a price list for 400 people computes 400 amounts at once, and a trace that lists all of them
under each grows with the square of the people. From the amount of one key the operations are followed down
with its members held; a fold, a share or a rank lets go of the set it ranges over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .document import PERIOD
from .program import ClausePlan, Program
from .running.cells import Table
from .running.evaluation import Traced

Held = Mapping[str, str]  # member by set
Rows = dict[int, dict[int, list[Traced]]]
RANGING = ("fold", "share", "rank")


@dataclass(frozen=True, slots=True)
class Workings:
    """The operations of one run, found again by what rests on them.

    Attributes
    ----------
    program : Program
        The terms by which it ran.
    table : Table
        Says which members there are.
    record : sequence of Traced
        In the order in which they were carried out.
    """

    program: Program
    table: Table
    record: Sequence[Traced]
    _rows: Rows = field(init=False, repr=False, default_factory=dict)
    _places: dict[tuple[str, ...], dict[tuple[str, ...], int]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for row in self.record:
            self._rows.setdefault(row.node, {}).setdefault(row.combination, []).append(row)

    def behind(self, clause: ClausePlan, members: tuple[str, ...], span: int) -> list[Traced]:
        """Return the operations behind an amount: of a period, or the last known before.

        Parameters
        ----------
        clause : ClausePlan
            Whose amount.
        members : tuple of str
            In the order of the clause's sets.
        span : int [period number]
            The last period that counts.
        """
        found: dict[tuple[int, int], Traced] = {}
        for node, place in self._reached(clause.amount, dict(zip(clause.each, members, strict=True))):
            last = next((row for row in reversed(self._listed(node, place)) if row.period <= span), None)
            if last is not None:
                found[node, place] = last
        return [row for _, row in sorted(found.items())]

    def _listed(self, node: int, place: int) -> Sequence[Traced]:
        return self._rows.get(node, {}).get(place, ())

    def _reached(self, amount: int, held: Held) -> Iterator[tuple[int, int]]:
        """Yield node and combination of everything that an amount needs."""
        stack: list[tuple[int, Held]] = [(amount, held)]
        seen: set[tuple[int, frozenset[tuple[str, str]]]] = set()
        while stack:
            at, kept = stack.pop()
            node = self.program.nodes[at]
            name = (at, frozenset((dim, member) for dim, member in kept.items() if dim in node.dims))
            if name in seen:
                continue
            seen.add(name)
            yield from ((at, place) for place in self._within(node.dims, kept))
            below = dict(kept) | dict(node.at)
            if node.op in RANGING and node.name != PERIOD:
                below.pop(node.name, None)
            stack += [(arg, below) for arg in node.args]

    def _within(self, dims: tuple[str, ...], held: Held) -> Iterator[int]:
        """Yield the combinations of some sets in which the held members stand."""
        if dims not in self._places:
            self._places[dims] = {combo: at for at, combo in enumerate(self.table.combinations(dims))}
        places = self._places[dims]
        if all(dim in held for dim in dims):
            exact = places.get(tuple(held[dim] for dim in dims))
            yield from () if exact is None else (exact,)
            return
        for combo, at in places.items():
            if all(held.get(dim, member) == member for dim, member in zip(dims, combo, strict=True)):
                yield at
