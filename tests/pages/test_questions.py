"""Questions of a page, put together from two changes; and the charts of a hub."""

from almoner.api.charts.receipts import Receipt, draw_receipts
from almoner.api.charts.standing import Standing, draw_standing
from almoner.api.pages.forms import Form
from almoner.api.pages.hub.questions import Ask, Section, Several, compare, groups_of, typed_of, written

TITLE = Ask(path=("title",), label="Title")
STATED = Ask(path=("gain",), label="Gain", kind="stated")
ROWS = Several(
    path=("bundle",),
    title=lambda number: f"Partner {number}",
    asks=(Ask(path=("party",), label="Party"), Ask(path=("share_bp",), label="Share", kind="share")),
)
SECTION = Section(name="all", title="All", hint="", parts=(TITLE, STATED, ROWS))
BASE = {"title": "Wells", "gain": "none", "bundle": [{"party": "hub-a", "share_bp": 6050}]}


def test_what_is_shown_and_sent_unchanged_is_the_same_document() -> None:
    assert written(SECTION, BASE, typed_of(groups_of(SECTION, BASE, more=3))) == BASE


def test_a_row_is_removed_by_its_box_and_what_is_no_number_is_kept() -> None:
    fields = {"bundle-0-party": ["hub-a"], "bundle-0-remove": ["yes"], "bundle-1-share_bp": ["a third"]}
    assert written(SECTION, BASE, Form(fields=fields))["bundle"] == [{"share_bp": "a third"}]


def test_of_two_changes_each_stays_and_only_the_same_field_is_asked_about() -> None:
    mine = groups_of(SECTION, {**BASE, "title": "Mine"})
    theirs = groups_of(SECTION, {**BASE, "title": "Theirs", "gain": ["sells pumps"]})
    merged, both = compare(mine, groups_of(SECTION, BASE), theirs)
    boxes = {box.name: box for group in merged for box in group.boxes}
    assert (both, boxes["title"].value, boxes["title"].theirs) == (1, "Mine", "Theirs")
    assert (boxes["gain"].value, boxes["gain"].theirs) == ("sells pumps", None)


def test_the_charts_of_a_hub_are_the_same_bytes_and_their_tables_hold_the_figures() -> None:
    header = ("Agreement", "Unit", "Paid", "On its way")
    receipts = [Receipt(label="Wells", unit="USD", paid="1000.00", waiting="250.00")]
    first, again = (draw_receipts("Paid", "By agreement", header, receipts) for _ in range(2))
    assert first == again
    assert first.rows == (("Wells", "USD", "1,000.00", "250.00"),)
    names = ("What", "Points", "Standard error", "Your score", "The line")
    standing = Standing(level="3.5", standard_error="0.25", line="3.9")
    drawn = draw_standing("Score", "Of 5", names, standing)
    assert drawn == draw_standing("Score", "Of 5", names, standing)
    assert drawn.rows == (("Your score", "3.50", "0.25"), ("The line", "3.90", ""))
