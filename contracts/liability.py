"""What a fund has to keep for an agreement after each step: the bound on what can still be paid.

The problem: money set aside at signing for the worst case stays locked for years although most of what could
have been owed no longer can; released too soon, it is missing when a payment falls due. What is kept follows
from three figures: the bound with everything closed that no result can change, what is owed by payouts, and
what was really paid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from .agreement import AgreementState, VerificationRule
from .terms.document import WHOLE_TERM
from .terms.program import Program

Place = tuple[str, str]  # metric and period
ENDED: tuple[AgreementState, ...] = ("measured", "terminated", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerSums:
    """What became of one payer's payouts.

    Attributes
    ----------
    owed : int [minor units]
        By payouts that stand, less what is to come back.
    paid : int [minor units]
        Carried out, less what came back.
    waiting : int [minor units]
        Kept for payouts that wait for approval.
    frozen : int [minor units]
        Kept for disputes.
    """

    owed: int = 0
    paid: int = 0
    waiting: int = 0
    frozen: int = 0


NOTHING = PayerSums()


def to_keep(maximum: int, bound: int, sums: PayerSums) -> int:
    """Say how much of a payer's money has to stay set aside, beside what is frozen or waits.

    What can still be owed is the bound less what is owed already. Together with what was paid it is never
    above the maximum: where money is owed back, less is set aside until it has come.

    Parameters
    ----------
    maximum : int [minor units]
        Proven, as signed and amended.
    bound : int [minor units]
        The most that can ever be owed in total, with what is closed and what is owed already.
    sums : PayerSums
        What became of its payouts.

    Examples
    --------
    >>> to_keep(500, 500, PayerSums())
    500
    >>> to_keep(500, 300, PayerSums(owed=120, paid=120))
    180
    >>> to_keep(100, 100, PayerSums(owed=60, paid=100)), to_keep(100, 100, PayerSums(owed=60, paid=60))
    (0, 40)
    """
    can_come = bound - sums.owed
    uncovered = maximum - sums.paid - sums.waiting
    return max(0, min(can_come, uncovered) - sums.frozen)


def closed_places(
    program: Program,
    rule: VerificationRule,
    state: AgreementState,
    undecided: Iterable[Place],
    today: date,
) -> tuple[Place, ...]:
    """List metrics and periods of which no result can come any more, and about which nothing is undecided.

    Parameters
    ----------
    program : Program
        Compiled terms.
    rule : VerificationRule
        Says until when results can be claimed.
    state : str
        Of the agreement; once it is measured or terminated, nothing comes.
    undecided : Iterable of (str, str)
        Metric and period of claims on which the last word is not said.
    today : date
        The day.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE, AgreementDocument
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> document = AgreementDocument.read(EXAMPLE)
    >>> use = compile_terms(document.terms), document.verification
    >>> closed_places(*use, "active", [], date(2028, 3, 30))
    ()
    >>> closed_places(*use, "active", [], date(2028, 4, 1))
    (('nights', 'term'),)
    """
    waiting = set(undecided)
    return tuple(
        (name, period)
        for name, measure in program.metrics.items()
        for period, ends_on in (program.periods if measure.by_period else [(WHOLE_TERM, program.ends_on)])
        if (state in ENDED or (rule.claim_days is not None and last_day(rule, ends_on) < today))
        and (name, period) not in waiting
    )


def last_day(rule: VerificationRule, ends_on: date) -> date:
    """Return the last day on which results of what ends on a day can be claimed; that day, without a rule.

    Examples
    --------
    >>> last_day(VerificationRule(claim_days=90), date(2027, 12, 31))
    datetime.date(2028, 3, 30)
    """
    return ends_on + timedelta(days=rule.claim_days or 0)


def kept_beyond(
    legs: Mapping[tuple[str, str, tuple[str, ...], str, str], int],
    standing: Mapping[tuple[str, str, tuple[str, ...]], tuple[int, int]],
) -> dict[str, int]:
    """Sum what is owed beyond what findings in force make due, by payer; a key counts for each of them.

    Parameters
    ----------
    legs : Mapping of LegName to int [minor units]
        Owed, by clause, period, members, payer and payee.
    standing : Mapping of KeyName to (int, int) [minor units]
        Earned and entitled by findings in force; a key that is not there has nothing due.

    Examples
    --------
    >>> legs = {("nights", "term", (), "city", "home"): 100}
    >>> kept_beyond(legs, {("nights", "term", ()): (60, 60)})
    {'city': 40}
    """
    totals: dict[tuple[str, str, tuple[str, ...]], int] = {}
    payers: dict[tuple[str, str, tuple[str, ...]], set[str]] = {}
    for name, amount in legs.items():
        totals[name[:3]] = totals.get(name[:3], 0) + amount
        payers.setdefault(name[:3], set()).add(name[3])
    beyond: dict[str, int] = {}
    for key, total in totals.items():
        more = total - standing.get(key, (0, 0))[1]
        for payer in payers[key] if more > 0 else ():
            beyond[payer] = beyond.get(payer, 0) + more
    return beyond
