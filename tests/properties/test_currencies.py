"""Whatever a fund does in three currencies and three windows, no unit is lost or changes owner."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almoner import Money, Unit, currency
from almoner.finance import acts
from almoner.finance.accounts import cash, pool
from almoner.finance.dates import fixed_clock
from almoner.finance.earmarks import Consent, Earmark
from almoner.finance.errors import AlmonerError
from almoner.finance.funds import DrawRule, PooledFund
from almoner.finance.ledger import Transaction
from almoner.finance.money import zero
from almoner.finance.parties import Party
from almoner.finance.posting import reverse
from almoner.finance.rates import FxRounding, Rate, rate_of
from almoner.finance.records.lots import list_pool_lots
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Session, open_engine

CLOCK = fixed_clock(datetime(2026, 1, 15, 9, 30, tzinfo=UTC))
DAY = date(2026, 1, 15)
UNITS = tuple(currency(code) for code in ("USD", "JPY", "KWD"))
RATES = (("157.35", 0, 1), ("0.00635", 1, 0), ("0.3077", 0, 2), ("3.2500", 2, 0), ("511.37", 2, 1))
GIVERS = ("giver", "other", "third")
EARMARKS = ("unrestricted", "north", "wells")
WORDS = ("give", "exchange", "move", "advance", "report", "refund", "return", "widen", "undo")
ROUNDINGS: tuple[FxRounding, ...] = get_args(FxRounding)
step = st.tuples(
    st.sampled_from(("give", *WORDS)),
    st.one_of(st.integers(1, 999), st.integers(1, 10_000_000)),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 30),
)
Step = tuple[str, int, int, int, int]


class World:
    """A fund with three currencies, two of them foreign, and three nested windows."""

    def __init__(self, session: Session, rule: DrawRule) -> None:
        self.session, self.paid, self.given = session, list[Transaction](), list[str]()
        self.posted, self.refusals = list[Transaction](), 0
        acts.open_book(session, "main", UNITS[0])
        for code in (*GIVERS, "hub"):
            acts.register_party(session, "main", Party(code=code, name=code))
        acts.open_earmark(session, "main", Earmark(code="north", title="North"))
        acts.open_earmark(session, "main", Earmark(code="wells", title="Wells"), wider="north")
        self.fund = acts.open_fund(session, "main", "water", UNITS[0], title="Water", draw_rule=rule)
        for unit in UNITS[1:]:
            acts.accept_currency(session, self.fund, unit)
        self.rates = tuple(self.record(n, *row) for n, row in enumerate(RATES))
        for n, unit in enumerate(UNITS * 2):
            gift, key = Money(minor=1_000_000 + n, unit=unit), f"first{n}"
            where, giver = EARMARKS[n // 3], GIVERS[n % 3]
            acts.contribute(session, self.fund, giver, gift, key=key, clock=CLOCK, earmark=where)
            self.given.append(key)

    def record(self, n: int, text: str, base: int, quote: int) -> Rate:
        made = rate_of(text, UNITS[base], UNITS[quote], DAY, "bank")
        return acts.record_rate(self.session, "main", made, key=f"x{n}", clock=CLOCK)

    def within(self, word: str, minor: int, unit: Unit, earmark: str, pick: int) -> int:
        """Mostly an amount that is there, so that most steps succeed; now and then more."""
        if word in {"give", "refund"} or pick % 5 == 0:
            return minor
        if word == "report":
            there = sum(one.unreported.minor for one in acts.delivery(self.session, self.fund, unit))
        else:
            lots = list_pool_lots(
                self.session, find_book_id(self.session, "main"), pool("water", unit, earmark)
            )
            there = sum(lot.remaining for lot in lots)
        return 1 + minor % max(1, there)

    def do(self, n: int, word: str, minor: int, one: int, two: int, pick: int) -> None:
        session, fund, giver, key = self.session, self.fund, GIVERS[two], f"k{n}"
        start, end = EARMARKS[two], EARMARKS[pick % 3]
        rate = self.rates[pick % len(self.rates)]
        unit = rate.base if word == "exchange" else UNITS[one]
        amount = Money(minor=self.within(word, minor, unit, start, pick), unit=unit)

        def give() -> None:
            acts.contribute(session, fund, giver, amount, key=key, clock=CLOCK, earmark=end)
            self.given.append(key)

        def exchange() -> None:
            rounding = ROUNDINGS[pick % 3]
            made = acts.exchange(
                session, fund, amount, rate, key=key, clock=CLOCK, earmark=start, rounding=rounding
            )
            self.posted.append(made)

        def widen() -> None:
            consent = Consent(
                contribution=self.given[pick % len(self.given)], earmark=start, reference="letter"
            )
            acts.widen(session, fund, consent, key=key, clock=CLOCK)
            self.given.append(key)

        def refund() -> None:
            payment = self.paid[pick % len(self.paid)]
            acts.refund(session, fund, "hub", payment.id, amount, key=key, clock=CLOCK)

        doing: dict[str, Callable[[], object]] = {
            "give": give,
            "exchange": exchange,
            "move": lambda: acts.move(session, fund, amount, start, end, key=key, clock=CLOCK),
            "advance": lambda: self.paid.append(
                acts.advance(session, fund, "hub", amount, key=key, clock=CLOCK)
            ),
            "report": lambda: acts.report_spending(session, fund, "hub", amount, key=key, clock=CLOCK),
            "refund": refund,
            "return": lambda: acts.return_to_donor(
                session, fund, giver, amount, key=key, clock=CLOCK, earmark=start
            ),
            "widen": widen,
            "undo": lambda: reverse(
                session, "main", self.posted[pick % len(self.posted)].id, key=key, clock=CLOCK
            ),
        }
        needs = {"refund": self.paid, "widen": self.given, "undo": self.posted}
        if needs.get(word, [0]):
            try:
                doing[word]()
            except (AlmonerError, ValueError):
                self.refusals += 1


def require_whole(session: Session, fund: PooledFund, unit: Unit) -> None:
    """Lots = pools = cash, and every statement adds up, in one currency."""
    book = find_book_id(session, fund.book)
    lots: dict[str, int] = defaultdict(int)
    for earmark in EARMARKS:
        for lot in list_pool_lots(session, book, pool(fund.code, unit, earmark)):
            lots[lot.giver] += lot.remaining
    at, hand = acts.position(session, fund, unit), cash(fund.code, unit)
    assert sum(lots.values()) == at.balance.minor == acts.balance(session, fund.book, hand).balance.minor
    came = at.contributions + at.income + at.exchanged
    assert came == at.fees + at.other_costs + at.disbursed - at.refunds + at.returned + at.balance
    statement = acts.make_statement(session, fund, unit=unit)
    assert (statement.difference, statement.closing) == (zero(unit), at.balance)
    used: dict[object, int] = defaultdict(int)
    for giver in GIVERS:
        one = acts.donor_statement(session, fund, giver, unit)
        assert (one.difference, one.remaining.minor) == (zero(unit), lots[giver])
        for use in one.uses:
            used[use.transaction] += use.amount.minor
    for identity, total in used.items():
        parts = acts.trace(session, fund.book, identity)  # type: ignore[arg-type]  # keys are identities
        assert sum(part.amount.minor for part in parts if part.amount.unit == unit) == total
    for done in acts.delivery(session, fund, unit):
        assert done.unreported.minor >= 0
        assert done.transferred == at.disbursed


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(step, min_size=5, max_size=25), rule=st.sampled_from(["pro_rata", "fifo"]))
def test_no_unit_of_any_currency_is_lost_or_changes_owner(
    make_database: Callable[[str], str],
    currencies: dict[str, str],
    dialect: str,
    steps: list[Step],
    rule: DrawRule,
) -> None:
    if dialect not in currencies:
        currencies[dialect] = make_database(dialect)
    engine = open_engine(currencies[dialect])
    try:
        with Session(engine) as session:  # rolled back: each example starts from an empty database
            world = World(session, rule)
            for n, one in enumerate(steps):
                world.do(n, *one)
            for unit in UNITS:
                require_whole(session, world.fund, unit)
            assert acts.verify(session, "main").findings == ()
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def currencies() -> dict[str, str]:
    """Address of the database of each dialect that the examples share."""
    return {}
