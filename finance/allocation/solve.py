"""From a problem to an allocation in whole minor units, with a bound that nothing can exceed.

The problem: "the solver says so" is no reason to move money. Here the solver proposes whom to fund; the
amounts are then made whole in integers, checked rule by rule by ``check.py``, and valued exactly; and the
answer is published together with an upper bound on every other answer, so that the most that a better one
could bring is known.

Notes
-----
The bound is the dual bound of the solver's search plus a stated safety margin: one millionth of the bound and
one hundred-millionth of what all interventions would be worth together. The margin covers the solver's
tolerances (1e-9 of a scaled amount, of a choice and of a reduced cost); the bound is never above what all
interventions that can be reached would be worth together, which is exact. That the search missed nothing
rests on the solver; that the answer keeps the rules and has its value rests on integers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Never

from ..documents import canonical_bytes
from ..errors import Infeasible, NotProven
from ..money import decimal_text
from .baselines import greedy
from .check import breaches, recheck
from .compile import Ask, CompiledProblem, compile_problem
from .problem import AllocationDocument, AllocationLine
from .pulp_bridge import Choice, Family, choose, place, repair
from .rows import rule_id
from .transport import Flow

ROUNDS = 8  # choices that turn out not to be payable in whole minor units before we give up
PRICE_DIGITS = 9
FAMILIES: Mapping[Family, str] = {
    "floor": "lower by",
    "money": "raise by",
    "earmark": "admit what it excludes, for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationResult:
    """An allocation that keeps every rule, what it is worth, and what no allocation can exceed.

    Attributes
    ----------
    status : str
        ``within_gap``: the bound exceeds the value by at most the asked gap times the value, or by no more
        than the safety margin. ``stopped``: a lawful answer with a valid bound, further from it than asked
        (the deadline came, or whole minor units cost more than the gap; when the deadline came before the
        solver had any answer, that of ``greedy``).
    problem_sha256 : str
        Digest of the problem with its rows arranged.
    unit, scale : str, int [digits]
        Unit of every amount.
    lines : tuple of AllocationLine
        Who gets how much from which fund [minor units], sorted by intervention and fund.
    left : tuple of (str, int [minor units])
        What stays in each fund: paid plus left is the budget.
    funded : tuple of str
        Interventions with an award, sorted.
    value, bound : Fraction [value units of the document]
        Exact value of the lines; upper bound on the value of any lawful allocation.
    margin : Fraction [value units of the document]
        The part of the bound that is safety margin.
    gap, asked_gap : Fraction [1]
        (bound - value) / value, ``None`` when only the value is zero; and what was asked.
    binding : tuple of str
        Rules about money that hold the value down or are met exactly, sorted: a budget, floor, cap or ticket
        whose figure the awards meet to the minor unit; any of these with a price that is not zero; and the
        earmark of a fund with a price, or with money left while something that it excludes could still gain.
    prices : tuple of (str, Fraction [value per 1,000 major units])
        Local prices: what 1,000 more on a rule's right-hand side would bring while the same interventions
        stay funded; negative for floors and tickets, for an earmark what the first 1,000 spent on its best
        exception would bring; rules whose price is zero are left out. A choice that changes is worth more.
    nodes : int
        Nodes of the solver's search tree.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}''')
    >>> result = allocate(problem)
    >>> result.status, result.value, result.award_minor("w7"), result.binding, dict(result.prices)
    ('within_gap', Fraction(4, 25), 8000, ('budget/pool',), {'budget/pool': Fraction(2, 1)})
    """

    status: Literal["within_gap", "stopped"]
    problem_sha256: str
    unit: str
    scale: int
    lines: tuple[AllocationLine, ...]
    left: tuple[tuple[str, int], ...]
    funded: tuple[str, ...]
    value: Fraction
    bound: Fraction
    margin: Fraction
    gap: Fraction | None
    asked_gap: Fraction
    binding: tuple[str, ...]
    prices: tuple[tuple[str, Fraction], ...]
    nodes: int

    def award_minor(self, intervention_id: str) -> int:
        """Return what an intervention gets from all funds together [minor units]."""
        return sum(line.amount_minor for line in self.lines if line.intervention_id == intervention_id)

    def canonical_bytes(self) -> bytes:
        """Write the result as canonical JSON: amounts as decimal strings, values as fractions."""
        return canonical_bytes(
            {
                "schema": "almoner.allocation-result/1",
                "status": self.status,
                "problem_sha256": self.problem_sha256,
                "unit": self.unit,
                "scale": self.scale,
                "lines": [
                    {
                        "intervention_id": line.intervention_id,
                        "fund_id": line.fund_id,
                        "amount": decimal_text(line.amount_minor, self.scale),
                    }
                    for line in self.lines
                ],
                "left": {fund: decimal_text(minor, self.scale) for fund, minor in self.left},
                "funded": self.funded,
                "value": str(self.value),
                "bound": str(self.bound),
                "margin": str(self.margin),
                "gap": None if self.gap is None else str(self.gap),
                "asked_gap": str(self.asked_gap),
                "binding": self.binding,
                "prices": {
                    rule: decimal_text(int(price * 10**PRICE_DIGITS), PRICE_DIGITS)
                    for rule, price in self.prices
                },
                "nodes": self.nodes,
            }
        )


def allocate(
    problem: AllocationDocument, *, gap: Fraction | None = None, deadline_s: float = 60.0
) -> AllocationResult:
    """Allocate the funds for the highest value that every rule allows.

    Parameters
    ----------
    problem : AllocationDocument
        Who can be funded, from what, under which rules.
    gap : Fraction, optional [1]
        Relative distance to the bound that is good enough; the document's own when not given.
    deadline_s : float [s]
        Wall time for the solver, in all.

    Raises
    ------
    DocumentInvalid
        When fields of the problem contradict each other.
    Infeasible
        When no allocation keeps every rule; ``figures['rules']`` names the rules in conflict and
        ``figures['fixes']`` gives changes of one kind each that suffice, with their amounts.
    NotProven
        When the deadline came before any answer, or no answer could be paid in whole minor units.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "limits": [{"group_kind": "region", "group": "n", "floor": "85.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells", "groups": {"region": "n"},
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}''')
    >>> allocate(problem)
    Traceback (most recent call last):
    ...
    almoner.finance.errors.Infeasible: No allocation keeps every rule. Any one of these changes would do: \
floor/region/n: lower by 5.00 USD; budget/pool: raise by 5.00 USD.
    """
    asked = problem.asked_gap if gap is None else gap
    if not 0 < asked < 1:
        raise ValueError(f"gap is {asked}: it must be between 0 and 1")
    compiled = compile_problem(problem)
    keys = compiled.reachable()
    search = _Search(problem.arranged(), compiled, keys, deadline_s)
    search.run(asked)
    return search.result(asked)


class _Search:
    """Rounds of choosing, making whole and checking, until a choice can be paid."""

    def __init__(
        self, problem: AllocationDocument, compiled: CompiledProblem, keys: tuple[str, ...], deadline_s: float
    ) -> None:
        self.problem = problem
        self.compiled = compiled
        self.keys = keys
        self.left_s = deadline_s
        self.bound: Fraction | None = None  # grains
        self.nodes = 0
        self.lines: tuple[AllocationLine, ...] = ()
        self.prices: Mapping[str, Fraction] = {}

    def run(self, asked: Fraction) -> None:
        """Find lines that keep every rule."""
        excluded: list[frozenset[str]] = []
        is_exact = True  # every set excluded so far is proved not to be payable at all
        while len(excluded) < ROUNDS:
            choice = self._choose(asked, excluded)
            if choice.status == "infeasible":
                self._refuse(is_exact=is_exact)
            if choice.bound is not None and (is_exact or self.bound is None):
                self.bound = choice.bound
            if choice.status == "no_answer":
                self._fall_back()
                return
            if self._settle(choice):
                return
            is_exact = is_exact and not self._is_payable(choice.funded)
            excluded.append(choice.funded)
        self._not_proven(f"{ROUNDS} choices could not be paid in whole minor units")

    def _choose(self, asked: Fraction, excluded: Sequence[frozenset[str]]) -> Choice:
        if not self.keys:
            status: Literal["infeasible", "solved"] = "solved"
            if excluded or any(limit.floor_minor for limit in self.compiled.limits):
                status = "infeasible"
            return Choice(
                status=status, funded=frozenset(), awards={}, bound=Fraction(0), nodes=0, spent_s=0.0
            )
        choice = choose(
            self.compiled, self.keys, gap=asked / 2, time_limit_s=self.left_s, excluded=tuple(excluded)
        )
        self.left_s -= choice.spent_s
        self.nodes += choice.nodes
        return choice

    def _settle(self, choice: Choice) -> bool:
        """Make the amounts of a choice whole; say whether every rule could be kept."""
        targets, prices = choice.awards, dict[str, Fraction]()
        if choice.funded:
            placement = place(self.compiled, choice.funded, time_limit_s=max(1.0, self.left_s))
            targets, prices = placement.awards or targets, dict(placement.prices)
        pool = Flow(self.compiled)
        if not pool.open(choice.funded):
            return False
        asks = self.compiled.asks
        for key in sorted(targets, key=lambda key: (-asks[key].step(targets[key] - 1)[1], key)):
            pool.push(key, targets[key] - pool.award(key))
        if not pool.raise_floors():
            return False
        pool.trim()
        pool.spend()
        self.lines, self.prices = pool.lines(), prices
        return True

    def _fall_back(self) -> None:
        """Take the simple rule's answer when the deadline came before the solver had one."""
        try:
            self.lines = greedy(self.problem)
        except Infeasible:
            self._not_proven("the deadline came before an answer")

    def _is_payable(self, funded: frozenset[str]) -> bool:
        return Flow(self.compiled).open(funded)

    def _not_proven(self, why: str) -> Never:
        bound = None if self.bound is None else str(self.compiled.fraction(1) * self.bound)
        raise NotProven(
            f"No allocation can be given: {why}. "
            f"{'No bound is known' if bound is None else f'Nothing is worth more than {bound}'}; "
            "give it more time, or loosen floors and tickets.",
            bound=bound,
        )

    def _refuse(self, *, is_exact: bool) -> Never:
        """Name the rules in conflict; the exact re-check finds the amounts of each family of changes."""
        if not is_exact:
            self._not_proven("no other choice keeps every rule")
        fixes: list[dict[str, str]] = []
        for family, change in FAMILIES.items():
            lines, spent_s = repair(self.compiled, family, time_limit_s=max(1.0, self.left_s))
            self.left_s -= spent_s
            broken = breaches(self.problem, lines) if lines or family == "floor" else ()
            kinds = {"budget", "cap"} if family == "money" else {family}
            if broken and all(row.rule.split("/")[0] in kinds for row in broken):
                fixes += [
                    {
                        "fix": family,
                        "rule": row.rule,
                        "change": change,
                        "amount": self.problem.amount(row.by_minor),
                    }
                    for row in broken
                ]
        raise Infeasible(
            f"No allocation keeps every rule. {_sentence(fixes, self.problem.unit)}",
            rules=sorted({row["rule"] for row in fixes}),
            fixes=fixes,
            unit=self.problem.unit,
        )

    def result(self, asked: Fraction) -> AllocationResult:
        """Check the lines, value them and put them beside the bound."""
        value = recheck(self.problem, self.lines)
        one, most = self.compiled.fraction(1), self.compiled.fraction(self.compiled.potential(self.keys))
        proved = most if self.bound is None else one * self.bound
        margin = abs(proved) / 10**6 + most / 10**8
        bound = max(value, min(proved + margin, most))
        is_within = bound - value <= max(asked * value, margin)
        paid = dict.fromkeys(self.compiled.budgets, 0)
        for line in self.lines:
            paid[line.fund_id] += line.amount_minor
        left = {fund: budget - paid[fund] for fund, budget in self.compiled.budgets.items()}
        return AllocationResult(
            status="within_gap" if is_within else "stopped",
            problem_sha256=self.problem.digest(),
            unit=self.problem.unit,
            scale=self.problem.scale,
            lines=self.lines,
            left=tuple(left.items()),
            funded=tuple(sorted({line.intervention_id for line in self.lines})),
            value=value,
            bound=bound,
            margin=margin,
            gap=_gap(value, bound),
            asked_gap=asked,
            binding=_binding(self.compiled, self.lines, left, self.prices),
            prices=tuple(sorted(self.prices.items())),
            nodes=self.nodes,
        )


def _gap(value: Fraction, bound: Fraction) -> Fraction | None:
    if value == bound:
        return Fraction(0)
    return (bound - value) / value if value else None


def _sentence(fixes: Sequence[Mapping[str, str]], unit: str) -> str:
    if not fixes:
        return "The rules in conflict could not be named within the deadline."
    shown = [
        " and ".join(
            f"{row['rule']}: {row['change']} {row['amount']} {unit}" for row in fixes if row["fix"] == family
        )
        for family in FAMILIES
    ]
    return f"Any one of these changes would do: {'; '.join(text for text in shown if text)}."


def _binding(
    compiled: CompiledProblem,
    lines: Sequence[AllocationLine],
    left: Mapping[str, int],
    prices: Mapping[str, Fraction],
) -> tuple[str, ...]:
    awards: dict[str, int] = {}
    for line in lines:
        awards[line.intervention_id] = awards.get(line.intervention_id, 0) + line.amount_minor
    found = {rule for rule, price in prices.items() if price}
    for fund, unspent in left.items():
        if not unspent:
            found.add(rule_id("budget", fund))
        elif any(
            fund not in ask.funds and _could_gain(compiled, ask, awards) for ask in compiled.asks.values()
        ):
            found.add(rule_id("earmark", fund))
    for limit in compiled.limits:
        total = sum(awards.get(key, 0) for key in limit.members)
        found |= {limit.rule("floor")} if total == limit.floor_minor else set()
        found |= {limit.rule("cap")} if total == limit.cap_minor else set()
    for key, award in awards.items():
        ask = compiled.asks[key]
        if award in (ask.low_minor, ask.high_minor):
            found.add(rule_id("ticket", key))
    return tuple(sorted(found))


def _could_gain(compiled: CompiledProblem, ask: Ask, awards: Mapping[str, int]) -> bool:
    if ask.key in awards:
        return ask.step(awards[ask.key])[1] > 0
    has_bonus = any(grains and ask.key in members for members, grains in compiled.bonuses)
    return has_bonus or ask.grains(ask.high_minor) > 0
