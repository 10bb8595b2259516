"""The funder's desk: what needs somebody, approvals, carrying out, and what is done to a fund."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.conftest import NOW
from tests.doors.people import Asker, secret_of
from tests.pages.conftest import app_on, open_world
from tests.pages.desk_world import FUND, MODEL, ask_approval, lay_out, propose, unsigned
from tests.pages.visiting import Visitor

from almoner.finance.dates import fixed_clock
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import open_engine

Visit = Callable[..., Visitor]
Ask = Callable[..., Asker]
DESK = "/books/main/desk"
WATER = f"{DESK}/funds/water"
HOSTILE = '<script>alert(1)</script>"><img src=x>\u202e'


@pytest.fixture(scope="module")
def laid_out(make_database: Callable[[str], str]) -> Path:
    """File of a database with a book of money, promises and an agreement, made once."""
    url = make_database("sqlite")
    engine = open_engine(url)
    open_world(engine)
    app = app_on(engine, fixed_clock(NOW))
    lay_out(cache(lambda name="": Asker(app, name)))
    engine.dispose()
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture
def database_url(laid_out: Path, tmp_path: Path) -> str:
    """Address of a copy of it: pages are the same on both databases, and what they ask is tested on both."""
    copied = tmp_path / "laid-out.db"
    shutil.copy(laid_out, copied)
    return f"sqlite:///{copied}"


@pytest.fixture
def world(ask: Ask) -> Ask:
    """Clients of the operations on that book."""
    return ask


def page_of(proposal: str) -> str:
    """Return the address of the page of a proposal."""
    return f"{WATER}/proposals/{proposal}"


def approve(visitor: Visitor, world: Ask, proposal: str) -> str:
    """Sign a proposal with the foundation's key, approve it, and return what is read then."""
    content = bytes.fromhex(world("fiona").seen(f"{FUND}/proposals/{proposal}")["signing_bytes"])
    signature = sign_bytes(secret_of("foundation"), content).hex()
    return visitor.do(page_of(proposal), "approve", {"signature": signature})


def test_the_desk_says_what_needs_somebody_the_largest_first(visit: Visit, world: Ask) -> None:
    ask_approval(world)
    propose(world, "3000.00")
    propose(world, "9000.00", use={"region": "north"})
    unsigned(world)
    seen = visit("fiona").text(DESK)
    assert "12,000.00\u00a0USD 2 approvals wait" in seen
    assert seen.index("9,000.00") < seen.index("3,000.00")
    assert "Still to sign" in seen
    assert "Foundation, Hub-A, Lab" in seen
    csv = visit("fiona").client.get(f"{DESK}?as=csv").text
    assert "Payment,Hub-A,9000.00,USD,Water,2026-01-15" in csv
    told = visit("fiona").client.get(f"{DESK}?as=json").json()["read"]
    assert told[0]["reply"] == world("fiona").seen("/books/main/waiting?limit=200")


def test_who_has_no_desk_finds_nothing_there(visit: Visit, world: Ask) -> None:
    ask_approval(world)
    proposal = propose(world)
    for name in ("", "hana", "eva", "jana", "nora"):
        for path in (DESK, WATER, page_of(proposal), f"{WATER}/payment"):
            assert visit(name).client.get(path).status_code == (404 if name else 401), (name, path)


def test_a_proposal_is_approved_with_a_key_carried_out_once_and_traced_to_its_givers(
    visit: Visit, world: Ask
) -> None:
    ask_approval(world)
    proposal = propose(world, "4000.00", use={"region": "north"})
    seen = visit("fiona").text(page_of(proposal))
    assert "This pays 4,000.00\u00a0USD out of Water to Hub-A." in seen
    assert "It waits: 0 of 1 approvals are given." in seen
    effects = world("fiona").seen(f"{FUND}/proposals/{proposal}/effects")["items"]
    before = {(one["account"], one["earmark"], one["figure"]): one["after"] for one in effects}
    assert "You agreed to this proposal." in approve(visit("fiona"), world, proposal)
    mira = visit("mira")
    form = mira.form(page_of(proposal), "carry-out")
    replies = [mira.client.post(page_of(proposal), data=form.fields) for _ in range(2)]
    assert [one.status_code for one in replies] == [303, 303]
    stands = world("mira").seen(FUND)
    assert stands["disbursed"] == "4000.00"
    north = next(row for row in stands["earmarks"] if row["earmark"] == "north")
    assert north["balance"] == before["water/pool", "north", "balance"]
    after = mira.text(replies[0].headers["location"])
    assert "Whose money it was Giver" in after
    assert "Carried out." in after


