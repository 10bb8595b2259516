from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from almoner.contracts import acts
from almoner.contracts.questions import ClaimQuestion
from almoner.finance.errors import EvidenceMissing, KeyReused, Missing, NotAllowed, QuestionRefused

if TYPE_CHECKING:
    from .conftest import Desk


def ask(desk: "Desk", by: str = "count-lab", claim: str = "c1", **said: object) -> ClaimQuestion:
    told: dict[str, Any] = {"words": "Who counted in March?", "key": "q1", "clock": desk.clock, **said}
    return acts.ask(desk.session, "main", "pact", claim, by, **told)


def answer(desk: "Desk", by: str = "night-shelter", *, evidence: tuple[str, ...] = ()) -> ClaimQuestion:
    words = "The night staff, page 12."
    return acts.answer(
        desk.session, "main", "pact", "c1", "q1", by, words=words, clock=desk.clock, evidence=evidence
    )


@pytest.fixture
def claimed(desk: "Desk") -> "Desk":
    """An active agreement with a claim nobody has found anything about."""
    timed = desk.given(disputes={"days": 30})
    timed.start()
    timed.claim("c1", "412")
    return timed


def test_a_question_and_its_answer_stand_beside_the_claim_and_move_nothing(claimed: "Desk") -> None:
    before = claimed.money()
    line = ("nights", "term", ())
    asked = ask(claimed, lines=[line, line], answer_by=date(2026, 1, 20))
    assert (asked.lines, asked.answer_by, asked.answer) == ((line,), date(2026, 1, 20), None)
    assert ask(claimed, lines=[line], answer_by=date(2026, 1, 20)) == asked
    with pytest.raises(KeyReused, match="q1"):
        ask(claimed, words="Who else?")
    with pytest.raises(EvidenceMissing, match="not on record"):
        answer(claimed, evidence=("b7" * 32,))
    digest = claimed.attach(
        acts.claim_status(claimed.session, "main", "pact", "c1", clock=claimed.clock).claim
    )
    told = answer(claimed, evidence=(digest.upper(),))
    assert told.answer is not None
    assert (told.answer.answered_by, told.answer.evidence) == ("night-shelter", (digest,))
    assert answer(claimed, evidence=(digest,)) == told
    with pytest.raises(QuestionRefused, match="what was said stands"):
        answer(claimed)
    assert (claimed.money(), claimed.status("c1")) == (before, "claimed")


def test_those_who_verify_ask_and_the_claimant_answers(claimed: "Desk") -> None:
    for party in ("harbour-city", "night-shelter", "arbiter", "quiet-owl"):
        with pytest.raises(NotAllowed, match=f"{party} cannot ask"):
            ask(claimed, party)
    ask(claimed, "second-lab")
    with pytest.raises(NotAllowed, match="night-shelter made the claim"):
        answer(claimed, "count-lab")
    with pytest.raises(Missing, match="q2"):
        acts.answer(
            claimed.session, "main", "pact", "c1", "q2", "night-shelter", words="What?", clock=claimed.clock
        )


def test_only_what_was_claimed_and_is_not_decided_is_asked_about(claimed: "Desk") -> None:
    with pytest.raises(QuestionRefused, match="it says nothing about nights first"):
        ask(claimed, lines=[("nights", "first", ())])
    with pytest.raises(QuestionRefused, match="Name a day still to come"):
        ask(claimed, answer_by=date(2026, 1, 14))
    claimed.find("c2", "100")
    with pytest.raises(QuestionRefused, match="it is decided"):
        ask(claimed, claim="c2")
    why: dict[str, Any] = {"by": "city", "grounds": "data_error", "statement": "Counted twice.", "key": "d1"}
    acts.dispute(claimed.session, "main", "pact", "c2", clock=claimed.clock, **why)
    assert ask(claimed, "arbiter", "c2").asked_by == "arbiter"


ATTACKS = {
    "a question erased": "DELETE FROM claim_question",
    "a question changed": "UPDATE claim_question SET answer_by = NULL",
    "an answer erased": "DELETE FROM claim_answer",
    "an answer changed": "UPDATE claim_answer SET body = (SELECT body FROM claim_question)",
    "a question by who is paid": (
        "INSERT INTO claim_question (claim_id, agreement_id, code, asked_by, duty, body, event_id) "
        "SELECT claim_id, agreement_id, 'q9', (SELECT id FROM party WHERE code = 'night-shelter'), duty, "
        "body, (SELECT event_id FROM claim) FROM claim_question WHERE code = 'q1'"
    ),
    "an answer by another party": (
        "INSERT INTO claim_answer (question_id, claim_id, answered_by, body, event_id) SELECT id, claim_id, "
        "asked_by, body, (SELECT event_id FROM claim) FROM claim_question WHERE code = 'q2'"
    ),
}


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_the_database_refuses_what_no_act_does(claimed: "Desk", attack: str) -> None:
    ask(claimed)
    ask(claimed, key="q2")
    answer(claimed)
    claimed.session.flush()
    with pytest.raises(DatabaseError), claimed.session.begin_nested():
        claimed.session.execute(text(ATTACKS[attack]))
