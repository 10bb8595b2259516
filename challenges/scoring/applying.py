"""A scoring method applied: checked figures, and the order of a phase by them.

The problem: a figure that another distribution computes decides who is paid. It is taken only when there is
one for each application, exact, on the scale, the same on a second run, and the same for whoever got the same
reads, in whatever order applications and reads are handed over.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby

from ...finance.documents import Document
from ..awarding import Order
from ..decision import DecisionFacts, Ranker
from ..errors import ScoreInvalid
from ..phases import Phase
from ..rubric import Scale
from ..scores import totals_by_read
from .method import Points, ScoringMethod, Totals
from .registry import find_scoring

PLANTED = ((1, 3, 2), (2, 2), (1, 3, 2), (4,), (0, 4, 4, 1))  # quarters of the scale


def score_totals(
    method: ScoringMethod, totals: Mapping[str, tuple[Fraction, ...]], scale: Scale, params: Document
) -> dict[str, Fraction]:
    """Return the checked figure [points] of each application.

    Parameters
    ----------
    method : ScoringMethod
        From ``find_scoring``.
    totals : mapping of str to tuple of Fraction [points]
        Application -> totals of its reads, at least one.
    scale : Scale
        Of the rubric.
    params : Document
        The method's parameters.

    Raises
    ------
    ScoreInvalid
        When a figure is missing, no exact number, off the scale, or favours somebody; when it changes.

    Examples
    --------
    >>> from .built_in import MEDIAN
    >>> scale = Scale.read('{"lo": "1", "hi": "5", "step": "1", "direction": "higher"}')
    >>> reads = {"a": (Fraction(1), Fraction(4), Fraction(5)), "b": (Fraction(3),)}
    >>> score_totals(MEDIAN, reads, scale, MEDIAN.params_model())
    {'a': Fraction(4, 1), 'b': Fraction(3, 1)}
    """
    names = sorted(totals)
    rows = tuple(tuple(sorted(totals[name])) for name in names)
    figures = method.score(rows, scale, params)
    _require_figures(method, figures, rows, scale)
    turned = tuple(tuple(reversed(row)) for row in reversed(rows))
    if tuple(reversed(method.score(turned, scale, params))) != tuple(figures):
        raise _refusal(method, "gives other figures when the same reads come in another order")
    return dict(zip(names, map(Fraction, figures), strict=True))


def _require_figures(method: ScoringMethod, figures: Points, rows: Totals, scale: Scale) -> None:
    if not isinstance(figures, tuple) or len(figures) != len(rows):
        raise _refusal(method, f"does not give {len(rows)} figures for {len(rows)} applications")
    if strange := [one for one in figures if not isinstance(one, Fraction)]:
        raise _refusal(method, f"gives {type(strange[0]).__name__} {strange[0]!r}, not an exact Fraction")
    low, high = Fraction(scale.lo), Fraction(scale.hi)
    if off := [one for one in figures if not low <= one <= high]:
        raise _refusal(method, f"gives {off[0]}, off the scale from {scale.lo} to {scale.hi}")
    known: dict[tuple[Fraction, ...], Fraction] = {}
    for row, figure in zip(rows, figures, strict=True):
        if known.setdefault(row, figure) != figure:
            raise _refusal(method, "gives different figures for the same reads")


def _refusal(method: ScoringMethod, why: str) -> ScoreInvalid:
    return ScoreInvalid(
        f"Scoring method {method.name}/{method.version} {why}. No figure of it is taken.",
        method=f"{method.name}/{method.version}",
    )


def method_faults(method: ScoringMethod, params: Document, scale: Scale) -> tuple[str, ...]:
    """Run the suite that every method has to pass; for the tests of whoever writes one.

    Parameters
    ----------
    method : ScoringMethod
        Yours.
    params : Document
        Its parameters.
    scale : Scale
        On which it is tried.

    Returns
    -------
    tuple of str
        What is wrong with it; empty when nothing is.

    Examples
    --------
    >>> from .built_in import MEAN
    >>> scale = Scale.read('{"lo": "1", "hi": "5", "step": "1", "direction": "lower"}')
    >>> method_faults(MEAN, MEAN.params_model(), scale)
    ()
    """
    if not isinstance(method, ScoringMethod):
        return ("it lacks name, version, params_model or score",)
    low, span = Fraction(scale.lo), Fraction(scale.hi) - Fraction(scale.lo)
    tried = {
        f"a-{place}": tuple(low + span * Fraction(quarter, 4) for quarter in row)
        for place, row in enumerate(PLANTED)
    }
    faults = []
    for case in ({}, {"a-3": tried["a-3"]}, tried):
        try:
            score_totals(method, case, scale, params)
        except ScoreInvalid as fault:
            faults.append(fault.message)
    better = _moved(method, params, scale, tried)
    return tuple(dict.fromkeys([*faults, *better]))


def _moved(
    method: ScoringMethod, params: Document, scale: Scale, tried: Mapping[str, tuple[Fraction, ...]]
) -> list[str]:
    """Say whether a read that goes up takes its own application down."""
    top = Fraction(scale.hi)
    raised = {**tried, "a-1": tuple(top for _ in tried["a-1"])}
    try:
        before, after = (score_totals(method, case, scale, params)["a-1"] for case in (tried, raised))
    except ScoreInvalid:
        return []
    return [] if after >= before else ["higher marks give an application a lower figure"]


def rank_scored(name: str, params: bytes | str = "{}") -> Ranker:
    """Return how phases are ranked by a scoring method, for ``decide``.

    Parameters
    ----------
    name : str
        Of the method, or ``name/version``; it is loaded now.
    params : bytes or str
        Its parameters as JSON.

    Raises
    ------
    ScoreInvalid, DocumentInvalid
        When there is no such method; when the parameters are not its own.

    Examples
    --------
    >>> rank_scored("trimmed_mean/1", '{"drop": 2}').__name__
    'ranked'
    """
    method = find_scoring(name)
    chosen = method.params_model.read(params)

    def ranked(facts: DecisionFacts, phase: Phase) -> Order:
        rubric = facts.brief.rubric_of(phase.id)
        reads: dict[str, list[Fraction]] = {}
        for (application, _), total in totals_by_read(facts.scores_of(phase.id), rubric).items():
            if total is not None:
                reads.setdefault(application, []).append(total)
        totals = {name: tuple(rows) for name, rows in reads.items()}
        figures = score_totals(method, totals, rubric.scale, chosen)
        return _order(method, figures, totals, rubric.scale)

    return ranked


def _order(
    method: ScoringMethod,
    figures: Mapping[str, Fraction],
    totals: Mapping[str, tuple[Fraction, ...]],
    scale: Scale,
) -> Order:
    worth = {name: scale.merit(figure) for name, figure in figures.items()}
    names = sorted(figures, key=lambda name: (-worth[name], name))
    groups = tuple(tuple(rows) for _, rows in groupby(names, key=worth.__getitem__))
    bare = Order(groups=groups, said={})
    said = {
        name: f"Rank {bare.ranks[name]} of {len(names)} with {float(figures[name]):.4f} points by "
        f"{method.name}/{method.version} over {len(totals[name])} read{'s' * (len(totals[name]) != 1)}"
        for name in names
    }
    return Order(groups=groups, said=said, worth=worth)
