"""The design simulator: what a challenge will ask of its judges, and whether it will find the best entry.

The problem: a design is judged by how it reads, and its faults show when the awards are announced: judges
who cannot finish, a winner by chance, a purse that nobody wins. The same brief that would be published is
played many times with entries of known quality, and the report says how often the best one wins, what each
prize pays to whom, and how many hours of reading that takes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...finance.money import Money, zero
from ...finance.units import Unit
from ..brief import Brief
from ..errors import ChallengeRefused
from ..phases import SCORED, Phase
from ..prizes import AnyPrize, prize_maximum
from .assumptions import Assumptions
from .paying import Chance, Paid, pay, why_not
from .playing import Played, judges_for, play

RUNS = 100
MAX_RUNS = 10_000
GROUPS = ((1, 1), (2, 5), (6, 20))  # true ranks; then the rest

EXAMPLE = """{"schema": "almoner.brief/1", "challenge_id": "clean-water", "version": 1,
  "title": "Clean water", "unit": "USD", "fund": "water-pool",
  "goal": {"metric": "safe_water_days@2", "baseline": "212", "target": "320", "unit": "day",
           "by": "2029-12-31"},
  "phases": [
    {"id": "apply", "kind": "application", "opens_at": "2027-01-11T09:00Z", "closes_at": "2027-03-01T17:00Z"},
    {"id": "panel", "kind": "review", "judging": "panel", "reads_per_application": 5, "rubric": "merit/1",
     "opens_at": "2027-03-08T09:00Z", "closes_at": "2027-04-12T17:00Z"}],
  "rubric": {"id": "merit/1", "scale": {"lo": "0", "hi": "5", "step": "0.1", "direction": "higher"},
    "traits": [{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": [
      {"lo": "0", "hi": "1.6", "text": "few"}, {"lo": "1.7", "hi": "3.3", "text": "some"},
      {"lo": "3.4", "hi": "5", "text": "many"}]}]},
  "judge_policy": {"load": [8, 10]},
  "prizes": [{"kind": "places", "phase": "panel", "amounts": ["3000000.00", "1000000.00"]}]}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What one judged phase asks of its judges.

    Attributes
    ----------
    phase : str
        Which.
    entries : Fraction [applications]
        Mean over the rounds.
    reads : Fraction [reads]
        In all.
    judges : Fraction [judges]
        Who read; as many as were assumed, or as the loads ask for.
    reads_per_judge : Fraction [reads]
        Mean.
    hours_per_judge : Fraction [hours]
        At the assumed minutes per read.
    days_needed, days_open : Fraction [days]
        Of reading at the assumed hours per day; between opening and close.

    Examples
    --------
    >>> work = Workload(phase="panel", entries=Fraction(500), reads=Fraction(2500), judges=Fraction(250),
    ...     reads_per_judge=Fraction(10), hours_per_judge=Fraction(15, 2), days_needed=Fraction(15, 8),
    ...     days_open=Fraction(35))
    >>> work.fits
    True
    """

    phase: str
    entries: Fraction
    reads: Fraction
    judges: Fraction
    reads_per_judge: Fraction
    hours_per_judge: Fraction
    days_needed: Fraction
    days_open: Fraction

    @property
    def fits(self) -> bool:
        """Whether the reading can be done while the phase is open."""
        return self.days_needed <= self.days_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Payouts:
    """What one prize, or all of them, pay over the simulated rounds.

    Attributes
    ----------
    prize : str
        Position and kind, or ``all``.
    maximum, mean, unawarded : Money
        The most it can cost; what it pays and leaves on average, rounded to the minor unit.
    winners : Fraction [entries]
        Mean number that are paid.
    to_best, to_next, to_others, to_rest : Fraction [part of what is paid]
        To the truly best entry, to the true ranks 2 to 5, 6 to 20, and behind.
    gini : Fraction [1]
        Of what all entries are paid, mean over the rounds, three digits: 0 all alike, 1 all to one.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> paid = money("9.00", "USD")
    >>> Payouts(prize="all", maximum=paid, mean=paid, unawarded=paid - paid, winners=Fraction(1),
    ...     to_best=Fraction(1), to_next=Fraction(0), to_others=Fraction(0), to_rest=Fraction(0),
    ...     gini=Fraction(1)).prize
    'all'
    """

    prize: str
    maximum: Money
    mean: Money
    unawarded: Money
    winners: Fraction
    to_best: Fraction
    to_next: Fraction
    to_others: Fraction
    to_rest: Fraction
    gini: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignReport:
    """What a design does under assumptions.

    Attributes
    ----------
    runs, seed : int [rounds, seed]
        How it was played; the same gives the same report.
    work : tuple of Workload
        Per phase that is judged by reads.
    best_first : dict of str to Fraction [chance]
        Judged phase -> how often the truly best of its entries comes first.
    best_goes_on : dict of str to Fraction [chance]
        Phase that lets only some go on -> how often the truly best entry of all is still in.
    winner_rank : Fraction [true rank]
        Mean true rank of whoever is paid most.
    best_paid_most : Fraction [chance]
        How often nobody is paid more than the truly best entry.
    standard_error : Fraction [chance]
        Of a chance of one half over so many rounds: what differs by less says nothing.
    payouts : tuple of Payouts
        Per prize that was simulated, then all together.
    not_simulated : tuple of (str, str)
        Prize and why.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> report = simulate_design(Brief.read(EXAMPLE), Assumptions(applications=20), unit=currency("USD"),
    ...     runs=20)
    >>> report.work[0].judges, report.payouts[-1].mean.text, len(report.not_simulated)
    (Fraction(10, 1), '4000000.00', 0)
    """

    runs: int
    seed: int
    work: tuple[Workload, ...]
    best_first: Mapping[str, Fraction]
    best_goes_on: Mapping[str, Fraction]
    winner_rank: Fraction
    best_paid_most: Fraction
    standard_error: Fraction
    payouts: tuple[Payouts, ...]
    not_simulated: tuple[tuple[str, str], ...]


def simulate_design(
    brief: Brief,
    assumed: Assumptions,
    *,
    unit: Unit,
    runs: int = RUNS,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> DesignReport:
    """Play a brief many times and report workload, chance of the best, and payouts.

    Parameters
    ----------
    brief, assumed, unit
        The design, which need not be published; how entries, judges and results differ; the brief's unit.
    runs : int [rounds]
        1 to 10,000.
    seed : int [seed]
        Same seed, same report.
    progress : Callable, optional
        Told (rounds done, rounds in all) after each.

    Raises
    ------
    ChallengeRefused
        When no phase judges anything.
    ValueError
        When the number of rounds is out of range.

    Notes
    -----
    Quality, severity and noise are normal; judges do not differ in how far they spread their marks. A tie at
    a line is drawn by lot, a tie that a panel decides by a coin. Calibration uses the assumed variances, as
    if the round were large enough to know them.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> report = simulate_design(Brief.read(EXAMPLE), Assumptions(applications=20), unit=currency("USD"),
    ...     runs=20)
    >>> report == simulate_design(Brief.read(EXAMPLE), Assumptions(applications=20), unit=currency("USD"),
    ...     runs=20)
    True
    """
    _require_something_to_play(brief, runs)
    reasons = [why_not(prize, assumed) for prize in brief.prizes]
    played, paid = [], []
    for n in range(runs):
        rng = np.random.default_rng([seed, n])
        one = play(brief, assumed, rng)
        played.append(one)
        paid.append(_paid(brief, one, assumed, reasons, Chance(seed=f"{seed}/{n}", rng=rng), unit))
        if progress is not None:
            progress(n + 1, runs)
    names = [f"{n} {prize.kind}" for n, prize in enumerate(brief.prizes)]
    scored = [phase for phase in brief.phases if phase.judging in SCORED]
    return DesignReport(
        runs=runs,
        seed=seed,
        work=tuple(_workload(phase, brief, assumed, played) for phase in scored),
        best_first=_first(brief, played),
        best_goes_on=_gone_on(brief, played),
        winner_rank=_winner_rank(played, paid),
        best_paid_most=_best_paid_most(played, paid, unit),
        standard_error=Fraction(round(500 / runs**0.5), 1000),
        payouts=_payouts(brief.prizes, names, reasons, played, paid, unit),
        not_simulated=tuple(
            (name, reason) for name, reason in zip(names, reasons, strict=True) if reason is not None
        ),
    )


def _require_something_to_play(brief: Brief, runs: int) -> None:
    if not 1 <= runs <= MAX_RUNS:
        raise ValueError(f"{runs} rounds: ask for 1 to {MAX_RUNS}")
    if not any(phase.judging != "none" for phase in brief.phases):
        raise ChallengeRefused(
            f"No phase of {brief.challenge_id} judges anything: there is nothing to simulate.",
            challenge=brief.challenge_id,
        )


def _paid(
    brief: Brief, one: Played, assumed: Assumptions, reasons: list[str | None], chance: Chance, unit: Unit
) -> list[Paid]:
    """Pay every prize that can be simulated."""
    return [
        {} if reason else pay(prize, brief, one, assumed, chance, unit)
        for prize, reason in zip(brief.prizes, reasons, strict=True)
    ]


def _workload(phase: Phase, brief: Brief, assumed: Assumptions, played: list[Played]) -> Workload:
    runs = len(played)
    entries = Fraction(sum(len(one.entered[phase.id]) for one in played), runs)
    least = [
        (len(one.entered[phase.id]), judges_for(phase, brief, len(one.entered[phase.id]), assumed))
        for one in played
    ]
    own = phase.judging == "applicants"
    reads = Fraction(
        sum(count * min(phase.reads_per_application or 1, judges - own) for count, judges in least), runs
    )
    judges = Fraction(sum(count for _, count in least), runs)
    each = reads / judges if judges else Fraction(0)
    hours = each * Fraction(assumed.minutes_per_read, 60)
    days = hours / (Fraction(assumed.hours_per_day) or Fraction(1))
    length = brief.closes(phase.id) - brief.opens(phase.id)
    return Workload(
        phase=phase.id,
        entries=entries,
        reads=reads,
        judges=judges,
        reads_per_judge=each,
        hours_per_judge=hours,
        days_needed=days,
        days_open=Fraction(int(length.total_seconds()), 86_400),
    )


def _share(hits: int, runs: int) -> Fraction:
    return Fraction(hits, runs)


def _first(brief: Brief, played: list[Played]) -> dict[str, Fraction]:
    found = {}
    for phase in brief.phases:
        rounds = [one for one in played if phase.id in one.orders and one.orders[phase.id].names]
        if rounds:
            hits = sum(_best(one, one.entered[phase.id]) in one.orders[phase.id].groups[0] for one in rounds)
            found[phase.id] = _share(hits, len(rounds))
    return found


def _best(played: Played, among: tuple[str, ...]) -> str:
    return max(among, key=lambda name: played.quality[name])


def _gone_on(brief: Brief, played: list[Played]) -> dict[str, Fraction]:
    found = {}
    for phase, after in zip(brief.phases, brief.phases[1:], strict=False):
        if phase.advances is not None and phase.advances.rule != "all_eligible":
            hits = sum(one.by_quality[0] in one.entered[after.id] for one in played)
            found[phase.id] = _share(hits, len(played))
    return found


def _total(prizes: list[Paid]) -> Paid:
    total: Paid = {}
    for paid in prizes:
        for name, amount in paid.items():
            total[name] = total.get(name, zero(amount.unit)) + amount
    return total


def _winner_rank(played: list[Played], paid: list[list[Paid]]) -> Fraction:
    ranks = []
    for one, prizes in zip(played, paid, strict=True):
        total = _total(prizes)
        if total:
            most = max(total.values())
            place = {name: n + 1 for n, name in enumerate(one.by_quality)}
            tied = [place[name] for name, amount in total.items() if amount == most]
            ranks.append(Fraction(sum(tied), len(tied)))
    return sum(ranks, start=Fraction(0)) / len(ranks) if ranks else Fraction(0)


def _best_paid_most(played: list[Played], paid: list[list[Paid]], unit: Unit) -> Fraction:
    hits = 0
    for one, prizes in zip(played, paid, strict=True):
        total = _total(prizes)
        hits += bool(total) and total.get(one.by_quality[0], zero(unit)) == max(total.values())
    return _share(hits, len(played))


def _payouts(
    prizes: tuple[AnyPrize, ...],
    names: list[str],
    reasons: list[str | None],
    played: list[Played],
    paid: list[list[Paid]],
    unit: Unit,
) -> tuple[Payouts, ...]:
    maxima = [prize_maximum(prize, unit) for prize in prizes]
    kept = [n for n, reason in enumerate(reasons) if reason is None]
    rows = [_payout(names[n], maxima[n], played, [one[n] for one in paid], unit) for n in kept]
    whole = sum((maxima[n] for n in kept), start=zero(unit))
    return (*rows, _payout("all", whole, played, [_total(one) for one in paid], unit))


def _payout(name: str, maximum: Money, played: list[Played], paid: list[Paid], unit: Unit) -> Payouts:
    runs = len(played)
    by_group = [0] * (len(GROUPS) + 1)
    total = winners = 0
    ginis = []
    for one, row in zip(played, paid, strict=True):
        amounts = [row[who].minor if who in row else 0 for who in one.by_quality]
        total += sum(amounts)
        winners += len(row)
        for place, amount in enumerate(amounts, start=1):
            by_group[_group(place)] += amount
        ginis.append(_gini(amounts))
    shares = [Fraction(part, total) if total else Fraction(0) for part in by_group]
    mean = Money(minor=round(Fraction(total, runs)), unit=unit)
    return Payouts(
        prize=name,
        maximum=maximum,
        mean=mean,
        unawarded=maximum - mean,
        winners=Fraction(winners, runs),
        to_best=shares[0],
        to_next=shares[1],
        to_others=shares[2],
        to_rest=shares[3],
        gini=Fraction(round(sum(ginis, start=Fraction(0)) / runs * 1000), 1000),
    )


def _group(place: int) -> int:
    return next((n for n, (_, last) in enumerate(GROUPS) if place <= last), len(GROUPS))


def _gini(amounts: list[int]) -> Fraction:
    """Return the Gini coefficient, corrected for the number of entries so that one winner gives 1."""
    total, count = sum(amounts), len(amounts)
    if not total or count == 1:
        return Fraction(0)
    ranked = sum((2 * n - count - 1) * amount for n, amount in enumerate(sorted(amounts), start=1))
    return Fraction(ranked, total * (count - 1))
