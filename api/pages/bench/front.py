"""The bench at first sight: which claims wait for a finding and what they release, which entries for marks.

The problem: somebody who verifies for many agreements and judges in several challenges opens one after the
other to find out what comes first. Here everything that waits for the visitor stands in one place, with the
money that depends on it and the day by which it is due.
"""

from datetime import datetime

from ....finance.dates import instant_text
from ...wire.challenges import ChallengeList, ChallengeReply, PhaseReply
from ...wire.claims import WaitingClaimLine, WaitingClaimList
from ...wire.judges import DeclarationReply, EntryToReadList
from ...wire.payouts import PayoutPreview
from ..page import Page
from ..view import Column, Sheet, View
from ..visit import Visit
from .questions import asked_sheet

MOST = 10
SCORED = ("panel", "applicants")


def show_bench(visit: Visit) -> View:
    """Show what waits for this visitor."""
    words, roles = visit.words, visit.roles()
    sheets = {}
    if "evaluator" in roles:
        sheets["claims"] = claims_sheet(visit)
        asked = asked_sheet(visit)
        sheets |= {"questions": asked} if asked else {}
    judged = judged_challenges(visit) if "judge" in roles else []
    if "judge" in roles:
        sheets["entries"] = entries_sheet(visit, judged)
    more = {"judged": judged, "evaluates": "evaluator" in roles, "judges": "judge" in roles}
    return View(title=words._("What waits for you"), sheets=sheets, more=more)


def claims_sheet(visit: Visit) -> Sheet:
    """Return the claims that wait, those with most money at stake first."""
    words = visit.words
    found = visit.read(WaitingClaimList, "waiting_claim.list", mine=True, limit=MOST)
    rows = [(_stake(visit, one), one) for one in found.items]
    return Sheet(
        title=words._("Claims that wait for a finding"),
        columns=[
            Column(name=words._("Claim")),
            Column(name=words._("Agreement")),
            Column(name=words._("Claimed by")),
            Column(name=words._("Since"), kind="instant"),
            Column(name=words._("What depends on it")),
            Column(name=words._("Where it stands")),
        ],
        rows=[
            (
                one.claim,
                one.agreement,
                one.claimed_by,
                instant_text(one.claimed_at),
                stake,
                _stands(visit, one),
            )
            for stake, one in rows
        ],
        links=[visit.address("bench_claim", agreement=one.agreement, claim=one.claim) for _, one in rows],
        empty=words._("No claim waits for you. You see one here as soon as a hub reports results."),
    )


def released(visit: Visit, preview: PayoutPreview) -> list[str]:
    """Return in words what settling would move, one text per payee and unit."""
    words = visit.words
    return [
        words._("%(amount)s to %(payee)s", amount=words.amount(one.amount, one.unit), payee=one.party)
        for one in preview.totals
    ]


def _stake(visit: Visit, one: WaitingClaimLine) -> str:
    found = visit.find(PayoutPreview, "payout.preview", agreement=one.agreement, claim=one.claim)
    return "; ".join(released(visit, found)) if found else ""


def _stands(visit: Visit, one: WaitingClaimLine) -> str:
    words = visit.words
    if one.disputed:
        return words._("Disputed")
    return words._("You have found; others have not") if one.found else words._("Nothing found yet")


def judged_challenges(visit: Visit) -> list[tuple[str, ChallengeReply, PhaseReply]]:
    """Return where the visitor judges now: the judge's code, the challenge, the phase that is open."""
    found = []
    for grant in visit.held():
        if grant.role != "judge":
            continue
        for code in _challenges(visit, grant.engagement):
            reply = visit.find(ChallengeReply, "challenge.read", challenge=code)
            open_now = [one for one in reply.phases if one.is_open and one.judging in SCORED] if reply else []
            found += [(grant.party, reply, phase) for phase in open_now if reply]
    return found[:MOST]


def _challenges(visit: Visit, engagement: str) -> list[str]:
    if engagement:
        kind, _, code = engagement.partition("/")
        return [code] if kind == "challenge" else []
    return [one.code for one in visit.read(ChallengeList, "challenge.list", limit=MOST).items]


def entries_sheet(visit: Visit, judged: list[tuple[str, ChallengeReply, PhaseReply]]) -> Sheet:
    """Return the entries a judge is to read, those without marks first."""
    words = visit.words
    rows: list[tuple[bool, datetime, tuple[str, ...], str]] = []
    for judge, challenge, phase in judged:
        said = visit.find(DeclarationReply, "judge_declaration.read", challenge=challenge.code, judge=judge)
        if said is None or said.undeclared:
            continue
        found = visit.find(
            EntryToReadList, "entry_to_read.list", challenge=challenge.code, judge=judge, phase=phase.id
        )
        for one in found.items if found else ():
            state = words._("Your marks are in") if one.scored else words._("To be read")
            row = (one.application, challenge.title, instant_text(phase.closes_at), state)
            to = visit.address(
                "bench_entry",
                challenge=challenge.code,
                phase=phase.id,
                application=one.application,
                judge=judge,
            )
            rows.append((one.scored, phase.closes_at, row, to))
    rows.sort(key=lambda one: one[:3])
    return Sheet(
        title=words._("Entries to read"),
        columns=[
            Column(name=words._("Entry")),
            Column(name=words._("Challenge")),
            Column(name=words._("Until"), kind="instant"),
            Column(name=words._("Your reading")),
        ],
        rows=[row for _, _, row, _ in rows],
        links=[to for _, _, _, to in rows],
        empty=words._("Nothing is given to you to read now. Entries come once conflicts are declared."),
    )


PAGES = (Page(name="bench", path="/books/{book}/bench", show=show_bench),)
