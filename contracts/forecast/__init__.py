"""What terms are likely to cost, pay and return: simulated payments, summed up."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .forecasting import forecast
    from .report import Bin, Forecast, Frequency, Spread
    from .together import forecast_together
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".forecasting": ("forecast",),
            ".report": ("Bin", "Forecast", "Frequency", "Spread"),
            ".together": ("forecast_together",),
        },
    )

__all__ = ["Bin", "Forecast", "Frequency", "Spread", "forecast", "forecast_together"]
