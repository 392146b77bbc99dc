"""Scenario 13. Everybody near was asked and the search goes on.

Whoever comes online is asked at once. If nobody new comes the passenger hears `no_drivers`, once, when the search has had its
time; until then the dispatcher only looks now and then.
"""

import pytest

from dispatch.addresses import kind_of
from sim.stories.stage import Stage
from tests.scenarios.theatre import Theatre


def all_declined(stage: Stage) -> None:
    """Five drivers are asked at second 0, and decline."""
    for driver in stage.fleet(5):
        driver.declines("r1", at=2)
    stage.passenger("r1").books(at=0)


def test_a_driver_who_comes_online_is_asked_at_once(play: Theatre) -> None:
    stage = play()
    all_declined(stage)
    late = stage.driver("d9", at=35)
    stage.run(until=35)
    assert late.offer("r1").at == 35.0
    late.accepts("r1", at=40)
    stage.run(until=40)
    assert stage.passengers["r1"].last()["driver_id"] == "d9"


def test_a_driver_who_becomes_free_is_asked_at_once(play: Theatre) -> None:
    stage = play()
    busy = stage.driver("d9")
    stage.passenger("r0").books(at=0)
    busy.accepts("r0", at=1)
    stage.passenger("r1").books(at=2)
    busy.drives("r0", step_s=10, at=10)
    stage.run(until=30)
    assert busy.offer("r1").at == 30.0


def test_a_driver_who_wants_offers_again_is_asked_at_once(play: Theatre) -> None:
    stage = play()
    driver = stage.driver("d9")
    driver.wants_offers(False, at=1)
    passenger = stage.passenger("r1")
    passenger.books(at=2)
    driver.wants_offers(True, at=20)
    stage.run(until=20)
    assert passenger.story() == ["searching"] and passenger.last()["drivers_notified"] == 0
    assert driver.offer("r1").at == 20.0


def test_a_driver_who_drives_into_reach_is_seen_within_five_seconds(play: Theatre) -> None:
    stage = play()
    driver = stage.driver("d9", north_km=10.05)
    stage.passenger("r1").books(at=0)
    driver.moves(north_km=9.95, at=21)
    stage.run(until=26)
    assert 21 <= driver.offer("r1").at <= 26


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_late_joiners_are_asked_after_the_last_round_too(play: Theatre, rounds: int) -> None:
    stage = play(rounds=rounds)
    all_declined(stage)
    late = [stage.driver(f"late{number}", at=35 + 20 * number) for number in range(6)]
    for driver in late:
        driver.whenever("ride_request", lambda heard, driver=driver: driver.declines(heard["ride_id"]))
    stage.run(until=170)
    assert [driver.offer("r1").at for driver in late] == [35.0 + 20 * number for number in range(6)]


def test_whoever_stood_by_all_along_is_no_late_joiner(play: Theatre) -> None:
    stage = play(rounds=1)
    all_declined(stage)
    bystanders = [stage.driver(f"z{number}", north_km=8) for number in range(2)]
    stage.run(until=170)
    assert [driver.heard("ride_request") for driver in bystanders] == [[], []]


def test_whoever_joins_while_the_last_round_is_full_is_asked_when_it_ends(play: Theatre) -> None:
    stage = play(rounds=1)
    for driver in stage.fleet(5):
        driver.declines("r1", at=20)
    stage.passenger("r1").books(at=0)
    late = stage.driver("d9", at=10)
    stage.run(until=20)
    assert late.offer("r1").at == 20.0


def test_no_drivers_comes_once_and_when_the_search_has_had_its_time(play: Theatre) -> None:
    stage = play()
    all_declined(stage)
    stage.run(until=179.99)
    assert stage.passengers["r1"].story() == ["searching"]
    stage.run(until=600)
    assert stage.passengers["r1"].story() == ["searching", "no_drivers"]
    last = stage.passengers["r1"].last()
    assert (last.at, last["reason"], last["drivers_asked"]) == (180.0, "nobody accepted", 5)


def test_a_driver_who_is_asked_twice_counts_once(play: Theatre) -> None:
    stage = play()
    stage.fleet(2)
    stage.passenger("r1").books(at=0)
    stage.run(until=600)
    assert [len(driver.heard("ride_request")) for driver in stage.drivers.values()] == [2, 2]
    assert stage.passengers["r1"].last()["drivers_asked"] == 2


def test_where_nobody_is_the_search_lasts_as_long(play: Theatre) -> None:
    stage = play()
    passenger = stage.passenger("r1")
    passenger.books(at=0)
    stage.run(until=600)
    searching, end = passenger.heard()
    assert (searching.at, searching["drivers_notified"]) == (0.0, 0)
    assert (end.at, end["type"], end["reason"], end["drivers_asked"]) == (180.0, "no_drivers", "nobody near", 0)


def test_an_offer_that_is_open_when_the_search_ends_may_still_be_taken(play: Theatre) -> None:
    stage = play()
    late = stage.driver("d9", at=170)
    passenger = stage.passenger("r1")
    passenger.books(at=0)
    late.accepts("r1", at=185)
    stage.run(until=185)
    assert passenger.last()["driver_id"] == "d9"


def test_waiting_costs_next_to_nothing(play: Theatre) -> None:
    stage = play()
    all_declined(stage)
    stage.run(until=10)
    mail: list[str] = []
    stage.world.runtime.observe(lambda now, address, message: mail.append(address))
    stage.run(until=170)
    looks = 1 + 160 / stage.world.settings.sweep_every_s
    assert 0 < len([address for address in mail if kind_of(address) in ("ride", "driver", "dispatcher")]) <= looks
