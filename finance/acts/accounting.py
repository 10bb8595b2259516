"""Accounts as they are: balances, histories, the trial balance, and entries from documents."""

import json
from collections.abc import Mapping
from datetime import date

from ..accounts import Account
from ..dates import Clock
from ..entries import Entry, LedgerEntries
from ..errors import AmountOutOfRange
from ..ledger import CREDIT, DEBIT, Draft, Draw, Leg, Transaction
from ..money import Money, money
from ..posting import post_many
from ..records import registry, turnover
from ..storage import Session
from ..turnover import (
    AccountHistory,
    AccountTurnover,
    HistoryCursor,
    HistoryEntry,
    TrialBalance,
    TurnoverLayer,
)
from .stating import require_span

MAX_PAGE = 100_000
ENTRIES = "entries"


def balance(session: Session, book: str, account: Account) -> AccountTurnover:
    """Return what an account holds now; the cost is one row, however many postings it has.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    account : Account
        Found by path, unit and earmark.

    Raises
    ------
    Missing
        When it is not open.
    """
    return _find(session, book, account, None).turnover


def balance_on(session: Session, book: str, account: Account, day: date) -> AccountTurnover:
    """Return what an account held at the end of a day: what it holds now less what was posted for later days.

    Parameters
    ----------
    session, book, account
        As for ``balance``.
    day : date
        Last day counted.

    Raises
    ------
    Missing
        When it is not open.
    """
    return _find(session, book, account, day).turnover


def _find(session: Session, book: str, account: Account, day: date | None) -> turnover.FoundAccount:
    return turnover.find_turnover(
        session,
        registry.find_book_id(session, book),
        account.path,
        unit=account.unit.code,
        earmark=account.earmark,
        on=day,
    )


def trial_balance(session: Session, book: str, *, on: date | None = None) -> TrialBalance:
    """Return debits, credits and balance of every account of a book, at the end of a day.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    on : date or None
        Last day counted; None for all there is.
    """
    found = turnover.list_turnovers(session, registry.find_book_id(session, book), on=on)
    return TrialBalance(book=book, on=on, accounts=tuple(one.turnover for one in found))


def account_history(  # one account, one layer, one span, one page
    session: Session,
    book: str,
    account: Account,
    *,
    layer: TurnoverLayer = "S",
    after: date | None = None,
    through: date | None = None,
    start: HistoryCursor | None = None,
    limit: int = 1000,
) -> AccountHistory:
    """Return the postings of an account over the days ``(after, through]``, with the balance after each.

    Parameters
    ----------
    session, book, account
        As for ``balance``.
    layer : str
        ``S`` settled, ``P`` pending or ``E`` encumbered.
    after, through : date or None
        None means from the beginning, or to the end.
    start : HistoryCursor or None
        The ``following`` of the page before; None for the first page.
    limit : int [entries]
        At most so many, 1 to 100,000.

    Raises
    ------
    Missing, DocumentInvalid, AmountOutOfRange
        When the account is not open, the span ends before it begins, or the limit is none.
    """
    require_span(after, through)
    if type(limit) is not int or not 1 <= limit <= MAX_PAGE:
        raise AmountOutOfRange(
            f"A page of {limit} entries cannot be given: ask for 1 to {MAX_PAGE}.", limit=str(limit)
        )
    found = _find(session, book, account, None)
    book_id = registry.find_book_id(session, book)
    before, rows = turnover.list_history(
        session, book_id, found.id, layer, (after, through), start=start, limit=limit + 1
    )
    known = found.turnover.account
    running = opening = Money(minor=known.normal * before, unit=known.unit)
    entries = []
    for row in rows[:limit]:
        amount = Money(minor=row.amount, unit=known.unit)
        running = running + amount if row.side == known.normal else running - amount
        entries.append(
            HistoryEntry(
                transaction=row.id,
                seq=row.seq,
                effective_on=row.effective_on,
                kind=row.kind,
                line=row.line,
                payee=str(json.loads(row.body)["payee"]),
                side=row.side,
                amount=amount,
                balance=running,
            )
        )
    return AccountHistory(
        account=known,
        layer=layer,
        after=after,
        through=through,
        opening=opening,
        entries=tuple(entries),
        following=entries[-1].place if len(rows) > limit else None,
    )


def post_entries(
    session: Session, book: str, document: LedgerEntries, *, clock: Clock
) -> tuple[Transaction, ...]:
    """Post the entries of a document on accounts that are open, all or none.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    document : LedgerEntries
        What to post; each entry's key is its idempotency key among documents.
    clock : Clock
        When it is recorded.

    Raises
    ------
    Missing
        When an account is not open.
    UnbalancedTransaction, InsufficientFunds, PostingRefused, KeyReused, TooPrecise
        Nothing is written then.
    """
    book_id = registry.find_book_id(session, book)
    named = {(leg.account, leg.unit, leg.earmark) for one in document.entries for leg in one.legs}
    accounts = {
        (path, unit, earmark): _named(session, book_id, path, unit, earmark)
        for path, unit, earmark in sorted(named)
    }
    drafts = [(one.key, _draft(one, accounts)) for one in document.entries]
    return post_many(session, book, drafts, clock=clock, client=ENTRIES)


def draft_entry(session: Session, book: str, entry: Entry) -> Draft:
    """Draft what ``post_entries`` posts for one entry, to be proposed.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    entry : Entry
        On accounts that are open.

    Raises
    ------
    Missing, UnbalancedTransaction, TooPrecise
        When an account is not open, or the entry is none.
    """
    book_id = registry.find_book_id(session, book)
    named = {(leg.account, leg.unit, leg.earmark) for leg in entry.legs}
    return _draft(entry, {one: _named(session, book_id, *one) for one in sorted(named)})


def _named(session: Session, book_id: int, path: str, unit: str, earmark: str) -> Account:
    registry.find_unit(session, unit)
    return turnover.find_turnover(session, book_id, path, unit=unit, earmark=earmark).turnover.account


def _draft(entry: Entry, accounts: Mapping[tuple[str, str, str], Account]) -> Draft:
    legs = []
    for leg in entry.legs:
        account = accounts[leg.account, leg.unit, leg.earmark]
        draws = tuple(
            Draw(contribution=draw.contribution, minor=money(draw.amount, account.unit).minor)
            for draw in leg.draws
        )
        legs.append(
            Leg(
                account=account,
                side=DEBIT if leg.side == "debit" else CREDIT,
                amount=money(leg.amount, account.unit),
                line=leg.line,
                layer="S" if leg.layer == "settled" else "E",
                draws=draws,
            )
        )
    return Draft(
        kind=entry.kind,
        effective_on=entry.effective_on,
        legs=tuple(legs),
        payee=entry.payee,
        note=entry.note,
    )
