"""Judges mark what they were given, on both databases: again until the close, void on record."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from almoner.challenges import acts
from almoner.challenges.errors import ChallengeClosed, ConflictRecused, ScoreInvalid, ScoreUnassigned
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.reads import list_reads, list_scores
from almoner.challenges.records.tables import (
    ADVANCEMENT,
    ASSIGNED,
    CALIBRATION,
    ENTRY_OPENING,
    JUDGE,
    JUDGE_READ,
    PLAN,
    PLAN_PUBLICATION,
    READ_VOID,
    SCORE,
)
from almoner.finance.errors import Missing
from almoner.finance.posting import record_event
from almoner.finance.storage import Engine, Session

if TYPE_CHECKING:
    from tests.challenges.conftest import Judged, Round

ONE_DATABASE = pytest.mark.parametrize(
    "empty_engine", ["sqlite"], indirect=True
)  # no rule of the database in it


def standing(judged: "Judged") -> dict[tuple[str, str], list[int | None]]:
    """Steps of the reads that count, by application and judge."""
    stored = find_challenge(judged.session, "main", "clean-water")
    found: dict[tuple[str, str], list[int | None]] = {}
    for one in list_scores(judged.session, stored, "panel"):
        found.setdefault((one.application_id, one.judge_id), []).append(one.steps)
    return found


@pytest.fixture
def seated(judged: "Judged") -> "Judged":
    """Four applications and three judges, all pairs but one from the plan."""
    judged.enter("a-1", "a-2", "a-3", "a-4")
    judged.register("j-1", "j-2", "j-3")
    judged.assign()
    return judged


def pair(judged: "Judged") -> tuple[str, str]:
    return acts.find_assignment(judged.session, "main", "clean-water", "panel").pairs[0]


def event(judged: "Judged") -> UUID:
    key, clock = str(uuid4()), judged.at("2027-04-20")
    return record_event(judged.session, "main", "test.raw", {}, key=key, clock=clock)[0]


def test_nobody_scores_by_a_draft_and_everybody_by_what_was_published(judged: "Judged") -> None:
    judged.enter("a-1", "a-2", "a-3", "a-4")
    judged.register("j-1", "j-2", "j-3")
    plan = judged.plan()
    name, judge = plan.pairs[0]
    with pytest.raises(ScoreUnassigned):
        judged.score(name, judge, "3.7")
    judged.assign()
    name, judge = pair(judged)
    assert judged.score(name, judge, "3.7", "4.2")[1].steps == 42
    assert standing(judged) == {(name, judge): [42, 37]}


def test_an_entry_that_is_not_on_the_list_is_refused_in_the_same_words_as_one_that_does_not_exist(
    seated: "Judged",
) -> None:
    pairs = set(acts.find_assignment(seated.session, "main", "clean-water", "panel").pairs)
    other = next(
        (name, judge)
        for name in ("a-1", "a-2", "a-3", "a-4")
        for judge in ("j-1", "j-2", "j-3")
        if (name, judge) not in pairs
    )
    said = []
    for name in (other[0], "a-99"):
        with pytest.raises(ScoreUnassigned) as caught:
            seated.score(name, other[1], "3.7")
        said.append((caught.value.message, dict(caught.value.figures)))
        assert name not in caught.value.message
    assert said[0] == said[1]
    with pytest.raises(ScoreUnassigned):
        seated.score(other[0], "stranger", "3.7")


def test_a_judge_marks_again_until_the_close_and_every_read_stays_on_record(seated: "Judged") -> None:
    name, judge = pair(seated)
    seated.score(name, judge, "3.7")
    seated.score(name, judge, "3.7", day="2027-03-20")
    seated.score(name, judge, "2.0", day="2027-04-01")
    assert standing(seated) == {(name, judge): [20, 20]}
    stored = find_challenge(seated.session, "main", "clean-water")
    reads = list_reads(seated.session, stored, "panel")
    assert [(one.revision, one.superseded, one.scores[0].steps) for one in reads] == [
        (1, True, 37),
        (2, False, 20),
    ]
    with pytest.raises(ChallengeClosed) as caught:
        seated.score(name, judge, "5.0", day="2027-04-13")
    assert caught.value.figures["closed_at"] == "2027-04-12T14:00:00.000000Z"
    with pytest.raises(ChallengeClosed):
        seated.score(name, judge, "5.0", day="2027-03-01")


@pytest.mark.parametrize("how", ["declared", "recused"])
def test_a_conflict_that_came_up_since_refuses_the_read_and_names_no_entry(
    seated: "Judged", how: str
) -> None:
    name, judge = pair(seated)
    seated.score(name, judge, "3.7")
    if how == "declared":
        seated.tie(judge, f"hub-{name[2:]}")
    else:
        clock = seated.at("2027-03-10")
        acts.recuse(seated.session, "main", "clean-water", judge, name, reason="a friend", clock=clock)
    for act in (
        lambda: seated.score(name, judge, "5.0"),
        lambda: acts.open_entry(
            seated.session, "main", "clean-water", "panel", name, judge, clock=seated.at("2027-03-11")
        ),
    ):
        with pytest.raises(ConflictRecused) as caught:
            act()
        text = f"{caught.value.message} {caught.value.figures}"
        assert name not in text
        assert f"hub-{name[2:]}" not in text
    assert standing(seated) == {(name, judge): [37, 37]}


@ONE_DATABASE
def test_a_withdrawn_application_is_neither_opened_nor_scored(seated: "Judged") -> None:
    name, judge = pair(seated)
    clock = seated.at("2027-03-09")
    acts.withdraw(seated.session, "main", "clean-water", name, reason="moved on", clock=clock)
    with pytest.raises(ScoreInvalid, match="was withdrawn"):
        seated.score(name, judge, "3.7")
    clock = seated.at("2027-03-11")
    with pytest.raises(ScoreInvalid, match="was withdrawn"):
        acts.open_entry(seated.session, "main", "clean-water", "panel", name, judge, clock=clock)
    listed = acts.list_to_read(seated.session, "main", "clean-water", "panel", judge, clock=clock)
    assert name not in listed


@ONE_DATABASE
def test_comments_are_kept_with_their_marks_and_asked_for_where_the_rubric_asks(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    round_.brief_content["rubric"]["traits"][1]["comment_required"] = True
    judged = open_judged(round_, abstain=False)
    judged.enter("a-1", "a-2")
    judged.register("j-1", "j-2", "j-3")
    judged.assign()
    name, judge = pair(judged)
    marks: dict[str, str | None] = {"reach": "3.7", "proof": "4.2"}

    def give(comments: dict[str, str]) -> tuple[Any, ...]:
        clock = judged.at("2027-03-10")
        return acts.score(
            judged.session, "main", "clean-water", name, judge, marks, comments=comments, clock=clock
        )

    for comments in (
        {},
        {"proof": "  "},
        {"proof": "x", "charm": "y"},
        {"proof": "\0"},
        {"proof": "x" * 10_001},
    ):
        with pytest.raises(ScoreInvalid):
            give(comments)
    assert give({"proof": " Two trials. "})[1].comment == "Two trials."
    assert give({"proof": "Three trials."})[1].comment == "Three trials."
    stored = find_challenge(judged.session, "main", "clean-water")
    kept = list_scores(judged.session, stored, "panel")
    assert {one.trait: one.comment for one in kept} == {"reach": "", "proof": "Three trials."}
    marks["reach"] = None
    with pytest.raises(ScoreInvalid, match="allows no abstention"):
        give({"proof": "x"})


def test_a_void_read_stays_on_record_and_counts_for_nothing(seated: "Judged") -> None:
    name, judge = pair(seated)
    seated.score(name, judge, "3.7")

    def void(reason: str, day: str = "2027-03-15") -> None:
        acts.void_read(
            seated.session, "main", "clean-water", "panel", name, judge, reason=reason, clock=seated.at(day)
        )

    with pytest.raises(ScoreInvalid, match="for a reason"):
        void(" ")
    void("the wrong file was shown")
    assert standing(seated) == {}
    with pytest.raises(Missing, match="that counts"):
        void("again")
    seated.score(name, judge, "3.7", day="2027-03-20")
    assert standing(seated) == {(name, judge): [37, 37]}
    stored = find_challenge(seated.session, "main", "clean-water")
    reads = list_reads(seated.session, stored, "panel")
    assert [(one.void, one.stands) for one in reads] == [("the wrong file was shown", False), (None, True)]
    void("after the close", "2027-06-01")
    assert standing(seated) == {}


def test_the_database_takes_no_read_past_the_plan(seated: "Judged") -> None:
    name, judge = pair(seated)
    seated.score(name, judge, "3.7")
    draft = seated.plan(day="2027-03-11", seed=8)
    (known,) = seated.session.execute(select(JUDGE_READ)).mappings()
    row = {key: value for key, value in known.items() if key not in {"id", "event_id"}}
    fresh = {**row, "revision": 2, "supersedes_id": known["id"]}
    judges = {one.party: one.id for one in seated.session.execute(select(JUDGE))}
    plans = {one.number: one.id for one in seated.session.execute(select(PLAN))}
    other = next(one for one in judges if (name, one) not in set(draft.pairs) and one != judge)
    attacks: dict[str, dict[str, object]] = {
        "a second first read": row,
        "no seat": {**fresh, "plan_id": None, "judge_id": None},
        "as if it were open to all": {**fresh, "judging": "open", "plan_id": None, "judge_id": None},
        "by a draft": {**fresh, "plan_id": plans[draft.number]},
        "by somebody without a seat": {**row, "judge": other, "judge_id": judges[other]},
        "under another's name": {**fresh, "judge": other},
        "in place of nothing": {**fresh, "supersedes_id": None},
        "out of turn": {**fresh, "revision": 3},
        "in another phase in place of this": {**fresh, "phase": "vote"},
        "without a finding": {**fresh, "finding_number": 9},
    }
    for what, values in attacks.items():
        refused = insert(JUDGE_READ).values(**values, event_id=event(seated))
        with pytest.raises(DatabaseError), seated.session.begin_nested():
            seated.session.execute(refused, execution_options={"attack": what})
    acts.recuse(
        seated.session, "main", "clean-water", judge, name, reason="a friend", clock=seated.at("2027-03-12")
    )
    with pytest.raises(DatabaseError, match="recused"), seated.session.begin_nested():
        seated.session.execute(insert(JUDGE_READ).values(**fresh, event_id=event(seated)))


def test_the_database_takes_no_opening_past_the_plan_and_no_read_after_the_freeze(seated: "Judged") -> None:
    plan = acts.find_assignment(seated.session, "main", "clean-water", "panel")
    seated.mark_all(plan)
    draft = seated.plan(day="2027-03-11", seed=8)
    session = seated.session
    plans = {one.number: one.id for one in session.execute(select(PLAN))}
    seat = session.execute(select(ASSIGNED).where(ASSIGNED.c.plan_id == plans[draft.number])).first()
    assert seat is not None
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(
            insert(ENTRY_OPENING).values(
                plan_id=seat.plan_id,
                application_id=seat.application_id,
                judge_id=seat.judge_id,
                opened_at=datetime(2027, 3, 11, tzinfo=UTC),
                event_id=event(seated),
            )
        )
    seated.freeze()
    known = session.execute(select(JUDGE_READ).limit(1)).mappings().one()
    row = {key: value for key, value in known.items() if key not in {"id", "event_id"}}
    again = {**row, "revision": 2, "supersedes_id": known["id"]}
    with pytest.raises(DatabaseError, match="frozen"), session.begin_nested():
        session.execute(insert(JUDGE_READ).values(**again, event_id=event(seated)))
    with pytest.raises(ChallengeClosed, match="frozen"):
        seated.score(*plan.pairs[0], "1.0")


FACTS = (
    PLAN,
    ASSIGNED,
    PLAN_PUBLICATION,
    ENTRY_OPENING,
    JUDGE_READ,
    SCORE,
    READ_VOID,
    CALIBRATION,
    ADVANCEMENT,
)


def test_no_fact_of_judging_is_changed_or_removed(seated: "Judged") -> None:
    plan = acts.find_assignment(seated.session, "main", "clean-water", "panel")
    name, judge = plan.pairs[0]
    clock = seated.at("2027-03-10")
    acts.open_entry(seated.session, "main", "clean-water", "panel", name, judge, clock=clock)
    seated.mark_all(plan)
    acts.void_read(
        seated.session, "main", "clean-water", "panel", name, judge, reason="wrong file", clock=clock
    )
    seated.freeze()
    acts.publish_band(seated.session, "main", "clean-water", "panel", clock=seated.at("2027-04-13"))
    session = seated.session
    for table in FACTS:
        column = list(table.c)[-1]
        assert session.execute(select(table)).first() is not None
        for act in (update(table).values({column.name: column}), delete(table)):
            with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
                session.execute(act)


def test_two_reads_of_one_judge_at_the_same_time_are_kept_one_after_the_other(
    engine: Engine,
    session: Session,
    open_round: "Callable[[Session], Round]",
    open_judged: "Callable[..., Judged]",
) -> None:
    judged = open_judged(open_round(session))
    judged.enter("a-1", "a-2")
    judged.register("j-1", "j-2")
    judged.assign()
    session.commit()
    name, judge = pair(judged)
    session.close()
    start = threading.Barrier(4)

    def mark(n: int) -> None:
        with Session(engine) as own:
            start.wait()
            replace(judged, round=replace(judged.round, session=own)).score(name, judge, f"{n + 1}.0")
            own.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(mark, range(4)))
    stored = find_challenge(session, "main", "clean-water")
    reads = list_reads(session, stored, "panel")
    assert [one.revision for one in reads] == [1, 2, 3, 4]
    assert [one.stands for one in reads] == [False, False, False, True]
    assert {one.scores[0].steps for one in reads} == {10, 20, 30, 40}
    session.close()
