"""A command that was typed for a server, carried out there; see ``remote``."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...finance.errors import DocumentInvalid
from ..problems import DONE, FINDING
from .asking import ServerRequest, ask, operations, server_of, show_answer
from .remote import REMOTE, VALUED
from .show import DEFAULT_BOOK


def run(words: Sequence[str]) -> int:
    """Carry out a command on a server.

    Parameters
    ----------
    words : sequence of str
        The words after ``almoner``.

    Raises
    ------
    DocumentInvalid
        When words are missing, or an option is none of the operation.
    """
    verb = (words[0], words[1])
    remote = REMOTE[verb]
    alone, options = _split(words[2:])
    as_json = options.pop("--json", "") == "true"
    request = _request(verb, alone, options)
    key_file = options.get("--key-file") or os.environ.get("ALMONER_KEY_FILE", "")
    address = options.get("--server") or os.environ.get("ALMONER_SERVER", "")
    server = server_of(address, Path(key_file) if key_file else None, options.get("--as", ""))
    answer = ask(server, request)
    listed = frozenset(request.operation.shape.reply.model_fields) == {"items", "next"}
    code = show_answer(answer, as_json=as_json, unlist=listed)
    return FINDING if code == DONE and not remote.sound(answer.document) else code


def _request(verb: tuple[str, str], alone: Sequence[str], options: Mapping[str, str]) -> ServerRequest:
    remote = REMOTE[verb]
    operation = operations()[remote.operation]
    taken = {f"--{name.replace('_', '-')}": name for name in operation.parameters}
    strange = sorted(set(options) - set(taken) - set(VALUED))
    if strange or len(alone) != len(remote.words):
        usage = " ".join(word.upper() for word in remote.words)
        told = " ".join(sorted({*taken, *VALUED, "--json"}))
        raise DocumentInvalid(f"On a server it is: almoner {' '.join(verb)} {usage} [{told}].")
    named = dict(zip(remote.words, alone, strict=True))
    query = {taken[name]: value for name, value in options.items() if name in taken}
    named["book"] = options.get("--book") or os.environ.get("ALMONER_BOOK", DEFAULT_BOOK)
    parts = {name: named.pop(name) for name in operation.named_parts if name in named}
    named.pop("book", None)
    return ServerRequest(operation=operation, parts=parts, query=query | named)


def _split(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return words alone, and options with their values."""
    alone: list[str] = []
    options: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, sign, value = word.partition("=")
        if not word.startswith("--"):
            alone.append(word)
        elif word == "--json":
            options[word] = "true"
        elif sign or waiting:
            options[name] = value if sign else waiting.pop(0)
        else:
            raise DocumentInvalid(f"{word} has no value.")
    return alone, options
