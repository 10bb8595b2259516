import numpy as np
import pytest

from almoner.challenges.calibration import Calibration, Variances, calibrate
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.ranking import rank
from almoner.challenges.widths import band_widths


def round_of(chance: np.random.Generator, reads: int) -> Calibration:
    """Two hundred applications, read by the judges in turn."""
    merit, severe = chance.normal(size=200), chance.normal(scale=0.6, size=100)
    shuffled = [chance.permutation(100) for _ in range(2 * reads)]
    seats = np.concatenate(shuffled).reshape(reads, 200)
    scores = [
        (f"a{i:03}", f"j{j:03}", float(3 + merit[i] + severe[j] + chance.normal(scale=0.7)))
        for i in range(200)
        for j in set(seats[:, i].tolist())
    ]
    return calibrate(scores, direction="higher")


@pytest.mark.parametrize("reads", [3, 6])
def test_the_width_that_is_foretold_is_the_width_that_rounds_have(reads: int) -> None:
    chance = np.random.default_rng(reads)
    seen, told = [], []
    for _ in range(8):
        found = round_of(chance, reads)
        band = rank(found, line=20, draws=0).band
        seen.append((len(band.sure), len(band.members)))
        width = band_widths(found, line=20, reads=[reads])[0]
        told.append((width.sure, width.members))
    assert np.mean(told, axis=0) == pytest.approx(np.mean(seen, axis=0), rel=0.2)


def test_the_band_shrinks_with_every_read_and_the_sure_ones_become_more() -> None:
    widths = band_widths(round_of(np.random.default_rng(1), 5), line=20)
    assert [width.reads for width in widths] == [3, 5, 8, 12, 20]
    members = [width.members for width in widths]
    sure = [width.sure for width in widths]
    assert members == sorted(members, reverse=True)
    assert sure == sorted(sure)
    assert members[0] > 2 * members[-1]


def test_without_any_difference_between_applications_the_band_is_everybody() -> None:
    known = Variances(application=0.0, judge=0.0, residual=1.0)
    scores = [(f"a{i}", f"j{j}", i + j) for i in range(10) for j in range(3)]
    width = band_widths(calibrate(scores, direction="higher", variances=known), line=3, reads=[5])[0]
    assert (width.sure, width.members) == (0.0, 10.0)


def test_raw_means_and_lines_beyond_all_have_no_width() -> None:
    scores = [(f"a{i}", f"j{j}", i + j) for i in range(10) for j in range(3)]
    raw = calibrate(scores[:9], direction="higher")
    with pytest.raises(CalibrationInvalid, match="needs variances and a line inside"):
        band_widths(raw, line=1)
    known = Variances(application=1.0, judge=0.5, residual=1.0)
    for line in (0, 10):
        with pytest.raises(CalibrationInvalid, match="a line inside the 10 applications"):
            band_widths(calibrate(scores, direction="higher", variances=known), line=line)
