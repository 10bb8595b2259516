"""Worked payments: what a clause pays at the ends, at every edge and beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .document import TermDocument
from .program import Program
from .sheet import WordTable


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedClause:
    clause: str
    tables: tuple[WordTable, ...] = ()


def work(document: TermDocument, program: Program) -> Sequence[WorkedClause]:
    return ()
