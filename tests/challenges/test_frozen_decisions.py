"""Awards follow the frozen calibration: void reads are taken out under its parameters, nobody else moves."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from almoner import currency
from almoner.challenges import Application, Brief, decision
from almoner.challenges.advancing import advance
from almoner.challenges.awarding import TieBreak
from almoner.challenges.calibrated_orders import rank_frozen
from almoner.challenges.calibration import void_reads
from almoner.challenges.decision import DecisionFacts, TimedRead, decide
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.halves import PeerEntry, halve
from almoner.challenges.judge_policy import JudgePolicy
from almoner.challenges.phase_results import PhaseCalibration, calibrate_phase
from almoner.challenges.ranking import draw, rank
from almoner.challenges.scores import Score, read_marks

Content = dict[str, Any]
READ_AT = datetime(2027, 3, 10, tzinfo=UTC)
NAMES = tuple(f"a-{n}" for n in range(1, 13))


@pytest.fixture
def calibrated(brief_content: Content) -> Brief:
    brief_content["judge_policy"] = {"load": [0, 100], "seed_source": "beacon"}
    brief_content["prizes"] = [{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00"]}]
    return Brief.read(json.dumps(brief_content))


@pytest.fixture
def reads(calibrated: Brief) -> tuple[TimedRead, ...]:
    """Twelve applications, four judges each of six; the first judge is two points harder than the others."""
    found = []
    for n, name in enumerate(NAMES):
        for judge in sorted({(n + shift) % 6 for shift in range(4)}):
            mark = 30 + n + (n * 7 + judge * 3) % 5 - (12 if judge == 0 else 0)
            marks = {"reach": f"{mark / 10}", "proof": f"{mark / 10}"}
            scores = read_marks(
                calibrated.rubric_of("panel"), application_id=name, judge_id=f"j-{judge}", marks=marks
            )
            found.append(
                TimedRead(
                    phase="panel", application_id=name, judge_id=f"j-{judge}", read_at=READ_AT, scores=scores
                )
            )
    return tuple(found)


@pytest.fixture
def facts(
    calibrated: Brief, reads: tuple[TimedRead, ...], application_content: Content
) -> Callable[..., DecisionFacts]:
    def make(**change: object) -> DecisionFacts:
        content: Content = {
            "brief": calibrated,
            "unit": currency("USD"),
            "as_of": datetime(2027, 5, 1, tzinfo=UTC),
            "applications": tuple(
                Application.read(json.dumps({**application_content, "application_id": name}))
                for name in NAMES
            ),
            "received": dict.fromkeys(NAMES, datetime(2027, 1, 20, tzinfo=UTC)),
            "reads": reads,
        }
        return DecisionFacts(**{**content, **change})

    return make


def frozen(brief: Brief, reads: tuple[TimedRead, ...]) -> PhaseCalibration:
    scores: list[Score] = [score for read in reads for score in read.scores]
    return calibrate_phase(
        scores,
        brief.rubric_of("panel"),
        brief.judge_policy or JudgePolicy(),
        phase="panel",
        at=datetime(2027, 4, 13, tzinfo=UTC),
    )


def test_the_award_says_the_expected_rank_and_not_the_plain_mean(
    calibrated: Brief, reads: tuple[TimedRead, ...], facts: Callable[..., DecisionFacts]
) -> None:
    result = frozen(calibrated, reads)
    assert result.parts[0].total.method == "reml"
    asked = facts(tie=TieBreak(seed="7"))
    first = decide(asked, rank=rank_frozen({"panel": result}))[0][0]
    assert first.reason.startswith("Expected rank ")


def test_a_void_read_is_taken_out_under_the_frozen_parameters(
    calibrated: Brief, reads: tuple[TimedRead, ...], facts: Callable[..., DecisionFacts]
) -> None:
    result, gone = frozen(calibrated, reads), reads[-1]
    without = facts(reads=reads[:-1])
    order = rank_frozen({"panel": result})(without, calibrated.phase("panel"))
    total = void_reads(result.parts[0].total, [(gone.application_id, gone.judge_id)])
    level = calibrated.rubric_of("panel").scale.lo
    assert float(order.worth[gone.application_id]) == pytest.approx(
        total.level(gone.application_id) - float(level), abs=1e-5
    )
    whole = rank_frozen({"panel": result})(facts(), calibrated.phase("panel"))
    assert order.worth[gone.application_id] != whole.worth[gone.application_id]


def test_who_may_not_compete_is_left_out_and_moves_nobody(
    calibrated: Brief, reads: tuple[TimedRead, ...], facts: Callable[..., DecisionFacts]
) -> None:
    ranked = rank_frozen({"panel": frozen(calibrated, reads)})
    panel = calibrated.phase("panel")
    whole, fewer = ranked(facts(), panel), ranked(facts(statuses={"a-3": "fail"}), panel)
    assert set(whole.names) - set(fewer.names) == {"a-3"}
    assert all(fewer.worth[name] == whole.worth[name] for name in fewer.names)


def test_what_is_not_frozen_decides_nothing(facts: Callable[..., DecisionFacts]) -> None:
    with pytest.raises(CalibrationInvalid, match="not frozen: freeze its calibration"):
        decide(facts(), rank=rank_frozen({}))


def test_plain_means_rank_where_the_brief_asks_for_no_calibration(
    brief_content: Content, facts: Callable[..., DecisionFacts]
) -> None:
    brief_content["prizes"] = [{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00"]}]
    plain = Brief.read(json.dumps({**brief_content, "judge_policy": {"calibrate": False}}))
    asked = facts(brief=plain)
    assert decide(asked, rank=rank_frozen({})) == decide(asked, rank=decision.rank_raw)


def test_halves_do_not_compare(
    calibrated: Brief, reads: tuple[TimedRead, ...], facts: Callable[..., DecisionFacts]
) -> None:
    entries = [
        PeerEntry(application_id=name, reader=f"h-{name}", parties=frozenset({f"h-{name}"})) for name in NAMES
    ]
    halves = halve(entries, places=4, seed="7")
    result = calibrate_phase(
        [score for read in reads for score in read.scores],
        calibrated.rubric_of("panel"),
        calibrated.judge_policy or JudgePolicy(),
        phase="panel",
        at=datetime(2027, 4, 13, tzinfo=UTC),
        halves=halves,
    )
    with pytest.raises(CalibrationInvalid, match="judged in 2 halves"):
        decide(facts(), rank=rank_frozen({"panel": result}))


def test_whoever_went_on_by_lot_stands_before_whoever_did_not(
    calibrated: Brief, reads: tuple[TimedRead, ...], facts: Callable[..., DecisionFacts]
) -> None:
    content = json.loads(calibrated.canonical_bytes())
    content["phases"][1]["advances"] = {"rule": "top", "n": 2, "tie": "lottery"}
    brief = Brief.read(json.dumps(content))
    result, panel = frozen(brief, reads), brief.phase("panel")
    ranking = rank(result.parts[0].total, line=2, draws=0)
    last = ranking.band.members[-1]
    seed = next(
        str(n) for n in range(1000) if last in draw(ranking.band.members, ranking.band.places, str(n)).drawn
    )
    rule = panel.advances
    assert rule is not None
    made = advance(rule, NAMES, ranking=ranking, seed=seed)
    asked = facts(brief=brief)
    order = rank_frozen({"panel": result}, {"panel": made})(asked, panel)
    assert set(order.names[:2]) == set(made.inside)
    assert last in order.names[:2]
    assert rank_frozen({"panel": result})(asked, panel).names[:2] != order.names[:2]
    awards = decide(asked, rank=rank_frozen({"panel": result}, {"panel": made}))[0]
    assert {one.application_id for one in awards} == set(made.inside)
    told = f"the lot took it from {len(made.band)} that the scores do not separate"
    assert next(one for one in awards if one.application_id == last).reason.count(told) == 1
