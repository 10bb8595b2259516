from typing import Any

import pytest

from almoner import Unit, currency
from almoner.finance.errors import UnknownUnit
from almoner.finance.units import valued


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("XOF", 0),
        ("XAF", 0),
        ("KWD", 3),
        ("TND", 3),
        ("CLF", 4),
    ],
)
def test_a_currency_has_the_digits_of_iso_4217(code: str, digits: int) -> None:
    assert currency(code).scale == digits
    assert currency(code).kind == "currency"


@pytest.mark.parametrize("code", ["usd", "US", "USDX", "DEM", "", "XXX ", "$"])
def test_what_is_no_current_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownUnit, match="not a current ISO 4217 currency"):
        currency(code)


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(UnknownUnit, match="Did you mean") as caught:
        currency("usd")
    near = caught.value.figures["near"]
    assert isinstance(near, list)
    assert "USD" in near


@pytest.mark.parametrize("scale", [-1, 10, 1.0, True, "2", None])
def test_a_scale_is_a_whole_number_of_digits(scale: Any) -> None:  # noqa: ANN401  # what the signature forbids
    with pytest.raises(ValueError, match="whole number from 0 to 9"):
        Unit(code="hour", kind="in_kind", scale=scale)


def test_kinds_are_closed_and_only_values_have_a_base() -> None:
    with pytest.raises(ValueError, match="give one of currency, in_kind"):
        Unit(code="hour", kind="hours", scale=2)  # type: ignore[arg-type]  # the fault
    with pytest.raises(ValueError, match="name a base currency"):
        Unit(code="USD.v", kind="valued", scale=2)
    with pytest.raises(ValueError, match="name a base currency"):
        Unit(code="USD", kind="currency", scale=2, base_code="EUR")
    assert valued(currency("JPY")) == Unit(code="JPY.v", kind="valued", scale=0, base_code="JPY")
