"""Applications: what a bundle of actors proposes, asks and discloses.

The problem: an application whose budget does not add up, or whose partners were never asked about their own
interests, is found out after the award. Amounts are decimal strings and are added exactly; the ask is what
the budget lines say it is; shares sum to one whole; gifts in kind stand apart from money; and each actor
states incentives and restrictions, where "none" has to be said and is not the same as silence.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints

from ..finance.documents import Code, DecimalText, Document, FrozenMap, Text, UnitCode, canonical_bytes
from ..finance.findings import Findings, finding, repeated
from ..finance.money import Money, decimal_text, money
from ..finance.units import MAX_SCALE, Unit
from .brief import Brief
from .bundles import (
    BudgetLine,
    InterventionNeed,
    Member,
    ProposedIntervention,
    ProposedSynergy,
    TheoryOfChange,
)
from .disclosures import ActorDisclosure
from .eligibility import FactValue
from .errors import ApplicationIncomplete, ApplicationInconsistent
from .figures import WHOLE_BP, nano
from .json_values import JsonObject
from .offers import InKindNeed, InKindOffer
from .prizes import amount_findings

MAX_FILE_BYTES: Final = 2**31
_SIGNED: Final = (
    "lead", "bundle", "interventions", "budget", "ask", "minimum", "all_or_nothing", "in_kind_offers",
    "in_kind_needs", "needs", "synergies",
)  # fmt: skip  # what binds an actor
_PlainFacts = Annotated[dict[Code, FactValue], Field(max_length=500)]
_PlainGroups = Annotated[dict[Code, Code], Field(max_length=20)]
Facts = Annotated[
    Mapping[Code, FactValue],
    Field(max_length=500),
    AfterValidator(FrozenMap),
    PlainSerializer(dict, return_type=_PlainFacts),
]
Groups = Annotated[
    Mapping[Code, Code],
    Field(max_length=20),
    AfterValidator(FrozenMap),
    PlainSerializer(dict, return_type=_PlainGroups),
]
DigestText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f]{1,200}$")]
FileAddress = Annotated[str, StringConstraints(pattern=r"^https://[^\s\x00-\x20\"<>\\^`{|}]{1,1000}$")]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,100}$")]


class AttachedFile(Document):
    """A file that belongs to an application, held by its digest.

    Attributes
    ----------
    id : str
        Short name, unique in the application; an answer refers to it.
    name : str
        As the applicant calls it; masked where it could tell who applies.
    media_type : str
        For example ``application/pdf``.
    size_bytes : int [bytes]
        How long it is.
    sha256 : str
        Digest of its content, 64 hexadecimal digits.
    address : str or None
        Where whoever may see the application fetches it, ``https://…``; it is given out with the digest.

    Examples
    --------
    >>> AttachedFile.read('{"id": "deed", "name": "deed.pdf", "media_type": "application/pdf",'
    ...     ' "size_bytes": 52341, "sha256": "' + "ab" * 32 + '"}').size_bytes
    52341
    """

    id: Code
    name: FileName
    media_type: MediaType
    size_bytes: Annotated[int, Field(ge=1, le=MAX_FILE_BYTES)]
    sha256: DigestText
    address: FileAddress | None = None


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
    all_or_nothing : bool
        Whether nothing less than the ask makes sense.
    in_kind_offers, in_kind_needs : tuple
        What the bundle brings, and what it lacks, besides money.
    needs, synergies : tuple
        Which intervention makes no sense without another; what they gain or lose together.
    theory_of_change : TheoryOfChange or None
        Why it should move the goal's metric.
    facts : Mapping[str, bool or int or str]
        What the eligibility rule asks, as the applicant declares it; decimals and days as strings.
    answers : Mapping
        What the form of the phase asks; money as decimal strings.
    files : tuple[AttachedFile, ...]
        By their digests.
    groups : Mapping[str, str]
        For example region and sector.
    disclosures : tuple[ActorDisclosure, ...]
        One per party of the bundle.
    language : str or None
        In which it is written; one of the brief's.

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
    all_or_nothing: bool = False
    in_kind_offers: Annotated[tuple[InKindOffer, ...], Field(max_length=500)] = ()
    in_kind_needs: Annotated[tuple[InKindNeed, ...], Field(max_length=500)] = ()
    needs: Annotated[tuple[InterventionNeed, ...], Field(max_length=500)] = ()
    synergies: Annotated[tuple[ProposedSynergy, ...], Field(max_length=500)] = ()
    theory_of_change: TheoryOfChange | None = None
    facts: Facts = Field(default_factory=lambda: FrozenMap[FactValue]({}), json_schema_extra={"default": {}})
    answers: JsonObject = Field(default_factory=lambda: FrozenMap[str]({}), json_schema_extra={"default": {}})
    files: Annotated[tuple[AttachedFile, ...], Field(max_length=200)] = ()
    groups: Groups = Field(default_factory=lambda: FrozenMap[str]({}), json_schema_extra={"default": {}})
    disclosures: Annotated[tuple[ActorDisclosure, ...], Field(max_length=500)] = ()
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None

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
        """Return the least that makes sense: the ask, where it is all or nothing.

        Parameters
        ----------
        unit : Unit
            The application's unit, with its scale.
        """
        self._require_unit(unit)
        return money(self.ask if self.all_or_nothing else self.minimum, unit)

    def _require_unit(self, unit: Unit) -> None:
        if unit.code != self.unit:
            raise ValueError(f"{self.application_id} counts in {self.unit}, not in {unit.code}")

    def accord_digest(self, party: str) -> str:
        """Return what an actor accepts: a digest of shares, costs and gifts, and of its own disclosure.

        Any later change of these makes another digest, so that what was accepted before is void. Title,
        answers and files may change without asking everybody again.

        Parameters
        ----------
        party : str
            An actor of the bundle.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        content = self.model_dump(mode="json", by_alias=True, include={*_SIGNED, "disclosures"})
        own = [row for row in content.pop("disclosures") if row["party"] == party]
        return hashlib.sha256(canonical_bytes({**content, "disclosure": own, "party": party})).hexdigest()

    def check(self, brief: Brief | None = None) -> None:
        """Refuse an application whose figures or parties do not add up, or that leaves a disclosure out.

        Parameters
        ----------
        brief : Brief or None
            When given, challenge, unit, language and cap must be the brief's as well, and every actor states
            what the brief's disclosure policy asks.

        Raises
        ------
        ApplicationInconsistent
            ``figures['findings']`` lists every fault with its JSON pointer, ``ask`` and ``sum`` the totals.
        ApplicationIncomplete
            ``figures['missing']`` lists every statement that is not there, by party and field.
        """
        found = self.inconsistencies(brief)
        if found:
            shown = "; ".join(f"{row['path']}: {row['message']}" for row in found[:20])
            count = f"{len(found)} fault{'s' if len(found) != 1 else ''}"
            raise ApplicationInconsistent(
                f"Application {self.application_id} has {count}: {shown}.",
                application=self.application_id,
                ask=self.ask,
                sum=_plain(_asked_nano(self)),
                findings=found,
            )
        missing = self.missing_statements(brief)
        if missing:
            shown = "; ".join(f"{row['party']} has not stated {row['field']}" for row in missing[:20])
            raise ApplicationIncomplete(
                f"Application {self.application_id} is not complete: {shown}. Where there is nothing, "
                "'none' has to be said.",
                application=self.application_id,
                missing=missing,
            )

    def inconsistencies(self, brief: Brief | None = None) -> Findings:
        """List every fault between the fields, for a draft that is still being written.

        Parameters
        ----------
        brief : Brief or None
            When given, challenge, unit, language and cap must be the brief's as well.
        """
        found = _amount_faults(self) + _party_faults(self) + _line_faults(self) + _gift_faults(self)
        found += _together_faults(self)
        return found if brief is None else found + _brief_faults(self, brief)

    def missing_statements(self, brief: Brief | None = None) -> Findings:
        """List what actors have not stated yet: rows of ``party``, ``field`` and ``path``.

        Parameters
        ----------
        brief : Brief or None
            When given, its disclosure policy says what is asked beyond incentives and restrictions.
        """
        stated = {row.party: (n, row) for n, row in enumerate(self.disclosures)}
        policy = None if brief is None else brief.disclosure_policy
        asked = [name for name in ("funders", "disputes") if getattr(policy, name, "none") == "required"]
        missing: Findings = []
        for party in dict.fromkeys(member.party for member in self.bundle):
            if party not in stated:
                missing.append({"party": party, "field": "disclosure", "path": "/disclosures"})
                continue
            place, row = stated[party]
            missing += [
                {"party": party, "field": name, "path": f"/disclosures/{place}/{name}"}
                for name in asked
                if getattr(row, name) is None
            ]
        return missing


