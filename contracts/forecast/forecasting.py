"""Forecasting: terms paid on many drawn paths, and what that comes to.

The problem: payers ask what it may cost them and when, investors what they may lose, providers how much they
must lay out, and all of them which limit bites. All answers come from the same payments, made by the engine
that will pay, so none can contradict another.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...finance.errors import TermError
from ...finance.money import decimal_count, decimal_text
from ..outcomes.document import OutcomesDocument
from ..outcomes.source import OutcomeSource
from ..returns import YEAR_DAYS, annual_rates
from ..terms.bounds import prove
from ..terms.outputs import Output
from ..terms.program import Program
from ..terms.running.columns import Columns
from ..terms.running.engine import carry_out
from ..terms.running.ranges import peaks
from ..terms.simulate import BLOCK, columns_table, run
from ..terms.types import parse_type
from .report import (
    Bin,
    Forecast,
    Frequency,
    Spread,
    amount_figures,
    bins_of,
    exact_sum,
    mean_text,
    rate_figures,
    share_text,
)
from .tally import Amounts, BandHits, Tally, most_outlay

INVESTORS: Final = frozenset({"investor", "funder"})
MAX_PATHS: Final = 100_000_000
ORDER: Final = ("paid", "pays", "receives")


def forecast(
    program: Program,
    outcomes: OutcomesDocument,
    *,
    paths: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> Forecast:
    """Pay terms on many drawn paths, and sum up.

    Parameters
    ----------
    program : Program
        The terms.
    outcomes : OutcomesDocument
        What may be observed, and what the parties spend meanwhile.
    paths : int [paths]
        How many.
    seed : int [seed]
        Zero or more; the same seed gives the same bytes.
    progress : callable or None
        Called with the number of paths done after each block.

    Raises
    ------
    OutcomesInvalid
        When the models do not fit the terms.
    TermError
        When the numbers of the terms are not proven to fit.

    Examples
    --------
    >>> from almoner.contracts.outcomes.document import EXAMPLE as OUTCOMES
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> found = forecast(program, OutcomesDocument.read(OUTCOMES), paths=1000, seed=1)
    >>> found.spread("pays", party="city").figures["most"]
    '500000.00'
    """
    if not 1 <= paths <= MAX_PATHS:
        raise ValueError(f"a forecast has 1 to {MAX_PATHS} paths, not {paths}")
    source = OutcomeSource(program, outcomes, seed=seed)
    tally = pay_paths(program, source, outcomes, paths, progress)
    maxima = _maxima(program)
    units = {clause.unit.unit: clause.unit.digits for clause in program.clauses if clause.basis != "note"}
    for unit in units:
        tally.totals.setdefault(("paid", "", unit, ""), np.zeros(paths, dtype=np.int64))
    spreads, frequencies = _totals(tally, units), _counts(tally, units)
    if source.is_noisy:
        spreads += _errors(program, outcomes, tally, seed, units)
    frequencies += _reached(tally, maxima)
    for party, unit in _followed(tally, outcomes):
        more = _returns(tally, outcomes, party, unit, units[unit])
        spreads, frequencies = spreads + more[0], frequencies + more[1]
    return Forecast(
        terms=program.digest,
        outcomes=outcomes.digest(),
        paths=paths,
        seed=seed,
        maxima={unit: decimal_text(most, units[unit]) for unit, most in maxima.items()},
        spreads=tuple(spreads),
        frequencies=tuple(frequencies),
        histogram=_histogram(tally, units),
        clips=_clips(source, paths),
    )


def pay_paths(
    program: Program,
    source: OutcomeSource,
    outcomes: OutcomesDocument,
    paths: int,
    progress: Callable[[int], None] | None = None,
) -> Tally:
    """Pay terms on drawn paths, and keep what each path comes to.

    Parameters
    ----------
    program : Program
        The terms.
    source : OutcomeSource
        Draws what is observed.
    outcomes : OutcomesDocument
        What the parties spend meanwhile.
    paths : int [paths]
        How many.
    progress : callable or None
        Called with the number of paths done after each block.
    """
    use = Columns(peaks(program))
    investors = {party for party, role in program.parties.items() if role in INVESTORS}
    tally = Tally(program, paths, frozenset(investors | outcomes.costs.keys()))
    for number in range(-(-paths // BLOCK)):
        first = number * BLOCK
        size = min(BLOCK, paths - first)
        table = columns_table(program, source.block(number, size), source.members, size)
        bands = BandHits(program, size)
        outturn = carry_out(program, use, table, figures=frozenset(), record=bands)
        tally.take(outturn, bands, first, size)
        if progress is not None:
            progress(first + size)
    return tally


def _maxima(program: Program) -> dict[str, int]:
    """Return the most that is proven to be payable by unit; nothing for terms that cannot be signed."""
    try:
        return dict(prove(program).maxima)
    except TermError:
        return {}


def _totals(tally: Tally, units: dict[str, int]) -> list[Spread]:
    """Sum up what is paid in all, and by each party in each year."""
    rows = sorted(tally.totals.items(), key=lambda row: (ORDER.index(row[0][0]), row[0][1:]))
    return [
        Spread(
            what=what,
            party=party,
            unit=unit,
            when=year,
            paths=tally.paths,
            figures=amount_figures(values, units[unit], is_gain=what == "receives"),
        )
        for (what, party, unit, year), values in rows
    ]


def _errors(
    program: Program, outcomes: OutcomesDocument, tally: Tally, seed: int, units: dict[str, int]
) -> list[Spread]:
    """Pay the same paths on what is true, and sum up what the evaluator's error adds to the payments."""
    exact = OutcomeSource(program, outcomes, seed=seed, is_noisy=False)
    wanted = {unit: Output(f"paid:{unit}") for unit in units}
    true = run(program, exact, paths=tally.paths, wanted=list(wanted.values()))
    return [
        Spread(
            what="paid by error",
            unit=unit,
            paths=tally.paths,
            figures=amount_figures(tally.totals["paid", "", unit, ""] - true[output], units[unit]),
        )
        for unit, output in wanted.items()
    ]


