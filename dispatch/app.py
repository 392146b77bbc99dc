"""The composition root. `assemble` joins actors, board and sessions on any runtime; `serve` adds what the live server needs.

Nothing happens at import; everything that starts, starts here, and stops in the reverse order.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from socket import socket
from typing import Any

from dispatch import addresses, logs, phones
from dispatch.actors.bound import EVENTS_A_FOLD, DriverOptions
from dispatch.actors.conversing import Memory
from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor
from dispatch.actors.passenger import PassengerActor
from dispatch.actors.ports import EventStore
from dispatch.actors.quote import QuoteActor
from dispatch.actors.ride import RideActor
from dispatch.actors.riding import RideOptions
from dispatch.actors.tracker import TrackerActor, TrackerOptions
from dispatch.config import Rules, Settings
from dispatch.config.authority import in_url
from dispatch.domain.matching.policy import SearchPolicy
from dispatch.domain.matching.ranking import SupplyByEta
from dispatch.domain.matching.roster import Roster
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.places.approach import ApproachRules
from dispatch.domain.places.eta import EtaModel, TravelModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.places.tracks import Tracks
from dispatch.domain.pricing.pricer import Pricer
from dispatch.domain.ride_terms import RideTerms
from dispatch.errors import DatabaseError, IllegalTransition
from dispatch.ids import DriverId, PassengerId, RideId
from dispatch.live_file import LiveFile
from dispatch.messages.commands import Attach
from dispatch.messages.journal import Appended, NotAppended
from dispatch.payments import payment_provider, require_payments
from dispatch.prices import pricer, pricing_provider, quote_options, require_prices
from dispatch.reads import LiveReads
from dispatch.runtime import RealtimeRuntime, Runtime, Supervisor
from dispatch.storage.file.owner import Ownership
from dispatch.storage.log.reader import JournalReads
from dispatch.text import say
from dispatch.transport.sessions.gateway import Gateway, SessionLimits
from dispatch.travel.models import FITTED, eta_model
from dispatch.values import UNNAMED, Passenger

ANYBODY = Passenger(PassengerId("anybody"), UNNAMED, "")
"""Whose a ride is when the app names nobody and nobody was seeded."""
SWITCH_INTERVAL_S = 0.0005
"""The journal's thread gets the interpreter this soon; at Python's default of 5 ms an ack waits for a busy loop."""

ANSWER_SLACK_S = 5.0
"""A provider answers within its time, and says so itself when it was too late; after this nobody hears from it any more."""

TELL_LEFT_OUT_S = 10.0

MAILBOX_LIMITS = {addresses.DISPATCHER: 1_000_000, addresses.TRACKER: 1_000_000}
"""A dispatcher and a tracker hear every ride of their zone at once; all other mailboxes have the limit of the settings."""
NEVER_REFUSED = frozenset((Appended, NotAppended))
"""Without the journal's answer an actor would announce nothing any more; there are never more than it has asked."""


SPARED = frozenset((addresses.DISPATCHER, addresses.TRACKER))
"""Kinds that are never quarantined: a whole zone needs them."""


def search_policy(rules: Rules) -> SearchPolicy:
    """What a dispatcher needs of the settings."""
    return SearchPolicy(
        batch=rules.batch,
        rounds=rules.rounds,
        radius_m=rules.radius_m,
        offer_timeout_s=rules.offer_timeout_s,
        late_grace_s=rules.late_grace_s,
        search_cap_s=rules.search_cap_s,
        sweep_every_s=rules.sweep_every_s,
        asks_after_silence=rules.asks_after_silence,
        live_offers=rules.live_offers,
        radius_from_m=rules.radius_from_m,
        radius_growth=rules.radius_growth,
        stagger_s=rules.stagger_s,
        explain_candidates=rules.explain_candidates,
        vehicles=Vehicles.of(rules.vehicle_types),
    )


