"""The published JSON Schemas of the documents people write."""

from collections.abc import Mapping

from ..finance.allocation.problem import AllocationDocument
from ..finance.documents import Document
from .agreement import AgreementDocument
from .measurement.definitions import CohortDefinition, MetricDefinition
from .outcomes.document import OutcomesDocument
from .terms.document import TermDocument
from .terms.results import ResultsDocument

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DOCUMENTS: Mapping[str, type[Document]] = {
    "terms": TermDocument,
    "results": ResultsDocument,
    "outcomes": OutcomesDocument,
    "agreement": AgreementDocument,
    "metric": MetricDefinition,
    "cohort": CohortDefinition,
    "allocation": AllocationDocument,
}


def schemas() -> dict[str, dict[str, object]]:
    """Return each schema by the name of its document.

    Examples
    --------
    >>> sorted(schemas()), schemas()["terms"]["properties"]["schema"]["const"]
    (['agreement', 'allocation', 'cohort', 'metric', 'outcomes', 'results', 'terms'], 'almoner.term/1')
    """
    return {
        name: {"$schema": DIALECT, **kind.model_json_schema(by_alias=True)}
        for name, kind in DOCUMENTS.items()
    }
