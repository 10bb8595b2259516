"""The trail of one payout: from the givers, over the clause and the finding, to the log.

The problem: somebody asks why this organisation got this money, and the answer lies in six systems. A
``PayoutTrace`` holds every step with the digests by which a stranger can check it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..finance.statements import Use
from .claims import Claim, Evidence, result_rows
from .determinations import Determination
from .disputes import Dispute
from .settlement import Payout, SettledClause


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseWords:
    """A clause as the term sheet says it.

    Attributes
    ----------
    title : str
        Its heading.
    words : tuple of str
        Its sentences.
    source : str
        Where it stands in the published text; may be empty.
    terms_sha256 : str
        Digest of the terms in force.
    """

    title: str
    words: tuple[str, ...]
    source: str
    terms_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutTrace:
    """Everything that a payout rests on.

    Attributes
    ----------
    payout : Payout
        The money.
    fund : str
        Code of the fund that paid; empty for what others pay.
    contributions : tuple of Use
        Whose money it was, by contribution; they add up to what was paid.
    clause : ClauseWords
        Why.
    amounts : tuple of SettledClause
        How the amount came about, operation by operation.
    claim : Claim or None
        What was reported; None for a calendar or an amendment.
    evidence : tuple of Evidence
        What it rests on.
    determinations : tuple of Determination
        What verifiers found, all rounds.
    round : int [place]
        The decision that was paid on.
    disputes : tuple of Dispute
        What was questioned on the way.
    proofs : Mapping of UUID to dict
        By transaction: its place in the transparency log, as ``finance.verifier`` checks it; None where the
        log was not sealed since.
    """

    payout: Payout
    fund: str
    contributions: tuple[Use, ...]
    clause: ClauseWords
    amounts: tuple[SettledClause, ...]
    claim: Claim | None
    evidence: tuple[Evidence, ...]
    determinations: tuple[Determination, ...]
    round: int
    disputes: tuple[Dispute, ...]
    proofs: Mapping[UUID, dict[str, Any] | None]


def trace_document(trace: PayoutTrace) -> dict[str, Any]:
    """Write a trail as JSON values, in the order in which the money went.

    Parameters
    ----------
    trace : PayoutTrace
        What to write.
    """
    return {
        "contributions": [_contribution(one) for one in trace.contributions],
        "fund": trace.fund,
        "agreement": _clause(trace),
        "amounts": [_amounts(one) for one in trace.amounts],
        "claim": None if trace.claim is None else _claim(trace.claim),
        "evidence": [_evidence(one) for one in trace.evidence],
        "determinations": [_determination(one, trace.round) for one in trace.determinations],
        "disputes": [_dispute(one) for one in trace.disputes],
        "payout": _payout(trace.payout),
        "log": [{"transaction": str(one), "proof": proof} for one, proof in trace.proofs.items()],
    }


def _contribution(one: Use) -> dict[str, Any]:
    return {
        "contribution": one.contribution,
        "giver": one.giver,
        "earmark": one.earmark,
        "amount": one.amount.text,
        "unit": one.amount.unit.code,
        "transaction": str(one.transaction),
    }


def _clause(trace: PayoutTrace) -> dict[str, Any]:
    return {
        "code": trace.payout.agreement,
        "clause": trace.payout.clause,
        "title": trace.clause.title,
        "words": list(trace.clause.words),
        "source": trace.clause.source,
        "period": trace.payout.period,
        "terms_sha256": trace.clause.terms_sha256,
    }


def _claim(one: Claim) -> dict[str, Any]:
    return {
        "code": one.code,
        "by": one.claimed_by,
        "results": result_rows(one.results),
        "sha256": one.digest(),
    }


def _evidence(one: Evidence) -> dict[str, Any]:
    return {
        "sha256": one.sha256,
        "media_type": one.media_type,
        "method": one.method,
        "description": one.description,
        "held_by": one.held_by,
    }


def _determination(one: Determination, paid_on: int) -> dict[str, Any]:
    return {
        "verifier": one.verifier,
        "round": one.round,
        "paid_on": one.round == paid_on,
        "made_on": one.made_on,
        "findings": [finding.row() for finding in one.findings],
        "evidence_sha256": one.evidence_sha256,
        "sha256": one.digest(),
        "signature": one.signature.hex(),
    }


def _dispute(one: Dispute) -> dict[str, Any]:
    return {
        "code": one.code,
        "grounds": one.grounds,
        "raised_by": one.raised_by,
        "round": one.round,
        "outcome": one.outcome or "open",
    }


def _payout(one: Payout) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "payer": one.payer,
        "payee": one.payee,
        "party": one.party,
        "amount": one.amount.text,
        "unit": one.amount.unit.code,
        "direction": one.direction,
        "route": one.route,
        "status": one.status,
        "settlement": one.position,
        "transactions": [str(transaction) for transaction in one.transactions],
    }


def _amounts(one: SettledClause) -> dict[str, Any]:
    return {
        "members": list(one.members),
        "earned": one.earned.text,
        "entitled": one.entitled.text,
        "due": one.due.text,
        "cuts": {name: cut.text for name, cut in one.cuts.items()},
        "trace": [
            {"path": row.path, "op": row.op, "inputs": list(row.inputs), "value": row.value}
            for row in one.trace
        ],
    }
