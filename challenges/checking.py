"""Cross-checks of documents: every broken rule at once, each with the place where it stands.

The problem: whoever writes a challenge in a text editor wants the whole list of faults, not the first one,
and a place that can be found in the file. A schema sees one field at a time; rules between fields (weights
sum to 10,000, phases follow each other) are ``findings`` of the document, collected over all its parts after
the schema has passed. Places are JSON pointers (RFC 6901) into the text that was read.
"""

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, Self, TypeVar

from ..finance.documents import Document
from ..finance.errors import AlmonerError
from ..finance.money import decimal_count
from ..finance.units import MAX_SCALE

Findings = list[dict[str, str]]
V = TypeVar("V", bound=Hashable)
WHOLE_BP: Final = 10_000  # one whole, in basis points


class LocatedDocument(Document):
    """A document whose faults point into the text that was read, also below alternatives of the schema.

    Examples
    --------
    >>> class Gate(LocatedDocument):
    ...     ways: tuple[bool | int, ...]
    >>> Gate.read('{"ways": [true, "x"]}')
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: Gate has 2 faults: \
/ways/1: Input should be a valid boolean; /ways/1: Input should be a valid integer.
    """

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """Read a document from JSON text.

        Parameters
        ----------
        raw : bytes or str
            JSON, at most 8 MiB, UTF-8.

        Raises
        ------
        DocumentInvalid
            Or the class's own error; ``figures['findings']`` lists every fault with its JSON pointer.
        """
        try:
            return super().read(raw)
        except cls.invalid as fault:
            raise cls.refusal(_located(fault, raw)) from None


class CheckedDocument(LocatedDocument):
    """A document with rules between its fields; ``read`` is the door that enforces them.

    Examples
    --------
    >>> class Span(CheckedDocument):
    ...     lo: int
    ...     hi: int
    ...
    ...     def findings(self, at=""):
    ...         return [] if self.lo < self.hi else [finding(f"{at}/hi", f"{self.hi} is not above {self.lo}")]
    >>> Span.read('{"lo": 3, "hi": 2}')
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: Span has 1 fault: /hi: 2 is not above 3.
    """

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """Read a document from JSON text and cross-check it; every finding of all its parts at once."""
        document = super().read(raw)
        if broken := document.findings():
            raise cls.refusal(broken)
        return document

    def findings(self, at: str = "") -> Findings:
        """List every broken rule between the fields.

        Parameters
        ----------
        at : str
            JSON pointer of this document inside the one that was read.

        Returns
        -------
        list[dict[str, str]]
            Each with ``path`` and ``message``; empty when all is well.
        """
        raise NotImplementedError(f"{type(self).__name__} declares no findings (asked at {at!r})")


def finding(path: str, message: str) -> dict[str, str]:
    """Make one finding.

    Parameters
    ----------
    path : str
        JSON pointer of the place; empty for the whole document.
    message : str
        What is wrong, with the figures.

    Examples
    --------
    >>> finding("", "empty")
    {'path': '/', 'message': 'empty'}
    """
    return {"path": path or "/", "message": message}


def repeated(names: Sequence[str]) -> list[int]:
    """Return the positions of names that stood earlier in the same list.

    Examples
    --------
    >>> repeated(["a", "b", "a", "a"])
    [2, 3]
    """
    seen: set[str] = set()
    again = []
    for position, name in enumerate(names):
        if name in seen:
            again.append(position)
        seen.add(name)
    return again


class FrozenMap(Mapping[str, V]):
    """A mapping that cannot change, so that a document keeps its hash and crosses processes.

    Examples
    --------
    >>> facts = FrozenMap({"region": "east"})
    >>> facts["region"], hash(facts) == hash(FrozenMap({"region": "east"}))
    ('east', True)
    """

    __slots__ = ("_content", "_pairs")

    def __init__(self, content: Mapping[str, V]) -> None:
        self._pairs = tuple(sorted(content.items()))
        self._content = dict(self._pairs)

    def __getitem__(self, name: str) -> V:
        return self._content[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return repr(self._content)


def nano(text: str) -> int:
    """Read a decimal string of a document as an exact count of 10**-9, whatever its unit.

    Examples
    --------
    >>> nano("0.5"), nano("-2")
    (500000000, -2000000000)
    """
    return decimal_count(text, MAX_SCALE)


def _located(fault: AlmonerError, raw: bytes | str) -> Findings:
    rows = fault.figures["findings"]
    listed = [dict(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    try:
        content: object = json.loads(raw)
    except (ValueError, RecursionError):
        return listed
    found = [finding(_pointer(row["path"], content), row["message"]) for row in listed]
    return [row for row in found if not _echoes(row, found)]


def _echoes(row: Mapping[str, str], found: Findings) -> bool:
    """Tell whether a list is only called too short because an item in it was refused."""
    inside = f"{row['path'].rstrip('/')}/"
    return "after validation" in row["message"] and any(other["path"].startswith(inside) for other in found)


def _pointer(path: str, content: object) -> str:
    """Drop the parts of a path that name an alternative of the schema and not a place in the text."""
    kept = ""
    parts = path.split("/")[1:]
    for position, part in enumerate(parts):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict) and name in content:
            content = content[name]
        elif isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            content = content[int(name)]
        elif not (isinstance(content, dict) and position == len(parts) - 1):
            continue
        kept += f"/{part}"
    return kept
