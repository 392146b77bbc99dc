"""One zone of rides, joined by its settings on any runtime: actors, a board of positions, prices, and the gateway to its sessions.

The live server, the simulated world and the tests of crashes are all assembled here.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from dispatch import addresses
from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import EVENTS_A_FOLD, DriverActor, DriverOptions
from dispatch.actors.parts.conversation import Memory
from dispatch.actors.parts.guarded_policy import GuardedPolicy
from dispatch.actors.passenger import PassengerActor
from dispatch.actors.positions import PositionsSink
from dispatch.actors.quote import QuoteActor
from dispatch.actors.ride import RideActor
from dispatch.actors.tracker import TrackerActor, TrackerOptions
from dispatch.config import Rules, Settings, must_log_in
from dispatch.config.options import options_of
from dispatch.domain.matching.policy import PolicyFactory
from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.supply import Supply
from dispatch.domain.matching.vehicles import Vehicles
from dispatch.domain.places.following import ApproachRules, Tracks
from dispatch.domain.places.geo import EtaModel
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.places.zones import ONE_ZONE, ZoneMap
from dispatch.domain.pricing.pricer import Pricer
from dispatch.domain.ride.record import RideRules
from dispatch.ids import UNNAMED_ZONE, DriverId, PassengerId, RideId
from dispatch.masking.rides import RideMask
from dispatch.messages.commands import Attach, FindDriver
from dispatch.messages.journal import Appended, NotAppended
from dispatch.overview import Overview
from dispatch.ports import JournalReads
from dispatch.prices import pricer, quote_options
from dispatch.runtime import Runtime, Supervisor
from dispatch.runtime.supervision import Failure
from dispatch.transport.sessions.gateway import Gateway
from dispatch.values import UNNAMED, Passenger

ZONE = UNNAMED_ZONE
"""The one zone that is served for now."""

ANYBODY = Passenger(PassengerId("anybody"), UNNAMED, "")
"""Whose a ride is when the app names nobody and nobody was seeded."""
ANSWER_SLACK_S = 5.0
"""A provider answers within its time, and says so itself when it was too late; after this nobody hears from it any more."""

MAILBOX_LIMITS = {addresses.DISPATCHER: 1_000_000, addresses.TRACKER: 1_000_000}
"""A dispatcher and a tracker hear every ride of their zone at once; all other mailboxes have the limit of the settings."""
NEVER_REFUSED = frozenset((Appended, NotAppended))
"""Without the journal's answer an actor would announce nothing any more; there are never more than it has asked."""


SPARED = frozenset((addresses.DISPATCHER, addresses.TRACKER))
"""Kinds that are never quarantined: a whole zone needs them."""


AnyRuntime = TypeVar("AnyRuntime", bound=Runtime)
AnyBoard = TypeVar("AnyBoard", bound=PositionBoard)


def ride_mask(settings: Settings) -> RideMask:
    """How much of a ride drivers read who do not have it."""
    with_login = must_log_in(settings)
    masks = settings.show_phone == "never" or (settings.show_phone == "auto" and with_login)
    by_area = settings.offer_shows == "area" or (settings.offer_shows == "auto" and with_login)
    return RideMask(masks_phones=masks, by_area=by_area)


def search_rules(settings: Settings) -> SearchRules:
    """What a dispatcher needs of the settings."""
    vehicles = Vehicles.of(settings.vehicle_types)
    return options_of(SearchRules, settings, vehicles=vehicles, mask=ride_mask(settings))


