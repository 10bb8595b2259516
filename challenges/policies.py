"""What a brief says once for all its phases: appeals, disclosures, amendments.

The problem: "in due course" and "material interests" are read by each side as it suits. A window is a number
of days, a ground stands on a list, a threshold is an amount.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from ..finance.documents import DecimalText, Document

AppealGround = Literal[
    "procedure", "undeclared_conflict", "eligibility_fact", "arithmetic", "unnotified_amendment"
]
ALL_GROUNDS: tuple[AppealGround, ...] = (
    "procedure",
    "undeclared_conflict",
    "eligibility_fact",
    "arithmetic",
    "unnotified_amendment",
)
Demand = Literal["none", "required"]
Days = Annotated[int, Field(ge=0, le=3650)]


class AppealPolicy(Document):
    """How long, and on which grounds, a decision can be appealed; merit is not one of them.

    Attributes
    ----------
    window_days : int [days]
        From the announcement on.
    grounds : tuple[str, ...]
        Of the five that count: procedure, undeclared conflict, fact of eligibility, arithmetic, and an
        amendment of which the appellant was not told.

    Examples
    --------
    >>> AppealPolicy().window_days, len(AppealPolicy().grounds)
    (10, 5)
    """

    window_days: Days = 10
    grounds: Annotated[tuple[AppealGround, ...], Field(min_length=1, max_length=5)] = ALL_GROUNDS

    @property
    def window(self) -> timedelta:
        """How long an appeal can be made."""
        return timedelta(days=self.window_days)


class DisclosurePolicy(Document):
    """What every actor of a bundle has to state about its money.

    Attributes
    ----------
    funders_above : str [unit of the brief]
        A funder who gave more than this in the look-back is to be named.
    look_back_days : int [days]
        How far back.
    accords : str
        ``required``: an application comes in only when every actor of its bundle has accepted it in person.
    funders, disputes : str
        ``required``: every actor states its funders above the threshold, or its pending disputes; what it
        gains and what limits it is always stated. By default neither is asked.
    facts : str
        ``declared``: what an applicant declares counts until a record says otherwise; ``confirmed``: where
        a rule of eligibility asks for a document, it counts once somebody has seen the document.

    Examples
    --------
    >>> DisclosurePolicy().funders_above, DisclosurePolicy().accords
    ('0', 'none')
    """

    funders_above: DecimalText = "0"
    look_back_days: Days = 1095
    accords: Demand = "none"
    funders: Demand = "none"
    disputes: Demand = "none"
    facts: Literal["declared", "confirmed"] = "declared"


class AmendmentPolicy(Document):
    """How long before it takes effect a material amendment has to be told.

    Attributes
    ----------
    notice_days : int [days]
        From the notice to the effect.

    Examples
    --------
    >>> AmendmentPolicy().notice_days
    7
    """

    notice_days: Days = 7

    @property
    def notice(self) -> timedelta:
        """How long before its effect a change is told."""
        return timedelta(days=self.notice_days)
