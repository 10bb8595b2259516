"""Pages of refusals on the wire."""

from .base import Reply


class ProblemPage(Reply):
    """What a code of a refusal means, and what to do about it.

    Attributes
    ----------
    status : int [HTTP status]
        With which it is answered.
    exit_code : int or None [exit code]
        Of the command line; None where it does not occur.
    meaning, remedy : str
        What happened, and what to do.
    """

    code: str
    title: str
    status: int
    exit_code: int | None
    meaning: str
    remedy: str


class ProblemPages(Reply):
    """All codes of refusals."""

    items: list[ProblemPage]
