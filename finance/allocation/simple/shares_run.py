"""One run of the method of equal shares: exact decisions at the speed of floats.

The problem: with ``add1`` the method runs hundreds of times over thousands of ballots, and its balances are
fractions whose denominators grow with every purchase. Here every balance is known twice: as a float with a
bound on its error, and as its history, the prices paid so far. Whatever the error bound leaves open is
decided from the history, in whole numbers.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, lcm
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .pabulib import Election

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
EPS: Final = 2.0**-52
SAFE: Final = 4.0  # error bounds are widened by this factor


class Round(NamedTuple):
    """One purchase.

    Attributes
    ----------
    project : int
        Position in the election.
    price : Fraction [currency of the election per unit of utility]
        What each supporter pays for a unit of what it gets, or all it has left.
    tied : tuple of int
        All projects at this price, by position; the first was bought.

    Examples
    --------
    >>> Round(project=0, price=Fraction(2), tied=(0,)).price
    Fraction(2, 1)
    """

    project: int
    price: Fraction
    tied: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A run with one share for every ballot.

    Attributes
    ----------
    share : Fraction [currency of the election]
        Of every ballot.
    rounds : tuple of Round
        What was bought, in order.
    trace : tuple
        How every comparison came out: equal traces at two shares mean the same trace in between.
    overspent : bool
        Whether the winners cost more than the budget; the run then stops there.

    Examples
    --------
    >>> Trial(share=Fraction(1), rounds=(), trace=(), overspent=False).rounds
    ()
    """

    share: Fraction
    rounds: tuple[Round, ...]
    trace: tuple[object, ...]
    overspent: bool


class _Project(NamedTuple):
    """A project that somebody wants, and that costs something."""

    at: int
    cost: Fraction
    cost_float: float
    who: Ints
    units: Ints
    units_float: Floats
    weight: Fraction
    weight_float: float
    least: float


class Voters:
    """The ballots of an election as columns, ready to be run with any share.

    Parameters
    ----------
    election : Election
        With at least one ballot.
    utility : str
        ``points``, ``cost`` or ``cardinality``.

    Attributes
    ----------
    free : tuple of int
        Projects that cost nothing and that somebody wants: bought before anything else.

    Examples
    --------
    >>> from almoner.finance.allocation.simple.pabulib import EXAMPLE, read_election
    >>> trial = Voters(read_election(EXAMPLE), "points").run(Fraction(50))
    >>> [(one.project, one.price) for one in trial.rounds]
    [(0, Fraction(12, 1))]
    """

    def __init__(self, election: Election, utility: str) -> None:
        self.election = election
        self.count = len(election.ballots)
        wanted = _wanted(election, utility)
        self.free = tuple(
            at for at, (who, _) in enumerate(wanted) if len(who) and not election.projects[at].cost
        )
        self.projects = [
            _column(at, election.projects[at].cost, who, units, utility)
            for at, (who, units) in enumerate(wanted)
            if len(who) and election.projects[at].cost
        ]

    def run(self, share: Fraction) -> Trial:
        """Buy projects until no further one can be paid, or until they cost more than the budget.

        Parameters
        ----------
        share : Fraction [currency of the election]
            Of every ballot.
        """
        return _Purse(self, share).spend()

    def is_done(self, trial: Trial, *, exhaustive: bool) -> bool:
        """Tell whether larger shares are of no use: everything wanted is bought, or nothing more fits.

        Parameters
        ----------
        trial : Trial
            Of the present share.
        exhaustive : bool
            Whether to stop where nothing more fits into the budget.
        """
        bought = {one.project for one in trial.rounds}
        left = self.election.budget - sum(self.election.projects[at].cost for at in bought)
        missing = [one.cost for one in self.projects if one.at not in bought]
        return not missing or (exhaustive and min(missing) > left)


def _wanted(election: Election, utility: str) -> list[tuple[list[int], list[Fraction]]]:
    """List for every project who wants it, and how much."""
    places = {project.project_id: at for at, project in enumerate(election.projects)}
    wanted: list[tuple[list[int], list[Fraction]]] = [([], []) for _ in places]
    for voter, ballot in enumerate(election.ballots):
        for choice, points in zip(ballot.choices, ballot.points, strict=True):
            if points:
                who, units = wanted[places[choice]]
                who.append(voter)
                units.append(points if utility == "points" else Fraction(1))
    parts = lcm(*(unit.denominator for _, units in wanted for unit in units))
    return [(who, [unit * parts for unit in units]) for who, units in wanted]


def _column(at: int, cost: Fraction, who: list[int], units: list[Fraction], utility: str) -> _Project:
    counts = np.array([int(unit) for unit in units], dtype=np.int64)
    weight = cost if utility == "cost" else Fraction(1)
    return _Project(
        at=at,
        cost=cost,
        cost_float=float(cost),
        who=np.array(who, dtype=np.int64),
        units=counts,
        units_float=counts.astype(np.float64),
        weight=weight,
        weight_float=float(weight),
        least=float(cost / int(counts.sum()) / weight) * (1 - SAFE * EPS),
    )


class _Offer(NamedTuple):
    """What a project would cost now: a float between bounds, and who would pay all they have."""

    low: float
    high: float
    poor: Bools


