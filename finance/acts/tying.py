"""Ties between parties are declared with their source, and ended; nothing is erased."""

from dataclasses import replace
from datetime import date

from ..dates import Clock
from ..errors import AlreadyExists, DayOutOfRange
from ..posting import record_event
from ..records import registry, ties
from ..storage import Session
from ..ties import TIE_KINDS, Tie


def tie(session: Session, book: str, declared: Tie, *, clock: Clock) -> Tie:
    """Declare that two parties are tied.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    declared : Tie
        Without a last day: ``end_tie`` gives one. The same again changes nothing.
    clock : Clock
        When it is recorded.

    Raises
    ------
    AlreadyExists
        When the same tie stands with another source.
    Missing
        When a party is not registered.
    """
    if declared.kind not in TIE_KINDS:
        raise ValueError(f"no tie is of kind {declared.kind!r}: use one of {', '.join(TIE_KINDS)}")
    if declared.from_party == declared.to_party or not declared.source or declared.until is not None:
        raise ValueError("a tie joins two parties, names its source, and is ended by end_tie")
    book_id = registry.find_book_id(session, book)
    for code in (declared.from_party, declared.to_party):
        registry.find_party_id(session, book_id, code)
    for _, known in ties.list_ties(session, book_id):
        if _name(known) != _name(declared):
            continue
        if known.source != declared.source:
            raise AlreadyExists(
                f"It is on record already that {known}. A tie has one source: end it, or leave it.",
                what="tie",
                code=_name(known),
            )
        return known
    body = {
        "from": declared.from_party,
        "tie": declared.kind,
        "since": declared.since.isoformat(),
        "source": declared.source,
        "to": declared.to_party,
    }
    with session.begin_nested():
        event_id, _ = record_event(session, book, "party.tied", body, key=_name(declared), clock=clock)
        ties.keep_tie(session, book_id, declared, event_id)
    return declared


def end_tie(session: Session, book: str, held: Tie, on: date, *, clock: Clock) -> Tie:
    """Give a tie its last day.

    Parameters
    ----------
    session, book, clock
        As for ``tie``.
    held : Tie
        As declared.
    on : date
        The last day on which it holds.

    Raises
    ------
    DayOutOfRange
        When that day is before its first.
    AlreadyExists
        When it has ended on another day.
    Missing
        When no such tie is declared.
    """
    book_id = registry.find_book_id(session, book)
    row_id, known = ties.find_tie(session, book_id, held)
    if known.until == on:
        return known
    if known.until is not None:
        raise AlreadyExists(
            f"It is on record already that {known}: it ended then.", what="tie", code=_name(known)
        )
    if on < known.since:
        raise DayOutOfRange(
            f"The tie began on {known.since} and cannot end on {on}, before it began.",
            since=known.since.isoformat(),
            on=on.isoformat(),
        )
    body = {"on": on.isoformat(), "tie": _name(known)}
    with session.begin_nested():
        event_id, _ = record_event(session, book, "party.untied", body, key=_name(known), clock=clock)
        ties.keep_tie_end(session, row_id, on, event_id)
    return replace(known, until=on)


def find_ties(session: Session, book: str, on: date | None = None) -> tuple[Tie, ...]:
    """Return the ties of a book, in the order they were declared.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    on : date or None
        Only those that hold on this day.
    """
    known = ties.list_ties(session, registry.find_book_id(session, book))
    return tuple(one for _, one in known if on is None or one.holds_on(on))


def _name(one: Tie) -> str:
    return f"{one.from_party}#{one.kind}#{one.to_party}#{one.since.isoformat()}"
