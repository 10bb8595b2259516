"""Money moves between a fund's windows, and donors widen what they gave.

The problem: a reallocation that loses a donor's restriction is a breach of contract, and one that loses whose
money it was cannot be reported. A move keeps contributions and restrictions; only the donor widens one, and
what was left then becomes a contribution of its own, with the consent's digest.
"""

from dataclasses import replace

from ..accounts import pool
from ..contributions import Contribution
from ..dates import Clock
from ..draws import insufficient
from ..earmarks import Consent
from ..errors import CurrencyMismatch, EarmarkViolated, InsufficientFunds, SignatureInvalid
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Draw, Leg, Transaction
from ..money import Money, zero
from ..posting import post, record_event
from ..records import entries, lots, registry
from ..signatures import require_signature
from ..storage import Session
from .drafting import answered_before, draw_from, require_amount


def move(
    session: Session,
    fund: PooledFund,
    amount: Money,
    from_earmark: str,
    to_earmark: str,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Transaction:
    """Move money of a fund from one window to another, where the donors' restrictions allow it.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Whose money.
    amount : Money
        In a currency it holds.
    from_earmark, to_earmark : str
        Codes of the windows. Money moves to a narrower earmark, and back as far as it was given under one
        that admits the other.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    details : Details
        Day, note and source of the figure.

    Raises
    ------
    EarmarkViolated
        When less than that was given under terms that allow it; the figures say how much.
    InsufficientFunds, AmountOutOfRange, CurrencyMismatch, Missing, KeyReused
        Nothing is written then.
    """
    if from_earmark == to_earmark:
        raise ValueError(f"money is under {from_earmark!r} already: name two different earmarks")
    require_amount(amount, "moved")
    given, taken = (pool(fund.code, amount.unit, earmark) for earmark in (from_earmark, to_earmark))
    first = answered_before(session, fund, key)
    if first is None:
        book_id = registry.find_book_id(session, fund.book)
        held = lots.list_pool_lots(session, book_id, given)
        wider = lots.list_admitted_from(session, book_id, to_earmark)
        among = [lot for lot in held if lot.earmark in wider]
        _require_allowed(fund, amount, (from_earmark, to_earmark), held, among)
        draws = draw_from(session, book_id, given, amount, among)
        legs: tuple[Leg, ...] = (
            Leg(account=given, side=DEBIT, amount=amount, line="allocation", draws=draws),
            Leg(account=taken, side=CREDIT, amount=amount, line="allocation", draws=draws),
        )
    else:
        legs = first.legs if _moved(first) == (given, taken, amount) else _undrawn(given, taken, amount)
    draft = Draft(
        kind="allocation", effective_on=details.on, legs=legs, note=details.note, source=details.source
    )
    return post(session, fund.book, draft, key=key, clock=clock)


def _moved(first: Transaction) -> tuple[object, ...]:
    return first.legs[0].account, first.legs[1].account, first.legs[0].amount


def _undrawn(given: object, taken: object, amount: Money) -> tuple[Leg, ...]:
    """Legs that differ from every posted move, so that the key is refused as reused."""
    return (
        Leg(account=given, side=DEBIT, amount=amount, line="allocation"),  # type: ignore[arg-type]  # an account
        Leg(account=taken, side=CREDIT, amount=amount, line="allocation"),  # type: ignore[arg-type]  # an account
    )


def _require_allowed(
    fund: PooledFund,
    amount: Money,
    earmarks: tuple[str, str],
    held: tuple[lots.Lot, ...],
    among: list[lots.Lot],
) -> None:
    allowed, whole = (
        Money(minor=sum(lot.remaining for lot in some), unit=amount.unit) for some in (among, held)
    )
    if allowed < amount <= whole:
        raise EarmarkViolated(
            f"{amount} of the fund {fund.code} cannot move from {earmarks[0]!r} to {earmarks[1]!r}: of "
            f"{whole} there, {allowed} was given under terms that allow it. Move at most {allowed}, or ask "
            "the donors.",
            fund=fund.code,
            asked=amount.text,
            allowed=allowed.text,
            held=whole.text,
            unit=amount.unit.code,
        )


def widen(
    session: Session,
    fund: PooledFund,
    consent: Consent,
    *,
    key: str,
    clock: Clock,
    signature: bytes | None = None,
    details: Details = PLAIN,
) -> Contribution:
    """Put all that is left of a contribution under another earmark, with its giver's consent.

    Parameters
    ----------
    session, fund, clock, details
        As for ``move``.
    consent : Consent
        Which contribution, and the earmark it may be used under.
    key : str
        Idempotency key; it becomes the code of the released contribution.
    signature : bytes or None
        The giver's over the consent's exact bytes; needed when the giver's key is registered.

    Returns
    -------
    Contribution
        Of kind ``released``, with what was left in the currency in which it was given.

    Raises
    ------
    SignatureInvalid
        When it is missing or does not fit.
    EarmarkViolated
        When the contribution may lie under that earmark without consent: move it.
    InsufficientFunds, CurrencyMismatch, Missing, KeyReused
        When nothing is left, or part of it is promised; nothing is written then.
    """
    book_id = registry.lock_fund(session, fund.book, fund.code)
    origin = lots.find_contribution(session, book_id, consent.contribution)
    if origin.fund != fund.code or origin.kind not in {"cash", "released"}:
        raise CurrencyMismatch(
            f"{consent.contribution} is no money of the fund {fund.code}: {origin.kind} in {origin.fund}.",
            contribution=consent.contribution,
            fund=origin.fund,
        )
    _require_consent(session, book_id, origin, consent, signature)
    first = answered_before(session, fund, key)
    legs = _widening(session, book_id, origin, consent, key) if first is None else first.legs
    unit = registry.find_unit(session, origin.unit)
    left = [leg.amount for leg in legs if leg.side == CREDIT and leg.amount.unit == unit]
    released = Contribution(
        code=key,
        fund=fund.code,
        giver=origin.giver,
        earmark=consent.earmark,
        amount=sum(left, start=zero(unit)),
        kind="released",
        released_from=origin.root,
        consent_sha256=bytes.fromhex(consent.digest()),
    )
    draft = Draft(
        kind="widening", effective_on=details.on, legs=legs, note=details.note, source=details.source
    )
    body = {"consent": consent.canonical_bytes().decode(), "signature": (signature or b"").hex()}
    with session.begin_nested():
        record_event(session, fund.book, "contribution.widened", body, key=key, clock=clock)
        entries.keep_contribution(session, book_id, released)
        posted = post(session, fund.book, draft, key=key, clock=clock)
    return replace(released, replayed=posted.replayed)


def _require_consent(
    session: Session,
    book_id: int,
    origin: lots.StoredContribution,
    consent: Consent,
    signature: bytes | None,
) -> None:
    if origin.earmark in lots.list_admitted_from(session, book_id, consent.earmark):
        raise EarmarkViolated(
            f"{consent.contribution} was given under {origin.earmark!r}, which admits {consent.earmark!r} "
            "without consent. Move it.",
            contribution=consent.contribution,
            earmark=consent.earmark,
        )
    public_key = registry.find_party(session, book_id, origin.giver).public_key
    if public_key is None:
        return
    if signature is None:
        raise SignatureInvalid(
            f"{origin.giver} has a registered key: give the signature over the consent.", party=origin.giver
        )
    require_signature(public_key, consent.canonical_bytes(), signature, origin.giver)


def _widening(
    session: Session, book_id: int, origin: lots.StoredContribution, consent: Consent, code: str
) -> tuple[Leg, ...]:
    """Return the legs that turn each lot of a contribution into one of the released contribution.

    What the fund has put into a window that the new earmark admits stays there; the rest moves.
    """
    legs: list[Leg] = []
    for account, left in lots.list_lots_of(session, book_id, consent.contribution):
        admitted = lots.list_admitted_from(session, book_id, account.earmark)
        stays = account.earmark != origin.earmark and consent.earmark in admitted
        target = account if stays else replace(account, earmark=consent.earmark)
        free = lots.find_pool_free(session, book_id, account)
        if not stays and free < left:
            raise insufficient(account.fund, account.earmark, asked=left, free=free)
        old, new = (Draw(contribution=one, minor=left.minor) for one in (consent.contribution, code))
        legs.append(Leg(account=account, side=DEBIT, amount=left, line="allocation", draws=(old,)))
        legs.append(Leg(account=target, side=CREDIT, amount=left, line="allocation", draws=(new,)))
    if not legs:
        raise InsufficientFunds(
            f"Nothing is left of {consent.contribution}: there is nothing to widen.",
            contribution=consent.contribution,
        )
    return tuple(legs)
