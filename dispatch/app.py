"""The live server: what starts, in order, and stops in the reverse order. Nothing happens at import."""

import asyncio
import secrets
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from socket import socket
from typing import TYPE_CHECKING, Any

import msgspec

from dispatch import logs, phones
from dispatch.assembly import ANYBODY, Zone, assemble, make_runtime, recover
from dispatch.config import Settings, exposure
from dispatch.config.authority import in_url
from dispatch.config.exposure import Reach, reach
from dispatch.desk import LiveDesk
from dispatch.domain.matching.policy import PolicyFactory
from dispatch.domain.places.geo import EtaModel
from dispatch.errors import DatabaseError, IllegalTransition
from dispatch.live_file import LiveFile
from dispatch.payments import payment_provider, require_payments
from dispatch.policies import policy_factory
from dispatch.prices import pricing_provider, require_prices
from dispatch.reads import PRODUCT, LiveReads
from dispatch.runtime import RealtimeRuntime
from dispatch.storage.file.key_file import KeyFile
from dispatch.storage.file.owner import Ownership
from dispatch.storage.log.on_file import JournalReads
from dispatch.storage.people.directory import Directory
from dispatch.text import say
from dispatch.transport.sessions.gateway import Gateway
from dispatch.travel.models import FITTED, eta_model
from dispatch.words import PersonStatus

if TYPE_CHECKING:
    from starlette.routing import Route

    from dispatch.transport.http.requests import Requests
    from dispatch.transport.http.routes.auth import AuthRoutes

TELL_LEFT_OUT_S = 10.0


def serve(settings: Settings, ownership: Ownership, orders: socket) -> int:
    """Serve until SIGTERM or SIGINT, from the file of `ownership`. `orders`: its control socket. Returns the exit status."""
    from dispatch.transport.ws.listener import listening_socket
    from dispatch.transport.ws.server import run
    from dispatch.transport.ws.tls import Certificate

    Certificate.of(settings)  # one that cannot be used is refused before anything is opened
    require_prices(settings)
    require_payments(settings)
    travel, make_policy = eta_model(settings), policy_factory(settings)
    phones.library()
    sparing = logs.set_up()
    with listening_socket(settings.host, settings.port) as listener:
        is_whole = run(_serve(settings, travel, make_policy, ownership, orders, listener, sparing))
    what = f"everything is in {settings.db}" if is_whole else f"the log says what is not in {settings.db} alone"
    say(f"dispatch has stopped: all connections are closed, {what}")
    return 0


