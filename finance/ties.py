"""Ties between parties: who owns, runs, pays or is related to whom, from when to when, and who says so.

The problem: an evaluator looks independent in the contract, and its parent owns the organisation that is
paid. Ties are declared in the book with their day and source, so that whoever judges or verifies is checked
against everybody who has money in it, along every path.

``owns``, ``controls`` and ``belongs_to`` make one group of all whom they connect, whichever way they point.
The other kinds hold between two parties and stand for the groups of both, once: a supplier's other customers
are nobody's relatives.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

TieKind = Literal["owns", "controls", "belongs_to", "works_for", "supplies", "family"]
TIE_KINDS: tuple[TieKind, ...] = get_args(TieKind)
GROUPING: frozenset[TieKind] = frozenset({"owns", "controls", "belongs_to"})
WORDS: Mapping[TieKind, str] = {
    "owns": "owns",
    "controls": "controls",
    "belongs_to": "belongs to",
    "works_for": "works for",
    "supplies": "supplies",
    "family": "is family of",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One declared relation between two parties of a book.

    Attributes
    ----------
    kind : str
        ``owns``, ``controls``, ``belongs_to``, ``works_for``, ``supplies`` or ``family``.
    from_party, to_party : str
        Codes: the first owns, controls, belongs to, works for, supplies or is related to the second.
    since : date
        First day on which it holds.
    source : str
        Who says so: a register, a declaration.
    until : date or None
        Last day on which it holds; None while it lasts.

    Examples
    --------
    >>> held = Tie(kind="owns", from_party="group", to_party="lab", since=date(2026, 1, 1), source="register")
    >>> str(held)
    'group owns lab since 2026-01-01 (register)'
    >>> held.holds_on(date(2025, 12, 31))
    False
    """

    kind: TieKind
    from_party: str
    to_party: str
    since: date
    source: str
    until: date | None = None

    def __str__(self) -> str:
        """Say it in words."""
        ended = f" until {self.until}" if self.until else ""
        return (
            f"{self.from_party} {WORDS[self.kind]} {self.to_party} since {self.since}{ended} ({self.source})"
        )

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a day; its first and its last day count."""
        return self.since <= day and (self.until is None or day <= self.until)

    def other_end(self, party: str) -> str:
        """Return who is tied to one of its two parties."""
        return self.to_party if party == self.from_party else self.from_party


def connections(ties: Iterable[Tie], party: str, on: date) -> dict[str, tuple[Tie, ...]]:
    """Find everybody to whom a party is tied on a day, each with the shortest path.

    Parameters
    ----------
    ties : iterable of Tie
        All that are declared.
    party : str
        Code of the party that is asked about.
    on : date
        The day.

    Returns
    -------
    dict of str to tuple of Tie
        Code of the other -> ties that lead to it, in order; at most one of a path is not about a group.

    Examples
    --------
    >>> day = date(2026, 1, 1)
    >>> declared = [
    ...     Tie(kind="owns", from_party="group", to_party="lab", since=day, source="register"),
    ...     Tie(kind="owns", from_party="group", to_party="home", since=day, source="register"),
    ... ]
    >>> [str(one) for one in connections(declared, "lab", day)["home"]]
    ['group owns lab since 2026-01-01 (register)', 'group owns home since 2026-01-01 (register)']
    """
    holding = sorted(
        (one for one in ties if one.holds_on(on)),
        key=lambda one: (one.from_party, one.to_party, one.kind, one.since),
    )
    of: dict[str, list[Tie]] = {}
    for one in holding:
        of.setdefault(one.from_party, []).append(one)
        of.setdefault(one.to_party, []).append(one)
    start = (party, False)
    paths: dict[tuple[str, bool], tuple[Tie, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        at, spent = waiting.popleft()
        for one in of.get(at, []):
            if spent and one.kind not in GROUPING:
                continue
            reached = (one.other_end(at), spent or one.kind not in GROUPING)
            if reached not in paths:
                paths[reached] = (*paths[at, spent], one)
                waiting.append(reached)
    found: dict[str, tuple[Tie, ...]] = {}
    for (code, _), path in sorted(paths.items(), key=lambda item: (len(item[1]), item[0])):
        if code != party:
            found.setdefault(code, path)
    return found
