"""Admission: what is known about an applicant, from every source, and when the time to cure began.

The problem: an application declares, our register records, a desk confirms, and papers come after the time
given. What counts is put together in one place, so that every check of one applicant on one day is the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .applications import Application
from .eligibility import FactStatement, FactValue, Finding, RuleTree, rule_leaves

WaiverEffect = Literal["lateness", "clause"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A clause of the rule that two people waive for one application.

    Attributes
    ----------
    clause : str
        Of the rule.
    effect : str
        ``lateness``: evidence after the time to cure counts; ``clause``: the clause counts as met.
    reason : str
        Why; on record.
    maker, checker : str
        Who waives, one of those whom the rule names; and who agrees. Two people outside the bundle.

    Examples
    --------
    >>> Waiver(clause="2.1", effect="lateness", reason="The registry was closed.", maker="chair",
    ...        checker="auditor").effect
    'lateness'
    """

    clause: str
    effect: WaiverEffect
    reason: str
    maker: str
    checker: str


def known_facts(
    application: Application,
    recorded: Mapping[str, FactValue],
    supplied: Iterable[tuple[str, FactStatement, bool]] = (),
    counted_late: Collection[str] = (),
) -> dict[str, tuple[FactStatement, ...]]:
    """Put together what is known about an applicant, by fact; of each source the last statement counts.

    Parameters
    ----------
    application : Application
        What it declares.
    recorded : Mapping[str, bool or int or str]
        What the application itself, our register and our ledger show.
    supplied : iterable of (str, FactStatement, bool)
        Fact, statement, and whether it came in time; oldest first.
    counted_late : Collection[str]
        Facts whose late statements count because of a waiver.

    Examples
    --------
    >>> from almoner.challenges import Application
    >>> draft = Application.read('''{"schema": "almoner.application/1", "application_id": "a-1",
    ...   "challenge_id": "clean-water", "title": "Wells", "unit": "USD", "lead": "river-trust",
    ...   "bundle": [{"party": "river-trust", "role": "lead", "share_bp": 10000}],
    ...   "interventions": [{"id": "wells", "title": "Twelve wells"}], "facts": {"lead.kind": "ngo"}}''')
    >>> paper = FactStatement(value="ngo", source="confirmed", evidence="registration")
    >>> known = known_facts(draft, {"application.actors": 1}, [("lead.kind", paper, False)])
    >>> [one.source for one in known["lead.kind"]], known["application.actors"][0].source
    (['declared'], 'recorded')
    """
    known: dict[str, list[FactStatement]] = defaultdict(list)
    for fact, value in application.facts.items():
        known[fact].append(FactStatement(value=value, source="declared"))
    for fact, value in recorded.items():
        known[fact].append(FactStatement(value=value, source="recorded"))
    for fact, statement, in_time in supplied:
        if in_time or fact in counted_late:
            known[fact].append(statement)
    return {fact: tuple(statements) for fact, statements in known.items()}


def application_facts(application: Application) -> dict[str, FactValue]:
    """Return the facts that an application shows by itself.

    Parameters
    ----------
    application : Application
        Which one.

    Returns
    -------
    dict
        ``application.ask``, ``.minimum``, ``.actors``, ``.interventions``, ``.lead_share_bp``.
    """
    shares = {member.party: member.share_bp for member in application.bundle}
    return {
        "application.ask": application.ask,
        "application.minimum": application.ask if application.all_or_nothing else application.minimum,
        "application.actors": len(application.bundle),
        "application.interventions": len(application.interventions),
        "application.lead_share_bp": shares.get(application.lead, 0),
    }


def facts_of_clauses(rule: RuleTree, clauses: Collection[str]) -> frozenset[str]:
    """Return the facts that some clauses of a rule ask.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    clauses : Collection[str]
        Which ones.
    """
    return frozenset(leaf.fact for leaf in rule_leaves(rule) if leaf.clause in clauses)


def cure_starts(
    history: Sequence[tuple[int, Finding | None]], notices: Mapping[int, datetime]
) -> dict[str, datetime]:
    """Return since when each open leaf could be cured: from the first notice since it was last found open.

    Parameters
    ----------
    history : sequence of (int, Finding or None)
        Every finding with its number, oldest first.
    notices : Mapping[int, datetime]
        Number of a finding -> when its notice was delivered.

    Returns
    -------
    dict
        JSON pointer of the leaf -> instant; leaves of which nobody was told are not in it.
    """
    starts: dict[str, datetime] = {}
    for number, found in history:
        rows = () if found is None else found.leaves
        open_paths = {row.path for row in rows if row.status == "needs_document" or row.why == "not_cured"}
        starts = {path: instant for path, instant in starts.items() if path in open_paths}
        if number in notices:
            starts = {**dict.fromkeys(open_paths, notices[number]), **starts}
    return starts
