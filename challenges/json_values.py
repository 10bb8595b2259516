"""JSON inside a document that the document itself does not read: kept whole, unchanging and hashable.

The problem: a form is written in somebody else's language (JSON Schema), and a document that holds it must
stay frozen and keep its exact bytes. Objects become ``FrozenMap``, lists become tuples, and both go back.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer

from ..finance.documents import FrozenMap


def freeze(value: object) -> object:
    """Make a JSON value unchanging and hashable.

    Examples
    --------
    >>> freeze({"a": [1, {"b": None}]})
    {'a': (1, {'b': None})}
    """
    if isinstance(value, Mapping):
        return FrozenMap({str(name): freeze(item) for name, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    if isinstance(value, float):
        raise ValueError(f"{value!r} is a bare decimal number: write it as a string")  # noqa: TRY004  # a fault of the document, told with its place
    return value


def thaw(value: object) -> object:
    """Turn a frozen JSON value back into plain dicts and lists.

    Examples
    --------
    >>> thaw(freeze({"a": [1, {"b": None}]}))
    {'a': [1, {'b': None}]}
    """
    if isinstance(value, Mapping):
        return {name: thaw(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


JsonObject = Annotated[
    Mapping[str, Any],
    Field(max_length=1000),
    AfterValidator(freeze),
    PlainSerializer(thaw, return_type=Annotated[dict[str, Any], Field(max_length=1000)]),
]
