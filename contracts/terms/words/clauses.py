"""Clauses, limits, splits and accounts in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..document import Clause, Pay, PaymentLimit, RunningAccount, Split, SplitLeg
from ..expressions import Bands, Expression
from ..types import parse_type
from .nouns import ROUNDINGS, Vocabulary, listed, number_words, sentence, unit_words
from .phrases import Letters, Phrase, letter
from .products import band_table, in_words
from .reading import metrics_behind, quantity_of
from .sheet import SheetBlock, WordTable

Worked = Mapping[str, Sequence[WordTable]]


def spelled(expression: Expression, letters: Letters, lead: Callable[[str], str]) -> Iterator[SheetBlock]:
    """Yield an expression as paragraphs: the sentence, a line for each letter it needs, bands as tables.

    Parameters
    ----------
    expression : expression
        Of the document.
    letters : Letters
        Of the clause; a fresh one each time letters start at A.
    lead : function
        Makes the sentence of the words.
    """
    place = len(letters.given)
    yield sentence(lead(_said(expression, letters)))
    if isinstance(expression, Bands):
        yield band_table(expression, letters)
    while place < len(letters.given):
        one = letters.given[place]
        yield sentence(f"{letter(place)}: {_said(one, letters)}")
        if isinstance(one, Bands):
            yield band_table(one, letters)
        place += 1


def _said(expression: Expression, letters: Letters) -> str:
    phrase: Phrase = in_words(expression, letters)
    return f"{phrase.text}:" if isinstance(expression, Bands) else phrase.text


def paying_side(code: str, clause: Clause, vocabulary: Vocabulary) -> str:
    """Name who pays or is paid: a party, a split, a pot, or the member of a set."""
    document = vocabulary.document
    if code in document.splits:
        return f"the parties of split {vocabulary.name('splits', code)}"
    if code in document.accounts:
        account = document.accounts[code]
        return f"the pot {vocabulary.name('accounts', code)} (held by {vocabulary.party(account.holder)})"
    if code in clause.each and code in document.sets:
        return f"the member of {vocabulary.name('sets', code)}"
    return vocabulary.party(code)


def clause_blocks(clause: Clause, vocabulary: Vocabulary, worked: Worked) -> Iterator[SheetBlock]:
    """Yield a clause in words.

    Parameters
    ----------
    clause : Pay or Note
        Of the document.
    vocabulary : Vocabulary
        What things are called.
    worked : dict
        Clause id to worked payments.
    """
    letters = Letters(vocabulary)
    if isinstance(clause, Pay):
        yield sentence(_who(clause, vocabulary))
    else:
        yield "Pays nobody; in every period it changes accounts by the amount."
    if clause.each:
        sets = [vocabulary.name("sets", one) for one in clause.each]
        yield f"Separately for each member of {listed(sets)}; what is named by member is that member's."
    yield from spelled(clause.amount, letters, lambda text: f"Amount: {text}")
    if isinstance(clause, Pay):
        yield from _conditions(clause, letters)
        yield from _consequences(clause, vocabulary)
    yield from _moved(clause, vocabulary)
    limits = [one for one in vocabulary.document.limits if _caps(one, clause, vocabulary)]
    if isinstance(clause, Pay) and limits:
        named = [f"{vocabulary.numbers.get(f'limit:{one.id}', '')} ({one.id})" for one in limits]
        yield f"Limited by {listed(named)}."
    yield from worked.get(clause.id, ())


def _who(clause: Pay, vocabulary: Vocabulary) -> str:
    payer, payee = (paying_side(code, clause, vocabulary) for code in (clause.from_, clause.to))
    text = f"Paid by {payer} to {payee}"
    if clause.basis == "once":
        last = vocabulary.periods[-1] if vocabulary.periods else ""
        return f"{text}, once, in period {clause.at or last}" if vocabulary.has_periods else f"{text}, once"
    if clause.basis == "period":
        return f"{text}: an amount for each period" if vocabulary.has_periods else f"{text}, for the term"
    if not vocabulary.has_periods:
        return f"{text}: what is owed for the term"
    return f"{text}: what is owed to date; each period pays the part of it that was not paid before"


def _conditions(clause: Pay, letters: Letters) -> Iterator[SheetBlock]:
    document = letters.vocabulary.document
    if clause.when is not None:
        yield from spelled(clause.when, letters, lambda text: f"Condition: it is paid only if {text}")
    elif not metrics_behind(document, clause.amount):
        yield "Unconditional: the amount depends on no result."
    else:
        yield "Condition: none beyond the amount."


def _consequences(clause: Pay, vocabulary: Vocabulary) -> Iterator[str]:
    payer, payee = (paying_side(code, clause, vocabulary) for code in (clause.from_, clause.to))
    if clause.two_way:
        yield sentence(
            f"A negative amount is paid the other way, by {payee} to {payer}; "
            "limits and splits do not apply to it"
        )
    if clause.basis != "cumulative":
        return
    falls = "If what is owed falls below what was paid, "
    if clause.on_decrease == "offset":
        yield f"{falls}later payments from {payer} to {payee} are reduced by the difference."
    elif clause.on_decrease == "recover":
        yield f"{falls}the difference is returned at once by {payee}."
    else:
        yield f"{falls}the difference stays with {payee}."


def _moved(clause: Clause, vocabulary: Vocabulary) -> Iterator[str]:
    what = "what is paid" if isinstance(clause, Pay) else "the amount"
    for verb, accounts in (("Raises", clause.raises), ("Lowers", clause.lowers)):
        if accounts:
            yield f"{verb} {listed([vocabulary.name('accounts', one) for one in accounts])} by {what}."
    if isinstance(clause, Pay) and clause.tags:
        yield f"Marked: {listed(clause.tags)}."


def limit_blocks(limit: PaymentLimit, vocabulary: Vocabulary) -> Iterator[SheetBlock]:
    """Yield a limit in words."""
    unit = _limit_type(limit, vocabulary).split("/")[0]
    what = (
        f"all payments in {unit} under this sheet"
        if "*" in limit.of
        else f"payments under {listed([vocabulary.clause(one) for one in limit.of])}"
    )
    sets = [vocabulary.name("sets", one) for one in limit.each if one != "period"]
    scope = [f"each member of {listed(sets)}"] if sets else []
    scope += ["each period"] if "period" in limit.each else []
    where = f" for {listed(scope)}" if scope else " over the term"
    lead = f"{what} are at most"
    scoped = f"{what} are{',' if scope else ''}{where}{',' if scope else ''} at most"
    if isinstance(limit.max, str):
        yield sentence(f"{lead} {number_words(limit.max, _limit_type(limit, vocabulary))}{where}")
    else:
        yield from spelled(limit.max, Letters(vocabulary), lambda text: f"{scoped}: {text}")
    if limit.cut == "pro_rata":
        yield "Members of the clause share the room of a period in proportion to what they earned."
    else:
        yield "Who comes first in the order of periods, clauses and members is paid first."
    if "period" in limit.each:
        yield "Room that a period does not use lapses."


def _caps(limit: PaymentLimit, clause: Clause, vocabulary: Vocabulary) -> bool:
    if "*" not in limit.of:
        return clause.id in limit.of
    unit = quantity_of(vocabulary.document, clause.amount)
    return str(unit or "") == _limit_type(limit, vocabulary)


def _limit_type(limit: PaymentLimit, vocabulary: Vocabulary) -> str:
    if limit.unit:
        return limit.unit
    if not isinstance(limit.max, str):
        return str(quantity_of(vocabulary.document, limit.max) or "")
    for clause in vocabulary.document.clauses:
        if isinstance(clause, Pay) and (clause.id in limit.of or "*" in limit.of):
            return str(quantity_of(vocabulary.document, clause.amount) or "")
    return ""


def split_blocks(code: str, split: Split, vocabulary: Vocabulary) -> Iterator[SheetBlock]:
    """Yield a split in words: its legs as a table."""
    letters = Letters(vocabulary)
    used = [
        one for one in vocabulary.document.clauses if isinstance(one, Pay) and code in {one.from_, one.to}
    ]
    unit = str(quantity_of(vocabulary.document, used[0].amount) or "") if used else ""
    rows = tuple(
        (vocabulary.party(leg.party), str(leg.rank), _weight(leg, letters), _most(leg, unit, letters))
        for leg in split.legs
    )
    if used:
        yield f"Used by {listed([vocabulary.clause(one.id) for one in used])}."
    yield WordTable(
        columns=("party", "rank", "weight in its rank", "at most, over the term"), rows=rows, right=(1,)
    )
    for place, one in enumerate(letters.given):
        yield sentence(f"{letter(place)}: {_said(one, letters)}")
        if isinstance(one, Bands):
            yield band_table(one, letters)
    rest = {
        "largest": "to the largest fractions, equals in the order of the table",
        "declared": "in the order of the table",
    }
    yield (
        "Lower ranks come first. Inside a rank each payment is shared by weight, each part rounded down, "
        f"the units left over one each {rest[split.ties]}. What a party at its most cannot take is shared "
        "among the others of its rank, then passed to the next. What nobody can take is not paid."
    )


def _weight(leg: SplitLeg, letters: Letters) -> str:
    return leg.weight if isinstance(leg.weight, str) else in_words(leg.weight, letters).text


def _most(leg: SplitLeg, unit: str, letters: Letters) -> str:
    if leg.max is None:
        return "no limit"
    return number_words(leg.max, unit) if isinstance(leg.max, str) else in_words(leg.max, letters).text


def account_blocks(code: str, account: RunningAccount, vocabulary: Vocabulary) -> Iterator[SheetBlock]:
    """Yield an account in words."""
    letters = Letters(vocabulary)
    quantity = parse_type(account.type)
    unit = unit_words(quantity) if quantity else account.type
    if quantity and quantity.digits:
        unit += f" with {quantity.digits} decimals"
    if account.kind == "pot":
        yield sentence(
            f"A pot of money, held by {vocabulary.party(account.holder)}, in {unit}; "
            "it never pays more than it holds"
        )
    else:
        yield f"A count that is kept, in {unit}; it may pass below zero."
    if account.each:
        sets = [vocabulary.name("sets", one) for one in account.each]
        yield f"One for each member of {listed(sets)}."
    if account.opens is None:
        yield "Opens at zero."
    else:
        yield from spelled(account.opens, letters, lambda text: f"Opens at {text}")
    if account.grows is not None:
        yield _growth(account)
    if account.adds is not None:
        yield from spelled(account.adds, letters, lambda text: f"At the end of every period, added: {text}")
    verbs = {"to": "Paid into", "from_": "Paid out of", "raises": "Raised", "lowers": "Lowered"}
    for verb, words in verbs.items():
        clauses = [one for one in vocabulary.document.clauses if _touches(one, verb, code)]
        if clauses:
            yield f"{words} by {listed([vocabulary.clause(one.id) for one in clauses])}."


def _touches(clause: Clause, verb: str, account: str) -> bool:
    named = getattr(clause, verb, ())
    return account == named if isinstance(named, str) else account in named


def _growth(account: RunningAccount) -> str:
    grows = account.grows
    if grows is None:
        return ""
    rounding = f", rounded {ROUNDINGS[account.round]}" if account.round else ""
    if grows.compounding == "annual":
        return (
            f"Grows at the end of every period by the rate {grows.rate} a year, compounded yearly: "
            f"the balance before is multiplied by (1 + {grows.rate}) to the power of days / 365{rounding}."
        )
    return (
        f"Grows at the end of every period by the rate {grows.rate} a year, for the days of the period by "
        f"{grows.day_count}, on the balance before{rounding}."
    )
