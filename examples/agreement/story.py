"""What happens under the agreement: rows come in, are claimed, found, disputed once, paid, and closed."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from almoner.contracts import acts as contracts
from almoner.contracts.claims import Claim, ClaimedResult, digest_of
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.disputes import Dispute, Resolution
from almoner.contracts.evaluation import evaluate, finding_of
from almoner.contracts.measurement.datasets import ImportedDataset
from almoner.contracts.measurement.frames import read_rows
from almoner.contracts.settlement import Settlement
from almoner.finance.dates import Clock
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Session

from .desk import BOOK, PACT, ROW_KEY, at, secret_of
from .rows import COLUMNS, METRIC, PEOPLE

PROVIDER = "sheffield-futures"
COMES_IN = {"2019": "2019-10-14", "2020": "2020-10-12", "2021": "2021-10-11", "2022": "2022-11-14"}
NO_STEP = "none of the five"
DISPUTED = "2021-first-weeks"
NOBODY = (
    "steady_relationship",
    "university_start",
    "university_year_1",
    "university_year_2",
    "university_done",
)
FOUND_AFTER, DISPUTED_AFTER, SETTLED_AFTER, RESOLVED_AFTER = 7, 14, 38, 45


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A file on its way from import to payment."""

    code: str
    year: str
    raw: bytes
    claim: Claim
    dataset: ImportedDataset | None = None


def bring_in(session: Session, code: str, raw: bytes) -> Batch:
    """Import a file, claim what it adds up to, and put its digest on record as evidence."""
    year = code[:4]
    clock = at(COMES_IN[year])
    rows = read_rows(raw, columns=COLUMNS, fixed={"metric": METRIC})
    dataset = contracts.import_rows(session, BOOK, PACT, rows, key=code, secret=ROW_KEY, clock=clock)
    claim = contracts.claim(
        session, BOOK, PACT, dataset.results, PROVIDER, key=code, clock=clock, dataset=code
    )
    contracts.attach(
        session,
        BOOK,
        PACT,
        code,
        raw,
        method="case records" if code.endswith("steps") else "attendance sheets of host employers",
        description=f"rows of {code}",
        media_type="text/csv",
        held_by=PROVIDER,
        clock=clock,
    )
    return Batch(code=code, year=year, raw=raw, claim=claim, dataset=dataset)


def count(batch: Batch, *, wrong: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Count each step of a file again from its rows, as a verifier does; some people's rows may be wrong."""
    lines = [(row["young_person"], row["step"]) for row in csv.DictReader(io.StringIO(batch.raw.decode()))]
    out = set(wrong)
    found = []
    for result in batch.claim.results:
        step = dict(result.of)["lines"]
        people = [person for person, said in lines if said in {step, NO_STEP}]
        accepted = [said == step and person not in out for person, said in lines if said in {step, NO_STEP}]
        table = {"id": np.array(people), "accepted": np.array(accepted)}
        found.append(finding_of(evaluate("count", table), METRIC, "claim/0", of=result.of))
    return tuple(found)


def signed(
    batch: Batch, findings: tuple[Finding, ...], *, by: str, clock: Clock, turn: int = 1
) -> Determination:
    """Make a determination and sign its bytes."""
    made = Determination(
        agreement=PACT,
        claim=batch.code,
        claim_sha256=batch.claim.digest(),
        round=turn,
        verifier=by,
        findings=findings,
        evidence_sha256=digest_of(batch.raw),
        made_on=clock().date().isoformat(),
    )
    return replace(made, signature=sign_bytes(secret_of(by), made.signing_bytes()))


def claim_nobody(session: Session) -> Batch:
    """Claim that nobody reached five of the steps: a zero is a result as well."""
    results = [ClaimedResult(metric=METRIC, of=(("lines", step),), value="0") for step in NOBODY]
    code, clock = "nobody", at(COMES_IN["2022"])
    raw = "\n".join(["young_person,step", *(f"{person},{NO_STEP}" for person in PEOPLE), ""]).encode()
    claim = contracts.claim(session, BOOK, PACT, results, PROVIDER, key=code, clock=clock)
    contracts.attach(
        session,
        BOOK,
        PACT,
        code,
        raw,
        method="register",
        description="the whole register: nobody reached these five",
        media_type="text/csv",
        clock=clock,
    )
    return Batch(code=code, year="2022", raw=raw, claim=claim)


def find(session: Session, batch: Batch) -> None:
    """Let the auditor count, and sign what it found; once, for a dispute uses a finding up."""
    clock = at(COMES_IN[batch.year], after=FOUND_AFTER)
    if contracts.claim_status(session, BOOK, PACT, batch.code, clock=clock).state == "claimed":
        made = signed(batch, count(batch), by="count-audit", clock=clock)
        contracts.determine(session, BOOK, made, clock=clock)


def question(session: Session, batch: Batch) -> Dispute:
    """Let the ministry dispute a finding within its window."""
    return contracts.dispute(
        session,
        BOOK,
        PACT,
        batch.code,
        by="ministry",
        grounds="data_error",
        statement="One placement ended within its first week; the host's attendance sheet says so.",
        evidence_sha256=digest_of(b"attendance sheet of the host employer"),
        key="first-week",
        clock=at(COMES_IN[batch.year], after=DISPUTED_AFTER),
    )


def decide(session: Session, batch: Batch, wrong: str) -> Dispute:
    """Let a second verifier count without the row that is wrong, and the panel put that in its place."""
    clock = at(COMES_IN[batch.year], after=RESOLVED_AFTER)
    made = signed(batch, count(batch, wrong=[wrong]), by="second-look", clock=clock, turn=2)
    ruling = Resolution(
        agreement=PACT,
        dispute="first-week",
        outcome="partly",
        resolver="outcome-panel",
        reason="The host's sheet shows three days; the other weeks are attested.",
        determination_sha256=made.digest(),
    )
    ruling = replace(ruling, signature=sign_bytes(secret_of("outcome-panel"), ruling.signing_bytes()))
    return contracts.resolve(session, BOOK, PACT, ruling, made, clock=clock)


def pay(session: Session, batch: Batch) -> Settlement:
    """Pay what is final of a file; asked again, it gives the same answer."""
    clock = at(COMES_IN[batch.year], after=SETTLED_AFTER)
    return contracts.settle(session, BOOK, PACT, batch.code, clock=clock)[-1]


def finish(session: Session) -> None:
    """Say that no more results come, and close."""
    contracts.measure(session, BOOK, PACT, by="ministry", clock=at("2023-01-09"))
    contracts.close(session, BOOK, PACT, clock=at("2023-01-10"))
