"""``almoner judge …``: registered, declared, recused; what they are to read, and how they marked."""

from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.conflicts import Interest, Mark
from ...challenges.conflicts.identity import MARK_KINDS
from ...challenges.conflicts.interests import INTEREST_KINDS, InterestKind
from ...challenges.judges import MOST_READS, Judge
from ...challenges.records.briefs import find_challenge
from ...challenges.records.interests import list_judges
from ...finance.errors import DocumentInvalid
from .application import show_seen
from .rounds import NONE, At, By, ChallengeCode, EntryCode, JudgeCode, PhaseCode, clock_of, figure
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import DryRun, Reason, read_pairs, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Judges: registered, declared, recused; what they read."
)
Organisation = Annotated[str, typer.Option("--organisation", help="Code of who employs the judge.")]
Least = Annotated[int, typer.Option("--least", min=0, help="Fewest reads.")]
Most = Annotated[int, typer.Option("--most", min=0, help="Most reads.")]
Attributes = Annotated[list[str], typer.Option("--attribute", help="Like senior; may be repeated.")]
Languages = Annotated[list[str], typer.Option("--language", help="That the judge reads; may be repeated.")]
Panel = Annotated[str, typer.Option("--panel", help="On which the judge sits.")]
Marks = Annotated[
    list[str],
    typer.Option("--mark", metavar="KIND=VALUE", help=f"By what one is recognised: {', '.join(MARK_KINDS)}."),
]
Actors = Annotated[
    list[str],
    typer.Option("--actor", metavar="CODE=KIND", help="What ties the judge to an actor, or none; repeated."),
]
Kind = Annotated[InterestKind, typer.Argument(metavar="KIND", help=f"One of {', '.join(INTEREST_KINDS)}.")]
OfPhase = Annotated[str, typer.Option("--phase", help="With --judge: what there is to read in this phase.")]
OfJudge = Annotated[str, typer.Option("--judge", help="Code of one judge.")]


@app.command()
def register(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    judge: JudgeCode,
    *,
    organisation: Organisation = "",
    least: Least = 0,
    most: Most = MOST_READS,
    attribute: Attributes = NONE,
    language: Languages = NONE,
    panel: Panel = "",
    mark: Marks = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Register a judge. Example: almoner judge register W j-1 --organisation school --most 10."""
    if least > most:
        raise DocumentInvalid(f"The fewest reads, {least}, are more than the most, {most}.")
    made = Judge(
        code=judge,
        organisation=organisation,
        load=(least, most),
        attributes=tuple(attribute),
        languages=tuple(language),
        panel=panel,
    )
    marks = [_mark(judge, one) for one in mark]
    with writing(db, dry_run=dry_run) as session:
        acts.register_judge(session, book, challenge, made, clock=clock_of(at, book), marks=marks)
    lines = [f"{judge} is registered for {challenge}.", *(f"- {one}" for one in marks)]
    show_document(_judge(made), as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def declare(
    challenge: ChallengeCode,
    judge: JudgeCode,
    actor: Actors = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Declare against all. Example: almoner judge declare W j-1 --actor river=none --actor lab=family.

    Without --actor it lists the actors against whom nothing was declared yet.
    """
    with writing(db, dry_run=dry_run or not actor) as session:
        if actor:
            kinds = read_pairs(actor, "actor")
            acts.declare(session, book, challenge, judge, kinds, clock=clock_of(at, book))
        left = acts.undeclared(session, book, challenge).get(judge, ())
    document = {"challenge": challenge, "judge": judge, "undeclared": list(left)}
    lines = [f"{judge} has declared against everybody."] if not left else [f"{judge} has yet to say of:"]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=[*lines, *(f"- {one}" for one in left)])


