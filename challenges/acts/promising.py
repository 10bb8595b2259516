"""Public commitments: promises are recorded once; their status is read from verified facts."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

from ...contracts.acts.viewing import BINDING
from ...contracts.records import agreements
from ...finance.dates import Clock, as_utc, parse_day
from ...finance.errors import AlreadyExists, DayOutOfRange, Missing
from ...finance.money import decimal_text
from ...finance.posting import record_event
from ...finance.records import entries, registry
from ...finance.storage import Session
from ..records import commitments
from ..register import (
    CommitmentFact,
    DeedPromise,
    MoneyPromise,
    OutcomePromise,
    PublicCommitment,
    RegisterEntry,
    enter_commitment,
)
from .verified import VerifiedResult, verified_results

GIFT_LINES = frozenset({"contribution", "donor_refund"})
PAYMENT_LINES = frozenset({"direct_cost", "payout", "refund", "transfer", "transfer_to_fund"})


def commit_publicly(session: Session, book: str, made: PublicCommitment, *, clock: Clock) -> PublicCommitment:
    """Record what a party promised in public.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed to the database.
    book : str
        Code of the book.
    made : PublicCommitment
        The promise. Recording the same again changes nothing.
    clock : Clock
        When it is recorded.

    Raises
    ------
    AlreadyExists
        When the code belongs to another promise, or what it replaces was replaced before.
    Missing
        When the party is not registered, or it replaces nothing of that party.
    DayOutOfRange
        When it is said to be made on a day that is still to come.
    """
    book_id = registry.find_book_id(session, book)
    registry.find_party_id(session, book_id, made.party)
    known = {one.code: one for one in commitments.list_commitments(session, book_id)}
    if made.code in known:
        if known[made.code] == made:
            return made
        raise AlreadyExists(
            f"The commitment {made.code!r} is on record with other words. A promise is not changed: "
            "record another one that replaces it.",
            what="commitment",
            code=made.code,
        )
    _require_replaceable(known, made)
    today = as_utc(clock()).date()
    if parse_day(made.made_on) > today:
        raise DayOutOfRange(
            f"{made.code} is said to be made on {made.made_on}; it is {today}.",
            made_on=made.made_on,
            today=today.isoformat(),
        )
    body = {"commitment": made.code, "commitment_sha256": made.digest(), "party": made.party}
    with session.begin_nested():
        event_id, _ = record_event(session, book, "commitment.published", body, key=made.code, clock=clock)
        commitments.keep_commitment(session, book_id, made, event_id)
    return made


def _require_replaceable(known: Mapping[str, PublicCommitment], made: PublicCommitment) -> None:
    if made.replaces is None:
        return
    if made.replaces not in known or known[made.replaces].party != made.party:
        raise Missing(
            f"{made.party} has no commitment {made.replaces!r} on record that {made.code} could replace.",
            what="commitment",
            code=made.replaces,
        )
    other = next((one.code for one in known.values() if one.replaces == made.replaces), "")
    if other:
        raise AlreadyExists(
            f"{made.replaces} was replaced by {other} before: replace that one.",
            what="commitment",
            code=made.replaces,
        )


def public_register(
    session: Session, book: str, *, as_of: date, party: str | None = None
) -> tuple[RegisterEntry, ...]:
    """Return every public commitment of a book with its status on a day, in the order of recording.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    book : str
        Code of the book.
    as_of : date
        Facts that are not known on this day do not count; commitments made later are left out.
    party : str or None
        Only those of one party.

    Raises
    ------
    Missing
        When there is no such book.
    """
    book_id = registry.find_book_id(session, book)
    made = [one for one in commitments.list_commitments(session, book_id) if parse_day(one.made_on) <= as_of]
    replaced = {one.replaces: one.code for one in made if one.replaces is not None}
    asked = [one for one in made if party is None or one.party == party]
    results = _results(session, book, asked)
    entered = []
    for one in asked:
        facts, reason = _facts(session, book, one, results)
        entered.append(
            enter_commitment(
                one, facts, as_of=as_of, unverifiable=reason, replaced_by=replaced.get(one.code, "")
            )
        )
    return tuple(entered)


def _results(
    session: Session, book: str, asked: Iterable[PublicCommitment]
) -> Mapping[str, tuple[VerifiedResult, ...]]:
    """Read what was found under every agreement that a commitment names and that binds."""
    named = {one.promise.agreement for one in asked if isinstance(one.promise, OutcomePromise)}
    codes = sorted(named & set(agreements.list_agreements(session, book)))
    return {code: verified_results(session, book, under=[code]) for code in codes}


def _facts(
    session: Session, book: str, made: PublicCommitment, results: Mapping[str, tuple[VerifiedResult, ...]]
) -> tuple[tuple[CommitmentFact, ...], str]:
    """Return what is on record of a commitment, or why nothing can verify it."""
    promise = made.promise
    if isinstance(promise, DeedPromise):
        return (), ""
    if isinstance(promise, MoneyPromise):
        return _money_facts(session, book, made.party, promise)
    if promise.agreement not in results:
        return (), f"there is no agreement {promise.agreement!r}"
    stored = agreements.find_agreement(session, book, promise.agreement)
    if stored.agreement.state not in BINDING:
        return (), f"the agreement {promise.agreement!r} is {stored.agreement.state} and binds nobody"
    if promise.metric not in stored.agreement.terms.metrics:
        return (), f"the agreement {promise.agreement!r} has no metric {promise.metric!r}"
    found = [one for one in results[promise.agreement] if one.metric == promise.metric]
    return tuple(
        CommitmentFact(
            on=one.on,
            known_on=one.final_on if not one.disputed else one.on,
            value=one.value,
            state="disputed" if one.disputed else "final",
            source=one.source,
        )
        for one in found
    ), ""


def _money_facts(
    session: Session, book: str, party: str, promise: MoneyPromise
) -> tuple[tuple[CommitmentFact, ...], str]:
    """Read what a party gave to a fund, or what a fund paid, day by day."""
    book_id = registry.find_book_id(session, book)
    if promise.fund not in {one.code for one in registry.list_funds(session, book)}:
        return (), f"there is no fund {promise.fund!r}"
    gives = promise.way == "gives"
    lines = GIFT_LINES if gives else PAYMENT_LINES
    where = entries.of_giver(promise.fund, party) if gives else entries.of_fund(promise.fund)
    unit = None
    facts = []
    for row in entries.list_draws(session, book_id, where):
        if row.unit != promise.unit or row.line not in lines:
            continue
        unit = unit or registry.find_unit(session, row.unit)
        moved = row.side * row.amount
        facts.append(
            CommitmentFact(
                on=row.effective_on,
                known_on=row.effective_on,
                value=Fraction(decimal_text(-moved if gives else moved, unit.scale)),
                source=f"transaction {row.id}",
            )
        )
    return tuple(facts), ""
