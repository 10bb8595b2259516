"""Draws of outcomes: for each block of paths, one whole number for every metric, period and member.

The problem: a simulation that gives other figures with three workers than with one, or other first thousand
paths when a million are asked for, can be neither repeated nor argued about. Here every value has a stream of
its own, named by seed, block, metric, period and members. Nothing else has a say: not the size of the block,
not the order of the blocks, not the other metrics.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import count, product
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..terms.document import PERIOD
from ..terms.program import Measure, Program
from ..terms.simulate import BLOCK
from ..terms.types import digits_of
from .check import fit, members_of
from .document import OutcomeModel, OutcomesDocument
from .laws import FixedLaw, Law
from .quantiles import LEAST_LEVEL, MOST_LEVEL, Counts, Levels, Quantile, quantile

_OWN = "own"
_KEPT = 64
_WIDEST = 2.0**62
Labels = Mapping[str, str]
Stream = Callable[[str, str], Levels]


@dataclass(frozen=True, slots=True)
class _Cell:
    """One value of a metric on each path: its labels, its law, and the error of who observes it."""

    labels: Labels
    draw: Quantile
    is_fixed: bool
    noise: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """A metric ready to be drawn."""

    measure: Measure
    shape: tuple[int, int]
    cells: tuple[_Cell, ...]
    mates: tuple[tuple[str, float], ...]


class OutcomeSource:
    """Outcomes of a term document, drawn block by block.

    Parameters
    ----------
    program : Program
        The terms.
    document : OutcomesDocument
        What may be observed under them.
    seed : int [seed]
        Zero or more; the same seed gives the same bytes.
    is_noisy : bool
        Whether the evaluator's error is added; without it the same paths show what is true.

    Attributes
    ----------
    members : dict of str to tuple of str
        Of every set, in order.
    is_noisy : bool
        Whether any value carries an evaluator's error.

    Raises
    ------
    OutcomesInvalid
        When the models do not fit the terms; every fault is listed.
    """

    def __init__(
        self, program: Program, document: OutcomesDocument, *, seed: int, is_noisy: bool = True
    ) -> None:
        if faults := fit(program, document):
            raise document.refusal(faults)
        if seed < 0:
            raise ValueError(f"a seed is zero or more, not {seed}")
        self.members = members_of(program, document)
        self._seed, self._adds_noise = seed, is_noisy
        self._factors = [
            ("over " + " ".join(sorted(one.over)), frozenset(one.over), sqrt(float(one.share)))
            for one in document.common
            if Decimal(one.share)
        ]
        self._own = sqrt(float(1 - sum((Decimal(one.share) for one in document.common), Decimal(0))))
        mates = _mates(document)
        self._plans = {
            name: self._plan(program, measure, document.models[name], mates.get(name, ((name, 1.0),)))
            for name, measure in program.metrics.items()
        }
        self.is_noisy = any(cell.noise for plan in self._plans.values() for cell in plan.cells)
        self._clips: dict[int, dict[str, int]] = {}

    def block(self, number: int, size: int) -> Mapping[str, NDArray[np.int64]]:
        """Draw a block of paths.

        Parameters
        ----------
        number : int [block]
            Path ``i`` of block ``b`` is path ``b x 32,768 + i`` of all.
        size : int [paths]
            From 1 to 32,768; fewer are the first of the same.

        Returns
        -------
        dict of str to array
            Metric -> counts of shape (periods or 1, combinations of members, size), the last set fastest;
            truths are 0 and 1, labels their place.
        """
        if not 1 <= size <= BLOCK:
            raise ValueError(f"a block has 1 to {BLOCK} paths, not {size}")

        @lru_cache(maxsize=_KEPT)
        def stream(level: str, key: str) -> Levels:
            return self._normals(number, f"{level}|{key}", size)

        drawn, clips = {}, {}
        for name, plan in self._plans.items():
            drawn[name], clips[name] = self._draw(name, plan, stream, size)
        self._clips[number] = clips
        return drawn

    @property
    def clips(self) -> dict[str, int]:
        """How many values of each metric lay outside its domain and were moved to its end."""
        totals = dict.fromkeys(self._plans, 0)
        for block in self._clips.values():
            for name, clipped in block.items():
                totals[name] += clipped
        return totals

    def labels(self, metric: str) -> tuple[Labels, ...]:
        """Return period and members of each value of a metric, in the order of its array.

        Parameters
        ----------
        metric : str
            Of the terms.
        """
        return tuple(cell.labels for cell in self._plans[metric].cells)

    def _plan(
        self,
        program: Program,
        measure: Measure,
        model: OutcomeModel,
        mates: tuple[tuple[str, float], ...],
    ) -> _Plan:
        made: dict[tuple[int, bool], Quantile] = {}

        def cell_of(labels: Labels) -> _Cell:
            law, noise = _law_of(model, labels)
            scaled = float(noise) * 10.0 ** digits_of(measure.type) if self._adds_noise else 0.0
            name = (id(law), not scaled)
            if name not in made:
                made[name] = quantile(law, measure, is_whole=not scaled)
            return _Cell(labels, made[name], isinstance(law, FixedLaw), scaled)

        cells = tuple(cell_of(labels) for labels in _labels(program, self.members, measure))
        periods = len(program.periods) if measure.by_period else 1
        return _Plan(measure, (periods, len(cells) // periods), cells, mates)

    def _draw(self, name: str, plan: _Plan, stream: Stream, size: int) -> tuple[NDArray[np.int64], int]:
        found = np.empty((len(plan.cells), size), dtype=np.int64)
        clipped = 0
        for place, cell in enumerate(plan.cells):
            key = _key(name, cell.labels)
            levels = np.zeros(size) if cell.is_fixed else self._levels(plan, cell.labels, stream)
            counts = cell.draw(levels, self._choices(key, stream))
            if cell.noise:
                counts = counts + cell.noise * stream("noise", key)
            found[place], outside = _whole(counts, plan.measure)
            clipped += outside
        shaped = found.reshape(*plan.shape, size)
        if plan.measure.by_period and plan.measure.pool == "sum":
            clipped += _keep_total_inside(shaped, plan.measure)
        return shaped, clipped

    def _levels(self, plan: _Plan, labels: Labels, stream: Stream) -> Levels:
        """Return evenly spread levels of one value, moving together as the document says."""
        score = self._own * _joint(plan, _OWN, labels, stream) if self._own else 0.0
        for level, over, weight in self._factors:
            rest = {name: label for name, label in labels.items() if name not in over}
            score = score + weight * _joint(plan, level, rest, stream)
        return np.asarray(np.clip(special.ndtr(score), LEAST_LEVEL, MOST_LEVEL))

    @staticmethod
    def _choices(key: str, stream: Stream) -> Iterator[Levels]:
        for number in count():
            yield special.ndtr(stream(f"choice {number}", key))

    def _normals(self, number: int, key: str, size: int) -> Levels:
        words = np.frombuffer(hashlib.sha256(key.encode()).digest()[:16], dtype="<u4")
        spread = np.random.SeedSequence(self._seed, spawn_key=(number, *(int(word) for word in words)))
        return np.random.Generator(np.random.Philox(spread)).standard_normal(size)


def _mates(document: OutcomesDocument) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return of what each metric's normal scores are made: a row of the correlation's Cholesky factor."""
    if document.correlation is None:
        return {}
    names, rows = document.correlation.metrics, document.correlation.factor() or ()
    return {
        name: tuple((mate, weight) for mate, weight in zip(names, row, strict=False) if weight)
        for name, row in zip(names, rows, strict=True)
    }


