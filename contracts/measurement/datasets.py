"""Datasets: rows that were imported together, known by their digests.

The problem: a claim says "412 nights", and years later nobody can show the rows it was counted from. A
dataset keeps the digest of the file it came from, the digest of the pseudonymised rows, and their sums; the
same file gives the same digests wherever it is read with the same key.
"""

import json
from dataclasses import dataclass

from ...finance.documents import canonical_bytes
from ..claims import ClaimedResult, read_result_rows, result_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDataset:
    """Rows that were imported together.

    Attributes
    ----------
    agreement, code : str
        Where they belong, and their own code.
    rows, persons : int [rows, people]
        How many.
    results : tuple of ClaimedResult
        What they add up to, by metric, period and members.
    sha256 : str
        Digest of the pseudonymised rows in canonical order.
    source_sha256 : str
        Digest of the file, or of the table.
    key_check : str
        Of the key of the pseudonyms.

    Examples
    --------
    >>> dataset = ImportedDataset(
    ...     agreement="pact", code="march", rows=1, persons=1, results=(), sha256="ab", source_sha256="cd",
    ...     key_check="ef")
    >>> read_dataset(dataset.dataset_bytes()) == dataset
    True
    """

    agreement: str
    code: str
    rows: int
    persons: int
    results: tuple[ClaimedResult, ...]
    sha256: str
    source_sha256: str
    key_check: str

    def content(self) -> dict[str, object]:
        """Return it as JSON values; nobody can be told from them beyond what a claim says."""
        return {
            "agreement": self.agreement,
            "dataset": self.code,
            "key_check": self.key_check,
            "persons": self.persons,
            "results": result_rows(self.results),
            "rows": self.rows,
            "schema": "almoner.dataset/1",
            "sha256": self.sha256,
            "source_sha256": self.source_sha256,
        }

    def dataset_bytes(self) -> bytes:
        """Return its exact bytes."""
        return canonical_bytes(self.content())


def read_dataset(raw: bytes) -> ImportedDataset:
    """Read a dataset back from its exact bytes."""
    content = json.loads(raw)
    return ImportedDataset(
        agreement=content["agreement"],
        code=content["dataset"],
        rows=content["rows"],
        persons=content["persons"],
        results=read_result_rows(content["results"]),
        sha256=content["sha256"],
        source_sha256=content["source_sha256"],
        key_check=content["key_check"],
    )
