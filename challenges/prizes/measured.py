"""Prizes by results: stages with conditions, the first to reach a target, and measured progress.

The problem: a prize for results promises money for something that nobody has measured yet. Each of these
says what is measured, by when, and what happens when it comes late, so that the promise can be written as a
contract and its greatest cost set aside on the first day.
"""

from typing import Annotated, Literal

from pydantic import Field

from ...finance.documents import Code, DecimalText, Document, Text
from ...finance.findings import Findings, finding, repeated
from ..fields import Condition, DayText, MetricName
from ..figures import WHOLE_BP, nano
from .shared import PrizeBase

BasisPoints = Annotated[int, Field(ge=1, le=WHOLE_BP)]


class ReducedPerDay(Document):
    """A stage that comes late is paid less for every day.

    Attributes
    ----------
    reduce_bp_per_day : int [basis points per day]
        Of the stage's amount.

    Examples
    --------
    >>> ReducedPerDay.read('{"reduce_bp_per_day": 100}').reduce_bp_per_day
    100
    """

    reduce_bp_per_day: BasisPoints


class PrizeStage(Document):
    """One stage of a staged prize.

    Attributes
    ----------
    id : str
        Unique in the prize.
    amount : str or None [unit of the brief]
        What it pays. Or, instead:
    share_bp : int or None [basis points]
        Its share of the prize's amount.
    condition : Condition
        What has to be reached.
    due : str
        Last day.
    late : str or ReducedPerDay
        ``forfeit``: nothing after that day; or less for every day after it.

    Examples
    --------
    >>> stage = PrizeStage.read('''{"id": "pilot", "share_bp": 4000, "due": "2028-06-30", "late": "forfeit",
    ...     "condition": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}}''')
    >>> stage.condition.value
    '12'
    """

    id: Code
    amount: DecimalText | None = None
    share_bp: BasisPoints | None = None
    condition: Condition
    due: DayText
    late: Literal["forfeit"] | ReducedPerDay = "forfeit"


class Staged(PrizeBase):
    """An award in stages to the first of a phase's ranking; each stage is a clause of a contract.

    Attributes
    ----------
    kind : str
        ``staged``.
    winners : int [entries]
        How many entries get a contract over the same stages.
    amount : str or None [unit of the brief]
        What the stages of one entry pay together, where they are given as shares.
    stages : tuple[PrizeStage, ...]
        In order of their last days.

    Examples
    --------
    >>> condition = '"condition": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}'
    >>> prize = Staged.read('{"kind": "staged", "phase": "panel", "stages": [{"id": "pilot",'
    ...     ' "amount": "40.00", "due": "2028-06-30", ' + condition + '}]}')
    >>> prize.winners
    1
    """

    kind: Literal["staged"]
    winners: Annotated[int, Field(ge=1, le=1000)] = 1
    amount: DecimalText | None = None
    stages: Annotated[tuple[PrizeStage, ...], Field(min_length=1, max_length=50)]

    def findings(self, at: str = "") -> Findings:
        """List stages named twice or out of order, and shares that do not sum to one whole."""
        names = [stage.id for stage in self.stages]
        found = [
            finding(f"{at}/stages/{n}/id", f"stage {names[n]} stands here a second time")
            for n in repeated(names)
        ]
        for n in range(1, len(self.stages)):
            if self.stages[n].due < self.stages[n - 1].due:
                before = self.stages[n - 1]
                found.append(
                    finding(
                        f"{at}/stages/{n}/due", f"{self.stages[n].due} is before {before.id}: {before.due}"
                    )
                )
        return found + self._amount_findings(at)

    def _amount_findings(self, at: str) -> Findings:
        shares = [stage.share_bp for stage in self.stages]
        wanted = "share_bp" if self.amount is not None else "amount"
        found = [
            finding(
                f"{at}/stages/{n}",
                f"needs {wanted} and nothing else: the prize "
                + ("has one amount, shared" if self.amount is not None else "has no amount to share"),
            )
            for n, stage in enumerate(self.stages)
            if (stage.amount is None) != (self.amount is not None)
            or (stage.share_bp is None) != (self.amount is None)
        ]
        total = sum(share or 0 for share in shares)
        if self.amount is not None and not found and total != WHOLE_BP:
            found.append(finding(f"{at}/stages", f"the shares sum to {total} basis points, not {WHOLE_BP}"))
        return found


