"""Rounds with prizes of every kind, at random: encumbered + committed + paid + released is always the pool.

Awards are made by rule or by people, approved, accepted, paid in parts, declined and moved up; appeals are
filed and ruled on; prizes are settled and challenges end. A model in plain numbers keeps the same sums. More
rounds: ``PRIZE_ROUNDS=100 pytest tests/properties/test_prize_money.py``.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.challenges.decision_cases import dice, prize_contents, random_facts

from almoner import Money, currency, money
from almoner.challenges import Award, acts
from almoner.challenges.acts import DecisionInputs, Ruling, Which
from almoner.challenges.appeals import Appeal
from almoner.challenges.awarding import award_moves
from almoner.challenges.errors import AwardHeld
from almoner.challenges.prizes import prize_maximum
from almoner.challenges.records.appeals import list_appeals
from almoner.challenges.records.awards import StoredAward, list_stored_awards
from almoner.challenges.records.briefs import StoredChallenge, find_challenge
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import AlmonerError
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.storage import Engine, Session, open_engine

ROUNDS = int(os.environ.get("PRIZE_ROUNDS", "5"))
USD = currency("USD")
T = TypeVar("T")
GIVEN = money("5000000.00", USD)
PICK = st.integers(min_value=0, max_value=10**6)


class PrizeMoney(RuleBasedStateMachine):
    """One round in one fund; the sums of the model beside those of the ledger."""

    engine: Engine
    session: Session
    fund: PooledFund
    stored: StoredChallenge

    @initialize(seed=PICK)
    def open(self, seed: int) -> None:
        random = dice(seed)
        prizes = prize_contents(random)
        for prize in prizes:  # a lottery needs a seed source, and that judges who are assigned
            prize["tie"] = "panel" if prize["tie"] == "lottery" else prize["tie"]
        facts = random_facts(random, prizes)
        self.session = Session(self.engine)
        self.day = datetime(2027, 1, 1, tzinfo=UTC)
        finance.open_book(self.session, "main", USD)
        for code in ("hub", "giver"):
            finance.register_party(self.session, "main", Party(code=code, name=code))
        self.fund = finance.open_fund(self.session, "main", "water-pool", USD, title="Pool")
        finance.contribute(self.session, self.fund, "giver", GIVEN, key="g", clock=self.clock())
        acts.publish(self.session, self.fund, facts.brief, clock=self.clock())
        self.stored = find_challenge(self.session, "main", "wells")
        for one in facts.applications:
            self.day = datetime(2027, 2, 1, tzinfo=UTC)
            acts.submit(self.session, "main", one, clock=self.clock())
        for read in facts.reads:
            self.day = datetime(2027, 3, 9, tzinfo=UTC)
            marks = {score.trait: str(score.steps) for score in read.scores}
            name, judge = read.application_id, read.judge_id
            acts.score(self.session, "main", "wells", name, judge, marks, clock=self.clock())
        self.day = datetime(2030, 1, 1, tzinfo=UTC)
        self.inputs = DecisionInputs(tie=facts.tie, progress=facts.progress, finishes=facts.finishes)
        self.most = sum((prize_maximum(one, USD).minor for one in facts.brief.prizes), start=0)
        self.extra = self.released = 0
        self.held: dict[int, Money] = {}

    def clock(self) -> Clock:
        return fixed_clock(self.day)

    def rows(self) -> list[StoredAward]:
        return list(list_stored_awards(self.session, self.stored.id))

    def pick(self, number: int, *likely: str) -> StoredAward | None:
        """Pick an award that stands; three times in four one in a likely state."""
        rows = [row for row in self.rows() if not row.end]
        likely_rows = [row for row in rows if row.state in likely and number % 4]
        found = likely_rows or rows
        return found[number % len(found)] if found else None

    def attempt(self, act: Callable[[], T]) -> T | None:
        """Do something that may be refused; then nothing of it stays."""
        try:
            with self.session.begin_nested():
                return act()
        except AlmonerError:
            return None

    def args(self) -> tuple[Session, PooledFund, str]:
        return self.session, self.fund, "wells"

    def promised(self) -> int:
        return finance.promised(self.session, self.fund, self.stored.challenge.prizes_promise).minor

    @rule(number=PICK, by_rule=st.booleans())
    def make(self, number: int, *, by_rule: bool) -> None:
        decision = acts.decision_of(*self.args(), clock=self.clock(), inputs=self.inputs)
        if not decision:
            return
        prize = sorted(decision)[number % len(decision)]
        standing = {(row.award.application_id, row.award.part) for row in self.rows() if row.prize == prize}
        new = [one for one in decision[prize] if (one.application_id, one.part) not in standing]
        if by_rule:
            self.attempt(lambda: acts.award(*self.args(), prize, new, clock=self.clock()))
            return
        for one in new:
            self.propose(prize, one)

    def propose(self, prize: int, award: Award) -> None:
        clock = self.clock()
        self.attempt(lambda: acts.propose_award(*self.args(), prize, award, maker="desk", clock=clock))

    @rule(number=PICK, other=st.sampled_from(["", "", "", "approve", "accept", "commit"]))
    def step(self, number: int, other: str) -> None:
        row = self.pick(number, "proposed", "approved", "accepted")
        if row is not None:
            verb = other or {"proposed": "approve", "approved": "accept"}.get(row.state, "commit")
            actor = {"approve": "head", "accept": "hub", "commit": "desk"}[verb]
            act = getattr(acts, f"{verb}_award")
            self.attempt(lambda: act(*self.args(), which(row), actor=actor, clock=self.clock()))

    @rule(number=PICK, verb=st.sampled_from(["decline", "lapse", "reverse"]))
    def end(self, number: int, verb: str) -> None:
        row = self.pick(number)
        if row is not None:
            act = getattr(acts, f"{verb}_award")
            self.attempt(lambda: act(*self.args(), which(row), reason="So it goes.", clock=self.clock()))

    @rule(number=PICK)
    def move_up(self, number: int) -> None:
        """Whoever comes next takes the place of those who are out."""
        decision = acts.decision_of(*self.args(), clock=self.clock(), inputs=self.inputs)
        rows = [row for row in self.rows() if not row.end]
        for prize, right in decision.items():
            for move in award_moves([row.award for row in rows if row.prize == prize], right):
                if move.before is not None:
                    self.reverse(Which(prize=prize, application=move.application_id, part=move.part))
                if move.after is not None and number % 2:
                    self.propose(prize, move.after)

    def reverse(self, place: Which) -> None:
        clock = self.clock()
        self.attempt(lambda: acts.reverse_award(*self.args(), place, reason="Moved.", clock=clock))

    @rule(number=PICK, part=st.integers(min_value=1, max_value=100), key=PICK)
    def pay(self, number: int, part: int, key: int) -> None:
        row = self.pick(number, "approved", "accepted", "committed", "held")
        if row is None:
            return
        amount = Money(minor=max(1, row.award.amount.minor * part // 100), unit=USD)
        clock, award = self.clock(), row.award
        if row.is_held:
            with pytest.raises(AlmonerError) as caught, self.session.begin_nested():
                acts.pay_award(*self.args(), award, key=f"p{key}", clock=clock, amount=amount)
            assert isinstance(caught.value, AwardHeld)
            return
        self.attempt(lambda: acts.pay_award(*self.args(), award, key=f"p{key}", clock=clock, amount=amount))

    @rule(seed=PICK)
    def appeal(self, seed: int) -> None:
        random, clock = dice(seed), self.clock()
        self.attempt(lambda: acts.announce(*self.args(), reason="Decided.", clock=clock))
        name = f"a-{random.randint(0, 3)}"
        remedies = [
            {"kind": "correct_finding", "application": f"a-{random.randint(0, 3)}", "status": "fail"},
            {"kind": "void_read", "phase": "panel", "application": name, "judge": "j-1"},
            {"kind": "recompute"},
        ]
        content = {"application": name, "ground": "procedure", "statement": f"Case {seed}."}
        filed = Appeal.read(json.dumps({**content, "remedies": [random.choice(remedies)]}))
        self.attempt(lambda: acts.appeal(*self.args(), filed, clock=clock, inputs=self.inputs))

    @rule(number=PICK, upheld=st.booleans())
    def ruling(self, number: int, *, upheld: bool) -> None:
        waiting = [one for one in list_appeals(self.session, self.stored.id) if one.upheld is None]
        if not waiting:
            return
        one, clock = waiting[number % len(waiting)], self.clock()
        said = Ruling(
            application=one.appeal.application,
            number=one.number,
            upheld=upheld,
            ruled_by="ombud",
            checker="second ombud",
            reason="So found.",
        )
        self.attempt(lambda: acts.rule(*self.args(), said, clock=clock, inputs=self.inputs))

    @rule(days=st.sampled_from([1, 5, 10]))
    def wait(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(number=PICK)
    def settle(self, number: int) -> None:
        prize, before = number % len(self.stored.challenge.brief.prizes), self.promised()
        end = self.attempt(lambda: acts.settle_prize(*self.args(), prize, clock=self.clock()))
        self.released += before - self.promised()
        assert end is None or end.released.minor in {before - self.promised(), end.rest.minor}

    @rule(verb=st.sampled_from(["conclude", "cancel", *["neither"] * 8]))
    def finish(self, verb: str) -> None:
        """Return everything; what awards gave back in the same act was promised to the prizes first."""
        if verb == "neither":
            return
        before = self.promised() + self.committed()
        act = {"conclude": acts.conclude, "cancel": lambda *a, **k: acts.cancel(*a, reason="Over.", **k)}[
            verb
        ]
        self.attempt(lambda: act(*self.args(), clock=self.clock()))
        self.released += before - self.promised() - self.committed()

    def committed(self) -> int:
        return sum(
            row.award.amount.minor - row.paid.minor for row in self.rows() if row.steps and not row.end
        )

    @invariant()
    def the_pool_is_whole(self) -> None:
        at = finance.position(self.session, self.fund)
        assert at.committed + at.disbursed + at.free == GIVEN
        paid = sum(row.paid.minor for row in self.rows())
        assert paid == at.disbursed.minor
        prizes = self.promised()
        assert at.committed.minor == prizes + self.committed()
        total = prizes + self.committed() + paid + self.released
        more = total - self.most - self.extra
        ties = [one for one in self.stored.challenge.brief.prizes if one.tie == "all_if_funded"]
        assert more >= 0
        assert more == 0 or ties
        self.extra += more

    @invariant()
    def nothing_is_paid_twice_or_while_it_is_held(self) -> None:
        for row in self.rows():
            assert row.paid <= row.award.amount
            assert not (row.end and row.paid)
            if row.is_held:
                assert self.held.setdefault(row.id, row.paid) == row.paid
            else:
                self.held.pop(row.id, None)

    def teardown(self) -> None:
        if hasattr(self, "session"):
            assert finance.verify(self.session, "main").findings == ()
            statement = finance.make_statement(self.session, self.fund)
            assert statement.difference.minor == 0
            self.session.rollback()
            self.session.close()


def which(row: StoredAward) -> Which:
    return Which(prize=row.prize, application=row.award.application_id, part=row.award.part)


@pytest.mark.parametrize(("dialect", "rounds"), [("sqlite", ROUNDS), ("postgresql", max(1, ROUNDS // 3))])
def test_encumbered_committed_paid_and_released_are_the_pool(
    make_database: Callable[[str], str], dialect: str, rounds: int
) -> None:
    opened = open_engine(make_database(dialect))

    class Bound(PrizeMoney):
        engine = opened

    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=rounds,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    opened.dispose()
