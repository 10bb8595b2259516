"""The table in docs/mechanisms.md: every builder has a row, and every call makes the composition shown."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import almoner.contracts.mechanisms as page

DOCUMENT = Path(__file__).parents[3] / "docs" / "mechanisms.md"
ROW = re.compile(r"^\| `(\w+)` (.+) \| `(.+)` \| `(.+)` \|$", re.MULTILINE)
LEAVES = {"lit": "value", "param": "name", "obs": "metric", "figure": "name", "balance": "account"}
SILENT = {
    "title",
    "method",
    "type",
    "as",
    "from",
    "to",
    "basis",
    "holder",
    "count",
    "ties",
    "what",
    "best",
    "kind",
}
PIECES = {"brief", "fragments", "parts", "phrases"}
SETTING = """
def n(value): return lit(value, "percent/2")
def usd(value): return lit(value, "USD/2")
to_fund = Route(payer="city", payee="fund", money="USD/2", basis="once")
table = steps(below="0", rows=[("10", "500")], owner="above")
percents = steps(below="0", rows=[("10", "4")], owner="above")
"""


def short(node: object) -> object:
    """Shorten leaves to a word, and leave out what does not make a composition."""
    if isinstance(node, Mapping):
        op = node.get("op")
        if op in LEAVES:
            window = " to date" if node.get("window") == "to_date" else ""
            return f"{op} {node[LEAVES[str(op)]]}{window}"
        return {
            key: short(value)
            for key, value in node.items()
            if key not in SILENT and value not in ({}, [], "")
        }
    return [short(one) for one in node] if isinstance(node, list | tuple) else node


def composition(built: Any) -> str:  # noqa: ANN401  # a fragment, a schedule or an expression
    if isinstance(built, page.Schedule):
        built = built.on({"op": "obs", "metric": "x"}, into="USD/2")
    return json.dumps(short(built.content() if isinstance(built, page.Fragment) else built))


def test_every_call_in_the_table_makes_the_composition_beside_it() -> None:
    names: dict[str, Any] = {name: getattr(page, name) for name in page.__all__}
    exec(SETTING, names)  # noqa: S102  # the names that the page introduces
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(rows) > 70
    for name, _, call, shown in rows:
        assert call.startswith(f"{name}("), call
        assert composition(eval(call, names)) == shown, call  # noqa: S307  # a call of our own page


def test_the_example_of_the_page_closes_into_a_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], names)  # noqa: S102  # the example of the page
    assert [clause.id for clause in names["document"].clauses] == ["stay"]


def test_every_builder_has_a_row() -> None:
    told = {name for name, *_ in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))}
    homes = {
        name: getattr(page, name).__module__.rpartition(".")[2] for name in page.__all__ if name.islower()
    }
    assert not {name for name, home in homes.items() if home not in PIECES} - told