def test_a_proposal_is_rejected_with_a_reason_that_its_maker_reads(visit: Visit, world: Ask) -> None:
    ask_approval(world)
    proposal, other = propose(world, "4000.00"), propose(world, "3000.00")
    fiona, mira = visit("fiona"), visit("mira")
    reply = fiona.send(page_of(proposal), "reject", {"reason": ""}, status=422)
    assert 'href="#reason"' in reply.text
    stale = fiona.send(page_of(proposal), "reject", {"reason": HOSTILE, "read": "0" * 64}, status=412)
    assert "&lt;script&gt;alert(1)" in stale.text
    seen = fiona.do(page_of(proposal), "reject", {"reason": "It was paid in March."})
    assert "You rejected this proposal." in seen
    assert "Rejected, for good." in seen
    for act in ("approve", "reject", "carry-out"):
        with pytest.raises(AssertionError, match=act):
            (fiona if act != "carry-out" else mira).form(page_of(proposal), act)
    desk = mira.text(DESK)
    assert "Rejected, and not proposed again" in desk
    assert "It was paid in March." in desk
    assert "Why it was rejected" in mira.text(page_of(proposal))
    assert "Take this proposal back" in mira.text(page_of(other))
    assert "Rejected by Almoner" in mira.do(page_of(other), "reject", {"reason": "A wrong amount."})


def test_a_proposal_nobody_may_approve_for_themselves_or_without_their_key_is_refused_in_words(
    visit: Visit, world: Ask
) -> None:
    ask_approval(world)
    proposal = propose(world)
    reply = visit("fiona").send(page_of(proposal), "approve", {"signature": "ab"}, status=422)
    assert 'value="ab"' in reply.text
    assert 'href="#signature"' in reply.text
    with pytest.raises(AssertionError, match="approve"):
        visit("mira").form(page_of(proposal), "approve")
    with pytest.raises(AssertionError, match="carry-out"):
        visit("mira").form(page_of(proposal), "carry-out")


def test_an_approval_of_another_proposal_than_the_one_that_was_read_is_refused(
    visit: Visit, world: Ask
) -> None:
    ask_approval(world)
    proposal = propose(world)
    reply = visit("fiona").send(page_of(proposal), "approve", {"read": "0" * 64}, status=412)
    assert "Read this one" in reply.text
    assert world("fiona").seen(f"{FUND}/proposals/{proposal}")["approvals"] == []


def test_two_proposals_for_one_payee_are_set_side_by_side(visit: Visit, world: Ask) -> None:
    ask_approval(world)
    first, second = propose(world, "3000.00"), propose(world, "3500.00")
    seen = visit("fiona").text(page_of(first))
    assert "This is where they differ" in seen
    assert "3,500.00" in seen
    assert second in visit("fiona").see(page_of(first))


def test_a_proposal_the_fund_cannot_bear_says_so(visit: Visit, world: Ask) -> None:
    ask_approval(world)
    first, second = propose(world, "9000.00"), propose(world, "8000.00")
    approve(visit("fiona"), world, first)
    visit("mira").do(page_of(first), "carry-out")
    assert "does not hold enough" in visit("fiona").text(page_of(second))


