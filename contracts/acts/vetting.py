"""Who verifies or decides is checked against ties and ledger: when named, at each finding, at each payout."""

from collections.abc import Collection
from datetime import date

from ...finance.records import registry
from ...finance.records import ties as tied
from ...finance.storage import Session
from ..agreement import Agreement
from ..independence import Conflict, conflicts, interested, refusal
from ..records.agreements import StoredAgreement
from ..records.determinations import list_determinations
from ..records.interests import list_fees


def find_conflicts(
    session: Session, book: str, agreement: Agreement, code: str, on: date, *, also: Collection[str] = ()
) -> tuple[Conflict, ...]:
    """List what ties a party to the money of an agreement on a day, or makes it one with who also judges.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    agreement : Agreement
        Says who has money in it, and which funds pay.
    code : str
        Of the party that verifies or decides.
    on : date
        The day.
    also : collection of str
        Further codes with money in it, as members of an open set.

    Returns
    -------
    tuple of Conflict
        Declared ones first; empty when it is independent.
    """
    book_id = registry.find_book_id(session, book)
    document = agreement.document
    having = {*interested(document), *also}
    sharing_key = tied.list_sharing_key(session, book_id, code)
    judging = {*document.verifying.values(), document.resolver}
    same = tuple(
        Conflict(verifier=code, other=one, path=(f"{code} and {one} have one key",), on=on, inferred=True)
        for one in sharing_key
        if one in judging and one not in having
    )
    return same + conflicts(
        code,
        having,
        ties=[one for _, one in tied.list_ties(session, book_id)],
        on=on,
        sharing_key=sharing_key,
        seen=_seen(session, book_id, agreement, code),
    )


def require_untied(
    session: Session,
    book: str,
    stored: StoredAgreement,
    code: str,
    on: date,
    *,
    also: Collection[str] = (),
) -> None:
    """Refuse a verifier or resolver that is tied to the money of an agreement.

    Parameters
    ----------
    session, book, code, on, also
        As for ``find_conflicts``.
    stored : StoredAgreement
        The agreement.

    Raises
    ------
    NotIndependent
        With the path, day and source of each tie.
    """
    found = find_conflicts(session, book, stored.agreement, code, on, also=also)
    if found:
        raise refusal(found)


def find_tied(
    session: Session, book: str, stored: StoredAgreement, claim: str, number: int, on: date
) -> tuple[Conflict, ...]:
    """List what ties those who determined a claim to the money, at the moment it would be paid.

    Parameters
    ----------
    session, book, stored, on
        As for ``require_untied``.
    claim : str
        Code of the claim.
    number : int [place]
        Of the round that is paid on.
    """
    found = [one for one in list_determinations(session, stored, claim) if one.round == number]
    return tuple(
        conflict
        for one in found
        for conflict in find_conflicts(
            session,
            book,
            stored.agreement,
            one.verifier,
            on,
            also={member for result in one.results for _, member in result.of},
        )
    )


def require_findings_untied(
    session: Session, book: str, stored: StoredAgreement, claim: str, number: int, on: date
) -> None:
    """Refuse to pay on what somebody found who is tied to the money.

    Parameters
    ----------
    session, book, stored, claim, on
        As for ``find_tied``.
    number : int [place]
        Of the round that is paid on.

    Raises
    ------
    NotIndependent
        With the path, day and source of each tie. A dispute for conflict of interest lets another look.
    """
    tied_now = find_tied(session, book, stored, claim, number, on)
    if tied_now:
        raise refusal(tied_now)


def _seen(session: Session, book_id: int, agreement: Agreement, code: str) -> dict[str, str]:
    """Say by fund what the ledger tells: gifts to it, and grants from it that are no fees."""
    funds = {row.fund for row in agreement.document.funding}
    told = {
        fund: f"it has contributed to the fund {fund}"
        for fund in tied.list_funds_given_to(session, book_id, code, funds)
    }
    granted = tied.list_grants_to(session, book_id, code, funds)
    fees = list_fees(session, [identity for _, identity in granted])
    for fund, identity in granted:
        if identity not in fees:
            told.setdefault(fund, f"the fund {fund} has paid it, transaction {identity}")
    return told
