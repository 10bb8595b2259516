"""The bench of evaluators: what waits, what it releases, and a finding from draft to signature."""

import base64
from collections.abc import Callable

import pytest
from tests.doors.deals import NIGHTS, agreed
from tests.doors.people import Asker, secret_of
from tests.pages.visiting import Visitor

from almoner.finance.signatures import sign_bytes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BENCH = "/books/main/bench"
CLAIM = f"{BENCH}/agreements/nights/claims/march"
HOSTILE = '<script>alert(1)</script>"><img src=x>\u202e'


def reported(ask: Callable[..., Asker], said: str = "Pages 1-40") -> None:
    agreed(ask)
    claims = f"{NIGHTS}/claims"
    ask("hana").made(claims, {"code": "march", "results": [{"metric": "nights", "value": "412"}]})
    evidence = {"sha256": "b7" * 32, "method": "count of the register", "description": said}
    ask("hana").made(f"{claims}/march/evidence", evidence)


def test_an_evaluator_sees_what_waits_and_what_it_releases_and_signs_a_finding(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    assert "No claim waits for you" in visit("eva").text(BENCH)
    reported(ask)
    bench = visit("eva").text(BENCH)
    assert "march" in bench
    assert "6,229.44\u00a0USD to hub-a" in bench
    assert "No claim waits for you" in visit("emil").text(BENCH)
    assert "If it holds as reported, this releases:" in visit("eva").text(CLAIM)
    assert "Say whether it holds" in visit("eva").send(CLAIM, "draft", {"method": "recount"}, status=422).text
    found = {"verdict": "part", "method": "recount", "findings-0-value": "401", "findings-0-sample": "40"}
    drafted = visit("eva").send(CLAIM, "draft", found, status=200)
    form = visit("eva").form_in(drafted.text, "submit")
    wrong = visit("eva").client.post(CLAIM, data={**form.fields, "signature": "00" * 64})
    assert wrong.status_code == 409
    assert "What you are about to sign" in wrong.text
    form = visit("eva").form_in(wrong.text, "submit")
    signature = sign_bytes(secret_of("lab"), base64.b64decode(form.fields["signing_base64"])).hex()
    done = visit("eva").client.post(CLAIM, data={**form.fields, "signature": signature})
    assert done.status_code == 303, done.text
    assert "Your finding is on record" in visit("eva").text(done.headers["location"])
    twice = visit("eva").client.post(CLAIM, data={**form.fields, "signature": signature})
    assert twice.status_code == 303
    assert len(ask("eva").seen(f"{NIGHTS}/claims/march/determinations")["items"]) == 1
    assert "No claim waits for you" in visit("eva").text(BENCH)


def test_nobody_but_those_who_may_sees_a_claim_and_what_is_said_in_it_stays_text(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    reported(ask, HOSTILE)
    assert "What you found" in visit("eva").text(CLAIM)
    assert "What you found" not in visit("fiona").text(CLAIM)
    assert "<script>alert" not in visit("eva").see(CLAIM)
    visit("jana").see(CLAIM, 404)
    visit("").see(CLAIM, 401)


def test_a_dispute_is_ended_by_its_resolver_and_shown_to_others(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    reported(ask)
    visit("fiona").see(f"{BENCH}/agreements/nights/disputes/none", 404)


def test_a_question_reaches_the_claimant_and_its_answer_whoever_reads_the_claim(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    reported(ask)
    hub, here = "/books/main/hub", "/books/main/hub/agreements/nights/claims/march"
    late = visit("eva").send(
        CLAIM, "ask", {"words": "May I see page 12?", "answer_by": "2020-01-01"}, status=409
    )
    assert "May I see page 12?" in visit("eva").form_in(late.text, "ask").fields["words"]
    visit("eva").send(CLAIM, "ask", {"words": "May I see page 12?", "answer_by": "2026-01-20"})
    assert "There is no answer yet" in visit("eva").text(CLAIM)
    assert "Answer the question of lab" in visit("hana").text(hub)
    assert "question of lab" not in visit("hugo").text(hub)
    told = {"words": HOSTILE, "resting_on": "b7" * 32}
    visit("hana").send(here, "answer", told)
    assert "question of lab" not in visit("hana").text(hub)
    assert "hub-a answered this on" in visit("hana").text(here)
    for who, page in (("eva", CLAIM), ("fiona", "/books/main/desk/agreements/nights/claims/march")):
        assert "hub-a answered this on" in visit(who).text(page)
        assert "<script>alert" not in visit(who).see(page)
    assert "What you have asked" in visit("eva").text(BENCH)
    assert "May I see page 12?" in visit("eva").see(f"{CLAIM}?as=csv&sheet=questions")
    assert "May I see page 12?" not in visit("ivo").text("/books/main/desk/agreements/nights/claims/march")
