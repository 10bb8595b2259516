"""Random terms, heard step by step: no order of results breaks a maximum, and legs are what is due."""

import random as randomness
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import State, Step, pay, step
from almoner.contracts.terms.program import AccountPlan, Program
from almoner.contracts.terms.running.ranges import spans_of
from almoner.finance.errors import OutsideDomain, TermError

from .comparing import drawn, observed
from .generator import draw_document

SEEDS = 240
BLOCKS = [0, 1, *(pytest.param(block, marks=pytest.mark.campaign) for block in (2, 3))]
Event = Observation


def terms(seed: int) -> tuple[randomness.Random, TermDocument, Program] | None:
    """Proven terms with splits or pots; none for other seeds."""
    random = randomness.Random(seed)  # noqa: S311  # no secret
    try:
        document = draw_document(random)
        program = compile_terms(document)
        spans_of(program)
    except TermError:
        return None
    pots = any(account.pot for account in program.accounts)
    return (random, document, program) if program.splits or pots else None


def events_of(random: randomness.Random, document: TermDocument, seed: int) -> list[Event]:
    observations = drawn(seed + 7, document, random.choice((0.0, 0.0, 0.2)))[1]
    rows = observed(document, observations)
    return [replace(row, id=f"e{at}") for at, row in enumerate(rows)]


def hear(program: Program, state: State, *events: Event) -> Step:
    answer = step(program, state, *events, as_of=None, trace=False)
    for row in answer.entitlements:
        assert sum(part for _, _, part in row.legs) == row.due
    sums: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for name, amount in answer.state.legs.items():
        sums[name[:3]] += amount
    assert all(sums[name] == amount for name, amount in answer.state.obligated.items())
    return answer


def fixed(program: Program, node: int) -> int | None:
    """The count of a number that the terms fix."""
    return program.nodes[node].const if node >= 0 and program.nodes[node].op == "lit" else None


def breaches(program: Program, state: State) -> Iterator[str]:
    """Maxima of legs, limits and pots that what was obligated passes."""
    clauses = {clause.id: clause for clause in program.clauses}
    for split in program.splits.values():
        for leg in split.legs:
            most = fixed(program, leg.maximum)
            given = sum(
                amount
                for (name, _, _, payer, payee), amount in state.legs.items()
                if (split.id, leg.party) in {(clauses[name].payer, payer), (clauses[name].payee, payee)}
            )
            if most is not None and given > most:
                yield f"leg {leg.party} of {split.id}: {given} of {most}"
    for limit in program.limits:
        most = fixed(program, limit.maximum)
        moving = any(clauses[name].two_way for name in limit.clauses)
        used: Counter[tuple[str, ...]] = Counter()
        for (name, _, members), amount in state.obligated.items():
            if name in limit.clauses:
                combo = dict(zip(clauses[name].each, members, strict=True))
                used[tuple(combo[one] for one in limit.each)] += amount
        if most is not None and not moving and not limit.by_period and max(used.values(), default=0) > most:
            yield f"limit {limit.id}: {max(used.values())} of {most}"
    for account in program.accounts:
        most = filled(program, account, state)
        given = sum(amount for name, amount in state.legs.items() if name[3] == account.id)
        if most is not None and given > most:
            yield f"pot {account.id}: {given} of {most}"


def filled(program: Program, account: AccountPlan, state: State) -> int | None:
    """All that ever came into a pot that does not grow."""
    opens, adds = (0 if node < 0 else fixed(program, node) for node in (account.opens, account.adds))
    if account.growth or not account.pot or opens is None or adds is None:
        return None
    paid_in = sum(amount for name, amount in state.legs.items() if name[4] == account.id)
    return max(0, opens + adds * len(program.periods) + paid_in)


def corrected(random: randomness.Random, program: Program, events: Sequence[Event]) -> list[Event]:
    """The events in any order, then some found again with another value."""
    again = []
    for event in events:
        measure = program.metrics[event.metric]
        if measure.pool == "last" and random.random() < 0.3:
            value = random.choice((measure.low, measure.high, random.randint(measure.low, measure.high)))
            again.append(replace(event, id=f"{event.id}-again", value=value))
    return [*random.sample(list(events), len(events)), *random.sample(again, len(again))]


@pytest.mark.parametrize("block", BLOCKS)
def test_in_no_order_is_a_maximum_passed_and_legs_are_what_is_due(block: int) -> None:
    heard = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        found = terms(seed)
        if found is None:
            continue
        random, document, program = found
        state = State()
        log = corrected(random, program, events_of(random, document, seed))
        while log:
            some = random.choice((1, 1, 2, 5))
            try:
                answer = hear(program, state, *log[:some])
            except OutsideDomain:
                continue
            finally:
                log = log[some:]
            assert not list(breaches(program, answer.state)), seed
            heard += 1
            state = answer.state
    assert heard > SEEDS // 2


def in_order(program: Program, events: Sequence[Event]) -> list[list[Event]]:
    """The events by period; those of the whole term come first."""
    groups = [[event for event in events if event.period == name] for name, _ in program.periods]
    groups[0] = [event for event in events if not event.period] + groups[0]
    return groups


def runs_ahead(program: Program, answer: Step, period: int) -> bool:
    """Whether something was paid for later periods, fell, or found a limit full: then order matters."""
    paying = program_ids(program)
    flows = answer.outturn.flows.items()
    late = any(amount and key[3] > period and key[0] in paying for key, amount in flows)
    kept = [one for one in answer.outturn.keys.values() if one.earned is not None]
    limits = {limit.id for limit in program.limits}
    cut = any(amount for one in kept for name, amount in one.cuts.items() if name in limits)
    return late or cut or any(one.paid > one.entitled for one in kept)


def program_ids(program: Program) -> set[str]:
    return {clause.id for clause in program.clauses}


@pytest.mark.parametrize("block", BLOCKS)
def test_in_order_each_payer_pays_each_payee_what_the_terms_pay(block: int) -> None:
    compared = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        found = terms(seed)
        if found is None:
            continue
        random, document, program = found
        events = events_of(random, document, seed)
        state, ahead = State(), False
        for period, group in enumerate(in_order(program, events)):
            answer = hear(program, state, *group)
            ahead = ahead or runs_ahead(program, answer, period)
            state = answer.state
        if ahead:
            continue
        paid: Counter[tuple[str, str, str]] = Counter()
        for (name, payer, payee, _), amount in pay(program, events).flows.items():
            paid[name, payer, payee] += amount if name in program_ids(program) else 0
        told: Counter[tuple[str, str, str]] = Counter()
        for (name, _, _, payer, payee), amount in state.legs.items():
            told[name, payer, payee] += amount
        assert +told == +paid, seed
        assert -told == -paid, seed
        compared += 1
    assert compared > SEEDS // 8
