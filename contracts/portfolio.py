"""Contracts on contracts: agreements that observe what other agreements come to.

The problem: an index over ten deals, a first loss piece or a senior note is paid on outcomes that are
themselves payments. A metric with ``ref`` names the other terms by their digest, which must exist before it
can be named, so no circle can be written; one that an amendment would close is refused. A portfolio is
paid, bounded and simulated in the order of its references: each outcome is computed once, and whoever
observes it sees the same number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..finance.errors import Missing, TermError
from ..finance.money import decimal_text
from .terms.amended_bounds import prove_amended
from .terms.amendment import Lineage, Overlaid
from .terms.bounds import Proof, prove
from .terms.compiled import compile_terms
from .terms.document import TermDocument
from .terms.observing import Observation, lay_out, outside
from .terms.outcomes_of import Settled, outcome_bounds, outcome_type
from .terms.outputs import Output, read_output
from .terms.program import Measure, Program
from .terms.running.arithmetic import WHOLE_NUMBERS
from .terms.running.cells import Cell
from .terms.running.columns import Columns
from .terms.running.engine import Outturn, carry_out
from .terms.running.evaluation import Traced
from .terms.running.overlays import carry_out_amended
from .terms.running.ranges import Interval, peaks, spans_of
from .terms.simulate import BLOCK, OutcomeFeed, Outcomes, columns_table
from .terms.types import Quantity, Type

Terms = TermDocument | Lineage
Members = Mapping[str, Mapping[str, Sequence[str]]]
NOTHING: Final[Outcomes] = {}


@dataclass(frozen=True, slots=True)
class Link:
    """One observed outcome: which agreement, which of its outcomes, and both types."""

    of: str
    output: str
    source: Type
    target: Measure


@dataclass(frozen=True)
class Portfolio:
    """Agreements by name, of which some observe others.

    Attributes
    ----------
    terms : dict of str to TermDocument or Lineage
        Documents, or documents with their amendments; a reference may name any digest of a lineage.

    Raises
    ------
    TermError
        When a reference names a digest, an outcome or a unit that is not there, or references go in a circle;
        every fault has its place.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> portfolio = Portfolio({"nights": TermDocument.read(EXAMPLE)})
    >>> paid = portfolio.pay({"nights": [Observation(metric="nights", value=100)]})
    >>> paid["nights"].flows
    {('nights', 'city', 'home', 0): 151200}
    """

    terms: Mapping[str, Terms]
    order: tuple[str, ...] = field(init=False)
    programs: Mapping[str, Overlaid] = field(init=False)
    links: Mapping[str, Mapping[str, Link]] = field(init=False)

    def __post_init__(self) -> None:
        """Read all references and put the agreements in order."""
        owners = _owners(self.terms)
        programs = {name: _overlaid(one) for name, one in self.terms.items()}
        faults: list[dict[str, str]] = []
        links = {name: dict(_links(name, programs, owners, faults)) for name in programs}
        if faults:
            raise _refused(faults)
        object.__setattr__(self, "programs", programs)
        object.__setattr__(self, "links", links)
        object.__setattr__(self, "order", _order(links))

    def pay(
        self,
        observations: Mapping[str, Iterable[Observation]],
        *,
        members: Members | None = None,
        as_of: date | None = None,
    ) -> dict[str, Outturn]:
        """Pay all agreements, those that are observed first.

        Parameters
        ----------
        observations : Mapping of str to iterable of Observation
            By agreement; what is the outcome of another one is left out.
        members : Mapping of str to Mapping
            Members of open sets, by agreement.
        as_of : date
            The day on which waiting times are judged; without it all have passed.

        Raises
        ------
        ResultsInvalid, OutsideDomain, TooPrecise
            When an observation or an outcome does not fit.
        """
        settled = self._settled(observations, members or {}, as_of)
        return {name: settled[name].outturn for name in self.terms}

    def seen(
        self, name: str, observations: Mapping[str, Iterable[Observation]], *, as_of: date | None = None
    ) -> tuple[Observation, ...]:
        """Return what an agreement observes of the others, once they are paid on their observations.

        Parameters
        ----------
        name : str
            Of the agreement that observes.
        observations : Mapping of str to iterable of Observation
            By agreement.
        as_of : date
            The day on which waiting times are judged; without it all have passed.
        """
        return tuple(self._seen(name, self._settled(observations, {}, as_of)))

    def _settled(
        self, observations: Mapping[str, Iterable[Observation]], members: Members, as_of: date | None
    ) -> dict[str, Settled]:
        settled: dict[str, Settled] = {}
        for name in self.order:
            use = self.programs[name]
            rows = (*_own(name, observations.get(name, ()), self.links[name]), *self._seen(name, settled))
            overlays = _amended(use)
            table = lay_out(use.program, rows, members=members.get(name), as_of=as_of, overlays=overlays)
            record: list[Traced] = []
            if overlays:
                outturn = carry_out_amended(use.program, overlays, WHOLE_NUMBERS, table, record=record)
            else:
                outturn = carry_out(use.program, WHOLE_NUMBERS, table, record=record)
            settled[name] = Settled(outturn, record, overlays)
        return settled

    def _seen(self, name: str, settled: Mapping[str, Settled]) -> Iterator[Observation]:
        """Turn outcomes of other agreements into observations; those that still wait are left out."""
        program = self.programs[name].program
        for metric, link in self.links[name].items():
            for period, of in _places(program, link.target):
                value = settled[link.of].value(Output(link.output, of=of, period=period))
                if value is not None:
                    count = int(converted(value, link, f"{name}: {metric}"))
                    if not link.target.low <= count <= link.target.high:
                        raise outside(f"{name}: {metric}", link.target, count)
                    yield Observation(metric=metric, value=count, period=period, of=of)

    def bounds(self) -> dict[str, Proof]:
        """Bound what each agreement can cost: what it observes of others is bounded by their proofs.

        Raises
        ------
        TermError
            When an agreement has no bound, or an outcome lies wholly outside the domain of who observes it.
        """
        proofs: dict[str, Proof] = {}
        outturns: dict[str, Outturn] = {}
        for name in self.order:
            terms = (self.programs[name].program, *_amended(self.programs[name]))
            narrowed = {id(one): self._narrowed(name, one, outturns, proofs) for one in terms}
            program, *overlays = (narrowed[id(one)] for one in terms)
            if overlays:
                proofs[name], outturns[name] = prove_amended(program, overlays)
                continue
            proof = prove(program)
            proofs[name] = replace(proof, label="safe", witness=()) if self.links[name] else proof
            outturns[name] = spans_of(program)[0]
        return {name: proofs[name] for name in self.terms}

    def _narrowed(
        self, name: str, program: Program, outturns: Mapping[str, Outturn], proofs: Mapping[str, Proof]
    ) -> Program:
        if not self.links[name]:
            return program
        metrics = dict(program.metrics)
        for metric, link in self.links[name].items():
            if metric not in metrics:
                continue
            source = outturns[link.of]
            periods = [one for one, _ in source.program.periods]
            spans = [periods.index(period) if period else None for period, _ in _places(program, link.target)]
            ends = [outcome_bounds(source, link.output, proofs[link.of].maxima, span) for span in spans]
            known = [end for end in ends if end is not None]
            if len(known) == len(ends) and known and isinstance(link.source, Quantity):
                span = min(low for low, _ in known), max(high for _, high in known)
                metrics[metric] = _within(name, metric, link, span)
        ends_text = " ".join(f"{one.low}:{one.high}" for one in metrics.values())
        return replace(program, metrics=metrics, digest=f"{program.digest} within {ends_text}")

    def simulate(
        self,
        sources: Mapping[str, OutcomeFeed],
        *,
        paths: int,
        wanted: Mapping[str, Sequence[Output]],
    ) -> dict[str, dict[Output, NDArray[np.int64]]]:
        """Carry out all agreements on many paths; an outcome is drawn once, and seen by all who observe it.

        Parameters
        ----------
        sources : Mapping of str to OutcomeFeed
            Outcomes of what is observed directly, by agreement.
        paths : int [paths]
            How many.
        wanted : Mapping of str to sequence of Output
            Figures to keep for each path, by agreement.

        Raises
        ------
        TermError, OutsideDomain, Missing
            As for a single agreement.
        """
        uses = {name: Columns(_sizes(one.overlays)) for name, one in self.programs.items()}
        kept = {
            name: {output: np.empty(paths, dtype=np.int64) for output in listed}
            for name, listed in wanted.items()
        }
        for number in range(-(-paths // BLOCK)):
            first = number * BLOCK
            size = min(BLOCK, paths - first)
            outturns: dict[str, Outturn] = {}
            for name in self.order:
                outturns[name] = self._block(name, uses[name], sources.get(name), outturns, (number, size))
            for name, columns in kept.items():
                for output, column in columns.items():
                    column[first : first + size] = _known(name, output, outturns[name])
        return kept

    def _block(
        self,
        name: str,
        use: Columns,
        source: OutcomeFeed | None,
        outturns: Mapping[str, Outturn],
        block: tuple[int, int],
    ) -> Outturn:
        number, size = block
        drawn = dict(source.block(number, size) if source else NOTHING)
        members = source.members if source else {}
        one = self.programs[name]
        for metric, link in self.links[name].items():
            places = list(_places(one.program, link.target))
            cells = [
                _known(link.of, Output(link.output, of=of, period=period), outturns[link.of])
                for period, of in places
            ]
            columns = [converted(np.broadcast_to(cell, (size,)), link, f"{name}: {metric}") for cell in cells]
            spans = len(one.program.periods) if link.target.by_period else 1
            drawn[metric] = np.stack(columns).astype(np.int64).reshape(spans, -1, size)
        overlays = _amended(one)
        table = columns_table(one.program, drawn, members, size, overlays)
        if overlays:
            return carry_out_amended(one.program, overlays, use, table)
        return carry_out(one.program, use, table)


def _amended(use: Overlaid) -> tuple[Program, ...]:
    """Return the terms of each period, if they differ."""
    return () if all(one is use.program for one in use.overlays) else use.overlays


def _sizes(programs: Iterable[Program]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for program in programs:
        for at, size in peaks(program).items():
            sizes[at] = max(size, sizes.get(at, 0))
    return sizes


def _known(name: str, output: Output, outturn: Outturn) -> Cell:
    program = outturn.program
    kind = outcome_type(program, output.name)
    named = {one.id for one in program.figures} | {one.id for one in program.clauses}
    if output.name in program.metrics and output.name not in named:
        cell = Settled(outturn, ()).value(output)
    else:
        cell = read_output(outturn, output)
    if cell is None:
        told = f"{name}: {output.name} is pending: give outcomes for every metric it needs."
        raise Missing(told, what="outcome", code=output.name)
    return cell if isinstance(kind, Quantity) else np.asarray(cell, dtype=np.int64)


def _overlaid(terms: Terms) -> Overlaid:
    if isinstance(terms, Lineage):
        return terms.overlaid
    program = compile_terms(terms)
    return Overlaid(program, (program,) * len(program.periods))


def _owners(terms: Mapping[str, Terms]) -> dict[str, str]:
    """Return whose terms a digest names."""
    owners: dict[str, str] = {}
    for name, one in terms.items():
        for document in one.documents if isinstance(one, Lineage) else (one,):
            digest = document.digest()
            if digest in owners:
                raise TermError(
                    f"{name} and {owners[digest]} are the same terms: give them their own titles."
                )
            owners[digest] = name
    return owners


def _links(
    name: str, programs: Mapping[str, Overlaid], owners: Mapping[str, str], faults: list[dict[str, str]]
) -> Iterator[tuple[str, Link]]:
    for metric, measure in programs[name].program.metrics.items():
        if measure.ref is None:
            continue
        path = f"/{name}/metrics/{metric}/ref"
        digest, output = measure.ref
        if digest not in owners:
            known = ", ".join(f"{owner} {one[:12]}…" for one, owner in owners.items() if owner != name)
            told = f"no agreement here has terms {digest[:12]}…; there are: {known or 'no others'}"
            faults.append({"path": f"{path}/terms", "message": told})
            continue
        source = programs[owners[digest]].program
        try:
            kind = outcome_type(source, output)
        except Missing as error:
            faults.append({"path": f"{path}/output", "message": f"{owners[digest]}: {error.message}"})
            continue
        link = Link(owners[digest], output, kind, measure)
        told = _misfit(programs[name].program, source, link)
        if told:
            faults.append({"path": path, "message": told})
        else:
            yield metric, link


def _misfit(program: Program, source: Program, link: Link) -> str:
    """Say why an outcome cannot be what the metric observes."""
    mine, theirs = link.target.type, link.source
    fits = type(mine) is type(theirs)
    if isinstance(mine, Quantity) and isinstance(theirs, Quantity):
        fits = (mine.unit, mine.per) == (theirs.unit, theirs.per)
    if not fits:
        return f"{link.of}: {link.output} is a {theirs}, the metric a {mine}"
    if link.target.labels and link.target.labels != source.metrics[link.output].labels:
        return f"{link.of}: {link.output} has other labels"
    periods = {name for name, _ in source.periods}
    strange = [name for name, _ in program.periods if name not in periods]
    if link.target.by_period and strange:
        return f"{link.of} has no period {', '.join(strange)}: use the same ids, or observe it over the term"
    opened = [dim for dim in link.target.dims if not program.sets[dim]]
    return f"it is per {', '.join(opened)}, whose members are not declared" if opened else ""


def _order(links: Mapping[str, Mapping[str, Link]]) -> tuple[str, ...]:
    """Put agreements behind those they observe; refuse a circle, which only an amendment can close."""
    placed: list[str] = []
    left = dict.fromkeys(links)
    while left:
        ready = [name for name in left if all(link.of in placed for link in links[name].values())]
        if not ready:
            raise TermError(
                f"Agreements observe each other in a circle: {' -> '.join(_ring(links, left))}. "
                "An amendment closed it: let one of them observe something else."
            )
        placed.append(ready[0])
        del left[ready[0]]
    return tuple(placed)


def _ring(links: Mapping[str, Mapping[str, Link]], left: Mapping[str, None]) -> list[str]:
    walk = [next(iter(left))]
    while True:
        walk.append(next(link.of for link in links[walk[-1]].values() if link.of in left))
        if walk[-1] in walk[:-1]:
            return walk[walk.index(walk[-1]) :]


def _own(name: str, rows: Iterable[Observation], links: Mapping[str, Link]) -> tuple[Observation, ...]:
    listed = tuple(rows)
    for row in listed:
        if row.metric in links:
            link = links[row.metric]
            told = f"{name}: {row.metric} is {link.output} of {link.of}: leave it out, it is computed."
            raise TermError(told, metric=row.metric)
    return listed


def _places(program: Program, measure: Measure) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return the periods and members for which a metric has a value."""
    combos: list[tuple[tuple[str, str], ...]] = [()]
    for dim in measure.dims:
        combos = [(*combo, (dim, member)) for combo in combos for member in program.sets[dim]]
    for period, _ in program.periods if measure.by_period else (("", None),):
        for combo in combos:
            yield period, tuple(sorted(combo))