def _joint(plan: _Plan, level: str, labels: Labels, stream: Stream) -> Levels:
    parts = [weight * stream(level, _key(mate, labels)) for mate, weight in plan.mates]
    return np.asarray(sum(parts[1:], start=parts[0]))


def _key(metric: str, labels: Labels) -> str:
    return "|".join((metric, *(f"{name}={label}" for name, label in sorted(labels.items()))))


def _law_of(model: OutcomeModel, labels: Labels) -> tuple[Law, str]:
    """Return the law and the error of a value: of the last cell that fits, or the metric's own."""
    for cell in reversed(model.cells):
        stated = {**cell.of, **({PERIOD: cell.period} if cell.period else {})}
        if stated.items() <= labels.items():
            return cell.law, model.noise if cell.noise is None else cell.noise
    return model.law, model.noise


def _labels(
    program: Program, members: Mapping[str, tuple[str, ...]], measure: Measure
) -> list[dict[str, str]]:
    """Return period and members of every value of a metric: periods slowest, the last set fastest."""
    names = [*([PERIOD] if measure.by_period else []), *measure.dims]
    axes = [tuple(name for name, _ in program.periods)] if measure.by_period else []
    axes += [members[name] for name in measure.dims]
    return [dict(zip(names, labels, strict=True)) for labels in product(*axes)]


def _whole(counts: Counts, measure: Measure) -> tuple[NDArray[np.int64], int]:
    """Round half to even, move what lies outside the domain to its end, and count how many those were."""
    whole = (
        np.rint(np.clip(counts, -_WIDEST, _WIDEST)).astype(np.int64) if counts.dtype.kind == "f" else counts
    )
    found = np.asarray(whole, dtype=np.int64)
    inside = np.clip(found, measure.low, measure.high)
    return inside, int(np.count_nonzero(inside != found))


def _keep_total_inside(values: NDArray[np.int64], measure: Measure) -> int:
    """Cut values so that their running sum over the periods stays in the domain; return how many were cut."""
    cut, total = 0, np.zeros(values.shape[1:], dtype=np.int64)
    for period in range(len(values)):
        later = len(values) - period - 1
        bottom = max(measure.low - later * min(measure.high, 0), -(2**62))
        top = min(measure.high - later * max(measure.low, 0), 2**62)
        fitting = np.clip(values[period], bottom - total, top - total)
        cut += int(np.count_nonzero(fitting != values[period]))
        values[period] = fitting
        total += fitting
    return cut
