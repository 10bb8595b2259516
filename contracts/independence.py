"""Independence: whoever verifies or decides has no money in what is found, by the text or by ties.

The problem: an evaluator is chosen, paid or owned by somebody who gains when it finds more. Two checks: by
the text alone (``require_duties``), that nobody has two duties and that no fee of a verifier depends on a
result; and by the ledger on a day (``conflicts``), that no tie, key, gift or grant joins it to the money.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ..finance.errors import NotIndependent
from ..finance.ties import Tie, connections
from .agreement import RESOLVER, VERIFIER_ROLES, AgreementDocument
from .terms.compiled import compile_terms
from .terms.lowering.clauses import OUTCOMES, depends_on
from .terms.program import ClausePlan, Program

NONE_SHARED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What stands between a verifier and independence.

    Attributes
    ----------
    verifier, other : str
        Codes: of who verifies, and of the party, or fund, that it is tied to.
    path : tuple of str
        The ties in words, each with its day and source.
    on : date
        The day it was judged.
    inferred : bool
        Whether the ledger tells it; False where somebody declared it.
    """

    verifier: str
    other: str
    path: tuple[str, ...]
    on: date
    inferred: bool = False

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.verifier} is tied to {self.other}: {'; '.join(self.path)}"


def require_duties(document: AgreementDocument) -> None:
    """Refuse an agreement in which somebody who verifies or decides also has money in what is found.

    Parameters
    ----------
    document : AgreementDocument
        What would be signed; its terms must compile.

    Raises
    ------
    NotIndependent
        With every party that has two duties, or is paid by what is observed; with who states a metric that
        too few others can confirm.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE
    >>> document = AgreementDocument.read(EXAMPLE)
    >>> require_duties(document)
    >>> require_duties(document.model_copy(update={"resolver": "count-lab"}))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.NotIndependent: count-lab is verifier (lab) and resolver here. Name another one.
    """
    rows = [*_doubled(document), *_stating(document)] or [*_fees(document, compile_terms(document.terms))]
    if rows:
        raise NotIndependent(
            " ".join(told for _, told in rows), party=rows[0][0], conflicts=[t for _, t in rows]
        )


def interested(document: AgreementDocument) -> dict[str, str]:
    """Return who has money in an agreement: code of the party -> its role, or the set it is a member of.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE
    >>> interested(AgreementDocument.read(EXAMPLE))
    {'harbour-city': 'outcome_payer', 'night-shelter': 'service_provider'}
    """
    terms = document.terms
    ends = {end for clause in terms.clauses if clause.op == "pay" for end in (clause.from_, clause.to)}
    found = {
        document.signatories.get(member, member): f"member of {name}"
        for name, one in terms.sets.items()
        if name in ends
        for member in one.members
    }
    named = {name: party for name, party in terms.parties.items() if party.role not in VERIFIER_ROLES}
    return found | {document.parties[name]: party.role for name, party in named.items()}


def _doubled(document: AgreementDocument) -> Iterator[tuple[str, str]]:
    having = interested(document)
    verifying = document.verifying
    for code in sorted({*verifying.values(), document.resolver} - {""}):
        names = sorted(name for name, bound in verifying.items() if bound == code)
        duties = [f"verifier ({', '.join(names)})"] if names else []
        duties += [RESOLVER] if code == document.resolver else []
        duties += [having[code]] if code in having else []
        if len(duties) > 1:
            yield code, f"{code} is {' and '.join(duties)} here. Name another one."


def _stating(document: AgreementDocument) -> Iterator[tuple[str, str]]:
    """List verifiers that state a metric which, without them, no quorum can confirm."""
    verifying = set(document.verifying.values())
    for name, metric in document.terms.metrics.items():
        code = document.signatories.get(metric.by, metric.by)
        if code in verifying and len(verifying) - 1 < document.verification.quorum:
            needed = document.verification.quorum
            told = f"{code} states {name} and cannot confirm it itself. Name {needed} other verifier(s)."
            yield code, told


def _fees(document: AgreementDocument, program: Program) -> Iterator[tuple[str, str]]:
    """List what a verifier or the resolver pays or gets that what is found can change."""
    judging = {*document.verifying.values(), document.resolver} - {""}
    for clause in program.clauses:
        for end in (clause.payer, clause.payee):
            for code in _behind(document, program, end):
                reason = _changed_by(program, clause) if code in judging else ""
                if reason:
                    told = (
                        f"what is found changes clause {clause.id!r}, by which it pays or is paid: {reason}"
                    )
                    yield code, f"{code} verifies or decides here, and {told}. Give it a fixed fee."


