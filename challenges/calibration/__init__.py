"""Calibration: merits of applications and severity of judges, from all reads together."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .blocks import Variances
    from .design import Read
    from .estimate import calibrate
    from .frozen import read_calibration
    from .result import Calibration, JudgeEffect, Merit, PanelMean
    from .traits import RubricCalibration, calibrate_traits, total_reads
    from .voiding import freeze, void_reads
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".blocks": ("Variances",),
            ".design": ("Read",),
            ".estimate": ("calibrate",),
            ".frozen": ("read_calibration",),
            ".result": ("Calibration", "JudgeEffect", "Merit", "PanelMean"),
            ".traits": ("RubricCalibration", "calibrate_traits", "total_reads"),
            ".voiding": ("freeze", "void_reads"),
        },
    )

__all__ = [
    "Calibration",
    "JudgeEffect",
    "Merit",
    "PanelMean",
    "Read",
    "RubricCalibration",
    "Variances",
    "calibrate",
    "calibrate_traits",
    "freeze",
    "read_calibration",
    "total_reads",
    "void_reads",
]
