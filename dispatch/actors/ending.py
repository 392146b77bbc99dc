"""How a ride ends before its time: cancelled by either side, given up by its driver and offered anew, nobody at the pickup."""

from __future__ import annotations

from math import ceil

from dispatch.actors.followed import FollowedRide
from dispatch.domain.pricing.tariff import Tariff
from dispatch.domain.ride.record import (
    ACCEPTED,
    ARRIVED,
    CANCELLED,
    MAY_CANCEL,
    PENDING,
    TRANSITIONS,
    UNBOOKED,
    VERBS,
    WITH_DRIVER,
)
from dispatch.errors import NoSuchRide
from dispatch.ids import DriverId
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import CancelRide, ReportNoShow
from dispatch.messages.events import PassengerNoShow, RideCancelled, RideUnassigned, SearchFailed
from dispatch.messages.matching import EndSearch, RideClosed, RideLost, SearchDriver
from dispatch.messages.notices import DriverCancelled, NoDrivers, RideEnded
from dispatch.runtime import receives

NOBODY_LEFT = "the driver gave it up"
"""Why a search fails that is not begun again."""
LOOK_AGAIN_S = 1800.0
"""Timers are never cancelled. One for the whole time that a driver may have a ride would outlive nearly every ride by hours."""


class _PassengerGone(Message, frozen=True, gc=False):
    """The connection with this number has been gone for the whole grace."""

    number: int


class _StillDriven(Message, frozen=True, gc=False):
    """The driver who was assigned at this second may have the ride still; how long he may is far from over."""

    assigned_at: float


class _Overdue(Message, frozen=True, gc=False):
    """The driver who was assigned at this second has had the ride for as long as any may."""

    assigned_at: float


