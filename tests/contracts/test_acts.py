"""Agreements on both databases: drafted, proposed, signed by everybody, and covered in full or not at all."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from almoner import currency, money
from almoner.contracts import acts
from almoner.contracts.records import agreements
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import (
    AlreadyExists,
    Missing,
    NotSigned,
    OverdrawnCommitment,
    SignatureInvalid,
    TermError,
    Underfunded,
    UnlawfulTransition,
)
from almoner.finance.records.tables import EVENT, TXN
from almoner.finance.signatures import sign_bytes

from .conftest import document_of, secret_of

if TYPE_CHECKING:
    from .conftest import Desk

Content = dict[str, Any]


def written(desk: "Desk") -> tuple[int, int, tuple[str, ...]]:
    """Count what stands in the book."""
    counts = [desk.session.scalar(select(func.count()).select_from(table)) or 0 for table in (EVENT, TXN)]
    return counts[0], counts[1], agreements.list_agreements(desk.session, "main")


@pytest.fixture
def cheaper(desk: "Desk", content: Content) -> "Desk":
    content["limits"][0]["max"] = "400000.00"
    return replace(desk, document=document_of(content))


def test_drawing_up_promises_nothing_and_drawing_up_again_writes_nothing(desk: "Desk") -> None:
    first = desk.draw_up()
    assert (first.state, first.signed) == ("proposed", ())
    assert first.missing == ("city", "home", "lab", "resolver", "second")
    [source] = first.sources
    assert (source.payer, source.fund, source.promise) == ("city", "shelter", "pact:city")
    assert source.maximum == money("500000.00", "USD")
    before = written(desk)
    assert desk.draw_up() == first
    assert written(desk) == before
    assert desk.money() == ("0.00", "0.00", "600000.00")


def test_a_draft_is_replaced_until_it_is_proposed(desk: "Desk", cheaper: "Desk") -> None:
    assert desk.draft().state == "draft"
    before = written(desk)
    assert desk.draft() == desk.stands()
    assert written(desk) == before
    assert cheaper.draft().document == cheaper.document
    assert agreements.find_agreement(desk.session, "main", "pact").version == 2
    acts.propose(desk.session, "main", "pact", clock=desk.clock)
    assert desk.stands().sources[0].maximum == money("400000.00", "USD")
    with pytest.raises(AlreadyExists, match="is proposed with other content"):
        desk.draft()


def test_a_draft_is_not_signed(desk: "Desk") -> None:
    desk.draft()
    with pytest.raises(UnlawfulTransition, match="is draft; this needs it to be proposed"):
        desk.sign()


def test_a_withdrawn_agreement_is_neither_signed_nor_proposed_nor_replaced(
    desk: "Desk", cheaper: "Desk"
) -> None:
    for code, begin in (("one", desk.draft), ("two", desk.draw_up)):
        begin(code)
        assert acts.withdraw(desk.session, "main", code, clock=desk.clock).state == "withdrawn"
        before = written(desk)
        assert acts.withdraw(desk.session, "main", code, clock=desk.clock).state == "withdrawn"
        assert written(desk) == before
        with pytest.raises(UnlawfulTransition, match="withdrawn"):
            desk.sign(code=code)
        with pytest.raises(UnlawfulTransition, match="withdrawn"):
            desk.draw_up(code)
        with pytest.raises(AlreadyExists, match="withdrawn"):
            cheaper.draw_up(code)
    desk.start()
    with pytest.raises(UnlawfulTransition, match="is active"):
        acts.withdraw(desk.session, "main", "pact", clock=desk.clock)


def test_a_code_belongs_to_one_text_one_set_of_parties_and_one_fund(desk: "Desk", cheaper: "Desk") -> None:
    desk.draw_up()
    finance.open_fund(desk.session, "main", "harbour", currency("USD"), title="Harbour fund")
    before = written(desk)
    parties = {**desk.document.parties, "home": "south-giver"}
    funding = [{"payer": "city", "fund": "harbour"}]
    for other in (cheaper, desk.given(parties=parties), desk.given(funding=funding)):
        with pytest.raises(AlreadyExists):
            other.draw_up()
    assert written(desk) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"parties": {"city": "harbour-city", "home": "nobody", "lab": "count-lab"}},
        {"verifiers": {"second": "nobody"}},
        {"resolver": "nobody"},
        {"funding": [{"payer": "city", "fund": "nobody"}]},
    ],
)
def test_who_is_not_in_the_book_leaves_nothing_behind(desk: "Desk", changes: Content) -> None:
    before = written(desk)
    with pytest.raises(Missing, match="nobody"):
        desk.given(**changes).draw_up()
    assert written(desk) == before
    assert desk.draw_up().state == "proposed"


def test_every_party_of_the_terms_is_bound_and_no_other(desk: "Desk") -> None:
    with pytest.raises(TermError) as caught:
        desk.given(parties={"city": "harbour-city", "home": "night-shelter", "boat": "north-giver"})
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    paths = [row["path"] for row in found if isinstance(row, dict)]
    assert paths[:2] == ["/parties/lab", "/parties/boat"]


@pytest.mark.parametrize("unit", ["EUR/2", "USD/3"])
def test_terms_in_another_unit_than_the_fund_are_refused(desk: "Desk", content: Content, unit: str) -> None:
    content["clauses"][0]["amount"]["as"] = unit
    content["clauses"][0]["amount"]["by"][0]["type"] = f"{unit} per night/0"
    with pytest.raises(TermError, match=rf"city pays in {unit}, the fund shelter keeps USD/2"):
        replace(desk, document=document_of(content)).draw_up()


def test_who_never_pays_has_no_fund(desk: "Desk") -> None:
    funding = [{"payer": "city", "fund": "shelter"}, {"payer": "home", "fund": "shelter"}]
    with pytest.raises(TermError, match="home never pays by the terms: only city can"):
        desk.given(funding=funding).draw_up()


def test_terms_without_a_bound_cannot_be_drafted(desk: "Desk", content: Content) -> None:
    content["metrics"]["nights"]["domain"] = ["-5", "40000"]
    with pytest.raises(TermError, match="could be as low as"):
        replace(desk, document=document_of(content)).draft()


def test_terms_that_pay_nothing_cannot_be_drafted(desk: "Desk", content: Content) -> None:
    content["limits"][0]["max"] = "0.00"
    with pytest.raises(TermError, match="can never pay anything"):
        replace(desk, document=document_of(content)).draft()


def test_a_signature_by_another_key_or_over_other_bytes_is_refused(desk: "Desk") -> None:
    agreement = desk.draw_up()
    good = desk.signatures("home")["home"]
    other = sign_bytes(secret_of("night-shelter"), replace(agreement, code="other").signing_bytes())
    for signature in (
        sign_bytes(secret_of("count-lab"), agreement.signing_bytes()),
        other,
        good[:-1] + bytes([good[-1] ^ 1]),
        good[:63],
        b"",
    ):
        signatures = {**desk.signatures("city"), "home": signature}
        with pytest.raises(SignatureInvalid):
            acts.sign(desk.session, "main", "pact", signatures, clock=desk.clock)
        assert desk.stands().signed == ()


def test_the_signed_bytes_name_code_and_document(desk: "Desk", cheaper: "Desk") -> None:
    first = desk.draw_up()
    others = [
        replace(first, code="other"),
        replace(first, document=cheaper.document),
        replace(first, document=desk.given(resolver="").document),
        replace(first, document=desk.given(disputes={"days": 5}).document),
    ]
    assert len({one.signing_bytes() for one in [first, *others]}) == 5


def test_only_a_name_of_the_agreement_with_a_registered_key_signs(desk: "Desk") -> None:
    desk.draw_up()
    with pytest.raises(NotSigned, match="'giver'"):
        acts.sign(desk.session, "main", "pact", {"giver": b"x" * 64}, clock=desk.clock)
    desk.given(parties={**desk.document.parties, "home": "quiet-owl"}).draw_up("quiet")
    with pytest.raises(NotSigned, match="no registered key"):
        desk.sign(code="quiet")


def test_the_last_signature_encumbers_exactly_the_proven_maximum(desk: "Desk") -> None:
    desk.draw_up()
    for names, state, encumbered in (
        (["lab", "second", "resolver"], "proposed", "0.00"),
        (["city", "lab"], "proposed", "0.00"),
        (["home"], "active", "500000.00"),
        (["home", "city", "lab"], "active", "500000.00"),
    ):
        agreement = desk.sign(*names)
        assert agreement.state == state
        assert desk.money() == (encumbered, "0.00", "600000.00" if encumbered == "0.00" else "100000.00")
    assert agreement.signed == ("city", "home", "lab", "resolver", "second")
    assert finance.promised(desk.session, desk.fund, Promise("agreement", "pact:city")).text == "500000.00"
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
        desk.sign("home", "lab", "second", "resolver", code="second")
    figures = caught.value.figures
    assert (figures["payer"], figures["fund"], figures["maximum"]) == ("city", "shelter", "500000.00")
    assert (figures["free"], figures["short"]) == ("100000.00", "400000.00")
    assert written(desk) == before
    assert (desk.stands("second").state, desk.stands("second").signed) == ("proposed", ("city",))
    assert desk.money() == ("500000.00", "0.00", "100000.00")


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
    for region in ("south", "north"):
        funding = [{"payer": "city", "fund": "harbour", "use": {"region": region}}]
        desk.given(funding=funding).draw_up(region)
    with pytest.raises(Underfunded):
        desk.sign(code="south")
    assert desk.sign(code="north").state == "active"
    assert replace(desk, fund=second).money() == ("500000.00", "0.00", "0.00")


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
        answer = acts.sign(desk.session, "main", "pact", signatures, clock=desk.clock, out_of=promise)
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


def test_an_agreement_that_is_not_there_is_missing(desk: "Desk") -> None:
    acted: list[Callable[[], object]] = [
        lambda: acts.sign(desk.session, "main", "pact", {}, clock=desk.clock),
        lambda: acts.propose(desk.session, "main", "pact", clock=desk.clock),
        lambda: acts.withdraw(desk.session, "main", "pact", clock=desk.clock),
    ]
    for act in acted:
        with pytest.raises(Missing, match="no agreement 'pact'"):
            act()
