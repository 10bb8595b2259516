"""Agreements: terms, the parties bound to them, whose money pays, and who verifies.

The problem: a contract that not everybody signed gets paid, the signed text differs from the paid one, and
nobody wrote down who decides when the parties differ. An ``AgreementDocument`` holds all of it in one file;
every party signs the same bytes. An agreement moves one way::

    draft -> proposed -> active <-> suspended -> measured | terminated -> closed
         `----> withdrawn <---'
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..finance.documents import Code, DecimalText, Document, Text, canonical_bytes
from ..finance.errors import AlmonerError, TermError
from ..finance.findings import Findings
from ..finance.money import Money
from ..finance.signatures import attested_bytes
from .terms.document import BY_NAME, TermDocument

AgreementState = Literal[
    "draft", "proposed", "withdrawn", "active", "suspended", "measured", "terminated", "closed"
]
Grounds = Literal[
    "data_error", "method_not_followed", "conflict_of_interest", "fraud", "late_evidence", "disagreement"
]
GROUNDS: tuple[Grounds, ...] = (
    "data_error",
    "method_not_followed",
    "conflict_of_interest",
    "fraud",
    "late_evidence",
    "disagreement",
)
VERIFIER_ROLES = ("evaluator", "validator")
RESOLVER = "resolver"
OUTCOME_PAYER = "outcome_payer"
AGREEMENT_TYPE = "application/vnd.almoner.agreement+json"
AMENDMENT_TYPE = "application/vnd.almoner.amendment+json"
MAX_DAYS = 20_000


class Funding(Document):
    """Whose money a payer of the terms pays with.

    A payer without one pays outside the book: what it owes is worked out and shown, and moves no money here.

    Attributes
    ----------
    payer : str
        Party of the terms, or a pot.
    fund : str
        Code of the fund; in the unit of what it pays.
    use : dict of str to str
        What it is for; decides which earmarks bear it.
    """

    payer: Code
    fund: Code
    use: Annotated[dict[str, str], Field(max_length=20), BY_NAME] = Field(default_factory=dict)


class Repeats(Document):
    """How often one person can reach one milestone.

    Attributes
    ----------
    most : int [times]
        Over the whole term.
    min_gap_days : int [days]
        Between two of them.
    """

    most: Annotated[int, Field(ge=1, le=10_000)] = 1
    min_gap_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] = 0


class VerificationRule(Document):
    """How results become findings.

    Attributes
    ----------
    quorum : int [verifiers]
        How many must find the same.
    tolerance : dict of str to decimal
        How far findings of one metric may lie apart and still count as the same; zero without it.
    statistic : str
        Which of several findings counts.
    claim_days : int [days]
        Results of a period can be claimed so long after its end, those of the whole term after its end;
        without it, until the agreement is measured.
    valid_days : int [days]
        A signed determination counts so long after the day it was made; without it, always.
    methods : dict of str to str
        Evaluation method that a metric must be determined by.
    repeats : dict of str to Repeats
        Milestones of one person that may come more than once.
    pays : str
        ``final``: when nobody can dispute any more. ``provisional``: at once; what proves too much is
        taken back as the clause says.
    """

    quorum: Annotated[int, Field(ge=1, le=20)] = 1
    tolerance: Annotated[dict[Code, DecimalText], BY_NAME] = Field(default_factory=dict)
    statistic: Literal["lowest", "median", "highest"] = "median"
    claim_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] | None = None
    valid_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] | None = None
    methods: Annotated[dict[Code, Code], BY_NAME] = Field(default_factory=dict)
    repeats: Annotated[dict[Code, Repeats], BY_NAME] = Field(default_factory=dict)
    pays: Literal["final", "provisional"] = "final"


class DisputeRule(Document):
    """When and why a finding can be disputed.

    Attributes
    ----------
    days : int [days]
        A finding is provisional for so long; with 0 it is final at once.
    late_days : int [days]
        On ``late_grounds`` it can be disputed for so long.
    grounds, late_grounds : tuple of str
        Admitted.
    """

    days: Annotated[int, Field(ge=0, le=MAX_DAYS)] = 0
    late_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] = 0
    grounds: tuple[Grounds, ...] = GROUNDS
    late_grounds: tuple[Grounds, ...] = ("fraud", "conflict_of_interest")


class AgreementDocument(Document):
    """What parties sign: terms, who is who, whose money, how results are verified and disputed.

    Attributes
    ----------
    terms : TermDocument
        Payment terms.
    parties : dict of str to str
        Party of the terms -> code of the party in the book.
    verifiers : dict of str to str
        Verifiers beside those whose role in the terms is ``evaluator`` or ``validator``: name -> code.
    resolver : str
        Code of the party that decides disputes; neither paid nor paying, nor a verifier.
    funding : tuple of Funding
        Whose money pays.
    metrics : dict of str to str
        Metric of the terms -> its definition in the book, ``code/version``.
    cohorts : tuple of str
        Definitions of the cohorts it serves, ``code/version``.

    Examples
    --------
    >>> document = AgreementDocument.read(EXAMPLE)
    >>> document.verifying, [row.fund for row in document.funding]
    ({'lab': 'count-lab'}, ['shelter'])
    """

    invalid: ClassVar[type[AlmonerError]] = TermError

    schema_: Literal["almoner.agreement/1"] = Field(alias="schema")
    terms: TermDocument
    parties: Annotated[dict[Code, Code], Field(min_length=1), BY_NAME]
    verifiers: Annotated[dict[Code, Code], BY_NAME] = Field(default_factory=dict)
    resolver: str = ""
    funding: tuple[Funding, ...]
    verification: VerificationRule = Field(default_factory=VerificationRule)
    disputes: DisputeRule = Field(default_factory=DisputeRule)
    metrics: Annotated[dict[Code, Text], BY_NAME] = Field(default_factory=dict)
    cohorts: tuple[Text, ...] = ()

    @property
    def verifying(self) -> dict[str, str]:
        """Who verifies: name -> code."""
        named = {
            name: self.parties[name]
            for name, party in self.terms.parties.items()
            if party.role in VERIFIER_ROLES and name in self.parties
        }
        return named | self.verifiers

    @property
    def interested(self) -> dict[str, str]:
        """Who pays, is paid or has another interest: name -> code."""
        roles = {name: party.role for name, party in self.terms.parties.items()}
        return {name: code for name, code in self.parties.items() if roles.get(name) not in VERIFIER_ROLES}

    @property
    def signatories(self) -> dict[str, str]:
        """Everybody who signs: name -> code."""
        return self.parties | self.verifiers | ({RESOLVER: self.resolver} if self.resolver else {})

    def findings(self, at: str = "") -> Findings:
        """List every rule broken between the fields."""
        rows = [*self.terms.findings(f"{at}/terms"), *_binding_findings(self, at), *_rule_findings(self, at)]
        payers = [row.payer for row in self.funding]
        rows += [
            {"path": f"{at}/funding", "message": f"{name} is funded twice"}
            for name in dict.fromkeys(payers)
            if payers.count(name) > 1
        ]
        return rows


def _binding_findings(document: AgreementDocument, at: str) -> Findings:
    """List parties that are not bound, bindings of nobody, and names of verifiers that are taken."""
    terms, bound = document.terms.parties, document.parties
    rows = [
        {"path": f"{at}/parties/{name}", "message": "nobody is bound to this party"}
        for name in terms
        if name not in bound
    ]
    rows += [
        {"path": f"{at}/parties/{name}", "message": "the terms have no such party"}
        for name in bound
        if name not in terms
    ]
    return rows + [
        {"path": f"{at}/verifiers/{name}", "message": "this name is a party of the terms, or kept"}
        for name in document.verifiers
        if name in terms or name == RESOLVER
    ]


def _rule_findings(document: AgreementDocument, at: str) -> Findings:
    """List rules about metrics that are not there, and a quorum nobody can reach."""
    rule, metrics = document.verification, document.terms.metrics
    named: dict[str, Mapping[str, object]] = {
        "tolerance": rule.tolerance,
        "methods": rule.methods,
        "repeats": rule.repeats,
    }
    rows = [
        {"path": f"{at}/verification/{field_name}/{name}", "message": "the terms have no such metric"}
        for field_name, by_metric in named.items()
        for name in by_metric
        if name not in metrics
    ]
    rows += [
        {"path": f"{at}/metrics/{name}", "message": "the terms have no such metric"}
        for name in document.metrics
        if name not in metrics
    ]
    count = len(set(document.verifying.values()))
    found = [name for name, metric in metrics.items() if metric.ref is None]
    if found and rule.quorum > count:
        told = (
            f"{rule.quorum} {'verifier has' if rule.quorum == 1 else 'verifiers have'} to find the same, and "
            f"there are {count}. Name more under verifiers, or ask for fewer"
        )
        rows.append({"path": f"{at}/verification/quorum", "message": told})
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one payer may have to pay at most, out of which fund.

    Attributes
    ----------
    payer : str
        Party of the terms, or a pot.
    fund : str
        Code of the fund.
    promise : str
        Name under which the fund keeps the money.
    maximum : Money
        Proven when the agreement was signed, with all amendments since.
    """

    payer: str
    fund: str
    promise: str
    maximum: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """An agreement as it stands.

    Attributes
    ----------
    book, code : str
        Where it stands.
    document : AgreementDocument
        What was agreed first; amendments stand beside it.
    state : str
        See the module.
    sources : tuple of Source
        By payer; empty while it is a draft.
    signed : tuple of str
        Names that have signed.
    amended : tuple of str
        Codes of the amendments in force, oldest first.
    """

    book: str
    code: str
    document: AgreementDocument
    state: AgreementState
    sources: tuple[Source, ...] = ()
    signed: tuple[str, ...] = ()
    amended: tuple[str, ...] = field(default=())

    @property
    def terms(self) -> TermDocument:
        """Payment terms as first signed."""
        return self.document.terms

    @property
    def missing(self) -> tuple[str, ...]:
        """Names that have not signed yet."""
        return tuple(name for name in sorted(self.document.signatories) if name not in self.signed)

    def signing_bytes(self) -> bytes:
        """Return the exact bytes that every party signs."""
        return agreement_bytes(self.code, self.document)

    def party_of(self, name: str) -> str:
        """Return the code of the party behind a name of the terms; a member of a set is its own code.

        Examples
        --------
        >>> document = AgreementDocument.read(EXAMPLE)
        >>> Agreement(book="main", code="pact", document=document, state="draft").party_of("home")
        'night-shelter'
        """
        return self.document.signatories.get(name, name)