def ride_rules(settings: Settings, travel: EtaModel, priced_by: Pricer, zones: ZoneMap = ONE_ZONE) -> RideRules:
    """What a ride needs of the settings."""
    return options_of(
        RideRules,
        settings,
        tariff=priced_by.tariff,
        pricer=priced_by,
        travel=travel,
        zones=zones,
        currency=priced_by.tariff.currency,
        currency_digits=priced_by.tariff.digits,
        payment_patience_s=settings.payment_timeout_s + ANSWER_SLACK_S,
        accept_window_s=settings.accept_window_s if settings.acceptance == "best_of_window" else 0.0,
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
    return options_of(TrackerOptions, rules, approach=approach, travel=travel)


def driver_options(settings: Settings, memory: Memory, events_a_fold: int) -> DriverOptions:
    """What a driver needs of the settings. `events_a_fold`: after so many events a history is folded."""
    stays_s, told = settings.link_grace_s + settings.retire_after_s, ride_mask(settings)
    more = {"memory": memory, "retire_after_s": stays_s, "events_a_fold": events_a_fold, "mask": told}
    return options_of(DriverOptions, settings, **more)


def position_board(rules: Rules, make: Callable[..., AnyBoard] = PositionBoard) -> AnyBoard:  # type: ignore[assignment]
    """The empty board of a zone. `make`: what makes it of its limits."""
    return make(
        max_speed_mps=rules.gps_max_speed_mps,
        max_age_s=rules.position_max_age_s,
        max_delay_s=rules.gps_max_delay_s,
    )


def supply_of(rules: Rules, board: PositionBoard, travel: EtaModel) -> Supply:
    """The empty supply of a zone, which ranks drivers as the settings say."""
    candidates = rules.rank_candidates if rules.rank_by == "eta" else 0
    explains = bool(rules.explain_candidates)
    return Supply(
        board,
        rules.live_offers,
        explains=explains,
        travel=travel,
        rank_candidates=candidates,
        sleep_max_s=rules.sleep_max_s,
    )


def culprit(message: Any) -> str | None:
    """Whom a message was about that hurt a dispatcher: the driver, else the ride that it names."""
    driver_id: DriverId | None = getattr(message, "driver_id", None)
    if driver_id is not None:
        return addresses.driver(driver_id)
    ride_id: RideId | None = getattr(getattr(message, "ride", message), "ride_id", None)
    return addresses.ride(ride_id) if ride_id is not None else None


class ServedZone(NamedTuple):
    """What serves the rides of one zone, beside the actors that the runtime keeps."""

    board: PositionBoard
    positions: PositionsSink
    travel: EtaModel
    pricer: Pricer
    gateway: Gateway


def make_runtime(
    kind: type[AnyRuntime], seed: int | str, settings: Settings, on_failure: Failure | None = None, **more: Any
) -> AnyRuntime:
    """A runtime of this kind, with the mailboxes that a zone needs. `more`: what only this kind takes.

    `on_failure` hears of each handler that raised, and the failure is survived. Without it the exception leaves `run`.
    """
    return kind(
        seed,
        limits=MAILBOX_LIMITS,
        default_limit=settings.mailbox_limit,
        never_refused=NEVER_REFUSED,
        supervisor=Supervisor(spared=SPARED, culprit=culprit, report=on_failure) if on_failure is not None else None,
        **more,
    )


def assemble(
    settings: Settings,
    runtime: Runtime,
    store: JournalReads,
    *,
    travel: EtaModel,
    make_policy: PolicyFactory | None,
    zones: ZoneMap = ONE_ZONE,
    events_a_fold: int = EVENTS_A_FOLD,
    clock: Callable[[], float] | None = None,
    board: PositionBoard | None = None,
) -> ServedZone:
    """Teach `runtime` how the actors of a zone come to life, start its dispatcher, and open the gateway to its sessions.

    Nobody of an earlier process goes on yet: see `recover`. The journal, and whoever sets prices or collects fares, are sinks of the
    runtime that the caller adds.

    Args:
        store: what is on record.
        travel: how long a drive takes.
        make_policy: makes the matching policy of the zone (`policies.policy_factory`); None: rounds.
        zones: which zone a place belongs to.
        events_a_fold: a driver's history is folded after so many events.
        clock: seconds, by which the turns of a policy that is not the default are measured; None: they may take any time.
        board: of the zone, empty; None: one to which apps report.
    """
    priced_by = pricer(settings, travel, zones)
    board = board if board is not None else position_board(settings)
    rides = ride_rules(settings, travel, priced_by, zones)
    _populate(settings, runtime, store, board, travel, priced_by, rides, make_policy, events_a_fold, clock)
    positions = PositionsSink(runtime, board, ZONE)
    runtime.sink(addresses.positions(ZONE), positions)
    runtime.sink(addresses.overview(ZONE), Overview(runtime, board, ZONE, settings.desk_beat_s))
    gateway = Gateway(
        runtime,
        settings,
        default_passenger=store.default_passenger() or ANYBODY,
        currency_digits=priced_by.tariff.digits,
        zones=zones,
    )
    return ServedZone(board, positions, travel, priced_by, gateway)


def _populate(
    settings: Settings,
    runtime: Runtime,
    store: JournalReads,
    board: PositionBoard,
    travel: EtaModel,
    priced_by: Pricer,
    rides: RideRules,
    make_policy: PolicyFactory | None,
    events_a_fold: int,
    clock: Callable[[], float] | None,
) -> None:
    memory = Memory(settings.stream_kept, settings.answers_kept, f"{runtime.epoch:x}")
    quotes, drivers = quote_options(settings, priced_by), driver_options(settings, memory, events_a_fold)
    searching, follows = search_rules(settings), tracker_options(settings, travel)
    tracks = Tracks(settings.track_step_m) if settings.follow_drivers != "off" else None

    # Whoever is woken by anything but a connection may be needed for that one message alone.
    def wake_ride(address: str, message: Any) -> RideActor | None:
        connects = isinstance(message, Attach)
        books = isinstance(message, FindDriver) and message.reply_to is not None  # by phone: there is no app to connect
        if message is not None and not connects and not books and not store.events_of(address):
            return None
        ride = RideActor(runtime, address, store, rides, tracks, memory)
        if not connects:
            ride.retire_later()
        return ride

    def wake_driver(address: str, message: Any) -> DriverActor:
        driver = DriverActor(runtime, address, store, board, drivers, ZONE)
        if not isinstance(message, Attach):
            driver.retire_later()
        return driver

    def wake_dispatcher(address: str, message: Any) -> DispatcherActor:
        policy = GuardedPolicy(make_policy(searching), clock) if make_policy is not None else None
        return DispatcherActor(runtime, address, store, searching, supply_of(settings, board, travel), policy)

    runtime.factory(addresses.RIDE, wake_ride)
    runtime.factory(addresses.DRIVER, wake_driver)
    runtime.factory(addresses.DISPATCHER, wake_dispatcher)
    runtime.factory(addresses.PASSENGER, lambda address, message: PassengerActor(runtime, address))
    runtime.factory(addresses.QUOTE, lambda address, message: QuoteActor(runtime, address, store, quotes))
    runtime.spawn(wake_dispatcher(addresses.dispatcher(ZONE), None))
    if tracks is not None:

        def wake_tracker(address: str, message: Any) -> TrackerActor:
            return TrackerActor(runtime, address, board, tracks, follows)

        runtime.factory(addresses.TRACKER, wake_tracker)
        runtime.spawn(wake_tracker(addresses.tracker(ZONE), None))


STILL_TOLD_S: Final = 600.0
"""A caller is not texted any later than so that nobody comes."""


def recover(runtime: Runtime, store: JournalReads) -> int:
    """Wake whoever was in the middle of something when the process before ended: open rides and those that are not paid, then the
    drivers who are reserved for one. They go on from their events, before anyone is served. Returns how many rides are open.
    """
    rides = store.open_rides()
    for ride_id in (*rides, *store.unpaid_rides(), *store.unserved_since(runtime.now - STILL_TOLD_S)):
        runtime.wake(addresses.ride(ride_id))
    for driver_id in store.reserved_drivers():
        runtime.wake(addresses.driver(driver_id))
    return len(rides)
