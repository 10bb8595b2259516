"""A pooled fund that books a published source-and-use statement line by line, the agent's fee included.

The figures are those of the UN Peacebuilding Fund. The fund of the demonstration only borrows them: what
follows after the statement is invented and happens to no real fund.
"""

from ...finance import acts
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.money import Money, money
from ...finance.parties import PartyKind
from ...finance.statements import Statement
from ...finance.storage import Session
from ...finance.units import currency
from .stage import BOOK, Stage, at, enrol, published, read_data

FUND = "pool"
STATEMENT_DAY = at("2025-12-31T12:00")


def book_statement(stage: Stage) -> None:
    """Book the published statement: contributions, fee, income, interest, transfers, refunds, costs."""
    data = read_data("pooled_fund.json")
    figures: dict[str, str] = data["statement"]
    details = Details(source=published(data["source"]))
    clock = STATEMENT_DAY
    with stage.work() as session:
        fund = open_fund(session)
        parties: tuple[tuple[str, str, PartyKind], ...] = (
            ("published-contributors", "All contributors of the published statement", "network"),
            ("administrative-agent", "Administrative agent of the published statement", "organisation"),
            (
                "participating-organisations",
                "Participating organisations of the published statement",
                "network",
            ),
            ("other-trust-funds", "Other trust funds of the published statement", "programme"),
            ("bank", "Bank of the published statement", "organisation"),
        )
        for code, name, kind in parties:
            enrol(session, code, name, kind)

        def usd(line: str) -> Money:
            return money(figures[line], fund.unit)

        gift = acts.contribute(
            session,
            fund,
            "published-contributors",
            usd("contributions"),
            key="statement/contributions",
            clock=clock,
            details=details,
        )
        acts.charge_fee(
            session,
            fund,
            "administrative-agent",
            gift,
            usd("aa_fee"),
            key="statement/fee",
            clock=clock,
            details=details,
        )
        for name, line, payer in (
            ("fund_income", "fund_income", "bank"),
            ("po_interest", "partner_interest", "participating-organisations"),
        ):
            key = f"statement/{name}"
            acts.receive_income(
                session, fund, payer, usd(name), key=key, clock=clock, line=line, details=details
            )
        _pay_out(session, fund, figures, details)


def _pay_out(session: Session, fund: PooledFund, figures: dict[str, str], details: Details) -> None:
    paid = {}
    for name, line, payee in (
        ("transfers_po", "transfer", "participating-organisations"),
        ("transfers_mdtf", "transfer_to_fund", "other-trust-funds"),
        ("direct_cost", "direct_cost", "administrative-agent"),
        ("bank_charges", "bank_charge", "bank"),
    ):
        key = f"statement/{name}"
        paid[name] = acts.spend(
            session,
            fund,
            payee,
            money(figures[name], fund.unit),
            line=line,
            key=key,
            clock=STATEMENT_DAY,
            details=details,
        )
    acts.refund(
        session,
        fund,
        "participating-organisations",
        paid["transfers_po"].id,
        money(figures["refunds"], fund.unit),
        key="statement/refunds",
        clock=STATEMENT_DAY,
        details=details,
    )


def open_fund(session: Session) -> PooledFund:
    """Return the pooled fund of the demonstration."""
    title = "Demonstration pool (opens with the published figures of the UN Peacebuilding Fund)"
    return acts.open_fund(session, BOOK, FUND, currency("USD"), title=title)


LINES = {
    "contribution": "contributions",
    "fund_income": "fund_income",
    "partner_interest": "po_interest",
    "fee": "aa_fee",
    "bank_charge": "bank_charges",
    "direct_cost": "direct_cost",
    "transfer": "transfers_po",
    "transfer_to_fund": "transfers_mdtf",
    "refund": "refunds",
}


def report_statement(stage: Stage) -> dict[str, object]:
    """Compare the statement from our books with the published one, line by line."""
    data = read_data("pooled_fund.json")
    figures: dict[str, str] = data["statement"]
    with stage.work() as session:
        fund = open_fund(session)
        made = acts.make_statement(session, fund, through=STATEMENT_DAY().date())
    lines = [
        {
            "line": row.line,
            "amount": _shown(row.line, row.amount),
            "published": _published(figures, row.line, made),
        }
        for row in made.lines
    ]
    return {
        "fund": FUND,
        "unit": made.opening.unit.code,
        "sources": made.sources.text,
        "uses": made.uses.text,
        "balance": made.closing.text,
        "difference": made.difference.text,
        "lines": lines,
        "published": {
            "sources": money(figures["sources"], made.opening.unit).text,
            "uses": money(figures["uses"], made.opening.unit).text,
            "balance": money(figures["aa_balance"], made.opening.unit).text,
            "label": "published",
            "source": data["source"],
        },
        "published_difference": (made.closing - money(figures["aa_balance"], made.opening.unit)).text,
    }


def _shown(line: str, amount: Money) -> str:
    return (-amount).text if line == "refund" else amount.text


def _published(figures: dict[str, str], line: str, made: Statement) -> str:
    return money(figures[LINES[line]], made.opening.unit).text
