"""The actor map in words and figures: who is on it, what ties them, and what may be seen of it.

The problem: a programme funds whom it happens to know. A map of actors and ties shows who already connects
others, where groups do not meet, and what depends on one organisation. It is drawn for an audience: what the
audience may not see is taken away before anything is counted, since a centrality tells of the ties under it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from ..finance.money import Money

MapTieKind = Literal[
    "money_flow", "contract", "in_kind", "joint_application", "accord", "partnership", "evaluation"
]
MAP_TIE_KINDS: tuple[MapTieKind, ...] = get_args(MapTieKind)
OWN_WORD: frozenset[MapTieKind] = frozenset({"joint_application", "accord"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MapActor:
    """One actor of a map.

    Attributes
    ----------
    code : str
        Of the party.
    kind : str
        What it is to the programme: ``hub``, ``funder``, ``evaluator``, ``public_body`` and so on.
    shown_to : frozenset of str
        Audiences that may see it; ``public`` means everybody.

    Examples
    --------
    >>> MapActor(code="river-trust", kind="hub").shown_to
    frozenset({'public'})
    """

    code: str
    kind: str
    shown_to: frozenset[str] = frozenset({"public"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTie:
    """One dated, sourced tie between two actors.

    Attributes
    ----------
    from_actor, to_actor : str
        Codes; money and goods go from the first to the second, other kinds have no direction.
    kind : str
        ``money_flow``, ``contract``, ``in_kind``, ``joint_application``, ``accord``, ``partnership`` or
        ``evaluation``.
    since : date
        First day.
    source : str
        Who says so: an agreement, a transaction, an application, a register.
    until : date or None
        Last day; ``None`` while it lasts.
    amount : Money or None
        Of a flow of money.
    shown_to : frozenset of str
        Audiences that may see it; ``public`` means everybody.

    Examples
    --------
    >>> day = date(2028, 1, 1)
    >>> tie = MapTie(from_actor="a", to_actor="b", kind="partnership", since=day, source="register")
    >>> tie.holds_on(date(2027, 12, 31))
    False
    """

    from_actor: str
    to_actor: str
    kind: MapTieKind
    since: date
    source: str
    until: date | None = None
    amount: Money | None = None
    shown_to: frozenset[str] = frozenset({"public"})

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a day; its first and its last day count."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlace:
    """Where one actor stands on a map.

    Attributes
    ----------
    actor, kind : str
        Code and kind.
    degree : int [actors]
        To how many others it is tied.
    strength : int [ties]
        By how many ties.
    betweenness : float [share]
        Part of the shortest ways between two others that lead over it.
    core : int [ties]
        Largest number k such that it belongs to a group in which everybody has k neighbours.
    articulation : bool
        Whether the map falls apart without it.
    community : int [place]
        Group of the densest ties, counted from 1, largest first.
    participation : float [dimensionless]
        0 when all its neighbours are in one group, towards 1 when they are spread over many.
    money_rank : float [share]
        How much money reaches it, also over others: PageRank of the money flows.
    reaches : tuple of str
        Kinds of actor it is tied to.

    Examples
    --------
    >>> MapPlace(actor="a", kind="hub", degree=0, strength=0, betweenness=0.0, core=0, articulation=False,
    ...     community=1, participation=0.0, money_rank=0.0, reaches=()).degree
    0
    """

    actor: str
    kind: str
    degree: int
    strength: int
    betweenness: float
    core: int
    articulation: bool
    community: int
    participation: float
    money_rank: float
    reaches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCandidate:
    """An actor that already does what a hub does.

    Attributes
    ----------
    actor : str
        Code.
    why : str
        In one sentence, with the figures.

    Examples
    --------
    >>> HubCandidate(actor="a", why="a lies on 31 % of the ways").actor
    'a'
    """

    actor: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapGap:
    """A position where a hub would connect what does not meet.

    Attributes
    ----------
    kind : str
        ``apart``: two groups with fewer ties between them than their own ties would bring by chance;
        ``missing_kind``: a group without any tie to a kind of actor that others have; ``single_point``: what
        depends on one actor.
    communities : tuple of int [place]
        The groups.
    connects : tuple of str
        Actors that whoever takes the position would connect: the best connected of each group.
    why : str
        In one sentence, with the figures.

    Examples
    --------
    >>> MapGap(kind="apart", communities=(1, 2), connects=("a", "b"), why="no tie").communities
    (1, 2)
    """

    kind: Literal["apart", "missing_kind", "single_point"]
    communities: tuple[int, ...]
    connects: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorMap:
    """The map as one audience may see it.

    Attributes
    ----------
    audience : str
        For whom.
    as_of : date
        The day.
    places : tuple of MapPlace
        Every actor, by code.
    ties : tuple of MapTie
        What was counted, by actors, kind, day and source.
    candidates : tuple of HubCandidate
        Most ways first.
    gaps : tuple of MapGap
        Where a hub should stand, largest groups first.
    pivots : int or None [actors]
        From how many drawn actors betweenness was estimated; ``None`` when it is exact.
    coverage : str
        How many are known only from their own application, in one sentence.

    Examples
    --------
    >>> ActorMap(audience="public", as_of=date(2028, 1, 1), places=(), ties=(), candidates=(), gaps=(),
    ...     pivots=None, coverage="The map holds no actor.").document()["coverage"]
    'The map holds no actor.'
    """

    audience: str
    as_of: date
    places: tuple[MapPlace, ...]
    ties: tuple[MapTie, ...]
    candidates: tuple[HubCandidate, ...]
    gaps: tuple[MapGap, ...]
    pivots: int | None
    coverage: str

    def document(self) -> dict[str, object]:
        """Write it as JSON values: texts, whole numbers and lists; shares with six decimals."""
        return {
            "as_of": self.as_of.isoformat(),
            "audience": self.audience,
            "candidates": [{"actor": one.actor, "why": one.why} for one in self.candidates],
            "coverage": self.coverage,
            "gaps": [
                {
                    "communities": list(one.communities),
                    "connects": list(one.connects),
                    "kind": one.kind,
                    "why": one.why,
                }
                for one in self.gaps
            ],
            "pivots": self.pivots,
            "places": [place_row(one) for one in self.places],
            "ties": [_tie_row(one) for one in self.ties],
        }


def place_row(one: MapPlace) -> dict[str, object]:
    """Write where an actor stands as JSON values.

    Examples
    --------
    >>> place_row(MapPlace(actor="a", kind="hub", degree=0, strength=0, betweenness=0.5, core=0,
    ...     articulation=False, community=1, participation=0.0, money_rank=0.0, reaches=()))["betweenness"]
    '0.500000'
    """
    row: dict[str, object] = {name: getattr(one, name) for name in type(one).__slots__}
    shares = {name: f"{value:.6f}" for name, value in row.items() if isinstance(value, float)}
    return {**row, **shares, "reaches": list(one.reaches)}


def _tie_row(one: MapTie) -> dict[str, object]:
    row: dict[str, object] = {
        "from": one.from_actor,
        "kind": one.kind,
        "since": one.since.isoformat(),
        "source": one.source,
        "to": one.to_actor,
    }
    if one.until is not None:
        row["until"] = one.until.isoformat()
    if one.amount is not None:
        row |= {"amount": one.amount.text, "unit": one.amount.unit.code}
    return row


def seen_by(
    actors: Iterable[MapActor], ties: Iterable[MapTie], *, audience: str, as_of: date
) -> tuple[tuple[MapActor, ...], tuple[MapTie, ...]]:
    """Take away what an audience may not see and what does not hold on the day, before anything is counted.

    Parameters
    ----------
    actors : iterable of MapActor
        Every actor.
    ties : iterable of MapTie
        Every tie; one that leads to a hidden actor is hidden with it.
    audience : str
        For whom.
    as_of : date
        The day.

    Examples
    --------
    >>> day = date(2028, 1, 1)
    >>> actors = [MapActor(code=code, kind="hub") for code in "ab"]
    >>> tie = MapTie(from_actor="a", to_actor="b", kind="money_flow", since=day, source="t1",
    ...     shown_to=frozenset({"funder"}))
    >>> [len(seen_by(actors, [tie], audience=who, as_of=day)[1]) for who in ("public", "funder")]
    [0, 1]
    """
    shown = tuple(one for one in actors if not one.shown_to.isdisjoint({audience, "public"}))
    codes = {one.code for one in shown}
    return shown, tuple(
        one
        for one in ties
        if not one.shown_to.isdisjoint({audience, "public"})
        and one.holds_on(as_of)
        and {one.from_actor, one.to_actor} <= codes
    )


def collapse(
    actors: Iterable[MapActor], ties: Iterable[MapTie], aliases: Mapping[str, str]
) -> tuple[tuple[MapActor, ...], tuple[MapTie, ...]]:
    """Make one actor of all that are the same, and leave out ties of an actor to itself.

    Parameters
    ----------
    actors, ties : iterable
        As the audience may see them.
    aliases : Mapping of str to str
        Code -> code of the actor it stands for; others stand for themselves.

    Examples
    --------
    >>> one, two = (MapActor(code=code, kind=kind) for code, kind in (("a", "hub"), ("a2", "funder")))
    >>> [(actor.code, actor.kind) for actor in collapse([one, two], [], {"a2": "a"})[0]]
    [('a', 'hub')]
    """
    known: dict[str, MapActor] = {}
    for one in sorted(
        actors, key=lambda actor: (aliases.get(actor.code, actor.code) != actor.code, actor.code)
    ):
        code = aliases.get(one.code, one.code)
        known.setdefault(code, replace(one, code=code))
    moved = (
        replace(
            one,
            from_actor=aliases.get(one.from_actor, one.from_actor),
            to_actor=aliases.get(one.to_actor, one.to_actor),
        )
        for one in ties
    )
    kept = (one for one in moved if one.from_actor != one.to_actor)
    order = sorted(
        set(kept), key=lambda one: (one.from_actor, one.to_actor, one.kind, one.since, one.source, str(one))
    )
    return tuple(known[code] for code in sorted(known)), tuple(order)


def coverage(actors: Iterable[MapActor], ties: Iterable[MapTie]) -> str:
    """Say how many actors are known only from their own application.

    Parameters
    ----------
    actors, ties : iterable
        As counted.

    Examples
    --------
    >>> day = date(2028, 1, 1)
    >>> actors = [MapActor(code=code, kind="hub") for code in "abc"]
    >>> tie = MapTie(from_actor="a", to_actor="b", kind="joint_application", since=day, source="app-1")
    >>> coverage(actors, [tie])
    '2 of 3 actors (67 %) are known only from an application they are part of, 1 without any tie.'
    """
    codes = [one.code for one in actors]
    if not codes:
        return "The map holds no actor."
    kinds: dict[str, set[MapTieKind]] = {code: set() for code in codes}
    for one in ties:
        kinds[one.from_actor].add(one.kind)
        kinds[one.to_actor].add(one.kind)
    own = sum(1 for found in kinds.values() if found and found <= OWN_WORD)
    alone = sum(1 for found in kinds.values() if not found)
    return (
        f"{own} of {len(codes)} actors ({100 * own / len(codes):.0f} %) are known only from an application "
        f"they are part of, {alone} without any tie."
    )
