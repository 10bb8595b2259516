"""Invented applicants and judges: what each application is truly worth is drawn first, and nobody is told."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from almoner import currency, money
from almoner.challenges import Application, Brief, Rubric, acts
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.storage import Session

BOOK = "main"
CAUSES = ("wells", "wards", "schools", "harbours", "forests", "roofs", "clinics", "kitchens")
PLACES = ("north", "coast", "delta", "hills", "plains", "islands")


def at(text: str) -> Clock:
    """Tell one instant whenever it is asked."""
    return fixed_clock(datetime.fromisoformat(f"{text}+00:00"))


@dataclass
class World:
    """What the applications are worth, and how hard each judge is."""

    dice: Random
    worth: dict[str, float] = field(default_factory=dict)
    severity: dict[str, float] = field(default_factory=dict)
    favour: dict[tuple[str, str], float] = field(default_factory=dict)

    def register(self, session: Session, *codes: str) -> None:
        """Make parties known in the book."""
        for code in codes:
            finance.register_party(session, BOOK, Party(code=code, name=code.replace("-", " ").title()))

    def found(self, session: Session, brief: Brief, given: str) -> PooledFund:
        """Open the book and the fund of a challenge, and have the founder give to it."""
        usd = currency("USD")
        finance.open_book(session, BOOK, usd)
        fund = finance.open_fund(session, BOOK, brief.fund, usd, title=brief.title)
        self.register(session, "founder")
        clock = fixed_clock(brief.opens(brief.phases[0].id) - timedelta(days=7))
        finance.contribute(session, fund, "founder", money(given, usd), key="endowment", clock=clock)
        acts.publish(session, fund, brief, clock=clock)
        return fund

    def enter(self, session: Session, entries: Sequence[Application], *, clock: Clock) -> None:
        """Register the parties of applications and submit each."""
        for entry in entries:
            self.register(session, *(member.party for member in entry.bundle))
            acts.submit(session, BOOK, entry, clock=clock)

    def entries(self, count: int, challenge: str, ask: str = "0", *, minimum: str = "0") -> list[Application]:
        """Write applications, each of a lead and a partner of its own."""
        made = []
        for n in range(count):
            lead, partner = f"{CAUSES[n % 8]}-{PLACES[n % 6]}-{n + 1}", f"partner-{n + 1}"
            code = f"a-{n + 1:02d}"
            self.worth[code] = self.dice.gauss(2.6, 0.7)
            made.append(Application.read(json.dumps(content(code, challenge, lead, partner, ask, minimum))))
        return made

    def marks(self, rubric: Rubric, application: str, judge: str) -> dict[str, str | None]:
        """Say how a judge finds an application: worth, habit of severity, and chance, on the scale."""
        habit = self.severity.setdefault(judge, self.dice.gauss(0, 0.5))
        lo, hi = float(rubric.scale.lo), float(rubric.scale.hi)
        habit += self.favour.get((application, judge), 0.0)
        felt = (self.worth[application] + habit + self.dice.gauss(0, 0.5) for _ in rubric.traits)
        return {
            trait.id: f"{min(hi, max(lo, round(one, 1))):.1f}"
            for trait, one in zip(rubric.traits, felt, strict=True)
        }

    def true_rank(self, application: str, among: Sequence[str]) -> int:
        """Return the place that an application should have."""
        return sorted(among, key=lambda name: -self.worth[name]).index(application) + 1


def content(code: str, challenge: str, lead: str, partner: str, ask: str, minimum: str) -> dict[str, object]:
    """Write the document of one application."""
    cost = {"actor": lead, "intervention": "work", "category": "delivery", "amount": ask, "covered_by": "ask"}
    return {
        "schema": "almoner.application/1",
        "application_id": code,
        "challenge_id": challenge,
        "title": f"{lead.partition('-')[0].title()} that last",
        "unit": "USD",
        "lead": lead,
        "bundle": [
            {"party": lead, "role": "lead", "share_bp": 7000},
            {"party": partner, "role": "delivery", "share_bp": 3000},
        ],
        "interventions": [{"id": "work", "title": f"{lead.partition('-')[0].title()} on the ground"}],
        "budget": [] if ask == "0" else [cost],
        "ask": ask,
        "minimum": minimum,
        "facts": {"lead.registered_since_days": 900, "lead.kind": "ngo"},
        "disclosures": [
            {"party": party, "incentives": "none", "restrictions": "none"} for party in (lead, partner)
        ],
    }
