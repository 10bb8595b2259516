"""Visibility: who sees which field of which document, in which phase, after what.

The problem: a judge who is to read blind learns the applicant's name from another field, a rival infers a
result from a count. What nobody was allowed to see is not shown: the default is to mask. A rule gives one
pointer to one viewer, in one phase or in all, at once or after an event.

**The most specific rule wins**: the longer pointer; of equal length the one with fewer ``*``; then the one
that names a relation, a viewer, a phase, in this order. Of two that are equal in all of it, the one that
masks. A rule for ``conflicted`` is the only kind that counts for them.
"""

import base64
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from ..finance.documents import Code, Document, canonical_bytes
from .json_values import thaw

Viewer = Literal[
    "public",
    "own_applicant",
    "other_applicant",
    "assigned_judge",
    "other_judge",
    "chair",
    "funder",
    "evaluator",
    "auditor",
]
Relation = Literal["none", "conflicted"]
Specificity = tuple[int, int, bool, bool, bool, bool]
LEAST_KEY_BYTES: Final = 16
_NAME_BYTES: Final = 10
_NOTHING: Final = object()
Action = Annotated[
    str, StringConstraints(pattern=r"^(show|mask|after\([a-z0-9][a-z0-9_.:/-]{0,79}\))$", max_length=100)
]
JsonPointer = Annotated[str, StringConstraints(pattern=r"^(/([^/~]|~[01])*)*$", max_length=500)]


