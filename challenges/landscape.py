"""The landscape: figures of an actor map, who could be a hub, and where a hub should stand.

The problem: a hub is placed where the programme's staff have friends. This finds the actors that already lie
between groups, and the places where groups do not meet or depend on one actor, each with the figures behind
it. The map finds and invites; it decides nothing: no rule of eligibility, no score and no award reads it, and
a test keeps it so. What an audience may not see is taken away before anything is counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from math import ceil
from typing import Final

import networkx as nx

from ..finance.money import Money
from .actor_map import ActorMap, HubCandidate, MapActor, MapGap, MapPlace, MapTie, collapse, coverage, seen_by
from .errors import ChallengeRefused

EXACT_UP_TO: Final = 500
PIVOTS: Final = 256
MOST_ACTORS: Final = 20_000
TOP_SHARE: Final = 10  # one of so many
LEAST_PARTICIPATION: Final = 0.5
LEAST_KINDS: Final = 3
LEAST_GROUP: Final = 3
APART: Final = 0.25  # of the ties that chance would bring
LEAST_EXPECTED: Final = 2.0
LEAST_CUT_OFF: Final = 2
MOST_GAPS: Final = 20
NOBODY: Final[Mapping[str, str]] = {}


def draw_map(
    actors: Iterable[MapActor],
    ties: Iterable[MapTie],
    *,
    audience: str,
    as_of: date,
    aliases: Mapping[str, str] = NOBODY,
    seed: int = 0,
    exact_up_to: int = EXACT_UP_TO,
    pivots: int = PIVOTS,
) -> ActorMap:
    """Draw the map of actors as one audience may see it.

    Parameters
    ----------
    actors : iterable of MapActor
        Every actor once.
    ties : iterable of MapTie
        Between them; money in one unit counts for the money rank, the unit with the most flows.
    audience : str
        For whom: ``public``, ``funder`` and so on.
    as_of : date
        Ties that do not hold on this day are left out.
    aliases : Mapping of str to str
        Code -> code of the actor that it is the same as.
    seed : int [seed]
        Of the groups and of the pivots.
    exact_up_to : int [actors]
        Betweenness is exact up to so many.
    pivots : int [actors]
        From which it is estimated above.

    Raises
    ------
    ChallengeRefused
        When there are more than 20,000 actors.

    Examples
    --------
    >>> actors = [MapActor(code=code, kind=kind)
    ...     for code, kind in (("a", "hub"), ("b", "funder"), ("c", "school"))]
    >>> ties = [MapTie(from_actor="a", to_actor=code, kind="partnership", since=date(2028, 1, 1), source="r")
    ...     for code in "bc"]
    >>> found = draw_map(actors, ties, audience="public", as_of=date(2028, 6, 1))
    >>> [(one.actor, one.degree, one.betweenness, one.articulation) for one in found.places]
    [('a', 2, 1.0, True), ('b', 1, 0.0, False), ('c', 1, 0.0, False)]
    """
    shown, seen = collapse(*seen_by(actors, ties, audience=audience, as_of=as_of), aliases)
    if len(shown) > MOST_ACTORS:
        raise ChallengeRefused(
            f"{len(shown)} actors are more than {MOST_ACTORS}: draw the map by region.", actors=len(shown)
        )
    used = None if len(shown) <= exact_up_to else min(pivots, len(shown))
    drawn = _measured(shown, seen, used, seed)
    places = _places(drawn, _money_rank(seen))
    return ActorMap(
        audience=audience,
        as_of=as_of,
        places=places,
        ties=seen,
        candidates=_candidates(places),
        gaps=_gaps(drawn),
        pivots=used,
        coverage=coverage(shown, seen),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """The graph with what was found of it."""

    graph: "nx.Graph[str]"
    kinds: Mapping[str, str]
    communities: Mapping[str, int]
    cuts: frozenset[str]
    betweenness: Mapping[str, float]

    def reach(self, code: str) -> tuple[str, ...]:
        return tuple(sorted({self.kinds[other] for other in self.graph[code]}))

    def members(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for code, group in self.communities.items():
            found.setdefault(group, []).append(code)
        return {group: sorted(codes) for group, codes in sorted(found.items())}

    def best_connected(self, codes: Iterable[str]) -> str:
        return min(codes, key=lambda code: (-self.graph.degree[code], code))


def _measured(actors: Sequence[MapActor], ties: Sequence[MapTie], pivots: int | None, seed: int) -> _Drawn:
    graph = _graph(actors, ties)
    return _Drawn(
        graph=graph,
        kinds={one.code: one.kind for one in actors},
        communities=_communities(graph, seed),
        cuts=frozenset(nx.articulation_points(graph)),
        betweenness=nx.betweenness_centrality(graph, k=pivots, seed=seed),
    )


def _graph(actors: Sequence[MapActor], ties: Sequence[MapTie]) -> "nx.Graph[str]":
    """Make one edge of all ties between two actors; its weight is their number."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(one.code for one in actors)
    counts = Counter(tuple(sorted((one.from_actor, one.to_actor))) for one in ties)
    graph.add_weighted_edges_from((a, b, count) for (a, b), count in sorted(counts.items()))
    return graph


