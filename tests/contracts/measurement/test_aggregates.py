"""Sums that leave: nobody in a small group can be told from them."""

from collections.abc import Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.measurement.aggregates import hidden_groups

Sizes = Mapping[tuple[str, ...], int]
tables = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), st.integers(1, 30), min_size=1
)


def lines(sizes: Sizes) -> list[list[tuple[str, ...]]]:
    rows = [[label for label in sizes if label[1] == name] for name in "xyz"]
    return [
        line for line in rows + [[label for label in sizes if label[0] == name] for name in "abcd"] if line
    ]


@given(tables)
def test_no_line_of_a_table_lacks_a_single_group_or_too_few_people(sizes: Sizes) -> None:
    hidden = hidden_groups(sizes, 5)
    assert {label for label, size in sizes.items() if size < 5} <= hidden
    for line in lines(sizes):
        missing = [label for label in line if label in hidden]
        if missing and len(missing) < len(line):
            assert len(missing) > 1
            assert sum(sizes[label] for label in missing) >= 5


@given(tables)
def test_nothing_is_hidden_where_no_group_is_small(sizes: Sizes) -> None:
    big = {label: size + 5 for label, size in sizes.items()}
    assert hidden_groups(big, 5) == frozenset()


def test_the_smallest_other_group_of_a_line_hides_a_small_one() -> None:
    sizes: dict[tuple[str, ...], int] = dict.fromkeys(product("abc", "xy"), 20)
    sizes |= {("a", "x"): 3, ("b", "x"): 8, ("a", "y"): 9}
    assert hidden_groups(sizes, 5) == {("a", "x"), ("b", "x"), ("a", "y"), ("b", "y")}


def test_a_group_of_exactly_the_least_is_shown() -> None:
    assert hidden_groups({(): 4}, 5) == {()}
    assert hidden_groups({(): 5}, 5) == frozenset()


def test_two_groups_too_small_together_take_a_third_along() -> None:
    assert hidden_groups({("a",): 1, ("b",): 2, ("c",): 50, ("d",): 60}, 5) == {("a",), ("b",), ("c",)}
