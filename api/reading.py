"""Reading a request: its body, its query, the parts of its address, each refused with every wrong place.

The problem: a framework's own reading answers a wrong body before it asks who is calling, echoes what was
sent (a password with it), and takes the last of two equal keys. Here the bytes come first, within a size and
a time; what they mean is asked only after the caller was let in.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any, Never
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError

from ..finance.documents import Document
from .door import Limits
from .errors import BodyTooLarge, BodyTooSlow, MediaRefused, QueryUnknown, RequestInvalid, RequestMalformed
from .operation import Operation, read_part

JSON = "application/json"
DEEPEST = 64
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    DAY.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
COMMON = {"dry_run", "fields"}
NUL = "\x00"
NO_NUL = "A text holds the character NUL, which cannot be stored. Leave it out."


async def read_content(request: Request, operation: Operation, limits: Limits) -> bytes:
    """Return the bytes of the body.

    Raises
    ------
    BodyTooLarge, BodyTooSlow
        Before the rest is read.
    """
    most = min(operation.uploads, limits.upload) if operation.uploads else limits.body
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.patience):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except TimeoutError:
        raise BodyTooSlow(
            f"The body did not arrive within {limits.patience:g} seconds. Send it again.",
            seconds=f"{limits.patience:g}",
        ) from None
    return b"".join(parts)


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {most} bytes. Send less at once.", limit=most)


def read_query(operation: Operation, text: str) -> tuple[BaseModel | None, dict[str, str]]:
    """Return the query as its model, and the parameters every operation knows.

    Raises
    ------
    QueryUnknown
        For a parameter the operation does not have, or one twice.
    RequestInvalid
        For a value that breaks the schema.
    """
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=100
        )
    except (ValueError, UnicodeDecodeError):
        raise RequestMalformed(
            "The query of the address is not readable. Write name=value&name=value."
        ) from None
    if any(NUL in part for pair in pairs for part in pair):
        raise RequestMalformed(NO_NUL)
    given = dict(pairs)
    model = operation.shape.query
    known = set(model.model_fields) if model else set()
    common = {"dry_run"} if operation.writes else {"fields"}
    for name in given:
        if name not in known | common:
            raise QueryUnknown(
                f"{operation.name} has no parameter {name!r}. It has: {', '.join(sorted(known | common))}.",
                parameter=name,
            )
    if len(pairs) != len(given):
        raise QueryUnknown("A parameter stands twice in the address. Send each once.")
    rest = {name: given.pop(name) for name in tuple(given) if name in common and name not in known}
    if model is None:
        return None, rest
    read = _validated(lambda: model.model_validate(given), "query")
    _require_calendar(read, given, "query")
    return read, rest


def read_parts(operation: Operation, raw: Mapping[str, str]) -> dict[str, object]:
    """Return the parts of the address as the handler takes them."""
    parts: dict[str, object] = {}
    for name, kind in operation.shape.parts.items():
        parts[name] = _validated(lambda kind=kind, name=name: read_part(kind, raw[name]), f"path/{name}")
    _require_calendar(parts, raw, "path")
    return parts


def read_body(operation: Operation, content: bytes, media_type: str) -> tuple[Any, bytes]:
    """Return the body as its model, and the digest of what it says.

    Raises
    ------
    MediaRefused, RequestMalformed, RequestInvalid
        With every place that is wrong.
    """
    kind = operation.shape.body
    if operation.uploads:
        return None, hashlib.sha256(content).digest()
    if kind is None:
        if content.strip():
            raise RequestMalformed(f"{operation.name} takes no body. Send none.")
        return None, hashlib.sha256(b"").digest()
    if media_type.split(";", maxsplit=1)[0].strip().lower() != JSON:
        raise MediaRefused(f"The body has to be {JSON}, not {media_type[:80] or 'unnamed'}.", takes=[JSON])
    said = parse_json(content)
    body = _validated(lambda: operation.shape.body_reader.validate_json(content, strict=True), "")
    _require_calendar(body, said, "")
    _require_sound(body, "")
    return body, hashlib.sha256(_one_way(said)).digest()


def _one_way(said: object) -> bytes:
    """Write what a body says in one way, whatever its spaces and the order of its keys were."""
    return _encode(said).encode()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _require_calendar(read: object, said: object, at: str) -> None:
    """Refuse a day or an instant that was not written as one: a bare number would count from 1970."""
    odd = [
        {
            "pointer": place,
            "code": "calendar",
            "message": "Write a day as 2026-01-31, an instant as 2026-01-31T09:00Z",
        }
        for place in _uncalendared(read, said, at)
    ]
    if odd:
        shown = ", ".join(one["pointer"] for one in odd[:5])
        raise RequestInvalid(f"No day and no instant stands at {shown}.", findings=odd[:100])


def _uncalendared(read: object, said: object, at: str) -> Iterator[str]:
    if isinstance(read, date):
        form = INSTANT if isinstance(read, datetime) else DAY
        if not (isinstance(said, str) and form.fullmatch(said)):
            yield "/" + at.lstrip("/")
    elif isinstance(read, BaseModel | Mapping) and isinstance(said, Mapping):
        for name, part in _named(read):
            if name in said:
                yield from _uncalendared(part, said[name], f"{at}/{name}")
    elif isinstance(read, list | tuple) and isinstance(said, list):
        for place, (part, one) in enumerate(zip(read, said, strict=False)):
            yield from _uncalendared(part, one, f"{at}/{place}")


def _named(read: BaseModel | Mapping[str, object]) -> Iterable[tuple[str, object]]:
    if isinstance(read, Mapping):
        return read.items()
    fields = type(read).model_fields.items()
    return ((field.alias or name, getattr(read, name)) for name, field in fields)


def _require_sound(part: object, at: str) -> None:
    """Refuse a document inside a body that breaks rules between its fields: the schema alone misses them."""
    if isinstance(part, Document):
        if broken := part.findings(at):
            raise part.refusal(broken)
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            _require_sound(getattr(part, name), f"{at}/{name}")
    elif isinstance(part, list | tuple):
        for place, one in enumerate(part):
            _require_sound(one, f"{at}/{place}")


def parse_json(content: bytes) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Parse JSON that says each thing once, with finite numbers and honest text.

    Raises
    ------
    RequestMalformed
        With the place, where the parser knows it.

    Examples
    --------
    >>> parse_json(b'{"a": [1, "x"]}')
    {'a': [1, 'x']}
    """
    try:
        text = content.decode("utf-8")
        said = _decode(text)
        if text.count("{") + text.count("[") >= DEEPEST:
            _require_shallow(said)
        if "\\u" in text:  # a lone surrogate and NUL come in by an escape only
            json.dumps(said, ensure_ascii=False).encode("utf-8")
            _require_storable(said)
    except UnicodeError:
        raise RequestMalformed("The body is not UTF-8 text. Send JSON in UTF-8.") from None
    except RecursionError:
        raise RequestMalformed(f"The body is nested deeper than {DEEPEST} levels.") from None
    except json.JSONDecodeError as fault:
        raise RequestMalformed(
            f"The body is no JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}.",
            line=fault.lineno,
            column=fault.colno,
        ) from None
    return said


