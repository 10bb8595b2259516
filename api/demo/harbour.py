"""An invented year of the pool: pledges, an earmark, gifts in kind, a challenge, an allocation, an agreement.

Nothing here is real. It shows what a published case cannot show as a whole: hubs that apply as bundles of
actors, an optimizer that knows that some things only work together and that some money is tied to a place,
and one award that becomes an agreement paid by verified results.
"""

from fractions import Fraction
from typing import Any

from ...challenges import acts as challenge_acts
from ...challenges.applications import Application
from ...challenges.awarding import award_by_allocation, pose
from ...challenges.brief import Brief
from ...challenges.ranking import Ranking
from ...challenges.records.awards import list_awards
from ...challenges.records.briefs import StoredChallenge, find_challenge
from ...challenges.records.reads import list_scores
from ...challenges.records.submissions import list_submissions
from ...contracts import acts as contract_acts
from ...contracts.agreement import agreement_of
from ...contracts.claims import digest_of
from ...contracts.terms.document import TermDocument
from ...finance import acts
from ...finance.accounts import UNRESTRICTED, Promise
from ...finance.allocation import (
    AllocationDocument,
    AllocationResult,
    allocate,
    greedy,
    proportional,
    recheck,
)
from ...finance.documents import canonical_bytes
from ...finance.earmarks import Earmark
from ...finance.fees import FeeTerm
from ...finance.funds import PooledFund
from ...finance.in_kind import Valuation, in_kind_unit
from ...finance.ledger import Details
from ...finance.money import decimal_text, money, round_quotient
from ...finance.records import entries, registry
from ...finance.requests import LIBRARY
from ...finance.storage import Session
from .pooled import open_fund
from .settling import ReportedFigure, agree, read_agreement, settle_figure
from .stage import BOOK, Stage, at, enrol, invented, read_bytes, read_data

CHALLENGE = "thriving-harbour"
AGREEMENT = "breakfast-club"
LEAD = "harbour-schools-network"
VERIFIER = "harbour-evaluation-institute"
NORTH = {"region": "north"}
MADE_UP = Details(source=invented())


def fill_pool(stage: Stage) -> None:
    """Take pledges and deposits, one of them earmarked, a fee of 1 % on each, and a gift in kind."""
    data = read_data("thriving_harbour.json")
    clock = at("2026-01-12T09:00")
    with stage.work() as session:
        fund = open_fund(session)
        for code, name in data["parties"].items():
            enrol(session, code, name)
        enrol(session, "pool-secretariat", "Secretariat of the demonstration pool")
        enrol(session, VERIFIER, "Harbour Evaluation Institute")
        earmark = acts.open_earmark(session, BOOK, Earmark.read(canonical_bytes(data["earmark"])))
        for number, giver in enumerate(data["givers"], start=1):
            code = giver["code"]
            enrol(session, code, giver["name"])
            promised, paid = money(giver["pledged"], fund.unit), money(giver["paid"], fund.unit)
            acts.pledge(session, fund, code, promised, key=f"pledge/{code}", clock=clock, details=MADE_UP)
            gift = acts.contribute(
                session,
                fund,
                code,
                paid,
                key=f"gift/{number}",
                clock=clock,
                earmark=earmark.code if giver["earmark"] == earmark.code else UNRESTRICTED,
                from_pledge=True,
                details=MADE_UP,
            )
            agent, fee = "administrative-agent", FeeTerm(num=1, den=100)
            acts.charge_fee(session, fund, agent, gift, fee, key=f"fee/{code}", clock=clock, details=MADE_UP)
        _take_in_kind(session, fund, data["in_kind"])


