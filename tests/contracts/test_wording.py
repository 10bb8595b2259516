"""Terms in plain language: every number, name and edge of the document stands in the sheet."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.wording import render, render_with
from almoner.contracts.terms.words.nouns import vocabulary
from almoner.contracts.terms.words.phrases import Letters, letter
from almoner.contracts.terms.words.products import in_words
from almoner.contracts.terms.words.sheet import SheetItem, TermSheet, WordTable, sheet_markdown, sheet_text
from almoner.finance.errors import TermError

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "data" / "wording"
INVENTED = sorted(GOLDEN.glob("*.terms.json"))
DEALS = sorted(
    path
    for path in (ROOT / "examples" / "casebook").glob("*.json")
    if not path.name.endswith(".results.json")
)
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
STATED = {"value", "at", "base", "slope", "max", "weight", "rate", "use", "domain", "values"}
WIDEST = 100


def read(path: Path) -> TermDocument:
    return TermDocument.read(path.read_bytes())


def literals(value: object, key: str = "") -> Iterator[Decimal]:
    """Every number that the document states, wherever it stands; no dates, ids or types."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from literals(item, key if key == "values" and name not in STATED else name)
    elif isinstance(value, list):
        for item in value:
            yield from literals(item, key)
    elif key in {"most", "after_days", "min_gap_days", "rank"} and value is not None:
        yield Decimal(str(value))
    elif key in STATED and isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        yield abs(Decimal(value))


def said(sheet: TermSheet) -> set[Decimal]:
    """Every number of the sheet; "zero" is one."""
    text = f"{sheet_text(sheet, 100_000)} "
    found = {abs(Decimal(hit.replace(",", ""))) for hit in NUMBER.findall(text)}
    return found | {Decimal(0)} if re.search(r"\bzero\b", text) else found


def items(sheet: TermSheet, title: str) -> dict[str, SheetItem]:
    return {one.name: one for section in sheet.sections if section.title == title for one in section.items}


def words(item: SheetItem) -> str:
    return " ".join(block for block in item.blocks if isinstance(block, str))


def amount(tree: dict[str, Any], **parts: Any) -> str:  # noqa: ANN401  # parts of a document
    """Say an expression of a small document."""
    base: dict[str, Any] = {
        "schema": "almoner.term/1",
        "title": "T",
        "rounding": "half_even",
        "parties": {"city": {"role": "outcome_payer"}},
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2027-12-31"},
        "metrics": {
            "n": {"title": "Nights", "type": "night/0", "domain": ["0", "9"], "method": "m"},
            "ok": {"title": "Built", "type": "truth", "method": "m"},
            "way": {"title": "Way", "type": "label", "values": ["go", "stop"], "method": "m"},
        },
        "params": {
            "price": {"title": "Price", "type": "USD/2 per night/0", "value": "15.12"},
            "rate": {"title": "Rate", "type": "percent/2", "value": "80.00"},
        },
        "figures": {"good": {"title": "Good", "value": {"op": "obs", "metric": "ok"}}},
        "sets": {"homes": {"title": "Homes", "members": ["a", "b"]}},
        "clauses": [],
    }
    document = TermDocument.read(
        json.dumps({**base, "figures": {"f": {"value": tree}, **base["figures"]}, **parts})
    )
    return in_words(document.figures["f"].value, Letters(vocabulary(document, {}, ("y1", "y2")))).text


def usd(value: str) -> dict[str, str]:
    return {"op": "lit", "value": value, "type": "USD/2"}


