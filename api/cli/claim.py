"""``almoner claim …``: results that a party reports, their evidence, and rows of outcomes."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...contracts.acts import claiming, importing, referring, rounds
from ...contracts.claims import ClaimStatus, Evidence, result_rows
from ...contracts.records import agreements, questions
from ...contracts.records import claims as claim_rows
from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid
from .claim_questions import answer, ask, question_document, question_lines
from .claim_rows import import_file, list_rows
from .results import FORM, read_results
from .settlements import find_grounds, finding_words, found_words
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import AgreementCode, ClaimCode, DryRun, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Claims: results, their evidence, rows of outcomes."
)
By = Annotated[str, typer.Option("--by", metavar="PARTY", help="Code of the party that reports it.")]
ResultOptions = Annotated[
    list[str], typer.Option("--result", metavar="RESULT", help=f"{FORM}; may be repeated.")
]
ResultsFile = Annotated[Path | None, typer.Option("--results", help="Results document (JSON).")]
CaseId = Annotated[str, typer.Option("--case", help="Case of the results document.")]
Dataset = Annotated[
    str, typer.Option("--dataset", help="Imported rows that it sums up; they give its results.")
]
EvidenceFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="The evidence; it stays where it is.")
]
Digest = Annotated[str, typer.Option("--sha256", help="Digest of the evidence, where the file is elsewhere.")]
Method = Annotated[str, typer.Option("--method", help="How it was gathered.")]
Description = Annotated[str, typer.Option("--description", help="What it is, for people.")]
HeldBy = Annotated[str, typer.Option("--held-by", help="Who keeps it.")]
MediaType = Annotated[str, typer.Option("--media-type", help="For example text/csv.")]
NONE: list[str] = []
UNDECIDED = ("claimed", "determined", "in_disagreement")


@app.command()
def make(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    claim: ClaimCode,
    by: By,
    result: ResultOptions = NONE,
    results: ResultsFile = None,
    case: CaseId = "",
    dataset: Dataset = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Report results. Example: almoner claim make pact c1 --by home --result nights=412."""
    given = read_results(result, results, case)
    with writing(db, dry_run=dry_run) as session:
        if dataset and not given:
            given = importing.claimed_results(session, book, code, dataset)
        if not given:
            raise DocumentInvalid(
                f"Nothing is claimed. Give --result {FORM}, --results FILE or --dataset CODE."
            )
        claiming.claim(session, book, code, given, by, key=claim, clock=system_clock, dataset=dataset)
        status = rounds.claim_status(session, book, code, claim, clock=system_clock)
    lines = [f"{claim} of {code}: {_words(status)}.", *(f"- {finding_words(row)}" for row in _rows(status))]
    lines.append(f"Next: almoner claim attach {code} {claim} FILE")
    show_document(_status(status), as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def refer(
    code: AgreementCode,
    claim: ClaimCode,
    by: By,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take over what other agreements came to. Example: almoner claim refer pact c1 --by home."""
    with writing(db, dry_run=dry_run) as session:
        referring.refer(session, book, code, by, key=claim, clock=system_clock)
        status = rounds.claim_status(session, book, code, claim, clock=system_clock)
    lines = [f"{claim} of {code}: {_words(status)}.", *(f"- {finding_words(row)}" for row in _rows(status))]
    show_document(_status(status), as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def attach(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    claim: ClaimCode,
    file: EvidenceFile = None,
    method: Method = "file",
    description: Description = "",
    held_by: HeldBy = "",
    media_type: MediaType = "application/octet-stream",
    *,
    sha256: Digest = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put evidence on record by its digest. Example: almoner claim attach pact c1 register.csv."""
    if file is None and not sha256:
        raise DocumentInvalid("Give the evidence: a FILE, or --sha256 where it is elsewhere.")
    with writing(db, dry_run=dry_run) as session:
        kept = claiming.attach(
            session,
            book,
            code,
            claim,
            None if file is None else file.read_bytes(),
            method=method,
            description=description or (file.name if file is not None else "evidence held elsewhere"),
            clock=system_clock,
            sha256=sha256,
            media_type=media_type,
            held_by=held_by,
        )
    document = {"agreement": code, **_evidence(kept)}
    lines = [f"Evidence of {claim}: {kept.description}", f"sha256 {kept.sha256}"]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def check(
    code: AgreementCode,
    claim: ClaimCode,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What is said to be the evidence.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Check that a file is the evidence on record. Example: almoner claim check pact c1 register.csv."""
    with reading(db) as session:
        kept = claiming.check_evidence(session, book, code, claim, file.read_bytes())
    if as_json:
        print_json({"agreement": code, **_evidence(kept)})
    else:
        print(f"{file} is on record as evidence of {claim}: {kept.description}, sha256 {kept.sha256}")


@app.command("list")
def list_all(
    code: AgreementCode, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """List the claims of an agreement and how they stand. Example: almoner claim list pact."""
    with reading(db) as session:
        rows = rounds.list_claims(session, book, code, clock=system_clock)
    if as_json:
        print_json([_status(one) for one in rows])
        return
    columns = ("claim", "by", "state", "found", "final on", "results")
    print_table(
        f"Claims of {code}",
        columns,
        [
            (
                one.claim.code,
                one.claim.claimed_by,
                one.state.replace("_", " "),
                str(one.found),
                one.final_on.isoformat() if one.final_on else "",
                _claimed_and_found(one),
            )
            for one in rows
        ],
    )


@app.command()
def show(
    code: AgreementCode,
    claim: ClaimCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a claim, its evidence, and what was found. Example: almoner claim show pact c1."""
    with reading(db) as session:
        status = rounds.claim_status(session, book, code, claim, clock=system_clock)
        stored = agreements.find_agreement(session, book, code)
        proofs = claim_rows.list_evidence(session, stored, claim)
        asked = [one.question for one in questions.list_questions(session, stored, claim)]
        found = find_grounds(session, book, code, [claim])[claim]["determinations"]
    if as_json:
        evidence = [_evidence(one) for one in proofs]
        said = [question_document(one) for one in asked]
        print_json(_status(status) | {"evidence": evidence, "questions": said, "determinations": found})
        return
    print(f"{claim} of {code} by {status.claim.claimed_by}: {_words(status)}")
    for row in _rows(status):
        print(f"- {finding_words(row)}")
    for one in proofs:
        print(
            f"evidence {one.sha256}: {one.description}, {one.method}"
            + (f", {one.held_by}" if one.held_by else "")
        )
    for line in (line for one in asked for line in question_lines(one)):
        print(line)
    for row in found:
        print(f"round {row['round']}: {row['verifier']} found on {row['made_on']}")
        for finding in row["findings"] or ({"metric": "nothing of the claim", "value": "holds"},):
            print(f"- {finding_words(finding)}")


def _rows(status: ClaimStatus) -> list[dict[str, Any]]:
    return result_rows(status.claim.results)


def _claimed_and_found(status: ClaimStatus) -> str:
    """Say what was claimed, and what counts where that is something else."""
    claimed = "; ".join(finding_words(row) for row in _rows(status))
    if status.state in UNDECIDED or status.results == status.claim.results:
        return claimed
    counts = "; ".join(finding_words(row) for row in result_rows(status.results))
    return f"{claimed}. Found: {counts or 'nothing of it'}"


def _words(status: ClaimStatus) -> str:
    told = status.state.replace("_", " ")
    if status.state in UNDECIDED:
        return f"{told}, {found_words(status)}"
    if status.state == "provisional":
        return f"{told} until {status.final_on}"
    return f"{told} as {status.dispute}" if status.dispute else told


def _status(status: ClaimStatus) -> dict[str, Any]:
    return {
        "agreement": status.claim.agreement,
        "claim": status.claim.code,
        "by": status.claim.claimed_by,
        "dataset": status.claim.dataset,
        "sha256": status.claim.digest(),
        "results": _rows(status),
        "state": status.state,
        "found": status.found,
        "needed": status.needed,
        "round": status.round,
        "final_on": status.final_on.isoformat() if status.final_on else None,
        "dispute": status.dispute,
        "decided": result_rows(status.results),
    }


def _evidence(one: Evidence) -> dict[str, str]:
    return {
        "claim": one.claim,
        "sha256": one.sha256,
        "media_type": one.media_type,
        "method": one.method,
        "description": one.description,
        "held_by": one.held_by,
    }


app.command()(ask)
app.command()(answer)
app.command("import")(import_file)
app.command("rows")(list_rows)
