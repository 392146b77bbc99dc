"""A ride that must ask before it is booked: its passenger's actor, or whoever knows its price. Meanwhile other commands wait."""

from __future__ import annotations

from typing import Any

from dispatch import addresses
from dispatch.actors.paid import PaidRide
from dispatch.errors import InternalError, Unavailable
from dispatch.messages.base import Message
from dispatch.messages.commands import CancelRide, FindDriver
from dispatch.messages.pricing import AskPrice, NotPriced, Priced, QuoteGranted, QuoteRefused, UseQuote
from dispatch.runtime import receives
from dispatch.values import Price

MOST_WAITING = 16
"""Messages of one passenger that wait for the answer to what they asked before."""
NO_ANSWER = "nothing was done: nobody could say what this ride costs; try again"


class NoAnswer(Message, frozen=True, gc=False):
    """The question with this number was asked long ago; `text` says so to the passenger."""

    number: int
    text: str


class PricedRide(PaidRide):
    """The part of a ride's actor that asks for a price, one at a time."""

    __slots__ = ()

    _question: FindDriver | None = None
    _question_number = 0
    _meanwhile: tuple[FindDriver | CancelRide, ...] = ()
    _in_hand: tuple[FindDriver | CancelRide, ...] = ()
    """What the turn under way was to settle."""

    def book(self, message: FindDriver, price: Price | None) -> None:
        """Do what was asked for, at this price, if it is still to be done."""
        raise NotImplementedError

    def ask_price(self, message: FindDriver) -> None:
        """Of the quote that the passenger names, or of the provider; `book` follows, or a refusal."""
        number = self.await_answer(message, NO_ANSWER)
        ride_id, trip = self.ride_id, message.trip
        way = (trip.pickup, trip.dropoff, trip.vehicle_type)
        if message.quote_id is not None:
            passenger_id = (self.ride.passenger or message.passenger).passenger_id
            use = UseQuote(message.quote_id, ride_id, number, passenger_id, *way, message.pickup_at)
            self.send(addresses.quote(message.quote_id), use)
        else:
            self.send(addresses.PRICING, AskPrice(self.address, number, *way, self.begins_at(message)))

    def await_answer(self, message: FindDriver, without: str) -> int:
        """Somebody is asked about this booking, under the number that is returned. `without`: what is said if no answer comes."""
        # No life of any ride gives a number again: a late answer to a question of an older one is seen to be that.
        self._question, self._question_number = message, self.runtime.incarnation()
        late = NoAnswer(self._question_number, without)
        self.runtime.set_timer(self.options.price_patience_s, self.address, late)
        return self._question_number

    @property
    def is_asking(self) -> bool:
        """Whether a booking waits for an answer."""
        return self._question is not None

    def begins_at(self, message: FindDriver) -> float:
        """The second that decides which rates hold."""
        return max(self.runtime.now, message.pickup_at or 0.0)

    def waits_for_answer(self, message: FindDriver | CancelRide) -> bool:
        """Whether this has to wait; then it is taken up again after the answer."""
        if self._question is None:
            return False
        if len(self._meanwhile) >= MOST_WAITING:
            self.turn_away(
                message, Unavailable.code, "nothing was done: too much waits for an answer already; try again"
            )
        else:
            self._meanwhile = (*self._meanwhile, message)
        return True

    @receives(CancelRide)
    def _on_cancel(self, message: CancelRide) -> None:
        if message.by != "passenger" or not self.waits_for_answer(message):
            super()._on_cancel(message)

    # -- the answer

    @receives(Priced, QuoteGranted)
    def _on_price(self, message: Priced | QuoteGranted) -> None:
        question = self.answered(message.number)
        if question is not None:
            self.book(question, message.price)
            self.go_on()
            if self.link is None:  # the passenger left while it was asked for
                self.arm_end()

    @receives(QuoteRefused)
    def _on_refused(self, message: QuoteRefused) -> None:
        question = self.answered(message.number)
        if question is None:
            return
        if message.code == Unavailable.code:
            self.turn_away(question, message.code, message.text)
        else:
            self.refuse(question.command, message.code, message.text, self.ride_id, "quote_id")
        self.go_on()

    @receives(NotPriced, NoAnswer)
    def _on_no_answer(self, message: NotPriced | NoAnswer) -> None:
        question = self.answered(message.number)
        if question is not None:
            self.turn_away(question, Unavailable.code, NO_ANSWER if isinstance(message, NotPriced) else message.text)
            self.go_on()

    def answered(self, number: int) -> FindDriver | None:
        """What was asked, if this answers it; an answer to an older question is none."""
        question = self._question
        if question is None or number != self._question_number:
            return None
        self._in_hand = (question, *self._meanwhile)
        self._question = None
        self.remember(question)
        return question

    def go_on(self) -> None:
        """With what the passenger said meanwhile."""
        waiting, self._meanwhile = self._meanwhile, ()
        for message in waiting:
            self.handlers[type(message)](self, message)
        self._in_hand = ()
        self.retire_later()

    # -- its life

    def may_retire(self) -> bool:
        """Not while a price is asked for: the booking would be lost with the question."""
        return super().may_retire() and self._question is None

    def carry_over(self, before: Any) -> None:
        """A turn that was lost took what it had in hand with it."""
        super().carry_over(before)
        self._question_number, self._in_hand = before._question_number, before._in_hand
        if not self._in_hand:
            self._question, self._meanwhile = before._question, before._meanwhile

    def on_set_aside(self, message: Any, error_id: str) -> None:
        super().on_set_aside(message, error_id)
        if self._question is message:
            self._question = None
        lost, self._in_hand = self._in_hand, ()
        for said in lost:
            self.turn_away(said, InternalError.code, str(InternalError(error_id)))

    def on_lost(self, reason: str) -> None:
        """The question may have been among what was lost; whoever asked is told with the others."""
        told = [message for recorded, message in self._asked if recorded >= self.committed]
        waiting = (self._question, *self._meanwhile) if self._question is not None else ()
        self._question, self._meanwhile = None, ()
        super().on_lost(reason)
        for message in waiting:
            if not any(message is one for one in told):
                self.turn_away(message, Unavailable.code, f"nothing was done, try again: {reason}")
