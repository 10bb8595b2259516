"""Each attack is one fault written past the library; the database refuses it and the books stay right."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def put(self, connection: Connection, name: str, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection) -> uuid.UUID: ...
    def open(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def leg(self, connection: Connection, identity: uuid.UUID, seq: int, leg: str) -> None: ...
    def end(self, connection: Connection, identity: uuid.UUID) -> None: ...


Attack = Callable[[Raw, Connection], object]
ATTACKS: dict[str, tuple[Attack, str]] = {}


def findings(raw: Raw) -> tuple[str, ...]:
    with Session(raw.engine) as session:
        return tuple(found for book in ("main", "second") for found in acts.verify(session, book).findings)


@contextmanager
def refused(raw: Raw, rule: str = "") -> Iterator[Connection]:
    with pytest.raises(DBAPIError) as caught, raw.engine.begin() as connection:
        yield connection
    assert raw.engine.dialect.name == "sqlite" or rule in str(caught.value.orig)
    assert findings(raw) == ()


def attack(rule: str) -> Callable[[Attack], Attack]:
    """Register an attack with the rule that PostgreSQL names when it refuses it."""

    def register(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (function, rule)
        return function

    return register


def posted(raw: Raw, connection: Connection, key: str) -> uuid.UUID:
    """Identity of a transaction of the book main."""
    found = raw.find(connection, "txn", idem_key=key, client="library")
    return found if isinstance(found, uuid.UUID) else uuid.UUID(bytes=found)


@attack("empty or other book")
def a_transaction_without_legs(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "")


@attack("txn_is_ended")
def a_transaction_without_its_end(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "Dr water/pledged/giver 100 pledge\nCr water/expected 100 pledge")


@attack("txn_id_fkey")
def a_transaction_whose_event_is_missing(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "", id=uuid.uuid4())


@attack("empty or other book")
def a_transaction_whose_event_is_another_books(raw: Raw, connection: Connection) -> None:
    legs = "Dr main!water/pledged/giver 100 pledge\nCr main!water/expected 100 pledge"
    raw.post(connection, legs, book="second", book_id=raw.find(connection, "book", code="main"))


@attack("txn_end_txn_id_fkey")
def an_end_without_a_transaction(raw: Raw, connection: Connection) -> None:
    raw.end(connection, uuid.uuid4())


@attack("txn_end_pkey")
def a_second_end(raw: Raw, connection: Connection) -> None:
    raw.end(connection, posted(raw, connection, "p1"))


@attack("txn already ended")
def a_leg_after_the_end(raw: Raw, connection: Connection) -> None:
    identity = posted(raw, connection, "pl1")
    raw.leg(connection, identity, 3, "Dr water/pledged/giver 100 pledge")


@attack("txn already ended")
def a_draw_after_the_end(raw: Raw, connection: Connection) -> None:
    identity = posted(raw, connection, "c1")
    contribution = raw.find(connection, "contribution", code="c2")
    raw.put(connection, "draw", txn_id=identity, seq=2, contribution_id=contribution, amount=1)


@attack("unbalanced")
def debits_that_exceed_credits(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pledged/giver 101 pledge\nCr water/expected 100 pledge")


@attack("unbalanced")
def units_that_balance_only_together(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pledged/giver 100 pledge\nCr water/value_given/k1:USD.v 100 valuation")


@attack("unbalanced")
def layers_that_balance_only_together(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr E water/pledged/giver 100 pledge\nCr water/expected 100 pledge")


@attack("shape or draws")
def a_leg_in_the_pending_layer(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr P water/pledged/giver 100 pledge\nCr P water/expected 100 pledge")


@attack("shape or draws")
def a_leg_on_another_books_account(raw: Raw, connection: Connection) -> None:
    legs = "Dr second!far/cash 100 contribution\nCr second!far/pool 100 contribution second!c1=100"
    raw.post(connection, legs, book="main")


@attack("posting_check")
def a_settled_leg_with_a_negative_amount(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pledged/giver -100 pledge\nCr water/expected -100 pledge")


@attack("posting_amount_check")
def a_leg_of_zero(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pledged/giver 0 pledge\nCr water/expected 0 pledge")


@attack("posting_line_fkey")
def a_leg_on_a_line_nobody_defined(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pledged/giver 100 lunch\nCr water/expected 100 lunch")


@attack("cash without owner")
def cash_that_leaves_without_an_owner(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/expected 100 pledge\nCr water/cash 100 transfer")


@attack("cash without owner")
def cash_of_one_fund_for_the_pool_of_another(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer c1=100\nCr fire/cash 100 transfer")


@attack("shape or draws")
def a_pool_leg_without_draws(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer\nCr water/cash 100 transfer")


@attack("shape or draws")
def a_draw_on_a_leg_of_cash(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer c1=100\nCr water/cash 100 transfer c1=100")


@attack("shape or draws")
def a_draw_on_a_promise(raw: Raw, connection: Connection) -> None:
    legs = "Dr E water/pool 100 encumbrance c1=100\nCr E water/commitment/well 100 encumbrance"
    raw.post(connection, legs)


@attack("draws do not sum")
def draws_that_sum_to_less(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer c1=60 c2=39\nCr water/cash 100 transfer")


@attack("draws do not sum")
def draws_that_sum_to_more(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer c1=60 c2=41\nCr water/cash 100 transfer")


@attack("draw_amount_check")
def a_draw_of_nothing(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer c1=100 c2=0\nCr water/cash 100 transfer")


@attack("other unit or fund")
def a_draw_from_another_fund(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer f1=100\nCr water/cash 100 transfer")


@attack("other unit or fund")
def a_draw_from_another_book(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer second!c1=100\nCr water/cash 100 transfer")


@attack("other unit or fund")
def a_gift_in_kind_paid_out_as_cash(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer k1=100\nCr water/cash 100 transfer")


@attack("unbalanced")
def a_gift_in_kind_exchanged_for_cash(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/in_kind:hour 100 in_kind_used k1=100\nCr water/cash 100 transfer")


@attack("earmark widened")
def restricted_money_drawn_from_the_free_pool(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 transfer n1=100\nCr water/cash 100 transfer")


@attack("earmark widened")
def an_earmark_widened(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool@north 100 allocation n1=100\nCr water/pool 100 allocation n1=100")


@attack("earmark widened")
def an_earmark_exchanged_for_another(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/pool@north 100 allocation n1=100\nCr water/pool@south 100 allocation n1=100"
    raw.post(connection, legs)


@attack("lot swap")
def a_lot_swapped_for_another_givers(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 allocation c1=100\nCr water/pool 100 allocation c2=100")


@attack("lot swap")
def a_lot_enriched_by_a_payment(raw: Raw, connection: Connection) -> None:
    legs = """Dr water/pool 300 transfer c1=300
              Cr water/pool 100 transfer c2=100
              Cr water/cash 200 transfer"""
    raw.post(connection, legs)


@attack("internal line leaks")
def money_that_leaves_on_an_internal_line(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 100 allocation c1=100\nCr water/cash 100 allocation")


@attack("lot_remaining_check")
def a_lot_overdrawn_while_the_pool_suffices(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 6000 transfer c2=6000\nCr water/cash 6000 transfer")


@attack("floor_held")
def a_pool_overspent(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool@north 3001 transfer n1=3001\nCr water/cash 3001 transfer")


@attack("floor_held")
def a_promised_amount_spent(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/pool 10000 transfer c1=8100 c2=1900\nCr water/cash 10000 transfer")


@attack("floor_held")
def more_promised_than_there_is(raw: Raw, connection: Connection) -> None:
    legs = "Dr E water/pool 99999 encumbrance\nCr E water/commitment/well 99999 encumbrance"
    raw.post(connection, legs)


@attack("balance_encumbered_dr_check")
def more_released_than_is_promised(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr E water/pool -3001 release\nCr E water/commitment/well -3001 release")


@attack("balance_encumbered_dr_check")
def a_promise_released_under_another_earmark(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr E water/pool@north -100 release\nCr E water/commitment/well -100 release")


@attack("txn_book_id_client_idem_key_key")
def a_key_taken_twice(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "", idem_key="p1", client="library")


@attack("txn_check")
def a_reversal_without_a_parent(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "", act="reverse")


@attack("txn_check")
def a_parent_without_a_reversal(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "", parent_id=posted(raw, connection, "p1"))


@attack("txn_act_check")
def an_act_nobody_defined(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "", act="edited")


@attack("not undone")
def a_reversal_of_half(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/expected 250 pledge\nCr water/pledged/giver 250 pledge"
    raw.post(connection, legs, act="reverse", parent_id=posted(raw, connection, "pl1"))


@attack("more comes back than was paid")
def a_reversal_that_returns_to_others(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/cash 1500 transfer\nCr water/pool 1500 transfer c1=1500"
    raw.post(connection, legs, act="reverse", parent_id=posted(raw, connection, "p1"))


PLEDGE_BACK = "Dr water/expected 500 pledge\nCr water/pledged/giver 500 pledge"
PLEDGE_FORTH = "Dr water/pledged/giver 500 pledge\nCr water/expected 500 pledge"


@attack("txn_reversed_once")
def a_second_reversal(raw: Raw, connection: Connection) -> None:
    parent = posted(raw, connection, "pl1")
    for _ in range(2):
        raw.post(connection, PLEDGE_BACK, act="reverse", parent_id=parent)


@attack("parent")
def a_reversal_of_a_reversal(raw: Raw, connection: Connection) -> None:
    parent = raw.post(connection, PLEDGE_BACK, act="reverse", parent_id=posted(raw, connection, "pl1"))
    raw.post(connection, PLEDGE_FORTH, act="reverse", parent_id=parent)


@attack("parent")
def a_reversal_in_another_book(raw: Raw, connection: Connection) -> None:
    legs = "Dr far/pool 1500 transfer c1=1500\nCr far/cash 1500 transfer"
    raw.post(connection, legs, book="second", act="reverse", parent_id=posted(raw, connection, "p1"))


@attack("parent")
def a_reversal_of_what_is_not_over(raw: Raw, connection: Connection) -> None:
    parent = raw.open(connection, PLEDGE_FORTH)
    raw.post(connection, PLEDGE_BACK, act="reverse", parent_id=parent)
    raw.end(connection, parent)


@attack("more comes back than was paid")
def more_refunded_than_was_paid(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/cash 1501 refund\nCr water/pool 1501 refund c1=1000 c2=501"
    raw.post(connection, legs, refunds_id=posted(raw, connection, "p1"))


@attack("more comes back than was paid")
def more_refunded_in_two_parts_than_was_paid(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/cash 1000 refund\nCr water/pool 1000 refund c1=600 c2=400"
    for _ in range(2):
        raw.post(connection, legs, refunds_id=posted(raw, connection, "p1"))


@attack("more comes back than was paid")
def a_refund_to_a_giver_who_did_not_pay(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/cash 100 refund\nCr water/pool@north 100 refund n1=100"
    raw.post(connection, legs, refunds_id=posted(raw, connection, "p1"))


@attack("more comes back than was paid")
def a_refunded_payment_reversed_whole(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/cash 100 refund\nCr water/pool 100 refund c1=100"
    payment = posted(raw, connection, "p1")
    raw.post(connection, legs, refunds_id=payment)
    mirror = "Dr water/cash 1500 transfer\nCr water/pool 1500 transfer c1=1000 c2=500"
    raw.post(connection, mirror, act="reverse", parent_id=payment)


@attack("valuation_check")
def a_gift_valued_by_its_giver(raw: Raw, connection: Connection) -> None:
    value(raw, connection, valued_by=raw.find(connection, "party", code="giver"))


@attack("valuation_contribution_id_contributor_id_fkey")
def a_gift_valued_by_its_giver_under_another_name(raw: Raw, connection: Connection) -> None:
    giver, other = (raw.find(connection, "party", code=code) for code in ("giver", "other"))
    value(raw, connection, contributor_id=other, valued_by=giver)


@attack("valuation_begins_once")
def a_second_valuation(raw: Raw, connection: Connection) -> None:
    value(raw, connection, contribution_id=raw.find(connection, "contribution", code="k1"))


@attack("valuation_value_kind_check")
def a_valuation_in_spendable_money(raw: Raw, connection: Connection) -> None:
    value(raw, connection, value_unit="USD", value_kind="currency")


@attack("valuation_value_unit_value_kind_fkey")
def a_valuation_in_money_that_claims_to_be_a_value(raw: Raw, connection: Connection) -> None:
    value(raw, connection, value_unit="USD")


@attack("valuation_unit_kind_check")
def a_valuation_of_cash(raw: Raw, connection: Connection) -> None:
    contribution = raw.find(connection, "contribution", code="c1")
    value(raw, connection, contribution_id=contribution, unit="USD", unit_kind="currency")


def value(raw: Raw, connection: Connection, **changes: object) -> None:
    row: dict[str, object] = {
        "id": raw.event(connection),
        "contribution_id": raw.find(connection, "contribution", code="k2"),
        "contributor_id": raw.find(connection, "party", code="giver"),
        "unit": "hour",
        "unit_kind": "in_kind",
        "value_unit": "USD.v",
        "value_kind": "valued",
        "price_num": 1,
        "price_den": 1,
        "method": "market",
        "haircut_bp": 0,
        "valued_by": raw.find(connection, "party", code="lab"),
        "valued_on": "2026-01-15",
        "evidence_sha256": bytes(32),
    }
    raw.put(connection, "valuation", **{**row, **changes})


def account(raw: Raw, connection: Connection, **changes: object) -> None:
    row: dict[str, object] = {
        "book_id": raw.find(connection, "book", code="main"),
        "fund_id": raw.find(connection, "fund", code="water"),
        "path": "water/new",
        "unit": "USD",
        "earmark_id": raw.find(connection, "earmark", code="unrestricted"),
        "normal": -1,
        "floor": 0,
        "role": "pool",
    }
    raw.put(connection, "account", **{**row, **changes})


@attack("account_check")
def a_pool_without_a_floor(raw: Raw, connection: Connection) -> None:
    account(raw, connection, floor=None)


@attack("account_check")
def a_pool_with_a_negative_floor(raw: Raw, connection: Connection) -> None:
    account(raw, connection, floor=-1)


@attack("account_check")
def a_pool_that_grows_by_debits(raw: Raw, connection: Connection) -> None:
    account(raw, connection, normal=1)


@attack("account_check")
def a_pool_of_no_fund(raw: Raw, connection: Connection) -> None:
    account(raw, connection, fund_id=None)


@attack("account_fund_id_book_id_fkey")
def an_account_of_another_books_fund(raw: Raw, connection: Connection) -> None:
    account(raw, connection, fund_id=raw.find(connection, "fund", code="far"))


@attack("contribution_party_id_book_id_fkey")
def a_contribution_of_another_books_party(raw: Raw, connection: Connection) -> None:
    second = raw.find(connection, "book", code="second")
    row = {
        "book_id": raw.find(connection, "book", code="main"),
        "fund_id": raw.find(connection, "fund", code="water"),
        "party_id": raw.find(connection, "party", code="giver", book_id=second),
        "code": "c9",
        "kind": "cash",
        "unit": "USD",
        "earmark_id": raw.find(connection, "earmark", code="unrestricted"),
    }
    raw.put(connection, "contribution", **row)


@attack("only a txn_end moves a earmark_scope")
def an_earmark_scope_widened_by_hand(raw: Raw, connection: Connection) -> None:
    north, free = (raw.find(connection, "earmark", code=code) for code in ("north", "unrestricted"))
    raw.put(connection, "earmark_scope", wider_id=north, narrower_id=free)


@attack("txn_request_sha256_check")
def a_digest_that_is_too_short(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "", request_sha256=bytes(31))


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_database_refuses(raw: Raw, name: str) -> None:
    function, rule = ATTACKS[name]
    with refused(raw, rule) as connection:
        function(raw, connection)


def test_posting_above_read_committed_is_refused_on_postgresql(raw: Raw) -> None:
    if raw.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    serial = raw.engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with serial, pytest.raises(DBAPIError, match="READ COMMITTED"):
        raw.post(serial, PLEDGE_FORTH)
    assert findings(raw) == ()
