"""Results and awards on both databases: tallied as the pure functions do, and paid once."""

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DatabaseError

from almoner import money
from almoner.challenges import (
    Award,
    BallotResult,
    MeasuredProject,
    Ranking,
    acts,
    award_by_ballot,
    award_places,
    count_ballots,
    rank_by_mean,
    read_marks,
)
from almoner.challenges.errors import BallotInvalid, NotEligible
from almoner.challenges.prizes import Places, Pool
from almoner.challenges.records.awards import list_awards
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.tables import APPLICATION, AWARD, AWARD_STEP
from almoner.challenges.scores import Score
from almoner.finance import acts as finance
from almoner.finance.errors import KeyReused, Missing, OverdrawnCommitment
from almoner.finance.posting import record_event
from almoner.finance.records.entries import find_transaction
from almoner.finance.records.registry import find_book_id
from almoner.finance.records.tables import TXN

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

EAST = {"region": "east"}
CODE = "clean-water"
MARKS = {
    ("a-1", "j-1"): ("3.7", "4.2"),
    ("a-1", "j-2"): ("5.0", "1.0"),
    ("a-4", "j-1"): ("4.0", "4.1"),
    ("a-5", "j-2"): ("1.0", "1.0"),
}


@pytest.fixture
def received(round_: "Round") -> "Round":
    """Three applications that may compete, of two regions, and one that may not."""
    round_.publish(EAST)
    round_.submit("a-1")
    round_.submit("a-2", facts={"lead.kind": "government"})
    round_.submit("a-4", groups={"region": "west", "sector": "water"}, lead="pump-makers")
    round_.submit("a-5", groups={"region": "east"})
    return round_


@pytest.fixture
def voted(round_: "Round") -> "Round":
    """A round judged by ballots alone, with measured applications."""
    brief = round_.brief_content
    del brief["phases"][1]
    brief["prizes"] = [{"kind": "pool", "phase": "vote", "amount": "900000.00", "split": "ballot"}]
    brief["phases"][1]["ballot"] = {"metrics": ["users", "fees"], "cap_bp": 6000, "floor": "1000.00"}
    round_.publish(EAST)
    for name, users, fees in (("a-1", 10, "1.5"), ("a-4", 30, 2), ("a-5", 5, "0")):
        round_.submit(name, facts={"users": users, "fees": fees}, groups=EAST)
    round_.submit("a-2", facts={"users": 1000, "fees": 1000, "lead.kind": "government"})
    return round_


def given_to(round_: "Round") -> list[tuple[str, str]]:
    """List applications and amounts awarded, by prize."""
    awards = list_awards(round_.session, find_challenge(round_.session, "main", CODE).id)
    return [(one.application_id, one.amount.text) for one in awards]


def test_a_panel_is_tallied_as_the_pure_ranking_of_its_marks(received: "Round") -> None:
    rubric = received.brief().rubric_of("panel")
    expected: list[Score] = []
    for (name, judge), (reach, proof) in MARKS.items():
        marks = {"reach": reach, "proof": proof}
        received.score(name, judge, marks)
        expected += read_marks(rubric, application_id=name, judge_id=judge, marks=marks)
    ranking = acts.tally(received.session, received.fund, CODE)
    assert ranking == rank_by_mean(expected, rubric)
    assert isinstance(ranking, Ranking)
    assert [row.application_id for row in ranking.standings] == ["a-4", "a-1", "a-5"]


def test_a_panel_that_has_scored_nothing_ranks_nobody(received: "Round") -> None:
    ranking = acts.tally(received.session, received.fund, CODE)
    assert isinstance(ranking, Ranking)
    assert ranking.standings == ()


def test_ballots_are_tallied_as_the_pure_count_over_eligible_applications(voted: "Round") -> None:
    ballots = [voted.vote("v-1", users=1), voted.vote("v-2", users=1, fees=3), voted.vote("v-3", fees=1)]
    policy = voted.brief().phases[1].ballot
    assert policy is not None
    measured = {"a-1": (10, Fraction("1.5")), "a-4": (30, Fraction(2)), "a-5": (5, Fraction(0))}
    projects = [
        MeasuredProject(project_id=name, measures=(("users", users), ("fees", fees)))
        for name, (users, fees) in measured.items()
    ]
    result = acts.tally(voted.session, voted.fund, CODE)
    assert result == count_ballots(policy, projects, ballots, pool=money("900000.00", "USD"))
    assert isinstance(result, BallotResult)
    prize = voted.brief().prizes[0]
    assert isinstance(prize, Pool)
    awards = award_by_ballot(prize, result, unit=voted.fund.unit)
    acts.award(voted.session, voted.fund, CODE, 0, awards, clock=voted.clock("2027-05-20"))
    paid = sum((one.amount for one in awards), start=money("0", "USD"))
    assert paid + result.unallocated == money("900000.00", "USD")
    assert voted.money() == ("900000.00", "0.00", "100000.00")


