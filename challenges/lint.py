"""Lint: what is wrong with a brief that is well formed, before anybody has relied on it.

The problem: a brief can be read without a fault and still promise what cannot be: an hour that the clocks
skip, five reads from judges who have time for three, a blind review in which the budget names the applicant.
Each check here has a code, a place, its figures, and what to do.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from ..finance.dates import as_utc
from ..finance.findings import finding
from .brief import Brief
from .errors import BriefInvalid
from .linting import judging, money, rules, secrecy, timing
from .linting.finding import BriefFinding, BriefSubject, Capacity

CHECKS: Final[tuple[Callable[[BriefSubject], Iterable[BriefFinding]], ...]] = (
    timing.check_clocks,
    timing.check_goal_day,
    timing.check_reading_time,
    timing.check_appeals,
    rules.check_satisfiable,
    rules.check_in_time,
    rules.check_evidence,
    judging.check_policy,
    judging.check_reads,
    judging.check_capacity,
    judging.check_ties,
    judging.check_feedback,
    judging.check_rubrics,
    judging.check_questions,
    secrecy.check_blind,
    secrecy.check_events,
    money.check_metrics,
    money.check_due_days,
    money.check_discretion,
    money.check_damping,
    money.check_places,
)


def lint(
    brief: Brief,
    *,
    now: datetime,
    capacity: Capacity | None = None,
    metrics: Mapping[str, bool] | None = None,
) -> tuple[BriefFinding, ...]:
    """Look a brief over before it is published.

    Parameters
    ----------
    brief : Brief
        As read.
    now : datetime
        When it is to be published; aware.
    capacity : Capacity or None
        How many judges and applications are expected, when that is known.
    metrics : Mapping of str to bool, or None
        Each metric with a definition on record, and whether it says how it is measured; ``None``: not known.

    Returns
    -------
    tuple[BriefFinding, ...]
        Errors first; a brief without any comes back empty.

    Examples
    --------
    >>> from datetime import UTC
    >>> brief = Brief.read('''{"schema": "almoner.brief/1", "challenge_id": "clean-water", "version": 1,
    ...   "title": "Clean water", "unit": "USD", "fund": "water-pool", "time_zone": "Europe/Berlin",
    ...   "goal": {"metric": "safe_water_days@2", "baseline": "212", "target": "320", "unit": "day",
    ...            "by": "2029-12-31"},
    ...   "phases": [
    ...     {"id": "apply", "kind": "application",
    ...      "opens_at": "2027-01-11T09:00", "closes_at": "2027-03-28T02:30"},
    ...     {"id": "vote", "kind": "review", "judging": "ballot", "ballot": {"metrics": ["users"]},
    ...      "opens_at": "2027-04-01T09:00", "closes_at": "2027-04-12T17:00"}],
    ...   "prizes": [{"kind": "pool", "phase": "vote", "amount": "900000.00", "split": "ballot"}]}''')
    >>> for row in lint(brief, now=datetime(2027, 1, 1, tzinfo=UTC)):
    ...     print(row.severity, row.code, row.pointer, row.message)
    error phase.clock /phases/0/closes_at 2027-03-28T02:30 does not exist in Europe/Berlin: the clocks go \
forward over it.
    """
    subject = BriefSubject(brief=brief, now=as_utc(now), capacity=capacity, metrics=metrics)
    found = [row for check in CHECKS for row in check(subject)]
    return tuple(sorted(found, key=lambda row: row.severity != "error"))


def require_publishable(
    brief: Brief,
    *,
    now: datetime,
    capacity: Capacity | None = None,
    metrics: Mapping[str, bool] | None = None,
) -> tuple[BriefFinding, ...]:
    """Refuse a brief with an error of lint; return the warnings.

    Parameters
    ----------
    brief, now, capacity, metrics
        As for ``lint``.

    Raises
    ------
    BriefInvalid
        ``figures['findings']`` lists every error with ``path``, ``message``, ``code`` and ``fix``.
    """
    found = lint(brief, now=now, capacity=capacity, metrics=metrics)
    errors = [row for row in found if row.severity == "error"]
    if errors:
        shown = "; ".join(f"{row.pointer}: {row.message.rstrip('.')}" for row in errors[:20])
        count = f"{len(errors)} fault{'s' if len(errors) != 1 else ''}"
        raise BriefInvalid(
            f"The brief of {brief.challenge_id} may not be published; it has {count}: {shown}.",
            challenge=brief.challenge_id,
            findings=[
                {**finding(row.pointer, row.message), "code": row.code, "fix": row.fix} for row in errors
            ],
        )
    return found
