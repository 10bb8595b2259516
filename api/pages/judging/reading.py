"""What the pages of a round read: judges, conflicts, plans, scores and places, each where it may be known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ....challenges.brief import Brief
from ....finance.errors import AlmonerError
from ...wire.assignments import PlanList, PlanReply
from ...wire.briefs import BriefReply
from ...wire.calibrations import CalibrationList
from ...wire.challenges import ChallengeReply, PhaseReply
from ...wire.judges import ConflictList, JudgeList
from ...wire.rankings import AdvancementList, BandList, PlacementList, RankingReply
from ..visit import Visit

MOST = 200
SHOWN = 50  # applications of one page
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSeen:
    """A round as far as the visitor may know it.

    Attributes
    ----------
    plan : PlanReply or None
        The newest one.
    places_refused : str
        Why no places are shown, in English; empty where they are, or nothing is calibrated yet.
    """

    challenge: ChallengeReply
    brief: Brief
    phase: PhaseReply
    judges: JudgeList | None
    conflicts: ConflictList | None
    plans: PlanList
    plan: PlanReply | None
    ranking: RankingReply | None
    calibrations: CalibrationList
    places: PlacementList | None
    places_refused: str
    bands: BandList
    going_on: AdvancementList


def read_round(visit: Visit) -> RoundSeen:
    """Read a round.

    Raises
    ------
    AlmonerError
        Where there is no such challenge, phase or right.
    """
    challenge = visit.read(ChallengeReply, "challenge.read")
    brief = visit.read(BriefReply, "brief.read").brief
    name = brief.phase(visit.parts["phase"]).id
    plans = visit.read(PlanList, "assignment.list", limit=MOST)
    number = plans.items[-1].number if plans.items else 0
    calibrations = visit.read(CalibrationList, "calibration.list", limit=MOST)
    places, said = None, ""
    if calibrations.items:
        places, said = tried(lambda: visit.read(PlacementList, "placement.list"))
    return RoundSeen(
        challenge=challenge,
        brief=brief,
        phase=next(one for one in challenge.phases if one.id == name),
        judges=visit.read(JudgeList, "judge.list", limit=MOST),
        conflicts=visit.find(ConflictList, "conflict.list", limit=MOST),
        plans=plans,
        plan=visit.find(PlanReply, "assignment.read", number=number) if number else None,
        ranking=tried(
            lambda: visit.read(
                RankingReply, "ranking.read", limit=SHOWN, cursor=visit.query.get("entries", "")
            )
        )[0],
        calibrations=calibrations,
        places=places,
        places_refused=said,
        bands=visit.read(BandList, "band.list"),
        going_on=visit.read(AdvancementList, "advancement.list"),
    )


def tried(read: Callable[[], Found]) -> tuple[Found | None, str]:
    """Return what a read gives, or why it is refused."""
    try:
        return read(), ""
    except AlmonerError as error:
        return None, str(error)