def _behind(document: AgreementDocument, program: Program, name: str) -> tuple[str, ...]:
    """Return the codes that a payer or payee stands for."""
    if name in program.splits:
        ends: tuple[str, ...] = tuple(leg.party for leg in program.splits[name].legs)
    elif name in document.terms.accounts:
        ends = (document.terms.accounts[name].residual_to,)
    else:
        ends = program.sets.get(name, (name,) if name else ())
    return tuple(document.signatories.get(end, end) for end in ends)


def _changed_by(program: Program, clause: ClausePlan) -> str:
    """Say why a clause depends on what is found; empty where it does not."""
    if _finds(program, clause.amount):
        return "its amount depends on results"
    for limit in program.limits:
        if clause.id in limit.clauses:
            others = [
                one.id for one in program.clauses if one.id in limit.clauses and _finds(program, one.amount)
            ]
            if others or _finds(program, limit.maximum):
                return (
                    f"the limit {limit.id!r} also holds for {', '.join(others) or 'what depends on results'}"
                )
    for end in (clause.payer, clause.payee):
        if end in program.splits:
            legs = program.splits[end].legs
            if any(_finds(program, node) for leg in legs for node in (leg.weight, leg.maximum) if node >= 0):
                return f"the split {end!r} depends on results"
        if any(end == pot.id and pot.pot and _fed_by_results(program, pot.id) for pot in program.accounts):
            return f"the pot {end!r} depends on results"
    return ""


def _fed_by_results(program: Program, pot: str) -> bool:
    plan = next(one for one in program.accounts if one.id == pot)
    through = [one.amount for one in program.clauses if pot in (one.payer, one.payee)]
    return any(_finds(program, node) for node in (*through, plan.opens, plan.adds) if node >= 0)


def _finds(program: Program, node: int) -> bool:
    return depends_on(list(program.nodes), node, OUTCOMES)


def conflicts(
    verifier: str,
    having: Collection[str],
    *,
    ties: Iterable[Tie],
    on: date,
    sharing_key: Collection[str] = (),
    seen: Mapping[str, str] = NONE_SHARED,
) -> tuple[Conflict, ...]:
    """List what ties a verifier to those who have money in an agreement.

    Parameters
    ----------
    verifier : str
        Code of the party that verifies or decides.
    having : collection of str
        Codes of everybody with money in it.
    ties : iterable of Tie
        Declared in the book.
    on : date
        The day it is judged.
    sharing_key : collection of str
        Parties that sign with the verifier's own key, and so are it.
    seen : Mapping of str to str
        Fund -> what the ledger tells about it and the verifier, in words.

    Examples
    --------
    >>> owned = Tie(kind="owns", from_party="home", to_party="lab", since=date(2026, 1, 1), source="register")
    >>> [str(one) for one in conflicts("lab", ["home"], ties=[owned], on=date(2026, 5, 1))]
    ['lab is tied to home: home owns lab since 2026-01-01 (register)']
    """
    declared = tuple(ties)
    found = []
    aliases = {
        verifier: (),
        **{code: (f"{verifier} and {code} have one key",) for code in sorted(sharing_key)},
    }
    for alias, shared in aliases.items():
        reached: dict[str, tuple[str, ...]] = {alias: ()} | {
            code: tuple(str(one) for one in path) for code, path in connections(declared, alias, on).items()
        }
        found += [
            Conflict(verifier=verifier, other=code, path=(*shared, *path), on=on, inferred=bool(shared))
            for code, path in reached.items()
            if code in having and code != verifier
        ]
    found += [
        Conflict(verifier=verifier, other=fund, path=(told,), on=on, inferred=True)
        for fund, told in sorted(seen.items())
    ]
    first: dict[str, Conflict] = {}
    for one in sorted(found, key=lambda one: (one.inferred, len(one.path), one.other)):
        first.setdefault(one.other, one)
    return tuple(first.values())


def refusal(found: Collection[Conflict]) -> NotIndependent:
    """Make the refusal of a verifier that is tied.

    Parameters
    ----------
    found : collection of Conflict
        At least one.
    """
    told = [str(one) for one in found]
    first = next(iter(found))
    return NotIndependent(
        f"{first.verifier} is not independent on {first.on}. {'. '.join(told)}. Let another one do it.",
        party=first.verifier,
        on=first.on.isoformat(),
        conflicts=told,
    )
