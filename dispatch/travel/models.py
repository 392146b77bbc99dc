"""The ETA model that the settings ask for. The composition root calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dispatch.config import Settings
from dispatch.domain.places.geo import EtaModel, TravelModel
from dispatch.errors import DispatchError, SettingError
from dispatch.timestamps import LocalTime
from dispatch.travel.map_files import read_map
from dispatch.travel.profile import Profile, ProfileError, read_profile
from dispatch.travel.street_map import RoadsNotInstalled

if TYPE_CHECKING:
    from dispatch.travel.roads import Roads

FITTED, CONSTANT = "fitted", "constant"


def eta_model(settings: Settings) -> EtaModel:
    """Made of the settings `eta_model`, `eta_profile`, `roads` and `time_zone`. Runtime seconds are Unix time.

    Raises:
        SettingError: the profile or the map cannot be used, or they do not fit each other.
    """
    if settings.eta_model == CONSTANT:
        if settings.roads:
            raise SettingError(
                "roads", f"roads need eta_model = {FITTED!r}, which knows the streets' speed by the hour"
            )
        return TravelModel()
    try:
        profile = read_profile(settings.eta_profile or None)
    except ProfileError as error:
        raise SettingError("eta_profile", f"eta_profile must name a profile that can be read: {error}") from error
    try:
        return model_of(profile, LocalTime(settings.time_zone).hour, load_roads(settings.roads))
    except DispatchError as error:
        raise SettingError("roads", f"roads must name a map that can be used: {error}") from error


def load_roads(path: str | None) -> Roads | None:
    """The streets of this map; nothing where no map is named.

    Raises:
        MapError: the file is no map that can be used.
        RoadsNotInstalled: the packages of the extra `roads` are not installed.
    """
    if not path:
        return None
    try:
        from dispatch.travel.roads import Roads

        return Roads(read_map(path))
    except ImportError as cause:
        raise RoadsNotInstalled(cause) from cause


def model_of(profile: Profile, hour_of: Callable[[float], float], roads: Roads | None = None) -> EtaModel:
    """By this profile; on these roads, and beyond them by air.

    Raises:
        ProfileError: there are roads, and the profile was made without.
    """
    by_air = TravelModel(curve=profile.air, hour_of=hour_of)
    if roads is None:
        return by_air
    if profile.roads is None:
        raise ProfileError("the profile was fitted without roads: make it by `dispatch eta fit TRIPS --roads FILE`")
    from dispatch.travel.roads import RoadModel

    return RoadModel(roads, profile.roads, hour_of, beyond=by_air)
