"""The policy on conflicts: which kind bars, which is shown and weighed, how far back, and from what it bars.

The problem: one funder bars a judge from one pair, another from the whole competition, and after a complaint
nobody can say which was the rule. The policy is a document with a digest. ``AMERICA_COMPETES`` is what the
United States statute on prize competitions asks for; a funder whom it does not bind may choose ``pair``, and
that choice is a field that anybody can read.

Pub. L. 111-358 (America COMPETES Reauthorization Act of 2010), section 105, adds section 24 to the
Stevenson-Wydler Technology Innovation Act of 1980 (15 U.S.C. 3719); its subsection (k)(2) reads: "A judge
may not (A) have personal or financial interests in, or be an employee, officer, director, or agent of any
entity that is a registered participant in a competition; or (B) have a familial or financial relationship
with an individual who is a registered participant." Read literally, this bars from the competition.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, Field, PlainSerializer

from ...finance.documents import Code, DecimalText, Document, FrozenMap, UnitCode, canonical_bytes
from ...finance.errors import AlmonerError
from ...finance.findings import Findings, finding
from ..errors import BriefInvalid
from ..json_values import thaw
from .interests import INTEREST_KINDS, SURE_BP, InterestKind

Level = Literal["hard", "soft", "ignore"]
Scope = Literal["pair", "phase", "competition"]
LEVELS: tuple[Level, ...] = get_args(Level)


def _known_kind(name: str) -> str:
    if name not in INTEREST_KINDS:
        raise ValueError(f"no interest is of kind {name}: use one of {', '.join(INTEREST_KINDS)}")
    return name


KindName = Annotated[str, AfterValidator(_known_kind)]
_Levels = Annotated[
    Mapping[KindName, Level],
    AfterValidator(FrozenMap),
    PlainSerializer(dict, return_type=dict[KindName, Level]),
]
_Scopes = Annotated[
    Mapping[KindName, Scope],
    AfterValidator(FrozenMap),
    PlainSerializer(dict, return_type=dict[KindName, Scope]),
]
_RANK: Mapping[str, int] = {"ignore": 0, "soft": 1, "hard": 2}
STATUTORY: tuple[InterestKind, ...] = (
    "employee",
    "officer",
    "director",
    "agent",
    "ownership",
    "other_financial_interest",
    "family",
    "financial_relationship",
    "personal",
)
MAX_LOOK_BACK_DAYS = 36_525


class ConflictPolicy(Document):
    """What counts as a conflict, and how heavily.

    Attributes
    ----------
    schema_id : str
        ``almoner.conflict_policy/1``, written ``schema``.
    name : str
        For example ``america_competes``.
    levels : Mapping[str, str]
        Kind -> ``hard`` (bars), ``soft`` (costs, is shown, is overridden with a signed reason) or ``ignore``;
        a kind that is not named is soft.
    scopes : Mapping[str, str]
        Kind -> what a hard conflict bars from: the ``pair``, the ``phase`` or the ``competition``; a kind
        that is not named bars from the pair.
    look_back_days : int [days]
        How long money, joint work and relations that have ended still count.
    ended : str
        How heavily a relation counts that has ended within the look-back; never more than its kind.
    through_one : str
        How heavily a link through one other party or fund counts; never more than its kind.
    floor, floor_unit : str
        Sums of money up to the floor do not count; in other units than its own every sum counts.
    sure_from_bp : int [basis points]
        What is less sure is soft at most.

    Examples
    --------
    >>> policy = ConflictPolicy.read('{"schema": "almoner.conflict_policy/1", "name": "own",'
    ...     ' "levels": {"employee": "hard"}}')
    >>> policy.level("employee"), policy.level("competitor"), policy.scope("employee")
    ('hard', 'soft', 'pair')
    """

    invalid: ClassVar[type[AlmonerError]] = BriefInvalid
    schema_id: Annotated[Literal["almoner.conflict_policy/1"], Field(alias="schema")]
    name: Code
    levels: _Levels = Field(default_factory=lambda: FrozenMap[Level]({}), json_schema_extra={"default": {}})
    scopes: _Scopes = Field(default_factory=lambda: FrozenMap[Scope]({}), json_schema_extra={"default": {}})
    look_back_days: Annotated[int, Field(ge=0, le=MAX_LOOK_BACK_DAYS)] = 1095
    ended: Level = "soft"
    through_one: Level = "soft"
    floor: DecimalText = "0"
    floor_unit: UnitCode | None = None
    sure_from_bp: Annotated[int, Field(ge=0, le=SURE_BP)] = 0

    def findings(self, at: str = "") -> Findings:
        """List a negative floor, a floor without unit, and a scope of a kind that bars from nothing."""
        found: Findings = []
        if self.floor.startswith("-"):
            found.append(finding(f"{at}/floor", f"{self.floor} is negative"))
        if self.floor.strip("0.") and self.floor_unit is None:
            found.append(finding(f"{at}/floor_unit", f"missing: a floor of {self.floor} needs its unit"))
        return found + [
            finding(f"{at}/scopes/{kind}", f"{kind} is {self.level(kind)} and bars from nothing")
            for kind in self.scopes
            if self.level(kind) != "hard"
        ]

    def level(self, kind: str) -> Level:
        """Return how heavily a kind counts."""
        return self.levels.get(kind, "soft")

    def scope(self, kind: str) -> Scope:
        """Return what a hard conflict of a kind bars from."""
        return self.scopes.get(kind, "pair")

    def with_scope(self, scope: Scope) -> Self:
        """Return the same policy with one scope for all kinds that bar.

        Examples
        --------
        >>> AMERICA_COMPETES.with_scope("pair").scope("employee")
        'pair'
        """
        hard: dict[str, Scope] = {kind: scope for kind in INTEREST_KINDS if self.level(kind) == "hard"}
        return self.model_copy(update={"scopes": FrozenMap(hard)})


def lighter(*levels: Level) -> Level:
    """Return the lightest of some levels.

    Examples
    --------
    >>> lighter("hard", "soft")
    'soft'
    """
    return min(levels, key=lambda level: _RANK[level])


def heaviness(level: str) -> int:
    """Return 0 for ignore, 1 for soft, 2 for hard.

    Examples
    --------
    >>> heaviness("soft")
    1
    """
    return _RANK[level]


_HARD: tuple[InterestKind, ...] = (
    *STATUTORY,
    "co_applicant",
    "adviser_student",
    "same_organisation",
    "evaluator_paid_by_outcome",
    "administrator",
)
AMERICA_COMPETES = ConflictPolicy.model_validate(
    {
        "schema": "almoner.conflict_policy/1",
        "name": "america_competes",
        "levels": {kind: "hard" if kind in _HARD else "soft" for kind in INTEREST_KINDS},
        "scopes": dict.fromkeys(STATUTORY, "competition"),
    }
)


def conflict_policy(
    stated: str | ConflictPolicy | Mapping[str, object], scope: Scope | None = None
) -> ConflictPolicy:
    """Read the policy that a brief names or states.

    Parameters
    ----------
    stated : str, ConflictPolicy or Mapping
        ``america_competes``, a policy, or a policy's fields.
    scope : str or None
        What every hard conflict bars from, where the brief says so.

    Raises
    ------
    BriefInvalid
        When no policy has that name, or its fields break a rule.

    Examples
    --------
    >>> conflict_policy("america_competes", "pair").scope("family")
    'pair'
    >>> conflict_policy("none_at_all")
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.BriefInvalid: There is no policy on conflicts 'none_at_all'. Name \
america_competes, or state its fields.
    """
    if isinstance(stated, str):
        if stated != AMERICA_COMPETES.name:
            raise BriefInvalid(
                f"There is no policy on conflicts {stated!r}. Name {AMERICA_COMPETES.name}, or state its "
                "fields.",
                policy=stated,
            )
        policy = AMERICA_COMPETES
    elif isinstance(stated, ConflictPolicy):
        policy = stated
    else:
        policy = ConflictPolicy.read(canonical_bytes(thaw(stated)))
    return policy if scope is None else policy.with_scope(scope)
