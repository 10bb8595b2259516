"""Approvals: who must agree before money moves, to exactly which bytes, and whether enough did.

The problem: an approval of "the payment to Well 7" can be used for another amount, twice, or by its own
maker. Here a proposal keeps the exact bytes of a request; approvers sign those bytes; what is posted must
have the same digest, and the database counts the approvals, refuses the maker's own, and carries a proposal
out once. A policy says, per kind of transaction, unit and amount, how many approvals are asked.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from .accounts import Account
from .dates import as_utc
from .errors import DocumentInvalid
from .ledger import Draft, Draw, Leg, Source
from .money import Money
from .rates import Conversion, Rate
from .requests import request_bytes, reversal_bytes
from .signatures import attested_bytes
from .units import Unit

AccountOf = Callable[[str, str, str], Account]
REQUEST_TYPE = "application/vnd.almoner.request+json"
MAX_QUORUM = 100
REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """How many approvals a kind of transaction needs from an amount on.

    It covers the transactions of its kind, and those with a leg on the statement line of that name, so that
    another name does not escape it. Of two policies on one kind, unit and amount, the later one counts.

    Attributes
    ----------
    kind : str
        Kind of transaction: ``transfer``, ``payout``, ``encumbrance``, ``reversal`` and so on.
    least : Money
        From which size on; see ``size``.
    quorum : int [approvals]
        How many parties other than the maker; 0 abolishes the band.
    since : datetime
        From when on, for what is recorded then or later.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from almoner import money
    >>> ApprovalPolicy(
    ...     kind="payout", least=money("1000.00", "USD"), quorum=2, since=datetime(2026, 1, 1, tzinfo=UTC)
    ... ).least.minor
    100000
    """

    kind: str
    least: Money
    quorum: int
    since: datetime

    def __post_init__(self) -> None:
        if not self.kind:
            raise ValueError("a policy names a kind of transaction")
        if type(self.quorum) is not int or not 0 <= self.quorum <= MAX_QUORUM:
            raise ValueError(f"{self.quorum!r} approvals cannot be asked: 0 to {MAX_QUORUM} can")
        if self.least.minor < 0:
            raise ValueError(f"a policy begins at zero or above, not at {self.least}")
        as_utc(self.since)

    def covers(self, draft: Draft) -> bool:
        """Tell whether it asks anything of a draft, whatever the day."""
        named = self.kind == draft.kind or any(
            leg.line == self.kind and leg.amount.minor > 0 for leg in draft.legs
        )
        return named and (moved := size(draft.legs, self.least.unit)) is not None and moved >= self.least


def size(legs: Sequence[Leg], unit: Unit) -> Money | None:
    """Measure a transaction in one unit: what the legs of one side add, or release, whichever is most.

    Memo accounts are measured apart, so that a deposit that pays off a pledge does not count twice.

    Returns
    -------
    Money or None
        None when no leg is in that unit.

    Examples
    --------
    >>> from almoner import currency, money
    >>> from almoner.finance.accounts import cash, pool
    >>> usd = currency("USD")
    >>> legs = (
    ...     Leg(account=pool("water", usd), side=1, amount=money("5", usd), line="transfer"),
    ...     Leg(account=cash("water", usd), side=-1, amount=money("5", usd), line="transfer"),
    ... )
    >>> str(size(legs, usd)), size(legs, currency("EUR"))
    ('5.00 USD', None)
    """
    sums: dict[tuple[int, bool, bool], int] = {}
    for leg in legs:
        if leg.amount.unit == unit:
            group = (leg.side, leg.account.role == "memo", leg.amount.minor > 0)
            sums[group] = sums.get(group, 0) + leg.amount.minor
    return Money(minor=max(map(abs, sums.values())), unit=unit) if sums else None


def quorum_asked(policies: Iterable[ApprovalPolicy], draft: Draft, instant: datetime) -> int:
    """Return how many approvals a draft needs when it is recorded at an instant.

    Parameters
    ----------
    policies : Iterable of ApprovalPolicy
        All of the book, in any order.
    draft : Draft
        What is to be posted.
    instant : datetime
        When it would be recorded.

    Returns
    -------
    int [approvals]
        The most that any band asks; 0 when none does.

    """
    latest: dict[tuple[str, Money], ApprovalPolicy] = {}
    for policy in sorted(policies, key=lambda one: one.since):
        if policy.since <= instant:
            latest[policy.kind, policy.least] = policy
    return max((policy.quorum for policy in latest.values() if policy.covers(draft)), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One party's agreement to a proposal.

    Attributes
    ----------
    approver : str
        Code of the party.
    given_at : datetime
        When it was recorded.
    signature : bytes or None
        Ed25519 over ``Proposal.signing_bytes``; None when the party has no key.
    """

    approver: str
    given_at: datetime
    signature: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One party's refusal of a proposal: it is over, and what is still wanted is proposed anew.

    It carries no signature: an approval moves money and is proved against the party that gave it; a rejection
    moves none, and whoever holds no key at hand can still stop a payment.

    Attributes
    ----------
    party : str
        Code of the party; the maker's own takes the proposal back.
    reason : str
        In words.
    rejected_at : datetime
        When it was recorded.
    """

    party: str
    reason: str
    rejected_at: datetime

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a rejection says why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A request that waits for approvals, in exact bytes.

    Attributes
    ----------
    id : UUID
        The same for every retry under one key.
    book, key : str
        Its book and idempotency key.
    kind : str
        Of the transaction.
    payload : bytes
        The canonical bytes of the request; their SHA-256 is that of the transaction.
    maker : str
        Code of the party who proposed it, and may not approve it.
    proposed_at : datetime
        When it was recorded.
    needed : int [approvals]
        How many the policies ask now.
    approvals : tuple of Approval
        So far, in the order given.
    transaction : UUID or None
        What carried it out.
    rejection : Rejection or None
        Who rejected it, and why.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> waits = Proposal(
    ...     id=UUID(int=7), book="main", key="p1", kind="reversal", payload=reversal_bytes(UUID(int=1)),
    ...     maker="agent", proposed_at=datetime(2026, 1, 1, tzinfo=UTC), needed=1,
    ... )
    >>> waits.approved, waits.open, waits.signing_bytes()[:7]
    (False, True, b'DSSEv1 ')
    """

    id: UUID
    book: str
    key: str
    kind: str
    payload: bytes
    maker: str
    proposed_at: datetime
    needed: int
    approvals: tuple[Approval, ...] = ()
    transaction: UUID | None = None
    rejection: Rejection | None = None

    @property
    def approved(self) -> bool:
        """Tell whether enough parties agreed."""
        return len(self.approvals) >= self.needed

    @property
    def open(self) -> bool:
        """Tell whether it was neither carried out nor rejected."""
        return self.transaction is None and self.rejection is None

    def digest(self) -> bytes:
        """Return the SHA-256 of the payload, 32 bytes."""
        return sha256(self.payload).digest()

    def signing_bytes(self) -> bytes:
        """Return the bytes that approvers sign: the payload, under a type that names this proposal.

        Two proposals of the same payment have the same payload; the name keeps a signature on one of them
        from being used for the other.
        """
        return attested_bytes(f"{REQUEST_TYPE};proposal={self.id}", self.payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedRequest:
    """What a payload asks for, read back.

    Attributes
    ----------
    draft : Draft or None
        What to post; None for a reversal.
    expires_at : datetime or None
        Until when a hold may be settled; None for what is posted at once.
    reverses : UUID or None
        The transaction to undo.
    """

    draft: Draft | None = None
    expires_at: datetime | None = None
    reverses: UUID | None = None


def read_request(payload: bytes, account_of: AccountOf) -> ProposedRequest:
    """Read a payload back into what it asks for.

    Parameters
    ----------
    payload : bytes
        As written by ``request_bytes`` or ``reversal_bytes``.
    account_of : Callable
        Finds an account by path, code of its unit, and code of its earmark; raises for one that is not open.

    Raises
    ------
    DocumentInvalid
        When the bytes are not exactly those that the request read from them has.
    """
    try:
        said = json.loads(payload)
        read = (
            ProposedRequest(reverses=UUID(said["reverses"]))
            if "reverses" in said
            else ProposedRequest(draft=_draft(said, account_of), expires_at=_instant(said.get("expires_at")))
        )
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DocumentInvalid(f"The payload is no request: {fault}.", cause=str(fault)) from None
    if _written(read) != payload:
        raise DocumentInvalid("The payload is no request of exactly these bytes.", cause="not canonical")
    return read


def _written(read: ProposedRequest) -> bytes:
    if read.reverses is not None:
        return reversal_bytes(read.reverses)
    return request_bytes(read.draft, read.expires_at) if read.draft else b""


def _draft(said: Mapping[str, Any], account_of: AccountOf) -> Draft:
    legs = tuple(_leg(leg, account_of) for leg in said["legs"])
    units = {leg.amount.unit.code: leg.amount.unit for leg in legs}
    return Draft(
        kind=said["transaction"],
        effective_on=date.fromisoformat(said["effective_on"]) if "effective_on" in said else None,
        legs=legs,
        payee=said["payee"],
        note=said["note"],
        source=Source(**said["source"]),
        use=tuple(sorted(said.get("use", {}).items())),
        refunds=UUID(said["refunds"]) if "refunds" in said else None,
        corrects=UUID(said["corrects"]) if "corrects" in said else None,
        conversions=tuple(_conversion(one, units) for one in said.get("conversions", ())),
    )


def _leg(said: Mapping[str, Any], account_of: AccountOf) -> Leg:
    account = account_of(said["account"], said["unit"], said["earmark"])
    return Leg(
        account=account,
        side=said["side"],
        amount=Money(minor=int(said["amount"]), unit=account.unit),
        line=said["line"],
        layer=said["layer"],
        draws=tuple(
            Draw(contribution=draw["contribution"], minor=int(draw["amount"])) for draw in said["draws"]
        ),
    )


def _conversion(said: Mapping[str, Any], units: Mapping[str, Unit]) -> Conversion:
    rate = Rate(
        base=units[said["base"]],
        quote=units[said["quote"]],
        num=int(said["num"]),
        den=int(said["den"]),
        as_of=date.fromisoformat(said["as_of"]),
        source=said["source"],
    )
    return Conversion(
        rate=rate,
        sold=Money(minor=int(said["sold"]), unit=rate.base),
        bought=Money(minor=int(said["bought"]), unit=rate.quote),
        rounding=said["rounding"],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else as_utc(datetime.fromisoformat(text))
