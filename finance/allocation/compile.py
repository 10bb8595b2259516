"""The document lowered to whole numbers, for the modules that find allocations.

The problem: the solver, the rounding and the simple rules need the same integers many times over. Here each
amount is counted once in minor units and each gain in **grains**: one millionth of value divided by the minor
units in 1,000 major units, so that money times gain per 1,000 is a whole number of grains. Rows are sorted by
id, so that the order of a document decides nothing. ``check.py`` does not use this module.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .problem import AllocationDocument
from .rows import BLOCK, GAIN_DIGITS, AllocationFund, Intervention, rule_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One intervention in whole numbers.

    Attributes
    ----------
    key, leader : str
        Its id, and the least id among those it is bundled with (its own when it is not).
    fixed_minor, low_minor, high_minor : int [minor units]
        Fixed cost, least and most award when funded; the least is at least one minor unit.
    segments : tuple of (int [minor units], int [grains per minor unit])
        Width and gain of each piece of working money, ending at the maximum.
    funds : tuple of str
        Funds that admit it; the ones that admit fewest interventions first, then by id.

    Examples
    --------
    >>> ask = Ask(key="w7", leader="w7", fixed_minor=5, low_minor=5, high_minor=35,
    ...           segments=((10, 3), (20, 1)), funds=("pool",))
    >>> ask.grains(20), ask.step(20), ask.step(35)
    (35, (15, 1), (0, 0))
    """

    key: str
    leader: str
    fixed_minor: int
    low_minor: int
    high_minor: int
    segments: tuple[tuple[int, int], ...]
    funds: tuple[str, ...]

    def grains(self, award_minor: int) -> int:
        """Return its own value at an award [minor units], in grains."""
        left, total = award_minor - self.fixed_minor, 0
        for width, gain in self.segments:
            used = min(left, width)
            total += gain * used
            left -= used
        return total

    def step(self, award_minor: int) -> tuple[int, int]:
        """Return the room [minor units] and gain [grains per minor unit] of the segment that comes next."""
        left = award_minor - self.fixed_minor
        for width, gain in self.segments:
            if left < width:
                return width - left, gain
            left -= width
        return 0, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledLimit:
    """Bounds on the money of one group.

    Attributes
    ----------
    kind, group : str
        Grouping column and value.
    members : tuple of str
        Interventions of the group, sorted.
    floor_minor, cap_minor : int or None [minor units]
        Least and most money.

    Examples
    --------
    >>> CompiledLimit(kind="region", group="north", members=("w7",), floor_minor=None, cap_minor=9).cap_minor
    9
    """

    kind: str
    group: str
    members: tuple[str, ...]
    floor_minor: int | None
    cap_minor: int | None

    def rule(self, side: str) -> str:
        """Return the id of its ``floor`` or ``cap``."""
        return rule_id(side, self.kind, self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProblem:
    """A problem in whole numbers, every part sorted by id.

    Attributes
    ----------
    scale : int [digits]
        Decimal digits of the unit.
    budgets : Mapping[str, int [minor units]]
        Money of each fund.
    asks : Mapping[str, Ask]
        Interventions.
    needs : tuple of (str, str)
        The first is funded only if the second is.
    bonuses : tuple of (tuple of str, int [grains])
        Members and what is gained when all are funded.
    partners : Mapping[str, tuple of str]
        What each intervention directly needs or is bundled with.
    limits : tuple of CompiledLimit
        Bounds on groups.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}''')
    >>> compiled = compile_problem(problem)
    >>> compiled.asks["w7"].segments, compiled.fraction(compiled.asks["w7"].grains(8000))
    (((9000, 2000000),), Fraction(4, 25))
    """

    scale: int
    budgets: Mapping[str, int]
    asks: Mapping[str, Ask]
    needs: tuple[tuple[str, str], ...]
    partners: Mapping[str, tuple[str, ...]]
    bonuses: tuple[tuple[tuple[str, ...], int], ...]
    limits: tuple[CompiledLimit, ...]

    @property
    def grains_per_value(self) -> int:
        """How many grains make one unit of value."""
        return int(10 ** (GAIN_DIGITS + self.scale)) * BLOCK

    def fraction(self, grains: int) -> Fraction:
        """Return grains as an exact value [value units of the document]."""
        return Fraction(grains, self.grains_per_value)

    def closure(self, keys: Iterable[str]) -> frozenset[str]:
        """Return interventions with all that they need and are bundled with."""
        found, ahead = set[str](), list(keys)
        while ahead:
            key = ahead.pop()
            if key not in found:
                found.add(key)
                ahead += self.partners.get(key, ())
        return frozenset(found)

    def reachable(self) -> tuple[str, ...]:
        """Return the interventions that budgets and caps let anyone fund at all, sorted."""
        lost = {
            ask.key
            for ask in self.asks.values()
            if sum(self.budgets[fund] for fund in ask.funds) < ask.low_minor
        }
        for limit in self.limits:
            if limit.cap_minor is not None:
                lost |= {key for key in limit.members if self.asks[key].low_minor > limit.cap_minor}
        return tuple(key for key in self.asks if not lost & self.closure([key]))

    def potential(self, keys: Collection[str]) -> int:
        """Return what these interventions would be worth with all the money they can use [grains]."""
        own = sum(self.asks[key].grains(self.asks[key].high_minor) for key in keys)
        held = frozenset(keys)
        return own + sum(grains for members, grains in self.bonuses if held.issuperset(members))


def compile_problem(problem: AllocationDocument) -> CompiledProblem:
    """Lower a document to whole numbers.

    Parameters
    ----------
    problem : AllocationDocument
        Made by ``read`` or otherwise: it is verified here.

    Raises
    ------
    DocumentInvalid
        When fields contradict each other.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "fixed": "5", "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}''')
    >>> compile_problem(problem).asks["w7"].low_minor
    500
    """
    problem.verify()
    rows = sorted(problem.interventions, key=lambda row: row.intervention_id)
    leaders = _leaders(problem)
    funds = _admitting(problem, rows)
    needs = tuple(
        sorted({(row.members[0], row.members[1]) for row in problem.synergies if row.kind == "needs"})
    )
    one_value = BLOCK * 10**problem.scale * 10**GAIN_DIGITS
    return CompiledProblem(
        scale=problem.scale,
        budgets={
            fund.fund_id: problem.minor(fund.budget)
            for fund in sorted(problem.funds, key=lambda fund: fund.fund_id)
        },
        asks={
            row.intervention_id: _ask(
                problem,
                row,
                leaders.get(row.intervention_id, row.intervention_id),
                funds[row.intervention_id],
            )
            for row in rows
        },
        needs=needs,
        partners=_partners(needs, leaders),
        bonuses=tuple(
            sorted(
                (tuple(sorted(row.members)), int(Fraction(row.value) * one_value))
                for row in problem.synergies
                if row.value is not None
            )
        ),
        limits=_limits(problem, rows),
    )


def _ask(problem: AllocationDocument, row: Intervention, leader: str, funds: tuple[str, ...]) -> Ask:
    fixed, minimum, maximum = (problem.minor(text) for text in (row.fixed, row.minimum, row.maximum))
    segments, start = [], 0
    for segment in row.response:
        end = min(problem.minor(segment.up_to), maximum)
        if end > start:
            segments.append((end - start, int(Fraction(segment.gain_per_k) * 10**GAIN_DIGITS)))
        start = max(start, end)
    return Ask(
        key=row.intervention_id,
        leader=leader,
        fixed_minor=fixed,
        low_minor=max(1, fixed + minimum),
        high_minor=fixed + maximum,
        segments=tuple(segments),
        funds=funds,
    )


def _leaders(problem: AllocationDocument) -> Mapping[str, str]:
    """Map each bundled intervention to the least id among all it hangs together with."""
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for row in problem.synergies:
        if row.kind == "bundle":
            roots = sorted(find(member) for member in row.members)
            leader.update(dict.fromkeys(roots, roots[0]))
    return {key: find(key) for key in sorted(leader)}


def _partners(needs: Iterable[tuple[str, str]], leaders: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    partners = defaultdict[str, list[str]](list)
    for first, second in needs:
        partners[first].append(second)
    for key, leader in leaders.items():
        if leader != key:
            partners[key].append(leader)
            partners[leader].append(key)
    return {key: tuple(others) for key, others in partners.items()}


def _admits(fund: AllocationFund, row: Intervention) -> bool:
    return fund.earmark is None or all(
        row.groups.get(column) in values for column, values in fund.earmark.items()
    )


def _admitting(problem: AllocationDocument, rows: list[Intervention]) -> Mapping[str, tuple[str, ...]]:
    """List the funds that admit each intervention: restricted money first, so that free money is left."""
    admitted = {
        fund.fund_id: {row.intervention_id for row in rows if _admits(fund, row)} for fund in problem.funds
    }
    order = sorted(admitted, key=lambda fund_id: (len(admitted[fund_id]), fund_id))
    return {
        row.intervention_id: tuple(fund_id for fund_id in order if row.intervention_id in admitted[fund_id])
        for row in rows
    }


def _limits(problem: AllocationDocument, rows: list[Intervention]) -> tuple[CompiledLimit, ...]:
    members = defaultdict[tuple[str, str], list[str]](list)
    for row in rows:
        for pair in row.groups.items():
            members[pair].append(row.intervention_id)
    return tuple(
        CompiledLimit(
            kind=limit.group_kind,
            group=limit.group,
            members=tuple(members[limit.group_kind, limit.group]),
            floor_minor=None if limit.floor is None else problem.minor(limit.floor),
            cap_minor=None if limit.cap is None else problem.minor(limit.cap),
        )
        for limit in sorted(problem.limits, key=lambda limit: (limit.group_kind, limit.group))
    )
