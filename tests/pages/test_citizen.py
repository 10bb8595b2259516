"""Pages for everybody: where the money is, what it bought, and proof of it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.doors.deals import NIGHTS, agreed, drawn_up
from tests.doors.people import Asker
from tests.journeys.serving import Hand
from tests.pages.paid import BOOK, FUND, document, page_of, paid, published, sealed
from tests.pages.visiting import Visitor

from almoner.finance import verifier
from almoner.finance.storage import Engine

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOSTILE = '<script>alert(1)</script>"><img src=x>\u202e'
Visit = Callable[..., Visitor]
Ask = Callable[..., Asker]


@pytest.fixture
def clock() -> Hand:
    """A clock that a test moves; it stands in for that of all tests."""
    return Hand(datetime(2026, 1, 15, 9, 30, tzinfo=UTC))


def test_nobody_reads_a_book_of_which_nothing_is_published(visit: Visit) -> None:
    assert "Nothing is published here yet" in visit("").text("/")
    assert "Nothing is here" in visit("").text(BOOK, 404)
    assert "Nothing is here" in visit("").text(FUND, 404)


def test_the_front_page_is_the_one_book_there_is_and_its_figures_are_those_of_the_operation(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    paid(ask, clock)
    assert "40,000.00 USD received" in visit("fiona").text("/")
    published(ask)
    seen = visit("").text("/")
    assert "40,000.00 USD received 6,229.44 USD paid" in seen
    said = visit("").client.get(f"{BOOK}?as=json").json()
    assert said["read"][0]["reply"] == ask("").seen(f"{BOOK}/overview")
    csv = visit("").client.get(f"{BOOK}?as=csv&sheet=funds").text
    assert "Water,USD,40000.00,6229.44,23770.56,10000.00" in csv
    assert NIGHTS in visit("").see("/")


def test_everybody_sees_where_a_published_fund_stands_and_only_those_who_may_see_its_givers(
    visit: Visit, ask: Ask
) -> None:
    agreed(ask)
    hours = {"code": "hour", "kind": "in_kind", "scale": 2}
    ask("mira").made(f"{BOOK}/units", hours)
    gift = {"giver": "hub-b", "amount": "40.00", "unit": "hour"}
    number = ask("mira").made(f"{FUND}/in-kind-contributions", gift)["number"]
    worth = {"price": "20.00", "unit": "USD", "method": "market", "haircut_bp": 2500}
    dated = {"valued_on": "2026-01-10", "evidence_sha256": "b7" * 32}
    ask("eva").made(f"{FUND}/in-kind-contributions/{number}/valuations", {**worth, **dated})
    published(ask)
    seen = visit("").text(FUND)
    assert "40,000.00 USD given" in seen
    assert "Set aside for agreements 30,000.00" in seen
    assert "Free 10,000.00" in seen
    assert "600.00 lab market price 25%" in seen
    assert "hub-b" not in visit("").see(FUND)
    assert "foundation" not in visit("").see(FUND)
    assert "foundation" in visit("mira").text(FUND)
    assert "Nothing is here" in visit("").text(f"{BOOK}/funds/other", 404)


def test_a_funder_publishes_a_fund_and_an_agreement_and_nobody_else_is_asked(visit: Visit, ask: Ask) -> None:
    agreed(ask)
    for page in (FUND, NIGHTS):
        assert "Nothing is here" in visit("").text(page, 404)
        assert 'value="publish"' not in visit("mira").see(page)
        assert "from now on" in visit("fiona").do(page, "publish")
        assert 'value="publish"' not in visit("fiona").see(page)
        assert "USD" in visit("").text(page)
    sent = visit("mira").client.post(FUND, data={"act": "publish"})
    assert sent.status_code == 401


def test_a_statement_opens_moves_and_closes_and_a_donor_sees_what_became_of_its_money(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    paid(ask, clock)
    here = f"{FUND}/statement"
    assert "Closing balance 33,770.56" in visit("fiona").text(here)
    before = visit("fiona").text(f"{here}?through=2026-01-31")
    assert "Closing balance 40,000.00" in before
    assert "January 31, 2026" in before
    assert "Closing balance 33,770.56" in visit("fiona").text(f"{here}?through=no-day")
    mine = visit("fiona").text(f"{here}?giver=foundation")
    assert "6,229.44 USD used 33,770.56 USD left 0.00 USD not accounted for" in mine
    assert "hub-a" in mine
    assert "There is no statement for hub-b" in visit("fiona").text(f"{here}?giver=hub-b")


def test_an_agreement_says_what_is_paid_for_what_and_leads_to_its_payouts(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    made = paid(ask, clock)
    published(ask)
    page = visit("").see(NIGHTS)
    seen = visit("").text(NIGHTS)
    assert "30,000.00 USD is the most it can cost, proven" in seen
    assert "Amount: 15.12 USD for each night of" in seen
    assert "most 30,000.00 USD" in seen
    assert page_of(made) in page
    assert "march Hub-A nights" not in seen
    assert "No tie between the parties is declared" in visit("fiona").text(NIGHTS)
    tie = {"kind": "supplies", "from_party": "hub-a", "to_party": "lab", "since": "2025-01-01"}
    ask("mira").made(f"{BOOK}/ties", {**tie, "source": "invoices of the laboratory"})
    assert "Hub-A supplies Lab" in visit("fiona").text(NIGHTS)
    assert "invoices" not in visit("").text(NIGHTS)
    assert "march Hub-A nights 412 nights 412 settled" in visit("fiona").text(NIGHTS)


def test_what_is_not_signed_by_all_is_nobodys_but_theirs(visit: Visit, ask: Ask) -> None:
    gift = {"giver": "foundation", "amount": "40000.00", "unit": "USD"}
    ask("mira").made(f"{FUND}/contributions", gift)
    drawn_up(ask)
    assert "not signed yet" in visit("fiona").text(NIGHTS)
    assert 'value="publish"' not in visit("fiona").see(NIGHTS)
    ask("fiona").made(f"{NIGHTS}/publications")
    assert "Nothing is here" in visit("").text(NIGHTS, 404)
    assert "Nothing is here" in visit("").text(f"{NIGHTS}/term-sheet", 404)


def test_a_payout_is_followed_to_the_contributions_and_its_proof_holds_outside(
    visit: Visit, ask: Ask, clock: Hand, engine: Engine
) -> None:
    made = paid(ask, clock, told=HOSTILE)
    published(ask)
    here = page_of(made)
    assert "The log was not sealed since this payout" in visit("").text(here)
    assert visit("").client.get(f"{here}?as=proof").status_code == 404
    sealed(engine, clock)
    seen = visit("").text(here)
    assert "6,229.44\u00a0USD went to Hub-A" in seen
    assert "Hub-A claimed: nights 412." in seen
    assert "b7" * 32 in seen
    assert "This payout is in the sealed log: entry" in seen
    assert "foundation" not in seen
    assert "foundation" in visit("fiona").text(here)
    assert "<script>alert" not in visit("fiona").see(here)
    assert "alert(1)" in visit("fiona").text(here)
    assert "alert(1)" not in visit("").text(here)
    proof = visit("").client.get(f"{here}?as=proof")
    assert proof.headers["content-disposition"].startswith("attachment")
    assert verifier.check(document(proof.text)).startswith("VALID")


def test_a_payout_of_what_is_not_published_is_nobodys(visit: Visit, ask: Ask, clock: Hand) -> None:
    made = paid(ask, clock)
    for here in (page_of(made), f"{NIGHTS}/payouts/{'0' * 8}-0000-7000-8000-{'0' * 12}"):
        assert "Nothing is here" in visit("").text(here, 404)
    assert "Nothing is here" in visit("nora").text(page_of(made), 404)
    assert "Hub-A" in visit("hana").text(page_of(made))


def test_a_term_sheet_shows_digest_version_bound_and_signatures_and_loads_nothing_else(
    visit: Visit, ask: Ask
) -> None:
    agreed(ask)
    read = ask("fiona").seen(f"{NIGHTS}/readings/term-sheet")
    page = visit("fiona").see(f"{NIGHTS}/term-sheet")
    seen = visit("fiona").text(f"{NIGHTS}/term-sheet")
    assert read["terms_sha256"] in seen
    assert "USD 30,000.00 0.00" in seen
    assert "Foundation city pays for outcomes signed" in seen
    assert page.count("<svg") == len(read["curves"]) == 1
    assert (
        visit("fiona")
        .client.get(f"{NIGHTS}/term-sheet?as=pdf")
        .headers["content-type"]
        .startswith("text/html")
    )


def test_what_people_wrote_stays_text_on_every_page(visit: Visit, ask: Ask) -> None:
    here = f"{BOOK}/funds/odd"
    ask("mira").made(f"{BOOK}/funds", {"code": "odd", "title": HOSTILE + "w" * 1900, "unit": "USD"})
    ask("fiona").made(f"{here}/publications")
    for page in ("/", here, f"{here}/statement"):
        html = visit("").see(page)
        assert "<script>alert" not in html
        assert "<img src=x>" not in html
        assert "\u202e" not in html
        assert "alert(1)" in visit("").text(page)
    assert visit("").client.get(f"{BOOK}?as=csv&sheet=funds").text.count("alert(1)") == 1
