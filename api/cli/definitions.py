"""How definitions are shown: versions of metrics and cohorts, by code."""

import json
from collections.abc import Sequence
from typing import Any

from ...contracts.records.definitions import StoredDefinition
from .show import print_json, print_table
from .writing import show_document


def definition_document(one: StoredDefinition) -> dict[str, Any]:
    """Return a version of a definition as JSON values."""
    content = json.loads(one.document.canonical_bytes())
    return {"name": one.name, "version": one.version, "sha256": one.document.digest(), "document": content}


def say_defined(one: StoredDefinition, *, as_json: bool, dry_run: bool) -> None:
    """Print what was defined, and how agreements name it."""
    lines = [f"{one.document.title} is defined. Agreements name it {one.name}."]
    show_document(definition_document(one), as_json=as_json, dry_run=dry_run, lines=lines)


def show_definition(one: StoredDefinition, *, as_json: bool) -> None:
    """Print all that a definition says."""
    document = definition_document(one)
    if as_json:
        print_json(document)
        return
    lines = [(name.replace("_", " "), _words(value)) for name, value in document["document"].items() if value]
    print_table(
        f"{one.document.title} ({one.name})", ("field", "says"), [*lines, ("sha256", document["sha256"])]
    )


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(one)}" for name, one in value.items() if one)
    if isinstance(value, list):
        return "; ".join(_words(one) for one in value)
    return str(value)


def list_definitions(
    title: str, rows: Sequence[StoredDefinition], columns: Sequence[str], *, as_json: bool
) -> None:
    """Print definitions as a table.

    Parameters
    ----------
    title : str
        Above it.
    rows : sequence of StoredDefinition
        What is listed.
    columns : sequence of str
        Fields of the documents beside name and title.
    as_json : bool
        One JSON document instead.
    """
    if as_json:
        print_json([definition_document(one) for one in rows])
        return
    lines = [
        (one.name, one.document.title, *(_words(getattr(one.document, name)) for name in columns))
        for one in rows
    ]
    print_table(title, ("name", "title", *columns), lines)
