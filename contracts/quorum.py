"""Quorum: when enough verifiers found the same, and which figure then counts.

The problem: two of three verifiers find 412 and 413 nights, the third 390, and somebody picks. The agreement
says beforehand how many must agree, how far apart two figures may lie and still be the same, and which of
them is paid on; nothing is averaged, so that every figure that is paid on was signed by somebody.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from .agreement import VerificationRule
from .claims import ClaimedResult
from .determinations import Determination

ZERO = Fraction(0)
Place = tuple[str, str, tuple[tuple[str, str], ...]]


def decide(findings: Sequence[Determination], rule: VerificationRule) -> tuple[ClaimedResult, ...] | None:
    """Say what counts, once enough verifiers agree.

    Parameters
    ----------
    findings : sequence of Determination
        Of one claim and round, each by another verifier, in order of arrival.
    rule : VerificationRule
        How many, how close, and which figure.

    Returns
    -------
    tuple of ClaimedResult or None
        In the order of the first that agreed; None while too few agree. Of an even number of figures the
        median is the lower of the two in the middle.

    Examples
    --------
    >>> from almoner.contracts.determinations import Finding
    >>> def found(by: str, value: str) -> Determination:
    ...     finding = Finding(result=ClaimedResult(metric="nights", value=value), method="recount")
    ...     return Determination(
    ...         agreement="pact", claim="c1", claim_sha256="", verifier=by, findings=(finding,),
    ...         evidence_sha256="", made_on="2027-01-01",
    ...     )
    >>> rule = VerificationRule(quorum=2, tolerance={"nights": "1"}, statistic="lowest")
    >>> decide([found("a", "413"), found("b", "390")], rule) is None
    True
    >>> [one.value for one in decide([found("a", "413"), found("b", "390"), found("c", "412")], rule)]
    ['412']
    """
    group = agreeing(findings, rule, rule.quorum)
    if group is None:
        return None
    stated = [{one.place: one for one in finding.results} for finding in group]
    return tuple(_counting([one[place] for one in stated], rule) for place in stated[0])


def agreeing(
    findings: Sequence[Determination], rule: VerificationRule, size: int
) -> tuple[Determination, ...] | None:
    """Return the first so many findings that agree with each other, earliest first; None without them.

    Parameters
    ----------
    findings : sequence of Determination
        In order of arrival.
    rule : VerificationRule
        How close is the same.
    size : int [findings]
        How many must agree.
    """
    pairs = {
        (first, second)
        for first, second in combinations(range(len(findings)), 2)
        if same(findings[first], findings[second], rule.tolerance)
    }
    for last in range(size - 1, len(findings)):
        near = [at for at in range(last) if (at, last) in pairs]
        for group in combinations(near, size - 1):
            if all(pair in pairs for pair in combinations(group, 2)):
                return tuple(findings[at] for at in (*group, last))
    return None


def can_agree(findings: Sequence[Determination], rule: VerificationRule, verifiers: int) -> bool:
    """Tell whether a quorum can still come about.

    Parameters
    ----------
    findings : sequence of Determination
        So far.
    rule : VerificationRule
        How many must agree.
    verifiers : int [verifiers]
        All who may still find something, and those who have.
    """
    open_places = verifiers - len(findings)
    wanted = rule.quorum - open_places
    return wanted <= 0 or agreeing(findings, rule, wanted) is not None


def same(one: Determination, other: Determination, tolerance: Mapping[str, str]) -> bool:
    """Tell whether two findings count as the same: the same results, each within its tolerance."""
    first, second = ({row.place: row.value for row in found.results} for found in (one, other))
    return first.keys() == second.keys() and all(
        _near(first[place], second[place], tolerance.get(place[0], "0")) for place in first
    )


def _near(one: str, other: str, tolerance: str) -> bool:
    left, right = _number(one), _number(other)
    if left is None or right is None:
        return one == other
    return abs(left - right) <= Fraction(tolerance)


def _number(value: str) -> Fraction | None:
    """Read a figure; truths and labels are none."""
    try:
        return Fraction(value)
    except ValueError:
        return None


def _counting(rows: Sequence[ClaimedResult], rule: VerificationRule) -> ClaimedResult:
    ranked = sorted(rows, key=lambda row: _number(row.value) or ZERO)
    at = {"lowest": 0, "median": (len(ranked) - 1) // 2, "highest": len(ranked) - 1}[rule.statistic]
    return ranked[at]
