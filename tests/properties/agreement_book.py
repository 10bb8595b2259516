"""A book with funds, givers and parties that sign, for random agreements; documents, and rows counted."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from almoner import Money, currency
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.claims import ClaimedResult
from almoner.contracts.settlement import Settlement
from almoner.contracts.terms.amendment import Amendment
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.finance import acts as finance
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key
from almoner.finance.storage import Session

from .agreement_arithmetic import Result
from .agreement_rows import Rules
from .agreement_shapes import Shape, raised

USD = currency("USD")
BEGIN = date(2026, 1, 15)
PARTIES = {
    "city": "harbour-city",
    "land": "land-office",
    "home": "night-shelter",
    "clinic": "quay-clinic",
    "lab": "count-lab",
}
VERIFIERS = {"second": "second-lab", "third": "third-lab"}
RESOLVER = "arbiter"
LABS = ("count-lab", "second-lab", "third-lab")
STAFF = ("desk-one", "desk-two")
GIVERS = ("north-giver", "south-giver")
SHORT = ("OverdrawnCommitment", "InsufficientFunds", "Underfunded", "MoneyFrozen")
FUNDS = {"shelter": 700_000, "harbour": 400_000}


def secret_of(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def clock_of(day: date) -> Clock:
    return fixed_clock(datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC))


def document_of(shape: Shape, rules: Rules) -> AgreementDocument:
    verification: dict[str, object] = {
        "quorum": rules.quorum,
        "pays": "provisional" if rules.provisional else "final",
    }
    for name in ("claim_days", "valid_days"):
        if getattr(rules, name) is not None:
            verification[name] = getattr(rules, name)
    return AgreementDocument.read(
        json.dumps(
            {
                "schema": "almoner.agreement/1",
                "terms": shape.terms,
                "parties": PARTIES,
                "verifiers": VERIFIERS,
                "resolver": RESOLVER,
                "funding": [{"payer": payer, "fund": fund} for payer, fund in shape.funded.items()],
                "verification": verification,
                "disputes": {"days": rules.dispute_days, "late_days": rules.late_days},
            }
        )
    )


def open_book(session: Session, funds: Mapping[str, int] = FUNDS) -> dict[str, PooledFund]:
    finance.open_book(session, "main", USD)
    for code in (*PARTIES.values(), *VERIFIERS.values(), RESOLVER, *STAFF, *GIVERS, "stranger"):
        finance.register_party(
            session, "main", Party(code=code, name=code.title(), public_key=public_key(secret_of(code)))
        )
    opened = {}
    for code, minor in funds.items():
        opened[code] = finance.open_fund(session, "main", code, USD, title=code.title())
        for giver, part in zip(GIVERS, (minor // 3, minor - minor // 3), strict=True):
            amount = Money(minor=part, unit=USD)
            finance.contribute(
                session, opened[code], giver, amount, key=f"{code}#{giver}", clock=clock_of(BEGIN)
            )
    return opened


def results_of(shape: Shape, rows: tuple[Result, ...]) -> tuple[ClaimedResult, ...]:
    return tuple(
        ClaimedResult(
            metric=metric,
            period=period,
            of=tuple((shape.set_name, member) for member in members),
            value=str(value),
        )
        for metric, period, members, value in rows
    )


def evidence_of(code: str) -> bytes:
    return f"the register behind {code}".encode()


def counts(session: Session) -> dict[str, int]:
    """Rows of every table."""
    connection = session.connection()
    names = sorted(connection.dialect.get_table_names(connection))
    query = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)  # noqa: S608  # our tables
    return {name: int(size) for name, size in connection.execute(text(query)).all()}


def comparable(answer: object) -> object:
    """Of several settlements of one claim, the newest; anything else as it is."""
    if isinstance(answer, tuple) and answer and isinstance(answer[-1], Settlement):
        return answer[-1]
    return answer


def diff(shown: Mapping[Any, Any], expected: Mapping[Any, Any]) -> str:
    rows = [
        f"{name}: {shown.get(name)} shown, {expected.get(name)} by the model"
        for name in sorted({*shown, *expected}, key=str)
        if shown.get(name) != expected.get(name)
    ]
    return "\n".join(rows)


def maxima_of(shape: Shape) -> dict[str, int]:
    """The proven bound by payer with a fund; a pot needs nothing of its own."""
    payers = prove(compile_terms(shape.document)).payers
    return {payer: payers[payer, "USD"] for payer in shape.funded} | dict.fromkeys(shape.pots, 0)


def amendment_of(shape: Shape, at: int, most: int) -> tuple[Amendment, Shape]:
    after = raised(shape, at, most)
    content = {
        "schema": "almoner.amendment/1",
        "of": shape.document.digest(),
        "effective_on": "2026-01-01",
        "retroactive": True,
        "reason": "another maximum",
        "changes": [
            {"op": "replace", "path": f"/limits/{at}/max", "value": after.terms["limits"][at]["max"]}
        ],
    }
    return Amendment.read(json.dumps(content)), after


def policy_of(minor: int) -> ApprovalPolicy:
    since = clock_of(BEGIN)()
    return ApprovalPolicy(kind="payout", least=Money(minor=minor, unit=USD), quorum=1, since=since)


def cents(text_of: str) -> int:
    return int(text_of.replace(".", ""))
