"""How the trail of a payout is printed: step by step, in the order in which the money went."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...finance.log import Checkpoint
from ...finance.money import grouped
from .settlements import finding_words
from .show import print_table

Line = tuple[str, str]
Trail = Mapping[str, Any]


def show_trail(trail: Trail) -> None:
    """Print a trail as ``trace_document`` writes it."""
    payout = trail["payout"]
    title = f"{grouped(payout['amount'])} {payout['unit']} from {payout['payer']} to {payout['payee']}"
    print_table(title, ("step", "what"), [*trail_lines(trail)])


def trail_lines(trail: Trail) -> Iterator[Line]:
    """Yield the lines of a trail: contribution, fund, clause, claim, evidence, determination, payout, log.

    Parameters
    ----------
    trail : Mapping
        As ``trace_document`` writes it.
    """
    for one in trail["contributions"]:
        told = f"{grouped(one['amount'])} {one['unit']} of {one['contribution']} by {one['giver']}"
        yield "contribution", f"{told} ({one['earmark']})"
    yield "fund", trail["fund"] or "outside this book"
    yield from _clause(trail)
    yield from _claim(trail)
    for one in trail["evidence"]:
        held = f", held by {one['held_by']}" if one["held_by"] else ""
        yield "evidence", f"{one['description']} ({one['method']}{held})"
        yield "  sha256", one["sha256"]
    yield from _determinations(trail)
    yield from _payout(trail)
    yield from _log(trail)


def _clause(trail: Trail) -> Iterator[Line]:
    agreement = trail["agreement"]
    title = agreement["title"]
    named = f"{agreement['clause']} ({title})" if title != agreement["clause"] else title
    yield "agreement", agreement["code"]
    yield "  terms sha256", agreement["terms_sha256"]
    yield "clause", f"{named}, period {agreement['period']}"
    for words in agreement["words"]:
        yield "", words
    if agreement["source"]:
        yield "  source", agreement["source"]
    for one in trail["amounts"]:
        members = f"{', '.join(one['members'])}: " if one["members"] else ""
        cuts = "".join(f", {grouped(cut)} cut by {name}" for name, cut in one["cuts"].items())
        earned, entitled, due = (grouped(one[name]) for name in ("earned", "entitled", "due"))
        yield "  amount", f"{members}earned {earned}{cuts}, entitled {entitled}, due {due}"


def _claim(trail: Trail) -> Iterator[Line]:
    claim = trail["claim"]
    if claim is None:
        yield "claim", "none: the calendar or an amendment made it due"
        return
    yield "claim", f"{claim['code']} by {claim['by']}"
    for row in claim["results"]:
        yield "", finding_words(row)
    yield "  sha256", claim["sha256"]


def _determinations(trail: Trail) -> Iterator[Line]:
    for one in trail["determinations"]:
        paid = ", paid on" if one["paid_on"] else ""
        yield "determination", f"{one['verifier']} on {one['made_on']}, round {one['round']}{paid}"
        for row in one["findings"]:
            yield "", finding_words(row)
        if not one["findings"]:
            yield "", "nothing of the claim holds"
        yield "  sha256", one["sha256"]
        yield "  signature", one["signature"]
    for one in trail["disputes"]:
        told = f"{one['code']} by {one['raised_by']} against round {one['round']}"
        yield "dispute", f"{told}, {one['grounds'].replace('_', ' ')}: {one['outcome']}"


def _payout(trail: Trail) -> Iterator[Line]:
    payout = trail["payout"]
    party = f" ({payout['party']})" if payout["party"] and payout["party"] != payout["payee"] else ""
    way = "back from" if payout["direction"] == "back" else "to"
    amount = f"{grouped(payout['amount'])} {payout['unit']}"
    status = payout["status"].replace("_", " ")
    yield "payout", f"{amount} {way} {payout['payee']}{party}, {status}, settlement {payout['settlement']}"
    yield "  id", payout["id"]
    for transaction in payout["transactions"]:
        yield "  transaction", transaction


def _log(trail: Trail) -> Iterator[Line]:
    for one in trail["log"]:
        proof = one["proof"]
        if proof is None:
            yield "log", f"{one['transaction']} is not sealed yet: almoner ledger seal"
            continue
        sealed = Checkpoint.read(proof["checkpoint"])
        place = ", ".join(str(entry["index"]) for entry in proof["entries"])
        yield "log", f"entry {place} of {sealed.size} in {sealed.name}, proven under the signed root"
        yield "  root", sealed.root.hex()
        yield "  key", proof["key"]
    if not trail["log"]:
        yield "log", "no transaction in this book"
