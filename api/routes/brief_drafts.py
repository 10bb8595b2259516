"""Briefs that are being written: begun, saved, thrown away; nothing counts before it is published."""

from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..records.brief_drafts import (
    BriefDraft,
    begin_brief_draft,
    drop_brief_draft,
    find_brief_draft,
    list_brief_drafts,
    save_brief_draft,
)
from ..wire.brief_drafts import (
    BriefDraftDropped,
    BriefDraftLine,
    BriefDraftList,
    BriefDraftReply,
    BriefDraftRequest,
    BriefDraftSave,
)
from ..wire.trees import plain_of
from .brief_examples import BRIEF

DRAFTS = "/books/{book}/brief-drafts"
ONE = f"{DRAFTS}/{{draft}}"


def list_drafts_of(call: Call, query: PageQuery) -> BriefDraftList:
    """List the briefs that are being written."""
    found = list_brief_drafts(call.session, call.book_id)
    rows, after = cut(call, query, found, lambda one: (one.code,), name="brief-draft.list")
    return BriefDraftList(items=[BriefDraftLine.of(one) for one in rows], next=after)


def read_draft_of(call: Call, draft: Code) -> BriefDraftReply:
    """Return a brief as far as it is written."""
    return BriefDraftReply.of(find_brief_draft(call.session, call.book_id, draft))


def begin_draft(call: Call, body: BriefDraftRequest) -> BriefDraftReply:
    """Begin a brief, or a change of the brief of a published challenge."""
    made = BriefDraft(
        code=body.code, revision=1, editor=call.person, content=plain_of(body.content), saved_at=call.now
    )
    begin_brief_draft(call.session, call.book_id, made)
    call.location = f"/books/{call.book}/brief-drafts/{body.code}"
    return BriefDraftReply.of(made)


def save_draft_of(call: Call, draft: Code, body: BriefDraftSave) -> BriefDraftReply:
    """Save a brief in place of the one that was read, which ``If-Match`` names."""
    last = find_brief_draft(call.session, call.book_id, draft)
    made = BriefDraft(
        code=draft,
        revision=last.revision + 1,
        editor=call.person,
        content=plain_of(body.content),
        saved_at=call.now,
    )
    save_brief_draft(call.session, call.book_id, made)
    return BriefDraftReply.of(made)


def drop_draft_of(call: Call, draft: Code) -> BriefDraftDropped:
    """Throw away a brief that is being written; what is published stays."""
    find_brief_draft(call.session, call.book_id, draft)
    drop_brief_draft(call.session, call.book_id, draft)
    return BriefDraftDropped(code=draft)


OPERATIONS = (
    Operation(
        name="brief-draft.begin",
        method="POST",
        path=DRAFTS,
        handler=begin_draft,
        tag="briefs",
        status=201,
        examples={"wells": {"code": "wells", "content": {"title": "Wells", "unit": "USD"}}},
    ),
    Operation(name="brief-draft.list", method="GET", path=DRAFTS, handler=list_drafts_of, tag="briefs"),
    Operation(name="brief-draft.read", method="GET", path=ONE, handler=read_draft_of, tag="briefs"),
    Operation(
        name="brief-draft.save",
        method="PUT",
        path=ONE,
        handler=save_draft_of,
        tag="briefs",
        guards="brief-draft.read",
        examples={"whole": {"content": BRIEF}},
    ),
    Operation(
        name="brief-draft.drop",
        method="POST",
        path=f"{ONE}/removals",
        handler=drop_draft_of,
        tag="briefs",
        status=201,
    ),
)
