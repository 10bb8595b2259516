"""Answers: bytes with an ETag and headers, and refusals as problem documents."""

import hashlib
import json
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from ..finance.errors import AlmonerError
from .errors import NotSignedIn, PreconditionStale, RateLimited, SignInExpired
from .problems import OUR_FAULT, OUR_FAULT_TITLE, PROBLEM_TYPE, problem, problem_of

JSON = "application/json"
SPARSE = "application/vnd.almoner.sparse+json"
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Vary": "Authorization, Accept-Language",
}
STATUS_TITLES = {404: "Nothing is here", 405: "Not this way", 413: "Too large"}


def write_reply(reply: BaseModel) -> bytes:
    """Return a reply as bytes; the effects of a dry run only where there are some."""
    hidden = {"effects"} if getattr(reply, "effects", 0) is None else None
    return reply.model_dump_json(exclude=hidden, by_alias=True).encode()


def etag_of(content: bytes) -> str:
    """Return the strong validator of a representation.

    Examples
    --------
    >>> etag_of(b"{}")
    '"44136fa355b3678a1146ad16f7e8649e"'
    """
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def sparse(content: bytes, fields: str) -> bytes:
    """Return only the named fields of a reply, or of each of its items."""
    names = {name.strip() for name in fields.split(",")}
    said = json.loads(content)
    if isinstance(said.get("items"), list):
        said["items"] = [{name: one[name] for name in one if name in names} for one in said["items"]]
    else:
        said = {name: said[name] for name in said if name in names}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(request_id: UUID, *, public: bool) -> dict[str, str]:
    """Return the headers of every answer."""
    kept = "public, max-age=60" if public else "no-store"
    return {**SAFE, "X-Request-Id": str(request_id), "Cache-Control": kept}


def refusal(error: AlmonerError, request_id: UUID, prefix: str = "") -> Response:
    """Return a refusal as a response.

    Parameters
    ----------
    error : AlmonerError
        What was refused.
    request_id : UUID
        For the log and a report.
    prefix : str
        Where the routes are mounted.
    """
    body = problem_of(error)
    findings = body["figures"].get("findings") if isinstance(body["figures"], dict) else None
    if isinstance(findings, list) and all(isinstance(one, dict) and "pointer" in one for one in findings):
        body["errors"] = findings
        body["figures"] = {}
    headers: dict[str, str] = {}
    if isinstance(error, NotSignedIn | SignInExpired):
        headers["WWW-Authenticate"] = 'Bearer realm="almoner"'
    if isinstance(error, RateLimited):
        headers |= limit_headers(error)
    if isinstance(error, PreconditionStale) and "etag" in error.figures:
        headers["ETag"] = str(error.figures["etag"])
    if body["status"] == 503 or error.code == "idempotency.in_progress":  # noqa: PLR2004  # RFC 9110
        headers["Retry-After"] = "1"
    return problem_response(body, request_id, prefix, headers)


def limit_headers(error: RateLimited) -> dict[str, str]:
    """Return what a refused caller is told of the limit, and when to ask again."""
    figures = error.figures
    seconds = figures.get("seconds", 1)
    told = {"Retry-After": str(seconds)}
    if "policy" in figures:
        told["RateLimit"] = f'"{figures["policy"]}";r=0;t={seconds}'
        told["RateLimit-Policy"] = f'"{figures["policy"]}";q={figures["limit"]};w={figures["window"]}'
    return told


def fault_response(request_id: UUID, prefix: str = "") -> Response:
    """Return the answer to our own fault: nothing but the identity of the request."""
    detail = "Something went wrong on our side; nothing was changed. Try again, and report it if it stays."
    return problem_response(problem(500, f"fault.{OUR_FAULT}", OUR_FAULT_TITLE, detail), request_id, prefix)


def problem_response(
    body: dict[str, Any], request_id: UUID, prefix: str = "", headers: dict[str, str] | None = None
) -> Response:
    """Return a problem document as a response."""
    whole = {"errors": [], **body, "type": prefix + body["type"], "request_id": str(request_id)}
    content = json.dumps(whole, ensure_ascii=False)
    return Response(
        content.encode("utf-8", "backslashreplace"),
        status_code=body["status"],
        media_type=PROBLEM_TYPE,
        headers=headers_of(request_id, public=False) | (headers or {}),
    )
