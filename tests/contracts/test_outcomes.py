"""Laws of chance against SciPy's moments and quantiles, and draws that depend on nothing but their name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from scipy import stats

from almoner.contracts.outcomes.document import EXAMPLE, Correlation, OutcomesDocument
from almoner.contracts.outcomes.source import OutcomeSource
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import EXAMPLE as TERMS
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.program import Measure, Program
from almoner.contracts.terms.simulate import BLOCK
from almoner.contracts.terms.types import Label, Quantity, Truth
from almoner.finance.errors import OutcomesInvalid

Content = dict[str, Any]
NIGHTS = Measure(type=Quantity("night", 0), low=0, high=40_000, pool="last")
SCORE = Measure(type=Quantity("percent", 2), low=-10_000, high=20_000, pool="last")
DONE = Measure(type=Truth(), low=0, high=1, pool="last")
CHOICE = Measure(type=Label(), low=0, high=2, pool="last", labels=("stop", "wait", "go"))
PERIODS = (("p1", date(2027, 12, 31)), ("p2", date(2028, 12, 31)), ("p3", date(2029, 12, 31)))


def program(metrics: Mapping[str, Measure], most: Mapping[str, int] | None = None) -> Program:
    base = compile_terms(TermDocument.read(TERMS))
    most = {"cohorts": 2, **(most or {})}
    return replace(base, periods=PERIODS, sets={"cohorts": ("c1", "c2")}, most=most, metrics=metrics)


def outcomes(models: Mapping[str, Content], **more: object) -> OutcomesDocument:
    content = {"schema": "almoner.outcomes/1", "title": "Test", "models": models, **more}
    return OutcomesDocument.read(json.dumps(content))


def drawn(measure: Measure, law: Content, seed: int = 11, **model: object) -> np.ndarray[Any, Any]:
    document = outcomes({"x": {"law": law, **model}})
    return np.asarray(OutcomeSource(program({"x": measure}), document, seed=seed).block(0, BLOCK)["x"][0, 0])


def scaled(
    law: stats.distributions.rv_frozen, factor: float = 1.0
) -> tuple[float, float, Callable[[float], float]]:
    return float(law.mean()) * factor, float(law.std()) * factor, lambda at: float(law.ppf(at)) * factor


LAWS = {
    "binomial": (NIGHTS, {"kind": "binomial", "n": "60", "p": "0.3"}, scaled(stats.binom(60, 0.3))),
    "large binomial": (
        NIGHTS,
        {"kind": "binomial", "n": "40000", "p": "0.6"},
        scaled(stats.binom(40_000, 0.6)),
    ),
    "beta-binomial": (
        NIGHTS,
        {"kind": "beta_binomial", "n": "60", "mean": "0.3", "strength": "10"},
        scaled(stats.betabinom(60, 3, 7)),
    ),
    "poisson": (NIGHTS, {"kind": "poisson", "mean": "7.5"}, scaled(stats.poisson(7.5))),
    "negative binomial": (
        NIGHTS,
        {"kind": "negative_binomial", "mean": "20", "size": "4"},
        scaled(stats.nbinom(4, 4 / 24)),
    ),
    "beta": (
        SCORE,
        {"kind": "beta", "mean": "30", "strength": "20", "low": "0", "high": "100"},
        scaled(stats.beta(6, 14), 10_000),
    ),
    "beta by a and b": (SCORE, {"kind": "beta", "a": "2", "b": "5"}, scaled(stats.beta(2, 5), 100)),
    "normal": (SCORE, {"kind": "normal", "mean": "20", "sd": "8"}, scaled(stats.norm(20, 8), 100)),
    "normal, cut": (
        SCORE,
        {"kind": "normal", "mean": "-90", "sd": "30"},
        scaled(stats.truncnorm(-1 / 3, 290 / 30, loc=-90, scale=30), 100),
    ),
    "normal, far tail": (
        SCORE,
        {"kind": "normal", "mean": "-200", "sd": "20"},
        scaled(stats.truncnorm(5, 20, loc=-200, scale=20), 100),
    ),
    "lognormal": (
        SCORE,
        {"kind": "lognormal", "mean": "10", "sd": "5"},
        scaled(stats.lognorm(np.sqrt(np.log(1.25)), scale=10 / np.sqrt(1.25)), 100),
    ),
}
every = pytest.mark.parametrize(("measure", "law", "truth"), LAWS.values(), ids=LAWS)


@every
def test_mean_and_spread_are_those_of_the_law(
    measure: Measure, law: Content, truth: tuple[float, float, Callable[[float], float]]
) -> None:
    counts, (mean, sd, _) = drawn(measure, law), truth
    assert abs(counts.mean() - mean) < 4 * sd / np.sqrt(BLOCK)
    assert counts.std() == pytest.approx(sd, rel=0.03)


@every
def test_quantiles_are_those_of_the_law(
    measure: Measure, law: Content, truth: tuple[float, float, Callable[[float], float]]
) -> None:
    counts, ppf = drawn(measure, law), truth[2]
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        error = 4 * np.sqrt(level * (1 - level) / BLOCK)
        assert ppf(level - error) - 0.5 <= np.quantile(counts, level, method="inverted_cdf")
        assert np.quantile(counts, level, method="inverted_cdf") <= ppf(level + error) + 0.5


def test_a_tabulated_beta_is_the_rounded_one() -> None:
    law = {"kind": "beta", "mean": "3.004", "strength": "2.5", "low": "-12.346", "high": "81.337"}
    source = {"x": {"law": law, "noise": "0.000000001"}}
    smooth = OutcomeSource(program({"x": SCORE}), outcomes(source), seed=11).block(0, BLOCK)["x"][0, 0]
    tabulated = drawn(SCORE, law)
    assert (smooth != tabulated).sum() <= 2  # where the error tips the rounding
    assert abs(smooth - tabulated).max() <= 1
    assert tabulated.min() == -1235
    assert smooth.max() == tabulated.max()


def test_listed_values_come_as_often_as_their_weights_say() -> None:
    law = {"kind": "empirical", "values": ["30.00", "10.5", "20"], "weights": ["1", "2", "5"]}
    values, counts = np.unique(drawn(SCORE, law), return_counts=True)
    assert values.tolist() == [1050, 2000, 3000]
    assert counts / BLOCK == pytest.approx([0.25, 0.625, 0.125], abs=0.011)
    labels = drawn(CHOICE, {"kind": "categorical", "weights": {"go": "3", "stop": "1"}})
    assert np.bincount(labels, minlength=3) / BLOCK == pytest.approx([0.25, 0, 0.75], abs=0.01)
    truths = drawn(DONE, {"kind": "bernoulli", "p": "0.2"})
    assert truths.mean() == pytest.approx(0.2, abs=0.009)


def test_what_is_fixed_is_exact_in_every_digit() -> None:
    large = Measure(type=Quantity("USD", 2), low=0, high=2**62, pool="last")
    law = {"kind": "fixed", "value": "23058430092136939.51"}
    assert set(drawn(large, law).tolist()) == {2305843009213693951}
    listed = {"kind": "empirical", "values": ["23058430092136939.51"]}
    assert set(drawn(large, listed).tolist()) == {2305843009213693951}
    assert set(drawn(DONE, {"kind": "fixed", "value": "true"}).tolist()) == {1}
    assert set(drawn(CHOICE, {"kind": "fixed", "value": "go"}).tolist()) == {2}


def test_certain_and_impossible_truths_are_that() -> None:
    assert drawn(DONE, {"kind": "bernoulli", "p": "1"}).all()
    assert not drawn(DONE, {"kind": "bernoulli", "p": "0"}).any()


def test_a_mixture_has_the_mean_and_spread_of_its_parts() -> None:
    near = {"kind": "normal", "mean": "10", "sd": "1"}
    far = {"kind": "mixture", "parts": [{"weight": "1", "law": {"kind": "fixed", "value": "50"}}]}
    law = {"kind": "mixture", "parts": [{"weight": "3", "law": near}, {"weight": "1", "law": far}]}
    counts = drawn(SCORE, law)
    assert (counts == 5000).mean() == pytest.approx(0.25, abs=0.01)
    assert counts.mean() == pytest.approx(2000, abs=40)
    assert counts[counts != 5000].std() == pytest.approx(100, rel=0.03)


def test_the_error_of_the_evaluator_adds_to_the_spread_and_not_to_the_mean() -> None:
    model = {"law": {"kind": "normal", "mean": "20", "sd": "3"}, "noise": "4"}
    terms, document = program({"x": SCORE}), outcomes({"x": model})
    seen = OutcomeSource(terms, document, seed=3).block(0, BLOCK)["x"][0, 0]
    true = OutcomeSource(terms, document, seed=3, is_noisy=False).block(0, BLOCK)["x"][0, 0]
    assert (seen - true).std() == pytest.approx(400, rel=0.03)
    assert (seen - true).mean() == pytest.approx(0, abs=9)
    assert seen.std() == pytest.approx(500, rel=0.03)
    assert abs(np.corrcoef(true, seen - true)[0, 1]) < 0.03


def test_what_lies_outside_the_domain_is_moved_to_its_end_and_counted() -> None:
    measure = Measure(type=Quantity("night", 0), low=0, high=12, pool="last")
    source = OutcomeSource(
        program({"x": measure}), outcomes({"x": {"law": {"kind": "poisson", "mean": "10"}}}), seed=5
    )
    counts = source.block(0, BLOCK)["x"][0, 0]
    unlimited = drawn(NIGHTS, {"kind": "poisson", "mean": "10"}, seed=5)
    assert source.clips == {"x": int((unlimited > 12).sum())}
    assert np.array_equal(counts, np.minimum(unlimited, 12))
    source.block(0, BLOCK)
    assert source.clips == {"x": int((unlimited > 12).sum())}
    source.block(1, 10)
    assert source.clips["x"] >= int((unlimited > 12).sum())


@pytest.mark.parametrize(("low", "high"), [(0, 100), (10, 200), (-50, 60), (-90, -10)])
def test_a_sum_over_the_periods_stays_in_the_domain(low: int, high: int) -> None:
    measure = Measure(type=Quantity("night", 0), low=low, high=high, pool="sum", by_period=True)
    law = {"kind": "normal", "mean": str((low + high) // 2), "sd": str(high - low)}
    source = OutcomeSource(program({"x": measure}), outcomes({"x": {"law": law}}), seed=7)
    values = source.block(0, 5000)["x"][:, 0]
    sums = np.cumsum(values, axis=0)
    assert values.min() >= low
    assert values.max() <= high
    assert sums.min() >= low
    assert sums.max() <= high
    assert source.clips["x"] > 500


def test_a_cell_names_the_law_of_its_period_and_member() -> None:
    measure = Measure(
        type=Quantity("night", 0), low=0, high=99, pool="last", dims=("cohorts",), by_period=True
    )
    cells = [
        {"period": "p2", "law": {"kind": "fixed", "value": "2"}},
        {"of": {"cohorts": "c2"}, "law": {"kind": "fixed", "value": "3"}},
        {"period": "p3", "of": {"cohorts": "c2"}, "law": {"kind": "fixed", "value": "4"}},
    ]
    model = {"law": {"kind": "fixed", "value": "1"}, "cells": cells}
    source = OutcomeSource(program({"x": measure}), outcomes({"x": model}), seed=0)
    assert source.block(0, 1)["x"][..., 0].tolist() == [[1, 3], [2, 3], [1, 4]]
    assert source.labels("x")[1] == {"period": "p1", "cohorts": "c2"}


def rich() -> tuple[Program, OutcomesDocument]:
    """Two metrics of different shape, correlated, with common factors, an error and a mixture."""
    wide = Measure(
        type=Quantity("percent", 2), low=-10_000, high=20_000, pool="last", dims=("cohorts",), by_period=True
    )
    parts = [
        {"weight": "1", "law": {"kind": "beta", "mean": "0.5", "strength": "4"}},
        {"weight": "2", "law": {"kind": "normal", "mean": "30", "sd": "4"}},
    ]
    models: dict[str, Content] = {
        "x": {"law": {"kind": "normal", "mean": "50", "sd": "10"}, "noise": "1"},
        "y": {"law": {"kind": "mixture", "parts": parts}},
    }
    matrix = [["1", "-0.6"], ["-0.6", "1"]]
    common = [{"over": ["period"], "share": "0.2"}, {"over": ["cohorts", "period"], "share": "0.3"}]
    document = outcomes(models, correlation={"metrics": ["x", "y"], "matrix": matrix}, common=common)
    return program({"x": wide, "y": wide}), document


def block_bytes(number: int) -> bytes:
    terms, document = rich()
    drawn = OutcomeSource(terms, document, seed=99).block(number, 2000)
    return b"".join(drawn[name].tobytes() for name in ("x", "y"))


def test_blocks_are_the_same_for_any_order_and_any_number_of_workers() -> None:
    alone = [block_bytes(number) for number in range(6)]
    terms, document = rich()
    source = OutcomeSource(terms, document, seed=99)
    backwards = [source.block(number, 2000) for number in (5, 4, 3, 2, 1, 0)][::-1]
    assert [b"".join(one[name].tobytes() for name in ("x", "y")) for one in backwards] == alone
    with get_context("spawn").Pool(3) as pool:
        assert pool.map(block_bytes, range(6), chunksize=1) == alone
    assert len(set(alone)) == 6


def test_fewer_paths_are_the_first_of_more() -> None:
    terms, document = rich()
    source = OutcomeSource(terms, document, seed=1)
    few, many = source.block(3, 100), source.block(3, 3000)
    assert all(np.array_equal(few[name], many[name][..., :100]) for name in few)


def test_the_draws_of_a_metric_do_not_depend_on_the_others() -> None:
    law = {"kind": "binomial", "n": "60", "p": "0.3"}
    alone = drawn(NIGHTS, law)
    both = OutcomeSource(
        program({"a": SCORE, "x": NIGHTS}),
        outcomes({"a": {"law": {"kind": "normal", "mean": "1", "sd": "1"}}, "x": {"law": law}}),
        seed=11,
    )
    assert np.array_equal(both.block(0, BLOCK)["x"][0, 0], alone)
    assert not np.array_equal(drawn(NIGHTS, law, seed=12), alone)


def test_the_stated_correlations_are_found_again() -> None:
    normal = {"law": {"kind": "normal", "mean": "50", "sd": "5"}}
    matrix = [["1", "0.7", "-0.3"], ["0.7", "1", "0.1"], ["-0.3", "0.1", "1"]]
    names = ["x", "y", "z"]
    document = outcomes(dict.fromkeys(names, normal), correlation={"metrics": names, "matrix": matrix})
    block = OutcomeSource(program(dict.fromkeys(names, SCORE)), document, seed=8).block(0, BLOCK)
    found = np.corrcoef([block[name][0, 0] for name in names])
    assert found == pytest.approx(np.array(matrix, dtype=float), abs=0.02)


def test_correlated_counts_keep_their_own_law() -> None:
    models = {
        "x": {"law": {"kind": "binomial", "n": "60", "p": "0.3"}},
        "y": {"law": {"kind": "poisson", "mean": "400"}},
    }
    correlation = {"metrics": ["x", "y"], "matrix": [["1", "0.8"], ["0.8", "1"]]}
    document = outcomes(models, correlation=correlation)
    block = OutcomeSource(program({"x": NIGHTS, "y": NIGHTS}), document, seed=8).block(0, BLOCK)
    ranks = stats.spearmanr(block["x"][0, 0], block["y"][0, 0]).statistic
    assert ranks == pytest.approx(6 / np.pi * np.arcsin(0.4), abs=0.02)
    assert block["y"].mean() == pytest.approx(400, abs=0.5)
    assert block["y"].std() == pytest.approx(20, rel=0.03)


def test_what_is_common_moves_periods_and_members_together() -> None:
    terms, document = rich()
    source = OutcomeSource(terms, document, seed=21, is_noisy=False)
    block = source.block(0, BLOCK)
    x = block["x"]
    assert np.corrcoef(x[0, 0], x[2, 0])[0, 1] == pytest.approx(0.5, abs=0.02)  # same cohort
    assert np.corrcoef(x[0, 0], x[2, 1])[0, 1] == pytest.approx(0.3, abs=0.02)  # other cohort
    assert np.corrcoef(x[1, 0], x[1, 1])[0, 1] == pytest.approx(0.3, abs=0.02)  # same period
    assert np.corrcoef(x[0, 0], block["y"][0, 0])[0, 1] < -0.05  # parts apart


def test_all_variation_can_be_common() -> None:
    measure = Measure(type=Quantity("night", 0), low=0, high=99, pool="last", by_period=True)
    model = {"law": {"kind": "poisson", "mean": "9"}}
    document = outcomes({"x": model}, common=[{"over": ["period"], "share": "1"}])
    values = OutcomeSource(program({"x": measure}), document, seed=2).block(0, 1000)["x"]
    assert np.array_equal(values[0], values[1])
    assert np.array_equal(values[0], values[2])


def test_open_sets_have_the_members_that_are_stated() -> None:
    measure = Measure(type=Quantity("day", 0), low=0, high=9, pool="last", dims=("people",))
    terms = program({"x": measure}, {"people": 5})
    model = {"x": {"law": {"kind": "binomial", "n": "9", "p": "0.5"}}}
    counted = OutcomeSource(terms, outcomes(model, members={"people": "3"}), seed=1)
    named = OutcomeSource(terms, outcomes(model, members={"people": ["m3", "zoe", "m1"]}), seed=1)
    assert counted.members["people"] == ("m1", "m2", "m3")
    assert counted.members["cohorts"] == ("c1", "c2")
    first, second = counted.block(0, 50)["x"], named.block(0, 50)["x"]
    assert first.shape == (1, 3, 50)
    assert np.array_equal(first[0, 0], second[0, 2])  # a member keeps its draws, wherever it stands
    for wrong, place in (({"people": "6"}, "/members/people"), ({}, "/members")):
        with pytest.raises(OutcomesInvalid) as caught:
            OutcomeSource(terms, outcomes(model, members=wrong), seed=1)
        assert place in str(caught.value)


def faults(content: Content | str) -> dict[str, str]:
    with pytest.raises(OutcomesInvalid) as caught:
        OutcomesDocument.read(content if isinstance(content, str) else json.dumps(content))
    rows = caught.value.figures["findings"]
    assert isinstance(rows, list)
    return {row["path"]: row["message"] for row in rows if isinstance(row, dict)}


BROKEN: list[tuple[Content, str]] = [
    ({"kind": "binomial", "n": "3", "p": "1.1"}, "/models/x/law/p"),
    ({"kind": "bernoulli", "p": "-0.1"}, "/models/x/law/p"),
    ({"kind": "binomial", "n": "3.5", "p": "0.1"}, "/models/x/law/n"),
    ({"kind": "beta", "mean": "2", "strength": "3"}, "/models/x/law"),
    ({"kind": "beta", "mean": "0.5", "a": "1", "b": "1"}, "/models/x/law"),
    ({"kind": "beta", "low": "1", "high": "1", "a": "1", "b": "1"}, "/models/x/law/low"),
    ({"kind": "beta_binomial", "n": "1000001", "a": "1", "b": "1"}, "/models/x/law/n"),
    ({"kind": "beta_binomial", "n": "10", "a": "0", "b": "1"}, "/models/x/law"),
    ({"kind": "poisson", "mean": "-1"}, "/models/x/law/mean"),
    ({"kind": "negative_binomial", "mean": "1", "size": "0"}, "/models/x/law/size"),
    ({"kind": "negative_binomial", "mean": "1000", "size": "0.01"}, "/models/x/law/size"),
    ({"kind": "poisson", "mean": "1000000001"}, "/models/x/law/mean"),
    ({"kind": "normal", "mean": "1", "sd": "0"}, "/models/x/law/sd"),
    ({"kind": "lognormal", "mean": "0", "sd": "1"}, "/models/x/law/mean"),
    ({"kind": "categorical", "weights": {"a": "0"}}, "/models/x/law/weights"),
    ({"kind": "empirical", "values": ["1", "2"], "weights": ["1"]}, "/models/x/law/weights"),
    ({"kind": "empirical", "values": ["1", "2"], "weights": ["1", "-1"]}, "/models/x/law/weights"),
    ({"kind": "mixture", "parts": [{"weight": "0", "law": {"kind": "poisson", "mean": "1"}}]}, "/parts"),
    ({"kind": "mixture", "parts": [{"weight": "1", "law": {"kind": "poisson", "mean": "-1"}}]}, "/mean"),
    ({"kind": "cauchy", "mean": "1"}, "/models/x/law"),
]


@pytest.mark.parametrize(("law", "place"), BROKEN, ids=[f"{row[0]['kind']} {row[1]}" for row in BROKEN])
def test_what_is_no_law_is_refused_with_its_place(law: Content, place: str) -> None:
    content = {"schema": "almoner.outcomes/1", "title": "Test", "models": {"x": {"law": law}}}
    assert any(place in path for path in faults(content))


def test_numbers_are_decimal_strings() -> None:
    assert "/models/nights/law/mean" in faults(EXAMPLE.replace('"24000"', "24000"))
    assert faults(EXAMPLE.replace('"24000"', "24000.5"))


def test_what_moves_together_must_be_possible() -> None:
    base = json.loads(EXAMPLE)
    names = ["a", "b", "c"]
    impossible = [["1", "0.9", "-0.9"], ["0.9", "1", "0.9"], ["-0.9", "0.9", "1"]]
    for matrix, message in (
        (impossible, "not positive definite"),
        ([["1", "0.1"], ["0.1", "1"]], "3 rows of 3"),
        ([["1", "0.1", "0"], ["0.2", "1", "0"], ["0", "0", "1"]], "symmetric"),
    ):
        found = faults(base | {"correlation": {"metrics": names, "matrix": matrix}})
        assert any(message in text for text in found.values())
    assert "/correlation/metrics/1" in faults(
        base | {"correlation": {"metrics": ["a", "a"], "matrix": [["1", "0"], ["0", "1"]]}}
    )
    shares = [{"over": ["period"], "share": "0.7"}, {"over": ["cohorts"], "share": "0.4"}]
    assert "/common" in faults(base | {"common": shares})
    assert "/common/1" in faults(base | {"common": [shares[1], shares[1]]})
    assert "/models/nights/noise" in faults(EXAMPLE.replace('"noise": "500"', '"noise": "-1"'))
    assert "/discount_rate" in faults(base | {"discount_rate": "-1"})


def test_the_factor_makes_the_matrix_again() -> None:
    matrix = (("1", "0.7", "-0.3"), ("0.7", "1", "0.1"), ("-0.3", "0.1", "1"))
    rows = Correlation(metrics=("a", "b", "c"), matrix=matrix).factor()
    assert rows is not None
    lower = np.array([[*row, *[0.0] * (3 - len(row))] for row in rows])
    assert lower @ lower.T == pytest.approx(np.array(matrix, dtype=float), abs=1e-15)


UNFIT: list[tuple[Measure, Content, Content, str]] = [
    (NIGHTS, {"law": {"kind": "fixed", "value": "1.5"}}, {}, "/models/x/law/value"),
    (NIGHTS, {"law": {"kind": "fixed", "value": "40001"}}, {}, "/models/x/law/value"),
    (NIGHTS, {"law": {"kind": "empirical", "values": ["1", "-1"]}}, {}, "/models/x/law/values/1"),
    (NIGHTS, {"law": {"kind": "categorical", "weights": {"a": "1"}}}, {}, "/models/x/law"),
    (NIGHTS, {"law": {"kind": "normal", "mean": "-4000", "sd": "100"}}, {}, "/models/x/law/mean"),
    (DONE, {"law": {"kind": "poisson", "mean": "1"}}, {}, "/models/x/law"),
    (DONE, {"law": {"kind": "fixed", "value": "1"}}, {}, "/models/x/law/value"),
    (DONE, {"law": {"kind": "bernoulli", "p": "1"}, "noise": "1"}, {}, "/models/x/noise"),
    (CHOICE, {"law": {"kind": "bernoulli", "p": "1"}}, {}, "/models/x/law"),
    (CHOICE, {"law": {"kind": "fixed", "value": "run"}}, {}, "/models/x/law/value"),
    (CHOICE, {"law": {"kind": "categorical", "weights": {"run": "1"}}}, {}, "/models/x/law/weights/run"),
    (
        NIGHTS,
        {
            "law": {"kind": "poisson", "mean": "1"},
            "cells": [{"period": "p1", "law": {"kind": "fixed", "value": "1"}}],
        },
        {},
        "/models/x/cells/0/period",
    ),
    (
        NIGHTS,
        {
            "law": {"kind": "poisson", "mean": "1"},
            "cells": [{"of": {"cohorts": "c1"}, "law": {"kind": "fixed", "value": "1"}}],
        },
        {},
        "/models/x/cells/0/of/cohorts",
    ),
    (
        NIGHTS,
        {"law": {"kind": "poisson", "mean": "1"}},
        {"common": [{"over": ["sites"], "share": "0.1"}]},
        "/common/0/over",
    ),
    (NIGHTS, {"law": {"kind": "poisson", "mean": "1"}}, {"members": {"cohorts": "2"}}, "/members/cohorts"),
    (
        NIGHTS,
        {"law": {"kind": "poisson", "mean": "1"}},
        {"costs": {"city": {"type": "EUR/2", "amounts": {"p1": "1"}}}},
        "/costs/city/type",
    ),
    (
        NIGHTS,
        {"law": {"kind": "poisson", "mean": "1"}},
        {"correlation": {"metrics": ["x", "y"], "matrix": [["1", "0"], ["0", "1"]]}},
        "/correlation/metrics/1",
    ),
]


@pytest.mark.parametrize(("measure", "model", "more", "place"), UNFIT, ids=[row[3] for row in UNFIT])
def test_what_does_not_fit_the_terms_is_refused_with_its_place(
    measure: Measure, model: Content, more: Content, place: str
) -> None:
    with pytest.raises(OutcomesInvalid) as caught:
        OutcomeSource(program({"x": measure}), outcomes({"x": model}, **more), seed=1)
    rows = caught.value.figures["findings"]
    assert [row["path"] for row in rows if isinstance(row, dict)] == [place]  # type: ignore[union-attr]  # checked


def test_every_metric_has_a_model_and_every_model_a_metric() -> None:
    terms = program({"x": NIGHTS})
    law = {"law": {"kind": "poisson", "mean": "1"}}
    with pytest.raises(OutcomesInvalid, match="metric x of the terms has no model"):
        OutcomeSource(terms, outcomes({}), seed=1)
    with pytest.raises(OutcomesInvalid, match="/models/y: the terms have no such metric"):
        OutcomeSource(terms, outcomes({"x": law, "y": law}), seed=1)


def test_seeds_and_blocks_have_ends() -> None:
    terms, document = program({"x": NIGHTS}), outcomes({"x": {"law": {"kind": "poisson", "mean": "1"}}})
    with pytest.raises(ValueError, match="a seed is zero or more"):
        OutcomeSource(terms, document, seed=-1)
    for size in (0, BLOCK + 1):
        with pytest.raises(ValueError, match="a block has 1 to 32768 paths"):
            OutcomeSource(terms, document, seed=1).block(0, size)
