"""Role grants over HTTP: an administrator grants, and what touches money holds once a funder confirmed it."""

from uuid import UUID

from ...finance.dates import as_utc
from ...finance.errors import SamePerson
from ...finance.records import registry
from ..door import Call
from ..errors import Forbidden, RequestInvalid
from ..ids import new_id
from ..operation import Operation
from ..paging import PageQuery, page_of, read_cursor
from ..records import grants
from ..wire.access import RoleGrantList, RoleGrantMade, RoleGrantRequest

BEGINNING = UUID(int=0)


def list_grants(call: Call, query: PageQuery) -> RoleGrantList:
    """List the roles granted in the book, the earliest first."""
    after = read_cursor(call, query, "role-grant.list")
    found = grants.list_book_grants(
        call.session, call.book_id, after=UUID(str(after[0])) if after else BEGINNING, limit=query.limit + 1
    )
    rows, following = page_of(call, query, found, lambda one: (str(one.id),), name="role-grant.list")
    return RoleGrantList(items=[RoleGrantMade.of(one, call.now) for one in rows], next=following)


def grant_role(call: Call, body: RoleGrantRequest) -> RoleGrantMade:
    """Grant a role; one on money (funder, intermediary) holds once somebody else confirmed it."""
    if body.person == call.person:
        raise SamePerson("Nobody grants a role to themselves. Ask another administrator.", person=call.person)
    if body.role != "judge":
        registry.find_party(call.session, call.book_id, body.party)
    begins = as_utc(body.valid_from) if body.valid_from else call.now
    ends = as_utc(body.valid_until) if body.valid_until else None
    if ends is not None and ends <= begins:
        finding = {"pointer": "/valid_until", "code": "too_early", "message": "Has to be after valid_from."}
        raise RequestInvalid("The grant ends before it begins.", findings=[finding])
    made = grants.keep_grant(
        call.session,
        call.book_id,
        grants.RoleGrant(
            id=new_id(call.now),
            book=call.book,
            person=body.person,
            party=body.party,
            role=body.role,
            engagement=body.engagement,
            may_make=body.may_make,
            may_check=body.may_check,
            valid_from=begins,
            valid_until=ends,
            granted_by=call.person,
        ),
    )
    call.location = f"/books/{call.book}/role-grants/{made.id}"
    return RoleGrantMade.of(made, call.now)


def read_grant(call: Call, grant: UUID) -> RoleGrantMade:
    """Return a role as granted."""
    return RoleGrantMade.of(grants.find_grant(call.session, call.book_id, grant), call.now)


def confirm_grant(call: Call, grant: UUID) -> RoleGrantMade:
    """Confirm a role on money: never one's own, and never what one granted."""
    found = grants.find_grant(call.session, call.book_id, grant)
    if call.person in {found.person, found.granted_by}:
        raise SamePerson(
            "A role is confirmed by somebody who neither granted it nor receives it.", person=call.person
        )
    if not found.on_money:
        raise Forbidden(f"The role {found.role} holds without a confirmation.", role=found.role)
    grants.confirm_grant(call.session, grant, call.person)
    return read_grant(call, grant)


def revoke_grant(call: Call, grant: UUID) -> RoleGrantMade:
    """End a role at once."""
    found = grants.find_grant(call.session, call.book_id, grant)
    grants.revoke_grant(call.session, found.id, call.now)
    return read_grant(call, grant)


OPERATIONS = (
    Operation(
        name="role-grant.list",
        method="GET",
        path="/books/{book}/role-grants",
        handler=list_grants,
        tag="role-grants",
    ),
    Operation(
        name="role-grant.make",
        method="POST",
        path="/books/{book}/role-grants",
        handler=grant_role,
        tag="role-grants",
        status=201,
        examples={
            "fund": {
                "person": "treasurer",
                "party": "foundation",
                "role": "funder",
                "engagement": "fund/pool",
            }
        },
    ),
    Operation(
        name="role-grant.read",
        method="GET",
        path="/books/{book}/role-grants/{grant}",
        handler=read_grant,
        tag="role-grants",
    ),
    Operation(
        name="role-grant.confirm",
        method="POST",
        path="/books/{book}/role-grants/{grant}/confirmations",
        handler=confirm_grant,
        tag="role-grants",
        status=201,
    ),
    Operation(
        name="role-grant.revoke",
        method="POST",
        path="/books/{book}/role-grants/{grant}/revocations",
        handler=revoke_grant,
        tag="role-grants",
        status=201,
    ),
)
