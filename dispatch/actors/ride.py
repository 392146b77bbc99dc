"""The ride's actor: the one truth of a booking and of who has it. Every command and every answer about a ride passes its mailbox.

A handler looks up, lets `domain.ride` decide, records the events and tells whoever they concern: one table (`MEANING`) says what each
event means to the passenger, the driver, the dispatcher, the tracker and the payment provider. Everything else that a ride waits for
is in its parts: the conversation with the passenger's app, the open question of a booking, the claims in the window of acceptance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from dispatch import addresses
from dispatch.actors.parts.askers import asker_of, booker_of
from dispatch.actors.parts.conversation import Conversation, Memory
from dispatch.actors.recorded import RecordedActor
from dispatch.domain.places.following import Tracks
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.ride import agreement, journey
from dispatch.domain.ride.record import (
    ACCEPTED,
    ARRIVED,
    CHARGED,
    COMPLETED,
    PENDING,
    SCHEDULED,
    TERMINAL,
    UNBOOKED,
    UNDER_WAY,
    WITH_DRIVER,
    Decision,
    Refusal,
    RideRecord,
    RideRules,
    is_foreign,
)
from dispatch.errors import IllegalTransition, InternalError, NoSuchRide, Unavailable
from dispatch.ids import DriverId, Number, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.commands import (
    AssignRide,
    Attach,
    CancelRide,
    ChangeFare,
    CompleteRide,
    DeskRequest,
    Detach,
    EditRide,
    FindDriver,
    RateRide,
    ReassignRide,
    ReportArrived,
    ReportNoShow,
    Resume,
    StartRide,
)
from dispatch.messages.events import (
    CallerTexted,
    ChargeDeclined,
    ChargeRequested,
    ChargeSettled,
    FareChanged,
    NoteChanged,
    PassengerNoShow,
    PinRefused,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideCompleted,
    RideRated,
    RideRequested,
    RideScheduled,
    RideStarted,
    RideUnassigned,
    SearchFailed,
    TrackRecorded,
)
from dispatch.messages.journal import NotAppended
from dispatch.messages.matching import (
    AnnounceHold,
    AnnounceState,
    ClaimGranted,
    ClaimRide,
    DriverStalled,
    EndSearch,
    FollowDriver,
    ForDriver,
    HoldPassenger,
    LeavePassenger,
    PassengerBusy,
    PassengerTaken,
    RoundOpened,
    SearchDriver,
    SearchExhausted,
    StopFollowing,
    TakePassenger,
    TrackGrown,
)
from dispatch.messages.notices import (
    NOWHERE,
    DriverAssigned,
    DriverCancelled,
    DriverWarned,
    FareNews,
    Faulted,
    NoDrivers,
    NoteNews,
    NotYours,
    PassengerSnapshot,
    PaymentChanged,
    RideEnded,
)
from dispatch.messages.providers import (
    CollectFare,
    FareCollected,
    FareDeclined,
    FareUnknown,
    NotPriced,
    Priced,
    QuoteGranted,
    QuoteRefused,
    TextSent,
)
from dispatch.ports import EventStore
from dispatch.principals import PASSENGER, Principal
from dispatch.runtime import Runtime, receives
from dispatch.values import Price, as_said
from dispatch.words import Leg, OfferOutcome, Party, RefusalCode, ReleaseReason, RideWarning, SystemReason


class AskedInVain(Message, frozen=True, gc=False):
    """The question with this number was asked long ago; `text` says so to the passenger."""

    number: Number
    text: str


class _TimeHasCome(Message, frozen=True, gc=False):
    """The search of a ride that is booked for this second begins now."""

    pickup_at: float


class _PassengerGone(Message, frozen=True, gc=False):
    """The connection with this number has been gone for the whole grace."""

    number: Number


class _Overdue(Message, frozen=True, gc=False):
    """The driver who was assigned at this second has had the ride for as long as any may."""

    assigned_at: float


class _Decide(Message, frozen=True, gc=False):
    """The window of acceptance that ends at this second is over."""

    at: float


class _AskAgain(Message, frozen=True, gc=False):
    """The question with this number to the payment provider has no answer yet, or one that says nothing."""

    number: int


class _Retire(Message, frozen=True, gc=False):
    """The ride was over, and connection `number` gone, when this was set."""

    number: Number


class _Rebuilt(Message, frozen=True, gc=False):
    """There was a life before this one, and a turn of it was lost."""


RideOrder = (
    ReportArrived
    | StartRide
    | CompleteRide
    | ReportNoShow
    | RateRide
    | CancelRide
    | AssignRide
    | ReassignRide
    | ChangeFare
    | EditRide
)
"""A command that the record alone decides."""
OutsideAnswer = PassengerTaken | PassengerBusy | Priced | QuoteGranted | QuoteRefused | NotPriced | AskedInVain
"""What the open question of a booking is answered with."""
COMMANDS: Final = (FindDriver, CancelRide, RateRide, ReportArrived, StartRide, CompleteRide, ReportNoShow, DeskRequest)


class RideActor(RecordedActor):
    """One booking. It decides from its own record alone, in the order in which messages arrive."""

    __slots__ = ("_asked_provider", "_end", "_goes_on", "_holder", "_holds", "_tracks", "app", "claims", "question", "ride",
                 "ride_id", "rules")  # fmt: skip

    def __init__(
        self,
        runtime: Runtime,
        address: str,
        store: EventStore,
        rules: RideRules,
        tracks: Tracks | None = None,
        memory: Memory = Memory(),  # noqa: B008  # frozen
    ) -> None:
        """`tracks`: where drivers on a ride are; None: nobody is followed here."""
        self.ride_id = RideId(addresses.name_of(address))
        self.ride = RideRecord(self.ride_id)
        super().__init__(runtime, address, store, self.ride)
        self.rules = rules
        self.app = Conversation(memory, self.ride_id)
        self.question = agreement.OpenQuestion()
        self.claims: journey.WaitingClaims | None = None
        self._tracks = tracks
        self._holder = ""
        """The id of the passenger whose app this ride speaks to, or spoke to last."""
        self._holds: PassengerId | None = None
        """The passenger whose actor was told, or asked, that this is their open ride."""
        self._asked_provider = 0
        """How often the payment provider was asked, in this process."""
        self._end: Any = None
        """The notice by which the passenger heard of the end, with its number."""
        self._goes_on = False

    # -- its life

    def on_start(self) -> None:
        """Take up what the record says was under way."""
        events = self.restore()
        self.app.replay(events, None if self._goes_on else self.incarnation)
        if events or self._goes_on:
            self._collect()
            self._settle_hold()
            self._search_again()
            self._wait_for_time()
            self._arm_end()
            self._follow()
        if events and not self._goes_on:
            self._text_caller()
            if self.ride.is_over:
                self.retire_later()  # it may have been woken for the text alone

    def carry_over(self, before: RideActor) -> None:  # type: ignore[override]
        super().carry_over(before)
        self._goes_on = True
        self.app, self.question, self._holds = before.app, before.question, before._holds
        self._holder, self._asked_provider, self._end = before._holder, before._asked_provider, before._end
        self.app.cut(self.recorded)
        if self._end is not None and self._end.seq > self.app.stream.seq:
            self._end = None
        self.runtime.tell(self.address, _Rebuilt())

    @receives(_Rebuilt)
    def _on_rebuilt(self, message: _Rebuilt) -> None:
        """Say whatever the app was to hear in the turn that was lost."""
        if self.ride.status != UNBOOKED:
            self.app.say(self, self.snapshot())
        self.retire_later()

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        lost = self.lose(message)
        if lost is None:
            return
        waiting = [each for each in self.question.take_all() if not any(each is other for other in lost)]
        for unsettled in (*lost, *waiting):
            self._fail(unsettled, Unavailable.code, f"nothing was done, try again: {message.reason}")
        self.runtime.rebuild(self.address)

    def on_set_aside(self, message: Any, error_id: str) -> None:
        """The handler of `message` failed. Whoever waits for it, or for what it was to settle, hears so."""
        if isinstance(message, Attach | Detach):
            if self.app.set_aside(self, message, error_id):
                self._on_link_lost()
            return
        lost = (message,)
        if self.question.in_hand:
            lost = (message, *self.question.take_all())
        elif self.question.booking is message:
            self.question.booking = None
        for unsettled in lost:
            self._fail(unsettled, InternalError.code, str(InternalError(error_id)))
        self._settle_hold()

    def on_quarantine(self, error_id: str) -> None:
        """Whoever is bound to this ride, or looks for a driver for it, goes on without it."""
        ride, tell = self.ride, self.runtime.tell
        if self.app.link is not None:
            tell(self.app.link, Faulted(error_id))
        if self._holds is not None:
            tell(addresses.passenger(self._holds), LeavePassenger(self.ride_id))
        if ride.driver is not None and not ride.is_over:
            ended = RideEnded(self.ride_id, by=Party.SYSTEM, reason=SystemReason.OUT_OF_SERVICE, fee=0)
            tell(addresses.driver(ride.driver.driver_id), ForDriver(ended, releases=ReleaseReason.CANCELLED))
            if self._tracks is not None:
                tell(addresses.tracker(self.ride.zone), StopFollowing(self.ride_id))
        if ride.status == PENDING:
            tell(addresses.dispatcher(self.ride.zone), EndSearch(self.ride_id, ride.search_no, OfferOutcome.CANCELLED))

    def _fail(self, message: Any, code: RefusalCode, text: str) -> None:
        """Nothing came of this message: tell whoever sent it, if it was a command. The same may be sent again."""
        if isinstance(message, Attach):
            message = message.resume
        if isinstance(message, Resume):
            self.app.fail_retryable(self, message, code, text)
        elif isinstance(message, COMMANDS):
            asker_of(message).fail(self, message, code, text)

    def retire_later(self) -> None:
        """Leave memory after a while, if nobody is connected and nothing is under way."""
        if self.app.link is None and self._may_retire():
            self.runtime.set_timer(self.rules.retire_after_s, self.address, _Retire(self.app.link_number))

    def _may_retire(self) -> bool:
        """Timers of a ride that left memory wake nobody: not while a price is asked for, or money is under way."""
        ride = self.ride
        is_idle = ride.is_over or ride.status == UNBOOKED
        return is_idle and self.question.booking is None and ride.payment_status != CHARGED

    @receives(_Retire)
    def _on_retire(self, message: _Retire) -> None:
        if message.number == self.app.link_number and not self.leave():
            self.retire_later()

    def leave(self) -> bool:
        """Leave memory now, unless a connection, a commit or what is under way needs this ride. Whether that is done."""
        is_needed = self.app.link is not None or not self._may_retire() or not self.is_committed
        if is_needed or not self.runtime.retire(self.address):
            return False
        if self.ride.is_over:
            self.store.forget(self.ride_id)
        return True

    # -- the passenger's connection

    @receives(Attach)
    def _on_attach(self, message: Attach) -> None:
        who = message.principal
        if self._is_foreign(who):
            self.runtime.tell(message.session, NotYours())
            self.retire_later()  # the ride may have been woken for this
            return
        if self._holder != who.id and self.ride.status == UNBOOKED:
            self.app = self.app.afresh()  # what somebody else heard who came here first is no answer to this one
        self._holder = who.id
        if self.app.take_link(self, message):
            self.app.welcome(self, message, self.snapshot if self.ride.status != UNBOOKED else None)
            if self.ride.driver is not None:
                self._follow()

    @receives(Resume)
    def _on_resume(self, message: Resume) -> None:
        if self.app.link is not None and message.number == self.app.link_number:
            self.app.welcome(self, message, self.snapshot if self.ride.status != UNBOOKED else None)

    @receives(Detach)
    def _on_detach(self, message: Detach) -> None:
        if self.app.lose_link(message.number):
            self._on_link_lost()

    def _on_link_lost(self) -> None:
        if self.ride.status == PENDING:
            self._arm_end()
        self._follow()
        self.retire_later()

    def _is_foreign(self, who: Principal) -> bool:
        """Whether this ride is another passenger's. Who waits to book it, or whose booking has no answer yet, holds it."""
        is_held = self.app.link is not None or self.question.booking is not None
        return is_foreign(self.ride, who, self._holder if is_held else "")

    def _turns_away(self, message: Any) -> bool:
        """Whether this came from a passenger whose ride it is not. Their session heard `NotYours` and answers it; a request is answered
        here.
        """
        is_foreign = self._is_foreign(message.principal)
        if is_foreign and getattr(message, "reply_to", None) is not None:
            asker_of(message).refuse(self, message, Refusal(NoSuchRide.code, NoSuchRide.says))
        return is_foreign

    def snapshot(self, recovered: bool = False) -> PassengerSnapshot:
        """The ride as its passenger may see it now."""
        ride, trip = self.ride, self.ride.trip
        left = NOWHERE
        if self._tracks is not None and ride.driver is not None and trip is not None and ride.status in WITH_DRIVER:
            where = self._tracks.where(ride.driver.driver_id)
            if where is not None:
                left = journey.way(self.rules.travel, *where, ride.heads_for, self.runtime.now)
        return PassengerSnapshot(
            self.ride_id,
            ride.status,
            ride.fare if trip is not None else None,
            ride.driver,
            recovered,
            ride.pin if ride.status in (ACCEPTED, ARRIVED) else "",
            ride.pickup_at,
            ride.payment_status,
            left,
            trip,
            agreement.terms(ride, self.runtime.now, self.rules),
            (self._end or journey.end_notice(ride)) if ride.is_over else None,
        )

    # -- it is booked

    @receives(FindDriver)
    def _on_find_driver(self, message: FindDriver) -> None:
        if self._turns_away(message):
            return
        if self.question.booking is not None:
            self._wait_behind(message)
            return
        if not asker_of(message).is_new(self, message) or not self._is_news(message):
            return
        ride = self.ride
        if agreement.needs_hold(ride, message, self.runtime.now, self.rules):
            self._holds = (ride.passenger or message.passenger).passenger_id
            number = self._ask(message, agreement.NO_WORD_OF_PASSENGER)
            self.send(addresses.passenger(self._holds), TakePassenger(self.ride_id, number))
        else:
            self._price(message)

    def _is_news(self, message: FindDriver) -> bool:
        """Whether there is something to book. If not, whoever asked hears so."""
        is_news = agreement.is_news(self.ride, message, self.rules)
        if not is_news:
            booker_of(message).is_old(self, message)
        return is_news

    def _wait_behind(self, message: agreement.Waiting) -> None:
        """The open question comes first; this is taken up again after its answer."""
        question = self.question
        if len(question.waiting) < agreement.MOST_WAITING:
            question.waiting = (*question.waiting, message)
        else:
            self._fail(message, Unavailable.code, agreement.TOO_MUCH_WAITS)

    def _ask(self, message: FindDriver, without: str) -> Number:
        """Somebody is asked about this booking, under the number that is returned. `without`: what is told if no answer comes."""
        # No life of any ride gives a number again: a late answer to a question of an older one is seen to be that.
        number = self.runtime.next_number()
        self.question.ask(message, number)
        self.runtime.set_timer(self.rules.price_patience_s, self.address, AskedInVain(number, without))
        return number

    def _price(self, message: FindDriver) -> None:
        """Book at the price that can be said at once, or ask for it."""
        now, rules = self.runtime.now, self.rules
        if message.quote_id is None and rules.pricing != "http":
            self._book(message, agreement.tariff_price(message, now, rules) if rules.pricing == "tariff" else None)
        else:
            number = self._ask(message, agreement.NO_PRICE)
            self.send(*agreement.price_question(self.ride, message, number, now, self.address))

    def _book(self, message: FindDriver, price: Price | None) -> None:
        """Now or for later, at this price; None: at the app's own."""
        passenger = message.passenger
        if self.ride.passenger is None and not passenger.is_named:
            known = self.store.passenger(passenger.passenger_id)
            passenger = replace(passenger, name=known.name) if known is not None else passenger
        is_edited = self.ride.passenger is not None and message.reply_to is not None
        event = agreement.book(self.ride, message, passenger, price, self.runtime.now, self.rules)
        self._carry_out(Decision((event,)), message)
        if is_edited and isinstance(event, RideRequested):  # the passenger asked for something else
            self.app.say(self, self.snapshot())

    @receives(PassengerTaken, PassengerBusy, Priced, QuoteGranted, QuoteRefused, NotPriced, AskedInVain)
    def _on_answer(self, message: OutsideAnswer) -> None:
        """The open question is answered, or never will be. Then what the passenger said meanwhile is taken up."""
        question = self.question
        asked = question.answered(message.number)
        if asked is None:
            return
        if isinstance(message, PassengerTaken | Priced | QuoteGranted):
            if self._is_news(asked):
                if isinstance(message, PassengerTaken):
                    self._price(asked)
                else:
                    self._book(asked, message.price)
        elif isinstance(message, PassengerBusy):
            busy = Refusal(IllegalTransition.code, agreement.busy_text(message.open_ride))
            asker_of(asked).refuse(self, asked, busy)
        elif isinstance(message, QuoteRefused) and message.code != Unavailable.code:
            asker_of(asked).refuse(self, asked, Refusal(message.code, message.text, "quote_id"))
        else:
            self._fail(asked, Unavailable.code, agreement.NO_PRICE if isinstance(message, NotPriced) else message.text)
        for waiting in question.in_hand[1:]:
            self.handlers[type(waiting)](self, waiting)
        self._settle_hold()
        if self.app.link is None:  # the passenger left meanwhile
            self._arm_end()
            self.retire_later()
        self.note_settled(question.in_hand)
        self.at_turn_end = self._end_answer

    def _end_answer(self, message: OutsideAnswer) -> None:
        """What was in hand is settled once the turn has ended, and not before: a turn may fail at its very end."""
        self._end_turn(message)
        self.question.in_hand = ()

    @receives(AnnounceHold)
    def _on_announce_hold(self, message: AnnounceHold) -> None:
        """A search that nobody waits for gives way. An end that is not on disk yet is none: whoever hears of it may rely on it."""
        ride = self.ride
        if ride.needs_listener and self.app.link is None:
            self._end_by_system(SystemReason.BOOKED_ANOTHER)
        address = addresses.passenger(message.passenger_id)
        if self._holds == message.passenger_id:
            self.runtime.tell(address, HoldPassenger(self.ride_id))
        else:
            self.send(address, LeavePassenger(self.ride_id))
            self.retire_later()

    def _settle_hold(self) -> None:
        """Tell the passenger's actor what it does not know yet: that this ride is open, or is not any more."""
        ride, held = self.ride, self._holds
        if ride.known and ride.status in UNDER_WAY:
            if held is None and self.rules.one_ride_each != "never":
                assert ride.passenger is not None
                self._holds = ride.passenger.passenger_id
                self.send(addresses.passenger(self._holds), HoldPassenger(self.ride_id))
        elif held is not None and self.question.booking is None:
            self._holds = None
            self.send(addresses.passenger(held), LeavePassenger(self.ride_id))

    # -- it is searched for, claimed and driven

    @receives(_TimeHasCome)
    def _on_time_has_come(self, message: _TimeHasCome) -> None:
        if self.ride.status == SCHEDULED and self.ride.pickup_at == message.pickup_at:
            self._carry_out(Decision((agreement.begin_search(self.ride, self.runtime.now),)))

    @receives(AnnounceState)
    def _on_announce_state(self, message: AnnounceState) -> None:
        """A dispatcher that was rebuilt may have lost the request. A search that it knows already it does not begin twice."""
        self._search_again()

    @receives(RoundOpened, SearchExhausted, DriverStalled)
    def _on_word(self, message: Any) -> None:
        """Dispatcher and tracker tell what happened to this ride."""
        self._carry_out(DECIDE[type(message)](self.ride, message, self.runtime.now, self.rules))

    @receives(TextSent)
    def _on_text_sent(self, message: TextSent) -> None:
        self._carry_out(journey.text_sent(self.ride, message, self.runtime.now, self.rules))
        self.retire_later()  # the ride may have been woken for this

    @receives(ClaimRide)
    def _on_claim(self, message: ClaimRide) -> None:
        """A driver accepted. Asked again, the answer is the same: it depends on the record alone."""
        self.depend_on(message.after)
        ride, driver_id = self.ride, message.driver.driver_id
        if ride.status == PENDING and message.search_no == ride.search_no:
            if journey.decides_at_once(message, self.rules):
                self._assign(message)
                return
            if self.claims is None:
                self.claims = journey.WaitingClaims()
            if self.claims.add(message, self.runtime.now, self.rules.accept_window_s):
                at = self.claims.decides_at
                self.runtime.set_timer(max(0.0, at - self.runtime.now), self.address, _Decide(at))
        elif not ride.is_driven_by(driver_id) or ride.offer_id != message.offer_id:
            self.send(addresses.driver(driver_id), journey.refuse_claim(ride, message))
        elif ride.status in WITH_DRIVER:
            granted = ClaimGranted(ride.card(), message.offer_id, ride.status, agreement.wait_terms(ride, self.rules))
            self.send(addresses.driver(driver_id), granted)
        else:  # the driver was rebuilt and does not know how the ride ended
            releases = ReleaseReason.COMPLETED if ride.status == COMPLETED else ReleaseReason.CANCELLED
            self.send(addresses.driver(driver_id), ForDriver(self._end or journey.end_notice(ride), releases=releases))

    @receives(_Decide)
    def _on_decide(self, message: _Decide) -> None:
        claims, trip = self.claims, self.ride.trip
        if claims is not None and trip is not None and claims.by_driver and message.at == claims.decides_at:
            self._assign(claims.take_best(self.rules.travel, trip.pickup, self.runtime.now))

    def _assign(self, claim: ClaimRide) -> None:
        ride, now, trip = self.ride, self.runtime.now, self.ride.trip
        assert trip is not None
        way = journey.way(self.rules.travel, claim.lat, claim.lon, trip.pickup, now)
        pin = f"{self.runtime.rng('pin').randrange(10_000):04d}" if trip.pin else ""
        assigned = RideAssigned(ride.ride_id, claim.driver, claim.offer_id, claim.round_no, now, way[-1], pin)
        terms = agreement.terms_since(ride, now, self.rules)
        self._carry_out(Decision((assigned,), say=DriverAssigned(ride.ride_id, claim.driver, *way, pin, terms)))

    @receives(ReportArrived, StartRide, CompleteRide, ReportNoShow, RateRide, AssignRide, ReassignRide, ChangeFare)
    def _on_order(self, message: RideOrder) -> None:
        if self._turns_away(message) or not asker_of(message).is_new(self, message):
            return
        decision = DECIDE[type(message)](self.ride, message, self.runtime.now, self.rules)
        if decision.book is not None:
            self._price(decision.book)
            return
        if decision.events and type(message) in journey.END_A_LEG:
            self._record_track()
        self._carry_out(decision, message)
        self.retire_later()  # the ride may have been woken for this

    @receives(CancelRide)
    def _on_cancel(self, message: CancelRide) -> None:
        """From the passenger's own connection, from a driver by way of the driver's actor, or from staff."""
        if self._turns_away(message):
            return
        if self.question.booking is not None and message.principal.role is PASSENGER:
            self._wait_behind(message)
        else:
            self._on_order(message)

    @receives(EditRide)
    def _on_edit(self, message: EditRide) -> None:
        if self.question.booking is not None:
            self._wait_behind(message)
        else:
            self._on_order(message)

    # -- timers

    def _arm_end(self) -> None:
        """Set what ends this ride by itself, as its record has it: for a ride that just came so far, or was made anew."""
        ride, rules, runtime = self.ride, self.rules, self.runtime
        if ride.needs_listener and self.app.link is None:
            runtime.set_timer(rules.link_grace_s, self.address, _PassengerGone(self.app.link_number))
        elif ride.status in WITH_DRIVER and ride.assigned_at is not None:
            left_s = ride.assigned_at + rules.ride_cap_s - runtime.now
            runtime.set_timer(left_s, self.address, _Overdue(ride.assigned_at))

    @receives(_PassengerGone)
    def _on_passenger_gone(self, message: _PassengerGone) -> None:
        is_gone = self.app.link is None and message.number == self.app.link_number
        if is_gone and self.ride.needs_listener:  # whoever booked ahead, or by phone, need not look
            self._end_by_system(SystemReason.PASSENGER_LEFT)

    @receives(_Overdue)
    def _on_overdue(self, message: _Overdue) -> None:
        if self.ride.status in WITH_DRIVER and self.ride.assigned_at == message.assigned_at:
            self._end_by_system(SystemReason.TOOK_TOO_LONG)

    def _end_by_system(self, reason: str) -> None:
        self._carry_out(journey.end(self.ride, Party.SYSTEM, reason, self.runtime.now, self.rules))

    def _wait_for_time(self) -> None:
        """Set the timer of a ride that is booked for later."""
        ride, runtime = self.ride, self.runtime
        if ride.status == SCHEDULED and ride.pickup_at is not None:
            begin_at = ride.pickup_at - self.rules.schedule_lead_s
            runtime.set_timer(begin_at - runtime.now, self.address, _TimeHasCome(ride.pickup_at))

    # -- the payment provider: asked until it has answered, by every later life too. It knows the charge by the ride: one each

    def _collect(self) -> None:
        """Ask the provider, if it owes an answer."""
        ride, rules = self.ride, self.rules
        if ride.payment_status != CHARGED or ride.charge is None or ride.passenger is None:
            return
        self._asked_provider = number = self._asked_provider + 1
        question = CollectFare(self.address, number, self.ride_id, ride.passenger.passenger_id, ride.charge)
        self.send(addresses.PAYMENTS, question)
        patience_s = rules.payment_patience_s + agreement.pause_s(number, rules)
        self.runtime.set_timer(patience_s, self.address, _AskAgain(number))

    @receives(FareCollected)
    def _on_collected(self, message: FareCollected) -> None:
        self._carry_out(agreement.collected(self.ride, message))

    @receives(FareDeclined)
    def _on_declined(self, message: FareDeclined) -> None:
        self._carry_out(agreement.declined(self.ride, message, self._asked_provider))

    @receives(FareUnknown)
    def _on_unknown(self, message: FareUnknown) -> None:
        if self.ride.payment_status == CHARGED and message.number == self._asked_provider:
            self.runtime.set_timer(
                agreement.pause_s(message.number, self.rules), self.address, _AskAgain(message.number)
            )

    @receives(_AskAgain)
    def _on_ask_again(self, message: _AskAgain) -> None:
        if message.number == self._asked_provider:
            self._collect()

    # -- the tracker

    def _follow(self) -> None:
        """Have the driver followed, to the pickup or to the dropoff, for whoever listens now."""
        ride = self.ride
        if self._tracks is None or ride.status not in WITH_DRIVER or ride.driver is None:
            return
        to = ride.heads_for
        is_coming = ride.status == ACCEPTED and ride.pickup_at is None  # who was booked ahead sets out at will
        order = FollowDriver(self.ride_id, ride.driver.driver_id, to.lat, to.lon, is_coming, self.app.link)
        self.send(addresses.tracker(self.ride.zone), order)

    def _stop_following(self) -> None:
        if self._tracks is not None:
            self.send(addresses.tracker(self.ride.zone), StopFollowing(self.ride_id))

    @receives(TrackGrown)
    def _on_track_grown(self, message: TrackGrown) -> None:
        if self.ride.status in WITH_DRIVER and self.ride.is_driven_by(message.driver_id):
            self._record_track()

    def _record_track(self) -> None:
        """Put on record where the driver went since this was done last."""
        ride = self.ride
        if self._tracks is None or ride.driver is None:
            return
        points, metres = self._tracks.take(ride.ride_id, ride.driver.driver_id)
        if not points:
            return
        leg = Leg.TO_PICKUP if ride.status in (ACCEPTED, ARRIVED) else Leg.ON_TRIP
        start = points[0][0]
        rounded = tuple((round(at - start, 1), round(lat, 6), round(lon, 6)) for at, lat, lon in points)
        self.record(TrackRecorded(ride.ride_id, ride.driver.driver_id, leg, start, rounded, round(metres, 1)))

    # -- what is decided is recorded and told

    def _carry_out(self, decision: Decision, message: RideOrder | FindDriver | None = None) -> None:
        """Record the events in one go, then tell each. `message`: the command that was decided, whose asker is answered."""
        ride, events = self.ride, decision.events
        audit = journey.acted(ride, message, events) if message is not None else ()
        was, search_no = ride.status, ride.search_no
        for event in (*events, *audit) if audit else events:
            self.record(event)
            if getattr(event, "command", None) is not None:
                self.app.answers.note(event, self.recorded)
        if self.claims is not None and (ride.status != PENDING or ride.search_no != search_no):
            for claim in self.claims.take_all():
                self.send(addresses.driver(claim.driver.driver_id), journey.refuse_claim(ride, claim))
        if (self._holds is None) is (ride.known and ride.status in UNDER_WAY):
            self._settle_hold()
        for event in events:
            MEANING[type(event)](self, event, was)
        if decision.say is not None:
            self.app.say(self, decision.say)
        if decision.warn is not None and ride.driver is not None:
            self.send(addresses.driver(ride.driver.driver_id), ForDriver(decision.warn))
        if decision.ask is not None:
            self.send(addresses.dispatcher(ride.zone), decision.ask)
        if message is not None:
            asker_of(message).answer(self, message, decision)
        if events and ride.status in TERMINAL:
            self.retire_later()

    def say_end_again(self) -> Any:
        """As it was said before; with a new number by a ride that another process ended."""
        if self._end is None:
            self._end = self.app.say(self, journey.end_notice(self.ride))
        else:
            self.app.say_again(self, self._end)
        return self._end

    def _search_again(self) -> None:
        if self.ride.status == PENDING:
            search = SearchDriver(self.ride.card(), self.ride.requested_at, again=True)
            self.send(addresses.dispatcher(self.ride.zone), search)

    # -- what each event means to whom. `was`: the status of the ride before

    def _told_requested(self, event: RideRequested, was: str) -> None:
        """The dispatcher asks drivers, and what the passenger hears of that answers the booking."""
        self.send_ahead(addresses.dispatcher(self.ride.zone), SearchDriver(self.ride.card(), event.at))
        self.app.await_answer(self, event.command)

    def _told_scheduled(self, event: RideScheduled, was: str) -> None:
        """The dispatcher stops asking drivers, if it did; the search begins when it is time. The passenger hears what is booked."""
        if was == PENDING:
            self._end_search(OfferOutcome.SUPERSEDED)
        self._wait_for_time()
        self.app.done(self, event.command, self.app.say(self, self.snapshot()))

    def _told_assigned(self, event: RideAssigned, was: str) -> None:
        """The driver has the ride, and everybody else hears that it is taken."""
        driver_id = event.driver.driver_id
        self.send(addresses.driver(driver_id), ClaimGranted(self.ride.card(), event.offer_id, ACCEPTED))
        self._end_search(OfferOutcome.TAKEN)
        self._text_caller()
        self._arm_end()
        self._follow()

    def _told_unassigned(self, event: RideUnassigned, was: str) -> None:
        """The driver is free, the passenger hears that others are asked, and the dispatcher asks them."""
        self._stop_following()
        ended = RideEnded(self.ride_id, by=event.by, reason=event.reason, fee=0)
        word = ForDriver(ended, event.command, ReleaseReason.GAVE_UP)
        self.send(addresses.driver(event.driver_id), word)
        self.app.say(self, DriverCancelled(self.ride_id, by=event.by, reason=event.reason))
        self._search_again()
        self._arm_end()

    def _told_failed(self, event: SearchFailed, was: str) -> None:
        """The passenger hears that nobody comes."""
        self.app.say(
            self, NoDrivers(self.ride_id, reason=event.reason, rounds=event.rounds, drivers_asked=event.drivers_asked)
        )
        self._text_caller()

    def _told_step(self, event: RideArrived | RideStarted | RideCompleted, was: str) -> None:
        """Passenger and driver hear the same; after the last step nobody is followed any more."""
        notice = self.app.say(self, journey.progress(self.ride, self.runtime.now, self.rules))
        if isinstance(event, RideCompleted):
            self._end = notice
            word = ForDriver(notice, event.command, ReleaseReason.COMPLETED)
            # The driver's actor records that the driver is free.
            self.send_ahead(addresses.driver(event.driver_id), word)
            self._stop_following()
            return
        self.send(addresses.driver(event.driver_id), ForDriver(notice, event.command))
        if isinstance(event, RideArrived):
            self._warn_if_far(event.driver_id)
        self._follow()

    def _warn_if_far(self, driver_id: DriverId) -> None:
        """The driver who reports an arrival far from the pickup is warned."""
        trip = self.ride.trip
        where = self._tracks.where(driver_id) if self._tracks is not None else None
        if where is None or trip is None:
            return
        if haversine_m(*where, trip.pickup.lat, trip.pickup.lon) > self.rules.arrived_within_m:
            warned = DriverWarned(self.ride_id, reason=RideWarning.FAR_FROM_PICKUP)
            self.send(addresses.driver(driver_id), ForDriver(warned))

    def _told_ended(self, event: RideCancelled | PassengerNoShow, was: str) -> None:
        """Passenger and driver hear who ended the ride and why; nobody looks for a driver or follows one any more."""
        ride, driver = self.ride, self.ride.driver
        if was == PENDING:
            self._end_search(OfferOutcome.CANCELLED)
        ended = RideEnded(self.ride_id, by=ride.ended_by, reason=ride.reason, fee=ride.fee)
        by_driver = isinstance(event, PassengerNoShow)
        if driver is not None:
            self._stop_following()
            word = ForDriver(ended, event.command if by_driver else None, ReleaseReason.CANCELLED)
            self.send(addresses.driver(driver.driver_id), word)
        self._end = self.app.say(self, ended)
        if not by_driver:
            self.app.done(self, event.command, self._end)

    def _told_paid(self, event: ChargeSettled | ChargeDeclined, was: str) -> None:
        """Passenger and driver hear what became of the money. Why a card was declined is the passenger's own affair."""
        ride = self.ride
        assert ride.charge is not None
        charge = ride.charge
        paid = PaymentChanged(
            self.ride_id, status=ride.payment_status, amount=as_said(charge.major), currency=charge.currency
        )
        reason = event.reason if isinstance(event, ChargeDeclined) else ""
        self.app.say(self, replace(paid, reason=reason or None))
        if ride.driver is not None:
            self.send(addresses.driver(ride.driver.driver_id), ForDriver(paid))

    def _told_fare(self, event: FareChanged, was: str) -> None:
        """Passenger and driver hear the new fare."""
        news = FareNews(self.ride_id, fare=event.fare, reason=event.reason)
        self.app.say(self, news)
        assert self.ride.driver is not None
        self.send(addresses.driver(self.ride.driver.driver_id), ForDriver(news))

    def _told_note(self, event: NoteChanged, was: str) -> None:
        """Passenger and driver read the new note."""
        news = NoteNews(self.ride_id, note=event.note)
        self.app.say(self, news)
        assert self.ride.driver is not None
        self.send(addresses.driver(self.ride.driver.driver_id), ForDriver(news))

    def _told_nobody(self, event: Message, was: str) -> None:
        """It is for the record alone."""

    def _text_caller(self) -> None:
        text = journey.text_to_caller(self.ride, self.rules)
        if text is not None:
            self.send(addresses.TEXTS, text)

    def _end_search(self, reason: OfferOutcome) -> None:
        self.send(addresses.dispatcher(self.ride.zone), EndSearch(self.ride_id, self.ride.search_no, reason))


