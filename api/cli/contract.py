"""``almoner contract …``: terms on files."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from ...contracts.outcomes.document import OutcomesDocument
from ...contracts.reporting import CaseReport, report
from ...contracts.schemas import schemas
from ...contracts.terms.bounds import PairBound, prove
from ...contracts.terms.compiled import compile_terms
from ...contracts.terms.document import TermDocument
from ...contracts.terms.lint import check
from ...contracts.terms.linting.finding import LintFinding
from ...contracts.terms.observing import Observation, read_case, write_value
from ...contracts.terms.pay import pay as pay_terms
from ...contracts.terms.program import Program
from ...contracts.terms.results import Case, ResultsDocument
from ...contracts.terms.results_table import read_results_table
from ...contracts.terms.running.engine import Outturn
from ...contracts.terms.running.evaluation import Traced
from ...contracts.terms.wording import render
from ...contracts.terms.words.reasons import explain as explain_outturn
from ...contracts.terms.words.sheet import sheet_markdown, sheet_text
from ...finance.dates import parse_day
from ...finance.errors import Missing
from ...finance.money import decimal_text, grouped
from ..problems import DONE, FINDING
from ..term_pages import render_terms
from .payments import case_document, reason_document, show_case, show_reasons
from .sheets import STANDARD_OUTPUT, PaperSize
from .show import AsJson, print_json, print_table, progress

MOST_PATHS = 100_000_000
app = typer.Typer(add_completion=False, no_args_is_help=True, help="Term documents.")
Terms = Annotated[Path, typer.Argument(metavar="TERMS", help="Term document (JSON); - for standard input.")]
Results = Annotated[
    Path | None, typer.Option("--results", help="Results (JSON or CSV); without it nothing was observed.")
]
CaseId = Annotated[str, typer.Option("--case", help="One case only.")]
Format = Literal["text", "markdown", "html"]
FormatOption = Annotated[Format, typer.Option("--format", help="Text, Markdown or a page for printing.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write to a file.")]
Outcomes = Annotated[
    Path, typer.Option("--outcomes", help="Laws of what may be observed (JSON); - for standard input.")
]
Paths = Annotated[int, typer.Option("--paths", min=1, max=MOST_PATHS, help="How many ways it could go.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")]
Errors = Annotated[
    list[str] | None,
    typer.Option("--standard-error", metavar="METRIC=VALUE", help="How finely a metric will be estimated."),
]
SchemaName = Annotated[str, typer.Argument(metavar="[NAME]", help="One of them only.")]
MOST_WITNESSES = 12
NOTHING = Case(id="nothing-observed", results=())


def _raw(path: Path) -> bytes:
    return sys.stdin.buffer.read() if path == STANDARD_OUTPUT else path.read_bytes()


def _read(terms: Path) -> TermDocument:
    return TermDocument.read(_raw(terms))


def _cases(results: Path | None, case: str, document: TermDocument) -> tuple[Case, ...]:
    if results is None:
        return (NOTHING,)
    raw = _raw(results)
    is_json = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}
    found = ResultsDocument.read(raw) if is_json else read_results_table(raw, document, results.name)
    chosen = tuple(one for one in found.cases if case in {"", one.id})
    if not chosen:
        known = ", ".join(one.id for one in found.cases)
        raise Missing(f"There is no case {case!r} in {results}. There are: {known}.", case=case)
    return chosen


def _carried_out(program: Program, case: Case, record: list[Traced] | None = None) -> Outturn:
    return pay_terms(
        program,
        read_case(program, case),
        members=case.members,
        as_of=parse_day(case.as_of) if case.as_of else None,
        record=record,
    )


@app.command()
def pay(terms: Terms, results: Results = None, case: CaseId = "", *, as_json: AsJson = False) -> int:
    """Pay terms on results. Example: almoner contract pay terms.json --results results.json."""
    document = _read(terms)
    program = compile_terms(document)
    told: list[CaseReport] = [
        report(_carried_out(program, one), one) for one in _cases(results, case, document)
    ]
    if as_json:
        cases = [case_document(one) for one in told]
        print_json({"title": document.title, "terms": program.digest, "cases": cases})
    else:
        print(document.title)
        for one in told:
            print()
            show_case(one)
    wrong = [(one.case, held) for one in told for held in one.expectations if not held.holds]
    if not as_json and any(one.expectations for one in told):
        count = sum(len(one.expectations) for one in told)
        print(f"\n{count - len(wrong)} of {count} expectations hold.")
    return FINDING if wrong else DONE


@app.command()
def explain(terms: Terms, results: Results = None, case: CaseId = "", *, as_json: AsJson = False) -> None:
    """Say why each payment is what it is. Example: almoner contract explain t.json --results r.json."""
    document = _read(terms)
    program = compile_terms(document)
    answers = []
    for one in _cases(results, case, document):
        record: list[Traced] = []
        outturn = _carried_out(program, one, record)
        answers.append((one, explain_outturn(document, outturn, record)))
    if as_json:
        print_json(
            [{"case": one.id, "reasons": [reason_document(row) for row in rows]} for one, rows in answers]
        )
        return
    for one, rows in answers:
        print(f"Case {one.id}" + (f": {one.note}" if one.note else ""))
        show_reasons(rows)


@app.command()
def bounds(terms: Terms, *, as_json: AsJson = False) -> None:
    """Prove what terms can cost at most and at least. Example: almoner contract bounds terms.json."""
    program = compile_terms(_read(terms))
    proof = prove(program)
    digits = {clause.unit.unit: clause.unit.digits for clause in program.clauses}
    amounts = [
        {
            "unit": unit,
            "max_liability": decimal_text(most, digits[unit]),
            "guaranteed": decimal_text(proof.guaranteed_by_unit[unit], digits[unit]),
        }
        for unit, most in proof.maxima.items()
    ]
    payers = [
        {"payer": party, "unit": unit, "most": decimal_text(most, digits[unit])}
        for (party, unit), most in proof.payers.items()
    ]
    witness = _witness(program, proof.witness)
    if as_json:
        document = {"amounts": amounts, "label": proof.label, "payers": payers, "witness": witness}
        document |= {"pairs": [_pair(one, digits) for one in proof.pairs]}
        print_json({**(amounts[0] if len(amounts) == 1 else {}), **document})
        return
    for one in amounts:
        most, least = grouped(one["max_liability"]), grouped(one["guaranteed"])
        print(f"At most {most} {one['unit']} ({proof.label}), at least {least} {one['unit']}.")
    if witness:
        print(f"The most is reached with: {_first(_reached(program, proof.witness))}.")
    rows = [(one["payer"], one["unit"], grouped(one["most"])) for one in payers]
    print_table("\nMost by payer", ("payer", "unit", "most"), rows, right=(2,))


def _pair(bound: PairBound, digits: Mapping[str, int]) -> dict[str, object]:
    return {
        "payer": bound.payer,
        "payee": bound.payee,
        "unit": bound.unit,
        "year": bound.year,
        "least": decimal_text(bound.least, digits[bound.unit]),
        "most": decimal_text(bound.most, digits[bound.unit]),
    }


def _first(texts: list[str]) -> str:
    more = f" and {len(texts) - MOST_WITNESSES} more" if len(texts) > MOST_WITNESSES else ""
    return ", ".join(texts[:MOST_WITNESSES]) + more


def _reached(program: Program, witness: Sequence[Observation]) -> list[str]:
    """Say each observation of a witness."""
    return [
        " ".join(
            (
                one.metric,
                *(member for _, member in one.of),
                write_value(program.metrics[one.metric], one.value),
                *([f"in {one.period}"] if one.period else []),
            )
        )
        for one in witness
    ]


def _witness(program: Program, witness: Sequence[Observation]) -> list[dict[str, object]]:
    return [
        {
            "metric": one.metric,
            "period": one.period,
            "of": dict(one.of),
            "value": write_value(program.metrics[one.metric], one.value),
        }
        for one in witness
    ]


@app.command()
def lint(terms: Terms, error: Errors = None, *, as_json: AsJson = False) -> int:
    """Find what is sound and still not meant. Example: almoner contract lint terms.json."""
    document = _read(terms)
    program = compile_terms(document)
    known = dict(_named(text) for text in error or ())
    found = check(document, known)
    if as_json:
        print_json([_finding(program, one) for one in found])
    else:
        rows = [(one.code, one.severity, one.path, one.size or "", one.message) for one in found]
        print_table(document.title, ("code", "severity", "where", "money", "what"), rows, right=(3,))
        for one in found:
            shows = f" It shows with {_first(_reached(program, one.witness))}." if one.witness else ""
            print(f"{one.code} {one.path}: {one.fix}{shows}")
        errors = sum(one.severity == "error" for one in found)
        print(f"{errors} errors, {len(found) - errors} warnings.")
    return FINDING if any(one.severity == "error" for one in found) else DONE


def _named(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _finding(program: Program, one: LintFinding) -> dict[str, object]:
    return {
        "code": one.code,
        "severity": one.severity,
        "path": one.path,
        "message": one.message,
        "fix": one.fix,
        "size": one.size,
        "witness": None if one.witness is None else _witness(program, one.witness),
    }


@app.command()
def simulate(
    terms: Terms, outcomes: Outcomes, paths: Paths = 10_000, seed: Seed = 0, *, as_json: AsJson = False
) -> None:
    """Pay terms on many drawn paths. Example: almoner contract simulate t.json --outcomes o.json --seed 7."""
    from ...contracts.forecast import forecast  # noqa: PLC0415  # only this command needs its libraries
    from .forecasts import show_forecast  # noqa: PLC0415  # as above

    program = compile_terms(_read(terms))
    found = forecast(program, OutcomesDocument.read(_raw(outcomes)), paths=paths, seed=seed)
    if as_json:
        print(found.to_json().decode())
    else:
        show_forecast(found)


@app.command()
def wording(
    terms: Terms,
    form: FormatOption = "text",
    out: Out = None,
    paper: PaperSize = "A4",
    *,
    as_json: AsJson = False,
) -> None:
    """Print terms in plain language. Example: almoner contract wording t.json --format html --out t.html."""
    document = _read(terms)
    if form == "html":
        text = render_terms(document, paper)
    else:
        text = {"text": sheet_text, "markdown": sheet_markdown}[form](render(document))
    if as_json:
        print_json({"title": document.title, "format": form, "wording": text})
    elif out is None or out == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        out.write_bytes(text.encode())
        progress(f"Written: {out}")


@app.command()
def schema(name: SchemaName = "", *, as_json: AsJson = False) -> None:  # noqa: ARG001  # it is JSON either way
    """Print the published JSON Schemas. Example: almoner contract schema terms."""
    known = schemas()
    if name and name not in known:
        raise Missing(f"There is no schema {name!r}. There are: {', '.join(known)}.", schema=name)
    print_json(known[name] if name else known)
