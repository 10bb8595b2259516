"""The doors: HTTP, command line and migrations. They ask and show, and decide nothing."""

from typing import TYPE_CHECKING

from ..finance.shelf import shelve

if TYPE_CHECKING:
    from .app import create_app
    from .identity import Caller, Grant
    from .migrations import upgrade
    from .pages.site import Look
    from .router import page_router
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".app": ("create_app",),
            ".identity": ("Caller", "Grant"),
            ".migrations": ("upgrade",),
            ".pages.site": ("Look",),
            ".router": ("page_router",),
        },
    )

__all__ = ["Caller", "Grant", "Look", "create_app", "page_router", "upgrade"]
