"""Bundles: who takes part in a proposal, what each does and costs, and how its parts hang together.

The problem: a proposal of five organisations is judged as if one had written it, and the partner who was to
supply the pumps reads his share in the award letter. Every actor, its share, every cost with its period, and
what one intervention needs from another are rows of the application, so that each can be checked and signed.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ..finance.documents import Code, DecimalText, Document, Text
from .figures import WHOLE_BP

MAX_TOGETHER = 20
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
BudgetPeriod = Annotated[
    str, StringConstraints(pattern=rf"^([0-9]{{4}}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12])?|{_DAY}/{_DAY})$")
]


class Member(Document):
    """One actor of the bundle.

    Attributes
    ----------
    party : str
        Who.
    role : str
        What for, for example ``lead`` or ``delivery``.
    share_bp : int [basis points]
        Part in shared results; all shares sum to 10,000.

    Examples
    --------
    >>> Member.read('{"party": "river-trust", "role": "lead", "share_bp": 10000}').party
    'river-trust'
    """

    party: Code
    role: Code
    share_bp: Annotated[int, Field(ge=0, le=WHOLE_BP)]


class ProposedIntervention(Document):
    """One thing the bundle proposes to do.

    Attributes
    ----------
    id, title : str
        Short name, unique in the application, and one for people.

    Examples
    --------
    >>> ProposedIntervention.read('{"id": "wells", "title": "Twelve wells"}').id
    'wells'
    """

    id: Code
    title: Text


class BudgetLine(Document):
    """One cost: who spends it, on what, when, and whose money covers it.

    Attributes
    ----------
    actor : str
        A party of the bundle.
    intervention : str
        One of the application's interventions.
    category : str
        Kind of cost.
    amount : str [unit of the application]
        Positive.
    covered_by : str
        ``ask``: the challenge's money; ``own``: the actor's; ``third``: somebody else's.
    period : str or None
        When: ``2027``, ``2027-H1``, ``2027-Q2``, ``2027-03``, or first and last day with ``/`` between.

    Examples
    --------
    >>> BudgetLine.read('{"actor": "river-trust", "intervention": "wells", "category": "drilling",'
    ...     ' "amount": "900.00", "covered_by": "ask", "period": "2027-H1"}').amount
    '900.00'
    """

    actor: Code
    intervention: Code
    category: Code
    amount: DecimalText
    covered_by: Literal["ask", "own", "third"]
    period: BudgetPeriod | None = None


class InterventionNeed(Document):
    """One intervention that makes no sense without another.

    Attributes
    ----------
    intervention, needs : str
        Both of the application.

    Examples
    --------
    >>> InterventionNeed.read('{"intervention": "care", "needs": "wells"}').needs
    'wells'
    """

    intervention: Code
    needs: Code


class ProposedSynergy(Document):
    """What interventions gain or lose when they are funded together.

    Attributes
    ----------
    kind : str
        ``bonus``: gained when all are funded; ``overlap``: lost when all are funded; ``bundle``: all or
        none; ``alternatives``: at most one. The words are those of an allocation problem.
    members : tuple[str, ...]
        Two or more interventions of the application.
    value : str or None [points of the rubric]
        Of a bonus or an overlap, as the bundle puts it; nobody is bound by it.
    why : str
        One sentence.

    Examples
    --------
    >>> ProposedSynergy.read('{"kind": "bundle", "members": ["wells", "care"],'
    ...     ' "why": "Pumps without care break."}').members
    ('wells', 'care')
    """

    kind: Literal["bonus", "overlap", "bundle", "alternatives"]
    members: Annotated[tuple[Code, ...], Field(min_length=2, max_length=MAX_TOGETHER)]
    value: DecimalText | None = None
    why: Text


class ChangeLink(Document):
    """One step of a theory of change: what leads to what, and what has to be true for it.

    Attributes
    ----------
    cause, effect : str
        In words; the effect of one link is the cause of the next.
    assumption : str
        What has to hold.
    evidence : str or None
        What speaks for it, for example a study; ``None`` when nothing does yet.

    Examples
    --------
    >>> ChangeLink.read('{"cause": "A pump is repaired within a day", "effect": "Families keep to safe'
    ...     ' water", "assumption": "The open pond is farther away"}').evidence is None
    True
    """

    cause: Text
    effect: Text
    assumption: Text
    evidence: Text | None = None


class TheoryOfChange(Document):
    """Why what is proposed should move the goal's metric.

    Attributes
    ----------
    summary : str
        In a few sentences.
    links : tuple[ChangeLink, ...]
        Step by step.

    Examples
    --------
    >>> TheoryOfChange.read('{"summary": "Repaired pumps keep families off the pond."}').links
    ()
    """

    summary: Text
    links: Annotated[tuple[ChangeLink, ...], Field(max_length=100)] = ()
