"""The OpenAPI document, completed: what the framework cannot say of our routes.

The problem: a framework describes refusals as plain JSON and knows no scheme of signing in that it does not
check itself. Here the document says what is served: problem documents, and a bearer token or key. And a word
that may stand in place of a text is written as a choice of one: makers of clients take a constant for all
that may come.
"""

from collections.abc import Iterator
from typing import Any

from .problems import PROBLEM_TYPE
from .routing import SCHEME

HOW = "A token of the sign-in, or an API key, as `Authorization: Bearer …`."


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the scheme of signing in, refusals as problem documents, words as choices.

    Parameters
    ----------
    document : dict
        As the framework made it; completed in place, and left alone when it is complete.

    Examples
    --------
    >>> complete({"paths": {}})["components"]["securitySchemes"]["bearer"]["scheme"]
    'bearer'
    """
    refusals = document.setdefault("components", {}).setdefault("responses", {})
    schemes = document["components"].setdefault("securitySchemes", {})
    if SCHEME in schemes:
        return document
    schemes[SCHEME] = {"type": "http", "scheme": "bearer", "description": HOW}
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation.get("responses", {}).items():
                if status >= "400" and PROBLEM_TYPE in answer.get("content", {}):
                    operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
                    refusals[f"Problem{status}"] = {
                        "description": answer["description"],
                        "content": {PROBLEM_TYPE: answer["content"][PROBLEM_TYPE]},
                    }
    for way in _ways(document):
        if "const" in way:
            way["enum"] = [way.pop("const")]
    return document


def _ways(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # any part of a JSON document
    """Return the schemas of texts that are one of several a value may have."""
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for part in below:
        yield from _ways(part)
    if isinstance(node, dict) and isinstance(node.get("anyOf"), list):
        yield from (way for way in node["anyOf"] if way.get("type") == "string")
