"""Simulated worlds: which policy would have done how well, had it decided round after round.

The problem: whether a rule for learning is worth its trouble cannot be seen from one year of one fund. Here
worlds are drawn whose true effects nobody tells the policy: pools of interventions, effects that scatter
around what was expected, costs that differ by size. In every round a policy sees all results so far and
spends a fresh budget; what it funds brings results with sampling noise, and more money brings more of them.
The same world serves every policy with the same luck.

The **regret** of a round is the proven bound of the clairvoyant, who knows the true effects, less what was
realised: it overstates, and never flatters. **Promised** is what the policy's own beliefs said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..answer import Allocation
from ..checking.check import recheck
from ..columns import MICRO
from ..executor import Executor, gathered
from ..problem import AllocationDocument
from ..solve import allocate
from ..variants import columns_of, variant
from .chance import stream
from .effects import OutcomeReport, beliefs, learned, with_effects
from .policies import GAP, knowledge_gains, with_information

Policy = Callable[["PolicyTurn"], tuple[Allocation, AllocationDocument]]
PART_OF_ASKS = Fraction(3, 10)
POOLS = 3
EPSILON = 0.1
PILOTED = 0.5  # share of interventions with some results before the first round


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSize:
    """How large simulated worlds are.

    Attributes
    ----------
    interventions : int [interventions]
        In every world.
    exposure : int [units]
        What a full award adds to the exposure of an intervention in a round.
    spread : float [1]
        Standard deviation of the log of true over expected effect, inside a pool.

    Examples
    --------
    >>> WorldSize().interventions
    36
    """

    interventions: int = 36
    exposure: int = 10
    spread: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedWorld:
    """One simulated world.

    Attributes
    ----------
    document : AllocationDocument
        The problem before the first round.
    thetas : int64 array [rows of evidence] [millionths]
        True over expected effects; no policy sees them.
    asks : Mapping [minor units]
        Intervention -> its full award.
    exposure : int [units]
        As in ``WorldSize``.
    """

    document: AllocationDocument
    thetas: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"
    asks: Mapping[str, int]
    exposure: int

    def results(self, allocation: Allocation, seed: int, number: int) -> list[OutcomeReport]:
        """Return what a round's awards bring to light: events in the exposure that the money pays for.

        Parameters
        ----------
        allocation : Allocation
            Awards of the round.
        seed : int [seed]
            Of the luck; a name and a round have the same luck under every policy.
        number : int [rounds]
            Which round.
        """
        evidence = self.document.evidence
        rate = dict(
            zip(
                evidence.texts("intervention_id"),
                (evidence.ints("expected_micro") / MICRO * self.thetas / MICRO).tolist(),
                strict=True,
            )
        )
        found = []
        for (who, _), minor in sorted(allocation.awards().items()):
            exposure = minor * self.exposure // self.asks[who]
            if exposure:
                events = int(stream(seed, "events", number, who).poisson(rate[who] * exposure))
                found.append(
                    OutcomeReport(
                        determination_id=f"r{number}", intervention_id=who, total=events, exposure=exposure
                    )
                )
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicyTurn:
    """What a policy sees when it decides.

    Attributes
    ----------
    document : AllocationDocument
        The problem with all results so far.
    exposure : Mapping [units]
        Intervention -> what a full award would add to its exposure.
    number, rounds : int [rounds]
        Which round, counted from 0, of how many.
    seed : int [seed]
        For policies that draw.
    """

    document: AllocationDocument
    exposure: Mapping[str, int]
    number: int
    rounds: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRun:
    """What one policy did in one world.

    Attributes
    ----------
    policy : str
        Its name.
    world : int
        Number of the world.
    clairvoyant : Fraction [value]
        Bound of one round for who knows the true effects.
    realised, promised : tuple of Fraction [value]
        Round by round.
    covered, stated : int [effects]
        How many of the 90 % intervals, after the last round, hold the true effect; and how many there are.

    Examples
    --------
    >>> run = PolicyRun(policy="means", world=0, clairvoyant=Fraction(5), realised=(Fraction(3), Fraction(4)),
    ...   promised=(Fraction(4), Fraction(4)), covered=9, stated=10)
    >>> run.regret
    Fraction(3, 1)
    """

    policy: str
    world: int
    clairvoyant: Fraction
    realised: tuple[Fraction, ...]
    promised: tuple[Fraction, ...]
    covered: int
    stated: int

    @property
    def regret(self) -> Fraction:
        """What the clairvoyant could have had at most, less what was realised, over all rounds [value]."""
        return self.clairvoyant * len(self.realised) - sum(self.realised, Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySummary:
    """What one policy did in all worlds.

    Attributes
    ----------
    policy : str
        Its name.
    regret : float [parts of the clairvoyant]
        Mean over the worlds.
    regret_error : float [parts of the clairvoyant]
        Standard error of that mean.
    last_regret : float [parts of the clairvoyant]
        The same in the last quarter of the rounds.
    over_promise : float [1]
        Promised over realised, less 1.
    coverage : float [1]
        Share of 90 % intervals that hold the true effect.

    Examples
    --------
    >>> PolicySummary(policy="means", regret=0.1, regret_error=0.01, last_regret=0.05, over_promise=0.0,
    ...   coverage=0.9).policy
    'means'
    """

    policy: str
    regret: float
    regret_error: float
    last_regret: float
    over_promise: float
    coverage: float


def make_world(number: int, seed: int, size: WorldSize | None = None) -> SimulatedWorld:
    """Draw a world: lognormal sizes, gains and effects, a budget of three tenths of all asks.

    Parameters
    ----------
    number : int [worlds]
        Which world.
    seed : int [seed]
        Of the campaign.
    size : WorldSize or None
        How large.

    Examples
    --------
    >>> world = make_world(0, 1)
    >>> world.document.interventions.count, len(world.thetas)
    (36, 36)
    """
    size = size or WorldSize()
    count = size.interventions
    rng = stream(seed, "world", number)
    who = [f"i{at:03d}" for at in range(count)]
    pool = rng.integers(0, POOLS, count)
    asks = 100 * rng.lognormal(np.log(50_000), 0.7, count).astype(np.int64) + 100
    gain = (rng.lognormal(np.log(3_000_000), 0.3, count)).astype(np.int64)
    expected = (rng.lognormal(np.log(1_500_000), 0.4, count)).astype(np.int64)
    ratio = np.exp(rng.normal(0, 0.3, POOLS))
    thetas = ratio[pool] * np.exp(rng.normal(-(size.spread**2) / 2, size.spread, count))
    pilot = np.where(rng.random(count) < PILOTED, rng.integers(1, size.exposure, count), 0)
    events = rng.poisson(expected / MICRO * thetas * pilot)
    document = AllocationDocument.from_tables(
        {"unit": "USD", "scale": 2},
        {
            "funds": [
                {
                    "fund_id": "pool",
                    "budget_minor": int(asks.sum()) * PART_OF_ASKS.numerator // PART_OF_ASKS.denominator,
                }
            ],
            "interventions": {"intervention_id": who, "fixed_minor": (asks // 20).tolist()},
            "tickets": {
                "intervention_id": who,
                "min_minor": (asks // 4).tolist(),
                "max_minor": (asks - asks // 20).tolist(),
            },
            "response": {
                "intervention_id": who * 2,
                "segment": [0] * count + [1] * count,
                "cap_minor": (asks // 2).tolist() + (asks - asks // 20 - asks // 2).tolist(),
                "gain_micro_per_k": gain.tolist() + (gain * 7 // 10).tolist(),
            },
            "evidence": {
                "intervention_id": who,
                "pool": [f"p{one}" for one in pool.tolist()],
                "family": ["gamma_poisson"] * count,
                "expected_micro": expected.tolist(),
                "total": events.tolist(),
                "exposure": pilot.tolist(),
            },
        },
    )
    return SimulatedWorld(
        document=document,
        thetas=np.rint(thetas * MICRO).astype(np.int64),
        asks=dict(zip(who, asks.tolist(), strict=True)),
        exposure=size.exposure,
    )


def by_means(turn: PolicyTurn) -> tuple[Allocation, AllocationDocument]:
    """Follow the believed means."""
    posed = with_effects(turn.document, beliefs(turn.document).thetas())
    return allocate(posed, gap=GAP).allocation, posed


def by_raw_means(turn: PolicyTurn) -> tuple[Allocation, AllocationDocument]:
    """Follow raw means, and expectation where there is no result: greedy, without shrinkage."""
    evidence = turn.document.evidence
    exposure = np.maximum(evidence.ints("exposure"), 1)
    raw = evidence.ints("total") / exposure / (evidence.ints("expected_micro") / MICRO) * MICRO
    thetas = np.where(evidence.ints("exposure") > 0, np.rint(raw), MICRO).astype(np.int64)
    posed = with_effects(turn.document, thetas)
    return allocate(posed, gap=GAP).allocation, posed


def by_draw(turn: PolicyTurn) -> tuple[Allocation, AllocationDocument]:
    """Follow one draw of the effects (Thompson sampling)."""
    known = beliefs(turn.document)
    drawn = known.draws(turn.seed * 1000 + turn.number, 1)[0]
    answer = allocate(with_effects(turn.document, drawn), gap=GAP).allocation
    return answer, with_effects(turn.document, known.thetas())


def by_information(turn: PolicyTurn) -> tuple[Allocation, AllocationDocument]:
    """Follow the believed means and what results are worth in the rounds to come (knowledge gradient)."""
    posed = with_effects(turn.document, beliefs(turn.document).thetas())
    guess = allocate(posed, gap=GAP)
    left = turn.rounds - turn.number - 1
    gains = knowledge_gains(turn.document, guess.prices, turn.exposure) if left else {}
    if not gains:
        return guess.allocation, posed
    return allocate(with_information(posed, gains, left), gap=GAP).allocation, posed


def by_chance(turn: PolicyTurn) -> tuple[Allocation, AllocationDocument]:
    """Give everyone the same chance: fund whom the lot prefers, whatever the results."""
    document = turn.document
    lots = stream(turn.seed, "lots", turn.number).random(document.interventions.count)
    flat = np.full(document.response.count, MICRO, np.int64)
    posed = variant(document, {"response": columns_of(document, "response", gain_micro_per_k=flat)})
    answer = allocate(with_effects(posed, np.rint(lots * MICRO).astype(np.int64)), gap=GAP)
    return answer.allocation, with_effects(document, beliefs(document).thetas())


def by_epsilon(turn: PolicyTurn) -> tuple[Allocation, AllocationDocument]:
    """Follow raw means, and chance in one round of ten."""
    is_chance = stream(turn.seed, "epsilon", turn.number).random() < EPSILON
    return by_chance(turn) if is_chance else by_raw_means(turn)


POLICIES: Mapping[str, Policy] = {
    "information": by_information,
    "draw": by_draw,
    "means": by_means,
    "raw_means": by_raw_means,
    "epsilon": by_epsilon,
    "chance": by_chance,
}


def play(world: SimulatedWorld, policy: str, number: int, rounds: int, seed: int) -> PolicyRun:
    """Let one policy decide in one world, round after round.

    Parameters
    ----------
    world : SimulatedWorld
        The world.
    policy : str
        One of ``POLICIES``.
    number : int [worlds]
        Of the world.
    rounds : int [rounds]
        How many.
    seed : int [seed]
        Of luck and draws.
    """
    truth = with_effects(world.document, world.thetas)
    bound = allocate(truth, gap=GAP).bound
    document = world.document
    realised, promised = [], []
    luck = seed * 10_000 + number
    for at in range(rounds):
        exposure = dict.fromkeys(world.asks, world.exposure)
        turn = PolicyTurn(document=document, exposure=exposure, number=at, rounds=rounds, seed=luck)
        allocation, belief = POLICIES[policy](turn)
        realised.append(recheck(truth, allocation))
        promised.append(recheck(belief, allocation))
        document = learned(document, world.results(allocation, luck, at))
    known = beliefs(document)
    effect = known.expected * world.thetas / MICRO
    covered = (effect >= known.bound(0.05)) & (effect <= known.bound(0.95))
    return PolicyRun(
        policy=policy,
        world=number,
        clairvoyant=bound,
        realised=tuple(realised),
        promised=tuple(promised),
        covered=int(covered.sum()),
        stated=len(covered),
    )


def simulate(
    policies: Sequence[str] = tuple(POLICIES),
    *,
    worlds: int = 30,
    rounds: int = 20,
    seed: int = 1,
    size: WorldSize | None = None,
    executor: Executor | None = None,
) -> tuple[PolicyRun, ...]:
    """Let policies decide in simulated worlds.

    Parameters
    ----------
    policies : sequence of str
        Names in ``POLICIES``.
    worlds : int [worlds]
        How many.
    rounds : int [rounds]
        In every world.
    seed : int [seed]
        Of worlds, luck and draws.
    size : WorldSize or None
        How large worlds are.
    executor : Executor or None
        Where runs are made; they do not depend on it.

    Returns
    -------
    tuple of PolicyRun
        SimulatedWorld by world, policies in their order.

    Examples
    --------
    >>> runs = simulate(["means"], worlds=1, rounds=1, size=WorldSize(interventions=6))
    >>> runs[0].realised[0] <= runs[0].clairvoyant
    True
    """
    pieces = [(number, policy) for number in range(worlds) for policy in policies]
    return tuple(gathered(_play, (seed, rounds, size or WorldSize()), pieces, executor))


def summarise(runs: Sequence[PolicyRun]) -> tuple[PolicySummary, ...]:
    """Return the mean figures of every policy, in the order of their first runs.

    Parameters
    ----------
    runs : sequence of PolicyRun
        Of ``simulate``.
    """
    return tuple(
        _summary(name, [run for run in runs if run.policy == name])
        for name in dict.fromkeys(run.policy for run in runs)
    )


def _play(shared: tuple[int, int, WorldSize], piece: tuple[int, str]) -> PolicyRun:
    seed, rounds, size = shared
    number, policy = piece
    return play(make_world(number, seed, size), policy, number, rounds, seed)


def _summary(name: str, runs: Sequence[PolicyRun]) -> PolicySummary:
    parts = np.array([float(run.regret / (run.clairvoyant * len(run.realised))) for run in runs])
    last = np.array([_last(run) for run in runs])
    promised = sum((sum(run.promised, Fraction(0)) for run in runs), Fraction(0))
    realised = sum((sum(run.realised, Fraction(0)) for run in runs), Fraction(0))
    return PolicySummary(
        policy=name,
        regret=float(parts.mean()),
        regret_error=float(parts.std(ddof=1) / np.sqrt(len(parts))) if len(parts) > 1 else float("nan"),
        last_regret=float(last.mean()),
        over_promise=float(promised / realised - 1),
        coverage=sum(run.covered for run in runs) / sum(run.stated for run in runs),
    )


def _last(run: PolicyRun) -> float:
    kept = run.realised[-max(1, len(run.realised) // 4) :]
    return float(1 - sum(kept, Fraction(0)) / (run.clairvoyant * len(kept)))
