from collections import Counter
from datetime import UTC, datetime
from math import factorial

import pytest
from scipy.stats import chi2

from almoner.challenges.bands import digest_of
from almoner.challenges.errors import TieUnresolved
from almoner.challenges.ranking import draw
from almoner.challenges.seeds import Beacon, commit, committed_seed

NOON = datetime(2027, 4, 12, 12, tzinfo=UTC)
LATER = datetime(2027, 4, 13, 12, tzinfo=UTC)


def test_ten_thousand_seeds_draw_every_order_equally_often() -> None:
    orders = Counter(draw(("a", "b", "c", "d"), 1, f"seed {n}").order for n in range(10_000))
    expected = 10_000 / factorial(4)
    square = sum((orders[order] - expected) ** 2 / expected for order in orders)
    assert len(orders) == 24
    assert chi2.sf(square, 23) > 0.001


def test_ten_thousand_seeds_give_every_member_the_same_chance() -> None:
    band = [f"entry-{n}" for n in range(16)]
    drawn = Counter(name for n in range(10_000) for name in draw(band, 6, f"{n:064x}").drawn)
    expected = 10_000 * 6 / 16
    # without replacement the counts vary less than draws one by one, by (16 - 6) / 16 and the one lost degree
    square = sum((drawn[name] - expected) ** 2 for name in band) / (expected * (1 - 6 / 16)) * 15 / 16
    assert 0.001 < chi2.sf(square, 15) < 0.999


def test_the_same_seed_draws_the_same_order_whoever_asks_and_in_whatever_order() -> None:
    one = draw(["b", "c", "a"], 2, "5f1c")
    assert one == draw(("a", "b", "c"), 2, "5f1c")
    assert one.drawn == one.order[:2]
    assert one.band_digest == digest_of(["a", "b", "c"], 2)
    assert one.band_digest != digest_of(["a", "b", "c"], 1)


@pytest.mark.parametrize(
    ("band", "places", "seed"), [(("a",), 1, ""), (("a", "a"), 1, "s"), (("a", "b"), -1, "s")]
)
def test_a_lot_without_a_seed_or_with_an_id_twice_is_refused(
    band: tuple[str, ...], places: int, seed: str
) -> None:
    with pytest.raises(TieUnresolved, match="A lot needs a seed, every id once"):
        draw(band, places, seed)


def test_a_beacon_is_named_before_its_value_is_known() -> None:
    beacon = Beacon(source="city, pulse 7", named_at=NOON, instant=LATER, value="5f" * 16, proof="signed")
    assert beacon.seed == "5f" * 16
    with pytest.raises(TieUnresolved, match="name one whose value nobody knows yet"):
        Beacon(source="city, pulse 7", named_at=LATER, instant=NOON, value="5f" * 16, proof="signed")
    with pytest.raises(TieUnresolved, match="nobody knows yet"):
        Beacon(
            source="city", named_at=NOON, instant=LATER.replace(tzinfo=None), value="5f" * 16, proof="signed"
        )


@pytest.mark.parametrize(
    ("source", "value", "proof"),
    [("", "5f" * 16, "signed"), ("city", "5f", "signed"), ("city", "5F" * 16, "x"), ("city", "5f" * 16, "")],
)
def test_a_beacon_without_source_proof_or_enough_digits_is_refused(
    source: str, value: str, proof: str
) -> None:
    with pytest.raises(TieUnresolved, match="A beacon has a source, a proof and a value"):
        Beacon(source=source, named_at=NOON, instant=LATER, value=value, proof=proof)


def test_a_committed_seed_depends_on_the_secret_and_on_the_root() -> None:
    secret, root = "ab" * 16, "cd" * 32
    seed = committed_seed(secret, commit(secret), root)
    assert seed != committed_seed(secret, commit(secret), "ce" * 32)
    assert seed != committed_seed("ac" * 16, commit("ac" * 16), root)


def test_another_secret_than_the_committed_one_is_refused() -> None:
    with pytest.raises(TieUnresolved, match="opens another commitment"):
        committed_seed("ac" * 16, commit("ab" * 16), "cd" * 32)
    with pytest.raises(TieUnresolved, match="hexadecimal digits"):
        commit("short")
    with pytest.raises(TieUnresolved, match="The root of the log"):
        committed_seed("ab" * 16, commit("ab" * 16), "root")
