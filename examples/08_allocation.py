"""A pool decides who gets how much: the best plan, its proof, and reasons, from one document.

The organisations and figures are invented.
"""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from almoner.finance.allocation import (
    AllocationDocument,
    allocate,
    explain,
    greedy,
    proportional,
    recheck,
    verifier,
)
from almoner.finance.allocation.attribution import attribute
from almoner.finance.allocation.frames import answer_frames
from almoner.finance.allocation.frontier import budget_frontier
from almoner.finance.errors import Infeasible

HERE = Path(__file__).parent
raw = (HERE / "allocation" / "winter.json").read_bytes()
problem = AllocationDocument.read(raw)

result = allocate(problem, deadline_s=20)
