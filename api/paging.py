"""Lists by pages: a cursor that names the last row, signed, and bound to its address, filter and caller.

The problem: pages by number lose and repeat rows while others are written, and a cursor anybody can write is
a query anybody can write. A cursor here is the key of the last row seen with a signature over whose it is.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from ..finance.documents import plain_bytes
from .door import Call
from .errors import CursorInvalid
from .wire.base import PageQuery

Item = TypeVar("Item")
Key = tuple[str | int, ...]


def cut(
    call: Call, query: PageQuery, rows: Iterable[Item], key: Callable[[Item], Key], *, name: str
) -> tuple[list[Item], str | None]:
    """Return one page of a short list that is at hand as a whole, and the cursor of the next.

    Parameters
    ----------
    call : Call
        Whose list it is.
    query : PageQuery
        Which page; its other fields are the filter the cursor is bound to.
    rows : iterable
        All rows, in any order.
    key : callable
        Returns what orders a row, unique in the list.
    name : str
        Of the operation.

    Raises
    ------
    CursorInvalid
        When the cursor is of another list, filter or caller.
    """
    after = read_cursor(call, query, name)
    ordered = sorted(rows, key=key)
    rest = ordered if after is None else [row for row in ordered if key(row) > after]
    return page_of(call, query, rest, key, name=name)


def page_of(
    call: Call, query: PageQuery, rows: Sequence[Item], key: Callable[[Item], Key], *, name: str
) -> tuple[list[Item], str | None]:
    """Return a page from rows that begin after the cursor, one more than the page where there are more."""
    page = list(rows[: query.limit])
    more = len(rows) > len(page)
    return page, write_cursor(call, query, name, key(page[-1])) if more else None


def write_cursor(call: Call, query: PageQuery, name: str, key: Key) -> str:
    """Return the cursor behind a row."""
    said = plain_bytes(list(key))
    sign = _signature(call, query, name, said)
    return base64.urlsafe_b64encode(sign + said).decode().rstrip("=")


def read_cursor(call: Call, query: PageQuery, name: str) -> Key | None:
    """Return the key of the last row seen; None on the first page.

    Raises
    ------
    CursorInvalid
        When it was not written for this list, filter and caller.
    """
    if not query.cursor:
        return None
    try:
        content = base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4))
    except ValueError:
        content = b""
    sign, said = content[:16], content[16:]
    if not hmac.compare_digest(sign, _signature(call, query, name, said)):
        raise CursorInvalid("This cursor was not given for this list, filter and caller. Begin without one.")
    return tuple(json.loads(said))


def _signature(call: Call, query: PageQuery, name: str, said: bytes) -> bytes:
    bound = query.model_dump(mode="json", exclude={"cursor", "limit"})
    whose = [call.person, call.party, call.access.masked]
    whole = plain_bytes([name, call.object, *whose, bound]) + said
    return hmac.new(call.door.secret, whole, hashlib.sha256).digest()[:16]


__all__ = ["PageQuery", "cut", "page_of", "read_cursor", "write_cursor"]
