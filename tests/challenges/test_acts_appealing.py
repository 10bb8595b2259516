"""Appeals on both databases: what differs is held, everything else is paid, an upheld one puts it right."""

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DatabaseError

from almoner import money
from almoner.challenges import acts
from almoner.challenges.acts import DecisionInputs, Ruled, Ruling, Which
from almoner.challenges.appeals import Appeal, Frozen
from almoner.challenges.awarding import TieBreak
from almoner.challenges.errors import AppealRefused, AwardHeld, AwardRefused
from almoner.challenges.records.awards import list_stored_awards
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.reads import list_reads
from almoner.challenges.records.submissions import find_admission
from almoner.challenges.records.tables import AWARD_PAYMENT, AWARD_STEP, CHALLENGE, PRIZE_END
from almoner.finance import acts as finance
from almoner.finance.errors import KeyReused
from almoner.finance.posting import record_event
from almoner.finance.records.tables import TXN

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

    from almoner.challenges import Award

EAST = {"region": "east"}
CODE = "clean-water"
MARKS = {  # a-4 first by the read of j-2, a-1 first without it
    ("a-1", "j-1"): "4.0",
    ("a-1", "j-2"): "3.2",
    ("a-4", "j-1"): "3.5",
    ("a-4", "j-2"): "5.0",
    ("a-5", "j-1"): "1.0",
}
VOID = {"kind": "void_read", "phase": "panel", "application": "a-4", "judge": "j-2"}
BARRED = {"kind": "correct_finding", "application": "a-4", "status": "fail"}
INPUTS = DecisionInputs(tie=TieBreak(seed="beacon 7"))


@pytest.fixture
def awarded(round_: "Round") -> "Round":
    """A round that is decided, awarded by its rule and announced on the 20th of May."""
    round_.brief_content["prizes"] = [
        {"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00", "25.00"]},
        {"kind": "pool", "phase": "panel", "amount": "900.00", "split": "score"},
    ]
    round_.publish(EAST)
    for name in ("a-1", "a-4", "a-5"):
        round_.submit(name)
    round_.submit("a-2", facts={"lead.kind": "government"})
    for (name, judge), mark in MARKS.items():
        round_.score(name, judge, {"reach": mark, "proof": mark})
    clock = round_.clock("2027-05-20")
    decision = acts.decision_of(round_.session, round_.fund, CODE, clock=clock, inputs=INPUTS)
    for prize, awards in decision.items():
        acts.award(round_.session, round_.fund, CODE, prize, awards, clock=clock)
    acts.announce(round_.session, round_.fund, CODE, reason="The panel has read.", clock=clock)
    return round_


def file(
    round_: "Round", *remedies: dict[str, str], by: str = "a-1", day: str = "2027-05-25", **how: str
) -> Frozen:
    content: dict[str, Any] = {
        "application": by,
        "ground": "undeclared_conflict",
        "statement": "See file.",
        **how,
    }
    filed = Appeal.read(json.dumps({**content, "remedies": remedies or [VOID]}))
    return acts.appeal(round_.session, round_.fund, CODE, filed, clock=round_.clock(day), inputs=INPUTS)


def rule(
    round_: "Round", *, upheld: bool, by: str = "ombud", checker: str = "head", number: int = 1
) -> Ruled:
    ruling = Ruling(
        application="a-1", number=number, upheld=upheld, ruled_by=by, checker=checker, reason="So found."
    )
    clock = round_.clock("2027-06-01")
    return acts.rule(round_.session, round_.fund, CODE, ruling, clock=clock, inputs=INPUTS)


def standing(round_: "Round", prize: int = 0) -> dict[str, str]:
    return {one.application_id: one.amount.text for one in awards_of(round_, prize)}


def awards_of(round_: "Round", prize: int = 0) -> "list[Award]":
    rows = list_stored_awards(round_.session, find_challenge(round_.session, "main", CODE).id)
    return [row.award for row in rows if row.prize == prize and not row.end]


def pay(round_: "Round", name: str, prize: int = 0) -> None:
    (award,) = (one for one in awards_of(round_, prize) if one.application_id == name)
    clock = round_.clock("2027-06-20")
    acts.pay_award(round_.session, round_.fund, CODE, award, key=f"{prize}/{name}", clock=clock)


