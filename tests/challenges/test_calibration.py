import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from almoner.challenges.calibration import Calibration, Variances, calibrate
from almoner.challenges.calibration.blocks import factor, merit_covariance
from almoner.challenges.calibration.design import Array, Design, Direction, lay_out, take_reads
from almoner.challenges.calibration.reml import evaluate, fit
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.ranking import rank

Scores = list[tuple[str, str, float]]
WORKED: Scores = [
    ("a", "J1", 4.0), ("a", "J2", 3.0), ("b", "J1", 3.5), ("b", "J3", 3.0),
    ("c", "J2", 2.0), ("c", "J3", 2.5), ("d", "J3", 4.5),
]  # fmt: skip
KNOWN = Variances(application=1.0, judge=0.5, residual=0.5)


def near(value: float, digits: float = 1e-6) -> Any:  # noqa: ANN401  # pytest types it so
    return pytest.approx(value, abs=digits)


def round_of(seed: int, *, size: int = 40, judges: int = 12, reads: int = 4, severity: float = 0.6) -> Scores:
    chance = np.random.default_rng(seed)
    merit, severe = chance.normal(size=size), chance.normal(scale=severity, size=judges)
    return [
        (f"a{i:03}", f"j{j:02}", round(float(3 + merit[i] + severe[j] + chance.normal(scale=0.7)), 1))
        for i in range(size)
        for j in chance.choice(judges, reads, replace=False)
    ]


def test_the_worked_check_comes_out_to_six_digits() -> None:
    found = calibrate(WORKED, direction="higher", variances=KNOWN)
    assert found.method == "given"
    assert found.mu == near(3.313480)
    assert [row.value for row in found.merits] == [
        near(value) for value in (0.172414, -0.193152, -0.731613, 0.752351)
    ]
    assert [row.effect for row in found.judges] == [near(value) for value in (0.297926, -0.355920, 0.057994)]
    assert found.covariance is not None
    assert list(np.diagonal(found.covariance)) == [near(v) for v in (0.448276, 0.424162, 0.424162, 0.510972)]
    assert found.covariance_of("a", "b") == near(0.206897)
    assert found.covariance_of("a", "d") == near(0.137931)
    expected = rank(found, line=1).expected_ranks
    assert [expected[name] for name in "abcd"] == [
        near(value) for value in (2.144142, 2.811332, 3.668954, 1.375571)
    ]


@pytest.mark.parametrize(
    ("column", "application", "judge", "residual", "mu"),
    [
        ("Score", 0.23624, 0, 0.40028, 2.34907),
        ("Innovation", 0.26614, 0, 0.35759, 2.20046),
        ("Approach", 0.17007, 0.02011, 0.61231, 2.57947),
        ("Investig", 0.12650, 0.07113, 0.33548, 1.79579),
        ("Signif", 0.30668, 0.06353, 0.43162, 2.08751),
        ("Impact", 0.08826, 0, 0.40270, 2.32063),
    ],
)
def test_the_variances_of_the_aibs_panels_are_the_published_ones(
    aibs: Callable[[str], Scores], column: str, application: float, judge: float, residual: float, mu: float
) -> None:
    found = calibrate(aibs(column), direction="lower")
    assert found.variances is not None
    assert found.variances.application == near(application, 1e-4)
    assert found.variances.judge == near(judge, 1e-4)
    assert found.variances.residual == near(residual, 1e-4)
    assert found.mu == near(mu, 1e-4)
    assert found.boundary == (("judge",) if judge == 0 else ())
    assert (found.components, found.cross_component) == (1, True)


def test_the_best_of_the_aibs_panels_are_tied_and_the_order_is_that_of_raw_means(
    aibs: Callable[[str], Scores],
) -> None:
    found = calibrate(aibs("Score"), direction="lower")
    assert found.log_likelihood == near(-47.9378, 1e-4)
    ranking = rank(found, line=10)
    assert [(row.application_id, row.place) for row in ranking.places[:3]] == [
        ("43", 1),
        ("47", 1),
        ("63", 3),
    ]
    assert ranking.places[0].expected_rank == near(6.653, 1e-3)
    assert ranking.places[2].expected_rank == near(9.300, 1e-3)
    assert ranking.places[-1].expected_rank == near(69.879, 1e-3)
    raw = [found.merit(name).raw_mean for name in ranking.order]
    assert raw == [near(value, 1e-9) for value in sorted(raw)]


