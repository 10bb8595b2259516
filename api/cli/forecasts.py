"""``almoner contract simulate``: what terms are likely to cost, printed as tables."""

from ...contracts.forecast import Forecast, Frequency, Spread
from ...finance.money import grouped
from .show import print_table

COLUMNS = ("mean", "p5", "p50", "p95", "p99", "cvar95", "most")


def show_forecast(found: Forecast) -> None:
    """Print the spreads and the frequencies of a forecast."""
    print(f"{found.paths:,} paths, seed {found.seed}")
    for unit, most in found.maxima.items():
        print(f"Never more than {grouped(most)} {unit}: proven.")
    rows = [_spread(one) for one in found.spreads]
    places = tuple(range(4, 4 + len(COLUMNS)))
    print_table("\nSpreads", ("what", "party", "when", "unit", *COLUMNS), rows, right=places)
    shares = [_frequency(one) for one in found.frequencies]
    columns = ("what", "which", "share of paths", "unit", "mean", "mean then")
    print_table("\nHow often", columns, shares, right=(2, 4, 5))
    for metric, share in found.clips.items():
        print(f"{metric}: {share} of its draws lay outside the domain and were moved to its end.")


def _spread(one: Spread) -> tuple[str, ...]:
    figures = (one.figures.get(name, "") for name in COLUMNS)
    return (one.what, one.party, one.when, one.unit, *(grouped(text) if text else "" for text in figures))


def _frequency(one: Frequency) -> tuple[str, ...]:
    amounts = (grouped(text) if text else "" for text in (one.mean, one.mean_then))
    return (one.what, one.name, one.share, one.unit, *amounts)
