"""Charts drawn on the server: plain figures in, SVG text and the same figures as a table out."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .allocation import Candidate, Purse, draw_allocation
    from .bars import Payout, draw_payouts
    from .chart import Chart
    from .forecast import draw_forecast
    from .frontier import FrontierMark, draw_frontier, draw_marks, draw_risk
    from .payoff import PayoffPoint, PayoffStretch, draw_payoff
    from .places import PlaceMark, PlaceTexts, draw_places
    from .ranking import RankedEntry, draw_ranking
    from .spread import PayoutSpan, PayoutSpread, draw_spread
    from .trail import Giver, draw_trail
    from .waterfall import Movement, draw_waterfall
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".allocation": ("Candidate", "Purse", "draw_allocation"),
            ".bars": ("Payout", "draw_payouts"),
            ".chart": ("Chart",),
            ".forecast": ("draw_forecast",),
            ".frontier": ("FrontierMark", "draw_frontier", "draw_marks", "draw_risk"),
            ".payoff": ("PayoffPoint", "PayoffStretch", "draw_payoff"),
            ".places": ("PlaceMark", "PlaceTexts", "draw_places"),
            ".ranking": ("RankedEntry", "draw_ranking"),
            ".spread": ("PayoutSpan", "PayoutSpread", "draw_spread"),
            ".trail": ("Giver", "draw_trail"),
            ".waterfall": ("Movement", "draw_waterfall"),
        },
    )

__all__ = [
    "Candidate",
    "Chart",
    "FrontierMark",
    "Giver",
    "Movement",
    "PayoffPoint",
    "PayoffStretch",
    "Payout",
    "PayoutSpan",
    "PayoutSpread",
    "Purse",
    "PlaceMark",
    "PlaceTexts",
    "RankedEntry",
    "draw_allocation",
    "draw_forecast",
    "draw_frontier",
    "draw_marks",
    "draw_payoff",
    "draw_payouts",
    "draw_places",
    "draw_ranking",
    "draw_risk",
    "draw_spread",
    "draw_trail",
    "draw_waterfall",
]
