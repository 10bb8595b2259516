"""``almoner award …``: proposed, approved, accepted, committed, declined, paid; every step by its person."""

from datetime import datetime
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.acts import Which
from ...challenges.acts.making import find_award
from ...challenges.awarding import Award
from ...challenges.awarding.awards import AwardRule
from ...challenges.records.awards import StoredAward
from ...challenges.records.briefs import find_challenge
from ...finance.ledger import Details
from ...finance.money import grouped, money
from .rounds import At, By, ChallengeCode, EntryCode, Person, clock_of, fund_of
from .sheets import day_of
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, amount_text, print_json, print_table
from .writing import DryRun, Reason, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Awards: proposed, approved, accepted, committed, paid."
)
PrizeNumber = Annotated[int, typer.Option("--prize", min=0, help="Which prize of the brief, from 0.")]
Part = Annotated[str, typer.Option("--part", help="Part of a prize in two parts: finalist, grand.")]
Amount = Annotated[str, typer.Option("--amount", help="How much, like 900.00.")]
PaidAmount = Annotated[str, typer.Option("--amount", help="Part of it; the whole award without it.")]
Rule = Annotated[AwardRule, typer.Option("--rule", help="By which it is decided.")]
Key = Annotated[str, typer.Option("--key", help="Names the payment: the same again pays nothing.")]
PaidOn = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day it counts for.")]


@app.command()
def propose(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    prize: PrizeNumber,
    amount: Amount,
    by: By,
    reason: Reason,
    *,
    rule: Rule = "discretionary",
    part: Part = "whole",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Propose an award. Example: almoner award propose W a-1 --prize 0 --amount 9.00 --by desk.

    The awards that the rules give are made at once by: almoner challenge decide W --award
    """
    with writing(db, dry_run=dry_run) as session:
        fund = fund_of(session, book, challenge)
        award = Award(
            application_id=application,
            amount=money(amount, fund.unit),
            rule=rule,
            rank=None,
            reason=reason,
            part=part,
        )
        made = acts.propose_award(session, fund, challenge, prize, award, maker=by, clock=clock_of(at, book))
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command()
def approve(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    prize: PrizeNumber,
    by: By,
    part: Part = "whole",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Approve it; its money moves. Example: almoner award approve W a-1 --prize 0 --by head."""
    with writing(db, dry_run=dry_run) as session:
        fund, which = fund_of(session, book, challenge), _which(prize, application, part)
        made = acts.approve_award(session, fund, challenge, which, actor=by, clock=clock_of(at, book))
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command()
def accept(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    prize: PrizeNumber,
    by: By,
    part: Part = "whole",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Accept it, as the lead. Example: almoner award accept W a-1 --prize 0 --by river-trust."""
    with writing(db, dry_run=dry_run) as session:
        fund, which = fund_of(session, book, challenge), _which(prize, application, part)
        made = acts.accept_award(session, fund, challenge, which, actor=by, clock=clock_of(at, book))
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command("commit")
def commit_award(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    prize: PrizeNumber,
    by: By,
    part: Part = "whole",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make it a commitment. Example: almoner award commit W a-1 --prize 0 --by desk."""
    with writing(db, dry_run=dry_run) as session:
        fund, which = fund_of(session, book, challenge), _which(prize, application, part)
        made = acts.commit_award(session, fund, challenge, which, actor=by, clock=clock_of(at, book))
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command()
def decline(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    prize: PrizeNumber,
    reason: Reason,
    part: Part = "whole",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End it, unwanted. Example: almoner award decline W a-1 --prize 0 --reason "Too late"."""
    with writing(db, dry_run=dry_run) as session:
        fund, which = fund_of(session, book, challenge), _which(prize, application, part)
        made = acts.decline_award(session, fund, challenge, which, reason=reason, clock=clock_of(at, book))
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command()
def lapse(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    prize: PrizeNumber,
    reason: Reason,
    part: Part = "whole",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End it after its time. Example: almoner award lapse W a-1 --prize 0 --reason "Not accepted in time"."""
    with writing(db, dry_run=dry_run) as session:
        fund, which = fund_of(session, book, challenge), _which(prize, application, part)
        made = acts.lapse_award(session, fund, challenge, which, reason=reason, clock=clock_of(at, book))
    _say(challenge, made, as_json=as_json, dry_run=dry_run)


@app.command()
def pay(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    prize: PrizeNumber,
    key: Key,
    part: Part = "whole",
    amount: PaidAmount = "",
    on: PaidOn = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Pay its lead out of the fund. Example: almoner award pay W a-1 --prize 0 --key 2027/17."""
    with writing(db, dry_run=dry_run) as session:
        fund, which = fund_of(session, book, challenge), _which(prize, application, part)
        stored = find_challenge(session, book, challenge)
        posted = acts.pay_award(
            session,
            fund,
            challenge,
            find_award(session, stored, which).award,
            key=key,
            clock=clock_of(at, book),
            details=Details(on=day_of(on)),
            amount=money(amount, fund.unit) if amount else None,
        )
        made = find_award(session, stored, which)
    document = {**award_document(made), "challenge": challenge, "transaction": str(posted.id)}
    lines = [f"Paid: {amount_text(made.paid)} of {amount_text(made.award.amount)} to {application}."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command("list")
def list_all(
    challenge: ChallengeCode,
    person: Person = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """List awards with state and reason. Example: almoner award list clean-water.

    Before the announcement only for somebody who says who looks, without awards in conflict: --person CODE.
    """
    with reading(db) as session:
        rows = acts.show_awards(session, book, challenge, person=person, clock=clock_of(at, book))
    if as_json:
        print_json([award_document(row) for row in rows])
        return
    print_table(
        f"Awards of {challenge}",
        ("prize", "application", "amount", "paid", "state", "reason"),
        [
            (
                str(row.prize),
                row.award.application_id,
                grouped(row.award.amount.text),
                grouped(row.paid.text),
                row.state,
                row.award.reason,
            )
            for row in rows
        ],
        right=(0, 2, 3),
    )


def award_document(row: StoredAward) -> dict[str, Any]:
    """Return an award as JSON values."""
    return {
        "prize": row.prize,
        "application": row.award.application_id,
        "part": row.award.part,
        "number": row.number,
        "amount": row.award.amount.text,
        "paid": row.paid.text,
        "unit": row.award.amount.unit.code,
        "state": row.state,
        "maker": row.maker,
        "rule": row.award.rule,
        "rank": None if row.award.rank is None else str(row.award.rank),
        "reason": row.award.reason,
    }


def _which(prize: int, application: str, part: str) -> Which:
    return Which(prize=prize, application=application, part=part)


def _say(challenge: str, row: StoredAward, *, as_json: bool, dry_run: bool) -> None:
    lines = [
        (
            f"{row.award.application_id}, prize {row.prize} of {challenge}: {amount_text(row.award.amount)}, "
            f"{row.state}."
        )
    ]
    show_document(
        {**award_document(row), "challenge": challenge}, as_json=as_json, dry_run=dry_run, lines=lines
    )
