"""What a simulated round pays: the rules of real awards, applied to an order whose truth is known.

The problem: two designs with the same purse send the money to different entries, and a funder sees that only
afterwards. Every prize is paid here by the function that pays it in a real round; what people decide, or
what is no money, is named as not simulated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...finance.allocation import allocate
from ...finance.money import Money, money, zero
from ...finance.units import Unit
from ..applications import Application
from ..awarding import (
    Award,
    Order,
    TieBreak,
    award_by_allocation,
    award_by_ask,
    award_by_ballot,
    award_by_score,
    award_final,
    award_finalists,
    award_places,
    award_progress,
    first_names,
    pose,
)
from ..ballots import Ballot, MeasuredProject, count_ballots
from ..brief import Brief
from ..bundles import BudgetLine
from ..damping import ProgressContender
from ..prizes import (
    AnyPrize,
    Discretionary,
    FinalistsThenGrand,
    FirstToFinish,
    Grand,
    InKindPrize,
    MeasuredProgress,
    Places,
    Pool,
    Staged,
    stage_amounts,
)
from .assumptions import Assumptions
from .playing import MICRO, Played

GAP = Fraction(1, 100)
Paid = dict[str, Money]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """What is drawn for the prizes of one round.

    Attributes
    ----------
    seed : str
        Of lotteries.
    rng : numpy.random.Generator
        Of stages and asks.

    Examples
    --------
    >>> Chance(seed="1", rng=np.random.default_rng(1)).seed
    '1'
    """

    seed: str
    rng: np.random.Generator


def why_not(prize: AnyPrize, assumed: Assumptions) -> str | None:
    """Say why a prize cannot be simulated, or nothing where it can.

    Parameters
    ----------
    prize : AnyPrize
        Of the brief.
    assumed : Assumptions
        What is taken for granted.

    Examples
    --------
    >>> prize = Pool.read('{"kind": "pool", "phase": "panel", "amount": "9.00", "split": "ask"}')
    >>> why_not(prize, Assumptions(applications=9))
    'asks decide it: assume an ask_mean'
    """
    if isinstance(prize, Discretionary):
        return "people decide it"
    if isinstance(prize, InKindPrize):
        return "it is not paid in money"
    if isinstance(prize, Pool) and prize.split in {"ask", "optimiser"} and assumed.ask_mean is None:
        return "asks decide it: assume an ask_mean"
    if isinstance(prize, MeasuredProgress) and prize.split == "per_unit":
        return "its contracts pay per unit of outcome: simulate their terms"
    return None


def pay(
    prize: AnyPrize, brief: Brief, played: Played, assumed: Assumptions, chance: Chance, unit: Unit
) -> Paid:
    """Return what a prize pays to whom in one simulated round.

    Parameters
    ----------
    prize : AnyPrize
        One that ``why_not`` has nothing against.
    brief, played, assumed
        The design, the round, what was taken for granted.
    chance : Chance
        Seed of lotteries, and the source of stages and asks.
    unit : Unit
        The brief's unit.

    Examples
    --------
    >>> from almoner.challenges.simulation.report import EXAMPLE
    >>> from almoner.challenges.simulation.playing import play
    >>> from almoner.finance.units import currency
    >>> brief, assumed, rng = Brief.read(EXAMPLE), Assumptions(applications=20), np.random.default_rng(1)
    >>> paid = pay(brief.prizes[0], brief, play(brief, assumed, rng), assumed, Chance(seed="1", rng=rng),
    ...     currency("USD"))
    >>> sorted(amount.text for amount in paid.values())
    ['1000000.00', '3000000.00']
    """
    order = played.orders.get(prize.phase)
    if order is None:
        return {}
    tie = TieBreak(seed=chance.seed, decided=_decided(order, chance))
    if isinstance(prize, Pool):
        return _pool(prize, brief, order, assumed, chance, unit, tie)
    if isinstance(prize, MeasuredProgress | FirstToFinish):
        return _delivered(prize, played, order, assumed, unit, tie)
    if isinstance(prize, Staged):
        return _stages(prize, order, assumed, chance, unit, tie)
    return _by_place(prize, played, order, unit, tie)


def _sums(awards: Iterable[Award]) -> Paid:
    paid: Paid = {}
    for one in awards:
        paid[one.application_id] = paid.get(one.application_id, zero(one.amount.unit)) + one.amount
    return paid


def _decided(order: Order, chance: Chance) -> tuple[tuple[str, ...], ...]:
    """Let a panel decide ties as a coin would."""
    return tuple(
        tuple(chance.rng.permutation(sorted(group)).tolist()) for group in order.groups if len(group) > 1
    )


def _by_place(prize: AnyPrize, played: Played, order: Order, unit: Unit, tie: TieBreak) -> Paid:
    if isinstance(prize, FinalistsThenGrand):
        return _finals(prize, played, order, unit, tie)
    if isinstance(prize, Grand | Places):
        return _sums(award_places(prize, order, unit=unit, tie=tie))
    raise ValueError(f"a prize of kind {prize.kind} is not simulated: ask why_not first")


def _finals(prize: FinalistsThenGrand, played: Played, order: Order, unit: Unit, tie: TieBreak) -> Paid:
    grants = award_finalists(prize, order, unit=unit, tie=tie)
    last = played.orders.get(prize.final_phase)
    if last is None:
        return _sums(grants)
    names = {one.application_id for one in grants}
    return _sums([*grants, *award_final(prize, last, names, unit=unit, tie=tie)])


def _stages(
    prize: Staged, order: Order, assumed: Assumptions, chance: Chance, unit: Unit, tie: TieBreak
) -> Paid:
    """Pay each stage until one is missed."""
    paid: Paid = {}
    for name in first_names(order, prize.winners, "lottery", tie):
        total = zero(unit)
        for amount in stage_amounts(prize, unit):
            if chance.rng.random() * 10_000 >= assumed.stage_bp:
                break
            total += amount
        if total:
            paid[name] = total
    return paid


def _delivered(
    prize: MeasuredProgress | FirstToFinish,
    played: Played,
    order: Order,
    assumed: Assumptions,
    unit: Unit,
    tie: TieBreak,
) -> Paid:
    if isinstance(prize, FirstToFinish):
        reached = order.names[:1] if order.worth[order.names[0]] >= 1 else ()
        return dict.fromkeys(reached, money(prize.amount, unit))
    lower = 1.2816 * float(assumed.progress_noise) if prize.basis == "lower_bound" else 0.0
    counted = {name: max(0.0, played.progress[name] - lower) for name in order.names}
    contenders = [
        ProgressContender(hub=name, progress=Fraction(round(value * MICRO), MICRO))
        for name, value in counted.items()
    ]
    return _sums(award_progress(prize, contenders, unit=unit, tie=tie))


def _pool(
    prize: Pool,
    brief: Brief,
    order: Order,
    assumed: Assumptions,
    chance: Chance,
    unit: Unit,
    tie: TieBreak,
) -> Paid:
    if prize.split == "ballot":
        return _voted(prize, brief, order, unit)
    scale = brief.rubric_of(prize.phase).scale
    if prize.split == "score":
        return _sums(award_by_score(prize, order, scale, unit=unit, tie=tie))
    rows = _applications(order.names, assumed, chance, brief)
    if prize.split == "ask":
        return _sums(award_by_ask(prize, order, rows, unit=unit, tie=tie))
    funds = [{"fund_id": brief.fund, "budget_minor": money(prize.amount, unit).minor}]
    answer = allocate(pose(rows, order, scale, unit=unit, funds=funds), gap=GAP)
    lines = answer.allocation.lines
    return _sums(award_by_allocation(prize, lines, rows, order, unit=unit))


def _voted(prize: Pool, brief: Brief, order: Order, unit: Unit) -> Paid:
    """Let voters weigh all metrics alike, on which every entry stands as it was measured."""
    policy = brief.phase(prize.phase).ballot
    if policy is None:
        return {}
    projects = [
        MeasuredProject(
            project_id=name, measures=tuple((metric, order.worth[name]) for metric in policy.metrics)
        )
        for name in order.names
    ]
    vote = Ballot(ballot_id="all", weights=tuple((metric, 1) for metric in policy.metrics))
    result = count_ballots(policy, projects, [vote], pool=money(prize.amount, unit))
    return _sums(award_by_ballot(prize, result, unit=unit))


def _applications(
    names: Iterable[str], assumed: Assumptions, chance: Chance, brief: Brief
) -> list[Application]:
    """Write applications whose asks lie from half to one and a half times the mean."""
    mean = Fraction(assumed.ask_mean or "1")
    rows = []
    for name in names:
        ask = str(max(1, round(mean * Fraction(chance.rng.integers(500, 1500).item(), 1000))))
        line = BudgetLine(actor="hub", intervention="work", category="cost", amount=ask, covered_by="ask")
        rows.append(_PLAIN.model_copy(update={"application_id": name, "ask": ask, "budget": (line,)}))
    return [row.model_copy(update={"unit": brief.unit}) for row in rows]


_PLAIN = Application.read(
    """{"schema": "almoner.application/1", "application_id": "a", "challenge_id": "simulated",
    "title": "Work", "unit": "USD", "lead": "hub",
    "bundle": [{"party": "hub", "role": "lead", "share_bp": 10000}],
    "interventions": [{"id": "work", "title": "Work"}]}"""
)