def _require_shallow(said: object) -> None:
    level: list[object] = [said]
    for _ in range(DEEPEST):
        level = [below for one in level for below in _below(one)]
        if not level:
            return
    raise RecursionError


def _below(one: object) -> Iterable[object]:
    return one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()


def _require_storable(said: object) -> None:
    """Refuse the character NUL, which PostgreSQL stores in no text."""
    names = said if isinstance(said, dict) else (said,)
    if any(NUL in one for one in names if isinstance(one, str)):
        raise RequestMalformed(NO_NUL)
    for one in _below(said):
        _require_storable(one)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add returns None
        raise RequestMalformed(
            f"The key {twice[:80]!r} stands twice in one object. Say it once.", key=twice[:80]
        )
    return found


def _no_constant(text: str) -> Never:
    raise RequestMalformed(f"{text} is no number of JSON. Send a finite number.")


def _finite(text: str) -> float:
    found = float(text)
    return found if isfinite(found) else _no_constant(text[:40])


def _short_int(text: str) -> int:
    if len(text) > 40:  # noqa: PLR2004  # far beyond any figure we store
        raise RequestMalformed("A number has more than 40 digits.")
    return int(text)


_decode = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_short_int, parse_float=_finite
).decode


def _said_of(row: Mapping[str, Any]) -> str:
    """Return what is wrong in words that repeat nothing of what was sent."""
    if row["type"] == "union_tag_invalid":
        return f"Not one of {row['ctx']['expected_tags']}"
    return str(row["msg"])


def _validated(read: Any, root: str) -> Any:  # noqa: ANN401  # whatever the model is
    try:
        return read()
    except ValidationError as fault:
        findings = [
            {
                "pointer": "/" + "/".join([*filter(None, [root]), *map(str, row["loc"])]),
                "code": row["type"],
                "message": _said_of(row),
            }
            for row in fault.errors(include_input=False, include_url=False)
        ][:100]
        shown = "; ".join(f"{row['pointer']}: {row['message']}" for row in findings[:5])
        raise RequestInvalid(
            f"The request breaks its schema in {fault.error_count()} places: {shown}.", findings=findings
        ) from None
