"""Every code of a refusal has a page that says what it means and what to do."""

from collections.abc import Callable, Iterator

import pytest
from tests.doors.people import Asker

from almoner.api.problems import problem_of
from almoner.api.remedies import BY_CODE, find_page, list_pages
from almoner.finance.errors import AlmonerError, InsufficientFunds, KeyReused


def tree(kind: type[AlmonerError]) -> Iterator[type[AlmonerError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from tree(narrower)


def test_every_class_of_the_tree_has_a_page_with_its_status() -> None:
    kinds = [kind for kind in tree(AlmonerError) if kind.__module__.startswith("almoner.")]
    assert len(kinds) > 90
    for kind in kinds:
        page = find_page(kind.code)
        assert page.meaning
        assert page.remedy.endswith(".")
        if kind not in {AlmonerError, KeyReused}:
            assert page.status == problem_of(kind("x"))["status"], kind


def test_what_is_said_of_a_code_is_said_of_one_that_exists() -> None:
    assert set(BY_CODE) <= {page.code for page in list_pages()}


@pytest.mark.parametrize("code", ["http.404", "http.405", "http.413", "fault.70"])
def test_refusals_outside_the_tree_have_pages_too(code: str) -> None:
    assert find_page(code).status >= 400


def test_the_type_of_a_refusal_leads_to_its_page(ask: Callable[..., Asker]) -> None:
    refused = ask("fiona").get("/books/main/funds/sahara")
    assert refused.status_code == 404
    found = ask().client.get(refused.json()["type"])
    assert (found.status_code, found.json()["code"]) == (200, refused.json()["code"])
    listed = ask().client.get("/problems").json()["items"]
    assert found.json() in listed
    assert problem_of(InsufficientFunds("short"))["type"] == "/problems/fund.insufficient"
    missing = ask().client.get("/problems/<script>")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert "<script>" not in missing.text
