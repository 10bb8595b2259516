"""How people are signed in here, as functions: checking passwords, signing tokens.

The problem: an application that mounts our router signs its people in itself and needs no package for it;
where we do it, the same operations serve. The routes know these three functions and nothing of what is
behind them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Issue(Protocol):
    """Signs an access token."""

    def __call__(self, person: str, *, session: UUID, authenticated_at: datetime, now: datetime) -> str:
        """Return the token as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What signing in takes.

    Attributes
    ----------
    check : callable
        Takes a password and the hash kept of it, None for an unknown account; tells whether it fits, at the
        same cost either way.
    hash : callable
        Takes a password, returns what is kept of it.
    issue : callable
        Signs an access token.
    """

    check: Callable[[str, str | None], bool]
    hash: Callable[[str], str]
    issue: Issue
