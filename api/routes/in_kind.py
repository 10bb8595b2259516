"""Gifts in kind over HTTP: offered, valued by another than the giver, used, written off, counted."""

from datetime import date

from ...finance import acts
from ...finance.contributions import Contribution
from ...finance.documents import Code
from ...finance.funds import PooledFund
from ...finance.in_kind import Valuation
from ...finance.money import Money
from ...finance.records import deposits, entries, gifts, registry, valuations
from ..amounts import money_of
from ..door import Call
from ..duties import require_apart
from ..operation import Operation
from ..paging import cut
from ..wire.contributions import ContributionMade, ContributionNumber
from ..wire.in_kind import (
    ExpiryRequest,
    GiftList,
    GiftQuery,
    GiftReply,
    InKindList,
    InKindQuery,
    InKindReply,
    InKindTaken,
    InKindUseRequest,
    MatchQuery,
    MatchReply,
    OfferRequest,
    ValuationMade,
    ValuationRequest,
)
from .contributions import told

GIFTS = "/books/{book}/funds/{fund}/in-kind-contributions"
TAG = "in-kind-contributions"


def list_gifts(call: Call, fund: Code, query: GiftQuery) -> GiftList:
    """List a fund's gifts in kind by the end of a day: given, used, expired, left, and their valuation.

    Everybody sees them where the fund is published, without their givers.
    """
    registry.find_fund_id(call.session, call.book_id, fund)
    found = [
        one
        for one in gifts.list_gifts(call.session, call.book_id, fund, on=_day(call, query.on))
        if all(wanted in {None, one.giver} for wanted in (query.giver, call.own))
        and (query.giver is None or not call.access.masked)
    ]
    rows, after = cut(call, query, found, lambda one: (one.gift,), name="in_kind.list")
    numbers = entries.find_contribution_ids(call.session, [one.gift for one in rows], call.book_id)
    masked = call.access.masked
    return GiftList(items=[GiftReply.of(one, numbers[one.gift], masked=masked) for one in rows], next=after)


def offer_in_kind(call: Call, fund: Code, body: OfferRequest) -> ContributionMade:
    """Book a gift in kind, in its own unit; it is never part of the fund's cash."""
    made = acts.offer_in_kind(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.giver,
        money_of(call.session, body.amount, body.unit),
        key=call.key,
        clock=call.clock,
        earmark=body.earmark,
        available_until=body.available_until,
        details=body.details,
    )
    return told(call, made)


def value_gift(call: Call, fund: Code, gift: ContributionNumber, body: ValuationRequest) -> ValuationMade:
    """Say what a gift in kind is worth, in the caller's own name; never the giver's, and never cash."""
    held = registry.find_fund(call.session, call.book, fund)
    given = deposits.find_deposit(call.session, call.book_id, fund, gift).contribution
    require_apart(call, [given.giver], "value it")
    valuation = Valuation(
        price=money_of(call.session, body.price, body.unit),
        method=body.method,
        haircut_bp=body.haircut_bp,
        valued_by=call.party,
        valued_on=body.valued_on,
        evidence_sha256=bytes.fromhex(body.evidence_sha256),
        expires_on=body.expires_on,
    )
    worth = _valued(call, held, given, valuation, body)
    call.location = f"/books/{call.book}/funds/{fund}/contributions/{gift}"
    return ValuationMade(
        gift=gift,
        value=worth.text,
        unit=worth.unit.code,
        valued_by=call.party,
        valuation=valuations.find_last(call.session, call.book_id, given.code),
    )


def _valued(
    call: Call, held: PooledFund, given: Contribution, valuation: Valuation, body: ValuationRequest
) -> Money:
    """Value a gift for the first time, or supersede the valuation that stands."""
    details = body.details
    if body.supersedes is None:
        return acts.value(
            call.session, held, given, valuation, key=call.key, clock=call.clock, details=details
        )
    return acts.revalue(
        call.session,
        held,
        given,
        valuation,
        supersedes=body.supersedes,
        key=call.key,
        clock=call.clock,
        details=details,
    )


