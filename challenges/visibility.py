"""Visibility: who sees which field of which document, in which phase, after what.

The problem: a judge who is to read blind learns the applicant's name from another field, a rival infers a
result from a count. What nobody was allowed to see is not shown: the default is to mask. A rule gives one
pointer to one viewer, in one phase or in all, at once or after an event; the most specific rule wins.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints

from ..finance.documents import Code, Document

Viewer = Literal[
    "public",
    "own_applicant",
    "other_applicant",
    "assigned_judge",
    "other_judge",
    "chair",
    "funder",
    "evaluator",
    "auditor",
]
Relation = Literal["none", "conflicted"]
Action = Annotated[
    str, StringConstraints(pattern=r"^(show|mask|after\([a-z0-9][a-z0-9_.:/-]{0,79}\))$", max_length=100)
]
JsonPointer = Annotated[str, StringConstraints(pattern=r"^(/([^/~]|~[01])*)*$", max_length=500)]


class VisibilityRule(Document):
    """What one kind of viewer sees of one place of a document, and from when on.

    Attributes
    ----------
    pointer : str
        JSON pointer (RFC 6901) of the place, with everything below it; ``*`` stands for any one name or
        position.
    action : str
        ``show``, ``mask``, or ``after(event)``: shown once the event has happened.
    viewer : str or None
        For whom; ``None`` is everybody.
    phase : str or None
        In which phase; ``None`` is always.
    relation : str or None
        ``conflicted`` is for those with a conflict only, and no other rule counts for them; ``None`` and
        ``none`` are for everybody else.

    Examples
    --------
    >>> VisibilityRule.read('{"pointer": "/application/title", "action": "show", "viewer": "public"}').phase
    """

    pointer: JsonPointer
    action: Action
    viewer: Viewer | None = None
    phase: Code | None = None
    relation: Relation | None = None

    @property
    def event(self) -> str | None:
        """The event after which the place is shown."""
        return self.action.removeprefix("after(").removesuffix(")") if "(" in self.action else None
