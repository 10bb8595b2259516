"""``almoner rating show``: what verified results say of each hub, with how sure that is."""

from typing import Any

import typer

from ...challenges import acts
from ...challenges.ratings import HubRating, Ratings
from .rounds import ChallengeCode, figure
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .standing import HALF_LIFE, HalfLife, On, asked_day, half_life_of
from .writing import reading

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Ratings of hubs by verified results.")


@app.callback()
def ratings() -> None:
    """Ratings of hubs by verified results."""


@app.command()
def show(
    challenge: ChallengeCode,
    on: On = None,
    half_life: HalfLife = HALF_LIFE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show ratings, variances and method. Example: almoner rating show clean-water --on 2028-01-31."""
    day = asked_day(on)
    with reading(db) as session:
        found = acts.rate_hubs(session, book, challenge, as_of=day, half_life_months=half_life_of(half_life))
    rows = [_document(one) for one in found]
    if as_json:
        print_json({"challenge": challenge, "as_of": day.isoformat(), "families": rows})
        return
    if not rows:
        print(f"No hub of {challenge} is there to be rated on {day}.")
    for row in rows:
        print(f"{row['family']}: {row['method']}{', ' if row['reason'] else ''}{row['reason']}")
        print_table(
            f"mean {row['mean']}, variance between hubs {row['between']}, of results {row['within']}",
            ("hub", "state", "rating", "error", "lower", "rank", "from", "to", "results", "pending"),
            [tuple(str(value) for value in one.values()) for one in row["hubs"]],
            right=(2, 3, 4, 5, 6, 7, 8, 9),
        )


def _document(one: Ratings) -> dict[str, Any]:
    return {
        "family": one.family,
        "method": one.method,
        "reason": one.reason,
        "mean": figure(one.mean, 4),
        "between": figure(one.between, 4),
        "within": figure(one.within, 4),
        "hubs": [_hub(row) for row in one.hubs],
    }


def _hub(row: HubRating) -> dict[str, Any]:
    return {
        "hub": row.hub,
        "state": row.state,
        "rating": figure(row.value, 4),
        "standard_error": figure(row.standard_error, 4),
        "lower": figure(row.lower, 4),
        "expected_rank": figure(row.expected_rank, 2),
        "rank_low": row.rank_low,
        "rank_high": row.rank_high,
        "results": row.results,
        "pending": row.pending,
    }
