"""A page as PDF, by a browser of the installation's own.

The problem: a program that is started by whoever asks can be started a thousand times, hang, or be led to
load what it should not. At most two run at once, each is ended after a while, runs no script, has no
network, and sees one file with everything in it; the same page gives the same bytes.
"""

import re
import subprocess
import tempfile
from datetime import UTC
from importlib.resources import files
from pathlib import Path
from threading import BoundedSemaphore

from ...finance.errors import Busy
from .rendering import render
from .view import Attachment, View
from .visit import Visit

AT_ONCE, PATIENCE, LONGEST = 2, 5.0, 25.0
PAPERS = {"A4": "A4", "Letter": "Letter"}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--proxy-server=127.0.0.1:9",
    "--no-pdf-header-footer",
)
_CLOSED = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
_LINKS = re.compile(r"<link\b[^>]*>|<script\b[^>]*></script>")
_DATES = re.compile(rb"/(CreationDate|ModDate) ?\(D:[^)]*\)")
_slots = BoundedSemaphore(AT_ONCE)


def printed(visit: Visit, view: View) -> Attachment | View:
    """Return a page as PDF, or as it is where the installation has no browser.

    Parameters
    ----------
    visit : Visit
        Whose page; its parameter ``paper`` chooses ``A4`` or ``Letter``.
    view : View
        What is shown.

    Raises
    ------
    Busy
        When two others are being printed, or it takes too long.
    """
    browser = visit.site.look.chromium
    if not browser:
        return view
    paper = PAPERS.get(visit.query.get("paper", ""), "A4")
    html = self_contained(render(visit, view), paper)
    visit.close()
    day = visit.site.door.clock().astimezone(UTC).strftime("%Y%m%d")
    return Attachment(
        name=f"{visit.page}.pdf", media_type="application/pdf", content=print_pdf(html, browser, day)
    )


def self_contained(html: str, paper: str) -> str:
    """Return a page that loads nothing: its style inside, no script, and a paper.

    Examples
    --------
    >>> "<script" in self_contained('<head><script src="x"></script></head>', "A4")
    False
    """
    static = files("almoner.api").joinpath("static")
    style = "".join(
        static.joinpath(name).read_text(encoding="utf-8")
        for name in ("govuk-frontend.min.css", "almoner.css")
    )
    page = f"@page{{size:{paper};margin:16mm 15mm 18mm}}"
    bare = _LINKS.sub("", html)
    return bare.replace("<head>", f"<head>{_CLOSED}<style>{style}{page}</style>", 1)


def print_pdf(html: str, browser: str, day: str) -> bytes:
    """Print a page that loads nothing.

    Parameters
    ----------
    html : str
        The page.
    browser : str
        Path of a Chromium.
    day : str
        ``YYYYMMDD``, which the file says it was made on.

    Raises
    ------
    Busy
        When two others are being printed, or it takes too long.
    """
    if not _slots.acquire(timeout=PATIENCE):
        raise Busy("Two pages are being printed at this moment. Try again in a moment.")
    try:
        with tempfile.TemporaryDirectory(prefix="almoner-pdf-", ignore_cleanup_errors=True) as folder:
            return _undated(_run(Path(folder), html, browser), day)
    finally:
        _slots.release()


def _run(folder: Path, html: str, browser: str) -> bytes:
    page, made = folder / "page.html", folder / "page.pdf"
    page.write_text(html, encoding="utf-8")
    asked = [
        browser,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"--print-to-pdf={made}",
        page.as_uri(),
    ]
    try:
        subprocess.run(asked, check=True, timeout=LONGEST, capture_output=True, stdin=subprocess.DEVNULL)  # noqa: S603  # the installation's own browser, and paths of ours
        return made.read_bytes()
    except (subprocess.SubprocessError, OSError) as error:
        raise Busy(
            "The page could not be printed in time. Try again, or print it with your browser."
        ) from error


def _undated(content: bytes, day: str) -> bytes:
    """Return a PDF whose instants are the beginning of a day; no byte moves, so its tables stay right."""

    def written(found: re.Match[bytes]) -> bytes:
        given = found.group()
        inside = given[given.index(b"D:") + 2 : -1]
        fresh = f"{day}000000+00'00'".encode()
        return given.replace(inside, fresh[: len(inside)].ljust(len(inside), b"'"))

    return _DATES.sub(written, content)
