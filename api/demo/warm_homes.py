"""The newest chapter, in the middle of things: a fund for warm homes, and something that waits for everybody.

The problem: the stories of the demonstration have ended, and whoever walks in to look at the work of a
funder or a hub finds nothing to do. This chapter is played only where the pages are served. Its days are
counted from the day on which it is first served, so that deadlines are still ahead; served again within
``LASTS``, it is left as people have left it, and later another one begins.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from ...challenges.records.briefs import find_challenge
from ...contracts.claims import digest_of
from ...finance.dates import Clock, fixed_clock
from ...finance.errors import Missing
from ...finance.storage import Engine, Session
from ..errors import OutboundFailed
from ..pages import Guest
from ..pages.words import Words
from ..settings import Settings
from ..vault import Vault
from ..worker import Sealer, Worker, work_off
from .asking import Chapter, Part
from .guests import PARTS, invite
from .harbour import pose_problem
from .pooled import open_fund
from .stage import BOOK, read_data

LASTS = timedelta(days=20)
OPENED, SIGNED, ASKED = -6, -12, -1
SIGNERS = {"pool": "manager", "network": "hub", "institute": "evaluator", "university": "second-evaluator"}
TRIED_HOURS = (0, 0.1, 0.3, 1, 3.5, 9.5, 21.5, 37.5, 59.5, 86.5, 87.5)
MOST_CHAPTERS = 1000
LABEL = "Thriving Harbour, once more: what other budgets would buy"

WAITING: Mapping[str, Callable[[Words], str]] = {
    "funder": lambda words: words._("A payment waits for your approval, signed with the key below."),
    "second-funder": lambda words: words._(
        "An allocation is worked out: look at who gets what and why, and decide. A payment waits, too."
    ),
    "manager": lambda words: words._(
        "An agreement waits for your signature. Others have not signed, either."
    ),
    "investor": lambda words: words._(
        "A promise of yours is due, and an agreement waits for your signature."
    ),
    "hub": lambda words: words._("An application is begun. Finish it and hand it in before its deadline."),
    "second-hub": lambda words: words._(
        "An agreement waits for your signature, and an application in which you take part is being written."
    ),
    "evaluator": lambda words: words._("A claim with its evidence is unchecked, and money depends on it."),
    "second-evaluator": lambda words: words._(
        "The same claim waits for you, too: one of the two of you is enough."
    ),
    "judge-1": lambda words: words._("Three entries wait to be read and scored."),
    "judge-2": lambda words: words._("Three entries wait to be read and scored."),
    "admin": lambda words: words._("A message to another system was given up. Send it again."),
}
Data = Mapping[str, Any]


def welcome(engine: Engine, settings: Settings, clock: Clock) -> tuple[Guest, ...]:
    """Register everybody, play the chapter, and return whom a visitor may go on as, with what waits for them.

    Parameters
    ----------
    engine : Engine
        Where the demonstration was played.
    settings : Settings
        Those it is served with.
    clock : Clock
        That by which it is served.
    """
    guests = invite(engine, clock)
    play_chapter(engine, settings, clock)
    return tuple(replace(one, waits=WAITING[one.person]) for one in guests)


def play_chapter(engine: Engine, settings: Settings, clock: Clock) -> Chapter:
    """Play what waits for the guests, once, and return the chapter that is under way.

    Parameters
    ----------
    engine : Engine
        Where the demonstration was played.
    settings : Settings
        Those it is served with.
    clock : Clock
        That by which it is served.
    """
    chapter = _newest(engine, settings, clock().date())
    data = chapter.told(read_data("warm_homes.json"))
    _open(chapter, data)
    _judge(chapter, data)
    _agree(chapter, data)
    _report(chapter, data)
    _ask(chapter, data)
    return chapter


def _newest(engine: Engine, settings: Settings, today: date) -> Chapter:
    """Return the chapter that is under way, or else the next one, which begins today."""
    parts = {one.person: one for one in PARTS}
    for entry in read_data("warm_homes.json")["entries"]:
        parts[entry["lead"]] = Part(person=entry["lead"], role="hub", party=entry["lead"])
    with Session(engine) as session:
        for number in range(1, MOST_CHAPTERS):
            suffix = f"-{number}" if number > 1 else ""
            try:
                brief = find_challenge(session, BOOK, f"warm-rooms{suffix}").challenge.brief
            except Missing:
                break
            day = brief.opens(brief.phase("apply")).date() - timedelta(days=OPENED)
            if today < day + LASTS:
                return Chapter(
                    engine=engine, settings=settings, day=day, suffix=suffix, parts=parts, begun=True
                )
    return Chapter(engine=engine, settings=settings, day=today, suffix=suffix, parts=parts)


def _open(chapter: Chapter, data: Data) -> None:
    """Open the fund, take gifts, and publish the challenge that can be entered now."""
    fund = data["fund"]["code"]
    chapter.ask("manager", "fund.open", data["fund"], on=-70)
    for number, gift in enumerate(data["gifts"], start=1):
        chapter.ask("manager", "contribution.book", gift, on=-70, fund=fund, step=str(number))
    chapter.ask(
        "manager",
        "challenge.publish",
        {"brief": data["open"] | {"rubric": data["rubric"]}},
        on=OPENED,
        step="open",
    )
    for kind, code in (("fund", fund), ("challenge", data["open"]["challenge_id"])):
        chapter.ask("funder", f"publication.{kind}", on=OPENED, **{kind: code})
    policy = {"kind": "transfer", "quorum": 1, "since": chapter.clock(OPENED)().isoformat()}
    policy |= {"least": {"amount": "50000.00", "unit": "USD"}}
    chapter.ask("funder", "approval_policy.set", policy, on=OPENED)


def _judge(chapter: Chapter, data: Data) -> None:
    """Receive entries to a second challenge, and say who reads what."""
    code = data["judged"]["challenge_id"]
    chapter.ask(
        "manager",
        "challenge.publish",
        {"brief": data["judged"] | {"rubric": data["rubric"]}},
        on=-60,
        step="judged",
    )
    chapter.ask("funder", "publication.challenge", on=-60, challenge=code)
    for entry in data["entries"]:
        application = _application(code, entry)
        chapter.ask(
            entry["lead"],
            "application.submit",
            {"application": application},
            on=-20,
            challenge=code,
            step=entry["application_id"],
        )
    for judge in data["judges"]:
        chapter.ask("manager", "judge.register", {"code": judge}, on=-5, challenge=code, step=judge)
        told = [{"actor": entry["lead"], "kind": "none"} for entry in data["entries"]]
        said = {"declarations": told}
        chapter.ask(judge, "judge_declaration.make", said, on=-5, challenge=code, judge=judge)
    phase = {"challenge": code, "phase": "panel"}
    plan = chapter.ask("manager", "assignment.plan", {"seed": 7}, on=-5, **phase)["plan"]
    number = str(plan["number"])
    chapter.ask("manager", "assignment.publish", {"reason": ""}, on=-5, number=number, **phase)


def _application(challenge: str, entry: Mapping[str, str]) -> dict[str, object]:
    """Return the application of a hub that works alone."""
    lead = entry["lead"]
    line = {"actor": lead, "intervention": "work", "category": "staff", "amount": entry["ask"]}
    return {
        "schema": "almoner.application/1",
        "application_id": entry["application_id"],
        "challenge_id": challenge,
        "title": entry["title"],
        "unit": "USD",
        "lead": lead,
        "bundle": [{"party": lead, "role": "lead", "share_bp": 10000}],
        "interventions": [{"id": "work", "title": entry["work"]}],
        "budget": [line | {"covered_by": "ask"}],
        "ask": entry["ask"],
        "minimum": entry["minimum"],
        "disclosures": [{"party": lead, "incentives": "none", "restrictions": "none"}],
    }


def _agree(chapter: Chapter, data: Data) -> None:
    """Sign an agreement, and tell a system of it that does not answer, until the message is given up."""
    code = chapter.code("heating-checks")
    if not chapter.begun:
        work_off(_messenger(chapter, chapter.clock(SIGNED)), turns=1)  # what was before is told to nobody
    chapter.ask("manager", "webhook.create", data["endpoint"], on=SIGNED)
    _propose(chapter, code, data["agreement"], on=SIGNED)
    for name, person in SIGNERS.items():
        _sign(chapter, code, name, person, on=SIGNED)
    chapter.ask("funder", "publication.agreement", on=SIGNED, agreement=code)
    if not chapter.begun:
        first = chapter.clock(SIGNED)()
        for hours in TRIED_HOURS:
            work_off(_messenger(chapter, fixed_clock(first + timedelta(hours=hours))), turns=2)


def _messenger(chapter: Chapter, clock: Clock) -> Worker:
    """Return a worker that seals, and whose messages reach nobody."""
    settings = chapter.settings
    return Worker(
        engine=chapter.engine,
        clock=clock,
        name=f"chapter{chapter.suffix}",
        sealer=Sealer(
            name=settings.seal_name,
            secret=bytes.fromhex(settings.seal_key.get_secret_value()),
            every=timedelta(),
        ),
        post=_unanswered,
        vault=Vault(keys=settings.vault),
        kinds=(),
    )


def _unanswered(_url: str, **_message: object) -> tuple[int, bytes]:
    raise OutboundFailed("Nothing answers at this address.")


def _report(chapter: Chapter, data: Data) -> None:
    """Report the first results under the agreement, with their evidence."""
    code, claim = chapter.code("heating-checks"), data["claim"]
    chapter.ask("hub", "claim.make", claim, on=-3, agreement=code)
    evidence = data["evidence"] | {"sha256": _digest(data["evidence"]["description"])}
    chapter.ask("hub", "evidence.attach", evidence, on=-3, agreement=code, claim=claim["code"])


def _digest(text: str) -> str:
    return digest_of(text.encode())


def _propose(chapter: Chapter, code: str, document: object, *, on: int) -> None:
    drawn_up = {"code": code, "document": document}
    chapter.ask("manager", "agreement.draft", drawn_up, on=on, step=code)
    seen = chapter.tag("manager", "agreement.document", on=on, agreement=code)
    chapter.ask("manager", "agreement.propose", on=on, seen=seen, agreement=code)


def _sign(chapter: Chapter, code: str, name: str, person: str, *, on: int) -> None:
    content = chapter.ask(person, "agreement.bytes", on=on, agreement=code)["content"]
    signed = {"name": name, "signature": chapter.sign(person, content)}
    chapter.ask(person, "agreement.sign", signed, on=on, agreement=code, step=name)


def _ask(chapter: Chapter, data: Data) -> None:
    """Promise money, begin an application, propose an agreement and a payment, and pose an allocation."""
    fund, challenge = data["fund"]["code"], data["open"]["challenge_id"]
    promise = data["pledge"] | {"agreement_sha256": _digest(data["pledge"]["note"])}
    chapter.ask("investor", "pledge.sign", promise, on=-20, fund=fund)
    chapter.ask("hub", "draft.create", data["draft"], on=-2, challenge=challenge)
    code = chapter.code("draught-crews")
    _propose(chapter, code, data["unsigned"], on=ASKED)
    _sign(chapter, code, "institute", "evaluator", on=ASKED)
    chapter.ask("manager", "proposal.make", data["payment"], on=ASKED, fund=fund)
    _allocate(chapter)


def _allocate(chapter: Chapter) -> None:
    """Have the optimizer find again who is funded best by the first challenge, and at other budgets."""
    with Session(chapter.engine) as session:
        problem, _ = pose_problem(session, open_fund(session))
    body = {"label": LABEL, "problem": problem.model_dump(mode="json", by_alias=True), "points": 6}
    job = str(chapter.ask("second-funder", "job.allocate", body, on=ASKED)["id"])
    if chapter.ask("second-funder", "job.read", on=ASKED, job=job)["state"] == "waiting":
        clock, name = chapter.clock(ASKED), f"solver{chapter.suffix}"
        work_off(Worker(engine=chapter.engine, clock=clock, name=name, kinds=("allocation",)), turns=1)
