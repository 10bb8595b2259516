"""Random term documents, well typed and small, and random observations under them.

``draw_document(random)`` and ``draw_observations(random, document, members)`` need only a
``random.Random``, so a seed names a case for ever. ``documents()`` wraps them for hypothesis.
"""

import itertools
import json
import random as randomness
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies

from almoner.contracts.terms.document import PERIOD, Metric, TermDocument

from .generator_expressions import ROUNDINGS, TRUTH, Draft, Json, Want, text_of
from .reference_expressions import Key
from .reference_values import Calendar, Value, digits_of

CALENDARS: tuple[tuple[Json, tuple[str, ...]], ...] = (
    ({}, ("term",)),
    ({"periods": {"every": "P6M"}}, ("p1", "p2", "p3", "p4")),
    ({"periods": {"every": "P1Y"}}, ("p1", "p2")),
    ({"ends_on": "2029-01-01", "periods": {"every": "P1Y"}}, ("p1", "p2")),
    (
        {
            "ends_on": "2028-01-31",
            "periods": [{"id": "a", "ends_on": "2027-02-28"}, {"id": "b", "ends_on": "2028-01-31"}],
        },
        ("a", "b"),
    ),
    (
        {
            "periods": [
                {"id": name, "ends_on": f"2028-{month}"}
                for name, month in zip("abc", ("01-30", "02-29", "12-31"), strict=True)
            ]
        },
        ("a", "b", "c"),
    ),
)
PAYERS, PAYEES = ("payer-1", "payer-2"), ("payee-1", "payee-2")
DRAWN = (0, 0, 0, 1)  # mostly the first of two, so that clauses share their pair
MOST = 3


def draw_document(random: randomness.Random, *, small: bool = False) -> TermDocument:
    """A term document; it compiles, though a proof of its bounds may refuse it."""
    return TermDocument.read(json.dumps(draw_json(random, small=small)))


def draw_json(random: randomness.Random, *, small: bool = False) -> Json:
    """A term document as JSON; a small one has at most two periods, one clause and one limit."""
    calendar, periods = random.choice([one for one in CALENDARS if len(one[1]) <= (2 if small else 4)])
    homes = ("home-1", "home-2", "home-3")[: random.randint(1, 3)]
    document: Json = {
        "schema": "almoner.term/1",
        "title": "Drawn at random",
        "rounding": random.choice(ROUNDINGS),
        "parties": {name: {"role": "outcome_payer"} for name in PAYERS}
        | {name: {"role": "service_provider"} for name in (*PAYEES, *homes)},
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", **calendar},
        "sets": {},
        **{name: {} for name in ("metrics", "params", "figures", "accounts", "splits")},
        "clauses": [],
        "limits": [],
    }
    top = random.choice((30, 30, 2_000, 100_000, 10_000_000, 10**15))
    money = random.choice(("USD/2", "USD/2", "JPY/0", "KWD/3"))
    other = random.choice((money, money, money, "EUR/2"))
    draft = Draft(random, top, periods, money, other, document)
    draw_sets(draft, (0, 0, 0, 1) if small else (0, 0, 1, 1, 1, 2), homes)
    if not small:
        draw_figures(draft)
        draw_accounts(draft)
    for _ in range(1 if small else random.randint(1, 3)):
        draw_clause(draft)
    for _ in range(random.choice((0, 1) if small else (0, 0, 1, 1, 2, 3))):
        draw_limit(draft)
    draw_live_figure(draft)
    draw_additions(draft)
    prune(document)
    return document


def prune(document: Json) -> None:
    """Take out metrics that no expression came to observe."""
    seen = {value for name, value in pairs(document) if name == "metric"}
    document["metrics"] = {name: one for name, one in document["metrics"].items() if name in seen}


