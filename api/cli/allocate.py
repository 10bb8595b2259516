"""``almoner allocate``: solve an allocation problem, say why, and check an answer and its certificate."""

import json
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ...finance.allocation import (
    AllocationDocument,
    AllocationResult,
    allocate,
    allocate_at_risk,
    allocate_in_order,
    judged,
    recheck,
    verify,
)
from ...finance.errors import AllocationRejected, CertificateRejected, DocumentInvalid
from ...finance.money import decimal_count
from .allocations import (
    VALUE_DIGITS,
    percent_up,
    print_comparison,
    print_explanation,
    print_frontier,
    print_result,
    result_document,
    save_exact,
    write_files,
)
from .show import AsJson, print_json, progress
from .waiting import LINE_S, PATIENCE_S

DEFAULT = "solve"
STANDARD_INPUT = Path("-")
Risk = Literal["mean", "lcb", "cvar", "chance"]
Problem = Annotated[
    Path, typer.Argument(metavar="PROBLEM", help="Allocation problem (JSON); - for standard input.")
]
Gap = Annotated[
    str | None, typer.Option("--gap", help="Asked distance to the best possible, such as 1/10000.")
]
Deadline = Annotated[float, typer.Option("--deadline", min=0.05, max=86_400, help="Seconds.")]
Budgets = Annotated[
    list[str] | None,
    typer.Option(
        "--budget", metavar="FUND[/PERIOD]=AMOUNT", help="Solve with another budget; repeat for several."
    ),
]
RiskMode = Annotated[
    Risk | None, typer.Option("--risk", help="Which value counts: expected, or a cautious one.")
]
Explain = Annotated[
    list[str] | None,
    typer.Option("--explain", metavar="ID", help="Why this intervention is funded, or why not."),
]
CertificateFile = Annotated[
    Path | None, typer.Option("--certificate", help="Write the certificate to a file.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Write the allocation to a file.")]
Save = Annotated[
    Path | None,
    typer.Option("--save", help="Write problem, allocation and certificate in exact form to a folder."),
]
Strategy = Annotated[str, typer.Option("--strategy", help="Which rule chooses; auto is the optimizer.")]


commands = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Allocations: almoner allocate PROBLEM solves; the commands below check, compare and export.",
)


def app(*, args: list[str], prog_name: str, standalone_mode: bool) -> object:
    """Run a command; ``almoner allocate problem.json`` solves."""
    names = {command.name for command in commands.registered_commands}
    is_named = not args or args[0] in names or args[0] == "--help"
    words = args if is_named else [DEFAULT, *args]
    return commands(args=words, prog_name=prog_name, standalone_mode=standalone_mode)


@commands.command(DEFAULT)
def solve(  # noqa: PLR0913 - every option is one question
    problem: Problem,
    gap: Gap = None,
    deadline: Deadline = 60.0,
    budget: Budgets = None,
    risk: RiskMode = None,
    explain: Explain = None,
    certificate: CertificateFile = None,
    out: Out = None,
    save: Save = None,
    *,
    strategy: Strategy = "auto",
    as_json: AsJson = False,
) -> None:
    """Solve a problem and check the answer exactly. Example: almoner allocate solve p.json --explain w7."""
    document = with_options(read_problem(problem), budget or [], risk)
    report = Reporter(document.interventions.count)
    posed, result, told = answered(document, read_gap(gap), deadline, report, strategy)
    recheck(document, result.allocation)
    write_files(result, out, certificate)
    if save is not None:
        save_exact(posed, result, save)
    if as_json:
        figures = {name: str(said) if isinstance(said, Fraction) else said for name, said in told.items()}
        print_json({**result_document(posed, result, explain or []), **figures})
        return
    print_result(posed, result)
    for name, said in told.items():
        text = f"{float(said):,.{VALUE_DIGITS}f}" if isinstance(said, Fraction) else said
        print(f"{name.capitalize().replace('_', ' ')}: {text}.")
    for who in explain or []:
        print_explanation(posed, result, who)


def answered(
    document: AllocationDocument, gap: Fraction | None, deadline_s: float, report: "Reporter", strategy: str
) -> tuple[AllocationDocument, AllocationResult, dict[str, Any]]:
    """Answer a problem as its objective asks: what was posed, the answer, and what else is to tell."""
    is_plain = (
        not document.objective.order and document.objective.mode == "mean" and not document.evidence.count
    )
    if strategy != "auto" and not is_plain:
        raise DocumentInvalid(
            f"--strategy {strategy} counts gains as written; this problem has evidence, a cautious objective "
            "or metrics in an order. Leave the option out, or take these sections out.",
            got=strategy,
        )
    if document.objective.order:
        stages = allocate_in_order(document, gap=gap, deadline_s=deadline_s, progress=report)
        reached = {stage.metric_id: str(stage.result.value) for stage in stages[:-1]}
        return stages[-1].posed, stages[-1].result, {"metrics_in_order": reached}
    if document.objective.mode != "mean" or document.evidence.count:
        answer = allocate_at_risk(document, gap=gap, deadline_s=deadline_s)
        told = {
            "objective": answer.mode,
            "worth_of_the_objective": answer.value,
            "bound_of_the_objective": answer.bound,
            "mean_over_the_cases": answer.mean,
            "mean_of_the_worst_cases": answer.cautious,
            "certifies": answer.certifies.rstrip("."),
        }
        if answer.allocation != answer.result.allocation:
            return answer.posed, judged(answer.posed, answer.result, answer.allocation), told
        return answer.posed, answer.result, told
    result = allocate(document, gap=gap, deadline_s=deadline_s, progress=report, strategy=strategy)
    return document, result, {}