class VisibilityRule(Document):
    """What one kind of viewer sees of one place of a document, and from when on.

    Attributes
    ----------
    pointer : str
        JSON pointer (RFC 6901) of the place, with everything below it; ``*`` stands for any one name or
        position.
    action : str
        ``show``, ``mask``, or ``after(event)``: shown once the event has happened.
    viewer : str or None
        For whom; ``None`` is everybody.
    phase : str or None
        In which phase; ``None`` is always.
    relation : str or None
        ``conflicted`` is for those with a conflict only, and no other rule counts for them; ``None`` and
        ``none`` are for everybody else.

    Examples
    --------
    >>> VisibilityRule.read('{"pointer": "/application/title", "action": "show", "viewer": "public"}').phase
    """

    pointer: JsonPointer
    action: Action
    viewer: Viewer | None = None
    phase: Code | None = None
    relation: Relation | None = None

    @property
    def event(self) -> str | None:
        """The event after which the place is shown."""
        return self.action.removeprefix("after(").removesuffix(")") if "(" in self.action else None

    @property
    def parts(self) -> tuple[str, ...]:
        """The names along the pointer, unescaped."""
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in self.pointer.split("/")[1:])

    def applies(self, phase: str | None, viewer: Viewer, relation: Relation) -> bool:
        """Tell whether the rule speaks of this viewer in this phase."""
        if relation == "conflicted" and self.relation != "conflicted":
            return False
        if relation == "none" and self.relation == "conflicted":
            return False
        return self.phase in {None, phase} and self.viewer in {None, viewer}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What one rule says now, and how much it weighs."""

    parts: tuple[str, ...]
    shown: bool
    weight: Specificity


_Deeper = tuple[tuple[tuple[str, ...], _Word], ...]
_MASKED: Final = _Word(parts=(), shown=False, weight=(-1, 0, False, False, False, False))


def mask(
    document: Mapping[str, object],
    rules: Iterable[VisibilityRule],
    *,
    phase: str | None,
    viewer: Viewer,
    relation: Relation = "none",
    events: Collection[str] = (),
) -> dict[str, object]:
    """Return what a viewer sees of a document; a masked field is absent, not null.

    Parameters
    ----------
    document : Mapping
        JSON; its first level names the kind of thing: ``application``, ``reads``, ``feedback`` …
    rules : Iterable[VisibilityRule]
        Of the brief in force.
    phase : str or None
        In which phase it is looked at.
    viewer, relation : str
        Who looks, and whether with a conflict.
    events : Collection of str
        What has happened, for example ``panel.closed`` or ``decided``.

    Returns
    -------
    dict
        A new one. A container of which nothing is seen is absent as well, and so is its length.

    Examples
    --------
    >>> rules = [VisibilityRule(pointer="/application", action="show", viewer="assigned_judge"),
    ...     VisibilityRule(pointer="/application/lead", action="after(decided)")]
    >>> entry = {"application": {"title": "Wells", "lead": "river-trust"}}
    >>> mask(entry, rules, phase="panel", viewer="assigned_judge")
    {'application': {'title': 'Wells'}}
    >>> mask(entry, rules, phase="panel", viewer="assigned_judge", events={"decided"})["application"]["lead"]
    'river-trust'
    >>> mask(entry, rules, phase="panel", viewer="public")
    {}
    """
    words = _words(rules, phase, viewer, relation, events)
    best = max((word for word in words if not word.parts), key=_weight, default=_MASKED)
    deeper = tuple((word.parts, word) for word in words if word.parts)
    seen = _seen(document, best, deeper)
    return seen if isinstance(seen, dict) else {}


def shows(
    pointer: str,
    rules: Iterable[VisibilityRule],
    *,
    phase: str | None,
    viewer: Viewer,
    relation: Relation = "none",
    events: Collection[str] = (),
) -> bool:
    """Tell whether a viewer sees a place wholly, so that it may be sorted, filtered, searched and counted by.

    Parameters
    ----------
    pointer : str
        As in a rule; ``*`` stands for every name or position.
    rules, phase, viewer, relation, events
        As for ``mask``.

    Examples
    --------
    >>> rules = [VisibilityRule(pointer="/entries", action="show", viewer="public"),
    ...     VisibilityRule(pointer="/entries/*/total", action="after(decided)", viewer="public")]
    >>> shows("/entries/*/title", rules, phase=None, viewer="public")
    True
    >>> shows("/entries/*/total", rules, phase=None, viewer="public")
    False
    >>> shows("/entries", rules, phase=None, viewer="public")
    False
    """
    asked = VisibilityRule(pointer=pointer, action="show").parts
    words = _words(rules, phase, viewer, relation, events)
    covering = [word for word in words if _covers(word.parts, asked)]
    best = max(covering, key=_weight, default=_MASKED)
    hidden = [word for word in words if not word.shown and _meets(word.parts, asked)]
    return best.shown and not any(
        len(word.parts) > len(asked) or word.weight > best.weight for word in hidden
    )


def pseudonym(judge: str, application: str, key: bytes) -> str:
    """Return the name of a judge on one application: another one on each, so that packets cannot be joined.

    Parameters
    ----------
    judge, application : str
        Codes.
    key : bytes
        At least 16 random bytes, kept by the challenge and never published.

    Examples
    --------
    >>> pseudonym("j-7", "a-1", b"k" * 16), pseudonym("j-7", "a-2", b"k" * 16)
    ('judge-rfow4sa5ponvgy5c', 'judge-4jww52yipc53b67s')
    """
    if len(key) < LEAST_KEY_BYTES:
        raise ValueError(f"the key has {len(key)} bytes; {LEAST_KEY_BYTES} and more keep a name secret")
    code = hmac.digest(key, canonical_bytes(["almoner.judge/1", application, judge]), "sha256")
    return f"judge-{base64.b32encode(code[:_NAME_BYTES]).decode().lower()}"


def _words(
    rules: Iterable[VisibilityRule],
    phase: str | None,
    viewer: Viewer,
    relation: Relation,
    events: Collection[str],
) -> list[_Word]:
    words = []
    for rule in rules:
        if rule.applies(phase, viewer, relation):
            parts = rule.parts
            shown = rule.action == "show" or (rule.event is not None and rule.event in events)
            named = (rule.relation is not None, rule.viewer is not None, rule.phase is not None)
            weight = (len(parts), sum(part != "*" for part in parts), *named, not shown)
            words.append(_Word(parts=parts, shown=shown, weight=weight))
    return words


def _weight(word: _Word) -> Specificity:
    return word.weight


def _seen(value: object, best: _Word, deeper: _Deeper) -> object:
    """Return what is seen of a value, or ``_NOTHING``."""
    if not deeper or not isinstance(value, Mapping | list | tuple) or not value:
        return thaw(value) if best.shown else _NOTHING
    if isinstance(value, Mapping):
        seen = {name: _child(str(name), item, best, deeper) for name, item in value.items()}
        kept = {name: item for name, item in seen.items() if item is not _NOTHING}
        return kept or _NOTHING
    rows = [_child(str(n), item, best, deeper) for n, item in enumerate(value)]
    return [row for row in rows if row is not _NOTHING] or _NOTHING


def _child(name: str, value: object, best: _Word, deeper: _Deeper) -> object:
    fitting = [(parts[1:], word) for parts, word in deeper if parts[0] in {name, "*"}]
    here = [word for parts, word in fitting if not parts]
    below = tuple((parts, word) for parts, word in fitting if parts)
    return _seen(value, max([best, *here], key=_weight), below)


def _covers(parts: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """Tell whether a rule's pointer holds for every place that is asked for."""
    together = zip(parts, asked, strict=False)
    return len(parts) <= len(asked) and all(part in {"*", name} for part, name in together)


def _meets(parts: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """Tell whether a rule's pointer holds for any of the places that are asked for, or below them."""
    return all(part == name or "*" in {part, name} for part, name in zip(parts, asked, strict=False))
