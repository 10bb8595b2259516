"""Passwords: hashed with Argon2id (RFC 9106), a few at a time, and no sooner refused for an unknown account.

The problem: a password is guessed from a stolen table unless a guess is dear; what is dear for a thief is
dear for us, so a flood of sign-ins would take all memory; and an account that is refused faster than others
tells that it is not there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from ..finance.errors import Busy

AT_ONCE = 4
PATIENCE = 5.0
SHORTEST, LONGEST = 12, 128
_PLACES = BoundedSemaphore(AT_ONCE)
_HASHER = PasswordHash.recommended()


def hash_password(password: str) -> str:
    """Return what is kept of a password.

    Parameters
    ----------
    password : str
        As it was typed or pasted.

    Examples
    --------
    >>> hash_password("a long and winding road").split("$")[1]
    'argon2id'
    """
    with _place():
        return _HASHER.hash(password)


def check_password(password: str, kept: str | None) -> bool:
    """Tell whether a password fits; an unknown account costs the same time.

    Parameters
    ----------
    password : str
        As it was typed.
    kept : str or None
        What ``hash_password`` gave; None for an unknown account.

    Raises
    ------
    Busy
        When too many are being checked.
    """
    nobody = hash_of_nobody()
    with _place():
        fits = _HASHER.verify(password, kept or nobody)
    return fits and kept is not None


@cache
def hash_of_nobody() -> str:
    """Return the hash an unknown account is checked against; to be asked for before the first guess."""
    return hash_password("the password of nobody at all")


@contextmanager
def _place() -> Iterator[None]:
    if not _PLACES.acquire(timeout=PATIENCE):
        raise Busy("Too many sign-ins are being checked. Try again in a moment.", state="passwords")
    try:
        yield
    finally:
        _PLACES.release()
