"""Attachment that was planted is measured; what the awards do not tell is not said."""

from collections import Counter

import numpy as np
import pytest

from almoner.challenges.attachment import AwardChoice, measure_attachment
from almoner.challenges.errors import CalibrationInvalid


def awards(
    power: float, seed: int, *, hubs: int = 30, count: int = 400, slope: float = 1.0
) -> list[AwardChoice]:
    """Return awards made with a planted attachment."""
    chance = np.random.default_rng(seed)
    names = [f"h{at:02}" for at in range(hubs)]
    rating = chance.normal(0.5, 0.3, hubs)
    earlier = np.zeros(hubs)
    made = []
    for _ in range(count):
        weight = (1 + earlier) ** power * np.exp(slope * rating)
        won = int(chance.choice(hubs, p=weight / weight.sum()))
        made.append(
            AwardChoice(
                winner=names[won],
                earlier=tuple((name, int(earlier[at])) for at, name in enumerate(names)),
                ratings=tuple((name, float(rating[at])) for at, name in enumerate(names)),
            )
        )
        earlier[won] += 1
    return made


@pytest.mark.parametrize("planted", [0.0, 0.5])
def test_planted_attachment_is_found_with_its_spread(planted: float) -> None:
    errors, covered = [], 0
    for seed in range(20):
        found = measure_attachment(awards(planted, seed))
        assert found.earlier is not None
        assert found.earlier_error is not None
        errors.append(found.earlier - planted)
        covered += abs(found.earlier - planted) <= 1.96 * found.earlier_error
    assert abs(float(np.mean(errors))) <= 0.1
    assert float(np.mean(np.abs(errors))) <= 0.25
    assert covered >= 17


def test_the_fit_is_the_top_of_the_likelihood() -> None:
    made = awards(0.5, 3, hubs=6, count=60)
    found = measure_attachment(made)

    def likelihood(power: float, slope: float) -> float:
        total = 0.0
        for one in made:
            ratings = dict(one.ratings)
            weight = {name: (1 + k) ** power * np.exp(slope * ratings[name]) for name, k in one.earlier}
            total += float(np.log(weight[one.winner] / sum(weight.values())))
        return total

    assert found.earlier is not None
    assert found.rating is not None
    top = likelihood(found.earlier, found.rating)
    for power in (-0.05, 0.0, 0.05):
        for slope in (-0.1, 0.0, 0.1):
            assert likelihood(found.earlier + power, found.rating + slope) <= top + 1e-9
    step = 1e-3
    corners = [
        [likelihood(found.earlier + a, found.rating + c) for c in (-step, step)] for a in (-step, step)
    ]
    cross = (corners[1][1] - corners[1][0] - corners[0][1] + corners[0][0]) / (4 * step**2)
    own = []
    for a, c in ((step, 0.0), (0.0, step)):
        both = likelihood(found.earlier + a, found.rating + c) + likelihood(
            found.earlier - a, found.rating - c
        )
        own.append((both - 2 * top) / step**2)
    spread = np.sqrt(np.diag(np.linalg.inv(-np.array([[own[0], cross], [cross, own[1]]]))))
    assert (found.earlier_error, found.rating_error) == pytest.approx(tuple(spread), rel=1e-3)


def test_from_thirty_awards_on_and_not_before() -> None:
    made = awards(0.5, 1, hubs=5, count=30)
    assert measure_attachment(made[:29]).reason == "29 awards are fewer than 30"
    found = measure_attachment(made)
    assert found.earlier is not None
    assert "over 30 awards" in found.text()
    assert measure_attachment(made[:29]).text() == "Attachment is not published: 29 awards are fewer than 30."


def test_an_award_that_only_one_could_win_says_nothing() -> None:
    alone = AwardChoice(winner="a", earlier=(("a", 3),), ratings=(("a", 0.5),))
    assert measure_attachment([alone] * 40).awards == 0


def test_equal_ratings_leave_only_earlier_awards() -> None:
    made = awards(0.5, 2, slope=0.0, count=60)
    flat = [
        AwardChoice(winner=one.winner, earlier=one.earlier, ratings=tuple((n, 0.5) for n, _ in one.ratings))
        for one in made
    ]
    found = measure_attachment(flat)
    assert found.earlier is not None
    assert found.rating is None


def test_without_earlier_awards_or_without_exception_nothing_can_be_said() -> None:
    ratings = (("a", 0.5), ("b", 0.4))
    fresh = AwardChoice(winner="a", earlier=(("a", 0), ("b", 0)), ratings=ratings)
    assert "won more before" in measure_attachment([fresh] * 30).reason
    always = AwardChoice(winner="a", earlier=(("a", 5), ("b", 0)), ratings=ratings)
    assert "no finite slope" in measure_attachment([always] * 30).reason
    counts = Counter({"a": 0, "b": 0})
    richest = []
    for _ in range(40):
        richest.append(
            AwardChoice(winner="a", earlier=tuple(counts.items()), ratings=(("a", 0.5), ("b", 0.5)))
        )
        counts["a"] += 1
    assert measure_attachment(richest).earlier is None


@pytest.mark.parametrize(
    "choice",
    [
        AwardChoice(winner="c", earlier=(("a", 0), ("b", 1)), ratings=(("a", 0.5), ("b", 0.5))),
        AwardChoice(winner="a", earlier=(("a", 0), ("b", 1)), ratings=(("a", 0.5),)),
        AwardChoice(winner="a", earlier=(("a", -1), ("b", 1)), ratings=(("a", 0.5), ("b", 0.5))),
        AwardChoice(winner="a", earlier=(("a", 0), ("b", 1)), ratings=(("a", float("nan")), ("b", 0.5))),
    ],
)
def test_a_choice_that_contradicts_itself_is_refused(choice: AwardChoice) -> None:
    with pytest.raises(CalibrationInvalid):
        measure_attachment([choice])
