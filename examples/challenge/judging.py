"""The judging of a phase, from the plan of who reads what to who goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from challenge.world import BOOK, World

from almoner.challenges import Brief, acts
from almoner.challenges.acts import PanelChoice
from almoner.challenges.conflicts import JudgeConflict
from almoner.challenges.judges import Judge
from almoner.challenges.plans import AssignmentPlan, PlanWishes
from almoner.challenges.seeds import Beacon
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.storage import Session
from almoner.finance.ties import Tie


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

    def choose(self, phase: str, chosen: str, reason: str) -> tuple[str, ...]:
        """Let three trustees decide the band around the line, on record."""
        acts.publish_band(self.session, BOOK, self.code, phase, clock=self.closes(phase, 1))
        sat = PanelChoice(chosen=(chosen,), members=("trustee-1", "trustee-2", "trustee-3"), reason=reason)
        clock = self.closes(phase, 26)
        made = acts.advance_phase(self.session, BOOK, self.code, phase, maker="desk", clock=clock, choice=sat)
        return made.inside

    def second(self, phase: str) -> str:
        """Return whom the scores place second."""
        (ranking,) = acts.rank_phase(self.session, BOOK, self.code, phase)
        return ranking.order[1]

    def seat(self, count: int, organisations: Mapping[str, str], *, clock: Clock) -> None:
        """Register judges, some of whom work for somebody."""
        for n in range(1, count + 1):
            code = f"judge-{n}"
            judge = Judge(code=code, organisation=organisations.get(code, ""), load=(0, 10))
            self.world.register(self.session, code)
            acts.register_judge(self.session, BOOK, self.code, judge, clock=clock)

    def own(self, owner: str, owned: str, *, clock: Clock) -> None:
        """Put on record that one party owns another."""
        self.world.register(self.session, owner)
        since, source = date(2025, 1, 1), "register of companies"
        tie = Tie(kind="owns", from_party=owner, to_party=owned, since=since, source=source)
        finance.tie(self.session, BOOK, tie, clock=clock)

    def conflict(self, judge: str, on: date) -> JudgeConflict:
        """Return the first conflict that bars a judge from an application."""
        found = acts.conflicts_of(self.session, BOOK, self.code, as_of=on, judges=[judge])
        return next(one for one in found if one.level == "hard")

    def run(self, phase: str) -> AssignmentPlan:
        """Assign, read and freeze."""
        plan = self.assign(phase)
        self.read(plan)
        self.freeze(phase)
        return plan
