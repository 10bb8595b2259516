"""The desk: what needs somebody, and how much is committed, paid and still to come."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ...charts import (
    Chart,
    CommittedRow,
    CommittedWords,
    FanWords,
    FanYear,
    draw_committed,
    draw_fan,
)
from ...wire.agreements import AgreementList
from ...wire.forecasts import TermsSpread
from ...wire.funds import FundList, FundMade
from ...wire.portfolios import PortfolioForecast, PortfolioTotal, PortfolioTotalList
from ...wire.waiting import WaitingLine, WaitingList
from ..page import Page
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words
from .telling import kind_of, page_of, party_names

MOST = 200
MOST_FUNDS = 50
MOST_AGREEMENTS = 12
PATHS = 500
MARKS = ("p5", "p25", "p50", "p75", "p95")
DECISIONS = ("claim", "dispute", "settlement", "return")
STATES: Mapping[str, Callable[[Words], str]] = {
    "claim": lambda words: words._("Reported; an evaluator has to look at it"),
    "dispute": lambda words: words._("Disputed; a resolver has to decide"),
    "settlement": lambda words: words._("Verified; it can be settled when the time for disputes has passed"),
    "return": lambda words: words._("Money is owed back to the fund"),
}


def show_desk(visit: Visit) -> View:
    """Show what needs somebody."""
    return _desk(visit, None)


def _desk(visit: Visit, forecast: PortfolioForecast | None) -> View:
    words = visit.words
    waiting = visit.read(WaitingList, "waiting.list", limit=MOST)
    largest = visit.read(PortfolioTotalList, "portfolio.totals", limit=MOST_AGREEMENTS).items
    funds = visit.read(FundList, "fund.list", limit=MOST_FUNDS, cursor=visit.query.get("funds", ""))
    titles = {one.code: one.title for one in funds.items}
    listed = visit.read(AgreementList, "agreement.list", limit=MOST)
    agreements = {one.code: one.title for one in listed.items}
    names = party_names(visit)
    sheets = {
        "approvals": _proposals(visit, waiting, titles, names, "approval"),
        "ready": _proposals(visit, waiting, titles, names, "execution"),
        "rejected": _rejected(visit, waiting, names),
        "signatures": _signatures(visit, waiting, names),
        "results": _results(visit, waiting, agreements),
        "pledges": _pledges(visit, waiting, titles, names),
        "funds": _funds(visit, funds),
    }
    charts = {"committed": _committed(words, largest, forecast)}
    if forecast is not None:
        charts |= _fans(words, forecast.flows)
    more = {
        "tiles": _tiles(words, waiting),
        "agreements": list({one.agreement: one.title for one in largest}.items()),
        "fans": [name for name in charts if name.startswith("fan-")],
        "whole": [
            words._(
                "In all: %(low)s to %(high)s in nine of ten cases, %(middle)s in the middle case.",
                low=words.amount(one.figures["p5"], one.unit),
                high=words.amount(one.figures["p95"], one.unit),
                middle=words.amount(one.figures["p50"], one.unit),
            )
            for one in (forecast.flows if forecast else ())
            if not one.when
        ],
        "is_keeper": "intermediary" in visit.roles(),
        "may_open": bool({"funder", "intermediary"} & visit.roles()),
        "next_funds": funds.next or "",
        "others": _others(visit),
    }
    return View(title=words._("What needs you"), sheets=sheets, charts=charts, more=more)


def _others(visit: Visit) -> list[tuple[str, str]]:
    """List the other pages of the desk that this installation has."""
    words = visit.words
    pages = (
        ("desk_agreements", words._("Agreements")),
        ("desk_challenges", words._("Challenges")),
        ("desk_allocations", words._("Allocations")),
        ("landscape", words._("Who works with whom")),
    )
    keeps = bool(visit.roles() & {"funder", "intermediary"})
    shown = [page for page in pages if keeps or page[0] != "desk_allocations"]
    return [(title, visit.address(name)) for name, title in shown if name in visit.site.addresses]


def _tiles(words: Words, waiting: WaitingList) -> list[tuple[str, str]]:
    """Return figure and name of what waits, by kind."""

    def sums(*kinds: str) -> tuple[int, str]:
        found = [one for one in waiting.sums if one.kind in kinds]
        amounts = [words.amount(one.amount, one.unit) for one in found if one.amount]
        return sum(one.count for one in found), " + ".join(amounts)

    approvals, money = sums("approval")
    unsigned, _ = sums("signature")
    results, _ = sums(*DECISIONS)
    due, owed = sums("pledge")
    return [
        (
            money or words.number(str(approvals)),
            words.n("%(count)s approval waits", "%(count)s approvals wait", approvals)
            if money
            else words._("to be approved"),
        ),
        (
            words.number(str(unsigned)),
            words.n("agreement waits for signatures", "agreements wait for signatures", unsigned),
        ),
        (
            words.number(str(results)),
            words.n("result waits for a decision", "results wait for a decision", results),
        ),
        (
            owed or words.number(str(due)),
            words.n("from %(count)s signed promise", "from %(count)s signed promises", due)
            if owed
            else words._("signed promises to be paid in"),
        ),
    ]


def _of(waiting: WaitingList, *kinds: str) -> list[WaitingLine]:
    return [one for one in waiting.items if one.kind in kinds]


def _proposals(
    visit: Visit, waiting: WaitingList, titles: Mapping[str, str], names: Mapping[str, str], kind: str
) -> Sheet:
    words = visit.words
    found = sorted(
        _of(waiting, kind), key=lambda one: (-Decimal(one.amount or 0), one.since or date.max, one.code)
    )
    titled = {
        "approval": words._("Waiting for approval, the largest first"),
        "execution": words._("Approved, to be carried out"),
    }
    empty = {
        "approval": words._("Nothing waits for approval. Payments above a limit appear here."),
        "execution": words._("Nothing is approved and left to carry out."),
    }
    return Sheet(
        title=titled[kind],
        columns=[
            Column(name=words._("What")),
            Column(name=words._("To")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Fund")),
            Column(name=words._("Since"), kind="day"),
        ],
        rows=[
            (
                kind_of(words, one.what),
                ", ".join(names.get(code, code) for code in one.parties),
                one.amount,
                one.unit,
                titles.get(one.fund, one.fund),
                _day(one.since),
            )
            for one in found
        ],
        links=[visit.address("desk_proposal", fund=one.fund, proposal=one.code) for one in found],
        empty=empty[kind],
    )


def _rejected(visit: Visit, waiting: WaitingList, names: Mapping[str, str]) -> Sheet:
    words, found = visit.words, _of(waiting, "rejection")
    return Sheet(
        title=words._("Rejected, and not proposed again"),
        columns=[
            Column(name=words._("What")),
            Column(name=words._("To")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Reason")),
            Column(name=words._("Rejected on"), kind="day"),
        ],
        rows=[
            (
                kind_of(words, one.what),
                ", ".join(names.get(code, code) for code in one.parties),
                one.amount,
                one.unit,
                one.reason,
                _day(one.since),
            )
            for one in reversed(found)
        ],
        links=[visit.address("desk_proposal", fund=one.fund, proposal=one.code) for one in reversed(found)],
        empty=words._("No proposal was rejected in the last 90 days."),
    )


def _signatures(visit: Visit, waiting: WaitingList, names: Mapping[str, str]) -> Sheet:
    words, found = visit.words, _of(waiting, "signature")
    return Sheet(
        title=words._("Agreements that wait for signatures"),
        columns=[
            Column(name=words._("Agreement")),
            Column(name=words._("Still to sign")),
            Column(name=words._("May cost"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Since"), kind="day"),
        ],
        rows=[
            (
                one.what,
                ", ".join(names.get(code, code) for code in one.parties),
                one.amount,
                one.unit,
                _day(one.since),
            )
            for one in found
        ],
        links=[_agreement(visit, one.agreement) for one in found],
        empty=words._("No agreement waits for a signature."),
    )


def _results(visit: Visit, waiting: WaitingList, agreements: Mapping[str, str]) -> Sheet:
    words, found = visit.words, _of(waiting, *DECISIONS)
    return Sheet(
        title=words._("Reported results and what they wait for"),
        columns=[
            Column(name=words._("Agreement")),
            Column(name=words._("Result")),
            Column(name=words._("It waits for")),
            Column(name=words._("Can be disputed until"), kind="day"),
        ],
        rows=[
            (
                agreements.get(one.agreement, one.agreement),
                one.what or one.code,
                STATES[one.kind](words),
                _day(one.until),
            )
            for one in found
        ],
        links=[_agreement(visit, one.agreement) for one in found],
        empty=words._("No reported result waits for anything."),
    )


def _pledges(
    visit: Visit, waiting: WaitingList, titles: Mapping[str, str], names: Mapping[str, str]
) -> Sheet:
    words, found = visit.words, _of(waiting, "pledge")
    return Sheet(
        title=words._("Signed promises that are not paid in"),
        columns=[
            Column(name=words._("Fund")),
            Column(name=words._("Giver")),
            Column(name=words._("Still to pay in"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (titles.get(one.fund, one.fund), names.get(one.code, one.code), one.amount, one.unit)
            for one in found
        ],
        links=[visit.address("desk_fund", fund=one.fund) for one in found],
        empty=words._("Every signed promise is paid in."),
    )


def _funds(visit: Visit, funds: FundList) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Funds"),
        columns=[
            Column(name=words._("Fund")),
            Column(name=words._("Currency")),
            Column(name=words._("Code")),
        ],
        rows=[(one.title, one.unit, one.code) for one in funds.items],
        links=[visit.address("desk_fund", fund=one.code) for one in funds.items],
        empty=words._("There is no fund yet. Open one below."),
    )


def _day(given: date | None) -> str:
    return given.isoformat() if given else ""


def _agreement(visit: Visit, code: str) -> str:
    return page_of(visit, "desk_agreement", agreement=code) or page_of(visit, "agreement", agreement=code)


def _committed(words: Words, largest: Sequence[PortfolioTotal], forecast: PortfolioForecast | None) -> Chart:
    """Draw where the largest agreements stand, with what is forecast of them."""
    means: dict[tuple[str, str], Decimal] = {}
    for line in forecast.items if forecast else ():
        if line.forecast_mean:
            place = (line.agreement, line.unit)
            means[place] = means.get(place, Decimal(0)) + Decimal(line.forecast_mean)
    rows = [
        CommittedRow(
            label=one.title,
            unit=one.unit,
            most=one.most,
            paid=str(max(Decimal(one.paid), Decimal(0))),
            aside=one.aside,
            forecast=_rounded_as(means[one.agreement, one.unit], one.most)
            if (one.agreement, one.unit) in means
            else "",
        )
        for one in largest
    ]
    return draw_committed(
        words._("What agreements cost"),
        words._(
            "Each bar is one agreement on its own scale, from nothing to the most it may cost; at most "
            "twelve are drawn, the largest."
        ),
        CommittedWords(
            agreement=words._("Agreement"),
            unit=words._("Unit"),
            most=words._("Most it may cost"),
            paid=words._("Paid"),
            aside=words._("Set aside"),
            forecast=words._("Forecast, mean"),
        ),
        rows,
    )


def _rounded_as(mean: Decimal, amount: str) -> str:
    """Round a mean, half to even, to the digits with which an amount of its unit is written."""
    return str(mean.quantize(Decimal(amount)))


def _fans(words: Words, flows: Iterable[TermsSpread]) -> Mapping[str, Chart]:
    by_unit: dict[str, list[TermsSpread]] = {}
    for one in flows:
        if one.when:
            by_unit.setdefault(one.unit, []).append(one)
    return {f"fan-{unit}": _fan(words, unit, years) for unit, years in sorted(by_unit.items())}


def _fan(words: Words, unit: str, years: Iterable[TermsSpread]) -> Chart:
    return draw_fan(
        words._("What will be paid in each year, in %(unit)s", unit=unit),
        words._(
            "All agreements with a model together, on %(paths)s simulated cases. The agreements are taken to "
            "have nothing to do with each other.",
            paths=words.number(str(PATHS)),
        ),
        FanWords(
            year=words._("Year"),
            outer=words._("nine of ten cases lie here"),
            inner=words._("every second case lies here"),
            middle=words._("middle case"),
        ),
        unit,
        [FanYear(label=one.when, **{name: one.figures[name] for name in MARKS}) for one in years],
    )


def forecast_desk(visit: Visit) -> View:
    """Forecast payments with the models of a file, and show the desk with it."""
    body = {"outcomes": _models(visit), "paths": PATHS, "seed": 0}
    return _desk(visit, visit.write(PortfolioForecast, "portfolio.forecast", body))


def _models(visit: Visit) -> dict[str, Any]:
    """Read the file: one model for the agreement that was chosen, or several by agreement."""
    sent = visit.form.files.get("file")
    try:
        found = json.loads(sent.content) if sent else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        said = visit.words._("Choose a file with outcome models. It is a JSON document, one object.")
        raise visit.wrong("file", said)
    chosen = visit.form.text("agreement")
    return {chosen: found} if chosen else found


def open_fund(visit: Visit) -> Done:
    """Open a fund."""
    form = visit.form
    body = {"code": form.text("code"), "title": form.text("title"), "unit": form.text("unit").upper()}
    made = visit.write(FundMade, "fund.open", body | {"draw_rule": form.text("draw_rule", "pro_rata")})
    return Done(to=visit.address("desk_fund", fund=made.code), said="opened")


PAGES = (
    Page(
        name="desk",
        path="/books/{book}/desk",
        show=show_desk,
        acts={"forecast": forecast_desk, "open-fund": open_fund},
        uploads=True,
    ),
)