def balances(round_: "Round") -> bool:
    """Tell whether promises, payments and free money still are all that was given."""
    at = finance.position(round_.session, round_.fund)
    total = at.committed + at.encumbered + at.disbursed + at.free
    statement = finance.make_statement(round_.session, round_.fund)
    sound = finance.verify(round_.session, "main").findings == ()
    return sound and total == money("1000000.00", "USD") and statement.closing == at.balance


def test_what_an_appeal_would_change_is_held_and_the_rest_is_paid(awarded: "Round") -> None:
    assert standing(awarded) == {"a-4": "100.00", "a-1": "50.00", "a-5": "25.00"}
    frozen = file(awarded)
    changed = [row for row in frozen.held if row[0] == 0]
    assert changed == [(0, "a-1", "whole"), (0, "a-4", "whole")]
    number, own = frozen.counterfactual[0]
    assert (number, own.application_id, own.amount.text) == (0, "a-1", "100.00")
    for name in ("a-1", "a-4"):
        with pytest.raises(AwardHeld, match="before the ruling"):
            pay(awarded, name)
    pay(awarded, "a-5")
    assert balances(awarded)


def test_an_appeal_that_is_turned_down_lets_everything_go(awarded: "Round") -> None:
    file(awarded)
    before = standing(awarded)
    assert rule(awarded, upheld=False) == Ruled(reversed_awards=(), made=(), to_recover=(), waiting=())
    assert standing(awarded) == before
    for name in before:
        pay(awarded, name)
    assert balances(awarded)


def test_an_upheld_appeal_reverses_and_makes_new_awards_and_edits_none(awarded: "Round") -> None:
    file(awarded)
    ruled = rule(awarded, upheld=True)
    assert standing(awarded) == {"a-1": "100.00", "a-4": "50.00", "a-5": "25.00"}
    assert {row.state for row in ruled.reversed_awards} == {"reversed"}
    assert {row.number for row in ruled.made} == {2}
    assert {row.maker for row in ruled.made} == {"ombud"}
    assert sum(one.amount.minor for one in awards_of(awarded, 1)) == 90_000
    assert balances(awarded)
    assert rule(awarded, upheld=True).made == ()
    clock = awarded.clock("2027-06-20")
    acts.accept_award(
        awarded.session,
        awarded.fund,
        CODE,
        Which(prize=0, application="a-1"),
        actor="river-trust",
        clock=clock,
    )
    pay(awarded, "a-1")
    assert balances(awarded)


def test_what_was_put_right_stays_right_in_every_later_decision(awarded: "Round") -> None:
    file(awarded)
    rule(awarded, upheld=True)
    clock = awarded.clock("2027-06-01")
    again = acts.decision_of(awarded.session, awarded.fund, CODE, clock=clock, inputs=INPUTS)
    assert {one.application_id: one.amount.text for one in again[0]} == standing(awarded)
    assert file(awarded, {"kind": "recompute"}, ground="arithmetic").held == ()


def test_whom_the_ruling_admits_is_admitted_and_awarded(awarded: "Round") -> None:
    admit = {"kind": "correct_finding", "application": "a-2", "status": "pass"}
    file(awarded, admit, ground="eligibility_fact")
    rule(awarded, upheld=True)
    stored = find_challenge(awarded.session, "main", CODE)
    assert find_admission(awarded.session, stored.id, "a-2").status == "pass"
    assert find_admission(awarded.session, stored.id, "a-2").number == 2


def test_a_read_that_the_ruling_voids_is_void_for_everybody(awarded: "Round") -> None:
    file(awarded)
    rule(awarded, upheld=True)
    stored = find_challenge(awarded.session, "main", CODE)
    void = [
        (read.application, read.judge) for read in list_reads(awarded.session, stored, "panel") if read.void
    ]
    assert void == [("a-4", "j-2")]


def test_what_is_paid_already_is_claimed_back_and_nothing_is_made_before(awarded: "Round") -> None:
    pay(awarded, "a-4")
    file(awarded)
    ruled = rule(awarded, upheld=True)
    assert [(row.award.application_id, row.paid.text) for row in ruled.to_recover] == [("a-4", "100.00")]
    assert {move.application_id for move in ruled.waiting} == {"a-1", "a-4"}
    assert standing(awarded) == {"a-4": "100.00", "a-5": "25.00"}
    assert balances(awarded)


