"""The ETA model that the settings ask for. The composition root calls it."""

from __future__ import annotations

from dispatch.config import Settings
from dispatch.config.local_time import LocalTime
from dispatch.domain.eta import EtaModel, HourlyModel, TravelModel
from dispatch.errors import SettingError
from dispatch.travel.profile import ProfileError, read_profile

FITTED, CONSTANT = "fitted", "constant"


def eta_model(settings: Settings) -> EtaModel:
    """Made of the settings `eta_model`, `eta_profile` and `time_zone`. Runtime seconds are Unix time.

    Raises:
        SettingError: the profile cannot be used.
    """
    if settings.eta_model == CONSTANT:
        return TravelModel()
    try:
        profile = read_profile(settings.eta_profile or None)
    except ProfileError as error:
        raise SettingError("eta_profile", f"eta_profile must name a profile that can be read: {error}") from error
    return HourlyModel(profile.air, LocalTime(settings.time_zone).hour)
