"""The OpenAPI document as a file, one line to each operation and schema; ``make reference`` writes it.

The problem: a document that lies beside the code is soon another one than is served. A test compares the two;
this writes the file anew, and refuses where a client of the written one could fail.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..finance.storage import open_engine
from .app import create_app
from .reference_changes import taken_away

FILE = Path("docs/schemas/openapi.json")


def served() -> dict[str, Any]:
    """Return the document as it is served, without a database."""
    engine = open_engine("sqlite://")
    document: dict[str, Any] = create_app(engine=engine).openapi()
    engine.dispose()
    return document


def written(document: Mapping[str, Any]) -> str:
    """Return a document as text that changes line by line: sorted, and nothing deep on more than one line.

    Examples
    --------
    >>> print(written({"paths": {"/v1/funds": {"get": {"tags": ["funds"]}}}, "openapi": "3.1.0"}), end="")
    {
    "openapi":"3.1.0",
    "paths":{
    "/v1/funds":{
    "get":{"tags":["funds"]}}}}
    """
    return "".join(_lines(document, 3)) + "\n"


def _lines(value: object, depth: int) -> Iterator[str]:
    if depth == 0 or not isinstance(value, Mapping) or not value:
        yield json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return
    yield "{"
    for place, name in enumerate(sorted(value)):
        yield f"{',' if place else ''}\n{json.dumps(name)}:"
        yield from _lines(value[name], depth - 1)
    yield "}"


def main(given: Sequence[str] | None = None) -> int:
    """Write the file; 1 and no file where something would be taken away, unless that is said to be meant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--meant", action="store_true", help="write also what takes something away")
    asked = parser.parse_args(given)
    document = served()
    if asked.file.exists() and not asked.meant:
        gone = taken_away(json.loads(asked.file.read_text(encoding="utf-8")), document)
        if gone:
            sys.stderr.write("\n".join([*gone, ""]))
            return 1
    asked.file.write_text(written(document), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
