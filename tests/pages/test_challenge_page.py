"""A challenge for everybody: goal, rules, awards, how far applications came, and whether one may apply."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.doors.people import Asker
from tests.doors.rounds import HERE, mark_all, open_round, seat
from tests.journeys.serving import Hand
from tests.pages.visiting import Visitor, read

from almoner.api.routes.brief_examples import BRIEF
from almoner.finance.storage import Engine

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BOOK, WATER = "/books/main", "/books/main/challenges/clean-water"
HOSTILE = '<script>alert(1)</script>"><img src=x>\u202e' + "w" * 200
Visit = Callable[..., Visitor]
Ask = Callable[..., Asker]


@pytest.fixture
def clock() -> Hand:
    """A clock that a test moves; it stands in for that of all tests."""
    return Hand(datetime(2027, 1, 5, 12, tzinfo=UTC))


def test_a_round_is_told_to_everybody_step_by_step_and_counted_once_it_is_decided(
    visit: Visit, ask: Ask, clock: Hand, engine: Engine
) -> None:
    open_round(engine)
    seat(engine)
    mark_all(engine)
    clock.at = datetime(2027, 4, 13, 12, tzinfo=UTC)
    before = visit("").text(HERE)
    assert "being judged" in before
    assert "No award is announced yet" in before
    assert "a-1" not in before
    assert "a-1" in visit("mira").text(HERE)
    assert "What became of applications" not in visit("").text(BOOK)
    ask("mira").made(f"{HERE}/phases/panel/calibrations", {})
    ask("fiona").made(f"{HERE}/decisions", {})
    ask("mira").made(f"{HERE}/announcements", {"reason": "The panel has read."})
    after = visit("").text(HERE)
    assert "a-1 Hub-A 100.00 0.00 USD" in after
    assert "Reach 50% 1.0 to 2.4: a claim without proof" in after
    assert "212 to 320" in after
    counted = visit("").text(BOOK)
    assert "applied 4 100.0 % eligible 4 100.0 % reviewed 4 100.0 % funded 2 50.0 %" in counted
    assert ask("").seen(f"{BOOK}/overview")["funnel"]["paid"] == 0
    ask("hana").made(f"{HERE}/awards/0/a-1/whole/acceptances")
    ask("mira").made(f"{HERE}/awards/0/a-1/whole/commitments")
    ask("mira").made(f"{HERE}/awards/0/a-1/whole/payments", {"amount": "40.00"})
    assert ask("").seen(f"{BOOK}/overview")["funnel"]["paid"] == 1
    assert "a-1 Hub-A 100.00 40.00 USD" in visit("").text(HERE)


def test_whether_one_may_apply_is_checked_without_a_sign_in_and_stored_nowhere(
    visit: Visit, ask: Ask
) -> None:
    gift = {"giver": "foundation", "amount": "1000000.00", "unit": "USD"}
    ask("mira").made(f"{BOOK}/funds/water/contributions", gift)
    ask("mira").made(f"{BOOK}/challenges", {"brief": {**BRIEF, "title": HOSTILE}})
    page = f"{WATER}/eligibility"
    shown = visit("").see(WATER)
    assert page in shown
    assert "<script>alert" not in shown
    assert "alert(1)" in visit("").text(page)
    answers = {"answers-lead.registered_since_days": "100", "answers-lead.kind": "other"}
    refused = visit("").send(page, "check", answers, status=200).text
    assert "you may not apply" in refused
    assert 'value="100"' in refused
    fits = {**answers, "answers-lead.registered_since_days": "800"}
    assert "By these answers you may apply." in visit("").send(page, "check", fits, status=200).text
    unclear = {**answers, "answers-lead.registered_since_days": "soon"}
    asked = visit("").send(page, "check", unclear, status=200).text
    assert "once a document or an answer is there" in asked
    assert 'value="soon"' in asked
    assert ask("mira").seen(f"{WATER}/applications")["items"] == []


def test_a_rule_within_a_rule_says_of_each_line_how_it_stands_with_its_clause(visit: Visit, ask: Ask) -> None:
    gift = {"giver": "foundation", "amount": "1000000.00", "unit": "USD"}
    ask("mira").made(f"{BOOK}/funds/water/contributions", gift)
    papers = {"clause": "2.2", "evidence_asked": ["statutes"], "cure_days": 5}
    either = [
        {"fact": "lead.kind", "op": "in", "value": ["ngo", "school"], "clause": "2.1"},
        {
            "not": {
                "all": [
                    {"fact": "lead.age", "op": "<", "value": 2, **papers},
                    {**papers, "fact": "x", "op": "=", "value": True},
                ]
            }
        },
    ]
    rule = {
        "all": [
            {"any": either},
            {"not": {"fact": "lead.debarred", "op": "=", "value": True, "clause": "2.3"}},
        ]
    }
    ask("mira").made(f"{BOOK}/challenges", {"brief": {**BRIEF, "eligibility": rule}})
    page = f"{WATER}/eligibility"
    answers = {"answers-lead.kind": "other", "answers-lead.age": "1", "answers-lead.debarred": "no"}
    said = read(visit("").send(page, "check", answers, status=200).text)
    assert "By these answers you may apply once a document or an answer is there." in said
    for line in (
        "All of these: needs an answer or a document",
        "1 One of these is enough: needs an answer or a document",
        "1.1 lead.kind is one of ngo, school 2.1 does not fit",
        "1.2 One of these is enough: needs an answer or a document",
        "1.2.1 lead.age is at least 2 2.2 statutes does not fit",
        "1.2.2 x is not yes 2.2 statutes needs an answer or a document",
        "2 lead.debarred is not yes 2.3 fits",
    ):
        assert line in said
    hub = {"lead.kind": "school", "lead.age": "1", "lead.debarred": "yes"}
    told = read(visit("hana").send(f"{BOOK}/hub/challenges/clean-water", "check", hub, status=200).text)
    assert "Fail All of these:" in told
    assert "Pass 1 One of these is enough:" in told
    assert "Fail 2 Clause 2.3: lead.debarred is not yes" in told
