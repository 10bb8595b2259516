"""How ``almoner allocate`` shows results: tables for people, one document for programs."""

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

from ...finance.allocation import (
    Allocation,
    AllocationDocument,
    AllocationResult,
    allocate,
    equal_group_shares,
    explain,
    fairness,
    greedy,
    proportional,
    recheck,
)
from ...finance.allocation.learning.frontier import budget_frontier
from ...finance.errors import Infeasible
from ...finance.money import decimal_text, grouped
from ..charts.frontier import draw_frontier
from .show import print_json, print_table, progress
from .waiting import bar

VALUE_DIGITS = 6
SHOWN_LINES = 60
SHOWN_RULES = 12
PERCENT = 100


def result_document(
    document: AllocationDocument, result: AllocationResult, asked: Sequence[str]
) -> dict[str, Any]:
    """Return a result with its amounts and the explanations asked for as one JSON document."""
    made: dict[str, Any] = json.loads(result.canonical_bytes())
    made["funded"] = list(result.funded)
    made["lines"] = [
        {
            "intervention_id": line.intervention_id,
            "period": line.period,
            "fund_id": line.fund_id,
            "amount": decimal_text(line.amount_minor, result.scale),
        }
        for line in result.allocation.lines
    ]
    if asked:
        made["explanations"] = [explain(document, result, who).plain() for who in asked]
    return made


def print_result(document: AllocationDocument, result: AllocationResult) -> None:
    """Print who gets how much, how good that is, and what holds it down."""
    titles = dict(
        zip(
            document.interventions.texts("intervention_id"),
            document.interventions.texts("title"),
            strict=True,
        )
    )
    has_periods = len(document.arrays.periods) > 1
    lines = result.allocation.lines
    rows = [
        (
            line.intervention_id,
            titles[line.intervention_id],
            document.arrays.periods[line.period],
            line.fund_id,
            grouped(decimal_text(line.amount_minor, result.scale)),
        )
        for line in lines[:SHOWN_LINES]
    ]
    columns = ("intervention", "title", "period", "fund", result.unit)
    keep = [at for at in range(len(columns)) if at not in ({2} if not has_periods else set())]
    print_table(
        headline(result),
        [columns[at] for at in keep],
        [[row[at] for at in keep] for row in rows],
        right=(len(keep) - 1,),
    )
    if len(lines) > SHOWN_LINES:
        print(f"… and {len(lines) - SHOWN_LINES:,} lines more: --out FILE writes them all.")
    for purchase in result.allocation.bought:
        cost = grouped(decimal_text(purchase.amount_minor, result.scale))
        many = f"{purchase.quantity:,} of {purchase.resource_id}"
        print(f"{purchase.fund_id} buys {many} for {cost} {result.unit}.")
    left = [
        f"{fund} {grouped(decimal_text(minor, result.scale))}"
        for (fund, period), minor in sorted(result.left.items())
        if minor and period == len(document.arrays.periods) - 1
    ]
    print(f"Left in the funds: {', '.join(left) + f' {result.unit}' if left else 'nothing'}.")
    if result.binding:
        more = f" and {len(result.binding) - SHOWN_RULES:,} more" if len(result.binding) > SHOWN_RULES else ""
        print(f"Binding: {', '.join(result.binding[:SHOWN_RULES])}{more}.")
    if result.tie_band:
        names = sorted({who for who, _ in result.tie_band})
        shown = ", ".join(names[:SHOWN_RULES]) + (", …" if len(names) > SHOWN_RULES else "")
        print(f"Not decided by the evidence within this gap ({len(names):,}): {shown}.")


def headline(result: AllocationResult) -> str:
    """Say in one line how good a result is."""
    value, bound = float(result.value), float(result.bound)
    far = "" if result.gap is None else f", at most {percent_up(result.gap)} % from the best possible"
    proof = "by prices" if result.kind == "prices" else "by the solver's search"
    return (
        f"{len(result.funded):,} funded, worth {value:,.{VALUE_DIGITS}f}{far}; no allocation exceeds "
        f"{bound:,.{VALUE_DIGITS}f} ({proof}; {result.status.replace('_', ' ')})"
    )


