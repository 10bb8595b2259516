"""The addresses of the pages, as routes for any application."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from fastapi import APIRouter, Request, Response
from python_multipart.exceptions import FormParserError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.routing import Route

from ...finance.errors import Missing
from ..door import MIB, Door
from ..routes import OPERATIONS
from .forms import Form, SentFile, form_of
from .page import Page
from .receiving import receive, refuse_form
from .site import Look, Site
from .statics import static_files
from .table import PAGES
from .view import View
from .visit import Visit

MOST_FIELDS = 2000
FORM = MIB
FOR_EVER = "public, max-age=31536000, immutable"


def page_routes(door: Door, look: Look | None = None) -> APIRouter:
    """Return the routes of all pages and of what they load.

    Parameters
    ----------
    door : Door
        What the mounting was given.
    look : Look or None
        What the installation chose of its pages.
    """
    site = open_site(door, look)
    router = APIRouter(include_in_schema=False)
    for page in PAGES:
        methods = ["GET", "POST"] if page.acts else ["GET"]
        router.routes.append(
            Route(page.path, _endpoint(site, page), methods=methods, name=f"page.{page.name}")
        )
    router.routes.append(Route("/static/{digest}/{name}", _static, methods=["GET"], name="page.static"))
    return router


def open_site(door: Door, look: Look | None = None) -> Site:
    """Return what all pages of a mounting share."""
    named = {one.name: one for one in OPERATIONS}
    addresses = {name: page.path for name, page in pages_by_name(PAGES).items()}
    return Site(door=door, operations=named, addresses=addresses, look=look or Look())


def missing_page(door: Door, look: Look) -> Callable[[Request], Response]:
    """Return what answers an address that is none, as a page; for an application of our own."""
    site = open_site(door, look)
    nowhere = Page(name="nowhere", path="", show=_nothing, signed_in=False)
    return lambda request: receive(site, nowhere, request, Form())


def _nothing(visit: Visit) -> View:
    raise Missing(f"There is no page {visit.request.scope['path']}. Check the address.")


def _endpoint(site: Site, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if request.method != "POST":
            return await run_in_threadpool(receive, site, page, request, Form())
        try:
            form = await _read(site, page, request)
        except (HTTPException, MultiPartException, FormParserError, UnicodeDecodeError):
            return await run_in_threadpool(refuse_form, site, page, request)
        return await run_in_threadpool(receive, site, page, request, form)

    return answer


async def _read(site: Site, page: Page, request: Request) -> Form:
    """Read a form; larger ones than a page of ours sends are refused before they are read."""
    most = site.door.limits.upload + FORM if page.uploads else FORM
    if (
        not request.headers.get("content-length", "").isdigit()
        or int(request.headers["content-length"]) > most
    ):
        raise HTTPException(status_code=413)
    async with request.form(max_files=4, max_fields=MOST_FIELDS, max_part_size=FORM) as sent:
        pairs, found = [], {}
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile):
                if value.filename:
                    found[name] = SentFile(
                        name=value.filename, content=await value.read(), media_type=value.content_type or ""
                    )
            else:
                pairs.append((name, value))
    return form_of(pairs, found)


async def _static(request: Request) -> Response:
    digest, name = request.path_params["digest"], request.path_params["name"]
    found = static_files().get(f"/static/{digest}/{name}")
    if found is None:
        raise HTTPException(status_code=404)
    headers = {"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            found.packed, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"}
        )
    return Response(found.content, media_type=found.media_type, headers=headers)


def pages_by_name(pages: Sequence[Page]) -> Mapping[str, Page]:
    """Return pages by name.

    Raises
    ------
    ValueError
        When two have one name or one address.
    """
    named = {one.name: one for one in pages}
    if len(named) != len(pages) or len({one.path for one in pages}) != len(pages):
        raise ValueError("two pages have one name or one address")
    return named
