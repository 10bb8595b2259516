"""Allocation: who gets how much, from which fund, and how near that is to the best possible.

``AllocationDocument.read`` takes the problem, ``allocate`` answers it, ``recheck`` checks any answer rule by
rule in whole minor units, ``greedy``, ``proportional`` and ``equal_group_shares`` show what simple rules
would have given. An allocation is a proposal: it moves nothing.
"""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .answer import Allocation, AllocationLine
    from .checking.certificate import verify
    from .checking.check import recheck
    from .learning.effects import OutcomeReport, beliefs, with_effects
    from .learning.frontier import budget_frontier, risk_frontier
    from .learning.learn import reallocate
    from .learning.policies import acceptability
    from .learning.risk import allocate_at_risk
    from .problem import AllocationDocument
    from .reasons.explanations import explain
    from .result import AllocationResult
    from .simple.baselines import equal_group_shares, fairness, greedy, proportional
    from .solve import allocate
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".answer": ("Allocation", "AllocationLine"),
            ".simple.baselines": ("equal_group_shares", "fairness", "greedy", "proportional"),
            ".checking.certificate": ("verify",),
            ".checking.check": ("recheck",),
            ".learning.effects": ("OutcomeReport", "beliefs", "with_effects"),
            ".reasons.explanations": ("explain",),
            ".learning.frontier": ("budget_frontier", "risk_frontier"),
            ".learning.learn": ("reallocate",),
            ".learning.policies": ("acceptability",),
            ".problem": ("AllocationDocument",),
            ".result": ("AllocationResult",),
            ".learning.risk": ("allocate_at_risk",),
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
