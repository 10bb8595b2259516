"""What happens under the agreement: rows come in, are claimed, found, disputed once, paid, and closed."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from almoner.contracts import acts as contracts
from almoner.contracts.claims import Claim, ClaimedResult
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.disputes import Dispute, Resolution
from almoner.contracts.evaluation import evaluate, finding_of
from almoner.contracts.measurement.datasets import ImportedDataset
from almoner.contracts.measurement.frames import read_rows
from almoner.contracts.settlement import Settlement
from almoner.finance.money import Money
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Session

from .desk import BOOK, PACT, ROW_KEY, at, secret_of
from .rows import COLUMNS, FIRST_WEEK, METRIC, YEARS

COMES_IN = {"2019": "2019-10-14", "2020": "2020-10-12", "2021": "2021-10-11", "2022": "2022-11-14"}
DISPUTED = "2021-first-weeks"
NOBODY = (
    "steady_relationship",
    "university_start",
    "university_year_1",
    "university_year_2",
    "university_done",
)
FOUND_AFTER, DISPUTED_AFTER, RESOLVED_AFTER, SETTLED_AFTER = 7, 14, 35, 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A file on its way from import to payment."""

    code: str
    raw: bytes
    dataset: ImportedDataset
    claim: Claim


def bring_in(session: Session, code: str, raw: bytes) -> Batch:
    """Import a file, claim what it adds up to, and put its digest on record as evidence."""
    clock = at(COMES_IN[code[:4]])
    rows = read_rows(raw, columns=COLUMNS, fixed={"metric": METRIC})
    dataset = contracts.import_rows(session, BOOK, PACT, rows, key=code, secret=ROW_KEY, clock=clock)
    claim = contracts.claim(
        session, BOOK, PACT, dataset.results, "sheffield-futures", key=code, clock=clock, dataset=code
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
        held_by="sheffield-futures",
        clock=clock,
    )
    return Batch(code=code, raw=raw, dataset=dataset, claim=claim)


def count(batch: Batch, *, wrong: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Count each step of a file again from its rows, as a verifier does; some people's rows may be wrong."""
    lines = list(csv.DictReader(io.StringIO(batch.raw.decode())))
    out = set(wrong)
    found = []
    for result in batch.claim.results:
        people = [row["young_person"] for row in lines if row["step"] == dict(result.of)["lines"]]
        table = {"id": np.array(people), "accepted": np.array([one not in out for one in people])}
        found.append(finding_of(evaluate("count", table), METRIC, "claim/0", of=result.of))
    return tuple(found)


def signed(
    claim: Claim, findings: tuple[Finding, ...], evidence: str, *, by: str, day: date, turn: int
) -> Determination:
    """Make a determination and sign its bytes."""
    made = Determination(
        agreement=PACT,
        claim=claim.code,
        claim_sha256=claim.digest(),
        round=turn,
        verifier=by,
        findings=findings,
        evidence_sha256=evidence,
        made_on=day.isoformat(),
    )
    return replace(made, signature=sign_bytes(secret_of(by), made.signing_bytes()))
