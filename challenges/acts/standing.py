"""Where hubs stand: ratings, leaderboard and attachment, read from determinations and awards."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from ...contracts.records import agreements
from ...finance.records.registry import find_book_id
from ...finance.storage import Session
from ..attachment import Attachment, AwardChoice, measure_attachment
from ..brief import Goal
from ..damping import ProgressContender
from ..errors import CalibrationInvalid
from ..leaders import Leaderboard
from ..leaders import leaderboard as leaders_of
from ..prizes import MeasuredProgress
from ..progress import Course, Determined, HubProgress, measure_progress
from ..ratings import Ratings, rate
from ..records import briefs, entrants
from .verified import VerifiedResult, verified_results

LOOK_BACK_DAYS = 1096
UNKNOWN = 0.5


def goal_course(goal: Goal) -> Course:
    """Return the way that the goal of a brief names.

    Examples
    --------
    >>> goal = Goal.read('{"metric": "safe_water_days@2", "baseline": "212", "target": "320", "unit": "day",'
    ...     ' "by": "2029-12-31"}')
    >>> goal_course(goal).metric, goal_course(goal).direction
    ('safe_water_days@2', 'higher')
    """
    baseline, target = Fraction(goal.baseline), Fraction(goal.target)
    return Course(
        metric=goal.metric,
        direction="higher" if target > baseline else "lower",
        baseline=baseline,
        target=target,
    )


def hub_progress(
    session: Session,
    book: str,
    challenge: str,
    *,
    as_of: date,
    courses: Sequence[Course] | None = None,
    under: Iterable[str] | None = None,
) -> tuple[HubProgress, ...]:
    """Return how far hubs have come towards the goal of a challenge, by every determination.

    Parameters
    ----------
    session : Session
        The caller's.
    book, challenge : str
        Codes.
    as_of : date
        What is not final on this day, or in dispute, is pending.
    courses : sequence of Course or None
        Ways of the metrics; that of the brief's goal when left out.
    under : iterable of str or None
        Agreements that count; all of the book that state the metric when left out.

    Raises
    ------
    Missing
        When there is no such challenge or agreement.
    CalibrationInvalid
        When a way leads nowhere.

    Notes
    -----
    A result belongs to a way when the agreement binds its metric to the definition of that name and version;
    where it binds it to none, when the terms call it by the name before the version.
    """
    goal = briefs.find_challenge(session, book, challenge).challenge.brief.goal
    ways = [goal_course(goal)] if courses is None and goal is not None else list(courses or ())
    names = {way.metric.partition("@")[0]: way.metric for way in ways}
    stating = agreements.list_naming(session, book, sorted(names)) if under is None else under
    found = (
        _determined(one, one.definition.replace("/", "@") or names.get(one.metric, ""), as_of)
        for one in verified_results(session, book, under=stating)
    )
    return measure_progress(ways, found)


def _determined(one: VerifiedResult, metric: str, as_of: date) -> Determined:
    return Determined(
        hub=one.party,
        metric=metric,
        estimate=one.estimate,
        standard_error=one.standard_error,
        on=one.on,
        state=one.state(as_of),
        source=one.source,
    )


def rate_hubs(
    session: Session,
    book: str,
    challenge: str,
    *,
    as_of: date,
    courses: Sequence[Course] | None = None,
    under: Iterable[str] | None = None,
    half_life_months: float | None = 36.0,
    variances: tuple[float, float] | None = None,
) -> tuple[Ratings, ...]:
    """Rate the hubs of a challenge by final determinations, one rating for each family of metrics.

    Parameters
    ----------
    session, book, challenge, as_of, courses, under
        As for ``hub_progress``.
    half_life_months : float or None [months]
        As for ``rate``.
    variances : tuple of (float, float) or None [part of the way ^2]
        As for ``rate``.

    Returns
    -------
    tuple of Ratings
        By family; none of a family without a final determination. Hubs that entered without a result are
        unrated in each.

    Raises
    ------
    Missing, CalibrationInvalid
        As for ``hub_progress`` and ``rate``.
    """
    rows = hub_progress(session, book, challenge, as_of=as_of, courses=courses, under=under)
    families = sorted({one.family for one in rows if one.state == "final" and one.on <= as_of})
    entered = _hubs(session, book, challenge) if families else ()
    return tuple(
        rate(
            [one for one in rows if one.family == family],
            hubs=entered,
            as_of=as_of,
            half_life_months=half_life_months,
            variances=variances,
        )
        for family in families
    )


def _hubs(session: Session, book: str, challenge: str) -> tuple[str, ...]:
    """Return the hubs that lead an application that was not taken back and has not failed."""
    found = entrants.list_leads(session, find_book_id(session, book), challenge)
    return tuple(sorted({one.lead for one in found if not one.withdrawn and one.status != "fail"}))


def earlier_awards(
    session: Session, book: str, *, as_of: date, look_back_days: int = LOOK_BACK_DAYS
) -> Mapping[str, int]:
    """Count the awards of each hub that stand and were approved in the look-back.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    as_of : date
        Last day that counts.
    look_back_days : int [days]
        How far back.

    Raises
    ------
    Missing
        When there is no such book.
    """
    first = as_of - timedelta(days=look_back_days)
    wins = entrants.list_wins(session, find_book_id(session, book))
    return Counter(one.lead for one in wins if first <= one.on <= as_of)


def progress_contenders(
    session: Session,
    book: str,
    challenge: str,
    prize: MeasuredProgress,
    *,
    as_of: date,
    courses: Sequence[Course] | None = None,
    half_life_months: float | None = 36.0,
    variances: tuple[float, float] | None = None,
    look_back_days: int = LOOK_BACK_DAYS,
) -> tuple[ProgressContender, ...]:
    """Return who takes part in a measured-progress prize, by the code of the application, with its figure.

    Parameters
    ----------
    session, book, challenge, as_of, courses
        As for ``hub_progress``; metrics of one family.
    prize : MeasuredProgress
        Its basis says which figure counts: the rating, or its lower bound.
    half_life_months : float or None [months]
        As for ``rate``.
    variances : tuple of (float, float) or None [part of the way ^2]
        As for ``rate``.
    look_back_days : int [days]
        How far back earlier awards count.

    Returns
    -------
    tuple of ProgressContender
        One for each hub whose application passed and was not taken back, by its first such application;
        without a figure where nothing of it is final.

    Raises
    ------
    Missing, CalibrationInvalid
        As for ``rate_hubs``; also when the metrics are of several families.
    """
    found = rate_hubs(
        session,
        book,
        challenge,
        as_of=as_of,
        courses=courses,
        half_life_months=half_life_months,
        variances=variances,
    )
    if len(found) > 1:
        families = [one.family for one in found]
        raise CalibrationInvalid(
            f"A prize follows one family of metrics, not {', '.join(families)}: give one.", families=families
        )
    rated = {one.hub: one for ratings in found for one in ratings.hubs if one.state == "rated"}
    earlier = earlier_awards(session, book, as_of=as_of, look_back_days=look_back_days)
    first: dict[str, str] = {}
    for entrant in entrants.list_leads(session, find_book_id(session, book), challenge):
        if entrant.status == "pass" and not entrant.withdrawn:
            first.setdefault(entrant.lead, entrant.code)
    return tuple(
        ProgressContender(
            hub=code,
            progress=rated[lead].counted(prize.basis) if lead in rated else None,
            earlier=earlier.get(lead, 0),
        )
        for lead, code in first.items()
    )


def leaderboard(
    session: Session,
    book: str,
    challenge: str,
    *,
    as_of: date,
    places: int | None = None,
    courses: Sequence[Course] | None = None,
    under: Iterable[str] | None = None,
    half_life_months: float | None = 36.0,
    variances: tuple[float, float] | None = None,
) -> tuple[Leaderboard, ...]:
    """Return the leaderboards of a challenge, one for each family of metrics.

    Parameters
    ----------
    session, book, challenge, as_of, courses, under
        As for ``hub_progress``.
    places : int or None [hubs]
        How many there are to win; without it there is no line.
    half_life_months : float or None [months]
        As for ``rate``.
    variances : tuple of (float, float) or None [part of the way ^2]
        As for ``rate``.

    Raises
    ------
    Missing, CalibrationInvalid
        As for ``rate_hubs``.
    """
    found = rate_hubs(
        session,
        book,
        challenge,
        as_of=as_of,
        courses=courses,
        under=under,
        half_life_months=half_life_months,
        variances=variances,
    )
    if not found:
        return ()
    earlier = earlier_awards(session, book, as_of=as_of)
    measured = attachment(session, book, found, as_of=as_of)
    return tuple(leaders_of(one, places=places, earlier=dict(earlier), attachment=measured) for one in found)


def attachment(session: Session, book: str, ratings: Sequence[Ratings], *, as_of: date) -> Attachment:
    """Measure how much earlier awards of a book have brought further ones.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    ratings : sequence of Ratings
        What is known of the hubs; a hub without a rating counts with the mean.
    as_of : date
        Awards up to this day.

    Raises
    ------
    Missing
        When there is no such book.

    Notes
    -----
    Whoever led an application of the same challenge that passed could have won. Ratings are those of
    ``as_of``, not of the day of each award: they say how good a hub is by all that is known now.
    """
    book_id = find_book_id(session, book)
    rated = {one.hub: one.value for found in ratings for one in found.hubs}
    mean = sum(rated.values()) / len(rated) if rated else UNKNOWN
    able: dict[str, set[str]] = {}
    for entrant in entrants.list_leads(session, book_id):
        if entrant.status == "pass":
            able.setdefault(entrant.challenge, set()).add(entrant.lead)
    won: Counter[str] = Counter()
    choices = []
    for win in entrants.list_wins(session, book_id):
        if win.on > as_of:
            continue
        names = sorted({win.lead, *able.get(win.challenge, ())})
        choices.append(
            AwardChoice(
                winner=win.lead,
                earlier=tuple((name, won[name]) for name in names),
                ratings=tuple((name, rated.get(name, mean)) for name in names),
            )
        )
        won[win.lead] += 1
    return measure_attachment(choices)
