"""The ledger against an auditor who keeps the same books in a few dictionaries and ordinary fractions."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

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
from almoner.finance.accounts import Promise, cash, pool
from almoner.finance.contributions import Contribution
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import (
    AlmonerError,
    AlreadyResolved,
    EarmarkViolated,
    HoldExpired,
    InsufficientFunds,
    KeyReused,
    OverdrawnCommitment,
    PostingRefused,
)
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg, Transaction
from almoner.finance.parties import Party
from almoner.finance.posting import expire_due, hold, reverse, settle, void
from almoner.finance.storage import Engine, Session, open_engine

USD = currency("USD")
GIVERS, REGIONS = ("giver", "other"), ("north", "south")
PROMISES = tuple(Promise("commitment", code) for code in ("well", "pump"))
FREE = "unrestricted"
Draws = dict[tuple[str, str], int]
amounts = st.integers(1, 20) | st.integers(1, 1000)


@dataclass
class Payment:
    """What the auditor knows of a payment."""

    draws: Draws
    promise: Promise | None = None
    returned: Draws = field(default_factory=dict)
    reversed: bool = False


@dataclass
class Auditor:
    """The books of one fund, kept by hand."""

    lots: dict[tuple[str, str], int] = field(default_factory=dict)
    giver: dict[str, str] = field(default_factory=dict)
    gross: dict[str, int] = field(default_factory=dict)
    pledged: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GIVERS, 0))
    promised: dict[Promise, dict[str, int]] = field(default_factory=lambda: {one: {} for one in PROMISES})
    lines: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("contribution", "fee", "payment", "refund"), 0)
    )

    held: dict[UUID, tuple[int, datetime]] = field(default_factory=dict)

    def balance(self, earmark: str) -> int:
        return sum(left for (owner, _), left in self.lots.items() if owner == earmark)

    def free(self, earmark: str) -> int:
        held = sum(minor for minor, _ in self.held.values()) if earmark == FREE else 0
        return self.balance(earmark) - held - sum(parts.get(earmark, 0) for parts in self.promised.values())

    def parts(self, minor: int, region: str) -> list[tuple[str, int]] | type[AlmonerError]:
        """Which earmarks bear a use, the restricted first; or why none does."""
        left, parts = minor, []
        for earmark in (region, FREE):
            part = min(left, self.free(earmark))
            parts += [(earmark, part)] if part else []
            left -= part
        if not left:
            return parts
        everything = sum(self.free(earmark) for earmark in (*REGIONS, FREE))
        return EarmarkViolated if everything >= minor else InsufficientFunds

    def draw(self, parts: list[tuple[str, int]]) -> Draws:
        """Take parts from their lots, pro rata by largest remainder."""
        drawn: Draws = {}
        for earmark, part in parts:
            held = {key: left for key, left in self.lots.items() if key[0] == earmark and left}
            drawn |= shares(part, held)
        self.move(drawn, -1)
        return drawn

    def move(self, drawn: Draws, sign: int) -> None:
        for key, minor in drawn.items():
            self.lots[key] += sign * minor


def shares(minor: int, weights: Draws) -> Draws:
    exact = {key: Fraction(minor * weight, sum(weights.values())) for key, weight in weights.items()}
    parts = {key: int(share) for key, share in exact.items()}
    order = sorted(exact, key=lambda key: (parts[key] - exact[key], list(weights).index(key)))
    for key in order[: minor - sum(parts.values())]:
        parts[key] += 1
    return {key: part for key, part in parts.items() if part}


class Books(RuleBasedStateMachine):
    """One fund in the ledger and with the auditor; nothing is ever committed."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        super().__init__()
        self.session = Session(engine)
        self.clock = clock
        self.model = Auditor()
        self.payments: dict[UUID, Payment] = {}
        self.deposits: dict[str, Contribution] = {}
        self.done: dict[str, tuple[Callable[[], object], object]] = {}
        self.keys = 0
        self.holds: list[UUID] = []

    @initialize()
    def begin(self) -> None:
        acts.open_book(self.session, "main", USD)
        for code in (*GIVERS, "hub"):
            acts.register_party(self.session, "main", Party(code=code, name=code))
        for region in REGIONS:
            terms = Earmark(code=region, title=region, admits={"region": (region,)})
            acts.open_earmark(self.session, "main", terms)
        self.fund: PooledFund = acts.open_fund(self.session, "main", "water", USD, title="Water")
        for giver, minor, earmark in (("giver", 300, FREE), ("other", 300, FREE), ("other", 101, "north")):
            self.contribute(giver=giver, minor=minor, earmark=earmark, paid_in=False)

    def teardown(self) -> None:
        self.session.close()

    def key(self) -> str:
        self.keys += 1
        self.clock = fixed_clock(self.clock() + timedelta(hours=7))
        return f"k{self.keys:03}"

    def attempt(self, key: str, call: Callable[[], object], expected: object) -> object:
        """Do it under its key; or be refused as the auditor expects."""
        if isinstance(expected, type):
            with pytest.raises(expected):
                call()
            return None
        answer = call()
        self.done[key] = (call, answer)
        return answer

    @rule(giver=st.sampled_from(GIVERS), minor=amounts)
    def pledge(self, giver: str, minor: int) -> None:
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)
        self.attempt(
            key, lambda: acts.pledge(self.session, self.fund, giver, amount, key=key, clock=clock), None
        )
        self.model.pledged[giver] += minor

    @rule(
        giver=st.sampled_from(GIVERS),
        minor=amounts,
        earmark=st.sampled_from((FREE, *REGIONS)),
        paid_in=st.booleans(),
    )
    def contribute(self, giver: str, minor: int, earmark: str, paid_in: bool) -> None:  # noqa: FBT001  # drawn by name
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)

        def call() -> Contribution:
            return acts.contribute(
                self.session,
                self.fund,
                giver,
                amount,
                key=key,
                clock=clock,
                earmark=earmark,
                from_pledge=paid_in,
            )

        self.attempt(key, call, None)
        self.deposits[key] = call()
        self.model.lots[earmark, key] = minor
        self.model.giver[key], self.model.gross[key] = giver, minor
        self.model.lines["contribution"] += minor
        if paid_in:
            self.model.pledged[giver] -= min(minor, self.model.pledged[giver])

    @precondition(lambda self: self.deposits)
    @rule(data=st.data(), minor=amounts)
    def fee(self, data: st.DataObject, minor: int) -> None:
        deposit = self.deposits[data.draw(st.sampled_from(sorted(self.deposits)))]
        place = (deposit.earmark, deposit.code)
        enough = minor <= self.model.lots[place] and minor <= self.model.free(deposit.earmark)
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)
        self.attempt(
            key,
            lambda: acts.charge_fee(self.session, self.fund, "hub", deposit, amount, key=key, clock=clock),
            None if enough else InsufficientFunds,
        )
        if enough:
            self.model.lots[place] -= minor
            self.model.lines["fee"] += minor

    @rule(minor=amounts, region=st.sampled_from(REGIONS))
    def spend(self, minor: int, region: str) -> None:
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)
        parts = self.model.parts(minor, region)
        use = {"region": region}
        answer = self.attempt(
            key,
            lambda: acts.spend(
                self.session, self.fund, "hub", amount, line="transfer", key=key, clock=clock, use=use
            ),
            parts,
        )
        if isinstance(answer, Transaction) and not isinstance(parts, type):
            self.payments[answer.id] = Payment(draws=self.model.draw(parts))
            self.model.lines["payment"] += minor

    @rule(promise=st.sampled_from(PROMISES), minor=amounts, region=st.sampled_from(REGIONS))
    def reserve(self, promise: Promise, minor: int, region: str) -> None:
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)
        parts = self.model.parts(minor, region)
        use = {"region": region}
        self.attempt(
            key,
            lambda: acts.reserve(self.session, self.fund, promise, amount, key=key, clock=clock, use=use),
            parts,
        )
        for earmark, part in [] if isinstance(parts, type) else parts:
            held = self.model.promised[promise]
            held[earmark] = held.get(earmark, 0) + part

    @rule(promise=st.sampled_from(PROMISES), minor=amounts)
    def pay(self, promise: Promise, minor: int) -> None:
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)
        held = self.model.promised[promise]
        enough = minor <= sum(held.values())
        answer = self.attempt(
            key,
            lambda: acts.pay_reserved(self.session, self.fund, promise, amount, "hub", key=key, clock=clock),
            None if enough else OverdrawnCommitment,
        )
        if isinstance(answer, Transaction):
            left, parts = minor, []
            for earmark in sorted(held, key=lambda code: (code == FREE, code)):
                part = min(left, held[earmark])
                parts += [(earmark, part)] if part else []
                held[earmark] -= part
                left -= part
            self.payments[answer.id] = Payment(draws=self.model.draw(parts), promise=promise)
            self.model.lines["payment"] += minor

    @rule(promise=st.sampled_from(PROMISES))
    def release(self, promise: Promise) -> None:
        key, clock = self.key(), self.clock
        held = self.model.promised[promise]
        freed = Money(minor=sum(held.values()), unit=USD)

        def call() -> Money:
            return acts.release(self.session, self.fund, promise, key=key, clock=clock)

        if freed:
            assert self.attempt(key, call, None) == freed
        else:
            assert call() == freed
        self.model.promised[promise] = {}

    @rule(minor=amounts, hours=st.integers(8, 40))
    def hold(self, minor: int, hours: int) -> None:
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)
        until = clock() + timedelta(hours=hours)
        legs = (
            Leg(account=pool("water", USD), side=1, amount=amount, line="transfer"),
            Leg(account=cash("water", USD), side=-1, amount=amount, line="transfer"),
        )
        draft = Draft(kind="transfer", effective_on=None, legs=legs, payee="hub")
        answer = self.attempt(
            key,
            lambda: hold(self.session, "main", draft, key=key, clock=clock, expires_at=until),
            None if minor <= self.model.free(FREE) else InsufficientFunds,
        )
        if isinstance(answer, Transaction):
            self.model.held[answer.id] = (minor, until)
            self.holds.append(answer.id)

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), part=st.integers(1, 1000))
    def settle(self, data: st.DataObject, part: int) -> None:
        identity = data.draw(st.sampled_from(self.holds))
        key, clock = self.key(), self.clock
        minor, until = self.model.held.get(identity, (1, clock()))
        part = min(part, minor)
        amount = None if part == minor else Money(minor=part, unit=USD)
        over = identity not in self.model.held
        answer = self.attempt(
            key,
            lambda: settle(self.session, "main", identity, key=key, clock=clock, amount=amount),
            AlreadyResolved if over else HoldExpired if clock() > until else None,
        )
        if isinstance(answer, Transaction):
            del self.model.held[identity]
            self.payments[answer.id] = Payment(draws=self.model.draw([(FREE, part)]))
            self.model.lines["payment"] += part

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(self.holds))
        key, clock = self.key(), self.clock
        self.attempt(
            key,
            lambda: void(self.session, "main", identity, key=key, clock=clock),
            None if identity in self.model.held else AlreadyResolved,
        )
        self.model.held.pop(identity, None)

    @rule()
    def expire(self) -> None:
        self.key()
        due = {one for one, (_, until) in self.model.held.items() if until < self.clock()}
        assert {one.parent for one in expire_due(self.session, "main", clock=self.clock)} == due
        for one in due:
            del self.model.held[one]

    @precondition(lambda self: self.payments)
    @rule(data=st.data(), minor=amounts)
    def refund(self, data: st.DataObject, minor: int) -> None:
        identity = data.draw(st.sampled_from(sorted(self.payments)))
        paid = self.payments[identity]
        out = {key: drawn - paid.returned.get(key, 0) for key, drawn in paid.draws.items()}
        enough = not paid.reversed and minor <= sum(out.values())
        key, clock, amount = self.key(), self.clock, Money(minor=minor, unit=USD)
        self.attempt(
            key,
            lambda: acts.refund(self.session, self.fund, "hub", identity, amount, key=key, clock=clock),
            None if enough else OverdrawnCommitment,
        )
        if enough:
            back = shares(minor, out)
            self.model.move(back, 1)
            paid.returned = {place: paid.returned.get(place, 0) + back.get(place, 0) for place in out}
            self.model.lines["refund"] += minor

    @precondition(lambda self: self.payments)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(sorted(self.payments)))
        paid = self.payments[identity]
        whole = not paid.reversed and not any(paid.returned.values())
        key, clock = self.key(), self.clock
        self.attempt(
            key,
            lambda: reverse(self.session, "main", identity, key=key, clock=clock),
            None if whole else AlreadyResolved if paid.reversed else PostingRefused,
        )
        if whole:
            paid.reversed = True
            self.model.move(paid.draws, 1)
            self.model.lines["payment"] -= sum(paid.draws.values())
            for (earmark, _), drawn in paid.draws.items() if paid.promise else ():
                held = self.model.promised[paid.promise or PROMISES[0]]
                held[earmark] = held.get(earmark, 0) + drawn

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        call, answer = self.done[data.draw(st.sampled_from(sorted(self.done)))]
        again = call()
        if isinstance(answer, Transaction | Contribution) and isinstance(again, Transaction | Contribution):
            assert again == replace(answer, replayed=True)
        elif isinstance(answer, Money):
            assert again == answer

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def use_a_key_for_something_else(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.done)))
        amount = Money(minor=10**9, unit=USD)
        with pytest.raises(KeyReused):
            acts.pledge(self.session, self.fund, "giver", amount, key=key, clock=self.clock)

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "fund"):
            return
        at, model = acts.position(self.session, self.fund), self.model
        seen = (at.contributions, at.fees, at.disbursed, at.refunds, at.committed, at.pledged, at.balance)
        assert tuple(one.minor for one in seen) == (
            *(model.lines[name] for name in ("contribution", "fee", "payment", "refund")),
            sum(sum(parts.values()) for parts in model.promised.values()),
            sum(model.pledged.values()),
            sum(model.lots.values()),
        )
        for row in at.earmarks:
            free = model.free(row.earmark)
            assert (row.balance.minor, row.free.minor) == (model.balance(row.earmark), free)
        statement = acts.make_statement(self.session, self.fund)
        assert statement.difference.minor == 0
        assert statement.closing == at.balance
        assert acts.trial_balance(self.session, "main").is_balanced

    @invariant()
    def every_donor_is_accounted_for(self) -> None:
        if not hasattr(self, "fund"):
            return
        for giver in GIVERS:
            one = acts.donor_statement(self.session, self.fund, giver)
            owned = [code for code, owner in self.model.giver.items() if owner == giver]
            assert one.difference.minor == 0
            assert one.deposited.minor == sum(self.model.gross[code] for code in owned)
            assert one.remaining.minor == sum(left for (_, c), left in self.model.lots.items() if c in owned)
            assert one.pledged.minor == self.model.pledged[giver]
        for identity, paid in list(self.payments.items())[-2:]:
            uses = acts.trace(self.session, "main", identity)
            assert {use.contribution: use.amount.minor for use in uses} == {
                code: minor for (_, code), minor in paid.draws.items()
            }
        assert acts.verify(self.session, "main").findings == ()


@pytest.mark.parametrize(("dialect", "examples", "steps"), [("sqlite", 6, 20), ("postgresql", 4, 18)])
def test_the_ledger_agrees_with_the_auditor_after_every_step(
    request: pytest.FixtureRequest, clock: Clock, dialect: str, examples: int, steps: int
) -> None:
    url = request.getfixturevalue("sqlite_url" if dialect == "sqlite" else "postgres_url")
    engine = open_engine(url)

    class Bound(Books):
        def __init__(self) -> None:
            super().__init__(engine, clock)

    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    engine.dispose()
