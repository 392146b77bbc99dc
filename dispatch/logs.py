"""Logging of the live server: one line an event on standard error, phones masked. Set up once by the composition root.

The product and libraries log in one way, that of the standard library; what is given as `extra` are fields of the line.
"""

import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from dispatch.masking.phones import mask_within
from dispatch.optional import without
from dispatch.text import plain, plain_lines
from dispatch.trail import request_id
from dispatch.transport.sessions.limits import TokenBucket

with without("rich"):  # it draws tracebacks, which are plain text in this log
    import structlog

SHORTEST_AS_NUMBER: Final = 10**9
"""A smaller whole number counts something."""
AS_THEY_ARE: Final = frozenset(("timestamp", "level"))
FRAME: Final = "frame"
"""The event of a frame that is logged."""
LINES, TRACEBACKS, FRAMES = (10.0, 100), (1.0, 20), (500.0, 2000)
"""So many a second of one kind, and so many at once."""
KINDS_KEPT: Final = 1000
LONGEST_KIND: Final = 60

log: Final = logging.getLogger("dispatch")
"""Parent of the loggers of all rooms."""


def mask_phones(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: no phone leaves in a log line, whatever field it stands in."""
    for key, value in event.items():
        if key not in AS_THEY_ARE:
            event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    """The value, or what stands for it where there is a phone in it."""
    if value is None or isinstance(value, float) or (isinstance(value, int) and value < SHORTEST_AS_NUMBER):
        return value
    told = value if isinstance(value, str) else str(value)
    hidden = mask_within(told)
    return value if hidden == told else hidden


def name_request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: a line that is logged while a request is answered has its id, whoever logs it."""
    asked = request_id.get()
    if asked:
        event.setdefault("request_id", asked)
    return event


def spell_out(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: what others wrote can neither move a terminal's cursor nor forge a line; a traceback keeps its lines."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = plain_lines(value) if key == "exception" else plain(value)
    return event


class Sparing(logging.Filter):
    """Lets so many lines of a kind pass and counts the rest: whatever clients send, the log does not fill the disk.

    A kind is what a line says without its fields, and of a traceback the type of its exception. The next line of the kind that passes
    says how many were `left_out`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}
        self._left_out: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is written."""
        kind = _kind_of(record)
        bucket = self._buckets.get(kind)
        if bucket is None:
            if len(self._buckets) >= KINDS_KEPT:
                self._buckets.clear()
            bucket = self._buckets[kind] = TokenBucket(*_allowance(kind, record))
        if not bucket.take(self._clock()):
            self._left_out[kind] += 1
            return False
        left_out = self._left_out.pop(kind, 0)
        if left_out:
            record.__dict__["left_out"] = left_out
        return True

    def tell(self) -> None:
        """Say of every kind how many lines were left out, where that was not said yet."""
        left_out, self._left_out = self._left_out, Counter()
        for kind, lines in left_out.items():
            log.warning("lines were left out of the log", extra={"kind": kind, "lines": lines})


def _kind_of(record: logging.LogRecord) -> str:
    """What libraries say may hold the address of an object, which is another one each time."""
    error = _error_of(record)
    if error is not None:
        return f"{type(error).__name__} in {record.name}"
    return str(record.msg).partition("\n")[0][:LONGEST_KIND]


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _allowance(kind: str, record: logging.LogRecord) -> tuple[float, int]:
    return FRAMES if kind == FRAME else LINES if _error_of(record) is None else TRACEBACKS


def set_up(form: str) -> Sparing:
    """Readable lines or JSON by the setting `log_format`, in colours on a terminal unless NO_COLOR is set. Of libraries only warnings
    are told.
    """
    sparing = Sparing()
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(sparing)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                name_request,
                mask_phones,
                spell_out,
                _renderer(form),
            ],
            foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(logging.INFO)
    return sparing


def _renderer(form: str) -> Any:
    is_terminal = sys.stderr.isatty()
    if form == "json" or (form == "auto" and not is_terminal):
        return structlog.processors.JSONRenderer()
    wants_colours = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return structlog.dev.ConsoleRenderer(colors=wants_colours)
