"""``almoner agreement …`` once it is signed: suspended, resumed, measured, terminated, closed, amended."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ...contracts.acts import amending, ending
from ...contracts.agreement import Agreement, consent_bytes
from ...contracts.amendments import ProposedAmendment, amendment_bytes
from ...contracts.records import agreements
from ...contracts.settlement import Settlement
from ...contracts.terms.amendment import Amendment
from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid
from ...finance.money import Money
from .settlements import Grounds, find_grounds, settlement_document, settlements_since, show_settlements
from .sheets import day_of
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, amount_text, print_json, print_table
from .writing import (
    AgreementCode,
    AsName,
    DryRun,
    Explain,
    Keys,
    Reason,
    Signatures,
    gather_signatures,
    one_signature,
    read_bytes,
    reading,
    show_document,
    writing,
)

ActCode = Annotated[
    str, typer.Option("--act-code", metavar="CODE", help="Own code of the act in the agreement.")
]
OnDay = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day on which it ends.")
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Amendment (JSON); - for standard input.")]
Amended = Annotated[str, typer.Argument(metavar="AMENDMENT", help="Code of the amendment in the agreement.")]
Maker = Annotated[str, typer.Option("--maker", help="Party that proposes payouts, where approval is asked.")]
NONE: list[str] = []


def suspend(
    code: AgreementCode,
    act_code: ActCode,
    reason: Reason,
    key: Keys = NONE,
    signature: Signatures = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Stop it for a while. Example: almoner agreement suspend pact --act-code s1 --reason R --key NAME=FILE.

    Everybody with money in it signs: --key NAME=FILE or --signature NAME=HEX, repeated.
    """
    content = consent_bytes(code, "suspend", key=act_code, reason=reason)
    given = gather_signatures(content, key, signature)
    with writing(db, dry_run=dry_run) as session:
        made = ending.suspend(session, book, code, given, reason=reason, key=act_code, clock=system_clock)
    _say(made, as_json=as_json, dry_run=dry_run)


