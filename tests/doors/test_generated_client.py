"""A client made by openapi-python-client from the served reference, without a hand edit.

Made without a warning, sound to the type checker, and good for the whole journey of the example over HTTP, on
PostgreSQL, where each request is bound to its book by row security.
"""

import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, get_args
from uuid import UUID

import pytest
from fastapi import FastAPI
from journey.installation import installed
from journey.story import Story
from journey.wire import Answer
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from almoner.api import create_app, passwords
from almoner.finance.storage import open_engine

pytestmark = pytest.mark.slow
NAME = "made_client"
MAKER = "import sys; from openapi_python_client.cli import app; sys.exit(app())"
Json = Any


@pytest.fixture(scope="module")
def reference() -> Json:
    """The reference as it is served."""
    engine = open_engine("sqlite://")
    app: FastAPI = create_app(engine=engine)
    engine.dispose()
    return json.loads(json.dumps(app.openapi()))


@pytest.fixture(scope="module")
def made(reference: Json, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the package as it was generated, and what its maker said."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(reference))
    (folder / "config.yml").write_text("post_hooks: []\n")
    asked = ("--path", "openapi.json", "--config", "config.yml", "--output-path", NAME, "--meta", "none")
    done = subprocess.run(
        [sys.executable, "-c", MAKER, "generate", *asked, "--fail-on-warning"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / NAME, done.stdout + done.stderr


class Made:
    """Sends through the generated functions: typed requests in, typed replies out."""

    def __init__(self, folder: Path, url: str, stack: ExitStack) -> None:
        self.url, self.stack = url, stack
        self.modules = {path.stem: f"{NAME}.api.{path.parent.name}.{path.stem}" for path in parts_of(folder)}
        self.clients: dict[str, Any] = {}

    def __call__(
        self, operation: str, given: Mapping[str, str], body: Json, *, token: str, headers: Mapping[str, str]
    ) -> Answer:
        function = import_module(self.modules[operation]).sync_detailed
        takes = inspect.signature(function).parameters
        sent: dict[str, Any] = {name: read(takes[name].annotation, text) for name, text in given.items()}
        for name, text in headers.items():
            if (python := name.lower().replace("-", "_")) in takes:
                sent[python] = text
        if body is not None:
            sent["body"] = typed(takes["body"].annotation, body)
        reply = function(client=self.client(token), **sent)
        assert reply.parsed is not None, (operation, reply.content)
        return Answer(int(reply.status_code), reply.parsed.to_dict(), reply.headers.get("etag", ""))

    def client(self, token: str) -> Any:  # noqa: ANN401  # a class that is not there before
        if token not in self.clients:
            module = import_module(f"{NAME}.client")
            more = {"base_url": self.url, "verify_ssl": False, "httpx_args": {"trust_env": False}}
            made = module.AuthenticatedClient(token=token, **more) if token else module.Client(**more)
            self.clients[token] = self.stack.enter_context(made)
        return self.clients[token]


def parts_of(folder: Path) -> Iterator[Path]:
    """Return the modules of the operations."""
    return (path for path in (folder / "api").glob("*/*.py") if path.stem != "__init__")


def read(annotation: object, text: str) -> object:
    """Return a parameter as its function takes it."""
    ways: tuple[Callable[[str], object], ...] = (UUID, int)
    for way in ways:
        if annotation is way:
            return way(text)
    return text


def typed(annotation: Any, body: Json) -> Any:  # noqa: ANN401  # a class that is not there before
    """Return a body as the generated class of its request: of several, the first that takes it."""
    classes = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    for one in classes:
        if hasattr(one, "from_dict"):
            try:
                return one.from_dict(body)
            except (KeyError, ValueError, TypeError):
                continue
    raise AssertionError(f"no class of {annotation} takes {body}")


def test_a_client_is_made_of_every_operation_without_a_warning(
    reference: Json, made: tuple[Path, str]
) -> None:
    folder, said = made
    assert "warning" not in said.lower(), said
    listed = {one["operationId"] for methods in reference["paths"].values() for one in methods.values()}
    assert {path.stem for path in parts_of(folder)} == listed


@pytest.mark.campaign
def test_the_made_client_is_sound_to_the_type_checker(made: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = made
    asked = ["--no-incremental", "--cache-dir", str(tmp_path), "--config-file", "", "-p", NAME]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *asked],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash with the same algorithm at a cost for tests."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    passwords.hash_of_nobody.cache_clear()
    yield
    passwords.hash_of_nobody.cache_clear()


@pytest.mark.usefixtures("cheap_passwords")
def test_the_made_client_goes_the_whole_journey(
    made: tuple[Path, str], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = made
    monkeypatch.syspath_prepend(str(folder.parent))
    with installed(postgres_url) as here, ExitStack() as stack:
        story = Story(here, Made(folder, here.url, stack))
        for scene in (story.open_house, story.give_money, story.publish, story.apply, story.seat):
            scene()
        assert story.score() == 9
        assert story.award()["paid"] == "50000.00"
        assert story.agree()["state"] == "active"
        story.claim()
        assert story.determine()["state"] == "provisional"
        (payout,) = story.settle()["payouts"]
        assert (payout["amount"], payout["status"]) == ("26300.00", "paid")
        assert story.hear()["data"]["money"] == {"amount": "26300.00", "unit": "USD"}
        assert [line["done"] for line in story.statement()["payouts"]] == ["26300.00"]
        assert story.follow(payout["id"])["contributions"][0]["giver"] == "foundation"
        assert story.verify()["verified"]
    for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
        monkeypatch.delitem(sys.modules, name)
