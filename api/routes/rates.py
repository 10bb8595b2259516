"""Rates and exchanges over HTTP: a rate is recorded once and never changed; money moves at a recorded one."""

from datetime import date, timedelta

from ...finance import acts
from ...finance.documents import Code
from ...finance.rates import rate_of
from ...finance.records import rates, registry
from ..amounts import money_of, unit_of
from ..door import Call
from ..operation import Operation
from ..paging import page_of, read_cursor
from ..wire.rates import (
    ExchangeMade,
    ExchangeRequest,
    RateList,
    RateMade,
    RateQuery,
    RateReply,
    RateRequest,
    StandingRateQuery,
)

RATES = "/books/{book}/rates"


def list_rates(call: Call, query: RateQuery) -> RateList:
    """List the recorded rates of one pair and direction, oldest first."""
    after = read_cursor(call, query, "rate.list")
    found = rates.list_rates(
        call.session,
        unit_of(call.session, query.base_unit),
        unit_of(call.session, query.quote_unit),
        source=query.source,
        since=query.since,
        above=(date.fromisoformat(str(after[0])), str(after[1])) if after else None,
        limit=query.limit + 1,
    )
    rows, behind = page_of(
        call, query, found, lambda one: (one.as_of.isoformat(), one.source), name="rate.list"
    )
    return RateList(items=[RateReply.of(one) for one in rows], next=behind)


def record_rate(call: Call, body: RateRequest) -> RateMade:
    """Record a rate, once per pair, day and source; every book of the installation may use it."""
    base, quote = unit_of(call.session, body.base), unit_of(call.session, body.quote)
    asked = rate_of(body.rate, base, quote, body.as_of, body.source)
    made = acts.record_rate(
        call.session, call.book, asked, key=call.key, clock=call.clock, confirm=body.confirm
    )
    call.location = f"/books/{call.book}/rates"
    return RateMade.of(made)


def find_rate(call: Call, query: StandingRateQuery) -> RateReply:
    """Return the rate of a pair on a day, or the last one before it that is not too old."""
    found = acts.find_rate(
        call.session,
        unit_of(call.session, query.base_unit),
        unit_of(call.session, query.quote_unit),
        on=query.on,
        source=query.source,
        max_age=timedelta(days=query.max_age),
    )
    return RateReply.of(found)


def exchange(call: Call, fund: Code, body: ExchangeRequest) -> ExchangeMade:
    """Sell money of a fund in one currency for another; givers and restriction stay the same."""
    sold = money_of(call.session, body.sold, body.unit)
    rate = acts.find_rate(
        call.session,
        sold.unit,
        unit_of(call.session, body.into),
        on=body.rate_as_of,
        source=body.rate_source,
        max_age=timedelta(),
    )
    posted = acts.exchange(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        sold,
        rate,
        key=call.key,
        clock=call.clock,
        earmark=body.earmark,
        rounding=body.rounding,
        details=body.details,
    )
    call.location = f"/books/{call.book}/transactions/{posted.id}"
    return ExchangeMade.of(posted, rate, body.earmark)


OPERATIONS = (
    Operation(name="rate.list", method="GET", path=RATES, handler=list_rates, tag="rates"),
    Operation(
        name="rate.record",
        method="POST",
        path=RATES,
        handler=record_rate,
        tag="rates",
        status=201,
        examples={
            "euro": {
                "base": "EUR",
                "quote": "USD",
                "rate": "1.0850",
                "as_of": "2026-01-15",
                "source": "central bank",
            }
        },
    ),
    Operation(name="rate.find", method="GET", path=f"{RATES}/standing", handler=find_rate, tag="rates"),
    Operation(
        name="exchange.make",
        method="POST",
        path="/books/{book}/funds/{fund}/exchanges",
        handler=exchange,
        tag="exchanges",
        status=201,
        examples={
            "dollars": {
                "sold": "100.00",
                "unit": "EUR",
                "into": "USD",
                "rate_as_of": "2026-01-15",
                "rate_source": "central bank",
            }
        },
    ),
)
