"""What one agreement observes of another is taken over when that one has said its last word.

The problem: a contract on other contracts is only as good as the copy somebody makes of their results. The
outcome is worked out from the other agreement's own findings, and its evidence is the digest of that
agreement taken again from its events: nobody reports it, nobody can report it wrong.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from ...finance.dates import Clock, as_utc
from ...finance.errors import AlreadyClaimed, EvidenceMissing, Missing
from ...finance.storage import Session
from ..claims import Claim, ClaimedResult
from ..portfolio import Portfolio
from ..records import agreements, claims, openings, settlements
from ..records.agreements import StoredAgreement
from ..settling import observed
from ..terms.document import WHOLE_TERM
from ..terms.observing import Observation, write_value
from .claiming import attach, claim
from .determining import write_decision
from .replaying import replay


def refer(session: Session, book: str, agreement: str, by: str, *, key: str, clock: Clock) -> Claim:
    """Take over the outcomes of other agreements that this one is written on, once those are measured.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement : str
        Codes.
    by : str
        Code of the party in whose name it is claimed; it cannot change a figure.
    key : str
        The claim's code; the same again changes nothing.
    clock : Clock
        When it is recorded.

    Raises
    ------
    Missing
        When the agreement observes no other, or the other is not in this book.
    EvidenceMissing
        When another agreement can still change what it comes to; the figures name it.
    AlreadyClaimed
        When it was taken over before, under another key.
    UnlawfulTransition, OutsideDomain, KeyReused
        As for ``claim``. Nothing is written then.
    """
    stored = agreements.find_locked(session, book, agreement)
    known = claims.find_known_claim(session, stored, key)
    if known is not None:
        return known.claim
    day = as_utc(clock()).date()
    others = _others(session, book, stored, day)
    results = _results(session, stored, others)
    _require_first(session, stored, results, day)
    with session.begin_nested():
        made = claim(session, book, agreement, results, by, key=key, clock=clock)
        for other in others:
            again = replay(session, book, other.agreement.code)
            attach(
                session,
                book,
                agreement,
                key,
                None,
                sha256=again.sha256,
                media_type="application/json",
                method="agreement taken again from its events",
                description=f"agreement {other.agreement.code}, {again.steps} settlements",
                held_by=other.agreement.code,
                clock=clock,
            )
        row = claims.find_claim(session, stored, key)
        until = day + timedelta(days=stored.agreement.document.disputes.days)
        write_decision(session, stored, row, 1, made.results, days=(day, until), clock=clock)
    return made


def _require_first(
    session: Session, stored: StoredAgreement, results: Iterable[ClaimedResult], today: date
) -> None:
    """Refuse to take over a second time what was claimed before, and holds: it would count twice."""
    places = {row.place for row in results}
    void = claims.void_claims(session, stored, today)
    earlier = [
        one.claim.code
        for one in claims.list_stored_claims(session, stored)
        if one.claim.code not in void and any(row.place in places for row in one.claim.results)
    ]
    if earlier:
        raise AlreadyClaimed(
            f"What {stored.agreement.code!r} observes of other agreements was claimed already, by "
            f"{', '.join(earlier)}. It counts once.",
            agreement=stored.agreement.code,
            claims=earlier,
        )


def _others(session: Session, book: str, stored: StoredAgreement, today: date) -> tuple[StoredAgreement, ...]:
    """Find the agreements that this one observes; refuse those that can still change."""
    metrics = stored.lineage.newest.metrics.values()
    wanted = {metric.ref.terms for metric in metrics if metric.ref is not None}
    if not wanted:
        raise Missing(
            f"The agreement {stored.agreement.code!r} observes no other one.",
            what="reference",
            code=stored.agreement.code,
        )
    found: dict[str, StoredAgreement] = {}
    for code in agreements.list_agreements(session, book):
        other = agreements.find_agreement(session, book, code)
        for document in other.lineage.documents:
            if document.digest() in wanted:
                found[document.digest()] = other
    absent = sorted(wanted - found.keys())
    if absent:
        raise Missing(
            f"No agreement in this book has the terms {absent[0][:12]}…: nothing can be taken over.",
            what="agreement",
            code=absent[0],
        )
    others = {one.agreement.code: one for one in found.values()}
    open_ones = sorted(code for code, one in others.items() if _can_change(session, one, today))
    if open_ones:
        raise EvidenceMissing(
            f"{', '.join(open_ones)} can still change what it comes to. Wait until it is measured, and "
            "every finding is settled and beyond dispute.",
            agreements=open_ones,
        )
    return tuple(others[code] for code in sorted(others))


def _can_change(session: Session, other: StoredAgreement, today: date) -> bool:
    """Tell whether results can still come, or a finding is not settled or can be disputed."""
    if other.agreement.state == "closed":
        return False
    standing = openings.list_claims_standing(session, other.id)
    return other.agreement.state != "measured" or any(one.is_open(today) for one in standing)


def _results(
    session: Session, stored: StoredAgreement, others: Iterable[StoredAgreement]
) -> tuple[ClaimedResult, ...]:
    """Work out what is observed, from the findings of the other agreements."""
    code = stored.agreement.code
    listed = list(others)
    terms = {code: stored.lineage} | {one.agreement.code: one.lineage for one in listed}
    facts = {
        one.agreement.code: observed(
            one.lineage.overlaid.program, settlements.read_books(session, one.id).decided
        )
        for one in listed
    }
    measures = stored.lineage.overlaid.program.metrics
    seen = Portfolio(terms).seen(code, facts)
    rows = tuple(_result(row, write_value(measures[row.metric], row.value)) for row in seen)
    if not rows:
        raise EvidenceMissing("The other agreements came to nothing that is observed here.", agreement=code)
    return rows


def _result(row: Observation, value: str) -> ClaimedResult:
    return ClaimedResult(metric=row.metric, period=row.period or WHOLE_TERM, of=row.of, value=value)
