"""What part a caller's party has in an agreement.

The problem: the terms call a party ``city``, and a role is held by ``harbour-city``; whoever acts in a name
of the terms must be the party behind it.
"""

from collections.abc import Sequence

from ..contracts.funding import member_parties
from ..contracts.records import agreements
from ..contracts.records.agreements import StoredAgreement
from ..finance.errors import Missing, NotAllowed
from .door import NOT_HERE, Call


def find_stored(call: Call, agreement: str) -> StoredAgreement:
    """Return an agreement of the call's book.

    Raises
    ------
    Missing
        When there is none of this code.
    """
    return agreements.find_agreement(call.session, call.book, agreement)


def parties_of(stored: StoredAgreement) -> frozenset[str]:
    """Return the codes of all parties that have a part in an agreement, members of its sets among them."""
    document = stored.agreement.document
    return frozenset(
        {*document.signatories.values(), *member_parties(document, stored.lineage.overlaid.program)}
    )


def names_of(stored: StoredAgreement, party: str) -> tuple[str, ...]:
    """Return the names under which a party signs an agreement."""
    return tuple(name for name, code in stored.agreement.document.signatories.items() if code == party)


def own_name(call: Call, stored: StoredAgreement, wanted: str = "") -> str:
    """Return the name of the terms under which the caller's party acts.

    Parameters
    ----------
    call : Call
        In whose name.
    stored : StoredAgreement
        The agreement.
    wanted : str
        One of several names of the party; empty for the first.

    Raises
    ------
    NotAllowed
        When the party has no part in the agreement, or not under that name.
    """
    names = names_of(stored, call.party)
    if names and wanted in {"", *names}:
        return wanted or names[0]
    told = f"under {', '.join(names)}, not under {wanted!r}" if names else "not at all"
    raise NotAllowed(
        f"You act for {call.party or 'nobody'}, who takes part in {stored.agreement.code!r} {told}. Act in "
        "your own name, or choose the party in the header Almoner-Party.",
        party=call.party,
        names=[*names],
    )


def require_part(call: Call, stored: StoredAgreement) -> None:
    """Refuse, as if nothing were there, an agreement in which a caller limited to own objects has no part."""
    if call.own is not None and call.own not in parties_of(stored):
        raise Missing(NOT_HERE)


def own_ends(call: Call, stored: StoredAgreement, ends: Sequence[str]) -> bool:
    """Tell whether the caller may see what lies between some parties, by their names in the terms."""
    return call.own is None or call.own in {stored.agreement.party_of(end) for end in ends}


__all__ = ["find_stored", "names_of", "own_ends", "own_name", "parties_of", "require_part"]