def _take_in_kind(session: Session, fund: PooledFund, data: dict[str, Any]) -> None:
    clock = at("2026-01-13T09:00")
    quantity = money(data["quantity"], in_kind_unit(data["unit"], data["scale"]))
    gift = acts.offer_in_kind(
        session, fund, data["giver"], quantity, key="in-kind/hours", clock=clock, details=MADE_UP
    )
    valuation = Valuation(
        price=money(data["price"], fund.unit),
        method="market",
        haircut_bp=data["haircut_bp"],
        valued_by=data["valued_by"],
        valued_on=clock().date(),
        evidence_sha256=bytes.fromhex(digest_of(data["evidence"].encode())),
    )
    acts.value(session, fund, gift, valuation, key="in-kind/hours-valued", clock=clock, details=MADE_UP)


def run_challenge(stage: Stage) -> None:
    """Publish the challenge, receive the applications, and let the judges read them."""
    data = read_data("thriving_harbour.json")
    with stage.work() as session:
        fund = open_fund(session)
        brief = Brief.read(read_bytes("thriving_harbour.brief.json"))
        challenge_acts.publish(session, fund, brief, clock=at("2026-01-20T09:00"), use=NORTH)
        for raw in read_data("thriving_harbour.applications.json"):
            application = Application.read(canonical_bytes(raw))
            challenge_acts.submit(session, BOOK, application, clock=at("2026-02-20T09:00"))
        for row in data["scores"]:
            challenge_acts.score(
                session,
                BOOK,
                CHALLENGE,
                row["application"],
                row["judge"],
                row["marks"],
                clock=at("2026-04-01T09:00"),
            )


def pose_problem(session: Session, fund: PooledFund) -> tuple[AllocationDocument, Ranking]:
    """Turn ranking, asks, earmarks and what belongs together into one allocation problem."""
    stored = find_challenge(session, BOOK, CHALLENGE)
    brief = stored.challenge.brief
    ranking = challenge_acts.tally(session, fund, CHALLENGE)
    if not isinstance(ranking, Ranking):
        raise TypeError("the challenge is decided by a panel")
    book_id = registry.find_book_id(session, BOOK)
    covered = entries.find_transaction_by_key(session, book_id, LIBRARY, f"prizes#{CHALLENGE}")
    if covered is None:
        raise AssertionError("a published challenge has its prizes covered")
    funds: list[dict[str, object]] = []
    earmarks: list[dict[str, object]] = []
    for leg in entries.find_transaction(session, book_id, covered.id).legs:
        if leg.account.role == "pool":
            name = leg.account.earmark
            funds.append({"fund_id": name, "budget_minor": leg.amount.minor})
            admits = registry.find_earmark(session, book_id, name).admits
            earmarks += [
                {"fund_id": name, "column": column, "value": value}
                for column, values in admits.items()
                for value in values
            ]
    synergies = read_data("thriving_harbour.json")["synergies"]
    eligible = _eligible(session, stored)
    scale = brief.rubric_of("panel").scale
    problem = pose(
        eligible, ranking, scale, unit=fund.unit, funds=funds, earmarks=earmarks, synergies=synergies
    )
    return problem, ranking


def _eligible(session: Session, stored: StoredChallenge) -> list[Application]:
    submissions = list_submissions(session, stored)
    return [one.application for one in submissions if one.status == "pass"]


def allocate_pool(stage: Stage) -> AllocationResult:
    """Solve the allocation, check it in exact integers, and award it; what is left returns to the pool."""
    with stage.work() as session:
        fund = open_fund(session)
        problem, ranking = pose_problem(session, fund)
        result = allocate(problem)
        recheck(problem, result.allocation)
        stored = find_challenge(session, BOOK, CHALLENGE)
        prize = stored.challenge.brief.prizes[0]
        if prize.kind != "pool":
            raise AssertionError("the prize is one pool")
        eligible = [one.application for one in list_submissions(session, stored) if one.status == "pass"]
        awards = award_by_allocation(prize, result.allocation.lines, eligible, ranking, unit=fund.unit)
        clock = at("2026-04-20T09:00")
        challenge_acts.award(session, fund, CHALLENGE, 0, awards, clock=clock, details=MADE_UP)
        challenge_acts.conclude(session, fund, CHALLENGE, clock=clock)
        made = {one.application_id: one for one in awards}
        for tranche in read_data("thriving_harbour.json")["tranches"]:
            challenge_acts.pay_award(
                session,
                fund,
                CHALLENGE,
                made[tranche["application"]],
                amount=money(tranche["amount"], fund.unit),
                key=tranche["key"],
                clock=at("2026-05-04T09:00"),
                details=MADE_UP,
            )
    return result


