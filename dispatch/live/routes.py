"""Everything that the live server answers over HTTP, and who may ask it: one list. A new route is a line of it."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.routing import Route

from dispatch import addresses
from dispatch.actors.dispatcher import DispatcherActor
from dispatch.assembly import ZONE, ServedZone, ride_mask
from dispatch.config import Settings, must_log_in
from dispatch.config.map_sources import origin_of
from dispatch.domain.places.geo import EtaModel
from dispatch.ids import DriverId
from dispatch.live.desk import LiveDesk
from dispatch.live.devices import LiveDevices
from dispatch.live.file import LiveFile
from dispatch.live.logins import LiveLogins
from dispatch.live.own import LiveOwn
from dispatch.live.people import LivePeople
from dispatch.live.reads import PRODUCT, LiveReads
from dispatch.live.removals import LiveRemovals
from dispatch.masking.rides import WHOLE_AFTER_END_S
from dispatch.storage.tools.own import Sight
from dispatch.transport.http.access import for_this_machine, public
from dispatch.transport.http.requests import Requests
from dispatch.transport.http.routes.auth import AuthRoutes
from dispatch.transport.http.routes.cars import CarRoutes
from dispatch.transport.http.routes.desk import DeskRoutes
from dispatch.transport.http.routes.devices import device_routes
from dispatch.transport.http.routes.docs import document_routes
from dispatch.transport.http.routes.health import health_routes
from dispatch.transport.http.routes.lookups import LookupRoutes
from dispatch.transport.http.routes.maps import NO_GROUND, Ground, map_routes
from dispatch.transport.http.routes.me import MeRoutes
from dispatch.transport.http.routes.operator import operator_routes
from dispatch.transport.http.routes.people import PeopleRoutes
from dispatch.transport.http.routes.quotes import QuoteRoutes
from dispatch.transport.http.routes.removal import removal_routes
from dispatch.transport.http.routes.rides import ride_routes
from dispatch.transport.http.routes.town import town_routes
from dispatch.transport.http.routes.web import web_routes
from dispatch.web import FOLDER


class ServerParts(NamedTuple):
    """The parts of the running server that routes are made of.

    `requests` asks actors, `file` does what changes tables of no actor, `port` is the one that is listened on.
    """

    settings: Settings
    requests: Requests
    file: LiveFile
    zone: ServedZone
    travel: EtaModel
    logins: LiveLogins
    reads: LiveReads
    port: int
    removals: LiveRemovals
    devices: LiveDevices
    is_sandbox: bool = False
    ground: Ground = NO_GROUND


def routes(parts: ServerParts, more: Sequence[Route] = ()) -> list[Route]:
    """All routes, those of a guest (`more`), the documents of them, and the files that browsers get."""
    vehicle_types = parts.zone.pricer.tariff.vehicle_types
    desk = desk_reads(parts)
    answered = [  # the first that fits answers, and what is asked most stands first
        *public(AuthRoutes(parts.requests, parts.logins, parts.port).routes),
        *health_routes(parts.reads.why_not_ready),
        *for_this_machine(_operator_routes(parts.reads)),
        *QuoteRoutes(parts.requests, vehicle_types).routes,
        *ride_routes(parts.requests),
        *CarRoutes(parts.requests).routes,
        *public(town_routes(parts.settings, vehicle_types, parts.ground.bounds, sandbox=parts.is_sandbox)),
        *DeskRoutes(parts.requests, desk, parts.travel).routes,
        *LookupRoutes(parts.requests, desk, parts.travel).routes,
        *MeRoutes(parts.requests, _own(parts, desk), desk).routes,
        *device_routes(parts.requests, parts.devices),
        *PeopleRoutes(parts.requests, _people(parts, desk)).routes,
        *removal_routes(parts.requests, parts.removals.remove_for),
        *more,
    ]
    documents = document_routes(tuple(answered), parts.reads.versions[PRODUCT], must_log_in(parts.settings))
    files = [*map_routes(parts.ground), *web_routes(FOLDER, _map_origins(parts.settings))]
    return [*answered, *public([*documents, *files])]


def _map_origins(settings: Settings) -> list[str]:
    """The hosts that the operator's map comes from, which pages may ask."""
    named = (origin_of(settings.map_style_url), origin_of(settings.map_pmtiles))
    return list(dict.fromkeys(origin for origin in named if origin))


def _people(parts: ServerParts, desk: LiveDesk) -> LivePeople:
    """People on file, who are kept by orders to the file."""
    settings, runtime = parts.settings, parts.requests.runtime
    region, zone = settings.phone_region, settings.time_zone
    return LivePeople(parts.file.perform, desk, lambda: runtime.now, phone_region=region, time_zone=zone)


def _own(parts: ServerParts, desk: LiveDesk) -> LiveOwn:
    """What people read of their own."""
    hides = ride_mask(parts.settings)
    whole_s = WHOLE_AFTER_END_S if hides.by_area else None
    sight = Sight(hides.read_by_driver, whole_s, parts.zone.pricer.tariff.digits)
    return LiveOwn(desk, parts.settings.time_zone, sight, lambda: parts.requests.runtime.now)


def desk_reads(parts: ServerParts) -> LiveDesk:
    """What the operator's people read."""
    runtime, zone = parts.requests.runtime, parts.zone

    def asleep() -> list[DriverId]:
        dispatcher = runtime.actor(addresses.dispatcher(ZONE))
        return dispatcher.supply.asleep() if isinstance(dispatcher, DispatcherActor) else []

    return LiveDesk(parts.settings, runtime, zone.board, zone.pricer.tariff.digits, parts.travel, asleep)


def admin_routes(reads: LiveReads) -> list[Route]:
    """What the admin port answers, to whoever reaches it."""
    return [*health_routes(reads.why_not_ready), *public(_operator_routes(reads))]


def _operator_routes(reads: LiveReads) -> list[Route]:
    return operator_routes(reads.registry, lambda: reads.versions)
