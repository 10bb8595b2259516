"""Disclosures: what each actor states about its own interests, and that "none" was said.

The problem: an empty field may mean that there is nothing, or that nobody asked. Each actor states its
incentives, the limits on its money and its right to publish, the funders above the brief's threshold and
its pending disputes; "none" is a value of its own, and the actor's accord covers it.
"""

from typing import Annotated, Literal

from pydantic import Field

from ..finance.documents import Code, DecimalText, Document, Text

Statements = Literal["none"] | Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]


class NamedFunder(Document):
    """Somebody who gave an actor more than the brief's threshold.

    Attributes
    ----------
    name : str
        Who.
    amount : str [unit of the application]
        How much in the look-back.

    Examples
    --------
    >>> NamedFunder.read('{"name": "Hill foundation", "amount": "250000.00"}').amount
    '250000.00'
    """

    name: Text
    amount: DecimalText


NamedFunders = Literal["none"] | Annotated[tuple[NamedFunder, ...], Field(min_length=1, max_length=100)]


class ActorDisclosure(Document):
    """What one actor states about its own interests.

    Attributes
    ----------
    party : str
        Who states it.
    incentives : str or tuple[str, ...]
        What the actor gains from a result; ``"none"`` has to be said.
    restrictions : str or tuple[str, ...]
        What limits its money or its right to publish; ``"none"`` has to be said.
    funders : str or tuple[NamedFunder, ...] or None
        Who gave more than the brief's threshold; ``"none"`` has to be said; ``None``: not stated.
    disputes : str or tuple[str, ...] or None
        Pending disputes that bear on the work; ``"none"`` has to be said; ``None``: not stated.

    Examples
    --------
    >>> ActorDisclosure.read('{"party": "river-trust", "incentives": ["fee per well"],'
    ...     ' "restrictions": "none", "funders": "none"}').incentives
    ('fee per well',)
    """

    party: Code
    incentives: Statements
    restrictions: Statements
    funders: NamedFunders | None = None
    disputes: Statements | None = None
