"""Findings as a verifier draws them up: as claimed, corrected, or from an estimate."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ...contracts.claims import ClaimedResult, Evidence
from ...contracts.determinations import Finding
from ...contracts.evaluation.estimate import Estimate, finding_of
from ...contracts.terms.document import WHOLE_TERM
from ...contracts.terms.program import Program
from ...contracts.terms.types import Quantity
from ...finance.errors import DocumentInvalid, Missing
from .results import FORM
from .writing import read_bytes, read_pairs

SHOWN = 5


def only_evidence(evidence: Sequence[Evidence], claim: str, sha256: str) -> str:
    """Return the digest of what a finding rests on.

    Parameters
    ----------
    evidence : sequence of Evidence
        Of the claim.
    claim : str
        Its code.
    sha256 : str
        Which; empty where there is only one.

    Raises
    ------
    Missing
        When there is none, or several and none is named.
    """
    known = [one.sha256 for one in evidence]
    if sha256 in known:
        return sha256
    if sha256 or len(known) != 1:
        raise Missing(
            f"Name the evidence of {claim} with --evidence SHA256. On record: {', '.join(known) or 'none'}.",
            what="evidence",
            code=claim,
        )
    return known[0]


def found_as(
    claimed: Iterable[ClaimedResult], corrected: Sequence[ClaimedResult], method: str
) -> tuple[Finding, ...]:
    """Find what was claimed, with the corrected values in place of the claimed ones.

    Parameters
    ----------
    claimed, corrected : ClaimedResult
        By metric, period and member.
    method : str
        How it was found.

    Raises
    ------
    DocumentInvalid
        When something is corrected that was not claimed.

    Examples
    --------
    >>> result = ClaimedResult(metric="nights", value="412")
    >>> found_as([result], [ClaimedResult(metric="nights", value="401")], "count/1")[0].result.value
    '401'
    """
    listed, better = tuple(claimed), {one.place: one for one in corrected}
    strange = [one.metric for one in corrected if one.place not in {known.place for known in listed}]
    if strange:
        known = [" ".join([one.metric, one.period, *(member for _, member in one.of)]) for one in listed]
        raise DocumentInvalid(
            f"{', '.join(strange)} was not claimed so: a finding corrects what was claimed. Claimed: "
            f"{'; '.join(known[:SHOWN])}{' …' if known[SHOWN:] else ''}. Write {FORM}."
        )
    chosen = (better.get(one.place, one) for one in listed)
    return tuple(Finding(result=one, method=method or "as claimed") for one in chosen)


def estimated(
    findings: Sequence[Finding], files: Iterable[str], statistic: str, program: Program
) -> tuple[Finding, ...]:
    """Put estimates in the place of findings: value, interval, sample and digest of the data.

    Parameters
    ----------
    findings : sequence of Finding
        As claimed.
    files : iterable of str
        ``METRIC[@PERIOD]=FILE``, each with what an evaluation gave, as JSON.
    statistic : str
        What of it is the value.
    program : Program
        Terms in force: they say in which digits a metric counts.

    Raises
    ------
    DocumentInvalid
        When a file is no estimate, or nothing of the kind was claimed.
    EvaluationRefused
        When the estimate has no such statistic.
    """
    known = {one.result.place: one for one in findings}
    for name, file in read_pairs(files, "estimate").items():
        metric, _, period = name.partition("@")
        place = next((at for at in known if at[:2] == (metric, period or WHOLE_TERM)), None)
        if place is None:
            raise DocumentInvalid(f"{name} was not claimed: an estimate takes the place of a claimed value.")
        kind = program.metrics[metric].type
        if not isinstance(kind, Quantity):
            raise DocumentInvalid(f"{metric} is a {kind}, and an estimate is a number.")
        found = finding_of(
            _read_estimate(Path(file)), metric, kind, statistic=statistic, period=place[1], of=place[2]
        )
        known[place] = replace(found, result=replace(found.result, on=known[place].result.on))
    return tuple(known.values())


def _read_estimate(file: Path) -> Estimate:
    try:
        return Estimate(**json.loads(read_bytes(file)))
    except (TypeError, ValueError) as fault:
        raise DocumentInvalid(
            f"{file} is no estimate: {fault}. Write one with: almoner evaluate --json"
        ) from None
