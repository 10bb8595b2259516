"""Gifts in kind against a model in a few lists: nothing given is lost, used twice, or used too late."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from almoner import Money, currency
from almoner.finance import acts
from almoner.finance.contributions import Contribution
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import EarmarkViolated, InsufficientFunds
from almoner.finance.funds import DrawRule
from almoner.finance.in_kind import Valuation, in_kind_unit
from almoner.finance.ledger import Transaction
from almoner.finance.parties import Party
from almoner.finance.posting import reverse
from almoner.finance.records import gifts, registry
from almoner.finance.storage import Engine, Session, open_engine

USD, HOUR = currency("USD"), in_kind_unit("hour", 2)
REGIONS, FREE = ("north", "south"), "unrestricted"
minors = st.integers(1, 20) | st.integers(1, 2000)
Row = tuple[int, int, int, int, int]


@dataclass
class Gift:
    """What the model knows of a gift."""

    booked: Contribution
    used: int = 0
    worth: tuple[int, int, date | None] | None = None

    def open_on(self, day: date) -> bool:
        return self.booked.available_until is None or day <= self.booked.available_until

    def row(self, day: date) -> Row:
        given = self.booked.amount.minor
        expired = 0 if self.open_on(day) else given - self.used
        value = 0
        if self.worth and (self.worth[2] is None or day < self.worth[2]):
            price, haircut, _ = self.worth
            value = int(Fraction((given - expired) * price * (10000 - haircut), 100 * 10000))
        return given, self.used, expired, given - self.used - expired, value


class Store(RuleBasedStateMachine):
    """One fund's gifts in the ledger and in the model; nothing is ever committed."""

    def __init__(self, engine: Engine, draw_rule: DrawRule) -> None:
        super().__init__()
        self.session = Session(engine)
        self.draw_rule = draw_rule
        self.day = date(2026, 1, 15)
        self.gifts: dict[str, Gift] = {}
        self.uses: list[Transaction] = []
        self.history: dict[date, dict[str, Row]] = {}
        self.keys = 0

    @property
    def clock(self) -> Clock:
        return fixed_clock(datetime.combine(self.day, time(9), UTC))

    def key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    @initialize()
    def begin(self) -> None:
        acts.open_book(self.session, "main", USD)
        for code in ("giver", "lab", "hub"):
            acts.register_party(self.session, "main", Party(code=code, name=code))
        for region in REGIONS:
            terms = Earmark(code=region, title=region, admits={"region": (region,)})
            acts.open_earmark(self.session, "main", terms)
        self.fund = acts.open_fund(
            self.session, "main", "water", USD, title="Water", draw_rule=self.draw_rule
        )
        self.book_id = registry.find_book_id(self.session, "main")
        for earmark, days in (("north", 1), (FREE, 1), (FREE, None)):
            self.offer(minor=300, earmark=earmark, days=days)

    def teardown(self) -> None:
        try:
            for day, rows in self.history.items():
                assert self.rows(day) == rows
            assert acts.verify(self.session, "main").findings == ()
        finally:
            self.session.close()

    def rows(self, day: date) -> dict[str, Row]:
        held = gifts.list_gifts(self.session, self.book_id, "water", on=day)
        return {
            one.gift: (
                one.given.minor,
                one.used.minor,
                one.expired.minor,
                one.left.minor,
                one.value.minor if one.value else 0,
            )
            for one in held
        }

    @rule(minor=minors, earmark=st.sampled_from((*REGIONS, FREE)), days=st.none() | st.integers(0, 6))
    def offer(self, minor: int, earmark: str, days: int | None) -> None:
        until = None if days is None else self.day + timedelta(days=days)
        booked = acts.offer_in_kind(
            self.session,
            self.fund,
            "giver",
            Money(minor=minor, unit=HOUR),
            key=self.key(),
            clock=self.clock,
            earmark=earmark,
            available_until=until,
        )
        self.gifts[booked.code] = Gift(booked)

    @rule(minor=minors, region=st.sampled_from(REGIONS))
    def use(self, minor: int, region: str) -> None:
        left = {code: one.row(self.day)[3] for code, one in self.gifts.items()}
        open_to = {code for code, one in self.gifts.items() if one.booked.earmark in (region, FREE)}
        free = sum(left[code] for code in open_to)
        asked, key = Money(minor=minor, unit=HOUR), self.key()

        def use() -> Transaction:
            return acts.use_in_kind(
                self.session, self.fund, "hub", asked, key=key, clock=self.clock, use={"region": region}
            )

        if minor > free:
            with pytest.raises(EarmarkViolated if minor <= sum(left.values()) else InsufficientFunds):
                use()
            return
        used = use()
        assert use() == replace(used, replayed=True)
        drawn = {draw.contribution: draw.minor for leg in used.legs for draw in leg.draws}
        assert sum(drawn.values()) == minor
        assert all(code in open_to and part <= left[code] for code, part in drawn.items())
        restricted = sum(left[code] for code in open_to if self.gifts[code].booked.earmark == region)
        from_restricted = sum(
            part for code, part in drawn.items() if self.gifts[code].booked.earmark == region
        )
        assert from_restricted == min(minor, restricted)
        self.move(used, 1)
        self.uses.append(used)

    def move(self, used: Transaction, sign: int) -> None:
        for leg in used.legs:
            for draw in leg.draws:
                self.gifts[draw.contribution].used += sign * draw.minor

    @precondition(lambda self: self.uses)
    @rule()
    def undo(self) -> None:
        used = self.uses.pop()
        reverse(self.session, "main", used.id, key=self.key(), clock=self.clock)
        self.move(used, -1)

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(
        data=st.data(),
        price=st.integers(1, 10**6),
        haircut=st.sampled_from((0, 1, 2000, 9999, 10000)),
        days=st.none() | st.integers(1, 4),
    )
    def value(self, data: st.DataObject, price: int, haircut: int, days: int | None) -> None:
        code = data.draw(st.sampled_from(sorted(self.gifts)))
        one = self.gifts[code]
        until = None if days is None else self.day + timedelta(days=days)
        valuation = Valuation(
            price=Money(minor=price, unit=USD),
            method="cost",
            haircut_bp=haircut,
            valued_by="lab",
            valued_on=self.day,
            evidence_sha256=bytes(32),
            expires_on=until,
        )
        last = gifts.find_gift(self.session, self.book_id, "water", code, on=self.day).last_valuation
        said = {"key": self.key(), "clock": self.clock}
        if last is None:
            worth = acts.value(self.session, self.fund, one.booked, valuation, **said)  # type: ignore[arg-type]  # key and clock
        else:
            worth = acts.revalue(self.session, self.fund, one.booked, valuation, supersedes=last, **said)  # type: ignore[arg-type]  # key and clock
        one.worth = (price, haircut, until)
        assert worth.minor == one.row(self.day)[4]

    @rule()
    def expire(self) -> None:
        acts.expire_in_kind(self.session, self.fund, key=self.key(), clock=self.clock)
        before = self.rows(self.day)
        assert acts.position(self.session, self.fund).in_kind.minor == sum(row[4] for row in before.values())
        assert gifts.list_lots(self.session, self.book_id, "water", gone_by=self.day) == ()
        assert acts.expire_in_kind(self.session, self.fund, key=self.key(), clock=self.clock) is None

    @invariant()
    def the_ledger_and_the_model_agree(self) -> None:
        if self.gifts:
            rows = self.rows(self.day)
            assert rows == {code: one.row(self.day) for code, one in self.gifts.items()}
            assert all(given == used + expired + left for given, used, expired, left, _ in rows.values())
            assert acts.position(self.session, self.fund).balance.minor == 0
            self.history[self.day] = rows


@pytest.mark.parametrize("draw_rule", ["pro_rata", "fifo"])
@pytest.mark.parametrize(("dialect", "examples"), [("sqlite", 8), ("postgresql", 2)])
def test_gifts_agree_with_the_model(
    make_database: Callable[[str], str], dialect: str, examples: int, draw_rule: DrawRule
) -> None:
    engine = open_engine(make_database(dialect))

    class Bound(Store):
        def __init__(self) -> None:
            super().__init__(engine, draw_rule)

    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    engine.dispose()
