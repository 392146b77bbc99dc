"""Who can be offered a ride: the eligible, the fresh, and those whom the search admits."""

import pytest

from dispatch.domain.matching.supply import Supplied, Supply
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.places.positions import NEWS, PositionBoard
from dispatch.ids import NO_NUMBER, DriverId, OfferId, RideId
from sim.city.offsets import destination

PICKUP = (-33.92, 18.42)
DAN, EVE = DriverId("dan"), DriverId("eve")
RIDE = RideId("ride-1")
RADIUS_M = 10_000.0


def km_north(km: float) -> tuple[float, float]:
    return destination(*PICKUP, km * 1_000.0, 0.0)


class Town:
    """A board and the supply over it, and what happens to drivers in short words."""

    def __init__(self, live_offers: int = 1) -> None:
        self.board = PositionBoard(max_speed_mps=1e6)
        self.supply = Supply(self.board, live_offers)

    def says(self, driver_id: DriverId, status: str) -> bool:
        self.supply.get(driver_id).status = status
        return self.supply.update(driver_id)

    def is_offered(self, driver_id: DriverId, *offers: str) -> bool:
        pending = self.supply.get(driver_id).pending
        pending.update({OfferId(offer): RIDE for offer in offers})
        return self.supply.update(driver_id)

    def answers(self, driver_id: DriverId, offer: str) -> bool:
        del self.supply.get(driver_id).pending[OfferId(offer)]
        return self.supply.update(driver_id)

    def is_at(self, driver_id: DriverId, km: float, at: float = 0.0) -> bool:
        return self.board.report(driver_id, *km_north(km), at) == NEWS

    def nearest(self, k: int = 5, now: float = 0.0, but: str = "") -> list[str]:
        hits = self.supply.nearest(*PICKUP, k, RADIUS_M, now, lambda driver_id: driver_id != but)
        assert hits == sorted(hits)
        for metres, driver_id in hits:
            fix = self.board.position(driver_id)
            assert fix is not None
            assert metres == pytest.approx(haversine_m(*PICKUP, fix.lat, fix.lon))
        return [driver_id for _, driver_id in hits]


@pytest.fixture
def town() -> Town:
    """Dan is available a kilometre away."""
    town = Town()
    town.is_at(DAN, 1.0)
    assert town.says(DAN, "available") is True
    return town


# -- who is eligible


def test_nobody_is_known_or_eligible_before_a_word_is_said() -> None:
    supply = Supply(PositionBoard(), 1)
    assert len(supply.drivers) == 0
    assert not supply.eligible(DAN)
    assert supply.get(DAN) == Supplied(NO_NUMBER, -1, "offline", {})
    assert len(supply.drivers) == 1
    assert supply.get(DAN) is supply.get(DAN)


def test_an_available_driver_with_a_position_is_eligible_and_becomes_so_once(town: Town) -> None:
    assert town.supply.eligible(DAN)
    assert town.says(DAN, "available") is False, "it was so before"
    assert town.nearest() == [DAN]


@pytest.mark.parametrize("status", ["offline", "busy", "unavailable", ""])
def test_in_every_other_status_a_driver_is_not(town: Town, status: str) -> None:
    assert town.says(DAN, status) is False
    assert not town.supply.eligible(DAN)
    assert town.nearest() == []
    assert town.says(DAN, "available") is True, "and becomes so again"


def test_a_driver_with_an_open_offer_is_not_until_it_is_answered(town: Town) -> None:
    assert town.is_offered(DAN, "o1") is False
    assert not town.supply.eligible(DAN)
    assert town.answers(DAN, "o1") is True


def test_with_more_live_offers_allowed_a_driver_is_until_they_hold_that_many() -> None:
    town = Town(live_offers=3)
    town.is_at(DAN, 1.0)
    assert town.says(DAN, "available") is True
    assert town.is_offered(DAN, "o1", "o2") is False, "eligible all the time"
    assert town.supply.eligible(DAN)
    town.is_offered(DAN, "o3")
    assert not town.supply.eligible(DAN)
    assert town.answers(DAN, "o2") is True
    town.says(DAN, "busy")
    assert not town.supply.eligible(DAN)
    assert town.says(DAN, "available") is True, "two offers are still fewer than three"


def test_a_driver_who_is_both_busy_and_offered_needs_both_to_end(town: Town) -> None:
    town.is_offered(DAN, "o1")
    town.says(DAN, "busy")
    assert town.answers(DAN, "o1") is False
    assert town.says(DAN, "available") is True


# -- drivers without a place


def test_an_available_driver_without_a_position_waits_for_one() -> None:
    town = Town()
    assert town.says(DAN, "available") is False
    assert not town.supply.eligible(DAN)
    town.is_at(DAN, 1.0)
    town.supply.drain()
    assert town.supply.eligible(DAN)
    assert town.nearest() == [DAN]


