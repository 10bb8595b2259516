"""``almoner assignment …``: who reads what, as one joint problem; a draft first, then it counts."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.assignment import ProposedChange
from ...challenges.plans import AssignmentPlan, PlanWishes
from ...finance.errors import DocumentInvalid
from ..problems import DONE, FINDING
from .rounds import At, By, ChallengeCode, Checker, PhaseCode, clock_of, read_json
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table, progress
from .writing import DryRun, Reason, reading, show_document, writing

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Assignment: who reads what, drafted, explained, published.",
)
Number = Annotated[int | None, typer.Option("--number", min=1, help="Which plan; the newest without it.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of every choice by chance.")]
Wishes = Annotated[
    Path | None,
    typer.Option("--wishes", metavar="FILE", help="Signals, panels, languages, separated judges (JSON)."),
]
Gap = Annotated[float, typer.Option("--gap", min=0, max=1, help="Distance to the best that is good enough.")]
Limit = Annotated[float, typer.Option("--deadline", min=0.05, max=86_400, help="Seconds.")]


@app.command()
def plan(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    phase: PhaseCode,
    seed: Seed = 1,
    wishes: Wishes = None,
    gap: Gap = 1e-3,
    deadline_s: Limit = 10.0,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Draft who reads what. Example: almoner assignment plan clean-water panel --seed 7.

    Wishes: {"signals": {"topics": {"a-1": {"j-1": 0.9}}}, "panels": {"a-1": "health"},
    "languages": {"a-1": "sw"}, "separated": [["j-1", "j-2"]]}.
    """
    asked = _wishes(read_json(wishes) if wishes is not None else {}, seed, gap, deadline_s)
    progress(f"Planning the reads of {phase}, at most {deadline_s:g} s")
    with writing(db, dry_run=dry_run) as session:
        made = acts.plan_assignment(session, book, challenge, phase, asked, clock=clock_of(at, book))
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command()
def publish(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    phase: PhaseCode,
    number: Annotated[int, typer.Argument(help="Number of the plan.", min=1)],
    by: By,
    checker: Checker = "",
    reason: Reason = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let a plan count. Example: almoner assignment publish clean-water panel 1 --by desk.

    What the plan lacks is accepted with --reason; what is not proven needs --checker.
    """
    with writing(db, dry_run=dry_run) as session:
        made = acts.publish_assignment(
            session,
            book,
            challenge,
            phase,
            number,
            maker=by,
            checker=checker or None,
            reason=reason,
            clock=clock_of(at, book),
        )
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command()
def show(
    challenge: ChallengeCode,
    phase: PhaseCode,
    number: Number = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a plan: loads, proof, seed. Example: almoner assignment show clean-water panel."""
    with reading(db) as session:
        made = acts.find_assignment(session, book, challenge, phase, number=number)
    if as_json:
        print_json({**_document(challenge, made), "plan": json.loads(made.body)})
        return
    for line in _lines(made):
        print(line)
    piles: dict[str, list[str]] = {}
    for application, judge in made.pairs:
        piles.setdefault(judge, []).append(application)
    print_table(
        f"\nWho reads what in {phase}",
        ("judge", "reads", "applications"),
        [(judge, str(len(pile)), ", ".join(pile)) for judge, pile in sorted(piles.items())],
        right=(1,),
    )


@app.command()
def shortage(
    challenge: ChallengeCode,
    phase: PhaseCode,
    number: Number = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> int:
    """Say what is lacking; exits 1 if anything is. Example: almoner assignment shortage W panel."""
    with reading(db) as session:
        made = acts.find_assignment(session, book, challenge, phase, number=number)
        found = json.loads(made.body)["assignment"]["shortage"]
    if as_json:
        print_json({"challenge": challenge, "phase": phase, "lacks": list(made.lacks), "shortage": found})
    else:
        _print_shortage(phase, made, found)
    return FINDING if made.lacks else DONE


def _print_shortage(phase: str, made: AssignmentPlan, found: dict[str, Any] | None) -> None:
    if not made.lacks:
        print(f"Plan {made.number} of {phase} lacks nothing.")
    for one in made.lacks:
        print(f"- {one}")
    if found is None:
        return
    rows = [
        (one["application"], str(one["missing"]), _counted(one["reasons"])) for one in found["applications"]
    ]
    print_table(
        "\nApplications short of reads", ("application", "missing", "judges are out for"), rows, right=(1,)
    )
    print_table(
        "\nNobody could assign them all",
        ("applications", "need", "can get", "judges", "gives way"),
        [
            (
                ", ".join(one["applications"]),
                str(one["need"]),
                str(one["can"]),
                str(len(one["judges"])),
                ", ".join(one["causes"]),
            )
            for one in found["certificates"]
        ],
        right=(1, 2, 3),
    )
    for one in found["changes"]:
        print(f"- {ProposedChange(**one).text}")


def _counted(reasons: list[list[str]]) -> str:
    counts = Counter(reason for _, reason in reasons)
    return ", ".join(f"{reason} ({count})" for reason, count in sorted(counts.items()))


def _wishes(content: Any, seed: int, gap: float, limit_s: float) -> PlanWishes:  # noqa: ANN401  # JSON
    known = {"signals", "panels", "languages", "separated"}
    if not isinstance(content, dict) or content.keys() - known:
        raise DocumentInvalid(f"Wishes are one JSON object with {', '.join(sorted(known))}.")
    try:
        signals = {
            name: {(one, judge): float(fit) for one, row in rows.items() for judge, fit in row.items()}
            for name, rows in content.get("signals", {}).items()
        }
        separated = tuple((str(one), str(other)) for one, other in content.get("separated", []))
        panels = {str(one): str(name) for one, name in content.get("panels", {}).items()}
        languages = {str(one): str(name) for one, name in content.get("languages", {}).items()}
    except (AttributeError, TypeError, ValueError) as fault:
        raise DocumentInvalid(f"The wishes are not in the form that --help shows: {fault}.") from None
    return PlanWishes(
        seed=seed,
        signals=signals,
        panels=panels,
        languages=languages,
        separated=separated,
        gap=gap,
        limit_s=limit_s,
    )


def _document(challenge: str, made: AssignmentPlan) -> dict[str, Any]:
    said = json.loads(made.body)["assignment"]
    return {
        "challenge": challenge,
        "phase": made.phase,
        "number": made.number,
        "published": made.published,
        "state": said["state"],
        "gap": said["gap"],
        "seed": said["seed"],
        "problem_sha256": said["problem_sha256"],
        "solver": said["solver"],
        "lacks": list(made.lacks),
        "pairs": [list(pair) for pair in made.pairs],
    }


def _lines(made: AssignmentPlan) -> list[str]:
    said = json.loads(made.body)["assignment"]
    proof = "proven" if made.proven else "NOT proven"
    word = "counts" if made.published else "is a draft"
    return [
        (
            f"Plan {made.number} of {made.phase} {word}: {len(made.pairs)} reads, "
            f"{proof} within {said['gap']}, seed {said['seed']}."
        ),
        *(f"- {one}" for one in made.lacks),
    ]


def _say(challenge: str, made: AssignmentPlan, *, as_json: bool, dry_run: bool) -> None:
    lines = _lines(made)
    if not made.published:
        lines.append(f"Next: almoner assignment publish {challenge} {made.phase} {made.number} --by PERSON")
    show_document(_document(challenge, made), as_json=as_json, dry_run=dry_run, lines=lines)
