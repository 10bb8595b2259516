"""Orders from frozen calibrations: how calibrated scores, and not plain means, decide awards.

The problem: the figures that were published at the close and those that an award rests on must be the same,
also when a read has become void since. The order of a phase is that of its frozen calibration; reads that no
longer count are taken out under the same parameters, and whoever may not compete is left out without moving
anybody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

from .advancing import Advancement, advance
from .awarding import Order
from .awarding.orders import Groups
from .bands import ExpectedRanking
from .calibration import Calibration, void_reads
from .decision import DecisionFacts, Ranker, rank_raw
from .errors import CalibrationInvalid, TieUnresolved
from .judge_policy import JudgePolicy
from .phase_results import PhaseCalibration
from .phases import Phase
from .ranking import rank
from .rubric import Scale

MICRO = 10**6
NOBODY: Mapping[str, Advancement] = {}
DECIDERS = {"lottery": "the lot", "panel": "the panel"}


def rank_frozen(
    results: Mapping[str, PhaseCalibration], advanced: Mapping[str, Advancement] = NOBODY
) -> Ranker:
    """Return how phases are ranked of which the calibration is frozen.

    Where the band around the line was decided by lot or by a panel, whoever went on stands before whoever
    did not, so that a prize of the phase goes to those who go on.

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
        (part,) = result.parts
        counted = {(one.application_id, one.judge_id) for one in facts.scores_of(phase.id)}
        void = [
            (read.application_id, read.judge_id)
            for read in part.total.reads
            if (read.application_id, read.judge_id) not in counted and read.application_id in facts.competing
        ]
        total = void_reads(part.total, void) if void else part.total
        scale = facts.brief.rubric_of(phase.id).scale
        order = calibrated_order(total, scale, among=facts.competing, alpha=float(policy.tie_alpha))
        said = {name: f"{text}, calibration {total.digest[:12]}" for name, text in order.said.items()}
        order = replace(order, said=said)
        known = advanced.get(phase.id)
        return order if known is None else _inside_first(order, _inside(phase, policy, total, known, order))

    return ranked


def _inside(
    phase: Phase, policy: JudgePolicy, total: Calibration, known: Advancement, order: Order
) -> Advancement:
    """Say who goes on by the same rule, lot and choice; as decided where that cannot be said any more."""
    rule = phase.advances
    if rule is None or rule.rule != "top" or not order.names:
        return known
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
        )
    except TieUnresolved:
        return known


def _inside_first(order: Order, made: Advancement) -> Order:
    """Put those who go on before the others; a line is drawn among the ones or among the others."""
    inner, outer = order.only(made.inside), order.without(made.inside)

    def regroup(places: int, left_out: frozenset[str]) -> Groups:
        first, rest = inner.without(left_out), outer.without(left_out)
        if places < len(first.names):
            return (*first.at_line(places).groups, *rest.groups)
        return (*first.groups, *rest.at_line(places - len(first.names)).groups)

    said = {name: text + _decided(name, made) for name, text in order.said.items()}
    return replace(order, groups=(*inner.groups, *outer.groups), regroup=regroup, said=said)


def _decided(application: str, made: Advancement) -> str:
    """Say who took an application out of the band; nothing where the scores did."""
    by = DECIDERS.get(made.tie or "")
    if by is None or application not in {*made.inside} & {*made.band}:
        return ""
    return f", and {by} took it from {len(made.band)} that the scores do not separate"


def calibrated_order(
    calibration: Calibration, scale: Scale, *, among: frozenset[str], alpha: float = 0.25
) -> Order:
    """Return the order of a calibration, with what each application is worth and how sure that is.

    For a line, those around it whom the scores do not separate are one tie for the places that are left.

    Parameters
    ----------
    calibration : Calibration
        Of the totals.
    scale : Scale
        Of the rubric.
    among : frozenset[str]
        Who is listed; the others stay in every figure.
    alpha : float [share]
        How improbable the other side of the line has to be, to be surely on this one.

    Examples
    --------
    >>> from .calibration import Variances, calibrate
    >>> scale = Scale.read('{"lo": "1", "hi": "5", "step": "0.5", "direction": "higher"}')
    >>> found = calibrate([("a", "j1", 4.0), ("a", "j2", 3.0), ("b", "j1", 3.5), ("b", "j2", 3.0)],
    ...     direction="higher", variances=Variances(application=1.0, judge=0.5, residual=0.5))
    >>> calibrated_order(found, scale, among=frozenset("ab")).say("a")
    'Expected rank 1.38 of 2 with a calibrated 3.4750 +- 0.7746 points over 2 reads'
    """
    if not calibration.applications:
        return Order(groups=(), said={})
    gone = set(calibration.applications) - among
    ranking = rank(calibration, line=1, withdrawn=gone, draws=0)
    merits = {merit.application_id: merit for merit in calibration.merits}
    said, worth, spread = {}, {}, {}
    for row in ranking.places:
        name = row.application_id
        merit, level = merits[name], calibration.level(name)
        error = merit.standard_error
        sure = "" if error is None else f" +- {error:.4f}"
        what = "calibrated" if calibration.method != "raw" else "plain mean of"
        said[name] = (
            f"Expected rank {row.expected_rank:.2f} of {ranking.entries} with a {what} {level:.4f}{sure} "
            f"points over {merit.reads} read{'s' if merit.reads != 1 else ''}"
        )
        worth[name] = max(Fraction(0), scale.merit(Fraction(round(level * MICRO), MICRO)))
        if error is not None:
            spread[name] = Fraction(round(error * MICRO), MICRO)

    def regroup(places: int, left_out: frozenset[str]) -> Groups:
        return _groups(rank(calibration, line=places, alpha=alpha, withdrawn=gone | left_out, draws=0))

    return Order(
        groups=_groups(ranking, lined=False),
        said=said,
        worth=worth,
        spread=spread,
        regroup=regroup,
    )


def _groups(ranking: ExpectedRanking, *, lined: bool = True) -> Groups:
    """Return who is tied: equals, and an unsettled band around the line."""
    places = {row.application_id: row.place for row in ranking.places}
    band = () if ranking.band.settled or not lined else ranking.band.members
    before = [name for name in ranking.order if name in {*ranking.band.sure, *ranking.band.members} - {*band}]
    after = [name for name in ranking.order if name not in {*before, *band}]
    parts = (_equal(before, places), [tuple(band)] if band else [], _equal(after, places))
    return tuple(group for part in parts for group in part)


def _equal(names: Sequence[str], places: Mapping[str, int]) -> list[tuple[str, ...]]:
    return [tuple(rows) for _, rows in groupby(names, key=places.__getitem__)]
