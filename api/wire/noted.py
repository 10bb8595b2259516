"""What many acts say beside their figures."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from ...finance.documents import Code
from .base import Asked

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,79}$")]
Note = Annotated[str, StringConstraints(max_length=2000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Use = Annotated[dict[Code, Note], Field(max_length=20)]


class Noted(Asked):
    """A request that may say when it counts, and why.

    Attributes
    ----------
    on : date or None
        The day it counts for; the day of the request when None.
    note : str
        For people.
    reference : str
        Where the figure comes from: a bank statement, a letter.

    Examples
    --------
    >>> Noted(reference="statement 12").note
    ''
    """

    on: date | None = None
    note: Note = ""
    reference: Note = ""
