"""From a claim over its determination and disputes to the payout and its trail, over HTTP."""

import base64
from uuid import UUID

import pytest
from sqlalchemy import insert
from tests.doors.pacts import CLAIMS, PACT, Deal, open_deal, secret_of

from almoner import money
from almoner.api.records.tables import PUBLICATION
from almoner.finance import acts
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.posting import record_event
from almoner.finance.records import registry
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Engine, UnitOfWork


@pytest.fixture
def deal(engine: Engine) -> Deal:
    """The agreement in force."""
    return open_deal(engine)


def test_a_claim_is_determined_settled_and_followed_to_the_givers(deal: Deal) -> None:
    claimed = deal.claim("c1", "1000")
    assert deal.of("mira").seen(f"{CLAIMS}/c1")["state"] == "claimed"
    preview = deal.of("eva").seen(f"{CLAIMS}/c1/payout-preview")
    assert (preview["basis"], [row["amount"] for row in preview["legs"]]) == (
        "claimed",
        ["1000.00", "15120.00"],
    )
    found = deal.of("eva").made(f"{CLAIMS}/c1/determinations", deal.signed("c1", "900"))
    assert (found["state"], found["found"], found["needed"]) == ("final", 1, 1)
    assert deal.of("ivo").seen(f"{CLAIMS}/c1/determinations")["items"][0]["sha256"] == found["sha256"]
    whole = deal.of("hana").seen(f"{CLAIMS}/c1/determinations/{found['sha256']}")
    assert (whole["claim_sha256"], whole["envelope"]["payloadType"]) == (
        claimed["sha256"],
        "application/vnd.almoner.determination+json",
    )
    (step,) = deal.settle("c1")
    assert [(row["payee"], row["amount"], row["status"]) for row in step["payouts"]] == [
        ("annex", "900.00", "paid"),
        ("home", "13608.00", "paid"),
    ]
    assert deal.of("eva").seen(f"{CLAIMS}/c1/payout-preview") == preview | {
        "basis": "settled",
        "legs": [],
        "totals": [],
    }
    paid = step["payouts"][1]["id"]
    trail = deal.of("fiona").seen(f"{PACT}/payouts/{paid}/trail")
    assert [(row["giver"], row["amount"]) for row in trail["contributions"]] == [("north-giver", "13608.00")]
    assert trail["determinations"][0]["findings"][0]["value"] == "900"
    assert trail["clause"]["amounts"][0]["workings"][-1]["value"].startswith("13608.00")
    again = deal.of("fiona").seen(f"{PACT}/replay")
    assert (again["steps"], again["differences"]) == (1, [])


def test_a_settlement_is_made_once_per_key_and_tried_without_a_trace(deal: Deal) -> None:
    deal.find("c1", "1000")
    deal.watch.pass_days(60)
    mira, asked = deal.of("mira"), {"claim": "c1"}
    tried = mira.made(f"{PACT}/settlements?dry_run=true", asked)
    assert [row["amount"] for row in tried["settlements"][0]["payouts"]] == ["1000.00", "15120.00"]
    assert "transaction.posted" in tried["effects"]["events"] or tried["effects"]["balances"]
    assert mira.seen(f"{PACT}/payouts")["items"] == []
    first, again = (mira.post(f"{PACT}/settlements", asked, {"Idempotency-Key": "s1"}) for _ in range(2))
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(mira.seen(f"{PACT}/payouts")["items"]) == 2
    early = deal.of("mira").post(f"{PACT}/settlements", {"claim": "c2"})
    assert (early.status_code, early.json()["code"]) == (404, "storage.missing")