def pairs(node: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # JSON
    """Every field with its value, at any depth."""
    for inner in node if isinstance(node, list) else ():
        yield from pairs(inner)
    for name, inner in node.items() if isinstance(node, dict) else ():
        yield name, inner
        yield from pairs(inner)


def draw_sets(draft: Draft, counts: tuple[int, ...], homes: tuple[str, ...]) -> None:
    shapes: list[tuple[str, Json]] = [
        ("homes", {"members": list(homes)}),
        ("sites", {"members": ["north", "south"]}),
        ("people", {"most": MOST}),
    ]
    draft.random.shuffle(shapes)
    for name, fields in shapes[: draft.random.choice(counts)]:
        draft.document["sets"][name] = {"title": name, **fields}


def draw_figures(draft: Draft) -> None:
    """Figures that depend on nothing live, each on those before."""
    for _ in range(draft.random.choice((0, 0, 1, 2))):
        kind = draft.random.choice((draft.money, draft.money, "point/1", "ratio/3", TRUTH))
        dims, plus = draft.some(tuple(draft.document["sets"]), 0.4), kind != TRUTH and draft.odds(0.6)
        want = Want(kind, dims, plus=plus, depth=draft.random.randint(1, 2))
        value = draft.truth(want) if kind == TRUTH else draft.number(want)
        name = draft.name("figure-")
        draft.document["figures"][name] = {"value": value}
        draft.figure_kinds[name] = (kind, dims, plus)


def draw_live_figure(draft: Draft) -> None:
    """A figure that reads what was paid; only reported."""
    if draft.odds(0.3):
        clauses = tuple(draft.units)
        want = Want(draft.money, draft.some(tuple(draft.document["sets"]), 0.4), depth=2, clauses=clauses)
        value = draft.live(want) if draft.odds(0.6) else draft.number(want)
        draft.document["figures"][draft.name("figure-")] = {"value": value}


def draw_accounts(draft: Draft) -> None:
    for _ in range(draft.random.choice((0, 0, 1, 2))):
        pot = draft.odds(0.4)
        kind = draft.random.choice((draft.money, draft.money, draft.other))
        account: Json = {"title": "Kept", "type": kind, "kind": "pot" if pot else "memo"}
        if pot:
            account |= {"holder": "payer-1", "residual_to": draft.random.choice((*PAYERS, "payee-2"))}
        else:
            account["each"] = list(draft.some(tuple(draft.document["sets"]), 0.4))
        if draft.odds(0.4):
            want = Want(kind, tuple(account.get("each", ())), plus=pot, depth=1)
            account["opens"] = draft.number(want) if pot else draft.lit(want)
            if not still(draft, account["opens"]):
                account["opens"] = draft.lit(want)
        if draft.odds(0.4):
            account["grows"] = {
                "rate": draft.random.choice(("0.05", "0", "0.123456789", "-0.5", "1")),
                "compounding": draft.random.choice(("period", "annual")),
                "day_count": draft.random.choice(("30/360", "act/360", "act/365")),
            }
            if draft.odds(0.5):
                account["round"] = draft.random.choice(ROUNDINGS)
        draft.document["accounts"][draft.name("account-")] = account


def still(draft: Draft, node: Any) -> bool:  # noqa: ANN401  # JSON
    """Whether an expression does not depend on the period."""
    if isinstance(node, list):
        return all(still(draft, one) for one in node)
    if not isinstance(node, dict):
        return True
    moving = (
        node.get("op") in {"previous", "days", "position", "figure"}
        or (node.get("op") == "fold" and node["over"] == PERIOD)
        or (node.get("op") == "param" and "value" not in draft.document["params"][node["name"]])
        or (node.get("op") in {"obs", "is"} and PERIOD in draft.document["metrics"][node["metric"]]["per"])
    )
    return not moving and all(still(draft, one) for one in node.values())


def draw_additions(draft: Draft) -> None:
    """What is added to accounts at each period's end; it may read earlier payments."""
    for account in draft.document["accounts"].values():
        if draft.odds(0.3):
            dims = tuple(account.get("each", ()))
            plus = account["kind"] == "pot"
            want = Want(account["type"], dims, plus=plus, depth=1, clauses=() if draft.odds(0.4) else None)
            account["adds"] = draft.number(want)


def draw_clause(draft: Draft) -> None:
    random = draft.random
    sets = tuple(draft.document["sets"])
    each = draft.some(sets, 0.6)
    name = draft.name("clause-")
    unit = random.choice((draft.money, draft.money, draft.other))
    draft.each[name] = each
    memos = [
        one
        for one, account in draft.document["accounts"].items()
        if account["kind"] == "memo" and set(account["each"]) <= set(each) and account["type"] == unit
    ]
    noted = bool(memos) and draft.odds(0.2)
    two_way = not noted and draft.odds(0.2)
    plus, clauses = not (noted or two_way), tuple(draft.units)
    want = Want(unit, draft.some(each, 0.8), plus=plus, depth=random.randint(1, 3), clauses=clauses)
    clause: Json = {
        "op": "note" if noted else "pay",
        "id": name,
        "each": draft.random.sample(each, len(each)),
        "amount": draft.number(want),
    }
    if noted or (memos and draft.odds(0.3)):
        clause[random.choice(("raises", "lowers"))] = [random.choice(memos)]
    if not noted:
        clause |= pay_fields(draft, each, unit, two_way=two_way)
        if draft.odds(0.3):
            clause["when"] = draft.truth(Want(TRUTH, want.dims, depth=1))
    draft.units[name] = unit
    draft.document["clauses"].append(clause)


def pay_fields(draft: Draft, each: tuple[str, ...], unit: str, *, two_way: bool) -> Json:
    random = draft.random
    basis = random.choice(("period", "cumulative", "cumulative", "once"))
    fields: Json = {
        "basis": basis,
        "on_decrease": random.choice(("offset", "recover", "keep")),
        "two_way": two_way,
    }
    if basis == "once" and draft.odds(0.5):
        fields["at"] = random.choice(draft.periods)
    ends: dict[str, str] = {"from": PAYERS[random.choice(DRAWN)], "to": PAYEES[random.choice(DRAWN)]}
    accounts = draft.document["accounts"].items()
    pots = [name for name, one in accounts if (one["kind"], one["type"]) == ("pot", unit)]
    for end, parties in (("from", PAYERS), ("to", PAYEES)):
        payable = [name for name in each if name in {"homes", "people"}]
        if payable and draft.odds(0.4):
            ends[end] = random.choice(payable)
        elif pots and not two_way and draft.odds(0.4):
            ends[end] = random.choice(pots)
        elif not two_way and draft.odds(0.3):
            ends[end] = draw_split(draft, parties, unit)
    if ends["from"] == ends["to"]:
        ends["from"] = PAYERS[0]
    return fields | ends


def draw_split(draft: Draft, parties: tuple[str, ...], unit: str) -> str:
    """A split over the parties of one side: an earlier one at times, else a new one."""
    splits = draft.document["splits"].items()
    known = [name for name, one in splits if one["legs"][0]["party"] in parties and one["title"] == unit]
    if known and draft.odds(0.3):
        return str(draft.random.choice(known))
    clauses = tuple(draft.units) if draft.odds(0.3) else None
    name = draft.name("split-")
    legs = []
    by_ratio = draft.odds(0.7)
    for party in draft.random.sample(parties, draft.random.randint(1, len(parties))):
        leg: Json = {"party": party, "rank": draft.random.randint(1, 2)}
        if by_ratio:
            leg["weight"] = draft.random.choice(("0", "1", "1", "2", "0.333", "7"))
        else:
            leg["weight"] = draft.number(Want("ratio/3", plus=True, depth=1, clauses=clauses))
        if draft.odds(0.5):
            most = Want(unit, plus=True, depth=draft.random.randint(0, 1), clauses=clauses)
            leg["max"] = draft.lit(most)["value"] if draft.odds(0.6) else draft.number(most)
        legs.append(leg)
    draft.document["splits"][name] = {
        "title": unit,
        "legs": legs,
        "ties": draft.random.choice(("largest", "declared")),
    }
    return name


def draw_limit(draft: Draft) -> None:
    unit = draft.random.choice((draft.money, draft.money, draft.other))
    clauses = [one for one in draft.document["clauses"] if one["op"] == "pay"]
    paying = {one["id"]: one for one in clauses if draft.units[one["id"]] == unit}
    if not paying:
        return
    chosen = draft.random.sample(sorted(paying), draft.random.randint(1, len(paying)))
    of = ["*"] if draft.odds(0.4) else chosen
    names = list(paying) if of == ["*"] else chosen
    common = [name for name in draft.document["sets"] if all(name in paying[one]["each"] for one in names)]
    limit: Json = {"id": draft.name("limit-"), "of": of, "each": list(draft.some(common, 0.4))}
    if len(names) == 1 and paying[names[0]]["basis"] != "cumulative" and draft.odds(0.5):
        limit |= {"each": [], "cut": "pro_rata"}
    elif draft.odds(0.3):
        limit["each"].append(PERIOD)
    if of == ["*"] and len(paying) < len(clauses):
        limit["unit"] = unit
    earlier = tuple(itertools.takewhile(lambda name: name not in names, draft.units))
    dims = tuple(one for one in limit["each"] if one != PERIOD)
    want = Want(unit, dims, plus=draft.odds(0.9), depth=1, clauses=earlier)
    limit["max"] = draft.lit(Want(unit, plus=True))["value"] if draft.odds(0.6) else draft.number(want)
    draft.document["limits"].append(limit)


def draw_members(random: randomness.Random, document: TermDocument) -> dict[str, tuple[str, ...]]:
    """Members of open sets: often as many as there can be, at times none."""
    return {
        name: tuple(f"one-{number}" for number in range(random.choice((0, 1, one.most, one.most))))
        for name, one in document.sets.items()
        if one.most
    }


def draw_observations(
    random: randomness.Random,
    document: TermDocument,
    members: Mapping[str, tuple[str, ...]],
    pending: float = 0.0,
) -> dict[Key, Value]:
    """Random observations within their domains, also when pooled; ``pending`` is the share left out."""
    return {
        key: value
        for name, metric in document.metrics.items()
        for key, value in metric_values(random, document, name, metric, members)
        if random.random() >= pending
    }


def metric_values(
    random: randomness.Random,
    document: TermDocument,
    name: str,
    metric: Metric,
    members: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[Key, Value]]:
    sets = [document.sets[one].members or members.get(one, ()) for one in metric.per if one != PERIOD]
    for combination in itertools.product(*sets):
        if PERIOD not in metric.per:
            yield (name, "", combination), one_value(random, metric, 1)
            continue
        periods = Calendar(document).ids
        whole = random.choice((None, None, None, *periods))
        parts = 1 if metric.pool == "last" or whole else len(periods)
        for period in periods:
            quiet = metric.pool == "sum" and whole not in {None, period}
            yield (name, period, combination), Fraction(0) if quiet else one_value(random, metric, parts)


def one_value(random: randomness.Random, metric: Metric, parts: int) -> Value:
    """A value so small that so many of it stay within the domain; often at an edge."""
    if metric.domain is None:
        return random.choice(metric.values) if metric.values else random.random() < 0.5
    scale = 10 ** digits_of(metric.type)
    low, high = (int(Fraction(text) * scale / parts) for text in metric.domain)
    near = min(max(random.randint(-5, 5), low), high)
    return Fraction(
        random.choice((low, high, near, random.randint(low, high), random.randint(low, high))), scale
    )


def documents() -> strategies.SearchStrategy[TermDocument]:
    """Documents for hypothesis: a seed each."""
    return strategies.integers(0, 2**63).map(lambda seed: draw_document(randomness.Random(seed)))  # noqa: S311  # no secret


__all__ = ["documents", "draw_document", "draw_json", "draw_members", "draw_observations", "text_of"]
