"""``almoner landscape``: who works with whom, as one audience may see it; nothing decides by it."""

from typing import Annotated

import typer

from ...challenges import acts
from .rounds import figure
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table, progress
from .standing import On, asked_day
from .writing import reading

app = typer.Typer(add_completion=False, help="The map of actors and ties, as one audience may see it.")
Audience = Annotated[
    str, typer.Option("--audience", help="For whom it is drawn: public, funder, chair, auditor.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the groups and of pivots.")]


@app.command()
def landscape(
    audience: Audience = "public",
    on: On = None,
    seed: Seed = 0,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Draw the map: actors, places for a hub, gaps. Example: almoner landscape --audience funder.

    What the audience may not see is taken away before anything is counted.
    """
    day = asked_day(on)
    progress(f"Drawing the map of {book} for {audience}")
    with reading(db) as session:
        drawn = acts.landscape(session, book, audience=audience, as_of=day, seed=seed)
    if as_json:
        print_json(drawn.document())
        return
    print_table(
        f"Actors of {book} on {day}, for {audience}: {len(drawn.places)}, ties: {len(drawn.ties)}",
        ("actor", "kind", "tied to", "ties", "between", "core", "group", "spread", "reaches"),
        [
            (
                one.actor,
                one.kind,
                str(one.degree),
                str(one.strength),
                figure(one.betweenness),
                str(one.core),
                str(one.community),
                figure(one.participation),
                ", ".join(one.reaches),
            )
            for one in drawn.places
        ],
        right=(2, 3, 4, 5, 6, 7),
    )
    for candidate in drawn.candidates:
        print(f"- could be a hub: {candidate.actor}. {candidate.why}")
    for gap in drawn.gaps:
        print(f"- {gap.kind.replace('_', ' ')}: {gap.why}")
    print(drawn.coverage)
