"""How prices come about by the settings: who works them out, and who is asked for them. The composition root joins it to the rest."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from dispatch.actors.quote import QuoteOptions
from dispatch.addresses import PRICING
from dispatch.config import Settings
from dispatch.config.options import options_of
from dispatch.domain.places.geo import EtaModel
from dispatch.domain.places.zones import ONE_ZONE, ZoneMap
from dispatch.domain.pricing.pricer import DemandMultiplier, Pricer
from dispatch.domain.pricing.tariff import tariff_of
from dispatch.errors import SettingError
from dispatch.runtime import Runtime
from dispatch.timestamps import LocalTime, rfc3339

if TYPE_CHECKING:
    from dispatch.providers.http_pricing import HttpPricing

NO_RATES: Final = "there is no tariff: set base_fare, per_km, per_minute or minimum_fare"


log = logging.getLogger(__name__)


def pricer(settings: Settings, travel: EtaModel, zones: ZoneMap = ONE_ZONE) -> Pricer:
    """What works out fares by these settings."""
    tariff, local_time = tariff_of(settings, settings, settings.currency), LocalTime(settings.time_zone)
    return Pricer(tariff, DemandMultiplier(settings.demand_multiplier), travel, local_time.minute_of_day, zones)


def fallback_of(settings: Settings, priced_by: Pricer) -> Pricer | None:
    """What holds while the provider has no answer; None: nothing does."""
    return priced_by if settings.pricing_fallback == "tariff" else None


def quote_options(settings: Settings, priced_by: Pricer) -> QuoteOptions:
    """What a quote needs of the settings."""
    return options_of(QuoteOptions, settings, pricer=None if settings.pricing == "http" else priced_by)


def require_rates(settings: Settings) -> None:
    """Raises SettingError where every ride would be free."""
    if tariff_of(settings, settings, settings.currency).is_free():
        raise SettingError("tariff", NO_RATES)


def require_prices(settings: Settings) -> None:
    """Raises SettingError where these settings ask for prices that nobody can work out, or that would all be nothing."""
    if settings.pricing == "tariff" or (settings.pricing, settings.pricing_fallback) == ("http", "tariff"):
        require_rates(settings)
    if settings.pricing == "http":
        from dispatch.providers.http import require_url

        require_url("pricing_url", settings.pricing_url)


def pricing_provider(settings: Settings, runtime: Runtime, priced_by: Pricer) -> HttpPricing | None:
    """Who prices trips, where that is not done here: at its address from now on, and to be stopped."""
    if settings.pricing != "http":
        return None
    from dispatch.providers.http_pricing import HttpPricing

    provider = HttpPricing(
        runtime,
        settings.pricing_url,
        settings.pricing_key,
        settings.pricing_timeout_s,
        lambda trouble: log.warning("the pricing provider has no answer", extra={"trouble": trouble}),
        pricer=priced_by,
        fallback=fallback_of(settings, priced_by),
        moment=rfc3339,
    )
    runtime.sink(PRICING, provider)
    return provider
