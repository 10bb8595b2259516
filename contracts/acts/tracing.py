"""The trail of a payout, read from the rows: every step from the givers to the log."""

from typing import Any
from uuid import UUID

from ...finance import acts as money
from ...finance.errors import Missing
from ...finance.statements import Use
from ...finance.storage import Session
from ..payout_trace import ClauseWords, PayoutTrace
from ..records import agreements, claims, determinations, disputes, settlements
from ..records.agreements import StoredAgreement
from ..settlement import Payout, SettledClause, Settlement
from ..settling import OPENING, RESIDUAL
from ..terms.document import TermDocument
from ..terms.wording import TITLES, render
from .showing import show_payout, show_settlements


def trace_payout(session: Session, book: str, payout: UUID) -> PayoutTrace:
    """Follow one payout from the givers to the log.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    payout : UUID
        Of the payout, or of a transaction that carried it out.

    Returns
    -------
    PayoutTrace
        Contributions, fund, clause, claim, evidence, determinations, disputes, payout and log proofs.

    Raises
    ------
    Missing
        When there is no such payout.
    """
    identity = settlements.find_payout_of(session, payout) or payout
    row = settlements.find_payout_row(session, identity)
    stored = agreements.find_agreement(session, book, row.agreement)
    shown = show_payout(session, identity)
    steps = {one.position: one for one in show_settlements(session, stored)}
    claim = shown.claim
    return PayoutTrace(
        payout=shown,
        fund=stored.funds[shown.payer].code if shown.route != "outside" else "",
        contributions=_contributions(session, book, shown),
        clause=_words(stored, shown),
        amounts=_amounts(steps, shown),
        claim=claims.find_claim(session, stored, claim).claim if claim else None,
        evidence=claims.list_evidence(session, stored, claim) if claim else (),
        determinations=determinations.list_determinations(session, stored, claim) if claim else (),
        round=row.round or 0,
        disputes=disputes.list_disputes(session, stored, claim) if claim else (),
        proofs={one: _proof(session, book, one) for one in shown.transactions},
    )


def _contributions(session: Session, book: str, payout: Payout) -> tuple[Use, ...]:
    return tuple(use for one in payout.transactions for use in money.trace(session, book, one))


def _proof(session: Session, book: str, transaction: UUID) -> dict[str, Any] | None:
    """Prove a transaction's place in the log, where the log was sealed since."""
    try:
        return money.prove(session, book, transaction)
    except Missing:
        return None


def _words(stored: StoredAgreement, payout: Payout) -> ClauseWords:
    """Find the clause in the term sheet: in the terms in force, or in the last that knew it."""
    pot = payout.clause.removeprefix(OPENING).removeprefix(RESIDUAL)
    if pot != payout.clause:
        return _pot_words(stored, payout, pot)
    for document in reversed(stored.lineage.documents):
        clause = next((one for one in document.clauses if one.id == payout.clause), None)
        if clause is not None:
            source = clause.source
            return ClauseWords(
                title=clause.title or clause.id,
                words=_sentences(document, payout.clause),
                source=" ".join(filter(None, (source.document, source.clause))) if source else "",
                terms_sha256=document.digest(),
            )
    raise Missing(f"The terms know no clause {payout.clause!r}.", what="clause", code=payout.clause)


def _pot_words(stored: StoredAgreement, payout: Payout, pot: str) -> ClauseWords:
    """Find the pot that opens with money, or hands over what remains."""
    document = next(one for one in reversed(stored.lineage.documents) if pot in one.accounts)
    account = document.accounts[pot]
    source = account.source
    return ClauseWords(
        title=f"{account.title}: {'what it opens with' if payout.payee == pot else 'what remains'}",
        words=_sentences(document, pot, "accounts"),
        source=" ".join(filter(None, (source.document, source.clause))) if source else "",
        terms_sha256=document.digest(),
    )


def _sentences(document: TermDocument, clause: str, part: str = "clauses") -> tuple[str, ...]:
    sections = (section for section in render(document).sections if section.title == TITLES[part])
    items = (item for section in sections for item in section.items if item.name == clause)
    found = next(items, None)
    blocks = found.blocks if found else ()
    return tuple(block for block in blocks if isinstance(block, str) and not block.startswith("Source: "))


def _amounts(steps: dict[int, Settlement], payout: Payout) -> tuple[SettledClause, ...]:
    return tuple(
        one
        for one in steps[payout.position].clauses
        if (one.clause, one.period) == (payout.clause, payout.period) and one.due
    )
