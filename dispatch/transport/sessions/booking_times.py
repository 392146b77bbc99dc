"""For when a ride may be booked ahead."""

from __future__ import annotations

from typing import Final

from dispatch.errors import BadField
from dispatch.text import excerpt

A_MINUTE_S: Final = 60.0
"""A `pickup_at` that is past by no more than this counts as now: the frame took its time on the way."""


def bookable(at: float, now: float, ahead_s: float, text: str) -> float:
    """The runtime second of a `pickup_at`. Raises BadField where it is past, or farther ahead than rides are booked here."""
    if at < now - A_MINUTE_S:
        raise BadField("pickup_at", f"pickup_at must not be in the past, got {excerpt(text)}")
    if at > now + ahead_s:
        raise BadField("pickup_at", f"pickup_at must be within {ahead_s / 86_400:g} days, got {excerpt(text)}")
    return at
