"""Published statistics, recomputed. Each test names its source and the digits to which it agrees."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from almoner.contracts.evaluation import Estimate, evaluate, value_at

Array = np.ndarray[tuple[int], np.dtype[Any]]
Arms = Callable[[Any, Any], dict[str, Array]]
Moments = Callable[[float, float, int], Array]
SLEEP_FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def t_of(estimate: Estimate) -> Decimal:
    return Decimal(estimate.value) / Decimal(estimate.standard_error)


def test_pre_post_gives_student_s_sleep_gain_of_1_58_hours_with_t_4_06() -> None:
    """Student, Probable error of a mean, Biometrika 6 (1908), p. 20: hours of sleep gained by ten patients.

    Mean difference 1.58 (2 decimals); t = 4.0621 and the interval 0.7001 to 2.4599 (4 decimals) as printed by
    R 4, ``t.test(extra ~ group, data = sleep, paired = TRUE)``, apart from the sign.
    """
    found = evaluate("pre_post", {"before": np.array(SLEEP_FIRST), "after": np.array(SLEEP_SECOND)})
    assert value_at(found, "estimate", "hour/2") == "1.58"
    assert round(t_of(found), 4) == Decimal("4.0621")
    assert [value_at(found, end, "hour/4") for end in ("low", "high")] == ["0.7001", "2.4599"]
    assert (found.sample, found.diagnostics["degrees_of_freedom"]) == (10, "9")


def test_pre_post_gives_fisher_s_maize_difference_of_20_93_eighths_of_an_inch() -> None:
    """R. A. Fisher, The Design of Experiments (1935), chapter III, on Darwin's 15 pairs of maize plants.

    Sum 314, mean 20.93, standard error 9.746, t = 2.148 (3 decimals).
    """
    found = evaluate("pre_post", {"before": np.zeros(15), "after": np.array(MAIZE)})
    assert value_at(found, "estimate", "eighth/2") == "20.93"
    assert round(Decimal(found.standard_error), 3) == Decimal("9.746")
    assert round(t_of(found), 3) == Decimal("2.148")


def test_rct_difference_gives_welch_s_interval_of_the_sleep_data(two_arms: Arms) -> None:
    """R 4, help page of ``t.test``: ``t.test(extra ~ group, data = sleep)`` (Welch two sample t-test).

    t = -1.8608 (4 decimals), df = 17.776 (3), interval -3.3654832 to 0.2054832 (7), means 0.75 and 2.33.
    """
    found = evaluate("rct_difference", two_arms(SLEEP_FIRST, SLEEP_SECOND))
    assert round(t_of(found), 4) == Decimal("-1.8608")
    assert round(Decimal(found.diagnostics["degrees_of_freedom"]), 3) == Decimal("17.776")
    assert [value_at(found, end, "hour/7") for end in ("low", "high")] == ["-3.3654832", "0.2054832"]
    assert (found.details["mean_treated"], found.details["mean_control"]) == ("0.75", "2.33")


def test_rct_difference_gives_the_experimental_1794_dollars_of_the_nsw_programme(
    two_arms: Arms, with_moments: Moments
) -> None:
    """LaLonde (American Economic Review 76, 1986), in the sample of Dehejia and Wahba (JASA 94, 1999).

    Earnings in 1978 of 185 treated (mean 6349.144, deviation 7867.402) and 260 controls (4554.801, 5483.836).
    Published: a difference of 1,794 dollars, standard error 633 with one variance for both arms (whole
    dollars); with a variance for each it is 671. The samples are made to these means and deviations, on which
    alone the statistics depend.
    """
    treated, control = with_moments(6349.144, 7867.402, 185), with_moments(4554.801, 5483.836, 260)
    pooled = (184 * treated.var(ddof=1) + 259 * control.var(ddof=1)) / 443
    assert round(float(np.sqrt(pooled * (1 / 185 + 1 / 260)))) == 633
    table = two_arms(treated, control)
    found = evaluate("rct_difference", table)
    assert value_at(found, "estimate", "USD/0") == "1794"
    assert round(Decimal(found.standard_error)) == 671
    assert found.sample == 445


NEWCOMBE = [
    ((56, 70, 48, 80), ("0.0524", "0.3339")),
    ((9, 10, 3, 10), ("0.1705", "0.8090")),
    ((6, 7, 2, 7), ("0.0582", "0.8062")),
    ((5, 56, 0, 29), ("-0.0381", "0.1926")),
    ((0, 10, 0, 20), ("-0.1611", "0.2775")),
    ((0, 10, 0, 10), ("-0.2775", "0.2775")),
    ((10, 10, 0, 20), ("0.6791", "1.0000")),
    ((10, 10, 0, 10), ("0.6075", "1.0000")),
]


@pytest.mark.parametrize(("counts", "limits"), NEWCOMBE)
def test_rct_difference_gives_newcombe_s_eight_intervals(
    two_arms: Arms, counts: tuple[int, int, int, int], limits: tuple[str, str]
) -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table II, method 10, contrasts a to h: 4 decimals."""
    first, of_first, second, of_second = counts
    arms = two_arms(np.arange(of_first) < first, np.arange(of_second) < second)
    found = evaluate("rct_difference", arms, '{"scale": "proportion"}')
    assert tuple(value_at(found, end, "ratio/4") for end in ("low", "high")) == limits


def test_did_gives_card_and_krueger_s_2_76_employees(with_moments: Moments) -> None:
    """Card and Krueger, American Economic Review 84 (1994), table 3: full-time equivalents per store.

    New Jersey 20.44 before and 21.03 after, Pennsylvania 23.33 and 21.17; published difference 2.76. The
    printed means are rounded to 2 decimals, so what follows from them is 2.75: it agrees to 0.01.
    """
    means = {(True, False): 20.44, (True, True): 21.03, (False, False): 23.33, (False, True): 21.17}
    sizes = {True: 321, False: 77}
    parts = {key: with_moments(mean, 9.0, sizes[key[0]]) for key, mean in means.items()}
    table = {
        "outcome": np.concatenate(list(parts.values())),
        "treated": np.concatenate([np.full(sizes[state], state) for state, _ in parts]),
        "after": np.concatenate([np.full(sizes[state], after) for state, after in parts]),
        "cluster": np.concatenate(
            [np.array([f"{state}-{store}" for store in range(sizes[state])]) for state, _ in parts]
        ),
    }
    found = evaluate("did", table)
    assert abs(Decimal(found.value) - Decimal("2.76")) <= Decimal("0.01") + Decimal("1e-9")
    assert found.diagnostics["clusters"] == "398"


def audited(claims: int, right: int, wrong: int) -> dict[str, Array]:
    verdicts = ["right"] * right + ["wrong"] * wrong + [""] * (claims - right - wrong)
    return {"id": np.arange(claims), "audit": np.array(verdicts)}


@pytest.mark.parametrize(("sample", "within"), [(58, "no"), (59, "yes")])
def test_admin_validated_needs_wilks_s_59_faultless_audits_for_95_percent_at_95_percent(
    sample: int, within: str
) -> None:
    """Wilks, Annals of Mathematical Statistics 12 (1941): 59 is the least n with 0.95**n <= 0.05 (exact)."""
    found = evaluate("admin_validated", audited(1000, sample, 0), '{"tolerance": "0.05"}')
    assert found.diagnostics["within_tolerance"] == within
