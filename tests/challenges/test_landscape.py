"""The landscape: figures against small graphs done by hand, masks before counting, nothing that decides."""

import ast
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from almoner.challenges.actor_map import ActorMap, MapActor, MapTie, MapTieKind
from almoner.challenges.errors import ChallengeRefused
from almoner.challenges.landscape import MOST_ACTORS, draw_map
from almoner.finance.money import Money, money

DAY = date(2028, 6, 1)
FUNDER = frozenset({"funder"})


def tie(a: str, b: str, kind: MapTieKind = "partnership", **changes: object) -> MapTie:
    made = MapTie(from_actor=a, to_actor=b, kind=kind, since=date(2028, 1, 1), source=f"{a}-{b}")
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of the class


def actors(codes: Iterable[str], kind: str = "hub") -> list[MapActor]:
    return [MapActor(code=code, kind=kind) for code in codes]


def drawn(
    who: Iterable[MapActor], ties: Iterable[MapTie], audience: str = "public", **changes: object
) -> ActorMap:
    return draw_map(who, ties, audience=audience, as_of=DAY, **changes)  # type: ignore[arg-type]  # passed through


def village(bridge: str = "bridge") -> tuple[list[MapActor], list[MapTie]]:
    """Return three tight groups of five that meet only at one actor of the middle."""
    who, ties = [MapActor(code=bridge, kind="network")], []
    for group, kind in (("a", "school"), ("b", "funder"), ("c", "clinic")):
        codes = [f"{group}{at}" for at in range(5)]
        who += actors(codes, kind)
        ties += [tie(one, other) for one, other in combinations(codes, 2)]
        ties += [tie(bridge, code) for code in codes[:2]]
    return who, ties


def test_a_star_has_all_ways_over_its_middle() -> None:
    found = drawn(actors("abcd"), [tie("a", code) for code in "bcd"])
    middle, *others = found.places
    assert (middle.degree, middle.betweenness, middle.articulation, middle.core) == (3, 1.0, True, 1)
    assert {(one.degree, one.betweenness, one.articulation) for one in others} == {(1, 0.0, False)}
    assert found.pivots is None


def test_who_lies_between_three_groups_of_three_kinds_is_a_candidate_and_it_is_said_why() -> None:
    found = drawn(*village())
    assert [one.actor for one in found.candidates] == ["bridge"]
    assert "3 kinds: clinic, funder, school" in found.candidates[0].why
    assert "falls apart without it" in found.candidates[0].why
    places = {one.actor: one for one in found.places}
    assert len({places[code].community for code in ("a4", "b4", "c4")}) == 3
    assert places["bridge"].participation >= 0.5
    assert places["a4"].participation == 0.0


def test_without_three_kinds_around_it_nobody_is_a_candidate() -> None:
    who, ties = village()
    same = [replace(one, kind="school") for one in who]
    assert drawn(same, ties).candidates == ()


def test_where_groups_do_not_meet_or_hang_on_one_actor_a_hub_should_stand() -> None:
    found = drawn(*village())
    single = [one for one in found.gaps if one.kind == "single_point"]
    assert [one.connects for one in single] == [("bridge",)]
    assert "Without bridge, 10 actors are cut off" in single[0].why
    apart = [one for one in found.gaps if one.kind == "apart"]
    assert {one.communities for one in apart} >= {(2, 3)}
    assert all("chance would bring" in one.why for one in apart)
    lonely = [tie(f"d{a}", f"d{b}") for a, b in combinations(range(4), 2)]
    who, ties = village()
    paid = [replace(one, kind="funder") if one.code in ("a4", "c4") else one for one in who]
    lacking = drawn([*paid, *actors([f"d{at}" for at in range(4)], "school")], [*ties, *lonely])
    missing = {one.connects: one.why for one in lacking.gaps if one.kind == "missing_kind"}
    assert "no tie to any funder" in missing["d0",]
    assert not any("any funder" in why for ends, why in missing.items() if ends != ("d0",))


@pytest.mark.parametrize("seed", range(8))
def test_what_an_actor_cuts_off_equals_taking_it_away(seed: int) -> None:
    chance = np.random.default_rng(seed)
    codes = [f"n{at:02}" for at in range(24)]
    ties = [tie(codes[at], codes[int(chance.integers(0, at))]) for at in range(1, 20)]
    ties += [tie(*sorted(chance.choice(codes[:20], 2, replace=False).tolist())) for _ in range(4)]
    graph = nx.Graph([(one.from_actor, one.to_actor) for one in ties])
    found = {
        one.connects[0]: one.why for one in drawn(actors(codes), ties).gaps if one.kind == "single_point"
    }
    for code in graph:
        whole = len(nx.node_connected_component(graph, code))
        rest = graph.subgraph(set(nx.node_connected_component(graph, code)) - {code})
        lost = whole - 1 - max(len(part) for part in nx.connected_components(rest))
        assert (code in found) == (lost >= 2)
        if lost >= 2:
            assert f"{lost} actors are cut off" in found[code]


