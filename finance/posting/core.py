"""The posting path: the one way by which money moves.

The problem: between two statements a process can die, a reply can be lost and a retry can come in, and
still each transaction must exist once, whole and balanced. A batch looks up its keys and accounts, writes
its transactions, events, legs and draws, and then their ends, on whose insertion the database itself checks
everything and moves the balances. Nothing is committed here; a refused batch is undone to the caller's
last statement.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, overload
from uuid import UUID

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from ..accounts import Account
from ..dates import Clock, as_utc
from ..documents import plain_bytes
from ..draws import LotBook, insufficient, needs_draws
from ..errors import AlmonerError, Busy, FundError, KeyReused, LedgerError, MoneyError, PostingRefused
from ..ledger import Draft, Leg, Transaction
from ..money import Money
from ..records.approvals import find_lacking
from ..records.conversions import find_rate_ids
from ..records.entries import find_contribution_ids, find_lots, find_transactions
from ..records.lookups import OpenAccount, TakenKey, look_up
from ..records.refusals import explain, raises, read_reason, refusal_text, stored_refusal
from ..records.registry import find_book_id, find_fund, keep_account, lock_funds
from ..records.writing import WriteRefused, Writing, savepoint, write
from ..requests import LIBRARY, Request, describe, key_reused, request_digest
from .events import derive_id, leaf_digest

MAX_BATCH = 8192
KEPT = (FundError, LedgerError, MoneyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one draft of a batch in which each stands for itself.

    Attributes
    ----------
    key : str
        Its key.
    transaction : Transaction or None
        What was posted.
    error : AlmonerError or None
        Why it was not.
    """

    key: str
    transaction: Transaction | None = None
    error: AlmonerError | None = None


def post(
    session: Session,
    book: str,
    draft: Draft,
    *,
    key: str,
    clock: Clock,
    client: str = LIBRARY,
    proposal: UUID | None = None,
) -> Transaction:
    """Post one transaction.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    draft : Draft
        What to post.
    key : str
        Idempotency key: the same key and the same draft give the first answer again.
    clock : Clock
        When it is recorded.
    client : str
        In whose name the key is taken.
    proposal : UUID or None
        The approved proposal that it carries out.

    Raises
    ------
    KeyReused, InsufficientFunds, PeriodClosed, PostingRefused, Missing
        Nothing is written then.
    """
    request = Request(key=key, draft=draft, digest=request_digest(draft), proposal=proposal)
    return submit(session, book, [request], clock=clock, client=client)[0]


@overload
def post_many(
    session: Session,
    book: str,
    drafts: Sequence[tuple[str, Draft]],
    *,
    clock: Clock,
    client: str = LIBRARY,
    mode: Literal["all"] = "all",
) -> tuple[Transaction, ...]: ...


@overload
def post_many(
    session: Session,
    book: str,
    drafts: Sequence[tuple[str, Draft]],
    *,
    clock: Clock,
    client: str = LIBRARY,
    mode: Literal["each"],
) -> tuple[Outcome, ...]: ...


def post_many(
    session: Session,
    book: str,
    drafts: Sequence[tuple[str, Draft]],
    *,
    clock: Clock,
    client: str = LIBRARY,
    mode: Literal["all", "each"] = "all",
) -> tuple[Transaction, ...] | tuple[Outcome, ...]:
    """Post transactions in order, all or none, or each for itself.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    drafts : sequence of (str, Draft)
        At most 8,192 pairs of idempotency key and draft.
    clock : Clock
        Read once for the batch.
    client : str
        In whose name the keys are taken.
    mode : str
        ``all``: the first refusal undoes the batch and is raised. ``each``: a refusal is the outcome of its
        draft alone; one that follows from the books (funds, period, rules) is kept under the key, so that a
        retry gets the same answer.

    Returns
    -------
    tuple of Transaction or of Outcome
        In the order given; ``replayed`` marks those that had been posted before.

    Raises
    ------
    KeyReused
        When a key belongs to another draft.
    InsufficientFunds
        When an account would fall below its floor; the figures name it.
    PeriodClosed
        When a day lies in a closed period.
    PostingRefused
        When the database finds any other fault.
    """
    if len(drafts) > MAX_BATCH:
        raise PostingRefused(
            f"{len(drafts)} transactions in one batch: the limit is {MAX_BATCH}. Post them in parts.",
            limit=MAX_BATCH,
        )
    requests = [Request(key=key, draft=draft, digest=request_digest(draft)) for key, draft in drafts]
    if mode == "all":
        return submit(session, book, requests, clock=clock, client=client)
    instant = as_utc(clock())
    return tuple(_submit_each(session, book, requests, lambda: instant, client)) if requests else ()


