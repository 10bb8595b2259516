import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.finance.earmarks import Earmark, unrestricted
from almoner.finance.errors import DocumentInvalid

columns = st.sampled_from(["region", "purpose", "age"])
values = st.sampled_from(["a", "b", "c"])


@given(
    admits=st.dictionaries(columns, st.lists(values, max_size=3).map(tuple), max_size=3),
    use=st.dictionaries(columns, values, max_size=3),
)
def test_a_use_is_admitted_when_every_restricted_column_is(
    admits: dict[str, tuple[str, ...]], use: dict[str, str]
) -> None:
    earmark = Earmark(code="x", title="X", admits=admits)
    assert earmark.admits_use(use) == all(
        column in use and use[column] in admits[column] for column in admits
    )
    assert Earmark.read(earmark.canonical_bytes()) == earmark
    assert unrestricted().admits_use(use)


@pytest.mark.parametrize(
    "raw",
    [
        '{"code": "North", "title": "N"}',
        '{"code": "north", "title": ""}',
        '{"code": "north", "title": "N", "admits": {"region": "north"}}',
        '{"code": "north", "title": "N", "admits": {"region": [1]}}',
        '{"code": "north", "title": "N", "until": "2027"}',
        '{"schema": "almoner.earmark/2", "code": "north", "title": "N"}',
    ],
)
def test_an_earmark_is_strict(raw: str) -> None:
    with pytest.raises(DocumentInvalid):
        Earmark.read(raw)
