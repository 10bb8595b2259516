"""Where a fund stands now, and whether the books are right."""

import hashlib
import json
from dataclasses import dataclass

from ..dates import instant_text
from ..funds import EarmarkPosition, FundPosition, PooledFund
from ..money import Money, zero
from ..records import audit, entries, registry
from ..requests import describe_leg
from ..storage import Session
from ..units import valued
from .sealing import find_log_faults


def position(session: Session, fund: PooledFund) -> FundPosition:
    """Return where a fund stands now.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    """
    book_id = registry.find_book_id(session, fund.book)
    lines = entries.sum_lines(session, book_id, fund.code, fund.unit, (None, None))

    def line(*names: str) -> Money:
        return Money(minor=sum(lines.get(name, 0) for name in names), unit=fund.unit)

    worth = valued(fund.unit)
    totals = {name: zero(fund.unit) for name in ("balance", "committed", "encumbered", "pledged")}
    in_kind, pools = zero(worth), []
    for row in entries.list_balances(session, book_id, fund.code):
        path = row.account.path.removeprefix(f"{fund.code}/")
        if row.account.unit == worth and path == "value_counted":
            in_kind += row.settled
        if row.account.unit != fund.unit:
            continue
        if path == "pool":
            totals["balance"] += row.settled
            free = row.settled - row.promised
            pools.append(
                EarmarkPosition(
                    earmark=row.account.earmark, balance=row.settled, reserved=row.promised, free=free
                )
            )
        for kind, name in (("commitment/", "committed"), ("agreement/", "encumbered")):
            if path.startswith(kind):
                totals[name] += row.outstanding
        if path.startswith("pledged/"):
            totals["pledged"] += row.settled
    return FundPosition(
        fund=fund.code,
        contributions=line("contribution"),
        income=line("fund_income", "partner_interest"),
        fees=-line("fee"),
        other_costs=-line("bank_charge", "direct_cost"),
        disbursed=-line("transfer", "transfer_to_fund", "payout"),
        refunds=line("refund"),
        free=totals["balance"] - totals["committed"] - totals["encumbered"],
        in_kind=in_kind,
        earmarks=tuple(pools),
        **totals,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check of the whole book found.

    Attributes
    ----------
    transactions, postings : int [rows]
        How many were checked.
    findings : tuple of str
        Every fault, with its place; empty when the books are right.
    unbalanced : int [transactions]
        How many of the findings are transactions that do not balance.
    """

    transactions: int
    postings: int
    unbalanced: int
    findings: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings


def verify(session: Session, book: str) -> Verification:
    """Derive everything again from the postings and compare.

    Checked: every rule of the fault views for every transaction; each counter of each balance against the
    sum of its postings; each lot against its draws; each earmark against its digest and its scope; each
    event's digest against its bytes; the day, key, legs and draws written in each event against the rows; and
    the transparency log: each leaf against its event, each checkpoint against the leaves.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    """
    book_id = registry.find_book_id(session, book)
    faults = entries.list_faults(session, book_id=book_id)
    findings = [f"transaction {identity}: {why}" for identity, why in faults]
    findings += [
        f"balance of {path}: counters differ from its postings"
        for path in audit.list_moved_balances(session, book_id)
    ]
    findings += [f"lot of {code}: differs from its draws" for code in audit.list_moved_lots(session, book_id)]
    findings += [f"pool of {fund}: differs from its cash" for fund in audit.list_uncovered(session, book_id)]
    findings += [
        f"transaction {identity}: it lacks its event or its end"
        for identity in audit.list_unfinished(session, book_id)
    ]
    findings += [
        f"earmark {code}: its terms or its scope were changed"
        for code in audit.list_changed_earmarks(session, book_id)
    ]
    for row in audit.list_events(session, book_id):
        content = bytes(row.body)
        if hashlib.sha256(b"\x00" + content).digest() != bytes(row.leaf_sha256):
            findings.append(f"event {row.id}: its digest does not fit its bytes")
        elif row.kind.startswith("ledger.") and _told(content) != _stored(session, row):
            findings.append(f"transaction {row.id}: its rows differ from its event")
    findings += find_log_faults(session, book_id)
    transactions, postings = entries.count_entries(session, book_id)
    return Verification(
        transactions=transactions,
        postings=postings,
        unbalanced=sum(why == "unbalanced" for _, why in faults),
        findings=tuple(findings),
    )


def _told(content: bytes) -> object:
    """Read what the event of a transaction says of its rows."""
    try:
        body = json.loads(content)
        legs = [{**leg, "draws": _sorted_draws(leg["draws"])} for leg in body["legs"]]
        names = ("transaction", "client", "key", "effective_on", "recorded_at")
        return legs, tuple(body[name] for name in names)
    except (ValueError, KeyError, TypeError):
        return None


def _stored(session: Session, row: audit.AnyRow) -> object:
    """Read what the rows themselves hold, in the same shape."""
    if row.transaction is None:
        return ()
    legs = [describe_leg(leg) for leg in entries.find_legs(session, row.id)]
    for leg in legs:
        leg["draws"] = _sorted_draws(leg["draws"])
    said = (row.transaction, row.client, row.idem_key)
    return legs, (*said, row.effective_on.isoformat(), instant_text(row.recorded_at))


def _sorted_draws(draws: object) -> list[tuple[str, str]]:
    return sorted((draw["contribution"], draw["amount"]) for draw in draws)  # type: ignore[attr-defined]  # JSON of one leg