def keep_agreement(stage: Stage) -> None:
    """Turn one award into an agreement: sign, claim, evidence, determine, settle."""
    terms = TermDocument.read(read_bytes("breakfast_club.terms.json"))
    parties = {"pool": "pool-secretariat", "network": LEAD, "institute": VERIFIER}
    with stage.work() as session:
        fund = open_fund(session)
    award = Promise("commitment", f"{CHALLENGE}#{AGREEMENT}")
    document = agreement_of(terms, parties, fund.code, NORTH)
    agree(stage, AGREEMENT, document, clock=at("2026-05-05T09:00"), out_of=award)
    for row in read_data("thriving_harbour.json")["results"]:
        figure = ReportedFigure(**row, source=invented())
        clock = at("2027-07-01T09:00")
        settle_figure(stage, AGREEMENT, figure, by=LEAD, verifier=VERIFIER, clock=clock)


def report_challenge(stage: Stage) -> dict[str, object]:
    """Say who applied, who may compete, and how the judges ranked them."""
    with stage.work() as session:
        fund = open_fund(session)
        stored = find_challenge(session, BOOK, CHALLENGE)
        submissions = list_submissions(session, stored)
        scores = list_scores(session, stored, "panel")
        awards = {row.application_id: row for row in list_awards(session, stored.id)}
        ranking = challenge_acts.tally(session, fund, CHALLENGE)
    if not isinstance(ranking, Ranking):
        raise TypeError("the challenge is decided by a panel")
    found = [(one.application.application_id, one.status) for one in submissions]
    titles = {one.application.application_id: one.application for one in submissions}
    return {
        "id": CHALLENGE,
        "title": stored.challenge.brief.title,
        "unit": "USD",
        "label": "invented",
        "applications": len(submissions),
        "eligible": sum(one.status == "pass" for one in submissions),
        "judges": len({row.judge_id for row in scores}),
        "awards": len(awards),
        "findings": [
            {"application": name, "title": titles[name].title, "finding": finding} for name, finding in found
        ],
        "ranking": [
            {
                "application": row.application_id,
                "title": titles[row.application_id].title,
                "rank": row.rank,
                "mean": decimal_of(row.mean, 4),
                "standard_error": None if row.standard_error is None else f"{row.standard_error:.4f}",
                "reads": row.reads,
                "actors": [member.party for member in titles[row.application_id].bundle],
                "ask": titles[row.application_id].ask,
                "award": awards[row.application_id].amount.text if row.application_id in awards else "0.00",
            }
            for row in ranking.standings
        ],
    }


def report_allocation(stage: Stage) -> dict[str, object]:
    """Give objective, bound and gap, what was funded and what binds, beside two simple rules."""
    with stage.work() as session:
        fund = open_fund(session)
        problem, _ = pose_problem(session, fund)
    result = allocate(problem)
    simple = {
        rule.__name__: decimal_of(recheck(problem, rule(problem)), 6) for rule in (greedy, proportional)
    }
    digits = result.scale
    most = zip(
        problem.tickets.texts("intervention_id"), problem.tickets.ints("max_minor").tolist(), strict=True
    )
    asks = {who: problem.amount(minor) for who, minor in most}
    budgets = zip(problem.funds.texts("fund_id"), problem.funds.ints("budget_minor").tolist(), strict=True)
    return {
        "label": "invented",
        "unit": result.unit,
        "status": result.status,
        "objective": decimal_of(result.value, 6),
        "bound": decimal_of(result.bound, 6),
        "gap": decimal_of(result.gap or Fraction(0), 9),
        "funded": list(result.funded),
        "binding": _binding(problem, result),
        "lines": [
            {
                "intervention": row.intervention_id,
                "fund": row.fund_id,
                "amount": decimal_text(row.amount_minor, digits),
            }
            for row in result.allocation.lines
        ],
        "asks": asks,
        "left": {name: decimal_text(minor, digits) for (name, _), minor in result.left.items()},
        "budgets": {name: problem.amount(minor) for name, minor in budgets},
        "simple_rules": simple,
        "complementarity": "reading-club is funded only together with breakfast-club",
    }


