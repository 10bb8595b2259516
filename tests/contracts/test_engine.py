"""The stages of payment on terms where one stage could be taken for another; figures worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program

Content = dict[str, Any]
Compiler = Callable[[Content], Program]
PERIODS = {"starts_on": "2027-01-01", "ends_on": "2029-12-31", "periods": {"every": "P1Y"}}
PARTIES = {name: {"role": "outcome_payer"} for name in ("city", "state")} | {
    name: {"role": "service_provider"} for name in ("home", "hub")
}


@pytest.fixture
def terms(program_of: Compiler) -> Callable[..., Program]:
    """Terms over three years on two sums stated by year, ``a`` and ``b``, as far as they are used."""

    def made(clauses: list[Content], **parts: object) -> Program:
        sums = {
            name: {
                "title": name,
                "type": "USD/0",
                "domain": ["0", "1000"],
                "per": ["period"],
                "method": "books",
            }
            for name in ("a", "b")
            if f"'{name}'" in str([clauses, parts])
        }
        whole = {"schema": "almoner.term/1", "title": "Stages", "rounding": "half_even", "parties": PARTIES}
        return program_of(whole | {"calendar": PERIODS, "metrics": sums, "clauses": clauses} | parts)

    return made


def clause(name: str, amount: Content, **more: object) -> Content:
    plain = {"op": "pay", "id": name, "from": "city", "to": "home", "basis": "period", "amount": amount}
    return plain | more


def obs(metric: str) -> Content:
    return {"op": "obs", "metric": metric}


def stated(**years: list[int]) -> list[Observation]:
    return [
        Observation(metric=metric, value=value, period=f"p{at + 1}")
        for metric, values in years.items()
        for at, value in enumerate(values)
    ]


def test_folds_over_periods_step_on_together(terms: Callable[..., Program]) -> None:
    kept = {"title": "Kept", "type": "USD/0", "kind": "memo", "adds": obs("a")}
    summed = {"op": "fold", "over": "period", "with": "add", "of": {"op": "balance", "account": "kept"}}
    least = {"op": "fold", "over": "period", "with": "min", "of": summed}
    outturn = pay(terms([clause("least", least)], accounts={"kept": kept}), stated(a=[2, 0, 5]))
    assert [outturn.keys["least", at, 0].earned for at in range(3)] == [2, 2, 2]


def test_what_a_limit_cuts_uses_up_no_credit(terms: Callable[..., Program]) -> None:
    clauses = [
        clause("to-date", obs("a"), basis="cumulative"),
        clause("capped", obs("b")),
        clause("free", obs("b")),
    ]
    program = terms(clauses, limits=[{"id": "nothing", "of": ["capped"], "max": "0"}])
    outturn = pay(program, stated(a=[100, 80, 80], b=[0, 15, 50]))
    assert [cells[0] for cells in outturn.paid["to-date"]] == [100, 0, 0]
    assert [cells[0] for cells in outturn.paid["capped"]] == [0, 0, 0]
    assert [cells[0] for cells in outturn.paid["free"]] == [0, 0, 45]  # 20 of credit: 15, then 5


def test_a_clause_that_falls_and_rises_is_not_cut_by_a_limit_it_never_passed(
    terms: Callable[..., Program],
) -> None:
    program = terms(
        [clause("to-date", obs("a"), basis="cumulative")],
        limits=[{"id": "most", "of": ["to-date"], "max": "100"}],
    )
    outturn = pay(program, stated(a=[100, 80, 95]))
    kept = outturn.keys["to-date", -1, 0]
    assert (kept.earned, kept.entitled, kept.paid, kept.cuts) == (95, 95, 100, {"most": 0})


def test_payers_whose_payee_is_full_can_give_more_than_their_share(terms: Callable[..., Program]) -> None:
    splits = {
        "payers": {"legs": [{"party": "city"}, {"party": "state"}]},
        "payees": {"legs": [{"party": "home", "max": "98"}]},
    }
    program = terms([clause("grant", obs("a"), **{"from": "payers", "to": "payees"})], splits=splits)
    outturn = pay(program, stated(a=[279, 0, 0]))
    assert outturn.flows["grant", "city", "home", 0] == 98
    assert prove(program).payers["city", "USD"] >= 98
    assert prove(program).maximum == 98
