from datetime import date
from uuid import UUID

import pytest

from almoner import Money, currency
from almoner.finance.accounts import Account, cash, pool
from almoner.finance.errors import DocumentInvalid
from almoner.finance.money import MAX_MINOR
from almoner.finance.turnover import (
    AccountHistory,
    HistoryCursor,
    TrialBalance,
    UnitTurnover,
    moved_turnover,
)

USD, JPY = currency("USD"), currency("JPY")


def made(*rows: tuple[Account, tuple[int, ...]]) -> TrialBalance:
    return TrialBalance(
        book="main", on=None, accounts=tuple(moved_turnover(account, counters) for account, counters in rows)
    )


def test_balance_and_free_money_stand_on_the_side_on_which_an_account_grows() -> None:
    in_hand = moved_turnover(cash("w", USD), (1000, 300, 0, 50, 0, 20))
    owned = moved_turnover(pool("w", USD), (300, 1000, 50, 0, 20, 0))
    assert (in_hand.balance.minor, in_hand.free.minor) == (700, 630)
    assert (owned.balance.minor, owned.free.minor) == (700, 630)
    assert (owned.balance_of("E").minor, owned.layer("P").net.minor) == (-20, 50)


def test_what_was_posted_later_is_taken_off_each_counter() -> None:
    was = moved_turnover(cash("w", USD), (9, 8, 7, 6, 5, 4), (1, 2, 3, 4, 5, 6))
    sides = [(one.debits.minor, one.credits.minor) for one in (was.settled, was.pending, was.encumbered)]
    assert sides == [(8, 6), (4, 2), (0, -2)]
    with pytest.raises(ValueError, match="zip"):
        moved_turnover(cash("w", USD), (1, 2))


def test_sums_are_per_unit_and_layer_and_find_one_lost_unit() -> None:
    right = made((cash("w", USD), (500, 0, 0, 0, 0, 7)), (pool("w", USD), (0, 500, 0, 0, 7, 0)))
    assert right.is_balanced
    assert [(row.layer, row.debits.minor) for row in right.totals] == [("S", 500), ("E", 7)]
    wrong = made((cash("w", USD), (500, 0, 0, 0, 0, 0)), (pool("w", JPY), (0, 500, 0, 0, 0, 0)))
    assert not wrong.is_balanced
    assert [(row.debits.unit.code, row.difference.text) for row in wrong.totals] == [
        ("JPY", "-500"),
        ("USD", "5.00"),
    ]


def test_sums_may_exceed_what_one_account_can_hold() -> None:
    most = MAX_MINOR
    both = made((cash("w", USD), (most, most, 0, 0, 0, 0)), (pool("w", USD), (most, most, 0, 0, 0, 0)))
    assert both.is_balanced
    (total,) = both.totals
    assert isinstance(total, UnitTurnover)
    assert total.debits.minor == 2 * most


def test_an_account_below_its_floor_is_a_finding_and_no_error() -> None:
    short = made((cash("w", USD), (100, 130, 0, 0, 0, 0)), (pool("w", USD), (130, 100, 0, 0, 0, 0)))
    assert [row.account.path for row in short.below_floor] == ["w/cash", "w/pool"]
    assert short.is_balanced


@pytest.mark.parametrize("text", ["", "2026-01-15", "2026-01-15/x/1", "2026-13-01/x/1", "a/b/c/d"])
def test_a_malformed_place_in_a_history_is_refused(text: str) -> None:
    with pytest.raises(DocumentInvalid, match=r"no place in a history|not a day"):
        HistoryCursor.read(text)


def test_a_place_in_a_history_survives_its_text() -> None:
    place = HistoryCursor(day=date(2026, 1, 15), transaction=UUID(int=7), seq=3)
    assert HistoryCursor.read(str(place)) == place


def test_a_history_without_entries_closes_as_it_opens() -> None:
    opening = Money(minor=5, unit=USD)
    empty = AccountHistory(
        account=cash("w", USD), layer="S", after=None, through=None, opening=opening, entries=()
    )
    assert empty.closing == opening