def test_the_other_direction_reverses_the_aibs_order_exactly(aibs: Callable[[str], Scores]) -> None:
    down = rank(calibrate(aibs("Score"), direction="lower"), line=10, draws=0).expected_ranks
    up = rank(calibrate(aibs("Score"), direction="higher"), line=10, draws=0).expected_ranks
    assert {name: near(73 - value, 1e-9) for name, value in down.items()} == up


@pytest.mark.parametrize(
    ("column", "application", "judge", "residual", "mu"),
    [
        ("Score", 0.95730, 0.16062, 1.68259, 3.83637),
        ("Significance", 0.48961, 0.35770, 1.32176, 2.92769),
        ("Investigator", 0.42662, 0.13471, 0.65213, 1.99827),
        ("Innovation", 0.47783, 0.18390, 1.27394, 2.96049),
        ("Approach", 0.89526, 0.19247, 1.93669, 4.14340),
        ("Environment", 0.28502, 0.11435, 0.47765, 1.73616),
    ],
)
def test_the_variances_of_the_nih_panels_are_the_published_ones(
    nih: Callable[[str], Scores], column: str, application: float, judge: float, residual: float, mu: float
) -> None:
    found = calibrate(nih(column), direction="lower")
    assert found.variances is not None
    assert found.variances.application == near(application, 1e-4)
    assert found.variances.judge == near(judge, 1e-4)
    assert found.variances.residual == near(residual, 1e-4)
    assert found.mu == near(mu, 1e-4)


def test_the_nih_panels_fall_into_973_parts_and_one_read_says_little_of_a_judge(
    nih: Callable[[str], Scores],
) -> None:
    found = calibrate(nih("Score"), direction="lower")
    assert (found.components, found.cross_component) == (973, False)
    assert found.flags == (
        "973 parts of the judging share no judge: between them, severity cannot be told from merit.",
        "3542 of 4555 judges have one read: little is known of their severity.",
    )
    assert max(abs(row.effect) for row in found.judges if row.reads == 1) <= 0.36
    assert found.log_likelihood == near(-5596.629, 1e-3)


def test_the_nih_panels_with_a_panel_term_have_the_published_variances(
    nih: Callable[[str], Scores], nih_panels: dict[str, str]
) -> None:
    found = calibrate(nih("Score"), direction="lower", panels=nih_panels)
    assert found.variances is not None
    assert found.variances.panel == near(0.07377, 1e-4)
    assert found.variances.application == near(0.88463, 1e-4)
    assert found.variances.judge == near(0.14567, 1e-4)
    assert found.variances.residual == near(1.69738, 1e-4)
    assert found.mu == near(3.8514, 1e-4)
    assert found.log_likelihood == near(-5587.653, 1e-3)


def dense(design: Design, variances: Variances) -> tuple[Array, Array, float]:
    """Unknowns (border, applications, judges), their covariance and ll, all from one dense inverse."""
    reads = len(design.values)
    border = design.border[design.of_application]
    own = np.zeros((reads, design.nodes))
    own[np.arange(reads), design.of_application] = 1
    own[np.arange(reads), design.size + design.of_judge] = 1
    table = np.hstack([border, own])
    ridge = np.concatenate(
        [
            np.zeros(design.fixed),
            np.full(border.shape[1] - design.fixed, variances.residual / max(variances.panel, 1e-9)),
            np.full(design.size, variances.residual / variances.application),
            np.full(len(design.judges), variances.residual / variances.judge),
        ]
    )
    matrix = table.T @ table + np.diag(ridge)
    inverse = np.linalg.inv(matrix)
    unknowns = inverse @ table.T @ design.values
    errors = design.values - table @ unknowns
    twice = (reads - design.fixed) * math.log(variances.residual) + np.linalg.slogdet(matrix)[1]
    twice -= np.log(ridge[design.fixed :]).sum() - design.values @ errors / variances.residual
    return unknowns, variances.residual * inverse, -0.5 * float(twice)


