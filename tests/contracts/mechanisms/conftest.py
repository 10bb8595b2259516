"""A deal made of fragments: closed into terms, read back, compiled, and paid on a few results."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from almoner.contracts.mechanisms import Fragment, calendar, terms
from almoner.contracts.terms.bounds import Proof, prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import read_case
from almoner.contracts.terms.outputs import Output, output_type, read_output, write_output
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.results import ResultsDocument
from almoner.contracts.terms.running.engine import Outturn
from almoner.contracts.terms.simulate import run_table

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


def only(cell: object) -> int:
    """Read the one path of a column; a plain number is the same on all paths."""
    return int(cell[0] if isinstance(cell, np.ndarray) else str(cell))


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
    """Terms that were read back from their own bytes, compiled and bounded."""

    document: TermDocument
    program: Program
    proof: Proof

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
        outturn = pay(self.program, seen, members=members)
        self.agree(outturn)
        return Paid(self.program, outturn)

    def agree(self, outturn: Outturn) -> None:
        """Simulation of one path must pay the same, and no payer more than was proven."""
        columns = run_table(self.program, outturn.table)
        assert {key: only(cell) for key, cell in columns.flows.items()} == outturn.flows
        assert columns.figures.keys() == outturn.figures.keys()
        for (party, unit), most in self.proof.payers.items():
            units = {clause.id for clause in self.program.clauses if clause.unit.unit == unit}
            rows = [(key, cell) for key, cell in outturn.flows.items() if key[0] in units]
            assert sum(int(cell or 0) for (_, payer, _, _), cell in rows if payer == party) <= most


@pytest.fixture(scope="session")
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
        program = compile_terms(again)
        return Deal(again, program, prove(program))

    return made
