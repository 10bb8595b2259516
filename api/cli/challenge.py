"""``almoner challenge …``: published, listed, shown, decided, announced, settled, concluded, cancelled."""

from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.awarding import Award
from ...challenges.brief import Brief
from ...challenges.lifecycle import state_at
from ...challenges.lint import lint
from ...challenges.records.awards import list_awards
from ...challenges.records.briefs import find_challenge, list_challenges
from ...challenges.records.moves import list_dated_moves
from ...challenges.records.submissions import list_submissions
from ...finance.dates import instant_text
from ...finance.money import grouped
from ...finance.records import registry
from .briefs import brief_document, print_brief
from .rounds import (
    NONE,
    At,
    BriefFile,
    ChallengeCode,
    PanelOrder,
    Person,
    TieSeed,
    Use,
    clock_of,
    fund_of,
    inputs_of,
)
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, amount_text, print_json, print_table
from .writing import DryRun, Reason, read_bytes, read_pairs, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Challenges: published, decided, announced, settled."
)
PrizeNumber = Annotated[int, typer.Option("--prize", min=0, help="Which prize of the brief, from 0.")]
MakeAwards = Annotated[bool, typer.Option("--award", help="Make the awards that the rules give.")]


@app.command()
def publish(
    file: BriefFile,
    use: Use = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish a brief; its prizes are set aside. Example: almoner challenge publish brief.json.

    A brief with an error of 'almoner brief lint' is refused, and so is one that the fund does not cover.
    """
    brief, clock = Brief.read(read_bytes(file)), clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        fund = registry.find_fund(session, book, brief.fund)
        made = acts.publish(session, fund, brief, clock=clock, use=read_pairs(use, "use"))
        total = brief.prize_total(fund.unit)
    warnings = lint(brief, now=clock())
    document = {
        "challenge": made.code,
        "fund": made.fund,
        "version": brief.version,
        "sha256": brief.digest(),
        "prizes": total.text,
        "unit": total.unit.code,
        "warnings": [{"place": row.pointer, "message": row.message, "fix": row.fix} for row in warnings],
    }
    lines = [f"{made.code} is published; {amount_text(total)} of {made.fund} are set aside for its prizes."]
    lines += [f"- {row.message} {row.fix}" for row in warnings]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command("list")
def list_all(
    db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, at: At = None, as_json: AsJson = False
) -> None:
    """List the challenges of a book. Example: almoner challenge list."""
    clock = clock_of(at, book)
    with reading(db) as session:
        stored = [find_challenge(session, book, code) for code in list_challenges(session, book)]
        rows = [
            {
                "code": one.challenge.code,
                "title": one.challenge.brief.title,
                "fund": one.challenge.fund,
                "state": state_at(one.challenge.brief, clock(), list_dated_moves(session, one.id)),
                "applications": len(list_submissions(session, one)),
                "awards": len(list_awards(session, one.id)) if acts.is_announced(session, one, clock) else 0,
            }
            for one in stored
        ]
    if as_json:
        print_json(rows)
        return
    columns = ("code", "title", "fund", "state", "applications", "awards")
    print_table(
        f"Challenges of {book}",
        ("challenge", "title", "fund", "state", "applications", "awards announced"),
        [tuple(str(row[name]) for name in columns) for row in rows],
        right=(4, 5),
    )


@app.command()
def show(
    challenge: ChallengeCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show state, phases, prizes and moves; never entries. Example: almoner challenge show clean-water.

    Entries: almoner ranking show, almoner application show. Awards: almoner award list.
    """
    clock = clock_of(at, book)
    with reading(db) as session:
        stored = find_challenge(session, book, challenge, clock())
        moves = list_dated_moves(session, stored.id)
        entries = len(list_submissions(session, stored))
    brief = stored.challenge.brief
    document = brief_document(brief) | {
        "state": state_at(brief, clock(), moves),
        "judging": stored.judging,
        "applications": entries,
        "moves": [{"to": move.to, "at": instant_text(move.at)} for move in moves],
    }
    if as_json:
        print_json(document)
        return
    print_brief(document)
    print(f"\n{document['state']}; {entries} applications; judging is {stored.judging}.")
    for row in document["moves"]:
        print(f"- {row['to']} at {row['at']}")


@app.command()
def cancel(
    challenge: ChallengeCode,
    reason: Reason,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Call it off; its money is free again. Example: almoner challenge cancel W --reason "No entries"."""
    with writing(db, dry_run=dry_run) as session:
        fund = fund_of(session, book, challenge)
        freed = acts.cancel(session, fund, challenge, reason=reason, clock=clock_of(at, book))
    document = {"challenge": challenge, "released": freed.text, "unit": freed.unit.code}
    lines = [f"{challenge} is cancelled; {amount_text(freed)} are free again."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def decide(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    person: Person = "",
    tie_seed: TieSeed = "",
    panel_order: PanelOrder = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    award: MakeAwards = False,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say what the rules give; --award makes it so. Example: almoner challenge decide W --person chair.

    Until it is announced it is shown only to somebody without a conflict.
    """
    clock = clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        acts.require_unconflicted(session, book, challenge, person=person, clock=clock)
        fund = fund_of(session, book, challenge)
        inputs = inputs_of(session, book, challenge, clock, tie_seed, panel_order)
        decision = acts.decision_of(session, fund, challenge, clock=clock, inputs=inputs)
        if award:
            for prize, awards in decision.items():
                acts.award(session, fund, challenge, prize, awards, clock=clock)
    rows = [_award(prize, one) for prize, awards in sorted(decision.items()) for one in awards]
    if as_json:
        print_json({"challenge": challenge, "awarded": award and not dry_run, "awards": rows})
        return
    print_table(
        f"Awards of {challenge}{'' if award else ', not made yet'}",
        ("prize", "application", "amount", "rank", "rule", "reason"),
        [
            (
                str(row["prize"]),
                row["application"],
                grouped(row["amount"]),
                row["rank"] or "",
                row["rule"],
                row["reason"],
            )
            for row in rows
        ],
        right=(0, 2, 3),
    )


@app.command()
def announce(
    challenge: ChallengeCode,
    reason: Reason,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Announce the decision; appeals can be filed. Example: almoner challenge announce W --reason "Read"."""
    clock = clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        acts.announce(session, fund_of(session, book, challenge), challenge, reason=reason, clock=clock)
        brief = find_challenge(session, book, challenge, clock()).challenge.brief
    until = instant_text(clock() + brief.appeal_policy.window)
    document = {"challenge": challenge, "announced_at": instant_text(clock()), "appeals_until": until}
    lines = [f"{challenge} is announced. Appeals can be filed until {until}."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def settle(
    challenge: ChallengeCode,
    prize: PrizeNumber,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Settle a prize after its appeals. Example: almoner challenge settle clean-water --prize 0."""
    with writing(db, dry_run=dry_run) as session:
        fund = fund_of(session, book, challenge)
        made = acts.settle_prize(session, fund, challenge, prize, clock=clock_of(at, book))
    document = {
        "challenge": challenge,
        "prize": prize,
        "rest": made.rest.text,
        "released": made.released.text,
        "unit": made.rest.unit.code,
    }
    lines = [
        (
            f"Prize {prize} of {challenge} is settled: nobody won {amount_text(made.rest)}, "
            f"{amount_text(made.released)} are free again."
        )
    ]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def conclude(
    challenge: ChallengeCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End a challenge; what nobody won is free again. Example: almoner challenge conclude clean-water."""
    with writing(db, dry_run=dry_run) as session:
        fund = fund_of(session, book, challenge)
        freed = acts.conclude(session, fund, challenge, clock=clock_of(at, book))
    document = {"challenge": challenge, "released": freed.text, "unit": freed.unit.code}
    lines = [f"{challenge} has ended; {amount_text(freed)} are free again."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


def _award(prize: int, one: Award) -> dict[str, Any]:
    return {
        "prize": prize,
        "application": one.application_id,
        "amount": one.amount.text,
        "unit": one.amount.unit.code,
        "rank": None if one.rank is None else str(one.rank),
        "rule": one.rule,
        "part": one.part,
        "reason": one.reason,
    }
