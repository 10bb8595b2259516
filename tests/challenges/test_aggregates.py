"""Aggregates: no published figure, and no combination of published figures, tells of one or two entries."""

from itertools import combinations
from random import Random

import numpy as np
import pytest

from almoner.challenges.aggregates import publishable, publishable_aggregates, publishable_count


@pytest.mark.parametrize(
    ("entries", "published", "answer"),
    [
        ("", [], "withheld"),
        ("ab", [], "withheld"),
        ("aab", [], "withheld"),
        ("abc", [], "public"),
        ("abcd", ["abc"], "withheld"),
        ("abcde", ["abc"], "withheld"),
        ("abcdef", ["abc"], "public"),
        ("abc", ["abcd"], "withheld"),
        ("abc", ["abc"], "public"),
        ("abc", ["def"], "public"),
        ("abcdefg", ["abc", "def"], "withheld"),
        ("abcdefgh", ["abc", "def"], "withheld"),
        ("abcdefghi", ["abc", "def"], "public"),
        ("cdef", ["abc", "abdef"], "withheld"),
    ],
)
def test_an_aggregate_that_isolates_an_entry_is_withheld(
    entries: str, published: list[str], answer: str
) -> None:
    may = answer == "public"
    assert publishable(entries, published) is may
    assert publishable_count(entries, published) == (len(set(entries)) if may else None)


def isolated(sets: list[str], universe: str) -> bool:
    """Try every one and every two entries against the span of the sets, by rank."""
    matrix = np.array([[name in one for name in universe] for one in sets], dtype=float)
    rank = np.linalg.matrix_rank(matrix)
    targets = [*combinations(universe, 1), *combinations(universe, 2)]
    for target in targets:
        row = np.array([[name in target for name in universe]], dtype=float)
        if np.linalg.matrix_rank(np.vstack([matrix, row])) == rank:
            return True
    return False


def test_the_answer_is_that_of_trying_every_combination() -> None:
    random = Random(11)  # noqa: S311 - the same cases each time
    answers = []
    for _ in range(150):
        universe = "abcdefghi"[: random.randint(5, 9)]
        names = [f"s{n}" for n in range(5)]
        drawn = {
            name: "".join(sorted(random.sample(universe, random.randint(2, len(universe))))) for name in names
        }
        out: list[str] = []
        for entries in drawn.values():
            may = publishable(entries, out)
            assert may is not isolated([*out, entries], universe), (entries, out)
            answers.append(may)
            if may:
                out.append(entries)
        assert publishable_aggregates(drawn) == tuple(
            name for name, entries in drawn.items() if entries in out
        )
    assert 100 < sum(answers) < len(answers) - 100
