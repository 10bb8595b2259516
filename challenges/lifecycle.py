"""A challenge in a fund: every prize covered before anybody applies, and a state that anybody can reckon.

The problem: prizes are announced that nobody has the money for, and a challenge is "under review" for as
long as its organiser likes. A challenge exists only together with the commitment that covers its prizes;
each award later takes its part out of that commitment. Its state follows from the brief, the time and the
few moves on record::

    draft -> published -> open -> judging -> decided -> settled
      `---------`----------`--------`-> cancelled

``published``, ``decided``, ``settled`` and ``cancelled`` are moves that somebody makes; ``open`` and
``judging`` come with the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from ..finance.accounts import Promise
from ..finance.dates import as_utc, instant_text
from .applications import Application
from .brief import Brief
from .eligibility import Finding, Status
from .errors import ChallengeRefused

State = Literal["draft", "published", "open", "judging", "decided", "settled", "cancelled"]
MoveTo = Literal["published", "decided", "settled", "cancelled"]
ENTRY: Final = frozenset({"readiness", "registration", "application"})
LAWFUL: Final[Mapping[State, tuple[MoveTo, ...]]] = {
    "draft": ("published", "cancelled"),
    "published": ("cancelled",),
    "open": ("cancelled",),
    "judging": ("decided", "cancelled"),
    "decided": ("settled",),
    "settled": (),
    "cancelled": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A published challenge.

    Attributes
    ----------
    book, fund : str
        Whose money covers the prizes.
    brief : Brief
        The rules.
    """

    book: str
    fund: str
    brief: Brief

    @property
    def code(self) -> str:
        """Code of the challenge."""
        return self.brief.challenge_id

    @property
    def prizes_promise(self) -> Promise:
        """The commitment that covers the prizes nobody has won yet."""
        return Promise("commitment", self.code)

    def award_promise(self, application_id: str) -> Promise:
        """Return the commitment to one winner."""
        return Promise("commitment", f"{self.code}#{application_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an applicant holds for what came in.

    Attributes
    ----------
    code : str
        Receipt number: challenge, application, count, and the first digits of the digest.
    number : int
        Which submission of this application, from 1; the last one counts.
    phase : str
        In which phase.
    version : int
        Version of the brief in force.
    sha256 : str
        Digest of the bytes received, 64 hexadecimal digits.
    received_at : datetime
        By the server's clock.
    late : bool
        Whether it came in the seconds of grace after the close.

    Examples
    --------
    >>> from datetime import UTC
    >>> Receipt(code="clean-water#a-1#1#ab", number=1, phase="apply", version=1, sha256="ab" * 32,
    ...         received_at=datetime(2027, 1, 20, tzinfo=UTC), late=False).number
    1
    """

    code: str
    number: int
    phase: str
    version: int
    sha256: str
    received_at: datetime
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An application as it was received, with what the eligibility rule found.

    Attributes
    ----------
    application : Application
        As submitted.
    finding : Finding or None
        None when the brief lets everybody in.
    receipt : Receipt or None
        None when it was not stored.
    withdrawn : bool
        Whether it was taken back; it stays on record.
    """

    application: Application
    finding: Finding | None
    receipt: Receipt | None = None
    withdrawn: bool = False

    @property
    def status(self) -> Status:
        """``pass``, ``needs_document`` or ``fail``."""
        return "pass" if self.finding is None else self.finding.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step of a challenge that somebody made.

    Attributes
    ----------
    to : str
        ``published``, ``decided``, ``settled`` or ``cancelled``.
    at : datetime
        When; aware.
    reason : str
        Why; a cancellation cannot do without.

    Examples
    --------
    >>> from datetime import UTC
    >>> Move(to="cancelled", at=datetime(2027, 1, 1, tzinfo=UTC), reason="")
    Traceback (most recent call last):
    ...
    ValueError: a cancellation needs its reason: everybody who took part is told
    """

    to: MoveTo
    at: datetime
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a cancellation that says nothing."""
        if self.to == "cancelled" and not self.reason.strip():
            raise ValueError("a cancellation needs its reason: everybody who took part is told")
        object.__setattr__(self, "at", as_utc(self.at))


def state_at(brief: Brief, now: datetime, moves: Sequence[Move]) -> State:
    """Return the state of a challenge at an instant.

    It is ``open`` from its first phase on, and ``judging`` from when the last phase of entry has closed, or
    the first other phase has opened, whichever comes first.

    Parameters
    ----------
    brief : Brief
        In force.
    now : datetime
        Aware.
    moves : Sequence[Move]
        On record, oldest first; those after ``now`` have not happened yet.

    Raises
    ------
    ChallengeRefused
        When the moves on record could not have followed one another.
    """
    instant = as_utc(now)
    state: State = "draft"
    for move in moves:
        if move.at > instant:
            break
        reached = _by_clock(brief, state, move.at)
        if move.to not in LAWFUL[reached]:
            raise _refusal(brief, reached, move.to, move.at)
        state = move.to
    return _by_clock(brief, state, instant)


def require_move(brief: Brief, now: datetime, moves: Sequence[Move], to: MoveTo) -> State:
    """Return the state from which a challenge may go on to another one, or refuse the step.

    Parameters
    ----------
    brief, now, moves
        As for ``state_at``.
    to : str
        Where to.

    Raises
    ------
    ChallengeRefused
        When the step is not lawful; the message lists those that are.
    """
    state = state_at(brief, now, moves)
    if to not in LAWFUL[state]:
        raise _refusal(brief, state, to, now)
    return state


def events_at(brief: Brief, now: datetime, moves: Sequence[Move]) -> frozenset[str]:
    """Return what has happened by an instant, in the words that rules of visibility wait for.

    Parameters
    ----------
    brief, now, moves
        As for ``state_at``.

    Returns
    -------
    frozenset of str
        ``<phase>.opened``, ``<phase>.closed``, ``appeals.over`` and each move made.
    """
    instant = as_utc(now)
    made = {move.to: move.at for move in moves if move.at <= instant}
    happened: set[str] = set(made)
    for phase in brief.phases:
        if brief.opens(phase) <= instant:
            happened.add(f"{phase.id}.opened")
        if brief.closes(phase) <= instant:
            happened.add(f"{phase.id}.closed")
    decided = made.get("decided")
    if decided is not None and decided + brief.appeal_policy.window <= instant:
        happened.add("appeals.over")
    return frozenset(happened)


def event_names(brief: Brief) -> frozenset[str]:
    """Return every event that a rule of visibility can wait for.

    Parameters
    ----------
    brief : Brief
        Whose phases.
    """
    phases = {f"{phase.id}.{what}" for phase in brief.phases for what in ("opened", "closed")}
    return frozenset(phases | {"published", "decided", "settled", "cancelled", "appeals.over"})


def _by_clock(brief: Brief, state: State, instant: datetime) -> State:
    if state != "published":
        return state
    entry = [brief.closes(phase) for phase in brief.phases if phase.kind in ENTRY]
    other = [brief.opens(phase) for phase in brief.phases if phase.kind not in ENTRY]
    if instant >= min([*([max(entry)] if entry else []), *other]):
        return "judging"
    return "open" if instant >= min(brief.opens(phase) for phase in brief.phases) else "published"


def _refusal(brief: Brief, state: State, to: MoveTo, at: datetime) -> ChallengeRefused:
    lawful = " or ".join(LAWFUL[state]) or "nothing else"
    return ChallengeRefused(
        f"The challenge {brief.challenge_id} is {state} at {instant_text(at)}; from there it can become "
        f"{lawful}, not {to}.",
        challenge=brief.challenge_id,
        state=state,
        to=to,
    )
