"""What is asked and answered about appeals: filed, what they hold, how they were ruled."""

from typing import Annotated, Literal

from pydantic import Field

from ...challenges.acts import ProposedRuling, Ruled
from ...challenges.appeals import Appeal, Frozen, Remedy
from ...challenges.awarding import TieBreak
from ...challenges.records.appeals import StoredAppeal
from .awards import AwardReply, DecidedAward
from .base import Asked, Made, Reply
from .rounds import RankTieRequest, Reason

Number = Annotated[int, Field(ge=1, le=1_000_000)]
State = Literal["open", "upheld", "dismissed"]
STATES: dict[bool | None, State] = {None: "open", True: "upheld", False: "dismissed"}


class AppealRequest(Asked):
    """An appeal to file, and what breaks ties in the decision it would change."""

    appeal: Appeal
    tie: RankTieRequest = RankTieRequest()


class HeldAward(Reply):
    """An announced award that an appeal keeps back.

    Attributes
    ----------
    prize : int [position]
        Which prize of the brief, counted from 0.
    """

    prize: int
    application: str
    part: str


class AppealMade(Made):
    """An appeal as filed: what it holds, and what the appellant would get if it is upheld.

    Attributes
    ----------
    number : int [appeals]
        Of the appellant's, from 1.
    """

    application: str
    number: int
    held: list[HeldAward]
    would_get: list[DecidedAward]

    @classmethod
    def of(cls, application: str, number: int, frozen: Frozen) -> "AppealMade":
        """Return what an appeal holds as a reply."""
        return cls(
            application=application,
            number=number,
            held=[HeldAward(prize=prize, application=who, part=part) for prize, who, part in frozen.held],
            would_get=[DecidedAward.of(prize, one) for prize, one in frozen.counterfactual],
        )


class RulingLine(Reply):
    """A ruling that upholds an appeal and waits for a second person.

    Attributes
    ----------
    number : int [rulings]
        Of those proposed on this appeal, from 1.
    """

    number: int
    ruled_by: str
    reason: str


class AppealReply(Reply):
    """An appeal and its ruling.

    Attributes
    ----------
    number : int [appeals]
        Of the appellant's, from 1.
    proposed : list of RulingLine
        Rulings that wait; shown to those who rule and check.
    """

    application: str
    number: int
    ground: str
    statement: str
    remedies: list[Remedy]
    state: State
    proposed: list[RulingLine]

    @classmethod
    def of(cls, one: StoredAppeal, proposed: tuple[ProposedRuling, ...] = ()) -> "AppealReply":
        """Return a stored appeal as a reply."""
        waiting = proposed if one.upheld is None else ()
        return cls(
            application=one.appeal.application,
            number=one.number,
            ground=one.appeal.ground,
            statement=one.appeal.statement,
            remedies=list(one.appeal.remedies),
            state=STATES[one.upheld],
            proposed=[
                RulingLine(number=n, ruled_by=row.ruled_by, reason=row.reason)
                for n, row in enumerate(waiting, start=1)
            ],
        )


class AppealList(Reply):
    """A page of appeals; ``next`` is the cursor of the page behind it."""

    items: list[AppealReply]
    next: str | None


class RulingRequest(Asked):
    """What somebody from outside decides about an appeal.

    Attributes
    ----------
    upheld : bool
        Upheld, it waits for a second person; dismissed, it stands at once.
    """

    upheld: bool
    reason: Reason
    tie: RankTieRequest = RankTieRequest()

    def tie_break(self) -> TieBreak:
        """Return what breaks ties in the right decision."""
        return TieBreak(seed=self.tie.seed, decided=self.tie.orders)


class AwardWaiting(Reply):
    """An award that waits for what is to be recovered."""

    application: str
    part: str


class RulingMade(Made):
    """What a ruling did.

    Attributes
    ----------
    state : str
        ``proposed`` while it waits for a second person, ``upheld`` or ``dismissed``.
    proposal : int or None [rulings]
        Number under which it waits.
    reversed, made : tuple of AwardReply
        Awards that ended, and awards that stand in their place.
    to_recover : tuple of AwardReply
        Paid already and wrong; what was paid is to come back.
    waiting : tuple of AwardWaiting
        Made when it has.
    """

    application: str
    number: int
    state: Literal["proposed", "upheld", "dismissed"]
    proposal: int | None = None
    reversed: tuple[AwardReply, ...] = ()
    made: tuple[AwardReply, ...] = ()
    to_recover: tuple[AwardReply, ...] = ()
    waiting: tuple[AwardWaiting, ...] = ()

    @classmethod
    def of(
        cls, application: str, number: int, ruled: Ruled, *, state: Literal["upheld", "dismissed"]
    ) -> "RulingMade":
        """Return what a ruling did as a reply."""
        return cls(
            application=application,
            number=number,
            state=state,
            reversed=tuple(AwardReply.of(row) for row in ruled.reversed_awards),
            made=tuple(AwardReply.of(row) for row in ruled.made),
            to_recover=tuple(AwardReply.of(row) for row in ruled.to_recover),
            waiting=tuple(
                AwardWaiting(application=one.application_id, part=one.part) for one in ruled.waiting
            ),
        )
