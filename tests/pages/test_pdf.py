"""A page as PDF: what is printed loads nothing, and a browser that fails is no fault of ours."""

import pytest

from almoner.api.pages.pdf import print_pdf, self_contained
from almoner.finance.errors import Busy

PAGE = (
    '<html><head><link rel="stylesheet" href="/static/x.css"><script src="/static/y.js"></script></head>'
    "<body><h1>Terms</h1></body></html>"
)


def test_what_is_printed_loads_nothing_and_names_its_paper() -> None:
    html = self_contained(PAGE, "Letter")
    assert "<script" not in html
    assert "<link" not in html
    assert "default-src 'none'" in html
    assert "@page{size:Letter" in html
    assert ".al-tile{" in html


@pytest.mark.parametrize("browser", ["/bin/false", "/bin/true", "/nowhere/chromium"])
def test_a_browser_that_prints_nothing_is_said_to_be_busy(browser: str) -> None:
    with pytest.raises(Busy, match="Try again"):
        print_pdf(PAGE, browser, "20260115")
