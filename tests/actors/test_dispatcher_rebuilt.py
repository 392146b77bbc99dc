"""A dispatcher that was lost and made anew: it knows what is on record and what drivers say of themselves."""

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import DriverReserved, OfferDeclined, RideAssigned, RideRequested
from dispatch.messages.matching import AnnounceState, AskDriver, CloseOffer, DeskAnswered, EndSearch, SearchDriver
from dispatch.values import DriverCard, RideCard
from tests.actors.rig import ANN, TRIP
from tests.actors.zone import ME, Zone


def lost(zone: Zone) -> None:
    zone.rig.runtime.rebuild(ME)
    zone.rig.tell(ME)


def test_it_asks_every_driver_who_is_awake() -> None:
    zone = Zone(3)
    lost(zone)
    assert [zone.take(f"driver/d{km}", AnnounceState) for km in (1, 2, 3)] == [[AnnounceState()]] * 3


def test_a_round_goes_on_with_the_time_it_had() -> None:
    zone = Zone(6)
    zone.books("r1")
    offers = zone.offers()
    zone.wait(10.0)
    lost(zone)
    for name in offers:
        zone.says(name, offers=(offers[name].offer_id,), asked=True)
    zone.says("d6", asked=True)
    assert zone.offers() == {}
    zone.wait(20.0)
    assert list(zone.offers()) == ["d6"]


def test_a_decline_that_it_never_heard_of_counts() -> None:
    zone = Zone(1)
    zone.books("r1")
    lease = zone.offers()["d1"]
    zone.journal("driver/d1", OfferDeclined(lease.ride_id, lease.driver_id, lease.offer_id))
    lost(zone)
    zone.says("d1", asked=True)
    zone.wait(100.0)
    assert zone.offers() == {}


def test_an_offer_of_a_search_that_ended_meanwhile_is_closed() -> None:
    zone = Zone(1)
    zone.books("r1")
    lease = zone.offers()["d1"]
    card = DriverCard(DriverId("d2"), "Eve", "2783")
    zone.journal("ride/r1", RideAssigned(RideId("r1"), card, OfferId("r1.1.9"), 1, 5.0))
    lost(zone)
    zone.says("d1", offers=(lease.offer_id,), asked=True)
    assert zone.take("driver/d1", CloseOffer) == [CloseOffer(lease.offer_id, RideId("r1"), "unavailable")]


def test_an_accept_that_the_ride_has_not_answered_keeps_its_place() -> None:
    zone = Zone(2, batch=1)
    zone.books("r1")
    lease = zone.offers()["d1"]
    reserved = DriverReserved(lease.ride_id, lease.driver_id, lease.offer_id, 1, 1)
    zone.journal("driver/d1", reserved)
    lost(zone)
    zone.says("d1", "busy", asked=True)
    zone.says("d2", asked=True)
    assert zone.offers() == {}
    zone.rig.tell(ME, EndSearch(RideId("r1"), 1, "taken"))
    zone.journal("ride/r1", RideAssigned(RideId("r1"), DriverCard(DriverId("d1"), "", ""), lease.offer_id, 1, 5.0))
    zone.says("d1")
    zone.books("r2")
    assert list(zone.offers()) == ["d1"], "nothing of the old claim keeps the driver"


def test_a_search_that_it_had_not_begun_begins() -> None:
    zone = Zone(1)
    zone.rig.listen("ride/r1")
    zone.journal("ride/r1", RideRequested(RideId("r1"), 1, ANN, TRIP, 0.0))
    lost(zone)
    zone.says("d1", asked=True)
    assert list(zone.offers()) == ["d1"]


def test_a_ride_that_was_made_anew_and_asks_again_is_searched_for_once() -> None:
    zone = Zone(1)
    zone.books("r1")
    assert list(zone.offers()) == ["d1"]
    zone.rig.tell(ME, SearchDriver(RideCard(RideId("r1"), 1, ANN, TRIP), 0.0, again=True))
    assert zone.offers() == {}


def test_a_ride_whose_search_nobody_knows_any_more_goes_on_where_its_events_end() -> None:
    zone = Zone(1)
    zone.rig.listen("ride/r1")
    zone.journal("ride/r1", RideRequested(RideId("r1"), 1, ANN, TRIP, 0.0))
    zone.rig.tell(ME, SearchDriver(RideCard(RideId("r1"), 1, ANN, TRIP), 0.0, again=True))
    assert list(zone.offers()) == ["d1"]


def test_a_search_asked_for_before_its_ride_is_on_disk_goes_on() -> None:
    zone = Zone(6)
    zone.rig.journal._delay_s = (0.01, 0.01)
    zone.asks_ahead("r1")
    lost(zone)
    zone.wait(0.01)
    offers = zone.offers()
    assert list(offers) == ["d1", "d2", "d3", "d4", "d5"]
    for name in offers:
        zone.says(name, offers=(offers[name].offer_id,), asked=True)
    zone.says("d6", asked=True)
    for name in offers:
        zone.answers(offers[name], "declined")
    zone.wait(0.01)
    assert list(zone.offers()) == ["d6"]


def test_of_a_request_that_is_lost_with_it_it_asks_the_ride() -> None:
    zone = Zone(1)
    zone.rig.journal._delay_s = (0.01, 0.01)
    zone.rig.disk_is_full(True)
    zone.asks_ahead("r1")
    zone.rig.disk_is_full(False)
    zone.wait(0.01)
    assert zone.take("ride/r1", AnnounceState) == [AnnounceState()]
    assert zone.offers() == {}


def test_a_request_that_is_on_disk_is_not_kept_twice() -> None:
    zone = Zone(2)
    zone.asks_ahead("r1")
    dispatcher = zone.rig.runtime.actor(ME)
    assert isinstance(dispatcher, DispatcherActor)
    assert list(dispatcher._on_their_way(RideId("r1"))) == []
    lost(zone)
    assert zone.take("ride/r1", AnnounceState) == []


def test_the_end_of_a_search_that_it_never_began_ends_the_one_before() -> None:
    zone = Zone(1)
    zone.books("r1")
    lease = zone.offers()["d1"]
    zone.rig.tell(ME, EndSearch(RideId("r1"), 2, "cancelled"))
    assert zone.take("driver/d1", CloseOffer) == [CloseOffer(lease.offer_id, RideId("r1"), "cancelled")]


def test_staff_hear_at_once_that_a_driver_whom_they_want_asked_was_not() -> None:
    zone = Zone(1, radius_m=500.0)
    zone.rig.listen("request/1")
    zone.books("r1")
    zone.rig.disk_is_full(True)
    zone.rig.tell(ME, AskDriver(RideId("r1"), 1, DriverId("d1"), bind=False, reply_to="request/1"))
    (answer,) = zone.rig.heard("request/1")
    assert isinstance(answer, DeskAnswered) and answer.code == "unavailable"
    assert zone.offers() == {}
