"""Rates of return against closed forms."""

import numpy as np
import pytest

from almoner.contracts.returns import annual_rate, annual_rates, multiple, present_value, sign_changes

YEAR = 365


@pytest.mark.parametrize("rate", [-0.9, -0.25, 0.0, 0.05, 0.3, 4.0, 900.0])
@pytest.mark.parametrize("days", [30, 365, 730, 3650])
def test_one_payment_and_one_receipt_have_a_rate_in_closed_form(rate: float, days: int) -> None:
    grown = 1000 * (1 + rate) ** (days / YEAR)
    found = annual_rate([-1000, grown], [0, days])
    assert found.rate == pytest.approx(rate, rel=1e-9, abs=1e-9)
    assert (found.reason, found.sign_changes) == ("", 1)


def test_a_bond_at_par_returns_its_coupon() -> None:
    flows, days = [-100.0, *[7.0] * 9, 107.0], [YEAR * year for year in range(11)]
    assert annual_rate(flows, days).rate == pytest.approx(0.07, abs=1e-9)
    assert annual_rate(flows[::-1], days[::-1]).rate == pytest.approx(0.07, abs=1e-9)


def test_an_annuity_and_a_quadratic() -> None:
    found = annual_rate([-100, 60, 60], [0, YEAR, 2 * YEAR]).rate
    growth = (0.6 + (0.36 + 2.4) ** 0.5) / 2
    assert found == pytest.approx(growth - 1, abs=1e-9)


def test_the_order_and_the_first_day_do_not_matter_and_one_day_is_netted() -> None:
    expected = annual_rate([-100, 110], [0, YEAR]).rate
    assert annual_rate([110, -100], [YEAR, 0]).rate == expected
    assert annual_rate([-100, 110], [500, 500 + YEAR]).rate == pytest.approx(expected, abs=1e-12)
    netted = annual_rate([-150, 50, 110, 0], [0, 0, YEAR, 900])
    assert (netted.rate, netted.sign_changes) == (expected, 1)


@pytest.mark.parametrize("flows", [[], [0, 0], [5], [-5, -6], [5, 0, 7]])
def test_flows_of_one_sign_have_no_rate(flows: list[float]) -> None:
    found = annual_rate(flows, [YEAR * place for place in range(len(flows))])
    assert (found.rate, found.sign_changes) == (None, 0)
    assert found.reason == "the flows never change sign"


def test_two_rates_are_both_reported_and_none_is_chosen() -> None:
    found = annual_rate([-100, 230, -132], [0, YEAR, 2 * YEAR])
    assert found.rate is None
    assert found.reason == "2 rates fit"
    assert found.sign_changes == 2
    assert found.roots == pytest.approx((0.1, 0.2), abs=1e-9)


def test_several_changes_of_sign_can_still_leave_one_rate() -> None:
    found = annual_rate([-100, 60, -10, 80], [0, YEAR, 2 * YEAR, 3 * YEAR])
    assert found.sign_changes == 3
    assert found.rate is not None
    assert present_value([-100, 60, -10, 80], [0, YEAR, 2 * YEAR, 3 * YEAR], found.rate) == pytest.approx(
        0, abs=1e-9
    )


def test_changes_of_sign_without_any_rate_are_told() -> None:
    found = annual_rate([-100, 200, -132], [0, YEAR, 2 * YEAR])
    assert (found.rate, found.roots, found.sign_changes) == (None, (), 2)
    assert found.reason == "the rate is beyond what is searched"


def test_a_double_root_is_not_taken_for_one_rate() -> None:
    found = annual_rate([-100, 220, -121], [0, YEAR, 2 * YEAR])
    assert found.rate is None
    assert found.sign_changes == 2


def test_a_rate_beyond_the_search_is_told() -> None:
    found = annual_rate([-1, 10**9], [0, 30])
    assert (found.rate, found.reason) == (None, "the rate is beyond what is searched")


def test_many_rows_agree_with_one_row_at_a_time() -> None:
    days = [0, 181, 365, 546, 730]
    rows = np.random.default_rng(4).integers(-300, 700, size=(400, 5))
    rows[:, 0] = -1000
    rows[:40] = rows[40:80]
    rows[390:, 1:] = -5
    rates = annual_rates(rows, days)
    for row, rate in zip(rows.tolist(), rates.tolist(), strict=True):
        single = annual_rate(row, days).rate
        assert rate == pytest.approx(np.nan if single is None else single, abs=1e-9, nan_ok=True)
    assert np.isnan(rates).sum() >= 10
    assert (~np.isnan(rates)).sum() > 200


def test_no_rows_have_no_rates() -> None:
    assert annual_rates(np.empty((0, 3), dtype=np.int64), [0, 1, 2]).shape == (0,)


def test_long_terms_do_not_overflow() -> None:
    days = [0, 36_500]
    assert annual_rates(np.array([[-(10**17), 10**17]]), days)[0] == pytest.approx(0, abs=1e-9)
    assert annual_rate([-(10**17), 10**17], days).rate == pytest.approx(0, abs=1e-9)


def test_present_value_and_multiple() -> None:
    assert present_value([-100, 50, 60], [0, YEAR, 2 * YEAR], 0.1) == pytest.approx(
        -100 + 50 / 1.1 + 60 / 1.21, abs=1e-9
    )
    assert present_value([-100, 130], [0, 900], 0) == 30
    assert multiple([-80, -20, 150]) == 1.5
    assert multiple([10]) is None


def test_zeros_do_not_change_signs() -> None:
    assert [sign_changes(row) for row in ([-1, 0, -1], [-1, 0, 1], [1, -1, 1], [])] == [0, 1, 2, 0]


def test_each_flow_has_a_day() -> None:
    with pytest.raises(ValueError, match="2 flows on 1 days"):
        annual_rate([1, 2], [0])