@commands.command("check")
def check(
    problem: Problem,
    allocation: Annotated[Path, typer.Argument(metavar="ALLOCATION", help="As --out wrote it.")],
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="As --certificate wrote it.")],
    *,
    as_json: AsJson = False,
) -> int:
    """Check an allocation and its certificate. Example: almoner allocate check p.json a.json c.json."""
    raw = [path.read_bytes() for path in (problem, allocation, certificate)]
    try:
        verdict = verify(*raw)
    except (AllocationRejected, CertificateRejected) as fault:
        if as_json:
            print_json({"accepted": False, "reason": fault.message, "code": fault.code})
        else:
            print(f"Rejected: {fault.message}")
        return 1
    if as_json:
        print_json({"accepted": True, **json.loads(verdict.canonical_bytes())})
    else:
        far = "" if verdict.gap is None else f", at most {percent_up(verdict.gap)} % from the best possible"
        proof = "the prices" if verdict.kind == "prices" else "a solver's search, which is not repeated here"
        print(
            f"Accepted: worth {float(verdict.value):,.{VALUE_DIGITS}f}{far}; the bound of "
            f"{float(verdict.bound):,.{VALUE_DIGITS}f} rests on {proof}."
        )
    return 0


@commands.command("compare")
def compare(problem: Problem, deadline: Deadline = 60.0, *, as_json: AsJson = False) -> None:
    """Show what simple rules would have given. Example: almoner allocate compare p.json."""
    document = read_problem(problem)
    print_comparison(document, deadline, as_json=as_json)


@commands.command("frontier")
def frontier(
    problem: Problem,
    points: Annotated[int, typer.Option("--points", min=2, max=100, help="How many budgets.")] = 10,
    deadline: Deadline = 60.0,
    chart: Annotated[Path | None, typer.Option("--chart", help="Write a drawing (SVG) to a file.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show outcome against budget. Example: almoner allocate frontier p.json --points 8 --chart f.svg."""
    print_frontier(read_problem(problem), points, deadline, chart, as_json=as_json)


@commands.command("export")
def export(
    problem: Problem,
    out: Annotated[Path, typer.Option("--out", help="A file that ends in .lp or .mps.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write the model for another solver. Example: almoner allocate export p.json --out p.mps."""
    from ...finance.allocation.model.compile import compile_model  # noqa: PLC0415 - loads a solver
    from ...finance.allocation.model.pulp_bridge import AllocationProblem  # noqa: PLC0415 - loads a solver

    model = AllocationProblem(compile_model(read_problem(problem).arrays))
    if out.suffix not in {".lp", ".mps"}:
        raise DocumentInvalid(
            f"{out.name} ends in neither .lp nor .mps: the ending says which form.", got=out.name
        )
    (model.writeLP if out.suffix == ".lp" else model.writeMPS)(str(out))
    if as_json:
        print_json({"written": str(out)})
    progress(f"Wrote {out}.")


@commands.command("schema")
def schema(*, as_json: AsJson = False) -> None:  # noqa: ARG001  # it is JSON either way
    """Print the JSON Schema of problems. Example: almoner allocate schema > allocation.json."""
    print_json(AllocationDocument.model_json_schema(by_alias=True))


class Reporter:
    """Prints how far a solve is, when it takes longer than two seconds."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.next_s = time.monotonic() + PATIENCE_S

    def __call__(self, event: Any) -> None:  # noqa: ANN401 - a progress event of the solver
        """Print one line, at most every few seconds."""
        now = time.monotonic()
        if now < self.next_s:
            return
        self.next_s = now + LINE_S
        progress(f"Allocating among {self.count:,} interventions: {event.sentence()}")


def read_problem(path: Path) -> AllocationDocument:
    """Read a problem from a file or from standard input."""
    return AllocationDocument.read(sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes())


def read_gap(text: str | None) -> Fraction | None:
    """Read a relative gap such as 1/1000 or 0.001."""
    if text is None:
        return None
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise DocumentInvalid(f"{text!r} is no gap. Write a fraction such as 1/10000.", got=text) from None


def with_options(document: AllocationDocument, budgets: list[str], risk: Risk | None) -> AllocationDocument:
    """Change budgets and the way in which risk counts, as the options say."""
    if not budgets and risk is None:
        return document
    plain = json.loads(document.canonical_bytes())
    for text in budgets:
        fund, period, minor = _budget(text, document.scale)
        slots = list(zip(plain["funds"]["fund_id"], plain["funds"].get("period", []), strict=False))
        places = [
            at
            for at, name in enumerate(plain["funds"]["fund_id"])
            if name == fund and (slots[at][1] if slots else 0) == period
        ]
        if not places:
            raise DocumentInvalid(f"{text}: {fund} is no fund with money in period {period}.", got=text)
        plain["funds"]["budget_minor"][places[0]] = minor
    if risk is not None:
        plain["objective"]["mode"] = risk
    return AllocationDocument.read(json.dumps(plain))


def _budget(text: str, scale: int) -> tuple[str, int, int]:
    name, found, amount = text.partition("=")
    fund, slash, period = name.partition("/")
    if not found or (slash and not (period.isascii() and period.isdigit())):
        raise DocumentInvalid(f"{text!r} is no budget. Write FUND=AMOUNT or FUND/PERIOD=AMOUNT.", got=text)
    return fund, int(period or 0), decimal_count(amount, scale)