def ride_options(settings: Settings, travel: EtaModel, priced_by: Pricer) -> RideOptions:
    """What a ride needs of the settings."""
    rules: Rules = settings
    return RideOptions(
        link_grace_s=rules.link_grace_s,
        retire_after_s=rules.retire_after_s,
        search_cap_s=rules.search_cap_s,
        terms=RideTerms(rules.free_cancel_s, rules.driver_late_s, rules.free_wait_s, rules.no_show_s),
        max_restarts=rules.max_restarts,
        one_ride_each=rules.one_ride_each,
        strict_steps=rules.strict_steps,
        start_pin=rules.start_pin,
        pin_tries=rules.pin_tries,
        pin_lock_s=rules.pin_lock_s,
        ride_cap_s=rules.ride_cap_s,
        tariff=priced_by.tariff,
        pricing=settings.pricing,
        pricer=priced_by,
        price_patience_s=settings.price_patience_s,
        travel=travel,
        arrived_within_m=rules.arrived_within_m,
        schedule_lead_s=rules.schedule_lead_s,
        currency=priced_by.tariff.currency,
        currency_digits=priced_by.tariff.digits,
        payment_patience_s=settings.payment_timeout_s + ANSWER_SLACK_S,
        payment_retry_s=settings.payment_retry_s,
        payment_retry_most_s=settings.payment_retry_most_s,
        accept_window_s=rules.accept_window_s if rules.acceptance == "best_of_window" else 0.0,
        memory=memory_of(rules),
    )


def tracker_options(rules: Rules, travel: EtaModel) -> TrackerOptions:
    """What a tracker needs of the settings."""
    approach = ApproachRules(
        warn_s=rules.watch_warn_s,
        tell_s=rules.watch_tell_s,
        give_up_s=rules.watch_give_up_s,
        dark_s=rules.position_max_age_s,
        near_m=rules.arrived_within_m,
    )
    return TrackerOptions(rules.location_every_s, rules.watch_every_s, approach, travel)


def memory_of(rules: Rules) -> Memory:
    """What rides and drivers remember for their apps."""
    return Memory(rules.stream_kept, rules.answers_kept)


def position_board(rules: Rules) -> PositionBoard:
    """The empty board of a zone."""
    return PositionBoard(
        max_speed_mps=rules.gps_max_speed_mps,
        max_age_s=rules.position_max_age_s,
        max_delay_s=rules.gps_max_delay_s,
    )


def supply_of(rules: Rules, board: PositionBoard, travel: EtaModel) -> Supply:
    """The empty supply of a zone, which ranks drivers as the settings say."""
    roster = Roster(board) if search_policy(rules).explain_candidates else None
    if rules.rank_by == "eta":
        return SupplyByEta(board, rules.live_offers, travel, rules.rank_candidates, roster=roster)
    return Supply(board, rules.live_offers, roster=roster)


def culprit(message: Any) -> str | None:
    """Whom a message was about that hurt a dispatcher: the driver, else the ride that it names."""
    driver_id: DriverId | None = getattr(message, "driver_id", None)
    if driver_id is not None:
        return addresses.driver(driver_id)
    ride_id: RideId | None = getattr(getattr(message, "ride", message), "ride_id", None)
    return addresses.ride(ride_id) if ride_id is not None else None


