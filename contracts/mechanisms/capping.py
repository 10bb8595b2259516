"""Caps: the most that is paid for a claim, a person, a result, a cohort, a payer or all.

The problem: a cap in the wrong place pays the wrong claim. Limits cut in the order in which they stand: put
the narrow ones first. What a cap takes away stays visible as earned and cut.
"""

from collections.abc import Sequence

from .fragments import Fragment
from .parts import limit, named
from .phrases import Expr, least, scale


def cap_claim(*, name: str, most: str | Expr, of: Sequence[str], claims: str) -> Fragment:
    """Cap every single claim, where claims are members of a set.

    Composition: a limit ``each`` claim.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(cap_claim(name="claim-most", most="500", of=["repair"], claims="claims")))
    limit claim-most: repair each claims <= 500
    """
    return limit(name, most, of, each=[claims])


def cap_person(*, name: str, most: str | Expr, of: Sequence[str], people: str) -> Fragment:
    """Cap what is paid for one person, over several clauses that are ``each`` person.

    Composition: a limit ``each`` person. A maximum fixed at enrolment is a metric per person.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(cap_person(name="person-most", most="17000", of=["home", "job"], people="people")))
    limit person-most: home, job each people <= 17000
    """
    return limit(name, most, of, each=[people])


def cap_metric(*, name: str, most: str | Expr, of: Sequence[str]) -> Fragment:
    """Cap what one result pays: the clauses that rest on it.

    Composition: a limit of those clauses.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(cap_metric(name="housing-most", most="5290000", of=["housing"])))
    limit housing-most: housing <= 5290000
    """
    return limit(name, most, of)


def cap_cohort(*, name: str, most: str | Expr, of: Sequence[str], cohorts: str) -> Fragment:
    """Cap what one cohort is paid for.

    Composition: a limit ``each`` cohort.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(cap_cohort(name="cohort-most", most="1350000", of=["savings"], cohorts="cohorts")))
    limit cohort-most: savings each cohorts <= 1350000
    """
    return limit(name, most, of, each=[cohorts])


def cap_contract(*, name: str, most: str | Expr) -> Fragment:
    """Cap everything.

    Composition: a limit of ``*``; it stands last.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(cap_contract(name="most", most="11420000")))
    limit most: * <= 11420000
    """
    return limit(name, most)


def cap_period(*, name: str, most: str | Expr, of: Sequence[str] = ("*",)) -> Fragment:
    """Cap what one period pays; what a cumulative clause could not pay is owed in the next.

    Composition: a limit ``each`` period.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(cap_period(name="year-most", most="100000", of=["points"])))
    limit year-most: points each period <= 100000
    """
    return limit(name, most, of, each=["period"])


def cap_payer(*, name: str, most: str | Expr, of: Sequence[str]) -> Fragment:
    """Cap what one payer pays under clauses of its own; the maximum of a leg is ``payers_ranked``.

    Composition: a limit of those clauses.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(cap_payer(name="state-most", most="27000", of=["jail", "jobs"])))
    limit state-most: jail, jobs <= 27000
    """
    return limit(name, most, of)


def cap_claims_share(*, name: str, of: Expr, whole: Expr, share: Expr, unit: str) -> Fragment:
    """Count claims only up to a share of all claims or enrolled people, in whole claims.

    Composition: figure ``min(of, scale(whole, share, floor))``; price this figure instead of the count.

    Parameters
    ----------
    whole : expression
        All claims, or all people.
    unit : str
        Type of the claims, with no digits: ``claim/0``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs, ratio
    >>> print(in_short(cap_claims_share(name="part-time", of=obs("part"), whole=obs("jobs"),
    ...     share=ratio("0.25"),
    ...                                 unit="claim/0")))
    figure part-time = min(part, floor(jobs * 0.25))
    """
    return named(name, least(of, scale(whole, share, into=unit, rounding="floor")))
