"""Charts of the pages: the same bytes again, safe, told in the words of their reader, and fit for a phone.

``test_charts.py`` and ``test_money_charts.py`` ask the same and more of the charts they name; here are the
others, and what holds for all of them.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import fields
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import pytest

from almoner.api import charts as shelf
from almoner.api.charts import (
    AgeBand,
    AgeingWords,
    CalendarMonth,
    CalendarWords,
    Candidate,
    Chart,
    CommittedRow,
    CommittedWords,
    EarmarkRow,
    FanWords,
    FanYear,
    FrontierMark,
    FunnelStep,
    FunnelWords,
    Giver,
    GridWords,
    LandscapeLine,
    LandscapeMark,
    LandscapeWords,
    LeaderMark,
    LeaderWords,
    Movement,
    PayoffPoint,
    PayoffStretch,
    PayoffWords,
    PayoutSpan,
    PayoutSpread,
    PlaceMark,
    PlaceTexts,
    Purse,
    RankedEntry,
    RankingWords,
    SpreadWords,
    TrailWords,
    WaterfallWords,
    draw_ageing,
    draw_allocation,
    draw_calendar,
    draw_committed,
    draw_earmark_grid,
    draw_fan,
    draw_funnel,
    draw_landscape,
    draw_leaders,
    draw_marks,
    draw_payoff,
    draw_places,
    draw_ranking,
    draw_spread,
    draw_trail,
    draw_waterfall,
)
from almoner.api.charts.allocation import AllocationWords
from almoner.api.charts.drawing import COLUMNS, SIZE
from almoner.api.charts.figures import width
from almoner.api.charts.frontier import FrontierWords
from almoner.api.charts.receipts import Receipt, draw_receipts
from almoner.api.charts.standing import Standing, draw_standing

SVG = "{http://www.w3.org/2000/svg}"
FIGURE = re.compile("[\N{MINUS SIGN}]?[0-9]+(?:,[0-9]{3})*(?:\\.[0-9]+)?")
LETTERS = re.compile(r"[^\W\d_]{2,}")
NAMED = re.compile(r"«[^«»]*»|\bUSD\b")
TWIN = ("funnel", "leaders", "places", "receipts", "standing")
Said = TypeVar("Said")


def told(words: type[Said]) -> Said:
    """Return words of a reader's language: each in marks of its own, with its places."""
    english = {one.name: one.default for one in fields(words)}  # type: ignore[arg-type]  # a dataclass
    places = {name: re.findall(r"%\(\w+\)s", str(text)) for name, text in english.items()}
    return words(**{name: " ".join([f"«{name}»", *found]) for name, found in places.items()})


def money() -> Iterator[tuple[str, Chart]]:
    """Yield charts of money, each in a reader's words."""
    steps = [
        Movement(label="«opening»", amount="100.00", kind="start"),
        Movement(label="«given»", amount="756821732.00", kind="up"),
        Movement(label="«paid»", amount="693135684.50", kind="down"),
        Movement(label="«left»", amount="63686147.50", kind="total"),
    ]
    yield "waterfall", draw_waterfall("«fund»", "«a fund»", "USD", steps, told(WaterfallWords))
    givers = [Giver(label="«north»", amount="120000.00"), Giver(label="«south»", amount="80000.50")]
    paid = Giver(label="«tranche»", amount="250000.00")
    yield "trail", draw_trail("«trail»", "«whose»", "USD", givers, paid, "«hub»", told(TrailWords))
    purses = [Purse(code="«pool»", label="«pool»"), Purse(code="«tied»", label="«tied»", is_earmarked=True)]
    asked = Candidate(
        label="«wells»", ask="900.00", minimum="450.00", awards=(("«pool»", "400.00"), ("«tied»", "200.00"))
    )
    yield "allocation", draw_allocation("«a»", "«b»", "USD", purses, [asked], words=told(AllocationWords))
    bands = [AgeBand(label="«young»", signed="100.00", pledged="300.00")]
    yield "ageing", draw_ageing("«ages»", "«by age»", told_plain(AgeingWords), "USD", bands)
    months = [CalendarMonth(label="«May»", cash="400.00", in_kind="800.00")]
    yield "calendar", draw_calendar("«months»", "«due»", told_plain(CalendarWords), "USD", months)
    row = CommittedRow(label="«wells»", unit="USD", most="1000.00", paid="250.00", aside="750.00")
    yield "committed", draw_committed("«committed»", "«bars»", told_plain(CommittedWords), [row])
    uses = [EarmarkRow(label="«any»", free="12000.00", until="", admits=(True, False))]
    yield "grid", draw_earmark_grid("«grid»", "«uses»", told_plain(GridWords), ["«one»", "«two»"], uses)
    receipt = Receipt(label="«wells»", unit="USD", paid="4000.00", waiting="1250.50")
    header = ("«agreement»", "«unit»", "«paid»", "«on its way»")
    yield "receipts", draw_receipts("«paid»", "«by agreement»", header, [receipt])


