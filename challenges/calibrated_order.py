"""From calibrated scores to an order that awards can follow, with what the scores do not separate as a tie.

The problem: a calibrated score has a spread, and a prize has a line. Entries around the line that the scores
do not separate are tied for the places that are left, whatever the digits say; the rule of the brief pays
that tie. Where the phase itself has decided who goes on, by lot or by a panel, whoever went on stands first.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

from .advancing import Advancement, advance
from .awarding import Order
from .bands import ExpectedPlace, ExpectedRanking
from .brief import Brief
from .calibration import Calibration, void_reads
from .decision import DecisionFacts, Ranker, rank_raw
from .errors import CalibrationInvalid, TieUnresolved
from .judge_policy import JudgePolicy
from .phase_results import PhaseCalibration
from .phases import Phase
from .prizes import AnyPrize, FinalistsThenGrand, Grand, Places, Staged
from .ranking import rank
from .rubric import Scale

GRID = 10**9  # digits that leave the solver
NOBODY: Mapping[str, Advancement] = {}


def expected_order(ranking: ExpectedRanking, calibration: Calibration, scale: Scale | None = None) -> Order:
    """Return the order of an expected ranking; an unsettled band around its line is one tie.

    Parameters
    ----------
    ranking : ExpectedRanking
        From ``rank``, with the line at the last place that the prize pays.
    calibration : Calibration
        Of the same scores.
    scale : Scale or None
        Of the rubric; with it, the order knows what each application is worth, to nine digits.

    Raises
    ------
    ValueError
        When scale and calibration disagree which end is better.

    Examples
    --------
    >>> from .calibration import Variances, calibrate
    >>> scores = [("a", "J1", 4.0), ("a", "J2", 3.0), ("b", "J1", 3.5), ("b", "J3", 3.0), ("c", "J2", 2.0),
    ...     ("c", "J3", 2.5), ("d", "J3", 4.5)]
    >>> found = calibrate(scores, direction="higher",
    ...     variances=Variances(application=1, judge=0.5, residual=0.5))
    >>> order = expected_order(rank(found, line=2), found)
    >>> order.groups
    (('d',), ('a', 'b'), ('c',))
    >>> print(order.say("a"))
    Expected rank 2.144 of 4 (1 to 4 in nine of ten draws) over 2 reads
    """
    places = {row.application_id: row for row in ranking.places}
    band = ranking.band
    tied = () if band.settled else band.members
    sure = tuple(name for name in ranking.order if name in {*band.sure, *band.members} - set(tied))
    out = tuple(name for name in ranking.order if name not in {*sure, *tied})
    groups = (*_equal(sure, places), *([tuple(tied)] if tied else []), *_equal(out, places))
    worth, spread = ({}, {}) if scale is None else _worth(calibration, ranking.order, scale)
    return Order(
        groups=groups,
        said={row.application_id: _said(row, ranking, calibration) for row in ranking.places},
        worth=worth,
        spread=spread,
    )


def _equal(names: tuple[str, ...], places: Mapping[str, ExpectedPlace]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(rows) for _, rows in groupby(names, key=lambda name: places[name].place))


def _said(row: ExpectedPlace, ranking: ExpectedRanking, calibration: Calibration) -> str:
    reads = calibration.merit(row.application_id).reads
    return (
        f"Expected rank {row.expected_rank:.3f} of {ranking.entries} ({row.low} to {row.high} in nine of ten "
        f"draws) over {reads} read{'s' if reads != 1 else ''}"
    )


def _worth(
    calibration: Calibration, names: tuple[str, ...], scale: Scale
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Return the distance of every level from the worst end of the scale, and its standard error."""
    if calibration.direction != scale.direction:
        raise ValueError(
            f"{calibration.direction} ranks better, but {scale.direction} is better on this scale"
        )
    worth, spread = {}, {}
    for name in sorted(names):
        level = Fraction(round(calibration.level(name) * GRID), GRID)
        worth[name] = max(Fraction(0), scale.merit(level))
        error = calibration.merit(name).standard_error
        if error is not None:
            spread[name] = Fraction(round(error * GRID), GRID)
    return worth, spread


def rank_calibrated(
    calibrations: Mapping[str, Calibration],
    *,
    lines: Mapping[str, int],
    alpha: float = 0.25,
    panels: frozenset[str] | None = None,
) -> Ranker:
    """Make the ranking of frozen calibrations, as ``decide`` asks for it.

    Reads that no longer stand are taken out under the frozen parameters, and nothing is fitted again. Who may
    not compete stays in the fit and is not listed.

    Parameters
    ----------
    calibrations : mapping of str to Calibration
        Phase -> its frozen calibration.
    lines : mapping of str to int [places]
        Phase -> how many places its prize pays; without one, only exact ties are ties.
    alpha : float [share]
        As for ``rank``.
    panels : frozenset[str] or None
        Rank these applications alone.

    Examples
    --------
    >>> rank_calibrated({}, lines={}).__name__
    'ranked'
    """

    def ranked(facts: DecisionFacts, phase: Phase) -> Order:
        if phase.id not in calibrations:
            raise CalibrationInvalid(f"The scores of {phase.id} are not calibrated.", phase=phase.id)
        calibration = _standing(calibrations[phase.id], facts, phase)
        gone = set(calibration.applications) - facts.competing
        line = lines.get(phase.id, 0)
        found = rank(calibration, line=line, alpha=alpha, among=panels, withdrawn=gone)
        return expected_order(found, calibration, facts.brief.rubric_of(phase.id).scale)

    return ranked


