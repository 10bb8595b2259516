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
    budget_frontier,
    explain,
    greedy,
    proportional,
    recheck,
)
from almoner.finance.allocation.checking import verifier
from almoner.finance.errors import Infeasible
from almoner.finance.money import grouped

PROBLEM = Path(__file__).parent / "allocation" / "winter.json"
problem = AllocationDocument.read(PROBLEM.read_bytes())
result = allocate(problem, deadline_s=20)

bound = f"nothing can be worth more than {float(result.bound):,.2f}"
print(f"{result.status}: worth {float(result.value):,.2f}; {bound}")
for line in result.allocation.lines:
    label = f"{problem.periods[line.period]}  {line.intervention_id:14}  {line.fund_id:16}"
    print(f"  {label} {grouped(problem.amount(line.amount_minor)):>12} USD")
for purchase in result.allocation.bought:
    cost = grouped(problem.amount(purchase.amount_minor))
    label = f"{problem.periods[purchase.period]}  {purchase.fund_id}"
    print(f"  {label} buys {purchase.quantity} beds for {cost} USD")
if recheck(problem, result.allocation) != result.value:
    raise AssertionError("the exact re-check disagrees")

with TemporaryDirectory() as folder:
    files = [Path(folder) / f"{name}.json" for name in ("problem", "allocation", "certificate")]
    files[0].write_bytes(problem.canonical_bytes())
    files[1].write_bytes(result.allocation.canonical_bytes())
    files[2].write_bytes(result.certificate.canonical_bytes())
    command = [sys.executable, str(verifier.__file__), *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own files
    print(checked.stdout.strip())

print("\nReasons:")
for who in ("housing-hills", "tutors-online"):
    print(explain(problem, result, who).text)

print("\nWhat simple rules would have given:")
for rule in (greedy, proportional):
    try:
        share = recheck(problem, rule(problem)) / result.bound
        print(f"  {rule.__name__:13} {float(share):7.1%} of the bound")
    except Infeasible as refusal:
        print(f"  {rule.__name__:13} none: {refusal.message}")

print("\nWhat less money would buy:")
for point in budget_frontier(problem, [Fraction(1, 2), Fraction(3, 4), Fraction(1)], deadline_s=5):
    worth = "nothing that keeps every rule" if point.value is None else f"{float(point.value):,.2f}"
    print(f"  {grouped(problem.amount(point.budget_minor)):>14} USD: {worth}")

content = json.loads(PROBLEM.read_bytes())
content["limits"].append({"group_kind": "kind", "group_id": "outreach", "floor_minor": 90_000_000})
try:
    allocate(AllocationDocument.read(json.dumps(content)))
except Infeasible as refusal:
    print(f"\nA rule too many:\n{refusal.message}")
