"""Payouts as a table: exact, in documented columns, and back again."""

from uuid import UUID

from almoner import currency, money
from almoner.contracts.frames import PAYOUT_TEXTS, payout_frame
from almoner.contracts.settlement import Payout
from almoner.finance.frames import read_money

PAID = Payout(
    id=UUID(int=7),
    agreement="nights",
    clause="night",
    period="term",
    payer="city",
    payee="home",
    party="shelter",
    position=1,
    claim="june",
    amount=money("46116860184273879.03", "USD"),
    direction="out",
    route="fund",
    status="paid",
    done=money("0.01", "USD"),
)


def test_payouts_as_a_table_keep_every_cent_and_every_name() -> None:
    table = payout_frame([PAID, PAID])
    assert list(table.columns) == [
        "payout",
        *PAYOUT_TEXTS,
        "position",
        *("amount_minor", "amount_unit", "amount_scale", "done_minor", "done_unit", "done_scale"),
    ]
    assert {str(table[name].dtype) for name in ("position", "amount_minor", "done_minor")} == {"int64"}
    units = {"USD": currency("USD")}
    assert read_money(table, "amount", units) == (PAID.amount, PAID.amount)
    assert read_money(table, "done", units) == (PAID.done, PAID.done)
    assert table.loc[0, "payout"] == str(PAID.id)
    assert {name: table.loc[1, name] for name in PAYOUT_TEXTS} == {
        name: getattr(PAID, name) for name in PAYOUT_TEXTS
    }


def test_no_payouts_are_a_table_of_the_same_columns() -> None:
    empty, full = payout_frame([]), payout_frame([PAID])
    assert [(name, str(kind)) for name, kind in empty.dtypes.items()] == [
        (name, str(kind)) for name, kind in full.dtypes.items()
    ]
