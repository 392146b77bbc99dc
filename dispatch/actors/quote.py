"""The actor of one quote. A price is told to nobody before the quote is on disk, and is given to one ride."""

from __future__ import annotations

import msgspec

from dispatch import addresses
from dispatch.actors.recorded import RecordedActor
from dispatch.config import PricingRules, Rules
from dispatch.domain.pricing.pricer import Pricer
from dispatch.domain.pricing.quote import QuoteRecord
from dispatch.errors import QuoteExpired, Unavailable
from dispatch.ids import NO_NUMBER, Number
from dispatch.messages.base import Message
from dispatch.messages.events import QuoteMade, QuoteTaken
from dispatch.messages.journal import NotAppended
from dispatch.messages.providers import (
    AskPrice,
    MakeQuote,
    NotPriced,
    Priced,
    QuoteFailed,
    QuoteGranted,
    QuoteReady,
    QuoteRefused,
    UseQuote,
)
from dispatch.ports import EventStore
from dispatch.runtime import Runtime, receives
from dispatch.values import Price

IDLE_S = 1.0
"""A quote that nobody used for so long leaves memory, so that few are there however many are made."""
NOT_KEPT = "the quote could not be stored"


class QuoteOptions(msgspec.Struct, frozen=True):
    """`pricer` None: the provider is asked. Seconds and metres."""

    pricer: Pricer | None
    quote_ttl_s: float = PricingRules.quote_ttl_s
    quote_tolerance_m: float = PricingRules.quote_tolerance_m
    retire_after_s: float = Rules.retire_after_s


class _Retire(Message, frozen=True, gc=False):
    """Quote -> itself: it may be time to leave memory. `life`: of the actor that set this timer, its only one."""

    life: Number


class QuoteActor(RecordedActor):
    """One quote. It leaves memory soon after it was made or used, for most are never booked, and comes back from its events."""

    def __init__(self, runtime: Runtime, address: str, store: EventStore, options: QuoteOptions) -> None:
        self.quote = QuoteRecord()
        super().__init__(runtime, address, store, self.quote)
        self.options = options
        self._asked: MakeQuote | None = None
        self._life = self.incarnation
        self._stays_until = 0.0

    def on_start(self) -> None:
        self.restore()
        self._stay(IDLE_S)
        self._retire_in(IDLE_S)

    def carry_over(self, before: QuoteActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        self._asked = before._asked

    # -- it is made

    @receives(MakeQuote)
    def _on_make(self, message: MakeQuote) -> None:
        if self.quote.made is not None or self._asked is not None:
            self.send(message.reply_to, QuoteFailed(message.quote_id, "there is a quote with this id already"))
            return
        self._asked = message
        pricer, trip = self.options.pricer, (message.pickup, message.dropoff, message.vehicle_type, message.at)
        if pricer is not None:
            self._make(pricer.price(*trip))
        else:
            self._stay(self.options.retire_after_s)
            self.send(addresses.PRICING, AskPrice(self.address, NO_NUMBER, *trip))

    @receives(Priced)
    def _on_priced(self, message: Priced) -> None:
        if self._asked is not None and self.quote.made is None:
            self._make(message.price)

    @receives(NotPriced)
    def _on_not_priced(self, message: NotPriced) -> None:
        if self._asked is not None and self.quote.made is None:
            self.send(self._asked.reply_to, QuoteFailed(self._asked.quote_id, message.reason))

    def _make(self, price: Price) -> None:
        asked, now = self._asked, self.runtime.now
        assert asked is not None
        expires_at = now + self.options.quote_ttl_s
        trip = (asked.pickup, asked.dropoff, asked.vehicle_type)
        self.record(QuoteMade(asked.quote_id, asked.passenger_id, *trip, price, now, expires_at, asked.pickup_at))
        self.send(asked.reply_to, QuoteReady(asked.quote_id, price, expires_at))

    # -- it is used

    @receives(UseQuote)
    def _on_use(self, message: UseQuote) -> None:
        """A ride asks for the price. The ride that has it gets the same answer again."""
        back, quote = addresses.ride(message.ride_id), self.quote
        refusal = quote.why_not(message, self.runtime.now, self.options.quote_tolerance_m)
        if refusal:
            self.send(back, QuoteRefused(message.ride_id, message.number, QuoteExpired.code, refusal))
        else:
            assert quote.made is not None
            if quote.taken_by is None:
                self.record(QuoteTaken(quote.made.quote_id, message.ride_id, self.runtime.now))
            self.send(back, QuoteGranted(message.ride_id, message.number, quote.made.price))
        self._stay(IDLE_S)

    # -- its life

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        """The journal lost what was promised: tell whoever waits for it, so that they may try again."""
        lost = self.lose(message)
        if lost is None:
            return
        for unsettled in lost:
            if isinstance(unsettled, UseQuote):
                text = f"nothing was done: {message.reason}"
                refused = QuoteRefused(unsettled.ride_id, unsettled.number, Unavailable.code, text)
                self.runtime.tell(addresses.ride(unsettled.ride_id), refused)
            elif isinstance(unsettled, MakeQuote):
                self.runtime.tell(unsettled.reply_to, QuoteFailed(unsettled.quote_id, NOT_KEPT))
            elif isinstance(unsettled, Priced) and self._asked is not None:
                self.runtime.tell(self._asked.reply_to, QuoteFailed(self._asked.quote_id, NOT_KEPT))
        self._asked = None
        self.runtime.rebuild(self.address)

    def _stay(self, for_s: float) -> None:
        """Stay in memory for at least so many seconds from now on."""
        self._stays_until = max(self._stays_until, self.runtime.now + for_s)

    def _retire_in(self, delay_s: float) -> None:
        self.runtime.set_timer(delay_s, self.address, _Retire(self._life))

    @receives(_Retire)
    def _on_retire(self, message: _Retire) -> None:
        """A timer of an earlier life means nothing: each life has one of its own."""
        if message.life != self._life:
            return
        rest_s = self._stays_until - self.runtime.now
        if rest_s > 0.0 or not self.is_committed or not self.runtime.retire(self.address):
            self._retire_in(max(rest_s, IDLE_S))