@pytest.mark.parametrize("value", ["many", "1e9", "1e999999999", "1/0", "nan", True, "-1"])
def test_a_measurement_that_is_no_plain_number_stops_the_count_with_a_reason(
    voted: "Round", value: object
) -> None:
    voted.submit("a-6", facts={"users": value, "fees": 1})
    voted.vote("v-1", users=1)
    with pytest.raises(BallotInvalid, match="a-6"):
        acts.tally(voted.session, voted.fund, CODE)


def test_an_application_without_a_measurement_stops_the_count_with_a_reason(voted: "Round") -> None:
    voted.submit("a-6", facts={"users": 1})
    with pytest.raises(BallotInvalid, match="a-6 has no measurement of fees"):
        acts.tally(voted.session, voted.fund, CODE)


def test_a_vote_without_a_prize_is_counted_over_nothing(voted: "Round") -> None:
    brief = voted.brief_content
    brief |= {"challenge_id": "no-prize", "appeal_policy": {"window_days": 1}}
    places = {
        "id": "panel",
        "kind": "review",
        "judging": "panel",
        "rubric": "merit/1",
        "reads_per_application": 1,
    }
    brief["phases"].append({**places, "opens_at": "2027-05-20T00:00Z", "closes_at": "2027-05-30T00:00Z"})
    brief["phases"][2], brief["phases"][3] = (
        brief["phases"][3],
        {
            **brief["phases"][2],
            "opens_at": "2027-06-01T00:00Z",
        },
    )
    brief["prizes"] = [{"kind": "places", "phase": "panel", "amounts": ["5.00"]}]
    voted.publish(EAST)
    voted.submit("a-1", challenge_id="no-prize", facts={"users": 1, "fees": 1})
    voted.vote("v-1", users=1)
    result = acts.tally(voted.session, voted.fund, "no-prize")
    assert isinstance(result, BallotResult)
    assert not result.unallocated
    assert result.counted == 1


def test_a_challenge_that_is_judged_by_nobody_cannot_be_tallied(round_: "Round") -> None:
    with pytest.raises(Missing):
        acts.tally(round_.session, round_.fund, CODE)


def test_awards_move_money_between_commitments_and_change_no_total(received: "Round") -> None:
    before = received.money()
    awards = received.award(0, a_1="100.00", a_4="50.00", a_5="25.00")
    assert received.money() == before
    challenge = find_challenge(received.session, "main", CODE).challenge
    left = finance.promised(received.session, received.fund, challenge.prizes_promise)
    assert left.text == "950000.00"
    for one in awards:
        promise = challenge.award_promise(one.application_id)
        assert finance.promised(received.session, received.fund, promise) == one.amount
    assert given_to(received) == [("a-1", "100.00"), ("a-4", "50.00"), ("a-5", "25.00")]
    assert finance.verify(received.session, "main").findings == ()


def test_places_of_a_ranking_are_awarded_and_paid(received: "Round") -> None:
    for (name, judge), (reach, proof) in MARKS.items():
        received.score(name, judge, {"reach": reach, "proof": proof})
    ranking = acts.tally(received.session, received.fund, CODE)
    prize = received.brief().prizes[0]
    assert isinstance(ranking, Ranking)
    assert isinstance(prize, Places)
    awards = award_places(prize, ranking, unit=received.fund.unit)
    clock = received.clock("2027-05-20")
    acts.award(received.session, received.fund, CODE, 0, awards, clock=clock)
    for one in awards:
        key = f"pay/{one.application_id}"
        acts.pay_award(received.session, received.fund, CODE, one, key=key, clock=clock)
    assert received.money() == ("950000.00", "175.00", "49825.00")


@pytest.mark.parametrize("name", ["a_2", "a_9"])
def test_an_application_that_may_not_win_stops_all_awards_of_the_call(received: "Round", name: str) -> None:
    before = received.money()
    with pytest.raises(NotEligible if name == "a_2" else Missing):
        received.award(0, **{"a_1": "100.00", name: "25.00"})
    assert given_to(received) == []
    assert received.money() == before
    assert received.award(0, a_1="100.00")


def test_awards_stay_inside_their_prize(received: "Round") -> None:
    received.award(0, a_1="100.00")
    for amounts in ({"a_4": "75.01"}, {"a_4": "75.00", "a_5": "0.01"}, {"a_4": "900000.00"}):
        with pytest.raises(OverdrawnCommitment):
            received.award(0, **amounts)
    assert given_to(received) == [("a-1", "100.00")]
    received.award(0, a_4="75.00")


def test_an_award_is_made_once_per_application_and_prize(received: "Round") -> None:
    received.award(0, a_1="100.00")
    before = received.money(), given_to(received)
    received.award(0, a_1="100.00")
    with pytest.raises(KeyReused):
        received.award(0, a_1="99.00")
    assert (received.money(), given_to(received)) == before
    received.award(2, a_1="40000.00")
    assert given_to(received) == [("a-1", "100.00"), ("a-1", "40000.00")]


@pytest.mark.parametrize("prize", [-1, 3, 99])
def test_a_prize_that_the_brief_does_not_have_is_not_awarded(received: "Round", prize: int) -> None:
    with pytest.raises(Missing, match="has 3 prizes"):
        received.award(prize, a_1="1.00")


