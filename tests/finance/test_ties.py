from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.errors import AlreadyExists, DayOutOfRange, Missing
from almoner.finance.funds import PooledFund
from almoner.finance.storage import Session
from almoner.finance.ties import Tie, TieKind, connections

DAY = date(2026, 1, 1)


def tied(
    giver: str,
    kind: TieKind,
    taker: str,
    *,
    since: date = DAY,
    until: date | None = None,
    source: str = "register",
) -> Tie:
    return Tie(kind=kind, from_party=giver, to_party=taker, since=since, until=until, source=source)


def reached(*ties: Tie, party: str = "lab", on: date = DAY) -> dict[str, int]:
    return {code: len(path) for code, path in connections(ties, party, on).items()}


def test_owners_of_owners_and_sisters_are_one_group_whichever_way_the_ties_point() -> None:
    assert reached(
        tied("holding", "owns", "group"),
        tied("group", "controls", "lab"),
        tied("office", "belongs_to", "holding"),
    ) == {"group": 1, "holding": 2, "office": 3}


def test_a_suppliers_other_customers_are_nobodys_relatives() -> None:
    assert reached(tied("printer", "supplies", "lab"), tied("printer", "supplies", "home")) == {"printer": 1}


def test_one_tie_of_work_joins_two_groups() -> None:
    ties = (
        tied("lab", "belongs_to", "university"),
        tied("university", "works_for", "city"),
        tied("city", "owns", "home"),
    )
    assert reached(*ties) == {"university": 1, "city": 2, "home": 3}


def test_the_first_and_the_last_day_count_and_none_beside_them() -> None:
    owned = tied("home", "owns", "lab", since=date(2026, 2, 1), until=date(2026, 3, 1))
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 2)]
    assert ["home" in reached(owned, on=day) for day in days] == [False, True, True, False]


def test_the_shortest_path_is_told_in_words() -> None:
    ties = [tied("a", "owns", "lab"), tied("b", "owns", "a"), tied("b", "family", "lab")]
    assert [str(one) for one in connections(ties, "lab", DAY)["b"]] == [
        "b is family of lab since 2026-01-01 (register)"
    ]


def test_rings_of_owners_come_to_an_end() -> None:
    assert reached(tied("a", "owns", "b"), tied("b", "owns", "lab"), tied("lab", "owns", "a")) == {
        "a": 1,
        "b": 1,
    }


def test_a_tie_is_declared_once_and_ended_once(session: Session, water: PooledFund, clock: Clock) -> None:
    declared = tied("hub", "owns", "lab")
    assert acts.tie(session, water.book, declared, clock=clock) == declared
    assert acts.tie(session, water.book, declared, clock=clock) == declared
    assert acts.find_ties(session, water.book) == (declared,)
    ended = acts.end_tie(session, water.book, declared, date(2026, 6, 30), clock=clock)
    assert acts.end_tie(session, water.book, declared, date(2026, 6, 30), clock=clock) == ended
    assert acts.find_ties(session, water.book, date(2026, 6, 30)) == (ended,)
    assert acts.find_ties(session, water.book, date(2026, 7, 1)) == ()
    with pytest.raises(AlreadyExists, match="until 2026-06-30"):
        acts.end_tie(session, water.book, declared, date(2026, 7, 1), clock=clock)


def test_a_second_source_for_the_same_tie_is_refused(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    acts.tie(session, water.book, tied("hub", "owns", "lab"), clock=clock)
    with pytest.raises(AlreadyExists, match="register"):
        acts.tie(session, water.book, tied("hub", "owns", "lab", source="hearsay"), clock=clock)
    again = tied("hub", "owns", "lab", since=date(2027, 1, 1))
    acts.tie(session, water.book, again, clock=clock)
    assert len(acts.find_ties(session, water.book)) == 2


def test_ties_of_strangers_and_ends_before_the_start_are_refused(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    with pytest.raises(Missing, match="nobody"):
        acts.tie(session, water.book, tied("nobody", "owns", "lab"), clock=clock)
    with pytest.raises(Missing, match="No tie is declared"):
        acts.end_tie(session, water.book, tied("hub", "owns", "lab"), DAY, clock=clock)
    acts.tie(session, water.book, tied("hub", "owns", "lab"), clock=clock)
    with pytest.raises(DayOutOfRange, match="2025-12-31"):
        acts.end_tie(session, water.book, tied("hub", "owns", "lab"), date(2025, 12, 31), clock=clock)


@pytest.mark.parametrize(
    "wrong",
    [
        tied("lab", "owns", "lab"),
        tied("hub", "owns", "lab", source=""),
        tied("hub", "owns", "lab", until=DAY),
        replace(tied("hub", "owns", "lab"), kind="likes"),  # type: ignore[arg-type]  # what a caller might do
    ],
)
def test_what_is_no_tie_is_a_mistake_of_the_caller(
    session: Session, water: PooledFund, clock: Clock, wrong: Tie
) -> None:
    with pytest.raises(ValueError, match="tie"):
        acts.tie(session, water.book, wrong, clock=clock)


ATTACKS: dict[str, str] = {
    "erased": "DELETE FROM tie",
    "moved to another day": "UPDATE tie SET since = '2030-01-01'",
    "made milder": "UPDATE tie SET kind = 'supplies'",
    "tied to itself": (
        "INSERT INTO tie (book_id, from_id, to_id, kind, since, source, event_id) "
        "SELECT book_id, to_id, to_id, kind, since, source, event_id FROM tie_end CROSS JOIN "
        "(SELECT book_id, to_id, kind, since, source FROM tie) AS known"
    ),
    "ended twice": (
        "INSERT INTO tie_end (tie_id, ended_on, event_id) SELECT tie_id, '2030-01-01', event_id FROM tie_end"
    ),
    "its end erased": "DELETE FROM tie_end",
}


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_the_database_keeps_ties(session: Session, water: PooledFund, clock: Clock, attack: str) -> None:
    declared = acts.tie(session, water.book, tied("hub", "owns", "lab"), clock=clock)
    acts.end_tie(session, water.book, declared, date(2026, 6, 30), clock=clock)
    session.commit()
    with pytest.raises(DatabaseError):
        session.execute(text(ATTACKS[attack]))
