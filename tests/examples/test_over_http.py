"""The journey over HTTP on PostgreSQL, where each request is bound to its book by row security."""

import runpy
import sys
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from tests.examples.test_examples import EXAMPLES, PRINTED

from almoner.api import passwords

NAME = "11_over_http.py"


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with the same algorithm at a cost for tests."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    passwords.hash_of_nobody.cache_clear()


@pytest.mark.campaign
@pytest.mark.usefixtures("cheap_passwords")
def test_the_journey_over_http_prints_the_same_on_postgresql(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setattr(sys, "argv", [NAME, "--db", postgres_url])
    runpy.run_path(str(Path(EXAMPLES) / NAME), run_name="__main__")
    passwords.hash_of_nobody.cache_clear()
    said = capsys.readouterr().out
    assert all(line in said for line in PRINTED[NAME]), said
