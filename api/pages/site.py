"""What all pages of one mounting share."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..door import Door
from ..operation import Operation
from .words import SHIPPED, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody a visitor of a demonstration may go on as, without a password.

    Attributes
    ----------
    person : str
        Their code.
    role : str
        What they are: a role of the library.
    party : str
        The name of whom they act for.
    start : str
        Where they begin, below where the pages are mounted.
    waits : callable or None
        Says what waits for them.
    key : str
        The key that signs for their party, in hexadecimal digits: known to everybody, as all else here.
    """

    person: str
    role: str
    party: str = ""
    start: str = "/"
    waits: Callable[[Words], str] | None = None
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an installation chooses of its pages; the rest follows from its door.

    Attributes
    ----------
    name : str
        Shown at the head of each page.
    languages : tuple of str
        Offered, the usual one first.
    secure : bool
        Cookies are for HTTPS only; False on a loopback address.
    hosted : bool
        The application around signs people in, by ``Door.identify``; no cookie of ours.
    guests : tuple of Guest
        Whom a visitor may go on as; for demonstrations on this machine alone.
    chromium : str
        Path of a browser that prints PDF; empty without one.

    Examples
    --------
    >>> Look(name="Well fund").languages
    ('en', 'fr', 'es')
    """

    name: str = "almoner"
    languages: tuple[str, ...] = SHIPPED
    secure: bool = True
    hosted: bool = False
    guests: tuple[Guest, ...] = ()
    chromium: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages of a mounting were given.

    Attributes
    ----------
    door : Door
        Database, clock, limits and identity; the same as for the operations.
    operations : mapping of str to Operation
        What pages read and write through, by name.
    addresses : mapping of str to str
        Of the pages, by name; parts in braces.
    look : Look
        What the installation chose.
    """

    door: Door
    operations: Mapping[str, Operation]
    addresses: Mapping[str, str]
    look: Look = field(default_factory=Look)

    @property
    def name(self) -> str:
        """Return what stands at the head of each page."""
        return self.look.name

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages offered."""
        return self.look.languages

    @property
    def secure(self) -> bool:
        """Tell whether cookies are for HTTPS only."""
        return self.look.secure

    @property
    def hosted(self) -> bool:
        """Tell whether the application around signs people in."""
        return self.look.hosted

    @property
    def cookie(self) -> str:
        """Return the name of the cookie of a sign-in."""
        return "__Host-almoner" if self.secure else "almoner"

    def token_of(self, session: str) -> str:
        """Return what forms carry so that no other site can send them.

        Parameters
        ----------
        session : str
            What the cookie holds; of a host's session, the person.
        """
        return hmac.new(self.door.secret, f"form/{session}".encode(), hashlib.sha256).hexdigest()
