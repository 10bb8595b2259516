"""The web of interests on one day: who is of whom, who owns whom, and who is tied to whom otherwise.

The problem: 259 judges and 500 applications are 129,500 pairs, and each is asked about relations over
several steps. The web is built once: every code is replaced by the one that stands for its alias set, what
does not hold on the day or counts for nothing under the policy is left out, and each step is a look-up.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from .identity import Aliases
from .interests import MEMBERSHIP, OCCURRING, Interest
from .policy import ConflictPolicy, Level, lighter


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """One interest on the day that is asked about, between two alias sets.

    Attributes
    ----------
    a, b : str
        The codes that stand for both sets.
    interest : Interest
        What was stated.
    level : str
        ``hard`` or ``soft``, as it counts on this day.
    """

    a: str
    b: str
    interest: Interest
    level: Level

    def other(self, code: str) -> str:
        """Return who stands at the other end."""
        return self.b if code == self.a else self.a


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """All strands of a day, by where they begin.

    Attributes
    ----------
    ties : Mapping[str, tuple[Strand, ...]]
        Code -> every strand at one of whose ends it stands.
    organisations : Mapping[str, tuple[Strand, ...]]
        Code -> the strands by which it is of, works for or owns somebody.
    owners : Mapping[str, tuple[Strand, ...]]
        Code -> the ownerships that hold, on either side.
    group : Mapping[str, str]
        Code -> the first code of the group that ownership connects; who is not named is a group by himself.
    members : Mapping[str, tuple[str, ...]]
        First code of a group -> all its codes.
    """

    ties: Mapping[str, tuple[Strand, ...]]
    organisations: Mapping[str, tuple[Strand, ...]]
    owners: Mapping[str, tuple[Strand, ...]]
    group: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]]

    def group_of(self, code: str) -> str:
        """Return the first code of the group in which a code stands."""
        return self.group.get(code, code)

    def members_of(self, code: str) -> tuple[str, ...]:
        """Return all codes of the group in which a code stands."""
        return self.members.get(self.group_of(code), (code,))

    def path(self, start: str, end: str) -> tuple[Strand, ...]:
        """Return the shortest way between two codes of a group."""
        ways: dict[str, tuple[Strand, ...]] = {start: ()}
        waiting = deque([start])
        while waiting and end not in ways:
            here = waiting.popleft()
            for strand in self.owners.get(here, ()):
                there = strand.other(here)
                if there not in ways:
                    ways[there] = (*ways[here], strand)
                    waiting.append(there)
        return ways.get(end, ())


def weave(interests: Iterable[Interest], policy: ConflictPolicy, as_of: date, aliases: Aliases) -> Web:
    """Build the web of a day.

    Parameters
    ----------
    interests : iterable of Interest
        Declared, recorded and inferred.
    policy : ConflictPolicy
        Tells what counts, and how heavily.
    as_of : date
        The day.
    aliases : Aliases
        Who is one with whom.

    Examples
    --------
    >>> from .identity import alias_sets
    >>> from .policy import AMERICA_COMPETES
    >>> held = [Interest(a="group", b=one, kind="ownership") for one in ("lab", "home")]
    >>> weave(held, AMERICA_COMPETES, date(2027, 1, 1), alias_sets([])).members_of("lab")
    ('group', 'home', 'lab')
    """
    strands = sorted(_strands(interests, policy, as_of, aliases), key=_in_order)
    ties: dict[str, list[Strand]] = defaultdict(list)
    organisations: dict[str, list[Strand]] = defaultdict(list)
    owners: dict[str, list[Strand]] = defaultdict(list)
    for strand in strands:
        kind = strand.interest.kind
        ties[strand.a].append(strand)
        ties[strand.b].append(strand)
        if kind in MEMBERSHIP:
            organisations[strand.a].append(strand)
        if kind == "ownership" and _holds(strand.interest, as_of):
            owners[strand.a].append(strand)
            owners[strand.b].append(strand)
    frozen_owners = _freeze(owners)
    group = _groups(frozen_owners)
    members: dict[str, list[str]] = defaultdict(list)
    for code in sorted(group):
        members[group[code]].append(code)
    return Web(
        ties=_freeze(ties),
        organisations=_freeze(organisations),
        owners=frozen_owners,
        group=group,
        members={first: tuple(codes) for first, codes in members.items()},
    )


def level_on(interest: Interest, policy: ConflictPolicy, as_of: date) -> Level:
    """Return how heavily an interest counts on a day, by its kind, its dates, its amount and how sure it is.

    Parameters
    ----------
    interest : Interest
        What was stated.
    policy : ConflictPolicy
        The rule.
    as_of : date
        The day.

    Examples
    --------
    >>> from .policy import AMERICA_COMPETES
    >>> left = Interest(a="j-1", b="lab", kind="employee", until=date(2025, 6, 30))
    >>> [level_on(left, AMERICA_COMPETES, date(year, 6, 1)) for year in (2025, 2027, 2029)]
    ['hard', 'soft', 'ignore']
    """
    if interest.since is not None and interest.since > as_of:
        return "ignore"
    level = policy.level(interest.kind)
    if interest.confidence_bp < policy.sure_from_bp:
        level = lighter(level, "soft")
    if interest.via:
        level = lighter(level, policy.through_one)
    if not _holds(interest, as_of):
        if (as_of - (interest.until or as_of)) > timedelta(days=policy.look_back_days):
            return "ignore"
        if interest.kind not in OCCURRING:
            level = lighter(level, policy.ended)
    return "ignore" if _below_floor(interest, policy) else level


def _holds(interest: Interest, as_of: date) -> bool:
    return (interest.since is None or interest.since <= as_of) and (
        interest.until is None or interest.until >= as_of
    )


def _below_floor(interest: Interest, policy: ConflictPolicy) -> bool:
    if interest.kind != "financial_relationship" or not interest.amount:
        return False
    text, _, unit = interest.amount.partition(" ")
    try:
        amount = abs(Decimal(text))
    except InvalidOperation:
        return False
    return amount == 0 or (unit == policy.floor_unit and amount <= Decimal(policy.floor))


def _strands(
    interests: Iterable[Interest], policy: ConflictPolicy, as_of: date, aliases: Aliases
) -> Iterable[Strand]:
    for interest in interests:
        a, b = aliases.first(interest.a), aliases.first(interest.b)
        if a == b:
            continue
        level = level_on(interest, policy, as_of)
        if level != "ignore":
            yield Strand(a=a, b=b, interest=interest, level=level)


def _in_order(strand: Strand) -> tuple[str, ...]:
    one = strand.interest
    return strand.a, strand.b, one.kind, one.provenance, str(one.since or ""), one.source, one.via


def _freeze(lists: Mapping[str, list[Strand]]) -> dict[str, tuple[Strand, ...]]:
    return {code: tuple(strands) for code, strands in lists.items()}


def _groups(owners: Mapping[str, tuple[Strand, ...]]) -> dict[str, str]:
    group: dict[str, str] = {}
    for first in sorted(owners):
        waiting = [] if first in group else [first]
        while waiting:
            code = waiting.pop()
            if code not in group:
                group[code] = first
                waiting += [strand.other(code) for strand in owners.get(code, ())]
    return group


def circle(web: Web, aliases: Aliases, codes: Iterable[str]) -> frozenset[str]:
    """Return some codes with all that may be the same, all they are of, and all in one group with those.

    Parameters
    ----------
    web : Web
        Of the day.
    aliases : Aliases
        Who is one with whom.
    codes : iterable of str
        Of judges.

    Examples
    --------
    >>> from .policy import AMERICA_COMPETES
    >>> held = [Interest(a="j-1", b="lab", kind="employee"), Interest(a="group", b="lab", kind="ownership")]
    >>> sorted(circle(weave(held, AMERICA_COMPETES, date(2027, 1, 1), Aliases()), Aliases(), ["j-1"]))
    ['group', 'j-1', 'lab']
    """
    first = {aliases.first(code) for code in codes}
    joined = first | {strand.b for code in first for strand in web.organisations.get(code, ())}
    grouped = {member for code in joined for member in web.members_of(code)}
    return frozenset(alias for code in grouped for alias in aliases.of(code))