def test_what_somebody_wrote_into_a_note_is_shown_and_never_run(visit: Visit, world: Ask) -> None:
    ask_approval(world)
    proposal = propose(world, note=HOSTILE + "x" * 1900)
    seen = visit("fiona").see(page_of(proposal))
    assert "<script>alert" not in seen
    assert "<img src=x" not in seen
    assert "&lt;script&gt;alert(1)" in seen
    assert "\u202e" not in seen


def test_a_payment_is_tried_before_it_is_made_and_made_once(visit: Visit, world: Ask) -> None:
    mira = visit("mira")
    path = f"{WATER}/payment"
    given = {"payee": "hub-a", "amount": "1,250.50", "unit": "USD"}
    checked = mira.send(path, "check", given, status=200)
    assert "This pays 1,250.50" in checked.text
    assert "38,749.50" in checked.text
    assert world("mira").seen(FUND)["disbursed"] == "0.00"
    form = mira.form_in(checked.text, "pay")
    for _ in range(2):
        assert mira.client.post(path, data=form.fields).status_code == 303
    assert world("mira").seen(FUND)["disbursed"] == "1250.50"


def test_a_payment_above_the_limit_is_proposed(visit: Visit, world: Ask) -> None:
    ask_approval(world)
    mira, path = visit("mira"), f"{WATER}/payment"
    checked = mira.send(path, "check", {"payee": "hub-a", "amount": "2000.00"}, status=200)
    assert "It takes 1 approval of another person first." in checked.text
    form = mira.form_in(checked.text, "propose")
    reply = mira.client.post(path, data=form.fields)
    assert "It is proposed." in mira.text(reply.headers["location"])


TASKS = (
    ("fiona", "pledge", "pledge", {"amount": "500.00"}, "The promise is on record."),
    (
        "fiona",
        "pledge-signature",
        "sign",
        {"amount": "500.00", "agreement_sha256": "a" * 64},
        "The signed promise is on record.",
    ),
    (
        "mira",
        "contribution",
        "book",
        {"giver": "investor", "amount": "700.00", "earmark": "north"},
        "The money is booked.",
    ),
    ("fiona", "gift", "offer", {"amount": "8.00", "unit": "hour"}, "The gift is on record."),
    (
        "fiona",
        "earmark",
        "open",
        {"title": "South", "code": "south", "column": "region", "values": "south\r\ncoast"},
        "The earmark is open.",
    ),
    ("fiona", "currency", "accept", {"unit": "eur"}, "The fund holds this currency now."),
)


def test_each_thing_done_to_a_fund_has_a_page_and_keeps_what_was_refused(visit: Visit, world: Ask) -> None:
    for name, task, act, fields, said in TASKS:
        visitor, path = visit(name), f"{WATER}/{task}"
        wrong = {**fields, **({"amount": "much"} if "amount" in fields else {"code": "!", "unit": "?"})}
        refused = visitor.send(path, act, wrong, status=422)
        assert "govuk-error-summary" in refused.text, task
        assert (
            f'value="{"much" if "amount" in fields else wrong["unit" if task == "currency" else "code"]}"'
            in (refused.text)
        )
        assert said in visitor.do(path, act, fields)
    assert world("mira").seen(FUND)["contributions"] == "61700.00"


def test_a_gift_in_kind_is_valued_by_another_than_its_giver_apart_from_cash(visit: Visit, world: Ask) -> None:
    gift = world("mira").seen(f"{FUND}/in-kind-contributions")["items"][0]["gift"]
    fields = {"gift": gift, "price": "25.00", "haircut_bp": "20", "evidence_sha256": "b" * 64}
    before = world("mira").seen(FUND)["balance"]
    seen = visit("mira").do(f"{WATER}/valuation", "value", fields)
    assert "800.00" in seen
    assert world("mira").seen(FUND)["balance"] == before
    again = visit("mira").do(f"{WATER}/valuation", "value", fields | {"price": "30.00"})
    assert "960.00" in again


