"""What an agreement looks like from one party's chair: earned, paid, kept back, still possible."""

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.errors import Missing
from ...finance.money import Money
from ...finance.sheets import Cell, Column, Section, Sheet
from ...finance.storage import Session
from ..records import agreements, settlements
from ..records.agreements import StoredAgreement
from ..settlement import KEPT_ASIDE, Payout, Settlement
from .showing import show_payouts, show_settlements

PAYOUT_COLUMNS = (
    Column("settlement"),
    Column("clause"),
    Column("period"),
    Column("payer"),
    Column("payee"),
    Column("claim"),
    Column("direction"),
    Column("status"),
    Column("amount", "amount"),
    Column("done", "amount"),
    Column("payout", is_printed=False),
)
CLAUSE_COLUMNS = (
    Column("clause"),
    Column("period"),
    Column("members"),
    Column("earned", "amount"),
    Column("entitled", "amount"),
)
SOURCE_COLUMNS = (
    Column("payer"),
    Column("fund"),
    Column("maximum", "amount"),
    Column("paid", "amount"),
    Column("waiting", "amount"),
    Column("frozen", "amount"),
    Column("encumbered", "amount"),
)


def party_statement(session: Session, book: str, agreement: str, party: str = "") -> Sheet:
    """Draw up what an agreement has brought about, for one of its parties, or for all.

    Parameters
    ----------
    session : Session
        The caller's.
    book, agreement : str
        Codes.
    party : str
        Name in the agreement; only what it pays or gets is listed then.

    Returns
    -------
    Sheet
        Clauses as they stand, payouts, and what each funded payer paid, keeps back and may still owe.

    Raises
    ------
    Missing
        When there is no such agreement, or no such party in it.
    """
    stored = agreements.find_agreement(session, book, agreement)
    names = stored.agreement.document.signatories
    if party and party not in names:
        raise Missing(
            f"{agreement} has no party {party!r}. Parties: {', '.join(names)}.", what="party", code=party
        )
    payouts = show_payouts(session, stored)
    mine = tuple(one for one in payouts if not party or party in {one.payer, one.payee})
    steps = show_settlements(session, stored)
    return Sheet(
        kind="agreement",
        title=stored.agreement.terms.title,
        about=(("agreement", agreement), ("state", stored.agreement.state), ("party", party or None)),
        sections=(
            _clauses(steps, {one.clause for one in mine} if party else None),
            _payouts(mine),
            _sources(session, stored, payouts, party),
        ),
    )


def _clauses(steps: tuple[Settlement, ...], wanted: set[str] | None) -> Section:
    """List the last standing of each clause, period and member."""
    last = {(one.clause, one.period, one.members): one for step in steps for one in step.clauses}
    rows = tuple(
        (one.clause, one.period, ", ".join(one.members), one.earned, one.entitled)
        for _, one in sorted(last.items())
        if wanted is None or one.clause in wanted
    )
    return Section(name="clauses", columns=CLAUSE_COLUMNS, rows=rows)


def _payouts(payouts: tuple[Payout, ...]) -> Section:
    rows = tuple(
        (
            str(one.position),
            one.clause,
            one.period,
            one.payer,
            one.payee,
            one.claim,
            one.direction,
            one.status,
            one.amount,
            one.done,
            str(one.id),
        )
        for one in payouts
    )
    return Section(name="payouts", columns=PAYOUT_COLUMNS, rows=rows)


def _sources(session: Session, stored: StoredAgreement, payouts: tuple[Payout, ...], party: str) -> Section:
    frozen = settlements.find_frozen(session, stored.id)
    rows: list[tuple[Cell, ...]] = []
    for source in stored.agreement.sources:
        if party and source.payer != party:
            continue
        unit = source.maximum.unit
        own = [one for one in payouts if one.payer == source.payer and one.route != "outside"]
        paid = sum(one.done.minor if one.direction == "out" else -one.done.minor for one in own)
        waiting = sum(one.amount.minor for one in own if one.status in KEPT_ASIDE)
        kept = sum(amount for name, amount in frozen.items() if name[3] == source.payer)
        left = money.promised(session, stored.funds[source.payer], Promise("agreement", source.promise))
        rows.append(
            (
                source.payer,
                source.fund,
                source.maximum,
                *(Money(minor=one, unit=unit) for one in (paid, waiting, kept)),
                left,
            )
        )
    return Section(name="sources", columns=SOURCE_COLUMNS, rows=tuple(rows))
