"""Allocation: who gets how much, from which fund, and how near that is to the best possible.

``AllocationDocument.read`` takes the problem, ``allocate`` answers it, ``recheck`` checks any answer rule by
rule in whole minor units, ``greedy``, ``proportional`` and ``equal_group_shares`` show what simple rules
would have given. An allocation is a proposal: it moves nothing.
"""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .answer import Allocation, AllocationLine
    from .baselines import equal_group_shares, fairness, greedy, proportional
    from .certificate import verify
    from .check import recheck
    from .effects import OutcomeReport, beliefs, with_effects
    from .explanations import explain
    from .frontier import budget_frontier, risk_frontier
    from .learn import reallocate
    from .policies import acceptability
    from .problem import AllocationDocument
    from .result import AllocationResult
    from .risk import allocate_at_risk
    from .solve import allocate
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".answer": ("Allocation", "AllocationLine"),
            ".baselines": ("equal_group_shares", "fairness", "greedy", "proportional"),
            ".certificate": ("verify",),
            ".check": ("recheck",),
            ".effects": ("OutcomeReport", "beliefs", "with_effects"),
            ".explanations": ("explain",),
            ".frontier": ("budget_frontier", "risk_frontier"),
            ".learn": ("reallocate",),
            ".policies": ("acceptability",),
            ".problem": ("AllocationDocument",),
            ".result": ("AllocationResult",),
            ".risk": ("allocate_at_risk",),
            ".solve": ("allocate",),
        },
    )

__all__ = [
    "Allocation",
    "AllocationDocument",
    "AllocationLine",
    "AllocationResult",
    "OutcomeReport",
    "acceptability",
    "allocate",
    "allocate_at_risk",
    "beliefs",
    "budget_frontier",
    "equal_group_shares",
    "explain",
    "fairness",
    "greedy",
    "proportional",
    "reallocate",
    "recheck",
    "risk_frontier",
    "verify",
    "with_effects",
]
