"""How payments on a results file are shown: tables, or one JSON document."""

from collections.abc import Iterable, Sequence

from ...contracts.reporting import CaseReport, FigureRow, HeldExpectation, PaymentRow
from ...contracts.terms.words.reasons import Reason
from ...finance.money import grouped
from .show import print_table

DASH = "-"
MOST_SHOWN = 200
MOST_NAMED = 4


def case_document(told: CaseReport) -> dict[str, object]:
    """Return a case as one JSON object."""
    return {
        "case": told.case,
        "note": told.note,
        "payments": [
            {
                "clause": one.clause,
                "period": one.period,
                "members": list(one.members),
                "unit": one.unit,
                "earned": one.earned,
                "cuts": one.cuts,
                "paid": one.paid,
                **({"by_period": one.by_period} if one.by_period else {}),
            }
            for one in told.payments
        ],
        "moved": [
            {"from": one.payer, "to": one.payee, "unit": one.unit, "amount": one.amount} for one in told.moved
        ],
        "figures": [_figure_document(one) for one in told.figures],
        "accounts": [_figure_document(one) for one in told.accounts],
        "expectations": [_expectation_document(one) for one in told.expectations],
        "holds": told.holds,
    }


def _figure_document(row: FigureRow) -> dict[str, object]:
    return {
        "name": row.name,
        "members": list(row.members),
        "period": row.period,
        "unit": row.unit,
        "value": row.value,
    }


def _expectation_document(held: HeldExpectation) -> dict[str, object]:
    wanted = held.expected
    return {
        "output": wanted.output,
        "of": dict(wanted.of),
        "period": wanted.period,
        "use": wanted.use,
        "expected": wanted.value,
        "tolerance": wanted.tolerance,
        "basis": wanted.basis,
        "computed": held.computed,
        "holds": held.holds,
        "reason": held.reason,
    }


def reason_document(reason: Reason) -> dict[str, object]:
    """Return a reason as one JSON object."""
    return {
        "clause": reason.clause,
        "period": reason.period,
        "members": list(reason.members),
        "summary": reason.summary,
        "steps": [{"depth": depth, "text": text} for depth, text in reason.steps],
    }


def show_case(told: CaseReport) -> None:
    """Print the tables of a case."""
    print(f"Case {told.case}" + (f": {told.note}" if told.note else ""))
    print_table(
        "",
        ("clause", "member", "period", "unit", "earned", "cut", "paid"),
        _cut(_lines(told)),
        right=(4, 5, 6),
    )
    if told.moved:
        moved = [(one.payer, one.payee, one.unit, grouped(one.amount)) for one in told.moved]
        print_table("\nMoved over the term", ("from", "to", "unit", "amount"), _cut(moved), right=(3,))
    for title, given in (("Figures", told.figures), ("Accounts at the end", told.accounts)):
        if given:
            print_table(
                f"\n{title}",
                ("name", "member", "period", "unit", "value"),
                _cut(map(_figure, given)),
                right=(4,),
            )
    if told.expectations:
        rows = [_expectation(one) for one in told.expectations]
        columns = ("figure", "use", "expected", "tolerance", "computed", "basis", "holds")
        print_table("\nExpectations", columns, _cut(rows), right=(2, 3, 4))
    pending = [one for one in told.payments if one.earned is None]
    if pending:
        print(f"Pending, nothing paid: {', '.join(dict.fromkeys(one.clause for one in pending))}.")


def _cut(rows: Iterable[Sequence[str]]) -> list[Sequence[str]]:
    """Return the first rows; --json has all."""
    given = list(rows)
    if len(given) <= MOST_SHOWN:
        return given
    rest = f"… {len(given) - MOST_SHOWN} more rows: --json has all"
    return [*given[:MOST_SHOWN], (rest, *[""] * (len(given[0]) - 1))]


def _lines(told: CaseReport) -> Iterable[Sequence[str]]:
    for one in told.payments:
        yield _payment(one)
        for period, amount in one.by_period.items():
            yield ("", "", f"  {period}", "", "", "", grouped(amount))


def _payment(row: PaymentRow) -> Sequence[str]:
    cut = ", ".join(f"{grouped(amount)} {limit}" for limit, amount in row.cuts.items()) or DASH
    earned = "pending" if row.earned is None else grouped(row.earned)
    return (row.clause, ", ".join(row.members) or DASH, row.period, row.unit, earned, cut, grouped(row.paid))


def _figure(row: FigureRow) -> Sequence[str]:
    return (row.name, ", ".join(row.members) or DASH, row.period, row.unit, _number(row.value or "pending"))


def _number(text: str) -> str:
    return grouped(text) if text[:1].isdigit() or text[:1] == "-" else text


def _expectation(held: HeldExpectation) -> Sequence[str]:
    wanted = held.expected
    name = " ".join((wanted.output, *wanted.of.values(), wanted.period)).strip()
    computed = _number(held.computed) if held.computed else held.reason
    verdict = "yes" if held.holds else "NO"
    return (name, wanted.use, _number(wanted.value), wanted.tolerance, computed, wanted.basis, verdict)


def show_reasons(reasons: Sequence[Reason]) -> None:
    """Print why each payment is what it is; what is pending with the same summary stands in one line."""
    waiting: dict[tuple[str, str], list[str]] = {}
    for one in reasons:
        where = ", ".join((*one.members, one.period))
        if one.pending:
            waiting.setdefault((_named(one), one.summary), []).append(where)
            continue
        print(f"{_named(one)}, {where}: {one.summary}")
        for depth, text in one.steps:
            print(f"{'  ' * (depth + 1)}{text}")
    for (name, summary), places in waiting.items():
        more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
        print(f"{name}, {'; '.join(places[:MOST_NAMED])}{more}: {summary}")


def _named(reason: Reason) -> str:
    return f"{reason.clause} ({reason.title})" if reason.title else reason.clause
