"""The dispatcher: whom it asks, when it asks the next, and what it tells."""

from typing import Any

import pytest

from dispatch.actors.dispatcher import DispatcherActor, _Due, _LookAgain, _Sweep, _Withdrawn
from dispatch.domain.places.geo import TravelModel
from dispatch.ids import DriverId, RideId
from dispatch.messages.events import (
    OffersClosed,
    OffersMade,
)
from dispatch.messages.journal import Appended, NotAppended
from dispatch.messages.matching import (
    AskDriver,
    AskFree,
    AskSoonest,
    DriverGone,
    DriverSeen,
    DriverState,
    EndSearch,
    FreeTold,
    OfferRide,
    RoundOpened,
    SearchDriver,
    SearchExhausted,
    SoonestTold,
)
from dispatch.runtime.actor import Actor
from tests.actors.rig import DEARER, TRIP
from tests.actors.zone import KM, ME, Zone


def test_a_dispatcher_handles_these_messages_and_no_other() -> None:
    handled = set(DispatcherActor.handlers) - set(Actor.handlers) - {Appended, NotAppended}
    assert handled == {
        SearchDriver,
        AskDriver,
        AskFree,
        AskSoonest,
        EndSearch,
        DriverState,
        DriverGone,
        DriverSeen,
        _Due,
        _LookAgain,
        _Sweep,
        _Withdrawn,
    }


class TestHowSoonSomebodyCouldCome:
    @staticmethod
    def told(zone: Zone, vehicle_type: str = "") -> float | None:
        zone.rig.listen("request/1")
        zone.rig.tell(ME, AskSoonest(TRIP.pickup, vehicle_type, "request/1"))
        (answer,) = zone.rig.heard("request/1")
        assert isinstance(answer, SoonestTold)
        return answer.eta_s

    def test_it_is_the_way_of_the_nearest_free_driver_and_nobody_is_asked(self) -> None:
        zone = Zone(3)
        zone.says("d1", "busy")
        assert self.told(zone) == pytest.approx(2 * TravelModel().air_s(1000.0, 0.0), rel=1e-3)
        assert zone.rig.heard("driver/d2") == []

    def test_it_is_unknown_where_nobody_is_in_reach_or_has_such_a_vehicle(self) -> None:
        zone = Zone()
        zone.driver("far", 11)
        assert self.told(zone) is None
        zone.driver("d1", 1)
        assert self.told(zone, "van") is None
        zone.says("d1", vehicle_type="van")
        assert self.told(zone, "van") is not None


class TestWhereFreeCarsAre:
    @staticmethod
    def told(zone: Zone, most: int = 10, radius_m: float = 5_000.0) -> list[float]:
        """Kilometres north of the pickup."""
        zone.rig.listen("request/1")
        zone.rig.tell(ME, AskFree(TRIP.pickup, radius_m, most, "request/1"))
        (answer,) = zone.rig.heard("request/1")
        assert isinstance(answer, FreeTold)
        return [round((point[0] - TRIP.pickup.lat) / KM, 3) for point in answer.points]

    def test_they_are_told_the_nearest_first_and_no_more_than_wanted(self) -> None:
        zone = Zone(4)
        assert self.told(zone, most=3) == [1, 2, 3]

    def test_who_is_busy_or_far_is_not_told(self) -> None:
        zone = Zone(4)
        zone.says("d1", "busy")
        assert self.told(zone, radius_m=3_500.0) == [2, 3]


