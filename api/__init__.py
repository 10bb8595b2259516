"""The doors: HTTP, command line and migrations. They ask and show, and decide nothing."""

from typing import TYPE_CHECKING

from ..finance.shelf import shelve

if TYPE_CHECKING:
    from .app import create_app
    from .identity import Caller, Grant
    from .migrations import upgrade
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".app": ("create_app",),
            ".identity": ("Caller", "Grant"),
            ".migrations": ("upgrade",),
        },
    )

__all__ = ["Caller", "Grant", "create_app", "upgrade"]
