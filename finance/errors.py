"""Every refusal of the library, in one tree.

The problem: a caller has to tell "try again" from "never", show a sentence to a person and figures to a
program, and none of these may be parsed out of a message. Each cause is a class with a stable ``code``;
the message says what happened, the figures and what to do; ``figures`` carries the same numbers as data::

    AlmonerError
    |- MoneyError         UnknownUnit, CurrencyMismatch, TooPrecise, AmountOutOfRange, RateSuspicious
    |- DocumentError      DocumentInvalid
    |- StorageError       DatabaseUnreadable, SchemaMissing, Busy, Missing, AlreadyExists
    |- LedgerError        UnbalancedTransaction, PostingRefused, KeyReused, LogInconsistent,
    |                     AlreadyResolved, HoldExpired, PeriodClosed
    |- FundError          InsufficientFunds, EarmarkViolated, EarmarkExpired, OverdrawnCommitment,
    |                     DayOutOfRange
    |- DutyError          NotIndependent, SamePerson, NotApproved, PolicyBackdated, NotAllowed,
    |                     ProposalRejected
    |- ContractError      TermError, ResultsInvalid, OutcomesInvalid, Underfunded, UnlawfulTransition,
    |                     NotSigned, MoneyFrozen, DisputeRefused
    |- VerificationError  EvidenceMissing, EvidenceTampered, SignatureInvalid, OutsideDomain,
    |                     AlreadyDetermined, AlreadyClaimed, ClaimLate, DeterminationExpired,
    |                     DeterminationForeign, DeterminationReplayed, RowsInvalid, EvaluationRefused,
    |                     QuestionRefused
    `- AllocationError    Infeasible, NotProven, AllocationRejected, RoundingFailed, CertificateRejected,
    |                     AttributionRefused

``challenges/errors.py`` draws one branch more, ``ChallengeError``.

Programming mistakes stay ``TypeError`` and ``ValueError``. No HTTP status and no exit code stands here:
``api/problems.py`` gives both.
"""

from collections.abc import Mapping
from typing import ClassVar

Figure = str | int | bool | None | list[dict[str, str]] | list[str]


class AlmonerError(Exception):
    """Base of every refusal.

    Parameters
    ----------
    message : str
        What happened, the figures, and what to do; for people.
    **figures : Figure
        The same figures as data; amounts are decimal strings.

    Examples
    --------
    >>> error = InsufficientFunds("The pool is short by 1.00 USD.", short="1.00", unit="USD")
    >>> error.code, error.figures["short"]
    ('fund.insufficient', '1.00')
    """

    code: ClassVar[str] = "almoner"

    def __init__(self, message: str, **figures: Figure) -> None:
        super().__init__(message)
        self.message = message
        self.figures: Mapping[str, Figure] = figures

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the figures when the error crosses a process."""
        return (_rebuild, (type(self), self.message, dict(self.figures)))


def _rebuild(kind: type[AlmonerError], message: str, figures: dict[str, Figure]) -> AlmonerError:
    return kind(message, **figures)


class MoneyError(AlmonerError):
    """An amount or a unit that cannot be."""

    code = "money"


class UnknownUnit(MoneyError):
    """A unit code that nothing registers."""

    code = "money.unknown_unit"


class CurrencyMismatch(MoneyError):
    """Two units where one is needed."""

    code = "money.unit_mismatch"


class TooPrecise(MoneyError):
    """More decimal digits than the unit has, or text that is no amount."""

    code = "money.too_precise"


class AmountOutOfRange(MoneyError):
    """An amount beyond what is stored exactly, or of a sign that makes no sense here."""

    code = "money.out_of_range"


class RateSuspicious(MoneyError):
    """A rate nearer to the inverse of the last one than to it, and not confirmed."""

    code = "money.rate_suspicious"


class DocumentError(AlmonerError):
    """A document that cannot be read."""

    code = "document"


class DocumentInvalid(DocumentError):
    """A document that breaks its schema; ``figures['findings']`` lists every place."""

    code = "document.invalid"


class StorageError(AlmonerError):
    """The database cannot serve."""

    code = "storage"


class DatabaseUnreadable(StorageError):
    """An address that names no database this machine can open."""

    code = "storage.unreadable"


class SchemaMissing(StorageError):
    """A database without almoner's tables, or with another version's."""

    code = "storage.schema_missing"


class Busy(StorageError):
    """Another session holds what this one needs; nothing was written, and the same call may be retried."""

    code = "storage.busy"


class Missing(StorageError):
    """Something asked for by name that is not there."""

    code = "storage.missing"


class AlreadyExists(StorageError):
    """A code that is taken by something else."""

    code = "storage.already_exists"


class LedgerError(AlmonerError):
    """A transaction the ledger does not take."""

    code = "ledger"


class UnbalancedTransaction(LedgerError):
    """Debits and credits of one unit and layer differ."""

    code = "ledger.unbalanced"


class PostingRefused(LedgerError):
    """The database refused a transaction; the reason is in the message."""

    code = "ledger.refused"


class KeyReused(LedgerError):
    """An idempotency key that already belongs to another request."""

    code = "idempotency.key_reused"


class LogInconsistent(LedgerError):
    """A transparency log whose events, leaves and checkpoints do not agree."""

    code = "ledger.log_inconsistent"


class AlreadyResolved(LedgerError):
    """A hold that was settled, voided or expired before, or a transaction that was reversed before."""

    code = "ledger.already_resolved"


class HoldExpired(LedgerError):
    """A hold settled too late, or expired too early."""

    code = "ledger.hold_expired"


class PeriodClosed(LedgerError):
    """A day in a period that is closed."""

    code = "ledger.period_closed"


class FundError(AlmonerError):
    """A fund cannot do what is asked."""

    code = "fund"


class InsufficientFunds(FundError):
    """More than is free."""

    code = "fund.insufficient"


class EarmarkViolated(FundError):
    """Restricted money asked for a use its donor excluded."""

    code = "fund.earmark"


class EarmarkExpired(FundError):
    """Money under an earmark whose last day is over; it can only go back to its donor."""

    code = "fund.earmark_expired"


class OverdrawnCommitment(FundError):
    """More is paid or released than was promised."""

    code = "fund.overdrawn"


class DayOutOfRange(FundError):
    """A day before what it follows, or past what it ends with."""

    code = "fund.day_out_of_range"


class DutyError(AlmonerError):
    """Two duties that one party may not hold."""

    code = "duty"


class NotIndependent(DutyError):
    """A verifier who is a party to the agreement, or is paid by it."""

    code = "duty.not_independent"


class SamePerson(DutyError):
    """Maker and checker are the same."""

    code = "duty.same_person"


class NotApproved(DutyError):
    """Fewer approvals than a policy asks; ``figures`` says how many there are and how many are needed.

    Attributes
    ----------
    request : object
        What was refused; ``acts.propose_refused`` proposes it. None when the error crossed a process.
    """

    code = "duty.not_approved"
    request: object = None


class ProposalRejected(DutyError):
    """Somebody rejected this proposal; ``figures`` says who, and why."""

    code = "duty.rejected"


class PolicyBackdated(DutyError):
    """A policy on approvals that would change what was posted before it."""

    code = "duty.policy_backdated"


class NotAllowed(DutyError):
    """The caller may not do this."""

    code = "duty.not_allowed"


class ContractError(AlmonerError):
    """An agreement cannot do what is asked."""

    code = "contract"


class TermError(ContractError):
    """A term document that is malformed, ill-typed or unbounded; every fault is listed."""

    code = "terms.invalid"


class ResultsInvalid(ContractError):
    """Results that do not fit their terms: missing, doubled, contradictory or in the wrong unit."""

    code = "results.invalid"


class OutcomesInvalid(ContractError):
    """Outcome models that make no law of chance, or do not fit their terms; every fault is listed."""

    code = "outcomes.invalid"


class Underfunded(ContractError):
    """The fund cannot cover what the terms may cost."""

    code = "contract.underfunded"


class UnlawfulTransition(ContractError):
    """A move that the agreement's state does not allow."""

    code = "contract.state"


