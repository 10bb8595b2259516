"""Conflicts that are planted, and pairs that only look like one, for ``benchmarks.conflicts``.

Every case has an actor of its own, so that nothing planted for one pair can be found for another. A case
writes what somebody would have declared, recorded or paid, and says which kind is to be found.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, pairwise

from almoner import money
from almoner.challenges import acts
from almoner.challenges.conflicts import Interest, JointWork, Mark
from almoner.challenges.conflicts.inference import JUDGE_FEE_USE
from almoner.challenges.conflicts.interests import INTEREST_KINDS
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Details
from almoner.finance.money import Money
from almoner.finance.parties import Party
from almoner.finance.posting import hold
from almoner.finance.storage import Session
from almoner.finance.units import Unit, currency

BOOK = "main"
USD = currency("USD")
HOUR = Unit(code="hour", kind="in_kind", scale=2)
TODAY = date(2027, 3, 10)
NOON: Clock = fixed_clock(datetime(2027, 3, 2, 12, tzinfo=UTC))
LONG_AGO = TODAY - timedelta(days=1500)
LATELY = TODAY - timedelta(days=200)
NO_USE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pair of judge and application with what ties them, or does not.

    Attributes
    ----------
    number : int
        Makes every name of the case its own.
    judge, application : str
        The pair.
    way : str
        Name of what is planted.
    kind : str
        The kind that is to be found; empty where nothing is.
    """

    number: int
    judge: str
    application: str
    way: str
    kind: str

    @property
    def actor(self) -> str:
        """The party of the application through which it is found."""
        return f"act-{self.number}"

    @property
    def employer(self) -> str:
        """Where the judge works."""
        return self.judge.replace("j-", "emp-")

    def own(self, name: str) -> str:
        """Return a code that no other case has."""
        return f"{name}-{self.number}"


@dataclass(slots=True)
class World:
    """Where cases are written: a book, its challenge's fund, and the publications that would be supplied."""

    session: Session
    prizes: PooledFund
    works: list[JointWork]
    registered: set[str]

    def party(self, *codes: str) -> None:
        """Register parties, once each."""
        for code in codes:
            if code not in self.registered:
                finance.register_party(self.session, BOOK, Party(code=code, name=code))
                self.registered.add(code)

    def fund(self, case: Case, giver: str, name: str = "pool", on: date = LATELY) -> PooledFund:
        """Open a fund for one case, with 100.00 of a giver in it."""
        code = case.own(name)
        self.party(giver)
        opened = finance.open_fund(self.session, BOOK, code, USD, title=code, draw_rule="fifo")
        self.give(opened, giver, on)
        return opened

    def give(self, fund: PooledFund, giver: str, on: date = LATELY) -> None:
        """Book a gift of 100.00."""
        self.party(giver)
        key = f"{fund.code}-{giver}"
        finance.contribute(
            self.session, fund, giver, money("100.00", USD), key=key, clock=NOON, details=Details(on=on)
        )

    def pay(self, fund: PooledFund, payee: str, on: date = LATELY, use: Mapping[str, str] = NO_USE) -> None:
        """Book a payment of 60.00."""
        self.party(payee)
        part = money("60.00", USD)
        finance.spend(
            self.session, fund, payee, part, line="transfer", key=f"{fund.code}-{payee}-paid", clock=NOON,
            details=Details(on=on), use=use,
        )  # fmt: skip

    def declare(
        self, a: str, b: str, kind: str, since: date | None = None, until: date | None = None
    ) -> None:
        """Put an interest on record."""
        interest = Interest(a=a, b=b, kind=kind, since=since, until=until)  # type: ignore[arg-type]  # one of the sixteen
        acts.declare_interest(self.session, BOOK, interest, by="desk", clock=NOON)

    def mark(self, mark: Mark) -> None:
        """Put a mark on record."""
        acts.declare_mark(self.session, BOOK, mark, clock=NOON)


Spelling = Callable[[int], tuple[tuple[str, str, int | None, str], tuple[str, str, int | None, str]]]


def _mail(one: str, other: str) -> Spelling:
    def spelled(n: int) -> tuple[tuple[str, str, int | None, str], tuple[str, str, int | None, str]]:
        return ("email", one.format(n=n), None, ""), ("email", other.format(n=n), None, "")

    return spelled


