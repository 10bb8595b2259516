"""What verifiers have found under the agreements of a book: what ratings and the register rest on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from ...contracts.acts.claiming import span_of
from ...contracts.acts.viewing import BINDING
from ...contracts.claims import ClaimedResult
from ...contracts.determinations import Determination, Finding
from ...contracts.records import agreements, claims, determinations
from ...contracts.records.agreements import StoredAgreement
from ...contracts.records.claims import StoredDecision
from ...finance.dates import parse_day
from ...finance.storage import Session

TRUTHS = {"true": Fraction(1), "false": Fraction(0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedResult:
    """One result of a claim as it was decided.

    Attributes
    ----------
    agreement, claim : str
        Codes.
    round : int [place]
        1, or more after a dispute.
    party : str
        Who claimed it: whose result it is.
    metric : str
        Of the agreement's terms.
    definition : str
        ``code/version`` of the metric in the book; empty where the agreement names none.
    value : Fraction [metric]
        What is paid on; a truth is 1 or 0.
    estimate, standard_error : Fraction [metric]
        As the method gave them; the value itself and 0 where it gave none.
    on : date
        When it was achieved, else the last day of its period, at latest the day of the decision.
    final_on : date
        From which day it is final, unless it is disputed.
    disputed : bool
        Whether a dispute on it is open.
    """

    agreement: str
    claim: str
    round: int
    party: str
    metric: str
    definition: str
    value: Fraction
    estimate: Fraction
    standard_error: Fraction
    on: date
    final_on: date
    disputed: bool

    @property
    def source(self) -> str:
        """Which determination, in words."""
        return f"agreement {self.agreement}, claim {self.claim}, round {self.round}"

    def state(self, day: date) -> Literal["final", "pending"]:
        """Tell whether it counts on a day."""
        return "final" if not self.disputed and self.final_on <= day else "pending"


def verified_results(
    session: Session, book: str, *, under: Iterable[str] | None = None
) -> tuple[VerifiedResult, ...]:
    """Return every result that was decided under agreements that bind, by agreement and decision.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    under : iterable of str or None
        Codes of agreements; all of the book when left out.

    Raises
    ------
    Missing
        When there is no such book or agreement.
    """
    codes = agreements.list_agreements(session, book) if under is None else tuple(under)
    found = (agreements.find_agreement(session, book, code) for code in codes)
    return tuple(
        result for stored in found if stored.agreement.state in BINDING for result in _of(session, stored)
    )


def _of(session: Session, stored: StoredAgreement) -> Iterable[VerifiedResult]:
    parties = {one.claim.code: one.claim.claimed_by for one in claims.list_stored_claims(session, stored)}
    for decision in claims.decisions_in_force(session, stored):
        found = determinations.list_determinations(session, stored, decision.claim)
        for result in decision.results:
            value = _number(result.value)
            if value is not None:
                yield _verified(stored, decision, parties[decision.claim], result, value, found)


def _verified(
    stored: StoredAgreement,
    decision: StoredDecision,
    party: str,
    result: ClaimedResult,
    value: Fraction,
    found: Iterable[Determination],
) -> VerifiedResult:
    estimate, error = _estimate(decision, result, value, found)
    last = parse_day(result.on) if result.on else span_of(stored.lineage.overlaid.program, result.period)[1]
    return VerifiedResult(
        agreement=stored.agreement.code,
        claim=decision.claim,
        round=decision.round,
        party=party,
        metric=result.metric,
        definition=stored.agreement.document.metrics.get(result.metric, ""),
        value=value,
        estimate=estimate,
        standard_error=error,
        on=min(last, decision.decided_on),
        final_on=decision.final_on,
        disputed=decision.disputed,
    )


def _estimate(
    decision: StoredDecision, result: ClaimedResult, value: Fraction, found: Iterable[Determination]
) -> tuple[Fraction, Fraction]:
    """Return the estimate behind a value and its standard error; the widest of findings that agree."""
    behind = [
        one
        for made in found
        if made.round == decision.round
        for one in made.findings
        if one.result.place == result.place and _number(one.result.value) == value
    ]
    stated = [pair for one in behind if (pair := _stated(one)) is not None]
    return max(stated, key=lambda pair: pair[1], default=(value, Fraction(0)))


def _stated(one: Finding) -> tuple[Fraction, Fraction] | None:
    estimate, error = _number(one.estimate), _number(one.standard_error)
    return None if estimate is None or error is None else (estimate, error)


def _number(text: str) -> Fraction | None:
    """Read decimal text or a truth; None for a label or nothing."""
    if text in TRUTHS:
        return TRUTHS[text]
    plain = text.removeprefix("-")
    whole, _, part = plain.partition(".")
    return Fraction(text) if whole.isdecimal() and (part.isdecimal() or plain == whole) else None