class NotSigned(ContractError):
    """An agreement that not every party has signed."""

    code = "contract.not_signed"


class MoneyFrozen(ContractError):
    """Money that a dispute keeps back."""

    code = "contract.frozen"


class DisputeRefused(ContractError):
    """A dispute out of time, on a ground that is not admitted, or by nobody concerned."""

    code = "contract.dispute_refused"


class VerificationError(AlmonerError):
    """A claim cannot be verified as asked."""

    code = "claim"


class EvidenceMissing(VerificationError):
    """A determination without evidence."""

    code = "claim.evidence_missing"


class SignatureInvalid(VerificationError):
    """A signature that does not fit the bytes or the key."""

    code = "claim.signature"


class OutsideDomain(VerificationError):
    """A value outside the domain its metric declares; refused, never clamped."""

    code = "claim.outside_domain"


class AlreadyDetermined(VerificationError):
    """A second determination of the same claim."""

    code = "claim.already_determined"


class AlreadyClaimed(VerificationError):
    """A result that was claimed before: a milestone of a person beyond what the terms allow."""

    code = "claim.already_claimed"


class ClaimLate(VerificationError):
    """A result after its deadline, or before it can be known."""

    code = "claim.late"


class QuestionRefused(VerificationError):
    """A question on a claim that is decided, or about what it does not say; or one that has its answer."""

    code = "claim.question_refused"


class EvidenceTampered(VerificationError):
    """Content whose digest is not the one on record."""

    code = "claim.evidence_tampered"


class DeterminationExpired(VerificationError):
    """A determination presented later than the agreement lets it count."""

    code = "claim.determination_expired"


class DeterminationForeign(VerificationError):
    """A determination of another agreement, claim or content, or by nobody who verifies here."""

    code = "claim.determination_foreign"


class DeterminationReplayed(VerificationError):
    """A determination presented again: used up by a dispute, or on record elsewhere."""

    code = "claim.determination_replayed"


class RowsInvalid(VerificationError):
    """Imported rows that cannot be counted; ``figures['findings']`` lists every row."""

    code = "claim.rows_invalid"


class EvaluationRefused(VerificationError):
    """Data on which a method gives no result that may be paid on."""

    code = "claim.evaluation_refused"


class AllocationError(AlmonerError):
    """An allocation cannot be given."""

    code = "allocation"


class Infeasible(AllocationError):
    """No allocation meets every rule."""

    code = "allocation.infeasible"


class NotProven(AllocationError):
    """The answer was not proven within the asked gap."""

    code = "allocation.not_proven"


class AllocationRejected(AllocationError):
    """The exact re-check found a broken rule."""

    code = "allocation.rejected"


class RoundingFailed(AllocationError):
    """Amounts near the right ones could not be made whole without breaking a rule."""

    code = "allocation.rounding_failed"


class CertificateRejected(AllocationError):
    """A certificate does not prove what it states."""

    code = "allocation.certificate_rejected"


class AttributionRefused(AllocationError):
    """A payment that cannot be divided among actors as declared."""

    code = "allocation.attribution"
