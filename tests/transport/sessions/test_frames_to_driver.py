"""What actors tell a driver, as the driver's app reads it."""

from typing import Any

import pytest

from dispatch.ids import OfferId, RideId
from dispatch.messages.notices import DriverSnapshot, OfferClosed, OfferMade, RideAccepted, RideProgress
from dispatch.values import RideCard, WaitTerms
from tests.transport.rig import CARD, RIDE, SARAH, TRIP, App, Rig, lease

SEED_REQUEST = {
    "type": "ride_request",
    "ride_id": "123",
    "passenger_name": "Sarah Johnson",
    "passenger_phone": "27821234567",
    "pickup_address": "123 Main St",
    "dropoff_address": "456 Oak Ave",
    "pickup_latitude": -26.2041,
    "pickup_longitude": 28.0473,
    "dropoff_latitude": -26.1850,
    "dropoff_longitude": 28.0550,
    "distance": 5.2,
    "fare": 85.50,
    "estimated_duration": 15,
}
"""As the seed's driver app expects an offer."""


class TestOffers:
    def offered(self, rig: Rig, card: RideCard = CARD) -> tuple[App, dict[str, Any]]:
        app, session = rig.driver()
        rig.tell(session, OfferMade(lease(), card, 231.4, seq=7))
        (frame,) = app.got
        return app, frame

    def test_an_offer_has_the_seeds_fields_and_its_deadline(self) -> None:
        _, frame = self.offered(Rig())
        assert frame == {
            **SEED_REQUEST,
            "offer_id": "o-1",
            "round": 1,
            "expires_at": "1970-01-01T00:00:30.000Z",
            "ttl_ms": 30_000,
            "pickup_distance_m": 1234,
            "pickup_eta_s": 231,
            "seq": 7,
            "epoch": "e1",
        }

    def test_a_whole_number_of_minutes_has_no_point(self) -> None:
        _, frame = self.offered(Rig())
        assert repr(frame["estimated_duration"]) == "15"

    def test_the_offers_of_a_round_differ_only_in_what_is_each_drivers_own(self) -> None:
        rig = Rig()
        other = RideCard(RideId("124"), 1, SARAH, TRIP)
        app, session = rig.driver()
        for seq, card, offer_id in [(1, CARD, "o-1"), (2, CARD, "o-2"), (3, other, "o-3"), (4, CARD, "o-4")]:
            rig.tell(session, OfferMade(lease(offer_id=offer_id), card, seq=seq))
        frames = app.got
        assert [(frame.pop("seq"), frame.pop("offer_id"), frame.pop("ride_id")) for frame in frames] == [
            (1, "o-1", "123"),
            (2, "o-2", "123"),
            (3, "o-3", "124"),
            (4, "o-4", "123"),
        ]
        assert frames == [frames[0]] * 4

    def test_a_closed_offer_says_why(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        rig.tell(session, OfferClosed(RIDE, offer_id=OfferId("o-1"), reason="taken", seq=8))
        assert app.got == [
            {"type": "offer_closed", "ride_id": "123", "offer_id": "o-1", "reason": "taken", "seq": 8, "epoch": "e1"}
        ]


class TestRides:
    def test_an_accepted_ride_tells_all_that_the_driver_needs(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        rig.tell(session, RideAccepted(CARD, seq=8))
        assert app.got == [{**SEED_REQUEST, "type": "ride_accepted", "seq": 8, "epoch": "e1"}]

    def test_the_passengers_note_comes_with_the_ride(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        trip = TRIP.__class__(TRIP.pickup, TRIP.dropoff, 5.2, 15.5, 85.5, "", "two suitcases")
        rig.tell(session, RideAccepted(RideCard(RIDE, 1, SARAH, trip), seq=8))
        (frame,) = app.got
        assert frame["note"] == "two suitcases"
        assert frame["estimated_duration"] == 15.5

    def test_a_snapshot_of_an_idle_driver_says_null_twice(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        rig.tell(session, DriverSnapshot("available", seq=1))
        assert app.got == [
            {
                "type": "snapshot", "status": "available", "offer": None, "ride": None, "recovered": False,
                "seq": 1, "epoch": "e1",
            }
        ]  # fmt: skip

    def test_a_snapshot_has_the_open_offer_and_the_ride_with_its_status(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        rig.tell(session, DriverSnapshot("busy", OfferMade(lease(), CARD, seq=7), CARD, "in_progress", seq=9))
        (frame,) = app.got
        assert frame["offer"].items() >= {**SEED_REQUEST, "seq": 7, "offer_id": "o-1"}.items()
        ride = {name: value for name, value in SEED_REQUEST.items() if name != "type"}
        assert frame["ride"] == {**ride, "status": "in_progress"}

    def test_a_snapshot_at_the_pickup_has_the_clocks_of_the_wait(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        waiting = WaitTerms(120.0, 300.0, 2.25, 35.5)
        rig.tell(session, DriverSnapshot("busy", None, CARD, "arrived", waiting=waiting, seq=9))
        ride = app.got[0]["ride"]
        assert (ride["waiting_free_ttl_ms"], ride["waiting_per_minute"]) == (120_000, 2.25)
        assert (ride["no_show_ttl_ms"], ride["no_show_fee"]) == (300_000, 35.5)

    def test_offer_and_ride_say_the_note_and_the_type_of_vehicle(self) -> None:
        rig = Rig()
        app, session = rig.driver()
        trip = TRIP.__class__(TRIP.pickup, TRIP.dropoff, 5.2, 15.5, 85.5, "suv", "blue gate")
        card = RideCard(RIDE, 1, SARAH, trip)
        rig.tell(session, OfferMade(lease(), card, seq=7))
        rig.tell(session, RideAccepted(card, seq=8))
        assert [(frame["note"], frame["vehicle_type"]) for frame in app.got] == [("blue gate", "suv")] * 2

    @pytest.mark.parametrize(
        ("status", "name"),
        [("arrived", "driver_arrived"), ("in_progress", "ride_started"), ("completed", "ride_completed")],
    )
    def test_they_hear_the_same_of_their_ride_as_the_passenger(self, status: str, name: str) -> None:
        rig = Rig()
        app, session = rig.driver()
        passenger_app, passenger_session = rig.passenger()
        notice = RideProgress(RIDE, status, 85.5, 5.2, 15.0, seq=3)
        rig.tell(session, notice)
        rig.tell(passenger_session, notice)
        (frame,) = app.got
        assert frame["type"] == name
        assert [frame] == passenger_app.got
