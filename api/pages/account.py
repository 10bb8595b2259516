"""One's own account: roles and parties, sign-ins that go on, and a new password."""

from ..errors import NotSignedIn
from ..policy.decision import FRESH
from ..wire.access import MeReply, PasswordReply, RoleLine, SignInList
from .admin.people import roles_in_words
from .page import Page
from .view import Column, Done, Sheet, View
from .visit import Refused, Visit


def show_account(visit: Visit) -> View:
    """Show who one is here, where one is signed in, and the form for a new password."""
    words = visit.words
    me = visit.read(MeReply, "me.read")
    now = visit.site.door.clock()
    fresh = me.authenticated_at is not None and now - me.authenticated_at <= FRESH
    return View(
        title=words._("Your account"),
        sheets={"roles": _roles(visit, me.roles), "sign_ins": _sign_ins(visit)},
        more={
            "me": me,
            "fresh": fresh,
            "has_password": visit.site.door.credentials is not None and not visit.site.hosted,
        },
    )


def _roles(visit: Visit, roles: list[RoleLine]) -> Sheet:
    words = visit.words
    names = dict(roles_in_words(words)) | {"admin": words._("Administrator")}
    states = {
        "in force": words._("in force"),
        "coming": words._("not yet"),
        "ended": words._("ran out"),
        "revoked": words._("taken away"),
        "unconfirmed": words._("waits until a funder confirms it"),
    }
    return Sheet(
        title=words._("What you may do, and for whom"),
        columns=[
            Column(name=words._("Book")),
            Column(name=words._("Role")),
            Column(name=words._("For")),
            Column(name=words._("Until"), kind="day"),
            Column(name=words._("Stands")),
        ],
        rows=[
            (
                one.book,
                names.get(one.role, one.role),
                one.party,
                one.valid_until.date().isoformat() if one.valid_until else "",
                states.get(one.state, one.state),
            )
            for one in roles
        ],
        empty=words._("You hold no role. An administrator gives roles."),
    )


def _sign_ins(visit: Visit) -> Sheet:
    words = visit.words
    found = visit.read(SignInList, "me.list-sign-ins")
    return Sheet(
        title=words._("Where you are signed in"),
        columns=[
            Column(name=words._("Signed in"), kind="instant"),
            Column(name=words._("With")),
            Column(name=words._("Last used"), kind="instant"),
            Column(name=words._("Ends by itself"), kind="instant"),
        ],
        rows=[
            (
                one.since.isoformat(),
                words._("a browser") if one.seen_at else words._("a program"),
                one.seen_at.isoformat() if one.seen_at else "",
                one.until.isoformat(),
            )
            for one in found.items
        ],
        empty=words._("You are signed in by the application around these pages."),
    )


def change_password(visit: Visit) -> Done:
    """Set a new password for oneself; every sign-in ends, this one too."""
    form = visit.form
    body = {name: next(iter(form.all(name)), "") for name in ("current", "password")}
    try:
        visit.write(PasswordReply, "me.set-password", body)
    except Refused as refused:
        if refused.problem["code"] != NotSignedIn.code:
            raise
        told = [{"pointer": "/current", "code": "request.invalid", "message": refused.problem["detail"]}]
        wrong = {**refused.problem, "status": 422, "code": "request.invalid", "errors": told}
        raise Refused(wrong) from None
    visit.fresh = ""
    return Done(to=f"{visit.address('sign_in')}?next={visit.address('account')}", said="password")


PAGES = (
    Page(
        name="account",
        path="/account",
        show=show_account,
        acts={"password": change_password},
    ),
)
