"""Each method against scipy, statsmodels or its formula in plain numpy, to nine digits."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.discrete.discrete_model import Logit
from statsmodels.stats.proportion import proportion_confint

from almoner.contracts.evaluation import Estimate, evaluate

Array = np.ndarray[tuple[int], np.dtype[Any]]
Table = dict[str, Array]
SEEDS = range(5)


def near(text: str, number: float) -> bool:
    return abs(float(text) - number) <= 1e-9 * max(1.0, abs(number))


def agrees(found: Estimate, value: float, error: float, low: float, high: float) -> None:
    pairs = [(found.value, value), (found.standard_error, error), (found.low, low), (found.high, high)]
    assert [near(text, number) for text, number in pairs] == [True] * 4, (found, value, error, low, high)


def agrees_with_t(found: Estimate, value: float, error: float, degrees: float) -> None:
    reach = stats.t.ppf(0.975, degrees) * error
    agrees(found, value, error, value - reach, value + reach)


@pytest.mark.parametrize("seed", SEEDS)
def test_pre_post_is_scipy_s_paired_t_test(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after = rng.normal(10, 3, 40), rng.normal(11, 4, 40)
    test = stats.ttest_rel(after, before)
    low, high = test.confidence_interval(0.9)
    found = evaluate("pre_post", {"before": before, "after": after}, '{"level": "0.9"}')
    value = float(np.mean(after) - np.mean(before))
    agrees(found, value, value / test.statistic, low, high)
    assert found.level == "0.9"


@pytest.mark.parametrize("seed", SEEDS)
def test_rct_difference_of_means_is_scipy_s_welch_test(seed: int, two_arms: Callable[..., Table]) -> None:
    rng = np.random.default_rng(seed)
    treated, control = rng.gamma(2, 5, 31), rng.normal(8, 1, 77)
    test = stats.ttest_ind(treated, control, equal_var=False)
    low, high = test.confidence_interval(0.95)
    found = evaluate("rct_difference", two_arms(treated, control))
    value = float(np.mean(treated) - np.mean(control))
    agrees(found, value, value / test.statistic, low, high)
    assert near(found.diagnostics["degrees_of_freedom"], test.df)


@pytest.mark.parametrize("counts", [(3, 17, 9, 40), (0, 12, 5, 9), (30, 30, 2, 45)])
def test_rct_difference_of_proportions_combines_two_wilson_intervals(
    two_arms: Callable[..., Table], counts: tuple[int, int, int, int]
) -> None:
    hits, size, others, of_others = counts
    found = evaluate(
        "rct_difference",
        two_arms(np.arange(size) < hits, np.arange(of_others) < others),
        '{"scale": "proportion", "level": "0.8"}',
    )
    one, two = hits / size, others / of_others
    low_one, high_one = proportion_confint(hits, size, alpha=0.2, method="wilson")
    low_two, high_two = proportion_confint(others, of_others, alpha=0.2, method="wilson")
    agrees(
        found,
        one - two,
        np.sqrt(one * (1 - one) / size + two * (1 - two) / of_others),
        one - two - np.hypot(one - low_one, high_two - two),
        one - two + np.hypot(high_one - one, two - low_two),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_relative_reduction_ends_where_the_t_ratio_of_treated_less_r_times_control_is_critical(
    seed: int, two_arms: Callable[..., Table]
) -> None:
    rng = np.random.default_rng(seed)
    treated, control = rng.normal(7, 3, 25), rng.normal(10, 2, 40)
    found = evaluate("rct_difference", two_arms(treated, control), '{"scale": "relative_reduction"}')
    one, two = float(np.mean(treated)), float(np.mean(control))
    v_one, v_two = float(np.var(treated, ddof=1)) / 25, float(np.var(control, ddof=1)) / 40
    ratio = one / two
    parts = (v_one, ratio**2 * v_two)
    critical = stats.t.ppf(0.975, sum(parts) ** 2 / (parts[0] ** 2 / 24 + parts[1] ** 2 / 39))

    def excess(r: float) -> float:
        return float((one - r * two) ** 2 - critical**2 * (v_one + r**2 * v_two))

    smallest = optimize.brentq(excess, ratio - 5, ratio, xtol=1e-14)
    largest = optimize.brentq(excess, ratio, ratio + 5, xtol=1e-14)
    agrees(found, 1 - ratio, np.sqrt(sum(parts)) / two, 1 - largest, 1 - smallest)


def clustered(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, 14)
    cluster = np.repeat(np.arange(14), sizes)
    treated = (np.arange(14) < 6)[cluster]
    outcome = rng.normal(size=14)[cluster] + treated + rng.normal(size=cluster.size)
    return {"outcome": outcome, "treated": treated, "cluster": cluster.astype(str)}


def root_of_inverse(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    inverse = np.where(values > 1e-10, 1 / np.sqrt(np.clip(values, 1e-10, None)), 0.0)
    root: Array = vectors @ np.diag(inverse) @ vectors.T
    return root


def bell_mccaffrey(table: Table) -> tuple[float, float, float]:
    """Difference, CR2 variance and degrees of freedom by full matrices (Pustejovsky and Tipton 2018)."""
    design = np.column_stack([np.ones(table["outcome"].size), table["treated"]])
    bread = np.linalg.inv(design.T @ design)
    residual_maker = np.eye(design.shape[0]) - design @ bread @ design.T
    residuals = residual_maker @ table["outcome"]
    contrasts = []
    for name in np.unique(table["cluster"]):
        own = table["cluster"] == name
        adjusted = root_of_inverse(residual_maker[np.ix_(own, own)])
        contrasts.append((bread @ design[own].T @ adjusted)[1] @ residual_maker[own])
    matrix = np.array(contrasts)
    products = matrix @ matrix.T
    variance = float(((np.array(contrasts) @ residuals) ** 2).sum())
    slope = float((bread @ design.T @ table["outcome"])[1])
    return slope, variance, float(np.trace(products) ** 2 / (products**2).sum())


@pytest.mark.parametrize("scale", ["mean", "proportion"])
@pytest.mark.parametrize("seed", SEEDS)
def test_clustered_rct_difference_is_cr2_by_full_matrices(seed: int, scale: str) -> None:
    table = clustered(seed)
    if scale == "proportion":
        table["outcome"] = (table["outcome"] > 0.5).astype(float)
    found = evaluate("rct_difference", table, json.dumps({"scale": scale, "clustered": True}))
    value, variance, degrees = bell_mccaffrey(table)
    agrees_with_t(found, value, np.sqrt(variance), degrees)
    assert near(found.diagnostics["degrees_of_freedom"], degrees)
    assert (found.diagnostics["clusters_treated"], found.diagnostics["clusters_control"]) == ("6", "8")


def test_clusters_of_equal_size_have_as_many_degrees_of_freedom_as_clusters_less_two() -> None:
    table = clustered(1)
    table = {name: np.tile(column[:1], 40) for name, column in table.items()}
    table["cluster"] = np.repeat(np.arange(10), 4)
    table["treated"] = table["cluster"] < 5
    table["outcome"] = np.random.default_rng(2).normal(size=40)
    found = evaluate("rct_difference", table, '{"clustered": true}')
    assert found.diagnostics["degrees_of_freedom"] == "8"


def test_relative_reduction_of_clusters_uses_the_same_variances() -> None:
    table = clustered(3)
    table["outcome"] += 20
    plain = evaluate("rct_difference", table, '{"clustered": true}')
    found = evaluate("rct_difference", table, '{"clustered": true, "scale": "relative_reduction"}')
    one, two = (float(np.mean(table["outcome"][table["treated"] == arm])) for arm in (True, False))
    assert near(found.value, 1 - one / two)
    assert float(found.low) < float(found.value) < float(found.high)
    assert float(found.standard_error) == pytest.approx(float(plain.standard_error) / two, rel=0.2)


def sandwich(table: Table) -> tuple[float, float]:
    """Interaction and its clustered variance, from the formulas (Cameron and Miller 2015)."""
    one, two = table["treated"].astype(float), table["after"].astype(float)
    design = np.column_stack([np.ones(one.size), one, two, one * two])
    bread = np.linalg.inv(design.T @ design)
    residuals = table["outcome"] - design @ (bread @ design.T @ table["outcome"])
    names = np.unique(table["cluster"])
    sums = np.array([(design * residuals[:, None])[table["cluster"] == name].sum(axis=0) for name in names])
    scale = names.size / (names.size - 1) * (one.size - 1) / (one.size - 4)
    return float((bread @ design.T @ table["outcome"])[3]), float(
        (bread @ sums.T @ sums @ bread)[3, 3]
    ) * scale


@pytest.mark.parametrize("seed", SEEDS)
def test_did_is_the_clustered_sandwich_and_the_difference_of_four_means(
    seed: int, panel: Callable[..., Table]
) -> None:
    table = panel(np.random.default_rng(seed), 24, 3)
    found = evaluate("did", table)
    value, variance = sandwich(table)
    agrees_with_t(found, value, np.sqrt(variance), 23)
    cells = {
        (one, two): float(np.mean(table["outcome"][(table["treated"] == one) & (table["after"] == two)]))
        for one in (True, False)
        for two in (True, False)
    }
    change, others = cells[True, True] - cells[True, False], cells[False, True] - cells[False, False]
    assert near(found.value, change - others)
    assert near(found.details["control_before"], cells[False, False])


def matched_by_hand(
    table: Table, names: list[str], k: int, caliper: float, j: int
) -> tuple[float, float, float]:
    """Effect, standard error and unmatched share by all distances (Abadie and Imbens 2006, theorem 7)."""
    design = np.column_stack([np.ones(table["outcome"].size), *(table[name] for name in names)])
    treated, outcome = table["treated"], table["outcome"]
    score = design @ Logit(treated.astype(float), design).fit(disp=0, maxiter=200, tol=1e-14).params
    reach = caliper * np.sqrt((score[treated].var(ddof=1) + score[~treated].var(ddof=1)) / 2)
    near_zero = 1e-8 * reach
    others = np.flatnonzero(~treated)
    gaps, weight, square = [], np.zeros(others.size), np.zeros(others.size)
    for unit in np.flatnonzero(treated):
        distance = np.abs(score[others] - score[unit])
        chosen = np.flatnonzero(distance <= min(np.sort(distance)[k - 1], reach) + near_zero)
        if chosen.size:
            gaps.append(outcome[unit] - outcome[others[chosen]].mean())
            weight[chosen] += 1 / chosen.size
            square[chosen] += 1 / chosen.size**2
    noise = np.zeros(others.size)
    for place, unit in enumerate(others):
        distance = np.abs(score[others] - score[unit])
        distance[place] = np.inf
        chosen = distance <= np.sort(distance)[j - 1] + near_zero
        size = chosen.sum()
        noise[place] = size / (size + 1) * (outcome[unit] - outcome[others[chosen]].mean()) ** 2
    effect = float(np.mean(gaps))
    total = ((np.array(gaps) - effect) ** 2).sum() + ((weight**2 - square) * noise).sum()
    return effect, float(np.sqrt(total)) / len(gaps), 1 - len(gaps) / int(treated.sum())


@pytest.mark.parametrize(("neighbours", "caliper", "of_same"), [(1, "0.2", 2), (3, "0.2", 1), (2, "0.01", 4)])
@pytest.mark.parametrize("names", [["age", "rural"], ["rural"]])
def test_matched_is_abadie_and_imbens_by_all_distances(
    observed: Callable[..., Table], names: list[str], neighbours: int, caliper: str, of_same: int
) -> None:
    table = observed(np.random.default_rng(11), 500)
    params = {"covariates": names, "neighbours": neighbours, "caliper": caliper, "balance": "0.2"}
    found = evaluate("matched", table, json.dumps(params | {"variance_neighbours": of_same}))
    value, error, unmatched = matched_by_hand(table, names, neighbours, float(caliper), of_same)
    reach = stats.norm.ppf(0.975) * error
    agrees(found, value, error, value - reach, value + reach)
    assert near(found.details["unmatched_share"], unmatched)


def test_matched_counts_who_has_no_counterpart_apart(observed: Callable[..., Table]) -> None:
    table = observed(np.random.default_rng(11), 500)
    found = evaluate(
        "matched", table, '{"covariates": ["age", "rural"], "caliper": "0.002", "balance": "0.3"}'
    )
    treated, matched = int(found.diagnostics["treated"]), int(found.diagnostics["treated_matched"])
    assert 0 < matched < treated
    assert near(found.details["unmatched_share"], 1 - matched / treated)
    assert found.sample == matched + int(found.diagnostics["others_used"])


def test_count_counts_each_accepted_claim_once() -> None:
    table = {"id": np.array(["a", "b", "b", "c"]), "accepted": np.array(["yes", "yes", "yes", "no"])}
    found = evaluate("count", table)
    assert (found.value, found.sample, found.standard_error, found.low, found.level) == ("2", 3, "", "", "")
    assert found.diagnostics == {"accepted": "2", "duplicates": "1", "rejected": "1"}
    assert evaluate("count", {"id": np.array(["a", "b"])}).value == "2"
    assert evaluate("count", table | {"quantity": np.array([1.5, 2, 2, 9])}).value == "3.5"


def audited(claims: int, right: int, wrong: int) -> Table:
    verdicts = ["right"] * right + ["wrong"] * wrong + [""] * (claims - right - wrong)
    return {"id": np.arange(claims), "audit": np.array(verdicts)}


@pytest.mark.parametrize(("right", "wrong"), [(60, 0), (95, 5), (1, 1), (0, 3), (400, 7)])
def test_admin_validated_bounds_the_wrong_share_where_so_few_would_be_found_one_time_in_twenty(
    right: int, wrong: int
) -> None:
    found = evaluate("admin_validated", audited(500, right, wrong), '{"tolerance": "0.05"}')
    bound = float(found.details["wrong_share_bound"])
    expected = 1.0 if right == 0 else 0.05
    assert stats.binom.cdf(wrong, right + wrong, bound) == pytest.approx(expected, abs=1e-9)
    full = bound <= 0.05
    assert near(found.value, 500 if full else 500 * right / (right + wrong))
    assert near(found.low, 500 * (1 - bound))
    assert found.high == "500"
    assert found.diagnostics["within_tolerance"] == ("yes" if full else "no")


def test_weighted_is_the_quadratic_form_of_its_covariance() -> None:
    table = {
        "component": np.array(["reading", "sums", "days"]),
        "estimate": np.array([0.25, -0.1, 3]),
        "standard_error": np.array([0.1, 0.05, 1]),
        "sample": np.array([100, 90, 80]),
    }
    pairs = {("reading", "sums"): "0.5", ("reading", "days"): "-0.2", ("sums", "days"): "0"}
    said = [{"first": one, "second": two, "correlation": r} for (one, two), r in pairs.items()]
    weights = {"reading": "1", "sums": "2", "days": "-0.5"}
    found = evaluate("weighted", table, json.dumps({"weights": weights, "correlations": said}))
    errors = np.array([1, 2, -0.5]) * table["standard_error"]
    matrix = np.array([[1, 0.5, -0.2], [0.5, 1, 0], [-0.2, 0, 1]])
    value, error = 0.25 - 0.2 - 1.5, float(np.sqrt(errors @ matrix @ errors))
    reach = stats.norm.ppf(0.975) * error
    agrees(found, value, error, value - reach, value + reach)
    assert found.sample == 270
    alone = evaluate("weighted", table, json.dumps({"weights": weights, "independent": True}))
    assert near(alone.standard_error, float(np.sqrt((errors**2).sum())))
