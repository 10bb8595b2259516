"""Conflicts are found: every pair of judge and application that must not be, or must be weighed, with why.

The problem: a judge is not on the applicant's staff; the sister company is, or the spouse, or last year's
grant. Each rule below is one way in which two alias sets can meet, and every conflict carries the sentences
that lead from the judge to the actor, so that it can be checked and contested.

| way | counts as |
|---|---|
| judge and actor may be the same | ``self``: hard under every policy |
| an interest between both | its kind |
| organisations of both in one group of owners | ``ownership`` down the line, else ``same_organisation`` |
| money or another interest between the judge's organisation and the actor | money: its kind; others soft |
| the same from another organisation of the group | at most as what goes through one |
| somebody close to the judge is of the actor | at most as what goes through one |
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from .identity import Aliases
from .interests import MEMBERSHIP, Interest
from .policy import ConflictPolicy, Level, Scope, heaviness, lighter
from .web import Strand, Web, weave

Key = tuple[str, str, str, str]  # judge, application, actor, kind
Why = Callable[[str, str], tuple[str, ...]]
SELF = "self"
CLOSE: frozenset[str] = frozenset({"family", "personal", "adviser_student"})
NO_ALIASES = Aliases()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One application or registration, by those who have a part in it.

    Attributes
    ----------
    application : str
        Its code.
    actors : tuple[str, ...]
        Codes of all parties of the bundle, and of all persons it names.
    phases : tuple[str, ...]
        In which it is read; decides how far a conflict of scope ``phase`` reaches.
    """

    application: str
    actors: tuple[str, ...]
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConflict:
    """One reason why a judge must not read an application, or should rather not.

    Attributes
    ----------
    judge, application, actor : str
        Who, what, and the party of the application through which.
    kind : str
        One of the sixteen kinds, or ``self``.
    level : str
        ``hard`` or ``soft``.
    scope : str
        What a hard one bars from: ``pair``, ``phase`` or ``competition``; a soft one is about the pair.
    provenance : tuple[str, ...]
        The sentences that lead from the judge to the actor.
    as_of : date
        The day on which it was looked for.
    """

    judge: str
    application: str
    actor: str
    kind: str
    level: Level
    scope: Scope
    provenance: tuple[str, ...]
    as_of: date

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"{self.judge} and {self.application}: {self.kind} ({self.level}); {'; '.join(self.provenance)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    """A way from a judge to the code that stands for an actor."""

    target: str
    kind: str
    level: Level
    steps: tuple[Interest, ...]
    own: bool = True


def find_conflicts(
    interests: Iterable[Interest],
    policy: ConflictPolicy,
    pairs: Iterable[tuple[str, Contender]],
    as_of: date,
    *,
    aliases: Aliases = NO_ALIASES,
) -> tuple[JudgeConflict, ...]:
    """Find every conflict between judges and applications on a day.

    Parameters
    ----------
    interests : iterable of Interest
        Declared, recorded and inferred.
    policy : ConflictPolicy
        Which kind bars, and from what.
    pairs : iterable of (str, Contender)
        Judge and application that are asked about.
    as_of : date
        The day.
    aliases : Aliases
        Who is one with whom.

    Returns
    -------
    tuple of JudgeConflict
        By judge, application, actor and kind; of one kind only the heaviest with the shortest way.

    Examples
    --------
    >>> from .policy import AMERICA_COMPETES
    >>> held = [Interest(a="j-1", b="group", kind="employee"), Interest(a="group", b="lab", kind="ownership")]
    >>> contender = Contender(application="a-1", actors=("lab", "home"))
    >>> for one in find_conflicts(held, AMERICA_COMPETES, [("j-1", contender)], date(2027, 1, 1)):
    ...     print(one)
    j-1 and a-1: same_organisation (hard); j-1 is employed by group (declared: own statement); group owns \
