"""Who may: people of the installation, the roles they hold, and how a role is given and taken."""

from ...wire.access import PersonList, PersonMade, RoleGrantList, RoleGrantMade
from ..page import Page
from ..parties import every_party
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words

MOST = 200


def roles_in_words(words: Words) -> list[tuple[str, str]]:
    """Return the roles, as people call them."""
    return [
        ("funder", words._("Funder")),
        ("investor", words._("Investor")),
        ("intermediary", words._("Intermediary")),
        ("hub", words._("Hub")),
        ("evaluator", words._("Evaluator")),
        ("judge", words._("Judge")),
    ]


def show_people(visit: Visit) -> View:
    """Show people and their roles; funders see the roles of their book, to confirm those on money."""
    words = visit.words
    held = visit.roles()
    people = visit.find(PersonList, "person.list", limit=MOST) if "admin" in held else None
    grants = visit.read(RoleGrantList, "role-grant.list", limit=MOST)
    parties = every_party(visit)
    names = dict(roles_in_words(words))
    return View(
        title=words._("Who may do what"),
        sheets={
            "grants": Sheet(
                title=words._("Roles in this book"),
                columns=[
                    Column(name=words._("Person")),
                    Column(name=words._("Role")),
                    Column(name=words._("For")),
                    Column(name=words.p("role", "On")),
                    Column(name=words._("Granted by")),
                    Column(name=words._("Stands")),
                ],
                rows=[
                    (
                        one.person,
                        names.get(one.role, one.role),
                        one.party,
                        one.engagement or words._("The whole book"),
                        one.granted_by,
                        one.state,
                    )
                    for one in grants.items
                ],
                empty=words._("Nobody holds a role here yet."),
            ),
            **({"people": _people(visit, people)} if people else {}),
        },
        more={
            "admin": "admin" in held,
            "people": [(one.code, one.name) for one in people.items if not one.disabled_at] if people else [],
            "parties": [(one.code, one.name) for one in parties],
            "roles": roles_in_words(words),
            "waiting": [
                (str(one.id), one.person, names.get(one.role, one.role), one.party)
                for one in grants.items
                if one.confirmed_by is None
                and one.revoked_at is None
                and one.role in {"funder", "intermediary"}
            ],
            "standing": [
                (str(one.id), f"{one.person}, {names.get(one.role, one.role)}, {one.party}")
                for one in grants.items
                if one.revoked_at is None
            ],
            "confirms": "funder" in held,
        },
    )


def _people(visit: Visit, people: PersonList) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("People"),
        columns=[
            Column(name=words._("Code")),
            Column(name=words._("Name")),
            Column(name=words._("Signs in as")),
            Column(name=words._("Stands")),
        ],
        rows=[
            (one.code, one.name, one.login, words._("Disabled") if one.disabled_at else words._("Active"))
            for one in people.items
        ],
        empty=words._("Nobody is registered yet."),
    )


def register(visit: Visit) -> Done:
    """Register a person."""
    form = visit.form
    visit.write(PersonMade, "person.register", {"code": form.text("code"), "name": form.text("name")})
    return Done(to=visit.address("admin_people"), said="registered")


def grant(visit: Visit) -> Done:
    """Grant a role; one on money counts once the funder has confirmed it."""
    form = visit.form
    role = form.text("role")
    body = {
        "person": form.text("person"),
        "party": form.text("person") if role == "judge" else form.text("party"),
        "role": role,
        "engagement": form.text("engagement"),
    }
    visit.write(RoleGrantMade, "role-grant.make", body)
    return Done(to=visit.address("admin_people"), said="granted")


def confirm(visit: Visit) -> Done:
    """Confirm a role on money."""
    visit.write(RoleGrantMade, "role-grant.confirm", grant=visit.form.text("grant"))
    return Done(to=visit.address("admin_people"), said="confirmed")


def revoke(visit: Visit) -> Done:
    """Take a role back."""
    visit.write(RoleGrantMade, "role-grant.revoke", grant=visit.form.text("grant"))
    return Done(to=visit.address("admin_people"), said="revoked")


def disable(visit: Visit) -> Done:
    """Let a person in no more."""
    visit.write(PersonMade, "person.disable", person=visit.form.text("person"))
    return Done(to=visit.address("admin_people"), said="disabled")


PAGES = (
    Page(
        name="admin_people",
        path="/books/{book}/admin/people",
        show=show_people,
        acts={
            "register": register,
            "grant": grant,
            "confirm": confirm,
            "revoke": revoke,
            "disable": disable,
        },
        said={
            "registered": lambda words: words._("The person is registered. Grant a role next."),
            "granted": lambda words: words._(
                "The role is granted. On money it counts once a funder confirms it."
            ),
            "confirmed": lambda words: words._("The role is confirmed, and counts from now on."),
            "revoked": lambda words: words._("The role is taken back."),
            "disabled": lambda words: words._("The person is let in no more."),
        },
    ),
)
