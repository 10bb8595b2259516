"""Builders against a second calculation in fractions, on generated deals and results."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.contracts.mechanisms import (
    Route,
    grows,
    members,
    metric,
    obs,
    savings_share,
    tie_split,
    volume_tiers,
)

Make = Callable[..., Any]
TEAMS = ["a", "b", "c", "d", "e"]
ROUTE = Route(payer="city", payee="fund", money="USD/2", basis="once")


def cents(text: str | None) -> int:
    return int(Decimal(text or "0") * 100)


def money(count: int) -> str:
    return f"{count // 100}.{count % 100:02d}"


@settings(max_examples=60, deadline=None)
@given(
    scores=st.lists(st.integers(0, 3), min_size=1, max_size=5),
    prizes=st.lists(st.integers(0, 100_000), min_size=1, max_size=6),
)
def test_ties_share_exactly_the_prizes_of_their_places(
    deal: Make, scores: list[int], prizes: list[int]
) -> None:
    teams = TEAMS[: len(scores)]
    made = deal(
        members("teams", teams),
        metric("score", unit="point/0", most="3", per=("teams",)),
        tie_split(
            name="p",
            score=obs("score"),
            teams="teams",
            prizes=[money(prize) for prize in prizes],
            route=Route(payer="donor", payee="teams", money="USD/2", basis="once"),
        ),
        parties=TEAMS,
    )
    paid = made.pay(
        *(("score", str(score), {"teams": team}) for team, score in zip(teams, scores, strict=True))
    )
    won = {team: cents(paid("p", teams=team)) for team in teams}
    for score in set(scores):
        tied = [team for team, own in zip(teams, scores, strict=True) if own == score]
        first = sum(own > score for own in scores)
        pool = sum(prizes[first : first + len(tied)])
        assert sum(won[team] for team in tied) == pool
        assert {won[team] for team in tied} <= {pool // len(tied), -(-pool // len(tied))}


@settings(max_examples=60, deadline=None)
@given(
    widths=st.lists(st.integers(1, 500), min_size=1, max_size=5),
    prices=st.lists(st.integers(0, 900), min_size=6, max_size=6),
    volume=st.integers(0, 4000),
)
def test_tiers_pay_each_unit_its_own_price(
    deal: Make, widths: list[int], prices: list[int], volume: int
) -> None:
    edges = [sum(widths[: count + 1]) for count in range(len(widths))]
    made = deal(
        metric("units", unit="unit/0", most="4000"),
        volume_tiers(
            name="v",
            of=obs("units"),
            prices=[(str(edge), money(price)) for edge, price in zip(edges, prices, strict=False)],
            last=money(prices[-1]),
            route=ROUTE,
        ),
    )
    by_hand = sum(
        next((price for edge, price in zip(edges, prices, strict=False) if unit <= edge), prices[-1])
        for unit in range(1, volume + 1)
    )
    assert cents(made.pay(("units", str(volume)))("v")) == by_hand


@settings(max_examples=60, deadline=None)
@given(
    savings=st.integers(0, 10**9),
    hurdle=st.integers(0, 10**9),
    before=st.integers(1, 100),
    after=st.integers(0, 100),
)
def test_a_share_that_changes_inside_a_payment_is_the_share_of_two_parts(
    deal: Make, savings: int, hurdle: int, before: int, after: int
) -> None:
    made = deal(
        metric("savings", unit="USD/2", most="10000000"),
        savings_share(
            name="s",
            savings=obs("savings"),
            principal=money(hurdle),
            growth=grows("0.00"),
            before=money(before),
            after=money(after),
            route=ROUTE,
        ),
    )
    paid = made.pay(("savings", money(savings)))
    first, rest = cents(paid("s.before")), cents(paid("s.after"))
    share = Fraction(before, 100)
    needed = min(Fraction(savings), hurdle / share)
    assert abs(first - needed * share) <= 1
    assert first <= hurdle
    assert abs(rest - (savings - needed) * Fraction(after, 100)) <= 2
    assert cents(paid("account:s.hurdle")) == hurdle - first
