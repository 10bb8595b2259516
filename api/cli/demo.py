"""``almoner demo``."""

import io
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ...finance.dates import system_clock
from ...finance.money import grouped
from ...finance.storage import open_engine
from ..demo.guests import demo_settings
from ..demo.report import write_report
from ..demo.story import run_demo
from ..demo.warm_homes import welcome
from ..problems import FINDING
from ..server import assemble, worker_of
from ..server import serve as run_server
from .show import DEFAULT_DB, AsJson, Database, console, print_json, print_table, progress

app = typer.Typer(add_completion=False)
Out = Annotated[Path, typer.Option("--out", help="Folder for report.html and summary.json.")]
DEFAULT_OUT = Path("almoner-demo")


@app.command()
def demo(
    db: Database = DEFAULT_DB,
    out: Out = DEFAULT_OUT,
    port: Annotated[int, typer.Option("--port", help="Where the pages are, with --serve.")] = 8080,
    *,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then show the pages on this machine, as anybody in the story.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Run the main job on published cases.

    Example: almoner demo --db sqlite:///almoner.db --out almoner-demo. Run twice, it changes nothing.
    With --serve, look at it: http://127.0.0.1:8080, sign in without a password, end it with Ctrl-C.
    """
    engine = open_engine(db)
    out.mkdir(parents=True, exist_ok=True)
    summary = run_demo(engine, progress)
    engine.dispose()
    (out / "summary.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    report = write_report(summary, out / "report.html")
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    progress(f"Wrote {report} and {out / 'summary.json'}; the database is {db}.")
    right = summary["ledger"]["verified"] and all(row["match"] for row in summary["contracts"])
    if serve:
        _serve(db, port)
    return 0 if right and summary["challenge"]["match"] else FINDING


def _serve(db: str, port: int) -> None:
    settings = demo_settings(db, port)
    engine = open_engine(db)
    guests = welcome(engine, settings, system_clock)
    engine.dispose()
    worker, installation = worker_of(settings), assemble(settings, log=io.StringIO(), guests=guests)
    progress(f"The pages: http://127.0.0.1:{port}/sign-in. End it: Ctrl-C.")
    run_server(installation, worker=worker)


def _print_summary(summary: dict[str, Any]) -> None:
    fund, unit = summary["fund"], summary["fund"]["unit"]
    names = ["contributions", "income", "fees", "other_costs", "disbursed", "refunds", "balance"]
    names += ["committed", "encumbered", "free"]
    print_table(
        f"\n{fund['title']}",
        (unit, "amount"),
        [(name.replace("_", " "), grouped(fund[name])) for name in names]
        + [("in kind (memo, never cash)", grouped(fund["in_kind"]))],
        right=(1,),
    )
    statement = summary["statement"]
    print_table(
        "\nPublished statement, from our own ledger",
        ("line", "ours", "published"),
        [
            (row["line"].replace("_", " "), grouped(row["amount"]), grouped(row["published"]))
            for row in statement["lines"]
        ]
        + [("balance", grouped(statement["balance"]), grouped(statement["published"]["balance"]))],
        right=(1, 2),
    )
    allocation = summary["allocation"]
    print_table(
        f"\nAllocation (invented): worth {allocation['objective']}, none exceeds {allocation['bound']}",
        ("funded", "from", unit),
        [(row["intervention"], row["fund"], grouped(row["amount"])) for row in allocation["lines"]],
        right=(2,),
    )
    print_table(
        "\nPublished outcome contracts",
        ("contract", "unit", "most it can cost", "earned", "paid", "published", "match"),
        [
            (
                row["id"],
                row["unit"],
                *(grouped(row[name]) for name in ("max_liability", "earned", "paid", "published")),
                "yes" if row["match"] else "NO",
            )
            for row in summary["contracts"]
        ],
        right=(2, 3, 4, 5),
    )
    _print_end(summary)


def _print_end(summary: dict[str, Any]) -> None:
    round_, ledger, donor = summary["challenge"], summary["ledger"], summary["donor"]
    say = console().print
    say(
        f"\n{round_['title']}: {round_['awards']} awards to {round_['applications']} projects from "
        f"{round_['judges']} published ballots; largest difference to the published awards "
        f"{round_['worst_difference']} {round_['unit']}."
    )
    say(
        f"{donor['name']} (invented) gave {grouped(donor['deposited'])} {donor['unit']}: "
        f"{grouped(donor['used'])} used, {grouped(donor['remaining'])} left, "
        f"difference {donor['difference']}."
    )
    say(
        f"Ledger: {ledger['transactions']} transactions, {ledger['postings']} postings, "
        f"{ledger['unbalanced']} unbalanced, {'verified' if ledger['verified'] else 'NOT VERIFIED'}."
    )
    if summary["run"]["repeated"]:
        say("This database had run the demonstration before: nothing was changed.")
    say(
        "Look further: almoner fund show pool · almoner fund donor pool north-harbour-foundation · "
        "almoner ledger verify"
    )
