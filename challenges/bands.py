"""Places with their uncertainty, the band around the line, and the lot that decides inside it.

The problem: an announced order hides that the entries around the line are not separated by the scores. So the
band is part of the result, with a digest that is published before any lot is drawn.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from ..finance.documents import canonical_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TieBand:
    """The applications around the line that the scores do not separate.

    Attributes
    ----------
    alpha : float [share]
        How improbable a place above the line has to be for "out", and below it for "sure".
    line : str or None
        The last application inside by expected rank; ``None`` where there is no line.
    sure, members, out : tuple[str, ...]
        Surely inside, not separated from the line, outside; each best first.
    places : int [places]
        Left for the members.

    Examples
    --------
    >>> TieBand(alpha=0.25, line="b", sure=("a",), members=("b", "c"), out=("d",), places=1).settled
    False
    """

    alpha: float
    line: str | None
    sure: tuple[str, ...]
    members: tuple[str, ...]
    out: tuple[str, ...]
    places: int

    @property
    def settled(self) -> bool:
        """Whether there is a place for every member, so that nothing has to be decided."""
        return self.places >= len(self.members)

    @property
    def digest(self) -> str:
        """SHA-256 of the members and places, to publish before the lot: 64 hexadecimal digits."""
        return digest_of(self.members, self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPlace:
    """One application's expected rank.

    Attributes
    ----------
    application_id : str
        Whose.
    place : int [place]
        Order of display, 1 is best; tied applications share it.
    expected_rank : float [rank]
        Mean of its rank over what the scores leave open; sums to n (n + 1) / 2.
    low, high : int [rank]
        In nine of ten draws its rank lies between.

    Examples
    --------
    >>> ExpectedPlace(application_id="a", place=1, expected_rank=1.2, low=1, high=3).high
    3
    """

    application_id: str
    place: int
    expected_rank: float
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRanking:
    """A calibration's order, best first, with ties, intervals and the band around the line.

    Attributes
    ----------
    places : tuple[ExpectedPlace, ...]
        Best first, and by id inside a tie; without those withdrawn.
    band : TieBand
        Around the line.
    entries : int [applications]
        Among which the ranks count, withdrawn ones included.
    withdrawn : tuple[str, ...]
        Kept in the calibration and in every expected rank, and not listed.
    flags : tuple[str, ...]
        What a reader has to know.

    Examples
    --------
    >>> band = TieBand(alpha=0.25, line=None, sure=(), members=(), out=(), places=0)
    >>> ExpectedRanking(places=(), band=band, entries=0, withdrawn=(), flags=()).order
    ()
    """

    places: tuple[ExpectedPlace, ...]
    band: TieBand
    entries: int
    withdrawn: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def order(self) -> tuple[str, ...]:
        """Ids, best first."""
        return tuple(row.application_id for row in self.places)

    @property
    def expected_ranks(self) -> dict[str, float]:
        """Application -> expected rank."""
        return {row.application_id: row.expected_rank for row in self.places}

    @property
    def ties(self) -> tuple[tuple[str, ...], ...]:
        """Groups of two and more that are equal."""
        groups = (tuple(rows) for _, rows in groupby(self.places, key=lambda row: row.place))
        return tuple(tuple(row.application_id for row in rows) for rows in groups if len(rows) > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotteryDraw:
    """A lot that anybody can draw again.

    Attributes
    ----------
    seed : str
        What decided, published after the band.
    band_digest : str
        Of the band as it was published.
    order : tuple[str, ...]
        All of them, as drawn.
    places : int [places]
        How many of the first are in.

    Examples
    --------
    >>> LotteryDraw(seed="s", band_digest="", order=("b", "a"), places=1).drawn
    ('b',)
    """

    seed: str
    band_digest: str
    order: tuple[str, ...]
    places: int

    @property
    def drawn(self) -> tuple[str, ...]:
        """Those who are in."""
        return self.order[: self.places]


def digest_of(band: Iterable[str], places: int) -> str:
    """Return the SHA-256 of a band and its places, whatever the order of the ids.

    Parameters
    ----------
    band : Iterable[str]
        Ids.
    places : int [places]
        Left for them.

    Examples
    --------
    >>> digest_of(["b", "a"], 1) == digest_of(["a", "b"], 1)
    True
    """
    return hashlib.sha256(canonical_bytes({"members": sorted(band), "places": places})).hexdigest()
