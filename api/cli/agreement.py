"""``almoner agreement …``: drafted, signed, changed, ended; stated and taken again from its events."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ...contracts.acts import agreeing, replaying, stating
from ...contracts.agreement import Agreement, AgreementDocument, consent_bytes
from ...contracts.amendments import amendment_bytes
from ...contracts.records import agreements
from ...contracts.terms.amendment import Amendment
from ...contracts.terms.bounds import prove
from ...contracts.terms.compiled import compile_terms
from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid
from ...finance.money import decimal_text, grouped
from ...finance.storage import Session
from ..problems import DONE, FINDING
from .agreement_moves import MOVES, ActCode, OnDay
from .sheets import Csv, Html, PaperSize, day_of, show_sheet
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table, progress
from .writing import (
    AgreementCode,
    DryRun,
    Keys,
    Out,
    Reason,
    Signatures,
    gather_signatures,
    read_bytes,
    reading,
    show_document,
    write_bytes,
    writing,
)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Agreements: drafted, signed, amended, ended, stated."
)
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="Agreement document (JSON); - for standard input.")
]
NewCode = Annotated[str, typer.Option("--code", help="Code of the agreement in the book.")]
Name = Annotated[str, typer.Option("--as", metavar="NAME", help="Who signs: the name in the agreement.")]
OutOf = Annotated[
    str, typer.Option("--out-of", metavar="COMMITMENT", help="Commitment of the fund that becomes its money.")
]
For = Annotated[
    Literal["sign", "amend", "suspend", "resume", "measure", "terminate"],
    typer.Option("--for", help="Which act the bytes are signed for."),
]
AmendmentFile = Annotated[
    Path | None, typer.Option("--amendment", help="Amendment (JSON), with --for amend.")
]


@app.command()
def draft(
    file: File,
    code: NewCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Draft an agreement; it binds nobody. Example: almoner agreement draft a.json --code pact.

    Its terms are checked and the most it can cost is proven. Other content is the next version of the draft.
    """
    document = AgreementDocument.read(read_bytes(file))
    with writing(db, dry_run=dry_run) as session:
        made = agreeing.draft(session, book, code, document, clock=system_clock)
    _say(made, most=_most(document), as_json=as_json, dry_run=dry_run)