def test_hearing_of_a_position_makes_its_driver_eligible_at_once() -> None:
    town = Town()
    town.says(DAN, "available")
    assert town.supply.seen(DAN) is False, "there is nothing to see yet"
    town.is_at(DAN, 1.0)
    assert town.supply.seen(DAN) is True
    assert town.nearest() == [DAN]


def test_a_driver_who_was_seen_after_a_drain_is_eligible_all_the_same() -> None:
    town = Town()
    town.says(DAN, "available")
    town.is_at(DAN, 1.0)
    town.supply.drain()
    assert town.supply.seen(DAN) is True


def test_seeing_does_not_make_the_busy_or_the_unknown_eligible(town: Town) -> None:
    town.says(DAN, "busy")
    assert town.supply.seen(DAN) is False
    town.is_at(EVE, 2.0)
    assert town.supply.seen(EVE) is False
    assert len(town.supply.drivers) == 1, "nor known"


def test_a_driver_who_got_a_position_while_busy_is_there_when_they_are_free() -> None:
    town = Town()
    town.says(DAN, "available")
    town.says(DAN, "busy")
    town.is_at(DAN, 3.0)
    town.supply.drain()
    assert not town.supply.eligible(DAN)
    assert town.says(DAN, "available") is True
    assert town.nearest() == [DAN]


# -- moving


def test_a_drain_moves_the_eligible_to_where_the_board_saw_them(town: Town) -> None:
    town.is_at(EVE, 2.0)
    town.says(EVE, "available")
    assert town.nearest() == [DAN, EVE]
    town.is_at(DAN, 5.0, at=1.0)
    town.supply.drain()
    assert town.nearest() == [EVE, DAN]
    town.is_at(EVE, 11.0, at=2.0)
    town.supply.drain()
    assert town.nearest() == [DAN], "out of reach"
    assert town.supply.eligible(EVE), "and eligible all the same"


def test_a_drain_brings_nobody_in_who_is_not_eligible(town: Town) -> None:
    town.is_offered(DAN, "o1")
    town.is_at(DAN, 0.5, at=1.0)
    town.is_at(EVE, 0.5, at=1.0)
    town.supply.drain()
    assert town.nearest() == []


def test_who_comes_back_stands_where_they_went_meanwhile(town: Town) -> None:
    town.says(DAN, "busy")
    town.is_at(DAN, 20.0, at=1.0)
    town.says(DAN, "available")
    assert town.nearest() == []


def test_those_who_moved_are_named_once_in_the_order_in_which_they_first_did(town: Town) -> None:
    town.is_at(EVE, 2.0)
    town.says(EVE, "available")
    town.supply.moved_since_sweep()
    for step, driver_id in enumerate((EVE, DAN, EVE), start=1):
        town.is_at(driver_id, 2.0 + step, at=step)
        town.supply.drain()
    assert town.supply.moved_since_sweep() == [EVE, DAN]
    assert town.supply.moved_since_sweep() == []


def test_those_who_moved_and_are_no_longer_eligible_are_not_named(town: Town) -> None:
    town.supply.moved_since_sweep()
    town.is_at(DAN, 2.0, at=1.0)
    town.supply.drain()
    town.says(DAN, "busy")
    assert town.supply.moved_since_sweep() == []


def test_moving_is_noticed_without_a_drain_before(town: Town) -> None:
    town.supply.moved_since_sweep()
    town.is_at(DAN, 2.0, at=1.0)
    assert town.supply.moved_since_sweep() == [DAN]


# -- who is picked


def test_a_position_that_is_too_old_keeps_a_driver_out_who_stays_eligible(town: Town) -> None:
    assert town.nearest(now=60.0) == [DAN]
    assert town.nearest(now=60.5) == []
    assert town.supply.eligible(DAN)
    town.is_at(DAN, 1.0, at=61.0)
    assert town.nearest(now=61.0) == [DAN]


def test_the_stale_and_the_refused_leave_their_turn_to_the_next(town: Town) -> None:
    for number in range(2, 9):
        driver_id = DriverId(f"d{number}")
        town.is_at(driver_id, float(number), at=0.0 if number == 3 else 50.0)
        town.says(driver_id, "available")
    assert town.nearest(k=3, now=61.0, but="d2") == ["d4", "d5", "d6"]


def test_equally_near_drivers_are_taken_by_id() -> None:
    town = Town()
    for name in ("zoe", "abe", "kim"):
        town.is_at(DriverId(name), 1.0)
        town.says(DriverId(name), "available")
    assert town.nearest(k=2) == ["abe", "kim"]