async def _serve(
    settings: Settings,
    travel: EtaModel,
    make_policy: PolicyFactory | None,
    ownership: Ownership,
    orders: socket,
    listener: socket,
    sparing: logs.Sparing,
) -> bool:
    """Start order from top to bottom; what stops is the reverse of it. The file is ours and the port taken, so it may be written."""
    from dispatch.logins import LiveLogins
    from dispatch.providers.notify import notifier
    from dispatch.transport.control import orders_answered
    from dispatch.transport.http.admission import Admission
    from dispatch.transport.http.app import http_app
    from dispatch.transport.http.proofs import Proofs
    from dispatch.transport.http.requests import Requests
    from dispatch.transport.http.routes.auth import AuthRoutes
    from dispatch.transport.ws.edge import EdgeCounters
    from dispatch.transport.ws.server import serve_forever

    failures = _Failures()
    runtime = make_runtime(
        RealtimeRuntime,
        secrets.token_hex(16),  # pins are drawn from it: whoever knows when we started must not know them
        settings,
        failures.note,
    )
    async with AsyncExitStack() as opened:
        opened.callback(sparing.tell)
        opened.callback(asyncio.create_task(_tell_what_was_left_out(sparing)).cancel)
        live = LiveFile(settings, ownership, runtime)
        opened.push_async_callback(live.close)
        store = live.store
        settings = replace(settings, phone_region=store.phone_region())
        zone = assemble(
            settings,
            runtime,
            store,
            travel=travel,
            make_policy=make_policy,
            epoch=f"{time.time_ns():x}",
            clock=time.perf_counter,
        )
        gateway = zone.gateway
        gateway.on_file = directory = Directory(settings.db)
        opened.callback(directory.close)
        keys = KeyFile(settings.db, time.time())
        proofs = gateway.proofs = Proofs(keys.ring, lambda: runtime.now, settings.token_ttl_s)
        proofs.revoke(sessions=directory.revoked_since(runtime.now - settings.token_ttl_s))
        admission = Admission(settings, proofs, directory.id_of)
        prices_from, payments_to = pricing_provider(settings, runtime, zone.pricer), payment_provider(settings, runtime)
        for provider in (prices_from, payments_to):
            if provider is not None:
                opened.push_async_callback(provider.stop)
        resumed = recover(runtime, store)
        failures.is_starting = False
        requests = Requests(runtime, settings)
        is_local = reach(settings.host) is Reach.LOOPBACK and not settings.behind_proxy
        sender = notifier(settings, _report_texts, is_local=is_local)
        if sender is not None:
            opened.push_async_callback(sender.stop)
        logins = LiveLogins(
            settings, live.do, keys, sender, lambda: runtime.now, lambda ended: gateway.revoke(sessions=ended)
        )
        edge = EdgeCounters()
        reads = LiveReads(runtime, zone, edge, live.health)
        auth = AuthRoutes(requests, logins, listener.getsockname()[1])
        pages = http_app(_routes(settings, requests, zone, travel, reads, auth), admission)

        async def obey(line: bytes) -> bytes:
            answer = await live.obey(line)
            _log_out(gateway, answer)
            gateway.default_passenger = store.default_passenger() or ANYBODY  # who was seeded is one from now on
            return answer

        await opened.enter_async_context(orders_answered(orders, obey))
        _say_what_to_know(settings, store, resumed)
        on_ready = partial(_announce_ready, ownership, "https" if settings.tls_cert else "http")
        await serve_forever(gateway, pages, settings, on_ready, edge, listener, admission)
    return live.is_whole


def _routes(
    settings: Settings, requests: "Requests", zone: Zone, travel: EtaModel, reads: LiveReads, auth: "AuthRoutes"
) -> "list[Route]":
    """Everything that is answered over HTTP, and who may ask it."""
    from dispatch.transport.http.access import public
    from dispatch.transport.http.routes.desk import DeskRoutes
    from dispatch.transport.http.routes.docs import document_routes
    from dispatch.transport.http.routes.health import health_routes
    from dispatch.transport.http.routes.operator import operator_routes
    from dispatch.transport.http.routes.quotes import QuoteRoutes
    from dispatch.transport.http.routes.rides import ride_routes
    from dispatch.transport.http.routes.town import town_routes

    vehicle_types = zone.pricer.tariff.vehicle_types
    routes = [
        *health_routes(reads.why_not_ready),
        *operator_routes(reads.registry, lambda: reads.versions),
        *QuoteRoutes(requests, vehicle_types).routes,
        *ride_routes(requests),
        *public(town_routes(settings, vehicle_types)),
        *DeskRoutes(requests, LiveDesk(settings.db), travel).routes,
        *public(auth.routes),
    ]
    return [*routes, *public(document_routes(tuple(routes), reads.versions[PRODUCT]))]


def _log_out(gateway: Gateway, answer: bytes) -> None:
    """Close the sockets of the person whom an order has suspended. Its answer names the login sessions that ended by it."""
    done = msgspec.json.decode(answer).get("done", {})
    roles = done.get("person", {}).get("roles", ())
    if "sessions" in done and any(role["status"] == PersonStatus.SUSPENDED for role in roles):
        gateway.revoke(person_id=done["person"]["id"], sessions=done["sessions"])


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


def _announce_ready(ownership: Ownership, scheme: str, host: str, port: int) -> None:
    ownership.keep()
    say(
        f"dispatch listens on {scheme}://{in_url(host)}:{port} (WebSockets at /ws/ride/<ride_id>/ and /ws/driver/<driver_id>/)"
    )


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
            extra={"address": address, "message_type": type(message).__name__, "error_id": error_id},
            exc_info=error,
        )
