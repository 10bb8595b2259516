"""Signing in and out of the pages, and in whose name one goes on."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...finance.errors import Missing
from ...finance.storage import Session
from ..identity import Caller
from ..records.page_sessions import (
    choose_party,
    end_page_session,
    find_page_session,
    start_guest_session,
    start_page_session,
)
from ..records.tokens import end_person
from ..wire.access import TokenReply
from .page import Page
from .site import Guest
from .view import Done, View
from .visit import Visit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def show_sign_in(visit: Visit) -> View:
    """Show the form, or who is signed in."""
    return ask_to_sign_in(
        visit, wanted=visit.form.text("next") or visit.query.get("next", ""), kept=_kept(visit)
    )


def ask_to_sign_in(visit: Visit, *, wanted: str, kept: Sequence[tuple[str, str]], status: int = 200) -> View:
    """Return the form that asks who somebody is.

    Parameters
    ----------
    visit : Visit
        Who looks.
    wanted : str
        The address to go on to.
    kept : sequence of tuple
        What was typed before; it is carried through.
    status : int [HTTP status]
        Of the answer.
    """
    guests = [(one, _told(visit, one), one.waits(visit.words) if one.waits else "") for one in _guests(visit)]
    here = visit.site.door.credentials is not None and not visit.site.hosted
    return View(
        title=visit.words._("Sign in"),
        more={
            "next": wanted,
            "kept": kept,
            "again": visit.caller is not None,
            "guests": guests,
            "here": here,
        },
        status=status,
    )


def _guests(visit: Visit) -> Sequence[Guest]:
    """Return whom a visitor of a demonstration may go on as: at this machine, called by its own name."""
    return visit.site.look.guests if visit.request.url.hostname in LOOPBACK else ()


def _told(visit: Visit, guest: Guest) -> str:
    """Return what a guest sees."""
    words = visit.words
    told = {
        "funder": words._("Funder: what waits for a decision, and where the money goes"),
        "intermediary": words._("Fund manager: books the money, drafts agreements, pays"),
        "investor": words._("Investor: money laid out, and what comes back"),
        "hub": words._("Hub: applications, results and payments of one's own"),
        "evaluator": words._("Evaluator: are the reported results true"),
        "judge": words._("Judge: applications to read and score"),
        "admin": words._("Administrator: is everything healthy, and who may do what"),
    }
    return told[guest.role]


def _kept(visit: Visit) -> list[tuple[str, str]]:
    """Return what was typed before the session ended."""
    try:
        found = json.loads(visit.form.text("kept") or "[]")
        return [(str(name), str(value)) for name, value in found]
    except (ValueError, TypeError):
        return []


def sign_in(visit: Visit) -> Done | View:
    """Sign in with a password, and go on where one wanted to."""
    body: Mapping[str, Any] = {
        "grant_type": "password",
        "username": visit.form.text("login"),
        "password": next(iter(visit.form.all("password")), ""),
    }
    reply = visit.write(TokenReply, "token.issue", body)
    now = visit.site.door.clock()
    with Session(visit.site.door.engine) as session, session.begin():
        end_page_session(session, visit.session_id, now)
        text = start_page_session(session, reply.refresh_token, now)
    return went_in(visit, text)


def go_as(visit: Visit) -> Done | View:
    """Go on as one of the guests of a demonstration, without a password."""
    person = visit.form.text("guest")
    if person not in {one.person for one in _guests(visit)}:
        raise Missing("This installation has no such guest.")
    visit.close()
    now = visit.site.door.clock()
    with Session(visit.site.door.engine) as session, session.begin():
        end_page_session(session, visit.session_id, now)
        text = start_guest_session(session, person, now)
    return went_in(visit, text)


def went_in(visit: Visit, text: str) -> Done | View:
    """Go on with a fresh cookie: to the page wanted, or to what was typed before."""
    held = find_page_session(visit.session, text, visit.site.door.clock())
    if held is not None:
        visit.caller = Caller(person=held[0].person, authenticated_at=held[0].authenticated_at)
    visit.session_id = text
    visit.fresh = text
    to, kept = own_address(visit, visit.form.text("next")), _kept(visit)
    if kept:
        return View(
            title=visit.words._("You are signed in again"), more={"to": to, "kept": kept, "went_in": True}
        )
    return Done(to=to)


def own_address(visit: Visit, wanted: str) -> str:
    """Return an address of ours: what was wanted, where it is one, else the front page."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isascii()
    return wanted if ours and "\n" not in wanted and "\r" not in wanted else visit.root + "/"


def sign_out(visit: Visit) -> Done:
    """End this sign-in, with all that came of it."""
    visit.close()
    with Session(visit.site.door.engine) as session, session.begin():
        end_page_session(session, visit.session_id, visit.site.door.clock())
    visit.fresh = ""
    return Done(to=visit.root + "/")


def sign_out_everywhere(visit: Visit) -> Done:
    """End every sign-in of theirs: here, on other devices, and of programs that use their tokens."""
    visit.close()
    if visit.caller is not None:
        with Session(visit.site.door.engine) as session, session.begin():
            end_person(session, visit.caller.person, visit.site.door.clock())
    visit.fresh = ""
    return Done(to=visit.root + "/")


def act_for(visit: Visit) -> Done:
    """Go on in the name of one of several parties."""
    with Session(visit.site.door.engine) as session, session.begin():
        choose_party(session, visit.session_id, visit.form.text("party"))
    return Done(to=own_address(visit, visit.form.text("next")))


PAGES = (
    Page(
        name="sign_in",
        path="/sign-in",
        show=show_sign_in,
        acts={
            "sign-in": sign_in,
            "go-as": go_as,
            "sign-out": sign_out,
            "sign-out-everywhere": sign_out_everywhere,
            "act-for": act_for,
        },
        said={
            "password": lambda words: words._("Your password is changed. Sign in with the new one."),
        },
        signed_in=False,
    ),
)
