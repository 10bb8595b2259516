"""The published JSON Schemas of the documents of this floor."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ..contracts.schemas import DIALECT
from ..finance.documents import Document
from .applications import Application
from .brief import Brief
from .json_values import thaw

DOCUMENTS: Mapping[str, type[Document]] = {"application": Application, "brief": Brief}


class _Generator(GenerateJsonSchema):
    """Writes the defaults of frozen mappings out as plain objects."""

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - as the base class has it
        return super().encode_default(thaw(dft))


def challenge_schemas() -> dict[str, dict[str, object]]:
    """Return each schema by the name of its document.

    Examples
    --------
    >>> sorted(challenge_schemas()), challenge_schemas()["brief"]["properties"]["schema"]["const"]
    (['application', 'brief'], 'almoner.brief/1')
    """
    return {
        name: {"$schema": DIALECT, **kind.model_json_schema(by_alias=True, schema_generator=_Generator)}
        for name, kind in DOCUMENTS.items()
    }