def populate(
    runtime: Runtime,
    store: EventStore,
    board: PositionBoard,
    settings: Settings,
    travel: EtaModel | None = None,
    priced_by: Pricer | None = None,
    zone: str = "0",
    events_a_fold: int = EVENTS_A_FOLD,
) -> None:
    """Teach the runtime how rides, drivers, quotes and the zone's dispatcher come to life, and start the dispatcher.

    `travel`: how long a drive takes; None: at constant speed. `priced_by`: what works out fares; None: as the settings say.
    `events_a_fold`: of a driver, see `DriverOptions`.
    """
    policy = search_policy(settings)
    travel = travel or TravelModel()
    priced_by = priced_by or pricer(settings, travel)
    rides, quotes = ride_options(settings, travel, priced_by), quote_options(settings, priced_by)
    tracks = Tracks(settings.track_step_m) if settings.follow_drivers != "off" else None
    stays_s = settings.link_grace_s + settings.retire_after_s
    memory = memory_of(settings)
    driver_options = DriverOptions(settings.claim_retry_s, settings.live_offers, memory, stays_s, events_a_fold)

    # Whoever is woken by anything but a connection may be needed for that one message alone.
    def wake_ride(address: str, message: Any) -> RideActor | None:
        connects = isinstance(message, Attach)
        if message is not None and not connects and not store.events_of(address):
            return None
        ride = RideActor(runtime, address, store, rides, tracks)
        if not connects:
            ride.retire_later()
        return ride

    def wake_driver(address: str, message: Any) -> DriverActor:
        driver = DriverActor(runtime, address, store, board, driver_options, zone)
        if not isinstance(message, Attach):
            driver.retire_later()
        return driver

    def wake_dispatcher(address: str, message: Any) -> DispatcherActor:
        return DispatcherActor(runtime, address, store, policy, supply_of(settings, board, travel))

    def wake_quote(address: str, message: Any) -> QuoteActor:
        return QuoteActor(runtime, address, store, quotes)

    def wake_passenger(address: str, message: Any) -> PassengerActor:
        return PassengerActor(runtime, address)

    runtime.factory(addresses.RIDE, wake_ride)
    runtime.factory(addresses.PASSENGER, wake_passenger)
    runtime.factory(addresses.QUOTE, wake_quote)
    runtime.factory(addresses.DRIVER, wake_driver)
    runtime.factory(addresses.DISPATCHER, wake_dispatcher)
    runtime.spawn(wake_dispatcher(addresses.dispatcher(zone), None))
    if tracks is not None:
        options = tracker_options(settings, travel)
        wake_tracker = partial(_wake_tracker, runtime, board, tracks, options)
        runtime.factory(addresses.TRACKER, wake_tracker)
        runtime.spawn(wake_tracker(addresses.tracker(zone), None))


def _wake_tracker(
    runtime: Runtime, board: PositionBoard, tracks: Tracks, options: TrackerOptions, address: str, message: Any
) -> TrackerActor:
    return TrackerActor(runtime, address, board, tracks, options)


# -- the live server


def serve(settings: Settings, ownership: Ownership, orders: socket) -> int:
    """Serve until SIGTERM or SIGINT, from the file of `ownership`. `orders`: its control socket. Returns the exit status."""
    from dispatch.transport.ws.listener import listening_socket
    from dispatch.transport.ws.server import run

    require_prices(settings)
    require_payments(settings)
    travel = eta_model(settings)
    phones.load()
    sparing = logs.set_up()
    with listening_socket(settings.host, settings.port) as listener:
        is_whole = run(_serve(settings, travel, ownership, orders, listener, sparing))
    what = f"everything is in {settings.db}" if is_whole else f"the log says what is not in {settings.db} alone"
    say(f"dispatch has stopped: all connections are closed, {what}")
    return 0


