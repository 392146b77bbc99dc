"""What a ride's passenger and driver owe each other in time and money: free windows, waiting, no-shows. Pure.

What both were told at the arrival is on record and holds, even if the settings change before the passenger gets in.
Fees are minor units of the currency; which amounts they are is the tariff's affair.
"""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.config import Rules
from dispatch.domain.ride.record import ACCEPTED, ARRIVED, RideRecord

CLOCK_SLACK_S: Final = 1e-6
"""Sums of Unix seconds round by so much."""


def pin_locked_s(ride: RideRecord, now: float, tries: int, lock_s: float) -> float:
    """For how many seconds no pin is taken any more; 0 or less: one is. Every `tries` wrong ones lock the ride for `lock_s`."""
    is_locked = ride.wrong_pins > 0 and ride.wrong_pins % tries == 0
    return ride.wrong_pin_at + lock_s - now if is_locked else 0.0


class RideTerms(msgspec.Struct, frozen=True):
    """Times in seconds.

    A passenger cancels free of charge for `free_cancel_s` after the assignment, and once the driver is `driver_late_s` later than he
    was told. Waiting at the pickup is free for `free_wait_s`; after `no_show_s` the driver may leave.
    """

    free_cancel_s: float = Rules.free_cancel_s
    driver_late_s: float = Rules.driver_late_s
    free_wait_s: float = Rules.free_wait_s
    no_show_s: float = Rules.no_show_s

    def cancels_free(self, ride: RideRecord, now: float) -> bool:
        """Whether the passenger may leave this ride at `now` (runtime seconds) without a fee."""
        if ride.status not in (ACCEPTED, ARRIVED) or ride.assigned_at is None:
            return True
        return now - ride.assigned_at <= self.free_cancel_s + CLOCK_SLACK_S or self.driver_is_late(ride, now)

    def driver_is_late(self, ride: RideRecord, now: float) -> bool:
        """Whether he came, or has not come by now, so much later than the passenger was told."""
        if ride.assigned_at is None or ride.told_eta_s is None:
            return False
        came = ride.arrived_at if ride.arrived_at is not None else now
        expected = max(ride.assigned_at + ride.told_eta_s, ride.pickup_at or 0.0)
        return came - expected >= self.driver_late_s - CLOCK_SLACK_S

    def of_arrival(self, arrived_at: float, pickup_at: float | None) -> tuple[float, float]:
        """Until when waiting is free, and when the driver may leave (runtime seconds). A driver who came early waits since the time
        that was booked.
        """
        since = max(arrived_at, pickup_at or 0.0)
        return since + self.free_wait_s, since + self.no_show_s

    def told_of_arrival(self, ride: RideRecord) -> tuple[float, float]:
        """The same, as it was told when the driver of this ride arrived."""
        assert ride.arrived_at is not None
        if ride.free_wait_ends_at is None or ride.no_show_at is None:  # recorded by a version that did not keep them
            return self.of_arrival(ride.arrived_at, ride.pickup_at)
        return ride.free_wait_ends_at, ride.no_show_at

    def paid_wait_s(self, ride: RideRecord) -> float:
        """How long the driver waited at the pickup beyond the free time; 0 unless both the arrival and the start were reported."""
        if ride.arrived_at is None or ride.started_at is None:
            return 0.0
        free_until, _ = self.told_of_arrival(ride)
        return max(0.0, ride.started_at - free_until + CLOCK_SLACK_S)

    def no_show_in_s(self, ride: RideRecord, now: float) -> float:
        """Seconds until the driver may report that nobody came; 0 or less: the driver may."""
        _, no_show_at = self.told_of_arrival(ride)
        return no_show_at - now - CLOCK_SLACK_S
