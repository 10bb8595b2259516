"""A signpost before many routes: it leads a request to the few that its address can mean.

The problem: the framework tries one route after another, and with a few hundred of them that takes longer
than what most requests ask for. The signpost stands first and answers what one of our routes matches, the
first in their order; all else (another method, a missing slash, the host's own routes) goes on as before.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

ANY, ENDS = "{}", "/"  # neither is ever a part of an address
Tree = dict[str, Any]


class Signpost(BaseRoute):
    """Finds the route of an address part by part.

    Parameters
    ----------
    routes : iterable of BaseRoute
        In the order in which they are tried; only plain routes are led to.

    Examples
    --------
    >>> from starlette.responses import Response
    >>> post = Signpost([Route("/funds/{fund}", Response), Route("/funds/all", Response)])
    >>> post.matches({"type": "http", "method": "GET", "path": "/funds/water"})[1]["path_params"]
    {'fund': 'water'}
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._tree: Tree = {}
        for place, route in enumerate(routes):
            if isinstance(route, Route):
                node = self._tree
                for part in route.path.split("/"):
                    node = node.setdefault(ANY if "{" in part else part, {})
                node.setdefault(ENDS, []).append((place, route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as the first of our routes does that takes this method at this address."""
        if scope["type"] == "http":
            inside = scope["path"].removeprefix(scope.get("root_path", ""))
            for _, route in sorted(_leading(self._tree, inside.split("/")), key=lambda one: one[0]):
                match, found = route.matches(scope)
                if match == Match.FULL:
                    return match, {**found, "route": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route answer that was found."""
        await scope["route"].handle(scope, receive, send)


def _leading(node: Tree, parts: Sequence[str]) -> Iterator[tuple[int, Route]]:
    if not parts:
        yield from node.get(ENDS, ())
        return
    for name in (parts[0], ANY):
        if name in node:
            yield from _leading(node[name], parts[1:])
