"""Small worlds, and those on a bad network, in which the policy `batched` decides whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sim.explore.lossy import LossyWorld
from sim.explore.small import SmallWorld

BATCHED: Final = {"policy": "batched", "batch": 1, "rounds": 100, "stagger_s": 0.0}
"""As the preset has it."""


class BatchedWorld(SmallWorld):
    """A small world with this policy."""

    asks: ClassVar[Mapping[str, Any]] = BATCHED


class LossyBatchedWorld(LossyWorld):
    """A lossy world with this policy."""

    asks: ClassVar[Mapping[str, Any]] = BATCHED
