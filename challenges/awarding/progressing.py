"""Measured progress: money follows what final determinations found, as a point or as a lower bound.

The problem: one lucky result of a newcomer looks better than ten sound ones. Hubs come in with the figure
that the prize says, the rating or its lower bound; the cap holds for everybody, and what it leaves over is
left over.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby

from ...finance.money import Money, money, split, zero
from ...finance.units import Unit
from ..damping import ProgressContender, divide_by_progress
from ..errors import ScoreInvalid
from ..figures import WHOLE_BP
from ..prizes import MeasuredProgress
from ..rubric import figure
from .awards import Award
from .orders import NO_TIE_BREAK, Order, TieBreak, pay_places


def award_progress(
    prize: MeasuredProgress,
    contenders: Iterable[ProgressContender],
    *,
    unit: Unit,
    tie: TieBreak = NO_TIE_BREAK,
    added: Money | None = None,
) -> tuple[Award, ...]:
    """Award a measured-progress prize that is ranked or proportional.

    Parameters
    ----------
    prize : MeasuredProgress
        From the brief; one ``per_unit`` is paid by its contracts and has no awards of this kind.
    contenders : iterable of ProgressContender
        Every eligible hub by the code of its application, with the figure of the prize's basis
        (``HubRating.counted``); ``None`` for a hub without a final determination.
    unit : Unit
        The brief's unit.
    tie : TieBreak
        Seed of the lottery among newcomers and of ties; decisions of the panel.
    added : Money or None
        What rolled over to this prize.

    Returns
    -------
    tuple[Award, ...]
        Largest first; nothing for a hub without progress.

    Raises
    ------
    TieUnresolved
        When a ranked tie needs a seed or a decision that is not there.
    ScoreInvalid
        When newcomers are drawn and there is no seed.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> prize = MeasuredProgress.read('''{"kind": "measured_progress", "phase": "deliver", "amount": "90.00",
    ...     "basis": "lower_bound", "split": "proportional"}''')
    >>> hubs = [ProgressContender(hub=name, progress=Fraction(part, 3))
    ...         for name, part in (("river", 2), ("hill", 1))]
    >>> [(one.application_id, one.amount.text) for one in award_progress(prize, hubs, unit=currency("USD"))]
    [('river', '60.00'), ('hill', '30.00')]
    """
    hubs = sorted(contenders, key=lambda one: one.hub)
    pool = money(prize.amount, unit) + (added or zero(unit))
    if prize.split == "ranked":
        return _ranked(prize, hubs, pool, tie)
    if prize.split == "per_unit":
        raise ValueError("a prize per unit is paid by its contracts: see draft_per_unit")
    return _divided(prize, hubs, pool, tie)


def _divided(
    prize: MeasuredProgress, hubs: Sequence[ProgressContender], pool: Money, tie: TieBreak
) -> tuple[Award, ...]:
    """Pay in proportion to progress, with a part for newcomers."""
    drawn = prize.newcomer_bp and prize.newcomers == "lottery" and any(one.progress is None for one in hubs)
    if drawn and not tie.seed:
        raise ScoreInvalid("Newcomers are drawn by lottery: publish their names, then give the seed.")
    division = divide_by_progress(
        hubs,
        pool,
        damping=Fraction(prize.damping),
        hub_cap_bp=prize.hub_cap_bp,
        newcomer_bp=prize.newcomer_bp,
        newcomers=prize.newcomers,
        seed=tie.seed,
    )
    figures = {one.hub: one.progress for one in hubs}
    return tuple(
        Award(
            application_id=share.hub,
            amount=share.amount,
            rule="progress",
            rank=None,
            reason=f"{_said(figures[share.hub], prize)}; {share.amount} of {pool}{_cap(prize)}.",
        )
        for share in division.shares
    )


def _ranked(
    prize: MeasuredProgress, hubs: Sequence[ProgressContender], pool: Money, tie: TieBreak
) -> tuple[Award, ...]:
    """Pay places by progress; nobody without progress is ranked, and nobody gets more than the cap."""
    shares = prize.shares_bp or ()
    parts = split(pool, [*shares, WHOLE_BP - sum(shares)])[: len(shares)]
    going = [(one.progress, one.hub) for one in hubs if one.progress]
    going.sort(key=lambda row: (-row[0], row[1]))
    groups = tuple(tuple(name for _, name in rows) for _, rows in groupby(going, key=lambda row: row[0]))
    order = Order(groups=groups, said={name: _said(value, prize) for value, name in going})
    most = Money(minor=pool.minor * prize.hub_cap_bp // WHOLE_BP, unit=pool.unit)
    return tuple(
        Award(
            application_id=row.application_id,
            amount=min(row.amount, most),
            rule="progress",
            rank=row.place,
            reason=f"{order.say(row.application_id)}; {row.path}{_cap(prize)}.",
        )
        for row in pay_places(parts, order, prize.tie, tie)
        if min(row.amount, most)
    )


def _said(value: Fraction | None, prize: MeasuredProgress) -> str:
    if value is None:
        return "No final determination yet: from the part for newcomers"
    of = "lower bound of progress" if prize.basis == "lower_bound" else "progress"
    return f"{of.capitalize()} {figure(value)} of the way"


def _cap(prize: MeasuredProgress) -> str:
    if prize.hub_cap_bp == WHOLE_BP:
        return ""
    return f", none above {figure(Fraction(prize.hub_cap_bp, 100), 2)} %"
