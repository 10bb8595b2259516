"""How settlements and payouts are shown: what was earned, what cut it, what is due, and on what it rests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...contracts.acts import showing
from ...contracts.claims import ClaimStatus
from ...contracts.determinations import Determination
from ...contracts.records import agreements, claims, determinations
from ...contracts.settlement import Payout, SettledClause, Settlement
from ...finance.money import grouped
from ...finance.storage import Session
from .show import amount_text, print_table

DASH = "-"
Grounds = Mapping[str, dict[str, Any]]  # claim -> evidence and findings
PAYOUT_COLUMNS = ("payout", "clause", "period", "from", "to", "amount", "unit", "status")


def settlement_document(one: Settlement, grounds: Grounds | None = None) -> dict[str, Any]:
    """Return a settlement as JSON values; with grounds, how each amount came about as well.

    Parameters
    ----------
    one : Settlement
        What to write.
    grounds : Mapping or None
        As ``find_grounds`` gives them.
    """
    document = {
        "agreement": one.agreement,
        "position": one.position,
        "cause": one.cause,
        "claim": one.claim,
        "round": one.round,
        "as_of": one.as_of.isoformat(),
        "clauses": [_clause(row, explained=grounds is not None) for row in one.clauses],
        "payouts": [payout_document(row) for row in one.payouts],
    }
    return document if grounds is None else document | {"rests_on": grounds.get(one.claim)}


def _clause(one: SettledClause, *, explained: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "clause": one.clause,
        "period": one.period,
        "members": list(one.members),
        "unit": one.due.unit.code,
        "earned": one.earned.text,
        "entitled": one.entitled.text,
        "due": one.due.text,
        "cuts": {name: cut.text for name, cut in one.cuts.items()},
    }
    if explained:
        told["trace"] = [
            {"path": row.path, "op": row.op, "inputs": list(row.inputs), "value": row.value}
            for row in one.trace
        ]
    return told


def payout_document(one: Payout) -> dict[str, Any]:
    """Return a payout as JSON values."""
    return {
        "id": str(one.id),
        "agreement": one.agreement,
        "clause": one.clause,
        "period": one.period,
        "payer": one.payer,
        "payee": one.payee,
        "party": one.party,
        "claim": one.claim,
        "settlement": one.position,
        "amount": one.amount.text,
        "unit": one.amount.unit.code,
        "direction": one.direction,
        "route": one.route,
        "status": one.status,
        "done": one.done.text,
        "transactions": [str(row) for row in one.transactions],
        "proposal": str(one.proposal) if one.proposal is not None else None,
    }


def find_grounds(session: Session, book: str, agreement: str, codes: Iterable[str]) -> Grounds:
    """Read what claims rest on: their evidence, and what verifiers found.

    Parameters
    ----------
    session : Session
        The caller's.
    book, agreement : str
        Codes.
    codes : iterable of str
        Of claims; empty ones are passed over.
    """
    stored = agreements.find_agreement(session, book, agreement)
    return {
        code: {
            "claim": code,
            "evidence": [
                {"sha256": one.sha256, "description": one.description, "held_by": one.held_by}
                for one in claims.list_evidence(session, stored, code)
            ],
            "determinations": [
                _determination(one) for one in determinations.list_determinations(session, stored, code)
            ],
        }
        for code in sorted({code for code in codes if code})
    }


def _determination(one: Determination) -> dict[str, Any]:
    return {
        "verifier": one.verifier,
        "round": one.round,
        "made_on": one.made_on,
        "findings": [finding.row() for finding in one.findings],
        "sha256": one.digest(),
    }


def settlements_since(session: Session, book: str, agreement: str, position: int) -> tuple[Settlement, ...]:
    """Return the steps of an agreement after a place.

    Parameters
    ----------
    session : Session
        The caller's.
    book, agreement : str
        Codes.
    position : int [place]
        Of the last that is known; 0 for all of them.
    """
    listed = showing.list_settlements(session, book, agreement)
    return tuple(one for one in listed if one.position > position)


def show_settlements(made: Sequence[Settlement], grounds: Grounds | None = None) -> None:
    """Print settlements: amounts by clause, payouts, and with grounds how each amount came about."""
    for one in made:
        named = f"claim {one.claim}, round {one.round}" if one.claim else one.cause
        print(f"Settlement {one.position} of {one.agreement}: {named}, as of {one.as_of}")
        columns = ("clause", "period", "members", "unit", "earned", "cut", "entitled", "due")
        print_table("", columns, [_amounts(row) for row in one.clauses], right=(4, 5, 6, 7))
        if grounds is not None:
            _explain(one, grounds)
        if one.payouts:
            print()
            print_table("", PAYOUT_COLUMNS, [payout_cells(row) for row in one.payouts], right=(5,))


def _amounts(one: SettledClause) -> Sequence[str]:
    cut = ", ".join(f"{grouped(amount.text)} {name}" for name, amount in one.cuts.items()) or DASH
    members = ", ".join(one.members) or DASH
    amounts = (grouped(one.earned.text), cut, grouped(one.entitled.text), grouped(one.due.text))
    return (one.clause, one.period, members, one.due.unit.code, *amounts)


def payout_cells(one: Payout) -> Sequence[str]:
    """Return a payout as one row of a table."""
    amount = grouped(one.amount.text)
    shown = f"-{amount}" if one.direction == "back" else amount
    return (
        str(one.id),
        one.clause,
        one.period,
        one.payer,
        one.payee,
        shown,
        one.amount.unit.code,
        one.status.replace("_", " "),
    )


def _explain(one: Settlement, grounds: Grounds) -> None:
    for row in one.clauses:
        where = ", ".join((row.clause, *row.members, row.period))
        print(f"\n{where}: {amount_text(row.earned)} earned to date")
        for step in row.trace:
            print(f"  {step.path}  {step.op}({', '.join(step.inputs)}) = {step.value}")
        for name, cut in row.cuts.items():
            print(f"  {name} cuts {amount_text(cut)}: {amount_text(row.entitled)} is left")
        print(
            f"  {amount_text(row.due)} is due now: {amount_text(row.entitled)} less what was due before, and "
            "less what the same two have to set off"
        )
    rests = grounds.get(one.claim)
    for proof in rests["evidence"] if rests else ():
        held = f", held by {proof['held_by']}" if proof["held_by"] else ""
        print(f"  evidence {proof['sha256']}: {proof['description']}{held}")
    for found in rests["determinations"] if rests else ():
        print(f"  round {found['round']}: {found['verifier']} found on {found['made_on']}")
        for finding in found["findings"] or ({"metric": "nothing of the claim", "value": "holds"},):
            print(f"    {finding_words(finding)}")


def found_words(status: ClaimStatus) -> str:
    """Say how many verifiers have found something, and whether enough found the same."""
    found, needed = status.found, status.needed
    if found < needed:
        return f"{found} of {needed} verifiers needed have found something"
    if status.state in {"determined", "in_disagreement"}:
        return f"{found} verifiers have found something, and no {needed} of them the same"
    return f"{found} {'verifier has' if found == 1 else 'verifiers have'} found something, {needed} needed"


def finding_words(row: Mapping[str, Any]) -> str:
    """Say one finding or claimed result in a line.

    Examples
    --------
    >>> finding_words({"metric": "nights", "value": "412", "method": "count/1", "sample": 412})
    'nights 412, by count/1, sample 412'
    """
    place = [str(row["metric"]), *map(str, dict(row.get("of", {})).values())]
    if row.get("period", "term") != "term":
        place.append(str(row["period"]))
    told = f"{' '.join(place)} {row['value']}"
    if row.get("method"):
        told += f", by {row['method']}"
    if row.get("low"):
        told += f", interval {row['low']} to {row['high']}"
        told += f" at {row['level']}" if row.get("level") else ""
    if row.get("sample") is not None:
        told += f", sample {row['sample']}"
    return told
