"""What a refusal is at the doors: an HTTP status, an exit code, and a problem document (RFC 9457).

The problem: the floors below know no HTTP and no shell, and every door must answer the same cause in the
same way. This table is the only place with status and exit codes.

| exit | meaning |
|---|---|
| 0 | done |
| 1 | a finding: verification failed, a published figure differs |
| 2 | the call or a file given to it is malformed |
| 3 | not found |
| 4 | refused by a rule |
| 5 | stale or conflicting |
| 6 | not proven within the gap |
| 7 | infeasible, explained |
| 69 | the database or an extra is missing |
| 70 | our own fault |
| 75 | try again |
| 130 | interrupted |
"""

from ..challenges import errors as challenge_errors
from ..finance import errors
from . import errors as door_errors

DONE, FINDING, USAGE, REFUSED, MISSING, OUR_FAULT, INTERRUPTED = 0, 1, 2, 4, 69, 70, 130
PROBLEM_TYPE = "application/problem+json"
OUR_FAULT_TITLE = "Our fault"

_CODES: tuple[tuple[type[errors.AlmonerError], int, int], ...] = (
    (errors.UnknownUnit, 422, USAGE),
    (errors.TooPrecise, 422, USAGE),
    (errors.MoneyError, 422, REFUSED),
    (errors.DocumentError, 422, USAGE),
    (errors.TermError, 422, USAGE),
    (errors.ResultsInvalid, 422, USAGE),
    (errors.OutcomesInvalid, 422, USAGE),
    (errors.Missing, 404, 3),
    (errors.AlreadyExists, 409, 5),
    (errors.Busy, 503, 75),
    (errors.StorageError, 503, 69),
    (errors.KeyReused, 409, 5),
    (errors.AlreadyDetermined, 409, 5),
    (errors.AlreadyClaimed, 409, 5),
    (errors.DeterminationReplayed, 409, 5),
    (errors.RowsInvalid, 422, USAGE),
    (errors.EvaluationRefused, 422, REFUSED),
    (errors.ProposalRejected, 409, REFUSED),
    (errors.DutyError, 403, REFUSED),
    (door_errors.NotSignedIn, 401, REFUSED),
    (door_errors.SignInExpired, 401, REFUSED),
    (door_errors.AuthError, 403, REFUSED),
    (door_errors.RequestInvalid, 422, USAGE),
    (door_errors.RequestKeyReused, 422, USAGE),
    (door_errors.InProgress, 409, 75),
    (door_errors.PreconditionMissing, 428, USAGE),
    (door_errors.PreconditionStale, 412, 5),
    (door_errors.PeopleKeyMissing, 503, 69),
    (door_errors.BodyTooLarge, 413, USAGE),
    (door_errors.BodyTooSlow, 408, USAGE),
    (door_errors.MediaRefused, 415, USAGE),
    (door_errors.RateLimited, 429, 75),
    (door_errors.OutboundFailed, 503, 75),
    (door_errors.ApprovalUnneeded, 409, REFUSED),
    (door_errors.BookTooLarge, 409, REFUSED),
    (door_errors.OutboundRefused, 422, REFUSED),
    (door_errors.WebhooksOff, 409, REFUSED),
    (door_errors.VaultLocked, 409, REFUSED),
    (door_errors.StreamsFull, 429, 75),
    (door_errors.JobsFull, 429, 75),
    (door_errors.JobAbandoned, 409, 75),
    (door_errors.RequestError, 400, USAGE),
    (door_errors.SettingsInvalid, 503, USAGE),
    (door_errors.InstallationError, 503, 69),
    (challenge_errors.BriefInvalid, 422, USAGE),
    (challenge_errors.AnswersInvalid, 422, USAGE),
    (challenge_errors.ScoreInvalid, 422, USAGE),
    (challenge_errors.BallotInvalid, 422, USAGE),
    (challenge_errors.ApplicationStale, 409, 5),
    (challenge_errors.ConflictRecused, 403, REFUSED),
    (challenge_errors.ScoreUnassigned, 403, REFUSED),
    (errors.NotProven, 409, 6),
    (errors.Infeasible, 409, 7),
    (errors.AlmonerError, 409, REFUSED),
)

_EXITS = {
    401: REFUSED,
    403: REFUSED,
    404: 3,
    408: 75,
    409: REFUSED,
    412: 5,
    429: 75,
    502: 75,
    503: 75,
    504: 75,
}


def status_of(error: errors.AlmonerError) -> int:
    """Return the HTTP status of a refusal.

    Examples
    --------
    >>> status_of(errors.Missing("There is no fund 'x'.")), status_of(errors.InsufficientFunds("short"))
    (404, 409)
    """
    return next(status for kind, status, _ in _CODES if isinstance(error, kind))


def exit_of(error: errors.AlmonerError) -> int:
    """Return the exit code of a refusal.

    Examples
    --------
    >>> exit_of(errors.Missing("There is no fund 'x'.")), exit_of(errors.DatabaseUnreadable("no"))
    (3, 69)
    """
    return next(code for kind, _, code in _CODES if isinstance(error, kind))


def exit_of_code(code: str, status: int) -> int:
    """Return the exit code of a refusal that came as a problem document.

    Parameters
    ----------
    code : str
        Its stable code.
    status : int [HTTP status]
        Decides about a code that this version does not know.

    Examples
    --------
    >>> exit_of_code("fund.insufficient", 409), exit_of_code("of.tomorrow", 404)
    (4, 3)
    """
    known = {one.code: one for one in reversed(_tree(errors.AlmonerError))}
    if code in known:
        return next(exit_code for kind, _, exit_code in _CODES if issubclass(known[code], kind))
    return _EXITS.get(status, OUR_FAULT if status >= 500 else USAGE)  # noqa: PLR2004  # the server's faults


def _tree(kind: type[errors.AlmonerError]) -> list[type[errors.AlmonerError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in _tree(one))]


def title_of(kind: type[errors.AlmonerError]) -> str:
    """Return the short name of a cause, from its class.

    Examples
    --------
    >>> title_of(errors.InsufficientFunds)
    'More than is free'
    """
    return (kind.__doc__ or kind.code).strip().splitlines()[0].split(";")[0].rstrip(".")


def list_titles(kind: type[errors.AlmonerError]) -> list[str]:
    """Return the title of a cause and of every cause below it, each once, in order."""
    return sorted({title_of(one) for one in _tree(kind)})


def problem_of(error: errors.AlmonerError) -> dict[str, object]:
    """Return a refusal as a problem document.

    Examples
    --------
    >>> problem_of(errors.InsufficientFunds("Short by 1.00 USD.", short="1.00"))["code"]
    'fund.insufficient'
    """
    return problem(status_of(error), error.code, title_of(type(error)), error.message, dict(error.figures))


def problem(
    status: int, code: str, title: str, detail: str, figures: dict[str, errors.Figure] | None = None
) -> dict[str, object]:
    """Return a problem document.

    Parameters
    ----------
    status : int [HTTP status]
        The status it is sent with.
    code, title, detail : str
        Stable code, short name of the cause, and what happened with figures and what to do.
    figures : dict or None
        The same figures as data.

    Examples
    --------
    >>> problem(404, "http.not_found", "Nothing is here", "There is no such address.")["type"]
    '/problems/http.not_found'
    """
    return {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "figures": figures or {},
    }
