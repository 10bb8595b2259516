"""Figures of allocations in the reader's words: exact fractions as they are shown, states, stages."""

from fractions import Fraction
from math import ceil, floor

from ....finance.errors import Missing
from ...charts.figures import rounded
from ...wire.allocations import AllocationDone
from ..view import Column, Sheet
from ..visit import Visit
from ..words import Words

KEEPERS = frozenset({"funder", "intermediary"})
DIGITS = 3
FINE = 10_000
GAPS = ("1/10000", "1/1000", "1/100")


def require_keeper(visit: Visit) -> None:
    """Refuse who neither funds nor keeps the books.

    Raises
    ------
    Missing
        As for an address that is not there.
    """
    if not visit.roles() & KEEPERS:
        raise Missing("Nothing is here.")


def decimal_of(fraction: str) -> str:
    """Return an exact fraction as decimal text, rounded down; empty where there is none.

    Examples
    --------
    >>> decimal_of("4/25"), decimal_of("2/3"), decimal_of("")
    ('0.160', '0.666', '')
    """
    return rounded(Fraction(floor(Fraction(fraction) * 10**DIGITS), 10**DIGITS), DIGITS) if fraction else ""


def decimal_up(fraction: str) -> str:
    """Return a bound as decimal text, rounded up: it must not look tighter than it is.

    Examples
    --------
    >>> decimal_up("4/25"), decimal_up("1/3"), decimal_up("")
    ('0.160', '0.334', '')
    """
    return rounded(Fraction(ceil(Fraction(fraction) * 10**DIGITS), 10**DIGITS), DIGITS) if fraction else ""


def share_up(fraction: str) -> str:
    """Return a share as decimal text, rounded up: a distance must not look smaller than it is.

    Examples
    --------
    >>> share_up("1/30000"), share_up("0"), share_up("")
    ('0.0001', '0.0000', '')
    """
    if not fraction:
        return ""
    return rounded(Fraction(ceil(Fraction(fraction) * FINE), FINE), 4)


def stage_of(words: Words, stage: str) -> str:
    """Say what a job is at.

    Examples
    --------
    >>> from almoner.api.pages.words import words_of
    >>> stage_of(words_of("en"), "prices")
    'Finding what money is worth'
    """
    return {
        "reading": words._("Reading the problem"),
        "prices": words._("Finding what money is worth"),
        "core": words._("Choosing who is funded"),
        "search": words._("Proving that nothing is better"),
        "budgets": words._("Solving for other budgets"),
    }.get(stage, words._("Waiting for a worker"))


def status_of(words: Words, done: AllocationDone) -> str:
    """Say what an answer is."""
    return {
        "within_gap": words._("As near to the best as asked"),
        "stopped": words._("Stopped by its time; the bound holds all the same"),
        "infeasible": words._("Impossible: its limits conflict"),
    }.get(done.status, done.status)


def compared(visit: Visit, answers: list[tuple[str, AllocationDone]], here: str = "") -> Sheet:
    """Return answers side by side.

    Parameters
    ----------
    visit : Visit
        Who looks.
    answers : list of tuple
        Job and answer.
    here : str
        The job that is shown, which needs no link.
    """
    words = visit.words
    rows, links = [], []
    for job, one in answers:
        funded = sum(reason.funded for reason in one.reasons)
        rows.append(
            (
                one.label or words._("Without a name"),
                " ".join(one.changes),
                status_of(words, one),
                decimal_of(one.value),
                decimal_up(one.bound),
                share_up(one.gap),
                one.spent,
                str(funded) if one.allocation else "",
            )
        )
        links.append("" if job == here else visit.address("desk_allocation", job=job))
    return Sheet(
        title=words._("Side by side"),
        columns=[
            Column(name=words._("Name")),
            Column(name=words._("What was changed")),
            Column(name=words._("Answer")),
            Column(name=words._("Worth"), kind="number"),
            Column(name=words._("Nothing is worth more than"), kind="number"),
            Column(name=words._("At most so far from the best"), kind="share"),
            Column(name=words.p("allocation", "Given"), kind="amount"),
            Column(name=words._("Funded"), kind="number"),
        ],
        rows=rows,
        links=links,
        empty=words._("Answers are compared here once there are some. Solve again with other limits."),
    )
