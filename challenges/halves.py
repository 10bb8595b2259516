"""Applicants as judges: two halves, and each reads only the other.

The problem: rivals who mark each other can lift themselves by pushing the others down. Here the applicants of
a panel are split in two by a seeded hash. Each half is read by the other one alone, is calibrated by itself
and has its own places, fixed before anybody marks; so no mark can help the one who gives it. Applicants who
share a party stand in the same half: nobody reads a rival of any application he has a part in.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from .advancing import Advancement, advance
from .calibration import calibrate
from .calibration.design import Number
from .errors import AssignmentInvalid, CalibrationInvalid
from .phases import Advances, TieRule
from .ranking import rank
from .rubric import Direction

Side = str  # "a" or "b"
SIDES = ("a", "b")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerEntry:
    """An application whose applicants are to read others.

    Attributes
    ----------
    application_id : str
        Which.
    reader : str
        The party that reads for it, as a rule its lead.
    parties : frozenset[str]
        Everybody in its bundle.
    panel : str
        Inside which it is read; empty where there is one panel.

    Examples
    --------
    >>> PeerEntry(application_id="a-1", reader="hub", parties=frozenset({"hub", "lab"})).panel
    ''
    """

    application_id: str
    reader: str
    parties: frozenset[str]
    panel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One half of a panel: competes for its own places, and is read by the other half.

    Attributes
    ----------
    panel, side : str
        Which half of which panel: ``a`` or ``b``.
    applications : tuple[str, ...]
        Of this half, sorted.
    readers : tuple[str, ...]
        Parties of the other half, sorted; they read this one and nothing else in this panel.
    places : int [places]
        Of this half; fixed by its size.

    Examples
    --------
    >>> Half(panel="", side="a", applications=("a-1",), readers=("lab",), places=1).places
    1
    """

    panel: str
    side: Side
    applications: tuple[str, ...]
    readers: tuple[str, ...]
    places: int


def halve(entries: Iterable[PeerEntry], *, places: int, seed: str) -> tuple[Half, ...]:
    """Split the applicants of every panel into two halves, and share out the places by size.

    Parameters
    ----------
    entries : Iterable[PeerEntry]
        In any order; who is in them decides, and nothing that anybody marks.
    places : int [places]
        To be shared out over all halves, by largest remainder of their sizes.
    seed : str
        Fixed before the scores; another one splits differently.

    Returns
    -------
    tuple[Half, ...]
        By panel and side; a half may be empty.

    Raises
    ------
    AssignmentInvalid
        An application twice, an empty seed, fewer places than none, or a panel that cannot be split because
        all its applicants share parties.

    Examples
    --------
    >>> entries = [PeerEntry(application_id=f"a-{n}", reader=f"hub-{n}", parties=frozenset({f"hub-{n}"}))
    ...     for n in range(4)]
    >>> for half in halve(entries, places=2, seed="7"):
    ...     print(half.side, half.applications, half.readers, half.places)
    a ('a-0', 'a-1') ('hub-2', 'hub-3') 1
    b ('a-2', 'a-3') ('hub-0', 'hub-1') 1
    """
    known = sorted(entries, key=lambda one: one.application_id)
    _require(known, places, seed)
    panels: dict[str, list[PeerEntry]] = {}
    for one in known:
        panels.setdefault(one.panel, []).append(one)
    sided: dict[tuple[str, Side], list[PeerEntry]] = {}
    for panel, members in sorted(panels.items()):
        sides = _split(members, seed)
        for side in SIDES:
            sided[panel, side] = [one for one in members if sides[one.application_id] == side]
    shares = share_places({key: len(rows) for key, rows in sided.items()}, places, seed)
    return tuple(
        Half(
            panel=panel,
            side=side,
            applications=tuple(one.application_id for one in rows),
            readers=tuple(sorted({one.reader for one in sided[panel, _other(side)]})),
            places=shares[panel, side],
        )
        for (panel, side), rows in sided.items()
    )