def test_a_transaction_is_undone_by_its_opposite(visit: Visit, world: Ask) -> None:
    made = world("mira").made(
        f"{FUND}/disbursements", {"payee": "hub-a", "amount": "40.00", "unit": "USD", "note": "Wrong hub"}
    )
    assert "Wrong hub" in visit("mira").text(f"{WATER}/reversal")
    seen = visit("mira").do(f"{WATER}/reversal?transaction={made['id']}", "undo")
    assert "undone by its exact opposite" in seen
    assert world("mira").seen(FUND)["disbursed"] == "0.00"


def test_a_fund_shows_which_money_may_go_where_and_when_it_ends(visit: Visit, world: Ask) -> None:
    seen = visit("mira").text(WATER)
    assert "Northern districts" in seen
    assert "theme: wells" in seen
    assert "Use it by" in seen
    assert "13,000.00" in seen
    ages = world("mira").seen(f"{FUND}/pledges/ages")["items"]
    assert [(one["giver"], one["since"], one["signed"], one["amount"]) for one in ages] == [
        ("foundation", "2025-03-01", False, "13000.00"),
        ("foundation", "2025-11-15", True, "12000.00"),
        ("investor", "2025-12-20", False, "8000.00"),
    ]
    own = visit("fiona").text(WATER)
    assert "Investor" not in own
    assert "Publish this fund" in own


def test_a_fund_is_opened_and_published_at_the_desk(visit: Visit, world: Ask) -> None:
    fields = {"title": "Schools", "code": "schools", "unit": "usd"}
    assert "The fund is open." in visit("fiona").do(DESK, "open-fund", fields)
    path = f"{DESK}/funds/schools"
    assert "Everybody can read this fund" in visit("fiona").do(path, "publish")
    assert world("").seen("/books/main/funds/schools")["title"] == "Schools"


def test_models_of_outcomes_become_a_fan_of_payments(visit: Visit, world: Ask) -> None:
    assert world("fiona")
    sent = {"file": ("model.json", json.dumps(MODEL).encode())}
    reply = visit("fiona").send(DESK, "forecast", {"agreement": "nights"}, files=sent, status=200)
    assert "nine of ten cases lie here" in reply.text
    assert "What will be paid in each year, in USD" in reply.text
    wrong = {"file": ("model.json", b"nights")}
    refused = visit("fiona").send(DESK, "forecast", {"agreement": "nights"}, files=wrong, status=422)
    assert "Choose a file with outcome models." in refused.text


def test_the_desk_speaks_the_readers_language_and_from_right_to_left(visit: Visit) -> None:
    seen = visit("fiona").see(f"{DESK}?lang=ar-XB")
    assert 'dir="rtl"' in seen
    assert "[Whàt ñééđš ýôû]" in seen.replace("ééd", "ééđ")


def test_money_is_moved_returned_and_charged_after_its_effect_was_shown(visit: Visit, world: Ask) -> None:
    mira = visit("mira")
    deposit = world("mira").seen(f"{FUND}/contributions")["items"][0]
    asked: dict[str, dict[str, str]] = {
        "move": {"given": "unrestricted", "taken": "north", "amount": "10.00"},
        "return": {"giver": deposit["giver"], "earmark": "unrestricted", "amount": "5.00"},
        "fee": {"contribution": deposit["code"], "agent": "almoner", "amount": "1.00"},
    }
    for word, fields in asked.items():
        path, before = f"{WATER}/{word}", world("mira").seen(FUND)
        refused = mira.send(path, "check", fields | {"amount": "999999999.00"}, status=409)
        assert 'value="999999999.00"' in refused.text
        checked = mira.send(path, "check", fields, status=200)
        assert "What it does to the balances" in checked.text
        assert world("mira").seen(FUND) == before
        form = mira.form_in(checked.text, "do")
        replies = [mira.client.post(path, data=form.fields) for _ in range(2)]
        assert [one.status_code for one in replies] == [303, 303]
        assert "It is booked." in mira.text(replies[0].headers["location"])
    stands = world("mira").seen(FUND)
    assert (stands["returned"], stands["fees"]) == ("5.00", "1.00")
