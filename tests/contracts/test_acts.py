"""Agreements on both databases: drawn up once, signed by everybody, covered in full, closed once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from almoner import currency, money
from almoner.contracts import acts
from almoner.contracts.records import agreements
from almoner.contracts.terms.document import TermDocument
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import (
    AlreadyExists,
    Missing,
    NotIndependent,
    NotSigned,
    OverdrawnCommitment,
    SignatureInvalid,
    TermError,
    Underfunded,
    UnlawfulTransition,
)
from almoner.finance.records.tables import EVENT, TXN
from almoner.finance.signatures import sign_bytes

if TYPE_CHECKING:
    from tests.contracts.conftest import Desk

Content = dict[str, Any]


def written(desk: "Desk") -> tuple[int, int, tuple[str, ...]]:
    """Count what stands in the book."""
    counts = [desk.session.scalar(select(func.count()).select_from(table)) or 0 for table in (EVENT, TXN)]
    return counts[0], counts[1], agreements.list_agreements(desk.session, "main")


def secret(desk: "Desk", name: str) -> bytes:
    return hashlib.sha256(desk.parties[name].encode()).digest()


@pytest.fixture
def other_terms(content: Content) -> TermDocument:
    content["limits"][0]["max"] = "400000.00"
    return TermDocument.read(json.dumps(content))


def test_drawing_up_promises_nothing_and_drawing_up_again_writes_nothing(desk: "Desk") -> None:
    first = desk.draw_up()
    assert (first.state, first.signed, first.maximum) == ("proposed", (), money("500000.00", "USD"))
    before = written(desk)
    assert desk.draw_up() == first
    assert written(desk) == before
    assert desk.money() == ("0.00", "0.00", "600000.00")


def test_a_code_belongs_to_one_text_one_set_of_parties_and_one_fund(
    desk: "Desk", other_terms: TermDocument
) -> None:
    desk.draw_up()
    second = finance.open_fund(desk.session, "main", "harbour", currency("USD"), title="Harbour fund")
    before = written(desk)
    with pytest.raises(AlreadyExists):
        desk.draw_up(terms=other_terms)
    with pytest.raises(AlreadyExists):
        replace(desk, parties={**desk.parties, "home": "south-giver"}).draw_up()
    with pytest.raises(AlreadyExists):
        replace(desk, fund=second).draw_up()
    assert written(desk) == before


def test_a_party_that_is_not_registered_leaves_nothing_behind(desk: "Desk") -> None:
    before = written(desk)
    with pytest.raises(Missing, match="nobody"):
        replace(desk, parties={**desk.parties, "home": "nobody"}).draw_up()
    assert written(desk) == before
    assert desk.draw_up().state == "proposed"


def test_every_party_of_the_terms_is_bound_and_no_other(desk: "Desk") -> None:
    with pytest.raises(TermError) as caught:
        replace(
            desk, parties={"city": "harbour-city", "home": "night-shelter", "boat": "north-giver"}
        ).draw_up()
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    assert [row["path"] for row in found if isinstance(row, dict)] == ["/parties/lab", "/parties/boat"]


@pytest.mark.parametrize("unit", ["EUR/2", "USD/3"])
def test_terms_in_another_unit_than_the_fund_are_refused(desk: "Desk", content: Content, unit: str) -> None:
    content["clauses"][0]["amount"]["as"] = unit
    content["clauses"][0]["amount"]["by"][0]["type"] = f"{unit} per night/0"
    with pytest.raises(TermError, match=r"the fund keeps USD/2"):
        desk.draw_up(terms=TermDocument.read(json.dumps(content)))


@pytest.mark.parametrize("name", ["city", "home"])
def test_an_evaluator_with_another_part_is_refused_before_anything_is_written(
    desk: "Desk", name: str
) -> None:
    before = written(desk)
    with pytest.raises(NotIndependent) as caught:
        replace(desk, parties={**desk.parties, "lab": desk.parties[name]}).draw_up()
    assert caught.value.figures["party"] == desk.parties[name]
    assert written(desk) == before


def test_terms_without_a_bound_cannot_be_drawn_up(desk: "Desk", content: Content) -> None:
    content["metrics"]["nights"]["domain"] = ["-5", "40000"]
    with pytest.raises(TermError, match="could be as low as"):
        desk.draw_up(terms=TermDocument.read(json.dumps(content)))


def test_a_signature_by_another_key_or_over_other_bytes_is_refused(desk: "Desk") -> None:
    agreement = desk.draw_up()
    good = desk.signatures("home")["home"]
    other = sign_bytes(secret(desk, "home"), replace(agreement, code="other").signing_bytes())
    for signature in (
        sign_bytes(secret(desk, "lab"), agreement.signing_bytes()),
        other,
        good[:-1] + bytes([good[-1] ^ 1]),
        good[:63],
        b"",
    ):
        with pytest.raises(SignatureInvalid):
            acts.sign(
                desk.session,
                desk.fund,
                "pact",
                {**desk.signatures("city"), "home": signature},
                clock=desk.clock,
            )
        assert desk.stands().signed == ()


def test_the_signed_bytes_name_code_terms_parties_and_maximum(
    desk: "Desk", other_terms: TermDocument
) -> None:
    first = desk.draw_up()
    others = [
        replace(first, code="other"),
        replace(first, terms=other_terms),
        replace(first, parties={**first.parties, "home": "south-giver"}),
        replace(first, maximum=money("1.00", "USD")),
    ]
    assert len({one.signing_bytes() for one in [first, *others]}) == 5


def test_only_a_party_of_the_terms_with_a_registered_key_signs(desk: "Desk") -> None:
    desk.draw_up()
    with pytest.raises(NotSigned, match="'giver'"):
        acts.sign(desk.session, desk.fund, "pact", {"giver": b"x" * 64}, clock=desk.clock)
    quiet = replace(desk, parties={**desk.parties, "home": "quiet-owl"})
    quiet.draw_up("quiet")
    with pytest.raises(NotSigned, match="no registered key"):
        quiet.sign(code="quiet")


def test_the_last_signature_encumbers_exactly_the_proven_maximum(desk: "Desk") -> None:
    desk.draw_up()
    for names, state, encumbered in (
        (["lab"], "proposed", "0.00"),
        (["city", "lab"], "proposed", "0.00"),
        (["home"], "active", "500000.00"),
        (["home", "city", "lab"], "active", "500000.00"),
    ):
        agreement = desk.sign(*names)
        assert agreement.state == state
        assert desk.money() == (encumbered, "0.00", "600000.00" if encumbered == "0.00" else "100000.00")
    assert agreement.signed == ("city", "home", "lab")
    assert finance.verify(desk.session, "main").findings == ()


def test_signing_again_writes_nothing(desk: "Desk") -> None:
    desk.start()
    before = written(desk)
    assert desk.sign().state == "active"
    assert desk.draw_up().state == "active"
    assert written(desk) == before


def test_what_the_fund_cannot_cover_is_not_signed(desk: "Desk") -> None:
    desk.start()
    desk.draw_up("second")
    desk.sign("city", code="second")
    before = written(desk)
    with pytest.raises(Underfunded) as caught:
        desk.sign("home", "lab", code="second")
    assert caught.value.figures["maximum"] == "500000.00"
    assert caught.value.figures["free"] == "100000.00"
    assert written(desk) == before
    assert (desk.stands("second").state, desk.stands("second").signed) == ("proposed", ("city",))
    assert desk.money() == ("500000.00", "0.00", "100000.00")
    desk.close()
    assert desk.sign("home", "lab", code="second").state == "active"


def test_restricted_money_covers_only_the_use_it_admits(desk: "Desk") -> None:
    north = Earmark(code="north", title="Northern quarter", admits={"region": ("north",)})
    finance.open_earmark(desk.session, "main", north)
    second = finance.open_fund(desk.session, "main", "harbour", currency("USD"), title="Harbour fund")
    finance.contribute(
        desk.session,
        second,
        "north-giver",
        money("500000.00", "USD"),
        key="r1",
        clock=desk.clock,
        earmark="north",
    )
    there = replace(desk, fund=second)
    there.draw_up("restricted")
    signatures = there.signatures(code="restricted")
    with pytest.raises(Underfunded):
        acts.sign(desk.session, second, "restricted", signatures, clock=desk.clock, use={"region": "south"})
    use = {"region": "north"}
    assert (
        acts.sign(desk.session, second, "restricted", signatures, clock=desk.clock, use=use).state == "active"
    )
    assert there.money() == ("500000.00", "0.00", "0.00")


@pytest.mark.parametrize(
    ("committed", "enough"), [("500000.00", True), ("550000.00", True), ("499999.99", False)]
)
def test_a_commitment_becomes_the_encumbrance_and_nothing_is_covered_twice(
    desk: "Desk", committed: str, *, enough: bool
) -> None:
    promise = Promise("commitment", "award-7")
    amount = money(committed, "USD")
    finance.reserve(desk.session, desk.fund, promise, amount, key="award-7", clock=desk.clock)
    desk.draw_up()
    free = desk.money()[2]

    def sign() -> str:
        signatures = desk.signatures()
        answer = acts.sign(desk.session, desk.fund, "pact", signatures, clock=desk.clock, out_of=promise)
        return answer.state

    if enough:
        assert sign() == "active"
        left = amount - money("500000.00", "USD")
        assert finance.promised(desk.session, desk.fund, promise) == left
        assert desk.money() == ("500000.00", "0.00", free)
    else:
        with pytest.raises(Underfunded) as caught:
            sign()
        assert isinstance(caught.value.__cause__, OverdrawnCommitment)
        assert finance.promised(desk.session, desk.fund, promise) == amount
        assert desk.stands().signed == ()


def test_an_agreement_is_signed_and_closed_in_its_own_fund(desk: "Desk") -> None:
    second = finance.open_fund(desk.session, "main", "harbour", currency("USD"), title="Harbour fund")
    finance.contribute(
        desk.session, second, "north-giver", money("900000.00", "USD"), key="h1", clock=desk.clock
    )
    there = replace(desk, fund=second)
    desk.draw_up()
    with pytest.raises(Missing, match="belongs to the fund shelter"):
        there.sign()
    desk.sign()
    for act in (there.close, lambda: there.claim("c1", "5"), lambda: there.settle("c1")):
        with pytest.raises(Missing, match="belongs to the fund shelter"):
            act()
    assert desk.stands().state == "active"
    assert there.money() == ("0.00", "0.00", "900000.00")


def test_closing_frees_the_rest_once(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "10000")
    desk.settle("c1")
    assert desk.money() == ("348800.00", "151200.00", "100000.00")
    assert desk.close().text == "348800.00"
    before = written(desk)
    assert desk.close().text == "348800.00"
    assert written(desk) == before
    assert desk.stands().state == "closed"
    assert desk.money() == ("0.00", "151200.00", "448800.00")
    assert finance.verify(desk.session, "main").findings == ()


def test_closing_when_all_is_paid_releases_nothing(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "40000")
    desk.settle("c1")
    assert [desk.close().text, desk.close().text] == ["0.00", "0.00"]
    assert desk.money() == ("0.00", "500000.00", "100000.00")


def test_an_agreement_moves_one_way(desk: "Desk") -> None:
    desk.draw_up()
    with pytest.raises(UnlawfulTransition, match="lacks signatures"):
        desk.close()
    desk.sign()
    desk.find("c1", "100")
    desk.close()
    acted: list[Callable[[], object]] = [
        desk.sign,
        lambda: desk.claim("c2", "1"),
        lambda: desk.settle("c1"),
        lambda: desk.find("c3", "1"),
    ]
    for act in acted:
        with pytest.raises(UnlawfulTransition, match="closed"):
            act()
    assert desk.money() == ("0.00", "0.00", "600000.00")


def test_an_agreement_that_is_not_there_is_missing(desk: "Desk") -> None:
    acted: list[Callable[[], object]] = [desk.sign, desk.close, lambda: desk.settle("c1")]
    for act in acted:
        with pytest.raises(Missing, match="no agreement 'pact'"):
            act()
