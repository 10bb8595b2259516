"""Who is asking. The host says so; without an answer, only what is published is shown.

The problem: an application that mounts our router has its own users. It passes ``identify``, a function of
the request that returns a ``Caller`` or None. A caller brings its grants, or leaves them to be looked up in
the table of grants by its code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import Request

Role = Literal["funder", "investor", "intermediary", "hub", "evaluator", "judge", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role somebody holds in a book.

    Attributes
    ----------
    book : str
        Code of the book; ``*`` for an installation's administrator.
    role : str
        One of the seven.
    party : str
        Code of the party in whose name they act; of a judge, the judge's own code.
    engagement : str
        ``fund/CODE``, ``agreement/CODE``, ``challenge/CODE``; empty for the whole book.
    may_make, may_check : bool
        Whether they may make, and check what another made.
    valid_from, valid_until : datetime or None
        When it holds; the second instant is the first at which it does not.

    Examples
    --------
    >>> Grant(book="main", role="funder", party="foundation").engagement
    ''
    """

    book: str
    role: Role
    party: str
    engagement: str = ""
    may_make: bool = True
    may_check: bool = True
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody the host knows.

    Attributes
    ----------
    person : str
        A stable code, never an address or a name; the maker of what they do.
    scopes : frozenset of str or None
        What this key or token may do, for example ``funds:read``; None for all that the roles allow.
    grants : tuple of Grant or None
        Their roles; None has them looked up in the table of grants.
    authenticated_at : datetime or None
        When they proved who they are; None when the host does not tell.
    api_key : str or None
        Public part of the key they called with: a key makes and never checks.

    Examples
    --------
    >>> Caller(person="treasurer", scopes=frozenset({"funds:read"})).person
    'treasurer'
    """

    person: str
    scopes: frozenset[str] | None = None
    grants: tuple[Grant, ...] | None = None
    authenticated_at: datetime | None = None
    api_key: str | None = None


Identify = Callable[[Request], Caller | None]


def nobody(_request: Request) -> None:
    """Know nobody: the default.

    Examples
    --------
    >>> nobody.__name__
    'nobody'
    """