def _communities(graph: "nx.Graph[str]", seed: int) -> dict[str, int]:
    """Find the groups of the densest ties, largest first."""
    if not graph:
        return {}
    found = nx.community.louvain_communities(graph, weight="weight", seed=seed)
    groups = [sorted(group) for group in found]
    groups.sort(key=lambda group: (-len(group), group))
    return {code: number for number, group in enumerate(groups, start=1) for code in group}


def _money_rank(ties: Sequence[MapTie]) -> dict[str, float]:
    """Rank who receives money, also over others; flows of the unit in which most flows are."""
    flows = [
        (one.from_actor, one.to_actor, one.amount)
        for one in ties
        if one.kind == "money_flow" and one.amount is not None and one.amount.minor > 0
    ]
    if not flows:
        return {}
    units = Counter(amount.unit.code for _, _, amount in flows)
    unit = min(units, key=lambda code: (-units[code], code))
    sums: dict[tuple[str, str], Money] = {}
    for giver, taker, amount in flows:
        if amount.unit.code == unit:
            sums[giver, taker] = sums[giver, taker] + amount if (giver, taker) in sums else amount
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_weighted_edges_from((a, b, float(amount.minor)) for (a, b), amount in sorted(sums.items()))
    ranks: dict[str, float] = nx.pagerank(graph, weight="weight")
    return ranks


def _places(drawn: _Drawn, money_rank: Mapping[str, float]) -> tuple[MapPlace, ...]:
    cores = nx.core_number(drawn.graph)
    return tuple(
        MapPlace(
            actor=code,
            kind=drawn.kinds[code],
            degree=drawn.graph.degree[code],
            strength=int(drawn.graph.degree(code, weight="weight")),
            betweenness=float(drawn.betweenness[code]),
            core=cores[code],
            articulation=code in drawn.cuts,
            community=drawn.communities[code],
            participation=_participation(drawn, code),
            money_rank=money_rank.get(code, 0.0),
            reaches=drawn.reach(code),
        )
        for code in sorted(drawn.graph)
    )


def _participation(drawn: _Drawn, code: str) -> float:
    """Return 1 less the sum of squared shares of its neighbours' groups."""
    groups = Counter(drawn.communities[other] for other in drawn.graph[code])
    whole = sum(groups.values())
    return 1.0 - sum((count / whole) ** 2 for count in groups.values()) if whole else 0.0


def _candidates(places: Sequence[MapPlace]) -> tuple[HubCandidate, ...]:
    """List who lies between groups and kinds already, most ways first."""
    if not places:
        return ()
    top = ceil(len(places) / TOP_SHARE)
    line = sorted((one.betweenness for one in places), reverse=True)[top - 1]
    found = [
        one
        for one in places
        if one.betweenness >= line
        and one.betweenness > 0
        and one.participation >= LEAST_PARTICIPATION
        and len(one.reaches) >= LEAST_KINDS
    ]
    found.sort(key=lambda one: (-one.betweenness, one.actor))
    return tuple(HubCandidate(actor=one.actor, why=_why(one, len(places))) for one in found)


def _why(one: MapPlace, actors: int) -> str:
    alone = " The map falls apart without it." if one.articulation else ""
    return (
        f"{one.actor} lies on {100 * one.betweenness:.1f} % of the shortest ways between others, among the "
        f"top tenth of {actors}; its {one.degree} neighbours are spread over groups (participation "
        f"{one.participation:.2f}) and are of {len(one.reaches)} kinds: {', '.join(one.reaches)}.{alone}"
    )


def _gaps(drawn: _Drawn) -> tuple[MapGap, ...]:
    """Find where groups do not meet, what a group lacks, and what depends on one actor."""
    members = {group: codes for group, codes in drawn.members().items() if len(codes) >= LEAST_GROUP}
    found = [*_apart(drawn, members), *_missing_kinds(drawn, members), *_single_points(drawn)]
    order = sorted(found, key=lambda item: (-item[0], item[1].kind, item[1].communities, item[1].connects))
    return tuple(gap for _, gap in order[:MOST_GAPS])


