"""The facts that actors ask the journal in memory for."""

from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.messages.events import DriverRegistered, RideRated, RideRequested
from dispatch.storage.tables.views import Notes
from dispatch.values import DriverCard, Passenger
from dispatch.words import Party
from tests.storage.stories import MICHAEL, RIDE, SARAH, TRIP


def rated(by: str, stars: int) -> RideRated:
    return RideRated(RideId("r1"), by, stars, "", MICHAEL.driver_id, SARAH.passenger_id)


def test_a_name_on_file_stays_unless_the_app_says_another() -> None:
    notes = Notes()
    named, unnamed = (Passenger(PassengerId("p1"), name, "27") for name in ("Ada", "Passenger"))
    notes.book(RideRequested(RIDE, 1, named, TRIP, 1.0))
    notes.book(RideRequested(RIDE, 2, unnamed, TRIP, 2.0, is_named=False))
    assert notes.passengers == {PassengerId("p1"): named}
    assert notes.open_rides == {RIDE: 2.0}


def test_a_strangers_card_replaces_none() -> None:
    notes = Notes()
    notes.register(DriverRegistered(MICHAEL))
    stranger = DriverCard(MICHAEL.driver_id, f"Driver {MICHAEL.driver_id[-4:]}", MICHAEL.driver_id)
    notes.register(DriverRegistered(stranger))
    assert notes.cards == {MICHAEL.driver_id: MICHAEL}


def test_ratings_by_passengers_change_the_card_and_ratings_by_drivers_do_not() -> None:
    notes = Notes()
    notes.rate(rated(Party.PASSENGER, 1))
    assert notes.cards == {}, "nobody has registered this driver"
    notes.register(DriverRegistered(MICHAEL))
    notes.rate(rated(Party.DRIVER, 1))
    assert notes.cards[MICHAEL.driver_id].rating == MICHAEL.rating == 4.9
    for stars, mean in ((3, 3.95), (4, 3.97)):
        notes.rate(rated(Party.PASSENGER, stars))
        assert notes.cards[DriverId(MICHAEL.driver_id)].rating == mean
