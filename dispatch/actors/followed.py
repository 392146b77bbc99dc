"""A ride whose driver is on the road: the tracker follows him for it, and the way that he drove goes on record."""

from __future__ import annotations

from typing import Final

from dispatch import addresses
from dispatch.actors.riding import RideOptions, RidingActor
from dispatch.domain.places.tracks import Tracks
from dispatch.domain.ride.record import ACCEPTED, ARRIVED, WITH_DRIVER
from dispatch.messages.events import TrackRecorded
from dispatch.messages.tracking import FollowDriver, StopFollowing, TrackGrown
from dispatch.ports import EventStore
from dispatch.runtime import Runtime, receives
from dispatch.values import Place, Trip

Way = tuple[float | None, float | None, float | None, float | None]
"""Latitude, longitude, metres to drive, seconds to take."""
NOWHERE: Final[Way] = (None, None, None, None)
TO_PICKUP: Final = "to_pickup"
ON_TRIP: Final = "on_trip"


class FollowedRide(RidingActor):
    """The part of a ride's actor that knows where its driver is. `tracks` None: nobody is followed here."""

    __slots__ = ("_tracks",)

    def __init__(
        self, runtime: Runtime, address: str, store: EventStore, options: RideOptions, tracks: Tracks | None = None
    ) -> None:
        super().__init__(runtime, address, store, options)
        self._tracks = tracks

    def follow(self) -> None:
        """Have the driver followed, to the pickup or to the dropoff, for whoever listens now."""
        ride = self.ride
        if self._tracks is None or ride.status not in WITH_DRIVER or ride.driver is None:
            return
        assert ride.trip is not None
        to = self._heads_for(ride.trip)
        is_coming = ride.status == ACCEPTED and ride.pickup_at is None  # who was booked ahead sets out when he likes
        order = FollowDriver(ride.ride_id, ride.driver.driver_id, to.lat, to.lon, is_coming, self.link)
        self.send(self._tracker(), order)

    def _heads_for(self, trip: Trip) -> Place:
        return trip.pickup if self.ride.status in (ACCEPTED, ARRIVED) else trip.dropoff

    def way_left(self) -> Way:
        """Where the driver is and what is left of the way, to the pickup and then to the dropoff; nothing where that is not known."""
        ride = self.ride
        if self._tracks is None or ride.status not in WITH_DRIVER or ride.driver is None or ride.trip is None:
            return NOWHERE
        where = self._tracks.where(ride.driver.driver_id)
        return self.way(*where, self._heads_for(ride.trip)) if where is not None else NOWHERE

    def way(self, lat: float, lon: float, to: Place) -> Way:
        """From there to a place: where it begins, metres to drive and seconds to take."""
        start, travel = (lat, lon), self.options.travel
        eta_s = travel.eta_s(start, to.point, self.runtime.now)
        return lat, lon, round(travel.road_m(start, to.point), 1), round(eta_s, 1)

    def stop_following(self) -> None:
        """He does not drive for this ride any more."""
        if self._tracks is not None:
            self.send(self._tracker(), StopFollowing(self.ride.ride_id))

    @receives(TrackGrown)
    def _on_track_grown(self, message: TrackGrown) -> None:
        if self.ride.status in WITH_DRIVER and self.ride.is_driven_by(message.driver_id):
            self.record_track()

    def record_track(self) -> None:
        """Put on record where he went since this was done last."""
        ride = self.ride
        if self._tracks is None or ride.driver is None:
            return
        leg = TO_PICKUP if ride.status in (ACCEPTED, ARRIVED) else ON_TRIP
        points, metres = self._tracks.take(ride.ride_id, ride.driver.driver_id)
        if not points:
            return
        start = points[0][0]
        rounded = tuple((round(at - start, 1), round(lat, 6), round(lon, 6)) for at, lat, lon in points)
        self.record(TrackRecorded(ride.ride_id, ride.driver.driver_id, leg, start, rounded, round(metres, 1)))

    def _tracker(self) -> str:
        assert self.ride.trip is not None
        pickup = self.ride.trip.pickup
        return addresses.tracker(addresses.zone_of(pickup.lat, pickup.lon))
