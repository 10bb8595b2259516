"""How wide the band around the line would be with more reads, or with fewer.

The problem: five reads do not separate neighbours, and a chair who sees a wide band asks what it would take.
The answer follows from the variances that the scores have shown: rounds of that kind are drawn and counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .calibration.result import Calibration
from .errors import CalibrationInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class BandWidth:
    """What to expect of a band.

    Attributes
    ----------
    reads : int [reads]
        Of every application.
    sure, members : float [applications]
        Surely inside, and not separated from the line, on average.

    Examples
    --------
    >>> BandWidth(reads=5, sure=3.9, members=15.1).reads
    5
    """

    reads: int
    sure: float
    members: float


def band_widths(
    calibration: Calibration,
    *,
    line: int,
    reads: Iterable[int] = (3, 5, 8, 12, 20),
    alpha: float = 0.25,
    draws: int = 200,
    seed: int = 0,
) -> tuple[BandWidth, ...]:
    """Say how wide the band would be with other numbers of reads, judges and applications being as many.

    Parameters
    ----------
    calibration : Calibration
        Not raw: its variances are taken as they are.
    line : int [places]
        How many places there are; fewer than applications.
    reads : Iterable[int] [reads]
        Of every application.
    alpha : float [share]
        As for ``rank``.
    draws : int [draws]
        Rounds that are drawn.
    seed : int [seed]
        Of these draws.

    Raises
    ------
    CalibrationInvalid
        When it is raw, or has no more applications than there are places.

    Notes
    -----
    With r reads an estimate holds ``S / (S + v / r)`` of the variance S of merit; v is what is left of a read
    once its judge is known as well as his share of all reads allows. Reads are taken as spread evenly, and
    judges as linked: islands and panels with a habit of their own have wider bands than this says.

    Examples
    --------
    >>> from .calibration import Variances, calibrate
    >>> known = Variances(application=1.0, judge=0.5, residual=0.5)
    >>> scores = [(f"a{i}", f"j{(i + k) % 20}", i % 7) for i in range(100) for k in range(3)]
    >>> found = calibrate(scores, direction="higher", variances=known)
    >>> few, many = band_widths(found, line=10, reads=(3, 20))
    >>> few.members > 2 * many.members
    True
    """
    known, size = calibration.variances, len(calibration.merits)
    if known is None or not 0 < line < size:
        raise CalibrationInvalid(
            f"The width of a band needs variances and a line inside the {size} applications.", line=line
        )
    merit = known.application + known.panel
    chance = np.random.default_rng(seed).standard_normal((draws, size))
    ranked = -np.sort(-chance, axis=1)
    limit = NormalDist().inv_cdf(1 - alpha)
    widths = []
    for count in reads:
        load = count * size / max(len(calibration.judges), 1)
        unknown = known.residual / (known.residual / known.judge + load) if known.judge > 0 else 0.0
        part = merit / (merit + (known.residual + unknown) / count) if merit > 0 else 0.0
        gaps = np.sqrt(merit * part) * (ranked - ranked[:, [line - 1]])
        apart = limit * np.sqrt(2 * merit * (1 - part))
        sure = (gaps[:, : line - 1] >= apart).sum(axis=1).mean() if merit > 0 else 0.0
        out = (gaps[:, line:] <= -apart).sum(axis=1).mean() if merit > 0 else 0.0
        widths.append(BandWidth(reads=count, sure=float(sure), members=float(size - sure - out)))
    return tuple(widths)
