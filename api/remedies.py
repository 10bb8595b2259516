"""A page for every code of a refusal: what it means, and what to do about it.

The problem: the address in a problem document's ``type`` is where a developer looks first, and nothing is
there. Meaning and status come from the class of the refusal itself, so that a new one has a page at once.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from ..challenges import errors as _challenges
from ..finance.errors import AlmonerError, Missing
from . import errors as _doors
from .answering import STATUS_TITLES
from .problems import OUR_FAULT, OUR_FAULT_TITLE, exit_of, status_of
from .wire.remedies import ProblemPage

FLOORS = (_challenges, _doors)  # imported for the classes they add to the tree
BY_STATUS: Mapping[int, str] = {
    400: "Send the request as the reference describes it: its parameters, its headers, its encoding.",
    401: "Sign in, and send the token or an API key as Authorization: Bearer.",
    403: "Ask somebody who holds the role or the duty. The rule that stands against it is in the detail.",
    404: "Check the address, the method and the codes in it. What you may not know of answers the same.",
    405: "Use one of the methods that the header Allow names.",
    408: "Send the body without pauses, or a smaller one.",
    409: "Detail and figures say which rule stands against it. Change that, and take a new Idempotency-Key.",
    412: "Read the thing again, decide whether your change still fits, and send it with the new ETag.",
    413: "Send less: the limit is in the figures.",
    415: "Send one of the media types that the reference names for this operation.",
    422: "Correct every place that errors lists; each names its JSON pointer.",
    428: "Read the thing first, and send its ETag as If-Match.",
    429: "Wait as long as Retry-After says, then go on more slowly.",
    500: "Send it again with the same Idempotency-Key. If it stays, report the request_id.",
    503: "Nothing was written. Send it again with the same Idempotency-Key after Retry-After.",
}
BY_CODE: Mapping[str, str] = {
    "allocation.infeasible": "Some of its rules cannot hold together. Relax one of them.",
    "allocation.not_proven": "Give it more time, or accept a wider gap.",
    "application.incomplete": "Add what is missing: accords, disclosures, answers.",
    "application.stale": "Read the draft again and put your change on top of the other one.",
    "auth.expired": "Ask for a new access token with the refresh token, or sign in again.",
    "auth.step_up": "Sign in again now: approvals, signatures and keys take a sign-in of the last minutes.",
    "claim.already_claimed": "The result was paid for before. Leave it out of this claim.",
    "claim.signature": "Sign exactly the bytes that were shown, with the key registered for the party.",
    "conflict.recused": "Nothing is to be done by this judge: the entry goes to others.",
    "contract.frozen": "A dispute keeps the money back. Resolve or waive it first.",
    "contract.not_signed": "Let every party sign that has not.",
    "contract.underfunded": "Bring in what is short, or agree on terms that may cost less.",
    "cursor.invalid": "Begin the list anew, without a cursor; keep filter and caller the same.",
    "duty.not_approved": "Let as many others approve as it takes.",
    "duty.not_independent": "Ask an evaluator who is no party to the agreement and is not paid by it.",
    "duty.same_person": "Ask somebody else: who made a thing does not check it.",
    "fund.earmark": "Choose a use that the donor admits, or money under another earmark.",
    "fund.insufficient": "Bring in what is short, or release what is promised elsewhere.",
    "idempotency.in_progress": "Send it again in a moment with the same key.",
    "idempotency.key_reused": "Take a new Idempotency-Key: this one belongs to another request.",
    "idempotency.missing": "Send an Idempotency-Key of 1 to 255 visible ASCII characters, new for every act.",
    "import.no_key": "Ask the operator to set ALMONER_PEOPLE_KEY.",
    "installation.not_copied": "Look at what the message names, then copy again: nothing was left behind.",
    "installation.not_ready": "Ask another process; the operator finds the cause in the figures.",
    "installation.settings": "Set what the message names. Secrets are made by: almoner secrets.",
    "job.abandoned": "Ask for the job anew. If it happens again, it may be too large for the workers.",
    "job.full": "Wait until one of your jobs has ended, or cancel one.",
    "ledger.log_inconsistent": "Stop writing, and compare the database with a copy and its checkpoint.",
    "ledger.period_closed": "Book on a day of an open period.",
    "money.too_precise": "Write the amount with no more decimal digits than its unit has.",
    "money.unknown_unit": "Take a unit that is listed at /v1/units.",
    "outbound.refused": "Give a public https address on port 443, by its name.",
    "outbound.failed": "See that the address answers within ten seconds, then send it again.",
    "query.unknown": "Leave the parameter away, or write it as the reference does.",
    "storage.already_exists": "Take another code, or read what is there.",
    "storage.schema_missing": "The operator runs: almoner migrate.",
    "stream.full": "Close one of your streams.",
    "terms.invalid": "Correct every finding. Try terms without storing them at /v1/terms/readings/lint.",
    "verification.too_large": "Ask for a job of kind verify instead.",
    "webhook.off": "Ask the operator to set ALMONER_VAULT_KEYS.",
    "webhook.secret_locked": "Rotate the secret of the endpoint, or bring back the former key.",
}
FOR_PEOPLE = (
    "allocation.infeasible",
    "allocation.not_proven",
    "application.incomplete",
    "claim.already_claimed",
    "claim.signature",
    "conflict.recused",
    "contract.frozen",
    "contract.not_signed",
    "contract.underfunded",
    "duty.not_approved",
    "duty.not_independent",
    "duty.same_person",
    "fund.earmark",
    "fund.insufficient",
    "job.abandoned",
    "job.full",
    "ledger.period_closed",
    "money.too_precise",
    "outbound.failed",
    "outbound.refused",
    "storage.already_exists",
    "webhook.off",
)


def list_advice() -> tuple[str, ...]:
    """Return what pages advise: of all remedies, those that need no request to be written.

    Examples
    --------
    >>> "Book on a day of an open period." in list_advice()
    True
    """
    return tuple(BY_CODE[code] for code in FOR_PEOPLE)


def advice(code: str) -> str:
    """Return what a page advises after a refusal; empty where the refusal says it all.

    Parameters
    ----------
    code : str
        Of the refusal.

    Examples
    --------
    >>> advice("duty.same_person"), advice("idempotency.missing")
    ('Ask somebody else: who made a thing does not check it.', '')
    """
    return BY_CODE[code] if code in FOR_PEOPLE else ""


@cache
def list_pages() -> tuple[ProblemPage, ...]:
    """Return the page of every code, by code.

    Examples
    --------
    >>> [page.status for page in list_pages() if page.code == "fund.insufficient"]
    [409]
    """
    told: dict[str, ProblemPage] = {}
    for kind in _tree(AlmonerError):
        status = status_of(kind("")) if kind is not AlmonerError else 409
        if kind.code not in told or told[kind.code].status != status:
            told[kind.code] = _merged(told.get(kind.code), kind, status)
    for status, title in STATUS_TITLES.items():
        told[f"http.{status}"] = _page(f"http.{status}", status, title, None)
    fault = f"fault.{OUR_FAULT}"
    told[fault] = _page(fault, 500, OUR_FAULT_TITLE, OUR_FAULT)
    return tuple(told[code] for code in sorted(told))


def _merged(known: ProblemPage | None, kind: type[AlmonerError], status: int) -> ProblemPage:
    """Return the page of a class; of two with one code, that of the doors, which is what is sent."""
    if known is not None and kind.__module__ != _doors.__name__:
        return known
    meaning = " ".join((kind.__doc__ or kind.code).split()).replace("``", "")
    return _page(kind.code, status, meaning, exit_of(kind("")))


def _page(code: str, status: int, meaning: str, exit_code: int | None) -> ProblemPage:
    title, _, _ = meaning.partition(". ")
    return ProblemPage(
        code=code,
        title=title.rstrip("."),
        status=status,
        exit_code=exit_code,
        meaning=meaning,
        remedy=BY_CODE.get(code, BY_STATUS[status]),
    )


def find_page(code: str) -> ProblemPage:
    """Return the page of a code.

    Raises
    ------
    Missing
        When no refusal has it.

    Examples
    --------
    >>> find_page("auth.required").status
    401
    """
    for page in list_pages():
        if page.code == code:
            return page
    raise Missing("No refusal has this code. All of them are listed at /problems.")


def _tree(kind: type[AlmonerError]) -> Iterator[type[AlmonerError]]:
    yield kind
    for narrower in kind.__subclasses__():
        if narrower.__module__.startswith(__name__.partition(".")[0] + "."):
            yield from _tree(narrower)
