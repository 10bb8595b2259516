"""Prizes: what can be won, the most it can cost, and how a tie is paid.

The problem: a prize that is announced must already be funded, so its greatest cost has to be known before
anybody enters, and "two in second place" must not cost more than one in second and one in third. Entries
tied at a place share the sum of the places they occupy, to the minor unit.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ..finance.documents import Code, DecimalText, Document
from ..finance.errors import MoneyError, UnknownUnit
from ..finance.findings import Findings, finding
from ..finance.money import Money, money, split, zero
from ..finance.units import Unit, currency
from .figures import nano


class Places(Document):
    """Fixed amounts for the first places of a phase's ranking.

    Attributes
    ----------
    kind : str
        ``places``.
    phase : str
        The phase whose ranking decides.
    amounts : tuple[str, ...] [unit of the brief]
        By place, first place first; none larger than the one before.
    tie : str
        ``split``: entries tied at a place share the places they occupy.
    unawarded : str
        ``return``: what nobody wins stays in the fund.

    Examples
    --------
    >>> prize = Places.read('{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00", "25.00"]}')
    >>> prize_maximum(prize, currency("USD"))
    Money('175.00 USD')
    """

    kind: Literal["places"]
    phase: Code
    amounts: Annotated[tuple[DecimalText, ...], Field(min_length=1, max_length=1000)]
    tie: Literal["split"] = "split"
    unawarded: Literal["return"] = "return"


class Pool(Document):
    """One amount, divided among many.

    Attributes
    ----------
    kind : str
        ``pool``.
    phase : str
        The phase whose result decides.
    amount : str [unit of the brief]
        What is divided.
    split : str
        ``score``: in proportion to mean scores; ``ballot``: by the phase's ballots over measured metrics;
        ``optimiser``: by the allocation problem posed from asks and mean scores.
    tie : str
        ``split``: equal results get equal amounts, up to one minor unit.
    unawarded : str
        ``return``: what nobody wins stays in the fund.

    Examples
    --------
    >>> prize = Pool.read('{"kind": "pool", "phase": "vote", "amount": "900.00", "split": "ballot"}')
    >>> prize_maximum(prize, currency("USD"))
    Money('900.00 USD')
    """

    kind: Literal["pool"]
    phase: Code
    amount: DecimalText
    split: Literal["score", "ballot", "optimiser"]
    tie: Literal["split"] = "split"
    unawarded: Literal["return"] = "return"


Prize = Annotated[Places | Pool, Field(discriminator="kind")]


def prize_maximum(prize: Places | Pool, unit: Unit) -> Money:
    """Return the most that a prize can cost, whoever wins and however many tie.

    Parameters
    ----------
    prize : Places or Pool
        From the brief.
    unit : Unit
        The brief's unit.

    Raises
    ------
    TooPrecise
        When an amount has more digits than the unit.

    Examples
    --------
    >>> prize = Places.read('{"kind": "places", "phase": "panel", "amounts": ["60.00", "40.00"]}')
    >>> prize_maximum(prize, currency("EUR"))
    Money('100.00 EUR')
    """
    texts = prize.amounts if isinstance(prize, Places) else (prize.amount,)
    return sum((money(text, unit) for text in texts), start=zero(unit))


def split_places(
    amounts: Sequence[Money], groups: Sequence[Sequence[str]]
) -> tuple[tuple[str, int, Money], ...]:
    """Pay the places of a ranking with ties.

    ``t`` entries tied at place ``r`` share the amounts of places ``r`` to ``r + t - 1`` equally; a place
    beyond the last counts as nothing. Odd minor units go to the first ids in alphabetical order.

    Parameters
    ----------
    amounts : Sequence[Money]
        By place, first place first, at least one.
    groups : Sequence[Sequence[str]]
        Ids from best to worst; the ids of one group are tied.

    Returns
    -------
    tuple[tuple[str, int, Money], ...]
        Id, place and amount of everybody who is paid something.

    Examples
    --------
    >>> pay = [money(text, "USD") for text in ("100.00", "50.00", "25.00")]
    >>> split_places(pay, [["a"], ["b", "c"]])
    (('a', 1, Money('100.00 USD')), ('b', 2, Money('37.50 USD')), ('c', 2, Money('37.50 USD')))
    """
    nothing = zero(amounts[0].unit)
    paid: list[tuple[str, int, Money]] = []
    place = 1
    for group in groups:
        together = sum(amounts[place - 1 : place - 1 + len(group)], start=nothing)
        if group and together:
            parts = split(together, [1] * len(group))
            paid += [(name, place, part) for name, part in zip(sorted(group), parts, strict=True) if part]
        place += len(group)
    return tuple(paid)


def prize_findings(prize: Places | Pool, unit_code: str, at: str) -> Findings:
    """List amounts that are not positive, rise with the place, or have too many digits.

    Parameters
    ----------
    prize : Places or Pool
        From the brief.
    unit_code : str
        The brief's unit; the digits of a unit that is no currency are checked where its scale is known.
    at : str
        JSON pointer of the prize in the brief.

    Examples
    --------
    >>> prize = Pool.read('{"kind": "pool", "phase": "vote", "amount": "0.005", "split": "ballot"}')
    >>> prize_findings(prize, "USD", "/prizes/0")[0]["path"]
    '/prizes/0/amount'
    """
    if isinstance(prize, Pool):
        return amount_findings(prize.amount, unit_code, f"{at}/amount")
    found: Findings = []
    for n, text in enumerate(prize.amounts):
        found += amount_findings(text, unit_code, f"{at}/amounts/{n}")
        if n and nano(text) > nano(prize.amounts[n - 1]):
            found.append(finding(f"{at}/amounts/{n}", f"place {n + 1} pays {text}, more than place {n}"))
    return found


def amount_findings(text: str, unit_code: str, at: str, *, zero_allowed: bool = False) -> Findings:
    """List what is wrong with an amount of a document.

    Parameters
    ----------
    text : str [unit_code]
        Decimal string.
    unit_code : str
        Its unit.
    at : str
        JSON pointer of the amount.
    zero_allowed : bool
        Whether nothing is an amount here.

    Examples
    --------
    >>> amount_findings("-1", "USD", "/ask")
    [{'path': '/ask', 'message': '-1 is not positive'}]
    """
    count = nano(text)
    if count < 0 or (count == 0 and not zero_allowed):
        return [finding(at, f"{text} is {'negative' if zero_allowed else 'not positive'}")]
    try:
        money(text, currency(unit_code))
    except UnknownUnit:
        return []
    except MoneyError as fault:
        return [finding(at, fault.message)]
    return []
