"""What is asked and answered about briefs that are being written."""

from typing import Annotated

from pydantic import Field

from ...finance.documents import Code
from ..records.brief_drafts import BriefDraft
from .base import Asked, Instant, Made, Reply
from .trees import JsonTree, tree_of

MOST_FIELDS = 60
BriefContent = Annotated[dict[str, JsonTree], Field(max_length=MOST_FIELDS)]


class BriefDraftRequest(Asked):
    """A brief to begin.

    Attributes
    ----------
    code : str
        Short name of the challenge to come; that of a published one begins a change of its rules.
    content : dict
        Fields of a brief, as far as they are known.
    """

    code: Code
    content: BriefContent


class BriefDraftSave(Asked):
    """A whole brief in place of the one that was read."""

    content: BriefContent


class BriefDraftLine(Reply):
    """A brief that is being written, in a list."""

    code: str
    title: str
    revision: int
    editor: str
    saved_at: Instant

    @classmethod
    def of(cls, draft: BriefDraft) -> "BriefDraftLine":
        """Return a draft as a line."""
        title = draft.content.get("title")
        return cls(
            code=draft.code,
            title=title if isinstance(title, str) else "",
            revision=draft.revision,
            editor=draft.editor,
            saved_at=draft.saved_at,
        )


class BriefDraftList(Reply):
    """A page of briefs that are being written; ``next`` is the cursor of the page behind it."""

    items: list[BriefDraftLine]
    next: str | None


class BriefDraftReply(Made):
    """A brief as far as it is written.

    Attributes
    ----------
    revision : int [revision]
        Counted from 1.
    editor : str
        Who saved it last.
    """

    code: str
    revision: int
    editor: str
    saved_at: Instant
    content: BriefContent

    @classmethod
    def of(cls, draft: BriefDraft) -> "BriefDraftReply":
        """Return a draft as a reply."""
        return cls(
            code=draft.code,
            revision=draft.revision,
            editor=draft.editor,
            saved_at=draft.saved_at,
            content=tree_of(draft.content),
        )


class BriefDraftDropped(Made):
    """A brief that is no longer being written."""

    code: str
