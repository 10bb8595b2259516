from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Account, Promise, cash, memo, obligation, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.entries import EXAMPLE, LedgerEntries
from almoner.finance.errors import (
    AmountOutOfRange,
    DocumentInvalid,
    FundError,
    InsufficientFunds,
    KeyReused,
    Missing,
    TooPrecise,
    UnbalancedTransaction,
)
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.ledger import Details
from almoner.finance.posting import reverse
from almoner.finance.records.entries import count_entries
from almoner.finance.records.registry import find_book_id
from almoner.finance.records.tables import ACCOUNT, EARMARK, POSTING, TXN
from almoner.finance.records.turnover import find_turnover
from almoner.finance.storage import Session
from almoner.finance.turnover import HistoryCursor

USD = currency("USD")
START = date(2026, 1, 15)
WELL = Promise("commitment", "well")
LAYERS = ("S", "P", "E")


def usd(amount: str) -> Money:
    return money(amount, "USD")


def on(day: int) -> Details:
    return Details(on=START + timedelta(days=day))


def summed(session: Session, day: date | None) -> dict[tuple[str, str, str], list[int]]:
    """Every account's six sums, from its postings alone."""
    query = (
        select(
            ACCOUNT.c.path,
            ACCOUNT.c.unit,
            EARMARK.c.code,
            POSTING.c.layer,
            POSTING.c.side,
            func.sum(POSTING.c.amount),
        )
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .group_by(ACCOUNT.c.path, ACCOUNT.c.unit, EARMARK.c.code, POSTING.c.layer, POSTING.c.side)
    )
    if day is not None:
        query = query.where(TXN.c.effective_on <= day)
    sums: dict[tuple[str, str, str], list[int]] = {}
    for path, unit, earmark, layer, side, total in session.execute(query):
        six = sums.setdefault((path, unit, earmark), [0] * 6)
        six[2 * LAYERS.index(layer) + (side == -1)] = int(total)
    return sums


def told(session: Session, day: date | None) -> dict[tuple[str, str, str], list[int]]:
    """The same, from the trial balance."""
    made = acts.trial_balance(session, "main", on=day)
    assert made.is_balanced
    found = {}
    for row in made.accounts:
        layers = (row.settled, row.pending, row.encumbered)
        six = [side.minor for one in layers for side in (one.debits, one.credits)]
        if any(six):
            found[row.account.path, row.account.unit.code, row.account.earmark] = six
    return found


