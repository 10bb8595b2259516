"""The demonstration with its pages open: everybody finds what waits for them, and does it."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.types import ASGIApp
from tests.pages.visiting import FormReader, SentForm, Visitor, read
from tests.walk.conftest import Summary

from almoner.api.demo.guests import PARTS, demo_settings
from almoner.api.demo.story import run_demo
from almoner.api.demo.warm_homes import LASTS, play_chapter, welcome
from almoner.api.records.feed import find_position
from almoner.api.server import assemble
from almoner.finance import acts, verifier
from almoner.finance.dates import as_utc, fixed_clock
from almoner.finance.records.registry import find_book_id
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Engine, UnitOfWork, open_engine

HERE = "http://127.0.0.1:8080"
BOOK = "/books/demo"
DESK, HUB, BENCH, ADMIN = (f"{BOOK}/{place}" for place in ("desk", "hub", "bench", "admin"))
KEY = re.compile(r'text/plain,([0-9a-f]{64})" download="(.+?)[.]key"')
NOON = fixed_clock(as_utc(datetime.fromisoformat("2026-11-23T12:00:00Z")))


class Walker(Visitor):
    """Somebody who walks in at the demonstration, and goes on as one of its guests."""

    def __init__(self, app: ASGIApp, guest: str = "") -> None:
        self.client = TestClient(app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False)
        self.client.headers.update({"Accept-Language": "en", "Origin": HERE, "Sec-Fetch-Site": "same-origin"})
        self.at, self.key = "/", ""
        if guest:
            html = self.see("/sign-in")
            self.key = {name: key for key, name in KEY.findall(html)}.get(guest, "")
            self.at = self.sent(
                "/sign-in", next(one for one in forms(html) if one.fields.get("guest") == guest)
            )

    def sent(self, path: str, form: SentForm, **fields: str) -> str:
        """Send a form and return where it leads to."""
        reply = self.client.post(path, data=form.fields | fields)
        assert reply.status_code == 303, read(reply.text)[:2000]
        return str(reply.headers["location"])

    def follow(self, part: str) -> str:
        """Follow the first link with this in its address, and return what is read there."""
        self.at = next(link for link in links(self.see(self.at)) if part in link)
        return self.text(self.at)

    def signed(self, path: str, html: str, act: str, **fields: str) -> str:
        """Sign what a page shows with the key file, hand it in, and return what is read then."""
        content = re.search(r'data-signing="([^"]+)"', html)
        assert content is not None
        signature = sign_bytes(bytes.fromhex(self.key), base64.b64decode(content[1])).hex()
        return self.text(self.sent(path, self.form_in(html, act), signature=signature, **fields))


def forms(html: str) -> list[SentForm]:
    """Return the forms of a page."""
    reader = FormReader()
    reader.feed(html)
    return reader.forms


def links(html: str) -> list[str]:
    """Return the addresses that a page links to."""
    return [link.replace("&amp;", "&") for link in re.findall(r'<a [^>]*href="([^"]+)"', html)]


@pytest.fixture(scope="module")
def engine(folder: Path, summary: Summary) -> Iterator[Engine]:
    """A copy of the demonstration's database."""
    assert summary["ledger"]["verified"]
    copy = folder / "guests.db"
    copy.write_bytes((folder / "almoner.db").read_bytes())
    engine = open_engine(f"sqlite:///{copy}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def enter(engine: Engine) -> Iterator[Callable[..., Walker]]:
    """The demonstration, open to guests."""
    settings = demo_settings(str(engine.url), 8080)
    guests = welcome(engine, settings, NOON)
    installation = assemble(settings, clock=NOON, log=io.StringIO(), guests=guests)
    yield lambda guest="": Walker(installation.app, guest)
    installation.engine.dispose()


def test_the_guests_page_says_what_waits_for_each(enter: Callable[..., Walker]) -> None:
    html = enter().see("/sign-in")
    assert html.count("go-as") == len(PARTS)
    assert len(KEY.findall(html)) == len([one for one in PARTS if one.role not in {"judge", "admin"}])
    for part in PARTS:
        somebody = enter(part.person)
        assert somebody.at.startswith(f"{BOOK}/")
        somebody.see(somebody.at)


def test_a_funder_approves_a_payment_and_the_manager_carries_it_out(enter: Callable[..., Walker]) -> None:
    funder = enter("funder")
    assert "Southbank Neighbours" in funder.follow("/proposals/")
    said = funder.signed(funder.at, funder.see(funder.at), "approve")
    assert "You agreed to this proposal" in said
    manager = enter("manager")
    manager.follow("/proposals/")
    assert "Whose money it was" in manager.do(manager.at, "carry-out")


def test_a_funder_looks_at_an_allocation_and_proposes_to_decide_for_it(enter: Callable[..., Walker]) -> None:
    funder = enter("second-funder")
    funder.follow("/desk/allocations")
    said = funder.follow("/desk/allocations/")
    assert "Breakfast before school, every school day" in said
    assert "None" not in said
    assert "The decision is proposed" in funder.do(funder.at, "propose", {"reason": "As the board wished."})


def test_an_agreement_is_in_force_with_the_signatures_it_waits_for(enter: Callable[..., Walker]) -> None:
    for guest in ("manager", "investor", "second-hub"):
        party = enter(guest)
        party.follow("/agreements/draught-crews")
        said = party.signed(party.at, party.see(party.at), "sign")
        assert "The signature is on record" in said or "You have signed" in said
    assert "Draught crews: homes made tight in force" in enter("second-hub").text(HUB)


def test_a_promise_waits_for_the_investor(enter: Callable[..., Walker]) -> None:
    assert "60,000.00" in enter("investor").text(DESK)


def test_an_evaluator_checks_a_claim_and_the_money_is_paid(enter: Callable[..., Walker]) -> None:
    evaluator = enter("evaluator")
    assert "39,000.00" in evaluator.text(BENCH)
    assert "312 readings" in evaluator.follow("/claims/first-checks")
    assert "39,000.00" in enter("second-evaluator").text(BENCH)
    drafted = evaluator.send(
        evaluator.at, "draft", {"verdict": "whole", "method": "twenty homes, drawn by lot"}, status=200
    )
    assert "Your finding is on record" in evaluator.signed(evaluator.at, drafted.text, "submit")
    assert "No claim waits for you" in enter("second-evaluator").text(BENCH)
    assert "39,000.00" in enter("manager").do(f"{DESK}/agreements/heating-checks", "settle")


@pytest.mark.parametrize("judge", ["judge-1", "judge-2"])
def test_a_judge_scores_an_entry_without_seeing_whose_it_is(enter: Callable[..., Walker], judge: str) -> None:
    somebody = enter(judge)
    said = somebody.follow("/entries/")
    assert "southbank" not in said.lower().replace("second", "")
    assert "Your marks are in" in somebody.do(somebody.at, "score", {"mark-need": "7", "mark-plan": "8"})


def test_a_hub_finishes_its_application_and_hands_it_in(enter: Callable[..., Walker]) -> None:
    hub = enter("hub")
    assert "21 days left" in hub.text(HUB)
    hub.follow("/applications/tea-and-tables")
    one = hub.at
    hub.send(f"{one}/sections/answers", "save", {"answers-why": "The libraries are full by four."})
    facts = {"facts-lead.registered_since_days": "2100", "facts-lead.kind": "network"}
    hub.send(f"{one}/sections/facts", "save", facts)
    names = [f"disclosures-{n}-{what}-none" for n in (0, 1) for what in ("incentives", "restrictions")]
    hub.send(f"{one}/sections/disclosures", "save", dict.fromkeys(names, "yes"))
    assert "stand between you" not in hub.text(f"{one}/check")
    partner = enter("second-hub")
    partner.follow("/applications/tea-and-tables")
    if "Agree for northside-parents" in partner.text(f"{partner.at}/check"):
        partner.send(f"{partner.at}/check", "agree")
    assert "Your application is handed in" in hub.do(f"{one}/check", "submit")


def test_anybody_checks_whether_they_may_enter_the_open_challenge(enter: Callable[..., Walker]) -> None:
    somebody = enter()
    somebody.at = BOOK
    assert "Warm rooms: nobody alone in the cold" in somebody.follow("/challenges/warm-rooms")
    somebody.follow("/eligibility")
    answers = {"answers-lead.registered_since_days": "400", "answers-lead.kind": "network"}
    assert "you may apply" in read(somebody.send(somebody.at, "check", answers, status=200).text)


def test_an_administrator_sends_a_message_again(enter: Callable[..., Walker]) -> None:
    admin = enter("admin")
    assert "1 message was given up" in admin.text(ADMIN)
    assert "The message is sent again" in admin.do(ADMIN, "redeliver")


def test_anybody_comes_from_the_front_page_to_a_checked_proof_in_five_clicks(
    enter: Callable[..., Walker],
) -> None:
    somebody = enter()
    clicks = [somebody.follow(part) for part in ("/agreements/breakfast-club", "/payouts/")]
    assert "639,678.00" in clicks[-1] or "100,000.00" in clicks[-1]
    assert "gift/1" in clicks[-1]
    assert "gift/north" not in somebody.see(somebody.at)
    file = next(link for link in links(somebody.see(somebody.at)) if "as=proof" in link)
    proof = somebody.client.get(f"{somebody.at.partition('?')[0]}{file}").json()
    assert verifier.check(proof, proof["key"]).startswith("VALID")


def test_the_chapter_is_played_once_and_another_begins_when_it_is_over(
    engine: Engine, enter: Callable[..., Walker]
) -> None:
    enter()
    settings = demo_settings(str(engine.url), 8080)
    seen = []
    for days in (0, LASTS.days - 1, LASTS.days, LASTS.days + 1):
        chapter = play_chapter(engine, settings, fixed_clock(NOON() + timedelta(days=days)))
        with UnitOfWork(engine) as session:
            written = acts.verify(session, "demo").transactions
            sealed = find_position(session, find_book_id(session, "demo"))
        seen.append(((chapter.suffix, (chapter.day - NOON().date()).days), (written, sealed)))
    assert [which for which, _ in seen] == [("", 0), ("", 0), ("-2", LASTS.days), ("-2", LASTS.days)]
    assert seen[0][1] == seen[1][1] < seen[2][1] == seen[3][1]
    assert run_demo(engine, lambda _line: None)["run"]["repeated"]
