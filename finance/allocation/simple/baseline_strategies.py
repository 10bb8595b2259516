"""The simple rules of ``baselines.py`` as strategies that can be asked for by name.

The problem: whoever compares rules names them in a file, with their parameters; each name has to mean one
rule in one version.
"""

from fractions import Fraction
from typing import Final

from ...documents import DecimalText, Document
from ..answer import Allocation
from ..problem import AllocationDocument
from .baselines import equal_group_shares, greedy, proportional
from .strategies import NoParams, Strategy


class ProportionalParams(Document):
    """Parameters of ``proportional``.

    Attributes
    ----------
    scores : tuple of (str, str) [any common unit]
        Intervention and weight; empty to weigh by what everybody asks for.

    Examples
    --------
    >>> ProportionalParams.read('{"scores": [["w7", "2.5"]]}').scores
    (('w7', '2.5'),)
    """

    scores: tuple[tuple[str, DecimalText], ...] = ()


class EqualSharesParams(Document):
    """Parameters of ``equal_shares``.

    Attributes
    ----------
    kind : str or None
        Grouping column; None for the one that counts in the problem.

    Examples
    --------
    >>> EqualSharesParams.read('{"kind": "region"}').kind
    'region'
    """

    kind: str | None = None


def _proportional(document: AllocationDocument, params: ProportionalParams) -> Allocation:
    scores = {who: Fraction(score) for who, score in params.scores}
    return proportional(document, scores=scores or None)


GREEDY: Final = Strategy(
    name="greedy", version="1", params_model=NoParams, choose=lambda document, _: greedy(document)
)
PROPORTIONAL: Final = Strategy(
    name="proportional", version="1", params_model=ProportionalParams, choose=_proportional
)
EQUAL_SHARES: Final = Strategy(
    name="equal_shares",
    version="1",
    params_model=EqualSharesParams,
    choose=lambda document, params: equal_group_shares(document, kind=params.kind),
)
