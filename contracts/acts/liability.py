"""What is set aside follows what can still be owed: released as it falls, set aside again as money returns.

The problem: every step of an agreement changes what it can still cost, and nobody recalculates it by hand.
After each settlement, dispute, amendment or return the same function looks at the whole and moves the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock, as_utc
from ...finance.errors import FundError, NotApproved, Underfunded
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.money import Money, zero
from ...finance.money import money as parse_money
from ...finance.records import entries, registry
from ...finance.requests import LIBRARY
from ...finance.storage import Session
from ..agreement import Source
from ..funding import most_by_payer, pots_of
from ..liability import NOTHING, closed_places, kept_beyond, to_keep
from ..records import agreements, openings, settlements
from ..records.agreements import StoredAgreement
from ..settling import Books, Standing, places_known, take_step
from ..terms.pay import KeyName

FOLLOWED = ("active", "suspended", "measured", "terminated")


def follow_liability(
    session: Session, book: str, agreement: str, *, clock: Clock, key: str, asking: bool = False
) -> dict[str, Money]:
    """Let what is set aside for an agreement follow what it can still cost.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement : str
        Codes.
    clock : Clock
        When it is recorded; its day says what is closed.
    key : str
        Unique for the step it follows; the same again changes nothing.
    asking : bool
        Whether to be told what policies want approved; otherwise that stays set aside as it is.

    Returns
    -------
    dict of str to Money
        By payer: what was released; below zero where more was set aside again.

    Raises
    ------
    NotApproved, Missing
        When a policy asks for approvals, and so does the caller; when there is none.
    """
    stored = agreements.find_locked(session, book, agreement)
    if stored.agreement.state not in FOLLOWED:
        return {}
    found = targets(session, stored, as_utc(clock()).date())
    releases_first = sorted(found, key=lambda one: one.wanted > one.held)
    with session.begin_nested():
        return {
            target.source.payer: _follow_asked(session, target, clock, key, asking=asking)
            for target in releases_first
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one source has to keep.

    Attributes
    ----------
    source : Source
        Whose.
    fund : PooledFund
        Out of which.
    use : dict of str to str
        What it is for.
    held, wanted : Money
        Set aside now, and to be.
    """

    source: Source
    fund: PooledFund
    use: Mapping[str, str]
    held: Money
    wanted: Money

    @property
    def promise(self) -> Promise:
        """Its name in the fund."""
        return Promise("agreement", self.source.promise)


def targets(session: Session, stored: StoredAgreement, today: date) -> tuple[Target, ...]:
    """Say what each source has to keep; a pot keeps what it got until the end, and is left out.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        As it stands, or as it would stand with an amendment.
    today : date
        Says what is closed.
    """
    agreement = stored.agreement
    bound = remaining_bound(session, stored, today)
    sums = openings.sum_payouts(session, stored.id)
    uses = {row.payer: row.use for row in agreement.document.funding}
    pots = pots_of(stored.lineage.overlaid.program)
    rows = []
    for source in agreement.sources:
        if source.payer in pots and not source.maximum:
            continue
        payer, fund = source.payer, stored.funds[source.payer]
        most = bound.get((payer, fund.unit.code), 0)
        kept = to_keep(source.maximum.minor, most, sums.get(payer, NOTHING))
        promise = Promise("agreement", source.promise)
        rows.append(
            Target(
                source=source,
                fund=fund,
                use=uses.get(payer, {}),
                held=money.promised(session, fund, promise),
                wanted=Money(minor=kept, unit=fund.unit),
            )
        )
    return tuple(rows)


def remaining_bound(session: Session, stored: StoredAgreement, today: date) -> Mapping[tuple[str, str], int]:
    """Bound what each payer can owe in total, with all that no result can change at its value.

    What it owes beyond what findings in force make due, and its payees keep, comes on top.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        As it stands, or as it would stand with an amendment.
    today : date
        Says what is closed.
    """
    agreement, use = stored.agreement, stored.lineage.overlaid
    undecided = [
        place
        for one in openings.list_claims_standing(session, stored.id)
        if one.is_open(today) and (one.decided or agreement.state != "terminated")
        for place in one.places
    ]
    closed = closed_places(use.program, agreement.document.verification, agreement.state, undecided, today)
    books = settlements.read_books(session, stored.id)
    most = most_by_payer(use, places_known(use.program, books.decided, closed))
    beyond = kept_beyond(books.legs, _due_afresh(stored, books, today))
    return {(payer, unit): amount + beyond.get(payer, 0) for (payer, unit), amount in most.items()}


