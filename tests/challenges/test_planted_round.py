"""A round of 500 with conflicts of every kind: all are found, none is invented, each says from where."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import cycle, product
from typing import TYPE_CHECKING

import pytest

from almoner import money
from almoner.challenges import acts
from almoner.challenges.conflicts import (
    AMERICA_COMPETES,
    Contender,
    Interest,
    JointWork,
    Mark,
    MoneyFlow,
    alias_sets,
    find_conflicts,
    infer_from_mail,
    infer_from_money,
    infer_from_work,
    interest_of_tie,
)
from almoner.challenges.conflicts.interests import INTEREST_KINDS
from almoner.challenges.errors import AwardRefused, ConflictRecused
from almoner.challenges.judges import Judge
from almoner.finance.ties import TIE_KINDS, Tie

if TYPE_CHECKING:
    from tests.challenges.conftest import Judged, Round

DAY = date(2027, 3, 1)
OLD = DAY - timedelta(days=1500)
LATE = DAY - timedelta(days=100)
JUDGES = [f"j-{n}" for n in range(40)]
ENTRIES = [Contender(application=f"a-{n}", actors=(f"hub-{n}", f"lab-{n}")) for n in range(500)]
TEN = money("10000.00", "USD")


class Planted:
    """Everything that would be on record in such a round, and which pairs it ties."""

    def __init__(self) -> None:
        self.interests: list[Interest] = []
        self.marks: list[Mark] = []
        self.flows: list[MoneyFlow] = []
        self.works: list[JointWork] = []
        self.expected: dict[tuple[str, str], tuple[str, str]] = {}
        pairs = zip(cycle(JUDGES), ENTRIES, strict=False)
        self.next: Iterator[tuple[str, Contender]] = iter(pairs)

    def pair(self, said: str = "", kind: str = "") -> tuple[str, str, str]:
        """Take the next entry; what is planted has a sentence in its provenance that says ``said``."""
        judge, entry = next(self.next)
        if said:
            self.expected[judge, entry.application] = (kind, said.replace("*", entry.application))
        return judge, entry.actors[int(entry.application[2:]) % 2], entry.application

    def mail(self, holder: str, address: str) -> None:
        self.marks.append(Mark(holder=holder, kind="email", value=address))

    def flow(self, payer: str, payee: str, *, on: date = LATE, through: str = "") -> None:
        self.flows.append(
            MoneyFlow(
                payer=payer, payee=payee, state="settled", amount=TEN, first=on, last=on, through=through
            )
        )


def plant() -> Planted:
    made = Planted()
    for kind, turned in product(INTEREST_KINDS, (False, True)):
        judge, actor, name = made.pair("letter of *", kind)
        ends = (actor, judge) if turned else (judge, actor)
        made.interests.append(Interest(a=ends[0], b=ends[1], kind=kind, source=f"letter of {name}"))
    for tied in TIE_KINDS:
        judge, actor, name = made.pair("register of *")
        tie = Tie(kind=tied, from_party=judge, to_party=actor, since=LATE, source=f"register of {name}")
        made.interests.append(interest_of_tie(tie))
    for n, spell in enumerate(
        ("X{n}.Ruiz@gmail.com", "x{n}ruiz+a@googlemail.com", "\u0445{n}ruiz@gmail.com")
    ):
        for kind in INTEREST_KINDS:
            judge, actor, name = made.pair(f"note {n} of *", kind)
            number = name[2:]
            made.mail(judge, f"x{number}ruiz@gmail.com")
            made.mail(f"other-{number}", spell.format(n=number))
            made.interests.append(
                Interest(a=f"other-{number}", b=actor, kind=kind, source=f"note {n} of {name}")
            )
    for _ in range(5):
        judge, actor, name = made.pair("@org*.example", "same_organisation")
        made.mail(judge, f"me@org{name}.example")
        made.mail(actor, f"office@org{name}.example")
    for turned in (False, True):
        judge, actor, name = made.pair("USD", "financial_relationship")
        made.flow(*((judge, actor) if turned else (actor, judge)))
    judge, actor, name = made.pair("between", "financial_relationship")
    made.flow(judge, "between")
    made.flow("between", actor)
    judge, actor, name = made.pair("paper of *", "collaborator")
    made.works.append(JointWork(kind="collaborator", name=f"paper of {name}", on=LATE, by=(judge, actor)))
    _controls(made)
    return made


def _controls(made: Planted) -> None:
    """Plant what only looks like a conflict."""
    for kind in INTEREST_KINDS:
        judge, actor, name = made.pair()
        made.interests.append(Interest(a=judge, b=actor, kind=kind, since=OLD, until=OLD, source=name))
        judge, actor, name = made.pair()
        later = DAY + timedelta(days=9)
        made.interests.append(Interest(a=judge, b=actor, kind=kind, since=later, source=name))
    for _ in range(5):
        judge, actor, name = made.pair()
        made.mail(judge, f"judge{name}@gmail.com")
        made.mail(actor, f"actor{name}@gmail.com")
        judge, actor, _ = made.pair()
        for holder, born in ((judge, 1970), (actor, 1980)):
            made.marks.append(Mark(holder=holder, kind="name", value=f"Ana {name}", birth_year=born))
        judge, actor, _ = made.pair()
        made.flow(judge, actor, on=OLD)


def test_every_conflict_of_a_round_of_500_is_found_and_none_is_invented() -> None:
    made = plant()
    aliases = alias_sets(made.marks)
    everybody = {*JUDGES, *(actor for entry in ENTRIES for actor in entry.actors), "between"}
    near, far = frozenset(JUDGES), frozenset(everybody - {*JUDGES})
    money_ties = infer_from_money(
        made.flows, near, far, DAY, look_back_days=AMERICA_COMPETES.look_back_days, aliases=aliases
    )
    interests = [
        *made.interests,
        *infer_from_mail(made.marks),
        *money_ties,
        *infer_from_work(made.works, near),
    ]
    pairs = tuple(product(JUDGES, ENTRIES))
    found = find_conflicts(interests, AMERICA_COMPETES, pairs, DAY, aliases=aliases)
    wanted = {pair: kind for pair, (kind, _) in made.expected.items()}
    assert {(one.judge, one.application) for one in found} == set(wanted)
    assert {kind for kind in wanted.values() if kind} == {*INTEREST_KINDS}
    assert [one for one in found if wanted[one.judge, one.application] not in {"", one.kind}] == []
    told: dict[tuple[str, str], str] = {}
    for one in found:
        told[one.judge, one.application] = told.get((one.judge, one.application), "") + " ".join(
            one.provenance
        )
    missing = {pair: said for pair, (_, said) in made.expected.items() if said not in told[pair]}
    assert missing == {}


def test_a_conflict_is_found_at_every_step_from_the_register_to_the_payment(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    round_.brief_content["prizes"] = [{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00"]}]
    judged = open_judged(round_, reads=3)
    session = judged.session
    names = [f"a-{n}" for n in range(1, 11)]
    judged.enter(*names)
    judged.register("j-1", "j-2", "j-3", "j-4", "j-5")
    place = ("main", "clean-water")

    late = Judge(code="j-6", organisation="hub-1")
    acts.register_judge(session, *place, late, clock=judged.at("2027-02-01"))
    seen = acts.conflicts_of(session, *place, as_of=date(2027, 2, 1))
    assert {(one.judge, one.application, one.kind) for one in seen} == {
        ("j-6", "a-1", "employee"),
        ("j-6", "a-1", "co_applicant"),
    }
    assert all("j-6" in " ".join(one.provenance) and "hub-1" in " ".join(one.provenance) for one in seen)

    draft = judged.plan()
    assert ("a-1", "j-6") not in draft.pairs
    name, judge = next(pair for pair in draft.pairs if pair[1] == "j-1")
    judged.tie(judge, f"lab-{name[2:]}", day="2027-03-05")
    with pytest.raises(ConflictRecused, match="j-1"):
        acts.publish_assignment(
            session, *place, "panel", draft.number, maker="desk", reason="x", clock=judged.at("2027-03-06")
        )
    plan = judged.assign(day="2027-03-06", reason="so be it")
    assert (name, judge) not in plan.pairs

    name, judge = next(pair for pair in plan.pairs if pair[1] == "j-2")
    judged.tie(judge, f"hub-{name[2:]}")
    clock = judged.at("2027-03-10")
    with pytest.raises(ConflictRecused):
        acts.open_entry(session, *place, "panel", name, judge, clock=clock)
    with pytest.raises(ConflictRecused):
        judged.score(name, judge, "3.0")

    judged.mark_all(plan)
    other, reader = next(pair for pair in plan.pairs if pair[1] == "j-3")
    judged.tie(reader, f"lab-{other[2:]}", day="2027-04-13")
    reads = {(one.application_id, one.judge_id) for one in judged.freeze().result.parts[0].total.reads}
    assert reads == {*plan.pairs} - {(name, judge), (other, reader)}

    decision = acts.decision_of(session, round_.fund, "clean-water", clock=judged.at("2027-05-20"))
    acts.award(session, round_.fund, "clean-water", 0, decision[0], clock=judged.at("2027-05-20"))
    winner = decision[0][0]
    reader = next(who for who_read, who in sorted(reads) if who_read == winner.application_id)
    judged.tie(reader, f"hub-{winner.application_id[2:]}", day="2027-05-20")
    bad = f"{winner.application_id} by {reader}"
    with pytest.raises(AwardRefused, match=bad):
        acts.announce(session, round_.fund, "clean-water", reason="Read.", clock=judged.at("2027-05-21"))
    with pytest.raises(AwardRefused, match=bad):
        acts.pay_award(session, round_.fund, "clean-water", winner, key="p", clock=judged.at("2027-06-20"))
