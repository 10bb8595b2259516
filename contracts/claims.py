"""Claims and evidence: what is said to have happened, and what it rests on.

The problem: whoever is paid by a result also reports it. A ``Claim`` lists results and moves nothing; only a
determination, signed by a verifier who has no other part in the agreement, over evidence whose digest is on
record, does.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..finance.documents import canonical_bytes
from .terms.document import WHOLE_TERM

ClaimState = Literal[
    "claimed", "determined", "in_disagreement", "provisional", "disputed", "final", "settled"
]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ClaimedResult:
    """One result that a party reports, or that a verifier found.

    Attributes
    ----------
    metric : str
        Of the terms.
    period : str
        Of the calendar, for a metric by period; ``term`` for any other.
    of : tuple of (str, str)
        Member by set, for a metric per member.
    value : str
        Decimal text in the metric's unit, ``true`` or ``false``, or a label.
    on : str
        The day it was achieved, ``YYYY-MM-DD``; empty where it does not matter.
    """

    metric: str
    period: str = WHOLE_TERM
    of: tuple[tuple[str, str], ...] = ()
    value: str
    on: str = ""

    @property
    def place(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What it is a value of."""
        return self.metric, self.period, self.of


def result_rows(results: tuple[ClaimedResult, ...]) -> list[dict[str, object]]:
    """Write results as JSON values, in order; what is empty is left out.

    Examples
    --------
    >>> result_rows((ClaimedResult(metric="nights", value="412"),))
    [{'metric': 'nights', 'period': 'term', 'value': '412'}]
    """
    rows: list[dict[str, object]] = []
    for one in results:
        row: dict[str, object] = {"metric": one.metric, "period": one.period, "value": one.value}
        if one.of:
            row["of"] = dict(one.of)
        if one.on:
            row["on"] = one.on
        rows.append(row)
    return rows


def read_result_rows(rows: list[dict[str, object]]) -> tuple[ClaimedResult, ...]:
    """Read results back.

    Examples
    --------
    >>> read_result_rows([{"metric": "nights", "period": "term", "value": "412"}])[0].value
    '412'
    """
    return tuple(
        ClaimedResult(
            metric=str(row["metric"]),
            period=str(row["period"]),
            of=tuple(sorted(dict(row.get("of", {})).items())),  # type: ignore[call-overload]  # our own JSON
            value=str(row["value"]),
            on=str(row.get("on", "")),
        )
        for row in rows
    )


def decision_rows(
    results: tuple[ClaimedResult, ...], nothing: tuple[ClaimedResult, ...]
) -> dict[str, list[dict[str, object]]]:
    """Write what was decided as JSON values: what counts, and what had counted before and is nothing now.

    Examples
    --------
    >>> decision_rows((), (ClaimedResult(metric="nights", value="0"),))
    {'results': [], 'nothing': [{'metric': 'nights', 'period': 'term', 'value': '0'}]}
    """
    rows = {"results": result_rows(results)}
    return {**rows, "nothing": result_rows(nothing)} if nothing else rows


def read_decision(body: bytes) -> tuple[tuple[ClaimedResult, ...], tuple[ClaimedResult, ...]]:
    """Read what was decided, of a row or of its event: what counts, and what is nothing now.

    Examples
    --------
    >>> read_decision(b'{"results": [{"metric": "nights", "period": "term", "value": "412"}]}')[1]
    ()
    """
    said = json.loads(body)
    return read_result_rows(said["results"]), read_result_rows(said.get("nothing", []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Results that a party reports together.

    Attributes
    ----------
    agreement, code : str
        The agreement, and the claim's own code in it.
    results : tuple of ClaimedResult
        What is claimed, for when and whom.
    claimed_by : str
        Code of the party.
    dataset : str
        Code of the imported rows that it sums up; empty without them.
    """

    agreement: str
    code: str
    results: tuple[ClaimedResult, ...]
    claimed_by: str
    dataset: str = ""

    def claim_bytes(self) -> bytes:
        """Return its exact bytes."""
        return canonical_bytes(
            {
                "agreement": self.agreement,
                "by": self.claimed_by,
                "claim": self.code,
                "dataset": self.dataset,
                "results": result_rows(self.results),
                "schema": "almoner.claim/1",
            }
        )

    def digest(self) -> str:
        """Return the SHA-256 of its bytes, 64 hexadecimal digits."""
        return digest_of(self.claim_bytes())


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a claim rests on; the content itself stays where it is held.

    Attributes
    ----------
    claim : str
        Code of the claim.
    sha256 : str
        Digest of the content, 64 hexadecimal digits.
    media_type : str
        For example ``text/csv``.
    method : str
        How it was gathered.
    description : str
        For people.
    held_by : str
        Who keeps the content.
    """

    claim: str
    sha256: str
    media_type: str = "application/octet-stream"
    method: str
    description: str
    held_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStatus:
    """How a claim stands.

    Attributes
    ----------
    claim : Claim
        What was claimed.
    state : str
        ``claimed``; ``determined`` by some; ``in_disagreement`` when no quorum can come about any more;
        ``provisional`` while its finding can be disputed; ``disputed``; ``final``; ``settled``.
    found, needed : int [verifiers]
        How many have found something, and how many must agree.
    round : int [place]
        Of the decision in force; 1 before there is one.
    decided_on, final_on : date or None
        When the decision in force was taken, and when it becomes final.
    dispute : str
        Code of the open dispute; empty without one.
    results : tuple of ClaimedResult
        What was decided.
    """

    claim: Claim
    state: ClaimState
    found: int
    needed: int
    round: int
    decided_on: date | None
    final_on: date | None
    dispute: str
    results: tuple[ClaimedResult, ...]


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of evidence, as 64 hexadecimal digits.

    Examples
    --------
    >>> digest_of(b"register 2027")[:8]
    'b734d1b0'
    """
    return hashlib.sha256(content).hexdigest()
