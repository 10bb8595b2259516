"""The landscape: who works with whom, who already connects others, and where nobody does."""

from collections.abc import Mapping
from decimal import Decimal

from ...charts.chart import Chart
from ...charts.landscape import LandscapeLine, LandscapeMark, LandscapeWords, draw_landscape
from ...wire.funds import FundList
from ...wire.progress import LandscapePlace, LandscapeReply, LandscapeTie
from ..funders.telling import party_names
from ..page import Page
from ..view import Column, Sheet, View
from ..visit import Visit
from ..words import Words

MOST_ROWS, SHOWN = 200, 50
FUND = "fund:"
MONEY = frozenset({"money_flow", "contract"})


def ties_in_words(words: Words) -> dict[str, str]:
    """Return what kinds of ties are called."""
    return {
        "money_flow": words._("Money paid"),
        "contract": words._("Contract"),
        "in_kind": words._("Gift in kind"),
        "joint_application": words._("Joint application"),
        "accord": words._("Accord"),
        "partnership": words._("Partnership"),
        "evaluation": words._("Evaluation"),
    }


def kinds_in_words(words: Words) -> dict[str, str]:
    """Return what kinds of actors are called."""
    return {
        "hub": words._("Hub"),
        "funder": words._("Funder"),
        "evaluator": words._("Evaluator"),
        "public_body": words._("Public body"),
        "organisation": words._("Organisation"),
        "network": words._("Network"),
        "programme": words._("Programme"),
        "fund": words._("Fund"),
    }


def show_landscape(visit: Visit) -> View:
    """Show the map as the visitor may see it, or one kind of actor or of tie with what belongs to it."""
    words = visit.words
    found = visit.read(LandscapeReply, "landscape.read")
    names = {**party_names(visit), **_fund_names(visit)}
    kind, tie = visit.query.get("kind", ""), visit.query.get("tie", "")
    ties = [one for one in found.ties if not tie or one.kind == tie]
    places = _wanted(found.places, ties, kind, tie)
    shown = {one.actor for one in places}
    ties = [one for one in ties if {one.from_actor, one.to_actor} <= shown]
    hubs = {one.actor for one in found.candidates}
    kinds, tie_names = kinds_in_words(words), ties_in_words(words)
    return View(
        title=words._("Who works with whom"),
        charts={"map": _map(visit, places, ties, names, hubs)},
        sheets={
            "places": _places(words, places, names, kinds),
            "ties": _ties(words, ties, names, tie_names),
        },
        more={
            "found": found,
            "actors": len(places),
            "tied": len(ties),
            "names": names,
            "kinds": [
                ("", words._("Every kind")),
                *((one, kinds.get(one, one)) for one in sorted({one.kind for one in found.places})),
            ],
            "tie_kinds": [
                ("", words._("Every kind")),
                *((one, tie_names.get(one, one)) for one in sorted({one.kind for one in found.ties})),
            ],
            "kind": kind,
            "tie": tie,
        },
    )


def _fund_names(visit: Visit) -> Mapping[str, str]:
    funds = visit.find(FundList, "fund.list", limit=MOST_ROWS)
    return {f"{FUND}{one.code}": one.title for one in funds.items} if funds else {}


def _wanted(
    places: list[LandscapePlace], ties: list[LandscapeTie], kind: str, tie: str
) -> list[LandscapePlace]:
    """Keep actors of a kind and those they are tied to; of a kind of tie, those that have one.

    Those with most ties come first.
    """
    own = {one.actor for one in places if not kind or one.kind == kind}
    ends = [(one.from_actor, one.to_actor) for one in ties]
    near = {code for pair in ends if own & set(pair) for code in pair}
    kept = near if tie else own | near
    found = [one for one in places if one.actor in kept]
    return sorted(found, key=lambda one: (-one.degree, -Decimal(one.betweenness), one.actor))


def _map(
    visit: Visit,
    places: list[LandscapePlace],
    ties: list[LandscapeTie],
    names: Mapping[str, str],
    hubs: set[str],
) -> Chart:
    words = visit.words
    kinds = kinds_in_words(words)
    return draw_landscape(
        words._("The map"),
        words._(
            "Each circle is an actor with its number in the list below; those of one group stand beside each "
            "other. At most 24 are drawn, those with most ties."
        ),
        LandscapeWords(
            header=(
                words._("No."),
                words._("Actor"),
                words._("Kind"),
                words._("Group"),
                words._("Tied to"),
            ),
            money=words._("money or a contract"),
            other=words._("another tie"),
            marked=words._("thick edge: already connects others"),
        ),
        [
            LandscapeMark(
                code=one.actor,
                label=names.get(one.actor, one.actor),
                kind=kinds.get(one.kind, one.kind),
                group=one.community,
                ties=one.degree,
                marked=one.actor in hubs,
            )
            for one in places[:SHOWN]
        ],
        [LandscapeLine(one=one.from_actor, other=one.to_actor, money=one.kind in MONEY) for one in ties],
    )


def _places(
    words: Words, places: list[LandscapePlace], names: Mapping[str, str], kinds: Mapping[str, str]
) -> Sheet:
    return Sheet(
        title=words._("Actors"),
        columns=[
            Column(name=words._("Actor")),
            Column(name=words._("Kind")),
            Column(name=words._("Tied to"), kind="number"),
            Column(name=words._("Group"), kind="number"),
            Column(name=words._("Ways between others that lead over it"), kind="share"),
            Column(name=words._("The map falls apart without it")),
        ],
        rows=[
            (
                names.get(one.actor, one.actor),
                kinds.get(one.kind, one.kind),
                str(one.degree),
                str(one.community),
                one.betweenness,
                words._("Yes") if one.articulation else "",
            )
            for one in places
        ],
        most=SHOWN,
        empty=words._("No actor is on the map that you may see. Parties appear with what ties them."),
    )


def _ties(
    words: Words, ties: list[LandscapeTie], names: Mapping[str, str], kinds: Mapping[str, str]
) -> Sheet:
    return Sheet(
        title=words._("Ties"),
        columns=[
            Column(name=words._("From")),
            Column(name=words._("To")),
            Column(name=words._("What ties them")),
            Column(name=words._("Since"), kind="day"),
            Column(name=words._("Until"), kind="day"),
            Column(name=words._("Says who")),
        ],
        rows=[
            (
                names.get(one.from_actor, one.from_actor),
                names.get(one.to_actor, one.to_actor),
                kinds.get(one.kind, one.kind),
                one.since.isoformat(),
                one.until.isoformat() if one.until else "",
                one.source,
            )
            for one in ties
        ],
        most=SHOWN,
        empty=words._("No tie is known between them. Contracts, payments and joint applications make ties."),
    )


PAGES = (Page(name="landscape", path="/books/{book}/landscape", show=show_landscape, signed_in=False),)
