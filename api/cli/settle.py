"""``almoner settle AGREEMENT``: pay what final findings make due."""

from typing import Annotated

import typer

from ...contracts.acts import rounds, settling
from ...finance.dates import system_clock
from ...finance.storage import Session
from .settlements import find_grounds, settlement_document, show_settlements
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json
from .writing import AgreementCode, DryRun, Explain, told, writing

app = typer.Typer(add_completion=False)
ClaimOption = Annotated[str, typer.Option("--claim", help="Settle this claim only.")]
Maker = Annotated[str, typer.Option("--maker", help="Party that proposes payouts, where approval is asked.")]


@app.command()
def settle(
    code: AgreementCode,
    claim: ClaimOption = "",
    maker: Maker = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    explain: Explain = False,
    as_json: AsJson = False,
) -> None:
    """Pay what final findings make due, once. Example: almoner settle pact --dry-run --explain.

    Without --claim: every final finding in the order of decision, and what the calendar makes due.
    """
    with writing(db, dry_run=dry_run) as session:
        made = settling.settle(session, book, code, claim, clock=system_clock, maker=maker)
        waits = () if made or claim else _waits(session, book, code)
        grounds = find_grounds(session, book, code, [one.claim for one in made]) if explain else None
    if as_json:
        rows = [settlement_document(one, grounds) for one in made]
        print_json(told({"agreement": code, "settlements": rows}, dry_run=dry_run))
        return
    if not made:
        print(f"Nothing is due under {code} now.")
        for one in waits:
            print(f"- {one}")
    show_settlements(made, grounds)


def _waits(session: Session, book: str, code: str) -> tuple[str, ...]:
    """Say for each claim that is not settled what it waits for."""
    told = {
        "claimed": "{claim} waits for its verifiers",
        "determined": "{claim} waits for its verifiers",
        "in_disagreement": "{claim}: the verifiers disagree: it can be disputed, and the resolver decides",
        "provisional": "{claim} can be disputed until {until}",
        "disputed": "{claim} is in dispute",
        "final": "{claim} is final and cannot be paid: almoner settle {code} --claim {claim} says why",
    }
    return tuple(
        told[one.state].format(claim=one.claim.code, until=one.final_on, code=code)
        for one in rounds.list_claims(session, book, code, clock=system_clock)
        if one.state in told
    )