@pytest.fixture
def busy(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    """Fund with deposits, promises, payments, a refund and a reversal, some of them backdated."""
    for n, (giver, amount) in enumerate((("giver", "300.00"), ("other", "200.00"))):
        acts.contribute(session, water, giver, usd(amount), key=f"c{n}", clock=clock, details=on(n))
    acts.contribute(
        session, water, "giver", usd("50.00"), key="n", clock=clock, earmark="north", details=on(2)
    )
    acts.reserve(session, water, WELL, usd("120.00"), key="e", clock=clock, details=on(3))
    acts.pay_reserved(session, water, WELL, usd("70.00"), "hub", key="p", clock=clock, details=on(5))
    sent = acts.spend(
        session, water, "hub", usd("40.00"), line="transfer", key="t", clock=clock, details=on(1)
    )
    acts.refund(session, water, "hub", sent.id, usd("15.00"), key="r", clock=clock, details=on(4))
    wrong = acts.spend(
        session, water, "hub", usd("9.00"), line="direct_cost", key="w", clock=clock, details=on(6)
    )
    reverse(session, "main", wrong.id, key="u", clock=fixed_clock(clock() + timedelta(days=7)))
    acts.offer_in_kind(session, water, "lab", money("8.00", in_kind_unit("hour", 2)), key="k", clock=clock)
    return water


DAYS = [None, *(START + timedelta(days=n) for n in range(-1, 8))]


@pytest.mark.parametrize("day", DAYS)
def test_the_trial_balance_of_any_day_is_the_sum_of_the_postings_up_to_it(
    session: Session, busy: PooledFund, day: date | None
) -> None:
    assert told(session, day) == {key: six for key, six in summed(session, day).items() if any(six)}
    assert acts.position(session, busy).balance == usd("455.00")


def test_the_balance_of_an_account_is_its_row_and_of_a_day_what_stood_then(
    session: Session, busy: PooledFund
) -> None:
    owned = pool(busy.code, USD)
    now = acts.balance(session, "main", owned)
    assert (now.balance, now.free) == (usd("405.00"), usd("355.00"))
    by_day = [acts.balance_on(session, "main", owned, START + timedelta(days=n)) for n in range(6)]
    assert [one.balance.text for one in by_day] == [
        "300.00",
        "460.00",
        "460.00",
        "460.00",
        "475.00",
        "405.00",
    ]
    assert [one.free.text for one in by_day][2:4] == ["460.00", "340.00"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["give", "north", "spend", "promise"]), st.integers(1, 10**6), st.integers(0, 9)
        ),
        min_size=1,
        max_size=12,
    ),
    day=st.integers(-1, 10),
)
def test_any_backdated_history_gives_the_balances_of_its_sums(
    session: Session, water: PooledFund, clock: Clock, moves: list[tuple[str, int, int]], day: int
) -> None:
    with session.begin_nested() as point:
        for n, (what, minor, at) in enumerate(moves):
            amount, key = Money(minor=minor, unit=USD), f"m{n}"
            details = on(at)
            try:
                if what in {"give", "north"}:
                    earmark = "north" if what == "north" else "unrestricted"
                    acts.contribute(
                        session,
                        water,
                        "giver",
                        amount,
                        key=key,
                        clock=clock,
                        earmark=earmark,
                        details=details,
                    )
                elif what == "spend":
                    acts.spend(
                        session, water, "hub", amount, line="transfer", key=key, clock=clock, details=details
                    )
                else:
                    promise = Promise("commitment", key)
                    acts.reserve(session, water, promise, amount, key=key, clock=clock, details=details)
            except FundError:
                continue
        for asked in (None, START + timedelta(days=day)):
            assert told(session, asked) == {
                key: six for key, six in summed(session, asked).items() if any(six)
            }
            made = acts.make_statement(session, water, through=asked)
            assert made.difference.minor == 0
            gifts = acts.donor_statement(session, water, "giver", through=asked)
            assert gifts.difference.minor == 0
        point.rollback()


def walk(session: Session, account: Account, limit: int, after: date | None = None) -> list[tuple[str, str]]:
    """Amount and balance of every entry, page by page, with what joins the pages."""
    seen, start, closing = [], None, None
    while True:
        page = acts.account_history(session, "main", account, limit=limit, start=start, after=after)
        assert closing is None or page.opening == closing
        assert len(page.entries) <= limit
        seen += [(row.amount.text, row.balance.text) for row in page.entries]
        closing, start = page.closing, page.following
        if start is None:
            assert closing == acts.balance(session, "main", account).balance
            return seen
        start = HistoryCursor.read(str(start))


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_the_pages_of_a_history_lead_from_opening_to_closing(
    session: Session, busy: PooledFund, limit: int
) -> None:
    account = cash(busy.code, USD)
    whole = walk(session, account, 1000)
    assert len(whole) == 8
    assert whole[-1][1] == acts.balance(session, "main", account).balance.text
    assert walk(session, account, limit) == whole
    middle = START + timedelta(days=2)
    assert walk(session, account, limit, after=middle) == whole[4:]


def test_a_span_of_a_history_opens_and_closes_as_the_days_say(session: Session, busy: PooledFund) -> None:
    account = cash(busy.code, USD)
    after, through = START + timedelta(days=1), START + timedelta(days=4)
    made = acts.account_history(session, "main", account, after=after, through=through)
    assert made.opening == acts.balance_on(session, "main", account, after).balance
    assert made.closing == acts.balance_on(session, "main", account, through).balance
    assert [row.kind for row in made.entries] == ["contribution", "refund"]
    assert [(row.payee, row.line) for row in made.entries] == [("", "contribution"), ("hub", "refund")]


def test_promises_have_a_history_in_their_own_layer(session: Session, busy: PooledFund) -> None:
    owed = obligation(busy.code, USD, WELL)
    assert acts.account_history(session, "main", owed).entries == ()
    made = acts.account_history(session, "main", owed, layer="E")
    assert [(row.amount.text, row.balance.text) for row in made.entries] == [
        ("120.00", "120.00"),
        ("-70.00", "50.00"),
    ]