def test_where_a_driver_is_is_told_only_while_it_is_known_and_fresh(town: Town) -> None:
    assert town.supply.position(DAN, 60.0) == km_north(1.0)
    assert town.supply.position(DAN, 60.5) is None
    assert town.supply.position(EVE, 0.0) is None


def test_with_another_vehicle_a_driver_becomes_eligible_anew(town: Town) -> None:
    town.supply.announced(DAN, "available", "sedan")
    assert town.supply.update(DAN) is True
    before = town.supply.eligibility_seq
    town.supply.announced(DAN, "available", "sedan")
    assert town.supply.update(DAN) is False, "the same is said again"
    town.supply.announced(DAN, "available", "suv")
    assert town.supply.update(DAN) is True
    assert town.supply.get(DAN).eligible_seq > before


def test_who_left_memory_is_forgotten_unless_a_newer_life_has_spoken_or_an_offer_is_on_its_way(town: Town) -> None:
    town.is_offered(DAN, "offer-1")
    town.supply.forget(DAN, (0, 7))
    assert len(town.supply.drivers) == 1, "the offer may reach the driver, and wake them"
    town.answers(DAN, "offer-1")
    town.supply.get(DAN).incarnation = (0, 8)
    town.supply.forget(DAN, (0, 7))
    assert town.nearest() == ["dan"]
    town.supply.forget(DAN, (0, 8))
    assert (len(town.supply.drivers), town.nearest()) == (0, [])
    town.supply.forget(DAN, (0, 8))
    town.supply.get(EVE)  # of whom a dispatcher made anew has only heard
    town.supply.forget(EVE, (0, 9))
    assert len(town.supply.drivers) == 0


class TownThatSleeps(Town):
    def __init__(self, live_offers: int = 1) -> None:
        super().__init__(live_offers)
        self.supply = Supply(self.board, live_offers, sleep_max_s=600.0)

    def asleep(self, k: int = 5, now: float = 0.0) -> list[str]:
        return [driver_id for _, driver_id in self.supply.nearest_asleep(*PICKUP, k, RADIUS_M, now)]


def test_a_sleeper_stands_apart_from_those_who_are_awake_and_is_found_by_their_last_place() -> None:
    town = TownThatSleeps()
    town.is_at(DAN, 2.0)
    town.is_at(EVE, 1.0)
    assert town.says(DAN, "available")
    assert town.says(EVE, "available")
    assert town.says(EVE, "asleep"), "whoever falls asleep may be asked anew"
    assert (town.nearest(), town.asleep()) == (["dan"], ["eve"])
    assert town.says(EVE, "available"), "and so may whoever wakes"
    assert (town.nearest(), town.asleep()) == (["eve", "dan"], [])


def test_a_position_that_came_just_before_the_sleep_moves_the_sleeper() -> None:
    town = TownThatSleeps()
    town.is_at(DAN, 2.0)
    town.says(DAN, "asleep")
    town.is_at(EVE, 1.5)
    town.says(EVE, "asleep")
    town.board.report(DAN, *km_north(1.0), 30.0)
    town.supply.drain()
    assert town.asleep() == ["dan", "eve"]


def test_a_sleeper_is_believed_for_the_longest_sleep_and_whoever_is_awake_for_a_minute() -> None:
    town = TownThatSleeps()
    for driver_id, status in ((DAN, "asleep"), (EVE, "available")):
        town.is_at(driver_id, 1.0)
        town.says(driver_id, status)
    assert town.supply.placed(DAN, 600.0)
    assert not town.supply.placed(DAN, 600.1)
    assert town.supply.placed(EVE, 60.0)
    assert not town.supply.placed(EVE, 60.1)
    assert town.asleep(now=600.1) == []


def test_a_sleeper_with_an_offer_is_nobody_to_ask_until_it_ends() -> None:
    town = TownThatSleeps()
    town.is_at(DAN, 1.0)
    town.says(DAN, "asleep")
    assert not town.is_offered(DAN, "o1")
    assert town.asleep() == []
    assert town.answers(DAN, "o1")
    assert town.asleep() == ["dan"]


def test_a_sleeper_whose_place_was_never_known_is_not_found() -> None:
    town = TownThatSleeps()
    assert not town.says(DAN, "asleep")
    assert (town.asleep(), town.supply.eligible(DAN)) == ([], False)


def test_a_sleeper_who_is_forgotten_is_found_no_more() -> None:
    town = TownThatSleeps()
    town.is_at(DAN, 1.0)
    town.says(DAN, "asleep")
    town.supply.forget(DAN, (9, 9))
    assert (town.asleep(), town.supply.is_asleep(DAN)) == ([], False)
