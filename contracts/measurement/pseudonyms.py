"""Pseudonyms: one person is one name in an agreement, and nobody without the key finds out whose.

The problem: whoever must not count people twice has to know that two rows are one person, and whoever stores
their numbers puts them at risk. A person's number becomes an HMAC-SHA256 (RFC 2104) under a key that the
caller keeps, over the agreement's name and the number, cut to 16 bytes. The key is never stored; a check
value is, so that rows under another key are refused and not counted a second time.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable

from ...finance.errors import RowsInvalid

PERSON_BYTES = 16
LEAST_SECRET_BYTES = 16
_PERSON, _CHECK = b"almoner.person/1\x00", b"almoner.person.check/1\x00"
_SPACES = re.compile(r"\s+")
FORMULA = re.compile(r"[=@\t]|[+-](?![0-9.])")


def pseudonyms(secret: bytes, scope: str, persons: Iterable[str]) -> list[bytes]:
    """Return the pseudonym of each person.

    Parameters
    ----------
    secret : bytes
        At least 16 random bytes, kept by whoever imports.
    scope : str
        Book and agreement: the same person has other names elsewhere.
    persons : iterable of str
        As ``plain_person`` writes them.

    Raises
    ------
    RowsInvalid
        When the secret is too short to keep anything secret.

    Examples
    --------
    >>> [one.hex() for one in pseudonyms(b"k" * 32, "main/pact", ["A-17"])]
    ['9240fefabb6766f2b4c377e58076bd44']
    """
    require_secret(secret)
    start = hmac.new(secret, _PERSON + scope.encode() + b"\x00", "sha256")
    return [_continued(start, person.encode())[:PERSON_BYTES] for person in persons]


def _continued(start: hmac.HMAC, message: bytes) -> bytes:
    """Return the code of a start and a message; the key and the start are hashed once for all."""
    code = start.copy()
    code.update(message)
    return code.digest()


def key_check(secret: bytes, scope: str) -> str:
    """Return what tells this key from others and gives nothing of it away, 16 hexadecimal digits.

    Examples
    --------
    >>> key_check(b"k" * 32, "main/pact") == key_check(b"l" * 32, "main/pact")
    False
    """
    require_secret(secret)
    return hmac.digest(secret, _CHECK + scope.encode(), "sha256")[:8].hex()


def require_secret(secret: bytes) -> None:
    """Refuse a key that can be guessed by its length."""
    if len(secret) < LEAST_SECRET_BYTES:
        raise RowsInvalid(
            f"The key for pseudonyms has {len(secret)} bytes; take at least {LEAST_SECRET_BYTES} random ones "
            "and keep them: the same key is needed for every import.",
            bytes=len(secret),
            least=LEAST_SECRET_BYTES,
        )


def plain_person(text: str) -> str:
    """Return a person's number as it is compared: NFC, spaces joined, capitals kept.

    Raises
    ------
    RowsInvalid
        When it is empty, or a formula.

    Examples
    --------
    >>> plain_person(" A  17 ")
    'A 17'
    """
    if text.isascii() and text.isalnum():
        return text
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    if not plain:
        raise RowsInvalid("nobody is named. Write the person's number in your register")
    refuse_formula(plain)
    return plain


def harmless(text: str) -> str:
    """Return text that no spreadsheet runs: behind an apostrophe where it would be a formula.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-12"), harmless("north")
    ("'=1+1", '-12', 'north')
    """
    return f"'{text}" if FORMULA.match(text) else text


def refuse_formula(text: str) -> None:
    """Refuse text that a spreadsheet would run: it is no value, whatever it showed.

    Raises
    ------
    RowsInvalid
        When it begins with ``=``, ``@`` or a tabulator, or with a sign that no number follows.

    Examples
    --------
    >>> refuse_formula("-12")
    """
    if FORMULA.match(text):
        raise RowsInvalid(f"{text[:20]!r} is a formula. Save the values, not the formulas")
