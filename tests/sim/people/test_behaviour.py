"""Odds of people, counted over many draws."""

from collections import Counter
from math import log
from random import Random
from statistics import fmean, median, stdev

import pytest

from sim.people.behaviour import DriverBehaviour, PassengerBehaviour

MANY = 20_000


def test_drivers_accept_six_in_ten_decline_two_and_are_silent_for_the_rest() -> None:
    rng, driver = Random(1), DriverBehaviour()
    answers = Counter(driver.answer(rng) for _ in range(MANY))
    assert {answer: count / MANY for answer, count in answers.items()} == {
        "accept": pytest.approx(0.6, abs=0.01),
        "decline": pytest.approx(0.2, abs=0.01),
        "silent": pytest.approx(0.2, abs=0.01),
    }


@pytest.mark.parametrize(
    ("driver", "always"),
    [
        (DriverBehaviour(accept=1.0, decline=0.0), "accept"),
        (DriverBehaviour(accept=0.0, decline=1.0), "decline"),
        (DriverBehaviour(accept=0.0, decline=0.0), "silent"),
    ],
)
def test_a_driver_of_one_mind_never_does_anything_else(driver: DriverBehaviour, always: str) -> None:
    rng = Random(2)
    assert {driver.answer(rng) for _ in range(1_000)} == {always}


def test_half_the_reactions_come_within_six_seconds_and_spread_lognormally() -> None:
    rng, driver = Random(3), DriverBehaviour()
    reactions = [driver.reaction_s(rng) for _ in range(MANY)]
    assert min(reactions) > 0.0
    assert median(reactions) == pytest.approx(6.0, rel=0.02)
    assert stdev(map(log, reactions)) == pytest.approx(0.6, rel=0.02)


def test_passengers_wait_four_minutes_on_average() -> None:
    rng, passenger = Random(4), PassengerBehaviour()
    waits = [passenger.patience_s(rng) for _ in range(MANY)]
    assert min(waits) > 0.0
    assert fmean(waits) == pytest.approx(240.0, rel=0.02)
    assert stdev(map(log, waits)) == pytest.approx(0.5, rel=0.02)


def test_without_spread_everyone_takes_exactly_as_long() -> None:
    rng = Random(5)
    assert DriverBehaviour(reaction_sigma=0.0).reaction_s(rng) == 6.0
    assert PassengerBehaviour(patience_sigma=0.0).patience_s(rng) == 240.0


def test_the_same_dice_make_the_same_people() -> None:
    def life(seed: int) -> list[object]:
        rng, driver, passenger = Random(seed), DriverBehaviour(), PassengerBehaviour()
        return [(driver.answer(rng), driver.reaction_s(rng), passenger.patience_s(rng)) for _ in range(50)]

    assert life(6) == life(6)
    assert life(6) != life(7)


@pytest.mark.parametrize(
    "odds", [{"accept": 0.9, "decline": 0.2}, {"accept": -0.1}, {"boarding_s": -1.0}, {"reaction_median_s": -1.0}]
)
def test_impossible_odds_are_refused(odds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        DriverBehaviour(**odds)


def test_nobody_waits_a_negative_time() -> None:
    with pytest.raises(ValueError, match="not negative"):
        PassengerBehaviour(patience_mean_s=-1.0)
