"""Phases: stretches of time in which one thing is open, and who goes on to the next.

The problem: "until the first of March, five o'clock" means a different instant in each zone, does not exist
on the night the clocks go forward, and comes twice when they go back. An instant carries its offset, or is
local to the brief's zone, and is then resolved in one place.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from ..finance.dates import as_utc
from ..finance.documents import Code, DecimalText, Document
from ..finance.findings import Findings, finding
from .ballots import BallotPolicy
from .rubric import Rubric
from .visibility import VisibilityRule

PhaseKind = Literal[
    "readiness", "registration", "application", "review", "development", "delivery", "decision", "appeal"
]
Judging = Literal["none", "panel", "applicants", "ballot", "metric"]
TieRule = Literal["split", "lottery", "panel", "extra_reads"]
MAX_GRACE_SECONDS = 86_400
_NOWHERE = frozenset({"localtime", "Factory", "posixrules"})  # another time on each machine
SCORED: frozenset[str] = frozenset({"panel", "applicants"})  # judged by reads under a rubric
ENTERED: frozenset[str] = frozenset({"registration", "application", "development"})  # take applications


_INSTANT = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?$"
)


def _like_instant(text: object) -> object:
    if isinstance(text, str) and not re.match(_INSTANT, text):
        raise ValueError(f"{text!r} is no instant: write 2027-03-01T17:00, with an offset or without")
    return text


def _real_instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _real_zone(name: str) -> str:
    try:
        ZoneInfo("no zone" if name in _NOWHERE else name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone of the IANA list") from None
    return name


InstantText = Annotated[
    str,
    StringConstraints(pattern=_INSTANT),
    AfterValidator(_real_instant),
    BeforeValidator(_like_instant),
]
ZoneName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$"), AfterValidator(_real_zone)
]


def resolve(text: str, zone: str) -> datetime:
    """Return an instant in UTC; without an offset it is local to a zone.

    Of a local time that comes twice the first is meant; one that does not exist is moved past the gap. Lint
    refuses both before publication.

    Parameters
    ----------
    text : str
        ISO, with or without offset.
    zone : str
        Name on the IANA list.

    Examples
    --------
    >>> resolve("2027-03-01T17:00", "Africa/Nairobi").isoformat()
    '2027-03-01T14:00:00+00:00'
    >>> resolve("2027-03-01T17:00Z", "Africa/Nairobi").isoformat()
    '2027-03-01T17:00:00+00:00'
    """
    instant = datetime.fromisoformat(text)
    return as_utc(instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(zone)))


def clock_fault(text: str, zone: str) -> str | None:
    """Say why a local time is not exactly one instant, if it is not.

    Parameters
    ----------
    text : str
        ISO, with or without offset.
    zone : str
        Name on the IANA list.

    Examples
    --------
    >>> clock_fault("2027-03-28T02:30", "Europe/Berlin")
    '2027-03-28T02:30 does not exist in Europe/Berlin: the clocks go forward over it'
    >>> clock_fault("2027-10-31T02:30", "Europe/Berlin")
    '2027-10-31T02:30 comes twice in Europe/Berlin: the clocks go back over it'
    """
    naive = datetime.fromisoformat(text)
    if naive.tzinfo is not None:
        return None
    first, second = (naive.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return None
    back = first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if back != naive:
        return f"{text} does not exist in {zone}: the clocks go forward over it"
    return f"{text} comes twice in {zone}: the clocks go back over it"


class Advances(Document):
    """Who goes on to the next phase.

    Attributes
    ----------
    rule : str
        ``all_eligible``; ``top``: the best ``n``; ``above_line``: everybody who reaches the line.
    n : int or None [applications]
        Of ``top``.
    line : str or None [points]
        Of ``above_line``, on the scale of the phase's rubric.
    tie : str or None
        When the line cannot be told through equals: ``split``, ``lottery``, another ``panel``, or
        ``extra_reads``. A ``top`` without it is refused before publication.

    Examples
    --------
    >>> Advances.read('{"rule": "top", "n": 5, "tie": "lottery"}').n
    5
    """

    rule: Literal["all_eligible", "top", "above_line"]
    n: Annotated[int, Field(ge=1, le=100_000)] | None = None
    line: DecimalText | None = None
    tie: TieRule | None = None

    def findings(self, at: str = "") -> Findings:
        """List a number or a line that the rule lacks or has no use for."""
        needs = {"n": self.rule == "top", "line": self.rule == "above_line"}
        found: Findings = []
        for name, needed in needs.items():
            given = getattr(self, name) is not None
            if needed and not given:
                found.append(finding(f"{at}/{name}", f"missing: {self.rule} needs it"))
            elif given and not needed:
                found.append(finding(f"{at}/{name}", f"{self.rule} has no use for it"))
        return found


class Phase(Document):
    """A stretch of time in which one thing is open; it includes its first instant and not its last.

    Attributes
    ----------
    id : str
        Unique in the brief.
    kind : str
        ``readiness``, ``registration``, ``application``, ``review``, ``development``, ``delivery``,
        ``decision`` or ``appeal``.
    opens_at, closes_at : str
        ISO instants; without an offset they are local to the brief's time zone. ``Brief.opens`` and
        ``Brief.closes`` return them in UTC.
    judging : str
        ``none``; ``panel``, ``applicants`` and ``ballot`` in a review; ``metric`` in a delivery.
    form : str or None
        Id of the form that is to be filled in.
    rubric : Rubric or str or None
        Of a panel: inline, or the id of one of the brief's rubrics; when left out, the brief's rubric.
    reads_per_application : int or None [reads]
        Of a panel: how many judges are to read each application.
    ballot : BallotPolicy or None
        Of a ballot: metrics, cap, floor and multiplier.
    advances : Advances or None
        Who goes on; ``None``: the phase holds nobody back.
    visibility : tuple[VisibilityRule, ...]
        Rules for this phase, besides those of the brief.
    grace_seconds : int [seconds]
        How long after the close a submission still counts, marked as late.
    must_finish : bool
        Of applicants who judge: whoever does not read is dropped, after one reminder.

    Examples
    --------
    >>> phase = Phase.read('{"id": "apply", "kind": "application",'
    ...     ' "opens_at": "2027-01-11T09:00+03:00", "closes_at": "2027-03-01T17:00+03:00"}')
    >>> phase.judging, phase.grace_seconds
    ('none', 0)
    """

    id: Code
    kind: PhaseKind
    opens_at: InstantText
    closes_at: InstantText
    judging: Judging = "none"
    form: Code | None = None
    rubric: Rubric | Code | None = None
    reads_per_application: Annotated[int, Field(ge=1, le=1000)] | None = None
    ballot: BallotPolicy | None = None
    advances: Advances | None = None
    visibility: Annotated[tuple[VisibilityRule, ...], Field(max_length=500)] = ()
    grace_seconds: Annotated[int, Field(ge=0, le=MAX_GRACE_SECONDS)] = 0
    must_finish: bool = False


def reads_result(later: Phase, earlier: Phase) -> bool:
    """Tell whether a phase starts from what another one yields, so that the two cannot run at once.

    A phase that lets only some go on is read by every phase after it; judges read what was handed in; a
    decision, a delivery and an appeal read what was judged.

    Parameters
    ----------
    later, earlier : Phase
        Of one brief, in its order.

    Examples
    --------
    >>> day = {"opens_at": "2027-01-01T00:00Z", "closes_at": "2027-02-01T00:00Z"}
    >>> apply = Phase.model_validate({"id": "a", "kind": "application", **day})
    >>> quiz = Phase.model_validate({"id": "q", "kind": "readiness", **day})
    >>> panel = Phase.model_validate({"id": "p", "kind": "review", "judging": "panel", **day})
    >>> reads_result(panel, apply), reads_result(apply, quiz)
    (True, False)
    """
    if earlier.advances is not None:
        return True
    if later.judging in {"panel", "applicants", "ballot"}:
        return earlier.kind in {"registration", "application", "development"}
    if later.kind in {"decision", "delivery", "development"}:
        return earlier.kind in {"application", "review", "decision"}
    return later.kind == "appeal" and earlier.kind == "decision"
