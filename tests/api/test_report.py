import copy
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from almoner.api.demo.report import lost, render_report, rule_sentence, write_report
from almoner.api.demo.story import run_demo
from almoner.finance.storage import open_engine

Summary = dict[str, Any]

HOSTILE = """<script>alert("x")</script>'"]]>&amp;\u202e\u2067\u200f\x00"""
KEYED_BY_NAME = {"asks", "left", "budgets", "simple_rules"}
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Collects tags, attributes, headings and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def played() -> Iterator[Summary]:
    """Summary of the whole demonstration."""
    engine = open_engine("sqlite://")
    yield run_demo(engine, lambda _: None)
    engine.dispose()


@pytest.fixture
def summary(played: Summary) -> Summary:
    """Copy of the summary that a test may change."""
    return copy.deepcopy(played)


@pytest.fixture(scope="module")
def html(played: Summary) -> str:
    """Report of the whole demonstration."""
    return render_report(played)


def spoiled(value: Any, key: str = "") -> Any:  # noqa: ANN401  # decoded JSON
    """Append hostile text to every text that is no figure."""
    if isinstance(value, dict):
        return {
            name + HOSTILE if key in KEYED_BY_NAME else name: spoiled(one, name)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [spoiled(one, key) for one in value]
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return value + HOSTILE
    return value


def test_the_same_summary_gives_the_same_bytes(summary: Summary, html: str) -> None:
    summary["timings"] = {"Reporting": "9.999"}
    summary["run"] = {"new_transactions": 0, "repeated": True}
    assert render_report(summary) == html


def test_the_report_is_one_small_file(summary: Summary, tmp_path: Path) -> None:
    path = write_report(summary, tmp_path / "new")
    assert path == tmp_path / "new" / "report.html"
    assert path.stat().st_size < 400_000
    named = write_report(summary, tmp_path / "other.html")
    assert named.read_bytes() == path.read_bytes()


def test_the_page_is_well_formed(html: str) -> None:
    page = Reader(html)
    assert page.open == []
    assert html.startswith("<!DOCTYPE html>\n")
    assert ("lang", "en") in page.attributes
    levels = [int(tag[1]) for tag in page.tags if tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.ids) == len(set(page.ids))


def test_the_page_loads_nothing(html: str) -> None:
    page = Reader(html)
    assert not {"script", "link", "img", "iframe", "object", "image", "use"} & set(page.tags)
    for name, value in page.attributes:
        assert name not in {"src", "style", "srcset"}
        assert name != "href" or value.startswith("#")
        assert "url(" not in value or value.startswith("url(#")
    sheet = html.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in sheet
    assert "@import" not in sheet
    targets = {value[1:] for name, value in page.attributes if name == "href"}
    assert targets <= set(page.ids)


def test_every_chart_has_its_table(html: str) -> None:
    page = Reader(html)
    assert page.tags.count("svg") == page.tags.count("figure") == 10
    assert page.text.count("The same figures as a table") == 10


def test_every_contract_and_figure_is_there(summary: Summary, html: str) -> None:
    page = Reader(html)
    for one in summary["contracts"]:
        assert one["id"] in page.text
        assert one["title"] in page.text
        assert one["source"] in page.text
        for name in ("max_liability", "earned", "paid", "published", "still_encumbered"):
            assert f"{int(one[name].partition('.')[0]):,}" in page.text
        for row in one["results"]:
            assert row["source"] in page.text
    for row in summary["pool_challenge"]["findings"]:
        assert row["title"] in page.text
    for row in summary["challenge"]["largest"]:
        assert row["name"] in page.text
    for row in summary["donor"]["traced_payments"]:
        assert row["transaction"] in page.text


def test_every_label_is_written_out(html: str) -> None:
    for label in ("published", "derived", "invented"):
        assert f'<span class="badge badge-{label}">{label}</span>' in html


def test_differences_are_shown(html: str) -> None:
    text = Reader(html).text
    assert "a difference of 0.00 USD" in text
    assert "−0.000000305" in text  # noqa: RUF001  # the sign that the page prints
    assert "The worst difference among all of them is 0.000000305 OP" in text
    assert "481 transactions with 1,866 postings. Every transaction balances" in text
    assert "5 of 5 paid exactly what was published" in text


def test_the_allocation_is_told_in_words(html: str) -> None:
    text = Reader(html).text
    assert (
        "No allocation can be worth more than 48,536.715923 points; this one is worth 48,536.666675" in text
    )
    assert "within 0.000102 % of that limit" in text  # rounded up: 0.0001 % would be too good
    assert "All money of “unrestricted” is used: 1,525,000.00 USD of 1,525,000.00 USD." in text
    assert "375,000.00 USD of the earmark “north” stay unspent" in text
    assert "“Reading club after lunch” receives all it asked for, 700,000.00 USD" in text
    assert "receives exactly the least it can work with, 800,000.00 USD" in text
    assert "“Reading club after lunch” is funded only together with “Breakfast before school" in text
    assert "13.1 %" in text


def test_rules_of_every_kind_have_a_sentence() -> None:
    figures: Summary = {"unit": "USD", "left": {"n": "0.00"}, "budgets": {}, "lines": [], "asks": {}}
    assert rule_sentence("earmark/n", figures, {}).startswith("The earmark “n” keeps its money")
    assert (
        rule_sentence("floor/region/a~1b", figures, {})
        == "Region “a/b” reached the least that must go there."
    )
    assert rule_sentence("new/rule", figures, {}) == "The rule new/rule is met exactly."
    assert rule_sentence("budget/gone", figures, {}) == "The rule budget/gone is met exactly."
    assert lost("0.00", "0.00") == ""


def test_hostile_text_stays_text(summary: Summary, html: str) -> None:
    page = render_report(spoiled(summary))
    assert "<script" not in page.lower()
    assert "]]>" not in page
    assert not set("\u202e\u2067\u200f\x00") & set(page)
    read = Reader(page)
    assert read.open == []
    assert set(read.tags) <= set(Reader(html).tags)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert """<script>alert("x")</script>'"]]>&amp;""" in read.text


def test_a_failed_check_is_not_hidden(summary: Summary) -> None:
    summary["ledger"] |= {"unbalanced": 2, "verified": False, "findings": ["transaction 7: legs differ"]}
    summary["challenge"]["match"] = False
    summary["contracts"][0] |= {"paid": "2430000.01", "match": False}
    summary["statement"]["published_difference"] = "-3.00"
    summary["allocation"] |= {"status": "stopped", "gap": "0.25"}
    text = Reader(render_report(summary)).text
    assert "The ledger check failed: 2 transactions do not balance, 1 findings." in text
    assert "Every transaction balances" not in text
    assert "transaction 7: legs differ" in text
    assert "not within 0.000001 OP" in text
    assert "4 of 5" in text
    assert "−3.00" in text  # noqa: RUF001  # the sign that the page prints
    assert "the search ended before the gap was as narrow as was asked for" in text


def test_figures_that_do_not_add_up_are_shown_as_such(summary: Summary) -> None:
    summary["fund"]["free"] = "90740318.00"
    summary["statement"]["lines"].pop()
    text = Reader(render_report(summary)).text
    assert "Not explained" in text
    assert "+48,030,831.00" in text  # the refund that is missing now


def test_a_full_optimum_is_called_one(summary: Summary) -> None:
    summary["allocation"] |= {"bound": summary["allocation"]["objective"], "gap": "0.000000000"}
    assert "this one is worth 48,536.666675, the most there is." in Reader(render_report(summary)).text


def test_an_empty_demonstration_has_a_report(summary: Summary) -> None:
    summary["contracts"] = []
    summary["challenge"] |= {"largest": [], "awards": 0, "published_awards": 0}
    summary["pool_challenge"] |= {
        "findings": [],
        "ranking": [],
        "applications": 0,
        "eligible": 0,
        "awards": 0,
    }
    for name in ("asks", "budgets", "left", "simple_rules"):
        summary["allocation"][name] = {}
    for name in ("funded", "binding", "lines"):
        summary["allocation"][name] = []
    summary["allocation"] |= {"objective": "0.000000", "bound": "0.000000", "gap": "0.000000000"}
    summary["agreement"]["settlements"] = []
    summary["donor"] |= {"uses": [], "traced_payments": []}
    summary["fund"]["earmarks"] = []
    summary["statement"]["lines"] = []
    page = Reader(render_report(summary))
    assert page.open == []
    assert "There are no contracts." in page.text
    assert "no outcome contracts" in page.text
    assert page.text.count("There is nothing to show.") >= 3
    assert "almoner fund trace <transaction>" in page.text
