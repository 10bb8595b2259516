"""The landscape of a book: actors and ties read from all its rooms, masked for an audience, then measured.

The problem: who works with whom stands in agreements, applications, declared ties and the ledger, and not
everybody may see all of it. What an audience may not see is not even read into the kind of an actor.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Final

from ...contracts.acts.viewing import BINDING
from ...contracts.records import agreements
from ...finance.acts import find_ties
from ...finance.records import registry
from ...finance.storage import Session
from ..actor_map import ActorMap, MapActor, MapTie, MapTieKind, seen_by
from ..conflicts.identity import alias_sets
from ..landscape import draw_map
from ..records import entrants
from ..records.flows import list_flows
from ..records.interests import list_marks
from ..records.promises import FUND_CODE

PUBLIC: Final = frozenset({"public"})
INSIDE: Final = frozenset({"funder", "chair", "auditor"})
SHOWN: Final[Mapping[MapTieKind, frozenset[str]]] = {
    "money_flow": frozenset({"funder", "auditor"}),
    "in_kind": frozenset({"funder", "auditor"}),
    "contract": PUBLIC,
    "evaluation": PUBLIC,
    "partnership": INSIDE,
    "joint_application": INSIDE,
    "accord": INSIDE,
}
LOOK_BACK_DAYS: Final = 1096
UNMAPPED: Final = frozenset({"family"})  # between persons, no part of a map of organisations


def landscape(
    session: Session,
    book: str,
    *,
    audience: str,
    as_of: date,
    shown: Mapping[MapTieKind, frozenset[str]] = SHOWN,
    aliases: Mapping[str, str] | None = None,
    look_back_days: int = LOOK_BACK_DAYS,
    blind: Collection[str] = (),
    seed: int = 0,
) -> ActorMap:
    """Draw the map of a book as one audience may see it. Nothing is written, and nothing decides by it.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    audience : str
        For whom: ``public``, ``funder``, ``chair``, ``auditor``, or another that ``shown`` names.
    as_of : date
        The day.
    shown : Mapping
        Kind of tie -> audiences that may see it; a kind it does not name nobody sees.
    aliases : Mapping of str to str or None
        Code -> code of the party that it is the same as. When left out, parties that confirmed marks make one
        stand as one for audiences inside; for all others nobody is, since that tells of the marks.
    look_back_days : int [days]
        How far back flows of money count.
    blind : collection of str
        Challenges of which nobody is to learn who applies with whom.
    seed : int [seed]
        Of groups and pivots.

    Returns
    -------
    ActorMap
        Parties with a tie that the audience may see, and public bodies, networks and organisations without
        one only where the audience is inside.

    Raises
    ------
    Missing
        When there is no such book.
    """
    book_id = registry.find_book_id(session, book)
    first = date.fromordinal(max(1, as_of.toordinal() - look_back_days))
    ties = [
        *_contracts(session, book),
        *_partnerships(session, book),
        *_applications(session, book_id, blind),
        *_flows(session, book, first, as_of),
    ]
    masked = [_masked(one, shown) for one in ties]
    kinds: dict[str, str] = {party.code: party.kind for party in registry.list_parties(session, book_id)}
    codes = {code for one in ties for code in (one.from_actor, one.to_actor)} | set(kinds)
    unmasked = [MapActor(code=code, kind="") for code in sorted(codes)]
    _, seen = seen_by(unmasked, masked, audience=audience, as_of=as_of)
    roles = _roles(seen)
    tied = {code for one in seen for code in (one.from_actor, one.to_actor)}
    actors = [
        MapActor(code=code, kind=roles.get(code, kinds.get(code, "fund")))
        for code in sorted(codes)
        if code in tied or (audience in INSIDE and code in kinds)
    ]
    if aliases is None:
        aliases = _same(session, book, {one.code for one in actors}) if audience in INSIDE else {}
    return draw_map(actors, seen, audience=audience, as_of=as_of, aliases=aliases, seed=seed)


def _same(session: Session, book: str, codes: Collection[str]) -> dict[str, str]:
    """Return the code that stands for each actor, by confirmed marks alone."""
    certain = alias_sets(list_marks(session, book)).certain
    known = {code: [name for name in names if name in codes] for code, names in certain.items()}
    return {code: names[0] for code, names in known.items() if code in codes and names}


def _masked(one: MapTie, shown: Mapping[MapTieKind, frozenset[str]]) -> MapTie:
    return MapTie(
        from_actor=one.from_actor,
        to_actor=one.to_actor,
        kind=one.kind,
        since=one.since,
        source=one.source,
        until=one.until,
        amount=one.amount,
        shown_to=shown.get(one.kind, frozenset()),
    )


def _roles(seen: Iterable[MapTie]) -> dict[str, str]:
    """Tell what an actor is from ties that are seen alone: a hub, else an evaluator, else a funder."""
    roles: dict[str, str] = {}
    for kind, role in (("money_flow", "funder"), ("evaluation", "evaluator"), ("joint_application", "hub")):
        roles |= {one.from_actor: role for one in seen if one.kind == kind}
    return {code: role for code, role in roles.items() if not code.startswith(FUND_CODE)}


def _contracts(session: Session, book: str) -> Iterator[MapTie]:
    """Yield who is bound to whom by an agreement, and who verifies for whom."""
    for code in agreements.list_agreements(session, book):
        stored = agreements.find_agreement(session, book, code)
        if stored.agreement.state not in BINDING:
            continue
        document, program = stored.agreement.document, stored.lineage.overlaid.program
        interested, verifying = (
            sorted(set(named.values())) for named in (document.interested, document.verifying)
        )
        pairs: list[tuple[str, str, MapTieKind]] = [
            (a, b, "contract") for a, b in combinations(interested, 2)
        ]
        pairs += [(one, other, "evaluation") for one in verifying for other in interested if one != other]
        for one, other, kind in pairs:
            yield MapTie(
                from_actor=one,
                to_actor=other,
                kind=kind,
                since=program.starts_on,
                until=program.ends_on,
                source=f"agreement {code}",
            )


def _partnerships(session: Session, book: str) -> Iterator[MapTie]:
    for one in find_ties(session, book):
        if one.kind not in UNMAPPED:
            yield MapTie(
                from_actor=one.from_party,
                to_actor=one.to_party,
                kind="partnership",
                since=one.since,
                until=one.until,
                source=f"{one.kind}: {one.source}",
            )


def _applications(session: Session, book_id: int, blind: Collection[str]) -> Iterator[MapTie]:
    """Yield who applies together, and who accepted to."""
    leads: dict[tuple[str, str], str] = {}
    for one in entrants.list_entrants(session, book_id):
        leads[one.challenge, one.code] = one.lead
        members = sorted({member.party for member in one.application.bundle} - {one.lead})
        for party in () if one.withdrawn or one.challenge in blind else members:
            yield _together(one.lead, party, "joint_application", one.on, one.challenge, one.code)
    for challenge, code, party, day in entrants.list_accords(session, book_id):
        lead = leads.get((challenge, code), party)
        if party != lead and challenge not in blind:
            yield _together(lead, party, "accord", day, challenge, code)


def _together(lead: str, party: str, kind: MapTieKind, on: date, challenge: str, code: str) -> MapTie:
    source = f"application {code} to {challenge}"
    return MapTie(from_actor=lead, to_actor=party, kind=kind, since=on, source=source)


def _flows(session: Session, book: str, first: date, as_of: date) -> Iterator[MapTie]:
    """Yield settled flows of money and goods; those of a giver's own lots are in its gift already."""
    for one in list_flows(session, book, since=first, as_of=as_of):
        if one.state == "settled" and not one.through and one.payer != one.payee:
            yield MapTie(
                from_actor=one.payer,
                to_actor=one.payee,
                kind="in_kind" if one.amount.unit.kind == "in_kind" else "money_flow",
                since=one.first,
                source=f"ledger, {one.rows} rows",
                amount=one.amount,
            )