def test_an_account_is_named_whole_or_the_choices_are_listed(session: Session, busy: PooledFund) -> None:
    book = find_book_id(session, "main")
    path = pool(busy.code, USD).path
    assert find_turnover(session, book, path, earmark="north").turnover.balance == usd("50.00")
    with pytest.raises(Missing) as refused:
        find_turnover(session, book, path, earmark="south")
    assert refused.value.figures["open"] == [f"{path} USD north", f"{path} USD unrestricted"]
    with pytest.raises(Missing, match="Check its path"):
        acts.balance(session, "main", memo(busy.code, USD, "nothing", 1))
    euro = replace(cash(busy.code, USD), unit=currency("EUR"))
    with pytest.raises(Missing, match="'water/cash' in EUR"):
        acts.balance_on(session, "main", euro, START)


@pytest.mark.parametrize("limit", [0, -1, 100_001])
def test_a_history_has_a_bounded_page_and_days_in_order(
    session: Session, busy: PooledFund, limit: int
) -> None:
    account = cash(busy.code, USD)
    with pytest.raises(AmountOutOfRange, match=f"{limit} entries"):
        acts.account_history(session, "main", account, limit=limit)
    with pytest.raises(DocumentInvalid, match="2026-01-16 and end with 2026-01-15"):
        acts.account_history(session, "main", account, after=START + timedelta(days=1), through=START)