def agreement_bytes(code: str, document: AgreementDocument) -> bytes:
    """Return the exact bytes that every party of an agreement signs: a DSSE pre-authentication encoding.

    Parameters
    ----------
    code : str
        Of the agreement.
    document : AgreementDocument
        Enters whole.
    """
    content = {"agreement": code, "document": document.model_dump(mode="json", by_alias=True)}
    return attested_bytes(AGREEMENT_TYPE, canonical_bytes(content))


def consent_bytes(code: str, act: str, *, key: str = "", reason: str = "", on: str = "") -> bytes:
    """Return the exact bytes that every interested party signs to suspend, resume, measure or terminate.

    Parameters
    ----------
    code : str
        Of the agreement.
    act : str
        ``suspend``, ``resume``, ``measure`` or ``terminate``.
    key : str
        Of the act, so that a consent counts once.
    reason : str
        Why.
    on : str
        The day, for ``terminate``.

    Examples
    --------
    >>> consent_bytes("pact", "terminate", reason="the home closes", on="2027-03-31")[-45:]
    b'"on":"2027-03-31","reason":"the home closes"}'
    """
    content = {"act": act, "agreement": code, "key": key, "on": on, "reason": reason}
    return attested_bytes(AGREEMENT_TYPE, canonical_bytes(content))


