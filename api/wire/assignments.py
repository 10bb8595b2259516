"""What is asked and answered about assignments: who reads what, drafted and published."""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from ...challenges.plans import AssignmentPlan, PlanWishes
from ...finance.documents import Code
from .base import Asked, Made, Reply, Wire
from .rounds import decimal_text

Share = Annotated[str, Field(pattern=r"^(0(\.[0-9]{1,9})?|1(\.0{1,9})?)$")]


class FitSignal(Wire):
    """How well a judge fits an entry by one signal.

    Attributes
    ----------
    fit : str [1]
        Decimal text from 0 to 1; a pair without one plays no part.
    """

    signal: Code
    application: Code
    judge: Code
    fit: Share


class EntryPlace(Wire):
    """The panel of an entry, or the language in which it is written."""

    application: Code
    value: Code


class SeparatedJudges(Wire):
    """Two judges who must not read the same entry."""

    judge: Code
    other: Code


class PlanRequest(Asked):
    """Who reads what, as one joint problem.

    Attributes
    ----------
    seed : int [1]
        Of every choice by chance.
    gap : str [1]
        Relative distance to the bound that is good enough, as decimal text.
    seconds : int [s]
        For the solver.

    Examples
    --------
    >>> PlanRequest(seed=7).wishes().seed
    7
    """

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    signals: Annotated[tuple[FitSignal, ...], Field(max_length=50_000)] = ()
    panels: Annotated[tuple[EntryPlace, ...], Field(max_length=10_000)] = ()
    languages: Annotated[tuple[EntryPlace, ...], Field(max_length=10_000)] = ()
    separated: Annotated[tuple[SeparatedJudges, ...], Field(max_length=10_000)] = ()
    gap: Share = "0.001"
    seconds: Annotated[int, Field(ge=1, le=10)] = 10

    def wishes(self) -> PlanWishes:
        """Return it as the assignment takes it."""
        signals: dict[str, dict[tuple[str, str], float]] = {}
        for one in self.signals:
            signals.setdefault(one.signal, {})[one.application, one.judge] = float(one.fit)
        return PlanWishes(
            seed=self.seed,
            signals=signals,
            panels={one.application: one.value for one in self.panels},
            languages={one.application: one.value for one in self.languages},
            separated=tuple((one.judge, one.other) for one in self.separated),
            gap=float(self.gap),
            limit_s=float(self.seconds),
        )


class PlanPublicationRequest(Asked):
    """A draft that is to count.

    Attributes
    ----------
    reason : str
        Why what it lacks is accepted; empty where it lacks nothing.
    """

    reason: Annotated[str, Field(max_length=2000)] = ""


class PlanPair(Reply):
    """An entry and a judge who reads it."""

    application: str
    judge: str


class PlanShort(Reply):
    """An entry that lacks reads.

    Attributes
    ----------
    missing : int [reads]
        How many.
    """

    application: str
    missing: int


class PlanLine(Reply):
    """A plan without names.

    Attributes
    ----------
    number : int [plans]
        Counted from 1 in the phase.
    state, gap, seed, solver, problem_sha256 : str, str, int, str, str
        How it was solved: to which proof, by what, from which problem.
    reads : int [reads]
        That it gives out.
    lacking : int [reads]
        That it could not give out.
    """

    phase: str
    number: int
    published: bool
    proven: bool
    state: str
    gap: str | None
    seed: int
    solver: str
    problem_sha256: str
    reads: int
    lacking: int

    @classmethod
    def of(cls, plan: AssignmentPlan) -> "PlanLine":
        """Return a plan as a line."""
        return cls(**_facts(plan))


class PlanReply(PlanLine):
    """A plan with the pairs that the caller may see.

    Attributes
    ----------
    lacks : list of str
        What somebody has to accept before it is published.
    """

    pairs: list[PlanPair]
    short: list[PlanShort]
    lacks: list[str]


class PlanMade(Made):
    """A plan as it was drafted or published."""

    plan: PlanReply


class PlanList(Reply):
    """A page of plans; ``next`` is the cursor of the page behind it."""

    items: list[PlanLine]
    next: str | None


class ReminderMade(Made):
    """Who is to be reminded now; who is reminded can be dropped at the close."""

    phase: str
    readers: list[str]


def plan_reply(
    plan: AssignmentPlan, *, only: str | None = None, hidden: Collection[str] = (), masked: bool = False
) -> PlanReply:
    """Return a plan as a reply: whole, without some entries, or with one judge's pairs only.

    Parameters
    ----------
    plan : AssignmentPlan
        As stored.
    only : str or None
        Code of the judge whose pairs are shown; None for all.
    hidden : collection of str
        Entries of which nothing is shown; every count is of the others.
    masked : bool
        Show nothing of what it lacks.
    """
    seen = replace(
        plan,
        pairs=tuple(pair for pair in plan.pairs if pair[0] not in hidden),
        missing=tuple(row for row in plan.missing if row[0] not in hidden),
    )
    return PlanReply(
        **_facts(seen),
        pairs=[
            PlanPair(application=name, judge=judge) for name, judge in seen.pairs if only in {None, judge}
        ],
        short=[] if masked else [PlanShort(application=name, missing=n) for name, n in seen.missing],
        lacks=[] if masked else list(seen.lacks),
    )


def _facts(plan: AssignmentPlan) -> dict[str, Any]:
    said = json.loads(plan.body)["assignment"]
    return {
        "phase": plan.phase,
        "number": plan.number,
        "published": plan.published,
        "proven": plan.proven,
        "state": said["state"],
        "gap": decimal_text(float(said["gap"]), 9),
        "seed": said["seed"],
        "solver": said["solver"],
        "problem_sha256": said["problem_sha256"],
        "reads": len(plan.pairs),
        "lacking": sum(count for _, count in plan.missing),
    }
