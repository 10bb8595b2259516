"""A deal made of fragments: closed into terms, read back, compiled, and paid on a few results."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from almoner.contracts.mechanisms import Fragment, calendar, terms
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.engine import Outturn
from almoner.contracts.terms.observing import read_case
from almoner.contracts.terms.outputs import Output, output_type, read_output, write_output
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.results import ResultsDocument

ROLES = {
    "city": "outcome_payer",
    "state": "outcome_payer",
    "donor": "outcome_payer",
    "fund": "investor",
    "fund-b": "investor",
    "home": "service_provider",
    "bank": "trustee",
    "surety": "guarantor",
    "board": "funder",
    "lab": "evaluator",
}
Row = tuple[str, str] | tuple[str, str, Mapping[str, str]]


@dataclass(frozen=True)
class Paid:
    """What came of a deal; call it with the name of an output."""

    program: Program
    outturn: Outturn

    def __call__(self, name: str, period: str = "", **of: str) -> str | None:
        places = tuple((key.replace("__", "."), member) for key, member in of.items())
        asked = Output(name, places, period)
        return write_output(output_type(self.program, asked), read_output(self.outturn, asked))


@dataclass(frozen=True)
class Deal:
    """Terms that were read back from their own bytes and compiled."""

    document: TermDocument
    program: Program

    def pay(self, *rows: Row, members: Mapping[str, Sequence[str]] | None = None) -> Paid:
        results = []
        for row in rows:
            places = dict(row[2]) if len(row) == 3 else {}
            extra = {key: places.pop(key) for key in ("period", "id", "on") if key in places}
            results.append({"metric": row[0], "value": row[1], "of": places} | extra)
        text = json.dumps(
            {
                "schema": "almoner.results/1",
                "title": "Results",
                "cases": [{"id": "one", "results": results}],
            }
        )
        seen = read_case(self.program, ResultsDocument.read(text).cases[0])
        return Paid(self.program, pay(self.program, seen, members=members))


@pytest.fixture
def deal() -> Callable[..., Deal]:
    """Close fragments into terms of one year, or of as many as ``periods`` need."""

    def made(
        *parts: Fragment,
        starts: str = "2027-01-01",
        ends: str = "2027-12-31",
        periods: str = "",
        parties: Sequence[str] = (),
        rounding: str = "half_even",
    ) -> Deal:
        document = terms(
            title="Deal",
            parties=ROLES | dict.fromkeys(parties, "service_provider"),
            calendar=calendar(starts, ends, periods),
            rounding=rounding,
            parts=parts,
        )
        again = TermDocument.read(document.canonical_bytes())
        assert again == document
        assert again.digest() == document.digest()
        return Deal(again, compile_terms(again))

    return made
