"""The driver's actor: may this driver be bound to a ride? It owns the availability, the open offers and the one reservation.

A driver who accepts an offer is reserved for its ride, and claims the ride until it answers. Only the ride's answer releases the
driver, never a lost connection. The rules are pure functions in `domain.driver`; this actor records, sends and answers.
"""

from typing import Any, Final, get_args

import msgspec
from msgspec.structs import replace

from dispatch import addresses
from dispatch.actors.parts.claim import Claim, ClaimAgain
from dispatch.actors.parts.conversation import Conversation, Memory
from dispatch.actors.parts.standing import LookAtFile, Standing
from dispatch.actors.recorded import RecordedActor
from dispatch.config import Rules
from dispatch.domain.driver import decisions
from dispatch.domain.driver.decisions import (
    CLOSE_AGAIN,
    REFUSE,
    TOLD_AS,
    UNAVAILABLE,
    OfferEnding,
    Offers,
    ending_on_record,
)
from dispatch.domain.driver.record import (
    BOUND,
    FREE,
    OFFLINE,
    RESERVED,
    WANTS_NO_OFFERS,
    DriverRecord,
)
from dispatch.domain.places.positions import PositionBoard
from dispatch.errors import InternalError, NoSuchRide, Unavailable
from dispatch.ids import DriverId, Number, OfferId, RideId
from dispatch.masking.rides import WHOLE_AFTER_END_S, RideMask
from dispatch.messages.base import Command, Message, Undelivered
from dispatch.messages.commands import (
    AcceptOffer,
    Attach,
    DeclineOffer,
    Detach,
    Resume,
    RideCommand,
    SetAvailability,
)
from dispatch.messages.events import DriverOffline
from dispatch.messages.journal import NotAppended
from dispatch.messages.matching import (
    AnnounceState,
    ClaimGranted,
    ClaimRefused,
    ClaimRide,
    CloseOffer,
    DevicesChanged,
    DriverFileChanged,
    DriverGone,
    DriverState,
    ForDriver,
    OfferRide,
    RideAnswered,
    RideRefused,
)
from dispatch.messages.notices import (
    DriverSnapshot,
    DriverWarned,
    FareNews,
    Faulted,
    NoteNews,
    OfferClosed,
    OfferMade,
    PaymentChanged,
    RideAccepted,
    RideProgress,
)
from dispatch.messages.providers import PushOffer
from dispatch.ports import EventStore
from dispatch.principals import SYSTEM
from dispatch.runtime import Runtime, receives
from dispatch.words import OfferOutcome, RefusalCode, ReleaseReason, Result

EVENTS_A_FOLD: Final = 100
"""A driver who is woken reads at most about this many events, the answers to the last commands among them."""
NOTHING_DONE: Final[tuple[str, ...]] = (RefusalCode.UNAVAILABLE, RefusalCode.INTERNAL)
"""Codes of refusals that do not judge the command: the same id may be sent again."""


class DriverOptions(msgspec.Struct, frozen=True):
    """Times in seconds. `claim_retry_s`: a claim is repeated so often. `live_offers`: how many offers may be open at once.
    `document_warning_s`: a driver is warned so long before a document ends. `retire_after_s`: a driver on no ride, for whom no
    connection speaks, leaves memory after this. `sleep_max_s`: a driver whose connection was lost may be woken by a push for so long.
    `events_a_fold`: after so many events all of them are folded into one. `mask`:
    how much of a ride is told once it is long over.
    """

    claim_retry_s: float = Rules.claim_retry_s
    live_offers: int = Rules.live_offers
    memory: Memory = Memory()
    document_warning_s: float = Rules.document_warning_s
    retire_after_s: float = Rules.link_grace_s + Rules.retire_after_s
    sleep_max_s: float = Rules.sleep_max_s
    events_a_fold: int = EVENTS_A_FOLD
    mask: RideMask = RideMask()


class _Rebuilt(Message, frozen=True, gc=False):
    """The actor before this one left these offers: their endings must be told."""

    endings: tuple[OfferEnding, ...]


