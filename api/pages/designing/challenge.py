"""One challenge at the desk: where it stands, what its rules are, and what may be changed."""

from datetime import datetime

from ....challenges.json_patch import apply_patch
from ...wire.brief_drafts import BriefDraftReply
from ...wire.briefs import (
    AmendmentProposalLine,
    AmendmentProposalList,
    AmendmentProposalReply,
    AmendmentReply,
    BriefReply,
    NoticeList,
)
from ...wire.challenges import ChallengeReply
from ..page import Page
from ..rule_words import rule_lines
from ..states import challenge_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words
from .around import content_of, crumbs, may_design, surroundings, versions_of
from .checking import place_in_words
from .patching import lines_between
from .wording import prizes_sheet, stages_sheet

PAGE = 100


def show_challenge(visit: Visit) -> View:
    """Show where a challenge stands."""
    words, designs = visit.words, may_design(visit)
    challenge = visit.read(ChallengeReply, "challenge.read")
    brief = visit.read(BriefReply, "brief.read").brief
    code = challenge.code
    stages = stages_sheet(words, brief)
    judged = {one.id for one in challenge.phases if one.judging in {"panel", "applicants"}}
    links = [
        visit.address("desk_round", phase=one.id) if one.id in judged else "" for one in challenge.phases
    ]
    sheets = {
        "stages": Sheet(title=stages.title, columns=stages.columns, rows=stages.rows, links=links),
        "prizes": prizes_sheet(words, brief),
        "versions": _versions(visit, code),
    }
    changes = visit.find(AmendmentProposalList, "brief-amendment.list", limit=PAGE)
    if changes is not None:
        sheets["changes"] = _changes(visit, changes.items)
    more = {
        "challenge": challenge,
        "state": challenge_state(words, challenge.state),
        "rules": rule_lines(words, brief.eligibility),
        "brief": brief,
        "next": next_instant(challenge, visit.site.door.clock()),
        "waiting": [one for one in changes.items if one.waits] if changes else [],
        "designs": designs,
        "appealed": challenge.state in {"decided", "settled"},
        "back": crumbs(visit),
        "rounds": [(one, visit.address("desk_round", phase=one)) for one in sorted(judged)],
    }
    return View(title=challenge.title, sheets=sheets, more=more)


def next_instant(challenge: ChallengeReply, now: datetime) -> tuple[str, str, datetime] | None:
    """Return what happens next: a stage, ``opens`` or ``closes``, and when; None after the last."""
    ahead = [
        (instant, one.id, said)
        for one in challenge.phases
        for said, instant in (("opens", one.opens_at), ("closes", one.closes_at))
        if instant > now
    ]
    if not ahead:
        return None
    instant, phase, said = min(ahead)
    return phase, said, instant


def _versions(visit: Visit, code: str) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Versions of the rules"),
        columns=[
            Column(name=words._("Version"), kind="number"),
            Column(name=words._("Counts from"), kind="instant"),
            Column(name=words._("In force")),
            Column(name=words._("Digest")),
        ],
        rows=[
            (
                str(one.version),
                one.effective_at.isoformat(),
                words._("yes") if one.in_force else "",
                one.sha256[:16],
            )
            for one in versions_of(visit, code)
        ],
    )


def _changes(visit: Visit, rows: list[AmendmentProposalLine]) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Proposed changes"),
        columns=[
            Column(name=words._("Why")),
            Column(name=words._("Proposed by")),
            Column(name=words._("Changes version"), kind="number"),
            Column(name=words._("State")),
        ],
        rows=[
            (
                one.reason,
                one.maker,
                str(one.of),
                words._("waits for approval") if one.waits else words._("decided"),
            )
            for one in rows
        ],
        links=[visit.address("desk_amendment", proposal=str(one.id)) for one in rows],
        empty=words._("Nobody has proposed a change."),
    )


def amend(visit: Visit) -> Done:
    """Begin a change of the rules, or go on with the one that is begun."""
    code = visit.parts["challenge"]
    if visit.find(BriefDraftReply, "brief-draft.read", draft=code) is None:
        newest = versions_of(visit, code)[-1].version
        body = {"code": code, "content": content_of(visit, code, newest)}
        visit.write(BriefDraftReply, "brief-draft.begin", body)
    return Done(to=visit.address("desk_brief", draft=code), said="begun")


def show_amendment(visit: Visit) -> View:
    """Show a proposed change: what is different, who is told, and who has to consent."""
    words, code = visit.words, visit.parts["challenge"]
    proposal = visit.read(AmendmentProposalReply, "brief-amendment.read")
    before = content_of(visit, code, proposal.of)
    changed = apply_patch(before, [step.plain() for step in proposal.patch])
    around = surroundings(visit)
    versions = versions_of(visit, code)
    after = versions[-1]
    changes = Sheet(
        title=words._("What changes"),
        columns=[
            Column(name=words.p("document", "Place")),
            Column(name=words._("Now")),
            Column(name=words._("From then on")),
        ],
        rows=[
            (place_in_words(words, changed, around, place), was, will)
            for place, was, will in lines_between(before, changed)
        ],
    )
    waiting = after.version > proposal.of and visit.find(
        NoticeList, "notice.list", version=after.version, limit=PAGE
    )
    more = {
        "proposal": proposal,
        "waits": after.version == proposal.of,
        "own": visit.caller is not None and visit.caller.person == proposal.maker,
        "funder": "funder" in visit.roles(),
        "untold": list(waiting.items) if waiting else [],
        "kind": kind_in_words(words, proposal.kind),
        "back": crumbs(visit, (versions[-1].title, visit.address("desk_challenge"))),
        "effective": proposal.effective_at,
    }
    return View(title=words._("Change of the rules"), sheets={"changes": changes}, more=more)


def kind_in_words(words: Words, kind: str) -> str:
    """Return the kind of a change in words."""
    if kind == "editorial":
        return words._("Names and descriptions only")
    return words._("A rule changes")


def approve_amendment(visit: Visit) -> Done:
    """Approve a change that somebody else proposed."""
    visit.write(AmendmentReply, "brief-amendment.approve")
    return Done(to=visit.address("desk_challenge"), said="amended")


HERE = "/books/{book}/desk/challenges/{challenge}"
PAGES = (
    Page(
        name="desk_challenge",
        path=HERE,
        show=show_challenge,
        acts={"amend": amend},
        said={
            "published": lambda words: words._("The challenge is published, and its prizes are set aside."),
            "amended": lambda words: words._(
                "The change is approved. Everybody with an application is told."
            ),
        },
    ),
    Page(
        name="desk_amendment",
        path=f"{HERE}/amendments/{{proposal}}",
        show=show_amendment,
        acts={"approve": approve_amendment},
        said={
            "proposed": lambda words: words._("The change is proposed. Another funder approves it."),
        },
    ),
)