class TestRounds:
    def test_the_nearest_five_within_the_radius_are_asked_and_the_ride_is_told(self) -> None:
        zone = Zone(7)
        zone.driver("far", 11)
        zone.books("r1")
        offers = zone.offers()
        assert list(offers) == ["d1", "d2", "d3", "d4", "d5"]
        assert [round(lease.pickup_distance_m / 1000) for lease in offers.values()] == [1, 2, 3, 4, 5]
        assert {(lease.round_no, lease.expires_at, lease.closes_at) for lease in offers.values()} == {(1, 30.0, 32.0)}
        assert zone.rig.heard("ride/r1") == [RoundOpened(1, 1, 5, 30.0, 4, 5)]

    def test_an_offer_says_how_long_its_driver_takes_to_the_pickup(self) -> None:
        zone = Zone(2)
        zone.books("r1")
        asked = [zone.take(f"driver/{name}", OfferRide)[0] for name in ("d1", "d2")]
        way_s = TravelModel().air_s(1000.0, 0.0)
        assert [offer.pickup_eta_s for offer in asked] == pytest.approx([way_s, 2 * way_s], rel=1e-3)

    def test_of_drivers_equally_near_the_lower_id_is_asked(self) -> None:
        zone = Zone(batch=2)
        for name in ("d9", "d3", "d5"):
            zone.driver(name, 1)
        zone.books("r1")
        assert sorted(zone.offers()) == ["d3", "d5"]

    def test_when_all_decline_the_next_round_goes_out_at_once(self) -> None:
        zone = Zone(7)
        zone.books("r1")
        zone.wait(3.0)
        for lease in zone.offers().values():
            assert zone.offers() == {}
            zone.answers(lease, "declined")
        assert {name: lease.round_no for name, lease in zone.offers().items()} == {"d6": 2, "d7": 2}
        assert zone.rig.heard("ride/r1") == [RoundOpened(1, 1, 5, 30.0, 4, 5), RoundOpened(1, 2, 2, 33.0, 4, 7)]

    def test_silence_ends_a_round_at_its_time_and_closes_its_offers_after_the_grace(self) -> None:
        zone = Zone(6)
        zone.books("r1")
        zone.offers()
        zone.wait(29.9)
        assert zone.offers() == {}
        zone.wait(0.1)
        assert list(zone.offers()) == ["d6"] and zone.closings() == {}
        zone.wait(2.0)
        assert zone.closings() == dict.fromkeys(("d1", "d2", "d3", "d4", "d5"), "expired")

    def test_a_decline_uses_its_place_up(self) -> None:
        zone = Zone(7)
        zone.books("r1")
        zone.answers(zone.offers()["d1"], "declined")
        assert zone.offers() == {}

    @pytest.mark.parametrize("outcome", ["vanished", "driver_busy", "unavailable"])
    def test_a_place_that_was_not_answered_goes_to_the_next_with_a_whole_offer_time(self, outcome: str) -> None:
        zone = Zone(7)
        zone.books("r1")
        first = zone.offers()["d1"]
        zone.wait(10.0)
        zone.answers(first, outcome, "offline")
        (refill,) = zone.offers().values()
        assert (refill.driver_id, refill.round_no, refill.expires_at) == ("d6", 1, 40.0)
        closed, made = zone.rig.journal.events_of(ME)[-2:]
        assert closed == OffersClosed(RideId("r1"), (first.offer_id,), (first.driver_id,), outcome)
        assert isinstance(made, OffersMade) and made.refill

    def test_a_place_that_was_never_filled_goes_to_whoever_comes(self) -> None:
        zone = Zone(2)
        zone.books("r1")
        zone.offers()
        zone.driver("d9", 9)
        assert list(zone.offers()) == ["d9"]

    def test_a_round_lasts_while_an_accept_is_not_answered(self) -> None:
        zone = Zone(7)
        zone.books("r1")
        offers = zone.offers()
        zone.answers(offers.pop("d1"), "accepted", "busy")
        for lease in offers.values():
            zone.answers(lease, "declined")
        zone.wait(40.0)
        assert zone.offers() == {} and zone.closings() == {}

    def test_the_search_is_given_up_when_its_time_is_over_and_nobody_thinks_any_more(self) -> None:
        zone = Zone(1, search_cap_s=60.0)
        zone.books("r1")
        for lease in zone.offers().values():
            zone.answers(lease, "declined")
        zone.wait(59.9)
        assert zone.rig.heard("ride/r1") == [RoundOpened(1, 1, 1, 30.0, 4, 1)]
        zone.wait(0.1)
        assert zone.rig.heard("ride/r1") == [SearchExhausted(1, "nobody accepted", 1, 1)]

    def test_where_nobody_is_the_ride_is_told_so_at_once_and_at_the_end(self) -> None:
        zone = Zone(search_cap_s=60.0)
        zone.books("r1")
        zone.wait(60.0)
        assert zone.rig.heard("ride/r1") == [RoundOpened(1, 1, 0, 30.0, 4, 0), SearchExhausted(1, "nobody near", 1, 0)]


class TestEnds:
    @pytest.mark.parametrize("reason", ["taken", "cancelled"])
    def test_the_end_of_a_search_closes_every_offer_that_nobody_accepted(self, reason: str) -> None:
        zone = Zone(3)
        zone.books("r1")
        zone.answers(zone.offers()["d2"], "accepted", "busy")
        zone.rig.tell(ME, EndSearch(RideId("r1"), 1, reason))
        assert zone.closings() == {"d1": reason, "d3": reason}
        zone.wait(300.0)
        assert zone.offers() == {} and zone.rig.heard("ride/r1") == [RoundOpened(1, 1, 3, 30.0, 4, 3)]

    def test_the_end_of_an_older_search_is_ignored(self) -> None:
        zone = Zone(1)
        zone.books("r1")
        zone.books("r1", 2, DEARER)
        zone.rig.tell(ME, EndSearch(RideId("r1"), 1, "cancelled"))
        assert "cancelled" not in zone.closings().values()

    def test_a_search_that_is_told_twice_is_searched_once(self) -> None:
        zone = Zone(1)
        zone.books("r1")
        zone.offers()
        zone.books("r1")
        assert zone.offers() == {}

    def test_other_terms_ask_the_same_drivers_anew_and_close_the_offers_of_the_others(self) -> None:
        zone = Zone(2, batch=1)
        zone.books("r1")
        old = zone.offers()["d1"]
        zone.driver("d0", 0.5)
        zone.books("r1", 2, DEARER)
        (new,) = zone.offers().values()
        assert (new.driver_id, new.search_no) == ("d0", 2)
        assert zone.closings() == {"d1": "superseded"}
        assert old.offer_id != new.offer_id


