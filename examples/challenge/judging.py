"""The judging of a phase, from the plan of who reads what to who goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from challenge.world import BOOK, World

from almoner.challenges import Brief, acts
from almoner.challenges.plans import AssignmentPlan, PlanWishes
from almoner.challenges.seeds import Beacon
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.storage import Session


@dataclass(frozen=True)
class Judging:
    """One challenge that is being judged."""

    session: Session
    brief: Brief
    world: World

    @property
    def code(self) -> str:
        """Code of the challenge."""
        return self.brief.challenge_id

    def closes(self, phase: str, hours: int = 0) -> Clock:
        """Tell the close of a phase, or some hours after."""
        return fixed_clock(self.brief.closes(phase) + timedelta(hours=hours))

    def opens(self, phase: str, hours: int = 0) -> Clock:
        """Tell the opening of a phase, or some hours after."""
        return fixed_clock(self.brief.opens(phase) + timedelta(hours=hours))

    def assign(self, phase: str) -> AssignmentPlan:
        """Draft a plan of who reads what, and publish it."""
        clock = self.opens(phase, -48)
        wishes = PlanWishes(seed=2027)
        plan = acts.plan_assignment(self.session, BOOK, self.code, phase, wishes, clock=clock)
        why = "; ".join(plan.lacks)
        return acts.publish_assignment(
            self.session, BOOK, self.code, phase, plan.number, maker="desk", reason=why, clock=clock
        )

    def read(self, plan: AssignmentPlan) -> None:
        """Have every judge mark everything on the own list."""
        rubric = self.brief.rubric_of(plan.phase)
        for name, judge in plan.pairs:
            marks = self.world.marks(rubric, name, judge)
            acts.score(
                self.session, BOOK, self.code, name, judge, marks, clock=self.opens(plan.phase, hours=24)
            )

    def freeze(self, phase: str) -> acts.FrozenCalibration:
        """Freeze the scores at the close."""
        return acts.freeze_calibration(self.session, BOOK, self.code, phase, clock=self.closes(phase))

    def advance(self, phase: str) -> tuple[str, ...]:
        """Publish the band around the line, draw it by a beacon that came later, and say who goes on."""
        named, drawn = self.closes(phase, 1), self.closes(phase, 25)
        source = "the city beacon, next pulse"
        acts.publish_band(
            self.session, BOOK, self.code, phase, clock=named, beacon_source=source, beacon_at=drawn()
        )
        pulse = Beacon(
            source=source, named_at=named(), instant=drawn(), value="5f0e" * 16, proof="signed by the city"
        )
        made = acts.advance_phase(
            self.session, BOOK, self.code, phase, maker="desk", clock=self.closes(phase, 26), seed=pulse
        )
        return made.inside

    def run(self, phase: str) -> AssignmentPlan:
        """Assign, read and freeze."""
        plan = self.assign(phase)
        self.read(plan)
        self.freeze(phase)
        return plan

    def on(self, day: datetime) -> Clock:
        """Tell a day."""
        return fixed_clock(day)
