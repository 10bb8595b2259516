"""What givers promise: pledges, agreements they sign, and promises that lapse. Nothing here can be spent."""

from datetime import date

from ..accounts import Account, memo
from ..ageing import PromisePart, parts_left
from ..contributions import Pledge, Promised
from ..dates import Clock
from ..errors import OverdrawnCommitment
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Leg
from ..money import Money, zero
from ..posting import post, record_event
from ..records import entries, promises, registry
from ..storage import Session
from ..units import Unit
from .drafting import answered_before, require_unit


def _pledged(fund: PooledFund, giver: str, unit: Unit) -> Account:
    return memo(fund.code, unit, f"pledged/{giver}", 1)


def _receivable(fund: PooledFund, giver: str, unit: Unit) -> Account:
    return memo(fund.code, unit, f"receivable/{giver}", 1, floor=0)


def _legs(debit: Account, credit: Account, amount: Money) -> tuple[Leg, ...]:
    """Move a promise; nothing when the amount is zero."""
    if not amount:
        return ()
    return (
        Leg(account=debit, side=DEBIT, amount=amount, line="pledge"),
        Leg(account=credit, side=CREDIT, amount=amount, line="pledge"),
    )


def _held(session: Session, fund: PooledFund, account: Account) -> Money:
    book_id = registry.find_book_id(session, fund.book)
    total = zero(account.unit)
    for row in entries.list_balances(session, book_id, fund.code, account.path):
        if row.account.unit == account.unit:
            total += row.settled
    return total


def outstanding_pledge(session: Session, fund: PooledFund, giver: str, unit: Unit | None = None) -> Money:
    """Return what a giver has promised to a fund and neither signed nor paid in, in one currency."""
    return _held(session, fund, _pledged(fund, giver, unit or fund.unit))


def outstanding_receivable(session: Session, fund: PooledFund, giver: str, unit: Unit | None = None) -> Money:
    """Return what a giver has signed and not yet paid in, in one currency."""
    return _held(session, fund, _receivable(fund, giver, unit or fund.unit))


def list_promised(session: Session, fund: PooledFund) -> tuple[Promised, ...]:
    """Return what givers still owe a fund, by giver and currency; who owes nothing is left out."""
    book_id = registry.find_book_id(session, fund.book)
    owed: dict[tuple[str, str], dict[str, Money]] = {}
    for row in entries.list_balances(session, book_id, fund.code):
        kind, _, giver = row.account.path.removeprefix(f"{fund.code}/").partition("/")
        if kind in {"pledged", "receivable"} and row.settled:
            owed.setdefault((giver, row.account.unit.code), {})[kind] = row.settled
    found = []
    for (giver, _), kinds in sorted(owed.items(), key=lambda one: one[0]):
        nothing = zero(next(iter(kinds.values())).unit)
        pledged, signed = (kinds.get(kind, nothing) for kind in ("pledged", "receivable"))
        found.append(Promised(giver=giver, outstanding=pledged, receivable=signed))
    return tuple(found)


def list_promise_parts(session: Session, fund: PooledFund) -> tuple[PromisePart, ...]:
    """Return what givers still owe a fund by the day it was promised or signed, oldest first.

    What was paid in, signed or given up came off the oldest part.
    """
    book_id = registry.find_book_id(session, fund.book)
    owing = [
        row.account.path
        for row in entries.list_balances(session, book_id, fund.code)
        if row.settled and row.account.path.startswith((f"{fund.code}/pledged/", f"{fund.code}/receivable/"))
    ]
    moves: dict[tuple[str, Unit], list[tuple[date, int]]] = {}
    for one in promises.list_promise_moves(session, book_id, fund.code, owing) if owing else ():
        moves.setdefault((one.path, one.amount.unit), []).append((one.on, one.amount.minor))
    found = []
    for (path, unit), listed in moves.items():
        kind, _, giver = path.removeprefix(f"{fund.code}/").partition("/")
        found += [
            PromisePart(
                giver=giver, signed=kind == "receivable", since=day, amount=Money(minor=minor, unit=unit)
            )
            for day, minor in parts_left(listed)
        ]
    return tuple(sorted(found, key=lambda one: (one.since, one.giver, one.amount.unit.code, one.signed)))


