"""Whether a caller may do an operation: pure, and the same for the API, pages, jobs and the command line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...finance.errors import AlmonerError, Missing
from ..errors import Forbidden, NotSignedIn, StepUpNeeded
from ..identity import Caller, Grant
from .rules import ROLES, Cell, Rule

FRESH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the table.

    Attributes
    ----------
    rule : Rule
        Of the operation.
    scope : str
        What a key or token of limited scope needs, for example ``funds:write``.
    making : bool
        The operation writes.
    engagement : str
        ``fund/CODE`` and the like; empty where the operation is the book's.
    published : bool
        Everybody may read this engagement.
    party : str
        In whose name the caller wants to act; empty when it does not matter.
    listing : bool
        A list of engagements: a role on one of them is enough to ask, and limits what is listed.
    now : datetime
        When it is asked.
    """

    rule: Rule
    scope: str
    making: bool
    now: datetime
    engagement: str = ""
    listing: bool = False
    published: bool = False
    party: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a caller was let in.

    Attributes
    ----------
    party : str
        In whose name they act; empty for the public.
    role : str
        The role that let them in: ``public`` and ``signed in`` without one.
    masked : bool
        They see less than the whole.
    own : bool
        They see and do only what is their own party's.
    only : frozenset of str or None
        Of a list: the engagements they hold a role on; None for all of the book.
    otherwise : Access or None
        How they see what is not their own, where they hold that right besides: a hub sees of a published
        engagement what everybody sees.
    """

    party: str = ""
    role: str = "public"
    masked: bool = False
    own: bool = False
    only: frozenset[str] | None = None
    otherwise: "Access | None" = None

    def seeing(self, published: frozenset[str]) -> "Access":
        """Return the same access to a list that shows what is published, too."""
        return self if self.only is None else replace(self, only=self.only | published)


def allowed(caller: Caller | None, grants: Iterable[Grant], asked: Question) -> Access:
    """Let a caller in, or refuse.

    Of several roles that allow it, the one that shows most is taken: an unmasked before a masked one, one
    for all objects before one for own objects.

    Parameters
    ----------
    caller : Caller or None
        Who asks; None is the public.
    grants : iterable of Grant
        Their roles in the book of the request, of whatever date and engagement.
    asked : Question
        What they ask.

    Raises
    ------
    NotSignedIn, Forbidden, Missing, StepUpNeeded
        ``Missing`` where they may not know that the thing is there.

    Examples
    --------
    >>> from datetime import UTC
    >>> from almoner.api.policy.rules import rule
    >>> someone = Caller(person="t", grants=(Grant(book="main", role="funder", party="foundation"),))
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> asked = Question(rule=rule("F"), scope="funds:read", making=False, now=noon)
    >>> allowed(someone, someone.grants, asked).party
    'foundation'
    """
    held = tuple(grants)
    found = list(_ways_in(caller, held, asked))
    if not found:
        raise _refusal(caller, held, asked)
    if caller is not None and caller.scopes is not None and asked.scope not in caller.scopes:
        raise Forbidden(f"This key may not do this: it takes the scope {asked.scope}.", scope=asked.scope)
    best, cell = _best(found)
    if asked.rule.fresh or cell.check:
        _require_fresh(caller, asked.now)
    wider = [one for one in found if not one[0].own]
    if best.own and wider and not asked.making:
        best = replace(best, otherwise=_best(wider)[0])
    return replace(best, only=_limit(held, asked)) if asked.listing else best


def _best(found: Iterable[tuple[Access, Cell]]) -> tuple[Access, Cell]:
    return min(found, key=lambda one: (one[0].masked, one[0].own, one[0].role, one[0].party))


def _limit(grants: tuple[Grant, ...], asked: Question) -> frozenset[str] | None:
    """Return the engagements a list is limited to: None when a role holds on the whole book."""
    held: set[str] = {
        one.engagement for one in grants for letter in asked.rule.cells if _holds(one, letter, asked)
    }
    return None if "" in held else frozenset(held)


def _ways_in(
    caller: Caller | None, grants: tuple[Grant, ...], asked: Question
) -> Iterator[tuple[Access, Cell]]:
    public = asked.rule.cells.get("P")
    if public is not None and asked.published:
        yield Access(masked=public.masked), public
    if caller is None:
        return
    if asked.rule.signed_in:
        yield Access(role="signed in", party=asked.party), Cell()
    for letter, cell in asked.rule.cells.items():
        for grant in grants:
            if _holds(grant, letter, asked) and _has_duty(caller, grant, cell, asked):
                yield Access(party=grant.party, role=grant.role, masked=cell.masked, own=cell.own), cell


def _holds(grant: Grant, letter: str, asked: Question) -> bool:
    """Tell whether a grant is of this role, engagement, party and time."""
    return (
        grant.role == ROLES[letter]
        and (asked.listing or grant.engagement in {"", asked.engagement})
        and asked.party in {"", grant.party}
        and (grant.valid_from is None or grant.valid_from <= asked.now)
        and (grant.valid_until is None or asked.now < grant.valid_until)
    )


def _has_duty(caller: Caller, grant: Grant, cell: Cell, asked: Question) -> bool:
    if cell.check:
        return grant.may_check and caller.api_key is None
    return grant.may_make or not asked.making


def _require_fresh(caller: Caller | None, now: datetime) -> None:
    if caller is None or caller.api_key is not None:
        raise Forbidden("A key does not do this. Sign in as a person.", scope="person")
    at = caller.authenticated_at
    if at is not None and now - at > FRESH:
        raise StepUpNeeded(
            f"This takes a sign-in of the last {int(FRESH.total_seconds() // 60)} minutes. Sign in again.",
            authenticated_at=at.isoformat(),
        )


def _refusal(caller: Caller | None, grants: tuple[Grant, ...], asked: Question) -> AlmonerError:
    """Say no: as if nothing were there, unless a role lets the caller know of the engagement."""
    if caller is None:
        return NotSignedIn("This takes a sign-in. Send a token or a key in the header Authorization.")
    here = [one for one in grants if any(_holds(one, letter, asked) for letter in ROLES if letter != "P")]
    if not here:
        return Missing("There is nothing here that you may know of. Check the address.")
    held: list[str] = sorted({one.role for one in here})
    return Forbidden(
        f"Your role here ({', '.join(held)}) does not allow this, or not with this duty or this key.",
        roles=held,
    )
