"""``almoner ranking …``: where entries stand, the band around the line, the lot, who goes on."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.acts import OpenedSecret, PanelChoice
from ...challenges.advancing import Advancement
from ...challenges.ranking import draw as draw_lot
from ...challenges.seeds import Beacon, commit
from ...finance.errors import DocumentInvalid
from .rounds import (
    NONE,
    At,
    By,
    ChallengeCode,
    Person,
    PhaseCode,
    clock_of,
    figure,
    read_instant,
)
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import DryRun, Reason, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Rankings: places with their doubt, the band, the lot."
)
Source = Annotated[str, typer.Option("--beacon-source", help="Who publishes the beacon, and its number.")]
Instant = Annotated[
    str, typer.Option("--beacon-at", metavar="INSTANT", help="When it comes out: 2027-04-20T12:00Z.")
]
Value = Annotated[str, typer.Option("--beacon-value", help="What came out: hexadecimal digits.")]
Proof = Annotated[str, typer.Option("--beacon-proof", help="Where anybody can check it.")]
Named = Annotated[str, typer.Option("--beacon-named", metavar="INSTANT", help="When the band named it.")]
Secret = Annotated[
    Path | None, typer.Option("--secret", metavar="FILE", help="Secret that was committed to, now opened.")
]
Members = Annotated[list[str], typer.Option("--member", help="Of the band; may be repeated.")]
Chosen = Annotated[list[str], typer.Option("--choose", help="Whom a panel takes from the band; repeated.")]
Panel = Annotated[list[str], typer.Option("--panel", help="Who sat on the panel; may be repeated.")]


@app.command()
def show(
    challenge: ChallengeCode,
    phase: PhaseCode,
    person: Person,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """List entries, best first. Example: almoner ranking show clean-water panel --person chair.

    Entries in conflict with that person are left out, and every figure is reckoned without them.
    """
    with reading(db) as session:
        found = acts.show_entries(session, book, challenge, phase, person, clock=clock_of(at, book))
    if as_json:
        rows = [
            {
                "application": row.application,
                "status": row.status,
                "reads": row.reads,
                "raw_mean": figure(row.raw_mean, 4) or None,
                "level": figure(row.level, 4) or None,
                "place": row.place,
            }
            for row in found.rows
        ]
        mean = figure(found.mean, 4) or None
        print_json(
            {"challenge": challenge, "phase": phase, "reads": found.reads, "mean": mean, "entries": rows}
        )
        return
    print_table(
        f"Entries of {phase}: {found.reads} reads, mean {figure(found.mean) or 'none'}",
        ("place", "application", "status", "reads", "raw mean", "calibrated"),
        [
            (
                "" if row.place is None else str(row.place),
                row.application,
                row.status.replace("_", " "),
                str(row.reads),
                figure(row.raw_mean),
                figure(row.level),
            )
            for row in found.rows
        ],
        right=(0, 3, 4, 5),
    )


@app.command()
def band(
    challenge: ChallengeCode,
    phase: PhaseCode,
    beacon_source: Source = "",
    beacon_at: Instant = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish the band around the line, before any seed is known. Example: almoner ranking band W panel.

    Where a beacon decides, it is named here: --beacon-source "city beacon 7" --beacon-at 2027-04-20T12:00Z
    """
    with writing(db, dry_run=dry_run) as session:
        told = acts.publish_band(
            session,
            book,
            challenge,
            phase,
            clock=clock_of(at, book),
            beacon_source=beacon_source,
            beacon_at=read_instant(beacon_at) if beacon_at else None,
        )
    document: dict[str, Any] = {"challenge": challenge, "phase": phase, **told}
    lines = [f"The band of {phase} is published, calibration {document['calibration_sha256'][:12]}."]
    lines += [
        f"- sure {', '.join(one['sure']) or 'nobody'}; not told apart "
        f"{', '.join(one['members']) or 'nobody'} for {one['places']} places; {one['sha256']}"
        for one in document["bands"]
    ]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command("commit")
def commit_secret(
    challenge: ChallengeCode,
    phase: PhaseCode,
    secret: Annotated[Path, typer.Argument(metavar="FILE", help="Secret: 32 to 256 hexadecimal digits.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Commit to a secret before the first score. Example: almoner ranking commit W panel lot.key."""
    digest = commit(secret.read_text(encoding="ascii").strip())
    with writing(db, dry_run=dry_run) as session:
        acts.commit_lottery(session, book, challenge, phase, digest, clock=clock_of(at, book))
    document = {"challenge": challenge, "phase": phase, "commitment": digest}
    show_document(document, as_json=as_json, dry_run=dry_run, lines=[f"Committed to: {digest}"])


@app.command("draw")
def draw_again(
    member: Members,
    places: Annotated[int, typer.Option("--places", min=0, help="Left for them.")],
    seed: Annotated[str, typer.Option("--seed", help="As it was published.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Draw a lot again. Example: almoner ranking draw --member a --member b --places 1 --seed 5f1c.

    It needs no database: anybody can check a lottery with the band, its places and the seed.
    """
    lot = draw_lot(member, places, seed)
    if as_json:
        print_json(
            {
                "seed": lot.seed,
                "band_sha256": lot.band_digest,
                "order": list(lot.order),
                "drawn": list(lot.drawn),
            }
        )
        return
    print_table(
        f"Band {lot.band_digest}",
        ("drawn", "application", "goes on"),
        [(str(n), name, "yes" if n <= lot.places else "no") for n, name in enumerate(lot.order, start=1)],
        right=(0,),
    )


@app.command()
def advance(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    phase: PhaseCode,
    by: By,
    *,
    beacon_source: Source = "",
    beacon_named: Named = "",
    beacon_at: Instant = "",
    beacon_value: Value = "",
    beacon_proof: Proof = "",
    secret: Secret = None,
    choose: Chosen = NONE,
    panel: Panel = NONE,
    reason: Reason = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Decide who goes on, once, by the brief's rule. Example: almoner ranking advance W panel --by chair.

    A tie is decided by the beacon that the band named, by an opened secret, or by a panel on record.
    """
    given = (beacon_source, beacon_named, beacon_at, beacon_value, beacon_proof)
    if any(given) and not all(given):
        raise DocumentInvalid(
            "A beacon has a source, two instants, a value and a proof: give all of --beacon-…."
        )
    seed: Beacon | OpenedSecret | None = None
    if all(given):
        seed = Beacon(
            source=beacon_source,
            named_at=read_instant(beacon_named),
            instant=read_instant(beacon_at),
            value=beacon_value,
            proof=beacon_proof,
        )
    elif secret is not None:
        seed = OpenedSecret(nonce=secret.read_text(encoding="ascii").strip())
    choice = PanelChoice(chosen=tuple(choose), members=tuple(panel), reason=reason) if choose else None
    with writing(db, dry_run=dry_run) as session:
        made = acts.advance_phase(
            session,
            book,
            challenge,
            phase,
            maker=by,
            clock=clock_of(at, book),
            seed=seed,
            choice=choice,
        )
    document = {"challenge": challenge, "phase": phase, **made.told()}
    show_document(document, as_json=as_json, dry_run=dry_run, lines=_lines(phase, made))


def _lines(phase: str, made: Advancement) -> list[str]:
    how = f", the tie by {made.tie.replace('_', ' ')}" if made.tie else ""
    return [
        f"From {phase} go on: {', '.join(made.inside) or 'nobody'}.",
        f"By the rule {made.rule.replace('_', ' ')}{how}; {len(made.outside)} stay outside.",
    ]
