"""Awards by place: a grand prize, fixed places, finalists, contracts in stages, and prizes in kind.

The problem: a winner who declines leaves a place, and "the next moves up" must not depend on who does the
arithmetic. Every award by place is a function of one order and of who is out of it; with one more out, the
others get what they would have got without them, and nobody gets less.
"""

from collections.abc import Iterable

from ...finance.money import Money, money, split, zero
from ...finance.units import Unit
from ..prizes import FinalistsThenGrand, Grand, InKindPrize, Places, Staged, TieRule, stage_amounts
from ..ranking import Ranking
from .awards import Award, AwardRule
from .orders import NO_TIE_BREAK, Order, TieBreak, as_order, break_tie, pay_places


def award_places(
    prize: Places | Grand,
    ranking: Ranking | Order,
    *,
    unit: Unit,
    tie: TieBreak = NO_TIE_BREAK,
    added: Money | None = None,
) -> tuple[Award, ...]:
    """Award fixed amounts to the first places; ties are paid by the prize's rule.

    Parameters
    ----------
    prize : Places or Grand
        From the brief.
    ranking : Ranking or Order
        Of the prize's phase, without those who are out.
    unit : Unit
        The brief's unit.
    tie : TieBreak
        Seed, decisions of the panel, free money.
    added : Money or None
        What rolled over to this prize; shared by the places in proportion to their amounts.

    Returns
    -------
    tuple[Award, ...]
        By rank; nobody beyond the paid places.

    Raises
    ------
    TieUnresolved
        When a tie needs a seed or a decision that is not there.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> order = Order(groups=(("a",), ("b", "c")), said={})
    >>> prize = Places.read('{"kind": "places", "phase": "panel", "amounts": ["60.00", "40.00"]}')
    >>> print(award_places(prize, order, unit=currency("USD"))[1].reason)
    Rank 2 of 3; 2 tied at place 2 share 40.00 USD equally: 20.00 USD.
    """
    amounts = _enlarged([money(text, unit) for text in prize.by_place], added)
    return _paid(amounts, as_order(ranking), prize, prize.kind, tie)


def award_finalists(
    prize: FinalistsThenGrand, ranking: Ranking | Order, *, unit: Unit, tie: TieBreak = NO_TIE_BREAK
) -> tuple[Award, ...]:
    """Award the development grants of the finalists.

    Parameters
    ----------
    prize, ranking, unit, tie
        As for ``award_places``.

    Raises
    ------
    TieUnresolved
        When a tie needs a seed or a decision that is not there.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> prize = FinalistsThenGrand.read('''{"kind": "finalists_then_grand", "phase": "panel", "n": 2,
    ...     "each": "200.00", "grand": "6000.00", "final_phase": "deliver"}''')
    >>> order = Order(groups=(("a",), ("b",), ("c",)), said={})
    >>> [(one.application_id, one.part) for one in award_finalists(prize, order, unit=currency("USD"))]
    [('a', 'finalist'), ('b', 'finalist')]
    """
    amounts = [money(text, unit) for text in prize.by_place]
    return _paid(amounts, as_order(ranking), prize, "finalist", tie, part="finalist")


def award_final(
    prize: FinalistsThenGrand,
    ranking: Ranking | Order,
    finalists: Iterable[str],
    *,
    unit: Unit,
    tie: TieBreak = NO_TIE_BREAK,
    added: Money | None = None,
) -> tuple[Award, ...]:
    """Award the grand prize to the first of the final phase among the finalists.

    Parameters
    ----------
    prize, unit, tie, added
        As for ``award_places``.
    ranking : Ranking or Order
        Of the final phase.
    finalists : iterable of str
        Who holds a development grant.

    Raises
    ------
    TieUnresolved
        When a tie needs a seed or a decision that is not there.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> prize = FinalistsThenGrand.read('''{"kind": "finalists_then_grand", "phase": "panel", "n": 2,
    ...     "each": "200.00", "grand": "6000.00", "final_phase": "deliver"}''')
    >>> order = Order(groups=(("c",), ("b",), ("a",)), said={})
    >>> award_final(prize, order, ["a", "b"], unit=currency("USD"))[0].application_id
    'b'
    """
    order = as_order(ranking).only(finalists)
    return _paid(_enlarged([money(prize.grand, unit)], added), order, prize, "grand", tie, part="grand")


