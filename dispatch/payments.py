"""How rides are paid by the settings: who collects from cards. The composition root joins it to the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch import logs
from dispatch.addresses import PAYMENTS
from dispatch.config import Settings
from dispatch.errors import SettingError
from dispatch.runtime import Runtime

if TYPE_CHECKING:
    from dispatch.providers.http_payment import HttpPayments


def require_payments(settings: Settings) -> None:
    """Raises SettingError where these settings let people pay by card, and nobody could collect it."""
    if settings.payment == "none":
        return
    from dispatch.providers.http import require_url

    require_url("payment_url", settings.payment_url)
    if not settings.currency:
        raise SettingError("currency", "currency must be set where cards pay: a charge without one says nothing")


def payment_provider(settings: Settings, runtime: Runtime) -> HttpPayments | None:
    """Who collects from cards, at its address from now on, and to be stopped. None: there is cash alone."""
    if settings.payment == "none":
        return None
    from dispatch.providers.http_payment import HttpPayments

    provider = HttpPayments(
        runtime,
        settings.payment_url,
        settings.payment_key,
        settings.payment_timeout_s,
        lambda trouble: logs.log.warning(
            "a fare was not collected and will be asked for again", extra={"trouble": trouble}
        ),
    )
    runtime.sink(PAYMENTS, provider)
    return provider
