"""Which types of vehicle may fetch a passenger who asked for one, however people write them. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.config.vehicle_types import served_by
from dispatch.text import word

ANY: Final = ""
"""A passenger who names no type takes whoever comes."""


class Vehicles(msgspec.Struct, frozen=True):
    """`served_by`: for each type that can be asked for, the others that do as well. Empty: whatever is asked for serves alone."""

    served_by: dict[str, tuple[str, ...]] = {}

    @classmethod
    def of(cls, written: str) -> Vehicles:
        """As the setting `vehicle_types` has them."""
        return cls(served_by(written))

    def can_be_asked_for(self, wanted: str) -> bool:
        """Whether a passenger may name this type."""
        return wanted == ANY or not self.served_by or word(wanted) in self.served_by

    def serves(self, wanted: str, vehicle_type: str) -> bool:
        """Whether a vehicle of this type does for a passenger who wants that one."""
        if wanted in (ANY, vehicle_type):
            return True
        wanted, vehicle_type = word(wanted), word(vehicle_type)
        return wanted == vehicle_type or vehicle_type in self.served_by.get(wanted, ())


ANY_VEHICLES: Final = Vehicles()
"""Where no types are listed."""