def _asked_nano(application: Application) -> int:
    return sum(nano(line.amount) for line in application.budget if line.covered_by == "ask")


def _plain(count: int) -> str:
    whole, _, part = decimal_text(count, MAX_SCALE).partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _amount_faults(application: Application) -> Findings:
    unit = application.unit
    found = amount_findings(application.ask, unit, "/ask", zero_allowed=not application.budget)
    found += amount_findings(application.minimum, unit, "/minimum", zero_allowed=True)
    for n, line in enumerate(application.budget):
        found += amount_findings(line.amount, unit, f"/budget/{n}/amount")
    for n, row in enumerate(application.disclosures):
        for k, funder in enumerate(row.funders if isinstance(row.funders, tuple) else ()):
            found += amount_findings(funder.amount, unit, f"/disclosures/{n}/funders/{k}/amount")
    asked = _asked_nano(application)
    if nano(application.ask) != asked:
        said = f"asks for {application.ask}, but the lines covered by the ask sum to {_plain(asked)}"
        found.append(finding("/ask", said))
    least, ask = nano(application.minimum), nano(application.ask)
    if least > ask:
        found.append(finding("/minimum", f"{application.minimum} is more than the ask of {application.ask}"))
    elif application.all_or_nothing and least not in (0, ask):
        said = f"{application.minimum} is less than the ask of {application.ask}, which is all or nothing"
        found.append(finding("/minimum", said))
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
    return found + [
        finding(f"/disclosures/{n}/party", f"{party} is not in the bundle")
        for n, party in enumerate(stated)
        if party not in parties
    ]


