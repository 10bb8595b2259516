"""Applications on both databases: drafts merge, accords bind, the last submission in time counts."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Table, func, insert, select
from sqlalchemy.exc import DatabaseError

from almoner.challenges import Application, Draft, acts
from almoner.challenges.drafts import KEEP_BASES
from almoner.challenges.errors import (
    AnswersInvalid,
    ApplicationIncomplete,
    ApplicationStale,
    ChallengeClosed,
    ChallengeRefused,
)
from almoner.challenges.lifecycle import Receipt, Submission
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.drafts import find_draft, list_revisions
from almoner.challenges.records.submissions import find_submission, list_submissions
from almoner.challenges.records.tables import (
    ACCORD,
    AWARD,
    CHALLENGE_MOVE,
    DRAFT,
    FINDING,
    SUBMISSION,
    WITHDRAWAL,
)
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import KeyReused, Missing, SamePerson
from almoner.finance.posting import record_event
from almoner.finance.storage import Engine, Session

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

CODE = "clean-water"
CLOSES = datetime.fromisoformat("2027-03-01T14:00+00:00")
Publish = Callable[..., "Round"]


def at(instant: datetime) -> Clock:
    return fixed_clock(instant)


@pytest.fixture
def opened(round_: "Round") -> Publish:
    """Publish the round's brief with some fields of it, or of its first phase, changed."""

    def publish(
        phase: Mapping[str, object] | None = None, later: Sequence[object] = (), **change: object
    ) -> "Round":
        round_.brief_content = {**round_.brief_content, **change}
        round_.brief_content["phases"][3:3] = later
        round_.brief_content["phases"][0] |= phase or {}
        round_.publish({"region": "east"})
        return round_

    return publish


def send(round_: "Round", when: datetime, *, key: str | None = None, **change: object) -> Submission:
    application = round_.application("a-1", **change)
    return acts.submit(round_.session, "main", application, clock=at(when), key=key)


def receipt(made: Submission) -> Receipt:
    assert made.receipt is not None
    return made.receipt


def bodies(round_: "Round") -> list[str]:
    stored = find_challenge(round_.session, "main", CODE)
    return [one.application.title for one in list_submissions(round_.session, stored)]


EARLY = datetime.fromisoformat("2027-01-20T12:00+00:00")


def test_the_last_complete_submission_before_the_close_counts(opened: Publish) -> None:
    round_ = opened()
    first = send(round_, EARLY)
    second = send(round_, EARLY + timedelta(days=1), title="Deep wells")
    third = send(round_, CLOSES - timedelta(microseconds=1))
    assert [receipt(one).number for one in (first, second, third)] == [1, 2, 3]
    assert receipt(first).code.startswith("clean-water#a-1#1#")
    assert receipt(first).sha256 == receipt(third).sha256 != receipt(second).sha256
    assert bodies(round_) == ["Wells that keep working"]
    with pytest.raises(ChallengeClosed):
        send(round_, CLOSES, title="Too late")
    assert round_.session.scalar(select(func.count()).select_from(SUBMISSION)) == 3
    numbers = round_.session.scalars(select(FINDING.c.number).order_by(FINDING.c.number)).all()
    assert list(numbers) == [1, 2, 3]


def test_a_retry_is_never_late(opened: Publish) -> None:
    round_ = opened()
    first = send(round_, EARLY, key="k-1")
    assert send(round_, CLOSES + timedelta(days=9), key="k-1") == first
    assert send(round_, CLOSES + timedelta(days=9)) == first
    with pytest.raises(KeyReused):
        send(round_, CLOSES + timedelta(days=9), key="k-1", title="Another")
    with pytest.raises(ChallengeClosed):
        send(round_, CLOSES + timedelta(days=9), key="k-2", title="Another")
    other = send(round_, EARLY, key="k-3", title="Another")
    assert send(round_, CLOSES, key="k-1") == first
    assert (receipt(other).number, bodies(round_)) == (2, ["Another"])


