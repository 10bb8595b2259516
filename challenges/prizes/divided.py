"""Prizes divided among many: a pool with a rule, and awards at the discretion of named people.

The problem: a pool whose rule is "the jury decides" can be promised twice and explained never. A pool names
the rule by which it is divided; discretion has a ceiling, names and criteria.
"""

from typing import Annotated, Literal

from pydantic import Field

from ...finance.documents import Code, DecimalText, Text
from .shared import PrizeBase


class Pool(PrizeBase):
    """One amount, divided among many.

    Attributes
    ----------
    kind : str
        ``pool``.
    amount : str [unit of the brief]
        What is divided.
    split : str
        ``ask``: every ask in full, by rank, until the money ends; ``score``: in proportion to scores;
        ``ballot``: by the phase's ballots over measured metrics; ``optimiser``: by the allocation problem
        posed from asks and scores.

    Examples
    --------
    >>> Pool.read('{"kind": "pool", "phase": "vote", "amount": "900.00", "split": "ballot"}').unawarded
    'return'
    """

    kind: Literal["pool"]
    amount: DecimalText
    split: Literal["ask", "score", "optimiser", "ballot"]


class Discretionary(PrizeBase):
    """Awards that named people give for a stated reason, up to a ceiling.

    Attributes
    ----------
    kind : str
        ``discretionary``.
    ceiling : str [unit of the brief]
        The most of all of them together.
    who : tuple[str, ...]
        Codes of those who may propose one; somebody else approves it.
    criteria : str
        By what they choose.

    Examples
    --------
    >>> prize = Discretionary.read('''{"kind": "discretionary", "phase": "decide", "ceiling": "5000.00",
    ...     "who": ["chair"], "criteria": "Work that the rubric does not see."}''')
    >>> prize.who
    ('chair',)
    """

    kind: Literal["discretionary"]
    ceiling: DecimalText
    who: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    criteria: Text
