"""From entries, readers and the brief's judge policy to a problem of assignment.

The problem: what a brief says of judging ("eight to ten each, one per organisation, a senior among them")
must reach the solver as it stands, and a bid that somebody did not make must not count as dislike. Signals of
fit are averaged over those that are present, so a missing one changes nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..halves import Half
from ..judge_policy import JudgePolicy
from .problem import BP, AssignmentProblem, Pair, ReaderMinimum

NEUTRAL = 0.5  # of a pair of which nothing is known


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryToRead:
    """An application that is to be read.

    Attributes
    ----------
    application : str
        Its code.
    panel : str
        Inside which it is judged; empty where there is one panel.
    language : str
        In which it is written; empty: any reader will do.

    Examples
    --------
    >>> EntryToRead(application="a-1").panel
    ''
    """

    application: str
    panel: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A judge who can be given entries.

    Attributes
    ----------
    judge : str
        Who.
    organisation : str
        Where he works; empty for nobody's.
    load : tuple[int, int] [reads]
        Fewest and most he reads; the policy's bounds hold besides.
    attributes, languages : frozenset[str]
        What he is, and what he reads; no language at all: any.
    panel : str
        On which he sits.

    Examples
    --------
    >>> Reader(judge="j-1", load=(2, 5)).organisation
    ''
    """

    judge: str
    organisation: str = ""
    load: tuple[int, int] = (0, 100_000)
    attributes: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    panel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRules:
    """What is settled about pairs (application, judge) before the solve.

    Attributes
    ----------
    barred : Mapping of pair to str
        Hard conflicts and recusals, each with its reason.
    soft : Mapping of pair to float [1]
        Soft conflicts and what each costs.
    pins, previous : tuple of pairs
        Opened already; in the plan before.
    separated : tuple of pairs of judges
        Who must not read the same application.

    Examples
    --------
    >>> PairRules(barred={("a", "j"): "conflict:family"}).pins
    ()
    """

    barred: Mapping[Pair, str] = field(default_factory=dict)
    soft: Mapping[Pair, float] = field(default_factory=dict)
    pins: tuple[Pair, ...] = ()
    previous: tuple[Pair, ...] = ()
    separated: tuple[Pair, ...] = ()


def pose_assignment(
    entries: Sequence[EntryToRead],
    readers: Sequence[Reader],
    policy: JudgePolicy,
    *,
    reads: int,
    rules: PairRules,
    affinity: NDArray[np.float64] | None = None,
    halves: Sequence[Half] = (),
) -> AssignmentProblem:
    """Return the problem that the brief poses.

    Parameters
    ----------
    entries, readers : sequence
        Who is to be read, and by whom.
    policy : JudgePolicy
        Of the brief.
    reads : int [reads]
        Per application.
    rules : PairRules
        Conflicts, pins, the plan before.
    affinity : float array [1] or None
        A row for each entry, a column for each reader; ``None``: nothing is known of any pair.
    halves : sequence of Half
        Where applicants judge: who reads which half.

    Raises
    ------
    AssignmentInvalid
        When the problem contradicts itself.

    Examples
    --------
    >>> problem = pose_assignment([EntryToRead(application="a")], [Reader(judge="j")],
    ...     JudgePolicy(load=(0, 3)), reads=1, rules=PairRules())
    >>> problem.load_hi, problem.demand
    ((3,), 1)
    """
    shape = (len(entries), len(readers))
    loads = [_load(reader, policy) for reader in readers]
    names = {row.application for row in entries}
    return AssignmentProblem(
        applications=tuple(row.application for row in entries),
        judges=tuple(reader.judge for reader in readers),
        affinity=np.full(shape, NEUTRAL) if affinity is None else affinity,
        demand=reads,
        load_lo=tuple(lo for lo, _ in loads),
        load_hi=tuple(hi for _, hi in loads),
        barred={**_languages(entries, readers), **_other_halves(entries, readers, halves), **rules.barred},
        soft={pair: cost for pair, cost in rules.soft.items() if pair not in rules.barred},
        organisations=tuple(reader.organisation for reader in readers),
        per_organisation=policy.per_organisation,
        minima=_minima(readers, policy),
        separated=rules.separated,
        pins=tuple(pair for pair in rules.pins if pair[0] in names),
        previous=rules.previous,
        panels=tuple(row.panel for row in entries),
        judge_panels=tuple(reader.panel for reader in readers),
        within_panels=not halves and (policy.panel_model == "within" or policy.anchors > 0),
        anchors=0 if halves else policy.anchors,
        anchor_reads=0 if halves else policy.anchor_reads,
        connect=policy.calibrate and not halves and reads > 1,  # a single read joins nothing
        randomise_bp=None if policy.randomise_bp == BP else policy.randomise_bp,
    )


