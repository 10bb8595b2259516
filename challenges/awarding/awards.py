"""An award: what one application is given, by which rule, and why.

The problem: "the panel decided" is no reason. Every award follows from a ranking, a count of ballots, a
measured result or an allocation by one named rule; its reason is a sentence made of the figures that decided,
and what nobody wins is a figure of its own: awards and the rest always sum to the prize, to the minor unit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...finance.money import Money, split, zero
from ...finance.units import Unit
from ..prizes import AnyPrize, prize_maximum

AwardRule = Literal[
    "grand",
    "places",
    "finalist",
    "staged",
    "first_to_finish",
    "progress",
    "discretionary",
    "in_kind",
    "pool.ask",
    "pool.score",
    "pool.ballot",
    "pool.optimiser",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """What one application is awarded, by which rule, and why.

    Attributes
    ----------
    application_id : str
        Who.
    amount : Money
        How much; positive, or zero for a prize in kind that costs the fund nothing.
    rule : str
        By which it was decided.
    rank : int or None [place]
        Where the rule goes by ranks.
    reason : str
        One sentence with the figures.
    part : str
        Which part of the prize: ``whole``, or ``finalist`` and ``grand`` of a prize in two parts.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> Award(application_id="a", amount=money("9.00", "USD"), rule="places", rank=1, reason="Rank 1.").amount
    Money('9.00 USD')
    """

    application_id: str
    amount: Money
    rule: AwardRule
    rank: int | None
    reason: str
    part: str = "whole"

    def __post_init__(self) -> None:
        if self.amount.minor < 0 or (self.amount.minor == 0 and self.rule != "in_kind"):
            raise ValueError(f"an award is positive, not {self.amount} for {self.application_id}")


def total_of(awards: Iterable[Award], unit: Unit) -> Money:
    """Return the sum of awards.

    Parameters
    ----------
    awards : iterable of Award
        In one unit.
    unit : Unit
        Theirs.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> total_of([], currency("USD"))
    Money('0.00 USD')
    """
    return sum((award.amount for award in awards), start=zero(unit))


def unawarded(prize: AnyPrize, awards: Iterable[Award], *, unit: Unit, added: Money | None = None) -> Money:
    """Return what nobody won of a prize.

    Parameters
    ----------
    prize : Prize
        From the brief.
    awards : Iterable[Award]
        Of this prize.
    unit : Unit
        The brief's unit.
    added : Money or None
        What rolled over to it, or was promised on top for a tie.

    Examples
    --------
    >>> from almoner.challenges import Places
    >>> from almoner.finance.units import currency
    >>> prize = Places.read('{"kind": "places", "phase": "panel", "amounts": ["60.00", "40.00"]}')
    >>> unawarded(prize, [], unit=currency("USD"))
    Money('100.00 USD')
    """
    most = prize_maximum(prize, unit) + (added or zero(unit))
    rest = most - total_of(awards, unit)
    if rest.minor < 0:
        raise ValueError(f"the awards exceed the prize by {-rest}")
    return rest


def redistribute(awards: Iterable[Award], rest: Money) -> tuple[Award, ...]:
    """Give what nobody won to the winners, in proportion to their awards (``unawarded: redistribute``).

    Parameters
    ----------
    awards : iterable of Award
        Of one prize.
    rest : Money
        From ``unawarded``.

    Returns
    -------
    tuple[Award, ...]
        In the order given; largest remainder, ties by that order. As they were when nothing is left over,
        or nobody won.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> two = [Award(application_id=name, amount=money(amount, "USD"), rule="grand", rank=None, reason="A.")
    ...        for name, amount in (("a", "2.00"), ("b", "1.00"))]
    >>> [award.amount.text for award in redistribute(two, money("0.90", "USD"))]
    ['2.60', '1.30']
    """
    given = [award for award in awards if award.amount]
    if not rest or not given:
        return tuple(awards)
    parts = split(rest, [award.amount.minor for award in given])
    return tuple(
        Award(
            application_id=award.application_id,
            amount=award.amount + part,
            rule=award.rule,
            rank=award.rank,
            reason=f"{award.reason.removesuffix('.')}; and {part} of {rest} that nobody won.",
            part=award.part,
        )
        for award, part in zip(given, parts, strict=True)
    )
