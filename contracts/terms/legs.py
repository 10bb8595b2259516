"""Legs: who pays whom how much of what is due.

The problem: a clause may be paid by several parties to several. When results come one after the other, each
party must pay, or get back, its own part: all parts together are what is due, none of them passes what its
leg can bear, and nothing moves between legs when nothing is due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .running.arithmetic import allocate
from .running.holding import Between, Pair

KeyName = tuple[str, str, tuple[str, ...]]  # clause, period, members
LegName = tuple[str, str, tuple[str, ...], str, str]  # clause, period, members, payer, payee
Parts = dict[Pair, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is due of one key, and what its legs took before and in the newest reading.

    Attributes
    ----------
    due : int [counts]
        Negative when it is to be returned.
    before, now : dict of (payer, payee) to int [counts]
        What legs took before, and in the newest reading.
    between : (str, str, str)
        Payer and payee as the terms name them, and the unit.
    """

    due: int
    before: Mapping[Pair, int]
    now: Mapping[Pair, int]
    between: Between


def legs_of(rows: Sequence[Owed]) -> list[Parts]:
    """Share out what is due over legs, key by key.

    More is paid by legs that take more than before; less is returned by what legs took, or as the newest
    reading returns it. What was set off in the newest reading, but never paid, is taken from what the other
    keys between the same two left over.

    Parameters
    ----------
    rows : sequence of Owed
        In the order of the terms.

    Examples
    --------
    >>> between = ("payers", "home", "USD")
    >>> before, now = {("city", "home"): 50}, {("city", "home"): 60, ("county", "home"): 30}
    >>> legs_of([Owed(due=40, before=before, now=now, between=between)])
    [{('city', 'home'): 10, ('county', 'home'): 30}]
    >>> legs_of([Owed(due=-20, before=now, now=before, between=between)])
    [{('city', 'home'): -13, ('county', 'home'): -7}]
    """
    shared: list[Parts] = []
    left: dict[Between, Parts] = {}
    for row in rows:
        if row.due <= 0:
            shared.append(_returned(row))
            continue
        rises = {pair: row.now[pair] - row.before.get(pair, 0) for pair in row.now}
        parts, rest = _part(row.due, rises)
        shared.append(parts)
        _put(left.setdefault(row.between, {}), rest)
    for row, parts in zip(rows, shared, strict=True):
        lacking = row.due - sum(parts.values())
        if lacking > 0:
            more, left[row.between] = _part(lacking, left.get(row.between, {}))
            _put(parts, more)
            _put(parts, _spread(lacking - sum(more.values()), row))
    return [{pair: part for pair, part in parts.items() if part} for parts in shared]


def _part(amount: int, wished: Mapping[Pair, int]) -> tuple[Parts, Parts]:
    """Share an amount by what is wished, and no more than that; return the parts and what is left over."""
    rows = {pair: wish for pair, wish in wished.items() if wish > 0}
    given = allocate(min(amount, sum(rows.values())), list(rows.values()), "largest")
    parts = dict(zip(rows, given, strict=True))
    return parts, {pair: wish - parts[pair] for pair, wish in rows.items()}


def _returned(row: Owed) -> Parts:
    """Return as the newest reading does, where that is possible; else by what legs took."""
    falls = {pair: row.now.get(pair, 0) - row.before.get(pair, 0) for pair in {**row.before, **row.now}}
    possible = all(fall <= 0 <= row.before.get(pair, 0) + fall for pair, fall in falls.items())
    if sum(falls.values()) == row.due and possible:
        return falls
    parts, _ = _part(-row.due, row.before)
    parts = {pair: -part for pair, part in parts.items()}
    _put(parts, _spread(row.due - sum(parts.values()), row))
    return parts


def _spread(amount: int, row: Owed) -> Parts:
    """Share what no leg has asked for: by what legs took, or between the two that the terms name."""
    if not amount:
        return {}
    for known in (row.before, row.now):
        rows = {pair: part for pair, part in known.items() if part > 0}
        if rows:
            parts = allocate(abs(amount), list(rows.values()), "largest")
            return {pair: part if amount > 0 else -part for pair, part in zip(rows, parts, strict=True)}
    return {row.between[:2]: amount}


def _put(parts: Parts, more: Mapping[Pair, int]) -> None:
    for pair, part in more.items():
        parts[pair] = parts.get(pair, 0) + part
