"""Documents: what people write, sign and exchange, with exact bytes and a digest.

The problem: two programs that read "the same" JSON must get the same identity, and a stranger's file must
be refused with the place of each fault. A ``Document`` is frozen, strict and closed; ``read`` takes raw
bytes only (a decoded dict has already lost duplicate keys and decimal digits); ``canonical_bytes`` writes
sorted keys, no white space, NFC text and every default.
"""

import hashlib
import json
import unicodedata
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Never, Self, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from .errors import AlmonerError, DocumentInvalid
from .findings import Findings, locate

V = TypeVar("V", bound=Hashable)
MAX_DOCUMENT_BYTES = 8 * 2**20
MAX_FINDINGS_SHOWN = 20

_DECIMAL = r"^-?[0-9]{1,19}(\.[0-9]{1,9})?$"
_CODE = r"^[a-z0-9][a-z0-9_.:/-]{0,79}$"
_MEANT = {_DECIMAL: 'a plain number, such as "1234.50"', _CODE: "small letters, digits and _ . : / -"}

DecimalText = Annotated[str, StringConstraints(pattern=_DECIMAL)]
Code = Annotated[str, StringConstraints(pattern=_CODE)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9._]{0,15}$")]


class Document(BaseModel):
    """Frozen, strict, closed base of every document.

    Examples
    --------
    >>> class Note(Document):
    ...     title: Text
    >>> note = Note.read(b'{"title": "Well 7"}')
    >>> note.canonical_bytes()
    b'{"title":"Well 7"}'
    >>> Note.read(b'{"title": ""}')
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: Note has 1 fault: /title: String should have at least 1 character.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    invalid: ClassVar[type[AlmonerError]] = DocumentInvalid
    max_bytes: ClassVar[int] = MAX_DOCUMENT_BYTES

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """Read a document from JSON text.

        Parameters
        ----------
        raw : bytes or str
            JSON, at most ``max_bytes`` (8 MiB unless the class says otherwise), UTF-8.

        Raises
        ------
        DocumentInvalid
            Or the class's own error: not JSON, a key twice, a bare decimal number, a breach of the schema,
            or else rules broken between its fields; ``figures['findings']`` lists every fault.
        """
        text = _decoded(raw, cls)
        try:
            document = cls.model_validate_json(text)
        except ValidationError as fault:
            rows = fault.errors(include_url=False, include_context=False, include_input=False)
            listed = [{"path": _pointer(row["loc"]), "message": _said(row["msg"])} for row in rows]
            raise cls.refusal(locate(listed, text)) from None
        if broken := document.findings():
            raise cls.refusal(broken)
        return document

    def findings(self, at: str = "") -> Findings:  # noqa: ARG002  # documents with rules of their own use it
        """List every rule broken between the fields; a document without such rules has none.

        Parameters
        ----------
        at : str
            JSON pointer of this document inside the one that was read.

        Returns
        -------
        list of dict
            Each with ``path`` and ``message``; empty when all is well.
        """
        return []

    @classmethod
    def refusal(cls, findings: Sequence[Mapping[str, str]]) -> AlmonerError:
        """Make the error that lists every finding of this document.

        Parameters
        ----------
        findings : Sequence[Mapping[str, str]]
            Each with ``path`` (JSON pointer) and ``message``.
        """
        shown = "; ".join(f"{row['path']}: {row['message']}" for row in findings[:MAX_FINDINGS_SHOWN])
        count = f"{len(findings)} fault{'s' if len(findings) != 1 else ''}"
        return cls.invalid(f"{cls.__name__} has {count}: {shown}.", findings=[dict(row) for row in findings])

    def canonical_bytes(self) -> bytes:
        """Write the document's exact bytes, version 1."""
        return canonical_bytes(self.model_dump(mode="json", by_alias=True))

    def digest(self) -> str:
        """Return the SHA-256 of the exact bytes, as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_bytes()).hexdigest()


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


def canonical_bytes(value: object) -> bytes:
    """Write a JSON value as canonical bytes, version 1: sorted keys, no white space, NFC, UTF-8, no floats.

    Parameters
    ----------
    value : object
        Built of dict, list, tuple, str, int, bool and None.

    Raises
    ------
    TypeError
        When a float or anything else stands inside.
    ValueError
        When two keys of one object are the same text, or a text is no Unicode.

    Examples
    --------
    >>> canonical_bytes({"b": 1, "a": ["x"]})
    b'{"a":["x"],"b":1}'
    """
    return _ENCODE(_plain(value)).encode()


_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def plain_bytes(value: object) -> bytes:
    """Write canonical bytes of a value known to be built of dict, list, str, int and bool: the same, sooner.

    Plain ASCII needs no normalisation; anything else goes the long way.

    Examples
    --------
    >>> plain_bytes({"b": 1, "a": ["x"]}) == canonical_bytes({"b": 1, "a": ["x"]})
    True
    """
    text = _ENCODE(value)
    return text.encode() if text.isascii() else canonical_bytes(value)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        plain = {unicodedata.normalize("NFC", str(key)): _plain(item) for key, item in value.items()}
        if len(plain) != len(value):
            raise ValueError(f"two keys are the same text: {', '.join(sorted(map(str, value)))}")
        return plain
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical bytes: {value!r}")


def _said(message: str) -> str:
    """Say what a pattern asks for, and leave out how the fault was found."""
    meant = next((words for pattern, words in _MEANT.items() if f"'{pattern}'" in message), "")
    return message.removeprefix("Value error, ") + (f": {meant}" if meant else "")


def _decoded(raw: bytes | str, cls: type[Document]) -> str:
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > cls.max_bytes:
        raise cls.refusal([{"path": "/", "message": f"{size} bytes; the limit is {cls.max_bytes}"}])
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        if text.startswith("\ufeff"):
            raise ValueError("it starts with a byte order mark (BOM): save it as UTF-8 without one")  # noqa: TRY301  # told like every other fault of the text
        content = json.loads(text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
        _require_storable(content)
    except UnicodeDecodeError as fault:
        raise cls.refusal([{"path": "/", "message": f"not UTF-8 at byte {fault.start}"}]) from None
    except (ValueError, RecursionError) as fault:
        raise cls.refusal([{"path": "/", "message": f"not readable as JSON: {fault}"}]) from None
    return text


def _require_storable(value: object) -> None:
    """Refuse the NUL character, which PostgreSQL stores in no text."""
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("a text holds the character NUL, which cannot be stored")
    if isinstance(value, dict):
        for name, item in value.items():
            _require_storable(name)
            _require_storable(item)
    elif isinstance(value, list):
        for item in value:
            _require_storable(item)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"key {', '.join(twice)} stands twice in one object")
    return seen


def _no_float(text: str) -> Never:
    raise ValueError(
        f'{text} is a bare decimal number: write it as a string, "{text}", so that no digit is lost'
    )


def _pointer(location: tuple[int | str, ...]) -> str:
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in location)
