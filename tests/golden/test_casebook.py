"""Published deals: the casebook's term documents pay what was printed, and their maxima are attained.

Figures marked INDIGO-POJ in the data come from the INDIGO impact bond dataset of the Government Outcomes Lab,
University of Oxford.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import Program, compile_terms
from almoner.contracts.terms.document import WHOLE_TERM, TermDocument
from almoner.contracts.terms.pay import Determined, replay
from almoner.finance.money import decimal_count

Given = Mapping[str, Any]
CASES = Path(__file__).parents[1] / "data" / "casebook_cases.json"

NOT_COVERED = {
    "denver-sib/person_before_one_year": "needs claims per person",
    "denver-sib/person_back_pay": "needs claims per person",
    "denver-sib/person_planned_exit": "needs claims per person",
    "newpin-sbb/principal_full": "needs an account of the principal",
    "newpin-sbb/principal_floor": "needs an account of the principal",
    "rikers-able/guarantee_full_draw": "needs a guarantor's support of the loan",
    "rikers-able/guarantee_small_gap": "needs a guarantor's support of the loan",
    "cameroon-kmc-dib/over_target": "a report on the target, not a payment",
}
REPORTS = {
    "return_over_8600000": "compares with the investors' capital, no payment of the terms",
    "return_pct": "compares with the lender's flows, no payment of the terms",
}
MAXIMA = {
    "cameroon-kmc-dib": ("2430000.00", "0.00"),
    "care-leavers-0123": ("1083550.00", "0.00"),
    "denver-sib": ("11420000.00", "0.00"),
    "newpin-sbb": ("7350000.00", "1050000.00"),
    "rikers-able": ("11712000.00", "0.00"),
}
METRICS = {
    "net_stable_days": "net_stable_days",
    "jail_reduction_pp": "jail_reduction",
    "restoration_rate_pct": "restoration_rate",
    "bed_day_reduction_pct": "bed_day_reduction",
    "outcome_value": "outcome_value",
}


@dataclass(frozen=True)
class Case:
    """One row of the data, with the program of its deal."""

    program: Program
    given: Given
    expect: Mapping[str, str]

    def money(self, output: str) -> int:
        return decimal_count(self.expect[output], self.program.unit.digits)


def program_of(deal: str) -> Program:
    content = files("almoner.contracts").joinpath("casebook", f"{deal}.terms.json").read_bytes()
    return compile_terms(TermDocument.read(content))


def deals() -> list[Any]:
    content = json.loads(CASES.read_text(encoding="utf-8"))
    assert content["schema"] == "almoner.casebook/1"
    return list(content["deals"])


def rows(use: str) -> list[Any]:
    found = []
    for deal in deals():
        program = program_of(deal["id"])
        for row in deal["cases"]:
            if row["use"] == use:
                case = Case(program, row["given"], row["expect"])
                found.append(pytest.param(case, id=f"{deal['id']}/{row['id']}"))
    return found


def determined(case: Case) -> tuple[Determined, ...]:
    """Turn the values of a case into determinations of its terms."""
    given = dict(case.given)
    period = f"year-{given.pop('year')}" if "year" in given else WHOLE_TERM
    if "restored" in given:
        restored, unrestored = Decimal(given.pop("restored")), Decimal(given.pop("unrestored"))
        rate = (100 * restored / (restored + unrestored)).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
        given["restoration_rate_pct"] = str(rate)
    values = dict(given.pop("claims", {}))
    values |= {METRICS[name]: value for name, value in given.items()}
    metrics = case.program.metrics
    return tuple(
        Determined(metric=name, period=period, value=decimal_count(value, metrics[name].type.digits))
        for name, value in values.items()
    )


def outputs(case: Case) -> dict[str, Fraction]:
    """Name what was earned and paid, in whole units, as the data name it."""
    step = replay(case.program, determined(case))
    unit = Fraction(1, 10**case.program.unit.digits)
    clauses = {row.clause: row for row in step.entitlements}
    named: dict[str, Fraction] = {}
    for name, row in clauses.items():
        named |= {name: row.entitled * unit, f"{name}_earned": row.earned * unit}
    earned, paid = (
        sum(getattr(row, end) for row in clauses.values()) * unit for end in ("earned", "entitled")
    )
    totals = {
        "earned": earned,
        "paid": paid,
        "total": paid,
        "city_payment": paid,
        "lost_to_cap": earned - paid,
    }
    coupon = {"interest_on_7000000": paid, "coupon_pct": paid / 70_000}
    assert sum(cut for row in clauses.values() for _, cut in row.cuts) * unit == earned - paid
    assert sum(step.state.obligated.values()) * unit == paid
    return {**totals, **coupon, **named}


@pytest.mark.parametrize("case", rows("reproduce"))
def test_the_terms_pay_to_the_cent_what_the_case_expects(case: Case) -> None:
    given = outputs(case)
    expected = {name: Fraction(text) for name, text in case.expect.items() if name not in REPORTS}
    assert expected
    assert {name: given[name] for name in expected} == expected


@pytest.mark.parametrize("case", rows("refuse"))
def test_the_terms_do_not_give_a_payment_that_these_inputs_cannot_explain(case: Case) -> None:
    given = outputs(case)
    assert all(given[name] != Fraction(text) for name, text in case.expect.items())


@pytest.mark.parametrize("deal", sorted(MAXIMA))
def test_the_maximum_liability_is_the_published_one_and_is_attained(deal: str) -> None:
    program = program_of(deal)
    proof = prove(program)
    maximum, guaranteed = (decimal_count(text, program.unit.digits) for text in MAXIMA[deal])
    assert (proof.maximum, proof.guaranteed, proof.label) == (maximum, guaranteed, "attained")
    assert sum(replay(program, proof.witness).state.obligated.values()) == maximum


def test_interim_payments_of_the_denver_deal_sum_to_the_printed_total() -> None:
    program = program_of("denver-sib")
    log = tuple(
        Determined(metric=metric, value=value)
        for metric, value in (
            ("net_stable_days", 258_858),
            ("net_stable_days", 41_070),
            ("jail_reduction", 3800),
        )
    )
    dues = [sum(row.due for row in replay(program, log[:end]).entitlements) for end in range(1, len(log) + 1)]
    assert dues == [391_393_296, 62_097_840, 510_400_000]
    assert sum(dues) == 963_891_136


def test_every_payment_can_be_followed_to_the_published_text() -> None:
    for deal in MAXIMA:
        assert all(clause.source for clause in program_of(deal).clauses)


def test_every_deal_of_the_data_is_run_and_what_is_left_out_has_a_reason() -> None:
    known = {deal["id"] for deal in deals()}
    assert known == set(MAXIMA)
    run = {f"{deal['id']}/{row['id']}" for deal in deals() for row in deal["cases"]}
    assert not run & NOT_COVERED.keys()
    assert all(NOT_COVERED.values())
    assert all(REPORTS.values())
    assert all(deal["sources"] for deal in deals())