def percent_up(share: Fraction) -> str:
    """Write a share as percent, rounded up: a bound must not look tighter than it is.

    Examples
    --------
    >>> percent_up(Fraction(1, 30_000))
    '0.0034'
    """
    return decimal_text(-(-share.numerator * PERCENT * 10**4 // share.denominator), 4)


def print_explanation(document: AllocationDocument, result: AllocationResult, who: str) -> None:
    """Print why an intervention is funded, or what would have to be true."""
    print()
    print(explain(document, result, who).text)


def write_files(result: AllocationResult, out: Path | None, certificate: Path | None) -> None:
    """Write the allocation and its certificate where the options say."""
    if out is not None:
        out.write_bytes(result.allocation.canonical_bytes())
        progress(f"Wrote {out}.")
    if certificate is not None:
        certificate.write_bytes(result.certificate.canonical_bytes())
        progress(f"Wrote {certificate}.")


def save_exact(document: AllocationDocument, result: AllocationResult, folder: Path) -> None:
    """Write the three files that the standalone verifier reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "problem.json").write_bytes(document.canonical_bytes())
    progress(f"Wrote {folder / 'problem.json'}.")
    write_files(result, folder / "allocation.json", folder / "certificate.json")


def print_comparison(document: AllocationDocument, deadline_s: float, *, as_json: bool) -> None:
    """Print what the best known allocation and simple rules come to, side by side."""
    progress(f"Allocating among {document.interventions.count:,} interventions, at most {deadline_s:g} s")
    result = allocate(document, deadline_s=deadline_s)
    rows = [_compared(document, result, "optimum", result.allocation)]
    rules: Sequence[Callable[[AllocationDocument], Allocation]] = (greedy, proportional, equal_group_shares)
    for rule in rules:
        name = rule.__name__.replace("_", " ")
        try:
            rows.append(_compared(document, result, name, rule(document)))
        except Infeasible as refusal:
            rows.append({"rule": name, "refused": refusal.message})
    if as_json:
        print_json({"bound": str(result.bound), "unit": result.unit, "rules": rows})
        return
    print_table(
        f"No allocation exceeds {float(result.bound):,.{VALUE_DIGITS}f}",
        ("rule", "worth", "of the bound", "funded", f"spent {result.unit}", "groups with an equal share"),
        [_cells(row) for row in rows],
        right=(1, 2, 3, 4, 5),
    )


def _compared(
    document: AllocationDocument, result: AllocationResult, name: str, allocation: Allocation
) -> dict[str, Any]:
    value = recheck(document, allocation)
    spent = sum(line.amount_minor for line in allocation.lines)
    served = fairness(document, allocation)
    return {
        "rule": name,
        "value": str(value),
        "of_bound": float(value / result.bound) if result.bound else None,
        "funded": len({who for who, _ in allocation.chosen}),
        "spent": decimal_text(spent, document.scale),
        "served": None if served is None else str(served.share),
    }


def _cells(row: dict[str, Any]) -> list[str]:
    if "refused" in row:
        return [row["rule"], row["refused"], "", "", "", ""]
    share = "" if row["of_bound"] is None else f"{row['of_bound']:.2%}"
    served = "" if row["served"] is None else f"{float(Fraction(row['served'])):.0%}"
    value = f"{float(Fraction(row['value'])):,.{VALUE_DIGITS}f}"
    return [row["rule"], value, share, f"{row['funded']:,}", grouped(row["spent"]), served]


def print_frontier(
    document: AllocationDocument, points: int, deadline_s: float, chart: Path | None, *, as_json: bool
) -> None:
    """Print what the best allocation comes to at several budgets, and draw it."""
    parts = [Fraction(at, points) for at in range(1, points + 1)]
    with bar("Budgets solved") as show:
        done = count(1)
        found = budget_frontier(
            document, parts, deadline_s=deadline_s, progress=lambda _: show(next(done), points)
        )
    if chart is not None:
        chart.write_text(draw_frontier(document, found).svg, encoding="utf-8")
        progress(f"Wrote {chart}.")
    if as_json:
        print_json({"unit": document.unit, "points": [point.row() for point in found]})
        return
    print_table(
        "Worth by budget",
        (f"budget {document.unit}", f"spent {document.unit}", "funded", "worth", "at most"),
        [
            (
                grouped(document.amount(point.budget_minor)),
                grouped(document.amount(point.spent_minor)),
                f"{point.funded:,}",
                "" if point.value is None else f"{float(point.value):,.{VALUE_DIGITS}f}",
                "" if point.bound is None else f"{float(point.bound):,.{VALUE_DIGITS}f}",
            )
            for point in found
        ],
        right=(0, 1, 2, 3, 4),
    )