def _counts(tally: Tally, units: dict[str, int]) -> list[Frequency]:
    found = []
    for (what, name, unit), count in tally.counts.items():
        means = ("", "")
        if unit:
            means = (
                mean_text(count.amount, tally.paths, units[unit]),
                mean_text(count.amount, count.paths, units[unit]),
            )
        share = share_text(count.paths, tally.paths)
        found.append(
            Frequency(what=what, name=name, unit=unit, share=share, mean=means[0], mean_then=means[1])
        )
    return found


def _reached(tally: Tally, maxima: dict[str, int]) -> list[Frequency]:
    return [
        Frequency(
            what="maximum reached",
            name=unit,
            share=share_text(int(np.count_nonzero(tally.totals["paid", "", unit, ""] == most)), tally.paths),
        )
        for unit, most in maxima.items()
        if ("paid", "", unit, "") in tally.totals
    ]


def _histogram(tally: Tally, units: dict[str, int]) -> tuple[Bin, ...]:
    rows = [bins_of(tally.totals["paid", "", unit, ""], unit, digits) for unit, digits in units.items()]
    return tuple(one for row in rows for one in row)


def _clips(source: OutcomeSource, paths: int) -> dict[str, str]:
    return {
        metric: share_text(count, max(1, paths * len(source.labels(metric))))
        for metric, count in source.clips.items()
    }


def _followed(tally: Tally, outcomes: OutcomesDocument) -> list[tuple[str, str]]:
    """Return whose returns are asked for, in which unit: investors, and who has costs."""
    stated = {(party, _unit(outlay.type)) for party, outlay in outcomes.costs.items()}
    return sorted(tally.received.keys() | tally.spent.keys() | stated)


