"""The published JSON Schemas of the documents of this floor."""

from collections.abc import Mapping

from ..contracts.schemas import DIALECT
from ..finance.documents import Document
from .applications import Application
from .brief import Brief

DOCUMENTS: Mapping[str, type[Document]] = {"application": Application, "brief": Brief}


def challenge_schemas() -> dict[str, dict[str, object]]:
    """Return each schema by the name of its document.

    Examples
    --------
    >>> sorted(challenge_schemas()), challenge_schemas()["brief"]["properties"]["schema"]["const"]
    (['application', 'brief'], 'almoner.brief/1')
    """
    return {
        name: {"$schema": DIALECT, **kind.model_json_schema(by_alias=True)}
        for name, kind in DOCUMENTS.items()
    }
