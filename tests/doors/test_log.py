from collections.abc import Callable

import pytest
from tests.doors.people import Asker, Json

from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.signatures import public_key
from almoner.finance.storage import Engine, UnitOfWork
from almoner.finance.verifier import check

BOOK = "/books/main"
FUND = f"{BOOK}/funds/water"
SECRET = bytes(range(32))
Ask = Callable[..., Asker]


@pytest.fixture
def gift(ask: Ask) -> str:
    """Identity of the transaction of a gift of 100.00 by the foundation."""
    mira = ask("mira")
    mira.made(f"{FUND}/contributions", {"giver": "foundation", "amount": "100.00", "unit": "USD"})
    return str(mira.seen(f"{BOOK}/transactions")["items"][0]["id"])


@pytest.fixture
def seal(engine: Engine, clock: Clock) -> Callable[[], None]:
    """Seal what has happened so far."""

    def sealed() -> None:
        with UnitOfWork(engine) as session:
            acts.seal(session, "main", clock=clock, name="example.org", secret=SECRET)

    return sealed


def test_the_public_proves_a_transaction_of_a_published_fund(
    ask: Ask, gift: str, seal: Callable[[], None]
) -> None:
    early = ask("fiona").get(f"{BOOK}/proofs/{gift}")
    assert (early.status_code, early.json()["figures"]["what"]) == (404, "leaf")
    seal()
    assert ask().get(f"{FUND}/proofs/{gift}").status_code == 401
    ask("fiona").made(f"{FUND}/publications")
    proof = ask().seen(f"{FUND}/proofs/{gift}")
    assert '"kind":"ledger.contribution"' in proof["entries"][0]["body"]
    assert check(proof, public_key(SECRET).hex())
    assert proof == ask("fiona").seen(f"{BOOK}/proofs/{gift}")
    assert ask("ivo").get(f"{BOOK}/proofs/{gift}").status_code == 404
    assert ask().get(f"{BOOK}/proofs/{gift}").status_code == 401
    seen = ask().seen(f"{FUND}/transactions/{gift}")
    assert (seen["kind"], seen["payee"], seen["legs"][1]["draws"]) == ("contribution", "", [])


def test_a_reader_follows_the_log_from_checkpoint_to_checkpoint(
    ask: Ask, gift: str, seal: Callable[[], None]
) -> None:
    seal()
    (first,) = ask("jana").seen(f"{BOOK}/checkpoints")["items"]
    ask("mira").made(f"{FUND}/disbursements", {"payee": "hub-a", "amount": "1.00", "unit": "USD"})
    seal()
    page = ask("ada").seen(f"{BOOK}/checkpoints?limit=1")
    (last,) = ask("ada").seen(f"{BOOK}/checkpoints?limit=1&cursor={page['next']}")["items"]
    assert (page["items"], last["size"] > first["size"]) == ([first], True)
    assert ask("ada").seen(f"{BOOK}/checkpoints/{last['size']}") == last
    assert ask("ada").get(f"{BOOK}/checkpoints/{last['size'] + 1}").status_code == 404
    proof = ask("fiona").seen(f"{BOOK}/proofs/{gift}?since={first['size']}")
    assert [one["checkpoint"] for one in proof["older"]] == [first["note"]]
    assert check(proof, public_key(SECRET).hex())


def test_an_event_is_known_to_all_and_its_content_to_few(
    ask: Ask, gift: str, seal: Callable[[], None]
) -> None:
    waiting = ask("fiona").seen(f"{BOOK}/events/{gift}")
    assert (waiting["index"], "ledger.contribution" in waiting["body"]) == (None, True)
    assert ask("jana").seen(f"{BOOK}/events/{gift}")["body"] is None
    seal()
    first = ask("jana").seen(f"{BOOK}/events?limit=1")
    rest = ask("jana").seen(f"{BOOK}/events?cursor={first['next']}")["items"]
    assert [row["index"] for row in first["items"] + rest] == list(range(len(rest) + 1))
    (command,) = ask("fiona").seen(f"{BOOK}/events?kind=command")["items"]
    assert ask("fiona").seen(f"{BOOK}/events/{command['id']}")["body"] is None
    assert ask("fiona").get(f"{BOOK}/proofs/{command['id']}").status_code == 404


def test_a_closed_period_takes_nothing_more(ask: Ask, gift: str) -> None:
    assert gift
    mira = ask("mira")
    assert mira.made(f"{BOOK}/periods", {"through": "2025-12-31"}) == {"closed_through": "2025-12-31"}
    late: Json = {"payee": "hub-a", "amount": "1.00", "unit": "USD", "on": "2025-12-30"}
    refused = mira.post(f"{FUND}/disbursements", late)
    assert (refused.status_code, refused.json()["code"]) == (409, "ledger.period_closed")
    again = mira.post(f"{BOOK}/periods", {"through": "2025-06-30"})
    assert (again.status_code, again.json()["figures"]["closed_through"]) == (409, "2025-12-31")
    (period,) = ask("eva").seen(f"{BOOK}/periods")["items"]
    assert ask("fiona").seen(f"{BOOK}/events/{period['event']}")["kind"] == "period.closed"


def test_the_books_are_checked_while_one_waits(ask: Ask, gift: str, seal: Callable[[], None]) -> None:
    assert gift
    seal()
    found = ask("ada").made(f"{BOOK}/verifications")
    assert (found["verified"], found["transactions"], found["findings"]) == (True, 1, [])
    assert ask("hana").post(f"{BOOK}/verifications").status_code == 403


def test_the_trail_tells_who_did_what(ask: Ask, gift: str) -> None:
    assert gift
    refused: Json = {"payee": "hub-a", "amount": "900.00", "unit": "USD"}
    assert ask("milo").post(f"{FUND}/disbursements", refused).status_code == 409
    ask("fiona").made(f"{FUND}/publications")
    whole = ask("ada").seen(f"{BOOK}/commands")["items"]
    told = {(row["operation"], row["person"], row["party"], row["status"]) for row in whole}
    assert told == {
        ("contribution.book", "mira", "almoner", 201),
        ("disbursement.make", "milo", "almoner", 409),
        ("publication.fund", "fiona", "foundation", 201),
    }
    first = ask("ada").seen(f"{BOOK}/commands?limit=2")
    rest = ask("ada").seen(f"{BOOK}/commands?limit=2&cursor={first['next']}")
    assert first["items"] + rest["items"] == whole
    assert {row["person"] for row in ask("mira").seen(f"{BOOK}/commands")["items"]} == {"mira", "milo"}
    assert ask("hana").seen(f"{BOOK}/commands")["items"] == []
    assert [row["person"] for row in ask("ada").seen(f"{BOOK}/commands?person=milo")["items"]] == ["milo"]
    assert ask("ada").seen(f"{BOOK}/commands?since=2026-01-15T09:30:01Z")["items"] == []
