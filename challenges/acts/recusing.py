"""Whether a judge may touch an entry at this instant; the refusal never says which entry it was about."""

from ...finance.dates import Clock
from ...finance.storage import Session
from ..errors import ConflictRecused
from ..records.briefs import StoredChallenge
from ..records.plans import list_recused


def require_free(
    session: Session, stored: StoredChallenge, judge: str, application: str, *, clock: Clock
) -> None:
    """Refuse a judge who has stepped back from an entry, or has a conflict that bars from it by now.

    Raises
    ------
    ConflictRecused
        Without the entry's name, so that nobody learns from it who is in conflict with whom.
    """
    if (application, judge) in list_recused(session, stored):
        raise recused(stored, judge)


def recused(stored: StoredChallenge, judge: str) -> ConflictRecused:
    """Return the refusal of a judge."""
    return ConflictRecused(
        f"{judge} has a conflict of interest in {stored.challenge.code} and takes no part here. The chair can "
        "tell the judge more.",
        challenge=stored.challenge.code,
        judge=judge,
    )
