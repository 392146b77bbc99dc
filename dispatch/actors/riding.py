"""What every part of a ride's actor needs: its record, its options, how it speaks to its driver, and how it leaves memory."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dispatch import addresses
from dispatch.actors.both_sides import BothSides
from dispatch.actors.parts.conversation import Memory
from dispatch.config import PaymentRules, PricingRules, Rules
from dispatch.domain.places.eta import EtaModel, TravelModel
from dispatch.domain.pricing.money import USUAL_DIGITS
from dispatch.domain.pricing.pricer import Pricer
from dispatch.domain.pricing.tariff import Tariff
from dispatch.domain.ride.record import UNBOOKED, RideRecord
from dispatch.domain.ride_terms import RideTerms
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Message
from dispatch.ports import EventStore
from dispatch.runtime import Runtime, receives
from dispatch.values import Money, Price, RideCard


class RideOptions(msgspec.Struct, frozen=True):
    """Times in seconds.

    `pricing`: `none` (the app's fare holds), `tariff` (`pricer` is asked) or `http` (the provider is, for `price_patience_s`).
    `tariff`: fees and waiting; None: there are none.
    `one_ride_each`: `known` (a passenger who says who they are has one open ride at a time) or `never`. `max_restarts`: how often a
    ride whose driver gave it up is offered anew. `strict_steps`: only a started ride can be completed. `start_pin`: every ride asks
    for a pin; `pin_tries` wrong ones lock it for `pin_lock_s`. `ride_cap_s`: no ride has a driver longer. `schedule_lead_s`: so long
    before the time that was booked drivers are asked. A driver who reports an arrival farther
    than `arrived_within_m` from the pickup is warned. `accept_window_s`: after the first accept others may still do better for so long;
    0: the first has the ride. A provider of payments answers within `payment_patience_s`, or is asked again, first after
    `payment_retry_s` and at last every `payment_retry_most_s`.
    """

    link_grace_s: float = Rules.link_grace_s
    retire_after_s: float = Rules.retire_after_s
    search_cap_s: float = Rules.search_cap_s
    terms: RideTerms = RideTerms()
    max_restarts: int = Rules.max_restarts
    tariff: Tariff | None = None
    pricing: str = PricingRules.pricing
    pricer: Pricer | None = None
    price_patience_s: float = PricingRules.price_patience_s
    strict_steps: bool = Rules.strict_steps
    one_ride_each: str = Rules.one_ride_each
    start_pin: bool = Rules.start_pin
    pin_tries: int = Rules.pin_tries
    pin_lock_s: float = Rules.pin_lock_s
    ride_cap_s: float = Rules.ride_cap_s
    arrived_within_m: float = Rules.arrived_within_m
    schedule_lead_s: float = Rules.schedule_lead_s
    accept_window_s: float = 0.0
    travel: EtaModel = TravelModel()
    memory: Memory = Memory()
    currency: str = ""
    currency_digits: int = USUAL_DIGITS
    payment_patience_s: float = 15.0
    payment_retry_s: float = PaymentRules.payment_retry_s
    payment_retry_most_s: float = PaymentRules.payment_retry_most_s


class _Retire(Message, frozen=True, gc=False):
    """The ride was over, and connection `number` gone, when this was set."""

    number: int


class RidingActor(BothSides):
    """One booking as its events tell it."""

    __slots__ = ("options", "ride")

    def __init__(self, runtime: Runtime, address: str, store: EventStore, options: RideOptions) -> None:
        self.ride = RideRecord(RideId(addresses.name_of(address)))
        super().__init__(runtime, address, store, self.ride, options.memory)
        self.options = options

    # -- money

    def fee(self, of: Callable[[Tariff, str], Money]) -> int:
        """What the passenger owes by the tariff, in minor units: `Tariff.cancellation_fee` or `Tariff.no_show_fee`."""
        tariff, trip = self.options.tariff, self.ride.trip
        return of(tariff, trip.vehicle_type).minor if tariff is not None and trip is not None else 0

    def final_price(self) -> Price | None:
        """What was agreed, and what the wait at the pickup costs where both its ends were reported; None where the app's fare holds."""
        ride, tariff = self.ride, self.options.tariff
        if ride.price is None or tariff is None:
            return ride.price
        return tariff.with_waiting(ride.price, self.options.terms.paid_wait_s(ride))

    # -- to the driver

    def tell_driver(self, driver_id: DriverId, message: Message) -> None:
        """Tell this driver, once it is true on disk."""
        self.send(addresses.driver(driver_id), message)

    # -- to the dispatcher

    def card(self) -> RideCard:
        """The ride as drivers are asked about it."""
        ride = self.ride
        assert ride.passenger is not None and ride.trip is not None
        return RideCard(ride.ride_id, ride.search_no, ride.passenger, ride.trip, ride.pickup_at)

    def dispatcher(self) -> str:
        """Who looks for its drivers."""
        assert self.ride.trip is not None
        pickup = self.ride.trip.pickup
        return addresses.dispatcher(addresses.zone_of(pickup.lat, pickup.lon))

    # -- out of memory

    def retire_later(self) -> None:
        """If nobody talks to us and we may."""
        if self.link is None and self.may_retire():
            self.runtime.set_timer(self.options.retire_after_s, self.address, _Retire(self.link_number))

    def may_retire(self) -> bool:
        """Whether nothing can happen any more."""
        return self.ride.is_over or self.ride.status == UNBOOKED

    @receives(_Retire)
    def _on_retire(self, message: _Retire) -> None:
        if message.number != self.link_number or self.link is not None or not self.may_retire():
            return
        if not self.is_committed or not self.runtime.retire(self.address):
            self.retire_later()
        elif self.ride.is_over:
            self.store.forget(self.ride.ride_id)
