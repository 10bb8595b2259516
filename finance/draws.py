"""Draws: whose money a payment spends, by the fund's rule, exact to the minor unit.

The problem: money that was pooled has to be told apart again when it is spent. ``pro_rata`` takes from each
contribution in proportion to what it has left; ``fifo`` takes the oldest first. Within one batch each
transaction sees what the ones before it took.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .accounts import Account
from .errors import InsufficientFunds
from .ledger import DEBIT, Draft, Draw, Leg
from .money import Money, split

Lots = dict[str, int]


def needs_draws(leg: Leg) -> bool:
    """Tell whether the fund's rule has to say whose money a leg spends."""
    return leg.layer == "S" and leg.side == DEBIT and leg.account.role == "pool" and not leg.draws


class LotBook:
    """What each contribution has left in the pools that a batch draws on, as the batch goes on.

    Parameters
    ----------
    pools : dict of Account to (str, dict)
        Each account on which the fund's rule decides: its rule, and what each contribution has left there
        in minor units, oldest first.
    """

    def __init__(self, pools: Mapping[Account, tuple[str, Lots]]) -> None:
        self._pools = pools

    def fill(self, draft: Draft) -> tuple[Leg, ...]:
        """Return the legs of a draft with their draws, and take them from the lots."""
        if not any(leg.account in self._pools for leg in draft.legs):
            return draft.legs
        filled = []
        for leg in draft.legs:
            drawn = replace(leg, draws=self._draws(leg)) if needs_draws(leg) else leg
            self._take(drawn)
            filled.append(drawn)
        return tuple(filled)

    def _take(self, leg: Leg) -> None:
        if leg.layer != "S" or leg.account not in self._pools:
            return
        lots = self._pools[leg.account][1]
        for draw in leg.draws:
            lots[draw.contribution] = lots.get(draw.contribution, 0) - leg.side * draw.minor

    def _draws(self, leg: Leg) -> tuple[Draw, ...]:
        rule, lots = self._pools[leg.account]
        left = [(code, minor) for code, minor in lots.items() if minor > 0]
        held = Money(minor=sum(minor for _, minor in left), unit=leg.amount.unit)
        if held < leg.amount:
            raise insufficient(leg.account.fund, leg.account.earmark, asked=leg.amount, free=held)
        return draws_by_rule(rule, left, leg.amount)


def draws_by_rule(rule: str, left: Sequence[tuple[str, int]], amount: Money) -> tuple[Draw, ...]:
    """Share an amount over contributions by a rule.

    Parameters
    ----------
    rule : str
        ``pro_rata`` or ``fifo``.
    left : sequence of (str, int)
        What each contribution has left, oldest first, in minor units; at least the amount in all.
    amount : Money
        To be drawn.

    Examples
    --------
    >>> from almoner import money
    >>> draws_by_rule("pro_rata", [("a", 300), ("b", 100)], money("1.00", "USD"))
    (Draw(contribution='a', minor=75), Draw(contribution='b', minor=25))
    """
    if rule == "fifo":
        shares, rest = [], amount.minor
        for _, minor in left:
            shares.append(min(minor, rest))
            rest -= shares[-1]
    else:
        shares = [part.minor for part in split(amount, [minor for _, minor in left])]
    return tuple(
        Draw(contribution=code, minor=part) for (code, _), part in zip(left, shares, strict=True) if part
    )


def insufficient(fund: str, earmark: str, *, asked: Money, free: Money) -> InsufficientFunds:
    """Make the error that says how much is short, and where."""
    return InsufficientFunds(
        f"The fund {fund} has {free} free under earmark {earmark!r}; {asked} is asked. "
        f"Add money, release a promise, or ask for at most {free}.",
        fund=fund,
        earmark=earmark,
        asked=asked.text,
        free=free.text,
        short=(asked - free).text,
        unit=asked.unit.code,
    )
