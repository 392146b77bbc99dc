"""The settings: `Settings()` holds the defaults, `load` resolves file, environment and flags."""

from ipaddress import ip_address

from dispatch.config.settings import (
    SETTINGS,
    PaymentRules,
    PricingRules,
    Rules,
    Server,
    Settings,
    SimulateSettings,
    TariffRates,
)
from dispatch.config.sources import Resolved, load
from dispatch.config.table import Setting
from dispatch.errors import SettingError

__all__ = [
    "SETTINGS",
    "PaymentRules",
    "PricingRules",
    "Resolved",
    "Rules",
    "Server",
    "Setting",
    "Settings",
    "SimulateSettings",
    "TariffRates",
    "load",
    "require_loopback",
]


def require_loopback(settings: Server) -> None:
    """Refuse to listen beyond this machine while nobody has to prove who they are.

    Raises:
        SettingError: auth is off and `host` is neither a loopback address nor `localhost`.
    """
    if settings.auth == "off" and not _is_loopback(settings.host):
        raise SettingError(
            "host",
            "host must be a loopback address (127.0.0.1, ::1 or localhost) while auth is off, "
            f"got {settings.host!r}: anyone who can reach the server could act as any driver or passenger",
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
