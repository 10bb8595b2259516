"""A real round of ballots, run again: Retro Funding 4, 230 projects, 108 ballots, 10,000,000 OP.

Metrics, ballots and awards are published (see ``challenges/rounds/retro_funding_4/NOTICE.txt``); the days of
the phases are invented, since the files carry none.
"""

from decimal import Decimal, localcontext
from fractions import Fraction

from ...challenges import acts as challenge_acts
from ...challenges.applications import Application
from ...challenges.awarding import award_by_ballot
from ...challenges.ballots import BallotResult
from ...challenges.brief import Brief
from ...challenges.published_rounds import PublishedRound, retro_funding_4
from ...challenges.records.awards import list_awards
from ...challenges.records.ballots import list_ballots
from ...challenges.records.briefs import find_challenge
from ...challenges.records.submissions import list_submissions
from ...finance import acts as money_acts
from ...finance.documents import canonical_bytes
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.storage import Session
from .stage import BOOK, Stage, at, enrol, published, read_bytes

CHALLENGE = "retro-funding-4"
SOURCE = published(
    "Retro Funding 4, opensource-observer/insights and opensource-observer/oss-funding, Apache-2.0"
)
TOLERANCE = Fraction(1, 10**6)
EXACT_DIGITS = 60


def run_round(stage: Stage) -> None:
    """Fund the round, receive the projects, take the ballots, count them, award and pay."""
    shown = retro_funding_4()
    names = {row.project_id: row.name for row in shown.awards}
    with stage.work() as session:
        enrol(session, "optimism", "Optimism Collective", "network")
        fund = _fund(session, shown)
        details = Details(source=SOURCE)
        money_acts.contribute(
            session,
            fund,
            "optimism",
            shown.pool,
            key="retro/pool",
            clock=at("2024-04-01T12:00"),
            details=details,
        )
        brief = Brief.read(read_bytes("retro_funding_4.brief.json"))
        challenge_acts.publish(session, fund, brief, clock=at("2024-04-02T12:00"))
    stage.notify(f"  receiving {len(shown.projects)} projects and {len(shown.ballots)} ballots")
    with stage.work() as session:
        for project in shown.projects:
            name = names[project.project_id].strip() or project.project_id
            enrol(session, project.project_id, name)
            facts = {metric: _decimal(Fraction(value)) for metric, value in project.measures}
            entry = {
                "schema": "almoner.application/1",
                "application_id": project.project_id,
                "challenge_id": CHALLENGE,
                "title": name,
                "unit": "OP",
                "lead": project.project_id,
                "bundle": [{"party": project.project_id, "role": "lead", "share_bp": 10000}],
                "interventions": [{"id": "work", "title": "Work already done"}],
                "facts": {**facts, "is_oss": project.boosted, "measured": True},
                "disclosures": [{"party": project.project_id, "incentives": "none", "restrictions": "none"}],
            }
            application = Application.read(canonical_bytes(entry))
            challenge_acts.submit(session, BOOK, application, clock=at("2024-05-20T12:00"))
    with stage.work() as session:
        for ballot in shown.ballots:
            challenge_acts.cast_ballot(session, BOOK, CHALLENGE, ballot, clock=at("2024-07-01T12:00"))
    stage.notify("  counting the ballots, awarding and paying")
    with stage.work() as session:
        fund = _fund(session, shown)
        result = challenge_acts.tally(session, fund, CHALLENGE)
        stored = find_challenge(session, BOOK, CHALLENGE)
        prize = stored.challenge.brief.prizes[0]
        if not isinstance(result, BallotResult) or prize.kind != "pool":
            raise TypeError("the round is decided by ballots over one pool")
        awards = award_by_ballot(prize, result, unit=fund.unit)
        challenge_acts.award(session, fund, CHALLENGE, 0, awards, clock=at("2024-07-20T12:00"))
    with stage.work() as session:
        for made in awards:
            key = f"retro/pay/{made.application_id}"
            challenge_acts.pay_award(
                session, fund, CHALLENGE, made, key=key, clock=at("2024-08-01T12:00"), details=details
            )


def _fund(session: Session, shown: PublishedRound) -> PooledFund:
    title = "Retro Funding 4 (published figures)"
    return money_acts.open_fund(session, BOOK, CHALLENGE, shown.pool.unit, title=title)


def _decimal(value: Fraction) -> str:
    """Write a fraction that came from decimal text as decimal text again, exactly."""
    with localcontext(prec=EXACT_DIGITS):
        text = f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
    if Fraction(text) != value:
        raise ValueError(f"{value} is no finite decimal")
    return text


def report_round(stage: Stage) -> dict[str, object]:
    """Compare the awards in our books with the published ones."""
    shown = retro_funding_4()
    with stage.work() as session:
        stored = find_challenge(session, BOOK, CHALLENGE)
        submissions = list_submissions(session, stored)
        awards = {row.application_id: row for row in list_awards(session, stored.id)}
        judges = len(list_ballots(session, stored.id))
    worst = Fraction(0)
    rows = []
    for row in shown.awards:
        made = awards.get(row.project_id)
        ours = Fraction(made.amount.text) if made else Fraction(0)
        worst = max(worst, abs(ours - row.amount))
        if made:
            rows.append(
                {
                    "application": row.project_id,
                    "name": row.name,
                    "amount": made.amount.text,
                    "published": _decimal(row.amount),
                    "reason": made.reason,
                }
            )
    rows.sort(key=lambda one: (-Fraction(one["amount"]), one["application"]))
    total = sum((row.amount.minor for row in awards.values()), start=0)
    return {
        "id": CHALLENGE,
        "title": stored.challenge.brief.title,
        "unit": "OP",
        "applications": len(submissions),
        "eligible": sum(one.status == "pass" for one in submissions),
        "judges": judges,
        "awards": len(awards),
        "pool": shown.pool.text,
        "awarded": shown.pool.text if total == shown.pool.minor else str(total),
        "published_awards": sum(row.amount > 0 for row in shown.awards),
        "worst_difference": f"{_nano(worst)}",
        "tolerance": "0.000001",
        "match": worst <= TOLERANCE,
        "label": "published",
        "source": SOURCE.reference,
        "largest": rows[:10],
    }


def _nano(value: Fraction) -> str:
    """Write a small fraction with nine decimals, rounded up."""
    count = -(-value.numerator * 10**9 // value.denominator)
    return f"{count // 10**9}.{count % 10**9:09d}"