async def _serve(
    settings: Settings, travel: EtaModel, ownership: Ownership, orders: socket, listener: socket, sparing: logs.Sparing
) -> bool:
    """Start order from top to bottom; what stops is the reverse of it. The file is ours and the port taken, so it may be written."""
    from dispatch.transport.control import orders_answered
    from dispatch.transport.http.admission import Admission
    from dispatch.transport.http.app import http_app
    from dispatch.transport.http.requests import Requests
    from dispatch.transport.http.routes.quotes import QuoteDesk, QuoteLimits
    from dispatch.transport.http.routes.rides import RideDesk
    from dispatch.transport.ws.counters import EdgeCounters
    from dispatch.transport.ws.server import serve_forever

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    failures = _Failures()
    runtime = _runtime(settings, failures)
    async with AsyncExitStack() as opened:
        opened.callback(sparing.tell)
        opened.callback(asyncio.create_task(_tell_what_was_left_out(sparing)).cancel)
        live = LiveFile(settings, ownership, runtime)
        opened.push_async_callback(live.close)
        store = live.store
        settings = replace(settings, phone_region=store.phone_region())
        board = position_board(settings)
        priced_by = pricer(settings, travel)
        prices_from, payments_to = pricing_provider(settings, runtime, priced_by), payment_provider(settings, runtime)
        for provider in (prices_from, payments_to):
            if provider is not None:
                opened.push_async_callback(provider.stop)
        populate(runtime, store, board, settings, travel, priced_by)
        resumed = recover(runtime, store)
        failures.is_starting = False
        gateway = Gateway(
            runtime,
            board,
            SessionLimits.of(settings),
            epoch=f"{time.time_ns():x}",
            default_passenger=store.default_passenger() or ANYBODY,
            show_phones=settings.show_phone == "always" or (settings.show_phone == "auto" and settings.auth == "off"),
            currency=settings.currency,
            currency_digits=priced_by.tariff.digits,
            travel=travel,
        )
        requests = Requests()
        desk = QuoteDesk(
            runtime,
            QuoteLimits.of(settings),
            requests,
            secret=str(runtime.seed),
            is_open=settings.pricing != "none",
            vehicle_types=priced_by.tariff.vehicle_types,
        )
        edge = EdgeCounters()
        desks = {
            "/api/quotes": desk.answer,
            "/api/rides/{ride_id}/cancel": RideDesk(runtime, settings, requests).cancel,
        }
        pages = http_app(LiveReads(runtime, gateway, edge, live.health), desks, Admission(settings))

        async def obey(line: bytes) -> bytes:
            answer = await live.obey(line)
            gateway.default_passenger = store.default_passenger() or ANYBODY  # who was seeded is one from now on
            return answer

        await opened.enter_async_context(orders_answered(orders, obey))
        _say_what_to_know(settings, store, resumed)
        on_ready = partial(_announce_ready, ownership)
        await serve_forever(gateway, pages, settings, on_ready, opened.aclose, edge, listener)
    return live.is_whole


def _runtime(settings: Settings, failures: _Failures) -> RealtimeRuntime:
    return RealtimeRuntime(
        secrets.token_hex(16),  # pins are drawn from it: whoever knows when we started must not know them
        limits=MAILBOX_LIMITS,
        default_limit=settings.mailbox_limit,
        never_refused=NEVER_REFUSED,
        supervisor=Supervisor(spared=SPARED, culprit=culprit, report=failures.note),
    )


async def _tell_what_was_left_out(sparing: logs.Sparing) -> None:
    """Every now and then say of what there was too much to log."""
    while True:
        await asyncio.sleep(TELL_LEFT_OUT_S)
        sparing.tell()


def _say_what_to_know(settings: Settings, store: JournalReads, resumed: int) -> None:
    """Of what was set and what was on file, before anyone is served."""
    if resumed:
        logs.log.info("rides of the process before go on", rides=resumed)
    if settings.eta_model == FITTED and not settings.eta_profile:
        logs.log.info("ETAs use New York traffic; make your own with `dispatch eta fit` (eta_profile)")
    if settings.auth == "off":
        logs.log.warning("auth is off: whoever reaches this port can act as any driver or passenger")
    if settings.payment == "none" and (unpaid := len(store.unpaid_rides())):
        logs.log.warning("charges wait for a provider of payments (payment_url)", charges=unpaid)


def recover(runtime: Runtime, store: JournalReads) -> int:
    """Wake whoever was in the middle of something when the process before ended: open rides and those that are not paid, then the
    drivers who keep themselves for one. They go on from their events, before anyone is served. Returns how many rides are open.
    """
    rides = store.open_rides()
    for ride_id in (*rides, *store.unpaid_rides()):
        runtime.reaches(addresses.ride(ride_id), None)
    for driver_id in store.kept_drivers():
        runtime.reaches(addresses.driver(driver_id), None)
    return len(rides)


def _announce_ready(ownership: Ownership, host: str, port: int) -> None:
    ownership.keep()
    say(
        f"dispatch listens on http://{in_url(host)}:{port} (WebSockets at /ws/ride/<ride_id>/ and /ws/driver/<driver_id>/)"
    )


class _Failures:
    """Hears of every failure that was survived. A start does not survive a file that cannot be read, or that contradicts itself."""

    is_starting = True

    def note(self, address: str, message: Any, error: BaseException, error_id: str) -> None:
        if self.is_starting and isinstance(error, DatabaseError | IllegalTransition):
            raise error
        logs.log.error(
            "a message was set aside",
            address=address,
            message=type(message).__name__,
            error_id=error_id,
            exc_info=error,
        )
