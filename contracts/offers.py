"""Contracts to choose from: which of several outcome contracts a pool should sign, as an allocation problem.

The problem: a pool that signs one contract after the other finds at the third that the money it may owe is
not there. Here every offered contract is an intervention whose cost is its **proven maximum**: what the pool
must be able to set aside, whatever is reported. Its worth is stated beside it. A contract that observes
another one among the offers needs it. The answer is a set of contracts whose maxima the funds cover together;
what outcomes do not use flows back, as always.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..finance.allocation import AllocationDocument
from ..finance.errors import TermError
from ..finance.units import Unit
from .terms.bounds import prove
from .terms.compiled import compile_terms
from .terms.document import TermDocument

Rows = Sequence[Mapping[str, object]]  # of one section of an allocation problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractOffer:
    """A contract that could be signed.

    Attributes
    ----------
    offer_id, title : str
        Its code, and what people call it.
    terms : TermDocument
        What it would pay.
    value_micro : int [millionths of value]
        What it is expected to bring, in the value that all offers share.
    groups : Mapping[str, str]
        Grouping columns that earmarks and limits name.

    Examples
    --------
    >>> from .terms.document import EXAMPLE
    >>> offer = ContractOffer(offer_id="o1", title="", terms=TermDocument.read(EXAMPLE), value_micro=10**6)
    >>> offer.offer_id
    'o1'
    """

    offer_id: str
    title: str
    terms: TermDocument
    value_micro: int
    groups: Mapping[str, str] = field(default_factory=dict)


def pose_offers(
    offers: Iterable[ContractOffer],
    *,
    payer: str,
    unit: Unit,
    funds: Rows,
    earmarks: Rows = (),
    limits: Rows = (),
    synergies: Rows = (),
) -> AllocationDocument:
    """Pose the choice among contracts as an allocation problem.

    Parameters
    ----------
    offers : iterable of ContractOffer
        What could be signed.
    payer : str
        The party of the terms whose money is allocated.
    unit : Unit
        Of every amount.
    funds, earmarks, limits, synergies : sequence of rows
        Those sections of the problem [minor units]; bonuses may say what contracts bring only together.

    Raises
    ------
    TermError
        When the payer owes nothing in this unit under some terms, so that they cost nothing to choose, or
        when a maximum cannot be proven.
    DocumentInvalid
        When the problem contradicts itself.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> from .terms.document import EXAMPLE
    >>> terms = TermDocument.read(EXAMPLE)
    >>> offer = ContractOffer(offer_id="o1", title="Nights off the street", terms=terms, value_micro=10**6)
    >>> payer, code = next(iter(prove(compile_terms(terms)).payers))
    >>> problem = pose_offers([offer], payer=payer, unit=currency(code),
    ...   funds=[{"fund_id": "pool", "budget_minor": 10**9}])
    >>> problem.interventions.ints("fixed_minor").tolist()
    [50000000]
    """
    rows = sorted(offers, key=lambda row: row.offer_id)
    by_digest = {row.terms.digest(): row.offer_id for row in rows}
    tables = {
        "funds": funds,
        "earmarks": earmarks,
        "limits": limits,
        "interventions": [
            {
                **row.groups,
                "intervention_id": row.offer_id,
                "title": row.title,
                "fixed_minor": _maximum(row, payer, unit),
            }
            for row in rows
        ],
        "synergies": [
            *synergies,
            *({"kind": "bonus", "members": [row.offer_id], "value_micro": row.value_micro} for row in rows),
            *(
                {"kind": "needs", "first_id": row.offer_id, "second_id": by_digest[digest]}
                for row in rows
                for digest in _observed(row.terms)
                if digest in by_digest
            ),
        ],
    }
    return AllocationDocument.from_tables({"unit": unit.code, "scale": unit.scale}, tables)


def _maximum(offer: ContractOffer, payer: str, unit: Unit) -> int:
    payers = prove(compile_terms(offer.terms)).payers
    most = payers.get((payer, unit.code), 0)
    if most <= 0:
        owed = ", ".join(f"{who} in {code}" for who, code in sorted(payers))
        raise TermError(
            f"Under the terms of {offer.offer_id}, {payer} owes nothing in {unit.code} (who owes: {owed}): "
            "choose among contracts that this payer pays.",
            offer=offer.offer_id,
            payer=payer,
        )
    return most


def _observed(terms: TermDocument) -> list[str]:
    """Return the digests of the other terms that these observe."""
    measures = compile_terms(terms).metrics.values()
    return sorted({measure.ref[0] for measure in measures if measure.ref is not None})
