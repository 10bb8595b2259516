"""One person, one duty: who holds two roles does not check with one what they did with the other.

The problem: the floors keep parties apart, and one person can act for two of them; then nobody has checked.
What a person did is in the trail of commands, and for whom they may act in their roles, also those that ran
out: who let go of a role yesterday has not become somebody else.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from ..challenges import acts
from ..challenges.records.appeals import list_competitors
from ..challenges.records.briefs import find_challenge
from ..challenges.records.interests import list_judges
from ..finance.approvals import Proposal
from ..finance.errors import SamePerson
from .door import Call
from .identity import Grant
from .parts import find_stored
from .records.commands import list_doers as list_doers_at
from .records.duties import list_doers
from .records.entering import list_grants

PROPOSING = (
    *("agreement_amendment.approve", "dispute.resolve", "payout.propose", "proposal.make"),
    "settlement.make",
)


def held_by(call: Call) -> tuple[Grant, ...]:
    """Return the roles of the caller in the book, whatever their dates."""
    if call.caller is None:
        return ()
    if call.caller.grants is not None:
        return tuple(one for one in call.caller.grants if one.book == call.book)
    return list_grants(call.session, call.person, call.book, call.book_id)


def other_parties(call: Call) -> frozenset[str]:
    """Return for whom else than now the caller may act, judges' own codes left out."""
    return frozenset(one.party for one in held_by(call) if one.role != "judge") - {call.party, ""}


def require_apart(call: Call, parties: Collection[str], act: str) -> None:
    """Refuse a person who may also act for one of these parties.

    Parameters
    ----------
    call : Call
        Who asks.
    parties : collection of str
        Whose interest is in it.
    act : str
        What they may not do, for example ``determine this claim``.

    Raises
    ------
    SamePerson
        With the party.
    """
    both = sorted(other_parties(call) & set(parties))
    if both:
        raise SamePerson(
            f"You may also act for {both[0]}, who has an interest here, and so you do not {act}. Let "
            "somebody else do it.",
            party=both[0],
        )


def require_not_done(call: Call, operations: tuple[str, ...], address: str, act: str) -> None:
    """Refuse a person who did one of these operations at an address before.

    Raises
    ------
    SamePerson
        With the operations.
    """
    if any(one.person == call.person for one in list_doers(call.session, call.book_id, operations, address)):
        raise SamePerson(
            f"You did {' or '.join(operations)} here, and so you do not {act}. Let somebody else do it.",
            operations=list(operations),
        )


def require_one_name(call: Call, operation: str, address: str) -> None:
    """Refuse a person who already did an operation at an address in another party's name.

    Raises
    ------
    SamePerson
        With the party.
    """
    done = list_doers(call.session, call.book_id, (operation,), address)
    other = [one.party for one in done if one.person == call.person and one.party != call.party]
    if other:
        raise SamePerson(
            f"You spoke here for {other[0]} and cannot speak for {call.party}. Let somebody else do it.",
            party=call.party,
        )


def require_free_verifier(call: Call, agreement: str, claim: str) -> None:
    """Refuse a verifier who claimed it, or may also act for another party of the agreement.

    Raises
    ------
    SamePerson
        With what stands in the way.
    """
    stored = find_stored(call, agreement)
    require_apart(call, stored.agreement.document.signatories.values(), "find on it")
    here = f"/books/{call.book}/agreements/{agreement}/claims/{claim}"
    require_not_done(call, ("claim.make",), here, "find on it")


def require_other_person(call: Call, one: Proposal, payee: str) -> None:
    """Refuse a person who proposed it, agreed to it in another party's name, or may act for who is paid.

    Raises
    ------
    SamePerson
        With what they did before.
    """
    require_apart(call, [payee], "approve it")
    if _did(call, {one.proposed_at}, PROPOSING, lambda place, _: _is_made(place, one)):
        _refuse(call, one, "made this proposal")
    given = {approval.given_at for approval in one.approvals}
    if _did(
        call, given, ("approval.give",), lambda place, party: _is_made(place, one) and party != call.party
    ):
        _refuse(call, one, "agreed to it for another party")


def _did(
    call: Call, instants: set[datetime], operations: tuple[str, ...], fits: Callable[[str, str], bool]
) -> bool:
    done = list_doers_at(call.session, call.book_id, instants, operations)
    return any(row.person == call.person and fits(str(row.location), row.party) for row in done)


def _is_made(place: str, one: Proposal) -> bool:
    """Tell whether a command made this proposal: one that names no proposal may have made several."""
    return "/proposals/" not in place or place.endswith(f"/proposals/{one.id}")


def _refuse(call: Call, one: Proposal, did: str) -> None:
    raise SamePerson(
        f"You {did} and cannot approve it as {call.party}. Ask another person.",
        party=call.party,
        proposal=str(one.id),
    )


def require_outside(call: Call, operation: str, challenge: str) -> None:
    """Refuse who may act for an applicant, or judges, what such people keep out of.

    Parameters
    ----------
    call : Call
        Who asks.
    operation : str
        What they ask, one of ``OUTSIDE`` or ``INSIDE``.
    challenge : str
        Its code.

    Raises
    ------
    SamePerson
        With the capacity they hold besides.
    """
    if call.own is not None and call.access.role != "judge":
        return
    held = held_by(call)
    stored = find_challenge(call.session, call.book, challenge, call.now)
    if operation in INSIDE and acts.is_announced(call.session, stored, call.clock):
        return
    competing = {member.party for one in list_competitors(call.session, stored.id) for member in one.bundle}
    both = sorted({one.party for one in held if one.role != "judge"} & competing)
    if both:
        raise SamePerson(
            f"You may act for {both[0]}, who competes in {challenge}, and keep out of its judging. "
            "Let somebody else do it.",
            party=both[0],
        )
    judging = {one.party for one in held if one.role == "judge"} | {call.person}
    if operation in DECIDING and judging & {one.code for one in list_judges(call.session, stored)}:
        raise SamePerson(f"You judge in {challenge} and do not decide in it. Let somebody else do it.")


DECIDING = frozenset(
    {
        *("assignment.approve", "assignment.plan", "assignment.publish"),
        *("award.approve", "award.propose", "award.reverse"),
        *("calibration.freeze", "calibration.repeat", "decision.make", "override.sign", "read.void"),
    }
)
INSIDE = frozenset(
    {
        *("application.check-file", "application.list", "application.read", "conflict.list"),
        *("decision.try", "judge.list"),
        *("placement.list", "ranking.read", "score.list", "shortage.list", "entry_to_read.list"),
    }
)
OUTSIDE = (
    DECIDING
    | INSIDE
    | {
        *("announcement.make", "award.commit", "award.lapse", "band.publish"),
        *("entry.open", "judge.register", "lottery.commit", "phase.advance", "ruling.approve", "ruling.make"),
        *("score.give", "waiver.approve", "waiver.propose"),
    }
)