def converted(value: Cell, link: Link, where: str) -> Cell:
    """Write an outcome in the digits of the metric that observes it, exactly.

    Parameters
    ----------
    value : Cell [counts of the outcome's type]
        A whole number, or one per path.
    link : Link
        Both types.
    where : str
        For the refusal.

    Raises
    ------
    TermError
        When it has more digits than the metric can hold.
    """
    if not isinstance(link.source, Quantity) or not isinstance(link.target.type, Quantity):
        return value
    shift = link.target.type.digits - link.source.digits
    if shift >= 0:
        return value * 10**shift
    rest = np.asarray(value % 10**-shift)
    if rest.any():
        one = int(np.asarray(value).reshape(-1)[int(rest.reshape(-1).argmax())])
        shown = decimal_text(one, link.source.digits)
        raise TermError(
            f"{where} would be {shown}, which does not fit {link.target.type} exactly: round it in a figure "
            f"of {link.of}, or give the metric more digits.",
            value=shown,
        )
    return value // 10**-shift


def _within(name: str, metric: str, link: Link, span: Interval) -> Measure:
    """Narrow a metric's domain to what the outcome can be."""
    low, high = span
    if isinstance(link.source, Quantity) and isinstance(link.target.type, Quantity):
        shift = link.target.type.digits - link.source.digits
        scale = 10 ** abs(shift)
        low, high = (low * scale, high * scale) if shift >= 0 else (-(-low // scale), high // scale)
    low, high = max(low, link.target.low), min(high, link.target.high)
    if low > high:
        raise _refused(
            [
                {
                    "path": f"/{name}/metrics/{metric}/domain",
                    "message": f"{link.output} of {link.of} can never lie in it",
                }
            ]
        )
    return replace(link.target, low=low, high=high)


def _refused(faults: Sequence[Mapping[str, str]]) -> TermError:
    shown = "; ".join(f"{row['path']}: {row['message']}" for row in faults)
    count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
    return TermError(f"The portfolio has {count}: {shown}.", findings=[dict(row) for row in faults])
