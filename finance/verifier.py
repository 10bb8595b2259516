"""Check a proof from a ledger's transparency log, without the software that wrote it.

The problem: a proof that only the ledger's own program can check is a promise. This one file, copied
anywhere, needs Python and the ``cryptography`` package::

    python verifier.py proof.json --key HEX

It checks the checkpoint's signature (C2SP signed note, Ed25519), each entry's path to the signed root (RFC
6962) and, for each older checkpoint, its signature and that the log only grew since. It prints one line and
exits 0 when all of it holds, and 1 when any of it does not. ``--key`` is the log's public key as its owner
published it; without it the key is the one in the file, and the line says so.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_NOTE = re.compile(r"(([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n)\n— ([^\n ]+) ([^\n]+)\n")
_HASH = re.compile(r"[0-9a-f]{64}")
Root = tuple[int, bytes]


class Refusal(Exception):
    """What does not hold."""


def _require(holds: bool, what: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise Refusal(what)


def _hash(text: str) -> bytes:
    _require(isinstance(text, str) and _HASH.fullmatch(text) is not None, "a hash is not 64 hex digits")
    return bytes.fromhex(text)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _read_note(note: str, name: str, key: bytes) -> Root:
    """Check the signature of a checkpoint and return its size and root."""
    found = _NOTE.fullmatch(note)
    _require(found is not None, "a checkpoint is not a signed note")
    text, origin, size, root, signer, signed = found.groups()  # type: ignore[union-attr]  # required above
    _require(origin == signer == name, f"a checkpoint is of {origin!r}, not of {name!r}")
    raw = base64.b64decode(signed, validate=True)
    named = hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]
    _require(raw[:4] == named, "a checkpoint is signed with another key")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(raw[4:], text.encode())
    except InvalidSignature:
        raise Refusal("the signature of a checkpoint does not fit") from None
    content = base64.b64decode(root, validate=True)
    _require(len(content) == hashlib.sha256().digest_size, "a root is not 32 bytes")
    return int(size), content


def _climb(position: int, last: int) -> tuple[int, int]:
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position >> 1, last >> 1


def _check_entry(entry: dict[str, Any], tree: Root) -> None:
    """RFC 9162, section 2.1.3.2."""
    position, last = entry["index"], tree[0] - 1
    what = f"entry {position} is not in the log as it is shown"
    _require(type(position) is int and 0 <= position <= last, what)
    found = hashlib.sha256(b"\x00" + entry["body"].encode()).digest()
    for one in map(_hash, entry["path"]):
        _require(last > 0, what)
        if position & 1 or position == last:
            found = _node(one, found)
            position, last = _climb(position, last)
        else:
            found = _node(found, one)
            position, last = position >> 1, last >> 1
    _require(last == 0 and found == tree[1], what)


def _check_growth(older: Root, newer: Root, path: Sequence[bytes]) -> None:
    """RFC 9162, section 2.1.4.2."""
    what = f"the log of {newer[0]} entries does not continue that of {older[0]}"
    if older[0] in {0, newer[0]}:
        same = (0, hashlib.sha256().digest()) if older[0] == 0 else newer
        _require(not path and older == same, what)
        return
    _require(older[0] < newer[0], what)
    if older[0] & (older[0] - 1) == 0:
        path = (older[1], *path)
    _require(bool(path), what)
    position, last = older[0] - 1, newer[0] - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        _require(last > 0, what)
        if position & 1 or position == last:
            first, second = _node(one, first), _node(one, second)
            position, last = _climb(position, last)
        else:
            second = _node(second, one)
            position, last = position >> 1, last >> 1
    _require(last == 0 and (first, second) == (older[1], newer[1]), what)


def check(proof: dict[str, Any], key: str | None = None) -> str:
    """Check a proof and say what it shows; raise on anything that does not hold."""
    _require(key in {None, proof["key"]}, "the proof is signed with another key than the one given")
    name, public = proof["name"], _hash(proof["key"])
    tree = _read_note(proof["checkpoint"], name, public)
    _require(bool(proof["entries"]), "the proof shows no entry")
    for entry in proof["entries"]:
        _check_entry(entry, tree)
    for one in proof["older"]:
        _check_growth(_read_note(one["checkpoint"], name, public), tree, tuple(map(_hash, one["path"])))
    whose = "the key given" if key else "the key in the file: compare it with the published one"
    shown = ", ".join(str(entry["index"]) for entry in proof["entries"])
    grown = f"{len(proof['older'])} older checkpoints continued"
    return f"VALID: entry {shown} of {tree[0]} in {name}; {grown}; signed with {whose}."


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the file named on the command line; return 0 or 1."""
    parser = argparse.ArgumentParser(description="Check a proof from a ledger's transparency log.")
    parser.add_argument("proof", help="file with the proof")
    parser.add_argument("--key", help="the log's public key, 64 hex digits", type=str.lower)
    options = parser.parse_args(arguments)
    try:
        said, code = check(json.loads(Path(options.proof).read_bytes()), options.key), 0
    except Refusal as fault:
        said, code = f"INVALID: {fault}.", 1
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as fault:
        said, code = f"INVALID: not a readable proof ({type(fault).__name__}: {fault}).", 1
    sys.stdout.write(said.encode("unicode_escape").decode() + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
