from collections.abc import Callable

import pytest
from tests.doors.deals import NIGHTS, agreed, document_of, drawn_up, sign_all, tag_of, terms_of
from tests.doors.people import Asker, signed

Ask = Callable[..., Asker]
ALL = "/books/main/agreements"
GIFT = {"giver": "foundation", "amount": "40000.00", "unit": "USD"}


def test_an_agreement_is_drafted_proposed_and_signed_by_all(ask: Ask) -> None:
    stands = agreed(ask)
    assert (stands["state"], stands["missing"]) == ("active", [])
    assert stands["sources"][0]["encumbered"] == stands["sources"][0]["most"] == "30000.00"
    assert ask("fiona").seen("/books/main/funds/water")["encumbered"] == "30000.00"
    listed = ask("hugo").seen(f"{ALL}?state=active")["items"]
    assert listed == [{"code": "nights", "title": "Nights in a safe place", "state": "active"}]


def test_a_signature_is_kept_once_per_key_and_a_dry_run_keeps_none(ask: Ask) -> None:
    drawn_up(ask)
    eva = ask("eva")
    content = eva.seen(f"{NIGHTS}/signing-bytes")["content"]
    body = {"name": "lab", "signature": signed("lab", content)}
    tried = eva.post(f"{NIGHTS}/signatures?dry_run=true", body)
    assert "lab" not in tried.json()["missing"]
    assert "lab" in eva.seen(NIGHTS)["missing"]
    first, again = (eva.post(f"{NIGHTS}/signatures", body, {"Idempotency-Key": "once"}) for _ in range(2))
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert eva.seen(NIGHTS)["missing"] == ["city", "home"]


def test_nobody_signs_for_another_party(ask: Ask) -> None:
    drawn_up(ask)
    content = ask("hana").seen(f"{NIGHTS}/signing-bytes")["content"]
    theirs = {"name": "city", "signature": signed("foundation", content)}
    assert ask("hana").post(f"{NIGHTS}/signatures", theirs).status_code == 404
    assert ask("jana").post(f"{NIGHTS}/signatures", theirs).status_code == 403
    wrong = ask("fiona").post(f"{NIGHTS}/signatures", theirs | {"signature": "00" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "claim.signature")
    stale = ask("fiona", "Stale").post(f"{NIGHTS}/signatures", theirs)
    assert (stale.status_code, stale.json()["code"]) == (403, "auth.step_up")
    assert ask("fiona", "Key").post(f"{NIGHTS}/signatures", theirs).status_code == 403


def test_who_drafted_an_agreement_does_not_sign_it_as_the_funder(ask: Ask) -> None:
    fiona = ask("fiona")
    fiona.made(ALL, {"code": "nights", "document": document_of()})
    fiona.made(f"{NIGHTS}/proposal", None, tag_of(fiona, f"{NIGHTS}/document"))
    body = {
        "name": "city",
        "signature": signed("foundation", fiona.seen(f"{NIGHTS}/signing-bytes")["content"]),
    }
    refused = fiona.post(f"{NIGHTS}/signatures", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "duty.same_person")
    assert "city" not in ask("frank").made(f"{NIGHTS}/signatures", body)["missing"]


def test_an_underfunded_agreement_is_refused_with_its_figures(ask: Ask) -> None:
    drawn_up(ask)
    with pytest.raises(AssertionError, match=r"contract\.underfunded"):
        sign_all(ask)
    assert ask("mira").seen(NIGHTS)["state"] == "proposed"


def test_a_draft_is_replaced_only_by_who_has_read_it(ask: Ask) -> None:
    mira = ask("mira")
    mira.made(ALL, {"code": "nights", "document": document_of()})
    other = document_of(disputes={"days": 10})
    assert mira.post(ALL, {"code": "nights", "document": other}).json()["code"] == "storage.already_exists"
    assert mira.put(f"{NIGHTS}/document", other).status_code == 428
    tag = tag_of(mira, f"{NIGHTS}/document")
    assert mira.put(f"{NIGHTS}/document", other, tag).json()["version"] == 2
    stale = mira.put(f"{NIGHTS}/document", document_of(), tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition.stale")
    assert mira.seen(f"{NIGHTS}/document")["document"]["disputes"]["days"] == 10


def test_a_document_with_faults_is_refused_with_their_places(ask: Ask) -> None:
    mira = ask("mira")
    unbound = document_of(parties={"city": "foundation", "home": "hub-a"})
    refused = mira.post(ALL, {"code": "nights", "document": unbound})
    assert refused.status_code == 422
    assert "/parties/lab" in refused.text
    broken = document_of(terms=terms_of(rounding="nearest"))
    assert mira.post(ALL, {"code": "nights", "document": broken}).json()["code"] == "request.invalid"
    unbounded = document_of(terms=terms_of(limits=[], metrics={}))
    assert mira.post(ALL, {"code": "nights", "document": unbounded}).status_code == 422
    assert mira.seen(ALL)["items"] == []


def test_a_hub_may_not_draft_and_a_stranger_sees_nothing(ask: Ask) -> None:
    drawn_up(ask)
    assert ask("hana").post(ALL, {"code": "mine", "document": document_of()}).status_code == 403
    assert ask("nora").get(NIGHTS).status_code == 404
    assert ask().get(NIGHTS).status_code == 401
    mira = ask("mira")
    gone = mira.made(f"{NIGHTS}/withdrawal", None, tag_of(mira, NIGHTS))
    assert gone["state"] == "withdrawn"