def _binding(problem: AllocationDocument, result: AllocationResult) -> list[str]:
    """Return what binds, with the tickets that awards meet exactly."""
    arrays = problem.arrays
    met = [
        f"ticket/{who}/{period}"
        for at, who in enumerate(arrays.intervention_ids)
        for (name, period), minor in result.allocation.awards().items()
        if name == who and minor - int(arrays.fixed[at]) in {int(arrays.low[at]), int(arrays.high[at])}
    ]
    return sorted({*result.binding, *met})


def decimal_of(value: Fraction, digits: int) -> str:
    """Write a fraction with a fixed number of decimals, rounded half to even.

    Parameters
    ----------
    value : Fraction [dimensionless]
        What is written.
    digits : int [digits]
        Decimals written.
    """
    return decimal_text(round_quotient(value.numerator * 10**digits, value.denominator, "half_even"), digits)


def report_agreement(stage: Stage) -> dict[str, object]:
    """Say what the invented agreement may cost, and what each result made due."""
    with stage.work() as session:
        fund = open_fund(session)
        figures = read_agreement(session, AGREEMENT, fund)
    return {
        "id": AGREEMENT,
        "title": figures.title,
        "label": "invented",
        "unit": fund.unit.code,
        "max_liability": figures.maximum.text,
        "paid": figures.paid.text,
        "still_encumbered": figures.left.text,
        "state": figures.state,
        "settlements": [
            {
                "claim": step.claim,
                "clause": row.clause,
                "earned": row.earned.text,
                "due": row.due.text,
                "trace": [f"{one.path}: {one.op} = {one.value}" for one in row.trace],
                "transaction": transaction,
            }
            for step, row, transaction in figures.rows()
        ],
    }


def report_donor(stage: Stage) -> dict[str, object]:
    """Follow one donor's money to the payments it became part of, and one payment back to its givers."""
    giver = read_data("thriving_harbour.json")["givers"][0]
    with stage.work() as session:
        fund = open_fund(session)
        made = acts.donor_statement(session, fund, giver["code"])
        book_id = registry.find_book_id(session, BOOK)
        paid = [
            (f"agreement {AGREEMENT}, clause {one.clause}, claim {one.claim}", transaction, one.amount)
            for one in contract_acts.list_payouts(session, BOOK, AGREEMENT)
            for transaction in one.transactions
        ]
        for tranche in read_data("thriving_harbour.json")["tranches"]:
            known = entries.find_transaction_by_key(session, book_id, LIBRARY, tranche["key"])
            if known is not None:
                about = f"first tranche of the award to {tranche['application']}"
                paid.append((about, known.id, money(tranche["amount"], fund.unit)))
        traced = [
            {
                "payment": about,
                "transaction": str(transaction),
                "amount": amount.text,
                "givers": [
                    {"giver": use.giver, "contribution": use.contribution, "amount": use.amount.text}
                    for use in acts.trace(session, BOOK, transaction)
                ],
            }
            for about, transaction, amount in paid
        ]
    return {
        "giver": made.giver,
        "name": giver["name"],
        "label": "invented",
        "unit": fund.unit.code,
        "pledged": made.pledged.text,
        "deposited": made.deposited.text,
        "used": made.used.text,
        "remaining": made.remaining.text,
        "difference": made.difference.text,
        "uses": [
            {
                "line": use.line,
                "payee": use.payee,
                "on": use.effective_on.isoformat(),
                "amount": use.amount.text,
                "transaction": str(use.transaction),
            }
            for use in made.uses
        ],
        "traced_payments": traced,
    }
