"""The settings that a sandbox is served with: a town, a tariff and logins, where nobody said otherwise; and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dispatch.config import Resolved, Settings
from dispatch.config.exposure import Reach, reach
from dispatch.errors import SettingError
from dispatch.travel.models import CONSTANT
from dispatch.travel.streets import SHIPPED

TERMS: Final[Mapping[str, Any]] = {
    "db": "sandbox.db",
    "town_name": "Helsinki",
    "time_zone": "Europe/Helsinki",
    "phone_region": "FI",
    "currency": "EUR",
    "vehicle_types": "sedan: suv, suv, van",
    "map_streets": str(SHIPPED),
    "town_bounds": "60.16416, 24.93518, 60.17911, 24.95341",
    "serve_within": "trips",
    "show_free_cars": True,
    "desk_phone": "+358 50 099 9999",
    "pricing": "tariff",
    "base_fare": 4.5,
    "per_km": 1.2,
    "per_minute": 0.85,
    "minimum_fare": 7.0,
    "waiting_per_minute": 0.85,
    "cancellation_fee": 5.0,
    "no_show_fee": 7.0,
    "eta_model": CONSTANT,
    "sockets_per_address": 20_000,
    "codes_per_phone_hour": 10_000,
    "codes_per_phone_day": 10_000,
    "codes_per_address_hour": 100_000,
    "code_resend_s": 2.0,
}
"""By attribute. ETAs are what its cars drive. Codes are shown and not sent, so nobody is troubled by many."""
RATES: Final[Mapping[str, Mapping[str, Any]]] = {"van": {"base_fare": 8.0, "per_km": 1.5, "minimum_fare": 12.0}}


def sandbox_settings(resolved: Resolved) -> Settings:
    """The settings of a sandbox.

    Raises:
        SettingError: others could reach it, or nobody would have to log in.
    """
    settings = resolved.settings
    if reach(settings.host) is not Reach.LOOPBACK:
        raise SettingError(
            "host",
            "host must be a loopback address (127.0.0.1, ::1 or localhost) for a sandbox, in which anybody can be "
            f"anybody, got {settings.host!r}",
        )
    if settings.behind_proxy:
        raise SettingError("behind_proxy", "behind_proxy does not go with a sandbox, in which anybody can be anybody")
    if settings.auth == "off":
        raise SettingError("auth", "auth must be on in a sandbox: leave it out")
    names = {row.attribute: row.name for row in Settings.rows}
    left = {name: value for name, value in TERMS.items() if resolved.origins[names[name]] == "default"}
    rates = settings.vehicle_tariffs or RATES
    return replace(settings, auth="on", vehicle_tariffs=rates, **left)
