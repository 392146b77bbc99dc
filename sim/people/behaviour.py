"""What people do, as odds: how drivers answer offers, and how long passengers wait.

Each draw takes at most two numbers from its generator, so that drawing never makes a run slow.
"""

from __future__ import annotations

from math import exp
from random import Random
from typing import Literal

import msgspec

OfferReply = Literal["accept", "decline", "silent"]


class DriverBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of offers that a driver accepts and declines. The driver does not answer the rest.

    A driver reacts after a lognormal time with this median and sigma, and waits `boarding_s` at the pickup.

    Raises:
        ValueError: a share or time is negative, or the shares are more than 1 together.
    """

    accept: float = 0.6
    decline: float = 0.2
    reaction_median_s: float = 6.0
    reaction_sigma: float = 0.6
    boarding_s: float = 30.0

    def __post_init__(self) -> None:
        if min(msgspec.structs.astuple(self)) < 0.0 or self.accept + self.decline > 1.0:
            raise ValueError(f"shares are from 0 to 1 together and times not negative, got {self}")

    def answer(self, rng: Random) -> OfferReply:
        """What this driver does with one offer."""
        roll = rng.random()
        if roll < self.accept:
            return "accept"
        return "decline" if roll < self.accept + self.decline else "silent"

    def reaction_s(self, rng: Random) -> float:
        """Seconds from an offer to the answer. It may be more than the offer lasts."""
        return self.reaction_median_s * exp(rng.gauss(0.0, self.reaction_sigma))


class PassengerBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """A passenger waits a lognormal time with this mean and sigma for a driver, then cancels."""

    patience_mean_s: float = 240.0
    patience_sigma: float = 0.5

    def __post_init__(self) -> None:
        if min(msgspec.structs.astuple(self)) < 0.0:
            raise ValueError(f"times are not negative, got {self}")

    def patience_s(self, rng: Random) -> float:
        """Seconds from the request until this passenger gives up."""
        # The mean of a lognormal lies above its median by exp(sigma² / 2).
        sigma = self.patience_sigma
        return self.patience_mean_s * exp(rng.gauss(-sigma * sigma / 2.0, sigma))
