"""What is asked and answered about allocations: problems, answers with their reasons, and decisions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ...finance.allocation import AllocationDocument
from ...finance.allocation.conflict.edits import Edit
from ...finance.allocation.sections import GapText
from ...finance.documents import DecimalText
from .base import Asked, Instant, Made, Reply

MOST_CHANGES = 200
Label = Annotated[str, Field(max_length=200)]
Deadline = Annotated[int, Field(ge=1, le=3600)]
Points = Annotated[int, Field(ge=0, le=20)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]
EditValue = str | int | list[str] | None


class AllocationJobRequest(Asked):
    """An allocation to find.

    Attributes
    ----------
    deadline_s : int [s]
        For the solve.
    strategy : str
        Who chooses; ``auto`` is the optimizer.
    label : str
        What people call it.
    gap : str or None
        Distance to the best possible that is good enough, such as ``1/1000``; None as the problem says.
    points : int [budgets]
        At how many smaller and larger budgets it is solved as well; 0 for none.
    """

    problem: AllocationDocument
    deadline_s: Deadline = 60
    strategy: Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")] = "auto"
    label: Label = ""
    gap: GapText | None = None
    points: Points = 0


class AllocationTask(AllocationJobRequest):
    """An allocation to find, as it is kept.

    Attributes
    ----------
    base : UUID or None
        The job whose problem was changed.
    changes : list of str
        What was changed.
    """

    base: UUID | None = None
    changes: list[str] = Field(default_factory=list)


class AllocationBudget(Asked):
    """Another budget of a fund in a period.

    Attributes
    ----------
    period : int [position]
        Of the problem's periods, from 0.
    """

    fund_id: str
    period: int = 0
    budget: DecimalText


class AllocationOverride(Asked):
    """A decision of people that binds the answer, with its reason.

    Attributes
    ----------
    amount : str or None
        Bound of ``at_least`` and ``at_most``, over all periods.
    """

    intervention_id: str
    kind: Literal["fund", "exclude", "at_least", "at_most"]
    amount: DecimalText | None = None
    reason: Reason


class AllocationVariantRequest(Asked):
    """The problem of an earlier job, to be solved again; without a change, as it was.

    Attributes
    ----------
    fix : int or None [position]
        Which change of those that the earlier answer offers, from 0.
    """

    label: Label = ""
    deadline_s: Deadline | None = None
    gap: GapText | None = None
    points: Points | None = None
    fix: Annotated[int | None, Field(ge=0)] = None
    budgets: Annotated[list[AllocationBudget], Field(max_length=MOST_CHANGES)] = Field(default_factory=list)
    overrides: Annotated[list[AllocationOverride], Field(max_length=MOST_CHANGES)] = Field(
        default_factory=list
    )


class AllocationPart(Reply):
    """What one intervention is given in one period out of one fund."""

    intervention_id: str
    period: int
    fund_id: str
    amount: str


class AllocationEdit(Reply):
    """One change to one row of a section of the problem.

    Attributes
    ----------
    values : dict
        Columns and their new values.
    remove : bool
        Whether the row is taken out.
    """

    section: str
    key: dict[str, EditValue]
    values: dict[str, EditValue] = Field(default_factory=dict)
    remove: bool = False

    def edit(self) -> Edit:
        """Return it as it is applied."""
        return Edit(section=self.section, key=self.key, values=self.values, is_removal=self.remove)


class AllocationFix(Reply):
    """One change that makes an impossible problem possible.

    Attributes
    ----------
    amount : str
        How much money it moves; empty where it is not about an amount.
    """

    sentence: str
    rules: list[str]
    amount: str
    edits: list[AllocationEdit]


class AllocationSaying(Reply):
    """One sentence, and how sure it is: ``proved``, ``priced`` or ``re-solved``."""

    sentence: str
    how: str


class AllocationReason(Reply):
    """Why one intervention is funded or not.

    Attributes
    ----------
    most : str
        What it can use at most, over all periods.
    tied : bool
        Whether the evidence does not decide its place within the gap.
    reasons, levers : list of AllocationSaying
        Why; and what would have to be true for it to be funded.
    """

    intervention_id: str
    title: str
    funded: bool
    tied: bool
    amount: str
    most: str
    reasons: list[AllocationSaying]
    levers: list[AllocationSaying]


class AllocationPrice(Reply):
    """What a limit costs.

    Attributes
    ----------
    worth : str
        Exact fraction: what 1,000 more (of a count or a stock: one more) would bring at most.
    """

    rule: str
    sentence: str
    worth: str
    of_money: bool


class AllocationPoint(Reply):
    """The best that is known at one budget; value and bound are exact fractions, empty where none is."""

    part: str
    budget: str
    value: str
    bound: str
    envelope: str


class AllocationDone(Reply):
    """An allocation, or why there is none.

    Attributes
    ----------
    status : str
        ``within_gap``, ``stopped`` or ``infeasible``.
    value, bound, gap : str
        Exact fractions; empty where there is none.
    explanation : str
        Where it is infeasible: which limits conflict.
    conflict : list of str
        The same, a sentence for each limit.
    fixes : list of AllocationFix
        Changes that make it possible, the smallest first; each was tried.
    reasons : list of AllocationReason
        For the first 500 interventions.
    spent : str
        What the lines come to.
    allocation, certificate : str
        The exact bytes, for whoever checks them; empty where there is none.
    """

    kind: Literal["allocation"] = "allocation"
    status: str
    unit: str
    label: str = ""
    base: UUID | None = None
    changes: list[str] = Field(default_factory=list)
    value: str = ""
    bound: str = ""
    gap: str = ""
    spent: str = ""
    periods: list[str] = Field(default_factory=list)
    lines: list[AllocationPart] = Field(default_factory=list)
    explanation: str = ""
    conflict: list[str] = Field(default_factory=list)
    fixes: list[AllocationFix] = Field(default_factory=list)
    reasons: list[AllocationReason] = Field(default_factory=list)
    prices: list[AllocationPrice] = Field(default_factory=list)
    frontier: list[AllocationPoint] = Field(default_factory=list)
    allocation: str = ""
    certificate: str = ""


class AllocationFund(Reply):
    """Money of a fund in a period, in its own unit."""

    fund_id: str
    period: int
    budget: str
    unit: str


class AllocationProblem(Reply):
    """What a job of an allocation was asked.

    Attributes
    ----------
    interventions : dict of str to str
        Titles by id.
    problem : str
        The exact bytes.
    """

    label: str
    base: UUID | None
    changes: list[str]
    deadline_s: int
    gap: str
    points: int
    unit: str
    periods: list[str]
    funds: list[AllocationFund]
    interventions: dict[str, str]
    problem: str
    problem_sha256: str


class AllocationDecisionRequest(Asked):
    """An allocation to decide for, exactly as it was read.

    Attributes
    ----------
    allocation_sha256, certificate_sha256 : str
        Digests of the exact bytes.
    """

    allocation_sha256: Digest
    certificate_sha256: Digest
    reason: Reason


class AllocationDecisionFields(Reply):
    """A decision for an allocation: proposed by one person, approved by another. It moves no money."""

    id: UUID
    job: UUID
    maker: str
    allocation_sha256: str
    certificate_sha256: str
    reason: str


class AllocationDecisionMade(Made, AllocationDecisionFields):
    """A decision as it was proposed."""


class AllocationApprovalRequest(Asked):
    """Agreement to a decision, to exactly these bytes."""

    allocation_sha256: Digest


class AllocationApprovalMade(Made):
    """A decision that counts: two people made it."""

    decision: UUID
    job: UUID
    maker: str
    checker: str
    allocation_sha256: str
    approved_at: Instant


class AllocationDecisionLine(AllocationDecisionFields):
    """A decision, and who approved it.

    Attributes
    ----------
    checker : str
        Empty while nobody did.
    """

    checker: str
    approved_at: Instant | None


class AllocationDecisionList(Reply):
    """The decisions for one allocation, oldest first."""

    items: list[AllocationDecisionLine]
