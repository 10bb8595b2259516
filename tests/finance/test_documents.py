import hashlib
import json
import unicodedata
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from almoner.finance.documents import MAX_DOCUMENT_BYTES, Code, DecimalText, Document, Text, canonical_bytes
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import AlmonerError, DocumentInvalid, TermError


class Part(Document):
    code: Code
    share: DecimalText = "1"


class Note(Document):
    schema_: Literal["note/1"] = Field(alias="schema", default="note/1")
    title: Text
    count: int = 0
    parts: tuple[Part, ...] = ()


class Term(Document):
    invalid: ClassVar[type[AlmonerError]] = TermError
    title: Text


def fault(raw: bytes | str) -> str:
    with pytest.raises(DocumentInvalid) as caught:
        Note.read(raw)
    return caught.value.message


def test_a_document_is_read_and_written_exactly() -> None:
    note = Note.read('{ "parts": [{"code": "a", "share": "0.50"}], "title": "Brunnen \u2116 7" }')
    assert note.canonical_bytes() == (
        '{"count":0,"parts":[{"code":"a","share":"0.50"}],"schema":"note/1","title":"Brunnen № 7"}'.encode()
    )
    assert note.digest() == hashlib.sha256(note.canonical_bytes()).hexdigest()
    assert Note.read(note.canonical_bytes()) == note


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"title":"a","title":"b"}', "key title stands twice"),
        (b'{"title":"a","parts":[{"code":"a","code":"b"}]}', "key code stands twice"),
        (b'{"title":"a","count":1.0}', '1.0 is a bare decimal number: write it as a string, "1.0"'),
        (b'{"title":"a","count":1e2}', "bare decimal number"),
        (b'{"title":"a","count":NaN}', "bare decimal number"),
        (b'{"title":"a","count":-Infinity}', "bare decimal number"),
        (b'{"title":"a","count":true}', "/count: Input should be a valid integer"),
        (b'{"title":"a","count":"1"}', "/count: Input should be a valid integer"),
        (b'{"title":"a","count":' + b"9" * 5000 + b"}", "not readable as JSON"),
        (b'{"title":1}', "/title: Input should be a valid string"),
        (b'{"title":""}', "/title: String should have at least 1 character"),
        (b'{"title":"a","parts":[{"code":"A b"}]}', "/parts/0/code: String should match pattern"),
        (b'{"title":"a","parts":[{"code":"a","share":"1e5"}]}', "/parts/0/share: String should match"),
        (b'{"title":"a","size":1}', "/size: Extra inputs are not permitted"),
        (b'{"title":"a","schema":"note/2"}', "/schema: Input should be 'note/1'"),
        (b"{}", "/title: Field required"),
        (b"[]", "Input should be an object"),
        (b"null", "Input should be an object"),
        (b"", "not readable as JSON"),
        (b'{"title":"a"} {}', "Extra data"),
        (b"\xff\xfe{}", "not UTF-8 at byte 0"),
        (b'{"title":"\xc3("}', "not UTF-8 at byte 10"),
        (b"\xef\xbb\xbf{}", "save it as UTF-8 without one"),
        (b"[" * 100_000, "not readable as JSON: maximum recursion"),
        (b'{"a":' * 100_000, "not readable as JSON: maximum recursion"),
        (b'{"title":"' + b"x" * 2001 + b'"}', "at most 2000 characters"),
        (
            b" " * (MAX_DOCUMENT_BYTES + 1),
            f"{MAX_DOCUMENT_BYTES + 1} bytes; the limit is {MAX_DOCUMENT_BYTES}",
        ),
        ("é" * (MAX_DOCUMENT_BYTES // 2 + 1), "bytes; the limit is"),
        ('{"title":"\\ud800"}', "Invalid JSON"),
        ('{"title":"\ud800"}', "unable to parse"),
    ],
)
def test_each_fault_is_named_with_its_place(raw: bytes | str, said: str) -> None:
    assert said in fault(raw)


def test_every_fault_is_listed_at_once() -> None:
    with pytest.raises(DocumentInvalid, match="Note has 3 faults") as caught:
        Note.read(b'{"title":"","count":"x","parts":[{}]}')
    findings: Any = caught.value.figures["findings"]
    assert [row["path"] for row in findings] == ["/title", "/count", "/parts/0/code"]


def test_a_kind_of_document_has_its_own_error() -> None:
    with pytest.raises(TermError):
        Term.read(b"{}")


def test_documents_are_frozen_and_closed() -> None:
    note = Note.read(b'{"title":"a"}')
    with pytest.raises(ValueError, match="frozen"):
        note.title = "b"
    assert hash(note) == hash(Note.read(b'{"title":"a"}'))


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ({}, b"{}"),
        ([], b"[]"),
        (None, b"null"),
        (True, b"true"),
        (0, b"0"),
        (-(2**62), b"-4611686018427387904"),
        ("", b'""'),
        ("\u00e9", b'"\xc3\xa9"'),
        ("e\u0301", b'"\xc3\xa9"'),
        ('\u2028\x7f\x00\x1f"\\/', b'"\xe2\x80\xa8\x7f\\u0000\\u001f\\"\\\\/"'),
        ("\U0001f4a7", b'"\xf0\x9f\x92\xa7"'),
        ({"b": [1, {"z": None, "a": False}], "a": ("x",)}, b'{"a":["x"],"b":[1,{"a":false,"z":null}]}'),
        ({"a b": 1, "A": 2, "_": 3, "1": 4}, b'{"1":4,"A":2,"_":3,"a b":1}'),
    ],
)
def test_canonical_bytes_are_frozen(value: object, content: bytes) -> None:
    assert canonical_bytes(value) == content


def test_the_bytes_of_a_stored_document_are_frozen() -> None:
    terms = Earmark(code="north", title="Northern district", admits={"region": ("north", "b"), "age": ("0",)})
    assert terms.canonical_bytes() == (
        b'{"admits":{"age":["0"],"region":["north","b"]},"code":"north","schema":"almoner.earmark/1",'
        b'"title":"Northern district"}'
    )


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1, 2}, object(), [1.5], {"a": 0.1}, 1j])
def test_what_has_no_exact_bytes_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no canonical bytes"):
        canonical_bytes(value)


def test_keys_that_become_one_and_text_that_is_no_unicode_are_refused() -> None:
    with pytest.raises(ValueError, match="two keys are the same text"):
        canonical_bytes({"\u00e9": 1, "e\u0301": 2})
    with pytest.raises(ValueError, match="two keys are the same text"):
        canonical_bytes({"1": 1, 1: 2})
    with pytest.raises(ValueError, match="surrogates"):
        canonical_bytes("\ud800")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=plain)
def test_canonical_bytes_are_read_back_and_written_the_same(value: object) -> None:
    content = canonical_bytes(value)
    assert canonical_bytes(json.loads(content)) == content
    assert unicodedata.is_normalized("NFC", content.decode())


@given(value=st.dictionaries(st.text("abcdef", max_size=3), st.integers(), max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_bytes(value) == canonical_bytes(dict(reversed(value.items())))


@pytest.mark.parametrize("raw", ['{"title": "a\\u0000b"}', '{"\\u0000": 1}', '{"rows": [["\\u0000"]]}'])
def test_a_text_that_no_database_can_hold_is_refused(raw: str) -> None:
    class Note(Document):
        title: Text

    with pytest.raises(DocumentInvalid, match="NUL"):
        Note.read(raw)