@app.command()
def propose(
    code: AgreementCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fix a draft, so that it can be signed. Example: almoner agreement propose pact."""
    with writing(db, dry_run=dry_run) as session:
        made = agreeing.propose(session, book, code, clock=system_clock)
        document = _described(session, made)
    _say(made, document, as_json=as_json, dry_run=dry_run)


@app.command()
def withdraw(
    code: AgreementCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take back what not everybody has signed. Example: almoner agreement withdraw pact."""
    with writing(db, dry_run=dry_run) as session:
        made = agreeing.withdraw(session, book, code, clock=system_clock)
    _say(made, as_json=as_json, dry_run=dry_run)


@app.command()
def sign(
    code: AgreementCode,
    name: Name = "",
    key: Keys = [],  # noqa: B006  # typer copies it
    signature: Signatures = [],  # noqa: B006  # as above
    out_of: OutOf = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Sign; the last one sets money aside. Example: almoner agreement sign pact --as city --key city.key.

    The bytes that are signed: almoner agreement bytes pact. Several at once: --key NAME=FILE, repeated.
    """
    with writing(db, dry_run=dry_run) as session:
        content = agreements.find_agreement(session, book, code).agreement.signing_bytes()
        made = agreeing.sign(
            session,
            book,
            code,
            gather_signatures(content, key, signature, name),
            clock=system_clock,
            out_of=Promise("commitment", out_of) if out_of else None,
        )
        document = _described(session, made)
    _say(made, document, as_json=as_json, dry_run=dry_run)


@app.command("bytes")
def signing_bytes(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    act: For = "sign",
    amendment: AmendmentFile = None,
    act_code: ActCode = "",
    reason: Reason = "",
    on: OnDay = None,
    out: Out = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Write the exact bytes that are signed, as hexadecimal digits. Example: almoner agreement bytes pact.

    With --out they are written as they are, for a signer that reads a file.
    """
    with reading(db) as session:
        agreement = agreements.find_agreement(session, book, code).agreement
    if act == "sign":
        content = agreement.signing_bytes()
    elif act == "amend":
        if amendment is None or not act_code:
            raise DocumentInvalid("Give the amendment: --amendment FILE, and its own code: --act-code CODE.")
        content = amendment_bytes(code, act_code, Amendment.read(read_bytes(amendment)))
    else:
        day = day_of(on)
        content = consent_bytes(
            code, act, key=act_code, reason=reason, on=day.isoformat() if day is not None else ""
        )
    if out is not None:
        out.write_bytes(content)
        progress(f"Written: {out}, {len(content)} bytes")
    if as_json:
        print_json({"agreement": code, "act": act, "bytes": content.hex()})
    elif out is None:
        print(content.hex())


@app.command()
def show(
    code: AgreementCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show state, parties, signatures and money. Example: almoner agreement show pact."""
    with reading(db) as session:
        agreement = agreements.find_agreement(session, book, code).agreement
        document = _described(session, agreement)
    if as_json:
        print_json(document)
        return
    print(f"{document['title']} ({code}): {agreement.state}")
    for line in _next_lines(agreement):
        print(line)
    print_table(
        "\nParties",
        ("name", "party", "role", "signed"),
        [
            (one["name"], one["party"], one["role"], "yes" if one["signed"] else "no")
            for one in document["parties"]
        ],
    )
    _show_sources(document)


@app.command("list")
def list_all(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """List the agreements of a book. Example: almoner agreement list."""
    with reading(db) as session:
        found = [
            agreements.find_agreement(session, book, code)
            for code in agreements.list_agreements(session, book)
        ]
        rows = [_described(session, one.agreement) for one in found]
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            row["code"],
            row["state"],
            one["payer"],
            one["fund"],
            one["unit"],
            grouped(one["most"]),
            grouped(one["encumbered"]),
        )
        for row in rows
        for one in row["sources"]
        or [dict.fromkeys(("payer", "fund", "unit"), "") | {"most": "0", "encumbered": "0"}]
    ]
    columns = ("agreement", "state", "payer", "fund", "unit", "most", "still set aside")
    print_table(f"Agreements of {book}", columns, lines, right=(5, 6))


@app.command()
def statement(
    code: AgreementCode,
    party: Annotated[
        str, typer.Option("--party", help="Name in the agreement: only what it pays or gets.")
    ] = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    csv: Csv = None,
    html: Html = None,
    paper: PaperSize = "A4",
    as_json: AsJson = False,
) -> None:
    """State what was earned, paid and kept back. Example: almoner agreement statement pact --party home."""
    with reading(db) as session:
        sheet = stating.party_statement(session, book, code, party)
    show_sheet(sheet, as_json=as_json, csv=csv, html=html, paper=paper)


@app.command()
def replay(
    code: AgreementCode,
    out: Out = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> int:
    """Take it again from its events; exits 1 on a difference. Example: almoner agreement replay pact."""
    with reading(db) as session:
        taken = replaying.replay(session, book, code)
    if out is not None:
        write_bytes(out, taken.content)
    if as_json:
        print_json(
            {
                "agreement": code,
                "steps": taken.steps,
                "sha256": taken.sha256,
                "same": not taken.differences,
                "differences": list(taken.differences),
            }
        )
    elif out is None or taken.differences:
        answer = f"{len(taken.differences)} differences" if taken.differences else "the same, to the byte"
        print(f"{taken.steps} steps taken again from the events: {answer}. SHA-256 {taken.sha256}")
        for one in taken.differences:
            print(f"- {one}")
    return FINDING if taken.differences else DONE


def _described(session: Session, agreement: Agreement) -> dict[str, Any]:
    """Say all about an agreement that its rows say, as JSON values."""
    stored = agreements.find_agreement(session, agreement.book, agreement.code)
    document = agreement.document
    roles = {name: party.role for name, party in document.terms.parties.items()}
    return {
        "code": agreement.code,
        "title": stored.lineage.newest.title,
        "state": agreement.state,
        "version": stored.version,
        "sha256": document.digest(),
        "terms_sha256": stored.lineage.newest.digest(),
        "amended": list(agreement.amended),
        "missing": list(agreement.missing),
        "parties": [
            {
                "name": name,
                "party": code,
                "role": roles.get(name, name if name == "resolver" else "evaluator"),
                "signed": name in agreement.signed,
            }
            for name, code in document.signatories.items()
        ],
        "sources": [
            {
                "payer": one.payer,
                "fund": one.fund,
                "unit": one.maximum.unit.code,
                "most": one.maximum.text,
                "encumbered": money.promised(
                    session, stored.funds[one.payer], Promise("agreement", one.promise)
                ).text,
            }
            for one in agreement.sources
        ],
    }


def _most(document: AgreementDocument) -> list[dict[str, str]]:
    """Prove what each payer may have to pay."""
    program = compile_terms(document.terms)
    digits = {clause.unit.unit: clause.unit.digits for clause in program.clauses}
    return [
        {"payer": payer, "unit": unit, "most": decimal_text(most, digits[unit])}
        for (payer, unit), most in prove(program).payers.items()
    ]


def _say(
    agreement: Agreement,
    document: dict[str, Any] | None = None,
    most: Sequence[dict[str, str]] = (),
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Print what a step has made of an agreement, and what comes next."""
    short = {
        "code": agreement.code,
        "state": agreement.state,
        "sha256": agreement.document.digest(),
        "missing": list(agreement.missing),
    } | ({"most": list(most)} if most else {})
    proven = [
        f"{one['payer']} may have to pay {grouped(one['most'])} {one['unit']} at most: proven."
        for one in most
    ]
    lines = [f"{agreement.code} is {agreement.state}.", *proven, *_next_lines(agreement)]
    show_document(document or short, as_json=as_json, dry_run=dry_run, lines=lines)
    if document and not as_json:
        _show_sources(document)


def _next_lines(agreement: Agreement) -> list[str]:
    code = agreement.code
    if agreement.state == "draft":
        return [f"Next: almoner agreement propose {code}"]
    if agreement.state == "proposed":
        return [f"Not signed yet by: {', '.join(agreement.missing)}. Next: almoner agreement sign {code}"]
    return [f"Amended by: {', '.join(agreement.amended)}."] if agreement.amended else []


def _show_sources(document: dict[str, Any]) -> None:
    print_table(
        "\nMoney",
        ("payer", "fund", "unit", "most", "still set aside"),
        [
            (one["payer"], one["fund"], one["unit"], grouped(one["most"]), grouped(one["encumbered"]))
            for one in document["sources"]
        ],
        right=(3, 4),
    )


for command in MOVES:
    app.command()(command)
