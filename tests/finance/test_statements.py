import operator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import DocumentInvalid, Missing
from almoner.finance.fees import FeeTerm
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import Valuation, in_kind_unit
from almoner.finance.ledger import LINES, Draft, Draw, Leg
from almoner.finance.money import zero
from almoner.finance.posting import post, record_event, reverse
from almoner.finance.records.registry import find_book_id
from almoner.finance.records.tables import ACCOUNT, CONTRIBUTION, EARMARK, LOT, TXN, VALUATION
from almoner.finance.sheets import sheet_document
from almoner.finance.statement_sheets import donor_sheet
from almoner.finance.statements import DonorStatement, EarmarkRemainder, Statement, StatementLine
from almoner.finance.storage import Session

USD = currency("USD")
GIVERS = ("giver", "other", "lab")


def usd(amount: str) -> Money:
    return money(amount, "USD")


def total(parts: list[Money]) -> Money:
    return sum(parts, start=zero(USD))


@pytest.fixture
def busy(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    """Fund with every kind of movement, over four days, one payment reversed."""
    at = [fixed_clock(clock() + timedelta(days=days)) for days in range(4)]
    deposits = [
        acts.contribute(session, water, giver, usd(amount), key=f"c{n}", clock=at[n])
        for n, (giver, amount) in enumerate((("giver", "333.33"), ("other", "100.01"), ("lab", "66.67")))
    ]
    acts.contribute(session, water, "giver", usd("50.00"), key="n1", clock=at[0], earmark="north")
    for n, deposit in enumerate(deposits):
        acts.charge_fee(session, water, "agent", deposit, FeeTerm(num=7, den=107), key=f"f{n}", clock=at[n])
    acts.receive_income(session, water, "hub", usd("9.99"), key="i1", clock=at[1])
    well = Promise("commitment", "well")
    acts.reserve(session, water, well, usd("120.00"), key="e1", clock=at[2], use={"region": "north"})
    acts.pay_reserved(session, water, well, usd("100.01"), "hub", key="p1", clock=at[2])
    sent = acts.spend(session, water, "hub", usd("77.77"), line="transfer", key="p2", clock=at[3])
    wrong = acts.spend(session, water, "hub", usd("10.01"), line="direct_cost", key="p3", clock=at[3])
    reverse(session, "main", wrong.id, key="u1", clock=at[3])
    acts.refund(session, water, "hub", sent.id, usd("7.77"), key="r1", clock=at[3])
    return water


def test_opening_and_sources_less_uses_is_closing_for_every_span(session: Session, busy: PooledFund) -> None:
    days = [None, *(date(2026, 1, 14) + timedelta(days=n) for n in range(6))]
    for after in days:
        for through in days[1:]:
            if after is not None and through is not None and through < after:
                with pytest.raises(DocumentInvalid, match="in their order"):
                    acts.make_statement(session, busy, after=after, through=through)
            else:
                one = acts.make_statement(session, busy, after=after, through=through)
                assert one.opening + one.sources - one.uses == one.closing == one.ledger_closing
                assert one.difference == zero(USD)


def test_spans_that_meet_add_up(session: Session, busy: PooledFund) -> None:
    whole = acts.make_statement(session, busy)
    middle = date(2026, 1, 17)
    first = acts.make_statement(session, busy, through=middle)
    second = acts.make_statement(session, busy, after=middle)
    assert first.closing == second.opening
    assert first.sources + second.sources == whole.sources
    assert first.uses + second.uses == whole.uses
    assert whole.closing == acts.position(session, busy).balance
    assert whole.amount("fee") == first.amount("fee") + second.amount("fee")
    assert whole.amount("refund") == usd("-7.77")
    assert whole.amount("direct_cost") == zero(USD)


def test_every_unit_of_every_donor_is_accounted_for(session: Session, busy: PooledFund) -> None:
    statements = [acts.donor_statement(session, busy, giver) for giver in GIVERS]
    assert all(one.difference == zero(USD) for one in statements)
    position = acts.position(session, busy)
    income_left = position.balance - total([one.remaining for one in statements])
    assert total([one.deposited for one in statements]) == position.contributions
    assert zero(USD) <= income_left <= usd("9.99")


def test_traces_sum_to_their_payments_and_to_the_donors(session: Session, busy: PooledFund) -> None:
    statements = [acts.donor_statement(session, busy, giver) for giver in GIVERS]
    by_payment: dict[object, Money] = {}
    for one in statements:
        for use in one.uses:
            by_payment[use.transaction] = by_payment.get(use.transaction, zero(USD)) + use.amount
    for identity, borne in by_payment.items():
        parts = acts.trace(session, "main", identity)  # type: ignore[arg-type]  # keys are identities
        of_income = total([use.amount for use in parts if use.contribution == "i1"])
        assert total([use.amount for use in parts]) == borne + of_income


def test_a_payment_says_who_received_it(session: Session, busy: PooledFund) -> None:
    uses = acts.donor_statement(session, busy, "lab").uses
    assert {(use.kind, use.payee) for use in uses} == {
        ("fee", "agent"),
        ("payout", "hub"),
        ("transfer", "hub"),
        ("direct_cost", "hub"),
        ("reversal", "hub"),
        ("refund", "hub"),
    }
    with pytest.raises(Missing):
        acts.donor_statement(session, busy, "nobody")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.integers(1, 10**6), min_size=1, max_size=6),
    part=st.integers(1, 99),
    rule=st.sampled_from(["pro_rata", "fifo"]),
)
def test_any_payment_is_borne_to_the_unit(
    session: Session, water: PooledFund, clock: Clock, amounts: list[int], part: int, rule: str
) -> None:
    with session.begin_nested() as point:
        fund = acts.open_fund(session, "main", "any", USD, title="Any", draw_rule=rule)  # type: ignore[arg-type]  # sampled
        for number, minor in enumerate(amounts):
            gift = Money(minor=minor, unit=USD)
            acts.contribute(session, fund, GIVERS[number % 3], gift, key=f"a{number}", clock=clock)
        asked = Money(minor=max(1, sum(amounts) * part // 100), unit=USD)
        paid = acts.spend(session, fund, "hub", asked, line="transfer", key="x1", clock=clock)
        parts = acts.trace(session, "main", paid.id)
        assert total([use.amount for use in parts]) == asked
        assert all(use.amount.minor <= amounts[int(use.contribution[1:])] for use in parts)
        assert all(acts.donor_statement(session, fund, giver).difference.minor == 0 for giver in GIVERS)
        point.rollback()
    assert acts.position(session, water).free == zero(USD)


def test_statements_compute_from_their_lines() -> None:
    lines = (
        StatementLine(line="contribution", amount=usd("10.00")),
        StatementLine(line="transfer", amount=usd("4.00")),
        StatementLine(line="refund", amount=usd("-1.00")),
    )
    one = Statement(
        fund="water",
        after=None,
        through=None,
        opening=usd("1.00"),
        closing=usd("8.00"),
        lines=lines,
        ledger_closing=usd("7.99"),
    )
    assert (one.sources, one.uses, one.difference) == (usd("10.00"), usd("3.00"), usd("0.01"))
    assert (one.amount("transfer"), one.amount("fee")) == (usd("4.00"), usd("0.00"))
    empty = DonorStatement(
        fund="water",
        giver="giver",
        pledged=zero(USD),
        receivable=zero(USD),
        deposited=usd("2.00"),
        uses=(),
        remainders=(EarmarkRemainder(earmark="north", amount=usd("1.00")),),
    )
    assert (empty.used, empty.difference) == (zero(USD), usd("1.00"))


def test_what_went_out_is_the_same_by_payment_and_by_contribution(session: Session, busy: PooledFund) -> None:
    book = find_book_id(session, "main")
    payments = list(session.scalars(select(TXN.c.id).where(TXN.c.book_id == book)))
    codes = list(session.scalars(select(CONTRIBUTION.c.code).where(CONTRIBUTION.c.book_id == book)))
    by_payment = [
        use for one in payments for use in acts.trace(session, "main", one) if LINES[use.line] == "use"
    ]
    by_gift = [use for code in codes for use in acts.uses(session, "main", code)]
    key = operator.attrgetter("effective_on", "transaction", "contribution", "earmark", "line", "amount")
    assert sorted(by_payment, key=key) == sorted(by_gift, key=key)
    assert total([use.amount for use in by_gift]) == acts.make_statement(session, busy).uses
    with pytest.raises(Missing, match="no contribution 'nothing'"):
        acts.uses(session, "main", "nothing")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gifts=st.lists(st.integers(1, 10**5), min_size=1, max_size=5),
    shares=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    back=st.integers(0, 100),
)
def test_traces_and_uses_agree_for_any_payments_and_refunds(
    session: Session, water: PooledFund, clock: Clock, gifts: list[int], shares: list[int], back: int
) -> None:
    with session.begin_nested() as point:
        for n, minor in enumerate(gifts):
            amount = Money(minor=minor, unit=USD)
            acts.contribute(session, water, GIVERS[n % 3], amount, key=f"g{n}", clock=clock)
        posted = []
        for n, share in enumerate(shares):
            left = acts.position(session, water).free.minor
            asked = Money(minor=left * share // 100, unit=USD)
            if asked:
                posted.append(
                    acts.spend(session, water, "hub", asked, line="transfer", key=f"t{n}", clock=clock).id
                )
        if posted:
            paid = total([use.amount for use in acts.trace(session, "main", posted[0])])
            some = Money(minor=paid.minor * back // 100, unit=USD)
            if some:
                posted.append(acts.refund(session, water, "hub", posted[0], some, key="r", clock=clock).id)
        traced = total([use.amount for one in posted for use in acts.trace(session, "main", one)])
        used = total([use.amount for n in range(len(gifts)) for use in acts.uses(session, "main", f"g{n}")])
        assert traced == used == acts.make_statement(session, water).uses
        point.rollback()


def test_what_is_left_of_a_donors_money_stands_by_earmark(session: Session, busy: PooledFund) -> None:
    one = acts.donor_statement(session, busy, "giver")
    lots = session.execute(
        select(EARMARK.c.code, func.sum(LOT.c.remaining))
        .join(ACCOUNT, ACCOUNT.c.id == LOT.c.account_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == LOT.c.contribution_id)
        .where(CONTRIBUTION.c.code.in_(["c0", "n1"]))
        .group_by(EARMARK.c.code)
        .order_by(EARMARK.c.code)
    )
    assert [(row.earmark, row.amount.minor) for row in one.remainders] == [(code, int(n)) for code, n in lots]
    assert one.deposited == usd("383.33")
    assert one.refunded == total([-use.amount for use in one.uses if use.line == "refund"])
    assert one.refunded.minor > 0
    assert total([row.amount for row in one.by_payee]) == one.used
    assert [(row.line, row.payee) for row in one.by_payee] == [
        ("fee", "agent"),
        ("direct_cost", "hub"),
        ("transfer", "hub"),
        ("payout", "hub"),
        ("refund", "hub"),
    ]


def test_a_donor_statement_of_an_earlier_day_forgets_what_came_later(
    session: Session, busy: PooledFund
) -> None:
    days = [date(2026, 1, 14) + timedelta(days=n) for n in range(6)]
    for giver in GIVERS:
        made = [acts.donor_statement(session, busy, giver, through=day) for day in days]
        assert all(one.difference.minor == 0 for one in made)
        assert (made[0].deposited.minor, made[0].remaining.minor) == (0, 0)
        whole = acts.donor_statement(session, busy, giver)
        assert (made[-1].uses, made[-1].remaining) == (whole.uses, whole.remaining)
        assert [len(one.uses) for one in made] == sorted(len(one.uses) for one in made)
    assert len({len(acts.donor_statement(session, busy, "giver", through=day).uses) for day in days}) > 2


def test_gifts_in_kind_stand_apart_in_their_own_unit(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    hour = in_kind_unit("hour", 2)
    acts.pledge(session, water, "giver", usd("9.00"), key="pl", clock=clock)
    acts.contribute(session, water, "giver", usd("1.00"), key="cash", clock=clock)
    gift = acts.offer_in_kind(
        session, water, "giver", money("40.00", hour), key="help", clock=clock, earmark="north"
    )
    acts.offer_in_kind(session, water, "giver", money("2.00", hour), key="more", clock=clock)
    worth = Valuation(
        price=usd("25.00"),
        method="market",
        haircut_bp=2000,
        valued_by="lab",
        valued_on=clock().date(),
        evidence_sha256=bytes(32),
    )
    acts.value(session, water, gift, worth, key="v", clock=clock)
    made = acts.donor_statement(session, water, "giver")
    assert (made.deposited, made.remaining, made.pledged) == (usd("1.00"), usd("1.00"), usd("9.00"))
    told = {one.contribution: one for one in made.in_kind}
    assert (told["help"].earmark, told["help"].given.text, told["help"].used.text) == (
        "north",
        "40.00",
        "0.00",
    )
    assert str(told["help"].value) == "800.00 USD.v"
    assert told["help"].valuation == worth
    assert told["more"].value is None
    sheet = sheet_document(donor_sheet(made))
    assert [row["value_unit"] for row in sheet["in_kind"] if row["value"]] == ["USD.v"]  # type: ignore[attr-defined]  # rows
    before = acts.donor_statement(session, water, "giver", through=date(2026, 1, 14))
    assert (before.in_kind, before.pledged) == ((), usd("0.00"))


def test_money_that_its_donor_released_from_an_earmark_stays_the_donors(
    session: Session, busy: PooledFund, clock: Clock
) -> None:
    book = find_book_id(session, "main")
    acts.contribute(session, busy, "giver", usd("30.00"), key="n2", clock=clock, earmark="north")
    old = session.execute(select(CONTRIBUTION).where(CONTRIBUTION.c.code == "n2")).one()
    free = session.scalars(select(EARMARK.c.id).where(EARMARK.c.code == "unrestricted")).one()
    kept = {name: getattr(old, name) for name in ("fund_id", "party_id", "unit")}
    session.execute(
        insert(CONTRIBUTION).values(
            book_id=book,
            code="n2/free",
            kind="released",
            released_from=old.id,
            consent_sha256=bytes(32),
            earmark_id=free,
            **kept,
        )
    )
    before = acts.donor_statement(session, busy, "giver")
    sides = ((1, "north", "n2"), (-1, "unrestricted", "n2/free"))
    legs = tuple(
        Leg(
            account=pool(busy.code, USD, earmark),
            side=side,  # type: ignore[arg-type]  # one of both sides
            amount=usd("20.00"),
            line="allocation",
            draws=(Draw(contribution=code, minor=2000),),
        )
        for side, earmark, code in sides
    )
    post(session, "main", Draft(kind="widening", effective_on=None, legs=legs), key="w", clock=clock)
    acts.spend(session, busy, "hub", usd("50.00"), line="transfer", key="late", clock=clock)
    after = acts.donor_statement(session, busy, "giver")
    assert (after.deposited, after.difference) == (before.deposited, zero(USD))
    left = {row.earmark: row.amount for row in after.remainders}
    assert left["north"] == usd("10.00")
    assert "n2/free" in {use.contribution for use in after.uses}
    assert acts.verify(session, "main").verified


def test_a_valuation_counts_on_its_days_until_another_takes_its_place(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    hour = in_kind_unit("hour", 2)
    gift = acts.offer_in_kind(session, water, "giver", money("10.00", hour), key="help", clock=clock)
    first = Valuation(
        price=usd("25.00"),
        method="market",
        haircut_bp=0,
        valued_by="lab",
        valued_on=date(2026, 1, 15),
        evidence_sha256=bytes(32),
    )
    acts.value(session, water, gift, first, key="v", clock=clock)
    known = session.execute(select(VALUATION)).one()
    event, _ = record_event(session, "main", "in_kind.valued", {}, key="again", clock=clock)
    changed = {"id": event, "price_num": 3000, "valued_on": date(2026, 2, 1), "supersedes_id": known.id}
    session.execute(
        insert(VALUATION).values({**known._mapping, **changed, "expires_on": date(2026, 3, 1)})  # noqa: SLF001  # SQLAlchemy's public name
    )

    def worth(through: date | None) -> str:
        return str(acts.donor_statement(session, water, "giver", through=through).in_kind[0].value)

    assert worth(date(2026, 1, 31)) == "250.00 USD.v"
    assert worth(date(2026, 2, 1)) == worth(None) == "300.00 USD.v"
    assert worth(date(2026, 3, 1)) == "None"
