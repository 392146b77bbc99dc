"""A ride that is over is paid: in cash, or by the provider, who is asked until he has answered. One charge a ride, whatever crashes.

The charge is recorded with the end of the ride, in one commit: a ride that ended without one owes nothing, and one that has it is asked
about again by every later life until the provider's answer is on record. He knows the charge by the ride, and collects it once.
"""

from __future__ import annotations

from typing import Any

from dispatch import addresses
from dispatch.actors.rated import RatedRide
from dispatch.domain.pricing.payment import amount_due, pause_s
from dispatch.domain.ride.record import CHARGED, DECLINED, PAID
from dispatch.messages.base import Message
from dispatch.messages.events import ChargeDeclined, ChargeRequested, ChargeSettled
from dispatch.messages.matching import RidePaid
from dispatch.messages.notices import PaymentChanged
from dispatch.messages.payment import CollectFare, FareCollected, FareDeclined, FareUnknown
from dispatch.runtime import receives


class _AskAgain(Message, frozen=True, gc=False):
    """The question with this number has no answer yet, or one that says nothing."""

    number: int


class PaidRide(RatedRide):
    """The part of a ride's actor that sees to the money."""

    __slots__ = ()

    _asked_provider = 0
    """How often, in this life."""

    def record(self, event: Message) -> None:
        """As every ride does; an end that costs the passenger something brings its charge along."""
        was_over = self.ride.is_over
        super().record(event)
        if self.ride.is_over and not was_over:
            self._request_charge()

    def _request_charge(self) -> None:
        ride = self.ride
        amount = amount_due(ride, self.options.currency, self.options.currency_digits)
        if amount is None or ride.passenger is None:
            return
        self.record(ChargeRequested(ride.ride_id, ride.passenger.passenger_id, amount))
        self.collect()

    def collect(self) -> None:
        """Ask the provider, if he owes an answer."""
        ride = self.ride
        if ride.payment_status != CHARGED or ride.charge is None or ride.passenger is None:
            return
        self._asked_provider += 1
        number = self._asked_provider
        question = CollectFare(self.address, number, ride.ride_id, ride.passenger.passenger_id, ride.charge)
        self.send(addresses.PAYMENTS, question)
        pause = pause_s(number, self.options.payment_retry_s, self.options.payment_retry_most_s)
        self.runtime.set_timer(self.options.payment_patience_s + pause, self.address, _AskAgain(number))

    @receives(FareCollected)
    def _on_collected(self, message: FareCollected) -> None:
        """Whichever question this answers: what was collected is collected."""
        if self.ride.payment_status == CHARGED:
            self.record(ChargeSettled(self.ride.ride_id, message.reference))
            self._say_payment(PAID)

    @receives(FareDeclined)
    def _on_declined(self, message: FareDeclined) -> None:
        """An older question may have been answered otherwise since."""
        if self.ride.payment_status == CHARGED and message.number == self._asked_provider:
            self.record(ChargeDeclined(self.ride.ride_id, message.reason))
            self._say_payment(DECLINED, message.reason)

    @receives(FareUnknown)
    def _on_unknown(self, message: FareUnknown) -> None:
        if self.ride.payment_status == CHARGED and message.number == self._asked_provider:
            pause = pause_s(message.number, self.options.payment_retry_s, self.options.payment_retry_most_s)
            self.runtime.set_timer(pause, self.address, _AskAgain(message.number))

    @receives(_AskAgain)
    def _on_ask_again(self, message: _AskAgain) -> None:
        if message.number == self._asked_provider:
            self.collect()

    def _say_payment(self, status: str, reason: str = "") -> None:
        ride = self.ride
        assert ride.charge is not None
        self.say(PaymentChanged, ride.ride_id, status, ride.charge, reason)
        if ride.driver is not None:  # why a card was declined is the passenger's own affair
            self.tell_driver(ride.driver.driver_id, RidePaid(ride.ride_id, status, ride.charge))
        self.retire_later()

    # -- its life

    def restore(self) -> list[Message]:
        events = super().restore()
        self.collect()
        return events

    def carry_over(self, before: Any) -> None:
        """Answers to questions of the life before are older than any to ours."""
        super().carry_over(before)
        self._asked_provider = before._asked_provider

    def may_retire(self) -> bool:
        """Not while money is under way: timers of a ride that left memory wake nobody."""
        return super().may_retire() and self.ride.payment_status != CHARGED
