"""The demonstration as a report: one HTML file that a funder can read from top to bottom.

The problem: a summary in JSON convinces machines. Whoever gives money wants to see what happened to it, which
figures are real, and how the rest was decided, on a page that can be mailed, printed and archived: no script,
no address that is loaded, no date of its own, and the same bytes for the same summary.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from ...finance.accounts import UNRESTRICTED
from ...finance.ledger import LINES
from ...finance.money import decimal_text, round_quotient
from ..charts import (
    Candidate,
    Chart,
    Giver,
    Movement,
    Payout,
    Purse,
    RankedEntry,
    draw_allocation,
    draw_payouts,
    draw_ranking,
    draw_trail,
    draw_waterfall,
)
from ..charts.figures import clean, grouped, number, plain, rounded

Figures = Mapping[str, Any]  # decoded JSON

FILE: Final = "report.html"
GAP_DIGITS: Final = 6

LINE_WORDS: Final[Mapping[str, str]] = {
    "contribution": "Contributions",
    "fund_income": "Interest earned by the fund",
    "partner_interest": "Interest returned by partners",
    "fee": "Fee of the administrative agent",
    "bank_charge": "Bank charges",
    "direct_cost": "Direct costs",
    "transfer": "Transfers to partners",
    "transfer_to_fund": "Transfers to other funds",
    "payout": "Payout",
    "refund": "Refunds by partners",
}
FINDING_WORDS: Final[Mapping[str, str]] = {
    "pass": "may compete",
    "fail": "may not compete",
    "needs_document": "a document is missing",
}
RULE_WORDS: Final[Mapping[str, str]] = {
    "greedy": "Best value for money first, one after the other",
    "proportional": "The same part of the ask for everybody",
}
COUNT_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
BOUND_WORDS: Final[Mapping[str, str]] = {
    "attained": "reached by some possible result, so it cannot be lower",
    "safe": "never exceeded, though perhaps never reached",
}


def write_report(summary: Figures, out: Path) -> Path:
    """Write the report of a demonstration.

    Parameters
    ----------
    summary : Mapping
        What ``run_demo`` returned.
    out : Path
        The file, when its name ends in ``.html``; else the folder for ``report.html``, made where missing.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from almoner.api.demo.story import run_demo
    >>> from almoner.finance.storage import open_engine
    >>> summary = run_demo(open_engine("sqlite://"), lambda line: None)  # doctest: +SKIP
    >>> with TemporaryDirectory() as folder:  # doctest: +SKIP
    ...     write_report(summary, Path(folder)).name
    'report.html'
    """
    path = out if out.suffix == ".html" else out / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render_report(summary).encode())
    return path


def render_report(summary: Figures) -> str:
    """Return the report of a demonstration as HTML text.

    Parameters
    ----------
    summary : Mapping
        What ``run_demo`` returned; amounts are decimal text.

    Examples
    --------
    >>> render_report({})
    Traceback (most recent call last):
    ...
    KeyError: 'pool_challenge'
    """
    titles = _titles(summary)
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_harmless,
    )
    environment.filters |= {
        "amount": grouped,
        "less": less,
        "lost": lost,
        "line": lambda code: LINE_WORDS.get(code, words(code)),
        "name": named,
        "rounded": rounded,
        "spelled": spelled,
        "title_of": lambda code: titles.get(code, words(code)),
        "words": words,
    }
    environment.tests["figure"] = lambda text: text.lstrip("+\N{MINUS SIGN}")[:1].isdigit()
    page = environment.from_string(
        files(__package__).joinpath("templates", "report.html").read_text(encoding="utf-8")
    )
    return page.render(
        summary,
        charts=_charts(summary, titles),
        trails=[_trail(one, summary["donor"], titles) for one in summary["donor"]["traced_payments"]],
        binding=[
            rule_sentence(rule, summary["allocation"], titles) for rule in summary["allocation"]["binding"]
        ],
        together=_retold(summary["allocation"]["complementarity"], titles),
        gap_percent=_percent_up(summary["allocation"]["gap"]),
        matched=sum(bool(one["match"]) for one in summary["contracts"]),
        since=less(summary["fund"]["balance"], summary["statement"]["balance"]),
        finding_words=FINDING_WORDS,
        rule_words=RULE_WORDS,
        bound_words=BOUND_WORDS,
        unrestricted=UNRESTRICTED,
    )


def less(figure: str, other: str) -> str:
    """Return the exact difference of two figures as decimal text.

    Examples
    --------
    >>> less("481556.18146232", "481556.181462625")
    '-0.000000305'
    """
    return plain(number(figure) - number(other), figure, other)


def lost(best: str, other: str) -> str:
    """Return what one value is short of a better one, in percent of the better.

    Examples
    --------
    >>> lost("80", "70"), lost("0", "0")
    ('12.5 %', '')
    """
    most = number(best)
    return f"{grouped(rounded((most - number(other)) * 100 / most, 1))} %" if most else ""


def spelled(count: int) -> str:
    """Write a small count as a word.

    Parameters
    ----------
    count : int [things]
        How many there are.

    Examples
    --------
    >>> spelled(5), spelled(13)
    ('five', '13')
    """
    return COUNT_WORDS[count] if 0 <= count < len(COUNT_WORDS) else grouped(count)


def words(code: str) -> str:
    """Write a code as words.

    Examples
    --------
    >>> words("ready_to_learn")
    'Ready to learn'
    """
    text = code.replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]


def named(code: str) -> str:
    """Write the code of a party as a name.

    Examples
    --------
    >>> named("north-harbour-foundation")
    'North Harbour Foundation'
    """
    return " ".join(part[:1].upper() + part[1:] for part in code.split("-"))


def rule_sentence(rule: str, allocation: Figures, titles: Mapping[str, str]) -> str:
    """Say in plain words how a rule holds an allocation.

    Parameters
    ----------
    rule : str
        The id of a rule that binds.
    allocation : Mapping
        The summary's allocation.
    titles : Mapping of str to str
        Intervention -> its title.

    Examples
    --------
    >>> figures = {"unit": "USD", "left": {"pool": "0.00"}, "budgets": {"pool": "90.00"}}
    >>> rule_sentence("budget/pool/0", figures, {})
    'All money of “pool” is used: 90.00 USD of 90.00 USD.'
    >>> rule_sentence("cap/region/north/all", figures, {})
    'Region “north” reached the most that may go there.'
    """
    kind, *parts = (part.replace("~1", "/").replace("~0", "~") for part in rule.split("/"))
    unit, name = allocation["unit"], parts[0] if parts else rule
    if kind == "budget" and name in allocation["budgets"]:
        budget, left = allocation["budgets"][name], allocation["left"].get(name, "0")
        used = grouped(less(budget, left))
        return f"All money of “{name}” is used: {used} {unit} of {grouped(budget)} {unit}."
    if kind == "earmark":
        return _earmark_sentence(name, allocation)
    if kind == "ticket":
        return _ticket_sentence(name, allocation, titles)
    if kind in {"cap", "floor"} and len(parts) > 1:
        end = "most that may" if kind == "cap" else "least that must"
        return f"{words(name)} “{parts[1]}” reached the {end} go there."
    return f"The rule {rule} is met exactly."


def _earmark_sentence(name: str, allocation: Figures) -> str:
    left, unit = allocation["left"].get(name, "0"), allocation["unit"]
    if not number(left):
        return f"The earmark “{name}” keeps its money from projects outside it that could use more."
    return (
        f"{grouped(left)} {unit} of the earmark “{name}” stay unspent: projects outside it could have used "
        "the money, but its givers tied it."
    )


def _ticket_sentence(name: str, allocation: Figures, titles: Mapping[str, str]) -> str:
    title, unit = titles.get(name, words(name)), allocation["unit"]
    amounts = [number(row["amount"]) for row in allocation["lines"] if row["intervention"] == name]
    texts = [row["amount"] for row in allocation["lines"] if row["intervention"] == name]
    award, ask = sum(amounts, start=Fraction(0)), allocation["asks"].get(name)
    if ask is not None and award == number(ask):
        return f"“{title}” receives all it asked for, {grouped(ask)} {unit}, and could use no more."
    shown = grouped(plain(award, *texts))
    return f"“{title}” receives exactly the least it can work with, {shown} {unit}: less would not start it."


def _harmless(value: object) -> object:
    """Clean every text that the template writes; a drawing is markup and was cleaned where it was made."""
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _percent_up(gap: str) -> str:
    """Write a share as percent, rounded up: a bound must not look tighter than it is."""
    share = number(gap) * 100
    return decimal_text(
        round_quotient(share.numerator * 10**GAP_DIGITS, share.denominator, "ceil"), GAP_DIGITS
    )


def _retold(sentence: str, titles: Mapping[str, str]) -> str:
    """Put titles where a sentence names interventions by their codes."""
    return re.sub(
        r"[\w-]+", lambda hit: f"“{titles[hit[0]]}”" if hit[0] in titles else hit[0], sentence, flags=re.ASCII
    )


def _titles(summary: Figures) -> dict[str, str]:
    found = [*summary["pool_challenge"]["findings"], *summary["pool_challenge"]["ranking"]]
    return {row["application"]: row["title"] for row in found}


def _charts(summary: Figures, titles: Mapping[str, str]) -> dict[str, Chart]:
    return {
        "statement": _statement_chart(summary["statement"]),
        "position": _position_chart(summary["fund"]),
        "ranking": _ranking_chart(summary["pool_challenge"]),
        "allocation": _allocation_chart(summary["allocation"], titles),
        "payouts": _payout_chart(summary["contracts"]),
        "donor": _donor_chart(summary["donor"]),
    }


def _closed(steps: list[Movement], label: str, total: str) -> list[Movement]:
    """End a waterfall with a stated total; what the steps do not explain becomes a step of its own."""
    signs = {"start": 1, "up": 1, "down": -1, "total": 0}
    reached = sum((number(one.amount) * signs[one.kind] for one in steps), start=Fraction(0))
    rest = number(total) - reached
    if rest:
        amount = plain(abs(rest), total, *(one.amount for one in steps))
        steps = [
            *steps,
            Movement(label="Not explained", amount=amount, kind="up" if rest > 0 else "down"),
        ]
    return [*steps, Movement(label=label, amount=total, kind="total")]


def _move(label: str, amount: str, *, is_source: bool) -> Movement:
    """Make a step of a signed figure: a negative source goes down, a negative use up."""
    is_up = is_source == (number(amount) >= 0)
    return Movement(label=label, amount=amount.removeprefix("-"), kind="up" if is_up else "down")


def _statement_chart(made: Figures) -> Chart:
    balance, sources, uses = (made[name] for name in ("balance", "sources", "uses"))
    opening = plain(number(balance) - number(sources) + number(uses), balance, sources, uses)
    steps = [Movement(label="Opening balance", amount=opening, kind="start")]
    for row in made["lines"]:
        code = row["line"]
        is_source = code == "refund" or LINES.get(code) == "source"
        steps.append(_move(LINE_WORDS.get(code, words(code)), row["amount"], is_source=is_source))
    return draw_waterfall(
        "The fund's statement, from what came in to what was left",
        "Solid bars add to the balance, hatched bars take from it, dark bars state it.",
        made["unit"],
        _closed(steps, "Closing balance", made["balance"]),
    )


def _position_chart(fund: Figures) -> Chart:
    steps = [
        Movement(label="Balance", amount=fund["balance"], kind="start"),
        _move("Committed to awards", fund["committed"], is_source=False),
        _move("Encumbered for agreements", fund["encumbered"], is_source=False),
    ]
    return draw_waterfall(
        "What of the pool's balance is still free",
        "The balance, less what is committed to awards and what is set aside for the most that signed "
        "agreements can cost, is free.",
        fund["unit"],
        _closed(steps, "Free", fund["free"]),
    )


def _ranking_chart(challenge: Figures) -> Chart:
    standings = [
        RankedEntry(
            label=row["title"],
            rank=row["rank"],
            mean=row["mean"],
            standard_error=row["standard_error"],
            reads=row["reads"],
        )
        for row in challenge["ranking"]
    ]
    return draw_ranking(
        "Mean scores of the judges, with their uncertainty",
        "Dot: mean score. Thick bar: one standard error to each side. Thin bar: two.",
        standings,
    )


def _allocation_chart(made: Figures, titles: Mapping[str, str]) -> Chart:
    given: dict[str, dict[str, str]] = {}
    for row in made["lines"]:
        given.setdefault(row["intervention"], {})[row["fund"]] = row["amount"]
    used = {code for awards in given.values() for code in awards}
    purses = []
    for code in sorted(used | set(made["budgets"])):
        is_free = code == UNRESTRICTED
        label = f"from {code}: {'free to use' if is_free else 'tied by its givers'}"
        purses.append(Purse(code=code, label=label, is_earmarked=not is_free))
    candidates = [
        Candidate(label=titles.get(code, words(code)), ask=ask, awards=tuple(given.get(code, {}).items()))
        for code, ask in made["asks"].items()
    ]
    return draw_allocation(
        "Who is funded, how far, and from which money",
        "Dashed outline: what was asked for. Filled: what was awarded, by the money it comes from.",
        made["unit"],
        purses,
        candidates,
    )


def _payout_chart(contracts: list[Figures]) -> Chart:
    payouts = [
        Payout(
            label=one["title"],
            unit=one["unit"],
            maximum=one["max_liability"],
            paid=one["paid"],
            published=one["published"],
        )
        for one in contracts
    ]
    return draw_payouts(
        "What each contract paid, beside the published payment",
        "Each contract has its own scale: the outline is the most it could ever cost.",
        payouts,
    )


def _donor_chart(donor: Figures) -> Chart:
    steps = [Movement(label="Deposited", amount=donor["deposited"], kind="start")]
    for row in donor["uses"]:
        label = f"{words(row['line'])}: {named(row['payee'])}"
        steps.append(_move(label, row["amount"], is_source=False))
    return draw_waterfall(
        f"What became of the money of {donor['name']}",
        "Each hatched bar is a payment that this donor's money became part of.",
        donor["unit"],
        _closed(steps, "Still in the fund", donor["remaining"]),
    )


def _trail(paid: Figures, donor: Figures, titles: Mapping[str, str]) -> Chart:
    about = _retold(paid["payment"], titles)
    payee = next((row["payee"] for row in donor["uses"] if row["transaction"] == paid["transaction"]), None)
    return draw_trail(
        about[:1].upper() + about[1:],
        "From the givers whose money it was, to the payment, to the payee where that is known.",
        donor["unit"],
        [Giver(label=named(row["giver"]), amount=row["amount"]) for row in paid["givers"]],
        Giver(label="Paid", amount=paid["amount"]),
        None if payee is None else named(payee),
    )
