"""Who is who: parties that share an address, a number or a name are one person or one organisation.

The problem: the best-known failure of review systems is an author who is assigned to his own paper, because
the address by which he would have been recognised was not confirmed. So every mark counts against a judge,
confirmed or not, in whatever spelling; for somebody (as proof of who he is) only confirmed marks count.

An organisation and its subsidiary stay two parties; that one owns the other is an interest, not an alias.
A mailbox of an office (``info@``) belongs to whoever is on duty and identifies nobody.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from .spelling import ROLE_MAILBOXES, mail_keys, mail_parts, name_keys, number_keys

MarkKind = Literal["email", "orcid", "registry", "name", "alias"]
MARK_KINDS: tuple[MarkKind, ...] = get_args(MarkKind)
MARK_WORDS: Mapping[str, str] = {
    "email": "e-mail address",
    "orcid": "ORCID",
    "registry": "registry number",
    "name": "name",
    "alias": "declared alias",
}
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing by which a person or an organisation can be recognised.

    Attributes
    ----------
    holder : str
        Code of the judge, the party or the person.
    kind : str
        ``email``, ``orcid``, ``registry``, ``name`` or ``alias``.
    value : str
        As it was written; of an alias, the other code.
    verified : bool
        Whether it was confirmed.
    source : str
        Who says so.
    birth_year : int or None [year]
        Of a name: makes it one person's.
    organisation : str
        Of a name: the code of the organisation in which it is borne; the other way to make it one person's.

    Examples
    --------
    >>> str(Mark(holder="j-1", kind="email", value="ana@river.org", verified=False, source="own statement"))
    'e-mail address ana@river.org of j-1 (not confirmed; own statement)'
    """

    holder: str
    kind: MarkKind
    value: str
    verified: bool = False
    source: str = "own statement"
    birth_year: int | None = None
    organisation: str = ""

    def __post_init__(self) -> None:
        if self.kind not in MARK_KINDS:
            raise ValueError(f"no mark is of kind {self.kind!r}: use one of {', '.join(MARK_KINDS)}")
        if not self.holder or not self.value.strip():
            raise ValueError(f"a mark needs a holder and a value, not {self.holder!r} and {self.value!r}")

    def __str__(self) -> str:
        """Say it in words."""
        confirmed = "confirmed" if self.verified else "not confirmed"
        return f"{MARK_WORDS[self.kind]} {self.value} of {self.holder} ({confirmed}; {self.source})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aliases:
    """Who is one with whom, and by which marks.

    Attributes
    ----------
    suspected : Mapping[str, tuple[str, ...]]
        Code -> all codes that may be the same, itself among them, in order: what counts against a judge.
    certain : Mapping[str, tuple[str, ...]]
        The same by confirmed marks in the same spelling alone: what may count for somebody.
    marks : tuple[Mark, ...]
        By which it was found.
    joining : Mapping[str, tuple]
        First code of a set -> the marks of all its codes, each with the keys by which it is compared.
    """

    suspected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    certain: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    joining: Mapping[str, tuple[tuple[Mark, tuple[Key, ...]], ...]] = field(default_factory=dict, repr=False)

    def of(self, code: str) -> tuple[str, ...]:
        """Return all codes that may be the same as this one."""
        return self.suspected.get(code, (code,))

    def first(self, code: str) -> str:
        """Return the code that stands for all that may be the same."""
        return self.of(code)[0]

    def certainly(self, code: str) -> tuple[str, ...]:
        """Return all codes that are the same as this one by confirmed marks."""
        return self.certain.get(code, (code,))

    def why(self, one: str, other: str) -> tuple[str, ...]:
        """Return the marks that lead from one code to another, in words; empty where nothing leads there."""
        if one == other or other not in self.of(one):
            return ()
        return _path(self.joining.get(self.first(one), ()), one, other)


def alias_sets(marks: Iterable[Mark]) -> Aliases:
    """Collapse parties that share a mark into one.

    Parameters
    ----------
    marks : iterable of Mark
        Of judges, parties and persons, all together.

    Returns
    -------
    Aliases
        Who is one with whom.

    Examples
    --------
    >>> found = alias_sets([
    ...     Mark(holder="j-1", kind="email", value="Ana.Ruiz+reviews@gmail.com", verified=True),
    ...     Mark(holder="ana-ruiz", kind="email", value="anaruiz@googlemail.com"),
    ... ])
    >>> found.of("j-1"), found.certainly("j-1")
    (('ana-ruiz', 'j-1'), ('j-1',))
    >>> found.why("j-1", "ana-ruiz")[0]
    'e-mail address Ana.Ruiz+reviews@gmail.com of j-1 (confirmed; own statement)'
    """
    known = tuple(sorted(set(marks), key=_in_order))
    ambiguous = _ambiguous(known)
    keyed = {mark: tuple(_keys(mark, ambiguous)) for mark in known}
    all_links = [(mark.holder, key) for mark, keys in keyed.items() for key in keys]
    sure_links = [
        (mark.holder, key) for mark in known if mark.verified for key in _keys(mark, ambiguous, sure=True)
    ]
    suspected = _collapse(all_links)
    joining: dict[str, list[tuple[Mark, tuple[Key, ...]]]] = defaultdict(list)
    for mark, keys in keyed.items():
        if mark.holder in suspected:
            joining[suspected[mark.holder][0]].append((mark, keys))
    return Aliases(
        suspected=suspected,
        certain=_collapse(sure_links),
        marks=known,
        joining={first: tuple(theirs) for first, theirs in joining.items()},
    )


