"""A hub without a script: what is due, an application up to its receipt, reports, files, gifts."""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime

import pytest
from tests.doors.deals import NIGHTS, agreed, document_of, drawn_up, found, sign_all
from tests.doors.people import Asker, signed
from tests.pages.visiting import Visitor, read

from almoner.api.routes.brief_examples import APPLICATION, BRIEF
from almoner.finance.dates import as_utc

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HUB = "/books/main/hub"
HERE = f"{HUB}/challenges/clean-water"
ONE = f"{HERE}/applications/a-1"
API = "/books/main/challenges/clean-water"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\u202e' + "x" * 300
Ask = Callable[..., Asker]
Visit = Callable[..., Visitor]


class Hand:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at("2027-01-05T12:00")

    def at(self, instant: str) -> None:
        """Go to an instant of UTC."""
        self.now = as_utc(datetime.fromisoformat(f"{instant}:00Z"))

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    """The clock of the server."""
    return Hand()


@pytest.fixture
def called(ask: Ask, clock: Hand) -> None:
    """A challenge that takes applications."""
    gift = {"giver": "foundation", "amount": "1000000.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    brief = deepcopy(BRIEF)
    brief["languages"] = ["en", "fr"]
    ask("mira").made("/books/main/challenges", {"brief": brief})
    clock.at("2027-01-20T12:00")


def write_all(hana: Visitor) -> None:
    """Write an application section by section, as the pages ask."""
    hana.send(HERE, "begin", {"title": "Wells that keep working", "code": "a-1"})
    partners = {
        "bundle-0-party": "hub-a",
        "bundle-0-role": "lead",
        "bundle-0-share_bp": "60",
        "bundle-1-party": "hub-b",
        "bundle-1-role": "supply",
        "bundle-1-share_bp": "40",
    }
    hana.send(f"{ONE}/sections/partners", "save", partners)
    work = {"interventions-0-id": "wells", "interventions-0-title": "Twelve wells"}
    hana.send(f"{ONE}/sections/work", "save", work)
    costs = {
        "budget-0-actor": "hub-a",
        "budget-0-intervention": "wells",
        "budget-0-category": "drilling",
        "budget-0-amount": "900.30",
        "budget-0-covered_by": "ask",
        "budget-1-actor": "hub-b",
        "budget-1-intervention": "wells",
        "budget-1-category": "staff",
        "budget-1-amount": "100.00",
        "budget-1-covered_by": "own",
        "minimum": "600.00",
    }
    hana.send(f"{ONE}/sections/budget", "save", costs)
    hana.send(f"{ONE}/sections/answers", "save", {"answers-why": "Pumps break within two years."})
    facts = {"facts-lead.registered_since_days": "900", "facts-lead.kind": "ngo"}
    hana.send(f"{ONE}/sections/facts", "save", facts)
    said = {
        "disclosures-0-incentives-none": "yes",
        "disclosures-0-restrictions-none": "yes",
        "disclosures-1-incentives": "sells the pumps\nowns the yard",
        "disclosures-1-restrictions-none": "yes",
    }
    hana.send(f"{ONE}/sections/disclosures", "save", said)


@pytest.mark.usefixtures("called")
def test_a_hub_sees_what_belongs_here_before_anything_is(visit: Visit) -> None:
    text = visit("hana").text(HUB)
    assert "Nothing waits for you" in text
    assert "Clean water in every school" in text
    assert visit("hana").text(HERE).count("You have not begun an application here yet")
    assert "Nothing is here" in visit("fiona").text(HUB, 404)
    assert "Sign in" in visit("").text(HUB, 401)


@pytest.mark.usefixtures("called")
def test_the_rule_is_asked_as_questions_and_answered_by_clause(visit: Visit) -> None:
    answers = {"lead.registered_since_days": "900", "lead.kind": "government"}
    reply = visit("hana").send(HERE, "check", answers, status=200)
    assert "By your answers you may not take part" in reply.text
    assert "2.3" in reply.text
    answers["lead.kind"] = "ngo"
    reply = visit("hana").send(HERE, "check", answers, status=200)
    assert "By your answers you may take part" in reply.text


@pytest.mark.usefixtures("called")
def test_an_application_is_written_checked_handed_in_and_taken_back(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    hana = visit("hana")
    write_all(hana)
    assert "Finish and hand in" in hana.text(HUB)
    assert "900.30 USD" in hana.text(ONE)
    assert "To do" not in hana.text(ONE)
    check = hana.text(f"{ONE}/check")
    assert "ask for 900.30 USD" in check
    assert "stand between you" not in check
    done = hana.do(f"{ONE}/check", "submit")
    assert "Your application is handed in" in done
    stored = ask("hana").seen(f"{API}/applications/a-1")["application"]
    wanted = {**APPLICATION, "minimum": "600.00"}
    assert stored["facts"] == wanted["facts"]
    assert stored["ask"] == "900.30"
    assert [row["share_bp"] for row in stored["bundle"]] == [6000, 4000]
    assert stored["disclosures"][1]["incentives"] == ["sells the pumps", "owns the yard"]
    receipt = ask("hana").seen(f"{API}/applications/a-1/receipt")
    assert receipt["sha256"] in done
    hana.send(f"{ONE}/sections/answers", "save", {"answers-why": "Pumps break too soon."})
    assert "Handed in, and changed since" in hana.text(ONE)
    assert "Hand in your changes" in hana.text(HUB)
    clock.at("2027-02-01T12:00")
    assert "handed in" in hana.do(f"{ONE}/check", "submit")
    assert "is not judged" in hana.do(ONE, "withdraw", {"reason": "A partner left."})
    assert "Taken back" in hana.text(ONE)


@pytest.mark.usefixtures("called")
def test_what_is_missing_is_told_beside_its_field(visit: Visit) -> None:
    hana = visit("hana")
    write_all(hana)
    hana.send(f"{ONE}/sections/partners", "save", {"bundle-1-share_bp": "30"})
    check = hana.text(f"{ONE}/check")
    assert "shares sum to 9000 basis points" in check
    refused = hana.send(f"{ONE}/check", "submit", status=409)
    assert "shares sum to 9000" in refused.text
    hana.send(f"{ONE}/sections/budget", "save", {"minimum": "lots"})
    html = hana.see(f"{ONE}/sections/budget?faults=yes")
    assert 'value="lots"' in html
    assert "govuk-error-message" in html


@pytest.mark.usefixtures("called")
def test_two_write_at_once_and_nobodys_sentence_is_lost(visit: Visit, ask: Ask) -> None:
    hana, hugo = visit("hana"), visit("hugo")
    write_all(hana)
    why = f"{ONE}/sections/answers"
    mine, theirs = hana.form(why, "save"), hugo.form(why, "save")
    hugo.send(f"{ONE}/sections/budget", "save", {"minimum": "500.00"})
    first = hugo.client.post(why, data={**theirs.fields, "answers-why": "Theirs <b>bold</b>"})
    assert first.status_code == 303
    second = hana.client.post(why, data={**mine.fields, "answers-why": "Mine"})
    assert second.status_code == 409
    assert "Somebody else wrote:" in second.text
    assert "Theirs &lt;b&gt;bold&lt;/b&gt;" in second.text
    assert ">Mine</textarea>" in second.text
    assert ask("hana").seen(f"{API}/drafts/a-1")["content"]["answers"]["why"] == "Theirs <b>bold</b>"
    again = hana.form_in(second.text, "save")
    chosen = hana.client.post(why, data={**again.fields, "answers-why": "Both"})
    assert chosen.status_code == 303, chosen.text
    content = ask("hana").seen(f"{API}/drafts/a-1")["content"]
    assert (content["answers"]["why"], content["minimum"]) == ("Both", "500.00")


@pytest.mark.usefixtures("called")
def test_what_is_typed_is_saved_by_itself_and_what_others_changed_is_shown(visit: Visit) -> None:
    hana, hugo = visit("hana"), visit("hugo")
    write_all(hana)
    about = f"{ONE}/sections/about"
    mine = hana.form(about, "save")
    hugo.send(about, "save", {"language": "fr"})
    live = {"part": "live_saved", "key": ""}
    saved = hana.client.post(about, data={**mine.fields, "title": "Wells, deeper", **live})
    assert saved.status_code == 200
    assert "Saved at 12:00 UTC" in saved.text
    assert "1 field was changed by somebody else" in saved.text
    assert '<select class="govuk-select" id="language"' in saved.text
    assert "<html" not in saved.text
    stale = hana.client.post(about, data={**mine.fields, "title": "Another", **live})
    assert stale.status_code == 409
    assert "Not saved." in stale.text


@pytest.mark.usefixtures("called")
def test_after_the_close_nothing_is_handed_in_and_what_was_written_stays(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    hana = visit("hana")
    write_all(hana)
    form = hana.form(f"{ONE}/check", "submit")
    clock.at("2027-03-01T14:00")
    late = hana.client.post(f"{ONE}/check", data=form.fields)
    assert late.status_code == 409
    assert "closed" in late.text
    assert "This closed on 1 Mar 2027, 14:00 UTC" in hana.text(f"{ONE}/check")
    assert "This closed on" in hana.text(f"{ONE}/sections/answers")
    hana.send(f"{ONE}/sections/answers", "save", {"answers-why": "Too late, and kept."})
    assert ask("hana").seen(f"{API}/drafts/a-1")["content"]["answers"]["why"] == "Too late, and kept."
    assert ask("hana").get(f"{API}/applications/a-1").status_code == 404


@pytest.mark.usefixtures("called")
def test_nobody_else_sees_a_draft_and_what_is_said_in_it_stays_text(visit: Visit) -> None:
    hana = visit("hana")
    hana.send(HERE, "begin", {"title": HOSTILE, "code": "a-9"})
    one = f"{HERE}/applications/a-9"
    for path in (one, f"{one}/check", f"{one}/sections/about", HUB, HERE):
        html = hana.see(path)
        assert "<script>alert" not in html
        assert "<img src=x" not in html
    assert "&lt;script&gt;alert" in hana.see(one)
    for name in ("hugo", "fiona", "jana"):
        visit(name).see(one, 404)
        visit(name).see(f"{one}/sections/about", 404)
    hana.see(f"{one}/sections/nothing", 404)
    taken = hana.send(HERE, "begin", {"title": "Again", "code": "a-9"}, status=409)
    assert 'value="Again"' in taken.text


PACT = f"{HUB}/agreements/nights"


def test_results_are_reported_with_evidence_and_what_they_pay_is_seen(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    clock.at("2026-02-01T12:00")
    agreed(ask)
    hana = visit("hana")
    assert "Nothing was reported yet" in hana.text(PACT)
    refused = hana.send(PACT, "report", {"code": "march", "results-0-value": "many"}, status=422)
    assert 'value="many"' in refused.text
    said = hana.do(PACT, "report", {"code": "march", "results-0-value": "412"})
    assert "Your report is on record" in said
    assert "6,229.44\u00a0USD" in said
    claim = f"{PACT}/claims/march"
    fields = {"description": HOSTILE, "method": "count of the register"}
    hana.send(claim, "attach", fields, files={"file": ("pages.txt", b"the register")})
    assert hashlib.sha256(b"the register").hexdigest() in hana.see(claim)
    assert "<script>alert" not in hana.see(claim)
    found(ask, "march", "401")
    assert "decided, can be disputed" in hana.text(claim)
    clock.at("2026-04-01T12:00")
    ask("mira").made(f"{NIGHTS}/settlements", {"claim": "march"})
    text = hana.text(HUB)
    assert "6,063.12\u00a0USD" in text
    assert "paid to you" in text
    assert "nights, on the claim march" in text
    assert "Add evidence" not in hana.text(claim)
    csv = hana.client.get(f"{HUB}?as=csv&sheet=payouts").text
    assert "2026-04-01,6063.12,USD,paid" in csv
    for path in (PACT, claim):
        visit("hugo").see(path, 404 if path == claim else 200)
        visit("jana").see(path, 404)


def test_a_hub_signs_with_its_own_key(visit: Visit, ask: Ask, clock: Hand) -> None:
    clock.at("2026-01-15T12:00")
    drawn_up(ask)
    hana = visit("hana")
    assert "Read and sign" in hana.text(HUB)
    wrong = hana.send(PACT, "sign", {"signature": "00" * 64}, status=409)
    assert "Sign with your own key" in wrong.text
    content = ask("hana").seen(f"{NIGHTS}/signing-bytes")["content"]
    assert "You have signed" in hana.do(PACT, "sign", {"signature": signed("hub-a", content).upper()})
    assert "Read and sign" not in hana.text(HUB)


def test_a_file_is_read_as_its_columns_are_named_and_taken_over_once(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    clock.at("2026-02-01T12:00")
    agreed(ask)
    hana, results = visit("hana"), f"{PACT}/results"
    assert "Choose a file." in hana.send(results, "look", status=422).text
    rows = b"Who knows,When\nAnna-1,03.01.2026\nBen-2,04.01.2026\n"
    asked = hana.send(results, "look", {}, files={"file": ("rows.csv", rows)}, status=200)
    assert "We guessed from the names" in asked.text
    form = hana.form_in(asked.text, "look")
    named = {"map-person": "Who knows", "map-achieved_on": "When", "days": "dmy"}
    seen = hana.client.post(results, data={**form.fields, **named})
    assert "no faults" in seen.text
    assert "30.24" in seen.text
    take = hana.form_in(seen.text, "take")
    replies = [hana.client.post(results, data={**take.fields, "code": "january"}) for _ in range(2)]
    assert [one.status_code for one in replies] == [303, 303], read(replies[0].text)
    assert replies[0].headers["location"] == replies[1].headers["location"]
    assert "The file is taken over" in hana.text(replies[0].headers["location"])
    (kept,) = ask("hana").seen(f"{NIGHTS}/datasets")["items"]
    assert (kept["code"], kept["rows"]) == ("january", 2)
    broken = {**form.fields, "carried": "no file"}
    assert hana.client.post(results, data=broken).status_code == 422
    visit("jana").see(results, 404)


def test_gifts_are_offered_and_what_counts_of_them_is_told(visit: Visit, ask: Ask, clock: Hand) -> None:
    clock.at("2026-01-15T12:00")
    page, gifts = f"{HUB}/in-kind", "/books/main/funds/water/in-kind-contributions"
    hana = visit("hana")
    assert "Ask those who run the fund for a unit" in hana.text(page)
    ask("mira").made("/books/main/units", {"code": "hour", "kind": "in_kind", "scale": 2})
    assert "You have given nothing to this fund yet" in hana.text(page)
    refused = hana.send(page, "offer", {"amount": "forty", "unit": "hour"}, status=422)
    assert 'value="forty"' in refused.text
    fields = {"amount": "40.00", "unit": "hour", "available_until": "2026-01-31"}
    assert "Your gift is on record" in hana.do(page, "offer", fields)
    assert "not valued yet" in hana.text(page)
    (gift,) = ask("mira").seen("/books/main/funds/water/contributions")["items"]
    value = {"price": "25.00", "unit": "USD", "method": "market", "haircut_bp": 2000}
    value |= {"valued_on": "2026-01-10", "evidence_sha256": "ab" * 32}
    ask("eva").made(f"{gifts}/{gift['number']}/valuations", value)
    text = hana.text(page)
    assert "800.00\u00a0USD.v counted of your gifts" in text
    assert "market price 20% 800.00 lab" in text
    assert "800.00" not in visit("hugo").text(page)


@pytest.mark.usefixtures("called")
def test_every_page_of_a_hub_speaks_the_readers_language(visit: Visit) -> None:
    write_all(visit("hana"))
    accented = visit("hana", "en-XA")
    for path in (HUB, HERE, ONE, f"{ONE}/check", f"{ONE}/sections/budget", f"{HUB}/in-kind"):
        assert "[" in accented.text(f"{path}?lang=en-XA")


def test_a_hub_accepts_a_finding_early_or_disputes_it_late_on_the_grounds_left(
    visit: Visit, ask: Ask, clock: Hand
) -> None:
    clock.at("2026-03-02T12:00")
    gift = {"giver": "foundation", "amount": "40000.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    rule = {"days": 30, "late_days": 60, "late_grounds": ["fraud"], "grounds": ["data_error"]}
    drawn_up(ask, document_of(resolver="second-lab", disputes=rule))
    sign_all(ask)
    content = ask("emil").seen(f"{NIGHTS}/signing-bytes")["content"]
    own = {"name": "resolver", "signature": signed("second-lab", content)}
    ask("emil").made(f"{NIGHTS}/signatures", own)
    ask("hana").made(f"{NIGHTS}/claims", {"code": "march", "results": [{"metric": "nights", "value": "412"}]})
    told = {"sha256": "b7" * 32, "method": "count", "description": "Pages 1-40"}
    ask("hana").made(f"{NIGHTS}/claims/march/evidence", told)
    found(ask, "march", "300")
    here = f"{HUB}/agreements/nights/claims/march"
    visit("hana").send(here, "waive", {})
    refused = visit("hana").send(here, "look-over", {"grounds": "data_error", "statement": "No."}, status=409)
    assert "it has waived its right" in refused.text
    clock.at("2026-04-05T12:00")
    late = visit("hana").text(here)
    assert "Fraud" in late
    assert "The data are wrong" not in late
    clock.at("2026-05-05T12:00")
    assert "If you do not agree" not in visit("hana").text(here)
