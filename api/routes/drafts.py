"""Drafts over HTTP: an application that several partners write, and the accords of its actors."""

import json
from collections.abc import Collection, Mapping

from ...challenges import acts
from ...challenges.applications import Application
from ...challenges.brief import Brief
from ...challenges.drafts import Draft, draft_findings
from ...challenges.errors import ApplicationStale, ChallengeRefused
from ...challenges.forms import answer_findings
from ...challenges.phases import ENTERED
from ...challenges.records.briefs import StoredChallenge, find_challenge
from ...challenges.records.drafts import find_draft, list_drafts
from ...finance.documents import Code
from ...finance.errors import AlreadyExists, Missing
from ...finance.findings import Findings, finding
from ...finance.records.registry import find_unit
from ..door import NOT_HERE, Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.base import Finding
from ..wire.drafts import (
    AccordLine,
    AccordList,
    AccordReply,
    AccordRequest,
    DraftFindings,
    DraftLine,
    DraftList,
    DraftQuery,
    DraftReply,
    DraftRequest,
    DraftRevision,
    DraftSave,
)
from ..wire.trees import plain_of
from .applications import require_free_code

HERE = "/books/{book}/challenges/{challenge}/drafts"
ONE = f"{HERE}/{{application}}"
_WELLS = {"title": "Wells that keep working", "lead": "hub-a", "unit": "USD"}


def create_draft(call: Call, challenge: Code, body: DraftRequest) -> DraftReply:
    """Begin an application that one's own party leads."""
    stored = _stored(call, challenge)
    require_free_code(call, challenge, body.code)
    if find_draft(call.session, stored, body.code) is not None:
        raise AlreadyExists(
            f"The code {body.code!r} is taken in {challenge}. Take another one.",
            what="draft",
            code=body.code,
        )
    content = {"lead": call.party, **plain_of(body.content)}
    _require_lead(content, call.party)
    call.location = f"/books/{call.book}/challenges/{challenge}/drafts/{body.code}"
    return _saved(call, challenge, body.code, content, based_on=None)


def list_own_drafts(call: Call, challenge: Code, query: PageQuery) -> DraftList:
    """List what one's own party is writing, alone or with partners."""
    mine = [
        one
        for one in list_drafts(call.session, _stored(call, challenge))
        if call.own in _parties(one.content)
    ]
    rows, after = cut(call, query, mine, lambda one: (one.code,), name="draft.list")
    lines = [
        DraftLine(
            code=one.code,
            revision=one.revision,
            editor=one.editor,
            saved_at=one.saved_at,
            title=_title(one.content),
        )
        for one in rows
    ]
    return DraftList(items=lines, next=after)


def _title(content: Mapping[str, object]) -> str | None:
    title = content.get("title")
    return title if isinstance(title, str) else None


def read_draft(call: Call, challenge: Code, application: Code, query: DraftQuery) -> DraftReply:
    """Return the newest revision of a draft, or an earlier one that is still kept."""
    return DraftReply.of(_draft(call, challenge, application, query.revision or None))


def replace_draft(call: Call, challenge: Code, application: Code, body: DraftSave) -> DraftReply:
    """Save a whole draft in place of the one that was read, which ``If-Match`` names."""
    last = _draft(call, challenge, application)
    return _saved(call, challenge, application, _kept(last, body.content), based_on=last.revision)


def revise_draft(call: Call, challenge: Code, application: Code, body: DraftRevision) -> DraftReply:
    """Save changes from a revision that was read; what others changed elsewhere since is kept.

    Where both changed the same field it is refused with both values, and nothing is written.
    """
    last = _draft(call, challenge, application)
    return _saved(call, challenge, application, _kept(last, body.content), based_on=body.based_on)


def check_draft(call: Call, challenge: Code, application: Code) -> DraftFindings:
    """List everything that stands between a draft and its submission."""
    brief = _stored(call, challenge).challenge.brief
    content = _draft(call, challenge, application).content
    found = [*draft_findings(content, brief), *_answer_findings(call, brief, content)]
    rows = [
        Finding(pointer=str(row.get("path", "")), code="draft", message=str(row.get("message", "")))
        for row in found
    ]
    sha256 = "" if rows else Application.read(json.dumps(content)).digest()
    return DraftFindings(complete=not rows, findings=rows, sha256=sha256)


def _answer_findings(call: Call, brief: Brief, content: Mapping[str, object]) -> Findings:
    """Return what is wrong with the answers to the form of the phase that takes applications, or did last."""
    entered = [one for one in brief.phases if one.kind in ENTERED and brief.opens(one) <= call.now]
    form = brief.form_of(entered[-1].id) if entered else None
    if form is None:
        return []
    answers = content.get("answers")
    given = answers if isinstance(answers, Mapping) else {}
    listed = content.get("files")
    rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list | tuple) else []
    files = {str(row.get("sha256")): (str(row.get("media_type")), _size(row)) for row in rows}
    found = answer_findings(form, given, find_unit(call.session, brief.unit), files=files)
    return [finding(f"/answers{row['path']}", str(row["message"])) for row in found]


