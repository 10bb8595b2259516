"""Gifts in kind in an application: what a bundle brings and what it lacks besides money.

The problem: "we contribute 40,000 worth of staff time" makes an ask look small and cannot be checked. A gift
is a quantity in its own unit; what one unit is worth stands beside it with its basis and haircut, and never
counts as money. What is lacking stands as well, so that somebody can offer it.
"""

from typing import Annotated

from pydantic import Field

from ..finance.documents import Code, DecimalText, Document, Text, UnitCode
from ..finance.in_kind import ValuationMethod
from .disclosures import Statements
from .fields import DayText
from .figures import WHOLE_BP


class InKindOffer(Document):
    """Something the bundle brings that is not money; counted in its own unit, never inside the ask.

    Attributes
    ----------
    kind : str
        What.
    quantity : str [unit]
        Positive.
    unit : str
        What the quantity counts.
    party : str or None
        Which actor of the bundle brings it; ``None``: the lead.
    basis : str or None
        How one unit is valued: ``market``, ``replacement``, ``cost`` or ``agreed``; ``None``: not valued.
    unit_value : str or None [unit of the application]
        What one unit is worth on that basis.
    haircut_bp : int [basis points]
        Taken off the value.
    expires_on : str or None
        Day from which it is no longer there, ``YYYY-MM-DD``.
    restrictions : str or tuple[str, ...] or None
        What it may not be used for; ``"none"`` has to be said.

    Examples
    --------
    >>> InKindOffer.read('{"kind": "engineer time", "quantity": "400", "unit": "hour", "basis": "market",'
    ...     ' "unit_value": "25.00", "haircut_bp": 2000}').quantity
    '400'
    """

    kind: Text
    quantity: DecimalText
    unit: UnitCode
    party: Code | None = None
    basis: ValuationMethod | None = None
    unit_value: DecimalText | None = None
    haircut_bp: Annotated[int, Field(ge=0, le=WHOLE_BP)] = 0
    expires_on: DayText | None = None
    restrictions: Statements | None = None


class InKindNeed(Document):
    """Something an intervention lacks that is not money; somebody may offer it.

    Attributes
    ----------
    kind : str
        What.
    quantity : str [unit]
        Positive.
    unit : str
        What the quantity counts.
    intervention : str or None
        Which one needs it; ``None``: all.
    basis, unit_value, haircut_bp
        As for an offer: what it would otherwise cost.
    expires_on : str or None
        Day from which it is of no more use, ``YYYY-MM-DD``.
    restrictions : str or tuple[str, ...] or None
        What an offer must not be tied to.

    Examples
    --------
    >>> InKindNeed.read('{"kind": "drilling rig", "quantity": "20", "unit": "day"}').unit
    'day'
    """

    kind: Text
    quantity: DecimalText
    unit: UnitCode
    intervention: Code | None = None
    basis: ValuationMethod | None = None
    unit_value: DecimalText | None = None
    haircut_bp: Annotated[int, Field(ge=0, le=WHOLE_BP)] = 0
    expires_on: DayText | None = None
    restrictions: Statements | None = None
