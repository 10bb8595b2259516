"""What verified outcomes say about effects, and how sure that is."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from almoner.finance.allocation.learning.chance import levels, stream
from almoner.finance.allocation.learning.effects import OutcomeReport, beliefs, learned, with_effects
from almoner.finance.allocation.learning.evidence import INFLATION, Family, PoolResults, believe
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.errors import DocumentInvalid

CASES, POOL = 2000, 20
Floats = np.typing.NDArray[np.float64]


def problem(evidence: list[dict[str, object]], **more: object) -> AllocationDocument:
    who = sorted({str(row["intervention_id"]) for row in evidence})
    return AllocationDocument.read(
        json.dumps(
            {
                "schema": "almoner.allocation/2",
                "unit": "USD",
                "scale": 2,
                "funds": [{"fund_id": "pool", "budget_minor": 1_000_000}],
                "interventions": [{"intervention_id": one} for one in who],
                "response": [
                    {"intervention_id": one, "cap_minor": 100_000, "gain_micro_per_k": 2_000_001}
                    for one in who
                ],
                "evidence": evidence,
                **more,
            }
        )
    )


def row(who: str, total: int = 0, exposure: int = 0, **more: object) -> dict[str, object]:
    return {
        "intervention_id": who,
        "family": "gamma_poisson",
        "expected_micro": 2_000_000,
        "total": total,
        "exposure": exposure,
        **more,
    }


def pool_of(family: Family, rng: np.random.Generator) -> tuple[Floats, PoolResults]:
    """Draw a pool's mean and spread, true effects and results from the model itself."""
    ratio, spread = np.exp(rng.normal(-0.125, 0.5)), rng.uniform(0.03, 1.5)
    exposure = rng.integers(0, 60, POOL)
    squares = np.zeros(POOL)
    if family == "beta_binomial":
        expected = rng.uniform(0.1, 0.6, POOL)
        odds = ratio * expected / (1 - expected)
        mean, strength = odds / (1 + odds), spread**-2
        truth = rng.beta(mean * strength, (1 - mean) * strength)
        total = rng.binomial(exposure, truth).astype(float)
    elif family == "gamma_poisson":
        expected = rng.uniform(0.5, 3.0, POOL)
        truth = rng.gamma(spread**-2, ratio * expected * spread**2)
        total = rng.poisson(truth * exposure).astype(float)
    else:
        expected = rng.uniform(5.0, 50.0, POOL)
        noise = rng.uniform(0.3, 2.0)
        truth = expected * ratio * (1 + spread * rng.normal(size=POOL))
        measured = [
            rng.normal(one, noise * scale, count)
            for one, scale, count in zip(truth, expected, exposure, strict=True)
        ]
        total = np.array([values.sum() for values in measured])
        squares = np.array([(values**2).sum() for values in measured])
    return truth, PoolResults(
        family=family,
        expected=expected,
        total=total,
        exposure=exposure.astype(float),
        squares=squares,
        inflation=np.ones(POOL),
    )


