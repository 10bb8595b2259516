"""Sign-ins of the pages: what the cookie is, when it ends, and which forms are taken."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import event, text
from tests.doors.people import grants_of
from tests.journeys.serving import Hand, enrol_people
from tests.pages.visiting import FormReader, SentForm, read

from almoner.api import create_app, passwords
from almoner.api.door import Door
from almoner.api.identity import nobody
from almoner.api.pages import Guest, Look
from almoner.api.signing_in import credentials_of
from almoner.api.tokens import new_pem, read_keys
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

PASSWORD = "correct horse battery staple"  # noqa: S105  # of nobody
FUND = "/books/main/funds/water"
SIGN_IN = "/sign-in"
HTTPS = "https://here.example"
ACCOUNT = "/account"
GIVING = "/books/main/desk/funds/water/contribution"
GIFT = {"giver": "foundation", "amount": "5.00", "unit": "USD"}


class Browser:
    """A browser that keeps cookies, follows nothing, and sends the headers of one."""

    def __init__(self, app: FastAPI, base: str = "http://127.0.0.1:8080") -> None:
        self.client = TestClient(app, base_url=base, raise_server_exceptions=False, follow_redirects=False)
        self.base = base

    def see(self, path: str, status: int = 200) -> str:
        reply = self.client.get(path)
        assert reply.status_code == status, read(reply.text)
        return str(reply.text)

    def form(self, path: str, act: str, status: int = 200) -> SentForm:
        return form_in(self.see(path, status), act)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Response:
        mine = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        reply: Response = self.client.post(path, data=fields, headers=mine | given)
        return reply

    def sign_in(self, name: str = "fiona", **more: str) -> Response:
        fields = self.form(f"{SIGN_IN}?next={FUND}", "sign-in").fields
        return self.post(SIGN_IN, fields | {"login": name, "password": PASSWORD} | more)

    @property
    def cookie(self) -> str:
        found = [
            one.value for one in self.client.cookies.jar if "almoner" in one.name and "lang" not in one.name
        ]
        return str(found[0]) if found else ""


def form_in(html: str, act: str) -> SentForm:
    reader = FormReader()
    reader.feed(html)
    return next(one for one in reader.forms if one.fields.get("act") == act)


@pytest.fixture(scope="module")
def kept() -> Iterator[str]:
    """What is kept of the password, at a cost for tests."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
        patch.setattr(passwords, "_HASHER", cheap)
        passwords.hash_of_nobody.cache_clear()
        yield passwords.hash_password(PASSWORD)
    passwords.hash_of_nobody.cache_clear()


@pytest.fixture
def hand(clock: Clock) -> Hand:
    return Hand(clock())


Make = Callable[..., FastAPI]
Open = Callable[[], Browser]


@pytest.fixture
def make(engine: Engine, book: str, hand: Hand, kept: str) -> Make:
    """Maker of applications where people sign in with a password."""
    assert book
    enrol_people(engine, hand, kept)
    credentials = credentials_of(read_keys("here", "here", [new_pem()]))
    door = Door(engine=engine, identify=nobody, clock=hand, secret=bytes(32), credentials=credentials)

    def of(**look: Any) -> FastAPI:  # noqa: ANN401  # fields of a Look
        return create_app(engine=engine, clock=hand, door=door, pages=Look(**look))

    return of


