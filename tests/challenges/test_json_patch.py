"""JSON Patch: the six operations of RFC 6902 with the cases of its appendix, whole or not at all."""

from typing import Any

import pytest

from almoner.challenges.errors import AmendmentRefused
from almoner.challenges.json_patch import apply_patch

Step = dict[str, Any]


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        ({"foo": ["a", "b"]}, [{"op": "add", "path": "/foo/1", "value": "q"}], {"foo": ["a", "q", "b"]}),
        ({"foo": ["a"]}, [{"op": "add", "path": "/foo/-", "value": ["b"]}], {"foo": ["a", ["b"]]}),
        (
            {"foo": "bar"},
            [{"op": "add", "path": "/child", "value": {"g": {}}}],
            {"foo": "bar", "child": {"g": {}}},
        ),
        ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
        ({"foo": ["a", "q", "b"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["a", "b"]}),
        ({"baz": 1}, [{"op": "replace", "path": "/baz", "value": None}], {"baz": None}),
        ({"a": [1, 2]}, [{"op": "replace", "path": "/a/1", "value": 3}], {"a": [1, 3]}),
        (
            {"a": {"b": 1}, "c": {}},
            [{"op": "move", "from": "/a/b", "path": "/c/d"}],
            {"a": {}, "c": {"d": 1}},
        ),
        ({"a": [1, 2, 3]}, [{"op": "move", "from": "/a/0", "path": "/a/2"}], {"a": [2, 3, 1]}),
        ({"a": {"b": [1]}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": [1]}, "c": {"b": [1]}}),
        ({"a": {"b": 5}}, [{"op": "test", "path": "/a", "value": {"b": 5}}], {"a": {"b": 5}}),
        ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
        ({"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
        ({"": {"a": 1}}, [{"op": "remove", "path": "//a"}], {"": {}}),
    ],
)
def test_each_operation_does_what_the_standard_says(document: Step, patch: list[Step], result: Step) -> None:
    before = repr(document)
    assert apply_patch(document, patch) == result
    assert repr(document) == before


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"op": "remove", "path": "/b"}, "nothing at /b"),
        ({"op": "replace", "path": "/b", "value": 1}, "nothing at /b"),
        ({"op": "add", "path": "/b/c", "value": 1}, "nothing at /b"),
        ({"op": "add", "path": "/a/4", "value": 1}, "no place in a list of 3"),
        ({"op": "add", "path": "/a/01", "value": 1}, "no place"),
        ({"op": "replace", "path": "/a/-", "value": 1}, "nothing at /a/-"),
        ({"op": "add", "path": "/n/x", "value": 1}, "no place in a plain value"),
        ({"op": "test", "path": "/n", "value": True}, "holds 1, not True"),
        ({"op": "test", "path": "/n", "value": "1"}, "holds 1, not '1'"),
        ({"op": "move", "from": "/o", "path": "/o/x"}, "into itself"),
        ({"op": "copy", "from": "/x", "path": "/y"}, "nothing at /x"),
        ({"op": "replace", "path": "/n"}, "needs value"),
        ({"op": "move", "path": "/n"}, "needs from"),
        ({"op": "merge", "path": "/n"}, "'merge' is none of"),
        ({"op": "remove", "path": "n"}, "no JSON pointer"),
    ],
)
def test_a_step_that_cannot_be_done_stops_the_whole_patch(step: Step, said: str) -> None:
    document: Step = {"a": [1, 2, 3], "n": 1, "o": {}}
    with pytest.raises(AmendmentRefused, match="Step 1") as refused:
        apply_patch(document, [{"op": "add", "path": "/new", "value": 0}, step])
    assert said in refused.value.message
    assert "new" not in document
    with pytest.raises(AmendmentRefused, match="no document"):
        apply_patch(document, [{"op": "remove", "path": ""}])
