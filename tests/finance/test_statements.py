from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import Missing
from almoner.finance.fees import FeeTerm
from almoner.finance.funds import PooledFund
from almoner.finance.money import zero
from almoner.finance.posting import reverse
from almoner.finance.statements import DonorStatement, Statement, StatementLine
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
            one = acts.make_statement(session, busy, after=after, through=through)
            if after is None or (through is not None and after <= through):
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
        remaining=usd("1.00"),
    )
    assert (empty.used, empty.difference) == (zero(USD), usd("1.00"))
