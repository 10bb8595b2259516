"""Definitions: what a metric means and who belongs to a cohort, apart from any one agreement.

The problem: two agreements that both pay for "nights" count different things, and nobody can compare them.
A ``MetricDefinition`` says in which unit something is counted, which way is better, where it started and
where it should be, and which public codes it answers to. A ``CohortDefinition`` says who refers people, which
rules admit them, and with whom they are compared. Each has a code and versions; an agreement names
``code/version``.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...finance.documents import Code, DecimalText, Document, Text
from ...finance.errors import AlmonerError, DocumentInvalid, TermError
from ...finance.findings import Findings, finding, repeated
from ...finance.money import decimal_count
from ..agreement import AgreementDocument
from ..terms.expressions import TypeText
from ..terms.types import Quantity, parse_type
from .partial_dates import PartialDateText, read_partial_date

Vocabulary = Literal["sdg_indicator", "sdg_target", "iris_plus", "own"]
MAX_LISTED = 100


class Reference(Document):
    """The code of a metric in a vocabulary.

    Attributes
    ----------
    vocabulary : str
        ``sdg_indicator``, ``sdg_target``, ``iris_plus``; or ``own``: any other, named by its address.
    code : str
        In the vocabulary; of the first three only codes that exist.
    uri : str
        Where it is explained; needed for ``own``.
    """

    vocabulary: Vocabulary
    code: Text
    uri: str = ""


class Baseline(Document):
    """Where it started: value, when, and who says so."""

    value: DecimalText
    on: PartialDateText
    source: Text


class Target(Document):
    """Where it should be.

    Attributes
    ----------
    value : decimal
        To be reached; of a metric that should stay in a range, its lower end.
    to : decimal
        Upper end of the range; empty otherwise.
    by : partial date
        When.
    """

    value: DecimalText
    to: DecimalText | Literal[""] = ""
    by: PartialDateText


class MetricDefinition(Document):
    """What a metric means.

    Attributes
    ----------
    unit : str
        Unit and digits, as in terms: ``night/0``, ``percent/1``; ``truth`` or ``label`` for no number.
    direction : str
        Which way is better: ``higher``, ``lower``, or ``in_range``.
    disaggregation : tuple of str
        By what it is reported apart: ``sex``, ``site`` …
    method : str
        How it is gathered.

    Examples
    --------
    >>> found = MetricDefinition.read(METRIC_EXAMPLE)
    >>> found.unit, [row.code for row in found.references]
    ('night/0', ['11.1.1', 'PI2640'])
    """

    invalid: ClassVar[type[AlmonerError]] = DocumentInvalid

    schema_: Literal["almoner.metric/1"] = Field(alias="schema")
    code: Code
    title: Text
    unit: TypeText | Literal["truth", "label"]
    direction: Literal["higher", "lower", "in_range"]
    baseline: Baseline | None = None
    target: Target | None = None
    disaggregation: Annotated[tuple[Code, ...], Field(max_length=MAX_LISTED)] = ()
    method: Text
    references: Annotated[tuple[Reference, ...], Field(max_length=MAX_LISTED)] = ()

    def findings(self, at: str = "") -> Findings:
        """List every rule broken between the fields."""
        rows = _code_findings(self.code, at)
        rows += [
            finding(f"{at}/disaggregation/{place}", "it stands twice")
            for place in repeated(self.disaggregation)
        ]
        rows += [
            finding(f"{at}/references/{place}/{field}", told)
            for place, row in enumerate(self.references)
            for field, told in _reference_faults(row)
        ]
        return rows + _value_findings(self, at)


def _code_findings(code: str, at: str) -> Findings:
    told = "it ends like a version; agreements name definitions as code/version"
    return [finding(f"{at}/code", told)] if code.rpartition("/")[2].isdigit() and "/" in code else []


def _reference_faults(row: Reference) -> list[tuple[str, str]]:
    if row.vocabulary == "own":
        return [] if row.uri else [("uri", "a code of one's own needs the address that explains it")]
    if row.code in vocabulary(row.vocabulary):
        return []
    return [("code", f"{row.vocabulary} has no code {row.code!r}; codes look like {_LIKE[row.vocabulary]}")]


def _value_findings(document: MetricDefinition, at: str) -> Findings:
    """List values that are none of the unit, days that do not exist, and a target on the wrong side."""
    baseline, target = document.baseline, document.target
    unit = parse_type(document.unit)
    if unit is None:
        return [finding(f"{at}/{name}", f"a {document.unit} has none") for name in _given(document)]
    numbers = {"/baseline/value": baseline.value if baseline else ""}
    numbers |= {"/target/value": target.value, "/target/to": target.to} if target else {}
    rows, counts = [], {}
    for place, text in numbers.items():
        try:
            counts[place] = decimal_count(text, unit.digits, document.unit) if text else None
        except AlmonerError as fault:
            rows.append(finding(at + place, fault.message))
    days = {"/baseline/on": baseline.on if baseline else "", "/target/by": target.by if target else ""}
    for place, text in days.items():
        try:
            _ = read_partial_date(text) if text else None
        except DocumentInvalid as fault:
            rows.append(finding(at + place, fault.message))
    return rows or _side_findings(document, counts, at)


def _given(document: MetricDefinition) -> list[str]:
    return [name for name in ("baseline", "target") if getattr(document, name) is not None]


def _side_findings(document: MetricDefinition, counts: Mapping[str, int | None], at: str) -> Findings:
    target, baseline = document.target, document.baseline
    if target is None:
        return []
    low, high = counts["/target/value"], counts["/target/to"]
    if document.direction == "in_range":
        if high is None:
            return [finding(f"{at}/target/to", "a range needs its upper end")]
        return [] if (low or 0) <= high else [finding(f"{at}/target/to", "lies below the lower end")]
    if high is not None:
        return [finding(f"{at}/target/to", f"a metric whose direction is {document.direction} has no range")]
    start = counts["/baseline/value"]
    if baseline is None or start is None or low is None:
        return []
    worse = low < start if document.direction == "higher" else low > start
    told = f"{target.value} is worse than the baseline {baseline.value}: {document.direction} is better"
    return [finding(f"{at}/target/value", told)] if worse else []


class Referral(Document):
    """Who refers people, and between which days."""

    by: Text
    from_: PartialDateText = Field(alias="from")
    until: PartialDateText | Literal[""] = ""


class Eligibility(Document):
    """One rule that admits people, in words, with the place it comes from."""

    id: Code
    rule: Text
    source: Text


class ComparisonGroup(Document):
    """With whom a cohort is compared.

    Attributes
    ----------
    kind : str
        ``randomised``: drawn by lot; ``matched``: alike by what is known; ``historical``: those before;
        ``none``.
    description : str
        Who they are, and how they were found.
    """

    kind: Literal["randomised", "matched", "historical", "none"]
    description: str = ""


class CohortDefinition(Document):
    """Who belongs to a cohort.

    Attributes
    ----------
    referral : Referral
        Who refers people, and when.
    eligibility : tuple of Eligibility
        Rules that all must hold.
    size : int or None [people]
        Expected.
    comparison : ComparisonGroup
        With whom they are compared.

    Examples
    --------
    >>> found = CohortDefinition.read(COHORT_EXAMPLE)
    >>> found.size, found.comparison.kind, [row.id for row in found.eligibility]
    (400, 'matched', ['rough-sleeper'])
    """

    invalid: ClassVar[type[AlmonerError]] = DocumentInvalid

    schema_: Literal["almoner.cohort/1"] = Field(alias="schema")
    code: Code
    title: Text
    referral: Referral
    eligibility: Annotated[tuple[Eligibility, ...], Field(min_length=1, max_length=MAX_LISTED)]
    size: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    comparison: ComparisonGroup

    def findings(self, at: str = "") -> Findings:
        """List every rule broken between the fields."""
        ids = [row.id for row in self.eligibility]
        rows = _code_findings(self.code, at)
        rows += [finding(f"{at}/eligibility/{place}/id", "it stands twice") for place in repeated(ids)]
        spans = []
        for name, text in (("from", self.referral.from_), ("until", self.referral.until)):
            try:
                spans.append(read_partial_date(text) if text else None)
            except DocumentInvalid as fault:
                rows.append(finding(f"{at}/referral/{name}", fault.message))
        if len(spans) > 1 and spans[0] and spans[1] and spans[1].last < spans[0].first:
            rows.append(finding(f"{at}/referral/until", "lies before the first referral"))
        if self.comparison.kind != "none" and not self.comparison.description:
            told = f"say who the {self.comparison.kind} group is"
            rows.append(finding(f"{at}/comparison/description", told))
        return rows


Definition = MetricDefinition | CohortDefinition
_LIKE = {"sdg_indicator": "11.1.1", "sdg_target": "11.1", "iris_plus": "PI2640"}


@cache
def vocabulary(name: str) -> frozenset[str]:
    """Return the codes of a vocabulary.

    Examples
    --------
    >>> "11.1.1" in vocabulary("sdg_indicator"), "18.1" in vocabulary("sdg_target")
    (True, False)
    """
    text = files(__package__).joinpath("vocabularies.csv").read_text(encoding="utf-8")
    rows = (line.split(",") for line in text.splitlines() if not line.startswith("#"))
    return frozenset(row[1] for row in rows if row[0] == name)


def require_fit(document: AgreementDocument, definitions: Mapping[tuple[str, str], Definition]) -> None:
    """Refuse an agreement whose metrics are defined in another unit, or whose definitions are not there.

    Parameters
    ----------
    document : AgreementDocument
        Names definitions as ``code/version``.
    definitions : Mapping of (str, str) to MetricDefinition or CohortDefinition
        Those it names, by ``metric`` or ``cohort`` and that name.

    Raises
    ------
    TermError
        With every name that is unknown or does not fit.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE
    >>> document = AgreementDocument.read(EXAMPLE)
    >>> named = document.model_copy(update={"metrics": {"nights": "nights/1"}})
    >>> require_fit(named, {("metric", "nights/1"): MetricDefinition.read(METRIC_EXAMPLE)})
    >>> require_fit(named, {})
    Traceback (most recent call last):
    ...
    almoner.finance.errors.TermError: The definitions do not fit: /metrics/nights: no metric 'nights/1'.
    """
    rows = [
        finding(f"/metrics/{name}", told)
        for name, named in document.metrics.items()
        if (told := _misfit(document.terms.metrics[name].type, named, definitions.get(("metric", named))))
    ]
    rows += [
        finding(f"/cohorts/{place}", f"no cohort {named!r}")
        for place, named in enumerate(document.cohorts)
        if not isinstance(definitions.get(("cohort", named)), CohortDefinition)
    ]
    if rows:
        told = "; ".join(f"{row['path']}: {row['message']}" for row in rows)
        raise TermError(f"The definitions do not fit: {told}.", findings=rows)


def _misfit(type_text: str, named: str, found: Definition | None) -> str:
    """Say why a metric of the terms does not fit its definition; digits may differ."""
    if not isinstance(found, MetricDefinition):
        return f"no metric {named!r}"
    ours, theirs = parse_type(type_text), parse_type(found.unit)
    if isinstance(ours, Quantity) and isinstance(theirs, Quantity):
        same = (ours.unit, ours.per) == (theirs.unit, theirs.per)
    else:
        same = type_text == found.unit
    return "" if same else f"it is in {type_text}, and {named} is defined in {found.unit}"


METRIC_EXAMPLE = """
{"schema": "almoner.metric/1", "code": "nights", "title": "Nights spent indoors", "unit": "night/0",
 "direction": "higher", "baseline": {"value": "9000", "on": "2026", "source": "shelter register"},
 "target": {"value": "12000", "by": "2027-12"}, "disaggregation": ["site"],
 "method": "shelter register, audited",
 "references": [{"vocabulary": "sdg_indicator", "code": "11.1.1"},
                {"vocabulary": "iris_plus", "code": "PI2640"}]}
"""
COHORT_EXAMPLE = """
{"schema": "almoner.cohort/1", "code": "winter-2027", "title": "People on the street in winter",
 "referral": {"by": "street teams", "from": "2027-01", "until": "2027-03"},
 "eligibility": [{"id": "rough-sleeper", "rule": "slept outside on three nights of one month",
                  "source": "protocol, section 2"}],
 "size": 400, "comparison": {"kind": "matched", "description": "people of the neighbouring city"}}
"""
