"""Decisions: never more than the prizes, and nobody loses because somebody else is out."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from almoner.challenges.awarding import award_moves, total_of
from almoner.challenges.decision import all_awards, decide
from almoner.challenges.prizes import prize_maximum
from almoner.finance.money import Money, zero

from .decision_cases import USD, dice, one_prize, random_facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from almoner.challenges import Award

ROUNDS = 80
BY_PLACE = ("grand", "places", "finalists_then_grand", "staged", "in_kind")


def paid(awards: "Iterable[tuple[int, Award]]") -> Money:
    return total_of((award for _, award in awards), USD)


def test_no_round_pays_more_than_its_prizes_and_what_was_free_for_ties() -> None:
    for seed in range(ROUNDS):
        facts = random_facts(dice(seed))
        most = sum((prize_maximum(prize, USD) for prize in facts.brief.prizes), start=zero(USD))
        given = decide(facts)
        assert paid(all_awards(given)) <= most + (facts.tie.free or zero(USD)), seed
        assert given == decide(facts)
        for awards in given.values():
            names = [(award.application_id, award.part) for award in awards]
            assert len(set(names)) == len(names)
            assert {award.application_id for award in awards} <= facts.competing


@pytest.mark.parametrize("kind", BY_PLACE)
def test_when_a_winner_is_out_the_next_moves_up_and_nobody_gets_less(kind: str) -> None:
    moved = 0
    for seed in range(40):
        random = dice(f"{kind} {seed}")
        ordered = kind in {"staged", "in_kind"}
        tie = random.choice(("lottery", "panel") if ordered else ("split", "lottery", "panel"))
        facts = random_facts(random, [one_prize(random, kind, tie=tie)])
        before = decide(facts)[0]
        for gone in {award.application_id for award in before}:
            after = decide(replace(facts, gone=frozenset({gone})))[0]
            assert gone not in {award.application_id for award in after}
            for move in award_moves(before, after):
                if move.application_id == gone or move.part == "grand":
                    continue
                old, new = move.amounts
                assert new is not None, (seed, move)
                assert old is None or new > old, (seed, move)
                moved += 1
    assert moved


def test_what_nobody_wins_rolls_over_to_the_later_prize_in_full() -> None:
    rolled = 0
    for seed in range(40):
        random = dice(seed)
        first = {"kind": "places", "phase": "panel", "n": 6, "amount": "10.01", "tie": "split"}
        later = {"kind": "measured_progress", "phase": "measure", "amount": "50.00", "basis": "point"}
        later |= {"split": "proportional"}
        facts = random_facts(random, [{**first, "unawarded": {"roll_over": "measure"}}, later])
        alone = random_facts(dice(seed), [{**first, "unawarded": "return"}, later])
        with_more, without = decide(facts), decide(alone)
        assert with_more[0] == without[0]
        rest = prize_maximum(facts.brief.prizes[0], USD) - total_of(with_more[0], USD)
        if with_more[1]:
            assert total_of(with_more[1], USD) == total_of(without[1], USD) + rest
            rolled += bool(rest)
    assert rolled


def test_what_nobody_wins_is_redistributed_to_the_last_minor_unit() -> None:
    for seed in range(40):
        prize = {"kind": "places", "phase": "panel", "n": 9, "amount": "7.77", "unawarded": "redistribute"}
        facts = random_facts(dice(seed), [prize])
        if awards := decide(facts)[0]:
            assert total_of(awards, USD) == prize_maximum(facts.brief.prizes[0], USD)


def test_a_prize_whose_phase_is_still_open_is_not_decided() -> None:
    facts = random_facts(dice(3), [one_prize(dice(3), "grand")])
    early = replace(facts, as_of=facts.brief.opens("panel"))
    assert decide(early) == {}
    assert list(decide(facts)) == [0]
