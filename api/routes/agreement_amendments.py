"""Amendments over HTTP: looked at, made by one party, approved by all others."""

import hashlib
from collections.abc import Iterator

from ...contracts.acts import amending
from ...contracts.agreement import EXAMPLE, AgreementDocument
from ...contracts.amendments import ProposedAmendment, amendment_bytes
from ...contracts.records import amendments
from ...contracts.terms.amendment import Lineage, changes_in_words
from ...finance.documents import Code
from ...finance.errors import Missing
from ...finance.money import decimal_text
from ..door import NOT_HERE, Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..sound import sound
from ..wire.agreement_amendments import (
    AgreementAmendmentApprovalRequest,
    AgreementAmendmentBound,
    AgreementAmendmentLine,
    AgreementAmendmentList,
    AgreementAmendmentMade,
    AgreementAmendmentPreview,
    AgreementAmendmentPreviewRequest,
    AgreementAmendmentReply,
    AgreementAmendmentRequest,
)
from ..wire.terms import digits_of
from .agreement_moves import require_name
from .agreements import address, find_shown, party_named, require_one_party

SIGNED = ("agreement_amendment.approve", "agreement_amendment.make")


def list_amendments(call: Call, agreement: Code, query: PageQuery) -> AgreementAmendmentList:
    """List the amendments of an agreement, oldest first."""
    find_shown(call, agreement)
    found = [
        (place, one)
        for place, one in enumerate(amending.list_amendments(call.session, call.book, agreement))
        if one.in_force or not call.access.masked
    ]
    rows, after = cut(call, query, found, lambda row: (row[0],), name=f"agreement_amendment.list/{agreement}")
    return AgreementAmendmentList(items=[_line(one) for _, one in rows], next=after)


def _line(one: ProposedAmendment) -> AgreementAmendmentLine:
    return AgreementAmendmentLine(
        code=one.code,
        effective_on=one.amendment.effective_on,
        reason=one.amendment.reason,
        maker=one.maker,
        missing=list(one.missing),
        in_force=one.in_force,
        changes=list(one.changes),
    )


def read_amendment(call: Call, agreement: Code, amendment: Code) -> AgreementAmendmentReply:
    """Return an amendment: what it changes, and who has yet to approve it."""
    stored = find_shown(call, agreement)
    one = amending.show_amendment(stored, amendments.find_amendment(call.session, stored, amendment))
    if call.access.masked and not one.in_force:
        raise Missing(NOT_HERE)
    return AgreementAmendmentReply.of(one, amendment_bytes(agreement, amendment, one.amendment))


def preview_amendment(
    call: Call, agreement: Code, body: AgreementAmendmentPreviewRequest
) -> AgreementAmendmentPreview:
    """Say what an amendment would change and cost, with the bytes to sign; nothing is stored."""
    stored, amendment = find_shown(call, agreement), sound(body.amendment)
    amended = stored.lineage.amended(amendment)
    content = amendment_bytes(agreement, body.code, amendment)
    return AgreementAmendmentPreview(
        content=content.hex(),
        sha256=hashlib.sha256(content).hexdigest(),
        terms_sha256=amended.newest.digest(),
        changes=list(changes_in_words(stored.lineage.newest, amendment)),
        most=list(_bounds(stored.lineage, amended)),
    )


def _bounds(old: Lineage, new: Lineage) -> Iterator[AgreementAmendmentBound]:
    digits = {**digits_of(old.overlaid.program), **digits_of(new.overlaid.program)}
    before, after = old.prove().payers, new.prove().payers
    for payer, unit in dict.fromkeys([*before, *after]):
        yield AgreementAmendmentBound(
            payer=payer,
            unit=unit,
            before=decimal_text(before.get((payer, unit), 0), digits[unit]),
            after=decimal_text(after.get((payer, unit), 0), digits[unit]),
        )


def make_amendment(call: Call, agreement: Code, body: AgreementAmendmentRequest) -> AgreementAmendmentMade:
    """Make an amendment in a name of one's own party; it changes nothing until all others approve."""
    require_name(call, agreement, body.by)
    one = amending.propose_amendment(
        call.session,
        call.book,
        agreement,
        sound(body.amendment),
        by=body.by,
        signature=bytes.fromhex(body.signature),
        key=body.code,
        clock=call.clock,
    )
    call.location = f"{address(call, agreement)}/amendments/{body.code}"
    return _made(one)


def _maker(call: Call, agreement: Code, body: AgreementAmendmentRequest) -> tuple[str, ...]:
    return party_named(call, agreement, body.by)


def approve_amendment(
    call: Call, agreement: Code, amendment: Code, body: AgreementAmendmentApprovalRequest
) -> AgreementAmendmentMade:
    """Approve an amendment in one name; with the last approval it is covered, in force, and settled.

    One person approves for one party, and not what they made for another.
    """
    here = f"{address(call, agreement)}/amendments/{amendment}"
    require_one_party(call, agreement, SIGNED, here, f"{here}/approvals")
    one = amending.approve_amendment(
        call.session,
        call.book,
        agreement,
        amendment,
        {body.name: bytes.fromhex(body.signature)},
        clock=call.clock,
        maker=call.party,
    )
    return _made(one)


def _approver(
    call: Call, agreement: Code, body: AgreementAmendmentApprovalRequest, **_given: object
) -> tuple[str, ...]:
    return party_named(call, agreement, body.name)


def _made(one: ProposedAmendment) -> AgreementAmendmentMade:
    return AgreementAmendmentMade(
        **dict(AgreementAmendmentReply.of(one, amendment_bytes(one.agreement, one.code, one.amendment)))
    )


_ALL = "/books/{book}/agreements/{agreement}/amendments"
_ONE = f"{_ALL}/{{amendment}}"
_CHANGE = {
    "schema": "almoner.amendment/1",
    "of": AgreementDocument.read(EXAMPLE).terms.digest(),
    "effective_on": "2027-07-01",
    "reason": "More places",
    "changes": [{"op": "replace", "path": "/limits/0/max", "value": "600000.00"}],
}
OPERATIONS = (
    Operation(
        name="agreement_amendment.list",
        method="GET",
        path=_ALL,
        handler=list_amendments,
        tag="agreements",
    ),
    Operation(
        name="agreement_amendment.read", method="GET", path=_ONE, handler=read_amendment, tag="agreements"
    ),
    Operation(
        name="agreement_amendment.preview",
        method="POST",
        path=f"{_ALL}/readings/preview",
        handler=preview_amendment,
        tag="agreements",
        keyed=False,
        examples={"places": {"code": "a1", "amendment": _CHANGE}},
    ),
    Operation(
        name="agreement_amendment.make",
        method="POST",
        path=_ALL,
        handler=make_amendment,
        tag="agreements",
        status=201,
        owner=_maker,
        examples={"places": {"code": "a1", "by": "city", "amendment": _CHANGE, "signature": "00" * 64}},
    ),
    Operation(
        name="agreement_amendment.approve",
        method="POST",
        path=f"{_ONE}/approvals",
        handler=approve_amendment,
        tag="agreements",
        status=201,
        owner=_approver,
        examples={"home": {"name": "home", "signature": "00" * 64}},
    ),
)
