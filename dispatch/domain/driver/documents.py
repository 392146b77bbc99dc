"""What a driver's file says about offers: what keeps them away, which documents end soon, and when that changes. Pure."""

from collections.abc import Iterable
from math import inf
from typing import Final

from dispatch.values import CLOCK_SLACK_S, Document, DriverFile
from dispatch.words import DriverStatus, PersonStatus

SUSPENDED: Final = DriverStatus.SUSPENDED
DOCUMENT_ENDED: Final = DriverStatus.DOCUMENT_ENDED
HELD_BACK: Final = (SUSPENDED, DOCUMENT_ENDED)
"""With one of these the driver's file keeps offers away."""


def ended(documents: Iterable[Document], now: float) -> list[Document]:
    """Documents that do not hold any more at `now` (Unix seconds), the one that ended first before the others."""
    return sorted((document for document in documents if document.expires_at <= now), key=_end)


def ending(documents: Iterable[Document], now: float, within_s: float) -> list[Document]:
    """Documents that hold still and end within so many seconds, the first to end first."""
    return sorted(
        (document for document in documents if now < document.expires_at <= now + within_s + CLOCK_SLACK_S), key=_end
    )


def held_back(file: DriverFile | None, now: float) -> DriverStatus | None:
    """Why a driver with this file is offered no rides at `now`; None: they are. Without a file nothing holds a driver back."""
    if file is None:
        return None
    if file.status == PersonStatus.SUSPENDED:
        return SUSPENDED
    return DOCUMENT_ENDED if ended(file.documents, now) else None


def changes_at(file: DriverFile | None, now: float, within_s: float) -> float:
    """The next second at which a document ends, or begins to end within so many seconds; inf: time changes nothing."""
    ends = [document.expires_at for document in file.documents] if file is not None else []
    return min((at for end in ends for at in (end - within_s, end) if at > now), default=inf)


def _end(document: Document) -> float:
    return document.expires_at