@dataclass(slots=True)
class _Purse:
    """All balances during one run."""

    voters: Voters
    share: Fraction
    balance: Floats = field(init=False)
    spent_all: Bools = field(init=False)
    history: Ints = field(init=False)
    prices: list[Fraction] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        count = self.voters.count
        self.balance = np.full(count, float(self.share))
        self.spent_all = np.zeros(count, dtype=np.bool_)
        self.history = np.zeros((len(self.voters.projects), count), dtype=np.int64)

    @property
    def error(self) -> float:
        """Most by which any balance is off."""
        return SAFE * EPS * (len(self.prices) + 1) * float(self.share)

    def spend(self) -> Trial:
        """Buy the cheapest project until none can be paid."""
        least = {number: project.least for number, project in enumerate(self.voters.projects)}
        left = self.voters.election.budget
        rounds: list[Round] = []
        trace: list[object] = []
        while left >= 0:
            offers = self._offers(least, trace)
            if not offers:
                break
            chosen, price, tied = self._cheapest(offers)
            project = self.voters.projects[chosen]
            rounds.append(Round(project.at, price / project.weight, tied))
            trace.append(chosen)
            left -= project.cost
            del least[chosen]
            self._pay(project, price, offers[chosen].poor)
        return Trial(share=self.share, rounds=tuple(rounds), trace=tuple(trace), overspent=left < 0)

    def _offers(self, least: dict[int, float], trace: list[object]) -> dict[int, _Offer]:
        """Find what could be cheapest now; forget what can never be paid any more."""
        offers: dict[int, _Offer] = {}
        best = inf
        for number, bound in sorted(least.items(), key=lambda item: item[1]):
            if bound > best:
                break
            offer = self._offer(self.voters.projects[number])
            if offer is None:
                trace.append((number,))
                del least[number]
                continue
            trace.append((number, np.packbits(offer.poor).tobytes()))
            least[number] = offer.low
            best = min(best, offer.high)
            offers[number] = offer
        return {number: offer for number, offer in offers.items() if offer.low <= best}

    def _offer(self, project: _Project) -> _Offer | None:
        """Return the price at which the supporters could pay a project; None when they cannot."""
        have = self.balance[project.who]
        count, cost, error = len(have), project.cost_float, self.error
        total = float(have.sum())
        doubt = SAFE * count * (error + EPS * total)
        if total < cost - doubt or (total <= cost + doubt and self._total(project.who) < project.cost):
            return None
        per_unit = have / project.units_float
        order = per_unit.argsort()
        sorted_have = have[order]
        before = sorted_have.cumsum() - sorted_have
        rest = project.units_float[order][::-1].cumsum()[::-1]
        prices = (cost - before) / rest
        paying = prices <= per_unit[order]
        first = int(paying.argmax()) if paying.any() else count - 1
        price = float(prices[first])
        off = SAFE * (count * error + (count + 1) * EPS * cost) / float(rest[first]) + EPS * price
        owed = price * project.units_float
        open_ = np.abs(have - owed) <= SAFE * (error + off * project.units_float + EPS * owed)
        poor = have < owed
        if open_.any():
            poor = self._settled(project, poor, open_ & ~self.spent_all[project.who])
            price = float(self._price(project, poor))
            off = SAFE * EPS * price
        return _Offer((price - off) / project.weight_float, (price + off) / project.weight_float, poor)

    def _settled(self, project: _Project, poor: Bools, open_: Bools) -> Bools:
        """Decide exactly who pays all: begin with nobody of those in doubt, and add whoever cannot pay."""
        poor = poor & ~open_
        doubtful = [(at, self._total(project.who[at : at + 1])) for at in np.flatnonzero(open_).tolist()]
        while True:
            price = self._price(project, poor)
            new = [at for at, have in doubtful if not poor[at] and have < price * int(project.units[at])]
            if not new:
                return poor
            poor[new] = True

    def _cheapest(self, offers: dict[int, _Offer]) -> tuple[int, Fraction, tuple[int, ...]]:
        """Compare the offers exactly; the order of the file decides ties."""
        projects = self.voters.projects
        prices = {number: self._price(projects[number], offer.poor) for number, offer in offers.items()}
        ranks = {number: price / projects[number].weight for number, price in prices.items()}
        lowest = min(ranks.values())
        tied = sorted(number for number, rank in ranks.items() if rank == lowest)
        return tied[0], prices[tied[0]], tuple(projects[number].at for number in tied)

    def _price(self, project: _Project, poor: Bools) -> Fraction:
        """Return what a unit costs those who do not pay all they have, exactly."""
        return (project.cost - self._total(project.who[poor])) / int(project.units[~poor].sum())

    def _total(self, who: Ints) -> Fraction:
        """Sum balances exactly: shares less what was paid, from the history."""
        holding = who[~self.spent_all[who]]
        units = self.history[: len(self.prices), holding].sum(axis=1).tolist()
        paid = sum(
            (price * unit for price, unit in zip(self.prices, units, strict=True) if unit), Fraction(0)
        )
        return len(holding) * self.share - paid

    def _pay(self, project: _Project, price: Fraction, poor: Bools) -> None:
        self.history[len(self.prices), project.who] = project.units
        self.prices.append(price)
        self.balance[project.who] -= float(price) * project.units_float
        self.balance[project.who[poor]] = 0.0
        self.spent_all[project.who[poor]] = True
        np.maximum(self.balance, 0.0, out=self.balance)
