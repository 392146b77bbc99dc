"""Places at an offset from others, on a spherical Earth: where simulated people stand and go. Pure."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin

from dispatch.domain.places.geo import EARTH_RADIUS_M


def destination(lat: float, lon: float, north_m: float, east_m: float) -> tuple[float, float]:
    """Latitude and longitude at the end of an offset, which is taken as one great-circle line.

    The line is `hypot(north_m, east_m)` metres long everywhere, also over a pole. The longitude is in [-180, 180).
    """
    offset_m = hypot(north_m, east_m)
    if offset_m == 0.0:
        return lat, wrapped_lon(lon)
    phi, angle = radians(lat), offset_m / EARTH_RADIUS_M
    sin_phi, cos_phi = sin(phi), cos(phi)
    along, cos_angle = sin(angle) / offset_m, cos(angle)
    north, east = north_m * along, east_m * along
    outward = cos_phi * cos_angle - sin_phi * north
    upward = sin_phi * cos_angle + cos_phi * north
    # atan2 and not asin(upward): an arcsine near 1 loses half of its digits, which is metres near the poles.
    return degrees(atan2(upward, hypot(outward, east))), wrapped_lon(lon + degrees(atan2(east, outward)))


def wrapped_lon(lon: float) -> float:
    """The same longitude in [-180, 180). A longitude in this range is returned unchanged, to the last bit."""
    if -180.0 <= lon < 180.0:
        return lon
    wrapped = (lon + 180.0) % 360.0 - 180.0
    return wrapped if wrapped < 180.0 else -180.0
