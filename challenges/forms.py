"""Forms: what an applicant is asked, as data that is checked and never guessed at.

The problem: questions on a web page are checked by whoever wrote the page, and two programs disagree about
what was a valid answer. A form is a part of the brief, written in a closed part of JSON Schema; it is
compiled once, and every answer is checked against it with the place of each fault.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from ..finance.documents import Code, Document, canonical_bytes
from ..finance.findings import Findings, finding, locate
from ..finance.units import Unit
from .errors import AnswersInvalid
from .form_models import answer_model
from .form_schema import questions, schema_findings
from .json_values import JsonObject, thaw

FileFacts = Mapping[str, tuple[str, int]]
KNOWN_FORMS = 64
_OWN_NAME = re.compile(r"'f_[0-9a-f]+' \| ")


class Form(Document):
    """The questions of one phase.

    Attributes
    ----------
    id : str
        Name and version, for example ``application/2``.
    questions : Mapping
        JSON Schema of the answers, written ``schema``.

    Examples
    --------
    >>> form = Form.read('{"id": "application/2", "schema": {"type": "object", "properties":'
    ...     ' {"why": {"type": "string", "x-max-words": 3}}, "required": ["why"]}}')
    >>> form.compile().__name__
    'Answers'
    >>> Form.read('{"id": "application/2", "schema": {"type": "object", "if": {}}}')
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: Form has 1 fault: \
/schema/if: this keyword is not admitted here.
    """

    id: Code
    questions: JsonObject = Field(alias="schema")

    def findings(self, at: str = "") -> Findings:
        """List everything in the schema that is not admitted or contradicts itself."""
        return schema_findings(self.questions, f"{at}/schema")

    def compile(self, unit: Unit | None = None) -> type[BaseModel]:
        """Return the model that reads answers to this form; made once per form and unit.

        Parameters
        ----------
        unit : Unit or None
            The brief's unit, whose scale limits the digits of money in it.
        """
        return _compiled(canonical_bytes(thaw(self.questions)), unit)

    def asks(self) -> tuple[tuple[str, Mapping[str, object], bool], ...]:
        """Return each question: pointer in the answers, its part of the schema, whether it is required."""
        return tuple(questions(self.questions))

    def public_summary(self, answers: Mapping[str, object]) -> dict[str, object]:
        """Return the answers to the questions of the first level that are marked ``x-public-summary``.

        Parameters
        ----------
        answers : Mapping
            As given.
        """
        marked = {name for name, node in self.questions["properties"].items() if node.get("x-public-summary")}
        return {name: thaw(value) for name, value in answers.items() if name in marked}


@lru_cache(maxsize=KNOWN_FORMS)
def _compiled(schema: bytes, unit: Unit | None) -> type[BaseModel]:
    """Compile exact bytes: two frozen schemas are equal in Python when one says ``1`` and one ``true``."""
    return answer_model(json.loads(schema), unit)


def answer_findings(
    form: Form, answers: Mapping[str, object], unit: Unit | None = None, *, files: FileFacts | None = None
) -> Findings:
    """List what is wrong with answers, for a draft that is still being written.

    Parameters
    ----------
    form : Form
        Of the phase.
    answers : Mapping
        Name of the question -> JSON value; money as decimal strings, a file as its SHA-256.
    unit : Unit or None
        The brief's unit.
    files : Mapping or None
        SHA-256 -> media type and bytes of each file handed in; ``None``: files are not looked at.

    Examples
    --------
    >>> form = Form.read('{"id": "application/2", "schema": {"type": "object", "properties":'
    ...     ' {"why": {"type": "string", "x-max-words": 3}, "when": {"type": "string", "format": "date"}},'
    ...     ' "required": ["why", "when"]}}')
    >>> for row in answer_findings(form, {"why": "pumps break too soon"}):
    ...     print(row["path"], row["message"])
    /when Field required
    /why 4 words; the limit is 3
    """
    raw = json.dumps(thaw(answers), ensure_ascii=False)
    try:
        form.compile(unit).model_validate_json(raw)
    except ValidationError as fault:
        rows = fault.errors(include_url=False, include_context=False, include_input=False)
        listed = [finding(_pointer(row["loc"]), _said(row["msg"])) for row in rows]
        return locate(listed, raw)
    return [] if files is None else _file_findings(form, answers, files)


def check_answers(
    form: Form, answers: Mapping[str, object], unit: Unit | None = None, *, files: FileFacts | None = None
) -> None:
    """Refuse answers that do not fit their form, with every fault at once.

    Parameters
    ----------
    form, answers, unit, files
        As for ``answer_findings``.

    Raises
    ------
    AnswersInvalid
        ``figures['findings']`` lists each fault with its JSON pointer in the answers.

    Examples
    --------
    >>> form = Form.read('{"id": "quiz/1", "schema": {"type": "object", "properties":'
    ...     ' {"legal": {"type": "boolean"}}}}')
    >>> check_answers(form, {"legal": "yes"})
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.AnswersInvalid: The answers to quiz/1 have 1 fault: \
/legal: Input should be a valid boolean.
    """
    found = answer_findings(form, answers, unit, files=files)
    if found:
        shown = "; ".join(f"{row['path']}: {row['message']}" for row in found[:20])
        count = f"{len(found)} fault{'s' if len(found) != 1 else ''}"
        raise AnswersInvalid(f"The answers to {form.id} have {count}: {shown}.", form=form.id, findings=found)


def _said(message: str) -> str:
    """Take out of a message what only our model knows."""
    return _OWN_NAME.sub("", message.removeprefix("Value error, "))


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def _file_findings(form: Form, answers: Mapping[str, object], files: FileFacts) -> Findings:
    found: Findings = []
    for pointer, node, _ in form.asks():
        asked = node.get("x-file")
        if not isinstance(asked, Mapping):
            continue
        for place, digest in _answers_at(answers, pointer.split("/")[1:], ""):
            media, size = files.get(str(digest), ("", 0))
            fault = (
                file_fault(asked, media, size) if media else f"no file with the digest {digest} was handed in"
            )
            found += [finding(place, fault)] if fault else []
    return found


def file_fault(asked: Mapping[str, Any], media_type: str, size_bytes: int) -> str:
    """Return why a file does not answer a question; empty where it does.

    Parameters
    ----------
    asked : Mapping
        ``x-file`` of the question.
    media_type : str
        Of the file.
    size_bytes : int [bytes]
        Its length.

    Examples
    --------
    >>> file_fault({"media_types": ["application/pdf"], "max_bytes": 9}, "application/pdf", 10)
    'the file has 10 bytes; the limit is 9'
    """
    if media_type not in asked["media_types"]:
        return f"the file is {media_type}; asked is {', '.join(asked['media_types'])}"
    if size_bytes > asked["max_bytes"]:
        return f"the file has {size_bytes} bytes; the limit is {asked['max_bytes']}"
    return ""


def _answers_at(value: object, parts: list[str], at: str) -> list[tuple[str, object]]:
    """Return the answers at a pointer whose ``*`` stands for each item of a list."""
    if not parts:
        return [(at, value)]
    name, rest = parts[0].replace("~1", "/").replace("~0", "~"), parts[1:]
    if name == "*" and isinstance(value, list | tuple):
        return [row for n, item in enumerate(value) for row in _answers_at(item, rest, f"{at}/{n}")]
    if isinstance(value, Mapping) and name in value:
        return _answers_at(value[name], rest, f"{at}/{parts[0]}")
    return []