def _unit(text: str) -> str:
    kind = parse_type(text)
    return text if kind is None else kind.unit


def _costs(tally: Tally, outcomes: OutcomesDocument, party: str, unit: str, digits: int) -> Amounts:
    """Lay out what a party spends outside the terms, by period."""
    outlay = outcomes.costs.get(party)
    amounts = outlay.amounts if outlay is not None and _unit(outlay.type) == unit else {}
    counts = [decimal_count(amounts.get(period, "0"), digits) for period in _periods(tally.program)]
    return np.array(counts, dtype=np.int64)


def _periods(program: Program) -> tuple[str, ...]:
    return tuple(name for name, _ in program.periods)


def _returns(
    tally: Tally, outcomes: OutcomesDocument, party: str, unit: str, digits: int
) -> tuple[list[Spread], list[Frequency]]:
    """Sum up the net flows of one party, what they return, and what it has to lay out."""
    nothing = np.zeros((tally.paths, len(tally.program.periods)), dtype=np.int64)
    received = tally.received.get((party, unit), nothing)
    spent = tally.spent.get((party, unit), nothing)
    costs = _costs(tally, outcomes, party, unit, digits)
    net = received - spent - costs

    def amounts(what: str, values: Amounts, when: str = "") -> Spread:
        figures = amount_figures(values, digits, is_gain=what != "working capital")
        return Spread(what=what, party=party, unit=unit, when=when, paths=tally.paths, figures=figures)

    spreads = [amounts("net", net.sum(axis=1))]
    spreads += [amounts("net", net[:, at], name) for at, name in enumerate(_periods(tally.program))]
    spreads.append(amounts("working capital", most_outlay(spent + costs, received)))
    dated, days = _dated(received - spent, costs), _days(tally.program)
    if outcomes.discount_rate is not None:
        rate = float(outcomes.discount_rate)
        spreads.append(amounts("present value", _present_values(dated, days, rate)))
    rates = annual_rates(dated, days)
    known = rates[~np.isnan(rates)]
    spreads += [
        Spread(what=what, party=party, unit="", paths=len(values), figures=rate_figures(values))
        for what, values in (("rate of return", known), ("multiple", _multiples(dated)))
    ]
    lost = -np.minimum(net.sum(axis=1), 0)
    count, total = int(np.count_nonzero(lost)), exact_sum(lost)
    loss = Frequency(
        what="loss",
        name=party,
        unit=unit,
        share=share_text(count, tally.paths),
        mean=mean_text(total, tally.paths, digits),
        mean_then=mean_text(total, count, digits),
    )
    share = share_text(len(known), tally.paths)
    return spreads, [loss, Frequency(what="one rate of return", name=party, share=share)]


def _dated(moved: Amounts, costs: Amounts) -> Amounts:
    """Lay out flows by day: costs at the start of each period, payments under the terms at its end."""
    dated = np.zeros((moved.shape[0], moved.shape[1] + 1), dtype=np.int64)
    dated[:, 1:] += moved
    dated[:, :-1] -= costs
    return dated


def _days(program: Program) -> list[int]:
    """Return the days of the start and of each period's end, as the terms count them."""
    return [0, *((end - program.counts_from).days for _, end in program.periods)]


def _present_values(dated: Amounts, days: Sequence[int], rate: float) -> Amounts:
    """Discount to the start of the term, rounded half to even to whole minor units."""
    factors = (1 + rate) ** (-np.asarray(days, dtype=np.float64) / YEAR_DAYS)
    return np.rint(np.asarray(dated @ factors)).astype(np.int64)


def _multiples(dated: Amounts) -> NDArray[np.float64]:
    """Return what came back over what went out, where anything did."""
    out = -np.minimum(dated, 0).sum(axis=1)
    back = np.maximum(dated, 0).sum(axis=1)
    return np.asarray(back[out > 0] / out[out > 0])
