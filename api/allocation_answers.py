"""What a job tells of an allocation: who gets what and why, what limits cost, what would make it possible.

The problem: lines of amounts convince nobody who is not on them. Each intervention gets its reasons, each
limit its price, and an impossible problem the changes that were tried and make it possible, as data.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ..finance.allocation import AllocationDocument, AllocationResult, budget_frontier
from ..finance.allocation.conflict.wording import Wording
from ..finance.allocation.reasons.explanations import explain_each
from ..finance.allocation.reasons.levers import Lever
from ..finance.errors import Infeasible
from ..finance.money import decimal_text
from .wire.allocations import (
    AllocationDone,
    AllocationEdit,
    AllocationFix,
    AllocationPart,
    AllocationPoint,
    AllocationPrice,
    AllocationReason,
    AllocationSaying,
    AllocationTask,
)

OF_MONEY = ("budget", "floor", "cap")
MOST_PRICES = 200
WIDEST = 2


def done_of(posed: AllocationDocument, result: AllocationResult, asked: AllocationTask) -> AllocationDone:
    """Return an allocation with its reasons.

    Parameters
    ----------
    posed : AllocationDocument
        The problem that was solved.
    result : AllocationResult
        Its answer.
    asked : AllocationTask
        What was asked.
    """
    lines = [
        AllocationPart(
            intervention_id=line.intervention_id,
            period=line.period,
            fund_id=line.fund_id,
            amount=decimal_text(line.amount_minor, result.scale),
        )
        for line in result.allocation.lines
    ]
    return AllocationDone(
        status=result.status,
        unit=result.unit,
        label=asked.label,
        base=asked.base,
        changes=asked.changes,
        value=str(result.value),
        bound=str(result.bound),
        gap="" if result.gap is None else str(Fraction(result.gap)),
        spent=decimal_text(sum(line.amount_minor for line in result.allocation.lines), result.scale),
        periods=list(posed.arrays.periods),
        lines=lines,
        reasons=_reasons(posed, result),
        prices=_prices(posed, result),
        allocation=result.allocation.canonical_bytes().decode(),
        certificate=result.certificate.canonical_bytes().decode(),
    )


def impossible_of(document: AllocationDocument, why: Infeasible, asked: AllocationTask) -> AllocationDone:
    """Return that there is no allocation, which limits conflict, and what would make it possible.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    why : Infeasible
        As it was refused.
    asked : AllocationTask
        What was asked.
    """
    reasons: Any = why.figures.get("reasons", [])
    fixes: Any = why.figures.get("fixes", [])
    return AllocationDone(
        status="infeasible",
        unit=document.unit,
        label=asked.label,
        base=asked.base,
        changes=asked.changes,
        periods=list(document.arrays.periods),
        explanation=why.message,
        conflict=list(reasons),
        fixes=[_fix(document, fix) for fix in fixes],
    )


def frontier_of(document: AllocationDocument, points: int, deadline_s: float) -> list[AllocationPoint]:
    """Solve a problem at other budgets, in equal steps up to twice the money.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    points : int [budgets]
        How many.
    deadline_s : float [s]
        For all of them.
    """
    parts = [Fraction(WIDEST * at, points) for at in range(1, points + 1)]
    found = budget_frontier(document, parts, deadline_s=deadline_s / points)
    return [
        AllocationPoint(
            part=str(one.part),
            budget=document.amount(one.budget_minor),
            value="" if one.value is None else str(one.value),
            bound="" if one.bound is None else str(one.bound),
            envelope="" if one.envelope is None else str(one.envelope),
        )
        for one in found
    ]


def _fix(document: AllocationDocument, fix: Mapping[str, Any]) -> AllocationFix:
    minor = fix["amount_minor"]
    return AllocationFix(
        sentence=fix["sentence"],
        rules=fix["rules"],
        amount="" if minor is None else document.amount(minor),
        edits=[
            AllocationEdit(
                section=one["section"],
                key=one["key"],
                values=one.get("set", {}),
                remove=one.get("remove", False),
            )
            for one in fix["edits"]
        ],
    )


def _reasons(posed: AllocationDocument, result: AllocationResult) -> list[AllocationReason]:
    names = posed.interventions.texts("intervention_id")
    titles = dict(zip(names, posed.interventions.texts("title"), strict=True))
    arrays = posed.arrays
    cells = arrays.high.reshape(arrays.n, -1)
    most = ((cells + arrays.fixed[:, None]) * (cells > 0)).sum(axis=1).tolist()
    at_most = dict(zip(arrays.intervention_ids, most, strict=True))
    return [
        AllocationReason(
            intervention_id=one.intervention_id,
            title=titles[one.intervention_id] or "",
            funded=result.award_minor(one.intervention_id) > 0 or one.is_funded,
            tied=one.is_tied,
            amount=posed.amount(one.award_minor),
            most=posed.amount(int(at_most[one.intervention_id])),
            reasons=_sayings([(reason.sentence, reason.how) for reason in one.reasons]),
            levers=_sayings(_told(one.levers)),
        )
        for one in explain_each(posed, result)
    ]


def _told(levers: Sequence[Lever]) -> list[tuple[str, str]]:
    return [(one.sentence, one.how) for one in levers]


def _sayings(told: Sequence[tuple[str, str]]) -> list[AllocationSaying]:
    return [AllocationSaying(sentence=sentence, how=how) for sentence, how in told]


def _prices(posed: AllocationDocument, result: AllocationResult) -> list[AllocationPrice]:
    """Return what the dearest limits cost, first those of money."""
    say = Wording(posed)
    found = [
        AllocationPrice(
            rule=rule,
            sentence=say.sentence(rule),
            worth=str(price),
            of_money=rule.partition("/")[0] in OF_MONEY,
        )
        for rule, price in result.prices.items()
    ]
    return sorted(found, key=lambda one: (not one.of_money, -Fraction(one.worth), one.rule))[:MOST_PRICES]