MEANING: Final[dict[type[Message], Callable[[RideActor, Any, str], None]]] = {
    RideRequested: RideActor._told_requested,
    RideScheduled: RideActor._told_scheduled,
    RideAssigned: RideActor._told_assigned,
    RideUnassigned: RideActor._told_unassigned,
    RideArrived: RideActor._told_step,
    PinRefused: RideActor._told_nobody,
    RideStarted: RideActor._told_step,
    RideCompleted: RideActor._told_step,
    RideCancelled: RideActor._told_ended,
    PassengerNoShow: RideActor._told_ended,
    SearchFailed: RideActor._told_failed,
    TrackRecorded: RideActor._told_nobody,
    RideRated: RideActor._told_nobody,
    ChargeRequested: lambda ride, event, was: ride._collect(),
    ChargeSettled: RideActor._told_paid,
    ChargeDeclined: RideActor._told_paid,
    FareChanged: RideActor._told_fare,
    NoteChanged: RideActor._told_note,
    CallerTexted: RideActor._told_nobody,
}
"""What each event of a ride means to whom. Every event that `domain.ride.record` knows has a row."""
DECIDE: Final[dict[type[Message], Callable[[RideRecord, Any, float, RideRules], Decision]]] = {
    RoundOpened: journey.round_opened,
    SearchExhausted: journey.search_exhausted,
    DriverStalled: journey.stalled,
    ReportArrived: journey.step,
    StartRide: journey.step,
    CompleteRide: journey.step,
    ReportNoShow: journey.no_show,
    RateRide: journey.rate,
    CancelRide: journey.cancel,
    AssignRide: journey.assign,
    ReassignRide: journey.reassign,
    ChangeFare: journey.change_fare,
    EditRide: journey.edit,
}
"""Messages that the record alone decides, and by which rule."""
