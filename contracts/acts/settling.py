"""What final findings make due is paid once, out of what was encumbered, whatever is retried."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ...finance.dates import Clock, as_utc
from ...finance.errors import EvidenceMissing, MoneyFrozen
from ...finance.ledger import PLAIN, Details
from ...finance.posting import record_event
from ...finance.storage import Session
from ..claims import ClaimedResult
from ..records import agreements, claims, disputes, openings, settlements
from ..records.agreements import StoredAgreement
from ..records.claims import StoredDecision
from ..settlement import Cause, Settlement
from ..settling import (
    RESIDUAL,
    Books,
    Decided,
    PlannedPayout,
    changed,
    judged_on,
    moving,
    plan_payouts,
    plan_residuals,
    take_step,
    withdrawn,
)
from ..terms.pay import Entitlement, LegName, Step
from .liability import follow_liability
from .paying import Payment, pay_out, void_undone, void_waiting
from .showing import show_settlements
from .vetting import find_tied, require_findings_untied

SETTLED_STATES = ("active", "measured", "terminated")


def settle(
    session: Session,
    book: str,
    agreement: str,
    claim: str = "",
    *,
    clock: Clock,
    maker: str = "",
    details: Details = PLAIN,
) -> tuple[Settlement, ...]:
    """Pay what final findings make due, out of what was encumbered; once, whatever is retried.

    Parameters
    ----------
    session, book, agreement
        The caller's session, in which nothing is committed; codes.
    claim : str
        Settle this one; without it every final finding, then what the calendar makes due.
    clock : Clock
        When it is recorded; its day says what is final.
    maker : str
        Code of the party that proposes payouts, where a policy asks for approval.
    details : Details
        Day and source for the payments.

    Returns
    -------
    tuple of Settlement
        What was settled now, or before.

    Raises
    ------
    EvidenceMissing
        When the claim has no finding yet, or one that can still be disputed, with the day.
    MoneyFrozen
        When it is in dispute; the figures say what is kept back.
    NotApproved
        When a policy asks for approval and nobody is named who proposes.
    NotIndependent
        When who determined the claim is tied to the money today; without a claim, such findings are left.
    UnlawfulTransition, Missing
        When the agreement is not active, measured, terminated or closed; when there is none.
    """
    stored = agreements.find_locked(session, book, agreement)
    today = as_utc(clock()).date()
    settled = {one.claim: one.round for one in settlements.read_books(session, stored.id).decided}
    decisions = claims.decisions_in_force(session, stored)
    if claim and (done := _settled_before(session, stored, claim, settled, decisions)):
        return done
    if not claim and stored.agreement.state == "closed":
        return ()
    agreements.require_state(stored, *SETTLED_STATES)
    if claim:
        _require_final(session, stored, claim, decisions, today)
    act = _Act(session, stored, clock, maker, details)
    with session.begin_nested():
        made = [
            act.take(_cause(one, settled), decision=one)
            for one in decisions
            if claim in {"", one.claim}
            and settled.get(one.claim, 0) < one.round
            and _is_payable(stored, one, today)
            and not _is_tied(session, stored, one, today, named=claim)
        ]
        if not claim:
            made += filter(None, [act.take("calendar")])
        if made:
            follow_liability(session, book, agreement, clock=clock, key=f"settled#{made[-1]}")
    return tuple(one for one in show_settlements(session, stored) if one.position in made)


def settle_amendment(
    session: Session, stored: StoredAgreement, amendment_id: int, *, clock: Clock, maker: str = ""
) -> int:
    """Take the step that an amendment in force brings about; returns its place."""
    return _Act(session, stored, clock, maker, PLAIN).take("amendment", amendment_id=amendment_id)


def worth_of(
    session: Session, stored: StoredAgreement, claim: str, *, clock: Clock
) -> tuple[tuple[LegName, int], ...]:
    """Return what would be paid now on a finding that is not settled, leg by leg, out of funds of the book.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        As found.
    claim : str
        Code of the claim.
    clock : Clock
        Its day says what stands in for what is missing.

    Returns
    -------
    tuple of (LegName, int)
        Amounts [minor units] above zero; empty when it was settled before.
    """
    units = {clause.id: clause.unit.unit for clause in stored.lineage.overlaid.program.clauses}
    return tuple(
        (name, amount)
        for name, amount in changes_of(session, stored, claim, clock=clock)
        if amount > 0 and stored.kept.get(name[3]) == units[name[0]]
    )


def changes_of(
    session: Session,
    stored: StoredAgreement,
    claim: str,
    *,
    clock: Clock,
    claimed: tuple[ClaimedResult, ...] = (),
) -> tuple[tuple[LegName, int], ...]:
    """Return what settling a claim would change, leg by leg, whoever pays; nothing is written.

    Parameters
    ----------
    session, stored, claim, clock
        As for ``worth_of``.
    claimed : tuple of ClaimedResult
        Taken as found where nothing is decided yet.

    Returns
    -------
    tuple of (LegName, int)
        Amounts [minor units] but zero, below it where money would come back; empty when it was settled
        before, or nothing is known of it.
    """
    decisions = claims.decisions_in_force(session, stored)
    books = settlements.read_books(session, stored.id)
    settled = {one.claim: one.round for one in books.decided}
    found = next((one for one in decisions if one.claim == claim), None)
    if (found is None and not claimed) or (found is not None and settled.get(claim, 0) >= found.round):
        return ()
    today = as_utc(clock()).date()
    taken = _decided(found) if found else Decided(claim=claim, round=1, results=claimed)
    decided = books.deciding(taken)
    day = _day(session, stored, decided, today)
    with_it = _dues(stored, books, decided, day)
    without = _dues(stored, books, books.decided, day)
    names = dict.fromkeys((*with_it, *without))
    more = ((name, with_it.get(name, 0) - without.get(name, 0)) for name in names)
    return tuple((name, amount) for name, amount in more if amount)


def resting_on(session: Session, stored: StoredAgreement, claim: str, *, clock: Clock) -> frozenset[UUID]:
    """Return other payouts that rest on a settled claim too: less would be due on them if nothing held of it.

    What the claim's own payouts can bear of that falls on them alone.

    Parameters
    ----------
    session, stored, claim, clock
        As for ``worth_of``.
    """
    use, books = stored.lineage.overlaid, settlements.read_books(session, stored.id)
    had = next((one for one in books.decided if one.claim == claim), None)
    if had is None:
        return frozenset()
    without = replace(had, results=(), nothing=withdrawn(use.program, (*had.results, *had.nothing), ()))
    decided = books.deciding(without)
    day = _day(session, stored, decided, as_utc(clock()).date())
    falls = {name: -due for name, due in _dues(stored, books, decided, day).items() if due < 0}
    legs = settlements.list_payout_legs(session, stored.id)
    for one in legs:
        if one.claim == claim and one.name in falls:
            falls[one.name] -= one.due
    return frozenset(one.payout for one in legs if one.due > 0 and falls.get(one.name, 0) > 0)


def _dues(stored: StoredAgreement, books: Books, decided: Sequence[Decided], day: date) -> dict[LegName, int]:
    step = take_step(stored.lineage.overlaid, books, decided, as_of=day)
    return {
        (row.clause, row.period, row.members, payer, payee): due
        for row in step.entitlements
        for payer, payee, due in row.legs
    }


def _decided(one: StoredDecision) -> Decided:
    return Decided(claim=one.claim, round=one.round, results=one.results, nothing=one.nothing)


def _cause(one: StoredDecision, settled: dict[str, int]) -> Cause:
    return "resolution" if one.round > 1 or one.claim in settled else "determination"


def _is_payable(stored: StoredAgreement, one: StoredDecision, today: date) -> bool:
    """Tell whether a finding may be paid on: nobody disputes it, and nobody can, or it is paid at once."""
    if one.disputed:
        return False
    return stored.agreement.document.verification.pays == "provisional" or one.final_on <= today


def _is_tied(
    session: Session, stored: StoredAgreement, one: StoredDecision, today: date, *, named: str
) -> bool:
    """Tell whether who determined a claim is tied to the money today; refuse where it was asked for."""
    if named:
        require_findings_untied(session, stored.agreement.book, stored, one.claim, one.round, today)
        return False
    return bool(find_tied(session, stored.agreement.book, stored, one.claim, one.round, today))


def _settled_before(
    session: Session,
    stored: StoredAgreement,
    claim: str,
    settled: dict[str, int],
    decisions: Sequence[StoredDecision],
) -> tuple[Settlement, ...]:
    """Return the settlements of a claim whose decision in force was settled."""
    current = next((one.round for one in decisions if one.claim == claim), 0)
    if not current or settled.get(claim, 0) < current:
        return ()
    return tuple(one for one in show_settlements(session, stored) if one.claim == claim)


def _require_final(
    session: Session, stored: StoredAgreement, claim: str, decisions: Sequence[StoredDecision], today: date
) -> None:
    found = next((one for one in decisions if one.claim == claim), None)
    if found is None:
        claims.find_claim(session, stored, claim)
        raise EvidenceMissing(
            f"The claim {claim!r} has no finding yet: nothing is due. "
            f"{stored.agreement.document.verification.quorum} verifier(s) have to sign first.",
            claim=claim,
        )
    if found.disputed:
        raised = [one.dispute for one in disputes.list_stored(session, stored) if one.dispute.claim == claim]
        frozen = [f"{amount} of {payer}" for one in raised[-1:] for payer, amount in one.frozen.items()]
        kept = f": {', '.join(frozen)} is kept back" if frozen else ""
        raise MoneyFrozen(
            f"The claim {claim!r} is in dispute{kept}. Resolve the dispute first.",
            claim=claim,
            dispute=raised[-1].code,
            frozen=frozen,
        )
    if not _is_payable(stored, found, today):
        raise EvidenceMissing(
            f"The finding on {claim!r} can be disputed until {found.open_until}; it is {today}. "
            "Wait, or let every party waive its right.",
            claim=claim,
            final_on=found.final_on.isoformat(),
        )


def _day(session: Session, stored: StoredAgreement, decided: Sequence[Decided], today: date) -> date:
    """Return the day on which waiting times are judged: nothing stands in for what was claimed in time."""
    known = {one.claim for one in decided}
    lapsed = set()
    if stored.agreement.state == "terminated":
        lapsed = {one.claim for one in openings.list_claims_standing(session, stored.id) if not one.decided}
    waiting = [
        (result.metric, result.period)
        for one in claims.list_stored_claims(session, stored)
        if one.claim.code not in known | lapsed
        for result in one.claim.results
    ]
    return judged_on(stored.lineage.overlaid.program, today, waiting)


@dataclass(frozen=True, slots=True)
class _Act:
    """One call: who asks, when, and what the payments say."""

    session: Session
    stored: StoredAgreement
    clock: Clock
    maker: str
    details: Details

    def take(
        self, cause: Cause, *, decision: StoredDecision | None = None, amendment_id: int | None = None
    ) -> int:
        """Take one step and return its place; 0 when the calendar changes nothing."""
        with self.session.begin_nested():
            return self._take(cause, decision, amendment_id)

    def _take(self, cause: Cause, decision: StoredDecision | None, amendment_id: int | None) -> int:
        session, stored = self.session, self.stored
        today = as_utc(self.clock()).date()
        voided = (
            void_waiting(session, stored, decision.claim, self.clock)
            if cause == "resolution" and decision
            else ()
        )
        use = stored.lineage.overlaid
        books, step, day = self._step(decision, today)
        undue = void_undone(session, stored, self.clock, moving(step.entitlements))
        if undue:
            voided += undue
            books, step, day = self._step(decision, today)
        rows = changed(books, step.entitlements)
        residuals = self._residuals(step) if cause == "calendar" else ()
        if cause == "calendar" and not rows and not residuals:
            return 0
        position = settlements.next_position(session, stored.id)
        body = self._body(position, cause, decision, day, rows, voided)
        event_id, _ = record_event(
            session,
            stored.agreement.book,
            "agreement.settled",
            body,
            key=f"{stored.agreement.code}#{position}",
            clock=self.clock,
        )
        settlement_id = settlements.keep_settlement(
            session,
            stored.id,
            position,
            cause,
            as_of=day,
            event_id=event_id,
            decision=(decision.claim_id, decision.round) if decision else None,
            amendment_id=amendment_id,
        )
        settlements.keep_entitlements(session, settlement_id, rows)
        planned = (*plan_payouts(use.program, rows, stored.kept), *residuals)
        payment = Payment(session, stored, settlement_id, position, self.clock, self.maker, self.details)
        pay_out(payment, decision.claim if decision else "", planned)
        return position

    def _step(self, decision: StoredDecision | None, today: date) -> tuple[Books, Step, date]:
        """Work out what is due, with one more decision or without."""
        session, stored = self.session, self.stored
        books = settlements.read_books(session, stored.id)
        decided = books.deciding(_decided(decision)) if decision else books.decided
        day = _day(session, stored, decided, today)
        return books, take_step(stored.lineage.overlaid, books, decided, as_of=day), day

    def _residuals(self, step: Step) -> tuple[PlannedPayout, ...]:
        """Say what pots hand over, once nothing more can come in."""
        if self.stored.agreement.state == "active":
            return ()
        paid: dict[str, int] = {}
        for row in settlements.list_payout_rows(self.session, self.stored.id):
            if row.clause.startswith(RESIDUAL) and row.voided is None:
                sign = 1 if row.direction == "out" else -1
                paid[row.clause] = paid.get(row.clause, 0) + sign * row.amount
        return plan_residuals(
            self.stored.lineage.overlaid.program, step.outturn.flows, self.stored.funds, paid
        )

    def _body(
        self,
        position: int,
        cause: Cause,
        decision: StoredDecision | None,
        day: date,
        rows: Iterable[Entitlement],
        voided: Iterable[UUID],
    ) -> dict[str, object]:
        """Say all that the step rests on and brings about: from that it can be taken again."""
        body: dict[str, object] = {
            "agreement": self.stored.agreement.code,
            "cause": cause,
            "entitlements": entitlement_rows(rows),
            "judged_on": day.isoformat(),
            "position": position,
            "voided": [str(one) for one in voided],
        }
        if decision is not None:
            body |= {"claim": decision.claim, "round": decision.round}
        if self.stored.agreement.amended:
            body["amendments"] = len(self.stored.agreement.amended)
        frozen = settlements.find_frozen(self.session, self.stored.id)
        if frozen:
            body["frozen"] = [leg_row(name, amount) for name, amount in sorted(frozen.items())]
        return body


def entitlement_rows(rows: Iterable[Entitlement]) -> list[dict[str, object]]:
    """Write entitlements as JSON values, amounts as text."""
    return [
        {
            "clause": row.clause,
            "period": row.period,
            "members": list(row.members),
            "earned": str(row.earned),
            "entitled": str(row.entitled),
            "due": str(row.due),
            "legs": [[payer, payee, str(due)] for payer, payee, due in row.legs if due],
        }
        for row in rows
    ]


def leg_row(name: LegName, amount: int) -> dict[str, object]:
    """Write an amount of one leg as JSON values.

    Parameters
    ----------
    name : LegName
        Clause, period, members, payer and payee.
    amount : int [minor units]
        What it comes to.
    """
    clause, period, members, payer, payee = name
    return {
        "clause": clause,
        "period": period,
        "members": list(members),
        "payer": payer,
        "payee": payee,
        "amount": str(amount),
    }
