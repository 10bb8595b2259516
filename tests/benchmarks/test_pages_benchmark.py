"""The benchmark of the pages: what it counts, and a tiny run on both books."""

from pathlib import Path

import pytest
from benchmarks.pages import LOADED, PAGES, RATIO, SENT_KB, report, summary, table
from benchmarks.pages_book import Size, applications


def row(ratio: float, sent: float) -> dict[str, object]:
    figures = {"p50_ms": 10.0, "p95_ms": 12.0}
    return {"as": "nobody", "demo": figures, "big": figures, "ratio_p95": ratio, "sent_kb": sent}


def test_a_summary_names_the_slowest_and_the_heaviest_page_and_is_met_only_by_all() -> None:
    good = {"sqlite": {"front": row(1.1, 60.0), "desk": row(1.9, 90.0)}}
    found = summary(good)
    assert found["ratio"] == {"worst": 1.9, "page": "desk (sqlite)", "goal": RATIO}
    assert found["sent_kb"] == {"worst": 90.0, "page": "desk (sqlite)", "goal": SENT_KB}
    assert found["met"]
    for bad in (row(RATIO + 0.01, 60.0), row(1.0, SENT_KB + 0.1)):
        assert not summary({**good, "postgresql": {"fund": bad}})["met"]
    document = {**good, **found, "added": {}, "looks": 1, "conditions": {}}
    assert "desk              nobody" in table(document, ["sqlite"])


def test_what_a_page_loads_is_counted_and_what_it_links_to_is_not() -> None:
    html = (
        '<link rel="stylesheet" href="/static/aa/almoner.css"><script src="/static/bb/x.js" defer></script>'
        '<a href="/static/cc/not-loaded.css">a</a><link rel="icon" href="data:,">'
    )
    assert LOADED.findall(html) == ["/static/aa/almoner.css", "/static/bb/x.js"]


def test_applications_are_of_many_hubs_and_some_of_the_hub_that_looks() -> None:
    made = list(applications(60))
    assert len({one.application_id for one in made}) == 60
    assert [one.application_id for one in made if one.lead == "harbour-schools-network"] == [
        "entry-0",
        "entry-50",
    ]
    assert len({one.lead for one in made}) == 59


@pytest.mark.campaign
def test_every_page_is_shown_on_both_books(tmp_path: Path) -> None:
    urls = (f"sqlite:///{tmp_path / 'demo.db'}", f"sqlite:///{tmp_path / 'big.db'}")
    found = report(urls, Size(applications=60, agreements=6, postings=800), 1, [*PAGES])
    assert list(found) == list(PAGES)
    assert all(one["sent_kb"] > 10 and one["demo"]["p50_ms"] > 0 for one in found.values())