SPELLINGS: dict[str, Spelling] = {
    "case": _mail("Ana{n}.Ruiz@gmail.com", "ana{n}.ruiz@GMAIL.COM"),
    "dots": _mail("ana{n}.ruiz@gmail.com", "a.na{n}ruiz@googlemail.com"),
    "plus_address": _mail("ana{n}@gmail.com", "ana{n}+reviews@gmail.com"),
    "plus_address_elsewhere": _mail("ana@own{n}.example", "ana+x@own{n}.example"),
    "cyrillic_mailbox": _mail("ana{n}@gmail.com", "\u0430n\u0430{n}@gmail.com"),
    "greek_mailbox": _mail("nora{n}@outlook.com", "n\u03bfra{n}@outlook.com"),
    "cyrillic_domain": _mail("ana{n}@gmail.com", "ana{n}@gm\u0430il.com"),
    "full_width": _mail("ana{n}@yahoo.com", "\uff41na{n}\uff20yahoo.com"),
    "invisible": _mail("ana{n}@yahoo.com", "ana\u200b{n}@yahoo.com"),
    "unverified": _mail("ana{n}@web.de", "ana{n}@web.de"),
    "orcid": lambda n: (
        ("orcid", f"0000-0001-{n:04d}-0000", None, ""),
        ("orcid", f"https://orcid.org/00000001{n:04d}0000", None, ""),
    ),
    "registry": lambda n: (
        ("registry", f"GB-COH {n:08d}", None, ""),
        ("registry", f"gb-coh-{n:08d}", None, ""),
    ),
    "name_and_birth": lambda n: (
        ("name", f"Dr. Ruiz{n}, Ana", 1970, ""),
        ("name", f"Ana Ruiz{n}", 1970, ""),
    ),
    "name_and_organisation": lambda n: (
        ("name", f"Ana Ru\u0456z{n}", None, "school"),
        ("name", f"Ana Ruiz{n}", 1970, "school"),
    ),
}


def _spell(world: World, case: Case, one: str, other: str, form: str) -> None:
    """Mark two codes so that they are recognised as one."""
    for holder, (kind, value, born, at) in zip((one, other), SPELLINGS[form](case.number), strict=True):
        world.mark(Mark(holder=holder, kind=kind, value=value, birth_year=born, organisation=at))  # type: ignore[arg-type]  # one of them


def _self(form: str) -> tuple[str, Callable[[World, Case], None]]:
    def plant(world: World, case: Case) -> None:
        _spell(world, case, case.judge, case.actor, form)

    return "self", plant


def _kind_by_alias(kind: str, form: str) -> tuple[str, Callable[[World, Case], None]]:
    def plant(world: World, case: Case) -> None:
        known_as = case.own("known-as")
        world.declare(case.judge, known_as, kind)
        _spell(world, case, known_as, case.actor, form)

    return kind, plant


def _group(steps: int) -> tuple[str, Callable[[World, Case], None]]:
    def plant(world: World, case: Case) -> None:
        chain = [case.own("works-at"), *(case.own(f"group-{n}") for n in range(steps)), case.actor]
        world.declare(case.judge, chain[0], "employee")
        for one, other in pairwise(chain):
            world.declare(other, one, "ownership")

    return "same_organisation", plant


def _domain(world: World, case: Case) -> None:
    for holder, box in ((case.judge, "ana"), (case.actor, "post.ben")):
        address = f"{box}@{case.own('own')}.example"
        world.mark(Mark(holder=holder, kind="email", value=address))


def _publication(world: World, case: Case) -> None:
    work = JointWork(kind="collaborator", name=case.own("10.1000/"), on=LATELY, by=(case.judge, case.actor))
    world.works.append(work)


def _relative(world: World, case: Case) -> None:
    world.declare(case.judge, case.own("relative"), "family")
    world.declare(case.own("relative"), case.actor, "officer")


def _money_out(world: World, case: Case) -> None:
    world.pay(world.fund(case, case.employer), case.actor)


def _money_in(world: World, case: Case) -> None:
    world.pay(world.fund(case, case.actor), case.employer)


def _goods(world: World, case: Case) -> None:
    fund = world.fund(case, "somebody")
    world.party(case.employer, case.actor)
    given, used = Money(minor=500, unit=HOUR), Money(minor=200, unit=HOUR)
    finance.offer_in_kind(world.session, fund, case.employer, given, key=case.own("kind"), clock=NOON)
    finance.use_in_kind(world.session, fund, case.actor, used, key=case.own("used"), clock=NOON)


def _pending(world: World, case: Case) -> None:
    fund = world.fund(case, case.actor)
    world.party(case.employer)
    part = money("5.00", USD)
    draft = finance.draft_spend(
        world.session, fund, case.employer, part, line="transfer", today=NOON().date()
    )
    until = datetime(2028, 1, 1, tzinfo=UTC)
    hold(world.session, BOOK, draft, key=case.own("held"), clock=NOON, expires_at=until)


def _through_party(world: World, case: Case) -> None:
    broker = case.own("broker")
    world.pay(world.fund(case, case.employer), broker)
    world.pay(world.fund(case, broker, "second"), case.actor)


def _through_fund(world: World, case: Case) -> None:
    fund = world.fund(case, "somebody")
    world.give(fund, case.actor)
    world.pay(fund, case.employer)


