"""Types of the term language: what a text means, and what products of units give."""

import pytest

from almoner.contracts.terms.types import Quantity, Truth, parse_type, product_powers


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("USD/2", Quantity("USD", 2)),
        ("ratio/9", Quantity("ratio", 9)),
        ("USD/2 per day/0", Quantity("USD", 2, "day")),
        ("a.b_c/0", Quantity("a.b_c", 0)),
    ],
)
def test_a_text_is_read_as_unit_and_digits(text: str, kind: Quantity) -> None:
    assert parse_type(text) == kind


@pytest.mark.parametrize(
    "text", ["", "USD", "USD/12", "USD/2 per day", "USD/2 per day/0 ", "/2", "2/USD", "USD/2\n"]
)
def test_other_text_is_no_type(text: str) -> None:
    assert parse_type(text) is None


def test_units_multiply_by_adding_exponents() -> None:
    price, day = Quantity("USD", 2, "day"), Quantity("day", 0)
    assert product_powers((price, 1), (day, 1)) == {"USD": 1}
    assert product_powers((price, 1), (price, -1)) == {}
    assert product_powers((day, 1), (day, 1)) == {"day": 2}
    assert product_powers((Quantity("ratio", 4), 1), (day, -1)) == {"day": -1}


def test_a_bare_number_has_no_unit_even_as_a_base() -> None:
    assert Quantity("ratio", 2).powers() == {}
    assert Quantity("USD", 2, "ratio").powers() == {"USD": 1}
    assert Quantity("day", 0, "day").powers() == {}


def test_types_show_as_they_are_written() -> None:
    assert (str(Quantity("USD", 2, "day")), str(Truth())) == ("USD/2 per day", "condition")
