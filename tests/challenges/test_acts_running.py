"""A round on both databases: published with its prizes covered; everything that comes in is kept once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from almoner import currency
from almoner.challenges import Ballot, acts
from almoner.challenges.errors import ApplicationInconsistent, BallotInvalid, ChallengeClosed, ScoreInvalid
from almoner.challenges.records.tables import (
    APPLICATION,
    AWARD,
    BALLOT,
    BRIEF,
    CHALLENGE,
    FINDING,
    JUDGE_READ,
    SCORE,
    SUBMISSION,
)
from almoner.finance import acts as finance
from almoner.finance.errors import (
    AlmonerError,
    AlreadyExists,
    CurrencyMismatch,
    EarmarkViolated,
    InsufficientFunds,
    KeyReused,
    Missing,
)
from almoner.finance.posting import record_event
from almoner.finance.records.tables import EVENT, TXN
from almoner.finance.storage import Engine, Session

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

Marks = dict[str, str | None]
EAST = {"region": "east"}
GOOD: Marks = {"reach": "3.7", "proof": "4.2"}


def count(round_: "Round", table: Table) -> int:
    return round_.session.scalar(select(func.count()).select_from(table)) or 0


def findings(round_: "Round") -> dict[str, str]:
    found = select(APPLICATION.c.code, FINDING.c.status).join(
        FINDING, FINDING.c.application_id == APPLICATION.c.id
    )
    return {row.code: row.status for row in round_.session.execute(found)}


@pytest.fixture
def published(round_: "Round") -> "Round":
    round_.publish(EAST)
    return round_


def test_publishing_commits_exactly_the_sum_of_the_prizes(round_: "Round") -> None:
    challenge = round_.publish(EAST)
    assert challenge.brief.prize_total(round_.fund.unit).text == "950175.00"
    assert round_.money() == ("950175.00", "0.00", "49825.00")
    assert finance.promised(round_.session, round_.fund, challenge.prizes_promise).text == "950175.00"
    assert finance.verify(round_.session, "main").findings == ()


def test_publishing_again_writes_nothing_and_another_brief_is_refused(published: "Round") -> None:
    before = [count(published, table) for table in (EVENT, TXN, CHALLENGE)]
    assert published.publish(EAST) == published.publish()
    published.brief_content["title"] = "Another title"
    with pytest.raises(AlreadyExists):
        published.publish(EAST)
    assert [count(published, table) for table in (EVENT, TXN, CHALLENGE)] == before


@pytest.mark.parametrize(
    ("amount", "use", "refusal"),
    [
        ("949825.00", EAST, None),
        ("949825.01", EAST, InsufficientFunds),
        ("549825.01", {}, EarmarkViolated),
        ("549825.01", {"region": "west"}, EarmarkViolated),
        ("549825.00", {"region": "west"}, None),
    ],
)
def test_prizes_are_covered_by_money_open_to_them_or_nothing_is_written(
    round_: "Round", amount: str, use: dict[str, str], refusal: type[AlmonerError] | None
) -> None:
    round_.brief_content["prizes"][1]["amount"] = amount
    before = [count(round_, table) for table in (EVENT, TXN, CHALLENGE)]
    if refusal is None:
        round_.publish(use)
        assert count(round_, CHALLENGE) == 1
        return
    with pytest.raises(refusal):
        round_.publish(use)
    assert [count(round_, table) for table in (EVENT, TXN, CHALLENGE)] == before
    assert round_.money() == ("0.00", "0.00", "1000000.00")


def test_a_brief_names_the_fund_that_pays_and_its_unit(round_: "Round") -> None:
    euros = finance.open_fund(round_.session, "main", "euro-pool", currency("EUR"), title="Euro pool")
    for fund in (euros, replace(round_.fund, code="other-pool")):
        with pytest.raises(CurrencyMismatch):
            replace(round_, fund=fund).publish()


@pytest.mark.parametrize(
    "day",
    ["2027-01-10", "2027-03-02", "2027-03-10", "2026-12-31"],
    ids=["before", "after", "review", "long before"],
)
def test_an_application_outside_its_phase_is_refused(published: "Round", day: str) -> None:
    with pytest.raises(ChallengeClosed):
        published.submit("a-1", day=day)
    assert findings(published) == {}


def test_the_same_application_is_kept_once(published: "Round") -> None:
    first = published.submit("a-1")
    assert published.submit("a-1", day="2027-02-28") == first
    assert findings(published) == {"a-1": "pass"}
    assert count(published, SUBMISSION) == 1


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"ask": "900.31"}, "/ask"),
        ({"unit": "EUR"}, "/unit"),
        ({"lead": "nobody"}, "/lead"),
        ({"minimum": "900.31"}, "/minimum"),
    ],
)
def test_an_application_that_does_not_add_up_is_refused(
    published: "Round", change: dict[str, Any], place: str
) -> None:
    with pytest.raises(ApplicationInconsistent) as caught:
        published.submit("a-1", **change)
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    assert place in {row["path"] for row in found if isinstance(row, dict)}
    assert findings(published) == {}


def test_an_application_to_a_challenge_that_is_not_there_is_refused(published: "Round") -> None:
    with pytest.raises(Missing, match="no challenge 'dry-wells'"):
        published.submit("a-1", challenge_id="dry-wells")


def test_what_the_rule_finds_is_stored_with_each_application(published: "Round") -> None:
    assert published.submit("a-1").status == "pass"
    assert published.submit("a-2", facts={"lead.kind": "government"}).status == "fail"
    young = published.submit("a-3", facts={"lead.registered_since_days": "not known"})
    assert young.status == "needs_document"
    assert young.finding is not None
    assert young.finding.evidence_asked == ("registration",)
    assert findings(published) == {"a-1": "pass", "a-2": "fail", "a-3": "needs_document"}


def test_a_challenge_without_a_rule_lets_everybody_in(round_: "Round") -> None:
    del round_.brief_content["eligibility"]
    round_.publish(EAST)
    assert round_.submit("a-1", facts={"lead.kind": "government"}).finding is None
    assert findings(round_) == {"a-1": "pass"}


@pytest.fixture
def received(published: "Round") -> "Round":
    """Three applications: one may compete, one may not, one lacks a document."""
    published.submit("a-1")
    published.submit("a-2", facts={"lead.kind": "government"})
    published.submit("a-3", facts={"lead.registered_since_days": "not known"})
    return published


def test_a_read_is_kept_once_and_another_one_stands_in_its_place(received: "Round") -> None:
    first = received.score("a-1", "j-1", GOOD)
    assert [(one.trait, one.steps) for one in first] == [("reach", 37), ("proof", 42)]
    assert received.score("a-1", "j-1", GOOD, day="2027-04-01") == first
    assert received.score("a-1", "j-1", {**GOOD, "proof": "4.3"})[1].steps == 43
    assert received.score("a-1", "j-2", {**GOOD, "proof": "4.3"})[1].steps == 43
    assert count(received, SCORE) == 6


@pytest.mark.parametrize("name", ["a-2", "a-3"])
def test_an_application_that_may_not_compete_is_not_scored(received: "Round", name: str) -> None:
    with pytest.raises(ScoreInvalid, match="may not compete"):
        received.score(name, "j-1", GOOD)
    assert count(received, SCORE) == 0


@pytest.mark.parametrize(
    "marks",
    [
        {"reach": "3.75", "proof": "4.2"},
        {"reach": "5.1", "proof": "4.2"},
        {"reach": "0.9", "proof": "4.2"},
        {"reach": "3.7"},
        {"reach": "3.7", "proof": "4.2", "charm": "5.0"},
        {"reach": "3,7", "proof": "4.2"},
        {},
    ],
)
def test_marks_off_the_grid_or_incomplete_are_refused_as_a_whole(received: "Round", marks: Marks) -> None:
    with pytest.raises(ScoreInvalid):
        received.score("a-1", "j-1", marks)
    assert count(received, SCORE) == 0


def test_scores_and_ballots_come_in_their_own_phase(received: "Round") -> None:
    for day in ("2027-02-01", "2027-03-05", "2027-04-20"):
        with pytest.raises(ChallengeClosed):
            received.score("a-1", "j-1", GOOD, day=day)
    for day in ("2027-03-10", "2027-05-13"):
        with pytest.raises(ChallengeClosed):
            received.vote("v-1", day=day, users=1)
    with pytest.raises(Missing, match="no application 'a-9'"):
        received.score("a-9", "j-1", GOOD)


def test_a_challenge_without_a_vote_takes_no_ballot(round_: "Round") -> None:
    del round_.brief_content["phases"][2]
    del round_.brief_content["prizes"][1]
    round_.publish()
    with pytest.raises(ChallengeClosed, match="no phase for this"):
        round_.vote("v-1", users=1)


def test_a_voter_casts_one_ballot(received: "Round") -> None:
    received.vote("v-1", users=2, fees=1)
    received.vote("v-1", users=2, fees=1)
    with pytest.raises(KeyReused):
        received.vote("v-1", users=2)
    received.vote("v-2", users=2)
    assert count(received, BALLOT) == 2


@pytest.mark.parametrize(
    "ballot",
    [
        Ballot(ballot_id="v-1", weights=()),
        Ballot(ballot_id="v-1", weights=(("charm", 1),)),
        Ballot(ballot_id="v-1", weights=(("users", -1),)),
        Ballot(ballot_id="v-1", weights=(("users", 1), ("users", 2))),
        Ballot(ballot_id="v-1", weights=(("users", 1),), multiplier=0),
    ],
)
def test_a_ballot_that_would_stop_the_count_is_refused_when_it_is_cast(
    received: "Round", ballot: Ballot
) -> None:
    clock = received.clock("2027-04-20")
    with pytest.raises(BallotInvalid):
        acts.cast_ballot(received.session, "main", "clean-water", ballot, clock=clock)
    assert count(received, BALLOT) == 0


class Raw:
    """Raw rows past the library."""

    def __init__(self, round_: "Round") -> None:
        self.round = round_

    def event(self) -> UUID:
        key, clock = str(uuid4()), self.round.clock("2027-04-20")
        return record_event(self.round.session, "main", "test.raw", {}, key=key, clock=clock)[0]

    def refused(self, table: Table, **row: object) -> None:
        with pytest.raises(DatabaseError), self.round.session.begin_nested():
            self.round.session.execute(insert(table).values(**row, event_id=self.event()))


def test_the_database_takes_no_read_of_an_application_that_may_not_compete(received: "Round") -> None:
    raw = Raw(received)
    received.score("a-1", "j-1", GOOD)
    known = dict(received.session.execute(select(JUDGE_READ)).mappings().one())
    known = {name: known[name] for name in known if name not in {"id", "event_id", "judge", "finding"}}
    found = select(FINDING.c.application_id, FINDING.c.status)
    for row in received.session.execute(found).all():
        read = {**known, "application_id": row.application_id, "judge": "j-2"}
        if row.status != "pass":
            raw.refused(JUDGE_READ, **read, finding="pass")
        raw.refused(JUDGE_READ, **read, finding="fail")
        raw.refused(JUDGE_READ, **read, finding="needs_document")
    raw.refused(JUDGE_READ, **{**known, "judging": "assigned"}, judge="j-2", finding="pass")
    raw.refused(JUDGE_READ, **{**known, "revision": 2}, judge="j-1", finding="pass")


def test_the_database_takes_one_mark_per_read_and_one_ballot_per_voter(received: "Round") -> None:
    raw = Raw(received)
    received.score("a-1", "j-1", GOOD)
    received.vote("v-1", users=1)
    (challenge,) = received.session.scalars(select(CHALLENGE.c.id))
    (read,) = received.session.execute(select(JUDGE_READ)).mappings()
    again = {name: value for name, value in read.items() if name not in {"id", "event_id"}}
    raw.refused(JUDGE_READ, **again)
    with pytest.raises(DatabaseError), received.session.begin_nested():
        received.session.execute(insert(SCORE).values(read_id=read["id"], trait="reach", steps=10, remark=""))
    raw.refused(BALLOT, challenge_id=challenge, judge="v-1", body=b"{}")
    raw.refused(BALLOT, challenge_id=10**9, judge="v-2", body=b"{}")


@pytest.mark.parametrize(
    "table",
    [CHALLENGE, BRIEF, APPLICATION, SUBMISSION, JUDGE_READ, SCORE, BALLOT, AWARD],
    ids=lambda table: table.name,
)
def test_no_fact_of_a_round_is_changed_or_removed(received: "Round", table: Table) -> None:
    received.score("a-1", "j-1", GOOD)
    received.vote("v-1", users=1)
    received.award(0, a_1="100.00")
    session, column = received.session, list(table.c)[-1]
    acted: list[Callable[[], object]] = [
        lambda: session.execute(update(table).values({column.name: column})),
        lambda: session.execute(delete(table)),
    ]
    for act in acted:
        with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
            act()


def test_a_challenge_published_by_many_sessions_commits_its_prizes_once(
    engine: Engine, session: Session, open_round: "Callable[[Session], Round]"
) -> None:
    round_ = open_round(session)
    session.commit()
    session.close()
    start = threading.Barrier(3)

    def publish(_: int) -> str:
        with Session(engine) as own:
            start.wait()
            code = replace(round_, session=own).publish(EAST).code
            own.commit()
            return code

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(publish, range(3))) == {"clean-water"}
    assert round_.money() == ("950175.00", "0.00", "49825.00")
    session.close()
