"""``almoner leaderboard``: where hubs stand by verified results, with how sure every place is."""

from typing import Annotated

import typer

from ...challenges import acts
from ...challenges.leaders import Leaderboard
from .rounds import ChallengeCode
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .standing import HALF_LIFE, HalfLife, On, asked_day, half_life_of
from .writing import reading

app = typer.Typer(add_completion=False, help="Leaderboard of hubs by verified results.")
PlaceCount = Annotated[int | None, typer.Option("--places", min=1, help="Where the line is.")]


@app.command()
def leaderboard(
    challenge: ChallengeCode,
    on: On = None,
    places: PlaceCount = None,
    half_life: HalfLife = HALF_LIFE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show hubs by expected rank. Example: almoner leaderboard clean-water --places 3 --on 2028-01-31."""
    day = asked_day(on)
    with reading(db) as session:
        found = acts.leaderboard(
            session, book, challenge, as_of=day, places=places, half_life_months=half_life_of(half_life)
        )
    if as_json:
        print_json([one.document() for one in found])
        return
    if not found:
        print(f"No hub of {challenge} has a place on {day}.")
    for one in found:
        _print(one)


def _print(one: Leaderboard) -> None:
    print_table(
        f"{one.family} as of {one.as_of}, {one.method}",
        ("place", "hub", "side", "rating", "from", "to", "rank from", "to", "results", "pending", "earlier"),
        [
            (
                str(row.place),
                row.hub if row.state == "rated" else f"{row.hub} (unrated)",
                row.side,
                row.rating,
                row.low,
                row.high,
                str(row.rank_low),
                str(row.rank_high),
                str(row.results),
                str(row.pending),
                str(row.earlier),
            )
            for row in one.rows
        ],
        right=(0, 3, 4, 5, 6, 7, 8, 9, 10),
    )
    for line in filter(None, (one.reason, one.attachment)):
        print(line)
