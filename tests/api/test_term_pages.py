"""Term sheets as pages for printing, and the schemas that are published."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from almoner.api.printing import Paper
from almoner.api.term_pages import payoff_chart, render_terms
from almoner.contracts.schemas import schemas
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.wording import render_with

ROOT = Path(__file__).parents[2]
INVENTED = sorted((ROOT / "tests" / "data" / "wording").glob("*.terms.json"))
NIGHTS = ROOT / "tests" / "data" / "wording" / "nights.terms.json"
BANDS = ROOT / "tests" / "data" / "wording" / "bands.terms.json"
EMPTY = {"meta", "br", "line", "circle", "rect", "path"}


class Nesting(HTMLParser):
    """Whether every element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(path: Path) -> TermDocument:
    return TermDocument.read(path.read_bytes())


@pytest.mark.parametrize("path", INVENTED, ids=lambda path: path.name)
def test_a_page_is_well_formed_and_says_what_the_sheet_says(path: Path) -> None:
    document = read(path)
    page = render_terms(document)
    parser = Nesting()
    parser.feed(page)
    assert parser.open == []
    said = " ".join(" ".join(parser.words).split())
    for section in render_with(document)[0].sections:
        assert section.title in said
        for item in section.items:
            assert all(block in said for block in item.blocks if isinstance(block, str))
    assert page == render_terms(document)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_page_is_for_paper_and_loads_nothing(paper: Paper) -> None:
    page = render_terms(read(NIGHTS), paper)
    assert f"@page {{ size: {paper};" in page
    loads = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"(?:src|href)=|url\((?!#)|@import|<script|https?:", loads)
    assert "default-src 'none'" in page


def test_a_page_escapes_what_the_terms_say() -> None:
    content = json.loads(NIGHTS.read_bytes())
    content["title"] = content["parties"]["city"]["name"] = "<script>alert(1)</script>\u202e"
    page = render_terms(TermDocument.read(json.dumps(content)))
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_only_payments_that_depend_on_one_number_have_a_chart() -> None:
    assert render_terms(read(NIGHTS)).count("<svg") == 1
    assert render_terms(read(BANDS)).count("<svg") == 1


def test_a_chart_has_a_circle_at_each_side_of_every_jump() -> None:
    document = read(BANDS)
    worked = {one.clause: one for one in render_with(document)[1]}["reduction"]
    rows = payoff_chart(worked, document).rows
    edges = [(row[0], row[1], row[2]) for row in rows if row[2]]
    assert edges == [
        ("8.5", "0.00", "up to, excluding"),
        ("8.5", "500,000.00", "including"),
        ("11.0", "550,000.00", "including"),
        ("11.0", "600,000.00", "up to, excluding"),
        ("20.0", "600,000.00", "up to, excluding"),
        ("20.0", "700,000.00", "including"),
    ]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_published_schemas_are_those_of_the_code(name: str) -> None:
    published = (ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert published == json.dumps(schemas()[name], ensure_ascii=False, indent=1) + "\n"
