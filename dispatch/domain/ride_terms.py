"""What a ride's passenger and driver owe each other in time and money: free windows, waiting, no-shows. Pure.

Fees are minor units of the currency; which amounts they are is the tariff's affair.
"""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.domain.ride import ACCEPTED, ARRIVED, RideRecord

CLOCK_SLACK_S: Final = 1e-6
"""Sums of Unix seconds round by so much."""


class RideTerms(msgspec.Struct, frozen=True):
    """Times in seconds.

    A passenger cancels free of charge for `free_cancel_s` after the assignment, and once the driver is `driver_late_s` later than he
    was told. Waiting at the pickup is free for `free_wait_s`; after `no_show_s` the driver may leave.
    """

    free_cancel_s: float = 120.0
    driver_late_s: float = 300.0
    free_wait_s: float = 120.0
    no_show_s: float = 300.0

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

    def waits_since(self, ride: RideRecord) -> float:
        """Since when the driver waits at the pickup (runtime seconds): if he came early, since the time that was booked."""
        assert ride.arrived_at is not None
        return max(ride.arrived_at, ride.pickup_at or 0.0)

    def no_show_in_s(self, ride: RideRecord, now: float) -> float:
        """Seconds until the driver may report that nobody came; 0 or less: he may."""
        return self.waits_since(ride) + self.no_show_s - now - CLOCK_SLACK_S
