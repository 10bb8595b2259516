"""A desk on its first day."""

from collections.abc import Callable

import pytest
from tests.pages.visiting import Visitor


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_empty_desk_says_what_belongs_there(visit: Callable[..., Visitor]) -> None:
    seen = visit("fiona").text("/books/main/desk")
    assert "Nothing waits for approval." in seen
    assert "No agreement is signed yet." in seen
    assert "There is no money in this fund yet." in visit("mira").text("/books/main/desk/funds/water")