def share_places(
    sizes: Mapping[tuple[str, Side], int], places: int, seed: str
) -> dict[tuple[str, Side], int]:
    """Share places over halves by largest remainder of their sizes; equal remainders in seeded order.

    Parameters
    ----------
    sizes : Mapping of half to int [applications]
        How large each is.
    places : int [places]
        To share out; no half gets more than its size.
    seed : str
        As for ``halve``.

    Examples
    --------
    >>> share_places({("", "a"): 3, ("", "b"): 2}, 2, "7")
    {('', 'a'): 1, ('', 'b'): 1}
    """
    total = sum(sizes.values())
    if places >= total:
        return dict(sizes)
    shares = {key: places * size // total for key, size in sizes.items()}
    left = places - sum(shares.values())
    order = sorted(sizes, key=lambda key: (-(places * sizes[key] % total), _hash(seed, *key)))
    for key in order[:left]:
        shares[key] += 1
    return shares


def advance_half(
    half: Half,
    reads: Iterable[tuple[str, str, Number]],
    *,
    direction: Direction,
    eligible: Collection[str],
    tie: TieRule | None = "lottery",
    alpha: float = 0.25,
    seed: str | None = None,
) -> Advancement:
    """Decide one half by its own reads alone: calibrated by itself, for its own places.

    Parameters
    ----------
    half : Half
        From ``halve``.
    reads : Iterable of (application, reader, value) [points]
        Of the whole round or more; only reads of this half by its readers are looked at.
    direction : str
        Which end of the scale is better.
    eligible : Collection[str]
        Applications that may go on: not withdrawn, not dropped.
    tie : str or None
        How the band around the line is decided.
    alpha : float [share]
        Width of the band, see ``rank``.
    seed : str or None
        Of the lottery, published after the band.

    Raises
    ------
    CalibrationInvalid
        When somebody else than the other half has read this one.
    TieUnresolved
        When the band cannot be decided.

    Examples
    --------
    >>> half = Half(panel="", side="a", applications=("a", "b"), readers=("lab", "hub"), places=1)
    >>> marks = [("a", "lab", 4), ("b", "lab", 2), ("a", "hub", 5), ("b", "hub", 3)]
    >>> advance_half(half, marks, direction="higher", eligible=("a", "b")).inside
    ('a',)
    """
    mine, readers = set(half.applications), set(half.readers)
    own = [read for read in reads if read[0] in mine]
    if strangers := sorted({reader for _, reader, _ in own} - readers):
        raise CalibrationInvalid(
            f"{len(strangers)} readers of half {half.side} do not belong to the other half, the first "
            f"{strangers[0]}.",
            readers=strangers,
        )
    left = mine & set(eligible)
    if not half.places or not own:
        return Advancement(
            rule="top",
            inside=(),
            outside=tuple(sorted(left)),
            band=(),
            places=0,
            tie=None,
            lot=None,
            unread=tuple(sorted(left - {name for name, _, _ in own})),
        )
    found = calibrate(own, direction=direction)
    ranking = rank(found, line=half.places, alpha=alpha, withdrawn=mine - left, draws=0)
    rule = Advances(rule="top", n=half.places, tie=tie)
    return advance(rule, sorted(left), ranking=ranking, direction=direction, seed=seed)


def unfinished(
    assigned: Iterable[tuple[str, str]], read: Collection[tuple[str, str]], reminded: Collection[str]
) -> tuple[str, ...]:
    """Return the readers who did not read everything they were given, after a reminder.

    Parameters
    ----------
    assigned : Iterable of (application, reader)
        As published.
    read : Collection of (application, reader)
        Reads that came in.
    reminded : Collection[str]
        Who was reminded; whoever was not is not dropped.

    Examples
    --------
    >>> unfinished([("a", "hub"), ("b", "hub"), ("a", "lab")], [("a", "hub")], ["hub"])
    ('hub',)
    """
    short = {reader for application, reader in assigned if (application, reader) not in read}
    return tuple(sorted(short & set(reminded)))


def _require(entries: list[PeerEntry], places: int, seed: str) -> None:
    ids = [one.application_id for one in entries]
    if not seed or places < 0 or len(set(ids)) != len(ids):
        raise AssignmentInvalid(
            f"Halves need a seed, places of 0 or more and every application once; here {len(ids)} "
            f"applications, {len(ids) - len(set(ids))} of them twice, and {places} places.",
            applications=len(ids),
            places=places,
        )


def _split(members: list[PeerEntry], seed: str) -> dict[str, Side]:
    """Put every group of applicants who share parties on the side that has fewer applications so far."""
    groups = _groups(members)
    if len(groups) == 1 and len(members) > 1:
        names = ", ".join(one.application_id for one in members[:5])
        raise AssignmentInvalid(
            f"All {len(members)} applications of the panel {members[0].panel!r} share parties ({names}): no "
            "half can read the other. Let a panel of judges read them.",
            applications=[one.application_id for one in members],
        )
    count = dict.fromkeys(SIDES, 0)
    sides: dict[str, Side] = {}
    for group in sorted(groups, key=lambda names: _hash(seed, members[0].panel, names[0])):
        side = min(SIDES, key=lambda one: count[one])
        count[side] += len(group)
        sides |= dict.fromkeys(group, side)
    return sides


def _groups(members: list[PeerEntry]) -> list[list[str]]:
    """Collect applications that share parties, through any number of others."""
    groups: list[tuple[set[str], list[str]]] = []
    for one in members:
        parties, names = set(one.parties) | {one.reader}, [one.application_id]
        apart = []
        for group in groups:
            if group[0] & parties:
                parties |= group[0]
                names += group[1]
            else:
                apart.append(group)
        groups = [*apart, (parties, sorted(names))]
    return [names for _, names in groups]


def _other(side: Side) -> Side:
    return SIDES[1 - SIDES.index(side)]


def _hash(seed: str, *parts: str) -> str:
    return hashlib.sha256("\0".join((seed, *parts)).encode()).hexdigest()
