"""Admission on both databases: papers, notices, the clock, and waivers by two people."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from almoner.challenges import FactStatement, Finding, Waiver, acts
from almoner.challenges.errors import ApplicationIncomplete, ChallengeRefused, CureOver, ScoreInvalid
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.submissions import list_submissions
from almoner.challenges.records.tables import APPLICANT_FACT, CLAUSE_WAIVER, FINDING, NOTICE
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import Missing, SamePerson
from almoner.finance.posting import record_event

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

CODE, AGE = "clean-water", "lead.registered_since_days"
DAY = datetime.fromisoformat("2027-01-20T12:00+00:00")
PAPER = FactStatement(value=900, source="confirmed", evidence="registration")
WAIVED = Waiver(clause="2.1", effect="lateness", reason="Registry closed.", maker="chair", checker="auditor")


@pytest.fixture
def asked(round_: "Round") -> "Round":
    """One application, in a challenge that wants its papers seen."""
    round_.brief_content["disclosure_policy"] = {"facts": "confirmed"}
    round_.brief_content["eligibility"]["all"][0]["waivable_by"] = ["chair"]
    round_.publish({"region": "east"})
    assert round_.submit("a-1").status == "needs_document"
    return round_


def supply(
    round_: "Round", days: float, statement: FactStatement = PAPER, by: str = "desk"
) -> acts.SuppliedFact:
    clock = fixed_clock(DAY + timedelta(days=days))
    return acts.supply_fact(
        round_.session,
        "main",
        CODE,
        "a-1",
        AGE,
        statement,
        stated_by=by,
        clock=clock,
        evidence_sha256="ab" * 32,
    )


def notify(round_: "Round", days: float) -> Finding | None:
    return acts.notify(round_.session, "main", CODE, "a-1", clock=fixed_clock(DAY + timedelta(days=days)))


def again(round_: "Round", days: float) -> Finding:
    found = acts.find_again(
        round_.session, "main", CODE, "a-1", clock=fixed_clock(DAY + timedelta(days=days))
    )
    assert found is not None
    return found


def waive(round_: "Round", waiver: Waiver = WAIVED, days: float = 30) -> Finding | None:
    clock = fixed_clock(DAY + timedelta(days=days))
    return acts.waive(round_.session, "main", CODE, "a-1", waiver, clock=clock)


def statuses(round_: "Round") -> list[str]:
    return list(round_.session.scalars(select(FINDING.c.status).order_by(FINDING.c.number)))


def test_a_declaration_waits_for_its_paper_and_the_paper_lets_it_in(asked: "Round") -> None:
    with pytest.raises(ScoreInvalid):
        asked.score("a-1", "j-1", {"reach": "3.7", "proof": "4.2"})
    first = supply(asked, 2)
    assert (first.refusal, first.require_in_time()) == (None, first.finding)
    assert first.finding is not None
    assert first.finding.status == "pass"
    assert supply(asked, 3) == first
    assert statuses(asked) == ["needs_document", "pass"]
    assert asked.session.scalar(select(func.count()).select_from(APPLICANT_FACT)) == 1
    stored = find_challenge(asked.session, "main", CODE)
    (read,) = list_submissions(asked.session, stored)
    assert read.finding == first.finding
    asked.score("a-1", "j-1", {"reach": "3.7", "proof": "4.2"})


def test_the_time_to_cure_starts_when_the_notice_arrives_and_ends_by_the_clock(asked: "Round") -> None:
    assert again(asked, 100).status == "needs_document"
    told = notify(asked, 100)
    assert told is not None
    assert told.leaves[0].cure_by == DAY + timedelta(days=110)
    notify(asked, 105)
    assert again(asked, 110 - 1 / 86_400).status == "needs_document"
    late = again(asked, 110)
    assert (late.status, late.leaves[0].why) == ("fail", "not_cured")
    assert again(asked, 120) == late
    assert statuses(asked) == ["needs_document", "needs_document", "fail"]


def test_late_evidence_is_kept_and_counts_only_with_a_waiver(asked: "Round") -> None:
    notify(asked, 0)
    late = supply(asked, 10)
    assert late.finding is not None
    assert late.finding.status == "fail"
    with pytest.raises(CureOver, match=r"counts only if clause 2\.1 is waived") as refused:
        late.require_in_time()
    assert refused.value.figures["cure_by"] == "2027-01-30T12:00:00.000000Z"
    row = asked.session.execute(select(APPLICANT_FACT)).one()
    assert (row.state, row.stated_by, row.value) == ("late", "desk", "900")
    again_late = supply(asked, 11)
    assert again_late.refusal is not None
    found = waive(asked)
    assert found is not None
    assert found.status == "pass"
    assert statuses(asked)[-1] == "pass"
    assert waive(asked) == found
    assert asked.session.scalar(select(func.count()).select_from(CLAUSE_WAIVER)) == 1


def test_a_waiver_of_lateness_without_evidence_opens_the_question_again(asked: "Round") -> None:
    notify(asked, 0)
    assert again(asked, 10).status == "fail"
    found = waive(asked)
    assert found is not None
    assert found.status == "needs_document"
    assert supply(asked, 31).refusal is None
    assert statuses(asked)[-1] == "pass"


def test_a_waived_clause_passes_without_its_paper(asked: "Round") -> None:
    whole = Waiver(clause="2.1", effect="clause", reason="Registry burnt.", maker="chair", checker="auditor")
    found = waive(asked, whole)
    assert found is not None
    assert (found.status, found.leaves[0].why) == ("pass", "waived")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"checker": "chair"}, SamePerson),
        ({"checker": "river-trust"}, SamePerson),
        ({"maker": "desk"}, ChallengeRefused),
        ({"clause": "2.3"}, ChallengeRefused),
        ({"clause": "9"}, ChallengeRefused),
        ({"reason": " "}, ChallengeRefused),
    ],
)
def test_a_waiver_needs_a_named_person_a_reason_and_a_second_person(
    asked: "Round", change: Mapping[str, str], refusal: type[Exception]
) -> None:
    fields = {"clause": "2.1", "reason": "Registry closed.", "maker": "chair", "checker": "auditor"}
    waiver = Waiver(effect="clause", **{**fields, **change})
    with pytest.raises(refusal):
        waive(asked, waiver)
    assert statuses(asked) == ["needs_document"]


def test_nobody_of_the_bundle_confirms_its_own_paper(asked: "Round") -> None:
    with pytest.raises(SamePerson):
        supply(asked, 1, by="pump-makers")
    with pytest.raises(ApplicationIncomplete, match="of which kind"):
        supply(asked, 1, FactStatement(value=900, source="confirmed"))
    with pytest.raises(TypeError):
        FactStatement(value=1.5, source="declared")  # type: ignore[arg-type]  # the refusal is what is tested
    assert statuses(asked) == ["needs_document"]


def test_a_record_of_ours_against_a_declaration_shows_both(asked: "Round") -> None:
    found = supply(asked, 1, FactStatement(value=12, source="recorded")).finding
    assert found is not None
    assert (found.status, found.leaves[0].why) == ("needs_document", "contradiction")
    assert "declared as 900 and recorded as 12" in found.leaves[0].reason
    settled = supply(asked, 2, FactStatement(value=12, source="confirmed", evidence="registration")).finding
    assert settled is not None
    assert settled.status == "fail"


def test_a_paper_that_runs_out_opens_the_question_with_a_time_of_its_own(asked: "Round") -> None:
    notify(asked, 0)
    paper = FactStatement(value=900, source="confirmed", evidence="registration", expires_on=date(2027, 6, 1))
    assert supply(asked, 5, paper).refusal is None
    assert again(asked, 20).status == "pass"
    run_out = again(asked, 200)
    assert (run_out.status, run_out.leaves[0].why, run_out.leaves[0].cure_by) == (
        "needs_document",
        "expired",
        None,
    )
    notify(asked, 200)
    assert supply(asked, 209).refusal is None
    assert again(asked, 400).status == "pass"


def test_the_round_of_cures_fails_those_whose_time_is_over(asked: "Round") -> None:
    asked.submit("a-2")
    notify(asked, 0)
    clock = fixed_clock(DAY + timedelta(days=12))
    assert acts.cure(asked.session, "main", CODE, clock=clock) == {"a-1": "fail"}
    assert acts.cure(asked.session, "main", CODE, clock=clock) == {}


def test_a_notice_cannot_arrive_before_its_finding_or_after_now(asked: "Round") -> None:
    for days in (-1, 3):
        with pytest.raises(ChallengeRefused, match="cannot have arrived"):
            acts.notify(
                asked.session,
                "main",
                CODE,
                "a-1",
                clock=fixed_clock(DAY + timedelta(days=2)),
                delivered_at=DAY + timedelta(days=days),
            )
    with pytest.raises(Missing):
        acts.notify(asked.session, "main", CODE, "a-9", clock=fixed_clock(DAY))
    assert asked.session.scalar(select(func.count()).select_from(NOTICE)) == 0


def test_nothing_is_found_of_a_withdrawn_application(asked: "Round") -> None:
    acts.withdraw(asked.session, "main", CODE, "a-1", reason="", clock=fixed_clock(DAY))
    with pytest.raises(ChallengeRefused, match="was withdrawn"):
        supply(asked, 1)
    with pytest.raises(ChallengeRefused, match="was withdrawn"):
        waive(asked)


def test_what_the_application_and_the_register_show_is_recorded(round_: "Round") -> None:
    round_.brief_content["eligibility"] = {
        "all": [
            {"fact": "application.actors", "op": ">=", "value": 2, "clause": "1"},
            {"fact": "application.ask", "op": "<=", "value": 1000, "clause": "2"},
            {"fact": "bundle.in_register", "op": "=", "value": True, "clause": "3"},
            {"fact": "lead.awards", "op": "=", "value": 0, "clause": "4"},
        ]
    }
    round_.publish({"region": "east"})
    assert round_.submit("a-1").status == "pass"
    cheat = round_.submit("a-2", facts={"application.actors": 7})
    assert cheat.finding is not None
    assert cheat.finding.leaves[0].why == "contradiction"


def refused(round_: "Round", table: Table, **row: object) -> None:
    key = f"{table.name}{row}"
    event_id, _ = record_event(round_.session, "main", "test.raw", {}, key=key, clock=fixed_clock(DAY))
    with pytest.raises(DatabaseError), round_.session.begin_nested():
        round_.session.execute(insert(table).values(**row, event_id=event_id))


def test_the_database_takes_no_waiver_by_one_person_and_no_fact_twice(asked: "Round") -> None:
    supply(asked, 1)
    fact = dict(asked.session.execute(select(APPLICANT_FACT)).mappings().one())
    del fact["event_id"]
    refused(asked, APPLICANT_FACT, **fact)
    refused(asked, APPLICANT_FACT, **{**fact, "seq": 2, "source": "guessed"})
    refused(asked, APPLICANT_FACT, **{**fact, "seq": 2, "stated_by": ""})
    waiver = {"application_id": fact["application_id"], "clause": "2.1", "effect": "clause", "reason": "x"}
    refused(asked, CLAUSE_WAIVER, **waiver, maker="chair", checker="chair")
    refused(asked, CLAUSE_WAIVER, **{**waiver, "reason": ""}, maker="chair", checker="auditor")
    refused(asked, CLAUSE_WAIVER, **{**waiver, "effect": "all"}, maker="chair", checker="auditor")


@pytest.mark.parametrize("table", [APPLICANT_FACT, CLAUSE_WAIVER, FINDING, NOTICE])
def test_nothing_of_an_admission_is_written_over(asked: "Round", table: Table) -> None:
    notify(asked, 0)
    supply(asked, 11)
    waive(asked)
    column = next(iter(table.c))
    for change in (update(table).values({column: column}), delete(table)):
        with pytest.raises(DatabaseError), asked.session.begin_nested():
            asked.session.execute(change)
