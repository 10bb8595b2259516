"""What every contender does: the same transfers between the same accounts, in the same order.

One transfer is a txn, its event, two postings and a txn_end. Its accounts are memo accounts, so no leg
draws on a contribution.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from almoner import currency
from almoner.finance.accounts import Account, memo

USD = currency("USD")
BOOK = "bench"
LINE = "pledge"
KIND = "transfer"
PATHS = ("single", "concurrent8", "hot", "batch1000")


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of money, by positions of accounts.

    Attributes
    ----------
    key : str
        Idempotency key.
    debit, credit : int
        Positions in ``Chart``.
    minor : int
        Minor units.
    """

    key: str
    debit: int
    credit: int
    minor: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The accounts: ``size`` of them, spread evenly over ``funds`` funds."""

    size: int
    funds: int

    def fund(self, position: int) -> str:
        """Return the code of the fund of an account."""
        return f"fund-{position % self.funds}"

    def account(self, position: int) -> Account:
        """Return an account by its position; half of them grow on the debit side."""
        normal = -1 if position // self.funds % 2 else 1
        return memo(self.fund(position), USD, f"place-{position}", 1 if normal == 1 else -1)


def transfers(chart: Chart, path: str, number: int, client: int) -> Iterator[Transfer]:
    """Draw the transfers of one client in one round, always the same; both accounts are in one fund."""
    dice = random.Random(f"{path}/{number}/{client}")  # noqa: S311  # a workload, no secret
    within = chart.size // chart.funds
    for step in count():
        first, other = (0, 1) if path == "hot" else dice.sample(range(within), 2)
        fund = 0 if path == "hot" else dice.randrange(chart.funds)
        debit, credit = (first, other) if dice.random() < 0.5 else (other, first)  # noqa: PLR2004  # a fair coin
        yield Transfer(
            key=f"{path}-{number}-{client}-{step}",
            debit=debit * chart.funds + fund,
            credit=credit * chart.funds + fund,
            minor=dice.randint(1, 1_000_000),
        )
