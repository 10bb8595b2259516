"""Applications: what a bundle of actors proposes, asks and discloses.

The problem: an application whose budget does not add up, or whose partners were never asked about their own
interests, is found out after the award. Amounts are decimal strings and are added exactly; the ask is what
the budget lines say it is; shares sum to one whole; gifts in kind stand apart from money; and each actor
states incentives and restrictions, where "none" has to be said and is not the same as silence.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints

from ..finance.documents import Code, DecimalText, Document, FrozenMap, Text, UnitCode
from ..finance.findings import Findings, finding, repeated
from ..finance.money import Money, decimal_text, money
from ..finance.units import MAX_SCALE, Unit
from .brief import Brief
from .eligibility import FactValue
from .errors import ApplicationInconsistent
from .figures import WHOLE_BP, nano
from .prizes import amount_findings

Answer = Annotated[str, StringConstraints(max_length=20_000)]
Statements = Literal["none"] | Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]
_Frozen = (AfterValidator(FrozenMap), PlainSerializer(dict))
Facts = Annotated[Mapping[Code, FactValue], Field(max_length=500), *_Frozen]
Answers = Annotated[Mapping[Code, Answer], Field(max_length=500), *_Frozen]
Groups = Annotated[Mapping[Code, Code], Field(max_length=20), *_Frozen]


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
    """One cost: who spends it, on what, and whose money covers it.

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

    Examples
    --------
    >>> BudgetLine.read('{"actor": "river-trust", "intervention": "wells", "category": "drilling",'
    ...     ' "amount": "900.00", "covered_by": "ask"}').amount
    '900.00'
    """

    actor: Code
    intervention: Code
    category: Code
    amount: DecimalText
    covered_by: Literal["ask", "own", "third"]


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

    Examples
    --------
    >>> InKindOffer.read('{"kind": "engineer time", "quantity": "400", "unit": "hour"}').quantity
    '400'
    """

    kind: Text
    quantity: DecimalText
    unit: UnitCode


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

    Examples
    --------
    >>> ActorDisclosure.read('{"party": "river-trust", "incentives": ["fee per well"],'
    ...     ' "restrictions": "none"}').incentives
    ('fee per well',)
    """

    party: Code
    incentives: Statements
    restrictions: Statements


class Application(Document):
    """What a bundle submits to a challenge.

    A draft may be read while its figures do not add up yet; ``check`` refuses it for submission.

    Attributes
    ----------
    schema_id : str
        ``almoner.application/1``, written ``schema``.
    application_id, challenge_id, title : str
        Short names, and one for people.
    unit : str
        Unit of every amount.
    lead : str
        A party of the bundle.
    bundle : tuple[Member, ...]
        Every actor, with its share.
    interventions : tuple[ProposedIntervention, ...]
        What is proposed.
    budget : tuple[BudgetLine, ...]
        What it costs; empty where results are rewarded that are already there, and nothing is asked.
    ask, minimum : str [unit]
        What the challenge is asked for, and the least that makes sense.
    in_kind_offers : tuple[InKindOffer, ...]
        What the bundle brings besides money.
    facts : Mapping[str, bool or int or str]
        What the eligibility rule asks; decimals and days as strings.
    answers : Mapping[str, str]
        Question -> text.
    groups : Mapping[str, str]
        For example region and sector.
    disclosures : tuple[ActorDisclosure, ...]
        One per party of the bundle.

    Examples
    --------
    >>> draft = Application.read('''{"schema": "almoner.application/1", "application_id": "a-1",
    ...   "challenge_id": "clean-water", "title": "Wells", "unit": "USD", "lead": "river-trust",
    ...   "bundle": [{"party": "river-trust", "role": "lead", "share_bp": 10000}],
    ...   "interventions": [{"id": "wells", "title": "Twelve wells"}],
    ...   "budget": [{"actor": "river-trust", "intervention": "wells", "category": "drilling",
    ...               "amount": "900.00", "covered_by": "ask"}],
    ...   "ask": "950.00", "minimum": "600.00",
    ...   "disclosures": [{"party": "river-trust", "incentives": "none", "restrictions": "none"}]}''')
    >>> draft.check()
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.ApplicationInconsistent: Application a-1 has 1 fault: \
/ask: asks for 950.00, but the lines covered by the ask sum to 900.00.
    """

    schema_id: Annotated[Literal["almoner.application/1"], Field(alias="schema")]
    application_id: Code
    challenge_id: Code
    title: Text
    unit: UnitCode
    lead: Code
    bundle: Annotated[tuple[Member, ...], Field(min_length=1, max_length=500)]
    interventions: Annotated[tuple[ProposedIntervention, ...], Field(min_length=1, max_length=500)]
    budget: Annotated[tuple[BudgetLine, ...], Field(max_length=5000)] = ()
    ask: DecimalText = "0"
    minimum: DecimalText = "0"
    in_kind_offers: Annotated[tuple[InKindOffer, ...], Field(max_length=500)] = ()
    facts: Facts = FrozenMap[FactValue]({})
    answers: Answers = FrozenMap[str]({})
    groups: Groups = FrozenMap[str]({})
    disclosures: Annotated[tuple[ActorDisclosure, ...], Field(max_length=500)] = ()

    def ask_in(self, unit: Unit) -> Money:
        """Return what is asked for.

        Parameters
        ----------
        unit : Unit
            The application's unit, with its scale.
        """
        self._require_unit(unit)
        return money(self.ask, unit)

    def minimum_in(self, unit: Unit) -> Money:
        """Return the least that makes sense.

        Parameters
        ----------
        unit : Unit
            The application's unit, with its scale.
        """
        self._require_unit(unit)
        return money(self.minimum, unit)

    def _require_unit(self, unit: Unit) -> None:
        if unit.code != self.unit:
            raise ValueError(f"{self.application_id} counts in {self.unit}, not in {unit.code}")

    def check(self, brief: Brief | None = None) -> None:
        """Refuse an application whose figures or parties do not add up.

        Parameters
        ----------
        brief : Brief or None
            When given, challenge and unit must be the brief's as well.

        Raises
        ------
        ApplicationInconsistent
            ``figures['findings']`` lists every fault with its JSON pointer, ``ask`` and ``sum`` the totals.
        """
        found = self.inconsistencies(brief)
        if found:
            shown = "; ".join(f"{row['path']}: {row['message']}" for row in found[:20])
            count = f"{len(found)} fault{'s' if len(found) != 1 else ''}"
            raise ApplicationInconsistent(
                f"Application {self.application_id} has {count}: {shown}.",
                application=self.application_id,
                ask=self.ask,
                sum=_plain(self._asked_nano()),
                findings=found,
            )

    def inconsistencies(self, brief: Brief | None = None) -> Findings:
        """List every fault between the fields, for a draft that is still being written.

        Parameters
        ----------
        brief : Brief or None
            When given, challenge and unit must be the brief's as well.
        """
        found = _amount_faults(self) + _party_faults(self) + _line_faults(self)
        asked = self._asked_nano()
        if nano(self.ask) != asked:
            found.append(
                finding(
                    "/ask", f"asks for {self.ask}, but the lines covered by the ask sum to {_plain(asked)}"
                )
            )
        if nano(self.minimum) > nano(self.ask):
            found.append(finding("/minimum", f"{self.minimum} is more than the ask of {self.ask}"))
        if brief is not None and self.challenge_id != brief.challenge_id:
            found.append(finding("/challenge_id", f"{self.challenge_id} is not {brief.challenge_id}"))
        if brief is not None and self.unit != brief.unit:
            found.append(finding("/unit", f"counts in {self.unit}, the challenge in {brief.unit}"))
        return found

    def _asked_nano(self) -> int:
        return sum(nano(line.amount) for line in self.budget if line.covered_by == "ask")


def _plain(count: int) -> str:
    whole, _, part = decimal_text(count, MAX_SCALE).partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _amount_faults(application: Application) -> Findings:
    unit = application.unit
    found = amount_findings(application.ask, unit, "/ask", zero_allowed=not application.budget)
    found += amount_findings(application.minimum, unit, "/minimum", zero_allowed=True)
    for n, line in enumerate(application.budget):
        found += amount_findings(line.amount, unit, f"/budget/{n}/amount")
    for n, offer in enumerate(application.in_kind_offers):
        if nano(offer.quantity) <= 0:
            found.append(finding(f"/in_kind_offers/{n}/quantity", f"{offer.quantity} is not positive"))
    return found


def _party_faults(application: Application) -> Findings:
    parties = [member.party for member in application.bundle]
    found = [
        finding(f"/bundle/{n}/party", f"{parties[n]} stands here a second time") for n in repeated(parties)
    ]
    if application.lead not in parties:
        found.append(finding("/lead", f"{application.lead} is not in the bundle"))
    total = sum(member.share_bp for member in application.bundle)
    if total != WHOLE_BP:
        found.append(finding("/bundle", f"shares sum to {total} basis points, not {WHOLE_BP}"))
    stated = [row.party for row in application.disclosures]
    found += [
        finding(f"/disclosures/{n}/party", f"{stated[n]} stands here a second time") for n in repeated(stated)
    ]
    found += [
        finding(f"/disclosures/{n}/party", f"{party} is not in the bundle")
        for n, party in enumerate(stated)
        if party not in parties
    ]
    return found + [
        finding("/disclosures", f"{party} has not disclosed; 'none' has to be said")
        for party in dict.fromkeys(parties)
        if party not in stated
    ]


def _line_faults(application: Application) -> Findings:
    parties = {member.party for member in application.bundle}
    names = [row.id for row in application.interventions]
    found = [
        finding(f"/interventions/{n}/id", f"{names[n]} stands here a second time") for n in repeated(names)
    ]
    for n, line in enumerate(application.budget):
        if line.actor not in parties:
            found.append(finding(f"/budget/{n}/actor", f"{line.actor} is not in the bundle"))
        if line.intervention not in names:
            found.append(
                finding(f"/budget/{n}/intervention", f"there is no intervention {line.intervention}")
            )
    return found