def told_plain(words: type[Said]) -> Said:
    """Return words without defaults, each in marks."""
    return words(**{one.name: f"«{one.name}»" for one in fields(words)})  # type: ignore[arg-type]  # a dataclass


def results() -> Iterator[tuple[str, Chart]]:
    """Yield charts of results and decisions, each in a reader's words."""
    line = PayoffStretch(points=(PayoffPoint(value=10, amount="0.00"),), closes="out")
    rest = PayoffStretch(
        points=(PayoffPoint(value=10, amount="5.00"), PayoffPoint(value=90, amount="9000.00"))
    )
    yield "payoff", draw_payoff("«p»", "«q»", ("«nights»", "USD"), [line, rest], told(PayoffWords))
    spread = PayoutSpread(label="«2027»", p5="0", p25="10", p50="20", p75="30", p95="40", most="90")
    span = PayoutSpan(low="0.00", high="49.99", share="0.25")
    yield "spread", draw_spread("«s»", "«t»", "USD", [spread], [span], told(SpreadWords))
    marks = [FrontierMark(name="«half»", across="500.00", height="1.0", bound="4.2", envelope="4.5")]
    marks += [FrontierMark(name="«none»", across="100.00", height=None)]
    units = ("«budget», USD", "«worth»")
    yield "frontier", draw_marks("«f»", "«g»", units, marks, told(FrontierWords))
    entry = RankedEntry(label="«wells»", rank=1, mean="8.2333", standard_error=None, reads=1)
    yield "ranking", draw_ranking("«r»", "«s»", [entry], told(RankingWords))
    steps = [FunnelStep(label="«applied»", count=1200), FunnelStep(label="«paid»", count=300)]
    steps += [FunnelStep(label="«verified»", count=None)]
    yield "funnel", draw_funnel("«f»", "«g»", steps, told(FunnelWords))
    leaders = [LeaderMark(label="«hub»", note="1", value="0.5", low="0.25", high="0.75", open=True)]
    leaders += [LeaderMark(label="«hill»", note="2", value="0.2", low="-0.1", high="0.4", open=False)]
    yield "leaders", draw_leaders("«l»", "«m»", leaders, told(LeaderWords))
    years = [FanYear(label="2027", p5="0.00", p25="10.00", p50="20.00", p75="30.00", p95="75.00")]
    yield "fan", draw_fan("«fan»", "«years»", told_plain(FanWords), "USD", years)
    actors = [LandscapeMark(code=f"c{at}", label="«actor»", kind="«hub»", group=1, ties=1) for at in range(3)]
    ties = [LandscapeLine(one="c0", other="c1", money=True), LandscapeLine(one="c1", other="c2", money=False)]
    said = LandscapeWords(header=("«no»", "«a»", "«k»", "«g»", "«t»"), money="«m»", other="«o»", marked="«j»")
    yield "landscape", draw_landscape("«map»", "«who»", said, actors, ties)
    yield "places", draw_places(TEXTS, PLACES, 1)
    header = ("«what»", "«points»", "«error»", "«yours»", "«line»")
    yield (
        "standing",
        draw_standing("«s»", "«t»", header, Standing(level="3.5", standard_error="0.25", line="3.9")),
    )


TEXTS = PlaceTexts(
    title="«places»",
    caption="«bars»",
    header=("«entry»", "«expected»", "«between»", "«at the line»"),
    standings={"sure": "«on»", "band": "«tied»", "out": "«not»"},
    axis="«place»",
)
PLACES = [
    PlaceMark(label="«wells»", expected="1.0000", low=1, high=1, standing="sure"),
    PlaceMark(label="«taps»", expected="2.4000", low=2, high=3, standing="band"),
    PlaceMark(label="«pumps»", expected="2.6000", low=2, high=3, standing="out"),
]
DRAWN: dict[str, Callable[[], Chart]] = {
    name: lambda made=made, name=name: dict(made())[name]  # type: ignore[misc]  # bound here
    for made in (money, results)
    for name, _ in made()
}
every = pytest.mark.parametrize("name", sorted(DRAWN))


def elements(chart: Chart, tag: str) -> Iterator[ET.Element]:
    yield from ET.fromstring(chart.svg).iter(SVG + tag)  # noqa: S314  # our own bytes


def shown(text: ET.Element) -> str:
    """Return the letters of a text that are drawn; its title is not."""
    title = text.find(f"{SVG}title")
    return (title.tail if title is not None else text.text) or ""


