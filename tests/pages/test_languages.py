"""Languages: every message is in every catalogue, and no page says anything past them."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from tests.doors.people import Asker
from tests.journeys.serving import Hand
from tests.pages.paid import paid, published, sealed
from tests.pages.visiting import Visitor

from almoner.api.pages.catalogs import main
from almoner.finance.storage import Engine

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
APART = {"option", "script", "style", "svg", "title"}  # names and codes; the title of a page is its heading
LETTERS = re.compile(r"[^\W\d_]{2,}")
PSEUDO = re.compile(r"\[[^\[\]]*\]|\b[A-Z]{3}\b")
MOST = 60
PEOPLE = ("", "fiona", "mira", "hana", "eva", "jana", "ada")


class Reader(HTMLParser):
    """Collects what a page says itself, and where it leads; names, figures and quotations are set apart."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.leads: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        apart = tag in APART or given.get("translate") == "no" or ("lang" in given and tag != "html")
        within = bool(self._open) and self._open[-1][1]
        if tag == "a" and given.get("href"):
            self.leads.append(str(given["href"]))
        if not (apart or within):
            self.said += [
                str(given[name]) for name in ("aria-label", "title", "placeholder") if given.get(name)
            ]
        if tag not in VOID:
            self._open.append((tag, apart or within))

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag not in VOID:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1][1]):
            self.said.append(data)


def untold(html: str) -> Iterator[str]:
    """Yield what a page says that is no message of a catalogue."""
    reader = Reader()
    reader.feed(html)
    for text in reader.said:
        if LETTERS.search(PSEUDO.sub("", text)):
            yield " ".join(text.split())


def test_every_message_is_translated_and_keeps_its_places(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out[:2000]


@pytest.fixture
def clock() -> Hand:
    """A clock that a test moves; it stands in for that of all tests."""
    return Hand(datetime(2026, 1, 15, 9, 30, tzinfo=UTC))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_says_anything_past_the_catalogues(
    visit: Callable[..., Visitor], ask: Callable[..., Asker], clock: Hand, engine: Engine
) -> None:
    paid(ask, clock)
    published(ask)
    sealed(engine, clock)
    found: dict[str, str] = {}
    looked = 0
    for name in PEOPLE:
        visitor, waiting, seen = visit(name, "en"), ["/", "/books/main", "/sign-in"], set[str]()
        visitor.client.get("/?lang=en-XA")
        while waiting and len(seen) < MOST:
            path = waiting.pop(0)
            if path in seen:
                continue
            seen.add(path)
            reply = visitor.client.get(path, follow_redirects=True)
            if "html" not in reply.headers["content-type"]:
                continue
            looked += 1
            found.update(dict.fromkeys(untold(reply.text), f"{name or 'nobody'} at {path}"))
            reader = Reader()
            reader.feed(reply.text)
            ours = (urljoin(path, one) for one in reader.leads if not one.startswith(("data:", "?lang")))
            waiting += [
                urlsplit(one).path for one in ours if one.startswith("/") and not one.startswith("/v1")
            ]
    assert looked > len(PEOPLE) * 3
    assert not found, "\n".join(f"{where}: {said}" for said, where in found.items())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_refusal_is_named_and_answered_in_the_readers_language(visit: Callable[..., Visitor]) -> None:
    mira = visit("mira", "fr")
    payment = {"amount": "5,00", "payee": "hub-a", "line": "transfer"}
    refused = mira.send("/books/main/desk/funds/water/payment", "check", payment, status=409).text
    assert "Plus que ce qui est disponible" in refused
    assert "Apportez ce qui manque, ou libérez ce qui est engagé ailleurs." in refused
    assert re.search(r'lang="en" translate="no">[^<]*0\.00 USD', refused)
    unsent = mira.send("/books/main/desk/allocations", "begin", status=422).text
    assert "Choisissez un fichier contenant un problème de répartition" in unsent
    assert not re.search(r'lang="en"[^>]*>Choisissez', unsent)
