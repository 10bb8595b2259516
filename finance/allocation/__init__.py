"""Allocation: who gets how much, from which fund, and how near that is to the best possible.

``AllocationDocument.read`` takes the problem, ``allocate`` answers it, ``recheck`` checks any answer rule by
rule in whole minor units. An allocation is a proposal: it moves nothing.
"""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .answer import Allocation, AllocationLine
    from .problem import AllocationDocument
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".answer": ("Allocation", "AllocationLine"),
            ".problem": ("AllocationDocument",),
        },
    )

__all__ = [
    "Allocation",
    "AllocationDocument",
    "AllocationLine",
]
