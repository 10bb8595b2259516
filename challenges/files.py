"""Files of an application: held by their digests, never by their contents.

The problem: whoever keeps the files of others answers for everything in them, and a file that was exchanged
after the close looks like the one that was judged. An application names each file with its length and digest;
the file stays with the applicant, and anybody who is given it can tell whether it is the one.
"""

import hashlib
import mimetypes
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from ..finance.errors import DocumentInvalid
from ..finance.findings import finding
from .applications import MAX_FILE_BYTES, AttachedFile
from .errors import AnswersInvalid

UNKNOWN: Final = "application/octet-stream"
LONGEST_NAME: Final = 200
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_BEGINNINGS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "application/zip": _ZIP,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _ZIP,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _ZIP,
    "application/vnd.oasis.opendocument.text": _ZIP,
    "application/vnd.oasis.opendocument.spreadsheet": _ZIP,
}


def attached_file(content: bytes, *, name: str, media_type: str = "", at: str = "") -> AttachedFile:
    r"""Return what an application keeps of a file.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        As the sender calls it; directories and signs that nobody sees are taken out.
    media_type : str
        As the sender says; found by the name where it says nothing.
    at : str
        JSON pointer of the question, for a refusal.

    Raises
    ------
    AnswersInvalid
        When the file is empty, too long, or does not begin as its kind does.

    Examples
    --------
    >>> made = attached_file(b"%PDF-1.7", name="C:\\plans\\plan.pdf")
    >>> made.name, made.media_type, made.size_bytes
    ('plan.pdf', 'application/pdf', 8)
    """
    kept = plain_name(name)
    kind = media_type.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(kind) or kind == UNKNOWN:
        kind = mimetypes.guess_type(kept)[0] or UNKNOWN
    beginnings = _BEGINNINGS.get(kind)
    fault = ""
    if not content:
        fault = "the file is empty"
    elif len(content) > MAX_FILE_BYTES:
        fault = f"the file has {len(content)} bytes; the limit is {MAX_FILE_BYTES}"
    elif beginnings is not None and not content.startswith(beginnings):
        fault = f"the file is called {kind}, and does not begin as such a file does"
    if fault:
        raise AnswersInvalid(f"{kept}: {fault}. Choose another file.", findings=[finding(at, fault)])
    sha256 = hashlib.sha256(content).hexdigest()
    return AttachedFile(
        id=f"file-{sha256[:12]}", name=kept, media_type=kind, size_bytes=len(content), sha256=sha256
    )


def plain_name(name: str) -> str:
    r"""Return the name of a file without directories and without signs that nobody sees.

    Examples
    --------
    >>> plain_name("../../plan\u202efdp.exe"), plain_name("//")
    ('planfdp.exe', 'file')
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(one for one in last if not unicodedata.category(one).startswith(("C", "Z")) or one == " ")
    whole = seen.strip() or "file"
    stem, dot, kind = whole.rpartition(".")
    if len(whole) <= LONGEST_NAME or not dot or len(kind) > LONGEST_NAME // 2:
        return whole[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(kind) - 1]}.{kind}"


def require_address(address: str, at: str) -> str | None:
    """Return the address at which a file lies; None for none.

    Raises
    ------
    AnswersInvalid
        When it is no address that a browser may be led to.

    Examples
    --------
    >>> require_address("https://files.example/plan", "/answers/plan")
    'https://files.example/plan'
    """
    if not address:
        return None
    try:
        sample: dict[str, Any] = {"id": "a", "name": "a", "media_type": UNKNOWN, "size_bytes": 1}
        return AttachedFile(**sample, sha256="0" * 64, address=address).address
    except (DocumentInvalid, ValueError):
        said = "an address begins with https:// and has no spaces"
        raise AnswersInvalid(
            f"{address[:80]!r} is no address: {said}.", findings=[finding(at, said)]
        ) from None