N = {"op": "obs", "metric": "n"}
PRICE = {"op": "param", "name": "price"}
WORTH = {"op": "scale", "of": N, "by": [PRICE], "as": "USD/2"}
HUNDRED = {"op": "lit", "value": "100", "type": "percent/0"}
BUILT = {"op": "obs", "metric": "ok"}
FIVE = {"op": "lit", "value": "5", "type": "night/0"}
ENOUGH = {"op": "cmp", "left": N, "relation": "ge", "right": FIVE}
SHAPES: list[tuple[dict[str, Any], str]] = [
    (usd("1500.00"), "1,500.00 USD"),
    (WORTH, '"Price" for each night of "Nights"'),
    ({**WORTH, "of": PRICE, "by": [N]}, '"Price" for each night of "Nights"'),
    (
        {
            "op": "scale",
            "of": usd("10.00"),
            "by": [{"op": "param", "name": "rate"}],
            "over": [HUNDRED],
            "as": "USD/2",
        },
        'the percentage "Rate" of 10.00 USD',
    ),
    (
        {
            "op": "scale",
            "of": WORTH,
            "by": [{"op": "lit", "value": "95", "type": "percent/0"}],
            "over": [HUNDRED],
            "as": "USD/2",
            "round": "floor",
        },
        '95 percent of "Price" for each night of "Nights", rounded down to 2 decimals',
    ),
    (
        {"op": "scale", "of": N, "by": [HUNDRED], "over": [FIVE], "as": "percent/2"},
        '"Nights" as a percentage of 5 nights, rounded to 2 decimals',
    ),
    (
        {
            "op": "scale",
            "of": N,
            "over": [FIVE],
            "as": "ratio/0",
            "if_zero": {"op": "lit", "value": "0", "type": "ratio/0"},
        },
        '"Nights" divided by 5 nights, rounded to a whole number; where the divisor is zero, 0',
    ),
    (
        {
            "op": "scale",
            "of": usd("3.00"),
            "by": [{"op": "lit", "value": "0.5", "type": "ratio/1"}],
            "as": "USD/2",
        },
        "0.5 times 3.00 USD",
    ),
    (
        {"op": "max", "of": [usd("0.00"), {"op": "sub", "of": WORTH, "less": usd("7.00")}]},
        'the amount by which ("Price" for each night of "Nights") exceeds 7.00 USD, or zero if it does not',
    ),
    ({"op": "max", "of": [WORTH, usd("0.00")]}, '"Price" for each night of "Nights", but never below zero'),
    ({"op": "min", "of": [usd("9.00"), WORTH]}, '"Price" for each night of "Nights", but at most 9.00 USD'),
    (
        {"op": "max", "of": [usd("2.00"), {"op": "min", "of": [WORTH, usd("9.00")]}]},
        '"Price" for each night of "Nights", but at most 9.00 USD and at least 2.00 USD',
    ),
    (
        {"op": "min", "of": [usd("1.00"), usd("2.00"), WORTH]},
        'the smallest of 1.00 USD, 2.00 USD and ("Price" for each night of "Nights")',
    ),
    (
        {"op": "add", "of": [usd("1.00"), usd("2.00"), usd("3.00")]},
        "the sum of 1.00 USD, 2.00 USD and 3.00 USD",
    ),
    ({"op": "sub", "of": usd("3.00"), "less": usd("2.00")}, "3.00 USD less 2.00 USD"),
    (BUILT, '"Built" is true'),
    ({"op": "not", "of": BUILT}, '"Built" is false'),
    ({"op": "not", "of": {"op": "not", "of": BUILT}}, '"Built" is true'),
    ({"op": "known", "metric": "ok"}, '"Built" is known'),
    ({"op": "not", "of": {"op": "known", "metric": "ok"}}, '"Built" is not known'),
    ({"op": "is", "metric": "way", "value": "go"}, '"Way" is "go"'),
    ({"op": "not", "of": {"op": "is", "metric": "way", "value": "go"}}, '"Way" is not "go"'),
    (ENOUGH, '"Nights" is at least 5 nights'),
    ({"op": "not", "of": ENOUGH}, '"Nights" is less than 5 nights'),
    ({"op": "figure", "name": "good"}, '"Good" holds'),
    ({"op": "not", "of": {"op": "figure", "name": "good"}}, '"Good" does not hold'),
    ({"op": "all", "of": [BUILT, ENOUGH]}, '"Built" is true and "Nights" is at least 5 nights'),
    ({"op": "any", "of": [BUILT, ENOUGH]}, 'either "Built" is true or "Nights" is at least 5 nights'),
    ({"op": "any", "of": [BUILT]}, '"Built" is true'),
    (
        {"op": "all", "of": [BUILT, ENOUGH, BUILT, ENOUGH]},
        (
            'all of these hold: (1) "Built" is true; (2) "Nights" is at least 5 nights; (3) "Built" is true; '
            '(4) "Nights" is at least 5 nights'
        ),
    ),
    (
        {"op": "all", "of": [BUILT, {"op": "any", "of": [BUILT, ENOUGH]}]},
        '"Built" is true and condition A holds',
    ),
    ({"op": "not", "of": {"op": "all", "of": [BUILT, ENOUGH]}}, "condition A does not hold"),
    (
        {"op": "if", "test": ENOUGH, "then": usd("9.00"), "else": usd("0.00")},
        '9.00 USD if "Nights" is at least 5 nights; otherwise zero',
    ),
    (
        {"op": "if", "test": ENOUGH, "then": BUILT, "else": {"op": "not", "of": BUILT}},
        'where "Nights" is at least 5 nights: "Built" is true; otherwise: "Built" is false',
    ),
    (
        {
            "op": "if",
            "test": ENOUGH,
            "then": usd("9.00"),
            "else": {
                "op": "if",
                "test": BUILT,
                "then": usd("5.00"),
                "else": {"op": "if", "test": BUILT, "then": usd("0.00"), "else": usd("1.00")},
            },
        },
        (
            '(1) 9.00 USD if "Nights" is at least 5 nights; otherwise (2) 5.00 USD if "Built" is true; '
            "otherwise "
            '(3) zero if "Built" is true; otherwise (4) 1.00 USD'
        ),
    ),
    (
        {"op": "fold", "over": "homes", "with": "add", "of": WORTH},
        'the sum, over all members of "Homes", of "Price" for each night of "Nights"',
    ),
    (
        {"op": "fold", "over": "period", "with": "max", "of": N},
        'the largest, over all periods so far, of "Nights"',
    ),
    (
        {"op": "fold", "over": "homes", "with": "min", "of": N, "empty": FIVE},
        'the smallest, over all members of "Homes", of "Nights" (without members: 5 nights)',
    ),
    (
        {"op": "fold", "over": "homes", "with": "any", "of": BUILT},
        'for at least one member of "Homes", "Built" is true',
    ),
    ({"op": "fold", "over": "period", "with": "all", "of": BUILT}, 'in every period so far, "Built" is true'),
    (
        {"op": "share", "total": usd("9.00"), "over": "homes", "weight": N},
        (
            'the member\'s part of 9.00 USD, shared among the members of "Homes" in proportion to '
            '"Nights" (each part '
            "rounded down, the units left over one each to the largest fractions first, "
            "equals in the order of members)"
        ),
    ),
    (
        {"op": "rank", "of": N, "over": "homes", "best": "lowest"},
        'the place among the members of "Homes" by "Nights" (1 is the lowest; equals share a place)',
    ),
    ({"op": "position", "of": "homes"}, 'the number of the member in "Homes" (the first is 1)'),
    ({"op": "position", "of": "period"}, "the number of the period (the first is 1)"),
    ({"op": "days", "from": "period_start", "to": "period_end"}, "the number of days of the period"),
    (
        {"op": "days", "from": "2027-02-01", "to": "term_end", "count": "30/360"},
        "the number of days, in months of 30 days, from 2027-02-01 to the end of the term",
    ),
    (
        {"op": "previous", "of": N, "first": FIVE},
        'the value one period earlier of "Nights" (in the first period 5 nights)',
    ),
    ({**N, "at": {"homes": "a"}}, '"Nights" for a of "Homes"'),
    ({**N, "at": {"period": "y1"}}, '"Nights" in period y1'),
    (
        {"op": "paid", "clauses": ["x"], "window": "before", "what": "earned", "each": ["homes"]},
        (
            "what was earned, before limits, in all periods before under clause x "
            'for the same member of "Homes"'
        ),
    ),
    ({"op": "balance", "account": "pot"}, 'the balance of "pot"'),
]


