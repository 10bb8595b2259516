"""What every prize says: the phase that decides, how a tie is paid, and where the rest goes.

The problem: "the remaining funds may be used otherwise" and "the jury decides in case of a tie" are rules
that nobody can check before they are needed. Here both are fields with few values, and each has one meaning.
"""

from typing import Annotated, Literal

from pydantic import Field

from ...finance.documents import Code, Document

TieRule = Literal["split", "lottery", "panel", "all_if_funded"]


class RollOver(Document):
    """What nobody wins is added to the prize of a later phase.

    Attributes
    ----------
    roll_over : str
        The phase; it has exactly one prize.

    Examples
    --------
    >>> RollOver.read('{"roll_over": "deliver"}').roll_over
    'deliver'
    """

    roll_over: Code


Unawarded = Literal["return", "redistribute"] | RollOver


class PrizeBase(Document):
    """The fields that all kinds of prizes share.

    Attributes
    ----------
    phase : str
        The phase whose result decides.
    tie : str
        ``split``: tied entries share the places they fill. ``lottery``: in the order of a published seed.
        ``panel``: in the order of a recorded decision. ``all_if_funded``: each gets the full amount of the
        place when the fund has the difference free that day, else as ``split``.
    unawarded : str or RollOver
        ``return``: what nobody wins is released to the fund. ``redistribute``: it goes to the winners in
        proportion to their awards. ``{"roll_over": phase}``: it is added to the prize of a later phase.

    Examples
    --------
    >>> PrizeBase.read('{"phase": "panel", "unawarded": {"roll_over": "deliver"}}').tie
    'split'
    """

    phase: Code
    tie: Annotated[TieRule, Field()] = "split"
    unawarded: Annotated[Unawarded, Field()] = "return"

    @property
    def rolls_to(self) -> str:
        """The phase to which the rest rolls over; empty when it does not."""
        return self.unawarded.roll_over if isinstance(self.unawarded, RollOver) else ""
