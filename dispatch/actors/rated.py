"""A ride that is over is rated: by its passenger and by its driver, once each."""

from __future__ import annotations

from dispatch import addresses
from dispatch.actors.driven import DrivenRide
from dispatch.domain.ride.record import COMPLETED
from dispatch.errors import NoSuchRide
from dispatch.messages.commands import RateRide
from dispatch.messages.events import RideRated
from dispatch.messages.matching import RatingChanged, RideAnswered
from dispatch.runtime import receives


class RatedRide(DrivenRide):
    """The part of a ride's actor that keeps what people thought of it."""

    __slots__ = ()

    @receives(RateRide)
    def _on_rate(self, message: RateRide) -> None:
        if not self.is_new(message):
            return
        ride, driver_id = self.ride, message.driver_id
        by = "passenger" if driver_id is None else "driver"
        if ride.passenger is None or (driver_id is not None and not ride.is_driven_by(driver_id)):
            self.refuse_message(message, NoSuchRide.code, NoSuchRide.says)
        elif ride.status != COMPLETED:
            self.refuse_message(message, "illegal_now", f"cannot rate a ride that is {ride.status}")
        elif by in ride.rated_by:
            self.refuse_message(message, "illegal_now", f"the {by} has rated this ride already")
        else:
            self._rate(by, message)
        self.retire_later()  # the ride may have been woken for this

    def _rate(self, by: str, message: RateRide) -> None:
        ride = self.ride
        assert ride.driver is not None and ride.passenger is not None
        whom = (ride.driver.driver_id, ride.passenger.passenger_id)
        self.record(RideRated(ride.ride_id, by, message.rating, message.comment, *whom, message.command))
        if message.driver_id is None:
            self.send(addresses.driver(ride.driver.driver_id), RatingChanged())
            self.done(message.command)
        else:
            self.tell_driver(message.driver_id, RideAnswered(ride.ride_id, "ok", message.command))
