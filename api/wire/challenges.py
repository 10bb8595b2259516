"""What is asked and answered about challenges: their publication, state and phases."""

from typing import Annotated

from pydantic import Field

from ...challenges.brief import Brief
from ...challenges.lifecycle import State
from ...finance.dates import Clock, as_utc
from ...finance.documents import Code
from ...finance.units import Unit
from .base import Amount, Asked, Instant, Made, Reply


class ChallengeRequest(Asked):
    """A brief to publish, and what its prizes are for.

    Attributes
    ----------
    brief : Brief
        The whole document.
    use : dict of str to str
        Decides which earmarks the prizes may draw on, for example ``{"region": "east"}``.
    """

    brief: Brief
    use: Annotated[dict[Code, Code], Field(max_length=20, default_factory=dict)]


class ChallengeMade(Made):
    """A challenge as it was published."""

    code: str
    fund: str
    title: str
    version: int
    brief_sha256: str
    prizes: Amount


class ChallengeLine(Reply):
    """A challenge in a list."""

    code: str
    title: str
    fund: str
    state: State
    prizes: Amount


class ChallengeList(Reply):
    """A page of challenges; ``next`` is the cursor of the page behind it."""

    items: list[ChallengeLine]
    next: str | None


class PhaseReply(Reply):
    """A phase of a challenge with its instants in UTC; at ``closes_at`` it is closed."""

    id: str
    kind: str
    judging: str
    opens_at: Instant
    closes_at: Instant
    is_open: bool


class ChallengeReply(Reply):
    """A challenge as it stands."""

    code: str
    title: str
    fund: str
    state: State
    version: int
    brief_sha256: str
    time_zone: str
    prizes: Amount
    phases: list[PhaseReply]
    languages: list[str]

    @classmethod
    def of(cls, brief: Brief, unit: Unit, state: State, clock: Clock) -> "ChallengeReply":
        """Return a challenge under the brief in force."""
        now = as_utc(clock())
        phases = [
            PhaseReply(
                id=one.id,
                kind=one.kind,
                judging=one.judging,
                opens_at=brief.opens(one),
                closes_at=brief.closes(one),
                is_open=brief.is_open(one, now),
            )
            for one in brief.phases
        ]
        return cls(
            code=brief.challenge_id,
            title=brief.title,
            fund=brief.fund,
            state=state,
            version=brief.version,
            brief_sha256=brief.digest(),
            time_zone=brief.time_zone,
            prizes=Amount.of(brief.prize_total(unit)),
            phases=phases,
            languages=list(brief.languages),
        )
