"""``almoner calibration …``: scores corrected for severity, frozen at the close; how steady the result is."""

from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.acts import FrozenCalibration
from ...challenges.calibration import Variances
from ...challenges.sensitivity import AwardSensitivity, decide_otherwise
from .rounds import At, ChallengeCode, EntryCode, JudgeCode, Person, PhaseCode, clock_of, figure
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table, progress
from .writing import DryRun, Reason, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Calibration: frozen at the close, shown, tested."
)
Seed = Annotated[str, typer.Option("--seed", help="Of the lottery, or the commitment to it, where known.")]
Extra = Annotated[list[str], typer.Option("--phase", help="Later phase with extra reads; may be repeated.")]


@app.command()
def freeze(
    challenge: ChallengeCode,
    phase: PhaseCode,
    seed: Seed = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Calibrate after the close and freeze it. Example: almoner calibration freeze clean-water panel."""
    progress(f"Calibrating the scores of {phase}")
    with writing(db, dry_run=dry_run) as session:
        made = acts.freeze_calibration(
            session, book, challenge, phase, clock=clock_of(at, book), seed=seed or None
        )
    lines = [f"Calibration {made.number} of {phase} is frozen: {made.sha256}"]
    lines += [f"- {_sentence(row)}" for row in _document(made)["parts"]]
    show_document(_document(made), as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def again(
    challenge: ChallengeCode,
    phase: PhaseCode,
    extra: Extra,
    seed: Seed = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take extra reads in, as a new one. Example: almoner calibration again W panel --phase extra."""
    progress(f"Calibrating the scores of {phase} with those of {', '.join(extra)}")
    with writing(db, dry_run=dry_run) as session:
        made = acts.calibrate_again(
            session, book, challenge, phase, extra, clock=clock_of(at, book), seed=seed or None
        )
    lines = [f"Calibration {made.number} of {phase} is frozen: {made.sha256}"]
    show_document(_document(made), as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def void(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    phase: PhaseCode,
    application: EntryCode,
    judge: JudgeCode,
    reason: Reason,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Void a read; it stays on record. Example: almoner calibration void W panel a-1 j-1 --reason "Error".

    What is frozen is recomputed without it under the same parameters, and published beside it.
    """
    clock = clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        acts.void_read(session, book, challenge, phase, application, judge, reason=reason, clock=clock)
        frozen = acts.phase_calibrations(session, book, challenge, phase)
        made = acts.recompute_without_void(session, book, challenge, phase, clock=clock) if frozen else None
    document = {
        "challenge": challenge,
        "phase": phase,
        "application": application,
        "judge": judge,
        "recomputed": None if made is None else _document(made),
    }
    lines = [f"The read of {application} by {judge} does not count."]
    lines += [] if made is None else [f"Recomputed without it: calibration {made.number}, {made.sha256}"]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def show(
    challenge: ChallengeCode,
    phase: PhaseCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show variances, flags and digests, no entry. Example: almoner calibration show clean-water panel.

    Where entries stand: almoner ranking show. A judge's own severity: almoner judge effect.
    """
    with reading(db) as session:
        found = [_document(one) for one in acts.phase_calibrations(session, book, challenge, phase)]
        short = acts.list_short(session, book, challenge, phase)
    if as_json:
        print_json({"challenge": challenge, "phase": phase, "calibrations": found, "short": len(short)})
        return
    names = ("judge", "application", "panel", "residual")
    print_table(
        f"Calibrations of {phase}",
        ("number", "kind", "part", "method", "reads", *(f"var. {name}" for name in names), "digest"),
        [
            (
                str(one["number"]),
                one["kind"],
                row["part"],
                row["method"],
                str(row["reads"]),
                *tuple(row["variances"].get(name, "") for name in names),
                one["sha256"][:12],
            )
            for one in found
            for row in one["parts"]
        ],
        right=(0, 4, 5, 6, 7, 8),
    )
    for flag in sorted({flag for one in found for row in one["parts"] for flag in row["flags"]}):
        print(f"- {flag}")
    if short:
        print(f"Entries with fewer reads than the brief asks for: {len(short)}.")


@app.command()
def sensitivity(
    challenge: ChallengeCode,
    phase: PhaseCode,
    person: Person = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Say which places hang on one method, judge or read. Example: almoner calibration sensitivity W panel.

    Until the decision is announced it is shown only to somebody without a conflict: --person CODE.
    """
    progress(f"Deciding {phase} again in every other way")
    clock = clock_of(at, book)
    with reading(db) as session:
        acts.require_unconflicted(session, book, challenge, person=person, phase=phase, clock=clock)
        result = acts.phase_calibrations(session, book, challenge, phase)[-1].result
        rankings = acts.rank_phase(session, book, challenge, phase, draws=0)
        tested = [
            (
                part.name,
                decide_otherwise(
                    part.total,
                    line=len(ranking.band.sure) + ranking.band.places,
                    withdrawn=ranking.withdrawn,
                ),
            )
            for part, ranking in zip(result.parts, rankings, strict=True)
        ]
    rows = [_tested(name, one) for name, one in tested]
    if as_json:
        print_json({"challenge": challenge, "phase": phase, "parts": rows})
        return
    for row in rows:
        print_table(
            f"Places in {phase}{' of ' if row['part'] else ''}{row['part']}",
            ("application", "stays in", "of", "not in"),
            [
                (one["application"], str(one["stays"]), str(one["of"]), ", ".join(one["leaves"]))
                for one in row["places"]
            ],
            right=(1, 2),
        )
        for one in row["entrants"]:
            print(f"- {one['application']} would come in {one['decisions']} times")


def _document(made: FrozenCalibration) -> dict[str, Any]:
    return {
        "phase": made.result.phase,
        "number": made.number,
        "sha256": made.sha256,
        "kind": made.result.kind,
        "rubric": made.result.rubric,
        "parts": [
            {
                "part": part.name,
                "method": part.total.method,
                "reason": part.total.reason,
                "entries": len(part.total.merits),
                "reads": len(part.total.reads),
                "judges": len(part.total.judges),
                "components": part.total.components,
                "variances": _variances(part.total.variances),
                "boundary": list(part.total.boundary),
                "flags": list(part.total.flags),
            }
            for part in made.result.parts
        ],
    }


def _variances(found: Variances | None) -> dict[str, str]:
    if found is None:
        return {}
    named = {name: getattr(found, name) for name in ("application", "judge", "panel", "residual")}
    return {name: figure(value, 4) for name, value in named.items() if value is not None}


def _sentence(row: dict[str, Any]) -> str:
    why = f" ({row['reason']})" if row["reason"] else ""
    shown = ", ".join(f"{name} {value}" for name, value in row["variances"].items())
    return (
        f"{row['entries']} entries, {row['reads']} reads, {row['method']}{why}{': ' if shown else ''}{shown}"
    )


def _tested(name: str, one: AwardSensitivity) -> dict[str, Any]:
    return {
        "part": name,
        "decisions": len(one.decisions),
        "places": [
            {
                "application": row.application_id,
                "stays": row.stays,
                "of": row.of,
                "leaves": [" ".join(filter(None, pair)).replace("_", " ") for pair in row.leaves],
            }
            for row in one.awards
        ],
        "entrants": [{"application": who, "decisions": count} for who, count in one.entrants],
        "undecided_without": list(one.undecided),
    }
