"""An agreement read five ways: in words, its bounds, what lint finds, a worked payment, simulated courses.

The problem: what a contract may cost is asked before it is signed, by people who do not read formulas. Each
reading answers it in another way, side by side, against the money that is there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ....contracts.terms.document import Metric, TermDocument
from ...charts.chart import Chart
from ...charts.spread import PayoutSpan, PayoutSpread, SpreadWords, draw_spread
from ...wire.forecasts import TermsForecast, TermsSpread
from ...wire.terms import TermsBounds, TermsLint, TermsPayments
from ..view import Column, Sheet
from ..visit import Visit
from ..words import Words

PATHS, SEED, MEMBERS = 1000, 7, 10
SHOWN = ("paid", "pays")
QUANTILES = ("p5", "p25", "p50", "p75", "p95", "most")


def bounds_sheet(visit: Visit, bounds: TermsBounds) -> Sheet:
    """Return what passes between whom, at most and at least."""
    words = visit.words
    whole = words._("Whole term")
    return Sheet(
        title=words._("What can pass between whom, proven"),
        columns=[
            Column(name=words._("From")),
            Column(name=words._("To")),
            Column(name=words._("When")),
            Column(name=words._("At least"), kind="amount"),
            Column(name=words._("At most"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (one.payer, one.payee, str(one.year or whole), one.least, one.most, one.unit)
            for one in bounds.pairs
        ],
        empty=words._("These terms pay nothing."),
    )


def lint_sheet(visit: Visit, lint: TermsLint) -> Sheet:
    """Return what was found odd, the grave things first."""
    words = visit.words
    grave = {"error": words._("Must be mended"), "warning": words._("Look at it")}
    rows = sorted(lint.findings, key=lambda one: one.severity)
    return Sheet(
        title=words._("Cliffs, gaming and other warnings"),
        columns=[
            Column(name=words._("How grave")),
            Column(name=words._("What it is")),
            Column(name=words._("What to do")),
            Column(name=words._("Money at stake")),
        ],
        rows=[(grave[one.severity], one.message, one.fix, one.size or "") for one in rows],
        empty=words._("Nothing odd was found."),
    )


def payments_sheet(visit: Visit, paid: TermsPayments) -> Sheet:
    """Return what would be paid, clause by clause."""
    words = visit.words
    return Sheet(
        title=words._("What these results would pay"),
        columns=[
            Column(name=words._("Clause")),
            Column(name=words._("Period")),
            Column(name=words._("Earned"), kind="amount"),
            Column(name=words._("Paid"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Cut by")),
        ],
        rows=[
            (one.clause, one.period, one.earned or "", one.paid, one.unit, ", ".join(one.cuts))
            for one in paid.payments
        ],
        empty=words._("These results pay nothing."),
    )


def asked_metrics(terms: TermDocument) -> Mapping[str, Metric]:
    """Return the metrics of which a person can state one value: those of the whole term, of no member."""
    return {name: one for name, one in terms.metrics.items() if not one.per and one.ref is None}


def case_of(visit: Visit, terms: TermDocument) -> Mapping[str, Any]:
    """Return the results typed into a form as a case."""
    rows = [
        {"metric": name, "value": visit.form.text(f"value-{name}")}
        for name in asked_metrics(terms)
        if visit.form.text(f"value-{name}")
    ]
    return {"id": "typed", "results": rows}


def outcomes_of(visit: Visit, terms: TermDocument) -> Mapping[str, Any]:
    """Return how each metric may come out: anywhere between two typed figures, or as likely as typed."""
    models = {name: {"law": _law(visit, name, one)} for name, one in terms.metrics.items()}
    members = {
        name: str(min(MEMBERS, one.most or MEMBERS)) for name, one in terms.sets.items() if not one.members
    }
    return {"schema": "almoner.outcomes/1", "title": "Typed ranges", "models": models, "members": members}


def _law(visit: Visit, name: str, metric: Metric) -> Mapping[str, Any]:
    if metric.type == "truth":
        return {"kind": "bernoulli", "p": visit.form.text(f"p-{name}", "0.5") or "0.5"}
    if metric.type == "label":
        return {"kind": "categorical", "weights": dict.fromkeys(metric.values, "1")}
    low, high = metric.domain or ("0", "1")
    return {
        "kind": "beta",
        "low": visit.form.text(f"low-{name}", low) or low,
        "high": visit.form.text(f"high-{name}", high) or high,
        "a": "1",
        "b": "1",
    }


def spread_charts(visit: Visit, found: TermsForecast) -> Mapping[str, Chart]:
    """Return a chart per unit: what may be paid in all and by year, and how the paths lie."""
    words = visit.words
    charts = {}
    shown = [one for one in found.spreads if one.what in SHOWN]
    for unit in sorted({one.unit for one in shown}):
        bands = [_band(visit, one) for one in shown if one.unit == unit]
        spans = [
            PayoutSpan(low=one.low, high=one.high, share=one.share)
            for one in found.histogram
            if one.unit == unit
        ]
        charts[f"spread-{unit}"] = draw_spread(
            words._("What may be paid, %(unit)s", unit=unit),
            words._("Of %(count)s simulated courses, nine in ten end within a band.", count=found.paths),
            unit,
            [one for one in bands if one],
            spans,
            spread_words(words),
        )
    return charts


def spread_words(words: Words) -> SpreadWords:
    """Return what a drawing of payments that may lie apart says."""
    return SpreadWords(
        what=words._("What"),
        quantile=words._("%(share)s, %(unit)s"),
        middle=words._("Middle, %(unit)s"),
        most=words._("Most, %(unit)s"),
        share=words._("Share of courses"),
        paths=words._("courses"),
        outer=words._("nine of ten courses"),
        inner=words._("every second course, and the middle"),
        top=words._("the most in any course"),
        middle_at=words._("middle %(amount)s"),
        most_at=words._("most %(amount)s"),
        half=words._("half of all %(low)s to %(high)s"),
        nine=words._("nine of ten %(low)s to %(high)s"),
        span=words._("%(low)s to %(high)s"),
        ends_there=words._("%(share)s of the courses"),
    )


def _band(visit: Visit, one: TermsSpread) -> PayoutSpread | None:
    figures: Sequence[str | None] = [one.figures.get(name) for name in QUANTILES]
    if any(text is None for text in figures):
        return None
    p5, p25, p50, p75, p95, most = (str(text) for text in figures)
    words = visit.words
    by = words._("%(party)s pays", party=one.party) if one.party else words._("In all")
    label = f"{by}, {one.when}" if one.when else by
    return PayoutSpread(label=label, p5=p5, p25=p25, p50=p50, p75=p75, p95=p95, most=most)


def bound_by(visit: Visit, found: TermsForecast) -> Sheet:
    """Return how often something happened in the simulated courses, for example a cap that bound."""
    words = visit.words
    return Sheet(
        title=words._("What decided, and how often"),
        columns=[
            Column(name=words._("What")),
            Column(name=words._("Of")),
            Column(name=words._("In how many courses"), kind="share"),
            Column(name=words._("Worth then, on average"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (one.what.replace("_", " "), one.name, one.share, one.mean_then, one.unit)
            for one in found.frequencies
        ],
        empty=words._("No clause, cap or floor decided anything."),
    )