def test_the_seconds_of_grace_take_a_late_one_and_say_so(opened: Publish) -> None:
    round_ = opened(phase={"grace_seconds": 60})
    in_time = send(round_, CLOSES - timedelta(seconds=1))
    late = send(round_, CLOSES, title="Late")
    assert (receipt(in_time).late, receipt(late).late) == (False, True)
    assert receipt(send(round_, CLOSES + timedelta(seconds=59), title="Later")).late
    with pytest.raises(ChallengeClosed):
        send(round_, CLOSES + timedelta(seconds=60), title="Too late")


def test_answers_are_checked_against_the_form_of_the_phase(opened: Publish) -> None:
    form = {
        "id": "application/2",
        "schema": {
            "type": "object",
            "properties": {"why": {"type": "string", "x-max-words": 5}, "days": {"type": "integer"}},
            "required": ["why", "days"],
        },
    }
    round_ = opened(forms=[form], phase={"form": "application/2"})
    with pytest.raises(AnswersInvalid) as refused:
        send(round_, EARLY, answers={"why": "one two three four five six", "days": 3})
    assert "6 words" in str(refused.value)
    with pytest.raises(AnswersInvalid):
        send(round_, EARLY, answers={"why": "short"})
    assert send(round_, EARLY, answers={"why": "short", "days": 3}).status == "pass"


@pytest.fixture
def bound(opened: Publish) -> "Round":
    return opened(disclosure_policy={"accords": "required"})


def accepted(round_: "Round", party: str, signer: str, **change: object) -> str:
    application = round_.application("a-1", **change)
    return acts.accept(round_.session, "main", application, party, signer=signer, clock=at(EARLY))


def test_every_actor_accepts_in_person_and_again_after_a_change(bound: "Round") -> None:
    accepted(bound, "river-trust", "ada")
    with pytest.raises(ApplicationIncomplete) as refused:
        send(bound, EARLY)
    assert refused.value.figures["missing"] == [
        {"party": "pump-makers", "field": "accord", "path": "/bundle"}
    ]
    digest = accepted(bound, "pump-makers", "bo")
    assert accepted(bound, "pump-makers", "bo") == digest
    assert bound.session.scalar(select(func.count()).select_from(ACCORD)) == 2
    assert send(bound, EARLY, title="Another title").status == "pass"
    with pytest.raises(ApplicationIncomplete) as voided:
        send(bound, EARLY, minimum="500.00")
    missing = voided.value.figures["missing"]
    assert isinstance(missing, list)
    assert [row["party"] for row in missing if isinstance(row, dict)] == ["river-trust", "pump-makers"]


def test_one_person_accepts_for_one_actor_of_the_bundle(bound: "Round") -> None:
    accepted(bound, "river-trust", "ada")
    with pytest.raises(SamePerson):
        accepted(bound, "pump-makers", "ada")
    with pytest.raises(ApplicationIncomplete):
        accepted(bound, "somebody", "bo")
    with pytest.raises(ApplicationIncomplete, match="disclosure is missing"):
        accepted(bound, "pump-makers", "bo", disclosures=[])
    assert bound.session.scalar(select(func.count()).select_from(ACCORD)) == 1


def test_without_the_demand_no_accord_is_asked_and_a_statement_still_is(opened: Publish) -> None:
    round_ = opened()
    with pytest.raises(ApplicationIncomplete):
        send(round_, EARLY, disclosures=[])
    assert receipt(send(round_, EARLY)).number == 1


def test_the_lead_of_an_application_stays(opened: Publish) -> None:
    round_ = opened()
    send(round_, EARLY)
    with pytest.raises(ChallengeRefused, match="the lead stays"):
        send(round_, EARLY, lead="pump-makers")


def test_a_challenge_that_was_called_off_takes_nothing(opened: Publish) -> None:
    round_ = opened()
    event_id, _ = record_event(round_.session, "main", "test.raw", {}, key="off", clock=at(EARLY))
    stored = find_challenge(round_.session, "main", CODE)
    round_.session.execute(
        insert(CHALLENGE_MOVE).values(
            challenge_id=stored.id, state="cancelled", reason="No money.", event_id=event_id
        )
    )
    with pytest.raises(ChallengeRefused, match="called off"):
        send(round_, EARLY)


