"""Questions on a claim: what a verifier still has to know, and what the claimant says to it.

The problem: who verifies and misses a page of a register either finds against the claim or writes a letter
that nobody else sees. A ``ClaimQuestion`` and its ``ClaimAnswer`` stand beside the claim, for everybody who
reads it. Neither moves anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Place = tuple[str, str, tuple[tuple[str, str], ...]]  # metric, period, member by set


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAnswer:
    """What the claimant says to a question.

    Attributes
    ----------
    answered_by : str
        Code of the party.
    words : str
        The answer.
    evidence : tuple of str
        Digests of evidence of the claim that it rests on.
    at : datetime
        When it was recorded.
    """

    answered_by: str
    words: str
    evidence: tuple[str, ...] = ()
    at: datetime

    def said(self) -> dict[str, object]:
        """Return who says what, as JSON values.

        Examples
        --------
        >>> from datetime import UTC
        >>> ClaimAnswer(answered_by="home", words="Staff.", at=datetime(2026, 1, 1, tzinfo=UTC)).said()
        {'by': 'home', 'evidence': [], 'words': 'Staff.'}
        """
        return {"by": self.answered_by, "evidence": list(self.evidence), "words": self.words}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimQuestion:
    """What a verifier asks about a claim.

    Attributes
    ----------
    agreement, claim, code : str
        The claim, and the question's own code in it.
    asked_by : str
        Code of the party.
    words : str
        The question.
    lines : tuple of Place
        Results of the claim it is about; none where it is about all of it.
    answer_by : date or None
        By when an answer is asked for. Nothing follows from a later one.
    at : datetime
        When it was recorded.
    answer : ClaimAnswer or None
        None while it waits.
    """

    agreement: str
    claim: str
    code: str
    asked_by: str
    words: str
    lines: tuple[Place, ...] = ()
    answer_by: date | None = None
    at: datetime
    answer: ClaimAnswer | None = None

    def said(self) -> dict[str, object]:
        """Return who asks what, as JSON values."""
        rows = [{"metric": metric, "period": period, "of": dict(of)} for metric, period, of in self.lines]
        until = self.answer_by.isoformat() if self.answer_by else None
        return {"by": self.asked_by, "words": self.words, "lines": rows, "answer_by": until}


def read_lines(rows: Iterable[Mapping[str, Any]]) -> tuple[Place, ...]:
    """Read the lines of a question back.

    Examples
    --------
    >>> read_lines([{"metric": "nights", "period": "term", "of": {}}])
    (('nights', 'term', ()),)
    """
    return tuple((row["metric"], row["period"], tuple(sorted(row["of"].items()))) for row in rows)
