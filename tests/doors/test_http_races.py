"""Requests that meet at the same instant: exactly one wins, and the others are told why.

Threads wait at a barrier and ask together, each through a client of its own, on both databases.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.doors.life_world import DOCUMENT, MOST, Json, Server, World, open_server, text_of
from tests.doors.people import Asker, signed

from almoner.finance.storage import open_engine

Ask = Callable[[], Any]
ROWS = "person,metric,achieved_on,quantity\nAnna-1,nights,2026-01-03,3\nBen-2,nights,2026-01-04,4\n"


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def server(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> Iterator[Server]:
    """The doors on one database; on PostgreSQL with row security."""
    engine = open_engine(make_database(request.param))
    yield open_server(engine, row_security=request.param == "postgresql")
    engine.dispose()


@pytest.fixture
def world(server: Server) -> World:
    """A book with a fund of 100.00."""
    made = World(server)
    made.open_book(5_000)
    made.give(10_000)
    return made


def meet(*asks: Ask) -> list[Any]:
    """Ask together, and return the answers in order."""
    barrier = Barrier(len(asks))

    def one(ask: Ask) -> Any:  # noqa: ANN401  # a response
        barrier.wait()
        return ask()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


def post(world: World, person: str, path: str, body: Json = None, key: str = "") -> Ask:
    """Return a write of a client of its own."""
    asker = Asker(world.server.app, person)
    headers = {"Idempotency-Key": f"{world.book}{key}"} if key else None
    return lambda: asker.post(path, body, headers)


def outcomes(replies: list[Any]) -> Counter[tuple[int, str]]:
    """Count answers by status and code."""
    return Counter((one.status_code, "" if one.status_code < 300 else one.json()["code"]) for one in replies)


def usd(amount: str, **rest: object) -> Json:
    """Return a body with an amount."""
    return {"amount": amount, "unit": "USD", **rest}


def require_sound(world: World) -> None:
    """Verify the book."""
    checked = world.server.of("mira").made(f"{world.book}/verifications")
    assert (checked["verified"], checked["findings"]) == (True, [])


def test_one_free_balance_is_spent_once(world: World) -> None:
    path, asked = f"{world.fund}/disbursements", usd("40.00", payee="hub-b")
    found = outcomes(meet(*(post(world, "mira", path, asked) for _ in range(4))))
    assert found == {(201, ""): 2, (409, "fund.insufficient"): 2}
    assert world.seen("mira", world.fund)["free"] == "20.00"
    require_sound(world)


def test_one_key_sent_by_many_at_once_is_one_payment(world: World) -> None:
    path, asked = f"{world.fund}/disbursements", usd("30.00", payee="hub-b")
    replies = meet(*(post(world, "mira", path, asked, "pay") for _ in range(6)))
    assert outcomes(replies) == {(201, ""): 6}
    assert len({one.content for one in replies}) == 1
    assert sum("Idempotent-Replayed" not in one.headers for one in replies) == 1
    assert world.seen("mira", world.fund)["disbursed"] == "30.00"
    too_much = usd("49.00", payee="hub-b") | {"amount": "4999.00"}
    refused = meet(*(post(world, "mira", path, too_much, "too-much") for _ in range(4)))
    assert outcomes(refused) == {(409, "fund.insufficient"): 4}
    assert len({one.content for one in refused}) == 1


def test_one_key_with_two_contents_is_one_payment(world: World) -> None:
    path = f"{world.fund}/disbursements"
    bodies = [usd(f"{number}.00", payee="hub-b") for number in (1, 2, 3, 4)]
    replies = meet(*(post(world, "mira", path, body, "pay") for body in bodies))
    assert outcomes(replies) == {(201, ""): 1, (422, "idempotency.key_reused"): 3}
    amounts = {text_of(100 * (at + 1)) for at, one in enumerate(replies) if one.status_code == 201}
    assert {world.seen("mira", world.fund)["disbursed"]} == amounts


def test_approvals_at_once_are_one_and_what_they_allow_is_done_once(world: World) -> None:
    asked = usd("60.00", act="disbursement", payee="hub-b")
    made = world.made("mira", f"{world.fund}/proposals", asked)
    path = f"{world.fund}/proposals/{made['id']}"
    agreed = {"signature": signed("foundation", made["signing_bytes"])}
    replies = meet(*(post(world, name, f"{path}/approvals", agreed) for name in ("fiona", "frank") * 2))
    assert outcomes(replies) == {(201, ""): 4}
    assert [one["approver"] for one in world.seen("fiona", path)["approvals"]] == ["foundation"]
    done = meet(*(post(world, "mira", f"{path}/executions") for _ in range(4)))
    assert outcomes(done) == {(201, ""): 1, (409, "storage.already_exists"): 3}
    assert world.seen("mira", world.fund)["disbursed"] == "60.00"
    require_sound(world)


def test_a_payment_is_reversed_once(world: World) -> None:
    paid = world.made("mira", f"{world.fund}/disbursements", usd("40.00", payee="hub-b"))["id"]
    undone = meet(*(post(world, "mira", f"{world.book}/transactions/{paid}/reversals") for _ in range(4)))
    assert outcomes(undone) == {(201, ""): 1, (409, "ledger.already_resolved"): 3}
    assert world.seen("mira", world.fund)["balance"] == "100.00"
    require_sound(world)


def test_one_free_balance_is_promised_to_one_of_two_agreements(world: World) -> None:
    world.give(MOST + 5_000_000)
    for code in ("first", "second"):
        world.draft(code)
        world.pact = f"{world.book}/agreements/{code}"
        for name in ("city", "home", "lab", "second"):
            assert world.sign(name).status_code == 201
    pacts = [f"{world.book}/agreements/{code}" for code in ("first", "second")]
    bodies = {pact: world.signature("resolver", pact) for pact in pacts}
    replies = meet(*(post(world, "rita", f"{pact}/signatures", body) for pact, body in bodies.items()))
    assert outcomes(replies) == {(201, ""): 1, (409, "contract.underfunded"): 1}
    seen = world.seen("mira", world.fund)
    assert (seen["encumbered"], seen["free"]) == (text_of(MOST), text_of(5_010_000))
    require_sound(world)


def test_a_draft_that_several_replace_at_once_is_replaced_by_one(world: World) -> None:
    world.draft("sketch", proposed=False)
    path, tag = f"{world.sketch}/document", world.tag(f"{world.sketch}/document")
    askers = [Asker(world.server.app, "mira") for _ in range(4)]
    replies = meet(
        *(
            lambda asker=asker, days=days: asker.put(
                path, DOCUMENT | {"disputes": {"days": days}}, {"If-Match": tag}
            )
            for days, asker in enumerate(askers, start=1)
        )
    )
    assert outcomes(replies) == {(200, ""): 1, (412, "precondition.stale"): 3}
    won = next(at for at, one in enumerate(replies, start=1) if one.status_code == 200)
    assert world.seen("mira", path)["document"]["disputes"]["days"] == won


def test_a_claim_is_found_once_and_paid_once(server: Server) -> None:
    world = World(server)
    world.start(MOST)
    world.claim("c0", 40)
    world.evidence("c0")
    claim = f"{world.pact}/claims/c0"
    findings = [world.finding("c0", value) for value in (40, 39, 38)]
    replies = meet(*(post(world, "eva", f"{claim}/determinations", one) for one in findings))
    assert outcomes(replies) == {(201, ""): 1, (409, "claim.already_determined"): 2}
    won = next(40 - at for at, one in enumerate(replies) if one.status_code == 201)
    world.watch.pass_days(31)
    paid = meet(*(post(world, "mira", f"{world.pact}/settlements", {"claim": "c0"}) for _ in range(4)))
    assert outcomes(paid) == {(201, ""): 4}
    assert len({str(one.json()["settlements"]) for one in paid}) == 1
    assert world.seen("mira", world.fund)["disbursed"] == text_of(1512 * won)
    require_sound(world)


def test_a_finding_is_either_accepted_by_all_or_in_dispute(server: Server) -> None:
    world = World(server)
    world.start(MOST)
    world.claim("c0", 40)
    world.evidence("c0")
    world.determine("c0", 40)
    claim = f"{world.pact}/claims/c0"
    world.made("hana", f"{claim}/waivers", {})
    doubt = {"code": "d0", "grounds": "data_error", "statement": "March was counted twice."}
    accepted, disputed = meet(
        post(world, "fiona", f"{claim}/waivers", {}), post(world, "frank", f"{claim}/disputes", doubt)
    )
    assert outcomes([accepted, disputed]) == {(201, ""): 1, (409, "contract.dispute_refused"): 1}
    stands = world.seen("mira", claim)["state"]
    assert stands == ("final" if accepted.status_code == 201 else "disputed")
    paid = world.send("mira", f"{world.pact}/settlements", {"claim": "c0"})
    assert paid.status_code == (201 if stands == "final" else 409)
    require_sound(world)


def test_the_same_rows_imported_twice_at_once_count_once(server: Server) -> None:
    world = World(server)
    world.start(MOST)

    def send(path: str, key: str) -> Ask:
        asker = Asker(server.app, "hana")
        headers = {
            "Authorization": "Bearer hana", "Content-Type": "text/csv", "Idempotency-Key": world.book + key
        }  # fmt: skip
        return lambda: asker.client.post(f"/v1{world.pact}/{path}", content=ROWS.encode(), headers=headers)

    seen = send("dataset-previews", "preview")().json()
    query = f"rows={seen['rows']}&preview={seen['digest']}"
    replies = meet(*(send(f"datasets?code={code}&{query}", code) for code in ("spring", "summer")))
    won, lost = sorted(replies, key=lambda one: one.status_code)
    assert (won.status_code, lost.json()["code"]) in {
        (201, "claim.already_claimed"),  # seen by both before either wrote
        (201, "precondition.stale"),  # what was previewed has changed
    }, (won.text, lost.text)
    assert len(world.seen("hana", f"{world.pact}/datasets")["items"]) == 1
    claimed = [row["code"] for row in world.seen("hana", f"{world.pact}/datasets")["items"]]
    body = {"code": "c0", "dataset": claimed[0]}
    claims = meet(*(post(world, "hana", f"{world.pact}/claims", body) for _ in range(3)))
    assert len({one.text for one in claims if one.status_code == 201}) == 1
    assert [row["code"] for row in world.every("mira", f"{world.pact}/claims")] == ["c0"]
