"""What transactions, accounts and parties are called on the funder's pages."""

import re
from collections.abc import Callable, Mapping

from babel.numbers import get_decimal_symbol, get_group_symbol

from ....finance.errors import Missing
from ...wire.earmarks import EarmarkList
from ...wire.proposals import ProposalFacts
from ..parties import every_party
from ..visit import Visit
from ..words import Words

MOST_OFFERED = 200
DESK = frozenset({"funder", "intermediary", "investor"})
Kind = Callable[[Words], str]

KINDS: Mapping[str, Kind] = {
    "advance": lambda words: words._("Advance"),
    "bank_charge": lambda words: words._("Bank charge"),
    "contribution": lambda words: words._("Contribution"),
    "direct_cost": lambda words: words._("Cost of the fund"),
    "donor_refund": lambda words: words._("Return to a giver"),
    "encumbrance": lambda words: words._("Set aside for a promise"),
    "exchange": lambda words: words._("Exchange of currencies"),
    "fee": lambda words: words._("Fee"),
    "in_kind": lambda words: words._("Gift in kind"),
    "in_kind_expired": lambda words: words._("Gift in kind past its last day"),
    "in_kind_used": lambda words: words._("Gift in kind used"),
    "income": lambda words: words._("Income of the fund"),
    "move": lambda words: words._("Move between earmarks"),
    "payout": lambda words: words._("Payout of an agreement"),
    "pledge": lambda words: words._("Promise of a giver"),
    "pledge_lapsed": lambda words: words._("Promise given up"),
    "pledge_signed": lambda words: words._("Signed promise of a giver"),
    "reassignment": lambda words: words._("Promise passed on"),
    "refund": lambda words: words._("Money back"),
    "release": lambda words: words._("Promise given up"),
    "released": lambda words: words._("Restriction released"),
    "reversal": lambda words: words._("Correction"),
    "spending_report": lambda words: words._("Report of spending"),
    "transfer": lambda words: words._("Payment"),
    "transfer_to_fund": lambda words: words._("Payment to another fund"),
    "valuation": lambda words: words._("Value of a gift in kind"),
    "widening": lambda words: words._("Wider use, as the giver agreed"),
}
METHODS: Mapping[str, Kind] = {
    "market": lambda words: words._("Price on the market"),
    "replacement": lambda words: words._("Price of the cheapest thing that does the same"),
    "cost": lambda words: words._("What it cost the giver"),
    "agreed": lambda words: words._("Agreed with the fund"),
}
ACCOUNTS: Mapping[tuple[str, str], Kind] = {
    ("cash", "balance"): lambda words: words._("Cash at hand"),
    ("holder", "balance"): lambda words: words._("Gifts in kind at hand"),
    ("memo", "balance"): lambda words: words._("Noted beside the money"),
    ("obligation", "promised"): lambda words: words._("Set aside for this promise"),
    ("pool", "balance"): lambda words: words._("Money of the fund"),
    ("pool", "free"): lambda words: words._("Free for new promises"),
}


def kind_of(words: Words, kind: str) -> str:
    """Return what a kind of transaction is called.

    Examples
    --------
    >>> from almoner.api.pages.words import words_of
    >>> kind_of(words_of("en"), "transfer"), kind_of(words_of("en"), "own_kind")
    ('Payment', 'own_kind')
    """
    say = KINDS.get(kind)
    return say(words) if say else kind


def method_of(words: Words, method: str) -> str:
    """Return how a gift in kind was valued.

    Examples
    --------
    >>> from almoner.api.pages.words import words_of
    >>> method_of(words_of("en"), "market")
    'Price on the market'
    """
    say = METHODS.get(method)
    return say(words) if say else method


def figure_of(words: Words, role: str, figure: str) -> str:
    """Return what a figure of an account is called.

    Examples
    --------
    >>> from almoner.api.pages.words import words_of
    >>> figure_of(words_of("en"), "pool", "free")
    'Free for new promises'
    """
    say = ACCOUNTS.get((role, figure))
    return say(words) if say else figure


