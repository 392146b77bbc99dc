"""Distances and directions on a spherical Earth, in WGS 84 degrees and metres. Pure: every room may call them."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, hypot, pi, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
HALF_CIRCUMFERENCE_M = pi * EARTH_RADIUS_M
"""The greatest distance between two places on Earth."""

_RADIANS = pi / 180.0
_HALF_RADIANS = pi / 360.0
_DIAMETER_M = 2.0 * EARTH_RADIUS_M


def haversine_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres. It is symmetric to the last bit, and longitudes may differ by whole turns."""
    half_lat = sin((lat2 - lat1) * _HALF_RADIANS)
    half_lon = sin((lon2 - lon1) * _HALF_RADIANS)
    square = half_lat * half_lat + cos(lat1 * _RADIANS) * cos(lat2 * _RADIANS) * (half_lon * half_lon)
    if square >= 1.0:  # rounding of antipodes
        return HALF_CIRCUMFERENCE_M
    return _DIAMETER_M * asin(sqrt(square))


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


def bearing_deg(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The heading at which the shortest way from 1 to 2 begins, in degrees clockwise from north, in [0, 360)."""
    phi1, phi2, turn = radians(lat1), radians(lat2), radians(lon2 - lon1)
    east = sin(turn) * cos(phi2)
    north = cos(phi1) * sin(phi2) - sin(phi1) * cos(phi2) * cos(turn)
    bearing = degrees(atan2(east, north)) % 360.0
    return bearing if bearing < 360.0 else 0.0  # -1e-20 % 360.0 is 360.0


def wrapped_lon(lon: float) -> float:
    """The same longitude in [-180, 180). A longitude in this range is returned unchanged, to the last bit."""
    if -180.0 <= lon < 180.0:
        return lon
    wrapped = (lon + 180.0) % 360.0 - 180.0
    return wrapped if wrapped < 180.0 else -180.0