def use_in_kind(call: Call, fund: Code, body: InKindUseRequest) -> InKindTaken:
    """Draw down gifts in kind for a use that their restrictions admit."""
    posted = acts.use_in_kind(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.payee,
        money_of(call.session, body.amount, body.unit),
        key=call.key,
        clock=call.clock,
        use=body.use,
        details=body.details,
    )
    call.location = f"/books/{call.book}/transactions/{posted.id}"
    return InKindTaken.of(posted)


def expire_in_kind(call: Call, fund: Code, body: ExpiryRequest) -> InKindTaken:
    """Write off what is past its last day, and count in value only what remains."""
    posted = acts.expire_in_kind(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        key=call.key,
        clock=call.clock,
        details=body.details,
    )
    if posted is not None:
        call.location = f"/books/{call.book}/transactions/{posted.id}"
    return InKindTaken.of(posted)


def read_in_kind(call: Call, fund: Code, query: InKindQuery) -> InKindList:
    """Return a fund's gifts in kind by unit and earmark, by the end of a day; no giver is named."""
    held = registry.find_fund(call.session, call.book, fund)
    found = acts.in_kind_position(call.session, held, on=_day(call, query.on))
    rows, after = cut(call, query, found, lambda one: (one.unit.code, one.earmark), name="in_kind.position")
    return InKindList(items=[InKindReply.of(one) for one in rows], next=after)


def read_match(call: Call, fund: Code, query: MatchQuery) -> MatchReply:
    """Return what a fund can show toward a match: cash, and gifts in kind up to a stated share."""
    day = _day(call, query.on)
    held = registry.find_fund(call.session, call.book, fund)
    match = acts.counted_match(call.session, held, most_bp=query.most_bp, on=day)
    return MatchReply.of(fund, day, match)


def _day(call: Call, on: date | None) -> date:
    return on or call.now.date()


def _giver(_call: Call, *, fund: Code, body: OfferRequest) -> tuple[str]:  # noqa: ARG001  # named as the address names it
    return (body.giver,)


OPERATIONS = (
    Operation(name="in_kind.list", method="GET", path=GIFTS, handler=list_gifts, tag=TAG, narrows=True),
    Operation(
        name="in_kind.offer",
        method="POST",
        path=GIFTS,
        handler=offer_in_kind,
        tag=TAG,
        status=201,
        owner=_giver,
        examples={"hours": {"giver": "guild", "amount": "40.00", "unit": "hour"}},
    ),
    Operation(
        name="in_kind.value",
        method="POST",
        path=f"{GIFTS}/{{gift}}/valuations",
        handler=value_gift,
        tag="valuations",
        status=201,
        examples={
            "market": {
                "price": "25.00",
                "unit": "USD",
                "method": "market",
                "haircut_bp": 2000,
                "valued_on": "2026-01-15",
                "evidence_sha256": "0" * 64,
            }
        },
    ),
    Operation(
        name="in_kind.use",
        method="POST",
        path="/books/{book}/funds/{fund}/in-kind-uses",
        handler=use_in_kind,
        tag=TAG,
        status=201,
        examples={
            "nursing": {"payee": "hub-a", "amount": "8.00", "unit": "hour", "use": {"region": "north"}}
        },
    ),
    Operation(
        name="in_kind.expire",
        method="POST",
        path="/books/{book}/funds/{fund}/in-kind-expiries",
        handler=expire_in_kind,
        tag=TAG,
        status=201,
        examples={"today": {}},
    ),
    Operation(
        name="in_kind.position",
        method="GET",
        path="/books/{book}/funds/{fund}/in-kind-position",
        handler=read_in_kind,
        tag="funds",
    ),
    Operation(
        name="match.read",
        method="GET",
        path="/books/{book}/funds/{fund}/counted-match",
        handler=read_match,
        tag="funds",
    ),
)
