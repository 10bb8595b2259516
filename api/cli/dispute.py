"""``almoner dispute …``: a finding questioned, resolved, or accepted."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from ...contracts.acts import disputing, rounds
from ...contracts.agreement import Grounds
from ...contracts.claims import digest_of
from ...contracts.disputes import Dispute, Resolution, ResolutionOutcome
from ...contracts.envelopes import read_envelope
from ...contracts.records import agreements, disputes
from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid
from ...finance.money import grouped
from .settlements import find_grounds, settlement_document, settlements_since, show_settlements
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, amount_text, print_json, print_table
from .writing import (
    AgreementCode,
    AsName,
    ClaimCode,
    DryRun,
    Explain,
    Keys,
    Reason,
    Signatures,
    one_signature,
    read_bytes,
    reading,
    show_document,
    writing,
)

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Disputes: raised, resolved, waived.")
DisputeCode = Annotated[str, typer.Option("--code", help="Own code of the dispute in the agreement.")]
WhichDispute = Annotated[str, typer.Argument(metavar="DISPUTE", help="Code of the dispute.")]
GroundsOption = Annotated[Grounds, typer.Option("--grounds", help=f"One of {', '.join(get_args(Grounds))}.")]
Statement = Annotated[str, typer.Option("--statement", help="Why, in a sentence or two.")]
Counter = Annotated[
    Path | None, typer.Option("--evidence", metavar="FILE", help="Counter-evidence; only its digest.")
]
Outcome = Annotated[ResolutionOutcome, typer.Option("--outcome", help="What becomes of the finding.")]
Envelope = Annotated[
    Path | None, typer.Option("--determination", metavar="FILE", help="Signed finding that takes its place.")
]
Maker = Annotated[str, typer.Option("--maker", help="Party that proposes payouts, where approval is asked.")]
WaiverCode = Annotated[str, typer.Option("--code", help="Own code of the waiver.")]
NONE: list[str] = []
RESOLVER = "resolver"


@app.command("raise")
def raise_one(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    claim: ClaimCode,
    dispute: DisputeCode,
    name: AsName,
    grounds: GroundsOption,
    statement: Statement,
    evidence: Counter = None,
    *,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Question a finding. Example: almoner dispute raise pact c1 --code d1 --as city --grounds data_error.

    What would be paid on it is kept back until the resolver decides.
    """
    with writing(db, dry_run=dry_run) as session:
        raised = disputing.dispute(
            session,
            book,
            code,
            claim,
            by=name,
            grounds=grounds,
            statement=statement,
            evidence_sha256=digest_of(evidence.read_bytes()) if evidence is not None else "",
            key=dispute,
            clock=system_clock,
        )
    lines = [f"{dispute} is open on {claim}, round {raised.round}: {grounds.replace('_', ' ')}."]
    lines += [f"{amount_text(amount)} of {payer} is kept back." for payer, amount in raised.frozen.items()]
    if not raised.frozen:
        lines.append("Nothing is kept back: it was paid before, or pays nothing.")
    show_document(_document(raised), as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def resolve(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    dispute: WhichDispute,
    outcome: Outcome,
    reason: Reason,
    key: Keys = NONE,
    signature: Signatures = NONE,
    determination: Envelope = None,
    *,
    maker: Maker = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    explain: Explain = False,
    as_json: AsJson = False,
) -> None:
    """Decide a dispute. Example: almoner dispute resolve pact d1 --outcome upheld --reason R --key F.

    Overturned or partly: the finding that takes its place comes with --determination, signed by who found it.
    """
    found = read_envelope(read_bytes(determination)) if determination is not None else None
    with writing(db, dry_run=dry_run) as session:
        before = len(settlements_since(session, book, code, 0))
        stored = agreements.find_agreement(session, book, code)
        if not stored.agreement.document.resolver:
            raise DocumentInvalid(f"{code} names no resolver: nobody can decide a dispute under it.")
        ended = Resolution(
            agreement=code,
            dispute=dispute,
            outcome=outcome,
            resolver=stored.agreement.document.resolver,
            reason=reason,
            determination_sha256=found.digest() if found is not None else "",
        )
        ended = replace(ended, signature=one_signature(ended.signing_bytes(), key, signature, RESOLVER))
        disputing.resolve(session, book, code, ended, found, clock=system_clock, maker=maker)
        after = disputes.find_dispute(session, stored, dispute).dispute
        made = settlements_since(session, book, code, before)
        grounds = find_grounds(session, book, code, [after.claim]) if explain else None
        status = rounds.claim_status(session, book, code, after.claim, clock=system_clock)
    lines = [f"{dispute} is {outcome}; {after.claim} is {status.state.replace('_', ' ')}."]
    document = _document(after) | {
        "state": status.state,
        "reason": reason,
        "settlements": [settlement_document(one, grounds) for one in made],
    }
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)
    if not as_json:
        show_settlements(made, grounds)


@app.command()
def waive(
    code: AgreementCode,
    claim: ClaimCode,
    name: AsName,
    waiver: WaiverCode = "",
    *,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Accept a finding early. Example: almoner dispute waive pact c1 --as city.

    Once everybody with money in it has accepted it, it is final.
    """
    with writing(db, dry_run=dry_run) as session:
        before = rounds.claim_status(session, book, code, claim, clock=system_clock)
        named = waiver or f"{claim}#{before.round}#{name}"
        disputing.waive(session, book, code, claim, name, key=named, clock=system_clock)
        status = rounds.claim_status(session, book, code, claim, clock=system_clock)
    until = f" until {status.final_on}" if status.state == "provisional" else ""
    document = {"agreement": code, "claim": claim, "waived_by": name, "state": status.state}
    lines = [f"{name} accepts the finding on {claim}. It is {status.state.replace('_', ' ')}{until}."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command("list")
def list_all(
    code: AgreementCode, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """List the disputes of an agreement. Example: almoner dispute list pact."""
    with reading(db) as session:
        stored = agreements.find_agreement(session, book, code)
        rows = [one.dispute for one in disputes.list_stored(session, stored)]
    if as_json:
        print_json([_document(one) for one in rows])
        return
    print_table(
        f"Disputes of {code}",
        ("dispute", "claim", "round", "grounds", "by", "kept back", "outcome"),
        [
            (
                one.code,
                one.claim,
                str(one.round),
                one.grounds.replace("_", " "),
                one.raised_by,
                ", ".join(f"{grouped(kept.text)} {kept.unit.code}" for kept in one.frozen.values()),
                one.outcome or "open",
            )
            for one in rows
        ],
        right=(2, 5),
    )


def _document(one: Dispute) -> dict[str, Any]:
    return {
        "agreement": one.agreement,
        "claim": one.claim,
        "code": one.code,
        "round": one.round,
        "grounds": one.grounds,
        "raised_by": one.raised_by,
        "statement": one.statement,
        "evidence_sha256": one.evidence_sha256,
        "frozen": [
            {"payer": payer, "amount": kept.text, "unit": kept.unit.code}
            for payer, kept in one.frozen.items()
        ],
        "outcome": one.outcome or "open",
    }