@pytest.mark.parametrize("family", ["beta_binomial", "gamma_poisson", "normal_gamma"])
def test_stated_intervals_cover_nine_truths_of_ten(family: Family) -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(CASES // POOL):
        truth, results = pool_of(family, rng)
        belief = believe(results)
        hits += int(((truth >= belief.bound(0.05)) & (truth <= belief.bound(0.95))).sum())
    assert abs(hits / CASES - 0.90) <= 0.02


def test_few_results_are_drawn_towards_the_pool_and_many_are_not() -> None:
    many = [row(f"m{at}", 2000, 1000) for at in range(6)]
    found = {
        effect.intervention_id: effect
        for effect in beliefs(problem([*many, row("few", 3, 1), row("long", 4500, 1500)])).effects()
    }
    assert found["few"].mean < 2.6
    assert found["long"].mean == pytest.approx(3.0, rel=0.02)


def test_raw_means_promise_more_than_shrunk_ones_where_the_best_is_picked() -> None:
    rng = np.random.default_rng(3)
    raw = shrunk = 0.0
    for _ in range(60):
        truth, results = pool_of("gamma_poisson", rng)
        seen = results.exposure > 0
        mean = np.where(seen, results.total / np.maximum(results.exposure, 1), 0)
        belief = believe(results).moments()[0]
        raw += mean.max() - truth[mean.argmax()]
        shrunk += belief.max() - truth[belief.argmax()]
    assert raw > 0
    assert abs(shrunk) < raw / 2


def test_weaker_grades_say_less() -> None:
    others = [row(f"m{at}", 200, 100) for at in range(6)]
    spreads, means = [], []
    for grade in INFLATION:
        effects = beliefs(problem([*others, row("x", 60, 10, grade=grade)])).effects()
        one = next(effect for effect in effects if effect.intervention_id == "x")
        spreads.append(one.sd / one.mean)
        means.append(one.mean)
    assert means == sorted(means, reverse=True)
    assert means[0] > means[-1] + 0.3
    assert spreads[0] < spreads[1] < spreads[2]


def test_a_grade_multiplies_the_variance_of_a_result() -> None:
    strong = beliefs(problem([row("x", 400, 200, grade="A")]))
    weak = beliefs(problem([row("x", 400, 200, grade="D")]))
    ratio = float((weak.moments()[1] / strong.moments()[1])[0]) ** 2
    assert ratio == pytest.approx(INFLATION["D"], rel=0.1)


def test_pools_do_not_learn_from_each_other() -> None:
    alone = beliefs(problem([row("a", 10, 5), row("b")])).effects()
    beside = beliefs(problem([row("a", 10, 5), row("b"), row("c", 900, 100, pool="other")])).effects()
    assert beside[:2] == alone
    assert beliefs(problem([row("a", 10, 5), row("b"), row("c", 900, 100)])).effects()[:2] != alone


def test_draws_depend_on_seed_and_name_alone() -> None:
    two = beliefs(problem([row("a", 10, 5), row("b", 3, 9), row("c", 5, 5, pool="other")]))
    more = beliefs(
        problem([row("a", 10, 5), row("b", 3, 9), row("c", 5, 5, pool="other"), row("d", pool="z")])
    )
    assert (two.draws(4, 10) == more.draws(4, 25)[:10, :3]).all()
    assert (two.draws(4, 10) != two.draws(5, 10)).any()
    assert (levels(1, "a", size=5) == levels(1, "a", size=5)).all()
    assert stream(1, "a", "b").random() != stream(1, "ab").random()


def test_draws_have_the_stated_mean_and_spread_and_share_what_the_pool_does_not_know() -> None:
    found = beliefs(problem([row(f"m{at}", 9, 5) for at in range(4)] + [row("x"), row("y")]))
    mean, sd = found.moments()
    draws = found.draws(1, 4000) / 1e6 * 2.0
    assert draws.mean(axis=0) == pytest.approx(mean, rel=0.05)
    assert draws.std(axis=0) == pytest.approx(sd, rel=0.15)
    assert np.corrcoef(draws[:, 4], draws[:, 5])[0, 1] > 0.05


def test_effects_multiply_the_gains_in_whole_millionths() -> None:
    base = problem([row("a", 40, 10), row("b")])
    thetas = np.array([1_500_000, 0])
    assert with_effects(base, thetas).response.ints("gain_micro_per_k").tolist() == [3_000_002, 0]
    assert with_effects(base, np.array([1, 1])).response.ints("gain_micro_per_k").tolist() == [2, 2]
    up = with_effects(base, np.array([1, 1]), is_rounded_up=True)
    assert up.response.ints("gain_micro_per_k").tolist() == [3, 3]


def test_an_effect_counts_for_its_own_metric() -> None:
    metrics = [{"metric_id": "meals"}, {"metric_id": "visits"}]
    response = [
        {"intervention_id": "a", "cap_minor": 9, "gain_micro_per_k": 100, "metric_id": metric}
        for metric in ("meals", "visits")
    ]
    base = problem([row("a", 40, 10, metric_id="visits")], metrics=metrics, response=response)
    gains = dict(
        zip(
            base.response.texts("metric_id"),
            with_effects(base, np.array([2_000_000])).response.ints("gain_micro_per_k").tolist(),
            strict=True,
        )
    )
    assert gains == {"meals": 100, "visits": 200}


def test_only_final_determinations_change_a_belief() -> None:
    base = problem([row("a", 40, 10), row("b")])
    new = [
        OutcomeReport(
            determination_id=f"d{state}", intervention_id="a", state=state, total=7, exposure=2, squares=1
        )
        for state in ("forecast", "claimed", "disputed")
    ]
    assert learned(base, new).canonical_bytes() == base.canonical_bytes()
    final = OutcomeReport(determination_id="d", intervention_id="a", total=7, exposure=2)
    assert learned(base, [*new, final]).evidence.ints("total").tolist() == [47, 0]


def test_a_determination_counts_once_and_for_something_known() -> None:
    base = problem([row("a", 40, 10)])
    final = OutcomeReport(determination_id="d", intervention_id="a", total=7, exposure=2)
    with pytest.raises(DocumentInvalid, match="stands there twice"):
        learned(base, [final, final])
    with pytest.raises(DocumentInvalid, match="z/ has no row in section evidence"):
        learned(base, [OutcomeReport(determination_id="d", intervention_id="z", total=7, exposure=2)])


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"total": 5, "exposure": 4}, "more successes than trials"),
        ({"total": -5, "exposure": 4}, "total is negative"),
        ({"expected_micro": 1_000_000}, "a rate of 1 or more"),
        ({"total": 0, "exposure": 4, "family": "gamma_poisson", "squares": 0}, None),
        ({"total": 2, "exposure": 0, "family": "gamma_poisson"}, "results without exposure"),
    ],
)
def test_results_that_cannot_be_are_refused(broken: dict[str, object], message: str | None) -> None:
    given = {"intervention_id": "a", "family": "beta_binomial", "expected_micro": 500_000, **broken}
    document = problem([given])
    if message is None:
        assert beliefs(document).effects()[0].mean > 0
    else:
        with pytest.raises(DocumentInvalid, match=message):
            beliefs(document)


def test_without_evidence_everything_counts_as_written() -> None:
    base = problem([], interventions=[{"intervention_id": "a"}])
    assert beliefs(base).effects() == ()
    assert with_effects(base, beliefs(base).thetas()).canonical_bytes() == base.canonical_bytes()


def test_the_factors_of_the_grades_are_published() -> None:
    text = (Path(__file__).parents[2] / "docs" / "learning.md").read_text(encoding="utf-8")
    published = dict(re.findall(r"^\| ([A-E]) \| ([0-9.]+) \|$", text, re.MULTILINE))
    assert {grade: float(factor) for grade, factor in published.items()} == INFLATION
