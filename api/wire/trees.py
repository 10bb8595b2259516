"""JSON whose shape somebody else defines: answers to a form, a half-written document, one step of a patch.

The problem: a brief's form is written by its funder, so no model of ours knows its answers; and an object
without any type lets floats in, which lose digits. A tree holds text, whole numbers, truths, lists, objects.
Objects nest as deep as one likes, lists up to four in one another, and both are named in the reference:
makers of clients read no type that contains itself without an object between.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, RootModel

from ...finance.errors import DocumentInvalid
from ...finance.findings import finding


class JsonObject(RootModel[dict[str, "JsonTree"]]):
    """A JSON object without bare decimal numbers.

    Examples
    --------
    >>> JsonObject.model_validate({"deep": {"deeper": [1, [2, [3]]]}}).root["deep"].plain()
    {'deeper': [1, [2, [3]]]}
    """

    model_config = ConfigDict(frozen=True, strict=True)


_Leaf = str | int | bool | JsonObject | None
_Third = list[_Leaf | list[_Leaf]]
_First = list[_Leaf | list[_Leaf | _Third]]


class JsonTree(RootModel[_Leaf | _First]):
    """A JSON value without bare decimal numbers.

    Examples
    --------
    >>> JsonTree.model_validate({"why": ["pumps", 3, None]}).plain()
    {'why': ['pumps', 3, None]}
    """

    model_config = ConfigDict(frozen=True, strict=True)

    def plain(self) -> Any:  # noqa: ANN401  # whatever JSON holds
        """Return it as plain values."""
        return self.model_dump(mode="json")


JsonObject.model_rebuild()


def tree_of(value: object) -> dict[str, JsonTree]:
    """Return an object as trees by name.

    Raises
    ------
    DocumentInvalid
        When it is no object.

    Examples
    --------
    >>> tree_of({"title": "Wells"})["title"].plain()
    'Wells'
    """
    if not isinstance(value, Mapping):
        raise DocumentInvalid("This is no JSON object.", findings=[finding("", "no object")])
    return {str(name): JsonTree.model_validate(item) for name, item in value.items()}


def plain_of(trees: Mapping[str, JsonTree]) -> dict[str, object]:
    """Return trees by name as plain values.

    Examples
    --------
    >>> plain_of(tree_of({"title": "Wells"}))
    {'title': 'Wells'}
    """
    return {name: one.plain() for name, one in trees.items()}
