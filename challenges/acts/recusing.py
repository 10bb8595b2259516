"""Whether somebody may touch an entry at this instant; the refusal never says which entry it was about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ...finance.dates import Clock, as_utc
from ...finance.storage import Session
from ..errors import ConflictRecused
from ..phases import Phase
from ..records.briefs import StoredChallenge
from ..records.plans import Pair
from .checking import ConflictCheck, check_conflicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What stands between people and applications on a day.

    Attributes
    ----------
    hard : Mapping of pair to str
        (application, judge) -> why the judge must not read it.
    soft : Mapping of pair to str
        Why the judge should rather not.
    overridden : frozenset of pairs
        Soft ones that somebody answers for.

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
            f"{len(judges)} judges of {stored.challenge.code} are in conflict by now with an entry they were "
            f"given: {', '.join(judges[:10])}. Draft the plan again.",
            challenge=stored.challenge.code,
            judges=list(judges),
        )


def find_bars(
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    *,
    clock: Clock,
    judges: Collection[str] = (),
    only: Collection[str] | None = None,
) -> Bars:
    """Find all conflicts and recusals of a challenge as they are now.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredChallenge
        Which challenge.
    phase : Phase
        In which somebody is to read. Where applicants judge, each is party to the competition, so a conflict
        bars from the pair alone, whatever the policy's scope.
    clock : Clock
        The day.
    judges : collection of str
        Who is asked about, registered or not; all that are registered when nobody is named.
    only : collection of str or None
        Codes of the applications that are asked about; all when None.
    """
    challenge = stored.challenge
    found = check_conflicts(
        session,
        challenge.book,
        challenge.code,
        as_of=as_utc(clock()).date(),
        judges=judges,
        phase=phase.id,
        also=judges,
        only=only,
    )
    hard = _of_pairs(found) if phase.judging == "applicants" else found.hard
    return Bars(hard=hard, soft=found.soft, overridden=found.overridden)


def find_conflicted(
    session: Session, stored: StoredChallenge, phase: Phase, person: str, *, clock: Clock
) -> frozenset[str]:
    """Return the applications with which somebody of any role is in conflict, hard or soft.

    Parameters
    ----------
    session, stored, phase, clock
        As for ``find_bars``.
    person : str
        Code; a judge or not.
    """
    challenge = stored.challenge
    day = as_utc(clock()).date()
    found = check_conflicts(
        session,
        challenge.book,
        challenge.code,
        as_of=day,
        judges=(person,),
        phase=phase.id,
        also=(person,),
        only=(),
    )
    pairs = {*_of_pairs(found), *(pair for pair in found.soft if pair not in found.overridden)}
    return frozenset(name for name, who in pairs if who == person)


def require_free(
    session: Session, stored: StoredChallenge, phase: Phase, judge: str, application: str, *, clock: Clock
) -> None:
    """Refuse a judge who has stepped back from an entry, or has a conflict that bars from it by now.

    Raises
    ------
    ConflictRecused
        Without the entry's name, so that nobody learns from it who is in conflict with whom.
    """
    bars = find_bars(session, stored, phase, clock=clock, judges=(judge,), only=(application,))
    if (application, judge) in bars.hard:
        raise ConflictRecused(
            f"{judge} has a conflict of interest in {stored.challenge.code} and takes no part here. The "
            "chair can tell the judge more.",
            challenge=stored.challenge.code,
            judge=judge,
        )


def _of_pairs(found: ConflictCheck) -> dict[Pair, str]:
    """Return the hard conflicts and recusals of the pairs themselves, however far they reach besides."""
    own = {(one.application, one.judge) for one in found.conflicts if one.level == "hard"}
    return {pair: why for pair, why in found.hard.items() if pair in own or why == "recusal"}
