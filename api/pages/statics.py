"""Files that pages load: named by their content, so that a browser keeps them for ever."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file.

    Attributes
    ----------
    path : str
        Below the mounting; changes with the content.
    content, packed : bytes
        As it is, and by gzip.
    """

    name: str
    path: str
    media_type: str
    content: bytes
    packed: bytes


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Return every file by its path."""
    found = {}
    for one in sorted(files("almoner.api").joinpath("static").iterdir(), key=lambda entry: entry.name):
        media = TYPES.get(one.name.rpartition(".")[2])
        if media is None:
            continue
        content = one.read_bytes()
        path = f"/static/{hashlib.sha256(content).hexdigest()[:16]}/{one.name}"
        found[path] = StaticFile(
            name=one.name,
            path=path,
            media_type=media,
            content=content,
            packed=gzip.compress(content, mtime=0),
        )
    return found
