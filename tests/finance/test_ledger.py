from datetime import date
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, currency
from almoner.finance.accounts import Account, Promise, cash, memo, obligation, pool
from almoner.finance.errors import UnbalancedTransaction
from almoner.finance.ledger import LINES, MAX_LEGS, Draft, Layer, Leg, require_balance

USD, EUR = currency("USD"), currency("EUR")
PLACES = [cash("water", USD), pool("water", USD), memo("water", EUR, "expected", -1), cash("water", EUR)]


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(PLACES), st.sampled_from([1, -1]), st.integers(1, 3), st.sampled_from("SE")
        ),
        min_size=2,
        max_size=8,
    )
)
def test_a_draft_exists_when_and_only_when_each_unit_and_layer_balances(
    rows: list[tuple[Account, Literal[1, -1], int, Layer]],
) -> None:
    legs = tuple(
        Leg(account=place, side=side, amount=Money(minor=minor, unit=place.unit), line="pledge", layer=layer)
        for place, side, minor, layer in rows
    )
    sums: dict[tuple[str, str], int] = {}
    for place, side, minor, layer in rows:
        key = (place.unit.code, layer)
        sums[key] = sums.get(key, 0) + side * minor
    if any(sums.values()):
        with pytest.raises(UnbalancedTransaction, match="exceed") as caught:
            Draft(kind="x", effective_on=None, legs=legs)
        figures = caught.value.figures
        gap = abs(sums[str(figures["unit"]), str(figures["layer"])])
        assert figures["difference"] == Money(minor=gap, unit=USD).text
    else:
        assert Draft(kind="x", effective_on=date(2026, 1, 1), legs=legs).legs == legs


def test_the_number_of_legs_is_bounded() -> None:
    leg = Leg(account=PLACES[0], side=1, amount=Money(minor=1, unit=USD), line="pledge")
    with pytest.raises(UnbalancedTransaction, match="2 to 4096"):
        Draft(kind="x", effective_on=None, legs=(leg,) * (MAX_LEGS + 1))
    with pytest.raises(UnbalancedTransaction, match="has 0 legs"):
        Draft(kind="x", effective_on=None, legs=())
    require_balance("nothing", ())


def test_lines_are_sources_uses_or_internal() -> None:
    assert set(LINES.values()) == {"source", "use", "internal"}


def test_the_chart_of_accounts() -> None:
    owed = obligation("water", USD, Promise("agreement", "days"), "north")
    assert (owed.path, owed.role, owed.earmark, owed.floor) == (
        "water/agreement/days",
        "obligation",
        "north",
        None,
    )
    assert str(Promise("agreement", "days")) == "agreement days"
    assert (cash("water", USD).normal, cash("water", USD).floor) == (1, 0)
    assert (pool("water", USD).normal, pool("water", USD).floor) == (-1, 0)