def submit(
    session: Session, book: str, requests: Sequence[Request], *, clock: Clock, client: str = LIBRARY
) -> tuple[Transaction, ...]:
    """Post requests in order, all or none; see ``post_many`` for what is raised."""
    batch = _Batch(session, book, client, as_utc(clock()))
    if not requests:
        return ()
    batch.lock(requests)
    for last_try in (False, True):
        try:
            return batch.post(requests)
        except WriteRefused as refused:
            if last_try or not _is_taken(refused.reason):
                raise _explained(batch, requests, refused.reason) from refused
        except (IntegrityError, DataError) as fault:  # a full disk or a lost connection refuses nothing
            raise _explained(batch, requests, read_reason(fault)) from fault
    raise AssertionError("the second try returns or raises")


def _explained(batch: "_Batch", requests: Sequence[Request], reason: str) -> AlmonerError:
    drafts = [one.draft for one in requests]
    lacking = find_lacking(batch.session, batch.book_id, requests, batch.instant, reason)
    return lacking or explain(batch.session, batch.book_id, drafts, reason)


class _Batch:
    """Requests of one client to one book at one instant, from look-up to answer."""

    def __init__(self, session: Session, book: str, client: str, instant: datetime) -> None:
        self.session, self.connection = session, session.connection()
        self.book, self.client, self.instant = book, client, instant
        self.book_id = 0

    def identity(self, key: str) -> UUID:
        """Return the identity of what is recorded under a key."""
        return derive_id(self.book, self.client, key, self.instant)

    def lock(self, requests: Sequence[Request]) -> None:
        """Lock the funds whose draw rule decides: what it reads must not change before it is written."""
        codes = {leg.account.fund for one in requests for leg in one.draft.legs if needs_draws(leg)}
        if codes:
            lock_funds(self.session, find_book_id(self.session, self.book), codes)

    def post(self, requests: Sequence[Request]) -> tuple[Transaction, ...]:
        """Write what is new and answer every request."""
        keys = [one.key for one in requests]
        wanted = dict.fromkeys(leg.account for one in requests for leg in one.draft.legs)
        found = look_up(self.connection, self.book, self.client, keys, wanted)
        self.book_id, taken = found.book_id, found.taken
        fresh: dict[str, Request] = {}
        for one in requests:
            known = taken.get(one.key)
            first = fresh.setdefault(one.key, one) if known is None else None
            digest, kind = (first.digest, first.draft.kind) if first else _said(known)
            if digest != one.digest:
                raise key_reused(one.key, kind)
        posted = self._write_guarded(tuple(fresh.values()), found.accounts) if fresh else {}
        return self._answers(keys, posted, taken)

    def _write_guarded(
        self, requests: Sequence[Request], accounts: dict[Account, OpenAccount]
    ) -> dict[str, Transaction]:
        """Write, and leave nothing behind when it is refused, not even an account that was opened for it."""
        opening = any(leg.account not in accounts for one in requests for leg in one.draft.legs)
        if not opening and self.connection.dialect.name == "postgresql":
            return self.write(requests, accounts)
        with savepoint(self.connection):
            try:
                return self.write(requests, accounts)
            except IntegrityError as fault:
                if self.connection.dialect.name == "postgresql":
                    raise
                identities = [self.identity(one.key) for one in requests]
                raise WriteRefused(read_reason(fault, self.session, identities)) from fault

    def _answers(
        self, keys: Sequence[str], posted: dict[str, Transaction], taken: dict[str, TakenKey]
    ) -> tuple[Transaction, ...]:
        """Answer each key: what was posted now, or the first answer again, of earlier or of this batch."""
        for key in keys:
            known = taken.get(key)
            if known is not None and known.refusal is not None:
                raise stored_refusal(known.refusal)
        now = [posted.pop(key, None) for key in keys]
        identities = [taken[key].id if key in taken else self.identity(key) for key in keys]
        asked = dict.fromkeys(one for one, new in zip(identities, now, strict=True) if new is None)
        again = find_transactions(self.session, self.book_id, list(asked), replayed=True) if asked else {}
        return tuple(new or again[one] for one, new in zip(identities, now, strict=True))

    def write(
        self, requests: Sequence[Request], accounts: dict[Account, OpenAccount], refusal: str | None = None
    ) -> dict[str, Transaction]:
        """Write transactions that are new, in order, and return them by key; a refusal has no legs."""
        if refusal is None:
            self._open(requests, accounts)
        if len(requests) > 1:
            _require_floors(requests, {account: one.free for account, one in accounts.items()})
        filled = [(one, () if refusal else legs) for one, legs in self._filled(requests, accounts)]
        codes = {draw.contribution for _, legs in filled for leg in legs for draw in leg.draws}
        contributions = find_contribution_ids(self.session, codes, self.book_id)
        rates = find_rate_ids(self.session, (x.rate for one in requests for x in one.draft.conversions))
        batch = Writing(
            sqlite=self.connection.dialect.name == "sqlite",
            book_id=self.book_id,
            client=self.client,
            instant=self.instant,
        )
        made: dict[str, Transaction] = {}
        for one, legs in filled:
            posted = self._transaction(one, legs)
            made[one.key] = posted
            _add(batch, one, posted, refusal)
            identity = batch.key(posted.id)
            for seq, leg in enumerate(legs, start=1):
                account_id = accounts[leg.account].id
                batch.rows["posting"].append(
                    (identity, seq, account_id, leg.layer, leg.side, leg.line, leg.amount.minor)
                )
                for draw in leg.draws:
                    batch.rows["draw"].append((identity, seq, contributions[draw.contribution], draw.minor))
            for n, x in enumerate(one.draft.conversions, start=1):
                at = (batch.key(rates[x.rate]), x.rate.num, x.rate.den)
                batch.rows["fx_conversion"].append(
                    (identity, n, *at, x.sold.minor, x.bought.minor, x.rounding)
                )
        write(self.connection, batch)
        return made

    def _open(self, requests: Sequence[Request], accounts: dict[Account, OpenAccount]) -> None:
        """Open the accounts that are not open yet."""
        for one in requests:
            for leg in one.draft.legs:
                if leg.account not in accounts:
                    stored = keep_account(self.session, self.book_id, leg.account)
                    accounts[leg.account] = OpenAccount(id=stored.id, free=0)

    def _filled(
        self, requests: Sequence[Request], accounts: dict[Account, OpenAccount]
    ) -> list[tuple[Request, tuple[Leg, ...]]]:
        """Fill in whose money each request spends."""
        pools: dict[Account, tuple[str, dict[str, int]]] = {}
        for one in requests:
            for leg in one.draft.legs:
                if needs_draws(leg) and leg.account in accounts and leg.account not in pools:
                    rule = find_fund(self.session, self.book, leg.account.fund).draw_rule
                    pools[leg.account] = (rule, dict(find_lots(self.session, accounts[leg.account].id)))
        book = LotBook(pools)
        return [(one, book.fill(one.draft) if pools else one.draft.legs) for one in requests]

    def _transaction(self, one: Request, legs: tuple[Leg, ...]) -> Transaction:
        draft = one.draft
        return Transaction(
            id=self.identity(one.key),
            kind=draft.kind,
            effective_on=draft.effective_on or self.instant.date(),
            recorded_at=self.instant,
            legs=legs,
            payee=draft.payee,
            note=draft.note,
            source=draft.source,
            refunds=draft.refunds,
            act=one.act,
            parent=one.parent,
            expires_at=one.expires_at,
            corrects=draft.corrects,
        )


