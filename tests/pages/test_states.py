"""What a page says when it cannot do what was asked: in words, with what was typed, nothing inside out."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.doors.people import identify_by_name
from tests.journeys.serving import Hand, enrol_people
from tests.pages.test_sessions import FUND, GUESTS, PASSWORD, SIGN_IN, Browser, form_in
from tests.pages.visiting import Visitor, read

from almoner.api import create_app
from almoner.api.door import Answered, Door, Limits
from almoner.api.identity import nobody
from almoner.api.pages import Look
from almoner.api.throttling import throttle_by
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

HERE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HTML = {"Accept": "text/html"}


def app_with(engine: Engine, clock: Clock, door: Door, **look: object) -> FastAPI:
    whole = Look(**{"hosted": True, "secure": False, **look})  # type: ignore[arg-type]  # fields of a Look
    return create_app(engine=engine, identify=door.identify, clock=clock, door=door, pages=whole)


@pytest.fixture
def door(engine: Engine, book: str, clock: Clock) -> Door:
    assert book
    return Door(engine=engine, identify=identify_by_name(clock), clock=clock, secret=bytes(32))


@HERE
def test_what_one_may_not_see_is_answered_as_what_is_not_there(visit: Callable[..., Visitor]) -> None:
    hidden, missing = (visit("nora").see(f"/books/main/funds/{code}", 404) for code in ("water", "nowhere"))
    assert hidden.replace("/funds/water", "/funds/nowhere") == missing
    assert "Water" not in hidden


@HERE
def test_an_address_that_is_none_is_a_page_for_people_and_a_problem_for_programs(app: FastAPI) -> None:
    client = TestClient(app)
    page = client.get("/no/such/page", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Nothing is here" in read(page.text)
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for address, headers in (("/no/such/page", {}), ("/v1/nothing", HTML), ("/static/0/no.css", HTML)):
        assert client.get(address, headers=headers).headers["content-type"] == "application/problem+json"


@HERE
def test_an_application_without_pages_answers_every_address_as_ever(engine: Engine, door: Door) -> None:
    client = TestClient(create_app(engine=engine, door=door))
    assert client.get("/no/such/page", headers=HTML).headers["content-type"] == "application/problem+json"


@HERE
def test_too_many_requests_are_told_as_a_page(engine: Engine, clock: Clock, door: Door) -> None:
    bounded = replace(door, throttle=throttle_by(Limits(anonymous=2)))
    client = TestClient(app_with(engine, clock, bounded), raise_server_exceptions=False)
    assert [client.get(FUND).status_code for _ in range(3)] == [404, 404, 429]
    assert "Wait a moment" in read(client.get(FUND).text)


@HERE
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"note=" + b"x" * 1_100_000, "application/x-www-form-urlencoded"),
        (b"--a\r\nno header\r\n", "multipart/form-data; boundary=a"),
        (b"\xff\xfe=\xff", "multipart/form-data"),
        (b"&".join(b"a%d=1" % number for number in range(2100)), "application/x-www-form-urlencoded"),
    ],
    ids=["too large", "cut off", "no boundary", "too many fields"],
)
def test_what_is_too_large_or_no_form_is_refused_as_a_page(
    visit: Callable[..., Visitor], content: bytes, kind: str
) -> None:
    reply = visit("fiona").client.post(FUND, content=content, headers={"Content-Type": kind})
    assert reply.status_code == 413
    assert "Nothing was changed" in read(reply.text)


@HERE
def test_a_fault_of_ours_shows_nothing_of_the_inside_and_is_told_to_the_log(
    engine: Engine, clock: Clock, door: Door
) -> None:
    told: list[Answered] = []
    app = app_with(engine, clock, replace(door, watch=told.append))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE fund RENAME TO gone"))
    reply = Visitor(app, "fiona").client.get(FUND)
    assert reply.status_code == 500
    assert "Something went wrong on our side" in read(reply.text)
    assert not [word for word in ("Traceback", "sqlalchemy", "SELECT", "gone") if word in reply.text]
    assert told[-1].fault is not None
    assert told[-1].operation == "page.fund"


@HERE
def test_a_database_that_is_away_is_told_as_a_page(engine: Engine, clock: Clock, door: Door) -> None:
    app = app_with(engine, clock, replace(door, watch=lambda _answered: None))
    with engine.begin() as connection:
        for table in ("book", "person", "role_grant"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
    reply = Visitor(app, "fiona").client.get(FUND)
    assert reply.status_code == 500
    assert "nothing was changed" in read(reply.text)


@HERE
def test_a_step_that_needs_a_fresh_sign_in_asks_for_the_password_and_goes_on(
    engine: Engine, clock: Clock, door: Door
) -> None:
    hand = Hand(clock())
    enrol_people(engine, hand, "of nobody")
    guest = Look(secure=False, guests=GUESTS)
    app = create_app(engine=engine, clock=hand, door=replace(door, identify=nobody), pages=guest)
    one = Browser(app)
    one.post(SIGN_IN, one.form(SIGN_IN, "go-as").fields)
    typed = {**one.form(FUND, "publish").fields, "note": "typed long ago"}
    hand.wait(minutes=20)
    asked = one.post(FUND, typed)
    assert asked.status_code == 403
    assert "needs a fresh sign-in" in read(asked.text)
    again = one.post(SIGN_IN, form_in(asked.text, "go-as").fields)
    carried = form_in(again.text, "publish")
    assert carried.fields["note"] == "typed long ago"
    done = one.post(carried.action, carried.fields)
    assert done.status_code == 303
    assert "Water" in Browser(app).see(FUND)


@HERE
def test_where_nobody_signs_in_here_no_password_is_asked_for(visit: Callable[..., Visitor]) -> None:
    assert 'type="password"' not in visit("").see(SIGN_IN)
    assert "Sign in there" in visit("").text(SIGN_IN)
    assert PASSWORD not in visit("").see(SIGN_IN)


@HERE
@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202egnp.exe", "x" * 10_000]
)
def test_hostile_text_in_an_address_or_a_form_is_shown_as_text(
    visit: Callable[..., Visitor], hostile: str
) -> None:
    one = visit("fiona").client
    replies = [
        one.get(SIGN_IN, params={"next": hostile, "lang": hostile, "done": hostile}),
        one.get("/books/main/funds/" + hostile[:200].replace("/", "%2F")),
        one.post(SIGN_IN, data={"act": hostile, "token": "no", "login": hostile, "kept": hostile}),
    ]
    for reply in replies:
        assert reply.status_code < 500
        assert "<script>alert" not in reply.text
        assert "<img src=x" not in reply.text
