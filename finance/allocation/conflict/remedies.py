"""Which single changes end a clash, and by how much each rule has to give way.

The problem: a clash of three rules has three remedies or more, each with its own least amount, and an amount
that is a little too small is none. Each rule is let go alone in the problem over pools; what it takes is the
amount.
"""

from collections.abc import Sequence

import numpy as np

from ..arrays import UNSET
from ..columns import FULL_BP
from .fixes import Fix, Fixer
from .policy_space import Floats, Opening, PolicySpace, Rule


def candidates(
    fixer: Fixer, space: PolicySpace, rules: Sequence[Rule], openings: Sequence[Opening]
) -> list[Fix]:
    """Return the fixes that end a clash by one rule alone, the smallest amount first.

    Parameters
    ----------
    fixer : Fixer
        Of the document.
    space : PolicySpace
        The rules over pools.
    rules : sequence of Rule
        The clash.
    openings : sequence of Opening
        Earmarks that would end it.
    """
    found = [fix for rule in rules if (fix := _single(fixer, space, rule, rules)) is not None]
    found += _opened(fixer, space, openings, rules)
    return sorted(found, key=lambda fix: (fix.amount_minor is None, fix.amount_minor or 0, fix.rules))


def _single(fixer: Fixer, space: PolicySpace, rule: Rule, clash: Sequence[Rule]) -> Fix | None:
    if rule.kind in {"lock", "barred", "earmark"}:
        return None
    answer = space.solve({rule: 1.0})
    if not np.isfinite(answer.short):  # other rules clash too: what this clash needs
        answer = space.solve({**_without(space, clash), rule: 1.0})
    if not np.isfinite(answer.short):
        return None
    if rule.kind in {"floor-share", "cap-share"}:
        return _share_fix(fixer, space, rule, answer.values)
    return fixer.by(rule, answer.short)


def _share_fix(fixer: Fixer, space: PolicySpace, rule: Rule, values: Floats) -> Fix | None:
    """Set the share that can be reached, rounded so that it holds."""
    limits = fixer.arrays.limits
    limit, period = rule.place[0], int(limits.period[rule.place[0]])
    spent = np.ones(len(space.pools), bool) if period == UNSET else space.pools.period == period
    inside, total = values[space.award[space.inside(limit)]].sum(), values[space.award[spent]].sum()
    if total <= 0:
        return None
    part = inside / total * FULL_BP
    new = int(np.floor(part + 1e-6)) if rule.kind == "floor-share" else int(np.ceil(part - 1e-6))
    return fixer.share(rule.kind, limit, min(FULL_BP, max(0, new)))


def _without(space: PolicySpace, clash: Sequence[Rule]) -> dict[Rule, float]:
    """Costs that take every rule out but those of a clash."""
    stay = set(clash)
    return {rule: 0.0 for rule in space.rules if rule not in stay}


def _opened(
    fixer: Fixer, space: PolicySpace, openings: Sequence[Opening], clash: Sequence[Rule]
) -> list[Fix]:
    found = []
    for fund, limit in sorted({(opening.fund, opening.limit) for opening in openings}):
        own = [opening for opening in openings if (opening.fund, opening.limit) == (fund, limit)]
        answer = space.solve({}, opened=own, price=1.0)
        if not np.isfinite(answer.short):
            answer = space.solve(_without(space, clash), opened=own, price=1.0)
        if np.isfinite(answer.short):
            found.append(fixer.admit(space, fund, own, answer.short * space.unit))
    return found