def test_each_party_sees_its_own_and_a_stranger_nothing(deal: Deal) -> None:
    deal.find("c1", "1000")
    deal.settle("c1")
    hana, anna, hugo = deal.of("hana"), deal.of("anna"), deal.of("hugo")
    payouts = {row["payee"]: row["id"] for row in deal.of("fiona").seen(f"{PACT}/payouts")["items"]}
    assert [row["payee"] for row in hana.seen(f"{PACT}/payouts")["items"]] == ["home"]
    assert hugo.seen(f"{PACT}/payouts")["items"] == hugo.seen(CLAIMS)["items"] == []
    assert anna.get(f"{PACT}/payouts/{payouts['home']}").status_code == 404
    assert anna.get(f"{CLAIMS}/c1").status_code == hugo.get(f"{PACT}/settlements/1").status_code == 404
    (mine,) = anna.seen(f"{PACT}/settlements")["items"]
    assert [(row["clause"], row["due"]) for row in mine["clauses"]] == [("beds", "1000.00")]
    assert hana.seen(f"{PACT}/statement")["party"] == "home"
    assert hana.get(f"{PACT}/statement?party=city").status_code == 403
    assert hugo.get(f"{PACT}/statement").status_code == 404
    whole = deal.of("fiona").seen(f"{PACT}/statement")
    assert [row["paid"] for row in whole["sources"]] == ["16120.00"]
    refused = anna.post(f"{CLAIMS}/c1/evidence", {"sha256": "00" * 32, "method": "m", "description": "d"})
    assert refused.status_code == 404
    assert deal.of("ivo").seen(f"{CLAIMS}/c1")["evidence"] is None


def test_payouts_come_in_pages_in_the_order_of_settlements(deal: Deal) -> None:
    for code, value in (("c1", "100"), ("c2", "50"), ("c3", "7")):
        deal.find(code, value)
        deal.settle(code)
    mira = deal.of("mira")
    whole = mira.seen(f"{PACT}/payouts")
    seen, page = [], mira.seen(f"{PACT}/payouts?limit=4")
    seen += page["items"]
    assert len(seen) == 4
    page = mira.seen(f"{PACT}/payouts?limit=4&cursor={page['next']}")
    assert (seen + page["items"], page["next"]) == (whole["items"], None)
    assert [row["settlement"] for row in whole["items"]] == [1, 1, 2, 2, 3, 3]
    chosen = mira.seen(f"{PACT}/payouts?claim=c2")["items"]
    assert [row["amount"] for row in chosen] == ["50.00", "756.00"]
    names = [row["code"] for row in mira.seen(f"{CLAIMS}?limit=2&state=settled")["items"]]
    assert names == ["c1", "c2"]


def test_a_determination_is_taken_from_its_signer_alone(deal: Deal) -> None:
    deal.claim("c1", "1000")
    signed = deal.signed("c1", "1000")
    foreign = deal.of("emil").post(f"{CLAIMS}/c1/determinations", signed)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "duty.not_allowed")
    bent = signed | {"signatures": [{"keyid": "", "sig": "AA" * 43 + "=="}]}
    refused = deal.of("eva").post(f"{CLAIMS}/c1/determinations", bent)
    assert refused.status_code in {409, 422}, refused.text
    stale = deal.of("eva", "Stale").post(f"{CLAIMS}/c1/determinations", signed)
    assert (stale.status_code, stale.json()["code"]) == (403, "auth.step_up")
    by_key = deal.of("eva", "Key").post(f"{CLAIMS}/c1/determinations", signed)
    assert by_key.status_code == 403
    deal.claim("c2", "1000")
    moved = deal.of("eva").post(f"{CLAIMS}/c2/determinations", signed)
    assert (moved.status_code, moved.json()["code"]) == (409, "claim.determination_foreign")
    assert deal.of("mira").seen(f"{CLAIMS}/c1")["state"] == "claimed"


def test_a_claim_out_of_its_terms_is_refused_with_its_figures(deal: Deal) -> None:
    hana = deal.of("hana")
    over = hana.post(CLAIMS, {"code": "c1", "results": [{"metric": "nights", "value": "20001"}]})
    assert over.status_code == 409, over.text
    assert "20000" in over.json()["detail"]
    empty = hana.post(CLAIMS, {"code": "c1", "results": [{"metric": "nights"}]})
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/results/0/value")
    assert deal.of("fiona").post(CLAIMS, {"code": "c1"}).status_code == 403
    assert deal.of("mira").seen(CLAIMS)["items"] == []


