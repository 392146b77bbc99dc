"""What `POST /api/rides/<ride_id>/cancel` takes and gives, as JSON bodies."""

from __future__ import annotations

from msgspec import Struct

from dispatch.transport.wire.fields import Remark


class CancelRequest(Struct, frozen=True, gc=False, kw_only=True):
    """End this ride. The passenger and the driver read the reason."""

    reason: Remark | None = None


class RideClosed(Struct, frozen=True, gc=False, kw_only=True):
    """The ride is over: by whom and why it ended, even if that was before."""

    ride_id: str
    status: str
    by: str
    reason: str
