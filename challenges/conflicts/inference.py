"""Interests that nobody declared and the records show: shared mail domains, joint work, and money.

The problem: a declaration tells what somebody remembered. E-mail addresses, earlier applications, lists of
publications and the ledger itself tell the rest, each with the rows from which it follows.

Money moves from a giver into a fund and from a fund to whoever is paid. Where the lots of a fund say that
the giver's own money reached the other, the flow is direct. Where it only went into the same fund, or
through one other party, one stands between both. The fund that runs the challenge is no link, nor are the
fees of judges: everybody would be tied to everybody.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ...finance.money import Money
from .identity import Aliases, Mark
from .interests import Interest, InterestKind
from .spelling import is_public_provider, lookalike, mail_parts

JUDGE_FEE_USE: Mapping[str, str] = {"purpose": "judge_fee"}  # of a payment: no link, in any fund
DOMAIN = "@"
DOMAIN_BP = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class JointWork:
    """Something that several people or organisations did together: an application or a publication.

    Attributes
    ----------
    kind : str
        ``co_applicant`` or ``collaborator``.
    name : str
        Which application, which publication.
    on : date
        When.
    by : tuple[str, ...]
        Codes of all who took part.

    Examples
    --------
    >>> JointWork(kind="collaborator", name="10.1000/1", on=date(2026, 1, 1), by=("ana", "ben")).by
    ('ana', 'ben')
    """

    kind: InterestKind
    name: str
    on: date
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFlow:
    """All money or goods that moved, or are promised, from one to another in one way.

    Attributes
    ----------
    payer, payee : str
        Codes of parties; ``fund:CODE`` for a fund.
    amount : Money
        Sum of it.
    state : str
        ``settled``, ``pending`` or ``encumbered``.
    first, last : date
        Days of the first and the last of its transactions.
    rows : int [rows]
        How many rows of the ledger say so.
    through : str
        Code of the fund whose lots say that the payer's own money reached the payee; empty otherwise.

    Examples
    --------
    >>> from almoner import money
    >>> str(MoneyFlow(payer="river-trust", payee="fund:water", amount=money("5", "USD"), state="settled",
    ...          first=date(2026, 1, 1), last=date(2026, 1, 1)))
    'river-trust gave 5.00 USD to fund:water, settled, on 2026-01-01 (1 row of the ledger)'
    """

    payer: str
    payee: str
    amount: Money
    state: str
    first: date
    last: date
    rows: int = 1
    through: str = ""

    def __str__(self) -> str:
        """Say it in words."""
        lots = f" by the lots of fund:{self.through}" if self.through else ""
        days = f"on {self.first}" if self.first == self.last else f"from {self.first} to {self.last}"
        rows = f"{self.rows} row{'s' if self.rows != 1 else ''} of the ledger"
        return f"{self.payer} gave {self.amount} to {self.payee}{lots}, {self.state}, {days} ({rows})"


def infer_from_mail(marks: Iterable[Mark]) -> tuple[Interest, ...]:
    """Infer from addresses of the same domain that two are of one organisation; public providers excepted.

    A domain stands as an organisation of its own, ``@river.org``, in whatever letters it is written; who
    writes from ``water.river.org`` is of both, where somebody writes from the shorter one.

    Parameters
    ----------
    marks : iterable of Mark
        Confirmed or not.

    Examples
    --------
    >>> found = infer_from_mail([Mark(holder="j-1", kind="email", value="ana@river.org")])
    >>> found[0].a, found[0].kind, found[0].b
    ('j-1', 'same_organisation', '@river.org')
    >>> infer_from_mail([Mark(holder="j-1", kind="email", value="ana@gmail.com")])
    ()
    """
    written: dict[tuple[str, str], Mark] = {}
    for mark in marks:
        if mark.kind == "email":
            domain = lookalike(mail_parts(mark.value)[1])
            if "." in domain and not is_public_provider(domain):
                written.setdefault((mark.holder, domain), mark)
    known = {domain for _, domain in written}
    return tuple(
        Interest(
            a=holder,
            b=f"{DOMAIN}{wider}",
            kind="same_organisation",
            provenance="inferred",
            source=str(mark),
            confidence_bp=DOMAIN_BP,
        )
        for (holder, domain), mark in sorted(written.items(), key=lambda item: item[0])
        for wider in _wider(domain)
        if wider in known
    )


def _wider(domain: str) -> Iterator[str]:
    yield domain
    while "." in domain.partition(".")[2]:
        domain = domain.partition(".")[2]
        yield domain


def infer_from_work(works: Iterable[JointWork], near: Collection[str]) -> tuple[Interest, ...]:
    """Infer from joint applications and publications who worked with those that are asked about.

    Parameters
    ----------
    works : iterable of JointWork
        Earlier ones, with the day on which each counts.
    near : collection of str
        Codes of the judges, their aliases and their organisations; pairs of others are left out, so that a
        publication of a thousand authors stays a thousand rows.

    Examples
    --------
    >>> work = JointWork(kind="collaborator", name="10.1000/1", on=date(2026, 1, 1), by=("ana", "ben"))
    >>> [one.b for one in infer_from_work([work], {"ana"})]
    ['ben']
    """
    asked = frozenset(near)
    return tuple(
        Interest(
            a=one,
            b=other,
            kind=work.kind,
            since=work.on,
            until=work.on,
            provenance="inferred",
            source=work.name,
        )
        for work in works
        for one in dict.fromkeys(work.by)
        if one in asked
        for other in dict.fromkeys(work.by)
        if other != one
    )


def infer_from_money(  # the two sides, the rule, and who is who
    flows: Iterable[MoneyFlow],
    near: Collection[str],
    far: Collection[str],
    as_of: date,
    *,
    look_back_days: int,
    aliases: Aliases,
) -> tuple[Interest, ...]:
    """Infer from flows of money who is tied to whom, directly or through one party or fund.

    Parameters
    ----------
    flows : iterable of MoneyFlow
        Without the fund of the challenge, and without fees of judges.
    near : collection of str
        Codes of the judges and their organisations.
    far : collection of str
        Codes of the actors of all applications.
    as_of : date
        The day.
    look_back_days : int [days]
        What settled longer ago does not count; what is pending or promised does.
    aliases : Aliases
        Who is one with whom.

    Returns
    -------
    tuple of Interest
        Kind ``financial_relationship``; ``via`` names who stands between both.

    Examples
    --------
    >>> from almoner import money
    >>> day = date(2026, 1, 1)
    >>> paid = [
    ...     MoneyFlow(payer=one, payee=other, amount=money("5", "USD"), state="settled", first=day, last=day)
    ...     for one, other in (("lab", "fund:x"), ("fund:x", "home"))
    ... ]
    >>> found = infer_from_money(paid, {"lab"}, {"home"}, date(2027, 1, 1), look_back_days=1095,
    ...                          aliases=Aliases())
    >>> [(one.a, one.via, one.b) for one in found]
    [('lab', 'fund:x', 'home')]
    """
    since = as_of - timedelta(days=look_back_days)
    counted = [
        flow
        for flow in flows
        if flow.first <= as_of and (flow.last >= since or flow.state != "settled") and flow.amount.minor > 0
    ]
    out: dict[str, list[MoneyFlow]] = defaultdict(list)
    into: dict[str, list[MoneyFlow]] = defaultdict(list)
    for flow in counted:
        out[aliases.first(flow.payer)].append(flow)
        into[aliases.first(flow.payee)].append(flow)
    ours = sorted({aliases.first(code) for code in near})
    theirs = frozenset(aliases.first(code) for code in far)
    found: dict[tuple[str, ...], Interest] = {}
    for code in ours:
        for one in (*_onward(code, out, theirs, aliases), *_backward(code, into, theirs, aliases)):
            key = (one.a, one.b, one.via, one.amount or "", one.source)
            found.setdefault(key, one)
    return tuple(found[key] for key in sorted(found))


def _onward(
    code: str, out: dict[str, list[MoneyFlow]], theirs: frozenset[str], aliases: Aliases
) -> Iterator[Interest]:
    """Yield to whom the money of a party went, directly and behind the next."""
    for flow in out.get(code, ()):
        there = aliases.first(flow.payee)
        if there in theirs and there != code:
            yield _direct(flow)
        if there != code:
            for further in out.get(there, ()):
                end = aliases.first(further.payee)
                if end in theirs and end not in {code, there}:
                    yield _indirect(flow, further, there)


def _backward(
    code: str, into: dict[str, list[MoneyFlow]], theirs: frozenset[str], aliases: Aliases
) -> Iterator[Interest]:
    """Yield from whom the money of a party came, directly and from behind the last."""
    for flow in into.get(code, ()):
        there = aliases.first(flow.payer)
        if there in theirs and there != code:
            yield _direct(flow)
        if there != code:
            for earlier in into.get(there, ()):
                end = aliases.first(earlier.payer)
                if end in theirs and end not in {code, there}:
                    yield _indirect(earlier, flow, there)


def _direct(flow: MoneyFlow) -> Interest:
    return Interest(
        a=flow.payer,
        b=flow.payee,
        kind="financial_relationship",
        since=flow.first,
        until=None if flow.state != "settled" else flow.last,
        provenance="inferred",
        source=str(flow),
        amount=str(flow.amount),
    )


def _indirect(first: MoneyFlow, second: MoneyFlow, via: str) -> Interest:
    settled = first.state == second.state == "settled"
    return Interest(
        a=first.payer,
        b=second.payee,
        kind="financial_relationship",
        since=min(first.first, second.first),
        until=min(first.last, second.last) if settled else None,
        provenance="inferred",
        source=f"{first}; {second}",
        amount=str(min(first.amount, second.amount)) if first.amount.unit == second.amount.unit else None,
        via=via,
    )
