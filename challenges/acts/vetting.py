"""Conflicts of interest where money is decided: who proposes, checks or rules, and the reads of an award.

The problem: conflicts are looked for when judges are assigned, and then never again; an alias that comes to
light a month later changes nothing. Whoever decides by discretion is looked at on that day, and so are the
reads behind an award when it is announced and when it is paid.
"""

from ...finance.dates import Clock, as_utc
from ...finance.storage import Session
from ..errors import AwardRefused, ConflictRecused
from ..phases import SCORED
from ..records.briefs import StoredChallenge
from ..records.interests import list_judges
from ..records.reads import list_reads
from .checking import ConflictCheck, check_conflicts


def require_unbiased(
    session: Session, stored: StoredChallenge, person: str, application: str, *, clock: Clock
) -> None:
    """Refuse somebody who is in hard conflict with an application.

    Raises
    ------
    ConflictRecused
        With the kind of the conflict.
    """
    found = _check(session, stored, clock, person)
    kinds = sorted(
        one.kind
        for one in found.conflicts
        if (one.level, one.judge, one.application) == ("hard", person, application)
    )
    if kinds:
        raise ConflictRecused(
            f"{person} has a conflict of interest with {application} ({', '.join(kinds)}) and takes no part "
            "in what it is given.",
            person=person,
            kinds=kinds,
        )


def require_sound_reads(
    session: Session, stored: StoredChallenge, *, clock: Clock, application: str = ""
) -> None:
    """Refuse to go on while reads that stand are of judges in hard conflict with what they read.

    Raises
    ------
    AwardRefused
        With every such read.
    """
    if not list_judges(session, stored):
        return
    found = _check(session, stored, clock)
    bad = sorted(
        f"{read.application} by {read.judge}"
        for phase in stored.challenge.brief.phases
        if phase.judging in SCORED
        for read in list_reads(session, stored, phase.id)
        if read.stands and (read.application, read.judge) in found.hard
        if application in ("", read.application)
    )
    if bad:
        raise AwardRefused(
            f"Reads by judges who have a conflict of interest with what they read: {', '.join(bad)}. "
            "Void them, decide again, and go on.",
            reads=bad,
        )


def _check(session: Session, stored: StoredChallenge, clock: Clock, *people: str) -> ConflictCheck:
    challenge = stored.challenge
    day = as_utc(clock()).date()
    return check_conflicts(session, challenge.book, challenge.code, as_of=day, judges=people, also=people)
