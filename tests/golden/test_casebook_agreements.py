"""Every published deal lives as an agreement: signed, found, settled; the ledger pays what the terms say."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain

import pytest

from almoner import Money
from almoner.contracts import acts
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.casebook import list_deals, read_results, read_terms
from almoner.contracts.claims import ClaimedResult, digest_of
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.observing import read_case
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.results import Case
from almoner.finance import acts as finance
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import TermError
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine, Session, open_engine
from almoner.finance.units import Unit

EVIDENCE = b"published results"
UNPAYABLE = "peterborough-sib"  # the price per avoided event was never published
CASES = [(deal, case.id) for deal in list_deals() if deal != UNPAYABLE for case in read_results(deal).cases]
FEW = CASES[::9]


def secret_of(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


@pytest.fixture(scope="module")
def sqlite_engine(make_database: Callable[[str], str]) -> Iterator[Engine]:
    opened = open_engine(make_database("sqlite"))
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def postgres_engine(make_database: Callable[[str], str]) -> Iterator[Engine]:
    opened = open_engine(make_database("postgresql"))
    yield opened
    opened.dispose()


def payers_of(program: Program) -> dict[str, Unit]:
    """Parties that can have to pay, with the unit of their first clause."""
    units: dict[str, Unit] = {}
    for clause in program.clauses:
        if clause.basis == "note":
            continue
        unit = Unit(code=clause.unit.unit, kind="currency", scale=clause.unit.digits)
        ends = (
            [leg.party for leg in program.splits[clause.payer].legs]
            if clause.payer in program.splits
            else program.sets.get(clause.payer, (clause.payer,))
        )
        for name in ends:
            units.setdefault(name, unit)
    pots = {account.id for account in program.accounts if account.pot}
    return {name: unit for name, unit in units.items() if name not in pots}


def fund_name(unit: Unit) -> str:
    return f"fund-{unit.code.lower()}"


def open_everything(
    session: Session, deal: str, program: Program, case: Case, now: datetime
) -> AgreementDocument:
    """Register the parties of a deal, give each payer's fund exactly what it may have to pay."""
    clock = fixed_clock(now)
    terms = read_terms(deal)
    payers = payers_of(program)
    most = prove(program).payers
    first = next(iter(payers.values()), Unit(code="USD", kind="currency", scale=2))
    finance.open_book(session, "main", first)
    named = chain.from_iterable(row.of.values() for row in case.results)
    members = {*chain.from_iterable(program.sets.values()), *named}
    for code in {*terms.parties, *members, "iso", "arbiter", "giver"}:
        finance.register_party(
            session, "main", Party(code=code, name=code, public_key=public_key(secret_of(code)))
        )
    needed: Counter[Unit] = Counter()
    for name, unit in payers.items():
        needed[unit] += most.get((name, unit.code), 0)
    for unit, amount in needed.items():
        fund = finance.open_fund(session, "main", fund_name(unit), unit, title=unit.code)
        if amount:
            given = Money(minor=amount, unit=unit)
            finance.contribute(session, fund, "giver", given, key=f"gift-{unit.code}", clock=clock)
    verifiers = (
        {} if {"evaluator", "validator"} & {x.role for x in terms.parties.values()} else {"iso": "iso"}
    )
    return AgreementDocument.read(
        json.dumps(
            {
                "schema": "almoner.agreement/1",
                "terms": json.loads(terms.canonical_bytes()),
                "parties": {name: name for name in terms.parties},
                "verifiers": verifiers,
                "resolver": "arbiter",
                "funding": [{"payer": name, "fund": fund_name(unit)} for name, unit in payers.items()],
            }
        )
    )


def claimed(program: Program, case: Case) -> list[tuple[ClaimedResult, ...]]:
    """The rows of a case in the order of their days; several values of one thing come in several claims."""
    claims: list[list[ClaimedResult]] = []
    for row in sorted(case.results, key=lambda row: row.on or ""):
        result = ClaimedResult(
            metric=row.metric,
            period=row.period if program.metrics[row.metric].by_period else "term",
            of=tuple(sorted(row.of.items())),
            value=row.value,
            on=row.on or "",
        )
        by = program.metrics[row.metric].by
        for claim in claims:
            stated = program.metrics[claim[0].metric].by
            if by == stated and all(one.place != result.place for one in claim):
                claim.append(result)
                break
        else:
            claims.append([result])
    return [tuple(claim) for claim in claims]


