"""Evaluation: estimates computed from data, by named methods, with intervals, as decimal text.

Importing this package loads neither numpy nor scipy nor statsmodels; a method is loaded when it is asked for.
"""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .estimate import Estimate, decimal_text, finding_of, value_at
    from .frames import table_of
    from .method import EvaluationMethod, IntervalParams, Method
    from .registry import MethodSource, evaluate, find_method, list_methods, methods
    from .tables import DataColumn, data_digest, read_table
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".estimate": ("Estimate", "decimal_text", "finding_of", "value_at"),
            ".frames": ("table_of",),
            ".method": ("EvaluationMethod", "IntervalParams", "Method"),
            ".registry": ("MethodSource", "evaluate", "find_method", "list_methods", "methods"),
            ".tables": ("DataColumn", "data_digest", "read_table"),
        },
    )

__all__ = [
    "DataColumn",
    "Estimate",
    "EvaluationMethod",
    "IntervalParams",
    "Method",
    "MethodSource",
    "data_digest",
    "decimal_text",
    "evaluate",
    "find_method",
    "finding_of",
    "list_methods",
    "methods",
    "read_table",
    "table_of",
    "value_at",
]
