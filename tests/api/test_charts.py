import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html import unescape

import pytest

from almoner.api.charts import (
    Candidate,
    Chart,
    FrontierMark,
    Giver,
    LandscapeLine,
    LandscapeMark,
    LandscapeWords,
    Movement,
    PayoffPoint,
    PayoffStretch,
    Payout,
    PayoutSpan,
    PayoutSpread,
    Purse,
    RankedEntry,
    draw_allocation,
    draw_landscape,
    draw_marks,
    draw_payoff,
    draw_payouts,
    draw_ranking,
    draw_spread,
    draw_trail,
    draw_waterfall,
)
from almoner.api.charts.drawing import COLUMNS, Drawing
from almoner.api.charts.figures import (
    MAX_ROWS,
    bounded,
    clean,
    grouped,
    marked,
    number,
    plain,
    rounded,
    shortened,
    width,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """<script>alert("x")</script>'"]]>&amp;\u202e\u2066\u200f\x00\ud800</text></svg>"""
FIGURE = re.compile("[+\N{MINUS SIGN}]?[0-9]+(?:,[0-9]{3})*(?:\\.[0-9]+)?")
LONG = "A very long name that no narrow page could ever hold on one line without being cut somewhere"


def waterfall(name: str = "") -> Chart:
    steps = [
        Movement(label=f"Opening{name}", amount="0.00", kind="start"),
        Movement(label=f"Given{name}", amount="756821732.00", kind="up"),
        Movement(label=f"Paid{name}", amount="693135684.50", kind="down"),
        Movement(label=f"Left{name}", amount="63686047.50", kind="total"),
    ]
    return draw_waterfall(f"Fund{name}", f"A fund{name}", "USD", steps)


def payouts(name: str = "") -> Chart:
    rows = [
        Payout(label=f"Wells{name}", unit="USD", maximum="900.00", paid="400.50", published="400.50"),
        Payout(label=f"None{name}", unit="GBP", maximum="11712000.00", paid="0.00", published="0.00"),
        Payout(label=f"Over{name}", unit="AUD", maximum="10.00", paid="12.00", published="11.00"),
        Payout(label=f"Empty{name}", unit="USD", maximum=0, paid=0, published=0),
    ]
    return draw_payouts(f"Payouts{name}", f"Contracts{name}", rows)


def allocation(name: str = "") -> Chart:
    purses = [
        Purse(code=f"north{name}", label=f"north: tied{name}", is_earmarked=True),
        Purse(code=f"coast{name}", label=f"coast: tied{name}", is_earmarked=True),
        Purse(code=f"pool{name}", label=f"pool: free{name}"),
    ]
    rows = [
        Candidate(
            label=f"Wells{name}",
            ask="900.00",
            minimum="450.00",
            awards=((f"north{name}", "300.00"), (f"pool{name}", "200.00")),
        ),
        Candidate(label=f"Boats{name}", ask="1600000.00", awards=((f"coast{name}", "1600000.00"),)),
        Candidate(label=f"Apps{name}", ask="50.00"),
    ]
    return draw_allocation(f"Awards{name}", f"Three{name}", "USD", purses, rows)


def ranking(name: str = "") -> Chart:
    rows = [
        RankedEntry(label=f"Wells{name}", rank=1, mean="8.2333", standard_error="0.3180", reads=3),
        RankedEntry(label=f"Boats{name}", rank=2, mean="7.1", standard_error=None, reads=1),
    ]
    return draw_ranking(f"Ranking{name}", f"Two{name}", rows)


def trail(name: str = "") -> Chart:
    givers = [Giver(label=f"A{name}", amount="287.34"), Giver(label=f"B{name}", amount="12.00")]
    paid = Giver(label=f"Tranche{name}", amount="300.00")
    return draw_trail(f"Trail{name}", f"One{name}", "USD", givers, paid, f"Hub{name}")


def stretch(*points: tuple[str | int, str], opens: str = "end", closes: str = "end") -> PayoffStretch:
    made = tuple(PayoffPoint(value=value, amount=amount) for value, amount in points)
    return PayoffStretch(points=made, opens=opens, closes=closes)


def payoff(name: str = "") -> Chart:
    lines = [
        stretch((0, "0.00"), (10, "0.00"), closes="out"),
        stretch((10, "250.00"), (30, "750.50"), (40, "750.50"), opens="in"),
    ]
    return draw_payoff(f"Nights{name}", f"One clause{name}", (f"nights{name}", f"USD{name}"), lines)


def spread(name: str = "") -> Chart:
    marks = {"p5": "-5.00", "p25": "100.25", "p50": "250000.00", "p75": "390000.00", "p95": "500000.00"}
    rows = [
        PayoutSpread(label=f"2027{name}", most="1500000.00", **marks),
        PayoutSpread(label=f"2028{name}", p5=0, p25=0, p50=0, p75=0, p95=0, most=0),
    ]
    spans = [PayoutSpan(low="-5.00", high="749999.99", share="0.875"), PayoutSpan(low=1, high=2, share=0)]
    return draw_spread(f"Spread{name}", f"Two years{name}", "USD", rows, spans)


def frontier(name: str = "") -> Chart:
    marks = [
        FrontierMark(name=f"floor{name}", across="100.00", height=None),
        FrontierMark(name=f"half{name}", across="500.00", height="4.0", bound="4.2", envelope="4.5"),
        FrontierMark(name=f"all{name}", across="1000.00", height="6.0", bound="6.1", envelope="6.0"),
    ]
    return draw_marks(f"Frontier{name}", f"By budget{name}", ("Budget, USD", "Worth"), marks)


def landscape(name: str = "", actors: int = 20) -> Chart:
    words = LandscapeWords(
        header=("No.", f"Actor{name}", "Kind", "Group", "Ties"), money="money", other="other", marked="joins"
    )
    kinds = ("hub", "funder", "school", "clinic", "fund", "council", "church")
    marks = [
        LandscapeMark(
            code=f"c{place}",
            label=f"Actor {place}{name}",
            kind=kinds[place % 7],
            group=place // 5 + 1,
            ties=place,
            marked=not place,
        )
        for place in range(actors)
    ]
    lines = [
        LandscapeLine(one=f"c{place}", other=f"c{place + 1}", money=bool(place % 2)) for place in range(29)
    ]
    return draw_landscape(f"Map{name}", f"Thirty{name}", words, marks, lines)


CHARTS = [waterfall, payouts, allocation, ranking, trail, payoff, spread, frontier, landscape]
EMPTY = [
    lambda: draw_waterfall("Fund", "Nothing", "USD", []),
    lambda: draw_payouts("Payouts", "Nothing", []),
    lambda: draw_allocation("Awards", "Nothing", "USD", [], []),
    lambda: draw_ranking("Ranking", "Nothing", []),
    lambda: draw_payoff("Nights", "Nothing", ("nights", "USD"), []),
    lambda: draw_spread("Spread", "Nothing", "USD", []),
    lambda: draw_marks("Frontier", "Nothing", ("Budget, USD", "Worth"), []),
]
every = pytest.mark.parametrize("draw", CHARTS, ids=lambda draw: draw.__name__)


def root(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)  # noqa: S314  # our own bytes


def lines(chart: Chart) -> list[str]:
    """Return the visible lines of text, the titles of cut ones left out."""
    found = []
    for text in root(chart).iter(f"{SVG}text"):
        title = text.find(f"{SVG}title")
        found.append((title.tail if title is not None else text.text) or "")
    return found


@every
def test_the_same_figures_give_the_same_bytes(draw: Callable[[], Chart]) -> None:
    assert draw() == draw()
    assert draw().svg.encode() == draw().svg.encode()


@every
def test_a_chart_is_well_formed_and_named(draw: Callable[[], Chart]) -> None:
    chart = draw()
    svg = root(chart)
    assert svg.tag == f"{SVG}svg"
    assert svg.get("role") == "img"
    title, desc = svg.findall(f"{SVG}title"), svg.findall(f"{SVG}desc")
    assert [one.text for one in (*title, *desc)] == [chart.title, chart.caption]
    assert svg.get("aria-labelledby") == f"{title[0].get('id')} {desc[0].get('id')}"


@every
def test_a_chart_fits_every_width_with_legible_letters(draw: Callable[[], Chart]) -> None:
    svg = root(draw())
    assert svg.get("width") == "100%"
    height = int(svg.get("height", ""))
    for text in svg.iter(f"{SVG}text"):
        assert int(text.get("font-size", "")) >= 12
        assert 0 < int(text.get("y", "")) < height
    for bar in svg.iter(f"{SVG}rect"):
        x, wide = bar.get("x", "0"), bar.get("width", "")
        if x.endswith("%"):
            assert float(x[:-1]) + float(wide[:-1]) <= 100
        assert float(wide.rstrip("%")) >= 0


@every
def test_a_chart_needs_nothing_from_outside(draw: Callable[[str], Chart]) -> None:
    svg = draw(HOSTILE).svg
    assert "<style" not in svg
    assert "<script" not in svg.lower()
    for element in ET.fromstring(svg).iter():  # noqa: S314  # our own bytes
        assert element.tag.removeprefix(SVG) in {
            *("svg", "title", "desc", "defs", "pattern", "rect", "path", "circle", "line", "text")
        }
        for name, value in element.attrib.items():
            assert name not in {"style", "href", "src"}
            assert not name.startswith("on")
            assert "url(" not in value or value.startswith("url(#c")


@every
def test_hostile_names_stay_names(draw: Callable[[str], Chart]) -> None:
    chart = draw(HOSTILE)
    assert not set("\u202e\u2066\u200f\x00\ud800") & set(chart.svg)
    assert "]]>" not in chart.svg
    shown = "".join(root(chart).itertext())
    assert """<script>alert("x")</script>'"]]>&amp;""" in shown
    assert any(HOSTILE in cell for row in chart.table for cell in row)  # the twin is escaped by its page


@every
def test_the_table_twin_holds_the_figures_of_the_drawing(draw: Callable[[], Chart]) -> None:
    chart = draw()
    figures = {hit for row in chart.rows for cell in row for hit in FIGURE.findall(cell)}
    shown = [hit for line in lines(chart) for hit in FIGURE.findall(line)]
    ticks = {"6", "7", "8", "9"} if draw is ranking else set()
    balances = {"756,821,732.00", "63,686,047.50"} if draw is waterfall else set()
    balances |= {"250.00", "10", "30"} if draw is payoff else set()  # between the ends, where no label stands
    assert set(shown) - ticks <= figures
    assert figures - balances <= set(shown)
    assert chart.table == (chart.header, *chart.rows)


@every
def test_two_charts_on_one_page_do_not_share_ids(draw: Callable[[str], Chart]) -> None:
    def ids(chart: Chart) -> set[str]:
        return set(re.findall(r'id="([^"]+)"', chart.svg))

    assert ids(draw("")).isdisjoint(ids(draw(" 2")))


@pytest.mark.parametrize("draw", EMPTY)
def test_nothing_to_show_is_said(draw: Callable[[], Chart]) -> None:
    chart = draw()
    assert lines(chart) == ["There is nothing to show."]
    assert chart.rows == ()


@every
def test_long_names_are_cut_and_kept_whole_in_their_title(draw: Callable[[str], Chart]) -> None:
    chart = draw(f" {LONG}")
    for line in lines(chart):
        assert width(line) <= COLUMNS
    titles = [one.text for text in root(chart).iter(f"{SVG}text") for one in text.iter(f"{SVG}title")]
    assert titles
    assert all(LONG in (title or "") for title in titles)


def test_a_waterfall_adds_up() -> None:
    assert [row[1:] for row in waterfall().rows] == [
        ("0.00", "0.00"),
        ("+756,821,732.00", "756,821,732.00"),
        ("\N{MINUS SIGN}693,135,684.50", "63,686,047.50"),
        ("63,686,047.50", "63,686,047.50"),
    ]


def test_a_waterfall_that_does_not_add_up_is_refused() -> None:
    steps = [
        Movement(label="Given", amount="5.00", kind="up"),
        Movement(label="Left", amount="4.99", kind="total"),
    ]
    with pytest.raises(ValueError, match=r"'Left' states 4\.99, the steps before it make 5\.00"):
        draw_waterfall("Fund", "", "USD", steps)
    with pytest.raises(ValueError, match="starts after 1 steps"):
        draw_waterfall("Fund", "", "USD", [steps[0], Movement(label="Late", amount=1, kind="start")])
    with pytest.raises(ValueError, match="turn the step around"):
        Movement(label="Back", amount="-1.00", kind="down")


def test_a_waterfall_may_fall_below_zero() -> None:
    steps = [Movement(label="Start", amount=2, kind="start"), Movement(label="Paid", amount="5", kind="down")]
    chart = draw_waterfall("Fund", "", "USD", [*steps, Movement(label="Owed", amount="-3", kind="total")])
    assert chart.rows[-1] == ("Owed", "\N{MINUS SIGN}3", "\N{MINUS SIGN}3")


def test_each_kind_of_step_looks_different_without_colour() -> None:
    fills = [bar.get("fill", "") for bar in root(waterfall()).findall(f"{SVG}rect")]
    assert fills[0] == fills[3] == "#1c2530"
    assert fills[1] == "#0b5a6b"
    assert fills[2].endswith("-warm)")


def test_payouts_have_their_own_scales() -> None:
    bars = [one for one in root(payouts()).findall(f"{SVG}rect") if one.get("height") == "18"]
    shares = [one.get("width") for one in bars]
    assert shares[0] == "99.00%"  # the outline of the first maximum
    assert shares[1] == "44.06%"  # 400.50 of 900.00
    assert shares[2:4] == ["99.00%", "0.00%"]  # another unit, its own outline, nothing paid
    assert shares[5] == "99.00%"  # paid above the maximum: the bar is longer than the outline
    with pytest.raises(ValueError, match="negative"):
        Payout(label="Wells", unit="USD", maximum="-1", paid="0", published="0")


def test_tied_money_is_told_apart_by_pattern() -> None:
    bars = [one for one in root(allocation()).findall(f"{SVG}rect") if one.get("height") == "18"]
    filled = [one.get("fill", "") for one in bars if one.get("fill") != "none"]
    assert [fill.rpartition("-")[2] for fill in filled] == ["hatch)", "#0b5a6b", "dots)"]
    assert sum(one.get("stroke-dasharray") is not None for one in bars) == 3  # every ask has an outline


def test_what_is_not_funded_is_said() -> None:
    assert "not funded 50.00" in lines(allocation())
    assert "minimum 450.00" in lines(allocation())
    assert allocation().rows[0] == ("Wells", "900.00", "450.00", "300.00", "", "200.00", "400.00")
    with pytest.raises(KeyError, match="not drawn"):
        draw_allocation("A", "", "USD", [], [Candidate(label="Wells", ask="1", awards=(("gone", "1"),))])


def test_uncertainty_is_always_drawn() -> None:
    known, unknown = ranking().rows
    assert known[2] == "8.23 ± 0.32"
    assert unknown[2] == "7.10 ± unknown"
    thick = [one for one in root(ranking()).iter(f"{SVG}line") if one.get("stroke-width") == "7"]
    dashed = [one for one in root(ranking()).iter(f"{SVG}line") if one.get("stroke-dasharray")]
    assert len(thick) == len(dashed) == 1


def test_equal_scores_have_a_scale() -> None:
    row = RankedEntry(label="Wells", rank=1, mean=5, standard_error="0", reads=2)
    assert draw_ranking("Ranking", "", [row]).rows == (("Wells", "1", "5.00 ± 0.00", "2"),)


def test_a_band_is_thick_where_half_of_all_paths_lie() -> None:
    row = PayoutSpread(label="All", p5="0", p25="25", p50="50", p75="75", p95="90", most="100")
    chart = draw_spread("Spread", "", "USD", [row], [PayoutSpan(low="0", high="100", share="1")])
    thick = [one for one in root(chart).iter(f"{SVG}line") if one.get("stroke-width") == "8"]
    assert [(one.get("x1"), one.get("x2")) for one in thick[1:]] == [("25.50%", "74.50%")]
    bars = [one.get("width") for one in root(chart).findall(f"{SVG}rect")]
    assert bars == ["98.00%"]
    assert chart.rows[1] == ("paths", "0", "", "", "", "", "100", "100.0 %")
    with pytest.raises(ValueError, match=r"quantiles of 'All' do not rise: 0, 25, 50, 49, 90, 100"):
        PayoutSpread(label="All", p5="0", p25="25", p50="50", p75="49", p95="90", most="100")


def test_what_was_not_traced_is_shown() -> None:
    paid = Giver(label="Tranche", amount="5.00")
    chart = draw_trail("Trail", "", "USD", [Giver(label="A", amount="4.50")], paid)
    assert chart.rows == (
        ("from", "A", "4.50"),
        ("from", "not traced", "0.50"),
        ("payment", "Tranche", "5.00"),
    )
    with pytest.raises(ValueError, match=r"more than the 5\.00"):
        draw_trail("Trail", "", "USD", [Giver(label="A", amount="5.01")], paid)
    with pytest.raises(ValueError, match="negative"):
        Giver(label="A", amount="-1")


def test_figures_are_never_floats() -> None:
    for wrong in (1.5, True, None):
        with pytest.raises(TypeError, match="decimal text or an int"):
            number(wrong)  # type: ignore[arg-type]  # the mistake under test
    for text in ("1e5", "1,000", "", " 1", "NaN", "1.", "٣"):
        with pytest.raises(ValueError, match="no plain decimal"):
            number(text)


def test_no_digit_is_added_or_lost() -> None:
    assert grouped("12345678901234567890.123456789") == "12,345,678,901,234,567,890.123456789"
    assert grouped("-0.00") == "0.00"
    assert plain(number("1.5") - number("2.25"), "1.5", "2.25") == "-0.75"
    assert [rounded(text, 0) for text in ("0.5", "1.5", "-2.5")] == ["0", "2", "-2"]


def test_names_are_cut_by_columns() -> None:
    assert shortened("日本日本", 5) == "日本…"
    assert width("e\u0301") == 1
    assert shortened("a\n\tb", 5) == "a b"
    assert unescape(marked("a'b\"c")) == "a'b\"c"
    assert clean("\u061c\u200ea") == "a"


def test_a_chart_has_an_end() -> None:
    with pytest.raises(ValueError, match=f"{MAX_ROWS + 1} rows"):
        bounded(range(MAX_ROWS + 1))


def test_a_table_is_rectangular() -> None:
    with pytest.raises(ValueError, match="row of 1 cells"):
        Drawing("A", "", ("x", "y"), [("1",)]).finish(10)


def test_a_jump_has_a_full_and_an_open_circle_at_the_edge() -> None:
    circles = [(one.get("cx"), one.get("fill")) for one in root(payoff()).iter(f"{SVG}circle")]
    assert circles == [("26.50%", "#ffffff"), ("26.50%", "#9a4a0c")]
    assert [row[2] for row in payoff().rows] == ["", "up to, excluding", "including", "", ""]
    heights = [one.get("cy") for one in root(payoff()).iter(f"{SVG}circle")]
    assert heights[0] != heights[1]


def test_a_payoff_shows_its_most_and_its_least() -> None:
    assert lines(payoff())[:2] == ["most 750.50 USD", "least 0.00 USD"]
    flat = draw_payoff("Flat", "One", ("nights", "USD"), [stretch((0, "5.00"), (9, "5.00"))])
    assert [line for line in lines(flat) if "5.00" in line] == ["most 5.00 USD"]
    dotted = draw_payoff("One", "One", ("nights", "USD"), [stretch((3, "-5.00"))])
    assert len(list(root(dotted).iter(f"{SVG}circle"))) == 1
    with pytest.raises(ValueError, match="rising value"):
        stretch((3, "1.00"), (2, "1.00"))
    with pytest.raises(ValueError, match="rising value"):
        PayoffStretch(points=())


def test_a_cap_that_is_reached_early_does_not_flatten_the_rise() -> None:
    early = draw_payoff(
        "Cap", "One", ("nights", "USD"), [stretch((0, "0.00"), (20, "50.00"), (4000, "50.00"))]
    )
    assert {"0", "20", "4,000"} <= set(lines(early))
    rise, *_ = (one for one in root(early).iter(f"{SVG}line") if one.get("stroke-width") == "3")
    assert (rise.get("x1"), rise.get("x2")) == ("3.00%", "65.67%")
    assert early.rows[-1][:2] == ("4,000", "50.00")
    late = draw_payoff("Cap", "One", ("nights", "USD"), [stretch((0, "0.00"), (20, "50.00"), (25, "50.00"))])
    assert "20" not in lines(late)


def test_a_map_of_many_draws_those_with_most_ties_and_lists_all() -> None:
    chart = landscape(actors=30)
    assert len(chart.rows) == 30
    assert [row[0] for row in chart.rows[24:]] == [""] * 6
    assert {row[1] for row in chart.rows[24:]} == {f"Actor {place}" for place in range(6)}
    assert "Actor 6<" in chart.svg
    assert "Actor 5<" not in chart.svg
