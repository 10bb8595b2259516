"""Refusals that only a door knows, one branch more of the tree.

The problem: what is wrong with a request (its encoding, its key, its precondition, its rate) is no matter of
the floors below, and still has to be one of the library's refusals, with a code and figures::

    AlmonerError
    |- AuthError          NotSignedIn, SignInExpired, Forbidden, StepUpNeeded
    |- InstallationError  SettingsInvalid, NotReady, NotCopied
    `- RequestError       RequestMalformed, QueryUnknown, CursorInvalid, KeyMissing, PreconditionMissing,
    |                     PreconditionStale, BodyTooLarge, BodyTooSlow, MediaRefused, RateLimited, InProgress,
    |                     RequestInvalid, RequestKeyReused, ApprovalUnneeded, BookTooLarge, PeopleKeyMissing,
    |                     OutboundRefused, OutboundFailed, WebhooksOff, VaultLocked, StreamsFull,
    |                     JobAbandoned, JobsFull
"""

from ..finance.errors import AlmonerError


class InstallationError(AlmonerError):
    """An installation that cannot do what it is for."""

    code = "installation"


class SettingsInvalid(InstallationError):
    """Settings with which no server starts."""

    code = "installation.settings"


class NotReady(InstallationError):
    """A server that takes no requests now: it is ending, or its worker is silent."""

    code = "installation.not_ready"


class NotCopied(InstallationError):
    """A copy of a database that was not made, or does not verify."""

    code = "installation.not_copied"


class AuthError(AlmonerError):
    """A caller whose request goes no further for who they are."""

    code = "auth"


class NotSignedIn(AuthError):
    """Nobody is signed in."""

    code = "auth.required"


class SignInExpired(AuthError):
    """A token that has run out, or was withdrawn."""

    code = "auth.expired"


class Forbidden(AuthError):
    """A role, a duty or a key that does not allow what is asked."""

    code = "auth.forbidden"


class StepUpNeeded(AuthError):
    """A sign-in too long ago for what is asked."""

    code = "auth.step_up"


class RequestError(AlmonerError):
    """A request that no operation takes."""

    code = "request"


class RequestMalformed(RequestError):
    """A request that is not what it says: no JSON, a key twice, a number that is none."""

    code = "request.malformed"


class RequestInvalid(RequestError):
    """A request whose parts break the schema; ``figures['findings']`` lists every place."""

    code = "request.invalid"


class QueryUnknown(RequestError):
    """A parameter of the address that the operation does not have, or not for this caller."""

    code = "query.unknown"


class CursorInvalid(RequestError):
    """A cursor that was not given for this list, this filter and this caller."""

    code = "cursor.invalid"


class KeyMissing(RequestError):
    """A write without a usable ``Idempotency-Key``."""

    code = "idempotency.missing"


class RequestKeyReused(RequestError):
    """An ``Idempotency-Key`` that this client sent with another request."""

    code = "idempotency.key_reused"


class InProgress(RequestError):
    """The same key is being worked on."""

    code = "idempotency.in_progress"


class PreconditionMissing(RequestError):
    """A change without the ``If-Match`` it takes."""

    code = "precondition.missing"


class PreconditionStale(RequestError):
    """A change of something that was changed since it was read."""

    code = "precondition.stale"


class PeopleKeyMissing(RequestError):
    """Rows of people for an installation that keeps no key for pseudonyms."""

    code = "import.no_key"


class BodyTooLarge(RequestError):
    """More bytes than the operation takes."""

    code = "request.too_large"


class BodyTooSlow(RequestError):
    """A body that did not arrive in time."""

    code = "request.too_slow"


class MediaRefused(RequestError):
    """A media type that the operation does not take."""

    code = "request.media_type"


class RateLimited(RequestError):
    """More requests than a caller may send."""

    code = "rate.limited"


class ApprovalUnneeded(RequestError):
    """A proposal of what may be done at once."""

    code = "proposal.unneeded"


class BookTooLarge(RequestError):
    """A book too large to be checked while a caller waits."""

    code = "verification.too_large"


class OutboundRefused(RequestError):
    """An address that no request of ours goes to."""

    code = "outbound.refused"


class OutboundFailed(RequestError):
    """An address that does not answer, or not within the limits."""

    code = "outbound.failed"


class WebhooksOff(RequestError):
    """An installation without a key for the secrets of webhooks."""

    code = "webhook.off"


class VaultLocked(RequestError):
    """A stored secret that the keys of this installation do not open."""

    code = "webhook.secret_locked"


class StreamsFull(RequestError):
    """More streams than a caller may hold open."""

    code = "stream.full"


class JobAbandoned(RequestError):
    """A job whose workers were gone each time."""

    code = "job.abandoned"


class JobsFull(RequestError):
    """More jobs than a party may have open."""

    code = "job.full"
