"""Signed agreements over HTTP: suspended, resumed, measured, terminated, closed; money that follows."""

from ...contracts.acts import ending, liability
from ...contracts.records import agreements
from ...finance.documents import Code
from ...finance.errors import NotAllowed
from ..door import Call
from ..operation import Operation
from ..wire.agreements import (
    AgreementClosed,
    AgreementFreed,
    AgreementMade,
    ClosingRequest,
    LiabilityLine,
    LiabilityMade,
    LiabilityMove,
    LiabilityReply,
    MeasurementRequest,
    PauseRequest,
    TerminationRequest,
    signatures_of,
)
from .agreements import described, find_shown, interested_parties, made, party_named


def suspend_agreement(call: Call, agreement: Code, body: PauseRequest) -> AgreementMade:
    """Stop claims and payments for a while; everybody with money in it has signed the same bytes."""
    ending.suspend(
        call.session,
        call.book,
        agreement,
        signatures_of(body.signatures),
        reason=body.reason,
        key=body.code,
        clock=call.clock,
    )
    return made(call, agreement)


def resume_agreement(call: Call, agreement: Code, body: PauseRequest) -> AgreementMade:
    """Let a suspended agreement go on; everybody with money in it has signed the same bytes."""
    ending.resume(
        call.session,
        call.book,
        agreement,
        signatures_of(body.signatures),
        reason=body.reason,
        key=body.code,
        clock=call.clock,
    )
    return made(call, agreement)


def measure_agreement(call: Call, agreement: Code, body: MeasurementRequest) -> AgreementMade:
    """Say that no more results come; before the last day for claims everybody with money in it signs."""
    require_name(call, agreement, body.by)
    ending.measure(
        call.session,
        call.book,
        agreement,
        by=body.by,
        clock=call.clock,
        signatures=signatures_of(body.signatures),
    )
    return made(call, agreement)


def terminate_agreement(call: Call, agreement: Code, body: TerminationRequest) -> AgreementMade:
    """End an agreement early; everybody with money in it has signed the same bytes."""
    ending.terminate(
        call.session,
        call.book,
        agreement,
        signatures_of(body.signatures),
        on=body.on,
        reason=body.reason,
        clock=call.clock,
    )
    return made(call, agreement)


def close_agreement(call: Call, agreement: Code, body: ClosingRequest) -> AgreementClosed:
    """Close what is settled; the rest of its money is free again."""
    released = ending.close(
        call.session, call.book, agreement, clock=call.clock, signatures=signatures_of(body.signatures)
    )
    stored = agreements.find_agreement(call.session, call.book, agreement)
    freed = [
        AgreementFreed(payer=payer, unit=amount.unit.code, amount=amount.text)
        for payer, amount in released.items()
    ]
    return AgreementClosed(**dict(described(call, stored)), released=freed)


def read_liability(call: Call, agreement: Code) -> LiabilityReply:
    """Return what an agreement can still cost each payer, and what is set aside for it."""
    stored = find_shown(call, agreement)
    lines = [
        LiabilityLine(
            payer=one.source.payer,
            fund=one.source.fund,
            unit=one.held.unit.code,
            most=one.source.maximum.text,
            held=one.held.text,
            needed=one.wanted.text,
        )
        for one in liability.targets(call.session, stored, call.now.date())
    ]
    return LiabilityReply(agreement=agreement, sources=lines)


def follow_liability(call: Call, agreement: Code) -> LiabilityMade:
    """Let what is set aside follow what can still be owed."""
    moved = liability.follow_liability(
        call.session, call.book, agreement, clock=call.clock, key=call.key, asking=True
    )
    lines = [
        LiabilityMove(payer=payer, unit=amount.unit.code, released=amount.text)
        for payer, amount in moved.items()
    ]
    return LiabilityMade(agreement=agreement, moved=lines)


def require_name(call: Call, code: str, name: str) -> None:
    """Refuse to speak in a name of the agreement that is another party's."""
    if call.party not in party_named(call, code, name):
        raise NotAllowed(
            f"{name!r} is not {call.party} under {code!r}. Act in a name of your own party.",
            agreement=code,
            party=call.party,
        )


def _interested(call: Call, agreement: Code, **_given: object) -> tuple[str, ...]:
    return interested_parties(call, agreement)


_ONE = "/books/{book}/agreements/{agreement}"
_CONSENT = {
    "code": "s1",
    "reason": "the register is being audited",
    "signatures": {"city": "00" * 64, "home": "00" * 64},
}
OPERATIONS = (
    Operation(
        name="agreement.suspend",
        method="POST",
        path=f"{_ONE}/suspensions",
        handler=suspend_agreement,
        tag="agreements",
        status=201,
        owner=_interested,
        examples={"audit": _CONSENT},
    ),
    Operation(
        name="agreement.resume",
        method="POST",
        path=f"{_ONE}/resumptions",
        handler=resume_agreement,
        tag="agreements",
        status=201,
        owner=_interested,
        examples={"audit": {**_CONSENT, "reason": "the audit is done"}},
    ),
    Operation(
        name="agreement.measure",
        method="POST",
        path=f"{_ONE}/measurement",
        handler=measure_agreement,
        tag="agreements",
        owner=_interested,
        guards="agreement.read",
        examples={"late": {"by": "city"}},
    ),
    Operation(
        name="agreement.terminate",
        method="POST",
        path=f"{_ONE}/termination",
        handler=terminate_agreement,
        tag="agreements",
        owner=_interested,
        guards="agreement.read",
        examples={
            "closing": {
                "on": "2027-03-31",
                "reason": "the home closes",
                "signatures": {"city": "00" * 64, "home": "00" * 64},
            }
        },
    ),
    Operation(
        name="agreement.close",
        method="POST",
        path=f"{_ONE}/closing",
        handler=close_agreement,
        tag="agreements",
        owner=_interested,
        guards="agreement.read",
        examples={"settled": {"signatures": {}}},
    ),
    Operation(
        name="liability.read",
        method="GET",
        path=f"{_ONE}/liability",
        handler=read_liability,
        tag="agreements",
    ),
    Operation(
        name="liability.follow",
        method="POST",
        path=f"{_ONE}/liability/adjustments",
        handler=follow_liability,
        tag="agreements",
        status=201,
    ),
)
