"""What the rule finds about one applicant at one instant, from everything on record."""

from datetime import datetime

from ...finance.errors import Missing
from ...finance.records.registry import find_book_id, find_party_id
from ...finance.storage import Session
from ..admissions import application_facts, cure_starts, facts_of_clauses, known_facts
from ..applications import Application
from ..brief import Brief
from ..eligibility import FactValue, Finding, after_cure, check_eligibility
from ..eligibility.levels import LEVELS
from ..records.briefs import StoredChallenge, find_challenge
from ..records.findings import list_facts, list_finding_notices, list_findings, list_waivers
from ..records.submissions import count_awards_to


def find_in_force(session: Session, book: str, challenge: str, now: datetime) -> StoredChallenge:
    """Return a challenge under the brief in force at an instant; before the first took effect, under that.

    Parameters
    ----------
    session : Session
        The caller's.
    book, challenge : str
        Codes.
    now : datetime
        Aware.
    """
    return find_challenge(session, book, challenge, now)


def find_now(
    session: Session,
    stored: StoredChallenge,
    application: Application,
    application_id: int | None,
    *,
    received_at: datetime,
    now: datetime,
) -> Finding | None:
    """Check an application as of an instant: by the brief in force when it came in, or a kinder later one.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    stored : StoredChallenge
        Which challenge.
    application : Application
        As submitted, or about to be.
    application_id : int or None
        Its row; ``None`` when it has never come in.
    received_at, now : datetime
        When it came in; by which clock it is checked.

    Returns
    -------
    Finding or None
        ``None`` where the brief lets everybody in.
    """
    book, code = stored.challenge.book, stored.challenge.code
    briefs = {
        challenge.challenge.brief.version: challenge.challenge.brief
        for challenge in (find_in_force(session, book, code, at) for at in (received_at, now))
    }
    found = [
        _find(session, stored, brief, application, application_id, now=now)
        for _, brief in sorted(briefs.items())
    ]
    if None in found:
        return None
    return max((one for one in found if one is not None), key=lambda one: LEVELS[one.status])


def _find(
    session: Session,
    stored: StoredChallenge,
    brief: Brief,
    application: Application,
    application_id: int | None,
    *,
    now: datetime,
) -> Finding | None:
    if brief.eligibility is None:
        return None
    recorded = recorded_facts(session, stored.challenge.book, application)
    trusted = brief.disclosure_policy.facts == "declared"
    if application_id is None:
        known = known_facts(application, recorded)
        return check_eligibility(brief.eligibility, known, now.date(), trusted=trusted)
    waivers = list_waivers(session, application_id)
    late = {one.clause for one in waivers if one.effect == "lateness"}
    known = known_facts(
        application,
        recorded,
        [
            (row.fact, row.statement, row.state == "kept")
            for rows in list_facts(session, application_id).values()
            for row in rows
        ],
        facts_of_clauses(brief.eligibility, late),
    )
    found = check_eligibility(
        brief.eligibility,
        known,
        now.date(),
        trusted=trusted,
        waived={one.clause for one in waivers if one.effect == "clause"},
    )
    starts = cure_starts(
        list_findings(session, application_id),
        list_finding_notices(session, stored, application.application_id),
    )
    return after_cure(brief.eligibility, found, notified_at=starts, now=now, lifted=late)


def recorded_facts(session: Session, book: str, application: Application) -> dict[str, FactValue]:
    """Return what the application itself, the register of parties and the awards on record show.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    application : Application
        Which one.

    Returns
    -------
    dict
        The facts of ``application_facts``, ``lead.in_register``, ``bundle.in_register`` and ``lead.awards``,
        the number of awards of this book to applications of this lead that stand.
    """
    book_id = find_book_id(session, book)
    known = {member.party: _is_known(session, book_id, member.party) for member in application.bundle}
    return {
        **application_facts(application),
        "lead.in_register": known.get(application.lead, False),
        "bundle.in_register": all(known.values()),
        "lead.awards": count_awards_to(session, book_id, application.lead),
    }


def _is_known(session: Session, book_id: int, party: str) -> bool:
    try:
        find_party_id(session, book_id, party)
    except Missing:
        return False
    return True
