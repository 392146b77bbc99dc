"""The live server: what starts, in order, and stops in the reverse order. Nothing happens at import."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from functools import partial
from socket import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from dispatch import logs, phones
from dispatch.addresses import PUSHES, TEXTS
from dispatch.area import served_area
from dispatch.assembly import ANYBODY, ServedZone, assemble, make_runtime, recover
from dispatch.config import Settings, exposure
from dispatch.config.authority import in_url
from dispatch.config.exposure import Reach, reach
from dispatch.domain.matching.policy import PolicyFactory
from dispatch.domain.places.geo import EtaModel
from dispatch.errors import DatabaseError, IllegalTransition
from dispatch.live.effects import tell_effects
from dispatch.live.file import LiveFile
from dispatch.live.ground import ground_of
from dispatch.live.guest import Guest
from dispatch.live.lookout import Lookout
from dispatch.live.metrics import file_figures, zone_figures
from dispatch.live.pulse import Pulse
from dispatch.live.reads import LiveReads
from dispatch.live.removals import LiveRemovals
from dispatch.payments import payment_provider, require_payments
from dispatch.policies import policy_factory
from dispatch.ports import JournalReads
from dispatch.prices import pricing_provider, require_prices
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.storage.file.key_file import KeyFile
from dispatch.storage.file.owner import Ownership
from dispatch.storage.people.directory import Directory
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.orders import Overlook
from dispatch.storage.tools.privacy_orders import RemovePerson
from dispatch.text import say
from dispatch.trail import ids_of
from dispatch.transport.http.routes.maps import Ground
from dispatch.transport.sessions.gateway import Gateway
from dispatch.travel.models import FITTED, eta_model

if TYPE_CHECKING:
    from dispatch.live.devices import LiveDevices
    from dispatch.live.logins import LiveLogins
    from dispatch.transport.http.admission import Admission
    from dispatch.transport.ws.admin import Admin
    from dispatch.transport.ws.metrics import Source

TELL_LEFT_OUT_S = 10.0


class Begun(NamedTuple):
    """What is there before the server starts: what was made of the settings, the file that is ours, and the sockets that are open.

    `orders`: the control socket of the file. `admin`: the listener of the admin port, if there is one. `sparing`: what the log leaves
    out. `guest`: a sandbox, which lives in this process.
    """

    settings: Settings
    travel: EtaModel
    make_policy: PolicyFactory | None
    ground: Ground
    ownership: Ownership
    orders: socket
    listener: socket
    admin: socket | None
    sparing: logs.Sparing
    guest: Guest | None = None


def serve(settings: Settings, ownership: Ownership, orders: socket, guest: Guest | None = None) -> int:
    """Serve until SIGTERM or SIGINT, from the file of `ownership`. `orders`: its control socket. `guest`: a sandbox, which lives in
    this process. Returns the exit status.
    """
    from dispatch.transport.ws.listener import give_memory_back, listening_socket
    from dispatch.transport.ws.server import run
    from dispatch.transport.ws.tls import Certificate

    Certificate.of(settings)  # one that cannot be used is refused before anything is opened
    require_prices(settings)
    require_payments(settings)
    served_area(settings)  # whatever the settings contradict is told before anything is opened
    travel, make_policy, ground = eta_model(settings), policy_factory(settings), ground_of(settings)
    phones.library()
    sparing = logs.set_up(settings.log_format)
    give_memory_back()
    with ExitStack() as opened:
        listener, admin = opened.enter_context(listening_socket(settings.host, settings.port)), None
        if settings.admin_port is not None:
            admin = opened.enter_context(listening_socket(settings.admin_host, settings.admin_port, of="admin_"))
        begun = Begun(settings, travel, make_policy, ground, ownership, orders, listener, admin, sparing, guest)
        is_whole = run(serve_with(begun))
    what = f"everything is in {settings.db}" if is_whole else f"the log says what is not in {settings.db} alone"
    say(f"dispatch has stopped: all connections are closed, {what}")
    return 0


async def serve_with(begun: Begun) -> bool:
    """Start order from top to bottom; what stops is the reverse of it. The file is ours and the port taken, so it may be written.
    Returns whether everything is on file at the end.
    """
    from dispatch.live.routes import ServerParts, routes
    from dispatch.transport.control import orders_answered
    from dispatch.transport.http.app import http_app
    from dispatch.transport.http.requests import Requests
    from dispatch.transport.ws.edge import EdgeCounters
    from dispatch.transport.ws.metrics import edge_figures
    from dispatch.transport.ws.server import serve_forever

    settings, guest, listener = begun.settings, begun.guest, begun.listener
    failures = _Failures()
    pins = secrets.token_hex(16)  # they are drawn from it: whoever knows when we started must not know them
    runtime = make_runtime(RealtimeRuntime, pins, settings, failures.note)
    async with AsyncExitStack() as opened:
        opened.callback(begun.sparing.tell)
        opened.callback(asyncio.create_task(_tell_what_was_left_out(begun.sparing)).cancel)
        live = LiveFile(settings, begun.ownership, runtime, is_sandbox=guest is not None)
        opened.push_async_callback(live.close)
        store = live.store
        sleep_max_s = settings.sleep_max_s if settings.push != "none" else 0.0  # whom nobody can wake is offline
        settings = replace(settings, phone_region=store.phone_region(), sleep_max_s=sleep_max_s)
        zone = assemble(
            settings, runtime, store, travel=begun.travel, make_policy=begun.make_policy, clock=time.perf_counter
        )
        keys = KeyFile(settings.db, time.time())
        admission = _admission(settings, zone.gateway, keys, runtime, opened)
        providers = pricing_provider(settings, runtime, zone.pricer), payment_provider(settings, runtime)
        for provider in providers:
            if provider is not None:
                opened.push_async_callback(provider.stop)
        devices = _devices(settings, live, runtime, opened)
        logins = _logins(settings, live, zone.gateway, keys, runtime, opened, guest, devices)
        live.before_job = logins.hand_over
        resumed = recover(runtime, store)  # behind the logins: rides that wake may have texts to send
        failures.is_starting = False
        edge, refused = EdgeCounters(), Counter[str]()
        removals = LiveRemovals(live.run, runtime, zone.gateway, logins.forget)
        served = lambda: {"dispatch_http_refused": refused}  # noqa: E731
        sources = logins.figures, devices.figures, partial(edge_figures, edge), served
        live.special[RemovePerson] = removals.remove
        ports = listener.getsockname()[1], begun.admin.getsockname()[1] if begun.admin is not None else None
        live.special[Overlook] = Lookout(settings, *ports, keys.ring, lambda: runtime.now).tell
        live.on_done = partial(tell_effects, runtime, zone.gateway)
        parts = ServerParts(
            settings=settings,
            requests=Requests(runtime, settings),
            file=live,
            zone=zone,
            travel=begun.travel,
            logins=logins,
            reads=_reads(runtime, live, zone, settings.db, opened, sources),
            port=listener.getsockname()[1],
            removals=removals,
            devices=devices,
            is_sandbox=guest is not None,
            ground=begun.ground,
        )
        pages = http_app(routes(parts, guest.routes(parts) if guest is not None else ()), admission, refused)
        beside = _admin_port(settings, parts.reads, begun.admin)
        await opened.enter_async_context(orders_answered(begun.orders, partial(_obey, live, zone.gateway)))
        _say_what_to_know(settings, store, resumed)
        if guest is not None:
            await guest.settle()
        on_ready, on_stop = partial(_announce_ready, begun), guest.leave if guest else None
        await serve_forever(zone.gateway, pages, settings, on_ready, edge, listener, admission, beside, on_stop)
    return live.is_whole


def _reads(
    runtime: RealtimeRuntime,
    live: LiveFile,
    zone: ServedZone,
    db: str,
    opened: AsyncExitStack,
    sources: "Iterable[Source]",
) -> LiveReads:
    """What is read of the running server, and who tries out how late it is. `sources`: figures of those who serve."""
    pulse = Pulse(runtime, asyncio.get_running_loop())
    opened.callback(pulse.stop)
    own = partial(zone_figures, runtime, zone), partial(file_figures, live, db, lambda: runtime.now), pulse.figures
    return LiveReads(runtime, live.health, *own, *sources)


def _admission(
    settings: Settings, gateway: Gateway, keys: KeyFile, runtime: RealtimeRuntime, opened: AsyncExitStack
) -> "Admission":
    """Who may ask and connect, by the people and keys on file. The gateway learns of both."""
    from dispatch.transport.http.admission import Admission
    from dispatch.transport.http.proofs import Proofs

    gateway.on_file = directory = Directory(settings.db)
    opened.callback(directory.close)
    proofs = gateway.proofs = Proofs(keys.ring, lambda: runtime.now, settings.token_ttl_s)
    proofs.revoke(sessions=directory.revoked_since(runtime.now - settings.token_ttl_s))
    return Admission(settings, proofs, directory.id_of)


def _logins(
    settings: Settings,
    live: LiveFile,
    gateway: Gateway,
    keys: KeyFile,
    runtime: RealtimeRuntime,
    opened: AsyncExitStack,
    guest: Guest | None,
    devices: "LiveDevices",
) -> "LiveLogins":
    """How people log in, and the notifier that sends them codes, and texts to callers."""
    from dispatch.live.callers import CallerTexts
    from dispatch.live.logins import LiveLogins
    from dispatch.providers.notify import notifier
    from dispatch.storage.people.codes import NewCodes

    is_local = reach(settings.host) is Reach.LOOPBACK and not settings.behind_proxy
    sender = guest.notifier(_report_texts) if guest else notifier(settings, _report_texts, is_local=is_local)
    if sender is not None:
        opened.push_async_callback(sender.stop)
    runtime.sink(TEXTS, CallerTexts(sender, runtime))

    def ended(sessions: tuple[str, ...]) -> None:
        gateway.revoke(sessions=sessions)
        devices.logins_ended(sessions)

    looks = open_read_only(settings.db)
    opened.callback(looks.close)
    new_codes = NewCodes(looks, settings.db, runtime.now)
    logins = LiveLogins(settings, new_codes, live.do, keys, sender, lambda: runtime.now, runtime.call_later, ended)
    opened.push_async_callback(logins.stop)
    return logins


def _devices(settings: Settings, live: LiveFile, runtime: RealtimeRuntime, opened: AsyncExitStack) -> "LiveDevices":
    """The devices of drivers, and who wakes them. Raises SettingError."""
    from dispatch.live.devices import LiveDevices
    from dispatch.providers.push import pusher

    sender = pusher(settings, lambda: runtime.now, _report_pushes)
    if sender is not None:
        opened.push_async_callback(sender.stop)
    devices = LiveDevices(live.do, live.store, sender, runtime)
    opened.push_async_callback(devices.stop)
    runtime.sink(PUSHES, devices)
    return devices


def _admin_port(settings: Settings, reads: LiveReads, listener: socket | None) -> "Admin | None":
    """What is served on the admin port. Its host has a name as the other's has; who may reach it, the operator's network decides."""
    from dispatch.live.routes import admin_routes
    from dispatch.transport.http.admission import Admission
    from dispatch.transport.http.app import http_app
    from dispatch.transport.ws.admin import Admin

    if listener is None:
        return None
    own = replace(settings, host=settings.admin_host, auth="on", behind_proxy="")
    return Admin(listener, http_app(admin_routes(reads), Admission(own)))


async def _obey(live: LiveFile, gateway: Gateway, line: bytes) -> bytes:
    """Do what a line of the control socket orders, and let the server know of it."""
    answer = await live.obey(line)
    gateway.default_passenger = live.store.default_passenger() or ANYBODY  # who was seeded is one from now on
    return answer


async def _tell_what_was_left_out(sparing: logs.Sparing) -> None:
    """Every now and then say of what there was too much to log."""
    while True:
        await asyncio.sleep(TELL_LEFT_OUT_S)
        sparing.tell()


def _say_what_to_know(settings: Settings, store: JournalReads, resumed: int) -> None:
    """Of what was set and what was on file, before anyone is served."""
    if resumed:
        logs.log.info("rides of the process before go on", extra={"rides": resumed})
    if settings.eta_model == FITTED and not settings.eta_profile:
        logs.log.info("ETAs use New York traffic; make your own with `dispatch eta fit` (eta_profile)")
    for warning in exposure(settings).warnings:
        logs.log.warning(warning)
    if settings.payment == "none" and (unpaid := len(store.unpaid_rides())):
        logs.log.warning("charges wait for a provider of payments (payment_url)", extra={"charges": unpaid})


def _announce_ready(begun: Begun, host: str, port: int) -> None:
    settings, admin, guest = begun.settings, begun.admin, begun.guest
    begun.ownership.keep()
    scheme = "https" if settings.tls_cert else "http"
    say(
        f"dispatch listens on {scheme}://{in_url(host)}:{port} (WebSockets at /ws/ride/<ride_id>/ and /ws/driver/<driver_id>/)"
    )
    if admin is not None:
        say(f"the admin port is http://{in_url(settings.admin_host)}:{admin.getsockname()[1]}")
    if guest is not None:
        guest.begin(port)


def _report_pushes(trouble: str) -> None:
    logs.log.error("a push was not sent", extra={"trouble": trouble})


def _report_texts(trouble: str) -> None:
    logs.log.error("a text was not sent", extra={"trouble": trouble})


class _Failures:
    """Hears of every failure that was survived. A start does not survive a file that cannot be read, or that contradicts itself."""

    is_starting = True

    def note(self, address: str, message: Any, error: BaseException, error_id: str) -> None:
        if self.is_starting and isinstance(error, DatabaseError | IllegalTransition):
            raise error
        logs.log.error(
            "a message was set aside",
            extra={
                "address": address,
                "message_type": type(message).__name__,
                "error_id": error_id,
                **ids_of(message, address),
            },
            exc_info=error,
        )
