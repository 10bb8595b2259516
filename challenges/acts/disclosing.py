"""What leaves the desk: packets through the mask, awards before they are announced, figures of all entries.

The problem: the list is masked and the command beside it prints the same names. Whatever is shown of packets,
awards and figures asks here who looks, and in what conflict that person stands.
"""

from ...finance.dates import Clock, as_utc
from ...finance.storage import Session
from ..errors import ConflictRecused
from ..lifecycle import events_at
from ..records.awards import StoredAward, list_stored_awards
from ..records.briefs import StoredChallenge, find_challenge
from ..records.moves import list_dated_moves
from ..visibility import Viewer, mask
from .recusing import find_conflicted
from .showing import View
from .telling import feedback

ANNOUNCED = "decided"


def show_feedback(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    application: str,
    *,
    key: bytes,
    viewer: Viewer,
    person: str,
    clock: Clock,
) -> View:
    """Show somebody the packet of an application through the masks of the brief.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    book, challenge, phase, application : str
        Codes.
    key : bytes
        As for ``feedback``.
    viewer, person, clock
        As for ``show_application``.

    Raises
    ------
    Missing, CalibrationInvalid
        As for ``feedback``.
    """
    stored = find_challenge(session, book, challenge, clock())
    brief = stored.challenge.brief
    barred = person and application in find_conflicted(
        session, stored, brief.phase(phase), person, clock=clock
    )
    packet = feedback(session, book, challenge, phase, application, key=key)
    return mask(
        {"feedback": packet.told()},
        brief.rules_of(phase),
        phase=phase,
        viewer=viewer,
        relation="conflicted" if barred else "none",
        events=events_at(brief, as_utc(clock()), list_dated_moves(session, stored.id)),
    )


def show_awards(
    session: Session, book: str, challenge: str, *, person: str, clock: Clock
) -> tuple[StoredAward, ...]:
    """List awards: all of them once they are announced; before, to somebody who runs the round.

    Parameters
    ----------
    session, book, challenge, clock
        As for ``show_feedback``.
    person : str
        Code of who looks; empty for the public. Awards in conflict with that person are left out.

    Raises
    ------
    ConflictRecused
        When nothing is announced and nobody says who looks.
    """
    stored = find_challenge(session, book, challenge, clock())
    rows = list_stored_awards(session, stored.id)
    if is_announced(session, stored, clock):
        return rows
    if not person:
        raise ConflictRecused(
            f"The decision of {challenge} is not announced: say who looks, since that decides what is shown.",
            challenge=challenge,
        )
    brief = stored.challenge.brief
    phases = {brief.prizes[row.prize].phase for row in rows}
    barred = {
        name: find_conflicted(session, stored, brief.phase(name), person, clock=clock) for name in phases
    }
    return tuple(row for row in rows if row.award.application_id not in barred[brief.prizes[row.prize].phase])


def is_announced(session: Session, stored: StoredChallenge, clock: Clock) -> bool:
    """Tell whether the decision of a challenge is announced by now."""
    moves = list_dated_moves(session, stored.id)
    return any(move.to == ANNOUNCED and move.at <= as_utc(clock()) for move in moves)


def require_unconflicted(
    session: Session, book: str, challenge: str, *, person: str, clock: Clock, phase: str | None = None
) -> None:
    """Refuse figures of all entries to somebody in conflict with one of them, until they are announced.

    Parameters
    ----------
    session, book, challenge, clock
        As for ``show_feedback``.
    person : str
        Code of who looks.
    phase : str or None
        Of which phase; ``None``: of every one that decides a prize.

    Raises
    ------
    ConflictRecused
        When a figure would tell something of an entry that this person must not see, or nobody says who
        looks; the text names no entry.
    """
    stored = find_challenge(session, book, challenge, clock())
    brief = stored.challenge.brief
    if is_announced(session, stored, clock):
        return
    names = {prize.phase for prize in brief.prizes} if phase is None else {phase}
    barred = person and any(
        find_conflicted(session, stored, brief.phase(name), person, clock=clock) for name in sorted(names)
    )
    if barred or not person:
        who = f"{person} is in conflict with an entry" if barred else "Nobody says who looks"
        raise ConflictRecused(
            f"{who}: figures of all entries of {challenge} are shown to others, until they are announced.",
            challenge=challenge,
        )