def test_a_dispute_keeps_money_back_until_its_resolver_rules(engine: Engine) -> None:
    deal = open_deal(engine, disputes={"days": 30})
    deal.find("c1", "1000")
    asked = {"code": "d1", "grounds": "data_error", "statement": "March was counted twice."}
    stranger = deal.of("mira").post(f"{CLAIMS}/c1/disputes", asked)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "duty.not_allowed")
    raised = deal.of("fiona").made(f"{CLAIMS}/c1/disputes", asked)
    assert raised["frozen"] == [{"payer": "city", "amount": "16120.00", "unit": "USD"}]
    frozen = deal.of("mira").post(f"{PACT}/settlements", {"claim": "c1"})
    assert (frozen.status_code, frozen.json()["figures"]["dispute"]) == (409, "d1")
    instead = deal.signed("c1", "400", by="emil")
    digest = deal.of("emil").made(f"{CLAIMS}/c1/determinations", instead)["sha256"]
    how = {"outcome": "partly", "reason": "March again.", "determination_sha256": digest}
    draft = deal.of("rita").made(f"{PACT}/disputes/d1/resolution-drafts", how)
    signature = sign_bytes(secret_of("arbiter"), _decoded(draft["signing_base64"])).hex()
    forged = deal.of("eva").post(f"{PACT}/disputes/d1/resolutions", how | {"signature": signature})
    assert (forged.status_code, forged.json()["code"]) == (403, "duty.not_independent")
    ended = deal.of("rita").made(f"{PACT}/disputes/d1/resolutions", how | {"signature": signature})
    assert (ended["outcome"], ended["state"]) == ("partly", "settled")
    assert [row["amount"] for row in ended["settlements"][0]["payouts"]] == ["400.00", "6048.00"]
    assert deal.of("hana").seen(f"{PACT}/disputes?outcome=open")["items"] == []
    assert deal.of("hana").seen(f"{PACT}/disputes/d1")["outcome"] == "partly"


def test_a_finding_everybody_accepts_is_final_at_once(engine: Engine) -> None:
    deal = open_deal(engine, disputes={"days": 30})
    assert deal.find("c1", "1000")["state"] == "provisional"
    for name in ("fiona", "hana"):
        assert deal.of(name).made(f"{CLAIMS}/c1/waivers", {})["state"] == "provisional"
    wrong = deal.of("anna").post(f"{CLAIMS}/c1/waivers", {"name": "city"})
    assert wrong.status_code == 403
    assert deal.of("anna").made(f"{CLAIMS}/c1/waivers", {})["state"] == "final"


def test_what_waits_for_approval_is_carried_out_and_too_much_comes_back(deal: Deal) -> None:
    rule = ApprovalPolicy(kind="payout", least=money("1500.00", "USD"), quorum=1, since=deal.watch())
    with UnitOfWork(deal.engine) as session:
        acts.set_policy(session, "main", rule, key="policy", clock=deal.watch)
    deal.find("c1", "1000")
    (step,) = deal.settle("c1")
    waiting = next(row for row in step["payouts"] if row["status"] == "waiting")
    mira = deal.of("mira")
    assert [row["id"] for row in mira.seen(f"{PACT}/payouts?waiting=true")["items"]] == [waiting["id"]]
    early = mira.post(f"{PACT}/payouts/{waiting['id']}/executions")
    assert (early.status_code, early.json()["code"]) == (403, "duty.not_approved")
    with UnitOfWork(deal.engine) as session:
        proposal = acts.find_proposal(session, "main", UUID(waiting["proposal"]), clock=deal.watch)
        signature = sign_bytes(secret_of("harbour-city"), proposal.signing_bytes())
        acts.approve(
            session,
            "main",
            proposal.id,
            approver="harbour-city",
            key="agreed",
            clock=deal.watch,
            signature=signature,
        )
    done = mira.made(f"{PACT}/payouts/{waiting['id']}/executions")
    assert (done["status"], done["done"]) == ("paid", "15120.00")
    back = mira.post(f"{PACT}/payouts/{waiting['id']}/returns", {"amount": "1.00"})
    assert (back.status_code, back.json()["code"]) == (422, "money.out_of_range")
    assert mira.seen(f"{PACT}/payouts?waiting=true")["items"] == []