def _line_faults(application: Application) -> Findings:
    parties = {member.party for member in application.bundle}
    names = [row.id for row in application.interventions]
    files = [row.id for row in application.files]
    found = [
        finding(f"/interventions/{n}/id", f"{names[n]} stands here a second time") for n in repeated(names)
    ]
    found += [finding(f"/files/{n}/id", f"{files[n]} stands here a second time") for n in repeated(files)]
    for n, line in enumerate(application.budget):
        if line.actor not in parties:
            found.append(finding(f"/budget/{n}/actor", f"{line.actor} is not in the bundle"))
        found += _unknown(line.intervention, names, f"/budget/{n}/intervention")
        first, _, last = (line.period or "").partition("/")
        if last and last < first:
            found.append(finding(f"/budget/{n}/period", f"{last} is before {first}"))
    return found


def _unknown(name: str | None, known: Sequence[str], at: str) -> Findings:
    return [] if name is None or name in known else [finding(at, f"there is no intervention {name}")]


def _gift_faults(application: Application) -> Findings:
    parties = {member.party for member in application.bundle}
    names = [row.id for row in application.interventions]
    found: Findings = []
    for n, offer in enumerate(application.in_kind_offers):
        found += _one_gift_faults(offer, application.unit, f"/in_kind_offers/{n}")
        if offer.party is not None and offer.party not in parties:
            found.append(finding(f"/in_kind_offers/{n}/party", f"{offer.party} is not in the bundle"))
    for n, need in enumerate(application.in_kind_needs):
        found += _one_gift_faults(need, application.unit, f"/in_kind_needs/{n}")
        found += _unknown(need.intervention, names, f"/in_kind_needs/{n}/intervention")
    return found


def _one_gift_faults(gift: InKindOffer | InKindNeed, unit: str, at: str) -> Findings:
    found: Findings = []
    if nano(gift.quantity) <= 0:
        found.append(finding(f"{at}/quantity", f"{gift.quantity} is not positive"))
    if gift.unit == unit:
        found.append(finding(f"{at}/unit", f"{unit} is the money of the challenge: a budget line, no gift"))
    if (gift.basis is None) != (gift.unit_value is None):
        lacking = "basis" if gift.basis is None else "unit_value"
        found.append(finding(f"{at}/{lacking}", "missing: a value has its basis, and a basis its value"))
    if gift.unit_value is not None:
        found += amount_findings(gift.unit_value, unit, f"{at}/unit_value")
    return found


def _together_faults(application: Application) -> Findings:
    names = [row.id for row in application.interventions]
    found: Findings = []
    for n, need in enumerate(application.needs):
        found += _unknown(need.intervention, names, f"/needs/{n}/intervention")
        found += _unknown(need.needs, names, f"/needs/{n}/needs")
        if need.needs == need.intervention:
            found.append(finding(f"/needs/{n}/needs", f"{need.needs} needs itself"))
    for n, row in enumerate(application.synergies):
        for k, name in enumerate(row.members):
            found += _unknown(name, names, f"/synergies/{n}/members/{k}")
        found += [
            finding(f"/synergies/{n}/members/{k}", f"{row.members[k]} stands here a second time")
            for k in repeated(row.members)
        ]
        valued = row.kind in {"bonus", "overlap"}
        if valued and (row.value is None or nano(row.value) <= 0):
            found.append(finding(f"/synergies/{n}/value", f"a {row.kind} needs a positive value"))
        elif not valued and row.value is not None:
            found.append(finding(f"/synergies/{n}/value", f"{row.kind} has no use for a value"))
    return found


def _brief_faults(application: Application, brief: Brief) -> Findings:
    found: Findings = []
    if application.challenge_id != brief.challenge_id:
        found.append(finding("/challenge_id", f"{application.challenge_id} is not {brief.challenge_id}"))
    if application.unit != brief.unit:
        found.append(finding("/unit", f"counts in {application.unit}, the challenge in {brief.unit}"))
    elif brief.ask_cap is not None and nano(application.ask) > nano(brief.ask_cap):
        found.append(finding("/ask", f"asks for {application.ask}; the cap is {brief.ask_cap}"))
    if application.language is not None and application.language not in brief.languages:
        listed = ", ".join(brief.languages)
        found.append(finding("/language", f"{application.language} is not a language of the call: {listed}"))
    return found