def _standing(calibration: Calibration, facts: DecisionFacts, phase: Phase) -> Calibration:
    """Take out the reads that no longer stand, under the frozen parameters."""
    opens, closes = facts.clock(phase.id)
    standing = {
        (read.application_id, read.judge_id)
        for read in facts.reads
        if read.phase == phase.id and opens <= read.read_at < closes
    }
    known = {(read.application_id, read.judge_id) for read in calibration.reads}
    return void_reads(calibration, sorted(known - standing)) if known - standing else calibration


def rank_frozen(
    results: Mapping[str, PhaseCalibration], advanced: Mapping[str, Advancement] = NOBODY
) -> Ranker:
    """Return how phases are ranked of which the calibration is frozen.

    Where the band around the line was decided by lot or by a panel, whoever went on stands before whoever
    did not, so that a prize of the phase goes to those who go on. Elsewhere the line is at the last place
    that a prize of the phase pays; the largest counts where there are several.

    Parameters
    ----------
    results : Mapping[str, PhaseCalibration]
        Phase -> its calibration. Where the brief asks for none, plain means rank.
    advanced : Mapping[str, Advancement]
        Phase -> who went on; its lot is drawn again where reads have become void since.

    Raises
    ------
    CalibrationInvalid
        By the function returned: when a phase is to be calibrated and was not frozen, or was judged in
        halves, whose figures do not compare.

    Examples
    --------
    >>> rank_frozen({}).__name__
    'ranked'
    """

    def ranked(facts: DecisionFacts, phase: Phase) -> Order:
        policy = facts.brief.judge_policy
        if policy is None or not policy.calibrate:
            return rank_raw(facts, phase)
        result = results.get(phase.id)
        if result is None:
            raise CalibrationInvalid(
                f"The scores of {phase.id} are not frozen: freeze its calibration, then decide.",
                phase=phase.id,
            )
        if len(result.parts) != 1:
            raise CalibrationInvalid(
                f"{phase.id} was judged in {len(result.parts)} halves, whose figures do not compare: "
                "each half has places of its own, and a prize needs a phase that is judged as a whole.",
                phase=phase.id,
            )
        line = 0 if phase.id in advanced else _line(facts.brief, phase.id)
        total = _standing(result.parts[0].total, facts, phase)
        ranker = rank_calibrated({phase.id: total}, lines={phase.id: line}, alpha=float(policy.tie_alpha))
        order = ranker(facts, phase)
        known = advanced.get(phase.id)
        return order if known is None else _inside_first(order, _inside(phase, policy, total, known, order))

    return ranked


def _inside(
    phase: Phase, policy: JudgePolicy, total: Calibration, known: Advancement, order: Order
) -> tuple[str, ...]:
    """Say who goes on by the same rule, lot and choice; as decided where that cannot be said any more."""
    rule = phase.advances
    if rule is None or rule.rule != "top" or not order.names:
        return known.inside
    ranking = rank(
        total,
        line=rule.n or 1,
        alpha=float(policy.tie_alpha),
        withdrawn=set(total.applications) - set(order.names),
        draws=0,
    )
    try:
        return advance(
            rule,
            order.names,
            ranking=ranking,
            seed=None if known.lot is None else known.lot.seed,
            chosen=set(known.inside) & set(ranking.band.members),
            reread=True,
        ).inside
    except TieUnresolved:
        return known.inside


def _inside_first(order: Order, inside: Collection[str]) -> Order:
    kept, rest = order.only(inside), order.without(inside)
    return replace(order, groups=(*kept.groups, *rest.groups))


def _line(brief: Brief, phase_id: str) -> int:
    """Return how many places the prizes of a phase pay; pools have none."""
    counts = [0]
    for prize in brief.prizes:
        if isinstance(prize, FinalistsThenGrand) and prize.final_phase == phase_id:
            counts.append(1)
        if prize.phase == phase_id:
            counts.append(_places(prize))
    return max(counts)


def _places(prize: AnyPrize) -> int:
    match prize:
        case Grand() | Places() | FinalistsThenGrand():
            return len(prize.by_place)
        case Staged():
            return prize.winners
        case _:
            return 0
