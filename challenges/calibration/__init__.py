"""Calibration: merits of applications and severity of judges, from all reads together."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .blocks import Variances
    from .design import Read
    from .estimate import calibrate
    from .result import Calibration, JudgeEffect, Merit, PanelMean
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".blocks": ("Variances",),
            ".design": ("Read",),
            ".estimate": ("calibrate",),
            ".result": ("Calibration", "JudgeEffect", "Merit", "PanelMean"),
        },
    )

__all__ = ["Calibration", "JudgeEffect", "Merit", "PanelMean", "Read", "Variances", "calibrate"]
