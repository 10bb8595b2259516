"""The chart of accounts of a fund: a restriction is part of an account's identity.

The problem: money given for one purpose must not be spent on another, and a check in the program can be
forgotten. Here each earmark has its own ``pool`` account, whose floor of zero the database holds, so the
restriction and the overdraft rule are one fact.

| account | role | normal side | holds |
|---|---|---|---|
| ``FUND/cash`` | cash | debit, floor 0 | what the fund has in hand |
| ``FUND/pool`` per earmark | pool | credit, floor 0 | whose it is, by lots |
| ``FUND/commitment/CODE``, ``FUND/agreement/CODE`` | obligation | credit | promised (layer E only) |
| ``FUND/pledged/PARTY`` and ``FUND/expected`` | memo | both | promised to the fund, nothing spendable |
| ``FUND/receivable/PARTY`` | memo | debit, floor 0 | signed by a donor, not paid in |
| ``FUND/held/PARTY``, ``FUND/entrusted`` | memo | debit, floor 0; credit | advanced and not reported |
| ``FUND/stock`` and ``FUND/in_kind`` | holder, pool | as cash and pool | gifts in kind, in their own unit |
| ``FUND/value_given/GIFT`` and ``FUND/value_counted`` | memo | both | what those gifts are worth |
"""

from dataclasses import dataclass
from typing import Literal

from .units import Unit

Role = Literal["cash", "pool", "obligation", "holder", "memo"]
ObligationKind = Literal["commitment", "agreement"]
UNRESTRICTED = "unrestricted"


@dataclass(frozen=True, slots=True)
class Promise:
    """The name of a promise a fund has made.

    Attributes
    ----------
    kind : str
        ``commitment`` to a grantee, or ``agreement`` with terms.
    code : str
        Unique among the fund's promises of that kind.
    """

    kind: ObligationKind
    code: str

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account by its identity: fund, path, unit and earmark.

    Attributes
    ----------
    fund : str
        Code of the fund.
    path : str
        Place in the chart.
    unit : Unit
        The one unit it holds.
    role : str
        ``cash``, ``pool``, ``obligation``, ``holder`` or ``memo``.
    earmark : str
        Code of the restriction; ``unrestricted`` where there is none.
    normal : int [+1 debit, -1 credit]
        The side on which it grows.
    floor : int or None [minor units]
        What its free balance may not fall below; None for no floor.
    """

    fund: str
    path: str
    unit: Unit
    role: Role
    earmark: str = UNRESTRICTED
    normal: Literal[1, -1] = -1
    floor: int | None = None

    def __hash__(self) -> int:
        return hash(self.path)


def cash(fund: str, unit: Unit) -> Account:
    """Return the account of what a fund has in hand.

    Examples
    --------
    >>> from almoner.finance import currency
    >>> cash("water", currency("USD")).path
    'water/cash'
    """
    return Account(fund=fund, path=f"{fund}/cash", unit=unit, role="cash", normal=1, floor=0)


def pool(fund: str, unit: Unit, earmark: str = UNRESTRICTED) -> Account:
    """Return the account of what a fund owns under one restriction.

    Examples
    --------
    >>> from almoner.finance import currency
    >>> pool("water", currency("USD"), "wells").earmark
    'wells'
    """
    return Account(fund=fund, path=f"{fund}/pool", unit=unit, role="pool", earmark=earmark, floor=0)


def obligation(fund: str, unit: Unit, promise: Promise, earmark: str = UNRESTRICTED) -> Account:
    """Return the account of what a fund has promised under one commitment or agreement.

    Examples
    --------
    >>> from almoner.finance import currency
    >>> obligation("water", currency("USD"), Promise("agreement", "wells-2027")).path
    'water/agreement/wells-2027'
    """
    path = f"{fund}/{promise.kind}/{promise.code}"
    return Account(fund=fund, path=path, unit=unit, role="obligation", earmark=earmark)


def memo(fund: str, unit: Unit, name: str, normal: Literal[1, -1], floor: int | None = None) -> Account:
    """Return an account outside the fund's own money: pledges, advances, and the value of gifts in kind.

    Parameters
    ----------
    fund, name : str
        Code of the fund, and the path below it.
    unit : Unit
        What it counts.
    normal : int [+1 debit, -1 credit]
        The side on which it grows.
    floor : int or None [minor units]
        What it may not fall below.

    Examples
    --------
    >>> from almoner.finance import currency
    >>> memo("water", currency("USD"), "expected", -1).role
    'memo'
    """
    return Account(fund=fund, path=f"{fund}/{name}", unit=unit, role="memo", normal=normal, floor=floor)


def stock(fund: str, unit: Unit) -> Account:
    """Return the account of goods or hours a fund holds, in their own unit.

    Examples
    --------
    >>> stock("water", Unit(code="hour", kind="in_kind", scale=2)).path
    'water/stock'
    """
    return Account(fund=fund, path=f"{fund}/stock", unit=unit, role="holder", normal=1, floor=0)


def in_kind_pool(fund: str, unit: Unit, earmark: str = UNRESTRICTED) -> Account:
    """Return the account of whose goods or hours they are.

    Examples
    --------
    >>> in_kind_pool("water", Unit(code="hour", kind="in_kind", scale=2)).role
    'pool'
    """
    return Account(fund=fund, path=f"{fund}/in_kind", unit=unit, role="pool", earmark=earmark, floor=0)