@pytest.mark.parametrize("panel_model", ["none", "quality", "within"])
@pytest.mark.parametrize("seed", range(8))
def test_blocks_give_what_one_dense_inverse_gives(seed: int, panel_model: Any) -> None:  # noqa: ANN401  # a literal
    chance = np.random.default_rng(seed)
    judges, reads = int(chance.integers(4, 60)), int(chance.integers(1, 4))
    scores = round_of(seed, size=int(chance.integers(6, 60)), judges=judges, reads=reads)
    panels = {f"a{i:03}": f"p{i % 3}" for i in range(60)}
    design = lay_out(take_reads(scores), direction="lower", panels=panels, panel_model=panel_model)
    variances = Variances(application=0.8, judge=0.3, residual=0.5, panel=0.4)
    point = evaluate(design, variances)
    assert point is not None
    unknowns, covariance, ll = dense(design, variances)
    ours = np.concatenate([point.border[:, 0], point.of_nodes[:-1, 0]])
    assert np.abs(ours - unknowns).max() < 1e-8
    assert point.log_likelihood == near(ll, 1e-8)
    columns = design.border.shape[1]
    pick = np.zeros((design.size, len(unknowns)))
    pick[:, design.fixed : columns] = design.border[:, design.fixed :]
    pick[np.arange(design.size), columns + np.arange(design.size)] = 1
    system = factor(design, variances)
    assert system is not None
    assert np.abs(merit_covariance(system) - pick @ covariance @ pick.T).max() < 1e-8


def test_the_likelihood_never_falls_and_ends_where_no_neighbour_is_better() -> None:
    for seed in range(10):
        scores = round_of(seed, severity=0.0 if seed % 3 == 0 else 0.5)
        design = lay_out(take_reads(scores), direction="higher", panels=None, panel_model="none")
        found = fit(design)
        assert found.settled
        assert all(after >= before - 1e-9 for before, after in zip(found.path, found.path[1:], strict=False))
        best = found.point.system.variances
        for name in ("application", "judge", "residual"):
            for factor_of in (0.97, 1.03):
                beside = {
                    one: getattr(best, one) * (factor_of if one == name else 1)
                    for one in ("application", "judge", "residual")
                }
                other = evaluate(design, Variances(**beside))
                assert other is not None
                assert other.log_likelihood <= found.point.log_likelihood + 1e-9


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_names_and_order_of_the_scores_change_nothing(direction: Direction) -> None:
    scores = round_of(5)
    plain = calibrate(scores, direction=direction)
    renamed = calibrate(
        [(f"x{a[::-1]}", f"z{j[::-1]}", y) for a, j, y in reversed(scores)], direction=direction
    )
    assert renamed.mu == near(plain.mu, 1e-9)
    for row in plain.merits:
        assert renamed.merit(f"x{row.application_id[::-1]}").value == near(row.value, 1e-7)


def test_turning_the_direction_mirrors_every_expected_rank() -> None:
    scores = round_of(6)
    up = rank(calibrate(scores, direction="higher"), line=3, draws=0).expected_ranks
    down = rank(calibrate(scores, direction="lower"), line=3, draws=0).expected_ranks
    assert {name: near(41 - value, 1e-9) for name, value in up.items()} == down


def shifted(scores: Scores, judge: str, by: float) -> Scores:
    return [(a, j, y + by if j == judge else y) for a, j, y in scores]


def test_a_harsher_judge_moves_his_entries_less_the_more_he_reads() -> None:
    moves = []
    for size in (24, 96, 384):
        scores = round_of(7, size=size, judges=12)
        variances = Variances(application=1.0, judge=0.5, residual=0.5)
        before = calibrate(scores, direction="higher", variances=variances)
        after = calibrate(shifted(scores, "j03", -1.0), direction="higher", variances=variances)
        gap = {row.application_id: after.merit(row.application_id).value - row.value for row in before.merits}
        his = [gap[a] for a, j, _ in scores if j == "j03"]
        others = [gap[a] for a in gap if a not in {a for a, j, _ in scores if j == "j03"}]
        moves.append(abs(float(np.mean(his)) - float(np.mean(others))))
    assert moves[0] > moves[1] > moves[2]
    assert moves[2] < 0.01


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (WORKED, "7 reads; a calibration needs 30"),
        ([(f"a{i}", f"j{i % 2}", i) for i in range(40)], "2 judges; a calibration needs 3"),
        (
            [(f"a{i % 10}", f"j{i}", i) for i in range(40)],
            "every judge read once: severity cannot be told from merit",
        ),
        (
            [(f"a{i}", f"j{i % 5}", i) for i in range(40)],
            "every application was read once: merit cannot be told from chance",
        ),
        (
            [(f"a{i % 10}", f"j{i // 10}", 3) for i in range(40)],
            "all scores are equal: there is nothing to tell apart",
        ),
    ],
)
def test_what_too_few_scores_cannot_carry_stays_a_raw_mean_with_the_reason(
    scores: Scores, reason: str
) -> None:
    found = calibrate(scores, direction="higher")
    assert (found.method, found.reason, found.variances) == ("raw", reason, None)
    assert found.covariance is None
    with pytest.raises(ValueError, match="raw means have no covariance"):
        found.covariance_of("a", "b")
    mine = [y for a, _, y in scores if a == scores[0][0]]
    merit = found.merit(scores[0][0])
    assert merit.raw_mean == near(sum(mine) / len(mine), 1e-12)
    assert merit.standard_error is None
    assert found.level(scores[0][0]) == near(merit.raw_mean, 1e-12)


