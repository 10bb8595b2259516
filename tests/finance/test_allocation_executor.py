"""Independent pieces of work: the same answers wherever they are done."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import pytest
from distributed import Client

from almoner.finance.allocation.executor import gathered
from almoner.finance.allocation.learning.frontier import budget_frontier
from almoner.finance.allocation.learning.policies import acceptability

from .allocation_worlds import small_problem

GAP = Fraction(1, 1000)


def late(shared: float, piece: int) -> int:
    """Take longer for the first pieces, so that the last ones arrive first."""
    time.sleep(shared / (1 + piece))
    return piece * piece


def broken(shared: int, piece: int) -> int:
    return shared // piece


def test_results_stand_in_the_order_of_the_pieces() -> None:
    told: list[int] = []
    with ThreadPoolExecutor(4) as pool:
        assert gathered(late, 0.02, [0, 1, 2, 3], pool, done=told.append) == [0, 1, 4, 9]
    assert told == [0, 1, 2, 3]
    assert gathered(late, 0.0, [3, 1], done=told.append) == [9, 1]
    assert told == [0, 1, 2, 3, 3, 1]


def test_the_first_piece_that_fails_raises_its_error() -> None:
    with pytest.raises(ZeroDivisionError):
        gathered(broken, 6, [1, 0, 2])
    with ThreadPoolExecutor(2) as pool, pytest.raises(ZeroDivisionError):
        gathered(broken, 6, [1, 0, 2], pool)


def test_what_has_not_begun_is_given_up_after_a_failure() -> None:
    begun: list[int] = []

    def work(_: int, piece: int) -> int:
        begun.append(piece)
        time.sleep(0.01)
        return 1 // piece

    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        gathered(work, 0, [0, *range(1, 200)], pool)
    assert len(begun) < 200


class Keeping:
    """An executor that keeps what is shared, as a cluster does, and works in this thread."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    def scatter(self, shared: object, *, broadcast: bool) -> tuple[str, int]:
        assert broadcast
        self.sent.append(shared)
        return "kept", len(self.sent) - 1

    def submit(self, work: Callable[..., Any], /, *args: Any, pure: bool = True) -> Future[Any]:  # noqa: ANN401 - as in Executor
        assert not pure
        (_, number), piece = args
        future: Future[Any] = Future()
        future.set_result(work(self.sent[number], piece))
        return future


def test_what_all_pieces_share_is_sent_to_a_cluster_once() -> None:
    cluster = Keeping()
    assert gathered(pow, 2, [1, 2, 3], cluster) == [2, 4, 8]
    assert cluster.sent == [2]


def test_points_and_shares_are_the_same_on_one_process_and_on_two() -> None:
    problem, parts = small_problem(count=12), [Fraction(1, 2), Fraction(3, 4), Fraction(1)]
    with ProcessPoolExecutor(2) as pool:
        there = (
            budget_frontier(problem, parts, gap=GAP, executor=pool),
            acceptability(problem, draws=4, executor=pool),
        )
    assert there == (budget_frontier(problem, parts, gap=GAP), acceptability(problem, draws=4))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_dask_cluster_gives_the_same_bytes_as_one_machine(workers: int) -> None:
    problem, parts = small_problem(count=12), [Fraction(1, 2), Fraction(3, 4), Fraction(1)]
    alone = budget_frontier(problem, parts, gap=GAP)
    with Client(  # type: ignore[no-untyped-call]  # Dask has no types
        processes=False, n_workers=workers, threads_per_worker=1, dashboard_address=None
    ) as client:
        assert budget_frontier(problem, parts, gap=GAP, executor=client) == alone
        assert acceptability(problem, draws=4, executor=client.get_executor()) == acceptability(
            problem, draws=4
        )
