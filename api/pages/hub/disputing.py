"""A finding on one's own report, disputed: until when and why, what it keeps back, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ....contracts.agreement import AgreementDocument, DisputeRule
from ...wire.claims import ClaimReply
from ...wire.disputes import DisputeReply
from ..contracting.claim import grounds_in_words
from ..states import dispute_state
from ..view import Column, Sheet
from ..visit import Visit
from ..words import Words

TIE, DISAGREEMENT = "conflict_of_interest", "disagreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputable:
    """A finding, or the want of one, that a party can dispute now.

    Attributes
    ----------
    told : str
        Until when, in words.
    grounds : sequence of (str, str)
        Those the agreement admits now, with their words.
    resolver : str
        Code of the party that decides.
    names : sequence of (str, str)
        Under which the party takes part in the agreement, as a form offers them.
    code : str
        A free one for the dispute.
    waivable : bool
        Giving up the right to dispute it makes the finding final sooner.
    """

    told: str
    grounds: Sequence[tuple[str, str]]
    resolver: str
    names: Sequence[tuple[str, str]]
    code: str
    waivable: bool


def find_disputable(
    visit: Visit,
    claim: ClaimReply,
    document: AgreementDocument,
    names: Sequence[str],
    raised: Sequence[DisputeReply],
) -> Disputable | None:
    """Return what this party can dispute about a claim now; None where it can dispute nothing.

    Parameters
    ----------
    visit : Visit
        Who looks.
    claim : ClaimReply
        The claim.
    document : AgreementDocument
        That says until when, and why.
    names : sequence of str
        Of the party in it.
    raised : sequence of DisputeReply
        All disputes of the agreement.
    """
    again = any(one.claim == claim.code and one.round == claim.round for one in raised)
    if not names or not document.resolver or again:
        return None
    today = visit.site.door.clock().date()
    told, admitted = _open(visit.words, claim, document.disputes, today)
    if not admitted:
        return None
    known = {one.code for one in raised}
    return Disputable(
        told=told,
        grounds=[(name, said) for name, said in grounds_in_words(visit.words) if name in admitted],
        resolver=document.resolver,
        names=[(one, one) for one in names],
        code=next(name for n in range(1, len(known) + 2) if (name := f"dispute-{n}") not in known),
        waivable=claim.state == "provisional",
    )


def _open(words: Words, claim: ClaimReply, rule: DisputeRule, today: date) -> tuple[str, set[str]]:
    """Return until when it can be disputed, in words, and on which grounds; none where it cannot."""
    if claim.state == "in_disagreement":
        told = words._("The evaluators cannot agree any more. A dispute lets somebody else decide.")
        return told, {DISAGREEMENT} & {*rule.grounds, *rule.late_grounds}
    if claim.decided_on is None or claim.final_on is None:
        return "", set()
    late_until = claim.decided_on + timedelta(days=rule.late_days)
    late: set[str] = set(rule.late_grounds) if today < late_until else set()
    if claim.state == "provisional":
        told = words._("You can dispute what was found before %(day)s.", day=words.day(claim.final_on))
        return told, {*rule.grounds, *late}
    if claim.state == "final" and TIE in {*rule.grounds, *rule.late_grounds}:
        told = words._("What was found is final. Until it is paid, it can still be disputed as follows.")
        return told, {*late, TIE}
    told = words._(
        "Before %(day)s, what was found can still be disputed as follows.", day=words.day(late_until)
    )
    return told, late


def kept_back(words: Words, one: DisputeReply) -> str:
    """Return in words what a dispute keeps back."""
    kept = [
        words._("%(amount)s from %(payer)s", amount=words.amount(row.amount, row.unit), payer=row.payer)
        for row in one.frozen
    ]
    return "; ".join(kept)


def dispute_sheet(visit: Visit, raised: Sequence[DisputeReply]) -> Sheet:
    """Return the disputes about a claim as a table."""
    words = visit.words
    grounds = dict(grounds_in_words(words))
    return Sheet(
        title=words._("Disputes"),
        columns=[
            Column(name=words._("Dispute")),
            Column(name=words._("Raised by")),
            Column(name=words._("Grounds")),
            Column(name=words._("What is said")),
            Column(name=words._("What is kept back until it ends")),
            Column(name=words._("How it stands")),
            Column(name=words._("Decided by")),
            Column(name=words._("Reason")),
        ],
        rows=[
            (
                one.code,
                one.raised_by,
                grounds.get(one.grounds, one.grounds),
                one.statement,
                kept_back(words, one),
                dispute_state(words, one.outcome),
                one.resolver or "",
                one.reason or "",
            )
            for one in raised
        ],
        links=[visit.address("bench_dispute", dispute=one.code) for one in raised],
        empty=words._("Nobody disputed what was found."),
    )
