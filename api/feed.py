"""Who is told of what: the events of the sealed log under public names, each with those who may know.

The problem: an event holds what its act needed, names of people and masked answers among it, and its kind is
a word of ours. What leaves is thin: a past fact, where to read it, and an amount where its readers see it
anyway. Whoever may not read the thing is not told of it; whoever sees it masked is told of its engagement.
A kind that this table does not name is told to nobody.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from ..finance.errors import AlmonerError
from ..finance.money import Money
from ..finance.records.registry import find_unit
from ..finance.storage import Session
from .identity import Caller, Grant
from .policy import Question, Rule, allowed, rule
from .records import feed as records
from .wire.base import Amount
from .wire.feed import FeedItem, FeedPage, ToldEvent, ToldObject

SCOPE = "events:read"
PAGE = 200
Owner = Literal["", "giver", "lead", "payee", "by", "claimant", "pledger", "party"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a kind of event is told.

    Attributes
    ----------
    name : str
        The past fact.
    readers : Rule
        Who may know, by the letters of ``policy``; ``*`` is told of the engagement only.
    on : str
        Kind of engagement whose code the event names.
    thing : str
        Field of the event with the code of what it is about.
    under : str
        Address of the thing below its engagement, with ``{}`` for its code.
    owner : str
        How the party is found whose own it is.
    money : bool
        The settled cash it moved is told.
    """

    name: str
    readers: Rule
    on: str = ""
    thing: str = ""
    under: str = ""
    owner: Owner = ""
    money: bool = False


def _of(
    name: str, readers: str, on: str = "", thing: str = "", under: str = "", owner: Owner = ""
) -> Telling:
    money = name in {"contribution.received", "payout.settled"}
    return Telling(
        name=name, readers=rule(readers), on=on, thing=thing, under=under, owner=owner, money=money
    )


