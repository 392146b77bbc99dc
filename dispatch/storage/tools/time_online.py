"""How long a driver was online, as the driver's events tell: connected, and wanting offers."""

from typing import Final

from sqlite_utils import Database

from dispatch import addresses
from dispatch.ids import DriverId
from dispatch.messages.events import AvailabilitySet, DriverFolded, DriverOffline, DriverOnline
from dispatch.storage.log.on_file import BODY, read
from dispatch.storage.tables.schema import FILED_BY_STREAM

_KINDS: Final = tuple(kind.__name__ for kind in (DriverOnline, DriverOffline, AvailabilitySet, DriverFolded))
_CHANGES: Final = f"""SELECT n, at, {BODY} FROM events
    WHERE stream = ? AND {FILED_BY_STREAM} AND at < ? AND kind IN {_KINDS} ORDER BY n DESC"""


def online_s(db: Database, path: str, driver_id: DriverId, since: float, until: float) -> int:
    """Seconds from `since` until `until` (Unix) in which the driver was connected and wanted offers.

    It is read backwards, and no farther than it takes to know how things stood at `since`.
    """
    changes, is_connected, wants = [], False, True
    knows_link = knows_wish = False
    for n, at, body in db.execute(_CHANGES, (addresses.driver(driver_id), until)):
        event = read(path, n, body)
        if at >= since:
            changes.append((at, event))
        elif isinstance(event, DriverOnline | DriverOffline):
            is_connected = is_connected if knows_link else isinstance(event, DriverOnline)
            knows_link = True
        elif not knows_wish:
            wants, knows_wish = _wish_of(event), True
        if knows_link and knows_wish:
            break
    total, from_s = 0.0, since
    for at, event in reversed(changes):
        total += (at - from_s) * (is_connected and wants)
        from_s = at
        if isinstance(event, DriverOnline | DriverOffline):
            is_connected = isinstance(event, DriverOnline)
        else:
            wants = _wish_of(event)
    return round(total + max(0.0, until - from_s) * (is_connected and wants))


def _wish_of(event: object) -> bool:
    """Whether the driver wants offers after this event."""
    if isinstance(event, AvailabilitySet):
        return event.available
    assert isinstance(event, DriverFolded)
    return event.wants_offers