def test_the_public_follows_a_published_payout_without_names(deal: Deal) -> None:
    deal.find("c1", "1000")
    (step,) = deal.settle("c1")
    paid = step["payouts"][0]["id"]
    nobody = deal.of()
    assert nobody.get(f"{PACT}/payouts/{paid}/trail").status_code == 401
    publish(deal, "agreement/pact")
    trail = nobody.seen(f"{PACT}/payouts/{paid}/trail")
    assert (trail["contributions"][0]["giver"], trail["evidence"]) == (None, None)
    assert "north-giver" not in str(trail)
    assert [row["amount"] for row in nobody.seen(f"{PACT}/payouts")["items"]] == ["1000.00", "15120.00"]
    assert nobody.get(CLAIMS).status_code == 401


def publish(deal: Deal, engagement: str) -> None:
    """Let everybody read an engagement."""
    with UnitOfWork(deal.engine) as session:
        event, _ = record_event(
            session, "main", "engagement.published", {"engagement": engagement}, key="p", clock=deal.watch
        )
        book_id = registry.find_book_id(session, "main")
        session.execute(insert(PUBLICATION).values(book_id=book_id, engagement=engagement, event_id=event))


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)


def test_a_question_is_answered_by_the_claimant_alone_and_listed_while_it_is_open(deal: Deal) -> None:
    deal.claim("c1", "1000")
    asked = {
        "code": "q1",
        "words": "Who counted?",
        "lines": [{"metric": "nights"}],
        "answer_by": "2026-01-20",
    }
    here = f"{CLAIMS}/c1/questions"
    assert deal.of("hana").post(here, asked).json()["code"] == "auth.forbidden"
    made = deal.of("eva").made(here, asked)
    assert (made["asked_by"], made["answer"]) == ("count-lab", None)
    own, waiting = "/books/main/own-questions", "/books/main/waiting-questions"
    assert [one["code"] for one in deal.of("hana").seen(own)["items"]] == ["q1"]
    assert deal.of("anna").seen(own)["items"] == []
    assert deal.of("anna").get(here).status_code == 404
    told = {"words": "The night staff.", "evidence_sha256": [secret_of("nobody").hex()]}
    refused = deal.of("hana").post(f"{here}/q1/answers", told)
    assert (refused.status_code, refused.json()["code"]) == (409, "claim.evidence_missing")
    assert deal.of("anna").post(f"{here}/q1/answers", told).status_code == 404
    (evidence,) = deal.of("hana").seen(f"{CLAIMS}/c1/evidence")["items"]
    said = deal.of("hana").made(f"{here}/q1/answers", told | {"evidence_sha256": [evidence["sha256"]]})
    assert said["answer"]["answered_by"] == "night-shelter"
    assert deal.of("hana").seen(own)["items"] == []
    again = deal.of("hana").post(f"{here}/q1/answers", {"words": "Others."})
    assert (again.status_code, again.json()["code"]) == (409, "claim.question_refused")
    assert deal.of("eva").seen(f"{waiting}?mine=true&answered=true")["items"] == [said | {"effects": None}]
    assert deal.of("fiona").seen(here)["items"][0]["answer"] == said["answer"]
    assert deal.of("ivo").get(here).status_code == 403
    deal.of("eva").made(f"{CLAIMS}/c1/determinations", deal.signed("c1", "900"))
    assert deal.of("eva").seen(waiting)["items"] == []
