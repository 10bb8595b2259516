"""How a page is answered: who looks, may they send this, what is shown, and every way in which it fails.

The problem: a form that is sent twice, from another site, after the session ended, or about something that
was changed meanwhile must neither act twice nor lose what was typed. What fails comes back as a page: with
what was typed, why it was refused, and what to do.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from hmac import compare_digest
from typing import Any

from fastapi import Request, Response

from ...finance.errors import AlmonerError, Busy, Missing
from ...finance.storage import Session
from ..door import Answered
from ..errors import AuthError, NotSignedIn, RateLimited, SignInExpired, StepUpNeeded
from ..identity import Caller
from ..ids import new_id
from ..problems import problem_of, status_of
from ..records.page_sessions import find_page_session, note_page_use
from .forms import Form
from .page import Page
from .rendering import render, write_csv, write_json
from .sign_in import ask_to_sign_in, show_sign_in
from .site import Site
from .view import Attachment, Done, Shown, View
from .visit import Refused, Visit
from .words import MIRRORED, PSEUDO, choose_language, words_of

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Cookie, Accept-Language, HX-Request",
}
YEAR, SESSION = 31_536_000, 43_200
LANGUAGE = "almoner-language"
SIGNING_IN = (NotSignedIn, SignInExpired, StepUpNeeded)
PASSED_ON = (Missing, AuthError, Busy, RateLimited)


def receive(site: Site, page: Page, request: Request, form: Form) -> Response:
    """Answer one request for a page.

    Parameters
    ----------
    site : Site
        What the mounting was given.
    page : Page
        What is asked for.
    request : Request
        Its address and headers.
    form : Form
        What was sent; empty for a look.
    """
    began = time.perf_counter()
    now = site.door.clock()
    fault: BaseException | None = None
    visit = _visit(site, page, request, form)
    try:
        response = _answered(visit, page)
    except Exception as error:  # noqa: BLE001  # the last line: no internal text leaves
        fault = error
        visit.bare = True
        response = _shown(visit, View(title=visit.words._("Something went wrong"), status=500), "fault")
    finally:
        visit.close()
    _cookies(visit, response)
    site.door.watch(
        Answered(
            operation=f"page.{page.name}",
            caller=visit.caller.person if visit.caller else "public",
            object=str(request.scope["path"]),
            status=response.status_code,
            code="fault" if fault else "",
            seconds=time.perf_counter() - began,
            request_id=str(new_id(now)),
            fault=fault,
        )
    )
    return response


def refuse_form(site: Site, page: Page, request: Request) -> Response:
    """Answer a form that is too large, or none."""
    visit = _visit(site, page, request, Form())
    response = _shown(
        visit, View(title=visit.words._("This is too large, or no form"), status=413), "unreadable"
    )
    visit.close()
    return response


def _visit(site: Site, page: Page, request: Request, form: Form) -> Visit:
    parts = {name: str(value) for name, value in request.path_params.items()}
    path = str(request.scope["path"])
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE, "")
    tag = (
        chosen
        if chosen in site.languages
        else choose_language(
            request.headers.get("accept-language", ""),
            [one for one in site.languages if one not in {PSEUDO, MIRRORED}],
        )
    )
    return Visit(
        site=site,
        page=page.name,
        messages=page.said,
        request=request,
        root=_root(path, page.path.format(**parts)),
        words=words_of(tag),
        caller=None,
        session_id="",
        party="",
        parts=parts,
        query=dict(request.query_params),
        form=form,
    )


def _root(path: str, own: str) -> str:
    """Return where the pages are mounted; a page without an address of its own is at the top."""
    if not own:
        return ""
    return path.rstrip("/") if own == "/" else path.removesuffix(own)


def _answered(visit: Visit, page: Page) -> Response:
    try:
        return _admitted(visit, page)
    except AlmonerError as error:
        return _failed(visit, page, error)


def _failed(visit: Visit, page: Page, error: AlmonerError) -> Response:
    """Show why nothing else is shown."""
    words, status = visit.words, status_of(error)
    if isinstance(error, SIGNING_IN) and (page.signed_in or visit.form.was_sent):
        return _sign_in_again(visit, problem_of(error))
    if isinstance(error, Missing | AuthError):
        return _nothing(visit)
    if isinstance(error, Busy):
        return _shown(visit, View(title=words._("Busy for a moment"), status=status), "busy")
    visit.refused(error)
    if isinstance(error, RateLimited):
        return _shown(visit, View(title=words._("Too many requests"), status=status), "too_many")
    return _shown(visit, View(title=words._("This cannot be shown"), status=status), "refusal")


def _admitted(visit: Visit, page: Page) -> Response:
    _identify(visit)
    visit.site.door.throttle(visit.caller, visit.request, uploads=bool(visit.form.files))
    if visit.form.was_sent:
        _require_ours(visit)
    if page.signed_in and visit.caller is None:
        return _sign_in_again(visit, problem_of(NotSignedIn("This page takes a sign-in.")))
    return _run(visit, page)


def _nothing(visit: Visit) -> Response:
    title = visit.words._("Nothing is here")
    return _shown(visit, View(title=title, status=404), "missing")


def _identify(visit: Visit) -> None:
    """Find out who looks: by the host, or by our cookie."""
    site, now = visit.site, visit.site.door.clock()
    if site.hosted:
        visit.caller = site.door.identify(visit.request)
        visit.session_id = visit.caller.person if visit.caller else ""
        return
    text = visit.request.cookies.get(site.cookie, "")
    if not text:
        return
    found = find_page_session(visit.session, text, now)
    if found is None:
        return
    held, old = found
    visit.caller = Caller(person=held.person, authenticated_at=held.authenticated_at)
    visit.session_id, visit.party = text, held.party
    if old:
        visit.close()
        try:
            with Session(site.door.engine) as session, session.begin():
                note_page_use(session, text, now)
        except Busy:
            return


def _require_ours(visit: Visit) -> None:
    """Refuse a form that no page of ours has sent."""
    headers = visit.request.headers
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Missing("This form came from another site.")
    origin = headers.get("origin", "")
    if origin and origin != "null" and origin.partition("://")[2] != headers.get("host", ""):
        raise Missing("This form came from another site.")
    wanted = visit.site.token_of(visit.session_id)
    if not compare_digest(visit.form.text("token"), wanted):
        raise SignInExpired("This form is of a session that has ended.")


def _run(visit: Visit, page: Page) -> Response:
    try:
        outcome: Done | Shown = _act(visit, page) if visit.form.was_sent else page.show(visit)
    except Refused as refused:
        return _refused(visit, page, refused)
    except PASSED_ON:
        raise
    except AlmonerError as error:
        if not visit.form.was_sent:
            raise
        return _refused(visit, page, Refused(problem_of(error)))
    return _given(visit, outcome)


def _given(visit: Visit, outcome: Done | Shown) -> Response:
    """Return what came out, in the form that is wanted: a page, its figures, or its first table."""
    wanted = visit.query.get("as", "")
    if isinstance(outcome, Done):
        return _on(visit, outcome)
    if isinstance(outcome, Attachment):
        return _attached(outcome)
    if wanted == "json":
        return Response(write_json(visit), media_type="application/json", headers=HEADERS)
    if wanted == "csv" and outcome.sheets:
        sheet = outcome.sheets.get(visit.query.get("sheet", "")) or next(iter(outcome.sheets.values()))
        name = f"{visit.page}.csv"
        return _attached(
            Attachment(name=name, media_type="text/csv; charset=utf-8", content=write_csv(sheet))
        )
    return _shown(visit, outcome)


def _act(visit: Visit, page: Page) -> Done | Shown:
    act = page.acts.get(visit.form.text("act"))
    if act is None:
        raise Missing("This page does nothing of that name.")
    return act(visit)


def _refused(visit: Visit, page: Page, refused: Refused) -> Response:
    """Show the page again with what was typed, and why it was refused."""
    problem = refused.problem
    status = int(problem["status"])
    if problem["code"] in {NotSignedIn.code, SignInExpired.code, StepUpNeeded.code}:
        return _sign_in_again(visit, problem)
    visit.refused(refused)
    shown = page.show(visit)
    if isinstance(shown, Attachment):
        raise Missing("This page has no form.")
    return _shown(visit, replace(shown, status=status))


def _sign_in_again(visit: Visit, problem: Mapping[str, Any]) -> Response:
    """Ask for the password; what was typed is carried through, and nothing of it is kept here."""
    visit.problem = problem
    if visit.page == "sign_in":
        if visit.form.text("act") == "sign-out":
            return _on(visit, Done(to=visit.root + "/"))
        return _shown(visit, replace(show_sign_in(visit), status=int(problem["status"])))
    view = ask_to_sign_in(visit, wanted=_here(visit), kept=_kept(visit), status=int(problem["status"]))
    return _shown(visit, view, "sign_in")


def _here(visit: Visit) -> str:
    asked = visit.request.url.query
    return str(visit.request.scope["path"]) + (f"?{asked}" if asked else "")


def _kept(visit: Visit) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in visit.form.fields.items()
        if name not in {"token", "password", "current"}
        for value in values
    ]


def _on(visit: Visit, done: Done) -> Response:
    address, hash_mark, place = done.to.partition("#")
    mark = "&" if "?" in address else "?"
    to = f"{address}{mark}done={done.said}{hash_mark}{place}" if done.said else done.to
    if visit.request.headers.get("hx-request") == "true":
        return Response(status_code=200, headers={**HEADERS, "HX-Redirect": to})
    return Response(status_code=303, headers={**HEADERS, "Location": to})


def _attached(one: Attachment) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{one.name}"'}
    return Response(one.content, media_type=one.media_type, headers=headers)


def _shown(visit: Visit, view: View, template: str = "") -> Response:
    html = render(visit, view, template)
    headers = {**HEADERS, "Content-Language": visit.words.tag}
    if visit.site.secure:
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    return Response(html, status_code=view.status, media_type="text/html; charset=utf-8", headers=headers)


def _cookies(visit: Visit, response: Response) -> None:
    site = visit.site
    where = "/" if site.secure else visit.root or "/"
    if visit.fresh:
        response.set_cookie(
            site.cookie,
            visit.fresh,
            max_age=SESSION,
            path=where,
            samesite="lax",
            httponly=True,
            secure=site.secure,
        )
    elif visit.fresh is not None:
        response.delete_cookie(site.cookie, path=where, samesite="lax", httponly=True, secure=site.secure)
    wanted = visit.query.get("lang", "")
    if wanted in visit.site.languages:
        response.set_cookie(
            LANGUAGE,
            wanted,
            max_age=YEAR,
            path=visit.root or "/",
            samesite="lax",
            httponly=True,
            secure=visit.site.secure,
        )