def _size(row: Mapping[str, object]) -> int:
    size = row.get("size_bytes")
    return size if isinstance(size, int) else 0


def list_accords(call: Call, challenge: Code, application: Code) -> AccordList:
    """List every actor of a draft, and whether it has accepted the draft as it stands."""
    written = _application(_draft(call, challenge, application))
    missing = acts.missing_accords(call.session, _stored(call, challenge), written)
    lines = [
        AccordLine(
            party=one.party, sha256=written.accord_digest(one.party), accepted=one.party not in missing
        )
        for one in written.bundle
    ]
    return AccordList(items=lines, next=None)


def give_accord(call: Call, challenge: Code, application: Code, body: AccordRequest) -> AccordReply:
    """Accept in person, for one's own party, what a draft says of shares, costs, gifts and itself."""
    written = _application(_draft(call, challenge, application))
    digest = written.accord_digest(call.party)
    if digest != body.sha256:
        raise ApplicationStale(
            f"{application} has changed since you read it: {digest} is to be accepted now. Read it again.",
            application=application,
            sha256=digest,
        )
    acts.accept(call.session, call.book, written, call.party, signer=call.person, clock=call.clock)
    return AccordReply(application=application, party=call.party, signer=call.person, sha256=digest)


def draft_parties(call: Call, challenge: str, application: str, **_: object) -> Collection[str]:
    """Return who writes a draft: its lead and the actors it names; nobody when there is none."""
    found = find_draft(call.session, _stored(call, challenge), application)
    return () if found is None else _parties(found.content)


def _stored(call: Call, challenge: str) -> StoredChallenge:
    return find_challenge(call.session, call.book, challenge, call.now)


def _draft(call: Call, challenge: str, application: str, revision: int | None = None) -> Draft:
    found = find_draft(call.session, _stored(call, challenge), application, revision)
    if found is None:
        raise Missing(NOT_HERE)
    return found


def _parties(content: Mapping[str, object]) -> frozenset[str]:
    bundle = content.get("bundle")
    rows = bundle if isinstance(bundle, list) else []
    named = [row.get("party") for row in rows if isinstance(row, Mapping)]
    return frozenset(one for one in (content.get("lead"), *named) if isinstance(one, str))


def _kept(last: Draft, content: Mapping[str, object]) -> dict[str, object]:
    """Return a content whose lead is that of the draft: whoever leads it is not changed by a save."""
    lead = str(last.content.get("lead", ""))
    plain = {"lead": lead, **plain_of(content)}  # type: ignore[arg-type]  # trees, as the bodies have them
    _require_lead(plain, lead)
    return plain


def _require_lead(content: Mapping[str, object], lead: str) -> None:
    if content["lead"] != lead:
        raise ChallengeRefused(f"{lead} leads this application; that does not change.", lead=lead)


def _saved(
    call: Call, challenge: str, code: str, content: Mapping[str, object], *, based_on: int | None
) -> DraftReply:
    draft = acts.save_draft(
        call.session,
        call.book,
        challenge,
        code,
        content,
        editor=call.person,
        based_on=based_on,
        clock=call.clock,
    )
    return DraftReply.of(draft)


def _application(draft: Draft) -> Application:
    return Application.read(json.dumps(draft.content))


def _leading(_call: Call, body: DraftRequest, **_: object) -> Collection[str]:
    lead = body.content.get("lead")
    return (_call.party,) if lead is None else (str(lead.plain()),)


OPERATIONS = (
    Operation(
        name="draft.create",
        method="POST",
        path=HERE,
        handler=create_draft,
        tag="drafts",
        status=201,
        owner=_leading,
        examples={"wells": {"code": "a-1", "content": _WELLS}},
    ),
    Operation(
        name="draft.list", method="GET", path=HERE, handler=list_own_drafts, tag="drafts", narrows=True
    ),
    Operation(
        name="draft.read", method="GET", path=ONE, handler=read_draft, tag="drafts", owner=draft_parties
    ),
    Operation(
        name="draft.replace",
        method="PUT",
        path=ONE,
        handler=replace_draft,
        tag="drafts",
        owner=draft_parties,
        guards="draft.read",
        examples={"wells": {"content": _WELLS}},
    ),
    Operation(
        name="draft.revise",
        method="POST",
        path=f"{ONE}/revisions",
        handler=revise_draft,
        tag="drafts",
        status=201,
        owner=draft_parties,
        examples={"wells": {"content": _WELLS, "based_on": 1}},
    ),
    Operation(
        name="draft.check",
        method="GET",
        path=f"{ONE}/findings",
        handler=check_draft,
        tag="drafts",
        owner=draft_parties,
    ),
    Operation(
        name="accord.list",
        method="GET",
        path=f"{ONE}/accords",
        handler=list_accords,
        tag="drafts",
        owner=draft_parties,
    ),
    Operation(
        name="accord.give",
        method="POST",
        path=f"{ONE}/accords",
        handler=give_accord,
        tag="drafts",
        status=201,
        owner=draft_parties,
        examples={"read": {"sha256": "ab" * 32}},
    ),
)
