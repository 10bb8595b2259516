"""Prizes: what can be won, the most it can cost, and how a tie is paid."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .divided import Discretionary, Pool
    from .measured import FirstToFinish, MeasuredProgress, PrizeStage, ReducedPerDay, Staged
    from .ranked import FinalistsThenGrand, Grand, InKindPrize, Places
    from .reckoning import (
        AnyPrize,
        Prize,
        amount_findings,
        judged_by,
        prize_findings,
        prize_maximum,
        prize_phases,
        split_places,
        stage_amounts,
    )
    from .shared import PrizeBase, RollOver, TieRule
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".shared": ("PrizeBase", "RollOver", "TieRule"),
            ".divided": ("Discretionary", "Pool"),
            ".measured": ("FirstToFinish", "MeasuredProgress", "ReducedPerDay", "PrizeStage", "Staged"),
            ".ranked": ("FinalistsThenGrand", "Grand", "InKindPrize", "Places"),
            ".reckoning": (
                "AnyPrize",
                "Prize",
                "amount_findings",
                "judged_by",
                "prize_findings",
                "prize_maximum",
                "prize_phases",
                "split_places",
                "stage_amounts",
            ),
        },
    )

__all__ = [
    "AnyPrize",
    "Discretionary",
    "FinalistsThenGrand",
    "FirstToFinish",
    "Grand",
    "InKindPrize",
    "MeasuredProgress",
    "Places",
    "Pool",
    "Prize",
    "PrizeBase",
    "PrizeStage",
    "ReducedPerDay",
    "RollOver",
    "Staged",
    "TieRule",
    "amount_findings",
    "judged_by",
    "prize_findings",
    "prize_maximum",
    "prize_phases",
    "split_places",
    "stage_amounts",
]
