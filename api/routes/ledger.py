"""The ledger over HTTP: accounts, balances, histories, transactions, and whose money each one was.

The problem: the same transaction is a duty for the one who keeps the books, a receipt for the one who was
paid, and a public fact where the fund is published. Each sees it as far as it is theirs.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from ...finance import acts
from ...finance.documents import Code
from ...finance.entries import EXAMPLE, LedgerEntries
from ...finance.errors import Missing
from ...finance.ledger import Source, Transaction
from ...finance.posting import reverse
from ...finance.records import entries, journal, registry, turnover
from ...finance.turnover import AccountTurnover, HistoryCursor
from ..door import NOT_HERE, Call
from ..operation import Operation
from ..paging import cut, page_of, read_cursor, write_cursor
from ..reading import parse_json
from ..wire.ledger import (
    LAYERS,
    AccountLine,
    AccountList,
    AccountQuery,
    AccountReply,
    BalanceQuery,
    HistoryQuery,
    HistoryReply,
    PostedLine,
    PostedReply,
    TotalReply,
    TraceLine,
    TraceReply,
    TransactionLine,
    TransactionList,
    TransactionMade,
    TransactionQuery,
    TransactionReply,
    TrialBalanceReply,
)

BOOK = "/books/{book}"
POOL = "/books/{book}/funds/{fund}"


def list_accounts(call: Call, query: AccountQuery) -> AccountList:
    """List accounts with what they hold, at the end of a day where one is named."""
    found = turnover.list_turnovers(
        call.session,
        call.book_id,
        on=query.on,
        path=query.account or None,
        unit=query.unit or None,
        earmark=query.earmark or None,
    )
    rows = [one.turnover for one in found if query.fund in {"", one.turnover.account.fund}]
    page, after = cut(call, query, rows, _identity, name="account.list")
    return AccountList(items=[AccountLine.of(one) for one in page], next=after)


def _identity(one: AccountTurnover) -> tuple[str, str, str]:
    return one.account.path, one.account.unit.code, one.account.earmark


def read_balance(call: Call, query: BalanceQuery) -> AccountReply:
    """Return what one account holds, now or at the end of a day."""
    found = turnover.find_turnover(
        call.session, call.book_id, query.account, unit=query.unit or None, earmark=query.earmark, on=query.on
    )
    return AccountReply(**dict(AccountLine.of(found.turnover)), on=query.on)


def read_history(call: Call, query: HistoryQuery) -> HistoryReply:
    """Return the postings of an account by day, each with the balance after it."""
    known = turnover.find_turnover(
        call.session, call.book_id, query.account, unit=query.unit or None, earmark=query.earmark
    ).turnover.account
    seen = read_cursor(call, query, "account.history")
    made = acts.account_history(
        call.session,
        call.book,
        known,
        layer=LAYERS[query.layer],
        after=query.after,
        through=query.through,
        start=None if seen is None else HistoryCursor.read(str(seen[0])),
        limit=query.limit,
    )
    behind = made.following
    following = None if behind is None else write_cursor(call, query, "account.history", (str(behind),))
    return HistoryReply.of(made, query.layer, following)


def read_trial_balance(call: Call, query: AccountQuery) -> TrialBalanceReply:
    """Return the sums of debits and credits of the whole book, and its accounts page by page."""
    made = acts.trial_balance(call.session, call.book, on=query.on)
    rows = [one for one in made.accounts if _fits(one, query)]
    page, after = cut(call, query, rows, _identity, name="trial_balance.read")
    return TrialBalanceReply(
        book=made.book,
        on=made.on,
        balanced=made.is_balanced,
        totals=[TotalReply.of(row) for row in made.totals],
        items=[AccountLine.of(one) for one in page],
        next=after,
    )


def _fits(one: AccountTurnover, query: AccountQuery) -> bool:
    account = one.account
    wanted = (query.account, query.fund, query.unit, query.earmark)
    has = (account.path, account.fund, account.unit.code, account.earmark)
    return all(asked in {"", there} for asked, there in zip(wanted, has, strict=True))


def post_batch(call: Call, body: LedgerEntries) -> PostedReply:
    """Post entries on open accounts, all or none; each entry's key is its own among documents."""
    if broken := body.findings():
        raise body.refusal(broken)
    posted = acts.post_entries(call.session, call.book, body, clock=call.clock)
    pairs = zip(body.entries, posted, strict=True)
    return PostedReply(
        items=[PostedLine(key=entry.key, transaction=TransactionLine.of(one)) for entry, one in pairs]
    )


