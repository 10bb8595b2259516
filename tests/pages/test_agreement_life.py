"""Agreements at the desk after they are signed: suspended, resumed, ended, closed, amended."""

import base64
import json
from collections.abc import Callable

import pytest
from tests.doors.deals import NIGHTS, agreed, terms_of
from tests.doors.people import Asker, secret_of
from tests.pages.visiting import Visitor, read

from almoner.finance.signatures import sign_bytes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONE = "/books/main/desk/agreements/nights"
LIFE = f"{ONE}/life"
Visit = Callable[..., Visitor]
Ask = Callable[..., Asker]


def signatures(html: str, *parties: str) -> list[str]:
    """Sign what a page gives to be signed, for each party."""
    content = base64.b64decode(html.partition('data-signing="')[2].partition('"')[0])
    return [sign_bytes(secret_of(party), content).hex() for party in parties]


def test_an_agreement_is_suspended_resumed_and_ended_by_everybody_with_money_in_it(
    visit: Visit, ask: Ask
) -> None:
    agreed(ask)
    fiona = visit("fiona")
    assert "30,000.00\u00a0USD stays set aside" in fiona.text(LIFE)
    assert "Close it" not in fiona.text(LIFE)
    assert "Go on to the signatures" in fiona.text(f"{LIFE}?step=suspend")
    for step, said in (("suspend", "It is suspended."), ("resume", "It goes on.")):
        path = f"{LIFE}?step={step}&code=audit&reason=The+register+is+audited."
        assert "The register is audited." in visit("hana").text(path)
        city, home = signatures(fiona.see(path), "foundation", "hub-a")
        half = fiona.send(path, step, {"signatures-city": city}, status=409)
        assert f'value="{city}"' in half.text
        assert said in fiona.do(path, step, {"signatures-city": city, "signatures-home": home})
    wrong = fiona.text(f"{LIFE}?step=terminate&on=tomorrow&reason=x")
    assert "Go on to the signatures" in wrong
    path = f"{LIFE}?step=terminate&on=2026-01-15&reason=The+home+closes."
    city, home = signatures(fiona.see(path), "foundation", "hub-a")
    assert "This cannot be undone." in fiona.text(path)
    fiona.do(path, "terminate", {"signatures-city": city, "signatures-home": home})
    assert ask("mira").seen(NIGHTS)["state"] == "terminated"
    assert "becomes free again in its fund" in fiona.text(f"{LIFE}?step=close")
    assert "It is closed." in fiona.do(f"{LIFE}?step=close", "close")
    assert ask("mira").seen("/books/main/funds/water")["encumbered"] == "0.00"
    assert "Nothing of this kind can be done by you now." in fiona.text(LIFE)
    for name in ("jana", ""):
        visit(name).see(LIFE, 404 if name else 401)
    assert "Nothing of this kind can be done by you now." in visit("eva").text(LIFE)


def test_who_says_that_all_results_are_in_before_the_last_day_needs_everybody(visit: Visit, ask: Ask) -> None:
    agreed(ask)
    fiona, path = visit("fiona"), f"{LIFE}?step=measure"
    refused = fiona.send(path, "measure", status=409)
    assert "can be claimed until" in read(refused.text)
    city, home = signatures(fiona.see(path), "foundation", "hub-a")
    assert "All results are in." in fiona.do(
        path, "measure", {"signatures-city": city, "signatures-home": home}
    )


def test_new_terms_are_shown_as_changes_with_what_they_can_cost_then_made_and_approved(
    visit: Visit, ask: Ask
) -> None:
    agreed(ask)
    fiona, path = visit("fiona"), f"{ONE}/amendment"
    broken = fiona.send(path, "look", {"terms": "{", "reason": "More places"}, status=422)
    assert 'href="#terms"' in broken.text
    assert "More places" in broken.text
    same = fiona.send(path, "look", {"reason": "More places"}, status=422)
    assert "Change what is to be changed" in read(same.text)
    new = terms_of(limits=[{"id": "most", "of": ["*"], "max": "36000.00"}])
    sent = {"file": ("new.json", json.dumps(new).encode())}
    looked = fiona.send(
        path, "look", {"reason": "More places", "effective_on": "2026-02-01"}, files=sent, status=200
    )
    assert "limit most, max: 30000.00 becomes 36000.00" in read(looked.text)
    assert "30,000.00 36,000.00 10,000.00 USD Enough is free" in read(looked.text)
    form = fiona.form_in(looked.text, "make")
    bad = fiona.client.post(path, data={**form.fields, "signature": "ab"})
    assert bad.status_code == 422
    assert 'value="ab"' in bad.text
    again = fiona.form_in(bad.text, "make")
    (signature,) = signatures(bad.text, "foundation")
    made = fiona.client.post(path, data={**again.fields, "signature": signature})
    assert made.status_code == 303
    assert "The others have to approve it." in fiona.text(made.headers["location"])
    hana, change = visit("hana"), f"{ONE}/amendments/{form.fields['code']}"
    assert "36,000.00" in hana.text(change)
    with pytest.raises(AssertionError, match="approve"):
        fiona.form(change, "approve")
    (approval,) = signatures(hana.see(change), "hub-a")
    assert "You approved the amendment." in hana.do(change, "approve", {"signature": approval})
    assert "It is in force." in fiona.text(change)
    assert ask("mira").seen(NIGHTS)["sources"][0]["most"] == "36000.00"
