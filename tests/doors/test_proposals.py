from collections.abc import Callable

import pytest
from fastapi import FastAPI
from tests.doors.people import Asker, Json, grants_of, identify_by_name, signed

from almoner.api import create_app
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

FUND = "/books/main/funds/water"
PROPOSALS = f"{FUND}/proposals"
Ask = Callable[..., Asker]


def usd(amount: str, **rest: object) -> Json:
    """Return a body with an amount."""
    return {"amount": amount, "unit": "USD", **rest}


def approve(by: Asker, proposal: Json) -> Json:
    """Approve a proposal in the foundation's name."""
    signature = signed("foundation", proposal["signing_bytes"])
    return by.made(f"{PROPOSALS}/{proposal['id']}/approvals", {"signature": signature})


@pytest.fixture
def mira(ask: Ask) -> Asker:
    """The intermediary of a fund with 100.00, where transfers from 10.00 on take one approval."""
    found = ask("mira")
    found.made(f"{FUND}/contributions", usd("100.00", giver="foundation"))
    policy = {"least": usd("10.00"), "quorum": 1, "since": "2026-01-15T09:30:00Z"}
    fiona = ask("fiona")
    for kind in ("transfer", "reversal", "encumbrance"):
        fiona.made("/books/main/approval-policies", policy | {"kind": kind})
    return found


def test_what_needs_approval_is_proposed_approved_and_carried_out_once(ask: Ask, mira: Asker) -> None:
    payment = usd("30.00", payee="hub-a")
    refused = mira.post(f"{FUND}/disbursements", payment)
    assert (refused.status_code, refused.json()["code"]) == (403, "duty.not_approved")
    assert (refused.json()["figures"]["have"], refused.json()["figures"]["need"]) == (0, 1)
    made = mira.made(PROPOSALS, payment | {"act": "disbursement"})
    one = f"{PROPOSALS}/{made['id']}"
    assert (made["state"], made["maker"], made["payee"], made["needed"]) == ("waiting", "almoner", "hub-a", 1)
    early = mira.post(f"{one}/executions")
    assert (early.status_code, early.json()["code"]) == (403, "duty.not_approved")
    assert mira.post(f"{one}/approvals", {}).status_code == 403
    assert ask("hugo").get(one).status_code == 404
    assert [row["id"] for row in ask("hana").seen(PROPOSALS)["items"]] == [made["id"]]
    assert ask("hugo").seen(PROPOSALS)["items"] == []
    given = approve(ask("fiona"), made)
    assert (given["state"], [row["approver"] for row in given["approvals"]]) == ("approved", ["foundation"])
    first, again = (mira.post(f"{one}/executions", headers={"Idempotency-Key": "go"}) for _ in range(2))
    assert first.content == again.content
    twice = mira.post(f"{one}/executions")
    assert (twice.status_code, twice.json()["figures"]["transaction"]) == (409, first.json()["id"])
    assert (ask("fiona").seen(one)["state"], mira.seen(FUND)["disbursed"]) == ("executed", "30.00")
    assert mira.seen(PROPOSALS)["items"] == []


def test_every_act_that_moves_money_can_be_proposed(ask: Ask, mira: Asker) -> None:
    bodies = [
        usd("20.00", act="commitment", code="well"),
        usd("20.00", act="advance", implementer="hub-a"),
        {"act": "entry", "entry": _cost("20.00")},
    ]
    fiona = ask("fiona")
    for body in bodies:
        made = mira.made(PROPOSALS, body)
        approve(fiona, made)
        posted = mira.made(f"{PROPOSALS}/{made['id']}/executions")
    undo = mira.made(PROPOSALS, {"act": "reversal", "transaction": posted["id"]})
    approve(fiona, undo)
    mira.made(f"{PROPOSALS}/{undo['id']}/executions")
    stands = mira.seen(FUND)
    assert (stands["balance"], stands["committed"], stands["free"]) == ("80.00", "20.00", "60.00")
    small = mira.post(PROPOSALS, usd("5.00", act="advance", implementer="hub-a"))
    assert (small.status_code, small.json()["code"]) == (409, "proposal.unneeded")
    assert mira.seen(FUND)["balance"] == "80.00"
    unknown = mira.post(PROPOSALS, usd("5.00", act="gift"))
    assert (unknown.status_code, unknown.json()["code"]) == (422, "request.invalid")


def _cost(amount: str) -> Json:
    side = usd(amount, line="transfer")
    legs = [
        side | {"account": "water/pool", "side": "debit"},
        side | {"account": "water/cash", "side": "credit"},
    ]
    return {"key": "cost", "kind": "transfer", "legs": legs}


