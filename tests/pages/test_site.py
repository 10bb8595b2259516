"""What every page does: languages, headers, twins, refusals, forms sent twice or from elsewhere."""

from collections.abc import Callable

from tests.doors.people import Asker
from tests.pages.visiting import Visitor

FUND = "/books/main/funds/water"


def test_a_page_says_where_a_fund_stands(visit: Callable[..., Visitor], ask: Callable[..., Asker]) -> None:
    assert "Water" in visit("fiona").text(FUND)
    assert "0.00" in visit("fiona").text(FUND)
    assert visit("").text(FUND, 404).count("Nothing is here") >= 1
    ask("fiona").made(f"{FUND}/publications")
    assert "Water" in visit("").text(FUND)


def test_the_table_of_a_page_is_its_csv_and_its_figures_are_those_of_the_operation(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    csv = visit("fiona").client.get(f"{FUND}?as=csv")
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.text.startswith("\ufeffLine,USD\r\nContributions,0.00\r\n")
    said = visit("fiona").client.get(f"{FUND}?as=json").json()
    assert said["read"][0]["reply"] == ask("fiona").seen(FUND)


def test_a_page_speaks_the_readers_language(visit: Callable[..., Visitor]) -> None:
    accented = visit("fiona").see(f"{FUND}?lang=en-XA")
    assert "[Çôñţřîбûţîôñš]" in accented or "[Çôñt" in accented
    assert 'dir="rtl"' in visit("fiona").see(f"{FUND}?lang=ar-XB")


def test_a_page_lets_a_browser_run_nothing_of_others(visit: Callable[..., Visitor]) -> None:
    reply = visit("fiona").client.get(FUND)
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    assert "style=" not in reply.text
    assert "onclick" not in reply.text