def promise_of(code: str, payer: str) -> str:
    """Name what a fund keeps for one payer of an agreement.

    Examples
    --------
    >>> promise_of("pact", "city")
    'pact:city'
    """
    return f"{code}:{payer}"


def frozen_promise(promise: str, dispute: str) -> str:
    """Name what a fund keeps back while a dispute is open.

    Examples
    --------
    >>> frozen_promise("pact:city", "d1")
    'pact:city:frozen:d1'
    """
    return f"{promise}:frozen:{dispute}"


def default_funding(
    terms: TermDocument, fund: str, use: Mapping[str, str] | None = None
) -> tuple[Funding, ...]:
    """Let one fund pay for every outcome payer of the terms; without one, for every party that pays.

    Examples
    --------
    >>> terms = AgreementDocument.read(EXAMPLE).terms
    >>> [row.payer for row in default_funding(terms, "shelter")]
    ['city']
    """
    payers = [clause.from_ for clause in terms.clauses if clause.op == "pay"]
    legs = [leg.party for name in payers for leg in (terms.splits[name].legs if name in terms.splits else ())]
    paying = [name for name in dict.fromkeys([*payers, *legs]) if name in terms.parties]
    outcome = [name for name in paying if terms.parties[name].role == OUTCOME_PAYER]
    return tuple(Funding(payer=name, fund=fund, use=dict(use or {})) for name in outcome or paying)


