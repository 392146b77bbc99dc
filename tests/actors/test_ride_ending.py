"""How a ride ends by itself."""

from dispatch.messages.notices import RideEnded
from tests.actors.test_ride import PASSENGER, a_ride_that_is


def test_a_ride_that_a_driver_has_for_too_long_ends_at_that_time() -> None:
    rig, actor = a_ride_that_is("in_progress")
    rig.wait(43_200.0 - 1.0)
    assert actor.ride.status == "in_progress"
    rig.wait(1.0)
    (ended,) = rig.heard(PASSENGER)
    assert (type(ended), ended.by, ended.reason) == (RideEnded, "system", "it took too long")