def test_a_day_that_backdating_makes_negative_is_a_finding(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    acts.contribute(session, water, "giver", usd("10.00"), key="c", clock=clock, details=on(5))
    acts.spend(session, water, "hub", usd("4.00"), line="transfer", key="t", clock=clock, details=on(0))
    early = acts.trial_balance(session, "main", on=START)
    assert [(row.account.path, row.free.text) for row in early.below_floor] == [
        ("water/cash", "-4.00"),
        ("water/pool", "-4.00"),
    ]
    assert early.is_balanced
    assert acts.trial_balance(session, "main").below_floor == ()


def statements_of(session: Session, call: Callable[[], object]) -> list[tuple[str, Any]]:
    """Every SQL statement that a call executes, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(*said: Any) -> None:  # noqa: ANN401  # SQLAlchemy's event
        seen.append((str(said[2]), said[3]))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    call()
    event.remove(engine, "before_cursor_execute", note)
    return seen


def test_a_balance_reads_no_posting_and_that_of_a_day_reads_only_later_ones(
    session: Session, busy: PooledFund
) -> None:
    account = cash(busy.code, USD)
    now = statements_of(session, lambda: acts.balance(session, "main", account))
    assert [one for one, _ in now if "balance" in one]
    assert not [one for one, _ in now if "posting" in one or "txn" in one.replace("last_txn", "")]
    then = statements_of(session, lambda: acts.balance_on(session, "main", account, START))
    ((asked, values),) = [row for row in then if "posting" in row[0]]
    if session.get_bind().dialect.name == "sqlite":  # PostgreSQL reads a table of few rows whole
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values)
        steps = [str(row[3]) for row in plan]
        assert any("txn_by_day (book_id=? AND effective_on>?)" in step for step in steps)
        assert not any(step.startswith("SCAN posting") for step in steps)


def entries(**changes: str) -> LedgerEntries:
    content = EXAMPLE
    for old, new in changes.items():
        content = content.replace(old, new)
    return LedgerEntries.read(content)


@pytest.fixture
def rich(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    acts.contribute(session, water, "giver", usd("100.00"), key="c", clock=clock)
    acts.contribute(session, water, "other", usd("50.00"), key="d", clock=clock)
    return water


def test_entries_from_a_document_are_posted_once(session: Session, rich: PooledFund, clock: Clock) -> None:
    (first,) = acts.post_entries(session, "main", entries(), clock=clock)
    (again,) = acts.post_entries(session, "main", entries(), clock=clock)
    assert (first.replayed, again.replayed, first.id == again.id) == (False, True, True)
    assert acts.make_statement(session, rich).amount("bank_charge") == usd("12.50")
    shares = {use.contribution: use.amount.text for use in acts.trace(session, "main", first.id)}
    assert shares == {"c": "8.33", "d": "4.17"}
    assert first.effective_on == date(2026, 1, 31)
    with pytest.raises(KeyReused):
        acts.post_entries(session, "main", entries(**{"12.50": "12.51"}), clock=clock)
    assert acts.verify(session, "main").verified


BAD = {
    "more than there is": ({"12.50": "150.01"}, InsufficientFunds, {"short": "12.51"}),
    "an account that is not open": ({"water/cash": "water/till"}, Missing, {"code": "water/till"}),
    "too many digits": ({"12.50": "12.505"}, TooPrecise, {"digits": 2}),
    "a unit the account does not hold": ({'"USD", "side": "credit"': '"EUR", "side": "credit"'}, Missing, {}),
    "one side more": (
        {'"12.50", "line": "bank_charge"}]': '"12.49", "line": "bank_charge"}]'},
        UnbalancedTransaction,
        {"difference": "0.01", "unit": "USD"},
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_refused_document_posts_none_of_its_entries(
    session: Session, rich: PooledFund, clock: Clock, name: str
) -> None:
    changes, error, figures = BAD[name]
    if name == "a unit the account does not hold":
        acts.open_fund(session, "main", "euros", currency("EUR"), title="Euros")
    good, bad = EXAMPLE, EXAMPLE.replace("charge-2026-01", "second")
    for old, new in changes.items():
        bad = bad.replace(old, new)
    both = good[: good.rindex("]}")] + ", " + bad[bad.index('{"key"') :]
    document = LedgerEntries.read(both)
    assert len(document.entries) == 2
    before = (count_entries(session, find_book_id(session, "main")), acts.position(session, rich))
    with pytest.raises(error) as refused:
        acts.post_entries(session, "main", document, clock=clock)
    assert {key: refused.value.figures[key] for key in figures} == figures  # type: ignore[attr-defined]  # an AlmonerError
    assert (count_entries(session, find_book_id(session, "main")), acts.position(session, rich)) == before


def test_an_entry_may_name_whose_money_it_moves_and_release_a_promise(
    session: Session, rich: PooledFund, clock: Clock
) -> None:
    acts.reserve(session, rich, WELL, usd("20.00"), key="e", clock=clock)
    document = LedgerEntries.read(
        """{"entries": [
        {"key": "a", "kind": "direct_cost", "payee": "hub", "legs": [
         {"account": "water/pool", "unit": "USD", "side": "debit", "amount": "5.00", "line": "direct_cost",
          "draws": [{"contribution": "d", "amount": "5.00"}]},
         {"account": "water/cash", "unit": "USD", "side": "credit", "amount": "5.00",
          "line": "direct_cost"}]},
        {"key": "b", "kind": "release", "note": "half of it", "legs": [
         {"account": "water/pool", "unit": "USD", "side": "debit", "amount": "-10.00", "line": "release",
          "layer": "encumbered"},
         {"account": "water/commitment/well", "unit": "USD", "side": "credit", "amount": "-10.00",
          "line": "release", "layer": "encumbered"}]}]}"""
    )
    paid, _ = acts.post_entries(session, "main", document, clock=clock)
    assert [(use.giver, use.payee, use.amount) for use in acts.trace(session, "main", paid.id)] == [
        ("other", "hub", usd("5.00"))
    ]
    assert acts.promised(session, rich, WELL) == usd("10.00")


def test_a_document_of_entries_lists_every_fault_with_its_place() -> None:
    content = EXAMPLE.replace("bank_charge", "bank_charges").replace('"12.50"', '"0.00"', 1)
    both = content[: content.rindex("]}")] + ", " + content[content.index('{"key"') :]
    with pytest.raises(DocumentInvalid) as refused:
        LedgerEntries.read(both)
    found = refused.value.figures["findings"]
    assert isinstance(found, list)
    places = [row["path"] for row in found if isinstance(row, dict)]
    assert places == [
        "/entries/0/legs/0/line",
        "/entries/0/legs/0/amount",
        "/entries/0/legs/1/line",
        "/entries/1/legs/0/line",
        "/entries/1/legs/0/amount",
        "/entries/1/legs/1/line",
        "/entries/1/key",
    ]
    with pytest.raises(DocumentInvalid, match="at least 2 items"):
        LedgerEntries.read('{"entries": [{"key": "a", "kind": "x", "legs": []}]}')
    with pytest.raises(DocumentInvalid, match="bare decimal"):
        LedgerEntries.read(EXAMPLE.replace('"12.50"', "12.50"))