def _due_afresh(stored: StoredAgreement, books: Books, today: date) -> Mapping[KeyName, Standing]:
    """Say what findings in force make due under the terms in force, as if nothing had been paid before.

    Where nothing can have fallen, that is what was recorded.
    """
    if not stored.agreement.amended and len(books.decided) <= 1 and all(x.round == 1 for x in books.decided):
        return books.standing
    rows = take_step(stored.lineage.overlaid, Books(), books.decided, as_of=today).entitlements
    return {(row.clause, row.period, row.members): (row.earned, row.entitled) for row in rows}


def _follow_asked(session: Session, target: Target, clock: Clock, key: str, *, asking: bool) -> Money:
    """Move the rest of a source; what needs approval waits, unless the caller wants to be told."""
    try:
        with session.begin_nested():
            return _follow(session, target, clock, key)
    except NotApproved:
        if asking:
            raise
        return zero(target.fund.unit)


def _follow(session: Session, target: Target, clock: Clock, key: str) -> Money:
    """Release what a source no longer needs, or set aside again what its fund has free for it."""
    source, fund, name = target.source, target.fund, f"liability#{target.source.promise}#{key}"
    book_id = registry.find_book_id(session, fund.book)
    if entries.find_transaction_by_key(session, book_id, LIBRARY, name) is not None:
        return zero(fund.unit)
    details = Details(note=f"what {source.promise} can still cost: {target.wanted}")
    more = target.wanted - target.held
    if more.minor < 0:
        return money.release(
            session, fund, target.promise, key=name, clock=clock, details=details, amount=-more
        )
    if not more:
        return more
    try:
        _reserve(session, target, more, name, details, clock)
    except FundError as short:
        free = parse_money(str(short.figures.get("free", "0")), fund.unit)
        if free.minor <= 0:
            return zero(fund.unit)
        more = min(free, more)
        _reserve(session, target, more, name, details, clock)
    return -more


def _reserve(
    session: Session, target: Target, amount: Money, key: str, details: Details, clock: Clock
) -> None:
    money.reserve(
        session,
        target.fund,
        target.promise,
        amount,
        key=key,
        clock=clock,
        use=target.use,
        details=details,
    )


def cover(session: Session, old: StoredAgreement, new: StoredAgreement, *, clock: Clock, key: str) -> None:
    """Set aside what an agreement can cost more, before it may.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    old, new : StoredAgreement
        As it stands, and as it is to stand.
    clock : Clock
        When it is recorded.
    key : str
        Of the change.

    Raises
    ------
    Underfunded
        With the payer's old and new most, what more is needed, and what its fund has free. Nothing is written
        then.
    NotApproved
        When a policy asks for approvals.
    """
    before = {one.payer: one.maximum for one in old.agreement.sources}
    for target in targets(session, new, as_utc(clock()).date()):
        more = target.wanted - target.held
        if more.minor <= 0:
            continue
        source, fund = target.source, target.fund
        details = Details(note=f"{key}: what {source.promise} can cost more")
        name = f"cover#{source.promise}#{key}"
        try:
            _reserve(session, target, more, name, details, clock)
        except FundError as short:
            was = before.get(source.payer, zero(fund.unit))
            raise Underfunded(
                f"{source.payer} may have to pay {source.maximum} instead of {was}; {more} more has to be "
                f"set aside. {short.message}",
                agreement=new.agreement.code,
                payer=source.payer,
                before=was.text,
                maximum=source.maximum.text,
                extra=more.text,
                **{name: figure for name, figure in short.figures.items() if name != "agreement"},
            ) from short
