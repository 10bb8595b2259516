"""Random expressions, well typed by construction: each is made for a type, some sets, and a sign."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from .reference_values import digits_of

Json = dict[str, Any]
ROUNDINGS = ("half_even", "half_away", "floor", "ceil", "toward_zero")
TRUTH = "truth"


def text_of(count: int, kind: str) -> str:
    """Decimal text of a count in the digits of a type."""
    digits = digits_of(kind)
    sign, whole = "-" if count < 0 else "", str(abs(count)).rjust(digits + 1, "0")
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else sign + whole


@dataclass(frozen=True)
class Want:
    """What an expression is made for.

    Attributes
    ----------
    kind : type, or ``truth``
    dims : sets it may range over
    plus : whether it must be free of negative values
    depth : how many operations may stand below
    clauses : clauses that may be read with ``paid``; None where nothing live may be read
    """

    kind: str
    dims: tuple[str, ...] = ()
    plus: bool = False
    depth: int = 2
    clauses: tuple[str, ...] | None = None

    def down(self, **changes: Any) -> "Want":  # noqa: ANN401  # fields of this class
        return replace(self, depth=self.depth - 1, **changes)


@dataclass
class Draft:
    """A document being made."""

    random: random.Random
    top: int
    periods: tuple[str, ...]
    money: str
    other: str
    document: Json
    figure_kinds: dict[str, tuple[str, tuple[str, ...], bool]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    each: dict[str, tuple[str, ...]] = field(default_factory=dict)
    named: int = 0

    def odds(self, share: float) -> bool:
        return self.random.random() < share

    def name(self, stem: str) -> str:
        self.named += 1
        return f"{stem}{self.named}"

    def some(self, names: Sequence[str], share: float = 0.5) -> tuple[str, ...]:
        return tuple(name for name in names if self.odds(share))

    def count(self, *, plus: bool, top: int | None = None) -> int:
        """A random count: often small or at an edge, at times up to the size of the document."""
        high = self.top if top is None else top
        size = self.random.choice((0, 1, 5, self.random.randint(0, 100), self.random.randint(0, high)))
        size = min(size, high)
        return size if plus or self.odds(0.6) else -size

    def closed(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if "members" in self.document["sets"][name]]

    def can_be_empty(self, name: str) -> bool:
        return "most" in self.document["sets"][name]

    # leaves

    def lit(self, want: Want) -> Json:
        top = min(self.top, 1000) if " per " in want.kind or want.kind.startswith("ratio") else None
        if digits_of(want.kind) and self.odds(0.2):  # halves, so that values fall between two units
            half = self.random.choice((1, 3, 50)) * 5 * 10 ** (digits_of(want.kind) - 1)
            return {"op": "lit", "value": text_of(half, want.kind), "type": want.kind}
        return {
            "op": "lit",
            "value": text_of(self.count(plus=want.plus, top=top), want.kind),
            "type": want.kind,
        }

    def param(self, want: Want) -> Json:
        def value() -> str:
            return str(self.lit(want)["value"])

        name = self.name("param-")
        table: Json = {"type": want.kind}
        closed = self.closed(list(self.document["sets"]))
        form = self.random.choice(("value", "dated", "period", "set"))
        node: Json = {"op": "param", "name": name}
        if form == "dated":
            days = ["2026-01-01", *sorted(self.random.sample(("2027-03-01", "2027-06-30", "2028-02-29"), 2))]
            table["dated"] = [{"from": day, "value": value()} for day in days]
        elif form == "period":
            table |= {"per": "period", "values": {period: value() for period in self.periods}}
        elif form == "set" and closed:
            per = self.random.choice(closed)
            members = self.document["sets"][per]["members"]
            table |= {"per": per, "values": {member: value() for member in members}}
            if per not in want.dims or self.odds(0.3):
                node["at"] = {per: self.random.choice(members)}
        else:
            table["value"] = value()
        if form in {"dated", "period"} and self.odds(0.2):
            node["at"] = {"period": self.periods[0]}
        self.document["params"][name] = table
        return node

    def metric(self, want: Want, fields: Json) -> Json:
        """A new metric over some of the sets, and the fields of what reads it."""
        name = self.name("metric-")
        closed = [one for one in self.closed(list(self.document["sets"])) if self.odds(0.1)]
        per = [*self.some(want.dims, 0.6), *(one for one in closed if one not in want.dims)]
        by_period = self.odds(0.7) or fields.get("on_missing", {}).get("use") == "last"
        at = {
            one: self.random.choice(self.document["sets"][one]["members"])
            for one in per
            if one not in want.dims
        }
        if by_period:
            per.insert(self.random.randint(0, len(per)), "period")
            if self.odds(0.1):
                at["period"] = self.periods[0]
        summed = "domain" in fields and Fraction(fields["domain"][0]) <= 0
        pool = "sum" if summed and self.odds(0.5) else "last"
        self.document["metrics"][name] = {
            "title": name, "method": "drawn at random", "per": per, "pool": pool, **fields,
        }  # fmt: skip
        node: Json = {"metric": name}
        if by_period and self.odds(0.5):
            node["window"] = "to_date"
        return node | ({"at": at} if at else {})

    def missing(self, use: str, fields: Json) -> Json:
        """At times something stands in for what is missing."""
        if not self.odds(0.2):
            return fields
        return fields | {"on_missing": {"use": "last" if self.odds(0.3) else use, "after_days": 30}}

    def obs(self, want: Want) -> Json:
        if want.kind == TRUTH:
            fields = self.missing(self.random.choice(("true", "false")), {"type": TRUTH})
            return {"op": "obs", **self.metric(want, fields)}
        low, high = (0 if want.plus else self.count(plus=False)), max(1, self.count(plus=True))
        low = self.random.randint(0, high - 1) if self.odds(0.1) else min(low, 0)
        fields = {"type": want.kind, "domain": [text_of(low, want.kind), text_of(high, want.kind)]}
        return {"op": "obs", **self.metric(want, self.missing(text_of(max(low, 0), want.kind), fields))}

    def is_label(self, want: Want) -> Json:
        labels = ["red", "green", "blue"][: self.random.randint(1, 3)]
        fields = self.missing(labels[-1], {"type": "label", "values": labels})
        node = {"op": "is", "value": self.random.choice(labels), **self.metric(want, fields)}
        if self.odds(0.2):
            del node["value"]
            node["op"] = "known"
        return node

    def figure(self, want: Want) -> Json:
        fitting = [
            name
            for name, (kind, dims, plus) in self.figure_kinds.items()
            if kind == want.kind and set(dims) <= set(want.dims) and plus >= want.plus
        ]
        if not fitting:
            return self.leaf(want)
        node: Json = {"op": "figure", "name": self.random.choice(fitting)}
        return node | ({"at": {"period": self.periods[0]}} if self.odds(0.1) else {})

    def live(self, want: Want) -> Json:
        """What was paid, or an account: only where the reader is carried out in its turn."""
        accounts = [
            name
            for name, one in self.document["accounts"].items()
            if one["type"] == want.kind and set(one.get("each", ())) <= set(want.dims)
        ]
        if accounts and self.odds(0.5):
            return self.signed({"op": "balance", "account": self.random.choice(accounts)}, want)
        window = self.random.choice(("period", "to_date", "before"))
        known = [*(want.clauses or ()), *(self.units if window == "before" else ())]
        readable = sorted({one for one in known if self.units[one] == want.kind})
        if not readable:
            return self.leaf(want)
        chosen = self.random.sample(readable, self.random.randint(1, min(2, len(readable))))
        common = [one for one in want.dims if all(one in self.each[name] for name in chosen)]
        what = self.random.choice(("paid", "earned"))
        node = {
            "op": "paid",
            "clauses": chosen,
            "window": window,
            "what": what,
            "each": list(self.some(common)),
        }
        return self.signed(node, want)

    def place(self, want: Want) -> Json:
        """Positions and ranks are ratios, days are days."""
        if want.kind == "day/0":
            ends = ["term_start", "period_start", "2027-01-31", "period_end", "term_end"]
            start = self.random.randint(0, 2)
            ends = [ends[start], self.random.choice(ends[3:])]
            if not want.plus:
                self.random.shuffle(ends)
            if want.plus and ends[0] == "2027-01-31":
                ends[0] = "term_start"
            return {
                "op": "days",
                "from": ends[0],
                "to": ends[1],
                "count": self.random.choice(("actual", "30/360")),
            }
        if not want.dims:
            return {"op": "position", "of": "period"}
        over = self.random.choice(want.dims)
        if self.odds(0.2) or want.depth < 0:
            return {"op": "position", "of": over}
        of = self.number(want.down(kind="point/1", plus=False))
        return {"op": "rank", "of": of, "over": over, "best": self.random.choice(("highest", "lowest"))}

    def leaf(self, want: Want) -> Json:
        if want.kind == TRUTH:
            fixed = {"op": "lit", "value": self.random.choice(("true", "false")), "type": TRUTH}
            return fixed if self.odds(0.1) else self.random.choice((self.obs, self.is_label))(want)
        made = self.random.choice((self.lit, self.param, self.obs, self.obs, self.obs))
        if " per " in want.kind and made == self.obs:
            made = self.param
        return made(want)

    def signed(self, node: Json, want: Want) -> Json:
        """Keep a value that could be negative out of where none may be."""
        if not want.plus:
            return node
        return {"op": "max", "of": [{"op": "lit", "value": "0", "type": want.kind}, node]}

    # numbers

    def number(self, want: Want) -> Json:
        """An expression of a number type."""
        if self.odds({"ratio/0": 0.9, "day/0": 0.5}.get(want.kind, 0)):
            return self.place(want)
        if want.depth <= 0 or " per " in want.kind:
            return self.leaf(want)
        if want.clauses is not None and self.odds(0.2):
            return self.live(want)
        kinds: tuple[Callable[[Want], Json], ...] = (
            self.several, self.several, self.less, self.scale, self.scale, self.bands, self.choice,
            self.fold, self.share, self.share, self.previous, self.figure, self.figure, self.leaf,
        )  # fmt: skip
        return self.random.choice(kinds)(want)

    def several(self, want: Want) -> Json:
        op = self.random.choice(("add", "min", "max"))
        return {"op": op, "of": [self.number(want.down()) for _ in range(self.random.randint(1, 3))]}

    def less(self, want: Want) -> Json:
        node = {"op": "sub", "of": self.number(want.down()), "less": self.number(want.down())}
        return self.signed(node, want)

    def scale(self, want: Want) -> Json:
        unit = want.kind.split("/")[0]
        form = self.random.choice(("ratio", "price", "part", "percent"))
        node: Json = {"op": "scale", "as": want.kind}
        if form == "price" and want.kind != "day/0":
            node |= {
                "of": self.number(want.down(kind="day/0")),
                "by": [self.number(want.down(kind=f"{want.kind} per day/0"))],
            }
        elif form == "part":
            over = self.number(want.down(kind="point/1"))
            by = self.number(want.down(kind="point/1"))
            zero = self.number(want.down())
            node |= {"of": self.number(want.down()), "by": [by], "over": [over], "if_zero": zero}
        elif form == "percent":
            hundred = {"op": "lit", "value": self.random.choice(("100", "-100")), "type": "percent/2"}
            if want.plus:
                hundred["value"] = "100"
            node |= {
                "of": self.number(want.down()),
                "by": [self.leaf(want.down(kind="percent/2"))],
                "over": [hundred],
            }
        else:
            kind = "ratio/0" if want.dims and self.odds(0.7) else self.random.choice(("ratio/3", "ratio/0"))
            node |= {"of": self.number(want.down()), "by": [self.number(want.down(kind=kind))]}
        if unit == "ratio" and form == "ratio":
            kind = self.random.choice(("day/0", "point/1"))
            zero = self.number(want.down())
            node = {"op": "scale", "as": want.kind, "of": self.number(want.down(kind=kind)), "if_zero": zero}
            node["over"] = [self.number(want.down(kind=kind))]
        return node | ({"round": self.random.choice(ROUNDINGS)} if self.odds(0.4) else {})

    def bands(self, want: Want) -> Json:
        kind = self.random.choice(("point/1", "day/0"))
        digits = digits_of(kind)
        places = sorted({self.count(plus=False) for _ in range(self.random.randint(0, 3))})
        edges = [{"at": text_of(at, kind), "owner": self.random.choice(("below", "above"))} for at in places]
        if edges and self.odds(0.2):
            edges[0]["owner"] = "above"
            edges.insert(1, {"at": edges[0]["at"], "owner": "below"})
        rows: list[Json] = []
        for _ in range(len(edges) + 1):
            row = {"base": text_of(self.count(plus=want.plus), f"x/{self.random.randint(0, 4)}")}
            if self.odds(0.6):
                row["slope"] = text_of(self.count(plus=False, top=500), "x/2")
                row["origin"] = text_of(self.count(plus=False), f"x/{digits}")
            rows.append(dict(rows[-1]) if rows and self.odds(0.2) else row)
        node: Json = {"op": "bands", "as": want.kind, "of": self.number(want.down(kind=kind, plus=False))}
        node |= {"edges": edges, "rows": rows}
        if self.odds(0.4):
            node["round"] = self.random.choice(ROUNDINGS)
        return self.signed(node, want)

    def choice(self, want: Want) -> Json:
        inner = self.truth if want.kind == TRUTH else self.number
        parts = {"then": inner(want.down()), "else": inner(want.down())}
        return {"op": "if", "test": self.truth(want.down(kind=TRUTH, plus=False)), **parts}

    def fold(self, want: Want) -> Json:
        op = self.random.choice(("add", "min", "max") if want.kind != TRUTH else ("all", "any"))
        inner = self.truth if want.kind == TRUTH else self.number
        sets = list(self.document["sets"])
        if not sets or self.odds(0.3):
            return {"op": "fold", "over": "period", "with": op, "of": inner(want.down())}
        over = self.random.choice(sets)
        dims = tuple(name for name in sets if name in {*want.dims, over})
        node = {"op": "fold", "over": over, "with": op, "of": inner(want.down(dims=dims))}
        if op in {"min", "max"} and (self.can_be_empty(over) or self.odds(0.1)):
            rest = tuple(name for name in want.dims if name != over)
            node["empty"] = self.number(want.down(dims=rest))
        return node

    def share(self, want: Want) -> Json:
        if not want.dims:
            return self.leaf(want)
        over = self.random.choice(want.dims)
        rest = tuple(name for name in want.dims if name != over)
        total = self.number(want.down(dims=rest, plus=True))
        kind = self.random.choice(("point/1", "day/0", "ratio/3"))
        node = {
            "op": "share",
            "total": total,
            "over": over,
            "weight": self.number(want.down(kind=kind, plus=True)),
        }
        return node | ({"ties": "declared"} if self.odds(0.4) else {})

    def previous(self, want: Want) -> Json:
        inner = self.truth if want.kind == TRUTH else self.number
        return {"op": "previous", "of": inner(want.down()), "first": inner(want.down())}

    # conditions

    def truth(self, want: Want) -> Json:
        """An expression of a condition."""
        if want.depth <= 0:
            return self.leaf(want)
        kinds: tuple[Callable[[Want], Json], ...] = (
            self.compare, self.compare, self.compare, self.jointly, self.negation, self.fold, self.previous,
            self.leaf, self.choice, self.figure,
        )  # fmt: skip
        return self.random.choice(kinds)(want)

    def compare(self, want: Want) -> Json:
        kind = self.random.choice((self.money, self.other, "point/1", "day/0", "ratio/0"))
        sides = {name: self.number(want.down(kind=kind)) for name in ("left", "right")}
        return {"op": "cmp", "relation": self.random.choice(("lt", "le", "eq", "ne", "ge", "gt")), **sides}

    def jointly(self, want: Want) -> Json:
        op = self.random.choice(("all", "any"))
        return {"op": op, "of": [self.truth(want.down()) for _ in range(self.random.randint(1, 3))]}

    def negation(self, want: Want) -> Json:
        return {"op": "not", "of": self.truth(want.down())}
