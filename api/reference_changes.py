"""What a change of the OpenAPI document takes away from those who rely on it.

The problem: a field that is gone, a new duty on a request or a word no longer taken stops a client that
worked yesterday, and a document of a megabyte hides it. Here two documents are compared in the direction in
which each part is read: a request may ask for less and take more, a reply may only tell more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
UPPER = ("maximum", "maxLength", "maxItems", "maxProperties", "exclusiveMaximum")
LOWER = ("minimum", "minLength", "minItems", "minProperties", "exclusiveMinimum")


def taken_away(before: Schema, after: Schema) -> tuple[str, ...]:
    """Return every place at which a client of ``before`` may fail with ``after``, each with what changed.

    Parameters
    ----------
    before, after : dict
        OpenAPI documents.

    Examples
    --------
    >>> taken_away({"paths": {"/v1/funds": {"get": {}}}}, {"paths": {}})
    ('GET /v1/funds is gone',)
    """
    pair = _Pair(before, after)
    found: list[str] = []
    for path, item in before["paths"].items():
        for method in METHODS:
            if method in item:
                name = f"{method.upper()} {path}"
                there = after["paths"].get(path, {}).get(method)
                found += [f"{name} is gone"] if there is None else pair.operation(item[method], there, name)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Pair:
    before: Schema
    after: Schema
    compared: set[tuple[str, str, bool]] = field(default_factory=set)

    def operation(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        known = {(one["in"], one["name"]): one for one in old.get("parameters", ())}
        named = {(one["in"], one["name"]): one for one in new.get("parameters", ())}
        for key, one in named.items():
            if one.get("required") and not known.get(key, {}).get("required"):
                yield f"{at}: {key[1]} has to be sent now"
        for key, one in known.items():
            if key not in named:
                yield f"{at}: {key[1]} is no longer taken"
            else:
                yield from self.schemas(one["schema"], named[key]["schema"], f"{at}: {key[1]}", asked=True)
        yield from self._contents(old.get("requestBody"), new.get("requestBody"), f"{at}: body", asked=True)
        for status, answer in old.get("responses", {}).items():
            if status < "300":
                told = new.get("responses", {}).get(status)
                yield from self._contents(answer, told, f"{at}: {status}", asked=False)

    def _contents(self, old: Schema | None, new: Schema | None, at: str, *, asked: bool) -> Iterator[str]:
        if old is None:
            if new is not None and new.get("required"):
                yield f"{at} has to be sent now"
            return
        if new is None:
            yield f"{at} is gone"
            return
        if new.get("required", False) and not old.get("required", False):
            yield f"{at} has to be sent now"
        for media, one in old.get("content", {}).items():
            if media not in new.get("content", {}):
                yield f"{at}: {media} is gone"
            else:
                there = new["content"][media]
                yield from self.schemas(one.get("schema", {}), there.get("schema", {}), at, asked=asked)

    def schemas(self, old: Schema, new: Schema, at: str, *, asked: bool) -> Iterator[str]:
        seen = (old.get("$ref", ""), new.get("$ref", ""), asked)
        if any(seen[:2]):
            if seen in self.compared:
                return
            self.compared.add(seen)
            at = seen[0].rpartition("/")[2] or at
        old, new = _found(self.before, old), _found(self.after, new)
        ways, there = _ways(old), _ways(new)
        if len(ways) > 1 or len(there) > 1:
            yield from self._choices(ways, there, at, asked=asked)
            return
        if old.get("type") != new.get("type"):
            yield f"{at} was {old.get('type')} and is {new.get('type')}"
            return
        yield from self._members(old, new, at, asked=asked)
        if asked:
            yield from _limits(old, new, at)

    def _choices(self, ways: list[Schema], there: list[Schema], at: str, *, asked: bool) -> Iterator[str]:
        """Compare choices by what they are: each one asked before is still taken, none told now is new."""
        old, new = ({_kind(one): one for one in some} for some in (ways, there))
        missing = old.keys() - new.keys() if asked else new.keys() - old.keys()
        for kind in sorted(missing):
            yield f"{at} {'no longer takes' if asked else 'now also tells'} {kind}"
        for kind in sorted(old.keys() & new.keys()):
            yield from self.schemas(old[kind], new[kind], f"{at}/{kind}", asked=asked)

    def _members(self, old: Schema, new: Schema, at: str, *, asked: bool) -> Iterator[str]:
        fields, there = old.get("properties", {}), new.get("properties", {})
        for name, one in fields.items():
            if name not in there:
                yield f"{at}/{name} is gone"
            else:
                yield from self.schemas(one, there[name], f"{at}/{name}", asked=asked)
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(needs - needed if asked else (needed - needs) & there.keys()):
            yield f"{at}/{name} {'has to be sent now' if asked else 'may be missing now'}"
        for part in ("items", "additionalProperties"):
            if isinstance(old.get(part), Mapping) and isinstance(new.get(part), Mapping):
                yield from self.schemas(old[part], new[part], f"{at}/{part}", asked=asked)


def _found(document: Schema, schema: Schema) -> Schema:
    ref = schema.get("$ref")
    return schema if ref is None else document["components"]["schemas"].get(ref.rpartition("/")[2], {})


def _ways(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf") or schema.get("oneOf") or [schema])


def _kind(schema: Schema) -> str:
    kind = schema.get("$ref", "").rpartition("/")[2] or str(schema.get("type", "anything"))
    return f"{kind} of {_kind(schema['items'])}" if isinstance(schema.get("items"), Mapping) else kind


def _limits(old: Schema, new: Schema, at: str) -> Iterator[str]:
    gone = set(map(str, old.get("enum", ()))) - set(map(str, new.get("enum", old.get("enum", ()))))
    if gone or ("enum" in new and "enum" not in old):
        yield f"{at} no longer takes {', '.join(sorted(gone)) or 'every value'}"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{at} takes another form: {new['pattern']}"
    for names, sign in ((UPPER, 1), (LOWER, -1)):
        for name in names:
            if name in new and (name not in old or sign * (old[name] - new[name]) > 0):
                yield f"{at}: {name} was {old.get(name, 'none')} and is {new[name]}"


__all__ = ["taken_away"]
