"""A party's own work over HTTP: what it writes and has handed in, its agreements, the money for it."""

from ...challenges.brief import Brief
from ...challenges.lifecycle import State, state_at
from ...challenges.phases import ENTERED
from ...challenges.records import own as own_entries
from ...challenges.records.briefs import find_challenge
from ...challenges.records.moves import list_dated_moves
from ...contracts.acts import showing
from ...contracts.records import own as own_agreements
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut, page_of, read_cursor
from ..wire.base import Instant
from ..wire.own import (
    OwnAgreementLine,
    OwnAgreementList,
    OwnApplicationLine,
    OwnApplicationList,
    OwnApplicationQuery,
    OwnPayoutLine,
    OwnPayoutList,
    OwnPayoutSum,
)

TAG = "own-work"


def list_own_applications(call: Call, query: OwnApplicationQuery) -> OwnApplicationList:
    """List the applications that one's own party leads or takes part in, of all challenges of the book."""
    keys = [
        (n, *key)
        for n, key in enumerate(own_entries.list_own_keys(call.session, call.book, call.party))
        if call.may_list(f"challenge/{key[0]}") and query.challenge in {"", key[0]}
    ]
    page, after = cut(call, query, keys, lambda one: one, name="own-application.list")
    chosen = [(challenge, code) for _, challenge, code in page]
    found = own_entries.read_own(call.session, call.book, call.party, chosen)
    told = {code: _challenge(call, code) for code in {challenge for challenge, _ in found}}
    lines = []
    for key in chosen:
        if key in found:
            title, state, closes_at = told[key[0]]
            made = OwnApplicationLine.of(found[key], challenge_title=title, state=state, closes_at=closes_at)
            lines.append(made)
    return OwnApplicationList(items=lines, next=after)


def _challenge(call: Call, code: str) -> tuple[str, State, Instant | None]:
    """Return title and state of a challenge, and until when it takes applications now."""
    stored = find_challenge(call.session, call.book, code, call.now)
    brief = stored.challenge.brief
    state = state_at(brief, call.now, list_dated_moves(call.session, stored.id))
    return brief.title, state, None if state == "cancelled" else _closes_at(call, brief)


def _closes_at(call: Call, brief: Brief) -> Instant | None:
    taking = [one for one in brief.phases if one.kind in ENTERED and brief.is_open(one, call.now)]
    return brief.closes(taking[0]) if taking else None


def list_own_agreements(call: Call, query: PageQuery) -> OwnAgreementList:
    """List the agreements in which one's own party has a part."""
    found = [
        (n, one)
        for n, one in enumerate(own_agreements.list_own_agreements(call.session, call.book, call.party))
        if call.may_list(f"agreement/{one.code}")
    ]
    page, after = cut(call, query, found, lambda row: (row[0],), name="own-agreement.list")
    return OwnAgreementList(items=[OwnAgreementLine.of(one) for _, one in page], next=after)


def list_own_payouts(call: Call, query: PageQuery) -> OwnPayoutList:
    """List what is owed or was paid to one's own party under all its agreements, newest first."""
    rows = own_agreements.list_own_payouts(
        call.session,
        call.book,
        call.party,
        after=read_cursor(call, query, "own-payout.list"),
        limit=query.limit + 1,
    )
    page, after = page_of(
        call,
        query,
        rows,
        lambda row: (row.order, row.clause, row.period, row.payer, row.payee),
        name="own-payout.list",
    )
    shown = [row for row in page if call.may_list(f"agreement/{row.agreement}")]
    found = showing.show_rows(call.session, shown)
    lines = [OwnPayoutLine.dated(one, row.as_of) for one, row in zip(found, shown, strict=True)]
    sums = own_agreements.sum_own_payouts(call.session, call.book, call.party)
    told = [OwnPayoutSum.of(one) for one in sums if call.may_list(f"agreement/{one.agreement}")]
    return OwnPayoutList(sums=told, items=lines, next=after)


OPERATIONS = (
    Operation(
        name="own-agreement.list",
        method="GET",
        path="/books/{book}/own-agreements",
        handler=list_own_agreements,
        tag=TAG,
        lists=True,
        narrows=True,
    ),
    Operation(
        name="own-application.list",
        method="GET",
        path="/books/{book}/own-applications",
        handler=list_own_applications,
        tag=TAG,
        lists=True,
        narrows=True,
    ),
    Operation(
        name="own-payout.list",
        method="GET",
        path="/books/{book}/own-payouts",
        handler=list_own_payouts,
        tag=TAG,
        lists=True,
        narrows=True,
    ),
)