def _in_order(mark: Mark) -> tuple[str, ...]:
    return mark.holder, mark.kind, mark.value, str(mark.birth_year or ""), mark.organisation, mark.source


def _keys(mark: Mark, ambiguous: frozenset[Key], *, sure: bool = False) -> list[Key]:
    """Return the keys of a mark; equal keys of two marks make their holders one."""
    if mark.kind == "alias":
        return [("holder", mark.value)]
    if mark.kind == "email":
        if mail_parts(mark.value)[0] in ROLE_MAILBOXES:
            return []
        exact, seen = mail_keys(mark.value)
        return [("email", exact)] if sure else [("email", exact), ("email seen", seen)]
    if mark.kind == "name":
        return _name_keys(mark, ambiguous, sure=sure)
    exact, seen = number_keys(mark.value)
    return [(mark.kind, exact)] if sure else [(mark.kind, exact), (f"{mark.kind} seen", seen)]


def _name_keys(mark: Mark, ambiguous: frozenset[Key], *, sure: bool) -> list[Key]:
    exact, seen = name_keys(mark.value)
    spelled = [("exact", exact)] if sure else [("exact", exact), ("seen", seen)]
    keys: list[Key] = []
    for spelling, name in spelled:
        if mark.birth_year is not None:
            keys.append(("name", spelling, name, "born", str(mark.birth_year)))
        if mark.organisation:
            shared = ("name", spelling, name, "at", mark.organisation)
            born = str(mark.birth_year or "") if shared in ambiguous else ""
            keys.append((*shared, born))
    return keys


def _ambiguous(marks: Iterable[Mark]) -> frozenset[Key]:
    """Return name and organisation where two people bear that name: those with different years of birth."""
    born: dict[Key, set[int]] = defaultdict(set)
    for mark in marks:
        if mark.kind == "name" and mark.organisation and mark.birth_year is not None:
            for spelling, name in zip(("exact", "seen"), name_keys(mark.value), strict=True):
                born["name", spelling, name, "at", mark.organisation].add(mark.birth_year)
    return frozenset(key for key, years in born.items() if len(years) > 1)


def _collapse(links: Iterable[tuple[str, Key]]) -> dict[str, tuple[str, ...]]:
    """Union-find over holders and keys; return the members of each set under every member."""
    parent: dict[Key, Key] = {}

    def root(node: Key) -> Key:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for holder, key in links:
        parent[root(("holder", holder))] = root(key)
    sets: dict[Key, list[str]] = defaultdict(list)
    for node in list(parent):
        if node[0] == "holder":
            sets[root(node)].append(node[1])
    return {
        code: tuple(members) for members in map(sorted, sets.values()) for code in members if len(members) > 1
    }


def _path(marks: Iterable[tuple[Mark, tuple[Key, ...]]], one: str, other: str) -> tuple[str, ...]:
    """Return the marks of the shortest way, in words."""
    at_key: dict[Key, list[Mark]] = defaultdict(list)
    of: dict[str, list[tuple[Mark, Key]]] = defaultdict(list)
    for mark, keys in marks:
        for key in keys:
            at_key[key].append(mark)
            of[mark.holder].append((mark, key))
    ways: dict[str, tuple[str, ...]] = {one: ()}
    waiting = deque([one])
    while waiting and other not in ways:
        here = waiting.popleft()
        steps: list[tuple[str, Key]] = [(str(mark), key) for mark, key in of[here]]
        for said, key in (*steps, ("", ("holder", here))):
            reached = [(theirs.holder, str(theirs)) for theirs in at_key[key]]
            named = [(key[1], "")] if key[0] == "holder" else []
            for code, theirs_said in (*reached, *named):
                if code not in ways:
                    ways[code] = (*ways[here], *filter(None, (said, theirs_said)))
                    waiting.append(code)
    return ways.get(other, ())
