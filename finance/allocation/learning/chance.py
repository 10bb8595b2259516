"""Chance: random numbers that depend on a seed and a name, and on nothing else.

The problem: when draws come from one stream, one intervention more moves all the others' numbers, and two
machines that share the work draw different worlds. Here every named thing has its own stream: a counter-based
generator (Philox; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), keyed by the seed
and the SHA-256 of the name. Longer streams begin with the shorter ones.
"""

import hashlib
from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = 2.0**-40  # levels stay inside (0, 1), where every quantile is finite


def stream(seed: int, *name: object) -> np.random.Generator:
    """Return the generator of a named thing.

    Parameters
    ----------
    seed : int [seed]
        Zero or more.
    *name : object
        Parts of the name, written as text.

    Examples
    --------
    >>> both = stream(1, "effect", "w7").random(3), stream(1, "effect", "w7").random(3)
    >>> bool((both[0] == both[1]).all()), bool(stream(1, "effect", "w8").random() == both[0][0])
    (True, False)
    """
    key = "\x1f".join(str(part) for part in name)
    words = np.frombuffer(hashlib.sha256(key.encode()).digest(), dtype="<u4")
    spread = np.random.SeedSequence(seed, spawn_key=tuple(int(word) for word in words))
    return np.random.Generator(np.random.Philox(spread))


def levels(seed: int, *name: object, size: int) -> Floats:
    """Return levels in (0, 1) of a named thing, to be read as quantiles.

    Parameters
    ----------
    seed : int [seed]
        Zero or more.
    *name : object
        Parts of the name.
    size : int [draws]
        How many; more begin with the same ones.

    Examples
    --------
    >>> bool((levels(1, "w7", size=2) == levels(1, "w7", size=9)[:2]).all())
    True
    """
    return cast("Floats", np.clip(stream(seed, *name).random(size), LEAST, 1 - LEAST))
