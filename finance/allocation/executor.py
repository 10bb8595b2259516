"""Independent pieces of work, on this machine or on several, with the same answer.

The problem: frontiers, draws and re-solves are many independent problems, and whoever has eight machines
wants to use them; yet the answer must not depend on how many there are. ``gathered`` hands pieces to one
executor and puts results together in the order of the pieces, never in the order of their arrival. An
executor is anything with ``submit(work, ...)`` whose answer has ``result()``: a pool of
``concurrent.futures``, a ``dask.distributed.Client`` or its executor (``pip install almoner[cluster]``), or
None for this process. What all pieces share is sent once where the executor can keep it (``scatter``),
otherwise with every piece.

A worker that is lost loses nothing but time: pieces keep no state, and Dask computes them again.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Made = TypeVar("Made")


class Executor(Protocol):
    """Runs work elsewhere.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     gathered(pow, 2, [1, 2, 3], pool)
    [2, 4, 8]
    """

    def submit(self, work: Callable[..., Any], /, *args: Any) -> Any:  # noqa: ANN401 - futures differ by executor
        """Begin a piece of work and return its future."""


def gathered(
    work: Callable[[Shared, Piece], Made],
    shared: Shared,
    pieces: Sequence[Piece],
    executor: Executor | None = None,
    done: Callable[[Piece], None] | None = None,
) -> list[Made]:
    """Do every piece of work and return the results in the order of the pieces.

    Parameters
    ----------
    work : callable
        ``work(shared, piece)``; a function that other processes can import.
    shared : object
        What all pieces need; sent once to a cluster.
    pieces : sequence
        What differs.
    executor : Executor or None
        Where; None works here, one after the other.
    done : callable or None
        Told every piece that is done, in their order.

    Returns
    -------
    list
        As many results as pieces. The first piece that fails, in their order, raises its error, and what has
        not begun is given up.

    Examples
    --------
    >>> gathered(pow, 2, [3, 1])
    [8, 2]
    """
    told = done or (lambda _: None)
    made: list[Made] = []
    if executor is None:
        for piece in pieces:
            made.append(work(shared, piece))
            told(piece)
        return made
    scatter = getattr(executor, "scatter", None)
    sent = shared if scatter is None else scatter(shared, broadcast=True)
    begun = [_begin(executor, work, sent, piece) for piece in pieces]
    try:
        for future, piece in zip(begun, pieces, strict=True):
            made.append(future.result())
            told(piece)
    except BaseException:
        for future in begun:
            future.cancel()
        raise
    return made


def _begin(executor: Any, work: Callable[..., Any], sent: Any, piece: Any) -> Any:  # noqa: ANN401 - as in Executor
    if hasattr(executor, "scatter"):  # a cluster may not answer from memory: equal pieces are still pieces
        return executor.submit(work, sent, piece, pure=False)
    return executor.submit(work, sent, piece)
