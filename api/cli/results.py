"""Results as they are typed: ``METRIC=VALUE``, with period, member and day where the terms ask for them."""

from collections.abc import Iterable
from pathlib import Path

from ...contracts.claims import ClaimedResult
from ...contracts.terms.document import WHOLE_TERM
from ...contracts.terms.results import ResultsDocument
from ...finance.errors import DocumentInvalid, Missing
from .writing import read_bytes

FORM = "METRIC=VALUE[,period=P][,SET=MEMBER][,on=YYYY-MM-DD]"


def read_result(text: str) -> ClaimedResult:
    """Read a result.

    Parameters
    ----------
    text : str
        ``METRIC=VALUE``, and after commas ``period=``, ``on=``, and a member for each set.

    Raises
    ------
    DocumentInvalid
        When a part has no sign of equality, or stands twice.

    Examples
    --------
    >>> read_result("nights=412,period=2027,site=north")
    ClaimedResult(metric='nights', period='2027', of=(('site', 'north'),), value='412', on='')
    """
    (metric, value), *rest = [_pair(part, text) for part in text.split(",")]
    named = dict(rest)
    if len(named) != len(rest):
        raise DocumentInvalid(f"{text!r} says one thing twice. Write {FORM}.", got=text)
    period, on = named.pop("period", WHOLE_TERM), named.pop("on", "")
    return ClaimedResult(metric=metric, period=period, of=tuple(sorted(named.items())), value=value, on=on)


def _pair(part: str, text: str) -> tuple[str, str]:
    name, sign, value = part.strip().partition("=")
    if not (sign and name and value):
        raise DocumentInvalid(f"{text!r} is no result. Write {FORM}.", got=text)
    return name, value


def read_results(texts: Iterable[str], file: Path | None, case: str) -> tuple[ClaimedResult, ...]:
    """Read results from options, and from a case of a results document.

    Parameters
    ----------
    texts : iterable of str
        As typed.
    file : Path or None
        Results document (JSON).
    case : str
        Which case of it; may be empty where there is one.

    Raises
    ------
    Missing
        When the document has no such case, or several and none is named.
    DocumentInvalid, ResultsInvalid
        When something is malformed.
    """
    typed = tuple(read_result(text) for text in texts)
    if file is None:
        return typed
    cases = ResultsDocument.read(read_bytes(file)).cases
    chosen = [one for one in cases if case in {"", one.id}]
    if len(chosen) != 1:
        known = ", ".join(one.id for one in cases)
        raise Missing(f"Name one case of {file} with --case. There are: {known}.", what="case", code=case)
    return typed + tuple(
        ClaimedResult(
            metric=row.metric,
            period=row.period or WHOLE_TERM,
            of=tuple(sorted(row.of.items())),
            value=row.value,
            on=row.on or "",
        )
        for row in chosen[0].results
    )
