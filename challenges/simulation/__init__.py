"""The design simulator: a brief is played many times before it is published."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .assumptions import Assumptions
    from .report import DesignReport, Payouts, Workload, simulate_design
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".assumptions": ("Assumptions",),
            ".report": ("DesignReport", "Payouts", "Workload", "simulate_design"),
        },
    )

__all__ = ["Assumptions", "DesignReport", "Payouts", "Workload", "simulate_design"]
