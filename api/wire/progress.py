"""What is asked and answered about progress: ratings, leaderboards, feedback, commitments, the map."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ...challenges.actor_map import ActorMap
from ...challenges.leaders import Leaderboard, LeaderRow, Side
from ...challenges.progress import HubProgress, ProgressState
from ...challenges.ratings import HubRating, Ratings
from ...challenges.register import CommitmentStatus, PublicCommitment, RegisterEntry
from ...challenges.rubric import figure
from ...finance.documents import Code
from .applications import seen
from .base import Amount, Asked, Made, PageQuery, Reply

DIGITS = 6


class ProgressQuery(BaseModel):
    """As of which day, and how old results weigh.

    Attributes
    ----------
    as_of : date or None
        Today when left out.
    half_life_months : int [months]
        After which a result weighs half; 0 when age does not count.
    """

    as_of: date | None = None
    half_life_months: Annotated[int, Field(ge=0, le=1200)] = 36


class LeaderboardQuery(ProgressQuery):
    """The same, and where the line is.

    Attributes
    ----------
    places : int or None [hubs]
        How many there are to win; no line when left out.
    """

    places: Annotated[int | None, Field(ge=1, le=10_000)] = None


class LeaderLine(Reply):
    """One hub of a leaderboard; figures are decimal text, parts of the way from baseline to target."""

    place: int
    hub: str
    state: str
    side: Side
    rating: str
    standard_error: str
    low: str
    high: str
    lower_bound: str
    expected_rank: str
    rank_low: int
    rank_high: int
    results: int
    pending: int
    earlier: int

    @classmethod
    def of(cls, row: LeaderRow) -> "LeaderLine":
        """Return a row as a reply."""
        return cls.model_validate(row.row())


class LeaderboardReply(Reply):
    """Every hub of one family of metrics, best expected rank first."""

    family: str
    as_of: date
    method: str
    reason: str
    mean: str
    between: str
    within: str
    half_life_months: str
    places: int | None
    alpha: str
    rows: list[LeaderLine]
    attachment: str

    @classmethod
    def of(cls, board: Leaderboard) -> "LeaderboardReply":
        """Return a leaderboard as a reply."""
        told: dict[str, Any] = board.document()
        return cls.model_validate({**told, "rows": [LeaderLine.of(row) for row in board.rows]})


class LeaderboardList(Reply):
    """The leaderboards of a challenge, one for each family of metrics.

    Attributes
    ----------
    shown : bool
        Whether they are shown to whoever asks by now; the brief's rules of visibility say when.
    """

    shown: bool
    items: list[LeaderboardReply]
    next: str | None


class RatingLine(Reply):
    """What verified results say about one hub, and how sure that is."""

    hub: str
    state: str
    value: str
    standard_error: str
    lower: str
    loading: str
    results: int
    pending: int

    @classmethod
    def of(cls, one: HubRating) -> "RatingLine":
        """Return a rating as a reply."""
        return cls(
            hub=one.hub,
            state=one.state,
            value=_text(one.value),
            standard_error=_text(one.standard_error),
            lower=_text(one.lower),
            loading=_text(one.loading),
            results=one.results,
            pending=one.pending,
        )


class RatingsReply(Reply):
    """The ratings of one family of metrics."""

    family: str
    as_of: date
    method: str
    reason: str
    mean: str
    mean_error: str
    hubs: list[RatingLine]

    @classmethod
    def of(cls, found: Ratings) -> "RatingsReply":
        """Return ratings as a reply."""
        return cls(
            family=found.family,
            as_of=found.as_of,
            method=found.method,
            reason=found.reason,
            mean=_text(found.mean),
            mean_error=_text(found.mean_error),
            hubs=[RatingLine.of(one) for one in found.hubs],
        )


class RatingsList(Reply):
    """The ratings of a challenge, one for each family of metrics."""

    items: list[RatingsReply]
    next: str | None


class ProgressListQuery(PageQuery):
    """As of which day.

    Attributes
    ----------
    as_of : date or None
        Today when left out.
    """

    as_of: date | None = None


class ProgressLine(Reply):
    """How far a hub has come, by one determination: 0 at the baseline, 1 at the target."""

    hub: str
    metric: str
    family: str
    value: str
    standard_error: str
    on: date
    state: ProgressState
    source: str

    @classmethod
    def of(cls, one: HubProgress) -> "ProgressLine":
        """Return a result as a reply."""
        return cls(
            hub=one.hub,
            metric=one.metric,
            family=one.family,
            value=figure(one.value, DIGITS),
            standard_error=figure(one.standard_error, DIGITS),
            on=one.on,
            state=one.state,
            source=one.source,
        )


class ProgressList(Reply):
    """A page of results; ``next`` is the cursor of the page behind it."""

    items: list[ProgressLine]
    next: str | None


class PublicCommitmentRequest(Asked):
    """A promise to make in public."""

    commitment: PublicCommitment


class CommitmentReply(Made):
    """A promise on record."""

    sha256: str
    commitment: PublicCommitment


class CommitmentQuery(PageQuery):
    """Which promises, as of which day.

    Attributes
    ----------
    as_of : date or None
        Today when left out.
    party : str or None
        Only those of one party.
    """

    as_of: date | None = None
    party: Code | None = None


class PublicCommitmentLine(Reply):
    """A promise as it stands on a day."""

    status: CommitmentStatus
    wanted: str
    reached: str
    reached_on: str
    facts: list[str]
    says: str
    replaced_by: str
    commitment: PublicCommitment

    @classmethod
    def of(cls, one: RegisterEntry) -> "PublicCommitmentLine":
        """Return an entry of the register as a reply."""
        return cls(
            status=one.status,
            wanted=one.wanted,
            reached=one.reached,
            reached_on=one.reached_on,
            facts=list(one.facts),
            says=one.says,
            replaced_by=one.replaced_by,
            commitment=one.commitment,
        )


class PublicCommitmentList(Reply):
    """A page of the public register, by code."""

    items: list[PublicCommitmentLine]
    next: str | None


class LandscapeQuery(BaseModel):
    """As of which day.

    Attributes
    ----------
    as_of : date or None
        Today when left out.
    """

    as_of: date | None = None


class LandscapePlace(Reply):
    """Where one actor stands on the map; shares are decimal text."""

    actor: str
    kind: str
    degree: int
    strength: int
    betweenness: str
    core: int
    articulation: bool
    community: int
    participation: str
    money_rank: str
    reaches: list[str]


class LandscapeTie(Reply):
    """One tie of the map, with its source; an amount on flows of money only."""

    source: str
    kind: str
    since: date
    until: Annotated[date | None, seen()] = None
    from_actor: str
    to_actor: str
    amount: Annotated[Amount | None, seen()] = None


class LandscapeCandidate(Reply):
    """An actor that already does what a hub does, and why."""

    actor: str
    why: str


class LandscapeGap(Reply):
    """A position where a hub would connect what does not meet."""

    kind: str
    communities: list[int]
    connects: list[str]
    why: str


class LandscapeReply(Reply):
    """The map as one audience may see it; nothing decides by it.

    Attributes
    ----------
    pivots : int or None [actors]
        From how many drawn actors betweenness was estimated; None when it is exact.
    """

    audience: str
    as_of: date
    places: list[LandscapePlace]
    ties: list[LandscapeTie]
    candidates: list[LandscapeCandidate]
    gaps: list[LandscapeGap]
    pivots: int | None
    coverage: str

    @classmethod
    def of(cls, drawn: ActorMap) -> "LandscapeReply":
        """Return a map as a reply."""
        told: dict[str, Any] = drawn.document()
        ties = [
            LandscapeTie(
                source=one.source,
                kind=one.kind,
                since=one.since,
                until=one.until,
                from_actor=one.from_actor,
                to_actor=one.to_actor,
                amount=None if one.amount is None else Amount.of(one.amount),
            )
            for one in drawn.ties
        ]
        return cls.model_validate({**told, "ties": ties})


def _text(value: float) -> str:
    return f"{value:.{DIGITS}f}"
