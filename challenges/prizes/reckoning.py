"""What a prize costs at most, what is wrong with it, and how the places of a tie are paid.

The problem: a prize that is announced must already be funded, so its greatest cost has to be known before
anybody enters, and "two in second place" must not cost more than one in second and one in third. Entries
tied at a place share the sum of the places they occupy, to the minor unit.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

from pydantic import Field

from ...finance.errors import MoneyError, UnknownUnit
from ...finance.findings import Findings, finding
from ...finance.money import Money, money, split, zero
from ...finance.units import Unit, currency
from ..figures import nano
from .divided import Discretionary, Pool
from .measured import FirstToFinish, MeasuredProgress, Staged
from .ranked import FinalistsThenGrand, Grand, InKindPrize, Places

AnyPrize = (
    Grand
    | Places
    | FinalistsThenGrand
    | Staged
    | FirstToFinish
    | MeasuredProgress
    | Pool
    | Discretionary
    | InKindPrize
)
Prize = Annotated[AnyPrize, Field(discriminator="kind")]
RANKED = frozenset({"panel", "applicants"})
ANY_JUDGING = frozenset({"none", "panel", "applicants", "ballot", "metric"})


def prize_maximum(prize: AnyPrize, unit: Unit) -> Money:
    """Return the most that a prize can cost, whoever wins and however many tie.

    What ``all_if_funded`` pays on top is not part of it: that is promised on the day of the award, if the
    fund has it free.

    Parameters
    ----------
    prize : Prize
        From the brief.
    unit : Unit
        The brief's unit.

    Raises
    ------
    TooPrecise
        When an amount has more digits than the unit.
    AmountOutOfRange
        When the sum does not fit.

    Examples
    --------
    >>> prize = Places.read('{"kind": "places", "phase": "panel", "amounts": ["60.00", "40.00"]}')
    >>> prize_maximum(prize, currency("EUR"))
    Money('100.00 EUR')
    """
    match prize:
        case Grand() | Places():
            texts = prize.by_place
        case FinalistsThenGrand():
            texts = (*prize.by_place, prize.grand)
        case Staged():
            one = sum((amount.minor for amount in stage_amounts(prize, unit)), start=0)
            return Money(minor=one * prize.winners, unit=unit)
        case Discretionary():
            texts = (prize.ceiling,)
        case InKindPrize():
            texts = (prize.cash_cost,)
        case _:
            texts = (prize.amount,)
    return Money(minor=sum(money(text, unit).minor for text in texts), unit=unit)


def stage_amounts(prize: Staged, unit: Unit) -> tuple[Money, ...]:
    """Return what each stage pays one entry; shares of one amount sum to it exactly.

    Parameters
    ----------
    prize : Staged
        From the brief.
    unit : Unit
        The brief's unit.

    Examples
    --------
    >>> condition = {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}
    >>> stages = [{"id": name, "share_bp": share, "due": "2028-06-30", "condition": condition}
    ...           for name, share in (("pilot", 3333), ("scale", 6667))]
    >>> import json
    >>> prize = Staged.read(json.dumps({"kind": "staged", "phase": "panel", "amount": "10.00",
    ...                                 "stages": stages}))
    >>> stage_amounts(prize, currency("USD"))
    (Money('3.33 USD'), Money('6.67 USD'))
    """
    if prize.amount is None:
        return tuple(money(stage.amount or "0", unit) for stage in prize.stages)
    return split(money(prize.amount, unit), [stage.share_bp or 0 for stage in prize.stages])


def split_places(
    amounts: Sequence[Money],
    groups: Sequence[Sequence[str]],
    *,
    order: Callable[[str], object] = str,
) -> tuple[tuple[str, int, Money], ...]:
    """Pay the places of a ranking with ties.

    ``t`` entries tied at place ``r`` share the amounts of places ``r`` to ``r + t - 1`` equally; a place
    beyond the last counts as nothing. Odd minor units go to the first ids in an order.

    Parameters
    ----------
    amounts : Sequence[Money]
        By place, first place first, at least one.
    groups : Sequence[Sequence[str]]
        Ids from best to worst; the ids of one group are tied.
    order : callable
        Key of an id, by which odd minor units are given: of a lottery, or alphabetical.

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
            names = sorted(group, key=lambda name: (order(name), name))
            paid += [(name, place, part) for name, part in zip(names, parts, strict=True) if part]
        place += len(group)
    return tuple(paid)


def prize_phases(prize: AnyPrize) -> tuple[tuple[str, str], ...]:
    """List the fields of a prize that name a phase, with the phase.

    Parameters
    ----------
    prize : Prize
        From the brief.

    Examples
    --------
    >>> prize_phases(Pool.read('''{"kind": "pool", "phase": "vote", "amount": "9.00", "split": "ballot",
    ...     "unawarded": {"roll_over": "deliver"}}'''))
    (('phase', 'vote'), ('unawarded/roll_over', 'deliver'))
    """
    found = [("phase", prize.phase)]
    if isinstance(prize, FinalistsThenGrand):
        found.append(("final_phase", prize.final_phase))
    if prize.rolls_to:
        found.append(("unawarded/roll_over", prize.rolls_to))
    return tuple(found)


def judged_by(prize: AnyPrize) -> frozenset[str]:
    """Return the kinds of judging of a phase that can decide a prize.

    Parameters
    ----------
    prize : Prize
        From the brief.

    Examples
    --------
    >>> sorted(judged_by(Grand.read('{"kind": "grand", "phase": "panel", "amount": "9.00"}')))
    ['applicants', 'panel']
    """
    match prize:
        case Pool(split="ballot"):
            return frozenset({"ballot"})
        case FirstToFinish() | MeasuredProgress():
            return frozenset({"metric"})
        case Discretionary():
            return ANY_JUDGING
        case _:
            return RANKED


def prize_findings(prize: AnyPrize, unit_code: str, at: str) -> Findings:
    """List what is wrong inside a prize, and amounts that are not positive or have too many digits.

    Parameters
    ----------
    prize : Prize
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
    found: Findings = []
    for name, text, zero_allowed in _amounts(prize):
        found += amount_findings(text, unit_code, f"{at}/{name}", zero_allowed=zero_allowed)
    found += prize.findings(at)
    if found:
        return found
    try:
        prize_maximum(prize, currency(unit_code))
    except UnknownUnit:
        return []
    except MoneyError as fault:
        return [finding(at, f"its greatest cost: {fault.message}")]
    return []


def _amounts(prize: AnyPrize) -> Iterator[tuple[str, str, bool]]:
    """Yield pointer, text and whether zero is allowed, of every amount that stands in a prize."""
    for name in ("amount", "each", "grand", "ceiling", "price"):
        text = getattr(prize, name, None)
        if text is not None:
            yield name, text, False
    if isinstance(prize, InKindPrize):
        yield "cash_cost", prize.cash_cost, True
    if isinstance(prize, Places):
        for n, text in enumerate(prize.amounts or ()):
            yield f"amounts/{n}", text, False
    if isinstance(prize, Staged):
        for n, stage in enumerate(prize.stages):
            if stage.amount is not None:
                yield f"stages/{n}/amount", stage.amount, False


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
