"""Awards on both databases: one step at a time, by two people, and their money never twice."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DatabaseError

from almoner import money
from almoner.challenges import Award, acts
from almoner.challenges.acts import Which
from almoner.challenges.errors import AwardRefused, ConflictRecused, NotEligible
from almoner.challenges.judges import Judge
from almoner.challenges.records.awards import StoredAward, list_stored_awards
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.tables import (
    AWARD,
    AWARD_END,
    AWARD_PAYMENT,
    AWARD_STEP,
    CHALLENGE,
    PRIZE_END,
)
from almoner.finance import acts as finance
from almoner.finance.errors import InsufficientFunds, KeyReused, Missing, OverdrawnCommitment
from almoner.finance.parties import Party
from almoner.finance.posting import record_event
from almoner.finance.records.tables import TXN
from almoner.finance.ties import Tie

if TYPE_CHECKING:
    from sqlalchemy import Table
    from tests.challenges.conftest import Round

EAST = {"region": "east"}
CODE = "clean-water"
FIRST = Which(prize=0, application="a-1")


def grant(name: str, amount: str, **change: Any) -> Award:  # noqa: ANN401  # fields of an award
    known: dict[str, Any] = {"rule": "places", "rank": None, "reason": "Rank 1.", **change}
    return Award(application_id=name, amount=money(amount, "USD"), **known)


@pytest.fixture
def received(round_: "Round") -> "Round":
    """Two applications that may compete and one that may not."""
    round_.publish(EAST)
    round_.submit("a-1")
    round_.submit("a-2", facts={"lead.kind": "government"})
    round_.submit("a-4", lead="pump-makers")
    return round_


def step(received: "Round", verb: str, **how: str) -> StoredAward:
    return step_of(received, verb, FIRST, **how)


def step_of(received: "Round", verb: str, which: Which, **how: str) -> StoredAward:
    act: Callable[..., StoredAward] = getattr(acts, f"{verb}_award")
    clock = received.clock("2027-05-20")
    return act(received.session, received.fund, CODE, which, **how, clock=clock)


def propose(received: "Round", award: Award, prize: int = 0, maker: str = "desk") -> StoredAward:
    clock = received.clock("2027-05-20")
    return acts.propose_award(received.session, received.fund, CODE, prize, award, maker=maker, clock=clock)


def pay(received: "Round", award: Award, key: str = "pay", amount: str = "") -> None:
    part = money(amount, "USD") if amount else None
    clock = received.clock("2027-06-20")
    acts.pay_award(received.session, received.fund, CODE, award, key=key, clock=clock, amount=part)


def settle(received: "Round", prize: int) -> tuple[str, str]:
    clock = received.clock("2027-06-20")
    end = acts.settle_prize(received.session, received.fund, CODE, prize, clock=clock)
    return end.rest.text, end.released.text


def left(received: "Round") -> tuple[str, str]:
    """Tell what is promised to the prizes and to the winner a-1."""
    challenge = find_challenge(received.session, "main", CODE).challenge
    promises = (challenge.prizes_promise, challenge.award_promise("a-1"))
    prizes, winner = (finance.promised(received.session, received.fund, one).text for one in promises)
    return prizes, winner


def states(received: "Round") -> list[tuple[str, int, str]]:
    rows = list_stored_awards(received.session, find_challenge(received.session, "main", CODE).id)
    return [(row.award.application_id, row.number, row.state) for row in rows]


def test_an_award_goes_one_step_at_a_time_and_takes_its_money_when_it_is_approved(received: "Round") -> None:
    award = grant("a-1", "100.00")
    before = received.money()
    assert propose(received, award).state == "proposed"
    assert left(received) == ("950175.00", "0.00")
    assert step(received, "approve", actor="head").state == "approved"
    assert left(received) == ("950075.00", "100.00")
    assert step(received, "accept", actor="river-trust").state == "accepted"
    assert step(received, "commit", actor="desk").state == "committed"
    assert received.money() == before
    pay(received, award)
    assert left(received) == ("950075.00", "0.00")
    assert finance.verify(received.session, "main").findings == ()


def test_every_step_is_taken_once_whoever_repeats_it(received: "Round") -> None:
    award = grant("a-1", "100.00")
    for _ in range(2):
        propose(received, award)
        step(received, "approve", actor="head")
        step(received, "accept", actor="river-trust")
        pay(received, award)
    assert left(received) == ("950075.00", "0.00")
    with pytest.raises(KeyReused):
        step(received, "approve", actor="another head")
    with pytest.raises(KeyReused):
        propose(received, grant("a-1", "99.00"))
    assert states(received) == [("a-1", 1, "accepted")]


OUT_OF_TURN: list[tuple[tuple[str, ...], str, dict[str, str], str]] = [
    ((), "approve", {"actor": "desk"}, "somebody else approves"),
    ((), "approve", {"actor": ""}, "somebody else approves"),
    ((), "accept", {"actor": "river-trust"}, "is proposed"),
    (("approve",), "accept", {"actor": "pump-makers"}, "river-trust leads"),
    (("approve",), "commit", {"actor": "desk"}, "is approved"),
    (("approve", "decline"), "accept", {"actor": "river-trust"}, "is declined"),
    (("decline",), "approve", {"actor": "head"}, "was declined"),
    (("decline",), "lapse", {"reason": "Too late."}, "was declined"),
]


def test_a_step_out_of_turn_is_refused(received: "Round") -> None:
    propose(received, grant("a-1", "100.00"))
    known = {"approve": {"actor": "head"}, "decline": {"reason": "No thanks."}}
    for done, verb, how, said in OUT_OF_TURN:
        nested = received.session.begin_nested()
        for one in done:
            step(received, one, **known[one])
        before = left(received), states(received)
        with pytest.raises(AwardRefused, match=said):
            step(received, verb, **how)
        assert (left(received), states(received)) == before
        nested.rollback()


def test_nothing_is_paid_before_the_award_is_accepted_nor_beyond_it(received: "Round") -> None:
    award = grant("a-1", "100.00")
    propose(received, award)
    for ready in ("approve", "accept"):
        with pytest.raises(AwardRefused, match="paid after it is accepted"):
            pay(received, award)
        step(received, ready, actor="head" if ready == "approve" else "river-trust")
    pay(received, award, "p1", "60.00")
    pay(received, award, "p1", "60.00")
    with pytest.raises(OverdrawnCommitment, match=r"what is left, 40\.00 USD"):
        pay(received, award, "p2", "40.01")
    with pytest.raises(OverdrawnCommitment):
        pay(received, award, "p3")
    pay(received, award, "p2", "40.00")
    assert left(received) == ("950075.00", "0.00")


def test_one_award_is_not_paid_out_of_the_money_of_another(received: "Round") -> None:
    first, second = grant("a-1", "100.00"), grant("a-1", "70.00", rule="pool.optimiser")
    clock = received.clock("2027-05-20")
    for prize, award in ((0, first), (2, second)):
        acts.award(received.session, received.fund, CODE, prize, [award], clock=clock)
    assert left(received)[1] == "170.00"
    pay(received, second, "p1")
    with pytest.raises(OverdrawnCommitment):
        pay(received, second, "p2")
    assert left(received)[1] == "100.00"


def test_an_award_that_ends_gives_its_money_back_and_can_be_made_anew(received: "Round") -> None:
    for number, verb in enumerate(("decline", "lapse", "reverse"), start=1):
        award = grant("a-1", f"{90 + number}.00")
        assert propose(received, award).number == number
        step(received, "approve", actor="head")
        assert left(received) == (f"{950085 - number}.00", f"{90 + number}.00")
        for _ in range(2):
            step(received, verb, reason="As stated.")
        assert left(received) == ("950175.00", "0.00")
        with pytest.raises(Missing):
            pay(received, award)
    assert [row[1:] for row in states(received)] == [(1, "declined"), (2, "lapsed"), (3, "reversed")]
    assert finance.verify(received.session, "main").findings == ()


def test_an_award_that_is_paid_in_part_does_not_end(received: "Round") -> None:
    award = grant("a-1", "100.00")
    clock = received.clock("2027-05-20")
    acts.award(received.session, received.fund, CODE, 0, [award], clock=clock)
    pay(received, award, amount="1.00")
    for verb in ("decline", "lapse", "reverse"):
        with pytest.raises(AwardRefused, match=r"1\.00 USD of 100\.00 USD is paid"):
            step(received, verb, reason="Too late.")


def test_awards_by_rule_do_not_come_back_by_themselves(received: "Round") -> None:
    award = grant("a-1", "100.00")
    clock = received.clock("2027-05-20")
    acts.award(received.session, received.fund, CODE, 0, [award], clock=clock)
    step(received, "decline", reason="No thanks.")
    with pytest.raises(AwardRefused, match="was declined"):
        acts.award(received.session, received.fund, CODE, 0, [award], clock=clock)


def test_who_may_not_compete_and_what_exceeds_the_prize_is_not_even_proposed(received: "Round") -> None:
    with pytest.raises(NotEligible):
        propose(received, grant("a-2", "1.00"))
    propose(received, grant("a-1", "100.00"))
    with pytest.raises(OverdrawnCommitment):
        propose(received, grant("a-4", "75.01"))
    with pytest.raises(Missing):
        propose(received, grant("a-4", "1.00"), prize=9)
    with pytest.raises(AwardRefused, match="Nobody may not"):
        propose(received, grant("a-4", "1.00"), maker="")
    assert states(received) == [("a-1", 1, "proposed")]


def publish_with(round_: "Round", *prizes: dict[str, Any]) -> None:
    round_.brief_content["prizes"] = list(prizes)
    round_.publish(EAST)
    round_.submit("a-1")
    round_.submit("a-4", lead="pump-makers")


def test_discretion_belongs_to_those_whom_the_brief_names(round_: "Round") -> None:
    prize = {
        "kind": "discretionary",
        "phase": "panel",
        "ceiling": "50.00",
        "who": ["chair"],
        "criteria": "Care",
    }
    publish_with(round_, prize)
    award = grant("a-1", "40.00", rule="discretionary")
    with pytest.raises(AwardRefused, match="chair may"):
        propose(round_, award)
    propose(round_, award, maker="chair")
    with pytest.raises(AwardRefused):
        step(round_, "approve", actor="chair")
    assert step(round_, "approve", actor="head").state == "approved"
    clock = round_.clock("2027-05-20")
    with pytest.raises(DatabaseError), round_.session.begin_nested():
        acts.award(
            round_.session, round_.fund, CODE, 0, [grant("a-4", "1.00", rule="discretionary")], clock=clock
        )


def test_a_prize_in_kind_without_costs_is_approved_without_money(round_: "Round") -> None:
    prize = {"kind": "in_kind", "phase": "panel", "description": "A laboratory", "valuation": "list price"}
    publish_with(round_, prize, {"kind": "grand", "phase": "panel", "amount": "9.00"})
    propose(round_, grant("a-1", "0.00", rule="in_kind"))
    assert step(round_, "approve", actor="head").state == "approved"
    assert step(round_, "decline", reason="No room.").state == "declined"
    assert left(round_) == ("9.00", "0.00")


def test_a_tie_is_paid_in_full_out_of_free_money_or_not_at_all(round_: "Round") -> None:
    publish_with(round_, {"kind": "grand", "phase": "panel", "amount": "700000.00", "tie": "all_if_funded"})
    clock = round_.clock("2027-05-20")
    both = [grant(name, "700000.00", rule="grand") for name in ("a-1", "a-4")]
    with pytest.raises(InsufficientFunds):
        acts.award(round_.session, round_.fund, CODE, 0, both, clock=clock)
    assert left(round_) == ("700000.00", "0.00")
    both = [grant(name, "480000.00", rule="grand") for name in ("a-1", "a-4")]
    acts.award(round_.session, round_.fund, CODE, 0, both, clock=clock)
    assert left(round_) == ("0.00", "480000.00")
    assert round_.money() == ("960000.00", "0.00", "40000.00")


def test_what_nobody_won_is_released_once_and_the_prize_is_closed(received: "Round") -> None:
    propose(received, grant("a-1", "100.00"))
    with pytest.raises(AwardRefused, match="neither approved nor ended"):
        settle(received, 0)
    step(received, "approve", actor="head")
    free = received.money()[2]
    assert [settle(received, 0) for _ in range(2)] == [("75.00", "75.00")] * 2
    assert received.money()[2] == f"{float(free) + 75:.2f}"
    assert left(received) == ("950000.00", "100.00")
    with pytest.raises(AwardRefused, match="settled"):
        propose(received, grant("a-4", "1.00"))
    assert propose(received, grant("a-1", "100.00")).state == "approved"


def test_what_rolls_over_is_promised_to_the_later_prize(round_: "Round") -> None:
    later = {"kind": "pool", "phase": "vote", "amount": "50.00", "split": "ballot"}
    first = {"kind": "grand", "phase": "panel", "amount": "30.00", "unawarded": {"roll_over": "vote"}}
    publish_with(round_, first, later)
    more = grant("a-1", "80.00", rule="pool.ballot")
    with pytest.raises(OverdrawnCommitment):
        propose(round_, more, prize=1)
    assert settle(round_, 0) == ("30.00", "0.00")
    propose(round_, more, prize=1)
    assert step_of(round_, "approve", Which(prize=1, application="a-1"), actor="head").state == "approved"
    assert left(round_) == ("0.00", "80.00")


def test_a_cancelled_challenge_releases_everything_that_is_not_paid(received: "Round") -> None:
    award = grant("a-1", "100.00")
    clock = received.clock("2027-05-20")
    acts.award(received.session, received.fund, CODE, 0, [award], clock=clock)
    propose(received, grant("a-4", "50.00"))
    for released in ("950175.00", "950175.00"):
        found = acts.cancel(received.session, received.fund, CODE, reason="The river moved.", clock=clock)
        assert found.text == released
    assert states(received) == [("a-1", 1, "reversed"), ("a-4", 1, "reversed")]
    assert received.money() == ("0.00", "0.00", "1000000.00")


def test_a_challenge_that_has_paid_or_is_settled_is_not_cancelled(received: "Round") -> None:
    award = grant("a-1", "100.00")
    clock = received.clock("2027-05-20")
    acts.award(received.session, received.fund, CODE, 0, [award], clock=clock)
    pay(received, award)
    with pytest.raises(AwardRefused, match="has been paid"):
        acts.cancel(received.session, received.fund, CODE, reason="Late.", clock=clock)


class Raw:
    """Rows written past the library."""

    def __init__(self, received: "Round") -> None:
        self.round = received
        self.txn = received.session.scalars(select(TXN.c.id).where(TXN.c.kind == "encumbrance")).one()
        self.challenge = received.session.scalars(select(CHALLENGE.c.id)).one()

    def award_id(self, name: str) -> int:
        rows = list_stored_awards(self.round.session, self.challenge, name)
        return rows[-1].id

    def refused(self, table: "Table", said: str, **row: object) -> None:
        clock = self.round.clock("2027-06-01")
        event, _ = record_event(self.round.session, "main", "test.raw", {}, key=str(uuid4()), clock=clock)
        with pytest.raises(DatabaseError, match=said), self.round.session.begin_nested():
            self.round.session.execute(insert(table).values(**row, event_id=event))


def test_the_database_takes_no_step_out_of_turn(received: "Round") -> None:
    propose(received, grant("a-1", "100.00"))
    raw = Raw(received)
    of = {"award_id": raw.award_id("a-1")}
    raw.refused(AWARD_STEP, "has its money", **of, state="approved", actor="head", txn_id=None)
    raw.refused(AWARD_STEP, "does not approve it", **of, state="approved", actor="desk", txn_id=raw.txn)
    for state in ("accepted", "committed"):
        raw.refused(AWARD_STEP, "one step at a time", **of, state=state, actor="x", txn_id=None)
    raw.refused(AWARD_PAYMENT, "not approved", **of, number=1, amount=1, txn_id=raw.txn)
    step(received, "approve", actor="head")
    raw.refused(AWARD_END, "goes back", **of, state="declined", reason="No.", txn_id=None)
    raw.refused(AWARD_PAYMENT, "paid already", **of, number=1, amount=10_001, txn_id=raw.txn)
    step(received, "decline", reason="No.")
    raw.refused(AWARD_STEP, "has ended", **of, state="accepted", actor="x", txn_id=None)
    raw.refused(AWARD_PAYMENT, "has ended", **of, number=1, amount=1, txn_id=raw.txn)


def test_the_database_ends_no_award_that_is_paid_and_awards_nothing_of_a_settled_prize(
    received: "Round",
) -> None:
    award = grant("a-1", "100.00")
    clock = received.clock("2027-05-20")
    acts.award(received.session, received.fund, CODE, 0, [award], clock=clock)
    pay(received, award, amount="1.00")
    settle(received, 0)
    raw = Raw(received)
    end = {"award_id": raw.award_id("a-1"), "state": "reversed", "reason": "No.", "txn_id": raw.txn}
    raw.refused(AWARD_END, "paid already", **end)
    known = dict(received.session.execute(select(AWARD)).mappings().one())
    again = {name: value for name, value in known.items() if name not in {"id", "event_id"}}
    raw.refused(AWARD, "settled", **{**again, "part": "grand"})
    done = {"challenge_id": raw.challenge, "unit": "USD"}
    raw.refused(PRIZE_END, "(?i)check", **done, prize=1, rest=5, released=4, txn_id=raw.txn)
    raw.refused(PRIZE_END, "(?i)check", **done, prize=1, rest=5, released=5, txn_id=None)


def test_whoever_decides_by_discretion_has_no_interest_in_the_winner(round_: "Round") -> None:
    prize = {
        "kind": "discretionary",
        "phase": "panel",
        "ceiling": "9.00",
        "who": ["chair"],
        "criteria": "Care",
    }
    publish_with(round_, prize)
    clock, session = round_.clock("2027-05-01"), round_.session
    for code in ("chair", "head"):
        finance.register_party(session, "main", Party(code=code, name=code))
    award = grant("a-1", "9.00", rule="discretionary")
    propose(round_, award, maker="chair")
    owned = Tie(
        kind="owns", from_party="head", to_party="river-trust", since=date(2020, 1, 1), source="register"
    )
    finance.tie(session, "main", owned, clock=clock)
    with pytest.raises(ConflictRecused, match="takes no part"):
        step(round_, "approve", actor="head")
    assert step(round_, "approve", actor="second head").state == "approved"


def test_an_award_that_rests_on_the_read_of_a_judge_in_conflict_is_not_paid(received: "Round") -> None:
    session, clock = received.session, received.clock("2027-03-01")
    finance.register_party(session, "main", Party(code="j-1", name="First judge"))
    acts.register_judge(session, "main", CODE, Judge(code="j-1"), clock=clock)
    received.score("a-1", "j-1", {"reach": "4.0", "proof": "4.0"})
    award = grant("a-1", "100.00")
    day = received.clock("2027-05-20")
    acts.award(session, received.fund, CODE, 0, [award], clock=day)
    owned = Tie(
        kind="owns", from_party="j-1", to_party="river-trust", since=date(2020, 1, 1), source="register"
    )
    finance.tie(session, "main", owned, clock=day)
    with pytest.raises(AwardRefused, match="a-1 by j-1"):
        pay(received, award)
    with pytest.raises(AwardRefused, match="Void them"):
        acts.announce(session, received.fund, CODE, reason="Decided.", clock=day)
