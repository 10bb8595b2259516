"""Small problems for tests of frontiers, risk and learning."""

import json
from typing import Any

import numpy as np

from almoner.finance.allocation.problem import AllocationDocument


def small_problem(
    seed: int = 1, count: int = 24, *, part: float = 0.35, has_evidence: bool = True, **more: object
) -> AllocationDocument:
    """Interventions with tickets and two segments, in two pools, one fund open to all and one earmarked."""
    rng = np.random.default_rng(seed)
    who = [f"i{at:02d}" for at in range(count)]
    size = (rng.lognormal(11.5, 0.6, count)).astype(int) * 2
    gain = (rng.lognormal(14.5, 0.4, count)).astype(int)
    total = int(size.sum() * part)
    content: dict[str, Any] = {
        "schema": "almoner.allocation/2",
        "unit": "USD",
        "scale": 2,
        "funds": [
            {"fund_id": "north", "budget_minor": total // 3},
            {"fund_id": "pool", "budget_minor": total - total // 3},
        ],
        "earmarks": [{"fund_id": "north", "column": "region", "value": "north"}],
        "interventions": [
            {
                "intervention_id": one,
                "region": "north" if at % 2 else "south",
                "fixed_minor": int(size[at] // 20),
            }
            for at, one in enumerate(who)
        ],
        "tickets": [
            {"intervention_id": one, "min_minor": int(size[at] // 4), "max_minor": int(size[at])}
            for at, one in enumerate(who)
        ],
        "response": [
            row
            for at, one in enumerate(who)
            for row in (
                {
                    "intervention_id": one,
                    "segment": 0,
                    "cap_minor": int(size[at] // 2),
                    "gain_micro_per_k": int(gain[at]),
                },
                {
                    "intervention_id": one,
                    "segment": 1,
                    "cap_minor": int(size[at] - size[at] // 2),
                    "gain_micro_per_k": int(gain[at] * 2 // 3),
                },
            )
        ],
    }
    if has_evidence:
        exposure = rng.integers(0, 12, count)
        content["evidence"] = [
            {
                "intervention_id": one,
                "pool": "north" if at % 2 else "south",
                "family": "gamma_poisson",
                "expected_micro": 2_000_000,
                "total": int(rng.poisson(2.0 * rng.lognormal(-0.1, 0.4) * exposure[at])),
                "exposure": int(exposure[at]),
            }
            for at, one in enumerate(who)
        ]
    return AllocationDocument.read(json.dumps(content | more))