def amount_of(proposal: ProposalFacts) -> tuple[str, str]:
    """Return what a proposal moves, as amount and unit, from the legs that say whose money it is."""
    telling = [leg for leg in proposal.legs if leg.account.endswith("/pool")] or proposal.legs
    leg = max(telling, key=lambda one: len(one.amount.lstrip("-")))
    return leg.amount.lstrip("-"), leg.unit


def sentence_of(words: Words, proposal: ProposalFacts, fund: str, payee: str) -> str:
    """Say in one sentence what a proposal does when it is carried out.

    Parameters
    ----------
    words : Words
        The reader's language.
    proposal : ProposalFacts
        As the API tells it.
    fund, payee : str
        Their names.
    """
    number, unit = amount_of(proposal)
    places = {"amount": words.amount(number, unit), "fund": fund, "payee": payee}
    if proposal.kind == "reversal":
        return words._("This undoes a transaction of %(amount)s in %(fund)s by its exact opposite.", **places)
    if proposal.kind == "encumbrance":
        return words._("This promises %(amount)s out of %(fund)s. No money leaves the fund yet.", **places)
    if proposal.kind in {"payout", "transfer", "advance", "direct_cost", "bank_charge"} and payee:
        return words._("This pays %(amount)s out of %(fund)s to %(payee)s.", **places)
    if payee:
        return words._("This books %(amount)s in %(fund)s, and %(payee)s is paid.", **places)
    return words._("This books %(amount)s in %(fund)s.", **places)


def party_names(visit: Visit) -> Mapping[str, str]:
    """Return the names of the parties of the book by code."""
    return {one.code: one.name for one in every_party(visit)}


def decimal_typed(words: Words, text: str) -> str:
    """Return an amount as the operations read it, from how it is written in the reader's language.

    Only whole groups of thousands are taken for such, so that no comma is ever read as what it was not meant:
    what is not clear is left as it is, and refused.

    Examples
    --------
    >>> from almoner.api.pages.words import words_of
    >>> decimal_typed(words_of("en"), "1,234.50"), decimal_typed(words_of("en"), "1,50")
    ('1234.50', '1,50')
    >>> decimal_typed(words_of("es"), "1.234,50"), decimal_typed(words_of("es"), "12,5")
    ('1234.50', '12.5')
    """
    typed = "".join(" " if letter.isspace() else letter for letter in text.strip())
    point = str(get_decimal_symbol(words.locale))
    group = str(get_group_symbol(words.locale))
    between = "[ ]" if group.isspace() else f"[ {re.escape(group)}]"
    whole = re.fullmatch(rf"(-?\d{{1,3}}(?:{between}\d{{3}})+|-?\d+)(?:{re.escape(point)}(\d+))?", typed)
    if whole is None:
        return typed
    digits = re.sub(r"[^\d-]", "", whole[1])
    return f"{digits}.{whole[2]}" if whole[2] else digits


def require_desk(visit: Visit, *others: str) -> None:
    """Refuse who has no desk.

    Raises
    ------
    Missing
        As for an address that is not there.
    """
    if not visit.roles() & {*DESK, *others}:
        raise Missing("Nothing is here.")


def own_parties(visit: Visit, *roles: str) -> list[str]:
    """Return for whom the visitor acts in this book in one of these roles."""
    return list(dict.fromkeys(one.party for one in visit.held() if one.role in roles and one.party))


def earmark_titles(visit: Visit) -> Mapping[str, str]:
    """Return the titles of the earmarks of the book by code, at most two hundred."""
    found = visit.find(EarmarkList, "earmark.list", limit=MOST_OFFERED)
    return {one.code: one.title for one in found.items} if found else {}


def page_of(visit: Visit, name: str, **given: str) -> str:
    """Return the address of a page; empty where this installation has none of that name."""
    return visit.address(name, **given) if name in visit.site.addresses else ""
