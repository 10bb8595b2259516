"""Strategies: found by name, made whole, checked; those of others under the same rules as ours."""

import tomllib
from fractions import Fraction
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import pytest

from almoner.finance.allocation.answer import Allocation, AllocationLine
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.simple import strategies
from almoner.finance.allocation.simple.placing import Proposal, place
from almoner.finance.allocation.simple.strategies import (
    NoParams,
    Strategy,
    choose,
    find_strategy,
    list_strategies,
)
from almoner.finance.errors import AllocationError, AllocationRejected, DocumentInvalid

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def document() -> AllocationDocument:
    return AllocationDocument.from_tables(
        {"unit": "USD", "scale": 2},
        {
            "funds": [{"fund_id": "free", "budget_minor": 500}, {"fund_id": "north", "budget_minor": 500}],
            "earmarks": [{"fund_id": "north", "column": "region", "value": "n"}],
            "interventions": [
                {"intervention_id": "a", "region": "n", "fixed_minor": 10},
                {"intervention_id": "b", "region": "s"},
                {"intervention_id": "c", "region": "s"},
            ],
            "tickets": [
                {"intervention_id": who, "min_minor": 100, "max_minor": 600} for who in ("a", "b", "c")
            ],
            "response": [
                {"intervention_id": who, "cap_minor": 600, "gain_micro_per_k": gain * 10**6}
                for who, gain in (("a", 3), ("b", 2), ("c", 1))
            ],
            "synergies": [{"kind": "needs", "first_id": "b", "second_id": "a"}],
        },
    )


def strategy(proposal: object, name: str = "ours") -> Strategy[NoParams]:
    return Strategy(name=name, version="2", params_model=NoParams, choose=lambda *_: proposal)  # type: ignore[arg-type]  # also wrong ones


def test_a_proposal_is_made_whole_and_paid_by_funds_that_may(document: AllocationDocument) -> None:
    halves = Proposal(awards={("a", 0): Fraction(1001, 2), ("b", 0): Fraction(997, 2)})
    found = choose(document, strategy(halves))
    assert found.strategy == "ours/2"
    assert [found.allocation.award_minor(who) for who in ("a", "b", "c")] == [501, 498, 0]
    assert {line.fund_id for line in found.allocation.lines if line.intervention_id == "b"} == {"free"}
    assert found.value == Fraction(491 * 3 + 498 * 2, 100_000)


def test_a_whole_allocation_is_checked_all_the_same(document: AllocationDocument) -> None:
    line = AllocationLine(intervention_id="c", fund_id="free", amount_minor=200)
    assert choose(document, strategy(Allocation.of([line]))).value == Fraction(200, 100_000)
    stray = AllocationLine(intervention_id="c", fund_id="north", amount_minor=200)
    with pytest.raises(AllocationRejected, match="earmark/north"):
        choose(document, strategy(Allocation.of([stray])))


@pytest.mark.parametrize(
    ("awards", "said"),
    [
        ({("b", 0): 200}, "needs/b/a"),
        ({("a", 0): 700}, "a should get 7.00, can get 6.10"),
        ({("c", 0): 99}, "c should get 0.99, can get 1.00"),
        ({("a", 0): 600, ("c", 0): 500}, "c should get 5.00, can get 4.00"),
        ({("z", 0): 1}, "has no z"),
        ({("a", 1): 200}, "has no a in period 1"),
    ],
)
def test_a_proposal_that_breaks_a_rule_is_refused(
    document: AllocationDocument, awards: dict[tuple[str, int], int], said: str
) -> None:
    with pytest.raises(AllocationRejected, match=said):
        place(document, Proposal(awards=awards))


def test_our_strategies_are_found_by_name_and_version(document: AllocationDocument) -> None:
    values = {}
    for name in ("equal_shares", "greedy", "optimum", "proportional"):
        assert find_strategy(f"{name}/1").name == name
        values[name] = choose(document, name).value
    assert max(values.values()) == values["optimum"] > values["proportional"]
    scored = choose(document, "proportional", '{"scores": [["a", "1"]]}').allocation
    assert [who for who, _ in scored.chosen] == ["a"]
    grouped = choose(document, "equal_shares", '{"kind": "region"}').allocation
    assert grouped.award_minor("a") == grouped.award_minor("b") + grouped.award_minor("c")


def test_parameters_are_read_strictly(document: AllocationDocument) -> None:
    with pytest.raises(DocumentInvalid, match="seed"):
        choose(document, "greedy", '{"seed": 1}')
    with pytest.raises(TypeError, match="takes EqualSharesParams, not NoParams"):
        choose(document, "equal_shares", NoParams())
    with pytest.raises(TypeError, match="gave int"):
        choose(document, strategy(7))


def test_what_is_not_there_is_named_with_what_is(document: AllocationDocument) -> None:
    with pytest.raises(AllocationError, match=r"no strategy 'lottery'; there are .*equal_shares, greedy"):
        choose(document, "lottery")
    with pytest.raises(AllocationError, match="version 1, not 9"):
        find_strategy("greedy/9")


def point(name: str, value: str, distribution: str) -> EntryPoint:
    made = EntryPoint(name=name, value=value, group=strategies.GROUP)
    return made._for(SimpleNamespace(name=distribution, version="1.0"))  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001  # as the finder makes them


LOTTERY = strategy(Proposal(awards={}), "lottery")
MISNAMED = strategy(Proposal(awards={}), "draw")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    found: list[EntryPoint] = []
    monkeypatch.setattr(strategies, "_points", lambda: tuple(found))
    monkeypatch.setitem(
        __import__("sys").modules,
        "town_rules",
        SimpleNamespace(LOTTERY=LOTTERY, MISNAMED=MISNAMED, NOTHING=7),
    )
    return found


def test_a_strategy_of_another_distribution_is_used(
    installed: list[EntryPoint], document: AllocationDocument
) -> None:
    installed.append(point("lottery", "town_rules:LOTTERY", "town"))
    assert choose(document, "lottery").value == 0
    assert ("lottery", "town 1.0") in {(one.name, one.distribution) for one in list_strategies()}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lottery", "town_rules:NOTHING", "lacks name, version, params_model or propose"),
        ("lottery", "town_rules:MISNAMED", "it calls itself 'draw'"),
        ("lottery", "town_rules:GONE", "AttributeError"),
        ("greedy", "town_rules:LOTTERY", r"offered by 2 distributions \(town 1.0, almoner\)"),
    ],
)
def test_a_strategy_that_cannot_be_used_is_named_with_its_distribution(
    installed: list[EntryPoint], name: str, value: str, said: str
) -> None:
    installed.append(point(name, value, "town"))
    with pytest.raises(AllocationError, match=said):
        find_strategy(name)


def test_our_own_entry_points_lead_to_the_same_strategies(installed: list[EntryPoint]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = project["entry-points"][strategies.GROUP]
    installed.extend(point(name, value, "almoner") for name, value in listed.items())
    assert {one.name for one in list_strategies()} == set(listed)
    for name, value in listed.items():
        assert EntryPoint(name=name, value=value, group=strategies.GROUP).load() is find_strategy(name)
