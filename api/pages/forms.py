"""What a form sent, and why a field of it was refused.

The problem: a form that comes back empty after a mistake is typed again by nobody. What was typed is kept as
text, shown again beside what was wrong, and checked only by the operation it is meant for.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST_NUMBER = 19
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def new_key() -> str:
    """Return a key for a form that was not sent before."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file of a form.

    Attributes
    ----------
    content : bytes
        As it came.
    media_type : str
        As the browser says; empty where it does not.
    """

    name: str
    content: bytes
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was typed.

    Attributes
    ----------
    fields : mapping of str to sequence of str
        Every value of every name.
    key : str
        Of this form: sent twice, it is one thing; a fresh one where none was sent.
    """

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, SentFile] = field(default_factory=dict)
    key: str = field(default_factory=new_key)

    def text(self, name: str, usual: str = "") -> str:
        """Return what was typed, without spaces around it.

        Examples
        --------
        >>> Form(fields={"amount": [" 5.00 "]}).text("amount")
        '5.00'
        """
        given = self.fields.get(name)
        return given[-1].strip() if given else usual

    def whole(self, name: str, usual: str = "") -> int | str:
        """Return a whole number as it goes into a request; the text itself where it is none.

        Examples
        --------
        >>> Form(fields={"rank": ["2"], "seed": ["two"]}).whole("rank")
        2
        """
        text = self.text(name, usual)
        return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else text

    def all(self, name: str) -> Sequence[str]:
        """Return every value of a name."""
        return self.fields.get(name, ())

    @property
    def was_sent(self) -> bool:
        """Tell whether anything was sent."""
        return bool(self.fields or self.files)


def form_of(pairs: Sequence[tuple[str, str]], files: Mapping[str, SentFile] | None = None) -> Form:
    """Return a form from what a browser sent.

    Parameters
    ----------
    pairs : sequence of tuple
        Names and values.
    files : mapping or None
        Files by name.
    """
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    key = fields.get("key", [""])[-1]
    if KEY.fullmatch(key):
        return Form(fields=fields, files=files or {}, key=key)
    return Form(fields=fields, files=files or {})


def faults_of(problem: Mapping[str, Any] | None) -> Mapping[str, str]:
    """Return what is wrong with each field, by the last name of its pointer.

    Parameters
    ----------
    problem : mapping or None
        A problem document.

    Examples
    --------
    >>> faults_of({"errors": [{"pointer": "/amount", "message": "is no decimal"}]})
    {'amount': 'is no decimal'}
    >>> faults_of({"figures": {"findings": [{"path": "/goal/by", "message": "is no day"}]}})
    {'goal-by': 'is no day'}
    """
    if not problem:
        return {}
    figures = problem.get("figures") or {}
    told = figures.get("findings", ()) if isinstance(figures, Mapping) else ()
    found: dict[str, str] = {}
    for one in (*problem.get("errors", ()), *(row for row in told if isinstance(row, Mapping))):
        place = str(one.get("pointer", "") or one.get("path", ""))
        name = place.removeprefix("/body").strip("/").replace("/", "-")
        found.setdefault(name, str(one.get("message", "")))
    return found
