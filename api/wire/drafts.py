"""What is asked and answered about drafts and accords: an application that several people write."""

from typing import Annotated

from pydantic import Field

from ...challenges.drafts import Draft
from ...finance.documents import Code
from .applications import seen
from .base import Asked, Finding, Instant, Made, Reply, Wire
from .trees import JsonTree, tree_of

MOST_FIELDS = 40
DraftContent = Annotated[dict[str, JsonTree], Field(max_length=MOST_FIELDS)]


class DraftRequest(Asked):
    """A draft to begin.

    Attributes
    ----------
    code : str
        The application's short name, taken once in the challenge.
    content : dict
        Fields of an application, some still missing; ``lead`` is one's own party.
    """

    code: Code
    content: DraftContent


class DraftSave(Asked):
    """A whole draft in place of the one that was read."""

    content: DraftContent


class DraftRevision(Asked):
    """Changes from a revision that was read; what others changed elsewhere since is kept.

    Attributes
    ----------
    based_on : int [revision]
        The revision the content was written from.
    """

    content: DraftContent
    based_on: Annotated[int, Field(ge=1)]


class DraftQuery(Wire):
    """Which revision of a draft.

    Attributes
    ----------
    revision : int [revision]
        An earlier one; 0 for the newest.
    """

    revision: Annotated[int, Field(ge=0)] = 0


class DraftReply(Made):
    """The newest revision of a draft.

    Attributes
    ----------
    revision : int [revision]
        The next change names it.
    """

    code: str
    revision: int
    editor: str
    saved_at: Instant
    content: DraftContent

    @classmethod
    def of(cls, draft: Draft) -> "DraftReply":
        """Return a draft as a reply."""
        return cls(
            code=draft.code,
            revision=draft.revision,
            editor=draft.editor,
            saved_at=draft.saved_at,
            content=tree_of(draft.content),
        )


class DraftLine(Reply):
    """A draft in a list."""

    code: str
    revision: int
    editor: str
    saved_at: Instant
    title: Annotated[str | None, seen()] = None


class DraftList(Reply):
    """A page of drafts; ``next`` is the cursor of the page behind it."""

    items: list[DraftLine]
    next: str | None


class DraftFindings(Reply):
    """Everything that stands between a draft and its submission.

    Attributes
    ----------
    sha256 : str
        Digest under which it would be handed in; empty while something is missing.
    """

    complete: bool
    findings: list[Finding]
    sha256: str


class AccordRequest(Asked):
    """What an actor accepts in person.

    Attributes
    ----------
    sha256 : str
        Digest of what was read: shares, costs, gifts and the actor's own disclosure.
    """

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class AccordReply(Made):
    """An accord on record; a later change of what it covers voids it."""

    application: str
    party: str
    signer: str
    sha256: str


class AccordLine(Reply):
    """Whether one actor has accepted the draft as it stands.

    Attributes
    ----------
    sha256 : str
        What is to be accepted now.
    """

    party: str
    sha256: str
    accepted: bool


class AccordList(Reply):
    """Every actor of a draft."""

    items: list[AccordLine]
    next: str | None
