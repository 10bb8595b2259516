"""Publications over HTTP: a fund, an agreement or a challenge that everybody may read."""

from ...challenges.records.briefs import find_challenge
from ...contracts.records.agreements import find_agreement
from ...finance.documents import Code
from ...finance.records import registry
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..records.publications import list_publications, publish
from ..wire.publications import PublicationList, PublicationMade, PublicationReply

TAG = "publications"


def list_published(call: Call, query: PageQuery) -> PublicationList:
    """List what everybody may read of this book, and since when."""
    every = list_publications(call.session, call.book_id)
    found = [one for one in every if call.may_list(one.engagement)]
    rows, after = cut(call, query, found, lambda one: (one.engagement,), name="publication.list")
    return PublicationList(items=[PublicationReply.of(one) for one in rows], next=after)


def publish_fund(call: Call, fund: Code) -> PublicationMade:
    """Let everybody read where a fund stands and what came of its money; nothing takes this back."""
    registry.find_fund_id(call.session, call.book_id, fund)
    return _published(call, f"fund/{fund}")


def publish_agreement(call: Call, agreement: Code) -> PublicationMade:
    """Let everybody read an agreement's terms and payouts; nothing takes this back."""
    find_agreement(call.session, call.book, agreement)
    return _published(call, f"agreement/{agreement}")


def publish_challenge(call: Call, challenge: Code) -> PublicationMade:
    """List a challenge among what everybody may read; nothing takes this back."""
    find_challenge(call.session, call.book, challenge)
    return _published(call, f"challenge/{challenge}")


def _published(call: Call, engagement: str) -> PublicationMade:
    made = publish(call.session, call.book, engagement, person=call.person, clock=call.clock)
    call.location = f"/books/{call.book}/publications"
    return PublicationMade(engagement=made.engagement, since=made.since)


OPERATIONS = (
    Operation(
        name="publication.list",
        method="GET",
        path="/books/{book}/publications",
        handler=list_published,
        tag=TAG,
        lists=True,
    ),
    Operation(
        name="publication.fund",
        method="POST",
        path="/books/{book}/funds/{fund}/publications",
        handler=publish_fund,
        tag=TAG,
        status=201,
    ),
    Operation(
        name="publication.agreement",
        method="POST",
        path="/books/{book}/agreements/{agreement}/publications",
        handler=publish_agreement,
        tag=TAG,
        status=201,
    ),
    Operation(
        name="publication.challenge",
        method="POST",
        path="/books/{book}/challenges/{challenge}/publications",
        handler=publish_challenge,
        tag=TAG,
        status=201,
    ),
)
