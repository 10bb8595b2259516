"""Whether a judge may touch an entry at this instant; the refusal never says which entry it was about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...finance.dates import Clock
from ...finance.storage import Session
from ..errors import ConflictRecused
from ..phases import Phase
from ..records.briefs import StoredChallenge
from ..records.plans import Pair, list_recused


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What stands between judges and applications on a day.

    Attributes
    ----------
    hard : Mapping of pair to str
        (application, judge) -> why the judge must not read it.
    soft : Mapping of pair to str
        Why the judge should rather not.
    overridden : frozenset of pairs
        Soft ones that somebody has signed for.

    Examples
    --------
    >>> Bars(hard={}, soft={}, overridden=frozenset()).hard
    {}
    """

    hard: Mapping[Pair, str]
    soft: Mapping[Pair, str]
    overridden: frozenset[Pair]

    def refusal(self, stored: StoredChallenge, judges: Sequence[str]) -> ConflictRecused:
        """Return the refusal of a step in which these judges would meet what they must not."""
        return ConflictRecused(
            f"{len(judges)} judges of {stored.challenge.code} are in conflict by now with an entry they were given: "
            f"{', '.join(judges[:10])}. Draft the plan again.",
            challenge=stored.challenge.code,
            judges=list(judges),
        )


def find_bars(session: Session, stored: StoredChallenge, phase: Phase, *, clock: Clock) -> Bars:
    """Find all conflicts and recusals of a challenge as they are now.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredChallenge
        Which challenge.
    phase : Phase
        In which somebody is to read.
    clock : Clock
        The day.
    """
    hard = dict.fromkeys(list_recused(session, stored), "recusal")
    return Bars(hard=hard, soft={}, overridden=frozenset())


def require_free(
    session: Session, stored: StoredChallenge, phase: Phase, judge: str, application: str, *, clock: Clock
) -> None:
    """Refuse a judge who has stepped back from an entry, or has a conflict that bars from it by now.

    Raises
    ------
    ConflictRecused
        Without the entry's name, so that nobody learns from it who is in conflict with whom.
    """
    if (application, judge) in find_bars(session, stored, phase, clock=clock).hard:
        raise recused(stored, judge)


def recused(stored: StoredChallenge, judge: str) -> ConflictRecused:
    """Return the refusal of a judge."""
    return ConflictRecused(
        f"{judge} has a conflict of interest in {stored.challenge.code} and takes no part here. The chair can "
        "tell the judge more.",
        challenge=stored.challenge.code,
        judge=judge,
    )


def find_conflicted(
    session: Session, stored: StoredChallenge, phase: Phase, person: str, *, clock: Clock
) -> frozenset[str]:
    """Return the applications with which somebody of any role is in conflict, hard or soft.

    Parameters
    ----------
    session, stored, phase, clock
        As for ``find_bars``.
    person : str
        Code.
    """
    bars = find_bars(session, stored, phase, clock=clock)
    pairs = {*bars.hard, *(pair for pair in bars.soft if pair not in bars.overridden)}
    return frozenset(name for name, who in pairs if who == person)