def test_one_person_of_two_parties_does_not_check_themselves(
    engine: Engine, clock: Clock, ask: Ask, mira: Asker
) -> None:
    both = grants_of(("intermediary", "almoner", ""), ("funder", "foundation", ""))
    app: FastAPI = create_app(engine=engine, identify=identify_by_name(clock, {"mira": both}), clock=clock)
    double = Asker(app, "mira")
    made = double.made(PROPOSALS, usd("30.00", act="disbursement", payee="hub-a"))
    path = f"{PROPOSALS}/{made['id']}/approvals"
    refused = double.post(path, {})
    assert (refused.status_code, refused.json()["code"]) == (403, "duty.same_person")
    keyed, stale = ask("fiona", "Key").post(path, {}), ask("fiona", "Stale").post(path, {})
    assert (keyed.status_code, stale.status_code) == (403, 403)
    assert mira.seen(f"{PROPOSALS}/{made['id']}")["approvals"] == []


def test_a_party_with_a_key_approves_by_its_signature_over_this_proposal(ask: Ask, mira: Asker) -> None:
    fiona = ask("fiona")
    first, second = (mira.made(PROPOSALS, usd("30.00", act="disbursement", payee="hub-a")) for _ in range(2))
    assert first["payload_sha256"] == second["payload_sha256"]
    path = f"{PROPOSALS}/{first['id']}/approvals"
    for signature in ("", signed("foundation", second["signing_bytes"])):
        refused = fiona.post(path, {"signature": signature})
        assert (refused.status_code, refused.json()["code"]) == (409, "claim.signature")
    given = approve(fiona, first)
    assert (given["state"], given["approvals"][0]["signed"]) == ("approved", True)


def test_a_proposal_is_rejected_with_a_reason_and_then_neither_approved_nor_carried_out(
    ask: Ask, mira: Asker
) -> None:
    fiona, paid = ask("fiona"), "The well was paid in March."
    made = mira.made(PROPOSALS, usd("30.00", act="disbursement", payee="hub-a"))
    one = f"{PROPOSALS}/{made['id']}"
    approve(fiona, made)
    for asker, body, code in (
        (fiona, {"reason": "  "}, "request.invalid"),
        (fiona, {"reason": paid, "payload_sha256": "0" * 64}, "precondition.stale"),
        (ask("ivo"), {"reason": paid}, "auth.forbidden"),
    ):
        assert asker.post(f"{one}/rejections", body).json()["code"] == code
    said = fiona.made(f"{one}/rejections", {"reason": paid, "payload_sha256": made["payload_sha256"]})
    assert (said["state"], said["rejection"]["party"], said["rejection"]["reason"]) == (
        "rejected",
        "foundation",
        paid,
    )
    late = {"signature": signed("foundation", made["signing_bytes"])}
    assert fiona.post(f"{one}/approvals", late).json()["rejection"]["reason"] == paid  # given before
    for act, again in (("executions", None), ("rejections", {"reason": "Another reason."})):
        reply = mira.post(f"{one}/{act}", again)
        assert (reply.status_code, reply.json()["code"]) == (409, "duty.rejected"), act
    assert (mira.seen(FUND)["disbursed"], mira.seen(PROPOSALS)["items"]) == ("0.00", [])
    (line,) = mira.seen("/books/main/waiting?kind=rejection")["items"]
    assert (line["code"], line["amount"], line["reason"]) == (made["id"], "30.00", paid)
    fresh = mira.made(PROPOSALS, usd("30.00", act="disbursement", payee="hub-a"))
    fiona.made(f"{PROPOSALS}/{fresh['id']}/rejections", {"reason": paid})
    reply = fiona.post(
        f"{PROPOSALS}/{fresh['id']}/approvals", {"signature": signed("foundation", fresh["signing_bytes"])}
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "duty.rejected")


def test_who_keeps_the_books_takes_back_its_own_proposals_only(
    engine: Engine, clock: Clock, ask: Ask, mira: Asker
) -> None:
    other = grants_of(("intermediary", "second-lab", ""))
    app: FastAPI = create_app(engine=engine, identify=identify_by_name(clock, {"max": other}), clock=clock)
    made = mira.made(PROPOSALS, usd("30.00", act="disbursement", payee="hub-a"))
    path, why = f"{PROPOSALS}/{made['id']}/rejections", {"reason": "A wrong amount."}
    refused = Asker(app, "max").post(path, why)
    assert (refused.status_code, refused.json()["code"]) == (403, "duty.not_allowed")
    assert mira.made(path, why)["state"] == "rejected"
    assert ask("fiona").seen(f"{PROPOSALS}/{made['id']}")["rejection"]["party"] == "almoner"