@pytest.fixture
def browser(make: Make) -> Callable[[], Browser]:
    """Browsers at one application on a loopback address."""
    app = make(secure=False)
    return lambda: Browser(app)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestCookie:
    def test_the_cookie_opens_nothing_for_scripts_other_sites_or_plain_http(self, make: Make) -> None:
        one = Browser(make(), HTTPS)
        reply = one.sign_in()
        assert (reply.status_code, reply.headers["location"]) == (303, FUND)
        said = next(
            line for line in reply.headers.get_list("set-cookie") if line.startswith("__Host-almoner=")
        )
        parts = {part.strip().lower() for part in said.split(";")[1:]}
        assert parts == {"httponly", "secure", "samesite=lax", "path=/", "max-age=43200"}
        assert "Domain" not in said
        assert len(one.cookie) >= 43
        assert one.client.get(FUND).headers["strict-transport-security"]

    def test_a_trial_on_this_machine_has_a_plain_name_and_no_https(
        self, browser: Callable[[], Browser]
    ) -> None:
        reply = browser().sign_in()
        said = next(line for line in reply.headers.get_list("set-cookie") if line.startswith("almoner="))
        assert "httponly" in said.lower()
        assert "secure" not in said.lower()

    def test_each_sign_in_has_an_id_of_its_own_and_ends_the_one_before(
        self, browser: Callable[[], Browser]
    ) -> None:
        one, thief = browser(), browser()
        one.sign_in()
        first = one.cookie
        thief.client.cookies.set("almoner", first)
        assert "Water" in thief.see(FUND)
        one.sign_in()
        assert one.cookie not in {"", first}
        thief.see(FUND, 404)
        one.see(FUND)

    def test_it_ends_half_an_hour_after_the_last_use_and_lives_on_while_used(
        self, browser: Callable[[], Browser], hand: Hand
    ) -> None:
        one = browser()
        one.sign_in()
        for _ in range(3):
            hand.wait(minutes=29)
            one.see(FUND)
        hand.wait(minutes=31)
        one.see(FUND, 404)

    def test_it_ends_after_twelve_hours_in_any_case(self, browser: Callable[[], Browser], hand: Hand) -> None:
        one = browser()
        one.sign_in()
        for _ in range(24):
            hand.wait(minutes=29)
            one.see(FUND)
        hand.wait(minutes=25)
        one.see(FUND, 404)

    def test_signing_out_ends_it_also_for_who_copied_the_cookie(self, browser: Callable[[], Browser]) -> None:
        one, thief, elsewhere = browser(), browser(), browser()
        one.sign_in()
        elsewhere.sign_in()
        thief.client.cookies.set("almoner", one.cookie)
        reply = one.post(SIGN_IN, one.form(FUND, "sign-out").fields)
        assert reply.status_code == 303
        assert 'almoner=""' in reply.headers["set-cookie"]
        thief.see(FUND, 404)
        elsewhere.see(FUND)

    def test_signing_out_everywhere_ends_all_of_them(self, browser: Callable[[], Browser]) -> None:
        one, elsewhere, other = browser(), browser(), browser()
        one.sign_in()
        elsewhere.sign_in()
        other.sign_in("frank")
        one.post(SIGN_IN, one.form(SIGN_IN, "sign-out-everywhere").fields)
        elsewhere.see(FUND, 404)
        other.see(FUND)

    def test_what_a_signed_in_page_shows_is_kept_by_no_cache(self, browser: Callable[[], Browser]) -> None:
        one = browser()
        one.sign_in()
        headers = one.client.get(FUND).headers
        assert headers["cache-control"] == "no-store"
        assert "Cookie" in headers["vary"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestForms:
    def test_a_form_from_elsewhere_does_nothing(self, browser: Callable[[], Browser]) -> None:
        one, other = browser(), browser()
        one.sign_in()
        fields = one.form(FUND, "publish").fields
        assert one.post(FUND, fields, Origin="https://evil.example").status_code == 404
        assert one.post(FUND, fields, Sec_Fetch_Site="cross-site").status_code == 404
        assert one.post(FUND, {**fields, "token": "f" * 64}).status_code == 401
        other.see(FUND, 404)

    def test_a_form_of_somebody_elses_session_does_nothing(self, browser: Callable[[], Browser]) -> None:
        one, other = browser(), browser()
        one.sign_in()
        other.sign_in("frank")
        fields = other.form(FUND, "publish").fields
        assert one.post(FUND, fields).status_code == 401
        browser().see(FUND, 404)

    def test_a_form_sent_twice_is_done_once_and_answered_the_same(
        self, browser: Callable[[], Browser]
    ) -> None:
        one = browser()
        one.sign_in()
        fields = one.form(FUND, "publish").fields
        first, second = one.post(FUND, fields), one.post(FUND, fields)
        assert (first.status_code, first.headers["location"]) == (303, second.headers["location"])
        assert "Water" in browser().see(FUND)

    def test_what_was_typed_survives_the_end_of_a_session(
        self, browser: Callable[[], Browser], hand: Hand
    ) -> None:
        one = browser()
        one.sign_in()
        typed = {**one.form(FUND, "publish").fields, "note": "Two hours of work\n<b>& more"}
        hand.wait(hours=1)
        reply = one.post(FUND, typed)
        assert reply.status_code == 401
        assert "Your session has ended" in read(reply.text)
        asked = form_in(reply.text, "sign-in").fields
        again = one.post(SIGN_IN, asked | {"login": "fiona", "password": PASSWORD})
        assert again.status_code == 200
        carried = form_in(again.text, "publish")
        assert carried.action == FUND
        assert carried.fields["note"] == typed["note"]
        assert carried.fields["key"] == typed["key"]
        assert one.post(carried.action, carried.fields).status_code == 303
        assert "Water" in browser().see(FUND)

    def test_a_wrong_password_on_the_way_loses_nothing(
        self, browser: Callable[[], Browser], hand: Hand
    ) -> None:
        one = browser()
        one.sign_in()
        typed = {**one.form(FUND, "publish").fields, "note": "kept"}
        hand.wait(hours=1)
        asked = form_in(one.post(FUND, typed).text, "sign-in").fields
        wrong = one.post(SIGN_IN, asked | {"login": "fiona", "password": "wrong"})
        assert wrong.status_code == 401
        assert "do not fit" in read(wrong.text)
        asked = form_in(wrong.text, "sign-in").fields
        right = one.post(SIGN_IN, asked | {"login": "fiona", "password": PASSWORD})
        assert form_in(right.text, "publish").fields["note"] == "kept"

    @pytest.mark.parametrize(
        "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nb: c"]
    )
    def test_signing_in_leads_to_no_other_site(self, browser: Callable[[], Browser], to: str) -> None:
        reply = browser().sign_in(next=to)
        assert (reply.status_code, reply.headers["location"]) == (303, "/")

    def test_signing_out_of_an_ended_session_asks_for_nothing(
        self, browser: Callable[[], Browser], hand: Hand
    ) -> None:
        one = browser()
        one.sign_in()
        fields = one.form(FUND, "sign-out").fields
        hand.wait(hours=1)
        assert one.post(SIGN_IN, fields).status_code == 303


