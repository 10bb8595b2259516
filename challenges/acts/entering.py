"""Which applications take part in a phase: may compete, not withdrawn, let on by every phase before."""

import json
from dataclasses import dataclass

from ...finance.storage import Session
from ..phases import Phase
from ..records.briefs import StoredChallenge
from ..records.calibrations import list_advancements
from ..records.submissions import list_submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An application that takes part in a phase.

    Attributes
    ----------
    code, lead : str
        Its code, and who leads it.
    parties : tuple[str, ...]
        Everybody in its bundle, the lead included.

    Examples
    --------
    >>> Entry(code="a-1", lead="hub", parties=("hub", "lab")).parties
    ('hub', 'lab')
    """

    code: str
    lead: str
    parties: tuple[str, ...]


def list_entries(session: Session, stored: StoredChallenge, phase: Phase) -> tuple[Entry, ...]:
    """Return the applications that take part in a phase, by code.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredChallenge
        Which challenge.
    phase : Phase
        Of its brief.
    """
    going = let_on(session, stored, phase)
    entries = []
    for submission in list_submissions(session, stored):
        application = submission.application
        code = application.application_id
        if submission.status == "pass" and (going is None or code in going):
            parties = sorted({application.lead, *(member.party for member in application.bundle)})
            entries.append(Entry(code=code, lead=application.lead, parties=tuple(parties)))
    return tuple(sorted(entries, key=lambda entry: entry.code))


def let_on(session: Session, stored: StoredChallenge, phase: Phase) -> set[str] | None:
    """Return whom the last phase before, that chose, let on; ``None`` where none has chosen.

    Parameters
    ----------
    session, stored, phase
        As for ``list_entries``.
    """
    brief = stored.challenge.brief
    before = brief.phases[: [one.id for one in brief.phases].index(phase.id)]
    for one in reversed(before):
        decided = list_advancements(session, stored, one.id, "decided")
        if decided:
            return set(inside_of(decided[-1].body))
    return None


def inside_of(body: bytes) -> tuple[str, ...]:
    """Return who went on, from the bytes of a decision."""
    return tuple(json.loads(body)["inside"])
