"""``almoner outcomes settle FILE``: rows of outcomes become money in one command, all or none.

The problem: a month's register goes through five hands before it is paid, and is paid twice when one of them
starts again. Here the rows are imported, summed to a claim, evidenced by the file's digest, determined with
the verifiers' keys and settled in one transaction; doing it again with the same file changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ...contracts.acts import claiming, determining, importing, rounds, settling
from ...contracts.claims import Claim, ClaimStatus, result_rows
from ...contracts.determinations import Determination, Finding
from ...contracts.evaluation.estimate import finding_of
from ...contracts.evaluation.registry import evaluate
from ...contracts.measurement.columns import RawRows
from ...contracts.measurement.datasets import ImportedDataset
from ...contracts.measurement.partial_dates import DayOrder
from ...contracts.records import agreements, determinations
from ...contracts.settlement import Settlement
from ...contracts.terms.types import Quantity
from ...finance.dates import Clock, system_clock
from ...finance.signatures import sign_bytes
from ...finance.storage import Session
from .claim_rows import (
    ColumnNames,
    Fixed,
    HeaderRow,
    RowsFile,
    Secret,
    SheetName,
    dataset_document,
    read_file,
)
from .settlements import find_grounds, finding_words, found_words, settlement_document, show_settlements
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, progress
from .waiting import ProgressBar, bar
from .writing import DryRun, Explain, read_bytes, read_pairs, read_secret, told, writing

app = typer.Typer(add_completion=False, no_args_is_help=True)
AgreementOption = Annotated[str, typer.Option("--agreement", help="Code of the agreement.")]
OwnCode = Annotated[str, typer.Option("--code", help="Code of the rows and of the claim that sums them up.")]
By = Annotated[str, typer.Option("--by", metavar="PARTY", help="Code of the party that reports them.")]
VerifierKeys = Annotated[
    list[str],
    typer.Option("--key", metavar="PARTY=FILE", help="Verifier and its secret key; may be repeated."),
]
Method = Annotated[str, typer.Option("--method", help="Method by which they are evaluated.")]
Params = Annotated[Path | None, typer.Option("--params", metavar="FILE", help="Its parameters (JSON).")]
HeldBy = Annotated[str, typer.Option("--held-by", help="Who keeps the file.")]
Maker = Annotated[str, typer.Option("--maker", help="Party that proposes payouts, where approval is asked.")]
NONE: list[str] = []
PAYABLE = ("final", "settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeBatch:
    """Rows of a file on their way to money.

    Attributes
    ----------
    agreement, code, by : str
        Under which agreement, under which code, and reported by which party.
    file : Path
        Where they came from; its digest is the evidence.
    method, held_by, maker : str
        By which method they are evaluated, who keeps the file, who proposes payouts.
    params : bytes
        Parameters of the method, as JSON.
    secret : bytes
        Of the pseudonyms.
    keys : Mapping of str to bytes
        Secret key of each verifier.
    """

    agreement: str
    code: str
    by: str
    file: Path
    method: str
    held_by: str
    maker: str
    params: bytes
    secret: bytes
    keys: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledBatch:
    """What became of a batch.

    Attributes
    ----------
    dataset : ImportedDataset
        The rows on record.
    claim : Claim
        Their sums.
    status : ClaimStatus
        How the claim stands.
    settlements : tuple of Settlement
        What was paid on it; none while it can be disputed.
    """

    dataset: ImportedDataset
    claim: Claim
    status: ClaimStatus
    settlements: tuple[Settlement, ...]


@app.callback()
def outcomes() -> None:
    """Rows of outcomes, from a file to money in one command."""


@app.command()
def settle(  # noqa: PLR0913  # one option each
    file: RowsFile,
    agreement: AgreementOption,
    code: OwnCode,
    by: By,
    secret: Secret,
    key: VerifierKeys,
    column: ColumnNames = NONE,
    fixed: Fixed = NONE,
    sheet: SheetName = "",
    *,
    header_row: HeaderRow = 1,
    days: Annotated[DayOrder, typer.Option("--days", help="How days are written.")] = "iso",
    method: Method = "count",
    params: Params = None,
    held_by: HeldBy = "",
    maker: Maker = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    explain: Explain = False,
    as_json: AsJson = False,
) -> None:
    """Pay on rows of outcomes. Example: almoner outcomes settle r.csv --agreement pact --code march.

    Needs --by PARTY, --secret FILE for the pseudonyms, and --key PARTY=FILE for each verifier. Where the
    finding can be disputed it is paid later: almoner settle.
    """
    keys = {name: read_secret(Path(path)) for name, path in read_pairs(key, "key of a verifier").items()}
    batch = OutcomeBatch(
        agreement=agreement,
        code=code,
        by=by,
        file=file,
        method=method,
        held_by=held_by,
        maker=maker,
        params=b"{}" if params is None else read_bytes(params),
        secret=read_secret(secret),
        keys=keys,
    )
    progress(f"Reading {file}")
    rows = read_file(file, column, fixed, sheet, header_row, days)
    with writing(db, dry_run=dry_run) as session, bar(f"Importing {file.name}") as shown:
        made = settle_batch(session, book, batch, rows, clock=system_clock, shown=shown)
        grounds = find_grounds(session, book, agreement, [code]) if explain else None
    if as_json:
        settlements = [settlement_document(one, grounds) for one in made.settlements]
        document = _document(made) | {"settlements": settlements}
        print_json(told(document, dry_run=dry_run))
        return
    _show(made)
    show_settlements(made.settlements, grounds)


def settle_batch(
    session: Session,
    book: str,
    batch: OutcomeBatch,
    rows: RawRows,
    *,
    clock: Clock,
    shown: ProgressBar | None = None,
) -> SettledBatch:
    """Take rows all the way: imported, claimed, evidenced, determined, and settled where that is final.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    batch : OutcomeBatch
        Where they belong, and whose keys sign.
    rows : RawRows
        As read.
    clock : Clock
        When it is recorded.
    shown : ProgressBar or None
        Told how far the import is.
    """
    code, agreement = batch.code, batch.agreement
    dataset = importing.import_rows(
        session, book, agreement, rows, key=code, secret=batch.secret, clock=clock, progress=shown
    )
    progress(f"{dataset.rows:,} rows of {dataset.persons:,} people imported")
    results = importing.claimed_results(session, book, agreement, code)
    claim = claiming.claim(session, book, agreement, results, batch.by, key=code, clock=clock, dataset=code)
    claiming.attach(
        session,
        book,
        agreement,
        code,
        None,
        sha256=dataset.source_sha256,
        method="rows of outcomes",
        description=f"{batch.file.name}: {dataset.rows} rows of {dataset.persons} people",
        media_type="text/csv" if batch.file.suffix.lower() == ".csv" else "application/octet-stream",
        held_by=batch.held_by,
        clock=clock,
    )
    progress(f"Evaluating by {batch.method}")
    findings = _evaluate(session, book, batch, claim)
    for verifier, key in batch.keys.items():
        _determine(session, book, batch, (claim, dataset, findings), (verifier, key), clock)
    status = rounds.claim_status(session, book, agreement, code, clock=clock)
    progress(f"Determined: {status.state.replace('_', ' ')}")
    settled: tuple[Settlement, ...] = ()
    if status.state in PAYABLE or _pays_at_once(session, book, batch, status):
        settled = settling.settle(session, book, agreement, code, clock=clock, maker=batch.maker)
        status = rounds.claim_status(session, book, agreement, code, clock=clock)
    return SettledBatch(dataset=dataset, claim=claim, status=status, settlements=settled)


def _pays_at_once(session: Session, book: str, batch: OutcomeBatch, status: ClaimStatus) -> bool:
    document = agreements.find_agreement(session, book, batch.agreement).agreement.document
    return status.state == "provisional" and document.verification.pays == "provisional"


def _evaluate(session: Session, book: str, batch: OutcomeBatch, claim: Claim) -> tuple[Finding, ...]:
    """Compute each result of a claim from its rows; what is no number is found as it was claimed."""
    metrics = agreements.find_agreement(session, book, batch.agreement).lineage.overlaid.program.metrics
    tables = importing.evaluation_tables(session, book, batch.agreement, batch.code)
    findings = []
    for one in claim.results:
        kind = metrics[one.metric].type
        if isinstance(kind, Quantity):
            found = evaluate(batch.method, tables[one.place], batch.params)
            findings.append(finding_of(found, one.metric, kind, period=one.period, of=one.of, on=one.on))
        else:
            findings.append(Finding(result=one, method=batch.method))
    return tuple(findings)


def _determine(
    session: Session,
    book: str,
    batch: OutcomeBatch,
    about: tuple[Claim, ImportedDataset, tuple[Finding, ...]],
    signer: tuple[str, bytes],
    clock: Clock,
) -> None:
    """Sign what one verifier found, unless it found the same before."""
    (claim, dataset, findings), (verifier, key) = about, signer
    stored = agreements.find_agreement(session, book, batch.agreement)
    known = determinations.list_determinations(session, stored, claim.code)
    if any((one.verifier, one.findings) == (verifier, findings) for one in known):
        return
    made = Determination(
        agreement=batch.agreement,
        claim=claim.code,
        claim_sha256=claim.digest(),
        verifier=verifier,
        findings=findings,
        evidence_sha256=dataset.source_sha256,
        made_on=clock().date().isoformat(),
    )
    signed = replace(made, signature=sign_bytes(key, made.signing_bytes()))
    determining.determine(session, book, signed, clock=clock)


def _document(made: SettledBatch) -> dict[str, Any]:
    status = made.status
    return {
        "agreement": made.claim.agreement,
        "claim": made.claim.code,
        "claim_sha256": made.claim.digest(),
        "dataset": dataset_document(made.dataset),
        "results": result_rows(made.claim.results),
        "state": status.state,
        "final_on": status.final_on.isoformat() if status.final_on is not None else None,
        "decided": result_rows(status.results),
    }


def _show(made: SettledBatch) -> None:
    dataset, status = made.dataset, made.status
    print(f"{dataset.rows:,} rows of {dataset.persons:,} people are on record as {dataset.code}.")
    for row in result_rows(made.claim.results):
        print(f"- {finding_words(row)}")
    print(f"Evidence: the file, sha256 {dataset.source_sha256}")
    if made.settlements:
        print()
    elif status.state == "provisional":
        code = made.claim.agreement
        print(
            f"It can be disputed until {status.final_on}. Then: almoner settle {code} --claim {dataset.code}"
        )
    else:
        print(f"The claim is {status.state.replace('_', ' ')}; {found_words(status)}.")