GUESTS = (Guest(person="fiona", role="funder", party="Foundation"), Guest(person="ada", role="admin"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestAccount:
    def test_a_new_password_takes_the_old_one_and_ends_every_sign_in(self, browser: Open) -> None:
        one, other = browser(), browser()
        one.sign_in()
        other.sign_in()
        seen = read(one.see(ACCOUNT))
        assert "main Funder foundation in force" in seen
        assert seen.count("a browser") == 2
        fields, new = one.form(ACCOUNT, "password").fields, "another horse, another battery"
        wrong = one.post(ACCOUNT, fields | {"current": "guessed it", "password": new})
        assert (wrong.status_code, 'href="#current"' in wrong.text) == (422, True)
        assert "guessed it" not in wrong.text
        fields = form_in(wrong.text, "password").fields
        short = one.post(ACCOUNT, fields | {"current": PASSWORD, "password": "short"})
        assert (short.status_code, 'href="#password"' in short.text) == (422, True)
        fields = form_in(short.text, "password").fields
        done = one.post(ACCOUNT, fields | {"current": PASSWORD, "password": new})
        assert done.status_code == 303
        assert "Your password is changed." in read(one.see(done.headers["location"]))
        for left in (one, other):
            left.see(ACCOUNT, 401)
        fields = one.form(f"{SIGN_IN}?next={ACCOUNT}", "sign-in").fields
        assert one.post(SIGN_IN, fields | {"login": "fiona", "password": PASSWORD}).status_code == 401
        again = one.post(SIGN_IN, fields | {"login": "fiona", "password": new})
        assert (again.status_code, again.headers["location"]) == (303, ACCOUNT)

    def test_a_new_password_takes_a_fresh_sign_in_and_no_password_is_carried_along(
        self, browser: Open, hand: Hand
    ) -> None:
        one = browser()
        one.sign_in()
        fields = one.form(ACCOUNT, "password").fields
        hand.wait(minutes=16)
        assert "This takes a sign-in of the last 15 minutes." in read(one.see(ACCOUNT))
        late = one.post(ACCOUNT, fields | {"current": PASSWORD, "password": "another horse entirely"})
        assert late.status_code == 403
        assert PASSWORD not in late.text
        assert "another horse entirely" not in late.text

    def test_who_may_act_for_several_parties_chooses_at_the_head_of_the_page(
        self, browser: Open, engine: Engine, hand: Hand, kept: str
    ) -> None:
        one, held = browser(), grants_of(("intermediary", "almoner", ""), ("intermediary", "lab", ""))
        enrol_people(engine, hand, kept, {"max": held})
        one.sign_in("max")
        shown = one.see(GIVING)
        assert "You act for" in read(shown)
        for party in ("lab", "almoner"):
            fields = form_in(one.see(GIVING), "act-for").fields
            chosen = one.post(SIGN_IN, fields | {"party": party})
            assert (chosen.status_code, chosen.headers["location"]) == (303, GIVING)
            shown = one.see(GIVING)
            assert form_in(shown, "act-for").fields["party"] == party
            assert one.post(GIVING, form_in(shown, "book").fields | GIFT).status_code == 303
        with engine.connect() as connection:
            spoken = text("SELECT party FROM command WHERE operation = 'contribution.book'")
            assert sorted(connection.execute(spoken).scalars()) == ["almoner", "lab"]
        one.post(SIGN_IN, form_in(one.see(GIVING), "act-for").fields | {"party": "foundation"})
        one.see(GIVING, 404)  # nobody acts for a party that they have no role for

    def test_somebody_else_is_writing_and_what_was_typed_is_not_lost(
        self, browser: Open, engine: Engine
    ) -> None:
        @event.listens_for(engine, "connect")
        def be_impatient(connection: object, _record: object) -> None:
            connection.execute("PRAGMA busy_timeout=20")  # type: ignore[attr-defined]  # of sqlite3

        engine.dispose()
        one = browser()
        one.sign_in("mira")
        fields = one.form(GIVING, "book").fields | GIFT
        out = one.form(SIGN_IN, "sign-out-everywhere").fields
        with engine.begin():  # on SQLite, that is a writer
            kept = one.post(GIVING, fields)
            assert (kept.status_code, 'value="5.00"' in kept.text) == (503, True)
            busy = one.post(SIGN_IN, out)
            assert busy.status_code == 503
            assert "Somebody else is writing at this moment. Nothing was changed." in read(busy.text)
            assert "5.00" not in read(one.see("/books/main/desk/funds/water"))
        assert one.post(GIVING, form_in(kept.text, "book").fields).status_code == 303
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM contribution")).scalar() == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestGuests:
    def test_a_visitor_of_a_demonstration_goes_on_as_somebody(self, make: Make) -> None:
        one = Browser(make(secure=False, guests=GUESTS))
        fields = one.form(f"{SIGN_IN}?next={FUND}", "go-as").fields
        reply = one.post(SIGN_IN, fields)
        assert (reply.status_code, reply.headers["location"]) == (303, FUND)
        assert "fiona" in read(one.see(FUND))

    def test_nobody_but_the_guests_is_let_in_without_a_password(self, make: Make) -> None:
        one = Browser(make(secure=False, guests=GUESTS))
        fields = one.form(SIGN_IN, "go-as").fields
        assert one.post(SIGN_IN, fields | {"guest": "mira"}).status_code == 404
        assert not one.cookie

    def test_guests_are_for_this_machine_called_by_its_own_name(self, make: Make) -> None:
        app = make(secure=False, guests=GUESTS)
        fields = Browser(app).form(SIGN_IN, "go-as").fields
        rebound = Browser(app, "http://evil.example")
        assert "Go on as" not in rebound.see(SIGN_IN)
        assert rebound.post(SIGN_IN, fields).status_code == 404

    def test_an_installation_without_guests_takes_none(self, browser: Callable[[], Browser]) -> None:
        one = browser()
        fields = one.form(SIGN_IN, "sign-in").fields
        assert one.post(SIGN_IN, fields | {"act": "go-as", "guest": "fiona"}).status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_sessions_are_the_same_on_both_databases(browser: Callable[[], Browser], hand: Hand) -> None:
    one = browser()
    one.sign_in()
    hand.wait(minutes=20)
    assert "Water" in one.see(FUND)
    one.post(SIGN_IN, one.form(FUND, "sign-out").fields)
    one.see(FUND, 404)
