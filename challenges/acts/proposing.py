"""An upheld appeal takes two people: one proposes the ruling on record, another approves it.

The problem: whoever writes the ruling names the second person in the same breath, and nobody can tell whether
that person ever agreed. A proposed ruling changes nothing; it is carried out by the act of somebody else.
"""

from dataclasses import dataclass, field
from typing import Any

from ...finance.dates import Clock
from ...finance.errors import Missing
from ...finance.funds import PooledFund
from ...finance.posting import record_event
from ...finance.storage import Session
from ..awarding import TieBreak
from ..errors import AppealRefused
from ..records.appeals import find_appeal
from ..records.briefs import find_challenge
from ..records.told import read_told
from .appealing import PLAIN_INPUTS, DecisionInputs, Ruled, Ruling, require_independent, rule

PROPOSED = "appeal.ruling_proposed"
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedRuling:
    """A ruling that upholds an appeal, as somebody from outside proposes it.

    Attributes
    ----------
    application : str
        Of the appellant.
    number : int [appeals]
        Which of its appeals, from 1.
    ruled_by, person : str
        In which capacity it is proposed, and by whom.
    reason : str
        Published.
    tie : TieBreak
        With which the right decision is reckoned.

    Examples
    --------
    >>> ProposedRuling(application="a", number=1, ruled_by="ombud", person="ana", reason="So.").tie.seed
    ''
    """

    application: str
    number: int
    ruled_by: str
    person: str
    reason: str
    tie: TieBreak = field(default_factory=TieBreak)


def propose_ruling(
    session: Session, fund: PooledFund, challenge: str, proposed: ProposedRuling, *, clock: Clock
) -> int:
    """Put on record that an appeal should be upheld; nothing moves before somebody else approves it.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Of the challenge.
    challenge : str
        Its code.
    proposed : ProposedRuling
        Proposing the same again changes nothing.
    clock : Clock
        When it is recorded.

    Returns
    -------
    int
        Which proposal of the appeal it is, from 1.

    Raises
    ------
    AppealRefused
        When the appeal is ruled on, or whoever proposes judged, decided or takes part.
    Missing
        When there is no such challenge or appeal.
    """
    stored = find_challenge(session, fund.book, challenge, clock())
    found = find_appeal(session, stored.id, proposed.application, proposed.number)
    if found.upheld is not None:
        raise AppealRefused(f"Appeal {proposed.number} of {proposed.application} is ruled on already.")
    require_independent(
        session, stored, (proposed.ruled_by, proposed.person), proposed.application, clock=clock
    )
    known = list_proposed(session, fund.book, challenge, proposed.application, proposed.number)
    if proposed in known:
        return known.index(proposed) + 1
    if len(known) >= MOST:
        raise AppealRefused(f"{MOST} rulings are proposed on this appeal. Approve one, or dismiss it.")
    key = f"{challenge}#{proposed.application}#{proposed.number}#{len(known) + 1}"
    record_event(session, fund.book, PROPOSED, _told(challenge, proposed), key=key, clock=clock)
    return len(known) + 1


def list_proposed(
    session: Session, book: str, challenge: str, application: str, number: int
) -> tuple[ProposedRuling, ...]:
    """Return what is proposed on an appeal, in order.

    Parameters
    ----------
    session : Session
        The caller's.
    book, challenge, application : str
        Codes.
    number : int [appeals]
        Which appeal of the application.
    """
    found: list[ProposedRuling] = []
    while told := read_told(session, book, PROPOSED, f"{challenge}#{application}#{number}#{len(found) + 1}"):
        found.append(_proposed(told))
    return tuple(found)


def find_proposed(
    session: Session, book: str, challenge: str, application: str, number: int, proposal: int
) -> ProposedRuling:
    """Return one proposal, counted from 1.

    Parameters
    ----------
    session, book, challenge, application
        As for ``list_proposed``.
    number : int [appeals]
        Which appeal of the application.
    proposal : int [rulings]
        Which proposal.

    Raises
    ------
    Missing
        When there is none of this number.
    """
    found = list_proposed(session, book, challenge, application, number)
    if not 1 <= proposal <= len(found):
        raise Missing(
            f"No ruling {proposal} is proposed on appeal {number} of {application}.",
            what="ruling",
            code=f"{application}#{number}#{proposal}",
        )
    return found[proposal - 1]


def approve_ruling(
    session: Session,
    fund: PooledFund,
    challenge: str,
    proposed: ProposedRuling,
    *,
    checker: str,
    clock: Clock,
    inputs: DecisionInputs = PLAIN_INPUTS,
) -> Ruled:
    """Carry out a proposed ruling as a second person, see ``rule``.

    Parameters
    ----------
    session, fund, challenge, clock
        As for ``propose_ruling``.
    proposed : ProposedRuling
        From ``find_proposed``.
    checker : str
        Neither who proposed it nor anybody who judged, decided or takes part.
    inputs : DecisionInputs
        With the tie break of the proposal.

    Raises
    ------
    AppealRefused, OverdrawnCommitment, KeyReused, Missing
        As for ``rule``.
    """
    if checker in {proposed.person, proposed.ruled_by}:
        raise AppealRefused(f"{checker} proposed this ruling: somebody else approves it.", checker=checker)
    ruling = Ruling(
        application=proposed.application,
        number=proposed.number,
        upheld=True,
        ruled_by=proposed.ruled_by,
        checker=checker,
        reason=proposed.reason,
    )
    return rule(session, fund, challenge, ruling, clock=clock, inputs=inputs)


def _told(challenge: str, proposed: ProposedRuling) -> dict[str, object]:
    return {
        "appeal": proposed.number,
        "application": proposed.application,
        "challenge": challenge,
        "person": proposed.person,
        "reason": proposed.reason,
        "ruled_by": proposed.ruled_by,
        "tie_orders": [list(order) for order in proposed.tie.decided],
        "tie_seed": proposed.tie.seed,
    }


def _proposed(told: dict[str, Any]) -> ProposedRuling:
    return ProposedRuling(
        application=told["application"],
        number=told["appeal"],
        ruled_by=told["ruled_by"],
        person=told["person"],
        reason=told["reason"],
        tie=TieBreak(seed=told["tie_seed"], decided=tuple(tuple(order) for order in told["tie_orders"])),
    )
