import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import JsonValue

from almoner.contracts.terms.amendment import Amendment, amend
from almoner.contracts.terms.differing import changes_between
from almoner.contracts.terms.document import EXAMPLE, TermDocument
from almoner.finance.documents import canonical_bytes

OLD = TermDocument.read(EXAMPLE)
NAMES = some.text("ab~/", min_size=1, max_size=3)
VALUES = some.recursive(
    some.none() | some.booleans() | some.text("xy", max_size=2),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def edited(name: str) -> Any:  # noqa: ANN401  # JSON
    """Return the example with one thing changed."""
    content = json.loads(canonical_bytes(OLD.model_dump(mode="json", by_alias=True)))
    if name == "another limit first":
        content["limits"].insert(0, {**content["limits"][0], "id": "first", "max": "1.00"})
    elif name == "a limit taken out":
        content["limits"].clear()
    elif name == "another title":
        content["title"] = "Another title"
    else:
        content["metrics"] = dict(reversed(content["metrics"].items()))
    return content


@pytest.mark.parametrize("name", ["another limit first", "a limit taken out", "another title"])
def test_what_was_edited_is_found_and_gives_the_new_document_again(name: str) -> None:
    new = TermDocument.read(json.dumps(edited(name)))
    changes = [one.model_dump(mode="json") for one in changes_between(OLD, new)]
    head = {"schema": "almoner.amendment/1", "of": OLD.digest(), "effective_on": "2027-07-01", "reason": "r"}
    amendment = Amendment.read(canonical_bytes({**head, "changes": changes}))
    assert amend(OLD, amendment).digest() == new.digest()
    assert len(changes) == 1


def test_the_order_of_names_is_no_change() -> None:
    assert changes_between(OLD, TermDocument.read(json.dumps(edited("the order")))) == ()


@given(old=VALUES, new=VALUES)
def test_changes_of_any_values_make_one_of_the_other(old: JsonValue, new: JsonValue) -> None:
    from almoner.contracts.terms import amendment, differing  # noqa: PLC0415  # their inner steps

    whole: dict[str, JsonValue] = {"of": deepcopy(old)}
    changes = tuple(differing._between(old, new, "/of"))  # noqa: SLF001  # on values that are no terms
    for change in changes:
        assert amendment._apply(whole, change) == ""  # noqa: SLF001  # the same
    assert whole["of"] == new
