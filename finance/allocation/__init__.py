"""Allocation: who gets how much, from which fund, and how near that is to the best possible.

``AllocationDocument.read`` takes the problem, ``allocate`` answers it, ``recheck`` checks any answer rule by
rule in whole minor units, ``greedy`` and ``proportional`` show what simple rules would have given. An
allocation is a proposal: it moves nothing.
"""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .baselines import greedy, proportional
    from .check import recheck
    from .problem import AllocationDocument, AllocationLine
    from .solve import AllocationResult, allocate
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".baselines": ("greedy", "proportional"),
            ".check": ("recheck",),
            ".problem": ("AllocationDocument", "AllocationLine"),
            ".solve": ("AllocationResult", "allocate"),
        },
    )

__all__ = [
    "AllocationDocument",
    "AllocationLine",
    "AllocationResult",
    "allocate",
    "greedy",
    "proportional",
    "recheck",
]