class TestDrivers:
    @pytest.mark.parametrize("status", ["offline", "unavailable", "busy"])
    def test_only_available_drivers_are_asked(self, status: str) -> None:
        zone = Zone(1)
        zone.says("d1", status)
        zone.books("r1")
        assert zone.offers() == {}
        zone.says("d1")
        assert list(zone.offers()) == ["d1"]

    def test_a_driver_who_thinks_about_one_ride_is_not_asked_for_another(self) -> None:
        zone = Zone(1)
        zone.books("r1")
        lease = zone.offers()["d1"]
        zone.books("r2")
        assert zone.offers() == {}
        zone.answers(lease, "declined")
        assert [lease.ride_id for lease in zone.offers().values()] == ["r2"]

    def test_an_older_word_of_a_driver_is_ignored(self) -> None:
        zone = Zone(1)
        zone.says("d1", "offline")
        zone.rig.tell(ME, DriverState(DriverId("d1"), (0, 1), 1, "available"))
        zone.books("r1")
        assert zone.offers() == {}

    def test_whoever_declined_is_never_asked_again(self) -> None:
        zone = Zone(1)
        zone.books("r1")
        zone.answers(zone.offers()["d1"], "declined")
        zone.says("d1", "offline")
        zone.says("d1")
        zone.wait(100.0)
        assert zone.offers() == {}

    def test_whoever_declined_before_is_never_asked_again_and_the_offer_is_over_on_record(self) -> None:
        zone = Zone(2, batch=1)
        zone.books("r1")
        (lease,) = zone.offers().values()
        zone.answers(lease, "declined_before")
        assert zone.rig.journal.events_of_ride(RideId("r1"))[2] == OffersClosed(
            lease.ride_id, (lease.offer_id,), (lease.driver_id,), "declined"
        )
        assert list(zone.offers()) == ["d2"]
        zone.wait(100.0)
        assert "d1" not in zone.offers()

    @pytest.mark.parametrize(("times", "asks"), [(0, 1), (1, 2), (3, 4)])
    def test_whoever_was_silent_is_asked_again_as_often_as_is_set(self, times: int, asks: int) -> None:
        zone = Zone(1, asks_after_silence=times, rounds=10, search_cap_s=600.0)
        zone.books("r1")
        asked = 0
        for _ in range(30):
            for lease in zone.offers().values():
                asked += 1
                zone.wait(32.0)
                zone.answers(lease, "expired")
            zone.wait(5.0)
        assert asked == asks

    def test_the_longest_waiting_search_has_a_driver_who_becomes_free(self) -> None:
        zone = Zone()
        for ride in ("r3", "r1", "r2"):
            zone.books(ride)
            zone.wait(1.0)
        zone.driver("d1", 1)
        assert [lease.ride_id for lease in zone.offers().values()] == ["r3"]

    def test_a_driver_whose_position_was_not_known_is_asked_when_it_is(self) -> None:
        zone = Zone()
        zone.books("r1")
        zone.rig.listen("driver/d1")
        zone.says("d1")
        assert zone.offers() == {}
        zone.rig.board.report(DriverId("d1"), TRIP.pickup.lat, TRIP.pickup.lon, 0.0)
        zone.rig.tell(ME, DriverSeen(DriverId("d1")))
        assert list(zone.offers()) == ["d1"]

    def test_a_driver_who_drives_into_reach_is_found_by_the_next_look_around(self) -> None:
        zone = Zone()
        zone.driver("d1", 10.05)
        zone.books("r1")
        zone.wait(4.0)
        zone.rig.board.report(DriverId("d1"), TRIP.pickup.lat + 9.95 * KM, TRIP.pickup.lon, 4.0)
        zone.rig.wait(1.0)
        assert list(zone.offers()) == ["d1"]

    def test_a_driver_who_was_made_anew_and_knows_no_offer_gives_the_place_back(self) -> None:
        zone = Zone(2, batch=1)
        zone.books("r1")
        zone.offers()
        zone.is_made_anew("d1", offers=())
        assert zone.closings() == {"d1": "unavailable"}
        assert len(zone.offers()) == 1


def test_a_thousand_searches_need_one_timer_at_a_time() -> None:
    zone = Zone()
    for number in range(1_000):
        zone.books(f"r{number}")
    due: list[Any] = []
    zone.rig.runtime.observe(lambda now, address, message: due.append(message) if type(message) is _Due else None)
    for number in range(1_000):
        zone.rig.tell(ME, EndSearch(RideId(f"r{number}"), 1, "cancelled"))
    zone.rig.wait(600.0)
    assert len(due) <= 1
