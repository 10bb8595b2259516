"""The pages: what each user asks at first sight, drawn on the server, complete without a script."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .routing import missing_page, page_routes
    from .site import Guest, Look
else:
    __getattr__, __dir__ = shelve(
        __name__, {".routing": ("missing_page", "page_routes"), ".site": ("Guest", "Look")}
    )

__all__ = ["Guest", "Look", "missing_page", "page_routes"]