def test_every_chart_of_the_library_is_here_or_draws_one_that_is() -> None:
    modules = {one.stem for one in Path(str(shelf.__file__)).parent.glob("*.py")}
    about = {"__init__", "chart", "drawing", "figures"}
    elsewhere = {"bars", "forecast"}  # the report of the demonstration, and ``spread`` from a forecast
    assert modules - about - elsewhere == {name if name != "grid" else "earmark_grid" for name in DRAWN}


@every
def test_the_same_figures_are_the_same_bytes_and_carry_no_script_or_style(name: str) -> None:
    chart = DRAWN[name]()
    assert chart == DRAWN[name]()
    assert chart.rows
    for element in ET.fromstring(chart.svg).iter():  # noqa: S314  # our own bytes
        assert element.tag != f"{SVG}script"
        assert not {"style", "href", "src"} & set(element.attrib)
        assert not [one for one in element.attrib if one.startswith("on")]


@every
def test_a_chart_says_nothing_of_its_own(name: str) -> None:
    chart = DRAWN[name]()
    found = [*ET.fromstring(chart.svg).itertext(), *chart.header, *(one for row in chart.rows for one in row)]  # noqa: S314  # our own bytes
    assert [one for one in found if LETTERS.search(NAMED.sub("", one))] == []


@pytest.mark.parametrize("name", TWIN)
def test_what_is_drawn_stands_in_the_table_and_the_other_way_round(name: str) -> None:
    chart = DRAWN[name]()
    drawn = {hit for one in elements(chart, "text") for hit in FIGURE.findall(shown(one))}
    table = {hit for row in chart.rows for cell in row for hit in FIGURE.findall(cell)}
    scale = {"standing": {"3", "4", "5"}, "leaders": {"0", "100"}}.get(name, set())
    assert drawn - scale <= table
    ends = (
        {cell for row in chart.rows for cell in row[3:]} if name == "leaders" else set()
    )  # lines, see below
    noted = {one for one in table if f"<title>{one}" in chart.svg}
    assert table - scale - {hit for one in ends for hit in FIGURE.findall(one)} <= drawn | noted


def test_an_interval_of_leaders_ends_where_its_figures_are() -> None:
    chart = DRAWN["leaders"]()
    dots = [float(one.get("cx", "")[:-1]) for one in elements(chart, "circle")]
    thick = [one for one in elements(chart, "line") if int(one.get("stroke-width", "1")) > 1]
    spans = [tuple(float(one.get(end, "")[:-1]) for end in ("x1", "x2")) for one in thick]
    figures = [[float(cell) for cell in row[2:]] for row in chart.rows]
    scale = (dots[0] - dots[1]) / (figures[0][0] - figures[1][0])
    assert scale > 0
    for (value, low, high), dot in zip(figures, dots, strict=True):
        wanted = (dot - scale * (value - low), dot + scale * (high - value))
        assert any(one == pytest.approx(wanted, abs=0.05) for one in spans), (wanted, spans)


@every
def test_texts_on_one_line_fit_beside_each_other_at_360_pixels(name: str) -> None:
    lines: dict[int, Fraction] = {}
    for text in elements(DRAWN[name](), "text"):
        x, anchor = text.get("x", "0"), text.get("text-anchor", "start")
        size = Fraction(int(text.get("font-size", str(SIZE))), SIZE)
        wide = size * width(shown(text)) + (int(x) // 7 if not x.endswith("%") and anchor == "start" else 0)
        assert wide <= COLUMNS, shown(text)
        if anchor == "end" or x in {"0", "0%"}:
            at = int(text.get("y", "0"))
            lines[at] = lines.get(at, Fraction(0)) + wide
    assert max(lines.values(), default=Fraction(0)) <= COLUMNS


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@every
def test_fills_are_told_apart_in_grey(name: str) -> None:
    paints = {
        (one.get("fill", ""), one.get("stroke-dasharray", "")) for one in elements(DRAWN[name](), "rect")
    }
    plain = [fill for fill, _ in paints if fill.startswith("#") and fill != "#ffffff"]
    for one, other in combinations(sorted(set(plain)), 2):
        lighter, darker = sorted((lightness(one), lightness(other)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 1.5, (one, other)


def test_a_reader_is_told_in_the_words_given_and_in_english_without_any() -> None:
    chart = draw_trail("T", "C", "USD", [], Giver(label="one", amount="5.00"), "hub")
    assert [row[0] for row in chart.rows] == ["from", "payment", "to"]
    assert "to hub" in chart.svg
    words = TrailWords(source="de", payment="paiement", target="à", paid_to="à %(payee)s", untraced="inconnu")
    french = draw_trail("T", "C", "USD", [], Giver(label="un", amount="5.00"), "100 %(x)s", words)
    assert french.rows == (("de", "inconnu", "5.00"), ("paiement", "un", "5.00"), ("à", "100 %(x)s", "5.00"))
    assert "à 100 %(x)s" in french.svg