def take_back(round_: "Round", when: datetime = EARLY) -> Submission:
    return acts.withdraw(round_.session, "main", CODE, "a-1", reason="Merged.", clock=at(when))


def test_a_withdrawn_application_stays_on_record_and_out_of_the_lists(opened: Publish) -> None:
    round_ = opened()
    with pytest.raises(Missing):
        take_back(round_)
    send(round_, EARLY, key="k-1")
    assert take_back(round_, CLOSES + timedelta(days=3)).withdrawn
    assert take_back(round_, CLOSES + timedelta(days=4)).withdrawn
    assert bodies(round_) == []
    stored = find_challenge(round_.session, "main", CODE)
    kept = list_submissions(round_.session, stored, withdrawn=True)
    assert [(one.application.application_id, one.withdrawn) for one in kept] == [("a-1", True)]
    with pytest.raises(ChallengeRefused, match="was withdrawn"):
        send(round_, EARLY, title="Back again")
    with pytest.raises(ChallengeRefused, match="was withdrawn"):
        send(round_, EARLY)


def raw_refused(round_: "Round", table: Table, **row: object) -> None:
    key = f"{table.name}{row}"
    event_id, _ = record_event(round_.session, "main", "test.raw", {}, key=key, clock=at(EARLY))
    with pytest.raises(DatabaseError), round_.session.begin_nested():
        round_.session.execute(insert(table).values(**row, event_id=event_id))


def test_the_database_refuses_a_submission_after_the_withdrawal_and_a_count_twice(opened: Publish) -> None:
    round_ = opened()
    send(round_, EARLY)
    row = dict(round_.session.execute(select(SUBMISSION)).mappings().one())
    del row["event_id"]
    raw_refused(round_, SUBMISSION, **row)
    found = dict(round_.session.execute(select(FINDING)).mappings().one())
    del found["event_id"]
    raw_refused(round_, FINDING, **found)
    raw_refused(round_, FINDING, **{**found, "status": "fail"})
    raw_refused(round_, SUBMISSION, **{**row, "number": 2, "version": 9})
    take_back(round_)
    raw_refused(round_, SUBMISSION, **{**row, "number": 2})
    raw_refused(round_, WITHDRAWAL, application_id=row["application_id"], reason="twice")


def test_an_award_is_declined_not_withdrawn(opened: Publish) -> None:
    round_ = opened()
    send(round_, EARLY)
    found = round_.session.execute(select(FINDING)).one()
    stored = find_challenge(round_.session, "main", CODE)
    event_id, _ = record_event(round_.session, "main", "test.raw", {}, key="award", clock=at(EARLY))
    columns = {
        "application_id": found.application_id, "challenge_id": stored.id, "finding_number": found.number,
        "finding": "pass", "prize": 0, "part": "whole", "number": 1, "amount": 1, "unit": "USD",
        "rule": "places", "reason": "Said so.", "maker": "desk", "event_id": event_id,
    }  # fmt: skip  # a row
    round_.session.execute(insert(AWARD).values(**columns))
    with pytest.raises(ChallengeRefused, match="declined"):
        take_back(round_)


def save(round_: "Round", editor: str, based_on: int | None, seconds: float = 0, **content: object) -> Draft:
    clock = at(EARLY + timedelta(seconds=seconds))
    return acts.save_draft(
        round_.session, "main", CODE, "a-1", content, editor=editor, based_on=based_on, clock=clock
    )


def test_two_editors_merge_or_are_told_both_values(opened: Publish) -> None:
    round_ = opened()
    first = save(round_, "ada", None, title="Wells")
    assert (first.revision, save(round_, "ada", 1, title="Wells")) == (1, first)
    save(round_, "ada", 1, title="Deep wells")
    merged = save(round_, "bo", 1, title="Wells", ask="9.00")
    assert (merged.revision, merged.content) == (3, {"title": "Deep wells", "ask": "9.00"})
    with pytest.raises(ApplicationStale) as stale:
        save(round_, "cy", 1, title="Twelve wells")
    assert stale.value.figures["conflicts"] == [
        {"path": "/title", "theirs": '"Deep wells"', "mine": '"Twelve wells"'}
    ]
    with pytest.raises(ApplicationStale):
        save(round_, "cy", None, title="Mine")
    assert round_.session.scalar(select(func.count()).select_from(DRAFT)) == 3


