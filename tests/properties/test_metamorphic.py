"""What must not matter does not: the order of independent payments, batches, the size of a unit, names."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almoner import Money, currency
from almoner.finance import acts
from almoner.finance.accounts import cash, pool
from almoner.finance.dates import Clock
from almoner.finance.ledger import Draft, Leg
from almoner.finance.parties import Party
from almoner.finance.posting import post_many
from almoner.finance.records.entries import list_balances
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Engine, Session

Payments = list[tuple[int, int]]  # which fund, how many minor units
GIVEN = 10**6
payments = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 1000)), min_size=1, max_size=12)


def pay(
    engine: Engine, clock: Clock, asked: list[Payments], *, k: int = 1, unit: str = "USD", name: str = "f"
) -> object:
    """Post batches into three funds; return every balance by fund and role, divided by ``k``."""
    money_of = currency(unit)
    with Session(engine) as session:
        acts.open_book(session, "main", money_of)
        acts.register_party(session, "main", Party(code="giver", name="Giver"))
        for number in range(3):
            fund = acts.open_fund(session, "main", f"{name}{number}", money_of, title="Fund")
            given = Money(minor=GIVEN * k, unit=money_of)
            acts.contribute(session, fund, "giver", given, key=f"c{number}", clock=clock)
        for position, batch in enumerate(asked):
            drafts = []
            for place, (number, minor) in enumerate(batch):
                amount = Money(minor=minor * k, unit=money_of)
                legs = (
                    Leg(account=pool(f"{name}{number}", money_of), side=1, amount=amount, line="transfer"),
                    Leg(account=cash(f"{name}{number}", money_of), side=-1, amount=amount, line="transfer"),
                )
                draft = Draft(kind="transfer", effective_on=None, legs=legs, payee="giver")
                drafts.append((f"p{position}-{place}", draft))
            post_many(session, "main", drafts, clock=clock)
        assert acts.verify(session, "main").findings == ()
        book_id = find_book_id(session, "main")
        return [
            [
                (row.account.role, row.settled.minor // k, row.settled.minor % k)
                for row in list_balances(session, book_id, f"{name}{number}")
            ]
            for number in range(3)
        ]


SAME: dict[str, Callable[[Engine, Clock, Payments], object]] = {
    "by fund": lambda engine, clock, asked: pay(engine, clock, [sorted(asked, key=lambda one: one[0])]),
    "backwards": lambda engine, clock, asked: pay(engine, clock, [asked[::-1]]),
    "one by one": lambda engine, clock, asked: pay(engine, clock, [[one] for one in asked]),
    "in two batches": lambda engine, clock, asked: pay(engine, clock, [asked[:5], asked[5:]]),
    "times seven": lambda engine, clock, asked: pay(engine, clock, [asked], k=7),
    "in euros": lambda engine, clock, asked: pay(engine, clock, [asked], unit="EUR"),
    "under other names": lambda engine, clock, asked: pay(engine, clock, [asked], name="pool-of-"),
}


@pytest.mark.parametrize("how", SAME)
def test_the_same_payments_give_the_same_balances(engine: Engine, clock: Clock, how: str) -> None:
    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(asked=payments)
    def compare(asked: Payments) -> None:
        assert SAME[how](engine, clock, asked) == pay(engine, clock, [asked])

    compare()
