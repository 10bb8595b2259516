"""The leaderboard: where the hubs of a challenge stand, as data for a public page.

The problem: a table of ranks reads as more than the results can say. Every row carries how sure it is: the
expected rank with its interval, the rating with its standard error, how many results count and how many are
pending, and on which side of the line the hub stands, or that the results do not tell. Figures are decimal
text, rounded once, so that every page shows the same.
"""

from dataclasses import dataclass
from typing import Final, Literal

from .attachment import Attachment
from .errors import CalibrationInvalid
from .ratings import HubRating, Ratings

Side = Literal["in", "band", "out", ""]
EQUAL: Final = 1e-9
DIGITS: Final = 4
CONFIDENT: Final = 1.6448536269514722  # nine of ten of a normal law


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderRow:
    """One hub of a leaderboard.

    Attributes
    ----------
    place : int [place]
        By expected rank; equal ones share it.
    hub : str
        Code.
    state : str
        ``rated`` or ``unrated``.
    side : str
        Of the line: ``in``, ``out``, or ``band`` where the results do not tell; empty without a line.
    rating, standard_error, low, high, lower_bound : str [part of the way]
        Decimal text; in nine of ten cases the level lies between low and high.
    expected_rank : str [place]
        Decimal text.
    rank_low, rank_high : int [place]
        In nine of ten draws the place lies between them.
    results, pending, earlier : int [determinations, awards]
        That count; that are not final yet; awards won before.

    Examples
    --------
    >>> LeaderRow(place=1, hub="river", state="rated", side="in", rating="0.6850", standard_error="0.0548",
    ...     low="0.5948", high="0.7752", lower_bound="0.6147", expected_rank="1.2", rank_low=1, rank_high=2,
    ...     results=10, pending=0, earlier=3).row()["rating"]
    '0.6850'
    """

    place: int
    hub: str
    state: str
    side: Side
    rating: str
    standard_error: str
    low: str
    high: str
    lower_bound: str
    expected_rank: str
    rank_low: int
    rank_high: int
    results: int
    pending: int
    earlier: int

    def row(self) -> dict[str, str | int]:
        """Write it as JSON values."""
        return {name: getattr(self, name) for name in type(self).__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Every hub of one family of metrics, best expected rank first.

    Attributes
    ----------
    family, as_of, method : str
        What was rated, on which day, and how: ``reml``, ``given`` or ``raw``.
    reason : str
        Why the ratings are raw; empty otherwise.
    mean, between, within : str [part of the way]
        Mean of all hubs, and the standard deviations between hubs and of results about them.
    half_life_months : str [months]
        After which a result weighs half; empty when age does not count.
    places : int or None [hubs]
        Where the line is.
    alpha : str [share]
        A chance between it and its complement to be above the line counts as not told.
    rows : tuple of LeaderRow
        Best first, by name inside a tie.
    attachment : str
        How much earlier awards brought further ones, in one sentence; empty where it was not measured.

    Examples
    --------
    >>> from datetime import date
    >>> from .ratings import rate
    >>> leaderboard(rate([], hubs=["new"], as_of=date(2028, 1, 1), mean=0.5, variances=(0.04, 0.01))
    ...     ).rows[0].state
    'unrated'
    """

    family: str
    as_of: str
    method: str
    reason: str
    mean: str
    between: str
    within: str
    half_life_months: str
    places: int | None
    alpha: str
    rows: tuple[LeaderRow, ...]
    attachment: str

    @property
    def band(self) -> tuple[str, ...]:
        """Hubs that the results do not separate from the line."""
        return tuple(one.hub for one in self.rows if one.side == "band")

    def document(self) -> dict[str, object]:
        """Write it as JSON values, texts and whole numbers only."""
        content: dict[str, object] = {name: getattr(self, name) for name in type(self).__slots__}
        return {**content, "rows": [one.row() for one in self.rows]}


def leaderboard(
    ratings: Ratings,
    *,
    places: int | None = None,
    alpha: float = 0.25,
    earlier: dict[str, int] | None = None,
    attachment: Attachment | None = None,
) -> Leaderboard:
    """Turn ratings into the rows of a public page.

    Parameters
    ----------
    ratings : Ratings
        From ``rate``.
    places : int or None [hubs]
        How many there are to win; without it there is no line.
    alpha : float [share]
        Below 0.5: with a chance between alpha and 1 - alpha to stand above the last inside, a hub is in the
        band.
    earlier : dict of str to int or None [awards]
        Won before, by hub.
    attachment : Attachment or None
        From ``measure_attachment``.

    Raises
    ------
    CalibrationInvalid
        When there are no places or alpha is none.

    Examples
    --------
    >>> from datetime import date
    >>> from fractions import Fraction
    >>> from .progress import HubProgress
    >>> from .ratings import rate
    >>> results = [HubProgress(hub=hub, metric="m", family="m", value=Fraction(value), on=date(2028, 1, 1),
    ...     standard_error=Fraction("0.15")) for hub, value in (("a", "0.9"), ("b", "0.85"), ("c", "0.1"))]
    >>> found = rate(results, as_of=date(2028, 1, 1), mean=0.5, variances=(0.04, 0.01))
    >>> [(one.place, one.hub, one.side) for one in leaderboard(found, places=1).rows]
    [(1, 'a', 'band'), (2, 'b', 'band'), (3, 'c', 'out')]
    """
    if (places is not None and places < 1) or not 0 < alpha < 1 / 2:
        raise CalibrationInvalid(
            f"A line after {places} places with alpha {alpha}: give at least one place, and alpha between "
            "0 and 0.5.",
            places=places,
        )
    sides = _sides(ratings, places, alpha)
    won = earlier or {}
    rows: list[LeaderRow] = []
    last: HubRating | None = None
    for at, one in enumerate(ratings.hubs, start=1):
        tied = last is not None and abs(one.expected_rank - last.expected_rank) <= EQUAL
        place = rows[-1].place if tied else at
        rows.append(_row(one, place, sides.get(one.hub, ""), won.get(one.hub, 0)))
        last = one
    return Leaderboard(
        family=ratings.family,
        as_of=ratings.as_of.isoformat(),
        method=ratings.method,
        reason=ratings.reason,
        mean=_text(ratings.mean),
        between=_text(ratings.between**0.5),
        within=_text(ratings.within**0.5),
        half_life_months="" if ratings.half_life_months is None else f"{ratings.half_life_months:g}",
        places=places,
        alpha=f"{alpha:g}",
        rows=tuple(rows),
        attachment="" if attachment is None else attachment.text(),
    )


def _sides(ratings: Ratings, places: int | None, alpha: float) -> dict[str, Side]:
    """Tell for each hub on which side of the line it stands; the band only where places do not suffice."""
    names = ratings.names
    if places is None or not names:
        return {}
    if places >= len(names):
        return dict.fromkeys(names, "in")
    line = names[places - 1]
    chance = {name: ratings.chance_above(name, line) for name in names}
    sure = [name for name in names if chance[name] >= 1 - alpha]
    band = [name for name in names if alpha < chance[name] < 1 - alpha]
    fits = len(sure) + len(band) <= places
    sides: dict[str, Side] = dict.fromkeys(names, "out")
    return sides | dict.fromkeys(sure, "in") | dict.fromkeys(band, "in" if fits else "band")


def _row(one: HubRating, place: int, side: Side, earlier: int) -> LeaderRow:
    return LeaderRow(
        place=place,
        hub=one.hub,
        state=one.state,
        side=side,
        rating=_text(one.value),
        standard_error=_text(one.standard_error),
        low=_text(one.value - CONFIDENT * one.standard_error),
        high=_text(one.value + CONFIDENT * one.standard_error),
        lower_bound=_text(one.lower),
        expected_rank=f"{one.expected_rank:.2f}",
        rank_low=one.rank_low,
        rank_high=one.rank_high,
        results=one.results,
        pending=one.pending,
        earlier=earlier,
    )


def _text(figure: float) -> str:
    text = f"{figure:.{DIGITS}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text
