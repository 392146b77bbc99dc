"""Between rides and the tracker of their zone, which watches drivers on their way and tells passengers where they are."""

from __future__ import annotations

from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message


class FollowDriver(Message, frozen=True, gc=False):
    """Ride -> tracker: this driver drives to this place for me. Said again when anything of it changes.

    `to_pickup`: he should get nearer, and I want to know if he does not. `link`: who is told where he is, if anybody listens.
    """

    ride_id: RideId
    driver_id: DriverId
    lat: float
    lon: float
    to_pickup: bool
    link: str | None = None


class StopFollowing(Message, frozen=True, gc=False):
    """Ride -> tracker: he does not drive for me any more."""

    ride_id: RideId


class DriverStalled(Message, frozen=True, gc=False):
    """Tracker -> ride: your driver does not come: `standing_still`, `driving_away` or `not_heard`. `stage`: how long that goes on."""

    driver_id: DriverId
    what: str
    stage: int


class TrackGrown(Message, frozen=True, gc=False):
    """Tracker -> ride: take the track of your driver, before more of it is lost with this process than need be."""

    driver_id: DriverId


class WarnDriver(Message, frozen=True, gc=False):
    """Ride -> its driver: this is not right: `standing_still`, `driving_away`, `not_heard` or `far_from_pickup`."""

    ride_id: RideId
    what: str