def test_an_appeal_needs_an_announcement_a_ground_and_time(awarded: "Round") -> None:
    for change in ({"ground": "merit"}, {"day": "2027-05-30"}, {"day": "2027-05-19"}):
        with pytest.raises(AppealRefused):
            file(awarded, **change)
    assert file(awarded, day="2027-05-29").held


def test_before_the_announcement_there_is_nothing_to_appeal(round_: "Round") -> None:
    round_.publish(EAST)
    round_.submit("a-1")
    with pytest.raises(AppealRefused, match="not announced"):
        file(round_)


def test_only_somebody_from_outside_rules_and_a_second_person_checks(awarded: "Round") -> None:
    file(awarded)
    for insider in ("j-1", "river-trust", "pump-makers"):
        with pytest.raises(AppealRefused, match="from outside"):
            rule(awarded, upheld=False, by=insider)
    for checker in ("", "ombud"):
        with pytest.raises(AppealRefused, match="second person"):
            rule(awarded, upheld=True, checker=checker)
    rule(awarded, upheld=False)
    with pytest.raises(KeyReused):
        rule(awarded, upheld=True)


def test_nothing_is_released_while_an_appeal_is_open_or_can_still_come(awarded: "Round") -> None:
    def settle(day: str, prize: int = 0) -> str:
        clock = awarded.clock(day)
        return acts.settle_prize(awarded.session, awarded.fund, CODE, prize, clock=clock).rest.text

    with pytest.raises(AwardRefused, match="can be filed until"):
        settle("2027-05-29")
    file(awarded)
    with pytest.raises(AwardHeld, match="nobody has ruled"):
        settle("2027-06-10")
    with pytest.raises(AwardHeld):
        acts.conclude(awarded.session, awarded.fund, CODE, clock=awarded.clock("2027-06-10"))
    rule(awarded, upheld=False)
    assert settle("2027-06-10") == "0.00"
    assert acts.conclude(awarded.session, awarded.fund, CODE, clock=awarded.clock("2027-06-10")).minor == 0


def test_two_appeals_hold_until_both_are_ruled_on(awarded: "Round") -> None:
    file(awarded)
    file(awarded, BARRED)
    rule(awarded, upheld=False)
    with pytest.raises(AwardHeld):
        pay(awarded, "a-1")
    rule(awarded, upheld=False, number=2)
    pay(awarded, "a-1")


def test_the_database_moves_nothing_that_is_held(awarded: "Round") -> None:
    file(awarded)
    session = awarded.session
    challenge = session.scalars(select(CHALLENGE.c.id)).one()
    txn = session.scalars(select(TXN.c.id).where(TXN.c.kind == "encumbrance")).one()
    row = next(one for one in list_stored_awards(session, challenge, "a-4") if one.prize == 0)
    of = {"award_id": row.id}
    step = {**of, "actor": "x", "txn_id": None}
    settled = {"challenge_id": challenge, "unit": "USD", "prize": 0, "rest": 0, "released": 0, "txn_id": None}
    for table, said, values in (
        (AWARD_PAYMENT, "is held", {**of, "number": 1, "amount": 1, "txn_id": txn}),
        (AWARD_STEP, "one step at a time|is held", {**step, "state": "committed"}),
        (PRIZE_END, "appeal is open", settled),
    ):
        clock = awarded.clock("2027-06-01")
        event, _ = record_event(session, "main", "test.raw", {}, key=str(uuid4()), clock=clock)
        with pytest.raises(DatabaseError, match=said), session.begin_nested():
            session.execute(insert(table).values(**values, event_id=event))
    accept = Which(prize=0, application="a-4")
    clock = awarded.clock("2027-06-01")
    acts.accept_award(session, awarded.fund, CODE, accept, actor="river-trust", clock=clock)
    with pytest.raises(AwardHeld):
        acts.commit_award(session, awarded.fund, CODE, accept, actor="desk", clock=clock)
    event, _ = record_event(session, "main", "test.raw", {}, key=str(uuid4()), clock=clock)
    with pytest.raises(DatabaseError, match="is held"), session.begin_nested():
        session.execute(insert(AWARD_STEP).values(**step, state="committed", event_id=event))


def pay_part(round_: "Round", name: str, amount: str, key: str, day: str = "2027-06-20") -> None:
    (award,) = (one for one in awards_of(round_) if one.application_id == name)
    part, clock = money(amount, "USD"), round_.clock(day)
    acts.pay_award(round_.session, round_.fund, CODE, award, key=key, clock=clock, amount=part)


