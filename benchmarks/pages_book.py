"""Two books for ``benchmarks.pages``: the demonstration, and the same with very much more in it.

What is added stands in the demonstration's own fund and challenge, so that the same pages at the same
addresses show both. All of it goes through the acts of the library: every row has its event and its balances.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from almoner import money
from almoner.api.demo.guests import demo_settings, invite
from almoner.api.demo.harbour import AGREEMENT, LEAD, NORTH, VERIFIER
from almoner.api.demo.pooled import FUND, open_fund
from almoner.api.demo.settling import ReportedFigure, agree, settle_figure
from almoner.api.demo.stage import BOOK, Stage, at, enrol, invented, read_bytes, read_data
from almoner.api.demo.story import run_demo
from almoner.api.demo.warm_homes import play_chapter
from almoner.api.pages import Guest
from almoner.challenges import acts as challenge_acts
from almoner.challenges.applications import Application
from almoner.contracts.agreement import agreement_of
from almoner.contracts.terms.document import TermDocument
from almoner.finance import acts
from almoner.finance.accounts import cash, pool
from almoner.finance.dates import Clock
from almoner.finance.earmarks import Earmark
from almoner.finance.ledger import Draft, Leg
from almoner.finance.money import Money
from almoner.finance.posting import post_many
from almoner.finance.storage import Engine
from almoner.finance.units import currency

USD = currency("USD")
LOOKED: Clock = at("2027-09-01T09:00")
NOON: Clock = at("2026-06-01T12:00")
APPLIED: Clock = at("2026-02-21T12:00")
SIGNED: Clock = at("2026-05-06T12:00")
PARTS = ("east", "west", "centre", "coast")
LEGS = 2 * len(PARTS)  # of one payment: each part leaves its pool and the fund's cash
HUBS = 200
OURS = 50  # every so manieth is of the hub that looks
BATCH = 1000
SETTLED = 4  # every so manieth agreement has a result that was paid
EACH = "20000.00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is in a book beside the demonstration.

    Attributes
    ----------
    applications, agreements, postings : int [rows]
        How many are added.
    """

    applications: int = 0
    agreements: int = 0
    postings: int = 0


def furnish(engine: Engine, size: Size, notify: Callable[[str], None]) -> tuple[Guest, ...]:
    """Play the demonstration, add what the size says, publish it, and return who looks.

    Parameters
    ----------
    engine : Engine
        An empty database.
    size : Size
        What is added.
    notify : Callable
        Hears how far it is.
    """
    run_demo(engine, lambda _: None)
    invite(engine, NOON)
    play_chapter(engine, demo_settings(str(engine.url), 0), LOOKED)
    stage = Stage(engine=engine, notify=notify)
    for what, add in (("applications", _apply), ("agreements", _agree), ("postings", _post)):
        if count := getattr(size, what):
            notify(f"{count} {what}")
            add(stage, count)
    return invite(engine, NOON)


def _hub(number: int) -> str:
    return f"hub-{number % HUBS}"


def _enrol_hubs(stage: Stage, count: int) -> None:
    with stage.work() as session:
        for number in range(min(HUBS, count)):
            enrol(session, _hub(number), f"Hub {number}")


def applications(count: int) -> Iterator[Application]:
    """Yield applications of many hubs; every fiftieth is of the hub that looks, every fifth is too young.

    Parameters
    ----------
    count : int [applications]
        How many.
    """
    raw = next(one for one in read_data("thriving_harbour.applications.json") if len(one["bundle"]) == 1)
    text = json.dumps(raw)
    for number in range(count):
        lead = LEAD if number % OURS == 0 else _hub(number)
        content = json.loads(text.replace(json.dumps(raw["lead"]), json.dumps(lead)))
        content |= {"application_id": f"entry-{number}", "title": f"Entry {number}"}
        content["facts"]["lead.registered_since_days"] = 100 if number % 5 == 0 else 2000
        yield Application.read(json.dumps(content))


def _apply(stage: Stage, count: int) -> None:
    _enrol_hubs(stage, count)
    waiting = applications(count)
    for _ in range(0, count, BATCH):
        with stage.work() as session:
            for one in islice(waiting, BATCH):
                challenge_acts.submit(session, BOOK, one, clock=APPLIED)


def _agree(stage: Stage, count: int) -> None:
    _enrol_hubs(stage, count)
    with stage.work() as session:
        fund = open_fund(session)
        gift = Money(minor=count * money(EACH, USD).minor * 2, unit=USD)
        acts.contribute(session, fund, "bank", gift, key="bulk/agreements", clock=NOON)
    content = json.loads(read_bytes("breakfast_club.terms.json"))
    content["limits"] = [one | {"max": EACH} for one in content["limits"]]
    terms = TermDocument.read(json.dumps(content))
    for number in range(count):
        code, hub = f"{AGREEMENT}-{number}", LEAD if number % OURS == 0 else _hub(number)
        parties = {"pool": "pool-secretariat", "network": hub, "institute": VERIFIER}
        agree(stage, code, agreement_of(terms, parties, fund.code, NORTH), clock=SIGNED)
        if number % SETTLED == 0:
            row = read_data("thriving_harbour.json")["results"][0] | {"value": "100"}
            figure = ReportedFigure(**row, source=invented())
            settle_figure(stage, code, figure, by=hub, verifier=VERIFIER, clock=at("2027-07-01T09:00"))


def _post(stage: Stage, count: int) -> None:
    dice = random.Random(count)  # noqa: S311  # a workload, no secret
    with stage.work() as session:
        fund = open_fund(session)
        for part in PARTS:
            acts.open_earmark(session, BOOK, Earmark(code=part, title=part, admits={"place": (part,)}))
            gift = Money(minor=count * 50_000, unit=USD)
            acts.contribute(session, fund, "bank", gift, key=f"bulk/{part}", clock=NOON, earmark=part)
        for number in range(HUBS):
            enrol(session, f"payee-{number}", f"Payee {number}")
    for begin in range(0, count // LEGS, BATCH):
        numbers = range(begin, min(begin + BATCH, count // LEGS))
        drafts = [(f"bulk-{number}", _payment(dice)) for number in numbers]
        with stage.work() as session:
            post_many(session, BOOK, drafts, clock=NOON)


def _payment(dice: random.Random) -> Draft:
    legs: list[Leg] = []
    for part in PARTS:
        amount = Money(minor=dice.randint(100, 50_000), unit=USD)
        legs.append(Leg(account=pool(FUND, USD, part), side=1, amount=amount, line="transfer"))
        legs.append(Leg(account=cash(FUND, USD), side=-1, amount=amount, line="transfer"))
    on = NOON().date() - timedelta(days=dice.randint(0, 120))
    return Draft(kind="transfer", effective_on=on, legs=tuple(legs), payee=f"payee-{dice.randrange(HUBS)}")
