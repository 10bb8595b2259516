"""Three published statements of the UN Peacebuilding Fund, booked and printed in its own form."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.errors import DocumentInvalid, Missing
from almoner.finance.fees import FeeTerm
from almoner.finance.funds import PooledFund
from almoner.finance.statement_forms import FilledForm, StatementForm, fill_form, form_sheet, published_form
from almoner.finance.statements import Statement
from almoner.finance.storage import Session

USD = currency("USD")
DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "peacebuilding_fund.json").read_text(encoding="utf-8")
)
PUBLISHED = {row["name"]: row for row in DATA["statements"]}
INCOME = {"fund_income": "fund_income", "po_interest": "partner_interest"}
COSTS = {
    "transfers_po": "transfer",
    "transfers_mdtf": "transfer_to_fund",
    "direct_cost": "direct_cost",
    "bank_charges": "bank_charge",
}


def book(session: Session, fund: PooledFund, clock: Clock, figures: dict[str, str]) -> Statement:
    """Book the figures through the acts: deposit, fee, income, payments, refund."""
    gift = acts.contribute(session, fund, "giver", money(figures["contributions"], USD), key="c", clock=clock)
    acts.charge_fee(session, fund, "agent", gift, money(figures["aa_fee"], USD), key="f", clock=clock)
    for name, line in INCOME.items():
        acts.receive_income(session, fund, "lab", money(figures[name], USD), key=name, clock=clock, line=line)
    paid = {
        name: acts.spend(session, fund, "hub", money(figures[name], USD), line=line, key=name, clock=clock)
        for name, line in COSTS.items()
    }
    back = money(figures["refunds"], USD)
    acts.refund(session, fund, "hub", paid["transfers_po"].id, back, key="r", clock=clock)
    return acts.make_statement(session, fund)


def fill(made: Statement, row: dict[str, Any]) -> FilledForm:
    outside = {"po_expenditure": row["figures"]["po_expenditure"], **row["reported"]}
    form = published_form(*row["form"])
    return fill_form(form, made, {name: money(text, USD) for name, text in outside.items()})


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_printed_figure_of_a_published_statement_is_reproduced(
    session: Session, water: PooledFund, clock: Clock, name: str
) -> None:
    row = PUBLISHED[name]
    made = book(session, water, clock, row["figures"] | row["cents"])
    filled = fill(made, row)
    printed = {one.row.name: one.printed.text for one in filled.rows if one.printed is not None}
    assert {figure: printed[figure] for figure in row["figures"]} == row["figures"]
    assert {one.row.name: one.percent for one in filled.rows if one.percent} == row["percent"]
    assert (made.difference.minor, filled.difference.minor, filled.unplaced) == (0, 0, ())
    assert acts.verify(session, "main").verified


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_printed_rows_alone_close_as_published_or_one_dollar_off(
    session: Session, water: PooledFund, clock: Clock, name: str
) -> None:
    row = PUBLISHED[name]
    made = book(session, water, clock, row["figures"])
    off = made.closing - money(row["figures"]["agent_balance"], USD)
    assert off == money(row["closing_from_printed_rows"], USD)
    assert made.difference.minor == 0


def test_the_fee_is_no_exact_share_of_the_contributions() -> None:
    for row in PUBLISHED.values():
        gifts, fee = (money(row["figures"][name], USD) for name in ("contributions", "aa_fee"))
        assert FeeTerm(num=1, den=100).divide(gifts).fee != fee
        assert 9800 < fee.minor * 10**6 // gifts.minor < 9900


def test_a_form_without_a_line_shows_the_money_it_leaves_out(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    row = PUBLISHED["first"]
    made = book(session, water, clock, row["figures"])
    content = json.loads(published_form("unpbf", 1).canonical_bytes())
    content["rows"] = [one for one in content["rows"] if one["name"] != "bank_charges"]
    for one in content["rows"]:
        one["adds"] = [term for term in one["adds"] if term != "row/bank_charges"]
    filled = fill_form(StatementForm.read(json.dumps(content)), made)
    assert filled.unplaced == ("bank_charge",)
    assert filled.difference == money(row["figures"]["bank_charges"], USD)
    assert ("unplaced", "bank_charge") in form_sheet(filled).about


def test_a_row_without_its_reported_figure_stays_empty(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    made = book(session, water, clock, PUBLISHED["second"]["figures"])
    filled = fill_form(published_form("unpbf", 2), made)
    assert filled["po_balance"].exact is None
    assert filled["total_balance_share"].percent == ""
    assert filled["agent_balance"].printed == Money(minor=76984269, unit=replace(USD, scale=0))
    with pytest.raises(DocumentInvalid, match="takes no figure 'weather'"):
        fill_form(published_form("unpbf", 2), made, {"weather": money("1", USD)})
    with pytest.raises(Missing, match=r"unpbf\.1, unpbf\.2"):
        published_form("unpbf", 3)


def test_a_form_is_checked_when_it_is_read() -> None:
    rows = [
        {"name": "a", "label": "A", "part": "P", "adds": ["line/pledge", "row/b"]},
        {"name": "a", "label": "A", "part": "P"},
        {"name": "c", "label": "C", "part": "P", "share": {"part": "a", "whole": "z"}},
    ]
    head = {"code": "x", "version": 1, "title": "X", "source": "here", "closing": "c"}
    with pytest.raises(DocumentInvalid) as refused:
        StatementForm.read(json.dumps({**head, "rows": rows}))
    found = refused.value.figures["findings"]
    assert isinstance(found, list)
    assert [row["path"] for row in found if isinstance(row, dict)] == [
        "/rows/1/name",
        "/rows/0",
        "/rows/0",
        "/rows/1",
        "/rows/2",
        "/closing",
    ]
