"""Agreements over HTTP: drafted, proposed, signed, listed and read."""

import hashlib
import json
from typing import Literal

from ...contracts.acts import agreeing
from ...contracts.agreement import (
    EXAMPLE,
    RESOLVER,
    Agreement,
    AgreementDocument,
    AgreementState,
    consent_bytes,
)
from ...contracts.records import agreements
from ...contracts.records.agreements import StoredAgreement
from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.documents import Code
from ...finance.errors import AlreadyExists, Missing, SamePerson
from ...finance.records import registry
from ...finance.storage import Session
from ..door import NOT_HERE, Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..records.duties import list_doers
from ..sound import sound
from ..wire.agreements import (
    AgreementLine,
    AgreementList,
    AgreementMade,
    AgreementMoney,
    AgreementParty,
    AgreementReply,
    AgreementRequest,
    AgreementText,
    SignatureRequest,
    SigningQuery,
    SigningReply,
    signatures_of,
)

PRIVATE = ("draft", "proposed", "withdrawn")
FUNDER = "funder"
EXAMPLE_DOCUMENT = json.loads(EXAMPLE)


class AgreementQuery(PageQuery):
    """Which agreements to list.

    Attributes
    ----------
    state : str
        Only those that stand so; empty for all.
    """

    state: AgreementState | Literal[""] = ""


def list_agreements(call: Call, query: AgreementQuery) -> AgreementList:
    """List the agreements of the book."""
    found = (
        (code, state)
        for code, state in agreements.list_states(call.session, call.book).items()
        if call.may_list(f"agreement/{code}")
        and query.state in {"", state}
        and not (call.access.masked and state in PRIVATE)
    )
    rows, after = cut(call, query, found, lambda one: (one[0],), name="agreement.list")
    titles = agreements.list_titles(call.session, call.book, [code for code, _ in rows])
    lines = [AgreementLine(code=code, title=titles[code], state=state) for code, state in rows]
    return AgreementList(items=lines, next=after)


def draft_agreement(call: Call, body: AgreementRequest) -> AgreementMade:
    """Draft an agreement: its terms are checked and the most it can cost is proven; it binds nobody.

    Drafted again with the same content, it stays as it is; other content replaces the document of the draft.
    """
    document = sound(body.document)
    _require_new(call, body.code, document)
    agreeing.draft(call.session, call.book, body.code, document, clock=call.clock)
    call.location = address(call, body.code)
    return made(call, body.code)


def _require_new(call: Call, code: str, document: AgreementDocument) -> None:
    try:
        known = agreements.find_agreement(call.session, call.book, code).agreement
    except Missing:
        return
    if known.document.digest() != document.digest():
        raise AlreadyExists(
            f"There is an agreement {code!r} with other content, and it is {known.state}. Replace the "
            "document of a draft at its own address, or choose another code.",
            what="agreement",
            code=code,
            state=known.state,
        )


def read_agreement(call: Call, agreement: Code) -> AgreementReply:
    """Return where an agreement stands: its parties, who has signed, and whose money it is."""
    return described(call, find_shown(call, agreement))


def read_document(call: Call, agreement: Code) -> AgreementText:
    """Return what parties sign, and the terms in force where they were amended."""
    stored = find_shown(call, agreement)
    found, lineage = stored.agreement, stored.lineage
    return AgreementText(
        code=found.code,
        version=stored.version,
        sha256=found.document.digest(),
        document=found.document,
        amended_terms=lineage.newest if found.amended else None,
    )


def replace_document(call: Call, agreement: Code, body: AgreementDocument) -> AgreementMade:
    """Replace the document of a draft; what is proposed already keeps its own."""
    agreements.find_agreement(call.session, call.book, agreement)
    agreeing.draft(call.session, call.book, agreement, sound(body), clock=call.clock)
    return made(call, agreement)


def propose_agreement(call: Call, agreement: Code) -> AgreementMade:
    """Fix a draft, so that it can be signed as it is."""
    agreeing.propose(call.session, call.book, agreement, clock=call.clock)
    return made(call, agreement)


def withdraw_agreement(call: Call, agreement: Code) -> AgreementMade:
    """Take back an agreement that not everybody has signed; its code stays taken."""
    agreeing.withdraw(call.session, call.book, agreement, clock=call.clock)
    return made(call, agreement)


def sign_agreement(call: Call, agreement: Code, body: SignatureRequest) -> AgreementMade:
    """Sign in one name; with the last signature the money is set aside and the agreement is active.

    The signature is made by the party's own key over the signing bytes; the secret key is never sent. One
    person signs for one party, and who drafted it does not sign as the funder.
    """
    _require_one_duty(call, agreement)
    agreeing.sign(
        call.session,
        call.book,
        agreement,
        signatures_of({body.name: body.signature}),
        clock=call.clock,
        out_of=Promise("commitment", body.out_of) if body.out_of else None,
    )
    return made(call, agreement)


def _signing_party(call: Call, agreement: Code, body: SignatureRequest) -> tuple[str, ...]:
    return party_named(call, agreement, body.name)


def _require_one_duty(call: Call, code: str) -> None:
    """Refuse one person who signs for two parties, or signs as the funder what they drafted."""
    here = address(call, code)
    require_one_party(call, code, ("agreement.sign",), f"{here}/signatures")
    drafted = (
        *list_doers(call.session, call.book_id, ("agreement.draft",), here),
        *list_doers(call.session, call.book_id, ("agreement.redraft",), f"{here}/document"),
    )
    if call.access.role == FUNDER and any(one.person == call.person for one in drafted):
        raise SamePerson(
            f"You drafted {code!r} and cannot sign it as the funder. "
            f"Let another person of {call.party} sign.",
            agreement=code,
            party=call.party,
        )


