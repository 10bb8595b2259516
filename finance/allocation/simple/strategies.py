"""Strategies: who chooses whom to fund, and with how much; the optimizer is one of them.

The problem: a programme has its own way to divide money, agreed with its givers, and wants it beside the
optimum, under the same rules and the same checks. A **strategy** returns a choice of interventions and
amounts, or a whole allocation; whatever it returns is made whole in minor units, paid from funds that may pay
it and checked rule by rule here. Strategies are entry points of the group ``almoner.allocation_strategies``;
the library's own are registered the same way, and are also known where its metadata are older than its code.
A name that two distributions claim is refused.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Final, Generic, Protocol, TypeVar, runtime_checkable

from ...documents import Document
from ...errors import AllocationError
from ..answer import Allocation
from ..checking.check import recheck
from ..problem import AllocationDocument
from .placing import Proposal, place

GROUP: Final = "almoner.allocation_strategies"
OWN: Final = "almoner"
P = TypeVar("P", bound=Document)
BUILT_IN: Final[Mapping[str, tuple[str, str]]] = {
    "equal_shares": (".baseline_strategies", "EQUAL_SHARES"),
    "greedy": (".baseline_strategies", "GREEDY"),
    "optimum": ("..optimum", "OPTIMUM"),
    "proportional": (".baseline_strategies", "PROPORTIONAL"),
}


class NoParams(Document):
    """Parameters of a strategy that has none.

    Examples
    --------
    >>> NoParams.read("{}").canonical_bytes()
    b'{}'
    """


@runtime_checkable
class AllocationStrategy(Protocol):
    """What an entry point of the group names.

    Attributes
    ----------
    name, version : str
        Both stand beside every allocation it chose, as ``name/version``; what changes a choice changes the
        version.
    params_model : type of Document
        Its parameters.
    """

    @property
    def name(self) -> str:
        """Return the name, the same as that of the entry point."""

    @property
    def version(self) -> str:
        """Return the version."""

    @property
    def params_model(self) -> type[Document]:
        """Return the class of its parameters."""

    def propose(self, document: AllocationDocument, params: Document) -> Proposal | Allocation:
        """Choose whom to fund, and with how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy(Generic[P]):
    """A strategy made of a function.

    Attributes
    ----------
    name, version : str
        As in ``AllocationStrategy``.
    params_model : type of Document
        As in ``AllocationStrategy``.
    choose : callable
        From the problem and parameters to a proposal or an allocation.

    Examples
    --------
    >>> nobody = Strategy(name="nobody", version="1", params_model=NoParams,
    ...     choose=lambda problem, params: Proposal(awards={}))
    >>> isinstance(nobody, AllocationStrategy)
    True
    """

    name: str
    version: str
    params_model: type[P]
    choose: Callable[[AllocationDocument, P], Proposal | Allocation]

    def propose(self, document: AllocationDocument, params: Document) -> Proposal | Allocation:
        """Choose whom to fund, and with how much."""
        if not isinstance(params, self.params_model):
            raise TypeError(f"{self.name} takes {self.params_model.__name__}, not {type(params).__name__}")
        return self.choose(document, params)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyChoice:
    """What a strategy chose, made whole and checked.

    Attributes
    ----------
    strategy : str
        ``name/version``.
    allocation : Allocation
        Keeps every rule.
    value : Fraction [value units]
        Exact.

    Examples
    --------
    >>> StrategyChoice(strategy="greedy/1", allocation=Allocation(chosen=()), value=Fraction(0)).value
    Fraction(0, 1)
    """

    strategy: str
    allocation: Allocation
    value: Fraction


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class StrategySource:
    """Where a strategy comes from; known without loading it.

    Attributes
    ----------
    name : str
        Of the strategy.
    distribution : str
        What installed it, with its version; ``almoner`` for the library's own.
    value : str
        Module and object.

    Examples
    --------
    >>> StrategySource(name="lottery", distribution="town 1.0", value="town.lottery:LOTTERY").name
    'lottery'
    """

    name: str
    distribution: str
    value: str


