"""How briefs and reports of the design simulator are shown."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ...challenges.amendments import BriefVersion
from ...challenges.brief import Brief
from ...challenges.prizes import prize_maximum
from ...challenges.simulation import Assumptions, DesignReport, Payouts, Workload
from ...finance.dates import instant_text
from ...finance.errors import UnknownUnit
from ...finance.money import grouped
from ...finance.units import currency
from .show import print_table

DIGITS = 3


def brief_document(brief: Brief, versions: Sequence[BriefVersion] = ()) -> dict[str, Any]:
    """Return what people look for in a brief, as JSON values."""
    return {
        "challenge": brief.challenge_id,
        "title": brief.title,
        "version": brief.version,
        "sha256": brief.digest(),
        "unit": brief.unit,
        "fund": brief.fund,
        "goal": brief.goal.model_dump(mode="json"),
        "phases": [
            {
                "id": phase.id,
                "kind": phase.kind,
                "judging": phase.judging,
                "opens_at": instant_text(brief.opens(phase)),
                "closes_at": instant_text(brief.closes(phase)),
            }
            for phase in brief.phases
        ],
        "prizes": [
            {"prize": n, "kind": prize.kind, "phase": prize.phase, "most": _most(brief, n)}
            for n, prize in enumerate(brief.prizes)
        ],
        "versions": [
            {"version": one.brief.version, "effective_at": instant_text(one.effective_at)} for one in versions
        ],
    }


def _most(brief: Brief, position: int) -> str:
    try:
        return prize_maximum(brief.prizes[position], currency(brief.unit)).text
    except UnknownUnit:
        return ""


def print_brief(document: Mapping[str, Any]) -> None:
    """Print a brief for people."""
    goal = document["goal"]
    print(f"{document['title']} ({document['challenge']}, version {document['version']})")
    print(
        f"Goal: {goal['metric']} from {goal['baseline']} to {goal['target']} {goal['unit']} by {goal['by']}"
    )
    print_table(
        "\nPhases",
        ("phase", "kind", "judging", "opens", "closes"),
        [
            (row["id"], row["kind"], row["judging"], _short(row["opens_at"]), _short(row["closes_at"]))
            for row in document["phases"]
        ],
    )
    print_table(
        "\nPrizes",
        ("prize", "kind", "decided in", f"most, {document['unit']}"),
        [
            (str(row["prize"]), row["kind"], row["phase"], grouped(row["most"]) if row["most"] else "")
            for row in document["prizes"]
        ],
        right=(0, 3),
    )
    if len(document["versions"]) > 1:
        print_table(
            "\nVersions",
            ("version", "counts from"),
            [(str(row["version"]), _short(row["effective_at"])) for row in document["versions"]],
            right=(0,),
        )


def _short(instant: str) -> str:
    return f"{instant[:16]}Z"


def report_document(report: DesignReport, assumed: Assumptions) -> dict[str, Any]:
    """Return a report of the design simulator as JSON values; figures are decimal text."""
    return {
        "runs": report.runs,
        "seed": report.seed,
        "assumed": assumed.model_dump(mode="json"),
        "work": [_work(one) for one in report.work],
        "best_first": {name: _text(value) for name, value in report.best_first.items()},
        "best_goes_on": {name: _text(value) for name, value in report.best_goes_on.items()},
        "winner_rank": _text(report.winner_rank),
        "best_paid_most": _text(report.best_paid_most),
        "standard_error": _text(report.standard_error),
        "payouts": [_payout(one) for one in report.payouts],
        "not_simulated": [{"prize": prize, "why": why} for prize, why in report.not_simulated],
    }


def _work(one: Workload) -> dict[str, Any]:
    names = ("entries", "reads", "judges", "reads_per_judge", "hours_per_judge", "days_needed", "days_open")
    return {"phase": one.phase, **{name: _text(getattr(one, name)) for name in names}, "fits": one.fits}


def _payout(one: Payouts) -> dict[str, str]:
    money = {name: getattr(one, name).text for name in ("maximum", "mean", "unawarded")}
    shares = ("winners", "to_best", "to_next", "to_others", "to_rest", "gini")
    return {"prize": one.prize, **money, **{name: _text(getattr(one, name)) for name in shares}}


def _text(value: Fraction) -> str:
    return f"{float(value):.{DIGITS}f}"


def print_report(brief: Brief, document: Mapping[str, Any]) -> None:
    """Print a report for people: work, chances, payouts, and what was assumed."""
    assumed = ", ".join(f"{name} {value}" for name, value in document["assumed"].items() if value is not None)
    print(f"{brief.title}: {document['runs']} rounds, seed {document['seed']}")
    print(f"Assumed: {assumed}")
    names = ("entries", "reads", "judges", "reads_per_judge", "hours_per_judge", "days_needed", "days_open")
    print_table(
        "\nWork",
        ("phase", *(name.replace("_", " ") for name in names), "fits"),
        [
            (row["phase"], *(row[name] for name in names), "yes" if row["fits"] else "NO")
            for row in document["work"]
        ],
        right=range(1, len(names) + 1),
    )
    chances = [(f"the best comes first in {name}", value) for name, value in document["best_first"].items()]
    chances += [(f"the best goes on from {name}", value) for name, value in document["best_goes_on"].items()]
    chances += [
        ("nobody is paid more than the best", document["best_paid_most"]),
        ("true rank of who is paid most", document["winner_rank"]),
        ("standard error of a chance", document["standard_error"]),
    ]
    print_table("\nChances", ("what", "figure"), chances, right=(1,))
    money, shares = ("maximum", "mean", "unawarded"), ("winners", "to_best", "to_next", "to_others", "gini")
    print_table(
        f"\nPayouts, {brief.unit}",
        ("prize", *money, *(name.replace("_", " ") for name in shares)),
        [
            (row["prize"], *(grouped(row[name]) for name in money), *(row[name] for name in shares))
            for row in document["payouts"]
        ],
        right=range(1, 9),
    )
    for row in document["not_simulated"]:
        print(f"Not simulated: {row['prize']}, {row['why']}")