def settle_case(session: Session, deal: str, case: Case) -> tuple[Program, date]:
    """Carry a deal from signing to payout on the results of one case."""
    program = compile_terms(read_terms(deal))
    signed_on = datetime.combine(program.starts_on, time(9), tzinfo=UTC)
    day = date.fromisoformat(case.as_of) if case.as_of else program.ends_on + timedelta(days=21_000)
    later = fixed_clock(datetime.combine(day, time(9), tzinfo=UTC))
    document = open_everything(session, deal, program, case, signed_on)
    agreement = acts.draw_up(session, "main", deal, document, clock=fixed_clock(signed_on))
    content = agreement.signing_bytes()
    signatures = {name: sign_bytes(secret_of(code), content) for name, code in document.signatories.items()}
    acts.sign(session, "main", deal, signatures, clock=fixed_clock(signed_on))
    for number, results in enumerate(claimed(program, case)):
        key = f"{case.id}-{number}"
        by = program.metrics[results[0].metric].by or next(
            name for name in document.parties if name not in document.verifying
        )
        claim = acts.claim(session, "main", deal, results, document.parties[by], key=key, clock=later)
        acts.attach(
            session, "main", deal, key, EVIDENCE, method="published", description="results", clock=later
        )
        verifier = next(iter(document.verifying.values()))
        found = Determination(
            agreement=deal,
            claim=key,
            claim_sha256=claim.digest(),
            verifier=verifier,
            findings=tuple(Finding(result=row, method="as published") for row in claim.results),
            evidence_sha256=digest_of(EVIDENCE),
            made_on=day.isoformat(),
        )
        signature = sign_bytes(secret_of(verifier), found.signing_bytes())
        acts.determine(session, "main", replace(found, signature=signature), clock=later)
    acts.settle(session, "main", deal, clock=later)
    return program, day


def compare(session: Session, deal: str, case: Case) -> None:
    program, day = settle_case(session, deal, case)
    order: dict[str, dict[str, None]] = {}
    for results in claimed(program, case):
        for row in sorted(results):
            for dim, member in row.of:
                order.setdefault(dim, {})[member] = None
    members = {dim: tuple(found) for dim, found in order.items() if not program.sets[dim]}
    outturn = pay(program, read_case(program, case), as_of=day, members=members)
    told: Counter[tuple[str, str, str]] = Counter()
    for (clause, payer, payee, _), amount in outturn.flows.items():
        if not clause.startswith("residual:"):
            told[clause, payer, payee] += int(str(amount))
    paid: Counter[tuple[str, str, str]] = Counter()
    for one in acts.list_payouts(session, "main", deal):
        if not one.clause.startswith(("opens:", "residual:")):
            sign = 1 if one.direction == "out" else -1
            paid[one.clause, one.payer, one.payee] += sign * one.amount.minor
            assert one.status in {"paid", "owed", "outside"}
    assert {key: amount for key, amount in paid.items() if amount} == {
        key: amount for key, amount in told.items() if amount
    }
    assert acts.replay(session, "main", deal).differences == ()
    assert finance.verify(session, "main").findings == ()


def case_of(deal: str, name: str) -> Case:
    return next(one for one in read_results(deal).cases if one.id == name)


@pytest.mark.parametrize(("deal", "name"), CASES)
def test_a_published_case_is_paid_through_its_agreement_on_sqlite(
    sqlite_engine: Engine, deal: str, name: str
) -> None:
    with Session(sqlite_engine) as session:
        compare(session, deal, case_of(deal, name))


@pytest.mark.parametrize(("deal", "name"), FEW)
def test_a_published_case_is_paid_through_its_agreement_on_postgresql(
    postgres_engine: Engine, deal: str, name: str
) -> None:
    with Session(postgres_engine) as session:
        compare(session, deal, case_of(deal, name))


def test_a_deal_whose_price_is_unknown_is_not_drawn_up(sqlite_engine: Engine) -> None:
    case = read_results(UNPAYABLE).cases[0]
    with Session(sqlite_engine) as session, pytest.raises(TermError, match="can never pay anything"):
        settle_case(session, UNPAYABLE, case)
