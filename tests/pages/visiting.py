"""A visitor without a script: reads pages, fills forms by their names, and sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response


@dataclass(slots=True)
class SentForm:
    """A form of a page: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class FormReader(HTMLParser):
    """Collects the forms of a page and the text a person reads."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[SentForm] = []
        self.said: list[str] = []
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(SentForm(given.get("action", "")))
        elif not self.forms:
            return
        elif tag == "input" and "name" in given and given.get("type") != "file":
            if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._area = given["name"]
            self.forms[-1].fields[self._area] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select:
            fields = self.forms[-1].fields
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area
        self._select = "" if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data
        if data.strip():
            self.said.append(data.strip())


class Visitor:
    """Somebody with a browser that runs no script, signed in by name."""

    def __init__(self, app: FastAPI, name: str = "", language: str = "en") -> None:
        self.client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        mine = {"Authorization": f"Bearer {name}"} if name else {}
        self.client.headers.update({"Accept-Language": language, **mine})

    def see(self, path: str, status: int = 200) -> str:
        """Return a page as HTML."""
        reply = self.client.get(path)
        assert reply.status_code == status, (reply.status_code, path, text_of(reply))
        return str(reply.text)

    def text(self, path: str, status: int = 200) -> str:
        """Return what a person reads on a page."""
        return read(self.see(path, status))

    def form(self, path: str, act: str) -> SentForm:
        """Return the form of a page that does something."""
        return self.form_in(self.see(path), act)

    def form_in(self, html: str, act: str) -> SentForm:
        """Return the form of HTML at hand that does something."""
        reader = FormReader()
        reader.feed(html)
        found = [one for one in reader.forms if one.fields.get("act") == act]
        assert found, (act, [one.fields.get("act") for one in reader.forms])
        return found[0]

    def send(
        self,
        path: str,
        act: str,
        fields: Mapping[str, str | list[str]] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        status: int = 303,
    ) -> Response:
        """Fill the form of a page and send it."""
        form = self.form(path, act)
        whole = {**form.fields, **(fields or {})}
        reply = self.client.post(urljoin(path, form.action).partition("#")[0], data=whole, files=files)
        assert reply.status_code == status, (reply.status_code, text_of(reply))
        return reply

    def do(self, path: str, act: str, fields: Mapping[str, str | list[str]] | None = None) -> str:
        """Fill the form of a page, send it, and return what is read on the page it leads to."""
        reply = self.send(path, act, fields)
        return self.text(reply.headers["location"])


def read(html: str) -> str:
    """Return what a person reads of HTML."""
    reader = FormReader()
    reader.feed(html)
    return " ".join(reader.said)


def text_of(reply: Response) -> str:
    """Return the beginning of what an answer says."""
    return read(reply.text)[:2000] if "html" in reply.headers.get("content-type", "") else reply.text[:2000]