def _pledge(world: World, case: Case) -> None:
    fund = world.fund(case, "somebody")
    world.party(case.employer)
    finance.pledge(world.session, fund, case.employer, money("9.00", USD), key=case.own("pledge"), clock=NOON)
    world.pay(fund, case.actor)


Plant = tuple[str, Callable[[World, Case], None]]
PLANTED: dict[str, Plant] = {
    **{f"self/{form}": _self(form) for form in SPELLINGS},
    **{f"{kind}/{form}": _kind_by_alias(kind, form) for kind in INTEREST_KINDS for form in SPELLINGS},
    **{f"subsidiary/{steps}": _group(steps) for steps in range(4)},
    "mail_domain": ("same_organisation", _domain),
    "publication": ("collaborator", _publication),
    "relative": ("family", _relative),
    "money/out": ("financial_relationship", _money_out),
    "money/in": ("financial_relationship", _money_in),
    "money/goods": ("financial_relationship", _goods),
    "money/pending": ("financial_relationship", _pending),
    "money/through_party": ("financial_relationship", _through_party),
    "money/through_fund": ("financial_relationship", _through_fund),
    "money/pledge": ("financial_relationship", _pledge),
}
OFTEN = tuple(name for name in PLANTED if "/" not in name or name.startswith(("money", "subs", "self")))


def _ended(world: World, case: Case) -> None:
    world.declare(case.judge, case.actor, "employee", since=LONG_AGO, until=LONG_AGO)


def _to_come(world: World, case: Case) -> None:
    world.declare(case.judge, case.actor, "director", since=TODAY + timedelta(days=9))


def _other_funds_fee(world: World, case: Case) -> None:
    fund = world.fund(case, case.actor)
    world.pay(fund, case.employer, use=JUDGE_FEE_USE)


def _own_fund(world: World, case: Case) -> None:
    world.give(world.prizes, case.own("giver-of"))
    world.declare(case.judge, case.own("giver-of"), "agent")
    world.pay(world.prizes, case.actor)


def _public_provider(world: World, case: Case) -> None:
    for holder, box in ((case.judge, "one"), (case.actor, "other")):
        world.mark(Mark(holder=holder, kind="email", value=f"{box}{case.number}@gmail.com", verified=True))


def _namesake(world: World, case: Case) -> None:
    for holder, born in ((case.judge, 1970), (case.actor, 1980)):
        world.mark(Mark(holder=holder, kind="name", value=f"Same{case.number} Name", birth_year=born))


def _office(world: World, case: Case) -> None:
    for holder in (case.judge, case.actor):
        world.mark(Mark(holder=holder, kind="email", value="info@gmail.com"))


def _old_money(world: World, case: Case) -> None:
    world.pay(world.fund(case, case.employer, on=LONG_AGO), case.actor, on=LONG_AGO)


def _two_payees(world: World, case: Case) -> None:
    fund = world.fund(case, "somebody")
    world.pay(fund, case.employer)
    world.give(fund, "somebody-else")
    world.pay(fund, case.actor)


def _three_steps(world: World, case: Case) -> None:
    for n, (one, other) in enumerate(zip((case.employer, "b1", "b2"), ("b1", "b2", case.actor), strict=True)):
        first, second = (code if len(code) > 2 else case.own(code) for code in (one, other))  # noqa: PLR2004  # b1, b2
        world.pay(world.fund(case, first, f"step{n}"), second)


CONTROLS: dict[str, Plant] = {
    "ended": ("", _ended),
    "to_come": ("", _to_come),
    "other_funds_fee": ("", _other_funds_fee),
    "own_fund": ("", _own_fund),
    "public_provider": ("", _public_provider),
    "namesake": ("", _namesake),
    "office_mailbox": ("", _office),
    "old_money": ("", _old_money),
    "two_payees": ("", _two_payees),
    "three_steps": ("", _three_steps),
}


def deal(planted: int, controls: int, judges: int, applications: int) -> Iterator[tuple[Case, Plant]]:
    """Deal cases over distinct pairs, always the same; every way at least once, the rarer ones more often."""
    dice = random.Random(f"{planted}/{controls}")  # noqa: S311  # a workload, no secret
    pairs = dice.sample(range(judges * applications), planted + controls)
    ways = [*PLANTED, *(name for name, _ in zip(cycle(OFTEN), range(planted), strict=False))][:planted]
    if planted < len(PLANTED):
        ways = dice.sample(sorted(PLANTED), planted)
    ways += [name for name, _ in zip(cycle(CONTROLS), range(controls), strict=False)]
    for number, (pair, way) in enumerate(zip(pairs, ways, strict=True)):
        plant = PLANTED.get(way) or CONTROLS[way]
        judge, application = divmod(pair, applications)
        case = Case(number=number, judge=f"j-{judge}", application=f"a-{application}", way=way, kind=plant[0])
        yield case, plant