def resume(
    code: AgreementCode,
    act_code: ActCode,
    reason: Reason,
    key: Keys = NONE,
    signature: Signatures = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let it go on. Example: almoner agreement resume pact --act-code s1 --reason R --key NAME=FILE."""
    content = consent_bytes(code, "resume", key=act_code, reason=reason)
    given = gather_signatures(content, key, signature)
    with writing(db, dry_run=dry_run) as session:
        made = ending.resume(session, book, code, given, reason=reason, key=act_code, clock=system_clock)
    _say(made, as_json=as_json, dry_run=dry_run)


def measure(
    code: AgreementCode,
    name: AsName,
    key: Keys = NONE,
    signature: Signatures = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say that no more results come. Example: almoner agreement measure pact --as city.

    Before the last day for claims everybody with money in it signs: --key NAME=FILE, repeated.
    """
    given = (
        gather_signatures(consent_bytes(code, "measure"), key, signature, name) if key or signature else {}
    )
    with writing(db, dry_run=dry_run) as session:
        made = ending.measure(session, book, code, by=name, clock=system_clock, signatures=given)
    _say(made, as_json=as_json, dry_run=dry_run)


def terminate(
    code: AgreementCode,
    reason: Reason,
    on: OnDay = None,
    key: Keys = NONE,
    signature: Signatures = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End it early. Example: almoner agreement terminate pact --reason R --key NAME=FILE."""
    day = day_of(on) or system_clock().date()
    content = consent_bytes(code, "terminate", reason=reason, on=day.isoformat())
    given = gather_signatures(content, key, signature)
    with writing(db, dry_run=dry_run) as session:
        made = ending.terminate(session, book, code, given, on=day, reason=reason, clock=system_clock)
    _say(made, as_json=as_json, dry_run=dry_run)


def close(
    code: AgreementCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Close what is settled; the rest of its money is free. Example: almoner agreement close pact."""
    with writing(db, dry_run=dry_run) as session:
        given_back = ending.close(session, book, code, clock=system_clock)
        made = agreements.find_agreement(session, book, code).agreement
    _say(made, given_back, as_json=as_json, dry_run=dry_run)


def amend(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    file: File,
    act_code: ActCode,
    name: AsName,
    key: Keys = NONE,
    signature: Signatures = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make an amendment. Example: almoner agreement amend pact a.json --act-code a1 --as city --key F."""
    amendment = Amendment.read(read_bytes(file))
    signed = one_signature(amendment_bytes(code, act_code, amendment), key, signature, name)
    with writing(db, dry_run=dry_run) as session:
        made = amending.propose_amendment(
            session, book, code, amendment, by=name, signature=signed, key=act_code, clock=system_clock
        )
    _say_amendment(made, (), None, as_json=as_json, dry_run=dry_run)


def approve(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    amended: Amended,
    name: AsName = "",
    key: Keys = NONE,
    signature: Signatures = NONE,
    maker: Maker = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    explain: Explain = False,
    as_json: AsJson = False,
) -> None:
    """Approve an amendment. Example: almoner agreement approve pact a1 --as home --key home.key.

    With the last approval it is in force, if what it may cost more can be set aside; otherwise it is refused.
    """
    with writing(db, dry_run=dry_run) as session:
        known = {one.code: one for one in amending.list_amendments(session, book, code)}
        if amended not in known:
            raise DocumentInvalid(
                f"{code} has no amendment {amended!r}. Amendments: {', '.join(known) or 'none'}.", got=amended
            )
        content = amendment_bytes(code, amended, known[amended].amendment)
        given = gather_signatures(content, key, signature, name)
        before = len(settlements_since(session, book, code, 0))
        made = amending.approve_amendment(
            session, book, code, amended, given, clock=system_clock, maker=maker
        )
        settled = settlements_since(session, book, code, before)
    grounds: Grounds | None = {} if explain else None
    _say_amendment(made, settled, grounds, as_json=as_json, dry_run=dry_run)


def amendments(
    code: AgreementCode, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """List amendments and who has yet to approve. Example: almoner agreement amendments pact."""
    with reading(db) as session:
        rows = [_amendment(one) for one in amending.list_amendments(session, book, code)]
    if as_json:
        print_json(rows)
        return
    print_table(
        f"Amendments of {code}",
        ("amendment", "from", "made by", "waits for", "changes"),
        [
            (
                row["code"],
                row["effective_on"],
                row["maker"],
                ", ".join(row["missing"]) or "in force",
                "; ".join(row["changes"]),
            )
            for row in rows
        ],
    )


def history(
    code: AgreementCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    explain: Explain = False,
    as_json: AsJson = False,
) -> None:
    """List every settlement, with its reasons. Example: almoner agreement history pact --explain."""
    with reading(db) as session:
        made = settlements_since(session, book, code, 0)
        grounds = find_grounds(session, book, code, [one.claim for one in made]) if explain else None
    if as_json:
        print_json([settlement_document(one, grounds) for one in made])
        return
    if not made:
        print(f"Nothing was settled under {code} yet.")
    show_settlements(made, grounds)


def _say(
    agreement: Agreement, given_back: dict[str, Money] | None = None, *, as_json: bool, dry_run: bool
) -> None:
    lines = [f"{agreement.code} is {agreement.state}."]
    lines += [
        f"{amount_text(amount)} of {payer} is free again." for payer, amount in (given_back or {}).items()
    ]
    document: dict[str, Any] = {"code": agreement.code, "state": agreement.state}
    if given_back is not None:
        document["released"] = [
            {"payer": payer, "amount": amount.text, "unit": amount.unit.code}
            for payer, amount in given_back.items()
        ]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


def _amendment(one: ProposedAmendment) -> dict[str, Any]:
    return {
        "agreement": one.agreement,
        "code": one.code,
        "effective_on": one.amendment.effective_on,
        "reason": one.amendment.reason,
        "maker": one.maker,
        "approved": list(one.approved),
        "missing": list(one.missing),
        "in_force": one.in_force,
        "changes": list(one.changes),
    }


def _say_amendment(
    one: ProposedAmendment,
    settled: Sequence[Settlement],
    grounds: Grounds | None,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    standing = "in force" if one.in_force else f"not approved yet by {', '.join(one.missing)}"
    lines = [f"Amendment {one.code} of {one.agreement}, from {one.amendment.effective_on}: {standing}."]
    lines += [f"- {change}" for change in one.changes]
    document = _amendment(one) | {"settlements": [settlement_document(row, grounds) for row in settled]}
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)
    if not as_json:
        show_settlements(settled, grounds)


MOVES = (suspend, resume, measure, terminate, close, amend, approve, amendments, history)