def test_restricted_prize_money_never_goes_where_its_earmark_excludes(received: "Round") -> None:
    free = finance.position(received.session, received.fund)
    assert {row.earmark: row.reserved.text for row in free.earmarks} == {
        "east": "400000.00",
        "unrestricted": "550175.00",
    }
    with pytest.raises(OverdrawnCommitment, match=r"550175\.00"):
        received.award(1, a_4="550175.01")
    received.award(1, a_4="550175.00")
    received.award(1, a_1="349825.00")
    with pytest.raises(OverdrawnCommitment):
        received.award(2, a_4="0.01")
    for name, amount in (("a-4", "550175.00"), ("a-1", "349825.00")):
        posted = pay(received, name, amount)
        uses = finance.trace(received.session, "main", posted)
        assert {use.contribution for use in uses} == ({"g1"} if name == "a-4" else {"g2"})


def pay(round_: "Round", name: str, amount: str, key: str = "") -> UUID:
    made = Award(
        application_id=name, amount=money(amount, "USD"), rule="places", rank=None, reason="Said so."
    )
    clock = round_.clock("2027-06-01")
    return acts.pay_award(round_.session, round_.fund, CODE, made, key=key or f"pay/{name}", clock=clock).id


def payees(round_: "Round") -> list[str]:
    book = find_book_id(round_.session, "main")
    ids = round_.session.scalars(select(TXN.c.id).where(TXN.c.kind == "payout")).all()
    return sorted(find_transaction(round_.session, book, one).payee for one in ids)


def test_an_award_is_paid_to_the_lead_once(received: "Round") -> None:
    received.award(0, a_1="100.00", a_4="50.00")
    first = pay(received, "a-1", "100.00")
    assert pay(received, "a-1", "100.00") == first
    with pytest.raises(OverdrawnCommitment):
        pay(received, "a-1", "100.00", key="again")
    pay(received, "a-4", "50.00")
    assert payees(received) == ["pump-makers", "river-trust"]
    assert received.money() == ("950025.00", "150.00", "49825.00")


def test_what_was_not_awarded_is_not_paid(received: "Round") -> None:
    received.award(0, a_1="100.00")
    acted: list[Callable[[], object]] = [
        lambda: pay(received, "a-4", "1.00"),
        lambda: pay(received, "a-1", "100.01"),
    ]
    for act in acted:
        with pytest.raises(Missing):
            act()
    assert received.money()[1] == "0.00"


def test_a_lead_that_is_not_registered_cannot_be_paid(received: "Round") -> None:
    lone = [{"party": "cloud-club", "role": "lead", "share_bp": 10000}]
    received.submit(
        "a-6",
        lead="cloud-club",
        bundle=lone,
        budget=[],
        ask="0",
        minimum="0",
        disclosures=[{"party": "cloud-club", "incentives": "none", "restrictions": "none"}],
    )
    received.award(0, a_6="100.00")
    with pytest.raises(Missing, match="cloud-club"):
        pay(received, "a-6", "100.00")
    assert received.money()[1] == "0.00"


def test_what_nobody_won_returns_and_nothing_is_awarded_after_that(received: "Round") -> None:
    received.award(0, a_1="100.00")
    clock = received.clock("2027-06-01")
    for _ in range(2):
        assert acts.conclude(received.session, received.fund, CODE, clock=clock).text == "950075.00"
    assert received.money() == ("100.00", "0.00", "999900.00")
    with pytest.raises(OverdrawnCommitment):
        received.award(0, a_4="1.00")
    pay(received, "a-1", "100.00")
    assert received.money() == ("0.00", "100.00", "999900.00")


def test_the_database_takes_no_award_to_whom_the_rule_bars_and_no_second_one(received: "Round") -> None:
    received.award(0, a_1="100.00")
    session = received.session
    known = dict(session.execute(select(AWARD)).mappings().one())
    award_id = known["id"]
    rows = {row.code: row for row in session.execute(select(APPLICATION)).all()}
    other = session.scalars(select(TXN.c.id).where(TXN.c.kind == "encumbrance")).one()
    free = {"application_id": rows["a-4"].id}
    del known["id"]
    for change in (
        {},
        {"number": 2},
        {"number": 2, "replaces_id": award_id},
        {"application_id": rows["a-2"].id},
        {"application_id": rows["a-2"].id, "finding": "fail"},
        {**free, "prize": -1},
        {**free, "amount": 0},
        {**free, "reason": ""},
        {**free, "challenge_id": 10**9},
    ):
        clock = received.clock("2027-06-01")
        event, _ = record_event(session, "main", "test.raw", {}, key=str(uuid4()), clock=clock)
        with pytest.raises(DatabaseError), session.begin_nested():
            session.execute(insert(AWARD).values(**{**known, "event_id": event, **change}))
    for state, txn in (("approved", other), ("accepted", other), ("committed", other), ("paid", None)):
        step = {"award_id": award_id, "state": state, "actor": "desk", "txn_id": txn, "event_id": event}
        with pytest.raises(DatabaseError), session.begin_nested():
            session.execute(insert(AWARD_STEP).values(**step))
    assert session.scalar(select(func.count()).select_from(AWARD)) == 1
