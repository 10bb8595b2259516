"""Hubs that deliver under agreements, a lab that counts, and what they promised in public; all invented."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from challenge.world import BOOK, at

from almoner.challenges import Application, acts
from almoner.challenges.register import PublicCommitment
from almoner.contracts import acts as contracts
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.claims import ClaimedResult, digest_of
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.records import agreements
from almoner.finance import acts as finance
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Session

TERMS = json.loads((Path(__file__).parent / "water.json").read_bytes())
READINGS = b"meter readings of the schools"
LAB, COUNTY = "count-lab", "hill-county"
RESULTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "river-hub": (("2028-01-31", "292"), ("2028-05-31", "301"), ("2028-09-30", "297"), ("2029-01-31", "304")),
    "coast-hub": (("2028-01-31", "280"), ("2028-05-31", "262"), ("2028-09-30", "271"), ("2029-01-31", "275")),
    "delta-hub": (("2028-05-31", "262"), ("2029-01-31", "240")),
    "plain-hub": (("2029-01-31", "311"),),
}
NEW = "island-hub"


def secret_of(code: str) -> bytes:
    """Return the secret key of a party; in life each keeps its own."""
    return hashlib.sha256(code.encode()).digest()


@dataclass(frozen=True)
class Hubs:
    """The hubs of one challenge."""

    session: Session
    challenge: str

    def register(self) -> None:
        """Make hubs, their partners, the county and the lab known, each with its public key."""
        for code in (*RESULTS, NEW, COUNTY, LAB, "well-guild"):
            party = Party(
                code=code, name=code.replace("-", " ").title(), public_key=public_key(secret_of(code))
            )
            finance.register_party(self.session, BOOK, party)

    def enter(self) -> dict[str, str]:
        """Submit the application of every hub, with the guild of well builders as partner of three."""
        made = {}
        for n, hub in enumerate((*RESULTS, NEW), start=1):
            parties = {hub: 10_000} if n % 2 == 0 else {hub: 8000, "well-guild": 2000}
            content = {
                "schema": "almoner.application/1",
                "application_id": f"a-{n}",
                "challenge_id": self.challenge,
                "title": f"Safe water by {hub}",
                "unit": "USD",
                "lead": hub,
                "bundle": [
                    {"party": party, "role": "lead" if party == hub else "builder", "share_bp": share}
                    for party, share in parties.items()
                ],
                "interventions": [{"id": "meters", "title": "Pumps with meters"}],
                "facts": {"lead.registered_since_days": 900},
                "disclosures": [
                    {"party": party, "incentives": "none", "restrictions": "none"} for party in parties
                ],
            }
            entry = Application.read(json.dumps(content))
            acts.submit(self.session, BOOK, entry, clock=at("2027-02-10T12:00"))
            made[f"a-{n}"] = hub
        return made

    def agree(self, hub: str) -> None:
        """Have the county, a hub and the lab sign over what a day with safe water is worth."""
        clock = at("2027-05-01T12:00")
        content = {
            "schema": "almoner.agreement/1",
            "terms": {**TERMS, "title": f"Safe water by {hub}"},
            "parties": {"county": COUNTY, "hub": hub, "lab": LAB},
            "funding": [],
        }
        contracts.draw_up(self.session, BOOK, hub, AgreementDocument.read(json.dumps(content)), clock=clock)
        drawn = agreements.find_agreement(self.session, BOOK, hub).agreement
        signed = {
            name: sign_bytes(secret_of(code), drawn.signing_bytes())
            for name, code in drawn.document.signatories.items()
        }
        contracts.sign(self.session, BOOK, hub, signed, clock=clock)

    def find(self, hub: str, key: str, day: str, value: str) -> None:
        """Have a hub claim days of safe water, and the lab determine them with their standard error."""
        clock = at(f"{day}T12:00")
        claimed = ClaimedResult(metric="safe_water_days", value=value, on=day)
        made = contracts.claim(self.session, BOOK, hub, [claimed], hub, key=key, clock=clock)
        contracts.attach(
            self.session, BOOK, hub, key, READINGS, method="meters", description="readings", clock=clock
        )
        finding = Finding(result=made.results[0], method="meters", standard_error="9", estimate=value)
        found = Determination(
            agreement=hub,
            claim=made.code,
            claim_sha256=made.digest(),
            verifier=LAB,
            findings=(finding,),
            evidence_sha256=digest_of(READINGS),
            made_on=day,
        )
        signed = replace(found, signature=sign_bytes(secret_of(LAB), found.signing_bytes()))
        contracts.determine(self.session, BOOK, signed, clock=clock)

    def deliver(self) -> None:
        """Have every hub with results agree, deliver and be counted."""
        for hub, results in RESULTS.items():
            self.agree(hub)
            for n, (day, value) in enumerate(results):
                self.find(hub, f"c{n}", day, value)

    def promise(self, party: str, code: str, title: str, by: str, promise: Mapping[str, str]) -> None:
        """Put on record what a party promised at the opening."""
        content = {
            "schema": "almoner.commitment/1",
            "code": code,
            "party": party,
            "title": title,
            "promise": promise,
            "made_on": "2027-01-11",
            "by": by,
            "source": "speech at the opening",
        }
        made = PublicCommitment.read(json.dumps(content))
        acts.commit_publicly(self.session, BOOK, made, clock=at("2027-01-12T12:00"))