def award_staged(
    prize: Staged, ranking: Ranking | Order, *, unit: Unit, tie: TieBreak = NO_TIE_BREAK
) -> tuple[Award, ...]:
    """Award contracts in stages to the first entries; the amount is the most that the stages pay.

    A contract is not divided: under ``split`` a tie at the last contract is therefore unresolved.

    Parameters
    ----------
    prize, ranking, unit, tie
        As for ``award_places``.

    Raises
    ------
    TieUnresolved
        When more are tied than there are contracts and the rule does not order them.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> condition = '"condition": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}'
    >>> prize = Staged.read('{"kind": "staged", "phase": "panel", "stages": [{"id": "pilot",'
    ...     ' "amount": "40.00", "due": "2028-06-30", ' + condition + '}]}')
    >>> order = Order(groups=(("a",), ("b",)), said={})
    >>> award_staged(prize, order, unit=currency("USD"))[0].amount
    Money('40.00 USD')
    """
    each = sum(stage_amounts(prize, unit), start=zero(unit))
    order = as_order(ranking).at_line(prize.winners)
    names = first_names(order, prize.winners, prize.tie, tie)
    return tuple(
        Award(
            application_id=name,
            amount=each,
            rule="staged",
            rank=order.ranks[name],
            reason=f"{order.say(name)}; a contract over {len(prize.stages)} stages of {each} in all.",
        )
        for name in names
    )


def award_in_kind(
    prize: InKindPrize, ranking: Ranking | Order, *, unit: Unit, tie: TieBreak = NO_TIE_BREAK
) -> tuple[Award, ...]:
    """Award a prize in kind to the first; its amount is what delivering it costs the fund.

    Parameters
    ----------
    prize, ranking, unit, tie
        As for ``award_places``.

    Raises
    ------
    TieUnresolved
        When several are first and the rule does not order them: a thing is not divided.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> prize = InKindPrize.read('''{"kind": "in_kind", "phase": "panel",
    ...     "description": "A year in a laboratory", "valuation": "list price of 2027"}''')
    >>> award_in_kind(prize, Order(groups=(("a",),), said={}), unit=currency("USD"))[0].amount
    Money('0.00 USD')
    """
    order = as_order(ranking).at_line(1)
    return tuple(
        Award(
            application_id=name,
            amount=money(prize.cash_cost, unit),
            rule="in_kind",
            rank=order.ranks[name],
            reason=f"{order.say(name)}; in kind: {prize.description.removesuffix('.')}.",
        )
        for name in first_names(order, 1, prize.tie, tie)
    )


def first_names(order: Order, count: int, rule: TieRule, tie: TieBreak) -> tuple[str, ...]:
    """Return the first ids of an order; a tie across the line is broken by lottery or panel.

    Parameters
    ----------
    order : Order
        Who is before whom.
    count : int [entries]
        How many.
    rule : str
        Rule of ties of the prize.
    tie : TieBreak
        Seed and decisions.

    Raises
    ------
    TieUnresolved
        When more are tied than there is room for and nothing orders them.

    Examples
    --------
    >>> first_names(Order(groups=(("a", "b"), ("c",)), said={}), 2, "split", NO_TIE_BREAK)
    ('a', 'b')
    """
    names: list[str] = []
    for group in order.groups:
        room = count - len(names)
        if room <= 0:
            break
        if len(group) <= room:
            names += sorted(group)
        else:
            names += break_tie(group, len(names) + 1, rule, tie)[:room]
    return tuple(names)


def _enlarged(amounts: list[Money], added: Money | None) -> list[Money]:
    """Add what rolled over, in proportion to the places."""
    if added is None or not added:
        return amounts
    parts = split(added, [amount.minor for amount in amounts])
    return [amount + part for amount, part in zip(amounts, parts, strict=True)]


def _paid(
    amounts: list[Money],
    order: Order,
    prize: Places | Grand | FinalistsThenGrand,
    rule: AwardRule,
    tie: TieBreak,
    part: str = "whole",
) -> tuple[Award, ...]:
    lined = order.at_line(len(amounts))
    return tuple(
        Award(
            application_id=row.application_id,
            amount=row.amount,
            rule=rule,
            rank=row.place,
            reason=f"{order.say(row.application_id)}; {row.path}.",
            part=part,
        )
        for row in pay_places(amounts, lined, prize.tie, tie)
    )
