"""Charts drawn on the server: plain figures in, SVG text and the same figures as a table out."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .ageing import AgeBand, AgeingWords, draw_ageing
    from .allocation import AllocationWords, Candidate, Purse, draw_allocation
    from .bars import Payout, draw_payouts
    from .calendar import CalendarMonth, CalendarWords, draw_calendar
    from .chart import Chart
    from .committed import CommittedRow, CommittedWords, draw_committed
    from .earmark_grid import EarmarkRow, GridWords, draw_earmark_grid
    from .fan import FanWords, FanYear, draw_fan
    from .forecast import ForecastWords, draw_forecast
    from .frontier import FrontierMark, FrontierWords, draw_frontier, draw_marks, draw_risk
    from .funnel import FunnelStep, FunnelWords, draw_funnel
    from .landscape import LandscapeLine, LandscapeMark, LandscapeWords, draw_landscape
    from .leaders import LeaderMark, LeaderWords, draw_leaders
    from .payoff import PayoffPoint, PayoffStretch, PayoffWords, draw_payoff
    from .places import PlaceMark, PlaceTexts, draw_places
    from .ranking import RankedEntry, RankingWords, draw_ranking
    from .spread import PayoutSpan, PayoutSpread, SpreadWords, draw_spread
    from .trail import Giver, TrailWords, draw_trail
    from .waterfall import Movement, WaterfallWords, draw_waterfall
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".ageing": ("AgeBand", "AgeingWords", "draw_ageing"),
            ".allocation": ("AllocationWords", "Candidate", "Purse", "draw_allocation"),
            ".bars": ("Payout", "draw_payouts"),
            ".calendar": ("CalendarMonth", "CalendarWords", "draw_calendar"),
            ".chart": ("Chart",),
            ".committed": ("CommittedRow", "CommittedWords", "draw_committed"),
            ".earmark_grid": ("EarmarkRow", "GridWords", "draw_earmark_grid"),
            ".fan": ("FanWords", "FanYear", "draw_fan"),
            ".forecast": ("ForecastWords", "draw_forecast"),
            ".frontier": ("FrontierMark", "FrontierWords", "draw_frontier", "draw_marks", "draw_risk"),
            ".funnel": ("FunnelStep", "FunnelWords", "draw_funnel"),
            ".landscape": ("LandscapeLine", "LandscapeMark", "LandscapeWords", "draw_landscape"),
            ".leaders": ("LeaderMark", "LeaderWords", "draw_leaders"),
            ".payoff": ("PayoffPoint", "PayoffStretch", "PayoffWords", "draw_payoff"),
            ".places": ("PlaceMark", "PlaceTexts", "draw_places"),
            ".ranking": ("RankedEntry", "RankingWords", "draw_ranking"),
            ".spread": ("PayoutSpan", "PayoutSpread", "SpreadWords", "draw_spread"),
            ".trail": ("Giver", "TrailWords", "draw_trail"),
            ".waterfall": ("Movement", "WaterfallWords", "draw_waterfall"),
        },
    )

__all__ = [
    "AgeBand",
    "AgeingWords",
    "AllocationWords",
    "CalendarMonth",
    "CalendarWords",
    "Candidate",
    "Chart",
    "CommittedRow",
    "CommittedWords",
    "EarmarkRow",
    "FanWords",
    "FanYear",
    "ForecastWords",
    "FrontierMark",
    "FrontierWords",
    "FunnelStep",
    "FunnelWords",
    "Giver",
    "GridWords",
    "LandscapeLine",
    "LandscapeMark",
    "LandscapeWords",
    "LeaderMark",
    "LeaderWords",
    "Movement",
    "PayoffPoint",
    "PayoffStretch",
    "PayoffWords",
    "Payout",
    "PayoutSpan",
    "PayoutSpread",
    "PlaceMark",
    "PlaceTexts",
    "Purse",
    "RankedEntry",
    "RankingWords",
    "SpreadWords",
    "TrailWords",
    "WaterfallWords",
    "draw_ageing",
    "draw_allocation",
    "draw_calendar",
    "draw_committed",
    "draw_earmark_grid",
    "draw_fan",
    "draw_forecast",
    "draw_frontier",
    "draw_funnel",
    "draw_landscape",
    "draw_leaders",
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