lab (declared: own statement)
    """
    asked: dict[str, set[str]] = defaultdict(set)
    contenders: dict[str, set[Contender]] = defaultdict(set)
    for judge, contender in pairs:
        asked[judge].add(contender.application)
        contenders[contender.application].add(contender)
    web = weave(interests, policy, as_of, aliases)
    index = _Index(web, aliases, (one for same in contenders.values() for one in same))
    found: dict[Key, _Hit] = {}
    for judge, applications in asked.items():
        for hit in _hits(web, index, policy, aliases.first(judge)):
            weight = _weight(hit)
            for application, actor in index.actors[hit.target] if hit.level != "ignore" else ():
                key = (judge, application, actor, hit.kind)
                if application in applications and (key not in found or weight > _weight(found[key])):
                    found[key] = hit
    why = cache(aliases.why)
    return tuple(_conflict(key, found[key], policy, as_of, aliases, why) for key in sorted(found))


def barred_pairs(
    conflicts: Iterable[JudgeConflict], pairs: Iterable[tuple[str, Contender]]
) -> frozenset[tuple[str, str]]:
    """Return the pairs that hard conflicts bar, each as far as its scope reaches.

    Parameters
    ----------
    conflicts : iterable of JudgeConflict
        Found among all registered participants.
    pairs : iterable of (str, Contender)
        Judge and application that are asked about.

    Examples
    --------
    >>> held = JudgeConflict(judge="j-1", application="a-1", actor="lab", kind="employee", level="hard",
    ...                 scope="competition", provenance=(), as_of=date(2027, 1, 1))
    >>> other = Contender(application="a-2", actors=("home",))
    >>> sorted(barred_pairs([held], [("j-1", other), ("j-2", other)]))
    [('j-1', 'a-2')]
    """
    asked = tuple(pairs)
    phases = {contender.application: set(contender.phases) for _, contender in asked}
    hard: dict[str, list[JudgeConflict]] = defaultdict(list)
    for one in conflicts:
        if one.level == "hard":
            hard[one.judge].append(one)
    everywhere = {
        judge for judge, theirs in hard.items() if any(one.scope == "competition" for one in theirs)
    }
    single = {(one.judge, one.application) for theirs in hard.values() for one in theirs}
    closed = {
        judge: set().union(*(phases.get(one.application, set()) for one in theirs if one.scope == "phase"))
        for judge, theirs in hard.items()
    }
    return frozenset(
        (judge, contender.application)
        for judge, contender in asked
        if judge in everywhere
        or (judge, contender.application) in single
        or not closed.get(judge, set()).isdisjoint(contender.phases)
    )


class _Index:
    """Where the actors of the contenders stand in the web."""

    def __init__(self, web: Web, aliases: Aliases, contenders: Iterable[Contender]) -> None:
        actors: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for contender in contenders:
            for actor in contender.actors:
                actors[aliases.first(actor)].add((contender.application, actor))
        self.actors: Mapping[str, list[tuple[str, str]]] = {
            code: sorted(theirs) for code, theirs in sorted(actors.items())
        }
        groups: dict[str, list[tuple[str, str, Strand | None]]] = defaultdict(list)
        for code in actors:
            groups[web.group_of(code)].append((code, code, None))
            for strand in web.organisations.get(code, ()):
                if strand.interest.kind != "ownership":
                    groups[web.group_of(strand.b)].append((code, strand.b, strand))
        self.groups: Mapping[str, list[tuple[str, str, Strand | None]]] = groups


def _hits(web: Web, index: _Index, policy: ConflictPolicy, judge: str) -> Iterator[_Hit]:
    if judge in index.actors:
        yield _Hit(target=judge, kind=SELF, level="hard", steps=())
    for strand in web.ties.get(judge, ()):
        there = strand.other(judge)
        if there in index.actors:
            kind = strand.interest.kind
            yield _Hit(target=there, kind=kind, level=strand.level, steps=(strand.interest,))
        if strand.interest.kind in CLOSE:
            yield from _through_close(web, index, policy, strand, there)
    for organisation, member in _organisations(web, judge):
        yield from _same_group(web, index, policy, judge, organisation, member)
        if member is not None:
            yield from _of_organisation(web, index, policy, organisation, member)


def _organisations(web: Web, code: str) -> Iterator[tuple[str, Strand | None]]:
    """Yield where somebody stands himself, and every organisation he is of."""
    yield code, None
    for strand in web.organisations.get(code, ()):
        yield strand.b, strand


def _through_close(
    web: Web, index: _Index, policy: ConflictPolicy, strand: Strand, relative: str
) -> Iterator[_Hit]:
    for theirs in web.organisations.get(relative, ()):
        if theirs.b in index.actors:
            yield _Hit(
                target=theirs.b,
                kind=strand.interest.kind,
                level=lighter(strand.level, theirs.level, policy.through_one),
                steps=(strand.interest, theirs.interest),
                own=False,
            )


def _same_group(
    web: Web, index: _Index, policy: ConflictPolicy, judge: str, organisation: str, member: Strand | None
) -> Iterator[_Hit]:
    if member is not None and web.group_of(organisation) == web.group_of(judge):
        return
    for actor, stands_at, theirs in index.groups.get(web.group_of(organisation), ()):
        path = web.path(organisation, stands_at)
        ends = [strand for strand in (member, theirs) if strand is not None]
        if actor == judge or len(path) + len(ends) < 2:  # noqa: PLR2004  # one step is an interest between both
            continue
        down = member is None and theirs is None and _leads_down(path, judge)
        kind = "ownership" if down else "same_organisation"
        steps = [*([member] if member else []), *path, *([theirs] if theirs else [])]
        level = lighter(policy.level(kind), *(_cap(strand, policy) for strand in steps))
        yield _Hit(
            target=actor,
            kind=kind,
            level=level,
            steps=tuple(strand.interest for strand in steps),
            own=down,
        )


def _leads_down(path: tuple[Strand, ...], start: str) -> bool:
    here = start
    for strand in path:
        if strand.a != here:
            return False
        here = strand.b
    return True


def _cap(strand: Strand, policy: ConflictPolicy) -> Level:
    """Return how heavily a step lets a chain count: as its kind, or less where it ended or is unsure."""
    return strand.level if strand.level != policy.level(strand.interest.kind) else "hard"


def _of_organisation(
    web: Web, index: _Index, policy: ConflictPolicy, organisation: str, member: Strand
) -> Iterator[_Hit]:
    for holder in web.members_of(organisation):
        for strand in web.ties.get(holder, ()):
            there = strand.other(holder)
            if there not in index.actors or strand.interest.kind in MEMBERSHIP:
                continue
            way = (member, *web.path(organisation, holder))
            direct = holder == organisation and strand.interest.kind == "financial_relationship"
            levels = [strand.level, *(_cap(step, policy) for step in way)]
            yield _Hit(
                target=there,
                kind=strand.interest.kind,
                level=lighter(*levels, *(() if direct else (policy.through_one,))),
                steps=(*(step.interest for step in way), strand.interest),
                own=False,
            )


def _weight(hit: _Hit) -> tuple[int, bool, int, tuple[tuple[str, ...], ...]]:
    """Order ways of one kind: the heaviest, then the judge's own, then the shortest."""
    told = tuple((step.a, step.b, step.kind, step.source) for step in hit.steps)
    return heaviness(hit.level), hit.own, -len(hit.steps), told


def _conflict(
    key: Key, hit: _Hit, policy: ConflictPolicy, as_of: date, aliases: Aliases, why: Why
) -> JudgeConflict:
    """Put a way into words; what is reached through somebody else bars from the pair alone."""
    judge, application, actor, kind = key
    scope = policy.scope("employee" if kind == SELF else kind)
    return JudgeConflict(
        judge=judge,
        application=application,
        actor=actor,
        kind=kind,
        level=hit.level,
        scope=scope if hit.own and hit.level == "hard" else "pair",
        provenance=_sentences(hit, judge, actor, aliases, why),
        as_of=as_of,
    )


def _sentences(hit: _Hit, judge: str, actor: str, aliases: Aliases, why: Why) -> tuple[str, ...]:
    """Tell the way from the judge to the actor, with the marks that join two codes on it."""
    here = judge
    said: list[str] = [f"{judge} is {actor}"] if hit.kind == SELF and judge == actor else []
    for step in hit.steps:
        near = step.a if aliases.first(step.a) == aliases.first(here) else step.b
        said += [*why(here, near), str(step)]
        here = step.other(near)
    return tuple(dict.fromkeys([*said, *why(here, actor)]))
