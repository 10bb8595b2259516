"""What is asked and answered about who may: tokens, persons, roles, keys."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints, model_validator

from ...finance.documents import Code
from ..api_keys import LONGEST as LONGEST_KEY
from ..api_keys import SCOPE
from ..records.grants import RoleGrant
from ..records.keys import KeyLine
from ..records.persons import Person
from .base import Asked, Instant, Made, PageQuery, Reply

SHORTEST, LONGEST = 12, 128
Login = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
PartyRole = Literal["funder", "investor", "intermediary", "hub", "evaluator", "judge"]
Scope = Annotated[str, StringConstraints(pattern=SCOPE, max_length=60)]
Engagement = Annotated[str, StringConstraints(pattern=r"^(?:(?:agreement|challenge|fund)/[^/\s]{1,64})?$")]
NewPassword = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]
GivenPassword = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]
RefreshText = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class PasswordGrant(Asked):
    """A sign-in by login and password."""

    grant_type: Literal["password"]
    username: Login
    password: GivenPassword


class RefreshGrant(Asked):
    """A sign-in that goes on: the refresh token is good once."""

    grant_type: Literal["refresh_token"]
    refresh_token: RefreshText


TokenRequest = Annotated[PasswordGrant | RefreshGrant, Field(discriminator="grant_type")]


class TokenReply(Reply):
    """Tokens of a sign-in.

    Attributes
    ----------
    expires_in : int [s]
        Of the access token.
    refresh_expires_in : int [s]
        Of the refresh token.
    """

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the name of a scheme, no secret
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class RevocationRequest(Asked):
    """A sign-in to end, by its refresh token."""

    refresh_token: RefreshText


class RevocationReply(Reply):
    """Whether the sign-in is over now: always, also where there was none."""

    ended: bool = True


class RoleLine(Reply):
    """A role the caller holds."""

    book: str
    role: str
    party: str
    engagement: str
    may_make: bool
    may_check: bool
    valid_from: Instant | None
    valid_until: Instant | None
    state: str


class MeReply(Reply):
    """Who is asking.

    Attributes
    ----------
    scopes : list of str or None
        What this key may do; None for all that the roles allow.
    """

    person: str
    name: str
    admin: bool
    api_key: str | None
    scopes: list[str] | None
    authenticated_at: Instant | None
    roles: list[RoleLine]


class SignInLine(Reply):
    """A sign-in of the caller that goes on.

    Attributes
    ----------
    since : Instant
        When the password was given.
    seen_at : Instant or None
        When its pages were last used; null for that of a program.
    until : Instant
        When it ends by itself, at the latest.
    """

    since: Instant
    seen_at: Instant | None
    until: Instant


class SignInList(Reply):
    """The sign-ins of the caller that go on, the newest first."""

    items: list[SignInLine]


class OwnPasswordRequest(Asked):
    """A new password of one's own."""

    current: GivenPassword
    password: NewPassword


class PasswordRequest(Asked):
    """A login and a password for a person; every sign-in of theirs ends."""

    login: Login
    password: NewPassword


class PasswordReply(Reply):
    """Whose password was set."""

    person: str


class PersonRequest(Asked):
    """A person to register; a password is set in a request of its own.

    Attributes
    ----------
    issuer, subject : str
        Who they are at an issuer; both or none.
    admin : bool
        Whether they run the installation.
    """

    code: Code
    name: Name
    issuer: Annotated[str, Field(max_length=500)] = ""
    subject: Annotated[str, Field(max_length=255)] = ""
    admin: bool = False

    @model_validator(mode="after")
    def _known_whole(self) -> Self:
        if bool(self.issuer) != bool(self.subject):
            raise ValueError("give issuer and subject, or neither")
        return self


class PersonMade(Made):
    """A person as registered."""

    code: str
    name: str
    login: str
    issuer: str
    subject: str
    admin: bool
    disabled_at: Instant | None
    created_at: Instant

    @classmethod
    def of(cls, person: Person) -> "PersonMade":
        """Return a person as a reply."""
        return cls(
            code=person.code,
            name=person.name,
            login=person.login,
            issuer=person.issuer,
            subject=person.subject,
            admin=person.admin,
            disabled_at=person.disabled_at,
            created_at=person.created_at,
        )


class PersonList(Reply):
    """A page of persons; ``next`` is the cursor of the page behind it."""

    items: list[PersonMade]
    next: str | None


class RoleGrantRequest(Asked):
    """A role to grant.

    Attributes
    ----------
    party : str
        In whose name they act; of a judge, the person's own code, so that conflicts of either are found.
    engagement : str
        ``fund/CODE``, ``agreement/CODE`` or ``challenge/CODE``; empty for the whole book.
    valid_from : datetime or None
        From now when None.
    """

    person: Code
    party: Code
    role: PartyRole
    engagement: Engagement = ""
    may_make: bool = True
    may_check: bool = True
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @model_validator(mode="after")
    def _judge_in_person(self) -> Self:
        """Refuse a judge in another's name."""
        if self.role == "judge" and self.party != self.person:
            raise ValueError("a judge acts in the own name: party is the code of the person")
        return self


class RoleGrantMade(Made):
    """A role as granted."""

    id: UUID
    person: str
    party: str
    role: str
    engagement: str
    may_make: bool
    may_check: bool
    valid_from: Instant
    valid_until: Instant | None
    granted_by: str
    confirmed_by: str | None
    revoked_at: Instant | None
    state: str

    @classmethod
    def of(cls, grant: RoleGrant, now: datetime) -> "RoleGrantMade":
        """Return a grant as a reply."""
        return cls(
            id=grant.id,
            person=grant.person,
            party=grant.party,
            role=grant.role,
            engagement=grant.engagement,
            may_make=grant.may_make,
            may_check=grant.may_check,
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            granted_by=grant.granted_by,
            confirmed_by=grant.confirmed_by or None,
            revoked_at=grant.revoked_at,
            state=grant.state(now),
        )


class RoleGrantList(Reply):
    """A page of role grants; ``next`` is the cursor of the page behind it."""

    items: list[RoleGrantMade]
    next: str | None


class KeyRequest(Asked):
    """A key to make.

    Attributes
    ----------
    scopes : list of str
        What it may do, for example ``funds:read``; it never checks.
    days : int [days]
        Until it ends.
    """

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)]
    days: Annotated[int, Field(ge=1, le=LONGEST_KEY.days)] = 90


class KeyReply(Made):
    """What is told of a key: never its secret."""

    id: str
    person: str
    name: str
    scopes: list[str]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    last_used_on: date | None

    @classmethod
    def of(cls, line: KeyLine) -> "KeyReply":
        """Return a key as a reply."""
        return cls(
            id=line.id,
            person=line.person,
            name=line.name,
            scopes=list(line.scopes),
            created_at=line.created_at,
            expires_at=line.expires_at,
            revoked_at=line.revoked_at,
            last_used_on=line.last_used_on,
        )


class KeyMade(KeyReply):
    """A key as it was made.

    Attributes
    ----------
    key : str or None
        The whole key, shown in the first answer and in no other.
    """

    key: str | None = None


class KeyList(Reply):
    """A page of keys; ``next`` is the cursor of the page behind it."""

    items: list[KeyReply]
    next: str | None


class KeyQuery(PageQuery):
    """Which page of the keys.

    Attributes
    ----------
    everybody : bool
        All keys of the installation, for its administrator.
    """

    everybody: bool = False
