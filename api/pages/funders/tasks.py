"""What is done to a fund, one thing to a page: promise, book, give, value, pay, undo, earmark, currency."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ...wire.books import UnitList, UnitMade
from ...wire.contributions import ContributionMade
from ...wire.earmarks import EarmarkList, EarmarkMade
from ...wire.funds import CurrencyMade, FundCurrencies
from ...wire.in_kind import GiftList, GiftReply, ValuationMade
from ...wire.ledger import TransactionList, TransactionMade, TransactionReply
from ...wire.pledges import PledgeMade
from ...wire.proposals import ProposalMade
from ..page import Act, Page, Show
from ..view import Column, Done, Sheet, View
from ..visit import Refused, Say, Visit
from ..words import Words
from .grids import uses_of
from .telling import METHODS, decimal_typed, earmark_titles, kind_of, own_parties, party_names, require_desk

MOST = 200
LAST = 50
PERCENT = 100
SAID: Mapping[str, Say] = {
    "registered": lambda words: words._("The unit is known. Gifts can be counted in it.")
}
UNAPPROVED = "duty.not_approved"


def task_page(visit: Visit, title: str, **more: object) -> View:
    """Return a page with what every form about a fund needs."""
    require_desk(visit, *(("evaluator",) if visit.page == "desk_valuation" else ()))
    held = visit.read(FundCurrencies, "currency.list").items
    names = party_names(visit)
    mine = [] if "intermediary" in visit.roles() else own_parties(visit, "funder", "investor")
    givers = [(code, name) for code, name in names.items() if not mine or code in mine]
    usual: dict[str, object] = {
        "fund": held[0],
        "units": [(one.unit, one.unit) for one in held],
        "parties": sorted(names.items(), key=lambda one: one[1]),
        "givers": sorted(givers, key=lambda one: one[1]),
        "names": names,
        "today": visit.site.door.clock().date().isoformat(),
    }
    return View(title=title, more=usual | more)


def _earmarks(visit: Visit) -> EarmarkList:
    found = visit.find(EarmarkList, "earmark.list", limit=MOST)
    return found or EarmarkList(items=[], next=None)


def earmarks_offered(visit: Visit) -> list[tuple[str, str]]:
    """Return the earmarks to choose from, by code."""
    return [(one.code, one.title) for one in _earmarks(visit).items]


def given_in(visit: Visit, *names: str) -> dict[str, Any]:
    """Return what was typed into these fields, the empty ones left out."""
    return {name: visit.form.text(name) for name in names if visit.form.text(name)}


def amount_typed(visit: Visit, *names: str) -> dict[str, Any]:
    """Return the amount that was typed, with its day, its note and these fields."""
    given = given_in(visit, "unit", "on", "note", *names)
    return {"amount": decimal_typed(visit.words, visit.form.text("amount"))} | given


def show_pledge(visit: Visit) -> View:
    """Ask for a promise."""
    return task_page(visit, visit.words._("Record a promise"))


def pledge(visit: Visit) -> Done:
    """Record a promise."""
    visit.write(PledgeMade, "pledge.make", amount_typed(visit, "giver"))
    return Done(to=visit.address("desk_fund"), said="pledged")


def show_pledge_signature(visit: Visit) -> View:
    """Ask for a signed promise."""
    return task_page(visit, visit.words._("Record a signed promise"))


def sign_pledge(visit: Visit) -> Done:
    """Record a promise that its giver has signed."""
    visit.write(PledgeMade, "pledge.sign", amount_typed(visit, "giver") | given_in(visit, "agreement_sha256"))
    return Done(to=visit.address("desk_fund"), said="signed")


def show_contribution(visit: Visit) -> View:
    """Ask for a deposit."""
    return task_page(visit, visit.words._("Book money that arrived"), earmarks=earmarks_offered(visit))


def book(visit: Visit) -> Done:
    """Book a deposit that arrived."""
    body = amount_typed(visit, "giver", "earmark") | {"from_pledge": visit.form.text("from_pledge") == "yes"}
    visit.write(ContributionMade, "contribution.book", body)
    return Done(to=visit.address("desk_fund"), said="booked")


def show_gift(visit: Visit) -> View:
    """Ask for a gift in kind."""
    units = visit.find(UnitList, "unit.list", limit=MOST)
    kinds = [(one.code, one.code) for one in (units.items if units else ()) if one.kind == "in_kind"]
    is_keeper = "intermediary" in visit.roles()
    return task_page(
        visit,
        visit.words._("Offer a gift in kind"),
        earmarks=earmarks_offered(visit),
        gift_units=kinds,
        is_keeper=is_keeper,
    )


def register_unit(visit: Visit) -> Done:
    """Let goods or hours be counted in a unit of their own."""
    body = {"code": visit.form.text("code"), "kind": "in_kind", "scale": 2}
    visit.write(UnitMade, "unit.register", body)
    return Done(to=visit.address("desk_gift"), said="registered")


def offer(visit: Visit) -> Done:
    """Offer a gift in kind."""
    visit.write(ContributionMade, "in_kind.offer", amount_typed(visit, "giver", "earmark", "available_until"))
    return Done(to=visit.address("desk_fund"), said="offered")


def show_valuation(visit: Visit) -> View:
    """Ask what a gift is worth."""
    found = visit.find(GiftList, "in_kind.list", limit=MOST)
    gifts = found.items if found else []
    wanted, names = visit.form.text("gift", visit.query.get("gift", "")), party_names(visit)
    return task_page(
        visit,
        visit.words._("Say what a gift in kind is worth"),
        gifts=[
            (one.gift, _gift_words(visit, one, names, number)) for number, one in enumerate(gifts, start=1)
        ],
        chosen=wanted,
        methods=[(code, say(visit.words)) for code, say in METHODS.items()],
    )


def _gift_words(visit: Visit, one: GiftReply, names: Mapping[str, str], number: int) -> str:
    """Tell one gift from the others: its place in the list, how much, by whom."""
    words, giver = visit.words, one.giver or ""
    places = {"number": words.number(str(number)), "amount": words.amount(one.left, one.unit)}
    return words._("%(number)s. %(amount)s from %(giver)s", giver=names.get(giver, giver), **places)


def value(visit: Visit) -> Done:
    """Value a gift, or value it anew."""
    form = visit.form
    found = visit.read(GiftList, "in_kind.list", limit=MOST)
    gift = next((one for one in found.items if one.gift == form.text("gift")), None)
    body = given_in(visit, "method", "valued_on", "expires_on", "evidence_sha256", "note", "unit")
    body |= {
        "price": decimal_typed(visit.words, form.text("price")),
        "haircut_bp": _basis_points(decimal_typed(visit.words, form.text("haircut_bp", "0"))),
    }
    if gift is not None and gift.last_valuation is not None:
        body["supersedes"] = str(gift.last_valuation)
    visit.write(ValuationMade, "in_kind.value", body, gift=gift.number if gift else 1)
    return Done(to=visit.address("desk_fund"), said="valued")


def _basis_points(text: str) -> int | str:
    """Return a percentage in hundredths of a percent; what is none is sent as it was typed.

    Examples
    --------
    >>> _basis_points("12.5"), _basis_points("much")
    (1250, 'much')
    """
    try:
        points = Decimal(text or "0") * PERCENT
    except InvalidOperation:
        return text
    return int(points) if points == points.to_integral_value() else text


def show_payment(visit: Visit) -> View:
    """Ask for a payment."""
    return _payment(visit, None)


def _payment(visit: Visit, checked: Mapping[str, object] | None) -> View:
    words = visit.words
    uses = uses_of(_earmarks(visit).items)
    columns = list(dict.fromkeys(column for column, _ in uses))
    lines = [
        ("transfer", words._("A payment to somebody who does the work")),
        ("direct_cost", words._("A cost of the fund itself")),
        ("bank_charge", words._("A bank charge")),
    ]
    return task_page(
        visit,
        words._("Check the payment") if checked else words._("Pay, or propose a payment"),
        lines=lines,
        uses=[
            (
                f"use-{column}",
                column,
                [("", words._("Not said")), *((value, value) for name, value in uses if name == column)],
            )
            for column in columns
        ],
        checked=checked,
    )


def _payment_body(visit: Visit) -> dict[str, Any]:
    form = visit.form
    use = {
        name.removeprefix("use-"): form.text(name)
        for name in form.fields
        if name.startswith("use-") and form.text(name)
    }
    return amount_typed(visit, "payee", "line") | {"use": use}


def check_payment(visit: Visit) -> View:
    """Try the payment without doing it, and say what it would do or that it takes approval."""
    words, body = visit.words, _payment_body(visit)
    form, names = visit.form, party_names(visit)
    payee = names.get(form.text("payee"), form.text("payee"))
    places = {"payee": payee, "amount": words.amount(_shown(body["amount"]), form.text("unit"))}
    try:
        tried = visit.write(TransactionMade, "disbursement.make", body, dry_run=True)
    except Refused as refused:
        if refused.problem["code"] != UNAPPROVED:
            raise
        figures = refused.problem["figures"]
        asked = words.n(
            "It takes %(count)s approval of another person first. Proposing it moves no money.",
            "It takes %(count)s approvals of other people first. Proposing it moves no money.",
            int(figures["need"]),
        )
        told = words._("This proposes to pay %(amount)s to %(payee)s.", **places)
        return _payment(visit, {"act": "propose", "told": told, "more": asked, "moves": None})
    told = words._("This pays %(amount)s to %(payee)s. It cannot be taken back, only corrected.", **places)
    return _payment(
        visit,
        {
            "act": "pay",
            "told": told,
            "more": "",
            "moves": balances_moved(words, tried, earmark_titles(visit)),
        },
    )


def _shown(text: str) -> str:
    """Return an amount that can be written with separators, zero for what is none."""
    try:
        Decimal(text)
    except InvalidOperation:
        return "0"
    return text


def balances_moved(words: Words, tried: TransactionMade, titles: Mapping[str, str]) -> Sheet:
    """Return what a transaction that was tried would do to each balance."""
    rows = tried.effects.balances if tried.effects else []
    return Sheet(
        title=words._("What it does to the balances"),
        columns=[
            Column(name=words._("Account")),
            Column(name=words._("Earmark")),
            Column(name=words._("Now"), kind="amount"),
            Column(name=words._("Then"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (
                _account(words, one.account),
                titles.get(one.earmark, one.earmark),
                one.before,
                one.after,
                one.unit,
            )
            for one in rows
        ],
    )


def _account(words: Words, path: str) -> str:
    """Name an account of a fund."""
    known = {"cash": words._("Cash at hand"), "pool": words._("Money of the fund")}
    return known.get(path.partition("/")[2], path)


def pay(visit: Visit) -> Done:
    """Pay out of what is free."""
    visit.write(TransactionMade, "disbursement.make", _payment_body(visit))
    return Done(to=visit.address("desk_fund"), said="paid")


def propose(visit: Visit) -> Done:
    """Propose a payment that takes approval."""
    made = visit.write(ProposalMade, "proposal.make", _payment_body(visit) | {"act": "disbursement"})
    return Done(to=visit.address("desk_proposal", proposal=str(made.id)), said="proposed")


def show_reversal(visit: Visit) -> View:
    """Ask which transaction is to be undone, or show the one that was chosen."""
    words, names = visit.words, party_names(visit)
    wanted = visit.query.get("transaction", "")
    if wanted:
        one = visit.read(TransactionReply, "fund_transaction.read", transaction=wanted)
        view = task_page(visit, words._("Undo this transaction?"), chosen=one, kind=kind_of(words, one.kind))
        return View(title=view.title, more=view.more, sheets={"transactions": _legs(visit, one)})
    found = visit.read(
        TransactionList,
        "fund_transaction.list",
        limit=LAST,
        **_since(visit),
        cursor=visit.query.get("next", ""),
    )
    view = task_page(visit, words._("Undo a transaction"), chosen=None, following=found.next or "")
    sheet = Sheet(
        title=words._("Transactions of the fund, the oldest first"),
        columns=[
            Column(name=words._("What")),
            Column(name=words._("Day"), kind="day"),
            Column(name=words._("To")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Note")),
        ],
        rows=[
            (
                kind_of(words, one.kind),
                one.effective_on.isoformat(),
                names.get(one.payee, one.payee),
                *_moved(one.legs),
                one.note,
            )
            for one in found.items
        ],
        links=[f"{visit.address('desk_reversal')}?transaction={one.id}" for one in found.items],
        empty=words._("No transaction was booked in these days."),
    )
    return View(title=view.title, more=view.more, sheets={"transactions": sheet})


def _since(visit: Visit) -> dict[str, str]:
    """Return from which day on transactions are listed, where one was chosen."""
    given = visit.query.get("after", "")
    return {"after": given} if given else {}


def _moved(legs: Iterable[Any]) -> tuple[str, str]:
    leg = next((one for one in legs if one.account.endswith("/pool")), None) or next(iter(legs))
    return leg.amount, leg.unit


def _legs(visit: Visit, one: TransactionReply) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("What was booked, and would be booked the other way round"),
        columns=[
            Column(name=words._("Account")),
            Column(name=words._("Earmark")),
            Column(name=words._("Side")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (
                _account(words, leg.account),
                leg.earmark,
                words._("debit") if leg.side == "debit" else words._("credit"),
                leg.amount,
                leg.unit,
            )
            for leg in one.legs
        ],
    )


def undo(visit: Visit) -> Done:
    """Undo a transaction, or propose it where that takes approval."""
    wanted = visit.form.text("transaction")
    try:
        visit.write(TransactionMade, "reversal.make", transaction=wanted)
    except Refused as refused:
        if refused.problem["code"] != UNAPPROVED:
            raise
        body = {"act": "reversal", "transaction": wanted}
        made = visit.write(ProposalMade, "proposal.make", body)
        return Done(to=visit.address("desk_proposal", proposal=str(made.id)), said="proposed")
    return Done(to=visit.address("desk_fund"), said="undone")


def show_earmark(visit: Visit) -> View:
    """Ask for an earmark."""
    known = _earmarks(visit).items
    columns = list(dict.fromkeys(column for column, _ in uses_of(known)))
    return task_page(
        visit, visit.words._("Open an earmark"), earmarks=earmarks_offered(visit), columns=columns
    )


def open_earmark(visit: Visit) -> Done:
    """Open an earmark for the values of one column."""
    form = visit.form
    values = [one.strip() for one in form.text("values").splitlines() if one.strip()]
    column = form.text("column")
    body = given_in(visit, "code", "title", "wider", "valid_until")
    visit.write(EarmarkMade, "earmark.open", body | {"admits": {column: values} if column and values else {}})
    return Done(to=visit.address("desk_fund"), said="earmark")


def show_currency(visit: Visit) -> View:
    """Ask for a currency."""
    return task_page(visit, visit.words._("Hold another currency"))


def accept_currency(visit: Visit) -> Done:
    """Let the fund hold a currency."""
    visit.write(CurrencyMade, "currency.accept", {"unit": visit.form.text("unit").upper()})
    return Done(to=visit.address("desk_fund"), said="currency")


def _task(name: str, word: str, show: Show, acts: Mapping[str, Act]) -> Page:
    path = f"/books/{{book}}/desk/funds/{{fund}}/{word}"
    return Page(name=name, path=path, show=show, acts=acts, said=SAID)


PAGES = (
    _task("desk_contribution", "contribution", show_contribution, {"book": book}),
    _task("desk_currency", "currency", show_currency, {"accept": accept_currency}),
    _task("desk_earmark", "earmark", show_earmark, {"open": open_earmark}),
    _task("desk_gift", "gift", show_gift, {"offer": offer, "register-unit": register_unit}),
    _task("desk_payment", "payment", show_payment, {"check": check_payment, "pay": pay, "propose": propose}),
    _task("desk_pledge", "pledge", show_pledge, {"pledge": pledge}),
    _task("desk_pledge_signature", "pledge-signature", show_pledge_signature, {"sign": sign_pledge}),
    _task("desk_reversal", "reversal", show_reversal, {"undo": undo}),
    _task("desk_valuation", "valuation", show_valuation, {"value": value}),
)