class _ConnectAgain(Message, frozen=True, gc=False):
    """The events of the connection were lost, and the app is still there. Until they are on record the driver can be asked nothing."""


class _LongOver(Message, frozen=True, gc=False):
    """The driver has been free of this ride for so long that all of it is nothing to them any more."""

    ride_id: RideId


class _SleptOut(Message, frozen=True, gc=False):
    """The driver's app, whose connection was lost, could be woken until this Unix second."""

    until: float


class _Retire(Message, frozen=True, gc=False):
    """Connection `number` was gone at Unix second `since`, and the driver on no ride."""

    number: Number
    since: float


class DriverActor(RecordedActor):
    """One driver."""

    __slots__ = ("_is_rebuilt", "_version", "app", "board", "claim", "dispatcher", "driver", "driver_id",
                 "life", "offers", "options", "pending_snapshot",
                 "standing")  # fmt: skip

    def __init__(
        self, runtime: Runtime, address: str, store: EventStore, board: PositionBoard, options: DriverOptions, zone: str
    ) -> None:
        """`zone`: whose dispatcher asks this driver."""
        self.driver_id = DriverId(addresses.name_of(address))
        self.driver = DriverRecord(self.driver_id)
        super().__init__(runtime, address, store, self.driver)
        self.options = options
        self.board = board
        self.dispatcher = addresses.dispatcher(zone)
        self.life = runtime.next_number()
        self.app = Conversation(options.memory)
        self.offers = Offers()
        self.claim = Claim()
        self.standing = Standing(options.document_warning_s)
        self._version = 0
        self._is_rebuilt = False
        self.pending_snapshot: bool | None = None
        """The driver's snapshot. Deferred while a claim is unanswered, because only the ride knows the result. The value says whether
        the app has heard all that came before; None: no snapshot is due.
        """

    # -- lives

    def on_start(self) -> None:
        self.app.replay(self.restore(), None if self._is_rebuilt else self.incarnation)
        self._read_card()
        self.claim.take_over(self)

    def carry_over(self, before: "DriverActor") -> None:  # type: ignore[override]
        super().carry_over(before)
        self._is_rebuilt = True
        self.app, self.offers, self.claim = before.app, before.offers, before.claim
        self.standing, self.driver.held_back = before.standing, before.driver.held_back
        self.driver.wakes_until = before.driver.wakes_until
        self.app.cut(self.recorded)
        seq = self.app.stream.seq
        if self.claim.told is not None and self.claim.told.seq > seq:
            self.claim.told = None
        self.runtime.tell(self.address, _Rebuilt(self.offers.lose(before.driver.reservation, seq)))

    @receives(_Rebuilt)
    def _on_rebuilt(self, message: _Rebuilt) -> None:
        reservation = self.driver.reservation
        for ending in message.endings:
            if reservation is None or reservation.offer_id != ending.offer_id:
                self._close(*ending)
        self.pending_snapshot = False
        self.say_pending_snapshot()  # it stands for whatever else the app was to hear in the turn that was lost
        self.announce(asked=True)
        self.standing.say(self, is_new_link=True)
        self.retire_later()
        until = self.driver.wakes_until
        if until:  # the turn that was lost may have been the end of the sleep
            self.runtime.set_timer(max(0.0, until - self.runtime.now), self.address, _SleptOut(until))
        if self.driver.card is None:
            self.runtime.set_timer(self.options.claim_retry_s, self.address, _ConnectAgain())

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        lost = self.lose(message)
        if lost is not None:
            for each in lost:
                if isinstance(each, _ANSWERED):
                    text = f"nothing was done, try again: {message.reason}"
                    self.app.fail_retryable(self, each, RefusalCode.UNAVAILABLE, text)
            self.runtime.rebuild(self.address)

    def on_set_aside(self, message: Any, error_id: str) -> None:
        if isinstance(message, Attach | Detach):
            if self.app.set_aside(self, message, error_id):
                self.retire_later()
        elif isinstance(message, _ANSWERED):
            self.app.fail_retryable(self, message, RefusalCode.INTERNAL, str(InternalError(error_id)))

    def on_quarantine(self, error_id: str) -> None:
        if self.app.link is not None:
            self.runtime.tell(self.app.link, Faulted(error_id))
        self._version += 1
        gone = DriverState(self.driver_id, self.life, self._version, OFFLINE, asked=True)
        self.runtime.tell(self.dispatcher, gone)

    def retire_later(self) -> None:
        """Leave memory after `retire_after_s`, unless a connection or a ride needs this driver by then."""
        if self.app.link is None and self.driver.binding == FREE:
            now = self.runtime.now
            held_s = max((offer.lease.closes_at - now for offer in self.offers.open.values()), default=0.0)
            retire = _Retire(self.app.link_number, now)
            self.runtime.set_timer(max(self.options.retire_after_s, held_s), self.address, retire)

    @receives(_Retire)
    def _on_retire(self, message: _Retire) -> None:
        if self.app.link is not None or message.number != self.app.link_number or self.driver.binding != FREE:
            return
        if self.driver.wakes_until:
            return  # who is asleep stays, and leaves later
        if any(offer.lease.closes_at > self.runtime.now for offer in self.offers.open.values()):
            self.retire_later()  # a push is out
            return
        fix = self.board.position(self.driver_id)
        is_back = fix is not None and fix.at > message.since  # a connection is open, and its `Attach` is on its way
        if is_back or not self.leave():
            self.retire_later()

    def leave(self) -> bool:
        """Leave memory now, unless a connection, a ride or a commit needs this driver. Whether that is done."""
        if self.driver.wakes_until:
            self._sleep_no_more()
        is_needed = self.app.link is not None or self.driver.binding != FREE or not self.is_committed
        if is_needed or not self.runtime.retire(self.address):
            return False
        self.board.forget(self.driver_id)
        self.runtime.tell(self.dispatcher, DriverGone(self.driver_id, self.life))
        return True

    # -- the connection

    @receives(Attach)
    def _on_attach(self, message: Attach) -> None:
        was_connected, is_known = self.app.link is not None, self._is_known()
        if not self.app.take_link(self, message):
            return
        self.driver.wakes_until = 0.0
        if not was_connected or self.driver.card is None:
            self._connect()
            if self.driver.held_back is not None:
                self.end_all_offers(UNAVAILABLE)  # made while the driver was asleep
        self.app.welcome(self, message, self._snapshot if is_known else None)
        self.standing.say(self, is_new_link=True)
        # Ahead of the disk: otherwise a ride that is booked now, whose search comes ahead, would pass this driver over.
        self.announce(ahead=True)

    @receives(Resume)
    def _on_resume(self, message: Resume) -> None:
        """Within a connection: the app noticed a gap."""
        if self.app.link is not None and message.number == self.app.link_number:
            self.app.welcome(self, message, self._snapshot if self._is_known() else None)

    @receives(_ConnectAgain)
    def _on_connect_again(self, message: _ConnectAgain) -> None:
        if self.app.link is not None and self.driver.card is None:
            self._connect()
            self.announce(ahead=True)

    @receives(Detach)
    def _on_detach(self, message: Detach) -> None:
        if not self.app.lose_link(message.number):
            return
        if decisions.may_sleep(message.reason):
            self._fall_asleep()
        held = self.end_all_offers(OfferOutcome.VANISHED)
        self._record(DriverOffline(self.driver_id, message.reason))
        if not held:
            self.announce()
        self.retire_later()

    def _fall_asleep(self) -> None:
        """Nobody speaks for the driver any more, but a push can wake their app, if they have a device for it."""
        sleep_max_s = self.options.sleep_max_s
        if sleep_max_s > 0.0 and self.store.has_device(self.driver_id):
            self.driver.wakes_until = self.runtime.now + sleep_max_s
            self.runtime.set_timer(sleep_max_s, self.address, _SleptOut(self.driver.wakes_until))

    def _sleep_no_more(self) -> None:
        """The app cannot be woken any more: open offers give their places back, and the driver is offline."""
        self.driver.wakes_until = 0.0
        if not self.end_all_offers(OfferOutcome.VANISHED):
            self.announce()
        self.retire_later()

    @receives(_SleptOut)
    def _on_slept_out(self, message: _SleptOut) -> None:
        """Nobody asks the driver any more. A push may be out: whoever it wakes finds what it told of, as long as that lasts."""
        if message.until == self.driver.wakes_until:
            self.driver.wakes_until = 0.0
            self.announce()
            self.retire_later()

    @receives(DevicesChanged)
    def _on_devices_changed(self, message: DevicesChanged) -> None:
        if self.driver.wakes_until and not self.store.has_device(self.driver_id):
            self._sleep_no_more()

    def _connect(self) -> None:
        if self.driver.card is None:  # somebody may have registered this driver while nobody could connect
            self._read_card()
        self.driver.held_back = self.standing.read(self)
        for event in decisions.connected(self.driver):
            self._record(event)

    def _read_card(self) -> None:
        """The store's card has the ratings that passengers gave meanwhile."""
        self.driver.card = self.store.driver_card(self.driver_id) or self.driver.card

    def _is_known(self) -> bool:
        """Whether there is anything that an app which comes back must know."""
        return self.driver.is_known or self.app.stream.seq > 0

    # -- the driver's file

    @receives(DriverFileChanged)
    def _on_file_changed(self, message: DriverFileChanged) -> None:
        self._read_card()
        self.standing.change(self, self.standing.read(self))
        self._on_devices_changed(DevicesChanged())  # who is suspended is logged out, and their devices with them
        self.announce()

    @receives(LookAtFile)
    def _on_look_at_file(self, message: LookAtFile) -> None:
        if self.standing.fired(message.at):
            self.standing.change(self, self.standing.held_back(self.runtime.now))

    # -- offers

    @receives(OfferRide)
    def _on_offer(self, message: OfferRide) -> None:
        lease, is_connected = message.lease, self.app.link is not None
        most, now = self.options.live_offers, self.runtime.now
        refusal = decisions.refusal(self.driver, self.offers, lease, is_connected, now, most, binds=message.bind)
        older = self.offers.open.get(lease.ride_id)
        if refusal:
            if older is not None and older.lease.search_no < lease.search_no:  # it stood beyond the driver's sleep
                self._close(lease.ride_id, older.lease.offer_id, OfferOutcome.SUPERSEDED)
            self.announce(lease.offer_id, refusal, lease.ride_id)
            return
        # Staff bind by the offer that the driver holds.
        if older is not None and older.lease.offer_id != lease.offer_id:
            self._close(lease.ride_id, older.lease.offer_id, OfferOutcome.SUPERSEDED)
        if message.bind:
            self.offers.open[lease.ride_id] = OfferMade(lease, message.ride, message.pickup_eta_s)
            accept = AcceptOffer(SYSTEM, lease.ride_id, lease.offer_id)
            self._reserve(decisions.answer(self.driver, self.offers, accept, now))
        else:
            self.offers.open[lease.ride_id] = self.app.say(self, OfferMade(lease, message.ride, message.pickup_eta_s))
            if not is_connected:
                push = PushOffer(self.driver_id, lease.ride_id, lease.offer_id, lease.expires_at)
                # At once: the offer is on disk already, and nothing that this driver records could take it back.
                self.runtime.tell(addresses.PUSHES, push)

    @receives(CloseOffer)
    def _on_close_offer(self, message: CloseOffer) -> None:
        offer = self.offers.open.get(message.ride_id)
        if offer is not None and offer.lease.offer_id == message.offer_id:
            self._close(message.ride_id, message.offer_id, message.reason)

    @receives(AcceptOffer, DeclineOffer)
    def _on_answer(self, message: AcceptOffer | DeclineOffer) -> None:
        if not self.app.is_new(self, message):
            return
        app, claim, command = self.app, self.claim, message.command
        decision = decisions.answer(self.driver, self.offers, message, self.runtime.now)
        if decision.accepted is not None:
            self._reserve(decision, command)
            return
        for event in decision.events:
            self._record(event)
        if decision.ended:
            closings = [self._end_offer(offer, outcome) for offer, outcome in decision.ended]
            app.done(self, command, *closings, result=decision.result)
        elif decision.verdict is CLOSE_AGAIN:
            self._close_again(message)
        elif decision.verdict is REFUSE:
            app.refuse(self, command, RefusalCode.ILLEGAL_NOW, decisions.MUST_CANCEL, message.ride_id)
        elif claim.told is not None and self.driver.binding == BOUND:
            app.say_again(self, claim.told)
            app.done(self, command, claim.told)
        elif command is not None:
            claim.commands += (command,)

    def _reserve(self, decision: decisions.DriverDecision, command: Command | None = None) -> None:
        """The driver, or staff for the driver, accepted: claim the ride, and give back every other offer."""
        lease = decision.accepted
        assert lease is not None
        for event in decision.events:
            self._record(event)
        del self.offers.open[lease.ride_id]
        self.claim.commands = (command,) if command is not None else ()
        self._read_card()
        self.claim.make(self)
        self.announce(lease.offer_id, OfferOutcome.ACCEPTED, lease.ride_id)
        for other, outcome in decision.ended:
            self._end_offer(other, outcome)

    @receives(SetAvailability)
    def _on_set_availability(self, message: SetAvailability) -> None:
        if not self.app.is_new(self, message):
            return
        decision = decisions.set_availability(self.driver, self.offers, message)
        for event in decision.events:
            self._record(event)
        for offer, outcome in decision.ended:
            self._end_offer(offer, outcome)
        if decision.events and not decision.ended:
            self.announce()
        self.app.done(self, message.command)
        if message.available:
            self.standing.say(self)

    def _end_offer(self, offer: OfferMade, outcome: OfferOutcome) -> OfferClosed:
        """The offer ends on the driver's side: the dispatcher may ask somebody else."""
        lease = offer.lease
        closing = self._close(lease.ride_id, lease.offer_id, TOLD_AS.get(outcome, outcome))
        self.announce(lease.offer_id, outcome, lease.ride_id)
        return closing

    def end_all_offers(self, outcome: OfferOutcome) -> bool:
        """Every open offer ends so on the driver's side. Returns whether there was one."""
        held = list(self.offers.open.values())
        for offer in held:
            self._end_offer(offer, outcome)
        return bool(held)

    def _close(self, ride_id: RideId, offer_id: OfferId, reason: OfferOutcome) -> OfferClosed:
        """Tell the app that this offer is over."""
        closing: OfferClosed = self.app.say(self, OfferClosed(ride_id, offer_id=offer_id, reason=reason))
        self.offers.close(closing)
        return closing

    def _close_again(self, message: AcceptOffer | DeclineOffer) -> None:
        """The answer comes too late: tell the closing again. It may be that of an offer of an earlier life, which is on record."""
        ride_id, offer_id = message.ride_id, message.offer_id
        closing = self.offers.closing_of(ride_id, offer_id)
        if closing is not None:
            self.app.say_again(self, closing)
        elif self._was_asked(ride_id):
            ending = ending_on_record(self.store.events_of_ride(ride_id), self.driver_id, offer_id)
            closing = self._close(*ending) if ending is not None else None
        if closing is None:
            self.app.refuse(self, message.command, NoSuchRide.code, NoSuchRide.says, ride_id)
        else:
            self.app.done(self, message.command, closing, result=Result(closing.reason))

    # -- the ride that the driver claims

    @receives(ClaimAgain)
    def _on_claim_again(self, message: ClaimAgain) -> None:
        if self.driver.claims(message.offer_id):
            self.claim.make(self)

    @receives(ClaimGranted)
    def _on_claim_granted(self, message: ClaimGranted) -> None:
        self.claim.grant(self, message)

    @receives(ClaimRefused)
    def _on_claim_refused(self, message: ClaimRefused) -> None:
        if not self.driver.claims(message.offer_id):
            return
        # The ride was theirs, and the word that it is not any more was lost with a life of this actor.
        if self.claim.ride is not None:
            self.pending_snapshot = False
        self._release(ReleaseReason(message.reason))
        closing = self._close(message.ride_id, message.offer_id, message.reason)
        self.claim.answer_accepts(self, closing, Result(message.reason))
        self.announce()

    def _release(self, reason: ReleaseReason) -> None:
        reservation = self.driver.reservation
        for event in decisions.released(self.driver, reason, self.app.link is not None):
            self._record(event)
        if self.options.mask.by_area and reservation is not None:
            self.runtime.set_timer(WHOLE_AFTER_END_S, self.address, _LongOver(reservation.ride_id))
        self.claim.clear()
        self.say_pending_snapshot()
        self.retire_later()

    @receives(_LongOver)
    def _on_long_over(self, message: _LongOver) -> None:
        """An app that comes back, or sends a command again, reads no more of that ride than who was only asked for it."""
        reservation, shown = self.driver.reservation, self.options.mask.shown
        if reservation is not None and reservation.ride_id == message.ride_id:
            return  # the driver has it again

        def told(notice: Any) -> Any:
            is_of_it = isinstance(notice, RideAccepted | DriverSnapshot) and notice.ride is not None
            return (
                replace(notice, ride=shown(notice.ride))
                if is_of_it and notice.ride.ride_id == message.ride_id
                else notice
            )

        self.app.retell(told)

    # -- the ride that the driver is on

    @receives(*get_args(RideCommand))
    def _on_ride_command(self, message: RideCommand) -> None:
        """The ride decides. It may be asleep, and is woken: a ride is rated when it is over."""
        if not self.app.is_new(self, message):
            return
        if self._was_asked(message.ride_id):
            self.send(addresses.ride(message.ride_id), message, self.address)
        else:
            self.app.refuse(self, message.command, NoSuchRide.code, NoSuchRide.says, message.ride_id)

    def _was_asked(self, ride_id: RideId) -> bool:
        """Whether the driver may know of this ride. Of any other they hear that there is none, for the work of one look-up."""
        reservation = self.driver.reservation
        has_it = reservation is not None and reservation.ride_id == ride_id
        return has_it or ride_id in self.offers.open or self.store.was_asked(self.driver_id, ride_id)

    @receives(Undelivered)
    def _on_undelivered(self, returned: Undelivered) -> None:
        """A ride does not handle what it was told. A claim is repeated, unless the ride will never answer."""
        message: RideCommand | ClaimRide = returned.message
        if isinstance(message, ClaimRide):
            if returned.is_gone:
                self._on_claim_refused(ClaimRefused(message.ride_id, message.offer_id, UNAVAILABLE))
            elif self.store.keeps_at_once:
                self.claim.make_later(self, message.offer_id)
        elif returned.is_gone:
            self.app.refuse(self, message.command, NoSuchRide.code, NoSuchRide.says, message.ride_id)
        else:
            self.app.fail_retryable(self, message, RefusalCode.UNAVAILABLE, Unavailable.says)

    @receives(ForDriver)
    def _on_word_of_ride(self, message: ForDriver) -> None:
        """A notice of the ride goes into the driver's own stream. Some release the driver, and some answer a command."""
        self.depend_on(message.after)
        notice, releases = message.notice, message.releases
        reservation = self.driver.reservation
        is_current = reservation is not None and reservation.ride_id == notice.ride_id
        if isinstance(notice, PaymentChanged | DriverWarned):
            # A warning concerns the ride under way. Of a payment, whoever is not connected reads later, over HTTP.
            is_wanted = is_current if isinstance(notice, DriverWarned) else self.app.link is not None
            if is_wanted:
                self.app.say(self, notice)
            return
        if isinstance(notice, FareNews | NoteNews):
            if is_current:
                self.claim.take_news(notice)
                self.app.say(self, notice)
            return
        if is_current and releases:
            self._release(releases)
        elif is_current and isinstance(notice, RideProgress):
            self.claim.follow(notice)
        told = self.app.say(self, notice)
        # Whether or not the app was told before a restart that the claim was granted.
        self.claim.answer_accepts(self, told)
        if message.command is not None:
            self.app.done(self, message.command, told, kept=True)
        if self.driver.binding == FREE:
            self.announce()

    @receives(RideAnswered)
    def _on_ride_answered(self, message: RideAnswered) -> None:
        self.app.done(self, message.command, result=message.result, kept=True)

    @receives(RideRefused)
    def _on_ride_refused(self, message: RideRefused) -> None:
        if message.code in NOTHING_DONE:
            self.app.fail_retryable(self, message, message.code, message.text)
        else:
            when = message.wait_s, message.tries_left
            self.app.refuse(self, message.command, message.code, message.text, message.ride_id, None, *when)

    # -- what the app and the dispatcher are told

    def _snapshot(self, recovered: bool) -> DriverSnapshot | None:
        """All that the app must know. None while only the ride can tell: then it is told as soon as the ride answers."""
        claim = self.claim
        if self.driver.binding == RESERVED and claim.ride is None:
            self.pending_snapshot = recovered
            return None
        self.pending_snapshot = None
        offer = next(iter(self.offers.open.values()), None)
        status = self.driver.status(self.app.link is not None)
        if status == self.driver.held_back:
            status = WANTS_NO_OFFERS  # the reason is a notice of its own, and apps know this word
        return DriverSnapshot(status, offer, claim.ride, claim.status, recovered, claim.waiting)

    def say_pending_snapshot(self) -> DriverSnapshot | None:
        """Tell the app the snapshot that is due, if one is and it can be told now."""
        recovered = self.pending_snapshot
        notice = self._snapshot(recovered) if recovered is not None and self.app.link is not None else None
        return self.app.say(self, notice) if notice is not None else None

    @receives(AnnounceState)
    def _on_announce_state(self, message: AnnounceState) -> None:
        self.announce(asked=True)

    def announce(
        self,
        ended: OfferId | None = None,
        outcome: OfferOutcome | None = None,
        ride_id: RideId | None = None,
        asked: bool = False,
        ahead: bool = False,
    ) -> None:
        """Tell the dispatcher the driver's whole state. `ended`: the offer of `ride_id` that ended, with its outcome.

        `ahead`: before the driver's events are on disk. The state is true now, and nobody but the dispatcher gets it.
        """
        self._version += 1
        driver, offers = self.driver, self.offers.open
        state = DriverState(
            self.driver_id,
            self.life,
            self._version,
            driver.status(self.app.link is not None),
            tuple([offer.lease.offer_id for offer in offers.values()]) if offers else (),
            ended,
            outcome,
            ride_id,
            asked,
            driver.card.vehicle_type if driver.card is not None else "",
        )
        if ahead:
            self.send_ahead(self.dispatcher, state)
        else:
            self.send(self.dispatcher, state)

    def _record(self, event: Any) -> None:
        """Record an event. Now and then all events are folded into one, so that a later life need not read them all."""
        if getattr(event, "command", None) is not None:
            self.app.record(self, event)
        else:
            self.record(event)
        if self.driver.unfolded >= self.options.events_a_fold:
            self.record(self.driver.folded())


_ANSWERED: Final = (
    AcceptOffer, DeclineOffer, SetAvailability, RideCommand, Resume,
    ForDriver, RideAnswered, RideRefused,
)  # fmt: skip
"""Messages with a command of the app, or with the ride's answer to one: the app must be answered even if the turn is lost."""