TOLD: Mapping[str, Telling] = {
    "agreement.activated": _of("contract.activated", "F I M H E", "agreement"),
    "agreement.closed": _of("contract.closed", "F I M H E", "agreement"),
    "agreement.proposed": _of("contract.proposed", "F I M H E", "agreement"),
    "agreement.resumed": _of("contract.resumed", "F I M H E", "agreement"),
    "agreement.settled": _of("settlement.made", "F I M H E", "agreement"),
    "agreement.signed": _of("contract.signed", "F I M H E", "agreement"),
    "agreement.suspended": _of("contract.suspended", "F I M H E", "agreement"),
    "agreement.terminated": _of("contract.terminated", "F I M H E", "agreement"),
    "amendment.proposed": _of("amendment.proposed", "F I M H E", "agreement"),
    "appeal.filed": _of("appeal.filed", "F M Ho", "challenge", "application", owner="lead"),
    "appeal.ruled": _of("appeal.ruled", "F M Ho", "challenge", "application", owner="lead"),
    "application.received": _of(
        "application.submitted", "F* M* Ho", "challenge", "application", "/applications/{}", "lead"
    ),
    "application.withdrawn": _of(
        "application.withdrawn", "F* M* Ho", "challenge", "application", "/applications/{}", "lead"
    ),
    "approval.given": _of("proposal.approved", "F M", thing="proposal"),
    "approval.proposed": _of("proposal.made", "F M", thing="event"),
    "approval.rejected": _of("proposal.rejected", "F M", thing="proposal"),
    "award.made": _of("award.announced", "F M Ho", "challenge", "application", owner="lead"),
    "award.paid": _of("award.paid", "F M", "challenge"),
    "challenge.amended": _of("challenge.amended", "F M H J", "challenge"),
    "challenge.published": _of("challenge.published", "F M H J", "challenge"),
    "challenge.settled": _of("challenge.settled", "F M H J", "challenge"),
    "claim.answered": _of(
        "question.answered", "F M Ho E", "agreement", "claim", "/claims/{}/questions", "claimant"
    ),
    "claim.asked": _of(
        "question.asked", "F M Ho E", "agreement", "claim", "/claims/{}/questions", "claimant"
    ),
    "claim.decided": _of("determination.finalised", "F I* M H E", "agreement", "claim", "/claims/{}"),
    "claim.disputed": _of("dispute.raised", "F I M H E", "agreement", "dispute", "/disputes/{}"),
    "claim.made": _of("claim.submitted", "F I* M Ho E", "agreement", "claim", "/claims/{}", "by"),
    "dataset.imported": _of("import.committed", "F M E", "agreement"),
    "dispute.resolved": _of("dispute.resolved", "F I M H E", "agreement", "dispute", "/disputes/{}"),
    "in_kind.valued": _of("in_kind.valued", "F M E", thing="contribution"),
    "ledger.contribution": _of(
        "contribution.received", "Fo Io M", "fund", "key", "/contributions/{}", "giver"
    ),
    "ledger.in_kind": _of("in_kind.offered", "Fo Io M Ho", "fund", "key", owner="giver"),
    "ledger.payout": _of("payout.settled", "F I M Ho", "fund", "event", owner="payee"),
    "ledger.pledge": _of("pledge.made", "Fo Io M", "fund", "key", owner="pledger"),
    "webhook.disabled": _of(
        "webhook.disabled", "Fo Io Mo Ho Eo", "", "endpoint", "/webhook-endpoints/{}", "party"
    ),
}
NAMES = frozenset(one.name for one in TOLD.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event with all that any of its readers may be told.

    Attributes
    ----------
    position : int [position]
        In the sealed log.
    engagement : str
        ``fund/pool`` and the like.
    thing : str
        Code of what it is about.
    owner : str
        The party whose own it is; empty when nobody's.
    place, link : str
        Address of the engagement, and of the thing.
    """

    position: int
    event: UUID
    telling: Telling
    recorded_at: datetime
    engagement: str
    thing: str
    owner: str
    place: str
    link: str
    money: Money | None


def read_told(
    session: Session, book: str, book_id: int, after: int, *, limit: int = PAGE
) -> tuple[list[Told], int]:
    """Return what is told behind a position, and the last position looked at.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    book_id : int [row number]
        Of the book.
    after : int [position]
        Of the last leaf that was told; -1 for none.
    limit : int [rows]
        Events at most.
    """
    stop = records.find_position(session, book_id)
    rows = records.read_sealed(session, book_id, after, stop, TOLD, limit=limit)
    said = [(row, json.loads(bytes(row.body))) for row in rows]
    owners = _Owners.of(session, book_id, said)
    told = [_told(session, book, row, body, owners) for row, body in said]
    return told, rows[-1].idx if len(rows) == limit else max(stop, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owners:
    """Whose own the things of a page are, looked up at once."""

    givers: Mapping[str, str]
    leads: Mapping[tuple[str, str], str]

    @classmethod
    def of(
        cls, session: Session, book_id: int, said: Sequence[tuple[records.AnyRow, dict[str, object]]]
    ) -> "_Owners":
        """Look them up."""

        def named(owner: Owner) -> set[str]:
            ways = ((TOLD[row.kind], body) for row, body in said)
            return {str(body[way.thing]) for way, body in ways if way.owner == owner}

        return cls(
            givers=records.find_givers(session, book_id, named("giver")),
            leads=records.find_leads(session, book_id, named("lead")),
        )

    def find(self, owner: Owner, thing: str, body: Mapping[str, object]) -> str:
        """Return the party whose own an event's thing is."""
        if owner == "giver":
            return self.givers.get(thing, "")
        if owner == "lead":
            return self.leads.get((str(body["challenge"]), thing), "")
        if owner == "by":
            return str(json.loads(str(body["document"])).get("by", ""))
        if owner == "pledger":
            paths = (str(leg["account"]).split("/") for leg in _legs(body))
            return next((path[2] for path in paths if path[1] == "pledged"), "")
        return str(body.get(owner, "")) if owner else ""


def _legs(body: Mapping[str, object]) -> list[dict[str, object]]:
    legs = body.get("legs", [])
    return legs if isinstance(legs, list) else []


def _told(
    session: Session, book: str, row: records.AnyRow, body: Mapping[str, object], owners: _Owners
) -> Told:
    way = TOLD[row.kind]
    code = str(_legs(body)[0]["account"]).split("/")[0] if way.on == "fund" else str(body.get(way.on, ""))
    thing = str(row.id) if way.thing == "event" else str(body.get(way.thing, "") if way.thing else code)
    place = f"/books/{book}" + (f"/{way.on}s/{quote(code, safe='')}" if way.on else "")
    return Told(
        position=row.idx,
        event=row.id,
        telling=way,
        recorded_at=row.recorded_at,
        engagement=f"{way.on}/{code}" if way.on else "",
        thing=thing,
        owner=owners.find(way.owner, thing, body),
        place=place,
        link=place + way.under.format(quote(thing, safe="")),
        money=_cash(session, body) if way.money else None,
    )


def _cash(session: Session, body: Mapping[str, object]) -> Money | None:
    """Return the settled cash an event moved, in whichever direction; None when in several units."""
    moved: dict[str, int] = {}
    for leg in _legs(body):
        if leg["layer"] == "S" and str(leg["account"]).endswith("/cash"):
            unit = str(leg["unit"])
            moved[unit] = moved.get(unit, 0) + int(str(leg["side"])) * int(str(leg["amount"]))
    if len(moved) != 1:
        return None
    ((unit, minor),) = moved.items()
    return Money(minor=abs(minor), unit=find_unit(session, unit))


def tell(
    told: Told, caller: Caller, grants: Collection[Grant], *, party: str, now: datetime
) -> FeedItem | None:
    """Return what one reader is told of an event; None when nothing.

    Parameters
    ----------
    told : Told
        The event.
    caller : Caller
        The reader.
    grants : collection of Grant
        Their roles in the book.
    party : str
        In whose name they read; empty for any of theirs.
    now : datetime
        When they are told.
    """
    asked = Question(
        rule=told.telling.readers,
        scope=SCOPE,
        making=False,
        engagement=told.engagement,
        party=party,
        now=now,
    )
    try:
        access = allowed(caller, grants, asked)
    except AlmonerError:
        return None
    if access.own and access.party != told.owner:
        again = bool(told.owner) and not party  # in the name of another party of theirs
        return tell(told, caller, grants, party=told.owner, now=now) if again else None
    whole = not access.masked
    money = Amount.of(told.money) if told.money is not None and whole else None
    data = ToldObject(
        id=told.thing if whole else "",
        version=told.position,
        link=f"/v1{told.link if whole else told.place}",
        money=money,
    )
    said = ToldEvent(type=told.telling.name, timestamp=told.recorded_at, data=data)
    return FeedItem(position=told.position, told=said)


def read_page(
    session: Session,
    book: str,
    book_id: int,
    after: int,
    reader: tuple[Caller, Collection[Grant], str],
    now: datetime,
) -> FeedPage:
    """Return what one reader is told behind a position.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    book_id : int [row number]
        Of the book.
    after : int [position]
        Of the last leaf they were told of.
    reader : tuple of Caller, grants and party
        As ``tell`` takes them.
    now : datetime
        When they are told.
    """
    caller, grants, party = reader
    told, position = read_told(session, book, book_id, after)
    items = (tell(one, caller, grants, party=party, now=now) for one in told)
    kept = [one for one in items if one is not None]
    return FeedPage(items=kept, position=position, more=len(told) == PAGE)


def said_bytes(told: ToldEvent) -> bytes:
    """Write what is told: no field that says nothing."""
    return told.model_dump_json(exclude_none=True).encode()
