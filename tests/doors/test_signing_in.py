"""Signing in at the doors themselves: tokens, keys, persons and roles, on both databases."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from almoner.api import passwords
from almoner.api.credentials import Credentials
from almoner.api.door import Door, Limits
from almoner.api.identity import nobody
from almoner.api.records import grants, persons
from almoner.api.records.tables import API_KEY, COMMAND, PERSON, REFRESH_TOKEN, THROTTLE
from almoner.api.routes import api_keys, funds, role_grants
from almoner.api.routes import persons as persons_over_http
from almoner.api.routes import sign_in as sign_in_over_http
from almoner.api.routing import routes_of
from almoner.api.signing_in import credentials_of, identify_by
from almoner.api.throttling import throttle_by
from almoner.api.tokens import TokenKeys
from almoner.finance.dates import Clock
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Engine, Session, UnitOfWork

PASSWORD = "correct horse battery staple"  # noqa: S105  # of nobody
OTHER = "another long sentence of words"
Json = Any


class Hand:
    """A clock whose hand the test moves."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture(scope="module")
def keys() -> TokenKeys:
    return TokenKeys(issuer="us", audience="us", keys=(OKPKey.generate_key("Ed25519", auto_kid=True),))


@pytest.fixture(scope="module")
def credentials(keys: TokenKeys) -> Iterator[Credentials]:
    """The same hash, at a cost for tests."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
        patch.setattr(passwords, "_HASHER", cheap)
        passwords.hash_of_nobody.cache_clear()
        yield credentials_of(keys)
    passwords.hash_of_nobody.cache_clear()


@pytest.fixture(scope="module")
def kept(credentials: Credentials) -> str:
    return credentials.hash(PASSWORD)


@pytest.fixture
def hand(clock: Clock) -> Hand:
    return Hand(clock())


@pytest.fixture
def app(
    engine: Engine, book: str, hand: Hand, keys: TokenKeys, credentials: Credentials, kept: str
) -> FastAPI:
    with UnitOfWork(engine) as session:
        for code, admin in (
            ("ada", True),
            ("alan", True),
            ("fiona", False),
            ("jana", False),
            ("hana", False),
        ):
            person = persons.Person(
                code=code, name=code.title(), login=f"{code}@example.org", admin=admin, created_at=hand()
            )
            persons.keep_person(session, person, password_hash=kept)
        for code, role, party in (("fiona", "funder", "foundation"), ("jana", "judge", "jana")):
            grants.keep_grant(
                session,
                find_book_id(session, book),
                grants.RoleGrant(
                    id=persons_id(code),
                    book=book,
                    person=code,
                    party=party,
                    role=role,  # type: ignore[arg-type]  # written out above
                    valid_from=hand(),
                    granted_by="ada",
                    confirmed_by="operator",
                ),
            )
    return served(
        Door(
            engine=engine,
            identify=identify_by(engine, clock=hand, keys=keys),
            clock=hand,
            secret=b"s" * 32,
            credentials=credentials,
        )
    )


def served(door: Door) -> FastAPI:
    """Serve the nouns of access, and funds to look at: all others cost time at each start."""
    app = FastAPI()
    nouns = (api_keys, funds, persons_over_http, role_grants, sign_in_over_http)
    app.include_router(routes_of(door, (one for noun in nouns for one in noun.OPERATIONS)))
    return app


def persons_id(code: str) -> Any:  # noqa: ANN401  # a UUID that follows from a code
    import uuid  # noqa: PLC0415  # only here

    return uuid.uuid5(uuid.NAMESPACE_DNS, code)


class Client:
    """A client with or without a token; each write gets a key of its own."""

    def __init__(self, app: FastAPI, token: str = "") -> None:
        self.client, self.token, self.count = TestClient(app, raise_server_exceptions=False), token, 0

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> Json:
        self.count += 1
        sent: Mapping[str, str] = {"Idempotency-Key": f"k-{self.token[-8:]}-{self.count}"} | headers
        if self.token:
            sent = {"Authorization": f"Bearer {self.token}", **sent}
        return self.client.request(method, f"/v1{path}", json=body, headers=sent)


def signed_in(app: FastAPI, code: str, password: str = PASSWORD) -> Json:
    body = {"grant_type": "password", "username": f"{code}@example.org", "password": password}
    return Client(app).ask("POST", "/auth/tokens", body)


@pytest.fixture
def sign_in(app: FastAPI) -> Callable[[str], Client]:
    def of(code: str) -> Client:
        reply = signed_in(app, code)
        assert reply.status_code == 200, reply.text
        return Client(app, reply.json()["access_token"])

    return of


def code_of(reply: Json) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def test_a_password_gives_a_token_that_opens_for_ten_minutes(
    app: FastAPI, hand: Hand, engine: Engine
) -> None:
    reply = signed_in(app, "fiona")
    assert reply.headers["Cache-Control"] == "no-store"
    assert "ETag" not in reply.headers
    said = reply.json()
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 600)
    fiona = Client(app, said["access_token"])
    me = fiona.ask("GET", "/me").json()
    assert (me["person"], me["name"], me["scopes"]) == ("fiona", "Fiona", None)
    assert [(one["role"], one["party"], one["state"]) for one in me["roles"]] == [
        ("funder", "foundation", "in force")
    ]
    assert fiona.ask("GET", "/books/main/funds/water").status_code == 200
    hand.wait(minutes=10, seconds=6)
    assert code_of(fiona.ask("GET", "/me")) == (401, "auth.expired")
    with Session(engine) as session:
        assert session.scalars(select(COMMAND.c.operation)).all() == ["token.issue"]
        assert PASSWORD.encode() not in b"".join(map(bytes, session.scalars(select(COMMAND.c.answer))))


def test_a_wrong_password_and_an_unknown_login_are_answered_alike(app: FastAPI) -> None:
    wrong, unknown = signed_in(app, "fiona", OTHER), signed_in(app, "nobody", OTHER)
    assert code_of(wrong) == (401, "auth.required")
    assert {**wrong.json(), "request_id": 0} == {**unknown.json(), "request_id": 0}


def test_a_malformed_sign_in_never_echoes_the_password(app: FastAPI) -> None:
    for body in (
        {"grant_type": "password", "username": "", "password": PASSWORD},
        {"grant_type": "password", "username": "x", "password": PASSWORD * 10},
        {"grant_type": PASSWORD, "username": "x", "password": PASSWORD},
        {"grant_type": "password", "username": "x", "password": [PASSWORD]},
        {"grant_type": "password", "username": "x", "password": "y", "extra": PASSWORD},
    ):
        reply = Client(app).ask("POST", "/auth/tokens", body)
        assert reply.status_code == 422
        assert PASSWORD not in reply.text


def test_a_refresh_token_is_good_once_and_its_second_use_ends_the_sign_in(app: FastAPI, hand: Hand) -> None:
    first = signed_in(app, "fiona").json()
    hand.wait(minutes=9)
    body = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = Client(app).ask("POST", "/auth/tokens", body)
    assert second.status_code == 200
    fiona = Client(app, second.json()["access_token"])
    assert fiona.ask("GET", "/me").status_code == 200
    assert code_of(Client(app).ask("POST", "/auth/tokens", body)) == (401, "auth.expired")
    assert code_of(fiona.ask("GET", "/me")) == (401, "auth.expired")
    third = {"grant_type": "refresh_token", "refresh_token": second.json()["refresh_token"]}
    assert code_of(Client(app).ask("POST", "/auth/tokens", third)) == (401, "auth.expired")


def test_of_two_refreshes_at_once_one_wins_and_the_sign_in_ends(app: FastAPI) -> None:
    body = {"grant_type": "refresh_token", "refresh_token": signed_in(app, "fiona").json()["refresh_token"]}
    both = Barrier(2)

    def refresh(_: int) -> Json:
        client = Client(app)
        both.wait()
        return client.ask("POST", "/auth/tokens", body)

    with ThreadPoolExecutor(2) as pool:
        replies = sorted(pool.map(refresh, range(2)), key=lambda one: one.status_code)
    assert [one.status_code for one in replies] == [200, 401]
    won = replies[0].json()
    assert code_of(Client(app, won["access_token"]).ask("GET", "/me")) == (401, "auth.expired")
    following = {"grant_type": "refresh_token", "refresh_token": won["refresh_token"]}
    assert code_of(Client(app).ask("POST", "/auth/tokens", following)) == (401, "auth.expired")


def test_a_refreshed_sign_in_is_no_fresh_one(app: FastAPI, hand: Hand) -> None:
    first = signed_in(app, "fiona").json()
    hand.wait(minutes=16)
    body = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    fiona = Client(app, Client(app).ask("POST", "/auth/tokens", body).json()["access_token"])
    refused = fiona.ask("POST", "/api-keys", {"name": "n", "scopes": ["funds:read"]})
    assert code_of(refused) == (403, "auth.step_up")
    hand.wait(days=15)
    assert code_of(Client(app).ask("POST", "/auth/tokens", body)) == (401, "auth.expired")


def test_signing_out_ends_the_access_token_at_once(app: FastAPI) -> None:
    said = signed_in(app, "fiona").json()
    fiona = Client(app, said["access_token"])
    for token in ("unknown", said["refresh_token"]):
        reply = Client(app).ask("POST", "/auth/revocations", {"refresh_token": token})
        assert reply.json() == {"ended": True}
    assert code_of(fiona.ask("GET", "/me")) == (401, "auth.expired")


def test_guessing_is_slowed_per_account_and_stays_counted(
    app: FastAPI, hand: Hand, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("almoner.api.records.throttles.PER_ACCOUNT", 2)
    assert {signed_in(app, "fiona", OTHER).status_code for _ in range(2)} == {401}
    slowed = signed_in(app, "fiona")
    assert code_of(slowed) == (429, "rate.limited")
    assert slowed.headers["RateLimit-Policy"] == '"sign-in";q=2;w=900'
    assert slowed.headers["Retry-After"] == "450"
    assert signed_in(app, "ada").status_code == 200
    hand.wait(seconds=450)
    assert signed_in(app, "fiona").status_code == 200
    with Session(engine) as session:
        buckets = session.scalars(select(THROTTLE.c.bucket)).all()
    assert not any("fiona" in bucket for bucket in buckets)


def test_guessing_many_accounts_is_slowed_per_address(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("almoner.api.records.throttles.PER_ADDRESS", 1)
    assert signed_in(app, "nobody", OTHER).status_code == 401
    assert code_of(signed_in(app, "fiona")) == (429, "rate.limited")


def test_a_key_is_shown_once_acts_within_its_scopes_and_ends_at_once(
    app: FastAPI, hand: Hand, engine: Engine, sign_in: Callable[[str], Client]
) -> None:
    fiona = sign_in("fiona")
    asked = {"name": "report", "scopes": ["funds:read"], "days": 30}
    made = fiona.ask("POST", "/api-keys", asked, **{"Idempotency-Key": "key-1"})
    again = fiona.ask("POST", "/api-keys", asked, **{"Idempotency-Key": "key-1"})
    assert (made.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == made.json() | {"key": None}
    text = made.json()["key"]
    with Session(engine) as session:
        row = session.execute(select(API_KEY)).one()
        kept = b"".join(bytes(answer or b"") for answer in session.scalars(select(COMMAND.c.answer)))
    secret = text.rsplit("_", 1)[1]
    assert secret.encode() not in bytes(row.secret_sha256) + kept
    key = Client(app, text)
    assert key.ask("GET", "/books/main/funds/water").status_code == 200
    assert code_of(key.ask("GET", "/me")) == (403, "auth.forbidden")
    assert code_of(key.ask("POST", "/api-keys", asked)) == (403, "auth.forbidden")
    listed = fiona.ask("GET", "/api-keys").json()["items"]
    assert [(one["id"], one["last_used_on"]) for one in listed] == [
        (made.json()["id"], hand().date().isoformat())
    ]
    assert fiona.ask("POST", f"/api-keys/{made.json()['id']}/revocations").status_code == 201
    assert code_of(key.ask("GET", "/books/main/funds/water")) == (401, "auth.required")


def test_a_key_ends_on_its_day_and_a_wrong_secret_opens_nothing(
    app: FastAPI, hand: Hand, sign_in: Callable[[str], Client]
) -> None:
    fiona = sign_in("fiona")
    too_long = fiona.ask("POST", "/api-keys", {"name": "n", "scopes": ["funds:read"], "days": 366})
    assert code_of(too_long) == (422, "request.invalid")
    text = fiona.ask("POST", "/api-keys", {"name": "n", "scopes": ["funds:read"], "days": 1}).json()["key"]
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    for other in (wrong, "alm_", "alm_x_y", text.upper(), text + "0"):
        assert code_of(Client(app, other).ask("GET", "/me")) == (401, "auth.required"), other
    hand.wait(days=1)
    assert code_of(Client(app, text).ask("GET", "/books/main/funds/water")) == (401, "auth.required")


def test_keys_are_for_those_who_need_them_and_seen_by_their_own(
    sign_in: Callable[[str], Client],
) -> None:
    assert code_of(sign_in("jana").ask("POST", "/api-keys", {"name": "n", "scopes": ["scores:write"]})) == (
        403,
        "auth.forbidden",
    )
    made = sign_in("fiona").ask("POST", "/api-keys", {"name": "n", "scopes": ["funds:read"]}).json()
    jana, ada = sign_in("jana"), sign_in("ada")
    missing = jana.ask("GET", "/api-keys/0000000000000000")
    foreign = jana.ask("GET", f"/api-keys/{made['id']}")
    assert foreign.status_code == missing.status_code == 404
    assert code_of(jana.ask("GET", "/api-keys?everybody=true")) == (403, "auth.forbidden")
    assert [one["id"] for one in ada.ask("GET", "/api-keys?everybody=true").json()["items"]] == [made["id"]]
    assert "key" not in ada.ask("GET", "/api-keys?everybody=true").json()["items"][0]


def test_a_person_is_registered_given_a_password_and_disabled(
    app: FastAPI, engine: Engine, sign_in: Callable[[str], Client]
) -> None:
    ada = sign_in("ada")
    made = ada.ask("POST", "/persons", {"code": "nils", "name": "Nils"})
    assert (made.status_code, made.json()["login"]) == (201, "")
    assert code_of(ada.ask("POST", "/persons", {"code": "nils", "name": "N"}))[0] == 409
    for half in ({"subject": "248289761001"}, {"issuer": "https://id.example.org"}):
        refused = ada.ask("POST", "/persons", {"code": "nora", "name": "Nora", **half})
        assert code_of(refused) == (422, "request.invalid")
    short = ada.ask("PUT", "/persons/nils/password", {"login": "nils@example.org", "password": "short"})
    assert code_of(short) == (422, "request.invalid")
    taken = ada.ask("PUT", "/persons/nils/password", {"login": "fiona@example.org", "password": PASSWORD})
    assert taken.status_code == 409
    set_to = {"login": "nils@example.org", "password": PASSWORD}
    assert ada.ask("PUT", "/persons/nils/password", set_to).json() == {"person": "nils"}
    nils = sign_in("nils")
    assert code_of(nils.ask("GET", "/persons"))[0] == 404
    assert ada.ask("POST", "/persons/nils/disablements").json()["disabled_at"] is not None
    assert code_of(nils.ask("GET", "/me")) == (401, "auth.expired")
    assert signed_in(app, "nils").status_code == 401
    assert ada.ask("POST", "/persons/nils/enablements").json()["disabled_at"] is None
    assert code_of(nils.ask("GET", "/me")) == (401, "auth.expired")
    codes = [one["code"] for one in ada.ask("GET", "/persons?limit=4").json()["items"]]
    assert codes == ["ada", "alan", "fiona", "hana"]
    with Session(engine) as session:
        assert {row[:9] for row in session.scalars(select(PERSON.c.password_hash))} == {"$argon2id"}


def test_a_changed_password_ends_every_sign_in(app: FastAPI, sign_in: Callable[[str], Client]) -> None:
    one, other = sign_in("hana"), sign_in("hana")
    wrong = one.ask("PUT", "/me/password", {"current": OTHER, "password": OTHER})
    assert code_of(wrong) == (401, "auth.required")
    assert one.ask("PUT", "/me/password", {"current": PASSWORD, "password": OTHER}).status_code == 200
    assert code_of(other.ask("GET", "/me")) == (401, "auth.expired")
    assert (signed_in(app, "hana").status_code, signed_in(app, "hana", OTHER).status_code) == (401, 200)


def test_a_role_on_money_holds_once_a_funder_confirmed_it(
    sign_in: Callable[[str], Client],
) -> None:
    ada, fiona, hana = sign_in("ada"), sign_in("fiona"), sign_in("hana")
    asked = {"person": "hana", "party": "almoner", "role": "intermediary"}
    at = "/books/main/role-grants"
    assert code_of(fiona.ask("POST", at, asked)) == (403, "auth.forbidden")
    assert code_of(ada.ask("POST", at, asked | {"person": "ada"})) == (403, "duty.same_person")
    assert ada.ask("POST", at, asked | {"party": "nowhere"}).status_code == 404
    assert ada.ask("POST", at, asked | {"person": "nobody"}).status_code == 404
    early = ada.ask("POST", at, asked | {"valid_until": "2020-01-01T00:00:00Z"})
    assert code_of(early) == (422, "request.invalid")
    made = ada.ask("POST", at, asked).json()
    assert made["state"] == "unconfirmed"
    assert hana.ask("GET", "/books/main/funds/water").status_code == 404
    confirmations = f"{at}/{made['id']}/confirmations"
    assert code_of(ada.ask("POST", confirmations)) == (403, "auth.forbidden")
    confirmed = fiona.ask("POST", confirmations).json()
    assert (confirmed["state"], confirmed["confirmed_by"]) == ("in force", "fiona")
    assert hana.ask("GET", "/books/main/funds/water").status_code == 200
    listed = {one["person"]: one["state"] for one in fiona.ask("GET", at).json()["items"]}
    assert listed == {"fiona": "in force", "hana": "in force", "jana": "in force"}
    assert ada.ask("POST", f"{at}/{made['id']}/revocations").json()["state"] == "revoked"
    assert hana.ask("GET", "/books/main/funds/water").status_code == 404


def test_who_sets_a_password_does_not_come_by_the_money(
    app: FastAPI, sign_in: Callable[[str], Client]
) -> None:
    ada = sign_in("ada")
    assert sign_in("fiona").ask("GET", "/books/main/funds/water").status_code == 200
    taken = {"login": "fiona@example.org", "password": OTHER}
    assert ada.ask("PUT", "/persons/fiona/password", taken).status_code == 200
    thief = Client(app, signed_in(app, "fiona", OTHER).json()["access_token"])
    assert code_of(thief.ask("GET", "/books/main/funds/water"))[0] == 404
    assert thief.ask("GET", "/me").json()["roles"][0]["state"] == "unconfirmed"


def test_a_judge_is_nobody_else(sign_in: Callable[[str], Client]) -> None:
    asked = {"person": "hana", "party": "jana", "role": "judge"}
    assert code_of(sign_in("ada").ask("POST", "/books/main/role-grants", asked)) == (422, "request.invalid")


def test_nobody_confirms_a_role_of_their_own(sign_in: Callable[[str], Client]) -> None:
    asked = {"person": "fiona", "party": "foundation", "role": "funder", "engagement": "fund/water"}
    made = sign_in("ada").ask("POST", "/books/main/role-grants", asked).json()
    refused = sign_in("fiona").ask("POST", f"/books/main/role-grants/{made['id']}/confirmations")
    assert code_of(refused) == (403, "duty.same_person")


def test_an_unreadable_authorization_is_refused_and_not_taken_for_the_public(app: FastAPI) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    for header in (
        "Basic YTpi",
        "Bearer",
        "Bearer ",
        "Bearer a.b.c",
        "Bearer \u00e4",
        "Bearer eyJ",
        "alm_1_2",
    ):
        reply = client.get("/v1/me", headers={b"Authorization": header.encode()})
        assert code_of(reply) == (401, "auth.required"), header


def test_a_token_in_the_address_or_a_cookie_opens_nothing(app: FastAPI, engine: Engine) -> None:
    said = signed_in(app, "fiona").json()
    token = said["access_token"]
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get(f"/v1/books/main/funds/water?access_token={token}").status_code == 401
    client.cookies.set("access_token", token)
    assert client.get("/v1/me").status_code == 401
    with Session(engine) as session:
        kept = str(session.execute(select(REFRESH_TOKEN)).all())
    assert said["refresh_token"] not in kept
    assert token not in kept


def test_each_answer_tells_what_is_left_and_wrong_tokens_count_as_strangers(
    engine: Engine, book: str, clock: Clock, keys: TokenKeys
) -> None:
    assert book
    throttle = throttle_by(Limits(anonymous=3), timer=lambda: 0.0)
    identify = identify_by(engine, clock=clock, keys=keys)
    door = Door(engine=engine, identify=identify, clock=clock, secret=b"s" * 32, throttle=throttle)
    app = served(door)
    told = Client(app).ask("POST", "/auth/revocations", {"refresh_token": "x"})
    assert told.headers["RateLimit"] == '"anonymous";r=2;t=20'
    assert [Client(app, "wrong").ask("GET", "/me").status_code for _ in range(3)] == [401, 401, 429]
    refused = Client(app).ask("GET", "/me")
    assert code_of(refused) == (429, "rate.limited")
    assert (refused.headers["Retry-After"], refused.headers["RateLimit"]) == ("20", '"anonymous";r=0;t=20')


def test_without_credentials_of_our_own_nobody_signs_in_here(engine: Engine, book: str, clock: Clock) -> None:
    assert book
    door = Door(engine=engine, identify=nobody, clock=clock, secret=b"s" * 32)
    reply = signed_in(served(door), "fiona")
    assert reply.status_code == 404
