"""What is asked and answered about metrics and cohorts."""

from typing import Literal

from ...contracts.measurement.definitions import CohortDefinition, MetricDefinition
from .base import Made, Reply


class MetricReply(Reply):
    """A version of a metric.

    Attributes
    ----------
    name : str
        As agreements name it: ``code/version``.
    version : int [versions]
        The first is 1.
    """

    name: str
    version: int
    sha256: str
    definition: MetricDefinition


class MetricMade(MetricReply, Made):
    """A metric as it was defined."""


class MetricLine(Reply):
    """A version of a metric in a list."""

    name: str
    title: str
    unit: str
    direction: Literal["higher", "lower", "in_range"]


class MetricList(Reply):
    """A page of metrics, all versions; ``next`` is the cursor of the page behind it."""

    items: list[MetricLine]
    next: str | None


class CohortReply(Reply):
    """A version of a cohort.

    Attributes
    ----------
    name : str
        As agreements name it: ``code/version``.
    version : int [versions]
        The first is 1.
    """

    name: str
    version: int
    sha256: str
    definition: CohortDefinition


class CohortMade(CohortReply, Made):
    """A cohort as it was defined."""


class CohortLine(Reply):
    """A version of a cohort in a list.

    Attributes
    ----------
    size : int or None [people]
        Expected.
    """

    name: str
    title: str
    size: int | None
    compared: Literal["randomised", "matched", "historical", "none"]


class CohortList(Reply):
    """A page of cohorts, all versions; ``next`` is the cursor of the page behind it."""

    items: list[CohortLine]
    next: str | None
