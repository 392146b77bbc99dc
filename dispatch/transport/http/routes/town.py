"""`GET /api/town`: what everybody may know before they log in."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.config import Settings, must_log_in
from dispatch.config.bounds import Bounds, bounds_in
from dispatch.config.vehicle_types import served_by
from dispatch.transport import wire
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.routes.maps import told_map

NO_TARIFF: Final = "none"
NO_CARDS: Final = "none"
UNSET_ZONE: Final = "UTC"
"""What the zone is where nobody has set one: then people read times of their own phone."""
TOWN: Final = Operation(does="What everybody may know of this server.", answers=wire.Town)


def town_of(
    settings: Settings, priced_types: Sequence[str] = (), streets: Bounds | None = None, *, sandbox: bool = False
) -> wire.Town:
    """What is told of the server with these settings. `priced_types`: vehicle types that have rates of their own. `streets`: the box
    around the streets on its map, which stands for the town where the settings name no other. `sandbox`: all that it serves is played.
    """
    types = dict.fromkeys((*served_by(settings.vehicle_types), *priced_types))
    bounds = bounds_in(settings.town_bounds) or streets
    return wire.Town(
        auth="on" if must_log_in(settings) else "off",
        name=settings.town_name or None,
        currency=settings.currency or None,
        desk_phone=settings.desk_phone or None,
        emergency_phone=settings.emergency_phone or None,
        time_zone=settings.time_zone if settings.time_zone != UNSET_ZONE else None,
        sandbox=sandbox,
        bounds=wire.TownBounds(**bounds._asdict()) if bounds is not None else None,
        map=told_map(settings),
        vehicle_types=tuple(types),
        has_tariff=settings.pricing != NO_TARIFF,
        takes_cards=settings.payment != NO_CARDS,
        free_cars=settings.show_free_cars,
        cancelling=_cancelling(settings) if settings.pricing != NO_TARIFF else None,
        alarm_unasked_s=settings.alarm_unasked_s,
        alarm_waiting_s=settings.alarm_waiting_s,
        schedule_lead_s=settings.schedule_lead_s,
        schedule_ahead_s=settings.schedule_ahead_s,
    )


def _cancelling(settings: Settings) -> wire.Cancelling:
    return wire.Cancelling(
        fee=settings.cancellation_fee, free_s=round(settings.free_cancel_s), late_s=round(settings.driver_late_s)
    )


def town_routes(
    settings: Settings, priced_types: Sequence[str] = (), streets: Bounds | None = None, *, sandbox: bool = False
) -> list[Route]:
    """The route of the town. It has the same answer for as long as the server runs."""
    told = wire.encode(town_of(settings, priced_types, streets, sandbox=sandbox))

    async def show(request: Request) -> Response:
        return Response(told, media_type=JSON)

    return [described(Route("/api/town", show), TOWN)]
