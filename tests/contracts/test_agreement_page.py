"""The page of agreements names every field, act and refusal there is, and none that is not."""

import inspect
import json
import re
from pathlib import Path

import pytest

from almoner.contracts import acts
from almoner.contracts.agreement import EXAMPLE, AgreementDocument, DisputeRule, Funding, VerificationRule
from almoner.contracts.measurement.definitions import CohortDefinition, MetricDefinition
from almoner.finance import errors
from almoner.finance.documents import Document

PAGE = (Path(__file__).parents[2] / "docs" / "agreements.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([a-z_]+)`", PAGE))


def section(title: str) -> str:
    return PAGE[PAGE.index(f"## {title}") :].split("\n## ")[0]


@pytest.mark.parametrize(
    "document",
    [AgreementDocument, Funding, VerificationRule, DisputeRule, MetricDefinition, CohortDefinition],
    ids=lambda one: one.__name__,
)
def test_every_field_of_a_document_is_explained(document: type[Document]) -> None:
    fields = {field.alias or name for name, field in document.model_fields.items()}
    assert fields - {"schema"} <= NAMED


def test_the_first_agreement_of_the_page_is_the_example_of_the_code() -> None:
    (first,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert json.loads(first) == json.loads(EXAMPLE)


def test_every_act_stands_in_the_table_and_every_name_in_it_is_an_act() -> None:
    told = [row.split("|")[2] for row in section("In code").splitlines() if row.startswith("| ")][1:]
    elsewhere = {"envelopes.envelope", "credentials", "evaluation.evaluate", "finding_of"}
    named = set(re.findall(r"`([a-z_.]+)`", " ".join(told))) - elsewhere
    shown = {name for name in acts.__all__ if inspect.isfunction(getattr(acts, name))}
    assert named == shown


def test_every_refusal_of_the_table_has_a_code_that_exists() -> None:
    known = {one.code for one in vars(errors).values() if inspect.isclass(one) and hasattr(one, "code")}
    told = re.findall(r"^\| `([a-z_.]+)` \|", section("When something is refused"), re.MULTILINE)
    assert len(told) == len(set(told))
    assert set(told) <= known


def test_every_refusal_that_is_about_agreements_or_claims_stands_in_the_table() -> None:
    told = set(re.findall(r"^\| `([a-z_.]+)` \|", section("When something is refused"), re.MULTILINE))
    roots = (errors.VerificationError, errors.ContractError)
    owed = {
        one.code
        for one in vars(errors).values()
        if inspect.isclass(one) and issubclass(one, roots) and one not in roots
    }
    assert owed - told == {"outcomes.invalid"}  # of forecasts