@app.command()
def interest(  # noqa: PLR0913  # one option each
    judge: JudgeCode,
    kind: Kind,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Code of the other one.")],
    by: By,
    source: Annotated[str, typer.Option("--source", help="Who says so.")] = "own statement",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put on record what ties two parties. Example: almoner judge interest j-1 family river --by j-1."""
    made = Interest(a=judge, b=party, kind=kind, source=source)
    with writing(db, dry_run=dry_run) as session:
        acts.declare_interest(session, book, made, by=by, clock=clock_of(at, book))
    document = {"from": judge, "kind": kind, "to": party, "source": source, "by": by}
    show_document(document, as_json=as_json, dry_run=dry_run, lines=[f"On record: {made}."])


@app.command()
def recuse(
    challenge: ChallengeCode,
    judge: JudgeCode,
    application: EntryCode,
    reason: Reason,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Step back from an entry, for good. Example: almoner judge recuse W j-1 a-1 --reason "A friend"."""
    with writing(db, dry_run=dry_run) as session:
        acts.recuse(session, book, challenge, judge, application, reason=reason, clock=clock_of(at, book))
    document = {"challenge": challenge, "judge": judge, "application": application, "reason": reason}
    lines = [f"{judge} has stepped back from {application}."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def override(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    judge: JudgeCode,
    application: EntryCode,
    reason: Reason,
    by: By,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Answer for a soft conflict. Example: almoner judge override W j-1 a-1 --by chair --reason Old."""
    with writing(db, dry_run=dry_run) as session:
        acts.override_conflict(
            session,
            book,
            challenge,
            judge,
            application,
            reason=reason,
            signer=by,
            clock=clock_of(at, book),
        )
    document = {
        "challenge": challenge,
        "judge": judge,
        "application": application,
        "reason": reason,
        "signer": by,
    }
    lines = [f"{by} answers for {judge} reading {application}."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command("list")
def list_all(
    challenge: ChallengeCode,
    phase: OfPhase = "",
    judge: OfJudge = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """List judges, or one's reading. Example: almoner judge list W --phase panel --judge j-1."""
    with reading(db) as session:
        if phase and judge:
            pile = acts.list_to_read(session, book, challenge, phase, judge, clock=clock_of(at, book))
            rows: list[dict[str, Any]] = []
        else:
            pile = ()
            left = acts.undeclared(session, book, challenge)
            known = list_judges(session, find_challenge(session, book, challenge))
            rows = [{**_judge(one), "undeclared": len(left.get(one.code, ()))} for one in known]
    if phase and judge:
        if as_json:
            print_json({"challenge": challenge, "phase": phase, "judge": judge, "to_read": list(pile)})
        else:
            print_table(f"{judge} reads in {phase}", ("application",), [(one,) for one in pile])
        return
    if as_json:
        print_json(rows)
        return
    print_table(
        f"Judges of {challenge}",
        ("judge", "organisation", "reads", "attributes", "languages", "panel", "to declare"),
        [
            (
                row["judge"],
                row["organisation"],
                _load(row["load"]),
                ", ".join(row["attributes"]),
                ", ".join(row["languages"]),
                row["panel"],
                str(row["undeclared"]),
            )
            for row in rows
        ],
        right=(6,),
    )


@app.command("open")
def open_one(
    challenge: ChallengeCode,
    phase: PhaseCode,
    application: EntryCode,
    judge: JudgeCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Open an entry as its judge; it is recorded. Example: almoner judge open W panel a-1 j-1."""
    with writing(db, dry_run=False) as session:
        seen = acts.open_entry(session, book, challenge, phase, application, judge, clock=clock_of(at, book))
    show_seen(application, "assigned_judge", seen, as_json=as_json)


@app.command()
def effect(
    challenge: ChallengeCode,
    phase: PhaseCode,
    judge: JudgeCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Tell a judge how the own marks lay. Example: almoner judge effect clean-water panel j-1."""
    with reading(db) as session:
        own = acts.show_own_effect(session, book, challenge, phase, judge, clock=clock_of(at, book))
    if as_json:
        print_json(
            {
                "judge": judge,
                "effect": figure(own.effect),
                "standard_error": figure(own.standard_error),
                "reads": own.reads,
            }
        )
        return
    print(
        f"{judge}: {own.effect:+.3f} points against the others on the same work, "
        f"standard error {figure(own.standard_error)}."
    )


def _judge(one: Judge) -> dict[str, Any]:
    return {
        "judge": one.code,
        "organisation": one.organisation,
        "load": list(one.load),
        "attributes": list(one.attributes),
        "languages": list(one.languages),
        "panel": one.panel,
    }


def _load(load: list[int]) -> str:
    return f"{load[0]} to {load[1]}" if load[1] < MOST_READS else f"from {load[0]}"


def _mark(judge: str, given: str) -> Mark:
    name, _, value = given.partition("=")
    kind = next((one for one in MARK_KINDS if one == name), None)
    if kind is None or not value.strip():
        raise DocumentInvalid(
            f"{given!r} is no mark. Write KIND=VALUE, of kind {', '.join(MARK_KINDS)}.", got=given
        )
    return Mark(holder=judge, kind=kind, value=value)