@pytest.mark.parametrize(
    ("tree", "text"), SHAPES, ids=lambda value: value["op"] if isinstance(value, dict) else ""
)
def test_the_usual_shapes_are_said_as_a_lawyer_would(tree: dict[str, Any], text: str) -> None:
    assert amount(tree) == text


def test_letters_go_on_after_z() -> None:
    assert [letter(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_there_are_no_words_for_what_is_no_expression() -> None:
    document = read(INVENTED[0])
    with pytest.raises(TermError, match="no words for str"):
        in_words("x", Letters(vocabulary(document, {}, ("term",))))


@pytest.mark.parametrize("path", [*INVENTED, *DEALS], ids=lambda path: path.name)
def test_every_number_of_the_document_stands_in_the_sheet(path: Path) -> None:
    document = read(path)
    stated = set(literals(json.loads(path.read_bytes())))
    assert stated
    assert stated <= said(render(document))


@pytest.mark.parametrize("path", [*INVENTED, *DEALS], ids=lambda path: path.name)
def test_every_part_of_the_document_stands_in_the_sheet(path: Path) -> None:
    document = read(path)
    sheet = render(document)
    text = sheet_text(sheet, 100_000)
    for party in document.parties.values():
        assert party.name in text
    for kind in ("metrics", "params", "figures", "accounts", "splits", "sets"):
        for name, part in getattr(document, kind).items():
            assert name in text
            assert part.title in text
    for one in (*document.clauses, *document.limits):
        assert one.id in text
        assert one.title in text
    assert list(items(sheet, "What is paid")) == [one.id for one in document.clauses]
    sources = set(re.findall(r'"document": "([^"]+)"', path.read_text()))
    assert all(json.loads(f'"{source}"') in text for source in sources)


@pytest.mark.parametrize("path", [*INVENTED, *DEALS], ids=lambda path: path.name)
def test_every_edge_says_to_which_side_it_belongs(path: Path) -> None:
    for section in render(read(path)).sections:
        for block in (*section.blocks, *(block for item in section.items for block in item.blocks)):
            if isinstance(block, WordTable) and block.columns == ("from", "to", "value"):
                for before, after in zip(block.rows, block.rows[1:], strict=False):
                    assert {before[1].rpartition(", ")[2], after[0].rpartition(", ")[2]} == {
                        "including",
                        "excluding",
                    }
                    assert before[1].rpartition(", ")[0] == after[0].rpartition(", ")[0]


@pytest.mark.parametrize("path", [*INVENTED, *DEALS], ids=lambda path: path.name)
def test_lines_fit_a_page_and_the_same_terms_give_the_same_bytes(path: Path) -> None:
    text = sheet_text(render(read(path)))
    assert text == sheet_text(render(read(path)))
    long = [line for line in text.splitlines() if len(line) > WIDEST]
    assert all(max(map(len, line.split())) > WIDEST - 30 for line in long)


@pytest.mark.parametrize("path", INVENTED, ids=lambda path: path.name)
def test_the_words_are_those_that_were_read_and_approved(path: Path) -> None:
    sheet = render(read(path))
    stem = path.name.removesuffix(".terms.json")
    assert sheet_text(sheet) == (GOLDEN / f"{stem}.txt").read_text(encoding="utf-8")
    assert sheet_markdown(sheet) == (GOLDEN / f"{stem}.md").read_text(encoding="utf-8")


def test_markdown_holds_what_the_text_holds() -> None:
    sheet = render(read(INVENTED[0]))
    plain = sheet_markdown(sheet).replace("\\", "")
    for section in sheet.sections:
        for item in section.items:
            assert all(" ".join(block.split()) in plain for block in item.blocks if isinstance(block, str))


def clause_words(**changes: Any) -> str:  # noqa: ANN401  # fields of a clause
    content = json.loads((GOLDEN / "nights.terms.json").read_bytes())
    content["clauses"][0] |= changes
    return words(items(render(TermDocument.read(json.dumps(content))), "What is paid")["nights"])


def test_what_happens_when_less_is_owed_later_is_said() -> None:
    assert "later payments from City of Ash to Ash House are reduced by the difference" in clause_words()
    assert "is returned at once by Ash House" in clause_words(on_decrease="recover")
    assert "the difference stays with Ash House" in clause_words(on_decrease="keep")
    assert "falls below" not in clause_words(basis="once")
    assert "A negative amount is paid the other way, by Ash House to City of Ash" in clause_words(
        two_way=True
    )


def test_an_amount_without_results_is_called_unconditional() -> None:
    fee = items(render(read(GOLDEN / "bands.terms.json")), "What is paid")["fee"]
    assert "Unconditional: the amount depends on no result." in words(fee)
    assert "Unconditional" not in clause_words()
    test = {
        "op": "cmp",
        "left": {"op": "obs", "metric": "nights"},
        "relation": "gt",
        "right": {"op": "lit", "value": "7", "type": "night/0"},
    }
    conditional = clause_words(amount=usd("5.00"), when=test)
    assert 'Condition: it is paid only if "Nights spent indoors" is more than 7 nights.' in conditional


def test_worked_payments_stand_at_the_ends_at_the_edges_and_where_limits_bind() -> None:
    document = read(GOLDEN / "nights.terms.json")
    worked = render_with(document)[1][0]
    points = {one.value: (one.earned, one.paid) for one in worked.points}
    assert points[0] == (0, 0)
    assert points[40000] == (60480000, 50000000)
    assert points[33068] == (49998816, 49998816)
    assert points[33069] == (50000328, 50000000)
    assert worked.jumps == ()


def test_a_jump_is_found_at_the_edge_that_the_terms_name() -> None:
    worked = {one.clause: one for one in render_with(read(GOLDEN / "bands.terms.json"))[1]}["reduction"]
    assert worked.edges
    assert all(left in worked.edges or right in worked.edges for left, right in worked.jumps)
    assert worked.jumps


def test_a_table_of_very_many_bands_is_thinned_and_keeps_both_ends() -> None:
    content = json.loads((GOLDEN / "nights.terms.json").read_bytes())
    edges = [{"at": str(100 * place), "owner": "above"} for place in range(1, 301)]
    rows = [{"base": str(place)} for place in range(301)]
    metric = {"op": "obs", "metric": "nights"}
    content["clauses"][0]["amount"] = {
        "op": "bands",
        "of": metric,
        "as": "USD/2",
        "edges": edges,
        "rows": rows,
    }
    worked = render_with(TermDocument.read(json.dumps(content)))[1][0]
    table = worked.tables[0]
    assert len(worked.points) > 900
    assert len(worked.jumps) == 300
    assert len(table.rows) <= 42
    assert (table.rows[0][0], table.rows[-1][0]) == ("0", "40,000")
    assert f"of {len(worked.points)})" in table.caption


def test_a_payment_by_whole_steps_has_a_table_without_bends() -> None:
    content = json.loads((GOLDEN / "nights.terms.json").read_bytes())
    content["clauses"][0]["amount"] |= {
        "over": [{"op": "lit", "value": "777", "type": "ratio/0"}],
        "round": "floor",
        "by": [{"op": "lit", "value": "1", "type": "JPY/0 per night/0"}],
        "as": "JPY/0",
    }
    content["limits"] = []
    worked = render_with(TermDocument.read(json.dumps(content)))[1][0]
    assert [one.paid for one in worked.points][0::4] == [0, 41]
    assert worked.points[-1].paid == 51


def test_shares_of_the_members_and_numbers_without_unit_are_said() -> None:
    document = read(GOLDEN / "homes.terms.json")
    sheet = render(document)
    clauses = items(sheet, "What is paid")
    assert words(clauses["count"]).startswith(
        "Pays nobody; in every period it changes accounts by the amount."
    )
    assert "Paid by the member of" in words(clauses["repaid"])
    assert "Limited by" not in words(clauses["repaid"])
    assert words(items(sheet, "What is measured")["price_index"]).startswith(
        "A number, with 4 decimals, from 0.5 to 2"
    )


def test_terms_without_payments_say_so() -> None:
    content = json.loads((GOLDEN / "nights.terms.json").read_bytes())
    content |= {"clauses": [], "limits": [], "figures": {"n": {"value": {"op": "obs", "metric": "nights"}}}}
    assert "No clause pays anything." in sheet_text(render(TermDocument.read(json.dumps(content))))


def test_a_table_has_rows_of_one_width() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells does not fit 2 columns"):
        WordTable(columns=("a", "b"), rows=(("x",),))
