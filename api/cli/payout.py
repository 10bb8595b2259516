"""``almoner payout …``: listed, traced from givers to log, approved or rejected, carried out, returned."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from ...contracts.acts import recovering, showing, tracing
from ...contracts.payout_trace import trace_document
from ...contracts.records import agreements
from ...contracts.settlement import Payout
from ...finance import acts as finance_acts
from ...finance.dates import system_clock
from ...finance.errors import Missing
from ...finance.money import money
from ...finance.signatures import sign_bytes
from ...finance.storage import Session
from .settlements import PAYOUT_COLUMNS, payout_cells, payout_document
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, amount_text, print_json, print_table
from .trails import show_trail
from .writing import AgreementCode, DryRun, read_secret, reading, show_document, writing

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Payouts: traced, approved or rejected, carried out, returned.",
)
PayoutId = Annotated[UUID, typer.Argument(metavar="PAYOUT", help="Identity of the payout.")]
OneAgreement = Annotated[str, typer.Argument(metavar="[AGREEMENT]", help="Of one agreement only.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="What came back, like 1200.00.")]
ReturnCode = Annotated[
    str, typer.Option("--code", help="Own code of the return; the same again is one return.")
]
Approver = Annotated[str, typer.Option("--as", metavar="PARTY", help="Code of the party that approves.")]
Rejecter = Annotated[str, typer.Option("--as", metavar="PARTY", help="Code of the party that rejects.")]
Reason = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why, in words for who proposed it.")]
Maker = Annotated[str, typer.Option("--as", metavar="PARTY", help="Code of the party that proposes it.")]
ApproverKey = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Its secret key, where it has registered one.")
]


@app.command("list")
def list_all(
    code: OneAgreement = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """List payouts in the order of settlements. Example: almoner payout list pact."""
    with reading(db) as session:
        codes = [code] if code else agreements.list_agreements(session, book)
        rows = [one for name in codes for one in showing.list_payouts(session, book, name)]
    if as_json:
        print_json([payout_document(one) for one in rows])
        return
    print_table(f"Payouts of {code or book}", PAYOUT_COLUMNS, [payout_cells(one) for one in rows], right=(5,))


@app.command()
def trace(
    payout: PayoutId, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """Follow a payout from contribution to log. Example: almoner payout trace PAYOUT.

    The identity is that of the payout, or of the transaction that carried it out.
    """
    with reading(db) as session:
        document = trace_document(tracing.trace_payout(session, book, payout))
    if as_json:
        print_json(document)
    else:
        show_trail(document)


@app.command()
def approve(
    code: AgreementCode,
    payout: PayoutId,
    approver: Approver,
    key: ApproverKey = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Approve a payout that waits. Example: almoner payout approve pact PAYOUT --as treasurer."""
    with writing(db, dry_run=dry_run) as session:
        waiting = _proposal_of(session, book, code, payout)
        proposal = finance_acts.find_proposal(session, book, waiting, clock=system_clock)
        signed = None if key is None else sign_bytes(read_secret(key), proposal.signing_bytes())
        given = f"payout#{payout}#{approver}"
        proposal = finance_acts.approve(
            session, book, waiting, approver=approver, key=given, clock=system_clock, signature=signed
        )
    approvers = [one.approver for one in proposal.approvals]
    more = proposal.needed - len(approvers)
    carried = f"Next: almoner payout carry-out {code} {payout}"
    told = carried if more <= 0 else f"{more} more {'has' if more == 1 else 'have'} to approve it."
    show_document(
        {"payout": str(payout), "proposal": str(waiting), "approved_by": approvers},
        as_json=as_json,
        dry_run=dry_run,
        lines=[f"Approved by {', '.join(approvers)}. {told}"],
    )


@app.command()
def reject(
    code: AgreementCode,
    payout: PayoutId,
    party: Rejecter,
    reason: Reason,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Reject a payout that waits. Example: almoner payout reject pact PAYOUT --as treasurer --why twice.

    It stays due, and its money stays set aside, until it is proposed again.
    """
    with writing(db, dry_run=dry_run) as session:
        waiting = _proposal_of(session, book, code, payout)
        finance_acts.reject(
            session,
            book,
            waiting,
            party=party,
            reason=reason,
            key=f"reject#{waiting}#{party}",
            clock=system_clock,
        )
    show_document(
        {"payout": str(payout), "proposal": str(waiting), "rejected_by": party, "reason": reason},
        as_json=as_json,
        dry_run=dry_run,
        lines=[f"Rejected by {party}: {reason} Next: almoner payout propose {code} {payout}"],
    )


@app.command()
def propose(
    code: AgreementCode,
    payout: PayoutId,
    maker: Maker,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Propose a rejected payout again. Example: almoner payout propose pact PAYOUT --as clerk."""
    with writing(db, dry_run=dry_run) as session:
        made = recovering.propose_again(session, book, code, payout, maker=maker, clock=system_clock)
    words = f"{amount_text(made.amount)} to {made.party} waits for approval again."
    _say(made, words, as_json=as_json, dry_run=dry_run)


@app.command("carry-out")
def carry_out(
    code: AgreementCode,
    payout: PayoutId,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Pay what waited, once enough have approved. Example: almoner payout carry-out pact PAYOUT."""
    with writing(db, dry_run=dry_run) as session:
        done = recovering.carry_out(session, book, code, payout, clock=system_clock)
    _say(done, f"{amount_text(done.amount)} paid to {done.party}.", as_json=as_json, dry_run=dry_run)


@app.command("take-back")
def take_back(
    code: AgreementCode,
    payout: PayoutId,
    amount: Amount,
    key: ReturnCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Book money that a payee returned. Example: almoner payout take-back pact PAYOUT 1200.00 --code r1."""
    with writing(db, dry_run=dry_run) as session:
        unit = _find(session, book, code, payout).amount.unit
        done = recovering.take_back(
            session, book, code, payout, money(amount, unit), key=key, clock=system_clock
        )
    left = done.amount - done.done
    came, owed = amount_text(done.done), amount_text(done.amount)
    words = f"{came} of {owed} came back from {done.party}; {amount_text(left)} is still out."
    _say(done, words, as_json=as_json, dry_run=dry_run)


def _find(session: Session, book: str, code: str, payout: UUID) -> Payout:
    found = next((one for one in showing.list_payouts(session, book, code) if one.id == payout), None)
    if found is None:
        raise Missing(
            f"{code} has no payout {payout}. See: almoner payout list {code}", what="payout", code=str(payout)
        )
    return found


def _proposal_of(session: Session, book: str, code: str, payout: UUID) -> UUID:
    waiting = _find(session, book, code, payout).proposal
    if waiting is None:
        raise Missing(f"The payout {payout} does not wait for approval.", what="proposal", code=str(payout))
    return waiting


def _say(one: Payout, words: str, *, as_json: bool, dry_run: bool) -> None:
    show_document(payout_document(one), as_json=as_json, dry_run=dry_run, lines=[words])
