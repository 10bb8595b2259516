"""Forms: what an applicant is asked, as data that is checked and never guessed at.

The problem: questions on a web page are checked by whoever wrote the page. A form is a JSON Schema, a part
of the brief, and every answer is checked against it with the place of each fault.
"""

from pydantic import Field

from ..finance.documents import Code, Document
from .json_values import JsonObject


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
    >>> Form.read('{"id": "application/2", "schema": {"type": "object", "properties":'
    ...     ' {"why": {"type": "string", "x-max-words": 200}}, "required": ["why"]}}').id
    'application/2'
    """

    id: Code
    questions: JsonObject = Field(alias="schema")
