"""Forecast: what is paid in all and by each payer in each year, and how often which sum."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...contracts.forecast import Forecast, Spread
from .chart import Chart
from .figures import grouped
from .spread import PayoutSpan, PayoutSpread, SpreadWords, draw_spread


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastWords:
    """The words of a forecast in the reader's language.

    Attributes
    ----------
    whole, payer : str
        Names of the rows.
    caption, proven : str
        Below the title; the second where a most is proven.

    Examples
    --------
    >>> ForecastWords().whole
    'paid in all'
    """

    whole: str = "paid in all"
    payer: str = "%(party)s %(year)s"
    caption: str = "Payments in %(unit)s on %(paths)s simulated paths."
    proven: str = "Payments in %(unit)s on %(paths)s simulated paths, never more than %(most)s."


def draw_forecast(
    title: str,
    forecast: Forecast,
    unit: str,
    words: ForecastWords | None = None,
    spread: SpreadWords | None = None,
) -> Chart:
    """Draw the payments of a forecast in one unit: a fan over the years, and a histogram of the sum.

    Parameters
    ----------
    title : str
        What it shows.
    forecast : Forecast
        Of ``contracts.forecast``.
    unit : str
        One that the terms pay in.
    words : ForecastWords or None
        Rows and caption; English when None.
    spread : SpreadWords or None
        Headings and marks; English when None.

    Returns
    -------
    Chart
        As ``draw_spread``: payments in all, then each payer by year, then the histogram.

    Raises
    ------
    KeyError
        When nothing is paid in the unit.

    Examples
    --------
    >>> from almoner.contracts.outcomes.document import EXAMPLE as OUTCOMES, OutcomesDocument
    >>> from almoner.contracts.forecast import forecast
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> made = forecast(program, OutcomesDocument.read(OUTCOMES), paths=100, seed=1)
    >>> [row[0] for row in draw_forecast("Nights", made, "USD").rows[:3]]
    ['paid in all', 'city 2027', 'paths']
    """
    said, paid = words or ForecastWords(), forecast.spread("paid", unit=unit)
    years = [one for one in forecast.spreads if one.what == "pays" and one.unit == unit and one.when]
    rows = [_row(said.whole, paid)]
    rows += [_row(said.payer % {"party": one.party, "year": one.when}, one) for one in years]
    spans = [
        PayoutSpan(low=one.low, high=one.high, share=one.share)
        for one in forecast.histogram
        if one.unit == unit
    ]
    return draw_spread(title, _caption(forecast, unit, said), unit, rows, spans, spread)


def _row(label: str, spread: Spread) -> PayoutSpread:
    names: Iterable[str] = ("p5", "p25", "p50", "p75", "p95", "most")
    return PayoutSpread(label=label, **{name: spread.figures[name] for name in names})


def _caption(forecast: Forecast, unit: str, words: ForecastWords) -> str:
    most, paths = forecast.maxima.get(unit), grouped(forecast.paths)
    if most:
        return words.proven % {"unit": unit, "paths": paths, "most": grouped(most)}
    return words.caption % {"unit": unit, "paths": paths}