def require_one_party(call: Call, code: str, operations: tuple[str, ...], *addresses: str) -> None:
    """Refuse a person who already did one of these operations for another party.

    Raises
    ------
    SamePerson
        With the party.
    """
    doers = [one for place in addresses for one in list_doers(call.session, call.book_id, operations, place)]
    other = [one.party for one in doers if one.person == call.person and one.party != call.party]
    if other:
        raise SamePerson(
            f"You signed here for {other[0]} and cannot sign for {call.party}. Let somebody else sign.",
            agreement=code,
            party=call.party,
        )


def read_signing_bytes(call: Call, agreement: Code, query: SigningQuery) -> SigningReply:
    """Return the exact bytes that are signed for an act."""
    found = find_shown(call, agreement).agreement
    if query.act == "sign":
        content = found.signing_bytes()
    else:
        on = query.on.isoformat() if query.on else ""
        content = consent_bytes(agreement, query.act, key=query.code, reason=query.reason, on=on)
    return SigningReply(content=content.hex(), sha256=hashlib.sha256(content).hexdigest())


def find_shown(call: Call, code: str) -> StoredAgreement:
    """Return an agreement; to whom sees less than the whole only once everybody has signed it."""
    stored = agreements.find_agreement(call.session, call.book, code)
    if call.access.masked and stored.agreement.state in PRIVATE:
        raise Missing(NOT_HERE)
    return stored


def party_named(call: Call, code: str, name: str) -> tuple[str, ...]:
    """Return the party behind a name of an agreement; none where it has no such name."""
    signatories = agreements.find_agreement(call.session, call.book, code).agreement.document.signatories
    return (signatories[name],) if name in signatories else ()


def interested_parties(call: Call, code: str) -> tuple[str, ...]:
    """Return the parties with money in an agreement."""
    found = agreements.find_agreement(call.session, call.book, code).agreement
    return tuple(found.document.interested.values())


def address(call: Call, code: str) -> str:
    """Return the address of an agreement."""
    return f"/books/{call.book}/agreements/{code}"


def made(call: Call, code: str) -> AgreementMade:
    """Return an agreement after an act."""
    stored = agreements.find_agreement(call.session, call.book, code)
    return AgreementMade(**dict(described(call, stored)))


def described(call: Call, stored: StoredAgreement) -> AgreementReply:
    """Say how an agreement stands; who has signed only to those who see the whole."""
    found = stored.agreement
    return AgreementReply(
        code=found.code,
        title=stored.lineage.newest.title,
        state=found.state,
        version=stored.version,
        sha256=found.document.digest(),
        terms_sha256=stored.lineage.newest.digest(),
        amended=list(found.amended),
        missing=[] if call.access.masked else list(found.missing),
        parties=_parties(call, found),
        sources=_sources(call.session, stored),
    )


def _parties(call: Call, found: Agreement) -> list[AgreementParty]:
    roles = {name: party.role for name, party in found.document.terms.parties.items()}
    signatories = found.document.signatories
    called = registry.find_party_names(call.session, call.book_id, signatories.values())
    return [
        AgreementParty(
            name=name,
            party=party,
            called=called[party],
            role=roles.get(name, RESOLVER if name == RESOLVER else "evaluator"),
            signed=None if call.access.masked else name in found.signed,
        )
        for name, party in signatories.items()
    ]


def _sources(session: Session, stored: StoredAgreement) -> list[AgreementMoney]:
    return [
        AgreementMoney(
            payer=one.payer,
            fund=one.fund,
            unit=one.maximum.unit.code,
            most=one.maximum.text,
            encumbered=money.promised(
                session, stored.funds[one.payer], Promise("agreement", one.promise)
            ).text,
        )
        for one in stored.agreement.sources
    ]


_ALL = "/books/{book}/agreements"
_ONE = f"{_ALL}/{{agreement}}"
OPERATIONS = (
    Operation(
        name="agreement.list",
        method="GET",
        path=_ALL,
        handler=list_agreements,
        tag="agreements",
        lists=True,
    ),
    Operation(
        name="agreement.draft",
        method="POST",
        path=_ALL,
        handler=draft_agreement,
        tag="agreements",
        status=201,
        examples={"nights": {"code": "nights", "document": EXAMPLE_DOCUMENT}},
    ),
    Operation(name="agreement.read", method="GET", path=_ONE, handler=read_agreement, tag="agreements"),
    Operation(
        name="agreement.document",
        method="GET",
        path=f"{_ONE}/document",
        handler=read_document,
        tag="agreements",
    ),
    Operation(
        name="agreement.redraft",
        method="PUT",
        path=f"{_ONE}/document",
        handler=replace_document,
        tag="agreements",
        guards="agreement.document",
        examples={"nights": EXAMPLE_DOCUMENT},
    ),
    Operation(
        name="agreement.propose",
        method="POST",
        path=f"{_ONE}/proposal",
        handler=propose_agreement,
        tag="agreements",
        guards="agreement.document",
    ),
    Operation(
        name="agreement.withdraw",
        method="POST",
        path=f"{_ONE}/withdrawal",
        handler=withdraw_agreement,
        tag="agreements",
        guards="agreement.read",
    ),
    Operation(
        name="agreement.sign",
        method="POST",
        path=f"{_ONE}/signatures",
        handler=sign_agreement,
        tag="agreements",
        status=201,
        owner=_signing_party,
        examples={"city": {"name": "city", "signature": "00" * 64}},
    ),
    Operation(
        name="agreement.bytes",
        method="GET",
        path=f"{_ONE}/signing-bytes",
        handler=read_signing_bytes,
        tag="agreements",
    ),
)