class FirstToFinish(PrizeBase):
    """One amount for whoever reaches a target first.

    Attributes
    ----------
    kind : str
        ``first_to_finish``.
    amount : str [unit of the brief]
        For the earliest achievement, by the instant at which it was achieved and not claimed.
    target : Condition
        What has to be reached.
    deadline : str
        Last day on which an achievement counts, in the brief's time zone.
    verification : str
        How an achievement is verified.
    settles_after : str
        Day after which no later finding of an earlier achievement changes the winner.

    Examples
    --------
    >>> prize = FirstToFinish.read('''{"kind": "first_to_finish", "phase": "deliver", "amount": "90.00",
    ...     "target": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"},
    ...     "deadline": "2028-12-31", "settles_after": "2029-03-31", "verification": "Each well visited"}''')
    >>> prize.deadline
    '2028-12-31'
    """

    kind: Literal["first_to_finish"]
    amount: DecimalText
    target: Condition
    deadline: DayText
    verification: Text
    settles_after: DayText

    def findings(self, at: str = "") -> Findings:
        """List a prize that settles before its deadline."""
        if self.settles_after < self.deadline:
            message = f"{self.settles_after} is before the deadline {self.deadline}"
            return [finding(f"{at}/settles_after", message)]
        return []


class MeasuredProgress(PrizeBase):
    """One amount for the progress that hubs make, as final determinations find it.

    Attributes
    ----------
    kind : str
        ``measured_progress``.
    amount : str [unit of the brief]
        The most of all awards together.
    metric : str or None
        Name and version; the metric of the brief's goal when left out.
    period : str or None
        What is measured when, for people; the delivery phase when left out.
    basis : str
        ``point``: the estimate counts; ``lower_bound``: what is left after its uncertainty.
    split : str
        ``ranked``: ``shares_bp`` by rank; ``proportional``: in proportion to progress; ``per_unit``:
        ``price`` for each unit, as a contract, until the amount ends.
    shares_bp : tuple[int, ...] or None [basis points]
        Of a ranked split: share of the amount by place.
    price : str or None [unit of the brief per unit of the metric]
        Of a split per unit.
    hub_cap_bp : int [basis points]
        Most of the amount for one hub.
    damping : str [dimensionless]
        0 to 1; 1: progress alone counts, 0: in proportion to earlier awards as well.
    newcomer_bp : int [basis points]
        Set aside for eligible hubs that have no determination yet.
    newcomers : str
        How they share it: ``equal`` or ``lottery``.

    Examples
    --------
    >>> prize = MeasuredProgress.read('''{"kind": "measured_progress", "phase": "deliver",
    ...     "amount": "3000000.00", "basis": "lower_bound", "split": "proportional", "hub_cap_bp": 4000}''')
    >>> prize.damping
    '1'
    """

    kind: Literal["measured_progress"]
    amount: DecimalText
    metric: MetricName | None = None
    period: Text | None = None
    basis: Literal["point", "lower_bound"]
    split: Literal["ranked", "proportional", "per_unit"]
    shares_bp: Annotated[tuple[BasisPoints, ...], Field(min_length=1, max_length=1000)] | None = None
    price: DecimalText | None = None
    hub_cap_bp: BasisPoints = WHOLE_BP
    damping: DecimalText = "1"
    newcomer_bp: Annotated[int, Field(ge=0, le=WHOLE_BP)] = 0
    newcomers: Literal["equal", "lottery"] = "equal"

    def findings(self, at: str = "") -> Findings:
        """List fields of another split, shares that rise or exceed one whole, a damping outside 0 to 1."""
        found = _only_for(self.shares_bp, self.split, "ranked", f"{at}/shares_bp")
        found += _only_for(self.price, self.split, "per_unit", f"{at}/price")
        if self.shares_bp is not None:
            found += _share_findings(self.shares_bp, f"{at}/shares_bp")
        if not 0 <= nano(self.damping) <= nano("1"):
            found.append(finding(f"{at}/damping", f"{self.damping} is not between 0 and 1"))
        return found


def _only_for(value: object, split: str, needed: str, at: str) -> Findings:
    if (value is not None) == (split == needed):
        return []
    said = "missing: a split" if value is None else "only a split"
    return [finding(at, f"{said} {needed} {'needs' if value is None else 'has'} it")]


def _share_findings(shares: tuple[int, ...], at: str) -> Findings:
    found = [
        finding(f"{at}/{n}", f"place {n + 1} has {share} basis points, more than place {n}")
        for n, share in enumerate(shares)
        if n and share > shares[n - 1]
    ]
    if sum(shares) > WHOLE_BP:
        found.append(finding(at, f"the shares sum to {sum(shares)} basis points, more than {WHOLE_BP}"))
    return found