def _is_taken(reason: str) -> bool:
    """Tell whether the key may have been taken meanwhile.

    The same key at the same instant is the same identity: any row of it may be the one that is there already.
    """
    return "idem_key" in reason or "_pkey" in reason


def _said(known: TakenKey | None) -> tuple[bytes, str]:
    return (b"", "") if known is None else (known.request_sha256, known.kind)


def _add(batch: Writing, one: Request, posted: Transaction, refusal: str | None) -> None:
    """Add a transaction and its event to the rows of a batch."""
    draft, kind = one.draft, f"ledger.{one.draft.kind}"
    act = one.act if refusal is None else "refused"
    key, until = batch.key, batch.time(one.expires_at)
    proposal = None if refusal else one.proposal  # a refusal carries nothing out
    day = batch.day(posted.effective_on)
    row = (key(posted.id), draft.kind, one.key, one.digest, day, act, until, refusal)
    batch.rows["txn"].append((*row, key(one.parent), key(draft.refunds), key(draft.corrects), key(proposal)))
    body = describe(draft, posted.legs or draft.legs, posted.effective_on, one.expires_at)
    body |= {"client": batch.client, "key": one.key, "kind": kind, "recorded_at": batch.recorded}
    body["request_sha256"] = one.digest.hex()
    if act != "posted":
        body["act"] = act
    if refusal is not None:
        body["refusal"] = refusal
    if one.parent is not None:
        body["parent"] = str(one.parent)
    if proposal is not None:
        body["proposal"] = str(proposal)
    content = plain_bytes(body)
    batch.rows["event"].append((key(posted.id), kind, 1, content, leaf_digest(content)))