def test_what_an_audience_may_not_see_leaves_no_trace() -> None:
    who, ties = village()
    secret = [tie("a0", "c0", "money_flow", amount=money("9.00", "USD"), shown_to=FUNDER, source="canary-1")]
    hidden = MapActor(code="canary", kind="funder", shown_to=FUNDER)
    leads = [tie("canary", "b0", source="canary-2"), tie("canary", "c0")]
    public = drawn([*who, hidden], [*ties, *secret, *leads])
    assert public.document() == drawn(who, ties).document()
    assert "canary" not in json.dumps(public.document())
    funder = drawn([*who, hidden], [*ties, *secret, *leads], audience="funder")
    assert len(funder.ties) == len(ties) + 3
    assert funder.places != public.places


def test_ties_that_do_not_hold_on_the_day_are_not_counted() -> None:
    over = tie("a", "b", until=date(2028, 3, 1))
    coming = tie("a", "c", since=date(2029, 1, 1))
    assert drawn(actors("abc"), [over, coming]).ties == ()
    assert len(drawn(actors("abc"), [tie("a", "b", until=DAY)]).ties) == 1


def test_parties_that_are_the_same_are_one_actor_and_a_tie_to_itself_is_none() -> None:
    ties = [tie("a", "b"), tie("a2", "b"), tie("a", "a2"), tie("a2", "c")]
    found = drawn([*actors(("a", "b", "c")), MapActor(code="a2", kind="funder")], ties, aliases={"a2": "a"})
    assert [(one.actor, one.kind, one.degree, one.strength) for one in found.places] == [
        ("a", "hub", 2, 3),
        ("b", "hub", 1, 2),
        ("c", "hub", 1, 1),
    ]


def test_money_reaches_who_is_paid_also_over_others() -> None:
    def flow(a: str, b: str, amount: Money) -> MapTie:
        return tie(a, b, "money_flow", amount=amount)

    ties = [
        flow("fund", "hub", money("90.00", "USD")),
        flow("fund", "other", money("10.00", "USD")),
        flow("hub", "school", money("80.00", "USD")),
        flow("far", "other", money("9000.00", "EUR")),
    ]
    rank = {
        one.actor: one.money_rank
        for one in drawn(actors(("far", "fund", "hub", "other", "school")), ties).places
    }
    assert rank["school"] > rank["hub"] > rank["other"] > rank["fund"] > rank["far"] == 0.0


def test_the_same_map_twice_is_the_same_bytes_whatever_the_order() -> None:
    who, ties = village()
    once, again = drawn(who, ties), drawn(who[::-1], ties[::-1])
    assert json.dumps(once.document()) == json.dumps(again.document())
    json.loads(json.dumps(once.document()), parse_float=pytest.fail)


def test_many_actors_are_measured_from_pivots_and_it_is_said() -> None:
    chance = np.random.default_rng(1)
    codes = [f"n{at:03}" for at in range(120)]
    pairs = {tuple(sorted(chance.choice(codes, 2, replace=False).tolist())) for _ in range(400)}
    ties = [tie(a, b) for a, b in pairs]
    exact = drawn(actors(codes), ties)
    near = drawn(actors(codes), ties, exact_up_to=100, pivots=60)
    assert (exact.pivots, near.pivots) == (None, 60)
    figures = [[one.betweenness for one in found.places] for found in (exact, near)]
    ranks = np.argsort(np.argsort(figures)).astype(float)
    spread = ranks.std() ** 2
    assert ((ranks[0] - ranks.mean()) * (ranks[1] - ranks.mean())).mean() / spread > 0.85
    assert near.places == drawn(actors(codes), ties, exact_up_to=100, pivots=60).places


def test_the_map_says_how_many_are_known_only_from_their_own_word() -> None:
    ties = [tie("a", "b", "joint_application"), tie("b", "c", "contract"), tie("a", "d", "accord")]
    found = drawn(actors("abcde"), ties)
    assert found.coverage == (
        "2 of 5 actors (40 %) are known only from an application they are part of, 1 without any tie."
    )
    assert drawn([], []).coverage == "The map holds no actor."


def test_a_map_too_large_to_draw_is_refused() -> None:
    with pytest.raises(ChallengeRefused, match="by region"):
        drawn(actors(str(at) for at in range(MOST_ACTORS + 1)), [])


MAY_DRAW = {
    "challenges/__init__.py",
    "challenges/frames.py",
    "challenges/acts/mapping.py",
    "challenges/landscape.py",
}


def test_nothing_that_admits_scores_or_awards_reads_the_map() -> None:
    """Keeps a centrality from becoming a criterion: who is well connected would be funded for it."""
    root = Path(__file__).parents[2]
    readers = set()
    for path in sorted((root / "challenges").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom | ast.Import):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                read = {part for name in names for part in name.split(".")}
                if read & {"landscape", "mapping", "networkx", "draw_map"}:
                    readers.add(path.relative_to(root).as_posix())
    assert readers <= {*MAY_DRAW, "challenges/acts/__init__.py"}
    assert "challenges/landscape.py" in readers