def list_transactions(call: Call, query: TransactionQuery) -> TransactionList:
    """List the transactions of the book, oldest first."""
    return _page(call, query, "transaction.list", "")


def list_fund_transactions(call: Call, fund: Code, query: TransactionQuery) -> TransactionList:
    """List the transactions of a fund, oldest first."""
    registry.find_fund(call.session, call.book, fund)
    return _page(call, query, "fund_transaction.list", fund)


def _page(call: Call, query: TransactionQuery, name: str, fund: str) -> TransactionList:
    wanted = journal.JournalFilter(
        kind=query.kind, fund=fund, party=call.own or "", after=query.after, through=query.through
    )
    seen = read_cursor(call, query, name)
    start = None if seen is None else UUID(str(seen[0]))
    found = journal.list_transaction_ids(
        call.session, call.book_id, wanted, start=start, limit=query.limit + 1
    )
    page, after = page_of(call, query, found, lambda one: (str(one),), name=name)
    known = entries.find_transactions(call.session, call.book_id, page)
    listed = [known[identity] for identity in page]
    givers = _givers(call, listed) if call.own is not None else {}
    own = [one for one in listed if call.own in {None, *parties_of(one, givers)}]
    return TransactionList(
        items=[TransactionLine.of(seen_by(call, one, givers, fund)) for one in own], next=after
    )


def read_transaction(call: Call, transaction: UUID) -> TransactionReply:
    """Return a transaction with its legs and whose money each moved."""
    return _shown(call, transaction, "")


def read_fund_transaction(call: Call, fund: Code, transaction: UUID) -> TransactionReply:
    """Return a transaction of a fund with its legs on the accounts of the fund."""
    return _shown(call, transaction, fund)


def _shown(call: Call, transaction: UUID, fund: str) -> TransactionReply:
    one = find_seen(call, transaction, fund)
    givers = _givers(call, [one]) if call.own is not None else {}
    return TransactionReply(**dict(TransactionLine.of(seen_by(call, one, givers, fund))))


def trace_transaction(call: Call, transaction: UUID) -> TraceReply:
    """Return whose money a transaction was."""
    return _traced(call, transaction, "")


def trace_fund_transaction(call: Call, fund: Code, transaction: UUID) -> TraceReply:
    """Return whose money a transaction of a fund was."""
    return _traced(call, transaction, fund)


def _traced(call: Call, transaction: UUID, fund: str) -> TraceReply:
    find_seen(call, transaction, fund)
    shares = acts.trace(call.session, call.book, transaction)
    shown = [one for one in shares if call.own in {None, one.giver, one.payee}]
    return TraceReply(
        transaction=transaction, items=[TraceLine.of(one, masked=call.access.masked) for one in shown]
    )


def make_reversal(call: Call, transaction: UUID) -> TransactionMade:
    """Undo a transaction by its exact mirror, once."""
    made = reverse(call.session, call.book, transaction, key=call.key, clock=call.clock)
    return made_reply(call, made)


def made_reply(call: Call, made: Transaction) -> TransactionMade:
    """Return a posted transaction as the answer to the one who posted it."""
    call.location = f"/books/{call.book}/transactions/{made.id}"
    return TransactionMade.of(made)


def find_seen(call: Call, transaction: UUID, fund: str) -> Transaction:
    """Return a transaction, of a fund where one is named.

    Raises
    ------
    Missing
        When it is not there, or moves nothing of that fund.
    """
    one = entries.find_transaction(call.session, call.book_id, transaction)
    if fund and fund not in {leg.account.fund for leg in one.legs}:
        raise Missing(NOT_HERE)
    return one


