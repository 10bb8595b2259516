"""Why no allocation exists, in the words of policy, and what would make one possible.

The problem: a solver that finds no answer names no rule, and people have to know which of their own decisions
clash. Three questions are asked in turn, from the cheapest: do locks, needs and choices contradict each other
(``chains.py``); do floors, caps and budgets (``shortage.py``); is it only that amounts come in lumps
(``lumps.py``)? The answer names at most a handful of rules with their figures and proposes changes, each of
which was applied and shown to work.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .chains import Clash, Forced, bounds_by, forced
from .fixes import ROUND, Fix, Fixer, apply
from .lumps import lump_of
from .policy_space import PolicySpace, Rule
from .pools import reach_of
from .remedies import candidates
from .shortage import Shortage, ShortageProof, shortage_of
from .witness import has_allocation, has_plan
from .wording import EVERY, Wording, parts_of

if TYPE_CHECKING:
    from ..problem import AllocationDocument

How = Literal["static", "chain", "policy", "lumpy"]
Check = Callable[["AllocationDocument"], bool]
SHOWN = 3
TRIED = 8
ROUNDS = 12
HALVINGS = 12
LARGER = (1.002, 1.01, 1.05, 1.2)  # by how much more a change may have to be


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConflict:
    """Why a problem has no allocation.

    Attributes
    ----------
    rules : tuple of str
        Rule ids that cannot all hold; a ``*`` stands for every rule of a kind, listed in ``members``.
    reasons : tuple of str
        A sentence for each rule, and what follows.
    fixes : tuple of Fix
        Changes that make the problem possible, the cheapest first; each was confirmed.
    how : str
        ``static`` (one intervention contradicts itself), ``chain`` (locks and needs), ``policy`` (floors,
        caps, budgets, earmarks) or ``lumpy`` (amounts that fit only as wholes).
    proof : ShortageProof
        How sure it is.
    members : Mapping[str, tuple of str]
        Rule ids behind a ``*``.
    """

    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    fixes: tuple[Fix, ...]
    how: How
    proof: ShortageProof
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return the conflict as JSON values."""
        return {
            "how": self.how,
            "rules": list(self.rules),
            "members": {name: list(rules) for name, rules in self.members.items()},
            "reasons": list(self.reasons),
            "fixes": [fix.plain() for fix in self.fixes],
            "proof": {
                "kind": self.proof.kind,
                "weights": {rule: str(weight) for rule, weight in sorted(self.proof.weights.items())},
                "short_minor": str(self.proof.short_minor),
            },
        }

    @property
    def text(self) -> str:
        """The conflict and its fixes as lines."""
        fixes = [f"- {fix.sentence}" for fix in self.fixes]
        return "\n".join([*self.reasons, *(["What would make it possible:"] if fixes else []), *fixes])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A conflict before its fixes are confirmed."""

    conflict: RuleConflict
    fixes: tuple[Fix, ...]
    rules: tuple[Rule, ...] = ()


def find_conflict(document: "AllocationDocument", *, check: Check | None = None) -> RuleConflict | None:
    """Say why a problem has no allocation, or None where no reason is found.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    check : callable, optional
        Whether a changed problem has an allocation; the default looks for one.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7", "region": "north"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "limits": [{"group_kind": "region", "group_id": "north", "floor_minor": 8500}]}''')
    >>> conflict = find_conflict(problem)
    >>> print(conflict.text)
    region north gets at least 85.00 USD.
    Fund pool has 80.00 USD.
    Together these rules are short by 5.00 USD.
    What would make it possible:
    - Raise fund pool from 80.00 USD to 85.00 USD, by 5.00 USD.
    - Lower the floor of region north from 85.00 USD to 80.00 USD, by 5.00 USD.
    """
    found = _found(document)
    if found is None:
        return None
    confirm = check or has_allocation
    ordered = _in_turn(found.fixes)
    fixes = _confirmed(document, (_enough(document, found, fix) for fix in ordered)) if check is None else ()
    fixes = fixes or _confirmed(document, ((fix, confirm) for fix in ordered))
    if not fixes:
        joint = _joint(document, found, confirm)
        fixes = (joint,) if joint is not None else _wider(document, found.rules, confirm)
    return replace(found.conflict, fixes=fixes)


def _enough(document: "AllocationDocument", found: _Found, fix: Fix) -> tuple[Fix, Check]:
    """Enlarge a change by little until the fast way finds an allocation: awards come in wholes."""
    rules = {rule.id: rule for rule in found.rules}
    rule = rules.get(fix.rules[0])
    tried: Fix | None = fix
    for factor in LARGER:
        if tried is None or has_plan(apply(document, tried, is_sound=True)):
            break
        if rule is None or fix.amount_minor is None:
            return fix, _never
        tried = Fixer(document).by(rule, fix.amount_minor * factor / rule.unit)
    else:
        return fix, _never
    return (tried, _ever) if tried is not None else (fix, _never)


def _ever(_: "AllocationDocument") -> bool:
    return True


def _never(_: "AllocationDocument") -> bool:
    return False


def _found(document: "AllocationDocument") -> _Found | None:
    known = forced(document)
    if known.clash is not None:
        return _of_chain(document, known.clash)
    return _of_policy(document, known) or _of_lumps(document, known)


def _in_turn(fixes: Sequence[Fix]) -> list[Fix]:
    """Order fixes so that of every kind of rule the cheapest comes first."""
    seen, turn = Counter[str](), list[tuple[int, Fix]]()
    for fix in fixes:
        kind = parts_of(fix.rules[0])[0]
        turn.append((seen[kind], fix))
        seen[kind] += 1
    return [fix for _, fix in sorted(turn, key=lambda pair: pair[0])][:TRIED]


def _confirmed(document: "AllocationDocument", fixes: Iterable[tuple[Fix, Check]]) -> tuple[Fix, ...]:
    """Return the first few fixes that work, the smallest amount first."""
    good: list[Fix] = []
    for fix, check in fixes:
        if check(apply(document, fix, is_sound=True)):
            good.append(replace(fix, is_confirmed=True))
        if len(good) == SHOWN:
            break
    return tuple(sorted(good, key=_by_amount))


def _of_chain(document: "AllocationDocument", clash: Clash) -> _Found:
    """Say which rules demand that somebody is funded and is not."""
    fixer = Fixer(document)
    who, period = divmod(clash.cell, document.arrays.period_count)
    name = document.arrays.intervention_ids[who]
    links = [
        rule for rule in clash.rules if parts_of(rule)[0] in {"needs", "bundle", "any-of", "alternatives"}
    ]
    when = fixer.say.period(str(period))
    reasons = [fixer.say.sentence(rule) for rule in clash.rules]
    conflict = RuleConflict(
        rules=clash.rules,
        reasons=(*reasons, f"So {name} must be funded{when} and cannot be."),
        fixes=(),
        how="chain" if links else "static",
        proof=ShortageProof(
            kind="exact", weights=dict.fromkeys(clash.rules, Fraction(1)), short_minor=Fraction(0)
        ),
    )
    fixes = [fix for rule in clash.rules if (fix := _loosened(fixer, rule, clash.cell)) is not None]
    return _Found(conflict=conflict, fixes=tuple(sorted(fixes, key=_gentler)))


GENTLE = (
    "override",
    "lock",
    "stock",
    "cap",
    "cap-count",
    "earmark",
    "alternatives",
    "any-of",
    "needs",
    "bundle",
)


def _gentler(fix: Fix) -> tuple[int, tuple[str, ...]]:
    """Order fixes of a chain: a decision is changed more easily than what interventions are."""
    return (GENTLE.index(parts_of(fix.rules[0])[0]), fix.rules)


def _loosened(fixer: Fixer, rule: str, cell: int) -> Fix | None:
    """Let one rule of a chain give way, as far as one cell needs it."""
    arrays = fixer.arrays
    kind, *parts = parts_of(rule)
    who = cell // arrays.period_count
    if kind == "stock":
        what = arrays.resource_ids.index(parts[0])
        rows = zip(arrays.need.tolist(), arrays.need_quantity.tolist(), strict=True)
        most = max(quantity for (_, resource), quantity in rows if resource == what)
        return fixer.stock(what, int(parts[1]), most - int(arrays.stock[what, int(parts[1])]))
    if kind in {"cap", "cap-count"}:
        limit = fixer.say.limit(parts)
        if limit is None:
            return None
        least = int(arrays.fixed[who] + arrays.low[cell])
        return fixer.bound(kind, limit, 1 if kind == "cap-count" else least - int(arrays.limits.cap[limit]))
    if kind == "earmark" and parts[0] == EVERY:
        richest = int(np.argmax(arrays.budget.sum(axis=1)))
        return fixer.admit_one(richest, arrays.intervention_ids.index(parts[1]))
    return fixer.release(rule)


def _of_policy(document: "AllocationDocument", known: Forced) -> _Found | None:
    """Say which floors, caps, budgets and other amounts cannot all be met."""
    reach = reach_of(document.arrays, known.on, known.off, with_barred=True)
    space = PolicySpace(document.arrays, reach, bounds_by(document))
    shortage = shortage_of(space, lambda cell, is_on: known.rules((cell, is_on)))
    if shortage is None:
        return None
    fixer = Fixer(document)
    fixes = candidates(fixer, space, shortage.rules, shortage.openings)
    single = [_loosened(fixer, name, cell) for name, cell in shortage.decided.items()]
    single += [fixer.release(rule.id) for rule in shortage.rules if parts_of(rule.id)[0] == "override"]
    fixes += [fix for fix in single if fix is not None]
    reasons = [fixer.say.sentence(rule) for rule in shortage.names]
    reasons += _supply(fixer, space, shortage.rules)
    conflict = RuleConflict(
        rules=shortage.names,
        reasons=(*reasons, _short(fixer, shortage)),
        fixes=(),
        how="policy",
        proof=shortage.proof,
        members=shortage.members,
    )
    return _Found(conflict=conflict, fixes=tuple(fixes), rules=shortage.rules)


def _supply(fixer: Fixer, space: PolicySpace, rules: Sequence[Rule]) -> list[str]:
    """Say how much a group can take at all, where no other rule of people stands in its way."""
    floors = [rule for rule in rules if rule.kind == "floor"]
    if len(floors) != len(rules):
        return []
    said = []
    for rule in floors:
        inside = space.inside(rule.place[0])
        most, count = int(space.pools.most[inside].sum()), int(space.pools.members[inside].sum())
        limits = fixer.arrays.limits
        name = fixer.say.group(limits.kind[rule.place[0]], limits.group[rule.place[0]])
        said.append(
            f"The {count} that can be funded in {name} take at most {fixer.say.money(most)} together."
        )
    return said


def _short(fixer: Fixer, shortage: Shortage) -> str:
    units = {rule.unit for rule in shortage.rules}
    if (
        any(rule.kind in {"floor-count", "cap-count", "stock", "metric"} for rule in shortage.rules)
        or len(units) > 1
    ):
        return "These rules cannot all hold."
    return f"Together these rules are short by {fixer.say.money(max(1, ceil(shortage.short - ROUND)))}."


def _of_lumps(document: "AllocationDocument", known: Forced) -> _Found | None:
    lump = lump_of(document, known)
    if lump is None:
        return None
    say = Wording(document)
    conflict = RuleConflict(
        rules=lump.rules,
        reasons=(*(say.sentence(rule) for rule in lump.rules), lump.sentence),
        fixes=(),
        how="lumpy",
        proof=ShortageProof(kind=lump.proof, weights={}, short_minor=Fraction(lump.short)),
    )
    return _Found(conflict=conflict, fixes=lump.fixes)


def _joint(document: "AllocationDocument", found: _Found, check: Check) -> Fix | None:
    """Change one rule of each clash, where there are several and no single change is enough."""
    fixes: list[Fix] = []
    changed = document
    current: _Found | None = found
    while current is not None and current.fixes and len(fixes) < ROUNDS:
        fixes.append(current.fixes[0])
        changed = apply(changed, current.fixes[0], is_sound=True)
        current = _found(changed)
    if current is not None or len(fixes) == 1 or not check(changed):
        return None
    amounts = [fix.amount_minor for fix in fixes]
    return Fix(
        rules=tuple(dict.fromkeys(rule for fix in fixes for rule in fix.rules)),
        sentence=" ".join(fix.sentence for fix in fixes),
        edits=tuple(edit for fix in fixes for edit in fix.edits),
        amount_minor=None if None in amounts else sum(amount for amount in amounts if amount is not None),
        is_confirmed=True,
    )


def _wider(document: "AllocationDocument", rules: Sequence[Rule], check: Check) -> tuple[Fix, ...]:
    """Let one rule give way further than parts of awards would need, because awards are wholes."""
    fixer, good = Fixer(document), list[Fix]()
    for rule in rules:
        found: Fix | None = None
        low, high = 0, fixer.size(rule)
        amount = high
        for _ in range(HALVINGS):
            fix = fixer.by(rule, amount / rule.unit)
            if fix is None:
                break
            if check(apply(document, fix, is_sound=True)):
                found, high = fix, amount
            elif found is None:
                break
            else:
                low = amount
            amount = (low + high) // 2
            if amount in {low, high}:
                break
        good += [] if found is None else [replace(found, is_confirmed=True)]
    return tuple(sorted(good, key=_by_amount))[:SHOWN]


def _by_amount(fix: Fix) -> tuple[bool, int]:
    return (fix.amount_minor is None, fix.amount_minor or 0)