def test_autosaves_coalesce_and_an_old_base_is_refused(opened: Publish) -> None:
    round_ = opened()
    for n in range(5):
        save(round_, "ada", n or None, seconds=10 * n, title=f"Wells {n}")
    stored = find_challenge(round_.session, "main", CODE)
    assert len(list_revisions(round_.session, stored, "a-1")) == 5
    later = KEEP_BASES.total_seconds() + 100
    save(round_, "bo", 5, seconds=later, title="Wells 4", ask="1.00")
    kept = [row[0] for row in list_revisions(round_.session, stored, "a-1")]
    assert kept == [3, 5, 6]
    with pytest.raises(ApplicationStale, match="no longer kept"):
        save(round_, "cy", 2, seconds=later, title="Wells 1", minimum="1.00")


def test_an_application_says_the_same_from_its_receipt(opened: Publish) -> None:
    round_ = opened()
    made = send(round_, EARLY)
    stored = find_challenge(round_.session, "main", CODE)
    (read,) = list_submissions(round_.session, stored)
    assert read == made
    assert Application.read(json.dumps(json.loads(read.application.canonical_bytes()))) == made.application
    assert replace(read, withdrawn=True) != made


def test_a_later_phase_has_its_own_form_and_keeps_the_earlier_answers(opened: Publish) -> None:
    asked = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    planned = {"type": "object", "properties": {"plan": {"type": "string"}}, "required": ["plan"]}
    development = {
        "id": "develop",
        "kind": "development",
        "form": "plan/1",
        "opens_at": "2027-05-23T17:00+03:00",
        "closes_at": "2027-05-30T17:00+03:00",
    }
    round_ = opened(
        forms=[{"id": "idea/1", "schema": asked}, {"id": "plan/1", "schema": planned}],
        phase={"form": "idea/1"},
        later=[development],
    )
    send(round_, EARLY, answers={"why": "Pumps break."})
    later = datetime.fromisoformat("2027-05-25T12:00+00:00")
    with pytest.raises(AnswersInvalid):
        send(round_, later, answers={"why": "Pumps break."})
    send(round_, later, answers={"plan": "Twelve wells."})
    with pytest.raises(ChallengeRefused, match="came in before"):
        acts.submit(round_.session, "main", round_.application("a-2", answers={"plan": "x"}), clock=at(later))
    stored = find_challenge(round_.session, "main", CODE)
    answers = {}
    for phase in ("apply", "develop", None):
        found = find_submission(round_.session, stored, "a-1", phase)
        assert found is not None
        answers[phase] = dict(found.application.answers)
    assert answers["apply"] == {"why": "Pumps break."}
    assert answers["develop"] == answers[None] == {"plan": "Twelve wells."}


def test_many_sessions_hand_in_and_save_at_once_and_none_is_lost(
    engine: Engine, session: Session, open_round: "Callable[[Session], Round]"
) -> None:
    round_ = open_round(session)
    round_.publish({"region": "east"})
    session.commit()
    session.close()
    start = threading.Barrier(4)

    def hand_in(n: int) -> tuple[int, int]:
        with Session(engine) as own:
            mine = replace(round_, session=own)
            start.wait()
            made = send(mine, EARLY + timedelta(seconds=n), title=f"Wells {n}")
            saved = save(mine, f"editor-{n}", None, seconds=n, **{f"field-{n}": n})
            own.commit()
            return receipt(made).number, saved.revision

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(hand_in, range(4)))
    assert sorted(number for number, _ in numbers) == [1, 2, 3, 4]
    assert sorted(revision for _, revision in numbers) == [1, 2, 3, 4]
    with Session(engine) as own:
        last = find_draft(own, find_challenge(own, "main", CODE), "a-1")
        assert last is not None
        assert last.content == {f"field-{n}": n for n in range(4)}