class EndingRide(FollowedRide):
    """The part of a ride's actor that ends it early."""

    __slots__ = ()

    _ending: RideEnded | None = None

    @receives(CancelRide)
    def _on_cancel(self, message: CancelRide) -> None:
        """From the passenger's own connection, from a driver by way of his actor, or from operations."""
        if message.reply_to is not None:
            self._close_for(message.reply_to, message)
            return
        if not self.is_new(message):
            return
        ride, driver_id = self.ride, message.driver_id
        if ride.status == UNBOOKED or (driver_id is not None and not ride.is_driven_by(driver_id)):
            self.refuse_message(message, NoSuchRide.code, NoSuchRide.says)
        elif driver_id is not None and ride.status == ARRIVED:
            self._leave_pickup(driver_id, message)
        elif message.by not in MAY_CANCEL[ride.status]:
            self._cannot_cancel(message)
        elif driver_id is not None:
            self.offer_anew("driver", message.reason, message.command)
        else:
            self.cancel(message.by, message.reason, message.command)

    def _close_for(self, reply_to: str, message: CancelRide) -> None:
        """Operations are answered themselves: the passenger hears of an end, and of nothing that did not happen."""
        ride = self.ride
        if message.by in MAY_CANCEL[ride.status]:
            self.cancel(message.by, message.reason)
        if ride.status == UNBOOKED:
            answer = RideClosed(ride.status, code=NoSuchRide.code)
        elif ride.status == CANCELLED:
            answer = RideClosed(ride.status, ride.ended_by, ride.reason)
        else:
            answer = RideClosed(ride.status, code="illegal_now", text=f"cannot cancel a ride that is {ride.status}")
        self.send(reply_to, answer)

    @receives(ReportNoShow)
    def _on_no_show(self, message: ReportNoShow) -> None:
        if not self.is_new(message):
            return
        ride = self.ride
        if not ride.is_driven_by(message.driver_id):
            self.refuse_message(message, NoSuchRide.code, NoSuchRide.says)
        elif PassengerNoShow in TRANSITIONS[ride.status]:
            self._leave_pickup(message.driver_id, message)
        else:
            text = f"cannot {VERBS[PassengerNoShow]} a ride that is {ride.status}"
            self.refuse_message(message, "illegal_now", text)

    # -- timers

    def arm_end(self) -> None:
        """Set what ends this ride by itself, as its record has it: for a ride that just came so far, or was made anew."""
        ride, options, runtime = self.ride, self.options, self.runtime
        if ride.status == PENDING and self.link is None and ride.pickup_at is None:
            runtime.set_timer(options.link_grace_s, self.address, _PassengerGone(self.link_number))
        elif ride.status in WITH_DRIVER and ride.assigned_at is not None:
            left_s = ride.assigned_at + options.ride_cap_s - runtime.now
            if left_s <= LOOK_AGAIN_S:
                runtime.set_timer(left_s, self.address, _Overdue(ride.assigned_at))
            else:
                runtime.set_timer(LOOK_AGAIN_S, self.address, _StillDriven(ride.assigned_at))

    @receives(_PassengerGone)
    def _on_passenger_gone(self, message: _PassengerGone) -> None:
        ride = self.ride
        is_gone = self.link is None and message.number == self.link_number
        if is_gone and ride.status == PENDING and ride.pickup_at is None:  # whoever booked ahead need not look
            self.cancel("system", "the passenger left")

    @receives(_StillDriven)
    def _on_still_driven(self, message: _StillDriven) -> None:
        if self.ride.status in WITH_DRIVER and self.ride.assigned_at == message.assigned_at:
            self.arm_end()

    @receives(_Overdue)
    def _on_overdue(self, message: _Overdue) -> None:
        if self.ride.status in WITH_DRIVER and self.ride.assigned_at == message.assigned_at:
            self.cancel("system", "it took too long")

    # -- ends

    def cancel(self, by: str, reason: str, command: Command | None = None) -> None:
        """Nobody drives and nobody looks for a driver any more. A passenger who is late with it owes a fee."""
        ride, driver, was_pending = self.ride, self.ride.driver, self.ride.status == PENDING
        is_free = by != "passenger" or self.options.terms.cancels_free(ride, self.runtime.now)
        fee = 0 if is_free else self.fee(Tariff.cancellation_fee)
        self.record(RideCancelled(ride.ride_id, by, reason, driver.driver_id if driver else None, fee, command))
        if was_pending:
            self.send(self.dispatcher(), EndSearch(ride.ride_id, ride.search_no, "cancelled"))
        if driver is not None:
            self.stop_following()
            self.tell_driver(driver.driver_id, RideLost(ride.ride_id, by, reason, fee=fee))
        self.done(command, self._say_ended(by, reason, fee))

    def offer_anew(self, by: str, reason: str, command: Command | None = None) -> None:
        """The driver does not come. Others are asked, unless that was tried too often or the time to search is over."""
        ride, options, now = self.ride, self.options, self.runtime.now
        assert ride.status == ACCEPTED and ride.driver is not None
        driver_id = ride.driver.driver_id
        self.record(RideUnassigned(ride.ride_id, driver_id, ride.search_no + 1, by, reason, now, command))
        self.stop_following()
        self.tell_driver(driver_id, RideLost(ride.ride_id, by, reason, command, goes_on=True))
        self.say(DriverCancelled, ride.ride_id, by, reason)
        if ride.restarts > options.max_restarts or now >= ride.requested_at + options.search_cap_s:
            self.record(SearchFailed(ride.ride_id, NOBODY_LEFT, 0, 0))
            self.say(NoDrivers, ride.ride_id, NOBODY_LEFT, 0, 0)
            self.retire_later()
        else:
            self.send(self.dispatcher(), SearchDriver(self.card(), ride.requested_at, again=True))
            self.arm_end()

    def _leave_pickup(self, driver_id: DriverId, message: CancelRide | ReportNoShow) -> None:
        """The driver has waited, and nobody came; refused before the driver has waited long enough."""
        command, ride, fee = message.command, self.ride, self.fee(Tariff.no_show_fee)
        wait_s = self.options.terms.no_show_in_s(ride, self.runtime.now)
        if wait_s > 0.0:
            self.refuse_message(message, "too_early", f"no_show is possible in {ceil(wait_s)} s")
            return
        self.record(PassengerNoShow(ride.ride_id, driver_id, fee, command))
        self.stop_following()
        self.tell_driver(driver_id, RideLost(ride.ride_id, "driver", ride.reason, command, fee))
        self._say_ended("driver", ride.reason, fee)

    def _cannot_cancel(self, message: CancelRide) -> None:
        """Too late, or cancelled before: then that is said again."""
        status = self.ride.status
        if status == CANCELLED and message.driver_id is None:
            self.done(message.command, self._say_end_again())
        else:
            self.refuse_message(message, "illegal_now", f"cannot cancel a ride that is {status}")

    def _say_ended(self, by: str, reason: str, fee: int) -> RideEnded:
        self._ending = ended = self.say(RideEnded, self.ride.ride_id, by, reason, fee)
        self.retire_later()
        return ended  # type: ignore[no-any-return]

    def _say_end_again(self) -> RideEnded:
        """As it was said before; with a new number by a ride that was rebuilt since."""
        ride = self.ride
        if self._ending is None:
            self._ending = self.say(RideEnded, ride.ride_id, ride.ended_by, ride.reason, ride.fee)
        else:
            self.say_again(self._ending)
        return self._ending
