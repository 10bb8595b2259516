"""``almoner contract …``."""

from pathlib import Path
from typing import Annotated

import typer

from ...contracts.records import agreements, findings
from ...contracts.results import DealResults
from ...contracts.terms.bounds import prove
from ...contracts.terms.compiled import Program, compile_terms
from ...contracts.terms.document import TermDocument
from ...contracts.terms.pay import Determined, State, step
from ...finance.money import decimal_count, decimal_text
from ...finance.storage import UnitOfWork, open_engine
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, grouped, print_json, print_table

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Term documents and agreements.")
Terms = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Term document (JSON).")]
Results = Annotated[Path, typer.Option("--results", exists=True, dir_okay=False, help="Results file (JSON).")]


def _program(terms: Path) -> Program:
    return compile_terms(TermDocument.read(terms.read_bytes()))


@app.command()
def bounds(terms: Terms, *, as_json: AsJson = False) -> None:
    """Prove what terms can cost at most and at least. Example: almoner contract bounds terms.json."""
    program = _program(terms)
    proof = prove(program)
    unit, digits = program.unit.unit, program.unit.digits
    witness = [
        {
            "metric": one.metric,
            "period": one.period,
            "value": decimal_text(one.value, program.metrics[one.metric].type.digits),
        }
        for one in proof.witness
    ]
    most, least = decimal_text(proof.maximum, digits), decimal_text(proof.guaranteed, digits)
    if as_json:
        print_json(
            {
                "unit": unit,
                "max_liability": most,
                "guaranteed": least,
                "label": proof.label,
                "witness": witness,
            }
        )
        return
    print(f"At most {grouped(most)} {unit} ({proof.label}), at least {grouped(least)} {unit}.")
    if witness:
        reached = ", ".join(f"{row['metric']} {row['value']} in {row['period']}" for row in witness)
        print(f"The most is reached with: {reached}.")


@app.command()
def pay(terms: Terms, results: Results, *, as_json: AsJson = False) -> None:
    """Pay terms on a results file, with the reason. Example: almoner contract pay t.json --results r.json."""
    program = _program(terms)
    found = DealResults.read(results.read_bytes())
    unit, digits = program.unit.unit, program.unit.digits
    state, rows, total = State(), [], 0
    for one in found.results:
        measure = program.metrics.get(one.metric)
        count = decimal_count(one.value, measure.type.digits if measure else 0, one.metric)
        answer = step(program, state, Determined(metric=one.metric, period=one.period, value=count))
        state = answer.state
        for row in answer.entitlements:
            if row.due or row.cuts:
                total += row.due
                rows.append(
                    {
                        "claim": one.claim,
                        "clause": row.clause,
                        "period": row.period,
                        "earned": decimal_text(row.earned, digits),
                        "entitled": decimal_text(row.entitled, digits),
                        "due": decimal_text(row.due, digits),
                        "cuts": {limit: decimal_text(cut, digits) for limit, cut in row.cuts},
                        "trace": [f"{line.path}: {line.op} = {line.value}" for line in row.trace],
                    }
                )
    paid = decimal_text(total, digits)
    if as_json:
        print_json({"unit": unit, "paid": paid, "published": found.published.paid, "payments": rows})
        return
    print_table(
        found.title,
        ("claim", "clause", "period", "earned to date", "due now"),
        [
            (
                str(r["claim"]),
                str(r["clause"]),
                str(r["period"]),
                grouped(str(r["earned"])),
                grouped(str(r["due"])),
            )
            for r in rows
        ],
        right=(3, 4),
    )
    print(f"Paid {grouped(paid)} {unit}; published {grouped(found.published.paid)} {unit}.")


@app.command("list")
def list_all(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """List the agreements of a book. Example: almoner contract list."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        stored = [
            agreements.find_agreement(session, book, code)
            for code in agreements.list_agreements(session, book)
        ]
        settled = [findings.list_settlements(session, one.agreement, one.id) for one in stored]
    rows = [
        {
            "code": one.agreement.code,
            "fund": one.agreement.fund,
            "state": one.agreement.state,
            "unit": one.agreement.maximum.unit.code,
            "max_liability": one.agreement.maximum.text,
            "paid": decimal_text(sum(row.due.minor for row in paid), one.agreement.maximum.unit.scale),
        }
        for one, paid in zip(stored, settled, strict=True)
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        f"Agreements of {book}",
        ("agreement", "fund", "state", "unit", "most", "paid"),
        [
            (r["code"], r["fund"], r["state"], r["unit"], grouped(r["max_liability"]), grouped(r["paid"]))
            for r in rows
        ],
        right=(4, 5),
    )
