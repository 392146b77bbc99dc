"""The settings: `Settings()` holds the defaults, `load` resolves file, environment and flags."""

from dispatch.config.exposure import exposure, must_log_in, require_no_login
from dispatch.config.settings import (
    SETTINGS,
    LoginSettings,
    PaymentRules,
    PricingRules,
    PushSettings,
    RetentionSettings,
    Rules,
    Server,
    Settings,
    SimulateSettings,
    TariffRates,
)
from dispatch.config.sources import Resolved, load
from dispatch.config.table import Setting

__all__ = [
    "SETTINGS",
    "LoginSettings",
    "PaymentRules",
    "PricingRules",
    "PushSettings",
    "Resolved",
    "RetentionSettings",
    "Rules",
    "Server",
    "Setting",
    "Settings",
    "SimulateSettings",
    "TariffRates",
    "exposure",
    "load",
    "must_log_in",
    "require_no_login",
]