@pytest.mark.parametrize(
    ("scores", "fault"),
    [
        ([], "There is no read"),
        ([("a", "j", 1), ("a", "j", 2)], "Judge j stands twice on application a"),
        ([("a", "j", math.nan)], "no finite number: nan"),
        ([("a", "j", math.inf)], "no finite number: inf"),
        ([("a", "j", True)], "no finite number: True"),
        ([("a", "j", "3")], "no finite number: '3'. A text from a file is turned into a number first"),
        ([("a", "", 1)], "have a name, not ''"),
        ([("a", "j", 1e10)], "the limit is 1000000000"),
    ],
)
def test_scores_that_no_calibration_can_read_are_refused(scores: Any, fault: str) -> None:  # noqa: ANN401  # unlike
    with pytest.raises(CalibrationInvalid, match=fault):
        calibrate(scores, direction="higher")


def test_a_direction_is_required_and_is_one_of_two() -> None:
    with pytest.raises(TypeError, match="direction"):
        calibrate(WORKED)  # type: ignore[call-arg]  # what is tested
    with pytest.raises(CalibrationInvalid, match="direction is one of higher, lower, not 'up'"):
        calibrate(WORKED, direction="up")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(CalibrationInvalid, match="panel_model is one of"):
        calibrate(WORKED, direction="lower", panel_model="mean")  # type: ignore[arg-type]  # what is tested


def test_an_application_without_a_panel_and_a_negative_variance_are_refused() -> None:
    with pytest.raises(CalibrationInvalid, match="1 applications have no panel, d first"):
        calibrate(WORKED, direction="higher", panels=dict.fromkeys("abc", "p"))
    with pytest.raises(CalibrationInvalid, match="variance of judge is -1"):
        calibrate(WORKED, direction="higher", variances=Variances(application=1, judge=-1, residual=1))


def test_exact_fractions_and_floats_of_the_same_value_are_the_same_read() -> None:
    exact: Calibration = calibrate(
        [(a, j, Fraction(y)) for a, j, y in WORKED], direction="higher", variances=KNOWN
    )
    assert exact == calibrate(WORKED, direction="higher", variances=KNOWN)


def test_more_applications_or_panels_than_a_table_can_hold_are_refused() -> None:
    scores = [(f"a{i}", "j", 1.0) for i in range(5001)]
    with pytest.raises(CalibrationInvalid, match="5001 applications; the limit is 5000"):
        calibrate(scores, direction="higher")
    with pytest.raises(CalibrationInvalid, match="501 panels; the limit is 500"):
        calibrate(scores[:501], direction="higher", panels={a: a for a, _, _ in scores})


@pytest.mark.parametrize(("factor", "offset"), [(1e6, 3e7), (1e-4, 0.0), (1.0, 1e5)])
def test_a_scale_with_other_units_gives_the_same_order(factor: float, offset: float) -> None:
    scores = round_of(8)
    plain = calibrate(scores, direction="higher")
    scaled = calibrate([(a, j, factor * y + offset) for a, j, y in scores], direction="higher")
    assert scaled.values / factor == pytest.approx(plain.values, abs=1e-5)
    one, other = (rank(found, line=3, draws=0) for found in (plain, scaled))
    assert one.expected_ranks == {name: near(value, 1e-5) for name, value in other.expected_ranks.items()}


def test_judges_and_applications_without_any_difference_are_pinned_at_once() -> None:
    scores = [(f"a{i:02}", f"j{j}", float((i + j) % 5)) for i in range(30) for j in range(5)]
    design = lay_out(take_reads(scores), direction="higher", panels=None, panel_model="none")
    found = fit(design)
    assert (found.settled, found.boundary) == (True, ("application", "judge"))
    assert len(found.path) < 15


def test_one_panel_alone_is_the_overall_mean() -> None:
    scores = round_of(3)
    alone = calibrate(scores, direction="higher", panels={a: "p" for a, _, _ in scores})
    plain = calibrate(scores, direction="higher")
    assert (alone.panel_model, alone.mu) == ("none", plain.mu)
