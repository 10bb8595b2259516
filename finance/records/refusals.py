"""What a refusal of the database means: the constraint or rule that spoke, turned into an error with figures.

The problem: ``balance_encumbered_dr_check`` tells a person nothing, and the two databases spell it
differently. The rule that was broken is found in the text of either, and the figures are computed from the
drafts and the balances as they stood before.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from ..documents import canonical_bytes
from ..draws import insufficient
from ..errors import (
    AlmonerError,
    AlreadyResolved,
    AmountOutOfRange,
    Figure,
    HoldExpired,
    InsufficientFunds,
    OverdrawnCommitment,
    PeriodClosed,
    PostingRefused,
)
from ..ledger import Draft, Leg
from ..money import MAX_MINOR, Money, zero
from .entries import find_contribution_ids, find_free, find_lots, list_faults
from .registry import StoredAccount, find_account

SENTENCES = {
    "unbalanced": "debits and credits of a unit differ",
    "shape or draws": "a leg is on another book's account, or a pool leg says not whose money it moves",
    "cash without owner": "what a fund holds and whose it is would differ",
    "empty or other book": "it has no legs, or its event is another book's",
    "draws do not sum": "the draws of a pool leg do not sum to it",
    "other unit or fund": "a draw is on a contribution of another unit or fund",
    "earmark widened": "restricted money would lose its restriction",
    "lot swap": "money would move from one contribution to another",
    "internal line leaks": "an internal line would change what the fund owns",
    "parent": "what it undoes or returns is no posted transaction of this book, or is itself a reversal",
    "not undone": "it is not the exact mirror of what it reverses",
    "draws not mirrored": "it does not give back to the same contributions",
    "more comes back than was paid": "more would come back than was paid",
    "not approved": "fewer approvals than a policy asks",
    "rejected": "its proposal was rejected",
    "other proposal": "its proposal is another book's, or asks for something else",
    "recorded before its policy": "it is recorded as before a policy on approvals that was already set",
    "txn_proposal_id_key": "its proposal was carried out before",
    "txn has this proposal_id": "its proposal was carried out before",
    "txn_reversed_once": "it was already reversed",
    "txn_resolved_once": "the hold was already settled, voided or expired",
    "too late or too early": "a hold settles until it expires, and expires after that",
    "over-posted": "more would be settled than is held",
    "over-promised": "more would be promised than the hold had released",
    "closed period": "its day lies in a closed period; date it later, or correct in an open one",
    "expired": "the gift or the restricted money is past its last day",
    "conversion": "what is sold and bought is not what its rate gives",
    "converted in other parts": "a contribution would buy more or less than it sells at the rate",
    "converted to another": "what one contribution sells would be bought for another",
}
KINDS: dict[str, type[AlmonerError]] = {
    "txn_reversed_once": AlreadyResolved,
    "txn_resolved_once": AlreadyResolved,
    "too late or too early": HoldExpired,
    "closed period": PeriodClosed,
}


def read_reason(fault: DatabaseError, session: Session | None = None, identities: Iterable[UUID] = ()) -> str:
    """Say what the database refused; SQLite's trigger leaves the reason in the fault views.

    Parameters
    ----------
    fault : DatabaseError
        As raised.
    session : Session or None
        Before anything is rolled back; None when it already is.
    identities : Iterable of UUID
        The transactions that were being posted.
    """
    text = str(fault.orig).strip().splitlines()[0]
    if session is not None and text == "fault":
        return "; ".join(sorted({why for _, why in list_faults(session, only=identities)})) or text
    return text


def explain(session: Session, book_id: int, drafts: Sequence[Draft], reason: str) -> AlmonerError:
    """Turn the reason of a refusal into the error to raise.

    Parameters
    ----------
    session : Session
        After the rollback: balances are as before.
    book_id : int [row number]
        The book.
    drafts : sequence of Draft
        What was to be posted, in order.
    reason : str
        From ``read_reason``.
    """
    legs = [leg for draft in drafts for leg in draft.legs]
    found: AlmonerError | None = None
    if "floor_held" in reason:
        found = _below_floor(session, book_id, drafts)
    elif "remaining" in reason:
        found = _beyond_lot(session, book_id, legs)
    elif "encumbered_" in reason and any(leg.amount.minor < 0 for leg in legs):
        found = OverdrawnCommitment(
            "More would be released than is promised. Nothing was written.", reason=reason
        )
    elif "settled_" in reason or "encumbered_" in reason:
        found = AmountOutOfRange(
            f"An account would turn over more than {MAX_MINOR} minor units. Nothing was written.",
            reason=reason,
            limit=str(MAX_MINOR),
        )
    name = next((name for name in SENTENCES if name in reason.split("; ")), None)
    name = name or next((name for name in SENTENCES if name.startswith("txn_") and name in reason), None)
    said = SENTENCES[name] if name else reason
    return found or KINDS.get(name or "", PostingRefused)(
        f"The ledger refused the transaction: {said}. Nothing was written.", reason=said, rule=reason
    )


def refusal_text(error: AlmonerError) -> str:
    """Write a refusal as it is kept under its key."""
    said = {"code": error.code, "figures": dict(error.figures), "message": error.message}
    return canonical_bytes(said).decode()


def stored_refusal(text: str) -> AlmonerError:
    """Make a kept refusal again."""
    said = json.loads(text)
    return error_of(said["code"], said["message"], said["figures"])


def error_of(code: str, message: str, figures: Mapping[str, Figure]) -> AlmonerError:
    """Make again the refusal that was kept by its code.

    Examples
    --------
    >>> type(error_of("fund.insufficient", "The pool is short.", {})).__name__
    'InsufficientFunds'
    """
    kinds: list[type[AlmonerError]] = [AlmonerError]
    for kind in kinds:
        if kind.code == code:
            return kind(message, **figures)
        kinds.extend(kind.__subclasses__())
    return AlmonerError(message, **figures)


def _below_floor(session: Session, book_id: int, drafts: Sequence[Draft]) -> InsufficientFunds | None:
    """Replay the drafts on the balances and name the first account that would fall below its floor."""
    moved: dict[StoredAccount, int] = defaultdict(int)
    for draft in drafts:
        asked: dict[StoredAccount, int] = defaultdict(int)
        for leg in draft.legs:
            stored = find_account(session, book_id, leg.account)
            if stored is not None and leg.account.floor is not None:
                asked[stored] -= raises(leg)
        for stored, minor in asked.items():
            unit = stored.account.unit
            free = find_free(session, stored) + Money(
                minor=moved[stored] - (stored.account.floor or 0), unit=unit
            )
            if minor > free.minor:
                wanted = Money(minor=minor, unit=unit)
                return insufficient(stored.account.fund, stored.account.earmark, asked=wanted, free=free)
            moved[stored] -= minor
    return None


def raises(leg: Leg) -> int:
    """Return by how much a leg raises what its account can still give, in minor units."""
    same_side = leg.side == leg.account.normal
    if leg.layer != "S":
        return 0 if same_side else -leg.amount.minor
    return leg.amount.minor if same_side else -leg.amount.minor


def _beyond_lot(session: Session, book_id: int, legs: Sequence[Leg]) -> InsufficientFunds | None:
    for leg in legs:
        stored = find_account(session, book_id, leg.account)
        held = dict(find_lots(session, stored.id)) if stored else {}
        for draw in leg.draws:
            if leg.side != leg.account.normal and held.get(draw.contribution, 0) < draw.minor:
                find_contribution_ids(session, {draw.contribution}, book_id)
                unit = leg.amount.unit
                left = Money(minor=held.get(draw.contribution, 0), unit=unit)
                asked = Money(minor=draw.minor, unit=unit)
                return InsufficientFunds(
                    f"The contribution {draw.contribution} has {left or zero(unit)} left under earmark "
                    f"{leg.account.earmark!r}; {asked} is asked of it. Ask for at most {left}.",
                    contribution=draw.contribution,
                    earmark=leg.account.earmark,
                    asked=asked.text,
                    free=left.text,
                    short=(asked - left).text,
                    unit=unit.code,
                )
    return None
