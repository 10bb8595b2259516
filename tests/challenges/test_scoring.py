"""Scoring methods: ours, those of others, and what is refused of either."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from tests.challenges.decision_cases import dice, random_facts

from almoner.challenges.decision import decide
from almoner.challenges.errors import ScoreInvalid
from almoner.challenges.rubric import Scale
from almoner.challenges.scoring import (
    Scorer,
    ScoringMethod,
    find_scoring,
    list_scoring,
    method_faults,
    rank_scored,
    score_totals,
)
from almoner.challenges.scoring.method import NoScoringParams, Points, Totals
from almoner.challenges.scoring.registry import BUILT_IN, GROUP
from almoner.finance.documents import Document
from almoner.finance.errors import DocumentInvalid

ROOT = Path(__file__).parents[2]
HIGHER = Scale.read('{"lo": "1", "hi": "9", "step": "0.5", "direction": "higher"}')
LOWER = Scale.read('{"lo": "0", "hi": "4", "step": "1", "direction": "lower"}')
NONE = NoScoringParams()
OUTSIDE = '''
"""A scoring method of another distribution."""
from almoner.challenges.scoring.method import NoScoringParams, Scorer


def first(totals, params):
    return totals[0]


LEAST = Scorer(name="least", version="3", params_model=NoScoringParams, figure=first)
OTHER = Scorer(name="another", version="1", params_model=NoScoringParams, figure=first)
NOTHING = object()
'''
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution on the path as an installer would leave it."""

    def put(distribution: str, **points: str) -> None:
        home = tmp_path / distribution
        info = home / f"{distribution}-2.1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.1\n")
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
        (home / f"{distribution}_code.py").write_text(OUTSIDE)
        monkeypatch.syspath_prepend(str(home))
        monkeypatch.delitem(sys.modules, f"{distribution}_code", raising=False)

    return put


def test_the_project_file_registers_exactly_the_methods_of_the_library() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"][GROUP] == {
        name: f"almoner.challenges.scoring{module}:{attribute}"
        for name, (module, attribute) in BUILT_IN.items()
    }


@pytest.mark.parametrize("name", sorted(BUILT_IN))
@pytest.mark.parametrize("scale", [HIGHER, LOWER], ids=["higher", "lower"])
def test_the_methods_of_the_library_pass_the_suite_for_authors(name: str, scale: Scale) -> None:
    method = find_scoring(name)
    assert method_faults(method, method.params_model.read("{}"), scale) == ()


def test_methods_differ_where_one_judge_is_far_off() -> None:
    reads = {"a": (Fraction(9), Fraction(3), Fraction(3)), "b": (Fraction(4), Fraction(4), Fraction(4))}
    found = {}
    for name in BUILT_IN:
        method = find_scoring(name)
        figures = score_totals(method, reads, HIGHER, method.params_model.read("{}"))
        found[name] = max(figures, key=figures.__getitem__)
    assert found == {"mean": "a", "median": "b", "trimmed_mean": "b"}


@pytest.mark.parametrize("seed", range(6))
def test_awards_by_the_plain_mean_are_those_of_the_default_rule(seed: int) -> None:
    asked = random_facts(dice(seed))
    plain, ours = decide(asked), decide(asked, rank=rank_scored("mean/1"))
    assert plain
    for number, awards in plain.items():
        assert [(one.application_id, one.amount) for one in ours[number]] == [
            (one.application_id, one.amount) for one in awards
        ]


def test_a_method_of_another_distribution_is_found_by_name_and_loaded_only_then(install: Install) -> None:
    install("jury_rules", least="jury_rules_code:LEAST")
    assert ("least", "jury_rules 2.1") in {(one.name, one.distribution) for one in list_scoring()}
    find_scoring("median")
    assert "jury_rules_code" not in sys.modules
    method = find_scoring("least/3")
    assert method_faults(method, method.params_model.read("{}"), LOWER) == ()
    assert "jury_rules_code" in sys.modules


def test_an_unclear_or_broken_offer_is_refused_with_its_cause(install: Install) -> None:
    install("jury_one", mean="jury_one_code:LEAST", wrong="jury_one_code:OTHER", none="jury_one_code:NOTHING")
    install("jury_two", gone="jury_two_code:MISSING")
    for name, reason in (
        ("mean", "ambiguous"),
        ("wrong", "not_loaded"),
        ("none", "not_loaded"),
        ("gone", "not_loaded"),
        ("unheard_of", "unknown_method"),
        ("median/7", "version"),
    ):
        with pytest.raises(ScoreInvalid) as refused:
            find_scoring(name)
        assert refused.value.figures["reason"] == reason
    with pytest.raises(DocumentInvalid):
        rank_scored("trimmed_mean", '{"drop": 0}')


class Misbehaving:
    """A method whose figures are computed by a function of everything it was given."""

    name, version, params_model = "strange", "1", NoScoringParams

    def __init__(self, figures: Callable[[Totals, Scale], object]) -> None:
        self.figures = figures

    def score(self, totals: Totals, scale: Scale, params: Document) -> Points:  # noqa: ARG002  # the protocol
        return self.figures(totals, scale)  # type: ignore[return-value]  # wrong on purpose


STRANGE: dict[str, Callable[[Totals, Scale], object]] = {
    "not an exact Fraction": lambda totals, _: tuple(0.5 for _ in totals),
    "off the scale": lambda totals, scale: tuple(Fraction(scale.hi) + 1 for _ in totals),
    "does not give": lambda totals, _: tuple(row[0] for row in totals[1:]),
    "different figures for the same reads": lambda totals, scale: tuple(
        Fraction(scale.lo) + Fraction(place, 100) for place, _ in enumerate(totals)
    ),
    "come in another order": lambda totals, _: tuple(row[0] for row in totals),
    "higher marks give an application a lower figure": lambda totals, scale: tuple(
        Fraction(scale.hi) + Fraction(scale.lo) - min(row) for row in totals
    ),
}


@pytest.mark.parametrize("told", STRANGE)
def test_figures_that_favour_somebody_or_are_none_are_refused(told: str) -> None:
    method = Misbehaving(STRANGE[told])
    assert isinstance(method, ScoringMethod)
    assert any(told in fault for fault in method_faults(method, NONE, HIGHER))


def test_a_method_sees_neither_applications_nor_judges() -> None:
    seen: list[Totals] = []

    def look(totals: Totals, _scale: Scale) -> Points:
        seen.append(totals)
        return tuple(min(row) for row in totals)

    reads = {"zebra": (Fraction(2), Fraction(1)), "aardvark": (Fraction(3),)}
    score_totals(Misbehaving(look), reads, HIGHER, NONE)
    assert "zebra" not in repr(seen)
    assert all(type(total) is Fraction for given in seen for row in given for total in row)


def test_parameters_of_another_method_are_refused() -> None:
    scorer = Scorer(name="x", version="1", params_model=NoScoringParams, figure=lambda totals, _: totals[0])
    with pytest.raises(TypeError, match="x takes NoScoringParams"):
        scorer.score((), HIGHER, find_scoring("trimmed_mean").params_model.read("{}"))


def test_the_front_page_loads_no_method() -> None:
    script = (
        "import sys; from almoner.challenges.scoring import list_scoring; list_scoring();"
        "print('almoner.challenges.scoring.built_in' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
