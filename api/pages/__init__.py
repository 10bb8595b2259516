"""The pages: what each user asks at first sight, drawn on the server, complete without a script."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .routing import page_routes
    from .site import Guest, Look
else:
    __getattr__, __dir__ = shelve(__name__, {".routing": ("page_routes",), ".site": ("Guest", "Look")})

__all__ = ["Guest", "Look", "page_routes"]
