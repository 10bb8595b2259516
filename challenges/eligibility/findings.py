"""Findings: whether an applicant may compete, and what every leaf of the rule says, with its clause.

The problem: "not eligible" cannot be answered. A finding names each clause, what was asked and what was
said, which documents are asked for and until when, and it is kept as exact bytes that read back the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...finance.dates import as_utc, instant_text
from ...finance.documents import plain_bytes
from ...finance.findings import finding
from ..errors import NotEligible
from .facts import Reason
from .levels import Status
from .rules import Leaf
from .values import FactValue


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafFinding:
    """What one leaf says about one applicant.

    Attributes
    ----------
    path : str
        JSON pointer of the leaf inside the rule.
    leaf : Leaf
        The rule's own words: clause, evidence asked, days to cure.
    status : str
        How the leaf counts, after every ``not`` around it.
    negated : bool
        Whether an odd number of ``not`` stands around it.
    got : bool, int, str or None
        The fact as it counts; ``None`` when nothing counts.
    reason : str
        One sentence with the figures.
    why : str
        ``compared``, ``missing``, ``unreadable``, ``expired``, ``unconfirmed``, ``contradiction``,
        ``waived`` or ``not_cured``.
    cure_by : datetime or None
        From which instant it can no longer be cured; ``None`` before the notice.

    Examples
    --------
    >>> from almoner.challenges import check_eligibility
    >>> leaf = Leaf.read('{"fact": "lead.kind", "op": "=", "value": "ngo", "clause": "2.3"}')
    >>> print(check_eligibility(leaf, {"lead.kind": "firm"}).leaves[0].reason)
    lead.kind is 'firm'; asked: = 'ngo' (clause 2.3)
    """

    path: str
    leaf: Leaf
    status: Status
    negated: bool
    got: FactValue | None
    reason: str
    why: Reason = "compared"
    cure_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether an applicant may compete, and what every leaf of the rule says.

    Attributes
    ----------
    status : str
        ``fail``, ``needs_document`` or ``pass``.
    leaves : tuple[LeafFinding, ...]
        In the order of the rule.
    provisional : bool
        Whether it rests on what somebody said of himself in a quiz, and decides nothing.

    Examples
    --------
    >>> from almoner.challenges import check_eligibility
    >>> rule = Leaf.read('{"fact": "a", "op": "=", "value": true, "clause": "1", "evidence_asked": ["deed"]}')
    >>> check_eligibility(rule, {}).evidence_asked
    ('deed',)
    """

    status: Status
    leaves: tuple[LeafFinding, ...]
    provisional: bool = False

    @property
    def open_leaves(self) -> tuple[LeafFinding, ...]:
        """Every leaf that still needs a document."""
        return tuple(row for row in self.leaves if row.status == "needs_document")

    @property
    def evidence_asked(self) -> tuple[str, ...]:
        """Every kind of document asked by a leaf that is still open, sorted."""
        return tuple(sorted({kind for row in self.open_leaves for kind in row.leaf.evidence_asked}))

    def content(self) -> dict[str, object]:
        """Return the finding as JSON values, for an answer or a file; an absent instant is left out."""
        return {
            "status": self.status,
            "provisional": self.provisional,
            "leaves": [_leaf_content(row) for row in self.leaves],
        }

    def to_bytes(self) -> bytes:
        """Write the finding's exact bytes."""
        return plain_bytes(self.content())

    def require_pass(self, application_id: str) -> None:
        """Refuse an application that does not pass.

        Parameters
        ----------
        application_id : str
            For the message.

        Raises
        ------
        NotEligible
            With the status and every leaf that stands in the way.
        """
        if self.status == "pass":
            return
        open_rows = [row for row in self.leaves if row.status != "pass"]
        fails = self.status == "fail"
        said = "does not meet the rules" if fails else "has not shown yet that it meets the rules"
        reasons = "; ".join(row.reason for row in open_rows)
        raise NotEligible(
            f"{application_id} {said}: {reasons}.",
            application=application_id,
            status=self.status,
            findings=[finding(row.path, row.reason) for row in open_rows],
            evidence_asked=list(self.evidence_asked),
        )


def _leaf_content(row: LeafFinding) -> dict[str, object]:
    content: dict[str, object] = {
        "path": row.path,
        "leaf": row.leaf.model_dump(mode="json", by_alias=True),
        "status": row.status,
        "negated": row.negated,
        "got": row.got,
        "reason": row.reason,
        "why": row.why,
    }
    return content if row.cure_by is None else {**content, "cure_by": instant_text(row.cure_by)}


def read_finding(raw: bytes) -> Finding | None:
    """Read a finding from its exact bytes; ``None`` when there was no rule to find by.

    Parameters
    ----------
    raw : bytes
        Written by ``Finding.to_bytes``.

    Examples
    --------
    >>> from almoner.challenges import check_eligibility
    >>> leaf = Leaf.read('{"fact": "lead.kind", "op": "=", "value": "ngo", "clause": "2.3"}')
    >>> found = check_eligibility(leaf, {"lead.kind": "firm"})
    >>> read_finding(found.to_bytes()) == found
    True
    """
    content = json.loads(raw)
    if "leaves" not in content:
        return None
    return Finding(
        status=content["status"],
        leaves=tuple(_read_leaf(row) for row in content["leaves"]),
        provisional=content["provisional"],
    )


def _read_leaf(row: Mapping[str, Any]) -> LeafFinding:
    until = row.get("cure_by")
    return LeafFinding(
        path=row["path"],
        leaf=Leaf.read(json.dumps(row["leaf"])),
        status=row["status"],
        negated=row["negated"],
        got=row["got"],
        reason=row["reason"],
        why=row["why"],
        cure_by=None if until is None else as_utc(datetime.fromisoformat(until)),
    )
