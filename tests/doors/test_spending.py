from collections.abc import Callable

import pytest
from tests.doors.people import Asker, Json, signed

from almoner.finance import acts
from almoner.finance.earmarks import Consent, Earmark
from almoner.finance.storage import Engine, UnitOfWork

FUND = "/books/main/funds/water"
Ask = Callable[..., Asker]


def usd(amount: str, **rest: object) -> Json:
    """Return a body with an amount."""
    return {"amount": amount, "unit": "USD", **rest}


@pytest.fixture
def mira(ask: Ask) -> Asker:
    """The intermediary, with 100.00 of the foundation in the fund."""
    found = ask("mira")
    found.made(f"{FUND}/contributions", usd("100.00", giver="foundation"), {"Idempotency-Key": "gift"})
    return found


def test_a_promise_is_paid_passed_on_and_released(ask: Ask, mira: Asker) -> None:
    mira.made(f"{FUND}/commitments", usd("60.00", code="well/7"))
    more = mira.post(f"{FUND}/commitments", usd("60.00", code="well/8"))
    assert (more.status_code, more.json()["figures"]["free"]) == (409, "40.00")
    mira.made(f"{FUND}/commitment-payments", usd("20.00", code="well/7", payee="hub-a"))
    mira.made(f"{FUND}/commitment-reassignments", usd("15.00", given="well/7", taken="well/8"))
    listed = ask("ivo").seen(f"{FUND}/commitments")["items"]
    assert [(row["kind"], row["code"], row["left"]) for row in listed] == [
        ("commitment", "well/7", "25.00"),
        ("commitment", "well/8", "15.00"),
    ]
    part = mira.made(f"{FUND}/commitment-releases", {"code": "well/7", "amount": "5.00"})
    assert part["released"] == "5.00"
    assert mira.made(f"{FUND}/commitment-releases", {"code": "well/7"})["released"] == "20.00"
    assert mira.made(f"{FUND}/commitment-releases", {"code": "well/7"})["released"] == "0.00"
    stands = mira.seen(FUND)
    assert (stands["balance"], stands["free"]) == ("80.00", "65.00")
    over = mira.post(f"{FUND}/commitment-payments", usd("15.01", code="well/8", payee="hub-a"))
    assert (over.status_code, over.json()["code"]) == (409, "fund.overdrawn")


def test_a_payment_goes_out_and_comes_back_to_those_who_bore_it(ask: Ask, mira: Asker) -> None:
    paid = mira.made(f"{FUND}/disbursements", usd("30.00", payee="hub-a", note="first tranche"))
    seen = ask("hana").seen(f"{FUND}/transactions/{paid['id']}")
    assert (seen["payee"], seen["note"]) == ("hub-a", "first tranche")
    assert ask("hugo").get(f"{FUND}/transactions/{paid['id']}").status_code == 404
    mira.made(f"{FUND}/refunds", usd("10.00", payment=paid["id"], payer="hub-a"))
    over = mira.post(f"{FUND}/refunds", usd("20.01", payment=paid["id"], payer="hub-a"))
    assert (over.status_code, over.json()["figures"]["left"]) == (409, "20.00")
    mira.made(f"{FUND}/donor-returns", usd("5.00", giver="foundation"))
    stands = mira.seen(FUND)
    assert (stands["disbursed"], stands["refunds"], stands["returned"]) == ("30.00", "10.00", "5.00")
    assert stands["balance"] == "75.00"


def test_a_fee_is_borne_by_its_deposit(ask: Ask, mira: Asker) -> None:
    code = mira.seen(f"{FUND}/transactions")["items"][0]["legs"][1]["draws"][0]["contribution"]
    fee = {"contribution": code, "agent": "almoner", "share": {"num": 1, "den": 100}}
    assert mira.made(f"{FUND}/fees", fee)["legs"][0]["amount"] == "1.00"
    printed = {"contribution": code, "agent": "almoner", "amount": usd("2.00")}
    assert mira.made(f"{FUND}/fees", printed)["legs"][0]["amount"] == "2.00"
    both = mira.post(f"{FUND}/fees", fee | printed)
    assert (both.status_code, both.json()["code"]) == (422, "request.invalid")
    more = mira.post(f"{FUND}/fees", fee | {"share": {"num": 2, "den": 1}})
    assert more.status_code == 422
    assert mira.post(f"{FUND}/fees", fee | {"contribution": "none"}).status_code == 404
    assert ask("mira").seen(FUND)["fees"] == "3.00"


def test_an_implementer_sees_its_own_deliveries(ask: Ask, mira: Asker) -> None:
    for hub, amount in (("hub-a", "40.00"), ("hub-b", "10.00")):
        mira.made(f"{FUND}/advances", usd(amount, implementer=hub))
    mira.made(f"{FUND}/spending-reports", usd("30.00", implementer="hub-a"))
    over = mira.post(f"{FUND}/spending-reports", usd("10.01", implementer="hub-a"))
    assert (over.status_code, over.json()["figures"]["left"]) == (409, "10.00")
    assert [row["implementer"] for row in mira.seen(f"{FUND}/deliveries")["items"]] == ["hub-a", "hub-b"]
    (own,) = ask("hana").seen(f"{FUND}/deliveries")["items"]
    assert (own["implementer"], own["unreported"], own["rate_bp"]) == ("hub-a", "10.00", 7500)
    assert ask("hana").post(f"{FUND}/advances", usd("1.00", implementer="hub-a")).status_code == 403


def test_only_the_donor_widens_what_was_restricted(ask: Ask, engine: Engine, mira: Asker) -> None:
    with UnitOfWork(engine) as session:
        acts.open_earmark(
            session, "main", Earmark(code="north", title="North", admits={"region": ("north",)})
        )
    mira.made(f"{FUND}/moves", usd("10.00", given="unrestricted", taken="north"))
    gift = mira.made(f"{FUND}/contributions", usd("50.00", giver="foundation", earmark="north"))["code"]
    consent = Consent(contribution=gift, earmark="unrestricted", reference="letter 7")
    signature = signed("foundation", consent.canonical_bytes().hex())
    body = {"consent": consent.model_dump(mode="json", by_alias=True), "signature": signature}
    stranger = ask("ivo").post(f"{FUND}/consents", body)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "storage.missing")
    back = mira.post(f"{FUND}/moves", usd("20.00", given="north", taken="unrestricted"))
    assert (back.status_code, back.json()["figures"]["allowed"]) == (409, "10.00")
    made = ask("fiona").made(f"{FUND}/consents", body)
    assert (made["amount"], made["earmark"], made["released_from"]) == ("50.00", "unrestricted", gift)


def test_an_amount_that_is_none_is_refused(mira: Asker) -> None:
    paths: dict[str, Json] = {
        "commitments": {"code": "well"},
        "disbursements": {"payee": "hub-a"},
        "donor-returns": {"giver": "foundation"},
        "advances": {"implementer": "hub-a"},
        "moves": {"given": "unrestricted", "taken": "north"},
    }
    for path, rest in paths.items():
        for amount in ("0.00", "-1.00", "0.001", "9999999999999999999", "1e3"):
            refused = mira.post(f"{FUND}/{path}", usd(amount, **rest))
            assert refused.status_code == 422, refused.text