def pledge(
    session: Session,
    fund: PooledFund,
    giver: str,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Pledge:
    """Record a promise to a fund. It raises nothing that can be spent.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        To whom it is promised.
    giver : str
        Code of the party.
    amount : Money
        In a currency the fund holds.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    details : Details
        Day, note and source of the figure.

    Raises
    ------
    CurrencyMismatch, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    require_unit(session, fund, amount)
    registry.find_party_id(session, registry.find_book_id(session, fund.book), giver)
    expected = memo(fund.code, amount.unit, "expected", -1)
    legs = _legs(_pledged(fund, giver, amount.unit), expected, amount)
    _post(session, fund, "pledge", legs, key=key, clock=clock, details=details)
    return _told(session, fund, giver, amount)


def sign_pledge(
    session: Session,
    fund: PooledFund,
    giver: str,
    amount: Money,
    agreement_sha256: bytes,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Pledge:
    """Record that a giver signed for an amount: a pledge becomes receivable, and still cannot be spent.

    Parameters
    ----------
    session, fund, giver, key, clock, details
        As for ``pledge``.
    amount : Money
        Taken off what the giver has pledged in that currency, as far as that goes.
    agreement_sha256 : bytes
        Digest of the signed agreement, 32 bytes.

    Raises
    ------
    CurrencyMismatch, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    if not isinstance(agreement_sha256, bytes) or len(agreement_sha256) != 32:  # noqa: PLR2004  # SHA-256
        raise ValueError("agreement_sha256 is a SHA-256 digest of 32 bytes")
    require_unit(session, fund, amount)
    registry.find_party_id(session, registry.find_book_id(session, fund.book), giver)
    first = answered_before(session, fund, key)
    if first is None:
        owed, pledged = (account(fund, giver, amount.unit) for account in (_receivable, _pledged))
        before = min(amount, max(zero(amount.unit), _held(session, fund, pledged)))
        legs = _legs(owed, pledged, before)
        legs += _legs(owed, memo(fund.code, amount.unit, "expected", -1), amount - before)
    else:
        legs = first.legs
    body = {
        "agreement_sha256": agreement_sha256.hex(),
        "amount": str(amount.minor),
        "fund": fund.code,
        "giver": giver,
        "unit": amount.unit.code,
    }
    with session.begin_nested():
        record_event(session, fund.book, "pledge.signed", body, key=key, clock=clock)
        _post(session, fund, "pledge_signed", legs, key=key, clock=clock, details=details)
    return _told(session, fund, giver, amount)


def lapse(
    session: Session,
    fund: PooledFund,
    giver: str,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    signed: bool = False,
    details: Details = PLAIN,
) -> Pledge:
    """Record that part of a promise will not be paid in.

    Parameters
    ----------
    session, fund, giver, key, clock, details
        As for ``pledge``.
    amount : Money
        At most what is outstanding.
    signed : bool
        Of what the giver has signed; otherwise of what is only pledged.

    Raises
    ------
    OverdrawnCommitment
        When less is outstanding.
    CurrencyMismatch, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    require_unit(session, fund, amount)
    registry.find_party_id(session, registry.find_book_id(session, fund.book), giver)
    promised = (_receivable if signed else _pledged)(fund, giver, amount.unit)
    first = answered_before(session, fund, key)
    left = _held(session, fund, promised)
    if first is None and left < amount:
        raise OverdrawnCommitment(
            f"{amount} of {giver} cannot lapse: {left} is {'signed' if signed else 'pledged'} and not "
            f"paid in. Let at most {left} lapse.",
            asked=amount.text,
            left=left.text,
            unit=amount.unit.code,
        )
    legs = _legs(memo(fund.code, amount.unit, "expected", -1), promised, amount)
    _post(session, fund, "lapse", legs, key=key, clock=clock, details=details)
    return _told(session, fund, giver, amount)


def paid_in_legs(session: Session, fund: PooledFund, giver: str, amount: Money) -> tuple[Leg, ...]:
    """Return the legs that take a deposit off what its giver has signed, then off what is only pledged."""
    expected = memo(fund.code, amount.unit, "expected", -1)
    rest = amount
    legs: tuple[Leg, ...] = ()
    for account in (_receivable(fund, giver, amount.unit), _pledged(fund, giver, amount.unit)):
        part = min(rest, max(zero(amount.unit), _held(session, fund, account)))
        legs += _legs(expected, account, part)
        rest -= part
    return legs


def _told(session: Session, fund: PooledFund, giver: str, amount: Money) -> Pledge:
    return Pledge(
        fund=fund.code,
        giver=giver,
        amount=amount,
        outstanding=outstanding_pledge(session, fund, giver, amount.unit),
        receivable=outstanding_receivable(session, fund, giver, amount.unit),
    )


def _post(
    session: Session,
    fund: PooledFund,
    kind: str,
    legs: tuple[Leg, ...],
    *,
    key: str,
    clock: Clock,
    details: Details,
) -> None:
    draft = Draft(kind=kind, effective_on=details.on, legs=legs, note=details.note, source=details.source)
    post(session, fund.book, draft, key=key, clock=clock)
