"""Requests by the name of their operation: the reference says which method and address that is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self
from urllib.parse import quote

import httpx2

Json = Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes
    ----------
    status : int [HTTP status]
        As sent.
    """

    status: int
    body: Json
    etag: str = ""


class Send(Protocol):
    """Sends one request; a generated client does it in its own way."""

    def __call__(
        self, operation: str, given: Mapping[str, str], body: Json, *, token: str, headers: Mapping[str, str]
    ) -> Answer:
        """Return the answer."""


class Wire:
    """A client that knows nothing but the served reference."""

    def __init__(self, url: str) -> None:
        self.client = httpx2.Client(base_url=url, timeout=60.0, trust_env=False)
        document = self.client.get("/v1/openapi.json").raise_for_status().json()
        self.known = {
            one["operationId"]: (
                method,
                path,
                {part["name"]: part["in"] for part in one.get("parameters", ())},
            )
            for path, methods in document["paths"].items()
            for method, one in methods.items()
        }

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *_of: object) -> None:
        """Close the connections."""
        self.client.close()

    def __call__(
        self, operation: str, given: Mapping[str, str], body: Json, *, token: str, headers: Mapping[str, str]
    ) -> Answer:
        """Send it; what stands in the path goes there, the rest into the query."""
        method, path, places = self.known[operation]
        for name in given:
            path = path.replace(f"{{{name}}}", quote(given[name], safe=""))
        query = {name: value for name, value in given.items() if places[name] == "query"}
        sent = {name: value for name, value in headers.items() if name in places}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        kept = {"content": json.dumps(body), "headers": sent | {"Content-Type": "application/json"}}
        reply = self.client.request(
            method, path, params=query, **(kept if body is not None else {"headers": sent})
        )
        return Answer(reply.status_code, reply.json(), reply.headers.get("ETag", ""))
