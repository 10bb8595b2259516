"""All challenges of a book: what runs, what is being written, and how to begin one."""

from decimal import Decimal

from ...wire.brief_drafts import BriefDraftList, BriefDraftReply
from ...wire.challenges import ChallengeLine, ChallengeList
from ..page import Page
from ..places import code_of, parsed
from ..states import challenge_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from .around import content_of, may_design, surroundings, versions_of
from .sections import begun

PAGE = 100


def show_challenges(visit: Visit) -> View:
    """Show the challenges of the book, and the briefs that are being written."""
    words = visit.words
    query = {"cursor": visit.query["cursor"]} if "cursor" in visit.query else {}
    reply = visit.read(ChallengeList, "challenge.list", limit=PAGE, **query)
    drafts = visit.find(BriefDraftList, "brief-draft.list", limit=PAGE) if may_design(visit) else None
    around = surroundings(visit) if drafts is not None else None
    challenges = Sheet(
        title=words._("Challenges"),
        columns=[
            Column(name=words._("Challenge")),
            Column(name=words._("State")),
            Column(name=words._("Fund")),
            Column(name=words._("Prizes"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (one.title, challenge_state(words, one.state), one.fund, one.prizes.amount, one.prizes.unit)
            for one in reply.items
        ],
        links=[visit.address("desk_challenge", challenge=one.code) for one in reply.items],
        empty=words._("No challenge is published yet. Design one below."),
    )
    sheets = {"challenges": challenges}
    if drafts is not None:
        sheets["drafts"] = _drafts(visit, drafts)
    more = {
        "sums": _sums(reply.items),
        "count": len(reply.items),
        "around": around,
        "writing": len(drafts.items) if drafts else 0,
        "next": reply.next,
        "published": [(one.code, one.title) for one in reply.items],
    }
    return View(title=words._("Challenges"), sheets=sheets, more=more)


def _drafts(visit: Visit, drafts: BriefDraftList) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Being written"),
        columns=[
            Column(name=words._("Challenge")),
            Column(name=words._("Short name")),
            Column(name=words._("Saved by")),
            Column(name=words._("Saved"), kind="instant"),
        ],
        rows=[
            (one.title or one.code, one.code, one.editor, one.saved_at.isoformat()) for one in drafts.items
        ],
        links=[visit.address("desk_brief", draft=one.code) for one in drafts.items],
        empty=words._("No brief is being written. Begin one below."),
    )


def _sums(rows: list[ChallengeLine]) -> list[tuple[str, str]]:
    """Return the prizes of all challenges together, per unit."""
    found: dict[str, Decimal] = {}
    for one in rows:
        found[one.prizes.unit] = found.get(one.prizes.unit, Decimal()) + Decimal(one.prizes.amount)
    return [(f"{total:f}", unit) for unit, total in sorted(found.items())]


def begin(visit: Visit) -> Done:
    """Begin a brief: from nothing, from a published one, or from a file."""
    title = visit.form.text("title")
    code = visit.form.text("code") or code_of(title, ())
    around = surroundings(visit)
    fund = visit.form.text("fund")
    source = visit.form.text("source")
    if not title and not source:
        raise visit.wrong("title", visit.words._("Write the title of the challenge."))
    sent = visit.form.files.get("file")
    if sent is not None and sent.content:
        content = parsed(sent.content.decode("utf-8", "replace"))
    elif source:
        content = content_of(visit, source, _newest(visit, source))
    else:
        content = begun(code, title, fund, around.units.get(fund, ""))
    content |= {"challenge_id": code, "version": 1}
    content |= {"title": title} if title else {}
    content |= {"fund": fund, "unit": around.units[fund]} if fund in around.units else {}
    visit.write(BriefDraftReply, "brief-draft.begin", {"code": code, "content": content})
    return Done(to=visit.address("desk_brief", draft=code), said="begun")


def _newest(visit: Visit, challenge: str) -> int:
    known = versions_of(visit, challenge)
    return known[-1].version if known else 1


CHALLENGES = Page(
    name="desk_challenges",
    path="/books/{book}/desk/challenges",
    show=show_challenges,
    acts={"begin": begin},
    said={"dropped": lambda words: words._("It is thrown away.")},
    uploads=True,
)
