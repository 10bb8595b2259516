"""Tables of this floor as pandas DataFrames: numbers as exact decimals, texts as texts.

The problem: whoever checks a leaderboard or a map wants to sort and join it, without losing the digits that
were published. Figures are the ones of the document, as ``Decimal``.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import pandas as pd

from .actor_map import ActorMap, MapPlace, place_row
from .leaders import Leaderboard, LeaderRow
from .register import REGISTER_COLUMNS, RegisterEntry

Frame = pd.DataFrame
LEADER_FIGURES: Final = ("rating", "standard_error", "low", "high", "lower_bound", "expected_rank")
PLACE_FIGURES: Final = ("betweenness", "participation", "money_rank")


def leaderboard_frame(board: Leaderboard) -> Frame:
    """Return a leaderboard as a table, one row for each hub, best first.

    Parameters
    ----------
    board : Leaderboard
        From ``leaderboard``.

    Examples
    --------
    >>> from datetime import date
    >>> from .leaders import leaderboard
    >>> from .ratings import rate
    >>> found = rate([], hubs=["new"], as_of=date(2028, 1, 1), mean=0.5, variances=(0.04, 0.01))
    >>> leaderboard_frame(leaderboard(found))[["hub", "rating"]].to_dict("records")
    [{'hub': 'new', 'rating': Decimal('0.5000')}]
    """
    return _frame(LeaderRow.__slots__, [one.row() for one in board.rows], LEADER_FIGURES)


def map_frame(drawn: ActorMap) -> Frame:
    """Return where the actors of a map stand as a table, one row for each, by code.

    Parameters
    ----------
    drawn : ActorMap
        From ``draw_map``.

    Examples
    --------
    >>> from datetime import date
    >>> from .actor_map import MapActor
    >>> from .landscape import draw_map
    >>> found = draw_map([MapActor(code="a", kind="hub")], [], audience="public", as_of=date(2028, 1, 1))
    >>> map_frame(found)[["actor", "degree", "betweenness"]].to_dict("records")
    [{'actor': 'a', 'degree': 0, 'betweenness': Decimal('0.000000')}]
    """
    rows = [{**place_row(one), "reaches": ", ".join(one.reaches)} for one in drawn.places]
    return _frame(MapPlace.__slots__, rows, PLACE_FIGURES)


def register_frame(entries: Iterable[RegisterEntry]) -> Frame:
    """Return a register of public commitments as a table.

    Parameters
    ----------
    entries : iterable of RegisterEntry
        From ``acts.public_register``.

    Examples
    --------
    >>> list(register_frame([]).columns)[:3]
    ['code', 'party', 'title']
    """
    return _frame(REGISTER_COLUMNS, [one.row() for one in entries], ())


def _frame(names: Sequence[str], rows: Sequence[Mapping[str, object]], figures: Sequence[str]) -> Frame:
    exact = [
        {name: Decimal(str(value)) if name in figures else value for name, value in row.items()}
        for row in rows
    ]
    return Frame.from_records(exact, columns=list(names))
