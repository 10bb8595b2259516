"""Files of an application as a page shows them, and whether a file at hand is one of them."""

from collections.abc import Callable
from dataclasses import replace

from ...finance.findings import finding
from ..errors import RequestInvalid
from ..wire.applications import FileFound
from .view import View
from .visit import Visit

FIELD = "content"


def checked(visit: Visit, show: Callable[[Visit], View], **given: str) -> View:
    """Show a page again, and which file of the application the one that was sent is.

    Parameters
    ----------
    visit : Visit
        To the page; its form holds the file, which is not kept.
    show : callable
        Makes the page.
    **given
        Parts and parameters of the operation that are not in the address of the page.
    """
    sent = visit.form.files.get(FIELD)
    if sent is None:
        said = visit.words._("Choose a file.")
        raise RequestInvalid(said, findings=[finding(f"/{FIELD}", said)])
    found = visit.write(FileFound, "application.check-file", sent.content, **given)
    view = show(visit)
    return replace(view, more={**view.more, "checked": found.file})
