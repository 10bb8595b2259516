"""The demonstration with its pages open: people of every role, everything published that is public.

The problem: pages show most when somebody can walk through all of them, as a funder, a hub or an evaluator,
and a demonstration that asks for registrations shows nothing. Its people sign in without a password; it
listens on this machine alone, and its keys can be derived by anybody.
"""

import hashlib
from uuid import NAMESPACE_URL, uuid5

from ...challenges.records.briefs import find_challenge
from ...contracts.records.agreements import list_agreements
from ...finance.dates import Clock
from ...finance.errors import Missing
from ...finance.records import registry
from ...finance.storage import Engine, Session, UnitOfWork
from ..pages import Guest
from ..records import grants, persons
from ..records.publications import publish
from ..settings import Settings, read_settings
from ..tokens import new_pem
from . import harbour, retro
from .asking import Part
from .stage import BOOK, at, secret_of

OPENED = "demonstration"
SINCE = at("2024-01-01T09:00")


PARTS = (
    Part(person="funder", role="funder", party="north-harbour-foundation"),
    Part(person="second-funder", role="funder", party="meridian-agency"),
    Part(person="manager", role="intermediary", party="pool-secretariat"),
    Part(person="investor", role="investor", party="harbour-lenders"),
    Part(person="hub", role="hub", party=harbour.LEAD),
    Part(person="second-hub", role="hub", party="northside-parents"),
    Part(person="evaluator", role="evaluator", party=harbour.VERIFIER),
    Part(person="second-evaluator", role="evaluator", party="harbour-university"),
    Part(person="judge-1", role="judge", party="judge-1"),
    Part(person="judge-2", role="judge", party="judge-2"),
    Part(person="admin", role="admin"),
)
STARTS = {
    "funder": f"/books/{BOOK}/desk",
    "intermediary": f"/books/{BOOK}/desk",
    "investor": f"/books/{BOOK}/desk",
    "hub": f"/books/{BOOK}/hub",
    "evaluator": f"/books/{BOOK}/bench",
    "judge": f"/books/{BOOK}/bench",
    "admin": f"/books/{BOOK}/admin",
}


def invite(engine: Engine, clock: Clock) -> tuple[Guest, ...]:
    """Register everybody, publish what is public, and return whom a visitor may go on as.

    Done again, it changes nothing.

    Parameters
    ----------
    engine : Engine
        Where the demonstration was played.
    clock : Clock
        When things are published; their roles hold since before the story began.
    """
    with UnitOfWork(engine) as session:
        for part in PARTS:
            _enrol(session, part)
        for fund in registry.list_funds(session, BOOK):
            publish(session, BOOK, f"fund/{fund.code}", person=OPENED, clock=clock)
        for agreement in list_agreements(session, BOOK):
            publish(session, BOOK, f"agreement/{agreement}", person=OPENED, clock=clock)
        for challenge in (harbour.CHALLENGE, retro.CHALLENGE):
            find_challenge(session, BOOK, challenge)
            publish(session, BOOK, f"challenge/{challenge}", person=OPENED, clock=clock)
        book_id = registry.find_book_id(session, BOOK)
        names = {
            part.party: registry.find_party(session, book_id, part.party).name
            for part in PARTS
            if part.role not in {"judge", "admin"}
        }
    return tuple(_guest(part, names.get(part.party, "")) for part in PARTS)


def _guest(part: Part, name: str) -> Guest:
    key = secret_of(part.party).hex() if name else ""
    return Guest(person=part.person, role=part.role, party=name, start=STARTS[part.role], key=key)


def _enrol(session: Session, part: Part) -> None:
    try:
        persons.find_person(session, part.person)
    except Missing:
        admin = part.role == "admin"
        person = persons.Person(code=part.person, name=part.person, admin=admin, created_at=SINCE())
        persons.keep_person(session, person)
        if not admin:
            grants.keep_grant(session, registry.find_book_id(session, BOOK), _grant(part))


def _grant(part: Part) -> grants.RoleGrant:
    return grants.RoleGrant(
        id=uuid5(NAMESPACE_URL, f"almoner/demonstration/{part.person}"),
        book=BOOK,
        person=part.person,
        party=part.party,
        role=part.role,
        valid_from=SINCE(),
        granted_by=OPENED,
        confirmed_by="operator",
    )


def demo_settings(db: str, port: int) -> Settings:
    """Return settings for this machine alone; keys that must stay with the database follow from a word.

    Parameters
    ----------
    db : str
        Address of the database.
    port : int [port number]
        Where to listen.
    """
    return read_settings(
        db=db,
        host="127.0.0.1",
        port=port,
        url=f"http://127.0.0.1:{port}",
        secret=_word("secret"),
        signing_keys=new_pem(),
        seal_name=BOOK,
        seal_key=_word("seal"),
        vault_keys=_word("vault"),
        people_key=_word("people"),
        name="almoner",
        signed_in=0,
        anonymous=0,
        uploads=0,
    )


def _word(what: str) -> str:
    return hashlib.sha256(f"almoner demonstration {what}".encode()).hexdigest()
