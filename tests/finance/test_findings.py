"""Faults point to the place in the text that was read."""

import pytest

from almoner.finance.documents import Document, FrozenMap
from almoner.finance.errors import DocumentInvalid
from almoner.finance.findings import Findings, finding, repeated


class Row(Document):
    size: int | bool


class Table(Document):
    rows: tuple[Row, ...]


def places(raw: str) -> list[str]:
    with pytest.raises(DocumentInvalid) as refused:
        Table.read(raw)
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    return sorted({row["path"] for row in rows if isinstance(row, dict)})


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ('{"rows": [{"size": 1}, {"size": "x"}]}', ["/rows/1/size"]),
        ('{"rows": [{}]}', ["/rows/0/size"]),
        ('{"rows": [{"size": 1, "a/b~c": 2}]}', ["/rows/0/a~1b~0c"]),
        ("{}", ["/rows"]),
        ("[]", ["/"]),
        ("{", ["/"]),
        ('{"rows": [], "rows": []}', ["/"]),
        ('{"rows": [{"size": 1.5}]}', ["/"]),
    ],
)
def test_pointers_name_places_in_the_text(raw: str, paths: list[str]) -> None:
    assert places(raw) == paths


def test_rules_between_fields_are_listed_after_the_schema_passed() -> None:
    class Span(Document):
        lo: int
        hi: int

        def findings(self, at: str = "") -> Findings:
            return [] if self.lo < self.hi else [finding(f"{at}/hi", f"{self.hi} is not above {self.lo}")]

    assert Span.read('{"lo": 1, "hi": 2}').hi == 2
    with pytest.raises(DocumentInvalid, match="Span has 1 fault: /hi: 2 is not above 3"):
        Span.read('{"lo": 3, "hi": 2}')


def test_repeats_are_counted_from_the_second_on() -> None:
    assert repeated(["a", "b", "a", "b", "a"]) == [2, 3, 4]


def test_a_frozen_map_is_a_value() -> None:
    one, two = FrozenMap({"b": 1, "a": 2}), FrozenMap({"a": 2, "b": 1})
    assert one == two == {"a": 2, "b": 1}
    assert hash(one) == hash(two)
    assert (list(one), len(one), repr(one)) == (["a", "b"], 2, "{'a': 2, 'b': 1}")
