"""What changes between two decisions: who gains, who loses, who moves up when somebody is out.

The problem: "the next in line" and "everybody whose award depends on it" are found by hand, case by
case. Both are the difference of two decisions that are computed by the same rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ...finance.money import Money
from .awards import Award


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardMove:
    """One award that two decisions see differently.

    Attributes
    ----------
    application_id : str
        Whose.
    part : str
        Which part of the prize.
    before, after : Award or None
        In either decision; ``None``: no award there.

    Examples
    --------
    >>> AwardMove(application_id="a", part="whole", before=None, after=None).part
    'whole'
    """

    application_id: str
    part: str
    before: Award | None
    after: Award | None

    @property
    def amounts(self) -> tuple[Money | None, Money | None]:
        """The amounts before and after."""
        return (
            None if self.before is None else self.before.amount,
            None if self.after is None else self.after.amount,
        )


def award_moves(before: Iterable[Award], after: Iterable[Award]) -> tuple[AwardMove, ...]:
    """List the awards of one prize whose amount differs between two decisions.

    Parameters
    ----------
    before, after : iterable of Award
        Of the same prize; each application at most once per part.

    Returns
    -------
    tuple[AwardMove, ...]
        By application and part; an award with another reason but the same amount is none.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> one = Award(application_id="a", amount=money("9.00", "USD"), rule="grand", rank=1, reason="Rank 1.")
    >>> [(move.application_id, move.after) for move in award_moves([one], [])]
    [('a', None)]
    """
    old = {(one.application_id, one.part): one for one in before}
    new = {(one.application_id, one.part): one for one in after}
    moves = (
        AwardMove(application_id=key[0], part=key[1], before=old.get(key), after=new.get(key))
        for key in sorted(old.keys() | new.keys())
    )
    return tuple(move for move in moves if move.amounts[0] != move.amounts[1])
