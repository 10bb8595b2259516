"""Ranking: from raw scores or a calibration to an order with its ties and its uncertainty.

The problem: a rank without its spread reads as more than the scores can say, and float noise breaks ties
that are none. Raw totals are exact fractions, equal totals share a rank, and every mean comes with the
standard error over its reads. Calibrated merits are ranked by expected rank; around the line lies a band of
applications that the scores do not separate, and a lot that anybody can draw again may decide inside it.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import groupby
from statistics import mean

import numpy as np

from .bands import ExpectedPlace, ExpectedRanking, LotteryDraw, TieBand, digest_of
from .calibration.design import Array
from .calibration.result import Calibration
from .errors import CalibrationInvalid, TieUnresolved
from .expected import EQUAL, chances, expected_ranks, in_order, rank_intervals
from .rubric import Direction, Rubric
from .scores import Score, totals_by_read

_ROOT = Context(prec=28)
_LEAST_READS = 2  # for a standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One application's place.

    Attributes
    ----------
    application_id : str
        Whose.
    rank : int [place]
        1 is best; equal means share a rank and the places behind it stay empty.
    mean : Fraction [points]
        Exact mean of the weighted totals.
    reads : int [reads]
        How many totals stand behind the mean.
    variance_of_mean : Fraction or None [points^2]
        Sample variance over the number of reads; ``None`` with fewer than two reads.

    Examples
    --------
    >>> Standing(application_id="a", rank=1, mean=Fraction(4), reads=4, variance_of_mean=Fraction(1, 4)
    ...     ).standard_error
    Decimal('0.5')
    """

    application_id: str
    rank: int
    mean: Fraction
    reads: int
    variance_of_mean: Fraction | None

    @property
    def standard_error(self) -> Decimal | None:
        """Standard error of the mean [points], 28 digits; ``None`` with fewer than two reads."""
        if self.variance_of_mean is None:
            return None
        variance = self.variance_of_mean
        return _ROOT.sqrt(_ROOT.divide(Decimal(variance.numerator), Decimal(variance.denominator)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Every scored application in order, best first, and by id inside a tie.

    Attributes
    ----------
    rubric_id : str
        Under which the scores were given.
    direction : str
        Which end of the scale is better.
    standings : tuple[Standing, ...]
        Best first.
    set_aside : tuple[tuple[str, str], ...]
        Reads (application, judge) without a total because the judge abstained from a trait.
    unranked : tuple[str, ...]
        Applications of which every read was set aside.

    Examples
    --------
    >>> Ranking(rubric_id="merit/1", direction="higher", standings=(), set_aside=(), unranked=()).groups
    ()
    """

    rubric_id: str
    direction: Direction
    standings: tuple[Standing, ...]
    set_aside: tuple[tuple[str, str], ...]
    unranked: tuple[str, ...]

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Application ids by rank, best first; ids in one group are tied."""
        return tuple(
            tuple(row.application_id for row in rows)
            for _, rows in groupby(self.standings, key=lambda row: row.rank)
        )

    @property
    def ties(self) -> tuple[tuple[str, ...], ...]:
        """The groups of two and more."""
        return tuple(group for group in self.groups if len(group) > 1)


def rank_by_mean(scores: Iterable[Score], rubric: Rubric) -> Ranking:
    """Rank applications by the plain mean of their reads.

    Parameters
    ----------
    scores : Iterable[Score]
        Complete reads under one rubric, in any order.
    rubric : Rubric
        Weights, scale and direction.

    Returns
    -------
    Ranking
        Exact means; equal means share a rank.

    Raises
    ------
    ScoreInvalid
        When the scores do not form complete, single reads under the rubric.

    Notes
    -----
    This is the raw mean. It makes **no correction for judges' severity**: an application read by lenient
    judges ranks above an equal one read by harsh judges. The standard error is that of the reads an
    application got; it treats them as independent and knows nothing of who gave them.

    Examples
    --------
    >>> from .scores import read_marks
    >>> rubric = Rubric.read('''{"id": "risk/1",
    ...     "scale": {"lo": "1", "hi": "3", "step": "1", "direction": "lower"},
    ...     "traits": [{"id": "risk", "title": "Risk", "weight_bp": 10000, "anchors": [
    ...         {"lo": "1", "hi": "1", "text": "low"}, {"lo": "2", "hi": "2", "text": "middling"},
    ...         {"lo": "3", "hi": "3", "text": "high"}]}]}''')
    >>> marks = {("a", "j1"): "3", ("a", "j2"): "2", ("b", "j1"): "1", ("b", "j2"): "2"}
    >>> scores = [score for (who, by), mark in marks.items()
    ...     for score in read_marks(rubric, application_id=who, judge_id=by, marks={"risk": mark})]
    >>> [(row.application_id, row.rank, str(row.mean)) for row in rank_by_mean(scores, rubric).standings]
    [('b', 1, '3/2'), ('a', 2, '5/2')]
    """
    totals: dict[str, list[Fraction]] = {}
    set_aside = []
    for (application_id, judge_id), total in totals_by_read(scores, rubric).items():
        known = totals.setdefault(application_id, [])
        if total is None:
            set_aside.append((application_id, judge_id))
        else:
            known.append(total)
    means = {name: mean(values) for name, values in totals.items() if values}
    sign = -1 if rubric.scale.direction == "higher" else 1
    order = sorted(means, key=lambda name: (sign * means[name], name))
    standings: list[Standing] = []
    for place, name in enumerate(order, start=1):
        tied = bool(standings) and standings[-1].mean == means[name]
        standings.append(
            Standing(
                application_id=name,
                rank=standings[-1].rank if tied else place,
                mean=means[name],
                reads=len(totals[name]),
                variance_of_mean=_variance_of_mean(totals[name], means[name]),
            )
        )
    return Ranking(
        rubric_id=rubric.id,
        direction=rubric.scale.direction,
        standings=tuple(standings),
        set_aside=tuple(set_aside),
        unranked=tuple(sorted(set(totals) - set(means))),
    )


def _variance_of_mean(totals: list[Fraction], centre: Fraction) -> Fraction | None:
    count = len(totals)
    if count < _LEAST_READS:
        return None
    return sum(((total - centre) ** 2 for total in totals), start=Fraction(0)) / (count * (count - 1))


def rank(
    calibration: Calibration,
    *,
    line: int,
    alpha: float = 0.25,
    among: Collection[str] | None = None,
    withdrawn: Collection[str] = (),
    draws: int = 4000,
    seed: int = 0,
) -> ExpectedRanking:
    """Rank applications by expected rank and mark the band around the line.

    Parameters
    ----------
    calibration : Calibration
        Of the round.
    line : int [places]
        How many places there are; ``places_for_money`` counts them where money decides.
    alpha : float [share]
        Between 0 and 0.5: an entry is sure with at least ``1 - alpha`` and out with at most ``alpha``.
    among : Collection[str] or None
        Rank these against each other alone, for example one panel; ``None`` for all.
    withdrawn : Collection[str]
        Stay in all figures, so that nobody else moves, and are not listed.
    draws : int [draws]
        For the rank intervals; 0 for none (``low`` and ``high`` are then 1 and the number of entries).
    seed : int [seed]
        Of these draws.

    Raises
    ------
    CalibrationInvalid
        Unknown names; or, where panels are judged within themselves, a set that spans several panels or
        parts (``calibration.groups`` lists the sets).

    Notes
    -----
    ``ER_i = 1 + sum_k Phi((f_k - f_i) / sqrt(V_kk + V_ii - 2 V_ki))``. Only an entry inside the line can be
    sure, and only one outside can be out, so there is always a place left for the band.

    Examples
    --------
    >>> from .calibration import Variances, calibrate
    >>> scores = [("a", "J1", 4.0), ("a", "J2", 3.0), ("b", "J1", 3.5), ("b", "J3", 3.0), ("c", "J2", 2.0),
    ...     ("c", "J3", 2.5), ("d", "J3", 4.5)]
    >>> found = calibrate(scores, direction="higher",
    ...     variances=Variances(application=1, judge=0.5, residual=0.5))
    >>> ranking = rank(found, line=2)
    >>> [(row.application_id, round(row.expected_rank, 6)) for row in ranking.places]
    [('d', 1.375571), ('a', 2.144142), ('b', 2.811332), ('c', 3.668954)]
    >>> ranking.band.sure, ranking.band.members, ranking.band.out
    (('d',), ('a', 'b'), ('c',))
    """
    _require_line(line, alpha)
    chosen = comparable(calibration, among)
    places = [calibration.position(name) for name in chosen]
    merits = calibration.values[places]
    covariance = None if calibration.covariance is None else calibration.covariance[np.ix_(places, places)]
    expected = expected_ranks(merits, covariance)
    low, high = rank_intervals(merits, covariance, draws=draws, seed=seed)
    out = set(withdrawn)
    kept = [place for place in in_order(chosen, expected) if chosen[place] not in out]
    return ExpectedRanking(
        places=_placed(chosen, kept, expected, low, high),
        band=_band(chosen, kept, merits, covariance, line, alpha),
        entries=len(chosen),
        withdrawn=tuple(sorted(out & set(chosen))),
        flags=calibration.flags,
    )


def _require_line(line: int, alpha: float) -> None:
    if not 0 < alpha < 0.5 or line < 0:  # noqa: PLR2004  # at one half everybody would be sure or out
        raise CalibrationInvalid(
            f"alpha lies between 0 and 0.5 and the line at 0 or above, not {alpha}, {line}."
        )


def _placed(
    names: tuple[str, ...], kept: list[int], expected: Array, low: Array, high: Array
) -> tuple[ExpectedPlace, ...]:
    """Give every application its place; tied ones share it, and their intervals too."""
    groups: list[list[int]] = []
    for place in kept:
        if groups and expected[place] - expected[groups[-1][-1]] <= EQUAL:
            groups[-1].append(place)
        else:
            groups.append([place])
    rows: list[ExpectedPlace] = []
    for group in groups:
        first = len(rows) + 1
        rows += [
            ExpectedPlace(
                application_id=names[place],
                place=first,
                expected_rank=float(expected[place]),
                low=int(low[group].min()),
                high=int(high[group].max()),
            )
            for place in group
        ]
    return tuple(rows)


def comparable(calibration: Calibration, among: Collection[str] | None) -> tuple[str, ...]:
    """Return the applications to rank against each other, sorted.

    Parameters
    ----------
    calibration : Calibration
        Of the round.
    among : Collection[str] or None
        Which; ``None`` for all.

    Raises
    ------
    CalibrationInvalid
        As ``rank`` says.

    Examples
    --------
    >>> from .calibration import calibrate
    >>> comparable(calibrate([("b", "j", 4), ("a", "j", 2)], direction="higher"), None)
    ('a', 'b')
    """
    known = set(calibration.applications)
    names = known if among is None else set(among)
    if strange := sorted(names - known):
        raise CalibrationInvalid(f"{', '.join(strange[:5])}: no read of it is calibrated.", names=strange)
    if calibration.panel_model == "within" and not any(names <= set(group) for group in calibration.groups):
        raise CalibrationInvalid(
            f"Panels are judged within themselves, and these {len(names)} applications span several panels "
            "or parts that share no judge: rank each set of calibration.groups on its own.",
            groups=len(calibration.groups),
        )
    return tuple(sorted(names))


def _band(
    names: tuple[str, ...],
    kept: list[int],
    merits: Array,
    covariance: Array | None,
    line: int,
    alpha: float,
) -> TieBand:
    order = tuple(names[place] for place in kept)
    if line == 0 or line >= len(kept):
        inside, outside = order[:line], order[line:]
        return TieBand(alpha=alpha, line=None, sure=inside, members=(), out=outside, places=0)
    last = kept[line - 1]
    above = chances(merits, covariance, slice(last, last + 1))[0]
    sure = {place for place in kept[:line] if above[place] >= 1 - alpha}
    out = {place for place in kept[line:] if above[place] <= alpha}
    return TieBand(
        alpha=alpha,
        line=names[last],
        sure=tuple(names[place] for place in kept if place in sure),
        members=tuple(names[place] for place in kept if place not in sure | out),
        out=tuple(names[place] for place in kept if place in out),
        places=line - len(sure),
    )


def places_for_money(order: Iterable[str], asks: Mapping[str, int], money: int) -> int:
    """Count how many from the top fit into the money, up to the first that does not.

    Parameters
    ----------
    order : Iterable[str]
        Ids, best first.
    asks : Mapping[str, int] [minor units]
        Application -> what it asks for.
    money : int [minor units]
        To give.

    Examples
    --------
    >>> places_for_money(["a", "b", "c"], {"a": 50, "b": 40, "c": 10}, 60)
    1
    """
    count = 0
    for name in order:
        money -= asks[name]
        if money < 0:
            break
        count += 1
    return count


def draw(band: Collection[str], places: int, seed: str) -> LotteryDraw:
    """Draw lots: order by SHA-256 of the seed followed by the application's id.

    Parameters
    ----------
    band : Collection[str]
        Ids, for example ``band.members``; their order plays no part.
    places : int [places]
        How many are drawn.
    seed : str
        Published after the band; see ``beacon_seed`` and ``committed_seed``.

    Raises
    ------
    TieUnresolved
        Without a seed, with an id twice or with fewer than no places.

    Examples
    --------
    >>> draw(("a", "b", "c"), 1, "5f1c").order
    ('a', 'b', 'c')
    """
    if not seed or len(set(band)) != len(band) or places < 0:
        raise TieUnresolved(
            f"A lot needs a seed, every id once and 0 or more places; here {len(band)} ids, {places} places.",
            ids=len(band),
            places=places,
        )
    order = sorted(band, key=lambda name: (hashlib.sha256(f"{seed}{name}".encode()).digest(), name))
    return LotteryDraw(seed=seed, band_digest=digest_of(band, places), order=tuple(order), places=places)