def _require_floors(requests: Sequence[Request], free: dict[Account, int]) -> None:
    """Refuse a batch in which some transaction would take an account below its floor when its turn comes.

    The database holds the floor at the end of the batch; this holds it in between, the same on every engine.
    """
    left = {account: minor - account.floor for account, minor in free.items() if account.floor is not None}
    for one in requests:
        moved: dict[Account, int] = defaultdict(int)
        for leg in one.draft.legs:
            if leg.account in left:
                moved[leg.account] += raises(leg)
        for account, minor in moved.items():
            if left[account] + minor < 0 and minor < 0:
                asked, held = (Money(minor=n, unit=account.unit) for n in (-minor, left[account]))
                raise insufficient(account.fund, account.earmark, asked=asked, free=held)
            left[account] += minor


def _submit_each(
    session: Session, book: str, requests: Sequence[Request], clock: Clock, client: str
) -> list[Outcome]:
    """Post the whole; on a refusal post its two halves, each for itself."""
    try:
        posted = submit(session, book, requests, clock=clock, client=client)
    except Busy:
        raise
    except AlmonerError as fault:
        if len(requests) == 1:
            _keep_refusal(_Batch(session, book, client, clock()), requests[0], fault)
            return [Outcome(key=requests[0].key, error=fault)]
    else:
        return [Outcome(key=one.key, transaction=two) for one, two in zip(requests, posted, strict=True)]
    middle = len(requests) // 2
    return [
        outcome
        for half in (requests[:middle], requests[middle:])
        for outcome in _submit_each(session, book, half, clock, client)
    ]


def _keep_refusal(batch: _Batch, request: Request, fault: AlmonerError) -> None:
    """Keep a refusal that follows from the books under its key: the same key has the same answer for ever."""
    if not isinstance(fault, KEPT) or isinstance(fault, KeyReused):
        return
    found = look_up(batch.connection, batch.book, batch.client, [request.key])
    batch.book_id = found.book_id
    if request.key not in found.taken:
        with savepoint(batch.connection):
            batch.write([request], {}, refusal=refusal_text(fault))