def choose(
    document: AllocationDocument,
    strategy: str | AllocationStrategy,
    params: Document | bytes | str = "{}",
) -> StrategyChoice:
    """Let a strategy choose, make its choice whole, and check it rule by rule.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    strategy : str or AllocationStrategy
        The strategy, or its name, or ``name/version``: then no other version will do.
    params : Document, bytes or str
        Its parameters, as a document or as JSON.

    Raises
    ------
    AllocationError
        When there is no such strategy, or it cannot be used.
    AllocationRejected
        When its choice breaks a rule.
    Infeasible
        When it finds no choice that keeps every rule.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> found = choose(problem, "greedy")
    >>> found.strategy, found.value
    ('greedy/1', Fraction(4, 25))
    """
    chosen = find_strategy(strategy) if isinstance(strategy, str) else strategy
    read = params if isinstance(params, Document) else chosen.params_model.read(params)
    found = chosen.propose(document, read)
    if not isinstance(found, Proposal | Allocation):
        raise TypeError(f"{chosen.name} gave {type(found).__name__}, not a Proposal or an Allocation")
    allocation = found if isinstance(found, Allocation) else place(document, found)
    return StrategyChoice(
        strategy=f"{chosen.name}/{chosen.version}",
        allocation=allocation,
        value=recheck(document, allocation),
    )


def list_strategies() -> tuple[StrategySource, ...]:
    """List every strategy there is, by name; loads none of other distributions.

    Examples
    --------
    >>> [one.name for one in list_strategies() if one.value.startswith("almoner.finance")]
    ['equal_shares', 'greedy', 'optimum', 'proportional']
    """
    own = {
        name: StrategySource(name=name, distribution=OWN, value=f"{__package__}{module}:{attribute}")
        for name, (module, attribute) in BUILT_IN.items()
    }
    others = [_source(point) for point in _points() if not _is_own(point) or point.name not in own]
    return tuple(sorted([*own.values(), *others]))


def find_strategy(name: str) -> AllocationStrategy:
    """Load a strategy.

    Parameters
    ----------
    name : str
        Of the strategy, or ``name/version``.

    Raises
    ------
    AllocationError
        When there is none of that name or version, when two distributions claim the name, or when what a
        distribution offers cannot be loaded or is no strategy.

    Examples
    --------
    >>> find_strategy("greedy/1").version
    '1'
    """
    wanted, _, version = name.partition("/")
    points = [
        point for point in _points() if point.name == wanted and not (_is_own(point) and wanted in BUILT_IN)
    ]
    claims = [_source(point).distribution for point in points] + [OWN] * (wanted in BUILT_IN)
    if len(claims) > 1:
        raise AllocationError(
            f"Strategy {wanted} is offered by {len(claims)} distributions ({', '.join(claims)}): uninstall "
            "all but one.",
            distributions=claims,
        )
    if not claims:
        known = sorted({one.name for one in list_strategies()})
        raise AllocationError(f"There is no strategy {wanted!r}; there are {', '.join(known)}.", known=known)
    found = _load(points[0]) if points else _built_in(wanted)
    if version not in {"", found.version}:
        raise AllocationError(
            f"Strategy {wanted} is here in version {found.version}, not {version}.", found=found.version
        )
    return found


def _built_in(name: str) -> AllocationStrategy:
    module, attribute = BUILT_IN[name]
    found: AllocationStrategy = getattr(import_module(module, __package__), attribute)
    return found


def _load(point: EntryPoint) -> AllocationStrategy:
    source = _source(point)
    try:
        found = point.load()
    except Exception as fault:  # whatever another distribution raises while it is loaded
        raise _unusable(source, f"{type(fault).__name__}: {fault}") from fault
    if not isinstance(found, AllocationStrategy):
        raise _unusable(source, "it lacks name, version, params_model or propose")
    if found.name != point.name or not isinstance(found.version, str) or not found.version:
        raise _unusable(source, f"it calls itself {found.name!r}, version {found.version!r}")
    return found


def _unusable(source: StrategySource, why: str) -> AllocationError:
    return AllocationError(
        f"Strategy {source.name} of {source.distribution} ({source.value}) cannot be used: {why}. Repair or "
        "uninstall it.",
        distribution=source.distribution,
    )


def _source(point: EntryPoint) -> StrategySource:
    dist = point.dist
    said = "unknown" if dist is None else OWN if _is_own(point) else f"{dist.name} {dist.version}"
    return StrategySource(name=point.name, distribution=said, value=point.value)


def _is_own(point: EntryPoint) -> bool:
    return point.dist is not None and point.dist.name == OWN


def _points() -> tuple[EntryPoint, ...]:
    """Entry points of the group; one that is found twice on the path counts once."""
    return _points_on(tuple(sys.path))


@lru_cache(maxsize=16)
def _points_on(_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    found = {
        (point.name, point.value, point.dist.name if point.dist else ""): point
        for point in entry_points(group=GROUP)
    }
    return tuple(found[key] for key in sorted(found))
