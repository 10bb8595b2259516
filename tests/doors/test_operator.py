"""The operator at the command line: secrets, people, roles, keys."""

import io
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from almoner.api.api_keys import read_key
from almoner.api.cli import main
from almoner.api.passwords import check_password
from almoner.api.records import grants, keys, persons
from almoner.finance.dates import system_clock
from almoner.finance.storage import Engine, Session

PASSWORD = "a long and winding road"  # noqa: S105  # of a test


@pytest.fixture
def run(
    book: str, engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Any:  # noqa: ANN401  # a callable with options
    monkeypatch.setenv("ALMONER_DB", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ALMONER_BOOK", book)

    def do(*words: str, typed: str = "", code: int = 0) -> Any:  # noqa: ANN401  # JSON
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        assert main([*words, "--json"]) == code, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return do


def test_secrets_are_made_once_and_readable_by_nobody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "secrets"
    assert main(["secrets", str(folder), "--json"]) == 0
    first = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "almoner_secret").unlink()
    assert main(["secrets", str(folder), "--json"]) == 0
    second = {path.name: path.read_text() for path in folder.iterdir()}
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"almoner_secret"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
    said = capsys.readouterr()
    assert not any(value in said.out + said.err for value in first.values())


def test_a_person_is_added_granted_disabled_and_traced(run: Any, engine: Engine, capsys: Any) -> None:  # noqa: ANN401  # a callable and a fixture
    made = run(
        "user", "add", "zoe", "--login", "zoe", "--admin", "--password-file", "-", typed=f"{PASSWORD}\n"
    )
    assert (made["code"], made["login"], made["admin"]) == ("zoe", "zoe", True)
    with Session(engine) as session:
        found = persons.find_password(session, "zoe")
    assert found is not None
    assert check_password(PASSWORD, found[1])
    granted = run("user", "grant", "zoe", "funder", "--party", "foundation", "--on", "fund/water")
    assert (granted["state"], granted["engagement"], granted["granted_by"]) == (
        "unconfirmed",
        "fund/water",
        "operator",
    )
    confirmed = run("user", "grant", "zoe", "funder", "--party", "foundation", "--confirmed-by", "chair")
    assert (confirmed["state"], confirmed["confirmed_by"]) == ("in force", "chair")
    refused = run(
        *("user", "grant", "zoe", "funder", "--party", "foundation", "--confirmed-by", "zoe"), code=4
    )
    assert refused["code"] == "duty.same_person"
    assert run("user", "revoke", confirmed["id"])["state"] == "revoked"
    assert run("user", "list")[0]["grants"][1]["state"] == "revoked"
    assert run("user", "disable", "zoe")["disabled_at"] is not None
    with Session(engine) as session:
        assert persons.find_password(session, "zoe") is None
        told = session.execute(text("SELECT operation, person FROM command ORDER BY recorded_at")).all()
        events = session.scalar(text("SELECT count(*) FROM event WHERE kind = 'command'"))
    assert [tuple(one) for one in told] == [
        ("person.register", "operator"),
        ("role-grant.make", "operator"),
        ("role-grant.make", "operator"),
        ("role-grant.revoke", "operator"),
        ("person.disable", "operator"),
    ]
    assert events == 3
    assert run("user", "enable", "zoe")["disabled_at"] is None
    assert capsys.readouterr().out == ""


def test_a_password_is_set_anew_and_ends_every_sign_in(run: Any, engine: Engine) -> None:  # noqa: ANN401  # a callable
    run("user", "add", "zoe", "--login", "zoe", "--password-file", "-", typed=PASSWORD)
    run("user", "password", "zoe", "--password-file", "-", typed="another long and winding road")
    with Session(engine) as session:
        found = persons.find_password(session, "zoe")
    assert found is not None
    assert not check_password(PASSWORD, found[1])


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("user", "add", "zoe", "--login", "zoe", "--password-file", "-"), "short", "password"),
        (("user", "add", "Zoe Z", "--name", "Zoe"), "", "code"),
        (("user", "grant", "zoe", "king", "--party", "foundation"), "", "role"),
        (("key", "make", "zoe", "--scope", "everything"), "", "scopes"),
        (("key", "make", "zoe", "--scope", "funds:read", "--days", "366"), "", "days"),
    ],
)
def test_what_the_api_would_not_take_the_command_line_does_not_either(
    run: Any,  # noqa: ANN401  # a callable
    words: tuple[str, ...],
    typed: str,
    said: str,
) -> None:
    refused = run(*words, typed=typed, code=2)
    assert said in refused["detail"]
    assert "short" not in refused["detail"].split()


def test_unknown_people_parties_and_keys_are_not_found(run: Any) -> None:  # noqa: ANN401  # a callable
    run("user", "add", "zoe")
    for words in (
        ("user", "disable", "nobody"),
        ("user", "grant", "nobody", "hub", "--party", "hub-a"),
        ("user", "grant", "zoe", "hub", "--party", "hub-z"),
        ("key", "make", "nobody", "--scope", "funds:read"),
        ("key", "revoke", "0123456789abcdef"),
    ):
        run(*words, code=3)


def test_a_key_is_shown_once_and_revoked(run: Any, engine: Engine) -> None:  # noqa: ANN401  # a callable
    run("user", "add", "zoe")
    made = run("key", "make", "zoe", "--scope", "funds:read", "--days", "7")
    read = read_key(made["key"])
    assert read is not None
    with Session(engine) as session:
        kept = keys.find_kept_key(session, read[0])
        assert grants.list_person_grants(session, "zoe") == []
    assert kept is not None
    assert kept[0].sha256 == read[1]
    assert kept[0].expires_at - system_clock() < timedelta(days=7)
    listed = run("key", "list", "--person", "zoe")
    assert [one["id"] for one in listed] == [made["id"]]
    assert made["key"] not in json.dumps(listed)
    assert run("key", "revoke", made["id"])["revoked_at"] is not None
