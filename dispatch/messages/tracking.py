"""Between rides and the tracker of their zone, which follows drivers on a ride and shows passengers where they are."""

from __future__ import annotations

from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message


class FollowDriver(Message, frozen=True, gc=False):
    """Ride -> tracker: follow this driver, who drives to this place. Sent again when any field changes.

    `to_pickup`: the driver should come nearer, and the ride is told if not. `link`: the passenger's connection, if there is one.
    """

    ride_id: RideId
    driver_id: DriverId
    lat: float
    lon: float
    to_pickup: bool
    link: str | None = None


class StopFollowing(Message, frozen=True, gc=False):
    """Ride -> tracker: the driver does not drive for this ride any more."""

    ride_id: RideId


class DriverStalled(Message, frozen=True, gc=False):
    """Tracker -> ride: the driver does not come, and why: `standing_still`, `driving_away` or `not_heard`. `stage`: what to do about it
    (`domain.places.following`).
    """

    driver_id: DriverId
    what: str
    stage: int


class TrackGrown(Message, frozen=True, gc=False):
    """Tracker -> ride: the track of the driver has grown. Record it, so that little of it can be lost with this process."""

    driver_id: DriverId
