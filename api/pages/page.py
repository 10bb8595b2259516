"""What a page is: an address, what it shows, and what can be done on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .view import Attachment, Done, Shown, View
from .visit import Say, Visit

Show = Callable[[Visit], Shown]
Act = Callable[[Visit], Done | View | Attachment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Attributes
    ----------
    name : str
        Of its template, ``pages/NAME.html``, and of its address in ``Visit.address``.
    path : str
        Below where the pages are mounted; parts are named as those of operations.
    show : callable
        Takes the visit, reads what it needs through ``Visit.read``, returns what is shown.
    acts : mapping of str to callable
        What its forms do, by the name in their field ``act``; each writes through ``Visit.write``.
    said : mapping of str to callable
        Messages after an act.
    signed_in : bool
        Whether anybody sees it who is not signed in; nobody does when True.
    uploads : bool
        Its forms take files.
    """

    name: str
    path: str
    show: Show
    acts: Mapping[str, Act] = field(default_factory=dict)
    said: Mapping[str, Say] = field(default_factory=dict)
    signed_in: bool = True
    uploads: bool = False
