"""What the log says of a frame (`log_frames`): which way, whose, its type and ids, and of an error why. Nothing else that it holds.

So neither tokens nor pins nor what people wrote to each other can get there; phones among the ids are masked where the log is written.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dispatch.values import UNDECODABLE

log = logging.getLogger(__name__)
EVENT: Final = "frame"
IDS: Final = ("type", "id", "ride_id", "driver_id", "offer_id", "quote_id", "seq", "epoch", "last_seq")
ABOUT: Final = (
    "status",
    "result",
    "round",
    "reason",
    "by",
    "recovered",
    "available",
    "code",
    "field",
    "retry_after_ms",
)
LONGEST: Final = 200
UNREADABLE: Final = "no JSON object"


def tell(direction: str, named: Mapping[str, str], data: str | bytes) -> None:
    """Log one frame that came `in` or goes `out`. `named`: what names its socket; ids of the frame itself come before it."""
    log.info(EVENT, extra={"direction": direction, **named, **shown(data)})


def shown(data: str | bytes) -> dict[str, Any]:
    """What is told of the frame."""
    size = len(data)
    try:
        frame = msgspec.json.decode(data)
    except UNDECODABLE:
        frame = None
    if not isinstance(frame, dict):
        return {"type": UNREADABLE, "length": size}
    told = {name: _short(frame[name]) for name in (*IDS, *ABOUT) if frame.get(name) is not None}
    if frame.get("type") == "error":
        told["why"] = _short(frame.get("message"))
    return {**told, "length": size}


def _short(value: Any) -> Any:
    """The value if it is short and simple; else as much of it as a line can hold."""
    if isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else f"({type(value).__name__})"
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