def test_a_wrong_award_that_is_paid_in_part_is_paid_no_further(awarded: "Round") -> None:
    pay_part(awarded, "a-4", "40.00", "first", day="2027-05-21")
    file(awarded)
    ruled = rule(awarded, upheld=True)
    assert [row.paid.text for row in ruled.to_recover] == ["40.00"]
    with pytest.raises(AwardHeld, match="recover"):
        pay_part(awarded, "a-4", "60.00", "second")
    assert balances(awarded)


def test_a_second_upheld_appeal_on_the_same_award_claims_once_and_does_not_fail(awarded: "Round") -> None:
    pay(awarded, "a-4")
    file(awarded)
    file(awarded, BARRED, ground="eligibility_fact")
    rule(awarded, upheld=True)
    again = rule(awarded, upheld=True, number=2)
    assert [row.award.application_id for row in again.to_recover] == ["a-4"]
    assert balances(awarded)


def test_two_appeals_against_one_read_can_both_be_upheld(awarded: "Round") -> None:
    file(awarded)
    file(awarded, ground="procedure")
    rule(awarded, upheld=True)
    right = standing(awarded)
    assert rule(awarded, upheld=True, number=2).made == ()
    assert standing(awarded) == right == {"a-1": "100.00", "a-4": "50.00", "a-5": "25.00"}
    assert balances(awarded)


def test_nobody_who_is_out_holds_the_money_of_others(awarded: "Round") -> None:
    clock = awarded.clock("2027-05-21")
    acts.decline_award(
        awarded.session,
        awarded.fund,
        CODE,
        Which(prize=0, application="a-5"),
        reason="No time.",
        clock=clock,
    )
    acts.withdraw(awarded.session, "main", CODE, "a-5", reason="No time.", clock=clock)
    with pytest.raises(AppealRefused, match="withdrawn"):
        file(awarded, by="a-5")
    pay(awarded, "a-4")


def test_who_checks_an_upheld_appeal_comes_from_outside_as_well(awarded: "Round") -> None:
    file(awarded)
    for insider in ("j-1", "river-trust"):
        with pytest.raises(AppealRefused, match="from outside"):
            rule(awarded, upheld=True, checker=insider)
    assert rule(awarded, upheld=True).made


def test_an_upheld_appeal_takes_nothing_from_a_prize_that_has_rolled_over(round_: "Round") -> None:
    round_.brief_content["prizes"] = [
        {"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00", "25.00"],
         "unawarded": {"roll_over": "deliver"}},
        {"kind": "measured_progress", "phase": "deliver", "amount": "900.00", "basis": "point",
         "split": "proportional", "hub_cap_bp": 4000},
    ]  # fmt: skip
    round_.publish(EAST)
    for name in ("a-1", "a-4"):
        round_.submit(name)
    for (name, judge), mark in MARKS.items():
        if name != "a-5":
            round_.score(name, judge, {"reach": mark, "proof": mark})
    clock = round_.clock("2027-05-20")
    decision = acts.decision_of(round_.session, round_.fund, CODE, clock=clock, inputs=INPUTS)
    acts.award(round_.session, round_.fund, CODE, 0, decision[0], clock=clock)
    acts.announce(round_.session, round_.fund, CODE, reason="Read.", clock=clock)
    file(round_)
    with pytest.raises(AwardHeld):
        acts.settle_prize(round_.session, round_.fund, CODE, 0, clock=round_.clock("2027-06-10"))
    rule(round_, upheld=True)
    assert standing(round_) == {"a-1": "100.00", "a-4": "50.00"}
    end = acts.settle_prize(round_.session, round_.fund, CODE, 0, clock=round_.clock("2027-06-10"))
    assert (end.rest.text, end.released.text) == ("25.00", "0.00")
    assert balances(round_)


def test_what_a_ruling_makes_is_held_by_the_appeals_that_are_still_open(awarded: "Round") -> None:
    file(awarded)
    file(awarded, BARRED, ground="eligibility_fact")
    rule(awarded, upheld=True)
    assert standing(awarded) == {"a-1": "100.00", "a-4": "50.00", "a-5": "25.00"}
    with pytest.raises(AwardHeld):
        pay(awarded, "a-4")
    rule(awarded, upheld=True, number=2)
    assert standing(awarded) == {"a-1": "100.00", "a-5": "50.00"}
    assert balances(awarded)
