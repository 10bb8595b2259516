"""Bad input from end to end: a named error with code, figures and what to do, and nothing half-written."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from almoner import Money, currency, money
from almoner.contracts import acts as contracts
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.claims import ClaimedResult
from almoner.contracts.terms.document import EXAMPLE, TermDocument
from almoner.finance import acts
from almoner.finance.accounts import cash, pool
from almoner.finance.dates import Clock
from almoner.finance.entries import EXAMPLE as EXAMPLE_ENTRIES
from almoner.finance.entries import LedgerEntries
from almoner.finance.errors import AlmonerError
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg
from almoner.finance.parties import Party
from almoner.finance.records.entries import count_entries
from almoner.finance.records.registry import find_book_id
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.statement_forms import fill_form, published_form
from almoner.finance.storage import Session, open_engine

PARTIES = {"city": "city", "home": "home", "lab": "institute"}
Act = Callable[[Session, PooledFund, Clock], object]


def usd(amount: str) -> Money:
    return money(amount, "USD")


def unbalanced(_session: Session, _fund: PooledFund, _clock: Clock) -> object:
    dollars = currency("USD")
    legs = (
        Leg(account=cash("water", dollars), side=1, amount=usd("5.00"), line="contribution"),
        Leg(account=pool("water", dollars), side=-1, amount=usd("4.99"), line="contribution"),
    )
    return Draft(kind="contribution", effective_on=date(2026, 1, 15), legs=legs)


def agreement(**changes: object) -> AgreementDocument:
    content: dict[str, object] = {
        "schema": "almoner.agreement/1",
        "terms": json.loads(EXAMPLE),
        "parties": PARTIES,
        "funding": [{"payer": "city", "fund": "water"}],
    }
    return AgreementDocument.read(json.dumps({**content, **changes}))


def draw_up(session: Session, _fund: PooledFund, clock: Clock, **parties: str) -> object:
    return contracts.draw_up(session, "main", "nights", agreement(parties=PARTIES | parties), clock=clock)


def underfunded(session: Session, _fund: PooledFund, clock: Clock) -> object:
    drawn = contracts.draw_up(session, "main", "big", agreement(), clock=clock)
    content = drawn.signing_bytes()
    signatures = {name: sign_bytes(code.ljust(32).encode(), content) for name, code in PARTIES.items()}
    return contracts.sign(session, "main", "big", signatures, clock=clock)


def claim(session: Session, fund: PooledFund, clock: Clock) -> object:
    draw_up(session, fund, clock)
    result = ClaimedResult(metric="nights", value="10")
    return contracts.claim(session, "main", "nights", [result], "home", key="c", clock=clock)


def spend(amount: str, unit: str = "USD") -> Act:
    return lambda session, fund, clock: acts.spend(
        session, fund, "hub", money(amount, unit), line="transfer", key="s", clock=clock
    )


def enter(old: str, new: str) -> Act:
    """Post the example of a document of entries, with one text replaced."""
    changed = EXAMPLE_ENTRIES.replace(old, new)
    return lambda session, _fund, clock: acts.post_entries(
        session, "main", LedgerEntries.read(changed), clock=clock
    )


def history(**asked: Any) -> Act:  # noqa: ANN401  # any option
    return lambda session, _fund, _clock: acts.account_history(
        session, "main", cash("water", currency("USD")), **asked
    )


CASES: dict[str, tuple[Act, str, dict[str, str]]] = {
    "an unknown unit": (lambda *_: money("5.00", "UDS"), "money.unknown_unit", {"unit": "UDS"}),
    "a wrong currency": (spend("1.00", "EUR"), "money.unit_mismatch", {"unit": "USD", "amount": "1.00 EUR"}),
    "an unbalanced entry": (unbalanced, "ledger.unbalanced", {"difference": "0.01", "unit": "USD"}),
    "a payment above what is free": (
        spend("100.01"),
        "fund.insufficient",
        {"asked": "100.01", "free": "100.00", "short": "0.01"},
    ),
    "a maximum the fund cannot cover": (
        underfunded,
        "contract.underfunded",
        {"maximum": "500000.00", "free": "100.00"},
    ),
    "an unsigned agreement": (claim, "contract.not_signed", {"agreement": "nights"}),
    "an evaluator who is a party": (
        lambda session, fund, clock: draw_up(session, fund, clock, lab="home"),
        "duty.not_independent",
        {"party": "home"},
    ),
    "a malformed term document": (
        lambda *_: TermDocument.read('{"schema": "almoner.term/1", "title": 5}'),
        "terms.invalid",
        {},
    ),
    "an entry that is not balanced": (
        enter('"amount": "12.50", "line": "bank_charge"}]', '"amount": "12.49", "line": "bank_charge"}]'),
        "ledger.unbalanced",
        {"difference": "0.01", "unit": "USD"},
    ),
    "an entry above what is there": (
        enter("12.50", "100.01"),
        "fund.insufficient",
        {"asked": "100.01", "free": "100.00", "short": "0.01"},
    ),
    "an entry on an account that is not open": (
        enter("water/cash", "water/till"),
        "storage.missing",
        {"code": "water/till"},
    ),
    "an entry with a digit too many": (enter("12.50", "12.505"), "money.too_precise", {"got": "12.505"}),
    "an entry that is no document": (enter('"legs"', '"lines"'), "document.invalid", {}),
    "a balance under an earmark that is not there": (
        lambda session, _fund, _clock: acts.balance(session, "main", pool("water", currency("USD"), "north")),
        "storage.missing",
        {"code": "water/pool"},
    ),
    "a history without an end": (history(limit=0), "money.out_of_range", {"limit": "0"}),
    "a history that ends before it begins": (
        history(after=date(2026, 2, 1), through=date(2026, 1, 1)),
        "document.invalid",
        {"after": "2026-02-01", "through": "2026-01-01"},
    ),
    "the uses of nothing": (
        lambda session, _fund, _clock: acts.uses(session, "main", "no-gift"),
        "storage.missing",
        {"code": "no-gift"},
    ),
    "a figure that a form does not take": (
        lambda session, fund, _clock: fill_form(
            published_form("unpbf", 1), acts.make_statement(session, fund), {"weather": usd("1.00")}
        ),
        "document.invalid",
        {"got": "weather"},
    ),
    "an unreadable address": (lambda *_: open_engine("nonsense"), "storage.unreadable", {}),
}


@pytest.fixture
def funded(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    for code in ("city", "home", "institute"):
        key = public_key(code.ljust(32).encode())
        acts.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
    acts.contribute(session, water, "giver", usd("100.00"), key="gift", clock=clock)
    return water


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_by_name_and_leaves_nothing(
    session: Session, funded: PooledFund, clock: Clock, name: str
) -> None:
    act, code, figures = CASES[name]
    book = find_book_id(session, "main")
    before = (count_entries(session, book), acts.position(session, funded))
    with pytest.raises(AlmonerError) as refused:
        act(session, funded, clock)
    assert refused.value.code == code
    assert {key: refused.value.figures[key] for key in figures} == figures
    assert all(figure in str(refused.value) for figure in figures.values())
    assert len(str(refused.value)) > 40
    assert (count_entries(session, book), acts.position(session, funded)) == before
    assert acts.verify(session, "main").verified
