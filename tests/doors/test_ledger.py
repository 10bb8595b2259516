from collections.abc import Callable

from tests.doors.people import Asker, Json

BOOK = "/books/main"
FUND = f"{BOOK}/funds/water"
Ask = Callable[..., Asker]


def charge(key: str, amount: str = "2.50") -> Json:
    """Return an entry that takes a bank charge out of the fund."""
    side = {"unit": "USD", "amount": amount, "line": "bank_charge"}
    legs = [
        {"account": "water/pool", "side": "debit", **side},
        {"account": "water/cash", "side": "credit", **side},
    ]
    return {"key": key, "kind": "bank_charge", "legs": legs}


def batch(*entries: Json) -> Json:
    """Return a document of entries."""
    return {"schema": "almoner.entries/1", "entries": list(entries)}


def give(mira: Asker, giver: str = "foundation", amount: str = "100.00") -> str:
    """Book a gift and return its code."""
    body = {"giver": giver, "amount": amount, "unit": "USD"}
    return str(mira.made(f"{FUND}/contributions", body)["code"])


def test_accounts_say_what_they_hold_and_how_it_came(ask: Ask) -> None:
    mira = ask("mira")
    give(mira)
    mira.made(f"{BOOK}/transactions", batch(charge("c1"), charge("c2", "1.00")))
    held = mira.seen(f"{BOOK}/accounts/balance?account=water/cash")
    assert (held["balance"], held["settled"]["debits"], held["settled"]["credits"]) == (
        "96.50",
        "100.00",
        "3.50",
    )
    first = mira.seen(f"{BOOK}/accounts/history?account=water/cash&limit=2")
    assert (first["opening"], first["closing"]) == ("0.00", first["items"][1]["balance"])
    rest = mira.seen(f"{BOOK}/accounts/history?account=water/cash&limit=2&cursor={first['next']}")
    assert (rest["opening"], rest["closing"], rest["next"]) == (first["closing"], "96.50", None)
    trial = mira.seen(f"{BOOK}/trial-balance")
    assert trial["balanced"]
    assert trial["totals"][0] == {
        "layer": "settled",
        "unit": "USD",
        "debits": "103.50",
        "credits": "103.50",
        "difference": "0.00",
    }
    accounts = mira.seen(f"{BOOK}/accounts?fund=water&on=2026-01-14")["items"]
    assert {row["account"]: row["balance"] for row in accounts} == {
        "water/cash": "0.00",
        "water/pool": "0.00",
    }
    missing = mira.get(f"{BOOK}/accounts/balance?account=water/none")
    assert (missing.status_code, missing.json()["code"]) == (404, "storage.missing")


def test_a_batch_is_posted_whole_or_not_at_all(ask: Ask) -> None:
    mira = ask("mira")
    give(mira)
    refusals = [
        ([charge("c1"), charge("c1")], (422, "document.invalid")),
        ([charge("c1", "0.00")], (422, "document.invalid")),
        ([charge("c1"), charge("c2", "1000.00")], (409, "fund.insufficient")),
    ]
    for entries, told in refusals:
        refused = mira.post(f"{BOOK}/transactions", batch(*entries))
        assert (refused.status_code, refused.json()["code"]) == told, refused.text
    assert len(mira.seen(f"{BOOK}/transactions")["items"]) == 1


def test_a_transaction_is_undone_once_by_its_mirror(ask: Ask) -> None:
    mira = ask("mira")
    give(mira)
    posted = mira.made(f"{BOOK}/transactions", batch(charge("c1")))["items"][0]["transaction"]
    path = f"{BOOK}/transactions/{posted['id']}/reversals"
    tried = mira.made(f"{path}?dry_run=true")
    assert {row["account"] for row in tried["effects"]["balances"]} == {"water/cash", "water/pool"}
    first, again = (mira.post(path, headers={"Idempotency-Key": "undo"}) for _ in range(2))
    assert first.content == again.content
    undone = mira.seen(first.headers["Location"].removeprefix("/v1"))
    assert (undone["act"], undone["parent"], undone["payee"]) == ("reverse", posted["id"], "")
    assert mira.seen(FUND)["balance"] == "100.00"
    twice = mira.post(path)
    assert (twice.status_code, twice.json()["code"]) == (409, "ledger.already_resolved")


def test_each_sees_the_transactions_that_are_theirs(ask: Ask) -> None:
    mira = ask("mira")
    mine = give(mira, "investor", "30.00")
    give(mira, "foundation", "10.00")
    paid = mira.made(f"{BOOK}/transactions", batch(charge("c1", "4.00")))["items"][0]["transaction"]["id"]
    first = mira.seen(f"{BOOK}/transactions?limit=2")
    rest = mira.seen(f"{BOOK}/transactions?limit=2&cursor={first['next']}")
    kinds = sorted(row["kind"] for row in first["items"] + rest["items"])
    assert kinds == ["bank_charge", "contribution", "contribution"]
    own = ask("ivo").seen(f"{FUND}/transactions")["items"]
    assert sorted(row["kind"] for row in own) == ["bank_charge", "contribution"]
    charged = next(row for row in own if row["kind"] == "bank_charge")
    drawn = next(leg for leg in charged["legs"] if leg["account"] == "water/pool")["draws"]
    assert drawn == [{"contribution": mine, "amount": "3.00"}]
    traced = ask("ivo").seen(f"{BOOK}/transactions/{paid}/trace")["items"]
    assert [(row["giver"], row["amount"]) for row in traced] == [("investor", "3.00")]
    assert ask("hana").seen(f"{BOOK}/transactions")["items"] == []
    assert ask("hana").get(f"{BOOK}/transactions/{paid}").status_code == 404
    masked = ask("ada").seen(f"{BOOK}/transactions/{paid}")
    assert all(leg["draws"] == [] for leg in masked["legs"])
    assert {row["giver"] for row in ask("ada").seen(f"{BOOK}/transactions/{paid}/trace")["items"]} == {""}
    assert ask("eva").get(f"{BOOK}/transactions/{paid}").status_code == 403