def agreement_of(
    terms: TermDocument, parties: Mapping[str, str], fund: str, use: Mapping[str, str] | None = None
) -> AgreementDocument:
    """Make the plainest agreement of terms: one fund pays, one verifier decides, findings are final at once.

    Parameters
    ----------
    terms : TermDocument
        Payment terms.
    parties : Mapping of str to str
        Party of the terms -> code of the party in the book.
    fund : str
        Code of the fund that pays, see ``default_funding``.
    use : Mapping of str to str or None
        What its money is for.

    Examples
    --------
    >>> example = AgreementDocument.read(EXAMPLE)
    >>> agreement_of(example.terms, example.parties, "shelter").verification.quorum
    1
    """
    content = {
        "schema": "almoner.agreement/1",
        "terms": terms.model_dump(mode="json", by_alias=True),
        "parties": dict(parties),
        "funding": [row.model_dump(mode="json") for row in default_funding(terms, fund, use)],
    }
    return AgreementDocument.read(canonical_bytes(content))


EXAMPLE = """
{"schema": "almoner.agreement/1",
 "terms": {"schema": "almoner.term/1", "title": "Nights in a safe place", "rounding": "half_even",
  "parties": {"city": {"role": "outcome_payer"}, "home": {"role": "service_provider"},
              "lab": {"role": "evaluator"}},
  "calendar": {"starts_on": "2027-01-01", "ends_on": "2027-12-31"},
  "metrics": {"nights": {"title": "Nights spent indoors", "type": "night/0", "domain": ["0", "40000"],
                         "pool": "sum", "method": "shelter register, audited"}},
  "clauses": [{"op": "pay", "id": "nights", "from": "city", "to": "home", "basis": "cumulative",
    "amount": {"op": "scale", "of": {"op": "obs", "metric": "nights"},
               "by": [{"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}], "as": "USD/2"}}],
  "limits": [{"id": "most", "of": ["*"], "max": "500000.00"}]},
 "parties": {"city": "harbour-city", "home": "night-shelter", "lab": "count-lab"},
 "resolver": "arbiter",
 "funding": [{"payer": "city", "fund": "shelter"}],
 "verification": {"quorum": 1, "claim_days": 90},
 "disputes": {"days": 30}}
"""