def _givers(call: Call, listed: Iterable[Transaction]) -> dict[str, str]:
    codes = {draw.contribution for one in listed for leg in one.legs for draw in leg.draws}
    return journal.find_givers(call.session, call.book_id, codes)


def parties_of(one: Transaction, givers: dict[str, str]) -> set[str]:
    """Return whose a transaction is: its payee's, and theirs whose money it moves."""
    drawn = {
        givers[draw.contribution] for leg in one.legs for draw in leg.draws if draw.contribution in givers
    }
    return drawn | ({one.payee} if one.payee else set())


def owners_of(call: Call, transaction: UUID, fund: Code = "") -> Collection[str]:
    """Return the parties whose own a transaction is."""
    one = find_seen(call, transaction, fund)
    return parties_of(one, _givers(call, [one]))


def seen_by(call: Call, one: Transaction, givers: dict[str, str], fund: str) -> Transaction:
    """Return a transaction as far as the caller sees it.

    Of a fund, the legs on its accounts. Masked, no payee, no words, no accounts of single parties and not
    whose money it was. Limited to what is their own, of the draws only theirs, unless they were paid by it.
    """
    legs = [leg for leg in one.legs if fund in {"", leg.account.fund}]
    if call.access.masked:
        bare = tuple(replace(leg, draws=()) for leg in legs if leg.account.role != "memo")
        return replace(one, legs=bare, payee="", note="", source=Source(kind=one.source.kind))
    if call.own is None or call.own == one.payee:
        return replace(one, legs=tuple(legs))
    own = tuple(
        replace(leg, draws=tuple(draw for draw in leg.draws if givers.get(draw.contribution) == call.own))
        for leg in legs
    )
    return replace(one, legs=own)


OPERATIONS = (
    Operation(
        name="account.list", method="GET", path=f"{BOOK}/accounts", handler=list_accounts, tag="accounts"
    ),
    Operation(
        name="account.balance",
        method="GET",
        path=f"{BOOK}/accounts/balance",
        handler=read_balance,
        tag="accounts",
    ),
    Operation(
        name="account.history",
        method="GET",
        path=f"{BOOK}/accounts/history",
        handler=read_history,
        tag="accounts",
    ),
    Operation(
        name="trial_balance.read",
        method="GET",
        path=f"{BOOK}/trial-balance",
        handler=read_trial_balance,
        tag="accounts",
    ),
    Operation(
        name="transaction.list",
        method="GET",
        path=f"{BOOK}/transactions",
        handler=list_transactions,
        tag="transactions",
        narrows=True,
    ),
    Operation(
        name="transaction.post",
        method="POST",
        path=f"{BOOK}/transactions",
        handler=post_batch,
        tag="transactions",
        status=201,
        examples={"bank charge": parse_json(EXAMPLE.encode())},
    ),
    Operation(
        name="transaction.read",
        method="GET",
        path=f"{BOOK}/transactions/{{transaction}}",
        handler=read_transaction,
        tag="transactions",
        owner=owners_of,
    ),
    Operation(
        name="transaction.trace",
        method="GET",
        path=f"{BOOK}/transactions/{{transaction}}/trace",
        handler=trace_transaction,
        tag="transactions",
        owner=owners_of,
    ),
    Operation(
        name="reversal.make",
        method="POST",
        path=f"{BOOK}/transactions/{{transaction}}/reversals",
        handler=make_reversal,
        tag="transactions",
        status=201,
    ),
    Operation(
        name="fund_transaction.list",
        method="GET",
        path=f"{POOL}/transactions",
        handler=list_fund_transactions,
        tag="transactions",
        narrows=True,
    ),
    Operation(
        name="fund_transaction.read",
        method="GET",
        path=f"{POOL}/transactions/{{transaction}}",
        handler=read_fund_transaction,
        tag="transactions",
        owner=owners_of,
    ),
    Operation(
        name="fund_transaction.trace",
        method="GET",
        path=f"{POOL}/transactions/{{transaction}}/trace",
        handler=trace_fund_transaction,
        tag="transactions",
        owner=owners_of,
    ),
)
