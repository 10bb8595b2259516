"""Prizes by rank: one for the first, one for each place, and a grand prize after a first round.

The problem: prize money is announced as one sum and paid by another. Each of these prizes states an amount
per place, so that the most it costs is a sum that anybody can add up.
"""

from typing import Annotated, Literal

from pydantic import Field

from ...finance.documents import Code, DecimalText, Text
from ...finance.findings import Findings, finding
from ..figures import nano
from .shared import PrizeBase

MOST_PLACES = 1000


class Grand(PrizeBase):
    """One amount for the first of a phase's ranking.

    Attributes
    ----------
    kind : str
        ``grand``.
    amount : str [unit of the brief]
        For rank 1.

    Examples
    --------
    >>> Grand.read('{"kind": "grand", "phase": "panel", "amount": "6000000.00"}').by_place
    ('6000000.00',)
    """

    kind: Literal["grand"]
    amount: DecimalText

    @property
    def by_place(self) -> tuple[str, ...]:
        """Amounts of the places, first place first [unit of the brief]."""
        return (self.amount,)


class Places(PrizeBase):
    """Fixed amounts for the first places of a phase's ranking.

    Attributes
    ----------
    kind : str
        ``places``.
    amounts : tuple[str, ...] [unit of the brief]
        By place, first place first; none larger than the one before. Or, instead:
    n : int or None [places]
        How many places pay the same.
    amount : str or None [unit of the brief]
        What each of them pays.

    Examples
    --------
    >>> Places.read('{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00"]}').by_place
    ('100.00', '50.00')
    >>> Places.read('{"kind": "places", "phase": "panel", "n": 3, "amount": "9.00"}').by_place
    ('9.00', '9.00', '9.00')
    """

    kind: Literal["places"]
    amounts: Annotated[tuple[DecimalText, ...], Field(min_length=1, max_length=MOST_PLACES)] | None = None
    n: Annotated[int, Field(ge=1, le=MOST_PLACES)] | None = None
    amount: DecimalText | None = None

    @property
    def by_place(self) -> tuple[str, ...]:
        """Amounts of the places, first place first [unit of the brief]."""
        if self.amounts is not None:
            return self.amounts
        return (self.amount or "0",) * (self.n or 0)

    def findings(self, at: str = "") -> Findings:
        """List places that are given in both ways, in neither, or that rise."""
        forms = (self.amounts is not None, self.n is not None, self.amount is not None)
        if forms not in {(True, False, False), (False, True, True)}:
            return [finding(at, "give either amounts by place, or n and the amount of each place")]
        return [
            finding(f"{at}/amounts/{n}", f"place {n + 1} pays {text}, more than place {n}")
            for n, text in enumerate(self.by_place)
            if n and nano(text) > nano(self.by_place[n - 1])
        ]


class FinalistsThenGrand(PrizeBase):
    """A grant for each of ``n`` finalists, and a grand prize for the first of a later phase.

    Attributes
    ----------
    kind : str
        ``finalists_then_grand``.
    n : int [finalists]
        How many.
    each : str [unit of the brief]
        Development grant of a finalist.
    final_phase : str
        The later phase, whose ranking decides the grand prize among the finalists.
    grand : str [unit of the brief]
        For rank 1 of the later phase.

    Examples
    --------
    >>> prize = FinalistsThenGrand.read('''{"kind": "finalists_then_grand", "phase": "panel", "n": 2,
    ...     "each": "200.00", "grand": "6000.00", "final_phase": "deliver"}''')
    >>> prize.by_place
    ('200.00', '200.00')
    """

    kind: Literal["finalists_then_grand"]
    n: Annotated[int, Field(ge=1, le=MOST_PLACES)]
    each: DecimalText
    final_phase: Code
    grand: DecimalText

    @property
    def by_place(self) -> tuple[str, ...]:
        """Development grants of the finalists [unit of the brief]."""
        return (self.each,) * self.n

    def findings(self, at: str = "") -> Findings:
        """List a final that is the phase that chooses the finalists."""
        if self.final_phase == self.phase:
            return [finding(f"{at}/final_phase", f"{self.phase} already chooses the finalists")]
        return []


class InKindPrize(PrizeBase):
    """A thing or a service for the first of a phase's ranking: delivered, never spent as cash.

    Attributes
    ----------
    kind : str
        ``in_kind``.
    description : str
        What is delivered.
    valuation : str
        Reference of the valuation: on what its worth rests. The worth is no money of the fund.
    cash_cost : str [unit of the brief]
        What delivering it costs the fund at most; nothing when left out.

    Examples
    --------
    >>> prize = InKindPrize.read('''{"kind": "in_kind", "phase": "panel",
    ...     "description": "A year in a laboratory", "valuation": "list price of 2027"}''')
    >>> prize.cash_cost
    '0'
    """

    kind: Literal["in_kind"]
    description: Text
    valuation: Text
    cash_cost: DecimalText = "0"
