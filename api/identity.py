"""Who is asking. The host says so; without an answer, nothing is shown and nothing is done.

The problem: an application that mounts our router has its own users. It passes ``identify``, a function of
the request that returns a ``Caller`` or None. Where no ``identify`` is given, every route but health is
closed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from ..finance.errors import NotAllowed, NotSignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody the host knows.

    Attributes
    ----------
    name : str
        For the record.
    scopes : frozenset of str
        What they may do, for example ``funds:read``.

    Examples
    --------
    >>> Caller(name="treasurer", scopes=frozenset({"funds:read"})).name
    'treasurer'
    """

    name: str
    scopes: frozenset[str] = field(default_factory=frozenset)


Identify = Callable[[Request], Caller | None]


def nobody(_request: Request) -> None:
    """Know nobody: the default.

    Examples
    --------
    >>> nobody.__name__
    'nobody'
    """


def require_scope(caller: Caller | None, scope: str) -> Caller:
    """Refuse a caller without a scope.

    Raises
    ------
    NotSignedIn, NotAllowed
        When there is no caller, or it lacks the scope.

    Examples
    --------
    >>> require_scope(Caller(name="a", scopes=frozenset({"funds:read"})), "funds:write")
    Traceback (most recent call last):
    ...
    almoner.finance.errors.NotAllowed: a may not do this: it takes the scope funds:write.
    """
    if caller is None:
        raise NotSignedIn(
            "Nobody is signed in. The host application has to identify the caller.", scope=scope
        )
    if scope not in caller.scopes:
        raise NotAllowed(f"{caller.name} may not do this: it takes the scope {scope}.", scope=scope)
    return caller