def mix_signals(
    entries: Sequence[str],
    judges: Sequence[str],
    signals: Mapping[str, Mapping[Pair, float]],
    weights: Mapping[str, float] | None = None,
) -> NDArray[np.float64]:
    """Return how well judges fit applications: the weighted mean of the signals that are present.

    Parameters
    ----------
    entries, judges : sequence of str
        Rows and columns.
    signals : Mapping [1]
        Name -> pair (application, judge) -> 0 to 1; a pair that is missing has no such signal.
    weights : Mapping [1] or None
        Name -> weight; ``None``: all alike.

    Examples
    --------
    >>> mix_signals(["a"], ["j", "k"], {"topics": {("a", "j"): 0.8}, "bids": {("a", "j"): 0.4}}).tolist()
    [[0.6000000000000001, 0.5]]
    """
    mixed = np.full((len(entries), len(judges)), NEUTRAL)
    for row, entry in enumerate(entries):
        for column, judge in enumerate(judges):
            present = [
                (1.0 if weights is None else weights[name], values[entry, judge])
                for name, values in sorted(signals.items())
                if (entry, judge) in values
            ]
            total = sum(weight for weight, _ in present)
            if total:
                mixed[row, column] = sum(weight * value for weight, value in present) / total
    return mixed


def rank_bids(bids: Mapping[Pair, int], *, seed: int) -> dict[Pair, float]:
    """Turn bids into a signal: the place of each among the judge's own bids, equal ones in seeded order.

    How generous a judge is with bids plays no part; only their order does.

    Parameters
    ----------
    bids : Mapping of pair to int [1]
        (application, judge) -> how much the judge wants it; any scale.
    seed : int [1]
        Of the order among equals.

    Examples
    --------
    >>> rank_bids({("a", "j"): 3, ("b", "j"): 90, ("c", "k"): 1}, seed=1)
    {('a', 'j'): 0.5, ('b', 'j'): 1.0, ('c', 'k'): 1.0}
    """
    by_judge: dict[str, list[Pair]] = {}
    for pair in bids:
        by_judge.setdefault(pair[1], []).append(pair)
    ranked: dict[Pair, float] = {}
    for pairs in by_judge.values():
        pairs.sort(key=lambda pair: (bids[pair], _drawn(seed, *pair)))
        ranked |= {pair: place / len(pairs) for place, pair in enumerate(pairs, start=1)}
    return dict(sorted(ranked.items()))


def unlinked(pairs: Iterable[Pair], panels: Mapping[str, str]) -> dict[str, int]:
    """Return the panels whose reads fall apart, and into how many parts; ``""`` stands for all together.

    Parameters
    ----------
    pairs : iterable of (application, judge)
        Of the plan.
    panels : Mapping of str to str
        Application -> panel.

    Examples
    --------
    >>> unlinked([("a", "j"), ("b", "j"), ("c", "k")], {"a": "x", "b": "x", "c": "y"})
    {'': 2}
    """
    known = list(pairs)
    groups = {"": known}
    for application, judge in known:
        if panels.get(application):
            groups.setdefault(panels[application], []).append((application, judge))
    counts = {name: _parts(rows) for name, rows in groups.items()}
    return {name: count for name, count in sorted(counts.items()) if count > 1}


def _parts(pairs: Sequence[Pair]) -> int:
    home: dict[str, str] = {}

    def root(name: str) -> str:
        while home.setdefault(name, name) != name:
            name = home[name]
        return name

    for application, judge in pairs:
        home[root(f"application {application}")] = root(f"judge {judge}")
    return len({root(name) for name in list(home)})


def _minima(readers: Sequence[Reader], policy: JudgePolicy) -> tuple[ReaderMinimum, ...]:
    return tuple(
        ReaderMinimum(
            name=row.attribute,
            judges=frozenset(one.judge for one in readers if row.attribute in one.attributes),
            least=row.at_least,
        )
        for row in policy.attributes
    )


def _load(reader: Reader, policy: JudgePolicy) -> tuple[int, int]:
    most = min(reader.load[1], policy.load[1])
    return min(max(reader.load[0], policy.load[0]), most), most


def _languages(entries: Sequence[EntryToRead], readers: Sequence[Reader]) -> dict[Pair, str]:
    return {
        (row.application, reader.judge): f"language:{row.language}"
        for row in entries
        for reader in readers
        if row.language and reader.languages and row.language not in reader.languages
    }


def _other_halves(
    entries: Sequence[EntryToRead], readers: Sequence[Reader], halves: Sequence[Half]
) -> dict[Pair, str]:
    if not halves:
        return {}
    allowed = {name: frozenset(half.readers) for half in halves for name in half.applications}
    return {
        (row.application, reader.judge): "half"
        for row in entries
        for reader in readers
        if reader.judge not in allowed.get(row.application, frozenset())
    }


def _drawn(seed: int, *parts: str) -> str:
    return hashlib.sha256("\0".join((str(seed), *parts)).encode()).hexdigest()
