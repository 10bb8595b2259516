"""Documents inside requests, read as whole as those in files.

The problem: the reader of requests checks the form of a document; what has to hold between its fields, and
what no database stores, only the document's own reader knows.
"""

from typing import Annotated, TypeVar

from pydantic import StringConstraints

from ..finance.documents import Document

Sound = TypeVar("Sound", bound=Document)
CODE_IN_ADDRESS = r"^[a-z0-9][a-z0-9_.-]{0,79}$"
AddressCode = Annotated[str, StringConstraints(pattern=CODE_IN_ADDRESS)]
HexSignature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


def sound(document: Sound) -> Sound:
    """Return a document of a request, checked whole.

    Parameters
    ----------
    document : Document
        As the request's reader left it.

    Raises
    ------
    AlmonerError
        The document's own error, with every finding.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE, AgreementDocument
    >>> document = AgreementDocument.read(EXAMPLE)
    >>> sound(document) == document
    True
    """
    return type(document).read(document.model_dump_json(by_alias=True))
