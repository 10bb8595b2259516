"""Agreements at the desk: drafted from a published deal, read five ways, signed, disputed, settled."""

import base64
from collections.abc import Callable

import pytest
from tests.doors.deals import NIGHTS, agreed, document_of, drawn_up
from tests.doors.people import Asker, secret_of
from tests.pages.visiting import Visitor

from almoner.finance.signatures import sign_bytes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = "/books/main/desk/agreements"
ONE = f"{DESK}/nights"


def sign(visitor: Visitor, party: str, path: str = ONE) -> str:
    form = visitor.form(path, "sign")
    html = visitor.see(path)
    content = html.partition('data-signing="')[2].partition('"')[0]
    signature = sign_bytes(secret_of(party), base64.b64decode(content)).hex()
    reply = visitor.client.post(path, data={**form.fields, "signature": signature})
    return reply.headers["location"] if reply.status_code == 303 else reply.text


def test_a_deal_of_the_casebook_is_drafted_and_read_five_ways(visit: Callable[..., Visitor]) -> None:
    mira = visit("mira")
    assert "There is no agreement yet" in mira.text(DESK)
    assert "Say who is who" in mira.text(f"{DESK}?deal=denver-sib")
    form = mira.form(f"{DESK}?deal=denver-sib", "draft-deal")
    codes = ("foundation", "almoner", "investor", "hub-a", "hub-b")
    roles = [name for name in form.fields if name.startswith("party-")]
    fields = {name: codes[place % len(codes)] for place, name in enumerate(roles)} | {"party-urban": "lab"}
    assert "drafted" in mira.do(f"{DESK}?deal=denver-sib", "draft-deal", {**fields, "code": "denver"})
    shown = mira.text(f"{DESK}/denver")
    assert "Read it five ways" in shown
    assert "is the most it can cost, proven" in shown
    simulated = mira.send(f"{DESK}/denver", "simulate", status=200).text
    assert "nine in ten end within a band" in simulated
    assert "<svg" in simulated


def test_money_that_is_missing_is_said_before_it_is_refused_and_the_last_signature_sets_it_aside(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    drawn_up(ask)
    assert "Too little is free: top it up" in visit("fiona").text(ONE)
    assert "/desk/agreements/nights" in sign(visit("hana"), "hub-a")
    sign(visit("eva"), "lab")
    refused = sign(visit("fiona"), "foundation")
    assert "There is a problem" in refused or "error-summary" in refused
    gift = {"giver": "foundation", "amount": "40000.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    assert "Enough is free" in visit("fiona").text(ONE)
    assert "done=signed" in sign(visit("fiona"), "foundation")
    assert "in force" in visit("fiona").text(ONE)
    assert "30,000.00" in visit("fiona").text(ONE)


def test_typed_results_are_paid_for_without_paying_anything(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    drawn_up(ask, document_of())
    paid = visit("fiona").send(ONE, "pay", {"value-nights": "412"}, status=200).text
    assert "6,229.44" in paid
    wrong = visit("fiona").send(ONE, "pay", {"value-nights": "many"}, status=422).text
    assert 'value="many"' in wrong


def test_a_finding_is_disputed_by_whoever_has_money_in_it(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    agreed(ask)
    ask("hana").made(f"{NIGHTS}/claims", {"code": "march", "results": [{"metric": "nights", "value": "412"}]})
    page = f"{ONE}/claims/march"
    assert "Reported" in visit("fiona").text(page)
    assert "If you do not agree" not in visit("fiona").text(page)
    visit("jana").see(page, 404)
