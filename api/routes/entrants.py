"""Whose an application is, and as whom somebody looks at it: what the routes of entrants share."""

from collections.abc import Collection

from ...challenges import acts
from ...challenges.applications import Application
from ...challenges.records.briefs import find_challenge
from ...challenges.records.submissions import find_submission
from ...challenges.visibility import Viewer
from ...finance.errors import Missing
from ..door import NOT_HERE, Call

_VIEWERS: dict[str, Viewer] = {
    "funder": "funder",
    "hub": "own_applicant",
    "intermediary": "chair",
    "judge": "assigned_judge",
}


def find_entry(call: Call, challenge: str, application: str) -> Application | None:
    """Return an application as it was submitted last, if it was."""
    stored = find_challenge(call.session, call.book, challenge, call.now)
    found = find_submission(call.session, stored, application)
    return None if found is None else found.application


def lead_of(call: Call, challenge: str, application: str, **_: object) -> Collection[str]:
    """Return who leads an application; nobody when there is none."""
    found = find_entry(call, challenge, application)
    return () if found is None else (found.lead,)


def bundle_of(call: Call, challenge: str, application: str, **_: object) -> Collection[str]:
    """Return every actor of an application; nobody when there is none."""
    found = find_entry(call, challenge, application)
    return () if found is None else actors_of(found)


def actors_of(application: Application) -> frozenset[str]:
    """Return the parties of a bundle, the lead included."""
    return frozenset({application.lead, *(member.party for member in application.bundle)})


def viewer_of(call: Call) -> Viewer:
    """Return in which of the brief's roles somebody looks."""
    return _VIEWERS.get(call.access.role, "public")


def eyes_of(call: Call) -> str:
    """Return the code under which conflicts of whoever looks are on record: of a judge the judge's own."""
    if call.caller is None:
        return ""
    return call.party if call.access.role == "judge" else call.person


def require_given(call: Call, challenge: str, phase: str, application: str) -> None:
    """Refuse a judge an application that no published plan gave to the judge, as if it were not there.

    Raises
    ------
    Missing
        When it was not given, or by now there is a conflict.
    """
    given = acts.list_to_read(call.session, call.book, challenge, phase, call.party, clock=call.clock)
    if application not in given:
        raise Missing(NOT_HERE)