def _apart(drawn: _Drawn, members: Mapping[int, Sequence[str]]) -> Iterable[tuple[int, MapGap]]:
    """Compare the ties between two groups with what their actors' numbers of ties would bring by chance."""
    between = Counter(
        tuple(sorted((drawn.communities[a], drawn.communities[b]))) for a, b in drawn.graph.edges()
    )
    degrees = {group: sum(drawn.graph.degree[code] for code in codes) for group, codes in members.items()}
    whole = 2 * drawn.graph.number_of_edges()
    for a, b in combinations(members, 2):
        expected = degrees[a] * degrees[b] / whole if whole else 0.0
        if expected < LEAST_EXPECTED or between[a, b] >= APART * expected:
            continue
        ends = (drawn.best_connected(members[a]), drawn.best_connected(members[b]))
        yield (
            min(len(members[a]), len(members[b])),
            MapGap(
                kind="apart",
                communities=(a, b),
                connects=ends,
                why=(
                    f"Group {a} ({len(members[a])} actors around {ends[0]}) and group {b} "
                    f"({len(members[b])} around {ends[1]}) have {between[a, b]} ties between them; "
                    f"chance would bring {expected:.1f}."
                ),
            ),
        )


def _missing_kinds(drawn: _Drawn, members: Mapping[int, Sequence[str]]) -> Iterable[tuple[int, MapGap]]:
    """Find groups without any tie to a kind of actor that most other groups reach."""
    reached = {
        group: {drawn.kinds[code] for code in codes} | {kind for code in codes for kind in drawn.reach(code)}
        for group, codes in members.items()
    }
    common = Counter(kind for kinds in reached.values() for kind in kinds)
    for group, codes in members.items():
        lacking = sorted(
            kind for kind, count in common.items() if 2 * count > len(members) and kind not in reached[group]
        )
        if lacking:
            centre = drawn.best_connected(codes)
            yield (
                len(codes),
                MapGap(
                    kind="missing_kind",
                    communities=(group,),
                    connects=(centre,),
                    why=(
                        f"Group {group} ({len(codes)} actors around {centre}) has no tie to any "
                        f"{', '.join(lacking)}, which most groups have."
                    ),
                ),
            )


def _single_points(drawn: _Drawn) -> Iterable[tuple[int, MapGap]]:
    """Find actors without which at least two others are cut off from the rest; the most cut off first."""
    for code, lost in _cut_off(drawn.graph, drawn.cuts).items():
        if lost < LEAST_CUT_OFF:
            continue
        groups = sorted({drawn.communities[other] for other in (*drawn.graph[code], code)})
        yield (
            lost,
            MapGap(
                kind="single_point",
                communities=tuple(groups),
                connects=(code,),
                why=f"Without {code}, {lost} actors are cut off from the rest: a second way is missing.",
            ),
        )


def _cut_off(graph: "nx.Graph[str]", cuts: frozenset[str]) -> dict[str, int]:
    """Count for each articulation who is outside the largest part of its component when it is gone.

    The tree of blocks and articulations gives it in one pass: what hangs below an articulation in each block.
    """
    tree: nx.Graph[tuple[str, str]] = nx.Graph()
    weight: dict[tuple[str, str], int] = {}
    for number, edges in enumerate(nx.biconnected_component_edges(graph)):
        inside, block = ("block", str(number)), {code for edge in edges for code in edge}
        weight[inside] = sum(1 for code in block if code not in cuts)
        tree.add_node(inside)
        for code in sorted(block & cuts):
            tree.add_edge(inside, ("cut", code))
            weight["cut", code] = 1
    lost: dict[str, int] = {}
    for component in nx.connected_components(tree):
        root = min(component)
        whole = sum(weight[node] for node in component)
        below = dict.fromkeys(component, 0)
        parents = {child: parent for parent, child in nx.bfs_edges(tree, root)}
        parts: dict[tuple[str, str], list[int]] = {node: [] for node in component}
        for node in reversed([root, *parents]):
            below[node] = weight[node] + sum(parts[node])
            if node in parents:
                parts[parents[node]].append(below[node])
        for kind, code in component:
            if kind == "cut":
                sides = [*parts[kind, code], whole - below[kind, code]]
                lost[code] = whole - 1 - max(sides)
    return dict(sorted(lost.items()))
