"""The phrases of docs/terms.md: every expression that the page offers gives what it says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.outputs import Output, output_type, read_output, write_output
from almoner.contracts.terms.pay import pay

DOCS = Path(__file__).parents[2] / "docs" / "terms.md"
FALSE = {"op": "lit", "value": "false", "type": "truth"}


def obs(name: str) -> dict[str, Any]:
    return {"op": "obs", "metric": name}


def metric(kind: str, most: str, *per: str, pool: str = "last") -> dict[str, Any]:
    return {
        "title": kind,
        "type": kind,
        "domain": ["0", most],
        "per": per,
        "pool": pool,
        "method": "register",
    }


WORDS: dict[str, Any] = {
    "A": obs("a"),
    "B": {"op": "param", "name": "b"},
    "N": obs("n"),
    "P": obs("p"),
    "T": obs("t"),
    "S": obs("s"),
    "F": {"op": "figure", "name": "f"},
    "INDEX": obs("index"),
    "RATE": obs("rate"),
    "ZERO": {"op": "lit", "value": "0.00", "type": "USD/2"},
    "NONE": {"op": "lit", "value": "0", "type": "unit/0"},
    "FALSE": FALSE,
}
FRAME: dict[str, Any] = {
    "schema": "almoner.term/1",
    "title": "Phrase",
    "rounding": "half_even",
    "parties": {"payer": {"role": "outcome_payer"}, "home": {"role": "service_provider"}},
    "calendar": {
        "starts_on": "2029-01-01",
        "ends_on": "2031-12-31",
        "periods": [{"id": "start", "ends_on": "2029-01-01"}, {"id": "end", "ends_on": "2031-12-31"}],
    },
    "sets": {"people": {"title": "People", "most": 9}},
    "metrics": {
        "a": metric("USD/2", "9000.00", "period"),
        "n": metric("unit/0", "900", "period", pool="sum"),
        "p": metric("percent/2", "100", "period"),
        "t": {"title": "T", "type": "truth", "per": ["period"], "method": "register"},
        "s": metric("point/1", "100", "people"),
        "index": metric("index/1", "300"),
        "rate": metric("EUR/4", "3"),
    },
    "params": {"b": {"type": "USD/2", "value": "100.00"}},
    "figures": {
        "f": {"title": "F", "value": {"op": "obs", "metric": "n", "window": "to_date"}},
        **{f"{name}-read": {"title": name, "value": obs(name)} for name in ("p", "t", "s", "index", "rate")},
    },
    "accounts": {
        "owed": {"title": "Owed", "type": "USD/2", "kind": "memo"},
        "cash": {"title": "Cash", "type": "USD/2", "kind": "pot", "holder": "payer", "residual_to": "payer"},
    },
    "clauses": [
        {"op": "pay", "id": name, "from": "payer", "to": "home", "basis": "period", "amount": obs("a")}
        for name in ("signature", "catch-up")
    ],
}


def phrases() -> list[str]:
    table = DOCS.read_text(encoding="utf-8").split("## How do I say …")[1].split("## Recipes")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| to say")]
    return [code for row in rows for code in re.findall(r'`(\{"op".*?\})`', row)]


def spelled(phrase: str) -> Any:  # noqa: ANN401  # JSON
    """Put expressions in the place of the words that stand for them."""
    return json.loads(re.sub(r'"([A-Z]+)"', lambda word: json.dumps(WORDS[word[1]]), phrase))


def seen(metric: str, value: int, period: str = "", **of: str) -> Observation:
    return Observation(metric=metric, value=value, period=period, of=tuple(of.items()))


OBSERVED = [
    *(seen("a", 50_00, period) for period in ("start", "end")),
    *(seen("n", 7, period) for period in ("start", "end")),
    *(seen("p", 65_00, period) for period in ("start", "end")),
    *(seen("t", 1, period) for period in ("start", "end")),
    seen("s", 3_0, people="x"),
    seen("s", 5_0, people="y"),
    seen("index", 141_0),
    seen("rate", 9000),
]
SAID = [
    "87.50",
    "32.50",
    "40.00",
    "-50.00",
    "50.00",
    "100.00",
    "0.00",
    "5000.00",
    "true",
    "50.00",
    "65",
    "138.16",
    "45.00",
    "7",
    "2",
    "2",
    "18.75",
    "true",
    "true",
    "true",
    "true",
    "0.00",
    "100.00",
]


@pytest.mark.parametrize(("phrase", "value"), [*zip(phrases(), SAID, strict=True)])
def test_a_phrase_says_what_stands_beside_it(phrase: str, value: str) -> None:
    content = {**FRAME, "figures": {**FRAME["figures"], "said": {"title": "Said", "value": spelled(phrase)}}}
    program = compile_terms(TermDocument.read(json.dumps(content)))
    said = next(one for one in program.figures if one.id == "said")
    of = (("people", "x"),) if program.nodes[said.node].dims else ()
    output = Output("said", of, "end")
    assert write_output(output_type(program, output), read_output(pay(program, OBSERVED), output)) == value
    assert prove(program).maximum == 36_000_00
