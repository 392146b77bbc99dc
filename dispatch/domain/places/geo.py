"""Distances on a spherical Earth, in WGS 84 degrees and metres. Pure: every room may call them."""

from __future__ import annotations

from math import asin, cos, pi, sin, sqrt

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
